//! The characters of a str: one, two or four bytes each, as narrow as the widest character allows (PEP 393).
//!
//! Invariant: the tail holds `len` characters of the kind's width in native byte order; an ASCII string's are below 128.
#![expect(unsafe_code, reason = "wide characters are read out of the byte tail")]

use base::wstr::WString;

use super::PyStr;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::type_object::PyType;
use crate::core::vm::Vm;

/// How wide a string's characters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// One byte, below 128.
    Ascii = 0,
    /// One byte.
    Latin1 = 1,
    /// Two bytes.
    Ucs2 = 2,
    /// Four bytes.
    Ucs4 = 4,
}

impl Kind {
    /// Bytes of a character.
    #[inline]
    #[must_use]
    pub const fn width(self) -> usize {
        match self {
            Self::Ascii | Self::Latin1 => 1,
            Self::Ucs2 => 2,
            Self::Ucs4 => 4,
        }
    }

    pub(super) const fn from_bits(bits: u64) -> Self {
        match bits {
            0 => Self::Ascii,
            1 => Self::Latin1,
            2 => Self::Ucs2,
            _ => Self::Ucs4,
        }
    }

    /// The narrowest kind that holds `character`.
    #[must_use]
    pub const fn for_char(character: u32) -> Self {
        match character {
            0..0x80 => Self::Ascii,
            0x80..0x100 => Self::Latin1,
            0x100..0x1_0000 => Self::Ucs2,
            _ => Self::Ucs4,
        }
    }
}

/// A string's characters by width.
#[derive(Clone, Copy)]
pub enum Characters<'a> {
    /// ASCII or Latin-1.
    One(&'a [u8]),
    /// Up to U+FFFF.
    Two(&'a [u16]),
    /// All.
    Four(&'a [u32]),
}

/// The characters.
#[must_use]
pub fn characters(string: &Py<PyStr>) -> Characters<'_> {
    let tail = string.tail();
    // SAFETY: the invariant; the tail starts 16-byte aligned after a 16-byte header and a 16-byte payload.
    unsafe {
        match string.kind() {
            Kind::Ascii | Kind::Latin1 => Characters::One(tail),
            Kind::Ucs2 => {
                Characters::Two(std::slice::from_raw_parts(tail.as_ptr().cast(), string.len()))
            }
            Kind::Ucs4 => {
                Characters::Four(std::slice::from_raw_parts(tail.as_ptr().cast(), string.len()))
            }
        }
    }
}

/// The character at `index`.
#[must_use]
pub fn char_at(string: &Py<PyStr>, index: usize) -> Option<u32> {
    match characters(string) {
        Characters::One(text) => text.get(index).map(|&c| u32::from(c)),
        Characters::Two(text) => text.get(index).map(|&c| u32::from(c)),
        Characters::Four(text) => text.get(index).copied(),
    }
}

/// A str out of code points.
///
/// # Errors
/// MemoryError.
pub fn from_code_points(vm: Vm<'_>, class: &Py<PyType>, text: &[u32]) -> PyResult<PyRef<PyStr>> {
    let widest = text.iter().copied().max().unwrap_or(0);
    let kind = Kind::for_char(widest);
    let width = kind.width();
    PyRef::new_with_tail(vm, class, PyStr::payload(text.len(), kind), |byte| {
        let bytes = text[byte / width].to_ne_bytes();
        // Native order: the low bytes come first on the platforms that are supported.
        bytes[byte % width]
    })
}

pub(super) fn from_utf8(vm: Vm<'_>, class: &Py<PyType>, text: &str) -> PyResult<PyRef<PyStr>> {
    if text.is_ascii() {
        let bytes = text.as_bytes();
        return PyRef::new_with_tail(
            vm,
            class,
            PyStr::payload(bytes.len(), Kind::Ascii),
            |index| bytes[index],
        );
    }
    let points: Vec<u32> = text.chars().map(u32::from).collect();
    from_code_points(vm, class, &points)
}

pub(super) fn from_wtf8(vm: Vm<'_>, class: &Py<PyType>, text: &WString) -> PyResult<PyRef<PyStr>> {
    let points: Vec<u32> = text.points().collect();
    from_code_points(vm, class, &points)
}

/// Calls `see` with each code point.
pub fn for_each_char(string: &Py<PyStr>, mut see: impl FnMut(u32)) {
    match characters(string) {
        Characters::One(text) => text.iter().for_each(|&c| see(u32::from(c))),
        Characters::Two(text) => text.iter().for_each(|&c| see(u32::from(c))),
        Characters::Four(text) => text.iter().for_each(|&c| see(c)),
    }
}

pub(super) fn encode_wtf8(string: &Py<PyStr>) -> Vec<u8> {
    let mut out = Vec::with_capacity(string.len() * 2);
    for_each_char(string, |c| push_wtf8(&mut out, c));
    out
}

#[expect(clippy::cast_possible_truncation, reason = "bytes of an encoded character")]
fn push_wtf8(out: &mut Vec<u8>, c: u32) {
    match c {
        0..0x80 => out.push(c as u8),
        0x80..0x800 => out.extend([0xc0 | (c >> 6) as u8, 0x80 | (c & 0x3f) as u8]),
        0x800..0x1_0000 => out.extend([
            0xe0 | (c >> 12) as u8,
            0x80 | (c >> 6 & 0x3f) as u8,
            0x80 | (c & 0x3f) as u8,
        ]),
        _ => out.extend([
            0xf0 | (c >> 18) as u8,
            0x80 | (c >> 12 & 0x3f) as u8,
            0x80 | (c >> 6 & 0x3f) as u8,
            0x80 | (c & 0x3f) as u8,
        ]),
    }
}

pub(super) fn hash(_vm: Vm<'_>, string: &Py<PyStr>) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for_each_char(string, |c| hash = (hash ^ u64::from(c)).wrapping_mul(0x0100_0000_01b3));
    hash.max(1)
}
