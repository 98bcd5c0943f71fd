//! f-strings and t-strings: literal text, replacement fields, and their mixture with plain strings.

use base::span::Span;
use base::wstr::WString;

use super::{Builder, Built, fail_at};
use crate::ast::nodes::{Constant, Conversion, Expr, ExprKind, FormattedValue, Interpolation};
use crate::grammar::python::Rule;
use crate::kinds;
use crate::tree::{Kids, Node};

/// The parts of a formatted string while they are collected: neighbouring texts become one constant.
#[derive(Default)]
struct Parts {
    values: Vec<Expr>,
    text: WString,
    text_span: Option<Span>,
    kind_u: bool,
}

impl Parts {
    fn push_text(&mut self, span: Span, kind_u: bool) {
        match &mut self.text_span {
            Some(whole) => whole.end = span.end,
            None => {
                self.text_span = Some(span);
                self.kind_u = kind_u;
            }
        }
    }

    fn push(&mut self, value: Expr) {
        self.flush();
        self.values.push(value);
    }

    fn flush(&mut self) {
        if let Some(span) = self.text_span.take() {
            let text = std::mem::take(&mut self.text);
            if !text.is_empty() {
                let kind = ExprKind::Constant { value: Constant::Str(text), kind_u: self.kind_u };
                self.values.push(Expr { span, kind });
            }
        }
    }

    fn finish(mut self) -> Vec<Expr> {
        self.flush();
        self.values
    }
}

impl<'t> Builder<'t> {
    /// A `strings` node with at least one f-string or t-string.
    pub(crate) fn formatted(&mut self, node: Node<'t>) -> Built<ExprKind> {
        let template = node
            .kids()
            .find(|part| part.rule() == Rule::fstring)
            .is_some_and(|part| self.kinds[part.start()] == kinds::TSTRING_START);
        self.check_mixture(node)?;
        let mut parts = Parts::default();
        for part in node.kids() {
            if part.rule() == Rule::string {
                let span = self.tokens.spans[part.start()];
                let (_, unicode) = self.string_flags(span);
                let before = parts.text.as_bytes().len();
                self.decode_string(span, &mut parts.text)?;
                if parts.text.as_bytes().len() > before {
                    parts.push_text(span, unicode);
                }
            } else {
                self.fstring(part, template, &mut parts)?;
                if template {
                    self.needs(14, "t-strings are", part.end() - 1);
                }
            }
        }
        let values = parts.finish();
        Ok(if template { ExprKind::TemplateStr { values } } else { ExprKind::JoinedStr { values } })
    }

    /// Bytes do not mix with anything, t-strings only with each other.
    fn check_mixture(&self, node: Node<'t>) -> Built<()> {
        let mut before: Option<Node<'t>> = None;
        for part in node.kids() {
            if let Some(last) = before
                && self.is_template(last) != self.is_template(part)
            {
                let message = "cannot mix t-string literals with string or bytes literals";
                return self.fail(message, last.start(), part.end());
            }
            before = Some(part);
        }
        let bytes = node.kids().any(|part| {
            part.rule() == Rule::string && self.string_flags(self.tokens.spans[part.start()]).0
        });
        if bytes { self.mixed_bytes(node) } else { Ok(()) }
    }

    fn is_template(&self, part: Node<'t>) -> bool {
        self.kinds[part.start()] == kinds::TSTRING_START
    }

    fn fstring(&mut self, node: Node<'t>, template: bool, parts: &mut Parts) -> Built<()> {
        let mut kids = node.kids();
        let start = self.tokens.spans[node.start()];
        let raw = self.source(start).bytes().any(|byte| matches!(byte, b'r' | b'R'));
        self.parts(&mut kids, raw, template, false, parts)
    }

    /// Texts and fields up to the closing quote or the end of a format specification.
    fn parts(
        &mut self,
        kids: &mut Kids<'t>,
        raw: bool,
        template: bool,
        in_spec: bool,
        parts: &mut Parts,
    ) -> Built<()> {
        for part in kids.by_ref() {
            match part.rule() {
                Rule::FSTRING_MIDDLE => {
                    let span = self.tokens.spans[part.start()];
                    self.middle(span, raw, in_spec, parts)?;
                }
                Rule::field => self.field(part, raw, template, parts)?,
                _ => {}
            }
        }
        Ok(())
    }

    /// Literal text: doubled braces are one, and escapes are decoded unless it is raw.
    fn middle(&mut self, span: Span, raw: bool, in_spec: bool, parts: &mut Parts) -> Built<()> {
        let mut piece = span;
        while piece.start < piece.end {
            let source = self.source(piece);
            let brace = if in_spec { None } else { doubled_brace(source, raw) };
            // CPython's token holds the first of two braces; the second is skipped.
            let end = brace.map_or(piece.end, |brace| piece.start + brace + 1);
            let text = Span::new(piece.start, end);
            if raw {
                parts.text.push_str(self.source(text));
            } else {
                self.decode_text(text, text, &mut parts.text)?;
            }
            piece.start = if brace.is_some() { end + 1 } else { end };
        }
        if !raw
            && self.source(span).ends_with('\\')
            && self.text.as_bytes().get(span.end as usize).is_some_and(|b| matches!(b, b'{' | b'}'))
            && trailing_backslashes(self.source(span)) % 2 == 1
            && let Some(escape) = self.text.get(span.end as usize - 1..span.end as usize + 1)
        {
            // `decode_text` saw a lone backslash; CPython names it together with the brace.
            if self.warnings.last().is_some_and(|w| w.span == Span::new(span.end - 1, span.end)) {
                self.warnings.pop();
            }
            self.warn_escape(span.end - 1, escape);
        }
        parts.push_text(span, false);
        Ok(())
    }

