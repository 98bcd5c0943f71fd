//! The `%` template language: what stands between the `%` and its letter, and how numbers are laid out.

use crate::float::format::{Style, format};

/// A width or precision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Amount {
    /// Not given.
    #[default]
    None,
    /// Given in the template.
    Fixed(usize),
    /// `*`: the next argument.
    Star,
}

/// The flags of a conversion.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `-`
    pub left: bool,
    /// `+`
    pub plus: bool,
    /// a space
    pub space: bool,
    /// `#`
    pub alternate: bool,
    /// `0`
    pub zero: bool,
}

/// One conversion of a template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conversion {
    /// Where the mapping key stands in the template, without its parentheses.
    pub key: Option<(usize, usize)>,
    /// The flags.
    pub flags: Flags,
    /// The width.
    pub width: Amount,
    /// The precision.
    pub precision: Amount,
    /// The letter's code point.
    pub kind: u32,
    /// Where the letter stands.
    pub position: usize,
}

/// A part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text from here to there.
    Literal(usize, usize),
    /// `%%`
    Percent,
    /// A conversion.
    Conversion(Conversion),
}

/// A template that is refused, with CPython's message for its ValueError.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TemplateError(pub &'static str);

/// The parts of a template of code points or bytes, one after the other.
#[derive(Clone, Debug)]
pub struct Pieces<'a> {
    text: &'a [u32],
    position: usize,
}

impl<'a> Pieces<'a> {
    /// The parts of `text`.
    #[must_use]
    pub const fn new(text: &'a [u32]) -> Self {
        Self { text, position: 0 }
    }

    /// The parts of `text` from `position` on, where one begins.
    #[must_use]
    pub const fn from_position(text: &'a [u32], position: usize) -> Self {
        Self { text, position }
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.position).map(|&point| char::from_u32(point).unwrap_or('\u{fffd}'))
    }

    fn conversion(&mut self) -> Result<Conversion, TemplateError> {
        let mut conversion = Conversion::default();
        if self.peek() == Some('(') {
            conversion.key = Some(self.key()?);
        }
        loop {
            let flags = &mut conversion.flags;
            match self.peek() {
                Some('-') => flags.left = true,
                Some('+') => flags.plus = true,
                Some(' ') => flags.space = true,
                Some('#') => flags.alternate = true,
                Some('0') => flags.zero = true,
                _ => break,
            }
            self.position += 1;
        }
        conversion.width = self.amount("width too big")?;
        if self.peek() == Some('.') {
            self.position += 1;
            conversion.precision = match self.amount("precision too big")? {
                Amount::None => Amount::Fixed(0),
                amount => amount,
            };
        }
        if matches!(self.peek(), Some('h' | 'l' | 'L')) {
            self.position += 1;
        }
        let Some(&kind) = self.text.get(self.position) else {
            return Err(TemplateError("incomplete format"));
        };
        conversion.kind = kind;
        conversion.position = self.position;
        self.position += 1;
        Ok(conversion)
    }

    fn key(&mut self) -> Result<(usize, usize), TemplateError> {
        let start = self.position + 1;
        let mut depth = 0usize;
        while let Some(c) = self.peek() {
            match c {
                '(' => depth += 1,
                ')' if depth == 1 => {
                    self.position += 1;
                    return Ok((start, self.position - 1));
                }
                ')' => depth -= 1,
                _ => {}
            }
            self.position += 1;
        }
        Err(TemplateError("incomplete format key"))
    }

    fn amount(&mut self, too_big: &'static str) -> Result<Amount, TemplateError> {
        if self.peek() == Some('*') {
            self.position += 1;
            return Ok(Amount::Star);
        }
        let limit = if too_big.starts_with('w') { isize::MAX as usize } else { i32::MAX as usize };
        let mut amount = Amount::None;
        while let Some(digit) = self.peek().and_then(|c| c.to_digit(10)) {
            let before = if let Amount::Fixed(number) = amount { number } else { 0 };
            let number = before.checked_mul(10).and_then(|n| n.checked_add(digit as usize));
            match number.filter(|&number| number <= limit) {
                Some(number) => amount = Amount::Fixed(number),
                None => return Err(TemplateError(too_big)),
            }
            self.position += 1;
        }
        Ok(amount)
    }
}

impl Iterator for Pieces<'_> {
    type Item = Result<Piece, TemplateError>;

    fn next(&mut self) -> Option<Self::Item> {
        let start = self.position;
        let rest = self.text.get(start..).filter(|rest| !rest.is_empty())?;
        let literal = rest.iter().position(|&point| point == u32::from('%')).unwrap_or(rest.len());
        if literal > 0 {
            self.position += literal;
            return Some(Ok(Piece::Literal(start, start + literal)));
        }
        self.position += 1;
        if self.peek() == Some('%') {
            self.position += 1;
            return Some(Ok(Piece::Percent));
        }
        Some(self.conversion().map(Piece::Conversion))
    }
}

/// A number laid out: sign, prefix, digits; the width is filled by the caller's [`Laid::pad`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Laid {
    sign: Option<char>,
    prefix: &'static str,
    digits: String,
}

/// Lays out an int: `digits` are the magnitude's, in the radix of `kind` (`d i u o x X`). None without memory.
#[must_use]
pub fn lay_int(
    negative: bool,
    digits: &str,
    kind: char,
    flags: Flags,
    precision: Option<usize>,
) -> Option<Laid> {
    let zeros = precision.unwrap_or(0).saturating_sub(digits.len());
    let mut filled = String::new();
    filled.try_reserve_exact(zeros.saturating_add(digits.len())).ok()?;
    filled.extend(std::iter::repeat_n('0', zeros));
    filled.push_str(digits);
    let mut digits = filled;
    if kind == 'X' {
        digits.make_ascii_uppercase();
    }
    let prefix = match kind {
        'o' if flags.alternate => "0o",
        'x' if flags.alternate => "0x",
        'X' if flags.alternate => "0X",
        _ => "",
    };
    Some(Laid { sign: sign_of(negative, flags), prefix, digits })
}

/// Lays out a float in presentation `kind` (`e E f F g G`).
#[must_use]
pub fn lay_float(number: f64, kind: char, flags: Flags, precision: Option<usize>) -> Laid {
    let style = Style { alternate: flags.alternate, ..Style::default() };
    let text = format(number, kind, precision.unwrap_or(6), style);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest.to_owned()),
        None => (false, text),
    };
    Laid { sign: sign_of(negative, flags), prefix: "", digits }
}

fn sign_of(negative: bool, flags: Flags) -> Option<char> {
    if negative {
        Some('-')
    } else if flags.plus {
        Some('+')
    } else if flags.space {
        Some(' ')
    } else {
        None
    }
}

impl Laid {
    /// The text, filled up to `width`. None without memory.
    #[must_use]
    pub fn pad(&self, flags: Flags, width: usize) -> Option<String> {
        let used = usize::from(self.sign.is_some()) + self.prefix.len() + self.digits.len();
        let fill = width.saturating_sub(used);
        let mut out = String::new();
        out.try_reserve_exact(used.saturating_add(fill)).ok()?;
        let (before, zeros, after) = match (flags.left, flags.zero) {
            (true, _) => (0, 0, fill),
            (false, true) => (0, fill, 0),
            (false, false) => (fill, 0, 0),
        };
        out.extend(std::iter::repeat_n(' ', before));
        out.extend(self.sign);
        out.push_str(self.prefix);
        out.extend(std::iter::repeat_n('0', zeros));
        out.push_str(&self.digits);
        out.extend(std::iter::repeat_n(' ', after));
        Some(out)
    }
}
