//! `bytes_iterator` and `bytearray_iterator`: ints one after the other.

use std::cell::Cell;

use super::PyBytes;
use super::shared::with_contents;
use crate::core::errors::PyResult;
use crate::core::gc::{Traverse, Visitor};
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

/// The index of the next byte.
pub struct Position(Cell<usize>);

impl Traverse for Position {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

payload! {
    /// The payload of an iterator over bytes; its sequence is gone when it is exhausted.
    pub struct PyBytesIterator: BYTES_ITERATOR, gc {
        sequence: HotCell<Option<Value>>,
        at: Position,
    }
}

payload! {
    /// The payload of an iterator over a bytearray.
    pub struct PyByteArrayIterator: BYTEARRAY_ITERATOR, gc {
        sequence: HotCell<Option<Value>>,
        at: Position,
    }
}

/// `bytes_iterator`
pub static BYTES_ITERATOR: StaticType = StaticType::new::<PyBytesIterator>();
/// `bytearray_iterator`
pub static BYTEARRAY_ITERATOR: StaticType = StaticType::new::<PyByteArrayIterator>();

/// The spec of `bytes_iterator`.
pub const BYTES_ITERATOR_SPEC: TypeSpec = TypeSpec {
    name: "bytes_iterator",
    slots: &[Slot::Iter(iterate::self_iter), Slot::Iternext(next)],
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

/// The spec of `bytearray_iterator`.
pub const BYTEARRAY_ITERATOR_SPEC: TypeSpec = TypeSpec {
    name: "bytearray_iterator",
    slots: &[Slot::Iter(iterate::self_iter), Slot::Iternext(next)],
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Private method returning an estimate of len(list(it)).
    ["__length_hint__"] "($self, /)" None(length_hint);
    /// Return state information for pickling.
    ["__reduce__"] "($self, /)" None(reduce);
    /// Set state information for unpickling.
    ["__setstate__"] "($self, object, /)" One(setstate);
}

pub(super) fn bytes_iter(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let sequence = HotCell::new(Some(this.clone()));
    let payload = PyBytesIterator { sequence, at: Position(Cell::new(0)) };
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

pub(super) fn bytearray_iter(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let sequence = HotCell::new(Some(this.clone()));
    let payload = PyByteArrayIterator { sequence, at: Position(Cell::new(0)) };
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

impl PyBytesIterator {
    /// The next byte of exact bytes; None, with nothing changed, for a subclass, and at the end.
    #[inline]
    pub fn advance_within(&self) -> Option<Value> {
        let at = self.at.0.get();
        let byte = self.sequence.with(|sequence| {
            let bytes = sequence.as_ref()?.downcast_exact::<PyBytes>()?;
            bytes.as_slice().get(at).copied()
        })?;
        self.at.0.set(at + 1);
        Some(Value::small_int_unchecked(i64::from(byte)))
    }
}

fn parts(this: &Value) -> (&HotCell<Option<Value>>, &Cell<usize>) {
    match this.downcast::<PyBytesIterator>() {
        Some(iterator) => (&iterator.sequence, &iterator.at.0),
        None => {
            let iterator = this.receiver::<PyByteArrayIterator>();
            (&iterator.sequence, &iterator.at.0)
        }
    }
}

fn next(_vm: Vm<'_>, this: &Value) -> PyResult<Option<Value>> {
    let (sequence, at) = parts(this);
    let byte = sequence.with(|sequence| {
        let sequence = sequence.as_ref()?;
        with_contents(sequence, |bytes| bytes.get(at.get()).copied())
    });
    match byte {
        Some(byte) => {
            at.set(at.get() + 1);
            Ok(Some(Value::small_int_unchecked(i64::from(byte))))
        }
        None => {
            sequence.set(None);
            Ok(None)
        }
    }
}

fn remaining(this: &Value) -> usize {
    let (sequence, at) = parts(this);
    let length = sequence.with(|s| s.as_ref().map_or(0, |s| with_contents(s, <[u8]>::len)));
    length.saturating_sub(at.get())
}

fn length_hint(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(remaining(this)))
}

fn reduce(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let iter = crate::types::seq_shared::builtin(vm, "iter")?;
    let (sequence, at) = parts(this);
    Ok(match sequence.get() {
        Some(sequence) => PyTuple::new_value(
            vm,
            &[iter, PyTuple::new_value(vm, &[sequence]), Value::from_usize(at.get())],
        ),
        None => {
            PyTuple::new_value(vm, &[iter, PyTuple::new_value(vm, &[PyTuple::new_value(vm, &[])])])
        }
    })
}

fn setstate(vm: Vm<'_>, this: &Value, state: &Value) -> PyResult<Value> {
    let index = number::as_ssize(vm, state)?;
    let (sequence, at) = parts(this);
    let length = sequence.with(|s| s.as_ref().map_or(0, |s| with_contents(s, <[u8]>::len)));
    at.set(usize::try_from(index).unwrap_or(0).min(length));
    Ok(Value::NONE)
}