    fn field(&mut self, node: Node<'t>, raw: bool, template: bool, parts: &mut Parts) -> Built<()> {
        let (start, end) = (node.start(), node.end());
        let mut kids = node.kids();
        let value_node = kids.next();
        let mut value = match value_node {
            Some(node) => self.exprs(node)?,
            None => self.part(&mut node.walk(1))?,
        };
        if let Some(walrus) = kids.accept(Rule::walrus) {
            return self.invalid(walrus.start());
        }
        let debug = kids.accept(Rule::debug).is_some();
        let conversion_node = kids.accept(Rule::conversion);
        let mut conversion = match conversion_node {
            Some(node) => self.conversion(node, template)?,
            None => Conversion::None,
        };
        let spec_node = kids.accept(Rule::format_spec);
        let text_end = [conversion_node, spec_node]
            .into_iter()
            .flatten()
            .map(|node| self.tokens.spans[node.start()].start)
            .next()
            .unwrap_or(self.tokens.spans[end - 1].start);
        let text_span = Span::new(self.tokens.spans[start].end, text_end);
        let format_spec = match spec_node {
            Some(spec) => Some(self.format_spec(spec, end, raw)?),
            None => None,
        };
        if debug {
            let text = self.without_comments(text_span);
            parts.text.push_str(&text);
            parts.push_text(text_span, false);
            if conversion == Conversion::None && format_spec.is_none() {
                conversion = Conversion::Repr;
            }
        }
        let span = self.span(start, end);
        if template {
            let mut str = self.without_comments(text_span);
            if debug && let Some(equals) = str.rfind('=') {
                str.truncate(equals);
            }
            let str = WString::from(str);
            let field = Interpolation { value, str, conversion, format_spec };
            parts.push(Expr { span, kind: ExprKind::Interpolation(Box::new(field)) });
        } else {
            if let (ExprKind::Starred { .. }, Some(value_node)) = (&value.kind, value_node) {
                value.span = self.node_span(value_node);
            }
            let field = FormattedValue { value, conversion, format_spec };
            parts.push(Expr { span, kind: ExprKind::FormattedValue(Box::new(field)) });
        }
        Ok(())
    }

    fn format_spec(&mut self, spec: Node<'t>, end: usize, raw: bool) -> Built<Expr> {
        let mut inside = Parts::default();
        self.enter()?;
        self.parts(&mut spec.kids(), raw, false, true, &mut inside)?;
        self.leave();
        let colon = self.tokens.spans[spec.start()].start;
        let span = Span::new(colon, self.tokens.spans[end - 1].start);
        Ok(Expr { span, kind: ExprKind::JoinedStr { values: inside.finish() } })
    }

    fn conversion(&self, node: Node<'t>, template: bool) -> Built<Conversion> {
        let letter = if template { 't' } else { 'f' };
        let (bang, name) = (self.tokens.spans[node.start()], self.tokens.spans[node.end() - 1]);
        if bang.end != name.start {
            let message = format!(
                "{letter}-string: conversion type must come right after the exclamation mark"
            );
            return fail_at(message, bang.to(name));
        }
        match self.source(name) {
            "s" => Ok(Conversion::Str),
            "r" => Ok(Conversion::Repr),
            "a" => Ok(Conversion::Ascii),
            other => fail_at(
                format!(
                    "{letter}-string: invalid conversion character '{other}': expected 's', 'r', or 'a'"
                ),
                name,
            ),
        }
    }

    /// The source of a field's expression as CPython keeps it: comments are left out.
    fn without_comments(&self, span: Span) -> String {
        let source = self.source(span);
        if !source.contains('#') {
            return source.to_owned();
        }
        let mut out = String::with_capacity(source.len());
        let mut quote: Option<char> = None;
        let mut in_comment = false;
        let mut chars = source.chars();
        while let Some(c) = chars.next() {
            if in_comment {
                if c == '\n' {
                    in_comment = false;
                    out.push(c);
                }
                continue;
            }
            match (quote, c) {
                (Some(_), '\\') => {
                    // What it escapes ends no literal.
                    out.push(c);
                    out.extend(chars.next());
                    continue;
                }
                (Some(open), _) if open == c => quote = None,
                (None, '\'' | '"') => quote = Some(c),
                (None, '#') => {
                    in_comment = true;
                    continue;
                }
                _ => {}
            }
            out.push(c);
        }
        out
    }
}

/// How many backslashes end the text.
fn trailing_backslashes(text: &str) -> usize {
    text.bytes().rev().take_while(|&byte| byte == b'\\').count()
}

/// Where the first doubled brace stands; braces of `\N{...}` are not doubled.
fn doubled_brace(source: &str, raw: bool) -> Option<u32> {
    let bytes = source.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\'
                if !raw && bytes.get(at + 1) == Some(&b'N') && bytes.get(at + 2) == Some(&b'{') =>
            {
                while bytes.get(at).is_some_and(|&byte| byte != b'}') {
                    at += 1;
                }
                at += 1;
            }
            // A backslash before a brace is a character of its own.
            b'\\' if !raw && !matches!(bytes.get(at + 1), Some(b'{' | b'}')) => at += 2,
            b'{' | b'}' => return u32::try_from(at).ok(),
            _ => at += 1,
        }
    }
    None
}
