//! `_multiprocessing` and `_posixshmem`: semaphores and memory that processes share.

use std::cell::Cell;
use std::ffi::CString;
use std::time::Instant;

use objects::core::args::{Args, Bound};
use objects::core::errors::{PyResult, Raised};
use objects::core::gil_cell::GilCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy as exc;
use objects::types::str::PyStr;
use objects::types::{int, module};
use objects::{getset, methods, no_references, payload};
use rustix::io::Errno;

use crate::NativeModule;
use crate::posix::fork::fs_text;
use crate::posix::raw::shared::{self, Semaphore};

/// The row of `_multiprocessing`.
pub static MODULE: NativeModule =
    NativeModule { name: "_multiprocessing", doc: None, functions: FUNCTIONS, exec: Some(exec) };

/// The row of `_posixshmem`.
pub static POSIXSHMEM: NativeModule = NativeModule {
    name: "_posixshmem",
    doc: Some("POSIX shared memory module"),
    functions: SHARED_MEMORY,
    exec: None,
};

methods! { FUNCTIONS:
    ["sem_unlink"] "($module, name, /)" One(sem_unlink);
}

methods! { SHARED_MEMORY:
    /// Open a shared memory object.  Returns a file descriptor (integer).
    ["shm_open"] "($module, /, path, flags, mode=511)" Bound(shm_open);
    /// Remove a shared memory object (similar to unlink()).
    ///
    /// Remove a shared memory object name, and, once all processes have
    /// unmapped the object, de-allocates and destroys the contents of the
    /// associated memory region.
    ["shm_unlink"] "($module, path, /)" One(shm_unlink);
}

no_references!(Handle);

/// The semaphore, and its name where other processes find it.
#[derive(Clone)]
struct Handle {
    semaphore: Semaphore,
    name: Option<CString>,
}

payload! {
    /// The payload of a semaphore.
    pub(crate) struct PySemLock: SEM_LOCK {
        handle: GilCell<Handle>,
        kind: Cell<i32>,
        maximum: Cell<i32>,
        /// How often this process has it.
        count: Cell<i32>,
        /// The thread that took it last.
        owner: Cell<u64>,
    }
}

static SEM_LOCK: StaticType = StaticType::new::<PySemLock>();
const SEM_LOCK_SPEC: TypeSpec = TypeSpec {
    name: "_multiprocessing.SemLock",
    doc: Some("Semaphore/Mutex type"),
    flags: spec_flags::BASETYPE,
    slots: &[Slot::New(sem_new), Slot::Finalize(sem_finalize)],
    methods: SEM_METHODS,
    getset: SEM_GETSET,
    ..TypeSpec::DEFAULT
};

methods! { SEM_METHODS:
    /// Acquire the semaphore/lock.
    ["acquire"] "($self, /, block=True, timeout=None)" Bound(sem_acquire);
    /// Release the semaphore/lock.
    ["release"] "($self, /)" None(sem_release);
    /// Enter the semaphore/lock.
    ["__enter__"] "($self, /)" None(sem_enter);
    /// Exit the semaphore/lock.
    ["__exit__"] "($self, exc_type=None, exc_value=None, exc_tb=None, /)" Bound(sem_exit);
    /// Num of `acquire()`s minus num of `release()`s for this process.
    ["_count"] "($self, /)" None(sem_count);
    /// Whether the lock is owned by this thread.
    ["_is_mine"] "($self, /)" None(sem_is_mine);
    /// Get the value of the semaphore.
    ["_get_value"] "($self, /)" None(sem_get_value);
    /// Return whether semaphore has value zero.
    ["_is_zero"] "($self, /)" None(sem_is_zero);
    class ["_rebuild"] "($type, handle, kind, maxvalue, name, /)" Bound(sem_rebuild);
    /// Rezero the net acquisition count after fork().
    ["_after_fork"] "($self, /)" None(sem_after_fork);
}

getset! { SEM_GETSET:
    ["handle"] sem_handle;
    ["kind"] sem_kind;
    ["maxvalue"] sem_maxvalue;
    ["name"] sem_name;
}

