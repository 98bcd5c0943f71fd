//! `_thread`: threads, their locks and their identity.

mod handle;
mod local;
mod lock;
mod raw_lock;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::runtime_state::Phase;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy as exc;
use objects::types::str::PyStr;
use objects::types::str::codec::{Errors, utf8};
use objects::types::tuple::PyTuple;
use objects::types::{float_, int, module};
use objects::{methods, struct_sequence};

use crate::NativeModule;
use crate::posix::signals;
use crate::sys::hooks;
use handle::state;
pub(crate) use raw_lock::{Word, left_until};

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "_thread",
    doc: Some(
        "This module provides primitive operations to write multi-threaded programs.\nThe 'threading' module provides a more convenient interface.",
    ),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Start a new thread and return its identifier.
    ///
    /// The thread will call the function with positional arguments from the
    /// tuple args and keyword arguments taken from the optional dictionary
    /// kwargs.  The thread exits when the function returns; the return value
    /// is ignored.  The thread will also exit when the function raises an
    /// unhandled exception; a stack trace will be printed unless the exception
    /// is SystemExit.
    ["start_new_thread"] "($module, function, args, kwargs={}, /)" Bound(start_new_thread);
    /// An obsolete synonym of start_new_thread().
    ["start_new"] "($module, function, args, kwargs={}, /)" Bound(start_new_thread);
    /// *For internal use only*: start a new thread.
    ///
    /// Like start_new_thread(), this starts a new thread calling the given function.
    /// Unlike start_new_thread(), this returns a handle object with methods to join
    /// or detach the given thread.
    /// This function is not for third-party code, please use the
    /// `threading` module instead. During finalization the runtime will not wait for
    /// the thread to exit if daemon is True. If handle is provided it must be a
    /// newly created thread._ThreadHandle instance.
    ["start_joinable_thread"] "($module, /, function, handle=None, daemon=True)" Bound(start_joinable_thread);
    /// Return True if daemon threads are allowed in the current interpreter,
    /// and False otherwise.
    ["daemon_threads_allowed"] "($module, /)" None(yes);
    /// Create a new lock object. See help(type(threading.Lock())) for
    /// information about locks.
    ["allocate_lock"] "($module, /)" None(allocate_lock);
    /// An obsolete synonym of allocate_lock().
    ["allocate"] "($module, /)" None(allocate_lock);
    /// An obsolete synonym of exit().
    ["exit_thread"] "($module, /)" None(exit);
    /// This is synonymous to ``raise SystemExit''.  It will cause the current
    /// thread to exit silently unless the exception is caught.
    ["exit"] "($module, /)" None(exit);
    /// Simulate the arrival of the given signal in the main thread,
    /// where the corresponding signal handler will be executed.
    /// If *signum* is omitted, SIGINT is assumed.
    /// A subthread can use this function to interrupt the main thread.
    ///
    /// Note: the default signal handler for SIGINT raises ``KeyboardInterrupt``.
    ["interrupt_main"] "($module, signum=signal.SIGINT, /)" Bound(interrupt_main);
    /// Return a non-zero integer that uniquely identifies the current thread
    /// amongst other threads that exist simultaneously.
    /// This may be used to identify per-thread resources.
    /// Even though on some platforms threads identities may appear to be
    /// allocated consecutive numbers starting at 1, this behavior should not
    /// be relied upon, and the number should be seen purely as a magic cookie.
    /// A thread's identity may be reused for another thread after it exits.
    ["get_ident"] "($module, /)" None(get_ident);
    /// Return a non-negative integer identifying the thread as reported
    /// by the OS (kernel). This may be used to uniquely identify a
    /// particular thread within a system.
    ["get_native_id"] "($module, /)" None(get_native_id);
    /// Return the number of currently running Python threads, excluding
    /// the main thread. The returned number comprises all threads created
    /// through `start_new_thread()` as well as `threading.Thread`, and not
    /// yet finished.
    ///
    /// This function is meant for internal and specialized purposes only.
    /// In most applications `threading.enumerate()` should be used instead.
    ["_count"] "($module, /)" None(count);
    /// Return the thread stack size used when creating new threads.  The
    /// optional size argument specifies the stack size (in bytes) to be used
    /// for subsequently created threads, and must be 0 (use platform or
    /// configured default) or a positive integer value of at least 32,768 (32k).
    /// If changing the thread stack size is unsupported, a ThreadError
    /// exception is raised.  If the specified size is invalid, a ValueError
    /// exception is raised, and the stack size is unmodified.  32k bytes
    ///  currently the minimum supported stack size value to guarantee
    /// sufficient stack space for the interpreter itself.
    ///
    /// Note that some platforms may have particular restrictions on values for
    /// the stack size, such as requiring a minimum stack size larger than 32 KiB or
    /// requiring allocation in multiples of the system memory page size
    /// - platform documentation should be referred to for more information
    /// (4 KiB pages are common; using multiples of 4096 for the stack size is
    /// the suggested approach in the absence of more specific information).
    ["stack_size"] "($module, size=0, /)" Bound(stack_size);
    /// Handle uncaught Thread.run() exception.
    ["_excepthook"] "($module, args, /)" One(excepthook);
    /// Return True if the current interpreter is the main Python interpreter.
    ["_is_main_interpreter"] "($module, /)" None(yes);
    /// Wait for all non-daemon threads (other than the calling thread) to stop.
    ["_shutdown"] "($module, /)" None(shutdown);
    /// Internal only. Make a thread handle for threads not spawned
    /// by the _thread or threading module.
    ["_make_thread_handle"] "($module, ident, /)" One(make_thread_handle);
    /// Internal only. Return a non-zero integer that uniquely identifies the main thread
    /// of the main interpreter.
    ["_get_main_thread_ident"] "($module, /)" None(get_main_thread_ident);
    /// Set the name of the current thread.
    ["set_name"] "($module, /, name)" Bound(set_name);
    /// Get the name of the current thread.
    ["_get_name"] "($module, /)" None(get_name);
}

