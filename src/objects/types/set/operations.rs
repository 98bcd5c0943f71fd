//! The algebra of sets, in CPython's order of steps: the order of the results' elements depends on it.

use super::table::{NextKnown, SetTable};
use super::{PySet, SET, SetCore, core_of, new_of};
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::type_object::PyType;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::dict::{DICT, PyDict};
use crate::types::set::FROZENSET;

/// `set` or `frozenset`: what the operators make of operands of a subclass.
pub(super) fn basic_class(value: &Value) -> &'static Py<PyType> {
    if value.class().has_layout_of(SET.get()) { SET.get() } else { FROZENSET.get() }
}

fn exact_dict(value: &Value) -> Option<&Py<PyDict>> {
    if value.is_exact(DICT.get()) { value.downcast::<PyDict>() } else { None }
}

/// A new set of `class` with the elements of `iterable`.
pub(super) fn make(vm: Vm<'_>, class: &Py<PyType>, iterable: Option<&Value>) -> PyResult<Value> {
    let new = new_of(vm, class);
    if let (Some(core), Some(iterable)) = (core_of(&new), iterable) {
        update_core(vm, core, iterable)?;
    }
    Ok(new)
}

/// `set.update(other)`
///
/// # Errors
/// What iterating or hashing raises.
pub fn update(vm: Vm<'_>, set: &Py<PySet>, other: &Value) -> PyResult<()> {
    update_core(vm, set.core(), other)
}

pub(super) fn update_core(vm: Vm<'_>, core: &SetCore, other: &Value) -> PyResult<()> {
    if let Some(source) = core_of(other) {
        return merge(vm, core, source);
    }
    if let Some(dict) = exact_dict(other) {
        if core.table.with_mut(|table| table.reserve_for_merge(dict.len())).is_none() {
            return Err(vm.memory_error());
        }
        return each_dict_key(dict, |key, hash| core.add_hashed(vm, &key, hash).map(|_| ()));
    }
    vm.for_each(other, |item| core.add(vm, &item).map(|_| ()))
}

/// Gives each element of an exact dict, set or frozenset with its hash to `f`; false for any other object.
///
/// # Errors
/// What `f` raises.
pub(crate) fn each_hashed(
    source: &Value,
    mut f: impl FnMut(&Value, i64) -> PyResult<()>,
) -> PyResult<bool> {
    if let Some(dict) = exact_dict(source) {
        each_dict_key(dict, |key, hash| f(&key, hash))?;
        return Ok(true);
    }
    let is_exact = source.is_exact(SET.get()) || source.is_exact(FROZENSET.get());
    match core_of(source).filter(|_| is_exact) {
        Some(core) => each(core, f).map(|()| true),
        None => Ok(false),
    }
}

fn each_dict_key(dict: &Py<PyDict>, mut f: impl FnMut(Value, i64) -> PyResult<()>) -> PyResult<()> {
    let mut position = 0;
    while let Some((at, key, hash)) = dict.with_table(|table| {
        (position..table.entry_count()).find_map(|at| {
            let entry = table.entry(at)?;
            Some((at, entry.key.clone(), entry.hash))
        })
    }) {
        position = at + 1;
        f(key, hash)?;
    }
    Ok(())
}

fn each(core: &SetCore, mut f: impl FnMut(&Value, i64) -> PyResult<()>) -> PyResult<()> {
    let mut place = 0;
    while let Some((at, hash, key)) = core.next_key(place) {
        place = at + 1;
        f(&key, hash)?;
    }
    Ok(())
}

fn merge(vm: Vm<'_>, core: &SetCore, source: &SetCore) -> PyResult<()> {
    if std::ptr::eq(core, source) || source.is_empty() {
        return Ok(());
    }
    let copied = core.table.with_mut(|table| source.table.with(|source| table.merge_fresh(source)));
    match copied {
        None => return Err(vm.memory_error()),
        Some(true) => return Ok(()),
        Some(false) => {}
    }
    each(source, |key, hash| core.add_hashed(vm, key, hash).map(|_| ()))
}

