//! `TextIOWrapper`: characters over a buffered stream of bytes.
//!
//! Decoded characters wait untranslated; newlines are translated as they are handed out. So the position of the reader in
//! bytes is the buffer's less what is undecoded and what the waiting characters take when encoded.

use std::cell::Cell;

use base::wstr::WString;
use objects::core::args::{Args, check_count};
use objects::core::errors::{PyResult, Raised};
use objects::core::gil_cell::GilCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::TypeSpec;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::exceptions::hierarchy as exc;
use objects::types::int;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::{getset, methods, no_references, payload};

use super::buffered::{self, BUFFERED_WRITER};
use super::stream::{self, TEXT_IO_BASE, size_argument, unsupported};

/// Bytes that wait before they are handed to the buffer.
const CHUNK: usize = 8192;
const LF: u32 = 0x0a;
const CR: u32 = 0x0d;

/// How newlines are read and written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Newline {
    /// None: any end of line, read as `\n`; written as the system's.
    Universal,
    /// `''`: any end of line, kept.
    Kept,
    /// `'\n'`
    Lf,
    /// `'\r'`
    Cr,
    /// `'\r\n'`
    CrLf,
}

/// How bytes become characters.
#[derive(Clone)]
enum Codec {
    Utf8,
    /// One byte a character: the bytes' own `decode` does it piece by piece.
    SingleByte,
    /// The library's incremental codecs.
    Library,
}

struct State {
    encoding: String,
    errors: String,
    codec: Codec,
    newline: Newline,
    line_buffering: bool,
    write_through: bool,
    /// Bytes read and not yet decoded: an unfinished character.
    undecoded: Vec<u8>,
    /// Decoded characters, untranslated, from `start` on.
    waiting: Vec<u32>,
    start: usize,
    at_end: bool,
    /// Encoded bytes not yet handed to the buffer.
    pending: Vec<u8>,
    seen: u8,
}

no_references!(State);

impl Default for State {
    fn default() -> Self {
        Self {
            encoding: "utf-8".to_owned(),
            errors: "strict".to_owned(),
            codec: Codec::Utf8,
            newline: Newline::Universal,
            line_buffering: false,
            write_through: false,
            undecoded: Vec::new(),
            waiting: Vec::new(),
            start: 0,
            at_end: false,
            pending: Vec::new(),
            seen: 0,
        }
    }
}

payload! {
    /// The payload of a text stream.
    pub struct PyTextIo: TEXT_IO_WRAPPER, gc {
        buffer: GilCell<Option<Value>>,
        /// The library's incremental decoder and encoder, where native ones do not fit.
        decoder: GilCell<Option<Value>>,
        encoder: GilCell<Option<Value>>,
        state: GilCell<State>,
        detached: Cell<bool>,
    }
}

/// `_io.TextIOWrapper`
pub(super) static TEXT_IO_WRAPPER: StaticType = StaticType::new::<PyTextIo>();

