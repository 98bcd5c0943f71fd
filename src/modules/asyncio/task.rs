//! `_asyncio.Task`: a coroutine that the event loop runs step by step.

use std::sync::atomic::{AtomicU64, Ordering};

use objects::core::args::{Args, Bound};
use objects::core::errors::{PyResult, Raised};
use objects::core::gc::{TakeReferences, Traverse, Visitor};
use objects::core::gil_cell::HotCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::{SendResult, Slot};
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{MethodDef, MethodKind, NativeFn, TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::builtin_function::PyBuiltinFunction;
use objects::types::exceptions::base::payload_of;
use objects::types::exceptions::hierarchy as exc;
use objects::types::generator::{COROUTINE, GENERATOR};
use objects::types::generic_alias::class_getitem;
use objects::types::int;
use objects::types::str::{PyStr, STR};
use objects::{getset, methods, payload};

use super::future::{
    self, FUTURE, Outcome, PyFuture, add_done_callback, add_done_callback_method,
    add_to_awaited_by, call_exception_handler, call_soon, cancelled, cancelled_error,
    discard_from_awaited_by, done, exception, init_future, invalid_state, make_cancelled_error,
    not_deletable, outcome, remove_done_callback, result, set_exception, set_result, this,
};
use super::state::{self, enter_task, leave_task, register, swap_current_task};
use crate::contextvars;

/// A task's name; a number becomes text when it is asked for.
#[derive(Clone)]
pub(super) enum TaskName {
    None,
    Number(u64),
    Text(Value),
}

impl Traverse for TaskName {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        if let Self::Text(text) = self {
            visitor.visit(text);
        }
    }
}

impl TakeReferences for TaskName {
    fn take_references(&mut self, _dead: &mut Vec<Value>) {}
}

/// `_asyncio.Task`
pub(super) static TASK: StaticType = StaticType::sharing::<PyFuture>(&FUTURE);

