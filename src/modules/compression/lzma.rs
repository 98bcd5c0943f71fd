//! `_lzma`: the .xz, .lzma and raw formats, over the crate lzma-rust2.

use std::io::{ErrorKind, Write};

use lzma_rust2::filter::StreamFilter;
use lzma_rust2::{
    Action, CheckType, FilterConfig, FilterType, Lzma2Options, Lzma2Stream, Lzma2Writer,
    LzmaOptions, LzmaStream, LzmaWriter, Status, StreamResult, XzOptions, XzStream, XzWriter,
};
use objects::core::args::{Args, check_count};
use objects::core::errors::{PyResult, Raised};
use objects::core::gc::{Traverse, Visitor};
use objects::core::gil_cell::GilCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::buffer::bytes_like;
use objects::protocol::number;
use objects::types::exceptions::hierarchy::{EOF_ERROR, EXCEPTION};
use objects::types::{self, int, module};
use objects::{getset, methods, payload};

use super::filters::{self, EXTREME, Filter, LZMA1, LZMA2, unsupported};
use super::{Progress, Pump, bytes_value, decompress_arguments};
use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule =
    NativeModule { name: "_lzma", functions: FUNCTIONS, exec: Some(exec), ..NativeModule::DEFAULT };

methods! { FUNCTIONS:
    /// Test whether the given integrity check is supported.
    ///
    /// Always returns True for CHECK_NONE and CHECK_CRC32.
    ["is_check_supported"] "($module, check_id, /)" One(is_check_supported);
    /// Return a bytes object encoding the options (properties) of the filter specified by *filter* (a dict).
    ///
    /// The result does not include the filter ID itself, only the options.
    ["_encode_filter_properties"] "($module, filter, /)" One(encode_filter_properties);
    /// Return a bytes object encoding the options (properties) of the filter specified by *filter* (a dict).
    ///
    /// The result does not include the filter ID itself, only the options.
    ["_decode_filter_properties"] "($module, filter_id, encoded_props, /)" Positional(decode_filter_properties);
}

const AUTO: i32 = 0;
const XZ: i32 = 1;
const ALONE: i32 = 2;
const RAW: i32 = 3;
const CHECK_UNKNOWN: i64 = 16;

const CONSTANTS: &[(&str, u64)] = &[
    ("FORMAT_AUTO", 0),
    ("FORMAT_XZ", 1),
    ("FORMAT_ALONE", 2),
    ("FORMAT_RAW", 3),
    ("CHECK_NONE", 0),
    ("CHECK_CRC32", 1),
    ("CHECK_CRC64", 4),
    ("CHECK_SHA256", 10),
    ("CHECK_ID_MAX", 15),
    ("CHECK_UNKNOWN", 16),
    ("FILTER_LZMA1", LZMA1),
    ("FILTER_LZMA2", LZMA2),
    ("FILTER_DELTA", 3),
    ("FILTER_X86", 4),
    ("FILTER_IA64", 6),
    ("FILTER_ARM", 7),
    ("FILTER_ARMTHUMB", 8),
    ("FILTER_SPARC", 9),
    ("FILTER_POWERPC", 5),
    ("MF_HC3", 3),
    ("MF_HC4", 4),
    ("MF_BT2", 18),
    ("MF_BT3", 19),
    ("MF_BT4", 20),
    ("MODE_FAST", 1),
    ("MODE_NORMAL", 2),
    ("PRESET_DEFAULT", 6),
    ("PRESET_EXTREME", EXTREME as u64),
];

/// `_lzma.LZMAError`
static ERROR: StaticType = StaticType::inheriting();

const ERROR_SPEC: TypeSpec = TypeSpec {
    name: "_lzma.LZMAError",
    doc: Some("Call to liblzma failed."),
    base: Some(&EXCEPTION),
    flags: spec_flags::BASETYPE,
    ..TypeSpec::DEFAULT
};

/// A compressor by its format.
enum Writer {
    Xz(Box<XzWriter<Vec<u8>>>),
    Lzma(Box<LzmaWriter<Vec<u8>>>),
    Lzma2(Box<Lzma2Writer<Vec<u8>>>),
    /// A raw chain with filters in front of the last, which see all of the data at once.
    Chain {
        data: Vec<u8>,
        before: Vec<FilterConfig>,
        id: u64,
        options: LzmaOptions,
    },
}

