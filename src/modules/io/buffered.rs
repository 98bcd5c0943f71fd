//! `BufferedReader`, `BufferedWriter`, `BufferedRandom`: buffers over a raw stream.
//!
//! Bytes read ahead and bytes not yet written never stand together: a write first gives up what was read ahead (the raw
//! stream is moved back), a read first writes out.

use std::cell::Cell;

use objects::core::args::{Args, check_count};
use objects::core::errors::{PyResult, Raised};
use objects::core::gil_cell::GilCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::TypeSpec;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::{buffer, number};
use objects::types::bytes::{PyByteArray, PyBytes};
use objects::types::exceptions::hierarchy as exc;
use objects::types::int;
use objects::types::str::PyStr;
use objects::{getset, methods, no_references, payload};

use super::fileio::{self, PyFileIo};
use super::stream::{self, BUFFERED_IO_BASE, size_argument, unsupported};
use super::turn::Turn;

/// The bytes on their way. `ahead` were read and not yet asked for; `pending` were written and not yet handed on.
#[derive(Default)]
pub(super) struct Bytes {
    ahead: Vec<u8>,
    start: usize,
    pending: Vec<u8>,
}

no_references!(Bytes);

impl Bytes {
    fn left(&self) -> usize {
        self.ahead.len() - self.start
    }

    /// Takes up to `count` bytes that were read ahead.
    fn take(&mut self, count: usize) -> Vec<u8> {
        let end = self.start + count.min(self.left());
        let part = self.ahead.get(self.start..end).unwrap_or_default().to_vec();
        self.start = end;
        part
    }
}

payload! {
    /// The payload of a buffered stream.
    pub struct PyBuffered: BUFFERED, gc {
        raw: GilCell<Option<Value>>,
        bytes: GilCell<Bytes>,
        size: Cell<usize>,
        /// Who is in the middle of the raw stream: another call from inside is refused, other threads wait.
        turn: Turn,
        detached: Cell<bool>,
    }
}

/// The common base of the three, which holds their payload.
pub(super) static BUFFERED: StaticType = StaticType::new::<PyBuffered>();
/// `_io.BufferedReader`
pub(super) static BUFFERED_READER: StaticType = StaticType::inheriting();
/// `_io.BufferedWriter`
pub(super) static BUFFERED_WRITER: StaticType = StaticType::inheriting();
/// `_io.BufferedRandom`
pub(super) static BUFFERED_RANDOM: StaticType = StaticType::inheriting();

