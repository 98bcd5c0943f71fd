//! `_thread.lock` and `_thread.RLock`.

use std::cell::Cell;
use std::time::{Duration, Instant};

use objects::core::args::{Args, Bound};
use objects::core::errors::PyResult;
use objects::core::gil_cell::GilCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::int;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::{methods, payload};

use super::raw_lock::RawLock;

/// The longest time that `acquire` takes, in seconds.
pub(super) const TIMEOUT_MAX: f64 = 9_223_372_036.0;
/// The same in nanoseconds.
const TIMEOUT_MAX_NS: i64 = 9_223_372_036_000_000_000;

payload! {
    /// The payload of a lock.
    pub(super) struct PyLock: LOCK {
        raw: GilCell<RawLock>,
    }
}

/// `_thread.lock`
pub(super) static LOCK: StaticType = StaticType::new::<PyLock>();

/// The spec of `_thread.lock`.
pub(super) const LOCK_SPEC: TypeSpec = TypeSpec {
    name: "_thread.lock",
    doc: Some(
        "lock()\n--\n\nA lock object is a synchronization primitive.  To create a lock,\ncall threading.Lock().  Methods are:\n\nacquire() -- lock the lock, possibly blocking until it can be obtained\nrelease() -- unlock of the lock\nlocked() -- test whether the lock is currently locked\n\nA lock is not owned by the thread that locked it; another thread may\nunlock it.  A thread attempting to lock a lock that it has already locked\nwill block until another thread unlocks it.  Deadlocks may ensue.",
    ),
    flags: spec_flags::HAS_WEAKREF,
    slots: &[Slot::New(lock_new), Slot::Repr(lock_repr)],
    methods: LOCK_METHODS,
    ..TypeSpec::DEFAULT
};

methods! { LOCK_METHODS:
    /// An obsolete synonym of acquire().
    ["acquire_lock"] "($self, /, blocking=True, timeout=-1)" Bound(lock_acquire);
    /// Lock the lock.  Without argument, this blocks if the lock is already
    /// locked (even by the same thread), waiting for another thread to release
    /// the lock, and return True once the lock is acquired.
    /// With an argument, this will only block if the argument is true,
    /// and the return value reflects whether the lock is acquired.
    /// The blocking operation is interruptible.
    ["acquire"] "($self, /, blocking=True, timeout=-1)" Bound(lock_acquire);
    /// An obsolete synonym of release().
    ["release_lock"] "($self, /)" None(lock_release);
    /// Release the lock, allowing another thread that is blocked waiting for
    /// the lock to acquire the lock.  The lock must be in the locked state,
    /// but it needn't be locked by the same thread that unlocks it.
    ["release"] "($self, /)" None(lock_release);
    /// An obsolete synonym of locked().
    ["locked_lock"] "($self, /)" None(lock_locked);
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
    pub(super) struct PyRLock: RLOCK {
        raw: GilCell<RawLock>,
        owner: Cell<u64>,
        count: Cell<u64>,
    }
}

/// `_thread.RLock`
pub(super) static RLOCK: StaticType = StaticType::new::<PyRLock>();

/// The spec of `_thread.RLock`.
pub(super) const RLOCK_SPEC: TypeSpec = TypeSpec {
    name: "_thread.RLock",
    flags: spec_flags::BASETYPE | spec_flags::HAS_WEAKREF,
    slots: &[Slot::New(rlock_new), Slot::Repr(rlock_repr)],
    methods: RLOCK_METHODS,
    ..TypeSpec::DEFAULT
};

