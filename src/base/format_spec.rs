//! The format mini-language: parse once, then pad, align and group.

use crate::complex::Complex;
use crate::float::format::{Style, format};
use crate::wstr::WString;

/// A specification that is refused, with CPython's message for its ValueError.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecError(pub String);

/// Which separator stands between groups of digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grouping {
    /// None.
    #[default]
    None,
    /// `,` every three digits.
    Comma,
    /// `_` every three digits.
    Underscore,
    /// `_` every four digits, for binary, octal and hexadecimal.
    UnderscoreFour,
}

impl Grouping {
    const fn separator(self) -> Option<char> {
        match self {
            Self::None => None,
            Self::Comma => Some(','),
            Self::Underscore | Self::UnderscoreFour => Some('_'),
        }
    }

    const fn size(self) -> usize {
        if matches!(self, Self::UnderscoreFour) { 4 } else { 3 }
    }
}

/// A parsed specification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spec {
    /// The code point that fills.
    pub fill: u32,
    /// `<`, `>`, `^` or `=`
    pub align: char,
    /// `+`, `-` or a space, if given.
    pub sign: Option<char>,
    /// `z`
    pub no_negative_zero: bool,
    /// `#`
    pub alternate: bool,
    /// The least width.
    pub width: usize,
    /// Groups before the point.
    pub grouping: Grouping,
    /// The precision, if given.
    pub precision: Option<usize>,
    /// Groups after the point.
    pub fraction_grouping: Grouping,
    /// The presentation, `\0` where the default is none.
    pub kind: u32,
}

/// What a type presents when its specification does not say.
#[derive(Clone, Copy, Debug)]
pub struct Defaults<'a> {
    /// The presentation: `s`, `d`, or `\0`.
    pub kind: char,
    /// The alignment: `<` or `>`.
    pub align: char,
    /// The type's name, for messages.
    pub type_name: &'a str,
}

/// Parses `text`.
///
/// # Errors
/// What CPython's `format` raises as ValueError.
pub fn parse(text: &[u32], defaults: Defaults<'_>) -> Result<Spec, SpecError> {
    let mut spec = Spec {
        fill: u32::from(' '),
        align: defaults.align,
        sign: None,
        no_negative_zero: false,
        alternate: false,
        width: 0,
        grouping: Grouping::None,
        precision: None,
        fraction_grouping: Grouping::None,
        kind: u32::from(defaults.kind),
    };
    let mut reader = Reader { text, position: 0 };
    let mut fill_given = false;
    let mut align_given = false;
    if let Some(align) = reader.at(1).filter(|&c| is_align(c)) {
        spec.fill = text.first().copied().unwrap_or(u32::from(' '));
        spec.align = align;
        (fill_given, align_given) = (true, true);
        reader.position = 2;
    } else if let Some(align) = reader.at(0).filter(|&c| is_align(c)) {
        spec.align = align;
        align_given = true;
        reader.position = 1;
    }
    spec.sign = reader.take_any(&['+', '-', ' ']);
    spec.no_negative_zero = reader.take('z');
    spec.alternate = reader.take('#');
    if !fill_given && reader.take('0') {
        spec.fill = u32::from('0');
        if !align_given && defaults.align == '>' {
            spec.align = '=';
        }
    }
    spec.width = reader.number()?.unwrap_or(0);
    spec.grouping = reader.grouping()?;
    if reader.take('.') {
        spec.precision = reader.number()?;
        spec.fraction_grouping = reader.grouping()?;
        if spec.precision.is_none() && spec.fraction_grouping == Grouping::None {
            return Err(SpecError("Format specifier missing precision".to_owned()));
        }
    }
    match text.get(reader.position..) {
        None | Some([]) => {}
        Some([kind]) => spec.kind = *kind,
        Some(_) => {
            let shown = WString::from_points(text.iter().copied()).to_string_lossy();
            return Err(SpecError(format!(
                "Invalid format specifier '{shown}' for object of type '{}'",
                defaults.type_name
            )));
        }
    }
    check_grouping(&mut spec)?;
    Ok(spec)
}

fn is_align(c: char) -> bool {
    matches!(c, '<' | '>' | '=' | '^')
}

fn check_grouping(spec: &mut Spec) -> Result<(), SpecError> {
    let kind = char::from_u32(spec.kind).unwrap_or('\u{fffd}');
    let decimal = matches!(kind, 'd' | 'e' | 'f' | 'g' | 'E' | 'G' | '%' | 'F' | '\0');
    if let Some(separator) = spec.grouping.separator()
        && !decimal
    {
        if separator == '_' && matches!(kind, 'b' | 'o' | 'x' | 'X') {
            spec.grouping = Grouping::UnderscoreFour;
        } else {
            return Err(cannot_group(separator, spec.kind));
        }
    }
    if let Some(separator) = spec.fraction_grouping.separator()
        && kind == 'n'
    {
        return Err(cannot_group(separator, spec.kind));
    }
    Ok(())
}

