//! `charmap`: bytes and characters by a table or a mapping.

use super::Input;
use super::errors::{DecodeError, EncodeError, Errors, Replacement, handle_decode, handle_encode};
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::number;
use crate::types::bytes::PyBytes;
use crate::types::exceptions::hierarchy::LOOKUP_ERROR;
use crate::types::str::builder::Builder;
use crate::types::str::{PyStr, storage};

/// Decodes by a table (a str) or a mapping from bytes to characters.
///
/// # Errors
/// UnicodeDecodeError, TypeError, or what a handler or the mapping raises.
pub fn decode(
    vm: Vm<'_>,
    input: &Input,
    errors: &Errors,
    mapping: &Value,
) -> PyResult<PyRef<PyStr>> {
    let bytes = input.bytes();
    let mut out = Builder::with_capacity(vm, bytes.len(), storage::Kind::Ascii)?;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let defined = match mapping.downcast::<PyStr>() {
            Some(table) => match storage::char_at(table, usize::from(byte)) {
                Some(point) if point != 0xfffe => {
                    out.push(point)?;
                    true
                }
                _ => false,
            },
            None => decode_by_mapping(vm, mapping, byte, &mut out)?,
        };
        if defined {
            at += 1;
            continue;
        }
        let error = DecodeError {
            encoding: "charmap",
            start: at,
            end: at + 1,
            reason: "character maps to <undefined>",
        };
        at = handle_decode(vm, errors, input, error, &mut out)?;
    }
    out.finish()
}

fn decode_by_mapping(
    vm: Vm<'_>,
    mapping: &Value,
    byte: u8,
    out: &mut Builder<'_>,
) -> PyResult<bool> {
    let key = Value::small_int_unchecked(i64::from(byte));
    let Some(found) = vm.catch(vm.get_item(mapping, &key), &LOOKUP_ERROR)? else {
        return Ok(false);
    };
    if found.is_none() {
        return Ok(false);
    }
    if number::is_int(&found) {
        let point = number::as_isize_clipped(vm, &found)?;
        if point == 0xfffe {
            return Ok(false);
        }
        return match u32::try_from(point).ok().filter(|&point| point <= 0x10_ffff) {
            Some(point) => out.push(point).map(|()| true),
            None => Err(vm.type_error("character mapping must be in range(0x110000)")),
        };
    }
    let Some(text) = found.downcast::<PyStr>() else {
        return Err(vm.type_error("character mapping must return integer, None or str"));
    };
    if text.len() == 1 && storage::char_at(text, 0) == Some(0xfffe) {
        return Ok(false);
    }
    out.push_str(text)?;
    Ok(true)
}

/// Encodes by a mapping from characters to bytes.
///
/// # Errors
/// UnicodeEncodeError, TypeError, or what a handler or the mapping raises.
pub fn encode(vm: Vm<'_>, text: &Py<PyStr>, errors: &Errors, mapping: &Value) -> PyResult<Value> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(point) = storage::char_at(text, at) {
        if encode_one(vm, mapping, point, &mut out)? {
            at += 1;
            continue;
        }
        let mut end = at + 1;
        while let Some(point) = storage::char_at(text, end) {
            if encode_one(vm, mapping, point, &mut Vec::new())? {
                break;
            }
            end += 1;
        }
        let error = EncodeError {
            encoding: "charmap",
            start: at,
            end,
            reason: "character maps to <undefined>",
        };
        let (replacement, next) = handle_encode(vm, errors, text, error)?;
        match replacement {
            Replacement::Bytes(bytes) => out.extend_from_slice(&bytes),
            Replacement::Text(points) => {
                for point in points {
                    if !encode_one(vm, mapping, point, &mut out)? {
                        return Err(super::errors::raise_encode(vm, text, error));
                    }
                }
            }
        }
        at = next;
    }
    PyBytes::try_new_value(vm, &out)
}

fn encode_one(vm: Vm<'_>, mapping: &Value, point: u32, out: &mut Vec<u8>) -> PyResult<bool> {
    let key = Value::small_int_unchecked(i64::from(point));
    let Some(found) = vm.catch(vm.get_item(mapping, &key), &LOOKUP_ERROR)? else {
        return Ok(false);
    };
    if found.is_none() {
        return Ok(false);
    }
    if number::is_int(&found) {
        let byte = number::as_isize_clipped(vm, &found)?;
        return match u8::try_from(byte) {
            Ok(byte) => {
                out.push(byte);
                Ok(true)
            }
            Err(_) => Err(vm.type_error("character mapping must be in range(256)")),
        };
    }
    match found.downcast::<PyBytes>() {
        Some(bytes) => {
            out.extend_from_slice(bytes.as_slice());
            Ok(true)
        }
        None => Err(vm.type_error(format!(
            "character mapping must return integer, bytes or None, not {}",
            found.class().name()
        ))),
    }
}
