//! `Vm<'gil>`: the proof that this thread holds the GIL, and the way to everything.
//!
//! Invariants:
//! 1. A `Vm` exists only on the thread that holds the GIL, and leads to that thread's state.
//! 2. The current thread's state is noted in one static while the GIL is held; states are never freed.
#![expect(unsafe_code, reason = "the token's pointer: the invariants are in the module doc")]

use std::marker::PhantomData;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicPtr, Ordering};

use super::errors::PyResult;
use super::frame::Frame;
use super::interpreter_state::InterpreterState;
use super::small_blocks;
use super::thread_state::{STACK_MARGIN, ThreadState};
use super::value::Value;
use crate::types::exceptions::hierarchy::IMPORT_ERROR;

/// The token: one word, `Copy`, neither `Send` nor `Sync`. First parameter everywhere.
#[derive(Clone, Copy)]
pub struct Vm<'gil> {
    state: &'gil ThreadState,
    not_send: PhantomData<*const ()>,
}

/// What a new thread is given.
struct Start<F> {
    state: &'static ThreadState,
    stack_size: usize,
    f: F,
}

// SAFETY: the state and what `f` holds are touched under the GIL only: by `run` inside `enter`, or by the thread that could
// not start another one and holds it.
unsafe impl<F> Send for Start<F> {}

impl<F: FnOnce(Vm<'_>)> Start<F> {
    fn run(self) {
        let here = 0u8;
        let low = std::ptr::from_ref(&here).addr().saturating_sub(self.stack_size);
        let Self { state, f, .. } = self;
        Vm::enter(state, |vm| {
            state.stack_limit.set(low.saturating_add(STACK_MARGIN));
            f(vm);
            super::monitoring::end_thread(vm, state);
            state.clear();
            let interpreter = state.interpreter();
            interpreter.threads.with_mut(|threads| {
                threads.retain(|other| other.serial() != state.serial());
            });
            interpreter.idle_threads.with_mut(|idle| idle.push(state));
        });
    }
}

/// Null while no thread holds the GIL.
static CURRENT: AtomicPtr<ThreadState> = AtomicPtr::new(null_mut());

fn set_current(state: *const ThreadState) {
    CURRENT.store(state.cast_mut(), Ordering::Relaxed);
}

