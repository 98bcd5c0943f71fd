//! Exception groups.

use crate::core::type_object::StaticType;

/// `BaseExceptionGroup`
pub static BASE_EXCEPTION_GROUP: StaticType = StaticType::inheriting();
/// `ExceptionGroup`
pub static EXCEPTION_GROUP: StaticType = StaticType::inheriting();
