//! Decimal numbers, the rules that results follow, and rounding (General Decimal Arithmetic). No Python here.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::sync::OnceLock;

use base::int::BigInt;

/// What happened during a computation; the numbers are those of CPython's library.
pub(super) mod flag {
    pub(in crate::decimal) const CLAMPED: u32 = 0x1;
    pub(in crate::decimal) const CONVERSION_SYNTAX: u32 = 0x2;
    pub(in crate::decimal) const DIVISION_BY_ZERO: u32 = 0x4;
    pub(in crate::decimal) const DIVISION_IMPOSSIBLE: u32 = 0x8;
    pub(in crate::decimal) const DIVISION_UNDEFINED: u32 = 0x10;
    pub(in crate::decimal) const INEXACT: u32 = 0x40;
    pub(in crate::decimal) const INVALID_CONTEXT: u32 = 0x80;
    pub(in crate::decimal) const INVALID_OPERATION: u32 = 0x100;
    pub(in crate::decimal) const MEMORY: u32 = 0x200;
    pub(in crate::decimal) const FLOAT_OPERATION: u32 = 0x400;
    pub(in crate::decimal) const OVERFLOW: u32 = 0x800;
    pub(in crate::decimal) const ROUNDED: u32 = 0x1000;
    pub(in crate::decimal) const SUBNORMAL: u32 = 0x2000;
    pub(in crate::decimal) const UNDERFLOW: u32 = 0x4000;
    /// What the signal InvalidOperation stands for.
    pub(in crate::decimal) const ANY_INVALID: u32 = CONVERSION_SYNTAX
        | DIVISION_IMPOSSIBLE
        | DIVISION_UNDEFINED
        | 0x20
        | INVALID_CONTEXT
        | INVALID_OPERATION
        | MEMORY;
    /// What an exact conversion can go wrong by.
    pub(in crate::decimal) const ERRORS: u32 = ANY_INVALID | DIVISION_BY_ZERO;
}

/// The largest precision.
pub(super) const MAX_PREC: i64 = 999_999_999_999_999_999;
/// The largest exponent.
pub(super) const MAX_EMAX: i64 = 999_999_999_999_999_999;
/// The smallest exponent of a normal number.
pub(super) const MIN_EMIN: i64 = -999_999_999_999_999_999;
/// How many digits a result may have before there is no memory for it.
const DIGITS_MAX: i64 = 400_000_000;

/// How a result that has too many digits is rounded, numbered as in CPython's library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rounding {
    Up,
    Down,
    Ceiling,
    Floor,
    HalfUp,
    HalfDown,
    HalfEven,
    ZeroFiveUp,
}

impl Rounding {
    /// Whether the digits that are left grow by one, when more than zeros was dropped. `half`: how that compares with half a
    /// unit of the `last` digit.
    #[inline]
    pub(super) fn goes_up(
        self,
        negative: bool,
        half: Ordering,
        last: impl FnOnce() -> u64,
    ) -> bool {
        match self {
            Self::Up => true,
            Self::Down => false,
            Self::Ceiling => !negative,
            Self::Floor => negative,
            Self::HalfUp => half.is_ge(),
            Self::HalfDown => half.is_gt(),
            Self::HalfEven => half.is_gt() || (half.is_eq() && last() % 2 == 1),
            Self::ZeroFiveUp => matches!(last(), 0 | 5),
        }
    }
}

/// What a context prescribes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    pub(super) prec: i64,
    pub(super) emax: i64,
    pub(super) emin: i64,
    pub(super) rounding: Rounding,
    pub(super) clamp: bool,
}

impl Rules {
    /// The widest rules, under which conversions are exact.
    pub(super) const MAX: Self = Self {
        prec: MAX_PREC,
        emax: MAX_EMAX,
        emin: MIN_EMIN,
        rounding: Rounding::HalfEven,
        clamp: false,
    };

    /// The smallest exponent of a subnormal number.
    pub(super) const fn etiny(&self) -> i64 {
        self.emin - self.prec + 1
    }

