//! The slots of bytes, and what bytearray's slots share with them.

use super::shared::{stable, with_contents};
use super::{BYTES, PyByteArray, PyBytes, construct, find, iterator, percent};
use crate::core::args::{Args, Bound};
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::PyType;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::buffer::{self, Buffer, BufferOps};
use crate::protocol::{number, slice_index};
use crate::types::exceptions::hierarchy::BYTES_WARNING;
use crate::types::slice::PySlice;
use crate::types::str::{PyStr, codec};
use crate::types::tuple::PyTuple;

/// The slots of bytes.
pub(super) const BYTES_SLOTS: &[Slot] = &[
    Slot::New(bytes_new),
    Slot::Repr(bytes_repr),
    Slot::Str(text),
    Slot::Hash(bytes_hash),
    Slot::Richcompare(richcompare),
    Slot::Iter(iterator::bytes_iter),
    Slot::Buffer(bytes_buffer),
    Slot::NbRemainder(percent::bytes_mod),
    Slot::SqLength(length),
    Slot::SqConcat(concat),
    Slot::SqRepeat(bytes_repeat),
    Slot::SqItem(bytes_item),
    Slot::SqContains(find::contains),
    Slot::MpLength(length),
    Slot::MpSubscript(bytes_subscript),
];

fn bytes_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let arguments = construct::arguments(vm, args, "bytes")?;
    let exact = std::ptr::eq(class, BYTES.get());
    if exact
        && arguments.encoding.is_none()
        && arguments.errors.is_none()
        && let Some(source) = &arguments.source
        && source.downcast_exact::<PyBytes>().is_some()
    {
        return Ok(source.clone());
    }
    if let (Some(source), None, None) = (&arguments.source, &arguments.encoding, &arguments.errors)
        && let Some(result) = vm.call_special(source, &vm.names().__bytes__, &[])?
    {
        if result.downcast::<PyBytes>().is_none() {
            return Err(vm.type_error(format!(
                "__bytes__ returned non-bytes (type {})",
                result.class().name()
            )));
        }
        if exact {
            return Ok(result);
        }
        return PyBytes::try_of_class(vm, class, &stable(&result)).map(PyRef::into_value);
    }
    let bytes = construct::contents(vm, &arguments, "bytes")?;
    PyBytes::try_of_class(vm, class, &bytes).map(PyRef::into_value)
}

fn bytes_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let repr = base::escape::repr_bytes(this.receiver::<PyBytes>().as_slice());
    PyStr::try_new(vm, &repr).map(PyRef::into_value)
}

fn bytes_hash(vm: Vm<'_>, this: &Value) -> PyResult<i64> {
    Ok(this.receiver::<PyBytes>().content_hash(vm))
}

