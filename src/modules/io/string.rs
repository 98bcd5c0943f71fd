//! `StringIO`: a stream of characters in memory.

use std::cell::Cell;

use base::wstr::WStr;
use objects::core::args::{Args, check_count};
use objects::core::errors::PyResult;
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
use objects::types::str::storage::{self, Characters};
use objects::types::str::{PyStr, STR};
use objects::types::tuple::PyTuple;
use objects::{getset, methods, no_references, payload};

use super::newline::seen_value;
use super::newlines::Newlines;
use super::pickling;
use super::stream::{self, TEXT_IO_BASE, size_argument, unsupported};

/// The characters, and what becomes of newlines.
pub(super) struct Contents {
    points: Vec<u32>,
    /// The ends of lines that have been written, where any may be; with `newline=None` they become `\n`.
    newlines: Option<Newlines>,
    /// The argument `newline`.
    newline: Option<&'static str>,
    /// What `\n` becomes when written.
    line_end: &'static str,
    /// Whether `\r` ends a line when read.
    splits_cr: bool,
}

impl Default for Contents {
    fn default() -> Self {
        Self {
            points: Vec::new(),
            newlines: None,
            newline: Some("\n"),
            line_end: "\n",
            splits_cr: false,
        }
    }
}

no_references!(Contents);

payload! {
    /// The payload of a text stream in memory.
    pub struct PyStringIo: STRING_IO {
        contents: GilCell<Contents>,
        position: Cell<usize>,
        closed: Cell<bool>,
    }
}

/// `_io.StringIO`
pub(super) static STRING_IO: StaticType = StaticType::new::<PyStringIo>();

/// The spec of `StringIO`.
pub(super) const STRING_IO_SPEC: TypeSpec = TypeSpec {
    name: "_io.StringIO",
    doc: Some(
        "StringIO(initial_value='', newline='\\n')\n--\n\nText I/O implementation using an in-memory buffer.",
    ),
    base: Some(&TEXT_IO_BASE),
    flags: stream::FLAGS,
    slots: &[Slot::New(string_new), Slot::Init(string_init), Slot::Iternext(next_line)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    ["read"] "($self, size=-1, /)" Positional(read);
    ["readline"] "($self, size=-1, /)" Positional(readline);
    ["write"] "($self, s, /)" One(write);
    ["seek"] "($self, pos, whence=0, /)" Positional(seek);
    ["tell"] "($self, /)" None(tell);
    ["truncate"] "($self, pos=None, /)" Positional(truncate);
    ["getvalue"] "($self, /)" None(getvalue);
    ["close"] "($self, /)" None(close);
    ["flush"] "($self, /)" None(flush);
    ["readable"] "($self, /)" None(yes);
    ["writable"] "($self, /)" None(yes);
    ["seekable"] "($self, /)" None(yes);
    ["__getstate__"] "($self, /)" None(getstate);
    ["__setstate__"] "($self, state, /)" One(setstate);
}

getset! { GETSET:
    ["closed"] get_closed;
    ["newlines"] get_newlines;
    ["line_buffering"] get_line_buffering;
}

fn string_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    let payload = PyStringIo {
        contents: GilCell::default(),
        position: Cell::new(0),
        closed: Cell::new(false),
    };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn string_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    static SIGNATURE: LazySignature = LazySignature::new("(initial_value='', newline='\\n')");
    let given = SIGNATURE.bind(vm, "StringIO", args)?;
    let mut contents = Contents::default();
    match given.get(1) {
        None => {}
        Some(newline) if newline.is_none() => {
            contents.newline = None;
            contents.newlines = Some(Newlines::new(true));
            contents.splits_cr = true;
        }
        Some(newline) => {
            let Some(text) = newline.downcast::<PyStr>() else {
                return Err(vm.type_error(format!(
                    "newline must be str or None, not {}",
                    newline.class().name()
                )));
            };
            match text.to_rust_string().as_str() {
                "" => {
                    contents.newline = Some("");
                    contents.newlines = Some(Newlines::new(false));
                    contents.splits_cr = true;
                }
                "\n" => {}
                "\r" => {
                    contents.newline = Some("\r");
                    contents.line_end = "\r";
                }
                "\r\n" => {
                    contents.newline = Some("\r\n");
                    contents.line_end = "\r\n";
                }
                _ => {
                    let shown = vm.repr(newline)?.to_rust_string();
                    return Err(vm.value_error(format!("illegal newline value: {shown}")));
                }
            }
        }
    }
    let payload = this.receiver::<PyStringIo>();
    payload.contents.set(contents);
    payload.position.set(0);
    payload.closed.set(false);
    if let Some(initial) = given.get(0).filter(|value| !value.is_none()) {
        let Some(text) = initial.downcast::<PyStr>() else {
            return Err(vm.type_error(format!(
                "initial_value must be str or None, not {}",
                initial.class().name()
            )));
        };
        append(vm, payload, text)?;
        payload.position.set(0);
    }
    Ok(())
}

