//! Descriptors that stand for events, timers, memory and processes; what the system says of itself.

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::type_spec::MethodDef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::types::{float_, int, struct_sequence};
use rustix::io::Errno;

use super::arguments::{self, failed, integer, nothing, small};
use super::configuration_names::{CONFSTR, PATHCONF, SYSCONF};
use super::fork::fs_text;
use super::raw::special as raw;
use super::results;

methods! { SPECIAL:
    /// Return a collection containing process timing information.
    ///
    /// The object returned behaves like a named tuple with these fields:
    ///   (utime, stime, cutime, cstime, elapsed_time)
    /// All fields are floating-point numbers.
    ["times"] "($module, /)" None(times);
    /// Return a file descriptor referring to the process *pid*.
    ///
    /// The descriptor can be used to perform process management without races
    /// and signals.
    ["pidfd_open"] "($module, /, pid, flags=0)" Bound(pidfd_open);
    /// Return a string-valued system configuration variable.
    ["confstr"] "($module, name, /)" One(confstr);
    /// Return an integer-valued system configuration variable.
    ["sysconf"] "($module, name, /)" One(sysconf);
    /// Return the configuration limit name for the file descriptor fd.
    ///
    /// If there is no limit, return -1.
    ["fpathconf"] "($module, fd, name, /)" Bound(fpathconf);
    /// Return the configuration limit name for the file or directory path.
    ///
    /// If there is no limit, return -1.
    /// On some platforms, path may also be specified as an open file
    /// descriptor.  If this functionality is unavailable, using it raises
    /// an exception.
    ["pathconf"] "($module, /, path, name)" Bound(pathconf);
    /// Return average recent system load information.
    ///
    /// Return the number of processes in the system run queue averaged over
    /// the last 1, 5, and 15 minutes as a tuple of three floats.
    /// Raises OSError if the load average was unobtainable.
    ["getloadavg"] "($module, /)" None(getloadavg);
    ["memfd_create"] "($module, /, name, flags=MFD_CLOEXEC)" Bound(memfd_create);
    /// Creates and returns an event notification file descriptor.
    ["eventfd"] "($module, /, initval, flags=EFD_CLOEXEC)" Bound(eventfd);
    /// Read eventfd value
    ["eventfd_read"] "($module, /, fd)" Bound(eventfd_read);
    /// Write eventfd value.
    ["eventfd_write"] "($module, /, fd, value)" Bound(eventfd_write);
    /// Move the calling thread into different namespaces.
    ///
    ///   fd
    ///     A file descriptor to a namespace.
    ///   nstype
    ///     Type of namespace.
    ["setns"] "($module, /, fd, nstype=0)" Bound(setns);
    /// Disassociate parts of a process (or thread) execution context.
    ///
    ///   flags
    ///     Namespaces to be unshared.
    ["unshare"] "($module, /, flags)" Bound(unshare);
    /// Create and return a timer file descriptor.
    ///
    ///   clockid
    ///     A valid clock ID constant as timer file descriptor.
    ///
    ///     time.CLOCK_REALTIME
    ///     time.CLOCK_MONOTONIC
    ///     time.CLOCK_BOOTTIME
    ///   flags
    ///     0 or a bit mask of os.TFD_NONBLOCK or os.TFD_CLOEXEC.
    ///
    ///     os.TFD_NONBLOCK
    ///         If *TFD_NONBLOCK* is set as a flag, read doesn't blocks.
    ///         If *TFD_NONBLOCK* is not set as a flag, read block until the timer fires.
    ///
    ///     os.TFD_CLOEXEC
    ///         If *TFD_CLOEXEC* is set as a flag, enable the close-on-exec flag
    ["timerfd_create"] "($module, clockid, /, *, flags=0)" Bound(timerfd_create);
    /// Alter a timer file descriptor's internal timer in seconds.
    ///
    ///   fd
    ///     A timer file descriptor.
    ///   flags
    ///     0 or a bit mask of TFD_TIMER_ABSTIME or TFD_TIMER_CANCEL_ON_SET.
    ///   initial
    ///     The initial expiration time, in seconds.
    ///   interval
    ///     The timer's interval, in seconds.
    ["timerfd_settime"] "($module, fd, /, *, flags=0, initial=0.0, interval=0.0)" Bound(timerfd_settime);
    /// Alter a timer file descriptor's internal timer in nanoseconds.
    ///
    ///   fd
    ///     A timer file descriptor.
    ///   flags
    ///     0 or a bit mask of TFD_TIMER_ABSTIME or TFD_TIMER_CANCEL_ON_SET.
    ///   initial
    ///     initial expiration timing in nanoseconds.
    ///   interval
    ///     interval for the timer in nanoseconds.
    ["timerfd_settime_ns"] "($module, fd, /, *, flags=0, initial=0, interval=0)" Bound(timerfd_settime_ns);
    /// Return a tuple of a timer file descriptor's (next expiration, interval) in float seconds.
    ///
    ///   fd
    ///     A timer file descriptor.
    ["timerfd_gettime"] "($module, fd, /)" One(timerfd_gettime);
    /// Return a tuple of a timer file descriptor's (next expiration, interval) in nanoseconds.
    ///
    ///   fd
    ///     A timer file descriptor.
    ["timerfd_gettime_ns"] "($module, fd, /)" One(timerfd_gettime_ns);
    /// Calls PyOS_CallInputHook droppong the GIL first
    ["_inputhook"] "($module, /)" None(inputhook);
    /// Checks if PyOS_CallInputHook is set
    ["_is_inputhook_installed"] "($module, /)" None(is_inputhook_installed);
}

