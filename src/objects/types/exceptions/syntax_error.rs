//! `SyntaxError`.

use crate::core::type_object::StaticType;

/// `SyntaxError`
pub static SYNTAX_ERROR: StaticType = StaticType::inheriting();