/// A mutex that its owner may take again; the other kind is a semaphore.
const RECURSIVE: i32 = 0;
const SEMAPHORE: i32 = 1;

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    objects::types::ready(vm, &SEM_LOCK, &SEM_LOCK_SPEC)?;
    let class = SEM_LOCK.get();
    let largest = Value::small_int_unchecked(i64::from(i32::MAX));
    drop(class.namespace().set_str(&vm.intern("SEM_VALUE_MAX"), largest));
    module::add(vm, target, "SemLock", class.to_value());
    let flags = PyDict::new_ref(vm);
    for name in ["HAVE_SEM_OPEN", "HAVE_SEM_TIMEDWAIT"] {
        drop(flags.set_str(&vm.intern(name), Value::small_int_unchecked(1)));
    }
    module::add(vm, target, "flags", flags.into_value());
    Ok(())
}

fn failed(vm: Vm<'_>, errno: Errno) -> Raised {
    vm.os_error(errno.raw_os_error(), None)
}

fn small(number: i32) -> Value {
    Value::small_int_unchecked(i64::from(number))
}

fn sem_unlink(vm: Vm<'_>, _module: &Value, name: &Value) -> PyResult<Value> {
    let name = fs_text(vm, name)?;
    shared::unlink_semaphore(&name).map_err(|errno| failed(vm, errno))?;
    Ok(Value::NONE)
}

fn sem_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    const NAMES: [&str; 5] = ["kind", "value", "maxvalue", "name", "unlink"];
    let at = |index: usize| {
        let by_name = NAMES.get(index).and_then(|name| args.keyword(name));
        args.positional().get(index).or(by_name)
    };
    let mut given = Vec::with_capacity(5);
    for (index, name) in NAMES.iter().enumerate() {
        match at(index) {
            Some(value) => given.push(value.clone()),
            None => {
                let place = index + 1;
                return Err(vm.type_error(format!(
                    "SemLock() missing required argument '{name}' (pos {place})"
                )));
            }
        }
    }
    let [kind, value, maximum, name, unlink] = given.as_slice() else { return Ok(Value::NONE) };
    let kind = number::as_i32(vm, kind)?;
    let value = number::as_i32(vm, value)?;
    let maximum = number::as_i32(vm, maximum)?;
    let name = fs_text(vm, name)?;
    let unlink = vm.is_true(unlink)?;
    if kind != RECURSIVE && kind != SEMAPHORE {
        return Err(vm.value_error("unrecognized kind"));
    }
    let semaphore = shared::create_semaphore(&name, value.cast_unsigned())
        .map_err(|errno| failed(vm, errno))?;
    if unlink && let Err(errno) = shared::unlink_semaphore(&name) {
        return Err(failed(vm, errno));
    }
    let handle = Handle { semaphore, name: Some(name).filter(|_| !unlink) };
    Ok(new_object(vm, class, handle, kind, maximum))
}

fn new_object(vm: Vm<'_>, class: &Py<PyType>, handle: Handle, kind: i32, maximum: i32) -> Value {
    let payload = PySemLock {
        handle: GilCell::new(handle),
        kind: Cell::new(kind),
        maximum: Cell::new(maximum),
        count: Cell::new(0),
        owner: Cell::new(0),
    };
    PyRef::new_of(vm, class, payload).into_value()
}

fn sem_rebuild(vm: Vm<'_>, class: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let kind = number::as_i32(vm, args.required(1))?;
    let maximum = number::as_i32(vm, args.required(2))?;
    if args.required(3).is_none() {
        return Err(vm.value_error("a semaphore without a name belongs to one process"));
    }
    let name = fs_text(vm, args.required(3))?;
    let semaphore = shared::open_semaphore(&name).map_err(|errno| failed(vm, errno))?;
    let handle = Handle { semaphore, name: Some(name) };
    Ok(new_object(vm, class.receiver::<PyType>(), handle, kind, maximum))
}

fn sem_finalize(_vm: Vm<'_>, this: &Value) {
    this.receiver::<PySemLock>().handle.with(|handle| handle.semaphore.close());
}

fn semaphore_of(this: &Value) -> Semaphore {
    this.receiver::<PySemLock>().handle.with(|handle| handle.semaphore.clone())
}

fn is_mine(vm: Vm<'_>, lock: &Py<PySemLock>) -> bool {
    lock.count.get() > 0 && lock.owner.get() == vm.thread().id()
}

fn acquire(vm: Vm<'_>, this: &Value, blocks: bool, deadline: Option<Instant>) -> PyResult<bool> {
    let lock = this.receiver::<PySemLock>();
    if lock.kind.get() == RECURSIVE && is_mine(vm, lock) {
        lock.count.set(lock.count.get() + 1);
        return Ok(true);
    }
    let semaphore = semaphore_of(this);
    loop {
        let result = if semaphore.try_wait() {
            Ok(true)
        } else if blocks {
            vm.allow_threads(|| semaphore.wait(deadline))
        } else {
            Ok(false)
        };
        match result {
            Ok(true) => break,
            Ok(false) => return Ok(false),
            Err(Errno::INTR) => vm.poll()?,
            Err(errno) => return Err(failed(vm, errno)),
        }
    }
    lock.count.set(lock.count.get() + 1);
    lock.owner.set(vm.thread().id());
    Ok(true)
}