    /// The largest exponent of a number with all its digits.
    pub(super) const fn etop(&self) -> i64 {
        self.emax - self.prec + 1
    }
}

/// What kind of number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Finite,
    Infinite,
    Quiet,
    Signaling,
}

/// A decimal number: `(-1)**negative * digits * 10**exp`; the digits of a NaN are its payload.
#[derive(Clone, Debug)]
pub(super) struct Number {
    pub(super) negative: bool,
    pub(super) kind: Kind,
    pub(super) digits: BigInt,
    pub(super) exp: i64,
}

impl Number {
    pub(super) fn finite(negative: bool, digits: BigInt, exp: i64) -> Self {
        Self { negative, kind: Kind::Finite, digits, exp }
    }

    pub(super) fn small(number: i64) -> Self {
        Self::finite(number < 0, BigInt::from(number.unsigned_abs()), 0)
    }

    pub(super) fn infinite(negative: bool) -> Self {
        Self { negative, kind: Kind::Infinite, digits: BigInt::ZERO, exp: 0 }
    }

    pub(super) fn nan() -> Self {
        Self { negative: false, kind: Kind::Quiet, digits: BigInt::ZERO, exp: 0 }
    }

    pub(super) fn is_special(&self) -> bool {
        self.kind != Kind::Finite
    }

    pub(super) fn is_nan(&self) -> bool {
        matches!(self.kind, Kind::Quiet | Kind::Signaling)
    }

    pub(super) fn is_infinite(&self) -> bool {
        self.kind == Kind::Infinite
    }

    pub(super) fn is_zero(&self) -> bool {
        self.kind == Kind::Finite && self.digits.is_zero()
    }

    /// How many digits there are; 1 for zero.
    pub(super) fn len(&self) -> i64 {
        digit_count(&self.digits)
    }

    /// The exponent of the first digit.
    pub(super) fn adjusted(&self) -> i64 {
        self.exp + self.len() - 1
    }

    pub(super) fn with_sign(&self, negative: bool) -> Self {
        Self { negative, ..self.clone() }
    }

    /// Whether a finite number is an integer.
    pub(super) fn is_integer(&self) -> bool {
        if self.kind != Kind::Finite {
            return false;
        }
        self.exp >= 0 || self.digits.is_zero() || {
            let drop = -self.exp;
            drop < self.len() && divide_pow10(&self.digits, drop).1.is_zero()
        }
    }

    /// Whether an integer is odd.
    pub(super) fn is_odd(&self) -> bool {
        match self.exp {
            0 => self.digits.is_odd(),
            exp if exp > 0 => false,
            exp => -exp < self.len() && divide_pow10(&self.digits, -exp).0.is_odd(),
        }
    }

    pub(super) fn text(&self) -> String {
        self.digits.to_radix(10)
    }
}

const TABLE: usize = 80;

/// `10**n` of a size that was asked about before.
pub(super) fn pow10(n: i64) -> Cow<'static, BigInt> {
    static POWERS: OnceLock<Vec<BigInt>> = OnceLock::new();
    let n = usize::try_from(n).unwrap_or_default();
    if n < TABLE {
        let powers = POWERS.get_or_init(|| {
            let ten = BigInt::from(10_i64);
            (0..TABLE).map(|n| ten.pow(n)).collect()
        });
        if let Some(power) = powers.get(n) {
            return Cow::Borrowed(power);
        }
    }
    Cow::Owned(BigInt::from(10_i64).pow(n))
}

/// `10**n` in a machine word, if it fits one.
fn small_pow10(n: i64) -> Option<u64> {
    10_u64.checked_pow(u32::try_from(n).ok()?)
}

