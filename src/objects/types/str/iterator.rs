//! `str_iterator`: the characters one after the other.

use std::cell::Cell;

use super::{PyStr, storage};
use crate::core::errors::PyResult;
use crate::core::gil_cell::HotCell;
use crate::core::pyref::PyRef;
use crate::core::slots::Slot;
use crate::core::type_object::StaticType;
use crate::core::type_spec::TypeSpec;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::{iterate, number};
use crate::types::tuple::PyTuple;
use crate::{methods, payload};

payload! {
    /// The payload of an iterator over a str; its string is gone when it is exhausted.
    pub struct PyStrIterator: STR_ITERATOR, gc {
        string: HotCell<Option<PyRef<PyStr>>>,
        at: Position,
    }
}

/// The index of the next character.
pub struct Position(Cell<usize>);

impl crate::core::gc::Traverse for Position {
    fn traverse(&self, _visitor: &mut crate::core::gc::Visitor<'_>) {}
}

/// `str_iterator`
pub static STR_ITERATOR: StaticType = StaticType::new::<PyStrIterator>();

/// The spec of `str_iterator`.
pub const STR_ITERATOR_SPEC: TypeSpec = TypeSpec {
    name: "str_iterator",
    slots: &[Slot::Iter(iterate::self_iter), Slot::Iternext(str_iterator_next)],
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Private method returning an estimate of len(list(it)).
    ["__length_hint__"] "($self, /)" None(str_iterator_length_hint);
    /// Return state information for pickling.
    ["__reduce__"] "($self, /)" None(str_iterator_reduce);
    /// Set state information for unpickling.
    ["__setstate__"] "($self, object, /)" One(str_iterator_setstate);
}

/// `iter(string)`
pub(super) fn str_iter(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let string = this.receiver::<PyStr>().to_ref();
    let payload = PyStrIterator { string: HotCell::new(Some(string)), at: Position(Cell::new(0)) };
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

impl PyStrIterator {
    /// The next character, when it is one of those that exist once; None, with nothing changed, for any other, and at the end.
    #[inline]
    pub fn advance_cached(&self) -> Option<Value> {
        let at = self.at.0.get();
        let found = self.string.with(|string| storage::cached_char_at(string.as_ref()?, at))?;
        self.at.0.set(at + 1);
        Some(found.to_value())
    }
}

fn str_iterator_next(vm: Vm<'_>, this: &Value) -> PyResult<Option<Value>> {
    let this = this.receiver::<PyStrIterator>();
    if let Some(character) = this.advance_cached() {
        return Ok(Some(character));
    }
    let at = this.at.0.get();
    let point = this.string.with(|string| string.as_ref().and_then(|s| storage::char_at(s, at)));
    match point {
        Some(point) => {
            this.at.0.set(at + 1);
            storage::from_point(vm, point).map(|c| Some(c.into_value()))
        }
        None => {
            this.string.set(None);
            Ok(None)
        }
    }
}

fn remaining(this: &Value) -> usize {
    let this = this.receiver::<PyStrIterator>();
    let length = this.string.with(|string| string.as_ref().map_or(0, |s| s.len()));
    length.saturating_sub(this.at.0.get())
}

fn str_iterator_length_hint(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(remaining(this)))
}

fn str_iterator_reduce(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let iter = crate::types::seq_shared::builtin(vm, "iter")?;
    let it = this.receiver::<PyStrIterator>();
    Ok(match it.string.get() {
        Some(string) => PyTuple::new_value(
            vm,
            &[
                iter,
                PyTuple::new_value(vm, &[string.into_value()]),
                Value::from_usize(it.at.0.get()),
            ],
        ),
        None => {
            let empty = storage::empty(vm).into_value();
            PyTuple::new_value(vm, &[iter, PyTuple::new_value(vm, &[empty])])
        }
    })
}

fn str_iterator_setstate(vm: Vm<'_>, this: &Value, state: &Value) -> PyResult<Value> {
    let index = number::as_ssize(vm, state)?;
    let it = this.receiver::<PyStrIterator>();
    let length = it.string.with(|string| string.as_ref().map_or(0, |s| s.len()));
    it.at.0.set(usize::try_from(index).unwrap_or(0).min(length));
    Ok(Value::NONE)
}
