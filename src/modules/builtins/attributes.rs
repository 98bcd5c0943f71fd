//! Builtin functions about attributes and identity: getattr, dir, vars, id, hash, len, callable.

use objects::core::args::check_count;
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::int;
use objects::types::list::PyList;
use objects::types::str::PyStr;

use crate::frames;

/// The name argument of getattr and its kin.
fn attribute_name<'a>(vm: Vm<'_>, value: &'a Value) -> PyResult<&'a Py<PyStr>> {
    value.downcast::<PyStr>().ok_or_else(|| {
        vm.type_error(format!("attribute name must be string, not '{}'", value.class().name()))
    })
}

pub(super) fn callable(_vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(value.class().slots.call.get().is_some()))
}

pub(super) fn getattr(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "getattr", args.len(), 2, 3)?;
    let (object, name) = (&args[0], attribute_name(vm, &args[1])?);
    match args.get(2) {
        None => vm.get_attr(object, name),
        Some(default) => Ok(vm.get_attr_opt(object, name)?.unwrap_or_else(|| default.clone())),
    }
}

pub(super) fn hasattr(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "hasattr", args.len(), 2, 2)?;
    let found = vm.get_attr_opt(&args[0], attribute_name(vm, &args[1])?)?;
    Ok(Value::from_bool(found.is_some()))
}

pub(super) fn setattr(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "setattr", args.len(), 3, 3)?;
    vm.set_attr(&args[0], attribute_name(vm, &args[1])?, Some(&args[2]))?;
    Ok(Value::NONE)
}

pub(super) fn delattr(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "delattr", args.len(), 2, 2)?;
    vm.set_attr(&args[0], attribute_name(vm, &args[1])?, None)?;
    Ok(Value::NONE)
}

pub(super) fn dir(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "dir", args.len(), 0, 1)?;
    let names = match args.first() {
        Some(object) => {
            let Some(names) = vm.call_special(object, &vm.names().__dir__, &[])? else {
                return Err(vm.type_error("object does not provide __dir__"));
            };
            vm.collect(&names)?
        }
        None => {
            let scope = frames::locals(vm)?;
            let keys = vm.call_method(&scope, &vm.names().keys, &[])?;
            vm.collect(&keys)?
        }
    };
    let list = PyList::new_value(vm, names);
    vm.call_method(&list, &vm.names().sort, &[])?;
    Ok(list)
}

pub(super) fn vars(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "vars", args.len(), 0, 1)?;
    match args.first() {
        None => frames::locals(vm),
        Some(object) => match vm.get_attr_opt(object, &vm.names().__dict__)? {
            Some(dict) => Ok(dict),
            None => Err(vm.type_error("vars() argument must have __dict__ attribute")),
        },
    }
}

pub(super) fn globals(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    match frames::globals(vm) {
        Some(globals) => Ok(globals.into_value()),
        None => Err(vm.system_error("globals() without a frame")),
    }
}

pub(super) fn locals(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    frames::locals(vm)
}

pub(super) fn hash(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, vm.hash(value)?))
}

pub(super) fn id(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    Ok(int::from_u64(vm, value.id()))
}

pub(super) fn len(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    Ok(int::new(vm, vm.length(value)?))
}
