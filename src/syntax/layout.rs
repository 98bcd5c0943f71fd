//! The layout pass: flat tokens to the syntax grammar's input, one character a token.
//!
//! It owns what CPython's tokenizer owns: matching brackets, NEWLINE, INDENT and DEDENT, tab columns and the limits on
//! nesting. Newlines inside brackets are dropped here, so a position of the syntax grammar is a token's number.

use base::span::Span;

use crate::error::{ErrorKind, Place, SyntaxError, Warning, WarningKind};
use crate::grammar::lexical::Rule;
use crate::kinds;
use crate::lexical_errors as errors;
use crate::scan::{self, Sink};

/// How many brackets may be open, how many indentations, how many f-strings inside each other (CPython's limits).
const BRACKETS_MAX: usize = 200;
pub(crate) const INDENTS_MAX: usize = 100;
const FSTRINGS_MAX: usize = 150;

/// How deep `lambda` and conditional expressions may nest, since the grammar recurses for each.
const RECURSION_MAX: u32 = 1000;

/// What CPython says where its parser's stack ends.
pub(crate) const TOO_COMPLEX: &str = "Parser stack overflowed - Python source too complex to parse";

/// What its tokenizer says where f-strings nest too deeply.
pub(crate) const TOO_MANY_FSTRINGS: &str = "too many nested f-strings or t-strings";

/// Why there are no more tokens before the end of the text.
#[derive(Clone, Debug)]
pub(crate) struct LexicalError {
    /// The error as CPython's tokenizer would give it.
    pub(crate) error: SyntaxError,
    /// More text may mend it.
    pub(crate) incomplete: bool,
    /// CPython lets it replace an error that the parser found before it.
    pub(crate) replaces: bool,
}

/// An open bracket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bracket {
    /// `(`, `[` or `{`.
    pub(crate) kind: u8,
    /// Where it stands.
    pub(crate) start: u32,
    /// `lambda` and `else` since it opened, in the current item.
    recursion: u32,
    /// Of these, `lambda` whose colon has not come.
    lambdas: u32,
    /// How many f-strings were open before it.
    fstrings: usize,
}

/// The syntax grammar's input.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    /// One ASCII character a token.
    pub(crate) kinds: String,
    /// Where each token stands.
    pub(crate) spans: Vec<Span>,
    /// What ended it early.
    pub(crate) error: Option<LexicalError>,
    /// The brackets that are open at its end, outermost first.
    pub(crate) open: Vec<Bracket>,
    /// Whether an indented block or a compound statement is open (input that may go on).
    pub(crate) block_open: bool,
    /// Warnings of the tokenizer.
    pub(crate) warnings: Vec<Warning>,
    /// Where the `# type:` comments stand, each with the number of the token behind it.
    pub(crate) type_comments: Vec<(usize, Span)>,
}

/// Whether the text ends here, or may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// A file: NEWLINE and DEDENT are implied.
    Closed,
    /// Typed input: blocks end at a blank line only.
    Open,
}

/// Makes the tokens of `text`.
pub(crate) fn tokens(text: &str, end: End) -> Tokens {
    let mut layout = Layout::new(text);
    match scan::scan(text, &mut layout) {
        Ok(()) => layout.finish(end),
        Err(error) => layout.fail(error),
    }
}

/// The columns of an indentation: tabs at 8, and tabs at 1.
pub(crate) fn columns(indentation: &[u8]) -> (u32, u32) {
    let (mut column, mut alternative) = (0, 0);
    for byte in indentation {
        match byte {
            b' ' => {
                column += 1;
                alternative += 1;
            }
            b'\t' => {
                column = (column / 8 + 1) * 8;
                alternative += 1;
            }
            b'\x0c' => {
                column = 0;
                alternative = 0;
            }
            _ => {}
        }
    }
    (column, alternative)
}

type Laid = Result<(), LexicalError>;

struct Layout<'t> {
    text: &'t str,
    kinds: Vec<u8>,
    spans: Vec<Span>,
    indents: Vec<(u32, u32)>,
    brackets: Vec<Bracket>,
    fstrings: Vec<u32>,
    line_start: usize,
    at_line_start: bool,
    continued_indentation: Option<usize>,
    /// The comment that the next newline may belong to.
    comment_start: Option<usize>,
    recursion: u32,
    warnings: Vec<Warning>,
    type_comments: Vec<(usize, Span)>,
}

fn final_error(error: SyntaxError) -> LexicalError {
    LexicalError { error, incomplete: false, replaces: true }
}

