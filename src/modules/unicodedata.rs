//! `unicodedata`: properties of characters, names, normal forms.

use base::unicode::{self, decomposition, names};
use objects::core::args::check_count;
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::exceptions::hierarchy::KEY_ERROR;
use objects::types::str::storage::Kind;
use objects::types::str::{PyStr, storage};
use objects::types::{float_, module};
use unicode_normalization::UnicodeNormalization;

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "unicodedata",
    doc: Some("Properties of all characters, as the Unicode Character Database 16.0.0 has them."),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Returns the decimal value of the character, or the default.
    ["decimal"] "($self, chr, default=<unrepresentable>, /)" Positional(decimal);
    /// Returns the digit value of the character, or the default.
    ["digit"] "($self, chr, default=<unrepresentable>, /)" Positional(digit);
    /// Returns the numeric value of the character, or the default.
    ["numeric"] "($self, chr, default=<unrepresentable>, /)" Positional(numeric);
    /// Returns the general category.
    ["category"] "($self, chr, /)" One(category);
    /// Returns the bidirectional class, an empty string if there is none.
    ["bidirectional"] "($self, chr, /)" One(bidirectional);
    /// Returns the canonical combining class as integer.
    ["combining"] "($self, chr, /)" One(combining);
    /// Returns 1 if the character is mirrored in bidirectional text, else 0.
    ["mirrored"] "($self, chr, /)" One(mirrored);
    /// Returns the east asian width.
    ["east_asian_width"] "($self, chr, /)" One(east_asian_width);
    /// Returns the decomposition mapping, an empty string if there is none.
    ["decomposition"] "($self, chr, /)" One(decomposition_of);
    /// Returns the name of the character, or the default.
    ["name"] "($self, chr, default=<unrepresentable>, /)" Positional(name);
    /// Looks up a character by name.
    ["lookup"] "($self, name, /)" One(lookup);
    /// Return the normal form of the string.
    ["normalize"] "($self, form, unistr, /)" Positional(normalize);
    /// Return whether the string is in the normal form.
    ["is_normalized"] "($self, form, unistr, /)" Positional(is_normalized);
}

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    module::add(vm, target, "unidata_version", PyStr::new_value(vm, "16.0.0"));
    Ok(())
}

fn character(vm: Vm<'_>, value: &Value, function: &str, place: &str) -> PyResult<u32> {
    let Some(text) = value.downcast::<PyStr>() else {
        return Err(vm.type_error(format!(
            "{function}() {place} must be a unicode character, not {}",
            vm.type_text(value)
        )));
    };
    match storage::char_at(text, 0) {
        Some(point) if text.len() == 1 => Ok(point),
        _ => Err(vm.type_error(format!(
            "{function}(): {place} must be a unicode character, not a string of length {}",
            text.len()
        ))),
    }
}

/// The value of a character, or the default argument, or a ValueError.
fn or_default(
    vm: Vm<'_>,
    args: &[Value],
    function: &str,
    message: &str,
    value_of: impl FnOnce(u32) -> Option<Value>,
) -> PyResult<Value> {
    check_count(vm, function, args.len(), 1, 2)?;
    let point = character(vm, &args[0], function, "argument 1")?;
    match (value_of(point), args.get(1)) {
        (Some(value), _) => Ok(value),
        (None, Some(default)) => Ok(default.clone()),
        (None, None) => Err(vm.value_error(message)),
    }
}

fn small(number: u8) -> Value {
    Value::small_int_unchecked(i64::from(number))
}

fn decimal(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    or_default(vm, args, "decimal", "not a decimal", |point| {
        unicode::decimal_value(point).map(small)
    })
}

fn digit(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    or_default(vm, args, "digit", "not a digit", |point| unicode::digit_value(point).map(small))
}

fn numeric(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    or_default(vm, args, "numeric", "not a numeric character", |point| {
        unicode::numeric_value(point).map(|number| float_::new(vm, number))
    })
}