/// The spec of `TextIOWrapper`.
pub(super) const TEXT_IO_WRAPPER_SPEC: TypeSpec = TypeSpec {
    name: "_io.TextIOWrapper",
    doc: Some("Character and line based layer over a BufferedIOBase object, buffer."),
    base: Some(&TEXT_IO_BASE),
    flags: stream::FLAGS,
    slots: &[
        Slot::New(text_new),
        Slot::Init(text_init),
        Slot::Repr(text_repr),
        Slot::Iternext(next_line),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    ["detach"] "($self, /)" None(detach);
    ["reconfigure"] "($self, /, *, encoding=None, errors=None, newline=None, line_buffering=None, write_through=None)" Any(reconfigure);
    ["write"] "($self, text, /)" One(write);
    ["read"] "($self, size=-1, /)" Positional(read);
    ["readline"] "($self, size=-1, /)" Positional(readline);
    ["flush"] "($self, /)" None(flush);
    ["close"] "($self, /)" None(close);
    ["fileno"] "($self, /)" None(fileno);
    ["seekable"] "($self, /)" None(seekable);
    ["readable"] "($self, /)" None(readable);
    ["writable"] "($self, /)" None(writable);
    ["isatty"] "($self, /)" None(isatty);
    ["seek"] "($self, cookie, whence=0, /)" Positional(seek);
    ["tell"] "($self, /)" None(tell);
    ["truncate"] "($self, pos=None, /)" Positional(truncate);
}

getset! { GETSET:
    ["encoding"] get_encoding;
    ["errors"] get_errors;
    ["newlines"] get_newlines;
    ["buffer"] get_buffer;
    ["closed"] get_closed;
    ["name"] get_name;
    ["line_buffering"] get_line_buffering;
    ["write_through"] get_write_through;
    ["_CHUNK_SIZE"] get_chunk_size, set_chunk_size;
}

fn text_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    let payload = PyTextIo {
        buffer: GilCell::default(),
        decoder: GilCell::default(),
        encoder: GilCell::default(),
        state: GilCell::default(),
        detached: Cell::new(false),
    };
    Ok(PyRef::new_of(vm, class, payload).into_value())
}

/// The encoding's name as the codec registry would spell it, for the native ones.
fn native_codec(encoding: &str) -> Option<Codec> {
    let plain = encoding.to_ascii_lowercase().replace(['_', ' '], "-");
    match plain.as_str() {
        "utf-8" | "utf8" | "u8" | "cp65001" => Some(Codec::Utf8),
        "ascii" | "us-ascii" | "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "l1" | "646" => {
            Some(Codec::SingleByte)
        }
        _ => None,
    }
}

fn newline_of(vm: Vm<'_>, value: Option<&Value>) -> PyResult<Newline> {
    let Some(value) = value.filter(|value| !value.is_none()) else { return Ok(Newline::Universal) };
    let Some(text) = value.downcast::<PyStr>() else {
        return Err(
            vm.type_error(format!("newline must be str or None, not {}", value.class().name()))
        );
    };
    match text.to_rust_string().as_str() {
        "" => Ok(Newline::Kept),
        "\n" => Ok(Newline::Lf),
        "\r" => Ok(Newline::Cr),
        "\r\n" => Ok(Newline::CrLf),
        _ => {
            let shown = vm.repr(value)?.to_rust_string();
            Err(vm.value_error(format!("illegal newline value: {shown}")))
        }
    }
}

/// A stream made by the interpreter itself: UTF-8, with these error settings.
///
/// # Errors
/// MemoryError.
pub(super) fn standard(
    vm: Vm<'_>,
    buffer: Value,
    errors: &str,
    line_buffering: bool,
    write_through: bool,
) -> PyResult<Value> {
    let this = text_new(vm, TEXT_IO_WRAPPER.get(), Args::NONE)?;
    let payload = this.receiver::<PyTextIo>();
    payload.buffer.set(Some(buffer));
    payload.state.with_mut(|state| {
        errors.clone_into(&mut state.errors);
        state.line_buffering = line_buffering;
        state.write_through = write_through;
    });
    Ok(this)
}

fn text_argument(vm: Vm<'_>, name: &str, value: Option<&Value>) -> PyResult<Option<String>> {
    let Some(value) = value.filter(|value| !value.is_none()) else { return Ok(None) };
    match value.downcast::<PyStr>() {
        Some(text) => {
            let text = text.to_rust_string();
            if text.contains('\0') {
                return Err(vm.value_error("embedded null character"));
            }
            Ok(Some(text))
        }
        None => Err(vm.type_error(format!(
            "TextIOWrapper() argument '{name}' must be str or None, not {}",
            value.class().name()
        ))),
    }
}

