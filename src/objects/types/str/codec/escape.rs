//! `unicode_escape`, `raw_unicode_escape` and the escapes of bytes literals.

use super::Input;
use super::errors::{DecodeError, Errors, handle_decode};
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::bytes::PyBytes;
use crate::types::str::builder::Builder;
use crate::types::str::{PyStr, storage};

/// What one escape is.
enum Escape {
    /// Nothing: a line continuation.
    Nothing,
    /// A character.
    Point(u32),
    /// Not an escape: the backslash stays. The flag is true for an octal escape beyond 0o377.
    Kept,
    /// Wrong, why, and how many bytes are.
    Wrong(&'static str, usize),
    /// More input could make it one.
    Unfinished(&'static str),
}

/// The result of decoding escapes.
pub struct Decoded {
    /// The text.
    pub text: PyRef<PyStr>,
    /// How many bytes were used.
    pub used: usize,
    /// Where the first escape is that is none, for the warning.
    pub first_invalid: Option<usize>,
}

/// Decodes `unicode_escape`.
///
/// # Errors
/// UnicodeDecodeError, or what an error handler raises.
pub fn decode_unicode(
    vm: Vm<'_>,
    input: &Input,
    errors: &Errors,
    is_final: bool,
) -> PyResult<Decoded> {
    let bytes = input.bytes();
    let mut out = Builder::new(vm);
    let mut first_invalid = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte != b'\\' {
            out.push(u32::from(byte))?;
            at += 1;
            continue;
        }
        let rest = bytes.get(at + 1..).unwrap_or_default();
        let (escape, width) = unicode_escape(rest);
        match escape {
            Escape::Nothing => at += 1 + width,
            Escape::Point(point) => {
                out.push(point)?;
                at += 1 + width;
            }
            Escape::Kept => {
                first_invalid.get_or_insert(at);
                out.push(u32::from(b'\\'))?;
                at += 1;
            }
            Escape::Unfinished(_) if !is_final => break,
            Escape::Unfinished(reason) | Escape::Wrong(reason, _) => {
                let end = match escape {
                    Escape::Wrong(_, width) => at + 1 + width,
                    _ => bytes.len(),
                };
                let error = DecodeError { encoding: "unicodeescape", start: at, end, reason };
                at = handle_decode(vm, errors, input, error, &mut out)?;
            }
        }
    }
    Ok(Decoded { text: out.finish()?, used: at, first_invalid })
}

/// The escape after a backslash, and its width without it.
fn unicode_escape(rest: &[u8]) -> (Escape, usize) {
    let Some(&letter) = rest.first() else {
        return (Escape::Unfinished("\\ at end of string"), 0);
    };
    let simple = match letter {
        b'\n' => return (Escape::Nothing, 1),
        b'\\' | b'\'' | b'"' => u32::from(letter),
        b'b' => 8,
        b'f' => 12,
        b't' => 9,
        b'n' => 10,
        b'r' => 13,
        b'v' => 11,
        b'a' => 7,
        b'0'..=b'7' => {
            let digits = rest.iter().take(3).take_while(|b| matches!(b, b'0'..=b'7'));
            let (value, width) = digits
                .fold((0, 0), |(value, width), b| (value * 8 + u32::from(b - b'0'), width + 1));
            return (Escape::Point(value), width);
        }
        b'x' => return hex_escape(rest, 2, "truncated \\xXX escape"),
        b'u' => return hex_escape(rest, 4, "truncated \\uXXXX escape"),
        b'U' => return hex_escape(rest, 8, "truncated \\UXXXXXXXX escape"),
        b'N' => return named_escape(rest),
        _ => return (Escape::Kept, 1),
    };
    (Escape::Point(simple), 1)
}

fn hex_escape(rest: &[u8], digits: usize, reason: &'static str) -> (Escape, usize) {
    let mut value = 0;
    for nth in 1..=digits {
        match rest.get(nth).and_then(|&byte| char::from(byte).to_digit(16)) {
            Some(digit) => value = value << 4 | digit,
            None if nth == rest.len() => return (Escape::Unfinished(reason), rest.len()),
            None => return (Escape::Wrong(reason, nth), nth),
        }
    }
    if value > 0x10_ffff {
        return (Escape::Wrong("illegal Unicode character", digits + 1), digits + 1);
    }
    (Escape::Point(value), digits + 1)
}

fn named_escape(rest: &[u8]) -> (Escape, usize) {
    const MALFORMED: &str = "malformed \\N character escape";
    match rest.get(1) {
        None => return (Escape::Unfinished(MALFORMED), rest.len()),
        Some(b'{') => {}
        Some(_) => return (Escape::Wrong(MALFORMED, 1), 1),
    }
    let Some(close) = memchr::memchr(b'}', rest) else {
        return (Escape::Unfinished(MALFORMED), rest.len());
    };
    if close == 2 {
        return (Escape::Wrong(MALFORMED, 3), 3);
    }
    let name = rest.get(2..close).and_then(|name| std::str::from_utf8(name).ok());
    match name.and_then(base::unicode::names::lookup) {
        Some(point) => (Escape::Point(point), close + 1),
        None => (Escape::Wrong("unknown Unicode character name", close + 1), close + 1),
    }
}

/// Decodes `raw_unicode_escape`: only `\u` and `\U` after an odd number of backslashes.
///
/// # Errors
/// UnicodeDecodeError, or what an error handler raises.
pub fn decode_raw_unicode(
    vm: Vm<'_>,
    input: &Input,
    errors: &Errors,
    is_final: bool,
) -> PyResult<(PyRef<PyStr>, usize)> {
    let bytes = input.bytes();
    let mut out = Builder::new(vm);
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte != b'\\' {
            out.push(u32::from(byte))?;
            at += 1;
            continue;
        }
        let rest = bytes.get(at + 1..).unwrap_or_default();
        if rest.is_empty() && !is_final {
            break;
        }
        let (escape, width) = match rest.first() {
            Some(b'u') => hex_escape(rest, 4, "truncated \\uXXXX escape"),
            Some(b'U') => hex_escape(rest, 8, "truncated \\UXXXXXXXX escape"),
            other => {
                out.push(u32::from(b'\\'))?;
                at += 1;
                if other == Some(&b'\\') {
                    out.push(u32::from(b'\\'))?;
                    at += 1;
                }
                continue;
            }
        };
        match escape {
            Escape::Point(point) => {
                out.push(point)?;
                at += 1 + width;
            }
            Escape::Unfinished(_) if !is_final => break,
            Escape::Unfinished(reason) | Escape::Wrong(reason, _) => {
                let reason = if reason == "illegal Unicode character" {
                    "\\Uxxxxxxxx out of range"
                } else {
                    reason
                };
                let end = at + 1 + width;
                let error = DecodeError { encoding: "rawunicodeescape", start: at, end, reason };
                at = handle_decode(vm, errors, input, error, &mut out)?;
            }
            Escape::Nothing | Escape::Kept => at += 1,
        }
    }
    Ok((out.finish()?, at))
}

