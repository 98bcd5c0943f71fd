//! Memory of objects: free lists by size class, carved from segments; large objects from the general allocator.
//!
//! ```text
//! segment 1 MiB, aligned: | page 0: notes on each page | page 1 (16 KiB, one size class) | ... | page 63 |
//! free slot: count 0 at offset 0, link to the next free slot at offset 8
//! ```
//!
//! A slot that becomes free goes to the front of its size class's list, so that what comes next finds it in the processor's
//! cache. What has been in the lists for long goes to the list of its page, and from there a page's free slots come back
//! together: so what is made together lies together, whatever order its slots became free in.
//!
//! Invariants:
//! 1. All state is touched only by the thread that holds the GIL.
//! 2. A slot of a page is either free (count 0) or a whole object: so the collector can enumerate a page.
//! 3. A block keeps its size class in the low byte of its flags from allocation on.
#![expect(unsafe_code, reason = "the allocator: the invariants are in the module doc")]

use std::alloc::Layout;
use std::cell::{Cell, RefCell};
use std::ptr::null_mut;

use super::counts::Counts;
use super::object::{PyObject, flags};
use super::reserve;

/// Objects up to this many bytes come from size classes.
const SMALL_BYTES_MAX: usize = 512;
const CLASS_COUNT: usize = SMALL_BYTES_MAX / 16 + 1;
const LARGE_CLASS: u32 = 255;
const SEGMENT_BYTES: usize = 1 << 20;
const PAGE_BYTES: usize = 16 << 10;
const PAGES: usize = SEGMENT_BYTES / PAGE_BYTES;
/// How much of a page is carved into free slots at once.
const CARVE_BYTES: usize = 2 << 10;
/// How many segments that became empty a collection keeps for what comes next.
pub(super) const SPARE_SEGMENTS: usize = 4;
/// How many shortages at most pass without a search for empty pages.
const SEARCH_PAUSE_MAX: u32 = 63;
/// In front of a large object: its size and its place in the registry.
const LARGE_PREFIX: usize = 16;

#[repr(C)]
struct FreeSlot {
    refcount: u32,
    flags: u32,
    next: *mut FreeSlot,
}

#[derive(Clone, Copy)]
struct Page {
    start: *mut u8,
    /// One past the last slot that was ever handed to the free list.
    carved: *mut u8,
    class: usize,
}

/// What page 0 of a segment says of each of its pages.
#[repr(C)]
struct PageNote {
    /// The place of its first slot in the collector's table of counts.
    counts: usize,
    /// The page's own list of free slots.
    free: *mut FreeSlot,
    /// The next page with free slots of the class.
    next: *mut PageNote,
    free_count: u32,
    /// Whether the page waits with its free slots.
    waits: bool,
}

const _: () = assert!(size_of::<PageNote>() * PAGES <= PAGE_BYTES);

/// How many slots of a class are in one of the lists of those that became free last: little enough to be in the cache.
const fn room_of(class: usize) -> u32 {
    const ROOM_BYTES: usize = 16 << 10;
    #[expect(clippy::cast_possible_truncation, reason = "a small number")]
    {
        (ROOM_BYTES / (class * 16)) as u32
    }
}

/// The one heap of the process.
pub struct Heap {
    /// The slots that became free last, by class.
    free: [Cell<*mut FreeSlot>; CLASS_COUNT],
    /// How many more go there before they become the earlier ones.
    room: [Cell<u32>; CLASS_COUNT],
    /// Those that became free before them; what was here goes to the lists of its pages.
    earlier: [Cell<*mut FreeSlot>; CLASS_COUNT],
    /// Pages with free slots in their lists, by class: a list of notes.
    waiting: [Cell<*mut PageNote>; CLASS_COUNT],
    pages: RefCell<Vec<Page>>,
    /// The page being carved, by class; `usize::MAX` where there is none.
    current: [Cell<usize>; CLASS_COUNT],
    /// The segment whose pages are being handed out, and how many were.
    segment: Cell<(*mut u8, usize)>,
    /// Every segment but that one.
    full_segments: RefCell<Vec<*mut u8>>,
    /// Pages that were in use and are empty now.
    empty_pages: RefCell<Vec<*mut u8>>,
    /// How many shortages pass until empty pages are searched for again: more after each search that finds few.
    search_pause: Cell<(u32, u32)>,
    large: RefCell<Vec<*mut PyObject>>,
    dead: RefCell<Vec<*const PyObject>>,
    /// How deep `dealloc` is nested.
    pub dealloc_depth: Cell<u32>,
    /// Bytes handed out in fresh pages and large objects since the last collection: what makes one due.
    pub fresh_bytes: Cell<usize>,
    /// How many of them make a collection due.
    pub fresh_limit: Cell<usize>,
}

