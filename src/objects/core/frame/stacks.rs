//! The two stacks of a thread: registers and control records, both in chunks.
//!
//! Invariants:
//! 1. `limit` is one past the last register of the current chunk; a callee's registers must end below it.
//! 2. Record chunks are linked; index 0 of a chunk's records is preceded by the last record of the chunk before.
#![expect(unsafe_code, reason = "raw stacks: the invariants are in the module doc")]

use std::alloc::Layout;
use std::cell::{Cell, RefCell};
use std::ptr::null_mut;

use super::{CurrentFrame, Frame, Register};

/// Registers of the first chunk; later ones are larger.
const FIRST_CHUNK: usize = 8 << 10;
/// Records of one thread at most: beyond them lies the recursion limit's largest useful value.
const RECORDS_FIRST: usize = 1 << 10;

struct Chunk {
    start: *mut Register,
    length: usize,
    /// Where the chunk below was left.
    saved_top: *mut Register,
    saved_limit: *mut Register,
}

struct RecordChunk {
    start: *mut Frame,
    length: usize,
}

/// The stacks of a thread.
#[derive(Default)]
pub struct Stacks {
    /// The innermost record.
    pub current: CurrentFrame,
    /// One past the last register of the current chunk, as an address.
    limit: Cell<usize>,
    /// The start of the current chunk, as an address.
    base: Cell<usize>,
    chunks: RefCell<Vec<Chunk>>,
    records: RefCell<Vec<RecordChunk>>,
}

impl Stacks {
    /// Whether `count` registers from `start` on lie in the current chunk.
    #[inline]
    #[must_use]
    pub fn has_room(&self, start: *mut Register, count: usize) -> bool {
        let offset = (start as usize).wrapping_sub(self.base.get());
        let length = self.limit.get() - self.base.get();
        offset < length && count * 8 <= length - offset
    }

    /// The bounds of the current chunk as addresses: (start, end).
    #[must_use]
    pub fn bounds(&self) -> (usize, usize) {
        (self.base.get(), self.limit.get())
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
        chunks.push(Chunk {
            start,
            length,
            saved_top: self.base.get() as *mut Register,
            saved_limit: self.limit.get() as *mut Register,
        });
        self.base.set(start as usize);
        self.limit.set(start as usize + length * 8);
        Some(start)
    }

    /// Gives the current chunk back.
    pub fn pop_chunk(&self) {
        if let Some(chunk) = self.chunks.borrow_mut().pop() {
            self.base.set(chunk.saved_top as usize);
            self.limit.set(chunk.saved_limit as usize);
            if let Ok(layout) = Layout::array::<Register>(chunk.length) {
                // SAFETY: allocated with this layout by `push_chunk`.
                unsafe { std::alloc::dealloc(chunk.start.cast(), layout) };
            }
        }
    }

    /// The record after `frame` (the first one for null). None when there is no memory.
    #[inline]
    pub fn next_record(&self, frame: *mut Frame) -> Option<*mut Frame> {
        let records = self.records.borrow();
        for (index, chunk) in records.iter().enumerate().rev() {
            let offset = (frame as usize).wrapping_sub(chunk.start as usize);
            if !frame.is_null() && offset < chunk.length * size_of::<Frame>() {
                let nth = offset / size_of::<Frame>();
                if nth + 1 < chunk.length {
                    // SAFETY: within the chunk.
                    return Some(unsafe { frame.add(1) });
                }
                if let Some(next) = records.get(index + 1) {
                    return Some(next.start);
                }
                drop(records);
                return self.push_records();
            }
        }
        match records.first() {
            Some(first) if frame.is_null() => Some(first.start),
            _ => {
                drop(records);
                self.push_records()
            }
        }
    }

    /// The record before `frame`; null for the first.
    #[must_use]
    pub fn previous_record(&self, frame: *mut Frame) -> *mut Frame {
        let records = self.records.borrow();
        for (index, chunk) in records.iter().enumerate() {
            if frame == chunk.start {
                return match index.checked_sub(1).and_then(|below| records.get(below)) {
                    // SAFETY: the last record of the chunk below.
                    Some(below) => unsafe { below.start.add(below.length - 1) },
                    None => null_mut(),
                };
            }
        }
        // SAFETY: not the first of a chunk, so the one before is in the same chunk.
        unsafe { frame.sub(1) }
    }

    /// The end of the record chunk that `frame` is in, as an address: where the next record needs another chunk.
    #[must_use]
    pub fn record_limit(&self, frame: *mut Frame) -> usize {
        let records = self.records.borrow();
        for chunk in records.iter() {
            let offset = (frame as usize).wrapping_sub(chunk.start as usize);
            if offset < chunk.length * size_of::<Frame>() {
                return chunk.start as usize + chunk.length * size_of::<Frame>();
            }
        }
        0
    }

    fn push_records(&self) -> Option<*mut Frame> {
        let mut records = self.records.borrow_mut();
        let length = records.last().map_or(RECORDS_FIRST, |last| last.length * 2);
        let layout = Layout::array::<Frame>(length).ok()?;
        records.try_reserve(1).ok()?;
        // SAFETY: the layout is not empty.
        let start = unsafe { std::alloc::alloc_zeroed(layout) }.cast::<Frame>();
        if start.is_null() {
            return None;
        }
        records.push(RecordChunk { start, length });
        Some(start)
    }
}

impl Drop for Stacks {
    fn drop(&mut self) {
        while !self.chunks.borrow().is_empty() {
            self.pop_chunk();
        }
        for chunk in self.records.borrow_mut().drain(..) {
            if let Ok(layout) = Layout::array::<Frame>(chunk.length) {
                // SAFETY: allocated with this layout by `push_records`.
                unsafe { std::alloc::dealloc(chunk.start.cast(), layout) };
            }
        }
    }
}
