//! Whether text typed so far is a whole input, as `codeop.compile_command` answers it.
//!
//! CPython compiles the text; if that fails it compiles it once more with a newline behind it, and takes the input for
//! unfinished where that is right or fails only at the end of the text.

use std::borrow::Cow;

use crate::error::{ErrorKind, Place, SyntaxError};
use crate::layout::{self, End};
use crate::tree::Tree;
use crate::{Mode, ParseOptions, diagnose, kinds, parse, source, start_rule};

/// Whether typed text is a whole statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// It can run.
    Complete,
    /// More lines may follow.
    Incomplete,
    /// No further line can mend it.
    Invalid(SyntaxError),
}

/// Whether `text`, as typed so far at a prompt, is a whole statement (`codeop.compile_command`).
#[must_use]
pub fn completeness(text: &str) -> Completeness {
    command(text, Mode::Single)
}

/// As [`completeness`], for any mode (`codeop.compile_command`'s `symbol`).
#[must_use]
pub fn command(text: &str, mode: Mode) -> Completeness {
    let text = replaced_blank(text, mode);
    let text = &*source::universal_newlines(&text);
    match attempt(text, mode) {
        Outcome::Whole => return Completeness::Complete,
        Outcome::Deep(error) => return Completeness::Invalid(error),
        Outcome::Open | Outcome::Wrong => {}
    }
    match attempt(&format!("{text}\n"), mode) {
        Outcome::Whole | Outcome::Open => Completeness::Incomplete,
        Outcome::Deep(error) => Completeness::Invalid(error),
        Outcome::Wrong => match parse(text, mode, &ParseOptions::default()) {
            Err(error) => Completeness::Invalid(error),
            Ok(_) => Completeness::Complete,
        },
    }
}

/// Whether text fails only because it ends (`PyCF_ALLOW_INCOMPLETE_INPUT`, with `PyCF_DONT_IMPLY_DEDENT`).
#[must_use]
pub fn is_unfinished(text: &str, mode: Mode) -> bool {
    let ended;
    let text = if mode == Mode::Exec && !text.ends_with('\n') {
        ended = format!("{text}\n");
        &ended
    } else {
        text
    };
    matches!(attempt(text, mode), Outcome::Open)
}

/// The error of a text that fails only because it ends: it stands where the text ends.
#[must_use]
pub fn incomplete_input(text: &str, mode: Mode) -> SyntaxError {
    let ended;
    let text = if mode == Mode::Exec && !text.ends_with('\n') {
        ended = format!("{text}\n");
        &ended
    } else {
        text
    };
    let tokens = layout::tokens(text, End::Closed);
    let place = match tokens.error.map(|lexical| lexical.error) {
        // A literal that does not end is where CPython's tokenizer goes back to.
        Some(SyntaxError { place: Place::Exact { line, offset, .. }, cut: true, .. }) => {
            Place::Exact { line, offset, end_line: line, end_offset: -1 }
        }
        _ => last_token(text, mode).unwrap_or_else(|| diagnose::end_place(text, text.len())),
    };
    SyntaxError::of(ErrorKind::Incomplete, "incomplete input", place)
}

/// The place of the token that the parser stops at, where it is the last of a text without a newline.
fn last_token(text: &str, mode: Mode) -> Option<Place> {
    let tokens = layout::tokens(text, End::Open);
    let rule = start_rule(mode);
    Tree::parse(rule, &tokens.kinds).err()?;
    let failed = diagnose::furthest(rule, &tokens.kinds);
    let kind = tokens.kinds.as_bytes().get(failed)?;
    if matches!(*kind, kinds::INDENT | kinds::DEDENT) {
        return None;
    }
    let span = tokens.spans.get(failed).copied()?;
    (span.end as usize == text.len() && span.end > span.start).then_some(Place::Span(span))
}

/// The error of a compound statement on one line that no newline ends: CPython's parser wants one behind it.
#[must_use]
pub fn unended_compound(text: &str) -> Option<SyntaxError> {
    let starts = |line: &str| line.starts_with(|c: char| c.is_ascii_lowercase() || c == '@');
    if text.ends_with('\n') || !starts(text.trim_start_matches('\n')) {
        return None;
    }
    let tokens = layout::tokens(text, End::Closed);
    let (first, last) = (tokens.kinds.bytes().next()?, tokens.kinds.bytes().next_back()?);
    let compound = matches!(first, b'A'..=b'H' | b'@') && last == kinds::NEWLINE;
    if !compound || parse(text, Mode::Single, &ParseOptions::default()).is_err() {
        return None;
    }
    let line = i32::try_from(text.split('\n').count()).unwrap_or(i32::MAX);
    let place = Place::Exact { line, offset: 0, end_line: line, end_offset: 0 };
    Some(SyntaxError::of(ErrorKind::Syntax, "invalid syntax", place))
}

