//! `_asyncio.Future`: the state, the result, and the callbacks. A task has the same payload, whose last fields are its own.

use std::cell::Cell;

use objects::core::args::{Args, Bound};
use objects::core::attribute;
use objects::core::errors::{PyResult, Raised};
use objects::core::gc::{TakeReferences, Traverse, Visitor};
use objects::core::gil_cell::HotCell;
use objects::core::live_list::ListMark;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::{SendResult, Slot};
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::iterate::self_iter;
use objects::types::dict::PyDict;
use objects::types::exceptions::base::payload_of;
use objects::types::exceptions::hierarchy as exc;
use objects::types::exceptions::{is_exception, is_exception_class, short_name};
use objects::types::generator::thrown_exception;
use objects::types::generic_alias::class_getitem;
use objects::types::list::PyList;
use objects::types::set::{self, PySet};
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::{getset, methods, payload};

use super::state;
use super::task::{TASK, TaskName};
use crate::contextvars;

/// How far a future is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Pending,
    Cancelled,
    Finished,
}

/// Functions to be called, each with its context.
#[derive(Default)]
pub(super) struct Callbacks(pub(super) Vec<(Value, Value)>);

impl Callbacks {
    /// Most futures have one callback, which needs no room for more.
    fn push(&mut self, function: Value, context: Value) {
        if self.0.capacity() == 0 {
            self.0.reserve_exact(1);
        }
        self.0.push((function, context));
    }
}

impl Traverse for Callbacks {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        for (function, context) in &self.0 {
            visitor.visit(function);
            visitor.visit(context);
        }
    }
}

impl TakeReferences for Callbacks {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        for (function, context) in self.0.drain(..) {
            dead.push(function);
            dead.push(context);
        }
    }
}

type Slot1 = HotCell<Option<Value>>;

payload! {
    /// The payload of a future, and of a task.
    pub(super) struct PyFuture: FUTURE, gc {
        pub(super) event_loop: Slot1,
        pub(super) callbacks: HotCell<Callbacks>,
        pub(super) exception: Slot1,
        pub(super) exception_traceback: Slot1,
        pub(super) result: Slot1,
        pub(super) source_traceback: Slot1,
        pub(super) cancel_message: Slot1,
        /// The CancelledError that a task ended with, to be raised once more.
        pub(super) cancelled_error: Slot1,
        /// Who waits for it: one waiter, or a set of them.
        awaited_by: Slot1,
        awaited_by_is_set: Cell<bool>,
        pub(super) stage: Cell<Stage>,
        pub(super) log_traceback: Cell<bool>,
        /// Set by `__await__` until the task has seen the future.
        pub(super) blocking: Cell<bool>,
        pub(super) waiter: Slot1,
        pub(super) coroutine: Slot1,
        pub(super) name: HotCell<TaskName>,
        pub(super) context: Slot1,
        pub(super) must_cancel: Cell<bool>,
        pub(super) log_destroy_pending: Cell<bool>,
        pub(super) cancel_requests: Cell<i64>,
        /// Of a task that is not done: its place among those.
        pub(super) listed: ListMark,
    }
}

/// `_asyncio.Future`
pub(super) static FUTURE: StaticType = StaticType::new::<PyFuture>();

/// The spec of `_asyncio.Future`.
pub(super) const FUTURE_SPEC: TypeSpec = TypeSpec {
    name: "_asyncio.Future",
    doc: Some(
        "Future(*, loop=None)\n--\n\nThis class is *almost* compatible with concurrent.futures.Future.\n\n    Differences:\n\n    - result() and exception() do not take a timeout argument and\n      raise an exception when the future isn't done yet.\n\n    - Callbacks registered with add_done_callback() are always called\n      via the event loop's call_soon_threadsafe().\n\n    - This class is not compatible with the wait() and as_completed()\n      methods in the concurrent.futures package.",
    ),
    flags: spec_flags::BASETYPE | spec_flags::HAS_DICT | spec_flags::HAS_WEAKREF,
    slots: &[
        Slot::New(new),
        Slot::Init(init),
        Slot::Repr(repr),
        Slot::Iter(future_iter),
        Slot::AmAwait(future_iter),
        Slot::Finalize(finalize),
    ],
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
    /// Mark the future done and set its result.
    ///
    /// If the future is already done when this method is called, raises
    /// InvalidStateError.
    ["set_result"] "($self, result, /)" One(set_result_method);
    /// Mark the future done and set an exception.
    ///
    /// If the future is already done when this method is called, raises
    /// InvalidStateError.
    ["set_exception"] "($self, exception, /)" One(set_exception_method);
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
    /// Cancel the future and schedule callbacks.
    ///
    /// If the future is already done or cancelled, return False.
    /// Otherwise, change the future's state to cancelled, schedule the
    /// callbacks and return True.
    ["cancel"] "($self, /, msg=None)" Bound(cancel_method);
    /// Return True if the future was cancelled.
    ["cancelled"] "($self, /)" None(cancelled);
    /// Return True if the future is done.
    ///
    /// Done means either that a result / exception are available, or that
    /// the future was cancelled.
    ["done"] "($self, /)" None(done);
    /// Return the event loop the Future is bound to.
    ["get_loop"] "($self, /)" None(get_loop);
    /// Create the CancelledError to raise if the Future is cancelled.
    ///
    /// This should only be called once when handling a cancellation since
    /// it erases the context exception value.
    ["_make_cancelled_error"] "($self, /)" None(make_cancelled_error);
    /// Futures are generic over the type of their results
    class ["__class_getitem__"] "($type, object, /)" One(class_getitem);
}

