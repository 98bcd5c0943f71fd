//! `_tracemalloc`: what is known of the memory that Python objects take.
//!
//! The object allocator keeps no tracebacks, so tracing cannot be started: the module says so, and answers every question as
//! CPython's does while it is not tracing.

use objects::core::args::check_count;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::list::PyList;
use objects::types::tuple::PyTuple;

use crate::NativeModule;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "_tracemalloc",
    doc: Some("Debug module to trace memory blocks allocated by Python."),
    functions: FUNCTIONS,
    ..NativeModule::DEFAULT
};

methods! { FUNCTIONS:
    /// Return True if the tracemalloc module is tracing Python memory allocations.
    ["is_tracing"] "($module, /)" None(is_tracing);
    /// Clear traces of memory blocks allocated by Python.
    ["clear_traces"] "($module, /)" None(nothing);
    /// Get traces of all memory blocks allocated by Python.
    ///
    /// Return a list of (size: int, traceback: tuple) tuples.
    /// traceback is a tuple of (filename: str, lineno: int) tuples.
    ///
    /// Return an empty list if the tracemalloc module is disabled.
    ["_get_traces"] "($module, /)" None(get_traces);
    /// Get the traceback where the Python object obj was allocated.
    ///
    /// Return a tuple of (filename: str, lineno: int) tuples.
    /// Return None if the tracemalloc module is disabled or did not
    /// trace the allocation of the object.
    ["_get_object_traceback"] "($module, obj, /)" One(get_object_traceback);
    /// Start tracing Python memory allocations.
    ///
    /// Also set the maximum number of frames stored in the traceback of a
    /// trace to nframe.
    ["start"] "($module, nframe=1, /)" Positional(start);
    /// Stop tracing Python memory allocations.
    ///
    /// Also clear traces of memory blocks allocated by Python.
    ["stop"] "($module, /)" None(nothing);
    /// Get the maximum number of frames stored in the traceback of a trace.
    ///
    /// By default, a trace of an allocated memory block only stores
    /// the most recent frame: the limit is 1.
    ["get_traceback_limit"] "($module, /)" None(get_traceback_limit);
    /// Get the memory usage in bytes of the tracemalloc module.
    ///
    /// This memory is used internally to trace memory allocations.
    ["get_tracemalloc_memory"] "($module, /)" None(get_tracemalloc_memory);
    /// Get the current size and peak size of memory blocks traced by tracemalloc.
    ///
    /// Returns a tuple: (current: int, peak: int).
    ["get_traced_memory"] "($module, /)" None(get_traced_memory);
    /// Set the peak size of memory blocks traced by tracemalloc to the current size.
    ///
    /// Do nothing if the tracemalloc module is not tracing memory allocations.
    ["reset_peak"] "($module, /)" None(nothing);
}

/// The most frames of a traceback.
const FRAMES_MAX: isize = 65_535;

fn is_tracing(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::FALSE)
}

fn nothing(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::NONE)
}

fn get_traces(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    PyList::try_new_value(vm, Vec::new())
}

fn get_object_traceback(_vm: Vm<'_>, _module: &Value, _object: &Value) -> PyResult<Value> {
    Ok(Value::NONE)
}

fn start(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "start", args.len(), 0, 1)?;
    if let Some(frames) = args.first()
        && !(1..=FRAMES_MAX).contains(&number::as_isize(vm, frames)?)
    {
        let text = format!("the number of frames must be in range [1; {FRAMES_MAX}]");
        return Err(vm.value_error(text));
    }
    Err(vm.runtime_error("tracing memory allocations is not supported"))
}

fn get_traceback_limit(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(1))
}

fn get_tracemalloc_memory(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(0))
}

fn get_traced_memory(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let zero = Value::small_int_unchecked(0);
    Ok(PyTuple::new_value(vm, &[zero.clone(), zero]))
}
