//! Decimal numbers as text: reading, and the scientific and engineering notations.

use base::int::BigInt;

use super::number::{Kind, Math, Number, flag};

/// Exponents beyond this are all alike.
const EXPONENT_MAX: i64 = 3_000_000_000_000_000_000;

fn digits_end(text: &[u8], start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    start + rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn number_of(digits: &[u8]) -> BigInt {
    std::str::from_utf8(digits)
        .ok()
        .and_then(|digits| BigInt::parse(digits, 10))
        .unwrap_or_default()
}

/// The number that an ASCII text shows; None for anything else.
pub(super) fn parse(text: &[u8]) -> Option<Number> {
    let (negative, rest) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        rest => (false, rest),
    };
    let lower = rest.to_ascii_lowercase();
    if lower == b"inf" || lower == b"infinity" {
        return Some(Number::infinite(negative));
    }
    for (prefix, kind) in [(&b"nan"[..], Kind::Quiet), (&b"snan"[..], Kind::Signaling)] {
        if let Some(payload) = lower.strip_prefix(prefix) {
            if !payload.iter().all(u8::is_ascii_digit) {
                return None;
            }
            return Some(Number { negative, kind, digits: number_of(payload), exp: 0 });
        }
    }
    let whole_end = digits_end(rest, 0);
    let mut digits = rest.get(..whole_end)?.to_vec();
    let mut at = whole_end;
    let mut exp = 0;
    if rest.get(at) == Some(&b'.') {
        let end = digits_end(rest, at + 1);
        let fraction = rest.get(at + 1..end)?;
        digits.extend_from_slice(fraction);
        exp = -i64::try_from(fraction.len()).ok()?;
        at = end;
    }
    if digits.is_empty() {
        return None;
    }
    if matches!(rest.get(at), Some(b'e' | b'E')) {
        at += 1;
        let below = match rest.get(at) {
            Some(b'-') => {
                at += 1;
                true
            }
            Some(b'+') => {
                at += 1;
                false
            }
            _ => false,
        };
        let end = digits_end(rest, at);
        let shown = rest.get(at..end).filter(|shown| !shown.is_empty())?;
        let size = shown.iter().fold(0_i64, |size, byte| {
            (size.saturating_mul(10).saturating_add(i64::from(byte - b'0'))).min(EXPONENT_MAX)
        });
        exp += if below { -size } else { size };
        at = end;
    }
    if at != rest.len() {
        return None;
    }
    Some(Number::finite(negative, number_of(&digits), exp))
}

impl Math {
    /// Reads a text under the rules.
    pub(super) fn read(&mut self, text: &[u8]) -> Number {
        match parse(text) {
            None => self.invalid(flag::CONVERSION_SYNTAX),
            Some(nan) if nan.is_nan() => {
                let limit = self.rules.prec - i64::from(self.rules.clamp);
                if !nan.digits.is_zero() && nan.len() > limit {
                    return self.invalid(flag::CONVERSION_SYNTAX);
                }
                nan
            }
            Some(number) => self.finalize(number),
        }
    }

    /// Reads a text exactly, or not at all.
    pub(super) fn read_exactly(&mut self, text: &[u8]) -> Number {
        let number = self.read(text);
        self.exactly(number)
    }

    /// What must be exact is no number if it is not.
    pub(super) fn exactly(&mut self, number: Number) -> Number {
        let mut number = number;
        if self.status & (flag::INEXACT | flag::ROUNDED | flag::CLAMPED) != 0 {
            number = self.invalid(flag::INVALID_OPERATION);
        }
        self.status &= flag::ERRORS;
        number
    }
}

/// The text of a special number.
fn special(number: &Number) -> String {
    let sign = if number.negative { "-" } else { "" };
    let name = match number.kind {
        Kind::Infinite => return format!("{sign}Infinity"),
        Kind::Signaling => "sNaN",
        _ => "NaN",
    };
    if number.digits.is_zero() {
        format!("{sign}{name}")
    } else {
        format!("{sign}{name}{}", number.text())
    }
}

/// `str(number)`, or `to_eng_string`.
pub(super) fn show(number: &Number, capitals: bool, engineering: bool) -> String {
    if number.is_special() {
        return special(number);
    }
    let digits = number.text();
    let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    let left = number.exp + length;
    let point = if number.exp <= 0 && left > -6 {
        left
    } else if !engineering {
        1
    } else if number.is_zero() {
        (left + 1).rem_euclid(3) - 1
    } else {
        (left - 1).rem_euclid(3) + 1
    };
    let mut text = String::with_capacity(digits.len() + 16);
    if number.negative {
        text.push('-');
    }
    let zeros = |text: &mut String, count: i64| (0..count).for_each(|_| text.push('0'));
    if point <= 0 {
        text.push_str("0.");
        zeros(&mut text, -point);
        text.push_str(&digits);
    } else if point >= length {
        text.push_str(&digits);
        zeros(&mut text, point - length);
    } else {
        let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or_default());
        text.push_str(whole);
        text.push('.');
        text.push_str(fraction);
    }
    if left != point {
        text.push(if capitals { 'E' } else { 'e' });
        text.push_str(&format!("{:+}", left - point));
    }
    text
}
