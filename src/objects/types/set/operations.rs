//! The algebra of sets, in CPython's order of steps: the order of the results' elements depends on it.

use super::table::SetTable;
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
    each(core, |key, hash| {
        let there = match (core_of(other), exact_dict(other)) {
            (Some(other), _) => other.contains_hashed(vm, key, hash)?,
            (None, Some(dict)) => dict.find(vm, key, hash)?.is_some(),
            (None, None) => false,
        };
        if !there {
            result.add_hashed(vm, key, hash)?;
        }
        Ok(())
    })?;
    Ok(new)
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
        each(walked, |key, hash| {
            if searched.contains_hashed(vm, key, hash)? {
                result.add_hashed(vm, key, hash)?;
            }
            Ok(())
        })?;
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
    let mut place = 0;
    while let Some((at, hash, key)) = core.next_key(place) {
        place = at + 1;
        if !container.contains_hashed(vm, &key, hash)? {
            return Ok(false);
        }
    }
    Ok(true)
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
        let mut place = 0;
        while let Some((at, hash, key)) = walked.next_key(place) {
            place = at + 1;
            if searched.contains_hashed(vm, &key, hash)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    let iterator = vm.iter(other)?;
    while let Some(item) = vm.next(&iterator)? {
        if core.contains(vm, &item)? {
            return Ok(false);
        }
    }
    Ok(true)
}
