//! `format(decimal, spec)`.

use base::format_spec::{self, Defaults, Grouping, Spec};
use base::int::BigInt;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::dict::PyDict;
use objects::types::str::PyStr;

use super::number::{Math, Number, Rounding, flag};
use super::text;

/// Why a number cannot be formatted.
pub(super) enum Refusal {
    Invalid,
    Memory,
}

/// The symbols of presentation `n`.
pub(super) struct Symbols {
    point: String,
    separator: String,
    /// How many digits each group has, from the right; the last one goes on.
    groups: Vec<u8>,
}

impl Default for Symbols {
    fn default() -> Self {
        Self { point: ".".to_owned(), separator: String::new(), groups: Vec::new() }
    }
}

impl Symbols {
    /// What a dict overrides.
    pub(super) fn of_dict(vm: Vm<'_>, value: &Value) -> PyResult<Self> {
        let Some(dict) = value.downcast::<PyDict>() else {
            return Err(vm.type_error("optional argument must be a dict"));
        };
        let text = |name: &str| match dict.get_str(&vm.intern(name)) {
            None => Ok(None),
            Some(text) => match text.downcast::<PyStr>() {
                Some(text) => Ok(Some(text.to_rust_string())),
                None => Err(vm.value_error("invalid override dict")),
            },
        };
        let mut symbols = Self::default();
        if let Some(point) = text("decimal_point")? {
            symbols.point = point;
        }
        if let Some(separator) = text("thousands_sep")? {
            symbols.separator = separator;
        }
        if let Some(groups) = text("grouping")? {
            for size in groups.chars() {
                match u8::try_from(u32::from(size)) {
                    // What follows repeats the last group.
                    Ok(0) => break,
                    Ok(size) if size < 128 => symbols.groups.push(size),
                    _ => return Err(vm.value_error("invalid override dict")),
                }
            }
        }
        let one = |text: &str| text.chars().count() <= 1;
        if symbols.point.chars().count() != 1 || !one(&symbols.separator) {
            return Err(vm.value_error("invalid override dict"));
        }
        Ok(symbols)
    }
}

/// Rounds to so many digits.
fn round_digits(math: &mut Math, number: &Number, count: i64, rounding: Rounding) -> Number {
    if number.is_zero() || count <= 0 {
        return number.clone();
    }
    let mut result = math.rescale(number, number.adjusted() + 1 - count, rounding);
    // Rounding may have made one digit more.
    if result.adjusted() != number.adjusted() {
        result = math.rescale(&result, result.adjusted() + 1 - count, rounding);
    }
    result
}

/// The digits with a separator between groups; zeros fill up to `least` characters.
fn grouped(whole: &str, separator: &str, groups: &[u8], least: usize) -> String {
    if separator.is_empty() || groups.is_empty() {
        return format!("{}{whole}", "0".repeat(least.saturating_sub(whole.len())));
    }
    let digits: Vec<char> = whole.chars().rev().collect();
    let mut out: Vec<char> = Vec::new();
    let (mut index, mut in_group, mut group) = (0, 0_u8, 0);
    while index < digits.len() || out.len() < least {
        let size = groups.get(group).or(groups.last()).copied().unwrap_or(u8::MAX);
        // A size of 127 stands for no more groups.
        if in_group == size && (1..127).contains(&size) {
            out.extend(separator.chars());
            in_group = 0;
            if group + 1 < groups.len() {
                group += 1;
            }
        }
        out.push(digits.get(index).copied().unwrap_or('0'));
        index += 1;
        in_group = in_group.saturating_add(1);
    }
    out.iter().rev().collect()
}

fn padded(text: &str, sign: &str, spec: &Spec) -> String {
    let missing = spec.width.saturating_sub(text.chars().count() + sign.len());
    let fill = char::from_u32(spec.fill).unwrap_or(' ');
    let fill = |count: usize| fill.to_string().repeat(count);
    match spec.align {
        '<' => format!("{sign}{text}{}", fill(missing)),
        '^' => format!("{}{sign}{text}{}", fill(missing / 2), fill(missing - missing / 2)),
        '=' => format!("{sign}{}{text}", fill(missing)),
        _ => format!("{}{sign}{text}", fill(missing)),
    }
}

