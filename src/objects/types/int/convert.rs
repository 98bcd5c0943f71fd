//! `int(x, base)`, and ints as text.

use std::fmt::Write;

use base::int::text::{LIMIT_THRESHOLD, Parsed, parse};

use super::{INT, Operand, as_i64, new, of_class, operand};
use crate::core::args::{Args, check_count};
use crate::core::errors::{PyResult, Raised};
use crate::core::object::Py;
use crate::core::type_object::PyType;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::buffer::{bytes_like, has_buffer};
use crate::protocol::number::{as_isize_clipped, index, is_int};
use crate::types::bytes::{PyByteArray, PyBytes};
use crate::types::exceptions::hierarchy::DEPRECATION_WARNING;
use crate::types::str::PyStr;

/// `int.__new__`
pub(super) fn int_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let positional = args.positional();
    if let [value] = args.all()
        && class.is(INT.get())
        && args.keyword_count() == 0
        && let Some(number) = of_plain(vm, value)
    {
        return Ok(number);
    }
    check_count(vm, "int", positional.len(), 0, 2)?;
    let mut base = positional.get(1);
    for (name, value) in args.keywords() {
        if !crate::types::str::value_is(name, "base") || base.is_some() {
            return Err(unexpected_keyword(vm, name, base.is_some())?);
        }
        base = Some(value);
    }
    let number = match (positional.first(), base) {
        (None, None) => Value::small_int_unchecked(0),
        (None, Some(_)) => return Err(vm.type_error("int() missing string argument")),
        (Some(value), None) => to_int(vm, value)?,
        (Some(value), Some(base)) => from_text_in_base(vm, value, base)?,
    };
    Ok(of_class(vm, class, &number))
}

/// `int(value)` of a small int or a float that is no object and not too large; None for any other value.
#[inline]
pub fn of_plain(vm: Vm<'_>, value: &Value) -> Option<Value> {
    if value.as_small_int().is_some() {
        return Some(value.clone());
    }
    let number = value.as_immediate_float().filter(|number| number.abs() < 1e18)?;
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    Some(super::from_i64(vm, number as i64))
}

fn unexpected_keyword(vm: Vm<'_>, name: &Value, twice: bool) -> PyResult<Raised> {
    let name = vm.str(name)?.to_rust_string();
    Ok(if twice && name == "base" {
        vm.type_error("argument for int() given by name ('base') and position (2)")
    } else {
        vm.unexpected_keyword("int()", &name, ["base"])
    })
}

/// Whether the value is bytes or a bytearray.
fn is_bytes(value: &Value) -> bool {
    value.downcast::<PyBytes>().is_some() || value.downcast::<PyByteArray>().is_some()
}

fn from_text_in_base(vm: Vm<'_>, value: &Value, base: &Value) -> PyResult<Value> {
    let number = as_isize_clipped(vm, base)?;
    let base = u32::try_from(number).ok().filter(|&base| base == 0 || (2..=36).contains(&base));
    let Some(base) = base else {
        return Err(vm.value_error("int() base must be >= 2 and <= 36, or 0"));
    };
    if value.downcast::<PyStr>().is_some() || is_bytes(value) {
        return from_text(vm, value, base);
    }
    Err(vm.type_error("int() can't convert non-string with explicit base"))
}

/// `int(value)` (`PyNumber_Long`): an exact int, or an instance of a subclass that `__int__` gave.
///
/// # Errors
/// TypeError, ValueError, what `__int__` raises.
pub fn to_int(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    if super::number::is_exact_int(value) {
        return Ok(value.clone());
    }
    if let Some(function) = value.class().slots.nb_int.get() {
        let result = function(vm, value)?;
        if result.is_exact(INT.get()) {
            return Ok(result);
        }
        let name = result.class().name();
        if !is_int(&result) {
            return Err(vm.type_error(format!("__int__ returned non-int (type {name})")));
        }
        vm.warn(
            &DEPRECATION_WARNING,
            &format!(
                "__int__ returned non-int (type {name}).  The ability to return an instance of a strict subclass of int is deprecated, and may not be supported in a future version of Python."
            ),
            1,
        )?;
        return Ok(super::exact(vm, &result));
    }
    if value.class().slots.nb_index.get().is_some() {
        return index(vm, value);
    }
    if value.downcast::<PyStr>().is_some() || has_buffer(value) {
        return from_text(vm, value, 10);
    }
    Err(vm.type_error(format!(
        "int() argument must be a string, a bytes-like object or a real number, not '{}'",
        value.class().name()
    )))
}

