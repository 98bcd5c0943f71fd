//! Error handlers: the built-in ones by name, all others through the registry.

use base::unicode;

use super::Input;
use super::registry;
use crate::core::errors::{PyResult, Raised};
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::{buffer, number};
use crate::types::exceptions;
use crate::types::exceptions::hierarchy as exc;
use crate::types::str::builder::Builder;
use crate::types::str::{PyStr, storage};
use crate::types::tuple::PyTuple;

/// What is done about an error.
#[derive(Clone, Debug)]
pub enum Errors {
    /// Raise.
    Strict,
    /// Leave out.
    Ignore,
    /// A question mark, or U+FFFD.
    Replace,
    /// A Python escape.
    BackslashReplace,
    /// A surrogate for each byte.
    SurrogateEscape,
    /// Surrogates as they are.
    SurrogatePass,
    /// An XML character reference.
    XmlCharRefReplace,
    /// `\N{...}`, or what was registered.
    Named(PyRef<PyStr>),
}

impl Errors {
    /// The handler of a name; `strict` for None.
    #[must_use]
    pub fn of(name: Option<&Py<PyStr>>) -> Self {
        let Some(name) = name else { return Self::Strict };
        match name.as_ascii() {
            Some("strict") => Self::Strict,
            Some("ignore") => Self::Ignore,
            Some("replace") => Self::Replace,
            Some("backslashreplace") => Self::BackslashReplace,
            Some("surrogateescape") => Self::SurrogateEscape,
            Some("surrogatepass") => Self::SurrogatePass,
            Some("xmlcharrefreplace") => Self::XmlCharRefReplace,
            _ => Self::Named(name.to_ref()),
        }
    }
}

/// Where and why decoding failed.
#[derive(Clone, Copy)]
pub struct DecodeError<'a> {
    /// The codec's name.
    pub encoding: &'a str,
    /// The first wrong byte.
    pub start: usize,
    /// One past the last.
    pub end: usize,
    /// Why.
    pub reason: &'a str,
}

/// A UnicodeDecodeError.
pub fn decode_exception(vm: Vm<'_>, input: &Input, error: DecodeError<'_>) -> Value {
    exceptions::unicode::decode_error(
        vm,
        error.encoding,
        &input.object(),
        error.start,
        error.end,
        error.reason,
    )
}

/// Raises UnicodeDecodeError.
pub fn raise_decode(vm: Vm<'_>, input: &Input, error: DecodeError<'_>) -> Raised {
    vm.raise(decode_exception(vm, input, error))
}

/// Lets the handler answer a decoding error: appends its replacement and gives the place to go on from.
///
/// # Errors
/// The error itself, or what the handler raises.
pub fn handle_decode(
    vm: Vm<'_>,
    errors: &Errors,
    input: &Input,
    error: DecodeError<'_>,
    out: &mut Builder<'_>,
) -> PyResult<usize> {
    let wrong = input.bytes().get(error.start..error.end).unwrap_or_default();
    match errors {
        Errors::Ignore => Ok(error.end),
        Errors::Replace => {
            out.push(0xfffd)?;
            Ok(error.end)
        }
        Errors::BackslashReplace => {
            for byte in wrong {
                out.push_text(&format!("\\x{byte:02x}"))?;
            }
            Ok(error.end)
        }
        Errors::SurrogateEscape if wrong.first().is_some_and(|&byte| byte >= 0x80) => {
            let mut end = error.start;
            for &byte in wrong.iter().take_while(|&&byte| byte >= 0x80) {
                out.push(0xdc00 + u32::from(byte))?;
                end += 1;
            }
            Ok(end)
        }
        Errors::SurrogatePass => match surrogate_at(error.encoding, input.bytes(), error.start) {
            Some((point, width)) => {
                out.push(point)?;
                Ok(error.start + width)
            }
            None => Err(raise_decode(vm, input, error)),
        },
        Errors::Named(name) => {
            let exception = decode_exception(vm, input, error);
            let handler = registry::error_handler(vm, name)?;
            let (replacement, end) =
                call_handler(vm, &handler, exception, input.bytes().len(), "decoding")?;
            match replacement.downcast::<PyStr>() {
                Some(text) => out.push_str(text)?,
                None => {
                    return Err(
                        vm.type_error("decoding error handler must return (str, int) tuple")
                    );
                }
            }
            Ok(end)
        }
        Errors::Strict | Errors::SurrogateEscape | Errors::XmlCharRefReplace => {
            if matches!(errors, Errors::XmlCharRefReplace) {
                return Err(
                    vm.type_error("don't know how to handle UnicodeDecodeError in error callback")
                );
            }
            Err(raise_decode(vm, input, error))
        }
    }
}

