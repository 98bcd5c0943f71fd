//! Trace and profile functions of threads.

use objects::core::args::check_count;
use objects::core::errors::PyResult;
use objects::core::monitoring::{self, TRACE_TOOL, event, events_in};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::frame_object;
use objects::types::tuple::PyTuple;

use super::hooks::raise_event;

fn function_of(value: &Value) -> Option<Value> {
    Some(value.clone()).filter(|value| !value.is_none())
}

pub(super) fn settrace(vm: Vm<'_>, _module: &Value, function: &Value) -> PyResult<Value> {
    raise_event(vm, "sys.settrace", &[])?;
    monitoring::set_trace(vm, vm.thread(), function_of(function));
    if !function.is_none()
        && let Some(frame) = frame_object::current(vm)
        && frame.trace_opcodes.get()
        && events_in(&frame.code().monitors.local.get(), TRACE_TOOL) & 1 << event::INSTRUCTION == 0
    {
        monitoring::set_opcode_trace(vm, &frame, true);
    }
    Ok(Value::NONE)
}

pub(super) fn gettrace(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(vm.thread().tracing.trace.get().unwrap_or(Value::NONE))
}

pub(super) fn settraceallthreads(vm: Vm<'_>, _module: &Value, function: &Value) -> PyResult<Value> {
    raise_event(vm, "sys.settrace", &[])?;
    for thread in vm.interpreter().threads.get() {
        monitoring::set_trace(vm, thread, function_of(function));
    }
    Ok(Value::NONE)
}

pub(super) fn setprofile(vm: Vm<'_>, _module: &Value, function: &Value) -> PyResult<Value> {
    raise_event(vm, "sys.setprofile", &[])?;
    monitoring::set_profile(vm, vm.thread(), function_of(function));
    Ok(Value::NONE)
}

pub(super) fn getprofile(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(vm.thread().tracing.profile.get().unwrap_or(Value::NONE))
}

pub(super) fn setprofileallthreads(
    vm: Vm<'_>,
    _module: &Value,
    function: &Value,
) -> PyResult<Value> {
    raise_event(vm, "sys.setprofile", &[])?;
    for thread in vm.interpreter().threads.get() {
        monitoring::set_profile(vm, thread, function_of(function));
    }
    Ok(Value::NONE)
}

pub(super) fn call_tracing(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "call_tracing", args.len(), 2, 2)?;
    let Some(arguments) = args[1].downcast::<PyTuple>() else {
        let got = args[1].class().name();
        return Err(vm.type_error(format!("call_tracing() argument 2 must be tuple, not {got}")));
    };
    let tracing = &vm.thread().tracing;
    let depth = tracing.depth.replace(0);
    let result = vm.call(&args[0], arguments.items());
    tracing.depth.set(depth);
    result
}
