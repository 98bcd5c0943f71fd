//! Arithmetic on constants: what Python would answer, or None where it would raise or the result would get large.

use base::int::BigInt;
use base::wstr::WString;
use base::{complex, complex::Complex, float};
use bytecode::Constant;
use bytecode::intrinsics::BinaryOperator;

/// The operators of one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum UnaryOperator {
    Negative,
    Positive,
    Invert,
    Not,
}

/// The most bits of a product, power or shift of integers.
const INT_BITS_MAX: usize = 128;

/// The most items of a repeated tuple, and that with the items of its items counted.
const TUPLE_SIZE_MAX: usize = 256;
const TUPLE_ITEMS_MAX: usize = 1024;

/// The most characters or bytes of a repeated text.
const TEXT_SIZE_MAX: usize = 4096;

/// A number; a bool counts as an int.
enum Number {
    Int(BigInt),
    Float(f64),
    Complex(Complex),
}

fn number(constant: &Constant) -> Option<Number> {
    Some(match constant {
        Constant::Float(value) => Number::Float(*value),
        Constant::Complex(re, im) => Number::Complex(Complex::new(*re, *im)),
        other => Number::Int(int(other)?),
    })
}

fn int(constant: &Constant) -> Option<BigInt> {
    match constant {
        Constant::True => Some(BigInt::ONE),
        Constant::False => Some(BigInt::ZERO),
        Constant::Int(value) => Some(BigInt::from(*value)),
        Constant::BigInt(value) => Some((**value).clone()),
        _ => None,
    }
}

fn int_constant(value: BigInt) -> Constant {
    value.to_i64().map_or_else(|| Constant::BigInt(value.into()), Constant::Int)
}

const fn complex_constant(value: Complex) -> Constant {
    Constant::Complex(value.re, value.im)
}

fn is_bool(constant: &Constant) -> bool {
    matches!(constant, Constant::True | Constant::False)
}

/// `bool(constant)`
pub(super) fn truth(constant: &Constant) -> bool {
    match constant {
        Constant::None | Constant::False => false,
        Constant::True
        | Constant::Ellipsis
        | Constant::Slice(_)
        | Constant::Code(_)
        | Constant::Foreign(_) => true,
        Constant::Int(value) => *value != 0,
        Constant::BigInt(value) => !value.is_zero(),
        Constant::Float(value) => *value != 0.0,
        Constant::Complex(re, im) => *re != 0.0 || *im != 0.0,
        Constant::Str(text) => !text.is_empty(),
        Constant::Bytes(bytes) => !bytes.is_empty(),
        Constant::Tuple(items) | Constant::FrozenSet(items) => !items.is_empty(),
    }
}

/// `left == right` in Python, a nan being equal to itself as an item of a container is.
pub(super) fn equal(left: &Constant, right: &Constant) -> bool {
    match (left, right) {
        (Constant::Tuple(left), Constant::Tuple(right)) => {
            left.len() == right.len() && left.iter().zip(&**right).all(|(a, b)| equal(a, b))
        }
        _ => match (number(left), number(right)) {
            // Each nan is an object of its own.
            (Some(a), Some(b)) => (left == right && !left.has_nan()) || equal_numbers(a, b),
            _ => left == right,
        },
    }
}

fn equal_numbers(left: Number, right: Number) -> bool {
    match (left, right) {
        (Number::Int(left), Number::Int(right)) => left == right,
        (Number::Int(int), Number::Float(float)) | (Number::Float(float), Number::Int(int)) => {
            float.fract() == 0.0 && BigInt::from_f64(float) == Some(int)
        }
        (Number::Float(left), Number::Float(right)) => left == right,
        (Number::Complex(left), Number::Complex(right)) => left == right,
        (Number::Complex(complex), other) | (other, Number::Complex(complex)) => {
            complex.im == 0.0 && equal_numbers(Number::Float(complex.re), other)
        }
    }
}