getset! { GETSET:
    ["_state"] get_state;
    ["_asyncio_future_blocking"] get_blocking, set_blocking;
    ["_loop"] get_event_loop;
    ["_callbacks"] get_callbacks;
    ["_result"] get_result;
    ["_exception"] get_exception;
    ["_log_traceback"] get_log_traceback, set_log_traceback;
    ["_source_traceback"] get_source_traceback;
    ["_cancel_message"] get_cancel_message, set_cancel_message;
    ["_asyncio_awaited_by"] get_awaited_by;
}

pub(super) fn this(value: &Value) -> &Py<PyFuture> {
    value.receiver::<PyFuture>()
}

impl PyFuture {
    pub(super) fn empty() -> Self {
        Self {
            event_loop: HotCell::new(None),
            callbacks: HotCell::new(Callbacks::default()),
            exception: HotCell::new(None),
            exception_traceback: HotCell::new(None),
            result: HotCell::new(None),
            source_traceback: HotCell::new(None),
            cancel_message: HotCell::new(None),
            cancelled_error: HotCell::new(None),
            awaited_by: HotCell::new(None),
            awaited_by_is_set: Cell::new(false),
            stage: Cell::new(Stage::Pending),
            log_traceback: Cell::new(false),
            blocking: Cell::new(false),
            waiter: HotCell::new(None),
            coroutine: HotCell::new(None),
            name: HotCell::new(TaskName::None),
            context: HotCell::new(None),
            must_cancel: Cell::new(false),
            log_destroy_pending: Cell::new(true),
            cancel_requests: Cell::new(0),
            listed: ListMark::default(),
        }
    }

    /// The loop of an initialised future.
    pub(super) fn alive(&self, vm: Vm<'_>) -> PyResult<Value> {
        self.event_loop.get().ok_or_else(|| vm.runtime_error("Future object is not initialized."))
    }

    pub(super) fn is_pending(&self) -> bool {
        self.stage.get() == Stage::Pending
    }
}

fn new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    Ok(PyRef::try_new_of(vm, class, PyFuture::empty())?.into_value())
}

static INIT: LazySignature = LazySignature::new("($self, *, loop=None)");

