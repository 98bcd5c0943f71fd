//! `_thread._ThreadHandle`: by which a thread is waited for; and the list of those that exit waits for.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use objects::core::args::{Args, check_count};
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::TypeSpec;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::int;
use objects::types::str::PyStr;
use objects::{getset, methods, no_references, payload};

use super::lock::deadline;
use super::raw_lock::{Word, left_until};

/// How far a thread is: the values of its word.
pub(super) mod state {
    /// No thread yet.
    pub(crate) const NOT_STARTED: u32 = 0;
    /// It runs.
    pub(crate) const RUNNING: u32 = 1;
    /// It has ended.
    pub(crate) const DONE: u32 = 2;
}

/// What the handle and the thread share.
#[derive(Clone, Default)]
pub(super) struct Shared {
    word: Word,
    ident: Arc<AtomicU64>,
}

no_references!(Shared);

impl Shared {
    pub(super) fn state(&self) -> u32 {
        self.word.load()
    }

    pub(super) fn ident(&self) -> u64 {
        self.ident.load(Ordering::Relaxed)
    }

    /// The thread runs under this identifier.
    pub(super) fn set_running(&self, ident: u64) {
        self.ident.store(ident, Ordering::Relaxed);
        self.word.store(state::RUNNING);
    }

    /// The thread could not be started after all.
    pub(super) fn reset(&self) {
        self.word.store(state::NOT_STARTED);
    }

    pub(super) fn set_done(&self) {
        self.word.store(state::DONE);
        self.word.wake(u32::MAX >> 1);
        RUNNING.with(|running| running.retain(|entry| !entry.shared.is(self)));
    }

    fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.ident, &other.ident)
    }
}

struct Entry {
    shared: Shared,
    daemon: bool,
}

/// The threads that run: used under the GIL only, so that it is never in use when a process forks.
struct Running(Mutex<Vec<Entry>>);

static RUNNING: Running = Running(Mutex::new(Vec::new()));

impl Running {
    fn with<R>(&self, f: impl FnOnce(&mut Vec<Entry>) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Notes a thread that runs.
pub(super) fn note_running(shared: &Shared, daemon: bool) {
    RUNNING.with(|running| running.push(Entry { shared: shared.clone(), daemon }));
}

/// In a forked child: every thread but this one has ended.
pub(super) fn after_fork(own_ident: u64) {
    let others = RUNNING.with(|running| {
        let (own, others) = std::mem::take(running)
            .into_iter()
            .partition(|entry: &Entry| entry.shared.ident() == own_ident);
        *running = own;
        others
    });
    for entry in others {
        entry.shared.word.store(state::DONE);
    }
}

/// Waits for all threads that are not daemons, but this one.
///
/// # Errors
/// What a signal handler raises.
pub(super) fn join_all(vm: Vm<'_>) -> PyResult<()> {
    let own = vm.thread().id();
    loop {
        let next = RUNNING.with(|running| {
            running
                .iter()
                .find(|entry| !entry.daemon && entry.shared.ident() != own)
                .map(|entry| entry.shared.clone())
        });
        let Some(next) = next else { return Ok(()) };
        while next.state() == state::RUNNING {
            next.word.wait(vm, state::RUNNING, None)?;
        }
    }
}

payload! {
    /// The payload of a thread handle.
    pub(super) struct PyThreadHandle: THREAD_HANDLE {
        shared: Shared,
    }
}

/// `_thread._ThreadHandle`
pub(super) static THREAD_HANDLE: StaticType = StaticType::new::<PyThreadHandle>();

/// The spec of `_thread._ThreadHandle`.
pub(super) const THREAD_HANDLE_SPEC: TypeSpec = TypeSpec {
    name: "_thread._ThreadHandle",
    slots: &[Slot::New(handle_new), Slot::Repr(handle_repr)],
    methods: HANDLE_METHODS,
    getset: HANDLE_GETSET,
    ..TypeSpec::DEFAULT
};

methods! { HANDLE_METHODS:
    ["join"] "" Positional(handle_join);
    ["_set_done"] "($self, /)" None(handle_set_done);
    ["is_done"] "($self, /)" None(handle_is_done);
}

getset! { HANDLE_GETSET:
    ["ident"] handle_ident;
}

/// The part that a handle shares with its thread.
pub(super) fn shared_of(handle: &Value) -> Option<Shared> {
    handle.downcast::<PyThreadHandle>().map(|handle| handle.shared.clone())
}

/// A new handle.
pub(super) fn new_handle(vm: Vm<'_>) -> Value {
    PyRef::new(vm, PyThreadHandle { shared: Shared::default() }).into_value()
}

fn handle_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    args.exactly(vm, "_ThreadHandle", 0, 0)?;
    Ok(PyRef::try_new_of(vm, class, PyThreadHandle { shared: Shared::default() })?.into_value())
}

fn handle_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let ident = this.receiver::<PyThreadHandle>().shared.ident();
    let class = this.class().name();
    Ok(PyStr::new_value(vm, &format!("<_thread.{class} object: ident={ident}>")))
}

fn handle_ident(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(int::from_u64(vm, this.receiver::<PyThreadHandle>().shared.ident()))
}

fn handle_is_done(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this.receiver::<PyThreadHandle>().shared.state() == state::DONE))
}

fn handle_set_done(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let shared = this.receiver::<PyThreadHandle>().shared.clone();
    if shared.state() == state::NOT_STARTED {
        return Err(vm.runtime_error("thread not started"));
    }
    shared.set_done();
    Ok(Value::NONE)
}

fn handle_join(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "join", args.len(), 0, 1)?;
    let shared = this.receiver::<PyThreadHandle>().shared.clone();
    let deadline = deadline(vm, args.first().filter(|timeout| !timeout.is_none()))?;
    match shared.state() {
        state::NOT_STARTED => return Err(vm.runtime_error("thread not started")),
        state::RUNNING if shared.ident() == vm.thread().id() => {
            return Err(vm.runtime_error("Cannot join current thread"));
        }
        _ => {}
    }
    while shared.state() == state::RUNNING {
        let Some(left) = left_until(deadline) else { break };
        shared.word.wait(vm, state::RUNNING, left)?;
    }
    Ok(Value::NONE)
}
