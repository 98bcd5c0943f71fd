//! The filter chains of `_lzma`: from dictionaries to what the crate takes, and their encoded properties.

use lzma_rust2::{EncodeMode, FilterConfig, FilterType, LzmaOptions, MfType};
use objects::core::errors::{PyResult, Raised};
use objects::core::object::Py;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy as exc;
use objects::types::int;
use objects::types::str::PyStr;

use super::lzma::error;

/// `FILTER_LZMA1`
pub(super) const LZMA1: u64 = 0x4000_0000_0000_0001;
/// `FILTER_LZMA2`
pub(super) const LZMA2: u64 = 0x21;
const DELTA: u64 = 3;
/// `PRESET_EXTREME`
pub(super) const EXTREME: u32 = 1 << 31;

/// A filter of a chain.
#[derive(Clone, Debug)]
pub(super) enum Filter {
    /// LZMA1 or LZMA2, with its identifier.
    Lzma(u64, LzmaOptions),
    /// What prepares the data.
    Before(FilterConfig),
}

/// The settings of a preset; None where there is no such preset.
pub(super) fn preset(number: u32) -> Option<LzmaOptions> {
    let level = number & !EXTREME;
    if level > 9 {
        return None;
    }
    let mut options = LzmaOptions::with_preset(level);
    if number & EXTREME != 0 {
        options.mode = EncodeMode::Normal;
        options.mf = MfType::Bt4;
        options.nice_len = if matches!(level, 3 | 5) { 192 } else { 273 };
        options.depth_limit = if matches!(level, 3 | 5) { 0 } else { 512 };
    }
    Some(options)
}

#[cold]
pub(super) fn unsupported(vm: Vm<'_>) -> Raised {
    error(vm, "Invalid or unsupported options")
}

/// The settings of a preset, or an error that names it.
pub(super) fn preset_or_error(vm: Vm<'_>, number: u32) -> PyResult<LzmaOptions> {
    preset(number).ok_or_else(|| error(vm, format!("Invalid compression preset: {number}")))
}

fn entry(vm: Vm<'_>, spec: &Value, name: &str) -> PyResult<Option<Value>> {
    vm.catch(vm.get_item(spec, &PyStr::new_value(vm, name)), &exc::KEY_ERROR)
}

fn as_u32(vm: Vm<'_>, value: &Value) -> PyResult<u32> {
    let number = int::to_bigint(vm, &number::index(vm, value)?)?;
    if number.is_negative() {
        return Err(vm.value_error("can't convert negative int to unsigned"));
    }
    match number.to_u64().and_then(|number| u32::try_from(number).ok()) {
        Some(number) => Ok(number),
        None => Err(vm.overflow_error("Value too large for uint32_t type")),
    }
}

/// An unsigned 64-bit argument.
pub(super) fn as_u64(vm: Vm<'_>, value: &Value) -> PyResult<u64> {
    let number = int::to_bigint(vm, &number::index(vm, value)?)?;
    if number.is_negative() {
        return Err(vm.value_error("can't convert negative int to unsigned"));
    }
    match number.to_u64() {
        Some(number) => Ok(number),
        None => Err(vm.overflow_error("Python int too large to convert to C unsigned long long")),
    }
}

/// A preset's number.
pub(super) fn as_preset(vm: Vm<'_>, value: &Value) -> PyResult<u32> {
    as_u32(vm, value)
}

/// Every key is one of `known`.
fn check_keys(vm: Vm<'_>, spec: &Value, known: &[&str], kind: &str) -> PyResult<()> {
    let keys = vm.call_method(spec, &vm.intern("keys"), &[])?;
    for key in vm.collect(&keys)? {
        let name = key.downcast::<PyStr>().map(Py::to_rust_string).unwrap_or_default();
        if !known.contains(&name.as_str()) {
            return Err(vm.value_error(format!("Invalid filter specifier for {kind} filter")));
        }
    }
    Ok(())
}

fn lzma_filter(vm: Vm<'_>, id: u64, spec: &Value) -> PyResult<Filter> {
    const KEYS: &[&str] =
        &["id", "preset", "dict_size", "lc", "lp", "pb", "mode", "nice_len", "mf", "depth"];
    let number = match entry(vm, spec, "preset")? {
        Some(value) => as_u32(vm, &value)?,
        None => 6,
    };
    let mut options = preset_or_error(vm, number)?;
    check_keys(vm, spec, KEYS, "LZMA")?;
    let field = |name: &str| -> PyResult<Option<u32>> {
        entry(vm, spec, name)?.map(|value| as_u32(vm, &value)).transpose()
    };
    if let Some(size) = field("dict_size")? {
        options.dict_size = size;
    }
    for (name, target) in
        [("lc", &mut options.lc), ("lp", &mut options.lp), ("pb", &mut options.pb)]
    {
        if let Some(number) = field(name)? {
            *target = number;
        }
    }
    let mut fits = true;
    match field("mode")? {
        Some(1) => options.mode = EncodeMode::Fast,
        Some(2) => options.mode = EncodeMode::Normal,
        Some(_) => fits = false,
        None => {}
    }
    if let Some(length) = field("nice_len")? {
        fits &= (2..=273).contains(&length);
        options.nice_len = length.clamp(8, 273);
    }
    match field("mf")? {
        Some(3 | 4) => options.mf = MfType::Hc4,
        Some(18..=20) => options.mf = MfType::Bt4,
        Some(_) => fits = false,
        None => {}
    }
    if let Some(depth) = field("depth")? {
        options.depth_limit = i32::try_from(depth).unwrap_or(i32::MAX);
    }
    fits &= (4096..=1_610_612_736).contains(&options.dict_size);
    fits &= options.lc <= 4 && options.lp <= 4 && options.lc + options.lp <= 4 && options.pb <= 4;
    if fits { Ok(Filter::Lzma(id, options)) } else { Err(unsupported(vm)) }
}

