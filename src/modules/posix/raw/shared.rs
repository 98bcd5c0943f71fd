//! Semaphores and memory that processes share by name.
//!
//! Invariants: a semaphore's address is that of an open one until the last copy of it is closed, which its object does once;
//! a name ends in null.
#![expect(unsafe_code, reason = "the invariants are in the module doc")]

use std::ffi::CStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use rustix::io::Errno;

use super::process::{answer, last_errno};
use crate::posix::fd::SysResult;

/// An open semaphore, by its address; 0 when it is closed.
#[derive(Clone)]
pub(crate) struct Semaphore(Arc<AtomicUsize>);

fn opened(address: *mut libc::sem_t) -> SysResult<Semaphore> {
    if address == libc::SEM_FAILED {
        return Err(last_errno());
    }
    Ok(Semaphore(Arc::new(AtomicUsize::new(address.expose_provenance()))))
}

/// `sem_open` of a new one.
///
/// # Errors
/// The errno.
pub(crate) fn create_semaphore(name: &CStr, value: u32) -> SysResult<Semaphore> {
    let flags = libc::O_CREAT | libc::O_EXCL;
    let mode: libc::c_uint = 0o600;
    // SAFETY: the name ends in null.
    opened(unsafe { libc::sem_open(name.as_ptr(), flags, mode, value) })
}

/// `sem_open` of one that exists.
///
/// # Errors
/// The errno.
pub(crate) fn open_semaphore(name: &CStr) -> SysResult<Semaphore> {
    // SAFETY: the name ends in null.
    opened(unsafe { libc::sem_open(name.as_ptr(), 0) })
}

/// `sem_unlink`
///
/// # Errors
/// The errno.
pub(crate) fn unlink_semaphore(name: &CStr) -> SysResult<()> {
    // SAFETY: the name ends in null.
    answer(unsafe { libc::sem_unlink(name.as_ptr()) }).map(|_| ())
}

impl Semaphore {
    fn address(&self) -> *mut libc::sem_t {
        std::ptr::with_exposed_provenance_mut(self.0.load(Ordering::Relaxed))
    }

    fn is_open(&self) -> bool {
        self.0.load(Ordering::Relaxed) != 0
    }

    /// A number that tells it from others.
    pub(crate) fn id(&self) -> u64 {
        self.0.load(Ordering::Relaxed) as u64
    }

    /// `sem_trywait`
    pub(crate) fn try_wait(&self) -> bool {
        // SAFETY: an open semaphore.
        self.is_open() && unsafe { libc::sem_trywait(self.address()) } == 0
    }

    /// `sem_wait`, until the deadline at most: false when the time was up.
    ///
    /// # Errors
    /// The errno.
    pub(crate) fn wait(&self, deadline: Option<Instant>) -> SysResult<bool> {
        if !self.is_open() {
            return Err(Errno::INVAL);
        }
        let Some(deadline) = deadline else {
            // SAFETY: an open semaphore.
            return answer(unsafe { libc::sem_wait(self.address()) }).map(|_| true);
        };
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
        let left = deadline.saturating_duration_since(Instant::now());
        let nanoseconds = now.tv_nsec + i64::from(left.subsec_nanos());
        let seconds = i64::try_from(left.as_secs()).unwrap_or(i64::MAX / 2);
        let until = libc::timespec {
            tv_sec: now.tv_sec.saturating_add(seconds) + nanoseconds / 1_000_000_000,
            tv_nsec: nanoseconds % 1_000_000_000,
        };
        // SAFETY: an open semaphore and a whole record.
        match answer(unsafe { libc::sem_timedwait(self.address(), &raw const until) }) {
            Ok(_) => Ok(true),
            Err(Errno::TIMEDOUT) => Ok(false),
            Err(errno) => Err(errno),
        }
    }

    /// `sem_post`
    ///
    /// # Errors
    /// The errno.
    pub(crate) fn post(&self) -> SysResult<()> {
        if !self.is_open() {
            return Err(Errno::INVAL);
        }
        // SAFETY: an open semaphore.
        answer(unsafe { libc::sem_post(self.address()) }).map(|_| ())
    }

    /// `sem_getvalue`
    ///
    /// # Errors
    /// The errno.
    pub(crate) fn value(&self) -> SysResult<i32> {
        if !self.is_open() {
            return Err(Errno::INVAL);
        }
        let mut value = 0;
        // SAFETY: an open semaphore and a number to be written.
        answer(unsafe { libc::sem_getvalue(self.address(), &raw mut value) })?;
        Ok(value)
    }

    /// `sem_close`
    pub(crate) fn close(&self) {
        let address = self.0.swap(0, Ordering::Relaxed);
        if address != 0 {
            // SAFETY: open until now, and closed once because the address was taken out.
            unsafe { libc::sem_close(std::ptr::with_exposed_provenance_mut(address)) };
        }
    }
}

/// `shm_open`, close-on-exec.
///
/// # Errors
/// The errno.
pub(crate) fn open_memory(path: &CStr, flags: i32, mode: u32) -> SysResult<i32> {
    // SAFETY: the path ends in null.
    answer(unsafe { libc::shm_open(path.as_ptr(), flags | libc::O_CLOEXEC, mode) })
}

/// `shm_unlink`
///
/// # Errors
/// The errno.
pub(crate) fn unlink_memory(path: &CStr) -> SysResult<()> {
    // SAFETY: the path ends in null.
    answer(unsafe { libc::shm_unlink(path.as_ptr()) }).map(|_| ())
}