// SAFETY: invariant 1.
unsafe impl Sync for Heap {}

static HEAP: Heap = Heap {
    free: [const { Cell::new(null_mut()) }; CLASS_COUNT],
    room: [const { Cell::new(0) }; CLASS_COUNT],
    earlier: [const { Cell::new(null_mut()) }; CLASS_COUNT],
    waiting: [const { Cell::new(null_mut()) }; CLASS_COUNT],
    pages: RefCell::new(Vec::new()),
    current: [const { Cell::new(usize::MAX) }; CLASS_COUNT],
    segment: Cell::new((null_mut(), PAGES)),
    full_segments: RefCell::new(Vec::new()),
    empty_pages: RefCell::new(Vec::new()),
    search_pause: Cell::new((0, 0)),
    large: RefCell::new(Vec::new()),
    dead: RefCell::new(Vec::new()),
    dealloc_depth: Cell::new(0),
    fresh_bytes: Cell::new(0),
    fresh_limit: Cell::new(FRESH_LIMIT_FIRST),
};

/// The heap.
#[inline]
#[must_use]
pub fn heap() -> &'static Heap {
    &HEAP
}

impl Heap {
    pub(super) fn push_dead(&self, object: *const PyObject) {
        self.dead.borrow_mut().push(object);
    }

    pub(super) fn pop_dead(&self) -> Option<*const PyObject> {
        self.dead.borrow_mut().pop()
    }

    /// Bytes of fresh pages and large objects after which a collection is due.
    fn note_fresh(&self, bytes: usize) {
        let fresh = self.fresh_bytes.get().saturating_add(bytes);
        self.fresh_bytes.set(fresh);
        if fresh >= self.fresh_limit.get() {
            super::vm::request_stop(super::thread_state::breaker::GC);
        }
    }

    /// How many blocks are objects now (`sys.getallocatedblocks`).
    #[must_use]
    pub fn live_blocks(&self) -> usize {
        let mut count = 0;
        self.for_each_slot(|_| count += 1);
        count
    }

    /// Calls `see` with every object that the collector tracks.
    pub(super) fn for_each_tracked(&self, mut see: impl FnMut(&PyObject)) {
        self.for_each_slot(|object| {
            if object.has_flags(flags::TRACKED) {
                see(object);
            }
        });
    }

    pub(super) fn for_each_slot(&self, mut see: impl FnMut(&PyObject)) {
        let pages = self.pages.borrow().clone();
        for page in pages {
            let bytes = page.class * 16;
            let mut slot = page.start;
            while slot < page.carved {
                // SAFETY: invariant 2: a carved slot is free (count 0) or an object.
                let object = unsafe { &*slot.cast::<PyObject>() };
                if object.refcount() != 0 {
                    see(object);
                }
                // SAFETY: within the page.
                slot = unsafe { slot.add(bytes) };
            }
        }
        let large = self.large.borrow().clone();
        for object in large {
            // SAFETY: the registry holds whole objects, or blocks whose count is still 0.
            let object = unsafe { &*object };
            if object.refcount() != 0 {
                see(object);
            }
        }
    }

