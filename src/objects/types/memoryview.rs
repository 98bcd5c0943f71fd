//! `memoryview`: items of another object's memory.

use std::borrow::Cow;
use std::cell::Cell;

use crate::core::args::{Args, Bound};
use crate::core::errors::{PyResult, Raised};
use crate::core::gc::{Traverse, Visitor};
use crate::core::gil_cell::GilCell;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::buffer::{self, Buffer, BufferOps};
use crate::protocol::{number, slice_index};

use crate::types::bytes::{PyBytes, hash_bytes, hex_options, hex_text};
use crate::types::list::PyList;
use crate::types::slice::PySlice;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::types::{float_, int};
use crate::{getset, methods, payload};

/// The buffer, until it is released, and the hash once it is known.
pub struct View {
    buffer: GilCell<Option<Buffer>>,
    hash: Cell<Option<i64>>,
    /// How many consumers look at the bytes through this view.
    exports: Cell<usize>,
}

/// A memoryview exports what it shows; it cannot be released meanwhile.
static VIEW_BUFFER: BufferOps = BufferOps {
    read: |owner, see| {
        owner.receiver::<PyMemoryView>().view.buffer.with(|buffer| match buffer {
            Some(buffer) => buffer.with_raw(see),
            None => see(&[]),
        });
    },
    write: |owner, see| {
        owner.receiver::<PyMemoryView>().view.buffer.with(|buffer| match buffer {
            Some(buffer) => buffer.with_raw_mut(see),
            None => see(&mut []),
        });
    },
    acquire: |owner| {
        let exports = &owner.receiver::<PyMemoryView>().view.exports;
        exports.set(exports.get() + 1);
    },
    release: |owner| {
        let exports = &owner.receiver::<PyMemoryView>().view.exports;
        exports.set(exports.get().saturating_sub(1));
    },
};

impl Traverse for View {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.buffer.with(|buffer| {
            if let Some(buffer) = buffer {
                buffer.traverse(visitor);
            }
        });
    }
}

payload! {
    /// The payload of a memoryview.
    pub struct PyMemoryView: MEMORY_VIEW, gc {
        view: View,
    }
}

/// `memoryview`
pub static MEMORY_VIEW: StaticType = StaticType::new::<PyMemoryView>();

