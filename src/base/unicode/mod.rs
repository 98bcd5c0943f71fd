//! Unicode 16.0, the version of CPython 3.14: categories, case mapping, numeric values, identifiers, width.

pub mod decomposition;
pub mod names;
mod tables;
pub mod version_3_2;

use tables::{
    BIDI_NAMES, BLOCKS, DECIMAL_ZEROS, DIGITS, INDEX, LONG_CASES, NUMERICS, RECORDS, SHIFT,
};

/// What many characters share: category, bidirectional class, combining class, east asian width, flags, which case
/// mappings give several characters, and the distances to the lower, upper, title and folded character.
pub(crate) struct Record(u8, u8, u8, u8, u16, u8, i32, i32, i32, i32);

mod flag {
    pub(super) const ALPHA: u16 = 1 << 0;
    pub(super) const DECIMAL: u16 = 1 << 1;
    pub(super) const DIGIT: u16 = 1 << 2;
    pub(super) const NUMERIC: u16 = 1 << 3;
    pub(super) const LOWER: u16 = 1 << 4;
    pub(super) const UPPER: u16 = 1 << 5;
    pub(super) const TITLE: u16 = 1 << 6;
    pub(super) const SPACE: u16 = 1 << 7;
    pub(super) const PRINTABLE: u16 = 1 << 8;
    pub(super) const XID_START: u16 = 1 << 9;
    pub(super) const XID_CONTINUE: u16 = 1 << 10;
    pub(super) const CASED: u16 = 1 << 11;
    pub(super) const CASE_IGNORABLE: u16 = 1 << 12;
    pub(super) const LINE_BREAK: u16 = 1 << 13;
    pub(super) const MIRRORED: u16 = 1 << 14;
}

/// The names of the general categories, in the order of the tables.
const CATEGORIES: [&str; 30] = [
    "Cn", "Cc", "Cf", "Co", "Cs", "Ll", "Lm", "Lo", "Lt", "Lu", "Mc", "Me", "Mn", "Nd", "Nl", "No",
    "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "Sc", "Sk", "Sm", "So", "Zl", "Zp", "Zs",
];

const WIDTHS: [&str; 6] = ["N", "A", "F", "H", "Na", "W"];

fn record(point: u32) -> &'static Record {
    let block = BLOCKS.get((point >> SHIFT) as usize).copied().unwrap_or(0);
    let place = (usize::from(block) << SHIFT) + (point & ((1 << SHIFT) - 1)) as usize;
    let index = if point > crate::wstr::CODE_POINT_MAX { 0 } else { usize::from(INDEX[place]) };
    &RECORDS[index]
}

fn has(point: u32, bits: u16) -> bool {
    record(point).4 & bits != 0
}

/// The general category: `"Lu"`.
#[must_use]
pub fn category(point: u32) -> &'static str {
    CATEGORIES[usize::from(record(point).0)]
}

/// The bidirectional class, `""` where there is none.
#[must_use]
pub fn bidirectional(point: u32) -> &'static str {
    BIDI_NAMES[usize::from(record(point).1)]
}

/// The canonical combining class.
#[must_use]
pub fn combining(point: u32) -> u8 {
    record(point).2
}

/// The east asian width: `"N"`, `"A"`, `"F"`, `"H"`, `"Na"`, `"W"`.
#[must_use]
pub fn east_asian_width(point: u32) -> &'static str {
    WIDTHS[usize::from(record(point).3)]
}

/// How many terminal columns the character takes: 0 for combining marks and controls, 2 for wide ones.
#[must_use]
pub fn width(point: u32) -> usize {
    match category(point) {
        "Mn" | "Me" | "Cc" => 0,
        "Cf" if point != 0xad => 0,
        _ => 1 + usize::from(matches!(east_asian_width(point), "W" | "F")),
    }
}

/// Whether it is mirrored in bidirectional text.
#[must_use]
pub fn is_mirrored(point: u32) -> bool {
    has(point, flag::MIRRORED)
}

/// Whether it is a letter (`str.isalpha`).
#[must_use]
pub fn is_alpha(point: u32) -> bool {
    has(point, flag::ALPHA)
}

/// Whether it is a letter or numeric (`str.isalnum`).
#[must_use]
pub fn is_alnum(point: u32) -> bool {
    has(point, flag::ALPHA | flag::DECIMAL | flag::DIGIT | flag::NUMERIC)
}

/// Whether it is a decimal digit.
#[must_use]
pub fn is_decimal(point: u32) -> bool {
    has(point, flag::DECIMAL)
}

/// Whether it is a digit.
#[must_use]
pub fn is_digit(point: u32) -> bool {
    has(point, flag::DIGIT)
}

/// Whether it has a numeric value.
#[must_use]
pub fn is_numeric(point: u32) -> bool {
    has(point, flag::NUMERIC)
}

/// Whether it is lower case.
#[must_use]
pub fn is_lower(point: u32) -> bool {
    has(point, flag::LOWER)
}

/// Whether it is upper case.
#[must_use]
pub fn is_upper(point: u32) -> bool {
    has(point, flag::UPPER)
}

/// Whether it is title case.
#[must_use]
pub fn is_title(point: u32) -> bool {
    has(point, flag::TITLE)
}

