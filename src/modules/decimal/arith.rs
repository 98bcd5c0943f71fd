//! Arithmetic: sums, products, quotients, remainders, comparisons, and rounding to an exponent.

use std::cmp::Ordering;

use base::int::BigInt;

use super::number::{
    Kind, Math, Number, Rounding, digit_count, divide_pow10, drop_digits, flag, pow10, times_pow10,
};
use super::words;

/// The order of two numbers that are no NaNs.
pub(super) fn compare(a: &Number, b: &Number) -> Ordering {
    let sign = |number: &Number| match (number.is_zero(), number.negative) {
        (true, _) => 0,
        (false, true) => -1,
        (false, false) => 1,
    };
    let (left, right) = (sign(a), sign(b));
    if left != right || left == 0 {
        return left.cmp(&right);
    }
    let magnitudes = words::compare(a, b).unwrap_or_else(|| compare_magnitudes(a, b));
    if a.negative { magnitudes.reverse() } else { magnitudes }
}

fn compare_magnitudes(a: &Number, b: &Number) -> Ordering {
    match (a.is_infinite(), b.is_infinite()) {
        (true, true) => return Ordering::Equal,
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        _ => {}
    }
    if a.digits.is_zero() || b.digits.is_zero() {
        return b.digits.is_zero().cmp(&a.digits.is_zero());
    }
    a.adjusted().cmp(&b.adjusted()).then_with(|| match a.exp.cmp(&b.exp) {
        Ordering::Equal => a.digits.cmp(&b.digits),
        Ordering::Greater => times_pow10(&a.digits, a.exp - b.exp).cmp(&b.digits),
        Ordering::Less => a.digits.cmp(&times_pow10(&b.digits, b.exp - a.exp)),
    })
}

/// The order of the abstract representations (`compare_total`).
pub(super) fn compare_total(a: &Number, b: &Number) -> Ordering {
    if a.negative != b.negative {
        return b.negative.cmp(&a.negative);
    }
    let rank = |number: &Number| match number.kind {
        Kind::Finite => 0,
        Kind::Infinite => 1,
        Kind::Signaling => 2,
        Kind::Quiet => 3,
    };
    let magnitudes = rank(a).cmp(&rank(b)).then_with(|| match a.kind {
        Kind::Infinite => Ordering::Equal,
        Kind::Finite => compare_magnitudes(a, b).then(a.exp.cmp(&b.exp)),
        _ => a.digits.cmp(&b.digits),
    });
    if a.negative { magnitudes.reverse() } else { magnitudes }
}

fn ordering_number(ordering: Ordering) -> Number {
    Number::small(ordering as i64)
}

impl Math {
    pub(super) fn add(&mut self, a: &Number, b: &Number) -> Number {
        match self.add_words(a, b, b.negative) {
            Some(sum) => sum,
            None => self.add_any(a, b),
        }
    }

    fn add_any(&mut self, a: &Number, b: &Number) -> Number {
        if a.is_special() || b.is_special() {
            if let Some(nan) = self.nan_of(&[a, b]) {
                return nan;
            }
            return match (a.is_infinite(), b.is_infinite()) {
                (true, true) if a.negative != b.negative => self.invalid(flag::INVALID_OPERATION),
                (true, _) => Number::infinite(a.negative),
                _ => Number::infinite(b.negative),
            };
        }
        let exp = a.exp.min(b.exp);
        let zero_sign = self.rules.rounding == Rounding::Floor && a.negative != b.negative;
        match (a.digits.is_zero(), b.digits.is_zero()) {
            (true, true) => {
                let negative = (a.negative && b.negative) || zero_sign;
                return self.finalize(Number::finite(negative, BigInt::ZERO, exp));
            }
            (true, false) => return self.add_zero(b, exp),
            (false, true) => return self.add_zero(a, exp),
            _ => {}
        }
        let (left, right, common) = self.aligned(a, b);
        if a.negative == b.negative {
            return self.finalize(Number::finite(a.negative, &left + &right, common));
        }
        match left.cmp(&right) {
            Ordering::Equal => self.finalize(Number::finite(zero_sign, BigInt::ZERO, exp)),
            Ordering::Greater => self.finalize(Number::finite(a.negative, &left - &right, common)),
            Ordering::Less => self.finalize(Number::finite(b.negative, &right - &left, common)),
        }
    }

