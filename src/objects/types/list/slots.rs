//! Subscripts of a list: reading, assigning and deleting items and slices; concatenation and repetition.

use super::{PyList, grow};
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::slice_index::{SliceRange, position};
use crate::types::seq_shared::{self, Subscript};

fn this(value: &Value) -> &Py<PyList> {
    value.receiver::<PyList>()
}

/// `sq_item`
pub(super) fn sq_item(vm: Vm<'_>, value: &Value, index: isize) -> PyResult<Value> {
    usize::try_from(index)
        .ok()
        .and_then(|index| this(value).get(index))
        .ok_or_else(|| vm.index_error("list index out of range"))
}

/// `list[key]`
#[inline]
pub(super) fn subscript(vm: Vm<'_>, value: &Value, key: &Value) -> PyResult<Value> {
    let list = this(value);
    match Subscript::of(vm, key, "list")? {
        Subscript::Index(index) => list
            .with(|items| items.get(position(index, items.len())?).cloned())
            .ok_or_else(|| vm.index_error("list index out of range")),
        Subscript::Slice(start, stop, step) => slice(vm, list, start, stop, step),
    }
}

/// `list[start:stop:step]` with unpacked bounds.
///
/// # Errors
/// MemoryError.
pub fn slice(
    vm: Vm<'_>,
    list: &Py<PyList>,
    start: isize,
    stop: isize,
    step: isize,
) -> PyResult<Value> {
    let range = seq_shared::fit(list.len(), (start, stop, step));
    let picked = if step == 1 {
        list.try_copy_range(vm, range.first(), range.first().saturating_add(range.count))?
    } else {
        let picked = list.with(|items| {
            let mut picked = Vec::new();
            picked.try_reserve_exact(range.count).ok()?;
            if step == -1
                && let Some(part) = items.get((range.first() + 1).saturating_sub(range.count)..)
            {
                picked.extend(part.iter().take(range.count).rev().cloned());
                return Some(picked);
            }
            picked.extend(range.positions().filter_map(|index| items.get(index).cloned()));
            Some(picked)
        });
        picked.ok_or_else(|| vm.memory_error())?
    };
    PyList::try_new_value(vm, picked)
}

/// `list[key] = new`, `del list[key]`
pub(super) fn assign(vm: Vm<'_>, value: &Value, key: &Value, new: Option<&Value>) -> PyResult<()> {
    let list = this(value);
    match Subscript::of(vm, key, "list")? {
        Subscript::Index(index) => assign_index(vm, list, index, new),
        Subscript::Slice(start, stop, step) => match new {
            Some(new) => assign_slice(vm, list, (start, stop, step), new),
            None => {
                delete_slice(list, (start, stop, step));
                Ok(())
            }
        },
    }
}

fn assign_index(vm: Vm<'_>, list: &Py<PyList>, index: isize, new: Option<&Value>) -> PyResult<()> {
    let old = list.with_mut(|items| {
        let place = position(index, items.len())?;
        Some(match new {
            Some(new) => std::mem::replace(&mut items[place], new.clone()),
            None => items.remove(place),
        })
    });
    match old {
        Some(old) => {
            drop(old);
            Ok(())
        }
        None => Err(vm.index_error("list assignment index out of range")),
    }
}

/// `list[start:stop:step] = new` with unpacked bounds.
///
/// # Errors
/// What iterating raises; ValueError for an extended slice of another length; MemoryError.
pub fn assign_slice(
    vm: Vm<'_>,
    list: &Py<PyList>,
    bounds: (isize, isize, isize),
    new: &Value,
) -> PyResult<()> {
    let new = vm.collect_or(new, "must assign iterable to extended slice")?;
    // The iterable may have changed the list: the bounds are fitted now.
    let range = seq_shared::fit(list.len(), bounds);
    if range.step == 1 {
        return splice(vm, list, range.first(), range.count, new);
    }
    if new.len() != range.count {
        return Err(vm.value_error(format!(
            "attempt to assign sequence of size {} to extended slice of size {}",
            new.len(),
            range.count
        )));
    }
    let mut dead = new;
    list.with_mut(|items| {
        for (index, place) in range.positions().zip(dead.iter_mut()) {
            if let Some(item) = items.get_mut(index) {
                std::mem::swap(item, place);
            }
        }
    });
    drop(dead);
    Ok(())
}

