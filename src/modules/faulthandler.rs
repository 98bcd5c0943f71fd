//! `faulthandler`: tracebacks of all threads, on demand, on a signal, after a while, and when the process dies.
//!
//! Frames are walked under the GIL; inside the handler of a fatal signal nothing is walked, only the error is named.

use std::time::{Duration, Instant};

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::gil_cell::GilCell;
use objects::core::pyref::PyRef;
use objects::core::thread_state::ThreadState;
use objects::core::type_object::StaticType;
use objects::core::type_spec::TypeSpec;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::{float_, frame_object};
use objects::{methods, no_references, payload};

use crate::NativeModule;
use crate::posix::raw::process;
use crate::posix::{fd, signals};
use crate::thread::{Word, left_until};

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "faulthandler",
    doc: Some("faulthandler module."),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Enable the fault handler.
    ["enable"] "($module, /, file=sys.stderr, all_threads=True)" Bound(enable);
    /// Disable the fault handler.
    ["disable"] "($module, /)" None(disable);
    /// Check if the handler is enabled.
    ["is_enabled"] "($module, /)" None(is_enabled);
    /// Dump the traceback of the current thread, or of all threads if all_threads is True, into file.
    ["dump_traceback"] "($module, /, file=sys.stderr, all_threads=True)" Bound(dump_traceback);
    /// Dump the traceback of all threads in timeout seconds,
    /// or each timeout seconds if repeat is True. If exit is True, call _exit(1) which is not safe.
    ["dump_traceback_later"] "($module, /, timeout, repeat=False, file=sys.stderr, exit=False)" Bound(dump_traceback_later);
    /// Cancel the previous call to dump_traceback_later().
    ["cancel_dump_traceback_later"] "($module, /)" None(cancel_dump_traceback_later);
    /// Register a handler for the signal 'signum': dump the traceback of the current thread, or of all threads if all_threads is True, into file.
    ["register"] "($module, /, signum, file=sys.stderr, all_threads=True, chain=False)" Bound(register);
    /// Unregister the handler of the signal 'signum' registered by register().
    ["unregister"] "($module, signum, /)" One(unregister);
    /// Raise a SIGSEGV signal.
    ["_sigsegv"] "($module, release_gil=False, /)" Bound(sigsegv);
    /// Raise a SIGABRT signal.
    ["_sigabrt"] "($module, /)" None(sigabrt);
    /// Raise a SIGFPE signal.
    ["_sigfpe"] "($module, /)" None(sigfpe);
}

/// Frames of a thread that are shown.
const FRAMES: usize = 100;

/// What a registered signal does.
#[derive(Clone, Copy)]
struct Registered {
    number: usize,
    fd: i32,
    all_threads: bool,
    chain: bool,
}

/// The registered signals, and the watchdog that counts down.
#[derive(Default)]
struct Registry {
    signals: Vec<Registered>,
    watchdog: Option<Word>,
    enabled: bool,
}

no_references!(Registry);

payload! {
    /// The module's state.
    pub(crate) struct PyFaultState: FAULT_STATE {
        registry: GilCell<Registry>,
    }
}

static FAULT_STATE: StaticType = StaticType::new::<PyFaultState>();
const FAULT_STATE_SPEC: TypeSpec = TypeSpec { name: "faulthandler._State", ..TypeSpec::DEFAULT };

/// The name of the state.
const STATE: &str = "faulthandler";

fn exec(vm: Vm<'_>, _target: &Value) -> PyResult<()> {
    objects::types::ready(vm, &FAULT_STATE, &FAULT_STATE_SPEC)?;
    let state = PyRef::new(vm, PyFaultState { registry: GilCell::default() });
    vm.interpreter().set_state_of(STATE, state.into_value());
    Ok(())
}

fn with_registry<R: Default>(vm: Vm<'_>, f: impl FnOnce(&mut Registry) -> R) -> R {
    match vm.interpreter().state_of(STATE) {
        Some(state) => state.receiver::<PyFaultState>().registry.with_mut(f),
        None => R::default(),
    }
}