fn open<'v>(vm: Vm<'_>, this: &'v Value) -> PyResult<&'v Py<PyStringIo>> {
    let payload = this.receiver::<PyStringIo>();
    if payload.closed.get() {
        return Err(vm.value_error("I/O operation on closed file"));
    }
    Ok(payload)
}

const LF: u32 = 0x0a;
const CR: u32 = 0x0d;

/// The characters of a text as they are stored: newlines translated.
fn translated(contents: &mut Contents, text: &Py<PyStr>) -> Vec<u32> {
    let text = text.to_wtf8().into_owned();
    let text = match &mut contents.newlines {
        Some(newlines) => newlines.push(text, true),
        None => text,
    };
    let points = WStr::from_wtf8(&text).unwrap_or_default();
    let mut translated = Vec::with_capacity(text.len());
    for point in points.points() {
        match point {
            LF => translated.extend(contents.line_end.bytes().map(u32::from)),
            other => translated.push(other),
        }
    }
    translated
}

fn append(vm: Vm<'_>, payload: &Py<PyStringIo>, text: &Py<PyStr>) -> PyResult<()> {
    let start = payload.position.get();
    let end = payload.contents.with_mut(|contents| {
        if contents.newlines.is_some() || contents.line_end != "\n" {
            let points = translated(contents, text);
            return overwrite(&mut contents.points, start, points.len(), points);
        }
        let (all, count) = (&mut contents.points, text.len());
        match storage::characters(text) {
            Characters::One(text) => overwrite(all, start, count, text.iter().map(|&c| c.into())),
            Characters::Two(text) => overwrite(all, start, count, text.iter().map(|&c| c.into())),
            Characters::Four(text) => overwrite(all, start, count, text.iter().copied()),
        }
    });
    match end {
        Some(end) => {
            payload.position.set(end);
            Ok(())
        }
        None => Err(vm.memory_error()),
    }
}

/// Puts `count` characters at `start`, behind zeros where the text ends before; where they end. None without memory.
fn overwrite(
    all: &mut Vec<u32>,
    start: usize,
    count: usize,
    new: impl IntoIterator<Item = u32>,
) -> Option<usize> {
    let end = start.checked_add(count)?;
    all.try_reserve(end.saturating_sub(all.len())).ok()?;
    if start >= all.len() {
        all.resize(start, 0);
        all.extend(new);
        return Some(end);
    }
    if end > all.len() {
        all.resize(end, 0);
    }
    for (place, point) in all.get_mut(start..end)?.iter_mut().zip(new) {
        *place = point;
    }
    Some(end)
}

fn write(vm: Vm<'_>, this: &Value, text: &Value) -> PyResult<Value> {
    let Some(string) = text.downcast::<PyStr>() else {
        return Err(
            vm.type_error(format!("string argument expected, got '{}'", text.class().name()))
        );
    };
    let payload = open(vm, this)?;
    if !string.is_empty() {
        append(vm, payload, string)?;
    }
    Ok(Value::from_usize(string.len()))
}

fn to_str(vm: Vm<'_>, points: &[u32]) -> PyResult<Value> {
    let text = match points {
        [] => storage::empty(vm),
        [point] => storage::from_point(vm, *point)?,
        points => storage::from_code_points(vm, STR.get(), points)?,
    };
    Ok(text.into_value())
}

/// Takes the characters from the position on to where `end` says, and goes behind them. None when there are none.
fn take(
    vm: Vm<'_>,
    payload: &PyStringIo,
    end: impl FnOnce(&[u32], &Contents) -> usize,
) -> PyResult<Option<Value>> {
    let start = payload.position.get();
    payload.contents.with(|contents| {
        let rest = contents.points.get(start..).unwrap_or_default();
        let part = rest.get(..end(rest, contents)).unwrap_or_default();
        if part.is_empty() {
            return Ok(None);
        }
        let text = to_str(vm, part)?;
        payload.position.set(start + part.len());
        Ok(Some(text))
    })
}

fn read(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let size = size_argument(vm, args)?;
    let payload = open(vm, this)?;
    let part = take(vm, payload, |rest, _| size.map_or(rest.len(), |size| size.min(rest.len())))?;
    Ok(part.unwrap_or_else(|| storage::empty(vm).into_value()))
}

