//! Arithmetic of floats where Python's rules are not the machine's: floor division, powers, exponents.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the ranges are tested before"
)]

/// `(f, e)` with `number == f * 2**e` and `0.5 <= |f| < 1`; zeros, infinities and nan as they are with 0.
#[must_use]
pub fn frexp(number: f64) -> (f64, i64) {
    if number == 0.0 || !number.is_finite() {
        return (number, 0);
    }
    let bits = number.to_bits();
    let exponent = i64::from((bits >> 52) as u32 & 0x7ff);
    if exponent == 0 {
        let (fraction, more) = frexp(number * 18_014_398_509_481_984.0);
        return (fraction, more - 54);
    }
    (f64::from_bits((bits & !(0x7ff << 52)) | (1022 << 52)), exponent - 1022)
}

/// `number * 2**exponent`, rounded once.
#[must_use]
pub fn ldexp(number: f64, exponent: i64) -> f64 {
    if number == 0.0 || !number.is_finite() {
        return number;
    }
    let (fraction, own) = frexp(number);
    let exponent = own.saturating_add(exponent);
    if exponent > 1024 {
        return f64::INFINITY.copysign(number);
    }
    if exponent < -1080 {
        return 0f64.copysign(number);
    }
    if exponent >= -1021 {
        // Normal: the fraction takes half of the factor's range, which reaches 2**1023 only.
        return fraction * 2.0 * power_of_two(exponent - 1);
    }
    fraction * power_of_two(-1021) * power_of_two(exponent + 1021)
}

/// `2.0**exponent`, for -1074..=1023.
fn power_of_two(exponent: i64) -> f64 {
    if exponent >= -1022 {
        f64::from_bits(((exponent + 1023) as u64) << 52)
    } else {
        f64::from_bits(1u64.checked_shl((exponent + 1074).max(0) as u32).unwrap_or(0))
    }
}

/// `left % right` with the sign of `right`. `right` is not 0.
#[must_use]
pub fn modulo(left: f64, right: f64) -> f64 {
    let rest = left % right;
    if rest == 0.0 {
        return 0f64.copysign(right);
    }
    if (right < 0.0) == (rest < 0.0) { rest } else { rest + right }
}

/// `divmod(left, right)`. `right` is not 0.
#[must_use]
pub fn divmod(left: f64, right: f64) -> (f64, f64) {
    let rest = left % right;
    let mut quotient = (left - rest) / right;
    let rest = if rest == 0.0 {
        0f64.copysign(right)
    } else if (right < 0.0) == (rest < 0.0) {
        rest
    } else {
        quotient -= 1.0;
        rest + right
    };
    let floor = if quotient == 0.0 {
        0f64.copysign(left / right)
    } else {
        let floor = quotient.floor();
        if quotient - floor > 0.5 { floor + 1.0 } else { floor }
    };
    (floor, rest)
}

/// What `left ** right` comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Power {
    /// A float.
    Float(f64),
    /// A fractional power of a negative number: complex.
    Complex,
    /// A negative power of zero.
    ZeroDivision,
    /// Too large.
    Overflow,
}

/// `left ** right` (`float_pow`).
#[must_use]
pub fn pow(left: f64, right: f64) -> Power {
    if right == 0.0 {
        return Power::Float(1.0);
    }
    if left.is_nan() {
        return Power::Float(left);
    }
    if right.is_nan() {
        return Power::Float(if left == 1.0 { 1.0 } else { right });
    }
    if right.is_infinite() {
        let magnitude = left.abs();
        return Power::Float(if magnitude == 1.0 {
            1.0
        } else if (right > 0.0) == (magnitude > 1.0) {
            f64::INFINITY
        } else {
            0.0
        });
    }
    let odd = (right.abs() % 2.0) == 1.0;
    if left.is_infinite() {
        return Power::Float(match (right > 0.0, odd) {
            (true, true) => left,
            (true, false) => f64::INFINITY,
            (false, true) => 0f64.copysign(left),
            (false, false) => 0.0,
        });
    }
    if left == 0.0 {
        if right < 0.0 {
            return Power::ZeroDivision;
        }
        return Power::Float(if odd { left } else { 0.0 });
    }
    let mut base = left;
    let mut negate = false;
    if base < 0.0 {
        if right != right.floor() {
            return Power::Complex;
        }
        base = -base;
        negate = odd;
    }
    if base == 1.0 {
        return Power::Float(if negate { -1.0 } else { 1.0 });
    }
    let result = base.powf(right);
    if result.is_infinite() {
        return Power::Overflow;
    }
    Power::Float(if negate { -result } else { result })
}

/// The nearest whole number, ties to even.
#[must_use]
pub fn round_half_even(number: f64) -> f64 {
    number.round_ties_even()
}

/// `round(number, digits)`: through the exact decimal digits, as `double_round`. None when the result is too large.
#[must_use]
pub fn round_digits(number: f64, digits: i64) -> Option<f64> {
    if !number.is_finite() || digits > 323 {
        return Some(number);
    }
    if digits < -308 {
        return Some(0f64.copysign(number));
    }
    let text = if digits >= 0 {
        let digits = digits as usize;
        format!("{number:.digits$}")
    } else {
        return round_left(number, digits.unsigned_abs() as usize);
    };
    text.parse().ok().filter(|rounded: &f64| rounded.is_finite())
}

/// Rounds to a place left of the point: exact digits, cut by hand with ties to even.
fn round_left(number: f64, places: usize) -> Option<f64> {
    let exact = format!("{:.1100}", number.abs());
    let (whole, fraction) = exact.split_once('.').unwrap_or((&exact, ""));
    let padded = format!("{whole:0>width$}", width = places + 1);
    let (kept, cut) = padded.split_at_checked(padded.len() - places)?;
    let mut rest = cut.bytes().chain(fraction.bytes());
    let first = rest.next().unwrap_or(b'0');
    let beyond = rest.any(|digit| digit != b'0');
    let odd = kept.bytes().last().is_some_and(|digit| digit % 2 == 1);
    let up = first > b'5' || (first == b'5' && (beyond || odd));
    let mut digits: Vec<u8> = std::iter::once(b'0').chain(kept.bytes()).collect();
    if up {
        for digit in digits.iter_mut().rev() {
            if *digit == b'9' {
                *digit = b'0';
            } else {
                *digit += 1;
                break;
            }
        }
    }
    let text = format!("{}e{places}", String::from_utf8(digits).ok()?);
    let rounded: f64 = text.parse().ok()?;
    if rounded.is_finite() { Some(rounded.copysign(number)) } else { None }
}

/// The IEEE 754 remainder: to the nearest multiple, ties to the even one (`math.remainder`).
#[must_use]
pub fn ieee_remainder(x: f64, y: f64) -> f64 {
    if x.is_finite() && y.is_finite() {
        let (magnitude, divisor) = (x.abs(), y.abs());
        if divisor == 0.0 {
            return f64::NAN;
        }
        let rest = magnitude % divisor;
        let complement = divisor - rest;
        let result = match rest.partial_cmp(&complement) {
            Some(std::cmp::Ordering::Less) => rest,
            Some(std::cmp::Ordering::Greater) => -complement,
            _ => rest - 2.0 * ((0.5 * (magnitude - rest)) % divisor),
        };
        return 1f64.copysign(x) * result;
    }
    if x.is_nan() {
        return x;
    }
    if y.is_nan() {
        return y;
    }
    if x.is_infinite() { f64::NAN } else { x }
}
