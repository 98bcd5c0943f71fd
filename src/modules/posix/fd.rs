//! System calls on file descriptors, as plain functions over numbers.
//!
//! Invariant: a number is only handed to the system; what it means there is the caller's affair, as in CPython.
#![expect(
    unsafe_code,
    reason = "descriptors are numbers that Python code passes around: the invariant is in the module doc"
)]

use std::ffi::CStr;
use std::os::fd::{BorrowedFd, FromRawFd, IntoRawFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::library_files;

/// A result of a system call: its errno on failure.
pub(crate) type SysResult<T> = Result<T, Errno>;

/// The descriptor for the length of one call.
fn borrowed<'fd>(fd: i32) -> SysResult<BorrowedFd<'fd>> {
    if fd < 0 {
        return Err(Errno::BADF);
    }
    // SAFETY: not -1; whether it is open the system says, with EBADF.
    Ok(unsafe { BorrowedFd::borrow_raw(fd) })
}

/// `read`
///
/// # Errors
/// The errno.
pub(crate) fn read(fd: i32, buffer: &mut [u8]) -> SysResult<usize> {
    rustix::io::read(borrowed(fd)?, buffer)
}

/// `write`
///
/// # Errors
/// The errno.
pub(crate) fn write(fd: i32, bytes: &[u8]) -> SysResult<usize> {
    rustix::io::write(borrowed(fd)?, bytes)
}

/// `open`, close-on-exec.
///
/// # Errors
/// The errno.
pub(crate) fn open(path: &CStr, flags: i32, mode: u32) -> SysResult<i32> {
    let flags = OFlags::from_bits_retain(flags.cast_unsigned()) | OFlags::CLOEXEC;
    let opened = rustix::fs::open(path, flags, Mode::from_bits_retain(mode));
    Ok(or_in_library(opened, path, flags)?.into_raw_fd())
}

/// What the embedded library has where the system has nothing.
fn or_in_library(opened: SysResult<OwnedFd>, path: &CStr, flags: OFlags) -> SysResult<OwnedFd> {
    match opened {
        Err(Errno::NOENT) => library_files::open(path, flags).unwrap_or(Err(Errno::NOENT)),
        other => other,
    }
}

/// `close`: the number is free afterwards, whatever the system answers.
///
/// # Errors
/// EBADF for a number that is not open.
pub(crate) fn close(fd: i32) -> SysResult<()> {
    // Asking first keeps a wrong number an error of the program instead of a broken ownership here.
    rustix::io::fcntl_getfd(borrowed(fd)?)?;
    // SAFETY: the number is open (just asked); the program gives it up.
    drop(unsafe { OwnedFd::from_raw_fd(fd) });
    Ok(())
}

/// `lseek`
///
/// # Errors
/// The errno.
pub(crate) fn seek(fd: i32, offset: i64, whence: i64) -> SysResult<u64> {
    use rustix::fs::SeekFrom;
    let from = match whence {
        0 => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::INVAL)?),
        1 => SeekFrom::Current(offset),
        2 => SeekFrom::End(offset),
        _ => return Err(Errno::INVAL),
    };
    rustix::fs::seek(borrowed(fd)?, from)
}

/// `ftruncate`
///
/// # Errors
/// The errno.
pub(crate) fn truncate(fd: i32, length: u64) -> SysResult<()> {
    rustix::fs::ftruncate(borrowed(fd)?, length)
}

/// `isatty`
#[must_use]
pub(crate) fn isatty(fd: i32) -> bool {
    borrowed(fd).is_ok_and(rustix::termios::isatty)
}

/// `fstat`
///
/// # Errors
/// The errno.
pub(crate) fn stat(fd: i32) -> SysResult<rustix::fs::Stat> {
    rustix::fs::fstat(borrowed(fd)?)
}

/// `dup`, close-on-exec.
///
/// # Errors
/// The errno.
pub(crate) fn dup(fd: i32) -> SysResult<i32> {
    rustix::io::fcntl_dupfd_cloexec(borrowed(fd)?, 0).map(IntoRawFd::into_raw_fd)
}

/// `dup2`
///
/// # Errors
/// The errno.
pub(crate) fn dup2(fd: i32, target: i32) -> SysResult<()> {
    if target < 0 {
        return Err(Errno::BADF);
    }
    // SAFETY: the number is the program's to replace; ownership is given back right after.
    let mut new = unsafe { OwnedFd::from_raw_fd(target) };
    let result = rustix::io::dup2(borrowed(fd)?, &mut new);
    let _ = new.into_raw_fd();
    result
}

/// Whether the descriptor is closed by `exec`.
///
/// # Errors
/// The errno.
pub(crate) fn get_inheritable(fd: i32) -> SysResult<bool> {
    let flags = rustix::io::fcntl_getfd(borrowed(fd)?)?;
    Ok(!flags.contains(rustix::io::FdFlags::CLOEXEC))
}

