//! Powers, roots, exponentials and logarithms, correctly rounded: more digits are computed until the last one is certain.

use std::cmp::Ordering;

use base::int::BigInt;

use super::number::{Math, Number, Rounding, digit_count, divide_pow10, flag, pow10, times_pow10};

fn int(number: i64) -> BigInt {
    BigInt::from(number)
}

/// `a / b` to the nearest, ties to even.
fn nearest(a: &BigInt, b: &BigInt) -> BigInt {
    a.divmod_near(b).map(|(quotient, _)| quotient).unwrap_or_default()
}

fn length(number: &BigInt) -> i64 {
    digit_count(&number.abs())
}

/// Digits of a number shifted by `10**shift`, rounded to the nearest.
fn shifted(number: &BigInt, shift: i64) -> BigInt {
    if shift >= 0 { times_pow10(number, shift) } else { nearest(number, &pow10(-shift)) }
}

fn isqrt(number: &BigInt) -> BigInt {
    number.isqrt().unwrap_or_default()
}

/// The square root to the nearest.
fn sqrt_nearest(number: &BigInt) -> BigInt {
    let root = isqrt(number);
    let rest = number - &root.square();
    if rest > root { &root + &BigInt::ONE } else { root }
}

/// `number / 2**shift` to the nearest.
fn shift_nearest(number: &BigInt, shift: i64) -> BigInt {
    let shift = usize::try_from(shift).unwrap_or_default();
    if shift == 0 { number.clone() } else { nearest(number, &BigInt::ONE.shift_left(shift)) }
}

/// Terms of the series for an accuracy of `unit`.
fn terms(unit: &BigInt, bits: i64) -> i64 {
    (10 * length(unit) + 3 * bits - 1) / (3 * bits)
}

/// `unit * ln(x / unit)`, for an `x` near `unit` up to a factor of 10.
fn log_of(x: &BigInt, unit: &BigInt) -> BigInt {
    const BITS: i64 = 8;
    let mut y = x - unit;
    let mut reductions = 0_i64;
    loop {
        let size = y.abs();
        let far = if reductions <= BITS {
            let shift = usize::try_from(BITS - reductions).unwrap_or_default();
            size.shift_left(shift) >= *unit
        } else {
            let shift = usize::try_from(reductions - BITS).unwrap_or_default();
            size.shift_right(shift) >= *unit
        };
        if !far {
            break;
        }
        let inner = &(unit + &shift_nearest(&y, reductions)) * unit;
        let root = sqrt_nearest(&inner);
        y = nearest(&(unit * &y).shift_left(1), &(unit + &root));
        reductions += 1;
    }
    let count = terms(unit, BITS);
    let argument = shift_nearest(&y, reductions);
    let mut sum = nearest(unit, &int(count));
    for k in (1..count).rev() {
        sum = &nearest(unit, &int(k)) - &nearest(&(&argument * &sum), unit);
    }
    nearest(&(&sum * &y), unit)
}

/// `unit * exp(x / unit)`
fn exp_of(x: &BigInt, unit: &BigInt) -> BigInt {
    const BITS: i64 = 8;
    let scaled = x.shift_left(8).div_floor(unit).unwrap_or_default();
    let reductions = scaled.abs().bit_length();
    let count = terms(unit, BITS);
    let wide = unit.shift_left(reductions);
    let mut y = nearest(x, &int(count));
    for k in (1..count).rev() {
        y = nearest(&(x * &(&wide + &y)), &(&wide * &int(k)));
    }
    for k in (0..reductions).rev() {
        let wide = unit.shift_left(k + 2);
        y = nearest(&(&y * &(&y + &wide)), &wide);
    }
    unit + &y
}

/// `floor(ln(10) * 10**places)`
fn ln10_digits(places: i64) -> BigInt {
    let mut extra = 3;
    loop {
        let unit = pow10(places + extra + 2);
        let digits = nearest(&log_of(&times_pow10(&unit, 1), &unit), &int(100));
        let (quotient, rest) = divide_pow10(&digits, extra);
        if !rest.is_zero() {
            return quotient;
        }
        extra += 3;
    }
}

