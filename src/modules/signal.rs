//! `_signal`: handlers in Python for the system's signals.
//!
//! The system's handler only notes the number and sets a bit of the main thread's breaker; the Python handler runs when the
//! main thread next looks there.

use objects::core::args::check_count;
use objects::core::errors::PyResult;
use objects::core::pyref::PyRef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::exceptions::hierarchy as exc;
use objects::types::list::PyList;
use objects::types::module;
use objects::types::set::PySet;
use objects::types::str::PyStr;

use crate::NativeModule;
use crate::posix::signals;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "_signal",
    doc: Some("This module provides mechanisms to use signal handlers in Python."),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// The default handler for SIGINT installed by Python.
    ["default_int_handler"] "($module, signalnum, frame, /)" Positional(default_int_handler);
    /// Set the action for the given signal.
    ["signal"] "($module, signalnum, handler, /)" Positional(signal);
    /// Return the current action for the given signal.
    ["getsignal"] "($module, signalnum, /)" One(getsignal);
    /// Send a signal to the executing process.
    ["raise_signal"] "($module, signalnum, /)" One(raise_signal);
    /// Return the system description of the given signal.
    ["strsignal"] "($module, signalnum, /)" One(strsignal);
    /// Return a set of valid signal numbers on this platform.
    ["valid_signals"] "($module, /)" None(valid_signals);
}

/// One more than the highest number.
const NSIG: usize = 65;

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

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    for &(name, number) in NUMBERS {
        module::add(vm, target, name, Value::small_int_unchecked(number));
    }
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

/// The handlers by number: a function, `SIG_DFL`, `SIG_IGN`, or None for one that is not Python's. True stands for
/// `default_int_handler` until the module is imported.
fn handlers(vm: Vm<'_>) -> PyRef<PyList> {
    let interpreter = vm.interpreter();
    if let Some(Ok(list)) = interpreter.state_of("_signal").map(Value::into_ref::<PyList>) {
        return list;
    }
    let list = PyList::new_ref(vm, vec![Value::small_int_unchecked(0); NSIG]);
    interpreter.set_state_of("_signal", list.clone().into_value());
    list
}

/// Makes Ctrl-C raise KeyboardInterrupt in this thread, which is the main thread from now on.
pub fn install(vm: Vm<'_>) {
    signals::set_main_breaker(vm.thread().breaker_handle());
    vm.interpreter().on_signals.set(Some(run_handlers));
    if signals::install(2, signals::Action::Handler).is_ok() {
        drop(handlers(vm).set(SIGINT, Value::TRUE));
    }
}

/// Runs the handlers of the signals that came in.
fn run_handlers(vm: Vm<'_>) -> PyResult<()> {
    for number in 1..NSIG {
        if !signals::take_pending(number) {
            continue;
        }
        let handler = handlers(vm).get(number).unwrap_or(Value::NONE);
        if handler.is_true() {
            return Err(vm.error_with(&exc::KEYBOARD_INTERRUPT, &[]));
        }
        if handler.is_none() || handler.as_small_int().is_some() {
            continue;
        }
        let frame = match vm.interpreter().sys.get_str(&vm.intern("_getframe")) {
            Some(get_frame) => vm.call(&get_frame, &[]).unwrap_or_else(|raised| {
                vm.clear(raised);
                Value::NONE
            }),
            None => Value::NONE,
        };
        vm.call(&handler, &[Value::from_usize(number), frame])?;
    }
    Ok(())
}

fn default_int_handler(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "default_int_handler", args.len(), 2, 2)?;
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

fn signal(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "signal", args.len(), 2, 2)?;
    let [number, handler] = args else { return Ok(Value::NONE) };
    let number = signal_number(vm, number)?;
    if !signals::is_main_breaker(vm.thread().breaker()) {
        return Err(vm.value_error("signal only works in main thread of the main interpreter"));
    }
    let wanted = number::is_int(handler).then(|| number::as_i64(vm, handler)).transpose()?;
    let (action, kept) = match wanted {
        Some(0) => (signals::Action::Default, Value::small_int_unchecked(0)),
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
    if let Err(errno) = signals::install(raw(number), action) {
        return Err(vm.os_error(errno, None));
    }
    Ok(handlers(vm).set(number, kept).unwrap_or(Value::NONE))
}

fn getsignal(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    let number = signal_number(vm, number)?;
    Ok(handlers(vm).get(number).unwrap_or(Value::NONE))
}

fn raise_signal(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    let number = number::as_i32(vm, number)?;
    if let Err(errno) = signals::raise(number) {
        return Err(vm.os_error(errno, None));
    }
    vm.poll()?;
    Ok(Value::NONE)
}

fn strsignal(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    let number = signal_number(vm, number)?;
    let text = match number {
        1 => "Hangup",
        2 => "Interrupt",
        3 => "Quit",
        4 => "Illegal instruction",
        5 => "Trace/breakpoint trap",
        6 => "Aborted",
        7 => "Bus error",
        8 => "Floating point exception",
        9 => "Killed",
        10 => "User defined signal 1",
        11 => "Segmentation fault",
        12 => "User defined signal 2",
        13 => "Broken pipe",
        14 => "Alarm clock",
        15 => "Terminated",
        17 => "Child exited",
        18 => "Continued",
        19 => "Stopped (signal)",
        20 => "Stopped",
        _ => return Ok(Value::NONE),
    };
    Ok(PyStr::new_value(vm, text))
}

fn valid_signals(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let all = PySet::new_ref(vm);
    // 32 and 33 belong to the thread library.
    for number in (1..NSIG).filter(|number| !(32..34).contains(number)) {
        all.add(vm, &Value::from_usize(number))?;
    }
    Ok(all.into_value())
}