/// The surrogate that is encoded at `at`, and its width in bytes.
fn surrogate_at(encoding: &str, bytes: &[u8], at: usize) -> Option<(u32, usize)> {
    let rest = bytes.get(at..)?;
    let (point, width) = match encoding {
        "utf-8" => {
            let &[a, b, c, ..] = rest else { return None };
            let shape = a & 0xf0 == 0xe0 && b & 0xc0 == 0x80 && c & 0xc0 == 0x80;
            let point = u32::from(a & 15) << 12 | u32::from(b & 0x3f) << 6 | u32::from(c & 0x3f);
            shape.then_some((point, 3))?
        }
        "utf-16-le" => (u32::from(u16::from_le_bytes(*rest.first_chunk()?)), 2),
        "utf-16-be" => (u32::from(u16::from_be_bytes(*rest.first_chunk()?)), 2),
        "utf-32-le" => (u32::from_le_bytes(*rest.first_chunk()?), 4),
        "utf-32-be" => (u32::from_be_bytes(*rest.first_chunk()?), 4),
        _ => return None,
    };
    (0xd800..=0xdfff).contains(&point).then_some((point, width))
}

/// Calls a registered handler; the second half of its answer is made a place in the text.
fn call_handler(
    vm: Vm<'_>,
    handler: &Value,
    exception: Value,
    length: usize,
    what: &str,
) -> PyResult<(Value, usize)> {
    let answer = vm.call(handler, &[exception])?;
    let kind = if what == "decoding" { "str" } else { "str/bytes" };
    let wrong = || vm.type_error(format!("{what} error handler must return ({kind}, int) tuple"));
    let Some(pair) = answer.downcast::<PyTuple>() else { return Err(wrong()) };
    let [replacement, place] = pair.items() else { return Err(wrong()) };
    if !number::is_int(place) {
        return Err(wrong());
    }
    let place = number::as_isize(vm, place)?;
    let position = if place < 0 {
        length.checked_sub(place.unsigned_abs())
    } else {
        Some(place.unsigned_abs()).filter(|&at| at <= length)
    };
    match position {
        Some(position) => Ok((replacement.clone(), position)),
        None => Err(vm.index_error(format!("position {place} from error handler out of bounds"))),
    }
}

/// Where and why encoding failed.
#[derive(Clone, Copy)]
pub struct EncodeError<'a> {
    /// The codec's name.
    pub encoding: &'a str,
    /// The first character that cannot be encoded.
    pub start: usize,
    /// One past the last.
    pub end: usize,
    /// Why.
    pub reason: &'a str,
}

/// What stands for characters that cannot be encoded.
pub enum Replacement {
    /// Text, to be encoded.
    Text(Vec<u32>),
    /// Bytes as they are.
    Bytes(Vec<u8>),
}

/// A UnicodeEncodeError.
pub fn encode_exception(vm: Vm<'_>, text: &Py<PyStr>, error: EncodeError<'_>) -> Value {
    exceptions::unicode::encode_error(
        vm,
        error.encoding,
        &text.to_ref().into_value(),
        error.start,
        error.end,
        error.reason,
    )
}

/// Raises UnicodeEncodeError.
pub fn raise_encode(vm: Vm<'_>, text: &Py<PyStr>, error: EncodeError<'_>) -> Raised {
    vm.raise(encode_exception(vm, text, error))
}

