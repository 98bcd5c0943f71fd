//! `_typing`: the objects behind `typing`.

use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::union_::UNION;
use objects::types::{module, typing_objects};

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "_typing",
    doc: Some("Primitives and accelerators for the typing module.\n"),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    ["_idfunc"] "($module, x, /)" One(idfunc);
}

fn idfunc(_vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    Ok(value.clone())
}

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    objects::types::init_types(vm, typing_objects::TYPES)?;
    for (class, spec) in typing_objects::TYPES {
        let short = spec.name.rsplit('.').next().unwrap_or_default();
        if spec.name.starts_with("typing.") {
            module::add(vm, this, short, class.get().to_value());
        }
    }
    module::add(vm, this, "Union", UNION.get().to_value());
    module::add(vm, this, "NoDefault", typing_objects::no_default(vm));
    Ok(())
}
