//! String and bytes literals: prefixes, escapes, and literals side by side.

use base::span::Span;
use base::wstr::{CODE_POINT_MAX, WString};

use super::{Builder, Built, fail_at};
use crate::ast::nodes::{Constant, ExprKind};
use crate::error::{Warning, WarningKind};
use crate::grammar::python::Rule;
use crate::tree::Node;

/// What a literal's prefix and quotes say.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Form {
    pub(crate) raw: bool,
    pub(crate) bytes: bool,
    pub(crate) unicode: bool,
    /// Where the text between the quotes begins and ends.
    pub(crate) body: Span,
}

/// Reads prefix and quotes of the literal at `span`.
fn form(source: &str, span: Span) -> Form {
    let mut form = Form::default();
    let bytes = source.as_bytes();
    let mut at = 0;
    for &byte in bytes {
        match byte {
            b'r' | b'R' => form.raw = true,
            b'b' | b'B' => form.bytes = true,
            // CPython notes the lower case one only.
            b'u' => form.unicode = true,
            b'U' => {}
            _ => break,
        }
        at += 1;
    }
    let quote = bytes.get(at).copied();
    let triple = bytes.len() >= at + 6
        && bytes.get(at + 1).copied() == quote
        && bytes.get(at + 2).copied() == quote;
    let width = if triple { 3 } else { 1 };
    let start = u32::try_from(at).expect("a prefix is short") + width;
    form.body = Span::new(span.start + start, span.end - width);
    form
}

/// Why an escape cannot be decoded: its range in CPython's buffer, and what is wrong.
struct BadEscape {
    start: usize,
    end: usize,
    reason: &'static str,
}

impl<'t> Builder<'t> {
    /// The literal at a token, which stands alone.
    pub(crate) fn string(&mut self, token: usize) -> Built<ExprKind> {
        let span = self.tokens.spans[token];
        let form = form(self.source(span), span);
        if form.bytes {
            let mut value = Vec::new();
            self.decode_bytes(span, &mut value)?;
            let value = Constant::Bytes(value.into_boxed_slice());
            return Ok(ExprKind::Constant { value, kind_u: false });
        }
        let mut value = WString::with_capacity((form.body.end - form.body.start) as usize);
        self.decode_body(form, span, &mut value)?;
        Ok(ExprKind::Constant { value: Constant::Str(value), kind_u: form.unicode })
    }

    /// A `strings` node: literals side by side.
    pub(crate) fn strings(&mut self, node: Node<'t>) -> Built<ExprKind> {
        let formatted = node.kids().any(|part| part.rule() == Rule::fstring);
        if formatted {
            return self.formatted(node);
        }
        let mut parts = node.kids();
        let first = parts.required();
        let first_span = self.tokens.spans[first.start()];
        let first_form = form(self.source(first_span), first_span);
        let more = parts.peek().is_some();
        if more {
            self.same_kind(node, first_form.bytes)?;
        }
        if first_form.bytes {
            let mut value = Vec::new();
            for part in node.kids() {
                self.decode_bytes(self.tokens.spans[part.start()], &mut value)?;
            }
            let value = Constant::Bytes(value.into_boxed_slice());
            return Ok(ExprKind::Constant { value, kind_u: false });
        }
        let mut value =
            WString::with_capacity((first_form.body.end - first_form.body.start) as usize);
        for part in node.kids() {
            self.decode_string(self.tokens.spans[part.start()], &mut value)?;
        }
        Ok(ExprKind::Constant { value: Constant::Str(value), kind_u: first_form.unicode })
    }

    /// The warnings of the tokens before `end`, where there is no tree; those of the tokenizer for the whole text if `all`.
    pub(crate) fn warnings_before(mut self, end: usize, all: bool) -> Vec<Warning> {
        if !all {
            let position = self.tokens.spans.get(end).map_or(u32::MAX, |span| span.start);
            self.warnings.retain(|warning| warning.span.start < position);
        }
        for (index, &kind) in self.kinds.iter().enumerate().take(end) {
            let span = self.tokens.spans[index];
            if kind != crate::kinds::STRING {
                continue;
            }
            // A literal that is wrong ends the parser's run, and its own error says so.
            let decoded = if self.string_flags(span).0 {
                self.decode_bytes(span, &mut Vec::new())
            } else {
                self.decode_string(span, &mut WString::new())
            };
            if decoded.is_err() {
                break;
            }
        }
        self.warnings.sort_by_key(|warning| warning.span.start);
        self.warnings
    }

    fn same_kind(&self, node: Node<'t>, bytes: bool) -> Built<()> {
        for part in node.kids() {
            let span = self.tokens.spans[part.start()];
            if form(self.source(span), span).bytes != bytes {
                return self.mixed_bytes(node);
            }
        }
        Ok(())
    }

