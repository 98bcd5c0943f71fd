//! Values to bytes and back.
#![expect(clippy::cast_possible_truncation, reason = "floats of 32 bits are made here")]

use base::complex::Complex;
use base::float::half;
use base::int::BigInt;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::buffer::{bytes_like, has_buffer};
use objects::types::bytes::{BYTEARRAY, PyBytes};
use objects::types::exceptions::hierarchy::{OVERFLOW_ERROR, TYPE_ERROR};
use objects::types::tuple::PyTuple;
use objects::types::{complex, float_, int};

use super::layout::{Field, Layout};
use super::{error, index_of};

/// The bytes of `items`, of which there are as many as the format has values.
pub(super) fn pack(vm: Vm<'_>, layout: &Layout, items: &[Value]) -> PyResult<Vec<u8>> {
    let mut out: Vec<u8> = Vec::new();
    if out.try_reserve_exact(layout.size).is_err() {
        return Err(vm.memory_error());
    }
    let mut items = items.iter();
    for field in &layout.fields {
        out.resize(field.offset, 0);
        if matches!(field.code, b's' | b'p') {
            if let Some(item) = items.next() {
                pack_text(vm, field, item, &mut out)?;
            }
            continue;
        }
        for item in items.by_ref().take(field.count) {
            pack_one(vm, layout, field, item, &mut out)?;
        }
    }
    out.resize(layout.size, 0);
    Ok(out)
}

fn pack_text(vm: Vm<'_>, field: &Field, item: &Value, out: &mut Vec<u8>) -> PyResult<()> {
    if item.downcast::<PyBytes>().is_none() && !item.class().is_subtype(BYTEARRAY.get()) {
        let code = char::from(field.code);
        return Err(error(vm, &format!("argument for '{code}' must be a bytes object")));
    }
    let data = bytes_like(vm, item)?.to_vec();
    let end = out.len() + field.count;
    let mut room = field.count;
    if field.code == b'p' && room > 0 {
        room -= 1;
        out.push(u8::try_from(data.len().min(room)).unwrap_or(u8::MAX));
    }
    out.extend(data.iter().take(room));
    out.resize(end, 0);
    Ok(())
}

fn push(out: &mut Vec<u8>, bytes: &[u8], big_endian: bool) {
    if big_endian {
        out.extend(bytes.iter().rev());
    } else {
        out.extend(bytes);
    }
}

fn pack_one(
    vm: Vm<'_>,
    layout: &Layout,
    field: &Field,
    item: &Value,
    out: &mut Vec<u8>,
) -> PyResult<()> {
    let big = layout.big_endian;
    match field.code {
        b'c' => {
            let byte = if has_buffer(item) {
                bytes_like(vm, item)?
                    .with(|data| if let [byte] = data { Some(*byte) } else { None })
            } else {
                None
            };
            let Some(byte) = byte else {
                return Err(error(vm, "char format requires a bytes object of length 1"));
            };
            out.push(byte);
        }
        b'?' => out.push(u8::from(vm.is_true(item)?)),
        b'e' | b'f' | b'd' => {
            let number = float_of(vm, item)?;
            pack_float(vm, field.code, number, big, out)?;
        }
        b'F' | b'D' => {
            let number = complex::to_complex(vm, item).map_err(|raised| {
                if vm.raised_is(&raised, &TYPE_ERROR) {
                    vm.clear(raised);
                    error(vm, "required argument is not a complex")
                } else {
                    raised
                }
            })?;
            let code = if field.code == b'F' { b'f' } else { b'd' };
            pack_float(vm, code, number.re, big, out)?;
            pack_float(vm, code, number.im, big, out)?;
        }
        _ => pack_int(vm, field, item, big, out)?,
    }
    Ok(())
}

fn float_of(vm: Vm<'_>, item: &Value) -> PyResult<f64> {
    float_::to_f64(vm, item).map_err(|raised| {
        if vm.raised_is(&raised, &TYPE_ERROR) || vm.raised_is(&raised, &OVERFLOW_ERROR) {
            vm.clear(raised);
            error(vm, "required argument is not a float")
        } else {
            raised
        }
    })
}

