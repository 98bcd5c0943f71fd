//! The two stacks of a thread: registers and control records, both in chunks.
//!
//! Invariants:
//! 1. `limit` is one past the last register of the current chunk; a callee's registers must end at or below it.
//! 2. Record chunks are kept in order; the first record of a chunk bears the flag `CHUNK_START`.
//! 3. `record_end` lies in the chunk of the innermost record: a record there or behind needs the slow way, because the chunk
//!    or the recursion limit ends.
#![expect(unsafe_code, reason = "raw stacks: the invariants are in the module doc")]

use std::alloc::Layout;
use std::cell::{Cell, RefCell};
use std::ptr::{NonNull, null_mut};

use super::{CurrentFrame, Frame, Register, chain, frame_flags};

/// Registers of the first chunk; later ones are larger.
const FIRST_CHUNK: usize = 8 << 10;
/// Records of the first chunk; later ones are larger.
const RECORDS_FIRST: usize = 1 << 10;

struct Chunk {
    start: *mut Register,
    length: usize,
    saved_base: usize,
    saved_limit: usize,
}

#[derive(Clone, Copy)]
struct RecordChunk {
    start: *mut Frame,
    length: usize,
    /// How many records the chunks below have.
    below: usize,
}

impl RecordChunk {
    fn holds(&self, frame: *mut Frame) -> bool {
        (frame as usize).wrapping_sub(self.start as usize) < self.length * size_of::<Frame>()
    }
}

/// Why no record could be pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// The recursion limit.
    Recursion,
    /// No memory.
    Memory,
}

/// The stacks of a thread.
#[derive(Default)]
pub struct Stacks {
    /// The innermost record.
    pub current: CurrentFrame,
    limit: Cell<usize>,
    base: Cell<usize>,
    chunks: RefCell<Vec<Chunk>>,
    record_end: Cell<usize>,
    records: RefCell<Vec<RecordChunk>>,
    exit_value: Cell<u64>,
}

impl Stacks {
    /// Whether `count` registers from `start`, a place in the current chunk, lie in it.
    #[inline(always)]
    #[must_use]
    pub fn has_room(&self, start: *mut Register, count: usize) -> bool {
        start as usize + count * 8 <= self.limit.get()
    }

    /// The start of the current chunk.
    #[inline]
    #[must_use]
    pub fn base(&self) -> *mut Register {
        self.base.get() as *mut Register
    }

    /// The first free register above the innermost frame, in the current chunk. Null before there is one.
    #[inline]
    #[must_use]
    pub fn top(&self) -> *mut Register {
        let frame = self.current.get();
        if frame.is_null() {
            return self.base();
        }
        // SAFETY: a record on the stack is whole.
        let frame = unsafe { &*frame };
        if frame.flags & frame_flags::GENERATOR != 0 {
            // SAFETY: `aux` is a place in the current chunk, noted when the generator was resumed.
            return unsafe { self.base().add(frame.aux as usize) };
        }
        // One register more than the frame has: see `constructor` in the evaluation loop.
        // SAFETY: the frame's registers lie in the current chunk.
        unsafe { frame.registers.add(frame.code().register_count.get() as usize + 1) }
    }

    /// The free register above the innermost frame as a distance from the chunk's start, for a generator's record.
    #[inline]
    #[must_use]
    pub fn top_offset(&self) -> u32 {
        let top = self.top() as usize;
        u32::try_from(top.wrapping_sub(self.base.get()) / 8).unwrap_or(0)
    }

    /// A new chunk with room for `count` registers; given back by [`pop_chunk`](Self::pop_chunk). None without memory.
    pub fn push_chunk(&self, count: usize) -> Option<*mut Register> {
        let mut chunks = self.chunks.borrow_mut();
        let doubled =
            chunks.last().map_or(FIRST_CHUNK, |last| last.length.saturating_mul(2).min(1 << 20));
        let length = doubled.max(count.checked_add(64)?);
        let layout = Layout::array::<Register>(length).ok()?;
        chunks.try_reserve(1).ok()?;
        // SAFETY: the layout is not empty.
        let start = unsafe { std::alloc::alloc(layout) }.cast::<Register>();
        if start.is_null() {
            return None;
        }
        let (saved_base, saved_limit) = (self.base.get(), self.limit.get());
        chunks.push(Chunk { start, length, saved_base, saved_limit });
        self.base.set(start as usize);
        self.limit.set(start as usize + length * 8);
        Some(start)
    }

    /// Gives the current chunk back.
    pub fn pop_chunk(&self) {
        if let Some(chunk) = self.chunks.borrow_mut().pop() {
            self.base.set(chunk.saved_base);
            self.limit.set(chunk.saved_limit);
            if let Ok(layout) = Layout::array::<Register>(chunk.length) {
                // SAFETY: allocated with this layout by `push_chunk`.
                unsafe { std::alloc::dealloc(chunk.start.cast(), layout) };
            }
        }
    }

    /// The place of the record after the innermost one, if it is free without further ado.
    #[inline(always)]
    #[must_use]
    pub fn next_record(&self) -> Option<*mut Frame> {
        let next = self.current.get().wrapping_add(1);
        if (next as usize) < self.record_end.get() { Some(next) } else { None }
    }

