//! What the breaker asks for: the GIL, signals, a collection, pending calls.

use std::sync::atomic::Ordering;

use objects::core::errors::PyResult;
use objects::core::thread_state::breaker;
use objects::core::vm::Vm;

/// Answers the breaker's bits.
#[cold]
#[inline(never)]
pub(crate) fn answer(vm: Vm<'_>) -> PyResult<()> {
    vm.poll()
}

/// The part that native code leaves to this room: what is due beyond the GIL and the collection.
pub(crate) fn on_breaker(vm: Vm<'_>) -> PyResult<()> {
    let interpreter = vm.interpreter();
    if take(vm, breaker::SIGNALS)
        && let Some(run) = interpreter.on_signals.get()
    {
        run(vm)?;
    }
    if take(vm, breaker::PENDING_CALLS)
        && let Some(run) = interpreter.on_pending_calls.get()
    {
        run(vm)?;
    }
    if take(vm, breaker::ASYNC_EXCEPTION)
        && let Some(wanted) = vm.thread().async_exception.take()
    {
        let exception = objects::types::exceptions::instantiate(vm, &wanted)?;
        return Err(vm.raise(exception));
    }
    Ok(())
}

/// Whether the bit was set; it is not any more.
fn take(vm: Vm<'_>, bit: u32) -> bool {
    vm.thread().breaker().fetch_and(!bit, Ordering::Relaxed) & bit != 0
}