    /// Gives every page and every large object its places in a table of counts, all 0.
    pub(super) fn make_counts(&self) -> Option<Counts> {
        let pages = self.pages.borrow();
        let large = self.large.borrow();
        let mut total = 0;
        for page in pages.iter() {
            // SAFETY: the note of a page in use.
            unsafe { (*note_of(page.start)).counts = total };
            total += PAGE_BYTES / (page.class * 16);
        }
        let large_start = total;
        total += large.len();
        let mut table: Vec<u8> = Vec::new();
        table.try_reserve_exact(total).ok()?;
        table.resize(total, 0);
        Some(Counts::new(table, large_start))
    }

    /// Bytes in pages and large objects: what the process holds for objects.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        let large = self.large.borrow();
        // SAFETY: a large object is preceded by its size.
        let large_bytes: usize = large
            .iter()
            .map(|object| unsafe { object.cast::<u8>().sub(LARGE_PREFIX).cast::<usize>().read() })
            .sum();
        self.pages.borrow().len() * PAGE_BYTES + large_bytes
    }

    /// No page is left and none can be had: one that is empty by now, if it is worth looking for.
    #[cold]
    fn page_after_reclaim(&self) -> Option<*mut u8> {
        let (left, whole) = self.search_pause.get();
        if left > 0 {
            self.search_pause.set((left - 1, whole));
            return None;
        }
        let next = if self.reclaim(0) < PAGES { (whole * 2 + 1).min(SEARCH_PAUSE_MAX) } else { 0 };
        self.search_pause.set((next, next));
        fresh_page()
    }

    /// Takes pages on which every slot is free away from their size classes, and gives segments that have no other pages
    /// back to the system. How many pages were found.
    pub(super) fn reclaim(&self, spare: usize) -> usize {
        let mut pages = self.pages.borrow_mut();
        let mut empty = self.empty_pages.borrow_mut();
        if empty.try_reserve(pages.len()).is_err() {
            return 0;
        }
        for class in 1..CLASS_COUNT {
            self.give_to_pages(self.free[class].replace(null_mut()), class);
            self.give_to_pages(self.earlier[class].replace(null_mut()), class);
            self.waiting[class].set(null_mut());
        }
        let is_empty = |page: &Page| {
            // SAFETY: the note of a page in use.
            let free = unsafe { (*note_of(page.start)).free_count as usize };
            free * page.class * 16 == page.carved as usize - page.start as usize
        };
        let before = empty.len();
        let mut kept = 0;
        let currents: [usize; CLASS_COUNT] = std::array::from_fn(|class| self.current[class].get());
        for index in 0..pages.len() {
            let page = pages[index];
            let is_current = currents[page.class] == index;
            if is_empty(&page) {
                empty.push(page.start);
                if is_current {
                    self.current[page.class].set(usize::MAX);
                }
            } else {
                if is_current {
                    self.current[page.class].set(kept);
                }
                pages[kept] = page;
                kept += 1;
            }
        }
        pages.truncate(kept);
        // From the last to the first: the first comes back first.
        for page in pages.iter().rev() {
            // SAFETY: as above.
            unsafe {
                let note = note_of(page.start);
                (*note).waits = false;
                if !(*note).free.is_null() {
                    self.let_wait(note, page.class);
                }
            }
        }
        pages.shrink_to(2 * kept);
        let found = empty.len() - before;
        self.unmap_empty_segments(&mut empty, spare);
        // The last one is used first.
        empty.sort_unstable_by(|a, b| b.cmp(a));
        let left = empty.len();
        empty.shrink_to(2 * left);
        found
    }

    /// Gives back the segments of which all pages are empty, but for some to spare.
    fn unmap_empty_segments(&self, empty: &mut Vec<*mut u8>, spare: usize) {
        let mut full = self.full_segments.borrow_mut();
        // SAFETY: the first note of a segment is that of page 0, which is no object's page.
        unsafe {
            for &segment in full.iter() {
                (*note_of(segment)).counts = 0;
            }
            let (current, _) = self.segment.get();
            if !current.is_null() {
                (*note_of(current)).counts = 0;
            }
            for &page in empty.iter() {
                (*note_of(segment_of(page))).counts += 1;
            }
            let is_empty =
                |segment: *mut u8| segment != current && (*note_of(segment)).counts == PAGES - 1;
            // What made garbage of their objects will soon make new ones.
            for &segment in full.iter().filter(|&&segment| is_empty(segment)).take(spare) {
                (*note_of(segment)).counts = 0;
            }
            empty.retain(|&page| !is_empty(segment_of(page)));
            full.retain(|&segment| {
                let unused = is_empty(segment);
                if unused {
                    reserve::unmap(segment, SEGMENT_BYTES);
                }
                !unused
            });
            let left = full.len();
            full.shrink_to(2 * left);
        }
    }

    /// Gives each slot of a list to the list of its page.
    fn give_to_pages(&self, list: *mut FreeSlot, class: usize) {
        let mut slot = list;
        while !slot.is_null() {
            // SAFETY: the list holds free slots, which lie in pages that are in use.
            unsafe {
                let next = (*slot).next;
                let note = note_of(slot.cast());
                (*slot).next = (*note).free;
                (*note).free = slot;
                (*note).free_count += 1;
                if !(*note).waits {
                    self.let_wait(note, class);
                }
                slot = next;
            }
        }
    }

    /// Puts a page in front of those that wait.
    ///
    /// # Safety
    /// The note is that of a page in use of the class, which does not wait.
    unsafe fn let_wait(&self, note: *mut PageNote, class: usize) {
        // SAFETY: by contract.
        unsafe {
            (*note).waits = true;
            (*note).next = self.waiting[class].replace(note);
        }
    }

    /// The list of those that became free last is full: they become the earlier ones.
    #[cold]
    #[inline(never)]
    fn age(&self, class: usize) {
        let list = self.free[class].replace(null_mut());
        let earlier = self.earlier[class].replace(list);
        self.room[class].set(room_of(class));
        self.give_to_pages(earlier, class);
    }

    /// A new list of free slots for a class that has none: the earlier ones, or those of a page. Null where there are none.
    fn refill(&self, class: usize) -> *mut FreeSlot {
        let earlier = self.earlier[class].replace(null_mut());
        if !earlier.is_null() {
            return earlier;
        }
        let note = self.waiting[class].get();
        if note.is_null() {
            return null_mut();
        }
        // SAFETY: the note of a page in use.
        unsafe {
            self.waiting[class].set((*note).next);
            (*note).waits = false;
            (*note).free_count = 0;
            std::mem::replace(&mut (*note).free, null_mut())
        }
    }

    /// After a collection: the next one is due when the heap has grown by a good part of what is alive.
    pub(super) fn collection_done(&self) {
        self.fresh_bytes.set(0);
        self.fresh_limit.set((self.held_bytes() / 2).max(FRESH_LIMIT_MIN));
    }
}

