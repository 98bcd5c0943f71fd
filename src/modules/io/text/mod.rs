//! `TextIOWrapper`: characters over a buffered stream of bytes.
//!
//! `codec.rs` decodes and encodes, `read.rs` and `write.rs` are the two directions, `position.rs` the way between. The text of
//! one chunk waits at a time, together with the bytes that it was made of: so the position of the reader is found by decoding
//! them again up to where the reader is.

pub(super) mod codec;
mod position;
mod read;
mod write;

use std::cell::Cell;

use objects::core::args::Args;
use objects::core::errors::{PyResult, Raised};
use objects::core::gil_cell::GilCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::TypeSpec;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::exceptions::hierarchy as exc;
use objects::types::str::PyStr;
use objects::{getset, methods, no_references, payload};

use super::newline::seen_value;
use super::newlines::Newlines;
use super::stream::{self, TEXT_IO_BASE};
use codec::Codec;

/// Bytes that wait before they are handed to the buffer.
const CHUNK: usize = 8192;

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

struct State {
    encoding: String,
    errors: String,
    codec: Codec,
    newline: Newline,
    line_buffering: bool,
    write_through: bool,
    readable: bool,
    writable: bool,
    /// How many bytes are asked of the buffer at once.
    chunk_size: usize,
    /// The state of universal newlines, where the stream reads any end of line.
    newlines: Option<Newlines>,
    /// Bytes read and not yet decoded: an unfinished character.
    undecoded: Vec<u8>,
    /// The decoded text of the last chunk, as WTF-8; handed out up to `start`.
    waiting: Vec<u8>,
    start: usize,
    /// How the last chunk came about, for `tell`; none where nobody can tell.
    snapshot: Option<Snapshot>,
    /// Iterating keeps no positions: `tell` refuses.
    iterating: bool,
    /// Encoded bytes not yet handed to the buffer.
    pending: Vec<u8>,
}

/// What the decoder had before the last chunk.
#[derive(Clone, Default)]
struct Snapshot {
    /// Its flags, with the kept-back `\r` as the lowest bit where newlines are universal.
    flags: i64,
    /// The bytes that it kept, and the chunk.
    bytes: Vec<u8>,
    /// How many bytes of the chunk made how many characters.
    ratio: (usize, usize),
}

no_references!(State);

impl State {
    fn set_newline(&mut self, newline: Newline) {
        self.newline = newline;
        self.newlines = match newline {
            Newline::Universal => Some(Newlines::new(true)),
            Newline::Kept => Some(Newlines::new(false)),
            Newline::Lf | Newline::Cr | Newline::CrLf => None,
        };
    }

    /// Forgets what was read ahead.
    fn forget_waiting(&mut self) {
        self.waiting.clear();
        self.start = 0;
        self.undecoded.clear();
        self.snapshot = None;
        if let Some(newlines) = &mut self.newlines {
            newlines.pending = false;
        }
    }
}

