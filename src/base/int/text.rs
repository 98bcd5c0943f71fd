//! The text of an int as `int(text, base)` takes it: white space, sign, prefix, underscores.

use super::{BigInt, Poll};

/// What a text came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// A number that fits 64 bits.
    Small(i64),
    /// A larger one.
    Big(BigInt),
    /// No int's text.
    Invalid,
    /// So many digits, more than the limit.
    TooManyDigits(usize),
}

/// Digits up to which the limit on digits never applies.
pub const LIMIT_THRESHOLD: usize = 640;

/// Reads ASCII `text` in `base`: 2 to 36, or 0 to go by the prefix. `digits_max` limits the digits in bases that are no
/// power of two; 0 is no limit.
///
/// # Errors
/// What `poll` says.
pub fn parse<E>(text: &str, base: u32, digits_max: usize, poll: Poll<'_, E>) -> Result<Parsed, E> {
    let text = text.trim_matches(|c| matches!(c, ' ' | '\t'..='\r'));
    let (negative, text) = match text.strip_prefix(['+', '-']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    let Some((base, digits)) = strip_base(text, base) else { return Ok(Parsed::Invalid) };
    if let Some(number) = parse_small(digits, base) {
        return Ok(Parsed::Small(if negative { -number } else { number }));
    }
    let mut plain = String::with_capacity(digits.len());
    let mut previous = '_';
    for c in digits.chars() {
        if c == '_' {
            if previous == '_' {
                return Ok(Parsed::Invalid);
            }
        } else if c.is_digit(base) {
            plain.push(c);
        } else {
            return Ok(Parsed::Invalid);
        }
        previous = c;
    }
    if previous == '_' {
        return Ok(Parsed::Invalid);
    }
    let limited = !base.is_power_of_two() && digits_max > 0 && plain.len() > LIMIT_THRESHOLD;
    if limited && plain.len() > digits_max {
        return Ok(Parsed::TooManyDigits(plain.len()));
    }
    let Some(number) = BigInt::parse_digits(&plain, base, poll)? else {
        return Ok(Parsed::Invalid);
    };
    let number = if negative { -&number } else { number };
    Ok(match number.to_i64() {
        Some(small) => Parsed::Small(small),
        None => Parsed::Big(number),
    })
}

/// Takes the prefix off. None when base 0 meets a decimal number with a leading zero.
fn strip_base(text: &str, base: u32) -> Option<(u32, &str)> {
    let prefixed = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        _ => 0,
    };
    if prefixed != 0 && (base == 0 || base == prefixed) {
        let rest = text.get(2..)?;
        return Some((prefixed, rest.strip_prefix('_').unwrap_or(rest)));
    }
    if base != 0 {
        return Some((base, text));
    }
    let zero = text.starts_with('0') && text.bytes().any(|byte| !matches!(byte, b'0' | b'_'));
    if zero { None } else { Some((10, text)) }
}

fn parse_small(digits: &str, base: u32) -> Option<i64> {
    if digits.is_empty() || digits.len() > 12 {
        return None;
    }
    digits
        .chars()
        .try_fold(0i64, |number, c| Some(number * i64::from(base) + i64::from(c.to_digit(base)?)))
}
