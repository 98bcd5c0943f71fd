//! After a failed parse: which message CPython would give, and where.

mod compound;
mod displays;
mod expressions;
mod parameters;
mod pass;
mod statements;

pub(crate) use pass::end_place;

use std::sync::{Mutex, PoisonError};

use base::span::Span;

use crate::build::Builder;
use crate::error::{ErrorKind, Place, SyntaxError};
use crate::grammar::python::Rule;
use crate::kinds;
use crate::layout::{TOO_MANY_FSTRINGS, Tokens, span};
use crate::lexical_errors::{line_and_column, never_closed};
use crate::tree::Tree;
use crate::{Mode, ParseOptions, start_rule};

/// The furthest token that the syntax grammar looked at: the one that CPython points at.
pub(crate) fn furthest(rule: Rule, kinds: &str) -> usize {
    // The switch is the whole process's: another thread must not turn it off in between.
    static DETAIL: Mutex<()> = Mutex::new(());
    let switch = DETAIL.lock().unwrap_or_else(PoisonError::into_inner);
    pest::set_error_detail(true);
    let result = Tree::parse(rule, kinds);
    pest::set_error_detail(false);
    drop(switch);
    let attempts = result.err().and_then(|error| error.parse_attempts());
    attempts.map_or(0, |attempts| attempts.max_position)
}

/// The error of a text that the grammar does not take.
pub(crate) fn explain(
    text: &str,
    tokens: &Tokens,
    mode: Mode,
    options: &ParseOptions,
) -> (SyntaxError, usize) {
    if let Some(lexical) = &tokens.error
        && lexical.error.kind == ErrorKind::Memory
    {
        return (lexical.error.clone(), 0);
    }
    let rule = start_rule(mode);
    let count = tokens.kinds.len();
    let failed = match Tree::parse(rule, &tokens.kinds) {
        Ok(_) => count,
        Err(_) => furthest(rule, &tokens.kinds),
    };
    // So deep, nothing but the tokenizer fails.
    if let Some(lexical) = &tokens.error
        && lexical.error.message == TOO_MANY_FSTRINGS
        && failed >= count
    {
        return (lexical.error.clone(), failed);
    }
    let strict = match mode {
        Mode::Exec | Mode::Single => strict(text, tokens, failed, options),
        Mode::Eval | Mode::FuncType => Strict { failed, at_end: failed >= count, error: None },
    };
    let failed = strict.failed;
    (explain_at(text, tokens, mode, options, strict), failed)
}

/// The same, where it is known how far the first pass has come.
fn explain_at(
    text: &str,
    tokens: &Tokens,
    mode: Mode,
    options: &ParseOptions,
    strict: Strict,
) -> SyntaxError {
    let Strict { failed, at_end, error: first_error } = strict;
    // The parser came to the end of what the tokenizer could give.
    if at_end && let Some(lexical) = &tokens.error {
        return lexical.error.clone();
    }
    if let Some(error) = earlier_tree_error(text, tokens, failed, options) {
        return after_tree_error(tokens, refine(text, tokens, mode, options, error));
    }
    let (error, fill) = second_pass(text, tokens, mode, failed, options);
    if let Some(error) = error {
        return after_tree_error(tokens, error);
    }
    if let Some(error) = first_error {
        return replaced(text, tokens, fill, options, cut(text, tokens, fill, *error));
    }
    let kind = tokens.kinds.as_bytes().get(failed).copied();
    if kind == Some(kinds::INDENT) {
        return unexpected_indent(text, tokens, failed);
    }
    let error = generic(text, tokens, failed);
    replaced(text, tokens, fill, options, cut(text, tokens, fill, error))
}

/// What CPython's first pass comes to.
struct Strict {
    /// The furthest token that it looks at.
    failed: usize,
    /// Whether it asks for more than the tokenizer can give.
    at_end: bool,
    /// An error that needs no second pass.
    error: Option<Box<SyntaxError>>,
}

/// What CPython's first pass comes to, whose grammar takes less than this one: `failed` is how far this one came.
fn strict(text: &str, tokens: &Tokens, failed: usize, options: &ParseOptions) -> Strict {
    let count = tokens.kinds.len();
    let mut pass = pass::Pass::first(text, tokens, options);
    let start = statement_start(&tokens.kinds, failed.min(count.saturating_sub(1))).1;
    match pass.statements(start) {
        // A pass that goes on behind the failure is no guide.
        Ok(end) if end > failed || pass.fill >= failed => {
            Strict { failed, at_end: failed >= count, error: None }
        }
        Ok(_) => Strict { failed: pass.fill, at_end: pass.is_at_end(), error: None },
        Err(error) => Strict { failed: pass.fill, at_end: pass.is_at_end(), error: Some(error) },
    }
}

