//! The operations that take long on huge numbers, cut into blocks between which the caller is asked whether to go on.
//!
//! A block is small enough that the crate works on it for some ten milliseconds. Above it the same divide and conquer
//! goes on here: Karatsuba's multiplication, Burnikel and Ziegler's division, halving for text, Newton's square root.

use dashu_int::UBig;
use dashu_int::ops::{DivRem, SquareRoot, UnsignedAbs};

use super::{BigInt, ZeroDivision};

/// Asked between blocks; an error ends the operation.
pub type Poll<'a, E> = &'a dyn Fn() -> Result<(), E>;

/// Words that the crate multiplies in one go.
const BLOCK: usize = 1 << 15;
/// Words of a divisor that the crate divides by in one go.
const DIVISOR_BLOCK: usize = 1 << 14;
/// Words of a factor or divisor so short that the work is linear in the other operand.
const SHORT: usize = 32;
/// Bits that the crate writes as text in one go.
const TEXT_BITS: usize = 1 << 18;
/// Digits that the crate reads in one go.
const TEXT_DIGITS: usize = 100_000;

/// Whether operands of so many words are a block's work.
const fn is_block(long: usize, short: usize) -> bool {
    long <= 2 * BLOCK || (short <= SHORT && long <= 64 * BLOCK)
}

/// Whether a division of so many words by so many is a block's work.
const fn is_division_block(long: usize, short: usize) -> bool {
    long <= 2 * DIVISOR_BLOCK || (short <= SHORT && long <= 64 * BLOCK)
}

/// `number += addend << (64 * at)`; the sum has room.
fn add_at(number: &mut [u64], at: usize, addend: &[u64]) {
    let Some(place) = number.get_mut(at..) else { return };
    let mut carry = false;
    for (digit, &other) in place.iter_mut().zip(addend) {
        let (sum, first) = digit.overflowing_add(other);
        let (sum, second) = sum.overflowing_add(u64::from(carry));
        *digit = sum;
        carry = first || second;
    }
    for digit in place.iter_mut().skip(addend.len()) {
        if !carry {
            return;
        }
        (*digit, carry) = digit.overflowing_add(1);
    }
}

/// The product of two magnitudes.
fn product<E>(a: &[u64], b: &[u64], poll: Poll<'_, E>) -> Result<UBig, E> {
    let (long, short) = if a.len() < b.len() { (b, a) } else { (a, b) };
    poll()?;
    if is_block(long.len(), short.len()) {
        let left = UBig::from_words(long);
        return Ok(if std::ptr::eq(long, short) {
            left.sqr()
        } else {
            left * UBig::from_words(short)
        });
    }
    let mut sum = vec![0u64; long.len() + short.len() + 1];
    if long.len() >= 2 * short.len() {
        let step = short.len().max(BLOCK);
        for (nth, piece) in long.chunks(step).enumerate() {
            add_at(&mut sum, nth * step, product(piece, short, poll)?.as_words());
        }
        return Ok(UBig::from_words(&sum));
    }
    let half = long.len().div_ceil(2);
    let (low_a, high_a) = long.split_at(half);
    let (low_b, high_b) = short.split_at(half);
    let low = product(low_a, low_b, poll)?;
    let high = product(high_a, high_b, poll)?;
    let left = UBig::from_words(low_a) + UBig::from_words(high_a);
    let middle = if std::ptr::eq(long, short) {
        product(left.as_words(), left.as_words(), poll)?
    } else {
        let right = UBig::from_words(low_b) + UBig::from_words(high_b);
        product(left.as_words(), right.as_words(), poll)?
    };
    let middle = middle - &low - &high;
    add_at(&mut sum, 0, low.as_words());
    add_at(&mut sum, 2 * half, high.as_words());
    add_at(&mut sum, half, middle.as_words());
    Ok(UBig::from_words(&sum))
}

/// The low `bits` bits, and the rest.
fn split(number: UBig, bits: usize) -> (UBig, UBig) {
    number.split_bits(bits)
}

/// Quotient and remainder of a number less than `b << n` by `b` of `n` bits.
fn divide_two_by_one<E>(a: UBig, b: &UBig, n: usize, poll: Poll<'_, E>) -> Result<(UBig, UBig), E> {
    if n <= DIVISOR_BLOCK * 64 || n % 2 == 1 {
        poll()?;
        return Ok(a.div_rem(b));
    }
    let half = n / 2;
    let (low, high) = split(b.clone(), half);
    let parts = Divisor { whole: b, high: &high, low: &low, half };
    let (a, top) = split(a, n);
    let (last, third) = split(a, half);
    let (first, rest) = divide_three_by_two(top, third, &parts, poll)?;
    let (second, rest) = divide_three_by_two(rest, last, &parts, poll)?;
    Ok(((first << half) + second, rest))
}

/// A divisor and its halves.
struct Divisor<'a> {
    whole: &'a UBig,
    high: &'a UBig,
    low: &'a UBig,
    half: usize,
}

