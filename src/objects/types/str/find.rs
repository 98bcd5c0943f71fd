//! Searching in a str: find, count, startswith, replace and their kin.

use std::borrow::Cow;

use base::search::{Unit, count};

use super::builder::Builder;
use super::storage::{self, Characters};
use super::{PyStr, split};
use crate::core::args::{Bound, check_count};
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::{number, slice_index};
use crate::types::tuple::PyTuple;
use crate::with_characters;

/// The unit of a text of one width.
pub(super) trait AsCharacters: Unit {
    fn as_characters(text: &[Self]) -> Characters<'_>;
    /// The units of a text of this very width.
    fn of(text: Characters<'_>) -> Option<&[Self]>;
}

macro_rules! as_characters {
    ($($unit:ty => $width:ident;)*) => {$(
        impl AsCharacters for $unit {
            fn as_characters(text: &[Self]) -> Characters<'_> {
                Characters::$width(text)
            }
            fn of(text: Characters<'_>) -> Option<&[Self]> {
                if let Characters::$width(text) = text { Some(text) } else { None }
            }
        }
    )*};
}

as_characters! { u8 => One; u16 => Two; u32 => Four; }

/// `needle` in the units of the text; None when it has a character that the text cannot have.
pub(super) fn convert<T: AsCharacters>(needle: &Py<PyStr>) -> Option<Cow<'_, [T]>> {
    match T::of(storage::characters(needle)) {
        Some(units) => Some(Cow::Borrowed(units)),
        None => widened(needle).map(Cow::Owned),
    }
}

#[cold]
fn widened<T: Unit>(needle: &Py<PyStr>) -> Option<Vec<T>> {
    storage::points(needle).map(T::from_point).collect()
}

/// Where `needle` is first, or last, found in `text[start..end]`, as an index into the whole text.
pub(super) fn find_in(
    text: &Py<PyStr>,
    needle: &Py<PyStr>,
    start: usize,
    end: usize,
    last: bool,
) -> Option<usize> {
    let end = end.min(text.len());
    if start > end || needle.len() > end - start || needle.kind() > text.kind() {
        return (needle.is_empty() && start <= end).then_some(if last { end } else { start });
    }
    if needle.is_empty() {
        return Some(if last { end } else { start });
    }
    if let (Characters::One(text), Characters::One(needle)) =
        (storage::characters(text), storage::characters(needle))
    {
        return find_units(&text[start..end], needle, last).map(|at| at + start);
    }
    with_characters!(storage::characters(text), text => {
        let needle = convert(needle)?;
        find_units(&text[start..end], &needle, last).map(|at| at + start)
    })
}

fn find_units<T: Unit>(text: &[T], needle: &[T], last: bool) -> Option<usize> {
    match (needle, last) {
        ([unit], false) => T::find_one(text, *unit),
        ([unit], true) => T::rfind_one(text, *unit),
        (_, false) => T::find(text, needle),
        (_, true) => T::rfind(text, needle),
    }
}

/// How often `needle` is in `text[start..end]`.
fn count_in(text: &Py<PyStr>, needle: &Py<PyStr>, start: usize, end: usize) -> usize {
    if start > end {
        return 0;
    }
    if needle.is_empty() {
        return end - start + 1;
    }
    if needle.kind() > text.kind() || needle.len() > end - start {
        return 0;
    }
    with_characters!(storage::characters(text), text => {
        convert(needle).map_or(0, |needle| count(&text[start..end], &needle, usize::MAX))
    })
}

/// Whether `text` has `part` at `at`.
pub(super) fn has_at(text: &Py<PyStr>, part: &Py<PyStr>, at: usize) -> bool {
    if at.checked_add(part.len()).is_none_or(|end| end > text.len()) || part.kind() > text.kind() {
        return false;
    }
    match (storage::characters(text), storage::characters(part)) {
        (Characters::One(text), Characters::One(part)) => text[at..].starts_with(part),
        (Characters::Two(text), Characters::Two(part)) => text[at..].starts_with(part),
        (Characters::Four(text), Characters::Four(part)) => text[at..].starts_with(part),
        _ => (0..part.len()).all(|i| storage::char_at(text, at + i) == storage::char_at(part, i)),
    }
}

