//! `bool`.

use crate::core::type_object::StaticType;

/// `bool`
pub static BOOL: StaticType = StaticType::inheriting();