struct_sequence! { EXCEPT_HOOK_ARGS, EXCEPT_HOOK_ARGS_SPEC, "_thread._ExceptHookArgs", "ExceptHookArgs\n\nType used to pass arguments to threading.excepthook.", hidden 0, EXCEPT_HOOK_FIELDS:
    ["exc_type"] 0; ["exc_value"] 1; ["exc_traceback"] 2; ["thread"] 3;
}

/// The stack of a thread where no size was set.
const STACK_DEFAULT: usize = 8 << 20;
/// The smallest size that can be set.
const STACK_MIN: usize = 32 << 10;
/// What a thread gets beyond the size that was set: the guard against recursion keeps so much free.
const STACK_EXTRA: usize = 512 << 10;
/// The longest name of a thread, in bytes.
const NAME_MAX: usize = 15;

static STACK_SIZE: AtomicUsize = AtomicUsize::new(0);
static COUNT: AtomicUsize = AtomicUsize::new(0);
static MAIN_IDENT: AtomicU64 = AtomicU64::new(0);

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    for (class, spec) in [
        (&lock::LOCK, &lock::LOCK_SPEC),
        (&lock::RLOCK, &lock::RLOCK_SPEC),
        (&handle::THREAD_HANDLE, &handle::THREAD_HANDLE_SPEC),
        (&local::LOCAL, &local::LOCAL_SPEC),
        (&EXCEPT_HOOK_ARGS, &EXCEPT_HOOK_ARGS_SPEC),
    ] {
        objects::types::ready(vm, class, spec)?;
    }
    for (name, value) in [
        ("lock", lock::LOCK.get().to_value()),
        ("LockType", lock::LOCK.get().to_value()),
        ("RLock", lock::RLOCK.get().to_value()),
        ("_ThreadHandle", handle::THREAD_HANDLE.get().to_value()),
        ("_local", local::LOCAL.get().to_value()),
        ("_ExceptHookArgs", EXCEPT_HOOK_ARGS.get().to_value()),
        ("error", exc::RUNTIME_ERROR.get().to_value()),
        ("TIMEOUT_MAX", float_::new(vm, lock::TIMEOUT_MAX)),
        ("_NAME_MAXLEN", Value::from_usize(NAME_MAX)),
    ] {
        module::add(vm, target, name, value);
    }
    Ok(())
}

/// The system's identifier of the calling thread.
#[must_use]
pub fn system_ident() -> u64 {
    signals::own_thread()
}

/// This thread is the main thread from now on.
pub(crate) fn set_main(vm: Vm<'_>) {
    MAIN_IDENT.store(vm.thread().id(), Ordering::Relaxed);
}

/// In a forked child: this thread is the only one, and the main thread.
pub(crate) fn after_fork(vm: Vm<'_>) {
    set_main(vm);
    handle::after_fork(vm.thread().id());
    COUNT.store(0, Ordering::Relaxed);
}

