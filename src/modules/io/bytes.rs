//! `BytesIO`: a stream of bytes in memory.

use std::borrow::Cow;
use std::cell::Cell;

use objects::core::args::{Args, check_count};
use objects::core::errors::PyResult;
use objects::core::gil_cell::{GilCell, HotCell};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::buffer::{self, Buffer, BufferOps};
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::memoryview::MEMORY_VIEW;
use objects::types::tuple::PyTuple;
use objects::{getset, methods, payload};

use super::pickling;
use super::stream::{self, BUFFERED_IO_BASE, size_argument};

/// The bytes.
#[derive(Default)]
pub(super) struct Contents(Vec<u8>);

objects::no_references!(Contents);

payload! {
    /// The payload of a stream in memory.
    pub struct PyBytesIo: BYTES_IO {
        contents: GilCell<Contents>,
        position: Cell<usize>,
        closed: Cell<bool>,
        /// How many views look at the bytes: as long as there is one, they stay where they are.
        exports: Cell<usize>,
    }
}

payload! {
    /// The payload of what a stream's views look at.
    pub struct PyBytesIoBuffer: BYTES_IO_BUFFER, gc {
        stream: HotCell<Option<PyRef<PyBytesIo>>>,
    }
}

/// `_io.BytesIO`
pub(super) static BYTES_IO: StaticType = StaticType::new::<PyBytesIo>();
/// `_io._BytesIOBuffer`
pub(super) static BYTES_IO_BUFFER: StaticType = StaticType::new::<PyBytesIoBuffer>();

/// The spec of `_BytesIOBuffer`.
pub(super) const BYTES_IO_BUFFER_SPEC: TypeSpec = TypeSpec {
    name: "_io._BytesIOBuffer",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: &[Slot::Buffer(buffer_of)],
    ..TypeSpec::DEFAULT
};

/// The spec of `BytesIO`.
pub(super) const BYTES_IO_SPEC: TypeSpec = TypeSpec {
    name: "_io.BytesIO",
    doc: Some(
        "BytesIO(initial_bytes=b'')\n--\n\nBuffered I/O implementation using an in-memory bytes buffer.",
    ),
    base: Some(&BUFFERED_IO_BASE),
    flags: stream::FLAGS,
    slots: &[Slot::New(bytes_new), Slot::Init(bytes_init), Slot::Iternext(next_line)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    ["read"] "($self, size=-1, /)" Positional(read);
    ["read1"] "($self, size=-1, /)" Positional(read);
    ["readline"] "($self, size=-1, /)" Positional(readline);
    ["readinto"] "($self, buffer, /)" One(readinto);
    ["write"] "($self, b, /)" One(write);
    ["seek"] "($self, pos, whence=0, /)" Positional(seek);
    ["tell"] "($self, /)" None(tell);
    ["truncate"] "($self, size=None, /)" Positional(truncate);
    ["getvalue"] "($self, /)" None(getvalue);
    ["getbuffer"] "($self, /)" None(getbuffer);
    ["close"] "($self, /)" None(close);
    ["flush"] "($self, /)" None(flush);
    ["readable"] "($self, /)" None(yes);
    ["writable"] "($self, /)" None(yes);
    ["seekable"] "($self, /)" None(yes);
    ["isatty"] "($self, /)" None(no);
    ["__getstate__"] "($self, /)" None(getstate);
    ["__setstate__"] "($self, object, /)" One(setstate);
}

getset! { GETSET:
    /// True if the file is closed.
    ["closed"] get_closed;
}

fn bytes_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    let payload = PyBytesIo {
        contents: GilCell::default(),
        position: Cell::new(0),
        closed: Cell::new(false),
        exports: Cell::new(0),
    };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn bytes_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    static SIGNATURE: LazySignature = LazySignature::new("(initial_bytes=b'')");
    let given = SIGNATURE.bind(vm, "BytesIO", args)?;
    let bytes = match given.get_non_none(0) {
        Some(value) => buffer::bytes_like(vm, value)?.to_vec(),
        None => Vec::new(),
    };
    let payload = this.receiver::<PyBytesIo>();
    check_exports(vm, payload)?;
    payload.contents.set(Contents(bytes));
    payload.position.set(0);
    payload.closed.set(false);
    Ok(())
}