/// Where CPython's first pass over a text that is wrong stops before the tokenizer can give no more: the last token that it looks
/// at. `looked` is a token of the statement that fails.
pub(crate) fn stops_before_end(text: &str, tokens: &Tokens, looked: usize) -> Option<usize> {
    let options = ParseOptions::default();
    let count = tokens.kinds.len();
    let mut pass = pass::Pass::first(text, tokens, &options);
    let start = statement_start(&tokens.kinds, looked.min(count.saturating_sub(1))).1;
    let end = pass.statements(start).ok()?;
    (!pass.is_at_end() && end <= looked && pass.fill < looked).then_some(pass.fill)
}

/// An error that the tree's builder found: a later error of the tokenizer replaces it.
pub(crate) fn after_tree_error(tokens: &Tokens, error: SyntaxError) -> SyntaxError {
    match &tokens.error {
        Some(lexical) if lexical.replaces && error.kind != ErrorKind::Memory => {
            lexical.error.clone()
        }
        _ => error,
    }
}

/// What CPython's `invalid_*` rules say of the outermost statement that holds the token `failed`.
fn second_pass(
    text: &str,
    tokens: &Tokens,
    mode: Mode,
    failed: usize,
    options: &ParseOptions,
) -> (Option<SyntaxError>, usize) {
    let mut pass = pass::Pass::new(text, tokens, options, failed);
    let raised = match mode {
        Mode::Exec | Mode::Single => {
            pass.statements(statement_start(&tokens.kinds, failed).0).map(Some)
        }
        Mode::Eval => pass.expressions(0),
        Mode::FuncType => return (None, failed),
    };
    let fill = pass.fill;
    let Some(error) = raised.err().or_else(|| pass.end_error()) else { return (None, fill) };
    if let Some(lexical) = &tokens.error
        && lexical.error == *error
    {
        return (Some(*error), fill);
    }
    (Some(replaced(text, tokens, fill, options, cut(text, tokens, fill, *error))), fill)
}

/// Cuts the shown line if the tokenizer, which has given the token `fill`, is past it.
fn cut(text: &str, tokens: &Tokens, fill: usize, error: SyntaxError) -> SyntaxError {
    let line = match error.place {
        Place::None => return error,
        Place::Exact { line, .. } => line,
        Place::Span(span) => line_and_column(text, span.start as usize).0,
    };
    let read = tokens.spans.get(fill).map_or(text.len(), |span| {
        let newline = tokens.kinds.as_bytes().get(fill) == Some(&kinds::NEWLINE);
        if newline { span.start as usize } else { span.end as usize }
    });
    let past = line_and_column(text, read.min(text.trim_end_matches('\n').len())).0 > line
        || (read >= text.len() && line_and_column(text, text.len().saturating_sub(1)).0 > line);
    clamped(text, error.cut_if(past))
}

/// CPython counts the columns of an error's end in the line that the error begins in.
fn clamped(text: &str, mut error: SyntaxError) -> SyntaxError {
    let ((line, offset), (end_line, end_column)) = match error.place {
        Place::Span(span) => {
            let (line, column) = line_and_column(text, span.start as usize);
            ((line, column + 1), line_and_column(text, span.end as usize))
        }
        Place::Exact { line, offset, end_line, end_offset } if end_offset > 0 => {
            ((line, offset), (end_line, end_offset - 1))
        }
        _ => return error,
    };
    if line >= end_line {
        return error;
    }
    let nth = |line: i32| {
        let index = usize::try_from(line).unwrap_or(1).saturating_sub(1);
        text.split_inclusive('\n').nth(index).unwrap_or_default()
    };
    let shown = if error.cut { nth(line).trim_end_matches('\n') } else { nth(line) };
    let end = usize::try_from(end_column).unwrap_or(0);
    let bytes = 1 + nth(end_line).chars().take(end).map(char::len_utf8).sum::<usize>();
    let bytes = bytes.min(shown.len() + 1);
    let counted = shown.as_bytes().get(..bytes.min(shown.len())).unwrap_or_default();
    let chars =
        String::from_utf8_lossy(counted).chars().count() + bytes.saturating_sub(shown.len());
    let end_offset = i32::try_from(chars).unwrap_or(i32::MAX);
    error.place = Place::Exact { line, offset, end_line, end_offset };
    error
}

/// A better message for an error that the tree's builder found, where an `invalid_*` rule gives one.
pub(crate) fn refine(
    text: &str,
    tokens: &Tokens,
    mode: Mode,
    options: &ParseOptions,
    error: SyntaxError,
) -> SyntaxError {
    let Place::Span(place) = error.place else { return error };
    let token = tokens.spans.partition_point(|span| span.end <= place.start);
    let token = token.min(tokens.kinds.len().saturating_sub(1));
    let (better, fill) = second_pass(text, tokens, mode, token, options);
    better.unwrap_or_else(|| cut(text, tokens, fill, error))
}