/// The error of an expression that is nothing but an indentation at the end of the text.
pub(crate) fn only_indentation(text: &str) -> Option<SyntaxError> {
    let last = text.rsplit('\n').next().unwrap_or_default();
    if last.is_empty() || !last.trim_matches([' ', '\t']).is_empty() || !crate::is_blank(text) {
        return None;
    }
    let line = i32::try_from(text.split('\n').count()).unwrap_or(i32::MAX);
    let offset = i32::try_from(last.len()).unwrap_or(i32::MAX);
    let place = Place::Exact { line, offset, end_line: line, end_offset: -1 };
    Some(SyntaxError::of(ErrorKind::Indentation, "unexpected indent", place))
}

/// The error of an interactive input that holds nothing but blanks and comments.
#[must_use]
pub fn nothing_typed(text: &str, allow_incomplete: bool) -> Option<SyntaxError> {
    let last = text.rsplit('\n').next().unwrap_or_default();
    let indented = last.starts_with([' ', '\t']) && !last.trim_start().starts_with('#');
    if !crate::is_blank(text) {
        return None;
    }
    let count = text.split_inclusive('\n').count();
    let line = i32::try_from(count).unwrap_or(i32::MAX);
    let width = text.split_inclusive('\n').next_back().map_or(0, str::len);
    let offset = i32::try_from(width).unwrap_or(i32::MAX);
    let place = Place::Exact { line, offset, end_line: line, end_offset: -1 };
    Some(if allow_incomplete {
        SyntaxError::of(ErrorKind::Incomplete, "incomplete input", place)
    } else if indented {
        SyntaxError::of(ErrorKind::Indentation, "unexpected indent", place)
    } else {
        let place = Place::Exact { line, offset: 0, end_line: line, end_offset: 0 };
        SyntaxError::of(ErrorKind::Syntax, "invalid syntax", place)
    })
}

/// Text of blank lines and comments only is a `pass`.
fn replaced_blank(text: &str, mode: Mode) -> Cow<'_, str> {
    let is_blank = |line: &str| line.trim().is_empty() || line.trim().starts_with('#');
    if mode != Mode::Eval && text.split('\n').all(is_blank) {
        return Cow::Borrowed("pass");
    }
    Cow::Borrowed(text)
}

/// What one compilation says.
enum Outcome {
    /// It compiles.
    Whole,
    /// It fails at its end.
    Open,
    /// It fails before its end.
    Wrong,
    /// It is too much for the parser, which is no question of more lines.
    Deep(SyntaxError),
}

fn attempt(text: &str, mode: Mode) -> Outcome {
    let end = if mode == Mode::Single { End::Open } else { End::Closed };
    let mut text = text;
    let mut tokens = layout::tokens(text, end);
    if mode == Mode::Single
        && let Some((line, rest, _)) = crate::first_line(text, &tokens)
        && crate::is_blank(rest)
    {
        text = line;
        tokens = layout::tokens(text, end);
    }
    let rule = start_rule(mode);
    // A backslash before the last newline, in a string or not: the tokenizer stands at the end of the text.
    let unfinished = tokens.error.as_ref().is_some_and(|error| error.incomplete)
        || (tokens.error.is_some() && text.ends_with("\\\n"));
    let parsed = parse(text, mode, &ParseOptions::default());
    let error = match parsed {
        Ok(_) if tokens.block_open => return Outcome::Open,
        Ok(_) => return Outcome::Whole,
        Err(error) => error,
    };
    match error.kind {
        ErrorKind::Syntax | ErrorKind::Indentation | ErrorKind::Tab => {}
        _ => return Outcome::Deep(error),
    }
    if tokens.error.is_some() && !unfinished {
        return Outcome::Wrong;
    }
    let failed = match Tree::parse(rule, &tokens.kinds) {
        Ok(_) if unfinished => tokens.kinds.len(),
        // The tree is wrong where the grammar is right.
        Ok(_) => return Outcome::Wrong,
        Err(_) => diagnose::furthest(rule, &tokens.kinds),
    };
    let real = tokens.kinds.trim_end_matches(char::from(kinds::DEDENT)).len();
    // At the end of a text without a newline the tokenizer has looked for what follows.
    let touches = !text.ends_with('\n')
        && tokens.spans.get(failed).is_some_and(|span| span.end as usize == text.len());
    if failed < real && !touches {
        return Outcome::Wrong;
    }
    // The grammar is more liberal than CPython's, which may stop before.
    if mode != Mode::Eval
        && let Some(fill) = diagnose::stops_before_end(text, &tokens, failed)
    {
        let touches = !text.ends_with('\n')
            && tokens.spans.get(fill).is_some_and(|span| span.end as usize == text.len());
        return if touches { Outcome::Open } else { Outcome::Wrong };
    }
    match error.place {
        Place::Span(span) => {
            let after = tokens.spans.partition_point(|token| token.start < span.end);
            if after + 1 < real { Outcome::Wrong } else { Outcome::Open }
        }
        _ => Outcome::Open,
    }
}