/// Fresh bytes below which no collection is worth its time.
const FRESH_LIMIT_MIN: usize = 4 << 20;
/// Fresh bytes that make the first collection due: most of what a program imports and defines stays.
const FRESH_LIMIT_FIRST: usize = 8 << 20;

/// The segment of an address in a page.
fn segment_of(block: *mut u8) -> *mut u8 {
    // SAFETY: segments are aligned to their size.
    unsafe { block.sub(block.addr() % SEGMENT_BYTES) }
}

/// The note of the page of an address.
#[inline]
fn note_of(block: *mut u8) -> *mut PageNote {
    let page = block.addr() % SEGMENT_BYTES / PAGE_BYTES;
    // SAFETY: page 0 has room for a note of each page.
    unsafe { segment_of(block).cast::<PageNote>().add(page) }
}

/// Where an object has its place in the collector's table of counts.
pub(super) enum CountsPlace {
    /// This is the place.
    Small(usize),
    /// Behind those of the small ones, as the registry of large ones counts them.
    Large(usize),
}

/// The place of an object that was alive when the table was made.
#[inline]
pub(super) fn counts_place(object: &PyObject) -> CountsPlace {
    let class = (object.flags() & flags::SIZE_CLASS) as usize;
    let block = std::ptr::from_ref(object).cast_mut().cast::<u8>();
    match RECIPROCALS.get(class) {
        Some(reciprocal) => {
            // SAFETY: a small object lies in a page in use.
            let start = unsafe { (*note_of(block)).counts };
            let slot = (block.addr() % PAGE_BYTES / 16 * reciprocal) >> RECIPROCAL_BITS;
            CountsPlace::Small(start + slot)
        }
        None => {
            // SAFETY: a large object is preceded by its size and its place in the registry.
            let nth = unsafe { block.sub(LARGE_PREFIX).cast::<usize>().add(1).read() };
            CountsPlace::Large(nth)
        }
    }
}