/// A compressor; None once it has been flushed.
struct Encoder(GilCell<Option<Writer>>);

impl Traverse for Encoder {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

/// A decompressor by its format.
enum Reader {
    /// The first byte says which.
    Undecided,
    Xz(Box<XzStream>),
    Alone(Box<LzmaStream>),
    Lzma(Box<LzmaStream>),
    Lzma2(Box<Lzma2Stream>),
    Failed,
}

/// The filters that a raw stream's data goes through behind the decoder, in that order.
#[derive(Default)]
struct Stages {
    filters: Vec<(StreamFilter, Vec<u8>)>,
    /// What has come out and waits for room.
    ready: Vec<u8>,
    is_end: bool,
}

impl Stages {
    /// Takes what the decoder gave.
    fn push(&mut self, mut data: Vec<u8>, is_end: bool) {
        for (filter, held) in &mut self.filters {
            held.append(&mut data);
            let settled = filter.decode(held);
            data = held.drain(..settled).collect();
            if is_end {
                data.append(held);
            }
        }
        self.ready.append(&mut data);
        self.is_end = is_end;
    }

    /// Moves what is ready to `room`: how much.
    fn pull(&mut self, room: &mut [u8]) -> usize {
        let count = room.len().min(self.ready.len());
        for (target, byte) in room.iter_mut().zip(self.ready.drain(..count)) {
            *target = byte;
        }
        count
    }
}

/// A decompressor.
struct Decoding {
    reader: Reader,
    pump: Pump,
    head: Vec<u8>,
    memory: u32,
    check: i64,
    stages: Stages,
}

struct Decoder(GilCell<Decoding>);

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
    name: "_lzma.LZMACompressor",
    doc: Some(
        "LZMACompressor(format=FORMAT_XZ, check=-1, preset=None, filters=None)\n\nCreate a compressor object for compressing data incrementally.\n\nformat specifies the container format to use for the output. This can\nbe FORMAT_XZ (default), FORMAT_ALONE, or FORMAT_RAW.\n\ncheck specifies the integrity check to use. For FORMAT_XZ, the default\nis CHECK_CRC64. FORMAT_ALONE and FORMAT_RAW do not support integrity\nchecks; for these formats, check must be omitted, or be CHECK_NONE.\n\nThe settings used by the compressor can be specified either as a\npreset compression level (with the 'preset' argument), or in detail\nas a custom filter chain (with the 'filters' argument). For FORMAT_XZ\nand FORMAT_ALONE, the default is to use the PRESET_DEFAULT preset\nlevel. For FORMAT_RAW, the caller must always specify a filter chain;\nthe raw compressor does not support preset compression levels.\n\npreset (if provided) should be an integer in the range 0-9, optionally\nOR-ed with the constant PRESET_EXTREME.\n\nfilters (if provided) should be a sequence of dicts. Each dict should\nhave an entry for \"id\" indicating the ID of the filter, plus\nadditional entries for options to the filter.\n\nFor one-shot compression, use the compress() function instead.\n",
    ),
    flags: spec_flags::IMMUTABLE,
    slots: &[Slot::New(compressor_new)],
    methods: COMPRESSOR_METHODS,
    ..TypeSpec::DEFAULT
};

const DECOMPRESSOR_SPEC: TypeSpec = TypeSpec {
    name: "_lzma.LZMADecompressor",
    doc: Some(
        "LZMADecompressor(format=FORMAT_AUTO, memlimit=None, filters=None)\n--\n\nCreate a decompressor object for decompressing data incrementally.\n\n  format\n    Specifies the container format of the input stream.  If this is\n    FORMAT_AUTO (the default), the decompressor will automatically detect\n    whether the input is FORMAT_XZ or FORMAT_ALONE.  Streams created with\n    FORMAT_RAW cannot be autodetected.\n  memlimit\n    Limit the amount of memory used by the decompressor.  This will cause\n    decompression to fail if the input cannot be decompressed within the\n    given limit.\n  filters\n    A custom filter chain.  This argument is required for FORMAT_RAW, and\n    not accepted with any other format.  When provided, this should be a\n    sequence of dicts, each indicating the ID and options for a single\n    filter.\n\nFor one-shot decompression, use the decompress() function instead.",
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
    /// of decompressed data. If this limit is reached and further output
    /// can be produced, *self.needs_input* will be set to ``False``. In
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
    /// ID of the integrity check used by the input stream.
    ["check"] get_check;
    /// True if the end-of-stream marker has been reached.
    ["eof"] get_eof;
    /// True if more input is needed before more decompressed data can be produced.
    ["needs_input"] get_needs_input;
    /// Data found after the end of the compressed stream.
    ["unused_data"] get_unused_data;
}

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    types::init_types(
        vm,
        &[
            (&ERROR, &ERROR_SPEC),
            (&COMPRESSOR, &COMPRESSOR_SPEC),
            (&DECOMPRESSOR, &DECOMPRESSOR_SPEC),
        ],
    )?;
    for (name, number) in CONSTANTS {
        module::add(vm, this, name, int::new(vm, *number));
    }
    module::add(vm, this, "LZMAError", ERROR.get().to_value());
    module::add(vm, this, "LZMACompressor", COMPRESSOR.get().to_value());
    module::add(vm, this, "LZMADecompressor", DECOMPRESSOR.get().to_value());
    Ok(())
}

