//! The names that modules and globals had in Python 2, as `_compat_pickle` lists them.

use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::dict::PyDict;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;

/// The entry of a table, which must be a dict.
fn entry(vm: Vm<'_>, table: &str, key: &Value) -> PyResult<Option<Value>> {
    let module = vm.import_module("_compat_pickle")?;
    let mapping = vm.get_attr_str(&module, table)?;
    match mapping.downcast::<PyDict>() {
        Some(mapping) => mapping.get(vm, key),
        None => Err(vm.runtime_error(format!(
            "_compat_pickle.{table} should be a dict, not {}",
            mapping.class().name()
        ))),
    }
}

/// Another name for a global, or for its whole module.
fn renamed(
    vm: Vm<'_>,
    (names, imports): (&str, &str),
    module: Value,
    name: Value,
) -> PyResult<(Value, Value)> {
    let key = PyTuple::new_value(vm, &[module.clone(), name.clone()]);
    if let Some(pair) = entry(vm, names, &key)? {
        let Some(pair) = pair.downcast::<PyTuple>().filter(|pair| pair.items().len() == 2) else {
            return Err(vm.runtime_error(format!(
                "_compat_pickle.{names} values should be 2-tuples, not {}",
                pair.class().name()
            )));
        };
        let (new_module, new_name) = (&pair.items()[0], &pair.items()[1]);
        if new_module.downcast::<PyStr>().is_none() || new_name.downcast::<PyStr>().is_none() {
            return Err(vm.runtime_error(format!(
                "_compat_pickle.{names} values should be pairs of str, not ({}, {})",
                new_module.class().name(),
                new_name.class().name()
            )));
        }
        return Ok((new_module.clone(), new_name.clone()));
    }
    match entry(vm, imports, &module)? {
        None => Ok((module, name)),
        Some(new) if new.downcast::<PyStr>().is_some() => Ok((new, name)),
        Some(new) => Err(vm.runtime_error(format!(
            "_compat_pickle.{imports} values should be strings, not {}",
            new.class().name()
        ))),
    }
}

/// What Python 2 calls a global.
pub(super) fn to_old(vm: Vm<'_>, module: Value, name: Value) -> PyResult<(Value, Value)> {
    renamed(vm, ("REVERSE_NAME_MAPPING", "REVERSE_IMPORT_MAPPING"), module, name)
}

/// What a global of Python 2 is called now.
pub(super) fn to_new(vm: Vm<'_>, module: Value, name: Value) -> PyResult<(Value, Value)> {
    renamed(vm, ("NAME_MAPPING", "IMPORT_MAPPING"), module, name)
}
