//! Bytes to source text: byte order mark, encoding declaration (PEP 263), universal newlines.

use std::borrow::Cow;

use crate::error::{ErrorKind, Place, SyntaxError};

const BOM: &[u8] = b"\xef\xbb\xbf";

/// The encodings that are known here without a codec registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    /// UTF-8 by another name: a codec's business, not the tokenizer's own.
    Utf8Alias,
    Latin1,
    Ascii,
}

/// Where bytes come from: CPython reads a file line by line, which its messages show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin<'n> {
    /// An object in memory.
    Memory,
    /// A file of this name that is read as the program.
    File(&'n str),
}

/// Why bytes are no source text yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undecoded {
    /// They never are. The text is the line that the error shows, since there is no text of the whole; CPython names no file
    /// where `nameless`.
    Wrong {
        /// The error.
        error: Box<SyntaxError>,
        /// Its line.
        line: Option<String>,
        /// The exception has no file name.
        nameless: bool,
    },
    /// The codec of this name refuses a part of a file that has been read line by line: the error is at the last line read.
    Line {
        /// As the declaration spells it.
        name: String,
        /// The bytes.
        part: std::ops::Range<usize>,
        /// The line, and its number.
        line: (String, i32),
    },
    /// The codec of this name has to decode the bytes from `start` on.
    Codec {
        /// As the declaration spells it.
        name: String,
        /// Behind the byte order mark.
        start: usize,
        /// Where the lines begin that CPython's incremental reader decodes.
        reader_start: usize,
        /// The declaration's line, and its number.
        line: (String, i32),
    },
}

fn plain_error(message: impl Into<String>) -> SyntaxError {
    SyntaxError::of(ErrorKind::Syntax, message, Place::None)
}

/// An error of the declaration: at line 0.
#[must_use]
pub fn declaration_error(message: impl Into<String>) -> SyntaxError {
    let place = Place::Exact { line: 0, offset: -1, end_line: 0, end_offset: -1 };
    SyntaxError::of(ErrorKind::Syntax, message, place)
}

/// Decodes a source as CPython does, and makes its newlines `\n`; without a codec registry, so a few codecs are unknown.
///
/// # Errors
/// Null bytes, unknown encodings, and bytes that the encoding does not take.
pub fn decode(bytes: &[u8]) -> Result<String, SyntaxError> {
    Ok(universal_newlines(&decode_as_is(bytes)?.text).into_owned())
}

/// Decodes a source as CPython does, and makes its newlines `\n`.
///
/// # Errors
/// Null bytes, bytes that the encoding does not take, and encodings that are not known here.
pub fn decode_from(bytes: &[u8], origin: Origin<'_>) -> Result<String, Undecoded> {
    if let Some(at) = memchr(bytes, 0) {
        return Err(null_byte(bytes, at, origin));
    }
    decode_body(bytes, origin).map(|decoded| universal_newlines(&decoded.text).into_owned())
}

/// A source with the newlines that it has.
pub(crate) struct Decoded {
    /// Without a byte order mark.
    pub(crate) text: String,
    /// Its encoding's name as `tokenize` shows it.
    pub(crate) encoding: String,
}

/// Decodes a source as CPython does.
pub(crate) fn decode_as_is(bytes: &[u8]) -> Result<Decoded, SyntaxError> {
    if bytes.contains(&0) {
        return Err(plain_error("source code cannot contain null bytes"));
    }
    match decode_body(bytes, Origin::Memory) {
        Ok(decoded) => Ok(decoded),
        Err(Undecoded::Wrong { error, .. }) => Err(*error),
        Err(Undecoded::Line { name, .. }) => {
            Err(declaration_error(format!("'{name}' codec can't decode")))
        }
        Err(Undecoded::Codec { name, start, .. }) => {
            match decode_by_table(&name, bytes.get(start..).unwrap_or_default()) {
                Some(text) => Ok(Decoded { text, encoding: name }),
                None => Err(declaration_error(format!("unknown encoding: {name}"))),
            }
        }
    }
}

/// Text in one of the encodings that are in use beside UTF-8: those of one byte a character, and East Asia's.
fn decode_by_table(name: &str, body: &[u8]) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let encoding = encoding_rs::Encoding::for_label(name.as_bytes())
        .or_else(|| encoding_rs::Encoding::for_label(name.replace('_', "-").as_bytes()))
        .filter(|encoding| encoding.is_ascii_compatible())?;
    encoding.decode_without_bom_handling_and_without_replacement(body).map(Cow::into_owned)
}

