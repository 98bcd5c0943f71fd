//! `repr` of a float: the shortest digits that read back as the same number, in Python's layout.

use std::fmt::Write;

use super::exact;

/// Digits and decimal point of a number: `0.DIGITS * 10**point`, without sign, for a finite number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// ASCII digits, at least one; no trailing zeros in the shortest form.
    pub digits: String,
    /// Where the point stands, counted from the first digit.
    pub point: i32,
}

/// The shortest digits of a finite number.
#[must_use]
pub fn shortest(number: f64) -> Decimal {
    let magnitude = number.abs();
    if let Some(decimal) = exact::short(magnitude) {
        return decimal;
    }
    let decimal = from_scientific(&format!("{magnitude:e}"));
    // Between two shortest texts that are equally near, Python takes the even one. The number itself has one digit more then.
    if decimal.digits.len() >= 16 && exact_digits_fit(magnitude) {
        let last = decimal.digits.len() - 1;
        let text = format!("{magnitude:.last$e}");
        if text.parse() == Ok(magnitude) {
            return from_scientific(&text);
        }
    }
    decimal
}

/// Whether all digits of a number, to the last, are at most 18.
fn exact_digits_fit(magnitude: f64) -> bool {
    const LIMIT: u128 = 1_000_000_000_000_000_000;
    let bits = magnitude.to_bits();
    let (biased, fraction) = (bits >> 52, bits & ((1 << 52) - 1));
    if biased == 0 {
        return false;
    }
    let mantissa = fraction | (1 << 52);
    let zeros = mantissa.trailing_zeros();
    let odd = u128::from(mantissa >> zeros);
    // The number is `odd * 2**power`.
    let power = i64::try_from(biased).unwrap_or(0) - 1075 + i64::from(zeros);
    match u32::try_from(power.unsigned_abs()) {
        Ok(up @ 0..=60) if power >= 0 => odd << up < LIMIT,
        Ok(down @ 1..=25) if power < 0 => odd * 5_u128.pow(down) < LIMIT,
        _ => false,
    }
}

/// Takes Rust's `1.25e-7` apart.
pub(super) fn from_scientific(text: &str) -> Decimal {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let mut digits = String::with_capacity(mantissa.len());
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    digits.push_str(before);
    digits.push_str(after);
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let zero = digits.bytes().all(|digit| digit == b'0');
    Decimal { digits, point: if zero { 1 } else { exponent + 1 } }
}

/// `repr(number)`.
#[must_use]
pub fn repr(number: f64) -> String {
    repr_with(number, true)
}

/// As [`repr`], with `.0` after a whole number only on demand: a complex number's parts do without.
#[must_use]
pub fn repr_with(number: f64, add_point_zero: bool) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    let sign = if number.is_sign_negative() { "-" } else { "" };
    if number.is_infinite() {
        return format!("{sign}inf");
    }
    let decimal = shortest(number);
    let mut out = String::with_capacity(26);
    out.push_str(sign);
    if decimal.point > -4 && decimal.point <= 16 {
        push_fixed(&mut out, &decimal, add_point_zero);
    } else {
        push_exponent(&mut out, &decimal, 'e');
    }
    out
}

fn push_fixed(out: &mut String, decimal: &Decimal, add_point_zero: bool) {
    let digits = decimal.digits.as_str();
    let Ok(point) = usize::try_from(decimal.point) else {
        out.push_str("0.");
        push_zeros(out, decimal.point.unsigned_abs() as usize);
        out.push_str(digits);
        return;
    };
    match digits.split_at_checked(point) {
        Some(("", after)) => {
            out.push_str("0.");
            out.push_str(after);
        }
        Some((before, after)) if !after.is_empty() => {
            out.push_str(before);
            out.push('.');
            out.push_str(after);
        }
        _ => {
            out.push_str(digits);
            push_zeros(out, point.saturating_sub(digits.len()));
            if add_point_zero {
                out.push_str(".0");
            }
        }
    }
}

/// `1.25e-07`: at least two digits of exponent.
pub(super) fn push_exponent(out: &mut String, decimal: &Decimal, letter: char) {
    let mut digits = decimal.digits.chars();
    out.extend(digits.next());
    let rest = digits.as_str();
    if !rest.is_empty() {
        out.push('.');
        out.push_str(rest);
    }
    push_exponent_part(out, decimal.point - 1, letter);
}

/// `e-07`.
pub(super) fn push_exponent_part(out: &mut String, exponent: i32, letter: char) {
    let sign = if exponent < 0 { '-' } else { '+' };
    let _ = write!(out, "{letter}{sign}{:02}", exponent.unsigned_abs());
}

pub(super) fn push_zeros(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n('0', count));
}
