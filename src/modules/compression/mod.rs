//! `_bz2` (`bz2.rs`), `_lzma` (`lzma.rs`, with its filters in `filters.rs`) and `_zstd`: what their decompressors have in common.

pub mod bz2;
mod filters;
pub mod lzma;
pub mod zstd;

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::signature::LazySignature;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::buffer::bytes_like;
use objects::protocol::number;

/// What one step of a decoder came to: bytes read, bytes written, whether the stream has ended.
struct Progress {
    read: usize,
    written: usize,
    is_end: bool,
}

/// A decompressor's input that waits, and how far it is.
#[derive(Default)]
struct Pump {
    waiting: Vec<u8>,
    unused: Vec<u8>,
    eof: bool,
    wants_more: bool,
}

impl Pump {
    fn new() -> Self {
        Self { wants_more: true, ..Self::default() }
    }

    /// Decompresses what waits and `data`, at most `max` bytes. No other thread runs meanwhile: the decompressor is in use.
    fn run(
        &mut self,
        vm: Vm<'_>,
        data: &[u8],
        max: usize,
        mut step: impl FnMut(&[u8], &mut [u8]) -> PyResult<Progress>,
    ) -> PyResult<Vec<u8>> {
        let mut input = std::mem::take(&mut self.waiting);
        if input.try_reserve(data.len()).is_err() {
            return Err(vm.memory_error());
        }
        input.extend_from_slice(data);
        let mut rest = input.as_slice();
        let mut out = Vec::new();
        loop {
            let start = grow(vm, &mut out, max)?;
            let room = out.get_mut(start..).unwrap_or_default();
            let space = room.len();
            let progress = step(rest, room)?;
            out.truncate(start + progress.written);
            rest = rest.get(progress.read..).unwrap_or_default();
            if progress.is_end {
                self.eof = true;
                self.wants_more = false;
                self.unused = rest.to_vec();
                return Ok(out);
            }
            let is_full = progress.written == space;
            if out.len() >= max && is_full {
                self.wants_more = false;
                self.waiting = rest.to_vec();
                return Ok(out);
            }
            let is_stuck = progress.read == 0 && progress.written == 0;
            if (rest.is_empty() && !is_full) || is_stuck {
                self.wants_more = true;
                self.waiting = rest.to_vec();
                return Ok(out);
            }
        }
    }
}

/// More room in `out`, for at most `max` bytes in all: where it begins.
fn grow(vm: Vm<'_>, out: &mut Vec<u8>, max: usize) -> PyResult<usize> {
    let start = out.len();
    let more = start.clamp(32 * 1024, 1 << 28).min(max.saturating_sub(start));
    if out.try_reserve(more).is_err() {
        return Err(vm.memory_error());
    }
    out.resize(start + more, 0);
    Ok(start)
}

/// The arguments of `decompress(data, max_length=-1)`.
fn decompress_arguments(vm: Vm<'_>, args: Args<'_>) -> PyResult<(Vec<u8>, usize)> {
    static SIGNATURE: LazySignature = LazySignature::new("(data, max_length=-1)");
    let bound = SIGNATURE.bind(vm, "decompress", args)?;
    let data = bytes_like(vm, bound.required(0))?.to_vec();
    let max = bound.get(1).map_or(Ok(-1), |max| number::as_ssize(vm, max))?;
    Ok((data, usize::try_from(max).unwrap_or(usize::MAX)))
}

/// An attribute that holds bytes.
fn bytes_value(vm: Vm<'_>, bytes: &[u8]) -> PyResult<Value> {
    objects::types::bytes::PyBytes::try_new_value(vm, bytes)
}
