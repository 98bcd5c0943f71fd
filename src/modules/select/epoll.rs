//! `select.epoll` objects.

use std::cell::Cell;

use objects::core::args::{Args, Bound};
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::TypeSpec;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::exceptions::hierarchy as exc;
use objects::types::list::PyList;
use objects::types::module;
use objects::types::tuple::PyTuple;
use objects::{getset, methods, payload};
use rustix::io::Errno;

use super::{timeout, wait};
use crate::fcntl::descriptor;
use crate::posix::fd;
use crate::posix::raw::poll as raw;

payload! {
    /// The payload of an epoll object.
    pub(crate) struct PyEpoll: EPOLL {
        /// -1 when it is closed.
        fd: Cell<i32>,
    }
}

static EPOLL: StaticType = StaticType::new::<PyEpoll>();

const EPOLL_SPEC: TypeSpec = TypeSpec {
    name: "select.epoll",
    doc: Some(
        "select.epoll(sizehint=-1, flags=0)\n\nReturns an epolling object\n\nsizehint must be a positive integer or -1 for the default size. The\nsizehint is used to optimize internal data structures. It doesn't limit\nthe maximum number of monitored events.",
    ),
    slots: &[Slot::New(epoll_new), Slot::Finalize(epoll_finalize)],
    methods: EPOLL_METHODS,
    getset: EPOLL_GETSET,
    ..TypeSpec::DEFAULT
};

methods! { EPOLL_METHODS:
    /// Create an epoll object from a given control fd.
    class ["fromfd"] "($type, fd, /)" One(epoll_fromfd);
    /// Close the epoll control file descriptor.
    ///
    /// Further operations on the epoll object will raise an exception.
    ["close"] "($self, /)" None(epoll_close);
    /// Return the epoll control file descriptor.
    ["fileno"] "($self, /)" None(epoll_fileno);
    /// Modify event mask for a registered file descriptor.
    ///
    ///   fd
    ///     the target file descriptor of the operation
    ///   eventmask
    ///     a bit set composed of the various EPOLL constants
    ["modify"] "($self, /, fd, eventmask)" Bound(epoll_modify);
    /// Registers a new fd or raises an OSError if the fd is already registered.
    ///
    ///   fd
    ///     the target file descriptor of the operation
    ///   eventmask
    ///     a bit set composed of the various EPOLL constants
    ///
    /// The epoll interface supports all file descriptors that support poll.
    ["register"] "($self, /, fd, eventmask=select.EPOLLIN | select.EPOLLPRI | select.EPOLLOUT)" Bound(epoll_register);
    /// Remove a registered file descriptor from the epoll object.
    ///
    ///   fd
    ///     the target file descriptor of the operation
    ["unregister"] "($self, /, fd)" Bound(epoll_unregister);
    /// Wait for events on the epoll file descriptor.
    ///
    ///   timeout
    ///     the maximum time to wait in seconds (as float);
    ///     a timeout of None or -1 makes poll wait indefinitely
    ///   maxevents
    ///     the maximum number of events returned; -1 means no limit
    ///
    /// Returns a list containing any descriptors that have events to
    /// report, as a list of (fd, events) 2-tuples.
    ["poll"] "($self, /, timeout=None, maxevents=-1)" Bound(epoll_poll);
    ["__enter__"] "($self, /)" None(epoll_enter);
    ["__exit__"] "($self, exc_type=None, exc_value=None, exc_tb=None, /)" Bound(epoll_exit);
}

getset! { EPOLL_GETSET:
    /// True if the epoll handler is closed
    ["closed"] epoll_closed;
}

/// `EPOLL_CLOEXEC`
const CLOEXEC: i32 = 0x80000;
/// Events that one call asks for where no number is said.
const EVENTS_DEFAULT: usize = 1023;
/// What is watched for where nothing is said: input, urgent input, output.
const EVENTS: u32 = 1 | 2 | 4;

pub(super) fn add_type(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    objects::types::ready(vm, &EPOLL, &EPOLL_SPEC)?;
    module::add(vm, target, "epoll", EPOLL.get().to_value());
    Ok(())
}