const RECIPROCAL_BITS: u32 = 20;
/// By size class: what a position in a page is multiplied by to get the number of its slot.
static RECIPROCALS: [usize; CLASS_COUNT] = {
    let mut table = [0; CLASS_COUNT];
    let mut class = 1;
    while class < CLASS_COUNT {
        table[class] = (1usize << RECIPROCAL_BITS).div_ceil(class);
        class += 1;
    }
    table
};

/// A block for an object of `bytes` bytes with its size class in its flags.
#[inline]
pub(super) fn alloc_object(bytes: usize) -> *mut PyObject {
    match try_alloc_object(bytes) {
        Some(block) => block,
        None => alloc_from_reserve(bytes),
    }
}

/// An object that nobody can be refused: the reserve makes room for it.
#[cold]
#[inline(never)]
fn alloc_from_reserve(bytes: usize) -> *mut PyObject {
    while reserve::lend() {
        if let Some(block) = try_alloc_object(bytes) {
            return block;
        }
    }
    let layout = Layout::from_size_align(bytes, 16).unwrap_or(Layout::new::<PyObject>());
    std::alloc::handle_alloc_error(layout)
}

/// As [`alloc_object`], for the report of an exception: None when the reserve would have to give much of what it has.
pub(super) fn alloc_object_if_room(bytes: usize) -> Option<*mut PyObject> {
    loop {
        let tried = try_alloc_object(bytes);
        if tried.is_some() || !reserve::can_spare() || !reserve::lend_quietly() {
            return tried;
        }
    }
}

/// As [`alloc_object`], with None when there is no memory.
#[inline]
pub(super) fn try_alloc_object(bytes: usize) -> Option<*mut PyObject> {
    let class = bytes.div_ceil(16);
    if class < CLASS_COUNT {
        let slot = HEAP.free[class].get();
        if !slot.is_null() {
            // SAFETY: the free list holds free slots.
            unsafe { HEAP.free[class].set((*slot).next) };
            return Some(slot.cast());
        }
        return carve(class);
    }
    alloc_large(bytes)
}

#[cold]
#[inline(never)]
fn carve(class: usize) -> Option<*mut PyObject> {
    let list = HEAP.refill(class);
    if !list.is_null() {
        // SAFETY: the list holds free slots.
        unsafe { HEAP.free[class].set((*list).next) };
        return Some(list.cast());
    }
    let bytes = class * 16;
    let has_room = |pages: &[Page]| {
        let page = pages.get(HEAP.current[class].get());
        page.is_some_and(|page| page.carved as usize + bytes <= page.start as usize + PAGE_BYTES)
    };
    if !has_room(&HEAP.pages.borrow()) {
        HEAP.pages.borrow_mut().try_reserve(1).ok()?;
        let start = match fresh_page() {
            Some(start) => start,
            None => HEAP.page_after_reclaim()?,
        };
        HEAP.note_fresh(PAGE_BYTES);
        // SAFETY: page 0 of the segment has room for the note.
        unsafe {
            note_of(start).write(PageNote {
                counts: 0,
                free: null_mut(),
                next: null_mut(),
                free_count: 0,
                waits: false,
            });
        }
        let mut pages = HEAP.pages.borrow_mut();
        pages.push(Page { start, carved: start, class });
        HEAP.current[class].set(pages.len() - 1);
    }
    let mut pages = HEAP.pages.borrow_mut();
    let index = HEAP.current[class].get();
    let page = &mut pages[index];
    let end = page.start as usize + PAGE_BYTES;
    let until = (page.carved as usize + CARVE_BYTES.max(bytes)).min(end);
    #[expect(clippy::cast_possible_truncation, reason = "at most 32")]
    let class_bits = class as u32;
    // SAFETY: slots between `carved` and the page's end are unused memory; all that makes a slot free is written here.
    unsafe {
        let first = page.carved.cast::<FreeSlot>();
        (*first).refcount = 0;
        (*first).flags = class_bits;
        let rest = page.carved.add(bytes);
        let mut slot = rest;
        let mut last: *mut FreeSlot = null_mut();
        while slot as usize + bytes <= until {
            last = slot.cast();
            slot = slot.add(bytes);
            (*last).refcount = 0;
            (*last).flags = class_bits;
            (*last).next = slot.cast();
        }
        if !last.is_null() {
            (*last).next = null_mut();
            HEAP.free[class].set(rest.cast());
        }
        page.carved = slot;
        Some(first.cast())
    }
}

