//! `zlib`: compression by DEFLATE, over the crate zlib-rs.

mod compress;
mod decompress;

use objects::core::args::check_count;
use objects::core::errors::{PyResult, Raised};
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::buffer::bytes_like;
use objects::protocol::number;
use objects::types::exceptions::hierarchy::EXCEPTION;
use objects::types::str::PyStr;
use objects::types::{self, int, module};

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "zlib",
    doc: Some(
        "The functions in this module allow compression and decompression using the\nzlib library, which is based on GNU zip.\n\nadler32(string[, start]) -- Compute an Adler-32 checksum.\ncompress(data[, level]) -- Compress data, with compression level 0-9 or -1.\ncompressobj([level[, ...]]) -- Return a compressor object.\ncrc32(string[, start]) -- Compute a CRC-32 checksum.\ndecompress(string,[wbits],[bufsize]) -- Decompresses a compressed string.\ndecompressobj([wbits[, zdict]]) -- Return a decompressor object.\n\n'wbits' is window buffer size and container format.\nCompressor objects support compress() and flush() methods; decompressor\nobjects support decompress() and flush().",
    ),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Compute an Adler-32 checksum of data.
    ///
    ///   value
    ///     Starting value of the checksum.
    ///
    /// The returned checksum is an integer.
    ["adler32"] "($module, data, value=1, /)" Positional(adler32);
    /// Returns a bytes object containing compressed data.
    ///
    ///   data
    ///     Binary data to be compressed.
    ///   level
    ///     Compression level, in 0-9 or -1.
    ///   wbits
    ///     The window buffer size and container format.
    ["compress"] "($module, data, /, level=Z_DEFAULT_COMPRESSION, wbits=MAX_WBITS)" Bound(compress::compress);
    /// Return a compressor object.
    ///
    ///   level
    ///     The compression level (an integer in the range 0-9 or -1; default is
    ///     currently equivalent to 6).  Higher compression levels are slower,
    ///     but produce smaller results.
    ///   method
    ///     The compression algorithm.  If given, this must be DEFLATED.
    ///   wbits
    ///     +9 to +15: The base-two logarithm of the window size.  Include a zlib
    ///         container.
    ///     -9 to -15: Generate a raw stream.
    ///     +25 to +31: Include a gzip container.
    ///   memLevel
    ///     Controls the amount of memory used for internal compression state.
    ///     Valid values range from 1 to 9.  Higher values result in higher memory
    ///     usage, faster compression, and smaller output.
    ///   strategy
    ///     Used to tune the compression algorithm.  Possible values are
    ///     Z_DEFAULT_STRATEGY, Z_FILTERED, and Z_HUFFMAN_ONLY.
    ///   zdict
    ///     The predefined compression dictionary - a sequence of bytes
    ///     containing subsequences that are likely to occur in the input data.
    ["compressobj"] "($module, /, level=Z_DEFAULT_COMPRESSION, method=DEFLATED,
            wbits=MAX_WBITS, memLevel=DEF_MEM_LEVEL,
            strategy=Z_DEFAULT_STRATEGY, zdict=<unrepresentable>)" Bound(compress::compressobj);
    /// Compute a CRC-32 checksum of data.
    ///
    ///   value
    ///     Starting value of the checksum.
    ///
    /// The returned checksum is an integer.
    ["crc32"] "($module, data, value=0, /)" Positional(crc32);
    /// Returns a bytes object containing the uncompressed data.
    ///
    ///   data
    ///     Compressed data.
    ///   wbits
    ///     The window buffer size and container format.
    ///   bufsize
    ///     The initial output buffer size.
    ["decompress"] "($module, data, /, wbits=MAX_WBITS, bufsize=DEF_BUF_SIZE)" Bound(decompress::decompress);
    /// Return a decompressor object.
    ///
    ///   wbits
    ///     The window buffer size and container format.
    ///   zdict
    ///     The predefined compression dictionary.  This must be the same
    ///     dictionary as used by the compressor that produced the input data.
    ["decompressobj"] "($module, /, wbits=MAX_WBITS, zdict=b'')" Bound(decompress::decompressobj);
}

/// `zlib.error`
static ERROR: StaticType = StaticType::inheriting();

