//! `array`: sequences of machine numbers.

mod items;
mod methods;
mod reconstruct;

use std::borrow::Cow;
use std::cell::Cell;

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::gil_cell::HotCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::{CompareOp, Slot};
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::buffer::{Buffer, BufferOps};
use objects::protocol::compare::hash_not_implemented;
use objects::protocol::iterate::self_iter;
use objects::protocol::number;
use objects::protocol::slice_index::position;
use objects::types::bytes::{PyByteArray, PyBytes};
use objects::types::exceptions::hierarchy::DEPRECATION_WARNING;
use objects::types::generic_alias::class_getitem;
use objects::types::list::PyList;
use objects::types::seq_shared::{Subscript, Text, builtin, fit};
use objects::types::slice::PySlice;
use objects::types::str::{PyStr, storage};
use objects::types::tuple::PyTuple;
use objects::types::{self, module};
use objects::{getset, methods, payload};

use crate::NativeModule;
use items::{Kind, TYPECODES};

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "array",
    doc: Some(
        "This module defines an object type which can efficiently represent\nan array of basic values: characters, integers, floating-point\nnumbers.  Arrays are sequence types and behave very much like lists,\nexcept that the type of objects stored in them is constrained.\n",
    ),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Internal. Used for pickling support.
    ["_array_reconstructor"] "($module, arraytype, typecode, mformat_code, items,\n                     /)" Positional(reconstruct::array_reconstructor);
}

/// The bytes of the items.
#[derive(Default)]
struct Data(Vec<u8>);

objects::no_references!(Data);

payload! {
    /// The payload of an array.
    struct PyArray: ARRAY {
        kind: Cell<Kind>,
        data: HotCell<Data>,
        exports: Cell<usize>,
    }
}

/// `array.array`
static ARRAY: StaticType = StaticType::new::<PyArray>();

