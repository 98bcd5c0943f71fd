//! Sending signals, and changing the environment of the process: what has no safe form.
//!
//! Invariant: the environment is only changed under the GIL, and nothing here reads it without.
#![expect(unsafe_code, reason = "the invariant is in the module doc")]

use std::ffi::OsStr;

use rustix::io::Errno;
use rustix::process::{Pid, Signal};

/// `kill`
///
/// # Errors
/// The errno.
pub(super) fn kill(pid: i32, signal: i32) -> Result<(), Errno> {
    if signal == 0 {
        return match pid {
            0 => rustix::process::test_kill_current_process_group(),
            1.. => Pid::from_raw(pid).map_or(Err(Errno::INVAL), rustix::process::test_kill_process),
            _ => Pid::from_raw(pid.saturating_neg())
                .map_or(Err(Errno::INVAL), rustix::process::test_kill_process_group),
        };
    }
    if !(1..=64).contains(&signal) {
        return Err(Errno::INVAL);
    }
    // SAFETY: the number is that of a signal; which one is the program's affair, as in `os.kill`.
    let signal = unsafe { Signal::from_raw_unchecked(signal) };
    match pid {
        0 => rustix::process::kill_current_process_group(signal),
        1.. => Pid::from_raw(pid)
            .map_or(Err(Errno::INVAL), |pid| rustix::process::kill_process(pid, signal)),
        _ => Pid::from_raw(pid.saturating_neg())
            .map_or(Err(Errno::INVAL), |pid| rustix::process::kill_process_group(pid, signal)),
    }
}

/// `setenv`, or `unsetenv` without a value.
pub(super) fn set_environment(name: &OsStr, value: Option<&OsStr>) {
    match value {
        // SAFETY: the module's invariant.
        Some(value) => unsafe { std::env::set_var(name, value) },
        // SAFETY: the module's invariant.
        None => unsafe { std::env::remove_var(name) },
    }
}
