//! Decompressing, at once and piece by piece.

use objects::core::args::{Args, Bound, check_count};
use objects::core::errors::PyResult;
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
use objects::protocol::buffer::{bytes_like, has_buffer};
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::exceptions::hierarchy::EOF_ERROR;
use objects::{getset, methods, payload};
use zlib_rs::{Inflate, InflateError, InflateFlush, Status};

use super::{error, grow};

/// A stream with what it has not used.
struct Stream {
    inflate: Inflate,
    dictionary: Vec<u8>,
    eof: bool,
    unused: Vec<u8>,
    /// Input that waits until there is room for its output.
    tail: Vec<u8>,
    needs_input: bool,
    /// Whether no other thread can see it: only then may one run in between.
    is_private: bool,
}

struct State(GilCell<Stream>);

impl Traverse for State {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

payload! {
    /// The payload of a decompressor.
    pub(super) struct PyDecompress: DECOMPRESS {
        state: State,
    }
}

/// `zlib.Decompress`
pub(super) static DECOMPRESS: StaticType = StaticType::new::<PyDecompress>();

/// The spec of `zlib.Decompress`.
pub(super) const DECOMPRESS_SPEC: TypeSpec = TypeSpec {
    name: "zlib.Decompress",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Return a bytes object containing the decompressed version of the data.
    ///
    ///   data
    ///     The binary data to decompress.
    ///   max_length
    ///     The maximum allowable length of the decompressed data.
    ///     Unconsumed input data will be stored in
    ///     the unconsumed_tail attribute.
    ///
    /// After calling this function, some of the input data may still be stored in
    /// internal buffers for later processing.
    /// Call the flush() method to clear these buffers.
    ["decompress"] "($self, data, /, max_length=0)" Bound(feed);
    /// Return a bytes object containing any remaining decompressed data.
    ///
    ///   length
    ///     the initial size of the output buffer.
    ["flush"] "($self, length=zlib.DEF_BUF_SIZE, /)" Positional(flush);
}

getset! { GETSET:
    member ["unused_data"] get_unused_data;
    member ["unconsumed_tail"] get_unconsumed_tail;
    member ["eof"] get_eof;
}

payload! {
    /// The payload of a decompressor that keeps its input.
    pub(super) struct PyBuffered: BUFFERED {
        state: State,
    }
}

/// `zlib._ZlibDecompressor`
pub(super) static BUFFERED: StaticType = StaticType::new::<PyBuffered>();

/// The spec of `zlib._ZlibDecompressor`.
pub(super) const BUFFERED_SPEC: TypeSpec = TypeSpec {
    name: "zlib._ZlibDecompressor",
    doc: Some(
        "_ZlibDecompressor(wbits=15, zdict=b'')\n--\n\nCreate a decompressor object for decompressing data incrementally.\n\n  wbits = 15\n  zdict\n     The predefined compression dictionary. This is a sequence of bytes\n     (such as a bytes object) containing subsequences that are expected\n     to occur frequently in the data that is to be compressed. Those\n     subsequences that are expected to be most common should come at the\n     end of the dictionary. This must be the same dictionary as used by the\n     compressor that produced the input data.\n\n",
    ),
    slots: &[Slot::New(buffered_new)],
    methods: BUFFERED_METHODS,
    getset: BUFFERED_GETSET,
    ..TypeSpec::DEFAULT
};

methods! { BUFFERED_METHODS:
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
    ["decompress"] "($self, /, data, max_length=-1)" Bound(buffered_decompress);
}

getset! { BUFFERED_GETSET:
    /// True if the end-of-stream marker has been reached.
    member ["eof"] buffered_eof;
    /// Data found after the end of the compressed stream.
    member ["unused_data"] buffered_unused_data;
    /// True if more input is needed before more decompressed data can be produced.
    member ["needs_input"] buffered_needs_input;
}

const DOING: &str = "while decompressing data";

/// The decoder for a window size; None where zlib knows no such size.
fn inflate(wbits: i32) -> Option<Inflate> {
    let size = u8::try_from(wbits.unsigned_abs()).ok()?;
    match wbits {
        -15..=-8 => Some(Inflate::new(false, size)),
        0 | 8..=15 | 24..=31 | 32 | 40..=47 => Some(Inflate::new(true, size)),
        _ => None,
    }
}

impl Stream {
    fn new(vm: Vm<'_>, wbits: i32, dictionary: Vec<u8>) -> PyResult<Option<Self>> {
        let Some(mut inflate) = inflate(wbits) else { return Ok(None) };
        // A raw stream does not say that it needs a dictionary.
        if wbits < 0 && !dictionary.is_empty() && inflate.set_dictionary(&dictionary).is_err() {
            return Err(error(vm, -3, "while setting zdict", None));
        }
        Ok(Some(Self {
            inflate,
            dictionary,
            eof: false,
            unused: Vec::new(),
            tail: Vec::new(),
            needs_input: true,
            is_private: false,
        }))
    }

