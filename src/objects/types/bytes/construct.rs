//! The arguments of `bytes()` and `bytearray()`.

use super::PyBytes;
use super::shared::{byte_of, room};
use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::{buffer, number};
use crate::types::exceptions::hierarchy::TYPE_ERROR;
use crate::types::list::PyList;
use crate::types::str::{PyStr, codec, value_is};
use crate::types::tuple::PyTuple;

/// `source=b'', encoding, errors`
pub(super) struct Arguments {
    pub(super) source: Option<Value>,
    pub(super) encoding: Option<PyRef<PyStr>>,
    pub(super) errors: Option<PyRef<PyStr>>,
}

pub(super) fn arguments(vm: Vm<'_>, args: Args<'_>, name: &str) -> PyResult<Arguments> {
    const NAMES: [&str; 3] = ["source", "encoding", "errors"];
    let count = args.all().len();
    if count > 3 {
        return Err(vm.type_error(format!("{name}() takes at most 3 arguments ({count} given)")));
    }
    let mut places: [Option<&Value>; 3] = [None; 3];
    for (place, value) in places.iter_mut().zip(args.positional()) {
        *place = Some(value);
    }
    for (key, value) in args.keywords() {
        let Some(nth) = NAMES.iter().position(|known| value_is(key, known)) else {
            let key = vm.str(key)?.to_rust_string();
            return Err(vm.unexpected_keyword(&format!("{name}()"), &key, NAMES));
        };
        if places[nth].is_some() {
            return Err(vm.type_error(format!(
                "argument for {name}() given by name ('{}') and position ({})",
                NAMES[nth],
                nth + 1
            )));
        }
        places[nth] = Some(value);
    }
    let text = |nth: usize| -> PyResult<Option<PyRef<PyStr>>> {
        let Some(value) = places[nth] else { return Ok(None) };
        match value.downcast::<PyStr>() {
            Some(text) => Ok(Some(text.to_ref())),
            None => Err(vm.type_error(format!(
                "{name}() argument '{}' must be str, not {}",
                NAMES[nth],
                vm.type_text(value)
            ))),
        }
    };
    Ok(Arguments { source: places[0].cloned(), encoding: text(1)?, errors: text(2)? })
}

/// The bytes that the arguments stand for.
pub(super) fn contents(vm: Vm<'_>, arguments: &Arguments, name: &str) -> PyResult<Vec<u8>> {
    let encoding = arguments.encoding.as_deref();
    let errors = arguments.errors.as_deref();
    let Some(source) = &arguments.source else {
        return match (encoding, errors) {
            (Some(_), _) => Err(vm.type_error("encoding without a string argument")),
            (None, Some(_)) => Err(vm.type_error("errors without a string argument")),
            (None, None) => Ok(Vec::new()),
        };
    };
    if let Some(text) = source.downcast::<PyStr>() {
        if encoding.is_none() {
            return Err(vm.type_error("string argument without an encoding"));
        }
        return encode(vm, text, encoding, errors);
    }
    if encoding.is_some() {
        return Err(vm.type_error("encoding without a string argument"));
    }
    if errors.is_some() {
        return Err(vm.type_error("errors without a string argument"));
    }
    if number::has_index(source) {
        match number::as_isize(vm, source) {
            Ok(count) => {
                let Ok(count) = usize::try_from(count) else {
                    return Err(vm.value_error("negative count"));
                };
                let mut bytes = room(vm, count)?;
                bytes.resize(count, 0);
                return Ok(bytes);
            }
            // An object whose `__index__` fails may still be iterable.
            Err(raised) if vm.raised_is(&raised, &TYPE_ERROR) => vm.clear(raised),
            Err(raised) => return Err(raised),
        }
    }
    from_object(vm, source, name)
}

fn encode(
    vm: Vm<'_>,
    text: &Py<PyStr>,
    encoding: Option<&Py<PyStr>>,
    errors: Option<&Py<PyStr>>,
) -> PyResult<Vec<u8>> {
    let encoded = codec::encode_str(vm, text, encoding, errors)?;
    match encoded.downcast::<PyBytes>() {
        Some(bytes) => Ok(bytes.as_slice().to_vec()),
        None => buffer::bytes_like(vm, &encoded).map(|bytes| bytes.to_vec()),
    }
}

/// The bytes of a buffer, or the ints of an iterable.
///
/// # Errors
/// TypeError, ValueError, or what the iteration raises.
pub(super) fn from_object(vm: Vm<'_>, source: &Value, name: &str) -> PyResult<Vec<u8>> {
    if buffer::has_buffer(source) {
        return buffer::get(vm, source).map(|buffer| buffer.to_vec());
    }
    let known =
        source.downcast_exact::<PyList>().is_some() || source.downcast_exact::<PyTuple>().is_some();
    let iterable = source.class().slots.iter.get().is_some()
        || source.class().slots.sq_item.get().is_some()
        || source.class().slots.mp_subscript.get().is_some();
    if source.downcast::<PyStr>().is_some() || !(known || iterable) {
        return Err(
            vm.type_error(format!("cannot convert '{}' object to {name}", source.class().name()))
        );
    }
    let kind = if name == "bytes" { "bytes" } else { "byte" };
    from_iterable(vm, source, kind)
}

/// The ints of an iterable.
pub(super) fn from_iterable(vm: Vm<'_>, source: &Value, kind: &str) -> PyResult<Vec<u8>> {
    let iterator = vm.iter(source)?;
    let mut bytes = room(vm, vm.length_hint(source, 64)?.min(1 << 20))?;
    while let Some(item) = vm.next(&iterator)? {
        let byte = match item.as_small_int().and_then(|n| u8::try_from(n).ok()) {
            Some(byte) => byte,
            None => byte_of(vm, &item, kind)?,
        };
        if bytes.try_reserve(1).is_err() {
            return Err(vm.memory_error());
        }
        bytes.push(byte);
    }
    Ok(bytes)
}
