//! `fcntl`: control of descriptors, and locks of files.

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::{buffer, number};
use objects::types::bytes::PyBytes;
use objects::types::str::PyStr;
use objects::types::{int, module};
use rustix::io::Errno;

use crate::NativeModule;
use crate::posix::arguments;
use crate::posix::raw::control as raw;
use crate::sys::hooks;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "fcntl",
    doc: Some(
        "This module performs file control and I/O control on file\ndescriptors.  It is an interface to the fcntl() and ioctl() Unix\nroutines.  File descriptors can be obtained with the fileno() method of\na file or socket object.",
    ),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Perform the operation cmd on file descriptor fd.
    ///
    /// The values used for cmd are operating system dependent, and are
    /// available as constants in the fcntl module, using the same names as used
    /// in the relevant C header files.  The argument arg is optional, and
    /// defaults to 0; it may be an integer, a bytes-like object or a string.
    /// If arg is given as a string, it will be encoded to binary using the
    /// UTF-8 encoding.
    ///
    /// If the arg given is an integer or if none is specified, the result value
    /// is an integer corresponding to the return value of the fcntl() call in
    /// the C code.
    ///
    /// If arg is given as a bytes-like object, the return value of fcntl() is a
    /// bytes object of that length, containing the resulting value put in the
    /// arg buffer by the operating system.  The length of the arg buffer is not
    /// allowed to exceed 1024 bytes.
    ["fcntl"] "($module, fd, cmd, arg=0, /)" Bound(fcntl);
    /// Perform the operation request on file descriptor fd.
    ///
    /// The values used for request are operating system dependent, and are
    /// available as constants in the fcntl or termios library modules, using
    /// the same names as used in the relevant C header files.
    ///
    /// The argument arg is optional, and defaults to 0; it may be an integer, a
    /// bytes-like object or a string.  If arg is given as a string, it will be
    /// encoded to binary using the UTF-8 encoding.
    ///
    /// If the arg given is an integer or if none is specified, the result value
    /// is an integer corresponding to the return value of the ioctl() call in
    /// the C code.
    ///
    /// If the argument is a mutable buffer (such as a bytearray) and the
    /// mutate_flag argument is true (default) then the buffer is (in effect)
    /// passed to the operating system and changes made by the OS will be
    /// reflected in the contents of the buffer after the call has returned.
    /// The return value is the integer returned by the ioctl() system call.
    ///
    /// If the argument is a mutable buffer and the mutable_flag argument is
    /// false, the behavior is as if an immutable buffer had been passed.
    ///
    /// If the argument is an immutable buffer then a copy of the buffer is
    /// passed to the operating system and the return value is a bytes object of
    /// the same length containing whatever the operating system put in the
    /// buffer.  The length of the arg buffer in this case is not allowed to
    /// exceed 1024 bytes.
    ["ioctl"] "($module, fd, request, arg=0, mutate_flag=True, /)" Bound(ioctl);
    /// Perform the lock operation on file descriptor fd.
    ///
    /// See the Unix manual page for flock(2) for details (On some systems, this
    /// function is emulated using fcntl()).
    ["flock"] "($module, fd, operation, /)" Bound(flock);
    /// A wrapper around the fcntl() locking calls.
    ///
    /// fd is the file descriptor of the file to lock or unlock, and operation
    /// is one of the following values:
    ///
    ///     LOCK_UN - unlock
    ///     LOCK_SH - acquire a shared lock
    ///     LOCK_EX - acquire an exclusive lock
    ///
    /// When operation is LOCK_SH or LOCK_EX, it can also be bitwise ORed with
    /// LOCK_NB to avoid blocking on lock acquisition.  If LOCK_NB is used and
    /// the lock cannot be acquired, an OSError will be raised and the exception
    /// will have an errno attribute set to EACCES or EAGAIN (depending on the
    /// operating system -- for portability, check for either value).
    ///
    /// len is the number of bytes to lock, with the default meaning to lock to
    /// EOF.  start is the byte offset, relative to whence, to that the lock
    /// starts.  whence is as with fileobj.seek(), specifically:
    ///
    ///     0 - relative to the start of the file (SEEK_SET)
    ///     1 - relative to the current buffer position (SEEK_CUR)
    ///     2 - relative to the end of the file (SEEK_END)
    ["lockf"] "($module, fd, cmd, len=0, start=0, whence=0, /)" Bound(lockf);
}

