//! `_weakref`: weak references and proxies.

use objects::core::args::check_count;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::dict::PyDict;
use objects::types::list::PyList;
use objects::types::module;
use objects::types::weak_proxy::{WEAK_CALLABLE_PROXY, WEAK_PROXY};
use objects::types::weakref::{self, WEAK_REF};

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "_weakref",
    doc: Some("Weak-reference support module."),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Return the number of weak references to 'object'.
    ["getweakrefcount"] "($module, object, /)" One(getweakrefcount);
    /// Atomically remove key from dict if it points to a dead weakref.
    ["_remove_dead_weakref"] "($module, dct, key, /)" Positional(remove_dead_weakref);
    /// Return a list of all weak reference objects pointing to 'object'.
    ["getweakrefs"] "($module, object, /)" One(getweakrefs);
    /// Create a proxy object that weakly references 'object'.
    ///
    /// 'callback', if given, is called with a reference to the
    /// proxy when 'object' is about to be finalized.
    ["proxy"] "($module, object, callback=None, /)" Positional(proxy);
}

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    module::add(vm, this, "ref", WEAK_REF.get().to_value());
    module::add(vm, this, "ReferenceType", WEAK_REF.get().to_value());
    module::add(vm, this, "ProxyType", WEAK_PROXY.get().to_value());
    module::add(vm, this, "CallableProxyType", WEAK_CALLABLE_PROXY.get().to_value());
    Ok(())
}

fn getweakrefcount(_vm: Vm<'_>, _module: &Value, object: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(weakref::references_to(object).len()))
}

fn getweakrefs(vm: Vm<'_>, _module: &Value, object: &Value) -> PyResult<Value> {
    PyList::try_new_value(vm, weakref::references_in_order(object))
}

fn remove_dead_weakref(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "_remove_dead_weakref", args.len(), 2, 2)?;
    let Some(dict) = args[0].downcast::<PyDict>() else {
        return Err(vm.type_error(format!(
            "_remove_dead_weakref() argument 1 must be dict, not {}",
            vm.type_text(&args[0])
        )));
    };
    let Some(found) = dict.get(vm, &args[1])? else { return Ok(Value::NONE) };
    match weakref::core_of(&found) {
        Some(core) if core.get().is_none() => {
            let dead = dict.remove(vm, &args[1])?;
            drop(dead);
            Ok(Value::NONE)
        }
        Some(_) => Ok(Value::NONE),
        None => Err(vm.type_error("not a weakref")),
    }
}

fn proxy(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "proxy", args.len(), 1, 2)?;
    weakref::new_proxy(vm, &args[0], args.get(1))
}
