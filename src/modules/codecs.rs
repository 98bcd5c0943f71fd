//! `_codecs`: the registry's functions and the codecs that are native.

use objects::core::args::{Bound, check_count};
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::{buffer, number};
use objects::types::bytes::PyBytes;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy::DEPRECATION_WARNING;
use objects::types::str::codec::utf16::{self, Order};
use objects::types::str::codec::{Builtin, Errors, Input, charmap, escape, registry, utf7, utf8};
use objects::types::str::codec::{encode_builtin, errors};
use objects::types::str::{PyStr, storage};
use objects::types::tuple::PyTuple;

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule =
    NativeModule { name: "_codecs", functions: FUNCTIONS, ..NativeModule::DEFAULT };

methods! { FUNCTIONS:
    /// Register a codec search function.
    ["register"] "($module, search_function, /)" One(register);
    /// Unregister a codec search function and clear the registry's cache.
    ["unregister"] "($module, search_function, /)" One(unregister);
    /// Looks up a codec tuple in the registry and returns a CodecInfo object.
    ["lookup"] "($module, encoding, /)" One(lookup);
    /// Encodes obj using the codec registered for encoding.
    ["encode"] "($module, /, obj, encoding='utf-8', errors='strict')" Bound(encode);
    /// Decodes obj using the codec registered for encoding.
    ["decode"] "($module, /, obj, encoding='utf-8', errors='strict')" Bound(decode);
    /// Register the specified error handler under the name errors.
    ["register_error"] "($module, errors, handler, /)" Positional(register_error);
    /// Un-register the specified error handler; true if there was one.
    ["_unregister_error"] "($module, errors, /)" One(unregister_error);
    /// Return the error handler for the specified name, or raise LookupError.
    ["lookup_error"] "($module, name, /)" One(lookup_error);
    ["ascii_encode"] "($module, str, errors=None, /)" Positional(ascii_encode);
    ["ascii_decode"] "($module, data, errors=None, /)" Positional(ascii_decode);
    ["latin_1_encode"] "($module, str, errors=None, /)" Positional(latin_1_encode);
    ["latin_1_decode"] "($module, data, errors=None, /)" Positional(latin_1_decode);
    ["utf_8_encode"] "($module, str, errors=None, /)" Positional(utf_8_encode);
    ["utf_8_decode"] "($module, data, errors=None, final=False, /)" Positional(utf_8_decode);
    ["utf_7_encode"] "($module, str, errors=None, /)" Positional(utf_7_encode);
    ["utf_7_decode"] "($module, data, errors=None, final=False, /)" Positional(utf_7_decode);
    ["utf_16_encode"] "($module, str, errors=None, byteorder=0, /)" Positional(utf_16_encode);
    ["utf_16_le_encode"] "($module, str, errors=None, /)" Positional(utf_16_le_encode);
    ["utf_16_be_encode"] "($module, str, errors=None, /)" Positional(utf_16_be_encode);
    ["utf_16_decode"] "($module, data, errors=None, final=False, /)" Positional(utf_16_decode);
    ["utf_16_le_decode"] "($module, data, errors=None, final=False, /)" Positional(utf_16_le_decode);
    ["utf_16_be_decode"] "($module, data, errors=None, final=False, /)" Positional(utf_16_be_decode);
    ["utf_16_ex_decode"] "($module, data, errors=None, byteorder=0, final=False,\n                 /)" Positional(utf_16_ex_decode);
    ["utf_32_encode"] "($module, str, errors=None, byteorder=0, /)" Positional(utf_32_encode);
    ["utf_32_le_encode"] "($module, str, errors=None, /)" Positional(utf_32_le_encode);
    ["utf_32_be_encode"] "($module, str, errors=None, /)" Positional(utf_32_be_encode);
    ["utf_32_decode"] "($module, data, errors=None, final=False, /)" Positional(utf_32_decode);
    ["utf_32_le_decode"] "($module, data, errors=None, final=False, /)" Positional(utf_32_le_decode);
    ["utf_32_be_decode"] "($module, data, errors=None, final=False, /)" Positional(utf_32_be_decode);
    ["utf_32_ex_decode"] "($module, data, errors=None, byteorder=0, final=False,\n                 /)" Positional(utf_32_ex_decode);
    ["unicode_escape_encode"] "($module, str, errors=None, /)" Positional(unicode_escape_encode);
    ["unicode_escape_decode"] "($module, data, errors=None, final=True, /)" Positional(unicode_escape_decode);
    ["raw_unicode_escape_encode"] "($module, str, errors=None, /)" Positional(raw_unicode_escape_encode);
    ["raw_unicode_escape_decode"] "($module, data, errors=None, final=True, /)" Positional(raw_unicode_escape_decode);
    ["escape_encode"] "($module, data, errors=None, /)" Positional(escape_encode);
    ["escape_decode"] "($module, data, errors=None, /)" Positional(escape_decode);
    ["charmap_build"] "($module, map, /)" One(charmap_build);
    ["charmap_encode"] "($module, str, errors=None, mapping=None, /)" Positional(charmap_encode);
    ["charmap_decode"] "($module, data, errors=None, mapping=None, /)" Positional(charmap_decode);
    ["readbuffer_encode"] "($module, data, errors=None, /)" Positional(readbuffer_encode);
}