/// The functions of this file.
pub(super) const FUNCTIONS: &[MethodDef] = SPECIAL;

/// `EFD_CLOEXEC`, which `MFD_CLOEXEC` has as 1.
const EVENT_CLOEXEC: i32 = 0x80000;
const MEMORY_CLOEXEC: i32 = 1;
const TIMER_CLOEXEC: i32 = 0x80000;

fn eventfd(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let start = unsigned(vm, args.required(0))?;
    let Ok(start) = u32::try_from(start) else {
        return Err(vm.overflow_error("Python int too large to convert to C unsigned int"));
    };
    small(vm, raw::event(start, integer(vm, args, 1, EVENT_CLOEXEC)?))
}

fn unsigned(vm: Vm<'_>, value: &Value) -> PyResult<u64> {
    let index = number::index(vm, value)?;
    if int::is_negative(&index) {
        return Err(vm.value_error("Cannot convert negative int"));
    }
    int::as_u64(&index)
        .ok_or_else(|| vm.overflow_error("Python int too large to convert to C unsigned long"))
}

fn eventfd_read(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = number::as_i32(vm, args.required(0))?;
    match vm.allow_threads(|| raw::read_event(number)) {
        Ok(value) => Ok(int::from_u64(vm, value)),
        Err(errno) => Err(failed(vm, errno)),
    }
}

fn eventfd_write(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = number::as_i32(vm, args.required(0))?;
    let value = unsigned(vm, args.required(1))?;
    nothing(vm, vm.allow_threads(|| raw::write_event(number, value)))
}

fn memfd_create(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let name = fs_text(vm, args.required(0))?;
    let flags = integer(vm, args, 1, MEMORY_CLOEXEC)?.cast_unsigned();
    small(vm, vm.allow_threads(|| raw::memory(&name, flags)))
}

fn pidfd_open(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let pid = number::as_i32(vm, args.required(0))?;
    small(vm, raw::process(pid, integer(vm, args, 1, 0)?.cast_unsigned()))
}

fn setns(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = arguments::descriptor(vm, args.required(0))?;
    let kind = integer(vm, args, 1, 0)?;
    nothing(vm, vm.allow_threads(|| raw::enter_namespace(number, kind)).map(|_| ()))
}

fn unshare(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let flags = number::as_i32(vm, args.required(0))?;
    nothing(vm, vm.allow_threads(|| raw::leave_namespaces(flags)).map(|_| ()))
}

fn timerfd_create(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let clock = number::as_i32(vm, args.required(0))?;
    small(vm, raw::timer(clock, integer(vm, args, 1, TIMER_CLOEXEC)?))
}

#[expect(clippy::cast_precision_loss, reason = "a float is what the caller asked for")]
fn seconds(vm: Vm<'_>, result: super::fd::SysResult<(i64, i64)>) -> PyResult<Value> {
    match result {
        Ok((next, interval)) => {
            let both = [next, interval].map(|time| float_::new(vm, time as f64 / 1e9));
            Ok(PyTuple::new_value(vm, &both))
        }
        Err(errno) => Err(failed(vm, errno)),
    }
}