fn pack_float(vm: Vm<'_>, code: u8, number: f64, big: bool, out: &mut Vec<u8>) -> PyResult<()> {
    let too_large =
        |code: char| Err(vm.overflow_error(format!("float too large to pack with {code} format")));
    match code {
        b'e' => match half::to_bits(number) {
            Some(bits) => push(out, &bits.to_le_bytes(), big),
            None => return too_large('e'),
        },
        b'f' => {
            let single = number as f32;
            if single.is_infinite() && number.is_finite() {
                return too_large('f');
            }
            push(out, &single.to_le_bytes(), big);
        }
        _ => push(out, &number.to_le_bytes(), big),
    }
    Ok(())
}

fn is_signed(code: u8) -> bool {
    matches!(code, b'b' | b'h' | b'i' | b'l' | b'q' | b'n')
}

fn pack_int(vm: Vm<'_>, field: &Field, item: &Value, big: bool, out: &mut Vec<u8>) -> PyResult<()> {
    let index = index_of(vm, item)?;
    let number = int::as_bigint(&index).unwrap_or_default();
    let signed = is_signed(field.code) || (field.code == b'P' && number.is_negative());
    if !number.fits_bytes(field.size, signed) {
        let bits = field.size * 8;
        let (low, high) = if signed {
            let limit = BigInt::ONE.shift_left(bits - 1);
            (-&limit, &limit - &BigInt::ONE)
        } else {
            (BigInt::ZERO, &BigInt::ONE.shift_left(bits) - &BigInt::ONE)
        };
        let code = char::from(field.code);
        return Err(error(vm, &format!("'{code}' format requires {low} <= number <= {high}")));
    }
    push(out, &number.to_le_bytes(field.size), big);
    Ok(())
}

/// The values of `data`, which has the format's size.
pub(super) fn unpack(vm: Vm<'_>, layout: &Layout, data: &[u8]) -> PyResult<Value> {
    let mut items: Vec<Value> = Vec::new();
    if items.try_reserve_exact(layout.values).is_err() {
        return Err(vm.memory_error());
    }
    for field in &layout.fields {
        let place = |start: usize, size: usize| data.get(start..start + size).unwrap_or_default();
        match field.code {
            b's' => {
                let text = place(field.offset, field.count);
                items.push(PyBytes::try_new_value(vm, text)?);
            }
            b'p' => {
                let text = match place(field.offset, field.count).split_first() {
                    Some((&length, text)) => {
                        text.get(..usize::from(length).min(text.len())).unwrap_or(text)
                    }
                    None => &[],
                };
                items.push(PyBytes::try_new_value(vm, text)?);
            }
            _ => {
                for nth in 0..field.count {
                    let bytes = place(field.offset + nth * field.size, field.size);
                    items.push(unpack_one(vm, field.code, bytes, layout.big_endian)?);
                }
            }
        }
    }
    Ok(PyTuple::try_from_vec(vm, items)?.into_value())
}

fn unpack_one(vm: Vm<'_>, code: u8, bytes: &[u8], big: bool) -> PyResult<Value> {
    let float = |code: u8, bytes: &[u8]| {
        let bits = little_endian(bytes, big);
        match code {
            b'e' => half::from_bits(bits as u16),
            b'f' => f64::from(f32::from_bits(bits as u32)),
            _ => f64::from_bits(bits),
        }
    };
    Ok(match code {
        b'c' => PyBytes::try_new_value(vm, bytes)?,
        b'?' => Value::from_bool(bytes.iter().any(|&byte| byte != 0)),
        b'e' | b'f' | b'd' => float_::new(vm, float(code, bytes)),
        b'F' | b'D' => {
            let (re, im) = bytes.split_at(bytes.len() / 2);
            let code = if code == b'F' { b'f' } else { b'd' };
            complex::new(vm, Complex::new(float(code, re), float(code, im)))
        }
        _ => {
            let bits = little_endian(bytes, big);
            let unused = 64 - 8 * u32::try_from(bytes.len()).unwrap_or(8);
            if is_signed(code) {
                int::new(vm, (bits << unused).cast_signed() >> unused)
            } else {
                int::new(vm, bits)
            }
        }
    })
}

fn little_endian(bytes: &[u8], big: bool) -> u64 {
    let join = |bits: u64, byte: &u8| bits << 8 | u64::from(*byte);
    if big { bytes.iter().fold(0, join) } else { bytes.iter().rev().fold(0, join) }
}
