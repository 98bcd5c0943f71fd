//! Reading and writing at a place, into several buffers, from file to file.
//!
//! Invariant: a buffer is given with its length.
#![expect(unsafe_code, reason = "the invariant is in the module doc")]

use rustix::io::Errno;

use super::process::{answer, last_errno};
use crate::posix::fd::SysResult;

fn size_answer(result: isize) -> SysResult<usize> {
    usize::try_from(result).map_err(|_| last_errno())
}

/// `pread`
///
/// # Errors
/// The errno.
pub(crate) fn read_at(fd: i32, target: &mut [u8], offset: i64) -> SysResult<usize> {
    // SAFETY: the length is the slice's.
    size_answer(unsafe { libc::pread(fd, target.as_mut_ptr().cast(), target.len(), offset) })
}

/// `pwrite`
///
/// # Errors
/// The errno.
pub(crate) fn write_at(fd: i32, bytes: &[u8], offset: i64) -> SysResult<usize> {
    // SAFETY: the length is the slice's.
    size_answer(unsafe { libc::pwrite(fd, bytes.as_ptr().cast(), bytes.len(), offset) })
}

fn targets_of(targets: &mut [Vec<u8>]) -> Vec<libc::iovec> {
    targets
        .iter_mut()
        .map(|target| libc::iovec { iov_base: target.as_mut_ptr().cast(), iov_len: target.len() })
        .collect()
}

fn parts_of(parts: &[Vec<u8>]) -> Vec<libc::iovec> {
    parts
        .iter()
        .map(|part| libc::iovec { iov_base: part.as_ptr().cast_mut().cast(), iov_len: part.len() })
        .collect()
}

fn count_of(vectors: &[libc::iovec]) -> SysResult<i32> {
    i32::try_from(vectors.len()).map_err(|_| Errno::INVAL)
}

/// `readv`
///
/// # Errors
/// The errno.
pub(crate) fn read_several(fd: i32, targets: &mut [Vec<u8>]) -> SysResult<usize> {
    let vectors = targets_of(targets);
    let count = count_of(&vectors)?;
    // SAFETY: each vector is a buffer with its length.
    size_answer(unsafe { libc::readv(fd, vectors.as_ptr(), count) })
}

/// `preadv2`
///
/// # Errors
/// The errno.
pub(crate) fn read_several_at(
    fd: i32,
    targets: &mut [Vec<u8>],
    offset: i64,
    flags: i32,
) -> SysResult<usize> {
    let vectors = targets_of(targets);
    let count = count_of(&vectors)?;
    // SAFETY: each vector is a buffer with its length.
    size_answer(unsafe { libc::preadv2(fd, vectors.as_ptr(), count, offset, flags) })
}

/// `writev`
///
/// # Errors
/// The errno.
pub(crate) fn write_several(fd: i32, parts: &[Vec<u8>]) -> SysResult<usize> {
    let vectors = parts_of(parts);
    let count = count_of(&vectors)?;
    // SAFETY: each vector is a buffer with its length, which is only read.
    size_answer(unsafe { libc::writev(fd, vectors.as_ptr(), count) })
}

/// `pwritev2`
///
/// # Errors
/// The errno.
pub(crate) fn write_several_at(
    fd: i32,
    parts: &[Vec<u8>],
    offset: i64,
    flags: i32,
) -> SysResult<usize> {
    let vectors = parts_of(parts);
    let count = count_of(&vectors)?;
    // SAFETY: each vector is a buffer with its length, which is only read.
    size_answer(unsafe { libc::pwritev2(fd, vectors.as_ptr(), count, offset, flags) })
}

fn place(offset: &mut Option<i64>) -> *mut i64 {
    offset.as_mut().map_or(std::ptr::null_mut(), std::ptr::from_mut)
}

/// `sendfile`
///
/// # Errors
/// The errno.
pub(crate) fn send_file(
    target: i32,
    source: i32,
    mut start: Option<i64>,
    count: usize,
) -> SysResult<usize> {
    // SAFETY: null, or a number to be changed.
    size_answer(unsafe { libc::sendfile(target, source, place(&mut start), count) })
}

/// `splice`
///
/// # Errors
/// The errno.
pub(crate) fn splice(
    source: i32,
    mut from: Option<i64>,
    target: i32,
    mut to: Option<i64>,
    count: usize,
    flags: u32,
) -> SysResult<usize> {
    // SAFETY: null, or numbers to be changed.
    size_answer(unsafe {
        libc::splice(source, place(&mut from), target, place(&mut to), count, flags)
    })
}

/// `copy_file_range`
///
/// # Errors
/// The errno.
pub(crate) fn copy_range(
    source: i32,
    mut from: Option<i64>,
    target: i32,
    mut to: Option<i64>,
    count: usize,
) -> SysResult<usize> {
    // SAFETY: null, or numbers to be changed.
    size_answer(unsafe {
        libc::copy_file_range(source, place(&mut from), target, place(&mut to), count, 0)
    })
}

/// `lockf`
///
/// # Errors
/// The errno.
pub(crate) fn lock(fd: i32, command: i32, length: i64) -> SysResult<()> {
    // SAFETY: numbers only.
    answer(unsafe { libc::lockf(fd, command, length) }).map(|_| ())
}

fn by_number(errno: i32) -> SysResult<()> {
    if errno == 0 { Ok(()) } else { Err(Errno::from_raw_os_error(errno)) }
}

/// `posix_fadvise`
///
/// # Errors
/// The errno.
pub(crate) fn advise(fd: i32, start: i64, length: i64, advice: i32) -> SysResult<()> {
    // SAFETY: numbers only.
    by_number(unsafe { libc::posix_fadvise(fd, start, length, advice) })
}

/// `posix_fallocate`
///
/// # Errors
/// The errno.
pub(crate) fn allocate(fd: i32, start: i64, length: i64) -> SysResult<()> {
    // SAFETY: numbers only.
    by_number(unsafe { libc::posix_fallocate(fd, start, length) })
}

/// `fdatasync`
///
/// # Errors
/// The errno.
pub(crate) fn sync_data(fd: i32) -> SysResult<()> {
    // SAFETY: a number only.
    answer(unsafe { libc::fdatasync(fd) }).map(|_| ())
}

/// `pipe2`
///
/// # Errors
/// The errno.
pub(crate) fn pipe(flags: i32) -> SysResult<(i32, i32)> {
    let mut ends = [0; 2];
    // SAFETY: room for two numbers.
    answer(unsafe { libc::pipe2(ends.as_mut_ptr(), flags) })?;
    Ok((ends[0], ends[1]))
}
