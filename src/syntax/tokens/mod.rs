//! The tokens as `tokenize` shows them: with comments, non-logical newlines and exact operator names, or as the parser sees
//! them.
//!
//! CPython's tokenizer is more liberal when it answers `tokenize`: it does not compare brackets, takes any character beyond
//! ASCII for a letter and lets a number end anywhere, so this pass keeps its own count of brackets and indentations.

mod lines;
mod listing;
mod names;

use base::escape::repr_points;

use crate::error::ErrorKind;
use crate::source;

/// Line from 1 and character column from 0.
pub type Position = (usize, usize);

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Its exact name in `token.py`.
    pub kind: &'static str,
    /// Its text.
    pub text: String,
    /// Where it begins; no column for a token without text that only the parser sees.
    pub start: (usize, Option<usize>),
    /// Where it ends.
    pub end: (usize, Option<usize>),
    /// The lines it stands on.
    pub line: String,
    /// Where it begins in the text, in bytes.
    pub offset: usize,
}

/// What an error says about its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// It ends there: line and column from 1.
    To(i32, i32),
    /// It has a beginning only.
    Open,
    /// Its arguments do not say where it is.
    Bare,
}

/// Why the tokens end early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which exception.
    pub kind: ErrorKind,
    /// Its message.
    pub message: String,
    /// The line, from 1.
    pub line: i32,
    /// The column, from 1.
    pub column: i32,
    /// Where it ends.
    pub extent: Extent,
}

/// The tokens of a text.
#[derive(Clone, Debug, Default)]
pub struct Tokenized {
    /// The tokens, up to the end or to the error.
    pub tokens: Vec<Token>,
    /// Why they end early.
    pub failure: Option<Failure>,
}

/// The tokens of `text`, whose newlines are as the file has them. `extra` says whether comments and newlines that end no
/// statement are tokens too.
#[must_use]
pub fn tokenize(text: &str, extra: bool) -> Tokenized {
    let lines = lines::Lines::new(text);
    let mut listing = listing::Listing::new(&lines, extra);
    let failure = listing.all().err();
    Tokenized { tokens: listing.out, failure }
}

/// The listing of a file's tokens (`python -m tokenize -e`) for stdout; with an error no token is shown, and the second text
/// is for stderr.
#[must_use]
pub fn render(bytes: &[u8], name: &str) -> (String, Option<String>) {
    let decoded = match source::decode_as_is(bytes) {
        Ok(decoded) => decoded,
        Err(error) => return (String::new(), Some(format!("{name}: error: {}\n", error.message))),
    };
    let Tokenized { tokens, failure } = tokenize(&decoded.text, true);
    if let Some(Failure { line, column, message, .. }) = failure {
        let multi_line = message.contains("unterminated triple-quoted string literal");
        let message = if multi_line { "EOF in multi-line string".to_owned() } else { message };
        return (String::new(), Some(format!("{name}:{line}:{column}: error: {message}\n")));
    }
    let mut out = String::with_capacity(decoded.text.len() * 12 + 256);
    row(&mut out, "0,0-0,0:", "ENCODING", &decoded.encoding);
    for token in &tokens {
        let ((line, column), (end_line, end_column)) = (token.start, token.end);
        let (column, end_column) = (column.unwrap_or(0), end_column.unwrap_or(0));
        let range = format!("{line},{column}-{end_line},{end_column}:");
        row(&mut out, &range, token.kind, &token.text);
    }
    (out, None)
}

fn row(out: &mut String, range: &str, kind: &str, text: &str) {
    use std::fmt::Write;
    let text = repr_points(text.chars().map(u32::from), text.len());
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{range:<20}{kind:<15}{text:<15}");
}