fn cannot_group(separator: char, kind: u32) -> SpecError {
    SpecError(format!("Cannot specify '{separator}' with '{}'.", kind_text(kind)))
}

fn kind_text(kind: u32) -> String {
    match char::from_u32(kind) {
        Some(c @ '!'..='\x7f') => c.to_string(),
        _ => format!("\\x{kind:x}"),
    }
}

/// The refusal of a presentation that a type does not have.
#[must_use]
pub fn unknown_kind(kind: u32, type_name: &str) -> SpecError {
    let shown = kind_text(kind);
    SpecError(format!("Unknown format code '{shown}' for object of type '{type_name}'"))
}

struct Reader<'a> {
    text: &'a [u32],
    position: usize,
}

impl Reader<'_> {
    fn at(&self, offset: usize) -> Option<char> {
        self.text.get(self.position + offset).copied().and_then(char::from_u32)
    }

    fn take(&mut self, wanted: char) -> bool {
        let found = self.at(0) == Some(wanted);
        self.position += usize::from(found);
        found
    }

    fn take_any(&mut self, wanted: &[char]) -> Option<char> {
        let found = self.at(0).filter(|c| wanted.contains(c));
        self.position += usize::from(found.is_some());
        found
    }

    fn number(&mut self) -> Result<Option<usize>, SpecError> {
        let mut number: Option<isize> = None;
        while let Some(point) = self.text.get(self.position).copied()
            && let Some(digit) = crate::unicode::decimal_value(point)
        {
            let next =
                number.unwrap_or(0).checked_mul(10).and_then(|n| n.checked_add(isize::from(digit)));
            let Some(next) = next else {
                return Err(SpecError("Too many decimal digits in format string".to_owned()));
            };
            number = Some(next);
            self.position += 1;
        }
        Ok(number.and_then(|number| usize::try_from(number).ok()))
    }

    fn grouping(&mut self) -> Result<Grouping, SpecError> {
        let mut grouping = Grouping::None;
        let both = || SpecError("Cannot specify both ',' and '_'.".to_owned());
        if self.take(',') {
            grouping = Grouping::Comma;
        }
        if self.take('_') {
            if grouping != Grouping::None {
                return Err(both());
            }
            grouping = Grouping::Underscore;
        }
        if self.at(0) == Some(',') && grouping == Grouping::Underscore {
            return Err(both());
        }
        Ok(grouping)
    }
}

impl Spec {
    /// The presentation, if it is a character.
    #[must_use]
    pub fn kind_char(&self) -> char {
        char::from_u32(self.kind).unwrap_or('\u{fffd}')
    }

    /// Whether there is memory for a result of that width and precision. The layout itself assumes it.
    #[must_use]
    pub fn has_room(&self) -> bool {
        let precision = if self.kind_char() == 's' { 0 } else { self.precision.unwrap_or(0) };
        // A fill character takes up to 4 bytes, and the text is held twice while it is copied.
        let bytes = self.width.saturating_add(precision).saturating_mul(8);
        bytes < 1 << 16 || Vec::<u8>::new().try_reserve_exact(bytes).is_ok()
    }

    /// Whether the presentation is one of text; [`render_str`](Self::render_str) refuses all others.
    #[must_use]
    pub fn is_for_str(&self) -> bool {
        self.kind_char() == 's'
    }

    /// A str: cut to the precision and padded.
    ///
    /// # Errors
    /// What only numbers can have.
    pub fn render_str(&self, text: &[u32], type_name: &str) -> Result<WString, SpecError> {
        if self.kind_char() != 's' {
            return Err(unknown_kind(self.kind, type_name));
        }
        let refusal = if self.sign == Some(' ') {
            "Space not allowed in string format specifier"
        } else if self.sign.is_some() {
            "Sign not allowed in string format specifier"
        } else if self.no_negative_zero {
            "Negative zero coercion (z) not allowed in string format specifier"
        } else if self.alternate {
            "Alternate form (#) not allowed in string format specifier"
        } else if self.align == '=' {
            "'=' alignment not allowed in string format specifier"
        } else {
            let kept = self.precision.unwrap_or(usize::MAX).min(text.len());
            return Ok(self.pad(text.get(..kept).unwrap_or(text)));
        };
        Err(SpecError(refusal.to_owned()))
    }