/// A page without objects: an empty one, the next of the segment, or the first of a new segment.
fn fresh_page() -> Option<*mut u8> {
    if let Some(page) = HEAP.empty_pages.borrow_mut().pop() {
        return Some(page);
    }
    let (segment, used) = HEAP.segment.get();
    if used < PAGES {
        HEAP.segment.set((segment, used + 1));
        // SAFETY: within the segment.
        return Some(unsafe { segment.add(used * PAGE_BYTES) });
    }
    let fresh = map_segment()?;
    if !segment.is_null() {
        let mut full = HEAP.full_segments.borrow_mut();
        if full.try_reserve(1).is_err() {
            // SAFETY: nobody knows the segment yet.
            unsafe { reserve::unmap(fresh, SEGMENT_BYTES) };
            return None;
        }
        full.push(segment);
    }
    HEAP.segment.set((fresh, 2));
    // SAFETY: within the segment.
    Some(unsafe { fresh.add(PAGE_BYTES) })
}

/// Memory for a segment, aligned to its size, so that a page's notes are found from any address in it. What is never
/// carved is never touched, and needs no memory.
fn map_segment() -> Option<*mut u8> {
    let start = reserve::map(SEGMENT_BYTES)?.as_ptr();
    if start.addr().is_multiple_of(SEGMENT_BYTES) {
        return Some(start);
    }
    // SAFETY: the mapping is new; only what lies outside of the segment is given back.
    unsafe {
        reserve::unmap(start, SEGMENT_BYTES);
        let start = reserve::map(2 * SEGMENT_BYTES)?.as_ptr();
        let before = start.addr().next_multiple_of(SEGMENT_BYTES) - start.addr();
        if before != 0 {
            reserve::unmap(start, before);
        }
        let segment = start.add(before);
        reserve::unmap(segment.add(SEGMENT_BYTES), SEGMENT_BYTES - before);
        Some(segment)
    }
}

#[cold]
#[inline(never)]
fn alloc_large(bytes: usize) -> Option<*mut PyObject> {
    let layout = Layout::from_size_align(bytes.checked_add(LARGE_PREFIX)?, 16).ok()?;
    let mut large = HEAP.large.borrow_mut();
    large.try_reserve(1).ok()?;
    // SAFETY: the layout is not empty; prefix and header are within the block.
    unsafe {
        let block = std::alloc::alloc(layout);
        if block.is_null() {
            return None;
        }
        block.cast::<usize>().write(bytes);
        block.cast::<usize>().add(1).write(large.len());
        let object = block.add(LARGE_PREFIX).cast::<FreeSlot>();
        (*object).refcount = 0;
        (*object).flags = LARGE_CLASS;
        large.push(object.cast());
        HEAP.note_fresh(bytes);
        Some(object.cast())
    }
}

