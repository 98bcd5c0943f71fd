//! Arithmetic on coefficients of at most 128 bits, without big integers: nearly all that programs compute with.
//!
//! Each function is None where a coefficient is larger, where an operand is not finite and where the result is near an end of
//! the range of exponents; the general function answers then. Both give the same number and note the same conditions.

use std::cmp::Ordering;

use base::int::BigInt;

use super::number::{Kind, Math, Number, Rounding, flag};

/// How many digits a coefficient has at most.
const DIGITS_MAX: i64 = 39;

const POWERS: [u128; 39] = {
    let mut powers = [1; 39];
    let mut n = 1;
    while n < powers.len() {
        powers[n] = powers[n - 1] * 10;
        n += 1;
    }
    powers
};

/// `10**n`
#[inline]
fn power(n: i64) -> Option<u128> {
    POWERS.get(usize::try_from(n).ok()?).copied()
}

/// How many digits there are; 0 for zero.
#[inline]
fn digit_count(digits: u128) -> i64 {
    let bits = u128::BITS - digits.leading_zeros();
    // log10(2) from below: the estimate is right or one too small.
    let estimate = i64::from((bits * 1233) >> 12);
    estimate + i64::from(power(estimate).is_some_and(|power| digits >= power))
}

/// The coefficient of a finite number.
#[inline]
fn coefficient(number: &Number) -> Option<u128> {
    if number.kind == Kind::Finite { number.digits.to_u128() } else { None }
}

/// Both coefficients at one exponent, which comes third.
#[inline]
fn aligned(a: &Number, b: &Number) -> Option<(u128, u128, i64)> {
    let (left, right) = (coefficient(a)?, coefficient(b)?);
    match a.exp - b.exp {
        0 => Some((left, right, a.exp)),
        shift if shift > 0 => Some((left.checked_mul(power(shift)?)?, right, b.exp)),
        shift => Some((left, right.checked_mul(power(-shift)?)?, a.exp)),
    }
}

/// The order of the magnitudes.
pub(super) fn compare(a: &Number, b: &Number) -> Option<Ordering> {
    aligned(a, b).map(|(left, right, _)| left.cmp(&right))
}

/// Drops `count` digits: what is left, rounded, and whether anything but zeros was dropped.
#[inline]
fn drop_digits(
    digits: u128,
    count: i64,
    negative: bool,
    rounding: Rounding,
) -> Option<(u128, bool)> {
    let unit = power(count)?;
    let (kept, rest) = match (u64::try_from(digits), u64::try_from(unit)) {
        (Ok(digits), Ok(unit)) => (u128::from(digits / unit), u128::from(digits % unit)),
        _ => (digits / unit, digits % unit),
    };
    if rest == 0 {
        return Some((kept, false));
    }
    let last = || u64::try_from(kept % 10).unwrap_or_default();
    let up = rounding.goes_up(negative, (rest * 2).cmp(&unit), last);
    Some((kept + u128::from(up), true))
}

/// Drops trailing zeros as long as the exponent is below `limit`.
fn strip_zeros(digits: u128, exp: i64, limit: i64) -> (u128, i64) {
    let (mut digits, mut exp) = (digits, exp);
    for (zeros, unit) in [(16, POWERS[16]), (8, POWERS[8]), (4, POWERS[4]), (2, 100), (1, 10)] {
        // A number that ends in n zeros is divisible by 2**n.
        while i64::from(digits.trailing_zeros()) >= zeros
            && exp + zeros <= limit
            && digits % unit == 0
        {
            digits /= unit;
            exp += zeros;
        }
    }
    (digits, exp)
}

impl Math {
    /// Whether results that begin at this exponent are in the range, however many digits they have.
    #[inline]
    fn is_inside(&self, exp: i64) -> bool {
        let highest = if self.rules.clamp { self.rules.etop() } else { self.rules.emax };
        exp >= self.rules.emin && exp < highest - 2 * DIGITS_MAX
    }