#[rustfmt::skip]
const NUMBERS: &[(&str, i64)] = &[
    ("LOCK_SH", 1), ("LOCK_EX", 2), ("LOCK_NB", 4), ("LOCK_UN", 8), ("LOCK_MAND", 32), ("LOCK_READ", 64), ("LOCK_WRITE", 128),
    ("LOCK_RW", 192), ("F_DUPFD", 0), ("F_DUPFD_CLOEXEC", 1_030), ("F_GETFD", 1), ("F_SETFD", 2), ("F_GETFL", 3),
    ("F_SETFL", 4), ("F_GETLK", 5), ("F_SETLK", 6), ("F_SETLKW", 7), ("F_OFD_GETLK", 36), ("F_OFD_SETLK", 37),
    ("F_OFD_SETLKW", 38), ("F_GETOWN", 9), ("F_SETOWN", 8), ("F_GETSIG", 11), ("F_SETSIG", 10), ("F_RDLCK", 0), ("F_WRLCK", 1),
    ("F_UNLCK", 2), ("F_GETLK64", 5), ("F_SETLK64", 6), ("F_SETLKW64", 7), ("FASYNC", 8_192), ("F_SETLEASE", 1_024),
    ("F_GETLEASE", 1_025), ("F_NOTIFY", 1_026), ("F_DUPFD_QUERY", 1_027), ("F_EXLCK", 4), ("F_SHLCK", 8),
    ("F_SETPIPE_SZ", 1_031), ("F_GETPIPE_SZ", 1_032), ("FICLONE", 1_074_041_865), ("FICLONERANGE", 1_075_876_877),
    ("F_GETOWN_EX", 16), ("F_SETOWN_EX", 15), ("F_OWNER_TID", 0), ("F_OWNER_PID", 1), ("F_OWNER_PGRP", 2),
    ("F_GET_RW_HINT", 1_035), ("F_SET_RW_HINT", 1_036), ("F_GET_FILE_RW_HINT", 1_037), ("F_SET_FILE_RW_HINT", 1_038),
    ("RWH_WRITE_LIFE_NOT_SET", 0), ("RWH_WRITE_LIFE_NONE", 1), ("RWH_WRITE_LIFE_SHORT", 2), ("RWH_WRITE_LIFE_MEDIUM", 3),
    ("RWH_WRITE_LIFE_LONG", 4), ("RWH_WRITE_LIFE_EXTREME", 5), ("FD_CLOEXEC", 1), ("DN_ACCESS", 1), ("DN_MODIFY", 2),
    ("DN_CREATE", 4), ("DN_DELETE", 8), ("DN_RENAME", 16), ("DN_ATTRIB", 32), ("DN_MULTISHOT", 2_147_483_648),
    ("F_ADD_SEALS", 1_033), ("F_GET_SEALS", 1_034), ("F_SEAL_SEAL", 1), ("F_SEAL_SHRINK", 2), ("F_SEAL_GROW", 4),
    ("F_SEAL_WRITE", 8), ("F_SEAL_FUTURE_WRITE", 16),
];

/// The longest buffer that is copied for a call.
const COPY_MAX: usize = 1024;

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    for &(name, number) in NUMBERS {
        module::add(vm, target, name, Value::small_int_unchecked(number));
    }
    Ok(())
}

/// An open descriptor: an int that is not negative, or an object with `fileno()`.
pub(crate) fn descriptor(vm: Vm<'_>, value: &Value) -> PyResult<i32> {
    let fd = arguments::descriptor(vm, value)?;
    if fd < 0 {
        return Err(vm.value_error(format!("file descriptor cannot be a negative integer ({fd})")));
    }
    Ok(fd)
}

/// A call that is made again after a signal whose handler did not raise.
fn retry<R: Send>(vm: Vm<'_>, mut call: impl FnMut() -> Result<R, Errno> + Send) -> PyResult<R> {
    loop {
        match vm.allow_threads(&mut call) {
            Ok(answer) => return Ok(answer),
            Err(Errno::INTR) => vm.poll()?,
            Err(errno) => return Err(vm.os_error(errno.raw_os_error(), None)),
        }
    }
}

fn small(number: i32) -> Value {
    Value::small_int_unchecked(i64::from(number))
}

/// The bits of an int argument, as C converts it.
fn word(vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    let index = number::index(vm, value)?;
    match int::as_i64(&index) {
        Some(number) => Ok(number),
        None => match int::as_u64(&index) {
            Some(number) => Ok(number.cast_signed()),
            None => Err(vm.overflow_error("Python int too large to convert to C long")),
        },
    }
}

/// The bytes of a text or buffer argument.
fn bytes_of(vm: Vm<'_>, value: &Value) -> PyResult<Vec<u8>> {
    match value.downcast::<PyStr>() {
        Some(text) => Ok(text.to_rust_string().into_bytes()),
        None => Ok(buffer::bytes_like(vm, value)?.to_vec()),
    }
}

