//! Bytes to source text: byte order mark, encoding declaration (PEP 263), universal newlines.

use std::borrow::Cow;

use crate::error::{ErrorKind, Place, SyntaxError};

const BOM: &[u8] = b"\xef\xbb\xbf";

/// The encodings that are known here without a codec registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Latin1,
    Ascii,
}

fn plain_error(message: impl Into<String>) -> SyntaxError {
    SyntaxError::of(ErrorKind::Syntax, message, Place::None)
}

/// Decodes a source as CPython does, and makes its newlines `\n`.
///
/// # Errors
/// Null bytes, unknown encodings, and bytes that the encoding does not take.
pub fn decode(bytes: &[u8]) -> Result<String, SyntaxError> {
    Ok(universal_newlines(&decode_as_is(bytes)?.text).into_owned())
}

/// A source with the newlines that it has.
pub(crate) struct Decoded {
    /// Without a byte order mark.
    pub(crate) text: String,
    /// Its encoding's name as `tokenize.detect_encoding` gives it.
    pub(crate) encoding: &'static str,
}

/// Decodes a source as CPython does.
pub(crate) fn decode_as_is(bytes: &[u8]) -> Result<Decoded, SyntaxError> {
    if bytes.contains(&0) {
        return Err(plain_error("source code cannot contain null bytes"));
    }
    let (body, has_bom) = match bytes.strip_prefix(BOM) {
        Some(body) => (body, true),
        None => (bytes, false),
    };
    let declared = declared_encoding(body);
    let encoding = match &declared {
        None => Encoding::Utf8,
        Some(name) => match known_encoding(name) {
            Some(encoding) => encoding,
            None => return Err(plain_error(format!("unknown encoding: {name}"))),
        },
    };
    if has_bom && encoding != Encoding::Utf8 {
        let name = declared.unwrap_or_default();
        return Err(plain_error(format!("encoding problem: {name} with BOM")));
    }
    let text = match encoding {
        Encoding::Latin1 => body.iter().map(|&byte| char::from(byte)).collect(),
        Encoding::Ascii => ascii(body)?,
        Encoding::Utf8 => utf8(body)?,
    };
    let encoding = match encoding {
        Encoding::Latin1 => "iso-8859-1",
        Encoding::Ascii => "ascii",
        Encoding::Utf8 => "utf-8",
    };
    Ok(Decoded { text, encoding })
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

fn utf8(body: &[u8]) -> Result<String, SyntaxError> {
    match std::str::from_utf8(body) {
        Ok(text) => Ok(text.to_owned()),
        Err(error) => {
            let at = error.valid_up_to();
            let byte = body.get(at).copied().unwrap_or(0);
            let (reason, length) = match error.error_len() {
                None => ("unexpected end of data", body.len() - at),
                Some(_) if !(0xc2..=0xf4).contains(&byte) => ("invalid start byte", 1),
                Some(length) => ("invalid continuation byte", length),
            };
            let what = if length == 1 {
                format!("byte 0x{byte:02x} in position {at}")
            } else {
                format!("bytes in position {at}-{}", at + length - 1)
            };
            let message = format!("(unicode error) 'utf-8' codec can't decode {what}: {reason}");
            Err(plain_error(message))
        }
    }
}

fn ascii(body: &[u8]) -> Result<String, SyntaxError> {
    match body.iter().position(|byte| !byte.is_ascii()) {
        None => Ok(body.iter().map(|&byte| char::from(byte)).collect()),
        Some(at) => Err(plain_error(format!(
            "encoding problem: 'ascii' codec can't decode byte 0x{:02x} in position {at}: \
             ordinal not in range(128)",
            body.get(at).copied().unwrap_or(0)
        ))),
    }
}

/// The name in the `coding` comment of the first two lines.
fn declared_encoding(body: &[u8]) -> Option<String> {
    let mut lines = body.split(|&byte| byte == b'\n' || byte == b'\r');
    let first = lines.next()?;
    if let Some(name) = cookie(first) {
        return Some(name);
    }
    let blank = first.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\x0c'));
    if blank.is_some_and(|&byte| byte != b'#') {
        return None;
    }
    let mut second = lines.next()?;
    if second.is_empty() && body.get(first.len()) == Some(&b'\r') {
        second = lines.next()?;
    }
    cookie(second)
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

fn known_encoding(name: &str) -> Option<Encoding> {
    let normal = name.to_ascii_lowercase().replace('_', "-");
    match normal.as_str() {
        "utf-8" | "utf8" | "u8" | "utf" | "cp65001" | "utf-8-sig" => Some(Encoding::Utf8),
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
