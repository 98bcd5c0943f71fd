//! Builtin functions on numbers: abs, pow, round, divmod, chr, ord, bin, oct, hex.

use objects::core::args::{Bound, check_count};
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::bytes::{PyByteArray, PyBytes};
use objects::types::int;
use objects::types::str::{PyStr, storage};

pub(super) fn abs(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    number::unary(vm, number::UnaryOp::Absolute, value)
}

pub(super) fn divmod(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "divmod", args.len(), 2, 2)?;
    number::divmod(vm, &args[0], &args[1])
}

pub(super) fn pow(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let none = Value::NONE;
    let modulus = args.get(2).unwrap_or(&none);
    number::power(vm, args.required(0), args.required(1), modulus)
}

pub(super) fn round(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let value = args.required(0);
    let rounded = match args.get_non_none(1) {
        Some(digits) => {
            vm.call_special(value, &vm.names().__round__, std::slice::from_ref(digits))?
        }
        None => vm.call_special(value, &vm.names().__round__, &[])?,
    };
    rounded.ok_or_else(|| {
        vm.type_error(format!("type {} doesn't define __round__ method", value.class().name()))
    })
}

pub(super) fn chr(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    let index = number::index(vm, value)?;
    let code = index
        .as_small_int()
        .and_then(|code| u32::try_from(code).ok())
        .filter(|&code| code <= 0x0010_ffff);
    match code {
        Some(code) => Ok(storage::from_point(vm, code)?.into_value()),
        None => Err(vm.value_error("chr() arg not in range(0x110000)")),
    }
}

pub(super) fn ord(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    let (length, first) = if let Some(text) = value.downcast::<PyStr>() {
        (text.len(), storage::char_at(text, 0))
    } else if let Some(bytes) = value.downcast::<PyBytes>() {
        let bytes = bytes.as_slice();
        (bytes.len(), bytes.first().map(|&byte| u32::from(byte)))
    } else if let Some(bytes) = value.downcast::<PyByteArray>() {
        bytes.with(|bytes| (bytes.len(), bytes.first().map(|&byte| u32::from(byte))))
    } else {
        return Err(vm.type_error(format!(
            "ord() expected string of length 1, but {} found",
            value.class().name()
        )));
    };
    match first {
        Some(code) if length == 1 => Ok(Value::small_int_unchecked(i64::from(code))),
        _ => Err(vm.type_error(format!(
            "ord() expected a character, but string of length {length} found"
        ))),
    }
}

fn in_radix(vm: Vm<'_>, value: &Value, radix: u32) -> PyResult<Value> {
    let index = number::index(vm, value)?;
    Ok(PyStr::try_new(vm, &int::to_radix_text(&index, radix))?.into_value())
}

pub(super) fn bin(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    in_radix(vm, value, 2)
}

pub(super) fn oct(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    in_radix(vm, value, 8)
}

pub(super) fn hex(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    in_radix(vm, value, 16)
}
