//! `BufferedRWPair`: a reader and a writer as one stream.

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::gil_cell::GilCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::TypeSpec;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::{getset, methods, payload};

use super::buffered::{self, BUFFERED_READER, BUFFERED_WRITER};
use super::stream::{self, BUFFERED_IO_BASE};

payload! {
    /// The payload of a pair.
    pub struct PyPair: BUFFERED_RW_PAIR, gc {
        reader: GilCell<Option<Value>>,
        writer: GilCell<Option<Value>>,
    }
}

/// `_io.BufferedRWPair`
pub(super) static BUFFERED_RW_PAIR: StaticType = StaticType::new::<PyPair>();

/// The spec of `BufferedRWPair`.
pub(super) const BUFFERED_RW_PAIR_SPEC: TypeSpec = TypeSpec {
    name: "_io.BufferedRWPair",
    doc: Some(
        "BufferedRWPair(reader, writer, buffer_size=DEFAULT_BUFFER_SIZE, /)\n--\n\nA buffered reader and writer object together.",
    ),
    base: Some(&BUFFERED_IO_BASE),
    flags: stream::FLAGS,
    slots: &[Slot::New(pair_new), Slot::Init(pair_init)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    ["read"] "" Positional(read);
    ["read1"] "" Positional(read1);
    ["peek"] "" Positional(peek);
    ["readinto"] "" One(readinto);
    ["write"] "" One(write);
    ["flush"] "($self, /)" None(flush);
    ["readable"] "($self, /)" None(readable);
    ["writable"] "($self, /)" None(writable);
    ["close"] "($self, /)" None(close);
}

getset! { GETSET:
    ["closed"] get_closed;
}

fn pair_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    let payload = PyPair { reader: GilCell::default(), writer: GilCell::default() };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn pair_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    let [reader, writer, ..] = args.positional() else {
        let got = args.positional().len();
        return Err(
            vm.type_error(format!("BufferedRWPair expected at least 2 arguments, got {got}"))
        );
    };
    let reader = buffered::over(vm, &BUFFERED_READER, reader.clone())?;
    let writer = buffered::over(vm, &BUFFERED_WRITER, writer.clone())?;
    let pair = this.receiver::<PyPair>();
    pair.reader.set(Some(reader));
    pair.writer.set(Some(writer));
    Ok(())
}

fn end(vm: Vm<'_>, side: Option<Value>) -> PyResult<Value> {
    side.ok_or_else(|| vm.value_error("I/O operation on uninitialized object"))
}

fn on_reader(vm: Vm<'_>, this: &Value, method: &str, args: &[Value]) -> PyResult<Value> {
    let reader = end(vm, this.receiver::<PyPair>().reader.get())?;
    vm.call_method(&reader, &vm.intern(method), args)
}

fn on_writer(vm: Vm<'_>, this: &Value, method: &str, args: &[Value]) -> PyResult<Value> {
    let writer = end(vm, this.receiver::<PyPair>().writer.get())?;
    vm.call_method(&writer, &vm.intern(method), args)
}

fn read(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    on_reader(vm, this, "read", args)
}

fn read1(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    on_reader(vm, this, "read1", args)
}

fn peek(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    on_reader(vm, this, "peek", args)
}

fn readinto(vm: Vm<'_>, this: &Value, buffer: &Value) -> PyResult<Value> {
    on_reader(vm, this, "readinto", std::slice::from_ref(buffer))
}

fn write(vm: Vm<'_>, this: &Value, data: &Value) -> PyResult<Value> {
    on_writer(vm, this, "write", std::slice::from_ref(data))
}

fn flush(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    on_writer(vm, this, "flush", &[])
}

fn readable(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    on_reader(vm, this, "readable", &[])
}

fn writable(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    on_writer(vm, this, "writable", &[])
}

/// Closes both, the writer first; the first error counts.
fn close(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let written = on_writer(vm, this, "close", &[]);
    stream::then_close(vm, written, || on_reader(vm, this, "close", &[]))
}

fn get_closed(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let writer = end(vm, this.receiver::<PyPair>().writer.get())?;
    vm.get_attr(&writer, &vm.names().closed)
}
