//! What `python -m tokenize -e` prints: the lexical tokens with comments, non-logical newlines and exact operator names.
//!
//! CPython's tokenizer is more liberal when it answers `tokenize`: it does not compare brackets, takes any character beyond
//! ASCII for a letter and lets a number end anywhere, so this pass keeps its own count of brackets and indentations.

use base::escape::repr_points;
use pest::Parser;

use crate::error::{ErrorKind, Place, SyntaxError};
use crate::grammar::lexical::{Lexical, Rule};
use crate::lexical_errors as errors;
use crate::{layout, source};

/// The listing of a file's tokens for stdout; with an error no token is shown, and the second text is for stderr.
#[must_use]
pub fn render(bytes: &[u8], name: &str) -> (String, Option<String>) {
    let decoded = match source::decode_as_is(bytes) {
        Ok(decoded) => decoded,
        Err(error) => return (String::new(), Some(format!("{name}: error: {}\n", error.message))),
    };
    let lines = Lines::new(&decoded.text);
    let mut listing = Listing::new(&lines);
    listing.row((0, 0), (0, 0), "ENCODING", decoded.encoding);
    match listing.all() {
        Ok(()) => (listing.out, None),
        Err(Stop { line, column, message }) => {
            (String::new(), Some(format!("{name}:{line}:{column}: error: {message}\n")))
        }
    }
}

/// Line from 1 and character column from 0.
type Position = (usize, usize);

/// Why the listing ends early.
struct Stop {
    line: i32,
    column: i32,
    message: String,
}

impl From<SyntaxError> for Stop {
    fn from(error: SyntaxError) -> Self {
        let (line, column) = match error.place {
            Place::Exact { line, offset, .. } => (line, offset),
            Place::Span(_) | Place::None => (1, 0),
        };
        let multi_line = error.message.contains("unterminated triple-quoted string literal");
        let message =
            if multi_line { "EOF in multi-line string".to_owned() } else { error.message };
        Self { line, column, message }
    }
}

/// The text with plain newlines, and which of its lines ended in `\r\n`.
struct Lines {
    text: String,
    starts: Vec<usize>,
    carriage_returns: Vec<bool>,
}

impl Lines {
    fn new(original: &str) -> Self {
        let mut lines = Self {
            text: String::with_capacity(original.len()),
            starts: vec![0],
            carriage_returns: Vec::new(),
        };
        for line in original.split_inclusive('\n') {
            let body = line.strip_suffix("\r\n");
            lines.carriage_returns.push(body.is_some());
            lines.text.push_str(body.unwrap_or(line));
            if body.is_some() {
                lines.text.push('\n');
            }
            if line.ends_with('\n') {
                lines.starts.push(lines.text.len());
            }
        }
        lines
    }

    fn get(&self, start: usize, end: usize) -> &str {
        self.text.get(start..end).unwrap_or_default()
    }

    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    /// The line (from 1) that holds a place.
    fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|&start| start <= at)
    }

    fn line_start(&self, at: usize) -> usize {
        self.starts.get(self.line(at) - 1).copied().unwrap_or(0)
    }

    fn position(&self, at: usize) -> Position {
        (self.line(at), self.get(self.line_start(at), at).chars().count())
    }

    /// The text as the file has it.
    fn original(&self, start: usize, end: usize) -> String {
        let text = self.get(start, end);
        let first = self.line(start) - 1;
        let mut shown = String::with_capacity(text.len() + 2);
        for (index, line) in text.split_inclusive('\n').enumerate() {
            match line.strip_suffix('\n') {
                Some(body) if self.carriage_returns.get(first + index) == Some(&true) => {
                    shown.push_str(body);
                    shown.push_str("\r\n");
                }
                _ => shown.push_str(line),
            }
        }
        shown
    }
}

/// What is open around a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// A bracket of an expression.
    Bracket,
    /// An f-string's literal text.
    Literal { raw: bool, template: bool },
    /// A field of an f-string.
    Field { in_spec: bool },
}