/// The spec of `memoryview`.
pub const MEMORY_VIEW_SPEC: TypeSpec = TypeSpec {
    name: "memoryview",
    doc: Some(
        "memoryview(object)\n--\n\nCreate a new memoryview object which references the given object.",
    ),
    flags: spec_flags::SEQUENCE | spec_flags::HAS_WEAKREF,
    slots: &[
        Slot::New(memoryview_new),
        Slot::Repr(memoryview_repr),
        Slot::Hash(memoryview_hash),
        Slot::Richcompare(memoryview_richcompare),
        Slot::Buffer(memoryview_buffer),
        Slot::SqLength(memoryview_len),
        Slot::SqItem(memoryview_item),
        Slot::MpLength(memoryview_len),
        Slot::MpSubscript(memoryview_subscript),
        Slot::MpAssSubscript(memoryview_ass_subscript),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Release the underlying buffer exposed by the memoryview object.
    ["release"] "($self, /)" None(memoryview_release);
    /// Return the data in the buffer as a byte string.
    ["tobytes"] "($self, /, order='C')" Bound(memoryview_tobytes);
    /// Return the data in the buffer as a string of hexadecimal numbers.
    ///
    /// >>> memoryview(b'glass').hex()
    /// '676c617373'
    ["hex"] "($self, /, sep=<unrepresentable>, bytes_per_sep=1)" Any(memoryview_hex);
    /// Return the data in the buffer as a list of elements.
    ["tolist"] "($self, /)" None(memoryview_tolist);
    /// Cast a memoryview to a new format or shape.
    ["cast"] "($self, /, format, shape=<unrepresentable>)" Any(memoryview_cast);
    /// Return a readonly version of the memoryview.
    ["toreadonly"] "($self, /)" None(memoryview_toreadonly);
    /// Count the number of occurrences of a value.
    ["count"] "($self, value, /)" One(memoryview_count);
    /// Return the index of the first occurrence of a value.
    ["index"] "($self, value, start=0, stop=sys.maxsize, /)" Positional(memoryview_index);
    /// Release the buffer object that exposes the underlying memory of the object.
    ["__release_buffer__"] "($self, buffer, /)" One(release_buffer_method);
    ["__enter__"] "($self, /)" None(memoryview_enter);
    ["__exit__"] "($self, /, *exc_info)" Positional(memoryview_exit);
    /// Create a new memoryview object which references the given object.
    class ["_from_flags"] "($type, /, object, flags)" Positional(memoryview_from_flags);
    /// See PEP 585
    class ["__class_getitem__"] "($type, object, /)" One(crate::types::generic_alias::class_getitem);
}

getset! { GETSET:
    /// The underlying object of the memoryview.
    ["obj"] get_obj;
    /// The amount of space in bytes that the array would use in a contiguous representation.
    ["nbytes"] get_nbytes;
    /// A bool indicating whether the memory is read only.
    ["readonly"] get_readonly;
    /// The size in bytes of each element of the memoryview.
    ["itemsize"] get_itemsize;
    /// A string containing the format (in struct module style) for each element in the view.
    ["format"] get_format;
    /// An integer indicating how many dimensions of a multi-dimensional array the memory represents.
    ["ndim"] get_ndim;
    /// A tuple of ndim integers giving the shape of the memory as an N-dimensional array.
    ["shape"] get_shape;
    /// A tuple of ndim integers giving the size in bytes to access each element for each dimension of the array.
    ["strides"] get_strides;
    /// Used internally for PIL-style arrays.
    ["suboffsets"] get_suboffsets;
    /// A bool indicating whether the memory is C contiguous.
    ["c_contiguous"] get_c_contiguous;
    /// A bool indicating whether the memory is Fortran contiguous.
    ["f_contiguous"] get_f_contiguous;
    /// A bool indicating whether the memory is contiguous.
    ["contiguous"] get_contiguous;
}

/// A memoryview of a buffer.
#[must_use]
pub fn from_buffer(vm: Vm<'_>, buffer: Buffer) -> Value {
    let view =
        View { buffer: GilCell::new(Some(buffer)), hash: Cell::new(None), exports: Cell::new(0) };
    PyRef::new(vm, PyMemoryView { view }).into_value()
}

fn memoryview_new(vm: Vm<'_>, _class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let given = args.all().len();
    if given > 1 {
        return Err(vm.type_error(format!("memoryview() takes at most 1 argument ({given} given)")));
    }
    let Some(object) = args.positional().first().or_else(|| args.keyword("object")) else {
        return Err(vm.type_error("memoryview() missing required argument 'object' (pos 1)"));
    };
    if !buffer::has_buffer(object) {
        return Err(not_bytes_like(vm, object));
    }
    view_of(vm, object, buffer::flags::FULL_RO)
}

/// A view of an object; one of a memoryview shows the same object as that.
fn view_of(vm: Vm<'_>, object: &Value, flags: i32) -> PyResult<Value> {
    if object.downcast::<PyMemoryView>().is_some() {
        return held(vm, object).map(|buffer| from_buffer(vm, buffer));
    }
    Ok(from_buffer(vm, buffer::get_with(vm, object, flags)?))
}

fn memoryview_from_flags(vm: Vm<'_>, _class: &Value, args: &[Value]) -> PyResult<Value> {
    crate::core::args::check_count(vm, "_from_flags", args.len(), 2, 2)?;
    let flags = number::as_i32(vm, &args[1])?;
    if !buffer::has_buffer(&args[0]) {
        return Err(not_bytes_like(vm, &args[0]));
    }
    view_of(vm, &args[0], flags)
}

fn not_bytes_like(vm: Vm<'_>, object: &Value) -> Raised {
    vm.type_error(format!(
        "memoryview: a bytes-like object is required, not '{}'",
        object.class().name()
    ))
}

/// A view of the buffer of its own, so that nothing is borrowed while Python code runs.
pub(crate) fn held(vm: Vm<'_>, this: &Value) -> PyResult<Buffer> {
    this.receiver::<PyMemoryView>()
        .view
        .buffer
        .with(|buffer| buffer.as_ref().map(Buffer::duplicate))
        .ok_or_else(|| vm.value_error("operation forbidden on released memoryview object"))
}

fn memoryview_buffer(vm: Vm<'_>, this: &Value) -> PyResult<Buffer> {
    // The layout is taken over, the bytes are asked of this view.
    held(vm, this).map(|layout| Buffer::with_layout_of(this, &VIEW_BUFFER, &layout))
}

fn memoryview_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let released = this.receiver::<PyMemoryView>().view.buffer.with(Option::is_none);
    let kind = if released { "released memory" } else { "memory" };
    PyStr::try_new(vm, &format!("<{kind} at {:#x}>", this.id())).map(PyRef::into_value)
}

