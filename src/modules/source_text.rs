//! Bytes to source text with the codec registry's help, and errors as a program that is a file shows them.

use objects::core::errors::{PyResult, Raised};
use objects::core::object::Py;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::bytes::PyBytes;
use objects::types::exceptions::base::payload_of;
use objects::types::exceptions::hierarchy as exc;
use objects::types::exceptions::syntax_error::number as field;
use objects::types::str::PyStr;
use objects::types::str::codec::registry;
use objects::types::tuple::PyTuple;
use syntax::error::{ErrorKind, Place, SyntaxError};
use syntax::source::{self, Origin, Undecoded};

use crate::builtins::raise_syntax_error;

/// Decodes a source as CPython does: declaration, byte order mark, universal newlines.
///
/// # Errors
/// SyntaxError.
pub fn decode(vm: Vm<'_>, bytes: &[u8], filename: &Value, is_file: bool) -> PyResult<String> {
    let name = filename.downcast::<PyStr>().map(Py::to_rust_string).unwrap_or_default();
    let origin = if is_file { Origin::File(&name) } else { Origin::Memory };
    match source::decode_from(bytes, origin) {
        Ok(text) => Ok(text),
        Err(Undecoded::Wrong { error, line, nameless }) => {
            let filename = if nameless { &Value::NONE } else { filename };
            Err(raise_in_line(vm, &error, line.as_deref(), filename))
        }
        Err(Undecoded::Line { name, part, line }) => {
            let part = bytes.get(part).unwrap_or_default();
            check_part(vm, part, &name, &line, filename)?;
            Err(vm.value_error("source text cannot be decoded"))
        }
        Err(Undecoded::Codec { name, start, reader_start, line }) => {
            if is_file {
                let head = bytes.get(start..reader_start).unwrap_or_default();
                check_part(vm, head, &name, &line, filename)?;
            }
            let start = if is_file { reader_start } else { start };
            by_codec(vm, bytes, &name, start, reader_start)
                .map_err(|raised| declaration(vm, raised, &name, filename, is_file))
        }
    }
}

/// Checks that lines of a file are in the encoding that it declares: those up to the declaration have been read before it was
/// known, and UTF-8 is read line by line.
fn check_part(
    vm: Vm<'_>,
    part: &[u8],
    name: &str,
    (line, number): &(String, i32),
    filename: &Value,
) -> PyResult<()> {
    if part.is_ascii() {
        return Ok(());
    }
    let Err(raised) = registry::decode(vm, &PyBytes::new_value(vm, part), name, None, true) else {
        return Ok(());
    };
    if !vm.raised_is(&raised, &exc::VALUE_ERROR) {
        return Err(declaration(vm, raised, name, filename, true));
    }
    let error = vm.take(raised);
    let message = format!("(unicode error) {}", vm.str(&error)?.to_rust_string());
    let place = Place::Exact { line: *number, offset: 0, end_line: *number, end_offset: 0 };
    let error = SyntaxError::of(ErrorKind::Syntax, message, place);
    Err(raise_in_line(vm, &error, Some(line), filename))
}

/// The text from `start` on by a registered codec; what stands before `start` is ASCII.
fn by_codec(
    vm: Vm<'_>,
    bytes: &[u8],
    name: &str,
    start: usize,
    reader_start: usize,
) -> PyResult<String> {
    let rest = bytes.get(start..).unwrap_or_default();
    let wide = name.to_ascii_lowercase().replace('_', "-");
    let marked = rest.starts_with(b"\xff\xfe") || rest.starts_with(b"\xfe\xff");
    if start == reader_start && !marked && matches!(wide.as_str(), "utf-16" | "utf-32") {
        let last = if wide == "utf-16" { 1 } else { 3 };
        return Err(vm.value_error(format!(
            "'{wide}' codec can't decode bytes in position 0-{last}: Stream does not start with BOM"
        )));
    }
    let input = PyBytes::new_value(vm, rest);
    let text = registry::decode(vm, &input, name, None, true)?;
    let Some(text) = text.downcast::<PyStr>() else {
        return Err(vm.type_error("decoder should return a string result"));
    };
    let head = String::from_utf8_lossy(bytes.get(..start).unwrap_or_default());
    let text = format!("{head}{}", text.to_rust_string());
    Ok(source::universal_newlines(&text).into_owned())
}

/// What a codec raised, as a SyntaxError of the declaration.
fn declaration(vm: Vm<'_>, raised: Raised, name: &str, filename: &Value, is_file: bool) -> Raised {
    let message = if vm.raised_is(&raised, &exc::LOOKUP_ERROR) {
        let error = vm.take(raised);
        let text = match vm.str(&error) {
            Ok(text) => text.to_rust_string(),
            Err(raised) => return raised,
        };
        match text.split_once(" is not a text encoding") {
            Some(_) if !is_file => text,
            Some((codec, _)) => format!("{codec} is not a text encoding"),
            None => format!("unknown encoding: {name}"),
        }
    } else if vm.raised_is(&raised, &exc::VALUE_ERROR) {
        let error = vm.take(raised);
        match vm.str(&error) {
            Ok(text) => text.to_rust_string(),
            Err(raised) => return raised,
        }
    } else {
        return raised;
    };
    raise_in_line(vm, &source::declaration_error(message), None, filename)
}

/// A SyntaxError whose source is not text as a whole: only its line is known.
fn raise_in_line(vm: Vm<'_>, error: &SyntaxError, line: Option<&str>, filename: &Value) -> Raised {
    let raised = raise_syntax_error(vm, error, "", filename);
    let exception = vm.take(raised);
    let payload = payload_of(&exception);
    if payload.field(field::LINENO).is_none() {
        return vm.raise(exception);
    }
    let shown = line.map_or(Value::NONE, |line| PyStr::new_value(vm, line));
    payload.set_field(field::TEXT, Some(shown));
    if line.is_none() {
        payload.set_field(field::END_LINENO, Some(Value::NONE));
        payload.set_field(field::END_OFFSET, Some(Value::NONE));
    }
    payload.set_field(field::METADATA, None);
    vm.raise(exception)
}

/// The same exception as CPython gives it for a program that it reads from a file: it keeps no source, and an
/// error at the end of the text has no column.
pub fn as_of_file(vm: Vm<'_>, raised: Raised, text: &str) -> Raised {
    if !vm.raised_is(&raised, &exc::SYNTAX_ERROR) {
        return raised;
    }
    let exception = vm.take(raised);
    let payload = payload_of(&exception);
    if let Some(metadata) = payload.field(field::METADATA)
        && let Some([line, column, _]) = metadata.downcast::<PyTuple>().map(Py::items)
    {
        let parts = [line.clone(), column.clone(), Value::NONE];
        payload.set_field(field::METADATA, Some(PyTuple::new_value(vm, &parts)));
    }
    let number = |index: usize| payload.field(index).and_then(|value| value.as_small_int());
    let message = payload.field(field::MSG);
    let message = message.as_ref().and_then(Value::downcast::<PyStr>).map(Py::to_rust_string);
    let last_line = text.lines().next_back().unwrap_or_default();
    let about_end = message.is_some_and(|message| {
        message.starts_with("expected ")
            || (message == "unexpected EOF while parsing" && last_line.trim_start() == "\\")
    });
    let last = i64::try_from(text.lines().count()).unwrap_or(i64::MAX);
    if about_end && number(field::END_OFFSET) == Some(-1) && number(field::LINENO) >= Some(last) {
        payload.set_field(field::OFFSET, Some(Value::small_int_unchecked(0)));
    }
    vm.raise(exception)
}