struct Listing<'l> {
    lines: &'l Lines,
    out: String,
    open: Vec<Open>,
    /// How many of these are brackets or fields.
    level: usize,
    indents: Vec<(u32, u32)>,
    line_start: usize,
    /// No token but comments has come on this logical line.
    blank: bool,
    continued_indentation: Option<usize>,
    /// Tokens that begin before this are part of one that was shown.
    done: usize,
    /// Where the last token ended.
    last_end: usize,
    /// The last token was literal text.
    after_middle: bool,
}

impl<'l> Listing<'l> {
    fn new(lines: &'l Lines) -> Self {
        Self {
            lines,
            out: String::with_capacity(lines.text.len() * 12 + 256),
            open: Vec::new(),
            level: 0,
            indents: vec![(0, 0)],
            line_start: 0,
            blank: true,
            continued_indentation: None,
            done: 0,
            last_end: 0,
            after_middle: false,
        }
    }

    fn row(&mut self, start: Position, end: Position, kind: &str, text: &str) {
        use std::fmt::Write;
        let range = format!("{},{}-{},{}:", start.0, start.1, end.0, end.1);
        let text = repr_points(text.chars().map(u32::from), text.len());
        // Writing to a String cannot fail.
        let _ = writeln!(self.out, "{range:<20}{kind:<15}{text:<15}");
    }

    fn show(&mut self, kind: &str, start: usize, end: usize) {
        let text = self.lines.original(start, end);
        self.row(self.lines.position(start), self.lines.position(end), kind, &text);
        self.last_end = end;
        self.after_middle = kind.ends_with("MIDDLE");
    }

    fn all(&mut self) -> Result<(), Stop> {
        let lines = self.lines;
        let pairs = Lexical::parse(Rule::tokens, &lines.text).map_err(|_| {
            Stop::from(SyntaxError::of(ErrorKind::Memory, layout::TOO_COMPLEX, Place::None))
        })?;
        for pair in pairs {
            let span = pair.as_span();
            if span.start() >= self.done {
                self.token(pair.as_rule(), span.start(), span.end())?;
            }
        }
        self.finish()
    }

    fn token(&mut self, rule: Rule, start: usize, end: usize) -> Result<(), Stop> {
        match rule {
            Rule::EOI => return Ok(()),
            Rule::newline => {
                self.newline(start, end);
                return Ok(());
            }
            Rule::comment => {
                self.show("COMMENT", start, end);
                return Ok(());
            }
            Rule::continuation => return self.continuation(start, end),
            _ => {}
        }
        if self.blank && self.open.is_empty() {
            self.indentation(start)?;
        }
        self.blank = false;
        match rule {
            Rule::name => self.word(start),
            Rule::prefix_like_name => {
                if let Some(error) = errors::prefixes(&self.lines.text, start, end) {
                    return Err(error.into());
                }
                self.word(start);
            }
            Rule::number => self.show("NUMBER", start, end),
            Rule::string => self.show("STRING", start, end),
            Rule::op => self.operator(start, end),
            Rule::lpar | Rule::rpar | Rule::lsqb | Rule::rsqb => self.operator(start, end),
            Rule::lbrace | Rule::rbrace | Rule::colon | Rule::bang => self.operator(start, end),
            Rule::fstart | Rule::fstart_raw => self.literal_start(rule, start, end),
            Rule::fend => self.literal_end(start, end),
            Rule::middle | Rule::raw_middle => self.middle(start, end),
            Rule::spec | Rule::raw_spec => self.show(self.middle_name(), start, end),
            Rule::error_string => {
                return Err(errors::string(&self.lines.text, start).error.into());
            }
            Rule::error_number => return self.number(start, end),
            _ => return self.stray_character(start, end),
        }
        Ok(())
    }

    fn newline(&mut self, start: usize, end: usize) {
        let (line, column) = self.lines.position(start);
        let text = self.lines.original(start, end);
        let kind = if self.level > 0 || self.blank { "NL" } else { "NEWLINE" };
        self.row((line, column), (line, column + text.len()), kind, &text);
        if self.level == 0 {
            self.blank = true;
            self.continued_indentation = None;
        }
        self.line_start = end;
        self.last_end = end;
    }

