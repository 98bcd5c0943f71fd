//! `co_linetable`: where in the source each instruction comes from (PEP 626, PEP 657).
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "fields of a packed table; their ranges are checked"
)]

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

/// A run of code units with one location, as the table says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocationEntry {
    /// Index of the first code unit.
    pub start: usize,
    /// Index behind the last code unit.
    pub end: usize,
    /// Where it comes from. A missing column is -1.
    pub location: Location,
}

/// The codes of the entry forms that are not a short column group (`_PyCodeLocationInfoKind`).
mod kind {
    pub(super) const SHORT_LAST: u8 = 9;
    pub(super) const ONE_LINE: u8 = 10;
    pub(super) const ONE_LINE_LAST: u8 = 12;
    pub(super) const NO_COLUMNS: u8 = 13;
    pub(super) const LONG: u8 = 14;
    pub(super) const NONE: u8 = 15;
}

/// The most code units that one entry covers.
const ENTRY_UNITS_MAX: usize = 8;

/// Writes the table entry by entry.
#[derive(Clone, Debug)]
pub struct LocationWriter {
    bytes: Vec<u8>,
    line: i32,
}

impl LocationWriter {
    /// An empty table of a code object that starts at `firstlineno` and has so many code units.
    #[must_use]
    pub fn new(firstlineno: i32, units: usize) -> Self {
        Self { bytes: Vec::with_capacity(units), line: firstlineno }
    }

    /// Appends `units` code units that come from `location`.
    pub fn add(&mut self, location: Location, units: usize) {
        let mut left = units;
        while left > 0 {
            let count = left.min(ENTRY_UNITS_MAX);
            self.entry(location, count);
            left -= count;
        }
    }

    /// The table.
    #[must_use]
    pub fn finish(self) -> Box<[u8]> {
        self.bytes.into_boxed_slice()
    }

    fn head(&mut self, code: u8, units: usize) {
        self.bytes.push(0x80 | code << 3 | (units - 1) as u8);
    }

    fn entry(&mut self, location: Location, units: usize) {
        let Location { line, end_line, column, end_column } = location;
        if line == Location::NONE.line {
            self.head(kind::NONE, units);
            return;
        }
        let line_delta = line - self.line;
        self.line = line;
        if column < 0 || end_column < 0 {
            if end_line == line || end_line < 0 {
                self.head(kind::NO_COLUMNS, units);
                push_signed_varint(&mut self.bytes, line_delta);
                return;
            }
        } else if end_line == line {
            if line_delta == 0 && column < 80 && (0..16).contains(&(end_column - column)) {
                self.head((column >> 3) as u8, units);
                self.bytes.push(((column & 7) << 4 | (end_column - column)) as u8);
                return;
            }
            if (0..3).contains(&line_delta) && column < 128 && end_column < 128 {
                self.head(kind::ONE_LINE + line_delta as u8, units);
                self.bytes.extend_from_slice(&[column as u8, end_column as u8]);
                return;
            }
        }
        self.head(kind::LONG, units);
        push_signed_varint(&mut self.bytes, line_delta);
        push_varint(&mut self.bytes, (end_line - line) as u32);
        push_varint(&mut self.bytes, (column + 1) as u32);
        push_varint(&mut self.bytes, (end_column + 1) as u32);
    }
}

/// The table with lines only: what a code object keeps without `code_debug_ranges`.
#[must_use]
pub fn without_columns(linetable: &[u8], firstlineno: i32) -> Box<[u8]> {
    let mut writer = LocationWriter::new(firstlineno, linetable.len());
    for LocationEntry { start, end, location } in LocationReader::new(linetable, firstlineno) {
        let line = location.line;
        let bare = Location { line, end_line: line, column: -1, end_column: -1 };
        writer.add(if location == Location::NONE { location } else { bare }, end - start);
    }
    writer.finish()
}

fn push_varint(bytes: &mut Vec<u8>, value: u32) {
    let mut left = value;
    while left >= 64 {
        bytes.push(0x40 | (left & 0x3f) as u8);
        left >>= 6;
    }
    bytes.push(left as u8);
}

