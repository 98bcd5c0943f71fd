//! `'...' % (...)` whose format is simple enough to be an f-string (CPython's `optimize_format`).

use base::wstr::WString;
use syntax::ast::nodes::{Constant, Conversion, Expr, ExprKind};

/// A part of such a format.
pub enum Part {
    /// Text as it is.
    Text(WString),
    /// The `item`-th operand.
    Field {
        /// Which operand.
        item: usize,
        /// `%s`, `%r` or `%a`.
        conversion: Conversion,
        /// Width and precision as a format specification.
        spec: String,
    },
}

/// The most digits of a width or precision are one less.
const MAX_DIGITS: usize = 3;

/// The parts of `left % right` and the operands, if it can be written as an f-string.
#[must_use]
pub fn parts<'e>(left: &Expr, right: &'e Expr) -> Option<(Vec<Part>, &'e [Expr])> {
    let ExprKind::Constant { value: Constant::Str(format), .. } = &left.kind else {
        return None;
    };
    let ExprKind::Tuple { elts, .. } = &right.kind else { return None };
    if elts.iter().any(|elt| matches!(elt.kind, ExprKind::Starred { .. })) {
        return None;
    }
    Some((parse(format, elts.len())?, elts))
}

/// The parts of a format for `count` operands; `None` if it is not simple or does not fit.
pub(crate) fn parse(format: &WString, count: usize) -> Option<Vec<Part>> {
    let points: Vec<u32> = format.points().collect();
    let percent = u32::from('%');
    let mut parts = Vec::new();
    let mut used = 0;
    let mut place = 0;
    loop {
        let mut text = WString::new();
        while let Some(&point) = points.get(place) {
            if point == percent {
                if points.get(place + 1) != Some(&percent) {
                    break;
                }
                place += 1;
            }
            text.push_point(point);
            place += 1;
        }
        if !text.is_empty() {
            parts.push(Part::Text(text));
        }
        if place >= points.len() {
            break;
        }
        if used >= count {
            return None;
        }
        place += 1;
        let (conversion, spec, next) = field(&points, place)?;
        parts.push(Part::Field { item: used, conversion, spec });
        used += 1;
        place = next;
    }
    (used == count).then_some(parts)
}

/// What stands behind a `%`: conversion, format specification, and where it ends.
fn field(points: &[u32], start: usize) -> Option<(Conversion, String, usize)> {
    let at = |place: usize| points.get(place).copied().and_then(char::from_u32);
    let mut place = start;
    let mut left = false;
    while let Some(flag @ ('-' | '+' | ' ' | '#' | '0')) = at(place) {
        left |= flag == '-';
        place += 1;
    }
    let digits = |place: &mut usize| -> Option<Option<u32>> {
        let first = *place;
        let mut value = 0;
        while let Some(digit) = at(*place).and_then(|c| c.to_digit(10)) {
            value = value * 10 + digit;
            *place += 1;
            if *place - first >= MAX_DIGITS {
                return None;
            }
        }
        Some((*place > first).then_some(value))
    };
    let width = digits(&mut place)?;
    let mut precision = None;
    if at(place) == Some('.') {
        place += 1;
        precision = Some(digits(&mut place)?.unwrap_or(0));
    }
    let conversion = match at(place)? {
        's' => Conversion::Str,
        'r' => Conversion::Repr,
        'a' => Conversion::Ascii,
        _ => return None,
    };
    let mut spec = String::new();
    if !left && width.is_some_and(|width| width > 0) {
        spec.push('>');
    }
    if let Some(width) = width {
        spec.push_str(&width.to_string());
    }
    if let Some(precision) = precision {
        spec.push('.');
        spec.push_str(&precision.to_string());
    }
    Some((conversion, spec, place + 1))
}
