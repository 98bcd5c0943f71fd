//! The embedded standard library's source text: the modules written in Python, as CPython's library has them.
//!
//! The text is part of the program as it is, not compressed: a page of it is read when it is first looked at, and that is for
//! a traceback, `inspect` or a look at the source only. What runs is in `frozen`.
//!
//! # What comes in
//! A module's dotted name.
//!
//! # What goes out
//! Its path below the library's folder, whether it is a package, and its text.
//!
//! # Files in reading order
//! `build.rs` (the archive and its index are made when the project is built), `restore.rs` (what its packers changed is
//! changed back), `own` (modules of CPython's library that the crate lacks, written for pyglass), `lib.rs` (the look-up).
//!
//! # Invariants
//! **Invariant:** the text of the library's modules is the library's own, unchanged; `own` replaces none of them.
//! **Invariant:** nothing is copied or unpacked at run time.
//!
//! # How to change it
//! Another version of the library is another version of the crate `rustpython-pylib`. What is left out is a list in `build.rs`.
//!
//! # Its counterpart in CPython
//! `Lib/` on disk.
#![forbid(unsafe_code)]

/// A module of the library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Source {
    /// The dotted name.
    pub name: &'static str,
    /// The path below `lib/python3.14`, with slashes.
    pub path: &'static str,
    /// Whether it is a package.
    pub is_package: bool,
    start: usize,
    end: usize,
}

impl Source {
    /// The source text. Its pages are not touched before.
    #[must_use]
    pub fn text(&self) -> &'static str {
        ARCHIVE.get(self.start..self.end).unwrap_or_default()
    }
}

struct Entry {
    name: &'static str,
    path: &'static str,
    is_package: bool,
    start: usize,
    end: usize,
}

static ARCHIVE: &str = include_str!(concat!(env!("OUT_DIR"), "/archive.txt"));

/// Sorted by name.
static INDEX: &[Entry] = include!(concat!(env!("OUT_DIR"), "/index.rs"));

fn open(entry: &'static Entry) -> Source {
    let &Entry { name, path, is_package, start, end } = entry;
    Source { name, path, is_package, start, end }
}

/// The module of a dotted name.
#[must_use]
pub fn source(name: &str) -> Option<Source> {
    let place = INDEX.binary_search_by(|entry| entry.name.cmp(name)).ok()?;
    Some(open(&INDEX[place]))
}

/// The module whose file has the path below `lib/python3.14`.
#[must_use]
pub fn source_at(path: &str) -> Option<Source> {
    let module = path.strip_suffix(".py")?;
    source(&module.strip_suffix("/__init__").unwrap_or(module).replace('/', "."))
        .filter(|source| source.path == path)
}

/// All modules, sorted by name.
pub fn sources() -> impl Iterator<Item = Source> {
    INDEX.iter().map(open)
}

/// The modules directly in a package, sorted by name; those of the top level for an empty name.
pub fn children(package: &str) -> impl Iterator<Item = Source> {
    let prefix = if package.is_empty() { String::new() } else { format!("{package}.") };
    let first = INDEX.partition_point(|entry| entry.name < prefix.as_str());
    INDEX[first..]
        .iter()
        .map_while(move |entry| Some((entry, entry.name.strip_prefix(prefix.as_str())?)))
        .filter(|(_, rest)| !rest.is_empty() && !rest.contains('.'))
        .map(|(entry, _)| open(entry))
}
