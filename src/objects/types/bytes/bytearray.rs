//! `bytearray`: payload, spec and what it has beyond bytes.

use std::cell::Cell;

use super::shared::{byte_of, room};
use super::{PyBytes, construct, find, iterator, percent, slots};
use crate::core::args::{Args, check_count};
use crate::core::errors::PyResult;
use crate::core::gc::{Traverse, Visitor};
use crate::core::gil_cell::GilCell;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::Slot;
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::buffer::{self, Buffer, BufferOps};
use crate::protocol::slice_index::{self, SliceRange};
use crate::protocol::{iterate, number};
use crate::types::slice::PySlice;
use crate::types::str::{PyStr, storage};
use crate::types::tuple::PyTuple;
use crate::{methods, payload};

/// The bytes of a bytearray, and how many buffers of it there are.
#[derive(Default)]
pub struct Contents {
    bytes: GilCell<Vec<u8>>,
    /// How many bytes in front are deleted, but still there: so deleting at the front takes no time in proportion to the rest.
    hidden: Cell<usize>,
    exports: Cell<usize>,
}

impl Traverse for Contents {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

payload! {
    /// The payload of a bytearray.
    pub struct PyByteArray: BYTEARRAY {
        contents: Contents,
    }
}

/// `bytearray`
pub static BYTEARRAY: StaticType = StaticType::new::<PyByteArray>();

impl PyByteArray {
    /// A bytearray of these bytes.
    ///
    /// # Errors
    /// None as yet.
    pub fn try_new_value(vm: Vm<'_>, bytes: Vec<u8>) -> PyResult<Value> {
        let contents = Contents { bytes: GilCell::new(bytes), ..Contents::default() };
        Ok(PyRef::try_new(vm, Self { contents })?.into_value())
    }

    /// Shows the bytes.
    pub fn is_empty(&self) -> bool {
        self.with(<[u8]>::is_empty)
    }

    /// Reads the bytes.
    pub fn with<R>(&self, f: impl FnOnce(&[u8]) -> R) -> R {
        let hidden = self.contents.hidden.get();
        self.contents.bytes.with(|bytes| f(bytes.get(hidden..).unwrap_or_default()))
    }

    /// Shows the bytes for writing; their number stays.
    pub fn with_mut<R>(&self, f: impl FnOnce(&mut [u8]) -> R) -> R {
        let hidden = self.contents.hidden.get();
        self.contents.bytes.with_mut(|bytes| f(bytes.get_mut(hidden..).unwrap_or_default()))
    }

    fn len(&self) -> usize {
        self.with(<[u8]>::len)
    }

    /// Changes the bytes in a way that may change their number.
    ///
    /// # Errors
    /// BufferError while there are exports, and what `f` raises.
    fn change<R>(&self, vm: Vm<'_>, f: impl FnOnce(&mut Vec<u8>) -> PyResult<R>) -> PyResult<R> {
        self.change_end(vm, |bytes| {
            drop(bytes.drain(..self.contents.hidden.replace(0)));
            f(bytes)
        })
    }

    /// As [`change`](Self::change), for `f` that only adds to the end: in front of the bytes may be others.
    fn change_end<R>(
        &self,
        vm: Vm<'_>,
        f: impl FnOnce(&mut Vec<u8>) -> PyResult<R>,
    ) -> PyResult<R> {
        if self.contents.exports.get() > 0 {
            return Err(vm.buffer_error("Existing exports of data: object cannot be re-sized"));
        }
        self.contents.bytes.with_mut(f)
    }