/// `10**places * ln(c * 10**e)`, off by less than 1.
fn log(c: &BigInt, e: i64, places: i64) -> BigInt {
    let places = places + 2;
    let size = length(c);
    let f = e + size - i64::from(e + size >= 1);
    let of_digits =
        if places > 0 { log_of(&shifted(c, e + places - f), &pow10(places)) } else { BigInt::ZERO };
    let mut of_power = BigInt::ZERO;
    if f != 0 {
        let extra = length(&int(f)) - 1;
        if places + extra >= 0 {
            of_power = nearest(&(&int(f) * &ln10_digits(places + extra)), &pow10(extra));
        }
    }
    nearest(&(&of_power + &of_digits), &int(100))
}

/// `10**places * log10(c * 10**e)`, off by less than 1.
fn log10(c: &BigInt, e: i64, places: i64) -> BigInt {
    let places = places + 2;
    let size = length(c);
    let f = e + size - i64::from(e + size >= 1);
    let (of_digits, of_power) = if places > 0 {
        let unit = pow10(places);
        let ln = log_of(&shifted(c, e + places - f), &unit);
        let of_digits = nearest(&(&ln * &unit), &ln10_digits(places));
        (of_digits, &int(f) * &*unit)
    } else {
        (BigInt::ZERO, nearest(&int(f), &pow10(-places)))
    };
    nearest(&(&of_power + &of_digits), &int(100))
}

/// Digits and exponent of `exp(c * 10**e)`, with `places` good digits.
fn exp(c: &BigInt, e: i64, places: i64) -> (BigInt, i64) {
    let places = places + 2;
    let extra = (e + length(c) - 1).max(0);
    let q = places + extra;
    let shift = e + q;
    let scaled = if shift >= 0 {
        times_pow10(c, shift)
    } else {
        c.div_floor(&pow10(-shift)).unwrap_or_default()
    };
    let (quotient, rest) = scaled.divmod_floor(&ln10_digits(q)).unwrap_or_default();
    let rest = nearest(&rest, &pow10(extra));
    let digits = nearest(&exp_of(&rest, &pow10(places)), &int(1000));
    (digits, quotient.to_i64().unwrap_or_default() - places + 3)
}

/// Digits and exponent of `x ** y` with `places` good digits.
fn power(x: (&BigInt, i64), y: (&BigInt, i64), places: i64) -> (BigInt, i64) {
    let b = length(y.0) + y.1;
    let ln = log(x.0, x.1, places + b + 1);
    let product = shifted(&(&ln * y.0), y.1 - b);
    if product.is_zero() {
        // Not exactly 1, so that the side is known.
        let above = (length(x.0) + x.1 >= 1) != y.0.is_negative();
        return if above {
            (&*pow10(places - 1) + &BigInt::ONE, 1 - places)
        } else {
            (&*pow10(places) - &BigInt::ONE, -places)
        };
    }
    let (digits, exponent) = exp(&product, -(places + 1), places + 1);
    (nearest(&digits, &int(10)), exponent + 1)
}

/// Whether digits beyond the first `prec` decide how the number is rounded.
fn is_decided(digits: &BigInt, prec: i64) -> bool {
    let spare = length(digits) - prec - 1;
    if spare < 0 {
        return false;
    }
    let unit = times_pow10(&int(5), spare);
    digits.abs().mod_floor(&unit).is_ok_and(|rest| !rest.is_zero())
}

fn signed(number: &Number) -> BigInt {
    if number.negative { -&number.digits } else { number.digits.clone() }
}

/// Room for the digits that an intermediate result has more than the result.
const SPARE: i64 = 100;

impl Math {
    /// Rounds half to even, whatever the context says, and notes what happened.
    fn finalize_even(&mut self, number: Number) -> Number {
        let rounding = std::mem::replace(&mut self.rules.rounding, Rounding::HalfEven);
        let result = self.finalize(number);
        self.rules.rounding = rounding;
        result
    }

