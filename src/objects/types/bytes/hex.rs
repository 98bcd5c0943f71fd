//! `hex` and `fromhex`.

use super::shared::{keep_size, room, with_contents};
use super::{BYTEARRAY, BYTES, PyByteArray, PyBytes};
use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::type_object::PyType;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::{buffer, number};
use crate::types::str::{PyStr, storage};

const DIGITS: &[u8; 16] = b"0123456789abcdef";

pub(super) fn hex(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    let _kept = keep_size(vm, this)?;
    let options = hex_options(vm, args)?;
    let bytes = with_contents(this, <[u8]>::to_vec);
    hex_text(vm, &bytes, options)
}

/// The arguments `sep, bytes_per_sep=1` of `hex`.
///
/// # Errors
/// TypeError, ValueError.
pub fn hex_options(vm: Vm<'_>, args: Args<'_>) -> PyResult<Option<(u8, isize)>> {
    let positional = args.positional();
    let all = args.all().len();
    if all > 2 {
        return Err(vm.type_error(format!("hex() takes at most 2 arguments ({all} given)")));
    }
    let mut places: [Option<&Value>; 2] = [positional.first(), positional.get(1)];
    for (name, value) in args.keywords() {
        let nth = match () {
            () if crate::types::str::value_is(name, "sep") => 0,
            () if crate::types::str::value_is(name, "bytes_per_sep") => 1,
            () => {
                let name = vm.str(name)?.to_rust_string();
                return Err(vm.unexpected_keyword("hex()", &name, ["sep", "bytes_per_sep"]));
            }
        };
        places[nth] = Some(value);
    }
    let group = places[1].map_or(Ok(1), |value| number::as_i32(vm, value).map(|n| n as isize))?;
    let Some(separator) = places[0] else { return Ok(None) };
    if vm.length(separator)? != 1 {
        return Err(vm.value_error("sep must be length 1."));
    }
    let separator = if let Some(text) = separator.downcast::<PyStr>() {
        storage::char_at(text, 0).unwrap_or(0)
    } else if let Some(bytes) = separator.downcast::<PyBytes>() {
        bytes.as_slice().first().map_or(0, |&byte| u32::from(byte))
    } else {
        return Err(vm.type_error("sep must be str or bytes."));
    };
    match u8::try_from(separator) {
        Ok(byte) if byte.is_ascii() => Ok(Some((byte, group))),
        _ => Err(vm.value_error("sep must be ASCII.")),
    }
}

/// Two hexadecimal digits for each byte, with a separator between groups.
///
/// # Errors
/// MemoryError.
pub fn hex_text(vm: Vm<'_>, bytes: &[u8], options: Option<(u8, isize)>) -> PyResult<Value> {
    let length = bytes.len().checked_mul(3);
    let Some(length) = length else { return Err(vm.memory_error()) };
    let mut out = room(vm, length)?;
    let group = options.map_or(0, |(_, group)| group);
    let size = group.unsigned_abs();
    for (at, &byte) in bytes.iter().enumerate() {
        if let Some((separator, _)) = options
            && size != 0
            && at != 0
        {
            // A positive group is counted from the right end, a negative one from the left.
            let place = if group > 0 { bytes.len() - at } else { at };
            if place % size == 0 {
                out.push(separator);
            }
        }
        out.push(DIGITS[usize::from(byte >> 4)]);
        out.push(DIGITS[usize::from(byte & 15)]);
    }
    storage::make(vm, storage::Characters::One(&out)).map(crate::core::pyref::PyRef::into_value)
}

pub(super) fn bytes_fromhex(vm: Vm<'_>, class: &Value, text: &Value) -> PyResult<Value> {
    let bytes = parse(vm, text)?;
    let value = PyBytes::try_new_value(vm, &bytes)?;
    finish(vm, class, value, BYTES.get())
}

pub(super) fn bytearray_fromhex(vm: Vm<'_>, class: &Value, text: &Value) -> PyResult<Value> {
    let bytes = parse(vm, text)?;
    let value = PyByteArray::try_new_value(vm, bytes)?;
    finish(vm, class, value, BYTEARRAY.get())
}

fn finish(
    vm: Vm<'_>,
    class: &Value,
    value: Value,
    base: &crate::core::object::Py<PyType>,
) -> PyResult<Value> {
    let exact = class.downcast::<PyType>().is_some_and(|class| std::ptr::eq(class, base));
    if exact { Ok(value) } else { vm.call(class, &[value]) }
}

fn parse(vm: Vm<'_>, text: &Value) -> PyResult<Vec<u8>> {
    let characters: Vec<u32> = match text.downcast::<PyStr>() {
        Some(text) => storage::point_vec(vm, text)?,
        None if buffer::has_buffer(text) => buffer::bytes_like(vm, text)?
            .with(|bytes| bytes.iter().map(|&b| u32::from(b)).collect()),
        None => {
            return Err(vm.type_error(format!(
                "fromhex() argument must be str or bytes-like, not {}",
                text.class().name()
            )));
        }
    };
    let digit = |at: usize| {
        characters
            .get(at)
            .and_then(|&point| char::from_u32(point))
            .and_then(|c| c.to_digit(16))
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let is_space = |at: usize| characters.get(at).is_some_and(|&c| matches!(c, 0x20 | 9..=13));
    let mut out = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        if is_space(at) {
            at += 1;
            continue;
        }
        match (digit(at), digit(at + 1)) {
            (Some(high), Some(low)) => out.push(high << 4 | low),
            (high, _) => {
                let wrong = if high.is_some() { at + 1 } else { at };
                if wrong >= characters.len() {
                    return Err(vm.value_error(
                        "fromhex() arg must contain an even number of hexadecimal digits",
                    ));
                }
                return Err(vm.value_error(format!(
                    "non-hexadecimal number found in fromhex() arg at position {wrong}"
                )));
            }
        }
        at += 2;
    }
    Ok(out)
}
