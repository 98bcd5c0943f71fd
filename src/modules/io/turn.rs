//! Whose turn it is at a buffered stream: one thread at a time, and that one not twice.

use std::cell::Cell;

use objects::core::errors::PyResult;
use objects::core::runtime_state::Phase;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::no_references;

use crate::thread::Word;

/// The thread that is in the middle of a call; the others wait for it.
#[derive(Default)]
pub(super) struct Turn {
    /// Its identifier; 0 for nobody.
    holder: Cell<u64>,
    /// How many wait.
    waiting: Cell<u32>,
    /// Changes when the turn ends while somebody waits.
    ended: Word,
}

no_references!(Turn);

/// A turn that lasts as long as this.
pub(super) struct Taken<'t>(&'t Turn);

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.0.holder.set(0);
        if self.0.waiting.get() != 0 {
            self.0.ended.store(self.0.ended.load().wrapping_add(1));
            self.0.ended.wake(1);
        }
    }
}

impl Turn {
    /// Whether a call is going on.
    fn is_taken(&self) -> bool {
        self.holder.get() != 0
    }

    /// Waits for the turn and takes it; `stream` is for the message.
    ///
    /// # Errors
    /// RuntimeError for a call from inside another one of the same thread; what a signal handler raises.
    pub(super) fn take(&self, vm: Vm<'_>, stream: &Value) -> PyResult<Taken<'_>> {
        let own = vm.thread().id();
        while self.is_taken() {
            if self.holder.get() == own {
                let text = vm.repr(stream)?.to_rust_string();
                return Err(vm.runtime_error(format!("reentrant call inside {text}")));
            }
            if self.is_abandoned(vm) {
                break;
            }
            let seen = self.ended.load();
            self.waiting.set(self.waiting.get() + 1);
            let waited = self.ended.wait(vm, seen, None);
            self.waiting.set(self.waiting.get() - 1);
            waited?;
        }
        self.holder.set(own);
        Ok(Taken(self))
    }

    /// Whether the holder never gives the turn back: it is not in this process after a fork, or stopped at the exit.
    fn is_abandoned(&self, vm: Vm<'_>) -> bool {
        let holder = self.holder.get();
        let lives =
            vm.interpreter().threads.with(|threads| threads.iter().any(|it| it.id() == holder));
        !lives || vm.interpreter().runtime().phase.get() >= Phase::Finalizing
    }
}
