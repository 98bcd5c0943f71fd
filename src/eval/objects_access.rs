//! Small doors to objects that several topics use.

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
