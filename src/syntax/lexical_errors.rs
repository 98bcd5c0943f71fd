//! What CPython's tokenizer says of text that is no token, and where: each function reads the text again from the place
//! where the lexical grammar gave up.

use base::unicode::is_printable;

use crate::error::{ErrorKind, Place, SyntaxError};
use crate::layout::LexicalError;

/// The start of the line that holds `position`.
fn line_start(text: &str, position: usize) -> usize {
    let before = text.as_bytes().get(..position).unwrap_or_default();
    before.iter().rposition(|&byte| byte == b'\n').map_or(0, |index| index + 1)
}

/// Where the lines begin that backslashes join to the one at `start`.
fn continued_from(text: &str, mut start: usize) -> usize {
    while text.as_bytes().get(..start).is_some_and(|before| before.ends_with(b"\\\n")) {
        start = line_start(text, start - 1);
    }
    start
}

/// Line (from 1) and character column (from 0) of a position.
pub(crate) fn line_and_column(text: &str, position: usize) -> (i32, i32) {
    let position = position.min(text.len());
    let before = text.as_bytes().get(..position).unwrap_or_default();
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let start = line_start(text, position);
    let column =
        before.get(start..).unwrap_or_default().iter().filter(|&&b| b & 0xc0 != 0x80).count();
    (int(line), int(column))
}

fn int(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// An error whose caret is the last character before `cursor` (CPython's `tok->cur`).
pub(crate) fn at_cursor(text: &str, cursor: usize, message: impl Into<String>) -> SyntaxError {
    let (line, offset) = line_and_column(text, cursor);
    let place = Place::Exact { line, offset, end_line: line, end_offset: offset };
    SyntaxError::of(ErrorKind::Syntax, message, place).cut_if(true)
}

/// An error that has a line and a column (from 0), and no end.
fn known_place(kind: ErrorKind, message: &str, line: i32, column: i32) -> SyntaxError {
    let place = Place::Exact { line, offset: column + 1, end_line: line, end_offset: 0 };
    SyntaxError::of(kind, message, place)
}

/// `TabError` at the line of `position`.
pub(crate) fn tabs(text: &str, position: usize) -> SyntaxError {
    let (line, _) = line_and_column(text, position);
    let message = "inconsistent use of tabs and spaces in indentation";
    known_place(ErrorKind::Tab, message, line, 0)
}

/// Too many indentations.
pub(crate) fn too_deep(text: &str, position: usize) -> SyntaxError {
    let (line, _) = line_and_column(text, position);
    let message = "too many levels of indentation";
    let place = Place::Exact { line, offset: 1, end_line: line, end_offset: 0 };
    SyntaxError::of(ErrorKind::Indentation, message, place)
}

/// A line that returns to no earlier indentation.
pub(crate) fn dedent(text: &str, position: usize) -> SyntaxError {
    let (line, _) = line_and_column(text, position);
    let message = "unindent does not match any outer indentation level";
    let offset = line_length(text, position);
    let place = Place::Exact { line, offset, end_line: line, end_offset: -1 };
    SyntaxError::of(ErrorKind::Indentation, message, place)
}

/// How many characters the line of `position` has, with its newline if it has one.
fn line_length(text: &str, position: usize) -> i32 {
    let start = line_start(text, position);
    let rest = text.get(start..).unwrap_or_default();
    int(rest.split_inclusive('\n').next().unwrap_or_default().chars().count())
}

/// A backslash at the very end.
pub(crate) fn unexpected_end(text: &str) -> SyntaxError {
    let backslash = text.rfind('\\').unwrap_or(0);
    let (line, column) = line_and_column(text, backslash);
    let place = Place::Exact { line, offset: column + 2, end_line: line, end_offset: -1 };
    SyntaxError::of(ErrorKind::Syntax, "unexpected EOF while parsing", place)
}

/// An open bracket at the end of the text.
pub(crate) fn never_closed(text: &str, kind: u8, start: usize) -> SyntaxError {
    let (line, column) = line_and_column(text, start);
    let message = format!("'{}' was never closed", char::from(kind));
    let rest = text.as_bytes().get(start..).unwrap_or_default();
    let last = rest.iter().position(|&byte| byte == b'\n').is_none_or(|at| at + 1 == rest.len());
    known_place(ErrorKind::Syntax, &message, line, column).cut_if(!last)
}

/// A closing bracket of another kind than the open one.
pub(crate) fn mismatch(
    text: &str,
    open: u8,
    open_start: usize,
    close: u8,
    end: usize,
) -> SyntaxError {
    let (open_line, _) = line_and_column(text, open_start);
    let (line, _) = line_and_column(text, end);
    let (open, close) = (char::from(open), char::from(close));
    let mut message =
        format!("closing parenthesis '{close}' does not match opening parenthesis '{open}'");
    if open_line != line {
        message.push_str(&format!(" on line {open_line}"));
    }
    at_cursor(text, end, message)
}

/// A character that begins no token; None for those that CPython's parser rejects without saying more.
pub(crate) fn character(text: &str, position: usize) -> Option<SyntaxError> {
    let c = text.get(position..)?.chars().next()?;
    let after = position + c.len_utf8();
    if c == '\\' {
        let next = text.get(after..)?.chars().next().map_or(0, char::len_utf8);
        let message = "unexpected character after line continuation character";
        let (line, column) = line_and_column(text, after + next);
        let chain = continued_from(text, line_start(text, position));
        let column = if chain < line_start(text, position) {
            // CPython counts from where the first of the continued lines begins, and stops at the end of this one.
            let counted = int((after + next).saturating_sub(chain));
            counted.min(line_length(text, position) + 1)
        } else {
            column
        };
        return Some(known_place(ErrorKind::Syntax, message, line, column - 1));
    }
    if !is_printable(u32::from(c)) {
        let message = format!("invalid non-printable character U+{:04X}", u32::from(c));
        return Some(at_cursor(text, after, message));
    }
    if !c.is_ascii() {
        let message = format!("invalid character '{c}' (U+{:04X})", u32::from(c));
        return Some(at_cursor(text, after, message));
    }
    None
}

/// Walks over the bytes of a number as CPython's tokenizer does.
struct Digits<'t> {
    text: &'t str,
    at: usize,
}