impl Sink for Layout<'_> {
    type Error = LexicalError;

    #[inline]
    fn token(&mut self, rule: Rule, start: usize, end: usize) -> Laid {
        match rule {
            Rule::newline => {
                self.newline(start, end);
                return Ok(());
            }
            Rule::EOI => return Ok(()),
            Rule::comment => {
                let body = self.text.as_bytes().get(start + 1..end).unwrap_or_default();
                if body.trim_ascii_start().starts_with(b"type:") {
                    self.type_comments.push((self.kinds.len(), span(start, end)));
                }
                self.comment_start = Some(start);
                return Ok(());
            }
            Rule::continuation => return self.continuation(start, end),
            _ => {}
        }
        let bytes = self.text.as_bytes();
        if self.at_line_start && self.brackets.len() == 1 {
            if rule == Rule::error_char && bytes.get(start) == Some(&b'\\') {
                // CPython meets it in the indentation.
                self.stray_character(start, bytes)?;
            }
            self.indentation(start)?;
        }
        let kind = match rule {
            Rule::name | Rule::prefix_like_name => {
                if rule == Rule::prefix_like_name
                    && let Some(error) = errors::prefixes(self.text, start, end)
                {
                    return Err(final_error(error));
                }
                let kind = kinds::of_word(self.text.get(start..end).unwrap_or_default());
                if kind == kinds::LAMBDA || kind == kinds::ELSE {
                    self.recurse(kind)?;
                }
                kind
            }
            Rule::op
            | Rule::lpar
            | Rule::rpar
            | Rule::lsqb
            | Rule::rsqb
            | Rule::lbrace
            | Rule::rbrace
            | Rule::colon
            | Rule::bang => self.operator(start, end)?,
            Rule::number => {
                if bytes.get(end).is_some_and(u8::is_ascii_alphabetic) {
                    self.warn_number(start, end);
                }
                kinds::NUMBER
            }
            Rule::string => kinds::STRING,
            Rule::fstart | Rule::fstart_raw => self.fstring_start(start, end)?,
            Rule::fend => {
                self.fstrings.pop();
                kinds::FSTRING_END
            }
            Rule::middle | Rule::raw_middle | Rule::spec | Rule::raw_spec => kinds::FSTRING_MIDDLE,
            Rule::error_string => {
                let outermost = self.fstrings.first().map_or(start, |&start| start as usize);
                let error = errors::string(self.text, outermost);
                if self.fstrings.is_empty() {
                    self.opening(start, bytes);
                }
                return Err(error);
            }
            Rule::error_number => return Err(final_error(errors::number(self.text, start))),
            _ => self.stray_character(start, bytes)?,
        };
        self.push(kind, start, end);
        Ok(())
    }
}

impl<'t> Layout<'t> {
    fn new(text: &'t str) -> Self {
        let capacity = text.len() / 4 + 16;
        Self {
            text,
            kinds: Vec::with_capacity(capacity),
            spans: Vec::with_capacity(capacity),
            indents: vec![(0, 0)],
            // The first stands for what is outside all brackets.
            brackets: vec![Bracket { kind: 0, start: 0, recursion: 0, lambdas: 0, fstrings: 0 }],
            fstrings: Vec::new(),
            line_start: 0,
            at_line_start: true,
            continued_indentation: None,
            comment_start: None,
            recursion: 0,
            warnings: Vec::new(),
            type_comments: Vec::new(),
        }
    }

    #[inline]
    fn push(&mut self, kind: u8, start: usize, end: usize) {
        self.kinds.push(kind);
        self.spans.push(span(start, end));
    }

    fn newline(&mut self, start: usize, end: usize) {
        if self.brackets.len() > 1 {
            self.comment_start = None;
            return;
        }
        if !self.at_line_start {
            // A comment before it is part of CPython's token.
            let start = self.comment_start.take().unwrap_or(start);
            self.push(kinds::NEWLINE, start, end);
            self.at_line_start = true;
            self.reset_recursion();
        }
        self.comment_start = None;
        self.line_start = end;
        self.continued_indentation = None;
    }

    /// A backslash before a newline: the first line's blanks are the indentation of the whole.
    fn continuation(&mut self, start: usize, end: usize) -> Laid {
        if self.at_line_start && self.continued_indentation.is_none() {
            if start > self.line_start {
                self.continued_indentation = Some(start);
            } else {
                self.line_start = end;
            }
        }
        if end == self.text.len() {
            let incomplete = end == start + 1;
            let error = if incomplete {
                errors::character(self.text, start)
            } else if let Some(bracket) = self.brackets.last().filter(|bracket| bracket.kind != 0) {
                Some(errors::never_closed(self.text, bracket.kind, bracket.start as usize))
            } else {
                None
            };
            let error = error.unwrap_or_else(|| errors::unexpected_end(self.text));
            return Err(LexicalError { error, incomplete, replaces: false });
        }
        Ok(())
    }

