//! `int`: an immediate word up to 62 bits, a heap object beyond and for subclasses.

use base::int::BigInt;

use crate::core::gc::{Traverse, Visitor};
use crate::core::type_object::StaticType;
use crate::core::type_spec::{TypeSpec, spec_flags};
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
