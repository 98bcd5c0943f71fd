//! Encoding and decoding: the built-in codecs by their names, all others through the registry.

pub mod charmap;
pub mod errors;
pub mod escape;
pub mod registry;
pub mod utf16;
pub mod utf7;
pub mod utf8;

use super::{PyStr, storage};
use crate::core::args::Bound;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::buffer;
use crate::types::bytes::PyBytes;

pub use errors::Errors;

/// A codec that needs no registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Builtin {
    /// UTF-8
    Utf8,
    /// ASCII
    Ascii,
    /// ISO 8859-1
    Latin1,
    /// UTF-16, with or without a fixed order of bytes.
    Utf16(utf16::Order),
    /// UTF-32, with or without a fixed order of bytes.
    Utf32(utf16::Order),
}

impl Builtin {
    /// The codec of a name.
    #[must_use]
    #[inline]
    pub fn by_name(name: &str) -> Option<Self> {
        if name == "utf-8" { Some(Self::Utf8) } else { Self::by_any_name(name) }
    }

    fn by_any_name(name: &str) -> Option<Self> {
        let mut normal = [0_u8; 16];
        let place = normal.get_mut(..name.len())?;
        for (to, byte) in place.iter_mut().zip(name.bytes()) {
            *to = match byte {
                b'_' | b' ' => b'-',
                other => other.to_ascii_lowercase(),
            };
        }
        Some(match &*place {
            b"utf-8" | b"utf8" => Self::Utf8,
            b"ascii" | b"us-ascii" => Self::Ascii,
            b"latin-1" | b"latin1" | b"iso-8859-1" | b"iso8859-1" => Self::Latin1,
            b"utf-16" => Self::Utf16(utf16::Order::Native),
            b"utf-32" => Self::Utf32(utf16::Order::Native),
            _ => return None,
        })
    }
}

/// An optional argument that must be a str, in CPython's words otherwise.
///
/// # Errors
/// TypeError.
pub fn text_option<'a>(
    vm: Vm<'_>,
    value: Option<&'a Value>,
    function: &str,
    name: &str,
) -> PyResult<Option<&'a Py<PyStr>>> {
    let Some(value) = value else { return Ok(None) };
    match value.downcast::<PyStr>() {
        Some(text) => Ok(Some(text)),
        None => Err(vm.type_error(format!(
            "{function}() argument '{name}' must be str, not {}",
            vm.type_text(value)
        ))),
    }
}

fn name_of(encoding: Option<&Py<PyStr>>) -> std::borrow::Cow<'_, str> {
    match encoding {
        None => "utf-8".into(),
        Some(name) => match name.as_ascii() {
            Some(name) => name.into(),
            None => name.to_rust_string().into(),
        },
    }
}

pub(super) fn str_encode(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let encoding = text_option(vm, args.get(0), "encode", "encoding")?;
    let errors = text_option(vm, args.get(1), "encode", "errors")?;
    encode_str(vm, this.receiver::<PyStr>(), encoding, errors)
}

/// The handler of a name; in the development mode one that must be known.
fn checked_errors(vm: Vm<'_>, name: Option<&Py<PyStr>>) -> PyResult<Errors> {
    let errors = Errors::of(name);
    if let (Errors::Named(name), true) = (&errors, vm.interpreter().dev_mode.get()) {
        registry::error_handler(vm, name)?;
    }
    Ok(errors)
}

/// `text.encode(encoding, errors)`
///
/// # Errors
/// UnicodeEncodeError, LookupError, or what a codec raises.
pub fn encode_str(
    vm: Vm<'_>,
    text: &Py<PyStr>,
    encoding: Option<&Py<PyStr>>,
    errors: Option<&Py<PyStr>>,
) -> PyResult<Value> {
    let name = name_of(encoding);
    let Some(builtin) = Builtin::by_name(&name) else {
        let result = registry::encode(vm, &text.to_ref().into_value(), &name, errors, true)?;
        if result.downcast::<PyBytes>().is_some() {
            return Ok(result);
        }
        if buffer::has_buffer(&result) {
            let bytes = buffer::bytes_like(vm, &result)?.to_vec();
            return PyBytes::try_new_value(vm, &bytes);
        }
        return Err(vm.type_error(format!(
            "'{name}' encoder returned '{}' instead of 'bytes'; use codecs.encode() to encode to arbitrary types",
            result.class().name()
        )));
    };
    let errors = checked_errors(vm, errors)?;
    encode_builtin(vm, text, builtin, &errors)
}

