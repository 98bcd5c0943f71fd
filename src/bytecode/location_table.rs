//! `co_linetable`: where in the source each instruction comes from (PEP 626, PEP 657).

/// A place in the source: lines from 1, columns in bytes of UTF-8 from 0, -1 where there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    /// First line; -1 for no location, -2 while compiling: take the next instruction's.
    pub line: i32,
    /// Last line.
    pub end_line: i32,
    /// Column of the first byte.
    pub column: i32,
    /// Column behind the last byte.
    pub end_column: i32,
}

impl Location {
    /// No location (CPython's `NO_LOCATION`).
    pub const NONE: Self = Self { line: -1, end_line: -1, column: -1, end_column: -1 };

    /// The location of the next instruction (CPython's `NEXT_LOCATION`): resolved by the assembler.
    pub const NEXT: Self = Self { line: -2, end_line: -2, column: -2, end_column: -2 };

    /// A place of both lines and columns.
    #[must_use]
    pub const fn new(line: i32, end_line: i32, column: i32, end_column: i32) -> Self {
        Self { line, end_line, column, end_column }
    }

    /// A line without columns.
    #[must_use]
    pub const fn line(line: i32) -> Self {
        Self { line, end_line: line, column: -1, end_column: -1 }
    }

    /// Whether it has a line.
    #[must_use]
    pub const fn has_line(self) -> bool {
        self.line >= 0
    }
}