/// The format's letter, where it is a native one.
fn letter(format: &str) -> Option<char> {
    let mut letters = format.strip_prefix('@').unwrap_or(format).chars();
    let first = letters.next()?;
    (letters.next().is_none() && "cbB?hHiIlLqQnNfdePF".contains(first)).then_some(first)
}

/// Bytes of an item of a native format.
fn size_of_format(format: char) -> usize {
    match format {
        'c' | 'b' | 'B' | '?' => 1,
        'h' | 'H' | 'e' => 2,
        'i' | 'I' | 'f' => 4,
        _ => 8,
    }
}

/// An item as a value.
fn unpack(vm: Vm<'_>, format: &str, bytes: &[u8]) -> PyResult<Value> {
    let signed = |value: i64| Ok(int::from_i64(vm, value));
    let unsupported =
        || vm.not_implemented_error(format!("memoryview: format {format} not supported"));
    let Some(kind) = letter(format) else { return Err(unsupported()) };
    let mut wide = [0_u8; 8];
    for (to, &byte) in wide.iter_mut().zip(bytes) {
        *to = byte;
    }
    let [a, b, c, d, ..] = wide;
    match kind {
        'c' => PyBytes::try_new_value(vm, &[a]),
        'B' => signed(i64::from(a)),
        'b' => signed(i64::from(i8::from_ne_bytes([a]))),
        '?' => Ok(Value::from_bool(a != 0)),
        'h' => signed(i64::from(i16::from_ne_bytes([a, b]))),
        'H' => signed(i64::from(u16::from_ne_bytes([a, b]))),
        'i' => signed(i64::from(i32::from_ne_bytes([a, b, c, d]))),
        'I' => signed(i64::from(u32::from_ne_bytes([a, b, c, d]))),
        'l' | 'q' | 'n' => signed(i64::from_ne_bytes(wide)),
        'L' | 'Q' | 'N' | 'P' => Ok(int::from_u64(vm, u64::from_ne_bytes(wide))),
        'f' => Ok(float_::new(vm, f64::from(f32::from_ne_bytes([a, b, c, d])))),
        'd' => Ok(float_::new(vm, f64::from_ne_bytes(wide))),
        'e' => Ok(float_::new(vm, base::float::half::from_bits(u16::from_ne_bytes([a, b])))),
        _ => Err(unsupported()),
    }
}

/// A value as the bytes of an item.
fn pack(vm: Vm<'_>, format: &str, value: &Value) -> PyResult<Vec<u8>> {
    let Some(kind) = letter(format) else {
        return Err(vm.not_implemented_error(format!("memoryview: format {format} not supported")));
    };
    let wrong_type = || vm.type_error(format!("memoryview: invalid type for format '{kind}'"));
    let wrong_value = || vm.value_error(format!("memoryview: invalid value for format '{kind}'"));
    match kind {
        'c' => match value.downcast::<PyBytes>() {
            Some(bytes) if bytes.as_slice().len() == 1 => Ok(bytes.as_slice().to_vec()),
            Some(_) => Err(wrong_value()),
            None => Err(wrong_type()),
        },
        '?' => Ok(vec![u8::from(vm.is_true(value)?)]),
        'f' | 'd' | 'e' => {
            if value.downcast::<float_::PyFloat>().is_none()
                && value.as_immediate_float().is_none()
                && !number::has_index(value)
                && value.class().slots.nb_float.get().is_none()
            {
                return Err(wrong_type());
            }
            let x = float_::to_f64(vm, value)?;
            if kind == 'e' {
                return match base::float::half::to_bits(x) {
                    Some(bits) => Ok(bits.to_ne_bytes().to_vec()),
                    None => Err(vm.overflow_error("float too large to pack with e format")),
                };
            }
            #[expect(clippy::cast_possible_truncation, reason = "the item is a float")]
            Ok(if kind == 'f' {
                (x as f32).to_ne_bytes().to_vec()
            } else {
                x.to_ne_bytes().to_vec()
            })
        }
        'L' | 'Q' | 'N' | 'P' => {
            if !number::has_index(value) {
                return Err(wrong_type());
            }
            let value = number::index(vm, value)?;
            int::as_u64(&value).map(|n| n.to_ne_bytes().to_vec()).ok_or_else(wrong_value)
        }
        _ => {
            if !number::has_index(value) {
                return Err(wrong_type());
            }
            let value = number::index(vm, value)?;
            let number = int::as_i64(&value).ok_or_else(wrong_value)?;
            let fitted = match kind {
                'B' => u8::try_from(number).map(|n| n.to_ne_bytes().to_vec()),
                'b' => i8::try_from(number).map(|n| n.to_ne_bytes().to_vec()),
                'h' => i16::try_from(number).map(|n| n.to_ne_bytes().to_vec()),
                'H' => u16::try_from(number).map(|n| n.to_ne_bytes().to_vec()),
                'i' => i32::try_from(number).map(|n| n.to_ne_bytes().to_vec()),
                'I' => u32::try_from(number).map(|n| n.to_ne_bytes().to_vec()),
                _ => Ok(number.to_ne_bytes().to_vec()),
            };
            fitted.map_err(|_| wrong_value())
        }
    }
}

