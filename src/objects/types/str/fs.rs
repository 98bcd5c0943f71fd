//! Text as the system's file names: UTF-8 with surrogate escapes (PEP 383), and as the pure rooms' own strings.

use base::wstr::WString;

use super::{PyStr, storage};
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::vm::Vm;
use crate::types::exceptions::unicode::encode_error;

impl PyStr {
    /// The text of a file name; bytes that are no UTF-8 become lone surrogates.
    ///
    /// # Errors
    /// MemoryError.
    pub fn from_fs_bytes(vm: Vm<'_>, bytes: &[u8]) -> PyResult<PyRef<Self>> {
        let mut text = WString::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            for &byte in chunk.invalid() {
                text.push_surrogate(0xdc00 + u16::from(byte));
            }
        }
        Self::try_from_wtf8(vm, &text)
    }
}

impl Py<PyStr> {
    /// The characters as text of the pure rooms.
    #[must_use]
    pub fn to_wstring(&self) -> WString {
        WString::from_points(storage::points(self))
    }

    /// The bytes of a file name: the way back of [`PyStr::from_fs_bytes`].
    ///
    /// # Errors
    /// UnicodeEncodeError for a surrogate that stands for no byte.
    pub fn to_fs_bytes(&self, vm: Vm<'_>) -> PyResult<Vec<u8>> {
        if let Ok(text) = std::str::from_utf8(&self.to_wtf8()) {
            return Ok(text.as_bytes().to_vec());
        }
        let mut bytes = Vec::with_capacity(self.len());
        for (index, point) in storage::points(self).enumerate() {
            match (point, char::from_u32(point)) {
                (_, Some(character)) => {
                    bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                (0xdc80..=0xdcff, None) => bytes.push(u8::try_from(point - 0xdc00).unwrap_or(b'?')),
                _ => {
                    let reason = "surrogates not allowed";
                    let this = self.to_value();
                    return Err(vm.raise(encode_error(
                        vm,
                        "utf-8",
                        &this,
                        index,
                        index + 1,
                        reason,
                    )));
                }
            }
        }
        Ok(bytes)
    }
}