fn check_exports(vm: Vm<'_>, payload: &PyBytesIo) -> PyResult<()> {
    if payload.exports.get() > 0 {
        return Err(vm.buffer_error("Existing exports of data: object cannot be re-sized"));
    }
    Ok(())
}

fn open<'v>(vm: Vm<'_>, this: &'v Value) -> PyResult<&'v Py<PyBytesIo>> {
    let payload = this.receiver::<PyBytesIo>();
    if payload.closed.get() {
        return Err(vm.value_error("I/O operation on closed file."));
    }
    Ok(payload)
}

/// Takes the bytes from the position to `end`, and moves there.
fn take(payload: &PyBytesIo, end: impl FnOnce(&[u8]) -> usize) -> Vec<u8> {
    let start = payload.position.get();
    let part = payload.contents.with(|contents| {
        let rest = contents.0.get(start..).unwrap_or_default();
        rest.get(..end(rest)).unwrap_or_default().to_vec()
    });
    payload.position.set(start + part.len());
    part
}

fn read(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let size = size_argument(vm, args)?;
    let payload = open(vm, this)?;
    let part = take(payload, |rest| size.map_or(rest.len(), |size| size.min(rest.len())));
    Ok(PyBytes::try_new(vm, &part)?.into_value())
}

fn line(payload: &PyBytesIo, limit: Option<usize>) -> Vec<u8> {
    take(payload, |rest| {
        let end = rest.iter().position(|&byte| byte == b'\n').map_or(rest.len(), |at| at + 1);
        limit.map_or(end, |limit| end.min(limit))
    })
}

fn readline(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let limit = size_argument(vm, args)?;
    let line = line(open(vm, this)?, limit);
    Ok(PyBytes::try_new(vm, &line)?.into_value())
}

fn next_line(vm: Vm<'_>, this: &Value) -> PyResult<Option<Value>> {
    let line = line(open(vm, this)?, None);
    if line.is_empty() { Ok(None) } else { Ok(Some(PyBytes::try_new(vm, &line)?.into_value())) }
}

fn readinto(vm: Vm<'_>, this: &Value, target: &Value) -> PyResult<Value> {
    let payload = open(vm, this)?;
    let target = buffer::writable(vm, target, "readinto")?;
    let room = target.byte_count();
    let part = take(payload, |rest| room.min(rest.len()));
    target.with_bytes_mut(|place| {
        for (to, from) in place.iter_mut().zip(&part) {
            *to = *from;
        }
    });
    Ok(Value::from_usize(part.len()))
}

fn write(vm: Vm<'_>, this: &Value, data: &Value) -> PyResult<Value> {
    let payload = open(vm, this)?;
    check_exports(vm, payload)?;
    let data = buffer::bytes_like(vm, data)?.to_vec();
    // Asking for the bytes may have run Python code.
    let payload = open(vm, this).and_then(|_| check_exports(vm, payload)).map(|()| payload)?;
    if data.is_empty() {
        return Ok(Value::from_usize(0));
    }
    let start = payload.position.get();
    let Some(end) = start.checked_add(data.len()) else { return Err(vm.memory_error()) };
    let fits = payload.contents.with_mut(|contents| {
        let bytes = &mut contents.0;
        if end > bytes.len() {
            if bytes.try_reserve(end - bytes.len()).is_err() {
                return false;
            }
            bytes.resize(end, 0);
        }
        if let Some(place) = bytes.get_mut(start..end) {
            place.copy_from_slice(&data);
        }
        true
    });
    if !fits {
        return Err(vm.memory_error());
    }
    payload.position.set(end);
    Ok(Value::from_usize(data.len()))
}

fn seek(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "seek", args.len(), 1, 2)?;
    let payload = open(vm, this)?;
    let offset = number::as_i64(vm, &args[0])?;
    let whence = args.get(1).map_or(Ok(0), |whence| number::as_i64(vm, whence))?;
    let length = payload.contents.with(|contents| contents.0.len());
    let from = match whence {
        0 if offset < 0 => return Err(vm.value_error(format!("negative seek value {offset}"))),
        0 => 0,
        1 => payload.position.get(),
        2 => length,
        _ => {
            return Err(vm.value_error(format!("invalid whence ({whence}, should be 0, 1 or 2)")));
        }
    };
    let from = i64::try_from(from).unwrap_or(i64::MAX);
    let Some(target) = from.checked_add(offset) else {
        return Err(vm.overflow_error("new position too large"));
    };
    let target = usize::try_from(target.max(0)).unwrap_or(usize::MAX);
    payload.position.set(target);
    Ok(Value::from_usize(target))
}