const ARRAY_SPEC: TypeSpec = TypeSpec {
    name: "array.array",
    doc: Some(
        "array(typecode [, initializer]) -> array\n\nReturn a new array whose items are restricted by typecode, and\ninitialized from the optional initializer value, which must be a list,\nstring or iterable over elements of the appropriate type.\n\nArrays represent basic values and behave very much like lists, except\nthe type of objects stored in them is constrained. The type is specified\nat object creation time by using a type code, which is a single character.\nThe following type codes are defined:\n\n    Type code   C Type             Minimum size in bytes\n    'b'         signed integer     1\n    'B'         unsigned integer   1\n    'u'         Unicode character  2 (see note)\n    'w'         Py_UCS4            4\n    'h'         signed integer     2\n    'H'         unsigned integer   2\n    'i'         signed integer     2\n    'I'         unsigned integer   2\n    'l'         signed integer     4\n    'L'         unsigned integer   4\n    'q'         signed integer     8 (see note)\n    'Q'         unsigned integer   8 (see note)\n    'f'         floating-point     4\n    'd'         floating-point     8\n\nNOTE: The 'u' typecode corresponds to Python's unicode character. On\nnarrow builds this is 2-bytes on wide builds this is 4-bytes.\n\nNOTE: The 'q' and 'Q' type codes are only available if the platform\nC compiler used to build Python supports 'long long', or, on Windows,\n'__int64'.\n\nMethods:\n\nappend() -- append a new item to the end of the array\nbuffer_info() -- return information giving the current memory info\nbyteswap() -- byteswap all the items of the array\ncount() -- return number of occurrences of an object\nextend() -- extend array by appending multiple elements from an iterable\nfromfile() -- read items from a file object\nfromlist() -- append items from the list\nfrombytes() -- append items from the string\nindex() -- return index of first occurrence of an object\ninsert() -- insert a new item into the array at a provided position\npop() -- remove and return item (default last)\nremove() -- remove first occurrence of an object\nreverse() -- reverse the order of the items in the array\ntofile() -- write all items to a file object\ntolist() -- return the array converted to an ordinary list\ntobytes() -- return the array converted to a string\n\nAttributes:\n\ntypecode -- the typecode character used to create the array\nitemsize -- the length in bytes of one array item\n",
    ),
    flags: spec_flags::BASETYPE | spec_flags::SEQUENCE | spec_flags::HAS_WEAKREF,
    slots: &[
        Slot::New(array_new),
        Slot::Repr(array_repr),
        Slot::Hash(hash_not_implemented),
        Slot::Richcompare(richcompare),
        Slot::Iter(iter),
        Slot::Buffer(buffer),
        Slot::SqLength(length),
        Slot::SqItem(sq_item),
        Slot::SqConcat(concat),
        Slot::SqRepeat(repeat),
        Slot::SqContains(contains),
        Slot::SqInplaceConcat(inplace_concat),
        Slot::SqInplaceRepeat(inplace_repeat),
        Slot::MpLength(length),
        Slot::MpSubscript(subscript),
        Slot::MpAssSubscript(ass_subscript),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Append new value v to the end of the array.
    ["append"] "($self, v, /)" One(methods::append);
    /// Return a tuple (address, length) giving the current memory address and the length in items of the buffer used to hold array's contents.
    ///
    /// The length should be multiplied by the itemsize attribute to
    /// calculate the buffer length in bytes.
    ["buffer_info"] "($self, /)" None(methods::buffer_info);
    /// Byteswap all items of the array.
    ///
    /// If the items in the array are not 1, 2, 4, or 8 bytes in size,
    /// RuntimeError is raised.
    ["byteswap"] "($self, /)" None(methods::byteswap);
    /// Remove all items from the array.
    ["clear"] "($self, /)" None(methods::clear);
    /// Return a copy of the array.
    ["__copy__"] "($self, /)" None(methods::copy);
    /// Return number of occurrences of v in the array.
    ["count"] "($self, v, /)" One(methods::count);
    /// Return a copy of the array.
    ["__deepcopy__"] "($self, unused, /)" One(methods::deepcopy);
    /// Append items to the end of the array.
    ["extend"] "($self, bb, /)" One(methods::extend);
    /// Read n objects from the file object f and append them to the end of the array.
    ["fromfile"] "($self, f, n, /)" Positional(methods::fromfile);
    /// Append items to array from list.
    ["fromlist"] "($self, list, /)" One(methods::fromlist);
    /// Appends items from the string, interpreting it as an array of machine values, as if it had been read from a file using the fromfile() method.
    ["frombytes"] "($self, buffer, /)" One(methods::frombytes);
    /// Extends this array with data from the unicode string ustr.
    ///
    /// The array must be a unicode type array; otherwise a ValueError is
    /// raised.  Use array.frombytes(ustr.encode(...)) to append Unicode
    /// data to an array of some other type.
    ["fromunicode"] "($self, ustr, /)" One(methods::fromunicode);
    /// Return index of first occurrence of v in the array.
    ///
    /// Raise ValueError if the value is not present.
    ["index"] "($self, v, start=0, stop=sys.maxsize, /)" Positional(methods::index);
    /// Insert a new item v into the array before position i.
    ["insert"] "($self, i, v, /)" Positional(methods::insert);
    /// Return the i-th element and delete it from the array.
    ///
    /// i defaults to -1.
    ["pop"] "($self, i=-1, /)" Positional(methods::pop);
    /// Return state information for pickling.
    ["__reduce_ex__"] "($self, value, /)" One(methods::reduce_ex);
    /// Remove the first occurrence of v in the array.
    ["remove"] "($self, v, /)" One(methods::remove);
    /// Reverse the order of the items in the array.
    ["reverse"] "($self, /)" None(methods::reverse);
    /// Write all items (as machine values) to the file object f.
    ["tofile"] "($self, f, /)" One(methods::tofile);
    /// Convert array to an ordinary list with the same items.
    ["tolist"] "($self, /)" None(methods::tolist);
    /// Convert the array to an array of machine values and return the bytes representation.
    ["tobytes"] "($self, /)" None(methods::tobytes);
    /// Extends this array with data from the unicode string ustr.
    ///
    /// Convert the array to a unicode string.  The array must be a unicode
    /// type array; otherwise a ValueError is raised.  Use
    /// array.tobytes().decode() to obtain a unicode string from an array of
    /// some other type.
    ["tounicode"] "($self, /)" None(methods::tounicode);
    /// Size of the array in memory, in bytes.
    ["__sizeof__"] "($self, /)" None(methods::sizeof);
    /// Arrays are generic over the type of their elements
    class ["__class_getitem__"] "($type, object, /)" One(class_getitem);
}

getset! { GETSET:
    /// the typecode character used to create the array
    ["typecode"] get_typecode;
    /// the size, in bytes, of one array item
    ["itemsize"] get_itemsize;
}

payload! {
    /// The payload of an array's iterator.
    struct PyArrayIterator: ARRAY_ITERATOR, gc {
        array: HotCell<Option<Value>>,
        index: Cell<usize>,
    }
}

static ARRAY_ITERATOR: StaticType = StaticType::new::<PyArrayIterator>();

const ARRAY_ITERATOR_SPEC: TypeSpec = TypeSpec {
    name: "array.arrayiterator",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(iterator_next)],
    methods: ITERATOR_METHODS,
    ..TypeSpec::DEFAULT
};

