//! `bool`.

use crate::core::type_object::StaticType;
use crate::core::type_spec::TypeSpec;
use crate::types::int::INT;

/// `bool`
pub static BOOL: StaticType = StaticType::inheriting();

/// The spec of `bool`.
pub const BOOL_SPEC: TypeSpec = TypeSpec { name: "bool", base: Some(&INT), ..TypeSpec::DEFAULT };