/// How many digits a number that is not negative has; 1 for zero.
pub(super) fn digit_count(number: &BigInt) -> i64 {
    if let Some(small) = number.to_u64() {
        return i64::from(small.checked_ilog10().unwrap_or_default()) + 1;
    }
    let bits = number.bit_length();
    // log10(2) from below: the estimate is right or one too small.
    let bits = i64::try_from(bits).unwrap_or(i64::MAX);
    let estimate =
        i64::try_from(i128::from(bits - 1) * 30_102_999_566 / 100_000_000_000).unwrap_or(i64::MAX);
    let mut digits = estimate.max(1);
    while number.cmp_magnitude(&pow10(digits)) != Ordering::Less {
        digits += 1;
    }
    digits
}

/// Quotient and remainder by `10**n`.
pub(super) fn divide_pow10(number: &BigInt, n: i64) -> (BigInt, BigInt) {
    if let (Some(small), Some(power)) = (number.to_u64(), small_pow10(n)) {
        return (BigInt::from(small / power), BigInt::from(small % power));
    }
    number.divmod_floor(&pow10(n)).unwrap_or_default()
}

/// `number * 10**n`
pub(super) fn times_pow10(number: &BigInt, n: i64) -> BigInt {
    if n == 0 {
        return number.clone();
    }
    match (number.to_u64(), small_pow10(n)) {
        (Some(small), Some(power)) => BigInt::from(u128::from(small) * u128::from(power)),
        _ => number * &*pow10(n),
    }
}

/// Drops `count` digits: what is left, rounded, and whether anything but zeros was dropped.
pub(super) fn drop_digits(
    digits: &BigInt,
    count: i64,
    negative: bool,
    rounding: Rounding,
) -> (BigInt, bool) {
    if digits.is_zero() || count <= 0 {
        return (if count <= 0 { digits.clone() } else { BigInt::ZERO }, false);
    }
    let (quotient, inexact, half) =
        if let (Some(small), Some(power)) = (digits.to_u64(), small_pow10(count)) {
            let rest = small % power;
            let half = (u128::from(rest) * 2).cmp(&u128::from(power));
            (BigInt::from(small / power), rest != 0, half)
        } else if count > digit_count(digits) {
            (BigInt::ZERO, true, Ordering::Less)
        } else {
            let (quotient, rest) = divide_pow10(digits, count);
            let twice = &rest + &rest;
            let half = twice.cmp(&pow10(count));
            (quotient, !rest.is_zero(), half)
        };
    let last = || divide_pow10(&quotient, 1).1.to_u64().unwrap_or_default();
    let up = inexact && rounding.goes_up(negative, half, last);
    (if up { &quotient + &BigInt::ONE } else { quotient }, inexact)
}

/// A computation: the rules, and what has happened so far.
pub(super) struct Math {
    pub(super) rules: Rules,
    pub(super) status: u32,
}

impl Math {
    pub(super) const fn new(rules: Rules) -> Self {
        Self { rules, status: 0 }
    }

    /// The result of something that cannot be done.
    pub(super) fn invalid(&mut self, flags: u32) -> Number {
        self.status |= flags;
        Number::nan()
    }

    /// Whether there is memory for so many digits; notes it if not.
    pub(super) fn has_room(&mut self, digits: i64) -> bool {
        let fits = digits <= DIGITS_MAX;
        if !fits {
            self.status |= flag::MEMORY;
        }
        fits
    }

    /// A NaN of these operands, if there is one: signaling ones first.
    pub(super) fn nan_of(&mut self, operands: &[&Number]) -> Option<Number> {
        if !operands.iter().any(|operand| operand.is_nan()) {
            return None;
        }
        let signaling = operands.iter().find(|operand| operand.kind == Kind::Signaling);
        if signaling.is_some() {
            self.status |= flag::INVALID_OPERATION;
        }
        let found = signaling.or_else(|| operands.iter().find(|operand| operand.is_nan()))?;
        let quiet = Number { kind: Kind::Quiet, ..(*found).clone() };
        Some(self.fix_nan(quiet))
    }

    /// A payload has no more digits than a coefficient.
    fn fix_nan(&self, mut number: Number) -> Number {
        let limit = self.rules.prec - i64::from(self.rules.clamp);
        if number.len() > limit {
            number.digits = divide_pow10(&number.digits, limit).1;
        }
        number
    }

