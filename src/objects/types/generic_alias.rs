//! `types.GenericAlias` and unions.

use crate::core::errors::PyResult;
use crate::core::pyref::PyRef;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::tuple::PyTuple;

/// `origin[arguments]`
///
/// # Errors
/// TypeError while generic aliases are missing.
pub fn new(vm: Vm<'_>, origin: &Value, _arguments: &Value) -> PyResult<Value> {
    Err(vm.type_error(format!("'{}' object is not subscriptable", origin.class().name())))
}

/// The members of a union; None for any other value.
#[must_use]
pub fn union_args(_value: &Value) -> Option<PyRef<PyTuple>> {
    None
}

/// `__class_getitem__` of the generic builtin types.
///
/// # Errors
/// As for [`new`].
pub fn class_getitem(vm: Vm<'_>, class: &Value, arguments: &Value) -> PyResult<Value> {
    new(vm, class, arguments)
}

/// `a | b` of classes.
///
/// # Errors
/// Never yet.
pub fn union_or(_vm: Vm<'_>, _a: &Value, _b: &Value) -> PyResult<Value> {
    Ok(Value::NOT_IMPLEMENTED)
}
