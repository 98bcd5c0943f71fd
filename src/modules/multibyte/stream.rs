//! The classes that codec modules build on: encoders and decoders that keep what is not whole, readers and writers.

use objects::core::args::{Args, Bound};
use objects::core::errors::PyResult;
use objects::core::gc::{Traverse, Visitor};
use objects::core::gil_cell::GilCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::buffer::bytes_like;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::list::PyList;
use objects::types::str::PyStr;
use objects::types::str::codec::Input;
use objects::types::tuple::PyTuple;
use objects::{getset, methods, payload};

use super::charset::Charset;
use super::{decode, encode, errors_of, no_more_than, set_of, text_of};

/// What all four classes keep.
pub(super) struct Keep {
    set: &'static Charset,
    /// Bytes of a character that is not whole yet.
    pending: GilCell<Vec<u8>>,
    errors: GilCell<Value>,
    stream: GilCell<Value>,
}

impl Traverse for Keep {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.errors.traverse(visitor);
        self.stream.traverse(visitor);
    }

    fn clear(&self, dead: &mut Vec<Value>) {
        self.errors.clear(dead);
        self.stream.clear(dead);
    }
}

macro_rules! classes {
    ($($payload:ident $class:ident;)*) => {
        $(
            payload! {
                /// The payload of one of the classes.
                struct $payload: $class, gc {
                    keep: Keep,
                }
            }

            static $class: StaticType = StaticType::new::<$payload>();
        )*
    };
}

classes! {
    PyEncoder ENCODER;
    PyDecoder DECODER;
    PyReader READER;
    PyWriter WRITER;
}

fn this_of(value: &Value) -> &Keep {
    if let Some(this) = value.downcast::<PyEncoder>() {
        &this.keep
    } else if let Some(this) = value.downcast::<PyDecoder>() {
        &this.keep
    } else if let Some(this) = value.downcast::<PyReader>() {
        &this.keep
    } else {
        &value.receiver::<PyWriter>().keep
    }
}

const FLAGS: u64 = spec_flags::BASETYPE | spec_flags::IMMUTABLE;

const ENCODER_SPEC: TypeSpec = TypeSpec {
    name: "_multibytecodec.MultibyteIncrementalEncoder",
    flags: FLAGS,
    slots: &[Slot::New(new_encoder), Slot::Init(initialised)],
    methods: ENCODER_METHODS,
    getset: INCREMENTAL_GETSET,
    ..TypeSpec::DEFAULT
};

const DECODER_SPEC: TypeSpec = TypeSpec {
    name: "_multibytecodec.MultibyteIncrementalDecoder",
    flags: FLAGS,
    slots: &[Slot::New(new_decoder), Slot::Init(initialised)],
    methods: DECODER_METHODS,
    getset: INCREMENTAL_GETSET,
    ..TypeSpec::DEFAULT
};

const READER_SPEC: TypeSpec = TypeSpec {
    name: "_multibytecodec.MultibyteStreamReader",
    flags: FLAGS,
    slots: &[Slot::New(new_reader), Slot::Init(initialised)],
    methods: READER_METHODS,
    getset: STREAM_GETSET,
    ..TypeSpec::DEFAULT
};

const WRITER_SPEC: TypeSpec = TypeSpec {
    name: "_multibytecodec.MultibyteStreamWriter",
    flags: FLAGS,
    slots: &[Slot::New(new_writer), Slot::Init(initialised)],
    methods: WRITER_METHODS,
    getset: STREAM_GETSET,
    ..TypeSpec::DEFAULT
};

/// The classes.
pub(super) const TYPES: &[(&StaticType, &TypeSpec)] = &[
    (&ENCODER, &ENCODER_SPEC),
    (&DECODER, &DECODER_SPEC),
    (&READER, &READER_SPEC),
    (&WRITER, &WRITER_SPEC),
];

