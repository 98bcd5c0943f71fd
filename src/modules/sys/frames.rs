//! Frames and exceptions of the running thread.

use objects::core::args::{Bound, check_count};
use objects::core::errors::PyResult;
use objects::core::pyref::PyRef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::dict::PyDict;
use objects::types::exceptions::base::payload_of;
use objects::types::frame_object::{self, PyFrame};
use objects::types::int;
use objects::types::tuple::PyTuple;

fn frame_at(vm: Vm<'_>, depth: i64) -> Option<PyRef<PyFrame>> {
    let mut frame = frame_object::current(vm)?;
    for _ in 0..depth.max(0) {
        frame = frame.previous(vm)?;
    }
    Some(frame)
}

pub(super) fn getframe(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "_getframe", args.len(), 0, 1)?;
    let depth = args.first().map_or(Ok(0), |depth| number::as_i64(vm, depth))?;
    match frame_at(vm, depth) {
        Some(frame) => Ok(frame.into_value()),
        None => Err(vm.value_error("call stack is not deep enough")),
    }
}

pub(super) fn getframemodulename(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let depth = args.get(0).map_or(Ok(0), |depth| number::as_i64(vm, depth))?;
    let Some(frame) = frame_at(vm, depth) else { return Ok(Value::NONE) };
    Ok(frame.globals().get_str(&vm.names().__name__).unwrap_or(Value::NONE))
}

/// The innermost frame of each thread, by identifier.
pub(super) fn current_frames(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let dict = PyDict::new_ref(vm);
    for thread in vm.interpreter().threads.get() {
        if let Some(frame) = frame_object::innermost_of(vm, thread) {
            dict.set(vm, &int::from_u64(vm, thread.id()), frame.into_value())?;
        }
    }
    Ok(dict.into_value())
}

/// The exception that each thread is handling, by identifier.
pub(super) fn current_exceptions(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let dict = PyDict::new_ref(vm);
    for thread in vm.interpreter().threads.get() {
        let handled = thread.handled.with(|stack| stack.iter().rev().find_map(Clone::clone));
        dict.set(vm, &int::from_u64(vm, thread.id()), handled.unwrap_or(Value::NONE))?;
    }
    Ok(dict.into_value())
}

pub(super) fn exception(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(vm.handled_exception().unwrap_or(Value::NONE))
}

pub(super) fn exc_info(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let Some(exception) = vm.handled_exception() else {
        return Ok(PyTuple::new_value(vm, &[Value::NONE, Value::NONE, Value::NONE]));
    };
    let traceback = payload_of(&exception).traceback.get().unwrap_or(Value::NONE);
    Ok(PyTuple::new_value(vm, &[exception.class().to_value(), exception, traceback]))
}