/// `operator operand`. Inverting a bool warns when it is done, so it is left to be done.
pub(super) fn unary(operator: UnaryOperator, operand: &Constant) -> Option<Constant> {
    use UnaryOperator::{Invert, Negative, Not, Positive};
    if operator == Not {
        return Some(Constant::bool(!truth(operand)));
    }
    Some(match (operator, number(operand)?) {
        (Invert, Number::Int(value)) if !is_bool(operand) => int_constant(!&value),
        (Negative, Number::Int(value)) => int_constant(-&value),
        (Positive, Number::Int(value)) => int_constant(value),
        (Negative, Number::Float(value)) => Constant::Float(-value),
        (Negative, Number::Complex(value)) => complex_constant(value.negated()),
        (Positive, _) => operand.clone(),
        _ => return None,
    })
}

/// `left operator right`
pub(super) fn binary(
    operator: BinaryOperator,
    left: &Constant,
    right: &Constant,
) -> Option<Constant> {
    use BinaryOperator as Op;
    match operator {
        Op::Subscript => return subscript(left, right),
        Op::Add => match (left, right) {
            (Constant::Str(left), Constant::Str(right)) => {
                let mut text = (**left).clone();
                text.push_wstr(right.as_wstr());
                return Some(Constant::Str(text.into()));
            }
            (Constant::Bytes(left), Constant::Bytes(right)) => {
                return Some(Constant::Bytes([&**left, &**right].concat().into()));
            }
            (Constant::Tuple(left), Constant::Tuple(right)) => {
                return Some(Constant::Tuple([&**left, &**right].concat().into()));
            }
            _ => {}
        },
        Op::Multiply => match (int(left), int(right)) {
            (Some(count), None) if number(right).is_none() => return repeat(right, &count),
            (None, Some(count)) if number(left).is_none() => return repeat(left, &count),
            _ => {}
        },
        Op::And | Op::Or | Op::Xor if is_bool(left) && is_bool(right) => {
            let (left, right) = (truth(left), truth(right));
            return Some(Constant::bool(match operator {
                Op::And => left & right,
                Op::Or => left | right,
                _ => left ^ right,
            }));
        }
        _ => {}
    }
    match (number(left)?, number(right)?) {
        (Number::Int(left), Number::Int(right)) => int_binary(operator, &left, &right),
        (Number::Complex(left), right) => complex_binary(operator, left, right),
        (left, Number::Complex(right)) => real_complex_binary(operator, real(&left)?, right),
        (left, right) => float_binary(operator, real(&left)?, real(&right)?),
    }
}

fn real(number: &Number) -> Option<f64> {
    match number {
        Number::Int(value) => value.to_f64(),
        Number::Float(value) => Some(*value),
        Number::Complex(_) => None,
    }
}

fn int_binary(operator: BinaryOperator, left: &BigInt, right: &BigInt) -> Option<Constant> {
    use BinaryOperator as Op;
    let either_zero = left.is_zero() || right.is_zero();
    let value = match operator {
        Op::Add => left + right,
        Op::Subtract => left - right,
        Op::Multiply => {
            if !either_zero && left.bit_length() + right.bit_length() > INT_BITS_MAX {
                return None;
            }
            left * right
        }
        Op::FloorDivide => left.div_floor(right).ok()?,
        Op::Remainder => left.mod_floor(right).ok()?,
        Op::TrueDivide => return left.true_divide(right).ok()?.map(Constant::Float),
        Op::Power if right.is_negative() => {
            return float_binary(operator, left.to_f64()?, right.to_f64()?);
        }
        Op::Power if left.is_zero() => {
            if right.is_zero() {
                BigInt::ONE
            } else {
                BigInt::ZERO
            }
        }
        Op::Power if right.is_zero() => BigInt::ONE,
        Op::Power => {
            let exponent = right.to_usize()?;
            if left.bit_length() > INT_BITS_MAX / exponent {
                return None;
            }
            left.pow(exponent)
        }
        Op::LeftShift if right.is_negative() => return None,
        Op::LeftShift if either_zero => left.clone(),
        Op::LeftShift => {
            let bits = right.to_usize()?;
            if left.bit_length() > INT_BITS_MAX.checked_sub(bits)? {
                return None;
            }
            left.shift_left(bits)
        }
        Op::RightShift if right.is_negative() => return None,
        Op::RightShift => {
            // Any distance beyond the number's bits leaves its sign.
            left.shift_right(right.to_usize().unwrap_or(usize::MAX).min(left.bit_length() + 1))
        }
        Op::And => left & right,
        Op::Or => left | right,
        Op::Xor => left ^ right,
        _ => return None,
    };
    Some(int_constant(value))
}

