//! Text that may hold lone surrogates, kept as WTF-8 (UTF-8 that also encodes surrogates).
//!
//! Unlike strict WTF-8, two surrogates that would make a pair stay two code points, as in Python.

use std::fmt;

/// Owned text of Unicode code points, lone surrogates included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WString {
    bytes: Vec<u8>,
}

/// Borrowed text of Unicode code points, lone surrogates included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WStr<'a> {
    bytes: &'a [u8],
}

/// The first and the last surrogate.
pub const SURROGATES: std::ops::RangeInclusive<u32> = 0xd800..=0xdfff;

/// The largest code point.
pub const CODE_POINT_MAX: u32 = 0x10_ffff;

/// Appends the WTF-8 form of `point`.
#[expect(clippy::cast_possible_truncation, reason = "bytes of an encoded character")]
pub fn push_wtf8(out: &mut Vec<u8>, point: u32) {
    match point {
        0..0x80 => out.push(point as u8),
        0x80..0x800 => {
            out.extend_from_slice(&[0xc0 | (point >> 6) as u8, 0x80 | (point & 0x3f) as u8]);
        }
        0x800..0x1_0000 => out.extend_from_slice(&[
            0xe0 | (point >> 12) as u8,
            0x80 | (point >> 6 & 0x3f) as u8,
            0x80 | (point & 0x3f) as u8,
        ]),
        _ => out.extend_from_slice(&[
            0xf0 | (point >> 18) as u8,
            0x80 | (point >> 12 & 0x3f) as u8,
            0x80 | (point >> 6 & 0x3f) as u8,
            0x80 | (point & 0x3f) as u8,
        ]),
    }
}

impl WString {
    /// Empty text.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// Empty text with room for `bytes` bytes.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes) }
    }

    /// Text out of code points; what is beyond U+10FFFF becomes U+FFFD.
    #[must_use]
    pub fn from_points(points: impl IntoIterator<Item = u32>) -> Self {
        let mut text = Self::new();
        points.into_iter().for_each(|point| text.push_point(point));
        text
    }

    /// Appends a character.
    pub fn push(&mut self, c: char) {
        push_wtf8(&mut self.bytes, u32::from(c));
    }

    /// Appends a lone surrogate.
    pub fn push_surrogate(&mut self, surrogate: u16) {
        push_wtf8(&mut self.bytes, u32::from(surrogate));
    }

    /// Appends a code point, surrogate or not; what is beyond U+10FFFF becomes U+FFFD.
    pub fn push_point(&mut self, point: u32) {
        push_wtf8(&mut self.bytes, if point > CODE_POINT_MAX { 0xfffd } else { point });
    }

    /// Appends text.
    pub fn push_str(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Appends text that may hold surrogates.
    pub fn push_wstr(&mut self, text: WStr<'_>) {
        self.bytes.extend_from_slice(text.bytes);
    }

    /// The text, borrowed.
    #[must_use]
    pub fn as_wstr(&self) -> WStr<'_> {
        WStr { bytes: &self.bytes }
    }

    /// The WTF-8 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The text as UTF-8; None when it holds a lone surrogate.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }

    /// The code points.
    #[must_use]
    pub fn points(&self) -> Points<'_> {
        self.as_wstr().points()
    }

    /// Whether there is no character.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// How many code points.
    #[must_use]
    pub fn count_points(&self) -> usize {
        self.as_wstr().count_points()
    }

    /// The text as UTF-8, surrogates as U+FFFD.
    #[must_use]
    pub fn to_string_lossy(&self) -> String {
        self.as_wstr().to_string_lossy()
    }

    /// Removes everything.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }
}

impl<'a> WStr<'a> {
    /// Text out of UTF-8.
    #[must_use]
    pub const fn from_str(text: &'a str) -> Self {
        Self { bytes: text.as_bytes() }
    }

