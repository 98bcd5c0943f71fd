//! `_bz2`: bzip2 compression, over the crate bzip2 with its decoder and encoder in Rust.

use bzip2::{Action, Compress, Compression, Decompress, Status};
use objects::core::args::{Args, check_count};
use objects::core::errors::{PyResult, Raised};
use objects::core::gc::{Traverse, Visitor};
use objects::core::gil_cell::GilCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::buffer::bytes_like;
use objects::protocol::number;
use objects::types::exceptions::hierarchy::{EOF_ERROR, OS_ERROR};
use objects::types::{self, module};
use objects::{getset, methods, payload};

use super::{Progress, Pump, bytes_value, decompress_arguments, grow};
use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule =
    NativeModule { name: "_bz2", exec: Some(exec), ..NativeModule::DEFAULT };

/// A compressor; None once it has been flushed.
struct Encoder(GilCell<Option<Compress>>);

impl Traverse for Encoder {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

/// A decompressor; None after an error.
struct Decoder(GilCell<(Option<Decompress>, Pump)>);

impl Traverse for Decoder {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

payload! {
    /// The payload of a compressor.
    struct PyCompressor: COMPRESSOR {
        encoder: Encoder,
    }
}

payload! {
    /// The payload of a decompressor.
    struct PyDecompressor: DECOMPRESSOR {
        decoder: Decoder,
    }
}

static COMPRESSOR: StaticType = StaticType::new::<PyCompressor>();
static DECOMPRESSOR: StaticType = StaticType::new::<PyDecompressor>();

const COMPRESSOR_SPEC: TypeSpec = TypeSpec {
    name: "_bz2.BZ2Compressor",
    doc: Some(
        "BZ2Compressor(compresslevel=9, /)\n--\n\nCreate a compressor object for compressing data incrementally.\n\n  compresslevel\n    Compression level, as a number between 1 and 9.\n\nFor one-shot compression, use the compress() function instead.",
    ),
    flags: spec_flags::IMMUTABLE,
    slots: &[Slot::New(compressor_new)],
    methods: COMPRESSOR_METHODS,
    ..TypeSpec::DEFAULT
};

const DECOMPRESSOR_SPEC: TypeSpec = TypeSpec {
    name: "_bz2.BZ2Decompressor",
    doc: Some(
        "BZ2Decompressor()\n--\n\nCreate a decompressor object for decompressing data incrementally.\n\nFor one-shot decompression, use the decompress() function instead.",
    ),
    flags: spec_flags::IMMUTABLE,
    slots: &[Slot::New(decompressor_new)],
    methods: DECOMPRESSOR_METHODS,
    getset: DECOMPRESSOR_GETSET,
    ..TypeSpec::DEFAULT
};

methods! { COMPRESSOR_METHODS:
    /// Provide data to the compressor object.
    ///
    /// Returns a chunk of compressed data if possible, or b'' otherwise.
    ///
    /// When you have finished providing data to the compressor, call the
    /// flush() method to finish the compression process.
    ["compress"] "($self, data, /)" One(compress);
    /// Finish the compression process.
    ///
    /// Returns the compressed data left in internal buffers.
    ///
    /// The compressor object may not be used after this method is called.
    ["flush"] "($self, /)" None(flush);
}

methods! { DECOMPRESSOR_METHODS:
    /// Decompress *data*, returning uncompressed data as bytes.
    ///
    /// If *max_length* is nonnegative, returns at most *max_length* bytes
    /// of decompressed data.  If this limit is reached and further output
    /// can be produced, *self.needs_input* will be set to ``False``.  In
    /// this case, the next call to *decompress()* may provide *data* as b''
    /// to obtain more of the output.
    ///
    /// If all of the input data was decompressed and returned (either
    /// because this was less than *max_length* bytes, or because
    /// *max_length* was negative), *self.needs_input* will be set to True.
    ///
    /// Attempting to decompress data after the end of stream is reached
    /// raises an EOFError.  Any data found after the end of the stream is
    /// ignored and saved in the unused_data attribute.
    ["decompress"] "($self, /, data, max_length=-1)" Any(decompress);
}

getset! { DECOMPRESSOR_GETSET:
    /// True if the end-of-stream marker has been reached.
    ["eof"] get_eof;
    /// Data found after the end of the compressed stream.
    ["unused_data"] get_unused_data;
    /// True if more input is needed before more decompressed data can be produced.
    ["needs_input"] get_needs_input;
}

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    types::init_types(vm, &[(&COMPRESSOR, &COMPRESSOR_SPEC), (&DECOMPRESSOR, &DECOMPRESSOR_SPEC)])?;
    module::add(vm, this, "BZ2Compressor", COMPRESSOR.get().to_value());
    module::add(vm, this, "BZ2Decompressor", DECOMPRESSOR.get().to_value());
    Ok(())
}

fn compressor_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    if args.keyword_count() > 0 {
        return Err(vm.type_error("BZ2Compressor() takes no keyword arguments"));
    }
    check_count(vm, "BZ2Compressor", args.positional().len(), 0, 1)?;
    let level = args.positional().first().map_or(Ok(9), |level| number::as_i32(vm, level))?;
    let Some(level) = u32::try_from(level).ok().filter(|level| (1..=9).contains(level)) else {
        return Err(vm.value_error("compresslevel must be between 1 and 9"));
    };
    let encoder = Encoder(GilCell::new(Some(Compress::new(Compression::new(level), 0))));
    Ok(PyRef::try_new_of(vm, class, PyCompressor { encoder })?.into_value())
}

