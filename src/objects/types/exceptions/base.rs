//! `BaseException`.

use crate::core::gil_cell::GilCell;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::type_object::{PyType, StaticType};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::payload;
use crate::types::tuple::PyTuple;

payload! {
    /// The payload of an exception: what every class's payload begins with.
    pub struct PyBaseException: BASE_EXCEPTION, gc {
        /// `args`
        pub args: GilCell<Option<PyRef<PyTuple>>>,
        /// `__traceback__`
        pub traceback: GilCell<Option<Value>>,
        /// `__context__`
        pub context: GilCell<Option<Value>>,
        /// `__cause__`
        pub cause: GilCell<Option<Value>>,
        /// `__suppress_context__`
        pub suppress_context: std::cell::Cell<bool>,
    }
}

/// `BaseException`
pub static BASE_EXCEPTION: StaticType = StaticType::new::<PyBaseException>();

pub(super) fn instance(vm: Vm<'_>, class: &Py<PyType>, args: &[Value]) -> Value {
    let payload = PyBaseException {
        args: GilCell::new(Some(PyTuple::new_ref(vm, args))),
        traceback: GilCell::default(),
        context: GilCell::default(),
        cause: GilCell::default(),
        suppress_context: std::cell::Cell::new(false),
    };
    PyRef::new_of(vm, class, payload).into_value()
}
