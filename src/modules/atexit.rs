//! `atexit`: callbacks for the end of the interpreter.

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::dict;
use objects::types::tuple::PyTuple;

use crate::{NativeModule, calling};

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "atexit",
    doc: Some(
        "allow programmer to define multiple exit functions to be executed\nupon normal program termination.\n\nTwo public functions, register and unregister, are defined.\n",
    ),
    functions: FUNCTIONS,
    exec: None,
};

methods! { FUNCTIONS:
    /// Register a function to be executed upon normal program termination
    ["register"] "($module, func, /, *args, **kwargs)" Any(register);
    /// Clear the list of previously registered exit functions.
    ["_clear"] "($module, /)" None(clear);
    /// Run all registered exit functions.
    ["_run_exitfuncs"] "($module, /)" None(run_exitfuncs);
    /// Return the number of registered exit functions.
    ["_ncallbacks"] "($module, /)" None(ncallbacks);
    /// Unregister an exit function which was previously registered using atexit.register
    ["unregister"] "($module, func, /)" One(unregister);
}

/// An entry is a tuple: function, positional arguments, keywords.
fn register(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    let Some((function, rest)) = args.split_first() else {
        return Err(vm.type_error("register() takes at least 1 argument (0 given)"));
    };
    if function.class().slots.call.get().is_none() {
        return Err(vm.type_error("the first argument must be callable"));
    }
    let positional = PyTuple::try_new(vm, rest.positional())?.into_value();
    let keywords = dict::from_keywords(vm, rest)?.into_value();
    let entry = PyTuple::try_new(vm, &[function.clone(), positional, keywords])?.into_value();
    vm.interpreter().at_exit.with_mut(|callbacks| callbacks.push(entry));
    Ok(function.clone())
}

fn clear(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let dead = vm.interpreter().at_exit.with_mut(std::mem::take);
    drop(dead);
    Ok(Value::NONE)
}

fn ncallbacks(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(vm.interpreter().at_exit.with(Vec::len)))
}

/// Runs and forgets every callback, the last one first. What one raises is reported and does not keep others from running.
pub fn run_callbacks(vm: Vm<'_>) {
    loop {
        let entry = vm.interpreter().at_exit.with_mut(Vec::pop);
        let Some(entry) = entry else { return };
        let [function, positional, keywords] = entry.receiver::<PyTuple>().items() else {
            continue;
        };
        if let Err(raised) = calling::apply(vm, function, positional, keywords) {
            let text = match vm.repr(function) {
                Ok(text) => text.to_rust_string(),
                Err(raised) => {
                    vm.clear(raised);
                    "<unprintable>".to_owned()
                }
            };
            let message = format!("Exception ignored in atexit callback {text}");
            vm.unraisable(raised, None, Some(&message));
        }
    }
}

fn run_exitfuncs(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    run_callbacks(vm);
    Ok(Value::NONE)
}

fn unregister(vm: Vm<'_>, _module: &Value, function: &Value) -> PyResult<Value> {
    let entries = vm.interpreter().at_exit.with(Clone::clone);
    for entry in entries {
        let Some(known) = entry.receiver::<PyTuple>().items().first() else { continue };
        if vm.compare_bool(known, function, objects::core::slots::CompareOp::Eq)? {
            let dead = vm.interpreter().at_exit.with_mut(|callbacks| {
                callbacks.iter().position(|other| other.is(&entry)).map(|at| callbacks.remove(at))
            });
            drop(dead);
        }
    }
    Ok(Value::NONE)
}
