//! `_suggestions`: the closest of some names, for tracebacks made by Python code.

use objects::core::args::check_count;
use objects::core::errors::PyResult;
use objects::core::suggestions::closest;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::list::PyList;
use objects::types::str::PyStr;

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule =
    NativeModule { name: "_suggestions", doc: None, functions: FUNCTIONS, exec: None };

methods! { FUNCTIONS:
    /// Returns the candidate in candidates that's closest to item
    ["_generate_suggestions"] "($module, candidates, item, /)" Positional(generate_suggestions);
}

fn generate_suggestions(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "_generate_suggestions", args.len(), 2, 2)?;
    let Some(item) = args[1].downcast::<PyStr>() else {
        return Err(vm.type_error(format!(
            "_generate_suggestions() argument 2 must be str, not {}",
            vm.type_text(&args[1])
        )));
    };
    let Some(candidates) = args[0].downcast::<PyList>() else {
        return Err(vm.type_error("candidates must be a list"));
    };
    let mut names = Vec::with_capacity(candidates.len());
    for candidate in candidates.items_vec() {
        match candidate.downcast::<PyStr>() {
            Some(name) => names.push(name.to_rust_string()),
            None => return Err(vm.type_error("all elements in 'candidates' must be strings")),
        }
    }
    Ok(match closest(&item.to_rust_string(), names) {
        Some(name) => PyStr::try_new(vm, &name)?.into_value(),
        None => Value::NONE,
    })
}
