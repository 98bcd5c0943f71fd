//! The state of one interpreter: modules, builtins, and the hooks by which lower rooms reach the evaluation loop.

use std::cell::{Cell, OnceCell};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::args::Args;
use super::errors::PyResult;
use super::gil_cell::GilCell;
use super::monitoring::Monitoring;
use super::object::Py;
use super::pyref::PyRef;
use super::runtime_state::RuntimeState;
use super::slots::SendResult;
use super::thread_state::ThreadState;
use super::type_object::StaticType;
use super::value::Value;
use super::vm::Vm;
use crate::types::code::PyCode;
use crate::types::dict::PyDict;
use crate::types::function::PyFunction;
use crate::types::generator::GeneratorCore;

/// How the object machine reaches the evaluation loop, which it does not depend on.
#[derive(Clone, Copy)]
pub struct Hooks {
    /// Calls a Python function (PEP 523's `eval_frame`, one step earlier: arguments are not bound yet).
    pub call_function: fn(Vm<'_>, &Py<PyFunction>, Args<'_>) -> PyResult<Value>,
    /// Runs a code object in a namespace: a module, `exec`, a class body.
    pub run_code: fn(Vm<'_>, &Py<PyCode>, RunIn<'_>) -> PyResult<Value>,
    /// Resumes a generator, coroutine or asynchronous generator with a value, or with the exception that is set.
    pub resume: fn(Vm<'_>, &Py<GeneratorCore>, Resume<'_>) -> PyResult<SendResult>,
}

/// Where a code object runs.
pub struct RunIn<'a> {
    /// The globals.
    pub globals: &'a Py<PyDict>,
    /// The locals: a dict or any mapping; the globals when None.
    pub locals: Option<&'a Value>,
    /// The cells of free variables, for `exec` with a closure.
    pub closure: Option<&'a Value>,
}

/// With what a generator goes on.
pub enum Resume<'a> {
    /// A value: what `yield` gives.
    Send(&'a Value),
    /// An exception instance, raised where it stopped.
    Throw(Value),
}

/// Answers the breaker's bits.
pub type BreakerHook = fn(Vm<'_>) -> PyResult<()>;

/// Issues a warning: (category, message, stack level).
pub type WarnHook = fn(Vm<'_>, &'static StaticType, &str, i64) -> PyResult<()>;

/// A part of the state that is set once, when the first objects can be made.
pub struct Late<T>(OnceCell<T>);

impl<T> Default for Late<T> {
    fn default() -> Self {
        Self(OnceCell::new())
    }
}

impl<T> Late<T> {
    /// Sets the part, the first time only.
    pub fn set(&self, value: T) {
        let _ = self.0.set(value);
    }
}

impl<T> std::ops::Deref for Late<T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.0.get().expect("the interpreter's dictionaries are made when it starts")
    }
}