methods! { RLOCK_METHODS:
    /// Lock the lock.  `blocking` indicates whether we should wait
    /// for the lock to be available or not.  If `blocking` is False
    /// and another thread holds the lock, the method will return False
    /// immediately.  If `blocking` is True and another thread holds
    /// the lock, the method will wait for the lock to be released,
    /// take it and then return True.
    /// (note: the blocking operation is interruptible.)
    ///
    /// In all other cases, the method will return True immediately.
    /// Precisely, if the current thread already holds the lock, its
    /// internal counter is simply incremented. If nobody holds the lock,
    /// the lock is taken and its internal counter initialized to 1.
    ["acquire"] "($self, /, blocking=True, timeout=-1)" Bound(rlock_acquire);
    /// Release the lock, allowing another thread that is blocked waiting for
    /// the lock to acquire the lock.  The lock must be in the locked state,
    /// and must be locked by the same thread that unlocks it; otherwise a
    /// `RuntimeError` is raised.
    ///
    /// Do note that if the lock was acquire()d several times in a row by the
    /// current thread, release() needs to be called as many times for the lock
    /// to be available for other threads.
    ["release"] "($self, /)" None(rlock_release);
    /// locked()
    ///
    /// Return a boolean indicating whether this object is locked right now.
    ["locked"] "($self, /)" None(rlock_locked);
    /// For internal use by `threading.Condition`.
    ["_is_owned"] "($self, /)" None(rlock_is_owned);
    /// For internal use by `threading.Condition`.
    ["_acquire_restore"] "($self, state, /)" One(rlock_acquire_restore);
    /// For internal use by `threading.Condition`.
    ["_release_save"] "($self, /)" None(rlock_release_save);
    /// For internal use by reentrancy checks.
    ["_recursion_count"] "($self, /)" None(rlock_count);
    /// Lock the lock.
    ["__enter__"] "($self, /)" None(rlock_enter);
    /// Release the lock.
    ["__exit__"] "($self, /, *exc_info)" Any(rlock_exit);
    ["_at_fork_reinit"] "($self, /)" None(rlock_reinit);
}

/// When a wait of so many seconds ends; None for no limit.
pub(crate) fn deadline(vm: Vm<'_>, timeout: Option<&Value>) -> PyResult<Option<Instant>> {
    let Some(timeout) = timeout else { return Ok(None) };
    let length = crate::time::nanoseconds(vm, timeout)?;
    if length < 0 {
        return Ok(None);
    }
    if length > TIMEOUT_MAX_NS {
        return Err(vm.overflow_error("timeout value is too large"));
    }
    let length = Duration::from_nanos(length.unsigned_abs());
    Ok(Instant::now().checked_add(length))
}

/// What the arguments of `acquire` say: whether to wait, and until when.
fn waiting(vm: Vm<'_>, args: &Bound<'_>) -> PyResult<(bool, Option<Instant>)> {
    let blocking = args.get(0).map_or(Ok(true), |value| vm.is_true(value))?;
    let Some(timeout) = args.get(1) else { return Ok((blocking, None)) };
    let length = crate::time::nanoseconds(vm, timeout)?;
    if length < 0 && length != -1_000_000_000 {
        return Err(vm.value_error("timeout value must be a non-negative number"));
    }
    if !blocking && length != -1_000_000_000 {
        return Err(vm.value_error("can't specify a timeout for a non-blocking call"));
    }
    Ok((blocking, deadline(vm, Some(timeout))?))
}

fn acquire(vm: Vm<'_>, raw: &RawLock, args: &Bound<'_>) -> PyResult<bool> {
    let (blocking, deadline) = waiting(vm, args)?;
    if blocking { raw.lock(vm, deadline) } else { Ok(raw.try_lock()) }
}

/// A new lock.
pub(super) fn new_lock(vm: Vm<'_>) -> Value {
    PyRef::new(vm, PyLock { raw: GilCell::default() }).into_value()
}

fn lock_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    args.exactly(vm, "lock", 0, 0)?;
    Ok(PyRef::try_new_of(vm, class, PyLock { raw: GilCell::default() })?.into_value())
}

fn raw_of(this: &Value) -> RawLock {
    this.receiver::<PyLock>().raw.get()
}

fn lock_acquire(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    acquire(vm, &raw_of(this), args).map(Value::from_bool)
}

fn lock_release(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    if raw_of(this).unlock() {
        Ok(Value::NONE)
    } else {
        Err(vm.runtime_error("release unlocked lock"))
    }
}

fn lock_locked(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(raw_of(this).is_locked()))
}

fn lock_enter(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    raw_of(this).lock(vm, None).map(Value::from_bool)
}

fn lock_exit(vm: Vm<'_>, this: &Value, _args: Args<'_>) -> PyResult<Value> {
    lock_release(vm, this)
}

/// A fresh word: what other threads of the parent did with the old one is no concern of the child.
fn lock_reinit(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    this.receiver::<PyLock>().raw.set(RawLock::default());
    Ok(Value::NONE)
}

fn lock_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let state = if raw_of(this).is_locked() { "locked" } else { "unlocked" };
    let class = vm.full_class_name(this.class())?;
    let text = format!("<{state} {class} object at {:#x}>", this.id());
    Ok(PyStr::new_value(vm, &text))
}

fn rlock_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    if !args.all().is_empty() {
        crate::warnings::warn(
            vm,
            &objects::types::exceptions::hierarchy::DEPRECATION_WARNING,
            "Passing arguments to RLock is deprecated and will be removed in 3.15",
        )?;
    }
    let payload = PyRLock { raw: GilCell::default(), owner: Cell::new(0), count: Cell::new(0) };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn is_owned(vm: Vm<'_>, lock: &Py<PyRLock>) -> bool {
    lock.count.get() > 0 && lock.owner.get() == vm.thread().id()
}

