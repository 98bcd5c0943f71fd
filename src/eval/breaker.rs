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

/// The part that native code leaves to this room: what is due beyond the GIL.
pub(crate) fn on_breaker(vm: Vm<'_>) -> PyResult<()> {
    let bits = vm.thread().breaker().load(Ordering::Relaxed);
    if bits & breaker::TRACE != 0 {
        vm.thread().breaker().fetch_and(!breaker::TRACE, Ordering::Relaxed);
    }
    Ok(())
}
