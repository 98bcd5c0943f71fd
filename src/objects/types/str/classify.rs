//! The questions of the kind `str.isalpha`.

use base::unicode;

use super::PyStr;
use super::storage::{self, Kind};
use crate::core::errors::PyResult;
use crate::core::value::Value;
use crate::core::vm::Vm;

macro_rules! all_characters {
    ($($name:ident $test:path, $empty:literal;)*) => {
        $(pub(super) fn $name(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
            let text = this.receiver::<PyStr>();
            if text.is_empty() {
                return Ok(Value::from_bool($empty));
            }
            Ok(Value::from_bool(storage::points(text).all($test)))
        })*
    };
}

all_characters! {
    str_isspace unicode::is_space, false;
    str_isdecimal unicode::is_decimal, false;
    str_isdigit unicode::is_digit, false;
    str_isnumeric unicode::is_numeric, false;
    str_isalpha unicode::is_alpha, false;
    str_isalnum unicode::is_alnum, false;
    str_isprintable unicode::is_printable, true;
}

pub(super) fn str_isascii(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this.receiver::<PyStr>().kind() == Kind::Ascii))
}

pub(super) fn str_isidentifier(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    Ok(Value::from_bool(unicode::is_identifier(storage::points(text))))
}

pub(super) fn str_islower(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let mut cased = false;
    for point in storage::points(this.receiver::<PyStr>()) {
        if unicode::is_upper(point) || unicode::is_title(point) {
            return Ok(Value::FALSE);
        }
        cased |= unicode::is_lower(point);
    }
    Ok(Value::from_bool(cased))
}

pub(super) fn str_isupper(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let mut cased = false;
    for point in storage::points(this.receiver::<PyStr>()) {
        if unicode::is_lower(point) || unicode::is_title(point) {
            return Ok(Value::FALSE);
        }
        cased |= unicode::is_upper(point);
    }
    Ok(Value::from_bool(cased))
}

pub(super) fn str_istitle(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let (mut cased, mut in_word) = (false, false);
    for point in storage::points(this.receiver::<PyStr>()) {
        if unicode::is_upper(point) || unicode::is_title(point) {
            if in_word {
                return Ok(Value::FALSE);
            }
            in_word = true;
            cased = true;
        } else if unicode::is_lower(point) {
            if !in_word {
                return Ok(Value::FALSE);
            }
            cased = true;
        } else {
            in_word = false;
        }
    }
    Ok(Value::from_bool(cased))
}
