//! Stripping and padding of bytes.

use super::shared::{like, room, same, stable};
use super::split::is_space;
use crate::core::args::{Bound, check_count};
use crate::core::errors::PyResult;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::{buffer, number};
use crate::types::bytes::{PyByteArray, PyBytes};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
    Both,
}

pub(super) fn strip(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    strip_side(vm, this, args, "strip", Side::Both)
}

pub(super) fn lstrip(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    strip_side(vm, this, args, "lstrip", Side::Left)
}

pub(super) fn rstrip(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    strip_side(vm, this, args, "rstrip", Side::Right)
}

fn strip_side(vm: Vm<'_>, this: &Value, args: &[Value], name: &str, side: Side) -> PyResult<Value> {
    check_count(vm, name, args.len(), 0, 1)?;
    let mut strips = [false; 256];
    match args.first().filter(|value| !value.is_none()) {
        None => (0..=255_u8).filter(|&b| is_space(b)).for_each(|b| strips[usize::from(b)] = true),
        Some(set) => buffer::bytes_like(vm, set)?
            .with(|set| set.iter().for_each(|&b| strips[usize::from(b)] = true)),
    }
    let text = stable(this);
    let strip = |b: &&u8| strips[usize::from(**b)];
    let start = if side == Side::Right { 0 } else { text.iter().take_while(strip).count() };
    let gone =
        if side == Side::Left { 0 } else { text[start..].iter().rev().take_while(strip).count() };
    if start == 0 && gone == 0 {
        return same(vm, this);
    }
    like(vm, this, &text[start..text.len() - gone])
}

pub(super) fn removeprefix(vm: Vm<'_>, this: &Value, prefix: &Value) -> PyResult<Value> {
    let prefix = buffer::bytes_like(vm, prefix)?;
    let text = stable(this);
    match prefix.with(|prefix| text.strip_prefix(prefix)) {
        Some(rest) => like(vm, this, rest),
        None => same(vm, this),
    }
}

pub(super) fn removesuffix(vm: Vm<'_>, this: &Value, suffix: &Value) -> PyResult<Value> {
    let suffix = buffer::bytes_like(vm, suffix)?;
    let text = stable(this);
    match suffix.with(|suffix| text.strip_suffix(suffix)) {
        Some(rest) => like(vm, this, rest),
        None => same(vm, this),
    }
}

fn width_and_fill(vm: Vm<'_>, args: &[Value], name: &str) -> PyResult<(usize, u8)> {
    check_count(vm, name, args.len(), 1, 2)?;
    let width = usize::try_from(number::as_ssize(vm, &args[0])?).unwrap_or(0);
    let Some(fill) = args.get(1) else { return Ok((width, b' ')) };
    let bytes = if fill.downcast::<PyBytes>().is_some() || fill.downcast::<PyByteArray>().is_some()
    {
        stable(fill)
    } else {
        return Err(vm.type_error(format!(
            "{name}() argument 2 must be a byte string of length 1, not {}",
            vm.type_text(fill)
        )));
    };
    match *bytes {
        [fill] => Ok((width, fill)),
        _ => Err(vm.type_error(format!(
            "{name}(): argument 2 must be a byte string of length 1, not a {} object of length {}",
            fill.class().name(),
            bytes.len()
        ))),
    }
}

fn pad(vm: Vm<'_>, this: &Value, left: usize, right: usize, fill: u8) -> PyResult<Value> {
    if left == 0 && right == 0 {
        return same(vm, this);
    }
    let text = stable(this);
    let length = left.checked_add(right).and_then(|added| added.checked_add(text.len()));
    let Some(length) = length else { return Err(vm.memory_error()) };
    let mut out = room(vm, length)?;
    out.resize(left, fill);
    out.extend_from_slice(&text);
    out.resize(length, fill);
    like(vm, this, &out)
}

pub(super) fn center(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let (width, fill) = width_and_fill(vm, args, "center")?;
    let added = width.saturating_sub(stable(this).len());
    let left = added / 2 + (added & width & 1);
    pad(vm, this, left, added - left, fill)
}

pub(super) fn ljust(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let (width, fill) = width_and_fill(vm, args, "ljust")?;
    pad(vm, this, 0, width.saturating_sub(stable(this).len()), fill)
}

pub(super) fn rjust(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let (width, fill) = width_and_fill(vm, args, "rjust")?;
    pad(vm, this, width.saturating_sub(stable(this).len()), 0, fill)
}

pub(super) fn zfill(vm: Vm<'_>, this: &Value, width: &Value) -> PyResult<Value> {
    let width = usize::try_from(number::as_ssize(vm, width)?).unwrap_or(0);
    let text = stable(this);
    let added = width.saturating_sub(text.len());
    if added == 0 {
        return same(vm, this);
    }
    let mut out = room(vm, width)?;
    let (sign, digits) = match text.first() {
        Some(b'+' | b'-') => text.split_at(1),
        _ => text.split_at(0),
    };
    out.extend_from_slice(sign);
    out.resize(sign.len() + added, b'0');
    out.extend_from_slice(digits);
    like(vm, this, &out)
}

pub(super) fn expandtabs(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let tab = args.get(0).map_or(Ok(8), |value| number::as_i32(vm, value))?;
    let tab = usize::try_from(tab).unwrap_or(0);
    let text = stable(this);
    let mut out = room(vm, text.len())?;
    let mut column = 0_usize;
    for &byte in text.iter() {
        if byte == b'\t' {
            if tab > 0 {
                let spaces = tab - column % tab;
                if out.len() + spaces > isize::MAX as usize {
                    return Err(vm.overflow_error("result too long"));
                }
                if out.try_reserve(spaces).is_err() {
                    return Err(vm.memory_error());
                }
                out.resize(out.len() + spaces, b' ');
                column += spaces;
            }
        } else {
            out.push(byte);
            column = if matches!(byte, b'\n' | b'\r') { 0 } else { column + 1 };
        }
    }
    like(vm, this, &out)
}