/// The lines of one thread.
fn thread_text(vm: Vm<'_>, thread: &ThreadState, is_current: bool) -> String {
    let kind = if is_current { "Current thread" } else { "Thread" };
    let id = thread.id();
    let mut text = match signals::thread_name(id) {
        Some(name) => format!("{kind} {id:#018x} [{name}] (most recent call first):\n"),
        None => format!("{kind} {id:#018x} (most recent call first):\n"),
    };
    let mut frame = frame_object::innermost_of(vm, thread);
    if frame.is_none() {
        text.push_str("  <no Python frame>\n");
    }
    let mut count = 0;
    while let Some(current) = frame {
        if count == FRAMES {
            text.push_str("  ...\n");
            break;
        }
        count += 1;
        let code = current.code();
        let line = current.line().map_or_else(|| "???".to_owned(), |line| line.to_string());
        text.push_str(&format!(
            "  File \"{}\", line {line} in {}\n",
            code.filename.to_rust_string(),
            code.name.to_rust_string()
        ));
        frame = current.previous(vm);
    }
    text
}

/// The text of this thread, or of all, the newest first.
fn traceback_text(vm: Vm<'_>, all_threads: bool, skip: Option<u64>) -> String {
    let own = vm.thread();
    if !all_threads {
        return thread_text(vm, own, true);
    }
    let threads = vm.interpreter().threads.get();
    let texts: Vec<String> = threads
        .into_iter()
        .rev()
        .filter(|thread| skip != Some(thread.serial()))
        .map(|thread| thread_text(vm, thread, thread.serial() == own.serial()))
        .collect();
    texts.join("\n")
}

fn write_all(number: i32, text: &str) {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match fd::write(number, rest) {
            Ok(count) if count > 0 => rest = rest.get(count..).unwrap_or_default(),
            // Nobody is left to be told.
            _ => return,
        }
    }
}

/// The descriptor of a `file` argument: a number, a file, or `sys.stderr`.
fn descriptor(vm: Vm<'_>, file: Option<&Value>) -> PyResult<i32> {
    let file = match file.filter(|file| !file.is_none()) {
        Some(file) => file.clone(),
        None => match vm.interpreter().sys.get_str(&vm.intern("stderr")) {
            None => return Err(vm.runtime_error("unable to get sys.stderr")),
            Some(none) if none.is_none() => return Err(vm.runtime_error("sys.stderr is None")),
            Some(stderr) => stderr,
        },
    };
    if number::is_int(&file) {
        let number = number::as_i32(vm, &file)?;
        if number < 0 || fd::stat(number).is_err() {
            return Err(vm.value_error("file is not a valid file descriptor"));
        }
        return Ok(number);
    }
    let number = vm.call_method(&file, &vm.intern("fileno"), &[])?;
    let number = number::as_i32(vm, &number)?;
    if number < 0 {
        return Err(vm.runtime_error("file.fileno() is not a valid file descriptor"));
    }
    if let Err(raised) = vm.call_method(&file, &vm.names().flush, &[]) {
        vm.clear(raised);
    }
    Ok(number)
}

fn truth(vm: Vm<'_>, args: &Bound<'_>, index: usize, default: bool) -> PyResult<bool> {
    args.get(index).map_or(Ok(default), |value| vm.is_true(value))
}

fn dump_traceback(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = descriptor(vm, args.get(0))?;
    let all_threads = truth(vm, args, 1, true)?;
    write_all(number, &traceback_text(vm, all_threads, None));
    vm.poll()?;
    Ok(Value::NONE)
}

fn enable(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = descriptor(vm, args.get(0))?;
    signals::report_fatal(Some(number));
    with_registry(vm, |registry| registry.enabled = true);
    Ok(Value::NONE)
}

fn disable(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    signals::report_fatal(None);
    let was = with_registry(vm, |registry| std::mem::replace(&mut registry.enabled, false));
    Ok(Value::from_bool(was))
}

fn is_enabled(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(with_registry(vm, |registry| registry.enabled)))
}

/// `h:mm:ss.ffffff`, without the fraction where it is zero.
fn duration_text(length: Duration) -> String {
    let seconds = length.as_secs();
    let fraction = length.subsec_micros();
    let whole = format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if fraction == 0 { whole } else { format!("{whole}.{fraction:06}") }
}

fn cancel(vm: Vm<'_>) {
    if let Some(word) = with_registry(vm, |registry| registry.watchdog.take()) {
        word.store(1);
        word.wake(1);
    }
}