/// `set - other`
pub(super) fn difference(vm: Vm<'_>, set: &Value, other: &Value) -> PyResult<Value> {
    let Some(core) = core_of(set) else { return Ok(Value::NOT_IMPLEMENTED) };
    let other_length = match (core_of(other), exact_dict(other)) {
        (Some(other), _) => other.len(),
        (None, Some(dict)) => dict.len(),
        (None, None) => return copy_and_remove(vm, set, other),
    };
    if core.len() >> 2 > other_length {
        return copy_and_remove(vm, set, other);
    }
    let new = new_of(vm, basic_class(set));
    let Some(result) = core_of(&new) else { return Ok(new) };
    if let Some(other) = core_of(other) {
        pick(vm, core, other, false, result)?;
        return Ok(new);
    }
    let Some(dict) = exact_dict(other) else { return Ok(new) };
    each(core, |key, hash| {
        if dict.find(vm, key, hash)?.is_none() {
            result.add_hashed(vm, key, hash)?;
        }
        Ok(())
    })?;
    Ok(new)
}

/// Adds those elements of `walked` to the new set `result` that are in `searched`, or are not, as `wanted` says.
fn pick(
    vm: Vm<'_>,
    walked: &SetCore,
    searched: &SetCore,
    wanted: bool,
    result: &SetCore,
) -> PyResult<()> {
    let mut place = 0;
    let mut asked = false;
    loop {
        let found = walked.table.with(|walked| {
            searched.table.with(|searched| walked.next_known(place, searched, wanted))
        });
        let at = match found {
            NextKnown::End => return Ok(()),
            NextKnown::At(at) | NextKnown::Unknown(at) => at,
        };
        let key =
            walked.table.with(|walked| walked.key_at(at).map(|(hash, key)| (hash, key.clone())));
        place = at + 1;
        let Some((hash, key)) = key else { continue };
        if matches!(found, NextKnown::Unknown(_)) {
            asked = true;
            if searched.contains_hashed(vm, &key, hash)? != wanted {
                continue;
            }
        }
        if asked {
            // What `__eq__` did to the walked set may bring a key again.
            result.add_hashed(vm, &key, hash)?;
            continue;
        }
        if let Err(key) = result.table.with_mut(|table| table.add_new(hash, key)) {
            drop(key);
            return Err(vm.memory_error());
        }
    }
}

/// Whether an element of `walked` is in `searched`, or is not, as `wanted` says.
fn any(vm: Vm<'_>, walked: &SetCore, searched: &SetCore, wanted: bool) -> PyResult<bool> {
    let mut place = 0;
    loop {
        let found = walked.table.with(|walked| {
            searched.table.with(|searched| walked.next_known(place, searched, wanted))
        });
        let at = match found {
            NextKnown::End => return Ok(false),
            NextKnown::At(_) => return Ok(true),
            NextKnown::Unknown(at) => at,
        };
        let key =
            walked.table.with(|walked| walked.key_at(at).map(|(hash, key)| (hash, key.clone())));
        place = at + 1;
        if let Some((hash, key)) = key
            && searched.contains_hashed(vm, &key, hash)? == wanted
        {
            return Ok(true);
        }
    }
}

fn copy_and_remove(vm: Vm<'_>, set: &Value, other: &Value) -> PyResult<Value> {
    let new = make(vm, basic_class(set), Some(set))?;
    difference_update(vm, &new, other)?;
    Ok(new)
}

/// `set -= other`
pub(super) fn difference_update(vm: Vm<'_>, set: &Value, other: &Value) -> PyResult<()> {
    let Some(core) = core_of(set) else { return Ok(()) };
    if set.is(other) {
        core.clear_all();
        return Ok(());
    }
    if let Some(source) = core_of(other) {
        // Of a much larger set only the common part matters.
        let common;
        let source = if source.len() >> 3 > core.len() {
            common = intersection(vm, set, other)?;
            core_of(&common).unwrap_or(source)
        } else {
            source
        };
        each(source, |key, hash| core.discard_hashed(vm, key, hash).map(|_| ()))?;
    } else {
        vm.for_each(other, |item| core.discard(vm, &item).map(|_| ()))?;
    }
    match core.table.with_mut(SetTable::shrink_if_sparse) {
        Some(()) => Ok(()),
        None => Err(vm.memory_error()),
    }
}

