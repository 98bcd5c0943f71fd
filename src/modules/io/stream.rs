//! `_IOBase` and the abstract classes on it: what every stream can do by way of its own read, write and close.

use objects::core::args::Args;
use objects::core::errors::{PyResult, Raised};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::PyType;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::bytes::{PyByteArray, PyBytes};
use objects::types::exceptions::hierarchy as exc;
use objects::types::list::PyList;
use objects::{getset, methods, payload};

payload! {
    /// The payload of a stream that has no native part.
    pub struct PyIoBase: IO_BASE {
    }
}

/// `_io._IOBase`
pub(super) static IO_BASE: StaticType = StaticType::new::<PyIoBase>();
/// `_io._RawIOBase`
pub(super) static RAW_IO_BASE: StaticType = StaticType::inheriting();
/// `_io._BufferedIOBase`
pub(super) static BUFFERED_IO_BASE: StaticType = StaticType::inheriting();
/// `_io._TextIOBase`
pub(super) static TEXT_IO_BASE: StaticType = StaticType::inheriting();

/// What all stream classes are: open for subclasses, with a dict and weak references.
pub(super) const FLAGS: u64 = spec_flags::BASETYPE | spec_flags::HAS_DICT | spec_flags::HAS_WEAKREF;

/// The spec of `_IOBase`.
pub(super) const IO_BASE_SPEC: TypeSpec = TypeSpec {
    name: "_io._IOBase",
    doc: Some("The abstract base class for all I/O classes."),
    flags: FLAGS,
    slots: &[
        Slot::New(base_new),
        Slot::Iter(iter_self),
        Slot::Iternext(next_line),
        Slot::Finalize(finalize),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Change the stream position to the given byte offset.
    ["seek"] "($self, offset, whence=os.SEEK_SET, /)" Positional(unsupported_seek);
    /// Return current stream position.
    ["tell"] "($self, /)" None(tell);
    /// Resize file to given size in bytes.
    ["truncate"] "($self, size=None, /)" Positional(unsupported_truncate);
    /// Flush write buffers, if applicable.
    ["flush"] "($self, /)" None(flush);
    /// Flush and close the IO object.
    ["close"] "($self, /)" None(close);
    /// Return whether object supports random access.
    ["seekable"] "($self, /)" None(no);
    /// Return whether object was opened for reading.
    ["readable"] "($self, /)" None(no);
    /// Return whether object was opened for writing.
    ["writable"] "($self, /)" None(no);
    ["_checkClosed"] "($self, /)" None(check_closed_method);
    ["_checkSeekable"] "($self, /)" None(check_seekable);
    ["_checkReadable"] "($self, /)" None(check_readable);
    ["_checkWritable"] "($self, /)" None(check_writable);
    /// Return underlying file descriptor if one exists.
    ["fileno"] "($self, /)" None(unsupported_fileno);
    /// Return whether this is an 'interactive' stream.
    ["isatty"] "($self, /)" None(isatty);
    ["__enter__"] "($self, /)" None(enter);
    ["__exit__"] "" Any(exit);
    /// Read and return a line from the stream.
    ["readline"] "($self, size=-1, /)" Positional(readline);
    /// Return a list of lines from the stream.
    ["readlines"] "($self, hint=-1, /)" Positional(readlines);
    /// Write a list of lines to stream.
    ["writelines"] "($self, lines, /)" One(writelines);
}

getset! { GETSET:
    ["closed"] get_closed;
}

/// The spec of `_RawIOBase`.
pub(super) const RAW_IO_BASE_SPEC: TypeSpec = TypeSpec {
    name: "_io._RawIOBase",
    doc: Some("Base class for raw binary I/O."),
    base: Some(&IO_BASE),
    flags: FLAGS,
    methods: RAW_METHODS,
    ..TypeSpec::DEFAULT
};

methods! { RAW_METHODS:
    ["read"] "($self, size=-1, /)" Positional(raw_read);
    /// Read until EOF, using multiple read() call.
    ["readall"] "($self, /)" None(raw_readall);
}

/// The spec of `_BufferedIOBase`.
pub(super) const BUFFERED_IO_BASE_SPEC: TypeSpec = TypeSpec {
    name: "_io._BufferedIOBase",
    doc: Some("Base class for buffered IO objects."),
    base: Some(&IO_BASE),
    flags: FLAGS,
    methods: BUFFERED_METHODS,
    ..TypeSpec::DEFAULT
};

methods! { BUFFERED_METHODS:
    /// Disconnect this buffer from its underlying raw stream and return it.
    ["detach"] "($self, /)" None(unsupported_detach);
    /// Read and return up to n bytes.
    ["read"] "($self, size=-1, /)" Positional(unsupported_read);
    /// Read and return up to size bytes, with at most one read() call.
    ["read1"] "($self, size=-1, /)" Positional(unsupported_read1);
    ["readinto"] "($self, buffer, /)" One(readinto);
    ["readinto1"] "($self, buffer, /)" One(readinto1);
    /// Write buffer b to the IO stream.
    ["write"] "($self, b, /)" One(unsupported_write);
}

/// The spec of `_TextIOBase`.
pub(super) const TEXT_IO_BASE_SPEC: TypeSpec = TypeSpec {
    name: "_io._TextIOBase",
    doc: Some("Base class for text I/O."),
    base: Some(&IO_BASE),
    flags: FLAGS,
    methods: TEXT_METHODS,
    getset: TEXT_GETSET,
    ..TypeSpec::DEFAULT
};

methods! { TEXT_METHODS:
    /// Separate the underlying buffer from the TextIOBase and return it.
    ["detach"] "($self, /)" None(unsupported_detach);
    /// Read at most size characters from stream.
    ["read"] "($self, size=-1, /)" Positional(unsupported_read);
    /// Read until newline or EOF.
    ["readline"] "($self, size=-1, /)" Positional(unsupported_readline);
    /// Write string s to stream.
    ["write"] "($self, s, /)" One(unsupported_write);
}

getset! { TEXT_GETSET:
    /// Encoding of the text stream.
    ["encoding"] none;
    /// Line endings translated so far.
    ["newlines"] none;
    /// The error setting of the decoder or encoder.
    ["errors"] none;
}

fn base_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    Ok(PyRef::try_new_of(vm, class, PyIoBase {})?.into_value())
}