fn tell(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(open(vm, this)?.position.get()))
}

fn truncate(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "truncate", args.len(), 0, 1)?;
    let payload = open(vm, this)?;
    check_exports(vm, payload)?;
    let size = match args.first().filter(|size| !size.is_none()) {
        Some(size) => {
            let size = number::as_i64(vm, size)?;
            match usize::try_from(size) {
                Ok(size) => size,
                Err(_) => return Err(vm.value_error(format!("negative size value {size}"))),
            }
        }
        None => payload.position.get(),
    };
    payload.contents.with_mut(|contents| contents.0.truncate(size));
    Ok(Value::from_usize(size))
}

fn getvalue(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let bytes = open(vm, this)?.contents.with(|contents| contents.0.clone());
    Ok(PyBytes::try_new(vm, &bytes)?.into_value())
}

static BUFFER: BufferOps = BufferOps {
    read: |owner, see| {
        if let Some(stream) = stream_of(owner) {
            stream.contents.with(|contents| see(&contents.0));
        }
    },
    write: |owner, see| {
        if let Some(stream) = stream_of(owner) {
            stream.contents.with_mut(|contents| see(&mut contents.0));
        }
    },
    acquire: |owner| {
        if let Some(stream) = stream_of(owner) {
            stream.exports.set(stream.exports.get() + 1);
        }
    },
    release: |owner| {
        if let Some(stream) = stream_of(owner) {
            stream.exports.set(stream.exports.get() - 1);
        }
    },
};

fn stream_of(owner: &Value) -> Option<PyRef<PyBytesIo>> {
    owner.receiver::<PyBytesIoBuffer>().stream.get()
}

#[expect(clippy::unnecessary_wraps, reason = "a slot's signature")]
fn buffer_of(_vm: Vm<'_>, value: &Value) -> PyResult<Buffer> {
    let length =
        stream_of(value).map_or(0, |stream| stream.contents.with(|contents| contents.0.len()));
    Ok(Buffer::with_items(value, &BUFFER, Cow::Borrowed("B"), 1, length, false))
}

/// A view of the stream's own bytes.
fn getbuffer(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let stream = open(vm, this)?.to_ref();
    let owner = PyRef::try_new(vm, PyBytesIoBuffer { stream: HotCell::new(Some(stream)) })?;
    vm.call(&MEMORY_VIEW.get().to_value(), &[owner.into_value()])
}

fn close(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let payload = this.receiver::<PyBytesIo>();
    check_exports(vm, payload)?;
    payload.closed.set(true);
    payload.contents.set(Contents::default());
    Ok(Value::NONE)
}

fn flush(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    open(vm, this)?;
    Ok(Value::NONE)
}

fn yes(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    open(vm, this)?;
    Ok(Value::TRUE)
}

fn no(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    open(vm, this)?;
    Ok(Value::FALSE)
}

fn getstate(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let (value, position) = (getvalue(vm, this)?, tell(vm, this)?);
    Ok(PyTuple::new_value(vm, &[value, position, pickling::attributes(vm, this)?]))
}

fn setstate(vm: Vm<'_>, this: &Value, state: &Value) -> PyResult<Value> {
    let [bytes, position, attributes, ..] = pickling::parts(vm, this, state, 3)? else {
        return Err(vm.system_error("a state has been counted"));
    };
    let bytes = buffer::bytes_like(vm, bytes)?.to_vec();
    let payload = open(vm, this)?;
    check_exports(vm, payload)?;
    payload.contents.set(Contents(bytes));
    let message = "second item of state must be an integer, not";
    payload.position.set(pickling::position(vm, position, message)?);
    pickling::set_attributes(vm, this, attributes, "third")?;
    Ok(Value::NONE)
}

fn get_closed(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this.receiver::<PyBytesIo>().closed.get()))
}
