//! The embedded standard library as the import system sees it. Where its text and code come from, the room above says.

use std::sync::OnceLock;

use bytecode::CodeRef;

/// A module of the embedded library.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its file, relative to the library: `"json/decoder.py"`.
    pub path: String,
    /// Whether it is a package.
    pub is_package: bool,
}

/// The ways to the embedded library.
#[derive(Clone, Copy, Debug)]
pub struct Library {
    /// The module of a dotted name.
    pub find: fn(&str) -> Option<Entry>,
    /// The source text of a dotted name.
    pub source: fn(&str) -> Option<Vec<u8>>,
    /// The code of a dotted name, compiled when the project was built.
    pub code: fn(&str) -> Option<CodeRef>,
    /// Every file's relative path, sorted.
    pub paths: fn() -> Vec<String>,
}

static LIBRARY: OnceLock<(String, Library)> = OnceLock::new();

/// Says where the embedded library is: once, before the first import. Its modules bear file names below `root`.
pub fn install(root: &str, library: Library) {
    // A second interpreter of the process brings the same library along.
    let _ = LIBRARY.set((root.to_owned(), library));
}

/// The folder that embedded modules bear in their file names; empty when there is no library.
#[must_use]
pub fn root() -> &'static str {
    LIBRARY.get().map_or("", |(root, _)| root)
}

/// The embedded library, if there is one.
#[must_use]
pub fn get() -> Option<&'static Library> {
    LIBRARY.get().map(|(_, library)| library)
}

/// The dotted name of a file's relative path; None for a file that is no module.
#[must_use]
pub fn name_of_path(path: &str) -> Option<String> {
    let stem = path.strip_suffix(".py")?;
    let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
    Some(stem.replace('/', "."))
}