impl Digits<'_> {
    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn fail(&self, message: impl Into<String>) -> SyntaxError {
        at_cursor(self.text, self.at, message)
    }

    /// Digits with single underscores between them; the first is already known to be one.
    fn decimal_tail(&mut self) -> Result<(), SyntaxError> {
        loop {
            while self.peek().is_ascii_digit() {
                self.at += 1;
            }
            if self.peek() != b'_' {
                return Ok(());
            }
            self.at += 1;
            if !self.peek().is_ascii_digit() {
                return Err(self.fail("invalid decimal literal"));
            }
        }
    }

    fn radix(&mut self, kind: &str, is_digit: fn(u8) -> bool) -> SyntaxError {
        self.at += 2;
        loop {
            if self.peek() == b'_' {
                self.at += 1;
            }
            if !is_digit(self.peek()) {
                return self.bad_radix_digit(kind);
            }
            while is_digit(self.peek()) {
                self.at += 1;
            }
            if self.peek() != b'_' {
                return self.bad_radix_digit(kind);
            }
        }
    }

    fn bad_radix_digit(&mut self, kind: &str) -> SyntaxError {
        let digit = self.peek();
        if digit.is_ascii_digit() {
            self.at += 1;
            return self.fail(format!("invalid digit '{}' in {kind} literal", char::from(digit)));
        }
        self.fail(format!("invalid {kind} literal"))
    }

    /// `012`: the zeros are what is wrong.
    fn leading_zeros(&mut self, start: usize) -> Option<SyntaxError> {
        let first = self.at;
        loop {
            if self.peek() == b'_' {
                self.at += 1;
                if !self.peek().is_ascii_digit() {
                    return Some(self.fail("invalid decimal literal"));
                }
            }
            if self.peek() != b'0' {
                break;
            }
            self.at += 1;
        }
        let zeros_end = self.at;
        let nonzero = self.peek().is_ascii_digit();
        if nonzero && let Err(error) = self.decimal_tail() {
            return Some(error);
        }
        if nonzero && !matches!(self.peek(), b'.' | b'e' | b'E' | b'j' | b'J') {
            let (line, offset) = line_and_column(self.text, start);
            let (_, end_offset) = line_and_column(self.text, zeros_end + 1);
            let message = "leading zeros in decimal integer literals are not permitted; \
                           use an 0o prefix for octal integers";
            let place = Place::Exact { line, offset: offset + 1, end_line: line, end_offset };
            return Some(SyntaxError::of(ErrorKind::Syntax, message, place).cut_if(true));
        }
        if !nonzero {
            self.at = first.max(zeros_end);
        }
        None
    }

    fn decimal(&mut self, start: usize) -> Result<SyntaxError, SyntaxError> {
        if self.peek() == b'0' {
            if let Some(error) = self.leading_zeros(start) {
                return Ok(error);
            }
        } else if self.peek() != b'.' {
            self.decimal_tail()?;
        }
        if self.peek() == b'.' {
            self.at += 1;
            if self.peek().is_ascii_digit() {
                self.decimal_tail()?;
            }
        }
        if matches!(self.peek(), b'e' | b'E') {
            let mark = self.at;
            self.at += 1;
            if matches!(self.peek(), b'+' | b'-') {
                self.at += 1;
                if !self.peek().is_ascii_digit() {
                    return Ok(self.fail("invalid decimal literal"));
                }
                self.decimal_tail()?;
            } else if self.peek().is_ascii_digit() {
                self.decimal_tail()?;
            } else {
                self.at = mark;
                return Ok(self.fail("invalid decimal literal"));
            }
        }
        if matches!(self.peek(), b'j' | b'J') {
            self.at += 1;
            return Ok(self.fail("invalid imaginary literal"));
        }
        Ok(self.fail("invalid decimal literal"))
    }
}

