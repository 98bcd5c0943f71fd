//! The first steps of a process: runtime, interpreter and thread state, and the builtin types.

use super::errors::PyResult;
use super::interpreter_state::InterpreterState;
use super::reserve;
use super::runtime_state::{Phase, RuntimeState};
use super::thread_state::ThreadState;
use super::vm::Vm;
use crate::types::{self, dict::PyDict};

/// Makes the runtime with its main interpreter and the state of the calling thread. All three live as long as the process.
///
/// `stack_low` is the lowest address of the calling thread's native stack, `thread_id` the system's identifier of it;
/// `hash_key` seeds the hashes of str and bytes.
///
/// # Panics
/// When a builtin type cannot be made ready, which no program can cause.
#[must_use]
pub fn start(stack_low: usize, thread_id: u64, hash_key: (u64, u64)) -> &'static ThreadState {
    reserve::fill_first();
    let runtime: &'static RuntimeState = Box::leak(Box::default());
    runtime.hash_key.set(hash_key);
    runtime.phase.set(Phase::Preinit);
    let interpreter: &'static InterpreterState =
        Box::leak(Box::new(InterpreterState::new(runtime, 0)));
    let thread: &'static ThreadState = Box::leak(Box::new(ThreadState::new(stack_low, thread_id)));
    thread.attach(interpreter);
    interpreter.threads.with_mut(|threads| threads.push(thread));
    Vm::enter(thread, |vm| {
        make_types(vm).expect("the builtin types can be made ready");
        runtime.phase.set(Phase::Core);
    });
    thread
}

fn make_types(vm: Vm<'_>) -> PyResult<()> {
    types::init(vm)?;
    let interpreter = vm.interpreter();
    interpreter.modules.set(PyDict::new_ref(vm));
    interpreter.builtins.set(PyDict::new_ref(vm));
    interpreter.sys.set(PyDict::new_ref(vm));
    Ok(())
}