fn epoll_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let given = args.all().len();
    if given > 2 {
        return Err(vm.type_error(format!("epoll() takes at most 2 arguments ({given} given)")));
    }
    let size = args.positional().first().or_else(|| args.keyword("sizehint"));
    let size = size.map_or(Ok(-1), |size| number::as_i32(vm, size))?;
    let flags = args.positional().get(1).or_else(|| args.keyword("flags"));
    let flags = flags.map_or(Ok(0), |flags| number::as_i32(vm, flags))?;
    if size < -1 || size == 0 {
        return Err(vm.value_error("negative sizehint"));
    }
    if flags != 0 && flags != CLOEXEC {
        return Err(vm.error(&exc::OS_ERROR, "invalid flags"));
    }
    match raw::epoll_create() {
        Ok(fd) => Ok(PyRef::new_of(vm, class, PyEpoll { fd: Cell::new(fd) }).into_value()),
        Err(errno) => Err(vm.os_error(errno.raw_os_error(), None)),
    }
}

fn epoll_finalize(_vm: Vm<'_>, this: &Value) {
    close_it(this);
}

fn close_it(this: &Value) {
    let fd = this.receiver::<PyEpoll>().fd.replace(-1);
    if fd >= 0 {
        // It is gone for the program whatever the system answers.
        let _ = fd::close(fd);
    }
}

fn open_fd(vm: Vm<'_>, this: &Value) -> PyResult<i32> {
    match this.receiver::<PyEpoll>().fd.get() {
        -1 => Err(vm.value_error("I/O operation on closed epoll object")),
        fd => Ok(fd),
    }
}

fn epoll_fromfd(vm: Vm<'_>, class: &Value, fd: &Value) -> PyResult<Value> {
    let fd = number::as_i32(vm, fd)?;
    let class = class.receiver::<PyType>();
    Ok(PyRef::try_new_of(vm, class, PyEpoll { fd: Cell::new(fd) })?.into_value())
}

fn epoll_close(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    close_it(this);
    Ok(Value::NONE)
}

fn epoll_closed(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this.receiver::<PyEpoll>().fd.get() < 0))
}

fn epoll_fileno(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(i64::from(open_fd(vm, this)?)))
}

fn epoll_enter(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    open_fd(vm, this)?;
    Ok(this.clone())
}

fn epoll_exit(vm: Vm<'_>, this: &Value, _args: &Bound<'_>) -> PyResult<Value> {
    vm.call_method(this, &vm.intern("close"), &[])
}

fn events(vm: Vm<'_>, value: &Value) -> PyResult<u32> {
    let mask = number::as_i64(vm, value)?;
    u32::try_from(mask & 0xffff_ffff).map_err(|_| vm.overflow_error("mask is out of range"))
}

fn control(vm: Vm<'_>, this: &Value, operation: i32, fd: &Value, events: u32) -> PyResult<Value> {
    let own = open_fd(vm, this)?;
    let fd = descriptor(vm, fd)?;
    match raw::epoll_control(own, operation, fd, events) {
        Ok(()) => Ok(Value::NONE),
        Err(errno) => Err(vm.os_error(errno.raw_os_error(), None)),
    }
}

fn epoll_register(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let mask = args.get(1).map_or(Ok(EVENTS), |mask| events(vm, mask))?;
    control(vm, this, libc::EPOLL_CTL_ADD, args.required(0), mask)
}

fn epoll_modify(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let mask = events(vm, args.required(1))?;
    control(vm, this, libc::EPOLL_CTL_MOD, args.required(0), mask)
}

fn epoll_unregister(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    control(vm, this, libc::EPOLL_CTL_DEL, args.required(0), 0)
}

fn epoll_poll(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let own = open_fd(vm, this)?;
    let length = timeout(vm, args.get(0), 1_000_000_000, "an integer")?;
    let count = match args.get(1).map_or(Ok(-1), |count| number::as_i32(vm, count))? {
        -1 => EVENTS_DEFAULT,
        count => match usize::try_from(count) {
            Ok(count) if count > 0 => count,
            _ => {
                return Err(
                    vm.value_error(format!("maxevents must be greater than 0, got {count}"))
                );
            }
        },
    };
    let found = wait(vm, length, |milliseconds| -> Result<Vec<(i32, u32)>, Errno> {
        raw::epoll_wait(own, count, milliseconds)
    })?;
    let mut pairs = Vec::with_capacity(found.len());
    for (fd, events) in found {
        let pair = [i64::from(fd), i64::from(events)].map(Value::small_int_unchecked);
        pairs.push(PyTuple::new_value(vm, &pair));
    }
    PyList::try_new_value(vm, pairs)
}