/// Encodes `unicode_escape`.
///
/// # Errors
/// MemoryError.
pub fn encode_unicode(vm: Vm<'_>, text: &Py<PyStr>) -> PyResult<Value> {
    let mut out = String::new();
    for point in storage::points(text) {
        match char::from_u32(point) {
            Some('\\') => out.push_str("\\\\"),
            Some('\t') => out.push_str("\\t"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some(c @ ' '..='~') => out.push(c),
            _ => base::escape::push_hex_escape(&mut out, point),
        }
    }
    PyBytes::try_new_value(vm, out.as_bytes())
}

/// Encodes `raw_unicode_escape`.
///
/// # Errors
/// MemoryError.
pub fn encode_raw_unicode(vm: Vm<'_>, text: &Py<PyStr>) -> PyResult<Value> {
    let mut out = Vec::new();
    for point in storage::points(text) {
        match u8::try_from(point) {
            Ok(byte) => out.push(byte),
            Err(_) => {
                let mut escaped = String::new();
                base::escape::push_hex_escape(&mut escaped, point);
                out.extend_from_slice(escaped.as_bytes());
            }
        }
    }
    PyBytes::try_new_value(vm, &out)
}

/// Decodes the escapes of bytes literals (`codecs.escape_decode`): the bytes, and where the first invalid escape is.
///
/// # Errors
/// ValueError for a wrong `\x` escape.
pub fn decode_bytes(
    vm: Vm<'_>,
    bytes: &[u8],
    errors: &Errors,
) -> PyResult<(Vec<u8>, Option<usize>)> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut first_invalid = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte != b'\\' {
            out.push(byte);
            at += 1;
            continue;
        }
        let rest = bytes.get(at + 1..).unwrap_or_default();
        let Some(&letter) = rest.first() else {
            return Err(vm.value_error("Trailing \\ in string"));
        };
        let (escape, width) = match letter {
            b'u' | b'U' | b'N' => (Escape::Kept, 1),
            _ => unicode_escape(rest),
        };
        match escape {
            Escape::Nothing => at += 1 + width,
            Escape::Point(point) => {
                out.push((point & 0xff) as u8);
                if point > 0xff {
                    first_invalid.get_or_insert(at);
                }
                at += 1 + width;
            }
            Escape::Kept => {
                first_invalid.get_or_insert(at);
                out.extend([b'\\', letter]);
                at += 2;
            }
            Escape::Wrong(..) | Escape::Unfinished(_) => {
                match errors {
                    Errors::Strict => {
                        return Err(vm.value_error(format!("invalid \\x escape at position {at}")));
                    }
                    Errors::Replace => out.push(b'?'),
                    Errors::Ignore => {}
                    _ => {
                        return Err(vm.value_error("decoding error; unknown error handling code"));
                    }
                }
                // A single digit belongs to the wrong escape.
                at += 2;
                if bytes.get(at).is_some_and(u8::is_ascii_hexdigit) {
                    at += 1;
                }
            }
        }
    }
    Ok((out, first_invalid))
}