fn size(total: u64) -> usize {
    usize::try_from(total).unwrap_or(0)
}

/// Compresses `input`, to the end of the stream if there is no more.
fn run(vm: Vm<'_>, encoder: &mut Compress, mut input: &[u8], action: Action) -> PyResult<Vec<u8>> {
    let mut out = Vec::new();
    loop {
        let start = grow(vm, &mut out, usize::MAX)?;
        let room = out.get_mut(start..).unwrap_or_default();
        let (read, written) = (encoder.total_in(), encoder.total_out());
        let status = encoder.compress(input, room, action).map_err(|_| invalid(vm))?;
        let space = room.len();
        let read = size(encoder.total_in() - read);
        let written = size(encoder.total_out() - written);
        out.truncate(start + written);
        input = input.get(read..).unwrap_or_default();
        let is_done = match action {
            Action::Finish => status == Status::StreamEnd,
            _ => input.is_empty() && written < space,
        };
        if is_done {
            return Ok(out);
        }
    }
}

#[cold]
fn invalid(vm: Vm<'_>) -> Raised {
    vm.error(&OS_ERROR, "Invalid data stream")
}

fn compress(vm: Vm<'_>, this: &Value, data: &Value) -> PyResult<Value> {
    let data = bytes_like(vm, data)?.to_vec();
    let encoder = &this.receiver::<PyCompressor>().encoder.0;
    let out = encoder.with_mut(|encoder| match encoder {
        Some(_) if data.is_empty() => Ok(Vec::new()),
        Some(encoder) => run(vm, encoder, &data, Action::Run),
        None => Err(vm.value_error("Compressor has been flushed")),
    })?;
    bytes_value(vm, &out)
}

fn flush(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let encoder = &this.receiver::<PyCompressor>().encoder.0;
    let out = encoder.with_mut(|encoder| match encoder.take() {
        Some(mut encoder) => run(vm, &mut encoder, b"", Action::Finish),
        None => Err(vm.value_error("Repeated call to flush()")),
    })?;
    bytes_value(vm, &out)
}

fn decompressor_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    if args.keyword_count() > 0 {
        return Err(vm.type_error("BZ2Decompressor() takes no keyword arguments"));
    }
    if !args.positional().is_empty() {
        return Err(vm.type_error("BZ2Decompressor() takes no positional arguments"));
    }
    let decoder = Decoder(GilCell::new((Some(Decompress::new(false)), Pump::new())));
    Ok(PyRef::try_new_of(vm, class, PyDecompressor { decoder })?.into_value())
}

fn decompress(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    let (data, max) = decompress_arguments(vm, args)?;
    let decoder = &this.receiver::<PyDecompressor>().decoder.0;
    let out = decoder.with_mut(|(decoder, pump)| {
        if pump.eof {
            return Err(vm.error(&EOF_ERROR, "End of stream already reached"));
        }
        let Some(mut inner) = decoder.take() else {
            return Err(vm.value_error("Decompressor is unusable after a previous error"));
        };
        let out = pump.run(vm, &data, max, |input, room| {
            let (read, written) = (inner.total_in(), inner.total_out());
            if input.is_empty() && room.is_empty() {
                return Ok(Progress { read: 0, written: 0, is_end: false });
            }
            let status = inner.decompress(input, room).map_err(|_| invalid(vm))?;
            Ok(Progress {
                read: size(inner.total_in() - read),
                written: size(inner.total_out() - written),
                is_end: status == Status::StreamEnd,
            })
        })?;
        *decoder = Some(inner);
        Ok(out)
    })?;
    bytes_value(vm, &out)
}

fn pump_of<R>(this: &Value, look: impl FnOnce(&Pump) -> R) -> R {
    this.receiver::<PyDecompressor>().decoder.0.with(|(_, pump)| look(pump))
}

fn get_eof(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(pump_of(this, |pump| pump.eof)))
}

fn get_unused_data(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    bytes_value(vm, &pump_of(this, |pump| pump.unused.clone()))
}

fn get_needs_input(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(pump_of(this, |pump| pump.wants_more)))
}
