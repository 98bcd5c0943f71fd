//! Descriptors: open, read, write, duplicate, pipes.

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::type_spec::MethodDef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::{buffer, number};
use objects::types::bytes::PyBytes;
use objects::types::tuple::PyTuple;
use objects::types::{int, struct_sequence};
use rustix::io::Errno;

use super::arguments::{self, descriptor, dir_fd, failed, flag, integer, nothing, small};
use super::{fd, results};
use crate::io::fileio;

methods! { DESCRIPTORS:
    /// Open a file for low level IO.  Returns a file descriptor (integer).
    ["open"] "($module, /, path, flags, mode=511, *, dir_fd=None)" Bound(open);
    /// Close a file descriptor.
    ["close"] "($module, /, fd)" Bound(close);
    /// Closes all file descriptors in [fd_low, fd_high), ignoring errors.
    ["closerange"] "($module, fd_low, fd_high, /)" Bound(closerange);
    /// Read from a file descriptor.  Returns a bytes object.
    ["read"] "($module, fd, length, /)" Bound(read);
    /// Write a bytes object to a file descriptor.
    ["write"] "($module, fd, data, /)" Bound(write);
    /// Set the position of a file descriptor.  Return the new position.
    ["lseek"] "($module, fd, position, whence, /)" Bound(lseek);
    /// Return a duplicate of a file descriptor.
    ["dup"] "($module, fd, /)" One(dup);
    /// Duplicate file descriptor.
    ["dup2"] "($module, /, fd, fd2, inheritable=True)" Bound(dup2);
    /// Create a pipe.
    ["pipe"] "($module, /)" None(pipe);
    /// Force write of fd to disk.
    ["fsync"] "($module, /, fd)" Bound(fsync);
    /// Perform a stat system call on the given file descriptor.
    ["fstat"] "($module, /, fd)" Bound(fstat);
    /// Truncate a file, specified by file descriptor, to a specific length.
    ["ftruncate"] "($module, fd, length, /)" Bound(ftruncate);
    /// Return True if the fd is connected to a terminal.
    ["isatty"] "($module, fd, /)" One(isatty);
    /// Get the close-on-exe flag of the specified file descriptor.
    ["get_inheritable"] "($module, fd, /)" One(get_inheritable);
    /// Set the inheritable flag of the specified file descriptor.
    ["set_inheritable"] "($module, fd, inheritable, /)" Bound(set_inheritable);
    /// Return the size of the terminal window as (columns, lines).
    ["get_terminal_size"] "($module, fd=<unrepresentable>, /)" Bound(get_terminal_size);
    /// Return a string describing the encoding of a terminal's file descriptor.
    ["device_encoding"] "($module, /, fd)" Bound(device_encoding);
}

/// The functions of this file.
pub(super) const FUNCTIONS: &[MethodDef] = DESCRIPTORS;

fn open(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path(vm, "open", "path", args.required(0))?;
    let flags = number::as_i32(vm, args.required(1))?;
    let mode = integer(vm, args, 2, 0o777)?.cast_unsigned();
    let dir = dir_fd(vm, args, 3)?;
    loop {
        match vm.allow_threads(|| fd::open_in(dir, &path.path, flags, mode)) {
            Ok(number) => return Ok(Value::small_int_unchecked(i64::from(number))),
            Err(Errno::INTR) => vm.poll()?,
            Err(errno) => return Err(path.error(vm, errno)),
        }
    }
}

fn close(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = descriptor(vm, args.required(0))?;
    nothing(vm, vm.allow_threads(|| fd::close(number)))
}

fn closerange(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let (low, high) =
        (number::as_i32(vm, args.required(0))?, number::as_i32(vm, args.required(1))?);
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let limit = limit.and_then(|limit| i32::try_from(limit).ok()).unwrap_or(i32::MAX);
    for number in low.max(0)..high.min(limit) {
        // Numbers that are not open are no error here.
        let _ = fd::close(number);
    }
    Ok(Value::NONE)
}

