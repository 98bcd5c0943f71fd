//! What native functions ask of the Python frame that called them.

use objects::core::errors::PyResult;
use objects::core::pyref::PyRef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::code::PyCode;
use objects::types::dict::PyDict;
use objects::types::frame_object;

/// The globals of the calling frame.
#[must_use]
pub(crate) fn globals(vm: Vm<'_>) -> Option<PyRef<PyDict>> {
    frame_object::current(vm).map(|frame| frame.globals().to_ref())
}

/// The locals of the calling frame as `locals()` gives them: a function's as a new dict, anything else's own mapping.
///
/// # Errors
/// SystemError where no frame is running.
pub(crate) fn locals(vm: Vm<'_>) -> PyResult<Value> {
    match frame_object::current(vm) {
        Some(frame) => Ok(frame.locals_snapshot(vm)),
        None => Err(vm.system_error("frame does not exist")),
    }
}

/// The builtins of the calling frame, or the interpreter's.
#[must_use]
pub(crate) fn builtins(vm: Vm<'_>) -> PyRef<PyDict> {
    match frame_object::current(vm) {
        Some(frame) => frame.builtins().to_ref(),
        None => vm.interpreter().builtins.clone(),
    }
}

/// The code that called.
#[must_use]
pub(crate) fn code(vm: Vm<'_>) -> Option<PyRef<PyCode>> {
    frame_object::current(vm).map(|frame| frame.code().to_ref())
}
