//! `_signal`: handlers in Python for the system's signals.
//!
//! The system's handler only notes the number and sets a bit of the main thread's breaker; the Python handler runs when the
//! main thread next looks there.

mod waiting;

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::pyref::PyRef;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::exceptions::hierarchy as exc;
use objects::types::exceptions::os_error;
use objects::types::list::PyList;
use objects::types::set::PySet;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::types::{float_, frame_object, module};

use crate::NativeModule;
use crate::posix::{fd, signals};

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "_signal",
    doc: Some(
        "This module provides mechanisms to use signal handlers in Python.\n\nFunctions:\n\nalarm() -- cause SIGALRM after a specified time [Unix only]\nsetitimer() -- cause a signal (described below) after a specified\n               float time and the timer may restart then [Unix only]\ngetitimer() -- get current value of timer [Unix only]\nsignal() -- set the action for a given signal\ngetsignal() -- get the signal action for a given signal\npause() -- wait until a signal arrives [Unix only]\ndefault_int_handler() -- default SIGINT handler\n\nsignal constants:\nSIG_DFL -- used to refer to the system default handler\nSIG_IGN -- used to ignore the signal\nNSIG -- number of defined signals\nSIGINT, SIGTERM, etc. -- signal numbers\n\nitimer constants:\nITIMER_REAL -- decrements in real time, and delivers SIGALRM upon\n               expiration\nITIMER_VIRTUAL -- decrements only when the process is executing,\n               and delivers SIGVTALRM upon expiration\nITIMER_PROF -- decrements both when the process is executing and\n               when the system is executing on behalf of the process.\n               Coupled with ITIMER_VIRTUAL, this timer is usually\n               used to profile the time spent by the application\n               in user and kernel space. SIGPROF is delivered upon\n               expiration.\n\n\n*** IMPORTANT NOTICE ***\nA signal handler function is called with two arguments:\nthe first is the signal number, the second is the interrupted stack frame.",
    ),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// The default handler for SIGINT installed by Python.
    ///
    /// It raises KeyboardInterrupt.
    ["default_int_handler"] "($module, signalnum, frame, /)" Bound(default_int_handler);
    /// Arrange for SIGALRM to arrive after the given number of seconds.
    ["alarm"] "($module, seconds, /)" One(alarm);
    /// Sets given itimer (one of ITIMER_REAL, ITIMER_VIRTUAL or ITIMER_PROF).
    ///
    /// The timer will fire after value seconds and after that every interval
    /// seconds.  The itimer can be cleared by setting seconds to zero.
    ///
    /// Returns old values as a tuple: (delay, interval).
    ["setitimer"] "($module, which, seconds, interval=0.0, /)" Bound(setitimer);
    /// Returns current value of given itimer.
    ["getitimer"] "($module, which, /)" One(getitimer);
    /// Set the action for the given signal.
    ///
    /// The action can be SIG_DFL, SIG_IGN, or a callable Python object.
    /// The previous action is returned.  See getsignal() for possible return
    /// values.
    ///
    /// *** IMPORTANT NOTICE ***
    /// A signal handler function is called with two arguments: the first is
    /// the signal number, the second is the interrupted stack frame.
    ["signal"] "($module, signalnum, handler, /)" Bound(signal);
    /// Send a signal to the executing process.
    ["raise_signal"] "($module, signalnum, /)" One(raise_signal);
    /// Return the system description of the given signal.
    ///
    /// Returns the description of signal *signalnum*, such as "Interrupt"
    /// for :const:`SIGINT`. Returns :const:`None` if *signalnum* has no
    /// description. Raises :exc:`ValueError` if *signalnum* is invalid.
    ["strsignal"] "($module, signalnum, /)" One(strsignal);
    /// Return the current action for the given signal.
    ///
    /// The return value can be:
    ///   SIG_IGN -- if the signal is being ignored
    ///   SIG_DFL -- if the default action for the signal is in effect
    ///   None    -- if an unknown handler is in effect
    ///   anything else -- the callable Python object used as a handler
    ["getsignal"] "($module, signalnum, /)" One(getsignal);
    /// Sets the fd to be written to (with the signal number) when a signal comes in.
    ///
    /// A library can use this to wakeup select or poll.
    /// The previous fd or -1 is returned.
    ///
    /// The fd must be non-blocking.
    ["set_wakeup_fd"] "($module, fd, /, *, warn_on_full_buffer=True)" Bound(set_wakeup_fd);
    /// Change system call restart behaviour.
    ///
    /// If flag is False, system calls will be restarted when interrupted by
    /// signal sig, else system calls will be interrupted.
    ["siginterrupt"] "($module, signalnum, flag, /)" Bound(siginterrupt);
    /// Wait until a signal arrives.
    ["pause"] "($module, /)" None(waiting::pause);
    /// Send a signal to a process referred to by a pid file descriptor.
    ["pidfd_send_signal"] "($module, pidfd, signalnum, siginfo=None, flags=0, /)" Bound(waiting::pidfd_send_signal);
    /// Send a signal to a thread.
    ["pthread_kill"] "($module, thread_id, signalnum, /)" Bound(waiting::pthread_kill);
    /// Fetch and/or change the signal mask of the calling thread.
    ["pthread_sigmask"] "($module, how, mask, /)" Bound(waiting::pthread_sigmask);
    /// Examine pending signals.
    ///
    /// Returns a set of signal numbers that are pending for delivery to
    /// the calling thread.
    ["sigpending"] "($module, /)" None(waiting::sigpending);
    /// Wait for a signal.
    ///
    /// Suspend execution of the calling thread until the delivery of one of the
    /// signals specified in the signal set sigset.  The function accepts the
    /// signal and returns the signal number.
    ["sigwait"] "($module, sigset, /)" One(waiting::sigwait);
    /// Wait synchronously until one of the signals in *sigset* is delivered.
    ///
    /// Returns a struct_siginfo containing information about the signal.
    ["sigwaitinfo"] "($module, sigset, /)" One(waiting::sigwaitinfo);
    /// Like sigwaitinfo(), but with a timeout.
    ///
    /// The timeout is specified in seconds, with floating-point numbers allowed.
    ["sigtimedwait"] "($module, sigset, timeout, /)" Bound(waiting::sigtimedwait);
    /// Return a set of valid signal numbers on this platform.
    ///
    /// The signal numbers returned by this function can be safely passed to
    /// functions like `pthread_sigmask`.
    ["valid_signals"] "($module, /)" None(valid_signals);
}

