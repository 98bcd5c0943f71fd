//! What bytes and bytearray share: their contents, results of the same kind, arguments.

use std::borrow::Cow;

use super::{PyByteArray, PyBytes};
use crate::core::errors::PyResult;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::buffer::{self, Buffer, BytesLike};
use crate::protocol::number;

/// Shows the bytes of a bytes or bytearray.
pub fn with_contents<R>(this: &Value, f: impl FnOnce(&[u8]) -> R) -> R {
    match this.downcast::<PyBytes>() {
        Some(bytes) => f(bytes.as_slice()),
        None => this.receiver::<PyByteArray>().with(f),
    }
}

/// The bytes of a bytes or bytearray for use across calls of Python code: bytes are borrowed, a bytearray is copied.
pub(super) fn stable(this: &Value) -> Cow<'_, [u8]> {
    match this.downcast::<PyBytes>() {
        Some(bytes) => Cow::Borrowed(bytes.as_slice()),
        None => Cow::Owned(this.receiver::<PyByteArray>().with(<[u8]>::to_vec)),
    }
}

/// Keeps a bytearray from being resized while the code of an argument runs, as long as the answer lives.
///
/// # Errors
/// None as yet.
pub(super) fn keep_size(vm: Vm<'_>, this: &Value) -> PyResult<Option<Buffer>> {
    match this.downcast::<PyByteArray>() {
        Some(_) => buffer::get(vm, this).map(Some),
        None => Ok(None),
    }
}

/// A new object of the kind of `this` with these bytes.
pub(super) fn like(vm: Vm<'_>, this: &Value, bytes: &[u8]) -> PyResult<Value> {
    if this.downcast::<PyBytes>().is_some() {
        PyBytes::try_new_value(vm, bytes)
    } else {
        PyByteArray::try_new_value(vm, bytes.to_vec())
    }
}

/// A new object of the kind of `this` with the same bytes; `this` itself if it is an exact bytes.
pub(super) fn same(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    if let Some(exact) = this.downcast_exact::<PyBytes>() {
        return Ok(exact.to_ref().into_value());
    }
    like(vm, this, &stable(this))
}

/// An empty buffer with room for `length` bytes.
pub fn room(vm: Vm<'_>, length: usize) -> PyResult<Vec<u8>> {
    let mut bytes = Vec::new();
    match bytes.try_reserve_exact(length) {
        Ok(()) => Ok(bytes),
        Err(_) => Err(vm.memory_error()),
    }
}

/// An int in `range(0, 256)`.
///
/// # Errors
/// TypeError, ValueError.
pub(super) fn byte_of(vm: Vm<'_>, value: &Value, kind: &str) -> PyResult<u8> {
    let number = number::as_isize_clipped(vm, value)?;
    u8::try_from(number).map_err(|_| vm.value_error(format!("{kind} must be in range(0, 256)")))
}

/// What to look for: a bytes-like object, or an int that stands for one byte.
///
/// # Errors
/// TypeError, ValueError.
pub(super) fn needle(vm: Vm<'_>, value: &Value) -> PyResult<BytesLike> {
    if buffer::has_buffer(value) {
        return buffer::bytes_like(vm, value);
    }
    if !number::has_index(value) {
        return Err(vm.type_error(format!(
            "argument should be integer or bytes-like object, not '{}'",
            value.class().name()
        )));
    }
    let byte = byte_of(vm, value, "byte")?;
    PyBytes::try_new(vm, &[byte]).map(BytesLike::Bytes)
}