/// An LZMAError.
#[cold]
pub(super) fn error(vm: Vm<'_>, message: impl Into<String>) -> Raised {
    vm.error(&ERROR, message)
}

fn check_type(number: i64) -> Option<CheckType> {
    Some(match number {
        0 => CheckType::None,
        1 => CheckType::Crc32,
        -1 | 4 => CheckType::Crc64,
        10 => CheckType::Sha256,
        _ => return None,
    })
}

fn is_check_supported(vm: Vm<'_>, _module: &Value, check: &Value) -> PyResult<Value> {
    let number = i64::from(number::as_i32(vm, check)?);
    Ok(Value::from_bool(number >= 0 && check_type(number).is_some()))
}

fn encode_filter_properties(vm: Vm<'_>, _module: &Value, spec: &Value) -> PyResult<Value> {
    bytes_value(vm, &filters::encode_properties(&filters::filter(vm, spec)?))
}

fn decode_filter_properties(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "_decode_filter_properties", args.len(), 2, 2)?;
    let [id, bytes] = args else { return Ok(Value::NONE) };
    let id = filters::as_u64(vm, id)?;
    filters::decode_properties(vm, id, &bytes_like(vm, bytes)?.to_vec())
}

fn compressor_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature =
        LazySignature::new("(format=FORMAT_XZ, check=-1, preset=None, filters=None)");
    let bound = SIGNATURE.bind(vm, "LZMACompressor", args)?;
    let format = bound.get(0).map_or(Ok(XZ), |value| number::as_i32(vm, value))?;
    let check = bound.get(1).map_or(Ok(-1), |value| number::as_i32(vm, value))?;
    let (preset, specs) = (bound.get_non_none(2), bound.get_non_none(3));
    if preset.is_some() && specs.is_some() {
        return Err(vm.value_error("Cannot specify both preset and filter chain"));
    }
    let preset = preset.map_or(Ok(6), |value| filters::as_preset(vm, value))?;
    let writer = match format {
        XZ => xz_writer(vm, i64::from(check), preset, specs)?,
        ALONE | RAW if check > 0 => {
            return Err(vm.value_error("Integrity checks are only supported by FORMAT_XZ"));
        }
        ALONE => alone_writer(vm, preset, specs)?,
        RAW => match specs {
            Some(specs) => raw_writer(vm, &filters::chain(vm, specs)?)?,
            None => return Err(vm.value_error("Must specify filters for FORMAT_RAW")),
        },
        _ => return Err(vm.value_error(format!("Invalid container format: {format}"))),
    };
    let encoder = Encoder(GilCell::new(Some(writer)));
    Ok(PyRef::try_new_of(vm, class, PyCompressor { encoder })?.into_value())
}

fn failed(vm: Vm<'_>, fault: &std::io::Error) -> Raised {
    match fault.kind() {
        ErrorKind::OutOfMemory => error(vm, "Memory usage limit exceeded"),
        ErrorKind::Unsupported => unsupported(vm),
        ErrorKind::InvalidInput => unsupported(vm),
        _ => error(vm, "Corrupt input data"),
    }
}