struct Place<'a> {
    needle: &'a Py<PyStr>,
    start: usize,
    end: usize,
}

/// The arguments `sub[, start[, end]]`; `start` may be beyond the end.
fn place<'a>(
    vm: Vm<'_>,
    text: &Py<PyStr>,
    args: &'a [Value],
    function: &str,
) -> PyResult<Place<'a>> {
    check_count(vm, function, args.len(), 1, 3)?;
    let needle = args[0].downcast::<PyStr>().ok_or_else(|| {
        vm.type_error(format!(
            "{function}() argument 1 must be str, not {}",
            vm.type_text(&args[0])
        ))
    })?;
    let (start, end) = bounds(vm, args, text.len())?;
    Ok(Place { needle, start, end })
}

/// The second and third argument as bounds: the end is within the text, the start may be beyond it.
pub(crate) fn bounds(vm: Vm<'_>, args: &[Value], length: usize) -> PyResult<(usize, usize)> {
    let from = |value: Option<&Value>, default: usize| -> PyResult<usize> {
        let Some(index) = value.map(|value| slice_index::bound(vm, value)).transpose()?.flatten()
        else {
            return Ok(default);
        };
        Ok(if index < 0 {
            length.saturating_sub(index.unsigned_abs())
        } else {
            index.unsigned_abs()
        })
    };
    let start = from(args.get(1), 0)?;
    let end = from(args.get(2), length)?.min(length);
    Ok((start, end))
}

fn found(
    vm: Vm<'_>,
    this: &Value,
    args: &[Value],
    name: &str,
    last: bool,
) -> PyResult<Option<usize>> {
    let text = this.receiver::<PyStr>();
    let place = place(vm, text, args, name)?;
    Ok(find_in(text, place.needle, place.start, place.end, last))
}

fn or_minus_one(found: Option<usize>) -> Value {
    found.map_or_else(|| Value::small_int_unchecked(-1), Value::from_usize)
}

pub(super) fn str_find(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    found(vm, this, args, "find", false).map(or_minus_one)
}

pub(super) fn str_rfind(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    found(vm, this, args, "rfind", true).map(or_minus_one)
}

pub(super) fn str_index(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    found(vm, this, args, "index", false)?
        .map(Value::from_usize)
        .ok_or_else(|| vm.value_error("substring not found"))
}

pub(super) fn str_rindex(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    found(vm, this, args, "rindex", true)?
        .map(Value::from_usize)
        .ok_or_else(|| vm.value_error("substring not found"))
}

pub(super) fn str_count(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    let place = place(vm, text, args, "count")?;
    Ok(Value::from_usize(count_in(text, place.needle, place.start, place.end)))
}

pub(super) fn str_startswith(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    affix(vm, this, args, "startswith", false)
}

pub(super) fn str_endswith(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    affix(vm, this, args, "endswith", true)
}

fn affix(vm: Vm<'_>, this: &Value, args: &[Value], name: &str, at_end: bool) -> PyResult<Value> {
    check_count(vm, name, args.len(), 1, 3)?;
    let text = this.receiver::<PyStr>();
    let (start, end) = bounds(vm, args, text.len())?;
    let test = |part: &Py<PyStr>| {
        if start > end || part.len() > end - start {
            return false;
        }
        has_at(text, part, if at_end { end - part.len() } else { start })
    };
    if let Some(part) = args[0].downcast::<PyStr>() {
        return Ok(Value::from_bool(test(part)));
    }
    let Some(parts) = args[0].downcast::<PyTuple>() else {
        return Err(vm.type_error(format!(
            "{name} first arg must be str or a tuple of str, not {}",
            args[0].class().name()
        )));
    };
    for part in parts.items() {
        let Some(part) = part.downcast::<PyStr>() else {
            return Err(vm.type_error(format!(
                "tuple for {name} must only contain str, not {}",
                part.class().name()
            )));
        };
        if test(part) {
            return Ok(Value::TRUE);
        }
    }
    Ok(Value::FALSE)
}

