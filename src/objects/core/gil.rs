//! The global interpreter lock: a mutex and a condition variable, with a switch interval as in CPython.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::thread_state::{ThreadState, breaker};

/// How long a thread that was asked to let go waits for another one to take over.
const HANDOVER: Duration = Duration::from_millis(5);

/// The lock. One a runtime.
pub struct Gil {
    state: Mutex<State>,
    freed: Condvar,
    taken: Condvar,
    /// Microseconds that a waiter waits before it asks the holder to let go (`sys.setswitchinterval`).
    pub switch_interval_us: AtomicU64,
    /// How often the lock changed hands.
    pub switches: AtomicU64,
    /// The interpreter is going down: no thread but the one that takes it down gets the lock again.
    closing: AtomicBool,
    /// The serial number of that thread.
    closer: AtomicU64,
}

#[derive(Default)]
struct State {
    holder: Option<HolderBreaker>,
    last_holder: u64,
    waiting: u32,
    handing_over: u32,
}

struct HolderBreaker {
    thread: u64,
    breaker: Arc<AtomicU32>,
}

impl Default for Gil {
    fn default() -> Self {
        Self {
            state: Mutex::default(),
            freed: Condvar::new(),
            taken: Condvar::new(),
            switch_interval_us: AtomicU64::new(5000),
            switches: AtomicU64::new(0),
            closing: AtomicBool::new(false),
            closer: AtomicU64::new(0),
        }
    }
}

impl Gil {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on only `thread` gets the lock: others that want it sleep until the process ends.
    pub fn close(&self, thread: &ThreadState) {
        self.closer.store(thread.serial(), Ordering::SeqCst);
        self.closing.store(true, Ordering::SeqCst);
    }

    fn is_closed_to(&self, thread: &ThreadState) -> bool {
        self.closing.load(Ordering::SeqCst) && self.closer.load(Ordering::SeqCst) != thread.serial()
    }

    /// Takes the lock for `thread`, asking its holder to let go after the switch interval.
    pub(super) fn acquire(&self, thread: &ThreadState) {
        let mut state = self.lock();
        state.waiting += 1;
        while let Some(holder) = &state.holder {
            let interval =
                Duration::from_micros(self.switch_interval_us.load(Ordering::Relaxed).max(1));
            let holder_before = holder.thread;
            let switches_before = self.switches.load(Ordering::Relaxed);
            let (next, timeout) =
                self.freed.wait_timeout(state, interval).unwrap_or_else(PoisonError::into_inner);
            state = next;
            if timeout.timed_out()
                && let Some(holder) = &state.holder
                && holder.thread == holder_before
                && self.switches.load(Ordering::Relaxed) == switches_before
            {
                holder.breaker.fetch_or(breaker::GIL_DROP_REQUEST, Ordering::Relaxed);
            }
        }
        state.waiting -= 1;
        if self.is_closed_to(thread) {
            let waiting = state.waiting;
            drop(state);
            if waiting > 0 {
                self.freed.notify_one();
            }
            park_for_ever();
        }
        if state.last_holder != thread.serial() {
            self.switches.fetch_add(1, Ordering::Relaxed);
            state.last_holder = thread.serial();
        }
        state.holder =
            Some(HolderBreaker { thread: thread.serial(), breaker: thread.breaker_handle() });
        if state.handing_over > 0 {
            self.taken.notify_all();
        }
    }

    /// Gives the lock back.
    pub(super) fn release(&self) {
        let mut state = self.lock();
        if let Some(holder) = state.holder.take() {
            holder.breaker.fetch_and(!breaker::GIL_DROP_REQUEST, Ordering::Relaxed);
        }
        let waited_for = state.waiting > 0;
        drop(state);
        if waited_for {
            self.freed.notify_one();
        }
    }

    /// After a release: waits until another thread has had the lock, if one waits for it. Without this the thread that let go
    /// would be the first to come back.
    pub(super) fn hand_over(&self, thread: &ThreadState) {
        let mut state = self.lock();
        state.handing_over += 1;
        if state.waiting > 0 && state.holder.is_none() && state.last_holder == thread.serial() {
            state =
                self.taken.wait_timeout(state, HANDOVER).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.handing_over -= 1;
    }

    /// Runs `fork`, which answers whether this is the child, while no other thread is inside this lock's own data.
    pub(super) fn around_fork<R>(&self, fork: impl FnOnce() -> (R, bool)) -> R {
        let mut state = self.lock();
        let (result, is_child) = fork();
        if is_child {
            state.waiting = 0;
            state.handing_over = 0;
        }
        result
    }

    /// The serial number of the thread that holds the lock, and how many wait.
    #[must_use]
    pub fn holder(&self) -> (Option<u64>, u32) {
        let state = self.lock();
        (state.holder.as_ref().map(|holder| holder.thread), state.waiting)
    }
}

/// A thread that comes too late: its objects are not touched any more, not even to drop them.
fn park_for_ever() -> ! {
    loop {
        std::thread::park();
    }
}
