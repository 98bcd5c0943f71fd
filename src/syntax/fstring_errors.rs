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
                let start = self.at;
                let next = self.byte(self.at + 1);
                if next == b'{' || next == b'}' {
                    self.at += 1;
                } else if !raw && next == b'N' && self.byte(self.at + 2) == b'{' {
                    self.at += 3;
                    while !matches!(self.byte(self.at), 0 | b'}' | b'\n' | b'"' | b'\'') {
                        self.at += 1;
                    }
                    if self.byte(self.at) != b'}' {
                        let end = self.at;
                        return self.malformed_name(self.part_start(start), start, end);
                    }
                    self.at += 1;
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
                self.check_expression(self.at)
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

    /// Where the text began that goes on to `at`: behind the opening quote or a field.
    fn part_start(&self, at: usize) -> usize {
        let quote = self.literals.last().map_or(b'"', |literal| literal.quote);
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        before.iter().rposition(|&byte| byte == b'}' || byte == quote).map_or(0, |end| end + 1)
    }

    /// The newline counts as the last character of its line.
    fn fail_at_newline(&self, message: String) -> Step {
        let (line, column) = line_and_column(self.text, self.at);
        let offset = column + 1;
        let place = Place::Exact { line, offset, end_line: line, end_offset: offset };
        let error = SyntaxError::of(ErrorKind::Syntax, message, place).cut_if(true);
        Err(Box::new(LexicalError { error, incomplete: false, replaces: false }))
    }

    /// An error of CPython's parser, which comes before what the tokenizer has not read yet: at the tokens `start..end`.
    fn fail_at_token(&self, start: usize, end: usize, message: &str) -> Step {
        let letter = self.literals.last().map_or('f', |literal| char::from(literal.letter));
        let ((line, column), (end_line, end_column)) =
            (line_and_column(self.text, start), line_and_column(self.text, end));
        let (offset, end_offset) = (column + 1, end_column + 1);
        let place = Place::Exact { line, offset, end_line, end_offset };
        let error =
            SyntaxError::of(ErrorKind::Syntax, format!("{letter}-string: {message}"), place);
        Err(Box::new(LexicalError { error, incomplete: false, replaces: false }))
    }

    fn after_blanks(&self, mut at: usize) -> usize {
        while matches!(self.byte(at), b' ' | b'\t' | b'\x0c' | b'\r' | b'\n') {
            at += 1;
        }
        at
    }

    /// Where the token at `start` ends; None where the tokenizer would fail, or the text ends.
    fn token_end(&self, start: usize) -> Option<usize> {
        let first = self.text.get(start..)?.chars().next()?;
        if matches!(first, '"' | '\'') {
            let rest = self.text.get(start + 1..)?;
            let length = rest.find([first, '\n'])?;
            return rest.get(length..)?.starts_with(first).then_some(start + length + 2);
        }
        let is_word = |c: char| base::unicode::is_identifier_continue(u32::from(c));
        if !is_word(first) {
            return (first != '\n').then(|| start + first.len_utf8());
        }
        let rest = self.text.get(start..)?;
        Some(start + rest.find(|c| !is_word(c)).unwrap_or(rest.len()))
    }

    /// A field that begins at `start` has an expression.
    fn check_expression(&self, start: usize) -> Step {
        let at = self.after_blanks(start);
        let what = self.byte(at);
        let missing = match what {
            b'!' | b'=' => self.byte(at + 1) != b'=',
            b':' | b'}' => true,
            _ => false,
        };
        if !missing {
            return Ok(());
        }
        let message = format!("valid expression required before '{}'", char::from(what));
        self.fail_at_token(at, at + 1, &message)
    }

    /// What stands behind the `!` at `mark` is a conversion.
    fn check_conversion(&self, mark: usize) -> Step {
        let start = mark + 1;
        if matches!(self.byte(start), b':' | b'}') {
            return self.fail_at_token(start, start + 1, "missing conversion character");
        }
        let name = self.after_blanks(start);
        let Some(end) = self.token_end(name) else { return Ok(()) };
        let text = self.text.get(name..end).unwrap_or_default();
        let is_name = text.chars().next().is_some_and(|c| {
            base::unicode::is_identifier_continue(u32::from(c)) && !c.is_ascii_digit()
        });
        if !is_name {
            return self.fail_at_token(name, end, "invalid conversion character");
        }
        if name > start {
            let message = "conversion type must come right after the exclamation mark";
            return self.fail_at_token(mark, end, message);
        }
        if !matches!(text, "s" | "r" | "a") {
            let message =
                format!("invalid conversion character '{text}': expected 's', 'r', or 'a'");
            return self.fail_at_token(name, end, &message);
        }
        let next = self.after_blanks(end);
        match self.token_end(next) {
            Some(_) if matches!(self.byte(next), b':' | b'}') => Ok(()),
            Some(next_end) => self.fail_at_token(next, next_end, "expecting ':' or '}'"),
            None => Ok(()),
        }
    }

    /// A named escape at `start` that does not end: CPython decodes the part of the literal from `from` to `end`.
    fn malformed_name(&self, from: usize, start: usize, end: usize) -> Step {
        let message = format!(
            "(unicode error) 'unicodeescape' codec can't decode bytes in position {}-{}: \
             malformed \\N character escape",
            start - from,
            (end - from).saturating_sub(1)
        );
        let ((line, column), (end_line, end_column)) =
            (line_and_column(self.text, from), line_and_column(self.text, end));
        let (offset, end_offset) = (column + 1, end_column + 1);
        let place = Place::Exact { line, offset, end_line, end_offset };
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
        } else if top && byte == b'!' {
            return self.check_conversion(self.at - 1);
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
