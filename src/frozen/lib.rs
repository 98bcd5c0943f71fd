//! The embedded standard library's code objects, compiled when the project is built: importing a module of it neither parses
//! nor touches the disk.
//!
//! # What comes in
//! A module's dotted name.
//!
//! # What goes out
//! The record of its code object, borrowed from the program's own pages; none where the project was built without the feature
//! `compiled-library`.
//!
//! # Files in reading order
//! `build.rs` (archive and index), `library.rs` (its part that compiles), `lib.rs` (the look-up).
//!
//! # Invariants
//! **Invariant:** a record is what the compiler of the same build makes of the text in `pylib`, at optimisation level 0.
//!
//! # How to change it
//! The form of a record is `bytecode/archive.rs`.
//!
//! # Its counterpart in CPython
//! `Python/frozen.c` and `__pycache__` of the library.
#![forbid(unsafe_code)]

static ARCHIVE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/archive.bin"));

/// Names with the start and end of their records, sorted by name.
static INDEX: &[(&str, usize, usize)] = include!(concat!(env!("OUT_DIR"), "/index.rs"));

/// The record of a module's code object, to be read by `bytecode::archive::open`.
#[must_use]
pub fn code(name: &str) -> Option<&'static [u8]> {
    let place = INDEX.binary_search_by(|(known, _, _)| (*known).cmp(name)).ok()?;
    let (_, start, end) = INDEX[place];
    ARCHIVE.get(start..end)
}
