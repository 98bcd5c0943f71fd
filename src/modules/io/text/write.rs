//! Writing text.

use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::bytes::PyBytes;
use objects::types::str::PyStr;

use super::codec::{self, Codec};
use super::{CHUNK, Newline, PyTextIo, open_buffer};
use crate::io::buffered::{self, BUFFERED_WRITER};
use crate::io::stream::unsupported;

pub(super) fn write(vm: Vm<'_>, this: &Value, text: &Value) -> PyResult<Value> {
    let Some(string) = text.downcast::<PyStr>() else {
        return Err(
            vm.type_error(format!("write() argument must be str, not {}", text.class().name()))
        );
    };
    let buffer = open_buffer(vm, this)?;
    let payload = this.receiver::<PyTextIo>();
    if !payload.state.with(|state| state.writable) {
        return Err(unsupported(vm, "not writable"));
    }
    let (newline, line_buffering, write_through) =
        payload.state.with(|state| (state.newline, state.line_buffering, state.write_through));
    let has_newline = line_buffering && has_line_end(string);
    let translated = match newline {
        Newline::Cr => Some(replace_newlines(vm, text, "\r")?),
        Newline::CrLf => Some(replace_newlines(vm, text, "\r\n")?),
        Newline::Universal | Newline::Kept | Newline::Lf => None,
    };
    let source = translated.as_ref().unwrap_or(text);
    append_encoded(vm, payload, source)?;
    let waiting = payload.state.with(|state| state.pending.len());
    if write_through || has_newline || waiting > CHUNK {
        hand_on(vm, payload, &buffer)?;
    }
    if has_newline {
        vm.call_method(&buffer, &vm.names().flush, &[])?;
    }
    payload.state.with_mut(super::State::forget_waiting);
    Ok(Value::from_usize(string.len()))
}

fn has_line_end(text: &Py<PyStr>) -> bool {
    memchr::memchr2(b'\n', b'\r', &text.to_wtf8()).is_some()
}

fn replace_newlines(vm: Vm<'_>, text: &Value, with: &str) -> PyResult<Value> {
    let args = [PyStr::new_value(vm, "\n"), PyStr::new_value(vm, with)];
    vm.call_method(text, &vm.names().replace, &args)
}

/// Encodes text to the end of the pending bytes; ASCII and clean UTF-8 without an object in between.
fn append_encoded(vm: Vm<'_>, payload: &Py<PyTextIo>, text: &Value) -> PyResult<()> {
    let Some(string) = text.downcast::<PyStr>() else { return Ok(()) };
    let codec = payload.state.with(|state| state.codec);
    let wide;
    let clean = match (codec, string.as_ascii()) {
        (Codec::Utf8 | Codec::SingleByte, Some(text)) => Some(text.as_bytes()),
        (Codec::Utf8, None) => {
            wide = string.to_wtf8();
            std::str::from_utf8(&wide).ok().map(str::as_bytes)
        }
        _ => None,
    };
    match clean {
        Some(bytes) => append(vm, payload, bytes),
        None => append(vm, payload, &codec::encode(vm, payload, text)?),
    }
}

fn append(vm: Vm<'_>, payload: &Py<PyTextIo>, bytes: &[u8]) -> PyResult<()> {
    let room = payload.state.with_mut(|state| {
        let room = state.pending.try_reserve(bytes.len()).is_ok();
        if room {
            state.pending.extend_from_slice(bytes);
        }
        room
    });
    if room { Ok(()) } else { Err(vm.memory_error()) }
}

/// Hands the pending bytes to the buffer.
pub(super) fn hand_on(vm: Vm<'_>, payload: &Py<PyTextIo>, buffer: &Value) -> PyResult<()> {
    let pending = payload.state.with_mut(|state| std::mem::take(&mut state.pending));
    if pending.is_empty() {
        return Ok(());
    }
    if buffer.class().is(BUFFERED_WRITER.get()) {
        return buffered::write_bytes(vm, buffer, &pending);
    }
    let bytes = PyBytes::try_new(vm, &pending)?.into_value();
    vm.call_method(buffer, &vm.names().write, &[bytes])?;
    Ok(())
}

pub(super) fn flush(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let buffer = open_buffer(vm, this)?;
    hand_on(vm, this.receiver::<PyTextIo>(), &buffer)?;
    vm.call_method(&buffer, &vm.names().flush, &[])
}
