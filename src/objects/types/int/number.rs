//! The arithmetic of `int`: the slots, which are also what the evaluation loop calls.
//!
//! Each operation has a fast way for two immediates, inlined into its caller; the rest is out of line.

use std::cmp::Ordering;

use base::int::{BigInt, ZeroDivision};

use super::{INT, Operand, as_i64, exact, from_i64, new, operand};
use crate::core::errors::{PyResult, Raised};
use crate::core::slots::{CompareOp, Slot};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::float_;

/// The slots of `int`.
pub(super) const SLOTS: &[Slot] = &[
    Slot::New(super::convert::int_new),
    Slot::Repr(super::convert::int_repr),
    Slot::Hash(int_hash),
    Slot::Richcompare(int_richcompare),
    Slot::NbAdd(add),
    Slot::NbSubtract(subtract),
    Slot::NbMultiply(multiply),
    Slot::NbRemainder(remainder),
    Slot::NbDivmod(divmod),
    Slot::NbPower(power),
    Slot::NbNegative(negate),
    Slot::NbPositive(int_exact),
    Slot::NbAbsolute(absolute),
    Slot::NbBool(int_bool),
    Slot::NbInvert(invert),
    Slot::NbLshift(left_shift),
    Slot::NbRshift(right_shift),
    Slot::NbAnd(bit_and),
    Slot::NbXor(bit_xor),
    Slot::NbOr(bit_or),
    Slot::NbInt(int_exact),
    Slot::NbFloat(int_float),
    Slot::NbFloorDivide(floor_divide),
    Slot::NbTrueDivide(true_divide),
    Slot::NbIndex(int_exact),
];

/// Bits beyond which room for a result is asked for before it is computed.
const BITS_UNCHECKED: usize = 1 << 22;

/// Makes sure that a number of `bits` can be had.
pub(crate) fn check_bits(vm: Vm<'_>, bits: Option<usize>) -> PyResult<()> {
    match bits {
        Some(bits) if bits <= BITS_UNCHECKED => Ok(()),
        Some(bits) => check_bits_slow(vm, bits),
        None => Err(vm.overflow_error("too many digits in integer")),
    }
}

#[cold]
fn check_bits_slow(vm: Vm<'_>, bits: usize) -> PyResult<()> {
    vm.poll()?;
    // The algorithms need scratch space of about the result's size.
    let mut probe: Vec<u64> = Vec::new();
    let answer = probe.try_reserve_exact(bits / 64 * 3);
    // Looked at, or an optimised build leaves out what nobody uses, and takes the answer to be yes.
    std::hint::black_box(&probe);
    answer.map_err(|_| vm.memory_error())
}

#[cold]
fn zero_division(vm: Vm<'_>) -> Raised {
    vm.zero_division_error("division by zero")
}

fn check_zero<T>(vm: Vm<'_>, result: Result<T, ZeroDivision>) -> PyResult<T> {
    result.map_err(|ZeroDivision| zero_division(vm))
}

macro_rules! operands {
    ($a:ident, $b:ident) => {{
        let (Some(left), Some(right)) = (operand($a), operand($b)) else {
            return Ok(Value::NOT_IMPLEMENTED);
        };
        (left, right)
    }};
}

/// `a + b`
///
/// # Errors
/// MemoryError.
#[inline]
pub fn add(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    if let (Some(left), Some(right)) = (a.as_small_int(), b.as_small_int())
        && let Some(sum) = Value::small_int(left + right)
    {
        return Ok(sum);
    }
    add_slow(vm, a, b)
}

#[inline(never)]
fn add_slow(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    Ok(match operands!(a, b) {
        (Operand::Small(left), Operand::Small(right)) => from_i64(vm, left + right),
        (left, right) => {
            check_bits(vm, Some(left.bit_length().max(right.bit_length())))?;
            new(vm, left.to_big().as_ref() + right.to_big().as_ref())
        }
    })
}

/// `a - b`
///
/// # Errors
/// MemoryError.
#[inline]
pub fn subtract(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    if let (Some(left), Some(right)) = (a.as_small_int(), b.as_small_int())
        && let Some(difference) = Value::small_int(left - right)
    {
        return Ok(difference);
    }
    subtract_slow(vm, a, b)
}

