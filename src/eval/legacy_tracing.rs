//! `sys.settrace` and `sys.setprofile`: the functions of a thread, called for the events of two tools.

use objects::core::errors::PyResult;
use objects::core::monitoring::{self, TRACE_TOOL, event};
use objects::core::object::Py;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::builtin_function::PyBuiltinFunction;
use objects::types::descriptors::PyMethodDescriptor;
use objects::types::exceptions::base::payload_of;
use objects::types::frame_object::{self, PyFrame};
use objects::types::tuple::PyTuple;

/// Tells the thread's function of an event of its tool: whether the event is not wanted any more at its place.
pub(crate) fn tell(vm: Vm<'_>, tool: usize, event: usize, args: &[Value]) -> PyResult<bool> {
    let Some(frame) = frame_object::current(vm) else { return Ok(false) };
    if tool == TRACE_TOOL {
        if !vm.thread().tracing.is_traced() {
            return Ok(false);
        }
        return tell_trace(vm, &frame, event, args);
    }
    tell_profile(vm, &frame, event, args).map(|()| false)
}

fn argument(args: &[Value], index: usize) -> Value {
    args.get(index).cloned().unwrap_or(Value::NONE)
}

fn tell_trace(vm: Vm<'_>, frame: &Py<PyFrame>, event: usize, args: &[Value]) -> PyResult<bool> {
    let lines = matches!(event, event::LINE | event::JUMP | event::INSTRUCTION);
    if !lines && frame.trace_opcodes.get() {
        monitoring::set_opcode_trace(vm, frame, true);
    }
    match event {
        event::PY_START | event::PY_RESUME | event::PY_THROW => {
            trace(vm, frame, "call", &Value::NONE)?;
        }
        event::PY_RETURN | event::PY_YIELD => trace(vm, frame, "return", &argument(args, 2))?,
        event::PY_UNWIND => trace(vm, frame, "return", &Value::NONE)?,
        event::RAISE | event::STOP_ITERATION => {
            let exception = argument(args, 2);
            let traceback = payload_of(&exception).traceback.get().unwrap_or(Value::NONE);
            let triple = [exception.class().to_value(), exception, traceback];
            trace(vm, frame, "exception", &PyTuple::new_value(vm, &triple))?;
        }
        event::LINE if frame.trace_lines.get() => trace(vm, frame, "line", &Value::NONE)?,
        event::JUMP => return tell_jump(vm, frame, args),
        event::INSTRUCTION => {
            let tracing = &vm.thread().tracing;
            if tracing.every_instruction.get()
                && let Some(native) = tracing.native.get()
            {
                native(vm, frame, "opcode", &Value::NONE)?;
            }
            if frame.trace_opcodes.get() {
                trace_with(vm, frame, "opcode", &Value::NONE)?;
            } else {
                monitoring::set_opcode_trace(vm, frame, false);
            }
        }
        _ => {}
    }
    Ok(false)
}

/// A jump back on one line begins the line again. Any other jump is the business of the line that it leads to.
fn tell_jump(vm: Vm<'_>, frame: &Py<PyFrame>, args: &[Value]) -> PyResult<bool> {
    let position = |index| args.get(index).and_then(Value::as_small_int).unwrap_or(0);
    let line = |position| i32::try_from(position).ok().and_then(|at| frame.code().line_of(at));
    let (from, to) = (position(1), position(2));
    if to > from || line(to) != line(from) {
        return Ok(true);
    }
    if frame.trace_lines.get() && line(to).is_some() {
        trace(vm, frame, "line", &Value::NONE)?;
    }
    Ok(false)
}

/// Calls the trace function of the thread for a new frame, and the frame's own for what happens in it.
fn trace(vm: Vm<'_>, frame: &Py<PyFrame>, what: &'static str, argument: &Value) -> PyResult<()> {
    if let Some(native) = vm.thread().tracing.native.get() {
        native(vm, frame, what, argument)?;
    }
    trace_with(vm, frame, what, argument)
}

/// As [`trace`], past a tracer of our own.
fn trace_with(
    vm: Vm<'_>,
    frame: &Py<PyFrame>,
    what: &'static str,
    argument: &Value,
) -> PyResult<()> {
    let Some(function) = vm.thread().tracing.trace.get() else { return Ok(()) };
    let callback = if what == "call" { Some(function) } else { frame.trace.get() };
    let Some(callback) = callback else { return Ok(()) };
    match call(vm, &callback, frame, what, argument) {
        Ok(answer) => {
            if !answer.is_none() {
                drop(frame.trace.replace(Some(answer)));
            }
            Ok(())
        }
        Err(raised) => {
            let exception = vm.take(raised);
            monitoring::set_trace(vm, vm.thread(), None);
            drop(frame.trace.replace(None));
            Err(vm.restore(exception))
        }
    }
}

fn call(
    vm: Vm<'_>,
    function: &Value,
    frame: &Py<PyFrame>,
    what: &str,
    argument: &Value,
) -> PyResult<Value> {
    let args = [frame.to_value(), vm.intern(what).to_value(), argument.clone()];
    vm.call(function, &args)
}

fn tell_profile(vm: Vm<'_>, frame: &Py<PyFrame>, event: usize, args: &[Value]) -> PyResult<()> {
    let Some(function) = vm.thread().tracing.profile.get() else { return Ok(()) };
    let (what, argument) = match event {
        event::PY_START | event::PY_RESUME | event::PY_THROW => ("call", Value::NONE),
        event::PY_RETURN | event::PY_YIELD => ("return", argument(args, 2)),
        event::PY_UNWIND => ("return", Value::NONE),
        event::CALL | event::C_RETURN | event::C_RAISE => {
            let Some(callable) = builtin(vm, args)? else { return Ok(()) };
            let what = match event {
                event::CALL => "c_call",
                event::C_RETURN => "c_return",
                _ => "c_exception",
            };
            (what, callable)
        }
        _ => return Ok(()),
    };
    match call(vm, &function, frame, what, &argument) {
        Ok(_) => Ok(()),
        Err(raised) => {
            let exception = vm.take(raised);
            monitoring::set_profile(vm, vm.thread(), None);
            Err(vm.restore(exception))
        }
    }
}

/// What a profile function is told of a call: the builtin function, or the method bound to what it is called on.
fn builtin(vm: Vm<'_>, args: &[Value]) -> PyResult<Option<Value>> {
    let callable = argument(args, 2);
    if callable.downcast_exact::<PyBuiltinFunction>().is_some() {
        return Ok(Some(callable));
    }
    if callable.downcast_exact::<PyMethodDescriptor>().is_none() {
        return Ok(None);
    }
    let receiver = argument(args, 3);
    let markers = vm.interpreter().monitoring.markers.get();
    if markers.is_some_and(|(_, missing)| missing.is(&receiver)) {
        return Ok(None);
    }
    let Some(get) = callable.class().slots.descr_get.get() else { return Ok(None) };
    get(vm, &callable, Some(&receiver), Some(&receiver.class().to_value())).map(Some)
}
