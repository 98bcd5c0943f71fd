//! `FileIO`: a descriptor, without buffer.

use std::cell::Cell;
use std::ffi::CString;

use objects::core::args::{Args, check_count};
use objects::core::errors::{PyResult, Raised};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::TypeSpec;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::{buffer, number};
use objects::types::bytes::PyBytes;
use objects::types::int;
use objects::types::str::PyStr;
use objects::{getset, methods, payload};
use rustix::io::Errno;

use super::stream::{self, RAW_IO_BASE, size_argument, unsupported};
use crate::posix::fd;

payload! {
    /// The payload of a file.
    pub struct PyFileIo: FILE_IO {
        /// The descriptor; -1 when closed.
        pub fd: Cell<i32>,
        readable: Cell<bool>,
        writable: Cell<bool>,
        created: Cell<bool>,
        appending: Cell<bool>,
        closefd: Cell<bool>,
        seekable: Cell<Option<bool>>,
    }
}

/// `_io.FileIO`
pub(super) static FILE_IO: StaticType = StaticType::new::<PyFileIo>();

/// The spec of `FileIO`.
pub(super) const FILE_IO_SPEC: TypeSpec = TypeSpec {
    name: "_io.FileIO",
    doc: Some("FileIO(file, mode='r', closefd=True, opener=None)\n--\n\nOpen a file."),
    base: Some(&RAW_IO_BASE),
    flags: stream::FLAGS,
    slots: &[Slot::New(file_new), Slot::Init(file_init), Slot::Repr(file_repr)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Read at most size bytes, returned as bytes.
    ["read"] "($self, size=-1, /)" Positional(read);
    /// Read all data from the file, returned as bytes.
    ["readall"] "($self, /)" None(readall);
    /// Same as RawIOBase.readinto().
    ["readinto"] "($self, buffer, /)" One(readinto);
    /// Write buffer b to file, return number of bytes written.
    ["write"] "($self, b, /)" One(write);
    /// Move to new file position and return the file position.
    ["seek"] "($self, pos, whence=0, /)" Positional(seek);
    /// Current file position.
    ["tell"] "($self, /)" None(tell);
    /// Truncate the file to at most size bytes and return the truncated size.
    ["truncate"] "($self, size=None, /)" Positional(truncate);
    /// Close the file.
    ["close"] "($self, /)" None(close);
    /// True if file supports random-access.
    ["seekable"] "($self, /)" None(seekable);
    /// True if file was opened in a read mode.
    ["readable"] "($self, /)" None(readable);
    /// True if file was opened in a write mode.
    ["writable"] "($self, /)" None(writable);
    /// Return the underlying file descriptor (an integer).
    ["fileno"] "($self, /)" None(fileno);
    /// True if the file is connected to a TTY device.
    ["isatty"] "($self, /)" None(isatty);
    ["_isatty_open_only"] "($self, /)" None(isatty);
}

getset! { GETSET:
    /// True if the file is closed
    ["closed"] get_closed;
    /// True if the file descriptor will be closed by close().
    ["closefd"] get_closefd;
    /// String giving the file mode
    ["mode"] get_mode;
    ["_blksize"] get_blksize;
}

fn empty() -> PyFileIo {
    PyFileIo {
        fd: Cell::new(-1),
        readable: Cell::new(false),
        writable: Cell::new(false),
        created: Cell::new(false),
        appending: Cell::new(false),
        closefd: Cell::new(true),
        seekable: Cell::new(None),
    }
}

/// A file over a descriptor that stays open when the file is closed: the standard streams.
#[must_use]
pub(super) fn of_descriptor(vm: Vm<'_>, descriptor: i32, writable: bool, name: &str) -> Value {
    let payload = empty();
    payload.fd.set(descriptor);
    payload.readable.set(!writable);
    payload.writable.set(writable);
    payload.closefd.set(false);
    let this = PyRef::new(vm, payload).into_value();
    let name = PyStr::new_value(vm, name);
    if let Err(raised) = vm.set_attr(&this, &vm.names().name, Some(&name)) {
        vm.clear(raised);
    }
    this
}

fn file_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    Ok(PyRef::try_new_of(vm, class, empty())?.into_value())
}