methods! { ITERATOR_METHODS:
    /// Return state information for pickling.
    ["__reduce__"] "($self, /)" None(iterator_reduce);
    /// Set state information for unpickling.
    ["__setstate__"] "($self, state, /)" One(iterator_setstate);
}

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    types::init_types(vm, &[(&ARRAY, &ARRAY_SPEC), (&ARRAY_ITERATOR, &ARRAY_ITERATOR_SPEC)])?;
    module::add(vm, this, "ArrayType", ARRAY.get().to_value());
    module::add(vm, this, "array", ARRAY.get().to_value());
    module::add(vm, this, "typecodes", PyStr::new_value(vm, TYPECODES));
    let abc = vm.import_module("collections.abc")?;
    let sequence = vm.get_attr_str(&abc, "MutableSequence")?;
    vm.call_method(&sequence, &vm.intern("register"), &[ARRAY.get().to_value()])?;
    Ok(())
}

fn this(value: &Value) -> &Py<PyArray> {
    value.receiver::<PyArray>()
}

impl PyArray {
    fn of(vm: Vm<'_>, class: &Py<PyType>, kind: Kind, bytes: Vec<u8>) -> Value {
        let data = HotCell::new(Data(bytes));
        let payload = Self { kind: Cell::new(kind), data, exports: Cell::new(0) };
        PyRef::new_of(vm, class, payload).into_value()
    }

    /// How many items there are.
    fn len(&self) -> usize {
        self.byte_count() / self.kind.get().size()
    }

    fn is_empty(&self) -> bool {
        self.byte_count() == 0
    }

    fn byte_count(&self) -> usize {
        self.data.with(|data| data.0.len())
    }

    fn bytes(&self, vm: Vm<'_>) -> PyResult<Vec<u8>> {
        let mut copy = types::bytes::shared::room(vm, self.byte_count())?;
        self.data.with(|data| copy.extend_from_slice(&data.0));
        Ok(copy)
    }

    #[inline(always)]
    fn get(&self, vm: Vm<'_>, index: usize) -> PyResult<Option<Value>> {
        self.data.with(|data| self.kind.get().read(vm, &data.0, index))
    }

    /// Changes the bytes in a way that may change their number.
    fn change<R>(&self, vm: Vm<'_>, f: impl FnOnce(&mut Vec<u8>) -> PyResult<R>) -> PyResult<R> {
        if self.exports.get() > 0 {
            return Err(vm.buffer_error("cannot resize an array that is exporting buffers"));
        }
        self.data.with_mut(|data| f(&mut data.0))
    }

