//! Reading and writing at a place, into several buffers, from file to file.

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::type_spec::MethodDef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::{buffer, number};
use objects::types::bytes::PyBytes;
use objects::types::int;
use objects::types::tuple::PyTuple;
use rustix::io::Errno;

use super::arguments::{descriptor, failed, integer, nothing};
use super::fd::{self, SysResult};
use super::raw::transfer as raw;

methods! { TRANSFERS:
    /// Copy count bytes from one file descriptor to another.
    ///
    ///   src
    ///     Source file descriptor.
    ///   dst
    ///     Destination file descriptor.
    ///   count
    ///     Number of bytes to copy.
    ///   offset_src
    ///     Starting offset in src.
    ///   offset_dst
    ///     Starting offset in dst.
    ///
    /// If offset_src is None, then src is read from the current position;
    /// respectively for offset_dst.
    ["copy_file_range"] "($module, /, src, dst, count, offset_src=None, offset_dst=None)" Bound(copy_file_range);
    /// Transfer count bytes from one pipe to a descriptor or vice versa.
    ///
    ///   src
    ///     Source file descriptor.
    ///   dst
    ///     Destination file descriptor.
    ///   count
    ///     Number of bytes to copy.
    ///   offset_src
    ///     Starting offset in src.
    ///   offset_dst
    ///     Starting offset in dst.
    ///   flags
    ///     Flags to modify the semantics of the call.
    ///
    /// If offset_src is None, then src is read from the current position;
    /// respectively for offset_dst. The offset associated to the file
    /// descriptor that refers to a pipe must be None.
    ["splice"] "($module, /, src, dst, count, offset_src=None, offset_dst=None, flags=0)" Bound(splice);
    /// Apply, test or remove a POSIX lock on an open file descriptor.
    ///
    ///   fd
    ///     An open file descriptor.
    ///   command
    ///     One of F_LOCK, F_TLOCK, F_ULOCK or F_TEST.
    ///   length
    ///     The number of bytes to lock, starting at the current position.
    ["lockf"] "($module, fd, command, length, /)" Bound(lockf);
    /// Read into a buffer object from a file descriptor.
    ///
    /// The buffer should be mutable and bytes-like.  On success, returns the
    /// number of bytes read.  Less bytes may be read than the size of the
    /// buffer.  The underlying system call will be retried when interrupted by
    /// a signal, unless the signal handler raises an exception.  Other errors
    /// will not be retried and an error will be raised.
    ///
    /// Returns 0 if *fd* is at end of file or if the provided *buffer* has
    /// length 0 (which can be used to check for errors without reading data).
    /// Never returns negative.
    ["readinto"] "($module, fd, buffer, /)" Bound(readinto);
    /// Read from a file descriptor fd into an iterable of buffers.
    ///
    /// The buffers should be mutable buffers accepting bytes.
    /// readv will transfer data into each buffer until it is full
    /// and then move on to the next buffer in the sequence to hold
    /// the rest of the data.
    ///
    /// readv returns the total number of bytes read,
    /// which may be less than the total capacity of all the buffers.
    ["readv"] "($module, fd, buffers, /)" Bound(readv);
    /// Read a number of bytes from a file descriptor starting at a particular offset.
    ///
    /// Read length bytes from file descriptor fd, starting at offset bytes from
    /// the beginning of the file.  The file offset remains unchanged.
    ["pread"] "($module, fd, length, offset, /)" Bound(pread);
    /// Reads from a file descriptor into a number of mutable bytes-like objects.
    ///
    /// Combines the functionality of readv() and pread().  As readv(), it will
    /// transfer data into each buffer until it is full and then move on to the
    /// next buffer in the sequence to hold the rest of the data.  Its fourth
    /// argument, specifies the file offset at which the input operation is to
    /// be performed.  It will return the total number of bytes read (which can
    /// be less than the total capacity of all the objects).
    ///
    /// The flags argument contains a bitwise OR of zero or more of the
    /// following flags:
    ///
    /// - RWF_HIPRI
    /// - RWF_NOWAIT
    ///
    /// Using non-zero flags requires Linux 4.6 or newer.
    ["preadv"] "($module, fd, buffers, offset, flags=0, /)" Bound(preadv);
    /// Iterate over buffers, and write the contents of each to a file descriptor.
    ///
    /// Returns the total number of bytes written.
    /// buffers must be a sequence of bytes-like objects.
    ["writev"] "($module, fd, buffers, /)" Bound(writev);
    /// Write bytes to a file descriptor starting at a particular offset.
    ///
    /// Write buffer to fd, starting at offset bytes from the beginning of
    /// the file.  Returns the number of bytes written.  Does not change the
    /// current file offset.
    ["pwrite"] "($module, fd, buffer, offset, /)" Bound(pwrite);
    /// Writes the contents of bytes-like objects to a file descriptor at a given offset.
    ///
    /// Combines the functionality of writev() and pwrite(). All buffers must be
    /// a sequence of bytes-like objects.  Buffers are processed in array order.
    /// Entire contents of first buffer is written before proceeding to second,
    /// and so on. The operating system may set a limit (sysconf() value
    /// SC_IOV_MAX) on the number of buffers that can be used.
    /// This function writes the contents of each object to the file descriptor
    /// and returns the total number of bytes written.
    ///
    /// The flags argument contains a bitwise OR of zero or more of the
    /// following flags:
    ///
    /// - RWF_DSYNC
    /// - RWF_SYNC
    /// - RWF_APPEND
    ///
    /// Using non-zero flags requires Linux 4.7 or newer.
    ["pwritev"] "($module, fd, buffers, offset, flags=0, /)" Bound(pwritev);
    /// Copy count bytes from file descriptor in_fd to file descriptor out_fd.
    ["sendfile"] "($module, /, out_fd, in_fd, offset, count)" Bound(sendfile);
    /// Create a pipe with flags set atomically.
    ///
    /// Returns a tuple of two file descriptors:
    ///   (read_fd, write_fd)
    ///
    /// flags can be constructed by ORing together one or more of these values:
    /// O_NONBLOCK, O_CLOEXEC.
    ["pipe2"] "($module, flags, /)" One(pipe2);
    /// Ensure a file has allocated at least a particular number of bytes on disk.
    ///
    /// Ensure that the file specified by fd encompasses a range of bytes
    /// starting at offset bytes from the beginning and continuing for length
    /// bytes.
    ["posix_fallocate"] "($module, fd, offset, length, /)" Bound(posix_fallocate);
    /// Announce an intention to access data in a specific pattern.
    ///
    /// Announce an intention to access data in a specific pattern, thus
    /// allowing the kernel to make optimizations.
    /// The advice applies to the region of the file specified by fd starting at
    /// offset and continuing for length bytes.
    /// advice is one of POSIX_FADV_NORMAL, POSIX_FADV_SEQUENTIAL,
    /// POSIX_FADV_RANDOM, POSIX_FADV_NOREUSE, POSIX_FADV_WILLNEED, or
    /// POSIX_FADV_DONTNEED.
    ["posix_fadvise"] "($module, fd, offset, length, advice, /)" Bound(posix_fadvise);
    /// Force write of fd to disk without forcing update of metadata.
    ["fdatasync"] "($module, /, fd)" Bound(fdatasync);
    /// Get the blocking mode of the file descriptor.
    ///
    /// Return False if the O_NONBLOCK flag is set, True if the flag is cleared.
    ["get_blocking"] "($module, fd, /)" One(get_blocking);
    /// Set the blocking mode of the specified file descriptor.
    ///
    /// Set the O_NONBLOCK flag if blocking is False,
    /// clear the O_NONBLOCK flag otherwise.
    ["set_blocking"] "($module, fd, blocking, /)" Bound(set_blocking);
}

