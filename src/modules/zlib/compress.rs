//! Compressing, at once and piece by piece.

use objects::core::args::{Bound, check_count};
use objects::core::errors::PyResult;
use objects::core::gc::{Traverse, Visitor};
use objects::core::gil_cell::GilCell;
use objects::core::pyref::PyRef;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::buffer::bytes_like;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::{methods, payload};
use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Method, Status, Strategy};

use super::{ERROR, error, grow};

/// A stream, and whether it has ended.
struct Stream {
    deflate: Deflate,
    is_finished: bool,
    /// Whether no other thread can see it: only then may one run in between.
    is_private: bool,
}

struct State(GilCell<Stream>);

impl Traverse for State {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

payload! {
    /// The payload of a compressor.
    pub(super) struct PyCompress: COMPRESS {
        state: State,
    }
}

/// `zlib.Compress`
pub(super) static COMPRESS: StaticType = StaticType::new::<PyCompress>();

/// The spec of `zlib.Compress`.
pub(super) const COMPRESS_SPEC: TypeSpec = TypeSpec {
    name: "zlib.Compress",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Returns a bytes object containing compressed data.
    ///
    ///   data
    ///     Binary data to be compressed.
    ///
    /// After calling this function, some of the input data may still
    /// be stored in internal buffers for later processing.
    /// Call the flush() method to clear these buffers.
    ["compress"] "($self, data, /)" One(feed);
    /// Return a bytes object containing any remaining compressed data.
    ///
    ///   mode
    ///     One of the constants Z_SYNC_FLUSH, Z_FULL_FLUSH, Z_FINISH.
    ///     If mode == Z_FINISH, the compressor object can no longer be
    ///     used after calling the flush() method.  Otherwise, more data
    ///     can still be compressed.
    ["flush"] "($self, mode=zlib.Z_FINISH, /)" Positional(flush);
}

/// What a compressor is made with; None where zlib knows no such thing.
fn config(level: i32, wbits: i32, mem_level: i32, strategy: i32) -> Option<DeflateConfig> {
    let wbits_known = matches!(wbits, 8..=15 | -15..=-9 | 25..=31);
    if !(-1..=9).contains(&level) || !wbits_known || !(1..=9).contains(&mem_level) {
        return None;
    }
    Some(DeflateConfig {
        level,
        method: Method::Deflated,
        window_bits: if wbits == 8 { 9 } else { wbits },
        mem_level,
        strategy: Strategy::try_from(strategy).ok()?,
    })
}

impl Stream {
    /// Compresses `input`; `doing` is for messages.
    fn run(
        &mut self,
        vm: Vm<'_>,
        mut input: &[u8],
        flush: DeflateFlush,
        doing: &str,
    ) -> PyResult<Vec<u8>> {
        if self.is_finished {
            return Err(error(vm, -2, doing, None));
        }
        let mut out = Vec::new();
        loop {
            if self.is_private {
                vm.poll()?;
            }
            let start = grow(vm, &mut out, usize::MAX)?;
            let (read, written) = (self.deflate.total_in(), self.deflate.total_out());
            let room = out.get_mut(start..).unwrap_or_default();
            let space = room.len();
            let status = self
                .deflate
                .compress(input, room, flush)
                .map_err(|fault| error(vm, fault as i32, doing, None))?;
            let written = usize::try_from(self.deflate.total_out() - written).unwrap_or(0);
            let read = usize::try_from(self.deflate.total_in() - read).unwrap_or(0);
            out.truncate(start + written);
            input = input.get(read..).unwrap_or_default();
            if status == Status::StreamEnd {
                self.is_finished = true;
                return Ok(out);
            }
            let is_stuck = read == 0 && written == 0;
            if (input.is_empty() && written < space) || is_stuck {
                return Ok(out);
            }
        }
    }
}

fn int_or(vm: Vm<'_>, value: Option<&Value>, default: i32) -> PyResult<i32> {
    value.map_or(Ok(default), |value| number::as_i32(vm, value))
}

pub(super) fn compress(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let data = bytes_like(vm, args.required(0))?.to_vec();
    let (level, wbits) = (int_or(vm, args.get(1), -1)?, int_or(vm, args.get(2), 15)?);
    let Some(config) = config(level, wbits, 8, 0) else {
        return Err(vm.error(&ERROR, "Bad compression level"));
    };
    let deflate = Deflate::new_with_config(config);
    let mut stream = Stream { deflate, is_finished: false, is_private: true };
    let out = stream.run(vm, &data, DeflateFlush::Finish, "while compressing data")?;
    PyBytes::try_new_value(vm, &out)
}

pub(super) fn compressobj(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let level = int_or(vm, args.get(0), -1)?;
    let method = int_or(vm, args.get(1), 8)?;
    let wbits = int_or(vm, args.get(2), 15)?;
    let mem_level = int_or(vm, args.get(3), 8)?;
    let strategy = int_or(vm, args.get(4), 0)?;
    let dictionary = args.get(5).map(|value| bytes_like(vm, value)).transpose()?;
    let config = config(level, wbits, mem_level, strategy).filter(|_| method == 8);
    let Some(config) = config else {
        return Err(vm.value_error("Invalid initialization option"));
    };
    let mut deflate = Deflate::new_with_config(config);
    if let Some(dictionary) = dictionary
        && deflate.set_dictionary(&dictionary.to_vec()).is_err()
    {
        return Err(vm.value_error("Invalid dictionary"));
    }
    let state = State(GilCell::new(Stream { deflate, is_finished: false, is_private: false }));
    Ok(PyRef::try_new(vm, PyCompress { state })?.into_value())
}

fn feed(vm: Vm<'_>, value: &Value, data: &Value) -> PyResult<Value> {
    let data = bytes_like(vm, data)?.to_vec();
    let state = &value.receiver::<PyCompress>().state.0;
    let out = state.with_mut(|stream| {
        stream.run(vm, &data, DeflateFlush::NoFlush, "while compressing data")
    })?;
    PyBytes::try_new_value(vm, &out)
}

fn flush(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "flush", args.len(), 0, 1)?;
    let mode = int_or(vm, args.first(), 4)?;
    let mode = match mode {
        0 => return PyBytes::try_new_value(vm, b""),
        1 => DeflateFlush::PartialFlush,
        2 => DeflateFlush::SyncFlush,
        3 => DeflateFlush::FullFlush,
        4 => DeflateFlush::Finish,
        5 => DeflateFlush::Block,
        _ => return Err(error(vm, -2, "while flushing", None)),
    };
    let state = &value.receiver::<PyCompress>().state.0;
    let out = state.with_mut(|stream| stream.run(vm, b"", mode, "while flushing"))?;
    PyBytes::try_new_value(vm, &out)
}