fn text_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    let place =
        |index: usize, name: &str| args.positional().get(index).or_else(|| args.keyword(name));
    let Some(buffer) = place(0, "buffer") else {
        return Err(vm.type_error("TextIOWrapper() missing required argument 'buffer' (pos 1)"));
    };
    let encoding = text_argument(vm, "encoding", place(1, "encoding"))?;
    let errors = text_argument(vm, "errors", place(2, "errors"))?;
    let newline = newline_of(vm, place(3, "newline"))?;
    let line_buffering = place(4, "line_buffering").map_or(Ok(false), |flag| vm.is_true(flag))?;
    let write_through = place(5, "write_through").map_or(Ok(false), |flag| vm.is_true(flag))?;
    let mut encoding = encoding.unwrap_or_else(|| "utf-8".to_owned());
    if encoding == "locale" {
        "utf-8".clone_into(&mut encoding);
    }
    let errors = errors.unwrap_or_else(|| "strict".to_owned());
    let payload = this.receiver::<PyTextIo>();
    set_codec(vm, payload, &encoding, &errors)?;
    payload.state.with_mut(|state| {
        state.newline = newline;
        state.line_buffering = line_buffering;
        state.write_through = write_through;
    });
    payload.buffer.set(Some(buffer.clone()));
    payload.detached.set(false);
    Ok(())
}

