//! The views of a dict: keys, values, items.

use super::{PyDict, iter, view_sets};
use crate::core::errors::PyResult;
use crate::core::gc::{Traverse, Visitor};
use crate::core::object::Payload;
use crate::core::pyref::PyRef;
use crate::core::slots::Slot;
use crate::core::type_object::StaticType;
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::compare::hash_not_implemented;
use crate::types::seq_shared::{self, Text};
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{getset, methods, payload};

payload! {
    /// The payload of `d.keys()`.
    pub struct PyDictKeys: DICT_KEYS, gc {
        pub(super) dict: PyRef<PyDict>,
    }
}

payload! {
    /// The payload of `d.values()`.
    pub struct PyDictValues: DICT_VALUES, gc {
        pub(super) dict: PyRef<PyDict>,
    }
}

payload! {
    /// The payload of `d.items()`.
    pub struct PyDictItems: DICT_ITEMS, gc {
        pub(super) dict: PyRef<PyDict>,
    }
}

impl Traverse for PyDictKeys {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.dict.traverse(visitor);
    }
}

/// `dict_keys`
pub static DICT_KEYS: StaticType = StaticType::new::<PyDictKeys>();
impl Traverse for PyDictValues {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.dict.traverse(visitor);
    }
}

/// `dict_values`
pub static DICT_VALUES: StaticType = StaticType::new::<PyDictValues>();
impl Traverse for PyDictItems {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.dict.traverse(visitor);
    }
}

/// `dict_items`
pub static DICT_ITEMS: StaticType = StaticType::new::<PyDictItems>();

methods! { KEYS_METHODS:
    /// Return True if the view and the given iterable have a null intersection.
    ["isdisjoint"] "($self, object, /)" One(view_sets::isdisjoint);
    /// Return a reverse iterator over the dict keys.
    ["__reversed__"] "($self, /)" None(keys_reversed);
}

methods! { ITEMS_METHODS:
    /// Return True if the view and the given iterable have a null intersection.
    ["isdisjoint"] "($self, object, /)" One(view_sets::isdisjoint);
    /// Return a reverse iterator over the dict items.
    ["__reversed__"] "($self, /)" None(items_reversed);
}

methods! { VALUES_METHODS:
    /// Return a reverse iterator over the dict values.
    ["__reversed__"] "($self, /)" None(values_reversed);
}

getset! { VIEW_GETSET:
    /// dictionary that this view refers to
    ["mapping"] mapping;
}

/// The spec of `dict_keys`.
pub const DICT_KEYS_SPEC: TypeSpec = TypeSpec {
    name: "dict_keys",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: &[
        Slot::Repr(repr),
        Slot::Hash(hash_not_implemented),
        Slot::Richcompare(view_sets::richcompare),
        Slot::Iter(keys_iter),
        Slot::SqLength(length),
        Slot::SqContains(keys_contains),
        Slot::NbSubtract(view_sets::subtract),
        Slot::NbAnd(view_sets::and),
        Slot::NbXor(view_sets::xor),
        Slot::NbOr(view_sets::or),
    ],
    methods: KEYS_METHODS,
    getset: VIEW_GETSET,
    ..TypeSpec::DEFAULT
};

/// The spec of `dict_items`.
pub const DICT_ITEMS_SPEC: TypeSpec = TypeSpec {
    name: "dict_items",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: &[
        Slot::Repr(repr),
        Slot::Hash(hash_not_implemented),
        Slot::Richcompare(view_sets::richcompare),
        Slot::Iter(items_iter),
        Slot::SqLength(length),
        Slot::SqContains(items_contains),
        Slot::NbSubtract(view_sets::subtract),
        Slot::NbAnd(view_sets::and),
        Slot::NbXor(view_sets::xor),
        Slot::NbOr(view_sets::or),
    ],
    methods: ITEMS_METHODS,
    getset: VIEW_GETSET,
    ..TypeSpec::DEFAULT
};

