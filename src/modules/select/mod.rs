//! `select`: waiting for many descriptors at once.

mod epoll;
mod poll;

use std::time::{Duration, Instant};

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::exceptions::os_error;
use objects::types::list::PyList;
use objects::types::tuple::PyTuple;
use objects::types::{float_, module};
use rustix::io::Errno;

use crate::NativeModule;
use crate::fcntl::descriptor;
use crate::posix::raw::poll as raw;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "select",
    doc: Some(
        "This module supports asynchronous I/O on multiple file descriptors.\n\n*** IMPORTANT NOTICE ***\nOn Windows, only sockets are supported; on Unix, all file descriptors.",
    ),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Wait until one or more file descriptors are ready for some kind of I/O.
    ///
    /// The first three arguments are iterables of file descriptors to be waited
    /// for:
    /// rlist -- wait until ready for reading
    /// wlist -- wait until ready for writing
    /// xlist -- wait for an "exceptional condition"
    /// If only one kind of condition is required, pass [] for the other lists.
    ///
    /// A file descriptor is either a socket or file object, or a small integer
    /// gotten from a fileno() method call on one of those.
    ///
    /// The optional 4th argument specifies a timeout in seconds; it may be
    /// a floating-point number to specify fractions of seconds.  If it is absent
    /// or None, the call will never time out.
    ///
    /// The return value is a tuple of three lists corresponding to the first
    /// three arguments; each contains the subset of the corresponding file
    /// descriptors that are ready.
    ///
    /// *** IMPORTANT NOTICE ***
    /// On Windows, only sockets are supported; on Unix, all file
    /// descriptors can be used.
    ["select"] "($module, rlist, wlist, xlist, timeout=None, /)" Bound(select);
    /// Returns a polling object.
    ///
    /// This object supports registering and unregistering file descriptors, and
    /// then polling them for I/O events.
    ["poll"] "($module, /)" None(poll::new);
}

#[rustfmt::skip]
const NUMBERS: &[(&str, i64)] = &[
    ("PIPE_BUF", 4096), ("POLLIN", 1), ("POLLPRI", 2), ("POLLOUT", 4), ("POLLERR", 8), ("POLLHUP", 16), ("POLLNVAL", 32),
    ("POLLRDNORM", 64), ("POLLRDBAND", 128), ("POLLWRNORM", 256), ("POLLWRBAND", 512), ("POLLMSG", 1024), ("POLLRDHUP", 8192),
    ("EPOLLIN", 1), ("EPOLLOUT", 4), ("EPOLLPRI", 2), ("EPOLLERR", 8), ("EPOLLHUP", 16), ("EPOLLRDHUP", 8192),
    ("EPOLLET", 2_147_483_648), ("EPOLLONESHOT", 1_073_741_824), ("EPOLLEXCLUSIVE", 268_435_456), ("EPOLLRDNORM", 64),
    ("EPOLLRDBAND", 128), ("EPOLLWRNORM", 256), ("EPOLLWRBAND", 512), ("EPOLLMSG", 1024), ("EPOLLWAKEUP", 536_870_912),
    ("EPOLL_CLOEXEC", 524_288),
];

/// One more than the highest descriptor that `select` takes.
const FD_SETSIZE: i32 = 1024;

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    for &(name, number) in NUMBERS {
        module::add(vm, target, name, Value::small_int_unchecked(number));
    }
    module::add(vm, target, "error", os_error::OS_ERROR.get().to_value());
    poll::ready(vm)?;
    epoll::add_type(vm, target)
}

/// A timeout in units of `unit` nanoseconds; None for no limit.
fn timeout(vm: Vm<'_>, value: Option<&Value>, unit: u64, wanted: &str) -> PyResult<Option<i64>> {
    let Some(value) = value.filter(|value| !value.is_none()) else { return Ok(None) };
    if float_::as_f64(value).is_none() && !number::has_index(value) {
        return Err(vm.type_error(format!("timeout must be {wanted} or None")));
    }
    // However little below zero it is, there is no limit, or no such timeout.
    if float_::as_f64(value).is_some_and(|number| number < 0.0) {
        return Ok(Some(-1));
    }
    let seconds = if unit == 1_000_000_000 { value.clone() } else { milliseconds(vm, value)? };
    match crate::time::nanoseconds(vm, &seconds) {
        Ok(length) => Ok(Some(length)),
        Err(raised)
            if vm.raised_is(&raised, &objects::types::exceptions::hierarchy::OVERFLOW_ERROR) =>
        {
            vm.clear(raised);
            Err(vm.overflow_error("timestamp out of range for C PyTime_t"))
        }
        Err(raised) => Err(raised),
    }
}

