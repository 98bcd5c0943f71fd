//! `_posixsubprocess`: starts another program with descriptors, folder, environment and identity of its own.

use std::ffi::CString;

use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::tuple::PyTuple;

use crate::NativeModule;
use crate::posix::fork;
use crate::posix::raw::process::{self, ChildSetup, TextArray};

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "_posixsubprocess",
    doc: Some("A POSIX helper for the subprocess module."),
    functions: FUNCTIONS,
    exec: None,
};

methods! { FUNCTIONS:
    /// Spawn a fresh new child process.
    ///
    /// Fork a child process, close parent file descriptors as appropriate in
    /// the child and duplicate the few that are needed before calling exec() in
    /// the child process.
    ///
    /// If close_fds is True, close file descriptors 3 and higher, except those
    /// listed in the sorted tuple pass_fds.
    ///
    /// The preexec_fn, if supplied, will be called immediately before closing
    /// file descriptors and exec.
    ///
    /// WARNING: preexec_fn is NOT SAFE if your application uses threads.
    ///          It may trigger infrequent, difficult to debug deadlocks.
    ///
    /// If an error occurs in the child process before the exec, it is
    /// serialized and written to the errpipe_write fd per subprocess.py.
    ///
    /// Returns: the child process's PID.
    ///
    /// Raises: Only on an error in the parent process.
    ["fork_exec"] "($module, args, executable_list, close_fds, pass_fds, cwd, env, p2cread, p2cwrite, c2pread, c2pwrite, errread, errwrite, errpipe_read, errpipe_write, restore_signals, call_setsid, pgid_to_set, gid, extra_groups, uid, child_umask, preexec_fn, /)" Positional(fork_exec);
}

/// How many arguments `fork_exec` takes.
const ARGUMENTS: usize = 22;

fn texts(vm: Vm<'_>, sequence: &Value) -> PyResult<Vec<CString>> {
    let mut texts = Vec::new();
    for item in vm.collect(sequence)? {
        texts.push(fork::fs_text(vm, &item)?);
    }
    Ok(texts)
}

/// The descriptors to keep: a tuple in ascending order.
fn kept(vm: Vm<'_>, value: &Value) -> PyResult<Vec<i32>> {
    let Some(items) = value.downcast::<PyTuple>() else {
        let got = value.class().name();
        return Err(vm.type_error(format!("fork_exec() argument 4 must be tuple, not {got}")));
    };
    let mut kept = Vec::new();
    for item in items.items() {
        let fd = if number::is_int(item) { number::as_i64(vm, item)? } else { -1 };
        match i32::try_from(fd) {
            Ok(fd) if fd >= 0 && kept.last().is_none_or(|&last| fd > last) => kept.push(fd),
            _ => return Err(vm.value_error("bad value(s) in fds_to_keep")),
        }
    }
    Ok(kept)
}

fn id(vm: Vm<'_>, value: &Value) -> PyResult<Option<u32>> {
    if value.is_none() {
        return Ok(None);
    }
    match u32::try_from(number::as_i64(vm, value)?) {
        Ok(id) => Ok(Some(id)),
        Err(_) => Err(vm.overflow_error("id is out of range")),
    }
}

fn setup(vm: Vm<'_>, args: &[Value]) -> PyResult<ChildSetup> {
    let at = |index: usize| args.get(index).cloned().unwrap_or(Value::NONE);
    let fd = |index: usize| number::as_i32(vm, &at(index));
    let truth = |index: usize| vm.is_true(&at(index));
    let keep = kept(vm, &at(3))?;
    let close_fds = truth(2)?;
    let error_pipe = (fd(12)?, fd(13)?);
    if close_fds && error_pipe.1 < 3 {
        return Err(vm.value_error("errpipe_write must be >= 3"));
    }
    let groups = match at(18) {
        none if none.is_none() => None,
        list => {
            let mut groups = Vec::new();
            for item in vm.collect(&list)? {
                groups.extend(id(vm, &item)?);
            }
            Some(groups)
        }
    };
    Ok(ChildSetup {
        arguments: TextArray::new(texts(vm, &at(0))?),
        executables: texts(vm, &at(1))?,
        environment: match at(5) {
            none if none.is_none() => None,
            list => Some(TextArray::new(texts(vm, &list)?)),
        },
        folder: match at(4) {
            none if none.is_none() => None,
            path => Some(fork::fs_text(vm, &path)?),
        },
        close_fds,
        keep,
        to_child: (fd(6)?, fd(7)?),
        from_child: (fd(8)?, fd(9)?),
        errors: (fd(10)?, fd(11)?),
        error_pipe,
        restore_signals: truth(14)?,
        new_session: truth(15)?,
        group: fd(16)?,
        gid: id(vm, &at(17))?,
        groups,
        uid: id(vm, &at(19))?,
        umask: fd(20)?,
    })
}

fn fork_exec(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    if args.len() != ARGUMENTS {
        let got = args.len();
        return Err(vm.type_error(format!("fork_exec expected {ARGUMENTS} arguments, got {got}")));
    }
    let setup = setup(vm, args)?;
    let before_exec = args.last().filter(|function| !function.is_none()).cloned();
    if before_exec.is_some() {
        fork::before_fork(vm);
    }
    let pid = match process::fork(vm) {
        Ok(0) => child(vm, &setup, before_exec.as_ref()),
        result => result,
    };
    if before_exec.is_some() {
        fork::after_fork_in_parent(vm);
    }
    match pid {
        Ok(pid) => Ok(Value::small_int_unchecked(i64::from(pid))),
        Err(errno) => Err(vm.os_error(errno.raw_os_error(), None)),
    }
}

fn child(vm: Vm<'_>, setup: &ChildSetup, before_exec: Option<&Value>) -> ! {
    let Some(function) = before_exec else { process::run_child(setup, None) };
    let call = || {
        fork::after_fork_in_child(vm);
        match vm.call(function, &[]) {
            Ok(_) => true,
            Err(raised) => {
                vm.clear(raised);
                false
            }
        }
    };
    process::run_child(setup, Some(&call))
}