/// The functions of this file.
pub(super) const FUNCTIONS: &[MethodDef] = TRANSFERS;

/// A call that is made again after a signal whose handler did not raise.
fn retry<R: Send>(vm: Vm<'_>, mut call: impl FnMut() -> SysResult<R> + Send) -> PyResult<R> {
    loop {
        match vm.allow_threads(&mut call) {
            Ok(answer) => return Ok(answer),
            Err(Errno::INTR) => vm.poll()?,
            Err(errno) => return Err(failed(vm, errno)),
        }
    }
}

fn room(vm: Vm<'_>, length: usize) -> PyResult<Vec<u8>> {
    let mut bytes = Vec::new();
    if bytes.try_reserve_exact(length).is_err() {
        return Err(vm.memory_error());
    }
    bytes.resize(length, 0);
    Ok(bytes)
}

fn pread(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = number::as_i32(vm, args.required(0))?;
    let length = number::as_isize(vm, args.required(1))?;
    let offset = number::as_i64(vm, args.required(2))?;
    let Ok(length) = usize::try_from(length) else { return Err(failed(vm, Errno::INVAL)) };
    let mut target = room(vm, length)?;
    let count = retry(vm, || raw::read_at(number, &mut target, offset))?;
    PyBytes::try_new_value(vm, target.get(..count).unwrap_or_default())
}