/// As [`assign_slice`], by the items of a list that nobody else holds and that ends: they change places with those of the
/// slice where they are as many. False, with nothing done, where they are not, or where there is a step.
#[must_use]
pub fn exchange_slice(
    list: &Py<PyList>,
    bounds: (isize, isize, isize),
    ending: &Py<PyList>,
) -> bool {
    let range = seq_shared::fit(list.len(), bounds);
    if range.step != 1 || range.count != ending.len() || std::ptr::eq(list, ending) {
        return false;
    }
    list.with_mut(|items| {
        ending.with_mut(|new| match items.get_mut(range.first()..range.first() + range.count) {
            Some(part) => {
                part.swap_with_slice(new);
                true
            }
            None => false,
        })
    })
}

/// Puts `new` in the place of `count` items from `start` on.
pub(super) fn splice(
    vm: Vm<'_>,
    list: &Py<PyList>,
    start: usize,
    count: usize,
    new: Vec<Value>,
) -> PyResult<()> {
    if new.len() == count {
        let mut dead = new;
        let replaced = list.with_mut(|items| match items.get_mut(start..start + count) {
            Some(part) => {
                part.swap_with_slice(&mut dead);
                true
            }
            None => false,
        });
        if replaced {
            drop(dead);
            return Ok(());
        }
        return splice_other(vm, list, start, count, dead);
    }
    splice_other(vm, list, start, count, new)
}

fn splice_other(
    vm: Vm<'_>,
    list: &Py<PyList>,
    start: usize,
    count: usize,
    new: Vec<Value>,
) -> PyResult<()> {
    let result = list.with_mut(|items| {
        if new.len() > count && !grow(items, new.len() - count) {
            return Err(new);
        }
        let start = start.min(items.len());
        let end = (start + count).min(items.len());
        let dead: Vec<Value> = items.splice(start..end, new).collect();
        Ok(dead)
    });
    match result {
        Ok(dead) => {
            drop(dead);
            Ok(())
        }
        Err(new) => {
            drop(new);
            Err(vm.memory_error())
        }
    }
}

fn delete_slice(list: &Py<PyList>, bounds: (isize, isize, isize)) {
    let range = seq_shared::fit(list.len(), bounds);
    let dead = list.with_mut(|items| remove_range(items, range));
    drop(dead);
}

fn remove_range(items: &mut Vec<Value>, range: SliceRange) -> Vec<Value> {
    if range.count == 0 {
        return Vec::new();
    }
    if range.step == 1 {
        return items.drain(range.first()..range.first() + range.count).collect();
    }
    let step = range.step.unsigned_abs();
    let first =
        if range.step > 0 { range.first() } else { range.first() - (range.count - 1) * step };
    let last = first + (range.count - 1) * step;
    let mut dead = Vec::with_capacity(range.count);
    let mut kept = Vec::with_capacity(items.len() - range.count);
    for (index, item) in items.drain(..).enumerate() {
        if index >= first && index <= last && (index - first).is_multiple_of(step) {
            dead.push(item);
        } else {
            kept.push(item);
        }
    }
    *items = kept;
    dead
}

/// `a + b`
pub(super) fn concat(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let Some(right) = b.downcast::<PyList>() else {
        return Err(vm.type_error(format!(
            "can only concatenate list (not \"{}\") to list",
            b.class().name()
        )));
    };
    let left = this(a);
    let joined = left.with(|first| {
        right.with(|second| {
            let mut all = Vec::new();
            all.try_reserve_exact(first.len().checked_add(second.len())?).ok()?;
            all.extend_from_slice(first);
            all.extend_from_slice(second);
            Some(all)
        })
    });
    match joined {
        Some(all) => PyList::try_new_value(vm, all),
        None => Err(vm.memory_error()),
    }
}

/// `list * times`
pub(super) fn repeat(vm: Vm<'_>, value: &Value, times: isize) -> PyResult<Value> {
    let list = this(value);
    let only = list.with(|items| match items {
        [only] if only.as_object().is_none() => Some(only.clone()),
        _ => None,
    });
    if let Some(only) = only {
        let all = seq_shared::repeat(vm, std::slice::from_ref(&only), times)?;
        return PyList::try_new_value(vm, all);
    }
    let items = list.try_copy(vm)?;
    PyList::try_new_value(vm, seq_shared::repeat(vm, &items, times)?)
}

/// `list *= times`
pub(super) fn inplace_repeat(vm: Vm<'_>, value: &Value, times: isize) -> PyResult<Value> {
    let list = this(value);
    let items = list.try_copy(vm)?;
    let new = seq_shared::repeat(vm, &items, times)?;
    let old = list.replace_items(new);
    drop(old);
    Ok(value.clone())
}