    fn add_zero(&mut self, number: &Number, exp: i64) -> Number {
        let exp = exp.max(number.exp - self.rules.prec - 1);
        let rounding = self.rules.rounding;
        let number = self.rescale(number, exp, rounding);
        self.finalize(number)
    }

    /// The digits of both at one exponent. A number far below the other's last digit is replaced by one that has the same effect.
    fn aligned(&self, a: &Number, b: &Number) -> (BigInt, BigInt, i64) {
        if a.exp == b.exp {
            return (a.digits.clone(), b.digits.clone(), a.exp);
        }
        let swapped = a.exp < b.exp;
        let (high, low) = if swapped { (b, a) } else { (a, b) };
        let least = high.exp + (high.len() - self.rules.prec - 2).min(-1);
        let (low_digits, common) = if low.adjusted() < least {
            (BigInt::ONE, least)
        } else {
            (low.digits.clone(), low.exp)
        };
        let high_digits = times_pow10(&high.digits, high.exp - common);
        if swapped { (low_digits, high_digits, common) } else { (high_digits, low_digits, common) }
    }

    pub(super) fn subtract(&mut self, a: &Number, b: &Number) -> Number {
        if let Some(difference) = self.add_words(a, b, !b.negative) {
            return difference;
        }
        if b.is_nan() || a.is_nan() {
            return self.nan_of(&[a, b]).unwrap_or_else(Number::nan);
        }
        self.add_any(a, &b.with_sign(!b.negative))
    }

    pub(super) fn multiply(&mut self, a: &Number, b: &Number) -> Number {
        if let Some(product) = self.multiply_words(a, b) {
            return product;
        }
        let product = self.exact_product(a, b);
        self.finalize(product)
    }

    fn exact_product(&mut self, a: &Number, b: &Number) -> Number {
        let negative = a.negative != b.negative;
        if a.is_special() || b.is_special() {
            if let Some(nan) = self.nan_of(&[a, b]) {
                return nan;
            }
            if a.is_zero() || b.is_zero() {
                return self.invalid(flag::INVALID_OPERATION);
            }
            return Number::infinite(negative);
        }
        Number::finite(negative, &a.digits * &b.digits, a.exp + b.exp)
    }

    /// `a * b + c`, rounded once.
    pub(super) fn fma(&mut self, a: &Number, b: &Number, c: &Number) -> Number {
        if a.is_special() || b.is_special() || c.is_special() {
            // Zero times infinity comes before the third operand, whatever that is.
            let undefined = (a.is_infinite() && b.is_zero()) || (a.is_zero() && b.is_infinite());
            if undefined {
                return self.invalid(flag::INVALID_OPERATION);
            }
            if let Some(nan) = self.nan_of(&[a, b, c]) {
                return nan;
            }
        }
        let product = self.exact_product(a, b);
        self.add(&product, c)
    }

    pub(super) fn divide(&mut self, a: &Number, b: &Number) -> Number {
        if let Some(quotient) = self.divide_words(a, b) {
            return quotient;
        }
        let negative = a.negative != b.negative;
        if a.is_special() || b.is_special() {
            if let Some(nan) = self.nan_of(&[a, b]) {
                return nan;
            }
            return match (a.is_infinite(), b.is_infinite()) {
                (true, true) => self.invalid(flag::INVALID_OPERATION),
                (true, false) => Number::infinite(negative),
                _ => {
                    self.status |= flag::CLAMPED;
                    Number::finite(negative, BigInt::ZERO, self.rules.etiny())
                }
            };
        }
        if b.digits.is_zero() {
            if a.digits.is_zero() {
                return self.invalid(flag::DIVISION_UNDEFINED);
            }
            self.status |= flag::DIVISION_BY_ZERO;
            return Number::infinite(negative);
        }
        let ideal = a.exp - b.exp;
        if a.digits.is_zero() {
            return self.finalize(Number::finite(negative, BigInt::ZERO, ideal));
        }
        let shift = b.len() - a.len() + self.rules.prec + 1;
        if !self.has_room(shift.abs()) {
            return Number::nan();
        }
        let mut exp = ideal - shift;
        let (top, bottom) = if shift >= 0 {
            (times_pow10(&a.digits, shift), b.digits.clone())
        } else {
            (a.digits.clone(), times_pow10(&b.digits, -shift))
        };
        let (mut quotient, rest) = top.divmod_floor(&bottom).unwrap_or_default();
        if rest.is_zero() {
            (quotient, exp) = strip_zeros(quotient, exp, ideal);
        } else if divide_by_five_is_exact(&quotient) {
            // Not exact: a last digit that decides no tie wrongly.
            quotient = &quotient + &BigInt::ONE;
        }
        self.finalize(Number::finite(negative, quotient, exp))
    }