fn decode_body(bytes: &[u8], origin: Origin<'_>) -> Result<Decoded, Undecoded> {
    let (body, has_bom) = match bytes.strip_prefix(BOM) {
        Some(body) => (body, true),
        None => (bytes, false),
    };
    let start = bytes.len() - body.len();
    let declared = declared_encoding(body);
    let encoding = declared.as_ref().map_or(Some(Encoding::Utf8), |(name, _)| known_encoding(name));
    if has_bom
        && encoding != Some(Encoding::Utf8)
        && let Some((name, at)) = &declared
    {
        return Err(conflict(body, name, *at, origin));
    }
    let codec = |(name, at): (String, usize)| {
        // The reader begins again with the newline of the line that holds the declaration.
        let (number, line) = line_of(body, at);
        let line = (String::from_utf8_lossy(line).into_owned(), number);
        Undecoded::Codec { name, start, reader_start: start + at, line }
    };
    let detected = detected_name(declared.as_ref().map(|(name, _)| name.as_str()), has_bom);
    match encoding {
        Some(Encoding::Utf8) => match str::from_utf8(body) {
            Ok(text) => Ok(Decoded { text: text.to_owned(), encoding: detected }),
            Err(error) => {
                let at = error.valid_up_to();
                match (origin, declared) {
                    (Origin::File(_), Some((name, end))) => {
                        Err(refused_line(body, start, at, name, end))
                    }
                    _ => Err(not_utf8(body, at, origin)),
                }
            }
        },
        Some(Encoding::Latin1) => {
            let text = body.iter().map(|&byte| char::from(byte)).collect();
            Ok(Decoded { text, encoding: detected })
        }
        Some(Encoding::Ascii) if body.is_ascii() => {
            let text = String::from_utf8_lossy(body).into_owned();
            Ok(Decoded { text, encoding: detected })
        }
        Some(Encoding::Utf8Alias) if let Ok(text) = str::from_utf8(body) => {
            Ok(Decoded { text: text.to_owned(), encoding: detected })
        }
        Some(Encoding::Ascii | Encoding::Utf8Alias) | None => {
            Err(codec(declared.unwrap_or_default()))
        }
    }
}

fn memchr(bytes: &[u8], byte: u8) -> Option<usize> {
    bytes.iter().position(|&other| other == byte)
}

/// The line of a byte (from 1) and its text.
fn line_of(bytes: &[u8], at: usize) -> (i32, &[u8]) {
    let before = bytes.get(..at).unwrap_or_default();
    let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
    let rest = bytes.get(start..).unwrap_or_default();
    let length = rest.iter().position(|&byte| matches!(byte, b'\n' | b'\r'));
    (to_i32(line), rest.get(..length.unwrap_or(rest.len())).unwrap_or_default())
}

fn to_i32(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

fn null_byte(bytes: &[u8], at: usize, origin: Origin<'_>) -> Undecoded {
    if origin == Origin::Memory {
        let error = plain_error("source code string cannot contain null bytes");
        return Undecoded::Wrong { error: Box::new(error), line: None, nameless: true };
    }
    let (number, line) = line_of(bytes, at);
    let shown = line.get(..memchr(line, 0).unwrap_or(line.len())).unwrap_or_default();
    let place = Place::Exact { line: number, offset: 0, end_line: number, end_offset: 0 };
    let message = "source code cannot contain null bytes";
    Undecoded::Wrong {
        error: Box::new(SyntaxError::of(ErrorKind::Syntax, message, place)),
        line: Some(String::from_utf8_lossy(shown).into_owned()),
        nameless: false,
    }
}

/// A declared UTF-8 that is none: the lines up to the declaration's end are one part, each line behind it is another.
fn refused_line(body: &[u8], start: usize, at: usize, name: String, end: usize) -> Undecoded {
    let (number, line) = line_of(body, at.max(end));
    let line = (String::from_utf8_lossy(line).into_owned(), number);
    let first = if at <= end {
        0
    } else {
        let before = body.get(..at).unwrap_or_default();
        before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1)
    };
    let length = body.get(at.max(end)..).unwrap_or_default().iter().position(|&byte| byte == b'\n');
    let last = length.map_or(body.len(), |length| at.max(end) + length);
    Undecoded::Line { name, part: start + first..start + last, line }
}