/// The spec of `_asyncio.Task`.
pub(super) const TASK_SPEC: TypeSpec = TypeSpec {
    name: "_asyncio.Task",
    doc: Some(
        "Task(coro, *, loop=None, name=None, context=None, eager_start=False)\n--\n\nA coroutine wrapped in a Future.",
    ),
    base: Some(&FUTURE),
    flags: spec_flags::BASETYPE | spec_flags::HAS_DICT | spec_flags::HAS_WEAKREF,
    slots: &[Slot::New(new), Slot::Init(init), Slot::Repr(repr), Slot::Finalize(finalize)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Return the result this future represents.
    ///
    /// If the future has been cancelled, raises CancelledError.  If the
    /// future's result isn't yet available, raises InvalidStateError.  If
    /// the future is done and has an exception set, this exception is
    /// raised.
    ["result"] "($self, /)" None(result);
    /// Return the exception that was set on this future.
    ///
    /// The exception (or None if no exception was set) is returned only if
    /// the future is done.  If the future has been cancelled, raises
    /// CancelledError.  If the future isn't done yet, raises
    /// InvalidStateError.
    ["exception"] "($self, /)" None(exception);
    /// Add a callback to be run when the future becomes done.
    ///
    /// The callback is called with a single argument - the future object.
    /// If the future is already done when this is called, the callback is
    /// scheduled with call_soon.
    ["add_done_callback"] "($self, fn, /, *, context=<unrepresentable>)" Bound(add_done_callback_method);
    /// Remove all instances of a callback from the "call when done" list.
    ///
    /// Returns the number of callbacks removed.
    ["remove_done_callback"] "($self, fn, /)" One(remove_done_callback);
    /// Return True if the future was cancelled.
    ["cancelled"] "($self, /)" None(cancelled);
    /// Return True if the future is done.
    ///
    /// Done means either that a result / exception are available, or that
    /// the future was cancelled.
    ["done"] "($self, /)" None(done);
    ["set_result"] "($self, result, /)" One(refuse_result);
    ["set_exception"] "($self, exception, /)" One(refuse_exception);
    /// Request that this task cancel itself.
    ///
    /// This arranges for a CancelledError to be thrown into the
    /// wrapped coroutine on the next cycle through the event loop.
    /// The coroutine then has a chance to clean up or even deny
    /// the request using try/except/finally.
    ///
    /// Unlike Future.cancel, this does not guarantee that the
    /// task will be cancelled: the exception might be caught and
    /// acted upon, delaying cancellation of the task or preventing
    /// cancellation completely.  The task may also return a value or
    /// raise a different exception.
    ///
    /// Immediately after this method is called, Task.cancelled() will
    /// not return True (unless the task was already cancelled).  A
    /// task will be marked as cancelled when the wrapped coroutine
    /// terminates with a CancelledError exception (even if cancel()
    /// was not called).
    ///
    /// This also increases the task's count of cancellation requests.
    ["cancel"] "($self, /, msg=None)" Bound(cancel);
    /// Return the count of the task's cancellation requests.
    ///
    /// This count is incremented when .cancel() is called
    /// and may be decremented using .uncancel().
    ["cancelling"] "($self, /)" None(cancelling);
    /// Decrement the task's count of cancellation requests.
    ///
    /// This should be used by tasks that catch CancelledError
    /// and wish to continue indefinitely until they are cancelled again.
    ///
    /// Returns the remaining number of cancellation requests.
    ["uncancel"] "($self, /)" None(uncancel);
    /// Return the list of stack frames for this task's coroutine.
    ///
    /// If the coroutine is not done, this returns the stack where it is
    /// suspended.  If the coroutine has completed successfully or was
    /// cancelled, this returns an empty list.  If the coroutine was
    /// terminated by an exception, this returns the list of traceback
    /// frames.
    ///
    /// The frames are always ordered from oldest to newest.
    ///
    /// The optional limit gives the maximum number of frames to
    /// return; by default all available frames are returned.  Its
    /// meaning differs depending on whether a stack or a traceback is
    /// returned: the newest frames of a stack are returned, but the
    /// oldest frames of a traceback are returned.  (This matches the
    /// behavior of the traceback module.)
    ///
    /// For reasons beyond our control, only one stack frame is
    /// returned for a suspended coroutine.
    ["get_stack"] "($self, /, *, limit=None)" Bound(get_stack);
    /// Print the stack or traceback for this task's coroutine.
    ///
    /// This produces output similar to that of the traceback module,
    /// for the frames retrieved by get_stack().  The limit argument
    /// is passed to get_stack().  The file argument is an I/O stream
    /// to which the output is written; by default output is written
    /// to sys.stderr.
    ["print_stack"] "($self, /, *, limit=None, file=None)" Bound(print_stack);
    /// Create the CancelledError to raise if the Task is cancelled.
    ///
    /// This should only be called once when handling a cancellation since
    /// it erases the context exception value.
    ["_make_cancelled_error"] "($self, /)" None(make_cancelled_error);
    ["get_name"] "($self, /)" None(get_name);
    ["set_name"] "($self, value, /)" One(set_name);
    ["get_coro"] "($self, /)" None(get_coro);
    ["get_context"] "($self, /)" None(get_context);
    /// Tasks are generic over the return type of their wrapped coroutines
    class ["__class_getitem__"] "($type, object, /)" One(class_getitem);
}

getset! { GETSET:
    ["_log_destroy_pending"] get_log_destroy_pending, set_log_destroy_pending;
    ["_must_cancel"] get_must_cancel;
    ["_coro"] get_coro;
    ["_fut_waiter"] get_waiter;
}

static NEXT_NUMBER: AtomicU64 = AtomicU64::new(1);

fn new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    Ok(PyRef::try_new_of(vm, class, PyFuture::empty())?.into_value())
}

static INIT: LazySignature =
    LazySignature::new("($self, coro, *, loop=None, name=None, context=None, eager_start=False)");

fn is_coroutine(vm: Vm<'_>, coroutine: &Value) -> PyResult<bool> {
    if coroutine.is_exact(COROUTINE.get()) {
        return Ok(true);
    }
    let module = vm.import_module("asyncio.coroutines")?;
    let answer =
        vm.call_method(&module, &vm.intern("iscoroutine"), std::slice::from_ref(coroutine))?;
    vm.is_true(&answer)
}