/// One more than the highest number.
pub(crate) const NSIG: usize = 65;

#[rustfmt::skip]
const NUMBERS: &[(&str, i64)] = &[
    ("NSIG", 65), ("SIG_DFL", 0), ("SIG_IGN", 1), ("SIG_BLOCK", 0), ("SIG_UNBLOCK", 1), ("SIG_SETMASK", 2),
    ("SIGHUP", 1), ("SIGINT", 2), ("SIGQUIT", 3), ("SIGILL", 4), ("SIGTRAP", 5), ("SIGIOT", 6), ("SIGABRT", 6), ("SIGFPE", 8),
    ("SIGKILL", 9), ("SIGBUS", 7), ("SIGSEGV", 11), ("SIGSYS", 31), ("SIGPIPE", 13), ("SIGALRM", 14), ("SIGTERM", 15),
    ("SIGUSR1", 10), ("SIGUSR2", 12), ("SIGCLD", 17), ("SIGCHLD", 17), ("SIGPWR", 30), ("SIGIO", 29), ("SIGURG", 23),
    ("SIGWINCH", 28), ("SIGPOLL", 29), ("SIGSTOP", 19), ("SIGTSTP", 20), ("SIGCONT", 18), ("SIGTTIN", 21), ("SIGTTOU", 22),
    ("SIGVTALRM", 26), ("SIGPROF", 27), ("SIGXCPU", 24), ("SIGXFSZ", 25), ("SIGRTMIN", 34), ("SIGRTMAX", 64),
    ("SIGSTKFLT", 16), ("ITIMER_REAL", 0), ("ITIMER_VIRTUAL", 1), ("ITIMER_PROF", 2),
];