fn register(vm: Vm<'_>, _module: &Value, function: &Value) -> PyResult<Value> {
    registry::register(vm, function).map(|()| Value::NONE)
}

fn unregister(vm: Vm<'_>, _module: &Value, function: &Value) -> PyResult<Value> {
    registry::unregister(vm, function).map(|()| Value::NONE)
}

fn text<'v>(vm: Vm<'_>, value: &'v Value, function: &str, place: &str) -> PyResult<&'v Py<PyStr>> {
    vm.expect_str(value, function, place)
}

fn lookup(vm: Vm<'_>, _module: &Value, name: &Value) -> PyResult<Value> {
    registry::lookup(vm, &text(vm, name, "lookup", "argument")?.to_rust_string())
}

fn options<'a>(
    vm: Vm<'_>,
    args: &Bound<'a>,
    function: &str,
) -> PyResult<(String, Option<&'a Py<PyStr>>)> {
    let name = match args.get(1) {
        Some(name) => text(vm, name, function, "argument 'encoding'")?.to_rust_string(),
        None => "utf-8".to_owned(),
    };
    let errors = args.get(2).map(|errors| text(vm, errors, function, "argument 'errors'"));
    Ok((name, errors.transpose()?))
}

fn encode(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let (name, errors) = options(vm, args, "encode")?;
    registry::encode(vm, args.required(0), &name, errors, false)
}

fn decode(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let (name, errors) = options(vm, args, "decode")?;
    registry::decode(vm, args.required(0), &name, errors, false)
}

fn register_error(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "register_error", args.len(), 2, 2)?;
    text(vm, &args[0], "register_error", "argument 1")?;
    registry::register_error(vm, &args[0], &args[1]).map(|()| Value::NONE)
}

fn unregister_error(vm: Vm<'_>, _module: &Value, name: &Value) -> PyResult<Value> {
    let name = text(vm, name, "_unregister_error", "argument")?;
    if errors::is_builtin_handler(name) {
        return Err(vm.value_error(format!(
            "cannot un-register built-in error handler '{}'",
            name.to_rust_string()
        )));
    }
    registry::unregister_error(vm, &name.to_ref()).map(Value::from_bool)
}

fn lookup_error(vm: Vm<'_>, _module: &Value, name: &Value) -> PyResult<Value> {
    registry::error_handler(vm, text(vm, name, "lookup_error", "argument")?)
}

/// A result and how much was used of what was given.
fn pair(vm: Vm<'_>, result: Value, used: usize) -> Value {
    PyTuple::new_value(vm, &[result, Value::from_usize(used)])
}

/// The argument `errors`.
fn errors_of(vm: Vm<'_>, args: &[Value], function: &str) -> PyResult<Errors> {
    match args.get(1).filter(|value| !value.is_none()) {
        None => Ok(Errors::Strict),
        Some(value) => match value.downcast::<PyStr>() {
            Some(name) => Ok(Errors::of(Some(name))),
            None => Err(vm.type_error(format!(
                "{function}() argument 2 must be str or None, not {}",
                vm.type_text(value)
            ))),
        },
    }
}