fn init(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<()> {
    let args = INIT.bind(vm, "Task", args)?;
    let coroutine = args.required(0);
    init_future(vm, value, args.get_non_none(1))?;
    let task = this(value);
    if !is_coroutine(vm, coroutine)? {
        task.log_destroy_pending.set(false);
        let shown = vm.repr(coroutine)?.to_rust_string();
        return Err(vm.type_error(format!("a coroutine was expected, got {shown}")));
    }
    let context = match args.get_non_none(3) {
        Some(context) => context.clone(),
        None => contextvars::copy_current(vm)?,
    };
    task.context.set(Some(context.clone()));
    task.waiter.set(None);
    task.must_cancel.set(false);
    task.log_destroy_pending.set(true);
    task.cancel_requests.set(0);
    task.coroutine.set(Some(coroutine.clone()));
    let name = match args.get_non_none(2) {
        None => TaskName::Number(NEXT_NUMBER.fetch_add(1, Ordering::Relaxed)),
        Some(name) => TaskName::Text(as_text(vm, name)?),
    };
    drop(task.name.replace(name));
    let event_loop = task.alive(vm)?;
    if let Some(eager) = args.get(4)
        && vm.is_true(eager)?
    {
        let running = vm.call_method(&event_loop, &vm.intern("is_running"), &[])?;
        if running.is_true() {
            return eager_start(vm, value, &event_loop, &context);
        }
    }
    step_soon(vm, value, None)?;
    register(vm, value);
    Ok(())
}

fn as_text(vm: Vm<'_>, name: &Value) -> PyResult<Value> {
    if name.is_exact(STR.get()) { Ok(name.clone()) } else { Ok(vm.str(name)?.into_value()) }
}

/// Runs the first step at once. A task that ends in it never waits for the loop.
fn eager_start(vm: Vm<'_>, value: &Value, event_loop: &Value, context: &Value) -> PyResult<()> {
    let before = swap_current_task(vm, event_loop, Some(value.clone()))?;
    register(vm, value);
    let result = contextvars::run_in(vm, context, || run_step(vm, value, None));
    let failed = result.err().map(|raised| vm.take(raised));
    let swapped = swap_current_task(vm, event_loop, before);
    let result = chain(vm, failed, swapped.map(drop));
    if !this(value).is_pending() {
        this(value).coroutine.set(None);
    }
    result
}

/// The first error of two; where there are both, the first is the second's context.
fn chain(vm: Vm<'_>, first: Option<Value>, second: PyResult<()>) -> PyResult<()> {
    match (first, second) {
        (None, second) => second,
        (Some(first), Ok(())) => Err(vm.restore(first)),
        (Some(first), Err(raised)) => {
            let second = vm.take(raised);
            payload_of(&second).context.set(Some(first));
            Err(vm.restore(second))
        }
    }
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let helpers = vm.import_module("asyncio.base_tasks")?;
    vm.call_method(&helpers, &vm.intern("_task_repr"), std::slice::from_ref(value))
}

fn finalize(vm: Vm<'_>, value: &Value) {
    let task = this(value);
    if task.is_pending() && task.event_loop.with(Option::is_some) {
        state::forget(value);
        if task.log_destroy_pending.get() {
            vm.aside(|| {
                let message = PyStr::new_value(vm, "Task was destroyed but it is pending!");
                let entries = [("task", value.clone()), ("message", message)];
                call_exception_handler(vm, value, &entries);
            });
        }
    }
    future::finalize(vm, value);
}

fn refuse_result(vm: Vm<'_>, _value: &Value, _result: &Value) -> PyResult<Value> {
    Err(vm.runtime_error("Task does not support set_result operation"))
}

fn refuse_exception(vm: Vm<'_>, _value: &Value, _exception: &Value) -> PyResult<Value> {
    Err(vm.runtime_error("Task does not support set_exception operation"))
}

/// `future.cancel(msg=message)`
fn cancel_future(vm: Vm<'_>, future: &Value, message: Value) -> PyResult<bool> {
    if future.is_exact(FUTURE.get()) {
        return future::cancel(vm, future, Some(message));
    }
    let method = vm.get_attr(future, &vm.intern("cancel"))?;
    let names = objects::types::tuple::PyTuple::new_ref(vm, &[vm.intern("msg").into_value()]);
    let answer = vm.call_with(&method, Args::new(&[message], Some(&names)))?;
    vm.is_true(&answer)
}

fn cancel(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let task = this(value);
    let message = args.get(0).cloned().unwrap_or(Value::NONE);
    task.log_traceback.set(false);
    if !task.is_pending() {
        return Ok(Value::FALSE);
    }
    task.cancel_requests.set(task.cancel_requests.get() + 1);
    if let Some(waiter) = task.waiter.get()
        && cancel_future(vm, &waiter, message.clone())?
    {
        return Ok(Value::TRUE);
    }
    task.must_cancel.set(true);
    task.cancel_message.set(Some(message));
    Ok(Value::TRUE)
}

fn cancelling(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, this(value).cancel_requests.get()))
}

