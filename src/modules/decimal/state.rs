//! What belongs to the module as a whole.

use std::cell::Cell;

use objects::core::errors::PyResult;
use objects::core::gil_cell::HotCell;
use objects::core::interpreter_state::StateKey;
use objects::core::pyref::PyRef;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::payload;

use crate::contextvars::Stamp;

payload! {
    /// The module's state.
    pub(super) struct State: STATE, gc {
        /// The variable that holds the current context.
        pub(super) variable: Value,
        /// What the variable was at the time of the stamp.
        pub(super) current: HotCell<Option<Value>>,
        pub(super) stamp: Cell<Stamp>,
        pub(super) default_context: Value,
        pub(super) basic_context: Value,
        pub(super) extended_context: Value,
        /// The class of signal dicts.
        pub(super) signal_dict: Value,
        /// `DecimalTuple`
        pub(super) decimal_tuple: Value,
        /// `numbers.Rational`
        pub(super) rational: Value,
    }
}

/// The type of the state, which no program sees.
pub(super) static STATE: StaticType = StaticType::new::<State>();

/// The spec of the state's type.
pub(super) const STATE_SPEC: TypeSpec = TypeSpec {
    name: "decimal._State",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    ..TypeSpec::DEFAULT
};

static KEY: StateKey = StateKey::new("_decimal");

/// The state, which the module sets when it is executed.
pub(super) fn get(vm: Vm<'_>) -> PyResult<PyRef<State>> {
    let state = vm.interpreter().state_at(&KEY).and_then(|state| state.into_ref::<State>().ok());
    state.ok_or_else(|| vm.runtime_error("the decimal module is not initialized"))
}

/// Sets the state.
pub(super) fn set(vm: Vm<'_>, state: State) {
    vm.interpreter().set_state_of(KEY.name, PyRef::new(vm, state).into_value());
}