fn sem_acquire(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let blocks = args.get(0).map_or(Ok(true), |flag| vm.is_true(flag))?;
    let mut deadline = None;
    if let Some(timeout) = args.get_non_none(1) {
        let length = crate::time::nanoseconds(vm, timeout)?;
        let length = std::time::Duration::from_nanos(u64::try_from(length).unwrap_or(0));
        deadline = Instant::now().checked_add(length);
    }
    acquire(vm, this, blocks, deadline).map(Value::from_bool)
}

fn sem_release(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let lock = this.receiver::<PySemLock>();
    if lock.kind.get() == RECURSIVE {
        if !is_mine(vm, lock) {
            return Err(vm.error(
                &exc::ASSERTION_ERROR,
                "attempt to release recursive lock not owned by thread",
            ));
        }
        if lock.count.get() > 1 {
            lock.count.set(lock.count.get() - 1);
            return Ok(Value::NONE);
        }
    } else if semaphore_of(this).value().map_err(|errno| failed(vm, errno))? >= lock.maximum.get() {
        return Err(vm.value_error("semaphore or lock released too many times"));
    }
    semaphore_of(this).post().map_err(|errno| failed(vm, errno))?;
    lock.count.set(lock.count.get() - 1);
    Ok(Value::NONE)
}

fn sem_enter(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    acquire(vm, this, true, None).map(Value::from_bool)
}

fn sem_exit(vm: Vm<'_>, this: &Value, _args: &Bound<'_>) -> PyResult<Value> {
    sem_release(vm, this)
}

fn sem_count(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(small(this.receiver::<PySemLock>().count.get()))
}

fn sem_is_mine(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(is_mine(vm, this.receiver::<PySemLock>())))
}

fn sem_get_value(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let value = semaphore_of(this).value().map_err(|errno| failed(vm, errno))?;
    Ok(small(value.max(0)))
}

fn sem_is_zero(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let value = semaphore_of(this).value().map_err(|errno| failed(vm, errno))?;
    Ok(Value::from_bool(value == 0))
}

fn sem_after_fork(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    this.receiver::<PySemLock>().count.set(0);
    Ok(Value::NONE)
}

fn sem_handle(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(int::from_u64(vm, semaphore_of(this).id()))
}

fn sem_kind(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(small(this.receiver::<PySemLock>().kind.get()))
}

fn sem_maxvalue(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(small(this.receiver::<PySemLock>().maximum.get()))
}

fn sem_name(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let name = this.receiver::<PySemLock>().handle.with(|handle| handle.name.clone());
    match name {
        Some(name) => Ok(PyStr::from_fs_bytes(vm, name.as_bytes())?.into_value()),
        None => Ok(Value::NONE),
    }
}

/// A path of shared memory, which is a text.
fn path(vm: Vm<'_>, function: &str, value: &Value) -> PyResult<CString> {
    if value.downcast::<PyStr>().is_none() {
        let got = value.class().name();
        return Err(vm.type_error(format!("{function} must be str, not {got}")));
    }
    fs_text(vm, value)
}

fn shm_open(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = path(vm, "shm_open() argument 'path'", args.required(0))?;
    let flags = number::as_i32(vm, args.required(1))?;
    let mode = args.get(2).map_or(Ok(0o777), |mode| number::as_i32(vm, mode))?.cast_unsigned();
    loop {
        match vm.allow_threads(|| shared::open_memory(&path, flags, mode)) {
            Ok(fd) => return Ok(small(fd)),
            Err(Errno::INTR) => vm.poll()?,
            Err(errno) => {
                return Err(vm.os_error(errno.raw_os_error(), Some(args.required(0))));
            }
        }
    }
}

fn shm_unlink(vm: Vm<'_>, _module: &Value, given: &Value) -> PyResult<Value> {
    let path = path(vm, "shm_unlink() argument", given)?;
    match vm.allow_threads(|| shared::unlink_memory(&path)) {
        Ok(()) => Ok(Value::NONE),
        Err(errno) => Err(vm.os_error(errno.raw_os_error(), Some(given))),
    }
}