impl Default for State {
    fn default() -> Self {
        Self {
            encoding: "utf-8".to_owned(),
            errors: "strict".to_owned(),
            codec: Codec::Utf8,
            newline: Newline::Universal,
            newlines: Some(Newlines::new(true)),
            readable: true,
            writable: true,
            chunk_size: CHUNK,
            line_buffering: false,
            write_through: false,
            undecoded: Vec::new(),
            waiting: Vec::new(),
            start: 0,
            snapshot: None,
            iterating: false,
            pending: Vec::new(),
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
    doc: Some(
        "TextIOWrapper(buffer, encoding=None, errors=None, newline=None,\n              line_buffering=False, write_through=False)\n--\n\nCharacter and line based layer over a BufferedIOBase object, buffer.",
    ),
    base: Some(&TEXT_IO_BASE),
    flags: stream::FLAGS,
    slots: &[
        Slot::New(text_new),
        Slot::Init(text_init),
        Slot::Repr(text_repr),
        Slot::Iternext(read::next_line),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    ["detach"] "($self, /)" None(detach);
    ["reconfigure"] "($self, /, *, encoding=None, errors=None, newline=None, line_buffering=None, write_through=None)" Any(reconfigure);
    ["write"] "($self, text, /)" One(write::write);
    ["read"] "($self, size=-1, /)" Positional(read::read);
    ["readline"] "($self, size=-1, /)" Positional(read::readline);
    ["flush"] "($self, /)" None(write::flush);
    ["close"] "($self, /)" None(close);
    ["fileno"] "($self, /)" None(fileno);
    ["seekable"] "($self, /)" None(seekable);
    ["readable"] "($self, /)" None(readable);
    ["writable"] "($self, /)" None(writable);
    ["isatty"] "($self, /)" None(isatty);
    ["seek"] "($self, cookie, whence=os.SEEK_SET, /)" Positional(position::seek);
    ["tell"] "($self, /)" None(position::tell);
    ["truncate"] "($self, pos=None, /)" Positional(position::truncate);
}

getset! { GETSET:
    member ["encoding"] get_encoding;
    ["errors"] get_errors;
    ["newlines"] get_newlines;
    ["buffer"] get_buffer;
    ["closed"] get_closed;
    ["name"] get_name;
    member ["line_buffering"] get_line_buffering;
    member ["write_through"] get_write_through;
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
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
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
    static SIGNATURE: LazySignature = LazySignature::new(
        "(buffer, encoding=None, errors=None, newline=None, line_buffering=False, write_through=False)",
    );
    let given = SIGNATURE.bind(vm, "TextIOWrapper", args)?;
    let buffer = given.required(0);
    let encoding = text_argument(vm, "encoding", given.get(1))?;
    let errors = text_argument(vm, "errors", given.get(2))?;
    let newline = newline_of(vm, given.get(3))?;
    let line_buffering = given.get(4).map_or(Ok(false), |flag| vm.is_true(flag))?;
    let write_through = given.get(5).map_or(Ok(false), |flag| vm.is_true(flag))?;
    if encoding.is_none() {
        super::warn_default_encoding(vm, 1)?;
    }
    // The locale's name of the encoding, as `nl_langinfo(CODESET)` spells it.
    let encoding = encoding.filter(|name| name != "locale").unwrap_or_else(|| "UTF-8".to_owned());
    let errors = errors.unwrap_or_else(|| "strict".to_owned());
    let payload = this.receiver::<PyTextIo>();
    codec::set(vm, payload, &encoding, &errors)?;
    let ask = |question: &str| -> PyResult<bool> {
        vm.is_true(&vm.call_method(buffer, &vm.intern(question), &[])?)
    };
    let (readable, writable) = (ask("readable")?, ask("writable")?);
    // What is appended to a stream begins with no mark.
    if writable && payload.encoder.get().is_some() && ask("seekable")? {
        let start = vm.call_method(buffer, &vm.intern("tell"), &[])?;
        if start.as_small_int() != Some(0) {
            position::reset_encoder(vm, payload, false)?;
        }
    }
    payload.state.with_mut(|state| {
        (state.readable, state.writable) = (readable, writable);
        state.set_newline(newline);
        state.line_buffering = line_buffering;
        state.write_through = write_through;
    });
    payload.buffer.set(Some(buffer.clone()));
    payload.detached.set(false);
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

fn close(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let buffer = buffer_of(vm, this)?;
    let closed = vm.get_attr(&buffer, &vm.names().closed)?;
    if vm.is_true(&closed)? {
        return Ok(Value::NONE);
    }
    let flushed = vm.call_method(this, &vm.names().flush, &[]);
    stream::then_close(vm, flushed, || vm.call_method(&buffer, &vm.names().close, &[]))
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
        codec::set(vm, payload, &encoding.unwrap_or(old_encoding), &errors)?;
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

fn get_encoding(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let encoding = this.receiver::<PyTextIo>().state.with(|state| state.encoding.clone());
    Ok(PyStr::new_value(vm, &encoding))
}

fn get_errors(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let errors = this.receiver::<PyTextIo>().state.with(|state| state.errors.clone());
    Ok(PyStr::new_value(vm, &errors))
}

fn get_newlines(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let newlines = this.receiver::<PyTextIo>().state.with(|state| state.newlines);
    Ok(newlines.map_or(Value::NONE, |newlines| seen_value(vm, newlines)))
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

fn get_chunk_size(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(this.receiver::<PyTextIo>().state.with(|state| state.chunk_size)))
}

fn set_chunk_size(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    let Some(size) = value else {
        return Err(vm.error(&exc::ATTRIBUTE_ERROR, "cannot delete attribute"));
    };
    match usize::try_from(number::as_i64(vm, size)?) {
        Ok(size) if size > 0 => {
            this.receiver::<PyTextIo>().state.with_mut(|state| state.chunk_size = size);
            Ok(())
        }
        _ => Err(vm.value_error("a strictly positive integer is required")),
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
