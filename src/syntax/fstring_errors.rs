//! What is wrong with an f-string or t-string that the lexical grammar does not take: CPython's tokenizer, played again
//! on that literal alone.

use crate::error::{ErrorKind, Place, SyntaxError};
use crate::layout::LexicalError;
use crate::lexical_errors::{
    at_cursor, character, detected_line, line_and_column, mismatch, never_closed, number,
};

/// Fields inside fields' format specifications: CPython's MAX_EXPR_NESTING.
const NESTING_MAX: usize = 3;

/// One literal that is open.
struct Literal {
    start: usize,
    letter: u8,
    raw: bool,
    quote: u8,
    triple: bool,
    /// For each field that is open: how many brackets were open before it, and whether its format has begun.
    fields: Vec<(usize, bool)>,
}

struct Scan<'t> {
    text: &'t str,
    at: usize,
    literals: Vec<Literal>,
    brackets: Vec<(u8, usize)>,
}

/// Reads the literal at `start` and finds what CPython would say.
pub(crate) fn scan(text: &str, start: usize, letter: u8, raw: bool) -> LexicalError {
    let mut scan = Scan { text, at: start, literals: Vec::new(), brackets: Vec::new() };
    scan.open(start, letter, raw);
    loop {
        if let Err(error) = scan.step() {
            return *error;
        }
    }
}

type Step = Result<(), Box<LexicalError>>;