/// The flags of `open(2)` for a mode.
fn open_flags(vm: Vm<'_>, this: &PyFileIo, mode: &str) -> PyResult<i32> {
    use rustix::fs::OFlags;
    let bad = || {
        vm.value_error(
            "Must have exactly one of create/read/write/append mode and at most one plus",
        )
    };
    let (mut kinds, mut plus, mut flags) = (0, false, OFlags::empty());
    for letter in mode.chars() {
        match letter {
            'x' => {
                this.created.set(true);
                this.writable.set(true);
                flags |= OFlags::EXCL | OFlags::CREATE;
                kinds += 1;
            }
            'r' => {
                this.readable.set(true);
                kinds += 1;
            }
            'w' => {
                this.writable.set(true);
                flags |= OFlags::CREATE | OFlags::TRUNC;
                kinds += 1;
            }
            'a' => {
                this.writable.set(true);
                this.appending.set(true);
                flags |= OFlags::APPEND | OFlags::CREATE;
                kinds += 1;
            }
            'b' => {}
            '+' if plus => return Err(bad()),
            '+' => plus = true,
            _ => return Err(vm.value_error(format!("invalid mode: {mode}"))),
        }
    }
    if kinds != 1 {
        return Err(bad());
    }
    if plus {
        this.readable.set(true);
        this.writable.set(true);
    }
    flags |= match (this.readable.get(), this.writable.get()) {
        (true, true) => OFlags::RDWR,
        (true, false) => OFlags::RDONLY,
        _ => OFlags::WRONLY,
    };
    Ok(flags.bits().cast_signed())
}

fn file_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    let place =
        |index: usize, name: &str| args.positional().get(index).or_else(|| args.keyword(name));
    let Some(file) = place(0, "file") else {
        return Err(vm.type_error("FileIO() missing required argument 'file' (pos 1)"));
    };
    let mode = match place(1, "mode") {
        None => "r".to_owned(),
        Some(mode) => match mode.downcast::<PyStr>() {
            Some(mode) => mode.to_rust_string(),
            None => {
                return Err(vm.type_error(format!(
                    "FileIO() argument 'mode' must be str, not {}",
                    mode.class().name()
                )));
            }
        },
    };
    let closefd = place(2, "closefd").map_or(Ok(true), |value| vm.is_true(value))?;
    let opener = place(3, "opener").filter(|opener| !opener.is_none());
    let payload = this.receiver::<PyFileIo>();
    if payload.fd.get() >= 0 && payload.closefd.get() {
        let _ = fd::close(payload.fd.replace(-1));
    }
    payload.closefd.set(closefd);
    let flags = open_flags(vm, payload, &mode)?;
    if number::is_int(file) {
        if file.as_bool().is_some() {
            crate::warnings::warn(
                vm,
                &objects::types::exceptions::hierarchy::RUNTIME_WARNING,
                "bool is used as a file descriptor",
            )?;
        }
        let descriptor = number::as_i32(vm, file)?;
        if descriptor < 0 {
            return Err(vm.value_error("negative file descriptor"));
        }
        payload.fd.set(descriptor);
    } else {
        let path = crate::paths::fs_encode(vm, file)?;
        if !closefd {
            return Err(vm.value_error("Cannot use closefd=False with file name"));
        }
        payload.fd.set(open_path(vm, file, path, flags, opener)?);
    }
    if let Err(raised) = check_not_directory(vm, payload, file) {
        if closefd && !number::is_int(file) {
            let _ = fd::close(payload.fd.get());
        }
        payload.fd.set(-1);
        return Err(raised);
    }
    vm.set_attr(this, &vm.names().name, Some(file))?;
    if payload.appending.get() {
        let _ = fd::seek(payload.fd.get(), 0, 2);
    }
    Ok(())
}