/// Where the first line of `rest` ends.
fn line_end(rest: &[u32], contents: &Contents) -> usize {
    if contents.line_end != "\n" {
        let end: Vec<u32> = contents.line_end.bytes().map(u32::from).collect();
        let found = rest.windows(end.len()).position(|window| window == end);
        return found.map_or(rest.len(), |at| at + end.len());
    }
    if !contents.splits_cr {
        return rest.iter().position(|&point| point == LF).map_or(rest.len(), |at| at + 1);
    }
    for (index, &point) in rest.iter().enumerate() {
        if point == LF {
            return index + 1;
        }
        if point == CR {
            return if rest.get(index + 1) == Some(&LF) { index + 2 } else { index + 1 };
        }
    }
    rest.len()
}

fn line(vm: Vm<'_>, payload: &PyStringIo, limit: Option<usize>) -> PyResult<Option<Value>> {
    take(vm, payload, |rest, contents| {
        let end = line_end(rest, contents);
        limit.map_or(end, |limit| end.min(limit))
    })
}

fn readline(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let limit = size_argument(vm, args)?;
    let line = line(vm, open(vm, this)?, limit)?;
    Ok(line.unwrap_or_else(|| storage::empty(vm).into_value()))
}

fn next_line(vm: Vm<'_>, this: &Value) -> PyResult<Option<Value>> {
    line(vm, open(vm, this)?, None)
}

fn seek(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "seek", args.len(), 1, 2)?;
    let payload = open(vm, this)?;
    let offset = number::as_i64(vm, &args[0])?;
    let whence = args.get(1).map_or(Ok(0), |whence| number::as_i64(vm, whence))?;
    let target = match whence {
        0 => match usize::try_from(offset) {
            Ok(target) => target,
            Err(_) => return Err(vm.value_error(format!("Negative seek position {offset}"))),
        },
        1 | 2 if offset != 0 => return Err(unsupported(vm, "Can't do nonzero cur-relative seeks")),
        1 => payload.position.get(),
        2 => payload.contents.with(|contents| contents.points.len()),
        _ => {
            return Err(vm.value_error(format!("Invalid whence ({whence}, should be 0, 1 or 2)")));
        }
    };
    payload.position.set(target);
    Ok(Value::from_usize(target))
}

fn tell(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(open(vm, this)?.position.get()))
}

fn truncate(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "truncate", args.len(), 0, 1)?;
    let payload = open(vm, this)?;
    let size = match args.first().filter(|size| !size.is_none()) {
        Some(size) => {
            let size = number::as_i64(vm, size)?;
            match usize::try_from(size) {
                Ok(size) => size,
                Err(_) => return Err(vm.value_error(format!("Negative size value {size}"))),
            }
        }
        None => payload.position.get(),
    };
    payload.contents.with_mut(|contents| contents.points.truncate(size));
    Ok(Value::from_usize(size))
}

fn getvalue(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    open(vm, this)?.contents.with(|contents| to_str(vm, &contents.points))
}

fn close(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let payload = this.receiver::<PyStringIo>();
    payload.closed.set(true);
    payload.contents.with_mut(|contents| contents.points = Vec::new());
    Ok(Value::NONE)
}

fn flush(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    open(vm, this)?;
    Ok(Value::NONE)
}

fn yes(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    open(vm, this)?;
    Ok(Value::TRUE)
}

fn getstate(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let (value, position) = (getvalue(vm, this)?, tell(vm, this)?);
    let newline = this.receiver::<PyStringIo>().contents.with(|contents| contents.newline);
    let newline = newline.map_or(Value::NONE, |newline| PyStr::new_value(vm, newline));
    Ok(PyTuple::new_value(vm, &[value, newline, position, pickling::attributes(vm, this)?]))
}

fn setstate(vm: Vm<'_>, this: &Value, state: &Value) -> PyResult<Value> {
    open(vm, this)?;
    let [initial, newline, position, attributes, ..] = pickling::parts(vm, this, state, 4)? else {
        return Err(vm.system_error("a state has been counted"));
    };
    string_init(vm, this, Args::positional_only(&[initial.clone(), newline.clone()]))?;
    // The text of a state has had its newlines translated.
    let payload = this.receiver::<PyStringIo>();
    let text = initial.downcast::<PyStr>();
    let points = text.map(|text| storage::point_vec(vm, text)).transpose()?.unwrap_or_default();
    payload.contents.with_mut(|contents| contents.points = points);
    let message = "third item of state must be an integer, got";
    payload.position.set(pickling::position(vm, position, message)?);
    pickling::set_attributes(vm, this, attributes, "fourth")?;
    Ok(Value::NONE)
}

fn get_closed(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this.receiver::<PyStringIo>().closed.get()))
}

fn get_newlines(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let newlines = open(vm, this)?.contents.with(|contents| contents.newlines);
    Ok(newlines.map_or(Value::NONE, |newlines| seen_value(vm, newlines)))
}

fn get_line_buffering(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    open(vm, this)?;
    Ok(Value::FALSE)
}