    /// Deletes the first `count` bytes.
    ///
    /// # Errors
    /// BufferError.
    fn remove_front(&self, vm: Vm<'_>, count: usize) -> PyResult<()> {
        self.change_end(vm, |bytes| {
            let hidden = (self.contents.hidden.get() + count).min(bytes.len());
            // Moving the rest is paid for by the deletions that hid as many bytes.
            if hidden > bytes.len() / 2 {
                bytes.drain(..hidden);
                let rest = bytes.len();
                bytes.shrink_to(rest * 2);
                self.contents.hidden.set(0);
            } else {
                self.contents.hidden.set(hidden);
            }
            Ok(())
        })
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// BufferError, MemoryError.
    pub fn extend_from(&self, vm: Vm<'_>, more: &[u8]) -> PyResult<()> {
        if more.is_empty() {
            return Ok(());
        }
        self.change_end(vm, |bytes| {
            if bytes.try_reserve(more.len()).is_err() {
                return Err(vm.memory_error());
            }
            bytes.extend_from_slice(more);
            Ok(())
        })
    }
}

/// The spec of `bytearray`.
pub const BYTEARRAY_SPEC: TypeSpec = TypeSpec {
    name: "bytearray",
    doc: Some(
        "bytearray(iterable_of_ints) -> bytearray\nbytearray(string, encoding[, errors]) -> bytearray\n\
         bytearray(bytes_or_buffer) -> mutable copy of bytes_or_buffer\nbytearray(int) -> bytes array of size given by \
         the parameter initialized with null bytes\nbytearray() -> empty bytes array\n\nA mutable sequence of bytes.",
    ),
    flags: spec_flags::BASETYPE | spec_flags::MATCH_SELF,
    slots: &[
        Slot::New(bytearray_new),
        Slot::Init(bytearray_init),
        Slot::Repr(bytearray_repr),
        Slot::Str(slots::text),
        Slot::Hash(crate::protocol::compare::hash_not_implemented),
        Slot::Richcompare(slots::richcompare),
        Slot::Iter(iterator::bytearray_iter),
        Slot::Buffer(bytearray_buffer),
        Slot::NbRemainder(percent::bytearray_mod),
        Slot::SqLength(slots::length),
        Slot::SqConcat(bytearray_concat),
        Slot::SqInplaceConcat(bytearray_iconcat),
        Slot::SqRepeat(bytearray_repeat),
        Slot::SqInplaceRepeat(bytearray_irepeat),
        Slot::SqItem(bytearray_item),
        Slot::SqContains(find::contains),
        Slot::MpLength(slots::length),
        Slot::MpSubscript(bytearray_subscript),
        Slot::MpAssSubscript(bytearray_ass_subscript),
    ],
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

fn bytearray_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    Ok(PyRef::try_new_of(vm, class, PyByteArray { contents: Contents::default() })?.into_value())
}

fn bytearray_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    let arguments = construct::arguments(vm, args, "bytearray")?;
    let array = this.receiver::<PyByteArray>();
    if !array.is_empty() {
        array.change(vm, |bytes| {
            bytes.clear();
            Ok(())
        })?;
    }
    let new = construct::contents(vm, &arguments, "bytearray")?;
    if new.is_empty() && array.is_empty() {
        return Ok(());
    }
    array.change(vm, |bytes| {
        *bytes = new;
        Ok(())
    })
}

fn bytearray_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let name = this.class().name();
    let inner = this.receiver::<PyByteArray>().with(|bytes| {
        let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
        let mut out = format!("(b{quote}");
        // The single quote is escaped whatever the quotes are.
        base::escape::push_escaped_bytes(&mut out, bytes, '\'');
        out.push(quote);
        out.push(')');
        out
    });
    PyStr::try_new(vm, &format!("{name}{inner}")).map(PyRef::into_value)
}

static BYTEARRAY_BUFFER: BufferOps = BufferOps {
    read: |owner, see| owner.receiver::<PyByteArray>().with(|bytes| see(bytes)),
    write: |owner, see| owner.receiver::<PyByteArray>().with_mut(|bytes| see(bytes)),
    acquire: |owner| {
        let exports = &owner.receiver::<PyByteArray>().contents.exports;
        exports.set(exports.get() + 1);
    },
    release: |owner| {
        let exports = &owner.receiver::<PyByteArray>().contents.exports;
        exports.set(exports.get() - 1);
    },
};

#[expect(clippy::unnecessary_wraps, reason = "a slot's signature")]
fn bytearray_buffer(_vm: Vm<'_>, this: &Value) -> PyResult<Buffer> {
    Ok(Buffer::new(this, &BYTEARRAY_BUFFER, this.receiver::<PyByteArray>().len(), false))
}