fn set_codec(vm: Vm<'_>, payload: &Py<PyTextIo>, encoding: &str, errors: &str) -> PyResult<()> {
    let codec = match native_codec(encoding) {
        Some(codec) => codec,
        None => {
            let codecs = crate::importing::import_module(vm, "codecs")?;
            let info =
                vm.call_method(&codecs, &vm.intern("lookup"), &[PyStr::new_value(vm, encoding)])?;
            let is_text = vm.get_attr_opt(&info, &vm.intern("_is_text_encoding"))?;
            if let Some(flag) = is_text
                && !vm.is_true(&flag)?
            {
                return Err(vm.error(
                    &exc::LOOKUP_ERROR,
                    format!("'{encoding}' is not a text encoding; use codecs.open() to handle arbitrary codecs"),
                ));
            }
            let setting = [PyStr::new_value(vm, errors)];
            let decoder = vm.call_method(&info, &vm.intern("incrementaldecoder"), &setting)?;
            let encoder = vm.call_method(&info, &vm.intern("incrementalencoder"), &setting)?;
            payload.decoder.set(Some(decoder));
            payload.encoder.set(Some(encoder));
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

fn buffer_of(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let payload = this.receiver::<PyTextIo>();
    match payload.buffer.get() {
        Some(buffer) => Ok(buffer),
        None if payload.detached.get() => {
            Err(vm.value_error("underlying buffer has been detached"))
        }
        None => Err(vm.value_error("I/O operation on uninitialized object")),
    }
}

fn closed_error(vm: Vm<'_>) -> Raised {
    vm.value_error("I/O operation on closed file.")
}

fn open_buffer(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let buffer = buffer_of(vm, this)?;
    let closed = vm.get_attr(&buffer, &vm.names().closed)?;
    if vm.is_true(&closed)? { Err(closed_error(vm)) } else { Ok(buffer) }
}

fn write(vm: Vm<'_>, this: &Value, text: &Value) -> PyResult<Value> {
    let Some(string) = text.downcast::<PyStr>() else {
        return Err(
            vm.type_error(format!("write() argument must be str, not {}", text.class().name()))
        );
    };
    let buffer = open_buffer(vm, this)?;
    let payload = this.receiver::<PyTextIo>();
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
    payload.state.with_mut(|state| {
        state.waiting.clear();
        state.start = 0;
        state.undecoded.clear();
        state.at_end = false;
    });
    Ok(Value::from_usize(string.len()))
}

fn has_line_end(text: &Py<PyStr>) -> bool {
    text.to_wtf8().iter().any(|&byte| byte == b'\n' || byte == b'\r')
}

fn replace_newlines(vm: Vm<'_>, text: &Value, with: &str) -> PyResult<Value> {
    let args = [PyStr::new_value(vm, "\n"), PyStr::new_value(vm, with)];
    vm.call_method(text, &vm.names().replace, &args)
}

/// Encodes text to the end of the pending bytes; ASCII and clean UTF-8 without an object in between.
fn append_encoded(vm: Vm<'_>, payload: &Py<PyTextIo>, text: &Value) -> PyResult<()> {
    let Some(string) = text.downcast::<PyStr>() else { return Ok(()) };
    let codec = payload.state.with(|state| state.codec.clone());
    let clean = match codec {
        Codec::Utf8 => {
            std::str::from_utf8(&string.to_wtf8()).ok().map(|text| text.as_bytes().to_vec())
        }
        Codec::SingleByte => string.as_ascii().map(|text| text.as_bytes().to_vec()),
        Codec::Library => None,
    };
    let encoded = match clean {
        Some(bytes) => bytes,
        None => encode(vm, payload, text)?,
    };
    let room = payload.state.with_mut(|state| {
        if state.pending.try_reserve(encoded.len()).is_err() {
            return false;
        }
        state.pending.extend_from_slice(&encoded);
        true
    });
    if room { Ok(()) } else { Err(vm.memory_error()) }
}

fn encode(vm: Vm<'_>, payload: &Py<PyTextIo>, text: &Value) -> PyResult<Vec<u8>> {
    let bytes = match payload.encoder.get() {
        Some(encoder) => {
            vm.call_method(&encoder, &vm.intern("encode"), std::slice::from_ref(text))?
        }
        None => {
            let (encoding, errors) =
                payload.state.with(|state| (state.encoding.clone(), state.errors.clone()));
            let args = [PyStr::new_value(vm, &encoding), PyStr::new_value(vm, &errors)];
            vm.call_method(text, &vm.intern("encode"), &args)?
        }
    };
    match bytes.downcast::<PyBytes>() {
        Some(bytes) => Ok(bytes.as_slice().to_vec()),
        None => Err(vm.type_error(format!(
            "encoder should return a bytes object, not '{}'",
            bytes.class().name()
        ))),
    }
}

/// Hands the pending bytes to the buffer.
fn hand_on(vm: Vm<'_>, payload: &Py<PyTextIo>, buffer: &Value) -> PyResult<()> {
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

fn flush(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let buffer = open_buffer(vm, this)?;
    hand_on(vm, this.receiver::<PyTextIo>(), &buffer)?;
    vm.call_method(&buffer, &vm.names().flush, &[])
}

/// The bytes of an unfinished UTF-8 character at the end.
fn unfinished(bytes: &[u8]) -> usize {
    for back in 1..=3.min(bytes.len()) {
        let byte = bytes[bytes.len() - back];
        let needed = match byte {
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

/// Decodes `bytes`, with what was left undecoded in front; at the end of the stream nothing may be left.
fn decode(vm: Vm<'_>, payload: &Py<PyTextIo>, bytes: &[u8], is_last: bool) -> PyResult<Vec<u32>> {
    if let Some(decoder) = payload.decoder.get() {
        let args = [PyBytes::try_new(vm, bytes)?.into_value(), Value::from_bool(is_last)];
        let text = vm.call_method(&decoder, &vm.names().decode, &args)?;
        return points_of(vm, &text);
    }
    let (mut all, is_utf8) = payload.state.with_mut(|state| {
        (std::mem::take(&mut state.undecoded), matches!(state.codec, Codec::Utf8))
    });
    all.extend_from_slice(bytes);
    if is_utf8 && !is_last {
        let left = unfinished(&all);
        let rest = all.split_off(all.len() - left);
        payload.state.with_mut(|state| state.undecoded = rest);
    }
    if all.is_ascii() {
        return Ok(all.into_iter().map(u32::from).collect());
    }
    if is_utf8 && let Ok(text) = std::str::from_utf8(&all) {
        return Ok(text.chars().map(u32::from).collect());
    }
    let (encoding, errors) =
        payload.state.with(|state| (state.encoding.clone(), state.errors.clone()));
    let value = PyBytes::try_new(vm, &all)?.into_value();
    let args = [PyStr::new_value(vm, &encoding), PyStr::new_value(vm, &errors)];
    let text = vm.call_method(&value, &vm.names().decode, &args)?;
    points_of(vm, &text)
}

fn points_of(vm: Vm<'_>, text: &Value) -> PyResult<Vec<u32>> {
    match text.downcast::<PyStr>() {
        Some(text) => Ok(text.to_wstring().points().collect()),
        None => Err(vm.type_error(format!(
            "decoder should return a string result, not '{}'",
            text.class().name()
        ))),
    }
}

/// Reads and decodes a chunk. False at the end of the stream.
fn fill(vm: Vm<'_>, payload: &Py<PyTextIo>, buffer: &Value) -> PyResult<bool> {
    if payload.state.with(|state| state.at_end) {
        payload.state.with_mut(|state| state.at_end = false);
        return Ok(false);
    }
    let size = Value::from_usize(CHUNK);
    let read1 = vm.get_attr_opt(buffer, &vm.intern("read1"))?;
    let read = match read1 {
        Some(read1) => vm.call(&read1, &[size])?,
        None => vm.call_method(buffer, &vm.names().read, &[size])?,
    };
    let bytes = match read.downcast::<PyBytes>() {
        Some(bytes) => bytes.as_slice().to_vec(),
        None => objects::protocol::buffer::bytes_like(vm, &read)?.to_vec(),
    };
    let is_last = bytes.is_empty();
    let points = decode(vm, payload, &bytes, is_last)?;
    let grew = !points.is_empty();
    let room = payload.state.with_mut(|state| {
        if state.start > 0 {
            state.waiting.drain(..state.start);
            state.start = 0;
        }
        if state.waiting.try_reserve(points.len()).is_err() {
            return false;
        }
        state.waiting.extend(points);
        if is_last && grew {
            state.at_end = true;
        }
        true
    });
    if !room {
        return Err(vm.memory_error());
    }
    Ok(!is_last || grew)
}

/// Takes up to `count` translated characters out of those that wait. A `\r` at their end stays unless the stream has ended.
fn take_characters(state: &mut State, count: usize, ended: bool) -> Vec<u32> {
    let mut taken = Vec::new();
    let mut at = state.start;
    while taken.len() < count && at < state.waiting.len() {
        let point = state.waiting[at];
        if point == CR && matches!(state.newline, Newline::Universal | Newline::Kept) {
            match state.waiting.get(at + 1) {
                Some(&LF) => {
                    state.seen |= 4;
                    if state.newline == Newline::Universal {
                        at += 2;
                        taken.push(LF);
                        continue;
                    }
                }
                None if !ended => break,
                _ => {
                    state.seen |= 2;
                    if state.newline == Newline::Universal {
                        at += 1;
                        taken.push(LF);
                        continue;
                    }
                }
            }
        } else if point == LF {
            state.seen |= 1;
        }
        taken.push(point);
        at += 1;
    }
    state.start = at;
    taken
}

fn to_str(vm: Vm<'_>, points: Vec<u32>) -> PyResult<Value> {
    Ok(PyStr::try_from_wtf8(vm, &WString::from_points(points))?.into_value())
}

fn read(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let size = size_argument(vm, args)?;
    let buffer = open_buffer(vm, this)?;
    let payload = this.receiver::<PyTextIo>();
    hand_on(vm, payload, &buffer)?;
    check_readable(vm, &buffer)?;
    let mut got: Vec<u32> = Vec::new();
    let mut ended = false;
    if size.is_none() {
        let rest = vm.call_method(&buffer, &vm.names().read, &[])?;
        let bytes = match rest.downcast::<PyBytes>() {
            Some(bytes) => bytes.as_slice().to_vec(),
            None if rest.is_none() => Vec::new(),
            None => objects::protocol::buffer::bytes_like(vm, &rest)?.to_vec(),
        };
        let points = decode(vm, payload, &bytes, true)?;
        let got = payload.state.with_mut(|state| {
            state.waiting.extend(points);
            let got = take_characters(state, usize::MAX, true);
            state.waiting.clear();
            state.start = 0;
            state.at_end = false;
            got
        });
        return to_str(vm, got);
    }
    let size = size.unwrap_or(0);
    while got.len() < size {
        let missing = size - got.len();
        let part = payload.state.with_mut(|state| take_characters(state, missing, ended));
        let none_taken = part.is_empty();
        got.extend(part);
        if got.len() >= size || (ended && none_taken) {
            break;
        }
        if !ended {
            ended = !fill(vm, payload, &buffer)?;
        }
    }
    to_str(vm, got)
}

fn check_readable(vm: Vm<'_>, buffer: &Value) -> PyResult<()> {
    let answer = vm.call_method(buffer, &vm.intern("readable"), &[])?;
    if vm.is_true(&answer)? { Ok(()) } else { Err(unsupported(vm, "not readable")) }
}

/// Where the first line among the waiting characters ends, if it does: the place behind its end.
fn line_end(state: &State, from: usize, ended: bool) -> Option<usize> {
    let waiting = &state.waiting;
    let mut at = from;
    while let Some(&point) = waiting.get(at) {
        match (state.newline, point) {
            (Newline::Universal | Newline::Kept | Newline::Lf, LF) => return Some(at + 1),
            (Newline::Universal | Newline::Kept, CR) => match waiting.get(at + 1) {
                Some(&LF) => return Some(at + 2),
                Some(_) => return Some(at + 1),
                None => return ended.then_some(at + 1),
            },
            (Newline::Cr, CR) => return Some(at + 1),
            (Newline::CrLf, CR) if waiting.get(at + 1) == Some(&LF) => return Some(at + 2),
            _ => at += 1,
        }
    }
    None
}

fn read_line(vm: Vm<'_>, this: &Value, limit: Option<usize>) -> PyResult<Vec<u32>> {
    let buffer = open_buffer(vm, this)?;
    let payload = this.receiver::<PyTextIo>();
    hand_on(vm, payload, &buffer)?;
    let mut ended = false;
    loop {
        let line = payload.state.with_mut(|state| {
            let end = line_end(state, state.start, ended);
            let available = state.waiting.len() - state.start;
            let whole = match end {
                Some(end) => Some(end),
                None if ended || limit.is_some_and(|limit| available > limit) => {
                    Some(state.waiting.len())
                }
                None => None,
            }?;
            let stop = limit.map_or(whole, |limit| whole.min(state.start.saturating_add(limit)));
            let rest = state.waiting.split_off(stop);
            let line = take_characters(state, usize::MAX, true);
            state.waiting = rest;
            state.start = 0;
            Some(line)
        });
        if let Some(line) = line {
            return Ok(line);
        }
        ended = !fill(vm, payload, &buffer)?;
    }
}

fn readline(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let limit = size_argument(vm, args)?;
    to_str(vm, read_line(vm, this, limit)?)
}

fn next_line(vm: Vm<'_>, this: &Value) -> PyResult<Option<Value>> {
    if this.class().is(TEXT_IO_WRAPPER.get()) {
        let line = read_line(vm, this, None)?;
        return if line.is_empty() { Ok(None) } else { to_str(vm, line).map(Some) };
    }
    let line = vm.call_method(this, &vm.names().readline, &[])?;
    if vm.is_true(&line)? { Ok(Some(line)) } else { Ok(None) }
}

fn close(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let buffer = buffer_of(vm, this)?;
    let closed = vm.get_attr(&buffer, &vm.names().closed)?;
    if vm.is_true(&closed)? {
        return Ok(Value::NONE);
    }
    let flushed = vm.call_method(this, &vm.names().flush, &[]);
    match flushed {
        Ok(_) => vm.call_method(&buffer, &vm.names().close, &[]),
        Err(raised) => {
            let error = vm.take(raised);
            vm.call_method(&buffer, &vm.names().close, &[])?;
            Err(vm.restore(error))
        }
    }
}

fn detach(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let buffer = buffer_of(vm, this)?;
    vm.call_method(this, &vm.names().flush, &[])?;
    let payload = this.receiver::<PyTextIo>();
    payload.buffer.set(None);
    payload.detached.set(true);
    Ok(buffer)
}

fn reconfigure(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    let payload = this.receiver::<PyTextIo>();
    vm.call_method(this, &vm.names().flush, &[])?;
    let encoding = text_argument(vm, "encoding", args.keyword("encoding"))?;
    let errors = text_argument(vm, "errors", args.keyword("errors"))?;
    if encoding.is_some() || errors.is_some() {
        let (old_encoding, old_errors) =
            payload.state.with(|state| (state.encoding.clone(), state.errors.clone()));
        let errors =
            errors.unwrap_or(if encoding.is_some() { "strict".to_owned() } else { old_errors });
        set_codec(vm, payload, &encoding.unwrap_or(old_encoding), &errors)?;
    }
    if let Some(newline) = args.keyword("newline") {
        let newline = newline_of(vm, Some(newline))?;
        payload.state.with_mut(|state| state.newline = newline);
    }
    if let Some(flag) = args.keyword("line_buffering").filter(|flag| !flag.is_none()) {
        let flag = vm.is_true(flag)?;
        payload.state.with_mut(|state| state.line_buffering = flag);
    }
    if let Some(flag) = args.keyword("write_through").filter(|flag| !flag.is_none()) {
        let flag = vm.is_true(flag)?;
        payload.state.with_mut(|state| state.write_through = flag);
    }
    Ok(Value::NONE)
}

fn forward(vm: Vm<'_>, this: &Value, method: &str) -> PyResult<Value> {
    let buffer = buffer_of(vm, this)?;
    vm.call_method(&buffer, &vm.intern(method), &[])
}

fn fileno(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    forward(vm, this, "fileno")
}

fn seekable(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    forward(vm, this, "seekable")
}

fn readable(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    forward(vm, this, "readable")
}

fn writable(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    forward(vm, this, "writable")
}

fn isatty(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    forward(vm, this, "isatty")
}

fn tell(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let buffer = open_buffer(vm, this)?;
    let payload = this.receiver::<PyTextIo>();
    flush(vm, this)?;
    let position = vm.call_method(&buffer, &vm.intern("tell"), &[])?;
    let (waiting, undecoded) = payload.state.with(|state| {
        let waiting = state.waiting.get(state.start..).unwrap_or_default().to_vec();
        (waiting, state.undecoded.len())
    });
    let ahead = if waiting.is_empty() {
        0
    } else {
        let text = to_str(vm, waiting)?;
        encode(vm, payload, &text)?.len()
    };
    let back = i64::try_from(ahead + undecoded).unwrap_or(0);
    Ok(int::from_i64(vm, number::as_i64(vm, &position)? - back))
}

fn seek(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "seek", args.len(), 1, 2)?;
    let buffer = open_buffer(vm, this)?;
    let whence = args.get(1).map_or(Ok(0), |whence| number::as_i64(vm, whence))?;
    let seekable = vm.call_method(&buffer, &vm.intern("seekable"), &[])?;
    if !vm.is_true(&seekable)? {
        return Err(unsupported(vm, "underlying stream is not seekable"));
    }
    let mut target = number::index(vm, &args[0])?;
    let is_zero = target.as_small_int() == Some(0);
    match whence {
        0 => {
            if target.as_small_int().is_some_and(|position| position < 0) {
                let shown = vm.repr(&target)?.to_rust_string();
                return Err(vm.value_error(format!("negative seek position {shown}")));
            }
        }
        1 if !is_zero => return Err(unsupported(vm, "can't do nonzero cur-relative seeks")),
        1 => target = tell(vm, this)?,
        2 if !is_zero => return Err(unsupported(vm, "can't do nonzero end-relative seeks")),
        2 => {}
        _ => return Err(vm.value_error(format!("invalid whence ({whence}, should be 0, 1 or 2)"))),
    }
    flush(vm, this)?;
    let payload = this.receiver::<PyTextIo>();
    payload.state.with_mut(|state| {
        state.waiting.clear();
        state.start = 0;
        state.undecoded.clear();
        state.at_end = false;
    });
    if let Some(decoder) = payload.decoder.get() {
        vm.call_method(&decoder, &vm.intern("reset"), &[])?;
    }
    let mode = if whence == 2 { 2 } else { 0 };
    vm.call_method(&buffer, &vm.names().seek, &[target, Value::small_int_unchecked(mode)])
}

fn truncate(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "truncate", args.len(), 0, 1)?;
    flush(vm, this)?;
    let buffer = open_buffer(vm, this)?;
    vm.call_method(&buffer, &vm.intern("truncate"), args)
}

fn get_encoding(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let encoding = this.receiver::<PyTextIo>().state.with(|state| state.encoding.clone());
    Ok(PyStr::new_value(vm, &encoding))
}

fn get_errors(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let errors = this.receiver::<PyTextIo>().state.with(|state| state.errors.clone());
    Ok(PyStr::new_value(vm, &errors))
}

fn get_newlines(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let (seen, newline) =
        this.receiver::<PyTextIo>().state.with(|state| (state.seen, state.newline));
    if !matches!(newline, Newline::Universal | Newline::Kept) {
        return Ok(Value::NONE);
    }
    let kinds: Vec<Value> = [(2, "\r"), (1, "\n"), (4, "\r\n")]
        .into_iter()
        .filter(|(bit, _)| seen & bit != 0)
        .map(|(_, text)| PyStr::new_value(vm, text))
        .collect();
    match kinds.as_slice() {
        [] => Ok(Value::NONE),
        [only] => Ok(only.clone()),
        several => Ok(PyTuple::new_value(vm, several)),
    }
}

fn get_buffer(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.receiver::<PyTextIo>().buffer.get().unwrap_or(Value::NONE))
}

fn get_closed(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let buffer = buffer_of(vm, this)?;
    vm.get_attr(&buffer, &vm.names().closed)
}

fn get_name(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let buffer = buffer_of(vm, this)?;
    vm.get_attr(&buffer, &vm.names().name)
}

fn get_line_buffering(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let flag = this.receiver::<PyTextIo>().state.with(|state| state.line_buffering);
    Ok(Value::from_bool(flag))
}

fn get_write_through(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let flag = this.receiver::<PyTextIo>().state.with(|state| state.write_through);
    Ok(Value::from_bool(flag))
}

fn get_chunk_size(_vm: Vm<'_>, _this: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(CHUNK))
}

/// The chunk size is fixed; a valid one is accepted for programs that tune it.
fn set_chunk_size(vm: Vm<'_>, _this: &Value, value: Option<&Value>) -> PyResult<()> {
    match value {
        Some(size) if number::as_i64(vm, size)? > 0 => Ok(()),
        Some(_) => Err(vm.value_error("a strictly positive integer is required")),
        None => Err(vm.error(&exc::ATTRIBUTE_ERROR, "cannot delete attribute")),
    }
}

fn text_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let class = this.class().name();
    let mut text = format!("<{class}");
    if let Ok(buffer) = buffer_of(vm, this).map_err(|raised| vm.clear(raised)) {
        if let Some(name) = vm.get_attr_opt(&buffer, &vm.names().name)? {
            text.push_str(" name=");
            text.push_str(&vm.repr(&name)?.to_rust_string());
        }
        if let Some(mode) = vm.get_attr_opt(this, &vm.names().mode)? {
            text.push_str(" mode=");
            text.push_str(&vm.repr(&mode)?.to_rust_string());
        }
    }
    let encoding = this.receiver::<PyTextIo>().state.with(|state| state.encoding.clone());
    text.push_str(&format!(" encoding='{encoding}'>"));
    Ok(PyStr::try_new(vm, &text)?.into_value())
}
