//! Small doors to objects that several topics use.

use objects::core::errors::PyResult;
use objects::core::pyref::PyRef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::str::storage;

/// The place of a `__slots__` descriptor.
pub(crate) fn slot_index(descriptor: &Value) -> Option<usize> {
    descriptor
        .downcast_exact::<objects::types::descriptors::PyMemberDescriptor>()
        .map(|member| member.place().0)
}

pub(crate) fn join_values(vm: Vm<'_>, parts: &[Value]) -> PyResult<Value> {
    storage::concat_parts(vm, parts).map(PyRef::into_value)
}
