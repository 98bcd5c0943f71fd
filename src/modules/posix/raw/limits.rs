//! Limits of a process.
//!
//! Invariant: the records handed over are whole.
#![expect(unsafe_code, reason = "the invariant is in the module doc")]

use super::process::answer;
use crate::posix::fd::SysResult;

fn resource_number<T: TryFrom<i32> + Default>(resource: i32) -> T {
    T::try_from(resource).unwrap_or_default()
}

/// `prlimit`: the old current and maximum limit; pid 0 is this process.
///
/// # Errors
/// The errno.
pub(crate) fn exchange(pid: i32, resource: i32, new: Option<(u64, u64)>) -> SysResult<(u64, u64)> {
    let new = new.map(|(current, maximum)| libc::rlimit { rlim_cur: current, rlim_max: maximum });
    let mut old = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    let pointer = new.as_ref().map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: the pointers are null or to whole records.
    answer(unsafe { libc::prlimit(pid, resource_number(resource), pointer, &raw mut old) })?;
    Ok((old.rlim_cur, old.rlim_max))
}
