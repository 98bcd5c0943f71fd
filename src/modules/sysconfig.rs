//! `_sysconfig`: what of the build `sysconfig` tells.

use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::dict::PyDict;

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "_sysconfig",
    doc: Some("A helper for the sysconfig module."),
    functions: FUNCTIONS,
    exec: None,
};

methods! { FUNCTIONS:
    /// Returns a dictionary containing build variables intended to be exposed by sysconfig.
    ["config_vars"] "($module, /)" None(config_vars);
}

#[expect(clippy::unnecessary_wraps, reason = "a native function's signature")]
fn config_vars(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let variables = PyDict::new_ref(vm);
    for name in ["Py_GIL_DISABLED", "Py_DEBUG"] {
        drop(variables.set_str(&vm.intern(name), Value::small_int_unchecked(0)));
    }
    Ok(variables.into_value())
}
