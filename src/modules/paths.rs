//! Arguments that name a file: str, bytes or an object with `__fspath__`.

use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::bytes::PyBytes;
use objects::types::str::PyStr;

/// `os.fspath`: str and bytes stay, anything else is asked.
///
/// # Errors
/// TypeError for what is no path; what `__fspath__` raises.
pub fn fspath(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    if value.downcast::<PyStr>().is_some() || value.downcast::<PyBytes>().is_some() {
        return Ok(value.clone());
    }
    let found = vm.call_special(value, &vm.names().__fspath__, &[])?;
    let Some(path) = found else {
        let got = value.class().name();
        return Err(vm.type_error(format!("expected str, bytes or os.PathLike object, not {got}")));
    };
    if path.downcast::<PyStr>().is_some() || path.downcast::<PyBytes>().is_some() {
        return Ok(path);
    }
    let (class, got) = (value.class().name(), path.class().name());
    Err(vm.type_error(format!("expected {class}.__fspath__() to return str or bytes, not {got}")))
}

/// The path as a str: bytes are decoded with surrogate escapes (`os.fsdecode`).
///
/// # Errors
/// As [`fspath`].
pub fn fs_decode(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let path = fspath(vm, value)?;
    match path.downcast::<PyBytes>() {
        Some(bytes) => Ok(PyStr::from_fs_bytes(vm, bytes.as_slice())?.into_value()),
        None => Ok(path),
    }
}

/// The bytes that the system gets for a path (`os.fsencode`). A NUL byte is refused.
///
/// # Errors
/// As [`fspath`]; ValueError for a NUL byte; UnicodeEncodeError.
pub fn fs_encode(vm: Vm<'_>, value: &Value) -> PyResult<Vec<u8>> {
    let path = fspath(vm, value)?;
    let bytes = if let Some(bytes) = path.downcast::<PyBytes>() {
        bytes.as_slice().to_vec()
    } else if let Some(text) = path.downcast::<PyStr>() {
        text.to_fs_bytes(vm)?
    } else {
        Vec::new()
    };
    if bytes.contains(&0) {
        return Err(vm.value_error("embedded null byte"));
    }
    Ok(bytes)
}
