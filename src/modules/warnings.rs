//! `_warnings`, and warnings that native code gives: the library's own `warnings` decides what becomes of them.

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::type_object::StaticType;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::str::PyStr;

use crate::NativeModule;
use crate::importing;

/// The row. It has no filters of its own, so `warnings` keeps its Python half.
pub static MODULE: NativeModule = NativeModule {
    name: "_warnings",
    doc: Some("_warnings provides basic warning filtering support."),
    functions: FUNCTIONS,
    ..NativeModule::DEFAULT
};

methods! { FUNCTIONS:
    /// Issue a warning, or maybe ignore it or raise an exception.
    ["warn"] "" Any(warn_function);
    /// Issue a warning, or maybe ignore it or raise an exception.
    ["warn_explicit"] "" Any(warn_explicit_function);
}

fn library_function(vm: Vm<'_>, name: &str) -> PyResult<Value> {
    let warnings = importing::import_module(vm, "warnings")?;
    vm.get_attr_str(&warnings, name)
}

fn warn_function(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    let function = library_function(vm, "warn")?;
    vm.call_with(&function, args)
}

fn warn_explicit_function(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    let function = library_function(vm, "warn_explicit")?;
    vm.call_with(&function, args)
}

/// A warning of `category` for the code that called (`PyErr_WarnEx`).
///
/// # Errors
/// The warning, where a filter makes it an exception.
pub fn warn(vm: Vm<'_>, category: &'static StaticType, message: &str) -> PyResult<()> {
    let function = library_function(vm, "warn")?;
    let message = PyStr::new_value(vm, message);
    vm.call(&function, &[message, category.get().to_value()])?;
    Ok(())
}

/// A warning of `category`, `stack_level` frames up: what the object machine calls.
///
/// # Errors
/// The warning, where a filter makes it an exception.
pub fn warn_at(
    vm: Vm<'_>,
    category: &'static StaticType,
    message: &str,
    stack_level: i64,
) -> PyResult<()> {
    let function = library_function(vm, "warn")?;
    let message = PyStr::new_value(vm, message);
    let level = Value::small_int_unchecked(stack_level);
    vm.call(&function, &[message, category.get().to_value(), level])?;
    Ok(())
}

/// A warning of `category` at a line of a file (`PyErr_WarnExplicitObject`).
///
/// # Errors
/// The warning, where a filter makes it an exception.
pub fn warn_explicit(
    vm: Vm<'_>,
    category: &'static StaticType,
    message: &str,
    filename: &Value,
    line: u32,
) -> PyResult<()> {
    let function = library_function(vm, "warn_explicit")?;
    let message = PyStr::new_value(vm, message);
    let line = Value::small_int_unchecked(i64::from(line));
    vm.call(&function, &[message, category.get().to_value(), filename.clone(), line])?;
    Ok(())
}