/// `PyInterpreterState` in CPython.
pub struct InterpreterState {
    runtime: &'static RuntimeState,
    /// The number, 0 for the main interpreter.
    pub id: u64,
    /// `sys.modules`
    pub modules: Late<PyRef<PyDict>>,
    /// The dictionary of `builtins`.
    pub builtins: Late<PyRef<PyDict>>,
    /// `all` and `any` as they were when the interpreter started, for the code that compares with them.
    pub all_any: OnceCell<[Value; 2]>,
    /// The dictionary of `sys`.
    pub sys: Late<PyRef<PyDict>>,
    /// `-X dev`: names of error handlers are checked even when nothing goes wrong.
    pub dev_mode: Cell<bool>,
    /// Issues a warning: (category, message, stack level). Set by the room of `_warnings`.
    pub warn: Cell<Option<WarnHook>>,
    /// Answers the breaker's bits in native code. Set by the room that executes frames.
    pub on_breaker: Cell<Option<BreakerHook>>,
    /// Runs the handlers of signals that have come in (main thread). Set by the module of signals.
    pub on_signals: Cell<Option<BreakerHook>>,
    /// Runs the pending calls. Set by whoever queues them.
    pub on_pending_calls: Cell<Option<BreakerHook>>,
    /// The hooks, set once by the room that executes frames.
    pub hooks: OnceCell<Hooks>,
    /// `sys.setrecursionlimit`
    pub recursion_limit: Cell<u32>,
    /// `sys.flags.optimize` and its kin are fixed here before the first module runs.
    pub optimize: Cell<u8>,
    /// Whether code objects keep columns (`-X no_debug_ranges`: they do not).
    pub debug_ranges: Cell<bool>,
    /// Whether translations fuse instructions (`-X unfused`: they do not).
    pub fuse: Cell<bool>,
    /// How many words have been executed, where `-X words` asks for it; only the checked form of dispatch counts.
    pub words: Cell<Option<u64>>,
    /// `-b`: comparing bytes with text is warned of.
    pub bytes_warning: Cell<bool>,
    /// `sys.set_int_max_str_digits`
    pub int_max_str_digits: Cell<usize>,
    /// State of native modules: by module name, an object that the module knows.
    pub module_state: GilCell<Vec<(&'static str, Value)>>,
    /// The states of the threads that run, oldest first.
    pub threads: GilCell<Vec<&'static ThreadState>>,
    /// The states of threads that have ended, for the next ones.
    pub(super) idle_threads: GilCell<Vec<&'static ThreadState>>,
    /// What tools watch.
    pub monitoring: Monitoring,
    /// `atexit` callbacks and other work for the end, last in first out.
    pub at_exit: GilCell<Vec<Value>>,
}

impl InterpreterState {
    /// A new interpreter without hooks.
    pub fn new(runtime: &'static RuntimeState, id: u64) -> Self {
        Self {
            runtime,
            id,
            modules: Late::default(),
            builtins: Late::default(),
            all_any: OnceCell::new(),
            sys: Late::default(),
            dev_mode: Cell::new(false),
            warn: Cell::new(None),
            on_breaker: Cell::new(None),
            on_signals: Cell::new(None),
            on_pending_calls: Cell::new(None),
            hooks: OnceCell::new(),
            recursion_limit: Cell::new(1000),
            optimize: Cell::new(0),
            debug_ranges: Cell::new(true),
            fuse: Cell::new(true),
            words: Cell::new(None),
            bytes_warning: Cell::new(false),
            int_max_str_digits: Cell::new(4300),
            module_state: GilCell::default(),
            threads: GilCell::default(),
            idle_threads: GilCell::default(),
            monitoring: Monitoring::default(),
            at_exit: GilCell::default(),
        }
    }

    /// The process-wide state.
    #[inline]
    #[must_use]
    pub fn runtime(&self) -> &'static RuntimeState {
        self.runtime
    }

    /// The hooks.
    ///
    /// # Panics
    /// When Python code is to run before the evaluation loop was installed: a mistake of ours.
    #[inline]
    #[must_use]
    pub fn hooks(&self) -> Hooks {
        *self.hooks.get().expect("the evaluation loop is installed before Python code runs")
    }

    /// The state of a native module that asks for it often.
    #[inline]
    #[must_use]
    pub fn state_at(&self, key: &StateKey) -> Option<Value> {
        self.module_state
            .with(|states| {
                let (name, state) = states.get(key.place.load(Ordering::Relaxed))?;
                std::ptr::eq(*name, key.name).then(|| state.clone())
            })
            .or_else(|| self.find_state(key))
    }

    #[cold]
    fn find_state(&self, key: &StateKey) -> Option<Value> {
        self.module_state.with(|states| {
            let place = states.iter().position(|(name, _)| *name == key.name)?;
            key.place.store(place, Ordering::Relaxed);
            states.get(place).map(|(_, state)| state.clone())
        })
    }

    /// The state that native module `name` keeps.
    #[must_use]
    pub fn state_of(&self, name: &str) -> Option<Value> {
        self.module_state.with(|states| {
            states.iter().find(|(key, _)| *key == name).map(|(_, value)| value.clone())
        })
    }

    /// Sets the state that native module `name` keeps.
    pub fn set_state_of(&self, name: &'static str, value: Value) {
        let old = self.module_state.with_mut(|states| {
            if let Some(entry) = states.iter_mut().find(|(key, _)| *key == name) {
                return Some(std::mem::replace(&mut entry.1, value));
            }
            states.push((name, value));
            None
        });
        drop(old);
    }
}

/// The name under which a native module keeps its state, and where that was found before.
#[derive(Debug)]
pub struct StateKey {
    /// The name.
    pub name: &'static str,
    place: AtomicUsize,
}

impl StateKey {
    /// The key of a name.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, place: AtomicUsize::new(0) }
    }
}
