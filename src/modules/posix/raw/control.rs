//! Control of descriptors.
//!
//! Invariant: a buffer is longer than the program said by a margin, because only the request tells how much the system reads
//! and writes.
#![expect(unsafe_code, reason = "the invariant is in the module doc")]

use rustix::io::Errno;

use super::process::answer;
use crate::posix::fd::SysResult;

/// Bytes behind a program's buffer.
const MARGIN: usize = 1024;

/// `fcntl` with a number.
///
/// # Errors
/// The errno.
pub(crate) fn control(fd: i32, command: i32, word: i64) -> SysResult<i32> {
    // SAFETY: what the word means is the program's affair, as in CPython.
    answer(unsafe { libc::fcntl(fd, command, word) })
}

/// Runs `call` on a copy with a margin.
fn with_margin(bytes: &mut [u8], call: impl FnOnce(*mut u8) -> i32) -> SysResult<i32> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(bytes.len() + MARGIN).map_err(|_| Errno::NOMEM)?;
    copy.extend_from_slice(bytes);
    copy.resize(bytes.len() + MARGIN, 0);
    let result = answer(call(copy.as_mut_ptr()))?;
    for (place, byte) in bytes.iter_mut().zip(copy) {
        *place = byte;
    }
    Ok(result)
}

/// `fcntl` with a record.
///
/// # Errors
/// The errno.
pub(crate) fn control_bytes(fd: i32, command: i32, bytes: &mut [u8]) -> SysResult<i32> {
    // SAFETY: the margin is larger than any record of the call.
    with_margin(bytes, |start| unsafe { libc::fcntl(fd, command, start) })
}

fn request_number<T: TryFrom<u64> + Default>(request: u64) -> T {
    T::try_from(request).unwrap_or_default()
}

/// `ioctl` with a number.
///
/// # Errors
/// The errno.
pub(crate) fn io_control(fd: i32, request: u64, word: i64) -> SysResult<i32> {
    // SAFETY: what the word means is the program's affair, as in CPython.
    answer(unsafe { libc::ioctl(fd, request_number(request), word) })
}

/// `ioctl` with a record.
///
/// # Errors
/// The errno.
pub(crate) fn io_control_bytes(fd: i32, request: u64, bytes: &mut [u8]) -> SysResult<i32> {
    // SAFETY: the program's buffer is as long as the request wants, or the margin makes up for it.
    with_margin(bytes, |start| unsafe { libc::ioctl(fd, request_number(request), start) })
}

/// `flock`
///
/// # Errors
/// The errno.
pub(crate) fn lock_file(fd: i32, operation: i32) -> SysResult<i32> {
    // SAFETY: numbers only.
    answer(unsafe { libc::flock(fd, operation) })
}

/// A lock on a range of a file.
///
/// # Errors
/// The errno.
pub(crate) fn lock_range(
    fd: i32,
    kind: i32,
    waits: bool,
    whence: i32,
    start: i64,
    length: i64,
) -> SysResult<i32> {
    // SAFETY: all zero bytes are a `flock` record; the pointer is to a whole one.
    unsafe {
        let mut lock: libc::flock = std::mem::zeroed();
        lock.l_type = libc::c_short::try_from(kind).map_err(|_| Errno::INVAL)?;
        lock.l_whence = libc::c_short::try_from(whence).map_err(|_| Errno::INVAL)?;
        lock.l_start = start;
        lock.l_len = length;
        let command = if waits { libc::F_SETLKW } else { libc::F_SETLK };
        answer(libc::fcntl(fd, command, &raw const lock))
    }
}
