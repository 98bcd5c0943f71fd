//! `aiter` and `anext`, and the awaitable of an `anext` with a default.

use objects::core::args::check_count;
use objects::core::errors::PyResult;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::StaticType;
use objects::core::type_spec::TypeSpec;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::exceptions::hierarchy as exc;
use objects::types::generator::awaitable_iterator;
use objects::{methods, payload};

payload! {
    /// The payload of what `anext(iterator, default)` gives.
    pub struct PyAnextAwaitable: ANEXT_AWAITABLE, gc {
        wrapped: Value,
        default: Value,
    }
}

/// `anext_awaitable`
pub(super) static ANEXT_AWAITABLE: StaticType = StaticType::new::<PyAnextAwaitable>();

/// The spec of `anext_awaitable`.
pub(super) const ANEXT_AWAITABLE_SPEC: TypeSpec = TypeSpec {
    name: "anext_awaitable",
    slots: &[Slot::AmAwait(itself), Slot::Iter(itself), Slot::Iternext(iternext)],
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// send(arg) -> send 'arg' into the wrapped iterator,
    ["send"] "($self, object, /)" One(send);
    /// throw(value) -> raise exception in the wrapped iterator
    ["throw"] "" Positional(throw);
    /// close() -> raise GeneratorExit inside generator.
    ["close"] "($self, /)" None(close);
}

pub(super) fn aiter(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    let class = value.class();
    let Some(get) = class.slots.am_aiter.get() else {
        return Err(vm.type_error(format!("'{}' object is not an async iterable", class.name())));
    };
    let iterator = get(vm, value)?;
    if iterator.class().slots.am_anext.get().is_none() {
        return Err(vm.type_error(format!(
            "aiter() returned not an async iterator of type '{}'",
            iterator.class().name()
        )));
    }
    Ok(iterator)
}

pub(super) fn anext(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "anext", args.len(), 1, 2)?;
    let class = args[0].class();
    let Some(next) = class.slots.am_anext.get() else {
        return Err(vm.type_error(format!("'{}' object is not an async iterator", class.name())));
    };
    let awaitable = next(vm, &args[0])?;
    match args.get(1) {
        None => Ok(awaitable),
        Some(default) => {
            let payload = PyAnextAwaitable { wrapped: awaitable, default: default.clone() };
            Ok(PyRef::try_new(vm, payload)?.into_value())
        }
    }
}

fn itself(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.clone())
}

/// The iterator that awaiting the wrapped object gives.
fn wrapped_iterator(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let iterator = awaitable_iterator(vm, &this.receiver::<PyAnextAwaitable>().wrapped)?;
    if iterator.class().slots.iternext.get().is_some() {
        return Ok(iterator);
    }
    // A coroutine: its own iterator.
    let inner = match iterator.class().slots.am_await.get() {
        Some(get) => get(vm, &iterator)?,
        None => iterator.clone(),
    };
    if inner.class().slots.iternext.get().is_none() {
        return Err(vm.type_error(format!(
            "{}.__await__() must return an iterable, not {}",
            vm.full_class_name(iterator.class())?,
            vm.full_class_name(inner.class())?
        )));
    }
    Ok(inner)
}

/// The end of the asynchronous iterator becomes the default.
fn or_default<T>(vm: Vm<'_>, this: &Value, result: PyResult<T>) -> PyResult<T> {
    match result {
        Err(raised) if vm.raised_is(&raised, &exc::STOP_ASYNC_ITERATION) => {
            vm.clear(raised);
            let default = this.receiver::<PyAnextAwaitable>().default.clone();
            Err(vm.stop_iteration(Some(default)))
        }
        other => other,
    }
}

fn iternext(vm: Vm<'_>, this: &Value) -> PyResult<Option<Value>> {
    let iterator = wrapped_iterator(vm, this)?;
    let next = vm.next_raw(&iterator);
    or_default(vm, this, next)
}

fn forward(vm: Vm<'_>, this: &Value, method: &str, args: &[Value]) -> PyResult<Value> {
    let iterator = wrapped_iterator(vm, this)?;
    let result = vm.call_method(&iterator, &vm.intern(method), args);
    or_default(vm, this, result)
}

fn send(vm: Vm<'_>, this: &Value, value: &Value) -> PyResult<Value> {
    forward(vm, this, "send", std::slice::from_ref(value))
}

fn throw(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    forward(vm, this, "throw", args)
}

fn close(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    forward(vm, this, "close", &[])
}
