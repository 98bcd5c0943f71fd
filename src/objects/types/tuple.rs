//! `tuple`: the items follow the header.

use crate::core::errors::PyResult;
use crate::core::gc::{Traverse, Visitor};
use crate::core::object::{Payload, Py};
use crate::core::pyref::PyRef;
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;

/// The payload of a tuple.
pub struct PyTuple {
    length: usize,
}

/// `tuple`
pub static TUPLE: StaticType = StaticType::new::<PyTuple>();

impl Payload for PyTuple {
    type Tail = Value;
    const GC: bool = true;
    fn class() -> &'static Py<PyType> {
        TUPLE.get()
    }
    fn tail_len(&self) -> usize {
        self.length
    }
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
    fn clear(&self, _dead: &mut Vec<Value>) {}
    fn traverse_tail(tail: &[Value], visitor: &mut Visitor<'_>) {
        tail.traverse(visitor);
    }
}

impl PyTuple {
    /// A tuple of copies of `items`.
    ///
    /// # Errors
    /// MemoryError.
    pub fn try_new(vm: Vm<'_>, items: &[Value]) -> PyResult<PyRef<Self>> {
        PyRef::new_with_tail(vm, TUPLE.get(), Self { length: items.len() }, |index| {
            items[index].clone()
        })
    }

    /// A tuple of `items`.
    ///
    /// # Errors
    /// MemoryError.
    pub fn try_from_vec(vm: Vm<'_>, items: Vec<Value>) -> PyResult<PyRef<Self>> {
        Self::try_of_class(vm, TUPLE.get(), items)
    }

    /// A tuple of `items` of class `class`, `tuple` or a subclass of it.
    ///
    /// # Errors
    /// MemoryError.
    pub fn try_of_class(
        vm: Vm<'_>,
        class: &Py<PyType>,
        items: Vec<Value>,
    ) -> PyResult<PyRef<Self>> {
        let length = items.len();
        let mut items = items.into_iter();
        PyRef::new_with_tail(vm, class, Self { length }, |_| items.next().unwrap_or(Value::NONE))
    }

    /// A short tuple, whose size no program controls.
    ///
    /// # Panics
    /// Without memory.
    #[must_use]
    pub fn new_ref(vm: Vm<'_>, items: &[Value]) -> PyRef<Self> {
        Self::try_new(vm, items).expect("memory for a short tuple")
    }

    /// As [`new_ref`](Self::new_ref), as a value.
    #[must_use]
    pub fn new_value(vm: Vm<'_>, items: &[Value]) -> Value {
        Self::new_ref(vm, items).into_value()
    }
}

impl Py<PyTuple> {
    /// The items.
    #[inline]
    #[must_use]
    pub fn items(&self) -> &[Value] {
        self.tail()
    }
}

/// The spec of `tuple`.
pub const TUPLE_SPEC: TypeSpec = TypeSpec {
    name: "tuple",
    flags: spec_flags::BASETYPE
        | spec_flags::SEQUENCE
        | spec_flags::TUPLE_SUBCLASS
        | spec_flags::MATCH_SELF,
    ..TypeSpec::DEFAULT
};