/// `needle in text`
pub(super) fn str_contains(vm: Vm<'_>, this: &Value, needle: &Value) -> PyResult<bool> {
    let text = this.receiver::<PyStr>();
    let Some(needle) = needle.downcast::<PyStr>() else {
        return Err(vm.type_error(format!(
            "'in <string>' requires string as left operand, not {}",
            needle.class().name()
        )));
    };
    Ok(find_in(text, needle, 0, text.len(), false).is_some())
}

pub(super) fn str_replace(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    let argument = |nth: usize| {
        let value = args.required(nth);
        value.downcast::<PyStr>().ok_or_else(|| {
            vm.type_error(format!(
                "replace() argument {} must be str, not {}",
                nth + 1,
                vm.type_text(value)
            ))
        })
    };
    let (old, new) = (argument(0)?, argument(1)?);
    let count = args.get(2).map_or(Ok(-1), |value| number::as_ssize(vm, value))?;
    let max = usize::try_from(count).unwrap_or(usize::MAX);
    replace(vm, text, old, new, max).map(PyRef::into_value)
}

/// `text.replace(old, new, max)`
///
/// # Errors
/// MemoryError.
pub(super) fn replace(
    vm: Vm<'_>,
    text: &Py<PyStr>,
    old: &Py<PyStr>,
    new: &Py<PyStr>,
    max: usize,
) -> PyResult<PyRef<PyStr>> {
    let unchanged = || split::exact(vm, text);
    if max == 0 || old.same_text(new) || (old.kind() > text.kind()) || old.len() > text.len() {
        return unchanged();
    }
    if old.is_empty() {
        return interleave(vm, text, new, max);
    }
    with_characters!(storage::characters(text), units => {
        let Some(needle) = convert(old) else { return unchanged() };
        replace_units(vm, text, units, &needle, new, max)
    })
}

/// How long a result may be that is made without counting first how long it will be.
const UNCOUNTED_MAX: usize = 1 << 16;

fn replace_units<T: AsCharacters>(
    vm: Vm<'_>,
    text: &Py<PyStr>,
    units: &[T],
    old: &[T],
    new: &Py<PyStr>,
    max: usize,
) -> PyResult<PyRef<PyStr>> {
    let kind = text.kind().max(new.kind());
    let mut length = units.len();
    if new.len() > old.len() && (length / old.len()).saturating_mul(new.len()) > UNCOUNTED_MAX {
        let found = count(units, old, max);
        length = found
            .checked_mul(new.len())
            .and_then(|added| added.checked_add(length - found * old.len()))
            .ok_or_else(|| vm.overflow_error("replace string is too long"))?;
    }
    let mut out = None;
    let mut from = 0;
    let mut failed = None;
    let mut done = 0_u32;
    T::matches(units, old, max, &mut |at| {
        let before = T::as_characters(&units[from..at]);
        from = at + old.len();
        done = done.wrapping_add(1);
        let added = if done.is_multiple_of(1 << 12) { vm.poll() } else { Ok(()) };
        let added = added.and_then(|()| {
            let out = match &mut out {
                Some(out) => out,
                // Where nothing is found, nothing is made.
                none => none.insert(Builder::with_capacity(vm, length, kind)?),
            };
            out.push_characters(before)?;
            out.push_str(new)
        });
        failed = added.err();
        failed.is_none()
    });
    if let Some(raised) = failed {
        return Err(raised);
    }
    let Some(mut out) = out else { return split::exact(vm, text) };
    out.push_characters(T::as_characters(&units[from..]))?;
    out.finish()
}

/// Replaces the empty string: `new` before each character and at the end.
fn interleave(vm: Vm<'_>, text: &Py<PyStr>, new: &Py<PyStr>, max: usize) -> PyResult<PyRef<PyStr>> {
    let times = max.min(text.len() + 1);
    let length = times
        .checked_mul(new.len())
        .and_then(|added| added.checked_add(text.len()))
        .ok_or_else(|| vm.overflow_error("replace string is too long"))?;
    let mut out = Builder::with_capacity(vm, length, text.kind().max(new.kind()))?;
    for (at, point) in storage::points(text).enumerate() {
        if at < times {
            out.push_str(new)?;
        }
        out.push(point)?;
    }
    if times > text.len() {
        out.push_str(new)?;
    }
    out.finish()
}