struct Encoding<'a> {
    text: &'a Py<PyStr>,
    errors: Errors,
}

fn to_encode<'a>(
    vm: Vm<'_>,
    args: &'a [Value],
    function: &str,
    max: usize,
) -> PyResult<Encoding<'a>> {
    check_count(vm, function, args.len(), 1, max)?;
    Ok(Encoding {
        text: text(vm, &args[0], function, "argument 1")?,
        errors: errors_of(vm, args, function)?,
    })
}

struct Decoding {
    input: Input,
    errors: Errors,
    is_final: bool,
}

fn to_decode(
    vm: Vm<'_>,
    args: &[Value],
    function: &str,
    final_at: usize,
    default: bool,
) -> PyResult<Decoding> {
    check_count(vm, function, args.len(), 1, final_at + 1)?;
    let is_final = args.get(final_at).map_or(Ok(default), |value| vm.is_true(value))?;
    let errors = errors_of(vm, args, function)?;
    Ok(Decoding { input: Input::new(vm, &args[0])?, errors, is_final })
}

/// As [`to_decode`], for codecs of escapes, which also take a str.
fn to_decode_text(vm: Vm<'_>, args: &[Value], function: &str) -> PyResult<Decoding> {
    let Some(text) = args.first().and_then(|value| value.downcast::<PyStr>()) else {
        return to_decode(vm, args, function, 2, true);
    };
    check_count(vm, function, args.len(), 1, 3)?;
    let utf8 = encode_builtin(vm, text, Builtin::Utf8, &Errors::Strict)?;
    let is_final = args.get(2).map_or(Ok(true), |value| vm.is_true(value))?;
    let errors = errors_of(vm, args, function)?;
    Ok(Decoding { input: Input::new(vm, &utf8)?, errors, is_final })
}

fn encode_with(vm: Vm<'_>, args: &[Value], function: &str, codec: Builtin) -> PyResult<Value> {
    let given = to_encode(vm, args, function, 2)?;
    let bytes = encode_builtin(vm, given.text, codec, &given.errors)?;
    Ok(pair(vm, bytes, given.text.len()))
}

macro_rules! encoders {
    ($($function:ident $codec:expr;)*) => {
        $(fn $function(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
            encode_with(vm, args, stringify!($function), $codec)
        })*
    };
}

encoders! {
    ascii_encode Builtin::Ascii;
    latin_1_encode Builtin::Latin1;
    utf_8_encode Builtin::Utf8;
    utf_16_le_encode Builtin::Utf16(Order::Little);
    utf_16_be_encode Builtin::Utf16(Order::Big);
    utf_32_le_encode Builtin::Utf32(Order::Little);
    utf_32_be_encode Builtin::Utf32(Order::Big);
}

/// The argument `byteorder`: 0 the machine's, with a mark.
fn order_of(vm: Vm<'_>, value: Option<&Value>) -> PyResult<Order> {
    let number = value.map_or(Ok(0), |value| number::as_i32(vm, value))?;
    Ok(match number {
        0 => Order::Native,
        n if n < 0 => Order::Little,
        _ => Order::Big,
    })
}

fn utf_16_encode(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let given = to_encode(vm, args, "utf_16_encode", 3)?;
    let order = order_of(vm, args.get(2))?;
    let bytes = encode_builtin(vm, given.text, Builtin::Utf16(order), &given.errors)?;
    Ok(pair(vm, bytes, given.text.len()))
}

fn utf_32_encode(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let given = to_encode(vm, args, "utf_32_encode", 3)?;
    let order = order_of(vm, args.get(2))?;
    let bytes = encode_builtin(vm, given.text, Builtin::Utf32(order), &given.errors)?;
    Ok(pair(vm, bytes, given.text.len()))
}

fn ascii_decode(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let given = to_decode(vm, args, "ascii_decode", 1, true)?;
    let (text, used) = utf8::decode_ascii(vm, &given.input, &given.errors)?;
    Ok(pair(vm, text.into_value(), used))
}