/// The classes by the module's names for them.
pub(super) fn names() -> [(&'static str, Value); 4] {
    [
        ("MultibyteIncrementalEncoder", ENCODER.get().to_value()),
        ("MultibyteIncrementalDecoder", DECODER.get().to_value()),
        ("MultibyteStreamReader", READER.get().to_value()),
        ("MultibyteStreamWriter", WRITER.get().to_value()),
    ]
}

methods! { ENCODER_METHODS:
    ["encode"] "($self, /, input, final=False)" Bound(incremental_encode);
    ["getstate"] "($self, /)" None(encoder_state);
    ["setstate"] "($self, state, /)" One(set_encoder_state);
    ["reset"] "($self, /)" None(reset);
}

methods! { DECODER_METHODS:
    ["decode"] "($self, /, input, final=False)" Bound(incremental_decode);
    ["getstate"] "($self, /)" None(decoder_state);
    ["setstate"] "($self, state, /)" One(set_decoder_state);
    ["reset"] "($self, /)" None(reset);
}

methods! { READER_METHODS:
    ["read"] "($self, sizeobj=None, /)" Positional(read);
    ["readline"] "($self, sizeobj=None, /)" Positional(readline);
    ["readlines"] "($self, sizehintobj=None, /)" Positional(readlines);
    ["reset"] "($self, /)" None(reset);
}

methods! { WRITER_METHODS:
    ["write"] "($self, strobj, /)" One(write);
    ["writelines"] "($self, lines, /)" One(writelines);
    ["reset"] "($self, /)" None(reset);
}

getset! { INCREMENTAL_GETSET:
    /// how to treat errors
    ["errors"] get_errors, set_errors;
}

getset! { STREAM_GETSET:
    /// how to treat errors
    ["errors"] get_errors, set_errors;
    ["stream"] get_stream;
}

fn keep(vm: Vm<'_>, class: &Py<PyType>, errors: Option<&Value>, stream: Value) -> PyResult<Keep> {
    let codec = vm.get_attr_str(&class.to_value(), "codec")?;
    let Some(set) = set_of(&codec) else {
        return Err(vm.type_error("codec is unexpected type"));
    };
    let errors = match errors.filter(|value| !value.is_none()) {
        Some(value) => value.clone(),
        None => PyStr::new_value(vm, "strict"),
    };
    Ok(Keep {
        set,
        pending: GilCell::new(Vec::new()),
        errors: GilCell::new(errors),
        stream: GilCell::new(stream),
    })
}

macro_rules! constructors {
    ($($name:ident $payload:ident $signature:literal $errors:literal;)*) => {
        $(fn $name(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
            static SIGNATURE: LazySignature = LazySignature::new($signature);
            let bound = SIGNATURE.bind(vm, &class.name().to_string(), args)?;
            let stream = if $errors == 0 { Value::NONE } else { bound.required(0).clone() };
            let keep = keep(vm, class, bound.get($errors), stream)?;
            Ok(PyRef::try_new_of(vm, class, $payload { keep })?.into_value())
        })*
    };
}

constructors! {
    new_encoder PyEncoder "(errors='strict')" 0;
    new_decoder PyDecoder "(errors='strict')" 0;
    new_reader PyReader "(stream, errors='strict')" 1;
    new_writer PyWriter "(stream, errors='strict')" 1;
}

/// Everything was set when the object was made; the library's classes behind this one in the order have nothing to add.
#[expect(clippy::unnecessary_wraps, reason = "a slot's signature")]
fn initialised(_vm: Vm<'_>, _this: &Value, _args: Args<'_>) -> PyResult<()> {
    Ok(())
}

fn encoded(vm: Vm<'_>, this: &Value, text: &Value) -> PyResult<Value> {
    let object = this_of(this);
    let errors = errors_of(vm, Some(&object.errors.get()))?;
    let bytes = encode(vm, object.set, &text_of(vm, text)?, &errors)?;
    PyBytes::try_new_value(vm, &bytes)
}

/// Decodes what was kept and `data`; what is not whole is kept, unless nothing follows.
fn decoded(vm: Vm<'_>, this: &Value, data: &[u8], is_final: bool) -> PyResult<Value> {
    let object = this_of(this);
    let errors = errors_of(vm, Some(&object.errors.get()))?;
    let mut all = object.pending.with(Clone::clone);
    if all.try_reserve(data.len()).is_err() {
        return Err(vm.memory_error());
    }
    all.extend_from_slice(data);
    let input = Input::from_bytes(vm, &all)?;
    let (text, used) = decode(vm, object.set, &input, &errors, is_final)?;
    object.pending.set(input.bytes().get(used..).unwrap_or_default().to_vec());
    Ok(text)
}

fn incremental_encode(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    encoded(vm, this, args.required(0))
}

fn incremental_decode(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let is_final = args.get(1).map_or(Ok(false), |value| vm.is_true(value))?;
    let data = bytes_like(vm, args.required(0))?.to_vec();
    decoded(vm, this, &data, is_final)
}

/// These encodings have no state between characters.
fn encoder_state(_vm: Vm<'_>, _this: &Value) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(0))
}

fn set_encoder_state(vm: Vm<'_>, _this: &Value, state: &Value) -> PyResult<Value> {
    number::index(vm, state).map(|_| Value::NONE)
}

fn decoder_state(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let pending = this_of(this).pending.with(Clone::clone);
    let pending = PyBytes::try_new_value(vm, &pending)?;
    Ok(PyTuple::new_value(vm, &[pending, Value::small_int_unchecked(0)]))
}

fn set_decoder_state(vm: Vm<'_>, this: &Value, state: &Value) -> PyResult<Value> {
    let parts = state.downcast::<PyTuple>().map(Py::items);
    let Some([pending, number]) = parts else {
        return Err(vm.type_error("setstate(): illegal state argument"));
    };
    number::index(vm, number)?;
    let pending = bytes_like(vm, pending)?.to_vec();
    if pending.len() > 8 {
        return Err(vm.value_error("pending buffer too large"));
    }
    this_of(this).pending.set(pending);
    Ok(Value::NONE)
}

fn reset(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    this_of(this).pending.set(Vec::new());
    Ok(Value::NONE)
}

/// Reads by a method of the stream until there is a character or the stream ends.
fn read_with(vm: Vm<'_>, this: &Value, method: &str, args: &[Value]) -> PyResult<Value> {
    no_more_than(vm, method, args, 1)?;
    let size = args.first().filter(|size| !size.is_none());
    let size = size.map(|size| number::as_ssize(vm, size)).transpose()?;
    let stream = this_of(this).stream.get();
    loop {
        let data = match size {
            Some(size) if size >= 0 => {
                let size = Value::from_usize(size.unsigned_abs());
                vm.call_method(&stream, &vm.intern(method), &[size])?
            }
            _ => vm.call_method(&stream, &vm.intern(method), &[])?,
        };
        let Some(bytes) = data.downcast::<PyBytes>() else {
            return Err(vm.type_error(format!(
                "stream function returned a non-bytes object ({})",
                data.class().name()
            )));
        };
        let bytes = bytes.as_slice().to_vec();
        let is_final = bytes.is_empty() || size.is_none_or(|size| size < 0);
        let text = decoded(vm, this, &bytes, is_final)?;
        let is_empty = text.downcast::<PyStr>().is_some_and(|text| text.is_empty());
        if is_final || !is_empty || size == Some(0) {
            return Ok(text);
        }
    }
}

fn read(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    read_with(vm, this, "read", args)
}

fn readline(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    read_with(vm, this, "readline", args)
}

fn readlines(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let text = read_with(vm, this, "read", args)?;
    vm.call_method(&text, &vm.intern("splitlines"), &[Value::TRUE])
}

fn write(vm: Vm<'_>, this: &Value, text: &Value) -> PyResult<Value> {
    let bytes = encoded(vm, this, text)?;
    vm.call_method(&this_of(this).stream.get(), &vm.names().write, &[bytes])?;
    Ok(Value::NONE)
}

fn writelines(vm: Vm<'_>, this: &Value, lines: &Value) -> PyResult<Value> {
    if lines.downcast::<PyList>().is_none() && lines.downcast::<PyTuple>().is_none() {
        return Err(vm.type_error("arg must be a sequence object"));
    }
    for line in vm.collect(lines)? {
        write(vm, this, &line)?;
    }
    Ok(Value::NONE)
}

fn get_errors(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this_of(this).errors.get())
}

fn set_errors(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    let Some(value) = value else { return Err(vm.type_error("cannot delete attribute")) };
    if value.downcast::<PyStr>().is_none() {
        return Err(vm.type_error("errors must be a string"));
    }
    drop(this_of(this).errors.replace(value.clone()));
    Ok(())
}

fn get_stream(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this_of(this).stream.get())
}
