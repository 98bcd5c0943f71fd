//! Arguments of `posix` functions: paths, descriptors, flags; and its errors.

use std::ffi::CString;

use objects::core::args::Bound;
use objects::core::errors::{PyResult, Raised};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::str::PyStr;
use rustix::io::Errno;

use crate::paths;

/// A path, or a descriptor that stands for one.
pub(super) struct PathArgument {
    /// What the caller gave: errors bear it.
    pub(super) given: Value,
    /// The path; empty when it is a descriptor.
    pub(super) path: CString,
    /// The descriptor.
    pub(super) fd: Option<i32>,
    /// Whether names are answered as bytes.
    pub(super) is_bytes: bool,
}

impl PathArgument {
    /// A name in the kind of text that the caller used.
    pub(super) fn name(&self, vm: Vm<'_>, bytes: &[u8]) -> PyResult<Value> {
        name_value(vm, bytes, self.is_bytes)
    }

    /// The exception of a failed call about this path.
    pub(super) fn error(&self, vm: Vm<'_>, errno: Errno) -> Raised {
        vm.os_error(errno.raw_os_error(), Some(&self.given))
    }
}

/// A name as bytes or as text with surrogate escapes.
pub(super) fn name_value(vm: Vm<'_>, bytes: &[u8], as_bytes: bool) -> PyResult<Value> {
    if as_bytes {
        PyBytes::try_new_value(vm, bytes)
    } else {
        Ok(PyStr::from_fs_bytes(vm, bytes)?.into_value())
    }
}

fn is_path(vm: Vm<'_>, value: &Value) -> PyResult<bool> {
    Ok(value.downcast::<PyStr>().is_some()
        || value.downcast::<PyBytes>().is_some()
        || value.class().lookup(&vm.names().__fspath__).is_some())
}

fn convert(
    vm: Vm<'_>,
    function: &str,
    name: &str,
    value: &Value,
    allowed: &str,
) -> PyResult<PathArgument> {
    if !is_path(vm, value)? {
        return Err(vm.type_error(format!(
            "{function}: {name} should be {allowed}, not {}",
            value.class().name()
        )));
    }
    let real = paths::fspath(vm, value)?;
    let is_bytes = real.downcast::<PyBytes>().is_some();
    let bytes = if let Some(bytes) = real.downcast::<PyBytes>() {
        bytes.as_slice().to_vec()
    } else if let Some(text) = real.downcast::<PyStr>() {
        text.to_fs_bytes(vm)?
    } else {
        Vec::new()
    };
    let Ok(path) = CString::new(bytes) else {
        let kind = if is_bytes { "byte" } else { "character" };
        return Err(vm.value_error(format!("{function}: embedded null {kind} in {name}")));
    };
    Ok(PathArgument { given: value.clone(), path, fd: None, is_bytes })
}

/// A path.
pub(super) fn path(
    vm: Vm<'_>,
    function: &str,
    name: &str,
    value: &Value,
) -> PyResult<PathArgument> {
    convert(vm, function, name, value, "string, bytes or os.PathLike")
}

/// A path or a descriptor.
pub(super) fn path_or_fd(
    vm: Vm<'_>,
    function: &str,
    name: &str,
    value: &Value,
) -> PyResult<PathArgument> {
    if number::has_index(value) {
        let fd = number::as_i32(vm, value)?;
        let path = CString::default();
        return Ok(PathArgument { given: value.clone(), path, fd: Some(fd), is_bytes: false });
    }
    convert(vm, function, name, value, "string, bytes, os.PathLike or integer")
}

/// A path, a descriptor, or the current folder when it is left out.
pub(super) fn path_or_here(
    vm: Vm<'_>,
    function: &str,
    value: Option<&Value>,
) -> PyResult<PathArgument> {
    match value.filter(|value| !value.is_none()) {
        Some(value) if number::has_index(value) => path_or_fd(vm, function, "path", value),
        Some(value) => {
            convert(vm, function, "path", value, "string, bytes, os.PathLike, integer or None")
        }
        None => Ok(PathArgument {
            given: PyStr::new_value(vm, "."),
            path: c".".to_owned(),
            fd: None,
            is_bytes: false,
        }),
    }
}

/// A descriptor: an int, or an object with `fileno()`.
pub(crate) fn descriptor(vm: Vm<'_>, value: &Value) -> PyResult<i32> {
    if number::is_int(value) {
        return number::as_i32(vm, value);
    }
    let fileno = vm.get_attr_opt(value, &vm.intern("fileno"))?;
    let Some(fileno) = fileno else {
        return Err(vm.type_error("argument must be an int, or have a fileno() method."));
    };
    let answer = vm.call(&fileno, &[])?;
    if !number::is_int(&answer) {
        return Err(vm.type_error("fileno() returned a non-integer"));
    }
    let fd = number::as_i32(vm, &answer)?;
    if fd < 0 {
        return Err(vm.value_error(format!("file descriptor cannot be a negative integer ({fd})")));
    }
    Ok(fd)
}

/// `dir_fd`: None for the current folder.
pub(super) fn dir_fd(vm: Vm<'_>, args: &Bound<'_>, index: usize) -> PyResult<Option<i32>> {
    let Some(value) = args.get_non_none(index) else { return Ok(None) };
    if !number::has_index(value) {
        return Err(vm.type_error(format!(
            "argument should be integer or None, not {}",
            value.class().name()
        )));
    }
    number::as_i32(vm, value).map(Some)
}

/// A truth value with its default.
pub(super) fn flag(vm: Vm<'_>, args: &Bound<'_>, index: usize, default: bool) -> PyResult<bool> {
    args.get(index).map_or(Ok(default), |value| vm.is_true(value))
}

/// A number with its default.
pub(super) fn integer(vm: Vm<'_>, args: &Bound<'_>, index: usize, default: i32) -> PyResult<i32> {
    args.get(index).map_or(Ok(default), |value| number::as_i32(vm, value))
}

/// The exception of a failed call that is about no path.
pub(super) fn failed(vm: Vm<'_>, errno: Errno) -> Raised {
    vm.os_error(errno.raw_os_error(), None)
}

/// None, or the exception of a failed call.
pub(super) fn nothing(vm: Vm<'_>, result: Result<(), Errno>) -> PyResult<Value> {
    match result {
        Ok(()) => Ok(Value::NONE),
        Err(errno) => Err(failed(vm, errno)),
    }
}

/// A small number, or the exception of a failed call.
pub(super) fn small(vm: Vm<'_>, result: Result<i32, Errno>) -> PyResult<Value> {
    match result {
        Ok(number) => Ok(Value::small_int_unchecked(i64::from(number))),
        Err(errno) => Err(failed(vm, errno)),
    }
}