fn bytearray_concat(vm: Vm<'_>, this: &Value, other: &Value) -> PyResult<Value> {
    let right = slots::concat_operand(vm, other, "bytearray")?;
    let mut out = room(vm, this.receiver::<PyByteArray>().len() + right.len())?;
    this.receiver::<PyByteArray>().with(|bytes| out.extend_from_slice(bytes));
    right.with(|right| out.extend_from_slice(right));
    PyByteArray::try_new_value(vm, out)
}

fn bytearray_iconcat(vm: Vm<'_>, this: &Value, other: &Value) -> PyResult<Value> {
    // A copy first: the operand may be this array itself, whose export would forbid the change.
    let right = slots::concat_operand(vm, other, "bytearray")?.to_vec();
    this.receiver::<PyByteArray>().extend_from(vm, &right)?;
    Ok(this.clone())
}

fn bytearray_repeat(vm: Vm<'_>, this: &Value, count: isize) -> PyResult<Value> {
    let bytes = this.receiver::<PyByteArray>().with(<[u8]>::to_vec);
    PyByteArray::try_new_value(vm, slots::repeated(vm, &bytes, count)?)
}

fn bytearray_irepeat(vm: Vm<'_>, this: &Value, count: isize) -> PyResult<Value> {
    let array = this.receiver::<PyByteArray>();
    let bytes = array.with(<[u8]>::to_vec);
    let new = slots::repeated(vm, &bytes, count)?;
    array.change(vm, |bytes| {
        *bytes = new;
        Ok(())
    })?;
    Ok(this.clone())
}

fn bytearray_item(vm: Vm<'_>, this: &Value, index: isize) -> PyResult<Value> {
    let byte = usize::try_from(index)
        .ok()
        .and_then(|index| this.receiver::<PyByteArray>().with(|bytes| bytes.get(index).copied()));
    match byte {
        Some(byte) => Ok(Value::small_int_unchecked(i64::from(byte))),
        None => Err(vm.index_error("bytearray index out of range")),
    }
}

fn index_key(vm: Vm<'_>, key: &Value) -> PyResult<isize> {
    if !number::has_index(key) {
        return Err(vm.type_error(format!(
            "bytearray indices must be integers or slices, not {}",
            key.class().name()
        )));
    }
    number::as_index(vm, key)
}

fn bytearray_subscript(vm: Vm<'_>, this: &Value, key: &Value) -> PyResult<Value> {
    let array = this.receiver::<PyByteArray>();
    if let Some(at) = key.as_small_int().and_then(|at| usize::try_from(at).ok())
        && let Some(byte) = array.with(|bytes| bytes.get(at).copied())
    {
        return Ok(Value::small_int_unchecked(i64::from(byte)));
    }
    if let Some(slice) = key.downcast::<PySlice>() {
        let (start, stop, step) = slice_index::unpack(vm, &slice.start, &slice.stop, &slice.step)?;
        let range = slice_index::adjust(array.len(), start, stop, step);
        let mut out = room(vm, range.count)?;
        array.with(|bytes| out.extend(range.positions().map(|at| bytes[at])));
        return PyByteArray::try_new_value(vm, out);
    }
    let index = index_key(vm, key)?;
    let byte = array.with(|bytes| slice_index::position(index, bytes.len()).map(|at| bytes[at]));
    match byte {
        Some(byte) => Ok(Value::small_int_unchecked(i64::from(byte))),
        None => Err(vm.index_error("bytearray index out of range")),
    }
}

fn bytearray_ass_subscript(
    vm: Vm<'_>,
    this: &Value,
    key: &Value,
    value: Option<&Value>,
) -> PyResult<()> {
    let array = this.receiver::<PyByteArray>();
    if let (Some(index), Some(byte)) = (key.as_small_int(), value.and_then(Value::as_small_int))
        && let (Ok(index), Ok(byte)) = (usize::try_from(index), u8::try_from(byte))
        && index < array.len()
    {
        array.with_mut(|bytes| bytes[index] = byte);
        return Ok(());
    }
    if let Some(slice) = key.downcast::<PySlice>() {
        let new = match value {
            None => Vec::new(),
            Some(value) => slice_value(vm, value)?,
        };
        let (start, stop, step) = slice_index::unpack(vm, &slice.start, &slice.stop, &slice.step)?;
        let range = slice_index::adjust(array.len(), start, stop, step);
        return assign_slice(vm, array, range, &new, value.is_none());
    }
    let index = index_key(vm, key)?;
    let byte = value.map(|value| byte_of(vm, value, "byte")).transpose()?;
    let out_of_range = || vm.index_error("bytearray index out of range");
    let Some(at) = slice_index::position(index, array.len()) else { return Err(out_of_range()) };
    match byte {
        Some(byte) => {
            array.with_mut(|bytes| bytes[at] = byte);
            Ok(())
        }
        None if at == 0 => array.remove_front(vm, 1),
        None => array.change(vm, |bytes| {
            bytes.remove(at);
            Ok(())
        }),
    }
}