fn get_ident(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(int::from_u64(vm, vm.thread().id()))
}

fn get_main_thread_ident(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(int::from_u64(vm, MAIN_IDENT.load(Ordering::Relaxed)))
}

fn get_native_id(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let id = rustix::thread::gettid().as_raw_nonzero().get();
    Ok(int::from_i64(vm, i64::from(id)))
}

fn allocate_lock(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(lock::new_lock(vm))
}

fn count(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(COUNT.load(Ordering::Relaxed)))
}

fn yes(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::TRUE)
}

fn exit(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Err(vm.error_with(&exc::SYSTEM_EXIT, &[]))
}

fn stack_size(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let old = STACK_SIZE.load(Ordering::Relaxed);
    let Some(size) = args.get(0) else { return Ok(Value::from_usize(old)) };
    let size = number::as_isize(vm, size)?;
    match usize::try_from(size) {
        Err(_) => return Err(vm.value_error("size must be 0 or a positive value")),
        Ok(size) if size != 0 && !(STACK_MIN..1 << 40).contains(&size) => {
            return Err(vm.value_error(format!("size not valid: {size} bytes")));
        }
        Ok(size) => STACK_SIZE.store(size, Ordering::Relaxed),
    }
    Ok(Value::from_usize(old))
}

/// What a thread is to do.
struct Work {
    function: Value,
    positional: Value,
    keywords: Value,
    shared: handle::Shared,
}

/// Starts a thread; its identifier.
fn start(vm: Vm<'_>, work: Work, daemon: bool) -> PyResult<u64> {
    if vm.interpreter().runtime().phase.get() >= Phase::Finalizing {
        let message = "can't create new thread at interpreter shutdown";
        return Err(vm.error(&exc::PYTHON_FINALIZATION_ERROR, message));
    }
    let size = match STACK_SIZE.load(Ordering::Relaxed) {
        0 => STACK_DEFAULT,
        size => size,
    };
    let shared = work.shared.clone();
    COUNT.fetch_add(1, Ordering::Relaxed);
    match vm.start_thread(size.saturating_add(STACK_EXTRA), move |vm| run(vm, work)) {
        Ok(ident) => {
            shared.set_running(ident);
            handle::note_running(&shared, daemon);
            Ok(ident)
        }
        Err(_) => {
            COUNT.fetch_sub(1, Ordering::Relaxed);
            shared.reset();
            Err(vm.runtime_error("can't start new thread"))
        }
    }
}

/// A thread's whole life.
fn run(vm: Vm<'_>, work: Work) {
    let Work { function, positional, keywords, shared } = work;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        crate::calling::apply(vm, &function, &positional, &keywords)
    }));
    let raised = match outcome {
        Ok(Ok(_)) => None,
        Ok(Err(raised)) if vm.raised_is(&raised, &exc::SYSTEM_EXIT) => {
            vm.clear(raised);
            None
        }
        Ok(Err(raised)) => Some(raised),
        Err(_) => Some(vm.system_error("internal error in a thread")),
    };
    if let Some(raised) = raised {
        let message = "Exception ignored in thread started by";
        vm.unraisable_about(raised, message, Some(&function));
    }
    drop((function, positional, keywords));
    local::thread_ends(vm);
    COUNT.fetch_sub(1, Ordering::Relaxed);
    shared.set_done();
}

fn is_callable(value: &Value) -> bool {
    value.class().slots.call.get().is_some()
}

fn start_new_thread(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let (function, positional) = (args.required(0), args.required(1));
    if !is_callable(function) {
        return Err(vm.type_error("first arg must be callable"));
    }
    if positional.downcast::<PyTuple>().is_none() {
        return Err(vm.type_error("2nd arg must be a tuple"));
    }
    let keywords = args.get(2).cloned().unwrap_or(Value::NONE);
    if !keywords.is_none() && keywords.downcast::<PyDict>().is_none() {
        return Err(vm.type_error("optional 3rd arg must be a dictionary"));
    }
    hooks::raise_event(
        vm,
        "_thread.start_new_thread",
        &[function.clone(), positional.clone(), keywords.clone()],
    )?;
    let work = Work {
        function: function.clone(),
        positional: positional.clone(),
        keywords,
        shared: handle::Shared::default(),
    };
    start(vm, work, true).map(|ident| int::from_u64(vm, ident))
}

