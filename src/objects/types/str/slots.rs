//! The slots of str: construction, text, hash, comparison, concatenation, repetition, subscripts.

use super::builder::Builder;
use super::storage::{self, Characters, Kind};
use super::{PyStr, STR, codec, find, iterator, percent};
use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::PyType;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::{number, slice_index};
use crate::types::slice::PySlice;
use crate::types::tuple::PyTuple;
use crate::with_characters;

/// The slots.
pub(super) const SLOTS: &[Slot] = &[
    Slot::New(str_new),
    Slot::Repr(str_repr),
    Slot::Str(str_str),
    Slot::Hash(str_hash),
    Slot::Richcompare(str_richcompare),
    Slot::Iter(iterator::str_iter),
    Slot::NbRemainder(percent::str_mod),
    Slot::SqLength(str_len),
    Slot::SqConcat(str_add),
    Slot::SqRepeat(str_repeat),
    Slot::SqItem(str_item),
    Slot::SqContains(find::str_contains),
    Slot::MpLength(str_len),
    Slot::MpSubscript(str_subscript),
];

fn str_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let positional = args.positional();
    if positional.len() > 3 {
        return Err(
            vm.type_error(format!("str expected at most 3 arguments, got {}", args.all().len()))
        );
    }
    if args.all().len() > 3 {
        let given = args.all().len();
        return Err(vm.type_error(format!("str() takes at most 3 arguments ({given} given)")));
    }
    let names = ["object", "encoding", "errors"];
    let mut places: [Option<&Value>; 3] = [None; 3];
    for (place, value) in places.iter_mut().zip(positional) {
        *place = Some(value);
    }
    for (name, value) in args.keywords() {
        let known = names.iter().position(|known| super::value_is(name, known));
        let Some(nth) = known else {
            let name = vm.str(name)?.to_rust_string();
            return Err(vm.unexpected_keyword("str()", &name, names));
        };
        if places[nth].is_some() {
            return Err(vm.type_error(format!(
                "argument for str() given by name ('{}') and position ({})",
                names[nth],
                nth + 1
            )));
        }
        places[nth] = Some(value);
    }
    let text = new_text(vm, places)?;
    if std::ptr::eq(class, STR.get()) {
        return Ok(text.into_value());
    }
    storage::from_characters(vm, class, storage::characters(&text)).map(PyRef::into_value)
}

fn new_text(vm: Vm<'_>, places: [Option<&Value>; 3]) -> PyResult<PyRef<PyStr>> {
    let [object, encoding, errors] = places;
    let option = |value: Option<&Value>, name: &str| -> PyResult<Option<PyRef<PyStr>>> {
        match value {
            None => Ok(None),
            Some(value) => match value.downcast::<PyStr>() {
                Some(text) => Ok(Some(text.to_ref())),
                None => Err(vm.type_error(format!(
                    "str() argument '{name}' must be str, not {}",
                    vm.type_text(value)
                ))),
            },
        }
    };
    let (encoding, errors) = (option(encoding, "encoding")?, option(errors, "errors")?);
    let Some(object) = object else { return Ok(storage::empty(vm)) };
    if encoding.is_none() && errors.is_none() {
        return vm.str(object);
    }
    if object.downcast::<PyStr>().is_some() {
        return Err(vm.type_error("decoding str is not supported"));
    }
    let decoded = codec::decode_object(vm, object, encoding.as_deref(), errors.as_deref())?;
    decoded.into_ref::<PyStr>().map_err(|other| {
        vm.type_error(format!(
            "decoder should return a string result, not '{}'",
            other.class().name()
        ))
    })
}

/// The repr of a str.
///
/// # Errors
/// MemoryError.
pub fn str_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    if let Some(plain) = text.as_ascii()
        && plain.bytes().all(|c| matches!(c, b' '..=b'~') && c != b'\'' && c != b'\\')
    {
        let mut out = Builder::with_capacity(vm, plain.len() + 2, Kind::Ascii)?;
        out.push(0x27)?;
        out.push_str(text)?;
        out.push(0x27)?;
        return out.finish().map(PyRef::into_value);
    }
    let repr = base::escape::repr_points(storage::points(text), text.len());
    PyStr::try_new(vm, &repr).map(PyRef::into_value)
}

fn str_str(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    super::split::exact(vm, this.receiver::<PyStr>()).map(PyRef::into_value)
}

#[expect(clippy::cast_possible_wrap, reason = "a hash is its bits")]
fn str_hash(vm: Vm<'_>, this: &Value) -> PyResult<i64> {
    Ok(this.receiver::<PyStr>().text_hash(vm) as i64)
}

fn str_richcompare(_vm: Vm<'_>, this: &Value, other: &Value, op: CompareOp) -> PyResult<Value> {
    let this = this.receiver::<PyStr>();
    let Some(other) = other.downcast::<PyStr>() else { return Ok(Value::NOT_IMPLEMENTED) };
    let holds = match op {
        CompareOp::Eq => this.same_text(other),
        CompareOp::Ne => !this.same_text(other),
        _ => op.holds(compare(this, other)),
    };
    Ok(Value::from_bool(holds))
}

