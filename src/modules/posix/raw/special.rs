//! Descriptors that stand for events, timers, memory and processes; configuration.
//!
//! Invariant: records are whole, and a buffer is given with its length.
#![expect(unsafe_code, reason = "the invariant is in the module doc")]

use std::ffi::CStr;

use rustix::io::Errno;

use super::process::{answer, last_errno};
use crate::posix::fd::SysResult;

/// `eventfd`
///
/// # Errors
/// The errno.
pub(crate) fn event(start: u32, flags: i32) -> SysResult<i32> {
    // SAFETY: numbers only.
    answer(unsafe { libc::eventfd(start, flags) })
}

/// `eventfd_read`
///
/// # Errors
/// The errno.
pub(crate) fn read_event(fd: i32) -> SysResult<u64> {
    let mut value = 0;
    // SAFETY: a number to be written.
    answer(unsafe { libc::eventfd_read(fd, &raw mut value) })?;
    Ok(value)
}

/// `eventfd_write`
///
/// # Errors
/// The errno.
pub(crate) fn write_event(fd: i32, value: u64) -> SysResult<()> {
    // SAFETY: numbers only.
    answer(unsafe { libc::eventfd_write(fd, value) }).map(|_| ())
}

/// `memfd_create`
///
/// # Errors
/// The errno.
pub(crate) fn memory(name: &CStr, flags: u32) -> SysResult<i32> {
    // SAFETY: a text that ends in null.
    answer(unsafe { libc::memfd_create(name.as_ptr(), flags) })
}

/// `pidfd_open`
///
/// # Errors
/// The errno.
pub(crate) fn process(pid: i32, flags: u32) -> SysResult<i32> {
    // SAFETY: numbers only.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, flags) };
    i32::try_from(fd).ok().filter(|&fd| fd >= 0).ok_or_else(last_errno)
}

/// `setns`
///
/// # Errors
/// The errno.
pub(crate) fn enter_namespace(fd: i32, kind: i32) -> SysResult<i32> {
    // SAFETY: numbers only.
    answer(unsafe { libc::setns(fd, kind) })
}

/// `unshare`
///
/// # Errors
/// The errno.
pub(crate) fn leave_namespaces(flags: i32) -> SysResult<i32> {
    // SAFETY: numbers only.
    answer(unsafe { libc::unshare(flags) })
}

/// `timerfd_create`
///
/// # Errors
/// The errno.
pub(crate) fn timer(clock: i32, flags: i32) -> SysResult<i32> {
    // SAFETY: numbers only.
    answer(unsafe { libc::timerfd_create(clock, flags) })
}

fn timespec(nanoseconds: i64) -> libc::timespec {
    libc::timespec {
        tv_sec: nanoseconds.div_euclid(1_000_000_000),
        tv_nsec: nanoseconds.rem_euclid(1_000_000_000),
    }
}

fn total(time: libc::timespec) -> i64 {
    time.tv_sec.saturating_mul(1_000_000_000).saturating_add(time.tv_nsec)
}

fn timer_record(next: i64, interval: i64) -> libc::itimerspec {
    libc::itimerspec { it_interval: timespec(interval), it_value: timespec(next) }
}

/// `timerfd_settime`: what was set before, next and interval.
///
/// # Errors
/// The errno.
pub(crate) fn set_timer(fd: i32, flags: i32, next: i64, interval: i64) -> SysResult<(i64, i64)> {
    let new = timer_record(next, interval);
    let mut old = timer_record(0, 0);
    // SAFETY: both records are whole.
    answer(unsafe { libc::timerfd_settime(fd, flags, &raw const new, &raw mut old) })?;
    Ok((total(old.it_value), total(old.it_interval)))
}

/// `timerfd_gettime`
///
/// # Errors
/// The errno.
pub(crate) fn timer_state(fd: i32) -> SysResult<(i64, i64)> {
    let mut now = timer_record(0, 0);
    // SAFETY: the record is whole.
    answer(unsafe { libc::timerfd_gettime(fd, &raw mut now) })?;
    Ok((total(now.it_value), total(now.it_interval)))
}

/// An answer that may be -1 without failure: the errno tells.
fn by_errno(call: impl FnOnce() -> i64) -> SysResult<i64> {
    // SAFETY: the errno of this thread.
    unsafe { *libc::__errno_location() = 0 };
    let result = call();
    if result == -1 {
        let errno = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
        if errno != 0 {
            return Err(Errno::from_raw_os_error(errno));
        }
    }
    Ok(result)
}

/// `sysconf`
///
/// # Errors
/// The errno.
pub(crate) fn system_configuration(name: i32) -> SysResult<i64> {
    // SAFETY: a number only.
    by_errno(|| unsafe { libc::sysconf(name) })
}

/// `pathconf`
///
/// # Errors
/// The errno.
pub(crate) fn path_configuration(path: &CStr, name: i32) -> SysResult<i64> {
    // SAFETY: a text that ends in null.
    by_errno(|| unsafe { libc::pathconf(path.as_ptr(), name) })
}

/// `fpathconf`
///
/// # Errors
/// The errno.
pub(crate) fn descriptor_configuration(fd: i32, name: i32) -> SysResult<i64> {
    // SAFETY: numbers only.
    by_errno(|| unsafe { libc::fpathconf(fd, name) })
}

/// `confstr`; None for a name without a value.
///
/// # Errors
/// The errno.
pub(crate) fn text_configuration(name: i32) -> SysResult<Option<Vec<u8>>> {
    let mut buffer = vec![0_u8; 256];
    loop {
        let mut needed = 0;
        by_errno(|| {
            // SAFETY: the length is the vector's.
            needed = unsafe { libc::confstr(name, buffer.as_mut_ptr().cast(), buffer.len()) };
            if needed == 0 { -1 } else { 0 }
        })?;
        if needed == 0 {
            return Ok(None);
        }
        if needed <= buffer.len() {
            buffer.truncate(needed - 1);
            return Ok(Some(buffer));
        }
        buffer = vec![0; needed];
    }
}

/// `getloadavg`
pub(crate) fn load_averages() -> Option<[f64; 3]> {
    let mut averages = [0.0; 3];
    // SAFETY: room for three numbers.
    let count = unsafe { libc::getloadavg(averages.as_mut_ptr(), 3) };
    (count == 3).then_some(averages)
}

/// `times`: user, system, children's user and system, elapsed; in seconds.
///
/// # Errors
/// The errno.
#[expect(clippy::cast_precision_loss, reason = "floats are what the caller asked for")]
pub(crate) fn times() -> SysResult<[f64; 5]> {
    // SAFETY: all zero bytes are a record; the pointer is to a whole one.
    unsafe {
        let mut times: libc::tms = std::mem::zeroed();
        let elapsed = libc::times(&raw mut times);
        if elapsed == -1 {
            return Err(last_errno());
        }
        let ticks = libc::sysconf(libc::_SC_CLK_TCK).max(1) as f64;
        Ok([times.tms_utime, times.tms_stime, times.tms_cutime, times.tms_cstime, elapsed]
            .map(|time| time as f64 / ticks))
    }
}