    /// Decompresses from `input`, at most `max` bytes: the output, and what of the input is left.
    fn run<'i>(
        &mut self,
        vm: Vm<'_>,
        mut input: &'i [u8],
        max: usize,
    ) -> PyResult<(Vec<u8>, &'i [u8])> {
        let mut out = Vec::new();
        while !self.eof && out.len() < max {
            if self.is_private {
                vm.poll()?;
            }
            let start = grow(vm, &mut out, max)?;
            let (read, written) = (self.inflate.total_in(), self.inflate.total_out());
            let room = out.get_mut(start..).unwrap_or_default();
            let space = room.len();
            let status = self.inflate.decompress(input, room, InflateFlush::SyncFlush);
            let written = usize::try_from(self.inflate.total_out() - written).unwrap_or(0);
            let read = usize::try_from(self.inflate.total_in() - read).unwrap_or(0);
            out.truncate(start + written);
            input = input.get(read..).unwrap_or_default();
            match status {
                Ok(Status::StreamEnd) => self.eof = true,
                Ok(Status::Ok) if written == space || (!input.is_empty() && read > 0) => {}
                Ok(Status::Ok | Status::BufError) => break,
                Err(InflateError::NeedDict { .. }) => {
                    if self.dictionary.is_empty() {
                        return Err(error(vm, 2, DOING, None));
                    }
                    if self.inflate.set_dictionary(&self.dictionary).is_err() {
                        return Err(error(vm, -3, "while setting zdict", None));
                    }
                }
                Err(fault) => {
                    let code = match fault {
                        InflateError::StreamError => -2,
                        InflateError::MemError => return Err(vm.memory_error()),
                        _ => -3,
                    };
                    return Err(error(vm, code, DOING, self.inflate.error_message()));
                }
            }
        }
        Ok((out, input))
    }
}

fn int_or(vm: Vm<'_>, value: Option<&Value>, default: i32) -> PyResult<i32> {
    value.map_or(Ok(default), |value| number::as_i32(vm, value))
}

pub(super) fn decompress(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let data = bytes_like(vm, args.required(0))?.to_vec();
    let wbits = int_or(vm, args.get(1), 15)?;
    if args.get(2).map_or(Ok(1), |size| number::as_ssize(vm, size))? < 0 {
        return Err(vm.value_error("bufsize must be non-negative"));
    }
    let Some(mut stream) = Stream::new(vm, wbits, Vec::new())? else {
        return Err(error(vm, -2, "while preparing to decompress data", None));
    };
    stream.is_private = true;
    let (out, _) = stream.run(vm, &data, usize::MAX)?;
    if !stream.eof {
        return Err(error(vm, -5, DOING, None));
    }
    PyBytes::try_new_value(vm, &out)
}

fn dictionary(vm: Vm<'_>, value: Option<&Value>) -> PyResult<Vec<u8>> {
    match value {
        None => Ok(Vec::new()),
        Some(value) if !has_buffer(value) => {
            Err(vm.type_error("zdict argument must support the buffer protocol"))
        }
        Some(value) => Ok(bytes_like(vm, value)?.to_vec()),
    }
}