/// The order of two strings, by code points.
#[must_use]
pub fn compare(this: &Py<PyStr>, other: &Py<PyStr>) -> std::cmp::Ordering {
    match (storage::characters(this), storage::characters(other)) {
        (Characters::One(a), Characters::One(b)) => a.cmp(b),
        (Characters::Two(a), Characters::Two(b)) => a.cmp(b),
        (Characters::Four(a), Characters::Four(b)) => a.cmp(b),
        _ => storage::points(this).cmp(storage::points(other)),
    }
}

fn str_len(_vm: Vm<'_>, this: &Value) -> PyResult<usize> {
    Ok(this.receiver::<PyStr>().len())
}

fn str_add(vm: Vm<'_>, this: &Value, other: &Value) -> PyResult<Value> {
    let left = this.receiver::<PyStr>();
    let Some(right) = other.downcast::<PyStr>() else {
        return Err(vm.type_error(format!(
            "can only concatenate str (not \"{}\") to str",
            other.class().name()
        )));
    };
    concat_refs(vm, left, right).map(PyRef::into_value)
}

/// `left + right` for two strings.
///
/// # Errors
/// MemoryError.
pub fn concat_refs(vm: Vm<'_>, left: &Py<PyStr>, right: &Py<PyStr>) -> PyResult<PyRef<PyStr>> {
    if right.is_empty() && left.is_exact_str() {
        return Ok(left.to_ref());
    }
    if left.is_empty() && right.is_exact_str() {
        return Ok(right.to_ref());
    }
    storage::join_two(vm, left, right)
}

/// `left + right`, in left's own memory when nobody else refers to it. Both must be exact strings.
///
/// # Errors
/// MemoryError; TypeError when an operand is no str.
pub fn concat(vm: Vm<'_>, left: Value, right: &Value) -> PyResult<Value> {
    let Some(added) = right.downcast::<PyStr>() else {
        return number::add(vm, &left, right);
    };
    let left = match left.into_ref::<PyStr>() {
        Ok(left) => left,
        Err(other) => return number::add(vm, &other, right),
    };
    if added.is_empty() || left.is_empty() {
        return concat_refs(vm, &left, added).map(PyRef::into_value);
    }
    storage::append(vm, left, added).map(PyRef::into_value)
}

fn str_repeat(vm: Vm<'_>, this: &Value, count: isize) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    let count = usize::try_from(count).unwrap_or(0);
    if count == 0 || text.is_empty() {
        return Ok(storage::empty(vm).into_value());
    }
    if count == 1 && text.is_exact_str() {
        return Ok(text.to_ref().into_value());
    }
    let length = text.len().checked_mul(count).filter(|&n| n <= isize::MAX as usize);
    let Some(length) = length else { return Err(vm.memory_error()) };
    if text.len() == 1 {
        let mut out = Builder::with_capacity(vm, length, text.kind())?;
        out.push_repeated(storage::char_at(text, 0).unwrap_or(0), length)?;
        return out.finish().map(PyRef::into_value);
    }
    storage::repeat(vm, text, count).map(PyRef::into_value)
}

fn str_item(vm: Vm<'_>, this: &Value, index: isize) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    match usize::try_from(index).ok().and_then(|index| storage::char_at(text, index)) {
        Some(point) => storage::from_point(vm, point).map(PyRef::into_value),
        None => Err(vm.index_error("string index out of range")),
    }
}

/// `text[index]` for an int index.
///
/// # Errors
/// IndexError.
#[inline]
pub fn item(vm: Vm<'_>, text: &Py<PyStr>, index: isize) -> PyResult<Value> {
    let point =
        slice_index::position(index, text.len()).and_then(|index| storage::char_at(text, index));
    match point {
        Some(point) => storage::from_point(vm, point).map(PyRef::into_value),
        None => Err(vm.index_error("string index out of range")),
    }
}

fn str_subscript(vm: Vm<'_>, this: &Value, key: &Value) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    if let Some(slice) = key.downcast::<PySlice>() {
        return subscript_slice(vm, text, slice);
    }
    if !number::has_index(key) {
        return Err(
            vm.type_error(format!("string indices must be integers, not '{}'", key.class().name()))
        );
    }
    item(vm, text, number::as_index(vm, key)?)
}

#[expect(clippy::useless_conversion, reason = "one text for units of three widths")]
fn subscript_slice(vm: Vm<'_>, text: &Py<PyStr>, slice: &Py<PySlice>) -> PyResult<Value> {
    let range = slice_index::resolve(vm, text.len(), &slice.start, &slice.stop, &slice.step)?;
    if range.count == 0 {
        return Ok(storage::empty(vm).into_value());
    }
    if range.step == 1 {
        let start = range.first();
        return storage::slice(vm, text, start, start + range.count).map(PyRef::into_value);
    }
    let mut out = Builder::with_capacity(vm, range.count, text.kind())?;
    with_characters!(storage::characters(text), units => {
        for at in range.positions() {
            out.push(units[at].into())?;
        }
    });
    out.finish().map(PyRef::into_value)
}

pub(super) fn str_sizeof(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    let bytes = Py::<PyStr>::tail_offset() + text.tail().len();
    Ok(Value::from_usize(bytes + text.as_object().class().extension_bytes()))
}

pub(super) fn str_getnewargs(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    let copy = storage::from_characters(vm, STR.get(), storage::characters(text))?;
    Ok(PyTuple::new_value(vm, &[copy.into_value()]))
}

pub(crate) use super::find::bounds;