    /// Checks what is common to the presentations of an int.
    ///
    /// # Errors
    /// What only floats can have.
    pub fn check_int(&self) -> Result<(), SpecError> {
        let refusal = if self.precision.is_some() {
            "Precision not allowed in integer format specifier"
        } else if self.no_negative_zero {
            "Negative zero coercion (z) not allowed in integer format specifier"
        } else if self.kind_char() == 'c' && self.sign.is_some() {
            "Sign not allowed with integer format specifier 'c'"
        } else if self.kind_char() == 'c' && self.alternate {
            "Alternate form (#) not allowed with integer format specifier 'c'"
        } else {
            return Ok(());
        };
        Err(SpecError(refusal.to_owned()))
    }

    /// The character of an int in presentation `c`.
    #[must_use]
    pub fn render_char(&self, point: u32) -> WString {
        let part = NumberText { rest: WString::from_points([point]), ..NumberText::default() };
        self.pad_number(&part, self.sign)
    }

    /// An int, whose magnitude's digits are in the presentation's radix.
    #[must_use]
    pub fn render_int(&self, negative: bool, digits: &str) -> WString {
        let kind = self.kind_char();
        let prefix = match kind {
            'b' if self.alternate => "0b",
            'o' if self.alternate => "0o",
            'x' if self.alternate => "0x",
            'X' if self.alternate => "0X",
            _ => "",
        };
        let whole = if kind == 'X' { digits.to_ascii_uppercase() } else { digits.to_owned() };
        let part = NumberText { negative, prefix, whole, ..NumberText::default() };
        self.pad_number(&part, self.sign)
    }

    /// A float.
    ///
    /// # Errors
    /// A presentation that floats do not have.
    pub fn render_float(&self, number: f64, type_name: &str) -> Result<WString, SpecError> {
        let (kind, default_precision) = match self.kind_char() {
            '\0' => ('r', 0),
            'n' => ('g', 6),
            '%' => ('f', 6),
            kind @ ('e' | 'E' | 'f' | 'F' | 'g' | 'G') => (kind, 6),
            _ => return Err(unknown_kind(self.kind, type_name)),
        };
        let percent = self.kind_char() == '%';
        let number = if percent { number * 100.0 } else { number };
        let plain = self.kind_char() == '\0';
        let mut text = self.float_text(number, kind, default_precision, plain)?;
        if percent {
            text.rest.push('%');
        }
        Ok(self.pad_number(&text, self.sign))
    }

    fn float_text(
        &self,
        number: f64,
        kind: char,
        default_precision: usize,
        add_point_zero: bool,
    ) -> Result<NumberText, SpecError> {
        let precision = self.precision.unwrap_or(default_precision);
        if precision > i32::MAX as usize {
            return Err(SpecError("precision too big".to_owned()));
        }
        let kind = if kind == 'r' && self.precision.is_some() { 'g' } else { kind };
        let style = Style {
            plus: false,
            alternate: self.alternate,
            add_point_zero,
            no_negative_zero: self.no_negative_zero,
        };
        Ok(NumberText::of_float(&format(number, kind, precision, style)))
    }

    /// A complex number.
    ///
    /// # Errors
    /// What complex numbers do not have.
    pub fn render_complex(&self, number: Complex) -> Result<WString, SpecError> {
        let (kind, default_precision) = match self.kind_char() {
            '\0' => ('r', 0),
            'n' => ('g', 6),
            kind @ ('e' | 'E' | 'f' | 'F' | 'g' | 'G') => (kind, 6),
            _ => return Err(unknown_kind(self.kind, "complex")),
        };
        if self.fill == u32::from('0') {
            return Err(SpecError(
                "Zero padding is not allowed in complex format specifier".to_owned(),
            ));
        }
        if self.align == '=' {
            return Err(SpecError(
                "'=' alignment flag is not allowed in complex format specifier".to_owned(),
            ));
        }
        let plain = self.kind_char() == '\0';
        let skip_real = plain && number.re == 0.0 && number.re.is_sign_positive();
        let bare = Self { width: 0, ..self.clone() };
        let mut out = WString::new();
        if plain && !skip_real {
            out.push('(');
        }
        if !skip_real {
            let part = self.float_text(number.re, kind, default_precision, false)?;
            out.push_wstr(bare.pad_number(&part, self.sign).as_wstr());
        }
        let sign = if skip_real { self.sign } else { Some('+') };
        let part = self.float_text(number.im, kind, default_precision, false)?;
        out.push_wstr(bare.pad_number(&part, sign).as_wstr());
        out.push('j');
        if plain && !skip_real {
            out.push(')');
        }
        let points: Vec<u32> = out.points().collect();
        Ok(self.pad(&points))
    }