fn name(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    or_default(vm, args, "name", "no such name", |point| {
        names::name(point).map(|name| PyStr::new_value(vm, &name))
    })
}

fn category(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    let point = character(vm, value, "category", "argument")?;
    Ok(PyStr::new_value(vm, unicode::category(point)))
}

fn bidirectional(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    let point = character(vm, value, "bidirectional", "argument")?;
    Ok(PyStr::new_value(vm, unicode::bidirectional(point)))
}

fn combining(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    character(vm, value, "combining", "argument").map(|point| small(unicode::combining(point)))
}

fn mirrored(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    let point = character(vm, value, "mirrored", "argument")?;
    Ok(small(u8::from(unicode::is_mirrored(point))))
}

fn east_asian_width(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    let point = character(vm, value, "east_asian_width", "argument")?;
    Ok(PyStr::new_value(vm, unicode::east_asian_width(point)))
}

fn decomposition_of(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    let point = character(vm, value, "decomposition", "argument")?;
    Ok(PyStr::new_value(vm, decomposition::decomposition(point)))
}

fn lookup(vm: Vm<'_>, _module: &Value, name: &Value) -> PyResult<Value> {
    let text = vm.expect_str(name, "lookup", "argument")?.to_rust_string();
    match names::lookup(&text) {
        Some(point) => storage::from_point(vm, point).map(PyRef::into_value),
        None => Err(vm.error(&KEY_ERROR, format!("undefined character name '{text}'"))),
    }
}

/// The text in a normal form; lone surrogates stay where they are.
fn normalized(vm: Vm<'_>, form: &str, text: &Py<PyStr>) -> PyResult<Option<Vec<u32>>> {
    let points = storage::point_vec(vm, text)?;
    let mut out = Vec::new();
    for (nth, run) in points.split(|point| char::from_u32(*point).is_none()).enumerate() {
        if nth != 0 {
            // The surrogate that ended the run before.
            let at = out_of_runs(&points, nth);
            out.extend(points.get(at).copied());
        }
        let characters = run.iter().filter_map(|&point| char::from_u32(point));
        let push = |c: char| out.push(u32::from(c));
        match form {
            "NFC" => characters.nfc().for_each(push),
            "NFD" => characters.nfd().for_each(push),
            "NFKC" => characters.nfkc().for_each(push),
            "NFKD" => characters.nfkd().for_each(push),
            _ => return Ok(None),
        }
    }
    Ok(Some(out))
}

/// Where the surrogate number `nth`, from 1, stands.
fn out_of_runs(points: &[u32], nth: usize) -> usize {
    let mut surrogates =
        points.iter().enumerate().filter(|(_, point)| char::from_u32(**point).is_none());
    surrogates.nth(nth - 1).map_or(points.len(), |(at, _)| at)
}

fn arguments<'a>(
    vm: Vm<'_>,
    args: &'a [Value],
    function: &str,
) -> PyResult<(String, &'a Py<PyStr>)> {
    check_count(vm, function, args.len(), 2, 2)?;
    let form = vm.expect_str(&args[0], function, "argument 1")?.to_rust_string();
    Ok((form, vm.expect_str(&args[1], function, "argument 2")?))
}

fn normalize(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let (form, text) = arguments(vm, args, "normalize")?;
    if text.kind() == Kind::Ascii && form.starts_with("NF") {
        return Ok(args[1].clone());
    }
    match normalized(vm, &form, text)? {
        Some(points) => {
            storage::make(vm, storage::Characters::Four(&points)).map(PyRef::into_value)
        }
        None => Err(vm.value_error("invalid normalization form")),
    }
}

fn is_normalized(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let (form, text) = arguments(vm, args, "is_normalized")?;
    match normalized(vm, &form, text)? {
        Some(points) => Ok(Value::from_bool(storage::points(text).eq(points.iter().copied()))),
        None => Err(vm.value_error("invalid normalization form")),
    }
}
