//! Case, classification and translation of bytes: all ASCII.

use super::PyBytes;
use super::shared::{like, stable, with_contents};
use super::split::is_space;
use crate::core::args::{Bound, check_count};
use crate::core::errors::PyResult;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::buffer;

fn map(vm: Vm<'_>, this: &Value, map: impl FnMut(u8) -> u8) -> PyResult<Value> {
    let mut bytes = with_contents(this, <[u8]>::to_vec);
    let mut map = map;
    bytes.iter_mut().for_each(|byte| *byte = map(*byte));
    like(vm, this, &bytes)
}

pub(super) fn lower(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    map(vm, this, |b| b.to_ascii_lowercase())
}

pub(super) fn upper(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    map(vm, this, |b| b.to_ascii_uppercase())
}

fn swap(b: u8) -> u8 {
    if b.is_ascii_uppercase() { b.to_ascii_lowercase() } else { b.to_ascii_uppercase() }
}

pub(super) fn swapcase(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    map(vm, this, swap)
}

pub(super) fn capitalize(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let mut first = true;
    map(vm, this, |b| {
        if std::mem::take(&mut first) { b.to_ascii_uppercase() } else { b.to_ascii_lowercase() }
    })
}

pub(super) fn title(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let mut in_word = false;
    map(vm, this, |b| {
        let mapped = if in_word { b.to_ascii_lowercase() } else { b.to_ascii_uppercase() };
        in_word = b.is_ascii_alphabetic();
        mapped
    })
}

macro_rules! all_bytes {
    ($($name:ident $test:expr;)*) => {
        $(pub(super) fn $name(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
            Ok(Value::from_bool(with_contents(this, |bytes| {
                !bytes.is_empty() && bytes.iter().all($test)
            })))
        })*
    };
}

all_bytes! {
    isalnum u8::is_ascii_alphanumeric;
    isalpha u8::is_ascii_alphabetic;
    isdigit u8::is_ascii_digit;
    isspace |&b| is_space(b);
}

pub(super) fn isascii(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(with_contents(this, <[u8]>::is_ascii)))
}

pub(super) fn islower(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(with_contents(this, |bytes| {
        bytes.iter().any(u8::is_ascii_lowercase) && !bytes.iter().any(u8::is_ascii_uppercase)
    })))
}

pub(super) fn isupper(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(with_contents(this, |bytes| {
        bytes.iter().any(u8::is_ascii_uppercase) && !bytes.iter().any(u8::is_ascii_lowercase)
    })))
}

pub(super) fn istitle(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(with_contents(this, |bytes| {
        let (mut cased, mut in_word) = (false, false);
        for byte in bytes {
            let wrong = if in_word { byte.is_ascii_uppercase() } else { byte.is_ascii_lowercase() };
            if wrong {
                return false;
            }
            in_word = byte.is_ascii_alphabetic();
            cased |= in_word;
        }
        cased
    })))
}

pub(super) fn translate(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let table = args.get_non_none(0).map(|table| buffer::bytes_like(vm, table)).transpose()?;
    if table.as_ref().is_some_and(|table| table.len() != 256) {
        return Err(vm.value_error("translation table must be 256 characters long"));
    }
    let delete = args.get(1).map(|set| buffer::bytes_like(vm, set)).transpose()?;
    let mut gone = [false; 256];
    if let Some(delete) = delete {
        delete.with(|set| set.iter().for_each(|&b| gone[usize::from(b)] = true));
    }
    let table = table.map(|table| table.to_vec());
    let text = stable(this);
    let out: Vec<u8> = text
        .iter()
        .filter(|&&b| !gone[usize::from(b)])
        .map(|&b| table.as_ref().map_or(b, |table| table[usize::from(b)]))
        .collect();
    like(vm, this, &out)
}

pub(super) fn maketrans(vm: Vm<'_>, _this: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "maketrans", args.len(), 2, 2)?;
    let from = buffer::bytes_like(vm, &args[0])?.to_vec();
    let to = buffer::bytes_like(vm, &args[1])?.to_vec();
    if from.len() != to.len() {
        return Err(vm.value_error("maketrans arguments must have same length"));
    }
    let mut table: Vec<u8> = (0..=255).collect();
    from.iter().zip(&to).for_each(|(&from, &to)| table[usize::from(from)] = to);
    PyBytes::try_new_value(vm, &table)
}