fn init(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<()> {
    let args = INIT.bind(vm, "Future", args)?;
    init_future(vm, value, args.get_non_none(0))
}

/// Brings a future to its first state.
pub(super) fn init_future(vm: Vm<'_>, value: &Value, event_loop: Option<&Value>) -> PyResult<()> {
    let future = this(value);
    for field in [
        &future.event_loop,
        &future.exception,
        &future.exception_traceback,
        &future.result,
        &future.source_traceback,
        &future.cancel_message,
        &future.cancelled_error,
        &future.awaited_by,
    ] {
        field.set(None);
    }
    drop(future.callbacks.take());
    future.awaited_by_is_set.set(false);
    future.stage.set(Stage::Pending);
    future.log_traceback.set(false);
    future.blocking.set(false);
    let event_loop = match event_loop {
        Some(event_loop) => event_loop.clone(),
        None => state::event_loop(vm)?,
    };
    future.event_loop.set(Some(event_loop.clone()));
    let debug = vm.call_method(&event_loop, &vm.names().get_debug, &[])?;
    if vm.is_true(&debug)? {
        let traceback = vm.import_module("traceback")?;
        let extract = vm.get_attr_str(&traceback, "extract_stack")?;
        future.source_traceback.set(Some(vm.call(&extract, &[])?));
    }
    Ok(())
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    this(value).alive(vm)?;
    let helpers = vm.import_module("asyncio.base_futures")?;
    vm.call_method(&helpers, &vm.intern("_future_repr"), std::slice::from_ref(value))
}

/// `loop.call_soon(function, arg, context=context)`
pub(super) fn call_soon(
    vm: Vm<'_>,
    event_loop: &Value,
    function: Value,
    arg: Option<&Value>,
    context: Option<Value>,
) -> PyResult<()> {
    let found = attribute::method(vm, event_loop, &vm.names().call_soon)?;
    let (method, receiver) = match &found {
        attribute::Method::Unbound(function) => (function, Some(event_loop.clone())),
        attribute::Method::Bound(callable) => (callable, None),
    };
    let names = context.as_ref().map(|_| state::context_keyword(vm));
    let mut args = [const { Value::NONE }; 4];
    let given = [receiver, Some(function), arg.cloned(), context];
    let mut count = 0;
    for (place, value) in args.iter_mut().zip(given.into_iter().flatten()) {
        *place = value;
        count += 1;
    }
    vm.call_with(method, Args::new(&args[..count], names.as_deref()))?;
    Ok(())
}

/// Has the loop call what waits for the future, which is done.
pub(super) fn schedule_callbacks(vm: Vm<'_>, value: &Value) -> PyResult<()> {
    let future = this(value);
    if value.class().is_subtype(TASK.get()) {
        state::forget(value);
    }
    let callbacks = future.callbacks.take().0;
    if callbacks.is_empty() {
        return Ok(());
    }
    let event_loop = future.alive(vm)?;
    for (function, context) in callbacks {
        call_soon(vm, &event_loop, function, Some(value), Some(context))?;
    }
    Ok(())
}

#[cold]
pub(super) fn invalid_state(vm: Vm<'_>, text: &str) -> Raised {
    match state::exception_class(vm, "InvalidStateError")
        .and_then(|class| vm.call(&class, &[PyStr::new_value(vm, text)]))
    {
        Ok(error) => vm.raise(error),
        Err(raised) => raised,
    }
}

/// Ends the future with a result.
pub(super) fn set_result(vm: Vm<'_>, value: &Value, result: Value) -> PyResult<()> {
    let future = this(value);
    future.alive(vm)?;
    if !future.is_pending() {
        return Err(invalid_state(vm, "invalid state"));
    }
    future.result.set(Some(result));
    future.stage.set(Stage::Finished);
    schedule_callbacks(vm, value)
}

/// Ends the future with an exception.
pub(super) fn set_exception(vm: Vm<'_>, value: &Value, exception: &Value) -> PyResult<()> {
    let future = this(value);
    future.alive(vm)?;
    if !future.is_pending() {
        return Err(invalid_state(vm, "invalid state"));
    }
    let mut error = exception.clone();
    if is_exception_class(exception) {
        error = vm.call(exception, &[])?;
        if !future.is_pending() {
            return Err(invalid_state(vm, "invalid state"));
        }
    }
    if !is_exception(&error) {
        return Err(vm.type_error("invalid exception object"));
    }
    if error.class().is_subtype(exc::STOP_ITERATION.get()) {
        let text =
            "StopIteration interacts badly with generators and cannot be raised into a Future";
        let new = vm.call(&exc::RUNTIME_ERROR.get().to_value(), &[PyStr::new_value(vm, text)])?;
        payload_of(&new).cause.set(Some(error.clone()));
        payload_of(&new).suppress_context.set(true);
        payload_of(&new).context.set(Some(error));
        error = new;
    }
    future.exception_traceback.set(payload_of(&error).traceback.get());
    future.exception.set(Some(error));
    future.stage.set(Stage::Finished);
    schedule_callbacks(vm, value)?;
    future.log_traceback.set(true);
    Ok(())
}

/// Cancels the future; whether it was pending.
pub(super) fn cancel(vm: Vm<'_>, value: &Value, message: Option<Value>) -> PyResult<bool> {
    let future = this(value);
    future.log_traceback.set(false);
    if !future.is_pending() {
        return Ok(false);
    }
    future.stage.set(Stage::Cancelled);
    future.cancel_message.set(message);
    schedule_callbacks(vm, value)?;
    Ok(true)
}

/// The CancelledError of a future.
pub(super) fn cancelled_error(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let future = this(value);
    if let Some(known) = future.cancelled_error.replace(None) {
        return Ok(known);
    }
    let class = state::exception_class(vm, "CancelledError")?;
    match future.cancel_message.get().filter(|message| !message.is_none()) {
        Some(message) => vm.call(&class, &[message]),
        None => vm.call(&class, &[]),
    }
}

/// What a future ended with.
pub(super) enum Outcome {
    Result(Value),
    Exception(Value),
}

/// The result or exception of a future that is done.
pub(super) fn outcome(vm: Vm<'_>, value: &Value) -> PyResult<Outcome> {
    let future = this(value);
    match future.stage.get() {
        Stage::Cancelled => {
            let error = cancelled_error(vm, value)?;
            Err(vm.raise(error))
        }
        Stage::Pending => Err(invalid_state(vm, "Result is not set.")),
        Stage::Finished => {
            future.log_traceback.set(false);
            if let Some(error) = future.exception.get() {
                payload_of(&error).traceback.set(future.exception_traceback.get());
                return Ok(Outcome::Exception(error));
            }
            Ok(Outcome::Result(future.result.get().unwrap_or(Value::NONE)))
        }
    }
}

pub(super) fn result(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    match outcome(vm, value)? {
        Outcome::Result(result) => Ok(result),
        Outcome::Exception(error) => Err(vm.raise(error)),
    }
}

pub(super) fn exception(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let future = this(value);
    match future.stage.get() {
        Stage::Cancelled => {
            let error = cancelled_error(vm, value)?;
            Err(vm.raise(error))
        }
        Stage::Pending => Err(invalid_state(vm, "Exception is not set.")),
        Stage::Finished => {
            future.log_traceback.set(false);
            Ok(future.exception.get().unwrap_or(Value::NONE))
        }
    }
}

fn set_result_method(vm: Vm<'_>, value: &Value, result: &Value) -> PyResult<Value> {
    set_result(vm, value, result.clone())?;
    Ok(Value::NONE)
}

fn set_exception_method(vm: Vm<'_>, value: &Value, exception: &Value) -> PyResult<Value> {
    set_exception(vm, value, exception)?;
    Ok(Value::NONE)
}

/// Has `function` called when the future is done.
pub(super) fn add_done_callback(
    vm: Vm<'_>,
    value: &Value,
    function: Value,
    context: Value,
) -> PyResult<()> {
    let future = this(value);
    let event_loop = future.alive(vm)?;
    if future.is_pending() {
        future.callbacks.with_mut(|callbacks| callbacks.push(function, context));
        return Ok(());
    }
    call_soon(vm, &event_loop, function, Some(value), Some(context))
}

pub(super) fn add_done_callback_method(
    vm: Vm<'_>,
    value: &Value,
    args: &Bound<'_>,
) -> PyResult<Value> {
    let context = match args.get(1) {
        Some(context) => context.clone(),
        None => contextvars::copy_current(vm)?,
    };
    add_done_callback(vm, value, args.required(0).clone(), context)?;
    Ok(Value::NONE)
}

pub(super) fn remove_done_callback(vm: Vm<'_>, value: &Value, function: &Value) -> PyResult<Value> {
    let future = this(value);
    future.alive(vm)?;
    let mut removed = 0_usize;
    let mut kept = Vec::new();
    // Comparing may run code that changes the list: it works on what it took.
    let all = future.callbacks.take().0;
    let mut failed = None;
    for (known, context) in all {
        let same = match failed {
            Some(_) => Ok(false),
            None => vm.equal(&known, function),
        };
        match same {
            Ok(true) => removed += 1,
            Ok(false) => kept.push((known, context)),
            Err(raised) => {
                failed = Some(raised);
                kept.push((known, context));
            }
        }
    }
    future.callbacks.with_mut(|callbacks| {
        kept.append(&mut callbacks.0);
        callbacks.0 = kept;
    });
    match failed {
        Some(raised) => Err(raised),
        None => Ok(Value::from_usize(removed)),
    }
}

fn cancel_method(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    this(value).alive(vm)?;
    cancel(vm, value, args.get(0).cloned()).map(Value::from_bool)
}

pub(super) fn cancelled(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this(value).stage.get() == Stage::Cancelled))
}

