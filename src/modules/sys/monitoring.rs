//! `sys.monitoring`: tools that watch programs run (PEP 669).

use objects::core::args::check_count;
use objects::core::errors::PyResult;
use objects::core::monitoring::{
    EVENT_NAMES, EVENTS, LOCAL_EVENTS, Monitoring, PROFILE_TOOL, UNGROUPED_EVENTS, event, events_in,
};
use objects::core::object::Py;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::code::PyCode;
use objects::types::dict::PyDict;
use objects::types::module::{self, PyModule};
use objects::types::str::PyStr;
use objects::types::{int, namespace, object_};

use super::hooks::raise_event;

methods! { FUNCTIONS:
    ["use_tool_id"] "($module, tool_id, name, /)" Positional(use_tool_id);
    ["clear_tool_id"] "($module, tool_id, /)" One(clear_tool_id);
    ["free_tool_id"] "($module, tool_id, /)" One(free_tool_id);
    ["get_tool"] "($module, tool_id, /)" One(get_tool);
    ["register_callback"] "($module, tool_id, event, func, /)" Positional(register_callback);
    ["get_events"] "($module, tool_id, /)" One(get_events);
    ["set_events"] "($module, tool_id, event_set, /)" Positional(set_events);
    ["get_local_events"] "($module, tool_id, code, /)" Positional(get_local_events);
    ["set_local_events"] "($module, tool_id, code, event_set, /)" Positional(set_local_events);
    ["restart_events"] "($module, /)" None(restart_events);
    ["_all_events"] "($module, /)" None(all_events);
}

/// The events that go with CALL.
const C_RETURN_EVENTS: u32 = 1 << event::C_RETURN | 1 << event::C_RAISE;
const C_CALL_EVENTS: u32 = C_RETURN_EVENTS | 1 << event::CALL;

/// The module.
pub(super) fn module(vm: Vm<'_>) -> Value {
    let module = PyModule::new_value(vm, "sys.monitoring", None);
    module::add_functions(vm, &module, FUNCTIONS);
    let (disable, missing) = monitoring(vm).markers.get_or_init(|| {
        let plain = || object_::new_instance(vm, object_::OBJECT.get());
        (plain(), plain())
    });
    module::add(vm, &module, "DISABLE", disable.clone());
    module::add(vm, &module, "MISSING", missing.clone());
    let events = PyDict::new_ref(vm);
    for (number, name) in EVENT_NAMES.iter().enumerate() {
        drop(events.set_str(&vm.intern(name), Value::small_int_unchecked(1 << number)));
    }
    drop(events.set_str(&vm.intern("NO_EVENTS"), Value::small_int_unchecked(0)));
    module::add(vm, &module, "events", namespace::new_value(vm, events));
    for (name, number) in
        [("DEBUGGER_ID", 0), ("COVERAGE_ID", 1), ("PROFILER_ID", 2), ("OPTIMIZER_ID", 5)]
    {
        module::add(vm, &module, name, Value::small_int_unchecked(number));
    }
    module
}

fn monitoring(vm: Vm<'_>) -> &'static Monitoring {
    &vm.thread().interpreter().monitoring
}

/// A tool's number out of an argument.
fn tool_of(vm: Vm<'_>, value: &Value) -> PyResult<usize> {
    let number = number::as_i32(vm, value)?;
    usize::try_from(number)
        .ok()
        .filter(|&tool| tool < PROFILE_TOOL)
        .ok_or_else(|| vm.value_error(format!("invalid tool {number} (must be between 0 and 5)")))
}

fn name_of(vm: Vm<'_>, tool: usize) -> Option<Value> {
    monitoring(vm).names.with(|names| names[tool].clone())
}

fn set_name(vm: Vm<'_>, tool: usize, name: Option<Value>) {
    let old = monitoring(vm).names.with_mut(|names| std::mem::replace(&mut names[tool], name));
    drop(old);
}

fn check_in_use(vm: Vm<'_>, tool: usize) -> PyResult<()> {
    if name_of(vm, tool).is_some() {
        return Ok(());
    }
    Err(vm.value_error(format!("tool {tool} is not in use")))
}

fn use_tool_id(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "use_tool_id", args.len(), 2, 2)?;
    let tool = tool_of(vm, &args[0])?;
    if args[1].downcast::<PyStr>().is_none() {
        return Err(vm.value_error("tool name must be a str"));
    }
    if name_of(vm, tool).is_some() {
        return Err(vm.value_error(format!("tool {tool} is already in use")));
    }
    set_name(vm, tool, Some(args[1].clone()));
    Ok(Value::NONE)
}