fn read_item(vm: Vm<'_>, buffer: &Buffer, at: usize) -> PyResult<Value> {
    let size = buffer.item_size;
    let bytes = buffer.with_raw(|all| all.get(at..at + size).map(<[u8]>::to_vec));
    unpack(vm, &buffer.format, &bytes.unwrap_or_default())
}

fn memoryview_len(vm: Vm<'_>, this: &Value) -> PyResult<usize> {
    match held(vm, this)?.shape.first() {
        Some(&items) => Ok(items),
        None => Err(vm.type_error("0-dim memory has no length")),
    }
}

/// Where item `index` of the first dimension begins.
fn item_offset(vm: Vm<'_>, buffer: &Buffer, index: isize, dimension: usize) -> PyResult<usize> {
    let items = buffer.shape.get(dimension).copied().unwrap_or(0);
    let Some(at) = slice_index::position(index, items) else {
        return Err(vm.index_error(format!("index out of bounds on dimension {}", dimension + 1)));
    };
    let stride = buffer.strides.get(dimension).copied().unwrap_or(1);
    Ok(0_usize.wrapping_add_signed(stride.wrapping_mul(isize::try_from(at).unwrap_or(0))))
}

fn memoryview_item(vm: Vm<'_>, this: &Value, index: isize) -> PyResult<Value> {
    item(vm, &held(vm, this)?, index)
}

fn item(vm: Vm<'_>, buffer: &Buffer, index: isize) -> PyResult<Value> {
    match buffer.shape.len() {
        0 => Err(vm.type_error("invalid indexing of 0-dim memory")),
        1 => {
            let at = buffer.offset.wrapping_add(item_offset(vm, buffer, index, 0)?);
            read_item(vm, buffer, at)
        }
        _ => Err(vm.not_implemented_error("multi-dimensional sub-views are not implemented")),
    }
}

/// The place that a tuple of indexes names.
fn tuple_offset(vm: Vm<'_>, this: &Value, buffer: &Buffer, indexes: &[Value]) -> PyResult<usize> {
    if indexes.len() < buffer.shape.len() {
        return Err(vm.not_implemented_error("sub-views are not implemented"));
    }
    if indexes.len() > buffer.shape.len() {
        return Err(vm.type_error(format!(
            "cannot index {}-dimension view with {}-element tuple",
            buffer.shape.len(),
            indexes.len()
        )));
    }
    let mut at = buffer.offset;
    for (dimension, index) in indexes.iter().enumerate() {
        let index = number::as_index(vm, index)?;
        at = at.wrapping_add(item_offset(vm, buffer, index, dimension)?);
    }
    check_held(vm, this)?;
    Ok(at)
}

/// `__index__` and its like may have released the view meanwhile.
fn check_held(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    held(vm, this).map(drop)
}

