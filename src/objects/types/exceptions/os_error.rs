//! `OSError`: errno to class.

use crate::core::type_object::StaticType;
use crate::core::value::Value;
use crate::core::vm::Vm;

/// `OSError`
pub static OS_ERROR: StaticType = StaticType::inheriting();

/// The exception for `errno`, of the subclass that CPython chooses.
#[must_use]
pub fn from_errno(
    vm: Vm<'_>,
    errno: i32,
    _filename: Option<&Value>,
    _filename2: Option<&Value>,
) -> Value {
    super::new(vm, OS_ERROR.get(), &[Value::small_int_unchecked(i64::from(errno))])
}
