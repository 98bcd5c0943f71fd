//! Arrays out of pickles, which may have been written on another kind of machine.

use base::float::half;
use base::int::BigInt;
use objects::core::args::check_count;
use objects::core::errors::PyResult;
use objects::core::type_object::PyType;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::str::PyStr;
use objects::types::{float_, int};

use super::items::Kind;
use super::{ARRAY, PyArray, kind_argument, this};

/// What the numbers of machine formats stand for.
#[derive(Clone, Copy)]
enum Items {
    Int { size: usize, signed: bool },
    Float { size: usize },
    Utf16,
    Utf32,
}

/// The items of a format, and whether their bytes are in big-endian order.
fn format_of(code: i64) -> Option<(Items, bool)> {
    let is_big = code % 2 == 1;
    Some(match code {
        0 => (Items::Int { size: 1, signed: false }, false),
        1 => (Items::Int { size: 1, signed: true }, false),
        2 | 3 => (Items::Int { size: 2, signed: false }, is_big),
        4 | 5 => (Items::Int { size: 2, signed: true }, is_big),
        6 | 7 => (Items::Int { size: 4, signed: false }, is_big),
        8 | 9 => (Items::Int { size: 4, signed: true }, is_big),
        10 | 11 => (Items::Int { size: 8, signed: false }, is_big),
        12 | 13 => (Items::Int { size: 8, signed: true }, is_big),
        14 | 15 => (Items::Float { size: 4 }, is_big),
        16 | 17 => (Items::Float { size: 8 }, is_big),
        18 | 19 => (Items::Utf16, is_big),
        20 | 21 => (Items::Utf32, is_big),
        _ => return None,
    })
}

impl Items {
    fn size(self) -> usize {
        match self {
            Self::Int { size, .. } | Self::Float { size } => size,
            Self::Utf16 => 2,
            Self::Utf32 => 4,
        }
    }
}

/// The kind that holds ints of this size and sign.
fn int_kind(size: usize, signed: bool) -> Option<Kind> {
    Some(match (size, signed) {
        (1, true) => Kind::I8,
        (1, false) => Kind::U8,
        (2, true) => Kind::I16,
        (2, false) => Kind::U16,
        (4, true) => Kind::I32,
        (4, false) => Kind::U32,
        (8, true) => Kind::Long,
        (8, false) => Kind::ULong,
        _ => return None,
    })
}

fn float_of(bytes: &[u8]) -> f64 {
    match *bytes {
        [a, b] => half::from_bits(u16::from_le_bytes([a, b])),
        [a, b, c, d] => f64::from(f32::from_le_bytes([a, b, c, d])),
        [a, b, c, d, e, f, g, h] => f64::from_le_bytes([a, b, c, d, e, f, g, h]),
        _ => f64::NAN,
    }
}

pub(super) fn array_reconstructor(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "_array_reconstructor", args.len(), 4, 4)?;
    let code = kind_argument(vm, &args[1], "_array_reconstructor(): argument 2")?;
    let format = number::as_i32(vm, &args[2])?;
    let Some(class) = args[0].downcast::<PyType>() else {
        return Err(vm.type_error(format!(
            "first argument must be a type object, not {}",
            args[0].class().name()
        )));
    };
    if !class.is_subtype(ARRAY.get()) {
        return Err(vm.type_error(format!(
            "{} is not a subtype of {}",
            class.name(),
            ARRAY.get().name()
        )));
    }
    let Some(kind) = Kind::of(code) else {
        return Err(vm.value_error("second argument must be a valid type code"));
    };
    let Some((items, is_big)) = format_of(i64::from(format)) else {
        return Err(vm.value_error("third argument must be a valid machine format code."));
    };
    let Some(bytes) = args[3].downcast::<PyBytes>() else {
        return Err(vm.type_error(format!(
            "fourth argument should be bytes, not {}",
            args[3].class().name()
        )));
    };
    let bytes = bytes.as_slice();
    if !bytes.len().is_multiple_of(items.size()) {
        return Err(vm.value_error("string length not a multiple of item size"));
    }
    if kind.machine_format() == i64::from(format) {
        return Ok(PyArray::of(vm, class, kind, bytes.to_vec()));
    }
    let ordered = bytes.chunks_exact(items.size()).map(|item| {
        let mut item = item.to_vec();
        if is_big {
            item.reverse();
        }
        item
    });
    match items {
        Items::Int { size, signed } => {
            let new = PyArray::of(vm, class, int_kind(size, signed).unwrap_or(kind), Vec::new());
            for item in ordered {
                let number = int::new(vm, BigInt::from_le_bytes(&item, signed));
                this(&new).append(vm, &number)?;
            }
            Ok(new)
        }
        Items::Float { .. } => {
            let new = PyArray::of(vm, class, kind, Vec::new());
            for item in ordered {
                this(&new).append(vm, &float_::new(vm, float_of(&item)))?;
            }
            Ok(new)
        }
        Items::Utf16 | Items::Utf32 => {
            let name = match (items, is_big) {
                (Items::Utf16, false) => "utf-16-le",
                (Items::Utf16, true) => "utf-16-be",
                (_, false) => "utf-32-le",
                (_, true) => "utf-32-be",
            };
            let decode = vm.get_attr_str(&args[3], "decode")?;
            let text = vm.call(&decode, &[PyStr::new_value(vm, name)])?;
            let new = PyArray::of(vm, class, kind, Vec::new());
            match text.downcast::<PyStr>() {
                Some(text) if kind.is_text() => super::methods::append_text(vm, this(&new), text)?,
                _ => super::append_each(vm, this(&new), &text)?,
            }
            Ok(new)
        }
    }
}