    pub(super) fn sqrt(&mut self, a: &Number) -> Number {
        if let Some(nan) = self.nan_of(&[a]) {
            return nan;
        }
        if a.is_zero() {
            let exp = a.exp.div_euclid(2);
            return self.finalize(Number::finite(a.negative, BigInt::ZERO, exp));
        }
        if a.negative {
            return self.invalid(flag::INVALID_OPERATION);
        }
        if a.is_infinite() {
            return a.clone();
        }
        let prec = self.rules.prec + 1;
        if !self.has_room(prec) {
            return Number::nan();
        }
        let mut e = a.exp.div_euclid(2);
        let odd = a.exp.rem_euclid(2) == 1;
        let (mut c, pairs) = if odd {
            (times_pow10(&a.digits, 1), a.len() / 2 + 1)
        } else {
            (a.digits.clone(), (a.len() + 1) / 2)
        };
        let shift = prec - pairs;
        let mut exact = true;
        if shift >= 0 {
            c = times_pow10(&c, 2 * shift);
        } else {
            let (quotient, rest) = divide_pow10(&c, -2 * shift);
            exact = rest.is_zero();
            c = quotient;
        }
        e -= shift;
        let mut root = isqrt(&c);
        exact = exact && root.square() == c;
        if exact {
            root =
                if shift >= 0 { divide_pow10(&root, shift).0 } else { times_pow10(&root, -shift) };
            e += shift;
        } else if root.mod_floor(&int(5)).is_ok_and(|rest| rest.is_zero()) {
            root = &root + &BigInt::ONE;
        }
        self.finalize_even(Number::finite(false, root, e))
    }

    pub(super) fn exp(&mut self, a: &Number) -> Number {
        if let Some(nan) = self.nan_of(&[a]) {
            return nan;
        }
        if a.is_infinite() {
            return if a.negative { Number::small(0) } else { a.clone() };
        }
        if a.is_zero() {
            return Number::small(1);
        }
        let prec = self.rules.prec;
        if !self.has_room(prec + SPARE) {
            return Number::nan();
        }
        let adjusted = a.adjusted();
        let result = if !a.negative
            && adjusted > length(&int((self.rules.emax + 1).saturating_mul(3)))
        {
            Number::finite(false, BigInt::ONE, self.rules.emax + 1)
        } else if a.negative && adjusted > length(&int((1 - self.rules.etiny()).saturating_mul(3)))
        {
            Number::finite(false, BigInt::ONE, self.rules.etiny() - 1)
        } else if !a.negative && adjusted < -prec {
            Number::finite(false, &*pow10(prec) + &BigInt::ONE, -prec)
        } else if a.negative && adjusted < -prec - 1 {
            Number::finite(false, &*pow10(prec + 1) - &BigInt::ONE, -prec - 1)
        } else {
            let c = signed(a);
            let mut extra = 3;
            loop {
                let (digits, exponent) = exp(&c, a.exp, prec + extra);
                if is_decided(&digits, prec) {
                    break Number::finite(false, digits, exponent);
                }
                extra += 3;
            }
        };
        self.finalize_even(result)
    }

    /// The answers of logarithms that need no computation.
    fn log_special(&mut self, a: &Number) -> Option<Number> {
        if let Some(nan) = self.nan_of(&[a]) {
            return Some(nan);
        }
        if a.is_zero() {
            return Some(Number::infinite(true));
        }
        if a.negative {
            return Some(self.invalid(flag::INVALID_OPERATION));
        }
        if a.is_infinite() {
            return Some(a.clone());
        }
        if !self.has_room(self.rules.prec + SPARE) {
            return Some(Number::nan());
        }
        None
    }

    fn logarithm(
        &mut self,
        a: &Number,
        bound: i64,
        compute: fn(&BigInt, i64, i64) -> BigInt,
    ) -> Number {
        let prec = self.rules.prec;
        let mut places = prec - bound + 2;
        let digits = loop {
            let digits = compute(&a.digits, a.exp, places);
            if is_decided(&digits, prec) {
                break digits;
            }
            places += 3;
        };
        self.finalize_even(Number::finite(digits.is_negative(), digits.abs(), -places))
    }

    pub(super) fn ln(&mut self, a: &Number) -> Number {
        if let Some(result) = self.log_special(a) {
            return result;
        }
        if super::arith::compare(a, &Number::small(1)) == Ordering::Equal {
            return Number::small(0);
        }
        let adjusted = a.adjusted();
        let bound = if adjusted >= 1 {
            length(&int(adjusted.saturating_mul(23) / 10)) - 1
        } else if adjusted <= -2 {
            length(&int((-1 - adjusted).saturating_mul(23) / 10)) - 1
        } else {
            near_one_bound(a)
        };
        self.logarithm(a, bound, log)
    }

