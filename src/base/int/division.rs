//! Division: floor and true, and powers modulo a number.

use dashu_int::UBig;
use dashu_int::fast_div::ConstDivisor;
use dashu_int::ops::{DivRem, UnsignedAbs};

use super::BigInt;
use crate::float::arith::ldexp;

/// The divisor is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZeroDivision;

impl BigInt {
    /// Quotient rounded down, and the remainder with the divisor's sign.
    ///
    /// # Errors
    /// The divisor is 0.
    pub fn divmod_floor(&self, divisor: &Self) -> Result<(Self, Self), ZeroDivision> {
        if divisor.is_zero() {
            return Err(ZeroDivision);
        }
        let (quotient, remainder) = (&self.0).div_rem(&divisor.0);
        let (quotient, remainder) = (Self(quotient), Self(remainder));
        if !remainder.is_zero() && remainder.is_negative() != divisor.is_negative() {
            return Ok((&quotient - &Self::ONE, &remainder + divisor));
        }
        Ok((quotient, remainder))
    }

    /// The quotient rounded down.
    ///
    /// # Errors
    /// The divisor is 0.
    pub fn div_floor(&self, divisor: &Self) -> Result<Self, ZeroDivision> {
        self.divmod_floor(divisor).map(|(quotient, _)| quotient)
    }

    /// The remainder with the divisor's sign.
    ///
    /// # Errors
    /// The divisor is 0.
    pub fn mod_floor(&self, divisor: &Self) -> Result<Self, ZeroDivision> {
        if divisor.is_zero() {
            return Err(ZeroDivision);
        }
        let remainder = Self(&self.0 % &divisor.0);
        if !remainder.is_zero() && remainder.is_negative() != divisor.is_negative() {
            return Ok(&remainder + divisor);
        }
        Ok(remainder)
    }

    /// The quotient as the nearest float, ties to even. `Ok(None)` when it is too large.
    ///
    /// # Errors
    /// The divisor is 0.
    pub fn true_divide(&self, divisor: &Self) -> Result<Option<f64>, ZeroDivision> {
        if divisor.is_zero() {
            return Err(ZeroDivision);
        }
        if self.is_zero() {
            return Ok(Some(if divisor.is_negative() { -0.0 } else { 0.0 }));
        }
        let negative = self.is_negative() != divisor.is_negative();
        let sign = if negative { -1.0 } else { 1.0 };
        let bits = |number: &Self| i64::try_from(number.bit_length()).unwrap_or(i64::MAX / 4);
        let difference = bits(self) - bits(divisor);
        if difference > 1025 {
            return Ok(None);
        }
        if difference < -1076 {
            return Ok(Some(sign * 0.0));
        }
        // The quotient gets 55 or 56 bits, fewer for a subnormal result: 53 to keep and the rest to round by.
        let shift = difference.max(-1021) - 55;
        let (top, bottom) = ((&self.0).unsigned_abs(), (&divisor.0).unsigned_abs());
        let distance = usize::try_from(shift.unsigned_abs()).unwrap_or(0);
        let (quotient, remainder) = if shift <= 0 {
            (top << distance).div_rem(&bottom)
        } else {
            top.div_rem(bottom << distance)
        };
        let quotient = u64::try_from(&quotient).unwrap_or(u64::MAX);
        let quotient_bits = 64 - i64::from(quotient.leading_zeros());
        let extra = quotient_bits.max(-1021 - shift) - 53;
        let mask = 1u64 << (extra - 1);
        let mut low = quotient | u64::from(!remainder.is_zero());
        if low & mask != 0 && low & (3 * mask - 1) != 0 {
            low += mask;
        }
        low &= !(2 * mask - 1);
        #[expect(clippy::cast_precision_loss, reason = "53 bits are left")]
        let result = ldexp(low as f64, shift);
        Ok(if result.is_infinite() { None } else { Some(sign * result) })
    }

    /// `self ** exponent % modulus` for an exponent that is not negative; the result has the modulus' sign.
    ///
    /// # Errors
    /// The modulus is 0.
    pub fn pow_mod(&self, exponent: &Self, modulus: &Self) -> Result<Self, ZeroDivision> {
        if modulus.is_zero() {
            return Err(ZeroDivision);
        }
        let magnitude = (&modulus.0).unsigned_abs();
        if magnitude == UBig::ONE {
            return Ok(Self::ZERO);
        }
        let ring = ConstDivisor::new(magnitude);
        let exponent = (&exponent.0).unsigned_abs();
        let result = Self(ring.reduce(self.0.clone()).pow(&exponent).residue().into());
        result.mod_floor(modulus)
    }

    /// The number `x` with `self * x % modulus == 1`, between 0 and the modulus' magnitude. None when there is none.
    #[must_use]
    pub fn inverse_mod(&self, modulus: &Self) -> Option<Self> {
        let magnitude = (&modulus.0).unsigned_abs();
        if magnitude.is_zero() {
            return None;
        }
        if magnitude == UBig::ONE {
            return Some(Self::ZERO);
        }
        let ring = ConstDivisor::new(magnitude);
        ring.reduce(self.0.clone()).inv().map(|inverse| Self(inverse.residue().into()))
    }

    /// The quotient rounded to the nearest, ties to even, and the remainder that belongs to it.
    ///
    /// # Errors
    /// The divisor is 0.
    pub fn divmod_near(&self, divisor: &Self) -> Result<(Self, Self), ZeroDivision> {
        let (quotient, remainder) = self.divmod_floor(divisor)?;
        let twice = remainder.shift_left(1);
        let order = twice.cmp_magnitude(divisor);
        if order.is_gt() || (order.is_eq() && quotient.is_odd()) {
            return Ok((&quotient + &Self::ONE, &remainder - divisor));
        }
        Ok((quotient, remainder))
    }
}
