//! Reading text.

use memchr::{memchr, memchr2, memmem};
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::buffer;
use objects::types::bytes::PyBytes;

use super::codec;
use super::write::hand_on;
use super::{Newline, PyTextIo, Snapshot, State, TEXT_IO_WRAPPER, open_buffer};
use crate::io::stream::{size_argument, unsupported};

/// What a chunk begins with: the decoder's state before it.
fn decoder_state(vm: Vm<'_>, payload: &Py<PyTextIo>) -> PyResult<Snapshot> {
    let (kept, flags) = match payload.decoder.get() {
        Some(decoder) => {
            let (kept, flags) = codec::state_of(vm, &decoder)?;
            (buffer::bytes_like(vm, &kept)?.to_vec(), flags)
        }
        None => (payload.state.with(|state| state.undecoded.clone()), 0),
    };
    let flags = match payload.state.with(|state| state.newlines) {
        Some(newlines) => flags << 1 | i64::from(newlines.pending),
        None => flags,
    };
    Ok(Snapshot { flags, bytes: kept, ratio: (0, 0) })
}

/// Decodes bytes and puts newlines right.
pub(super) fn decode(
    vm: Vm<'_>,
    payload: &Py<PyTextIo>,
    bytes: &[u8],
    is_last: bool,
) -> PyResult<Vec<u8>> {
    let text = codec::decode(vm, payload, bytes, is_last)?;
    Ok(payload.state.with_mut(|state| match &mut state.newlines {
        Some(newlines) => newlines.push(text, is_last),
        None => text,
    }))
}

/// Reads and decodes the next chunk; what waited has been handed out. False at the end of the stream.
fn fill(vm: Vm<'_>, payload: &Py<PyTextIo>, stream: &Value) -> PyResult<bool> {
    check_readable(vm, payload)?;
    let mut snapshot = decoder_state(vm, payload)?;
    let size = Value::from_usize(payload.state.with(|state| state.chunk_size));
    let read1 = vm.get_attr_opt(stream, &vm.intern("read1"))?;
    let read = match read1 {
        Some(read1) => vm.call(&read1, &[size])?,
        None => vm.call_method(stream, &vm.names().read, &[size])?,
    };
    let bytes = match read.downcast::<PyBytes>() {
        Some(bytes) => bytes.as_slice().to_vec(),
        None => buffer::bytes_like(vm, &read)?.to_vec(),
    };
    let is_last = bytes.is_empty();
    let text = decode(vm, payload, &bytes, is_last)?;
    let grew = !text.is_empty();
    snapshot.bytes.extend_from_slice(&bytes);
    snapshot.ratio = (bytes.len(), codec::count(&text));
    payload.state.with_mut(|state| {
        state.waiting = text;
        state.start = 0;
        state.snapshot = Some(snapshot);
    });
    Ok(!is_last || grew)
}

/// Hands out what waits up to an offset.
fn take(state: &mut State, end: usize) -> &[u8] {
    let start = std::mem::replace(&mut state.start, end);
    state.waiting.get(start..end).unwrap_or_default()
}

/// `read(size=-1)`
pub(super) fn read(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let size = size_argument(vm, args)?;
    let stream = open_buffer(vm, this)?;
    let payload = this.receiver::<PyTextIo>();
    check_readable(vm, payload)?;
    hand_on(vm, payload, &stream)?;
    match size {
        None => read_all(vm, payload, &stream),
        Some(size) => read_some(vm, payload, &stream, size),
    }
}

fn check_readable(vm: Vm<'_>, payload: &Py<PyTextIo>) -> PyResult<()> {
    if payload.state.with(|state| state.readable) {
        Ok(())
    } else {
        Err(unsupported(vm, "not readable"))
    }
}

fn read_all(vm: Vm<'_>, payload: &Py<PyTextIo>, stream: &Value) -> PyResult<Value> {
    let rest = vm.call_method(stream, &vm.names().read, &[])?;
    let text = match rest.downcast::<PyBytes>() {
        Some(bytes) => decode(vm, payload, bytes.as_slice(), true)?,
        None if rest.is_none() => Vec::new(),
        None => decode(vm, payload, &buffer::bytes_like(vm, &rest)?.to_vec(), true)?,
    };
    let mut waiting = payload.state.with_mut(|state| {
        let waiting = take(state, state.waiting.len()).to_vec();
        state.waiting.clear();
        state.start = 0;
        state.snapshot = None;
        waiting
    });
    if waiting.is_empty() {
        return codec::to_str(vm, &text);
    }
    crate::io::append(vm, &mut waiting, &text)?;
    codec::to_str(vm, &waiting)
}

