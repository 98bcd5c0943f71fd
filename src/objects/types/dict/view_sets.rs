//! The set operations of dict views.

use super::views::{dict_of, is_set_like};
use crate::core::errors::PyResult;
use crate::core::slots::CompareOp;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::set::{self, PySet};

fn is_comparable(value: &Value) -> bool {
    set::is_any_set(value) || is_set_like(value)
}

fn all_contained(vm: Vm<'_>, items: &Value, container: &Value) -> PyResult<bool> {
    let iterator = vm.iter(items)?;
    while let Some(item) = vm.next(&iterator)? {
        if !vm.contains(container, &item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) fn richcompare(vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    if !is_comparable(b) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let (left, right) = (vm.length(a)?, vm.length(b)?);
    let answer = match op {
        CompareOp::Eq => left == right && all_contained(vm, a, b)?,
        CompareOp::Ne => !(left == right && all_contained(vm, a, b)?),
        CompareOp::Lt => left < right && all_contained(vm, a, b)?,
        CompareOp::Le => left <= right && all_contained(vm, a, b)?,
        CompareOp::Gt => left > right && all_contained(vm, b, a)?,
        CompareOp::Ge => left >= right && all_contained(vm, b, a)?,
    };
    Ok(Value::from_bool(answer))
}

pub(super) fn subtract(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let result = PySet::from_iterable(vm, a)?;
    vm.for_each(b, |item| result.discard(vm, &item).map(|_| ()))?;
    Ok(result.into_value())
}

pub(super) fn and(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let (mut view, mut other) = (a, b);
    if !is_set_like(view) {
        (view, other) = (other, view);
    }
    // The smaller one is gone through.
    if is_set_like(other) && dict_of(other).len() > dict_of(view).len() {
        (view, other) = (other, view);
    }
    let result = PySet::new_ref(vm);
    vm.for_each(other, |item| {
        if vm.contains(view, &item)? {
            result.add(vm, &item)?;
        }
        Ok(())
    })?;
    Ok(result.into_value())
}

pub(super) fn or(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let result = PySet::from_iterable(vm, a)?;
    set::update(vm, &result, b)?;
    Ok(result.into_value())
}

pub(super) fn xor(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let result = PySet::from_iterable(vm, a)?;
    let other = PySet::from_iterable(vm, b)?.into_value();
    set::symmetric_update(vm, &result, &other)?;
    Ok(result.into_value())
}

pub(super) fn isdisjoint(vm: Vm<'_>, view: &Value, other: &Value) -> PyResult<Value> {
    let (mut container, mut items) = (view, other);
    if view.is(other) {
        return Ok(Value::from_bool(vm.length(view)? == 0));
    }
    if is_comparable(other) && vm.length(other)? > vm.length(view)? {
        (container, items) = (other, view);
    }
    let iterator = vm.iter(items)?;
    while let Some(item) = vm.next(&iterator)? {
        if vm.contains(container, &item)? {
            return Ok(Value::FALSE);
        }
    }
    Ok(Value::TRUE)
}
