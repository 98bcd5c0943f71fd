//! Searching in bytes: find, count, startswith, replace and their kin.

use base::search::{Unit, count as count_units};

use super::shared::{keep_size, like, needle, room, same, stable, with_contents};
use crate::core::args::check_count;
use crate::core::errors::PyResult;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::{buffer, number};
use crate::types::str::slots::bounds;
use crate::types::tuple::PyTuple;

/// Where `part` is first, or last, found in `text[start..end]`.
fn find_in(text: &[u8], part: &[u8], start: usize, end: usize, last: bool) -> Option<usize> {
    let range = text.get(start..end)?;
    if part.is_empty() {
        return Some(if last { end } else { start });
    }
    let found = if last { u8::rfind(range, part) } else { u8::find(range, part) };
    found.map(|at| at + start)
}

fn found(
    vm: Vm<'_>,
    this: &Value,
    args: &[Value],
    name: &str,
    last: bool,
) -> PyResult<Option<usize>> {
    check_count(vm, name, args.len(), 1, 3)?;
    let _kept = keep_size(vm, this)?;
    let part = needle(vm, &args[0])?;
    let (start, end) = bounds(vm, args, with_contents(this, <[u8]>::len))?;
    Ok(with_contents(this, |text| {
        let end = end.min(text.len());
        part.with(|part| find_in(text, part, start, end, last))
    }))
}

fn or_minus_one(found: Option<usize>) -> Value {
    found.map_or_else(|| Value::small_int_unchecked(-1), Value::from_usize)
}

pub(super) fn find(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    found(vm, this, args, "find", false).map(or_minus_one)
}

pub(super) fn rfind(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    found(vm, this, args, "rfind", true).map(or_minus_one)
}

pub(super) fn index(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    found(vm, this, args, "index", false)?
        .map(Value::from_usize)
        .ok_or_else(|| vm.value_error("subsection not found"))
}

pub(super) fn rindex(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    found(vm, this, args, "rindex", true)?
        .map(Value::from_usize)
        .ok_or_else(|| vm.value_error("subsection not found"))
}

pub(super) fn count(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "count", args.len(), 1, 3)?;
    let _kept = keep_size(vm, this)?;
    let part = needle(vm, &args[0])?;
    let (start, end) = bounds(vm, args, with_contents(this, <[u8]>::len))?;
    let found = with_contents(this, |text| {
        let Some(range) = text.get(start..end.min(text.len())) else { return 0 };
        part.with(|part| {
            if part.is_empty() { range.len() + 1 } else { count_units(range, part, usize::MAX) }
        })
    });
    Ok(Value::from_usize(found))
}

/// `needle in bytes`
pub(super) fn contains(vm: Vm<'_>, this: &Value, part: &Value) -> PyResult<bool> {
    let _kept = keep_size(vm, this)?;
    if number::has_index(part) && !buffer::has_buffer(part) {
        let byte = super::shared::byte_of(vm, part, "byte")?;
        return Ok(with_contents(this, |text| u8::find_one(text, byte).is_some()));
    }
    let part = buffer::bytes_like(vm, part)?;
    Ok(with_contents(this, |text| {
        part.with(|part| find_in(text, part, 0, text.len(), false).is_some())
    }))
}

pub(super) fn startswith(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    affix(vm, this, args, "startswith", false)
}

pub(super) fn endswith(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    affix(vm, this, args, "endswith", true)
}

fn affix(vm: Vm<'_>, this: &Value, args: &[Value], name: &str, at_end: bool) -> PyResult<Value> {
    check_count(vm, name, args.len(), 1, 3)?;
    let (start, end) = bounds(vm, args, with_contents(this, <[u8]>::len))?;
    let test = |part: &Value| -> PyResult<bool> {
        let part = buffer::bytes_like(vm, part)?;
        Ok(with_contents(this, |text| {
            let Some(range) = text.get(start..end.min(text.len())) else { return false };
            part.with(|part| if at_end { range.ends_with(part) } else { range.starts_with(part) })
        }))
    };
    if let Some(parts) = args[0].downcast::<PyTuple>() {
        for part in parts.items() {
            if test(part)? {
                return Ok(Value::TRUE);
            }
        }
        return Ok(Value::FALSE);
    }
    if !buffer::has_buffer(&args[0]) {
        return Err(vm.type_error(format!(
            "{name} first arg must be bytes or a tuple of bytes, not {}",
            args[0].class().name()
        )));
    }
    test(&args[0]).map(Value::from_bool)
}

pub(super) fn replace(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "replace", args.len(), 2, 3)?;
    let (old, new) = (buffer::bytes_like(vm, &args[0])?, buffer::bytes_like(vm, &args[1])?);
    let max = args.get(2).map_or(Ok(-1), |value| number::as_ssize(vm, value))?;
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    let text = stable(this);
    let replaced = old.with(|old| new.with(|new| replace_bytes(vm, &text, old, new, max)))?;
    match replaced {
        Some(bytes) => like(vm, this, &bytes),
        None => same(vm, this),
    }
}

fn replace_bytes(
    vm: Vm<'_>,
    text: &[u8],
    old: &[u8],
    new: &[u8],
    max: usize,
) -> PyResult<Option<Vec<u8>>> {
    let times = if old.is_empty() { max.min(text.len() + 1) } else { count_units(text, old, max) };
    if times == 0 {
        return Ok(None);
    }
    let length = times
        .checked_mul(new.len())
        .and_then(|added| added.checked_add(text.len() - times * old.len()))
        .ok_or_else(|| vm.overflow_error("replace bytes is too long"))?;
    let mut out = room(vm, length)?;
    if old.is_empty() {
        for (at, &byte) in text.iter().enumerate() {
            if at < times {
                out.extend_from_slice(new);
            }
            out.push(byte);
        }
        if times > text.len() {
            out.extend_from_slice(new);
        }
        return Ok(Some(out));
    }
    let mut from = 0;
    u8::matches(text, old, times, &mut |at| {
        out.extend_from_slice(&text[from..at]);
        out.extend_from_slice(new);
        from = at + old.len();
        true
    });
    out.extend_from_slice(&text[from..]);
    Ok(Some(out))
}