pub(super) fn done(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(!this(value).is_pending()))
}

fn get_loop(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    this(value).alive(vm)
}

pub(super) fn make_cancelled_error(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    cancelled_error(vm, value)
}

fn get_state(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let future = this(value);
    future.alive(vm)?;
    let name = match future.stage.get() {
        Stage::Pending => "PENDING",
        Stage::Cancelled => "CANCELLED",
        Stage::Finished => "FINISHED",
    };
    Ok(vm.intern(name).into_value())
}

fn get_blocking(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let future = this(value);
    Ok(Value::from_bool(future.event_loop.with(Option::is_some) && future.blocking.get()))
}

/// The error of deleting an attribute that cannot be.
pub(super) fn not_deletable(vm: Vm<'_>, value: &Value, name: &str) -> Raised {
    vm.attribute_error(
        value,
        &vm.intern(name),
        format!("attribute '{name}' of '{}' objects cannot be deleted", value.class().name()),
    )
}

fn set_blocking(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    this(value).alive(vm)?;
    let Some(new) = new else {
        return Err(not_deletable(vm, value, "_asyncio_future_blocking"));
    };
    let new = vm.is_true(new)?;
    this(value).blocking.set(new);
    Ok(())
}

fn or_none(field: &Slot1) -> Value {
    field.get().unwrap_or(Value::NONE)
}

