//! `itertools.tee`: several iterators over one, with what some have seen kept in a chain of blocks for the others.

use std::cell::Cell;

use objects::core::args::{Args, check_count};
use objects::core::errors::PyResult;
use objects::core::gil_cell::{GilCell, HotCell};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{MethodDef, TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::iterate::self_iter;
use objects::protocol::number;
use objects::types::tuple::PyTuple;
use objects::{methods, payload};

use super::positional;

/// Items of one block.
const BLOCK: usize = 57;

payload! {
    /// One block of the chain.
    pub(crate) struct PyTeeData: TEE_DATA, gc {
        iterator: Value,
        values: GilCell<Vec<Value>>,
        next: HotCell<Option<PyRef<PyTeeData>>>,
        running: Cell<bool>,
    }
}

payload! {
    /// One of the iterators.
    pub(crate) struct PyTee: TEE, gc {
        data: HotCell<PyRef<PyTeeData>>,
        index: Cell<usize>,
    }
}

/// `itertools._tee`
pub(crate) static TEE: StaticType = StaticType::new::<PyTee>();
/// `itertools._tee_dataobject`
pub(crate) static TEE_DATA: StaticType = StaticType::new::<PyTeeData>();

methods! { FUNCTIONS_TABLE:
    /// Returns a tuple of n independent iterators.
    ["tee"] "($module, iterable, n=2, /)" Positional(tee);
}

/// The module's functions.
pub(super) const FUNCTIONS: &[MethodDef] = FUNCTIONS_TABLE;

methods! { METHODS:
    /// Returns an independent iterator.
    ["__copy__"] "($self, /)" None(copy);
}

/// The spec of `itertools._tee`.
pub(crate) const TEE_SPEC: TypeSpec = TypeSpec {
    name: "itertools._tee",
    doc: Some("_tee(iterable, /)\n--\n\nIterator wrapped to make it copyable."),
    flags: spec_flags::HAS_WEAKREF,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(next), Slot::New(new)],
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

/// The spec of `itertools._tee_dataobject`.
pub(crate) const TEE_DATA_SPEC: TypeSpec = TypeSpec {
    name: "itertools._tee_dataobject",
    doc: Some("teedataobject(iterable, values, next, /)\nData that several tee objects share."),
    flags: spec_flags::DISALLOW_INSTANTIATION,
    ..TypeSpec::DEFAULT
};

/// A long chain of blocks ends block by block, not by recursion.
impl Drop for PyTeeData {
    fn drop(&mut self) {
        let mut next = self.next.take();
        while let Some(block) = next {
            next = if block.as_object().refcount() == 1 { block.next.take() } else { None };
        }
    }
}

fn block(vm: Vm<'_>, iterator: Value) -> PyRef<PyTeeData> {
    let payload = PyTeeData {
        iterator,
        values: GilCell::default(),
        next: HotCell::new(None),
        running: Cell::new(false),
    };
    PyRef::new(vm, payload)
}

fn from_iterable(vm: Vm<'_>, class: &Py<PyType>, iterable: &Value) -> PyResult<Value> {
    let iterator = vm.iter(iterable)?;
    let payload = match iterator.downcast::<PyTee>() {
        Some(known) => PyTee { data: HotCell::new(known.data.get()), index: known.index.clone() },
        None => PyTee { data: HotCell::new(block(vm, iterator)), index: Cell::new(0) },
    };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let given = positional(vm, class, &TEE, (1, 1), args)?;
    from_iterable(vm, class, &given[0])
}

fn copy(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = value.receiver::<PyTee>();
    let payload = PyTee { data: HotCell::new(this.data.get()), index: this.index.clone() };
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

fn tee(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "tee", args.len(), 1, 2)?;
    let count = match args.get(1) {
        Some(count) => number::as_isize(vm, count)?,
        None => 2,
    };
    let count = usize::try_from(count).map_err(|_| vm.value_error("n must be >= 0"))?;
    if count == 0 {
        return Ok(PyTuple::new_value(vm, &[]));
    }
    let mut all = Vec::new();
    if all.try_reserve_exact(count).is_err() {
        return Err(vm.memory_error());
    }
    let first = from_iterable(vm, TEE.get(), &args[0])?;
    for _ in 1..count {
        all.push(copy(vm, &first)?);
    }
    all.insert(0, first);
    PyTuple::try_from_vec(vm, all).map(PyRef::into_value)
}

fn next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyTee>();
    if this.index.get() >= BLOCK {
        let data = this.data.get();
        let following = match data.next.get() {
            Some(following) => following,
            None => {
                let new = block(vm, data.iterator.clone());
                data.next.set(Some(new.clone()));
                new
            }
        };
        this.data.set(following);
        this.index.set(0);
    }
    let data = this.data.get();
    let index = this.index.get();
    let known = data.values.with(|values| values.get(index).cloned());
    let item = match known {
        Some(item) => item,
        None => {
            if data.running.replace(true) {
                return Err(vm.runtime_error("cannot re-enter the tee iterator"));
            }
            let item = vm.next(&data.iterator);
            data.running.set(false);
            let Some(item) = item? else { return Ok(None) };
            let kept = item.clone();
            data.values.with_mut(|values| values.push(kept));
            item
        }
    };
    this.index.set(index + 1);
    Ok(Some(item))
}