    /// A result, rounded to the precision.
    #[inline]
    fn finish_words(&mut self, negative: bool, digits: u128, exp: i64) -> Option<Number> {
        if !self.is_inside(exp) {
            return None;
        }
        // Without a limit: there can be no more digits than the precision.
        let Some(limit) = power(self.rules.prec).filter(|&limit| digits >= limit) else {
            return Some(Number::finite(negative, BigInt::from(digits), exp));
        };
        let mut excess = digit_count(digits) - self.rules.prec;
        let (mut kept, inexact) = drop_digits(digits, excess, negative, self.rules.rounding)?;
        if kept == limit {
            kept /= 10;
            excess += 1;
        }
        self.status |= if inexact { flag::ROUNDED | flag::INEXACT } else { flag::ROUNDED };
        Some(Number::finite(negative, BigInt::from(kept), exp + excess))
    }

    /// `a + b`, where `b` has the sign `b_negative`. None for a sum of zero too, whose sign has rules of its own.
    #[inline]
    pub(super) fn add_words(&mut self, a: &Number, b: &Number, b_negative: bool) -> Option<Number> {
        let (left, right, exp) = aligned(a, b)?;
        let (negative, digits) = if a.negative == b_negative {
            (a.negative, left.checked_add(right)?)
        } else if left >= right {
            (a.negative, left - right)
        } else {
            (b_negative, right - left)
        };
        if digits == 0 { None } else { self.finish_words(negative, digits, exp) }
    }

    /// `a * b`
    #[inline]
    pub(super) fn multiply_words(&mut self, a: &Number, b: &Number) -> Option<Number> {
        let digits = coefficient(a)?.checked_mul(coefficient(b)?)?;
        self.finish_words(a.negative != b.negative, digits, a.exp + b.exp)
    }

    /// `a / b`, neither of them zero.
    #[inline]
    pub(super) fn divide_words(&mut self, a: &Number, b: &Number) -> Option<Number> {
        let (left, right) = (coefficient(a)?, coefficient(b)?);
        if left == 0 || right == 0 {
            return None;
        }
        let shift = digit_count(right) - digit_count(left) + self.rules.prec + 1;
        let top = left.checked_mul(power(shift)?)?;
        let (mut quotient, rest) = (top / right, top % right);
        let ideal = a.exp - b.exp;
        let mut exp = ideal - shift;
        if rest == 0 {
            (quotient, exp) = strip_zeros(quotient, exp, ideal);
        } else if quotient % 5 == 0 {
            // Not exact: a last digit that decides no tie wrongly.
            quotient += 1;
        }
        self.finish_words(a.negative != b.negative, quotient, exp)
    }

    /// `a`, which is not zero, with the exponent of `b`.
    #[inline]
    pub(super) fn quantize_words(&mut self, a: &Number, b: &Number) -> Option<Number> {
        let digits = coefficient(a).filter(|&digits| digits != 0)?;
        if b.kind != Kind::Finite || !self.is_inside(b.exp) {
            return None;
        }
        let excess = b.exp - a.exp;
        let (digits, inexact) = if excess > 0 {
            drop_digits(digits, excess, a.negative, self.rules.rounding)?
        } else {
            (digits.checked_mul(power(-excess)?)?, false)
        };
        if power(self.rules.prec).is_some_and(|limit| digits >= limit) {
            return None;
        }
        if excess > 0 {
            self.status |= if inexact { flag::ROUNDED | flag::INEXACT } else { flag::ROUNDED };
        }
        Some(Number::finite(a.negative, BigInt::from(digits), b.exp))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_digits() {
        for (n, &power) in POWERS.iter().enumerate() {
            let n = i64::try_from(n).unwrap_or_default();
            assert_eq!(digit_count(power), n + 1);
            assert_eq!(digit_count(power - 1), n);
        }
        assert_eq!(digit_count(u128::MAX), 39);
    }
}