/// Lets the handler answer an encoding error: its replacement, and the character to go on from.
///
/// # Errors
/// The error itself, or what the handler raises.
pub fn handle_encode(
    vm: Vm<'_>,
    errors: &Errors,
    text: &Py<PyStr>,
    error: EncodeError<'_>,
) -> PyResult<(Replacement, usize)> {
    let wrong = || (error.start..error.end).filter_map(|at| storage::char_at(text, at));
    let replacement = match errors {
        Errors::Ignore => Replacement::Text(Vec::new()),
        Errors::Replace => Replacement::Text(wrong().map(|_| u32::from(b'?')).collect()),
        Errors::BackslashReplace => {
            let mut escaped = String::new();
            wrong().for_each(|point| base::escape::push_hex_escape(&mut escaped, point));
            Replacement::Text(escaped.chars().map(u32::from).collect())
        }
        Errors::XmlCharRefReplace => {
            let escaped: String = wrong().map(|point| format!("&#{point};")).collect();
            Replacement::Text(escaped.chars().map(u32::from).collect())
        }
        Errors::SurrogateEscape => {
            let mut bytes = Vec::new();
            for point in wrong() {
                match point {
                    0xdc80..=0xdcff => bytes.push((point & 0xff) as u8),
                    _ => break,
                }
            }
            if bytes.is_empty() {
                return Err(raise_encode(vm, text, error));
            }
            let end = error.start + bytes.len();
            return Ok((Replacement::Bytes(bytes), end));
        }
        Errors::SurrogatePass => {
            let mut bytes = Vec::new();
            for point in wrong() {
                if !push_surrogate(error.encoding, point, &mut bytes) {
                    return Err(raise_encode(vm, text, error));
                }
            }
            Replacement::Bytes(bytes)
        }
        Errors::Strict => return Err(raise_encode(vm, text, error)),
        Errors::Named(name) => {
            let exception = encode_exception(vm, text, error);
            let handler = registry::error_handler(vm, name)?;
            let (replacement, end) = call_handler(vm, &handler, exception, text.len(), "encoding")?;
            if let Some(text) = replacement.downcast::<PyStr>() {
                return Ok((Replacement::Text(storage::point_vec(vm, text)?), end));
            }
            if !buffer::has_buffer(&replacement) {
                return Err(
                    vm.type_error("encoding error handler must return (str/bytes, int) tuple")
                );
            }
            let bytes = buffer::bytes_like(vm, &replacement)?.to_vec();
            return Ok((Replacement::Bytes(bytes), end));
        }
    };
    Ok((replacement, error.end))
}

#[expect(clippy::cast_possible_truncation, reason = "a surrogate has 16 bits")]
fn push_surrogate(encoding: &str, point: u32, out: &mut Vec<u8>) -> bool {
    if !(0xd800..=0xdfff).contains(&point) {
        return false;
    }
    match encoding {
        "utf-8" => base::wstr::push_wtf8(out, point),
        "utf-16-le" | "utf-16" => out.extend((point as u16).to_le_bytes()),
        "utf-16-be" => out.extend((point as u16).to_be_bytes()),
        "utf-32-le" | "utf-32" => out.extend(point.to_le_bytes()),
        "utf-32-be" => out.extend(point.to_be_bytes()),
        _ => return false,
    }
    true
}

/// What a handler function of the `codecs` module is asked about: an exception's fields.
struct Asked {
    kind: AskedKind,
    start: usize,
    end: usize,
    object: Value,
    encoding: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AskedKind {
    Encode,
    Decode,
    Translate,
}

fn ask(vm: Vm<'_>, exception: &Value) -> PyResult<Asked> {
    let is = |class: &'static crate::core::type_object::StaticType| {
        exception.class().is_subtype(class.get())
    };
    let kind = if is(&exc::UNICODE_ENCODE_ERROR) {
        AskedKind::Encode
    } else if is(&exc::UNICODE_DECODE_ERROR) {
        AskedKind::Decode
    } else if is(&exc::UNICODE_TRANSLATE_ERROR) {
        AskedKind::Translate
    } else {
        return Err(unknown(vm, exception));
    };
    let object = vm.get_attr_str(exception, "object")?;
    let length = match object.downcast::<PyStr>() {
        Some(text) => text.len(),
        None => buffer::bytes_like(vm, &object)?.len(),
    };
    let place = |name: &str| -> PyResult<isize> {
        number::as_isize(vm, &vm.get_attr_str(exception, name)?)
    };
    let start = usize::try_from(place("start")?).unwrap_or(0).min(length.saturating_sub(1));
    let end = usize::try_from(place("end")?).unwrap_or(0).clamp(1.min(length), length);
    let encoding = if kind == AskedKind::Translate {
        String::new()
    } else {
        vm.str(&vm.get_attr_str(exception, "encoding")?)?.to_rust_string()
    };
    Ok(Asked { kind, start, end, object, encoding })
}

