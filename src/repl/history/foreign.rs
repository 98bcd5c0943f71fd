//! The histories of other Python shells: CPython's text file, and IPython's database.

use std::path::{Path, PathBuf};

use super::sqlite::{Cell, Database};

/// The largest file that is taken over.
const FILE_MAX: u64 = 256 << 20;
/// How many entries are taken over: the newest.
const ENTRIES_MAX: usize = 20_000;

/// The files of other shells that are there.
pub(crate) fn known() -> Vec<PathBuf> {
    let home = dirs::home_dir();
    let python = crate::settings::variable("PYTHON_HISTORY").map(PathBuf::from);
    let python = python.or_else(|| Some(home.as_ref()?.join(".python_history")));
    let folder = std::env::var_os("IPYTHONDIR").map(PathBuf::from);
    let folder = folder.or_else(|| Some(home?.join(".ipython")));
    let ipython = folder.map(|folder| folder.join("profile_default").join("history.sqlite"));
    [python, ipython].into_iter().flatten().filter(|path| path.is_file()).collect()
}

/// The inputs in a file, oldest first; the message where it cannot be read.
pub(crate) fn read(path: &Path) -> Result<Vec<String>, String> {
    let data = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !data.is_file() {
        return Err("not a regular file".to_owned());
    }
    if data.len() > FILE_MAX {
        return Err("the file is too large".to_owned());
    }
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    let mut sources = if bytes.starts_with(b"SQLite format 3\0") {
        of_database(bytes)?
    } else {
        of_text(&String::from_utf8_lossy(&bytes))
    };
    sources.retain(|source| !source.trim().is_empty());
    sources.dedup();
    let surplus = sources.len().saturating_sub(ENTRIES_MAX);
    Ok(sources.split_off(surplus))
}

/// CPython's: a line an entry; where an entry goes on, its line ends in a carriage return.
fn of_text(text: &str) -> Vec<String> {
    let text = text.strip_prefix("_HiStOrY_V2_\n").unwrap_or(text);
    let mut sources = Vec::new();
    let mut entry = String::new();
    for line in text.split('\n') {
        match line.strip_suffix('\r') {
            Some(line) => {
                entry.push_str(line);
                entry.push('\n');
            }
            None => {
                entry.push_str(line);
                sources.push(std::mem::take(&mut entry));
            }
        }
    }
    sources
}

/// IPython's: the table `history` with session, line, the source as it ran, and the source as it was typed.
fn of_database(bytes: Vec<u8>) -> Result<Vec<String>, String> {
    let database = Database::new(bytes).ok_or("not a database that can be read")?;
    let root = database.root_of("history").ok_or("the database has no table history")?;
    let mut rows: Vec<(i64, i64, String)> = Vec::new();
    for row in database.rows(root) {
        let (Some(Cell::Number(session)), Some(Cell::Number(line))) = (row.first(), row.get(1))
        else {
            continue;
        };
        if let Some(Cell::Text(source)) = row.get(3).or_else(|| row.get(2)) {
            rows.push((*session, *line, source.clone()));
        }
    }
    rows.sort_by_key(|(session, line, _)| (*session, *line));
    Ok(rows.into_iter().map(|(_, _, source)| source).collect())
}