fn xz_writer(vm: Vm<'_>, check: i64, preset: u32, specs: Option<&Value>) -> PyResult<Writer> {
    let (before, options) = match specs {
        Some(specs) => {
            let chain = filters::chain(vm, specs)?;
            if chain.is_empty() {
                return Err(error(vm, "Internal error"));
            }
            match filters::parts(&chain) {
                Some((before, LZMA2, options)) => (before, options),
                _ => return Err(unsupported(vm)),
            }
        }
        None => {
            let options = filters::preset(preset).ok_or_else(|| unsupported(vm))?;
            (Vec::new(), options)
        }
    };
    let Some(check_type) = check_type(check) else {
        let text = if check > 15 { "Internal error" } else { "Unsupported integrity check" };
        return Err(error(vm, text));
    };
    let options =
        XzOptions { lzma_options: options, check_type, block_size: None, filters: before };
    let writer = XzWriter::new(Vec::new(), options).map_err(|fault| failed(vm, &fault))?;
    Ok(Writer::Xz(Box::new(writer)))
}

fn alone_writer(vm: Vm<'_>, preset: u32, specs: Option<&Value>) -> PyResult<Writer> {
    let options = match specs {
        Some(specs) => match filters::chain(vm, specs)?.as_slice() {
            [Filter::Lzma(LZMA1, options)] => options.clone(),
            _ => {
                return Err(vm.value_error(
                    "Invalid filter chain for FORMAT_ALONE - must be a single LZMA1 filter",
                ));
            }
        },
        None => filters::preset_or_error(vm, preset)?,
    };
    let writer = LzmaWriter::new(Vec::new(), &options, true, true, None);
    Ok(Writer::Lzma(Box::new(writer.map_err(|fault| failed(vm, &fault))?)))
}

fn raw_writer(vm: Vm<'_>, chain: &[Filter]) -> PyResult<Writer> {
    if chain.is_empty() {
        return Err(error(vm, "Internal error"));
    }
    let Some((before, id, options)) = filters::parts(chain) else { return Err(unsupported(vm)) };
    if !before.is_empty() {
        return Ok(Writer::Chain { data: Vec::new(), before, id, options });
    }
    plain_writer(id, options).map_err(|fault| failed(vm, &fault))
}

fn plain_writer(id: u64, options: LzmaOptions) -> std::io::Result<Writer> {
    if id == LZMA1 {
        let writer = LzmaWriter::new_no_header(Vec::new(), &options, true)?;
        return Ok(Writer::Lzma(Box::new(writer)));
    }
    let mut settings = Lzma2Options::with_preset(6);
    settings.lzma_options = options;
    Ok(Writer::Lzma2(Box::new(Lzma2Writer::new(Vec::new(), settings))))
}

/// Data as a filter leaves it.
fn filtered(data: Vec<u8>, filter: &FilterConfig) -> std::io::Result<Vec<u8>> {
    use lzma_rust2::filter::bcj::BcjWriter;
    use lzma_rust2::filter::delta::DeltaWriter;
    let start = usize::try_from(filter.property).unwrap_or(0);
    let out = Vec::with_capacity(data.len());
    let mut writer = match filter.filter_type {
        FilterType::Delta => {
            let mut writer = DeltaWriter::new(out, start);
            writer.write_all(&data)?;
            return Ok(writer.into_inner());
        }
        FilterType::BcjX86 => BcjWriter::new_x86(out, start),
        FilterType::BcjPpc => BcjWriter::new_ppc(out, start),
        FilterType::BcjIa64 => BcjWriter::new_ia64(out, start),
        FilterType::BcjArm => BcjWriter::new_arm(out, start),
        FilterType::BcjArmThumb => BcjWriter::new_arm_thumb(out, start),
        FilterType::BcjSparc => BcjWriter::new_sparc(out, start),
        _ => return Ok(data),
    };
    writer.write_all(&data)?;
    writer.finish()
}

impl Writer {
    fn write(&mut self, data: &[u8]) -> std::io::Result<Vec<u8>> {
        Ok(match self {
            Self::Xz(writer) => {
                writer.write_all(data)?;
                std::mem::take(writer.inner_mut())
            }
            Self::Lzma(writer) => {
                writer.write_all(data)?;
                std::mem::take(writer.inner_mut())
            }
            Self::Lzma2(writer) => {
                writer.write_all(data)?;
                std::mem::take(writer.inner_mut())
            }
            Self::Chain { data: all, .. } => {
                all.try_reserve(data.len()).map_err(|_| ErrorKind::OutOfMemory)?;
                all.extend_from_slice(data);
                Vec::new()
            }
        })
    }