fn unknown(vm: Vm<'_>, exception: &Value) -> Raised {
    vm.type_error(format!(
        "don't know how to handle {} in error callback",
        exception.class().name()
    ))
}

fn answer(vm: Vm<'_>, text: Value, end: usize) -> Value {
    PyTuple::new_value(vm, &[text, Value::from_usize(end)])
}

/// The function behind `codecs.lookup_error(name)` for a built-in handler.
///
/// # Errors
/// The exception itself, or TypeError for one of another kind.
pub fn run_builtin_handler(vm: Vm<'_>, errors: &Errors, exception: &Value) -> PyResult<Value> {
    if matches!(errors, Errors::Strict) {
        if !exception.class().is_subtype(exc::BASE_EXCEPTION.get()) {
            return Err(vm.type_error("codec must pass exception instance"));
        }
        return Err(vm.raise(exception.clone()));
    }
    let asked = ask(vm, exception)?;
    if let Errors::Named(_) = errors {
        return name_replace(vm, &asked, exception);
    }
    match asked.kind {
        AskedKind::Decode => {
            let input = Input::new(vm, &asked.object)?;
            let mut out = Builder::new(vm);
            let error = DecodeError {
                encoding: canonical(&asked.encoding),
                start: asked.start,
                end: asked.end,
                reason: "",
            };
            if matches!(errors, Errors::SurrogateEscape | Errors::SurrogatePass) {
                return match handle_decode(vm, errors, &input, error, &mut out) {
                    Ok(end) => Ok(answer(vm, out.finish()?.into_value(), end)),
                    Err(raised) => {
                        vm.clear(raised);
                        Err(vm.raise(exception.clone()))
                    }
                };
            }
            let end = handle_decode(vm, errors, &input, error, &mut out)?;
            Ok(answer(vm, out.finish()?.into_value(), end))
        }
        AskedKind::Translate if matches!(errors, Errors::Replace) => {
            let mut out = Builder::new(vm);
            out.push_repeated(0xfffd, asked.end.saturating_sub(asked.start))?;
            Ok(answer(vm, out.finish()?.into_value(), asked.end))
        }
        AskedKind::Translate
            if matches!(
                errors,
                Errors::XmlCharRefReplace | Errors::SurrogateEscape | Errors::SurrogatePass
            ) =>
        {
            Err(unknown(vm, exception))
        }
        AskedKind::Encode | AskedKind::Translate => {
            let Some(text) = asked.object.downcast::<PyStr>() else {
                return Err(vm.type_error("object attribute must be str"));
            };
            let error = EncodeError {
                encoding: canonical(&asked.encoding),
                start: asked.start,
                end: asked.end,
                reason: "",
            };
            match handle_encode(vm, errors, text, error) {
                Ok((Replacement::Text(points), end)) => {
                    let text =
                        storage::from_code_points(vm, crate::types::str::STR.get(), &points)?;
                    Ok(answer(vm, text.into_value(), end))
                }
                Ok((Replacement::Bytes(bytes), end)) => {
                    let bytes = crate::types::bytes::PyBytes::try_new_value(vm, &bytes)?;
                    Ok(answer(vm, bytes, end))
                }
                Err(raised) => {
                    vm.clear(raised);
                    Err(vm.raise(exception.clone()))
                }
            }
        }
    }
}

/// A codec's name as the surrogate handlers know it.
fn canonical(encoding: &str) -> &'static str {
    let plain: String = encoding.to_ascii_lowercase().replace(['_', '-', ' '], "");
    match plain.as_str() {
        "utf8" | "cp65001" => "utf-8",
        "utf16" | "utf16le" => "utf-16-le",
        "utf16be" => "utf-16-be",
        "utf32" | "utf32le" => "utf-32-le",
        "utf32be" => "utf-32-be",
        _ => "",
    }
}

