//! The second pass: the statement that failed is read again, rule by rule in CPython's order, with its `invalid_*` rules on.
//!
//! A rule answers where it ends, or that it does not match; the first `invalid_*` rule that matches raises. Only ranges of
//! tokens are kept: a node is built where a message needs to name it.

use std::collections::HashMap;

use super::newline_position;
use crate::ParseOptions;
use crate::ast::nodes::Expr;
use crate::build::Builder;
use crate::build::targets::{Targets, describe, invalid_target};
use crate::error::{ErrorKind, Place, SyntaxError};
use crate::grammar::python::Rule;
use crate::kinds;
use crate::layout::Tokens;
use crate::lexical_errors::line_and_column;
use crate::tree::Tree;

/// Where a rule ends, None where it does not match, or the error of an `invalid_*` rule.
pub(crate) type Found = Result<Option<usize>, Box<SyntaxError>>;

/// How deep the rules may recurse before the pass gives up and leaves the plain message.
const DEPTH_MAX: u32 = 400;

/// The rules whose answers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Memo {
    Expression,
    Disjunction,
    BitwiseOr,
    Primary,
    Strings,
    NamedExpression,
    Arguments,
    StarTarget,
    Block,
    SimpleStatement,
    InvalidNamed,
    Patterns,
}

/// Where the rules end that were tried.
pub(crate) type Memos = HashMap<(Memo, usize), Option<usize>>;

/// The state of the second pass.
pub(crate) struct Pass<'t> {
    text: &'t str,
    pub(crate) tokens: &'t Tokens,
    kinds: &'t [u8],
    options: &'t ParseOptions,
    /// The furthest token that was looked at, by the first pass or this one.
    pub(crate) fill: usize,
    pub(crate) invalid: bool,
    /// Whether this is the second pass: displays in braces turn the `invalid_*` rules on again.
    pub(crate) second: bool,
    /// Whether they are on in the values of the innermost dictionary.
    pub(crate) in_values: bool,
    depth: u32,
    memo: Memos,
    /// Whether a rule asked for more than the tokenizer could give.
    hit_end: bool,
}

impl<'t> Pass<'t> {
    /// A pass over `tokens`, after a first pass that looked as far as `fill`.
    pub(crate) fn new(
        text: &'t str,
        tokens: &'t Tokens,
        options: &'t ParseOptions,
        fill: usize,
    ) -> Self {
        Self {
            text,
            tokens,
            kinds: tokens.kinds.as_bytes(),
            options,
            fill,
            invalid: true,
            second: true,
            in_values: true,
            depth: 0,
            memo: HashMap::new(),
            hit_end: false,
        }
    }

    /// The first pass: no `invalid_*` rule has a say, so it tells how far CPython's own first pass looks.
    pub(crate) fn first(text: &'t str, tokens: &'t Tokens, options: &'t ParseOptions) -> Self {
        Self {
            invalid: false,
            second: false,
            in_values: false,
            ..Self::new(text, tokens, options, 0)
        }
    }

    /// Whether a rule has come to where the tokenizer could give no more.
    pub(crate) fn is_at_end(&self) -> bool {
        self.hit_end
    }

    /// The kind of a token; 0 at the end.
    pub(crate) fn at(&mut self, token: usize) -> u8 {
        self.fill = self.fill.max(token.min(self.kinds.len()));
        self.hit_end |= token >= self.kinds.len();
        self.kinds.get(token).copied().unwrap_or(0)
    }

    /// The tokenizer's error, if a rule has come to it.
    pub(crate) fn end_error(&self) -> Option<Box<SyntaxError>> {
        let lexical = self.tokens.error.as_ref().filter(|_| self.hit_end)?;
        Some(Box::new(lexical.error.clone()))
    }

    /// Fails with `error`, or with the tokenizer's error that came before it.
    pub(crate) fn fail<T>(&self, error: SyntaxError) -> Result<T, Box<SyntaxError>> {
        Err(self.end_error().unwrap_or_else(|| Box::new(error)))
    }

    /// The token after `token` if it is of `kind`.
    pub(crate) fn eat(&mut self, token: usize, kind: u8) -> Option<usize> {
        (self.at(token) == kind).then_some(token + 1)
    }

    /// The token after a name, soft keywords included.
    pub(crate) fn name(&mut self, token: usize) -> Option<usize> {
        kinds::is_name(self.at(token)).then_some(token + 1)
    }

