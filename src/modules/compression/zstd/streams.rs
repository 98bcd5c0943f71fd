//! `ZstdCompressor` and `ZstdDecompressor`.

use std::cell::Cell;

use objects::core::args::{Args, Bound};
use objects::core::errors::{PyResult, Raised};
use objects::core::gc::{Traverse, Visitor};
use objects::core::gil_cell::GilCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::TypeSpec;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::buffer::bytes_like;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::exceptions::hierarchy::EOF_ERROR;
use objects::types::int;
use objects::{getset, methods, payload};

use super::raw::{Compressor, Decompressor, Way};
use super::{dictionary, failed, options};
use crate::compression::{Progress, Pump, bytes_value, decompress_arguments, grow};

/// A compressor.
struct Encoder(GilCell<Compressor>);

impl Traverse for Encoder {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

/// A decompressor and its input.
struct Decoder(GilCell<(Decompressor, Pump)>);

impl Traverse for Decoder {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

payload! {
    /// The payload of a compressor.
    pub(super) struct PyCompressor: COMPRESSOR {
        encoder: Encoder,
        last_mode: Cell<u8>,
    }
}

payload! {
    /// The payload of a decompressor.
    pub(super) struct PyDecompressor: DECOMPRESSOR {
        decoder: Decoder,
    }
}

/// `ZstdCompressor`
pub(super) static COMPRESSOR: StaticType = StaticType::new::<PyCompressor>();
/// `ZstdDecompressor`
pub(super) static DECOMPRESSOR: StaticType = StaticType::new::<PyDecompressor>();

/// The spec of `ZstdCompressor`.
pub(super) const COMPRESSOR_SPEC: TypeSpec = TypeSpec {
    name: "compression.zstd.ZstdCompressor",
    doc: Some(
        "ZstdCompressor(level=None, options=None, zstd_dict=None)\n--\n\nCreate a compressor object for compressing data incrementally.\n\n  level\n    The compression level to use. Defaults to COMPRESSION_LEVEL_DEFAULT.\n  options\n    A dict object that contains advanced compression parameters.\n  zstd_dict\n    A ZstdDict object, a pre-trained Zstandard dictionary.\n\nThread-safe at method level.  For one-shot compression, use the\ncompress() function instead.",
    ),
    slots: &[Slot::New(new_compressor)],
    methods: COMPRESSOR_METHODS,
    getset: COMPRESSOR_GETSET,
    ..TypeSpec::DEFAULT
};

/// The spec of `ZstdDecompressor`.
pub(super) const DECOMPRESSOR_SPEC: TypeSpec = TypeSpec {
    name: "compression.zstd.ZstdDecompressor",
    doc: Some(
        "ZstdDecompressor(zstd_dict=None, options=None)\n--\n\nCreate a decompressor object for decompressing data incrementally.\n\n  zstd_dict\n    A ZstdDict object, a pre-trained Zstandard dictionary.\n  options\n    A dict object that contains advanced decompression parameters.\n\nThread-safe at method level.  For one-shot decompression, use the\ndecompress() function instead.",
    ),
    slots: &[Slot::New(new_decompressor)],
    methods: DECOMPRESSOR_METHODS,
    getset: DECOMPRESSOR_GETSET,
    ..TypeSpec::DEFAULT
};

methods! { COMPRESSOR_METHODS:
    /// Provide data to the compressor object.
    ///
    ///   mode
    ///     Can be these 3 values ZstdCompressor.CONTINUE,
    ///     ZstdCompressor.FLUSH_BLOCK, ZstdCompressor.FLUSH_FRAME
    ///
    /// Return a chunk of compressed data if possible, or b'' otherwise.
    /// When you have finished providing data to the compressor, call the
    /// flush() method to finish the compression process.
    ["compress"] "($self, /, data, mode=ZstdCompressor.CONTINUE)" Bound(compress);
    /// Finish the compression process.
    ///
    ///   mode
    ///     Can be these 2 values ZstdCompressor.FLUSH_FRAME,
    ///     ZstdCompressor.FLUSH_BLOCK
    ///
    /// Flush any remaining data left in internal buffers.  Since Zstandard
    /// data consists of one or more independent frames, the compressor
    /// object can still be used after this method is called.
    ["flush"] "($self, /, mode=ZstdCompressor.FLUSH_FRAME)" Bound(flush);
    /// Set the uncompressed content size to be written into the frame header.
    ///
    ///   size
    ///     The size of the uncompressed data to be provided to the compressor.
    ///
    /// This method can be used to ensure the header of the frame about to
    /// be written includes the size of the data, unless the
    /// CompressionParameter.content_size_flag is set to False.
    /// If last_mode != FLUSH_FRAME, then a RuntimeError is raised.
    ///
    /// It is important to ensure that the pledged data size matches the
    /// actual data size.  If they do not match the compressed output data
    /// may be corrupted and the final chunk written may be lost.
    ["set_pledged_input_size"] "($self, size, /)" One(pledge);
}

getset! { COMPRESSOR_GETSET:
    /// The last mode used to this compressor object, its value can be .CONTINUE,
    /// .FLUSH_BLOCK, .FLUSH_FRAME. Initialized to .FLUSH_FRAME.
    ["last_mode"] last_mode;
}

methods! { DECOMPRESSOR_METHODS:
    /// Decompress *data*, returning uncompressed bytes if possible, or b'' otherwise.
    ///
    ///   data
    ///     A bytes-like object, Zstandard data to be decompressed.
    ///   max_length
    ///     Maximum size of returned data. When it is negative, the size of
    ///     output buffer is unlimited. When it is nonnegative, returns at
    ///     most max_length bytes of decompressed data.
    ["decompress"] "($self, /, data, max_length=-1)" Any(decompress);
}

getset! { DECOMPRESSOR_GETSET:
    /// True means the end of the first frame has been reached. If decompress data
    /// after that, an EOFError exception will be raised.
    ["eof"] eof;
    /// If the max_length output limit in .decompress() method has been reached,
    /// and the decompressor has (or may has) unconsumed input data, it will be set
    /// to False.
    ["needs_input"] needs_input;
    /// A bytes object of un-consumed input data.
    ["unused_data"] unused_data;
}

const CONTINUE: u8 = 0;
const FLUSH_BLOCK: u8 = 1;
const FLUSH_FRAME: u8 = 2;

/// Adds the modes to the compressor's class.
pub(super) fn add_modes(vm: Vm<'_>) {
    let modes =
        [("CONTINUE", CONTINUE), ("FLUSH_BLOCK", FLUSH_BLOCK), ("FLUSH_FRAME", FLUSH_FRAME)];
    for (name, mode) in modes {
        let mode = Value::small_int_unchecked(i64::from(mode));
        drop(COMPRESSOR.get().namespace().set_str(&vm.intern(name), mode));
    }
}

/// The error for a dictionary that was not taken by a (C)ompressor or (D)ecompressor.
fn not_loaded(vm: Vm<'_>, way: Way, kind: &str, fault: &str) -> Raised {
    if way == Way::Digested {
        return vm.error(
            &super::ERROR,
            format!(
                "Failed to create a ZSTD_{kind}Dict instance from Zstandard dictionary content."
            ),
        );
    }
    let doing = if kind == "C" { "compression" } else { "decompression" };
    failed(vm, &format!("load Zstandard dictionary or prefix for {doing}"), fault)
}

fn new_compressor(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature =
        LazySignature::new("(level=None, options=None, zstd_dict=None)");
    let bound = SIGNATURE.bind(vm, "ZstdCompressor", args)?;
    let mut compressor = Compressor::new().ok_or_else(|| vm.memory_error())?;
    let mut level = None;
    match (bound.get_non_none(0), bound.get_non_none(1)) {
        (Some(_), Some(_)) => {
            return Err(vm.type_error("Only one of level or options should be used."));
        }
        (Some(given), None) => level = Some(options::level(vm, &mut compressor, given)?),
        (None, Some(given)) => level = options::compression(vm, &mut compressor, given)?,
        (None, None) => {}
    }
    if let Some(given) = bound.get_non_none(2) {
        let (bytes, way) = dictionary::argument(vm, given, Way::Undigested)?;
        compressor
            .load(&bytes, way, level.unwrap_or(0))
            .map_err(|fault| not_loaded(vm, way, "C", &fault))?;
    }
    let encoder = Encoder(GilCell::new(compressor));
    let payload = PyCompressor { encoder, last_mode: Cell::new(FLUSH_FRAME) };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn run(vm: Vm<'_>, this: &Value, data: &[u8], mode: u8) -> PyResult<Value> {
    let own = this.receiver::<PyCompressor>();
    let done = own.encoder.0.with_mut(|compressor| {
        let (mut input, mut out) = (data, Vec::new());
        loop {
            let start = grow(vm, &mut out, usize::MAX)?;
            let room = out.get_mut(start..).unwrap_or_default();
            let space = room.len();
            let step = compressor
                .step(input, room, mode)
                .map_err(|fault| failed(vm, "compress Zstandard data", &fault))?;
            out.truncate(start + step.written);
            input = input.get(step.read..).unwrap_or_default();
            let is_done = if mode == CONTINUE {
                input.is_empty() && step.written < space
            } else {
                step.hint == 0
            };
            if is_done {
                return Ok(out);
            }
        }
    });
    own.last_mode.set(if done.is_ok() { mode } else { FLUSH_FRAME });
    PyBytes::try_new_value(vm, &done?)
}

fn mode_of(vm: Vm<'_>, value: Option<&Value>, otherwise: u8) -> PyResult<Option<u8>> {
    match value {
        None => Ok(Some(otherwise)),
        Some(value) => {
            Ok(u8::try_from(number::as_i32(vm, value)?).ok().filter(|&mode| mode <= FLUSH_FRAME))
        }
    }
}

fn compress(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let data = bytes_like(vm, args.required(0))?.to_vec();
    match mode_of(vm, args.get(1), CONTINUE)? {
        Some(mode) => run(vm, this, &data, mode),
        None => Err(vm.value_error(
            "mode argument wrong value, it should be one of ZstdCompressor.CONTINUE, ZstdCompressor.FLUSH_BLOCK, ZstdCompressor.FLUSH_FRAME.",
        )),
    }
}

fn flush(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    match mode_of(vm, args.get(0), FLUSH_FRAME)? {
        Some(mode) if mode != CONTINUE => run(vm, this, b"", mode),
        _ => Err(vm.value_error(
            "mode argument wrong value, it should be ZstdCompressor.FLUSH_FRAME or ZstdCompressor.FLUSH_BLOCK.",
        )),
    }
}

fn pledge(vm: Vm<'_>, this: &Value, size: &Value) -> PyResult<Value> {
    const LIMIT: u64 = u64::MAX - 1;
    let size = if size.is_none() {
        None
    } else if !number::is_int(size) {
        return Err(vm.type_error("an integer is required"));
    } else {
        match int::as_u64(size).filter(|&size| size < LIMIT) {
            Some(size) => Some(size),
            None => {
                return Err(vm.value_error(format!(
                    "size argument should be a positive int less than {LIMIT}"
                )));
            }
        }
    };
    let own = this.receiver::<PyCompressor>();
    if own.last_mode.get() != FLUSH_FRAME {
        return Err(vm.value_error(
            "set_pledged_input_size() method must be called when last_mode == FLUSH_FRAME",
        ));
    }
    own.encoder
        .0
        .with_mut(|compressor| compressor.pledge(size))
        .map_err(|fault| failed(vm, "set pledged uncompressed content size", &fault))?;
    Ok(Value::NONE)
}

fn last_mode(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(i64::from(this.receiver::<PyCompressor>().last_mode.get())))
}

fn new_decompressor(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(zstd_dict=None, options=None)");
    let bound = SIGNATURE.bind(vm, "ZstdDecompressor", args)?;
    let mut decompressor = Decompressor::new().ok_or_else(|| vm.memory_error())?;
    if let Some(given) = bound.get_non_none(0) {
        let (bytes, way) = dictionary::argument(vm, given, Way::Digested)?;
        decompressor.load(&bytes, way).map_err(|fault| not_loaded(vm, way, "D", &fault))?;
    }
    if let Some(given) = bound.get_non_none(1) {
        options::decompression(vm, &mut decompressor, given)?;
    }
    let decoder = Decoder(GilCell::new((decompressor, Pump::new())));
    Ok(PyRef::try_new_of(vm, class, PyDecompressor { decoder })?.into_value())
}

fn decoder(value: &Value) -> &GilCell<(Decompressor, Pump)> {
    &value.receiver::<PyDecompressor>().decoder.0
}

fn decompress(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    let (data, max) = decompress_arguments(vm, args)?;
    let out = decoder(this).with_mut(|(decompressor, pump)| {
        if pump.eof {
            return Err(vm.error(&EOF_ERROR, "Already at the end of a Zstandard frame."));
        }
        pump.run(vm, &data, max, |input, room| {
            let step = decompressor
                .step(input, room)
                .map_err(|fault| failed(vm, "decompress Zstandard data", &fault))?;
            Ok(Progress { read: step.read, written: step.written, is_end: step.hint == 0 })
        })
    })?;
    bytes_value(vm, &out)
}

fn eof(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(decoder(this).with(|(_, pump)| pump.eof)))
}

fn needs_input(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(decoder(this).with(|(_, pump)| pump.wants_more)))
}

fn unused_data(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    bytes_value(vm, &decoder(this).with(|(_, pump)| pump.unused.clone()))
}