fn get_event_loop(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(or_none(&this(value).event_loop))
}

fn get_callbacks(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let future = this(value);
    future.alive(vm)?;
    let pairs = future.callbacks.with(|callbacks| callbacks.0.clone());
    if pairs.is_empty() {
        return Ok(Value::NONE);
    }
    let pairs = pairs
        .into_iter()
        .map(|(function, context)| PyTuple::new_value(vm, &[function, context]))
        .collect();
    PyList::try_new_value(vm, pairs)
}

fn get_result(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    this(value).alive(vm)?;
    Ok(or_none(&this(value).result))
}

fn get_exception(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    this(value).alive(vm)?;
    Ok(or_none(&this(value).exception))
}

fn get_log_traceback(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    this(value).alive(vm)?;
    Ok(Value::from_bool(this(value).log_traceback.get()))
}

fn set_log_traceback(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    let Some(new) = new else { return Err(not_deletable(vm, value, "_log_traceback")) };
    if vm.is_true(new)? {
        return Err(vm.value_error("_log_traceback can only be set to False"));
    }
    this(value).log_traceback.set(false);
    Ok(())
}

fn get_source_traceback(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let future = this(value);
    Ok(if future.event_loop.with(Option::is_none) {
        Value::NONE
    } else {
        or_none(&future.source_traceback)
    })
}

fn get_cancel_message(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(or_none(&this(value).cancel_message))
}

fn set_cancel_message(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    let Some(new) = new else { return Err(not_deletable(vm, value, "_cancel_message")) };
    this(value).cancel_message.set(Some(new.clone()));
    Ok(())
}

fn get_awaited_by(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let future = this(value);
    future.alive(vm)?;
    match future.awaited_by.get() {
        None => Ok(Value::NONE),
        Some(waiters) if future.awaited_by_is_set.get() => set::frozen(vm, &waiters),
        Some(waiter) => set::frozen(vm, &PyTuple::new_value(vm, &[waiter])),
    }
}

/// Notes that `waiter` waits for the future; other kinds of futures note nothing.
pub(super) fn add_to_awaited_by(vm: Vm<'_>, future: &Value, waiter: &Value) -> PyResult<()> {
    let Some(state) = future.downcast::<PyFuture>() else { return Ok(()) };
    if waiter.downcast::<PyFuture>().is_none() {
        return Ok(());
    }
    match state.awaited_by.get() {
        None => state.awaited_by.set(Some(waiter.clone())),
        Some(known) if state.awaited_by_is_set.get() => {
            if let Some(set) = known.downcast::<PySet>() {
                set.add(vm, waiter)?;
            }
        }
        Some(known) => {
            let set = PySet::new_ref(vm);
            set.add(vm, &known)?;
            set.add(vm, waiter)?;
            state.awaited_by.set(Some(set.into_value()));
            state.awaited_by_is_set.set(true);
        }
    }
    Ok(())
}

/// The end of [`add_to_awaited_by`].
pub(super) fn discard_from_awaited_by(vm: Vm<'_>, future: &Value, waiter: &Value) -> PyResult<()> {
    let Some(state) = future.downcast::<PyFuture>() else { return Ok(()) };
    match state.awaited_by.get() {
        Some(known) if state.awaited_by_is_set.get() => {
            if let Some(set) = known.downcast::<PySet>() {
                set.discard(vm, waiter)?;
            }
        }
        Some(known) if known.is(waiter) => state.awaited_by.set(None),
        _ => {}
    }
    Ok(())
}

