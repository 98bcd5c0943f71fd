//! `_struct`: C structures as bytes.

mod layout;
mod values;

use std::cell::Cell;
use std::sync::Arc;

use objects::core::args::Args;
use objects::core::errors::{PyResult, Raised};
use objects::core::gc::{TakeReferences, Traverse, Visitor};
use objects::core::gil_cell::GilCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType, TYPE};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::buffer::{bytes_like, writable};
use objects::protocol::iterate::self_iter;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy::EXCEPTION;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::types::{int, module};
use objects::{getset, methods, payload};

use crate::NativeModule;
use layout::Layout;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "_struct",
    doc: Some(
        "Functions to convert between Python values and C structs.\nPython bytes objects are used to hold the data representing the C struct\nand also as format strings (explained below) to describe the layout of data\nin the C struct.",
    ),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Clear the internal cache.
    ["_clearcache"] "($module, /)" None(clear_cache);
    /// Return size in bytes of the struct described by the format string.
    ["calcsize"] "($module, format, /)" One(calcsize);
    /// Return an iterator yielding tuples.
    ///
    /// Tuples are unpacked from the given bytes source according
    /// to the format string, like a repeated invocation of unpack_from().
    ///
    /// Requires that the bytes length be a multiple of the struct size.
    ["iter_unpack"] "($module, format, buffer, /)" Positional(iter_unpack);
    /// pack(format, v1, v2, ...) -> bytes
    ///
    /// Return a bytes object containing the values v1, v2, ... packed according
    /// to the format string.  See help(struct) for more on format strings.
    ["pack"] "" Positional(pack);
    /// pack_into(format, buffer, offset, v1, v2, ...)
    ///
    /// Pack the values v1, v2, ... according to the format string and write
    /// the packed bytes into the writable buffer buf starting at offset.  Note
    /// that the offset is a required argument.  See help(struct) for more
    /// on format strings.
    ["pack_into"] "" Positional(pack_into);
    /// Return a tuple containing values unpacked according to the format string.
    ///
    /// The buffer's size in bytes must be calcsize(format).  See help(struct)
    /// for more on format strings.
    ["unpack"] "($module, format, buffer, /)" Positional(unpack);
    /// Return a tuple containing values unpacked according to the format string.
    ///
    /// The buffer's size, minus offset, must be at least calcsize(format).  See
    /// help(struct) for more on format strings.
    ["unpack_from"] "($module, format, /, buffer, offset=0)" Any(unpack_from);
}

struct Format(Arc<Layout>);

impl Traverse for Format {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

/// What `__init__` gives a Struct: the format and its text.
struct Compiled {
    layout: Arc<Layout>,
    text: Value,
}

impl Traverse for Compiled {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        visitor.visit(&self.text);
    }
}

/// What a Struct holds.
#[derive(Default)]
struct Held(Option<Compiled>);

impl Traverse for Held {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        if let Some(compiled) = &self.0 {
            compiled.traverse(visitor);
        }
    }
}

impl TakeReferences for Held {
    fn take_references(&mut self, _dead: &mut Vec<Value>) {}
}

payload! {
    /// The payload of a Struct.
    struct PyStruct: STRUCT {
        compiled: GilCell<Held>,
    }
}

/// `_struct.Struct`
static STRUCT: StaticType = StaticType::new::<PyStruct>();

const STRUCT_SPEC: TypeSpec = TypeSpec {
    name: "_struct.Struct",
    doc: Some("Struct(fmt) --> compiled struct object"),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::New(struct_new), Slot::Init(struct_init), Slot::Repr(struct_repr)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Return an iterator yielding tuples.
    ///
    /// Tuples are unpacked from the given bytes source, like a repeated
    /// invocation of unpack_from().
    ///
    /// Requires that the bytes length be a multiple of the struct size.
    ["iter_unpack"] "($self, buffer, /)" One(struct_iter_unpack);
    /// S.pack(v1, v2, ...) -> bytes
    ///
    /// Return a bytes object containing values v1, v2, ... packed according
    /// to the format string S.format.  See help(struct) for more on format
    /// strings.
    ["pack"] "" Positional(struct_pack);
    /// S.pack_into(buffer, offset, v1, v2, ...)
    ///
    /// Pack the values v1, v2, ... according to the format string S.format
    /// and write the packed bytes into the writable buffer buf starting at
    /// offset.  Note that the offset is a required argument.  See
    /// help(struct) for more on format strings.
    ["pack_into"] "" Positional(struct_pack_into);
    /// Return a tuple containing unpacked values.
    ///
    /// Unpack according to the format string Struct.format. The buffer's size
    /// in bytes must be Struct.size.
    ///
    /// See help(struct) for more on format strings.
    ["unpack"] "($self, buffer, /)" One(struct_unpack);
    /// Return a tuple containing unpacked values.
    ///
    /// Values are unpacked according to the format string Struct.format.
    ///
    /// The buffer's size in bytes, starting at position offset, must be
    /// at least Struct.size.
    ///
    /// See help(struct) for more on format strings.
    ["unpack_from"] "($self, /, buffer, offset=0)" Any(struct_unpack_from);
    /// S.__sizeof__() -> size of S in memory, in bytes
    ["__sizeof__"] "($self, /)" None(struct_sizeof);
}