    /// A backslash before a newline: the first line's blanks are the indentation of the whole.
    fn continuation(&mut self, start: usize, end: usize) -> Result<(), Stop> {
        if self.blank && self.open.is_empty() && self.continued_indentation.is_none() {
            if start > self.line_start {
                self.continued_indentation = Some(start);
            } else {
                self.line_start = end;
            }
        }
        if end == self.lines.text.len() {
            let (line, column) = if self.blank {
                (self.lines.line(start), 0)
            } else {
                let start = self.lines.line_start(start);
                (self.lines.line(start), self.lines.text.len().max(end) - start)
            };
            let implied = usize::from(self.lines.byte(end - 1) != b'\n');
            return Err(unexpected_end(line, column + implied));
        }
        Ok(())
    }

    /// INDENT and DEDENT before the token at `position`.
    fn indentation(&mut self, position: usize) -> Result<(), Stop> {
        let end = self.continued_indentation.take().unwrap_or(position);
        let (column, alternative) =
            layout::columns(self.lines.get(self.line_start, end).as_bytes());
        let (top, top_alternative) = self.indents.last().copied().unwrap_or_default();
        if column > top {
            if alternative <= top_alternative {
                return Err(self.tab_error(position));
            }
            if self.indents.len() >= layout::INDENTS_MAX {
                return Err(errors::too_deep(&self.lines.text, position).into());
            }
            self.indents.push((column, alternative));
            self.show("INDENT", self.lines.line_start(position), position);
            return Ok(());
        }
        while self.indents.last().is_some_and(|&(top, _)| top > column) {
            self.indents.pop();
            self.show("DEDENT", position, position);
        }
        let (top, top_alternative) = self.indents.last().copied().unwrap_or_default();
        if top != column {
            return Err(errors::dedent(&self.lines.text, position).into());
        }
        if alternative != top_alternative {
            return Err(self.tab_error(position));
        }
        Ok(())
    }

    fn tab_error(&self, position: usize) -> Stop {
        self.line_error(position, errors::tabs(&self.lines.text, position))
    }

    /// An error whose column is the line's end.
    fn line_error(&self, position: usize, error: SyntaxError) -> Stop {
        let Place::Exact { offset, .. } = errors::dedent(&self.lines.text, position).place else {
            return error.into();
        };
        Stop { column: offset, ..error.into() }
    }

    /// A name as far as CPython's tokenizer reads one: letters, digits and whatever is not ASCII.
    fn word(&mut self, start: usize) {
        let is_letter = |&&byte: &&u8| byte == b'_' || byte >= 0x80 || byte.is_ascii_alphanumeric();
        let rest = self.lines.text.as_bytes().get(start..).unwrap_or_default();
        let end = start + rest.iter().take_while(is_letter).count();
        self.show("NAME", start, end);
        self.done = end;
    }

    fn operator(&mut self, start: usize, end: usize) {
        let text = self.lines.get(start, end);
        if text == "<>" {
            self.show("LESS", start, start + 1);
            self.show("GREATER", start + 1, end);
            return;
        }
        if matches!(text, "}" | ")" | "]") {
            self.empty_specification(start);
        }
        self.show(exact_name(text), start, end);
        match text {
            "(" | "[" => self.enter(Open::Bracket),
            "{" => {
                let field = matches!(
                    self.open.last(),
                    Some(Open::Literal { .. } | Open::Field { in_spec: true })
                );
                self.enter(if field { Open::Field { in_spec: false } } else { Open::Bracket });
            }
            ")" | "]" | "}" => {
                if matches!(self.open.last(), Some(Open::Bracket | Open::Field { .. })) {
                    self.open.pop();
                    self.level -= 1;
                }
            }
            ":" => {
                if let Some(Open::Field { in_spec }) = self.open.last_mut() {
                    *in_spec = true;
                }
            }
            _ => {}
        }
    }

    fn enter(&mut self, open: Open) {
        self.open.push(open);
        self.level += 1;
    }

    /// CPython makes a middle token before the bracket that ends a specification, even of nothing.
    fn empty_specification(&mut self, at: usize) {
        if self.open.last() == Some(&Open::Field { in_spec: true }) && !self.after_middle {
            self.show(self.middle_name(), at, at);
        }
    }