/// The int that a str or bytes-like object writes.
fn from_text(vm: Vm<'_>, value: &Value, base: u32) -> PyResult<Value> {
    let parsed = match value.downcast::<PyStr>() {
        Some(text) => parse_text(vm, &ascii_digits(text), base)?,
        None => {
            let data = bytes_like(vm, value)?.to_vec();
            match std::str::from_utf8(&data) {
                Ok(text) if !text.contains('\0') => parse_text(vm, text, base)?,
                _ => Parsed::Invalid,
            }
        }
    };
    match parsed {
        Parsed::Small(number) => Ok(new(vm, number)),
        Parsed::Big(number) => Ok(new(vm, number)),
        Parsed::TooManyDigits(count) => Err(too_many_digits(vm, count)),
        Parsed::Invalid => {
            let shown = match value.downcast::<PyStr>() {
                Some(_) => vm.repr(value)?,
                None => {
                    let data = bytes_like(vm, value)?.to_vec();
                    vm.repr(&PyBytes::try_new_value(vm, &data)?)?
                }
            };
            let shown: String = shown.to_rust_string().chars().take(200).collect();
            Err(vm.value_error(format!("invalid literal for int() with base {base}: {shown}")))
        }
    }
}

fn parse_text(vm: Vm<'_>, text: &str, base: u32) -> PyResult<Parsed> {
    parse(text, base, vm.interpreter().int_max_str_digits.get(), &|| vm.poll())
}

fn too_many_digits(vm: Vm<'_>, count: usize) -> Raised {
    let limit = vm.interpreter().int_max_str_digits.get();
    vm.value_error(format!(
        "Exceeds the limit ({limit} digits) for integer string conversion: value has {count} digits; use sys.set_int_max_str_digits() to increase the limit"
    ))
}

/// The text with decimal digits and white space of any script made ASCII, other characters beyond ASCII made `?`
/// (`_PyUnicode_TransformDecimalAndSpaceToASCII`).
#[must_use]
pub fn ascii_digits(text: &Py<PyStr>) -> std::borrow::Cow<'_, str> {
    if let Some(text) = text.as_ascii() {
        return text.into();
    }
    let wtf8 = text.to_wtf8();
    let Some(points) = base::wstr::WStr::from_wtf8(&wtf8) else { return "?".into() };
    let transformed: String = points
        .points()
        .map(|point| match u8::try_from(point) {
            Ok(byte) if byte < 0x80 => char::from(byte),
            _ if base::unicode::is_space(point) => ' ',
            _ => match base::unicode::decimal_value(point) {
                Some(digit) => char::from(b'0' + digit),
                None => '?',
            },
        })
        .collect();
    transformed.into()
}

/// `str(int)`, `repr(int)`
pub(super) fn int_repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let text = to_decimal(vm, value)?;
    PyStr::try_new(vm, &text).map(Into::into)
}

/// The decimal text of an int.
///
/// # Errors
/// ValueError beyond the limit on digits.
pub fn to_decimal(vm: Vm<'_>, value: &Value) -> PyResult<String> {
    Ok(match operand(value) {
        Some(Operand::Small(number)) => number.to_string(),
        Some(Operand::Big(number)) => {
            let limit = vm.interpreter().int_max_str_digits.get();
            // log10(2) from below: digits that the number has at least.
            let at_least = (number.bit_length() - 1) / 100 * 30;
            if limit > 0 && at_least > limit.max(LIMIT_THRESHOLD) {
                return Err(digits_exceeded(vm, limit));
            }
            super::number::check_bits(vm, number.bit_length().checked_mul(4))?;
            let text = number.to_decimal(&|| vm.poll())?;
            let digits = text.len() - usize::from(number.is_negative());
            if limit > 0 && digits > limit && digits > LIMIT_THRESHOLD {
                return Err(digits_exceeded(vm, limit));
            }
            text
        }
        None => String::new(),
    })
}

#[cold]
fn digits_exceeded(vm: Vm<'_>, limit: usize) -> Raised {
    vm.value_error(format!(
        "Exceeds the limit ({limit} digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit"
    ))
}

/// The digits of an int's magnitude in `radix` (2, 8 or 16).
#[must_use]
pub fn to_radix_digits(value: &Value, radix: u32) -> String {
    match operand(value) {
        Some(Operand::Small(number)) => {
            let magnitude = number.unsigned_abs();
            let mut text = String::new();
            let _ = match radix {
                2 => write!(text, "{magnitude:b}"),
                8 => write!(text, "{magnitude:o}"),
                _ => write!(text, "{magnitude:x}"),
            };
            text
        }
        Some(Operand::Big(number)) => number.abs().to_radix(radix),
        None => String::new(),
    }
}

/// `bin`, `oct` and `hex` of an int: `-0x1f`.
#[must_use]
pub fn to_radix_text(value: &Value, radix: u32) -> String {
    let sign =
        if as_i64(value).map_or_else(|| super::is_negative(value), |n| n < 0) { "-" } else { "" };
    let prefix = match radix {
        2 => "0b",
        8 => "0o",
        _ => "0x",
    };
    format!("{sign}{prefix}{}", to_radix_digits(value, radix))
}
