//! UTF-7 (RFC 2152).

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

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn sextet(byte: u8) -> Option<u32> {
    let nth = ALPHABET.iter().position(|&letter| letter == byte)?;
    u32::try_from(nth).ok()
}

/// Whether a character is written as it is.
fn is_direct(point: u32) -> bool {
    match u8::try_from(point) {
        Ok(b'\t' | b'\n' | b'\r' | b' ') => true,
        Ok(b'+' | b'\\' | b'~') => false,
        Ok(byte) => byte.is_ascii_graphic(),
        Err(_) => false,
    }
}

/// Encodes UTF-7.
///
/// # Errors
/// MemoryError.
pub fn encode(vm: Vm<'_>, text: &Py<PyStr>) -> PyResult<Value> {
    let mut out = Vec::with_capacity(text.len());
    let (mut shifted, mut buffer, mut bits) = (false, 0_u32, 0);
    for point in storage::points(text) {
        if is_direct(point) {
            if shifted {
                flush(&mut out, buffer, bits);
                (shifted, buffer, bits) = (false, 0, 0);
                let byte = u8::try_from(point).unwrap_or(b'?');
                if sextet(byte).is_some() || byte == b'-' {
                    out.push(b'-');
                }
            }
            out.push(u8::try_from(point).unwrap_or(b'?'));
            continue;
        }
        if !shifted {
            out.push(b'+');
            if point == u32::from(b'+') {
                out.push(b'-');
                continue;
            }
            shifted = true;
        }
        let mut units = [0_u16; 2];
        let units: &[u16] = match char::from_u32(point) {
            Some(c) => c.encode_utf16(&mut units),
            None => {
                units[0] = u16::try_from(point).unwrap_or(0xfffd);
                units.get(..1).unwrap_or_default()
            }
        };
        for &unit in units {
            buffer = buffer << 16 | u32::from(unit);
            bits += 16;
            while bits >= 6 {
                bits -= 6;
                out.push(ALPHABET[(buffer >> bits & 63) as usize]);
            }
            buffer &= (1 << bits) - 1;
        }
    }
    if shifted {
        flush(&mut out, buffer, bits);
        out.push(b'-');
    }
    PyBytes::try_new_value(vm, &out)
}

fn flush(out: &mut Vec<u8>, buffer: u32, bits: u32) {
    if bits > 0 {
        out.push(ALPHABET[(buffer << (6 - bits) & 63) as usize]);
    }
}

/// A base64 run that is being read.
struct Run {
    start: usize,
    text_before: usize,
    buffer: u32,
    bits: u32,
    high: Option<u32>,
}

/// Decodes UTF-7.
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
    let mut out = Builder::new(vm);
    let mut run: Option<Run> = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let failure = match &mut run {
            Some(state) => match sextet(byte) {
                Some(value) => {
                    at += 1;
                    push_sextet(state, value, &mut out)?;
                    continue;
                }
                None => {
                    let failed = end_run(state, &mut out)?;
                    let start = state.start;
                    run = None;
                    if byte == b'-' {
                        at += 1;
                    }
                    match failed {
                        Some(reason) => (start, at.max(start + 1), reason),
                        None => continue,
                    }
                }
            },
            None if byte == b'+' => {
                let start = at;
                at += 1;
                match bytes.get(at) {
                    Some(b'-') => {
                        at += 1;
                        out.push(u32::from(b'+'))?;
                        continue;
                    }
                    Some(&next) if sextet(next).is_none() => {
                        at += 1;
                        (start, at, "ill-formed sequence")
                    }
                    _ => {
                        let text_before = out.len();
                        run = Some(Run { start, text_before, buffer: 0, bits: 0, high: None });
                        continue;
                    }
                }
            }
            None if byte < 0x80 => {
                out.push(u32::from(byte))?;
                at += 1;
                continue;
            }
            None => {
                at += 1;
                (at - 1, at, "unexpected special character")
            }
        };
        let (start, end, reason) = failure;
        let error = DecodeError { encoding: "utf7", start, end, reason };
        at = handle_decode(vm, errors, input, error, &mut out)?;
    }
    if let Some(state) = run {
        if !is_final {
            out.truncate(state.text_before);
            return Ok((out.finish()?, state.start));
        }
        let unfinished =
            state.high.is_some() || state.bits >= 6 || state.buffer & ((1 << state.bits) - 1) != 0;
        if unfinished || state.start + 1 == bytes.len() {
            let error = DecodeError {
                encoding: "utf7",
                start: state.start,
                end: bytes.len(),
                reason: "unterminated shift sequence",
            };
            handle_decode(vm, errors, input, error, &mut out)?;
        }
    }
    Ok((out.finish()?, bytes.len()))
}

fn push_sextet(state: &mut Run, value: u32, out: &mut Builder<'_>) -> PyResult<()> {
    state.buffer = state.buffer << 6 | value;
    state.bits += 6;
    if state.bits < 16 {
        return Ok(());
    }
    state.bits -= 16;
    let unit = state.buffer >> state.bits & 0xffff;
    state.buffer &= (1 << state.bits) - 1;
    if let Some(high) = state.high.take() {
        if (0xdc00..=0xdfff).contains(&unit) {
            return out.push(0x1_0000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
        }
        out.push(high)?;
    }
    if (0xd800..=0xdbff).contains(&unit) {
        state.high = Some(unit);
        return Ok(());
    }
    out.push(unit)
}

/// The end of a run: why it is wrong, if it is.
fn end_run(state: &mut Run, out: &mut Builder<'_>) -> PyResult<Option<&'static str>> {
    if state.bits >= 6 {
        return Ok(Some("partial character in base64 sequence"));
    }
    if state.buffer & ((1 << state.bits) - 1) != 0 {
        return Ok(Some("non-zero padding bits in base64 sequence"));
    }
    if let Some(high) = state.high.take() {
        out.push(high)?;
    }
    Ok(None)
}
