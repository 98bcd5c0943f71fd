//! Iterators over a list, forwards and backwards.

use std::cell::Cell;

use super::PyList;
use crate::core::errors::PyResult;
use crate::core::gil_cell::HotCell;
use crate::core::pyref::PyRef;
use crate::core::slots::Slot;
use crate::core::type_object::StaticType;
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::iterate::self_iter;
use crate::protocol::number;
use crate::types::seq_shared;
use crate::types::tuple::PyTuple;
use crate::{methods, payload};

payload! {
    /// The payload of an iterator over a list.
    pub struct PyListIterator: LIST_ITERATOR, gc {
        index: Cell<usize>,
        list: HotCell<Option<PyRef<PyList>>>,
    }
}

payload! {
    /// The payload of a backward iterator over a list.
    pub(crate) struct PyListReverseIterator: LIST_REVERSE_ITERATOR, gc {
        /// The next index; below 0 at the end.
        index: Cell<isize>,
        list: HotCell<Option<PyRef<PyList>>>,
    }
}

/// `list_iterator`
pub static LIST_ITERATOR: StaticType = StaticType::new::<PyListIterator>();
/// `list_reverseiterator`
pub static LIST_REVERSE_ITERATOR: StaticType = StaticType::new::<PyListReverseIterator>();

methods! { METHODS:
    /// Private method returning an estimate of len(list(it)).
    ["__length_hint__"] "($self, /)" None(length_hint);
    /// Return state information for pickling.
    ["__reduce__"] "($self, /)" None(reduce);
    /// Set state information for unpickling.
    ["__setstate__"] "($self, object, /)" One(setstate);
}

methods! { REVERSE_METHODS:
    /// Private method returning an estimate of len(list(it)).
    ["__length_hint__"] "($self, /)" None(reverse_length_hint);
    /// Return state information for pickling.
    ["__reduce__"] "($self, /)" None(reverse_reduce);
    /// Set state information for unpickling.
    ["__setstate__"] "($self, object, /)" One(reverse_setstate);
}

/// The spec of `list_iterator`.
pub const LIST_ITERATOR_SPEC: TypeSpec = TypeSpec {
    name: "list_iterator",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(next)],
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

/// The spec of `list_reverseiterator`.
pub const LIST_REVERSE_ITERATOR_SPEC: TypeSpec = TypeSpec {
    name: "list_reverseiterator",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(reverse_next)],
    methods: REVERSE_METHODS,
    ..TypeSpec::DEFAULT
};

/// `iter(list)`
pub(super) fn iter(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let list = value.receiver::<PyList>().to_ref();
    let payload = PyListIterator { index: Cell::new(0), list: HotCell::new(Some(list)) };
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

/// `list.__reversed__()`
pub(super) fn reversed(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let list = value.receiver::<PyList>().to_ref();
    let last = list.len().cast_signed() - 1;
    let payload = PyListReverseIterator { index: Cell::new(last), list: HotCell::new(Some(list)) };
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

impl PyListIterator {
    /// The next item if there is one; at the end nothing changes.
    #[inline]
    pub fn advance_within(&self) -> Option<Value> {
        let index = self.index.get();
        let item = self.list.with(|list| list.as_ref()?.get(index))?;
        self.index.set(index + 1);
        Some(item)
    }

    /// Ends the iteration: the list is let go.
    pub fn finish(&self) {
        drop(self.list.take());
    }

    /// The next item.
    #[inline]
    pub fn advance(&self) -> Option<Value> {
        let index = self.index.get();
        let item = self.list.with(|list| list.as_ref()?.get(index));
        match item {
            Some(item) => {
                self.index.set(index + 1);
                Some(item)
            }
            None => {
                drop(self.list.take());
                None
            }
        }
    }
}

fn next(_vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    Ok(value.receiver::<PyListIterator>().advance())
}

fn reverse_next(_vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyListReverseIterator>();
    let index = this.index.get();
    let item = usize::try_from(index)
        .ok()
        .and_then(|index| this.list.with(|list| list.as_ref()?.get(index)));
    match item {
        Some(item) => {
            this.index.set(index - 1);
            Ok(Some(item))
        }
        None => {
            this.index.set(-1);
            drop(this.list.take());
            Ok(None)
        }
    }
}

fn length_hint(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = value.receiver::<PyListIterator>();
    let length = this.list.with(|list| list.as_ref().map_or(0, |list| list.len()));
    Ok(Value::from_usize(length.saturating_sub(this.index.get())))
}

fn reverse_length_hint(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = value.receiver::<PyListReverseIterator>();
    let length = this.list.with(|list| list.as_ref().map_or(0, |list| list.len()));
    let left = usize::try_from(this.index.get() + 1).unwrap_or(0);
    Ok(Value::from_usize(if length < left { 0 } else { left }))
}

fn exhausted(vm: Vm<'_>) -> PyResult<Value> {
    let function = seq_shared::builtin(vm, "iter")?;
    let empty = PyList::new_value(vm, Vec::new());
    Ok(PyTuple::new_value(vm, &[function, PyTuple::new_value(vm, &[empty])]))
}

fn reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = value.receiver::<PyListIterator>();
    let Some(list) = this.list.get() else { return exhausted(vm) };
    let function = seq_shared::builtin(vm, "iter")?;
    let args = PyTuple::new_value(vm, &[list.into_value()]);
    Ok(PyTuple::new_value(vm, &[function, args, Value::from_usize(this.index.get())]))
}

fn reverse_reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = value.receiver::<PyListReverseIterator>();
    let Some(list) = this.list.get() else { return exhausted(vm) };
    let function = seq_shared::builtin(vm, "reversed")?;
    let args = PyTuple::new_value(vm, &[list.into_value()]);
    let index = Value::small_int_unchecked(i64::try_from(this.index.get()).unwrap_or(-1));
    Ok(PyTuple::new_value(vm, &[function, args, index]))
}

fn setstate(vm: Vm<'_>, value: &Value, state: &Value) -> PyResult<Value> {
    let index = number::as_ssize(vm, state)?;
    let this = value.receiver::<PyListIterator>();
    let length = this.list.with(|list| list.as_ref().map(|list| list.len()));
    if let Some(length) = length {
        this.index.set(usize::try_from(index).unwrap_or(0).min(length));
    }
    Ok(Value::NONE)
}

fn reverse_setstate(vm: Vm<'_>, value: &Value, state: &Value) -> PyResult<Value> {
    let index = number::as_ssize(vm, state)?;
    let this = value.receiver::<PyListReverseIterator>();
    let length = this.list.with(|list| list.as_ref().map(|list| list.len()));
    if let Some(length) = length {
        this.index.set(index.clamp(-1, length.cast_signed() - 1));
    }
    Ok(Value::NONE)
}