    fn finish(self) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Xz(writer) => writer.finish(),
            Self::Lzma(writer) => writer.finish(),
            Self::Lzma2(writer) => writer.finish(),
            Self::Chain { mut data, before, id, options } => {
                for filter in &before {
                    data = filtered(data, filter)?;
                }
                let mut writer = plain_writer(id, options)?;
                let mut out = writer.write(&data)?;
                out.extend(writer.finish()?);
                Ok(out)
            }
        }
    }
}

fn compress(vm: Vm<'_>, this: &Value, data: &Value) -> PyResult<Value> {
    let data = bytes_like(vm, data)?.to_vec();
    let encoder = &this.receiver::<PyCompressor>().encoder.0;
    let out = encoder.with_mut(|encoder| match encoder {
        Some(writer) => writer.write(&data).map_err(|fault| failed(vm, &fault)),
        None => Err(vm.value_error("Compressor has been flushed")),
    })?;
    bytes_value(vm, &out)
}

fn flush(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let encoder = &this.receiver::<PyCompressor>().encoder.0;
    let Some(writer) = encoder.with_mut(Option::take) else {
        return Err(vm.value_error("Repeated call to flush()"));
    };
    bytes_value(vm, &writer.finish().map_err(|fault| failed(vm, &fault))?)
}

fn decompressor_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature =
        LazySignature::new("(format=FORMAT_AUTO, memlimit=None, filters=None)");
    let bound = SIGNATURE.bind(vm, "LZMADecompressor", args)?;
    let format = bound.get(0).map_or(Ok(AUTO), |value| number::as_i32(vm, value))?;
    let mut memory = u32::MAX;
    if let Some(limit) = bound.get_non_none(1) {
        if format == RAW {
            return Err(vm.value_error("Cannot specify memory limit with FORMAT_RAW"));
        }
        memory = u32::try_from(filters::as_u64(vm, limit)? / 1024).unwrap_or(u32::MAX);
    }
    let specs = bound.get_non_none(2);
    match (format, specs) {
        (RAW, None) => return Err(vm.value_error("Must specify filters for FORMAT_RAW")),
        (RAW, Some(_)) | (_, None) => {}
        _ => return Err(vm.value_error("Cannot specify filters except with FORMAT_RAW")),
    }
    let mut check = 0;
    let mut stages = Stages::default();
    let reader = match (format, specs) {
        (AUTO, _) => {
            check = CHECK_UNKNOWN;
            Reader::Undecided
        }
        (XZ, _) => {
            check = CHECK_UNKNOWN;
            Reader::Xz(Box::new(XzStream::new_mem_limit(false, memory)))
        }
        (ALONE, _) => Reader::Alone(Box::new(LzmaStream::new_mem_limit(memory, None))),
        (RAW, Some(specs)) => raw_reader(vm, &filters::chain(vm, specs)?, &mut stages)?,
        _ => return Err(vm.value_error(format!("Invalid container format: {format}"))),
    };
    let decoding = Decoding { reader, pump: Pump::new(), head: Vec::new(), memory, check, stages };
    let decoder = Decoder(GilCell::new(decoding));
    Ok(PyRef::try_new_of(vm, class, PyDecompressor { decoder })?.into_value())
}

fn raw_reader(vm: Vm<'_>, chain: &[Filter], stages: &mut Stages) -> PyResult<Reader> {
    if chain.is_empty() {
        return Err(error(vm, "Internal error"));
    }
    let Some((before, id, options)) = filters::parts(chain) else { return Err(unsupported(vm)) };
    let fault = |fault: std::io::Error| failed(vm, &fault);
    for config in before.iter().rev() {
        stages.filters.push((StreamFilter::new(config).map_err(fault)?, Vec::new()));
    }
    if id == LZMA2 {
        return Ok(Reader::Lzma2(Box::new(Lzma2Stream::new(options.dict_size))));
    }
    let (lc, lp, pb) = (options.lc, options.lp, options.pb);
    let stream = LzmaStream::new(u64::MAX, lc, lp, pb, options.dict_size, None).map_err(fault)?;
    Ok(Reader::Lzma(Box::new(stream)))
}

const XZ_MAGIC: &[u8] = &[0xfd, b'7', b'z', b'X', b'Z', 0];