/// The spec of the common base.
pub(super) const BUFFERED_SPEC: TypeSpec = TypeSpec {
    name: "_io._Buffered",
    base: Some(&BUFFERED_IO_BASE),
    flags: stream::FLAGS,
    slots: &[Slot::New(buffered_new), Slot::Repr(buffered_repr), Slot::Iternext(next_line)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

/// The spec of `BufferedReader`.
pub(super) const BUFFERED_READER_SPEC: TypeSpec = TypeSpec {
    name: "_io.BufferedReader",
    doc: Some(
        "BufferedReader(raw, buffer_size=DEFAULT_BUFFER_SIZE)\n--\n\nCreate a new buffered reader using the given readable raw IO object.",
    ),
    base: Some(&BUFFERED),
    flags: stream::FLAGS,
    slots: &[Slot::Init(reader_init)],
    methods: READ_METHODS,
    ..TypeSpec::DEFAULT
};

/// The spec of `BufferedWriter`.
pub(super) const BUFFERED_WRITER_SPEC: TypeSpec = TypeSpec {
    name: "_io.BufferedWriter",
    doc: Some(
        "BufferedWriter(raw, buffer_size=DEFAULT_BUFFER_SIZE)\n--\n\nA buffer for a writeable sequential RawIO object.",
    ),
    base: Some(&BUFFERED),
    flags: stream::FLAGS,
    slots: &[Slot::Init(writer_init)],
    methods: WRITE_METHODS,
    ..TypeSpec::DEFAULT
};

/// The spec of `BufferedRandom`.
pub(super) const BUFFERED_RANDOM_SPEC: TypeSpec = TypeSpec {
    name: "_io.BufferedRandom",
    doc: Some(
        "BufferedRandom(raw, buffer_size=DEFAULT_BUFFER_SIZE)\n--\n\nA buffered interface to random access streams.",
    ),
    base: Some(&BUFFERED),
    flags: stream::FLAGS,
    slots: &[Slot::Init(random_init)],
    methods: RANDOM_METHODS,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    ["detach"] "($self, /)" None(detach);
    ["flush"] "($self, /)" None(flush);
    ["close"] "($self, /)" None(close);
    ["seekable"] "($self, /)" None(seekable);
    ["readable"] "($self, /)" None(readable);
    ["writable"] "($self, /)" None(writable);
    ["fileno"] "($self, /)" None(fileno);
    ["isatty"] "($self, /)" None(isatty);
    ["seek"] "($self, target, whence=0, /)" Positional(seek);
    ["tell"] "($self, /)" None(tell);
    ["truncate"] "($self, pos=None, /)" Positional(truncate);
}

methods! { READ_METHODS:
    ["read"] "($self, size=-1, /)" Positional(read);
    ["read1"] "($self, size=-1, /)" Positional(read1);
    ["peek"] "($self, size=0, /)" Positional(peek);
    ["readinto"] "($self, buffer, /)" One(readinto);
    ["readinto1"] "($self, buffer, /)" One(readinto1);
    ["readline"] "($self, size=-1, /)" Positional(readline);
}

methods! { WRITE_METHODS:
    ["write"] "($self, buffer, /)" One(write);
}

methods! { RANDOM_METHODS:
    ["read"] "($self, size=-1, /)" Positional(read);
    ["read1"] "($self, size=-1, /)" Positional(read1);
    ["peek"] "($self, size=0, /)" Positional(peek);
    ["readinto"] "($self, buffer, /)" One(readinto);
    ["readinto1"] "($self, buffer, /)" One(readinto1);
    ["readline"] "($self, size=-1, /)" Positional(readline);
    ["write"] "($self, buffer, /)" One(write);
}

getset! { GETSET:
    ["closed"] get_closed;
    ["name"] get_name;
    ["mode"] get_mode;
    ["raw"] get_raw;
}

fn buffered_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    let payload = PyBuffered {
        raw: GilCell::default(),
        bytes: GilCell::default(),
        size: Cell::new(super::DEFAULT_BUFFER_SIZE),
        turn: Turn::default(),
        detached: Cell::new(false),
    };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

/// A writer over a raw stream: the standard streams.
///
/// # Errors
/// What its construction raises.
pub(super) fn over(vm: Vm<'_>, class: &'static StaticType, raw: Value) -> PyResult<Value> {
    vm.call(&class.get().to_value(), &[raw])
}

fn init(vm: Vm<'_>, this: &Value, args: Args<'_>, checks: &[(&str, &str)]) -> PyResult<()> {
    let name = this.class().name();
    let short = name.rsplit('.').next().unwrap_or(&name).to_owned();
    let raw = args.positional().first().or_else(|| args.keyword("raw"));
    let Some(raw) = raw else {
        return Err(vm.type_error(format!("{short}() missing required argument 'raw' (pos 1)")));
    };
    for (method, text) in checks {
        let answer = vm.call_method(raw, &vm.intern(method), &[])?;
        if !vm.is_true(&answer)? {
            return Err(unsupported(vm, text));
        }
    }
    let size = args.positional().get(1).or_else(|| args.keyword("buffer_size"));
    let size = match size {
        Some(size) => number::as_i64(vm, size)?,
        None => super::DEFAULT_BUFFER_SIZE_I64,
    };
    let Some(size) = usize::try_from(size).ok().filter(|&size| size > 0) else {
        return Err(vm.value_error("buffer size must be strictly positive"));
    };
    let payload = this.receiver::<PyBuffered>();
    payload.size.set(size);
    payload.detached.set(false);
    payload.raw.set(Some(raw.clone()));
    Ok(())
}

const READABLE: (&str, &str) = ("readable", "File or stream is not readable.");
const WRITABLE: (&str, &str) = ("writable", "File or stream is not writable.");
const SEEKABLE: (&str, &str) = ("seekable", "File or stream is not seekable.");

fn reader_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    init(vm, this, args, &[READABLE])
}

fn writer_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    init(vm, this, args, &[WRITABLE])
}

