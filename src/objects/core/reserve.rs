//! The memory reserve: address space kept back for the moment when memory ends, and the allocator that asks it.
//!
//! A request that the general allocator refuses gets what a piece of the reserve leaves free, and the breaker's bit `MEMORY`
//! is set: what could not be refused succeeds, and the next check raises MemoryError. Nothing in the reserve is ever touched,
//! so that it occupies no memory. A request larger than a piece is refused at once: whoever asks for that much can be told no.
//!
//! Invariant: a piece that stands in the table is a mapping of [`PIECE`] bytes that nobody else knows; who swaps it out owns it.
#![expect(unsafe_code, reason = "an allocator, and mappings: the invariant is in the module doc")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr::{NonNull, null_mut};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous, munmap};

use super::thread_state::breaker;

/// Bytes of a piece, which is what one shortage takes.
const PIECE: usize = 1 << 20;
/// How many pieces there are: as many shortages can be met before memory has been given back.
const PIECES: usize = 12;
/// Blocks from this size on leave room for a piece when they are freed.
const LARGE_BYTES: usize = 256 << 10;

static TABLE: [AtomicPtr<u8>; PIECES] = [const { AtomicPtr::new(null_mut()) }; PIECES];
/// How many pieces are lent out; 0 as well before the reserve was first filled.
static LENT: AtomicUsize = AtomicUsize::new(0);

/// A fresh mapping of zeroed pages.
pub(super) fn map(bytes: usize) -> Option<NonNull<u8>> {
    let protection = ProtFlags::READ | ProtFlags::WRITE;
    // SAFETY: the system chooses the place, so that no memory in use is touched.
    let start = unsafe { mmap_anonymous(null_mut(), bytes, protection, MapFlags::PRIVATE) }.ok()?;
    NonNull::new(start.cast())
}

/// Gives pages of a mapping back.
///
/// # Safety
/// The pages came from [`map`], and nobody uses them any more.
pub(super) unsafe fn unmap(start: *mut u8, bytes: usize) {
    // SAFETY: by contract. An error leaves the pages mapped, which costs address space and nothing else.
    let _ = unsafe { munmap(start.cast(), bytes) };
}

/// Fills the reserve for the first time. A process without room for it goes on with what there is.
pub(super) fn fill_first() {
    LENT.store(PIECES, Ordering::Relaxed);
    // One mapping for all: it is given back piece by piece.
    if let Some(start) = map(PIECE * PIECES) {
        for (index, place) in TABLE.iter().enumerate() {
            place.store(start.as_ptr().wrapping_add(index * PIECE), Ordering::Release);
        }
        LENT.store(0, Ordering::Relaxed);
    } else {
        refill();
    }
}

/// Puts back what is lent out, as far as memory allows. Whether the reserve is whole.
pub(super) fn refill() -> bool {
    if LENT.load(Ordering::Relaxed) == 0 {
        return true;
    }
    for place in &TABLE {
        if !place.load(Ordering::Relaxed).is_null() {
            continue;
        }
        let Some(piece) = map(PIECE) else { return false };
        let empty = null_mut();
        match place.compare_exchange(empty, piece.as_ptr(), Ordering::AcqRel, Ordering::Relaxed) {
            Ok(_) => {
                LENT.fetch_sub(1, Ordering::Relaxed);
            }
            // SAFETY: another thread was first; the piece is known to nobody.
            Err(_) => unsafe { unmap(piece.as_ptr(), PIECE) },
        }
    }
    LENT.load(Ordering::Relaxed) == 0
}

/// Gives a piece back to the system and asks for a check of the thread that runs. False when none is left.
pub(super) fn lend() -> bool {
    let lent = lend_quietly();
    if lent {
        super::vm::request_stop(breaker::MEMORY);
    }
    lent
}

/// As [`lend`], for what belongs to the report of a shortage: no check has to raise another MemoryError for it.
pub(super) fn lend_quietly() -> bool {
    for place in &TABLE {
        let piece = place.swap(null_mut(), Ordering::AcqRel);
        if !piece.is_null() {
            LENT.fetch_add(1, Ordering::Relaxed);
            // SAFETY: by the invariant.
            unsafe { unmap(piece, PIECE) };
            return true;
        }
    }
    false
}

/// Whether few pieces are lent out, so that something useful but not needed may ask for one more.
pub(super) fn can_spare() -> bool {
    LENT.load(Ordering::Relaxed) < PIECES / 4
}

/// What nobody can be refused: `make` is tried again as long as the reserve has something to lend.
pub(crate) fn insist<T>(mut make: impl FnMut() -> Option<T>) -> T {
    loop {
        if let Some(made) = make() {
            return made;
        }
        if !lend() {
            std::alloc::handle_alloc_error(Layout::new::<T>());
        }
    }
}

/// The system's allocator with the reserve behind it.
pub(super) struct Memory;

/// Tries a request that was refused again, as long as the reserve has something to lend.
#[cold]
#[inline(never)]
fn retry(bytes: usize, request: impl Fn() -> *mut u8) -> *mut u8 {
    while bytes <= PIECE && lend() {
        let block = request();
        if !block.is_null() {
            return block;
        }
    }
    null_mut()
}

// SAFETY: every request goes to the system's allocator as it is.
unsafe impl GlobalAlloc for Memory {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by the trait's contract.
        let request = || unsafe { System.alloc(layout) };
        let block = request();
        if block.is_null() { retry(layout.size(), request) } else { block }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: by the trait's contract.
        let request = || unsafe { System.alloc_zeroed(layout) };
        let block = request();
        if block.is_null() { retry(layout.size(), request) } else { block }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: by the trait's contract. What is refused leaves the block as it was.
        let request = || unsafe { System.realloc(block, layout, bytes) };
        let moved = request();
        if moved.is_null() { retry(bytes, request) } else { moved }
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: by the trait's contract.
        unsafe { System.dealloc(block, layout) };
        if layout.size() >= LARGE_BYTES && LENT.load(Ordering::Relaxed) != 0 {
            refill();
        }
    }
}