/// Quotient and remainder of `(top << half) + third`, where `top` is less than the whole divisor.
fn divide_three_by_two<E>(
    top: UBig,
    third: UBig,
    divisor: &Divisor<'_>,
    poll: Poll<'_, E>,
) -> Result<(UBig, UBig), E> {
    let half = divisor.half;
    let (mut quotient, rest) = if (&top >> half) == *divisor.high {
        let rest = top + divisor.high - (divisor.high << half);
        (UBig::ones(half), rest)
    } else {
        divide_two_by_one(top, divisor.high, half, poll)?
    };
    let mut rest = (rest << half) + third;
    let correction = product(quotient.as_words(), divisor.low.as_words(), poll)?;
    while rest < correction {
        quotient -= UBig::ONE;
        rest += divisor.whole;
    }
    Ok((quotient, rest - correction))
}

/// Quotient and remainder of magnitudes; the divisor is not 0.
fn quotient<E>(a: UBig, b: UBig, poll: Poll<'_, E>) -> Result<(UBig, UBig), E> {
    let (long, short) = (a.as_words().len(), b.as_words().len());
    if is_division_block(long, short) || a < b {
        return Ok(a.div_rem(b));
    }
    // The divisor gets a length that halves down to a block, in words: the quotient's digits are then whole words.
    let mut words = short;
    let mut levels = 0;
    while words > DIVISOR_BLOCK {
        words = words.div_ceil(2);
        levels += 1;
    }
    let n = 64 * (words.max(DIVISOR_BLOCK / 2) << levels);
    let shift = n - dashu_int::ops::BitTest::bit_len(&b);
    let (a, b) = (a << shift, b << shift);
    let digits: Vec<&[u64]> = a.as_words().chunks(n / 64).collect();
    let mut result = vec![0u64; digits.len() * (n / 64)];
    let mut rest = UBig::ZERO;
    for (nth, digit) in digits.iter().enumerate().rev() {
        let number = (rest << n) + UBig::from_words(digit);
        let (part, left) = divide_two_by_one(number, &b, n, poll)?;
        add_at(&mut result, nth * (n / 64), part.as_words());
        rest = left;
    }
    Ok((UBig::from_words(&result), rest >> shift))
}

/// `base ** (TEXT_DIGITS << nth)` for each `nth` until `enough` says so.
fn powers<E>(
    radix: u32,
    enough: &dyn Fn(&UBig) -> bool,
    poll: Poll<'_, E>,
) -> Result<Vec<UBig>, E> {
    let mut powers = vec![UBig::from(radix).pow(TEXT_DIGITS)];
    while let Some(last) = powers.last()
        && !enough(last)
    {
        let next = product(last.as_words(), last.as_words(), poll)?;
        powers.push(next);
    }
    Ok(powers)
}

/// Writes the decimal digits of a number below the square of the last power, with zeros in front up to `width`.
fn write_decimal<E>(
    number: UBig,
    powers: &[UBig],
    width: usize,
    out: &mut String,
    poll: Poll<'_, E>,
) -> Result<(), E> {
    let small = dashu_int::ops::BitTest::bit_len(&number) <= TEXT_BITS;
    let Some((power, powers)) = powers.split_last().filter(|_| !small) else {
        poll()?;
        let text = number.to_string();
        out.extend(std::iter::repeat_n('0', width.saturating_sub(text.len())));
        out.push_str(&text);
        return Ok(());
    };
    let (high, low) = quotient(number, power.clone(), poll)?;
    let digits = TEXT_DIGITS << powers.len();
    if width == 0 && high.is_zero() {
        return write_decimal(low, powers, 0, out, poll);
    }
    write_decimal(high, powers, width.saturating_sub(digits), out, poll)?;
    write_decimal(low, powers, digits, out, poll)
}

fn read_digits<E>(digits: &str, radix: u32, powers: &[UBig], poll: Poll<'_, E>) -> Result<UBig, E> {
    let Some((power, powers)) = powers.split_last().filter(|_| digits.len() > TEXT_DIGITS) else {
        poll()?;
        return Ok(UBig::from_str_radix(digits, radix).unwrap_or(UBig::ZERO));
    };
    let low_digits = TEXT_DIGITS << powers.len();
    let Some((high, low)) =
        digits.len().checked_sub(low_digits).and_then(|place| digits.split_at_checked(place))
    else {
        return read_digits(digits, radix, powers, poll);
    };
    let high = read_digits(high, radix, powers, poll)?;
    let low = read_digits(low, radix, powers, poll)?;
    Ok(product(high.as_words(), power.as_words(), poll)? + low)
}

impl BigInt {
    fn magnitude(&self) -> UBig {
        (&self.0).unsigned_abs()
    }

    fn with_sign(magnitude: UBig, negative: bool) -> Self {
        let number = Self(magnitude.into());
        if negative { -&number } else { number }
    }

