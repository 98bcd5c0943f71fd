//! How a text stream's bytes become characters and back.

use base::wstr::WStr;
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::exceptions::hierarchy as exc;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;

use super::PyTextIo;

/// Which decoder and encoder a stream uses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Codec {
    #[default]
    Utf8,
    /// One byte a character: the bytes' own `decode` does it piece by piece.
    SingleByte,
    /// The library's incremental codecs.
    Library,
}

/// The codec for an encoding's name, if it is one that works natively.
fn native(encoding: &str) -> Option<Codec> {
    let plain = encoding.to_ascii_lowercase().replace(['_', ' '], "-");
    match plain.as_str() {
        "utf-8" | "utf8" | "u8" | "cp65001" => Some(Codec::Utf8),
        "ascii" | "us-ascii" | "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "l1" | "646" => {
            Some(Codec::SingleByte)
        }
        _ => None,
    }
}

/// Sets a stream's encoding and error handling.
pub(super) fn set(
    vm: Vm<'_>,
    payload: &Py<PyTextIo>,
    encoding: &str,
    errors: &str,
) -> PyResult<()> {
    let codec = match native(encoding) {
        Some(codec) => {
            payload.decoder.set(None);
            payload.encoder.set(None);
            codec
        }
        None => {
            set_library_codec(vm, payload, encoding, errors)?;
            Codec::Library
        }
    };
    payload.state.with_mut(|state| {
        encoding.clone_into(&mut state.encoding);
        errors.clone_into(&mut state.errors);
        state.codec = codec;
    });
    Ok(())
}

fn set_library_codec(
    vm: Vm<'_>,
    payload: &Py<PyTextIo>,
    encoding: &str,
    errors: &str,
) -> PyResult<()> {
    let codecs = crate::importing::import_module(vm, "codecs")?;
    let info = vm.call_method(&codecs, &vm.intern("lookup"), &[PyStr::new_value(vm, encoding)])?;
    let is_text = vm.get_attr_opt(&info, &vm.intern("_is_text_encoding"))?;
    if let Some(flag) = is_text
        && !vm.is_true(&flag)?
    {
        return Err(vm.error(
            &exc::LOOKUP_ERROR,
            format!(
                "'{encoding}' is not a text encoding; use codecs.open() to handle arbitrary codecs"
            ),
        ));
    }
    let setting = [PyStr::new_value(vm, errors)];
    let decoder = vm.call_method(&info, &vm.intern("incrementaldecoder"), &setting)?;
    let encoder = vm.call_method(&info, &vm.intern("incrementalencoder"), &setting)?;
    payload.decoder.set(Some(decoder));
    payload.encoder.set(Some(encoder));
    Ok(())
}

/// A str's text as WTF-8.
pub(in crate::io) fn text_of(vm: Vm<'_>, text: &Value) -> PyResult<Vec<u8>> {
    match text.downcast::<PyStr>() {
        Some(text) => Ok(text.to_wtf8().into_owned()),
        None => Err(vm.type_error(format!(
            "decoder should return a string result, not '{}'",
            text.class().name()
        ))),
    }
}

/// A str out of WTF-8.
pub(in crate::io) fn to_str(vm: Vm<'_>, text: &[u8]) -> PyResult<Value> {
    if let Ok(text) = std::str::from_utf8(text) {
        return Ok(PyStr::try_new(vm, text)?.into_value());
    }
    let text = WStr::from_wtf8(text).map(WStr::to_wstring).unwrap_or_default();
    Ok(PyStr::try_from_wtf8(vm, &text)?.into_value())
}

/// How many characters WTF-8 text has.
pub(super) fn count(text: &[u8]) -> usize {
    text.iter().filter(|&&byte| byte & 0xc0 != 0x80).count()
}

/// Where the first `characters` of WTF-8 text end.
pub(super) fn offset_of(text: &[u8], characters: usize) -> usize {
    if text.is_ascii() {
        return characters.min(text.len());
    }
    let starts = text.iter().enumerate().filter(|(_, byte)| **byte & 0xc0 != 0x80);
    starts.map(|(offset, _)| offset).nth(characters).unwrap_or(text.len())
}

/// A decoder's state: the bytes that it keeps, and its flags.
pub(in crate::io) fn state_of(vm: Vm<'_>, decoder: &Value) -> PyResult<(Value, i64)> {
    let state = vm.call_method(decoder, &vm.intern("getstate"), &[])?;
    split_state(vm, &state)
}