    /// Puts `new` in the place of a range of bytes.
    fn splice(&self, vm: Vm<'_>, start: usize, end: usize, new: &[u8]) -> PyResult<()> {
        if end.saturating_sub(start) == new.len() {
            return self.data.with_mut(|data| {
                if let Some(place) = data.0.get_mut(start..end) {
                    place.copy_from_slice(new);
                }
                Ok(())
            });
        }
        self.change(vm, |bytes| {
            if bytes.try_reserve(new.len()).is_err() {
                return Err(vm.memory_error());
            }
            let end = end.min(bytes.len());
            bytes.splice(start.min(end)..end, new.iter().copied());
            Ok(())
        })
    }

    fn append_bytes(&self, vm: Vm<'_>, new: &[u8]) -> PyResult<()> {
        let end = self.byte_count();
        if new.is_empty() { Ok(()) } else { self.splice(vm, end, end, new) }
    }

    fn append(&self, vm: Vm<'_>, value: &Value) -> PyResult<()> {
        let item = self.kind.get().item(vm, value)?;
        self.change(vm, |bytes| {
            if bytes.try_reserve(item.len()).is_err() {
                return Err(vm.memory_error());
            }
            bytes.extend_from_slice(&item);
            Ok(())
        })
    }
}

/// The kind that a code names; `argument` says which argument it is.
fn kind_argument(vm: Vm<'_>, value: &Value, argument: &str) -> PyResult<u32> {
    let wrong =
        |what: String| vm.type_error(format!("{argument} must be a unicode character, not {what}"));
    let Some(code) = value.downcast::<PyStr>() else { return Err(wrong(vm.type_text(value))) };
    match storage::char_at(code, 0).filter(|_| code.len() == 1) {
        Some(code) => Ok(code),
        None => Err(wrong(format!("a string of length {}", code.len()))),
    }
}

fn array_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    if args.keyword_count() != 0 && class.is(ARRAY.get()) {
        return Err(vm.type_error("array.array() takes no keyword arguments"));
    }
    let (code, initial) = match args.positional() {
        [code] => (code, None),
        [code, initial] => (code, Some(initial)),
        other => {
            let given = other.len();
            let bound = if given == 0 { "at least 1 argument" } else { "at most 2 arguments" };
            return Err(vm.type_error(format!("array() takes {bound} ({given} given)")));
        }
    };
    let code = kind_argument(vm, code, "array() argument 1")?;
    if code == u32::from('u') {
        let message = "The 'u' type code is deprecated and will be removed in Python 3.16";
        vm.warn(&DEPRECATION_WARNING, message, 1)?;
    }
    if let Some(initial) = initial {
        check_text(vm, code, initial)?;
    }
    let Some(kind) = Kind::of(code) else {
        let message = "bad typecode (must be b, B, u, w, h, H, i, I, l, L, q, Q, f or d)";
        return Err(vm.value_error(message));
    };
    let new = PyArray::of(vm, class, kind, Vec::new());
    if let Some(initial) = initial {
        fill(vm, &new, kind, initial)?;
    }
    Ok(new)
}

/// Text goes into arrays of text only.
fn check_text(vm: Vm<'_>, code: u32, initial: &Value) -> PyResult<()> {
    if matches!(char::from_u32(code), Some('u' | 'w')) {
        return Ok(());
    }
    let what = if initial.downcast::<PyStr>().is_some() {
        "a str"
    } else if initial.downcast::<PyArray>().is_some_and(|array| array.kind.get().is_text()) {
        "a unicode array"
    } else {
        return Ok(());
    };
    let code = char::from_u32(code).unwrap_or('?');
    Err(vm.type_error(format!("cannot use {what} to initialize an array with typecode '{code}'")))
}

fn fill(vm: Vm<'_>, new: &Value, kind: Kind, initial: &Value) -> PyResult<()> {
    let array = this(new);
    if let Some(text) = initial.downcast::<PyStr>() {
        return methods::append_text(vm, array, text);
    }
    if initial.downcast::<PyBytes>().is_some() || initial.downcast::<PyByteArray>().is_some() {
        return methods::append_raw(vm, array, initial);
    }
    if let Some(other) = initial.downcast::<PyArray>()
        && other.kind.get() == kind
    {
        return array.append_bytes(vm, &other.bytes(vm)?);
    }
    append_each(vm, array, initial)
}