/// `io.UnsupportedOperation`, an OSError and a ValueError.
pub(super) fn unsupported(vm: Vm<'_>, text: &str) -> Raised {
    let Some(class) = vm.interpreter().state_of("io_unsupported") else {
        return vm.value_error(text);
    };
    let message = objects::types::str::PyStr::new_value(vm, text);
    match vm.call(&class, &[message]) {
        Ok(error) => vm.raise(error),
        Err(raised) => raised,
    }
}

macro_rules! unsupported_methods {
    ($($name:ident $text:literal positional;)* -- $($plain:ident $plain_text:literal;)* -- $($one:ident $one_text:literal;)*) => {
        $(fn $name(vm: Vm<'_>, _this: &Value, _args: &[Value]) -> PyResult<Value> {
            Err(unsupported(vm, $text))
        })*
        $(fn $plain(vm: Vm<'_>, _this: &Value) -> PyResult<Value> {
            Err(unsupported(vm, $plain_text))
        })*
        $(fn $one(vm: Vm<'_>, _this: &Value, _argument: &Value) -> PyResult<Value> {
            Err(unsupported(vm, $one_text))
        })*
    };
}

unsupported_methods! {
    unsupported_seek "seek" positional;
    unsupported_truncate "truncate" positional;
    unsupported_read "read" positional;
    unsupported_read1 "read1" positional;
    unsupported_readline "readline" positional;
    --
    unsupported_fileno "fileno";
    unsupported_detach "detach";
    --
    unsupported_write "write";
}

fn none(_vm: Vm<'_>, _this: &Value) -> PyResult<Value> {
    Ok(Value::NONE)
}

fn no(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let _ = (vm, this);
    Ok(Value::FALSE)
}

fn iter_self(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    check_closed(vm, this)?;
    Ok(this.clone())
}

/// The next line by the stream's own `readline`; the end at an empty one.
fn next_line(vm: Vm<'_>, this: &Value) -> PyResult<Option<Value>> {
    let line = vm.call_method(this, &vm.names().readline, &[])?;
    if vm.is_true(&line)? { Ok(Some(line)) } else { Ok(None) }
}

/// An unreachable stream that is open is closed; nobody hears of errors.
fn finalize(vm: Vm<'_>, this: &Value) {
    let closed = vm.get_attr(this, &vm.names().closed).and_then(|closed| vm.is_true(&closed));
    match closed {
        Ok(true) => {}
        Ok(false) => {
            if let Err(raised) = vm.call_method(this, &vm.names().close, &[]) {
                vm.unraisable_about(raised, "Exception ignored while finalizing file", Some(this));
            }
        }
        Err(raised) => vm.clear(raised),
    }
}

