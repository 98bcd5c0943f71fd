//! The presentations `e`, `f`, `g` and `r` of a float with exact digits (`PyOS_double_to_string`).

use super::exact;
use super::repr::{Decimal, from_scientific, push_exponent_part, push_zeros, shortest};

/// How a float is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// The sign is written for a positive number too.
    pub plus: bool,
    /// The point stays without digits after it, and `g` keeps trailing zeros.
    pub alternate: bool,
    /// `.0` is added to what would look like an int.
    pub add_point_zero: bool,
    /// What rounds to zero has no sign.
    pub no_negative_zero: bool,
}

/// Digits that a float has at most, in any presentation: beyond are zeros.
const DIGITS_MAX: usize = 1100;

/// Writes `number` in presentation `kind`: one of `e E f F g G r`. `precision` does not matter to `r`.
#[must_use]
pub fn format(number: f64, kind: char, precision: usize, style: Style) -> String {
    let lower = kind.to_ascii_lowercase();
    let mut out = String::with_capacity(24);
    if !number.is_finite() {
        out.push_str(match (number.is_nan(), number.is_sign_negative()) {
            (false, true) => "-",
            _ if style.plus => "+",
            _ => "",
        });
        out.push_str(if number.is_nan() { "nan" } else { "inf" });
    } else {
        let layout = Layout::new(number, lower, precision, style);
        let zero = layout.decimal.digits.bytes().all(|digit| digit == b'0');
        let negative = number.is_sign_negative() && !(style.no_negative_zero && zero);
        if negative {
            out.push('-');
        } else if style.plus {
            out.push('+');
        }
        layout.push(&mut out, style);
    }
    if kind.is_ascii_uppercase() {
        out.make_ascii_uppercase();
    }
    out
}

/// The digits and where they are written.
struct Layout {
    decimal: Decimal,
    /// Written with an exponent.
    exponent: bool,
    /// Digits to write, counted as `decimal.point` is.
    end: i64,
}

impl Layout {
    fn new(number: f64, kind: char, precision: usize, style: Style) -> Self {
        let kept = precision.min(DIGITS_MAX);
        let long = i64::try_from(precision).unwrap_or(i64::MAX / 2);
        match kind {
            'f' => {
                if let Some(decimal) = exact::fixed(number.abs(), precision) {
                    let end = i64::from(decimal.point) + long;
                    return Self { decimal, exponent: false, end };
                }
                let text = format!("{:.kept$}", number.abs());
                let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
                let point = i32::try_from(whole.len()).unwrap_or(0);
                let decimal = Decimal { digits: format!("{whole}{fraction}"), point };
                Self { end: i64::from(point) + long, decimal, exponent: false }
            }
            'e' => {
                let decimal = from_scientific(&format!("{:.kept$e}", number.abs()));
                Self { decimal, exponent: true, end: long + 1 }
            }
            'g' => {
                let (kept, long) = (kept.max(1), long.max(1));
                let last = kept - 1;
                let mut decimal = from_scientific(&format!("{:.last$e}", number.abs()));
                strip_zeros(&mut decimal.digits);
                let point = i64::from(decimal.point);
                let exponent = point <= -4 || point > long - i64::from(style.add_point_zero);
                let end = if style.alternate { long } else { count(&decimal) };
                Self { decimal, exponent, end }
            }
            _ => {
                let decimal = shortest(number);
                let exponent = decimal.point <= -4 || decimal.point > 16;
                Self { end: count(&decimal), decimal, exponent }
            }
        }
    }

    fn push(&self, out: &mut String, style: Style) {
        let point = if self.exponent { 1 } else { i64::from(self.decimal.point) };
        let least = point + i64::from(!self.exponent && style.add_point_zero);
        let end = self.end.max(least);
        let length = count(&self.decimal);
        if point <= 0 {
            out.push('0');
        } else {
            push_range(out, &self.decimal.digits, 0, point.min(length));
            push_zeros(out, usize::try_from(point - length).unwrap_or(0));
        }
        if end > point || style.alternate {
            out.push('.');
        }
        if end > point {
            push_zeros(out, usize::try_from((-point).min(end - point)).unwrap_or(0));
            let from = point.clamp(0, length);
            push_range(out, &self.decimal.digits, from, end.clamp(from, length));
            push_zeros(out, usize::try_from(end - length.max(point).max(0)).unwrap_or(0));
        }
        if self.exponent {
            push_exponent_part(out, self.decimal.point - 1, 'e');
        }
    }
}

fn count(decimal: &Decimal) -> i64 {
    i64::try_from(decimal.digits.len()).unwrap_or(0)
}

fn push_range(out: &mut String, digits: &str, from: i64, to: i64) {
    let (from, to) = (usize::try_from(from).unwrap_or(0), usize::try_from(to).unwrap_or(0));
    out.push_str(digits.get(from..to).unwrap_or(""));
}

fn strip_zeros(digits: &mut String) {
    let kept = digits.trim_end_matches('0').len().max(1);
    digits.truncate(kept);
}