fn pwrite(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = number::as_i32(vm, args.required(0))?;
    let bytes = buffer::bytes_like(vm, args.required(1))?.to_vec();
    let offset = number::as_i64(vm, args.required(2))?;
    Ok(Value::from_usize(retry(vm, || raw::write_at(number, &bytes, offset))?))
}

fn readinto(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = descriptor(vm, args.required(0))?;
    let target = buffer::writable(vm, args.required(1), "readinto")?;
    let mut bytes = room(vm, target.byte_count())?;
    let count = retry(vm, || fd::read(number, &mut bytes))?;
    target.with_bytes_mut(|place| {
        for (place, byte) in place.iter_mut().zip(bytes.iter().take(count)) {
            *place = *byte;
        }
    });
    Ok(Value::from_usize(count))
}

/// Reads into several buffers with `call`.
fn scatter(
    vm: Vm<'_>,
    function: &str,
    list: &Value,
    mut call: impl FnMut(&mut [Vec<u8>]) -> SysResult<usize> + Send,
) -> PyResult<Value> {
    if !objects::protocol::iterate::is_sequence(list) {
        return Err(vm.type_error(format!("{function}() arg 2 must be a sequence")));
    }
    let mut buffers = Vec::new();
    let mut targets = Vec::new();
    for object in vm.collect(list)? {
        let target = buffer::writable(vm, &object, function)?;
        targets.push(room(vm, target.byte_count())?);
        buffers.push(target);
    }
    let count = retry(vm, || call(&mut targets))?;
    let mut left = count;
    for (buffer, bytes) in buffers.iter().zip(&targets) {
        let part = bytes.len().min(left);
        left -= part;
        buffer.with_bytes_mut(|place| {
            for (place, byte) in place.iter_mut().zip(bytes.iter().take(part)) {
                *place = *byte;
            }
        });
    }
    Ok(Value::from_usize(count))
}

/// Writes several buffers with `call`.
fn gather(
    vm: Vm<'_>,
    function: &str,
    list: &Value,
    mut call: impl FnMut(&[Vec<u8>]) -> SysResult<usize> + Send,
) -> PyResult<Value> {
    if !objects::protocol::iterate::is_sequence(list) {
        return Err(vm.type_error(format!("{function}() arg 2 must be a sequence")));
    }
    let mut parts = Vec::new();
    for object in vm.collect(list)? {
        parts.push(buffer::bytes_like(vm, &object)?.to_vec());
    }
    Ok(Value::from_usize(retry(vm, || call(&parts))?))
}

fn readv(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = number::as_i32(vm, args.required(0))?;
    scatter(vm, "readv", args.required(1), |targets| raw::read_several(number, targets))
}

fn preadv(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = number::as_i32(vm, args.required(0))?;
    let offset = number::as_i64(vm, args.required(2))?;
    let flags = integer(vm, args, 3, 0)?;
    scatter(vm, "preadv", args.required(1), |targets| {
        raw::read_several_at(number, targets, offset, flags)
    })
}

fn writev(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = number::as_i32(vm, args.required(0))?;
    gather(vm, "writev", args.required(1), |parts| raw::write_several(number, parts))
}

fn pwritev(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = number::as_i32(vm, args.required(0))?;
    let offset = number::as_i64(vm, args.required(2))?;
    let flags = integer(vm, args, 3, 0)?;
    gather(vm, "pwritev", args.required(1), |parts| {
        raw::write_several_at(number, parts, offset, flags)
    })
}