fn random_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    init(vm, this, args, &[SEEKABLE, READABLE, WRITABLE])
}

fn raw_of(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let payload = this.receiver::<PyBuffered>();
    match payload.raw.get() {
        Some(raw) => Ok(raw),
        None if payload.detached.get() => Err(vm.value_error("raw stream has been detached")),
        None => Err(vm.value_error("I/O operation on uninitialized object")),
    }
}

fn call_raw(vm: Vm<'_>, this: &Value, method: &str, args: &[Value]) -> PyResult<Value> {
    let raw = raw_of(vm, this)?;
    vm.call_method(&raw, &vm.intern(method), args)
}

fn is_closed(vm: Vm<'_>, raw: &Value) -> PyResult<bool> {
    if let Some(file) = raw.downcast_exact::<PyFileIo>() {
        return Ok(file.fd.get() < 0);
    }
    let closed = vm.get_attr(raw, &vm.names().closed)?;
    vm.is_true(&closed)
}

fn check_open(vm: Vm<'_>, this: &Value, what: &str) -> PyResult<Value> {
    let raw = raw_of(vm, this)?;
    if is_closed(vm, &raw)? {
        return Err(vm.value_error(format!("{what} of closed file")));
    }
    Ok(raw)
}

/// Marks the stream busy while `f` talks to the raw stream.
fn exclusively<R>(
    vm: Vm<'_>,
    this: &Value,
    f: impl FnOnce(&Py<PyBuffered>) -> PyResult<R>,
) -> PyResult<R> {
    let payload = this.receiver::<PyBuffered>();
    let _taken = payload.turn.take(vm, this)?;
    f(payload)
}

/// One read of the raw stream of up to `size` bytes; None when nothing is there yet.
fn raw_read(vm: Vm<'_>, raw: &Value, size: usize) -> PyResult<Option<Vec<u8>>> {
    let mut bytes: Vec<u8> = Vec::new();
    if bytes.try_reserve_exact(size).is_err() {
        return Err(vm.memory_error());
    }
    bytes.resize(size, 0);
    if let Some(file) = raw.downcast_exact::<PyFileIo>() {
        let Some(count) = fileio::read_some(vm, file.fd.get(), &mut bytes)? else {
            return Ok(None);
        };
        bytes.truncate(count);
        return Ok(Some(bytes));
    }
    let target = PyByteArray::try_new_value(vm, bytes)?;
    let read = vm.call_method(raw, &vm.intern("readinto"), std::slice::from_ref(&target))?;
    if read.is_none() {
        return Ok(None);
    }
    let count = number::as_i64(vm, &read)?;
    let Some(count) = usize::try_from(count).ok().filter(|&count| count <= size) else {
        return Err(vm.error(
            &exc::OS_ERROR,
            format!("raw readinto() returned invalid length {count} (should have been between 0 and {size})"),
        ));
    };
    Ok(Some(
        target.receiver::<PyByteArray>().with(|all| all.get(..count).unwrap_or_default().to_vec()),
    ))
}

/// One write to the raw stream: how many bytes it took, None when it takes none now.
fn raw_write(vm: Vm<'_>, raw: &Value, bytes: &[u8]) -> PyResult<Option<usize>> {
    if let Some(file) = raw.downcast_exact::<PyFileIo>() {
        return fileio::write_some(vm, file.fd.get(), bytes);
    }
    let chunk = PyBytes::try_new(vm, bytes)?.into_value();
    let written = vm.call_method(raw, &vm.names().write, &[chunk])?;
    if written.is_none() {
        return Ok(None);
    }
    let count = number::as_i64(vm, &written)?;
    match usize::try_from(count).ok().filter(|&count| count <= bytes.len()) {
        Some(count) => Ok(Some(count)),
        None => Err(vm.error(
            &exc::OS_ERROR,
            format!(
                "raw write() returned invalid length {count} (should have been between 0 and {})",
                bytes.len()
            ),
        )),
    }
}