    /// CPython gives this error at the token that follows.
    pub(crate) fn mixed_bytes<T>(&self, node: Node<'t>) -> Built<T> {
        let next = node.end();
        let span = self.tokens.spans.get(next).copied().unwrap_or_default();
        let message = "cannot mix bytes and nonbytes literals";
        if self.kinds.get(next) == Some(&crate::kinds::NEWLINE) {
            return Err(Box::new(crate::diagnose::at_newline(self.text, span, message)));
        }
        fail_at(message, span)
    }

    /// Whether the literal at `span` is of bytes, and whether it has a `u` prefix.
    pub(crate) fn string_flags(&self, span: Span) -> (bool, bool) {
        let form = form(self.source(span), span);
        (form.bytes, form.unicode)
    }

    /// Appends the value of the string literal at `span`.
    pub(crate) fn decode_string(&mut self, span: Span, value: &mut WString) -> Built<()> {
        let form = form(self.source(span), span);
        self.decode_body(form, span, value)
    }

    fn decode_body(&mut self, form: Form, span: Span, value: &mut WString) -> Built<()> {
        if form.raw {
            value.push_str(self.source(form.body));
            return Ok(());
        }
        self.decode_text(form.body, span, value)
    }

    /// Appends the text of `body` with its escapes decoded; errors are placed at `token`.
    pub(crate) fn decode_text(
        &mut self,
        body: Span,
        token: Span,
        value: &mut WString,
    ) -> Built<()> {
        let mut rest = self.source(body);
        let mut at = body.start;
        let mut warned = false;
        while let Some(backslash) = rest.find('\\') {
            let (plain, escape) = rest.split_at(backslash);
            value.push_str(plain);
            at += number(backslash);
            let (length, valid) = match decode_escape(escape, value) {
                Ok(decoded) => decoded,
                Err(bad) => {
                    let before = self.source(Span::new(body.start, at));
                    return fail_at(unicode_error(before, &bad), token);
                }
            };
            if !valid && !warned {
                warned = true;
                self.warn_escape(at, escape.get(..length).unwrap_or(escape));
            }
            rest = escape.get(length..).unwrap_or_default();
            at += number(length);
        }
        value.push_str(rest);
        Ok(())
    }

    /// Warns of `\d` and `\400`.
    pub(crate) fn warn_escape(&mut self, at: u32, escape: &str) {
        let octal = if escape.len() > 2 { "octal " } else { "" };
        let message = format!(
            "\"{escape}\" is an invalid {octal}escape sequence. Such sequences will not work in \
             the future. Did you mean \"\\{escape}\"? A raw string is also an option."
        );
        let span = Span::new(at, at + number(escape.len()));
        self.warnings.push(Warning { kind: WarningKind::Syntax, message, span });
    }

    fn decode_bytes(&mut self, span: Span, value: &mut Vec<u8>) -> Built<()> {
        let form = form(self.source(span), span);
        let text = self.source(form.body);
        if !text.is_ascii() {
            return fail_at("bytes can only contain ASCII literal characters", span);
        }
        if form.raw {
            value.extend_from_slice(text.as_bytes());
            return Ok(());
        }
        let mut rest = text;
        let mut at = form.body.start;
        let mut warned = false;
        while let Some(backslash) = rest.find('\\') {
            let (plain, escape) = rest.split_at(backslash);
            value.extend_from_slice(plain.as_bytes());
            at += number(backslash);
            let Some((length, valid)) = decode_byte_escape(escape.as_bytes(), value) else {
                let position = at - form.body.start;
                let message = format!("(value error) invalid \\x escape at position {position}");
                return fail_at(message, span);
            };
            if !valid && !warned {
                warned = true;
                self.warn_escape(at, escape.get(..length).unwrap_or(escape));
            }
            rest = escape.get(length..).unwrap_or_default();
            at += number(length);
        }
        value.extend_from_slice(rest.as_bytes());
        Ok(())
    }
}

fn number(length: usize) -> u32 {
    u32::try_from(length).expect("sources are limited to 4 GiB")
}

/// CPython's text for an escape that its codec rejects; `before` is the text that precedes it in the literal.
fn unicode_error(before: &str, bad: &BadEscape) -> String {
    // The codec sees characters beyond ASCII as ten-byte escapes.
    let offset: usize = before.chars().map(|c| if c.is_ascii() { 1 } else { 10 }).sum();
    let (start, end) = (offset + bad.start, offset + bad.end);
    format!(
        "(unicode error) 'unicodeescape' codec can't decode bytes in position {start}-{}: {}",
        end - 1,
        bad.reason
    )
}