    /// INDENT and DEDENT before the token at `position`.
    fn indentation(&mut self, position: usize) -> Laid {
        self.at_line_start = false;
        let end = self.continued_indentation.take().unwrap_or(position);
        let blanks = self.text.as_bytes().get(self.line_start..end).unwrap_or_default();
        let (column, alternative) = columns(blanks);
        let tab_error = || LexicalError {
            error: errors::tabs(self.text, position),
            incomplete: false,
            replaces: false,
        };
        let (top, top_alternative) = self.indents.last().copied().unwrap_or_default();
        if column == top {
            if alternative != top_alternative {
                return Err(tab_error());
            }
        } else if column > top {
            if alternative <= top_alternative {
                return Err(tab_error());
            }
            if self.indents.len() >= INDENTS_MAX {
                let error = errors::too_deep(self.text, position);
                return Err(LexicalError { error, incomplete: false, replaces: false });
            }
            self.indents.push((column, alternative));
            self.push(kinds::INDENT, self.line_start, position);
        } else {
            let before = self.indents.len();
            while self.indents.last().is_some_and(|&(top, _)| top > column) {
                self.indents.pop();
            }
            let (top, top_alternative) = self.indents.last().copied().unwrap_or_default();
            if top != column {
                let error = errors::dedent(self.text, position);
                return Err(LexicalError { error, incomplete: false, replaces: false });
            }
            if alternative != top_alternative {
                return Err(tab_error());
            }
            for _ in self.indents.len()..before {
                self.push(kinds::DEDENT, position, position);
            }
        }
        Ok(())
    }

    fn operator(&mut self, start: usize, end: usize) -> Result<u8, LexicalError> {
        let text = self.text.as_bytes().get(start..end).unwrap_or_default();
        let kind = kinds::of_operator(text);
        match kind {
            b'(' | b'[' | b'{' => {
                if self.brackets.len() > BRACKETS_MAX {
                    let message = "too many nested parentheses";
                    return Err(final_error(errors::at_cursor(self.text, end, message)));
                }
                let (start, fstrings) = (offset(start), self.fstrings.len());
                self.brackets.push(Bracket { kind, start, recursion: 0, lambdas: 0, fstrings });
            }
            b')' | b']' | b'}' => self.close(kind, end)?,
            b',' | b';' => {
                if let Some(bracket) = self.brackets.last_mut()
                    && bracket.lambdas == 0
                {
                    self.recursion -= bracket.recursion;
                    bracket.recursion = 0;
                }
            }
            b':' => {
                if let Some(bracket) = self.brackets.last_mut() {
                    bracket.lambdas = bracket.lambdas.saturating_sub(1);
                }
            }
            _ => {}
        }
        Ok(kind)
    }

    fn close(&mut self, kind: u8, end: usize) -> Laid {
        if self.brackets.len() == 1 {
            let message = format!("unmatched '{}'", char::from(kind));
            return Err(final_error(errors::at_cursor(self.text, end, message)));
        }
        let Some(open) = self.brackets.pop() else { return Ok(()) };
        self.recursion -= open.recursion;
        if matches!((open.kind, kind), (b'(', b')') | (b'[', b']') | (b'{', b'}')) {
            return Ok(());
        }
        Err(final_error(errors::mismatch(self.text, open.kind, open.start as usize, kind, end)))
    }

    /// The first token of an f-string that goes wrong: the parser may fail before it comes to the fault.
    fn opening(&mut self, start: usize, bytes: &[u8]) {
        let rest = bytes.get(start..).unwrap_or_default();
        let prefix = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
        let letters = rest.get(..prefix).unwrap_or_default();
        let kind =
            match letters.iter().map(u8::to_ascii_lowercase).find(|b| matches!(b, b'f' | b't')) {
                Some(b'f') => kinds::FSTRING_START,
                Some(_) => kinds::TSTRING_START,
                None => return,
            };
        let quote = rest.get(prefix..prefix + 3).unwrap_or_default();
        let triple = matches!(quote, b"\"\"\"" | b"'''");
        self.push(kind, start, start + prefix + if triple { 3 } else { 1 });
    }

    fn fstring_start(&mut self, start: usize, end: usize) -> Result<u8, LexicalError> {
        if self.fstrings.len() + 1 >= FSTRINGS_MAX {
            return Err(final_error(errors::at_cursor(self.text, end, TOO_MANY_FSTRINGS)));
        }
        self.fstrings.push(offset(start));
        let prefix = self.text.as_bytes().get(start..end).unwrap_or_default();
        let template = prefix.iter().any(|byte| matches!(byte, b't' | b'T'));
        Ok(if template { kinds::TSTRING_START } else { kinds::FSTRING_START })
    }

    /// Keeps count of what makes the syntax grammar recurse without brackets.
    fn recurse(&mut self, kind: u8) -> Laid {
        if let Some(bracket) = self.brackets.last_mut() {
            bracket.recursion += 1;
            bracket.lambdas += u32::from(kind == kinds::LAMBDA);
        }
        self.recursion += 1;
        if self.recursion > RECURSION_MAX {
            let error = SyntaxError::of(ErrorKind::Memory, TOO_COMPLEX, Place::None);
            return Err(LexicalError { error, incomplete: false, replaces: false });
        }
        Ok(())
    }

