//! The process's allocator for what is no object: small blocks from lists of free ones, large blocks from the system.
//!
//! Lists, tables and texts in the making live in blocks that are taken and given back all the time. Whoever gives a block back
//! knows its size, so a thread's list of free blocks of that size is all there is to look at.
//!
//! ```text
//! free block: | next free block 8 | next batch 8 (of the first block of a batch) | ...
//! ```
//!
//! Invariants:
//! 1. A block of a class has room for the class's size, whether it was carved from a chunk or comes from the system; it never
//!    goes back to the system.
//! 2. A thread's lists are touched by that thread alone; batches change hands under the lock.
//! 3. Nothing here allocates by way of this allocator, waits for another thread, or panics.
#![expect(unsafe_code, reason = "an allocator: the invariants are in the module doc")]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::Cell;
use std::ptr::null_mut;
use std::sync::Mutex;

use super::reserve::Memory;

/// Blocks up to this many bytes are kept in lists.
const SMALL_BYTES_MAX: usize = 1024;
const CLASS_BYTES: usize = 16;
const CLASS_COUNT: usize = SMALL_BYTES_MAX / CLASS_BYTES + 1;
/// How many bytes of free blocks of one class a thread keeps before others get them.
const KEPT_BYTES: usize = 64 << 10;
/// How many bytes are carved into blocks at once, at least.
const CHUNK_BYTES: usize = 2 << 10;
/// How many blocks are carved at once, at least.
const CHUNK_BLOCKS: usize = 8;

/// The allocator: `#[global_allocator]` in the program.
pub struct SmallBlocks;

#[repr(C)]
struct FreeBlock {
    next: *mut FreeBlock,
    next_batch: *mut FreeBlock,
}

struct Kept {
    first: Cell<*mut FreeBlock>,
    /// How many more blocks are kept before they go to the batches.
    room: Cell<u32>,
}

thread_local! {
    static KEPT: [Kept; CLASS_COUNT] =
        const { [const { Kept { first: Cell::new(null_mut()), room: Cell::new(0) } }; CLASS_COUNT] };
}

/// Lists of free blocks that a thread had too many of, by class.
struct Batches([*mut FreeBlock; CLASS_COUNT]);

// SAFETY: invariant 2.
unsafe impl Send for Batches {}

static BATCHES: Mutex<Batches> = Mutex::new(Batches([null_mut(); CLASS_COUNT]));

/// The class of a layout; None for a block that the system gives.
#[inline(always)]
fn class_of(layout: Layout) -> Option<usize> {
    if layout.size() <= SMALL_BYTES_MAX && layout.align() <= CLASS_BYTES {
        Some(layout.size().div_ceil(CLASS_BYTES))
    } else {
        None
    }
}

const fn room_of(class: usize) -> u32 {
    #[expect(clippy::cast_possible_truncation, reason = "a small number")]
    {
        (KEPT_BYTES / (class * CLASS_BYTES)) as u32
    }
}

/// The layout of `count` blocks of a class.
fn layout_of(class: usize, count: usize) -> Layout {
    // SAFETY: the alignment is a power of two, and the size is small.
    unsafe { Layout::from_size_align_unchecked(class * CLASS_BYTES * count, CLASS_BYTES) }
}

#[inline(always)]
fn take(class: usize) -> *mut u8 {
    KEPT.with(|kept| {
        let kept = &kept[class];
        let first = kept.first.get();
        if first.is_null() {
            return refill(class, kept);
        }
        // SAFETY: the list holds free blocks.
        kept.first.set(unsafe { (*first).next });
        kept.room.set(kept.room.get() + 1);
        first.cast()
    })
}

#[inline(always)]
fn give(class: usize, block: *mut u8) {
    KEPT.with(|kept| {
        let kept = &kept[class];
        if kept.room.get() == 0 {
            hand_over(class, kept);
        }
        let block = block.cast::<FreeBlock>();
        // SAFETY: the block has room for a link, and its owner gave it up.
        unsafe { (*block).next = kept.first.get() };
        kept.first.set(block);
        kept.room.set(kept.room.get() - 1);
    });
}

/// Blocks for an empty list: a batch, or a fresh chunk; one of them is answered, null without memory.
#[cold]
#[inline(never)]
fn refill(class: usize, kept: &Kept) -> *mut u8 {
    if let Ok(mut batches) = BATCHES.try_lock() {
        let batch = batches.0[class];
        if !batch.is_null() {
            // SAFETY: a batch is a list of free blocks, handed over by the thread that had it.
            unsafe {
                batches.0[class] = (*batch).next_batch;
                kept.first.set((*batch).next);
            }
            kept.room.set(1);
            return batch.cast();
        }
    }
    let bytes = class * CLASS_BYTES;
    let count = (CHUNK_BYTES / bytes).max(CHUNK_BLOCKS);
    // SAFETY: the layouts are not empty; the blocks lie within the chunk, which nobody else knows.
    unsafe {
        let chunk = Memory.alloc(layout_of(class, count));
        if chunk.is_null() {
            return Memory.alloc(layout_of(class, 1));
        }
        let mut list = null_mut();
        for nth in (1..count).rev() {
            let block = chunk.add(nth * bytes).cast::<FreeBlock>();
            (*block).next = list;
            list = block;
        }
        kept.first.set(list);
        kept.room.set(room_of(class));
        chunk
    }
}

/// The list becomes a batch. When another thread is at the batches, all stays as it is for another while.
#[cold]
#[inline(never)]
fn hand_over(class: usize, kept: &Kept) {
    let first = kept.first.get();
    if !first.is_null()
        && let Ok(mut batches) = BATCHES.try_lock()
    {
        // SAFETY: the list holds free blocks of this thread.
        unsafe { (*first).next_batch = batches.0[class] };
        batches.0[class] = first;
        kept.first.set(null_mut());
    }
    kept.room.set(room_of(class));
}

/// Hands the free blocks of a thread that ends over to the others.
pub fn end_thread() {
    KEPT.with(|kept| {
        for (class, kept) in kept.iter().enumerate().skip(1) {
            hand_over(class, kept);
        }
    });
}

// SAFETY: blocks have the size and alignment of their layout by invariant 1, and each is in one list or in use.
unsafe impl GlobalAlloc for SmallBlocks {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match class_of(layout) {
            Some(class) => take(class),
            // SAFETY: by contract.
            None => unsafe { Memory.alloc(layout) },
        }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        match class_of(layout) {
            Some(class) => give(class, block),
            // SAFETY: by contract: a block of this layout came from the system.
            None => unsafe { Memory.dealloc(block, layout) },
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match class_of(layout) {
            Some(class) => {
                let block = take(class);
                if !block.is_null() {
                    // SAFETY: the block has room for the layout.
                    unsafe { block.write_bytes(0, layout.size()) };
                }
                block
            }
            // SAFETY: by contract.
            None => unsafe { Memory.alloc_zeroed(layout) },
        }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: by contract the size with this alignment is a layout's.
        let wanted = unsafe { Layout::from_size_align_unchecked(size, layout.align()) };
        match (class_of(layout), class_of(wanted)) {
            // SAFETY: by contract.
            (None, None) => unsafe { Memory.realloc(block, layout, size) },
            (old, new) if old == new => block,
            // SAFETY: the new block has room for the bytes of both; the old one is given up.
            _ => unsafe {
                let new = self.alloc(wanted);
                if !new.is_null() {
                    new.copy_from_nonoverlapping(block, layout.size().min(size));
                    self.dealloc(block, layout);
                }
                new
            },
        }
    }
}
