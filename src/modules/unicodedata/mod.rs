//! `unicodedata`: properties of characters, names, normal forms.

mod normal;

use base::unicode::version_3_2::{self, Changes, Difference};
use base::unicode::{self, decomposition, names};
use objects::core::args::check_count;
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::exceptions::hierarchy::KEY_ERROR;
use objects::types::str::codec::{Errors, utf8};
use objects::types::str::storage::Kind;
use objects::types::str::{PyStr, storage};
use objects::types::{self, float_, module};
use objects::{getset, methods, payload};

use self::normal::Form;
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

payload! {
    /// The payload of a database of an earlier version: there is one, that of Unicode 3.2.
    struct PyDatabase: DATABASE {}
}

/// `unicodedata.UCD`
static DATABASE: StaticType = StaticType::new::<PyDatabase>();

const DATABASE_SPEC: TypeSpec = TypeSpec {
    name: "unicodedata.UCD",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    methods: FUNCTIONS,
    getset: VERSION,
    ..TypeSpec::DEFAULT
};

getset! { VERSION:
    ["unidata_version"] version;
}

fn version(vm: Vm<'_>, _this: &Value) -> PyResult<Value> {
    Ok(PyStr::new_value(vm, "3.2.0"))
}

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    types::ready(vm, &DATABASE, &DATABASE_SPEC)?;
    module::add(vm, target, "unidata_version", PyStr::new_value(vm, "16.0.0"));
    module::add(vm, target, "UCD", DATABASE.get().to_value());
    module::add(vm, target, "ucd_3_2_0", PyRef::new(vm, PyDatabase {}).into_value());
    Ok(())
}

/// Whether a function is asked as a method of the database of Unicode 3.2.
fn is_old(this: &Value) -> bool {
    this.downcast::<PyDatabase>().is_some()
}

/// A property of a character in the version that `this` stands for: `change` tells what it was before, if something else,
/// `unassigned` is what characters have that weren't there.
fn property<T>(
    this: &Value,
    point: u32,
    unassigned: T,
    change: impl FnOnce(Changes) -> Option<T>,
    now: impl FnOnce(u32) -> T,
) -> T {
    match version_3_2::difference(point).filter(|_| is_old(this)) {
        Some(Difference::Unassigned) => unassigned,
        Some(Difference::Changed(changes)) => change(changes).unwrap_or_else(|| now(point)),
        None => now(point),
    }
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

fn decimal(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    or_default(vm, args, "decimal", "not a decimal", |point| {
        property(this, point, None, |changes| changes.decimal, unicode::decimal_value).map(small)
    })
}

fn digit(vm: Vm<'_>, _this: &Value, args: &[Value]) -> PyResult<Value> {
    or_default(vm, args, "digit", "not a digit", |point| unicode::digit_value(point).map(small))
}

fn numeric(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    or_default(vm, args, "numeric", "not a numeric character", |point| {
        property(this, point, None, |changes| changes.numeric, unicode::numeric_value)
            .map(|number| float_::new(vm, number))
    })
}

fn name(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    or_default(vm, args, "name", "no such name", |point| {
        property(this, point, None, |_| None, names::name).map(|name| PyStr::new_value(vm, &name))
    })
}

fn category(vm: Vm<'_>, this: &Value, value: &Value) -> PyResult<Value> {
    let point = character(vm, value, "category", "argument")?;
    let category = property(this, point, "Cn", |changes| changes.category, unicode::category);
    Ok(PyStr::new_value(vm, category))
}

fn bidirectional(vm: Vm<'_>, this: &Value, value: &Value) -> PyResult<Value> {
    let point = character(vm, value, "bidirectional", "argument")?;
    let class = property(this, point, "", |changes| changes.bidirectional, unicode::bidirectional);
    Ok(PyStr::new_value(vm, class))
}

fn combining(vm: Vm<'_>, this: &Value, value: &Value) -> PyResult<Value> {
    let point = character(vm, value, "combining", "argument")?;
    Ok(small(property(this, point, 0, |_| None, unicode::combining)))
}

fn mirrored(vm: Vm<'_>, this: &Value, value: &Value) -> PyResult<Value> {
    let point = character(vm, value, "mirrored", "argument")?;
    let is_mirrored =
        property(this, point, false, |changes| changes.mirrored, unicode::is_mirrored);
    Ok(small(u8::from(is_mirrored)))
}

fn east_asian_width(vm: Vm<'_>, this: &Value, value: &Value) -> PyResult<Value> {
    let point = character(vm, value, "east_asian_width", "argument")?;
    let width = property(this, point, "N", |changes| changes.width, unicode::east_asian_width);
    Ok(PyStr::new_value(vm, width))
}

fn decomposition_of(vm: Vm<'_>, this: &Value, value: &Value) -> PyResult<Value> {
    let point = character(vm, value, "decomposition", "argument")?;
    let mapping = property(this, point, "", |_| None, decomposition::decomposition);
    Ok(PyStr::new_value(vm, mapping))
}

/// Longer names are not looked for.
const LONGEST_NAME: usize = 256;

fn lookup(vm: Vm<'_>, this: &Value, name: &Value) -> PyResult<Value> {
    let Some(text) = name.downcast::<PyStr>() else {
        let got = vm.type_text(name);
        return Err(vm.type_error(format!("a bytes-like object is required, not '{got}'")));
    };
    // Only to refuse what can't be written in UTF-8.
    utf8::encode(vm, text, &Errors::Strict)?;
    let text = text.to_rust_string();
    if text.len() > LONGEST_NAME {
        return Err(vm.error(&KEY_ERROR, "name too long"));
    }
    let point = if is_old(this) { names::lookup_name(&text) } else { names::lookup(&text) };
    if let Some(point) = point {
        return storage::from_point(vm, point).map(PyRef::into_value);
    }
    match names::sequence(&text).filter(|_| !is_old(this)) {
        Some(sequence) => Ok(PyStr::new_value(vm, &sequence)),
        None => Err(vm.error(&KEY_ERROR, format!("undefined character name '{text}'"))),
    }
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

fn form(vm: Vm<'_>, name: &str) -> PyResult<Form> {
    Form::of_name(name).ok_or_else(|| vm.value_error("invalid normalization form"))
}

fn normalize(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let (name, text) = arguments(vm, args, "normalize")?;
    let unchanged = || storage::slice(vm, text, 0, text.len()).map(PyRef::into_value);
    if text.is_empty() {
        return unchanged();
    }
    let form = form(vm, &name)?;
    if text.kind() == Kind::Ascii {
        return unchanged();
    }
    let points = normal::normalized(&storage::point_vec(vm, text)?, form, is_old(this));
    storage::make(vm, storage::Characters::Four(&points)).map(PyRef::into_value)
}

fn is_normalized(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let (name, text) = arguments(vm, args, "is_normalized")?;
    if text.is_empty() {
        return Ok(Value::TRUE);
    }
    let form = form(vm, &name)?;
    if text.kind() == Kind::Ascii {
        return Ok(Value::TRUE);
    }
    let points = storage::point_vec(vm, text)?;
    Ok(Value::from_bool(normal::normalized(&points, form, is_old(this)) == points))
}
