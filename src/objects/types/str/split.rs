//! Splitting and joining: split, rsplit, splitlines, partition, join.

use base::search::Unit;
use base::unicode;

use super::PyStr;
use super::find::{convert, find_in};
use super::storage::{self, Kind};
use crate::core::args::Bound;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::number;
use crate::types::list::PyList;
use crate::types::tuple::PyTuple;
use crate::with_characters;

/// The string as an exact str: itself, unless it is an instance of a subclass.
pub(super) fn exact(vm: Vm<'_>, text: &Py<PyStr>) -> PyResult<PyRef<PyStr>> {
    storage::slice(vm, text, 0, text.len())
}

/// Parts of a string, as they are found.
struct Parts<'a, 'gil> {
    vm: Vm<'gil>,
    text: &'a Py<PyStr>,
    list: Vec<Value>,
}

impl<'a, 'gil> Parts<'a, 'gil> {
    fn new(vm: Vm<'gil>, text: &'a Py<PyStr>) -> Self {
        Self { vm, text, list: Vec::new() }
    }

    fn push(&mut self, start: usize, end: usize) -> PyResult<()> {
        if self.list.try_reserve(1).is_err() {
            return Err(self.vm.memory_error());
        }
        self.list.push(storage::slice(self.vm, self.text, start, end)?.into_value());
        if self.list.len().is_multiple_of(1 << 12) { self.vm.poll() } else { Ok(()) }
    }

    fn finish(self) -> PyResult<Value> {
        PyList::try_new_value(self.vm, self.list)
    }

    fn finish_reversed(mut self) -> PyResult<Value> {
        self.list.reverse();
        self.finish()
    }
}

struct Arguments<'a> {
    separator: Option<&'a Py<PyStr>>,
    max: usize,
}

fn arguments<'a>(vm: Vm<'_>, args: &Bound<'a>) -> PyResult<Arguments<'a>> {
    let max = args.get(1).map_or(Ok(-1), |value| number::as_ssize(vm, value))?;
    let separator = match args.get_non_none(0) {
        None => None,
        Some(value) => match value.downcast::<PyStr>() {
            Some(separator) if separator.is_empty() => {
                return Err(vm.value_error("empty separator"));
            }
            Some(separator) => Some(separator),
            None => {
                return Err(
                    vm.type_error(format!("must be str or None, not {}", value.class().name()))
                );
            }
        },
    };
    Ok(Arguments { separator, max: usize::try_from(max).unwrap_or(usize::MAX) })
}

pub(super) fn str_split(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    let args = arguments(vm, args)?;
    match args.separator {
        None => split_space(vm, text, args.max),
        Some(separator) => split_on(vm, text, separator, args.max),
    }
}

/// `text.split(separator, max)`
fn split_on(vm: Vm<'_>, text: &Py<PyStr>, separator: &Py<PyStr>, max: usize) -> PyResult<Value> {
    let mut parts = Parts::new(vm, text);
    let mut from = 0;
    let mut failed = None;
    if separator.kind() <= text.kind() && separator.len() <= text.len() {
        with_characters!(storage::characters(text), units => {
            if let Some(needle) = convert(separator) {
                Unit::matches(units, &needle, max, &mut |at| {
                    failed = parts.push(from, at).err();
                    from = at + needle.len();
                    failed.is_none()
                });
            }
        });
    }
    if let Some(raised) = failed {
        return Err(raised);
    }
    parts.push(from, text.len())?;
    parts.finish()
}

fn split_space(vm: Vm<'_>, text: &Py<PyStr>, max: usize) -> PyResult<Value> {
    let mut parts = Parts::new(vm, text);
    with_characters!(storage::characters(text), units => {
        let mut at = 0;
        loop {
            at += skip_while(&units[at..], unicode::is_space);
            if at == units.len() {
                break;
            }
            if parts.list.len() == max {
                parts.push(at, units.len())?;
                break;
            }
            let end = at + skip_while(&units[at..], |point| !unicode::is_space(point));
            parts.push(at, end)?;
            at = end;
        }
    });
    parts.finish()
}

fn skip_while<T: Unit>(text: &[T], test: impl Fn(u32) -> bool) -> usize {
    text.iter().position(|unit| !test(unit.point())).unwrap_or(text.len())
}

pub(super) fn str_rsplit(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    let args = arguments(vm, args)?;
    match args.separator {
        None => rsplit_space(vm, text, args.max),
        Some(separator) => {
            let mut parts = Parts::new(vm, text);
            let mut end = text.len();
            while parts.list.len() < args.max {
                let Some(at) = find_in(text, separator, 0, end, true) else { break };
                parts.push(at + separator.len(), end)?;
                end = at;
            }
            parts.push(0, end)?;
            parts.finish_reversed()
        }
    }
}

