//! The characters of a str: one, two or four bytes each, as narrow as the widest character allows (PEP 393).
//!
//! Invariants:
//! 1. The tail holds `len` characters of the kind's width in native byte order; an ASCII string's are below 128, and a
//!    wider string has at least one character that needs its kind. So equal texts have equal kinds and tails.
//! 2. The caches of short strings are touched only under the GIL.
#![expect(unsafe_code, reason = "wide characters are read out of the byte tail")]

use std::cell::OnceCell;

use base::wstr::{WString, push_wtf8};

use super::PyStr;
use crate::core::errors::PyResult;
use crate::core::object::{Py, flags};
use crate::core::pyref::PyRef;
use crate::core::type_object::PyType;
use crate::core::value::Value;
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
    #[inline]
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
#[derive(Clone, Copy, Debug)]
pub enum Characters<'a> {
    /// ASCII or Latin-1.
    One(&'a [u8]),
    /// Up to U+FFFF.
    Two(&'a [u16]),
    /// All.
    Four(&'a [u32]),
}

/// Runs `$body` with `$text` as the slice of characters, whatever their width.
#[macro_export]
macro_rules! with_characters {
    ($characters:expr, $text:ident => $body:expr) => {
        match $characters {
            $crate::types::str::storage::Characters::One($text) => $body,
            $crate::types::str::storage::Characters::Two($text) => $body,
            $crate::types::str::storage::Characters::Four($text) => $body,
        }
    };
}

/// The characters.
#[inline]
#[must_use]
pub fn characters(string: &Py<PyStr>) -> Characters<'_> {
    let tail = string.tail();
    // SAFETY: invariant 1; the tail starts 16-byte aligned after a 16-byte header and a 16-byte payload.
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

/// The text of an ASCII string.
pub(super) fn ascii_text(string: &Py<PyStr>) -> Option<&str> {
    debug_assert!(string.tail().is_ascii(), "an ASCII string's characters are below 128");
    // SAFETY: invariant 1: the caller has tested the kind.
    (string.kind() == Kind::Ascii).then(|| unsafe { std::str::from_utf8_unchecked(string.tail()) })
}

/// The character at `index`.
#[inline]
#[must_use]
pub fn char_at(string: &Py<PyStr>, index: usize) -> Option<u32> {
    match characters(string) {
        Characters::One(text) => text.get(index).map(|&c| u32::from(c)),
        Characters::Two(text) => text.get(index).map(|&c| u32::from(c)),
        Characters::Four(text) => text.get(index).copied(),
    }
}

/// The memory of a slice of characters.
fn bytes_of<T: base::search::Unit>(text: &[T]) -> &[u8] {
    // SAFETY: units are u8, u16 or u32: plain memory without padding.
    unsafe { std::slice::from_raw_parts(text.as_ptr().cast(), size_of_val(text)) }
}

/// A str out of Latin-1 characters.
///
/// # Errors
/// MemoryError.
pub fn from_latin1(vm: Vm<'_>, class: &Py<PyType>, text: &[u8]) -> PyResult<PyRef<PyStr>> {
    let kind = if text.is_ascii() { Kind::Ascii } else { Kind::Latin1 };
    PyRef::new_with_copied_tail(vm, class, PyStr::payload(text.len(), kind), &[text])
}

/// A str out of characters up to U+FFFF.
///
/// # Errors
/// MemoryError.
pub fn from_ucs2(vm: Vm<'_>, class: &Py<PyType>, text: &[u16]) -> PyResult<PyRef<PyStr>> {
    let widest = text.iter().fold(0, |all, &c| all | c);
    let kind = Kind::for_char(u32::from(widest));
    let payload = PyStr::payload(text.len(), kind);
    if kind == Kind::Ucs2 {
        return PyRef::new_with_copied_tail(vm, class, payload, &[bytes_of(text)]);
    }
    #[expect(clippy::cast_possible_truncation, reason = "all are below 256")]
    PyRef::new_with_filled_tail(vm, class, payload, |tail| {
        tail.iter_mut().zip(text).for_each(|(to, &c)| *to = c as u8);
    })
}

/// A str out of code points.
///
/// # Errors
/// MemoryError.
pub fn from_code_points(vm: Vm<'_>, class: &Py<PyType>, text: &[u32]) -> PyResult<PyRef<PyStr>> {
    let widest = text.iter().fold(0, |all, &c| all | c);
    let kind = Kind::for_char(widest);
    let payload = PyStr::payload(text.len(), kind);
    if kind == Kind::Ucs4 {
        return PyRef::new_with_copied_tail(vm, class, payload, &[bytes_of(text)]);
    }
    PyRef::new_with_filled_tail(vm, class, payload, |tail| narrow_into(tail, text, kind.width()))
}

#[expect(clippy::cast_possible_truncation, reason = "all fit the width")]
fn narrow_into(tail: &mut [u8], text: &[u32], width: usize) {
    if width == 1 {
        tail.iter_mut().zip(text).for_each(|(to, &c)| *to = c as u8);
    } else {
        for (to, &c) in tail.chunks_exact_mut(2).zip(text) {
            to.copy_from_slice(&(c as u16).to_ne_bytes());
        }
    }
}

/// A str out of characters of any width.
///
/// # Errors
/// MemoryError.
pub fn from_characters(
    vm: Vm<'_>,
    class: &Py<PyType>,
    text: Characters<'_>,
) -> PyResult<PyRef<PyStr>> {
    match text {
        Characters::One(text) => from_latin1(vm, class, text),
        Characters::Two(text) => from_ucs2(vm, class, text),
        Characters::Four(text) => from_code_points(vm, class, text),
    }
}

/// An exact str out of characters; the shortest come from the cache.
///
/// # Errors
/// MemoryError.
pub fn make(vm: Vm<'_>, text: Characters<'_>) -> PyResult<PyRef<PyStr>> {
    match text {
        Characters::One([]) | Characters::Two([]) | Characters::Four([]) => Ok(empty(vm)),
        Characters::One([c]) => Ok(latin1_char(vm, *c)),
        _ => from_characters(vm, super::STR.get(), text),
    }
}

/// The part `start..end` of a string, as an exact str.
///
/// # Errors
/// MemoryError.
pub fn slice(vm: Vm<'_>, string: &Py<PyStr>, start: usize, end: usize) -> PyResult<PyRef<PyStr>> {
    let end = end.min(string.len());
    if start == 0 && end == string.len() && string.is_exact_str() {
        return Ok(string.to_ref());
    }
    let range = start.min(end)..end;
    if string.kind() == Kind::Ascii && range.len() > 1 {
        let payload = PyStr::payload(range.len(), Kind::Ascii);
        return PyRef::new_with_copied_tail(
            vm,
            super::STR.get(),
            payload,
            &[&string.tail()[range]],
        );
    }
    match characters(string) {
        Characters::One(text) => make(vm, Characters::One(&text[range])),
        Characters::Two(text) => make(vm, Characters::Two(&text[range])),
        Characters::Four(text) => make(vm, Characters::Four(&text[range])),
    }
}

/// A str of one character.
///
/// # Errors
/// MemoryError.
#[inline]
pub fn from_point(vm: Vm<'_>, point: u32) -> PyResult<PyRef<PyStr>> {
    match u8::try_from(point) {
        Ok(c) => Ok(latin1_char(vm, c)),
        Err(_) => from_code_points(vm, super::STR.get(), &[point]),
    }
}

/// A str of bytes that are all ASCII.
pub(super) fn from_ascii(vm: Vm<'_>, class: &Py<PyType>, text: &[u8]) -> PyResult<PyRef<PyStr>> {
    debug_assert!(text.is_ascii());
    PyRef::new_with_tail_of(vm, class, PyStr::payload(text.len(), Kind::Ascii), text)
}

pub(super) fn from_utf8(vm: Vm<'_>, class: &Py<PyType>, text: &str) -> PyResult<PyRef<PyStr>> {
    if text.is_ascii() {
        return from_ascii(vm, class, text.as_bytes());
    }
    let mut points: Vec<u32> = Vec::new();
    if points.try_reserve_exact(text.len()).is_err() {
        return Err(vm.memory_error());
    }
    points.extend(text.chars().map(u32::from));
    from_code_points(vm, class, &points)
}

pub(super) fn from_wtf8(vm: Vm<'_>, class: &Py<PyType>, text: &WString) -> PyResult<PyRef<PyStr>> {
    if let Some(text) = text.as_str() {
        return from_utf8(vm, class, text);
    }
    let points: Vec<u32> = text.points().collect();
    from_code_points(vm, class, &points)
}

/// Two strings one after the other, as an exact str.
///
/// # Errors
/// MemoryError.
pub fn join_two(vm: Vm<'_>, left: &Py<PyStr>, right: &Py<PyStr>) -> PyResult<PyRef<PyStr>> {
    let kind = left.kind().max(right.kind());
    // Both lengths fit the address space, so their sum fits a usize.
    let payload = PyStr::payload(left.len() + right.len(), kind);
    let width = kind.width();
    if left.kind().width() == width && right.kind().width() == width {
        let parts = [left.tail(), right.tail()];
        return PyRef::new_with_copied_tail(vm, super::STR.get(), payload, &parts);
    }
    let middle = left.len() * width;
    PyRef::new_with_filled_tail(vm, super::STR.get(), payload, |tail| {
        let (first, second) = tail.split_at_mut(middle);
        widen_into(first, characters(left), width);
        widen_into(second, characters(right), width);
    })
}

/// The strs among `parts` one after the other with `separator` between, as an exact str: sized once, filled once. `length`
/// and `kind` are those of the result.
///
/// # Errors
/// MemoryError.
pub(super) fn join_parts(
    vm: Vm<'_>,
    separator: Option<&Py<PyStr>>,
    parts: &[Value],
    length: usize,
    kind: Kind,
) -> PyResult<PyRef<PyStr>> {
    if length == 0 {
        return Ok(empty(vm));
    }
    let width = kind.width();
    let separator = separator.filter(|separator| !separator.is_empty());
    let made =
        PyRef::new_with_filled_tail(vm, super::STR.get(), PyStr::payload(length, kind), |tail| {
            let mut rest = tail;
            let mut put = |text: &Py<PyStr>| {
                // A single byte is stored, not copied by a call.
                if let (1, &[byte]) = (width, text.tail())
                    && let Some((to, left)) = std::mem::take(&mut rest).split_first_mut()
                {
                    *to = byte;
                    rest = left;
                    return;
                }
                let (to, left) = std::mem::take(&mut rest).split_at_mut(text.len() * width);
                widen_into(to, characters(text), width);
                rest = left;
            };
            for (nth, part) in parts.iter().enumerate() {
                if nth != 0
                    && let Some(separator) = separator
                {
                    put(separator);
                }
                if let Some(text) = part.downcast::<PyStr>() {
                    put(text);
                }
            }
        })?;
    if length == 1 && width == 1 {
        return Ok(latin1_char(vm, made.tail()[0]));
    }
    Ok(made)
}

/// The strs among `parts` one after the other, as an exact str.
///
/// # Errors
/// MemoryError.
pub fn concat_parts(vm: Vm<'_>, parts: &[Value]) -> PyResult<PyRef<PyStr>> {
    let mut kind = Kind::Ascii;
    let mut length = 0_usize;
    for text in parts.iter().filter_map(|part| part.downcast::<PyStr>()) {
        kind = kind.max(text.kind());
        let Some(sum) = length.checked_add(text.len()) else { return Err(vm.memory_error()) };
        length = sum;
    }
    join_parts(vm, None, parts, length, kind)
}

/// Writes characters into memory that has `width` bytes for each.
pub(super) fn widen_into(to: &mut [u8], text: Characters<'_>, width: usize) {
    match (text, width) {
        (Characters::One(text), 1) => to.copy_from_slice(text),
        (Characters::Two(text), 2) => to.copy_from_slice(bytes_of(text)),
        (Characters::Four(text), _) => to.copy_from_slice(bytes_of(text)),
        (Characters::One(text), 2) => {
            for (to, &c) in to.chunks_exact_mut(2).zip(text) {
                to.copy_from_slice(&u16::from(c).to_ne_bytes());
            }
        }
        (Characters::One(text), _) => {
            for (to, &c) in to.chunks_exact_mut(4).zip(text) {
                to.copy_from_slice(&u32::from(c).to_ne_bytes());
            }
        }
        (Characters::Two(text), _) => {
            for (to, &c) in to.chunks_exact_mut(4).zip(text) {
                to.copy_from_slice(&u32::from(c).to_ne_bytes());
            }
        }
    }
}

/// Appends to a string that nobody else refers to, in its own block where that has room or can grow.
///
/// # Errors
/// MemoryError.
pub(super) fn append(vm: Vm<'_>, left: PyRef<PyStr>, right: &Py<PyStr>) -> PyResult<PyRef<PyStr>> {
    let width = left.kind().width();
    let fits = left.kind() >= right.kind()
        && left.as_object().refcount() == 1
        && left.is_exact_str()
        && !left.as_object().has_flags(flags::INTERNED);
    if !fits {
        return join_two(vm, &left, right);
    }
    let old = left.tail().len();
    let more = right.len() * width;
    match left.try_grow_tail(old + more) {
        Ok(grown) => {
            // SAFETY: the block now has room for `more` bytes after the old tail; nobody else refers to it.
            let added = unsafe {
                let start = PyRef::as_ptr(&grown).cast_mut().cast::<u8>();
                let end = start.add(Py::<PyStr>::tail_offset() + old);
                std::ptr::write_bytes(end, 0, more);
                std::slice::from_raw_parts_mut(end, more)
            };
            widen_into(added, characters(right), width);
            grown.set_length(grown.len() + right.len());
            Ok(grown)
        }
        Err(left) => join_two(vm, &left, right),
    }
}

struct Cache {
    empty: OnceCell<PyRef<PyStr>>,
    chars: [OnceCell<PyRef<PyStr>>; 256],
}

// SAFETY: invariant 2: every caller has a `Vm`.
unsafe impl Sync for Cache {}

static CACHE: Cache = Cache { empty: OnceCell::new(), chars: [const { OnceCell::new() }; 256] };

/// The empty string.
#[inline]
#[must_use]
pub fn empty(vm: Vm<'_>) -> PyRef<PyStr> {
    CACHE.empty.get_or_init(|| crate::core::intern::intern(vm, "")).clone()
}

/// The string of one Latin-1 character.
#[inline]
#[must_use]
pub fn latin1_char(vm: Vm<'_>, c: u8) -> PyRef<PyStr> {
    CACHE.chars[usize::from(c)]
        .get_or_init(|| crate::core::intern::intern(vm, char::from(c).encode_utf8(&mut [0; 4])))
        .clone()
}

/// The cached string of the character at `index`, if that is Latin-1 and its string was made before.
#[inline]
#[must_use]
pub fn cached_char_at(string: &Py<PyStr>, index: usize) -> Option<&'static Py<PyStr>> {
    if string.kind().width() != 1 {
        return None;
    }
    let character = *string.tail().get(index)?;
    CACHE.chars[usize::from(character)].get().map(|string| &**string)
}

/// Calls `see` with each code point.
pub fn for_each_char(string: &Py<PyStr>, mut see: impl FnMut(u32)) {
    match characters(string) {
        Characters::One(text) => text.iter().for_each(|&c| see(u32::from(c))),
        Characters::Two(text) => text.iter().for_each(|&c| see(u32::from(c))),
        Characters::Four(text) => text.iter().for_each(|&c| see(c)),
    }
}

/// The code points, one after the other.
#[derive(Clone, Debug)]
pub struct Points<'a> {
    text: Characters<'a>,
    at: usize,
}