fn name_replace(vm: Vm<'_>, asked: &Asked, exception: &Value) -> PyResult<Value> {
    if asked.kind != AskedKind::Encode {
        return Err(unknown(vm, exception));
    }
    let Some(text) = asked.object.downcast::<PyStr>() else {
        return Err(vm.type_error("object attribute must be str"));
    };
    let mut out = String::new();
    for point in (asked.start..asked.end).filter_map(|at| storage::char_at(text, at)) {
        match unicode::names::name(point) {
            Some(name) => {
                out.push_str("\\N{");
                out.push_str(&name);
                out.push('}');
            }
            None => base::escape::push_hex_escape(&mut out, point),
        }
    }
    Ok(answer(vm, PyStr::try_new(vm, &out)?.into_value(), asked.end))
}

crate::methods! { HANDLERS:
    /// Raise the error.
    ["strict_errors"] "($self, object, /)" One(strict_errors);
    /// Leave out what cannot be converted.
    ["ignore_errors"] "($self, object, /)" One(ignore_errors);
    /// Put a replacement for what cannot be converted.
    ["replace_errors"] "($self, object, /)" One(replace_errors);
    /// Put XML character references for what cannot be encoded.
    ["xmlcharrefreplace_errors"] "($self, object, /)" One(xmlcharrefreplace_errors);
    /// Put backslash escapes for what cannot be converted.
    ["backslashreplace_errors"] "($self, object, /)" One(backslashreplace_errors);
    /// Put `\N{...}` escapes for what cannot be encoded.
    ["namereplace_errors"] "($self, object, /)" One(namereplace_errors);
    /// Convert surrogates as they are.
    ["surrogatepass"] "($self, object, /)" One(surrogatepass);
    /// Convert undecodable bytes to surrogates and back.
    ["surrogateescape"] "($self, object, /)" One(surrogateescape);
}

/// The names under which the built-in handlers are known, in the order of their table.
const HANDLER_NAMES: [&str; 8] = [
    "strict",
    "ignore",
    "replace",
    "xmlcharrefreplace",
    "backslashreplace",
    "namereplace",
    "surrogatepass",
    "surrogateescape",
];

/// The function of a built-in handler.
#[must_use]
pub(super) fn builtin_handler(vm: Vm<'_>, name: &Py<PyStr>) -> Option<Value> {
    let nth = HANDLER_NAMES.iter().position(|known| name.is_text(known))?;
    let row = HANDLERS.get(nth)?;
    Some(crate::types::builtin_function::PyBuiltinFunction::new_value(vm, row, Value::NULL, None))
}

/// Whether a name is a built-in handler's.
#[must_use]
pub fn is_builtin_handler(name: &Py<PyStr>) -> bool {
    HANDLER_NAMES.iter().any(|known| name.is_text(known))
}

fn strict_errors(vm: Vm<'_>, _this: &Value, exception: &Value) -> PyResult<Value> {
    run_builtin_handler(vm, &Errors::Strict, exception)
}

fn ignore_errors(vm: Vm<'_>, _this: &Value, exception: &Value) -> PyResult<Value> {
    run_builtin_handler(vm, &Errors::Ignore, exception)
}

fn replace_errors(vm: Vm<'_>, _this: &Value, exception: &Value) -> PyResult<Value> {
    run_builtin_handler(vm, &Errors::Replace, exception)
}

fn xmlcharrefreplace_errors(vm: Vm<'_>, _this: &Value, exception: &Value) -> PyResult<Value> {
    run_builtin_handler(vm, &Errors::XmlCharRefReplace, exception)
}

fn backslashreplace_errors(vm: Vm<'_>, _this: &Value, exception: &Value) -> PyResult<Value> {
    run_builtin_handler(vm, &Errors::BackslashReplace, exception)
}

fn namereplace_errors(vm: Vm<'_>, _this: &Value, exception: &Value) -> PyResult<Value> {
    let name = vm.intern("namereplace");
    run_builtin_handler(vm, &Errors::Named(name), exception)
}

fn surrogatepass(vm: Vm<'_>, _this: &Value, exception: &Value) -> PyResult<Value> {
    run_builtin_handler(vm, &Errors::SurrogatePass, exception)
}

fn surrogateescape(vm: Vm<'_>, _this: &Value, exception: &Value) -> PyResult<Value> {
    run_builtin_handler(vm, &Errors::SurrogateEscape, exception)
}
