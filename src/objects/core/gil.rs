//! The global interpreter lock: a mutex and a condition variable, with a switch interval as in CPython.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::thread_state::{ThreadState, breaker};

/// The lock. One a runtime.
pub struct Gil {
    state: Mutex<State>,
    freed: Condvar,
    /// Microseconds that a waiter waits before it asks the holder to let go (`sys.setswitchinterval`).
    pub switch_interval_us: AtomicU64,
    /// How often the lock changed hands.
    pub switches: AtomicU64,
}

struct State {
    holder: Option<HolderBreaker>,
    last_holder: u64,
    waiting: u32,
}

struct HolderBreaker {
    thread: u64,
    breaker: std::sync::Arc<std::sync::atomic::AtomicU32>,
}

impl Default for Gil {
    fn default() -> Self {
        Self {
            state: Mutex::new(State { holder: None, last_holder: 0, waiting: 0 }),
            freed: Condvar::new(),
            switch_interval_us: AtomicU64::new(5000),
            switches: AtomicU64::new(0),
        }
    }
}

impl Gil {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the lock for `thread`, asking its holder to let go after the switch interval.
    pub(super) fn acquire(&self, thread: &ThreadState) {
        let mut state = self.lock();
        state.waiting += 1;
        while let Some(holder) = &state.holder {
            let interval =
                Duration::from_micros(self.switch_interval_us.load(Ordering::Relaxed).max(1));
            let holder_before = holder.thread;
            let (next, timeout) =
                self.freed.wait_timeout(state, interval).unwrap_or_else(PoisonError::into_inner);
            state = next;
            if timeout.timed_out()
                && let Some(holder) = &state.holder
                && holder.thread == holder_before
            {
                holder.breaker.fetch_or(breaker::GIL_DROP_REQUEST, Ordering::Relaxed);
            }
        }
        state.waiting -= 1;
        if state.last_holder != thread.id() {
            self.switches.fetch_add(1, Ordering::Relaxed);
            state.last_holder = thread.id();
        }
        state.holder =
            Some(HolderBreaker { thread: thread.id(), breaker: thread.breaker_handle() });
    }

    /// Gives the lock back.
    pub(super) fn release(&self) {
        let mut state = self.lock();
        if let Some(holder) = state.holder.take() {
            holder.breaker.fetch_and(!breaker::GIL_DROP_REQUEST, Ordering::Relaxed);
        }
        drop(state);
        self.freed.notify_one();
    }

    /// The thread that holds the lock, and how many wait.
    #[must_use]
    pub fn holder(&self) -> (Option<u64>, u32) {
        let state = self.lock();
        (state.holder.as_ref().map(|holder| holder.thread), state.waiting)
    }
}
