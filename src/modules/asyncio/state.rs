//! What belongs to the module as a whole: the running loop and task of each thread, the tasks there are, and the names of
//! the `asyncio` package that native code uses.

use objects::core::errors::{PyResult, Raised};
use objects::core::gil_cell::HotCell;
use objects::core::interpreter_state::StateKey;
use objects::core::live_list::LiveList;
use objects::core::pyref::PyRef;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::payload;
use objects::types::set::PySet;
use objects::types::tuple::PyTuple;

use super::future::PyFuture;

payload! {
    /// The module's state.
    pub(super) struct PyState: STATE, gc {
        /// The native tasks that are not done.
        tasks: LiveList,
        /// A `WeakSet` of the tasks of other types.
        other_tasks: HotCell<Option<Value>>,
        eager_tasks: PyRef<PySet>,
        context_keyword: PyRef<PyTuple>,
        errors: HotCell<Vec<Value>>,
    }
}

/// The type of the state, which no program sees.
pub(super) static STATE: StaticType = StaticType::new::<PyState>();

/// The spec of the state's type.
pub(super) const STATE_SPEC: TypeSpec = TypeSpec {
    name: "_asyncio._State",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    ..TypeSpec::DEFAULT
};

static KEY: StateKey = StateKey::new("_asyncio");

fn state(vm: Vm<'_>) -> Value {
    if let Some(known) = vm.interpreter().state_at(&KEY) {
        return known;
    }
    let names = PyTuple::new_ref(vm, &[vm.intern("context").into_value()]);
    let new = PyRef::new(
        vm,
        PyState {
            tasks: LiveList::default(),
            other_tasks: HotCell::new(None),
            eager_tasks: PySet::new_ref(vm),
            context_keyword: names,
            errors: HotCell::new(Vec::new()),
        },
    )
    .into_value();
    vm.interpreter().set_state_of(KEY.name, new.clone());
    new
}

/// The names of a call with the keyword `context`.
pub(super) fn context_keyword(vm: Vm<'_>) -> PyRef<PyTuple> {
    state(vm).receiver::<PyState>().context_keyword.clone()
}

/// A class of `asyncio.exceptions`.
pub(super) fn exception_class(vm: Vm<'_>, name: &str) -> PyResult<Value> {
    let state = state(vm);
    let known = state
        .receiver::<PyState>()
        .errors
        .with(|errors| errors.get(usize::from(name == "CancelledError")).cloned());
    if let Some(known) = known {
        return Ok(known);
    }
    let module = vm.import_module("asyncio.exceptions")?;
    let classes = vec![
        vm.get_attr_str(&module, "InvalidStateError")?,
        vm.get_attr_str(&module, "CancelledError")?,
    ];
    let wanted = classes[usize::from(name == "CancelledError")].clone();
    state.receiver::<PyState>().errors.set(classes);
    Ok(wanted)
}

/// The loop that runs in this thread.
pub(super) fn running_loop(vm: Vm<'_>) -> Option<Value> {
    vm.thread().asyncio_loop.get()
}

/// Says which loop runs in this thread.
pub(super) fn set_running_loop(vm: Vm<'_>, event_loop: Option<Value>) {
    vm.thread().asyncio_loop.set(event_loop);
}

/// The running loop, or the one that the policy gives.
pub(super) fn event_loop(vm: Vm<'_>) -> PyResult<Value> {
    if let Some(running) = running_loop(vm) {
        return Ok(running);
    }
    let events = vm.import_module("asyncio.events")?;
    let policy = vm.call_method(&events, &vm.intern("_get_event_loop_policy"), &[])?;
    vm.call_method(&policy, &vm.intern("get_event_loop"), &[])
}

fn check_loop(vm: Vm<'_>, event_loop: &Value) -> PyResult<()> {
    if vm
        .thread()
        .asyncio_loop
        .with(|running| running.as_ref().is_some_and(|running| running.is(event_loop)))
    {
        return Ok(());
    }
    let shown = vm.repr(event_loop)?.to_rust_string();
    Err(vm.runtime_error(format!("loop {shown} is not the running loop")))
}

#[cold]
fn wrong_task(vm: Vm<'_>, task: &Value, current: &Value, leaving: bool) -> Raised {
    let text = || {
        let (task, current) = (vm.repr(task)?.to_rust_string(), vm.repr(current)?.to_rust_string());
        Ok(if leaving {
            format!("Invalid attempt to leave task {task} while task {current} is entered.")
        } else {
            format!("Cannot enter into task {task} while another task {current} is being executed.")
        })
    };
    match text() {
        Ok(text) => vm.runtime_error(text),
        Err(raised) => raised,
    }
}

/// `task` begins to run.
pub(super) fn enter_task(vm: Vm<'_>, event_loop: &Value, task: &Value) -> PyResult<()> {
    check_loop(vm, event_loop)?;
    if let Some(current) = vm.thread().asyncio_task.get() {
        return Err(wrong_task(vm, task, &current, false));
    }
    vm.thread().asyncio_task.set(Some(task.clone()));
    Ok(())
}

/// `task` stops running for now.
pub(super) fn leave_task(vm: Vm<'_>, event_loop: &Value, task: &Value) -> PyResult<()> {
    check_loop(vm, event_loop)?;
    let current = vm.thread().asyncio_task.get();
    if !current.as_ref().is_some_and(|current| current.is(task)) {
        return Err(wrong_task(vm, task, &current.unwrap_or(Value::NONE), true));
    }
    vm.thread().asyncio_task.set(None);
    Ok(())
}

/// Puts `task` in the place of the running one, which comes back.
pub(super) fn swap_current_task(
    vm: Vm<'_>,
    event_loop: &Value,
    task: Option<Value>,
) -> PyResult<Option<Value>> {
    check_loop(vm, event_loop)?;
    Ok(vm.thread().asyncio_task.replace(task))
}

/// The task that runs in a loop, which may be another thread's.
pub(super) fn current_task(vm: Vm<'_>, event_loop: &Value) -> Option<Value> {
    vm.interpreter().threads.with(|threads| {
        threads
            .iter()
            .find(|thread| {
                thread
                    .asyncio_loop
                    .with(|running| running.as_ref().is_some_and(|known| known.is(event_loop)))
            })
            .and_then(|thread| thread.asyncio_task.get())
    })
}

/// Notes a native task until it is done.
pub(super) fn register(vm: Vm<'_>, task: &Value) {
    let task = task.receiver::<PyFuture>();
    state(vm).receiver::<PyState>().tasks.insert(task, |future| &future.listed);
}

/// Forgets a native task.
pub(super) fn forget(task: &Value) {
    task.receiver::<PyFuture>().listed.leave();
}

/// The native tasks that are alive.
pub(super) fn native_tasks(vm: Vm<'_>) -> Vec<Value> {
    state(vm).receiver::<PyState>().tasks.members()
}

/// The set of tasks of other types, made when it is first needed.
pub(super) fn other_tasks(vm: Vm<'_>) -> PyResult<Value> {
    let state = state(vm);
    let place = &state.receiver::<PyState>().other_tasks;
    if let Some(known) = place.get() {
        return Ok(known);
    }
    let module = vm.import_module("weakref")?;
    let new = vm.call(&vm.get_attr_str(&module, "WeakSet")?, &[])?;
    place.set(Some(new.clone()));
    Ok(new)
}

/// The tasks that are being started eagerly.
pub(super) fn eager_tasks(vm: Vm<'_>) -> PyRef<PySet> {
    state(vm).receiver::<PyState>().eager_tasks.clone()
}