    fn middle_name(&self) -> &'static str {
        let template = self.open.iter().rev().find_map(|open| match open {
            Open::Literal { template, .. } => Some(*template),
            _ => None,
        });
        if template == Some(true) { "TSTRING_MIDDLE" } else { "FSTRING_MIDDLE" }
    }

    fn literal_start(&mut self, rule: Rule, start: usize, end: usize) {
        let raw = rule == Rule::fstart_raw;
        let template = self.lines.get(start, end).contains(['t', 'T']);
        self.show(if template { "TSTRING_START" } else { "FSTRING_START" }, start, end);
        self.open.push(Open::Literal { raw, template });
    }

    fn literal_end(&mut self, start: usize, end: usize) {
        let kind = match self.open.pop() {
            Some(Open::Literal { template: true, .. }) => "TSTRING_END",
            _ => "FSTRING_END",
        };
        self.show(kind, start, end);
    }

    /// Literal text: a token ends after the first of two braces, and the second is skipped.
    fn middle(&mut self, start: usize, end: usize) {
        let kind = self.middle_name();
        let raw = matches!(self.open.last(), Some(Open::Literal { raw: true, .. }));
        let bytes = self.lines.text.as_bytes();
        let (mut from, mut at) = (start, start);
        while at < end {
            match bytes.get(at) {
                Some(b'\\') if !raw => {
                    let rest = self.lines.get(at, end);
                    at += match rest.strip_prefix("\\N{").and_then(|name| name.find('}')) {
                        Some(length) => length + 4,
                        None if matches!(self.lines.byte(at + 1), b'{' | b'}') => 1,
                        None => 2,
                    };
                }
                Some(b'{' | b'}') => {
                    self.show(kind, from, at + 1);
                    at += 2;
                    from = at;
                }
                _ => at += 1,
            }
        }
        if from < end {
            self.show(kind, from, end);
        }
    }

    /// What the grammar takes for no number may be a number and a name here, or an old octal number.
    fn number(&mut self, start: usize, end: usize) -> Result<(), Stop> {
        let text = self.lines.get(start, end);
        let length = number_length(text).ok_or_else(|| errors::number(&self.lines.text, start))?;
        self.show("NUMBER", start, start + length);
        if length < text.len() {
            let next = start + length;
            match self.lines.byte(next) {
                b'.' if !self.lines.byte(next + 1).is_ascii_digit() => {
                    self.show("DOT", next, next + 1);
                    self.done = next + 1;
                    if next + 1 < end {
                        self.word(next + 1);
                    }
                }
                b'.' | b'0'..=b'9' => return self.number(next, end),
                _ => {
                    self.word(next);
                    if self.done < end {
                        let rest = self.done;
                        return self.token(Rule::error_char, rest, rest + 1);
                    }
                }
            }
        }
        Ok(())
    }

    fn stray_character(&mut self, start: usize, end: usize) -> Result<(), Stop> {
        let byte = self.lines.byte(start);
        if byte >= 0x80 {
            self.word(start);
            return Ok(());
        }
        if let Some(error) = errors::character(&self.lines.text, start) {
            let backslash = byte == b'\\';
            return Err(if backslash { self.line_error(start, error) } else { error.into() });
        }
        self.show(exact_name(self.lines.get(start, end)), start, end);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Stop> {
        let length = self.lines.text.len();
        let ended = self.lines.text.is_empty() || self.lines.text.ends_with('\n');
        let fstring = self.open.iter().any(|open| matches!(open, Open::Literal { .. }));
        if fstring && matches!(self.open.last(), Some(Open::Literal { .. })) {
            return Err(errors::string(&self.lines.text, self.last_end).error.into());
        }
        if self.level > 0 {
            let line = self.lines.line(length) - usize::from(ended);
            let column = if fstring { length + usize::from(!ended) } else { 0 };
            return Err(unexpected_end(line, column));
        }
        if !ended {
            let (line, column) = self.lines.position(length);
            let kind = if self.blank { "NL" } else { "NEWLINE" };
            self.row((line, column), (line, column + 1), kind, "");
        }
        let last = (self.lines.starts.len() + usize::from(!ended), 0);
        for _ in 1..self.indents.len() {
            self.row(last, last, "DEDENT", "");
        }
        self.row(last, last, "ENDMARKER", "");
        Ok(())
    }
}

