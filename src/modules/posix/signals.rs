//! Signals sent and received, and the environment of the process: what has no safe form.
//!
//! Invariants: what runs inside a signal touches atomics only; the environment is only changed under the GIL, and nothing here reads it without.
#![expect(unsafe_code, reason = "the invariants are in the module doc")]

use std::ffi::OsStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU32, Ordering};

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
/// The breaker of the main thread, leaked; null before there is one.
static MAIN: AtomicPtr<AtomicU32> = AtomicPtr::new(std::ptr::null_mut());
/// Where a byte is written for each signal (`signal.set_wakeup_fd`); -1 for nowhere.
static WAKEUP_FD: AtomicI32 = AtomicI32::new(-1);
/// The errno of a write there that failed, to be reported.
static WAKEUP_ERROR: AtomicI32 = AtomicI32::new(0);
/// Whether a full pipe is worth a report.
static WAKEUP_WARNS: AtomicBool = AtomicBool::new(true);

/// Names the breaker that a signal stops.
pub(crate) fn set_main_breaker(handle: Arc<AtomicU32>) {
    MAIN.store(Arc::into_raw(handle).cast_mut(), Ordering::Release);
}

fn main_breaker() -> Option<&'static AtomicU32> {
    // SAFETY: null, or an `Arc` that was leaked.
    unsafe { MAIN.load(Ordering::Acquire).as_ref() }
}

/// Whether a breaker is the main thread's.
pub(crate) fn is_main_breaker(breaker: &AtomicU32) -> bool {
    main_breaker().is_some_and(|main| std::ptr::eq(main, breaker))
}

/// The calling thread, as the system identifies it.
pub(crate) fn own_thread() -> u64 {
    // SAFETY: no precondition.
    objects::core::vm::identifier(unsafe { libc::pthread_self() })
}

/// As if the signal had come.
pub(crate) fn simulate(number: usize) {
    note(i32::try_from(number).unwrap_or(0));
}

/// Sets the wakeup descriptor; the old one.
pub(crate) fn set_wakeup(fd: i32, warns: bool) -> i32 {
    WAKEUP_WARNS.store(warns, Ordering::Relaxed);
    WAKEUP_FD.swap(fd, Ordering::Relaxed)
}

/// The errno of a failed write to the wakeup descriptor since the last call.
pub(crate) fn take_wakeup_error() -> Option<i32> {
    Some(WAKEUP_ERROR.swap(0, Ordering::Relaxed)).filter(|&errno| errno != 0)
}

/// Forgets the signals that came in: a forked child has not got them.
pub(crate) fn forget_pending() {
    for pending in &PENDING {
        pending.store(false, Ordering::Relaxed);
    }
}

/// `alarm`: the seconds that were left of the last one.
pub(crate) fn alarm(seconds: u32) -> u32 {
    // SAFETY: no precondition.
    unsafe { libc::alarm(seconds) }
}

/// `pause`, until a signal comes.
pub(crate) fn pause() {
    // SAFETY: no precondition.
    let _ = unsafe { libc::pause() };
}

/// `siginterrupt`: whether the signal interrupts system calls.
///
/// # Errors
/// The errno.
pub(crate) fn set_interrupts(number: i32, interrupts: bool) -> Result<(), i32> {
    // SAFETY: all zero bytes are a `sigaction`; both pointers are to whole ones.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(number, std::ptr::null(), &raw mut action) < 0 {
            return Err(last_errno());
        }
        if interrupts {
            action.sa_flags &= !libc::SA_RESTART;
        } else {
            action.sa_flags |= libc::SA_RESTART;
        }
        if libc::sigaction(number, &raw const action, std::ptr::null_mut()) < 0 {
            return Err(last_errno());
        }
    }
    Ok(())
}

/// What the process inherited for a signal: whether it is ignored or has the system's default. None for neither.
pub(crate) fn disposition(number: i32) -> Option<Action> {
    // SAFETY: all zero bytes are a `sigaction`; the pointer is to a whole one.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(number, std::ptr::null(), &raw mut action) < 0 {
            return None;
        }
        match action.sa_sigaction {
            libc::SIG_DFL => Some(Action::Default),
            libc::SIG_IGN => Some(Action::Ignore),
            _ => None,
        }
    }
}