/// An error that is raised when `token` is the last that was looked at (`RAISE_SYNTAX_ERROR`).
pub(crate) fn at_token(
    text: &str,
    tokens: &Tokens,
    token: usize,
    message: impl Into<String>,
) -> SyntaxError {
    let options = ParseOptions::default();
    let pass = pass::Pass::new(text, tokens, &options, token);
    SyntaxError::of(ErrorKind::Syntax, message, pass.last_place())
}

/// Where the `\n` of a NEWLINE token stands, or would stand.
pub(crate) fn newline_position(text: &str, newline: Span) -> usize {
    let end = newline.end as usize;
    let real = newline.end > newline.start && text.as_bytes().get(end - 1) == Some(&b'\n');
    if real { end - 1 } else { end }
}

/// An error at the end of a line: the newline counts as one column.
pub(crate) fn at_newline(text: &str, newline: Span, message: &str) -> SyntaxError {
    let (line, column) = line_and_column(text, newline.start as usize);
    let (_, end_column) = line_and_column(text, newline_position(text, newline));
    let real = newline_position(text, newline) < newline.end as usize;
    // Where the text ends without one, CPython's token has no columns.
    let (offset, end_offset) = if real { (column + 1, end_column + 2) } else { (0, 0) };
    let place = Place::Exact { line, offset, end_line: line, end_offset };
    SyntaxError::of(ErrorKind::Syntax, message, place)
}

fn generic(text: &str, tokens: &Tokens, failed: usize) -> SyntaxError {
    if text.is_empty() {
        let place = Place::Exact { line: 0, offset: 0, end_line: 0, end_offset: 0 };
        return SyntaxError::of(ErrorKind::Syntax, "invalid syntax", place);
    }
    let place = tokens.spans.get(failed).copied();
    let place = place.unwrap_or_else(|| span(text.len(), text.len()));
    let message = "invalid syntax";
    match tokens.kinds.as_bytes().get(failed) {
        Some(&kinds::NEWLINE) => at_newline(text, place, message),
        Some(_) => SyntaxError::new(message, place),
        None => {
            let place = match end_place(text, text.len()) {
                Place::Exact { line, .. } => {
                    Place::Exact { line, offset: 0, end_line: line, end_offset: 0 }
                }
                other => other,
            };
            SyntaxError::of(ErrorKind::Syntax, message, place)
        }
    }
}

/// CPython reads on to the end of the source: what its tokenizer finds there replaces an error of the parser.
fn replaced(
    text: &str,
    tokens: &Tokens,
    failed: usize,
    options: &ParseOptions,
    error: SyntaxError,
) -> SyntaxError {
    if options.interactive {
        return error;
    }
    match &tokens.error {
        Some(lexical) if lexical.replaces => return lexical.error.clone(),
        _ => {}
    }
    if let Some(bracket) = tokens.open.last()
        && let Some(place) = tokens.spans.get(failed)
    {
        let (line, _) = line_and_column(text, place.start as usize);
        let (open_line, _) = line_and_column(text, bracket.start as usize);
        if line > open_line {
            return never_closed(text, bracket.kind, bracket.start as usize);
        }
    }
    error
}

fn unexpected_indent(text: &str, tokens: &Tokens, failed: usize) -> SyntaxError {
    let place = tokens.spans.get(failed).copied().unwrap_or_default();
    let (line, column) = line_and_column(text, place.end as usize);
    let place = Place::Exact { line, offset: column, end_line: line, end_offset: -1 };
    SyntaxError::of(ErrorKind::Indentation, "unexpected indent", place)
}

/// An error of the tree in the statements before the one that fails: CPython's second pass meets it first.
fn earlier_tree_error(
    text: &str,
    tokens: &Tokens,
    failed: usize,
    options: &ParseOptions,
) -> Option<SyntaxError> {
    let (_, start) = statement_start(&tokens.kinds, failed);
    let before = tokens.kinds.get(..start).filter(|before| !before.is_empty())?;
    let tree = Tree::parse(Rule::file, before).ok()?;
    let mut builder = Builder::new(text, tokens, options);
    builder.module(tree.root()).err().map(|error| *error)
}

/// The first tokens of the outermost statement that holds `failed` and, before it, of the one that stands before.
fn statement_start(kinds: &str, failed: usize) -> (usize, usize) {
    let (mut depth, mut start, mut fresh) = (0_i32, (0, 0), true);
    for (index, kind) in kinds.bytes().enumerate().take(failed + 1) {
        match kind {
            kinds::INDENT => depth += 1,
            kinds::DEDENT => depth -= 1,
            kinds::NEWLINE => {}
            _ if fresh && depth == 0 && !matches!(kind, b'9' | b'I' | b'J' | b'Z') => {
                start = (start.1, index);
            }
            _ => {}
        }
        fresh = matches!(kind, kinds::NEWLINE | kinds::DEDENT);
    }
    start
}
