//! `async_generator` and its awaitables.

use std::cell::Cell;

use crate::core::errors::{PyResult, Raised};
use crate::core::gil_cell::HotCell;
use crate::core::object::{Py, flags};
use crate::core::pyref::PyRef;
use crate::core::slots::{SendResult, Slot};
use crate::core::type_object::StaticType;
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::exceptions::hierarchy as exc;
use crate::types::generator::{
    self, GENERATOR, GeneratorCore, GeneratorState, class_getitem, core_repr, finalize, identity,
    thrown_exception,
};
use crate::{getset, methods, payload};

/// `async_generator`
pub static ASYNC_GENERATOR: StaticType = StaticType::sharing::<GeneratorCore>(&GENERATOR);

/// The spec of `async_generator`.
pub const ASYNC_GENERATOR_SPEC: TypeSpec = TypeSpec {
    name: "async_generator",
    flags: spec_flags::HAS_WEAKREF | spec_flags::DISALLOW_INSTANTIATION,
    slots: &[
        Slot::Repr(core_repr),
        Slot::AmAiter(identity),
        Slot::AmAnext(anext),
        Slot::Finalize(finalize),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// asend(v) -> send 'v' in generator.
    ["asend"] "($self, object, /)" One(asend);
    /// athrow(value)
    /// athrow(type[,value[,tb]])
    ///
    /// raise exception in generator.
    /// the (type, val, tb) signature is deprecated,
    /// and may be removed in a future version of Python.
    ["athrow"] "" Positional(athrow);
    /// aclose() -> raise GeneratorExit inside generator.
    ["aclose"] "($self, /)" None(aclose);
    /// See PEP 585
    class ["__class_getitem__"] "($type, object, /)" One(class_getitem);
}

getset! { GETSET:
    /// name of the async generator
    ["__name__"] generator::name, generator::set_name;
    /// qualified name of the async generator
    ["__qualname__"] generator::qualname, generator::set_qualname;
    /// object being awaited on, or None
    ["ag_await"] generator::yieldfrom;
    ["ag_frame"] generator::frame;
    ["ag_suspended"] generator::suspended;
    ["ag_code"] generator::code;
    member ["ag_running"] running;
}

payload! {
    /// The payload of a value that an asynchronous generator yields, as opposed to one that passes through `await`.
    pub struct PyWrappedValue: WRAPPED_VALUE, gc {
        value: Value,
    }
}

/// `async_generator_wrapped_value`
pub static WRAPPED_VALUE: StaticType = StaticType::new::<PyWrappedValue>();

/// The spec of `async_generator_wrapped_value`.
pub const WRAPPED_VALUE_SPEC: TypeSpec =
    TypeSpec { name: "async_generator_wrapped_value", ..TypeSpec::DEFAULT };

/// Wraps what an asynchronous generator yields.
#[must_use]
pub fn wrap(vm: Vm<'_>, value: Value) -> Value {
    PyRef::new(vm, PyWrappedValue { value }).into_value()
}

impl Py<PyWrappedValue> {
    /// The value.
    #[must_use]
    pub fn wrapped(&self) -> Value {
        self.value.clone()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Init,
    Running,
    Closed,
}

payload! {
    /// The payload of `asend()`'s and `athrow()`'s awaitables. Without `sent` it throws; without arguments it closes.
    pub struct PyAsyncStep: ASEND, gc {
        generator: PyRef<GeneratorCore>,
        sent: HotCell<Option<Value>>,
        thrown: HotCell<Option<Vec<Value>>>,
        step: Cell<Step>,
    }
}

impl Py<PyAsyncStep> {
    /// The generator, if the awaitable is an `asend(None)` or `__anext__()` that may go on with None.
    #[inline(always)]
    #[must_use]
    pub fn ready(&self) -> Option<&Py<GeneratorCore>> {
        let ready = match self.step.get() {
            Step::Init => {
                !self.generator.awaiting.get()
                    && self.sent.with(|sent| sent.as_ref().is_some_and(Value::is_none))
            }
            Step::Running => true,
            Step::Closed => false,
        };
        if ready { Some(&self.generator) } else { None }
    }

    /// The generator has been gone on with.
    #[inline(always)]
    pub fn begin(&self) {
        self.step.set(Step::Running);
        self.generator.awaiting.set(true);
        self.as_object().set_flags(flags::NOTHING_TO_FINALIZE);
    }

    /// The generator has yielded a value.
    #[inline(always)]
    pub fn end(&self) {
        self.step.set(Step::Closed);
        self.generator.awaiting.set(false);
    }

    /// The generator has ended.
    #[inline(always)]
    pub fn end_all(&self) {
        self.generator.closed.set(true);
        self.end();
    }

    /// An exception has come out of the generator.
    pub fn fail(&self, exception: &Value) {
        let class = exception.class();
        if class.is_subtype(exc::STOP_ASYNC_ITERATION.get())
            || class.is_subtype(exc::GENERATOR_EXIT.get())
        {
            self.generator.closed.set(true);
        }
        self.end();
    }
}

impl crate::core::gc::TakeReferences for Option<Vec<Value>> {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        dead.extend(self.take().into_iter().flatten());
    }
}

/// `async_generator_asend`
pub static ASEND: StaticType = StaticType::new::<PyAsyncStep>();
/// `async_generator_athrow`
pub static ATHROW: StaticType = StaticType::sharing::<PyAsyncStep>(&ASEND);

/// The spec of `async_generator_asend`.
pub const ASEND_SPEC: TypeSpec = TypeSpec {
    name: "async_generator_asend",
    slots: &[
        Slot::AmAwait(identity),
        Slot::Iter(identity),
        Slot::Iternext(asend_next),
        Slot::Finalize(step_finalize),
    ],
    methods: ASEND_METHODS,
    ..TypeSpec::DEFAULT
};

/// The spec of `async_generator_athrow`.
pub const ATHROW_SPEC: TypeSpec = TypeSpec {
    name: "async_generator_athrow",
    slots: &[
        Slot::AmAwait(identity),
        Slot::Iter(identity),
        Slot::Iternext(athrow_next),
        Slot::Finalize(step_finalize),
    ],
    methods: ATHROW_METHODS,
    ..TypeSpec::DEFAULT
};

methods! { ASEND_METHODS:
    ["send"] "($self, object, /)" One(asend_send);
    ["throw"] "" Positional(asend_throw);
    ["close"] "($self, /)" None(asend_close);
}

methods! { ATHROW_METHODS:
    ["send"] "($self, object, /)" One(athrow_send);
    ["throw"] "" Positional(athrow_throw);
    ["close"] "($self, /)" None(athrow_close);
}

fn core(value: &Value) -> &Py<GeneratorCore> {
    value.receiver::<GeneratorCore>()
}

fn step(value: &Value) -> &Py<PyAsyncStep> {
    value.receiver::<PyAsyncStep>()
}

/// `__del__` of an awaitable: one that nobody awaited is complained about.
fn step_finalize(vm: Vm<'_>, value: &Value) {
    let this = step(value);
    if this.step.get() != Step::Init || this.generator.as_object().has_flags(flags::FINALIZED) {
        return;
    }
    let method = match (value.is_exact(ASEND.get()), this.thrown.with(Option::is_none)) {
        (true, _) => "asend",
        (false, true) => "aclose",
        (false, false) => "athrow",
    };
    let name = this.generator.qualname().to_rust_string();
    let text = format!("coroutine method '{method}' of '{name}' was never awaited");
    if let Err(raised) = vm.warn(&exc::RUNTIME_WARNING, &text, 1) {
        generator::ignored(vm, raised, "finalizing coroutine method", value);
    }
}

fn running(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(core(value).awaiting.get()))
}