getset! { GETSET:
    /// struct format string
    ["format"] get_format;
    /// struct size in bytes
    ["size"] get_size;
}

payload! {
    /// The payload of what `iter_unpack` gives.
    struct PyUnpackIterator: UNPACK_ITERATOR {
        layout: Format,
        source: Value,
        position: Position,
    }
}

struct Position(Cell<usize>);

impl Traverse for Position {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

static UNPACK_ITERATOR: StaticType = StaticType::new::<PyUnpackIterator>();

const UNPACK_ITERATOR_SPEC: TypeSpec = TypeSpec {
    name: "_struct.unpack_iterator",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(unpack_iterator_next)],
    methods: ITERATOR_METHODS,
    ..TypeSpec::DEFAULT
};

methods! { ITERATOR_METHODS:
    ["__length_hint__"] "($self, /)" None(unpack_iterator_hint);
}

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    objects::types::init_types(
        vm,
        &[(&STRUCT, &STRUCT_SPEC), (&UNPACK_ITERATOR, &UNPACK_ITERATOR_SPEC)],
    )?;
    module::add(vm, this, "Struct", STRUCT.get().to_value());
    // One class an interpreter: a second import of the module must give what its functions raise.
    if let Some(class) = vm.interpreter().state_of("_struct") {
        module::add(vm, this, "error", class);
        return Ok(());
    }
    let namespace = PyDict::new_ref(vm);
    drop(namespace.set_str(&vm.names().__module__, PyStr::new_value(vm, "struct")));
    let bases = PyTuple::new_value(vm, &[EXCEPTION.get().to_value()]);
    let class = vm.call(
        &TYPE.get().to_value(),
        &[PyStr::new_value(vm, "error"), bases, namespace.into_value()],
    )?;
    vm.interpreter().set_state_of("_struct", class.clone());
    module::add(vm, this, "error", class);
    Ok(())
}

/// Raises `struct.error`.
#[cold]
fn error(vm: Vm<'_>, message: &str) -> Raised {
    let Some(class) = vm.interpreter().state_of("_struct") else {
        return vm.value_error(message);
    };
    match vm.call(&class, &[PyStr::new_value(vm, message)]) {
        Ok(exception) => vm.raise(exception),
        Err(raised) => raised,
    }
}

fn parse(vm: Vm<'_>, format: &Value) -> PyResult<Arc<Layout>> {
    let parsed = if let Some(text) = format.downcast::<PyStr>() {
        let Some(text) = text.as_ascii() else {
            // The codec raises the error that says which character it is.
            let name = PyStr::new_value(vm, "ascii");
            let encode = vm.get_attr_str(format, "encode")?;
            vm.call(&encode, &[name])?;
            return Err(error(vm, "bad char in struct format"));
        };
        Layout::known(text.as_bytes())
    } else if let Some(bytes) = format.downcast::<PyBytes>() {
        Layout::known(bytes.as_slice())
    } else {
        return Err(vm.type_error(format!(
            "Struct() argument 1 must be a str or bytes object, not {}",
            format.class().name()
        )));
    };
    parsed.map_err(|message| error(vm, message))
}

fn struct_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    Ok(PyRef::try_new_of(vm, class, PyStruct { compiled: GilCell::default() })?.into_value())
}

fn struct_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    static SIGNATURE: LazySignature = LazySignature::new("(format)");
    let bound = SIGNATURE.bind(vm, "Struct", args)?;
    let format = bound.required(0);
    let layout = parse(vm, format)?;
    let text = match format.downcast::<PyBytes>() {
        Some(bytes) => PyStr::new_value(vm, &String::from_utf8_lossy(bytes.as_slice())),
        None => format.clone(),
    };
    this.receiver::<PyStruct>().compiled.set(Held(Some(Compiled { layout, text })));
    Ok(())
}

#[cold]
fn uninitialised(vm: Vm<'_>) -> Raised {
    vm.runtime_error("Struct object is not initialized")
}

fn text_of(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let compiled = &this.receiver::<PyStruct>().compiled;
    let text = compiled.with(|compiled| compiled.0.as_ref().map(|compiled| compiled.text.clone()));
    text.ok_or_else(|| uninitialised(vm))
}