/// Hands everything that is pending to the raw stream.
fn write_out(vm: Vm<'_>, payload: &Py<PyBuffered>, raw: &Value) -> PyResult<()> {
    let pending = payload.bytes.with_mut(|bytes| std::mem::take(&mut bytes.pending));
    let mut done = 0;
    while done < pending.len() {
        let rest = pending.get(done..).unwrap_or_default();
        let written = raw_write(vm, raw, rest);
        match written {
            Ok(Some(count)) => done += count,
            other => {
                let left = rest.to_vec();
                payload.bytes.with_mut(|bytes| {
                    let newer = std::mem::replace(&mut bytes.pending, left);
                    bytes.pending.extend(newer);
                });
                other?;
                return Err(would_block(vm, 0));
            }
        }
        vm.poll()?;
    }
    Ok(())
}

#[cold]
fn would_block(vm: Vm<'_>, written: usize) -> Raised {
    let args = [
        Value::small_int_unchecked(11),
        PyStr::new_value(vm, "write could not complete without blocking"),
        Value::from_usize(written),
    ];
    match vm.call(&exc::BLOCKING_IO_ERROR.get().to_value(), &args) {
        Ok(error) => vm.raise(error),
        Err(raised) => raised,
    }
}

/// Gives up what was read ahead: the raw stream goes back to where the reader is.
fn drop_ahead(vm: Vm<'_>, payload: &Py<PyBuffered>, raw: &Value) -> PyResult<()> {
    let left = payload.bytes.with_mut(|bytes| {
        let left = bytes.left();
        bytes.ahead.clear();
        bytes.start = 0;
        left
    });
    if left > 0 {
        let back = Value::small_int_unchecked(-i64::try_from(left).unwrap_or(i64::MAX / 4));
        vm.call_method(raw, &vm.names().seek, &[back, Value::small_int_unchecked(1)])?;
    }
    Ok(())
}

fn has_pending(payload: &Py<PyBuffered>) -> bool {
    payload.bytes.with(|bytes| !bytes.pending.is_empty())
}

/// Before a read: what is pending goes out.
fn before_read(vm: Vm<'_>, payload: &Py<PyBuffered>, raw: &Value) -> PyResult<()> {
    if has_pending(payload) { write_out(vm, payload, raw) } else { Ok(()) }
}

/// Reads ahead once, if nothing is left. The number of bytes that then are; None when the raw stream has none yet.
fn fill(vm: Vm<'_>, payload: &Py<PyBuffered>, raw: &Value) -> PyResult<Option<usize>> {
    let left = payload.bytes.with(Bytes::left);
    if left > 0 {
        return Ok(Some(left));
    }
    let Some(read) = raw_read(vm, raw, payload.size.get())? else { return Ok(None) };
    let count = read.len();
    payload.bytes.with_mut(|bytes| {
        bytes.ahead = read;
        bytes.start = 0;
    });
    Ok(Some(count))
}

fn read(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    if let Some(size) = args.first()
        && number::is_int(size)
        && number::as_i64(vm, size)? < -1
    {
        return Err(vm.value_error("read length must be non-negative or -1"));
    }
    let size = size_argument(vm, args)?;
    let raw = check_open(vm, this, "read")?;
    exclusively(vm, this, |payload| {
        before_read(vm, payload, &raw)?;
        match size {
            Some(size) => read_exactly(vm, payload, &raw, size),
            None => read_all(vm, payload, &raw),
        }
    })
}

