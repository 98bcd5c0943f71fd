//! The law of the tree: which room may use which, what each room's doc says, where `unsafe` may stand, and that the README
//! tells the truth about the dependencies.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, each with the rooms that it may use.
const EDGES: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("pylib", &[]),
    ("syntax", &["base"]),
    ("bytecode", &["base"]),
    ("compiler", &["base", "syntax", "bytecode"]),
    ("objects", &["base", "bytecode"]),
    ("eval", &["base", "bytecode", "objects"]),
    ("modules", &["base", "syntax", "bytecode", "compiler", "objects"]),
    // Its build script compiles the library; the room itself uses none of these.
    ("frozen", &["base", "bytecode", "compiler", "pylib", "syntax"]),
    (
        "lifecycle",
        &[
            "base", "pylib", "syntax", "bytecode", "compiler", "objects", "eval", "modules",
            "frozen",
        ],
    ),
    (
        "repl",
        &["base", "syntax", "bytecode", "compiler", "objects", "eval", "modules", "lifecycle"],
    ),
];

/// What the doc of a room answers, in this order.
const HEADINGS: &[&str] = &[
    "# What comes in",
    "# What goes out",
    "# Files in reading order",
    "# Invariants",
    "# How to change it",
    "# Its counterpart in CPython",
];

