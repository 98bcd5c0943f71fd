//! `_zstd`: Zstandard compression, over its own library.

mod dictionary;
mod options;
mod raw;
mod streams;

use objects::core::args::{Bound, check_count};
use objects::core::errors::{PyResult, Raised};
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::buffer::bytes_like;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::bytes::shared::room;
use objects::types::exceptions::hierarchy as exc;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::types::{int, module};

use crate::NativeModule;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "_zstd",
    doc: Some("Implementation module for Zstandard compression."),
    functions: FUNCTIONS,
    exec: Some(exec),
};

static ERROR: StaticType = StaticType::inheriting();
const ERROR_SPEC: TypeSpec = TypeSpec {
    name: "compression.zstd.ZstdError",
    doc: Some("An error occurred in the zstd library."),
    base: Some(&exc::EXCEPTION),
    flags: spec_flags::BASETYPE | spec_flags::HAS_DICT | spec_flags::HAS_WEAKREF,
    ..TypeSpec::DEFAULT
};

methods! { FUNCTIONS:
    /// Train a Zstandard dictionary on sample data.
    ///
    ///   samples_bytes
    ///     Concatenation of samples.
    ///   samples_sizes
    ///     Tuple of samples' sizes.
    ///   dict_size
    ///     The size of the dictionary.
    ["train_dict"] "($module, samples_bytes, samples_sizes, dict_size, /)" Positional(train_dict);
    /// Finalize a Zstandard dictionary.
    ///
    ///   custom_dict_bytes
    ///     Custom dictionary content.
    ///   samples_bytes
    ///     Concatenation of samples.
    ///   samples_sizes
    ///     Tuple of samples' sizes.
    ///   dict_size
    ///     The size of the dictionary.
    ///   compression_level
    ///     Optimize for a specific Zstandard compression level, 0 means default.
    ["finalize_dict"] "($module, custom_dict_bytes, samples_bytes, samples_sizes,\n              dict_size, compression_level, /)" Positional(finalize_dict);
    /// Get CompressionParameter/DecompressionParameter bounds.
    ///
    ///   parameter
    ///     The parameter to get bounds.
    ///   is_compress
    ///     True for CompressionParameter, False for DecompressionParameter.
    ["get_param_bounds"] "($module, /, parameter, is_compress)" Bound(get_param_bounds);
    /// Get the size of a Zstandard frame, including the header and optional checksum.
    ///
    ///   frame_buffer
    ///     A bytes-like object, it should start from the beginning of a frame,
    ///     and contains at least one complete frame.
    ["get_frame_size"] "($module, /, frame_buffer)" Bound(get_frame_size);
    /// Get Zstandard frame infomation from a frame header.
    ///
    ///   frame_buffer
    ///     A bytes-like object, containing the header of a Zstandard frame.
    ["get_frame_info"] "($module, /, frame_buffer)" Bound(get_frame_info);
    /// Set CompressionParameter and DecompressionParameter types for validity check.
    ///
    ///   c_parameter_type
    ///     CompressionParameter IntEnum type object
    ///   d_parameter_type
    ///     DecompressionParameter IntEnum type object
    ["set_parameter_types"] "($module, /, c_parameter_type, d_parameter_type)" Bound(options::set_parameter_types);
}

const CONSTANTS: [(&str, i64); 12] = [
    ("ZSTD_CLEVEL_DEFAULT", 3),
    ("ZSTD_DStreamOutSize", 131_072),
    ("ZSTD_fast", 1),
    ("ZSTD_dfast", 2),
    ("ZSTD_greedy", 3),
    ("ZSTD_lazy", 4),
    ("ZSTD_lazy2", 5),
    ("ZSTD_btlazy2", 6),
    ("ZSTD_btopt", 7),
    ("ZSTD_btultra", 8),
    ("ZSTD_btultra2", 9),
    ("zstd_version_number", 10_507),
];

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    objects::types::ready(vm, &ERROR, &ERROR_SPEC)?;
    let types = [
        ("ZstdDict", &dictionary::DICT, &dictionary::DICT_SPEC),
        ("ZstdCompressor", &streams::COMPRESSOR, &streams::COMPRESSOR_SPEC),
        ("ZstdDecompressor", &streams::DECOMPRESSOR, &streams::DECOMPRESSOR_SPEC),
    ];
    for (name, class, spec) in types {
        objects::types::ready(vm, class, spec)?;
        module::add(vm, target, name, class.get().to_value());
    }
    streams::add_modes(vm);
    module::add(vm, target, "ZstdError", ERROR.get().to_value());
    module::add(vm, target, "zstd_version", PyStr::new_value(vm, &raw::version()));
    let compression = raw::COMPRESSION.iter().map(|row| (row.1, row.2 as i64));
    let decompression = raw::DECOMPRESSION.iter().map(|row| (row.1, row.2 as i64));
    for (name, number) in CONSTANTS.into_iter().chain(compression).chain(decompression) {
        module::add(vm, target, name, Value::small_int_unchecked(number));
    }
    Ok(())
}