fn open_path(
    vm: Vm<'_>,
    file: &Value,
    path: Vec<u8>,
    flags: i32,
    opener: Option<&Value>,
) -> PyResult<i32> {
    if let Some(opener) = opener {
        let flags = Value::small_int_unchecked(i64::from(flags));
        let opened = vm.call(opener, &[file.clone(), flags])?;
        if !number::is_int(&opened) {
            return Err(vm.type_error("expected integer from opener"));
        }
        let descriptor = number::as_i32(vm, &opened)?;
        if descriptor < 0 {
            return Err(vm.value_error(format!("opener returned {descriptor}")));
        }
        return Ok(descriptor);
    }
    let Ok(path) = CString::new(path) else {
        return Err(vm.value_error("embedded null byte"));
    };
    loop {
        let opened = vm.allow_threads(|| fd::open(&path, flags, 0o666));
        match opened {
            Ok(descriptor) => return Ok(descriptor),
            Err(Errno::INTR) => vm.poll()?,
            Err(errno) => return Err(vm.os_error(errno.raw_os_error(), Some(file))),
        }
    }
}

fn check_not_directory(vm: Vm<'_>, payload: &PyFileIo, file: &Value) -> PyResult<()> {
    match fd::stat(payload.fd.get()) {
        Ok(stat) => {
            let kind = rustix::fs::FileType::from_raw_mode(stat.st_mode);
            if kind == rustix::fs::FileType::Directory {
                return Err(vm.os_error(Errno::ISDIR.raw_os_error(), Some(file)));
            }
            Ok(())
        }
        Err(Errno::BADF) => Err(vm.os_error(Errno::BADF.raw_os_error(), None)),
        Err(_) => Ok(()),
    }
}

fn closed_error(vm: Vm<'_>) -> Raised {
    vm.value_error("I/O operation on closed file")
}

fn open_file<'v>(vm: Vm<'_>, this: &'v Value) -> PyResult<&'v Py<PyFileIo>> {
    let payload = this.receiver::<PyFileIo>();
    if payload.fd.get() < 0 { Err(closed_error(vm)) } else { Ok(payload) }
}

fn need_readable(vm: Vm<'_>, this: &PyFileIo) -> PyResult<()> {
    if this.readable.get() { Ok(()) } else { Err(unsupported(vm, "File not open for reading")) }
}

fn need_writable(vm: Vm<'_>, this: &PyFileIo) -> PyResult<()> {
    if this.writable.get() { Ok(()) } else { Err(unsupported(vm, "File not open for writing")) }
}

/// Reads into `target`, again after a signal; None when nothing is there yet and the descriptor does not wait.
///
/// # Errors
/// OSError, or what a signal's handler raises.
pub(crate) fn read_some(vm: Vm<'_>, descriptor: i32, target: &mut [u8]) -> PyResult<Option<usize>> {
    loop {
        let result = vm.allow_threads(|| fd::read(descriptor, target));
        match result {
            Ok(count) => return Ok(Some(count)),
            Err(Errno::INTR) => vm.poll()?,
            Err(Errno::AGAIN) => return Ok(None),
            Err(errno) => return Err(vm.os_error(errno.raw_os_error(), None)),
        }
    }
}

/// Writes some of `bytes`, again after a signal; None when the descriptor takes nothing now and does not wait.
///
/// # Errors
/// OSError, or what a signal's handler raises.
pub(crate) fn write_some(vm: Vm<'_>, descriptor: i32, bytes: &[u8]) -> PyResult<Option<usize>> {
    if super::aside::is_wanted(descriptor) {
        return Ok(Some(vm.allow_threads(|| super::aside::write(bytes))));
    }
    loop {
        let result = vm.allow_threads(|| fd::write(descriptor, bytes));
        match result {
            Ok(count) => return Ok(Some(count)),
            Err(Errno::INTR) => vm.poll()?,
            Err(Errno::AGAIN) => return Ok(None),
            Err(errno) => return Err(vm.os_error(errno.raw_os_error(), None)),
        }
    }
}

