//! Doors to objects whose own files are not there yet, by way of `builtins`.

use objects::core::errors::PyResult;
use objects::core::pyref::PyRef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::str::PyStr;
use objects::types::str::builder::Builder;

/// The place of a `__slots__` descriptor.
pub(crate) fn slot_index(descriptor: &Value) -> Option<usize> {
    descriptor
        .downcast_exact::<objects::types::descriptors::PyMemberDescriptor>()
        .map(|member| member.place().0)
}

pub(crate) fn join_values(vm: Vm<'_>, parts: &[Value]) -> PyResult<Value> {
    let mut builder = Builder::new(vm);
    for part in parts {
        if let Some(part) = part.downcast::<PyStr>() {
            builder.push_str(part)?;
        }
    }
    builder.finish().map(PyRef::into_value)
}

pub(crate) mod template {
    use super::{PyResult, Value, Vm};
    pub(crate) fn new_template(vm: Vm<'_>, _a: &Value, _b: &Value) -> PyResult<Value> {
        Err(vm.system_error("no template strings"))
    }
    pub(crate) fn new_interpolation(
        vm: Vm<'_>,
        _a: &Value,
        _b: &Value,
        _c: &Value,
        _d: &Value,
    ) -> PyResult<Value> {
        Err(vm.system_error("no template strings"))
    }
}