fn not_utf8(body: &[u8], at: usize, origin: Origin<'_>) -> Undecoded {
    let (number, line) = line_of(body, at);
    let byte = body.get(at).copied().unwrap_or(0);
    let file = match origin {
        Origin::Memory => String::new(),
        Origin::File(name) => format!(" in file {name}"),
    };
    let message = format!(
        "Non-UTF-8 code starting with '\\x{byte:02x}'{file} on line {number}, but no encoding declared; \
         see https://peps.python.org/pep-0263/ for details"
    );
    let before = body.get(..at).unwrap_or_default();
    let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    let before = String::from_utf8_lossy(before.get(start..).unwrap_or_default());
    let offset = to_i32(before.chars().count()) + 1;
    let place = Place::Exact { line: number, offset, end_line: number, end_offset: offset };
    Undecoded::Wrong {
        error: Box::new(SyntaxError::of(ErrorKind::Syntax, message, place)),
        line: Some(String::from_utf8_lossy(line).into_owned()),
        nameless: false,
    }
}

/// A byte order mark says UTF-8 and the declaration something else.
fn conflict(body: &[u8], name: &str, at: usize, origin: Origin<'_>) -> Undecoded {
    let shown = match known_encoding(name) {
        Some(Encoding::Latin1) => "iso-8859-1",
        _ => name,
    };
    let (number, line) = line_of(body, at);
    let line = String::from_utf8_lossy(line).into_owned();
    let length = to_i32(line.chars().count());
    let end_offset = if origin == Origin::Memory { length } else { length + 1 };
    let place = Place::Exact { line: number, offset: 0, end_line: number, end_offset };
    let message = format!("encoding problem: {shown} with BOM");
    Undecoded::Wrong {
        error: Box::new(SyntaxError::of(ErrorKind::Syntax, message, place)),
        line: Some(line),
        nameless: false,
    }
}

/// Makes `\r\n` and `\r` to `\n`.
#[must_use]
pub fn universal_newlines(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The name in the `coding` comment of the first two lines, and where that line ends.
fn declared_encoding(body: &[u8]) -> Option<(String, usize)> {
    let mut lines = body.split(|&byte| byte == b'\n' || byte == b'\r');
    let first = lines.next()?;
    if let Some(name) = cookie(first) {
        return Some((name, first.len()));
    }
    let blank = first.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\x0c'));
    if blank.is_some_and(|&byte| byte != b'#') {
        return None;
    }
    let mut second = lines.next()?;
    let mut start = first.len() + 1;
    if second.is_empty() && body.get(first.len()) == Some(&b'\r') {
        second = lines.next()?;
        start += 1;
    }
    Some((cookie(second)?, start + second.len()))
}

fn cookie(line: &[u8]) -> Option<String> {
    let start = line.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\x0c'))?;
    if line.get(start) != Some(&b'#') {
        return None;
    }
    let comment = String::from_utf8_lossy(line);
    let mut rest: &str = &comment;
    while let Some((_, after)) = rest.split_once("coding") {
        if let Some(value) = after.strip_prefix([':', '=']) {
            let value = value.trim_start_matches([' ', '\t']);
            let name: String = value
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
                .collect();
            if !name.is_empty() {
                return Some(name);
            }
        }
        rest = after;
    }
    None
}

/// The name that `tokenize` shows: the declared one, but for the usual spellings of two encodings and behind a byte order
/// mark.
fn detected_name(declared: Option<&str>, has_bom: bool) -> String {
    if has_bom {
        return "utf-8".to_owned();
    }
    let Some(declared) = declared else { return "utf-8".to_owned() };
    let start: String = declared.chars().take(12).collect();
    let start = start.to_ascii_lowercase().replace('_', "-");
    let is = |name: &str| {
        start == name || start.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'))
    };
    if is("utf-8") {
        "utf-8".to_owned()
    } else if is("latin-1") || is("iso-8859-1") || is("iso-latin-1") {
        "iso-8859-1".to_owned()
    } else {
        declared.to_owned()
    }
}

fn known_encoding(name: &str) -> Option<Encoding> {
    let normal = name.to_ascii_lowercase().replace('_', "-");
    match normal.as_str() {
        "utf-8" => Some(Encoding::Utf8),
        "utf8" | "u8" | "utf" | "cp65001" => Some(Encoding::Utf8Alias),
        "latin-1" | "iso-8859-1" | "iso-latin-1" | "latin1" | "latin" | "l1" | "iso8859-1"
        | "8859" | "cp819" | "iso8859" => Some(Encoding::Latin1),
        "ascii" | "us-ascii" | "646" | "us" => Some(Encoding::Ascii),
        _ if normal.starts_with("utf-8-") => Some(Encoding::Utf8),
        _ if normal.starts_with("latin-1-") || normal.starts_with("iso-8859-1-") => {
            Some(Encoding::Latin1)
        }
        _ => None,
    }
}