/// `setitimer`: interval and value in microseconds; the old ones.
///
/// # Errors
/// The errno.
pub(crate) fn set_timer(which: i32, value: i64, interval: i64) -> Result<(i64, i64), i32> {
    let new = libc::itimerval { it_interval: timeval(interval), it_value: timeval(value) };
    // SAFETY: all zero bytes are an `itimerval`; both pointers are to whole ones.
    unsafe {
        let mut old: libc::itimerval = std::mem::zeroed();
        if libc::setitimer(timer(which), &raw const new, &raw mut old) < 0 {
            return Err(last_errno());
        }
        Ok((microseconds(old.it_value), microseconds(old.it_interval)))
    }
}

/// `getitimer`
///
/// # Errors
/// The errno.
pub(crate) fn get_timer(which: i32) -> Result<(i64, i64), i32> {
    // SAFETY: all zero bytes are an `itimerval`; the pointer is to a whole one.
    unsafe {
        let mut now: libc::itimerval = std::mem::zeroed();
        if libc::getitimer(timer(which), &raw mut now) < 0 {
            return Err(last_errno());
        }
        Ok((microseconds(now.it_value), microseconds(now.it_interval)))
    }
}

/// The number of a timer in the type that the C library wants, which differs between C libraries.
fn timer<T: TryFrom<i32> + Default>(which: i32) -> T {
    T::try_from(which).unwrap_or_default()
}

fn timeval(microseconds: i64) -> libc::timeval {
    libc::timeval { tv_sec: microseconds / 1_000_000, tv_usec: microseconds % 1_000_000 }
}

fn microseconds(time: libc::timeval) -> i64 {
    time.tv_sec.saturating_mul(1_000_000).saturating_add(time.tv_usec)
}

fn set_of(numbers: &[i32]) -> libc::sigset_t {
    // SAFETY: `sigemptyset` makes the set whole; numbers that are no signals are refused by `sigaddset`.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        for &number in numbers {
            libc::sigaddset(&raw mut set, number);
        }
        set
    }
}

fn members(set: &libc::sigset_t) -> Vec<i32> {
    // SAFETY: the set is whole.
    (1..65).filter(|&number| unsafe { libc::sigismember(set, number) } == 1).collect()
}

/// `pthread_sigmask`: the old mask.
///
/// # Errors
/// The errno.
pub(crate) fn mask(how: i32, numbers: &[i32]) -> Result<Vec<i32>, i32> {
    let new = set_of(numbers);
    let mut old = set_of(&[]);
    // SAFETY: both sets are whole.
    match unsafe { libc::pthread_sigmask(how, &raw const new, &raw mut old) } {
        0 => Ok(members(&old)),
        errno => Err(errno),
    }
}

/// `sigpending`
///
/// # Errors
/// The errno.
pub(crate) fn pending() -> Result<Vec<i32>, i32> {
    let mut set = set_of(&[]);
    // SAFETY: the set is whole.
    if unsafe { libc::sigpending(&raw mut set) } < 0 {
        Err(last_errno())
    } else {
        Ok(members(&set))
    }
}

/// `sigwait`
///
/// # Errors
/// The errno.
pub(crate) fn wait(numbers: &[i32]) -> Result<i32, i32> {
    let set = set_of(numbers);
    let mut got = 0;
    // SAFETY: the set is whole.
    match unsafe { libc::sigwait(&raw const set, &raw mut got) } {
        0 => Ok(got),
        errno => Err(errno),
    }
}

/// What `sigwaitinfo` tells: number, code, errno, pid, uid, status, band.
pub(crate) type Info = (i32, i32, i32, i32, u32, i32, i64);