fn uncancel(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let task = this(value);
    if task.cancel_requests.get() > 0 {
        task.cancel_requests.set(task.cancel_requests.get() - 1);
        if task.cancel_requests.get() == 0 {
            task.must_cancel.set(false);
        }
    }
    Ok(int::from_i64(vm, task.cancel_requests.get()))
}

fn get_stack(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let helpers = vm.import_module("asyncio.base_tasks")?;
    let limit = args.get(0).cloned().unwrap_or(Value::NONE);
    vm.call_method(&helpers, &vm.intern("_task_get_stack"), &[value.clone(), limit])
}

fn print_stack(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let helpers = vm.import_module("asyncio.base_tasks")?;
    let limit = args.get(0).cloned().unwrap_or(Value::NONE);
    let file = args.get(1).cloned().unwrap_or(Value::NONE);
    vm.call_method(&helpers, &vm.intern("_task_print_stack"), &[value.clone(), limit, file])
}

fn get_name(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let task = this(value);
    match task.name.get() {
        TaskName::None => Ok(Value::NONE),
        TaskName::Text(text) => Ok(text),
        TaskName::Number(number) => {
            let text = PyStr::new_value(vm, &format!("Task-{number}"));
            drop(task.name.replace(TaskName::Text(text.clone())));
            Ok(text)
        }
    }
}

fn set_name(vm: Vm<'_>, value: &Value, name: &Value) -> PyResult<Value> {
    let text = as_text(vm, name)?;
    drop(this(value).name.replace(TaskName::Text(text)));
    Ok(Value::NONE)
}

fn get_coro(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).coroutine.get().unwrap_or(Value::NONE))
}

fn get_context(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).context.get().unwrap_or(Value::NONE))
}

fn get_waiter(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).waiter.get().unwrap_or(Value::NONE))
}

fn get_must_cancel(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this(value).must_cancel.get()))
}

fn get_log_destroy_pending(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this(value).log_destroy_pending.get()))
}

fn set_log_destroy_pending(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    let Some(new) = new else { return Err(not_deletable(vm, value, "_log_destroy_pending")) };
    let new = vm.is_true(new)?;
    this(value).log_destroy_pending.set(new);
    Ok(())
}

payload! {
    /// The payload of a step that the loop is to run.
    pub(super) struct PyStep: STEP, gc {
        task: Value,
        error: HotCell<Option<Value>>,
    }
}

/// `_asyncio.TaskStepMethWrapper`
pub(super) static STEP: StaticType = StaticType::new::<PyStep>();

/// The spec of `_asyncio.TaskStepMethWrapper`.
pub(super) const STEP_SPEC: TypeSpec = TypeSpec {
    name: "_asyncio.TaskStepMethWrapper",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: &[Slot::Call(step_call)],
    getset: STEP_GETSET,
    ..TypeSpec::DEFAULT
};

getset! { STEP_GETSET:
    ["__self__"] step_task;
}

fn step_task(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(value.receiver::<PyStep>().task.clone())
}

fn step_call(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    if args.keyword_count() != 0 {
        return Err(vm.type_error("function takes no keyword arguments"));
    }
    if !args.all().is_empty() {
        return Err(vm.type_error("function takes no positional arguments"));
    }
    let step = value.receiver::<PyStep>();
    run_task(vm, &step.task, step.error.get())?;
    Ok(Value::NONE)
}

/// Has the loop run the next step, with an exception to be thrown in or without.
fn step_soon(vm: Vm<'_>, value: &Value, error: Option<Value>) -> PyResult<()> {
    let payload = PyStep { task: value.clone(), error: HotCell::new(error) };
    let step = PyRef::new(vm, payload).into_value();
    let task = this(value);
    let event_loop = task.alive(vm)?;
    call_soon(vm, &event_loop, step, None, task.context.get())
}

static WAKEUP: MethodDef = MethodDef {
    name: "task_wakeup",
    signature: "",
    doc: "",
    function: NativeFn::One(wakeup),
    kind: MethodKind::Method,
};

/// What the future that a task waits for calls when it is done.
fn wakeup(vm: Vm<'_>, value: &Value, future: &Value) -> PyResult<Value> {
    let error = if future.is_exact(FUTURE.get()) || future.is_exact(TASK.get()) {
        discard_from_awaited_by(vm, future, value)?;
        match outcome(vm, future) {
            Ok(Outcome::Result(_)) => None,
            Ok(Outcome::Exception(error)) => Some(error),
            Err(raised) => Some(vm.take(raised)),
        }
    } else {
        discard_from_awaited_by(vm, future, value)?;
        match vm.call_method(future, &vm.intern("result"), &[]) {
            Ok(_) => None,
            Err(raised) => Some(vm.take(raised)),
        }
    };
    run_task(vm, value, error)?;
    Ok(Value::NONE)
}

