//! `dict`.

use crate::core::gc::{TakeReferences, Traverse, Visitor};
use crate::core::gil_cell::HotCell;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::type_object::StaticType;
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::payload;
use crate::types::str::PyStr;

/// The ordered table.
#[derive(Default)]
pub struct Table {
    entries: Vec<(PyRef<PyStr>, Value)>,
}

impl Traverse for Table {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.entries.traverse(visitor);
    }
}

impl TakeReferences for Table {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        for (key, value) in self.entries.drain(..) {
            dead.push(key.into_value());
            dead.push(value);
        }
    }
}

payload! {
    /// The payload of a dict.
    pub struct PyDict: DICT, gc {
        table: HotCell<Table>,
    }
}

/// `dict`
pub static DICT: StaticType = StaticType::new::<PyDict>();

/// The spec of `dict`.
pub const DICT_SPEC: TypeSpec = TypeSpec {
    name: "dict",
    flags: spec_flags::BASETYPE
        | spec_flags::MAPPING
        | spec_flags::DICT_SUBCLASS
        | spec_flags::MATCH_SELF,
    ..TypeSpec::DEFAULT
};

impl PyDict {
    /// An empty dict.
    #[must_use]
    pub fn new_ref(vm: Vm<'_>) -> PyRef<Self> {
        PyRef::new(vm, Self { table: HotCell::default() })
    }
}

impl Py<PyDict> {
    /// The value of a str key.
    #[must_use]
    pub fn get_str(&self, key: &Py<PyStr>) -> Option<Value> {
        self.table.with(|table| {
            table
                .entries
                .iter()
                .find(|(name, _)| name.same_text(key))
                .map(|(_, value)| value.clone())
        })
    }

    /// Sets the value of a str key; the old value is the caller's to drop.
    pub fn set_str(&self, key: &Py<PyStr>, value: Value) -> Option<Value> {
        self.table.with_mut(|table| {
            if let Some(entry) = table.entries.iter_mut().find(|(name, _)| name.same_text(key)) {
                return Some(std::mem::replace(&mut entry.1, value));
            }
            table.entries.push((key.to_ref(), value));
            None
        })
    }

    /// Removes a str key; its value is the caller's to drop.
    pub fn remove_str(&self, key: &Py<PyStr>) -> Option<Value> {
        self.table.with_mut(|table| {
            let index = table.entries.iter().position(|(name, _)| name.same_text(key))?;
            Some(table.entries.remove(index).1)
        })
    }

    /// The keys that are strings, in order.
    #[must_use]
    pub fn string_keys(&self) -> Vec<PyRef<PyStr>> {
        self.table.with(|table| table.entries.iter().map(|(name, _)| name.clone()).collect())
    }

    /// Moves everything into `dead`.
    pub fn take_all(&self, dead: &mut Vec<Value>) {
        Traverse::clear(&self.table, dead);
    }
}