    pub(super) fn log10(&mut self, a: &Number) -> Number {
        if let Some(result) = self.log_special(a) {
            return result;
        }
        let adjusted = a.adjusted();
        if a.digits == *pow10(a.len() - 1) {
            return self.finalize(Number::small(adjusted));
        }
        let bound = if adjusted >= 1 {
            length(&int(adjusted)) - 1
        } else if adjusted <= -2 {
            length(&int(-1 - adjusted)) - 1
        } else {
            // ln(10) is below 2.31.
            near_one_bound(a) - 1
        };
        self.logarithm(a, bound, log10)
    }

    /// A power of one with as many places as there are digits.
    fn padded_one(&mut self, places: i64, negative: bool) -> Number {
        if !self.has_room(places) {
            return Number::nan();
        }
        Number::finite(negative, pow10(places).into_owned(), -places)
    }

    pub(super) fn power(&mut self, a: &Number, b: &Number) -> Number {
        if let Some(nan) = self.nan_of(&[a, b]) {
            return nan;
        }
        let whole = b.is_integer();
        let negative = a.negative && whole && b.is_odd();
        let one = || Number::finite(negative, BigInt::ONE, 0);
        let zero = || Number::finite(negative, BigInt::ZERO, 0);
        if a.is_zero() {
            return if b.is_zero() {
                self.invalid(flag::INVALID_OPERATION)
            } else if b.negative {
                Number::infinite(negative)
            } else {
                zero()
            };
        }
        if a.negative && (!whole || b.is_infinite()) {
            return self.invalid(flag::INVALID_OPERATION);
        }
        let prec = self.rules.prec;
        let size = super::arith::compare(&a.with_sign(false), &Number::small(1));
        if b.is_infinite() {
            return match size {
                Ordering::Equal => {
                    self.status |= flag::INEXACT | flag::ROUNDED;
                    self.padded_one(prec - 1, false)
                }
                order if order.is_lt() == b.negative => Number::infinite(negative),
                _ => zero(),
            };
        }
        if a.is_infinite() {
            return if b.is_zero() {
                one()
            } else if b.negative {
                zero()
            } else {
                Number::infinite(negative)
            };
        }
        if b.is_zero() {
            return one();
        }
        if size.is_eq() {
            return self.power_of_one(a, b, whole, negative);
        }
        if let Some(result) = self.power_bounds(a, b, size, negative) {
            return self.finalize(result);
        }
        if !self.has_room(prec + SPARE) {
            return Number::nan();
        }
        if whole { self.power_int(a, b, negative) } else { self.power_real(a, b) }
    }

    fn power_of_one(&mut self, a: &Number, b: &Number, whole: bool, negative: bool) -> Number {
        let prec = self.rules.prec;
        if !whole {
            self.status |= flag::INEXACT | flag::ROUNDED;
            return self.padded_one(prec - 1, negative);
        }
        if b.negative {
            return Number::finite(negative, BigInt::ONE, 0);
        }
        let exponent = times_pow10(&b.digits, b.exp.clamp(0, 20)).to_i64();
        let places = exponent
            .filter(|_| b.exp <= 18)
            .map_or(i64::MAX, |exponent| exponent.saturating_mul(-a.exp));
        let places = if places > prec - 1 {
            self.status |= flag::ROUNDED;
            prec - 1
        } else {
            places
        };
        if places <= 0 {
            return Number::finite(negative, BigInt::ONE, 0);
        }
        self.padded_one(places, negative)
    }

