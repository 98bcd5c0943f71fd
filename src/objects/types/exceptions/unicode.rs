//! `UnicodeEncodeError`, `UnicodeDecodeError`, `UnicodeTranslateError`.

use super::base::{payload_of, set_arguments};
use super::fields::{get, set};
use crate::core::args::Args;
use crate::core::errors::{PyResult, Raised};
use crate::core::slots::Slot;
use crate::core::type_object::StaticType;
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::getset;
use crate::protocol::number::index;
use crate::types::bytes::PyBytes;
use crate::types::int;
use crate::types::str::PyStr;
use crate::types::str::storage::char_at;

/// `UnicodeEncodeError`
pub static UNICODE_ENCODE_ERROR: StaticType = StaticType::inheriting();
/// `UnicodeDecodeError`
pub static UNICODE_DECODE_ERROR: StaticType = StaticType::inheriting();
/// `UnicodeTranslateError`
pub static UNICODE_TRANSLATE_ERROR: StaticType = StaticType::inheriting();

/// The fields.
pub mod number {
    /// `encoding`
    pub const ENCODING: usize = 0;
    /// `object`
    pub const OBJECT: usize = 1;
    /// `start`
    pub const START: usize = 2;
    /// `end`
    pub const END: usize = 3;
    /// `reason`
    pub const REASON: usize = 4;
}

use number::{ENCODING, END, OBJECT, REASON, START};

const FLAGS: u64 = spec_flags::BASETYPE | spec_flags::BASE_EXC_SUBCLASS;

/// The spec of `UnicodeEncodeError`.
pub const UNICODE_ENCODE_ERROR_SPEC: TypeSpec = TypeSpec {
    name: "UnicodeEncodeError",
    doc: Some("Unicode encoding error."),
    base: Some(&super::hierarchy::UNICODE_ERROR),
    flags: FLAGS,
    slots: &[Slot::Init(encode_init), Slot::Str(encode_str)],
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

/// The spec of `UnicodeDecodeError`.
pub const UNICODE_DECODE_ERROR_SPEC: TypeSpec = TypeSpec {
    name: "UnicodeDecodeError",
    doc: Some("Unicode decoding error."),
    base: Some(&super::hierarchy::UNICODE_ERROR),
    flags: FLAGS,
    slots: &[Slot::Init(decode_init), Slot::Str(decode_str)],
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

/// The spec of `UnicodeTranslateError`.
pub const UNICODE_TRANSLATE_ERROR_SPEC: TypeSpec = TypeSpec {
    name: "UnicodeTranslateError",
    doc: Some("Unicode translation error."),
    base: Some(&super::hierarchy::UNICODE_ERROR),
    flags: FLAGS,
    slots: &[Slot::Init(translate_init), Slot::Str(translate_str)],
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

getset! { GETSET:
    /// exception encoding
    member ["encoding"] get::<ENCODING>, set::<ENCODING>;
    /// exception object
    member ["object"] get::<OBJECT>, set::<OBJECT>;
    /// exception start
    member ["start"] get::<START>, set_place::<START>;
    /// exception end
    member ["end"] get::<END>, set_place::<END>;
    /// exception reason
    member ["reason"] get::<REASON>, set::<REASON>;
}

fn wrong(vm: Vm<'_>, place: usize, wanted: &str, got: &Value) -> Raised {
    vm.type_error(format!("argument {place} must be {wanted}, not {}", got.class().name()))
}

fn check_str(vm: Vm<'_>, place: usize, value: &Value) -> PyResult<()> {
    if value.downcast::<PyStr>().is_some() { Ok(()) } else { Err(wrong(vm, place, "str", value)) }
}

fn store(this: &Value, fields: &[(usize, Value)]) {
    for (field, value) in fields {
        payload_of(this).set_field(*field, Some(value.clone()));
    }
}

fn encode_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    super::base::no_keywords(vm, this, args)?;
    set_arguments(vm, this, args)?;
    crate::core::args::check_count(vm, "function", args.positional().len(), 5, 5)?;
    let [encoding, object, start, end, reason] = args.positional() else { return Ok(()) };
    check_str(vm, 1, encoding)?;
    check_str(vm, 2, object)?;
    check_str(vm, 5, reason)?;
    let (start, end) = (index(vm, start)?, index(vm, end)?);
    store(
        this,
        &[
            (ENCODING, encoding.clone()),
            (OBJECT, object.clone()),
            (START, start),
            (END, end),
            (REASON, reason.clone()),
        ],
    );
    Ok(())
}

fn decode_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    super::base::no_keywords(vm, this, args)?;
    set_arguments(vm, this, args)?;
    crate::core::args::check_count(vm, "function", args.positional().len(), 5, 5)?;
    let [encoding, object, start, end, reason] = args.positional() else { return Ok(()) };
    check_str(vm, 1, encoding)?;
    check_str(vm, 5, reason)?;
    let object = if object.downcast::<PyBytes>().is_some() {
        object.clone()
    } else {
        let buffer = crate::protocol::buffer::bytes_like(vm, object)?.to_vec();
        PyBytes::try_new(vm, &buffer)?.into_value()
    };
    let (start, end) = (index(vm, start)?, index(vm, end)?);
    store(
        this,
        &[
            (ENCODING, encoding.clone()),
            (OBJECT, object),
            (START, start),
            (END, end),
            (REASON, reason.clone()),
        ],
    );
    Ok(())
}

fn translate_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    super::base::no_keywords(vm, this, args)?;
    set_arguments(vm, this, args)?;
    crate::core::args::check_count(vm, "function", args.positional().len(), 4, 4)?;
    let [object, start, end, reason] = args.positional() else { return Ok(()) };
    check_str(vm, 1, object)?;
    check_str(vm, 4, reason)?;
    let (start, end) = (index(vm, start)?, index(vm, end)?);
    store(this, &[(OBJECT, object.clone()), (START, start), (END, end), (REASON, reason.clone())]);
    Ok(())
}