/// `sigtimedwait`, without limit for None.
///
/// # Errors
/// The errno.
pub(crate) fn wait_info(numbers: &[i32], nanoseconds: Option<i64>) -> Result<Info, i32> {
    let set = set_of(numbers);
    // SAFETY: the set and the time are whole; the system fills the record, whose parts are plain numbers.
    unsafe {
        let mut info: libc::siginfo_t = std::mem::zeroed();
        let result = match nanoseconds {
            None => libc::sigwaitinfo(&raw const set, &raw mut info),
            Some(length) => {
                let time = libc::timespec {
                    tv_sec: length / 1_000_000_000,
                    tv_nsec: length % 1_000_000_000,
                };
                libc::sigtimedwait(&raw const set, &raw mut info, &raw const time)
            }
        };
        if result < 0 {
            return Err(last_errno());
        }
        let band = if info.si_signo == libc::SIGIO { info.si_status() } else { 0 };
        Ok((
            info.si_signo,
            info.si_code,
            info.si_errno,
            info.si_pid(),
            info.si_uid(),
            info.si_status(),
            i64::from(band),
        ))
    }
}

/// `pthread_kill`
///
/// # Errors
/// The errno.
pub(crate) fn kill_thread(thread: u64, number: i32) -> Result<(), i32> {
    let thread = libc::pthread_t::try_from(thread).map_err(|_| libc::ESRCH)?;
    // SAFETY: the caller has seen the thread in the interpreter's list, so that it has not ended.
    match unsafe { libc::pthread_kill(thread, number) } {
        0 => Ok(()),
        errno => Err(errno),
    }
}

/// The system's words for a signal.
pub(crate) fn describe(number: i32) -> Option<String> {
    // SAFETY: `strsignal` answers null or a text that lives until its next call, which cannot come under the GIL.
    unsafe {
        let text = libc::strsignal(number);
        if text.is_null() {
            return None;
        }
        Some(std::ffi::CStr::from_ptr(text).to_string_lossy().into_owned())
    }
}

/// Whether the signal came in since it was last asked for.
pub(crate) fn take_pending(number: usize) -> bool {
    PENDING.get(number).is_some_and(|pending| pending.swap(false, Ordering::Relaxed))
}

extern "C" fn handler(number: libc::c_int) {
    // SAFETY: the errno of the interrupted code is put back, as a handler must.
    unsafe {
        let place = libc::__errno_location();
        let errno = *place;
        note(number);
        *place = errno;
    }
}

