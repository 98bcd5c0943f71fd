//! The hashes of `hashlib`: `_md5`, `_sha1`, `_sha2`, `_sha3`, `_blake2`, and over all of them `_hashlib` and `_hmac`.

pub mod blake2;
pub mod builtin;
mod derivation;
mod digest;
mod hmac;
mod named;
pub mod openssl;
pub mod sha3;

pub use hmac::MODULE as HMAC_MODULE;

use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::buffer::{bytes_like, has_buffer};
use objects::types::str::PyStr;

/// The bytes that a hash is fed.
fn feed(vm: Vm<'_>, value: &Value) -> PyResult<Vec<u8>> {
    if value.downcast::<PyStr>().is_some() {
        return Err(vm.type_error("Strings must be encoded before hashing"));
    }
    if !has_buffer(value) {
        return Err(vm.type_error("object supporting the buffer API required"));
    }
    Ok(bytes_like(vm, value)?.to_vec())
}

/// A digest as hexadecimal digits.
fn hex(vm: Vm<'_>, digest: &[u8]) -> PyResult<Value> {
    let text: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(PyStr::try_new(vm, &text)?.into_value())
}

/// The data of a constructor, which may come under either of two names.
fn data_of<'v>(
    vm: Vm<'_>,
    data: Option<&'v Value>,
    string: Option<&'v Value>,
) -> PyResult<Option<&'v Value>> {
    if data.is_some() && string.is_some() {
        return Err(vm.type_error(
            "'data' and 'string' are mutually exclusive and support for 'string' keyword parameter is slated for removal in a future version.",
        ));
    }
    Ok(data.or(string))
}