#[inline(never)]
fn subtract_slow(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    Ok(match operands!(a, b) {
        (Operand::Small(left), Operand::Small(right)) => from_i64(vm, left - right),
        (left, right) => {
            check_bits(vm, Some(left.bit_length().max(right.bit_length())))?;
            new(vm, left.to_big().as_ref() - right.to_big().as_ref())
        }
    })
}

/// `a * b`
///
/// # Errors
/// MemoryError.
#[inline]
pub fn multiply(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    if let (Some(left), Some(right)) = (a.as_small_int(), b.as_small_int())
        && let Some(product) = left.checked_mul(right).and_then(Value::small_int)
    {
        return Ok(product);
    }
    multiply_slow(vm, a, b)
}

#[inline(never)]
fn multiply_slow(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    Ok(match operands!(a, b) {
        (Operand::Small(left), Operand::Small(right)) => {
            new(vm, i128::from(left) * i128::from(right))
        }
        (left, right) => {
            check_bits(vm, left.bit_length().checked_add(right.bit_length()))?;
            new(vm, left.to_big().multiply(&right.to_big(), &|| vm.poll())?)
        }
    })
}

/// `a // b`
///
/// # Errors
/// ZeroDivisionError.
#[inline]
pub fn floor_divide(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    if let (Some(left), Some(right)) = (a.as_small_int(), b.as_small_int())
        && right != 0
    {
        return Ok(from_i64(vm, div_floor(left, right)));
    }
    match operands!(a, b) {
        (Operand::Small(left), Operand::Small(right)) if right != 0 => {
            Ok(from_i64(vm, div_floor(left, right)))
        }
        (left, right) => {
            check_bits(vm, Some(left.bit_length()))?;
            let (left, right) = (left.to_big(), right.to_big());
            check_zero(vm, left.divide(&right, &|| vm.poll())?)
                .map(|(quotient, _)| new(vm, quotient))
        }
    }
}

/// `a % b`
///
/// # Errors
/// ZeroDivisionError.
#[inline]
pub fn remainder(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    if let (Some(left), Some(right)) = (a.as_small_int(), b.as_small_int())
        && right != 0
    {
        return Ok(Value::small_int_unchecked(mod_floor(left, right)));
    }
    match operands!(a, b) {
        (Operand::Small(left), Operand::Small(right)) if right != 0 => {
            Ok(from_i64(vm, mod_floor(left, right)))
        }
        (left, right) => {
            let is_positive = !left.is_negative() && !right.is_negative();
            if is_positive && left.bit_length() < right.bit_length() {
                return Ok(exact(vm, a));
            }
            check_bits(vm, Some(left.bit_length()))?;
            let (left, right) = (left.to_big(), right.to_big());
            if left.bit_length() <= BITS_UNCHECKED {
                return check_zero(vm, left.mod_floor(&right)).map(|rest| new(vm, rest));
            }
            check_zero(vm, left.divide(&right, &|| vm.poll())?).map(|(_, rest)| new(vm, rest))
        }
    }
}

/// The quotient rounded down; the divisor is not 0, the dividend has 62 bits.
#[inline]
fn div_floor(left: i64, right: i64) -> i64 {
    let quotient = left / right;
    if left % right != 0 && (left < 0) != (right < 0) { quotient - 1 } else { quotient }
}

/// The remainder with the divisor's sign.
#[inline]
fn mod_floor(left: i64, right: i64) -> i64 {
    let rest = left % right;
    if rest != 0 && (rest < 0) != (right < 0) { rest + right } else { rest }
}

/// `divmod(a, b)`
///
/// # Errors
/// ZeroDivisionError.
pub fn divmod(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let (quotient, rest) = match operands!(a, b) {
        (Operand::Small(left), Operand::Small(right)) if right != 0 => {
            (from_i64(vm, div_floor(left, right)), from_i64(vm, mod_floor(left, right)))
        }
        (left, right) => {
            check_bits(vm, Some(left.bit_length()))?;
            let (quotient, rest) =
                check_zero(vm, left.to_big().divide(&right.to_big(), &|| vm.poll())?)?;
            (new(vm, quotient), new(vm, rest))
        }
    };
    Ok(crate::types::tuple::PyTuple::new_value(vm, &[quotient, rest]))
}

