//! Splitting and joining bytes.

use base::search::Unit;

use super::PyBytes;
use super::shared::{keep_size, like, room, same, stable};
use crate::core::args::Bound;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::buffer::{self, BytesLike};
use crate::protocol::number;
use crate::types::list::PyList;
use crate::types::tuple::PyTuple;

/// Whether bytes methods see it as white space.
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | 0x09..=0x0d)
}

fn list(vm: Vm<'_>, this: &Value, parts: &[&[u8]]) -> PyResult<Value> {
    let mut items = Vec::new();
    if items.try_reserve_exact(parts.len()).is_err() {
        return Err(vm.memory_error());
    }
    for part in parts {
        items.push(like(vm, this, part)?);
    }
    PyList::try_new_value(vm, items)
}

/// The arguments `sep=None, maxsplit=-1`.
fn arguments(vm: Vm<'_>, args: &Bound<'_>) -> PyResult<(Option<BytesLike>, usize)> {
    let max = args.get(1).map_or(Ok(-1), |value| number::as_ssize(vm, value))?;
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    let Some(separator) = args.get_non_none(0) else { return Ok((None, max)) };
    let separator = buffer::bytes_like(vm, separator)?;
    if separator.is_empty() {
        return Err(vm.value_error("empty separator"));
    }
    Ok((Some(separator), max))
}

pub(super) fn split(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let _kept = keep_size(vm, this)?;
    let (separator, max) = arguments(vm, args)?;
    let text = stable(this);
    let mut parts: Vec<&[u8]> = Vec::new();
    match separator {
        Some(separator) => separator.with(|separator| {
            let mut from = 0;
            u8::matches(&text, separator, max, &mut |at| {
                parts.push(&text[from..at]);
                from = at + separator.len();
                true
            });
            parts.push(&text[from..]);
        }),
        None => {
            let mut rest = text.trim_ascii_start_py();
            while !rest.is_empty() {
                if parts.len() == max {
                    parts.push(rest);
                    break;
                }
                let end = rest.iter().position(|&b| is_space(b)).unwrap_or(rest.len());
                parts.push(&rest[..end]);
                rest = rest[end..].trim_ascii_start_py();
            }
        }
    }
    list(vm, this, &parts)
}

pub(super) fn rsplit(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let _kept = keep_size(vm, this)?;
    let (separator, max) = arguments(vm, args)?;
    let text = stable(this);
    let mut parts: Vec<&[u8]> = Vec::new();
    match separator {
        Some(separator) => separator.with(|separator| {
            let mut rest: &[u8] = &text;
            while parts.len() < max {
                let Some(at) = u8::rfind(rest, separator) else { break };
                parts.push(&rest[at + separator.len()..]);
                rest = &rest[..at];
            }
            parts.push(rest);
        }),
        None => {
            let mut rest = text.trim_ascii_end_py();
            while !rest.is_empty() {
                if parts.len() == max {
                    parts.push(rest);
                    break;
                }
                let start = rest.iter().rposition(|&b| is_space(b)).map_or(0, |at| at + 1);
                parts.push(&rest[start..]);
                rest = rest[..start].trim_ascii_end_py();
            }
        }
    }
    parts.reverse();
    list(vm, this, &parts)
}

/// Stripping of what Python sees as white space: with the vertical tab.
pub(super) trait TrimSpace {
    /// Without white space at the start.
    fn trim_ascii_start_py(&self) -> &[u8];
    /// Without white space at the end.
    fn trim_ascii_end_py(&self) -> &[u8];
}

impl TrimSpace for [u8] {
    fn trim_ascii_start_py(&self) -> &[u8] {
        let spaces = self.iter().take_while(|&&b| is_space(b)).count();
        &self[spaces..]
    }
    fn trim_ascii_end_py(&self) -> &[u8] {
        let spaces = self.iter().rev().take_while(|&&b| is_space(b)).count();
        &self[..self.len() - spaces]
    }
}

pub(super) fn splitlines(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let keep = args.get(0).map_or(Ok(false), |value| vm.is_true(value))?;
    let text = stable(this);
    let mut parts: Vec<&[u8]> = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let end = memchr::memchr2(b'\n', b'\r', &text[start..]).map_or(text.len(), |n| start + n);
        let next = match text.get(end) {
            None => end,
            Some(b'\r') if text.get(end + 1) == Some(&b'\n') => end + 2,
            Some(_) => end + 1,
        };
        parts.push(&text[start..if keep { next } else { end }]);
        start = next;
    }
    list(vm, this, &parts)
}

pub(super) fn partition(vm: Vm<'_>, this: &Value, separator: &Value) -> PyResult<Value> {
    partition_at(vm, this, separator, false)
}

pub(super) fn rpartition(vm: Vm<'_>, this: &Value, separator: &Value) -> PyResult<Value> {
    partition_at(vm, this, separator, true)
}

fn partition_at(vm: Vm<'_>, this: &Value, separator: &Value, last: bool) -> PyResult<Value> {
    let part = buffer::bytes_like(vm, separator)?.to_vec();
    if part.is_empty() {
        return Err(vm.value_error("empty separator"));
    }
    let text = stable(this);
    let found = if last { u8::rfind(&text, &part) } else { u8::find(&text, &part) };
    let is_bytes = this.downcast::<PyBytes>().is_some();
    let parts = match found {
        Some(at) => [
            like(vm, this, &text[..at])?,
            if is_bytes { separator.clone() } else { like(vm, this, &part)? },
            like(vm, this, &text[at + part.len()..])?,
        ],
        None => {
            let (whole, empty) = (same(vm, this)?, like(vm, this, b"")?);
            let other = like(vm, this, b"")?;
            if last { [empty, other, whole] } else { [whole, empty, other] }
        }
    };
    Ok(PyTuple::new_value(vm, &parts))
}

pub(super) fn join(vm: Vm<'_>, this: &Value, iterable: &Value) -> PyResult<Value> {
    let _kept = keep_size(vm, this)?;
    let items = vm.collect_or(iterable, "can only join an iterable")?;
    if let [only] = &items[..]
        && only.downcast_exact::<PyBytes>().is_some()
        && this.downcast::<PyBytes>().is_some()
    {
        return Ok(only.clone());
    }
    let mut parts = Vec::with_capacity(items.len());
    let mut length = 0_usize;
    let separator = stable(this);
    for (nth, item) in items.iter().enumerate() {
        if !buffer::has_buffer(item) {
            return Err(vm.type_error(format!(
                "sequence item {nth}: expected a bytes-like object, {} found",
                item.class().name()
            )));
        }
        let part = buffer::bytes_like(vm, item)?;
        let more = if nth == 0 { 0 } else { separator.len() };
        length = length
            .checked_add(part.len())
            .and_then(|length| length.checked_add(more))
            .ok_or_else(|| vm.overflow_error("join() result is too long"))?;
        parts.push(part);
        let is_other = |list: &Py<PyList>| list.len() != items.len();
        if iterable.downcast::<PyList>().is_some_and(is_other) {
            return Err(vm.runtime_error("sequence changed size during iteration"));
        }
    }
    let mut out = room(vm, length)?;
    for (nth, part) in parts.iter().enumerate() {
        if nth != 0 {
            out.extend_from_slice(&separator);
        }
        part.with(|part| out.extend_from_slice(part));
    }
    like(vm, this, &out)
}