/// The comparison of bytes and bytearrays with any bytes-like object.
pub(super) fn richcompare(
    vm: Vm<'_>,
    this: &Value,
    other: &Value,
    op: CompareOp,
) -> PyResult<Value> {
    if let Some(other) = other.downcast::<PyBytes>() {
        return Ok(Value::from_bool(with_contents(this, |this| holds(op, this, other.as_slice()))));
    }
    let this_is_bytes = this.downcast::<PyBytes>().is_some();
    let comparable =
        other.downcast::<PyByteArray>().is_some() || (!this_is_bytes && buffer::has_buffer(other));
    if !comparable {
        if vm.interpreter().bytes_warning.get() && matches!(op, CompareOp::Eq | CompareOp::Ne) {
            warn_of_comparison(vm, this_is_bytes, other)?;
        }
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let other = buffer::bytes_like(vm, other)?;
    Ok(Value::from_bool(with_contents(this, |this| other.with(|other| holds(op, this, other)))))
}

/// BytesWarning for a comparison that can only say no (`-b`).
#[cold]
fn warn_of_comparison(vm: Vm<'_>, this_is_bytes: bool, other: &Value) -> PyResult<()> {
    let this = if this_is_bytes { "bytes" } else { "bytearray" };
    let what = if other.downcast::<PyStr>().is_some() {
        "string"
    } else if this_is_bytes && number::is_int(other) {
        "int"
    } else {
        return Ok(());
    };
    vm.warn(&BYTES_WARNING, &format!("Comparison between {this} and {what}"), 1)
}

/// BytesWarning for the text of a bytes object (`-b`).
///
/// # Errors
/// The warning, where a filter makes it an exception.
pub(super) fn text(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    if vm.interpreter().bytes_warning.get() {
        let kind = if this.downcast::<PyBytes>().is_some() { "bytes" } else { "bytearray" };
        vm.warn(&BYTES_WARNING, &format!("str() on a {kind} instance"), 1)?;
    }
    vm.repr(this).map(PyRef::into_value)
}

fn holds(op: CompareOp, a: &[u8], b: &[u8]) -> bool {
    match op {
        CompareOp::Eq => a == b,
        CompareOp::Ne => a != b,
        _ => op.holds(a.cmp(b)),
    }
}

pub(super) fn length(_vm: Vm<'_>, this: &Value) -> PyResult<usize> {
    Ok(with_contents(this, <[u8]>::len))
}

/// `this + other`, of the kind of `this`.
fn concat(vm: Vm<'_>, this: &Value, other: &Value) -> PyResult<Value> {
    let left = this.receiver::<PyBytes>();
    if let Some(right) = other.downcast_exact::<PyBytes>() {
        if left.as_slice().is_empty() {
            return Ok(other.clone());
        }
        if right.as_slice().is_empty() && this.is_exact(BYTES.get()) {
            return Ok(this.clone());
        }
    }
    let right = concat_operand(vm, other, "bytes")?;
    right.with(|right| PyBytes::try_join(vm, left.as_slice(), right)).map(PyRef::into_value)
}

/// The right operand of a concatenation.
pub(super) fn concat_operand(vm: Vm<'_>, other: &Value, kind: &str) -> PyResult<buffer::BytesLike> {
    if !buffer::has_buffer(other) {
        return Err(vm.type_error(format!("can't concat {} to {kind}", other.class().name())));
    }
    buffer::bytes_like(vm, other)
}

/// `count` times the bytes.
pub(super) fn repeated(vm: Vm<'_>, bytes: &[u8], count: isize) -> PyResult<Vec<u8>> {
    let count = usize::try_from(count).unwrap_or(0);
    let length = bytes.len().checked_mul(count).filter(|&n| n <= isize::MAX as usize);
    let Some(length) = length else { return Err(vm.memory_error()) };
    let mut out = super::shared::room(vm, length)?;
    if let [byte] = bytes {
        out.resize(length, *byte);
        return Ok(out);
    }
    for _ in 0..count {
        out.extend_from_slice(bytes);
    }
    Ok(out)
}

fn bytes_repeat(vm: Vm<'_>, this: &Value, count: isize) -> PyResult<Value> {
    if count == 1 && this.is_exact(BYTES.get()) {
        return Ok(this.clone());
    }
    let out = repeated(vm, this.receiver::<PyBytes>().as_slice(), count)?;
    PyBytes::try_new_value(vm, &out)
}

fn bytes_item(vm: Vm<'_>, this: &Value, index: isize) -> PyResult<Value> {
    let bytes = this.receiver::<PyBytes>().as_slice();
    match usize::try_from(index).ok().and_then(|index| bytes.get(index)) {
        Some(&byte) => Ok(Value::small_int_unchecked(i64::from(byte))),
        None => Err(vm.index_error("index out of range")),
    }
}

fn bytes_subscript(vm: Vm<'_>, this: &Value, key: &Value) -> PyResult<Value> {
    let bytes = this.receiver::<PyBytes>().as_slice();
    if let Some(slice) = key.downcast::<PySlice>() {
        let range = slice_index::resolve(vm, bytes.len(), &slice.start, &slice.stop, &slice.step)?;
        if range.count == bytes.len() && range.step == 1 && this.is_exact(BYTES.get()) {
            return Ok(this.clone());
        }
        if range.step == 1 {
            let start = range.first();
            return PyBytes::try_new_value(vm, &bytes[start..start + range.count]);
        }
        let mut out = super::shared::room(vm, range.count)?;
        out.extend(range.positions().map(|at| bytes[at]));
        return PyBytes::try_new_value(vm, &out);
    }
    if !number::has_index(key) {
        return Err(vm.type_error(format!(
            "byte indices must be integers or slices, not {}",
            key.class().name()
        )));
    }
    let index = number::as_index(vm, key)?;
    match slice_index::position(index, bytes.len()) {
        Some(at) => Ok(Value::small_int_unchecked(i64::from(bytes[at]))),
        None => Err(vm.index_error("index out of range")),
    }
}

static BYTES_BUFFER: BufferOps = BufferOps {
    read: |owner, see| see(owner.receiver::<PyBytes>().as_slice()),
    write: |_, see| see(&mut []),
    acquire: |_| {},
    release: |_| {},
};

#[expect(clippy::unnecessary_wraps, reason = "a slot's signature")]
fn bytes_buffer(_vm: Vm<'_>, this: &Value) -> PyResult<Buffer> {
    Ok(Buffer::new(this, &BYTES_BUFFER, this.receiver::<PyBytes>().as_slice().len(), true))
}

pub(super) fn bytes_getnewargs(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let copy = PyBytes::try_new_value(vm, this.receiver::<PyBytes>().as_slice())?;
    Ok(PyTuple::new_value(vm, &[copy]))
}

pub(super) fn bytes_bytes(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    if this.is_exact(BYTES.get()) {
        return Ok(this.clone());
    }
    PyBytes::try_new_value(vm, this.receiver::<PyBytes>().as_slice())
}

pub(super) fn decode(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let encoding = codec::text_option(vm, args.get(0), "decode", "encoding")?;
    let errors = codec::text_option(vm, args.get(1), "decode", "errors")?;
    codec::decode_object(vm, this, encoding, errors)
}
