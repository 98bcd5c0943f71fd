//! The methods of an array.

use objects::core::args::check_count;
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::buffer;
use objects::protocol::number;
use objects::protocol::slice_index::{clamped_bound, position};
use objects::types::bytes::PyBytes;
use objects::types::exceptions::hierarchy::EOF_ERROR;
use objects::types::int;
use objects::types::list::PyList;
use objects::types::str::{PyStr, STR, storage};
use objects::types::tuple::PyTuple;

use super::items::Kind;
use super::{ARRAY, PyArray, append_each, list_of_items, this};

pub(super) fn append(vm: Vm<'_>, value: &Value, item: &Value) -> PyResult<Value> {
    this(value).append(vm, item)?;
    Ok(Value::NONE)
}

pub(super) fn buffer_info(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let array = this(value);
    let address = array.data.with(|data| data.0.as_ptr().addr());
    let address = int::from_u64(vm, address as u64);
    Ok(PyTuple::pair(vm, address, Value::from_usize(array.len()))?.into_value())
}

pub(super) fn byteswap(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let array = this(value);
    let size = array.kind.get().size();
    array.data.with_mut(|data| data.0.chunks_exact_mut(size).for_each(<[u8]>::reverse));
    Ok(Value::NONE)
}

pub(super) fn clear(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    this(value).change(vm, |bytes| {
        bytes.clear();
        Ok(Value::NONE)
    })
}

pub(super) fn copy(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let array = this(value);
    Ok(PyArray::of(vm, ARRAY.get(), array.kind.get(), array.bytes(vm)?))
}

pub(super) fn deepcopy(vm: Vm<'_>, value: &Value, _memo: &Value) -> PyResult<Value> {
    copy(vm, value)
}

pub(super) fn count(vm: Vm<'_>, value: &Value, wanted: &Value) -> PyResult<Value> {
    let array = this(value);
    let (mut index, mut count) = (0, 0);
    while let Some(item) = array.get(vm, index)? {
        count += usize::from(vm.equal(&item, wanted)?);
        index += 1;
    }
    Ok(Value::from_usize(count))
}

pub(super) fn extend(vm: Vm<'_>, value: &Value, items: &Value) -> PyResult<Value> {
    let array = this(value);
    match items.downcast::<PyArray>() {
        Some(other) if other.kind.get() != array.kind.get() => {
            return Err(vm.type_error("can only extend with array of same kind"));
        }
        Some(other) => array.append_bytes(vm, &other.bytes(vm)?)?,
        None => append_each(vm, array, items)?,
    }
    Ok(Value::NONE)
}

/// Appends the bytes of a bytes-like object.
pub(super) fn append_raw(vm: Vm<'_>, array: &Py<PyArray>, data: &Value) -> PyResult<()> {
    let bytes = buffer::bytes_like(vm, data)?.to_vec();
    if !bytes.len().is_multiple_of(array.kind.get().size()) {
        return Err(vm.value_error("bytes length not a multiple of item size"));
    }
    array.append_bytes(vm, &bytes)
}

pub(super) fn frombytes(vm: Vm<'_>, value: &Value, data: &Value) -> PyResult<Value> {
    if buffer::has_buffer(data) && buffer::get(vm, data)?.item_size != 1 {
        return Err(vm.type_error("a bytes-like object is required"));
    }
    append_raw(vm, this(value), data)?;
    Ok(Value::NONE)
}

pub(super) fn fromfile(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "fromfile", args.len(), 2, 2)?;
    let count = number::as_isize(vm, &args[1])?;
    let Ok(count) = usize::try_from(count) else {
        return Err(vm.value_error("negative count"));
    };
    let wanted = count.checked_mul(this(value).kind.get().size());
    let Some(wanted) = wanted.filter(|&wanted| isize::try_from(wanted).is_ok()) else {
        return Err(vm.memory_error());
    };
    let read = vm.call_method(&args[0], &vm.intern("read"), &[Value::from_usize(wanted)])?;
    let Some(bytes) = read.downcast::<PyBytes>() else {
        return Err(vm.type_error("read() didn't return bytes"));
    };
    let is_short = bytes.as_slice().len() != wanted;
    append_raw(vm, this(value), &read)?;
    if is_short {
        return Err(vm.error(&EOF_ERROR, "read() didn't return enough bytes"));
    }
    Ok(Value::NONE)
}

