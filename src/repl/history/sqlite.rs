//! As much of SQLite's file format as reading a table takes: pages, b-trees of tables, records, overflow chains.

/// The deepest tree that is followed; a broken file may be a circle.
const DEPTH_MAX: usize = 40;

/// A database, as the bytes of its file.
pub(super) struct Database {
    bytes: Vec<u8>,
    page_size: usize,
    /// What of a page is used.
    usable: usize,
}

/// A value of a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    /// An integer.
    Number(i64),
    /// A text.
    Text(String),
    /// NULL, a float, or bytes.
    Other,
}

impl Database {
    /// A database, if the head says that it is one.
    pub(super) fn new(bytes: Vec<u8>) -> Option<Self> {
        let size = usize::from(u16::from_be_bytes([*bytes.get(16)?, *bytes.get(17)?]));
        let page_size = if size == 1 { 65_536 } else { size };
        let usable = page_size.checked_sub(usize::from(*bytes.get(20)?))?;
        let is_utf8 = bytes.get(56..60)? == [0, 0, 0, 1];
        (is_utf8 && page_size.is_power_of_two() && usable >= 480).then_some(Self {
            bytes,
            page_size,
            usable,
        })
    }

    /// The root page of a table.
    pub(super) fn root_of(&self, table: &str) -> Option<u32> {
        self.rows(1).into_iter().find_map(|row| match row.as_slice() {
            [Cell::Text(kind), Cell::Text(name), _, Cell::Number(root), ..]
                if kind == "table" && name == table =>
            {
                u32::try_from(*root).ok()
            }
            _ => None,
        })
    }

    /// The rows of a table's tree; what is broken is left out.
    pub(super) fn rows(&self, root: u32) -> Vec<Vec<Cell>> {
        let mut rows = Vec::new();
        let most = self.bytes.len() / self.page_size + 1;
        let mut visited = 0;
        self.walk(root, 0, &mut visited, most, &mut rows);
        rows
    }

    fn page(&self, number: u32) -> Option<&[u8]> {
        let start = (number as usize).checked_sub(1)?.checked_mul(self.page_size)?;
        self.bytes.get(start..start.checked_add(self.page_size)?)
    }

    fn walk(
        &self,
        number: u32,
        depth: usize,
        visited: &mut usize,
        most: usize,
        rows: &mut Vec<Vec<Cell>>,
    ) -> Option<()> {
        *visited += 1;
        if depth > DEPTH_MAX || *visited > most {
            return None;
        }
        let page = self.page(number)?;
        let head = if number == 1 { 100 } else { 0 };
        let kind = *page.get(head)?;
        let count = two(page, head + 3)?;
        let pointers = head + if kind == 5 { 12 } else { 8 };
        for index in 0..count {
            let cell = two(page, pointers + 2 * index)?;
            match kind {
                5 => {
                    self.walk(four(page, cell)?, depth + 1, visited, most, rows);
                }
                13 => {
                    if let Some(row) = self.payload(page, cell).and_then(|bytes| record(&bytes)) {
                        rows.push(row);
                    }
                }
                _ => return None,
            }
        }
        if kind == 5 {
            self.walk(four(page, head + 8)?, depth + 1, visited, most, rows);
        }
        Some(())
    }

    /// The record of a leaf's cell, which may go on in other pages.
    fn payload(&self, page: &[u8], cell: usize) -> Option<Vec<u8>> {
        let (length, at) = varint(page, cell)?;
        let (_, at) = varint(page, at)?;
        let length = usize::try_from(length).ok().filter(|length| *length <= self.bytes.len())?;
        let largest = self.usable - 35;
        if length <= largest {
            return Some(page.get(at..at.checked_add(length)?)?.to_vec());
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let fitting = least + (length - least) % (self.usable - 4);
        let local = if fitting <= largest { fitting } else { least };
        let mut bytes = page.get(at..at + local)?.to_vec();
        let mut next = four(page, at + local)?;
        while bytes.len() < length {
            let page = self.page(next)?;
            next = four(page, 0)?;
            let part = (length - bytes.len()).min(self.usable - 4);
            bytes.extend_from_slice(page.get(4..4 + part)?);
        }
        Some(bytes)
    }
}

fn two(page: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(u16::from_be_bytes([*page.get(at)?, *page.get(at + 1)?])))
}

fn four(page: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(page.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

/// A number of one to nine bytes, and where the next thing begins.
fn varint(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for index in 0..8 {
        let byte = *bytes.get(at + index)?;
        value = (value << 7) | u64::from(byte & 0x7f);
        if byte < 0x80 {
            return Some((value, at + index + 1));
        }
    }
    Some(((value << 8) | u64::from(*bytes.get(at + 8)?), at + 9))
}

/// The values of a record.
fn record(bytes: &[u8]) -> Option<Vec<Cell>> {
    let (head, mut at) = varint(bytes, 0)?;
    let head = usize::try_from(head).ok()?;
    let mut body = head;
    let mut cells = Vec::new();
    while at < head {
        let (kind, next) = varint(bytes, at)?;
        at = next;
        let length = match kind {
            0 | 8 | 9 => 0,
            1..=4 => usize::try_from(kind).ok()?,
            5 => 6,
            6 | 7 => 8,
            _ => usize::try_from(kind.checked_sub(12)? / 2).ok()?,
        };
        let part = bytes.get(body..body.checked_add(length)?)?;
        body += length;
        cells.push(match kind {
            8 => Cell::Number(0),
            9 => Cell::Number(1),
            1..=6 => {
                let negative = part.first().is_some_and(|byte| *byte >= 0x80);
                let start = if negative { -1_i64 } else { 0 };
                Cell::Number(part.iter().fold(start, |value, byte| (value << 8) | i64::from(*byte)))
            }
            kind if kind >= 13 && kind % 2 == 1 => {
                Cell::Text(String::from_utf8_lossy(part).into_owned())
            }
            _ => Cell::Other,
        });
    }
    Some(cells)
}