/// Encodes with a codec that needs no registry.
///
/// # Errors
/// UnicodeEncodeError, or what an error handler raises.
pub fn encode_builtin(
    vm: Vm<'_>,
    text: &Py<PyStr>,
    codec: Builtin,
    errors: &Errors,
) -> PyResult<Value> {
    match codec {
        Builtin::Utf8 => utf8::encode(vm, text, errors),
        Builtin::Ascii => utf8::encode_narrow(vm, text, errors, utf8::ASCII),
        Builtin::Latin1 => utf8::encode_narrow(vm, text, errors, utf8::LATIN1),
        Builtin::Utf16(order) => utf16::encode16(vm, text, errors, order),
        Builtin::Utf32(order) => utf16::encode32(vm, text, errors, order),
    }
}

/// `bytes.decode(encoding, errors)` for any bytes-like object; the result is a str.
///
/// # Errors
/// UnicodeDecodeError, LookupError, TypeError, or what a codec raises.
pub fn decode_object(
    vm: Vm<'_>,
    object: &Value,
    encoding: Option<&Py<PyStr>>,
    errors: Option<&Py<PyStr>>,
) -> PyResult<Value> {
    if !buffer::has_buffer(object) {
        return Err(vm.type_error(format!(
            "decoding to str: need a bytes-like object, {} found",
            object.class().name()
        )));
    }
    let name = name_of(encoding);
    if let Some(builtin) = Builtin::by_name(&name) {
        let errors = checked_errors(vm, errors)?;
        return decode_builtin(vm, object, builtin, &errors);
    }
    let bytes = if object.downcast::<PyBytes>().is_some() {
        object.clone()
    } else {
        PyBytes::try_new_value(vm, &buffer::bytes_like(vm, object)?.to_vec())?
    };
    let result = registry::decode(vm, &bytes, &name, errors, true)?;
    if result.downcast::<PyStr>().is_none() {
        return Err(vm.type_error(format!(
            "'{name}' decoder returned '{}' instead of 'str'; use codecs.decode() to decode to arbitrary types",
            result.class().name()
        )));
    }
    Ok(result)
}

/// Decodes all of a bytes-like object with a codec that needs no registry.
///
/// # Errors
/// UnicodeDecodeError, or what an error handler raises.
pub fn decode_builtin(
    vm: Vm<'_>,
    object: &Value,
    codec: Builtin,
    errors: &Errors,
) -> PyResult<Value> {
    let input = Input::new(vm, object)?;
    let (text, _) = match codec {
        Builtin::Utf8 => utf8::decode(vm, &input, errors, true)?,
        Builtin::Ascii => utf8::decode_ascii(vm, &input, errors)?,
        Builtin::Latin1 => {
            let bytes = input.bytes();
            (storage::make(vm, storage::Characters::One(bytes))?, bytes.len())
        }
        Builtin::Utf16(order) => {
            let (text, used, _) = utf16::decode16(vm, &input, errors, order, true)?;
            (text, used)
        }
        Builtin::Utf32(order) => {
            let (text, used, _) = utf16::decode32(vm, &input, errors, order, true)?;
            (text, used)
        }
    };
    Ok(text.into_value())
}

/// The bytes being decoded, as an object that error handlers can see.
pub struct Input(PyRef<PyBytes>);

impl Input {
    /// The bytes of any bytes-like object.
    ///
    /// # Errors
    /// TypeError, BufferError, MemoryError.
    pub fn new(vm: Vm<'_>, object: &Value) -> PyResult<Self> {
        if let Some(bytes) = object.downcast::<PyBytes>() {
            return Ok(Self(bytes.to_ref()));
        }
        let bytes = buffer::bytes_like(vm, object)?.to_vec();
        PyBytes::try_new(vm, &bytes).map(Self)
    }

    /// Bytes that are at hand.
    ///
    /// # Errors
    /// MemoryError.
    pub fn from_bytes(vm: Vm<'_>, bytes: &[u8]) -> PyResult<Self> {
        PyBytes::try_new(vm, bytes).map(Self)
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }

    /// The bytes object.
    #[must_use]
    pub fn object(&self) -> Value {
        self.0.clone().into_value()
    }
}
