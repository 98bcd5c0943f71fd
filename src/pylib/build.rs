//! Puts the library's source files behind each other into one archive and writes an index of it.

use std::error::Error;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

mod restore;

/// What is not of use in a shell without a window, or belongs to another installation.
const LEFT_OUT: [&str; 6] = ["__pycache__", "idlelib", "tkinter", "turtledemo", "test", "_bundled"];

struct File {
    /// The dotted name of the module.
    name: String,
    /// The path below the library's folder, with slashes.
    path: String,
    is_package: bool,
    text: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=restore.rs");
    let root = Path::new(rustpython_pylib::LIB_PATH);
    let mut files = Vec::new();
    collect(root, root, &mut files)?;
    let own = Path::new("own");
    println!("cargo:rerun-if-changed=own");
    collect(own, own, &mut files)?;
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let mut archive = String::new();
    let mut index = String::from("&[\n");
    for file in &files {
        let start = archive.len();
        archive.push_str(&file.text);
        let end = archive.len();
        writeln!(
            index,
            "    Entry {{ name: {:?}, path: {:?}, is_package: {}, start: {start}, end: {end} }},",
            file.name, file.path, file.is_package
        )?;
    }
    index.push_str("]\n");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?);
    fs::write(out.join("archive.txt"), archive)?;
    fs::write(out.join("index.rs"), index)?;
    Ok(())
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<File>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if LEFT_OUT.contains(&name.as_str()) {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, files)?;
        } else if name.ends_with(".py")
            // The few files in another encoding are data of tests.
            && let Ok(text) = fs::read_to_string(&path)
        {
            files.push(file(path.strip_prefix(root)?, text)?);
        }
    }
    Ok(())
}

fn file(path: &Path, text: String) -> Result<File, String> {
    let parts: Vec<String> =
        path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let is_package = parts.last().is_some_and(|last| last == "__init__");
    let modules = &parts[..parts.len() - usize::from(is_package)];
    let path = format!("{}.py", parts.join("/"));
    let text = restore::restore(&path, text)?;
    Ok(File { name: modules.join("."), path, is_package, text })
}
