//! `int`: an immediate word up to 62 bits, a heap object beyond and for subclasses.

use base::int::BigInt;

use crate::core::gc::{Traverse, Visitor};
use crate::core::type_object::StaticType;
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::payload;

/// The number of a heap int.
pub struct Number(pub BigInt);

impl Traverse for Number {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

payload! {
    /// The payload of an int that is no immediate.
    pub struct PyInt: INT {
        /// The number.
        pub number: Number,
    }
}

/// `int`
pub static INT: StaticType = StaticType::new::<PyInt>();

/// The spec of `int`.
pub const INT_SPEC: TypeSpec = TypeSpec {
    name: "int",
    flags: spec_flags::BASETYPE | spec_flags::LONG_SUBCLASS | spec_flags::MATCH_SELF,
    ..TypeSpec::DEFAULT
};

/// The number, if it fits 64 bits. A bool counts as 0 or 1.
#[must_use]
pub fn as_i64(value: &Value) -> Option<i64> {
    value.as_small_int().or_else(|| value.as_bool().map(i64::from))
}

/// Whether an int is below 0.
#[must_use]
pub fn is_negative(value: &Value) -> bool {
    value.as_small_int().is_some_and(|number| number < 0)
}

/// The exact int with the number of an instance of a subclass.
#[must_use]
pub fn exact(_vm: Vm<'_>, value: &Value) -> Value {
    value
        .as_bool()
        .map_or_else(|| value.clone(), |truth| Value::small_int_unchecked(i64::from(truth)))
}

/// An int.
#[must_use]
pub fn new(_vm: Vm<'_>, number: i64) -> Value {
    Value::small_int(number).unwrap_or(Value::NONE)
}
