//! The pass that makes the tokens.

use pest::Parser;

use super::lines::Lines;
use super::names::exact_name;
use super::{Extent, Failure, Position, Token};
use crate::error::{ErrorKind, Place, SyntaxError};
use crate::grammar::lexical::{Lexical, Rule};
use crate::layout;
use crate::lexical_errors as errors;

/// What is open around a token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    /// A bracket of an expression, with what closes it.
    Bracket(&'static str),
    /// An f-string's literal text.
    Literal { raw: bool, template: bool, start: usize },
    /// A field of an f-string.
    Field { in_spec: bool },
}

pub(super) struct Listing<'l> {
    lines: &'l Lines,
    /// Comments and newlines that end no statement are tokens too.
    extra: bool,
    /// What the parser would say; it is found out when it is needed.
    strict_error: Option<Option<SyntaxError>>,
    pub(super) out: Vec<Token>,
    /// Where the comment of this line begins.
    comment: Option<usize>,
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
    pub(super) fn new(lines: &'l Lines, extra: bool) -> Self {
        Self {
            lines,
            extra,
            strict_error: None,
            out: Vec::new(),
            comment: None,
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

    /// A literal that does not end, or an f-string that goes wrong: what is read of it before the error comes first.
    fn bad_string(&mut self, start: usize) -> Result<(), Failure> {
        let outermost = self.open.iter().find_map(|open| match open {
            Open::Literal { start, .. } => Some(*start),
            _ => None,
        });
        let error = errors::string(&self.lines.text, outermost.unwrap_or(start)).error;
        let failure = self.failure(error);
        if failure.message.contains("single '}' is not allowed") {
            let text = self.lines.get(start, self.lines.text.len());
            let prefix = text.bytes().take_while(u8::is_ascii_alphabetic).count();
            let quote = text.get(prefix..).unwrap_or_default();
            let quotes =
                if quote.starts_with("\"\"\"") || quote.starts_with("'''") { 3 } else { 1 };
            let body = start + prefix + quotes;
            let raw = self.lines.get(start, body).contains(['r', 'R']);
            self.literal_start(if raw { Rule::fstart_raw } else { Rule::fstart }, start, body);
            let column = usize::try_from(failure.column).unwrap_or(1).saturating_sub(1);
            let line = usize::try_from(failure.line).unwrap_or(1).saturating_sub(1);
            let line_start = self.lines.starts.get(line).copied().unwrap_or(0);
            let rest = self.lines.get(line_start, self.lines.text.len());
            let brace = rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at);
            self.show(self.middle_name(), body, (line_start + brace).max(body));
        }
        Err(failure)
    }

    /// A token with text `text` whose lines are those from `from` to `to`.
    fn row(
        &mut self,
        start: Position,
        end: Position,
        kind: &'static str,
        text: String,
        (from, to): (usize, usize),
    ) {
        let line = self.lines.around(from, to);
        let (start, end) = ((start.0, Some(start.1)), (end.0, Some(end.1)));
        self.out.push(Token { kind, text, start, end, line, offset: from });
    }

    fn show(&mut self, kind: &'static str, start: usize, end: usize) {
        let text = self.lines.original(start, end);
        let (first, last) = (self.lines.position(start), self.lines.position(end));
        self.row(first, last, kind, text, (start, end));
        self.last_end = end;
        self.after_middle = kind.ends_with("MIDDLE");
    }

    /// A token without text that only the parser sees.
    fn mark(&mut self, kind: &'static str, at: usize) {
        // At the end of the text, the last line is still the current one.
        let at = if at == self.lines.text.len() { at.saturating_sub(1) } else { at };
        let line = self.lines.line(at);
        let text = if self.lines.text.is_empty() || self.out.is_empty() && kind == "ENDMARKER" {
            String::new()
        } else {
            self.lines.around(at, at)
        };
        let place = (line, None);
        let token =
            Token { kind, text: String::new(), start: place, end: place, line: text, offset: at };
        self.out.push(token);
    }

    /// What the parser's tokenizer says about the text.
    fn strict(&mut self) -> Option<Failure> {
        if self.extra {
            return None;
        }
        let lines = self.lines;
        let error = self.strict_error.get_or_insert_with(|| {
            layout::tokens(&lines.text, layout::End::Closed).error.map(|found| found.error)
        });
        error.clone().map(|error| self.failure(error))
    }

    /// A syntax error as the reason to end.
    fn failure(&self, error: SyntaxError) -> Failure {
        let open = matches!(error.kind, ErrorKind::Indentation | ErrorKind::Tab);
        let at = |offset: u32| {
            let (line, column) = self.lines.position(offset as usize);
            (int(line), int(column + 1))
        };
        let ((line, column), end) = match error.place {
            Place::Exact { line, offset, end_line, end_offset } => {
                ((line, offset), (end_line, end_offset))
            }
            Place::Span(span) => (at(span.start), at(span.end)),
            Place::None => ((1, 0), (1, 0)),
        };
        let extent = if open { Extent::Open } else { Extent::To(end.0, end.1) };
        Failure { kind: error.kind, message: error.message, line, column, extent }
    }

    fn fail<T>(&self, error: SyntaxError) -> Result<T, Failure> {
        Err(self.failure(error))
    }

    pub(super) fn all(&mut self) -> Result<(), Failure> {
        let lines = self.lines;
        let pairs = Lexical::parse(Rule::tokens, &lines.text).map_err(|_| {
            self.failure(SyntaxError::of(ErrorKind::Memory, layout::TOO_COMPLEX, Place::None))
        })?;
        for pair in pairs {
            let span = pair.as_span();
            if span.start() >= self.done {
                self.token(pair.as_rule(), span.start(), span.end())?;
            }
        }
        self.finish()
    }

    fn token(&mut self, rule: Rule, start: usize, end: usize) -> Result<(), Failure> {
        match rule {
            Rule::EOI => return Ok(()),
            Rule::newline => {
                self.newline(start, end);
                return Ok(());
            }
            Rule::comment => {
                if self.extra {
                    self.show("COMMENT", start, end);
                } else {
                    self.comment = Some(start);
                }
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
            Rule::name => self.word(start)?,
            Rule::prefix_like_name => {
                if let Some(error) = errors::prefixes(&self.lines.text, start, end) {
                    return self.fail(error);
                }
                self.word(start)?;
            }
            Rule::number => self.show("NUMBER", start, end),
            Rule::string => self.show("STRING", start, end),
            Rule::op => self.operator(start, end)?,
            Rule::lpar | Rule::rpar | Rule::lsqb | Rule::rsqb => self.operator(start, end)?,
            Rule::lbrace | Rule::rbrace | Rule::colon | Rule::bang => self.operator(start, end)?,
            Rule::fstart | Rule::fstart_raw => self.literal_start(rule, start, end),
            Rule::fend => self.literal_end(start, end),
            Rule::middle | Rule::raw_middle => self.middle(start, end),
            Rule::spec => self.specification(start, end),
            Rule::raw_spec => self.show(self.middle_name(), start, end),
            Rule::error_string => {
                return self.bad_string(start);
            }
            Rule::error_number => return self.number(start, end),
            _ => return self.stray_character(start, end),
        }
        Ok(())
    }

    fn newline(&mut self, start: usize, end: usize) {
        let logical = self.level == 0 && !self.blank;
        let comment = self.comment.take();
        if self.extra {
            let (line, column) = self.lines.position(start);
            let text = self.lines.original(start, end);
            let kind = if logical { "NEWLINE" } else { "NL" };
            self.row((line, column), (line, column + text.len()), kind, text, (start, start));
        } else if logical {
            // A comment before it is part of it here, and so is a carriage return.
            let first = comment.unwrap_or(start);
            let mut text = self.lines.get(first, start).to_owned();
            let (line, mut column) = self.lines.position(start);
            if self.lines.has_carriage_return(start) {
                text.push('\r');
                column += 1;
            }
            let begin = self.lines.position(first);
            self.row(begin, (line, column), "NEWLINE", text, (first, start));
        }
        if self.level == 0 {
            self.blank = true;
            self.continued_indentation = None;
        }
        self.line_start = end;
        self.last_end = end;
    }

    /// A backslash before a newline: the first line's blanks are the indentation of the whole.
    fn continuation(&mut self, start: usize, end: usize) -> Result<(), Failure> {
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
    fn indentation(&mut self, position: usize) -> Result<(), Failure> {
        let end = self.continued_indentation.take().unwrap_or(position);
        let (column, alternative) =
            layout::columns(self.lines.get(self.line_start, end).as_bytes());
        let (top, top_alternative) = self.indents.last().copied().unwrap_or_default();
        if column > top {
            if alternative <= top_alternative {
                return Err(self.tab_error(position));
            }
            if self.indents.len() >= layout::INDENTS_MAX {
                return self.fail(errors::too_deep(&self.lines.text, position));
            }
            self.indents.push((column, alternative));
            if self.extra {
                self.show("INDENT", self.lines.line_start(position), position);
            } else {
                self.mark("INDENT", position);
            }
            return Ok(());
        }
        if !self.indents.iter().any(|&(indent, _)| indent == column) {
            return self.fail(errors::dedent(&self.lines.text, position));
        }
        while self.indents.last().is_some_and(|&(top, _)| top > column) {
            self.indents.pop();
            if self.extra {
                self.show("DEDENT", position, position);
            } else {
                self.mark("DEDENT", position);
            }
        }
        let (_, top_alternative) = self.indents.last().copied().unwrap_or_default();
        if alternative != top_alternative {
            return Err(self.tab_error(position));
        }
        Ok(())
    }

    fn tab_error(&self, position: usize) -> Failure {
        self.line_error(position, errors::tabs(&self.lines.text, position))
    }

    /// An error whose column is the line's end.
    fn line_error(&self, position: usize, error: SyntaxError) -> Failure {
        let mut failure = self.failure(error);
        if let Place::Exact { offset, .. } = errors::dedent(&self.lines.text, position).place {
            failure.column = offset;
            failure.extent = Extent::Open;
        }
        failure
    }

    /// A name as far as CPython's tokenizer reads one: letters, digits and whatever is not ASCII.
    fn word(&mut self, start: usize) -> Result<(), Failure> {
        let is_letter = |&&byte: &&u8| byte == b'_' || byte >= 0x80 || byte.is_ascii_alphanumeric();
        let rest = self.lines.text.as_bytes().get(start..).unwrap_or_default();
        let end = start + rest.iter().take_while(is_letter).count();
        let text = self.lines.get(start, end);
        if !text.is_ascii()
            && !base::unicode::is_identifier(text.chars().map(u32::from))
            && let Some(failure) = self.strict()
        {
            return Err(failure);
        }
        self.show("NAME", start, end);
        self.done = end;
        Ok(())
    }

    fn operator(&mut self, start: usize, end: usize) -> Result<(), Failure> {
        let text = self.lines.get(start, end);
        if text == "<>" {
            self.show("LESS", start, start + 1);
            self.show("GREATER", start + 1, end);
            return Ok(());
        }
        if matches!(text, "}" | ")" | "]") {
            self.empty_specification(start);
            if !self.closes(text)
                && let Some(failure) = self.strict()
            {
                return Err(failure);
            }
        }
        self.show(exact_name(text), start, end);
        match text {
            "(" => self.enter(Open::Bracket(")")),
            "[" => self.enter(Open::Bracket("]")),
            "{" => {
                let field = matches!(
                    self.open.last(),
                    Some(Open::Literal { .. } | Open::Field { in_spec: true })
                );
                let bracket = Open::Bracket("}");
                self.enter(if field { Open::Field { in_spec: false } } else { bracket });
            }
            ")" | "]" | "}" => {
                if matches!(self.open.last(), Some(Open::Bracket(_) | Open::Field { .. })) {
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
        Ok(())
    }

    /// Whether a bracket closes what is open.
    fn closes(&self, bracket: &str) -> bool {
        match self.open.last() {
            Some(Open::Bracket(closing)) => *closing == bracket,
            Some(Open::Field { .. }) => bracket == "}",
            Some(Open::Literal { .. }) | None => false,
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
        self.open.push(Open::Literal { raw, template, start });
    }

    fn literal_end(&mut self, start: usize, end: usize) {
        let kind = match self.open.pop() {
            Some(Open::Literal { template: true, .. }) => "TSTRING_END",
            _ => "FSTRING_END",
        };
        self.show(kind, start, end);
    }

    /// Text of a format specification: a token ends behind the name of a character.
    fn specification(&mut self, start: usize, end: usize) {
        let kind = self.middle_name();
        let mut from = start;
        while let Some((before, name)) = self.lines.get(from, end).split_once("\\N{")
            && let Some(length) = name.find('}')
        {
            let to = from + before.len() + length + 4;
            self.show(kind, from, to);
            from = to;
        }
        if from < end {
            self.show(kind, from, end);
        }
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
                    if let Some(length) = rest.strip_prefix("\\N{").and_then(|name| name.find('}'))
                    {
                        // A token ends behind the name of a character.
                        at += length + 4;
                        self.show(kind, from, at);
                        from = at;
                        continue;
                    }
                    let escaped = matches!(self.lines.byte(at + 1), b'{' | b'}');
                    at += if escaped { 1 } else { 2 };
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
    fn number(&mut self, start: usize, end: usize) -> Result<(), Failure> {
        if let Some(failure) = self.strict() {
            return Err(failure);
        }
        let text = self.lines.get(start, end);
        let Some(length) = number_length(text) else {
            return self.fail(errors::number(&self.lines.text, start));
        };
        self.show("NUMBER", start, start + length);
        if length < text.len() {
            let next = start + length;
            match self.lines.byte(next) {
                b'.' if !self.lines.byte(next + 1).is_ascii_digit() => {
                    self.show("DOT", next, next + 1);
                    self.done = next + 1;
                    if next + 1 < end {
                        self.word(next + 1)?;
                    }
                }
                b'.' | b'0'..=b'9' => return self.number(next, end),
                _ => {
                    self.word(next)?;
                    if self.done < end {
                        let rest = self.done;
                        return self.token(Rule::error_char, rest, rest + 1);
                    }
                }
            }
        }
        Ok(())
    }

    fn stray_character(&mut self, start: usize, end: usize) -> Result<(), Failure> {
        let byte = self.lines.byte(start);
        if byte >= 0x80 {
            return self.word(start);
        }
        if let Some(error) = errors::character(&self.lines.text, start) {
            let backslash = byte == b'\\';
            return Err(if backslash {
                self.line_error(start, error)
            } else {
                self.failure(error)
            });
        }
        self.show(exact_name(self.lines.get(start, end)), start, end);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Failure> {
        let length = self.lines.text.len();
        let ended = self.lines.text.is_empty() || self.lines.text.ends_with('\n');
        let fstring = self.open.iter().any(|open| matches!(open, Open::Literal { .. }));
        if fstring && matches!(self.open.last(), Some(Open::Literal { .. })) {
            return self.fail(errors::string(&self.lines.text, self.last_end).error);
        }
        if self.level > 0 {
            let line = self.lines.line(length) - usize::from(ended);
            let column = if fstring { length + usize::from(!ended) } else { 0 };
            return Err(unexpected_end(line, column));
        }
        if !self.extra {
            self.finish_plain(ended);
            return Ok(());
        }
        if !ended {
            let (line, column) = self.lines.position(length);
            let kind = if self.blank { "NL" } else { "NEWLINE" };
            self.row((line, column), (line, column + 1), kind, String::new(), (length, length));
        }
        let last = (self.lines.starts.len() + usize::from(!ended), 0);
        for _ in 1..self.indents.len() {
            self.row(last, last, "DEDENT", String::new(), (length, length));
        }
        self.row(last, last, "ENDMARKER", String::new(), (length, length));
        for token in self.out.iter_mut().rev().take(self.indents.len()) {
            token.line = String::new();
        }
        Ok(())
    }

    fn finish_plain(&mut self, ended: bool) {
        let length = self.lines.text.len();
        if !ended && !self.blank {
            self.newline(length, length);
        }
        for _ in 1..self.indents.len() {
            self.mark("DEDENT", length);
        }
        if length > 0 {
            self.mark("ENDMARKER", length);
        }
    }
}

fn int(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn unexpected_end(line: usize, column: usize) -> Failure {
    Failure {
        kind: ErrorKind::Syntax,
        message: "unexpected EOF in multi-line statement".to_owned(),
        line: int(line),
        column: int(column),
        extent: Extent::Bare,
    }
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