/// The text of a number under a specification.
pub(super) fn format(
    math: &mut Math,
    number: &Number,
    spec: &[u32],
    capitals: bool,
    symbols: &Symbols,
    upper: bool,
) -> Result<String, Refusal> {
    let defaults = Defaults { kind: '\0', align: '>', type_name: "decimal.Decimal" };
    let spec = format_spec::parse(spec, defaults).map_err(|_| Refusal::Invalid)?;
    let kind = match spec.kind_char() {
        '\0' => None,
        kind @ ('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%' | 'n') => Some(kind),
        _ => return Err(Refusal::Invalid),
    };
    let localized = kind == Some('n');
    let (separator, groups) = match spec.grouping {
        Grouping::None if localized => (symbols.separator.as_str(), symbols.groups.as_slice()),
        Grouping::None => ("", &[][..]),
        Grouping::Comma if !localized => (",", &[3][..]),
        Grouping::Underscore if !localized => ("_", &[3][..]),
        _ => return Err(Refusal::Invalid),
    };
    let fraction_separator = match spec.fraction_grouping {
        Grouping::None => None,
        Grouping::Comma if !localized => Some(','),
        Grouping::Underscore if !localized => Some('_'),
        _ => return Err(Refusal::Invalid),
    };
    if !spec.has_room() {
        return Err(Refusal::Memory);
    }
    let wanted_sign = spec.sign;
    let sign_of = |negative: bool| match (negative, wanted_sign) {
        (true, _) => "-",
        (false, Some('+')) => "+",
        (false, Some(' ')) => " ",
        _ => "",
    };
    if number.is_special() {
        let mut body = text::show(&number.with_sign(false), true, false);
        if kind == Some('%') {
            body.push('%');
        }
        // Zeros do not fill special numbers.
        let spaces = spec.align == '=' && spec.fill == u32::from('0');
        let spec = if spaces { Spec { fill: u32::from(' '), align: '>', ..spec } } else { spec };
        return Ok(padded(&body, sign_of(number.negative), &spec));
    }
    let letter = match kind {
        None => {
            if capitals {
                'G'
            } else {
                'g'
            }
        }
        Some('n') if upper => 'G',
        Some('n') => 'g',
        Some(kind) => kind,
    };
    let body = digits_of(math, number, letter, &spec, fraction_separator);
    if math.status & flag::MEMORY != 0 {
        return Err(Refusal::Memory);
    }
    let (rounded, whole, mut rest) = body;
    let negative = rounded.negative && !(spec.no_negative_zero && rounded.is_zero());
    let sign = sign_of(negative);
    if letter == '%' {
        rest.push('%');
    }
    let zero_fill = spec.align == '=' && spec.fill == u32::from('0');
    let least = if zero_fill { spec.width.saturating_sub(rest.len() + sign.len()) } else { 0 };
    if localized && let Some(fraction) = rest.strip_prefix('.') {
        rest = format!("{}{fraction}", symbols.point);
    }
    let whole = grouped(&whole, separator, groups, least);
    Ok(padded(&format!("{whole}{rest}"), sign, &spec))
}

/// The rounded number, its digits before the point, and what follows them.
fn digits_of(
    math: &mut Math,
    number: &Number,
    letter: char,
    spec: &Spec,
    fraction_separator: Option<char>,
) -> (Number, String, String) {
    let rounding = math.rules.rounding;
    let mut number = number.clone();
    if letter == '%' {
        number.exp += 2;
    }
    let lower = letter.to_ascii_lowercase();
    if let Some(precision) = spec.precision {
        let precision = i64::try_from(precision).unwrap_or(i64::MAX / 4);
        match lower {
            'e' => {
                number = if number.is_zero() {
                    Number::finite(number.negative, BigInt::ZERO, number.exp)
                } else {
                    round_digits(math, &number, precision + 1, rounding)
                };
            }
            'f' | '%' => number = math.rescale(&number, -precision, rounding),
            _ if number.len() > precision => {
                number = round_digits(math, &number, precision.max(1), rounding);
            }
            _ => {}
        }
    }
    if number.is_zero() && number.exp > 0 && matches!(lower, 'f' | '%') {
        number = math.rescale(&number, 0, rounding);
    }
    let digits = number.text();
    let length = i64::try_from(digits.len()).unwrap_or(i64::MAX);
    let left = number.exp + length;
    let point = match lower {
        'e' => match spec.precision {
            Some(precision) if number.is_zero() => 1 - i64::try_from(precision).unwrap_or_default(),
            _ => 1,
        },
        'f' | '%' => left,
        _ if number.exp <= 0 && left > -6 => left,
        _ => 1,
    };
    let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or_default());
    let room = point.abs().max(length) + 8;
    if !math.has_room(room) {
        return (number, String::new(), String::new());
    }
    let (whole, fraction) = if point < 0 {
        ("0".to_owned(), format!("{}{digits}", zeros(-point)))
    } else if point > length {
        (format!("{digits}{}", zeros(point - length)), String::new())
    } else {
        let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or_default());
        (if whole.is_empty() { "0" } else { whole }.to_owned(), fraction.to_owned())
    };
    let fraction = match fraction_separator {
        None => fraction,
        Some(separator) => {
            let mut out = String::new();
            for (index, digit) in fraction.chars().enumerate() {
                if index > 0 && index.is_multiple_of(3) {
                    out.push(separator);
                }
                out.push(digit);
            }
            out
        }
    };
    let mut rest =
        if fraction.is_empty() && !spec.alternate { String::new() } else { format!(".{fraction}") };
    let exponent = left - point;
    if exponent != 0 || lower == 'e' {
        let mark = if matches!(letter, 'E' | 'G') { 'E' } else { 'e' };
        rest.push_str(&format!("{mark}{exponent:+}"));
    }
    (number, whole, rest)
}
