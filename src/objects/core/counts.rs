//! The collector's table of counts: a place for every slot of the heap's pages and for every large object.

use super::alloc::{self, CountsPlace};
use super::object::PyObject;

/// A count for every object: what the collector subtracts references from. A byte each, so that a collection needs little
/// memory; the few counts that do not fit stand in a table of their own.
pub(super) struct Counts {
    table: Vec<u8>,
    large_start: usize,
    many: ManyCounts,
}

/// In the table of bytes: the count stands in the other one.
const MANY: u8 = 255;
/// In the table of bytes: an object that was reached, and whose references were not followed yet.
const PENDING: u8 = 254;

impl Counts {
    /// Of a table of which the allocator gave out the places; those of large objects begin at `large_start`.
    pub(super) fn new(table: Vec<u8>, large_start: usize) -> Self {
        Self { table, large_start, many: ManyCounts::default() }
    }

    /// The place of an object that was alive when the table was made.
    #[inline]
    fn index(&self, object: &PyObject) -> usize {
        match alloc::counts_place(object) {
            CountsPlace::Small(place) => place,
            CountsPlace::Large(nth) => self.large_start + nth,
        }
    }

    /// Sets an object's count.
    pub(super) fn set(&mut self, object: &PyObject, count: u32) -> Option<()> {
        let index = self.index(object);
        let place = self.table.get_mut(index)?;
        match u8::try_from(count) {
            Ok(count) if count < PENDING => *place = count,
            _ => {
                *place = MANY;
                self.many.insert(index, count)?;
            }
        }
        Some(())
    }

    /// One less.
    #[inline]
    pub(super) fn subtract(&mut self, object: &PyObject) {
        let index = self.index(object);
        match self.table.get_mut(index) {
            Some(&mut MANY) => self.many.subtract(index),
            Some(count) => *count = count.saturating_sub(1),
            None => {}
        }
    }

    /// Whether the count came down to 0.
    pub(super) fn is_zero(&self, object: &PyObject) -> bool {
        let index = self.index(object);
        match self.table.get(index) {
            Some(&MANY) => self.many.is_zero(index),
            Some(&count) => count == 0,
            None => false,
        }
    }

    /// Notes that an object's references have to be followed later. Its count is not asked for any more.
    pub(super) fn set_pending(&mut self, object: &PyObject) {
        let index = self.index(object);
        if let Some(place) = self.table.get_mut(index) {
            *place = PENDING;
        }
    }

    /// Whether it was noted so; it no longer is.
    pub(super) fn take_pending(&mut self, object: &PyObject) -> bool {
        let index = self.index(object);
        match self.table.get_mut(index) {
            Some(place) if *place == PENDING => {
                *place = 0;
                true
            }
            _ => false,
        }
    }
}

/// Counts that a byte does not hold, by place: open addressing, a power of two of places of which half are empty.
#[derive(Default)]
struct ManyCounts {
    places: Vec<(usize, u32)>,
    used: usize,
}

const NO_INDEX: usize = usize::MAX;

impl ManyCounts {
    fn place(&self, index: usize) -> usize {
        let mask = self.places.len().wrapping_sub(1);
        let mut place = index.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20 & mask;
        while let Some(&(known, _)) = self.places.get(place) {
            if known == index || known == NO_INDEX {
                break;
            }
            place = (place + 1) & mask;
        }
        place
    }

    fn insert(&mut self, index: usize, count: u32) -> Option<()> {
        if (self.used + 1) * 2 > self.places.len() {
            let wanted = (self.places.len() * 2).max(64);
            let mut places = Vec::new();
            places.try_reserve_exact(wanted).ok()?;
            places.resize(wanted, (NO_INDEX, 0));
            for (index, count) in std::mem::replace(&mut self.places, places) {
                if index != NO_INDEX {
                    let place = self.place(index);
                    self.places[place] = (index, count);
                }
            }
        }
        let place = self.place(index);
        if self.places[place].0 == NO_INDEX {
            self.used += 1;
        }
        self.places[place] = (index, count);
        Some(())
    }

    fn subtract(&mut self, index: usize) {
        let place = self.place(index);
        if let Some((_, count)) = self.places.get_mut(place) {
            *count = count.saturating_sub(1);
        }
    }

    fn is_zero(&self, index: usize) -> bool {
        self.places.get(self.place(index)).is_some_and(|&(_, count)| count == 0)
    }
}
