//! Where attributes are, by class version and name: the second cache of attribute words, for places in the code that see
//! instances of several classes.
//!
//! Invariant: an entry is true as long as its class has its version. Versions are never used again, names are interned and
//! live for ever, and a class named by an entry is in the MRO of the versioned one, which keeps it alive.

use std::cell::Cell;

use super::object::Py;
use super::type_object::PyType;
use crate::types::str::PyStr;

/// What is known of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The value lies at this distance from the instance.
    Inline(u32),
    /// The class has this function, and instances without a dict of their own have nothing of the name.
    Method(u64),
    /// The class has this Python function, which an operator looks up past any instance.
    Special(u64),
}

#[derive(Clone, Copy)]
struct Entry {
    version: u32,
    name: usize,
    /// The class behind which `super()` looks; 0 for a plain attribute.
    behind: usize,
    place: Place,
}

const SIZE: usize = 512;

/// The cache of a thread.
pub struct PlaceCache(Box<[Cell<Option<Entry>>; SIZE]>);

impl Default for PlaceCache {
    fn default() -> Self {
        Self(Box::new([const { Cell::new(None) }; SIZE]))
    }
}

fn address<T>(of: &T) -> usize {
    std::ptr::from_ref(of).addr()
}

impl PlaceCache {
    #[inline]
    fn slot(
        &self,
        version: u32,
        name: &Py<PyStr>,
        behind: Option<&Py<PyType>>,
    ) -> (&Cell<Option<Entry>>, usize) {
        let behind = behind.map_or(0, address);
        let index = (version as usize).wrapping_mul(7) ^ address(name) >> 4 ^ behind >> 6;
        (&self.0[index % SIZE], behind)
    }

    /// The place of `name` in instances of a class with this version, or what `super()` finds behind a class.
    #[inline]
    #[must_use]
    pub fn get(
        &self,
        version: u32,
        name: &Py<PyStr>,
        behind: Option<&Py<PyType>>,
    ) -> Option<Place> {
        let (slot, behind) = self.slot(version, name, behind);
        let entry = slot.get()?;
        let same =
            entry.version == version && entry.name == address(name) && entry.behind == behind;
        (same && version != 0).then_some(entry.place)
    }

    /// Notes a place; `name` is interned.
    pub fn put(&self, version: u32, name: &Py<PyStr>, behind: Option<&Py<PyType>>, place: Place) {
        if version == 0 || !name.is_interned() {
            return;
        }
        let (slot, behind) = self.slot(version, name, behind);
        slot.set(Some(Entry { version, name: address(name), behind, place }));
    }
}