/// Seconds as a float of a number of milliseconds.
fn milliseconds(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    match float_::to_f64(vm, value) {
        Ok(number) => Ok(float_::new(vm, number / 1e3)),
        Err(raised)
            if vm.raised_is(&raised, &objects::types::exceptions::hierarchy::OVERFLOW_ERROR) =>
        {
            vm.clear(raised);
            Err(vm.overflow_error("timestamp out of range for C PyTime_t"))
        }
        Err(raised) => Err(raised),
    }
}

/// The end of a wait of so many nanoseconds.
fn end_of(length: Option<i64>) -> Option<Instant> {
    let length = u64::try_from(length?).ok()?;
    Instant::now().checked_add(Duration::from_nanos(length))
}

/// Milliseconds until the end of a wait, rounded up; -1 for no limit.
fn left(end: Option<Instant>) -> i32 {
    let Some(end) = end else { return -1 };
    let left = end.saturating_duration_since(Instant::now());
    i32::try_from(left.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX)
}

/// A wait that goes on with what is left after a signal whose handler did not raise.
fn wait<R: Send>(
    vm: Vm<'_>,
    length: Option<i64>,
    mut call: impl FnMut(i32) -> Result<R, Errno> + Send,
) -> PyResult<R> {
    let end = end_of(length.filter(|&length| length >= 0));
    loop {
        let milliseconds = left(end);
        match vm.allow_threads(|| call(milliseconds)) {
            Ok(answer) => return Ok(answer),
            Err(Errno::INTR) => vm.poll()?,
            Err(errno) => return Err(vm.os_error(errno.raw_os_error(), None)),
        }
    }
}

/// The descriptors of one of the three lists, with the objects that stand for them.
fn descriptors(vm: Vm<'_>, list: &Value) -> PyResult<Vec<(i32, Value)>> {
    // A list is looked at as it is: a `fileno()` may change it.
    let live = list.downcast::<PyList>();
    let items = match live {
        Some(_) => Vec::new(),
        None => vm.collect_or(list, "arguments 1-3 must be sequences")?,
    };
    let mut all = Vec::new();
    let mut index = 0;
    loop {
        let object = match live {
            Some(list) => list.get(index),
            None => items.get(index).cloned(),
        };
        let Some(object) = object else { break };
        index += 1;
        let fd = descriptor(vm, &object)?;
        if fd >= FD_SETSIZE {
            return Err(vm.value_error("filedescriptor out of range in select()"));
        }
        all.push((fd, object));
    }
    Ok(all)
}

fn select(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let length = timeout(vm, args.get(3), 1_000_000_000, "a float")?;
    if length.is_some_and(|length| length < 0) {
        return Err(vm.value_error("timeout must be non-negative"));
    }
    let reading = descriptors(vm, args.required(0))?;
    let writing = descriptors(vm, args.required(1))?;
    let special = descriptors(vm, args.required(2))?;
    let mut polled: Vec<raw::Entry> = Vec::new();
    for (list, events) in [
        (&reading, libc::POLLIN | libc::POLLRDNORM | libc::POLLRDBAND),
        (&writing, libc::POLLOUT | libc::POLLWRNORM | libc::POLLWRBAND),
        (&special, libc::POLLPRI),
    ] {
        polled.extend(list.iter().map(|&(fd, _)| raw::Entry { fd, events, answer: 0 }));
    }
    let mut answers = polled;
    wait(vm, length, |milliseconds| raw::poll(&mut answers, milliseconds))?;
    if answers.iter().any(|entry| entry.answer & libc::POLLNVAL != 0) {
        return Err(vm.os_error(libc::EBADF, None));
    }
    let mut answers = answers.into_iter();
    let mut lists = Vec::with_capacity(3);
    let masks = [
        libc::POLLIN | libc::POLLRDNORM | libc::POLLRDBAND | libc::POLLHUP | libc::POLLERR,
        libc::POLLOUT | libc::POLLWRNORM | libc::POLLWRBAND | libc::POLLERR,
        libc::POLLPRI,
    ];
    for (list, mask) in [reading, writing, special].into_iter().zip(masks) {
        let ready: Vec<Value> = list
            .into_iter()
            .zip(answers.by_ref())
            .filter(|(_, entry)| entry.answer & mask != 0)
            .map(|((_, object), _)| object)
            .collect();
        lists.push(PyList::try_new_value(vm, ready)?);
    }
    Ok(PyTuple::new_value(vm, &lists))
}
