//! Children waited for, and what their status says.

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::type_spec::MethodDef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::struct_sequence;
use objects::types::tuple::PyTuple;
use rustix::io::Errno;

use super::arguments::failed;
use super::raw::process;
use super::results;

methods! { WAIT:
    /// Wait for completion of a child process.
    ///
    /// Returns a tuple of information about the child process:
    ///     (pid, status)
    ["wait"] "($module, /)" None(wait);
    /// Wait for completion of a child process.
    ///
    /// Returns a tuple of information about the child process:
    ///   (pid, status, rusage)
    ["wait3"] "($module, /, options)" Bound(wait3);
    /// Wait for completion of a specific child process.
    ///
    /// Returns a tuple of information about the child process:
    ///   (pid, status, rusage)
    ["wait4"] "($module, /, pid, options)" Bound(wait4);
    /// Returns the result of waiting for a process or processes.
    ///
    ///   idtype
    ///     Must be one of be P_PID, P_PGID or P_ALL.
    ///   id
    ///     The id to wait on.
    ///   options
    ///     Constructed from the ORing of one or more of WEXITED, WSTOPPED
    ///     or WCONTINUED and additionally may be ORed with WNOHANG or WNOWAIT.
    ///
    /// Returns either waitid_result or None if WNOHANG is specified and there
    /// are no children in a waitable state.
    ["waitid"] "($module, idtype, id, options, /)" Bound(waitid);
    /// Return True if the process returning status was dumped to a core file.
    ["WCOREDUMP"] "($module, status, /)" One(core_dumped);
    /// Return True if a particular process was continued from a job control stop.
    ///
    /// Return True if the process returning status was continued from a
    /// job control stop.
    ["WIFCONTINUED"] "($module, /, status)" Bound(is_continued);
    /// Return True if the process returning status was stopped.
    ["WIFSTOPPED"] "($module, /, status)" Bound(is_stopped);
    /// Return True if the process returning status was terminated by a signal.
    ["WIFSIGNALED"] "($module, /, status)" Bound(is_signaled);
    /// Return True if the process returning status exited via the exit() system call.
    ["WIFEXITED"] "($module, /, status)" Bound(is_exited);
    /// Return the process return code from status.
    ["WEXITSTATUS"] "($module, /, status)" Bound(exit_status);
    /// Return the signal that terminated the process that provided the status value.
    ["WTERMSIG"] "($module, /, status)" Bound(end_signal);
    /// Return the signal that stopped the process that provided the status value.
    ["WSTOPSIG"] "($module, /, status)" Bound(stop_signal);
}

/// The functions of this file.
pub(super) const FUNCTIONS: &[MethodDef] = WAIT;

fn small(number: i32) -> Value {
    Value::small_int_unchecked(i64::from(number))
}

/// A wait that goes on after a signal whose handler did not raise.
fn retry<R: Send>(vm: Vm<'_>, call: impl Fn() -> Result<R, Errno> + Send + Sync) -> PyResult<R> {
    loop {
        match vm.allow_threads(&call) {
            Ok(answer) => return Ok(answer),
            Err(Errno::INTR) => vm.poll()?,
            Err(errno) => return Err(failed(vm, errno)),
        }
    }
}

fn wait(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let (pid, status, _) = retry(vm, || process::wait4(-1, 0))?;
    Ok(PyTuple::new_value(vm, &[small(pid), small(status)]))
}

fn with_usage(vm: Vm<'_>, pid: i32, options: i32) -> PyResult<Value> {
    let (pid, status, usage) = retry(vm, || process::wait4(pid, options))?;
    let usage = crate::resource::usage_record(vm, &usage)?;
    Ok(PyTuple::new_value(vm, &[small(pid), small(status), usage]))
}

fn wait3(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let options = number::as_i32(vm, args.required(0))?;
    with_usage(vm, -1, options)
}

fn wait4(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let pid = number::as_i32(vm, args.required(0))?;
    let options = number::as_i32(vm, args.required(1))?;
    with_usage(vm, pid, options)
}

fn waitid(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let kind = number::as_i32(vm, args.required(0))?.cast_unsigned();
    let id = number::as_i32(vm, args.required(1))?.cast_unsigned();
    let options = number::as_i32(vm, args.required(2))?;
    let Some((pid, uid, signal, status, code)) = retry(vm, || process::waitid(kind, id, options))?
    else {
        return Ok(Value::NONE);
    };
    let uid = Value::small_int_unchecked(i64::from(uid));
    let items = vec![small(pid), uid, small(signal), small(status), small(code)];
    struct_sequence::new(vm, &results::WAITID_RESULT, items, &[])
}

macro_rules! status_parts {
    ($($name:ident $answer:expr;)*) => {
        $(fn $name(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
            let status = number::as_i32(vm, args.required(0))?;
            let answer: fn(i32) -> Value = $answer;
            Ok(answer(status))
        })*
    };
}

status_parts! {
    is_continued |status| Value::from_bool(libc::WIFCONTINUED(status));
    is_exited |status| Value::from_bool(libc::WIFEXITED(status));
    is_signaled |status| Value::from_bool(libc::WIFSIGNALED(status));
    is_stopped |status| Value::from_bool(libc::WIFSTOPPED(status));
    exit_status |status| small(libc::WEXITSTATUS(status));
    end_signal |status| small(libc::WTERMSIG(status));
    stop_signal |status| small(libc::WSTOPSIG(status));
}

fn core_dumped(vm: Vm<'_>, _module: &Value, status: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(libc::WCOREDUMP(number::as_i32(vm, status)?)))
}