/// A number that goes wrong.
pub(crate) fn number(text: &str, start: usize) -> SyntaxError {
    let mut digits = Digits { text, at: start };
    let bytes = text.as_bytes().get(start..).unwrap_or_default();
    match bytes {
        [b'0', b'x' | b'X', ..] => digits.radix("hexadecimal", |b| b.is_ascii_hexdigit()),
        [b'0', b'o' | b'O', ..] => digits.radix("octal", |b| (b'0'..=b'7').contains(&b)),
        [b'0', b'b' | b'B', ..] => digits.radix("binary", |b| matches!(b, b'0' | b'1')),
        _ => match digits.decimal(start) {
            Ok(error) | Err(error) => error,
        },
    }
}

/// A string that does not end, or an f-string that goes wrong.
pub(crate) fn string(text: &str, start: usize) -> LexicalError {
    let bytes = text.as_bytes().get(start..).unwrap_or_default();
    let prefix = bytes.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    let letters = bytes.get(..prefix).unwrap_or_default();
    let quote_start = start + prefix;
    let quote = bytes.get(prefix).copied().unwrap_or(b'"');
    let triple = bytes.get(prefix..prefix + 3).is_some_and(|q| q.iter().all(|&b| b == quote));
    if let Some(letter) =
        letters.iter().map(u8::to_ascii_lowercase).find(|byte| matches!(byte, b'f' | b't'))
    {
        let raw = letters.iter().any(|byte| matches!(byte, b'r' | b'R'));
        return crate::fstring_errors::scan(text, start, letter, raw);
    }
    let body = quote_start + if triple { 3 } else { 1 };
    plain_string(text, start, body, quote, triple)
}

fn plain_string(text: &str, start: usize, body: usize, quote: u8, triple: bool) -> LexicalError {
    let bytes = text.as_bytes();
    let mut at = body;
    let mut escaped_quote = false;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\n' if !triple => break,
            b'\\' => {
                escaped_quote |= bytes.get(at + 1) == Some(&quote);
                at += 1;
            }
            _ => {}
        }
        at += 1;
    }
    let detected = detected_line(text, at);
    let message = if triple {
        format!("unterminated triple-quoted string literal (detected at line {detected})")
    } else {
        let hint = if escaped_quote { "; perhaps you escaped the end quote?" } else { "" };
        format!("unterminated string literal (detected at line {detected}){hint}")
    };
    let incomplete = triple || (at >= text.len() && text.ends_with('\\'));
    LexicalError { error: at_cursor(text, start + 1, message), incomplete, replaces: true }
}

/// The line that CPython's tokenizer is in when it finds that a literal does not end.
pub(crate) fn detected_line(text: &str, at: usize) -> i32 {
    let at = at.min(text.len());
    let (line, column) = line_and_column(text, at);
    if at == text.len() && column == 0 && line > 1 { line - 1 } else { line }
}

/// Letters before a quote that are each a string prefix, but not together.
pub(crate) fn prefixes(text: &str, start: usize, end: usize) -> Option<SyntaxError> {
    if !matches!(text.as_bytes().get(end), Some(b'"' | b'\'')) {
        return None;
    }
    let word = text.get(start..end)?.to_ascii_lowercase();
    let distinct = word.chars().enumerate().all(|(index, c)| {
        "burft".contains(c) && word.char_indices().all(|(other, d)| other == index || c != d)
    });
    let pairs =
        [("u", "b"), ("u", "r"), ("u", "f"), ("u", "t"), ("b", "f"), ("b", "t"), ("f", "t")];
    let (first, second) = pairs
        .into_iter()
        .find(|(first, second)| distinct && word.contains(first) && word.contains(second))?;
    let (line, column) = line_and_column(text, start);
    let (_, end_offset) = line_and_column(text, end + 1);
    let message = format!("'{first}' and '{second}' prefixes are incompatible");
    let place = Place::Exact { line, offset: column + 1, end_line: line, end_offset };
    Some(SyntaxError::of(ErrorKind::Syntax, message, place).cut_if(true))
}