fn latin_1_decode(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let given = to_decode(vm, args, "latin_1_decode", 1, true)?;
    let bytes = given.input.bytes();
    let text = storage::make(vm, storage::Characters::One(bytes))?;
    Ok(pair(vm, text.into_value(), bytes.len()))
}

fn utf_8_decode(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let given = to_decode(vm, args, "utf_8_decode", 2, false)?;
    let (text, used) = utf8::decode(vm, &given.input, &given.errors, given.is_final)?;
    Ok(pair(vm, text.into_value(), used))
}

fn utf_7_encode(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let given = to_encode(vm, args, "utf_7_encode", 2)?;
    Ok(pair(vm, utf7::encode(vm, given.text)?, given.text.len()))
}

fn utf_7_decode(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let given = to_decode(vm, args, "utf_7_decode", 2, false)?;
    let (text, used) = utf7::decode(vm, &given.input, &given.errors, given.is_final)?;
    Ok(pair(vm, text.into_value(), used))
}

type DecodeUnits = fn(Vm<'_>, &Input, &Errors, Order, bool) -> PyResult<utf16::Decoded>;

fn decode_units(
    vm: Vm<'_>,
    args: &[Value],
    function: &str,
    order: Order,
    run: DecodeUnits,
) -> PyResult<Value> {
    let given = to_decode(vm, args, function, 2, false)?;
    let (text, used, _) = run(vm, &given.input, &given.errors, order, given.is_final)?;
    Ok(pair(vm, text.into_value(), used))
}

fn decode_units_ex(
    vm: Vm<'_>,
    args: &[Value],
    function: &str,
    run: DecodeUnits,
) -> PyResult<Value> {
    let given = to_decode(vm, args, function, 3, false)?;
    let order = order_of(vm, args.get(2))?;
    let (text, used, seen) = run(vm, &given.input, &given.errors, order, given.is_final)?;
    let seen = Value::small_int_unchecked(i64::from(seen));
    Ok(PyTuple::new_value(vm, &[text.into_value(), Value::from_usize(used), seen]))
}

macro_rules! unit_decoders {
    ($($function:ident $order:expr, $run:path;)*) => {
        $(fn $function(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
            decode_units(vm, args, stringify!($function), $order, $run)
        })*
    };
}

unit_decoders! {
    utf_16_decode Order::Native, utf16::decode16;
    utf_16_le_decode Order::Little, utf16::decode16;
    utf_16_be_decode Order::Big, utf16::decode16;
    utf_32_decode Order::Native, utf16::decode32;
    utf_32_le_decode Order::Little, utf16::decode32;
    utf_32_be_decode Order::Big, utf16::decode32;
}

fn utf_16_ex_decode(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    decode_units_ex(vm, args, "utf_16_ex_decode", utf16::decode16)
}

fn utf_32_ex_decode(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    decode_units_ex(vm, args, "utf_32_ex_decode", utf16::decode32)
}

fn unicode_escape_encode(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let given = to_encode(vm, args, "unicode_escape_encode", 2)?;
    Ok(pair(vm, escape::encode_unicode(vm, given.text)?, given.text.len()))
}

fn raw_unicode_escape_encode(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let given = to_encode(vm, args, "raw_unicode_escape_encode", 2)?;
    Ok(pair(vm, escape::encode_raw_unicode(vm, given.text)?, given.text.len()))
}

fn unicode_escape_decode(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let given = to_decode_text(vm, args, "unicode_escape_decode")?;
    let decoded = escape::decode_unicode(vm, &given.input, &given.errors, given.is_final)?;
    if let Some(at) = decoded.first_invalid {
        warn_escape(vm, given.input.bytes(), at)?;
    }
    Ok(pair(vm, decoded.text.into_value(), decoded.used))
}

/// The warning about a sequence that is no escape.
fn warn_escape(vm: Vm<'_>, bytes: &[u8], at: usize) -> PyResult<()> {
    let rest = bytes.get(at + 1..).unwrap_or_default();
    let digits: String = rest
        .iter()
        .take(3)
        .take_while(|b| matches!(b, b'0'..=b'7'))
        .map(|&b| char::from(b))
        .collect();
    let message = if digits.is_empty() {
        let letter = rest.first().map_or('?', |&b| char::from(b));
        format!("\"\\{letter}\" is an invalid escape sequence")
    } else {
        format!("\"\\{digits}\" is an invalid octal escape sequence")
    };
    crate::warnings::warn(vm, &DEPRECATION_WARNING, &message)
}

fn raw_unicode_escape_decode(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let given = to_decode_text(vm, args, "raw_unicode_escape_decode")?;
    let (text, used) = escape::decode_raw_unicode(vm, &given.input, &given.errors, given.is_final)?;
    Ok(pair(vm, text.into_value(), used))
}

fn escape_encode(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "escape_encode", args.len(), 1, 2)?;
    let Some(bytes) = args[0].downcast::<PyBytes>() else {
        return Err(vm.type_error(format!(
            "escape_encode() argument 1 must be bytes, not {}",
            vm.type_text(&args[0])
        )));
    };
    let mut out = String::new();
    base::escape::push_escaped_bytes(&mut out, bytes.as_slice(), '\'');
    Ok(pair(vm, PyBytes::try_new_value(vm, out.as_bytes())?, bytes.as_slice().len()))
}