fn read_some(vm: Vm<'_>, payload: &Py<PyTextIo>, stream: &Value, size: usize) -> PyResult<Value> {
    let mut got: Vec<u8> = Vec::new();
    let mut missing = size;
    loop {
        payload.state.with_mut(|state| {
            let waiting = state.waiting.get(state.start..).unwrap_or_default();
            let length = codec::offset_of(waiting, missing);
            missing -= codec::count(waiting.get(..length).unwrap_or_default());
            let end = state.start + length;
            crate::io::append(vm, &mut got, take(state, end))
        })?;
        if missing == 0 || !fill(vm, payload, stream)? {
            return codec::to_str(vm, &got);
        }
    }
}

/// Where the first line of a text ends, if it does: the place behind its end.
fn line_end(newline: Newline, text: &[u8]) -> Option<usize> {
    match newline {
        Newline::Universal | Newline::Lf => memchr(b'\n', text).map(|at| at + 1),
        Newline::Cr => memchr(b'\r', text).map(|at| at + 1),
        Newline::CrLf => memmem::find(text, b"\r\n").map(|at| at + 2),
        Newline::Kept => {
            let at = memchr2(b'\n', b'\r', text)?;
            let is_pair = text.get(at..at + 2) == Some(b"\r\n");
            Some(at + if is_pair { 2 } else { 1 })
        }
    }
}

/// The next line as WTF-8, at most `limit` characters of it; empty at the end of the stream.
fn read_line(vm: Vm<'_>, this: &Value, limit: Option<usize>) -> PyResult<Vec<u8>> {
    let stream = open_buffer(vm, this)?;
    let payload = this.receiver::<PyTextIo>();
    hand_on(vm, payload, &stream)?;
    // What earlier chunks gave of the line.
    let mut line: Vec<u8> = Vec::new();
    loop {
        if payload.state.with_mut(|state| take_line(vm, state, &mut line, limit))? {
            return Ok(line);
        }
        if !fill(vm, payload, &stream)? {
            payload.state.with_mut(|state| state.snapshot = None);
            return Ok(line);
        }
    }
}

/// Takes what waits of a line to the end of `line`; whether the line is complete.
fn take_line(
    vm: Vm<'_>,
    state: &mut State,
    line: &mut Vec<u8>,
    limit: Option<usize>,
) -> PyResult<bool> {
    let waiting = state.waiting.get(state.start..).unwrap_or_default();
    // The two characters of an end of line can come in two chunks.
    let is_split = state.newline == Newline::CrLf && line.last() == Some(&b'\r');
    let end = match waiting.first() {
        Some(b'\n') if is_split => Some(1),
        _ => line_end(state.newline, waiting),
    };
    let whole = end.unwrap_or(waiting.len());
    let (length, is_done) = match limit {
        None => (whole, end.is_some()),
        Some(limit) => {
            let left = limit.saturating_sub(codec::count(line));
            let part = waiting.get(..whole).unwrap_or_default();
            let length = codec::offset_of(part, left);
            let is_full = codec::count(part.get(..length).unwrap_or_default()) == left;
            (length, is_full || end.is_some())
        }
    };
    let end = state.start + length;
    crate::io::append(vm, line, take(state, end))?;
    Ok(is_done)
}

/// `readline(size=-1)`
pub(super) fn readline(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let limit = size_argument(vm, args)?;
    codec::to_str(vm, &read_line(vm, this, limit)?)
}

/// The next line of an iteration.
pub(super) fn next_line(vm: Vm<'_>, this: &Value) -> PyResult<Option<Value>> {
    let payload = this.receiver::<PyTextIo>();
    payload.state.with_mut(|state| state.iterating = true);
    let line = if this.class().is(TEXT_IO_WRAPPER.get()) {
        let line = read_line(vm, this, None)?;
        if line.is_empty() { None } else { Some(codec::to_str(vm, &line)?) }
    } else {
        let line = vm.call_method(this, &vm.names().readline, &[])?;
        if vm.is_true(&line)? { Some(line) } else { None }
    };
    if line.is_none() {
        payload.state.with_mut(|state| {
            state.iterating = false;
            state.snapshot = None;
        });
    }
    Ok(line)
}