/// A step of the task as the running one.
fn run_task(vm: Vm<'_>, value: &Value, error: Option<Value>) -> PyResult<()> {
    let event_loop = this(value).alive(vm)?;
    enter_task(vm, &event_loop, value)?;
    let failed = run_step(vm, value, error).err().map(|raised| vm.take(raised));
    chain(vm, failed, leave_task(vm, &event_loop, value))
}

fn is_cancelled_error(vm: Vm<'_>, error: &Value) -> PyResult<bool> {
    let class = state::exception_class(vm, "CancelledError")?;
    Ok(class.downcast::<PyType>().is_some_and(|class| error.class().is_subtype(class)))
}

/// Resumes the coroutine.
fn resume(vm: Vm<'_>, coroutine: &Value, error: Option<Value>) -> PyResult<SendResult> {
    let result = match error {
        None => match coroutine.class().slots.am_send.get() {
            Some(send) => return send(vm, coroutine, &Value::NONE),
            None => vm.call_method(coroutine, &vm.names().send, &[Value::NONE]),
        },
        Some(error) => vm.call_method(coroutine, &vm.names().throw, &[error]),
    };
    match result {
        Ok(value) => Ok(SendResult::Next(value)),
        Err(raised) if vm.raised_is(&raised, &exc::STOP_ITERATION) => {
            let stop = vm.take(raised);
            Ok(SendResult::Return(vm.get_attr(&stop, &vm.names().value)?))
        }
        Err(raised) => Err(raised),
    }
}

/// Runs the coroutine up to its next wait, and looks at what it waits for.
fn run_step(vm: Vm<'_>, value: &Value, error: Option<Value>) -> PyResult<()> {
    let task = this(value);
    let mut error = error;
    if !task.is_pending() {
        let shown = vm.repr(value)?.to_rust_string();
        let error = vm.repr(&error.unwrap_or(Value::NONE))?.to_rust_string();
        return Err(invalid_state(vm, &format!("__step(): already done: {shown} {error}")));
    }
    if task.must_cancel.get() {
        let keeps = match &error {
            Some(error) => is_cancelled_error(vm, error)?,
            None => false,
        };
        if !keeps {
            error = Some(cancelled_error(vm, value)?);
        }
        task.must_cancel.set(false);
    }
    task.waiter.set(None);
    let Some(coroutine) = task.coroutine.get() else {
        return Err(vm.runtime_error("uninitialized Task object"));
    };
    match resume(vm, &coroutine, error) {
        Ok(SendResult::Next(awaited)) => handle(vm, value, &awaited),
        Ok(SendResult::Return(_)) if task.must_cancel.get() => {
            // Cancelled right before the coroutine ended.
            task.must_cancel.set(false);
            future::cancel(vm, value, task.cancel_message.get()).map(drop)
        }
        Ok(SendResult::Return(result)) => set_result(vm, value, result),
        Err(raised) => ended(vm, value, raised),
    }
}

/// The coroutine ended with an exception.
fn ended(vm: Vm<'_>, value: &Value, raised: Raised) -> PyResult<()> {
    let error = vm.take(raised);
    if is_cancelled_error(vm, &error)? {
        this(value).cancelled_error.set(Some(error));
        return future::cancel(vm, value, None).map(drop);
    }
    set_exception(vm, value, &error)?;
    let class = error.class();
    if class.is_subtype(exc::KEYBOARD_INTERRUPT.get()) || class.is_subtype(exc::SYSTEM_EXIT.get()) {
        return Err(vm.restore(error));
    }
    Ok(())
}

/// The next step is to raise a RuntimeError.
fn fail_soon(vm: Vm<'_>, value: &Value, text: &str) -> PyResult<()> {
    let text = PyStr::try_new(vm, text)?.into_value();
    let error = vm.call(&exc::RUNTIME_ERROR.get().to_value(), &[text])?;
    step_soon(vm, value, Some(error))
}

fn shown(vm: Vm<'_>, value: &Value) -> PyResult<String> {
    Ok(vm.repr(value)?.to_rust_string())
}

