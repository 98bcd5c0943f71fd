//! `_thread`: locks and the identity of threads.
//!
//! A lock that is held by another thread is waited for with the GIL given away, in short waits, so that signals are seen.

use std::cell::Cell;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::exceptions::hierarchy as exc;
use objects::types::str::PyStr;
use objects::types::{float_, int, module};
use objects::{methods, no_references, payload};

use crate::NativeModule;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "_thread",
    doc: Some("This module provides primitive operations to write multi-threaded programs."),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Return a non-zero integer that uniquely identifies the current thread.
    ["get_ident"] "($module, /)" None(get_ident);
    /// Return a non-negative integer identifying the thread as reported by the OS.
    ["get_native_id"] "($module, /)" None(get_native_id);
    /// Allocate a new lock object.
    ["allocate_lock"] "($module, /)" None(allocate_lock);
    /// Obsolete synonym of allocate_lock.
    ["allocate"] "($module, /)" None(allocate_lock);
    /// Return the number of threads that were started.
    ["_count"] "($module, /)" None(count);
    /// The ident of the main thread.
    ["_get_main_thread_ident"] "($module, /)" None(get_ident);
    /// Whether daemon threads are allowed.
    ["daemon_threads_allowed"] "($module, /)" None(yes);
    /// Give the size of stacks of new threads.
    ["stack_size"] "($module, size=0, /)" Positional(stack_size);
}

/// The longest wait at a stretch before signals are looked for.
const STRETCH: Duration = Duration::from_millis(20);
/// The longest time that `acquire` takes.
const TIMEOUT_MAX: f64 = 9_223_372_036.0;

/// A lock's state, shared with the threads that wait.
#[derive(Clone, Default)]
pub struct Shared(Arc<(Mutex<bool>, Condvar)>);

no_references!(Shared);

impl Shared {
    fn try_lock(&self) -> bool {
        let mut locked = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        !std::mem::replace(&mut *locked, true)
    }

