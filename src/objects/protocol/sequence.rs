//! Length, items, containment, concatenation, repetition.

use crate::core::errors::PyResult;
use crate::core::type_object::{PyType, TYPE};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::number;

pub use super::iterate::is_sequence;

impl Vm<'_> {
    /// `len(value)`
    ///
    /// # Errors
    /// TypeError when it has none, or what `__len__` raises.
    pub fn length(self, value: &Value) -> PyResult<usize> {
        let slots = &value.class().slots;
        match slots.sq_length.get().or(slots.mp_length.get()) {
            Some(length) => length(self, value),
            None => {
                Err(self
                    .type_error(format!("object of type '{}' has no len()", value.class().name())))
            }
        }
    }

    /// `key in container`
    ///
    /// # Errors
    /// TypeError when it is no container, or what the comparison raises.
    pub fn contains(self, container: &Value, key: &Value) -> PyResult<bool> {
        if let Some(contains) = container.class().slots.sq_contains.get() {
            return contains(self, container, key);
        }
        contains_by_iteration(self, container, key)
    }

    /// Item by position, negative ones counted from the end (`PySequence_GetItem`).
    ///
    /// # Errors
    /// IndexError, or what the item's lookup raises.
    pub fn sequence_item(self, value: &Value, index: isize) -> PyResult<Value> {
        let slots = &value.class().slots;
        let Some(item) = slots.sq_item.get() else {
            return Err(self.type_error(format!(
                "'{}' object does not support indexing",
                value.class().name()
            )));
        };
        let mut index = index;
        if index < 0
            && let Some(length) = slots.sq_length.get()
        {
            let length = length(self, value)?;
            index = index.saturating_add(isize::try_from(length).unwrap_or(isize::MAX));
        }
        item(self, value, index)
    }

    /// `a + b` of sequences (`PySequence_Concat`).
    ///
    /// # Errors
    /// TypeError, or what the concatenation raises.
    pub fn concat(self, a: &Value, b: &Value) -> PyResult<Value> {
        if let Some(concat) = a.class().slots.sq_concat.get() {
            return concat(self, a, b);
        }
        Err(self.type_error(format!("'{}' object can't be concatenated", a.class().name())))
    }
}

/// Containment by going through the items (`_PySequence_IterSearch`).
///
/// # Errors
/// TypeError when it is not iterable, or what iterating raises.
pub fn contains_by_iteration(vm: Vm<'_>, container: &Value, key: &Value) -> PyResult<bool> {
    let iterable = container.class().slots.iter.get().is_some() || is_sequence(container);
    if !iterable {
        return Err(vm.type_error(format!(
            "argument of type '{}' is not a container or iterable",
            container.class().name()
        )));
    }
    let iterator = vm.iter(container)?;
    let mut count = 0u32;
    while let Some(item) = vm.next(&iterator)? {
        if vm.equal(&item, key)? {
            return Ok(true);
        }
        count = count.wrapping_add(1);
        if count.is_multiple_of(256) {
            vm.poll()?;
        }
    }
    Ok(false)
}

/// What subscripting a value without the slots gives: `int[...]` through `__class_getitem__`.
pub(super) fn class_item(vm: Vm<'_>, value: &Value, key: &Value) -> PyResult<Value> {
    let Some(class) = value.downcast::<PyType>() else {
        return Err(
            vm.type_error(format!("'{}' object is not subscriptable", value.class().name()))
        );
    };
    if class.is(TYPE.get()) {
        return crate::types::generic_alias::new(vm, value, key);
    }
    let method = vm.get_attr_opt(value, &vm.names().__class_getitem__)?;
    match method {
        Some(method) if !method.is_none() => vm.call(&method, std::slice::from_ref(key)),
        _ => Err(vm.type_error(format!("type '{}' is not subscriptable", class.name()))),
    }
}

/// A repetition count, as CPython's sequences take it.
///
/// # Errors
/// TypeError, OverflowError.
pub fn repeat_count(vm: Vm<'_>, count: &Value) -> PyResult<isize> {
    if !number::has_index(count) {
        return Err(vm.type_error(format!(
            "can't multiply sequence by non-int of type '{}'",
            count.class().name()
        )));
    }
    number::as_isize(vm, count)
}
