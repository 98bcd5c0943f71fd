//! The parameters of compressors and decompressors, as a program gives them.

use objects::core::args::Bound;
use objects::core::errors::{PyResult, Raised};
use objects::core::type_object::PyType;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy as exc;
use objects::types::int;

use super::raw::{self, Compressor, Decompressor, Fault};

const COMPRESSION_TYPE: &str = "zstd_compression_parameters";
const DECOMPRESSION_TYPE: &str = "zstd_decompression_parameters";

/// Remembers the classes of the parameters' names, so that one kind is not taken for the other.
pub(super) fn set_parameter_types(
    vm: Vm<'_>,
    _module: &Value,
    args: &Bound<'_>,
) -> PyResult<Value> {
    let given = [
        (args.required(0), "c_parameter_type", COMPRESSION_TYPE),
        (args.required(1), "d_parameter_type", DECOMPRESSION_TYPE),
    ];
    for (class, name, _) in given {
        if class.downcast::<PyType>().is_none() {
            return Err(vm.type_error(format!(
                "set_parameter_types() argument '{name}' must be type, not {}",
                class.class().name()
            )));
        }
    }
    for (class, _, place) in given {
        vm.interpreter().set_state_of(place, class.clone());
    }
    Ok(Value::NONE)
}

/// Whether a key is of a class that was remembered.
fn is_of(vm: Vm<'_>, key: &Value, place: &str) -> bool {
    vm.interpreter()
        .state_of(place)
        .is_some_and(|class| class.downcast::<PyType>().is_some_and(|class| key.class().is(class)))
}

/// The entries of an `options` argument, as numbers.
fn entries(
    vm: Vm<'_>,
    function: &str,
    options: &Value,
    other: &str,
    wrong: &str,
) -> PyResult<Vec<(i32, i32)>> {
    let Some(dict) = options.downcast::<PyDict>() else {
        return Err(vm.type_error(format!(
            "{function}() argument 'options' must be dict, not {}",
            options.class().name()
        )));
    };
    let mut found = Vec::new();
    for (key, value) in dict.items_vec() {
        if is_of(vm, &key, other) {
            return Err(vm.type_error(wrong));
        }
        found.push((number::as_i32(vm, &key)?, number::as_i32(vm, &value)?));
    }
    Ok(found)
}

/// The error for a parameter that was not taken.
fn refused(vm: Vm<'_>, kind: &str, name: &str, key: i32, value: i32, fault: &Fault) -> Raised {
    match raw::bounds(key, kind == "compression") {
        Ok((low, high)) if !(low..=high).contains(&value) => vm.value_error(format!(
            "{kind} parameter '{name}' received an illegal value {value}; the valid range is [{low}, {high}]"
        )),
        _ => super::failed(vm, &format!("set {kind} parameter '{name}'"), fault),
    }
}

fn unknown(vm: Vm<'_>, kind: &str, key: i32) -> Raised {
    vm.value_error(format!("invalid {kind} parameter 'unknown parameter (key {key})'"))
}

/// Sets the parameters of a compressor; the compression level among them.
pub(super) fn compression(
    vm: Vm<'_>,
    compressor: &mut Compressor,
    options: &Value,
) -> PyResult<Option<i32>> {
    let wrong = "compression options dictionary key must not be a DecompressionParameter attribute";
    let mut level = None;
    for (key, value) in entries(vm, "ZstdCompressor", options, DECOMPRESSION_TYPE, wrong)? {
        let Some(row) = raw::COMPRESSION.iter().find(|row| row.2 as i32 == key) else {
            return Err(unknown(vm, "compression", key));
        };
        // The library would take some of these for another value.
        let is_outside =
            raw::bounds(key, true).is_ok_and(|(low, high)| !(low..=high).contains(&value));
        let is_default = value == 0 && key != 107;
        if is_outside && !is_default {
            return Err(refused(vm, "compression", row.0, key, value, &Fault::new()));
        }
        compressor
            .set(row.2, value)
            .map_err(|fault| refused(vm, "compression", row.0, key, value, &fault))?;
        if key == 100 {
            level = Some(value);
        }
    }
    Ok(level)
}

/// Sets the parameters of a decompressor.
pub(super) fn decompression(
    vm: Vm<'_>,
    decompressor: &mut Decompressor,
    options: &Value,
) -> PyResult<()> {
    let wrong = "decompression options dictionary key must not be a CompressionParameter attribute";
    for (key, value) in entries(vm, "ZstdDecompressor", options, COMPRESSION_TYPE, wrong)? {
        let Some(row) = raw::DECOMPRESSION.iter().find(|row| row.2 as i32 == key) else {
            return Err(unknown(vm, "decompression", key));
        };
        decompressor
            .set(row.2, value)
            .map_err(|fault| refused(vm, "decompression", row.0, key, value, &fault))?;
    }
    Ok(())
}

/// Sets the level of a compressor: the level.
pub(super) fn level(vm: Vm<'_>, compressor: &mut Compressor, value: &Value) -> PyResult<i32> {
    const RANGE: (i32, i32) = (-131_072, 22);
    if !number::is_int(value) {
        return Err(vm.type_error("invalid type for level, expected int"));
    }
    let given = int::as_i64(value).and_then(|level| i32::try_from(level).ok());
    let (low, high) = raw::bounds(100, true).unwrap_or(RANGE);
    let Some(level) = given.filter(|level| (low..=high).contains(level)) else {
        let shown = given.map_or(String::new(), |level| format!(" {level}"));
        return Err(vm.error(
            &exc::VALUE_ERROR,
            format!("illegal compression level{shown}; the valid range is [{low}, {high}]"),
        ));
    };
    let Some(row) = raw::COMPRESSION.first() else { return Ok(level) };
    compressor
        .set(row.2, level)
        .map_err(|fault| super::failed(vm, "set the compression level", &fault))?;
    Ok(level)
}
