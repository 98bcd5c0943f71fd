//! JSON's string literals, read and written.

use base::search::Unit;
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::vm::Vm;
use objects::types::str::PyStr;
use objects::types::str::builder::Builder;
use objects::types::str::storage::{self, Characters, characters};
use objects::with_characters;

use super::decode_error;

/// The letter of a short escape; 0 without one.
const fn short_escape(point: u32) -> u8 {
    match point {
        0x22 => b'"',
        0x5c => b'\\',
        0x08 => b'b',
        0x0c => b'f',
        0x0a => b'n',
        0x0d => b'r',
        0x09 => b't',
        _ => 0,
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

fn push_unicode_escape(out: &mut Builder<'_>, unit: u32) -> PyResult<()> {
    let digit = |shift: u32| HEX[(unit >> shift & 15) as usize];
    out.push_characters(Characters::One(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]))
}

fn push_escape(out: &mut Builder<'_>, point: u32) -> PyResult<()> {
    match short_escape(point) {
        0 if point < 0x1_0000 => push_unicode_escape(out, point),
        0 => {
            let above = point - 0x1_0000;
            push_unicode_escape(out, 0xd800 | above >> 10)?;
            push_unicode_escape(out, 0xdc00 | above & 0x3ff)
        }
        letter => out.push_characters(Characters::One(&[b'\\', letter])),
    }
}

/// Writes units, those that `must` names as escapes, the others in whole runs.
fn write_runs<T: Unit>(
    text: &[T],
    out: &mut Builder<'_>,
    wrap: fn(&[T]) -> Characters<'_>,
    must: fn(u32) -> bool,
) -> PyResult<()> {
    out.push(u32::from(b'"'))?;
    let mut rest = text;
    while let Some(length) = rest.iter().position(|unit| must(unit.point())) {
        let (plain, behind) = rest.split_at(length);
        if !plain.is_empty() {
            out.push_characters(wrap(plain))?;
        }
        let Some((special, behind)) = behind.split_first() else { break };
        push_escape(out, special.point())?;
        rest = behind;
    }
    if !rest.is_empty() {
        out.push_characters(wrap(rest))?;
    }
    out.push(u32::from(b'"'))
}

fn write_with(text: &Py<PyStr>, out: &mut Builder<'_>, must: fn(u32) -> bool) -> PyResult<()> {
    match characters(text) {
        Characters::One(text) => write_runs(text, out, |run| Characters::One(run), must),
        Characters::Two(text) => write_runs(text, out, |run| Characters::Two(run), must),
        Characters::Four(text) => write_runs(text, out, |run| Characters::Four(run), must),
    }
}

/// Writes a literal of ASCII characters only.
pub(super) fn write_ascii(text: &Py<PyStr>, out: &mut Builder<'_>) -> PyResult<()> {
    write_with(text, out, |point| !(0x20..0x7f).contains(&point) || point == 0x22 || point == 0x5c)
}

/// Writes a literal in which other characters stand for themselves.
pub(super) fn write(text: &Py<PyStr>, out: &mut Builder<'_>) -> PyResult<()> {
    write_with(text, out, |point| point < 0x20 || point == 0x22 || point == 0x5c)
}

/// Reads the literal whose first character is at `start`, behind its quote: the text, and where it goes on.
pub(super) fn scan(
    vm: Vm<'_>,
    text: &Py<PyStr>,
    start: usize,
    strict: bool,
) -> PyResult<(PyRef<PyStr>, usize)> {
    with_characters!(characters(text), units => scan_units(vm, text, units, start, strict))
}

/// The first place from `at` on where a plain run ends.
pub(super) fn run_end<T: Unit>(units: &[T], at: usize) -> usize {
    let rest = units.get(at..).unwrap_or_default();
    let length = rest.iter().position(|unit| {
        let point = unit.point();
        point == 0x22 || point == 0x5c || point < 0x20
    });
    length.map_or(units.len(), |length| at + length)
}

pub(super) fn scan_units<T: Unit>(
    vm: Vm<'_>,
    text: &Py<PyStr>,
    units: &[T],
    start: usize,
    strict: bool,
) -> PyResult<(PyRef<PyStr>, usize)> {
    let unterminated =
        || decode_error(vm, "Unterminated string starting at", text, start.saturating_sub(1));
    let first = run_end(units, start);
    if units.get(first).is_some_and(|unit| unit.point() == 0x22) {
        return Ok((storage::slice(vm, text, start, first)?, first + 1));
    }
    let mut out = Builder::new(vm);
    let mut at = start;
    loop {
        let mut end = run_end(units, at);
        while let Some(unit) = units.get(end).filter(|unit| unit.point() < 0x20) {
            if strict {
                return Err(decode_error(vm, "Invalid control character at", text, end));
            }
            let _ = unit;
            end = run_end(units, end + 1);
        }
        let Some(stop) = units.get(end) else { return Err(unterminated()) };
        for unit in units.get(at..end).unwrap_or_default() {
            out.push(unit.point())?;
        }
        at = end + 1;
        if stop.point() == 0x22 {
            return Ok((out.finish()?, at));
        }
        let Some(letter) = units.get(at) else { return Err(unterminated()) };
        if letter.point() == u32::from(b'u') {
            let (point, next) = unicode_escape(vm, text, units, at + 1)?;
            out.push(point)?;
            at = next;
            continue;
        }
        let point = match u8::try_from(letter.point()).unwrap_or(0) {
            b'"' => 0x22,
            b'\\' => 0x5c,
            b'/' => 0x2f,
            b'b' => 8,
            b'f' => 0xc,
            b'n' => 0xa,
            b'r' => 0xd,
            b't' => 9,
            _ => return Err(decode_error(vm, "Invalid \\escape", text, at - 1)),
        };
        out.push(point)?;
        at += 1;
    }
}

fn four_digits<T: Unit>(units: &[T], at: usize) -> Option<u32> {
    let digits = units.get(at..at.checked_add(4)?)?;
    digits.iter().try_fold(0, |value, unit| {
        let digit = char::from_u32(unit.point())?.to_digit(16)?;
        Some(value << 4 | digit)
    })
}

/// The code point of an escape whose digits begin at `at`: two escapes, where they are a surrogate pair.
fn unicode_escape<T: Unit>(
    vm: Vm<'_>,
    text: &Py<PyStr>,
    units: &[T],
    at: usize,
) -> PyResult<(u32, usize)> {
    let end = at + 4;
    let bad = |place: usize| decode_error(vm, "Invalid \\uXXXX escape", text, place);
    if end > units.len() {
        return Err(bad(at - 1));
    }
    let Some(high) = four_digits(units, at) else { return Err(bad(at - 1)) };
    let paired = (0xd800..0xdc00).contains(&high)
        && end + 6 <= units.len()
        && units.get(end).is_some_and(|unit| unit.point() == 0x5c)
        && units.get(end + 1).is_some_and(|unit| unit.point() == u32::from(b'u'));
    if !paired {
        return Ok((high, end));
    }
    let Some(low) = four_digits(units, end + 2) else { return Err(bad(end + 1)) };
    Ok(if (0xdc00..0xe000).contains(&low) {
        (0x1_0000 + ((high & 0x3ff) << 10 | low & 0x3ff), end + 6)
    } else {
        (high, end)
    })
}