/// Tells the hooks about a generator that is iterated for the first time.
fn call_hooks(vm: Vm<'_>, value: &Value) -> PyResult<()> {
    let core = core(value);
    if core.hooks_called.replace(true) {
        return Ok(());
    }
    let (first, finalizer) = vm.thread().asyncgen_hooks.with(Clone::clone);
    core.origin_or_finalizer.set(finalizer);
    if let Some(first) = first {
        vm.call(&first, std::slice::from_ref(value))?;
    }
    Ok(())
}

fn new_step(
    vm: Vm<'_>,
    value: &Value,
    sent: Option<Value>,
    thrown: Option<Vec<Value>>,
) -> PyResult<Value> {
    call_hooks(vm, value)?;
    let class = if sent.is_some() { &ASEND } else { &ATHROW };
    let payload = PyAsyncStep {
        generator: core(value).to_ref(),
        sent: HotCell::new(sent),
        thrown: HotCell::new(thrown),
        step: Cell::new(Step::Init),
    };
    Ok(PyRef::try_new_of(vm, class.get(), payload)?.into_value())
}

fn anext(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    new_step(vm, value, Some(Value::NONE), None)
}

fn asend(vm: Vm<'_>, value: &Value, sent: &Value) -> PyResult<Value> {
    new_step(vm, value, Some(sent.clone()), None)
}