fn float_binary(operator: BinaryOperator, left: f64, right: f64) -> Option<Constant> {
    use BinaryOperator as Op;
    let divides = matches!(operator, Op::TrueDivide | Op::FloorDivide | Op::Remainder);
    if divides && right == 0.0 {
        return None;
    }
    Some(Constant::Float(match operator {
        Op::Add => left + right,
        Op::Subtract => left - right,
        Op::Multiply => left * right,
        Op::TrueDivide => left / right,
        Op::FloorDivide => float::arith::divmod(left, right).0,
        Op::Remainder => float::arith::modulo(left, right),
        Op::Power => match float::arith::pow(left, right) {
            float::arith::Power::Float(value) => value,
            float::arith::Power::Complex => {
                return complex_power(Complex::new(left, 0.0), Complex::new(right, 0.0));
            }
            float::arith::Power::ZeroDivision | float::arith::Power::Overflow => return None,
        },
        _ => return None,
    }))
}

fn complex_power(left: Complex, right: Complex) -> Option<Constant> {
    match left.pow(right) {
        complex::Power::Number(value) => Some(complex_constant(value)),
        complex::Power::ZeroDivision | complex::Power::Overflow => None,
    }
}

/// A complex left operand; a real right one keeps out of the imaginary part.
fn complex_binary(operator: BinaryOperator, left: Complex, right: Number) -> Option<Constant> {
    use BinaryOperator as Op;
    let right = match right {
        Number::Complex(right) => {
            return Some(complex_constant(match operator {
                Op::Add => left.plus(right),
                Op::Subtract => left.minus(right),
                Op::Multiply => left.times(right),
                Op::TrueDivide => left.over(right)?,
                Op::Power => return complex_power(left, right),
                _ => return None,
            }));
        }
        other => real(&other)?,
    };
    Some(complex_constant(match operator {
        Op::Add => Complex::new(left.re + right, left.im),
        Op::Subtract => Complex::new(left.re - right, left.im),
        Op::Multiply => Complex::new(left.re * right, left.im * right),
        Op::TrueDivide if right == 0.0 => return None,
        Op::TrueDivide => Complex::new(left.re / right, left.im / right),
        Op::Power => return complex_power(left, Complex::new(right, 0.0)),
        _ => return None,
    }))
}

fn real_complex_binary(operator: BinaryOperator, left: f64, right: Complex) -> Option<Constant> {
    use BinaryOperator as Op;
    Some(complex_constant(match operator {
        Op::Add => Complex::new(left + right.re, right.im),
        Op::Subtract => Complex::new(left - right.re, -right.im),
        Op::Multiply => Complex::new(left * right.re, left * right.im),
        Op::TrueDivide => right.divides_real(left)?,
        Op::Power => return complex_power(Complex::new(left, 0.0), right),
        _ => return None,
    }))
}

/// How many items a tuple has, those of its items included; None beyond `limit`.
fn within_limit(items: &[Constant], limit: usize) -> Option<usize> {
    let mut left = limit.checked_sub(items.len())?;
    for item in items {
        if let Constant::Tuple(nested) = item {
            left = within_limit(nested, left)?;
        }
    }
    Some(left)
}