    fn overflow(&mut self, negative: bool) -> Number {
        self.status |= flag::OVERFLOW | flag::INEXACT | flag::ROUNDED;
        let largest = match self.rules.rounding {
            Rounding::Down | Rounding::ZeroFiveUp => true,
            Rounding::Ceiling => negative,
            Rounding::Floor => !negative,
            _ => false,
        };
        if largest && self.has_room(self.rules.prec) {
            let nines = &*pow10(self.rules.prec) - &BigInt::ONE;
            return Number::finite(negative, nines, self.rules.etop());
        }
        Number::infinite(negative)
    }

    /// Rounds a result to the precision and brings its exponent into the range.
    pub(super) fn finalize(&mut self, number: Number) -> Number {
        if number.is_special() {
            return if number.is_nan() { self.fix_nan(number) } else { number };
        }
        let (etiny, etop) = (self.rules.etiny(), self.rules.etop());
        let Number { negative, digits, exp, .. } = number;
        if digits.is_zero() {
            let highest = if self.rules.clamp { etop } else { self.rules.emax };
            let new = exp.max(etiny).min(highest);
            if new != exp {
                self.status |= flag::CLAMPED;
            }
            return Number::finite(negative, digits, new);
        }
        let length = digit_count(&digits);
        let mut lowest = length + exp - self.rules.prec;
        if lowest > etop {
            return self.overflow(negative);
        }
        let is_subnormal = lowest < etiny;
        if is_subnormal {
            lowest = etiny;
        }
        if exp < lowest {
            return self.round_to(&digits, negative, exp, lowest, is_subnormal);
        }
        if is_subnormal {
            self.status |= flag::SUBNORMAL;
        }
        if self.rules.clamp && exp > etop {
            self.status |= flag::CLAMPED;
            return Number::finite(negative, times_pow10(&digits, exp - etop), etop);
        }
        Number::finite(negative, digits, exp)
    }

    fn round_to(
        &mut self,
        digits: &BigInt,
        negative: bool,
        exp: i64,
        lowest: i64,
        is_subnormal: bool,
    ) -> Number {
        let mut lowest = lowest;
        let (mut rounded, inexact) =
            drop_digits(digits, lowest - exp, negative, self.rules.rounding);
        if digit_count(&rounded) > self.rules.prec {
            rounded = divide_pow10(&rounded, 1).0;
            lowest += 1;
        }
        self.status |= flag::ROUNDED;
        if inexact {
            self.status |= flag::INEXACT;
        }
        if lowest > self.rules.etop() {
            return self.overflow(negative);
        }
        if is_subnormal {
            self.status |= flag::SUBNORMAL;
            if inexact {
                self.status |= flag::UNDERFLOW;
            }
        }
        if rounded.is_zero() {
            self.status |= flag::CLAMPED;
        }
        Number::finite(negative, rounded, lowest)
    }

    /// The same number with exponent `exp`, rounded where digits are lost; nothing is noted.
    pub(super) fn rescale(&mut self, number: &Number, exp: i64, rounding: Rounding) -> Number {
        if number.is_special() {
            return number.clone();
        }
        if number.digits.is_zero() {
            return Number::finite(number.negative, BigInt::ZERO, exp);
        }
        if number.exp >= exp {
            if !self.has_room(number.exp - exp) {
                return Number::nan();
            }
            let digits = times_pow10(&number.digits, number.exp - exp);
            return Number::finite(number.negative, digits, exp);
        }
        let (digits, _) = drop_digits(&number.digits, exp - number.exp, number.negative, rounding);
        Number::finite(number.negative, digits, exp)
    }

    /// Another computation under other rules, whose status is kept apart.
    pub(super) fn apart(&self, change: impl FnOnce(&mut Rules)) -> Self {
        let mut rules = self.rules;
        change(&mut rules);
        Self::new(rules)
    }
}