    /// The place of a record so that `gap` more have room below it, if all are free without further ado.
    #[inline(always)]
    #[must_use]
    pub fn record_beyond(&self, gap: usize) -> Option<*mut Frame> {
        let place = self.current.get().wrapping_add(gap + 1);
        if (place as usize) < self.record_end.get() { Some(place) } else { None }
    }

    /// As [`next_record`](Self::next_record), with a new chunk if need be; `limit` is the recursion limit. The record's
    /// flags must include [`chunk_flag`](Self::chunk_flag)'s answer.
    ///
    /// # Errors
    /// When the limit or memory ends.
    pub fn next_record_slow(&self, limit: u32) -> Result<*mut Frame, Overflow> {
        self.set_record_end(limit);
        let current = self.current.get();
        if !current.is_null()
            && let Some(next) = self.next_record()
        {
            return Ok(next);
        }
        if self.depth() >= limit as usize {
            return Err(Overflow::Recursion);
        }
        let mut records = self.records.borrow_mut();
        let index = records.iter().position(|chunk| chunk.holds(current)).map_or(0, |nth| nth + 1);
        if let Some(next) = records.get(index) {
            return Ok(next.start);
        }
        let length = records.last().map_or(RECORDS_FIRST, |last| (last.length * 2).min(1 << 18));
        let layout = Layout::array::<Frame>(length).map_err(|_| Overflow::Memory)?;
        records.try_reserve(1).map_err(|_| Overflow::Memory)?;
        // SAFETY: the layout is not empty.
        let start = unsafe { std::alloc::alloc_zeroed(layout) }.cast::<Frame>();
        if start.is_null() {
            return Err(Overflow::Memory);
        }
        let below = records.last().map_or(0, |last| last.below + last.length);
        records.push(RecordChunk { start, length, below });
        Ok(start)
    }

    /// `CHUNK_START` if `frame` is the first of its chunk.
    #[must_use]
    pub fn chunk_flag(&self, frame: *mut Frame) -> u32 {
        let first = self.records.borrow().iter().any(|chunk| chunk.start == frame);
        if first { frame_flags::CHUNK_START } else { 0 }
    }

    /// Takes the innermost record off.
    #[inline]
    pub fn pop_record(&self, limit: u32) {
        let frame = self.current.get();
        // SAFETY: a record on the stack is whole; the first one of a chunk bears the flag.
        if !frame.is_null() && unsafe { (*frame).flags } & frame_flags::CHUNK_START == 0 {
            self.current.set(frame.wrapping_sub(1));
            return;
        }
        self.pop_record_slow(limit);
    }

    #[cold]
    fn pop_record_slow(&self, limit: u32) {
        let Some(innermost) = NonNull::new(self.current.get()) else { return };
        let frame = innermost.as_ptr();
        let below = self.previous_record(innermost);
        self.current.set(below);
        if below.wrapping_add(1) != frame {
            self.set_record_end(limit);
        }
    }

    /// Fits `record_end` to the chunk of the innermost record and the recursion limit.
    pub fn set_record_end(&self, limit: u32) {
        let current = self.current.get();
        let records = self.records.borrow();
        let end = records.iter().find(|chunk| chunk.holds(current)).map_or(0, |chunk| {
            let allowed = (limit as usize).saturating_sub(chunk.below).min(chunk.length);
            chunk.start as usize + allowed * size_of::<Frame>()
        });
        self.record_end.set(end);
    }

    /// How many records there are.
    #[must_use]
    pub fn depth(&self) -> usize {
        let current = self.current.get();
        let records = self.records.borrow();
        records.iter().find(|chunk| chunk.holds(current)).map_or(0, |chunk| {
            chunk.below + (current as usize - chunk.start as usize) / size_of::<Frame>() + 1
        })
    }

    /// The record before `frame`; null for the first. A gap between them is filled.
    #[must_use]
    pub fn previous_record(&self, frame: NonNull<Frame>) -> *mut Frame {
        chain::expose(frame);
        let frame = frame.as_ptr();
        // SAFETY: a record on the stack is whole.
        if unsafe { (*frame).flags } & frame_flags::CHUNK_START == 0 {
            // SAFETY: not the first of a chunk (invariant 2).
            return unsafe { frame.sub(1) };
        }
        let records = self.records.borrow();
        let index = records.iter().position(|chunk| chunk.start == frame).unwrap_or(0);
        match index.checked_sub(1).and_then(|below| records.get(below)) {
            // SAFETY: the last record of the chunk below.
            Some(below) => unsafe { below.start.add(below.length - 1) },
            None => null_mut(),
        }
    }

    /// Keeps the bits of the value that the loop is left with.
    #[inline]
    pub fn set_exit_value(&self, bits: u64) {
        self.exit_value.set(bits);
    }

    /// The bits of the value that the loop is left with.
    #[inline]
    #[must_use]
    pub fn take_exit_value(&self) -> u64 {
        self.exit_value.replace(0)
    }
}

impl Drop for Stacks {
    fn drop(&mut self) {
        while !self.chunks.borrow().is_empty() {
            self.pop_chunk();
        }
        for chunk in self.records.borrow_mut().drain(..) {
            if let Ok(layout) = Layout::array::<Frame>(chunk.length) {
                // SAFETY: allocated with this layout by `next_record_slow`.
                unsafe { std::alloc::dealloc(chunk.start.cast(), layout) };
            }
        }
    }
}
