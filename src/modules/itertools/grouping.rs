//! `itertools.groupby`: runs of items with equal keys.

use std::cell::Cell;

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::gil_cell::HotCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::payload;
use objects::protocol::iterate::self_iter;
use objects::types::tuple::PyTuple;

use super::{bind, positional};

payload! {
    /// The payload of groupby.
    pub(crate) struct PyGroupBy: GROUPBY, gc {
        iterator: Value,
        function: Option<Value>,
        /// The key of the group that was given last.
        target: HotCell<Option<Value>>,
        current_key: HotCell<Option<Value>>,
        current_value: HotCell<Option<Value>>,
        /// The number of the group that may still be gone through.
        group: Cell<usize>,
    }
}

payload! {
    /// The payload of one group.
    pub(crate) struct PyGrouper: GROUPER, gc {
        parent: PyRef<PyGroupBy>,
        key: Value,
        number: Cell<usize>,
    }
}

/// `itertools.groupby`
pub(crate) static GROUPBY: StaticType = StaticType::new::<PyGroupBy>();
/// `itertools._grouper`
pub(crate) static GROUPER: StaticType = StaticType::new::<PyGrouper>();

/// The spec of `itertools.groupby`.
pub(crate) const GROUPBY_SPEC: TypeSpec = TypeSpec {
    name: "itertools.groupby",
    doc: Some(
        "groupby(iterable, key=None)\n--\n\nmake an iterator that returns consecutive keys and groups from the iterable\n\n  iterable\n    Elements to divide into groups according to the key function.\n  key\n    A function for computing the group category for each element.\n    If the key function is not specified or is None, the element itself\n    is used for grouping.",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(groupby_next), Slot::New(groupby_new)],
    ..TypeSpec::DEFAULT
};

/// The spec of `itertools._grouper`.
pub(crate) const GROUPER_SPEC: TypeSpec = TypeSpec {
    name: "itertools._grouper",
    slots: &[Slot::Iter(self_iter), Slot::Iternext(grouper_next), Slot::New(grouper_new)],
    ..TypeSpec::DEFAULT
};

fn groupby_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let [iterable, key] = bind(vm, "groupby", ["iterable", "key"], 2, 1, args)?;
    let Some(iterable) = iterable else { return Ok(Value::NONE) };
    let payload = PyGroupBy {
        iterator: vm.iter(iterable)?,
        function: key.filter(|key| !key.is_none()).cloned(),
        target: HotCell::new(None),
        current_key: HotCell::new(None),
        current_value: HotCell::new(None),
        group: Cell::new(0),
    };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

/// Takes the next item and its key; false at the end.
fn step(vm: Vm<'_>, this: &PyGroupBy) -> PyResult<bool> {
    let Some(value) = vm.next(&this.iterator)? else { return Ok(false) };
    let key = match &this.function {
        None => value.clone(),
        Some(function) => vm.call(function, std::slice::from_ref(&value))?,
    };
    this.current_value.set(Some(value));
    this.current_key.set(Some(key));
    Ok(true)
}

fn groupby_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyGroupBy>();
    this.group.set(this.group.get().wrapping_add(1));
    loop {
        match (this.current_key.get(), this.target.get()) {
            (None, _) => {}
            (Some(_), None) => break,
            (Some(current), Some(target)) => {
                if !vm.equal(&target, &current)? {
                    break;
                }
            }
        }
        if !step(vm, this)? {
            return Ok(None);
        }
        vm.poll()?;
    }
    let Some(key) = this.current_key.get() else { return Ok(None) };
    this.target.set(Some(key.clone()));
    let group = make_grouper(vm, this, key.clone());
    PyTuple::pair(vm, key, group).map(|pair| Some(pair.into_value()))
}

fn make_grouper(vm: Vm<'_>, parent: &Py<PyGroupBy>, key: Value) -> Value {
    let number = parent.group.get().wrapping_add(1);
    parent.group.set(number);
    let payload = PyGrouper { parent: parent.to_ref(), key, number: Cell::new(number) };
    PyRef::new(vm, payload).into_value()
}

fn grouper_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let given = positional(vm, class, &GROUPER, (2, 2), args)?;
    let Some(parent) = given[0].downcast::<PyGroupBy>() else {
        return Err(vm.type_error(format!(
            "_grouper() argument 1 must be itertools.groupby, not {}",
            vm.type_text(&given[0])
        )));
    };
    Ok(make_grouper(vm, parent, given[1].clone()))
}

fn grouper_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyGrouper>();
    let parent = &this.parent;
    if parent.group.get() != this.number.get() {
        return Ok(None);
    }
    if parent.current_value.with(Option::is_none) && !step(vm, parent)? {
        return Ok(None);
    }
    let Some(current) = parent.current_key.get() else { return Ok(None) };
    if !vm.equal(&this.key, &current)? {
        return Ok(None);
    }
    let item = parent.current_value.take();
    parent.current_key.set(None);
    Ok(item)
}
