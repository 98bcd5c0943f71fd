//! Exceptions: creating, matching, chaining, reporting.

pub mod base;
pub mod fields;
pub mod group;
pub mod hierarchy;
pub mod os_error;
pub mod syntax_error;
pub mod unicode;

use crate::core::errors::{PyResult, Raised};
use crate::core::object::Py;
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::spec_flags;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::frame_object;
use crate::types::str::PyStr;
use crate::types::traceback::PyTraceback;
use crate::types::tuple::PyTuple;
use base::payload_of;

/// An instance of `class` with `args`, made without calling Python code (the class is a builtin one).
#[must_use]
pub fn new(vm: Vm<'_>, class: &Py<PyType>, args: &[Value]) -> Value {
    let this = base::instance(vm, class, args);
    let is_exit = class.is(hierarchy::SYSTEM_EXIT.get());
    if (is_exit || class.is(hierarchy::STOP_ITERATION.get()))
        && let Some(first) = args.first()
    {
        // Several arguments together are the code of an exit.
        let value =
            if is_exit && args.len() > 1 { PyTuple::new_value(vm, args) } else { first.clone() };
        payload_of(&this).set_field(fields::number::VALUE, Some(value));
    }
    this
}

/// MemoryError, whose making takes the least memory that an exception can take.
#[must_use]
pub fn memory_error(vm: Vm<'_>) -> Value {
    new(vm, hierarchy::MEMORY_ERROR.get(), &[])
}

/// Gives an AttributeError that says nothing of it the attribute that was looked for (`set_attribute_error_context`).
#[cold]
pub fn with_attribute(vm: Vm<'_>, raised: Raised, object: &Value, name: &Py<PyStr>) -> Raised {
    if !vm.raised_is(&raised, &hierarchy::ATTRIBUTE_ERROR) {
        return raised;
    }
    let exception = vm.take(raised);
    if exception.is_exact(hierarchy::ATTRIBUTE_ERROR.get()) {
        let payload = payload_of(&exception);
        let (name_field, object_field) = (fields::number::NAME, fields::number::OBJ);
        if payload.field(name_field).is_none() && payload.field(object_field).is_none() {
            payload.set_field(name_field, Some(name.to_value()));
            payload.set_field(object_field, Some(object.clone()));
        }
    }
    vm.restore(exception)
}

/// AttributeError with `name` and `obj`.
#[must_use]
pub fn attribute_error(vm: Vm<'_>, message: &str, object: &Value, name: &Py<PyStr>) -> Value {
    let text = PyStr::new_value(vm, message);
    let error = new(vm, hierarchy::ATTRIBUTE_ERROR.get(), &[text]);
    let payload = payload_of(&error);
    payload.set_field(fields::number::NAME, Some(name.to_value()));
    payload.set_field(fields::number::OBJ, Some(object.clone()));
    error
}

/// NameError with `name`.
#[must_use]
pub fn name_error(vm: Vm<'_>, message: &str, name: &Py<PyStr>) -> Value {
    let text = PyStr::new_value(vm, message);
    let error = new(vm, hierarchy::NAME_ERROR.get(), &[text]);
    payload_of(&error).set_field(fields::number::NAME, Some(name.to_value()));
    error
}

/// ImportError (or its subclass) with `name` and `path`.
#[must_use]
pub fn import_error(
    vm: Vm<'_>,
    class: &'static StaticType,
    message: &str,
    name: Option<&Value>,
    path: Option<&Value>,
) -> Value {
    let text = PyStr::new_value(vm, message);
    let error = new(vm, class.get(), std::slice::from_ref(&text));
    let payload = payload_of(&error);
    payload.set_field(fields::number::MSG, Some(text));
    payload.set_field(fields::number::NAME, name.cloned());
    payload.set_field(fields::number::PATH, path.cloned());
    error
}

/// Whether `value` is an instance of BaseException.
#[inline]
#[must_use]
pub fn is_exception(value: &Value) -> bool {
    value.class().has_flags(spec_flags::BASE_EXC_SUBCLASS)
}