/// `a / b`
///
/// # Errors
/// ZeroDivisionError, OverflowError.
#[inline]
pub fn true_divide(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    const EXACT: u64 = 1 << 53;
    match operands!(a, b) {
        (Operand::Small(left), Operand::Small(right))
            if right != 0 && left.unsigned_abs() <= EXACT && right.unsigned_abs() <= EXACT =>
        {
            #[expect(clippy::cast_precision_loss, reason = "both are exact floats")]
            Ok(float_::new(vm, left as f64 / right as f64))
        }
        (left, right) => match check_zero(vm, left.to_big().true_divide(&right.to_big()))? {
            Some(quotient) => Ok(float_::new(vm, quotient)),
            None => Err(vm.overflow_error("integer division result too large for a float")),
        },
    }
}

/// `-a`
///
/// # Errors
/// MemoryError.
#[inline]
pub fn negate(vm: Vm<'_>, a: &Value) -> PyResult<Value> {
    Ok(match operand(a) {
        Some(Operand::Small(number)) => from_i64(vm, -number),
        Some(Operand::Big(number)) => {
            check_bits(vm, Some(number.bit_length()))?;
            new(vm, -number)
        }
        None => Value::NOT_IMPLEMENTED,
    })
}

/// `~a`
///
/// # Errors
/// MemoryError.
pub fn invert(vm: Vm<'_>, a: &Value) -> PyResult<Value> {
    Ok(match operand(a) {
        Some(Operand::Small(number)) => from_i64(vm, !number),
        Some(Operand::Big(number)) => {
            check_bits(vm, Some(number.bit_length()))?;
            new(vm, !number)
        }
        None => Value::NOT_IMPLEMENTED,
    })
}

/// `abs(a)`
fn absolute(vm: Vm<'_>, a: &Value) -> PyResult<Value> {
    if operand(a).is_some_and(Operand::is_negative) { negate(vm, a) } else { int_exact(vm, a) }
}

