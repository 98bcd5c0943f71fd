//! Values between Python and the database, and the adapters and converters that a program registers.

use std::sync::atomic::{AtomicBool, Ordering};

use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::type_object::{PyType, StaticType};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::buffer::{bytes_like, has_buffer};
use objects::types::bytes::{BYTEARRAY, PyBytes};
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy as exc;
use objects::types::str::codec::errors::Errors;
use objects::types::str::codec::{Builtin, decode_builtin, encode_builtin};
use objects::types::str::{PyStr, STR};
use objects::types::tuple::PyTuple;
use objects::types::{float_, int};

use super::errors::PROGRAMMING_ERROR;
use super::raw::Datum;

/// The bytes of a text in UTF-8.
pub(super) fn utf8(vm: Vm<'_>, text: &Py<PyStr>) -> PyResult<Vec<u8>> {
    let bytes = encode_builtin(vm, text, Builtin::Utf8, &Errors::of(None))?;
    Ok(bytes_like(vm, &bytes)?.to_vec())
}

/// A text out of UTF-8.
pub(super) fn text(vm: Vm<'_>, bytes: &[u8]) -> PyResult<Value> {
    let bytes = PyBytes::try_new_value(vm, bytes)?;
    decode_builtin(vm, &bytes, Builtin::Utf8, &Errors::of(None))
}

/// A text out of what may not be UTF-8.
pub(super) fn text_lossy(vm: Vm<'_>, bytes: &[u8]) -> PyResult<Value> {
    Ok(PyStr::try_new(vm, &String::from_utf8_lossy(bytes))?.into_value())
}

/// Whether a program has an adapter for one of the classes that need none.
static ADAPTS_PLAIN: AtomicBool = AtomicBool::new(false);

/// Whether a class is one of those that the database takes as they are.
fn is_plain_class(class: &Py<PyType>) -> bool {
    let plain = [&int::INT, &float_::FLOAT, &STR, &BYTEARRAY];
    plain.into_iter().any(|plain| class.is(plain.get()))
}

/// Whether the database takes a value without adapting it.
fn is_plain(value: &Value) -> bool {
    !ADAPTS_PLAIN.load(Ordering::Relaxed) && (value.is_none() || is_plain_class(value.class()))
}

/// What the database stores for a value; None where it knows nothing of the kind.
///
/// # Errors
/// OverflowError, UnicodeEncodeError, what a buffer raises.
pub(super) fn to_datum(vm: Vm<'_>, value: &Value) -> PyResult<Option<Datum>> {
    if value.is_none() {
        return Ok(Some(Datum::Null));
    }
    if objects::protocol::number::is_int(value) {
        return match int::as_i64(value) {
            Some(number) => Ok(Some(Datum::Int(number))),
            None => Err(vm.overflow_error("Python int too large to convert to SQLite INTEGER")),
        };
    }
    if value.downcast::<float_::PyFloat>().is_some() || value.is_exact(float_::FLOAT.get()) {
        return Ok(Some(Datum::Float(float_::to_f64(vm, value)?)));
    }
    if let Some(text) = value.downcast::<PyStr>() {
        return Ok(Some(Datum::Text(utf8(vm, text)?)));
    }
    if has_buffer(value) {
        return Ok(Some(Datum::Blob(bytes_like(vm, value)?.to_vec())));
    }
    Ok(None)
}

/// The value of a datum, where text becomes str.
pub(super) fn to_value(vm: Vm<'_>, datum: &Datum) -> PyResult<Value> {
    match datum {
        Datum::Null => Ok(Value::NONE),
        Datum::Int(number) => Ok(int::from_i64(vm, *number)),
        Datum::Float(number) => Ok(float_::new(vm, *number)),
        Datum::Text(bytes) => text(vm, bytes),
        Datum::Blob(bytes) => PyBytes::try_new_value(vm, bytes),
    }
}

fn registry(vm: Vm<'_>, name: &str) -> PyResult<Value> {
    let module = vm.import_module("_sqlite3")?;
    vm.get_attr(&module, &vm.intern(name))
}

/// Remembers how values of a class become what the database takes.
pub(super) fn register_adapter(vm: Vm<'_>, class: &Value, adapter: &Value) -> PyResult<()> {
    if class.downcast::<PyType>().is_some_and(is_plain_class) {
        ADAPTS_PLAIN.store(true, Ordering::Relaxed);
    }
    let key = PyTuple::new_value(vm, &[class.clone(), PROTOCOL.get().to_value()]);
    vm.set_item(&registry(vm, "adapters")?, &key, adapter)
}

/// Remembers what becomes of the values of columns of a declared type.
pub(super) fn register_converter(vm: Vm<'_>, name: &Value, converter: &Value) -> PyResult<()> {
    let upper = vm.call_method(name, &vm.intern("upper"), &[])?;
    vm.set_item(&registry(vm, "converters")?, &upper, converter)
}

/// The converter of a declared type.
pub(super) fn converter(vm: Vm<'_>, name: &[u8]) -> PyResult<Value> {
    let registry = registry(vm, "converters")?;
    let upper = vm.call_method(&text_lossy(vm, name)?, &vm.intern("upper"), &[])?;
    match registry.downcast::<PyDict>() {
        Some(converters) => Ok(converters.get(vm, &upper)?.unwrap_or(Value::NONE)),
        None => Ok(Value::NONE),
    }
}

/// `sqlite3.PrepareProtocol`
pub(super) static PROTOCOL: StaticType = StaticType::new::<super::PyProtocol>();

/// A value as the protocol wants it: by its class's adapter, by the protocol, by itself, or `otherwise`.
///
/// # Errors
/// ProgrammingError where there is no way, and what an adapter raises.
pub(super) fn adapt(
    vm: Vm<'_>,
    value: &Value,
    protocol: &Value,
    otherwise: Option<&Value>,
) -> PyResult<Value> {
    let key = PyTuple::new_value(vm, &[value.class().to_value(), protocol.clone()]);
    let adapters = registry(vm, "adapters")?;
    let adapter = match adapters.downcast::<PyDict>() {
        Some(adapters) => adapters.get(vm, &key)?,
        None => None,
    };
    if let Some(adapter) = adapter {
        return vm.call(&adapter, std::slice::from_ref(value));
    }
    for (object, name, argument) in
        [(protocol, "__adapt__", value), (value, "__conform__", protocol)]
    {
        let Some(method) = vm.get_attr_opt(object, &vm.intern(name))? else { continue };
        let adapted = vm.call(&method, std::slice::from_ref(argument));
        if let Some(adapted) = vm.catch(adapted, &exc::TYPE_ERROR)?.filter(|it| !it.is_none()) {
            return Ok(adapted);
        }
    }
    match otherwise {
        Some(value) => Ok(value.clone()),
        None => Err(vm.error(&PROGRAMMING_ERROR, "can't adapt")),
    }
}

/// What a parameter is bound to; None where its type is not supported.
pub(super) fn parameter(vm: Vm<'_>, value: &Value) -> PyResult<(Option<Datum>, Value)> {
    let value = if is_plain(value) {
        value.clone()
    } else {
        adapt(vm, value, &PROTOCOL.get().to_value(), Some(value))?
    };
    Ok((to_datum(vm, &value)?, value))
}
