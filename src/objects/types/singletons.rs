//! `None`, `...`, `NotImplemented`.

use crate::core::type_object::StaticType;
use crate::payload;

payload! {
    /// The payload of a type whose only values are immediates: never made.
    pub struct NoPayload: NONE_TYPE {
    }
}

/// `NoneType`
pub static NONE_TYPE: StaticType = StaticType::new::<NoPayload>();
/// `ellipsis`
pub static ELLIPSIS_TYPE: StaticType = StaticType::new::<NoPayload>();
/// `NotImplementedType`
pub static NOT_IMPLEMENTED_TYPE: StaticType = StaticType::new::<NoPayload>();
