//! `co_exceptiontable`: which handler an exception in a range of the bytecode goes to.

/// A range of code units and its handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExceptionEntry {
    /// Index of the first code unit.
    pub start: usize,
    /// Index behind the last code unit.
    pub end: usize,
    /// Where the handler starts.
    pub target: usize,
    /// How deep the value stack is cut before the handler runs.
    pub depth: u32,
    /// Whether the index of the raising instruction is pushed below the exception.
    pub lasti: bool,
}

/// The bit that marks the first byte of an entry.
const ENTRY_START: u8 = 0x80;

/// The bit of a byte that is not the last one of its number.
const MORE: u8 = 0x40;

/// Appends an entry.
pub fn push_entry(table: &mut Vec<u8>, entry: &ExceptionEntry) {
    push_number(table, entry.start, ENTRY_START);
    push_number(table, entry.end - entry.start, 0);
    push_number(table, entry.target, 0);
    push_number(table, (entry.depth as usize) << 1 | usize::from(entry.lasti), 0);
}

/// Six bits a byte, the highest first; the table is searched by the entries' first bytes.
fn push_number(table: &mut Vec<u8>, number: usize, first: u8) {
    let mut shift = 0;
    while number >> shift >= 64 {
        shift += 6;
    }
    let mut mark = first;
    loop {
        let more = if shift > 0 { MORE } else { 0 };
        let bits = u8::try_from(number >> shift & 0x3f).expect("six bits");
        table.push(bits | more | mark);
        if shift == 0 {
            return;
        }
        shift -= 6;
        mark = 0;
    }
}

fn read_number(bytes: &mut std::slice::Iter<'_, u8>) -> Option<usize> {
    let mut number = 0_usize;
    loop {
        let byte = *bytes.next()?;
        number = number.checked_mul(64)? | usize::from(byte & 0x3f);
        if byte & MORE == 0 {
            return Some(number);
        }
    }
}

/// The entries of a table in order; it ends where the table is cut short.
pub fn entries(table: &[u8]) -> impl Iterator<Item = ExceptionEntry> + '_ {
    let mut bytes = table.iter();
    std::iter::from_fn(move || {
        let start = read_number(&mut bytes)?;
        let length = read_number(&mut bytes)?;
        let target = read_number(&mut bytes)?;
        let depth_lasti = read_number(&mut bytes)?;
        let depth = u32::try_from(depth_lasti >> 1).ok()?;
        let end = start.checked_add(length)?;
        Some(ExceptionEntry { start, end, target, depth, lasti: depth_lasti & 1 != 0 })
    })
}

/// The handler of an exception in the instruction at a code unit. The entries are sorted by their start and do not overlap.
#[must_use]
pub fn find_handler(table: &[u8], unit: usize) -> Option<ExceptionEntry> {
    entries(table).take_while(|entry| entry.start <= unit).find(|entry| unit < entry.end)
}
