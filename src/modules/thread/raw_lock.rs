//! The lock under `lock` and `RLock`: one word that the kernel can wait for.
//!
//! The word holds no owner and no queue of the process, so a copy of it in a forked child can always be used again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use objects::core::errors::PyResult;
use objects::core::vm::Vm;
use objects::no_references;
use rustix::thread::futex;

const FREE: u32 = 0;
const LOCKED: u32 = 1;
/// Locked, and somebody may wait.
const CONTENDED: u32 = 2;

/// The longest wait at a stretch: a signal that comes between the look at the breaker and the wait is seen after it.
const STRETCH: Duration = Duration::from_millis(50);

/// A word that threads wait for.
#[derive(Clone, Default)]
pub(crate) struct Word(Arc<AtomicU32>);

impl Word {
    pub(crate) fn load(&self) -> u32 {
        self.0.load(Ordering::Acquire)
    }

    pub(crate) fn store(&self, value: u32) {
        self.0.store(value, Ordering::Release);
    }

    /// Wakes threads that wait for the word to change.
    pub(crate) fn wake(&self, count: u32) {
        // Waking can fail for an unmapped address only.
        let _ = futex::wake(&self.0, futex::Flags::PRIVATE, count);
    }

    /// Waits until the word may differ from `value`, for a while at most, with the GIL given away; then looks for signals.
    ///
    /// # Errors
    /// What a signal handler raises.
    pub(crate) fn wait(&self, vm: Vm<'_>, value: u32, left: Option<Duration>) -> PyResult<()> {
        let stretch = left.map_or(STRETCH, |left| left.min(STRETCH));
        let word = Arc::clone(&self.0);
        vm.allow_threads(move || {
            let timeout = futex::Timespec {
                tv_sec: i64::try_from(stretch.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: i64::from(stretch.subsec_nanos()),
            };
            // Woken, timed out, interrupted or changed before: the caller looks at the word again.
            let _ = futex::wait(&word, futex::Flags::PRIVATE, value, Some(&timeout));
        });
        vm.poll()
    }
}

/// How long a wait may still take; None when the deadline has passed.
pub(crate) fn left_until(deadline: Option<Instant>) -> Option<Option<Duration>> {
    match deadline {
        None => Some(None),
        Some(deadline) => {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() { None } else { Some(Some(left)) }
        }
    }
}

/// The lock, shared with the threads that wait.
#[derive(Clone, Default)]
pub(crate) struct RawLock(Word);

no_references!(RawLock);

impl RawLock {
    pub(crate) fn try_lock(&self) -> bool {
        self.0.0.compare_exchange(FREE, LOCKED, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    pub(crate) fn is_locked(&self) -> bool {
        self.0.load() != FREE
    }

    /// Unlocks. False when it was not locked.
    pub(crate) fn unlock(&self) -> bool {
        let was = self.0.0.swap(FREE, Ordering::Release);
        if was == CONTENDED {
            self.0.wake(1);
        }
        was != FREE
    }

    /// Locks, waiting until `deadline` at most. False when the time was up.
    ///
    /// # Errors
    /// What a signal handler raises.
    pub(crate) fn lock(&self, vm: Vm<'_>, deadline: Option<Instant>) -> PyResult<bool> {
        if self.try_lock() {
            return Ok(true);
        }
        loop {
            if self.0.0.swap(CONTENDED, Ordering::Acquire) == FREE {
                return Ok(true);
            }
            let Some(left) = left_until(deadline) else { return Ok(false) };
            self.0.wait(vm, CONTENDED, left)?;
        }
    }
}