/// `+a`, `int(a)`, `operator.index(a)`: the exact int.
#[expect(clippy::unnecessary_wraps, reason = "the type of a slot")]
pub(super) fn int_exact(vm: Vm<'_>, a: &Value) -> PyResult<Value> {
    Ok(exact(vm, a))
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a slot")]
fn int_bool(_vm: Vm<'_>, a: &Value) -> PyResult<bool> {
    Ok(operand(a).is_some_and(|number| !number.is_zero()))
}

/// `float(a)`
///
/// # Errors
/// OverflowError.
pub fn int_float(vm: Vm<'_>, a: &Value) -> PyResult<Value> {
    to_f64(vm, a).map(|number| float_::new(vm, number))
}

/// The nearest float to an int (`PyLong_AsDouble`).
///
/// # Errors
/// OverflowError.
pub fn to_f64(vm: Vm<'_>, a: &Value) -> PyResult<f64> {
    operand(a)
        .and_then(Operand::to_f64)
        .ok_or_else(|| vm.overflow_error("int too large to convert to float"))
}

fn shift_count(vm: Vm<'_>, count: Operand<'_>) -> PyResult<Option<usize>> {
    if count.is_negative() {
        return Err(vm.value_error("negative shift count"));
    }
    Ok(count.to_i64().and_then(|count| usize::try_from(count).ok()))
}

/// `a << b`
///
/// # Errors
/// ValueError, OverflowError, MemoryError.
#[inline]
pub fn left_shift(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let (number, count) = operands!(a, b);
    let count = shift_count(vm, count)?;
    if number.is_zero() {
        return Ok(Value::small_int_unchecked(0));
    }
    if let (Operand::Small(number), Some(count @ 0..=61)) = (number, count)
        && (number << count) >> count == number
    {
        return Ok(from_i64(vm, number << count));
    }
    let Some(count) = count else {
        return Err(vm.overflow_error("too many digits in integer"));
    };
    check_bits(vm, number.bit_length().checked_add(count))?;
    Ok(new(vm, number.to_big().shift_left(count)))
}

/// `a >> b`
///
/// # Errors
/// ValueError.
#[inline]
pub fn right_shift(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let (number, count) = operands!(a, b);
    let count = shift_count(vm, count)?;
    Ok(match (number, count) {
        (Operand::Small(number), Some(count)) => from_i64(vm, number >> count.min(63)),
        (Operand::Big(number), Some(count)) => new(vm, number.shift_right(count)),
        (number, None) => from_i64(vm, if number.is_negative() { -1 } else { 0 }),
    })
}

macro_rules! bitwise {
    ($($(#[$meta:meta])* $name:ident $operator:tt;)*) => {
        $(
            $(#[$meta])*
            ///
            /// # Errors
            /// MemoryError.
            #[inline]
            pub fn $name(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
                Ok(match operands!(a, b) {
                    (Operand::Small(left), Operand::Small(right)) => from_i64(vm, left $operator right),
                    (left, right) => {
                        check_bits(vm, Some(left.bit_length().max(right.bit_length())))?;
                        new(vm, left.to_big().as_ref() $operator right.to_big().as_ref())
                    }
                })
            }
        )*
    };
}

bitwise! {
    /// `a & b`
    bit_and &;
    /// `a | b`
    bit_or |;
    /// `a ^ b`
    bit_xor ^;
}

/// `a ** b`, and `pow(a, b, c)` unless `c` is None.
///
/// # Errors
/// ZeroDivisionError, ValueError, OverflowError, MemoryError.
pub fn power(vm: Vm<'_>, a: &Value, b: &Value, c: &Value) -> PyResult<Value> {
    let (base, exponent) = operands!(a, b);
    if !c.is_none() {
        let Some(modulus) = operand(c) else { return Ok(Value::NOT_IMPLEMENTED) };
        return power_modulo(vm, base, exponent, modulus);
    }
    if exponent.is_negative() {
        let (base, exponent) = (to_f64(vm, a)?, to_f64(vm, b)?);
        return float_::power_f64(vm, base, exponent);
    }
    let small = exponent.to_i64().and_then(|exponent| u32::try_from(exponent).ok());
    if let (Operand::Small(base), Some(exponent)) = (base, small)
        && let Some(result) = base.checked_pow(exponent)
    {
        return Ok(from_i64(vm, result));
    }
    match base {
        Operand::Small(0) => return Ok(from_i64(vm, 0)),
        Operand::Small(1) => return Ok(from_i64(vm, 1)),
        Operand::Small(-1) => {
            return Ok(from_i64(vm, if exponent.to_big().is_odd() { -1 } else { 1 }));
        }
        _ => {}
    }
    let Some(count) = exponent.to_i64().and_then(|count| usize::try_from(count).ok()) else {
        return Err(vm.memory_error());
    };
    // A base of n bits is at least 2**(n-1): what is smaller than the result certainly is.
    let bits = base.bit_length().saturating_sub(1).max(1).checked_mul(count);
    let Some(bits) = bits.filter(|&bits| bits < isize::MAX as usize / 16) else {
        return Err(vm.memory_error());
    };
    check_bits(vm, Some(bits))?;
    if bits <= BITS_UNCHECKED {
        return Ok(new(vm, base.to_big().pow(count)));
    }
    power_large(vm, &base.to_big(), count).map(|result| new(vm, result))
}

/// A power so large that the program wants to be interruptible in between.
fn power_large(vm: Vm<'_>, base: &BigInt, count: usize) -> PyResult<BigInt> {
    let mut result = BigInt::ONE;
    for place in (0..usize::BITS - count.leading_zeros()).rev() {
        vm.poll()?;
        check_bits(vm, result.bit_length().checked_mul(2))?;
        result = result.multiply(&result, &|| vm.poll())?;
        if count >> place & 1 == 1 {
            result = result.multiply(base, &|| vm.poll())?;
        }
    }
    Ok(result)
}

fn power_modulo(
    vm: Vm<'_>,
    base: Operand<'_>,
    exponent: Operand<'_>,
    modulus: Operand<'_>,
) -> PyResult<Value> {
    if modulus.is_zero() {
        return Err(vm.value_error("pow() 3rd argument cannot be 0"));
    }
    let (base, mut exponent, modulus) = (base.to_big(), exponent.to_big(), modulus.to_big());
    let mut base = base.into_owned();
    if exponent.is_negative() {
        let Some(inverse) = base.inverse_mod(&modulus) else {
            return Err(vm.value_error("base is not invertible for the given modulus"));
        };
        base = inverse;
        exponent = std::borrow::Cow::Owned(exponent.abs());
    }
    // Long exponents go in pieces, so that the program stays interruptible.
    let (bits, modulus_bits) = (exponent.bit_length(), modulus.bit_length());
    if modulus_bits > BITS_UNCHECKED || base.bit_length() > BITS_UNCHECKED {
        check_bits(vm, modulus_bits.checked_mul(4))?;
        return Ok(new(vm, base.power_modulo(&exponent, &modulus, &|| vm.poll())?));
    }
    let piece_bits = ((1 << 23) / modulus_bits).clamp(1, 512);
    if bits <= piece_bits || modulus_bits <= 256 {
        return Ok(new(vm, check_zero(vm, base.pow_mod(&exponent, &modulus))?));
    }
    let mut result = BigInt::ONE;
    let step = BigInt::ONE.shift_left(piece_bits);
    let mask = &step - &BigInt::ONE;
    for piece in (0..bits.div_ceil(piece_bits)).rev() {
        vm.poll()?;
        result = check_zero(vm, result.pow_mod(&step, &modulus))?;
        let digits = &exponent.shift_right(piece * piece_bits) & &mask;
        let factor = check_zero(vm, base.pow_mod(&digits, &modulus))?;
        result = check_zero(vm, (&result * &factor).mod_floor(&modulus))?;
    }
    Ok(new(vm, result))
}

/// The order of two ints; None when one is no int.
#[inline]
#[must_use]
pub fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    Some(match (operand(a)?, operand(b)?) {
        (Operand::Small(left), Operand::Small(right)) => left.cmp(&right),
        (left, right) => left.to_big().as_ref().cmp(right.to_big().as_ref()),
    })
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a slot")]
fn int_richcompare(_vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    Ok(match compare(a, b) {
        Some(order) => Value::from_bool(op.holds(order)),
        None => Value::NOT_IMPLEMENTED,
    })
}

/// `hash(a)`
#[expect(clippy::unnecessary_wraps, reason = "the type of a slot")]
pub(super) fn int_hash(_vm: Vm<'_>, a: &Value) -> PyResult<i64> {
    Ok(hash(a).unwrap_or(0))
}

/// The hash of an int; None when it is no int.
#[inline]
#[must_use]
pub fn hash(a: &Value) -> Option<i64> {
    Some(match operand(a)? {
        Operand::Small(number) => base::hash::int(number),
        Operand::Big(number) => number.hash(),
    })
}

/// Whether `value` is exactly an `int`.
#[inline]
#[must_use]
pub fn is_exact_int(value: &Value) -> bool {
    value.as_small_int().is_some() || value.is_exact(INT.get())
}

/// `round(a, -digits)` for a positive number of digits: to the nearest multiple, ties to even.
pub(super) fn round_to_power(vm: Vm<'_>, a: &Value, digits: &Value) -> PyResult<Value> {
    let Some(number) = operand(a) else { return Ok(Value::NOT_IMPLEMENTED) };
    let places = as_i64(digits).and_then(|digits| usize::try_from(digits.unsigned_abs()).ok());
    // Ten to more places than the number has bits is more than twice the number.
    let Some(places) = places.filter(|&places| places <= number.bit_length() + 1) else {
        return Ok(from_i64(vm, 0));
    };
    check_bits(vm, places.checked_mul(4))?;
    let unit = BigInt::from(10i64).pow(places);
    let number = number.to_big();
    let (_, rest) = check_zero(vm, number.divmod_near(&unit))?;
    Ok(new(vm, number.as_ref() - &rest))
}
