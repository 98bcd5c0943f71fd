//! Whether text typed so far is a whole input, as `codeop.compile_command` answers it.
//!
//! CPython compiles the text; if that fails it compiles it once more with a newline behind it, and takes the input for
//! unfinished where that is right or fails only at the end of the text.

use std::borrow::Cow;

use pest::Parser;

use crate::error::{ErrorKind, Place, SyntaxError};
use crate::grammar::python::Python;
use crate::layout::{self, End};
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
    let place = diagnose::end_place(text, text.len());
    SyntaxError::of(ErrorKind::Incomplete, "incomplete input", place)
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
    let tokens = layout::tokens(text, end);
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
    let failed = match Python::parse(rule, &tokens.kinds) {
        Ok(_) if unfinished => tokens.kinds.len(),
        // The tree is wrong where the grammar is right.
        Ok(_) => return Outcome::Wrong,
        Err(_) => diagnose::furthest(rule, &tokens.kinds),
    };
    let real = tokens.kinds.trim_end_matches(char::from(kinds::DEDENT)).len();
    if failed < real {
        return Outcome::Wrong;
    }
    // The grammar is more liberal than CPython's, which would have stopped where the error is.
    match error.place {
        Place::Span(span) => {
            let after = tokens.spans.partition_point(|token| token.start < span.end);
            if after + 1 < real { Outcome::Wrong } else { Outcome::Open }
        }
        _ => Outcome::Open,
    }
}