/// `signal.ItimerError`
static ITIMER_ERROR: StaticType = StaticType::inheriting();
const ITIMER_ERROR_SPEC: TypeSpec = TypeSpec {
    name: "signal.ItimerError",
    base: Some(&os_error::OS_ERROR),
    flags: spec_flags::BASETYPE | spec_flags::HAS_DICT | spec_flags::HAS_WEAKREF,
    ..TypeSpec::DEFAULT
};

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    for &(name, number) in NUMBERS {
        module::add(vm, target, name, Value::small_int_unchecked(number));
    }
    objects::types::ready(vm, &ITIMER_ERROR, &ITIMER_ERROR_SPEC)?;
    module::add(vm, target, "ItimerError", ITIMER_ERROR.get().to_value());
    waiting::add_types(vm, target)?;
    let handlers = handlers(vm);
    // The handler that start-up installed before this module existed is the function of this module.
    let function = module::dict_of(vm, target).get_str(&vm.intern("default_int_handler"));
    let is_placeholder = handlers.get(SIGINT).is_some_and(|handler| handler.is_true());
    if let (true, Some(function)) = (is_placeholder, function) {
        drop(handlers.set(SIGINT, function));
    }
    Ok(())
}

/// Ctrl-C.
const SIGINT: usize = 2;
/// `SIG_DFL`
const DEFAULT: i64 = 0;

/// The handlers by number: a function, `SIG_DFL`, `SIG_IGN`, or None for one that is not Python's. True stands for
/// `default_int_handler` until the module is imported.
fn handlers(vm: Vm<'_>) -> PyRef<PyList> {
    let interpreter = vm.interpreter();
    if let Some(Ok(list)) = interpreter.state_of("_signal").map(Value::into_ref::<PyList>) {
        return list;
    }
    let inherited = (0..NSIG).map(|number| match signals::disposition(raw(number)) {
        Some(signals::Action::Default) => Value::small_int_unchecked(0),
        Some(signals::Action::Ignore) => Value::small_int_unchecked(1),
        _ => Value::NONE,
    });
    let list = PyList::new_ref(vm, inherited.collect());
    interpreter.set_state_of("_signal", list.clone().into_value());
    list
}

/// Keeps the modes of the terminal for [`restore_terminal`] and for signals that end the process.
pub fn guard_terminal() {
    signals::guard_terminal();
}

/// Gives the terminal the modes back that it had when it was [guarded](guard_terminal).
pub fn restore_terminal() {
    signals::restore_terminal();
}

/// Makes Ctrl-C raise KeyboardInterrupt in this thread, which is the main thread from now on.
pub fn install(vm: Vm<'_>) {
    take_over(vm);
    vm.interpreter().on_signals.set(Some(run_handlers));
    // A write to a pipe that nobody reads is an exception, not the end.
    let _ = signals::install(13, signals::Action::Ignore);
    let _ = signals::install(25, signals::Action::Ignore);
    let handlers = handlers(vm);
    // Where Ctrl-C was ignored from the start (a job in the background), it stays so.
    if signals::disposition(2) == Some(signals::Action::Default)
        && signals::install(2, signals::Action::Handler).is_ok()
    {
        drop(handlers.set(SIGINT, Value::TRUE));
    }
}

/// This thread runs the handlers from now on.
pub(crate) fn take_over(vm: Vm<'_>) {
    signals::set_main_breaker(vm.thread().breaker_handle());
    crate::thread::set_main(vm);
}

/// Whether a signal has a handler in Python.
pub(crate) fn has_handler(vm: Vm<'_>, number: usize) -> bool {
    handlers(vm)
        .get(number)
        .is_some_and(|handler| handler.is_true() || !handler.is_none() && !is_number(&handler))
}

/// `SIG_DFL` or `SIG_IGN`.
fn is_number(handler: &Value) -> bool {
    handler.as_small_int().is_some()
}