pub(super) fn fromlist(vm: Vm<'_>, value: &Value, list: &Value) -> PyResult<Value> {
    let Some(list) = list.downcast::<PyList>() else {
        return Err(vm.type_error("arg must be list"));
    };
    let array = this(value);
    let kind = array.kind.get();
    let length = list.len();
    let mut bytes = Vec::new();
    let mut index = 0;
    while let Some(item) = list.get(index) {
        if bytes.try_reserve(kind.size()).is_err() {
            return Err(vm.memory_error());
        }
        bytes.extend_from_slice(&kind.item(vm, &item)?);
        index += 1;
        if list.len() != length {
            return Err(vm.runtime_error("list changed size during iteration"));
        }
    }
    if array.exports.get() > 0 && !bytes.is_empty() {
        return Err(vm.buffer_error("cannot resize an array that is exporting buffers"));
    }
    array.append_bytes(vm, &bytes)?;
    Ok(Value::NONE)
}

/// Appends characters.
pub(super) fn append_text(vm: Vm<'_>, array: &Py<PyArray>, text: &Py<PyStr>) -> PyResult<()> {
    let mut bytes = Vec::new();
    if bytes.try_reserve(text.len().saturating_mul(4)).is_err() {
        return Err(vm.memory_error());
    }
    storage::for_each_char(text, |point| bytes.extend(point.to_ne_bytes()));
    array.append_bytes(vm, &bytes)
}

pub(super) fn fromunicode(vm: Vm<'_>, value: &Value, text: &Value) -> PyResult<Value> {
    let Some(text) = text.downcast::<PyStr>() else {
        return Err(vm.type_error(format!(
            "fromunicode() argument must be str, not {}",
            vm.type_text(text)
        )));
    };
    if !this(value).kind.get().is_text() {
        return Err(
            vm.value_error("fromunicode() may only be called on unicode type arrays ('u' or 'w')")
        );
    }
    append_text(vm, this(value), text)?;
    Ok(Value::NONE)
}

pub(super) fn index(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "index", args.len(), 1, 3)?;
    let array = this(value);
    let length = array.len();
    let start = clamped_bound(vm, args.get(1), length, 0)?;
    let stop = clamped_bound(vm, args.get(2), length, length)?;
    for index in start..stop {
        let Some(item) = array.get(vm, index)? else { break };
        if vm.equal(&item, &args[0])? {
            return Ok(Value::from_usize(index));
        }
    }
    Err(vm.value_error("array.index(x): x not in array"))
}

pub(super) fn insert(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "insert", args.len(), 2, 2)?;
    let array = this(value);
    let place = number::as_isize(vm, &args[0])?;
    let kind = array.kind.get();
    let item = kind.item(vm, &args[1])?;
    let length = array.len();
    let place = if place < 0 {
        length.saturating_sub(place.unsigned_abs())
    } else {
        place.unsigned_abs().min(length)
    };
    array.splice(vm, place * kind.size(), place * kind.size(), &item)?;
    Ok(Value::NONE)
}

fn remove_at(vm: Vm<'_>, array: &Py<PyArray>, place: usize) -> PyResult<()> {
    let size = array.kind.get().size();
    array.splice(vm, place * size, (place + 1) * size, &[])
}