/// Appends the items of any iterable.
fn append_each(vm: Vm<'_>, array: &Py<PyArray>, iterable: &Value) -> PyResult<()> {
    let items = vm.iter(iterable)?;
    while let Some(item) = vm.next(&items)? {
        array.append(vm, &item)?;
        vm.poll()?;
    }
    Ok(())
}

fn get_typecode(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(PyStr::new_value(vm, &this(value).kind.get().code().to_string()))
}

fn get_itemsize(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(this(value).kind.get().size()))
}

fn array_repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let array = this(value);
    let name = value.class().name();
    let name = name.rsplit('.').next().unwrap_or_default();
    let mut text = Text::new(&format!("{name}('{}'", array.kind.get().code()));
    if !array.is_empty() {
        let items = if array.kind.get().is_text() {
            methods::tounicode(vm, value)?
        } else {
            methods::tolist(vm, value)?
        };
        text.push(", ");
        text.push_str(&*vm.repr(&items)?);
    }
    text.push(")");
    text.finish(vm)
}

static BUFFER: BufferOps = BufferOps {
    read: |owner, see| this(owner).data.with(|data| see(&data.0)),
    write: |owner, see| this(owner).data.with_mut(|data| see(&mut data.0)),
    acquire: |owner| this(owner).exports.set(this(owner).exports.get() + 1),
    release: |owner| this(owner).exports.set(this(owner).exports.get() - 1),
};

#[expect(clippy::unnecessary_wraps, reason = "a slot's signature")]
fn buffer(_vm: Vm<'_>, value: &Value) -> PyResult<Buffer> {
    let array = this(value);
    let kind = array.kind.get();
    let format = Cow::Borrowed(kind.format());
    Ok(Buffer::with_items(value, &BUFFER, format, kind.size(), array.len(), false))
}

#[expect(clippy::unnecessary_wraps, reason = "a slot's signature")]
fn length(_vm: Vm<'_>, value: &Value) -> PyResult<usize> {
    Ok(this(value).len())
}

fn item(vm: Vm<'_>, array: &Py<PyArray>, index: isize) -> PyResult<Value> {
    let found = position(index, array.len()).map(|index| array.get(vm, index)).transpose()?;
    found.flatten().ok_or_else(|| vm.index_error("array index out of range"))
}

fn sq_item(vm: Vm<'_>, value: &Value, index: isize) -> PyResult<Value> {
    let array = this(value);
    let found = usize::try_from(index).ok().map(|index| array.get(vm, index)).transpose()?;
    found.flatten().ok_or_else(|| vm.index_error("array index out of range"))
}

fn key(vm: Vm<'_>, key: &Value) -> PyResult<Subscript> {
    if let Some(index) = key.as_small_int().and_then(|index| isize::try_from(index).ok()) {
        return Ok(Subscript::Index(index));
    }
    if !number::has_index(key) && key.downcast::<PySlice>().is_none() {
        return Err(vm.type_error("array indices must be integers"));
    }
    Subscript::of(vm, key, "array")
}

fn subscript(vm: Vm<'_>, value: &Value, index: &Value) -> PyResult<Value> {
    let array = this(value);
    if let Some(index) = index.as_small_int().and_then(|index| usize::try_from(index).ok())
        && let Some(item) = array.get(vm, index)?
    {
        return Ok(item);
    }
    subscript_from_end(vm, array, index)
}

/// The item at an index that is not a place, or the part of a slice.
#[inline(never)]
fn subscript_from_end(vm: Vm<'_>, array: &Py<PyArray>, index: &Value) -> PyResult<Value> {
    match key(vm, index)? {
        Subscript::Index(index) => item(vm, array, index),
        Subscript::Slice(start, stop, step) => {
            let kind = array.kind.get();
            let range = fit(array.len(), (start, stop, step));
            let mut bytes =
                types::bytes::shared::room(vm, range.count.saturating_mul(kind.size()))?;
            array.data.with(|data| {
                for index in range.positions() {
                    let start = index * kind.size();
                    bytes.extend_from_slice(
                        data.0.get(start..start + kind.size()).unwrap_or_default(),
                    );
                }
            });
            Ok(PyArray::of(vm, ARRAY.get(), kind, bytes))
        }
    }
}