impl Decoding {
    /// Decides on the format by the first bytes.
    fn look_at_head(&mut self, vm: Vm<'_>, data: &[u8]) -> PyResult<()> {
        let missing = XZ_MAGIC.len() - self.head.len();
        self.head.extend(data.iter().take(missing));
        if let (Reader::Undecided, Some(&first)) = (&self.reader, self.head.first()) {
            self.reader = if first == 0xfd {
                Reader::Xz(Box::new(XzStream::new_mem_limit(false, self.memory)))
            } else {
                self.check = 0;
                Reader::Alone(Box::new(LzmaStream::new_mem_limit(self.memory, None)))
            };
        }
        if matches!(self.reader, Reader::Xz(_)) && !XZ_MAGIC.starts_with(&self.head) {
            return Err(error(vm, "Input format not supported by decoder"));
        }
        Ok(())
    }

    fn run(&mut self, vm: Vm<'_>, data: &[u8], max: usize) -> PyResult<Vec<u8>> {
        self.look_at_head(vm, data)?;
        let Self { reader, check, stages, .. } = self;
        let mut piece = if stages.filters.is_empty() { Vec::new() } else { vec![0; 1 << 15] };
        let mut given_back = Vec::new();
        let out = self.pump.run(vm, data, max, |input, room| {
            let is_staged = !stages.filters.is_empty();
            if is_staged && (stages.is_end || !stages.ready.is_empty()) {
                let written = stages.pull(room);
                let is_end = stages.is_end && stages.ready.is_empty();
                return Ok(Progress { read: 0, written, is_end });
            }
            let target = if is_staged { piece.as_mut_slice() } else { &mut *room };
            let result = match reader {
                Reader::Undecided | Reader::Failed => {
                    return Ok(Progress { read: 0, written: 0, is_end: false });
                }
                Reader::Xz(stream) => stream.process(input, target, Action::Run),
                Reader::Alone(stream) | Reader::Lzma(stream) => {
                    stream.process(input, target, Action::Run)
                }
                Reader::Lzma2(stream) => stream.process(input, target, Action::Run),
            };
            if let Reader::Xz(stream) = reader
                && let Some(known) = stream.check_type()
            {
                *check = known as i64;
            }
            let StreamResult { bytes_consumed, bytes_produced, status } =
                result.map_err(|fault| match reader {
                    Reader::Alone(stream)
                        if stream.memory_usage().is_none()
                            && fault.kind() != ErrorKind::OutOfMemory =>
                    {
                        error(vm, "Input format not supported by decoder")
                    }
                    _ => failed(vm, &fault),
                })?;
            let is_end = status == Status::StreamEnd;
            if let (true, Reader::Alone(stream) | Reader::Lzma(stream)) = (is_end, &*reader) {
                given_back = stream.unused_input().to_vec();
            }
            if !is_staged {
                return Ok(Progress { read: bytes_consumed, written: bytes_produced, is_end });
            }
            stages.push(piece.get(..bytes_produced).unwrap_or_default().to_vec(), is_end);
            let written = stages.pull(room);
            Ok(Progress {
                read: bytes_consumed,
                written,
                is_end: is_end && stages.ready.is_empty(),
            })
        })?;
        if !given_back.is_empty() {
            given_back.append(&mut self.pump.unused);
            self.pump.unused = given_back;
        }
        Ok(out)
    }
}

fn decompress(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    let (data, max) = decompress_arguments(vm, args)?;
    let decoder = &this.receiver::<PyDecompressor>().decoder.0;
    let out = decoder.with_mut(|decoding| {
        if decoding.pump.eof {
            return Err(vm.error(&EOF_ERROR, "Already at end of stream"));
        }
        if matches!(decoding.reader, Reader::Failed) {
            return Err(error(vm, "Internal error"));
        }
        let result = decoding.run(vm, &data, max);
        if result.is_err() {
            decoding.reader = Reader::Failed;
        }
        result
    })?;
    bytes_value(vm, &out)
}

fn decoding<R>(this: &Value, look: impl FnOnce(&Decoding) -> R) -> R {
    this.receiver::<PyDecompressor>().decoder.0.with(look)
}

fn get_check(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(decoding(this, |decoding| decoding.check)))
}

fn get_eof(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(decoding(this, |decoding| decoding.pump.eof)))
}

fn get_needs_input(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(decoding(this, |decoding| decoding.pump.wants_more)))
}

fn get_unused_data(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    bytes_value(vm, &decoding(this, |decoding| decoding.pump.unused.clone()))
}