fn read(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = descriptor(vm, args.required(0))?;
    let Ok(length) = usize::try_from(number::as_isize(vm, args.required(1))?) else {
        return Err(failed(vm, Errno::INVAL));
    };
    let mut target: Vec<u8> = Vec::new();
    if target.try_reserve_exact(length).is_err() {
        return Err(vm.memory_error());
    }
    target.resize(length, 0);
    match fileio::read_some(vm, number, &mut target)? {
        Some(count) => PyBytes::try_new_value(vm, target.get(..count).unwrap_or_default()),
        None => Err(failed(vm, Errno::AGAIN)),
    }
}

fn write(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = descriptor(vm, args.required(0))?;
    let bytes = buffer::bytes_like(vm, args.required(1))?.to_vec();
    match fileio::write_some(vm, number, &bytes)? {
        Some(count) => Ok(Value::from_usize(count)),
        None => Err(failed(vm, Errno::AGAIN)),
    }
}

fn lseek(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = descriptor(vm, args.required(0))?;
    let position = number::as_i64(vm, args.required(1))?;
    let whence = number::as_i64(vm, args.required(2))?;
    match fd::seek(number, position, whence) {
        Ok(position) => Ok(int::from_u64(vm, position)),
        Err(errno) => Err(failed(vm, errno)),
    }
}

fn dup(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    let number = number::as_i32(vm, number)?;
    small(vm, fd::dup(number))
}

fn dup2(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let from = number::as_i32(vm, args.required(0))?;
    let to = number::as_i32(vm, args.required(1))?;
    let inheritable = flag(vm, args, 2, true)?;
    let result = fd::dup2(from, to).and_then(|()| {
        if inheritable || from == to { Ok(()) } else { fd::set_inheritable(to, false) }
    });
    small(vm, result.map(|()| to))
}

fn pipe(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let (read, write) = fd::pipe().map_err(|errno| failed(vm, errno))?;
    let number = |number: i32| Value::small_int_unchecked(i64::from(number));
    Ok(PyTuple::new_value(vm, &[number(read), number(write)]))
}

fn fsync(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = descriptor(vm, args.required(0))?;
    nothing(vm, vm.allow_threads(|| fd::sync(number)))
}

fn fstat(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = descriptor(vm, args.required(0))?;
    match fd::stat(number) {
        Ok(stat) => results::stat_result(vm, &stat),
        Err(errno) => Err(failed(vm, errno)),
    }
}

fn ftruncate(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = descriptor(vm, args.required(0))?;
    let Ok(length) = u64::try_from(number::as_i64(vm, args.required(1))?) else {
        return Err(failed(vm, Errno::INVAL));
    };
    nothing(vm, vm.allow_threads(|| fd::truncate(number, length)))
}

fn isatty(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(fd::isatty(number::as_i32(vm, number)?)))
}

fn get_inheritable(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    match fd::get_inheritable(number::as_i32(vm, number)?) {
        Ok(answer) => Ok(Value::from_bool(answer)),
        Err(errno) => Err(failed(vm, errno)),
    }
}

fn set_inheritable(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = number::as_i32(vm, args.required(0))?;
    let inheritable = vm.is_true(args.required(1))?;
    nothing(vm, fd::set_inheritable(number, inheritable))
}

fn get_terminal_size(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = integer(vm, args, 0, 1)?;
    let (columns, lines) = fd::window_size(number).map_err(|errno| failed(vm, errno))?;
    let items = [columns, lines].map(|n| Value::small_int_unchecked(i64::from(n))).to_vec();
    struct_sequence::new(vm, &results::TERMINAL_SIZE, items, &[])
}

fn device_encoding(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = number::as_i32(vm, args.required(0))?;
    if fd::isatty(number) {
        Ok(objects::types::str::PyStr::new_value(vm, "utf-8"))
    } else {
        Ok(Value::NONE)
    }
}
