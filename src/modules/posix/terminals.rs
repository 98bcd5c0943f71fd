//! Pseudo-terminals and who owns a terminal.

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::type_spec::MethodDef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;

use super::arguments::{failed, nothing, small};
use super::raw::terminal as raw;

methods! { TERMINALS:
    /// Return the name of the terminal device connected to 'fd'.
    ///
    ///   fd
    ///     Integer file descriptor handle.
    ["ttyname"] "($module, fd, /)" One(ttyname);
    /// Return the name of the controlling terminal for this process.
    ["ctermid"] "($module, /)" None(ctermid);
    /// Open and return a file descriptor for a master pseudo-terminal device.
    ///
    /// Performs a posix_openpt() C function call. The oflag argument is used to
    /// set file status flags and file access modes as specified in the manual
    /// page of posix_openpt() of your system.
    ["posix_openpt"] "($module, oflag, /)" One(posix_openpt);
    /// Grant access to the slave pseudo-terminal device.
    ///
    ///   fd
    ///     File descriptor of a master pseudo-terminal device.
    ///
    /// Performs a grantpt() C function call.
    ["grantpt"] "($module, fd, /)" One(grantpt);
    /// Unlock a pseudo-terminal master/slave pair.
    ///
    ///   fd
    ///     File descriptor of a master pseudo-terminal device.
    ///
    /// Performs an unlockpt() C function call.
    ["unlockpt"] "($module, fd, /)" One(unlockpt);
    /// Return the name of the slave pseudo-terminal device.
    ///
    ///   fd
    ///     File descriptor of a master pseudo-terminal device.
    ///
    /// If the ptsname_r() C function is available, it is called;
    /// otherwise, performs a ptsname() C function call.
    ["ptsname"] "($module, fd, /)" One(ptsname);
    /// Open a pseudo-terminal.
    ///
    /// Return a tuple of (master_fd, slave_fd) containing open file descriptors
    /// for both the master and slave ends.
    ["openpty"] "($module, /)" None(openpty);
    /// Prepare the tty of which fd is a file descriptor for a new login session.
    ///
    /// Make the calling process a session leader; make the tty the
    /// controlling tty, the stdin, the stdout, and the stderr of the
    /// calling process; close fd.
    ["login_tty"] "($module, fd, /)" One(login_tty);
    /// Return the process group associated with the terminal specified by fd.
    ["tcgetpgrp"] "($module, fd, /)" One(tcgetpgrp);
    /// Set the process group associated with the terminal specified by fd.
    ["tcsetpgrp"] "($module, fd, pgid, /)" Bound(tcsetpgrp);
}

/// The functions of this file.
pub(super) const FUNCTIONS: &[MethodDef] = TERMINALS;

fn ctermid(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(PyStr::new_value(vm, "/dev/tty"))
}

fn name(vm: Vm<'_>, name: super::fd::SysResult<Vec<u8>>) -> PyResult<Value> {
    match name {
        Ok(name) => Ok(PyStr::from_fs_bytes(vm, &name)?.into_value()),
        Err(errno) => Err(failed(vm, errno)),
    }
}

fn ttyname(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    name(vm, raw::name(number::as_i32(vm, number)?))
}

fn ptsname(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    name(vm, raw::other_side(number::as_i32(vm, number)?))
}

fn openpty(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    match raw::open_pair() {
        Ok((master, other)) => {
            let ends = [master, other].map(|end| Value::small_int_unchecked(i64::from(end)));
            Ok(PyTuple::new_value(vm, &ends))
        }
        Err(errno) => Err(failed(vm, errno)),
    }
}

fn login_tty(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    nothing(vm, raw::log_in(number::as_i32(vm, number)?).map(|_| ()))
}

fn posix_openpt(vm: Vm<'_>, _module: &Value, flags: &Value) -> PyResult<Value> {
    small(vm, raw::open_master(number::as_i32(vm, flags)?))
}

fn grantpt(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    nothing(vm, raw::grant(number::as_i32(vm, number)?).map(|_| ()))
}

fn unlockpt(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    nothing(vm, raw::unlock(number::as_i32(vm, number)?).map(|_| ()))
}

fn tcgetpgrp(vm: Vm<'_>, _module: &Value, number: &Value) -> PyResult<Value> {
    small(vm, raw::foreground(number::as_i32(vm, number)?))
}

fn tcsetpgrp(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = number::as_i32(vm, args.required(0))?;
    let group = number::as_i32(vm, args.required(1))?;
    nothing(vm, raw::set_foreground(number, group).map(|_| ()))
}
