//! The embedded standard library's code objects, compiled when the project is built: importing a module of it neither parses
//! nor touches the disk.
#![forbid(unsafe_code)]

static ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/archive.bin"));

/// Names with the start and end of their records, sorted by name.
static INDEX: &[(&str, usize, usize)] = include!(concat!(env!("OUT_DIR"), "/index.rs"));

/// The record of a module's code object, to be read by `bytecode::archive::decode`.
#[must_use]
pub fn code(name: &str) -> Option<&'static [u8]> {
    let place = INDEX.binary_search_by(|(known, _, _)| (*known).cmp(name)).ok()?;
    let (_, start, end) = INDEX[place];
    ARCHIVE.get(start..end)
}
