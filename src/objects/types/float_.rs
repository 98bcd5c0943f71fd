//! `float`: an immediate word for most numbers, a heap object for the rest and for subclasses.

use crate::core::pyref::PyRef;
use crate::core::type_object::StaticType;
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::payload;

payload! {
    /// The payload of a float that is no immediate.
    pub struct PyFloat: FLOAT {
        /// The number.
        pub number: f64,
    }
}

/// `float`
pub static FLOAT: StaticType = StaticType::new::<PyFloat>();

/// The spec of `float`.
pub const FLOAT_SPEC: TypeSpec = TypeSpec {
    name: "float",
    flags: spec_flags::BASETYPE | spec_flags::MATCH_SELF,
    ..TypeSpec::DEFAULT
};

/// A float.
#[inline]
#[must_use]
pub fn new(vm: Vm<'_>, number: f64) -> Value {
    match Value::immediate_float(number) {
        Some(value) => value,
        None => PyRef::new(vm, PyFloat { number }).into_value(),
    }
}

/// The number of a float or of an instance of a subclass.
#[inline]
#[must_use]
pub fn as_f64(value: &Value) -> Option<f64> {
    match value.as_immediate_float() {
        Some(number) => Some(number),
        None => value.downcast::<PyFloat>().map(|float| float.number),
    }
}
