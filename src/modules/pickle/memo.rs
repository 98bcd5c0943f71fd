//! The memos: which objects a pickler has written, and which an unpickler has read.

use std::collections::HashMap;

use objects::core::gc::{TakeReferences, Traverse, Visitor};
use objects::core::value::Value;

/// The numbers of the objects that were written, found by identity. The memo keeps the objects alive.
#[derive(Default)]
pub(super) struct WrittenMemo {
    entries: Vec<(Value, usize)>,
    /// Places: 0 for free, else the number of an entry and one.
    table: Vec<u32>,
}

/// The entries that a memo has room for at first, and the places of its first table.
const FIRST_ENTRIES: usize = 32;
const FIRST_TABLE: usize = 128;

fn start_of(bits: u64, mask: usize) -> usize {
    let mixed = (bits >> 4).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    usize::try_from(mixed >> 24).unwrap_or_default() & mask
}

impl WrittenMemo {
    /// How many objects it knows.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The number of `object`.
    #[inline]
    pub(super) fn get(&self, object: &Value) -> Option<usize> {
        let (_, entry) = self.place_of(object.bits());
        self.entries.get(entry?).map(|(_, number)| *number)
    }

    /// The place in the table where an object is or would be, and its entry.
    #[inline]
    fn place_of(&self, bits: u64) -> (usize, Option<usize>) {
        let mask = self.table.len().wrapping_sub(1);
        let mut place = start_of(bits, mask);
        while let Some(entry) = self.table.get(place).and_then(|&entry| entry.checked_sub(1)) {
            let entry = usize::try_from(entry).unwrap_or_default();
            if self.entries.get(entry).is_some_and(|(known, _)| known.bits() == bits) {
                return (place, Some(entry));
            }
            place = (place + 1) & mask;
        }
        (place, None)
    }

    /// The number of `object`, which gets the next one if it has none; true if it had one. None when there is no memory.
    #[inline]
    pub(super) fn get_or_add(&mut self, object: &Value) -> Option<(usize, bool)> {
        if self.is_full() && !self.grow() {
            return None;
        }
        let (place, entry) = self.place_of(object.bits());
        if let Some(entry) = entry {
            return self.entries.get(entry).map(|(_, number)| (*number, true));
        }
        let number = self.entries.len();
        self.entries.push((object.clone(), number));
        self.link(place, number + 1);
        Some((number, false))
    }

    /// Gives `object` a number. False when there is no memory.
    pub(super) fn set(&mut self, object: &Value, number: usize) -> bool {
        if self.get_or_add(object).is_none() {
            return false;
        }
        if let (_, Some(entry)) = self.place_of(object.bits())
            && let Some(entry) = self.entries.get_mut(entry)
        {
            entry.1 = number;
        }
        true
    }

    /// Whether the next object needs more room.
    #[inline]
    fn is_full(&self) -> bool {
        (self.entries.len() + 1) * 3 > self.table.len() * 2
            || self.entries.len() == self.entries.capacity()
    }

    /// Puts entry number `entry - 1` into the table.
    #[inline]
    fn link(&mut self, place: usize, entry: usize) {
        if let (Some(free), Ok(entry)) = (self.table.get_mut(place), u32::try_from(entry)) {
            *free = entry;
        }
    }

    #[cold]
    fn grow(&mut self) -> bool {
        if self.entries.len() == self.entries.capacity()
            && self.entries.try_reserve(FIRST_ENTRIES).is_err()
        {
            return false;
        }
        if (self.entries.len() + 1) * 3 <= self.table.len() * 2 {
            return true;
        }
        let size = (self.table.len() * 4).max(FIRST_TABLE);
        let mut table = Vec::new();
        if table.try_reserve_exact(size).is_err() {
            return false;
        }
        table.resize(size, 0);
        self.table = table;
        for entry in 0..self.entries.len() {
            let bits = self.entries.get(entry).map_or(0, |(object, _)| object.bits());
            let (place, _) = self.place_of(bits);
            self.link(place, entry + 1);
        }
        true
    }

    /// The objects and their numbers.
    pub(super) fn entries(&self) -> &[(Value, usize)] {
        &self.entries
    }
}

impl Traverse for WrittenMemo {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        for (object, _) in &self.entries {
            visitor.visit(object);
        }
    }
}

impl TakeReferences for WrittenMemo {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        self.table = Vec::new();
        dead.extend(self.entries.drain(..).map(|(object, _)| object));
    }
}

/// The objects that were read, by number.
#[derive(Default)]
pub(super) struct ReadMemo {
    /// Numbers that follow one another, as picklers give them.
    dense: Vec<Option<Value>>,
    /// Numbers far beyond the others.
    sparse: HashMap<usize, Value>,
    count: usize,
}

/// How far beyond the end a number may lie to be kept in the vector.
const GAP_MAX: usize = 4096;

impl ReadMemo {
    /// How many objects there are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Object `number`.
    #[inline]
    pub(super) fn get(&self, number: usize) -> Option<&Value> {
        match self.dense.get(number) {
            Some(found) => found.as_ref(),
            None => self.sparse.get(&number),
        }
    }

    /// Sets object `number`; the old one comes back to be dropped outside. False when there is no memory.
    #[inline]
    pub(super) fn set(&mut self, number: usize, value: Value) -> (bool, Option<Value>) {
        let follows = number == self.dense.len() && self.sparse.is_empty();
        if follows && self.dense.len() < self.dense.capacity() {
            self.dense.push(Some(value));
            self.count += 1;
            return (true, None);
        }
        self.set_any(number, value)
    }

    fn set_any(&mut self, number: usize, value: Value) -> (bool, Option<Value>) {
        if number >= self.dense.len() {
            if number - self.dense.len() > GAP_MAX.max(self.dense.len()) {
                let old = self.sparse.insert(number, value);
                self.count += usize::from(old.is_none());
                return (true, old);
            }
            let missing = number + 1 - self.dense.len();
            if self.dense.capacity() - self.dense.len() < missing
                && self.dense.try_reserve(missing.max(FIRST_ENTRIES)).is_err()
            {
                return (false, Some(value));
            }
            for next in self.dense.len()..=number {
                let known = if self.sparse.is_empty() { None } else { self.sparse.remove(&next) };
                self.dense.push(known);
            }
        }
        let Some(place) = self.dense.get_mut(number) else { return (false, Some(value)) };
        let old = place.replace(value);
        self.count += usize::from(old.is_none());
        (true, old)
    }

    /// The objects and their numbers, by number.
    pub(super) fn entries(&self) -> Vec<(usize, Value)> {
        let dense = self.dense.iter().enumerate();
        let mut all: Vec<_> =
            dense.filter_map(|(number, value)| Some((number, value.clone()?))).collect();
        let mut sparse: Vec<_> =
            self.sparse.iter().map(|(number, value)| (*number, value.clone())).collect();
        sparse.sort_by_key(|(number, _)| *number);
        all.append(&mut sparse);
        all
    }
}

impl Traverse for ReadMemo {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        for value in self.dense.iter().flatten().chain(self.sparse.values()) {
            visitor.visit(value);
        }
    }
}

impl TakeReferences for ReadMemo {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        self.count = 0;
        dead.extend(self.dense.drain(..).flatten());
        dead.extend(self.sparse.drain().map(|(_, value)| value));
    }
}