fn start_joinable_thread(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let function = args.required(0);
    if !is_callable(function) {
        return Err(vm.type_error("thread function must be callable"));
    }
    let handle = match args.get_non_none(1) {
        Some(handle) => handle.clone(),
        None => handle::new_handle(vm),
    };
    let Some(shared) = handle::shared_of(&handle) else {
        return Err(vm.type_error("'handle' must be a _ThreadHandle"));
    };
    let daemon = args.get(2).map_or(Ok(true), |daemon| vm.is_true(daemon))?;
    hooks::raise_event(
        vm,
        "_thread.start_joinable_thread",
        &[function.clone(), Value::from_bool(daemon), handle.clone()],
    )?;
    if shared.state() != state::NOT_STARTED {
        return Err(vm.runtime_error("thread already started"));
    }
    let work = Work {
        function: function.clone(),
        positional: PyTuple::new_value(vm, &[]),
        keywords: Value::NONE,
        shared,
    };
    start(vm, work, daemon)?;
    Ok(handle)
}

fn make_thread_handle(vm: Vm<'_>, _module: &Value, ident: &Value) -> PyResult<Value> {
    if !number::is_int(ident) {
        return Err(vm.type_error("ident must be an integer"));
    }
    let ident = int::as_u64(ident).unwrap_or(0);
    let handle = handle::new_handle(vm);
    if let Some(shared) = handle::shared_of(&handle) {
        shared.set_running(ident);
    }
    Ok(handle)
}

fn shutdown(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    handle::join_all(vm)?;
    Ok(Value::NONE)
}

fn interrupt_main(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let signal = args.get(0).map_or(Ok(2), |signal| number::as_i32(vm, signal))?;
    match usize::try_from(signal) {
        Ok(signal) if (1..65).contains(&signal) => {
            if crate::signal::has_handler(vm, signal) {
                signals::simulate(signal);
            }
            // In the main thread the handler runs before the call ends.
            vm.poll()?;
            Ok(Value::NONE)
        }
        _ => Err(vm.value_error("signal number out of range")),
    }
}

fn set_name(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let Some(name) = args.required(0).downcast::<PyStr>() else {
        let got = args.required(0).class().name();
        return Err(vm.type_error(format!("set_name() argument 'name' must be str, not {got}")));
    };
    // What cannot be encoded is replaced; the system cuts the name between any two bytes.
    let encoded = utf8::encode(vm, name, &Errors::Replace)?;
    let bytes: Vec<u8> = encoded
        .downcast::<PyBytes>()
        .map(|encoded| encoded.as_slice().iter().copied().take_while(|&byte| byte != 0))
        .into_iter()
        .flatten()
        .take(NAME_MAX)
        .collect();
    if let Ok(name) = std::ffi::CString::new(bytes) {
        // The name is a help for debuggers; a system that refuses it does no harm.
        let _ = rustix::thread::set_name(&name);
    }
    Ok(Value::NONE)
}

fn get_name(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    match rustix::thread::name() {
        Ok(name) => Ok(PyStr::from_fs_bytes(vm, name.to_bytes())?.into_value()),
        Err(errno) => Err(vm.os_error(errno.raw_os_error(), None)),
    }
}

/// `threading.excepthook`: shows what a thread did not catch.
fn excepthook(vm: Vm<'_>, _module: &Value, args: &Value) -> PyResult<Value> {
    if !args.is_exact(EXCEPT_HOOK_ARGS.get()) {
        return Err(vm.type_error("_thread._excepthook argument type must be ExceptHookArgs"));
    }
    let items = args.receiver::<PyTuple>().items();
    let [class, value, traceback, thread] = items else { return Ok(Value::NONE) };
    if class.is(&exc::SYSTEM_EXIT.get().to_value()) {
        return Ok(Value::NONE);
    }
    let stderr = vm.interpreter().sys.get_str(&vm.intern("stderr"));
    let stream = match stderr.filter(|stream| !stream.is_none()) {
        Some(stream) => stream,
        None if thread.is_none() => return Ok(Value::NONE),
        None => vm.get_attr_str(thread, "_stderr")?,
    };
    if stream.is_none() {
        return Ok(Value::NONE);
    }
    let name = if thread.is_none() { None } else { vm.get_attr_opt(thread, &vm.intern("_name"))? };
    let name = match name {
        Some(name) => vm.str(&name)?.to_rust_string(),
        None => vm.thread().id().to_string(),
    };
    hooks::write_text(vm, &stream, &format!("Exception in thread {name}:\n"))?;
    hooks::display_exception_on(vm, &stream, value, Some(traceback))?;
    Ok(Value::NONE)
}