    /// A result that is certainly beyond the range of exponents.
    fn power_bounds(
        &mut self,
        a: &Number,
        b: &Number,
        size: Ordering,
        negative: bool,
    ) -> Option<Number> {
        let adjusted = a.adjusted();
        let grows = size.is_gt() != b.negative;
        // A bound of log10 of |log10(a)|.
        let bound = if adjusted >= 1 {
            length(&int(adjusted)) - 1
        } else if adjusted <= -2 {
            length(&int(-1 - adjusted)) - 1
        } else {
            near_one_bound(a) - 1
        };
        let reached = bound + b.adjusted();
        if grows {
            (reached >= length(&int(self.rules.emax)))
                .then(|| Number::finite(negative, BigInt::ONE, self.rules.emax + 1))
        } else {
            let etiny = self.rules.etiny();
            (reached >= length(&int(-etiny)))
                .then(|| Number::finite(negative, BigInt::ONE, etiny - 1))
        }
    }

    fn power_int(&mut self, a: &Number, b: &Number, negative: bool) -> Number {
        let mut work = self.apart(|rules| {
            rules.prec += b.len() + b.exp + 2 + i64::from(b.negative);
            rules.rounding = Rounding::HalfEven;
            rules.clamp = false;
        });
        let base = if b.negative { work.divide(&Number::small(1), a) } else { a.clone() };
        let exponent = if b.exp >= 0 {
            times_pow10(&b.digits, b.exp)
        } else {
            divide_pow10(&b.digits, -b.exp).0
        };
        let mut result = base.clone();
        for bit in (0..exponent.bit_length().saturating_sub(1)).rev() {
            result = work.multiply(&result, &result);
            if exponent.bit(bit) {
                result = work.multiply(&result, &base);
            }
            if result.is_special() || (result.is_zero() && work.status & flag::CLAMPED != 0) {
                break;
            }
        }
        self.status |= work.status;
        if result.is_infinite() {
            return self.finalize(Number::finite(negative, BigInt::ONE, i64::MAX / 4));
        }
        self.finalize(result.with_sign(negative))
    }

    fn power_real(&mut self, a: &Number, b: &Number) -> Number {
        let prec = self.rules.prec;
        let exponent = signed(b);
        let mut extra = 3;
        let (digits, exp) = loop {
            let (digits, exp) = power((&a.digits, a.exp), (&exponent, b.exp), prec + extra);
            if is_decided(&digits, prec) || extra > prec + 40 {
                break (digits, exp);
            }
            extra += 3;
        };
        self.status |= flag::INEXACT | flag::ROUNDED;
        self.finalize(Number::finite(false, digits, exp))
    }

    /// `a ** b % modulus` of integers.
    pub(super) fn power_mod(&mut self, a: &Number, b: &Number, modulus: &Number) -> Number {
        if let Some(nan) = self.nan_of(&[a, b, modulus]) {
            return nan;
        }
        let refused = !a.is_integer()
            || !b.is_integer()
            || !modulus.is_integer()
            || (b.negative && !b.is_zero())
            || modulus.is_zero()
            || modulus.adjusted() >= self.rules.prec
            || (a.is_zero() && b.is_zero());
        if refused {
            return self.invalid(flag::INVALID_OPERATION);
        }
        let negative = a.negative && b.is_odd();
        let whole = |number: &Number| {
            if number.exp >= 0 {
                times_pow10(&number.digits, number.exp)
            } else {
                divide_pow10(&number.digits, -number.exp).0
            }
        };
        if !self.has_room(b.exp.max(0)) {
            return Number::nan();
        }
        let modulus = whole(modulus);
        let scale = int(10).pow_mod(&int(a.exp.max(0)), &modulus).unwrap_or_default();
        let digits = if a.exp >= 0 { a.digits.clone() } else { whole(a) };
        let base = (&digits * &scale).mod_floor(&modulus).unwrap_or_default();
        let result = base.pow_mod(&whole(b), &modulus).unwrap_or_default();
        self.finalize(Number::finite(negative && !result.is_zero(), result, 0))
    }
}

/// A lower bound of the exponent of `ln(a)` for a number between 0.1 and 10.
fn near_one_bound(a: &Number) -> i64 {
    // 1 - 1/x <= ln(x) <= x - 1
    let unit = pow10(-a.exp);
    if a.adjusted() == 0 {
        let top = (&a.digits - &*unit).to_radix(10);
        let bottom = a.text();
        let size = |text: &str| i64::try_from(text.len()).unwrap_or_default();
        size(&top) - size(&bottom) - i64::from(top < bottom)
    } else {
        a.exp + length(&(&*unit - &a.digits)) - 1
    }
}
