//! What `sys` tells of the machine that it runs on, and of machinery that only CPython has.

use objects::core::alloc;
use objects::core::errors::PyResult;
use objects::core::type_object::PyType;
use objects::core::type_spec::spec_flags;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::int;
use objects::types::module::{self, PyModule};
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;

use super::hooks::write_stderr;

/// `RTLD_NOW`, with which CPython opens extension modules.
const DLOPEN_FLAGS: i64 = 2;

pub(super) fn falsehood(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::FALSE)
}

methods! { JIT_FUNCTIONS:
    /// Return True if the current Python executable supports JIT compilation, and False otherwise.
    ["is_available"] "($module, /)" None(falsehood);
    /// Return True if JIT compilation is enabled for the current Python process (implies sys._jit.is_available()), and False otherwise.
    ["is_enabled"] "($module, /)" None(falsehood);
    /// Return True if the topmost Python frame is currently executing JIT code (implies sys._jit.is_enabled()), and False otherwise.
    ["is_active"] "($module, /)" None(falsehood);
}

/// `sys._jit`: nothing is compiled to machine code here.
pub(super) fn jit_module(vm: Vm<'_>) -> Value {
    let jit = PyModule::new_value(vm, "sys._jit", None);
    module::add_functions(vm, &jit, JIT_FUNCTIONS);
    jit
}

pub(super) fn debugmallocstats(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    write_stderr(&format!("{} blocks in use\n", alloc::heap().live_blocks()));
    Ok(Value::NONE)
}

pub(super) fn clear_type_descriptors(
    vm: Vm<'_>,
    _module: &Value,
    class: &Value,
) -> PyResult<Value> {
    let Some(class) = class.downcast::<PyType>() else {
        let got = class.class().name();
        let message = format!("_clear_type_descriptors() argument must be type, not {got}");
        return Err(vm.type_error(message));
    };
    if class.has_flags(spec_flags::IMMUTABLE) {
        return Err(vm.type_error("argument is immutable"));
    }
    let namespace = class.namespace();
    for name in [&vm.names().__dict__, &vm.intern("__weakref__")] {
        drop(namespace.remove_str(name));
    }
    class.modified();
    Ok(Value::NONE)
}

pub(super) fn get_cpu_count_config(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(vm.interpreter().state_of("cpu_count").unwrap_or_else(|| Value::small_int_unchecked(-1)))
}

/// Whether CPython keeps the one object of such a value: static types, and empty and one-place texts and bytes.
fn is_shared(object: &Value) -> bool {
    if let Some(class) = object.downcast::<PyType>() {
        return class.spec().is_some();
    }
    if let Some(text) = object.downcast_exact::<PyStr>() {
        return text.as_ascii().is_some_and(|text| text.len() <= 1);
    }
    if let Some(bytes) = object.downcast_exact::<PyBytes>() {
        return bytes.as_slice().len() <= 1;
    }
    object.downcast_exact::<PyTuple>().is_some_and(|tuple| tuple.items().is_empty())
}

/// What is never counted lives for ever.
pub(super) fn is_immortal(_vm: Vm<'_>, _module: &Value, object: &Value) -> PyResult<Value> {
    let immortal = match object.as_small_int() {
        Some(number) => (-5..=1024).contains(&number),
        None if object.as_object().is_none() => object.as_immediate_float().is_none(),
        None => is_shared(object),
    };
    Ok(Value::from_bool(immortal))
}

pub(super) fn activate_stack_trampoline(
    vm: Vm<'_>,
    _module: &Value,
    _backend: &Value,
) -> PyResult<Value> {
    Err(vm.value_error("perf trampoline not available"))
}

pub(super) fn getdlopenflags(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let flags = vm.interpreter().state_of("dlopen_flags");
    Ok(flags.unwrap_or_else(|| Value::small_int_unchecked(DLOPEN_FLAGS)))
}

pub(super) fn setdlopenflags(vm: Vm<'_>, _module: &Value, flags: &Value) -> PyResult<Value> {
    let flags = number::as_i32(vm, flags)?;
    vm.interpreter().set_state_of("dlopen_flags", int::from_i64(vm, i64::from(flags)));
    Ok(Value::NONE)
}
