//! The two path functions that `posixpath` takes from here.

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::type_spec::MethodDef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::tuple::PyTuple;

use super::arguments;

methods! { PATHS:
    /// Normalize path, eliminating double slashes, etc.
    ["_path_normpath"] "($module, /, path)" Bound(path_normpath);
    /// Split a pathname into drive, root and tail.
    ["_path_splitroot_ex"] "($module, path, /)" Bound(path_splitroot);
}

/// The functions of this file.
pub(super) const FUNCTIONS: &[MethodDef] = PATHS;

/// How many slashes the root has: two exactly stay two, more are one.
fn root_length(path: &[u8]) -> usize {
    match path.iter().take_while(|&&byte| byte == b'/').count() {
        0 => 0,
        2 => 2,
        _ => 1,
    }
}

fn path_bytes(vm: Vm<'_>, value: &Value) -> PyResult<(Vec<u8>, bool)> {
    let real = crate::paths::fspath(vm, value)?;
    if let Some(bytes) = real.downcast::<objects::types::bytes::PyBytes>() {
        return Ok((bytes.as_slice().to_vec(), true));
    }
    match real.downcast::<objects::types::str::PyStr>() {
        Some(text) => Ok((text.to_fs_bytes(vm)?, false)),
        None => Ok((Vec::new(), false)),
    }
}

fn path_normpath(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let (path, is_bytes) = path_bytes(vm, args.required(0))?;
    let root = root_length(&path);
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|&byte| byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => match parts.last() {
                Some(&last) if last != b".." => {
                    parts.pop();
                }
                None if root > 0 => {}
                _ => parts.push(part),
            },
            part => parts.push(part),
        }
    }
    let mut answer = vec![b'/'; root];
    answer.extend(parts.join(&b'/'));
    if answer.is_empty() {
        answer.push(b'.');
    }
    arguments::name_value(vm, &answer, is_bytes)
}

fn path_splitroot(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let (path, is_bytes) = path_bytes(vm, args.required(0))?;
    let (root, tail) = path.split_at(root_length(&path));
    let parts = [
        arguments::name_value(vm, b"", is_bytes)?,
        arguments::name_value(vm, root, is_bytes)?,
        arguments::name_value(vm, tail, is_bytes)?,
    ];
    Ok(PyTuple::new_value(vm, &parts))
}