/// What a key of a view is.
enum Key<'a> {
    Index(isize),
    Indexes(&'a [Value]),
    Slice(&'a Py<PySlice>),
    Slices,
    Ellipsis,
    Other,
}

fn key_of<'a>(vm: Vm<'_>, this: &Value, key: &'a Value) -> PyResult<Key<'a>> {
    if number::has_index(key) {
        let index = number::as_index(vm, key)?;
        check_held(vm, this)?;
        return Ok(Key::Index(index));
    }
    if let Some(slice) = key.downcast::<PySlice>() {
        return Ok(Key::Slice(slice));
    }
    if key.is(&Value::ELLIPSIS) {
        return Ok(Key::Ellipsis);
    }
    let Some(parts) = key.downcast::<PyTuple>() else { return Ok(Key::Other) };
    let parts = parts.items();
    Ok(if parts.iter().all(number::has_index) {
        Key::Indexes(parts)
    } else if parts.iter().all(|part| part.downcast::<PySlice>().is_some()) {
        Key::Slices
    } else {
        Key::Other
    })
}

fn zero_dim(vm: Vm<'_>) -> Raised {
    vm.type_error("invalid indexing of 0-dim memory")
}

fn memoryview_subscript(vm: Vm<'_>, this: &Value, key: &Value) -> PyResult<Value> {
    let buffer = held(vm, this)?;
    let key = key_of(vm, this, key)?;
    if buffer.shape.is_empty() {
        return match key {
            Key::Indexes([]) => read_item(vm, &buffer, buffer.offset),
            Key::Ellipsis => Ok(this.clone()),
            _ => Err(zero_dim(vm)),
        };
    }
    match key {
        Key::Index(index) => item(vm, &buffer, index),
        Key::Slice(slice) => {
            // The part holds the bytes, even if the slice's own code released this view.
            sliced(vm, buffer, slice).map(|part| from_buffer(vm, part))
        }
        Key::Indexes(indexes) => {
            let at = tuple_offset(vm, this, &buffer, indexes)?;
            read_item(vm, &buffer, at)
        }
        Key::Slices => {
            Err(vm.not_implemented_error("multi-dimensional slicing is not implemented"))
        }
        Key::Ellipsis | Key::Other => Err(vm.type_error("memoryview: invalid slice key")),
    }
}

/// The part of a view that a slice selects.
fn sliced(vm: Vm<'_>, mut buffer: Buffer, slice: &Py<PySlice>) -> PyResult<Buffer> {
    let (Some(&items), Some(&stride)) = (buffer.shape.first(), buffer.strides.first()) else {
        return Err(vm.type_error("invalid indexing of 0-dim memory"));
    };
    let range = slice_index::resolve(vm, items, &slice.start, &slice.stop, &slice.step)?;
    if range.count > 0 {
        buffer.offset = buffer.offset.wrapping_add_signed(stride.wrapping_mul(range.start));
    }
    buffer.shape[0] = range.count;
    buffer.strides[0] = stride.wrapping_mul(range.step);
    buffer.length = buffer.byte_count();
    Ok(buffer)
}

fn memoryview_ass_subscript(
    vm: Vm<'_>,
    this: &Value,
    key: &Value,
    value: Option<&Value>,
) -> PyResult<()> {
    let buffer = held(vm, this)?;
    if buffer.readonly {
        return Err(vm.type_error("cannot modify read-only memory"));
    }
    let Some(value) = value else { return Err(vm.type_error("cannot delete memory")) };
    let key = key_of(vm, this, key)?;
    let at = match key {
        Key::Indexes([]) | Key::Ellipsis if buffer.shape.is_empty() => buffer.offset,
        _ if buffer.shape.is_empty() => return Err(zero_dim(vm)),
        Key::Index(_) if buffer.shape.len() != 1 => {
            return Err(vm.not_implemented_error("sub-views are not implemented"));
        }
        Key::Index(index) => buffer.offset.wrapping_add(item_offset(vm, &buffer, index, 0)?),
        Key::Indexes(indexes) => tuple_offset(vm, this, &buffer, indexes)?,
        Key::Slice(slice) if buffer.shape.len() == 1 => {
            let source = buffer::get(vm, value)?;
            let target = sliced(vm, buffer, slice)?;
            check_held(vm, this)?;
            return copy(vm, &source, &target);
        }
        Key::Slice(_) | Key::Slices => {
            return Err(vm.not_implemented_error(
                "memoryview slice assignments are currently restricted to ndim = 1",
            ));
        }
        Key::Ellipsis | Key::Other => return Err(vm.type_error("memoryview: invalid slice key")),
    };
    let bytes = pack(vm, &buffer.format, value)?;
    check_held(vm, this)?;
    buffer.with_raw_mut(|all| {
        if let Some(place) = all.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(&bytes);
        }
    });
    Ok(())
}