/// What a dictionary says of a filter.
pub(super) fn filter(vm: Vm<'_>, spec: &Value) -> PyResult<Filter> {
    if spec.downcast::<PyDict>().is_none() && vm.get_attr_opt(spec, &vm.intern("keys"))?.is_none() {
        return Err(vm.type_error("Filter specifier must be a dict or dict-like object"));
    }
    let Some(id) = entry(vm, spec, "id")? else {
        return Err(vm.value_error("Filter specifier must have an \"id\" entry"));
    };
    let id = as_u64(vm, &id)?;
    match id {
        LZMA1 | LZMA2 => lzma_filter(vm, id, spec),
        DELTA => {
            check_keys(vm, spec, &["id", "dist"], "delta")?;
            let distance = entry(vm, spec, "dist")?.map_or(Ok(1), |value| as_u32(vm, &value))?;
            if !(1..=256).contains(&distance) {
                return Err(unsupported(vm));
            }
            Ok(Filter::Before(FilterConfig::new_delta(distance)))
        }
        4..=9 => {
            check_keys(vm, spec, &["id", "start_offset"], "BCJ")?;
            let start =
                entry(vm, spec, "start_offset")?.map_or(Ok(0), |value| as_u32(vm, &value))?;
            match FilterType::try_from(id) {
                Ok(filter_type) => {
                    Ok(Filter::Before(FilterConfig { filter_type, property: start }))
                }
                Err(()) => Err(unsupported(vm)),
            }
        }
        _ => Err(vm.value_error(format!("Invalid filter ID: {id}"))),
    }
}

/// A chain of filters.
pub(super) fn chain(vm: Vm<'_>, specs: &Value) -> PyResult<Vec<Filter>> {
    if specs.downcast::<PyDict>().is_some() {
        return Err(vm.type_error("'dict' object is not a sequence"));
    }
    let count = vm.length(specs)?;
    if count > 4 {
        return Err(vm.value_error("Too many filters - liblzma supports a maximum of 4"));
    }
    let mut filters = Vec::with_capacity(count);
    for place in 0..count {
        let place = isize::try_from(place).unwrap_or(0);
        filters.push(filter(vm, &vm.sequence_item(specs, place)?)?);
    }
    Ok(filters)
}

/// A chain taken apart: what comes first, and the LZMA filter that must come last.
pub(super) fn parts(filters: &[Filter]) -> Option<(Vec<FilterConfig>, u64, LzmaOptions)> {
    let (last, first) = filters.split_last()?;
    let Filter::Lzma(id, options) = last else { return None };
    let mut before = Vec::new();
    for filter in first {
        let Filter::Before(config) = filter else { return None };
        before.push(config.clone());
    }
    Some((before, *id, options.clone()))
}

/// The size that a byte of LZMA2's properties stands for.
fn dictionary_size(byte: u8) -> Option<u32> {
    match byte {
        0..40 => Some((2 | u32::from(byte & 1)) << (byte / 2 + 11)),
        40 => Some(u32::MAX),
        _ => None,
    }
}

/// A filter's properties as a stream holds them.
pub(super) fn encode_properties(filter: &Filter) -> Vec<u8> {
    match filter {
        Filter::Lzma(LZMA1, options) => {
            let mut bytes = vec![options.get_props()];
            bytes.extend(options.dict_size.to_le_bytes());
            bytes
        }
        Filter::Lzma(_, options) => {
            let fits =
                |&byte: &u8| dictionary_size(byte).is_some_and(|size| size >= options.dict_size);
            vec![(0..=40).find(fits).unwrap_or(40)]
        }
        Filter::Before(config) => match config.filter_type {
            FilterType::Delta => vec![u8::try_from(config.property - 1).unwrap_or(u8::MAX)],
            _ if config.property == 0 => Vec::new(),
            _ => config.property.to_le_bytes().to_vec(),
        },
    }
}

/// The dictionary that a filter's properties say.
pub(super) fn decode_properties(vm: Vm<'_>, id: u64, bytes: &[u8]) -> PyResult<Value> {
    let mut fields: Vec<(&str, u64)> = Vec::new();
    match (id, bytes) {
        (LZMA1, [props, a, b, c, d]) if *props < 225 => {
            let (lc, rest) = (props % 9, props / 9);
            fields.push(("dict_size", u64::from(u32::from_le_bytes([*a, *b, *c, *d]))));
            fields.push(("lc", u64::from(lc)));
            fields.push(("lp", u64::from(rest % 5)));
            fields.push(("pb", u64::from(rest / 5)));
        }
        (LZMA2, [byte]) if dictionary_size(*byte).is_some() => {
            fields.push(("dict_size", u64::from(dictionary_size(*byte).unwrap_or(0))));
        }
        (DELTA, [distance]) => fields.push(("dist", u64::from(*distance) + 1)),
        (4..=9, []) => {}
        (4..=9, [a, b, c, d]) => {
            let start = u32::from_le_bytes([*a, *b, *c, *d]);
            if start != 0 {
                fields.push(("start_offset", u64::from(start)));
            }
        }
        _ => return Err(unsupported(vm)),
    }
    let dict = PyDict::new_ref(vm);
    fields.insert(0, ("id", id));
    for (name, number) in fields {
        dict.set(vm, &PyStr::new_value(vm, name), int::new(vm, number))?;
    }
    Ok(dict.into_value())
}
