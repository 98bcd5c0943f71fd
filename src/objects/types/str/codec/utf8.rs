//! UTF-8, ASCII and Latin-1.

use super::Input;
use super::errors::{DecodeError, EncodeError, Errors, Replacement, handle_decode, handle_encode};
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::bytes::PyBytes;
use crate::types::bytes::shared::room;
use crate::types::str::PyStr;
use crate::types::str::builder::Builder;
use crate::types::str::storage::{self, Characters, Kind};

/// Decodes UTF-8; the second result is how many bytes were used: an unfinished character at the end waits unless `is_final`.
///
/// # Errors
/// UnicodeDecodeError, or what an error handler raises.
pub fn decode(
    vm: Vm<'_>,
    input: &Input,
    errors: &Errors,
    is_final: bool,
) -> PyResult<(PyRef<PyStr>, usize)> {
    let bytes = input.bytes();
    let mut rest = bytes;
    let mut out = None;
    let mut at = 0;
    loop {
        let error = match std::str::from_utf8(rest) {
            Ok(text) => {
                return match out {
                    None if text.len() <= 1 => {
                        Ok((storage::make(vm, Characters::One(text.as_bytes()))?, bytes.len()))
                    }
                    None => Ok((PyStr::try_new(vm, text)?, bytes.len())),
                    Some(mut out) => {
                        Builder::push_text(&mut out, text)?;
                        Ok((out.finish()?, bytes.len()))
                    }
                };
            }
            Err(error) => error,
        };
        let valid = error.valid_up_to();
        let out = out.get_or_insert_with(|| Builder::new(vm));
        let text = rest.get(..valid).and_then(|valid| std::str::from_utf8(valid).ok());
        out.push_text(text.unwrap_or_default())?;
        at += valid;
        let (end, reason) = match error.error_len() {
            None if !is_final => {
                return Ok((storage::make(vm, out.characters())?, at));
            }
            None => (bytes.len(), "unexpected end of data"),
            Some(width) => {
                let first = bytes.get(at).copied().unwrap_or(0);
                let is_start = (0xc2..=0xf4).contains(&first);
                let reason =
                    if is_start { "invalid continuation byte" } else { "invalid start byte" };
                (at + width, reason)
            }
        };
        let error = DecodeError { encoding: "utf-8", start: at, end, reason };
        at = handle_decode(vm, errors, input, error, out)?;
        rest = bytes.get(at..).unwrap_or_default();
    }
}

/// Decodes ASCII.
///
/// # Errors
/// UnicodeDecodeError, or what an error handler raises.
pub fn decode_ascii(vm: Vm<'_>, input: &Input, errors: &Errors) -> PyResult<(PyRef<PyStr>, usize)> {
    let bytes = input.bytes();
    if bytes.is_ascii() {
        return Ok((storage::make(vm, Characters::One(bytes))?, bytes.len()));
    }
    let mut out = Builder::new(vm);
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let plain = rest.iter().take_while(|byte| byte.is_ascii()).count();
        out.push_characters(Characters::One(&rest[..plain]))?;
        at += plain;
        if at < bytes.len() {
            let error = DecodeError {
                encoding: "ascii",
                start: at,
                end: at + 1,
                reason: "ordinal not in range(128)",
            };
            at = handle_decode(vm, errors, input, error, &mut out)?;
        }
    }
    Ok((out.finish()?, bytes.len()))
}

/// Encodes UTF-8.
///
/// # Errors
/// UnicodeEncodeError for surrogates, or what an error handler raises.
pub fn encode(vm: Vm<'_>, text: &Py<PyStr>, errors: &Errors) -> PyResult<Value> {
    if text.kind() == Kind::Ascii {
        return PyBytes::try_new_value(vm, text.tail());
    }
    let mut out = room(vm, text.len())?;
    let is_surrogate = |at: usize| {
        storage::char_at(text, at).is_some_and(|point| (0xd800..=0xdfff).contains(&point))
    };
    let mut at = 0;
    while let Some(point) = storage::char_at(text, at) {
        if !(0xd800..=0xdfff).contains(&point) {
            if out.try_reserve(4).is_err() {
                return Err(vm.memory_error());
            }
            base::wstr::push_wtf8(&mut out, point);
            at += 1;
            continue;
        }
        let end = (at..text.len()).find(|&at| !is_surrogate(at)).unwrap_or(text.len());
        let error =
            EncodeError { encoding: "utf-8", start: at, end, reason: "surrogates not allowed" };
        let (replacement, next) = handle_encode(vm, errors, text, error)?;
        match replacement {
            Replacement::Bytes(bytes) => out.extend_from_slice(&bytes),
            Replacement::Text(points) => {
                if points.iter().any(|point| (0xd800..=0xdfff).contains(point)) {
                    return Err(super::errors::raise_encode(vm, text, error));
                }
                points.iter().for_each(|&point| base::wstr::push_wtf8(&mut out, point));
            }
        }
        at = next;
    }
    PyBytes::try_new_value(vm, &out)
}

/// A codec of one byte for each of the first characters.
#[derive(Clone, Copy)]
pub struct Narrow {
    name: &'static str,
    limit: u32,
    reason: &'static str,
}

/// ASCII
pub const ASCII: Narrow =
    Narrow { name: "ascii", limit: 0x80, reason: "ordinal not in range(128)" };
/// Latin-1
pub const LATIN1: Narrow =
    Narrow { name: "latin-1", limit: 0x100, reason: "ordinal not in range(256)" };

/// Encodes ASCII or Latin-1.
///
/// # Errors
/// UnicodeEncodeError, or what an error handler raises.
#[expect(clippy::cast_possible_truncation, reason = "below the limit of a byte")]
pub fn encode_narrow(
    vm: Vm<'_>,
    text: &Py<PyStr>,
    errors: &Errors,
    codec: Narrow,
) -> PyResult<Value> {
    let fits = match text.kind() {
        Kind::Ascii => true,
        Kind::Latin1 => codec.limit == 0x100,
        Kind::Ucs2 | Kind::Ucs4 => false,
    };
    if fits {
        return PyBytes::try_new_value(vm, text.tail());
    }
    let mut out = room(vm, text.len())?;
    let too_large =
        |at: usize| storage::char_at(text, at).is_some_and(|point| point >= codec.limit);
    let mut at = 0;
    while let Some(point) = storage::char_at(text, at) {
        if point < codec.limit {
            out.push(point as u8);
            at += 1;
            continue;
        }
        let end = (at..text.len()).find(|&at| !too_large(at)).unwrap_or(text.len());
        let error = EncodeError { encoding: codec.name, start: at, end, reason: codec.reason };
        let (replacement, next) = handle_encode(vm, errors, text, error)?;
        match replacement {
            Replacement::Bytes(bytes) => out.extend_from_slice(&bytes),
            Replacement::Text(points) => {
                if points.iter().any(|&point| point >= codec.limit) {
                    return Err(super::errors::raise_encode(vm, text, error));
                }
                out.extend(points.iter().map(|&point| point as u8));
            }
        }
        at = next;
    }
    PyBytes::try_new_value(vm, &out)
}
