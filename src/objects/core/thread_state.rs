//! The state of one thread: current frame, exceptions, breaker, stack bounds.

use std::cell::{Cell, OnceCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::frame::stacks::Stacks;
use super::gil_cell::HotCell;
use super::interpreter_state::InterpreterState;
use super::monitoring::ThreadTracing;
use super::place_cache::PlaceCache;
use super::value::Value;

/// Bits of the breaker word: why the evaluation loop has to stop for a moment.
pub mod breaker {
    /// Another thread wants the GIL.
    pub const GIL_DROP_REQUEST: u32 = 1;
    /// A signal handler is due (main thread).
    pub const SIGNALS: u32 = 2;
    /// A collection is due.
    pub const GC: u32 = 4;
    /// Pending calls wait.
    pub const PENDING_CALLS: u32 = 8;
    /// An exception was set from another thread.
    pub const ASYNC_EXCEPTION: u32 = 16;
    /// Tracing or the form of translation changed.
    pub const TRACE: u32 = 32;
    /// The memory reserve was used up.
    pub const MEMORY: u32 = 64;
}

/// How much native stack is kept free below the recursion guard.
pub const STACK_MARGIN: usize = 256 << 10;

/// `PyThreadState` in CPython.
pub struct ThreadState {
    interpreter: OnceCell<&'static InterpreterState>,
    serial: Cell<u64>,
    id: Cell<u64>,
    breaker: Arc<AtomicU32>,
    /// The value stack and the control stack.
    pub stacks: Stacks,
    /// The exception that is being propagated.
    pub raised: HotCell<Option<Value>>,
    /// The exceptions being handled: one entry for the thread, one more for each generator that is running.
    pub handled: HotCell<Vec<Option<Value>>>,
    /// The lowest address that native code may use.
    pub stack_limit: Cell<usize>,
    /// An exception class or instance that another thread wants raised here; the breaker's bit goes with it.
    pub async_exception: HotCell<Option<Value>>,
    /// How deep Python frames are nested.
    pub recursion_depth: Cell<u32>,
    /// Objects whose `repr` is running, by address (`Py_ReprEnter`).
    pub repr_running: HotCell<Vec<u64>>,
    /// The asynchronous generator hooks (`sys.set_asyncgen_hooks`).
    pub asyncgen_hooks: HotCell<(Option<Value>, Option<Value>)>,
    /// The current context (`contextvars`).
    pub context: HotCell<Option<Value>>,
    /// The event loop that runs (`asyncio`).
    pub asyncio_loop: HotCell<Option<Value>>,
    /// The task that the loop runs.
    pub asyncio_task: HotCell<Option<Value>>,
    /// Depth of coroutine origin tracking.
    pub coroutine_origin_depth: Cell<u32>,
    /// What has to be told when the thread ends: weak references to its thread-local objects.
    pub locals: HotCell<Vec<Value>>,
    /// Tracing.
    pub tracing: ThreadTracing,
    /// Where attributes are.
    pub places: PlaceCache,
}

/// Serial numbers are never used again, unlike identifiers.
static NEXT_SERIAL: AtomicU64 = AtomicU64::new(1);

impl ThreadState {
    /// The state of a thread whose native stack goes down to `stack_low` and that the system knows as `id`.
    #[must_use]
    pub fn new(stack_low: usize, id: u64) -> Self {
        Self {
            interpreter: OnceCell::new(),
            serial: Cell::new(NEXT_SERIAL.fetch_add(1, Ordering::Relaxed)),
            id: Cell::new(id),
            breaker: Arc::default(),
            stacks: Stacks::default(),
            raised: HotCell::default(),
            handled: HotCell::new(vec![None]),
            stack_limit: Cell::new(stack_low.saturating_add(STACK_MARGIN)),
            async_exception: HotCell::default(),
            recursion_depth: Cell::new(0),
            repr_running: HotCell::default(),
            asyncgen_hooks: HotCell::default(),
            context: HotCell::default(),
            asyncio_loop: HotCell::default(),
            asyncio_task: HotCell::default(),
            coroutine_origin_depth: Cell::new(0),
            locals: HotCell::default(),
            tracing: ThreadTracing::default(),
            places: PlaceCache::default(),
        }
    }

    /// Makes the state of a thread that has ended ready for another one. What is dropped can run code.
    pub(super) fn recycle(&self) {
        self.serial.set(NEXT_SERIAL.fetch_add(1, Ordering::Relaxed));
        self.breaker.store(0, Ordering::Relaxed);
        self.recursion_depth.set(0);
        self.coroutine_origin_depth.set(0);
        self.handled.set(vec![None]);
    }

    /// Drops what the thread keeps alive: it is about to end.
    pub(super) fn clear(&self) {
        drop(self.raised.take());
        drop(self.handled.replace(vec![None]));
        drop(self.async_exception.take());
        drop(self.asyncgen_hooks.take());
        drop(self.context.take());
        drop(self.asyncio_task.take());
        drop(self.asyncio_loop.take());
        drop(self.tracing.trace.take());
        drop(self.tracing.profile.take());
        drop(self.locals.take());
    }

    /// Ties the thread to its interpreter.
    ///
    /// # Panics
    /// When it is tied already.
    pub fn attach(&self, interpreter: &'static InterpreterState) {
        assert!(self.interpreter.set(interpreter).is_ok(), "a thread state has one interpreter");
    }

    /// The interpreter.
    ///
    /// # Panics
    /// Before [`attach`](Self::attach).
    #[inline]
    #[must_use]
    pub fn interpreter(&self) -> &'static InterpreterState {
        self.interpreter.get().expect("a thread state is attached before it runs")
    }

    /// The identifier by which the system knows the thread; a later thread may have it again.
    #[inline]
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id.get()
    }

    /// Sets the identifier, which is known only when the thread has been started.
    pub(super) fn set_id(&self, id: u64) {
        self.id.set(id);
    }

    /// A number that no other thread of the process ever has.
    #[inline]
    #[must_use]
    pub fn serial(&self) -> u64 {
        self.serial.get()
    }

    /// The breaker word.
    #[inline]
    #[must_use]
    pub fn breaker(&self) -> &AtomicU32 {
        &self.breaker
    }

    /// A handle to the breaker word, for signal handlers and other threads.
    #[must_use]
    pub fn breaker_handle(&self) -> Arc<AtomicU32> {
        Arc::clone(&self.breaker)
    }

    /// Whether native code has come too close to the end of its stack.
    #[inline]
    #[must_use]
    pub fn stack_is_low(&self) -> bool {
        let here = 0u8;
        std::ptr::from_ref(&here).addr() < self.stack_limit.get()
    }
}
