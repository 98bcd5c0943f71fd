//! Floats of 16 bits.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the ranges are tested before"
)]

use super::arith::{frexp, ldexp};

/// The float that 16 bits stand for.
#[must_use]
pub fn from_bits(bits: u16) -> f64 {
    let sign = if bits & 0x8000 != 0 { -1.0 } else { 1.0 };
    let exponent = i64::from(bits >> 10 & 0x1f);
    let fraction = f64::from(bits & 0x3ff);
    let magnitude = match exponent {
        0 => ldexp(fraction, -24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => ldexp(fraction + 1024.0, exponent - 25),
    };
    magnitude.copysign(sign)
}

/// The 16 bits nearest to a number, ties to even. None when it is too large.
#[must_use]
pub fn to_bits(number: f64) -> Option<u16> {
    let sign = if number.is_sign_negative() { 0x8000 } else { 0 };
    if number.is_nan() {
        return Some(sign | 0x7e00);
    }
    if number.is_infinite() {
        return Some(sign | 0x7c00);
    }
    let (_, exponent) = frexp(number);
    if number == 0.0 || exponent < -24 {
        return Some(sign);
    }
    // The unit in the last place: 2**-24 for the subnormal ones.
    let unit = (exponent - 11).max(-24);
    let mut bits = ldexp(number.abs(), -unit).round_ties_even() as u32;
    // A normal number's leading bit counts as one of the exponent's.
    bits += ((unit + 24) as u32) << 10;
    if bits >= 0x7c00 { None } else { Some(sign | bits as u16) }
}