fn slice_value(vm: Vm<'_>, value: &Value) -> PyResult<Vec<u8>> {
    if buffer::has_buffer(value) {
        return buffer::bytes_like(vm, value).map(|bytes| bytes.to_vec());
    }
    if number::has_index(value)
        || value.downcast::<PyStr>().is_some()
        || !iterate::is_iterable(value)
    {
        return Err(
            vm.type_error("can assign only bytes, buffers, or iterables of ints in range(0, 256)")
        );
    }
    construct::from_iterable(vm, value, "byte")
}

fn assign_slice(
    vm: Vm<'_>,
    array: &PyByteArray,
    range: SliceRange,
    new: &[u8],
    delete: bool,
) -> PyResult<()> {
    if range.step == 1 {
        let start = range.first();
        let end = start + range.count;
        if new.len() == range.count {
            array.with_mut(|bytes| bytes[start..end].copy_from_slice(new));
            return Ok(());
        }
        if start == 0 && new.is_empty() {
            return array.remove_front(vm, end);
        }
        return array.change(vm, |bytes| {
            if bytes.try_reserve(new.len()).is_err() {
                return Err(vm.memory_error());
            }
            bytes.splice(start..end, new.iter().copied());
            Ok(())
        });
    }
    // An empty value deletes the items of an extended slice as well.
    if delete || new.is_empty() {
        if range.count == 0 {
            return Ok(());
        }
        return array.change(vm, |bytes| {
            let mut gone: Vec<usize> = range.positions().collect();
            gone.sort_unstable();
            let mut next = gone.into_iter().peekable();
            let mut at = 0;
            bytes.retain(|_| {
                let keep = next.next_if_eq(&at).is_none();
                at += 1;
                keep
            });
            Ok(())
        });
    }
    if new.len() != range.count {
        return Err(vm.value_error(format!(
            "attempt to assign bytes of size {} to extended slice of size {}",
            new.len(),
            range.count
        )));
    }
    array.with_mut(|bytes| {
        range.positions().zip(new).for_each(|(at, &byte)| bytes[at] = byte);
    });
    Ok(())
}

fn bytearray_append(vm: Vm<'_>, this: &Value, item: &Value) -> PyResult<Value> {
    let byte = byte_of(vm, item, "byte")?;
    this.receiver::<PyByteArray>().extend_from(vm, &[byte])?;
    Ok(Value::NONE)
}

fn bytearray_extend(vm: Vm<'_>, this: &Value, items: &Value) -> PyResult<Value> {
    let array = this.receiver::<PyByteArray>();
    let end = array.len();
    let new = if buffer::has_buffer(items) {
        buffer::bytes_like(vm, items)?.to_vec()
    } else if items.downcast::<PyStr>().is_some() {
        return Err(vm.type_error("expected iterable of integers; got: 'str'"));
    } else if !iterate::is_iterable(items) {
        return Err(vm.type_error(format!("can't extend bytearray with {}", items.class().name())));
    } else {
        construct::from_iterable(vm, items, "byte")?
    };
    if new.is_empty() {
        return Ok(Value::NONE);
    }
    // Where the end was before the argument's code ran.
    if end == array.len() {
        return array.extend_from(vm, &new).map(|()| Value::NONE);
    }
    array.change(vm, |bytes| {
        if bytes.try_reserve(new.len()).is_err() {
            return Err(vm.memory_error());
        }
        let end = end.min(bytes.len());
        bytes.splice(end..end, new);
        Ok(Value::NONE)
    })
}

