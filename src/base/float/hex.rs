//! `float.hex` and `float.fromhex`.

use std::fmt::Write;

use super::arith::{frexp, ldexp};

/// `number.hex()`
#[must_use]
pub fn to_hex(number: f64) -> String {
    if !number.is_finite() {
        return super::repr::repr(number);
    }
    let sign = if number.is_sign_negative() { "-" } else { "" };
    if number == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let (fraction, exponent) = frexp(number.abs());
    // One bit before the point; subnormal numbers keep the least exponent and lead with 0.
    let shift = 1 - (-1021 - exponent).max(0);
    let mantissa = ldexp(fraction, shift);
    let exponent = exponent - shift;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "53 bits")]
    let bits = (mantissa * 4_503_599_627_370_496.0) as u64;
    let mut out = String::new();
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    let (lead, rest) = (bits >> 52, bits & ((1 << 52) - 1));
    let _ = write!(out, "{sign}0x{lead}.{rest:013x}p{exponent_sign}{}", exponent.unsigned_abs());
    out
}

/// Why a text is no float in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HexError {
    /// It is written wrong.
    Invalid,
    /// The number is too large for a float.
    TooLarge,
}

/// The number that `text` writes.
///
/// # Errors
/// See [`HexError`].
pub fn from_hex(text: &str) -> Result<f64, HexError> {
    let text = text.trim_matches(|c| matches!(c, ' ' | '\t'..='\r'));
    let (sign, body) = match text.strip_prefix(['+', '-']) {
        Some(rest) if text.starts_with('-') => (-1.0, rest),
        Some(rest) => (1.0, rest),
        None => (1.0, text),
    };
    if body.eq_ignore_ascii_case("inf") || body.eq_ignore_ascii_case("infinity") {
        return Ok(sign * f64::INFINITY);
    }
    if body.eq_ignore_ascii_case("nan") {
        return Ok(f64::NAN.copysign(sign));
    }
    let body = body.strip_prefix("0x").or_else(|| body.strip_prefix("0X")).unwrap_or(body);
    magnitude(body).map(|number| sign * number)
}

fn magnitude(body: &str) -> Result<f64, HexError> {
    let (digits, exponent) = match body.split_once(['p', 'P']) {
        Some((digits, exponent)) => (digits, exponent_of(exponent)?),
        None => (body, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return Err(HexError::Invalid);
    }
    if !whole.chars().chain(fraction.chars()).all(|c| c.is_ascii_hexdigit()) {
        return Err(HexError::Invalid);
    }
    let places = i64::try_from(fraction.len()).map_err(|_| HexError::Invalid)?;
    let mut exponent = exponent.saturating_sub(places.saturating_mul(4));
    // 60 leading bits and one that says whether anything follows decide the rounding.
    let mut bits: u64 = 0;
    let mut sticky = false;
    for c in whole.chars().chain(fraction.chars()) {
        let digit = u64::from(c.to_digit(16).unwrap_or(0));
        if bits >> 58 == 0 {
            bits = bits << 4 | digit;
        } else {
            sticky |= digit != 0;
            exponent = exponent.saturating_add(4);
        }
    }
    if bits == 0 {
        return Ok(0.0);
    }
    let length = 64 - i64::from(bits.leading_zeros());
    let top = length.saturating_add(exponent);
    if top > 1024 {
        return Err(HexError::TooLarge);
    }
    if top < -1074 {
        return Ok(0.0);
    }
    // The last place that the result can hold.
    let last = (top - 53).max(-1074);
    let cut = last - exponent;
    let number = if cut <= 0 {
        #[expect(clippy::cast_precision_loss, reason = "no more than 53 bits")]
        ldexp(bits as f64, exponent)
    } else {
        let cut = u32::try_from(cut).unwrap_or(63).min(63);
        let kept = bits >> cut;
        let rest = bits & ((1 << cut) - 1);
        let half = 1u64 << (cut - 1);
        let up = rest > half || (rest == half && (sticky || kept & 1 == 1));
        #[expect(clippy::cast_precision_loss, reason = "no more than 53 bits, or a power of two")]
        ldexp((kept + u64::from(up)) as f64, last)
    };
    if number.is_infinite() { Err(HexError::TooLarge) } else { Ok(number) }
}

fn exponent_of(text: &str) -> Result<i64, HexError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(HexError::Invalid);
    }
    let magnitude = digits.parse::<i64>().unwrap_or(i64::MAX / 4).min(i64::MAX / 4);
    Ok(if text.starts_with('-') { -magnitude } else { magnitude })
}
