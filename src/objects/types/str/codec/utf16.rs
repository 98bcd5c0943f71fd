//! UTF-16 and UTF-32.

use super::Input;
use super::errors::{DecodeError, EncodeError, Errors, Replacement, handle_decode, handle_encode};
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::bytes::PyBytes;
use crate::types::bytes::shared::room;
use crate::types::str::builder::Builder;
use crate::types::str::{PyStr, storage};

/// The order of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The machine's, with a mark; decoding obeys the mark that is there.
    Native,
    /// Low byte first, no mark.
    Little,
    /// High byte first, no mark.
    Big,
}

/// What was decoded, how many bytes were used, and the order: -1 little, 1 big, 0 not known yet.
pub type Decoded = (PyRef<PyStr>, usize, i32);

const fn order_number(order: Order, seen: bool) -> i32 {
    match order {
        Order::Little => -1,
        Order::Big => 1,
        Order::Native if seen => -1,
        Order::Native => 0,
    }
}

/// Decodes UTF-16.
///
/// # Errors
/// UnicodeDecodeError, or what an error handler raises.
pub fn decode16(
    vm: Vm<'_>,
    input: &Input,
    errors: &Errors,
    order: Order,
    is_final: bool,
) -> PyResult<Decoded> {
    let bytes = input.bytes();
    let (order, start, seen) = match (order, bytes) {
        (Order::Native, [0xff, 0xfe, ..]) => (Order::Little, 2, true),
        (Order::Native, [0xfe, 0xff, ..]) => (Order::Big, 2, true),
        (Order::Native, [_, _, ..]) => (Order::Native, 0, true),
        (order, _) => (order, 0, false),
    };
    let encoding = match order {
        Order::Native => "utf-16",
        Order::Little => "utf-16-le",
        Order::Big => "utf-16-be",
    };
    let unit = |at: usize| -> Option<u32> {
        let pair: [u8; 2] = *bytes.get(at..)?.first_chunk()?;
        Some(u32::from(if order == Order::Big {
            u16::from_be_bytes(pair)
        } else {
            u16::from_le_bytes(pair)
        }))
    };
    let mut out = Builder::new(vm);
    let mut at = start;
    while at < bytes.len() {
        let failure = match unit(at) {
            None => (bytes.len(), "truncated data"),
            Some(high @ 0xd800..=0xdbff) => match unit(at + 2) {
                Some(low @ 0xdc00..=0xdfff) => {
                    out.push(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00))?;
                    at += 4;
                    continue;
                }
                Some(_) => (at + 2, "illegal UTF-16 surrogate"),
                None if !is_final => break,
                None => (bytes.len(), "unexpected end of data"),
            },
            Some(0xdc00..=0xdfff) => (at + 2, "illegal encoding"),
            Some(point) => {
                out.push(point)?;
                at += 2;
                continue;
            }
        };
        if failure.1 == "truncated data" && !is_final {
            break;
        }
        let error = DecodeError { encoding, start: at, end: failure.0, reason: failure.1 };
        at = handle_decode(vm, errors, input, error, &mut out)?;
    }
    Ok((out.finish()?, at, order_number(order, seen)))
}

/// Decodes UTF-32.
///
/// # Errors
/// UnicodeDecodeError, or what an error handler raises.
pub fn decode32(
    vm: Vm<'_>,
    input: &Input,
    errors: &Errors,
    order: Order,
    is_final: bool,
) -> PyResult<Decoded> {
    let bytes = input.bytes();
    let (order, start, seen) = match (order, bytes) {
        (Order::Native, [0xff, 0xfe, 0, 0, ..]) => (Order::Little, 4, true),
        (Order::Native, [0, 0, 0xfe, 0xff, ..]) => (Order::Big, 4, true),
        (Order::Native, [_, _, _, _, ..]) => (Order::Native, 0, true),
        (order, _) => (order, 0, false),
    };
    let encoding = match order {
        Order::Native => "utf-32",
        Order::Little => "utf-32-le",
        Order::Big => "utf-32-be",
    };
    let mut out = Builder::new(vm);
    let mut at = start;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let (end, reason) = match rest.first_chunk() {
            None if !is_final => break,
            None => (bytes.len(), "truncated data"),
            Some(&unit) => {
                let point = if order == Order::Big {
                    u32::from_be_bytes(unit)
                } else {
                    u32::from_le_bytes(unit)
                };
                match point {
                    0xd800..=0xdfff => {
                        (at + 4, "code point in surrogate code point range(0xd800, 0xe000)")
                    }
                    0..=0x10_ffff => {
                        out.push(point)?;
                        at += 4;
                        continue;
                    }
                    _ => (at + 4, "code point not in range(0x110000)"),
                }
            }
        };
        let error = DecodeError { encoding, start: at, end, reason };
        at = handle_decode(vm, errors, input, error, &mut out)?;
    }
    Ok((out.finish()?, at, order_number(order, seen)))
}