    /// The whole quotient and the remainder of numbers that are finite, the second not zero.
    fn whole_division(&mut self, a: &Number, b: &Number) -> Option<(Number, Number)> {
        let negative = a.negative != b.negative;
        let ideal = if b.is_infinite() { a.exp } else { a.exp.min(b.exp) };
        let rounding = self.rules.rounding;
        let zero = Number::finite(negative, BigInt::ZERO, 0);
        if a.digits.is_zero() || b.is_infinite() {
            return Some((zero, self.rescale(a, ideal, rounding)));
        }
        let distance = a.adjusted() - b.adjusted();
        if distance <= -2 {
            return Some((zero, self.rescale(a, ideal, rounding)));
        }
        if distance <= self.rules.prec && self.has_room(distance.abs()) {
            let (left, right) = if a.exp >= b.exp {
                (times_pow10(&a.digits, a.exp - b.exp), b.digits.clone())
            } else {
                (a.digits.clone(), times_pow10(&b.digits, b.exp - a.exp))
            };
            let (quotient, rest) = left.divmod_floor(&right).unwrap_or_default();
            if digit_count(&quotient) <= self.rules.prec {
                return Some((
                    Number::finite(negative, quotient, 0),
                    Number::finite(a.negative, rest, ideal),
                ));
            }
        }
        self.status |= flag::DIVISION_IMPOSSIBLE;
        None
    }

    pub(super) fn divide_int(&mut self, a: &Number, b: &Number) -> Number {
        if let Some(nan) = self.nan_of(&[a, b]) {
            return nan;
        }
        let negative = a.negative != b.negative;
        if a.is_infinite() {
            if b.is_infinite() {
                return self.invalid(flag::INVALID_OPERATION);
            }
            return Number::infinite(negative);
        }
        if b.is_zero() {
            if a.is_zero() {
                return self.invalid(flag::DIVISION_UNDEFINED);
            }
            self.status |= flag::DIVISION_BY_ZERO;
            return Number::infinite(negative);
        }
        match self.whole_division(a, b) {
            Some((quotient, _)) => self.finalize(quotient),
            None => Number::nan(),
        }
    }

    /// What operands without a remainder give: a NaN in one, an infinite dividend, a divisor of zero.
    fn no_remainder(&mut self, a: &Number, b: &Number) -> Option<Number> {
        if let Some(nan) = self.nan_of(&[a, b]) {
            return Some(nan);
        }
        if a.is_infinite() {
            return Some(self.invalid(flag::INVALID_OPERATION));
        }
        if !b.is_zero() {
            return None;
        }
        let undefined = a.is_zero();
        let reason = if undefined { flag::DIVISION_UNDEFINED } else { flag::INVALID_OPERATION };
        Some(self.invalid(reason))
    }

    pub(super) fn remainder(&mut self, a: &Number, b: &Number) -> Number {
        if let Some(nan) = self.no_remainder(a, b) {
            return nan;
        }
        match self.whole_division(a, b) {
            Some((_, rest)) => self.finalize(rest),
            None => Number::nan(),
        }
    }

    pub(super) fn divmod(&mut self, a: &Number, b: &Number) -> (Number, Number) {
        if let Some(nan) = self.nan_of(&[a, b]) {
            return (nan.clone(), nan);
        }
        let negative = a.negative != b.negative;
        if a.is_infinite() {
            let rest = self.invalid(flag::INVALID_OPERATION);
            let quotient = if b.is_infinite() { Number::nan() } else { Number::infinite(negative) };
            return (quotient, rest);
        }
        if b.is_zero() {
            if a.is_zero() {
                let nan = self.invalid(flag::DIVISION_UNDEFINED);
                return (nan.clone(), nan);
            }
            self.status |= flag::DIVISION_BY_ZERO | flag::INVALID_OPERATION;
            return (Number::infinite(negative), Number::nan());
        }
        match self.whole_division(a, b) {
            Some((quotient, rest)) => (self.finalize(quotient), self.finalize(rest)),
            None => (Number::nan(), Number::nan()),
        }
    }

