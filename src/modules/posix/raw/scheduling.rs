//! The scheduler's calls.
//!
//! Invariant: a set of processors is as long as the length given with it.
#![expect(unsafe_code, reason = "the invariant is in the module doc")]

use super::process::answer;
use crate::posix::fd::SysResult;

/// Processors that a first try has room for.
const PROCESSORS: usize = 1024;
const BITS: usize = 64;

/// `sched_get_priority_max`
///
/// # Errors
/// The errno.
pub(crate) fn priority_max(policy: i32) -> SysResult<i32> {
    // SAFETY: a number only.
    answer(unsafe { libc::sched_get_priority_max(policy) })
}

/// `sched_get_priority_min`
///
/// # Errors
/// The errno.
pub(crate) fn priority_min(policy: i32) -> SysResult<i32> {
    // SAFETY: a number only.
    answer(unsafe { libc::sched_get_priority_min(policy) })
}

/// `sched_getscheduler`
///
/// # Errors
/// The errno.
pub(crate) fn scheduler(pid: i32) -> SysResult<i32> {
    // SAFETY: a number only.
    answer(unsafe { libc::sched_getscheduler(pid) })
}

fn parameters(priority: i32) -> libc::sched_param {
    // SAFETY: all zero bytes are a `sched_param`.
    let mut parameters: libc::sched_param = unsafe { std::mem::zeroed() };
    parameters.sched_priority = priority;
    parameters
}

/// `sched_setscheduler`
///
/// # Errors
/// The errno.
pub(crate) fn set_scheduler(pid: i32, policy: i32, priority: i32) -> SysResult<()> {
    let parameters = parameters(priority);
    // SAFETY: the record is whole.
    answer(unsafe { libc::sched_setscheduler(pid, policy, &raw const parameters) }).map(|_| ())
}

/// `sched_getparam`
///
/// # Errors
/// The errno.
pub(crate) fn priority(pid: i32) -> SysResult<i32> {
    let mut parameters = parameters(0);
    // SAFETY: the record is whole.
    answer(unsafe { libc::sched_getparam(pid, &raw mut parameters) })?;
    Ok(parameters.sched_priority)
}

/// `sched_setparam`
///
/// # Errors
/// The errno.
pub(crate) fn set_priority(pid: i32, priority: i32) -> SysResult<()> {
    let parameters = parameters(priority);
    // SAFETY: the record is whole.
    answer(unsafe { libc::sched_setparam(pid, &raw const parameters) }).map(|_| ())
}

/// `sched_rr_get_interval`, in seconds.
///
/// # Errors
/// The errno.
#[expect(clippy::cast_precision_loss, reason = "a float is what the caller asked for")]
pub(crate) fn interval(pid: i32) -> SysResult<f64> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the record is whole.
    answer(unsafe { libc::sched_rr_get_interval(pid, &raw mut time) })?;
    Ok(time.tv_sec as f64 + 1e-9 * time.tv_nsec as f64)
}

/// The processors that a process may run on.
///
/// # Errors
/// The errno.
pub(crate) fn affinity(pid: i32) -> SysResult<Vec<usize>> {
    let mut words = vec![0_u64; PROCESSORS / BITS];
    loop {
        let bytes = words.len() * size_of::<u64>();
        // SAFETY: the length is the vector's.
        let result =
            answer(unsafe { libc::sched_getaffinity(pid, bytes, words.as_mut_ptr().cast()) });
        match result {
            Ok(_) => break,
            Err(rustix::io::Errno::INVAL) if words.len() < (1 << 14) => {
                words = vec![0; words.len() * 2];
            }
            Err(errno) => return Err(errno),
        }
    }
    let has =
        |index: usize| words.get(index / BITS).is_some_and(|word| word >> (index % BITS) & 1 == 1);
    Ok((0..words.len() * BITS).filter(|&index| has(index)).collect())
}

/// `sched_setaffinity`
///
/// # Errors
/// The errno.
pub(crate) fn set_affinity(pid: i32, processors: &[usize]) -> SysResult<()> {
    let last = processors.iter().copied().max().unwrap_or(0);
    let mut words = vec![0_u64; (last / BITS + 1).max(PROCESSORS / BITS)];
    for &processor in processors {
        if let Some(word) = words.get_mut(processor / BITS) {
            *word |= 1 << (processor % BITS);
        }
    }
    let bytes = words.len() * size_of::<u64>();
    // SAFETY: the length is the vector's.
    answer(unsafe { libc::sched_setaffinity(pid, bytes, words.as_ptr().cast()) }).map(|_| ())
}
