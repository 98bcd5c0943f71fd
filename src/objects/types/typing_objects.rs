//! The objects behind `typing`.

use crate::core::value::Value;

/// Whether `value` is a type alias made by a `type` statement.
#[must_use]
pub fn is_type_alias(_value: &Value) -> bool {
    false
}