fn copy(vm: Vm<'_>, source: &Buffer, target: &Buffer) -> PyResult<()> {
    let plain = |format: &str| format.strip_prefix('@').unwrap_or(format).to_owned();
    if source.shape != target.shape || plain(&source.format) != plain(&target.format) {
        return Err(
            vm.value_error("memoryview assignment: lvalue and rvalue have different structures")
        );
    }
    let bytes = source.to_vec();
    let size = target.item_size.max(1);
    let places = target.item_offsets();
    target.with_raw_mut(|all| {
        for (at, item) in places.into_iter().zip(bytes.chunks(size)) {
            if let Some(place) = all.get_mut(at..at + item.len()) {
                place.copy_from_slice(item);
            }
        }
    });
    Ok(())
}

fn memoryview_release(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let view = &this.receiver::<PyMemoryView>().view;
    match view.exports.get() {
        0 => {
            let old = view.buffer.replace(None);
            drop(old);
            Ok(Value::NONE)
        }
        count => {
            let plural = if count == 1 { "" } else { "s" };
            Err(vm.buffer_error(format!("memoryview has {count} exported buffer{plural}")))
        }
    }
}

/// Runs `f` with this view exported, so that Python code that it runs cannot release it.
fn exported<R>(vm: Vm<'_>, this: &Value, f: impl FnOnce(Buffer) -> PyResult<R>) -> PyResult<R> {
    f(memoryview_buffer(vm, this)?)
}

/// `__release_buffer__` of a native exporter: ends the buffer that a memoryview holds.
pub(crate) fn release_buffer_method(vm: Vm<'_>, this: &Value, view: &Value) -> PyResult<Value> {
    let Some(held) = view.downcast::<PyMemoryView>() else {
        return Err(vm.type_error("expected a memoryview object"));
    };
    match held.view.buffer.with(|buffer| buffer.as_ref().map(|buffer| buffer.owner.clone())) {
        None => Err(vm.value_error("memoryview's buffer has already been released")),
        Some(owner) if !owner.is(this) => {
            Err(vm.value_error("memoryview's buffer is not this object"))
        }
        Some(_) => memoryview_release(vm, view),
    }
}

fn memoryview_enter(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    held(vm, this).map(|_| this.clone())
}

fn memoryview_exit(vm: Vm<'_>, this: &Value, _args: &[Value]) -> PyResult<Value> {
    memoryview_release(vm, this)
}

fn memoryview_tobytes(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let mut buffer = held(vm, this)?;
    if let Some(order) = args.get_non_none(0) {
        let Some(text) = order.downcast::<PyStr>() else {
            return Err(vm.type_error(format!(
                "tobytes() argument 'order' must be str or None, not {}",
                vm.type_text(order)
            )));
        };
        match text.to_rust_string().as_str() {
            "C" => {}
            "A" if buffer.is_c_contiguous() || !buffer.is_f_contiguous() => {}
            // Fortran's order of the items is C's order of the dimensions turned round.
            "F" | "A" => {
                buffer.shape.reverse();
                buffer.strides.reverse();
            }
            _ => return Err(vm.value_error("order must be 'C', 'F' or 'A'")),
        }
    }
    PyBytes::try_new_value(vm, &buffer.to_vec())
}

fn memoryview_hex(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    exported(vm, this, |buffer| {
        let options = hex_options(vm, args)?;
        hex_text(vm, &buffer.to_vec(), options)
    })
}

fn memoryview_tolist(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let buffer = held(vm, this)?;
    if buffer.shape.is_empty() {
        return read_item(vm, &buffer, buffer.offset);
    }
    nested_list(vm, &buffer, 0, buffer.offset)
}

