//! Syntax errors and warnings as data: what CPython would raise, and where.

use base::span::Span;

/// Which exception it becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// SyntaxError
    Syntax,
    /// IndentationError
    Indentation,
    /// TabError
    Tab,
    /// `_IncompleteInputError`: more lines may make it valid.
    Incomplete,
    /// MemoryError: too deeply nested for the parser.
    Memory,
    /// RecursionError: too deeply nested for the compiler.
    Recursion,
    /// ValueError: an int literal beyond the digit limit, null bytes.
    Value,
    /// OverflowError
    Overflow,
    /// SystemError
    System,
}

/// Where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Nowhere.
    None,
    /// A range of the source.
    Span(Span),
    /// CPython's attributes as they are: lines from 1, offsets in characters from 1 (0 and -1 where CPython gives them).
    Exact {
        /// `lineno`
        line: i32,
        /// `offset`
        offset: i32,
        /// `end_lineno`
        end_line: i32,
        /// `end_offset`
        end_offset: i32,
    },
}

/// Who finds an error: CPython's exceptions differ in what they carry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// Tokenizer and parser: the arguments hold the place and the line's text.
    #[default]
    Parser,
    /// Future imports and symbol tables: the only argument is the message.
    Symbols,
    /// Code generation: the line's text comes from the file.
    Code,
}

/// An error of the tokenizer, parser, symbol table or compiler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Which exception.
    pub kind: ErrorKind,
    /// CPython's text.
    pub message: String,
    /// Where.
    pub place: Place,
    /// Who found it.
    pub stage: Stage,
    /// Where the last whole compound statement before it begins, as CPython keeps it: a byte of the source.
    pub statement: Option<u32>,
    /// Warnings that the parser gave before it failed.
    pub warnings: Vec<Warning>,
    /// The line as the exception has it, where the source is no file, lacks its newline: the tokenizer cut it off, or is past it.
    pub cut: bool,
}

impl SyntaxError {
    /// A SyntaxError at a range of the source.
    #[must_use]
    pub fn new(message: impl Into<String>, span: Span) -> Self {
        Self::of(ErrorKind::Syntax, message, Place::Span(span))
    }

    /// An error of another kind.
    #[must_use]
    pub fn of(kind: ErrorKind, message: impl Into<String>, place: Place) -> Self {
        Self {
            kind,
            message: message.into(),
            place,
            stage: Stage::Parser,
            statement: None,
            warnings: Vec::new(),
            cut: false,
        }
    }

    /// The same, with the line that it shows cut before its newline if `cut`.
    #[must_use]
    pub fn cut_if(self, cut: bool) -> Self {
        Self { cut: self.cut || cut, ..self }
    }

    /// The same, found at `stage`.
    #[must_use]
    pub fn at_stage(self, stage: Stage) -> Self {
        Self { stage, ..self }
    }
}

/// Which category a warning has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarningKind {
    /// SyntaxWarning
    Syntax,
    /// DeprecationWarning
    Deprecation,
}

/// A warning that parser or compiler gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The category.
    pub kind: WarningKind,
    /// CPython's text.
    pub message: String,
    /// Where: its line is what the warning shows.
    pub span: Span,
}
