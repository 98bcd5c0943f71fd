//! Operations on digits and exponents: logic, shifts, neighbours, classes.

use std::cmp::Ordering;

use base::int::BigInt;

use super::arith::compare;
use super::number::{Kind, Math, Number, Rounding, divide_pow10, flag, pow10, times_pow10};

/// What a logical operation does with two digits.
type Logic = fn(bool, bool) -> bool;

/// The digits of a logical operand, lowest first; None when it is none.
fn logical_digits(number: &Number, prec: i64) -> Option<Vec<bool>> {
    if number.negative || number.kind != Kind::Finite || number.exp != 0 {
        return None;
    }
    let mut digits = Vec::new();
    for digit in number.text().bytes().rev() {
        match digit {
            b'0' => digits.push(false),
            b'1' => digits.push(true),
            _ => return None,
        }
    }
    // A result has no more digits than the precision.
    digits.truncate(usize::try_from(prec).unwrap_or(usize::MAX));
    Some(digits)
}

fn from_digits(digits: &[bool]) -> Number {
    let text: String = digits.iter().rev().map(|&digit| if digit { '1' } else { '0' }).collect();
    Number::finite(false, BigInt::parse(&text, 10).unwrap_or_default(), 0)
}

impl Math {
    fn logical(&mut self, a: &Number, b: &Number, logic: Logic) -> Number {
        let prec = self.rules.prec;
        let (Some(left), Some(right)) = (logical_digits(a, prec), logical_digits(b, prec)) else {
            return self.invalid(flag::INVALID_OPERATION);
        };
        let at = |digits: &[bool], index: usize| digits.get(index).copied().unwrap_or(false);
        let count = left.len().max(right.len());
        let digits: Vec<bool> =
            (0..count).map(|index| logic(at(&left, index), at(&right, index))).collect();
        from_digits(&digits)
    }

    pub(super) fn logical_and(&mut self, a: &Number, b: &Number) -> Number {
        self.logical(a, b, |a, b| a && b)
    }

    pub(super) fn logical_or(&mut self, a: &Number, b: &Number) -> Number {
        self.logical(a, b, |a, b| a || b)
    }

    pub(super) fn logical_xor(&mut self, a: &Number, b: &Number) -> Number {
        self.logical(a, b, |a, b| a != b)
    }

    pub(super) fn logical_invert(&mut self, a: &Number) -> Number {
        let prec = self.rules.prec;
        let Some(mut digits) = logical_digits(a, prec) else {
            return self.invalid(flag::INVALID_OPERATION);
        };
        if !self.has_room(prec) {
            return Number::nan();
        }
        digits.resize(usize::try_from(prec).unwrap_or_default(), false);
        for digit in &mut digits {
            *digit = !*digit;
        }
        from_digits(&digits)
    }

    /// The operand of shifts and the like: an integer within `limit`.
    fn small_operand(&mut self, number: &Number, limit: i64) -> Option<i64> {
        let whole = number.kind == Kind::Finite && number.exp == 0;
        let size = number.digits.to_i64().filter(|&size| whole && size <= limit);
        match size {
            Some(size) => Some(if number.negative { -size } else { size }),
            None => {
                self.status |= flag::INVALID_OPERATION;
                None
            }
        }
    }

    /// The digits moved to the left by `b`; those that leave the precision are lost.
    pub(super) fn shift(&mut self, a: &Number, b: &Number) -> Number {
        if let Some(nan) = self.nan_of(&[a, b]) {
            return nan;
        }
        let prec = self.rules.prec;
        let Some(count) = self.small_operand(b, prec) else { return Number::nan() };
        if a.is_infinite() {
            return a.clone();
        }
        let digits = if count < 0 {
            divide_pow10(&divide_pow10(&a.digits, prec).1, -count).0
        } else if !self.has_room(count + a.len()) {
            return Number::nan();
        } else {
            divide_pow10(&times_pow10(&a.digits, count), prec).1
        };
        Number::finite(a.negative, digits, a.exp)
    }

    /// The digits turned to the left by `b`, as many as the precision has.
    pub(super) fn rotate(&mut self, a: &Number, b: &Number) -> Number {
        if let Some(nan) = self.nan_of(&[a, b]) {
            return nan;
        }
        let prec = self.rules.prec;
        let Some(count) = self.small_operand(b, prec) else { return Number::nan() };
        if a.is_infinite() {
            return a.clone();
        }
        let left = if count < 0 { count + prec } else { count };
        if !self.has_room(prec) {
            return Number::nan();
        }
        let digits = divide_pow10(&a.digits, prec).1;
        let (high, low) = divide_pow10(&digits, prec - left);
        Number::finite(a.negative, &times_pow10(&low, left) + &high, a.exp)
    }

