//! Who the process is: users, groups, sessions, priorities.

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::type_spec::MethodDef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::int;
use objects::types::list::PyList;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;

use super::arguments::{failed, nothing, small};
use super::fork::fs_text;
use super::raw::{plain, users};
use crate::sys::hooks;

methods! { IDS:
    /// Add increment to the priority of process and return the new priority.
    ["nice"] "($module, increment, /)" One(nice);
    /// Return program scheduling priority.
    ["getpriority"] "($module, /, which, who)" Bound(getpriority);
    /// Set program scheduling priority.
    ["setpriority"] "($module, /, which, who, priority)" Bound(setpriority);
    /// Returns a list of groups to which a user belongs.
    ///
    ///   user
    ///     username to lookup
    ///   group
    ///     base group id of the user
    ["getgrouplist"] "($module, user, group, /)" Bound(getgrouplist);
    /// Return list of supplemental group IDs for the process.
    ["getgroups"] "($module, /)" None(getgroups);
    /// Return the actual login name.
    ["getlogin"] "($module, /)" None(getlogin);
    /// Kill a process group with a signal.
    ["killpg"] "($module, pgid, signal, /)" Bound(killpg);
    /// Set the current process's user id.
    ["setuid"] "($module, uid, /)" One(setuid);
    /// Set the current process's effective user id.
    ["seteuid"] "($module, euid, /)" One(seteuid);
    /// Set the current process's real and effective user ids.
    ["setreuid"] "($module, ruid, euid, /)" Bound(setreuid);
    /// Set the current process's group id.
    ["setgid"] "($module, gid, /)" One(setgid);
    /// Set the current process's effective group id.
    ["setegid"] "($module, egid, /)" One(setegid);
    /// Set the current process's real and effective group ids.
    ["setregid"] "($module, rgid, egid, /)" Bound(setregid);
    /// Set the groups of the current process to list.
    ["setgroups"] "($module, groups, /)" One(setgroups);
    /// Initialize the group access list.
    ///
    /// Call the system initgroups() to initialize the group access list with
    /// all of the groups of which the specified username is a member, plus the
    /// specified group id.
    ["initgroups"] "($module, username, gid, /)" Bound(initgroups);
    /// Call the system call getpgid(), and return the result.
    ["getpgid"] "($module, /, pid)" Bound(getpgid);
    /// Make the current process the leader of its process group.
    ["setpgrp"] "($module, /)" None(setpgrp);
    /// Call the system call getsid(pid) and return the result.
    ["getsid"] "($module, pid, /)" One(getsid);
    /// Call the system call setsid().
    ["setsid"] "($module, /)" None(setsid);
    /// Call the system call setpgid(pid, pgrp).
    ["setpgid"] "($module, pid, pgrp, /)" Bound(setpgid);
    /// Set the current process's real, effective, and saved user ids.
    ["setresuid"] "($module, ruid, euid, suid, /)" Bound(setresuid);
    /// Set the current process's real, effective, and saved group ids.
    ["setresgid"] "($module, rgid, egid, sgid, /)" Bound(setresgid);
    /// Return a tuple of the current process's real, effective, and saved user ids.
    ["getresuid"] "($module, /)" None(getresuid);
    /// Return a tuple of the current process's real, effective, and saved group ids.
    ["getresgid"] "($module, /)" None(getresgid);
}

/// The functions of this file.
pub(super) const FUNCTIONS: &[MethodDef] = IDS;

/// A user's or group's number; -1 stands for "leave it".
pub(crate) fn id(vm: Vm<'_>, value: &Value, what: &str) -> PyResult<u32> {
    if !number::has_index(value) {
        let got = value.class().name();
        return Err(vm.type_error(format!("{what} should be integer, not {got}")));
    }
    let index = number::index(vm, value)?;
    if int::as_i64(&index) == Some(-1) {
        return Ok(u32::MAX);
    }
    if int::is_negative(&index) {
        return Err(vm.overflow_error(format!("{what} is less than minimum")));
    }
    match int::as_u64(&index).map(u32::try_from) {
        Some(Ok(id)) if id != u32::MAX => Ok(id),
        // What does not fit a word at all is the only one that CPython calls too large.
        None => Err(vm.overflow_error(format!("{what} is greater than maximum"))),
        _ => Err(vm.overflow_error(format!("{what} is less than minimum"))),
    }
}

fn id_value(id: u32) -> Value {
    let number = if id == u32::MAX { -1 } else { i64::from(id) };
    Value::small_int_unchecked(number)
}

macro_rules! setters {
    ($($name:ident $what:literal $call:ident;)*) => {
        $(fn $name(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
            let id = id(vm, value, $what)?;
            nothing(vm, plain::$call(id).map(|_| ()))
        })*
    };
}

setters! {
    setuid "uid" setuid;
    seteuid "uid" seteuid;
    setgid "gid" setgid;
    setegid "gid" setegid;
}