/// The error for what the library said while it was doing something.
fn failed(vm: Vm<'_>, doing: &str, fault: &str) -> Raised {
    vm.error(&ERROR, format!("Unable to {doing}: {fault}"))
}

/// The sizes of samples, which must add up to the samples.
fn sizes_of(
    vm: Vm<'_>,
    function: &str,
    place: u8,
    samples: &[u8],
    value: &Value,
) -> PyResult<Vec<usize>> {
    let Some(tuple) = value.downcast::<PyTuple>() else {
        let name = value.class().name();
        return Err(
            vm.type_error(format!("{function}() argument {place} must be tuple, not {name}"))
        );
    };
    let mut sizes = Vec::new();
    let mut total = 0_usize;
    for item in tuple.items() {
        if !number::has_index(item) {
            return Err(vm.type_error("an integer is required"));
        }
        let size = usize::try_from(number::as_ssize(vm, item)?).unwrap_or(usize::MAX);
        total = total.saturating_add(size);
        sizes.push(size);
    }
    if total != samples.len() {
        return Err(
            vm.value_error("The samples size tuple doesn't match the concatenation's size.")
        );
    }
    Ok(sizes)
}

/// An argument that must be bytes.
fn bytes_of(vm: Vm<'_>, function: &str, place: u8, value: &Value) -> PyResult<Vec<u8>> {
    match value.downcast::<PyBytes>() {
        Some(bytes) => Ok(bytes.as_slice().to_vec()),
        None => Err(vm.type_error(format!(
            "{function}() argument {place} must be bytes, not {}",
            value.class().name()
        ))),
    }
}

/// Room for a dictionary.
fn dictionary_room(vm: Vm<'_>, size: &Value) -> PyResult<Vec<u8>> {
    let size = number::as_ssize(vm, size)?;
    let Some(size) = usize::try_from(size).ok().filter(|&size| size != 0) else {
        return Err(vm.value_error("dict_size argument should be positive number."));
    };
    let mut bytes = room(vm, size)?;
    bytes.resize(size, 0);
    Ok(bytes)
}

fn train_dict(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "train_dict", args.len(), 3, 3)?;
    let samples = bytes_of(vm, "train_dict", 1, &args[0])?;
    let mut room = dictionary_room(vm, &args[2])?;
    let sizes = sizes_of(vm, "train_dict", 2, &samples, &args[1])?;
    let made = vm.allow_threads(|| raw::train(&mut room, &samples, &sizes));
    let size = made.map_err(|fault| failed(vm, "train the Zstandard dictionary", &fault))?;
    PyBytes::try_new_value(vm, room.get(..size).unwrap_or_default())
}

fn finalize_dict(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "finalize_dict", args.len(), 5, 5)?;
    let content = bytes_of(vm, "finalize_dict", 1, &args[0])?;
    let samples = bytes_of(vm, "finalize_dict", 2, &args[1])?;
    let mut room = dictionary_room(vm, &args[3])?;
    let level = number::as_i32(vm, &args[4])?;
    let sizes = sizes_of(vm, "finalize_dict", 3, &samples, &args[2])?;
    let made = vm.allow_threads(|| raw::finalize(&mut room, &content, &samples, &sizes, level));
    let size = made.map_err(|fault| failed(vm, "finalize the Zstandard dictionary", &fault))?;
    PyBytes::try_new_value(vm, room.get(..size).unwrap_or_default())
}

fn get_param_bounds(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let key = number::as_i32(vm, args.required(0))?;
    let is_compression = vm.is_true(args.required(1))?;
    let what = if is_compression { "compression" } else { "decompression" };
    let (low, high) = raw::bounds(key, is_compression)
        .map_err(|fault| failed(vm, &format!("get zstd {what} parameter bounds"), &fault))?;
    let pair = [low, high].map(|number| Value::small_int_unchecked(i64::from(number)));
    Ok(PyTuple::new_value(vm, &pair))
}

fn get_frame_size(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let data = bytes_like(vm, args.required(0))?.to_vec();
    match raw::frame_size(&data) {
        Ok(size) => Ok(Value::from_usize(size)),
        Err(fault) => Err(vm.error(
            &ERROR,
            format!(
                "Error when finding the compressed size of a Zstandard frame. Ensure the frame_buffer argument starts from the beginning of a frame, and its length is not less than this complete frame. Zstd error message: {fault}."
            ),
        )),
    }
}

fn get_frame_info(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let data = bytes_like(vm, args.required(0))?.to_vec();
    let Some((size, id)) = raw::frame_info(&data) else {
        return Err(vm.error(
            &ERROR,
            "Error when getting information from the header of a Zstandard frame. Ensure the frame_buffer argument starts from the beginning of a frame, and its length is not less than the frame header (6~18 bytes).",
        ));
    };
    let size = size.map_or(Value::NONE, |size| int::from_u64(vm, size));
    Ok(PyTuple::new_value(vm, &[size, Value::small_int_unchecked(i64::from(id))]))
}