fn athrow(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    crate::core::args::check_count(vm, "athrow", args.len(), 1, 3)?;
    if args.len() > 1 {
        let text = "the (type, exc, tb) signature of athrow() is deprecated, use the single-arg signature instead.";
        vm.warn(&exc::DEPRECATION_WARNING, text, 1)?;
    }
    new_step(vm, value, None, Some(args.to_vec()))
}

fn aclose(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    new_step(vm, value, None, None)
}

/// What a step of the generator means to the awaiting code: a wrapped value ends the awaitable (`async_gen_unwrap_value`).
fn unwrap_result(
    vm: Vm<'_>,
    core: &Py<GeneratorCore>,
    result: PyResult<SendResult>,
) -> PyResult<Value> {
    match result {
        Ok(SendResult::Next(value)) => {
            if let Some(wrapped) = value.downcast_exact::<PyWrappedValue>() {
                core.awaiting.set(false);
                let inner = wrapped.value.clone();
                return Err(generator::stop_iteration(vm, inner));
            }
            Ok(value)
        }
        Ok(SendResult::Return(_)) => {
            core.closed.set(true);
            core.awaiting.set(false);
            Err(vm.error_with(&exc::STOP_ASYNC_ITERATION, &[]))
        }
        Err(raised) => {
            if vm.raised_is(&raised, &exc::STOP_ASYNC_ITERATION)
                || vm.raised_is(&raised, &exc::GENERATOR_EXIT)
            {
                core.closed.set(true);
            }
            core.awaiting.set(false);
            Err(raised)
        }
    }
}

fn reuse(vm: Vm<'_>, what: &str) -> Raised {
    vm.runtime_error(format!("cannot reuse already awaited {what}"))
}

const ASEND_TEXT: &str = "__anext__()/asend()";
const ATHROW_TEXT: &str = "aclose()/athrow()";

fn asend_send(vm: Vm<'_>, value: &Value, sent: &Value) -> PyResult<Value> {
    let this = step(value);
    let core = &this.generator;
    let first;
    let mut sent = sent;
    match this.step.get() {
        Step::Closed => return Err(reuse(vm, ASEND_TEXT)),
        Step::Init => {
            if core.awaiting.get() {
                this.step.set(Step::Closed);
                return Err(vm.runtime_error("anext(): asynchronous generator is already running"));
            }
            if sent.is_none() {
                first = this.sent.get().unwrap_or(Value::NONE);
                sent = &first;
            }
            this.step.set(Step::Running);
        }
        Step::Running => {}
    }
    core.awaiting.set(true);
    let result = core.send(vm, sent);
    let result = unwrap_result(vm, core, result);
    if result.is_err() {
        this.step.set(Step::Closed);
    }
    result
}

fn asend_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    asend_send(vm, value, &Value::NONE).map(Some)
}

fn asend_throw(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    let this = step(value);
    let core = &this.generator;
    match this.step.get() {
        Step::Closed => return Err(reuse(vm, ASEND_TEXT)),
        Step::Init => {
            if core.awaiting.get() {
                this.step.set(Step::Closed);
                return Err(vm.runtime_error("anext(): asynchronous generator is already running"));
            }
            this.step.set(Step::Running);
            core.awaiting.set(true);
        }
        Step::Running => {}
    }
    let exception = thrown_exception(vm, args)?;
    let result = core.throw(vm, exception, false);
    let result = unwrap_result(vm, core, result);
    if result.is_err() {
        this.step.set(Step::Closed);
    }
    result
}