fn tell(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let (zero, one) = (Value::small_int_unchecked(0), Value::small_int_unchecked(1));
    vm.call_method(this, &vm.names().seek, &[zero, one])
}

/// ValueError when the stream says that it is closed.
pub(super) fn check_closed(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    let closed = vm.get_attr(this, &vm.names().closed)?;
    if vm.is_true(&closed)? {
        return Err(vm.value_error("I/O operation on closed file."));
    }
    Ok(())
}

fn check_closed_method(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    check_closed(vm, this)?;
    Ok(Value::NONE)
}

fn check_ability(vm: Vm<'_>, this: &Value, method: &str, text: &str) -> PyResult<Value> {
    let answer = vm.call_method(this, &vm.intern(method), &[])?;
    if answer.is_true() { Ok(Value::NONE) } else { Err(unsupported(vm, text)) }
}

fn check_seekable(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    check_ability(vm, this, "seekable", "File or stream is not seekable.")
}

fn check_readable(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    check_ability(vm, this, "readable", "File or stream is not readable.")
}

fn check_writable(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    check_ability(vm, this, "writable", "File or stream is not writable.")
}

fn base_closed(vm: Vm<'_>, this: &Value) -> bool {
    this.as_object()
        .and_then(|object| {
            objects::core::extension::attribute(object, &vm.intern("__IOBase_closed"))
        })
        .is_some()
}

fn get_closed(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(base_closed(vm, this)))
}

fn flush(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    if base_closed(vm, this) {
        return Err(vm.value_error("I/O operation on closed file."));
    }
    Ok(Value::NONE)
}

/// Goes on to close after `first`, which may have failed: the later error counts, with the first one as what it came in.
pub(super) fn then_close(
    vm: Vm<'_>,
    first: PyResult<Value>,
    close: impl FnOnce() -> PyResult<Value>,
) -> PyResult<Value> {
    let Err(raised) = first else { return close() };
    let error = vm.take(raised);
    let Err(raised) = close() else { return Err(vm.restore(error)) };
    let later = vm.take(raised);
    let context = &vm.names().__context__;
    if vm.get_attr(&later, context)?.is_none() && !later.is(&error) {
        vm.set_attr(&later, context, Some(&error))?;
    }
    Err(vm.restore(later))
}

fn close(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    if base_closed(vm, this) {
        return Ok(Value::NONE);
    }
    let flushed = vm.call_method(this, &vm.names().flush, &[]);
    vm.set_attr(this, &vm.intern("__IOBase_closed"), Some(&Value::TRUE))?;
    flushed.map(|_| Value::NONE)
}

fn isatty(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    check_closed(vm, this)?;
    Ok(Value::FALSE)
}

fn enter(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    check_closed(vm, this)?;
    Ok(this.clone())
}

fn exit(vm: Vm<'_>, this: &Value, _args: Args<'_>) -> PyResult<Value> {
    vm.call_method(this, &vm.names().close, &[])
}

/// A size argument: None and a missing one mean -1.
pub(super) fn size_argument(vm: Vm<'_>, args: &[Value]) -> PyResult<Option<usize>> {
    objects::core::args::check_count(vm, "read", args.len(), 0, 1)?;
    match args.first() {
        None => Ok(None),
        Some(value) if value.is_none() => Ok(None),
        Some(value) if number::has_index(value) => {
            Ok(usize::try_from(number::as_i64(vm, value)?).ok())
        }
        Some(value) => Err(vm.type_error(format!(
            "argument should be integer or None, not '{}'",
            value.class().name()
        ))),
    }
}

/// A line by `peek` and `read`, for streams that have no better way.
fn readline(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let limit = size_argument(vm, args)?;
    let peek = vm.get_attr_opt(this, &vm.intern("peek"))?;
    let mut line: Vec<u8> = Vec::new();
    while limit.is_none_or(|limit| line.len() < limit) {
        let mut wanted = 1;
        if let Some(peek) = &peek {
            let ahead = vm.call(peek, &[Value::small_int_unchecked(1)])?;
            let Some(ahead) = ahead.downcast::<PyBytes>() else {
                return Err(vm.error(
                    &exc::OS_ERROR,
                    format!(
                        "peek() should have returned a bytes object, not '{}'",
                        ahead.class().name()
                    ),
                ));
            };
            let bytes = ahead.as_slice();
            if !bytes.is_empty() {
                let room = limit.map_or(bytes.len(), |limit| (limit - line.len()).min(bytes.len()));
                let part = bytes.get(..room).unwrap_or_default();
                wanted = part.iter().position(|&byte| byte == b'\n').map_or(room, |at| at + 1);
            }
        }
        let read = vm.call_method(this, &vm.names().read, &[Value::from_usize(wanted)])?;
        let Some(bytes) = read.downcast::<PyBytes>() else {
            return Err(vm.error(
                &exc::OS_ERROR,
                format!(
                    "read() should have returned a bytes object, not '{}'",
                    read.class().name()
                ),
            ));
        };
        if bytes.as_slice().is_empty() {
            break;
        }
        super::append(vm, &mut line, bytes.as_slice())?;
        if line.last() == Some(&b'\n') {
            break;
        }
    }
    Ok(PyBytes::try_new(vm, &line)?.into_value())
}