/// Encodes UTF-16.
///
/// # Errors
/// UnicodeEncodeError for surrogates, or what an error handler raises.
#[expect(clippy::cast_possible_truncation, reason = "halves of a character")]
pub fn encode16(vm: Vm<'_>, text: &Py<PyStr>, errors: &Errors, order: Order) -> PyResult<Value> {
    let name = match order {
        Order::Native => "utf-16",
        Order::Little => "utf-16-le",
        Order::Big => "utf-16-be",
    };
    encode_units(
        vm,
        text,
        errors,
        name,
        &|out, point| {
            let mut unit = |unit: u16| {
                out.extend(if order == Order::Big {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                });
            };
            match point.checked_sub(0x1_0000) {
                None => unit(point as u16),
                Some(above) => {
                    unit(0xd800 + (above >> 10) as u16);
                    unit(0xdc00 + (above & 0x3ff) as u16);
                }
            }
        },
        (order == Order::Native).then_some(&[0xff, 0xfe]),
        2,
    )
}

/// Encodes UTF-32.
///
/// # Errors
/// UnicodeEncodeError for surrogates, or what an error handler raises.
pub fn encode32(vm: Vm<'_>, text: &Py<PyStr>, errors: &Errors, order: Order) -> PyResult<Value> {
    let name = match order {
        Order::Native => "utf-32",
        Order::Little => "utf-32-le",
        Order::Big => "utf-32-be",
    };
    encode_units(
        vm,
        text,
        errors,
        name,
        &|out, point| {
            out.extend(if order == Order::Big { point.to_be_bytes() } else { point.to_le_bytes() });
        },
        (order == Order::Native).then_some(&[0xff, 0xfe, 0, 0]),
        4,
    )
}

fn encode_units(
    vm: Vm<'_>,
    text: &Py<PyStr>,
    errors: &Errors,
    name: &str,
    push: &dyn Fn(&mut Vec<u8>, u32),
    mark: Option<&[u8]>,
    width: usize,
) -> PyResult<Value> {
    let length = text.len().checked_mul(width).and_then(|n| n.checked_add(4));
    let Some(length) = length else { return Err(vm.memory_error()) };
    let mut out = room(vm, length)?;
    out.extend_from_slice(mark.unwrap_or_default());
    let mut at = 0;
    while let Some(point) = storage::char_at(text, at) {
        if !(0xd800..=0xdfff).contains(&point) {
            push(&mut out, point);
            at += 1;
            continue;
        }
        let error = EncodeError {
            encoding: name,
            start: at,
            end: at + 1,
            reason: "surrogates not allowed",
        };
        let (replacement, next) = handle_encode(vm, errors, text, error)?;
        match replacement {
            Replacement::Bytes(bytes) if bytes.len() % width == 0 => out.extend_from_slice(&bytes),
            Replacement::Text(points)
                if !points.iter().any(|point| (0xd800..=0xdfff).contains(point)) =>
            {
                points.iter().for_each(|&point| push(&mut out, point));
            }
            _ => return Err(super::errors::raise_encode(vm, text, error)),
        }
        at = next;
    }
    PyBytes::try_new_value(vm, &out)
}