fn clear_tool_id(vm: Vm<'_>, _module: &Value, tool: &Value) -> PyResult<Value> {
    let tool = tool_of(vm, tool)?;
    if name_of(vm, tool).is_some() {
        monitoring(vm).clear_tool(vm, tool);
    }
    Ok(Value::NONE)
}

fn free_tool_id(vm: Vm<'_>, module: &Value, tool: &Value) -> PyResult<Value> {
    clear_tool_id(vm, module, tool)?;
    set_name(vm, tool_of(vm, tool)?, None);
    Ok(Value::NONE)
}

fn get_tool(vm: Vm<'_>, _module: &Value, tool: &Value) -> PyResult<Value> {
    Ok(name_of(vm, tool_of(vm, tool)?).unwrap_or(Value::NONE))
}

fn register_callback(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "register_callback", args.len(), 3, 3)?;
    let tool = tool_of(vm, &args[0])?;
    let bits = number::as_i32(vm, &args[1])?.cast_unsigned();
    if bits.count_ones() != 1 {
        return Err(vm.value_error("The callback can only be set for one event at a time"));
    }
    let number = bits.trailing_zeros() as usize;
    if number >= EVENTS {
        return Err(vm.value_error(format!("invalid event {}", bits.cast_signed())));
    }
    raise_event(vm, "sys.monitoring.register_callback", &args[2..])?;
    let callback = Some(args[2].clone()).filter(|callback| !callback.is_none());
    Ok(monitoring(vm).set_callback(tool, number, callback).unwrap_or(Value::NONE))
}

fn get_events(vm: Vm<'_>, _module: &Value, tool: &Value) -> PyResult<Value> {
    let tool = tool_of(vm, tool)?;
    Ok(Value::small_int_unchecked(i64::from(monitoring(vm).events_of(tool))))
}

/// The events of a set, with those that go with others.
fn ungrouped(vm: Vm<'_>, events: u32) -> PyResult<u32> {
    if events & C_RETURN_EVENTS != 0 && events & C_CALL_EVENTS != C_CALL_EVENTS {
        return Err(vm.value_error("cannot set C_RETURN or C_RAISE events independently"));
    }
    let mut events = events & !C_RETURN_EVENTS;
    if events & 1 << event::BRANCH != 0 {
        events =
            events & !(1 << event::BRANCH) | 1 << event::BRANCH_RIGHT | 1 << event::BRANCH_LEFT;
    }
    Ok(events)
}

fn set_events(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "set_events", args.len(), 2, 2)?;
    let tool = tool_of(vm, &args[0])?;
    let events = number::as_i32(vm, &args[1])?;
    if !(0..1 << EVENTS).contains(&events) {
        return Err(vm.value_error(format!("invalid event set 0x{events:x}")));
    }
    let events = ungrouped(vm, events.cast_unsigned())?;
    check_in_use(vm, tool)?;
    monitoring(vm).set_events(vm, tool, events);
    Ok(Value::NONE)
}

fn code_of<'a>(vm: Vm<'_>, value: &'a Value) -> PyResult<&'a Py<PyCode>> {
    value.downcast::<PyCode>().ok_or_else(|| vm.type_error("code must be a code object"))
}

fn get_local_events(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "get_local_events", args.len(), 2, 2)?;
    let number = number::as_i32(vm, &args[0])?;
    let code = code_of(vm, &args[1])?;
    let tool = tool_of(vm, &Value::small_int_unchecked(i64::from(number)))?;
    let events = events_in(&code.monitors.local.get(), tool);
    Ok(Value::small_int_unchecked(i64::from(events)))
}

fn set_local_events(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "set_local_events", args.len(), 3, 3)?;
    let number = number::as_i32(vm, &args[0])?;
    let events = number::as_i32(vm, &args[2])?;
    let code = code_of(vm, &args[1])?;
    let tool = tool_of(vm, &Value::small_int_unchecked(i64::from(number)))?;
    let events = ungrouped(vm, events.cast_unsigned())?;
    if events >= 1 << LOCAL_EVENTS {
        return Err(vm.value_error(format!("invalid local event set 0x{events:x}")));
    }
    check_in_use(vm, tool)?;
    monitoring(vm).set_local_events(vm, code, tool, events);
    Ok(Value::NONE)
}

fn restart_events(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    monitoring(vm).restart_events(vm);
    Ok(Value::NONE)
}

fn all_events(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let dict = PyDict::new_ref(vm);
    for (number, name) in EVENT_NAMES.iter().enumerate().take(UNGROUPED_EVENTS) {
        let tools = monitoring(vm).tools_for(number);
        if tools != 0 {
            drop(dict.set_str(&vm.intern(name), int::new(vm, i64::from(tools))));
        }
    }
    Ok(dict.into_value())
}