fn push_signed_varint(bytes: &mut Vec<u8>, value: i32) {
    let magnitude = value.unsigned_abs() << 1;
    push_varint(bytes, if value < 0 { magnitude | 1 } else { magnitude });
}

/// Reads a table: its entries in order. A table that ends amid an entry reads as if zeros followed.
#[derive(Clone, Debug)]
pub struct LocationReader<'a> {
    bytes: &'a [u8],
    unit: usize,
    line: i32,
}

impl<'a> LocationReader<'a> {
    /// The entries of a code object's table.
    #[must_use]
    pub const fn new(linetable: &'a [u8], firstlineno: i32) -> Self {
        Self { bytes: linetable, unit: 0, line: firstlineno }
    }

    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.bytes.split_first() else { return 0 };
        self.bytes = rest;
        first
    }

    fn varint(&mut self) -> i32 {
        let mut value: u32 = 0;
        let mut shift = 0;
        loop {
            let byte = self.byte();
            value |= u32::from(byte & 0x3f).checked_shl(shift).unwrap_or(0);
            shift += 6;
            if byte & 0x40 == 0 {
                return value as i32;
            }
        }
    }

    fn signed_varint(&mut self) -> i32 {
        let value = self.varint() as u32;
        if value & 1 != 0 { -((value >> 1) as i32) } else { (value >> 1) as i32 }
    }

    fn advance(&mut self, delta: i32) -> i32 {
        self.line = self.line.wrapping_add(delta);
        self.line
    }

    fn location(&mut self, code: u8) -> Location {
        match code {
            0..=kind::SHORT_LAST => {
                let byte = i32::from(self.byte());
                let column = i32::from(code) << 3 | byte >> 4 & 7;
                Location::new(self.line, self.line, column, column + (byte & 15))
            }
            kind::ONE_LINE..=kind::ONE_LINE_LAST => {
                let line = self.advance(i32::from(code - kind::ONE_LINE));
                let column = i32::from(self.byte());
                Location::new(line, line, column, i32::from(self.byte()))
            }
            kind::NO_COLUMNS => {
                let delta = self.signed_varint();
                Location::line(self.advance(delta))
            }
            kind::LONG => {
                let delta = self.signed_varint();
                let line = self.advance(delta);
                let end_line = line.wrapping_add(self.varint());
                let column = self.varint() - 1;
                Location::new(line, end_line, column, self.varint() - 1)
            }
            _ => Location::NONE,
        }
    }
}

impl Iterator for LocationReader<'_> {
    type Item = LocationEntry;

    fn next(&mut self) -> Option<LocationEntry> {
        if self.bytes.is_empty() {
            return None;
        }
        let head = self.byte();
        let start = self.unit;
        self.unit += usize::from(head & 7) + 1;
        let location = self.location(head >> 3 & 15);
        Some(LocationEntry { start, end: self.unit, location })
    }
}

/// The location of the instruction at a code unit; [`Location::NONE`] if the table does not say.
#[must_use]
pub fn location_at(linetable: &[u8], firstlineno: i32, unit: usize) -> Location {
    LocationReader::new(linetable, firstlineno)
        .find(|entry| unit < entry.end)
        .map_or(Location::NONE, |entry| entry.location)
}

/// What `co_lines()` gives: runs of code units that come from one line, `None` for no line.
pub fn lines(
    linetable: &[u8],
    firstlineno: i32,
) -> impl Iterator<Item = (usize, usize, Option<i32>)> + '_ {
    let mut entries = LocationReader::new(linetable, firstlineno).peekable();
    std::iter::from_fn(move || {
        let first = entries.next()?;
        let line = first.location.line;
        let mut end = first.end;
        while let Some(next) = entries.next_if(|next| next.location.line == line) {
            end = next.end;
        }
        Some((first.start, end, (line != Location::NONE.line).then_some(line)))
    })
}