fn escape_decode(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let given = to_decode_text(vm, args, "escape_decode")?;
    let bytes = given.input.bytes();
    let (out, invalid) = escape::decode_bytes(vm, bytes, &given.errors)?;
    if let Some(at) = invalid {
        warn_escape(vm, bytes, at)?;
    }
    Ok(pair(vm, PyBytes::try_new_value(vm, &out)?, bytes.len()))
}

/// The mapping of a table: from each character to its byte.
fn charmap_build(vm: Vm<'_>, _module: &Value, table: &Value) -> PyResult<Value> {
    let table = text(vm, table, "charmap_build", "argument")?;
    let mapping = PyDict::new_ref(vm).into_value();
    for (byte, point) in storage::points(table).take(256).enumerate() {
        if point != 0xfffe {
            let key = Value::small_int_unchecked(i64::from(point));
            vm.set_item(&mapping, &key, &Value::from_usize(byte))?;
        }
    }
    Ok(mapping)
}

fn charmap_encode(vm: Vm<'_>, module: &Value, args: &[Value]) -> PyResult<Value> {
    let Some(mapping) = args.get(2).filter(|mapping| !mapping.is_none()) else {
        return latin_1_encode(vm, module, args.get(..2).unwrap_or(args));
    };
    let given = to_encode(vm, args, "charmap_encode", 3)?;
    let bytes = charmap::encode(vm, given.text, &given.errors, mapping)?;
    Ok(pair(vm, bytes, given.text.len()))
}

fn charmap_decode(vm: Vm<'_>, module: &Value, args: &[Value]) -> PyResult<Value> {
    let Some(mapping) = args.get(2).filter(|mapping| !mapping.is_none()) else {
        return latin_1_decode(vm, module, args.get(..2).unwrap_or(args));
    };
    check_count(vm, "charmap_decode", args.len(), 1, 3)?;
    let errors = errors_of(vm, args, "charmap_decode")?;
    let input = Input::new(vm, &args[0])?;
    let text = charmap::decode(vm, &input, &errors, mapping)?;
    Ok(pair(vm, text.into_value(), input.bytes().len()))
}

fn readbuffer_encode(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "readbuffer_encode", args.len(), 1, 2)?;
    let bytes = match args[0].downcast::<PyStr>() {
        Some(text) => encode_builtin(vm, text, Builtin::Utf8, &Errors::Strict)?,
        None => {
            let bytes = buffer::bytes_like(vm, &args[0])?.to_vec();
            PyBytes::try_new(vm, &bytes).map(PyRef::into_value)?
        }
    };
    let used = bytes.downcast::<PyBytes>().map_or(0, |bytes| bytes.as_slice().len());
    Ok(pair(vm, bytes, used))
}
