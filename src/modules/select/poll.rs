//! `select.poll` objects.

use std::cell::Cell;

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::gil_cell::GilCell;
use objects::core::pyref::PyRef;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::int;
use objects::types::list::PyList;
use objects::types::tuple::PyTuple;
use objects::{methods, no_references, payload};

use super::{timeout, wait};
use crate::posix::arguments;
use crate::posix::raw::poll as raw;

/// Descriptors and what they are watched for, in the order of their registration.
#[derive(Default)]
struct Watched(Vec<(i32, i16)>);

no_references!(Watched);

payload! {
    /// The payload of a polling object.
    pub(crate) struct PyPoll: POLL {
        watched: GilCell<Watched>,
        running: Cell<bool>,
    }
}

static POLL: StaticType = StaticType::new::<PyPoll>();

const POLL_SPEC: TypeSpec = TypeSpec {
    name: "select.poll",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    methods: POLL_METHODS,
    ..TypeSpec::DEFAULT
};

methods! { POLL_METHODS:
    /// Register a file descriptor with the polling object.
    ///
    ///   fd
    ///     either an integer, or an object with a fileno() method returning an int
    ///   eventmask
    ///     an optional bitmask describing the type of events to check for
    ["register"] "($self, fd, eventmask=select.POLLIN | select.POLLPRI | select.POLLOUT, /)" Bound(register);
    /// Modify an already registered file descriptor.
    ///
    ///   fd
    ///     either an integer, or an object with a fileno() method returning
    ///     an int
    ///   eventmask
    ///     a bitmask describing the type of events to check for
    ["modify"] "($self, fd, eventmask, /)" Bound(modify);
    /// Remove a file descriptor being tracked by the polling object.
    ["unregister"] "($self, fd, /)" One(unregister);
    /// Polls the set of registered file descriptors.
    ///
    ///   timeout
    ///     The maximum time to wait in milliseconds, or else None (or a negative
    ///     value) to wait indefinitely.
    ///
    /// Returns a list containing any descriptors that have events or errors
    /// to report, as a list of (fd, event) 2-tuples.
    ["poll"] "($self, timeout=None, /)" Bound(poll);
}

/// What is watched for where nothing is said.
const DEFAULT_EVENTS: i16 = libc::POLLIN | libc::POLLPRI | libc::POLLOUT;

pub(super) fn ready(vm: Vm<'_>) -> PyResult<()> {
    objects::types::ready(vm, &POLL, &POLL_SPEC)
}

pub(super) fn new(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(PyRef::new(vm, PyPoll { watched: GilCell::default(), running: Cell::new(false) })
        .into_value())
}

fn events(vm: Vm<'_>, value: &Value) -> PyResult<i16> {
    let index = number::index(vm, value)?;
    match int::as_i64(&index) {
        Some(negative) if negative < 0 => Err(vm.value_error("value must be positive")),
        Some(mask) => match u16::try_from(mask) {
            Ok(mask) => Ok(mask.cast_signed()),
            Err(_) => Err(vm.overflow_error("Python int too large for C unsigned short")),
        },
        None if int::is_negative(&index) => Err(vm.value_error("value must be positive")),
        None => Err(vm.overflow_error("Python int too large for C unsigned short")),
    }
}

fn descriptor(vm: Vm<'_>, value: &Value) -> PyResult<i32> {
    let fd = arguments::descriptor(vm, value)?;
    if fd < 0 {
        return Err(vm.value_error(format!("file descriptor cannot be a negative integer ({fd})")));
    }
    Ok(fd)
}

fn register(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let fd = descriptor(vm, args.required(0))?;
    let events = args.get(1).map_or(Ok(DEFAULT_EVENTS), |mask| events(vm, mask))?;
    this.receiver::<PyPoll>().watched.with_mut(|watched| {
        match watched.0.iter_mut().find(|(known, _)| *known == fd) {
            Some(entry) => entry.1 = events,
            None => watched.0.push((fd, events)),
        }
    });
    Ok(Value::NONE)
}

fn modify(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let fd = descriptor(vm, args.required(0))?;
    let events = events(vm, args.required(1))?;
    let known = this.receiver::<PyPoll>().watched.with_mut(|watched| {
        watched.0.iter_mut().find(|(known, _)| *known == fd).map(|entry| entry.1 = events)
    });
    match known {
        Some(()) => Ok(Value::NONE),
        None => Err(vm.os_error(libc::ENOENT, None)),
    }
}

fn unregister(vm: Vm<'_>, this: &Value, fd: &Value) -> PyResult<Value> {
    let fd = descriptor(vm, fd)?;
    let gone = this.receiver::<PyPoll>().watched.with_mut(|watched| {
        watched.0.iter().position(|&(known, _)| known == fd).map(|at| watched.0.remove(at))
    });
    match gone {
        Some(_) => Ok(Value::NONE),
        None => Err(vm.key_error(&Value::small_int_unchecked(i64::from(fd)))),
    }
}

fn poll(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let object = this.receiver::<PyPoll>();
    let length = timeout(vm, args.get(0), 1_000_000, "an integer")?;
    if object.running.replace(true) {
        return Err(vm.runtime_error("concurrent poll() invocation"));
    }
    let mut entries: Vec<raw::Entry> = object.watched.with(|watched| {
        watched.0.iter().map(|&(fd, events)| raw::Entry { fd, events, answer: 0 }).collect()
    });
    let answered = wait(vm, length, |milliseconds| raw::poll(&mut entries, milliseconds));
    object.running.set(false);
    answered?;
    let mut found = Vec::new();
    for entry in entries.iter().filter(|entry| entry.answer != 0) {
        let events = i64::from(entry.answer.cast_unsigned());
        let pair = [entry.fd.into(), events].map(Value::small_int_unchecked);
        found.push(PyTuple::new_value(vm, &pair));
    }
    PyList::try_new_value(vm, found)
}
