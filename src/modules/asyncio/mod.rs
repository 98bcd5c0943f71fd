//! `_asyncio`: futures, tasks, and which loop and task run.
//!
//! `future` is the future and the iterator that `await` goes through, `task` the task and its steps, `state` what belongs to
//! threads and to the module.

mod future;
mod state;
mod task;

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::set::PySet;
use objects::types::{self, module};

use crate::NativeModule;
use future::PyFuture;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "_asyncio",
    doc: Some("Accelerator module for asyncio"),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Return a currently executed task.
    ["current_task"] "($module, /, loop=None)" Bound(current_task);
    /// Return an asyncio event loop.
    ///
    /// When called from a coroutine or a callback (e.g. scheduled with
    /// call_soon or similar API), this function will always return the
    /// running event loop.
    ///
    /// If there is no running event loop set, the function will return
    /// the result of `get_event_loop_policy().get_event_loop()` call.
    ["get_event_loop"] "($module, /)" None(get_event_loop);
    /// Return the running event loop.  Raise a RuntimeError if there is none.
    ///
    /// This function is thread-specific.
    ["get_running_loop"] "($module, /)" None(get_running_loop);
    /// Return the running event loop or None.
    ///
    /// This is a low-level function intended to be used by event loops.
    /// This function is thread-specific.
    ["_get_running_loop"] "($module, /)" None(get_running_loop_or_none);
    /// Set the running event loop.
    ///
    /// This is a low-level function intended to be used by event loops.
    /// This function is thread-specific.
    ["_set_running_loop"] "($module, loop, /)" One(set_running_loop);
    /// Register a new task in asyncio as executed by loop.
    ///
    /// Returns None.
    ["_register_task"] "($module, /, task)" Bound(register_task);
    /// Register a new task in asyncio as executed by loop.
    ///
    /// Returns None.
    ["_register_eager_task"] "($module, /, task)" Bound(register_eager_task);
    /// Unregister a task.
    ///
    /// Returns None.
    ["_unregister_task"] "($module, /, task)" Bound(unregister_task);
    /// Unregister a task.
    ///
    /// Returns None.
    ["_unregister_eager_task"] "($module, /, task)" Bound(unregister_eager_task);
    /// Enter into task execution or resume suspended task.
    ///
    /// Task belongs to loop.
    ///
    /// Returns None.
    ["_enter_task"] "($module, /, loop, task)" Bound(enter_task);
    /// Leave task execution or suspend a task.
    ///
    /// Task belongs to loop.
    ///
    /// Returns None.
    ["_leave_task"] "($module, /, loop, task)" Bound(leave_task);
    /// Temporarily swap in the supplied task and return the original one (or None).
    ///
    /// This is intended for use during eager coroutine execution.
    ["_swap_current_task"] "($module, /, loop, task)" Bound(swap_current_task);
    /// Return a set of all tasks for the loop.
    ["all_tasks"] "($module, /, loop=None)" Bound(all_tasks);
    /// Record that `fut` is awaited on by `waiter`.
    ["future_add_to_awaited_by"] "($module, fut, waiter, /)" Positional(add_to_awaited_by);
    ["future_discard_from_awaited_by"] "($module, fut, waiter, /)" Positional(discard_from_awaited_by);
}

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    types::init_types(
        vm,
        &[
            (&future::FUTURE, &future::FUTURE_SPEC),
            (&future::FUTURE_ITER, &future::FUTURE_ITER_SPEC),
            (&task::TASK, &task::TASK_SPEC),
            (&task::STEP, &task::STEP_SPEC),
            (&state::STATE, &state::STATE_SPEC),
        ],
    )?;
    module::add(vm, this, "Future", future::FUTURE.get().to_value());
    module::add(vm, this, "Task", task::TASK.get().to_value());
    Ok(())
}

fn get_running_loop(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    state::running_loop(vm).ok_or_else(|| vm.runtime_error("no running event loop"))
}

fn get_running_loop_or_none(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(state::running_loop(vm).unwrap_or(Value::NONE))
}

fn set_running_loop(vm: Vm<'_>, _module: &Value, event_loop: &Value) -> PyResult<Value> {
    state::set_running_loop(vm, Some(event_loop.clone()).filter(|known| !known.is_none()));
    Ok(Value::NONE)
}

fn get_event_loop(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    state::event_loop(vm)
}

/// The loop of an argument, or the one that runs.
fn loop_argument(vm: Vm<'_>, module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    match args.get_non_none(0) {
        Some(event_loop) => Ok(event_loop.clone()),
        None => get_running_loop(vm, module),
    }
}

fn current_task(vm: Vm<'_>, module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let event_loop = loop_argument(vm, module, args)?;
    Ok(state::current_task(vm, &event_loop).unwrap_or(Value::NONE))
}

fn is_native(task: &Value) -> bool {
    task.class().is_subtype(task::TASK.get())
}

fn register_task(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let task = args.required(0);
    if is_native(task) {
        state::register(vm, task);
    } else {
        let others = state::other_tasks(vm)?;
        vm.call_method(&others, &vm.names().add, std::slice::from_ref(task))?;
    }
    Ok(Value::NONE)
}

fn unregister_task(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let task = args.required(0);
    if is_native(task) {
        state::forget(task);
    } else {
        let others = state::other_tasks(vm)?;
        vm.call_method(&others, &vm.names().discard, std::slice::from_ref(task))?;
    }
    Ok(Value::NONE)
}

fn register_eager_task(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    state::eager_tasks(vm).add(vm, args.required(0))?;
    Ok(Value::NONE)
}

fn unregister_eager_task(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    state::eager_tasks(vm).discard(vm, args.required(0))?;
    Ok(Value::NONE)
}

fn enter_task(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    state::enter_task(vm, args.required(0), args.required(1))?;
    Ok(Value::NONE)
}

fn leave_task(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    state::leave_task(vm, args.required(0), args.required(1))?;
    Ok(Value::NONE)
}

fn swap_current_task(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let task = Some(args.required(1).clone()).filter(|task| !task.is_none());
    let before = state::swap_current_task(vm, args.required(0), task)?;
    Ok(before.unwrap_or(Value::NONE))
}

fn all_tasks(vm: Vm<'_>, module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let event_loop = loop_argument(vm, module, args)?;
    let tasks = PySet::new_ref(vm);
    for task in state::native_tasks(vm) {
        let own = task.downcast::<PyFuture>().is_some_and(|state| {
            state.is_pending()
                && state
                    .event_loop
                    .with(|known| known.as_ref().is_some_and(|known| known.is(&event_loop)))
        });
        if own {
            tasks.add(vm, &task)?;
        }
    }
    let mut others = vm.collect(&state::other_tasks(vm)?)?;
    others.extend(state::eager_tasks(vm).core().keys_vec());
    for task in others {
        let done = vm.call_method(&task, &vm.intern("done"), &[])?;
        if !vm.is_true(&done)? && task::loop_of(vm, &task)?.is(&event_loop) {
            tasks.add(vm, &task)?;
        }
    }
    Ok(tasks.into_value())
}

fn add_to_awaited_by(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    objects::core::args::check_count(vm, "future_add_to_awaited_by", args.len(), 2, 2)?;
    future::add_to_awaited_by(vm, &args[0], &args[1])?;
    Ok(Value::NONE)
}

fn discard_from_awaited_by(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    objects::core::args::check_count(vm, "future_discard_from_awaited_by", args.len(), 2, 2)?;
    future::discard_from_awaited_by(vm, &args[0], &args[1])?;
    Ok(Value::NONE)
}