/// Gives Ctrl-C and its kin back to the system where Python has a handler: before another program takes over the process.
pub(crate) fn restore_for_exec() {
    for number in [13, 25] {
        // A signal that cannot be set cannot have been changed either.
        let _ = signals::install(number, signals::Action::Default);
    }
}

/// Ends the process by the signal that Ctrl-C sends, unless the signal is blocked.
pub fn end_by_interrupt() {
    if signals::install(2, signals::Action::Default).is_ok() {
        // Where the signal does not end the process, its exit status says the same.
        let _ = signals::raise(2);
    }
}

/// Makes the system do with a signal what Python's handler says.
pub(crate) fn reinstall(vm: Vm<'_>, number: usize) {
    let action = match handlers(vm).get(number).and_then(|handler| handler.as_small_int()) {
        Some(0) => signals::Action::Default,
        Some(_) => signals::Action::Ignore,
        None => signals::Action::Handler,
    };
    // A signal that could be caught can be given back.
    let _ = signals::install(raw(number), action);
}

/// Runs the handlers of the signals that came in.
fn run_handlers(vm: Vm<'_>) -> PyResult<()> {
    if let Some(errno) = signals::take_wakeup_error() {
        let raised = vm.os_error(errno, None);
        let message = "Exception ignored when trying to write to the signal wakeup fd";
        vm.unraisable(raised, None, Some(message));
    }
    for number in 1..NSIG {
        if !signals::take_pending(number) || !crate::faulthandler::on_signal(vm, number) {
            continue;
        }
        let handler = handlers(vm).get(number).unwrap_or(Value::NONE);
        if handler.is_true() {
            return Err(vm.error_with(&exc::KEYBOARD_INTERRUPT, &[]));
        }
        if handler.is_none() || is_number(&handler) {
            continue;
        }
        let frame = frame_object::current(vm).map_or(Value::NONE, PyRef::into_value);
        if let Err(raised) = vm.call(&handler, &[Value::from_usize(number), frame]) {
            // The signals that are left have their turn at the next look.
            vm.thread().breaker().fetch_or(
                objects::core::thread_state::breaker::SIGNALS,
                std::sync::atomic::Ordering::Relaxed,
            );
            return Err(raised);
        }
    }
    Ok(())
}

fn default_int_handler(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    number::as_i32(vm, args.required(0))?;
    Err(vm.error_with(&exc::KEYBOARD_INTERRUPT, &[]))
}

fn signal_number(vm: Vm<'_>, value: &Value) -> PyResult<usize> {
    let number = number::as_i32(vm, value)?;
    match usize::try_from(number) {
        Ok(number) if (1..NSIG).contains(&number) => Ok(number),
        _ => Err(vm.value_error("signal number out of range")),
    }
}

fn raw(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(0)
}

/// The exception of a failed call.
fn failed<T>(vm: Vm<'_>, result: Result<T, i32>) -> PyResult<T> {
    result.map_err(|errno| vm.os_error(errno, None))
}

fn is_main(vm: Vm<'_>) -> bool {
    signals::is_main_breaker(vm.thread().breaker())
}

fn signal(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let (number, handler) = (args.required(0), args.required(1));
    let number = number::as_i32(vm, number)?;
    if !is_main(vm) {
        return Err(vm.value_error("signal only works in main thread of the main interpreter"));
    }
    let number = match usize::try_from(number) {
        Ok(number) if (1..NSIG).contains(&number) => number,
        _ => return Err(vm.value_error("signal number out of range")),
    };
    let wanted = number::is_int(handler).then(|| number::as_i64(vm, handler)).transpose()?;
    let (action, kept) = match wanted {
        Some(0) => (signals::Action::Default, Value::small_int_unchecked(DEFAULT)),
        Some(1) => (signals::Action::Ignore, Value::small_int_unchecked(1)),
        None if handler.class().slots.call.get().is_some() => {
            (signals::Action::Handler, handler.clone())
        }
        _ => {
            return Err(vm.type_error(
                "signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object",
            ));
        }
    };
    vm.poll()?;
    failed(vm, signals::install(raw(number), action))?;
    Ok(handlers(vm).set(number, kept).unwrap_or(Value::NONE))
}