fn struct_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let text = vm.repr(&text_of(vm, this)?)?.to_rust_string();
    let name = this.class().name();
    let name = name.rsplit('.').next().unwrap_or_default();
    Ok(PyStr::new_value(vm, &format!("{name}({text})")))
}

fn get_format(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    text_of(vm, this)
}

fn get_size(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let compiled = &this.receiver::<PyStruct>().compiled;
    let size = compiled.with(|compiled| compiled.0.as_ref().map(|compiled| compiled.layout.size));
    Ok(size.map_or_else(|| Value::small_int_unchecked(-1), |size| number_of(vm, size)))
}

/// A size that a format names may be beyond the small ints.
fn number_of(vm: Vm<'_>, size: usize) -> Value {
    int::from_u64(vm, u64::try_from(size).unwrap_or(u64::MAX))
}

fn layout_of(vm: Vm<'_>, this: &Value) -> PyResult<Arc<Layout>> {
    let compiled = &this.receiver::<PyStruct>().compiled;
    let layout =
        compiled.with(|compiled| compiled.0.as_ref().map(|compiled| Arc::clone(&compiled.layout)));
    layout.ok_or_else(|| uninitialised(vm))
}

/// As CPython counts: the object, and a row of four words for each field and for the end.
fn struct_sizeof(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let layout = layout_of(vm, this)?;
    let used = |field: &&layout::Field| field.count != 0 || matches!(field.code, b's' | b'p');
    let rows = layout.fields.iter().filter(used).count() + 1;
    Ok(Value::from_usize(56 + rows * 32))
}

fn clear_cache(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::NONE)
}

fn calcsize(vm: Vm<'_>, _module: &Value, format: &Value) -> PyResult<Value> {
    Ok(number_of(vm, parse(vm, format)?.size))
}

fn split_format<'a>(vm: Vm<'_>, args: &'a [Value]) -> PyResult<(Arc<Layout>, &'a [Value])> {
    match args.split_first() {
        Some((format, rest)) => Ok((parse(vm, format)?, rest)),
        None => Err(vm.type_error("missing format argument")),
    }
}

fn pack(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let (layout, items) = split_format(vm, args)?;
    pack_bytes(vm, &layout, items)
}

fn struct_pack(vm: Vm<'_>, this: &Value, items: &[Value]) -> PyResult<Value> {
    pack_bytes(vm, &*layout_of(vm, this)?, items)
}

fn check_items(vm: Vm<'_>, layout: &Layout, items: &[Value], name: &str) -> PyResult<()> {
    if items.len() == layout.values {
        return Ok(());
    }
    let (wanted, got) = (layout.values, items.len());
    Err(error(vm, &format!("{name} expected {wanted} items for packing (got {got})")))
}

fn pack_bytes(vm: Vm<'_>, layout: &Layout, items: &[Value]) -> PyResult<Value> {
    check_items(vm, layout, items, "pack")?;
    PyBytes::try_new_value(vm, &values::pack(vm, layout, items)?)
}

fn pack_into(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let (layout, rest) = split_format(vm, args)?;
    pack_into_buffer(vm, &layout, rest)
}

fn struct_pack_into(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    pack_into_buffer(vm, &*layout_of(vm, this)?, args)
}

fn pack_into_buffer(vm: Vm<'_>, layout: &Layout, args: &[Value]) -> PyResult<Value> {
    let (target, offset, items) = match args {
        [] => return Err(error(vm, "pack_into expected buffer argument")),
        [_] => return Err(error(vm, "pack_into expected offset argument")),
        [target, offset, items @ ..] => (target, offset, items),
    };
    check_items(vm, layout, items, "pack_into")?;
    let buffer = writable(vm, target, "argument")?;
    let offset = number::as_index(vm, offset)?;
    let length = buffer.byte_count();
    let size = layout.size;
    let start = if offset < 0 {
        if length_of(offset.unsigned_abs(), size) {
            return Err(error(vm, &format!("no space to pack {size} bytes at offset {offset}")));
        }
        from_end(vm, offset, length)?
    } else {
        offset.unsigned_abs()
    };
    if length.checked_sub(start).is_none_or(|left| left < size) {
        return Err(error(
            vm,
            &format!(
                "pack_into requires a buffer of at least {} bytes for packing {size} bytes at offset {start} (actual buffer size is {length})",
                start.saturating_add(size)
            ),
        ));
    }
    let data = values::pack(vm, layout, items)?;
    buffer.with_bytes_mut(|bytes| {
        if let Some(place) = bytes.get_mut(start..start + size) {
            place.copy_from_slice(&data);
        }
    });
    Ok(Value::NONE)
}

/// Whether so many bytes from the end are fewer than the structure needs.
fn length_of(from_end: usize, size: usize) -> bool {
    from_end < size
}