    pub(super) fn remainder_near(&mut self, a: &Number, b: &Number) -> Number {
        if let Some(nan) = self.no_remainder(a, b) {
            return nan;
        }
        if b.is_infinite() {
            return self.finalize(a.clone());
        }
        let ideal = a.exp.min(b.exp);
        if a.is_zero() {
            return self.finalize(Number::finite(a.negative, BigInt::ZERO, ideal));
        }
        let distance = a.adjusted() - b.adjusted();
        if distance > self.rules.prec {
            return self.invalid(flag::DIVISION_IMPOSSIBLE);
        }
        if distance <= -2 {
            let rounding = self.rules.rounding;
            let rest = self.rescale(a, ideal, rounding);
            return self.finalize(rest);
        }
        let (left, right) = if a.exp >= b.exp {
            (times_pow10(&a.digits, a.exp - b.exp), b.digits.clone())
        } else {
            (a.digits.clone(), times_pow10(&b.digits, b.exp - a.exp))
        };
        let (mut quotient, mut rest) = left.divmod_floor(&right).unwrap_or_default();
        let twice = &(&rest + &rest) + &BigInt::from(i64::from(quotient.is_odd()));
        if twice > right {
            rest = &rest - &right;
            quotient = &quotient + &BigInt::ONE;
        }
        if digit_count(&quotient) > self.rules.prec {
            return self.invalid(flag::DIVISION_IMPOSSIBLE);
        }
        let negative = a.negative != rest.is_negative();
        self.finalize(Number::finite(negative, rest.abs(), ideal))
    }

    pub(super) fn plus(&mut self, a: &Number) -> Number {
        self.signed(a, a.negative)
    }

    pub(super) fn minus(&mut self, a: &Number) -> Number {
        self.signed(a, !a.negative)
    }

    pub(super) fn abs(&mut self, a: &Number) -> Number {
        self.signed(a, false)
    }

    fn signed(&mut self, a: &Number, negative: bool) -> Number {
        if let Some(nan) = self.nan_of(&[a]) {
            return nan;
        }
        let negative = if a.is_zero() {
            // A zero is positive, but for rounding down.
            negative && self.rules.rounding == Rounding::Floor
        } else {
            negative
        };
        self.finalize(a.with_sign(negative))
    }

    pub(super) fn compare(&mut self, a: &Number, b: &Number) -> Number {
        match self.nan_of(&[a, b]) {
            Some(nan) => nan,
            None => ordering_number(compare(a, b)),
        }
    }

    pub(super) fn compare_signal(&mut self, a: &Number, b: &Number) -> Number {
        match self.nan_of(&[a, b]) {
            Some(nan) => {
                self.status |= flag::INVALID_OPERATION;
                nan
            }
            None => ordering_number(compare(a, b)),
        }
    }

    pub(super) fn compare_total(&mut self, a: &Number, b: &Number) -> Number {
        ordering_number(compare_total(a, b))
    }

    pub(super) fn compare_total_mag(&mut self, a: &Number, b: &Number) -> Number {
        ordering_number(compare_total(&a.with_sign(false), &b.with_sign(false)))
    }

    fn extreme(&mut self, a: &Number, b: &Number, largest: bool, magnitude: bool) -> Number {
        if a.is_nan() || b.is_nan() {
            // One quiet NaN does not count.
            let quiet = |number: &Number| number.kind == Kind::Quiet;
            if quiet(a) && !b.is_nan() {
                return self.finalize(b.clone());
            }
            if quiet(b) && !a.is_nan() {
                return self.finalize(a.clone());
            }
            return self.nan_of(&[a, b]).unwrap_or_else(Number::nan);
        }
        let order = if magnitude {
            compare(&a.with_sign(false), &b.with_sign(false)).then_with(|| compare(a, b))
        } else {
            compare(a, b)
        };
        let order = order.then_with(|| compare_total(a, b));
        let first = if largest { order.is_gt() } else { order.is_lt() };
        self.finalize(if first { a.clone() } else { b.clone() })
    }

    pub(super) fn max(&mut self, a: &Number, b: &Number) -> Number {
        self.extreme(a, b, true, false)
    }

    pub(super) fn min(&mut self, a: &Number, b: &Number) -> Number {
        self.extreme(a, b, false, false)
    }

    pub(super) fn max_mag(&mut self, a: &Number, b: &Number) -> Number {
        self.extreme(a, b, true, true)
    }