fn nested_list(vm: Vm<'_>, buffer: &Buffer, dimension: usize, at: usize) -> PyResult<Value> {
    let items = buffer.shape.get(dimension).copied().unwrap_or(0);
    let stride = buffer.strides.get(dimension).copied().unwrap_or(1);
    let mut list = Vec::new();
    if list.try_reserve_exact(items).is_err() {
        return Err(vm.memory_error());
    }
    let mut place = at;
    for _ in 0..items {
        list.push(if dimension + 1 == buffer.shape.len() {
            read_item(vm, buffer, place)?
        } else {
            nested_list(vm, buffer, dimension + 1, place)?
        });
        place = place.wrapping_add_signed(stride);
    }
    PyList::try_new_value(vm, list)
}

fn memoryview_cast(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    let positional = args.positional();
    let format = positional.first().or_else(|| args.keyword("format"));
    let shape = positional.get(1).or_else(|| args.keyword("shape"));
    let Some(format) = format else {
        return Err(vm.type_error("cast() missing required argument 'format' (pos 1)"));
    };
    let Some(format) = format.downcast::<PyStr>() else {
        return Err(vm.type_error(format!(
            "cast() argument 'format' must be str, not {}",
            vm.type_text(format)
        )));
    };
    let mut buffer = held(vm, this)?;
    if !buffer.is_c_contiguous() {
        return Err(vm.type_error("memoryview: casts are restricted to C-contiguous views"));
    }
    let format = format.to_rust_string();
    let Some(kind) = letter(&format) else {
        return Err(vm.value_error(
            "memoryview: destination format must be a native single character format prefixed with an optional '@'",
        ));
    };
    let is_byte = |kind: Option<char>| matches!(kind, Some('b' | 'B' | 'c'));
    if !is_byte(letter(&buffer.format)) && !is_byte(Some(kind)) {
        return Err(vm.type_error("memoryview: cannot cast between two non-byte formats"));
    }
    let size = size_of_format(kind);
    let bytes = buffer.byte_count();
    if bytes % size != 0 {
        return Err(vm.type_error("memoryview: length is not a multiple of itemsize"));
    }
    buffer.shape = match shape {
        None => vec![bytes / size],
        Some(shape) => cast_shape(vm, shape, bytes / size)?,
    };
    let mut step = isize::try_from(size).unwrap_or(1);
    let mut strides = vec![0; buffer.shape.len()];
    for (stride, &items) in strides.iter_mut().zip(&buffer.shape).rev() {
        *stride = step;
        step = step.saturating_mul(isize::try_from(items).unwrap_or(isize::MAX));
    }
    buffer.strides = strides;
    buffer.item_size = size;
    buffer.format = Cow::Owned(format);
    Ok(from_buffer(vm, buffer))
}

fn cast_shape(vm: Vm<'_>, shape: &Value, items: usize) -> PyResult<Vec<usize>> {
    if shape.downcast::<PyTuple>().is_none() && shape.downcast::<PyList>().is_none() {
        return Err(vm.type_error("shape must be a list or a tuple"));
    }
    let mut sizes = Vec::new();
    for size in vm.collect(shape)? {
        if !number::has_index(&size) {
            return Err(vm.type_error("memoryview.cast(): elements of shape must be integers"));
        }
        match usize::try_from(number::as_isize(vm, &size)?) {
            Ok(size) if size > 0 => sizes.push(size),
            _ => {
                return Err(
                    vm.value_error("memoryview.cast(): elements of shape must be integers > 0")
                );
            }
        }
    }
    let product = sizes.iter().try_fold(1_usize, |all, &size| all.checked_mul(size));
    if product != Some(items) {
        return Err(vm.type_error("memoryview: product(shape) * itemsize != buffer size"));
    }
    Ok(sizes)
}

fn memoryview_toreadonly(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let mut buffer = held(vm, this)?;
    buffer.readonly = true;
    Ok(from_buffer(vm, buffer))
}

fn memoryview_count(vm: Vm<'_>, this: &Value, wanted: &Value) -> PyResult<Value> {
    let length = memoryview_len(vm, this)?;
    let mut found = 0;
    for index in 0..length {
        let item = memoryview_item(vm, this, isize::try_from(index).unwrap_or(0))?;
        found += usize::from(vm.equal(&item, wanted)?);
    }
    Ok(Value::from_usize(found))
}

