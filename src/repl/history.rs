//! The history file: one JSON record an entry, appended under a lock before the entry runs, for the owner's eyes only.
//! A second, small record says how it ended. Nothing in the file is ever rewritten.

mod file;
pub(crate) mod foreign;
mod sqlite;

pub(crate) use file::refusal;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How much of the file's end is read at the start.
const READ_MAX: u64 = 4 << 20;
/// How often what was written is forced onto the disk.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// An entry of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Seconds since 1970, where the record says them.
    pub(crate) time: Option<u64>,
    /// The session.
    pub(crate) session: String,
    /// The number of the entry in its session.
    pub(crate) number: u64,
    /// What was entered.
    pub(crate) source: String,
    /// Whether it succeeded, once known.
    pub(crate) ok: Option<bool>,
    /// How many milliseconds it took, once known.
    pub(crate) milliseconds: Option<u64>,
}

/// The history of one session.
pub(crate) struct History {
    path: Option<PathBuf>,
    session: String,
    ignore_space: bool,
    ignored: String,
    next: u64,
    synced: Instant,
    last: String,
}

/// The history's file; None where none is kept.
pub(crate) fn path() -> Option<PathBuf> {
    let named = crate::settings::options().history.clone();
    match named.or_else(|| crate::settings::variable("PYGLASS_HISTORY")) {
        Some(name) if name == "none" => None,
        Some(name) => Some(PathBuf::from(name)),
        None => {
            let folder = dirs::state_dir().or_else(dirs::data_local_dir)?;
            Some(folder.join("pyglass").join("history.jsonl"))
        }
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

impl History {
    /// A session's history, which no entry is in yet.
    pub(crate) fn new(path: Option<PathBuf>, ignore_space: bool, ignored: &str) -> Self {
        let ignored = ignored.to_lowercase();
        let session = format!("{:x}-{:x}", now().as_millis(), std::process::id());
        Self {
            path,
            session,
            ignore_space,
            ignored,
            next: 0,
            synced: Instant::now(),
            last: String::new(),
        }
    }

    /// The file.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Forces what was written onto the disk.
    pub(crate) fn sync(&mut self) {
        if let Some(path) = &self.path
            && let Ok(file) = File::open(path)
        {
            // A disk that fails now fails whoever writes next.
            let _ = file.sync_data();
        }
    }

    /// Whether an input holds a text that is not to be kept.
    fn is_secret(&self, source: &str) -> bool {
        let source = source.to_lowercase().replace(' ', "");
        self.ignored.split(',').any(|text| !text.is_empty() && source.contains(text.trim()))
    }

    /// What the entries of this session are marked with.
    pub(crate) fn session(&self) -> &str {
        &self.session
    }

    /// Appends the inputs of another shell, all in one piece.
    pub(crate) fn import(&mut self, sources: &[String]) -> Result<(), String> {
        let mut records = String::new();
        for source in sources {
            let number = self.next;
            self.next += 1;
            records.push_str(&format!(
                "{{\"s\":\"{}\",\"n\":{number},\"src\":{}}}\n",
                self.session,
                quoted(source.trim_end())
            ));
        }
        if records.is_empty() { Ok(()) } else { self.write(&records) }
    }

    /// Appends an entry before it runs: its number. A history that cannot be written is given up with one line.
    pub(crate) fn begin(&mut self, source: &str) -> Result<Option<u64>, String> {
        let source = source.trim_end();
        if source.is_empty()
            || (self.ignore_space && source.starts_with(' '))
            || self.is_secret(source)
            || source == self.last
        {
            return Ok(None);
        }
        source.clone_into(&mut self.last);
        let number = self.next;
        self.next += 1;
        let record = format!(
            "{{\"t\":{},\"s\":\"{}\",\"n\":{number},\"src\":{}}}\n",
            now().as_secs(),
            self.session,
            quoted(source)
        );
        self.write(&record)?;
        Ok(Some(number))
    }

    /// Appends how an entry ended.
    pub(crate) fn end(&mut self, number: u64, ok: bool, took: Duration) -> Result<(), String> {
        let took = took.as_millis();
        let record =
            format!("{{\"s\":\"{}\",\"n\":{number},\"ok\":{ok},\"ms\":{took}}}\n", self.session);
        self.write(&record)
    }

    fn write(&mut self, record: &str) -> Result<(), String> {
        let Some(path) = &self.path else { return Ok(()) };
        let due = self.synced.elapsed() >= SYNC_EVERY;
        match file::append(path, record, due) {
            Ok(()) => {
                if due {
                    self.synced = Instant::now();
                }
                Ok(())
            }
            Err(reason) => {
                let line = format!(
                    "pyglass: {}: {reason}; this session is not recorded\n",
                    path.display()
                );
                self.path = None;
                Err(crate::console::sanitize(&line))
            }
        }
    }
}

/// Makes a history that has grown long shorter, while the first prompts are up already.
pub(crate) fn compact_aside(path: &Path, kept: usize) {
    let path = path.to_owned();
    let thread = std::thread::Builder::new().name("history".to_owned());
    // A history that cannot be made shorter stays as long as it is: the next start tries again.
    let _ = thread.spawn(move || file::compact(&path, kept));
}

/// The entries of the file's end, oldest first; what is no record is left out.
pub(crate) fn load(path: &Path) -> Vec<Entry> {
    if !std::fs::metadata(path).is_ok_and(|data| data.is_file()) {
        return Vec::new();
    }
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|mut file| {
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(READ_MAX)))?;
        file.take(READ_MAX).read_to_end(&mut bytes)
    });
    if read.is_err() {
        return Vec::new();
    }
    let mut entries: Vec<Entry> = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let Ok(line) = std::str::from_utf8(line) else { continue };
        let Some(record) = record(line) else { continue };
        let session = text_field(&record, "s").unwrap_or_default();
        let number = number_field(&record, "n").unwrap_or(0);
        match text_field(&record, "src") {
            Some(source) => entries.push(Entry {
                time: number_field(&record, "t"),
                session,
                number,
                source,
                ok: None,
                milliseconds: None,
            }),
            None => {
                let own = entries
                    .iter_mut()
                    .rev()
                    .take(64)
                    .find(|entry| entry.number == number && entry.session == session);
                if let Some(own) = own {
                    own.ok = record
                        .iter()
                        .find(|(key, _)| key == "ok")
                        .map(|(_, value)| *value == Field::True);
                    own.milliseconds = number_field(&record, "ms");
                }
            }
        }
    }
    entries
}