    fn is_locked(&self) -> bool {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Unlocks. False when it was not locked.
    fn unlock(&self) -> bool {
        let mut locked = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        let was = std::mem::replace(&mut *locked, false);
        drop(locked);
        self.0.1.notify_one();
        was
    }

    /// Locks, waiting until `deadline` at most. False when the time was up.
    fn lock(&self, vm: Vm<'_>, deadline: Option<Instant>) -> PyResult<bool> {
        if self.try_lock() {
            return Ok(true);
        }
        loop {
            let now = Instant::now();
            let left = match deadline {
                Some(deadline) if deadline <= now => return Ok(false),
                Some(deadline) => (deadline - now).min(STRETCH),
                None => STRETCH,
            };
            let shared = self.clone();
            let got = vm.allow_threads(move || {
                let guard = shared.0.0.lock().unwrap_or_else(PoisonError::into_inner);
                let (mut locked, _) = shared
                    .0
                    .1
                    .wait_timeout_while(guard, left, |locked| *locked)
                    .unwrap_or_else(PoisonError::into_inner);
                !std::mem::replace(&mut *locked, true)
            });
            if got {
                return Ok(true);
            }
            vm.poll()?;
        }
    }
}

payload! {
    /// The payload of a lock.
    pub struct PyLock: LOCK {
        shared: Shared,
    }
}

/// `_thread.lock`
pub static LOCK: StaticType = StaticType::new::<PyLock>();

const LOCK_SPEC: TypeSpec = TypeSpec {
    name: "_thread.lock",
    doc: Some("A lock object is a synchronization primitive."),
    flags: spec_flags::HAS_WEAKREF,
    slots: &[Slot::New(lock_new), Slot::Repr(lock_repr)],
    methods: LOCK_METHODS,
    ..TypeSpec::DEFAULT
};

methods! { LOCK_METHODS:
    /// Lock the lock.
    ["acquire"] "($self, /, blocking=True, timeout=-1)" Any(lock_acquire);
    /// Lock the lock.
    ["acquire_lock"] "($self, /, blocking=True, timeout=-1)" Any(lock_acquire);
    /// Release the lock.
    ["release"] "($self, /)" None(lock_release);
    /// Release the lock.
    ["release_lock"] "($self, /)" None(lock_release);
    /// Return whether the lock is in the locked state.
    ["locked"] "($self, /)" None(lock_locked);
    /// Lock the lock.
    ["__enter__"] "($self, /)" None(lock_enter);
    /// Release the lock.
    ["__exit__"] "($self, /, *exc_info)" Any(lock_exit);
    ["_at_fork_reinit"] "($self, /)" None(lock_reinit);
}

payload! {
    /// The payload of a lock that its owner may take again.
    pub struct PyRLock: RLOCK {
        shared: Shared,
        owner: Cell<u64>,
        count: Cell<u64>,
    }
}

/// `_thread.RLock`
pub static RLOCK: StaticType = StaticType::new::<PyRLock>();

const RLOCK_SPEC: TypeSpec = TypeSpec {
    name: "_thread.RLock",
    flags: spec_flags::BASETYPE | spec_flags::HAS_WEAKREF,
    slots: &[Slot::New(rlock_new), Slot::Repr(rlock_repr)],
    methods: RLOCK_METHODS,
    ..TypeSpec::DEFAULT
};

methods! { RLOCK_METHODS:
    /// Lock the lock.
    ["acquire"] "($self, /, blocking=True, timeout=-1)" Any(rlock_acquire);
    /// Release the lock.
    ["release"] "($self, /)" None(rlock_release);
    /// locked()
    ["locked"] "($self, /)" None(rlock_locked);
    /// Lock the lock.
    ["__enter__"] "($self, /)" None(rlock_enter);
    /// Release the lock.
    ["__exit__"] "($self, /, *exc_info)" Any(rlock_exit);
    ["_is_owned"] "($self, /)" None(rlock_is_owned);
    ["_recursion_count"] "($self, /)" None(rlock_count);
    ["_at_fork_reinit"] "($self, /)" None(rlock_reinit);
}

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    objects::types::ready(vm, &LOCK, &LOCK_SPEC)?;
    objects::types::ready(vm, &RLOCK, &RLOCK_SPEC)?;
    for (name, value) in [
        ("lock", LOCK.get().to_value()),
        ("LockType", LOCK.get().to_value()),
        ("RLock", RLOCK.get().to_value()),
        ("error", exc::RUNTIME_ERROR.get().to_value()),
        ("TIMEOUT_MAX", float_::new(vm, TIMEOUT_MAX)),
    ] {
        module::add(vm, target, name, value);
    }
    Ok(())
}

fn get_ident(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(int::from_u64(vm, vm.thread().id()))
}

fn get_native_id(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let id = rustix::thread::gettid().as_raw_nonzero().get();
    Ok(int::from_i64(vm, i64::from(id)))
}

fn allocate_lock(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(PyRef::new(vm, PyLock { shared: Shared::default() }).into_value())
}

fn count(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(0))
}

fn yes(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::TRUE)
}

fn stack_size(_vm: Vm<'_>, _module: &Value, _args: &[Value]) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(0))
}

fn lock_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    Ok(PyRef::new_of(vm, class, PyLock { shared: Shared::default() }).into_value())
}

/// What the arguments of `acquire` say: whether to wait, and until when.
fn waiting(vm: Vm<'_>, args: Args<'_>) -> PyResult<(bool, Option<Instant>)> {
    let blocking = args.positional().first().or_else(|| args.keyword("blocking"));
    let blocking = blocking.map_or(Ok(true), |value| vm.is_true(value))?;
    let timeout = args.positional().get(1).or_else(|| args.keyword("timeout"));
    let timeout = timeout.map_or(Ok(-1.0), |value| float_::to_f64(vm, value))?;
    if !blocking && timeout != -1.0 {
        return Err(vm.value_error("can't specify a timeout for a non-blocking call"));
    }
    if timeout < 0.0 && timeout != -1.0 {
        return Err(vm.value_error("timeout value must be a non-negative number"));
    }
    if timeout > TIMEOUT_MAX {
        return Err(vm.overflow_error("timeout value is too large"));
    }
    let deadline = (timeout >= 0.0)
        .then(|| Instant::now().checked_add(Duration::from_secs_f64(timeout)))
        .flatten();
    Ok((blocking, deadline))
}