/// Sets whether the descriptor survives `exec`.
///
/// # Errors
/// The errno.
pub(crate) fn set_inheritable(fd: i32, inheritable: bool) -> SysResult<()> {
    let fd = borrowed(fd)?;
    let mut flags = rustix::io::fcntl_getfd(fd)?;
    flags.set(rustix::io::FdFlags::CLOEXEC, !inheritable);
    rustix::io::fcntl_setfd(fd, flags)
}

/// `pipe`, both ends close-on-exec.
///
/// # Errors
/// The errno.
pub(crate) fn pipe() -> SysResult<(i32, i32)> {
    let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    Ok((read.into_raw_fd(), write.into_raw_fd()))
}

/// The folder that a `dir_fd` names; the current one without.
///
/// # Errors
/// EBADF.
pub(crate) fn folder<'fd>(dir: Option<i32>) -> SysResult<BorrowedFd<'fd>> {
    dir.map_or(Ok(rustix::fs::CWD), borrowed)
}

/// `fchdir`
///
/// # Errors
/// The errno.
pub(crate) fn chdir(fd: i32) -> SysResult<()> {
    rustix::process::fchdir(borrowed(fd)?)
}

/// `fchmod`
///
/// # Errors
/// The errno.
pub(crate) fn chmod(fd: i32, mode: Mode) -> SysResult<()> {
    rustix::fs::fchmod(borrowed(fd)?, mode)
}

/// `futimens`
///
/// # Errors
/// The errno.
pub(crate) fn set_times(fd: i32, times: &rustix::fs::Timestamps) -> SysResult<()> {
    rustix::fs::futimens(borrowed(fd)?, times)
}

/// The folder behind a descriptor, opened again so that reading it does not move the caller's place.
///
/// # Errors
/// The errno.
pub(crate) fn reopen_folder(fd: i32) -> SysResult<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    rustix::fs::openat(borrowed(fd)?, c".", flags, Mode::empty())
}

/// `openat`, close-on-exec.
///
/// # Errors
/// The errno.
pub(crate) fn open_in(dir: Option<i32>, path: &CStr, flags: i32, mode: u32) -> SysResult<i32> {
    let flags = OFlags::from_bits_retain(flags.cast_unsigned()) | OFlags::CLOEXEC;
    let opened = rustix::fs::openat(folder(dir)?, path, flags, Mode::from_bits_retain(mode));
    Ok(or_in_library(opened, path, flags)?.into_raw_fd())
}

/// `fsync`
///
/// # Errors
/// The errno.
pub(crate) fn sync(fd: i32) -> SysResult<()> {
    rustix::fs::fsync(borrowed(fd)?)
}

/// Columns and lines of a terminal.
///
/// # Errors
/// The errno.
pub(crate) fn window_size(fd: i32) -> SysResult<(u16, u16)> {
    let size = rustix::termios::tcgetwinsize(borrowed(fd)?)?;
    Ok((size.ws_col, size.ws_row))
}

/// Whether calls on the descriptor wait.
///
/// # Errors
/// The errno.
pub(crate) fn get_blocking(fd: i32) -> SysResult<bool> {
    Ok(!rustix::fs::fcntl_getfl(borrowed(fd)?)?.contains(OFlags::NONBLOCK))
}

/// Sets whether calls on the descriptor wait.
///
/// # Errors
/// The errno.
pub(crate) fn set_blocking(fd: i32, blocking: bool) -> SysResult<()> {
    let fd = borrowed(fd)?;
    let mut flags = rustix::fs::fcntl_getfl(fd)?;
    flags.set(OFlags::NONBLOCK, !blocking);
    rustix::fs::fcntl_setfl(fd, flags)
}

/// `fstatvfs`
///
/// # Errors
/// The errno.
pub(crate) fn file_system(fd: i32) -> SysResult<rustix::fs::StatVfs> {
    rustix::fs::fstatvfs(borrowed(fd)?)
}

/// `fgetxattr`
///
/// # Errors
/// The errno.
pub(crate) fn get_attribute(fd: i32, name: &CStr, value: &mut [u8]) -> SysResult<usize> {
    rustix::fs::fgetxattr(borrowed(fd)?, name, value)
}

/// `fsetxattr`
///
/// # Errors
/// The errno.
pub(crate) fn set_attribute(
    fd: i32,
    name: &CStr,
    value: &[u8],
    flags: rustix::fs::XattrFlags,
) -> SysResult<()> {
    rustix::fs::fsetxattr(borrowed(fd)?, name, value, flags)
}

/// `fremovexattr`
///
/// # Errors
/// The errno.
pub(crate) fn remove_attribute(fd: i32, name: &CStr) -> SysResult<()> {
    rustix::fs::fremovexattr(borrowed(fd)?, name)
}

/// `flistxattr`
///
/// # Errors
/// The errno.
pub(crate) fn list_attributes(fd: i32, names: &mut [u8]) -> SysResult<usize> {
    rustix::fs::flistxattr(borrowed(fd)?, names)
}
