//! `pwd` and `grp`: the databases of users and groups.

use objects::core::args::Bound;
use objects::core::errors::{PyResult, Raised};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::exceptions::hierarchy as exc;
use objects::types::list::PyList;
use objects::types::str::PyStr;
use objects::types::{int, module, struct_sequence};
use objects::{methods, struct_sequence};
use std::ffi::CString;

use crate::NativeModule;
use crate::posix::raw::users::{self, Group, User};

/// The row of `pwd`.
pub static PWD: NativeModule = NativeModule {
    name: "pwd",
    doc: Some(
        "This module provides access to the Unix password database.\nIt is available on all Unix versions.\n\nPassword database entries are reported as 7-tuples containing the following\nitems from the password database (see `<pwd.h>'), in order:\npw_name, pw_passwd, pw_uid, pw_gid, pw_gecos, pw_dir, pw_shell.\nThe uid and gid items are integers, all others are strings. An\nexception is raised if the entry asked for cannot be found.",
    ),
    functions: PWD_FUNCTIONS,
    exec: Some(exec_pwd),
};

/// The row of `grp`.
pub static GRP: NativeModule = NativeModule {
    name: "grp",
    doc: Some(
        "Access to the Unix group database.\n\nGroup entries are reported as 4-tuples containing the following fields\nfrom the group database, in order:\n\n  gr_name   - name of the group\n  gr_passwd - group password (encrypted); often empty\n  gr_gid    - numeric ID of the group\n  gr_mem    - list of members\n\nThe gid is an integer, name and password are strings.  (Note that most\nusers are not explicitly listed as members of the groups they are in\naccording to the password database.  Check both databases to get\ncomplete membership information.)",
    ),
    functions: GRP_FUNCTIONS,
    exec: Some(exec_grp),
};

methods! { PWD_FUNCTIONS:
    /// Return the password database entry for the given numeric user ID.
    ///
    /// See `help(pwd)` for more on password database entries.
    ["getpwuid"] "($module, uidobj, /)" One(getpwuid);
    /// Return the password database entry for the given user name.
    ///
    /// See `help(pwd)` for more on password database entries.
    ["getpwnam"] "($module, name, /)" One(getpwnam);
    /// Return a list of all available password database entries, in arbitrary order.
    ///
    /// See help(pwd) for more on password database entries.
    ["getpwall"] "($module, /)" None(getpwall);
}

methods! { GRP_FUNCTIONS:
    /// Return the group database entry for the given numeric group ID.
    ///
    /// If id is not valid, raise KeyError.
    ["getgrgid"] "($module, /, id)" Bound(getgrgid);
    /// Return the group database entry for the given group name.
    ///
    /// If name is not valid, raise KeyError.
    ["getgrnam"] "($module, /, name)" Bound(getgrnam);
    /// Return a list of all available group entries, in arbitrary order.
    ///
    /// An entry whose name starts with '+' or '-' represents an instruction
    /// to use YP/NIS and may not be accessible via getgrnam or getgrgid.
    ["getgrall"] "($module, /)" None(getgrall);
}

struct_sequence! { STRUCT_PASSWD, STRUCT_PASSWD_SPEC, "pwd.struct_passwd", "pwd.struct_passwd: Results from getpw*() routines.\n\nThis object may be accessed either as a tuple of\n  (pw_name,pw_passwd,pw_uid,pw_gid,pw_gecos,pw_dir,pw_shell)\nor via the object attributes as named in the above tuple.", hidden 0, PASSWD_FIELDS:
    ["pw_name"] 0; ["pw_passwd"] 1; ["pw_uid"] 2; ["pw_gid"] 3; ["pw_gecos"] 4; ["pw_dir"] 5; ["pw_shell"] 6;
}
struct_sequence! { STRUCT_GROUP, STRUCT_GROUP_SPEC, "grp.struct_group", "grp.struct_group: Results from getgr*() routines.\n\nThis object may be accessed either as a tuple of\n  (gr_name,gr_passwd,gr_gid,gr_mem)\nor via the object attributes as named in the above tuple.\n", hidden 0, GROUP_FIELDS:
    ["gr_name"] 0; ["gr_passwd"] 1; ["gr_gid"] 2; ["gr_mem"] 3;
}

fn exec_pwd(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    objects::types::ready(vm, &STRUCT_PASSWD, &STRUCT_PASSWD_SPEC)?;
    module::add(vm, target, "struct_passwd", STRUCT_PASSWD.get().to_value());
    Ok(())
}

fn exec_grp(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    objects::types::ready(vm, &STRUCT_GROUP, &STRUCT_GROUP_SPEC)?;
    module::add(vm, target, "struct_group", STRUCT_GROUP.get().to_value());
    Ok(())
}

fn text(vm: Vm<'_>, bytes: &[u8]) -> PyResult<Value> {
    Ok(PyStr::from_fs_bytes(vm, bytes)?.into_value())
}