    pub(super) fn min_mag(&mut self, a: &Number, b: &Number) -> Number {
        self.extreme(a, b, false, true)
    }

    /// Drops trailing zeros.
    pub(super) fn normalize(&mut self, a: &Number) -> Number {
        if let Some(nan) = self.nan_of(&[a]) {
            return nan;
        }
        let number = self.finalize(a.clone());
        if number.is_special() {
            return number;
        }
        if number.is_zero() {
            return Number::finite(number.negative, BigInt::ZERO, 0);
        }
        let highest = if self.rules.clamp { self.rules.etop() } else { self.rules.emax };
        let (digits, exp) = strip_zeros(number.digits, number.exp, highest);
        Number::finite(number.negative, digits, exp)
    }

    pub(super) fn quantize(&mut self, a: &Number, b: &Number) -> Number {
        if let Some(quantized) = self.quantize_words(a, b) {
            return quantized;
        }
        if a.is_special() || b.is_special() {
            if let Some(nan) = self.nan_of(&[a, b]) {
                return nan;
            }
            if a.is_infinite() && b.is_infinite() {
                return a.clone();
            }
            return self.invalid(flag::INVALID_OPERATION);
        }
        if b.exp < self.rules.etiny() || b.exp > self.rules.emax {
            return self.invalid(flag::INVALID_OPERATION);
        }
        if a.digits.is_zero() {
            return self.finalize(Number::finite(a.negative, BigInt::ZERO, b.exp));
        }
        let adjusted = a.adjusted();
        if adjusted > self.rules.emax || adjusted - b.exp + 1 > self.rules.prec {
            return self.invalid(flag::INVALID_OPERATION);
        }
        let (digits, inexact) = if a.exp >= b.exp {
            if !self.has_room(a.exp - b.exp) {
                return Number::nan();
            }
            (times_pow10(&a.digits, a.exp - b.exp), false)
        } else {
            drop_digits(&a.digits, b.exp - a.exp, a.negative, self.rules.rounding)
        };
        let result = Number::finite(a.negative, digits, b.exp);
        if result.adjusted() > self.rules.emax || result.len() > self.rules.prec {
            return self.invalid(flag::INVALID_OPERATION);
        }
        if !result.is_zero() && result.adjusted() < self.rules.emin {
            self.status |= flag::SUBNORMAL;
        }
        if b.exp > a.exp {
            self.status |= flag::ROUNDED;
            if inexact {
                self.status |= flag::INEXACT;
            }
        }
        self.finalize(result)
    }

    /// Rounds to an integer; `exact`: what was rounded is noted.
    fn integral(&mut self, a: &Number, exact: bool) -> Number {
        if let Some(nan) = self.nan_of(&[a]) {
            return nan;
        }
        if a.is_infinite() || a.exp >= 0 {
            return a.clone();
        }
        let (digits, inexact) = drop_digits(&a.digits, -a.exp, a.negative, self.rules.rounding);
        if exact {
            if !a.digits.is_zero() {
                self.status |= flag::ROUNDED;
            }
            if inexact {
                self.status |= flag::INEXACT;
            }
        }
        Number::finite(a.negative, digits, 0)
    }

    pub(super) fn integral_exact(&mut self, a: &Number) -> Number {
        self.integral(a, true)
    }

    pub(super) fn integral_value(&mut self, a: &Number) -> Number {
        self.integral(a, false)
    }
}

fn divide_by_five_is_exact(number: &BigInt) -> bool {
    number.mod_floor(&BigInt::from(5_i64)).is_ok_and(|rest| rest.is_zero())
}

/// Drops trailing zeros as long as the exponent is below `limit`.
pub(super) fn strip_zeros(digits: BigInt, exp: i64, limit: i64) -> (BigInt, i64) {
    let (mut digits, mut exp) = (digits, exp);
    let mut step = 16;
    while step > 0 && exp < limit {
        if exp + step > limit || digits.cmp_magnitude(&pow10(step)).is_lt() {
            step /= 2;
            continue;
        }
        // A number that ends in n zeros is divisible by 2**n.
        let even = digits.trailing_zeros().and_then(|zeros| i64::try_from(zeros).ok());
        if even.is_some_and(|zeros| zeros < step) {
            step /= 2;
            continue;
        }
        let (quotient, rest) = divide_pow10(&digits, step);
        if rest.is_zero() {
            digits = quotient;
            exp += step;
        } else {
            step /= 2;
        }
    }
    (digits, exp)
}