    pub(super) fn scaleb(&mut self, a: &Number, b: &Number) -> Number {
        if let Some(nan) = self.nan_of(&[a, b]) {
            return nan;
        }
        let limit = self.rules.emax.saturating_add(self.rules.prec).saturating_mul(2);
        let Some(count) = self.small_operand(b, limit) else { return Number::nan() };
        if a.is_infinite() {
            return a.clone();
        }
        self.finalize(Number::finite(a.negative, a.digits.clone(), a.exp + count))
    }

    /// The exponent of the first digit, as a number.
    pub(super) fn logb(&mut self, a: &Number) -> Number {
        if let Some(nan) = self.nan_of(&[a]) {
            return nan;
        }
        if a.is_infinite() {
            return Number::infinite(false);
        }
        if a.is_zero() {
            self.status |= flag::DIVISION_BY_ZERO;
            return Number::infinite(true);
        }
        self.finalize(Number::small(a.adjusted()))
    }

    /// The largest finite number.
    fn largest(&mut self, negative: bool) -> Number {
        if !self.has_room(self.rules.prec) {
            return Number::nan();
        }
        let nines = &*pow10(self.rules.prec) - &BigInt::ONE;
        Number::finite(negative, nines, self.rules.etop())
    }

    /// The next number up or down.
    fn next(&mut self, a: &Number, up: bool) -> Number {
        if let Some(nan) = self.nan_of(&[a]) {
            return nan;
        }
        if a.is_infinite() {
            return if a.negative == up { self.largest(a.negative) } else { a.clone() };
        }
        let mut work = self.apart(|rules| {
            rules.rounding = if up { Rounding::Ceiling } else { Rounding::Floor };
        });
        let rounded = work.finalize(a.clone());
        if compare(&rounded, a) != Ordering::Equal {
            return rounded;
        }
        let tiny = Number::finite(!up, BigInt::ONE, self.rules.etiny() - 1);
        work.add(a, &tiny)
    }

    pub(super) fn next_plus(&mut self, a: &Number) -> Number {
        self.next(a, true)
    }

    pub(super) fn next_minus(&mut self, a: &Number) -> Number {
        self.next(a, false)
    }

    pub(super) fn next_toward(&mut self, a: &Number, b: &Number) -> Number {
        if let Some(nan) = self.nan_of(&[a, b]) {
            return nan;
        }
        let result = match compare(a, b) {
            Ordering::Equal => return a.with_sign(b.negative),
            Ordering::Less => self.next(a, true),
            Ordering::Greater => self.next(a, false),
        };
        if result.is_infinite() {
            if !a.is_infinite() {
                self.status |= flag::OVERFLOW | flag::INEXACT | flag::ROUNDED;
            }
        } else if result.adjusted() < self.rules.emin {
            self.status |= flag::UNDERFLOW | flag::SUBNORMAL | flag::INEXACT | flag::ROUNDED;
            if result.is_zero() {
                self.status |= flag::CLAMPED;
            }
        }
        result
    }
}

/// Whether a number has all the digits of the precision.
pub(super) fn is_normal(number: &Number, emin: i64) -> bool {
    number.kind == Kind::Finite && !number.is_zero() && number.adjusted() >= emin
}

/// Whether a number is smaller than those.
pub(super) fn is_subnormal(number: &Number, emin: i64) -> bool {
    number.kind == Kind::Finite && !number.is_zero() && number.adjusted() < emin
}

/// The class of a number.
pub(super) fn class(number: &Number, emin: i64) -> &'static str {
    match (number.kind, number.negative) {
        (Kind::Signaling, _) => "sNaN",
        (Kind::Quiet, _) => "NaN",
        (Kind::Infinite, true) => "-Infinity",
        (Kind::Infinite, false) => "+Infinity",
        (Kind::Finite, negative) => {
            let name = if number.is_zero() {
                ["+Zero", "-Zero"]
            } else if is_subnormal(number, emin) {
                ["+Subnormal", "-Subnormal"]
            } else {
                ["+Normal", "-Normal"]
            };
            name[usize::from(negative)]
        }
    }
}

/// Whether both have the same exponent, or are the same kind of special number.
pub(super) fn same_quantum(a: &Number, b: &Number) -> bool {
    match (a.kind, b.kind) {
        (Kind::Finite, Kind::Finite) => a.exp == b.exp,
        (Kind::Infinite, Kind::Infinite) => true,
        _ => a.is_nan() && b.is_nan(),
    }
}
