//! Waiting for many descriptors.
//!
//! Invariant: an array is as long as the count given with it.
#![expect(unsafe_code, reason = "the invariant is in the module doc")]

use rustix::io::Errno;

use super::process::answer;
use crate::posix::fd::SysResult;

/// A descriptor, what it is watched for, and what was found.
pub(crate) struct Entry {
    pub(crate) fd: i32,
    pub(crate) events: i16,
    pub(crate) answer: i16,
}

/// `poll`: how many have something to tell; -1 milliseconds for no limit.
///
/// # Errors
/// The errno.
pub(crate) fn poll(entries: &mut [Entry], milliseconds: i32) -> SysResult<i32> {
    let mut raw: Vec<libc::pollfd> = entries
        .iter()
        .map(|entry| libc::pollfd { fd: entry.fd, events: entry.events, revents: 0 })
        .collect();
    let count = libc::nfds_t::try_from(raw.len()).map_err(|_| Errno::INVAL)?;
    // SAFETY: the count is the vector's.
    let ready = answer(unsafe { libc::poll(raw.as_mut_ptr(), count, milliseconds) })?;
    for (entry, raw) in entries.iter_mut().zip(raw) {
        entry.answer = raw.revents;
    }
    Ok(ready)
}

/// `epoll_create1`, close-on-exec.
///
/// # Errors
/// The errno.
pub(crate) fn epoll_create() -> SysResult<i32> {
    // SAFETY: a number only.
    answer(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) })
}

/// `epoll_ctl`
///
/// # Errors
/// The errno.
pub(crate) fn epoll_control(epoll: i32, operation: i32, fd: i32, events: u32) -> SysResult<()> {
    let mut event = libc::epoll_event { events, u64: u64::from(fd.cast_unsigned()) };
    // SAFETY: the record is whole.
    answer(unsafe { libc::epoll_ctl(epoll, operation, fd, &raw mut event) }).map(|_| ())
}

/// `epoll_wait`: descriptors and what was found.
///
/// # Errors
/// The errno.
pub(crate) fn epoll_wait(
    epoll: i32,
    count: usize,
    milliseconds: i32,
) -> SysResult<Vec<(i32, u32)>> {
    let mut events = Vec::new();
    events.try_reserve_exact(count).map_err(|_| Errno::NOMEM)?;
    events.resize(count, libc::epoll_event { events: 0, u64: 0 });
    let room = i32::try_from(count).map_err(|_| Errno::INVAL)?;
    // SAFETY: the count is the vector's.
    let found =
        answer(unsafe { libc::epoll_wait(epoll, events.as_mut_ptr(), room, milliseconds) })?;
    let found = usize::try_from(found).unwrap_or(0);
    #[expect(clippy::cast_possible_truncation, reason = "a descriptor was put in")]
    Ok(events
        .iter()
        .take(found)
        .map(|event| (event.u64 as u32).cast_signed())
        .zip(events.iter().map(|event| event.events))
        .collect())
}