/// Makes the block of a live object that nobody else refers to at least `bytes` large. None when it is small and has no
/// room left, or when there is no memory. A large block gets spare room, so that growing step by step stays linear.
///
/// # Safety
/// `object` is live and the caller holds its only pointer; a new address replaces the old one.
pub(super) unsafe fn grow_object(object: *mut PyObject, bytes: usize) -> Option<*mut PyObject> {
    // SAFETY: by contract; invariant 3; a large object is preceded by its size and its place in the registry.
    unsafe {
        let class = ((*object.cast::<FreeSlot>()).flags & flags::SIZE_CLASS) as usize;
        if class < CLASS_COUNT {
            return (bytes <= class * 16).then_some(object);
        }
        let block = object.cast::<u8>().sub(LARGE_PREFIX);
        let have = block.cast::<usize>().read();
        if bytes <= have {
            return Some(object);
        }
        let wanted = bytes.checked_add(bytes / 8)?.checked_add(64)?;
        let size = wanted.checked_add(LARGE_PREFIX).filter(|&n| n < isize::MAX as usize / 2)?;
        let layout = Layout::from_size_align_unchecked(have + LARGE_PREFIX, 16);
        let block = std::alloc::realloc(block, layout, size);
        if block.is_null() {
            return None;
        }
        block.cast::<usize>().write(wanted);
        let index = block.cast::<usize>().add(1).read();
        let moved = block.add(LARGE_PREFIX).cast::<PyObject>();
        HEAP.large.borrow_mut()[index] = moved;
        HEAP.fresh_bytes.set(HEAP.fresh_bytes.get() + wanted - have);
        Some(moved)
    }
}

/// The flags that a fresh block carries: its size class.
///
/// # Safety
/// `block` is fresh from the allocator.
#[inline]
pub(super) unsafe fn size_class_flags(block: *mut PyObject) -> u32 {
    // SAFETY: invariant 3.
    unsafe { (*block.cast::<FreeSlot>()).flags & flags::SIZE_CLASS }
}

/// Gives a dead object's memory back.
///
/// # Safety
/// The payload has been dropped and nobody uses the pointer afterwards.
#[inline]
pub(super) unsafe fn free_object(object: *mut PyObject) {
    // SAFETY: by contract; invariant 3.
    unsafe {
        let slot = object.cast::<FreeSlot>();
        let class = ((*slot).flags & flags::SIZE_CLASS) as usize;
        if class < CLASS_COUNT {
            (*slot).refcount = 0;
            #[expect(clippy::cast_possible_truncation, reason = "a size class")]
            {
                (*slot).flags = class as u32;
            }
            let room = HEAP.room[class].get();
            if room == 0 {
                HEAP.age(class);
            }
            (*slot).next = HEAP.free[class].replace(slot);
            HEAP.room[class].set(HEAP.room[class].get().wrapping_sub(1));
        } else {
            free_large(object);
        }
    }
}

#[cold]
#[inline(never)]
unsafe fn free_large(object: *mut PyObject) {
    // SAFETY: a large object is preceded by its size and its place in the registry.
    unsafe {
        let block = object.cast::<u8>().sub(LARGE_PREFIX);
        let bytes = block.cast::<usize>().read();
        let index = block.cast::<usize>().add(1).read();
        let mut large = HEAP.large.borrow_mut();
        large.swap_remove(index);
        if let Some(&moved) = large.get(index) {
            moved.cast::<u8>().sub(LARGE_PREFIX).cast::<usize>().add(1).write(index);
        }
        std::alloc::dealloc(block, Layout::from_size_align_unchecked(bytes + LARGE_PREFIX, 16));
    }
}

/// How many bytes the block of a live object has.
#[must_use]
pub(super) fn block_bytes(object: &PyObject) -> usize {
    let class = (object.flags() & flags::SIZE_CLASS) as usize;
    if class < CLASS_COUNT {
        return class * 16;
    }
    // SAFETY: a large object is preceded by its size.
    unsafe { std::ptr::from_ref(object).cast::<u8>().sub(LARGE_PREFIX).cast::<usize>().read() }
}