fn ass_subscript(vm: Vm<'_>, value: &Value, index: &Value, new: Option<&Value>) -> PyResult<()> {
    let array = this(value);
    let size = array.kind.get().size();
    let (start, stop, step) = match key(vm, index)? {
        Subscript::Index(index) => {
            let outside = || vm.index_error("array assignment index out of range");
            let place = position(index, array.len()).ok_or_else(outside)?;
            let Some(new) = new else {
                return array.splice(vm, place * size, (place + 1) * size, &[]);
            };
            let item = array.kind.get().item(vm, new)?;
            // Converting the value may have run Python code.
            let found = array.data.with_mut(|data| {
                let place = data.0.get_mut(place * size..(place + 1) * size);
                place.map(|place| item.put(place))
            });
            return found.ok_or_else(outside);
        }
        Subscript::Slice(start, stop, step) => (start, stop, step),
    };
    let items = match new {
        None => Vec::new(),
        Some(new) => match new.downcast::<PyArray>() {
            Some(other) if other.kind.get() == array.kind.get() => other.bytes(vm)?,
            Some(_) => return Err(vm.type_error("bad argument type for built-in operation")),
            None => {
                return Err(vm.type_error(format!(
                    "can only assign array (not \"{}\") to array slice",
                    new.class().name()
                )));
            }
        },
    };
    let range = fit(array.len(), (start, stop, step));
    if step == 1 {
        let first = range.first() * size;
        return array.splice(vm, first, first + range.count * size, &items);
    }
    if items.is_empty() {
        return delete_positions(vm, array, range.positions().collect(), size);
    }
    if items.len() != range.count * size {
        return Err(vm.value_error(format!(
            "attempt to assign array of size {} to extended slice of size {}",
            items.len() / size,
            range.count
        )));
    }
    array.data.with_mut(|data| {
        for (index, item) in range.positions().zip(items.chunks_exact(size)) {
            if let Some(place) = data.0.get_mut(index * size..(index + 1) * size) {
                place.copy_from_slice(item);
            }
        }
    });
    Ok(())
}

fn delete_positions(
    vm: Vm<'_>,
    array: &Py<PyArray>,
    mut positions: Vec<usize>,
    size: usize,
) -> PyResult<()> {
    if positions.is_empty() {
        return Ok(());
    }
    positions.sort_unstable();
    array.change(vm, |bytes| {
        let mut gone = positions.iter().copied().peekable();
        let mut kept = 0;
        for index in 0..bytes.len() / size {
            if gone.next_if_eq(&index).is_some() {
                continue;
            }
            bytes.copy_within(index * size..(index + 1) * size, kept * size);
            kept += 1;
        }
        bytes.truncate(kept * size);
        Ok(())
    })
}

fn concat(vm: Vm<'_>, value: &Value, other: &Value) -> PyResult<Value> {
    let Some(right) = other.downcast::<PyArray>() else {
        return Err(vm.type_error(format!(
            "can only append array (not \"{}\") to array",
            other.class().name()
        )));
    };
    let kind = this(value).kind.get();
    if right.kind.get() != kind {
        return Err(vm.type_error("bad argument type for built-in operation"));
    }
    let new = PyArray::of(vm, ARRAY.get(), kind, this(value).bytes(vm)?);
    this(&new).append_bytes(vm, &right.bytes(vm)?)?;
    Ok(new)
}

fn inplace_concat(vm: Vm<'_>, value: &Value, other: &Value) -> PyResult<Value> {
    if other.downcast::<PyArray>().is_none() {
        return Err(vm.type_error(format!(
            "can only extend array with array (not \"{}\")",
            other.class().name()
        )));
    }
    methods::extend(vm, value, other)?;
    Ok(value.clone())
}

