//! The file itself: opened as it must be, appended to under a lock, and made shorter only by a new file in its place.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions, Permissions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// A shorter file is left as it is, however many entries it holds.
const COMPACTED_FROM: u64 = 4 << 20;
/// At least so many entries are kept, whatever the settings say: they are for Up, and may be changed again.
const KEPT_MIN: usize = 20_000;
/// A record says what it is within so many bytes of its line.
const HEAD: usize = 160;
/// How often the file may be replaced while it is being opened.
const TRIES: usize = 100;

/// Appends records under the lock, with one write.
pub(super) fn append(path: &Path, record: &str, sync: bool) -> Result<(), String> {
    let mut file = locked(path)?;
    let text = |error: io::Error| error.to_string();
    let data = file.metadata().map_err(text)?;
    if data.permissions().mode() & 0o077 != 0 {
        // A file of someone else may refuse; what it lets everyone read is not this shell's to mend.
        let _ = file.set_permissions(Permissions::from_mode(0o600));
    }
    let mut whole = String::new();
    if data.len() > 0 && !ends_in_newline(&mut file) {
        whole.push('\n');
    }
    whole.push_str(record);
    file.write_all(whole.as_bytes()).map_err(text)?;
    if sync {
        // A disk that cannot sync has the record all the same, as far as anyone can tell.
        let _ = file.sync_data();
    }
    Ok(())
}

/// The file, with its lock held: regular, and nobody else's link. A FIFO or a device is refused before it could block.
fn locked(path: &Path) -> Result<File, String> {
    let text = |error: io::Error| error.to_string();
    for _ in 0..TRIES {
        check(path)?;
        let file = OpenOptions::new()
            .append(true)
            .read(true)
            .create(true)
            .mode(0o600)
            .open(path)
            .map_err(text)?;
        file.lock().map_err(text)?;
        // Another shell may have put a shorter file in its place while this one waited.
        let (own, named) = (file.metadata().map_err(text)?, std::fs::metadata(path));
        if named.is_ok_and(|named| (named.dev(), named.ino()) == (own.dev(), own.ino())) {
            return Ok(file);
        }
    }
    Err("it is replaced all the time".to_owned())
}

/// Refuses what is no file of the owner's; makes the folder where there is none.
fn check(path: &Path) -> Result<(), String> {
    if let Ok(data) = std::fs::symlink_metadata(path)
        && data.is_symlink()
        && data.uid() != rustix::process::geteuid().as_raw()
    {
        return Err("a symbolic link of someone else".to_owned());
    }
    match std::fs::metadata(path) {
        Ok(data) if !data.is_file() => Err("not a regular file".to_owned()),
        Ok(_) => Ok(()),
        Err(_) => match path.parent().filter(|folder| !folder.exists()) {
            Some(folder) => std::fs::create_dir_all(folder).map_err(|error| error.to_string()),
            None => Ok(()),
        },
    }
}

/// Why a history file would not take a record; None where it would.
pub(crate) fn refusal(path: &Path) -> Option<String> {
    match std::fs::metadata(path) {
        Ok(data) if !data.is_file() => Some("not a regular file".to_owned()),
        Ok(data) if data.permissions().mode() & 0o077 != 0 => Some("others may read it".to_owned()),
        Ok(_) => OpenOptions::new().append(true).open(path).err().map(|error| error.to_string()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => Some(error.to_string()),
    }
}

fn ends_in_newline(file: &mut File) -> bool {
    let mut last = [0_u8];
    file.seek(SeekFrom::End(-1)).is_ok() && file.read_exact(&mut last).is_ok() && last == *b"\n"
}

/// Puts a file with only the newest entries in the place of one that has grown long, where a quarter of it or more goes. The
/// lock is held all the while: who wants to append waits, and then finds the new file. Nothing is changed in place.
pub(super) fn compact(path: &Path, kept: usize) -> Result<(), String> {
    let text = |error: io::Error| error.to_string();
    // A link stays a link: what it leads to is replaced.
    let path = std::fs::canonicalize(path).map_err(text)?;
    let length = std::fs::metadata(&path).map_err(text)?.len();
    if length < COMPACTED_FROM {
        return Ok(());
    }
    let mut file = locked(&path)?;
    let length = file.metadata().map_err(text)?.len();
    let start = start_of_newest(&mut file, kept.max(KEPT_MIN)).map_err(text)?;
    if start < length / 4 {
        return Ok(());
    }
    let new = path.with_extension("new");
    // Who stopped in the middle left one; under the lock nobody else is at it.
    let _ = std::fs::remove_file(&new);
    let replaced = copy_from(&mut file, start, &new).and_then(|()| std::fs::rename(&new, &path));
    if replaced.is_err() {
        // What is left of a failure harms nobody, and the next one removes it.
        let _ = std::fs::remove_file(&new);
    }
    replaced.map_err(text)
}

/// Writes what begins at `start` to a new file, and waits until it is on the disk.
fn copy_from(file: &mut File, start: u64, new: &Path) -> io::Result<()> {
    let mut out = OpenOptions::new().write(true).create_new(true).mode(0o600).open(new)?;
    file.seek(SeekFrom::Start(start))?;
    io::copy(file, &mut out)?;
    out.sync_all()
}

/// Where the oldest of the newest `kept` entries begins; the file's start where there are no more.
fn start_of_newest(file: &mut File, kept: usize) -> io::Result<u64> {
    file.seek(SeekFrom::Start(0))?;
    let mut reader = BufReader::with_capacity(1 << 18, file);
    let mut starts = VecDeque::with_capacity(kept + 1);
    let (mut at, mut line) = (0_u64, 0_u64);
    let mut head: Vec<u8> = Vec::with_capacity(HEAD);
    loop {
        let block = reader.fill_buf()?;
        if block.is_empty() {
            break;
        }
        let end = block.iter().position(|byte| *byte == b'\n');
        let (piece, used) = match end {
            Some(end) => (block.get(..end).unwrap_or_default(), end + 1),
            None => (block, block.len()),
        };
        head.extend(piece.iter().take(HEAD - head.len()));
        reader.consume(used);
        at += used as u64;
        if end.is_some() {
            if is_entry(&head) {
                starts.push_back(line);
                if starts.len() > kept {
                    starts.pop_front();
                }
            }
            head.clear();
            line = at;
        }
    }
    Ok(if starts.len() < kept { 0 } else { starts.front().copied().unwrap_or(0) })
}

/// Whether a line that begins so is an entry, and not how one ended, or rubbish.
fn is_entry(head: &[u8]) -> bool {
    head.starts_with(b"{") && head.windows(6).any(|piece| piece == b"\"src\":")
}
