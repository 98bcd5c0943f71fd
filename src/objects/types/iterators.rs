//! Iterators that no type owns: over sequences by position.

use std::cell::Cell;

use crate::core::errors::PyResult;
use crate::core::gil_cell::HotCell;
use crate::core::pyref::PyRef;
use crate::core::slots::Slot;
use crate::core::type_object::StaticType;
use crate::core::type_spec::TypeSpec;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::payload;
use crate::protocol::iterate::self_iter;
use crate::types::exceptions::hierarchy::{INDEX_ERROR, STOP_ITERATION};

payload! {
    /// The payload of an iterator over anything with `__getitem__`.
    pub struct PySequenceIterator: SEQUENCE_ITERATOR, gc {
        index: Cell<isize>,
        sequence: HotCell<Option<Value>>,
    }
}

/// `iterator`
pub static SEQUENCE_ITERATOR: StaticType = StaticType::new::<PySequenceIterator>();

/// An iterator over `sequence` by position (`PySeqIter_New`).
///
/// # Errors
/// Never.
pub fn sequence_iterator(vm: Vm<'_>, sequence: &Value) -> PyResult<Value> {
    let payload =
        PySequenceIterator { index: Cell::new(0), sequence: HotCell::new(Some(sequence.clone())) };
    Ok(PyRef::new(vm, payload).into_value())
}

fn sequence_iterator_next(vm: Vm<'_>, this: &Value) -> PyResult<Option<Value>> {
    let this = this.receiver::<PySequenceIterator>();
    let Some(sequence) = this.sequence.get() else { return Ok(None) };
    let index = this.index.get();
    if index == isize::MAX {
        return Err(vm.overflow_error("iter index too large"));
    }
    match vm.sequence_item(&sequence, index) {
        Ok(item) => {
            this.index.set(index + 1);
            Ok(Some(item))
        }
        Err(raised)
            if vm.raised_is(&raised, &INDEX_ERROR) || vm.raised_is(&raised, &STOP_ITERATION) =>
        {
            vm.clear(raised);
            this.sequence.set(None);
            Ok(None)
        }
        Err(raised) => Err(raised),
    }
}

/// The spec of the sequence iterator.
pub const SEQUENCE_ITERATOR_SPEC: TypeSpec = TypeSpec {
    name: "iterator",
    slots: &[Slot::Iter(self_iter), Slot::Iternext(sequence_iterator_next)],
    ..TypeSpec::DEFAULT
};
