//! `template % values` for bytes and bytearray.

use base::percent::{Conversion, Piece, Pieces};

use super::shared::{keep_size, stable};
use super::{PyByteArray, PyBytes};
use crate::core::errors::PyResult;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::{buffer, number};
use crate::types::exceptions::hierarchy::TYPE_ERROR;
use crate::types::str::PyStr;
use crate::types::str::percent::{Arguments, layout, number_text, unsupported};

pub(super) fn bytes_mod(vm: Vm<'_>, this: &Value, values: &Value) -> PyResult<Value> {
    if this.downcast::<PyBytes>().is_none() {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    PyBytes::try_new_value(vm, &format(vm, &stable(this), values)?)
}

pub(super) fn bytearray_mod(vm: Vm<'_>, this: &Value, values: &Value) -> PyResult<Value> {
    if this.downcast::<PyByteArray>().is_none() {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let _kept = keep_size(vm, this)?;
    PyByteArray::try_new_value(vm, format(vm, &stable(this), values)?)
}

/// `template % values`
fn format(vm: Vm<'_>, template: &[u8], values: &Value) -> PyResult<Vec<u8>> {
    let text: Vec<u32> = template.iter().map(|&byte| u32::from(byte)).collect();
    let is_text = values.downcast::<PyBytes>().is_some()
        || values.downcast::<PyByteArray>().is_some()
        || values.downcast::<PyStr>().is_some();
    let mut arguments = Arguments::new(values, is_text);
    let mut out = Vec::with_capacity(template.len());
    for piece in Pieces::new(&text) {
        match piece.map_err(|error| vm.value_error(error.0))? {
            Piece::Literal(start, end) => {
                out.extend_from_slice(template.get(start..end).unwrap_or_default());
            }
            Piece::Percent => out.push(b'%'),
            Piece::Conversion(conversion) => {
                convert(vm, template, &conversion, &mut arguments, &mut out)?;
            }
        }
    }
    arguments.finish(vm, "bytes")?;
    Ok(out)
}

fn convert(
    vm: Vm<'_>,
    template: &[u8],
    conversion: &Conversion,
    arguments: &mut Arguments<'_>,
    out: &mut Vec<u8>,
) -> PyResult<()> {
    if let Some((start, end)) = conversion.key {
        let key = PyBytes::try_new_value(vm, template.get(start..end).unwrap_or_default())?;
        arguments.use_key(vm, &key)?;
    }
    let layout = layout(vm, conversion, arguments)?;
    let kind = char::from_u32(conversion.kind).unwrap_or('\u{fffd}');
    let known = matches!(kind, 'r' | 's' | 'b' | 'a' | 'c')
        || matches!(kind, 'd' | 'i' | 'u' | 'o' | 'x' | 'X' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G');
    let value = arguments.next(vm)?;
    if !known {
        return Err(unsupported(vm, conversion, kind));
    }
    let mut bytes = match kind {
        's' | 'b' => bytes_of(vm, &value)?,
        'r' | 'a' => vm.ascii(&value)?.to_wtf8().into_owned(),
        'c' => vec![byte_of(vm, &value)?],
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
            let number = crate::types::float_::to_f64(vm, &value);
            let Some(number) = vm.catch(number, &TYPE_ERROR)? else {
                let name = value.class().name();
                return Err(vm.type_error(format!("float argument required, not {name}")));
            };
            let number = crate::types::float_::new(vm, number);
            out.extend_from_slice(number_text(vm, &number, kind, &layout)?.as_bytes());
            return Ok(());
        }
        _ => {
            out.extend_from_slice(number_text(vm, &value, kind, &layout)?.as_bytes());
            return Ok(());
        }
    };
    if let Some(precision) = layout.precision.filter(|_| kind != 'c') {
        bytes.truncate(precision);
    }
    let fill = layout.width.saturating_sub(bytes.len());
    if out.try_reserve(fill.saturating_add(bytes.len())).is_err() {
        return Err(vm.memory_error());
    }
    let left = layout.flags.left;
    out.extend(std::iter::repeat_n(b' ', if left { 0 } else { fill }));
    out.extend_from_slice(&bytes);
    out.extend(std::iter::repeat_n(b' ', if left { fill } else { 0 }));
    Ok(())
}

fn bytes_of(vm: Vm<'_>, value: &Value) -> PyResult<Vec<u8>> {
    if value.downcast::<PyBytes>().is_none() {
        if let Some(result) = vm.call_special(value, &vm.names().__bytes__, &[])? {
            return match result.downcast::<PyBytes>() {
                Some(bytes) => Ok(bytes.as_slice().to_vec()),
                None => Err(vm.type_error(format!(
                    "__bytes__ returned non-bytes (type {})",
                    result.class().name()
                ))),
            };
        }
        if !buffer::has_buffer(value) {
            return Err(vm.type_error(format!(
                "%b requires a bytes-like object, or an object that implements __bytes__, not '{}'",
                value.class().name()
            )));
        }
    }
    buffer::bytes_like(vm, value).map(|bytes| bytes.to_vec())
}

fn byte_of(vm: Vm<'_>, value: &Value) -> PyResult<u8> {
    if value.downcast::<PyBytes>().is_some() || value.downcast::<PyByteArray>().is_some() {
        let bytes = stable(value);
        return match *bytes {
            [byte] => Ok(byte),
            _ => Err(vm.type_error(format!(
                "%c requires an integer in range(256) or a single byte, not a {} object of length {}",
                vm.full_class_name(value.class())?,
                bytes.len()
            ))),
        };
    }
    if !number::has_index(value) {
        return Err(vm.type_error(format!(
            "%c requires an integer in range(256) or a single byte, not {}",
            vm.full_class_name(value.class())?
        )));
    }
    let number = number::as_isize_clipped(vm, value)?;
    u8::try_from(number).map_err(|_| vm.overflow_error("%c arg not in range(256)"))
}