const ERROR_SPEC: TypeSpec = TypeSpec {
    name: "zlib.error",
    base: Some(&EXCEPTION),
    flags: spec_flags::BASETYPE,
    ..TypeSpec::DEFAULT
};

const BUFFER_SIZE: usize = 16 * 1024;

const CONSTANTS: &[(&str, i64)] = &[
    ("MAX_WBITS", 15),
    ("DEFLATED", 8),
    ("DEF_MEM_LEVEL", 8),
    ("DEF_BUF_SIZE", 16 * 1024),
    ("Z_NO_COMPRESSION", 0),
    ("Z_BEST_SPEED", 1),
    ("Z_BEST_COMPRESSION", 9),
    ("Z_DEFAULT_COMPRESSION", -1),
    ("Z_FILTERED", 1),
    ("Z_HUFFMAN_ONLY", 2),
    ("Z_RLE", 3),
    ("Z_FIXED", 4),
    ("Z_DEFAULT_STRATEGY", 0),
    ("Z_NO_FLUSH", 0),
    ("Z_PARTIAL_FLUSH", 1),
    ("Z_SYNC_FLUSH", 2),
    ("Z_FULL_FLUSH", 3),
    ("Z_FINISH", 4),
    ("Z_BLOCK", 5),
    ("Z_TREES", 6),
];

/// The version of the format's library that zlib-rs follows.
const VERSION: &str = "1.3.2";

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    types::init_types(
        vm,
        &[
            (&ERROR, &ERROR_SPEC),
            (&compress::COMPRESS, &compress::COMPRESS_SPEC),
            (&decompress::DECOMPRESS, &decompress::DECOMPRESS_SPEC),
            (&decompress::BUFFERED, &decompress::BUFFERED_SPEC),
        ],
    )?;
    module::add(vm, this, "error", ERROR.get().to_value());
    module::add(vm, this, "_ZlibDecompressor", decompress::BUFFERED.get().to_value());
    for (name, number) in CONSTANTS {
        module::add(vm, this, name, Value::small_int_unchecked(*number));
    }
    module::add(vm, this, "ZLIB_VERSION", PyStr::new_value(vm, VERSION));
    module::add(vm, this, "ZLIB_RUNTIME_VERSION", PyStr::new_value(vm, VERSION));
    Ok(())
}

/// The error of a return code, with the library's own words or the usual ones.
#[cold]
fn error(vm: Vm<'_>, code: i32, doing: &str, message: Option<&str>) -> Raised {
    let usual = match code {
        -2 => Some("inconsistent stream state"),
        -3 => Some("invalid input data"),
        -5 => Some("incomplete or truncated stream"),
        _ => None,
    };
    let text = match message.or(usual) {
        Some(message) => format!("Error {code} {doing}: {message}"),
        None => format!("Error {code} {doing}"),
    };
    vm.error(&ERROR, text)
}

/// More room in `out`, for at most `max` bytes in all.
fn grow(vm: Vm<'_>, out: &mut Vec<u8>, max: usize) -> PyResult<usize> {
    let start = out.len();
    let more = start.clamp(BUFFER_SIZE, 1 << 28).min(max.saturating_sub(start));
    if out.try_reserve(more).is_err() {
        return Err(vm.memory_error());
    }
    out.resize(start + more, 0);
    Ok(start)
}

fn start_value(vm: Vm<'_>, value: Option<&Value>, default: u32) -> PyResult<u32> {
    let Some(value) = value else { return Ok(default) };
    let number = number::index(vm, value)?;
    let low = int::to_bigint(vm, &number)?.to_u64_wrapping() & 0xffff_ffff;
    Ok(u32::try_from(low).unwrap_or(0))
}

fn adler32(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "adler32", args.len(), 1, 2)?;
    let data = bytes_like(vm, &args[0])?;
    let start = start_value(vm, args.get(1), 1)?;
    let sum = data.with(|data| zlib_rs::adler32::adler32(start, data));
    Ok(Value::small_int_unchecked(i64::from(sum)))
}

fn crc32(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "crc32", args.len(), 1, 2)?;
    let data = bytes_like(vm, &args[0])?;
    let start = start_value(vm, args.get(1), 0)?;
    let sum = data.with(|data| zlib_rs::crc32::crc32(start, data));
    Ok(Value::small_int_unchecked(i64::from(sum)))
}
