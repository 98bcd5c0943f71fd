//! CALL_INTRINSIC_1 and CALL_INTRINSIC_2.

use objects::core::errors::PyResult;
use objects::core::gil_cell::HotCell;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number::{self, UnaryOp};
use objects::types::async_generator;
use objects::types::exceptions::base::payload_of;
use objects::types::exceptions::group;
use objects::types::exceptions::hierarchy as exc;
use objects::types::function::PyFunction;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::types::typing_objects;

use super::slow_handlers;
use crate::machine::Machine;

slow_handlers! {
    /// The intrinsic of a that the argument names; the result replaces a.
    call_intrinsic_1 => |m| {
        let result = intrinsic_1(m)?;
        drop(m.take_opt(m.a()));
        m.put(m.a(), result);
        m.advance(1);
        Ok(())
    };
    /// The intrinsic of a and the value behind it.
    call_intrinsic_2 => |m| {
        let result = intrinsic_2(m.vm(), m.arg(), m.peek(m.a()), m.peek(m.a() + 1))?;
        m.drop_many(m.a(), 2);
        m.put(m.a(), result);
        m.advance(1);
        Ok(())
    };
}

fn intrinsic_1(m: &Machine) -> PyResult<Value> {
    let vm = m.vm();
    let value = m.peek(m.a());
    match m.arg() {
        1 => {
            let hook = vm.interpreter().sys.get_str(&vm.names().displayhook);
            let Some(hook) = hook else {
                return Err(vm.runtime_error("lost sys.displayhook"));
            };
            vm.call(&hook, std::slice::from_ref(value))
        }
        2 => import_star(m, value),
        3 => Ok(stop_iteration_error(m, value)),
        4 => Ok(async_generator::wrap(vm, value.clone())),
        5 => number::unary(vm, UnaryOp::Positive, value),
        6 => {
            let items = vm.collect(value)?;
            Ok(PyTuple::try_from_vec(vm, items)?.into_value())
        }
        7 => typing_objects::new_type_var(vm, value, None, None),
        8 => typing_objects::new_param_spec(vm, value),
        9 => typing_objects::new_type_var_tuple(vm, value),
        10 => typing_objects::subscript_generic(vm, value),
        11 => typing_objects::new_type_alias(vm, value),
        other => Err(vm.system_error(format!("unknown intrinsic {other}"))),
    }
}

fn intrinsic_2(vm: Vm<'_>, which: u32, first: &Value, second: &Value) -> PyResult<Value> {
    match which {
        1 => {
            let raised = vm.collect(second)?;
            group::prepare_reraise_star(vm, first, &raised)
        }
        2 => typing_objects::new_type_var(vm, first, Some(second), None),
        3 => typing_objects::new_type_var(vm, first, None, Some(second)),
        4 => {
            if let Some(function) = first.downcast::<PyFunction>() {
                set(&function.type_params, second);
            }
            Ok(first.clone())
        }
        5 => typing_objects::set_default(vm, first, second),
        other => Err(vm.system_error(format!("unknown intrinsic {other}"))),
    }
}

fn set(place: &HotCell<Option<Value>>, value: &Value) {
    place.set(Some(value.clone()));
}

/// `from module import *`
fn import_star(m: &Machine, module: &Value) -> PyResult<Value> {
    let vm = m.vm();
    let names = vm.names();
    let Some(namespace) = m.frame().locals() else {
        return Err(vm.system_error("no locals found during 'import *'"));
    };
    let (listed, all) = match vm.get_attr_opt(module, &names.__all__)? {
        Some(all) => (vm.collect(&all)?, true),
        None => {
            let Some(dict) = vm.get_attr_opt(module, &names.__dict__)? else {
                return Err(vm.error(
                    &exc::IMPORT_ERROR,
                    "from-import-* object has no __dict__ and no __all__",
                ));
            };
            (vm.mapping_keys(&dict)?, false)
        }
    };
    for key in listed {
        let Some(name) = key.downcast::<PyStr>() else {
            let module_name = vm.get_attr(module, &names.__name__)?;
            let module_name = vm.str(&module_name)?.to_rust_string();
            return Err(vm.type_error(if all {
                format!("Item in {module_name}.__all__ must be str, not {}", key.class().name())
            } else {
                format!("Key in {module_name}.__dict__ must be str, not {}", key.class().name())
            }));
        };
        if !all && name.to_wtf8().first() == Some(&b'_') {
            continue;
        }
        let value = vm.get_attr(module, name)?;
        vm.set_item(&namespace, &key, &value)?;
    }
    Ok(Value::NONE)
}

/// StopIteration that leaves a generator's body becomes RuntimeError.
fn stop_iteration_error(m: &Machine, exception: &Value) -> Value {
    use bytecode::code_spec::code_flags;
    let vm = m.vm();
    let code = m.code();
    let asynchronous = code.has_flags(code_flags::ASYNC_GENERATOR);
    let message = if exception.class().is_subtype(exc::STOP_ITERATION.get()) {
        if asynchronous {
            "async generator raised StopIteration"
        } else if code.has_flags(code_flags::COROUTINE) {
            "coroutine raised StopIteration"
        } else {
            "generator raised StopIteration"
        }
    } else if asynchronous && exception.class().is_subtype(exc::STOP_ASYNC_ITERATION.get()) {
        "async generator raised StopAsyncIteration"
    } else {
        return exception.clone();
    };
    let text = PyStr::new_value(vm, message);
    let error = objects::types::exceptions::new(vm, exc::RUNTIME_ERROR.get(), &[text]);
    let fields = payload_of(&error);
    fields.cause.set(Some(exception.clone()));
    fields.context.set(Some(exception.clone()));
    fields.suppress_context.set(true);
    error
}