    /// The text of one token.
    pub(crate) fn text_of(&self, token: usize) -> &'t str {
        let span = self.tokens.spans.get(token).copied().unwrap_or_default();
        self.text.get(span.start as usize..span.end as usize).unwrap_or_default()
    }

    /// Runs a rule once for each place.
    pub(crate) fn memo(
        &mut self,
        memo: Memo,
        token: usize,
        rule: impl FnOnce(&mut Self) -> Found,
    ) -> Found {
        if let Some(&known) = self.memo.get(&(memo, token)) {
            return Ok(known);
        }
        if self.depth > DEPTH_MAX {
            return Ok(None);
        }
        self.depth += 1;
        let found = rule(self);
        self.depth -= 1;
        let found = found?;
        self.memo.insert((memo, token), found);
        Ok(found)
    }

    /// Forgets what is kept of all rules, for a while.
    pub(crate) fn forget(&mut self) -> Memos {
        std::mem::take(&mut self.memo)
    }

    /// Goes on with what was kept before.
    pub(crate) fn remember(&mut self, memo: Memos) {
        self.memo = memo;
    }

    /// How many brackets are open before `token`, within its logical line.
    pub(crate) fn bracket_level(&self, token: usize) -> usize {
        let (mut level, mut closed) = (0_usize, 0_usize);
        for &kind in self.kinds.get(..token).unwrap_or_default().iter().rev() {
            match kind {
                b')' | b']' | b'}' => closed += 1,
                b'(' | b'[' | b'{' if closed > 0 => closed -= 1,
                b'(' | b'[' | b'{' => level += 1,
                kinds::NEWLINE | kinds::INDENT | kinds::DEDENT => break,
                _ => {}
            }
        }
        level
    }

    /// `f` or `t`: the kind of literal that `token` stands in.
    pub(crate) fn literal_letter(&self, token: usize) -> char {
        let mut closed = 0_usize;
        for &kind in self.kinds.get(..token).unwrap_or_default().iter().rev() {
            match kind {
                kinds::FSTRING_END => closed += 1,
                kinds::FSTRING_START | kinds::TSTRING_START if closed > 0 => closed -= 1,
                kinds::TSTRING_START => return 't',
                kinds::FSTRING_START => return 'f',
                _ => {}
            }
        }
        'f'
    }

    /// Whether the innermost bracket around a token is that of an f-string's field.
    pub(crate) fn is_in_field(&self, token: usize) -> bool {
        let mut closed = 0_usize;
        let before = self.kinds.get(..token).unwrap_or_default();
        for (index, &kind) in before.iter().enumerate().rev() {
            match kind {
                b')' | b']' | b'}' => closed += 1,
                b'(' | b'[' | b'{' if closed > 0 => closed -= 1,
                b'{' => {
                    let outer = index.checked_sub(1).and_then(|index| before.get(index));
                    return matches!(
                        outer,
                        Some(
                            &(kinds::FSTRING_START | kinds::TSTRING_START | kinds::FSTRING_MIDDLE)
                        )
                    );
                }
                b'(' | b'[' => return false,
                _ => {}
            }
        }
        false
    }

    /// The line of a token.
    pub(crate) fn line(&self, token: usize) -> i32 {
        let span = self.tokens.spans.get(token).copied().unwrap_or_default();
        line_and_column(self.text, span.start as usize).0
    }

    /// A NEWLINE at the end of a text that has none: CPython's token has no column.
    fn is_implied(&self, token: usize) -> bool {
        self.kinds.get(token) == Some(&kinds::NEWLINE)
            && self.tokens.spans.get(token).is_some_and(|span| span.end as usize == self.text.len())
            && !self.text.ends_with('\n')
    }

    fn start(&self, token: usize) -> (i32, i32) {
        if self.is_implied(token) {
            return (self.line(token), -1);
        }
        let start =
            self.tokens.spans.get(token).map_or(self.text.len(), |span| span.start as usize);
        line_and_column(self.text, start)
    }

    fn end(&self, token: usize) -> (i32, i32) {
        if self.is_implied(token) {
            return line_and_column(self.text, self.text.len());
        }
        if self.kinds.get(token) == Some(&kinds::NEWLINE) {
            let span = self.tokens.spans.get(token).copied().unwrap_or_default();
            let (line, column) = line_and_column(self.text, newline_position(self.text, span));
            return (line, column + 1);
        }
        let end = self.tokens.spans.get(token).map_or(self.text.len(), |span| span.end as usize);
        line_and_column(self.text, end)
    }

    /// Fails at tokens `start..end`.
    pub(crate) fn raise<T>(
        &self,
        message: impl Into<String>,
        start: usize,
        end: usize,
    ) -> Result<T, Box<SyntaxError>> {
        let (line, column) = self.start(start);
        let (end_line, end_column) = self.end(end.max(start + 1) - 1);
        let place = Place::Exact { line, offset: column + 1, end_line, end_offset: end_column + 1 };
        self.fail(SyntaxError::of(ErrorKind::Syntax, message, place))
    }

    /// Fails at an expression: parentheses around it are not part of it.
    pub(crate) fn raise_expr<T>(
        &self,
        message: impl Into<String>,
        start: usize,
        end: usize,
    ) -> Result<T, Box<SyntaxError>> {
        match self.build(start, end).filter(|_| self.kinds.get(start) == Some(&b'(')) {
            Some(expr) => self.fail(SyntaxError::new(message, expr.span)),
            None => self.raise(message, start, end),
        }
    }

    /// Fails from one expression to another (`RAISE_SYNTAX_ERROR_KNOWN_RANGE`), without the parentheses around them.
    pub(crate) fn raise_range<T>(
        &self,
        message: impl Into<String>,
        first: (usize, usize),
        last: (usize, usize),
    ) -> Result<T, Box<SyntaxError>> {
        let inner = |(start, end): (usize, usize)| {
            let expr = self.build(start, end).filter(|_| self.kinds.get(start) == Some(&b'('));
            expr.map(|expr| expr.span)
        };
        let ((mut line, mut column), (mut end_line, mut end_column)) =
            (self.start(first.0), self.end(last.1.max(last.0 + 1) - 1));
        if let Some(span) = inner(first) {
            (line, column) = line_and_column(self.text, span.start as usize);
        }
        if let Some(span) = inner(last) {
            (end_line, end_column) = line_and_column(self.text, span.end as usize);
        }
        let place = Place::Exact { line, offset: column + 1, end_line, end_offset: end_column + 1 };
        self.fail(SyntaxError::of(ErrorKind::Syntax, message, place))
    }

    /// What is wrong with the string literals in tokens `start..end`.
    pub(crate) fn string_error(&self, start: usize, end: usize) -> Option<Box<SyntaxError>> {
        let part = self.tokens.kinds.get(start..end)?;
        let mut kinds = part.to_owned();
        let mut spans = self.tokens.spans.get(start..end)?.to_vec();
        let tree = Tree::parse(Rule::part, &kinds).ok()?;
        // An error may stand at the token that follows.
        kinds.push(char::from(self.kinds.get(end).copied().unwrap_or(kinds::NEWLINE)));
        spans.extend(self.tokens.spans.get(end));
        let shifted = Tokens { kinds, spans, ..Tokens::default() };
        let mut builder = Builder::new(self.text, &shifted, self.options);
        builder.exprs(tree.root().first()).err()
    }

    /// The first token of an expression without the parentheses around it.
    pub(crate) fn expr_start(&self, start: usize, end: usize) -> usize {
        let expr = self.build(start, end).filter(|_| self.kinds.get(start) == Some(&b'('));
        expr.map_or(start, |expr| {
            self.tokens.spans.partition_point(|span| span.start < expr.span.start)
        })
    }

    /// Fails at a token (`RAISE_SYNTAX_ERROR_KNOWN_LOCATION`).
    pub(crate) fn raise_at<T>(
        &self,
        message: impl Into<String>,
        token: usize,
    ) -> Result<T, Box<SyntaxError>> {
        self.raise(message, token, token + 1)
    }

    /// Fails from a token to where the tokenizer stands (`RAISE_SYNTAX_ERROR_STARTING_FROM`).
    pub(crate) fn raise_from<T>(
        &self,
        message: impl Into<String>,
        token: usize,
    ) -> Result<T, Box<SyntaxError>> {
        let (line, column) = self.start(token);
        let (end_line, end_column) = self.end(self.fill);
        let end_offset = end_column - i32::from(self.is_implied(self.fill));
        let place = Place::Exact { line, offset: column + 1, end_line, end_offset };
        self.fail(SyntaxError::of(ErrorKind::Syntax, message, place))
    }

    /// Fails at the last character of a dictionary's key; CPython gives no end.
    pub(crate) fn raise_after_key<T>(&self, token: usize) -> Result<T, Box<SyntaxError>> {
        let (line, _) = self.start(token);
        let (_, offset) = self.end(token);
        let place = Place::Exact { line, offset, end_line: line, end_offset: 0 };
        let message = "':' expected after dictionary key";
        self.fail(SyntaxError::of(ErrorKind::Syntax, message, place))
    }

    /// Where the last token is that was read (`RAISE_SYNTAX_ERROR`, `RAISE_INDENTATION_ERROR`).
    pub(crate) fn last_place(&self) -> Place {
        let at_end = self.fill >= self.kinds.len();
        let indentation =
            matches!(self.kinds.get(self.fill), Some(&(kinds::DEDENT | kinds::INDENT)));
        if at_end || indentation {
            let end = self.tokens.spans.get(self.fill).map(|span| span.end as usize);
            return end_place(self.text, end.unwrap_or(self.text.len()));
        }
        let ((line, column), (end_line, end_column)) = (self.start(self.fill), self.end(self.fill));
        if self.is_implied(self.fill) {
            return Place::Exact { line, offset: end_column, end_line, end_offset: -1 };
        }
        Place::Exact { line, offset: column + 1, end_line, end_offset: end_column + 1 }
    }

    /// Fails at the last token.
    pub(crate) fn raise_last<T>(&self, message: impl Into<String>) -> Result<T, Box<SyntaxError>> {
        self.fail(SyntaxError::of(ErrorKind::Syntax, message, self.last_place()))
    }

    /// Fails with an IndentationError at the last token.
    pub(crate) fn raise_indent<T>(&self, what: &str, token: usize) -> Result<T, Box<SyntaxError>> {
        let line = self.line(token);
        let message = format!("expected an indented block after {what} on line {line}");
        self.fail(SyntaxError::of(ErrorKind::Indentation, message, self.last_place()))
    }

    /// The expression of tokens `start..end`, to name it in a message.
    pub(crate) fn build(&self, start: usize, end: usize) -> Option<Expr> {
        let part = self.tokens.kinds.get(start..end)?;
        let shifted = Tokens {
            kinds: part.to_owned(),
            spans: self.tokens.spans.get(start..end)?.to_vec(),
            ..Tokens::default()
        };
        let tree = Tree::parse(Rule::part, &shifted.kinds).ok()?;
        let mut builder = Builder::new(self.text, &shifted, self.options);
        builder.exprs(tree.root().first()).ok()
    }

    /// CPython's name for the expression of tokens `start..end`.
    pub(crate) fn describe(&self, start: usize, end: usize) -> &'static str {
        self.build(start, end).map_or("expression", |expr| describe(&expr))
    }

    /// Fails if tokens `start..end` cannot be a target (`RAISE_SYNTAX_ERROR_INVALID_TARGET`).
    pub(crate) fn check_target(
        &self,
        start: usize,
        end: usize,
        targets: Targets,
    ) -> Result<(), Box<SyntaxError>> {
        let Some(expr) = self.build(start, end) else { return Ok(()) };
        let Some(bad) = invalid_target(&expr, targets) else { return Ok(()) };
        let verb = if targets == Targets::Del { "delete" } else { "assign to" };
        let message = format!("cannot {verb} {}", describe(bad));
        self.fail(SyntaxError::new(message, bad.span))
    }
}

/// The place of a token that has no text: CPython gives the column where its tokenizer stands.
pub(crate) fn end_place(text: &str, position: usize) -> Place {
    let text = if position >= text.len() { text.trim_end_matches('\x0c') } else { text };
    let position = position.min(text.len());
    let at_line_start = text.as_bytes().get(..position).is_some_and(|b| b.ends_with(b"\n"));
    if position >= text.len() {
        let back = if at_line_start { position - 1 } else { position };
        let (line, column) = line_and_column(text, back);
        let offset = column + i32::from(at_line_start);
        return Place::Exact { line, offset, end_line: line, end_offset: -1 };
    }
    let (line, column) = line_and_column(text, position);
    Place::Exact { line, offset: column, end_line: line, end_offset: -1 }
}

/// Goes on with what a rule found, or answers that this rule does not match either.
macro_rules! found {
    ($found:expr) => {
        match $found {
            Some(end) => end,
            None => return Ok(None),
        }
    };
}
pub(crate) use found;