fn unexpected_end(line: usize, column: usize) -> Stop {
    let int = |number| i32::try_from(number).unwrap_or(i32::MAX);
    let message = "unexpected EOF in multi-line statement".to_owned();
    Stop { line: int(line), column: int(column), message }
}

/// How much of a number that goes on with letters CPython takes; None where it says that it is invalid.
fn number_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let digits = |mut at: usize, is_digit: fn(&u8) -> bool| {
        while bytes.get(at).is_some_and(is_digit) {
            at += 1;
            if bytes.get(at) == Some(&b'_') {
                at += 1;
                bytes.get(at).filter(|byte| is_digit(byte))?;
            }
        }
        Some(at)
    };
    if let [b'0', letter @ (b'x' | b'X' | b'o' | b'O' | b'b' | b'B'), ..] = bytes {
        let is_digit: fn(&u8) -> bool = match letter {
            b'x' | b'X' => u8::is_ascii_hexdigit,
            b'o' | b'O' => |byte| (b'0'..=b'7').contains(byte),
            _ => |byte| matches!(byte, b'0' | b'1'),
        };
        let first = 2 + usize::from(bytes.get(2) == Some(&b'_'));
        bytes.get(first).filter(|byte| is_digit(byte))?;
        let end = digits(first, is_digit)?;
        return bytes.get(end).is_none_or(|byte| !byte.is_ascii_digit()).then_some(end);
    }
    let mut at = digits(0, u8::is_ascii_digit)?;
    if bytes.get(at) == Some(&b'.') {
        at = digits(at + 1, u8::is_ascii_digit)?;
    }
    if matches!(bytes.get(at), Some(b'e' | b'E'))
        && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
    {
        at = digits(at + 1, u8::is_ascii_digit)?;
    }
    if matches!(bytes.get(at), Some(b'j' | b'J')) {
        at += 1;
    }
    Some(at)
}

/// The name of an operator's token in `token.py`.
fn exact_name(operator: &str) -> &'static str {
    match operator {
        "!" => "EXCLAMATION",
        "!=" => "NOTEQUAL",
        "%" => "PERCENT",
        "%=" => "PERCENTEQUAL",
        "&" => "AMPER",
        "&=" => "AMPEREQUAL",
        "(" => "LPAR",
        ")" => "RPAR",
        "*" => "STAR",
        "**" => "DOUBLESTAR",
        "**=" => "DOUBLESTAREQUAL",
        "*=" => "STAREQUAL",
        "+" => "PLUS",
        "+=" => "PLUSEQUAL",
        "," => "COMMA",
        "-" => "MINUS",
        "-=" => "MINEQUAL",
        "->" => "RARROW",
        "." => "DOT",
        "..." => "ELLIPSIS",
        "/" => "SLASH",
        "//" => "DOUBLESLASH",
        "//=" => "DOUBLESLASHEQUAL",
        "/=" => "SLASHEQUAL",
        ":" => "COLON",
        ":=" => "COLONEQUAL",
        ";" => "SEMI",
        "<" => "LESS",
        "<<" => "LEFTSHIFT",
        "<<=" => "LEFTSHIFTEQUAL",
        "<=" => "LESSEQUAL",
        "=" => "EQUAL",
        "==" => "EQEQUAL",
        ">" => "GREATER",
        ">=" => "GREATEREQUAL",
        ">>" => "RIGHTSHIFT",
        ">>=" => "RIGHTSHIFTEQUAL",
        "@" => "AT",
        "@=" => "ATEQUAL",
        "[" => "LSQB",
        "]" => "RSQB",
        "^" => "CIRCUMFLEX",
        "^=" => "CIRCUMFLEXEQUAL",
        "{" => "LBRACE",
        "|" => "VBAR",
        "|=" => "VBAREQUAL",
        "}" => "RBRACE",
        "~" => "TILDE",
        _ => "OP",
    }
}