fn readlines(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let hint = size_argument(vm, args)?.filter(|&hint| hint > 0);
    let iterator = vm.iter(this)?;
    let mut lines = Vec::new();
    let mut length = 0;
    while let Some(line) = vm.next(&iterator)? {
        length += vm.length(&line)?;
        lines.push(line);
        if hint.is_some_and(|hint| length > hint) {
            break;
        }
    }
    Ok(PyList::new_value(vm, lines))
}

fn writelines(vm: Vm<'_>, this: &Value, lines: &Value) -> PyResult<Value> {
    check_closed(vm, this)?;
    let iterator = vm.iter(lines)?;
    while let Some(line) = vm.next(&iterator)? {
        vm.call_method(this, &vm.names().write, &[line])?;
    }
    Ok(Value::NONE)
}

fn raw_read(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let Some(size) = size_argument(vm, args)? else {
        return vm.call_method(this, &vm.intern("readall"), &[]);
    };
    let mut zeros: Vec<u8> = Vec::new();
    if zeros.try_reserve_exact(size).is_err() {
        return Err(vm.memory_error());
    }
    zeros.resize(size, 0);
    let buffer = PyByteArray::try_new_value(vm, zeros)?;
    let read = vm.call_method(this, &vm.intern("readinto"), std::slice::from_ref(&buffer))?;
    if read.is_none() {
        return Ok(Value::NONE);
    }
    let count = usize::try_from(number::as_i64(vm, &read)?).unwrap_or(0);
    let bytes = buffer.receiver::<PyByteArray>().with(<[u8]>::to_vec);
    let Some(part) = bytes.get(..count) else {
        return Err(vm.value_error(format!("readinto returned {count} outside buffer size {size}")));
    };
    Ok(PyBytes::try_new(vm, part)?.into_value())
}

fn raw_readall(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let mut all: Vec<u8> = Vec::new();
    loop {
        let size = Value::from_usize(super::DEFAULT_BUFFER_SIZE);
        let part = vm.call_method(this, &vm.names().read, &[size])?;
        if part.is_none() {
            if all.is_empty() {
                return Ok(Value::NONE);
            }
            break;
        }
        let Some(bytes) = part.downcast::<PyBytes>() else {
            return Err(vm.type_error("read() should return bytes"));
        };
        if bytes.as_slice().is_empty() {
            break;
        }
        super::append(vm, &mut all, bytes.as_slice())?;
    }
    Ok(PyBytes::try_new(vm, &all)?.into_value())
}

/// Fills a writable buffer with what a read of its size gives.
fn read_into_buffer(vm: Vm<'_>, this: &Value, buffer: &Value, method: &str) -> PyResult<Value> {
    let target = objects::protocol::buffer::writable(vm, buffer, method)?;
    let room = target.byte_count();
    let size = Value::from_usize(room);
    let read = vm.call_method(this, &vm.intern(method), &[size])?;
    let Some(bytes) = read.downcast::<PyBytes>() else {
        return Err(vm.type_error("read() should return bytes"));
    };
    let bytes = bytes.as_slice();
    if bytes.len() > room {
        return Err(vm.value_error(format!(
            "read() returned too much data: {} bytes requested, {} returned",
            room,
            bytes.len()
        )));
    }
    target.with_bytes_mut(|place| {
        if let Some(place) = place.get_mut(..bytes.len()) {
            place.copy_from_slice(bytes);
        }
    });
    Ok(Value::from_usize(bytes.len()))
}

fn readinto(vm: Vm<'_>, this: &Value, buffer: &Value) -> PyResult<Value> {
    read_into_buffer(vm, this, buffer, "read")
}

fn readinto1(vm: Vm<'_>, this: &Value, buffer: &Value) -> PyResult<Value> {
    read_into_buffer(vm, this, buffer, "read1")
}