fn setreuid(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let (real, effective) = (id(vm, args.required(0), "uid")?, id(vm, args.required(1), "uid")?);
    nothing(vm, plain::setreuid(real, effective).map(|_| ()))
}

fn setregid(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let (real, effective) = (id(vm, args.required(0), "gid")?, id(vm, args.required(1), "gid")?);
    nothing(vm, plain::setregid(real, effective).map(|_| ()))
}

fn setresuid(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let (real, effective) = (id(vm, args.required(0), "uid")?, id(vm, args.required(1), "uid")?);
    let saved = id(vm, args.required(2), "uid")?;
    nothing(vm, plain::setresuid(real, effective, saved).map(|_| ()))
}

fn setresgid(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let (real, effective) = (id(vm, args.required(0), "gid")?, id(vm, args.required(1), "gid")?);
    let saved = id(vm, args.required(2), "gid")?;
    nothing(vm, plain::setresgid(real, effective, saved).map(|_| ()))
}

fn three(vm: Vm<'_>, ids: super::fd::SysResult<[u32; 3]>) -> PyResult<Value> {
    match ids {
        Ok(ids) => Ok(PyTuple::new_value(vm, &ids.map(id_value))),
        Err(errno) => Err(failed(vm, errno)),
    }
}

fn getresuid(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    three(vm, plain::user_ids())
}

fn getresgid(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    three(vm, plain::group_ids())
}

fn id_list(vm: Vm<'_>, ids: &[u32]) -> PyResult<Value> {
    PyList::try_new_value(vm, ids.iter().map(|&id| id_value(id)).collect())
}

fn getgroups(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    match users::own_groups() {
        Ok(groups) => id_list(vm, &groups),
        Err(errno) => Err(failed(vm, errno)),
    }
}

fn setgroups(vm: Vm<'_>, _module: &Value, groups: &Value) -> PyResult<Value> {
    if !objects::protocol::iterate::is_sequence(groups) {
        return Err(vm.type_error("setgroups argument must be a sequence"));
    }
    let mut ids = Vec::new();
    for group in vm.collect(groups)? {
        if !number::is_int(&group) {
            return Err(vm.type_error("groups must be integers"));
        }
        ids.push(id(vm, &group, "gid")?);
    }
    nothing(vm, users::set_groups(&ids))
}

fn getgrouplist(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let Some(user) = args.required(0).downcast::<PyStr>() else {
        let got = args.required(0).class().name();
        return Err(vm.type_error(format!("getgrouplist() argument 1 must be str, not {got}")));
    };
    let name = fs_text(vm, &user.to_value())?;
    let group = id(vm, args.required(1), "gid")?;
    id_list(vm, &vm.allow_threads(|| users::groups_of(&name, group)))
}

fn initgroups(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let name = fs_text(vm, args.required(0))?;
    let group = id(vm, args.required(1), "gid")?;
    nothing(vm, users::init_groups(&name, group))
}

fn getlogin(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    match users::login_name() {
        Ok(name) => Ok(PyStr::from_fs_bytes(vm, &name)?.into_value()),
        Err(errno) => Err(failed(vm, errno)),
    }
}

fn getpgid(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    small(vm, plain::getpgid(number::as_i32(vm, args.required(0))?))
}

fn getsid(vm: Vm<'_>, _module: &Value, pid: &Value) -> PyResult<Value> {
    small(vm, plain::getsid(number::as_i32(vm, pid)?))
}

fn setpgrp(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    nothing(vm, plain::setpgid(0, 0).map(|_| ()))
}

fn setpgid(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let pid = number::as_i32(vm, args.required(0))?;
    let group = number::as_i32(vm, args.required(1))?;
    nothing(vm, plain::setpgid(pid, group).map(|_| ()))
}

fn setsid(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    nothing(vm, plain::setsid().map(|_| ()))
}

fn killpg(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let group = number::as_i32(vm, args.required(0))?;
    let signal = number::as_i32(vm, args.required(1))?;
    hooks::raise_event(vm, "os.killpg", &[args.required(0).clone(), args.required(1).clone()])?;
    nothing(vm, plain::killpg(group, signal).map(|_| ()))?;
    vm.poll()?;
    Ok(Value::NONE)
}

fn nice(vm: Vm<'_>, _module: &Value, increment: &Value) -> PyResult<Value> {
    small(vm, plain::change_niceness(number::as_i32(vm, increment)?))
}

fn getpriority(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let which = number::as_i32(vm, args.required(0))?;
    let who = number::as_i32(vm, args.required(1))?;
    small(vm, plain::priority(which, who.cast_unsigned()))
}

fn setpriority(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let which = number::as_i32(vm, args.required(0))?;
    let who = number::as_i32(vm, args.required(1))?;
    let priority = number::as_i32(vm, args.required(2))?;
    nothing(vm, plain::set_priority(which, who.cast_unsigned(), priority))
}