fn nanoseconds(vm: Vm<'_>, result: super::fd::SysResult<(i64, i64)>) -> PyResult<Value> {
    match result {
        Ok((next, interval)) => {
            let both = [next, interval].map(|time| int::from_i64(vm, time));
            Ok(PyTuple::new_value(vm, &both))
        }
        Err(errno) => Err(failed(vm, errno)),
    }
}

fn timerfd_gettime(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    seconds(vm, raw::timer_state(number::as_i32(vm, number)?))
}

fn timerfd_gettime_ns(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    nanoseconds(vm, raw::timer_state(number::as_i32(vm, number)?))
}

fn timerfd_settime(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = number::as_i32(vm, args.required(0))?;
    let flags = integer(vm, args, 1, 0)?;
    let time =
        |index: usize| args.get(index).map_or(Ok(0), |time| crate::time::nanoseconds(vm, time));
    let (initial, interval) = (time(2)?, time(3)?);
    seconds(vm, raw::set_timer(number, flags, initial, interval))
}

fn timerfd_settime_ns(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = number::as_i32(vm, args.required(0))?;
    let flags = integer(vm, args, 1, 0)?;
    let time = |index: usize| args.get(index).map_or(Ok(0), |time| number::as_i64(vm, time));
    let (initial, interval) = (time(2)?, time(3)?);
    nanoseconds(vm, raw::set_timer(number, flags, initial, interval))
}

/// There is no hook to be run while the terminal is waited for.
fn inputhook(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::NONE)
}

fn is_inputhook_installed(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::FALSE)
}

/// The number of a name of configuration, or a number as it is.
fn configuration(vm: Vm<'_>, value: &Value, names: &[(&str, i64)]) -> PyResult<i32> {
    if number::has_index(value) {
        return number::as_i32(vm, value);
    }
    let Some(text) = value.downcast::<PyStr>() else {
        return Err(vm.type_error("configuration names must be strings or integers"));
    };
    match names.iter().find(|(name, _)| text.is_text(name)) {
        Some((_, number)) => Ok(i32::try_from(*number).unwrap_or(-1)),
        None => Err(vm.value_error("unrecognized configuration name")),
    }
}

fn sysconf(vm: Vm<'_>, _module: &Value, name: &Value) -> PyResult<Value> {
    let name = configuration(vm, name, SYSCONF)?;
    number_or_failure(vm, raw::system_configuration(name))
}

fn number_or_failure(vm: Vm<'_>, result: Result<i64, Errno>) -> PyResult<Value> {
    match result {
        Ok(number) => Ok(int::from_i64(vm, number)),
        Err(errno) => Err(failed(vm, errno)),
    }
}

fn confstr(vm: Vm<'_>, _module: &Value, name: &Value) -> PyResult<Value> {
    let name = configuration(vm, name, CONFSTR)?;
    match raw::text_configuration(name) {
        Ok(Some(text)) => Ok(PyStr::from_fs_bytes(vm, &text)?.into_value()),
        Ok(None) => Ok(Value::NONE),
        Err(errno) => Err(failed(vm, errno)),
    }
}

fn pathconf(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = arguments::path_or_fd(vm, "pathconf", "path", args.required(0))?;
    let name = configuration(vm, args.required(1), PATHCONF)?;
    let result = match path.fd {
        Some(number) => raw::descriptor_configuration(number, name),
        None => raw::path_configuration(&path.path, name),
    };
    match result {
        Ok(number) => Ok(int::from_i64(vm, number)),
        Err(Errno::INVAL) => Err(failed(vm, Errno::INVAL)),
        Err(errno) => Err(path.error(vm, errno)),
    }
}

fn fpathconf(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = arguments::descriptor(vm, args.required(0))?;
    let name = configuration(vm, args.required(1), PATHCONF)?;
    number_or_failure(vm, raw::descriptor_configuration(number, name))
}

fn getloadavg(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    match raw::load_averages() {
        Some(averages) => {
            Ok(PyTuple::new_value(vm, &averages.map(|average| float_::new(vm, average))))
        }
        None => Err(vm.error(
            &objects::types::exceptions::hierarchy::OS_ERROR,
            "Load averages are unobtainable",
        )),
    }
}

fn times(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    match raw::times() {
        Ok(times) => {
            let items = times.iter().map(|&time| float_::new(vm, time)).collect();
            struct_sequence::new(vm, &results::TIMES_RESULT, items, &[])
        }
        Err(errno) => Err(failed(vm, errno)),
    }
}
