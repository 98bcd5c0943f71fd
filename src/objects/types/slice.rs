//! `slice`.

use crate::core::type_object::StaticType;
use crate::core::type_spec::TypeSpec;
use crate::core::value::Value;
use crate::payload;

payload! {
    /// The payload of a slice.
    pub struct PySlice: SLICE, gc {
        /// Where it begins.
        pub start: Value,
        /// Where it ends.
        pub stop: Value,
        /// The step.
        pub step: Value,
    }
}

/// `slice`
pub static SLICE: StaticType = StaticType::new::<PySlice>();

/// The spec of `slice`.
pub const SLICE_SPEC: TypeSpec = TypeSpec { name: "slice", ..TypeSpec::DEFAULT };