fn getsignal(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    let number = signal_number(vm, number)?;
    Ok(handlers(vm).get(number).unwrap_or(Value::NONE))
}

fn raise_signal(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    let number = number::as_i32(vm, number)?;
    failed(vm, signals::raise(number))?;
    vm.poll()?;
    Ok(Value::NONE)
}

fn strsignal(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    let number = signal_number(vm, number)?;
    match signals::describe(raw(number)) {
        Some(text) if !text.starts_with("Unknown signal") => Ok(PyStr::new_value(vm, &text)),
        _ => Ok(Value::NONE),
    }
}

fn valid_signals(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let all = PySet::new_ref(vm);
    // 32 and 33 belong to the thread library.
    for number in (1..NSIG).filter(|number| !(32..34).contains(number)) {
        all.add(vm, &Value::from_usize(number))?;
    }
    Ok(all.into_value())
}

fn alarm(vm: Vm<'_>, _module: &Value, seconds: &Value) -> PyResult<Value> {
    let seconds = number::as_i32(vm, seconds)?;
    Ok(Value::from_usize(signals::alarm(seconds.cast_unsigned()) as usize))
}

/// Microseconds of a number of seconds.
fn microseconds(vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    if float_::as_f64(value).is_none() && !number::has_index(value) {
        return Err(vm.type_error(format!(
            "'{}' object cannot be interpreted as an integer or float",
            value.class().name()
        )));
    }
    let nanoseconds = crate::time::nanoseconds(vm, value)?;
    // Rounded up: a short time is not none.
    Ok(nanoseconds.div_euclid(1000) + i64::from(nanoseconds.rem_euclid(1000) != 0))
}

#[expect(clippy::cast_precision_loss, reason = "a float is what the caller asked for")]
fn timer_answer(vm: Vm<'_>, answer: Result<(i64, i64), i32>) -> PyResult<Value> {
    match answer {
        Ok((value, interval)) => {
            let seconds = |microseconds: i64| float_::new(vm, microseconds as f64 / 1e6);
            Ok(PyTuple::new_value(vm, &[seconds(value), seconds(interval)]))
        }
        Err(errno) => {
            let text = PyStr::new_value(vm, &os_error::strerror(errno));
            let args = [Value::small_int_unchecked(i64::from(errno)), text];
            let error = vm.call(&ITIMER_ERROR.get().to_value(), &args)?;
            Err(vm.raise(error))
        }
    }
}

fn setitimer(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let which = number::as_i32(vm, args.required(0))?;
    let value = microseconds(vm, args.required(1))?;
    let interval = args.get(2).map_or(Ok(0), |interval| microseconds(vm, interval))?;
    timer_answer(vm, signals::set_timer(which, value, interval))
}

fn getitimer(vm: Vm<'_>, _module: &Value, which: &Value) -> PyResult<Value> {
    let which = number::as_i32(vm, which)?;
    timer_answer(vm, signals::get_timer(which))
}

fn set_wakeup_fd(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let descriptor = number::as_i32(vm, args.required(0))?;
    let warns = args.get(1).map_or(Ok(true), |warns| vm.is_true(warns))?;
    if !is_main(vm) {
        let message = "set_wakeup_fd only works in main thread of the main interpreter";
        return Err(vm.value_error(message));
    }
    if descriptor != -1 {
        let checked = fd::stat(descriptor).and_then(|_| fd::get_blocking(descriptor));
        match checked {
            Ok(true) => {
                return Err(
                    vm.value_error(format!("the fd {descriptor} must be in non-blocking mode"))
                );
            }
            Ok(false) => {}
            Err(errno) => return Err(vm.os_error(errno.raw_os_error(), None)),
        }
    }
    Ok(Value::small_int_unchecked(i64::from(signals::set_wakeup(descriptor, warns))))
}

fn siginterrupt(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = signal_number(vm, args.required(0))?;
    let flag = number::as_i32(vm, args.required(1))?;
    failed(vm, signals::set_interrupts(raw(number), flag != 0))?;
    Ok(Value::NONE)
}