fn from_end(vm: Vm<'_>, offset: isize, length: usize) -> PyResult<usize> {
    length
        .checked_sub(offset.unsigned_abs())
        .ok_or_else(|| error(vm, &format!("offset {offset} out of range for {length}-byte buffer")))
}

fn unpack(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    objects::core::args::check_count(vm, "unpack", args.len(), 2, 2)?;
    let (layout, rest) = split_format(vm, args)?;
    match rest.first() {
        Some(source) => unpack_whole(vm, &layout, source),
        None => Ok(Value::NONE),
    }
}

fn struct_unpack(vm: Vm<'_>, this: &Value, source: &Value) -> PyResult<Value> {
    unpack_whole(vm, &*layout_of(vm, this)?, source)
}

fn unpack_whole(vm: Vm<'_>, layout: &Layout, source: &Value) -> PyResult<Value> {
    let data = bytes_like(vm, source)?.to_vec();
    if data.len() != layout.size {
        return Err(error(vm, &format!("unpack requires a buffer of {} bytes", layout.size)));
    }
    values::unpack(vm, layout, &data)
}

fn unpack_from(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(format, /, buffer, offset=0)");
    let bound = SIGNATURE.bind(vm, "unpack_from", args)?;
    let layout = parse(vm, bound.required(0))?;
    unpack_at(vm, &layout, bound.required(1), bound.get(2))
}

fn struct_unpack_from(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(buffer, offset=0)");
    let bound = SIGNATURE.bind(vm, "unpack_from", args)?;
    unpack_at(vm, &*layout_of(vm, this)?, bound.required(0), bound.get(1))
}

fn unpack_at(
    vm: Vm<'_>,
    layout: &Layout,
    source: &Value,
    offset: Option<&Value>,
) -> PyResult<Value> {
    let offset = offset.map_or(Ok(0), |offset| number::as_index(vm, offset))?;
    let data = bytes_like(vm, source)?;
    let (length, size) = (data.len(), layout.size);
    let start = if offset < 0 {
        if length_of(offset.unsigned_abs(), size) {
            return Err(error(
                vm,
                &format!("not enough data to unpack {size} bytes at offset {offset}"),
            ));
        }
        from_end(vm, offset, length)?
    } else {
        offset.unsigned_abs()
    };
    let part = data.with(|data| {
        let end = start.checked_add(size)?;
        data.get(start..end).map(<[u8]>::to_vec)
    });
    match part {
        Some(part) => values::unpack(vm, layout, &part),
        None => Err(error(
            vm,
            &format!(
                "unpack_from requires a buffer of at least {} bytes for unpacking {size} bytes at offset {start} (actual buffer size is {length})",
                start.saturating_add(size)
            ),
        )),
    }
}

fn iter_unpack(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    objects::core::args::check_count(vm, "iter_unpack", args.len(), 2, 2)?;
    let (layout, rest) = split_format(vm, args)?;
    match rest.first() {
        Some(source) => iterator_of(vm, layout, source),
        None => Ok(Value::NONE),
    }
}

fn struct_iter_unpack(vm: Vm<'_>, this: &Value, source: &Value) -> PyResult<Value> {
    iterator_of(vm, layout_of(vm, this)?, source)
}

fn iterator_of(vm: Vm<'_>, layout: Arc<Layout>, source: &Value) -> PyResult<Value> {
    if layout.size == 0 {
        return Err(error(vm, "cannot iteratively unpack with a struct of length 0"));
    }
    let length = bytes_like(vm, source)?.len();
    if length % layout.size != 0 {
        return Err(error(
            vm,
            &format!(
                "iterative unpacking requires a buffer of a multiple of {} bytes",
                layout.size
            ),
        ));
    }
    let payload = PyUnpackIterator {
        layout: Format(layout),
        source: source.clone(),
        position: Position(Cell::new(0)),
    };
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

fn unpack_iterator_next(vm: Vm<'_>, this: &Value) -> PyResult<Option<Value>> {
    let this = this.receiver::<PyUnpackIterator>();
    let (start, size) = (this.position.0.get(), this.layout.0.size);
    let part = bytes_like(vm, &this.source)?
        .with(|data| data.get(start..start + size).map(<[u8]>::to_vec));
    let Some(part) = part else { return Ok(None) };
    this.position.0.set(start + size);
    values::unpack(vm, &this.layout.0, &part).map(Some)
}

fn unpack_iterator_hint(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let this = this.receiver::<PyUnpackIterator>();
    let left = bytes_like(vm, &this.source)?.len().saturating_sub(this.position.0.get());
    Ok(Value::from_usize(left / this.layout.0.size.max(1)))
}

/// The int of an argument, as `__index__` gives it.
fn index_of(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    if !number::has_index(value) {
        return Err(error(vm, "required argument is not an integer"));
    }
    int::to_index(vm, value)
}