fn repeat(sequence: &Constant, count: &BigInt) -> Option<Constant> {
    let size = match sequence {
        Constant::Tuple(items) => items.len(),
        Constant::Str(text) => text.count_points(),
        Constant::Bytes(bytes) => bytes.len(),
        _ => return None,
    };
    if size == 0 {
        return count.to_i64().map(|_| sequence.clone());
    }
    let count = count.to_usize()?;
    let limit = if matches!(sequence, Constant::Tuple(_)) { TUPLE_SIZE_MAX } else { TEXT_SIZE_MAX };
    if count > limit / size {
        return None;
    }
    Some(match sequence {
        Constant::Tuple(items) => {
            if let Some(limit) = TUPLE_ITEMS_MAX.checked_div(count) {
                within_limit(items, limit)?;
            }
            Constant::Tuple(vec![&**items; count].concat().into())
        }
        Constant::Bytes(bytes) => Constant::Bytes(bytes.repeat(count).into()),
        Constant::Str(text) => {
            let mut repeated = WString::new();
            (0..count).for_each(|_| repeated.push_wstr(text.as_wstr()));
            Constant::Str(repeated.into())
        }
        _ => return None,
    })
}

fn subscript(container: &Constant, key: &Constant) -> Option<Constant> {
    match (container, key) {
        (Constant::Tuple(items), Constant::Slice(slice)) => {
            let items = pick(items, slice)?;
            Some(Constant::Tuple(items.into()))
        }
        (Constant::Bytes(bytes), Constant::Slice(slice)) => {
            Some(Constant::Bytes(pick(bytes, slice)?.into()))
        }
        (Constant::Str(text), Constant::Slice(slice)) => {
            let points: Vec<u32> = text.points().collect();
            Some(Constant::Str(WString::from_points(pick(&points, slice)?).into()))
        }
        (Constant::Tuple(items), key) => items.get(place(items.len(), key)?).cloned(),
        (Constant::Bytes(bytes), key) => {
            bytes.get(place(bytes.len(), key)?).map(|&byte| Constant::Int(byte.into()))
        }
        (Constant::Str(text), key) => {
            let points: Vec<u32> = text.points().collect();
            let point = *points.get(place(points.len(), key)?)?;
            Some(Constant::Str(WString::from_points([point]).into()))
        }
        _ => None,
    }
}

fn place(length: usize, key: &Constant) -> Option<usize> {
    let index = int(key)?.to_i64()?;
    let length = i64::try_from(length).ok()?;
    usize::try_from(if index < 0 { index + length } else { index }).ok()
}

/// The items that a slice picks.
fn pick<T: Clone>(items: &[T], slice: &[Constant; 3]) -> Option<Vec<T>> {
    let length = i128::try_from(items.len()).ok()?;
    let bound = |constant: &Constant| match constant {
        Constant::None => Some(None),
        other => {
            let value = int(other)?;
            let far = if value.is_negative() { i128::from(i64::MIN) } else { i128::from(i64::MAX) };
            Some(Some(value.to_i64().map_or(far, i128::from)))
        }
    };
    let step = bound(&slice[2])?.unwrap_or(1);
    if step == 0 {
        return None;
    }
    let (low, high) = if step < 0 { (-1, length - 1) } else { (0, length) };
    let clamp = |value: i128| (if value < 0 { value + length } else { value }).clamp(low, high);
    let (first, last) = if step < 0 { (high, low) } else { (low, high) };
    let start = bound(&slice[0])?.map_or(first, clamp);
    let stop = bound(&slice[1])?.map_or(last, clamp);
    let mut picked = Vec::new();
    let mut at = start;
    while if step > 0 { at < stop } else { at > stop } {
        picked.push(items.get(usize::try_from(at).ok()?)?.clone());
        at += step;
    }
    Some(picked)
}