fn own(vm: Vm<'_>, lock: &Py<PyRLock>) {
    lock.owner.set(vm.thread().id());
    lock.count.set(1);
}

/// Counts the lock up if this thread has it; None when it does not.
fn enter_again(vm: Vm<'_>, lock: &Py<PyRLock>) -> PyResult<Option<Value>> {
    if !is_owned(vm, lock) {
        return Ok(None);
    }
    match lock.count.get().checked_add(1) {
        Some(count) => {
            lock.count.set(count);
            Ok(Some(Value::TRUE))
        }
        None => Err(vm.overflow_error("Internal lock count overflowed")),
    }
}

fn rlock_acquire(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let lock = this.receiver::<PyRLock>();
    let (blocking, deadline) = waiting(vm, args)?;
    if let Some(done) = enter_again(vm, lock)? {
        return Ok(done);
    }
    let raw = lock.raw.get();
    let got = if blocking { raw.lock(vm, deadline)? } else { raw.try_lock() };
    if got {
        own(vm, lock);
    }
    Ok(Value::from_bool(got))
}

fn rlock_release(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let lock = this.receiver::<PyRLock>();
    if !is_owned(vm, lock) {
        return Err(vm.runtime_error("cannot release un-acquired lock"));
    }
    let left = lock.count.get() - 1;
    lock.count.set(left);
    if left == 0 {
        lock.owner.set(0);
        lock.raw.get().unlock();
    }
    Ok(Value::NONE)
}

fn rlock_locked(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this.receiver::<PyRLock>().count.get() > 0))
}

fn rlock_enter(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let lock = this.receiver::<PyRLock>();
    if let Some(done) = enter_again(vm, lock)? {
        return Ok(done);
    }
    lock.raw.get().lock(vm, None)?;
    own(vm, lock);
    Ok(Value::TRUE)
}

fn rlock_exit(vm: Vm<'_>, this: &Value, _args: Args<'_>) -> PyResult<Value> {
    rlock_release(vm, this)
}

fn rlock_is_owned(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(is_owned(vm, this.receiver::<PyRLock>())))
}

fn rlock_release_save(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let lock = this.receiver::<PyRLock>();
    if lock.count.get() == 0 {
        return Err(vm.runtime_error("cannot release un-acquired lock"));
    }
    let state =
        [int::from_u64(vm, lock.count.replace(0)), int::from_u64(vm, lock.owner.replace(0))];
    lock.raw.get().unlock();
    Ok(PyTuple::new_value(vm, &state))
}

fn rlock_acquire_restore(vm: Vm<'_>, this: &Value, state: &Value) -> PyResult<Value> {
    let lock = this.receiver::<PyRLock>();
    let items = state.downcast::<PyTuple>().map(Py::items);
    let Some([count, owner]) = items else {
        return Err(vm.type_error("_acquire_restore() argument 1 must be a 2-tuple"));
    };
    let (count, owner) = (int::as_u64(count).unwrap_or(1), int::as_u64(owner).unwrap_or(0));
    // The wait goes on through signals: `Condition.wait` relies on having the lock afterwards.
    let mut interrupted = None;
    loop {
        match lock.raw.get().lock(vm, None) {
            Ok(_) => break,
            Err(raised) => interrupted = Some(vm.take(raised)),
        }
    }
    lock.count.set(count);
    lock.owner.set(owner);
    match interrupted {
        Some(exception) => Err(vm.restore(exception)),
        None => Ok(Value::NONE),
    }
}

fn rlock_count(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let lock = this.receiver::<PyRLock>();
    Ok(int::from_u64(vm, if is_owned(vm, lock) { lock.count.get() } else { 0 }))
}

fn rlock_reinit(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let lock = this.receiver::<PyRLock>();
    lock.count.set(0);
    lock.owner.set(0);
    lock.raw.set(RawLock::default());
    Ok(Value::NONE)
}

fn rlock_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let lock = this.receiver::<PyRLock>();
    let state = if lock.count.get() > 0 { "locked" } else { "unlocked" };
    let class = vm.full_class_name(this.class())?;
    let (owner, count) = (lock.owner.get(), lock.count.get());
    let text = format!("<{state} {class} object owner={owner} count={count} at {:#x}>", this.id());
    Ok(PyStr::new_value(vm, &text))
}