/// The files that may hold `unsafe`, and two folders, which do nothing but call the system and SQLite. A row more is a change of design.
const UNSAFE: &[&str] = &[
    "eval/dispatch.rs",
    "eval/enter.rs",
    "eval/frames.rs",
    "eval/generator_frames.rs",
    "eval/machine.rs",
    "eval/session.rs",
    "eval/unwind.rs",
    "modules/compression/zstd/raw.rs",
    "modules/posix/fd.rs",
    "modules/posix/raw/",
    "modules/posix/signals.rs",
    "modules/sqlite/raw/",
    "objects/core/alloc.rs",
    "objects/core/collector.rs",
    "objects/core/extension.rs",
    "objects/core/frame/chain.rs",
    "objects/core/frame/generator_record.rs",
    "objects/core/frame/mod.rs",
    "objects/core/frame/stacks.rs",
    "objects/core/gil_cell.rs",
    "objects/core/intern.rs",
    "objects/core/live_list.rs",
    "objects/core/object.rs",
    "objects/core/pyref.rs",
    "objects/core/reserve.rs",
    "objects/core/signature.rs",
    "objects/core/small_blocks.rs",
    "objects/core/type_object.rs",
    "objects/core/value.rs",
    "objects/core/vm.rs",
    "objects/core/weak.rs",
    "objects/types/frame_object.rs",
    "objects/types/str/storage.rs",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The Rust files below a folder, sorted.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).expect("the folder is there");
        for entry in entries {
            let path = entry.expect("the entry is readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The keys of a manifest's dependency tables.
fn dependencies(manifest: &str) -> Vec<&str> {
    let mut inside = false;
    let mut names = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if inside && let Some(end) = line.find(['.', ' ', '=']) {
            names.push(line.get(..end).unwrap_or_default());
        }
    }
    names.retain(|name| !name.is_empty() && !name.starts_with('#'));
    names
}

/// The module doc at the top of a file, without its comment marks.
fn module_doc(text: &str) -> String {
    let lines = text.lines().take_while(|line| line.starts_with("//!"));
    lines.map(|line| line.trim_start_matches("//!").trim_start()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_room_uses_only_the_rooms_below_it() {
    let mut rooms: Vec<String> = fs::read_dir(root().join("src"))
        .expect("the rooms are there")
        .map(|entry| entry.expect("the entry is readable").path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().expect("a folder has a name").to_string_lossy().into_owned())
        .collect();
    rooms.sort();
    let mut known: Vec<&str> = EDGES.iter().map(|(room, _)| *room).collect();
    known.sort_unstable();
    assert_eq!(rooms, known);
    for (room, allowed) in EDGES {
        let manifest = read(&root().join("src").join(room).join("Cargo.toml"));
        for name in dependencies(&manifest) {
            let is_room = known.contains(&name);
            assert!(!is_room || allowed.contains(&name), "{room} may not use {name}");
        }
    }
}

#[test]
fn the_doc_of_a_room_answers_six_questions_and_names_every_file() {
    for (room, _) in EDGES {
        let folder = root().join("src").join(room);
        let text = read(&folder.join("lib.rs"));
        let doc = module_doc(&text);
        let headings: Vec<&str> = doc.lines().filter(|line| line.starts_with("# ")).collect();
        assert_eq!(headings, HEADINGS, "src/{room}/lib.rs");
        for entry in fs::read_dir(&folder).expect("the room is there") {
            let path = entry.expect("the entry is readable").path();
            let stem = path.file_stem().expect("an entry has a name").to_string_lossy();
            let is_source = path.is_dir() || path.extension().is_some_and(|e| e == "rs");
            // The table of `modules` is its list of files: what is no module must be named in the doc.
            let listed = doc.contains(&*stem)
                || (*room == "modules" && text.contains(&format!("mod {stem};")));
            assert!(
                !is_source || stem == "lib" || listed,
                "src/{room}/lib.rs does not name {stem}"
            );
        }
    }
}

#[test]
fn every_file_says_its_purpose() {
    for path in sources(&root().join("src")).iter().chain(&sources(&root().join("tests"))) {
        assert!(read(path).starts_with("//!"), "{} has no module doc", path.display());
    }
}

#[test]
fn unsafe_code_stays_where_it_is_allowed() {
    let mut found = BTreeSet::new();
    for path in sources(&root().join("src")) {
        let is_unsafe = read(&path).lines().map(str::trim_start).any(|line| {
            let code = line.split("//").next().unwrap_or_default();
            ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern"]
                .iter()
                .any(|form| code.contains(form))
        });
        if is_unsafe {
            let inside = path.strip_prefix(root().join("src")).expect("the file is below src");
            let inside = inside.to_string_lossy();
            let folder = UNSAFE.iter().find(|row| row.ends_with('/') && inside.starts_with(**row));
            found.insert(folder.map_or_else(|| inside.into_owned(), |&folder| folder.to_owned()));
        }
    }
    let allowed: BTreeSet<String> = UNSAFE.iter().map(|&path| path.to_owned()).collect();
    assert_eq!(found, allowed);
}

#[test]
fn the_readme_gives_a_reason_for_every_dependency() {
    let readme = read(&root().join("README.md"));
    let table = readme.split("## Dependencies").nth(1).expect("the README has the table");
    let rooms: Vec<&str> = EDGES.iter().map(|(room, _)| *room).collect();
    let mut manifests = vec![root().join("Cargo.toml")];
    manifests.extend(rooms.iter().map(|room| root().join("src").join(room).join("Cargo.toml")));
    for manifest in manifests {
        for name in dependencies(&read(&manifest)) {
            let known = rooms.contains(&name) || table.contains(&format!("`{name}`"));
            assert!(known, "{}: the README does not say what {name} is for", manifest.display());
        }
    }
}

#[test]
fn the_top_level_holds_nothing_else() {
    const TOP: &[&str] = &[
        "Cargo.lock",
        "Cargo.toml",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "LICENSE-PSF",
        "README.md",
        "benches",
        "grammar",
        "history-fixtures",
        "rustfmt.toml",
        "src",
        "target",
        "tests",
    ];
    for entry in fs::read_dir(root()).expect("the project is there") {
        let name = entry.expect("the entry is readable").file_name();
        let name = name.to_string_lossy();
        assert!(name.starts_with('.') || TOP.contains(&&*name), "{name} does not belong here");
    }
}

#[test]
fn no_file_names_the_folder_of_one_checkout() {
    let mut files = sources(&root().join("src"));
    files.extend(sources(&root().join("tests")));
    files.extend([root().join("README.md"), root().join("Cargo.toml")]);
    for path in files {
        let text = read(&path);
        let here = root().to_string_lossy();
        assert!(!text.contains(&*here), "{} names the folder of one checkout", path.display());
    }
}
