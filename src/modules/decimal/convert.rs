//! From Python's values to decimal numbers.

use std::borrow::Cow;

use base::int::BigInt;
use base::unicode;
use objects::core::errors::{PyResult, Raised};
use objects::core::object::Py;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number as protocol;
use objects::types::float_;
use objects::types::int;
use objects::types::list::PyList;
use objects::types::str::{PyStr, storage};
use objects::types::tuple::PyTuple;

use super::context::PyContext;
use super::number::{Kind, Math, Number, Rules, flag};
use super::object::PyDecimal;

#[cold]
pub(super) fn unsupported(vm: Vm<'_>, value: &Value) -> Raised {
    vm.type_error(format!("conversion from {} to Decimal is not supported", value.class().name()))
}

/// An int, exactly.
pub(super) fn of_int(vm: Vm<'_>, value: &Value) -> PyResult<Number> {
    if let Some(small) = int::as_i64(value) {
        return Ok(Number::small(small));
    }
    let number = int::to_bigint(vm, value)?;
    Ok(Number::finite(number.is_negative(), number.abs(), 0))
}

/// A float, exactly.
pub(super) fn of_float(number: f64) -> Number {
    let negative = number.is_sign_negative();
    if number.is_nan() {
        return Number::nan().with_sign(negative);
    }
    if number.is_infinite() {
        return Number::infinite(negative);
    }
    let bits = number.to_bits();
    let fraction = bits & ((1 << 52) - 1);
    let stored = i64::try_from((bits >> 52) & 0x7FF).unwrap_or_default();
    let (mantissa, exponent) = match stored {
        0 => (fraction, -1074),
        stored => (fraction | 1 << 52, stored - 1075),
    };
    if mantissa == 0 {
        return Number::finite(negative, BigInt::ZERO, 0);
    }
    let zeros = mantissa.trailing_zeros();
    let (mantissa, exponent) = (mantissa >> zeros, exponent + i64::from(zeros));
    let mantissa = BigInt::from(mantissa);
    let size = usize::try_from(exponent.unsigned_abs()).unwrap_or_default();
    if exponent >= 0 {
        Number::finite(negative, mantissa.shift_left(size), 0)
    } else {
        // m / 2**n is m * 5**n / 10**n.
        Number::finite(negative, &mantissa * &BigInt::from(5_i64).pow(size), exponent)
    }
}

/// An int or a float, exactly.
pub(super) fn int_or_float(vm: Vm<'_>, value: &Value) -> PyResult<Option<Number>> {
    if protocol::is_int(value) {
        return of_int(vm, value).map(Some);
    }
    Ok(float_::as_f64(value).map(of_float))
}

/// The ASCII text of a str: digits of any script, without spaces around and underscores if `lenient`.
fn ascii_text(text: &Py<PyStr>, lenient: bool) -> Option<Vec<u8>> {
    let mut points = Vec::with_capacity(text.len());
    storage::for_each_char(text, |point| points.push(point));
    let mut points = points.as_slice();
    if lenient {
        while let [first, rest @ ..] = points
            && unicode::is_space(*first)
        {
            points = rest;
        }
        while let [rest @ .., last] = points
            && unicode::is_space(*last)
        {
            points = rest;
        }
    }
    let mut ascii = Vec::with_capacity(points.len());
    for &point in points {
        match u8::try_from(point).ok().filter(u8::is_ascii) {
            Some(b'_') if lenient => {}
            Some(byte) => ascii.push(byte),
            None => ascii.push(b'0' + unicode::decimal_value(point)?),
        }
    }
    Some(ascii)
}