/// Whether it has case.
#[must_use]
pub fn is_cased(point: u32) -> bool {
    has(point, flag::CASED)
}

/// Whether it is white space.
#[must_use]
pub fn is_space(point: u32) -> bool {
    has(point, flag::SPACE)
}

/// Whether `repr` shows it as it is.
#[must_use]
pub fn is_printable(point: u32) -> bool {
    has(point, flag::PRINTABLE)
}

/// Whether an identifier can begin with it (`XID_Start`, and the underscore).
#[must_use]
pub fn is_identifier_start(point: u32) -> bool {
    has(point, flag::XID_START)
}

/// Whether an identifier can go on with it (`XID_Continue`).
#[must_use]
pub fn is_identifier_continue(point: u32) -> bool {
    has(point, flag::XID_CONTINUE)
}

/// Whether it ends a line (`str.splitlines`).
#[must_use]
pub fn is_line_break(point: u32) -> bool {
    has(point, flag::LINE_BREAK)
}

/// Whether these characters are an identifier (`str.isidentifier`; keywords count).
#[must_use]
pub fn is_identifier(mut points: impl Iterator<Item = u32>) -> bool {
    points.next().is_some_and(is_identifier_start) && points.all(is_identifier_continue)
}

/// The value of a decimal digit.
#[must_use]
pub fn decimal_value(point: u32) -> Option<u8> {
    if point < 0x80 {
        return char::from_u32(point)?.to_digit(10).and_then(|digit| u8::try_from(digit).ok());
    }
    let after = DECIMAL_ZEROS.partition_point(|&zero| zero <= point);
    let zero = DECIMAL_ZEROS.get(after.checked_sub(1)?)?;
    u8::try_from(point - zero).ok().filter(|&digit| digit < 10)
}

/// The value of a digit.
#[must_use]
pub fn digit_value(point: u32) -> Option<u8> {
    decimal_value(point).or_else(|| {
        let place = DIGITS.binary_search_by_key(&point, |row| row.0).ok()?;
        DIGITS.get(place).map(|row| row.1)
    })
}

/// The numeric value.
#[must_use]
pub fn numeric_value(point: u32) -> Option<f64> {
    if let Some(digit) = digit_value(point) {
        return Some(f64::from(digit));
    }
    let place = NUMERICS.binary_search_by_key(&point, |row| row.0).ok()?;
    NUMERICS.get(place).map(|row| row.1)
}

/// A case mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// To lower case, of a character alone.
    Lower = 0,
    /// To upper case.
    Upper = 1,
    /// To title case.
    Title = 2,
    /// The form for comparing without case.
    Fold = 3,
}

/// Calls `see` with what `point` becomes: one to three characters.
#[inline]
pub fn map_case(point: u32, case: Case, mut see: impl FnMut(u32)) {
    let found = record(point);
    if found.5 & (1 << case as u8) != 0
        && let Ok(place) =
            LONG_CASES.binary_search_by_key(&(case as u8, point), |row| (row.0, row.1))
    {
        LONG_CASES[place].2.iter().for_each(|&c| see(c));
        return;
    }
    let distance = match case {
        Case::Lower => found.6,
        Case::Upper => found.7,
        Case::Title => found.8,
        Case::Fold => found.9,
    };
    see(point.wrapping_add_signed(distance));
}

/// The lower case of one character where a mapping to one character is wanted (`re` with IGNORECASE).
#[must_use]
pub fn simple_lower(point: u32) -> u32 {
    first_of(point, Case::Lower)
}

/// The upper case of one character where a mapping to one character is wanted.
#[must_use]
pub fn simple_upper(point: u32) -> u32 {
    first_of(point, Case::Upper)
}

/// The first character of a mapping, as CPython has it where it wants one.
fn first_of(point: u32, case: Case) -> u32 {
    let mut first = None;
    map_case(point, case, |mapped| {
        first.get_or_insert(mapped);
    });
    first.unwrap_or(point)
}

/// Lower case of a whole text, with the Greek final sigma.
pub fn lower_text(text: &[u32], see: impl FnMut(u32)) {
    lower_tail(text, 0, see);
}

/// Lower case of `text[from..]`, in the context of the whole text.
pub fn lower_tail(text: &[u32], from: usize, mut see: impl FnMut(u32)) {
    for at in from..text.len() {
        lower_at(text, at, &mut see);
    }
}

/// Lower case of the character at `at`, in the context of the whole text.
pub fn lower_at(text: &[u32], at: usize, mut see: impl FnMut(u32)) {
    match text.get(at) {
        Some(0x3a3) => see(if is_final_sigma(text, at) { 0x3c2 } else { 0x3c3 }),
        Some(&point) => map_case(point, Case::Lower, see),
        None => {}
    }
}

fn is_final_sigma(text: &[u32], at: usize) -> bool {
    let ignorable = |&&point: &&u32| has(point, flag::CASE_IGNORABLE);
    let (before, after) = text.split_at(at);
    let cased_before = before.iter().rev().find(|p| !ignorable(p)).is_some_and(|&p| is_cased(p));
    cased_before && !after.iter().skip(1).find(|p| !ignorable(p)).is_some_and(|&p| is_cased(p))
}
