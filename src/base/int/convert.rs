//! To and from machine integers, floats and bytes.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "each conversion says its range"
)]

use dashu_int::{IBig, Sign, UBig};

use super::BigInt;
use crate::float::arith::{frexp, ldexp};

macro_rules! from_machine {
    ($($type:ty)*) => {
        $(impl From<$type> for BigInt {
            fn from(number: $type) -> Self {
                Self(IBig::from(number))
            }
        })*
    };
}

from_machine!(i32 u32 i64 u64 i128 u128 usize isize);

impl BigInt {
    /// As an `i64`, if it fits.
    #[must_use]
    pub fn to_i64(&self) -> Option<i64> {
        i64::try_from(&self.0).ok()
    }

    /// As a `u64`, if it fits.
    #[must_use]
    pub fn to_u64(&self) -> Option<u64> {
        u64::try_from(&self.0).ok()
    }

    /// As a `u128`, if it fits.
    #[inline]
    #[must_use]
    pub fn to_u128(&self) -> Option<u128> {
        let (sign, words) = self.0.as_sign_words();
        match *words {
            _ if sign == Sign::Negative => None,
            [] => Some(0),
            [low] => Some(u128::from(low)),
            [low, high] => Some((u128::from(high) << 64) | u128::from(low)),
            _ => None,
        }
    }

    /// As an `i128`, if it fits.
    #[must_use]
    pub fn to_i128(&self) -> Option<i128> {
        i128::try_from(&self.0).ok()
    }

    /// As a `usize`, if it fits.
    #[must_use]
    pub fn to_usize(&self) -> Option<usize> {
        usize::try_from(&self.0).ok()
    }

    /// The low 64 bits of the two's complement form.
    #[must_use]
    pub fn to_u64_wrapping(&self) -> u64 {
        let low = self.magnitude_words().first().copied().unwrap_or(0);
        if self.is_negative() { low.wrapping_neg() } else { low }
    }

    /// The nearest float, ties to even; None when it is too large.
    #[must_use]
    pub fn to_f64(&self) -> Option<f64> {
        let (fraction, exponent) = self.to_fraction_exponent();
        if exponent > 1024 {
            return None;
        }
        let result = ldexp(fraction, exponent);
        if result.is_infinite() { None } else { Some(result) }
    }

    /// `(f, e)` with `f * 2**e` the nearest number of 53 bits, and `0.5 <= |f| < 1` (or 0).
    #[must_use]
    pub fn to_fraction_exponent(&self) -> (f64, i64) {
        let bits = self.bit_length();
        let words = self.magnitude_words();
        let top = match words {
            [] => return (0.0, 0),
            [only] => *only,
            [.., second, first] => {
                let shift = first.leading_zeros();
                let joined = (u128::from(*first) << 64) | u128::from(*second);
                let top = ((joined << shift) >> 64) as u64;
                let kept = bits - 64;
                let rest = self.trailing_zeros().is_some_and(|zeros| zeros < kept);
                top | u64::from(rest)
            }
        };
        let exponent =
            if words.len() == 1 { 0 } else { i64::try_from(bits - 64).unwrap_or(i64::MAX / 2) };
        let (fraction, more) = frexp(top as f64);
        let sign = if self.is_negative() { -1.0 } else { 1.0 };
        (sign * fraction, exponent + more)
    }

    /// The integer part of a finite float; None for infinities and nan.
    #[must_use]
    pub fn from_f64(number: f64) -> Option<Self> {
        if !number.is_finite() {
            return None;
        }
        if number.abs() < 9.0e18 {
            return Some(Self::from(number as i64));
        }
        let (fraction, exponent) = frexp(number);
        let mantissa = ldexp(fraction, 53) as i64;
        let shift = usize::try_from(exponent - 53).unwrap_or(0);
        Some(Self::from(mantissa).shift_left(shift))
    }

    /// The number that little-endian `bytes` write.
    #[must_use]
    pub fn from_le_bytes(bytes: &[u8], signed: bool) -> Self {
        let magnitude = Self(UBig::from_le_bytes(bytes).into());
        let negative = signed && bytes.last().is_some_and(|&top| top & 0x80 != 0);
        if negative { &magnitude - &Self::ONE.shift_left(bytes.len() * 8) } else { magnitude }
    }

    /// Whether the number fits `length` bytes. A negative one fits only a signed form.
    #[must_use]
    pub fn fits_bytes(&self, length: usize, signed: bool) -> bool {
        let room = length.saturating_mul(8);
        let bits = self.bit_length();
        if !signed {
            return !self.is_negative() && bits <= room;
        }
        if bits < room || bits == 0 {
            return true;
        }
        // Only -2**(room-1) has as many bits as there is room for, less the sign.
        self.is_negative() && bits == room && self.trailing_zeros() == Some(bits - 1)
    }

    /// The low `length` bytes of the two's complement form, least significant first.
    #[must_use]
    pub fn to_le_bytes(&self, length: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(length);
        let negative = self.is_negative();
        let mut carry = negative;
        let words = self.magnitude_words();
        for index in 0..length.div_ceil(8) {
            let mut word = words.get(index).copied().unwrap_or(0);
            if negative {
                let (sum, overflow) = (!word).overflowing_add(u64::from(carry));
                word = sum;
                carry = overflow;
            }
            let left = length - bytes.len();
            bytes.extend(word.to_le_bytes().into_iter().take(left));
        }
        bytes
    }

    /// The hash of a number: the remainder modulo 2**61 - 1 with the number's sign.
    #[must_use]
    pub fn hash(&self) -> i64 {
        const MODULUS: u128 = (1 << 61) - 1;
        let mut rest: u128 = 0;
        for &word in self.magnitude_words().iter().rev() {
            rest = ((rest << 64) | u128::from(word)) % MODULUS;
        }
        let hash = i64::try_from(rest).unwrap_or(0);
        match if self.is_negative() { -hash } else { hash } {
            -1 => -2,
            hash => hash,
        }
    }
}