fn read_all(vm: Vm<'_>, payload: &Py<PyBuffered>, raw: &Value) -> PyResult<Value> {
    let mut all = payload.bytes.with_mut(|bytes| bytes.take(usize::MAX));
    if let Some(readall) = vm.get_attr_opt(raw, &vm.intern("readall"))? {
        let rest = vm.call(&readall, &[])?;
        if rest.is_none() {
            if all.is_empty() {
                return Ok(Value::NONE);
            }
        } else if let Some(bytes) = rest.downcast::<PyBytes>() {
            if all.is_empty() {
                return Ok(rest);
            }
            super::append(vm, &mut all, bytes.as_slice())?;
        } else {
            return Err(vm.type_error("readall() should return bytes"));
        }
    } else {
        let mut nothing_yet = false;
        loop {
            match raw_read(vm, raw, payload.size.get())? {
                Some(part) if part.is_empty() => break,
                Some(part) => super::append(vm, &mut all, &part)?,
                None => {
                    nothing_yet = true;
                    break;
                }
            }
        }
        if nothing_yet && all.is_empty() {
            return Ok(Value::NONE);
        }
    }
    Ok(PyBytes::try_new(vm, &all)?.into_value())
}

fn read_exactly(vm: Vm<'_>, payload: &Py<PyBuffered>, raw: &Value, size: usize) -> PyResult<Value> {
    let mut got = payload.bytes.with_mut(|bytes| bytes.take(size));
    while got.len() < size {
        let missing = size - got.len();
        // Whole buffers go past ours.
        if missing >= payload.size.get() {
            match raw_read(vm, raw, missing)? {
                Some(part) if part.is_empty() => break,
                Some(part) => got.extend(part),
                None if got.is_empty() => return Ok(Value::NONE),
                None => break,
            }
            continue;
        }
        match fill(vm, payload, raw)? {
            Some(0) => break,
            Some(_) => got.extend(payload.bytes.with_mut(|bytes| bytes.take(missing))),
            None if got.is_empty() => return Ok(Value::NONE),
            None => break,
        }
    }
    Ok(PyBytes::try_new(vm, &got)?.into_value())
}

fn read1(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let size = size_argument(vm, args)?;
    let raw = check_open(vm, this, "read")?;
    exclusively(vm, this, |payload| {
        before_read(vm, payload, &raw)?;
        let size = size.unwrap_or_else(|| payload.size.get());
        if size > 0 {
            fill(vm, payload, &raw)?;
        }
        let part = payload.bytes.with_mut(|bytes| bytes.take(size));
        Ok(PyBytes::try_new(vm, &part)?.into_value())
    })
}

fn peek(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "peek", args.len(), 0, 1)?;
    let raw = check_open(vm, this, "peek")?;
    exclusively(vm, this, |payload| {
        before_read(vm, payload, &raw)?;
        fill(vm, payload, &raw)?;
        let ahead =
            payload.bytes.with(|bytes| bytes.ahead.get(bytes.start..).unwrap_or_default().to_vec());
        Ok(PyBytes::try_new(vm, &ahead)?.into_value())
    })
}

fn into_buffer(vm: Vm<'_>, this: &Value, target: &Value, once: bool) -> PyResult<Value> {
    let raw = check_open(vm, this, "readinto")?;
    let target = buffer::writable(vm, target, "readinto")?;
    let wanted = target.byte_count();
    let got = exclusively(vm, this, |payload| {
        before_read(vm, payload, &raw)?;
        let mut got = payload.bytes.with_mut(|bytes| bytes.take(wanted));
        while got.len() < wanted && (got.is_empty() || !once) {
            match fill(vm, payload, &raw)? {
                Some(0) | None => break,
                Some(_) => {
                    let missing = wanted - got.len();
                    got.extend(payload.bytes.with_mut(|bytes| bytes.take(missing)));
                }
            }
        }
        Ok(got)
    })?;
    target.with_bytes_mut(|place| {
        for (to, from) in place.iter_mut().zip(&got) {
            *to = *from;
        }
    });
    Ok(Value::from_usize(got.len()))
}

fn readinto(vm: Vm<'_>, this: &Value, target: &Value) -> PyResult<Value> {
    into_buffer(vm, this, target, false)
}

fn readinto1(vm: Vm<'_>, this: &Value, target: &Value) -> PyResult<Value> {
    into_buffer(vm, this, target, true)
}

