//! Signals sent and received, and the environment of the process: what has no safe form.
//!
//! Invariants: what runs inside a signal touches atomics only; the environment is only changed under the GIL, and nothing here reads it without.
#![expect(unsafe_code, reason = "the invariants are in the module doc")]

use std::ffi::OsStr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use objects::core::thread_state::breaker;
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
        // SAFETY: the module's invariant about the environment.
        Some(value) => unsafe { std::env::set_var(name, value) },
        // SAFETY: the module's invariant about the environment.
        None => unsafe { std::env::remove_var(name) },
    }
}

/// What a signal does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// What the system does by itself.
    Default,
    /// Nothing.
    Ignore,
    /// It is noted for the main thread.
    Handler,
}

static PENDING: [AtomicBool; 65] = [const { AtomicBool::new(false) }; 65];
static MAIN: OnceLock<Arc<AtomicU32>> = OnceLock::new();

/// Names the breaker that a signal stops.
pub(crate) fn set_main_breaker(handle: Arc<AtomicU32>) {
    // A second interpreter of the process leaves the first one in charge.
    let _ = MAIN.set(handle);
}

/// Whether a breaker is the main thread's.
pub(crate) fn is_main_breaker(breaker: &AtomicU32) -> bool {
    MAIN.get().is_some_and(|main| std::ptr::eq(Arc::as_ptr(main), breaker))
}

/// Whether the signal came in since it was last asked for.
pub(crate) fn take_pending(number: usize) -> bool {
    PENDING.get(number).is_some_and(|pending| pending.swap(false, Ordering::Relaxed))
}

extern "C" fn note(number: libc::c_int) {
    if let Some(pending) = usize::try_from(number).ok().and_then(|number| PENDING.get(number)) {
        pending.store(true, Ordering::Relaxed);
    }
    if let Some(main) = MAIN.get() {
        main.fetch_or(breaker::SIGNALS, Ordering::Relaxed);
    }
}

/// Says what a signal does. System calls that wait are interrupted by it (no `SA_RESTART`), as in CPython.
///
/// # Errors
/// The errno.
pub(crate) fn install(number: i32, action: Action) -> Result<(), i32> {
    let handler = match action {
        Action::Default => libc::SIG_DFL,
        Action::Ignore => libc::SIG_IGN,
        Action::Handler => (note as extern "C" fn(libc::c_int) as *const ()).addr(),
    };
    // SAFETY: all zero bytes are a `sigaction` without flags.
    let mut new: libc::sigaction = unsafe { std::mem::zeroed() };
    new.sa_sigaction = handler;
    new.sa_flags = libc::SA_ONSTACK;
    // SAFETY: `new` is whole; the handler touches atomics only (module's invariant).
    let result = unsafe { libc::sigaction(number, &raw const new, std::ptr::null_mut()) };
    if result == 0 { Ok(()) } else { Err(last_errno()) }
}

/// `raise`
///
/// # Errors
/// The errno.
pub(crate) fn raise(number: i32) -> Result<(), i32> {
    // SAFETY: any number may be given; the system refuses what is no signal.
    if unsafe { libc::raise(number) } == 0 { Ok(()) } else { Err(last_errno()) }
}

fn last_errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EINVAL)
}