/// A sign, digits and exponent.
fn of_parts(vm: Vm<'_>, parts: &[Value]) -> PyResult<Number> {
    let [sign, digits, exponent] = parts else {
        return Err(vm.value_error("argument must be a sequence of length 3"));
    };
    let negative = match int::as_i64(sign) {
        Some(sign @ (0 | 1)) => sign == 1,
        _ => {
            return Err(vm.value_error("sign must be an integer with the value 0 or 1"));
        }
    };
    let mut kind = Kind::Finite;
    let mut exp = 0;
    if let Some(text) = exponent.downcast::<PyStr>() {
        kind = if text.is_text("F") {
            Kind::Infinite
        } else if text.is_text("n") {
            Kind::Quiet
        } else if text.is_text("N") {
            Kind::Signaling
        } else {
            return Err(
                vm.value_error("string argument in the third position must be 'F', 'n' or 'N'")
            );
        };
    } else if protocol::is_int(exponent) {
        exp = protocol::as_i64(vm, exponent)?;
    } else {
        return Err(vm.value_error("exponent must be an integer"));
    }
    let wrong = || vm.value_error("coefficient must be a tuple of digits");
    let digits = match (digits.downcast::<PyTuple>(), digits.downcast::<PyList>()) {
        (Some(tuple), _) => tuple.items().to_vec(),
        (_, Some(list)) => list.items_vec(),
        _ => return Err(wrong()),
    };
    if kind == Kind::Infinite {
        return Ok(Number::infinite(negative));
    }
    let mut text = String::with_capacity(digits.len());
    for digit in &digits {
        match int::as_i64(digit).and_then(|digit| u8::try_from(digit).ok()) {
            Some(digit @ 0..=9) => text.push(char::from(b'0' + digit)),
            _ => return Err(wrong()),
        }
    }
    let coefficient = BigInt::parse(&text, 10).unwrap_or_default();
    Ok(Number { negative, kind, digits: coefficient, exp: exp.clamp(-(1 << 61), 1 << 61) })
}

fn parts_of(value: &Value) -> Option<Vec<Value>> {
    match (value.downcast::<PyTuple>(), value.downcast::<PyList>()) {
        (Some(tuple), _) => Some(tuple.items().to_vec()),
        (_, Some(list)) => Some(list.items_vec()),
        _ => None,
    }
}

/// Any value exactly: `Decimal(value)`.
pub(super) fn exactly(vm: Vm<'_>, context: &Py<PyContext>, value: &Value) -> PyResult<Number> {
    if let Some(decimal) = value.downcast::<PyDecimal>() {
        return Ok(decimal.number.clone());
    }
    if protocol::is_int(value) {
        return of_int(vm, value);
    }
    let mut math = Math::new(Rules::MAX);
    let number = if let Some(text) = value.downcast::<PyStr>() {
        match ascii_text(text, true) {
            Some(ascii) => math.read_exactly(&ascii),
            None => math.invalid(flag::CONVERSION_SYNTAX),
        }
    } else if let Some(parts) = parts_of(value) {
        let number = of_parts(vm, &parts)?;
        let number = math.finalize(number);
        math.exactly(number)
    } else if let Some(float) = float_::as_f64(value) {
        context.note(vm, flag::FLOAT_OPERATION)?;
        of_float(float)
    } else {
        return Err(unsupported(vm, value));
    };
    context.note(vm, math.status)?;
    Ok(number)
}

/// Any value, rounded by a context: `context.create_decimal(value)`.
pub(super) fn rounded(vm: Vm<'_>, context: &Py<PyContext>, value: &Value) -> PyResult<Number> {
    let mut math = context.math();
    let limit = math.rules.prec - i64::from(math.rules.clamp);
    let number = if let Some(text) = value.downcast::<PyStr>() {
        match ascii_text(text, false) {
            Some(ascii) => math.read(&ascii),
            None => math.invalid(flag::CONVERSION_SYNTAX),
        }
    } else {
        let exact = if let Some(decimal) = value.downcast::<PyDecimal>() {
            decimal.number.clone()
        } else if protocol::is_int(value) {
            of_int(vm, value)?
        } else if let Some(parts) = parts_of(value) {
            of_parts(vm, &parts)?
        } else if let Some(float) = float_::as_f64(value) {
            context.note(vm, flag::FLOAT_OPERATION)?;
            of_float(float)
        } else {
            return Err(unsupported(vm, value));
        };
        if exact.is_nan() && !exact.digits.is_zero() && exact.len() > limit {
            math.invalid(flag::CONVERSION_SYNTAX)
        } else {
            math.finalize(exact)
        }
    };
    context.note(vm, math.status)?;
    Ok(number)
}

/// An operand of an operator: a decimal or an int. None where the other type has to answer.
#[inline]
pub(super) fn known_operand<'a>(vm: Vm<'_>, value: &'a Value) -> PyResult<Option<Cow<'a, Number>>> {
    if let Some(decimal) = value.downcast::<PyDecimal>() {
        return Ok(Some(Cow::Borrowed(&decimal.number)));
    }
    if protocol::is_int(value) {
        return Ok(Some(Cow::Owned(of_int(vm, value)?)));
    }
    Ok(None)
}

/// An operand of a method.
#[inline]
pub(super) fn operand<'a>(vm: Vm<'_>, value: &'a Value) -> PyResult<Cow<'a, Number>> {
    match known_operand(vm, value)? {
        Some(operand) => Ok(operand),
        None => Err(unsupported(vm, value)),
    }
}