/// The bytes of the next line, with its end.
fn line_bytes(vm: Vm<'_>, this: &Value, limit: Option<usize>) -> PyResult<Vec<u8>> {
    let raw = check_open(vm, this, "readline")?;
    exclusively(vm, this, |payload| {
        before_read(vm, payload, &raw)?;
        let mut line = Vec::new();
        loop {
            let room = limit.map_or(usize::MAX, |limit| limit - line.len());
            let ended = payload.bytes.with_mut(|bytes| {
                let ahead = bytes.ahead.get(bytes.start..).unwrap_or_default();
                let newline = ahead.iter().position(|&byte| byte == b'\n');
                let wanted = newline.map_or(ahead.len(), |at| at + 1).min(room);
                let ends = newline.is_some_and(|at| at < wanted) || wanted == room;
                if line.try_reserve(wanted).is_err() {
                    return Err(vm.memory_error());
                }
                line.extend(bytes.take(wanted));
                Ok(ends)
            })?;
            if ended {
                return Ok(line);
            }
            match fill(vm, payload, &raw)? {
                Some(0) | None => return Ok(line),
                Some(_) => {}
            }
        }
    })
}

fn readline(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let limit = size_argument(vm, args)?;
    let line = line_bytes(vm, this, limit)?;
    Ok(PyBytes::try_new(vm, &line)?.into_value())
}

fn next_line(vm: Vm<'_>, this: &Value) -> PyResult<Option<Value>> {
    let own = this.class();
    let plain = own.is(BUFFERED_READER.get()) || own.is(BUFFERED_RANDOM.get());
    if plain {
        let line = line_bytes(vm, this, None)?;
        return if line.is_empty() {
            Ok(None)
        } else {
            Ok(Some(PyBytes::try_new(vm, &line)?.into_value()))
        };
    }
    let line = vm.call_method(this, &vm.names().readline, &[])?;
    if vm.is_true(&line)? { Ok(Some(line)) } else { Ok(None) }
}

fn write(vm: Vm<'_>, this: &Value, data: &Value) -> PyResult<Value> {
    if data.downcast::<PyStr>().is_some() {
        return Err(vm.type_error("a bytes-like object is required, not 'str'"));
    }
    let data = buffer::bytes_like(vm, data)?.to_vec();
    write_bytes(vm, this, &data)?;
    Ok(Value::from_usize(data.len()))
}

/// Writes bytes through the buffer.
///
/// # Errors
/// ValueError when closed; what the raw stream raises.
pub(super) fn write_bytes(vm: Vm<'_>, this: &Value, data: &[u8]) -> PyResult<()> {
    let raw = check_open(vm, this, "write")?;
    exclusively(vm, this, |payload| {
        if payload.bytes.with(Bytes::left) > 0 {
            drop_ahead(vm, payload, &raw)?;
        }
        let full = payload.bytes.with_mut(|bytes| {
            if bytes.pending.try_reserve(data.len()).is_err() {
                return None;
            }
            bytes.pending.extend_from_slice(data);
            Some(bytes.pending.len() > payload.size.get())
        });
        match full {
            None => Err(vm.memory_error()),
            Some(true) => write_out(vm, payload, &raw),
            Some(false) => Ok(()),
        }
    })
}

fn flush(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let raw = check_open(vm, this, "flush")?;
    exclusively(vm, this, |payload| {
        if has_pending(payload) {
            write_out(vm, payload, &raw)?;
        } else if payload.bytes.with(Bytes::left) > 0 {
            let seekable = vm.call_method(&raw, &vm.intern("seekable"), &[])?;
            if vm.is_true(&seekable)? {
                drop_ahead(vm, payload, &raw)?;
            }
        }
        Ok(())
    })?;
    vm.call_method(&raw, &vm.names().flush, &[])
}

fn close(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let raw = raw_of(vm, this)?;
    if is_closed(vm, &raw)? {
        return Ok(Value::NONE);
    }
    let flushed = vm.call_method(this, &vm.names().flush, &[]);
    stream::then_close(vm, flushed, || vm.call_method(&raw, &vm.names().close, &[]))
}

