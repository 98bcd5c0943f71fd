//! Which thread has the prompt: one at a time, in the order in which they came.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;

use objects::core::vm::Vm;

/// How long a thread waits before it looks whether a signal came.
const LOOK_EVERY: Duration = Duration::from_millis(50);

#[derive(Debug)]
struct Turns {
    holder: Option<ThreadId>,
    /// How many prompts of the holder's are inside each other.
    depth: usize,
    waiting: VecDeque<ThreadId>,
    is_over: bool,
}

static TURNS: Mutex<Turns> =
    Mutex::new(Turns { holder: None, depth: 0, waiting: VecDeque::new(), is_over: false });
static CHANGED: Condvar = Condvar::new();

fn turns() -> MutexGuard<'static, Turns> {
    TURNS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The right to prompt, until it is dropped: a thread's.
#[derive(Debug)]
pub(crate) struct Turn(ThreadId);

impl Drop for Turn {
    fn drop(&mut self) {
        let mut turns = turns();
        // It may have been taken away.
        if turns.holder == Some(self.0) {
            turns.depth = turns.depth.saturating_sub(1);
            if turns.depth == 0 {
                turns.holder = None;
            }
        }
        CHANGED.notify_all();
    }
}

thread_local! {
    /// The turn of a thread that is stepped through: nobody else has the prompt before its next stop, or its end.
    static KEPT: RefCell<Option<Turn>> = const { RefCell::new(None) };
}

/// Keeps the turn for the thread's next stop.
pub(super) fn keep(turn: Turn) {
    KEPT.set(Some(turn));
}

/// Gives up what was kept: the thread runs on.
pub(crate) fn let_go() {
    // What it wakes is no business of this thread's.
    drop(KEPT.take());
}

impl Turns {
    /// Takes the turn if it is this thread's.
    fn take(&mut self, own: ThreadId) -> bool {
        let is_first = self.waiting.front().is_none_or(|first| *first == own);
        if self.holder == Some(own) || (self.holder.is_none() && is_first) {
            self.holder = Some(own);
            self.depth += 1;
            self.waiting.retain(|waiting| *waiting != own);
            return true;
        }
        false
    }
}

/// Waits for the right to prompt; `meanwhile` is called once if it does not come at once. None when the shell has ended.
pub(crate) fn take(vm: Vm<'_>, meanwhile: impl FnOnce()) -> Option<Turn> {
    let own = std::thread::current().id();
    if let Some(kept) = KEPT.take().filter(|_| turns().holder == Some(own)) {
        return Some(kept);
    }
    {
        let mut turns = turns();
        if turns.is_over {
            return None;
        }
        if turns.take(own) {
            return Some(Turn(own));
        }
        turns.waiting.push_back(own);
    }
    meanwhile();
    loop {
        let taken = vm.allow_threads(|| {
            let mut turns = turns();
            if !turns.is_over && !turns.take(own) {
                turns = CHANGED
                    .wait_timeout(turns, LOOK_EVERY)
                    .map_or_else(|poisoned| poisoned.into_inner().0, |(turns, _)| turns);
                if !turns.take(own) {
                    return turns.is_over.then_some(false);
                }
            }
            Some(!turns.is_over)
        });
        match taken {
            Some(true) => return Some(Turn(own)),
            Some(false) => {
                turns().waiting.retain(|waiting| *waiting != own);
                return None;
            }
            None => {
                if let Err(raised) = vm.poll() {
                    // Ctrl-C: whoever has the prompt and runs on gives it back.
                    vm.clear(raised);
                    let mut turns = turns();
                    turns.waiting.retain(|waiting| *waiting != own);
                    (turns.holder, turns.depth) = (Some(own), 1);
                    return Some(Turn(own));
                }
            }
        }
    }
}

/// The shell ends: nobody prompts any more, and threads that wait run on.
pub(crate) fn end() {
    turns().is_over = true;
    CHANGED.notify_all();
}