/// Tells the loop about something that nobody took care of.
pub(super) fn call_exception_handler(vm: Vm<'_>, value: &Value, entries: &[(&str, Value)]) {
    let future = this(value);
    let context = PyDict::new_ref(vm);
    for (name, entry) in entries {
        drop(context.set_str(&vm.intern(name), entry.clone()));
    }
    if let Some(traceback) = future.source_traceback.get() {
        drop(context.set_str(&vm.intern("source_traceback"), traceback));
    }
    let Some(event_loop) = future.event_loop.get() else { return };
    let name = vm.intern("call_exception_handler");
    let handler = match vm.get_attr(&event_loop, &name) {
        Ok(handler) => handler,
        Err(raised) => return vm.unraisable(raised, None, None),
    };
    if let Err(raised) = vm.call(&handler, &[context.into_value()]) {
        let message = "Exception ignored while calling asyncio function";
        vm.unraisable_about(raised, message, Some(&handler));
    }
}

pub(super) fn finalize(vm: Vm<'_>, value: &Value) {
    let future = this(value);
    if !future.log_traceback.replace(false) {
        return;
    }
    let error = or_none(&future.exception);
    let message = format!("{} exception was never retrieved", short_name(value.class()));
    vm.aside(|| {
        let entries = [
            ("message", PyStr::new_value(vm, &message)),
            ("exception", error),
            ("future", value.clone()),
        ];
        call_exception_handler(vm, value, &entries);
    });
}

payload! {
    /// The payload of the iterator that `await` goes through.
    pub(super) struct PyFutureIter: FUTURE_ITER, gc {
        future: Slot1,
    }
}

/// `_asyncio.FutureIter`
pub(super) static FUTURE_ITER: StaticType = StaticType::new::<PyFutureIter>();

/// The spec of `_asyncio.FutureIter`.
pub(super) const FUTURE_ITER_SPEC: TypeSpec = TypeSpec {
    name: "_asyncio.FutureIter",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(iter_next), Slot::AmSend(iter_am_send)],
    methods: ITER_METHODS,
    ..TypeSpec::DEFAULT
};

methods! { ITER_METHODS:
    ["send"] "($self, object, /)" One(iter_send);
    ["throw"] "" Positional(iter_throw);
    ["close"] "($self, /)" None(iter_close);
}

fn future_iter(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    this(value).alive(vm)?;
    Ok(PyRef::try_new(vm, PyFutureIter { future: HotCell::new(Some(value.clone())) })?.into_value())
}

fn iter_am_send(vm: Vm<'_>, value: &Value, _sent: &Value) -> PyResult<SendResult> {
    let iterator = value.receiver::<PyFutureIter>();
    let Some(future) = iterator.future.get() else {
        return Ok(SendResult::Return(Value::NONE));
    };
    let state = this(&future);
    if state.is_pending() {
        if state.blocking.get() {
            return Err(vm.runtime_error("await wasn't used with future"));
        }
        state.blocking.set(true);
        return Ok(SendResult::Next(future));
    }
    iterator.future.set(None);
    result(vm, &future).map(SendResult::Return)
}

fn iter_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    match iter_am_send(vm, value, &Value::NONE)? {
        SendResult::Next(value) => Ok(Some(value)),
        SendResult::Return(none) if none.is_none() => Ok(None),
        SendResult::Return(result) => Err(objects::types::generator::stop_iteration(vm, result)),
    }
}

fn iter_send(vm: Vm<'_>, value: &Value, sent: &Value) -> PyResult<Value> {
    match iter_am_send(vm, value, sent)? {
        SendResult::Next(value) => Ok(value),
        SendResult::Return(none) if none.is_none() => Err(vm.stop_iteration(None)),
        SendResult::Return(result) => Err(objects::types::generator::stop_iteration(vm, result)),
    }
}

fn iter_throw(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    objects::core::args::check_count(vm, "throw", args.len(), 1, 3)?;
    if args.len() > 1 {
        vm.warn(
            &exc::DEPRECATION_WARNING,
            "the (type, exc, tb) signature of throw() is deprecated, use the single-arg signature instead.",
            1,
        )?;
    }
    let error = thrown_exception(vm, args)?;
    value.receiver::<PyFutureIter>().future.set(None);
    Err(vm.raise(error))
}

fn iter_close(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    value.receiver::<PyFutureIter>().future.set(None);
    Ok(Value::NONE)
}