impl<'gil> Vm<'gil> {
    /// The state of this thread.
    #[inline]
    #[must_use]
    pub fn thread(self) -> &'gil ThreadState {
        self.state
    }

    /// The interpreter this thread runs in.
    #[inline]
    #[must_use]
    pub fn interpreter(self) -> &'gil InterpreterState {
        self.state.interpreter()
    }

    /// The innermost frame of this thread.
    #[must_use]
    pub fn current_frame(self) -> Option<&'gil Frame> {
        // SAFETY: the current record is null or a live record of this thread's stacks.
        unsafe { self.state.stacks.current.get().as_ref() }
    }

    /// The module `name`: from `sys.modules`, or imported now.
    ///
    /// # Errors
    /// What the import raises.
    pub fn import_module(self, name: &str) -> PyResult<Value> {
        let key = self.intern(name);
        let interpreter = self.interpreter();
        if let Some(module) = interpreter.modules.get_str(&key)
            && !module.is_none()
        {
            return Ok(module);
        }
        let import = &self.names().__import__;
        let Some(import) = interpreter.builtins.get_str(import) else {
            return Err(self.error(&IMPORT_ERROR, "__import__ not found"));
        };
        let module = self.call(&import, &[key.to_value()])?;
        // `__import__` gives the top of a dotted name.
        Ok(interpreter.modules.get_str(&key).unwrap_or(module))
    }

    /// Runs `f` with the GIL held by this thread and `state` current. The GIL is taken first and given back last.
    pub fn enter<R>(state: &ThreadState, f: impl FnOnce(Vm<'_>) -> R) -> R {
        state.interpreter().runtime().gil.acquire(state);
        struct Leave<'s>(&'s ThreadState, *const ThreadState);
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                set_current(self.1);
                self.0.interpreter().runtime().gil.release();
            }
        }
        let outer = CURRENT.load(Ordering::Relaxed);
        set_current(state);
        let _leave = Leave(state, outer);
        f(Vm { state, not_send: PhantomData })
    }

    /// Gives the GIL away while `f` runs, for work that touches no object: a system call, a wait.
    pub fn allow_threads<R: Send>(self, f: impl FnOnce() -> R + Send) -> R {
        let gil = &self.interpreter().runtime().gil;
        struct Retake<'s>(&'s ThreadState);
        impl Drop for Retake<'_> {
            fn drop(&mut self) {
                self.0.interpreter().runtime().gil.acquire(self.0);
                set_current(self.0);
            }
        }
        let retake = Retake(self.state);
        set_current(null());
        gil.release();
        let result = f();
        drop(retake);
        result
    }

    /// Gives the GIL to whoever waits for it and takes it back: the breaker's answer to a drop request.
    pub fn yield_gil(self) {
        let (gil, state) = (&self.interpreter().runtime().gil, self.state);
        set_current(null());
        gil.release();
        gil.hand_over(state);
        gil.acquire(state);
        set_current(state);
    }

    /// Starts a thread of the system that runs `f` with a state of its own; the state's identifier. What `f` holds is touched
    /// under the GIL only.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start_thread(
        self,
        stack_size: usize,
        f: impl FnOnce(Vm<'_>) + 'static,
    ) -> std::io::Result<u64> {
        use std::os::unix::thread::JoinHandleExt;
        let interpreter: &'static InterpreterState = self.state.interpreter();
        let idle = interpreter.idle_threads.with_mut(Vec::pop);
        let state: &'static ThreadState = match idle {
            Some(state) => state,
            None => {
                let state = Box::leak(Box::new(ThreadState::new(0, 0)));
                state.attach(interpreter);
                state
            }
        };
        state.recycle();
        interpreter.monitoring.fit_breaker(state);
        super::monitoring::begin_thread(self, state);
        let start = Start { state, stack_size, f };
        let run = move || {
            start.run();
            small_blocks::end_thread();
        };
        match std::thread::Builder::new().stack_size(stack_size).spawn(run) {
            Ok(handle) => {
                // The new thread waits for the GIL, so nobody has asked for the identifier yet.
                let id = identifier(handle.as_pthread_t());
                state.set_id(id);
                interpreter.threads.with_mut(|threads| threads.push(state));
                Ok(id)
            }
            Err(error) => {
                super::monitoring::end_thread(self, state);
                interpreter.idle_threads.with_mut(|idle| idle.push(state));
                Err(error)
            }
        }
    }

    /// Runs `fork`, which answers whether this is the child. In the child this thread is the only one.
    pub fn fork_with<R>(self, fork: impl FnOnce() -> (R, bool)) -> R {
        let interpreter = self.interpreter();
        let mut is_child = false;
        let result = interpreter.runtime().gil.around_fork(|| {
            let (result, child) = fork();
            is_child = child;
            (result, child)
        });
        if is_child {
            // The states of the other threads are left as they are: what they held is never dropped.
            let own = self.state.serial();
            interpreter.threads.with_mut(|threads| threads.retain(|state| state.serial() == own));
        }
        result
    }

    /// The token of the thread that holds the GIL, for code that has none: a destructor.
    ///
    /// # Panics
    /// When no thread holds the GIL: objects are dropped only under it.
    pub(crate) fn with_current<R>(f: impl FnOnce(Vm<'_>) -> R) -> R {
        // SAFETY: invariant 2.
        let state = unsafe { CURRENT.load(Ordering::Relaxed).as_ref() }
            .expect("objects die only under the GIL");
        f(Vm { state, not_send: PhantomData })
    }

    /// The token as one word, for the evaluation loop's handlers.
    #[inline]
    #[must_use]
    pub fn as_ptr(self) -> *const ThreadState {
        self.state
    }

    /// The token out of the word that [`as_ptr`](Self::as_ptr) gave.
    ///
    /// # Safety
    /// The word came from a `Vm` that is still in use further up this thread's stack.
    #[inline]
    #[must_use]
    pub unsafe fn from_ptr(state: *const ThreadState) -> Self {
        // SAFETY: by contract.
        Self { state: unsafe { &*state }, not_send: PhantomData }
    }
}

/// Sets bits of the breaker of the thread that holds the GIL, if one does. Any thread may ask.
pub(super) fn request_stop(bits: u32) {
    // SAFETY: invariant 2; of the state only the breaker, which is atomic, is looked at.
    if let Some(state) = unsafe { CURRENT.load(Ordering::Relaxed).as_ref() } {
        state.breaker().fetch_or(bits, Ordering::Relaxed);
    }
}

/// A thread's identifier as Python shows it; the system's type for it differs from system to system.
#[must_use]
pub fn identifier(id: impl TryInto<u64>) -> u64 {
    id.try_into().unwrap_or(0)
}