fn bytearray_insert(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "insert", args.len(), 2, 2)?;
    let index = number::as_ssize(vm, &args[0])?;
    let byte = byte_of(vm, &args[1], "byte")?;
    this.receiver::<PyByteArray>().change(vm, |bytes| {
        if bytes.try_reserve(1).is_err() {
            return Err(vm.memory_error());
        }
        let at = if index < 0 {
            bytes.len().saturating_sub(index.unsigned_abs())
        } else {
            bytes.len().min(index.unsigned_abs())
        };
        bytes.insert(at, byte);
        Ok(Value::NONE)
    })
}

fn bytearray_pop(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "pop", args.len(), 0, 1)?;
    let index = args.first().map_or(Ok(-1), |value| number::as_ssize(vm, value))?;
    let array = this.receiver::<PyByteArray>();
    if array.is_empty() {
        return Err(vm.index_error("pop from empty bytearray"));
    }
    let Some(at) = slice_index::position(index, array.len()) else {
        return Err(vm.index_error("pop index out of range"));
    };
    if at == 0 {
        let first = array.with(|bytes| bytes.first().copied().unwrap_or_default());
        array.remove_front(vm, 1)?;
        return Ok(Value::small_int_unchecked(i64::from(first)));
    }
    array.change(vm, |bytes| Ok(Value::small_int_unchecked(i64::from(bytes.remove(at)))))
}

fn bytearray_remove(vm: Vm<'_>, this: &Value, value: &Value) -> PyResult<Value> {
    let byte = byte_of(vm, value, "byte")?;
    let array = this.receiver::<PyByteArray>();
    let Some(at) = array.with(|bytes| memchr::memchr(byte, bytes)) else {
        return Err(vm.value_error("value not found in bytearray"));
    };
    array.change(vm, |bytes| {
        bytes.remove(at);
        Ok(Value::NONE)
    })
}

fn bytearray_resize(vm: Vm<'_>, this: &Value, size: &Value) -> PyResult<Value> {
    let size = number::as_ssize(vm, size)?;
    let Ok(size) = usize::try_from(size) else {
        return Err(vm.value_error(format!("Can only resize to positive sizes, got {size}")));
    };
    let array = this.receiver::<PyByteArray>();
    if array.len() == size {
        return Ok(Value::NONE);
    }
    array.change(vm, |bytes| {
        if bytes.try_reserve(size.saturating_sub(bytes.len())).is_err() {
            return Err(vm.memory_error());
        }
        bytes.resize(size, 0);
        Ok(Value::NONE)
    })
}

#[expect(clippy::unnecessary_wraps, reason = "a native method's signature")]
fn bytearray_reverse(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    this.receiver::<PyByteArray>().with_mut(<[u8]>::reverse);
    Ok(Value::NONE)
}

fn bytearray_clear(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let array = this.receiver::<PyByteArray>();
    if array.is_empty() {
        return Ok(Value::NONE);
    }
    array.change(vm, |bytes| {
        *bytes = Vec::new();
        Ok(Value::NONE)
    })
}

fn bytearray_copy(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    PyByteArray::try_new_value(vm, this.receiver::<PyByteArray>().with(<[u8]>::to_vec))
}

#[expect(clippy::unnecessary_wraps, reason = "a native method's signature")]
fn bytearray_alloc(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let contents = &this.receiver::<PyByteArray>().contents;
    Ok(Value::from_usize(match contents.bytes.with(Vec::len) {
        0 => 0,
        length => length + 1,
    }))
}

#[expect(clippy::unnecessary_wraps, reason = "a native method's signature")]
fn bytearray_sizeof(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let capacity = this.receiver::<PyByteArray>().contents.bytes.with(Vec::capacity);
    let header = size_of::<Py<PyByteArray>>() + this.class().extension_bytes();
    Ok(Value::from_usize(header + capacity))
}

fn bytearray_reduce(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    reduce(vm, this, 0)
}

fn bytearray_reduce_ex(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "__reduce_ex__", args.len(), 0, 1)?;
    let protocol = args.first().map_or(Ok(0), |value| number::as_i32(vm, value))?;
    reduce(vm, this, protocol)
}