/// `set & other`
pub(super) fn intersection(vm: Vm<'_>, set: &Value, other: &Value) -> PyResult<Value> {
    let Some(core) = core_of(set) else { return Ok(Value::NOT_IMPLEMENTED) };
    if set.is(other) {
        return make(vm, basic_class(set), Some(set));
    }
    let new = new_of(vm, basic_class(set));
    let Some(result) = core_of(&new) else { return Ok(new) };
    if let Some(source) = core_of(other) {
        let (searched, walked) =
            if source.len() > core.len() { (source, core) } else { (core, source) };
        pick(vm, walked, searched, true, result)?;
        return Ok(new);
    }
    vm.for_each(other, |item| {
        // Here CPython hashes without naming a set element.
        let hash = vm.hash(&item)?;
        if core.contains_hashed(vm, &item, hash)? {
            result.add_hashed(vm, &item, hash)?;
        }
        Ok(())
    })?;
    Ok(new)
}

/// Exchanges the elements of two sets: `intersection_update` makes a new one first.
pub(super) fn take_elements_of(set: &Value, other: &Value) {
    if let (Some(core), Some(other)) = (core_of(set), core_of(other)) {
        let taken = other.table.take();
        let old = core.table.replace(taken);
        drop(old);
    }
}

/// `set.symmetric_difference_update(other)`
///
/// # Errors
/// What iterating or hashing raises.
pub fn symmetric_update(vm: Vm<'_>, set: &Py<PySet>, other: &Value) -> PyResult<()> {
    symmetric_update_core(vm, set.core(), other, basic_class(&set.to_value()))
}

pub(super) fn symmetric_update_core(
    vm: Vm<'_>,
    core: &SetCore,
    other: &Value,
    class: &Py<PyType>,
) -> PyResult<()> {
    let flip = |key: &Value, hash: i64| {
        if !core.discard_hashed(vm, key, hash)? {
            core.add_hashed(vm, key, hash)?;
        }
        Ok(())
    };
    if let Some(source) = core_of(other) {
        if std::ptr::eq(core, source) {
            core.clear_all();
            return Ok(());
        }
        return each(source, flip);
    }
    if let Some(dict) = exact_dict(other) {
        return each_dict_key(dict, |key, hash| flip(&key, hash));
    }
    let source = make(vm, class, Some(other))?;
    match core_of(&source) {
        Some(source) => each(source, flip),
        None => Ok(()),
    }
}

/// `set ^ other`
pub(super) fn symmetric_difference(vm: Vm<'_>, set: &Value, other: &Value) -> PyResult<Value> {
    let class = basic_class(set);
    let new = make(vm, class, Some(other))?;
    if let Some(core) = core_of(&new) {
        symmetric_update_core(vm, core, set, class)?;
    }
    Ok(new)
}

/// Whether every element of `set` is in `other`.
pub(super) fn is_subset(vm: Vm<'_>, set: &Value, other: &Value) -> PyResult<bool> {
    let Some(core) = core_of(set) else { return Ok(false) };
    let Some(container) = core_of(other) else {
        let common = intersection(vm, set, other)?;
        return Ok(core_of(&common).map_or(0, SetCore::len) == core.len());
    };
    if core.len() > container.len() {
        return Ok(false);
    }
    any(vm, core, container, false).map(|missing| !missing)
}

/// Whether every element of `other` is in `set`.
pub(super) fn is_superset(vm: Vm<'_>, set: &Value, other: &Value) -> PyResult<bool> {
    if core_of(other).is_some() {
        return is_subset(vm, other, set);
    }
    let Some(core) = core_of(set) else { return Ok(false) };
    let iterator = vm.iter(other)?;
    while let Some(item) = vm.next(&iterator)? {
        if !core.contains(vm, &item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether the sets have nothing in common.
pub(super) fn is_disjoint(vm: Vm<'_>, set: &Value, other: &Value) -> PyResult<bool> {
    let Some(core) = core_of(set) else { return Ok(false) };
    if set.is(other) {
        return Ok(core.is_empty());
    }
    if let Some(second) = core_of(other) {
        let (searched, walked) =
            if second.len() > core.len() { (second, core) } else { (core, second) };
        return any(vm, walked, searched, true).map(|common| !common);
    }
    let iterator = vm.iter(other)?;
    while let Some(item) = vm.next(&iterator)? {
        if core.contains(vm, &item)? {
            return Ok(false);
        }
    }
    Ok(true)
}