fn dump_traceback_later(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let timeout = args.required(0);
    if float_::as_f64(timeout).is_none() && !number::has_index(timeout) {
        let got = timeout.class().name();
        return Err(
            vm.type_error(format!("'{got}' object cannot be interpreted as an integer or float"))
        );
    }
    let length = crate::time::nanoseconds(vm, timeout)?;
    let repeat = truth(vm, args, 1, false)?;
    let number = descriptor(vm, args.get(2))?;
    let exit = truth(vm, args, 3, false)?;
    let Some(length) = u64::try_from(length).ok().filter(|&length| length > 0) else {
        return Err(vm.value_error("timeout must be greater than 0"));
    };
    let length = Duration::from_nanos(length);
    cancel(vm);
    let word = Word::default();
    with_registry(vm, |registry| registry.watchdog = Some(word.clone()));
    let started = vm.start_thread(WATCHDOG_STACK, move |vm| {
        watch(vm, &word, length, repeat, number, exit);
    });
    match started {
        Ok(_) => Ok(Value::NONE),
        Err(_) => Err(vm.runtime_error("unable to start watchdog thread")),
    }
}

/// The watchdog's stack.
const WATCHDOG_STACK: usize = 1 << 20;

/// Waits, dumps, and again if need be, until it is told to stop.
fn watch(vm: Vm<'_>, word: &Word, length: Duration, repeat: bool, number: i32, exit: bool) {
    loop {
        let deadline = Instant::now().checked_add(length);
        while word.load() == 0 {
            let Some(left) = left_until(deadline) else { break };
            if let Err(raised) = word.wait(vm, 0, left) {
                vm.clear(raised);
            }
        }
        if word.load() != 0 {
            return;
        }
        let text = traceback_text(vm, true, Some(vm.thread().serial()));
        write_all(number, &format!("Timeout ({})!\n{text}", duration_text(length)));
        if exit {
            process::exit(1);
        }
        if !repeat {
            return;
        }
    }
}

fn cancel_dump_traceback_later(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    cancel(vm);
    Ok(Value::NONE)
}

/// A signal that a program may register.
fn signal_number(vm: Vm<'_>, value: &Value) -> PyResult<usize> {
    let number = number::as_i32(vm, value)?;
    if signals::is_fatal(number) {
        let message = format!("signal {number} cannot be registered, use enable() instead");
        return Err(vm.runtime_error(message));
    }
    match usize::try_from(number) {
        Ok(number) if (1..crate::signal::NSIG).contains(&number) => Ok(number),
        _ => Err(vm.value_error("signal number out of range")),
    }
}

fn register(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = signal_number(vm, args.required(0))?;
    let fd = descriptor(vm, args.get(1))?;
    let all_threads = truth(vm, args, 2, true)?;
    let chain = truth(vm, args, 3, false)?;
    let raw = i32::try_from(number).unwrap_or(0);
    if let Err(errno) = signals::install(raw, signals::Action::Handler) {
        return Err(vm.os_error(errno, None));
    }
    with_registry(vm, |registry| {
        registry.signals.retain(|entry| entry.number != number);
        registry.signals.push(Registered { number, fd, all_threads, chain });
    });
    Ok(Value::NONE)
}

fn unregister(vm: Vm<'_>, _module: &Value, signal: &Value) -> PyResult<Value> {
    let number = signal_number(vm, signal)?;
    let was = with_registry(vm, |registry| {
        let before = registry.signals.len();
        registry.signals.retain(|entry| entry.number != number);
        registry.signals.len() != before
    });
    if was {
        crate::signal::reinstall(vm, number);
    }
    Ok(Value::from_bool(was))
}

/// Dumps for a registered signal that came in; whether its own handler is to run as well.
pub(crate) fn on_signal(vm: Vm<'_>, number: usize) -> bool {
    let found = with_registry(vm, |registry| {
        registry.signals.iter().copied().find(|entry| entry.number == number)
    });
    match found {
        Some(entry) => {
            write_all(entry.fd, &traceback_text(vm, entry.all_threads, None));
            entry.chain
        }
        None => true,
    }
}

fn kill_self(vm: Vm<'_>, number: i32) -> PyResult<Value> {
    match signals::raise(number) {
        Ok(()) => Ok(Value::NONE),
        Err(errno) => Err(vm.os_error(errno, None)),
    }
}

fn sigsegv(vm: Vm<'_>, _module: &Value, _args: &Bound<'_>) -> PyResult<Value> {
    kill_self(vm, libc::SIGSEGV)
}

fn sigabrt(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    kill_self(vm, libc::SIGABRT)
}

fn sigfpe(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    kill_self(vm, libc::SIGFPE)
}