/// Start and end as they stand: they may have been set to anything.
fn range(this: &Value) -> (i64, i64) {
    let payload = payload_of(this);
    let number = |field| payload.field(field).and_then(|value| value.as_small_int()).unwrap_or(0);
    (number(START), number(END))
}

/// The place in an object of `length` items, if the error is about one that is there.
fn only_place(length: usize, (start, end): (i64, i64)) -> Option<usize> {
    usize::try_from(start).ok().filter(|&at| at < length && start.checked_add(1) == Some(end))
}

/// `start` or `end`, which must be an int.
fn set_place<const N: usize>(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    let Some(value) = value else {
        return Err(vm.type_error("can't delete numeric/char attribute"));
    };
    if !value.class().has_flags(spec_flags::LONG_SUBCLASS) {
        return Err(vm.type_error("an integer is required"));
    }
    let number = crate::protocol::number::as_ssize(vm, value)?;
    payload_of(this).set_field(N, Some(int::new(vm, number)));
    Ok(())
}

/// The object of an error, again: showing the reason may have changed it.
fn object_of(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    payload_of(this)
        .field(OBJECT)
        .ok_or_else(|| vm.type_error("UnicodeError 'object' attribute is not set"))
}

#[cold]
fn wrong_object(vm: Vm<'_>, wanted: &str) -> Raised {
    vm.type_error(format!("UnicodeError 'object' attribute must be a {wanted}"))
}

fn shown_char(character: u32) -> String {
    match character {
        0..=0xff => format!("'\\x{character:02x}'"),
        0x100..=0xffff => format!("'\\u{character:04x}'"),
        _ => format!("'\\U{character:08x}'"),
    }
}

fn field_text(vm: Vm<'_>, this: &Value, field: usize) -> PyResult<String> {
    super::fields::text(vm, payload_of(this).field(field).as_ref())
}