fn fcntl(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let fd = descriptor(vm, args.required(0))?;
    let command = number::as_i32(vm, args.required(1))?;
    let argument = args.get(2).cloned().unwrap_or(Value::small_int_unchecked(0));
    hooks::raise_event(
        vm,
        "fcntl.fcntl",
        &[small(fd), args.required(1).clone(), argument.clone()],
    )?;
    if number::has_index(&argument) {
        let word = word(vm, &argument)?;
        return Ok(small(retry(vm, || raw::control(fd, command, word))?));
    }
    if argument.downcast::<PyStr>().is_none() && !buffer::has_buffer(&argument) {
        let got = argument.class().name();
        return Err(vm.type_error(format!(
            "fcntl() argument 3 must be an integer, a bytes-like object, or a string, not {got}"
        )));
    }
    let mut bytes = bytes_of(vm, &argument)?;
    if bytes.len() > COPY_MAX {
        return Err(vm.value_error("fcntl argument 3 is too long"));
    }
    retry(vm, || raw::control_bytes(fd, command, &mut bytes))?;
    PyBytes::try_new_value(vm, &bytes)
}

fn ioctl(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let fd = descriptor(vm, args.required(0))?;
    let request = word(vm, args.required(1))?.cast_unsigned();
    let argument = args.get(2).cloned().unwrap_or(Value::small_int_unchecked(0));
    let mutate = args.get(3).map_or(Ok(true), |flag| vm.is_true(flag))?;
    hooks::raise_event(
        vm,
        "fcntl.ioctl",
        &[small(fd), args.required(1).clone(), argument.clone()],
    )?;
    if number::has_index(&argument) {
        let word = word(vm, &argument)?;
        return Ok(small(retry(vm, || raw::io_control(fd, request, word))?));
    }
    if argument.downcast::<PyStr>().is_none() && !buffer::has_buffer(&argument) {
        let got = argument.class().name();
        return Err(vm.type_error(format!(
            "ioctl() argument 3 must be an integer, a bytes-like object, or a string, not {got}"
        )));
    }
    let target = if argument.downcast::<PyStr>().is_some() {
        None
    } else {
        Some(buffer::get(vm, &argument)?).filter(|buffer| !buffer.readonly)
    };
    let mut bytes = bytes_of(vm, &argument)?;
    match target {
        Some(target) if mutate => {
            let answer = retry(vm, || raw::io_control_bytes(fd, request, &mut bytes))?;
            target.with_bytes_mut(|place| {
                for (place, byte) in place.iter_mut().zip(&bytes) {
                    *place = *byte;
                }
            });
            Ok(small(answer))
        }
        _ => {
            if bytes.len() > COPY_MAX {
                return Err(vm.value_error("ioctl argument 3 is too long"));
            }
            retry(vm, || raw::io_control_bytes(fd, request, &mut bytes))?;
            PyBytes::try_new_value(vm, &bytes)
        }
    }
}

fn flock(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let fd = descriptor(vm, args.required(0))?;
    let operation = number::as_i32(vm, args.required(1))?;
    hooks::raise_event(vm, "fcntl.flock", &[small(fd), args.required(1).clone()])?;
    retry(vm, || raw::lock_file(fd, operation))?;
    Ok(Value::NONE)
}

fn lockf(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let fd = descriptor(vm, args.required(0))?;
    let operation = number::as_i32(vm, args.required(1))?;
    let number = |index: usize| args.get(index).map_or(Ok(0), |value| number::as_i64(vm, value));
    let (length, start, whence) = (number(2)?, number(3)?, number(4)?);
    let audited = [2, 3, 4].map(|index| args.get(index).cloned().unwrap_or(small(0)));
    let [a, b, c] = audited;
    hooks::raise_event(vm, "fcntl.lockf", &[small(fd), args.required(1).clone(), a, b, c])?;
    let kind = match operation {
        libc::LOCK_UN => libc::F_UNLCK,
        shared if shared & libc::LOCK_SH != 0 => libc::F_RDLCK,
        exclusive if exclusive & libc::LOCK_EX != 0 => libc::F_WRLCK,
        _ => return Err(vm.value_error("unrecognized lockf argument")),
    };
    let whence = i32::try_from(whence).unwrap_or(-1);
    let waits = operation & libc::LOCK_NB == 0;
    retry(vm, || raw::lock_range(fd, kind, waits, whence, start, length))?;
    Ok(Value::NONE)
}