/// The value of an octal escape and its length with the backslash.
fn octal(escape: &[u8]) -> (u32, usize) {
    let digits = escape.iter().skip(1).take(3).take_while(|byte| (b'0'..=b'7').contains(*byte));
    digits.fold((0, 1), |(value, length), &byte| (value * 8 + u32::from(byte - b'0'), length + 1))
}

/// Decodes the escape that `escape` begins with; answers its length and whether it is a valid one.
fn decode_escape(escape: &str, value: &mut WString) -> Result<(usize, bool), BadEscape> {
    let bytes = escape.as_bytes();
    let simple = match bytes.get(1) {
        Some(b'\n') => return Ok((2, true)),
        Some(b'\\') => '\\',
        Some(b'\'') => '\'',
        Some(b'"') => '"',
        Some(b'a') => '\x07',
        Some(b'b') => '\x08',
        Some(b'f') => '\x0c',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'v') => '\x0b',
        Some(b'0'..=b'7') => {
            let (point, length) = octal(bytes);
            value.push_point(point);
            return Ok((length, point <= 0o377));
        }
        Some(b'x') => return hex(bytes, 2, "truncated \\xXX escape", value),
        Some(b'u') => return hex(bytes, 4, "truncated \\uXXXX escape", value),
        Some(b'U') => return hex(bytes, 8, "truncated \\UXXXXXXXX escape", value),
        Some(b'N') => return named(escape, value),
        _ => {
            value.push('\\');
            let length = 1 + escape.chars().nth(1).map_or(0, char::len_utf8);
            value.push_str(escape.get(1..length).unwrap_or_default());
            return Ok((length, false));
        }
    };
    value.push(simple);
    Ok((2, true))
}

fn hex(
    bytes: &[u8],
    digits: usize,
    reason: &'static str,
    value: &mut WString,
) -> Result<(usize, bool), BadEscape> {
    let mut point: u32 = 0;
    for index in 2..digits + 2 {
        let digit = bytes.get(index).and_then(|&byte| char::from(byte).to_digit(16));
        let Some(digit) = digit else { return Err(BadEscape { start: 0, end: index, reason }) };
        point = point.wrapping_mul(16).wrapping_add(digit);
    }
    if point > CODE_POINT_MAX {
        let reason = "illegal Unicode character";
        return Err(BadEscape { start: 0, end: digits + 2, reason });
    }
    value.push_point(point);
    Ok((digits + 2, true))
}

fn named(escape: &str, value: &mut WString) -> Result<(usize, bool), BadEscape> {
    let malformed = "malformed \\N character escape";
    if escape.as_bytes().get(2) != Some(&b'{') {
        return Err(BadEscape { start: 0, end: 2, reason: malformed });
    }
    let Some(close) = escape.find('}') else {
        return Err(BadEscape { start: 0, end: escape.len(), reason: malformed });
    };
    if close == 3 {
        return Err(BadEscape { start: 0, end: 3, reason: malformed });
    }
    match lookup(escape.get(3..close).unwrap_or_default()) {
        Some(c) => {
            value.push(c);
            Ok((close + 1, true))
        }
        None => {
            let reason = "unknown Unicode character name";
            Err(BadEscape { start: 0, end: close + 1, reason })
        }
    }
}

/// The character of a Unicode name or alias; unlike the crate, CPython takes blanks and hyphens as they are.
fn lookup(name: &str) -> Option<char> {
    if name.is_empty() || name.starts_with([' ', '-']) || name.contains('_') {
        return None;
    }
    unicode_names2::character(name)
}

fn decode_byte_escape(escape: &[u8], value: &mut Vec<u8>) -> Option<(usize, bool)> {
    let simple = match escape.get(1) {
        Some(b'\n') => return Some((2, true)),
        Some(&byte @ (b'\\' | b'\'' | b'"')) => byte,
        Some(b'a') => 0x07,
        Some(b'b') => 0x08,
        Some(b'f') => 0x0c,
        Some(b'n') => b'\n',
        Some(b'r') => b'\r',
        Some(b't') => b'\t',
        Some(b'v') => 0x0b,
        Some(b'0'..=b'7') => {
            let (point, length) = octal(escape);
            value.push(u8::try_from(point & 0xff).unwrap_or_default());
            return Some((length, point <= 0o377));
        }
        Some(b'x') => {
            let digit = |index: usize| escape.get(index).and_then(|&b| char::from(b).to_digit(16));
            let point = digit(2)? * 16 + digit(3)?;
            value.push(u8::try_from(point).unwrap_or_default());
            return Some((4, true));
        }
        other => {
            value.push(b'\\');
            value.extend(other);
            return Some((1 + usize::from(other.is_some()), false));
        }
    };
    value.push(simple);
    Some((2, true))
}