fn read(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let payload = open_file(vm, this)?;
    need_readable(vm, payload)?;
    let Some(size) = size_argument(vm, args)? else { return readall(vm, this) };
    let mut target: Vec<u8> = Vec::new();
    if target.try_reserve_exact(size).is_err() {
        return Err(vm.memory_error());
    }
    target.resize(size, 0);
    match read_some(vm, payload.fd.get(), &mut target)? {
        Some(count) => {
            let part = target.get(..count).unwrap_or_default();
            Ok(PyBytes::try_new(vm, part)?.into_value())
        }
        None => Ok(Value::NONE),
    }
}

fn readall(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let payload = open_file(vm, this)?;
    need_readable(vm, payload)?;
    let mut all: Vec<u8> = Vec::new();
    let expected = fd::stat(payload.fd.get())
        .ok()
        .and_then(|stat| usize::try_from(stat.st_size).ok())
        .filter(|&size| size > 0 && size < (1 << 30))
        .unwrap_or(0);
    let mut chunk = (expected + 1).max(super::DEFAULT_BUFFER_SIZE);
    loop {
        let start = all.len();
        if all.try_reserve(chunk).is_err() {
            return Err(vm.memory_error());
        }
        all.resize(start + chunk, 0);
        let target = all.get_mut(start..).unwrap_or_default();
        let read = read_some(vm, payload.fd.get(), target);
        match read {
            Ok(Some(0)) => {
                all.truncate(start);
                break;
            }
            Ok(Some(count)) => all.truncate(start + count),
            Ok(None) if start == 0 => return Ok(Value::NONE),
            Ok(None) => {
                all.truncate(start);
                break;
            }
            Err(raised) => return Err(raised),
        }
        chunk = chunk.max(all.len() / 8).min(1 << 24);
    }
    Ok(PyBytes::try_new(vm, &all)?.into_value())
}

fn readinto(vm: Vm<'_>, this: &Value, target: &Value) -> PyResult<Value> {
    let payload = open_file(vm, this)?;
    need_readable(vm, payload)?;
    let target = buffer::writable(vm, target, "readinto")?;
    let mut bytes: Vec<u8> = Vec::new();
    if bytes.try_reserve_exact(target.byte_count()).is_err() {
        return Err(vm.memory_error());
    }
    bytes.resize(target.byte_count(), 0);
    let Some(count) = read_some(vm, payload.fd.get(), &mut bytes)? else {
        return Ok(Value::NONE);
    };
    target.with_bytes_mut(|place| {
        for (to, from) in place.iter_mut().zip(bytes.iter().take(count)) {
            *to = *from;
        }
    });
    Ok(Value::from_usize(count))
}

fn write(vm: Vm<'_>, this: &Value, bytes: &Value) -> PyResult<Value> {
    let payload = open_file(vm, this)?;
    need_writable(vm, payload)?;
    let bytes = buffer::bytes_like(vm, bytes)?.to_vec();
    match write_some(vm, payload.fd.get(), &bytes)? {
        Some(count) => Ok(Value::from_usize(count)),
        None => Ok(Value::NONE),
    }
}

fn seek_to(vm: Vm<'_>, payload: &PyFileIo, offset: i64, whence: i64) -> PyResult<Value> {
    match fd::seek(payload.fd.get(), offset, whence) {
        Ok(position) => Ok(int::from_u64(vm, position)),
        Err(errno) => Err(vm.os_error(errno.raw_os_error(), None)),
    }
}