fn detach(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let raw = raw_of(vm, this)?;
    vm.call_method(this, &vm.names().flush, &[])?;
    let payload = this.receiver::<PyBuffered>();
    payload.raw.set(None);
    payload.detached.set(true);
    Ok(raw)
}

fn seekable(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    call_raw(vm, this, "seekable", &[])
}

fn readable(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    if this.class().is_subtype(BUFFERED_WRITER.get()) {
        return Ok(Value::FALSE);
    }
    call_raw(vm, this, "readable", &[])
}

fn writable(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    if this.class().is_subtype(BUFFERED_READER.get()) {
        return Ok(Value::FALSE);
    }
    call_raw(vm, this, "writable", &[])
}

fn fileno(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    call_raw(vm, this, "fileno", &[])
}

fn isatty(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    call_raw(vm, this, "isatty", &[])
}

fn seek(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "seek", args.len(), 1, 2)?;
    let whence = args.get(1).map_or(Ok(0), |whence| number::as_i64(vm, whence))?;
    if !(0..=2).contains(&whence) {
        return Err(vm.value_error(format!("whence value {whence} unsupported")));
    }
    let raw = check_open(vm, this, "seek")?;
    let seekable = vm.call_method(&raw, &vm.intern("seekable"), &[])?;
    if !vm.is_true(&seekable)? {
        return Err(unsupported(vm, "File or stream is not seekable."));
    }
    let target = number::index(vm, &args[0])?;
    exclusively(vm, this, |payload| {
        before_read(vm, payload, &raw)?;
        if whence == 1 {
            drop_ahead(vm, payload, &raw)?;
        } else {
            payload.bytes.with_mut(|bytes| {
                bytes.ahead.clear();
                bytes.start = 0;
            });
        }
        vm.call_method(&raw, &vm.names().seek, &[target, Value::small_int_unchecked(whence)])
    })
}

fn tell(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let raw = check_open(vm, this, "tell")?;
    let position = vm.call_method(&raw, &vm.intern("tell"), &[])?;
    let position = number::as_i64(vm, &position)?;
    let payload = this.receiver::<PyBuffered>();
    let shift = payload.bytes.with(|bytes| {
        i64::try_from(bytes.pending.len()).unwrap_or(0) - i64::try_from(bytes.left()).unwrap_or(0)
    });
    if position < 0 {
        return Err(
            vm.error(&exc::OS_ERROR, format!("Raw stream returned invalid position {position}"))
        );
    }
    Ok(int::from_i64(vm, position + shift))
}

fn truncate(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "truncate", args.len(), 0, 1)?;
    let raw = check_open(vm, this, "truncate")?;
    if this.class().is_subtype(BUFFERED_READER.get()) {
        return Err(unsupported(vm, "truncate"));
    }
    let position = match args.first().filter(|position| !position.is_none()) {
        Some(position) => position.clone(),
        None => tell(vm, this)?,
    };
    exclusively(vm, this, |payload| {
        before_read(vm, payload, &raw)?;
        drop_ahead(vm, payload, &raw)?;
        vm.call_method(&raw, &vm.intern("truncate"), &[position])
    })
}

fn get_closed(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let raw = raw_of(vm, this)?;
    is_closed(vm, &raw).map(Value::from_bool)
}

fn get_name(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let raw = raw_of(vm, this)?;
    vm.get_attr(&raw, &vm.names().name)
}

fn get_mode(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let raw = raw_of(vm, this)?;
    vm.get_attr(&raw, &vm.names().mode)
}

fn get_raw(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.receiver::<PyBuffered>().raw.get().unwrap_or_else(|| {
        let _ = vm;
        Value::NONE
    }))
}

fn buffered_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let class = this.class().name();
    let name = match raw_of(vm, this) {
        Ok(raw) => vm.get_attr_opt(&raw, &vm.names().name)?,
        Err(raised) => {
            vm.clear(raised);
            None
        }
    };
    let text = match name {
        Some(name) => format!("<{class} name={}>", vm.repr(&name)?.to_rust_string()),
        None => format!("<{class}>"),
    };
    Ok(PyStr::try_new(vm, &text)?.into_value())
}