/// The two parts of a decoder's state.
pub(in crate::io) fn split_state(vm: Vm<'_>, state: &Value) -> PyResult<(Value, i64)> {
    let Some(pair) = state.downcast::<PyTuple>() else {
        return Err(vm.type_error("illegal decoder state"));
    };
    match pair.items() {
        [buffer, flags] if buffer.downcast::<PyBytes>().is_some() => {
            Ok((buffer.clone(), number::as_i64(vm, flags)?))
        }
        [buffer, _] => Err(vm.type_error(format!(
            "illegal decoder state: the first item should be a bytes object, not '{}'",
            buffer.class().name()
        ))),
        _ => Err(vm.type_error("illegal decoder state")),
    }
}

/// The bytes of an unfinished UTF-8 character at the end.
fn unfinished(bytes: &[u8]) -> usize {
    for back in 1..=3.min(bytes.len()) {
        let needed = match bytes[bytes.len() - back] {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            0x80..=0xbf => continue,
            _ => return 0,
        };
        return if needed > back { back } else { 0 };
    }
    0
}

/// Decodes `bytes` with what was left undecoded in front, to WTF-8; at the end of the stream nothing may be left.
pub(super) fn decode(
    vm: Vm<'_>,
    payload: &Py<PyTextIo>,
    bytes: &[u8],
    is_last: bool,
) -> PyResult<Vec<u8>> {
    if let Some(decoder) = payload.decoder.get() {
        let args = [PyBytes::try_new(vm, bytes)?.into_value(), Value::from_bool(is_last)];
        let text = vm.call_method(&decoder, &vm.names().decode, &args)?;
        return text_of(vm, &text);
    }
    let mut kept = payload.state.with_mut(|state| std::mem::take(&mut state.undecoded));
    if is_last {
        crate::io::append(vm, &mut kept, bytes)?;
        return decode_native(vm, payload, kept);
    }
    let text = decode_piece(vm, payload, &mut kept, bytes)?;
    payload.state.with_mut(|state| state.undecoded = kept);
    Ok(text)
}

/// The text that a native codec makes of bytes behind those that are `kept`; an unfinished character is kept.
pub(super) fn decode_piece(
    vm: Vm<'_>,
    payload: &Py<PyTextIo>,
    kept: &mut Vec<u8>,
    bytes: &[u8],
) -> PyResult<Vec<u8>> {
    let mut all = std::mem::take(kept);
    crate::io::append(vm, &mut all, bytes)?;
    if payload.state.with(|state| state.codec) != Codec::Utf8 {
        return decode_native(vm, payload, all);
    }
    let whole = all.len() - unfinished(&all);
    if std::str::from_utf8(all.get(..whole).unwrap_or_default()).is_err()
        && payload.state.with(|state| state.errors == "strict")
    {
        // The error shows everything that there was.
        return decode_native(vm, payload, all);
    }
    *kept = all.split_off(whole);
    decode_native(vm, payload, all)
}

fn decode_native(vm: Vm<'_>, payload: &Py<PyTextIo>, all: Vec<u8>) -> PyResult<Vec<u8>> {
    let codec = payload.state.with(|state| state.codec);
    if all.is_ascii() || (codec == Codec::Utf8 && std::str::from_utf8(&all).is_ok()) {
        return Ok(all);
    }
    let value = PyBytes::try_new(vm, &all)?.into_value();
    let text = vm.call_method(&value, &vm.names().decode, &setting(vm, payload))?;
    text_of(vm, &text)
}

/// Encodes text as the stream writes it.
pub(super) fn encode(vm: Vm<'_>, payload: &Py<PyTextIo>, text: &Value) -> PyResult<Vec<u8>> {
    let bytes = match payload.encoder.get() {
        Some(encoder) => {
            vm.call_method(&encoder, &vm.intern("encode"), std::slice::from_ref(text))?
        }
        None => vm.call_method(text, &vm.intern("encode"), &setting(vm, payload))?,
    };
    match bytes.downcast::<PyBytes>() {
        Some(bytes) => Ok(bytes.as_slice().to_vec()),
        None => Err(vm.type_error(format!(
            "encoder should return a bytes object, not '{}'",
            bytes.class().name()
        ))),
    }
}

/// The encoding and the error handling as arguments.
fn setting(vm: Vm<'_>, payload: &Py<PyTextIo>) -> [Value; 2] {
    let (encoding, errors) =
        payload.state.with(|state| (state.encoding.clone(), state.errors.clone()));
    [PyStr::new_value(vm, &encoding), PyStr::new_value(vm, &errors)]
}
