//! `posix`: system calls for `os`.

pub(crate) mod arguments;
mod attributes;
mod configuration_names;
mod constants;
mod descriptors;
pub(crate) mod fd;
mod files;
pub(crate) mod fork;
pub(crate) mod ids;
mod normpath;
pub(crate) mod process;
pub(crate) mod raw;
mod results;
mod scandir;
mod scheduling;
pub(crate) mod signals;
mod special;
mod terminals;
mod transfers;
mod wait;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::bytes::PyBytes;
use objects::types::dict::PyDict;
use objects::types::list::PyList;
use objects::types::module;
use objects::types::str::PyStr;

use crate::NativeModule;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "posix",
    doc: Some(
        "This module provides access to operating system functionality that is\nstandardized by the C Standard and the POSIX standard (a thinly\ndisguised Unix interface).  Refer to the library manual and\ncorresponding Unix manual entries for more information on calls.",
    ),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Change or add an environment variable.
    ["putenv"] "($module, name, value, /)" Bound(putenv);
    /// Delete an environment variable.
    ["unsetenv"] "($module, name, /)" One(unsetenv);
}

/// What `os` may pass `dir_fd`, `follow_symlinks` and descriptors to.
const HAVE: &[&str] = &[
    "HAVE_EVENTFD",
    "HAVE_TIMERFD_CREATE",
    "HAVE_FACCESSAT",
    "HAVE_FCHDIR",
    "HAVE_FCHMOD",
    "HAVE_FCHMODAT",
    "HAVE_FCHOWN",
    "HAVE_FCHOWNAT",
    "HAVE_FEXECVE",
    "HAVE_FDOPENDIR",
    "HAVE_FPATHCONF",
    "HAVE_FSTATAT",
    "HAVE_FSTATVFS",
    "HAVE_FTRUNCATE",
    "HAVE_FUTIMENS",
    "HAVE_FUTIMES",
    "HAVE_FUTIMESAT",
    "HAVE_LINKAT",
    "HAVE_LCHOWN",
    "HAVE_LSTAT",
    "HAVE_LUTIMES",
    "HAVE_MEMFD_CREATE",
    "HAVE_MKDIRAT",
    "HAVE_MKFIFOAT",
    "HAVE_MKNODAT",
    "HAVE_OPENAT",
    "HAVE_READLINKAT",
    "HAVE_RENAMEAT",
    "HAVE_SYMLINKAT",
    "HAVE_UNLINKAT",
    "HAVE_UTIMENSAT",
    "HAVE_PTSNAME_R",
];

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    for table in [
        files::FUNCTIONS,
        descriptors::FUNCTIONS,
        process::FUNCTIONS,
        fork::FUNCTIONS,
        wait::FUNCTIONS,
        scheduling::FUNCTIONS,
        ids::FUNCTIONS,
        attributes::FUNCTIONS,
        transfers::FUNCTIONS,
        terminals::FUNCTIONS,
        special::FUNCTIONS,
        scandir::FUNCTIONS,
        normpath::FUNCTIONS,
    ] {
        module::add_functions(vm, target, table);
    }
    results::add_types(vm, target)?;
    scandir::add_types(vm, target)?;
    scheduling::add_types(vm, target)?;
    for &(name, number) in constants::NUMBERS {
        module::add(vm, target, name, Value::small_int_unchecked(number));
    }
    let os_error = objects::types::exceptions::os_error::OS_ERROR.get().to_value();
    module::add(vm, target, "error", os_error);
    module::add(vm, target, "environ", process::environ(vm)?);
    for (name, table) in [
        ("confstr_names", configuration_names::CONFSTR),
        ("pathconf_names", configuration_names::PATHCONF),
        ("sysconf_names", configuration_names::SYSCONF),
    ] {
        let names = PyDict::new_ref(vm);
        for &(key, number) in table {
            drop(names.set_str(&vm.intern(key), Value::small_int_unchecked(number)));
        }
        module::add(vm, target, name, names.into_value());
    }
    let have = HAVE.iter().map(|name| PyStr::new_value(vm, name)).collect();
    module::add(vm, target, "_have_functions", PyList::new_value(vm, have));
    Ok(())
}

fn variable(vm: Vm<'_>, value: &Value) -> PyResult<Vec<u8>> {
    let encoded = match value.downcast::<PyBytes>() {
        Some(bytes) => bytes.as_slice().to_vec(),
        None => crate::paths::fs_encode(vm, value)?,
    };
    if encoded.contains(&0) {
        return Err(vm.value_error("embedded null byte"));
    }
    Ok(encoded)
}

fn check_name(vm: Vm<'_>, name: &[u8]) -> PyResult<()> {
    if name.is_empty() || name.contains(&b'=') {
        return Err(vm.value_error("illegal environment variable name"));
    }
    Ok(())
}

fn putenv(vm: Vm<'_>, _module: &Value, args: &objects::core::args::Bound<'_>) -> PyResult<Value> {
    let name = variable(vm, args.required(0))?;
    let value = variable(vm, args.required(1))?;
    check_name(vm, &name)?;
    signals::set_environment(OsStr::from_bytes(&name), Some(OsStr::from_bytes(&value)));
    Ok(Value::NONE)
}

fn unsetenv(vm: Vm<'_>, _module: &Value, name: &Value) -> PyResult<Value> {
    let name = variable(vm, name)?;
    check_name(vm, &name)?;
    signals::set_environment(OsStr::from_bytes(&name), None);
    Ok(Value::NONE)
}