fn acquire(vm: Vm<'_>, shared: &Shared, args: Args<'_>) -> PyResult<bool> {
    let (blocking, deadline) = waiting(vm, args)?;
    if blocking { shared.lock(vm, deadline) } else { Ok(shared.try_lock()) }
}

fn lock_acquire(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    let shared = this.receiver::<PyLock>().shared.clone();
    acquire(vm, &shared, args).map(Value::from_bool)
}

fn lock_release(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    if this.receiver::<PyLock>().shared.unlock() {
        Ok(Value::NONE)
    } else {
        Err(vm.runtime_error("release unlocked lock"))
    }
}

fn lock_locked(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this.receiver::<PyLock>().shared.is_locked()))
}

fn lock_enter(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    lock_acquire(vm, this, Args::NONE)
}

fn lock_exit(vm: Vm<'_>, this: &Value, _args: Args<'_>) -> PyResult<Value> {
    lock_release(vm, this)
}

fn lock_reinit(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    this.receiver::<PyLock>().shared.unlock();
    Ok(Value::NONE)
}

fn lock_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let state = if this.receiver::<PyLock>().shared.is_locked() { "locked" } else { "unlocked" };
    let text = format!("<{state} {} object at {:#x}>", this.class().name(), this.id());
    Ok(PyStr::new_value(vm, &text))
}

fn rlock_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    let payload = PyRLock { shared: Shared::default(), owner: Cell::new(0), count: Cell::new(0) };
    Ok(PyRef::new_of(vm, class, payload).into_value())
}

fn rlock_acquire(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    let lock = this.receiver::<PyRLock>();
    let own = vm.thread().id();
    if lock.count.get() > 0 && lock.owner.get() == own {
        lock.count.set(lock.count.get() + 1);
        return Ok(Value::TRUE);
    }
    let shared = lock.shared.clone();
    let got = acquire(vm, &shared, args)?;
    if got {
        lock.owner.set(own);
        lock.count.set(1);
    }
    Ok(Value::from_bool(got))
}

fn rlock_release(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let lock = this.receiver::<PyRLock>();
    if lock.count.get() == 0 || lock.owner.get() != vm.thread().id() {
        return Err(vm.runtime_error("cannot release un-acquired lock"));
    }
    let left = lock.count.get() - 1;
    lock.count.set(left);
    if left == 0 {
        lock.owner.set(0);
        lock.shared.unlock();
    }
    Ok(Value::NONE)
}

fn rlock_locked(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this.receiver::<PyRLock>().count.get() > 0))
}

fn rlock_enter(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    rlock_acquire(vm, this, Args::NONE)
}

fn rlock_exit(vm: Vm<'_>, this: &Value, _args: Args<'_>) -> PyResult<Value> {
    rlock_release(vm, this)
}

fn rlock_is_owned(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let lock = this.receiver::<PyRLock>();
    Ok(Value::from_bool(lock.count.get() > 0 && lock.owner.get() == vm.thread().id()))
}

fn rlock_count(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let lock = this.receiver::<PyRLock>();
    let own = lock.owner.get() == vm.thread().id();
    Ok(int::from_u64(vm, if own { lock.count.get() } else { 0 }))
}

fn rlock_reinit(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let lock = this.receiver::<PyRLock>();
    lock.count.set(0);
    lock.owner.set(0);
    lock.shared.unlock();
    Ok(Value::NONE)
}

fn rlock_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let lock = this.receiver::<PyRLock>();
    let state = if lock.count.get() > 0 { "locked" } else { "unlocked" };
    let text = format!(
        "<{state} {} object owner={} count={} at {:#x}>",
        this.class().name(),
        lock.owner.get(),
        lock.count.get(),
        this.id()
    );
    Ok(PyStr::new_value(vm, &text))
}