    /// Text out of WTF-8 bytes; None when they are not well-formed.
    #[must_use]
    pub fn from_wtf8(bytes: &'a [u8]) -> Option<Self> {
        let text = Self { bytes };
        let mut at = 0;
        while let Some(&first) = bytes.get(at) {
            let length = encoded_len(first)?;
            let part = bytes.get(at..at + length)?;
            if part.iter().skip(1).any(|&b| b & 0xc0 != 0x80) {
                return None;
            }
            let point = decode(part);
            let least = [0, 0, 0x80, 0x800, 0x1_0000].get(length)?;
            if point < *least || point > CODE_POINT_MAX {
                return None;
            }
            at += length;
        }
        Some(text)
    }

    /// The WTF-8 bytes.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// The text as UTF-8; None when it holds a lone surrogate.
    #[must_use]
    pub fn as_str(self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes).ok()
    }

    /// The code points.
    #[must_use]
    pub const fn points(self) -> Points<'a> {
        Points { rest: self.bytes }
    }

    /// Whether there is no character.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.bytes.is_empty()
    }

    /// How many code points.
    #[must_use]
    pub fn count_points(self) -> usize {
        self.bytes.iter().filter(|&&b| b & 0xc0 != 0x80).count()
    }

    /// An owned copy.
    #[must_use]
    pub fn to_wstring(self) -> WString {
        WString { bytes: self.bytes.to_vec() }
    }

    /// The text as UTF-8, surrogates as U+FFFD.
    #[must_use]
    pub fn to_string_lossy(self) -> String {
        self.points().map(|point| char::from_u32(point).unwrap_or('\u{fffd}')).collect()
    }
}

/// How many bytes the character has that begins with `first`; None for a byte that begins none.
const fn encoded_len(first: u8) -> Option<usize> {
    match first {
        0..0x80 => Some(1),
        0xc2..0xe0 => Some(2),
        0xe0..0xf0 => Some(3),
        0xf0..0xf5 => Some(4),
        _ => None,
    }
}

fn decode(part: &[u8]) -> u32 {
    let tail = |i: usize| u32::from(part.get(i).copied().unwrap_or(0) & 0x3f);
    let first = u32::from(part.first().copied().unwrap_or(0));
    match part.len() {
        0 | 1 => first,
        2 => (first & 0x1f) << 6 | tail(1),
        3 => (first & 0x0f) << 12 | tail(1) << 6 | tail(2),
        _ => (first & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3),
    }
}

/// Goes through the code points of a text.
#[derive(Clone, Debug)]
pub struct Points<'a> {
    rest: &'a [u8],
}

impl<'a> Points<'a> {
    /// What is still to come.
    #[must_use]
    pub const fn rest(&self) -> WStr<'a> {
        WStr { bytes: self.rest }
    }
}

impl Iterator for Points<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let first = *self.rest.first()?;
        if first < 0x80 {
            self.rest = self.rest.get(1..).unwrap_or_default();
            return Some(u32::from(first));
        }
        let length = encoded_len(first).unwrap_or(1).min(self.rest.len());
        let (part, rest) = self.rest.split_at(length);
        self.rest = rest;
        Some(decode(part))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.rest.len().div_ceil(4), Some(self.rest.len()))
    }
}

impl From<&str> for WString {
    fn from(text: &str) -> Self {
        Self { bytes: text.as_bytes().to_vec() }
    }
}

impl From<String> for WString {
    fn from(text: String) -> Self {
        Self { bytes: text.into_bytes() }
    }
}

impl<'a> From<&'a str> for WStr<'a> {
    fn from(text: &'a str) -> Self {
        Self::from_str(text)
    }
}

impl PartialEq<str> for WString {
    fn eq(&self, other: &str) -> bool {
        self.bytes == other.as_bytes()
    }
}

impl PartialEq<&str> for WString {
    fn eq(&self, other: &&str) -> bool {
        self.bytes == other.as_bytes()
    }
}

impl Extend<char> for WString {
    fn extend<I: IntoIterator<Item = char>>(&mut self, characters: I) {
        characters.into_iter().for_each(|c| self.push(c));
    }
}

impl fmt::Display for WString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_string_lossy())
    }
}

impl fmt::Write for WString {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push_str(text);
        Ok(())
    }
}
