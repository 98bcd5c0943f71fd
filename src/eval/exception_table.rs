//! `co_exceptiontable`, read: which handler covers a code unit.

/// One range.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Range {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) target: usize,
    pub(crate) depth: usize,
    /// The handler wants the interrupted instruction's index below the exception.
    pub(crate) lasti: bool,
}

/// The ranges of a table, in order.
pub(crate) fn entries(table: &[u8]) -> impl Iterator<Item = Range> + '_ {
    let mut bytes = table.iter().copied();
    std::iter::from_fn(move || {
        let start = varint(&mut bytes)?;
        let length = varint(&mut bytes)?;
        let target = varint(&mut bytes)?;
        let depth_and_lasti = varint(&mut bytes)?;
        Some(Range {
            start,
            end: start + length,
            target,
            depth: depth_and_lasti >> 1,
            lasti: depth_and_lasti & 1 != 0,
        })
    })
}

/// The handler of code unit `unit`.
pub(crate) fn find(table: &[u8], unit: usize) -> Option<Range> {
    entries(table).find(|range| (range.start..range.end).contains(&unit))
}

fn varint(bytes: &mut impl Iterator<Item = u8>) -> Option<usize> {
    let mut byte = bytes.next()?;
    let mut value = usize::from(byte & 63);
    while byte & 64 != 0 {
        byte = bytes.next()?;
        value = value << 6 | usize::from(byte & 63);
    }
    Some(value)
}