impl Iterator for Points<'_> {
    type Item = u32;
    #[inline]
    fn next(&mut self) -> Option<u32> {
        let point = match self.text {
            Characters::One(text) => u32::from(*text.get(self.at)?),
            Characters::Two(text) => u32::from(*text.get(self.at)?),
            Characters::Four(text) => *text.get(self.at)?,
        };
        self.at += 1;
        Some(point)
    }
}

/// The code points of a string.
#[must_use]
pub fn points(string: &Py<PyStr>) -> Points<'_> {
    Points { text: characters(string), at: 0 }
}

/// The code points as a vector.
///
/// # Errors
/// MemoryError.
pub fn point_vec(vm: Vm<'_>, string: &Py<PyStr>) -> PyResult<Vec<u32>> {
    let mut all = Vec::new();
    if all.try_reserve_exact(string.len()).is_err() {
        return Err(vm.memory_error());
    }
    for_each_char(string, |c| all.push(c));
    Ok(all)
}

pub(super) fn encode_wtf8(string: &Py<PyStr>) -> Vec<u8> {
    let mut out = Vec::with_capacity(string.len() * 2);
    for_each_char(string, |c| push_wtf8(&mut out, c));
    out
}

pub(super) fn hash(vm: Vm<'_>, string: &Py<PyStr>) -> u64 {
    crate::types::bytes::hash_bytes(vm, string.tail())
}

/// A string repeated.
///
/// # Errors
/// MemoryError.
pub(super) fn repeat(vm: Vm<'_>, string: &Py<PyStr>, count: usize) -> PyResult<PyRef<PyStr>> {
    let Some(length) = string.len().checked_mul(count) else { return Err(vm.memory_error()) };
    let payload = PyStr::payload(length, string.kind());
    let unit = string.tail();
    PyRef::new_with_filled_tail(vm, super::STR.get(), payload, |tail| {
        // Doubling: each step copies what is there.
        let first = unit.len().min(tail.len());
        tail[..first].copy_from_slice(unit);
        let mut done = first;
        while done < tail.len() {
            let more = done.min(tail.len() - done);
            tail.copy_within(..more, done);
            done += more;
        }
    })
}
