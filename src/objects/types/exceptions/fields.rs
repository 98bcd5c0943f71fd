//! Exceptions with a few fields of their own.

use crate::core::type_object::StaticType;

/// `AttributeError`
pub static ATTRIBUTE_ERROR: StaticType = StaticType::inheriting();
/// `NameError`
pub static NAME_ERROR: StaticType = StaticType::inheriting();
/// `ImportError`
pub static IMPORT_ERROR: StaticType = StaticType::inheriting();
/// `StopIteration`
pub static STOP_ITERATION: StaticType = StaticType::inheriting();
/// `SystemExit`
pub static SYSTEM_EXIT: StaticType = StaticType::inheriting();
/// `UnicodeDecodeError`
pub static UNICODE_DECODE_ERROR: StaticType = StaticType::inheriting();
/// `UnicodeEncodeError`
pub static UNICODE_ENCODE_ERROR: StaticType = StaticType::inheriting();
/// `UnicodeTranslateError`
pub static UNICODE_TRANSLATE_ERROR: StaticType = StaticType::inheriting();