    fn reset_recursion(&mut self) {
        if self.recursion > 0 {
            self.recursion = 0;
            for bracket in &mut self.brackets {
                bracket.recursion = 0;
                bracket.lambdas = 0;
            }
        }
    }

    /// `1if x`: legal, with a warning.
    fn warn_number(&mut self, start: usize, end: usize) {
        let text = self.text.as_bytes().get(start..end).unwrap_or_default();
        let kind = match text {
            [b'0', b'x' | b'X', ..] => "hexadecimal",
            [b'0', b'o' | b'O', ..] => "octal",
            [b'0', b'b' | b'B', ..] => "binary",
            [.., b'j' | b'J'] => "imaginary",
            _ => "decimal",
        };
        self.warnings.push(Warning {
            kind: WarningKind::Syntax,
            message: format!("invalid {kind} literal"),
            span: span(start, end),
        });
    }

    fn stray_character(&mut self, start: usize, bytes: &[u8]) -> Result<u8, LexicalError> {
        match errors::character(self.text, start) {
            Some(error) => {
                // CPython reads letters and what is no letter as one token that fails.
                let touches = self.spans.last().is_some_and(|last| last.end as usize == start);
                if touches && self.kinds.last().is_some_and(|&kind| kinds::is_name(kind)) {
                    self.kinds.pop();
                    self.spans.pop();
                }
                // CPython's tokenizer sets no exception for the backslash, so it replaces nothing.
                let replaces = bytes.get(start) != Some(&b'\\');
                Err(LexicalError { error, incomplete: false, replaces })
            }
            None => Ok(kinds::ERROR),
        }
    }

    fn finish(mut self, end: End) -> Tokens {
        let length = self.text.len();
        if self.brackets.len() > 1 || !self.fstrings.is_empty() {
            let error = self.unfinished();
            return self.close_tokens(Some(error), false);
        }
        if !self.kinds.is_empty()
            && self.at_line_start
            && self.line_start < length
            && !self.text.ends_with('\n')
        {
            // Blanks that no newline ends are an indentation to CPython.
            if let Err(error) = self.indentation(length) {
                return self.fail(error);
            }
            if self.indents.len() > 1 && end == End::Closed {
                self.push(kinds::NEWLINE, length, length);
            }
            self.at_line_start = true;
        }
        let compound = matches!(self.kinds.first(), Some(b'A'..=b'H' | b'@' | b'b'));
        let block_open = end == End::Open
            && (self.indents.len() > 1 || (compound && self.kinds.first() != Some(&b'b')))
            && !self.text.ends_with('\n');
        if !self.at_line_start {
            let start = self.comment_start.take().unwrap_or(length);
            self.push(kinds::NEWLINE, start, length);
        }
        if !block_open {
            for _ in 1..self.indents.len() {
                self.push(kinds::DEDENT, length, length);
            }
        }
        self.close_tokens(None, block_open)
    }

    /// The text ends in an open bracket or in an f-string.
    fn unfinished(&self) -> LexicalError {
        let bracket = self.brackets.last().copied().filter(|bracket| bracket.kind != 0);
        if let Some(&fstring) = self.fstrings.last()
            && bracket.is_none_or(|bracket| bracket.fstrings < self.fstrings.len())
        {
            return errors::string(self.text, fstring as usize);
        }
        let start = bracket.map_or(0, |bracket| bracket.start as usize);
        let kind = bracket.map_or(b'(', |bracket| bracket.kind);
        if let Some(&fstring) = self.fstrings.last() {
            return errors::string(self.text, fstring as usize);
        }
        LexicalError {
            error: errors::never_closed(self.text, kind, start),
            incomplete: true,
            replaces: false,
        }
    }

    fn fail(self, mut error: LexicalError) -> Tokens {
        // What goes wrong inside an f-string is not looked for after an error of the parser.
        error.replaces &= self.fstrings.is_empty();
        self.close_tokens(Some(error), false)
    }

    fn close_tokens(self, error: Option<LexicalError>, block_open: bool) -> Tokens {
        let mut open = self.brackets;
        open.remove(0);
        Tokens {
            kinds: String::from_utf8(self.kinds).expect("token kinds are ASCII"),
            spans: self.spans,
            error,
            open,
            block_open,
            warnings: self.warnings,
            type_comments: self.type_comments,
        }
    }
}

fn offset(position: usize) -> u32 {
    u32::try_from(position).expect("sources are limited to 4 GiB")
}

/// The span of a byte range.
pub(crate) fn span(start: usize, end: usize) -> Span {
    Span::new(offset(start), offset(end))
}
