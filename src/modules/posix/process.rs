//! The process: numbers, environment, random bytes, signals to others.

use std::os::unix::ffi::OsStrExt;

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::type_spec::MethodDef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::dict::PyDict;
use objects::types::exceptions::os_error;
use objects::types::str::PyStr;
use objects::types::struct_sequence;
use objects::types::tuple::PyTuple;
use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions};

use super::arguments::{failed, nothing};
use super::results;

methods! { PROCESS:
    /// Return the current process id.
    ["getpid"] "($module, /)" None(getpid);
    /// Return the parent's process id.
    ["getppid"] "($module, /)" None(getppid);
    /// Return the current process's user id.
    ["getuid"] "($module, /)" None(getuid);
    /// Return the current process's effective user id.
    ["geteuid"] "($module, /)" None(geteuid);
    /// Return the current process's group id.
    ["getgid"] "($module, /)" None(getgid);
    /// Return the current process's effective group id.
    ["getegid"] "($module, /)" None(getegid);
    /// Return the current process group id.
    ["getpgrp"] "($module, /)" None(getpgrp);
    /// Return a bytes object containing random bytes suitable for cryptographic use.
    ["urandom"] "($module, size, /)" One(urandom);
    /// Obtain a series of random bytes.
    ["getrandom"] "($module, /, size, flags=0)" Bound(getrandom);
    /// Return the number of logical CPUs in the system.
    ["cpu_count"] "($module, /)" None(cpu_count);
    /// Translate an error code to a message string.
    ["strerror"] "($module, code, /)" One(strerror);
    /// Exit to the system with specified status, without normal exit processing.
    ["_exit"] "($module, /, status)" Bound(exit);
    /// Abort the interpreter immediately.
    ["abort"] "($module, /)" None(abort);
    /// Kill a process with a signal.
    ["kill"] "($module, pid, signal, /)" Bound(kill);
    /// Wait for completion of a given child process.
    ["waitpid"] "($module, pid, options, /)" Bound(waitpid);
    /// Convert a wait status to an exit code.
    ["waitstatus_to_exitcode"] "($module, /, status)" Bound(exitcode);
    /// Return an object identifying the current operating system.
    ["uname"] "($module, /)" None(uname);
    /// Voluntarily relinquish the CPU.
    ["sched_yield"] "($module, /)" None(sched_yield);
    /// Return the environment as a dictionary of bytes.
    ["_create_environ"] "($module, /)" None(create_environ);
}

/// The functions of this file.
pub(super) const FUNCTIONS: &[MethodDef] = PROCESS;

fn id(number: impl Into<i64>) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(number.into()))
}

fn getpid(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    id(rustix::process::getpid().as_raw_nonzero().get())
}

fn getppid(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    id(Pid::as_raw(rustix::process::getppid()))
}

fn getuid(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    id(rustix::process::getuid().as_raw())
}

fn geteuid(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    id(rustix::process::geteuid().as_raw())
}

fn getgid(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    id(rustix::process::getgid().as_raw())
}

fn getegid(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    id(rustix::process::getegid().as_raw())
}

fn getpgrp(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    id(rustix::process::getpgrp().as_raw_nonzero().get())
}

/// Fills `target` with the system's random bytes.
pub(crate) fn random_bytes(vm: Vm<'_>, target: &mut [u8], flags: u32) -> PyResult<()> {
    let flags = rustix::rand::GetRandomFlags::from_bits_retain(flags);
    let mut rest = target;
    while !rest.is_empty() {
        match rustix::rand::getrandom(&mut *rest, flags) {
            Ok(count) => rest = rest.get_mut(count..).unwrap_or_default(),
            Err(Errno::INTR) => vm.poll()?,
            Err(errno) => return Err(failed(vm, errno)),
        }
    }
    Ok(())
}

fn random(vm: Vm<'_>, size: &Value, flags: u32) -> PyResult<Value> {
    let Ok(size) = usize::try_from(number::as_isize(vm, size)?) else {
        return Err(vm.value_error("negative argument not allowed"));
    };
    let mut bytes: Vec<u8> = Vec::new();
    if bytes.try_reserve_exact(size).is_err() {
        return Err(vm.memory_error());
    }
    bytes.resize(size, 0);
    random_bytes(vm, &mut bytes, flags)?;
    PyBytes::try_new_value(vm, &bytes)
}