fn rsplit_space(vm: Vm<'_>, text: &Py<PyStr>, max: usize) -> PyResult<Value> {
    let mut parts = Parts::new(vm, text);
    let is_space = |at: usize| storage::char_at(text, at).is_some_and(unicode::is_space);
    let mut end = text.len();
    loop {
        while end > 0 && is_space(end - 1) {
            end -= 1;
        }
        if end == 0 {
            break;
        }
        if parts.list.len() == max {
            parts.push(0, end)?;
            break;
        }
        let mut start = end;
        while start > 0 && !is_space(start - 1) {
            start -= 1;
        }
        parts.push(start, end)?;
        end = start;
    }
    parts.finish_reversed()
}

pub(super) fn str_splitlines(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    let keep = args.get(0).map_or(Ok(false), |value| vm.is_true(value))?;
    let mut parts = Parts::new(vm, text);
    with_characters!(storage::characters(text), units => {
        let mut start = 0;
        while start < units.len() {
            let end = start + skip_while(&units[start..], |point| !unicode::is_line_break(point));
            let next = match units.get(end).map(|u| u.point()) {
                None => end,
                Some(0x0d) if units.get(end + 1).is_some_and(|u| u.point() == 0x0a) => end + 2,
                Some(_) => end + 1,
            };
            parts.push(start, if keep { next } else { end })?;
            start = next;
        }
    });
    parts.finish()
}

pub(super) fn str_partition(vm: Vm<'_>, this: &Value, separator: &Value) -> PyResult<Value> {
    partition(vm, this, separator, false)
}

pub(super) fn str_rpartition(vm: Vm<'_>, this: &Value, separator: &Value) -> PyResult<Value> {
    partition(vm, this, separator, true)
}

fn partition(vm: Vm<'_>, this: &Value, separator: &Value, last: bool) -> PyResult<Value> {
    let text = this.receiver::<PyStr>();
    let Some(sep) = separator.downcast::<PyStr>() else {
        return Err(vm.type_error(format!("must be str, not {}", separator.class().name())));
    };
    if sep.is_empty() {
        return Err(vm.value_error("empty separator"));
    }
    let empty = || storage::empty(vm).into_value();
    Ok(match find_in(text, sep, 0, text.len(), last) {
        Some(at) => PyTuple::new_value(
            vm,
            &[
                storage::slice(vm, text, 0, at)?.into_value(),
                separator.clone(),
                storage::slice(vm, text, at + sep.len(), text.len())?.into_value(),
            ],
        ),
        None => {
            let whole = exact(vm, text)?.into_value();
            let parts = if last { [empty(), empty(), whole] } else { [whole, empty(), empty()] };
            PyTuple::new_value(vm, &parts)
        }
    })
}

pub(super) fn str_join(vm: Vm<'_>, this: &Value, iterable: &Value) -> PyResult<Value> {
    // No code runs while the texts are put together, so a list's items can be read where they are.
    if let Some(list) = iterable.downcast_exact::<PyList>() {
        let joined = list.with(|items| join(vm, this.receiver::<PyStr>(), items));
        return joined.map(PyRef::into_value);
    }
    let items = vm.collect_or(iterable, "can only join an iterable")?;
    join(vm, this.receiver::<PyStr>(), &items).map(PyRef::into_value)
}

/// `separator.join(items)`
///
/// # Errors
/// TypeError for an item that is no str, OverflowError, MemoryError.
pub fn join(vm: Vm<'_>, separator: &Py<PyStr>, items: &[Value]) -> PyResult<PyRef<PyStr>> {
    if let [only] = items
        && let Some(text) = only.downcast_exact::<PyStr>()
    {
        return Ok(text.to_ref());
    }
    let mut length = 0_usize;
    let mut kind = if items.len() > 1 { separator.kind() } else { Kind::Ascii };
    for (nth, item) in items.iter().enumerate() {
        let Some(text) = item.downcast::<PyStr>() else {
            return Err(vm.type_error(format!(
                "sequence item {nth}: expected str instance, {} found",
                item.class().name()
            )));
        };
        kind = kind.max(text.kind());
        let more = if nth == 0 { 0 } else { separator.len() };
        length = length
            .checked_add(text.len())
            .and_then(|length| length.checked_add(more))
            .ok_or_else(|| vm.overflow_error("join() result is too long for a Python string"))?;
    }
    storage::join_parts(vm, Some(separator), items, length, kind)
}