/// The spec of `dict_values`.
pub const DICT_VALUES_SPEC: TypeSpec = TypeSpec {
    name: "dict_values",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: &[Slot::Repr(repr), Slot::Iter(values_iter), Slot::SqLength(length)],
    methods: VALUES_METHODS,
    getset: VIEW_GETSET,
    ..TypeSpec::DEFAULT
};

/// The dict behind a view.
///
/// # Panics
/// When the value is no view: the slots belong to views only.
pub(super) fn dict_of(view: &Value) -> &PyRef<PyDict> {
    if let Some(view) = view.downcast::<PyDictKeys>() {
        return &view.dict;
    }
    if let Some(view) = view.downcast::<PyDictItems>() {
        return &view.dict;
    }
    &view.receiver::<PyDictValues>().dict
}

/// Whether `value` is a view with set operations.
pub(super) fn is_set_like(value: &Value) -> bool {
    value.downcast::<PyDictKeys>().is_some() || value.downcast::<PyDictItems>().is_some()
}

fn of_receiver(value: &Value) -> PyRef<PyDict> {
    value.receiver::<PyDict>().to_ref()
}

fn make<T: Payload>(vm: Vm<'_>, payload: T) -> PyResult<Value> {
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

/// `d.keys()`
pub(crate) fn keys(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    make(vm, PyDictKeys { dict: of_receiver(value) })
}

/// `d.values()`
pub(crate) fn values(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    make(vm, PyDictValues { dict: of_receiver(value) })
}

/// `d.items()`
pub(crate) fn items(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    make(vm, PyDictItems { dict: of_receiver(value) })
}

fn length(_vm: Vm<'_>, view: &Value) -> PyResult<usize> {
    Ok(dict_of(view).len())
}

fn mapping(vm: Vm<'_>, view: &Value) -> PyResult<Value> {
    Ok(crate::types::mappingproxy::new(vm, &dict_of(view).to_value()))
}

fn keys_iter(vm: Vm<'_>, view: &Value) -> PyResult<Value> {
    Ok(iter::keys(vm, dict_of(view)))
}

fn values_iter(vm: Vm<'_>, view: &Value) -> PyResult<Value> {
    Ok(iter::values(vm, dict_of(view)))
}

fn items_iter(vm: Vm<'_>, view: &Value) -> PyResult<Value> {
    Ok(iter::items(vm, dict_of(view)))
}

fn keys_reversed(vm: Vm<'_>, view: &Value) -> PyResult<Value> {
    Ok(iter::reverse_keys(vm, dict_of(view)))
}

fn values_reversed(vm: Vm<'_>, view: &Value) -> PyResult<Value> {
    Ok(iter::reverse_values(vm, dict_of(view)))
}

fn items_reversed(vm: Vm<'_>, view: &Value) -> PyResult<Value> {
    Ok(iter::reverse_items(vm, dict_of(view)))
}

fn keys_contains(vm: Vm<'_>, view: &Value, key: &Value) -> PyResult<bool> {
    dict_of(view).contains(vm, key)
}

fn items_contains(vm: Vm<'_>, view: &Value, item: &Value) -> PyResult<bool> {
    let Some(pair) = item.downcast::<PyTuple>() else { return Ok(false) };
    let [key, value] = pair.items() else { return Ok(false) };
    match dict_of(view).get(vm, key)? {
        Some(found) => vm.equal(&found, value),
        None => Ok(false),
    }
}

fn repr(vm: Vm<'_>, view: &Value) -> PyResult<Value> {
    let Some(_guard) = vm.enter_repr(view) else { return Ok(PyStr::new_value(vm, "...")) };
    let list = seq_shared::list_of(vm, view)?;
    let mut text = Text::new(&view.class().name());
    text.push("(");
    text.push_str(&*vm.repr(&list)?);
    text.push(")");
    text.finish(vm)
}