fn seek(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "seek", args.len(), 1, 2)?;
    let payload = open_file(vm, this)?;
    if args[0].is_exact(objects::types::float_::FLOAT.get()) {
        return Err(vm.type_error("an integer is required"));
    }
    let offset = number::as_i64(vm, &args[0])?;
    let whence = args.get(1).map_or(Ok(0), |whence| number::as_i64(vm, whence))?;
    seek_to(vm, payload, offset, whence)
}

fn tell(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    seek_to(vm, open_file(vm, this)?, 0, 1)
}

fn truncate(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "truncate", args.len(), 0, 1)?;
    let payload = open_file(vm, this)?;
    need_writable(vm, payload)?;
    let size = match args.first().filter(|size| !size.is_none()) {
        Some(size) => size.clone(),
        None => tell(vm, this)?,
    };
    let length = number::as_i64(vm, &size)?;
    let descriptor = payload.fd.get();
    let Ok(length) = u64::try_from(length) else {
        return Err(vm.os_error(Errno::INVAL.raw_os_error(), None));
    };
    match vm.allow_threads(|| fd::truncate(descriptor, length)) {
        Ok(()) => Ok(size),
        Err(errno) => Err(vm.os_error(errno.raw_os_error(), None)),
    }
}

fn close(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let payload = this.receiver::<PyFileIo>();
    if !payload.closefd.get() {
        payload.fd.set(-1);
        return Ok(Value::NONE);
    }
    let descriptor = payload.fd.replace(-1);
    if descriptor < 0 {
        return Ok(Value::NONE);
    }
    match fd::close(descriptor) {
        Ok(()) => Ok(Value::NONE),
        Err(errno) => Err(vm.os_error(errno.raw_os_error(), None)),
    }
}

fn seekable(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let payload = open_file(vm, this)?;
    let known = payload.seekable.get().unwrap_or_else(|| {
        let answer = fd::seek(payload.fd.get(), 0, 1).is_ok();
        payload.seekable.set(Some(answer));
        answer
    });
    Ok(Value::from_bool(known))
}

fn readable(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(open_file(vm, this)?.readable.get()))
}

fn writable(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(open_file(vm, this)?.writable.get()))
}

fn fileno(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(i64::from(open_file(vm, this)?.fd.get())))
}

fn isatty(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(fd::isatty(open_file(vm, this)?.fd.get())))
}

fn get_closed(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this.receiver::<PyFileIo>().fd.get() < 0))
}

fn get_closefd(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this.receiver::<PyFileIo>().closefd.get()))
}

fn mode_text(payload: &PyFileIo) -> &'static str {
    let (read, write) = (payload.readable.get(), payload.writable.get());
    match (payload.created.get(), payload.appending.get(), read, write) {
        (true, _, true, _) => "xb+",
        (true, ..) => "xb",
        (_, true, true, _) => "ab+",
        (_, true, ..) => "ab",
        (_, _, true, true) => "rb+",
        (_, _, true, false) => "rb",
        _ => "wb",
    }
}

fn get_mode(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(PyStr::new_value(vm, mode_text(this.receiver::<PyFileIo>())))
}

fn get_blksize(_vm: Vm<'_>, _this: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(super::DEFAULT_BUFFER_SIZE))
}

fn file_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let payload = this.receiver::<PyFileIo>();
    let class = this.class().name();
    if payload.fd.get() < 0 {
        return Ok(PyStr::new_value(vm, &format!("<{class} [closed]>")));
    }
    let mode = mode_text(payload);
    let closefd = if payload.closefd.get() { "True" } else { "False" };
    let name = vm.get_attr_opt(this, &vm.names().name)?;
    let text = match name {
        Some(name) => {
            let name = vm.repr(&name)?.to_rust_string();
            format!("<{class} name={name} mode='{mode}' closefd={closefd}>")
        }
        None => {
            format!("<{class} fd={} mode='{mode}' closefd={closefd}>", payload.fd.get())
        }
    };
    Ok(PyStr::try_new(vm, &text)?.into_value())
}