/// An identifier; -1 as it came.
fn id_value(id: u32) -> Value {
    let number = if id == u32::MAX { -1 } else { i64::from(id) };
    Value::small_int_unchecked(number)
}

fn user_record(vm: Vm<'_>, user: &User) -> PyResult<Value> {
    let items = vec![
        text(vm, &user.name)?,
        text(vm, &user.password)?,
        id_value(user.uid),
        id_value(user.gid),
        text(vm, &user.gecos)?,
        text(vm, &user.folder)?,
        text(vm, &user.shell)?,
    ];
    struct_sequence::new(vm, &STRUCT_PASSWD, items, &[])
}

fn group_record(vm: Vm<'_>, group: &Group) -> PyResult<Value> {
    let mut members = Vec::with_capacity(group.members.len());
    for member in &group.members {
        members.push(text(vm, member)?);
    }
    let items = vec![
        text(vm, &group.name)?,
        text(vm, &group.password)?,
        id_value(group.gid),
        PyList::try_new_value(vm, members)?,
    ];
    struct_sequence::new(vm, &STRUCT_GROUP, items, &[])
}

/// A key error with a text, which is shown without quotes of its own.
fn not_found(vm: Vm<'_>, message: &str) -> Raised {
    vm.error(&exc::KEY_ERROR, message)
}

/// An identifier of a user; None for one that cannot be.
fn user_id(vm: Vm<'_>, value: &Value) -> PyResult<Option<u32>> {
    if !number::has_index(value) {
        let got = value.class().name();
        return Err(vm.type_error(format!("uid should be integer, not {got}")));
    }
    let index = number::index(vm, value)?;
    Ok(match int::as_i64(&index) {
        Some(-1) => Some(u32::MAX),
        Some(id) => u32::try_from(id).ok(),
        None => None,
    })
}

fn name(vm: Vm<'_>, value: &Value, function: &str) -> PyResult<CString> {
    let Some(text) = value.downcast::<PyStr>() else {
        let got = value.class().name();
        return Err(vm.type_error(format!("{function} must be str, not {got}")));
    };
    CString::new(text.to_fs_bytes(vm)?).map_err(|_| vm.value_error("embedded null byte"))
}

fn getpwuid(vm: Vm<'_>, _module: &Value, uid: &Value) -> PyResult<Value> {
    let Some(uid) = user_id(vm, uid)? else {
        return Err(not_found(vm, "getpwuid(): uid not found"));
    };
    match vm.allow_threads(|| users::user_by_id(uid)) {
        Ok(Some(user)) => user_record(vm, &user),
        Ok(None) => {
            let shown = id_value(uid).as_small_int().unwrap_or(-1);
            Err(not_found(vm, &format!("getpwuid(): uid not found: {shown}")))
        }
        Err(errno) => Err(vm.os_error(errno.raw_os_error(), None)),
    }
}

fn getpwnam(vm: Vm<'_>, _module: &Value, given: &Value) -> PyResult<Value> {
    let wanted = name(vm, given, "getpwnam() argument")?;
    match vm.allow_threads(|| users::user_by_name(&wanted)) {
        Ok(Some(user)) => user_record(vm, &user),
        Ok(None) => {
            let shown = vm.repr(given)?.to_rust_string();
            Err(not_found(vm, &format!("getpwnam(): name not found: {shown}")))
        }
        Err(errno) => Err(vm.os_error(errno.raw_os_error(), None)),
    }
}

fn getpwall(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let mut all = Vec::new();
    for user in vm.allow_threads(users::all_users) {
        all.push(user_record(vm, &user)?);
    }
    PyList::try_new_value(vm, all)
}

fn getgrgid(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let gid = crate::posix::ids::id(vm, args.required(0), "gid")?;
    match vm.allow_threads(|| users::group_by_id(gid)) {
        Ok(Some(group)) => group_record(vm, &group),
        Ok(None) => {
            let shown = id_value(gid).as_small_int().unwrap_or(-1);
            Err(not_found(vm, &format!("getgrgid(): gid not found: {shown}")))
        }
        Err(errno) => Err(vm.os_error(errno.raw_os_error(), None)),
    }
}

fn getgrnam(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let wanted = name(vm, args.required(0), "getgrnam() argument 'name'")?;
    match vm.allow_threads(|| users::group_by_name(&wanted)) {
        Ok(Some(group)) => group_record(vm, &group),
        Ok(None) => {
            let shown = vm.repr(args.required(0))?.to_rust_string();
            Err(not_found(vm, &format!("getgrnam(): name not found: {shown}")))
        }
        Err(errno) => Err(vm.os_error(errno.raw_os_error(), None)),
    }
}

fn getgrall(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let mut all = Vec::new();
    for group in vm.allow_threads(users::all_groups) {
        all.push(group_record(vm, &group)?);
    }
    PyList::try_new_value(vm, all)
}