fn other_loop(vm: Vm<'_>, value: &Value, awaited: &Value) -> PyResult<()> {
    let text = format!(
        "Task {} got Future {} attached to a different loop",
        shown(vm, value)?,
        shown(vm, awaited)?
    );
    fail_soon(vm, value, &text)
}

fn plain_yield(vm: Vm<'_>, value: &Value, awaited: &Value) -> PyResult<()> {
    let text = format!(
        "yield was used instead of yield from in task {} with {}",
        shown(vm, value)?,
        shown(vm, awaited)?
    );
    fail_soon(vm, value, &text)
}

/// Waits for `awaited`, which has been told to wake the task up; a cancellation that is due goes on to it.
fn wait_for(vm: Vm<'_>, value: &Value, awaited: &Value) -> PyResult<()> {
    let task = this(value);
    task.waiter.set(Some(awaited.clone()));
    if task.must_cancel.get() {
        let message = task.cancel_message.get().unwrap_or(Value::NONE);
        if cancel_future(vm, awaited, message)? {
            task.must_cancel.set(false);
        }
    }
    Ok(())
}

/// Looks at what the coroutine gave.
fn handle(vm: Vm<'_>, value: &Value, awaited: &Value) -> PyResult<()> {
    let task = this(value);
    if awaited.is(value) {
        let text = format!("Task cannot await on itself: {}", shown(vm, value)?);
        return fail_soon(vm, value, &text);
    }
    if awaited.is_exact(FUTURE.get()) || awaited.is_exact(TASK.get()) {
        let other = this(awaited);
        if !same(&other.event_loop.get(), &task.event_loop.get()) {
            return other_loop(vm, value, awaited);
        }
        if !other.blocking.get() {
            return plain_yield(vm, value, awaited);
        }
        add_to_awaited_by(vm, awaited, value)?;
        other.blocking.set(false);
        let wake = PyBuiltinFunction::new_value(vm, &WAKEUP, value.clone(), None);
        let context = task.context.get().unwrap_or(Value::NONE);
        add_done_callback(vm, awaited, wake, context)?;
        return wait_for(vm, value, awaited);
    }
    if awaited.is_none() {
        return step_soon(vm, value, None);
    }
    let blocking = vm.get_attr_opt(awaited, &vm.intern("_asyncio_future_blocking"))?;
    if let Some(blocking) = blocking.filter(|blocking| !blocking.is_none()) {
        return wait_for_other(vm, value, awaited, vm.is_true(&blocking)?);
    }
    let text = if awaited.is_exact(GENERATOR.get()) {
        format!(
            "yield was used instead of yield from for generator in task {} with {}",
            shown(vm, value)?,
            shown(vm, awaited)?
        )
    } else {
        format!("Task got bad yield: {}", shown(vm, awaited)?)
    };
    fail_soon(vm, value, &text)
}

fn same(a: &Option<Value>, b: &Option<Value>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.is(b),
        (None, None) => true,
        _ => false,
    }
}

/// The loop of any future.
pub(super) fn loop_of(vm: Vm<'_>, future: &Value) -> PyResult<Value> {
    if let Some(own) = future.downcast::<PyFuture>()
        && (future.is_exact(FUTURE.get()) || future.is_exact(TASK.get()))
    {
        return own.alive(vm);
    }
    match vm.get_attr_opt(future, &vm.intern("get_loop"))? {
        Some(get) => vm.call(&get, &[]),
        None => vm.get_attr(future, &vm.intern("_loop")),
    }
}

/// Waits for a future that is not one of this module's, or of a subclass.
fn wait_for_other(vm: Vm<'_>, value: &Value, awaited: &Value, blocking: bool) -> PyResult<()> {
    let task = this(value);
    let event_loop = loop_of(vm, awaited)?;
    if !same(&Some(event_loop), &task.event_loop.get()) {
        return other_loop(vm, value, awaited);
    }
    if !blocking {
        return plain_yield(vm, value, awaited);
    }
    add_to_awaited_by(vm, awaited, value)?;
    vm.set_attr(awaited, &vm.intern("_asyncio_future_blocking"), Some(&Value::FALSE))?;
    let wake = PyBuiltinFunction::new_value(vm, &WAKEUP, value.clone(), None);
    let add = vm.get_attr(awaited, &vm.intern("add_done_callback"))?;
    let context = task.context.get().unwrap_or(Value::NONE);
    let names = state::context_keyword(vm);
    vm.call_with(&add, Args::new(&[wake, context], Some(&names)))?;
    wait_for(vm, value, awaited)
}
