//! The iterator over a set or frozenset.

use std::cell::Cell;

use super::{core_of, exact_core_of};
use crate::core::errors::PyResult;
use crate::core::gil_cell::HotCell;
use crate::core::pyref::PyRef;
use crate::core::slots::Slot;
use crate::core::type_object::StaticType;
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::iterate::self_iter;
use crate::types::list::PyList;
use crate::types::seq_shared;
use crate::types::tuple::PyTuple;
use crate::{methods, payload};

payload! {
    /// The payload of an iterator over a set.
    pub struct PySetIterator: SET_ITERATOR, gc {
        set: HotCell<Option<Value>>,
        /// How many elements the set had; `usize::MAX` once it was found changed.
        used: Cell<usize>,
        place: Cell<usize>,
        left: Cell<usize>,
    }
}

/// `set_iterator`
pub static SET_ITERATOR: StaticType = StaticType::new::<PySetIterator>();

methods! { METHODS:
    /// Private method returning an estimate of len(list(it)).
    ["__length_hint__"] "($self, /)" None(length_hint);
    /// Return state information for pickling.
    ["__reduce__"] "($self, /)" None(reduce);
}

/// The spec of `set_iterator`.
pub const SET_ITERATOR_SPEC: TypeSpec = TypeSpec {
    name: "set_iterator",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(next)],
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

/// `iter(set)`
pub(super) fn iter(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let length = core_of(value).map_or(0, super::SetCore::len);
    let payload = PySetIterator {
        set: HotCell::new(Some(value.clone())),
        used: Cell::new(length),
        place: Cell::new(0),
        left: Cell::new(length),
    };
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

/// What [`PySetIterator::step`] found.
pub enum Step {
    /// The next element.
    Item(Value),
    /// There is none.
    End,
    /// The set is no exact set or frozenset, or not as long as it was, or let go; nothing has changed.
    Other,
}

impl PySetIterator {
    /// The next element of an exact set or frozenset that has as many as when the iteration began.
    #[inline]
    pub fn step(&self) -> Step {
        let core = self.set.with(|set| {
            let core = exact_core_of(set.as_ref()?)?;
            (self.used.get() == core.len()).then(|| core.next_key(self.place.get()))
        });
        match core {
            Some(Some((place, _, key))) => {
                self.went_past(place);
                Step::Item(key)
            }
            Some(None) => Step::End,
            None => Step::Other,
        }
    }

    /// The next element; None, with nothing changed, where [`step`](Self::step) finds something else.
    #[inline]
    pub fn advance_within(&self) -> Option<Value> {
        if let Step::Item(item) = self.step() { Some(item) } else { None }
    }

    /// Ends the iteration: the set is let go.
    pub fn finish(&self) {
        drop(self.set.take());
    }

    fn went_past(&self, place: usize) {
        self.place.set(place + 1);
        self.left.set(self.left.get().saturating_sub(1));
    }
}

fn next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PySetIterator>();
    match this.step() {
        Step::Item(key) => Ok(Some(key)),
        Step::End => {
            this.finish();
            Ok(None)
        }
        Step::Other => next_of_subclass(vm, this),
    }
}

fn next_of_subclass(vm: Vm<'_>, this: &PySetIterator) -> PyResult<Option<Value>> {
    let Some(set) = this.set.get() else { return Ok(None) };
    let Some(core) = core_of(&set) else { return Ok(None) };
    if this.used.get() != core.len() {
        this.used.set(usize::MAX);
        return Err(vm.runtime_error("Set changed size during iteration"));
    }
    match core.next_key(this.place.get()) {
        Some((place, _, key)) => {
            this.went_past(place);
            Ok(Some(key))
        }
        None => {
            this.finish();
            Ok(None)
        }
    }
}

fn length_hint(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = value.receiver::<PySetIterator>();
    let length = this.set.get().and_then(|set| core_of(&set).map(super::SetCore::len));
    Ok(Value::from_usize(if length == Some(this.used.get()) { this.left.get() } else { 0 }))
}

fn reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = value.receiver::<PySetIterator>();
    let mut rest = Vec::new();
    if let Some(set) = this.set.get()
        && let Some(core) = core_of(&set)
    {
        let mut place = this.place.get();
        while let Some((at, _, key)) = core.next_key(place) {
            place = at + 1;
            rest.push(key);
        }
    }
    let function = seq_shared::builtin(vm, "iter")?;
    let list = PyList::try_new_value(vm, rest)?;
    Ok(PyTuple::new_value(vm, &[function, PyTuple::new_value(vm, &[list])]))
}