/// Whether `value` is a class derived from BaseException.
#[must_use]
pub fn is_exception_class(value: &Value) -> bool {
    value.downcast::<PyType>().is_some_and(|class| class.has_flags(spec_flags::BASE_EXC_SUBCLASS))
}

/// Whether `exception` matches the class or tuple of classes of an `except` (`PyErr_GivenExceptionMatches`): by the MRO,
/// without hooks.
#[must_use]
pub fn matches(exception: &Value, types: &Value) -> bool {
    if let Some(tuple) = types.downcast::<PyTuple>() {
        return tuple.items().iter().any(|one| matches(exception, one));
    }
    types.downcast::<PyType>().is_some_and(|class| exception.class().is_subtype(class))
}

/// The name of a class without its module.
#[must_use]
pub fn short_name(class: &Py<PyType>) -> String {
    let full = class.name();
    match full.rsplit_once('.') {
        Some((_, short)) => short.to_owned(),
        None => full,
    }
}

/// Makes the exception being handled the context of `exception`, breaking a cycle that this would close
/// (`_PyErr_SetObject`).
pub fn set_context(vm: Vm<'_>, exception: &Value) {
    let Some(handled) = vm.handled_exception() else { return };
    if handled.is(exception) {
        return;
    }
    // Somewhere in the chain of contexts `exception` may stand already: that link is cut. A chain that is a cycle without
    // it is noticed by a second pointer at half the speed.
    let mut link = handled.clone();
    let mut slow = handled.clone();
    let mut step = false;
    while let Some(next) = payload_of(&link).context.get() {
        if next.is(exception) {
            payload_of(&link).context.set(None);
            break;
        }
        link = next;
        if link.is(&slow) {
            break;
        }
        if step {
            let Some(further) = payload_of(&slow).context.get() else { break };
            slow = further;
        }
        step = !step;
    }
    payload_of(exception).context.set(Some(handled));
}

/// The exception that `raise value` means: an instance, or an instance made by calling a class.
///
/// # Errors
/// TypeError for anything else; what the call raises.
pub fn instantiate(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    if is_exception(value) {
        return Ok(value.clone());
    }
    if is_exception_class(value) {
        let made = vm.call(value, &[])?;
        if is_exception(&made) {
            return Ok(made);
        }
        let class = vm.repr(value)?.to_rust_string();
        return Err(vm.type_error(format!(
            "calling {class} should have returned an instance of BaseException, not {}",
            vm.repr(&made.class().to_value())?.to_rust_string()
        )));
    }
    Err(vm.type_error("exceptions must derive from BaseException"))
}

/// Tells `sys.unraisablehook` about an exception that cannot be propagated; without `sys`, nobody hears of it.
pub fn report_unraisable(
    vm: Vm<'_>,
    exception: Value,
    object: Option<&Value>,
    message: Option<&str>,
) {
    let hook = vm.interpreter().sys.get_str(&vm.names().unraisablehook);
    let Some(hook) = hook else { return };
    // An error that no frame has passed shows where the program was.
    let traceback = payload_of(&exception).traceback.get().or_else(|| {
        let frame = frame_object::current(vm)?;
        let lasti = frame.lasti();
        PyTraceback::new_value(None, frame, lasti, -1)
    });
    let traceback = traceback.unwrap_or(Value::NONE);
    let message = message.map_or(Value::NONE, |text| PyStr::new_value(vm, text));
    let fields = [
        exception.class().to_value(),
        exception,
        traceback,
        message,
        object.cloned().unwrap_or(Value::NONE),
    ];
    let args = vm.interpreter().state_of("unraisable_args").and_then(|make| {
        let fields = PyTuple::new_value(vm, &fields);
        vm.call(&make, &[fields]).map_err(|raised| vm.clear(raised)).ok()
    });
    if let Some(args) = args
        && let Err(raised) = vm.call(&hook, &[args])
    {
        vm.clear(raised);
    }
}
