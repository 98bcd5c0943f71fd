//! `Vm<'gil>`: the proof that this thread holds the GIL, and the way to everything.
//!
//! Invariants:
//! 1. A `Vm` exists only on the thread that holds the GIL, and leads to that thread's state.
//! 2. The current thread's state is noted in one static while the GIL is held; states live until their thread ends.
#![expect(unsafe_code, reason = "the token's pointer: the invariants are in the module doc")]

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr::null;

use super::errors::PyResult;
use super::frame::Frame;
use super::interpreter_state::InterpreterState;
use super::thread_state::ThreadState;
use super::value::Value;
use crate::types::exceptions::hierarchy::IMPORT_ERROR;

/// The token: one word, `Copy`, neither `Send` nor `Sync`. First parameter everywhere.
#[derive(Clone, Copy)]
pub struct Vm<'gil> {
    state: &'gil ThreadState,
    not_send: PhantomData<*const ()>,
}

struct Current(Cell<*const ThreadState>);

// SAFETY: written and read only by the thread that holds the GIL (invariant 2).
unsafe impl Sync for Current {}

static CURRENT: Current = Current(Cell::new(null()));

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
                CURRENT.0.set(self.1);
                self.0.interpreter().runtime().gil.release();
            }
        }
        let _leave = Leave(state, CURRENT.0.replace(state));
        f(Vm { state, not_send: PhantomData })
    }

    /// Gives the GIL away while `f` runs, for work that touches no object: a system call, a wait.
    pub fn allow_threads<R: Send>(self, f: impl FnOnce() -> R + Send) -> R {
        let gil = &self.interpreter().runtime().gil;
        struct Retake<'s>(&'s ThreadState);
        impl Drop for Retake<'_> {
            fn drop(&mut self) {
                self.0.interpreter().runtime().gil.acquire(self.0);
                CURRENT.0.set(self.0);
            }
        }
        let retake = Retake(self.state);
        CURRENT.0.set(null());
        gil.release();
        let result = f();
        drop(retake);
        result
    }

    /// Gives the GIL to whoever waits for it and takes it back: the breaker's answer to a drop request.
    pub fn yield_gil(self) {
        self.allow_threads(|| ());
    }

    /// The token of the thread that holds the GIL, for code that has none: a destructor.
    ///
    /// # Panics
    /// When no thread holds the GIL: objects are dropped only under it.
    pub(crate) fn with_current<R>(f: impl FnOnce(Vm<'_>) -> R) -> R {
        // SAFETY: invariant 2.
        let state = unsafe { CURRENT.0.get().as_ref() }.expect("objects die only under the GIL");
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

/// Sets bits of the breaker of the thread that holds the GIL, if one does.
pub(super) fn request_stop(bits: u32) {
    // SAFETY: invariant 2.
    if let Some(state) = unsafe { CURRENT.0.get().as_ref() } {
        state.breaker().fetch_or(bits, std::sync::atomic::Ordering::Relaxed);
    }
}