/// A place in a file; None where it is `None` or left out.
fn offset(vm: Vm<'_>, args: &Bound<'_>, index: usize) -> PyResult<Option<i64>> {
    args.get_non_none(index).map(|value| number::as_i64(vm, value)).transpose()
}

fn length(vm: Vm<'_>, value: &Value) -> PyResult<usize> {
    usize::try_from(number::as_isize(vm, value)?).map_err(|_| failed(vm, Errno::INVAL))
}

fn sendfile(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let target = number::as_i32(vm, args.required(0))?;
    let source = number::as_i32(vm, args.required(1))?;
    let start =
        if args.required(2).is_none() { None } else { Some(number::as_i64(vm, args.required(2))?) };
    let count = length(vm, args.required(3))?;
    Ok(Value::from_usize(retry(vm, || raw::send_file(target, source, start, count))?))
}

fn copy_length(vm: Vm<'_>, value: &Value) -> PyResult<usize> {
    usize::try_from(number::as_isize(vm, value)?)
        .map_err(|_| vm.value_error("negative value for 'count' not allowed"))
}

fn splice(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let source = number::as_i32(vm, args.required(0))?;
    let target = number::as_i32(vm, args.required(1))?;
    let count = copy_length(vm, args.required(2))?;
    let (from, to) = (offset(vm, args, 3)?, offset(vm, args, 4)?);
    let flags = integer(vm, args, 5, 0)?.cast_unsigned();
    let moved = retry(vm, || raw::splice(source, from, target, to, count, flags))?;
    Ok(Value::from_usize(moved))
}

fn copy_file_range(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let source = number::as_i32(vm, args.required(0))?;
    let target = number::as_i32(vm, args.required(1))?;
    let count = copy_length(vm, args.required(2))?;
    let (from, to) = (offset(vm, args, 3)?, offset(vm, args, 4)?);
    let moved = retry(vm, || raw::copy_range(source, from, target, to, count))?;
    Ok(Value::from_usize(moved))
}

fn lockf(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = number::as_i32(vm, args.required(0))?;
    let command = number::as_i32(vm, args.required(1))?;
    let length = number::as_i64(vm, args.required(2))?;
    crate::sys::hooks::raise_event(
        vm,
        "os.lockf",
        &[args.required(0).clone(), args.required(1).clone(), args.required(2).clone()],
    )?;
    nothing(vm, vm.allow_threads(|| raw::lock(number, command, length)))
}

fn posix_fadvise(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = number::as_i32(vm, args.required(0))?;
    let (start, length) =
        (number::as_i64(vm, args.required(1))?, number::as_i64(vm, args.required(2))?);
    let advice = number::as_i32(vm, args.required(3))?;
    retry(vm, || raw::advise(number, start, length, advice))?;
    Ok(Value::NONE)
}

fn posix_fallocate(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = number::as_i32(vm, args.required(0))?;
    let (start, length) =
        (number::as_i64(vm, args.required(1))?, number::as_i64(vm, args.required(2))?);
    retry(vm, || raw::allocate(number, start, length))?;
    Ok(Value::NONE)
}

fn fdatasync(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = descriptor(vm, args.required(0))?;
    retry(vm, || raw::sync_data(number))?;
    Ok(Value::NONE)
}

fn pipe2(vm: Vm<'_>, _module: &Value, flags: &Value) -> PyResult<Value> {
    let flags = number::as_i32(vm, flags)?;
    let (read, write) = raw::pipe(flags).map_err(|errno| failed(vm, errno))?;
    let ends = [read, write].map(|end| int::from_i64(vm, i64::from(end)));
    Ok(PyTuple::new_value(vm, &ends))
}

fn get_blocking(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    match fd::get_blocking(number::as_i32(vm, number)?) {
        Ok(answer) => Ok(Value::from_bool(answer)),
        Err(errno) => Err(failed(vm, errno)),
    }
}

fn set_blocking(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = number::as_i32(vm, args.required(0))?;
    let blocking = vm.is_true(args.required(1))?;
    nothing(vm, fd::set_blocking(number, blocking))
}