fn encode_str(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    if payload_of(this).field(OBJECT).is_none() {
        return Ok(PyStr::new_value(vm, ""));
    }
    let reason = field_text(vm, this, REASON)?;
    let encoding = field_text(vm, this, ENCODING)?;
    let object = object_of(vm, this)?;
    let Some(text) = object.downcast::<PyStr>() else { return Err(wrong_object(vm, "string")) };
    let (start, end) = range(this);
    let message = match only_place(text.len(), (start, end)) {
        Some(at) => {
            let shown = shown_char(char_at(text, at).unwrap_or(0));
            format!("'{encoding}' codec can't encode character {shown} in position {at}: {reason}")
        }
        None => {
            let last = end.saturating_sub(1);
            format!(
                "'{encoding}' codec can't encode characters in position {start}-{last}: {reason}"
            )
        }
    };
    Ok(PyStr::try_new(vm, &message)?.into_value())
}

fn decode_str(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    if payload_of(this).field(OBJECT).is_none() {
        return Ok(PyStr::new_value(vm, ""));
    }
    let reason = field_text(vm, this, REASON)?;
    let encoding = field_text(vm, this, ENCODING)?;
    let object = object_of(vm, this)?;
    let Some(bytes) = object.downcast::<PyBytes>() else { return Err(wrong_object(vm, "bytes")) };
    let bytes = bytes.as_slice();
    let (start, end) = range(this);
    let only = only_place(bytes.len(), (start, end)).and_then(|at| Some((at, bytes.get(at)?)));
    let message = match only {
        Some((at, byte)) => {
            format!("'{encoding}' codec can't decode byte 0x{byte:02x} in position {at}: {reason}")
        }
        None => {
            let last = end.saturating_sub(1);
            format!("'{encoding}' codec can't decode bytes in position {start}-{last}: {reason}")
        }
    };
    Ok(PyStr::try_new(vm, &message)?.into_value())
}

fn translate_str(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    if payload_of(this).field(OBJECT).is_none() {
        return Ok(PyStr::new_value(vm, ""));
    }
    let reason = field_text(vm, this, REASON)?;
    let object = object_of(vm, this)?;
    let Some(text) = object.downcast::<PyStr>() else { return Err(wrong_object(vm, "string")) };
    let (start, end) = range(this);
    let message = match only_place(text.len(), (start, end)) {
        Some(at) => {
            let shown = shown_char(char_at(text, at).unwrap_or(0));
            format!("can't translate character {shown} in position {at}: {reason}")
        }
        None => {
            let last = end.saturating_sub(1);
            format!("can't translate characters in position {start}-{last}: {reason}")
        }
    };
    Ok(PyStr::try_new(vm, &message)?.into_value())
}

/// UnicodeEncodeError for characters `start..end` of `object`.
#[cold]
pub fn encode_error(
    vm: Vm<'_>,
    encoding: &str,
    object: &Value,
    start: usize,
    end: usize,
    reason: &str,
) -> Value {
    let args = [
        PyStr::new_value(vm, encoding),
        object.clone(),
        Value::from_usize(start),
        Value::from_usize(end),
        PyStr::new_value(vm, reason),
    ];
    made(vm, &UNICODE_ENCODE_ERROR, &args)
}

/// UnicodeDecodeError for bytes `start..end` of `object`, a bytes object.
#[cold]
pub fn decode_error(
    vm: Vm<'_>,
    encoding: &str,
    object: &Value,
    start: usize,
    end: usize,
    reason: &str,
) -> Value {
    let args = [
        PyStr::new_value(vm, encoding),
        object.clone(),
        Value::from_usize(start),
        Value::from_usize(end),
        PyStr::new_value(vm, reason),
    ];
    made(vm, &UNICODE_DECODE_ERROR, &args)
}

fn made(vm: Vm<'_>, class: &'static StaticType, args: &[Value]) -> Value {
    let error = super::new(vm, class.get(), args);
    for (field, value) in [ENCODING, OBJECT, START, END, REASON].into_iter().zip(args) {
        payload_of(&error).set_field(field, Some(value.clone()));
    }
    error
}
