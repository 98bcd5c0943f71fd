//! What streams in memory share in `__getstate__` and `__setstate__`.

use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::dict::PyDict;
use objects::types::int::INT;
use objects::types::tuple::PyTuple;

/// The attributes of a stream, as they go into its state: a copy of its dict, None when it has none.
pub(super) fn attributes(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    match vm.get_attr_str(this, "__dict__")?.downcast::<PyDict>() {
        Some(attributes) if !attributes.is_empty() => Ok(attributes.copy(vm)?.into_value()),
        _ => Ok(Value::NONE),
    }
}

/// The parts of a state, `least` of them or more.
pub(super) fn parts<'v>(
    vm: Vm<'_>,
    this: &Value,
    state: &'v Value,
    least: usize,
) -> PyResult<&'v [Value]> {
    match state.downcast::<PyTuple>() {
        Some(state) if state.items().len() >= least => Ok(state.items()),
        _ => Err(vm.type_error(format!(
            "{}.__setstate__ argument should be {least}-tuple, got {}",
            this.class().name(),
            state.class().name()
        ))),
    }
}

/// The position in a state; `message` is said of what is no int, before its class.
pub(super) fn position(vm: Vm<'_>, value: &Value, message: &str) -> PyResult<usize> {
    if !value.class().is_subtype(INT.get()) {
        return Err(vm.type_error(format!("{message} {}", value.class().name())));
    }
    let position = number::as_ssize(vm, value)?;
    usize::try_from(position).map_err(|_| vm.value_error("position value cannot be negative"))
}

/// Gives a stream the attributes in a state, of which they are the item that `which` says.
pub(super) fn set_attributes(
    vm: Vm<'_>,
    this: &Value,
    attributes: &Value,
    which: &str,
) -> PyResult<()> {
    if attributes.is_none() {
        return Ok(());
    }
    if attributes.downcast::<PyDict>().is_none() {
        return Err(vm.type_error(format!(
            "{which} item of state should be a dict, got a {}",
            attributes.class().name()
        )));
    }
    let own = vm.get_attr_str(this, "__dict__")?;
    vm.call_method(&own, &vm.intern("update"), std::slice::from_ref(attributes))?;
    Ok(())
}
