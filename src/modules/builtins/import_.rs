//! `__import__`.

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::str::PyStr;

use crate::importing;

/// `__import__(name, globals=None, locals=None, fromlist=(), level=0)`
pub(super) fn import(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let name = args.required(0);
    let Some(name) = name.downcast::<PyStr>() else {
        return Err(vm.type_error("module name must be a string"));
    };
    let level = match args.get(4) {
        Some(level) => objects::protocol::number::as_i64(vm, level)?,
        None => 0,
    };
    importing::import(vm, name, args.get_non_none(1), args.get(3), level)
}