fn urandom(vm: Vm<'_>, _module: &Value, size: &Value) -> PyResult<Value> {
    random(vm, size, 0)
}

fn getrandom(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let flags = super::arguments::integer(vm, args, 1, 0)?;
    random(vm, args.required(0), flags.cast_unsigned())
}

fn cpu_count(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    // What `-X cpu_count` or PYTHON_CPU_COUNT says comes first.
    let given = vm.interpreter().state_of("cpu_count");
    if let Some(given) = given.filter(|given| given.as_small_int().is_some_and(|count| count > 0)) {
        return Ok(given);
    }
    Ok(std::thread::available_parallelism().map_or(Value::NONE, |n| Value::from_usize(n.get())))
}

fn strerror(vm: Vm<'_>, _module: &Value, code: &Value) -> PyResult<Value> {
    let code = number::as_i32(vm, code)?;
    Ok(PyStr::new_value(vm, &os_error::strerror(code)))
}

/// Leaves at once.
fn exit(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let status = number::as_i32(vm, args.required(0))?;
    super::raw::process::exit(status)
}

fn abort(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    std::process::abort()
}

fn kill(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let pid = number::as_i32(vm, args.required(0))?;
    let signal = number::as_i32(vm, args.required(1))?;
    nothing(vm, super::signals::kill(pid, signal))?;
    vm.poll()?;
    Ok(Value::NONE)
}

fn waitpid(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let pid = number::as_i32(vm, args.required(0))?;
    let options =
        WaitOptions::from_bits_retain(number::as_i32(vm, args.required(1))?.cast_unsigned());
    loop {
        let result = vm.allow_threads(|| match pid {
            -1 => rustix::process::wait(options),
            0.. => rustix::process::waitpid(Pid::from_raw(pid), options),
            _ => match Pid::from_raw(pid.saturating_neg()) {
                Some(group) => rustix::process::waitpgid(group, options),
                None => Err(Errno::INVAL),
            },
        });
        return match result {
            Ok(found) => {
                let (pid, status) = found
                    .map_or((0, 0), |(pid, status)| (pid.as_raw_nonzero().get(), status.as_raw()));
                let number = |n: i32| Value::small_int_unchecked(i64::from(n));
                Ok(PyTuple::new_value(vm, &[number(pid), number(status)]))
            }
            Err(Errno::INTR) => {
                vm.poll()?;
                continue;
            }
            Err(errno) => Err(failed(vm, errno)),
        };
    }
}

fn exitcode(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let status = number::as_i32(vm, args.required(0))?;
    let signal = status & 0x7f;
    match signal {
        0 => id((status >> 8) & 0xff),
        0x7f => Err(vm.value_error(format!(
            "process stopped by delivery of signal {}",
            (status >> 8) & 0xff
        ))),
        signal => id(-signal),
    }
}

fn uname(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let name = rustix::system::uname();
    let mut items = Vec::with_capacity(5);
    for part in [name.sysname(), name.nodename(), name.release(), name.version(), name.machine()] {
        items.push(PyStr::from_fs_bytes(vm, part.to_bytes())?.into_value());
    }
    struct_sequence::new(vm, &results::UNAME_RESULT, items, &[])
}

fn sched_yield(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    vm.allow_threads(std::thread::yield_now);
    Ok(Value::NONE)
}

/// The environment as CPython's `posix.environ`: bytes to bytes.
pub(super) fn environ(vm: Vm<'_>) -> PyResult<Value> {
    let dict = PyDict::new_ref(vm);
    for (name, value) in std::env::vars_os() {
        let name = PyBytes::try_new_value(vm, name.as_bytes())?;
        dict.set(vm, &name, PyBytes::try_new_value(vm, value.as_bytes())?)?;
    }
    Ok(dict.into_value())
}

fn create_environ(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    environ(vm)
}