fn note(number: libc::c_int) {
    if let Some(pending) = usize::try_from(number).ok().and_then(|number| PENDING.get(number)) {
        pending.store(true, Ordering::Relaxed);
    }
    if let Some(main) = main_breaker() {
        main.fetch_or(breaker::SIGNALS, Ordering::Relaxed);
    }
    let fd = WAKEUP_FD.load(Ordering::Relaxed);
    if fd >= 0 {
        let byte = number.to_le_bytes();
        // SAFETY: one byte of a live array; `write` may be called inside a signal.
        let written = unsafe { libc::write(fd, byte.as_ptr().cast(), 1) };
        if written < 0 {
            let errno = last_errno();
            let full = errno == libc::EAGAIN || errno == libc::EWOULDBLOCK;
            if !full || WAKEUP_WARNS.load(Ordering::Relaxed) {
                WAKEUP_ERROR.store(errno, Ordering::Relaxed);
            }
        }
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
        Action::Handler => (handler as extern "C" fn(libc::c_int) as *const ()).addr(),
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

/// The name of a thread that runs.
pub(crate) fn thread_name(thread: u64) -> Option<String> {
    let thread = libc::pthread_t::try_from(thread).ok()?;
    let mut name = [0 as libc::c_char; 64];
    // SAFETY: the caller has the thread from the interpreter's list; the length is the array's.
    unsafe {
        if libc::pthread_getname_np(thread, name.as_mut_ptr(), name.len()) != 0 {
            return None;
        }
        let name = std::ffi::CStr::from_ptr(name.as_ptr()).to_string_lossy().into_owned();
        Some(name).filter(|name| !name.is_empty())
    }
}

/// The signals of a process that cannot go on, and their names.
const FATAL: [(i32, &str); 5] = [
    (libc::SIGBUS, "Bus error"),
    (libc::SIGILL, "Illegal instruction"),
    (libc::SIGFPE, "Floating-point exception"),
    (libc::SIGABRT, "Aborted"),
    (libc::SIGSEGV, "Segmentation fault"),
];

/// Where fatal signals are reported; -1 for nowhere.
static FATAL_FD: AtomicI32 = AtomicI32::new(-1);

/// Whether the signal ends a process that cannot go on.
pub(crate) fn is_fatal(number: i32) -> bool {
    FATAL.iter().any(|&(fatal, _)| fatal == number)
}

/// Names the error and lets the system do what it does by itself.
extern "C" fn fatal(number: libc::c_int) {
    let fd = FATAL_FD.load(Ordering::Relaxed);
    let name = FATAL.iter().find(|&&(fatal, _)| fatal == number).map_or("", |&(_, name)| name);
    for text in ["Fatal Python error: ", name, "\n\n"] {
        // SAFETY: a constant text with its length; `write` may be called inside a signal.
        let _ = unsafe { libc::write(fd, text.as_ptr().cast(), text.len()) };
    }
    // A signal whose default cannot be restored would only come here again.
    let _ = install(number, Action::Default);
    // SAFETY: the number of a signal.
    unsafe { libc::raise(number) };
}

/// Reports fatal signals on a descriptor, or not any more.
pub(crate) fn report_fatal(fd: Option<i32>) {
    FATAL_FD.store(fd.unwrap_or(-1), Ordering::Relaxed);
    for (number, _) in FATAL {
        // SAFETY: all zero bytes are a `sigaction`; the handler calls what a handler may call.
        unsafe {
            let mut new: libc::sigaction = std::mem::zeroed();
            new.sa_sigaction = match fd {
                Some(_) => (fatal as extern "C" fn(libc::c_int) as *const ()).addr(),
                None => libc::SIG_DFL,
            };
            new.sa_flags = libc::SA_NODEFER | libc::SA_ONSTACK;
            libc::sigaction(number, &raw const new, std::ptr::null_mut());
        }
    }
}

/// The terminal as it was before the shell used it; written once, before the handlers are there.
static TERMINAL: std::sync::OnceLock<(i32, libc::termios)> = std::sync::OnceLock::new();

/// What a terminal needs that an editor left in the middle of a line: no colour, no bracketed paste, a line of its own.
const LEAVE_EDITOR: &[u8] = b"\x1b[0m\x1b[?2004l\r\n";

/// Keeps the terminal's modes, and makes signals that end the process give them back first.
pub(crate) fn guard_terminal() {
    // SAFETY: all zero bytes are a `termios`; the pointer is to a whole one.
    let modes = unsafe {
        let mut modes: libc::termios = std::mem::zeroed();
        if libc::tcgetattr(0, &raw mut modes) < 0 {
            return;
        }
        modes
    };
    // SAFETY: no precondition.
    if TERMINAL.set((unsafe { libc::getpid() }, modes)).is_err() {
        return;
    }
    for number in [libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT, libc::SIGABRT] {
        if disposition(number) != Some(Action::Default) {
            continue;
        }
        // SAFETY: all zero bytes are a `sigaction`; the handler calls async-signal-safe functions only.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = leave_terminal as extern "C" fn(libc::c_int) as usize;
            libc::sigaction(number, &raw const action, std::ptr::null_mut());
        }
    }
}

/// Gives the terminal the modes that it had: what the handlers do, and the shell's end.
pub(crate) fn restore_terminal() {
    if let Some((owner, modes)) = TERMINAL.get() {
        // SAFETY: the pointers are to whole objects; all three calls are async-signal-safe.
        unsafe {
            if *owner == libc::getpid() {
                libc::tcsetattr(0, libc::TCSANOW, std::ptr::from_ref(modes));
            }
        }
    }
}

extern "C" fn leave_terminal(number: libc::c_int) {
    restore_terminal();
    // SAFETY: async-signal-safe calls; the signal has the system's default again when it is raised anew.
    unsafe {
        if TERMINAL.get().is_some_and(|(owner, _)| *owner == libc::getpid()) {
            libc::write(1, LEAVE_EDITOR.as_ptr().cast(), LEAVE_EDITOR.len());
        }
        libc::signal(number, libc::SIG_DFL);
        libc::raise(number);
    }
}