    /// Fills `text` up to the width.
    fn pad(&self, text: &[u32]) -> WString {
        let total = self.width.saturating_sub(text.len());
        let left = match self.align {
            '>' => total,
            '^' => total / 2,
            _ => 0,
        };
        let mut out = WString::with_capacity(text.len().saturating_add(total));
        let fill = |count| std::iter::repeat_n(self.fill, count);
        let all = fill(left).chain(text.iter().copied()).chain(fill(total - left));
        all.for_each(|point| out.push_point(point));
        out
    }

    /// Sign, prefix, grouped digits and the rest, filled up to the width.
    fn pad_number(&self, number: &NumberText, sign: Option<char>) -> WString {
        let sign = match sign {
            _ if number.negative => Some('-'),
            Some('-') | None => None,
            sign => sign,
        };
        let fraction = group_fraction(&number.fraction, self.fraction_grouping);
        let fixed = usize::from(sign.is_some())
            + number.prefix.len()
            + usize::from(number.point)
            + fraction.len()
            + number.rest.count_points();
        let zero_fill = self.fill == u32::from('0') && self.align == '=';
        let least = if zero_fill { self.width.saturating_sub(fixed) } else { 0 };
        let whole = if number.whole.is_empty() {
            String::new()
        } else {
            group_whole(&number.whole, self.grouping, least)
        };
        let total = self.width.saturating_sub(fixed + whole.len());
        let (left, inner) = match self.align {
            '>' => (total, 0),
            '^' => (total / 2, 0),
            '=' => (0, total),
            _ => (0, 0),
        };
        let mut out = WString::with_capacity(fixed + whole.len() + total);
        let fill = |out: &mut WString, count: usize| {
            for _ in 0..count {
                out.push_point(self.fill);
            }
        };
        fill(&mut out, left);
        if let Some(sign) = sign {
            out.push(sign);
        }
        out.push_str(number.prefix);
        fill(&mut out, inner);
        out.push_str(&whole);
        if number.point {
            out.push('.');
        }
        out.push_str(&fraction);
        out.push_wstr(number.rest.as_wstr());
        fill(&mut out, total - left - inner);
        out
    }
}

/// A number's text in its parts.
#[derive(Default)]
struct NumberText {
    negative: bool,
    prefix: &'static str,
    whole: String,
    point: bool,
    fraction: String,
    rest: WString,
}

impl NumberText {
    fn of_float(text: &str) -> Self {
        let (negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let is_digit = |c: char| c.is_ascii_digit();
        let after_whole = text.trim_start_matches(is_digit);
        let whole = text.strip_suffix(after_whole).unwrap_or("").to_owned();
        let after_point = after_whole.strip_prefix('.');
        let (fraction, rest) = match after_point {
            Some(after) => {
                let rest = after.trim_start_matches(is_digit);
                (after.strip_suffix(rest).unwrap_or(""), rest)
            }
            None => ("", after_whole),
        };
        let mut tail = WString::new();
        tail.push_str(rest);
        Self {
            negative,
            prefix: "",
            whole,
            point: after_point.is_some(),
            fraction: fraction.to_owned(),
            rest: tail,
        }
    }
}

/// Digits in groups from the right, with zeros in front up to `least` characters.
fn group_whole(digits: &str, grouping: Grouping, least: usize) -> String {
    let Some(separator) = grouping.separator() else {
        let zeros = least.saturating_sub(digits.len());
        let mut out = String::with_capacity(zeros + digits.len());
        out.extend(std::iter::repeat_n('0', zeros));
        out.push_str(digits);
        return out;
    };
    let size = grouping.size();
    let mut reversed: Vec<u8> = Vec::with_capacity(least.max(digits.len() * 4 / 3));
    let mut left = digits.bytes().rev();
    let mut remaining = digits.len();
    let mut in_group = 0;
    while remaining > 0 || reversed.len() < least {
        if in_group == size {
            reversed.push(separator as u8);
            in_group = 0;
            // A separator is never first: a zero follows even where the width is reached.
        }
        reversed.push(left.next().unwrap_or(b'0'));
        remaining = remaining.saturating_sub(1);
        in_group += 1;
    }
    reversed.iter().rev().map(|&byte| char::from(byte)).collect()
}

/// Digits in groups from the left.
fn group_fraction(digits: &str, grouping: Grouping) -> String {
    let Some(separator) = grouping.separator() else { return digits.to_owned() };
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && index % 3 == 0 {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}