impl Scan<'_> {
    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    fn fail(&self, cursor: usize, message: impl Into<String>) -> Step {
        let error = at_cursor(self.text, cursor, message);
        Err(Box::new(LexicalError { error, incomplete: false, replaces: false }))
    }

    fn open(&mut self, start: usize, letter: u8, raw: bool) {
        let mut at = start;
        while self.byte(at).is_ascii_alphabetic() {
            at += 1;
        }
        let quote = self.byte(at);
        let triple = self.byte(at + 1) == quote && self.byte(at + 2) == quote;
        self.at = at + if triple { 3 } else { 1 };
        self.literals.push(Literal { start, letter, raw, quote, triple, fields: Vec::new() });
    }

    fn step(&mut self) -> Step {
        let in_code = self
            .literals
            .last()
            .and_then(|literal| literal.fields.last())
            .is_some_and(|&(_, in_format)| !in_format);
        if in_code { self.code() } else { self.text_part() }
    }

    /// Literal text, or the text of a format specification.
    fn text_part(&mut self) -> Step {
        let Some(literal) = self.literals.last() else { return self.unterminated() };
        let (quote, triple, letter, raw) =
            (literal.quote, literal.triple, char::from(literal.letter), literal.raw);
        let in_format = !literal.fields.is_empty();
        let depth = literal.fields.len();
        if self.at >= self.text.len() {
            return self.unterminated();
        }
        let byte = self.byte(self.at);
        match byte {
            b'\n' if !triple => {
                if in_format {
                    let message = format!(
                        "{letter}-string: newlines are not allowed in format specifiers \
                         for single quoted {letter}-strings"
                    );
                    return self.fail_at_newline(message);
                }
                self.unterminated()
            }
            b'\\' => {
                let next = self.byte(self.at + 1);
                if next == b'{' || next == b'}' {
                    self.at += 1;
                } else if !raw && next == b'N' && self.byte(self.at + 2) == b'{' {
                    self.at += 3;
                    while !matches!(self.byte(self.at), 0 | b'}' | b'\n' | b'"' | b'\'') {
                        self.at += 1;
                    }
                    self.at += usize::from(self.byte(self.at) == b'}');
                } else {
                    self.at += 2;
                }
                Ok(())
            }
            b'{' if self.byte(self.at + 1) == b'{' && !in_format => {
                self.at += 2;
                Ok(())
            }
            b'{' => {
                if depth >= NESTING_MAX {
                    let message = format!("{letter}-string: expressions nested too deeply");
                    return self.fail(self.at, message);
                }
                let brackets = self.brackets.len();
                self.brackets.push((b'{', self.at));
                self.at += 1;
                if let Some(literal) = self.literals.last_mut() {
                    literal.fields.push((brackets, false));
                }
                Ok(())
            }
            b'}' if in_format => {
                self.at += 1;
                self.brackets.pop();
                if let Some(literal) = self.literals.last_mut() {
                    literal.fields.pop();
                }
                Ok(())
            }
            b'}' if self.byte(self.at + 1) == b'}' => {
                self.at += 2;
                Ok(())
            }
            b'}' => self.fail(self.at + 1, format!("{letter}-string: single '}}' is not allowed")),
            _ if byte == quote
                && (!triple
                    || (self.byte(self.at + 1) == quote && self.byte(self.at + 2) == quote)) =>
            {
                if in_format {
                    return self.open_format(letter);
                }
                self.at += if triple { 3 } else { 1 };
                self.literals.pop();
                if self.literals.is_empty() { self.unterminated() } else { Ok(()) }
            }
            _ => {
                self.at += 1;
                Ok(())
            }
        }
    }

    /// The newline counts as the last character of its line.
    fn fail_at_newline(&self, message: String) -> Step {
        let (line, column) = line_and_column(self.text, self.at);
        let offset = column + 1;
        let place = Place::Exact { line, offset, end_line: line, end_offset: offset };
        let error = SyntaxError::of(ErrorKind::Syntax, message, place);
        Err(Box::new(LexicalError { error, incomplete: false, replaces: false }))
    }

    /// The closing quote comes inside a format specification: CPython's parser says so, at the quote.
    fn open_format(&self, letter: char) -> Step {
        let (line, column) = line_and_column(self.text, self.at);
        let message = format!("{letter}-string: expecting '}}', or format specs");
        let place =
            Place::Exact { line, offset: column + 1, end_line: line, end_offset: column + 2 };
        let error = SyntaxError::of(ErrorKind::Syntax, message, place);
        Err(Box::new(LexicalError { error, incomplete: false, replaces: false }))
    }

    fn unterminated(&self) -> Step {
        let Some(literal) = self.literals.last() else {
            return self.fail(self.at, "invalid syntax");
        };
        let detected = detected_line(self.text, self.at);
        let letter = char::from(literal.letter);
        let triple = if literal.triple { "triple-quoted " } else { "" };
        let message =
            format!("unterminated {triple}{letter}-string literal (detected at line {detected})");
        let error = at_cursor(self.text, literal.start + 1, message);
        let incomplete = literal.triple;
        Err(Box::new(LexicalError { error, incomplete, replaces: false }))
    }

    /// One token of a field's expression.
    fn code(&mut self) -> Step {
        if self.at >= self.text.len() {
            return self.end_in_field();
        }
        let byte = self.byte(self.at);
        match byte {
            b'#' => {
                while !matches!(self.byte(self.at), 0 | b'\n') {
                    self.at += 1;
                }
                Ok(())
            }
            b'(' | b'[' | b'{' => {
                self.brackets.push((byte, self.at));
                self.at += 1;
                Ok(())
            }
            b')' | b']' | b'}' => self.close(byte),
            b':' | b'!' => self.colon_or_conversion(byte),
            b'"' | b'\'' => self.string(self.at),
            b'0'..=b'9' => self.number(),
            b'\\' if self.byte(self.at + 1) == b'\n' => {
                self.at += 2;
                Ok(())
            }
            _ if byte.is_ascii_alphabetic() || byte == b'_' => self.word(),
            _ => {
                let c = self.text.get(self.at..).and_then(|rest| rest.chars().next());
                let c = c.unwrap_or(' ');
                let identifier = base::unicode::is_identifier_continue(u32::from(c));
                if !identifier
                    && !c.is_ascii_whitespace()
                    && let Some(error) = character(self.text, self.at)
                {
                    let incomplete = false;
                    return Err(Box::new(LexicalError { error, incomplete, replaces: false }));
                }
                self.at += c.len_utf8();
                Ok(())
            }
        }
    }

    /// The text ends inside a field: its innermost bracket is what CPython names.
    fn end_in_field(&self) -> Step {
        let (kind, start) = self.brackets.last().copied().unwrap_or((b'{', 0));
        let error = never_closed(self.text, kind, start);
        Err(Box::new(LexicalError { error, incomplete: true, replaces: false }))
    }

    fn base_depth(&self) -> usize {
        let field = self.literals.last().and_then(|literal| literal.fields.last());
        field.map_or(0, |&(depth, _)| depth)
    }

    fn close(&mut self, byte: u8) -> Step {
        let letter = self.literals.last().map_or('f', |literal| char::from(literal.letter));
        let Some((open, start)) = self.brackets.pop() else {
            return self.fail(self.at + 1, format!("unmatched '{}'", char::from(byte)));
        };
        let field_bracket = self.brackets.len() == self.base_depth();
        self.at += 1;
        if matches!((open, byte), (b'(', b')') | (b'[', b']') | (b'{', b'}')) {
            if field_bracket && let Some(literal) = self.literals.last_mut() {
                literal.fields.pop();
            }
            return Ok(());
        }
        if field_bracket && open == b'{' {
            let message = format!("{letter}-string: unmatched '{}'", char::from(byte));
            return self.fail(self.at, message);
        }
        let error = mismatch(self.text, open, start, byte, self.at);
        Err(Box::new(LexicalError { error, incomplete: false, replaces: false }))
    }

    fn colon_or_conversion(&mut self, byte: u8) -> Step {
        let top = self.brackets.len() == self.base_depth() + 1;
        self.at += 1;
        if byte == b'!' && self.byte(self.at) == b'=' {
            self.at += 1;
        } else if top
            && byte == b':'
            && let Some(field) =
                self.literals.last_mut().and_then(|literal| literal.fields.last_mut())
        {
            field.1 = true;
        }
        Ok(())
    }

    fn number(&mut self) -> Step {
        let start = self.at;
        while matches!(self.byte(self.at), b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'.') {
            self.at += 1;
        }
        let literal = self.text.get(start..self.at).unwrap_or_default();
        let tokens = crate::layout::tokens(literal, crate::layout::End::Closed);
        if tokens.error.is_some() {
            let error = number(self.text, start);
            return Err(Box::new(LexicalError { error, incomplete: false, replaces: false }));
        }
        Ok(())
    }

    fn word(&mut self) -> Step {
        let start = self.at;
        while self.byte(self.at).is_ascii_alphanumeric() || self.byte(self.at) == b'_' {
            self.at += 1;
        }
        let word = self.text.get(start..self.at).unwrap_or_default().to_ascii_lowercase();
        if !matches!(self.byte(self.at), b'"' | b'\'') {
            return Ok(());
        }
        match word.as_str() {
            "f" | "fr" | "rf" => self.open_nested(start, b'f', word.len() > 1),
            "t" | "tr" | "rt" => self.open_nested(start, b't', word.len() > 1),
            "r" | "b" | "br" | "rb" | "u" => return self.string(start),
            _ => {}
        }
        Ok(())
    }

    fn open_nested(&mut self, start: usize, letter: u8, raw: bool) {
        self.open(start, letter, raw);
    }

    /// A plain string inside a field; the literal's own quote means that the field was not closed.
    fn string(&mut self, start: usize) -> Step {
        let quote = self.byte(self.at);
        let triple = self.byte(self.at + 1) == quote && self.byte(self.at + 2) == quote;
        let mut at = self.at + if triple { 3 } else { 1 };
        loop {
            let byte = self.byte(at);
            if at >= self.text.len() || (byte == b'\n' && !triple) {
                break;
            }
            if byte == b'\\' {
                at += 2;
            } else if byte == quote
                && (!triple || (self.byte(at + 1) == quote && self.byte(at + 2) == quote))
            {
                self.at = at + if triple { 3 } else { 1 };
                return Ok(());
            } else {
                at += 1;
            }
        }
        if let Some(literal) = self.literals.last()
            && literal.quote == quote
            && literal.triple == triple
        {
            let letter = char::from(literal.letter);
            return self.fail(start + 1, format!("{letter}-string: expecting '}}'"));
        }
        let detected = detected_line(self.text, at);
        let triple_text = if triple { "triple-quoted " } else { "" };
        let message =
            format!("unterminated {triple_text}string literal (detected at line {detected})");
        let error = at_cursor(self.text, start + 1, message);
        Err(Box::new(LexicalError { error, incomplete: triple, replaces: false }))
    }
}
