//! The history file: one JSON record a line, written before its entry runs, under a lock, for the owner's eyes only.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

/// How much of the file's end is read at the start.
const READ_MAX: u64 = 1 << 20;

fn path() -> Option<PathBuf> {
    match std::env::var_os("PYGLASS_HISTORY") {
        Some(name) if name == "none" => None,
        Some(name) => Some(PathBuf::from(name)),
        None => {
            let folder = dirs::state_dir().or_else(dirs::data_local_dir)?;
            Some(folder.join("pyglass").join("history.jsonl"))
        }
    }
}

/// The entries of earlier sessions, oldest first; what cannot be read is left out.
pub(crate) fn load() -> Vec<String> {
    let mut bytes = Vec::new();
    let read = path().filter(|path| path.is_file()).and_then(|path| {
        let mut file = File::open(path).ok()?;
        let length = file.metadata().ok()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(READ_MAX))).ok()?;
        file.take(READ_MAX).read_to_end(&mut bytes).ok()
    });
    if read.is_none() {
        return Vec::new();
    }
    String::from_utf8_lossy(&bytes).lines().filter_map(entry).collect()
}

/// Appends an entry; a history that cannot be written is no reason to stop.
pub(crate) fn append(text: &str) {
    let text = text.trim_end();
    if text.is_empty() || text.starts_with(' ') {
        return;
    }
    // Losing the record is all that a failure costs.
    let _ = try_append(text);
}

fn try_append(text: &str) -> std::io::Result<()> {
    let Some(path) = path() else { return Ok(()) };
    if path.exists() && !path.is_file() {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
    file.lock()?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = now.map_or(0, |now| now.as_secs());
    let record = format!("{{\"t\":{seconds},\"src\":{}}}\n", quoted(text));
    file.write_all(record.as_bytes())
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn entry(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("\"src\":\"")?;
    let mut out = String::new();
    let mut chars = rest.chars();
    loop {
        match chars.next()? {
            '"' => return Some(out),
            '\\' => match chars.next()? {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'u' => {
                    let digits: String = chars.by_ref().take(4).collect();
                    out.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
                }
                c => out.push(c),
            },
            c => out.push(c),
        }
    }
}