fn reduce(vm: Vm<'_>, this: &Value, protocol: i32) -> PyResult<Value> {
    let state = vm.call_method(this, &vm.names().__getstate__, &[])?;
    let bytes = this.receiver::<PyByteArray>().with(<[u8]>::to_vec);
    let args = if bytes.is_empty() {
        PyTuple::new_value(vm, &[])
    } else if protocol < 3 {
        let text = storage::make(vm, storage::Characters::One(&bytes))?;
        PyTuple::new_value(vm, &[text.into_value(), PyStr::new_value(vm, "latin-1")])
    } else {
        PyTuple::new_value(vm, &[PyBytes::try_new_value(vm, &bytes)?])
    };
    Ok(PyTuple::new_value(vm, &[this.class().to_value(), args, state]))
}

methods! { METHODS:
    /// Release the buffer object that exposes the underlying memory of the object.
    ["__release_buffer__"] "($self, buffer, /)" One(crate::types::memoryview::release_buffer_method);
    /// Return the number of bytes actually allocated.
    ["__alloc__"] "($self, /)" None(bytearray_alloc);
    /// Return state information for pickling.
    ["__reduce__"] "($self, /)" None(bytearray_reduce);
    /// Return state information for pickling.
    ["__reduce_ex__"] "($self, proto=0, /)" Positional(bytearray_reduce_ex);
    /// Return the size of the object in memory, in bytes.
    ["__sizeof__"] "($self, /)" None(bytearray_sizeof);
    /// Append a single item to the end.
    ["append"] "($self, item, /)" One(bytearray_append);
    /// Remove all items.
    ["clear"] "($self, /)" None(bytearray_clear);
    /// Return a copy.
    ["copy"] "($self, /)" None(bytearray_copy);
    /// Append all the items from an iterable or a bytes-like object.
    ["extend"] "($self, iterable_of_ints, /)" One(bytearray_extend);
    /// Insert a single item before the given index.
    ["insert"] "($self, index, item, /)" Positional(bytearray_insert);
    /// Remove and return a single item.
    ["pop"] "($self, index=-1, /)" Positional(bytearray_pop);
    /// Remove the first occurrence of a value.
    ["remove"] "($self, value, /)" One(bytearray_remove);
    /// Change the length; new bytes are zero.
    ["resize"] "($self, size, /)" One(bytearray_resize);
    /// Reverse the order of the items in place.
    ["reverse"] "($self, /)" None(bytearray_reverse);
    /// Create a bytearray from a string of hexadecimal numbers.
    class ["fromhex"] "($type, string, /)" One(super::hex::bytearray_fromhex);
    /// Return a translation table for translate().
    stat ["maketrans"] "(frm, to, /)" Positional(super::case::maketrans);
    /// Return a copy with the first character capitalized and the rest lowercase.
    ["capitalize"] "($self, /)" None(super::case::capitalize);
    /// Return a centered copy of length width.
    ["center"] "($self, width, fillchar=b' ', /)" Positional(super::trim::center);
    /// Return the number of non-overlapping occurrences of sub.
    ["count"] "($self, sub[, start[, end]], /)" Positional(find::count);
    /// Decode the bytes with the codec registered for encoding.
    ["decode"] "($self, /, encoding='utf-8', errors='strict')" Bound(slots::decode);
    /// Return True if the bytes end with suffix, or with one of a tuple of suffixes.
    ["endswith"] "($self, suffix[, start[, end]], /)" Positional(find::endswith);
    /// Return a copy where tabs are expanded using spaces.
    ["expandtabs"] "($self, /, tabsize=8)" Bound(super::trim::expandtabs);
    /// Return the lowest index where sub is found, or -1.
    ["find"] "($self, sub[, start[, end]], /)" Positional(find::find);
    /// Return a string of two hexadecimal digits for each byte.
    ///
    /// >>> bytearray(b'glass').hex(':', 2)
    /// '67:6c61:7373'
    ["hex"] "($self, /, sep=<unrepresentable>, bytes_per_sep=1)" Any(super::hex::hex);
    /// Return the lowest index where sub is found; raise ValueError if there is none.
    ["index"] "($self, sub[, start[, end]], /)" Positional(find::index);
    /// Return True if all bytes are ASCII letters or digits.
    ["isalnum"] "($self, /)" None(super::case::isalnum);
    /// Return True if all bytes are ASCII letters.
    ["isalpha"] "($self, /)" None(super::case::isalpha);
    /// Return True if all bytes are ASCII.
    ["isascii"] "($self, /)" None(super::case::isascii);
    /// Return True if all bytes are ASCII digits.
    ["isdigit"] "($self, /)" None(super::case::isdigit);
    /// Return True if the bytes are lowercase.
    ["islower"] "($self, /)" None(super::case::islower);
    /// Return True if all bytes are whitespace.
    ["isspace"] "($self, /)" None(super::case::isspace);
    /// Return True if the bytes are titlecased.
    ["istitle"] "($self, /)" None(super::case::istitle);
    /// Return True if the bytes are uppercase.
    ["isupper"] "($self, /)" None(super::case::isupper);
    /// Concatenate any number of bytes objects, with these bytes between them.
    ["join"] "($self, iterable_of_bytes, /)" One(super::split::join);
    /// Return a left-justified copy of length width.
    ["ljust"] "($self, width, fillchar=b' ', /)" Positional(super::trim::ljust);
    /// Return a copy with ASCII letters lowercased.
    ["lower"] "($self, /)" None(super::case::lower);
    /// Return a copy without leading whitespace, or without the given bytes.
    ["lstrip"] "($self, bytes=None, /)" Positional(super::trim::lstrip);
    /// Divide the bytes into three parts at the first occurrence of sep.
    ["partition"] "($self, sep, /)" One(super::split::partition);
    /// Return a copy with occurrences of old replaced by new, at most count of them.
    ["replace"] "($self, old, new, count=-1, /)" Positional(find::replace);
    /// Return a copy without prefix, if the bytes start with it.
    ["removeprefix"] "($self, prefix, /)" One(super::trim::removeprefix);
    /// Return a copy without suffix, if the bytes end with it.
    ["removesuffix"] "($self, suffix, /)" One(super::trim::removesuffix);
    /// Return the highest index where sub is found, or -1.
    ["rfind"] "($self, sub[, start[, end]], /)" Positional(find::rfind);
    /// Return the highest index where sub is found; raise ValueError if there is none.
    ["rindex"] "($self, sub[, start[, end]], /)" Positional(find::rindex);
    /// Return a right-justified copy of length width.
    ["rjust"] "($self, width, fillchar=b' ', /)" Positional(super::trim::rjust);
    /// Divide the bytes into three parts at the last occurrence of sep.
    ["rpartition"] "($self, sep, /)" One(super::split::rpartition);
    /// Return a list of the parts, separated by sep, splitting from the end.
    ["rsplit"] "($self, /, sep=None, maxsplit=-1)" Bound(super::split::rsplit);
    /// Return a copy without trailing whitespace, or without the given bytes.
    ["rstrip"] "($self, bytes=None, /)" Positional(super::trim::rstrip);
    /// Return a list of the parts, separated by sep.
    ["split"] "($self, /, sep=None, maxsplit=-1)" Bound(super::split::split);
    /// Return a list of the lines.
    ["splitlines"] "($self, /, keepends=False)" Bound(super::split::splitlines);
    /// Return True if the bytes start with prefix, or with one of a tuple of prefixes.
    ["startswith"] "($self, prefix[, start[, end]], /)" Positional(find::startswith);
    /// Return a copy without whitespace at both ends, or without the given bytes.
    ["strip"] "($self, bytes=None, /)" Positional(super::trim::strip);
    /// Return a copy with uppercase ASCII letters turned to lowercase and the other way round.
    ["swapcase"] "($self, /)" None(super::case::swapcase);
    /// Return a copy where each word is titlecased.
    ["title"] "($self, /)" None(super::case::title);
    /// Return a copy with each byte mapped by the table, without those in delete.
    ["translate"] "($self, table, /, delete=b'')" Bound(super::case::translate);
    /// Return a copy with ASCII letters uppercased.
    ["upper"] "($self, /)" None(super::case::upper);
    /// Pad a numeric string with zeros on the left, to a field of the given width.
    ["zfill"] "($self, width, /)" One(super::trim::zfill);
}