/// Raises GeneratorExit through `throw`; only an end is allowed.
fn close_by(
    vm: Vm<'_>,
    value: &Value,
    throw: fn(Vm<'_>, &Value, &[Value]) -> PyResult<Value>,
) -> PyResult<Value> {
    if step(value).step.get() == Step::Closed {
        return Ok(Value::NONE);
    }
    let exit = exc::GENERATOR_EXIT.get().to_value();
    match throw(vm, value, std::slice::from_ref(&exit)) {
        Ok(_) => Err(vm.runtime_error("coroutine ignored GeneratorExit")),
        Err(raised)
            if vm.raised_is(&raised, &exc::STOP_ITERATION)
                || vm.raised_is(&raised, &exc::STOP_ASYNC_ITERATION)
                || vm.raised_is(&raised, &exc::GENERATOR_EXIT) =>
        {
            vm.clear(raised);
            Ok(Value::NONE)
        }
        Err(raised) => Err(raised),
    }
}

fn asend_close(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    close_by(vm, value, asend_throw)
}

fn athrow_send(vm: Vm<'_>, value: &Value, sent: &Value) -> PyResult<Value> {
    let this = step(value);
    let core = &this.generator;
    let closing = this.thrown.with(Option::is_none);
    if this.step.get() == Step::Closed {
        return Err(reuse(vm, ATHROW_TEXT));
    }
    let finished = core.state.get() == GeneratorState::Finished;
    if finished {
        this.step.set(Step::Closed);
        return Err(vm.stop_iteration(None));
    }
    if this.step.get() == Step::Init {
        if core.awaiting.get() {
            this.step.set(Step::Closed);
            let what = if closing { "aclose" } else { "athrow" };
            return Err(
                vm.runtime_error(format!("{what}(): asynchronous generator is already running"))
            );
        }
        if core.closed.get() {
            this.step.set(Step::Closed);
            return Err(vm.error_with(&exc::STOP_ASYNC_ITERATION, &[]));
        }
        if !sent.is_none() {
            return Err(vm.runtime_error("can't send non-None value to a just-started coroutine"));
        }
        this.step.set(Step::Running);
        core.awaiting.set(true);
        let thrown = this.thrown.with(Clone::clone);
        let result = match thrown {
            None => {
                core.closed.set(true);
                let exit = crate::types::exceptions::new(vm, exc::GENERATOR_EXIT.get(), &[]);
                core.throw(vm, exit, false)
            }
            Some(args) => match thrown_exception(vm, &args) {
                Ok(exception) => core.throw(vm, exception, false),
                Err(raised) => Err(raised),
            },
        };
        return athrow_result(vm, this, result, closing);
    }
    let result = core.send(vm, sent);
    athrow_result(vm, this, result, closing)
}

fn athrow_result(
    vm: Vm<'_>,
    this: &Py<PyAsyncStep>,
    result: PyResult<SendResult>,
    closing: bool,
) -> PyResult<Value> {
    let core = &this.generator;
    if !closing {
        let result = unwrap_result(vm, core, result);
        if result.is_err() {
            this.step.set(Step::Closed);
        }
        return result;
    }
    match result {
        Ok(SendResult::Next(value)) if value.downcast_exact::<PyWrappedValue>().is_some() => {
            core.awaiting.set(false);
            this.step.set(Step::Closed);
            drop(value);
            Err(vm.runtime_error("async generator ignored GeneratorExit"))
        }
        Ok(SendResult::Next(value)) => Ok(value),
        Ok(SendResult::Return(_)) => {
            core.awaiting.set(false);
            this.step.set(Step::Closed);
            Err(vm.stop_iteration(None))
        }
        Err(raised) => {
            core.awaiting.set(false);
            this.step.set(Step::Closed);
            if vm.raised_is(&raised, &exc::STOP_ASYNC_ITERATION)
                || vm.raised_is(&raised, &exc::GENERATOR_EXIT)
            {
                vm.clear(raised);
                return Err(vm.stop_iteration(None));
            }
            Err(raised)
        }
    }
}

fn athrow_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    athrow_send(vm, value, &Value::NONE).map(Some)
}

fn athrow_throw(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    let this = step(value);
    let core = &this.generator;
    let closing = this.thrown.with(Option::is_none);
    match this.step.get() {
        Step::Closed => return Err(reuse(vm, ATHROW_TEXT)),
        Step::Init => {
            if core.awaiting.get() {
                this.step.set(Step::Closed);
                let what = if closing { "aclose" } else { "athrow" };
                return Err(vm.runtime_error(format!(
                    "{what}(): asynchronous generator is already running"
                )));
            }
            this.step.set(Step::Running);
            core.awaiting.set(true);
        }
        Step::Running => {}
    }
    let exception = thrown_exception(vm, args)?;
    let result = core.throw(vm, exception, false);
    athrow_result(vm, this, result, closing)
}

fn athrow_close(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    close_by(vm, value, athrow_throw)
}