pub(super) fn pop(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "pop", args.len(), 0, 1)?;
    let array = this(value);
    let place = args.first().map_or(Ok(-1), |place| number::as_isize(vm, place))?;
    if array.is_empty() {
        return Err(vm.index_error("pop from empty array"));
    }
    let place = position(place, array.len());
    let found = place.map(|place| Ok((place, array.get(vm, place)?))).transpose()?;
    let Some((place, Some(item))) = found else {
        return Err(vm.index_error("pop index out of range"));
    };
    remove_at(vm, array, place)?;
    Ok(item)
}

pub(super) fn remove(vm: Vm<'_>, value: &Value, wanted: &Value) -> PyResult<Value> {
    let array = this(value);
    let mut index = 0;
    while let Some(item) = array.get(vm, index)? {
        if vm.equal(&item, wanted)? {
            remove_at(vm, array, index)?;
            return Ok(Value::NONE);
        }
        index += 1;
    }
    Err(vm.value_error("array.remove(x): x not in array"))
}

pub(super) fn reverse(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let array = this(value);
    let size = array.kind.get().size();
    array.data.with_mut(|data| {
        data.0.reverse();
        data.0.chunks_exact_mut(size).for_each(<[u8]>::reverse);
    });
    Ok(Value::NONE)
}

pub(super) fn tofile(vm: Vm<'_>, value: &Value, file: &Value) -> PyResult<Value> {
    let bytes = this(value).bytes(vm)?;
    for block in bytes.chunks(64 * 1024) {
        let block = PyBytes::try_new_value(vm, block)?;
        vm.call_method(file, &vm.intern("write"), &[block])?;
    }
    if bytes.is_empty() {
        vm.get_attr_str(file, "write")?;
    }
    Ok(Value::NONE)
}

pub(super) fn tolist(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    list_of_items(vm, this(value))
}

pub(super) fn tobytes(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    PyBytes::try_new_value(vm, &this(value).bytes(vm)?)
}

pub(super) fn tounicode(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let array = this(value);
    if !array.kind.get().is_text() {
        return Err(
            vm.value_error("tounicode() may only be called on unicode type arrays ('u' or 'w')")
        );
    }
    let mut points = Vec::new();
    for unit in array.bytes(vm)?.chunks_exact(Kind::Ucs4.size()) {
        let mut raw = [0; 4];
        raw.copy_from_slice(unit);
        let point = u32::from_ne_bytes(raw);
        if point > 0x10_ffff {
            return Err(
                vm.value_error(format!("character U+{point:x} is not in range [U+0000; U+10ffff]"))
            );
        }
        points.push(point);
    }
    Ok(storage::from_code_points(vm, STR.get(), &points)?.into_value())
}

pub(super) fn sizeof(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let object = value.as_object().map_or(0, objects::core::object::PyObject::used_bytes);
    Ok(Value::from_usize(object + this(value).byte_count()))
}

pub(super) fn reduce_ex(vm: Vm<'_>, value: &Value, protocol: &Value) -> PyResult<Value> {
    if !number::is_int(protocol) {
        return Err(vm.type_error("__reduce_ex__ argument should be an integer"));
    }
    let protocol = number::as_i64(vm, protocol)?;
    let array = this(value);
    let kind = array.kind.get();
    let code = PyStr::new_value(vm, &kind.code().to_string());
    let class = value.class().to_value();
    let attributes = vm.get_attr_opt(value, &vm.intern("__dict__"))?.unwrap_or(Value::NONE);
    if protocol < 3 {
        let items = tolist(vm, value)?;
        let args = PyTuple::new_value(vm, &[code, items]);
        return Ok(PyTuple::new_value(vm, &[class, args, attributes]));
    }
    let module = vm.import_module("array")?;
    let maker = vm.get_attr_str(&module, "_array_reconstructor")?;
    let format = Value::small_int_unchecked(kind.machine_format());
    let args = PyTuple::new_value(vm, &[class, code, format, tobytes(vm, value)?]);
    Ok(PyTuple::new_value(vm, &[maker, args, attributes]))
}