    /// `self * other`
    ///
    /// # Errors
    /// What `poll` says.
    pub fn multiply<E>(&self, other: &Self, poll: Poll<'_, E>) -> Result<Self, E> {
        let (left, right) = (self.magnitude_words(), other.magnitude_words());
        if is_block(left.len().max(right.len()), left.len().min(right.len())) {
            return Ok(self * other);
        }
        let result = product(left, right, poll)?;
        Ok(Self::with_sign(result, self.is_negative() != other.is_negative()))
    }

    /// Quotient rounded down, and the remainder with the divisor's sign; the inner error is a divisor of 0.
    ///
    /// # Errors
    /// What `poll` says.
    pub fn divide<E>(
        &self,
        divisor: &Self,
        poll: Poll<'_, E>,
    ) -> Result<Result<(Self, Self), ZeroDivision>, E> {
        let (long, short) = (self.magnitude_words().len(), divisor.magnitude_words().len());
        if is_division_block(long, short) || long < short {
            return Ok(self.divmod_floor(divisor));
        }
        let (quotient, rest) = quotient(self.magnitude(), divisor.magnitude(), poll)?;
        let quotient = Self::with_sign(quotient, self.is_negative() != divisor.is_negative());
        let rest = Self::with_sign(rest, self.is_negative());
        if !rest.is_zero() && rest.is_negative() != divisor.is_negative() {
            return Ok(Ok((&quotient - &Self::ONE, &rest + divisor)));
        }
        Ok(Ok((quotient, rest)))
    }

    /// `self ** exponent % modulus` for an exponent that is not negative and a modulus that is not 0.
    ///
    /// # Errors
    /// What `poll` says.
    pub fn power_modulo<E>(
        &self,
        exponent: &Self,
        modulus: &Self,
        poll: Poll<'_, E>,
    ) -> Result<Self, E> {
        let rest = |number: Self| {
            Ok(number.divide(modulus, poll)?.map_or(Self::ZERO, |(_, remainder)| remainder))
        };
        let mut result = rest(Self::ONE)?;
        let base = rest(self.clone())?;
        for place in (0..exponent.bit_length()).rev() {
            poll()?;
            result = rest(result.multiply(&result, poll)?)?;
            if exponent.bit(place) {
                result = rest(result.multiply(&base, poll)?)?;
            }
        }
        Ok(result)
    }

    /// The integer part of the square root of the magnitude.
    ///
    /// # Errors
    /// What `poll` says.
    pub fn square_root<E>(&self, poll: Poll<'_, E>) -> Result<Self, E> {
        let bits = self.bit_length();
        if bits <= 128 * BLOCK {
            return Ok(Self(self.magnitude().sqrt().into()));
        }
        // Half the bits of the root at the start of a step make all of them at its end, give or take one unit.
        let number = self.abs();
        let half = (bits - 1) / 2;
        let mut widths = vec![half];
        while let Some(&width) = widths.last()
            && width > 32 * BLOCK
        {
            widths.push(width / 2);
        }
        let mut width = widths.pop().unwrap_or(half);
        let mut root = number.shift_right(2 * (half - width)).square_root(poll)?;
        while let Some(next) = widths.pop() {
            let top = number.shift_right(2 * half - width - next + 1);
            let quotient = top.divide(&root, poll)?.map_or(Self::ZERO, |(quotient, _)| quotient);
            root = &root.shift_left(next - width - 1) + &quotient;
            width = next;
        }
        if root.multiply(&root, poll)? > number {
            root = &root - &Self::ONE;
        }
        Ok(root)
    }

    /// The decimal text.
    ///
    /// # Errors
    /// What `poll` says.
    pub fn to_decimal<E>(&self, poll: Poll<'_, E>) -> Result<String, E> {
        let bits = self.bit_length();
        if bits <= TEXT_BITS {
            return Ok(self.to_radix(10));
        }
        let wide = |power: &UBig| 2 * dashu_int::ops::BitTest::bit_len(power) > bits + 1;
        let powers = powers(10, &wide, poll)?;
        let mut text = String::new();
        if self.is_negative() {
            text.push('-');
        }
        write_decimal(self.magnitude(), &powers, 0, &mut text, poll)?;
        Ok(text)
    }

    /// The integer that `digits` write in `radix` (2 to 36), without sign, prefix or underscores. None for anything else.
    ///
    /// # Errors
    /// What `poll` says.
    pub fn parse_digits<E>(digits: &str, radix: u32, poll: Poll<'_, E>) -> Result<Option<Self>, E> {
        if radix.is_power_of_two() || digits.len() <= 2 * TEXT_DIGITS {
            return Ok(Self::parse(digits, radix));
        }
        if !digits.chars().all(|c| c.is_digit(radix)) {
            return Ok(None);
        }
        let mut levels = 0;
        while (TEXT_DIGITS << levels) < digits.len().div_ceil(2) {
            levels += 1;
        }
        let count = std::cell::Cell::new(0);
        let enough = |_: &UBig| {
            count.set(count.get() + 1);
            count.get() > levels
        };
        let powers = powers(radix, &enough, poll)?;
        read_digits(digits, radix, &powers, poll).map(|number| Some(Self(number.into())))
    }
}
