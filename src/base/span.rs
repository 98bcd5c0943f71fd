//! Places in source text: byte spans, and the one table that turns them into lines and columns.

/// A byte range of a source text. Sources are limited to 4 GiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span of `start..end`.
    #[must_use]
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// From the start of `self` to the end of `other`.
    #[must_use]
    pub const fn to(self, other: Self) -> Self {
        Self { start: self.start, end: other.end }
    }
}

/// Where the lines of a text begin: the one table behind every line and column. Lines end in `\n` only: the text's newlines
/// were made universal before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineIndex {
    starts: Vec<u32>,
    /// Of a tree that has no text: an offset is a number of one of these places, line and column.
    points: Option<Vec<(u32, u32)>>,
}

/// How many bytes are looked over at once.
const PIECE: usize = 16;

/// How long lines of sources are.
const COMMON_LINE: usize = 32;

impl LineIndex {
    /// The table of `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut starts = Vec::with_capacity(text.len() / COMMON_LINE + 1);
        starts.push(0);
        // Most pieces have no newline, which is found out for all their bytes at once.
        let mut piece_start = 0;
        for piece in text.as_bytes().chunks(PIECE) {
            if piece.iter().fold(false, |found, &byte| found | (byte == b'\n')) {
                for (byte, start) in piece.iter().zip(piece_start + 1..) {
                    if *byte == b'\n' {
                        starts.push(start);
                    }
                }
            }
            piece_start += u32::try_from(piece.len()).expect("sources are limited to 4 GiB");
        }
        Self { starts, points: None }
    }

    /// The table of a tree without text: "offsets" are numbers of `points`, each a line and a column.
    #[must_use]
    pub const fn of_points(points: Vec<(u32, u32)>) -> Self {
        Self { starts: Vec::new(), points: Some(points) }
    }

    /// Whether offsets are places of a text.
    #[inline]
    #[must_use]
    pub const fn has_text(&self) -> bool {
        self.points.is_none()
    }

    /// Line (from 1) and byte column (from 0) of a byte offset.
    #[inline]
    #[must_use]
    pub fn line_column(&self, offset: u32) -> (u32, u32) {
        if let Some(points) = &self.points {
            return points.get(offset as usize).copied().unwrap_or((1, 0));
        }
        let after = self.starts.partition_point(|&start| start <= offset);
        let index = after.saturating_sub(1);
        let start = self.starts.get(index).copied().unwrap_or(0);
        (u32::try_from(after.max(1)).expect("fewer lines than bytes"), offset - start)
    }

    /// The byte offset of the start of `line` (from 1); None beyond the last line.
    #[must_use]
    pub fn line_start(&self, line: u32) -> Option<u32> {
        self.starts.get((line as usize).checked_sub(1)?).copied()
    }

    /// How many lines there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.starts.len()
    }
}
