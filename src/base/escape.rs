//! How `repr` writes text and bytes: the quote it chooses and the escapes it needs.

use crate::unicode::is_printable;
use crate::wstr::WStr;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// `repr` of a str.
#[must_use]
pub fn repr_str(text: WStr<'_>) -> String {
    repr_points(text.points(), text.as_bytes().len())
}

/// `repr` of a str given by its code points.
#[must_use]
pub fn repr_points(points: impl Iterator<Item = u32> + Clone, size_hint: usize) -> String {
    let quote = quote_for(points.clone());
    let mut out = String::with_capacity(size_hint + 2);
    out.push(quote);
    for point in points {
        push_escaped(&mut out, point, quote, false);
    }
    out.push(quote);
    out
}

/// `ascii()` of a str: like `repr`, with all characters beyond ASCII escaped.
#[must_use]
pub fn ascii_points(points: impl Iterator<Item = u32> + Clone) -> String {
    let quote = quote_for(points.clone());
    let mut out = String::from(quote);
    for point in points {
        push_escaped(&mut out, point, quote, true);
    }
    out.push(quote);
    out
}

/// Escapes what is beyond ASCII in a `repr` (`ascii()`).
#[must_use]
pub fn escape_non_ascii(points: impl Iterator<Item = u32>) -> String {
    let mut out = String::new();
    for point in points {
        match char::from_u32(point) {
            Some(c) if c.is_ascii() => out.push(c),
            _ => push_hex_escape(&mut out, point),
        }
    }
    out
}

/// Double quotes only where there is a single quote and no double one.
fn quote_for(points: impl Iterator<Item = u32>) -> char {
    let mut single = false;
    for point in points {
        if point == u32::from('"') {
            return '\'';
        }
        single |= point == u32::from('\'');
    }
    if single { '"' } else { '\'' }
}

fn push_escaped(out: &mut String, point: u32, quote: char, ascii: bool) {
    match char::from_u32(point) {
        Some('\n') => out.push_str("\\n"),
        Some('\r') => out.push_str("\\r"),
        Some('\t') => out.push_str("\\t"),
        Some(c) if c == quote || c == '\\' => {
            out.push('\\');
            out.push(c);
        }
        Some(c @ ' '..='~') => out.push(c),
        Some(c) if !ascii && is_printable(point) => out.push(c),
        _ => push_hex_escape(out, point),
    }
}

/// `\x41`, `\u0041` or `\U00000041`, the shortest that can hold `point`.
pub fn push_hex_escape(out: &mut String, point: u32) {
    let (letter, digits) = match point {
        0..0x100 => ('x', 2),
        0x100..0x1_0000 => ('u', 4),
        _ => ('U', 8),
    };
    out.push('\\');
    out.push(letter);
    for place in (0..digits).rev() {
        out.push(char::from(HEX[(point >> (place * 4) & 15) as usize]));
    }
}

/// `repr` of bytes, with its `b`.
#[must_use]
pub fn repr_bytes(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { '"' } else { '\'' };
    let mut out = String::with_capacity(bytes.len() + 3);
    out.push('b');
    out.push(quote);
    push_escaped_bytes(&mut out, bytes, quote);
    out.push(quote);
    out
}

/// The inside of a bytes literal in quotes of kind `quote`.
pub fn push_escaped_bytes(out: &mut String, bytes: &[u8], quote: char) {
    for &byte in bytes {
        match char::from(byte) {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote || c == '\\' => {
                out.push('\\');
                out.push(c);
            }
            c @ ' '..='~' => out.push(c),
            _ => push_hex_escape(out, u32::from(byte)),
        }
    }
}