/// A value of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Field {
    Text(String),
    Number(u64),
    True,
    Other,
}

fn text_field(record: &[(String, Field)], name: &str) -> Option<String> {
    record.iter().find_map(|(key, value)| match value {
        Field::Text(text) if key == name => Some(text.clone()),
        _ => None,
    })
}

fn number_field(record: &[(String, Field)], name: &str) -> Option<u64> {
    record.iter().find_map(|(key, value)| match value {
        Field::Number(number) if key == name => Some(*number),
        _ => None,
    })
}

/// A line that is one flat JSON object; None for anything else.
fn record(line: &str) -> Option<Vec<(String, Field)>> {
    let mut rest = line.trim().strip_prefix('{')?.trim_start();
    let mut fields = Vec::new();
    loop {
        let (key, behind) = string(rest)?;
        rest = behind.trim_start().strip_prefix(':')?.trim_start();
        let value;
        if rest.starts_with('"') {
            let (text, behind) = string(rest)?;
            value = Field::Text(text);
            rest = behind;
        } else {
            let end = rest.find([',', '}'])?;
            let (word, behind) = rest.split_at_checked(end)?;
            value = match word.trim() {
                "true" => Field::True,
                word => word.parse().map_or(Field::Other, Field::Number),
            };
            rest = behind;
        }
        fields.push((key, value));
        rest = rest.trim_start();
        if rest == "}" {
            return Some(fields);
        }
        rest = rest.strip_prefix(',')?.trim_start();
    }
}

/// The JSON string at the start of a text, and what is behind it.
fn string(text: &str) -> Option<(String, &str)> {
    let mut chars = text.strip_prefix('"')?.chars();
    let mut out = String::new();
    loop {
        match chars.next()? {
            '"' => return Some((out, chars.as_str())),
            '\\' => match chars.next()? {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                'b' => out.push('\u{8}'),
                'f' => out.push('\u{c}'),
                'u' => {
                    let unit = hexadecimal(&mut chars)?;
                    // A character beyond the first 65,536 is two units.
                    let code = if (0xd800..0xdc00).contains(&unit) {
                        let low = chars.as_str().strip_prefix("\\u").and_then(|rest| {
                            chars = rest.chars();
                            hexadecimal(&mut chars)
                        })?;
                        0x1_0000 + ((unit - 0xd800) << 10) + low.checked_sub(0xdc00)?
                    } else {
                        unit
                    };
                    out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
                }
                c => out.push(c),
            },
            c => out.push(c),
        }
    }
}

fn hexadecimal(chars: &mut std::str::Chars<'_>) -> Option<u32> {
    let digits: String = chars.by_ref().take(4).collect();
    u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 4)
}

/// Text as a JSON string.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' || c == '\u{7f}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