fn stream_of(vm: Vm<'_>, wbits: Option<&Value>, zdict: Option<&Value>) -> PyResult<State> {
    let dictionary = dictionary(vm, zdict)?;
    match Stream::new(vm, int_or(vm, wbits, 15)?, dictionary)? {
        Some(stream) => Ok(State(GilCell::new(stream))),
        None => Err(vm.value_error("Invalid initialization option")),
    }
}

pub(super) fn decompressobj(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let state = stream_of(vm, args.get(0), args.get(1))?;
    Ok(PyRef::try_new(vm, PyDecompress { state })?.into_value())
}

fn state(value: &Value) -> &GilCell<Stream> {
    &value.receiver::<PyDecompress>().state.0
}

fn get_unused_data(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let unused = state(value).with(|stream| stream.unused.clone());
    PyBytes::try_new_value(vm, &unused)
}

fn get_unconsumed_tail(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let tail = state(value).with(|stream| stream.tail.clone());
    PyBytes::try_new_value(vm, &tail)
}

fn get_eof(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(state(value).with(|stream| stream.eof)))
}

fn step(vm: Vm<'_>, value: &Value, data: &[u8], max: usize) -> PyResult<Value> {
    let out = state(value).with_mut(|stream| {
        let (out, rest) = stream.run(vm, data, max)?;
        if stream.eof {
            stream.unused.extend_from_slice(rest);
            stream.tail = Vec::new();
        } else {
            stream.tail = rest.to_vec();
        }
        Ok(out)
    })?;
    PyBytes::try_new_value(vm, &out)
}

fn feed(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let data = bytes_like(vm, args.required(0))?.to_vec();
    let max = args.get(1).map_or(Ok(0), |max| number::as_ssize(vm, max))?;
    let Ok(max) = usize::try_from(max) else {
        return Err(vm.value_error("max_length must be non-negative"));
    };
    step(vm, value, &data, if max == 0 { usize::MAX } else { max })
}

fn flush(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "flush", args.len(), 0, 1)?;
    if args.first().map_or(Ok(1), |length| number::as_ssize(vm, length))? <= 0 {
        return Err(vm.value_error("length must be greater than zero"));
    }
    let tail = state(value).with_mut(|stream| std::mem::take(&mut stream.tail));
    step(vm, value, &tail, usize::MAX)
}

fn buffered_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    static SIGNATURE: LazySignature = LazySignature::new("(wbits=15, zdict=b'')");
    let bound = SIGNATURE.bind(vm, "_ZlibDecompressor", args)?;
    let state = stream_of(vm, bound.get(0), bound.get(1))?;
    Ok(PyRef::try_new_of(vm, class, PyBuffered { state })?.into_value())
}

fn buffered(value: &Value) -> &GilCell<Stream> {
    &value.receiver::<PyBuffered>().state.0
}

fn buffered_eof(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(buffered(value).with(|stream| stream.eof)))
}

fn buffered_needs_input(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(buffered(value).with(|stream| stream.needs_input)))
}

fn buffered_unused_data(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let unused = buffered(value).with(|stream| stream.unused.clone());
    PyBytes::try_new_value(vm, &unused)
}

fn buffered_decompress(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let data = bytes_like(vm, args.required(0))?.to_vec();
    let max = args.get(1).map_or(Ok(-1), |max| number::as_ssize(vm, max))?;
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    let out = buffered(value).with_mut(|stream| {
        if stream.eof {
            return Err(vm.error(&EOF_ERROR, "End of stream already reached"));
        }
        let mut input = std::mem::take(&mut stream.tail);
        input.extend_from_slice(&data);
        let (out, rest) = stream.run(vm, &input, max)?;
        if stream.eof {
            stream.unused = rest.to_vec();
            stream.needs_input = false;
        } else {
            stream.tail = rest.to_vec();
            // Output that was cut off may go on without more input.
            stream.needs_input = rest.is_empty() && out.len() < max;
        }
        Ok(out)
    })?;
    PyBytes::try_new_value(vm, &out)
}