fn memoryview_index(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    crate::core::args::check_count(vm, "index", args.len(), 1, 3)?;
    let length = memoryview_len(vm, this)?;
    let start = slice_index::clamped_bound(vm, args.get(1), length, 0)?;
    let stop = slice_index::clamped_bound(vm, args.get(2), length, length)?;
    for index in start..stop {
        let item = memoryview_item(vm, this, isize::try_from(index).unwrap_or(0))?;
        if vm.equal(&item, &args[0])? {
            return Ok(Value::from_usize(index));
        }
    }
    Err(vm.value_error("memoryview.index(x): x not found"))
}

#[expect(clippy::cast_possible_wrap, reason = "a hash is its bits")]
fn memoryview_hash(vm: Vm<'_>, this: &Value) -> PyResult<i64> {
    let view = &this.receiver::<PyMemoryView>().view;
    if let Some(known) = view.hash.get() {
        return Ok(known);
    }
    let buffer = held(vm, this)?;
    if !buffer.readonly {
        return Err(vm.value_error("cannot hash writable memoryview object"));
    }
    if !matches!(letter(&buffer.format), Some('b' | 'B' | 'c')) {
        return Err(vm.value_error("memoryview: hashing is restricted to formats 'B', 'b' or 'c'"));
    }
    exported(vm, this, |_| vm.hash(&buffer.owner))?;
    let hash = hash_bytes(vm, &buffer.to_vec()) as i64;
    view.hash.set(Some(hash));
    Ok(hash)
}

fn memoryview_richcompare(
    vm: Vm<'_>,
    this: &Value,
    other: &Value,
    op: CompareOp,
) -> PyResult<Value> {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let answer = |equal: bool| Ok(Value::from_bool(equal == (op == CompareOp::Eq)));
    let released = |value: &Value| {
        value.downcast::<PyMemoryView>().is_some_and(|view| view.view.buffer.with(Option::is_none))
    };
    if released(this) || released(other) {
        return answer(this.is(other));
    }
    if !buffer::has_buffer(other) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let (a, b) = (held(vm, this)?, buffer::get(vm, other)?);
    if a.shape != b.shape {
        return answer(false);
    }
    let same_format = letter(&a.format).is_some() && letter(&a.format) == letter(&b.format);
    if same_format && !matches!(letter(&a.format), Some('f' | 'd' | 'e' | '?')) {
        return answer(a.to_vec() == b.to_vec());
    }
    for (at, other_at) in a.item_offsets().into_iter().zip(b.item_offsets()) {
        if letter(&a.format).is_none() || letter(&b.format).is_none() {
            return answer(false);
        }
        if !vm.equal(&read_item(vm, &a, at)?, &read_item(vm, &b, other_at)?)? {
            return answer(false);
        }
    }
    answer(true)
}

fn get_obj(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    held(vm, this).map(|buffer| buffer.owner.clone())
}

fn get_nbytes(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    held(vm, this).map(|buffer| Value::from_usize(buffer.byte_count()))
}

fn get_readonly(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    held(vm, this).map(|buffer| Value::from_bool(buffer.readonly))
}

fn get_itemsize(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    held(vm, this).map(|buffer| Value::from_usize(buffer.item_size))
}

fn get_format(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let buffer = held(vm, this)?;
    PyStr::try_new(vm, &buffer.format).map(PyRef::into_value)
}

fn get_ndim(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    held(vm, this).map(|buffer| Value::from_usize(buffer.shape.len()))
}

fn get_shape(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let buffer = held(vm, this)?;
    let items: Vec<Value> = buffer.shape.iter().map(|&n| Value::from_usize(n)).collect();
    PyTuple::try_from_vec(vm, items).map(PyRef::into_value)
}

fn get_strides(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let buffer = held(vm, this)?;
    let items: Vec<Value> = buffer
        .strides
        .iter()
        .map(|&n| int::from_i64(vm, i64::try_from(n).unwrap_or(i64::MAX)))
        .collect();
    PyTuple::try_from_vec(vm, items).map(PyRef::into_value)
}

fn get_suboffsets(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    held(vm, this)?;
    Ok(PyTuple::new_value(vm, &[]))
}

fn get_c_contiguous(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    held(vm, this).map(|buffer| Value::from_bool(buffer.is_c_contiguous()))
}

fn get_f_contiguous(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    held(vm, this).map(|buffer| Value::from_bool(buffer.is_f_contiguous()))
}

fn get_contiguous(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    held(vm, this)
        .map(|buffer| Value::from_bool(buffer.is_c_contiguous() || buffer.is_f_contiguous()))
}