fn repeated(vm: Vm<'_>, array: &Py<PyArray>, count: isize) -> PyResult<Vec<u8>> {
    let count = usize::try_from(count).unwrap_or(0);
    let once = array.bytes(vm)?;
    let Some(total) = once.len().checked_mul(count).filter(|&total| total < isize::MAX as usize)
    else {
        return Err(vm.memory_error());
    };
    let mut all = types::bytes::shared::room(vm, total)?;
    if !once.is_empty() {
        for _ in 0..count {
            all.extend_from_slice(&once);
        }
    }
    Ok(all)
}

fn repeat(vm: Vm<'_>, value: &Value, count: isize) -> PyResult<Value> {
    let bytes = repeated(vm, this(value), count)?;
    Ok(PyArray::of(vm, ARRAY.get(), this(value).kind.get(), bytes))
}

fn inplace_repeat(vm: Vm<'_>, value: &Value, count: isize) -> PyResult<Value> {
    let array = this(value);
    if !array.is_empty() && count != 1 {
        let all = repeated(vm, array, count)?;
        array.change(vm, |bytes| {
            *bytes = all;
            Ok(())
        })?;
    }
    Ok(value.clone())
}

fn contains(vm: Vm<'_>, value: &Value, wanted: &Value) -> PyResult<bool> {
    let array = this(value);
    let mut index = 0;
    while let Some(item) = array.get(vm, index)? {
        if vm.equal(&item, wanted)? {
            return Ok(true);
        }
        index += 1;
    }
    Ok(false)
}

fn richcompare(vm: Vm<'_>, value: &Value, other: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(a), Some(b)) = (value.downcast::<PyArray>(), other.downcast::<PyArray>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if a.len() != b.len() && matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::from_bool(op == CompareOp::Ne));
    }
    let mut index = 0;
    while let (Some(left), Some(right)) = (a.get(vm, index)?, b.get(vm, index)?) {
        if !vm.compare_bool(&left, &right, CompareOp::Eq)? {
            return match op {
                CompareOp::Eq => Ok(Value::FALSE),
                CompareOp::Ne => Ok(Value::TRUE),
                op => vm.rich_compare(&left, &right, op),
            };
        }
        index += 1;
    }
    Ok(Value::from_bool(op.holds(a.len().cmp(&b.len()))))
}

fn iter(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let payload = PyArrayIterator { array: HotCell::new(Some(value.clone())), index: Cell::new(0) };
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

fn iterator_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let iterator = value.receiver::<PyArrayIterator>();
    let Some(array) = iterator.array.get() else { return Ok(None) };
    let found = this(&array).get(vm, iterator.index.get())?;
    if found.is_some() {
        iterator.index.set(iterator.index.get() + 1);
    } else {
        drop(iterator.array.replace(None));
    }
    Ok(found)
}

fn iterator_reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let iterator = value.receiver::<PyArrayIterator>();
    let function = builtin(vm, "iter")?;
    Ok(match iterator.array.get() {
        Some(array) => {
            let args = PyTuple::new_value(vm, &[array]);
            let index = Value::from_usize(iterator.index.get());
            PyTuple::new_value(vm, &[function, args, index])
        }
        None => {
            let nothing = PyTuple::new_value(vm, &[]);
            PyTuple::new_value(vm, &[function, PyTuple::new_value(vm, &[nothing])])
        }
    })
}

fn iterator_setstate(vm: Vm<'_>, value: &Value, state: &Value) -> PyResult<Value> {
    let iterator = value.receiver::<PyArrayIterator>();
    let index = number::as_isize(vm, state)?;
    if let Some(array) = iterator.array.get() {
        let index = usize::try_from(index).unwrap_or(0);
        iterator.index.set(index.min(this(&array).len()));
    }
    Ok(Value::NONE)
}

/// The items as a list.
fn list_of_items(vm: Vm<'_>, array: &Py<PyArray>) -> PyResult<Value> {
    let mut items = Vec::new();
    if items.try_reserve_exact(array.len()).is_err() {
        return Err(vm.memory_error());
    }
    while let Some(item) = array.get(vm, items.len())? {
        items.push(item);
    }
    PyList::try_new_value(vm, items)
}
