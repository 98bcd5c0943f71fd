//! The hash table of set and frozenset: open addressing with short linear probes.
//!
//! The order of iteration is the order of places, which programs can see; so the table's size, its probe sequence and when it
//! is rebuilt are CPython's. As dict's table it never runs Python code: what has to be compared by `__eq__` is handed out as a
//! candidate.

use crate::core::gc::{TakeReferences, Traverse, Visitor};
use crate::core::value::Value;
use crate::protocol::compare::known_equal;

/// Places of the smallest table.
const SMALLEST: usize = 8;
/// How many neighbours are looked at before the probe jumps.
const LINEAR_PROBES: usize = 9;

/// One place: empty (no key, hash 0), removed (no key, hash -1), or a key.
#[derive(Debug)]
pub struct Place {
    hash: i64,
    key: Value,
}

impl Place {
    const EMPTY: Self = Self { hash: 0, key: Value::NULL };

    fn is_empty(&self) -> bool {
        self.key.is_null() && self.hash == 0
    }
}

/// What a probe found.
#[derive(Debug)]
pub enum Probe {
    /// The place of the key.
    Found(usize),
    /// The key is not there; the place is where it goes: the last removed place that the probe passed, or the empty one at
    /// its end.
    Absent(usize),
    /// A place with the same hash, whose key has to be asked by `__eq__`.
    Candidate(Cursor),
}

/// What [`next_known`](SetTable::next_known) found.
#[derive(Clone, Copy, Debug)]
pub enum NextKnown {
    /// A key at this place.
    At(usize),
    /// At this place a key that has to be compared by `__eq__`.
    Unknown(usize),
    /// Nothing more.
    End,
}

/// Where a probe stands.
#[derive(Clone, Copy, Debug)]
pub struct Cursor {
    base: usize,
    offset: usize,
    perturb: u64,
    /// The last removed place that was passed; `NO_PLACE` for none.
    free: usize,
}

const NO_PLACE: usize = usize::MAX;

impl Cursor {
    /// The place it is at.
    #[must_use]
    pub fn place(self) -> usize {
        self.base + self.offset
    }
}

/// The table.
#[derive(Debug, Default)]
pub struct SetTable {
    /// Empty until the first key: stands for the smallest table then.
    places: Box<[Place]>,
    /// Keys and removed places: a table has fewer places than this counts.
    fill: u32,
    used: u32,
    finger: u32,
    changes: u32,
}

impl SetTable {
    /// The items, as a table of their own; this one is empty and changed.
    pub(crate) fn take_whole(&mut self) -> Self {
        let old = std::mem::take(self);
        self.changes = old.changes.wrapping_add(1);
        old
    }

    /// How many keys there are.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.used as usize
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Counts the changes of the set of keys.
    #[must_use]
    pub fn changes(&self) -> u32 {
        self.changes
    }

    fn mask(&self) -> usize {
        self.places.len().max(SMALLEST) - 1
    }

    /// How many places there are.
    #[must_use]
    pub fn place_count(&self) -> usize {
        self.places.len()
    }

    /// Bytes beside the object: nothing for the smallest table, which CPython keeps in the object itself.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        if self.places.len() <= SMALLEST { 0 } else { self.places.len() * size_of::<Place>() }
    }

    /// Hash and key at a place.
    #[inline]
    #[must_use]
    pub fn key_at(&self, place: usize) -> Option<(i64, &Value)> {
        self.places
            .get(place)
            .filter(|place| !place.key.is_null())
            .map(|place| (place.hash, &place.key))
    }

    /// The first key at `place` or behind it.
    #[inline]
    #[must_use]
    pub fn next_key(&self, place: usize) -> Option<(usize, i64, &Value)> {
        let rest = self.places.get(place..)?;
        let (nth, found) = rest.iter().enumerate().find(|(_, place)| !place.key.is_null())?;
        Some((place + nth, found.hash, &found.key))
    }

    /// The keys in the order of places.
    pub fn iter(&self) -> impl Iterator<Item = (i64, &Value)> {
        self.places
            .iter()
            .filter(|place| !place.key.is_null())
            .map(|place| (place.hash, &place.key))
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the low bits choose"
    )]
    #[inline]
    fn start(&self, hash: i64) -> Cursor {
        Cursor {
            base: hash as usize & self.mask(),
            offset: 0,
            perturb: hash as u64,
            free: NO_PLACE,
        }
    }

    /// How many places behind `base` are looked at before the probe jumps.
    #[inline]
    fn neighbours(&self, base: usize) -> usize {
        if base + LINEAR_PROBES <= self.mask() { LINEAR_PROBES } else { 0 }
    }

    #[inline]
    fn step(&self, cursor: Cursor) -> Cursor {
        if cursor.offset < self.neighbours(cursor.base) {
            return Cursor { offset: cursor.offset + 1, ..cursor };
        }
        self.jump(cursor)
    }

    #[inline]
    fn jump(&self, cursor: Cursor) -> Cursor {
        let perturb = cursor.perturb >> 5;
        let base = cursor.base.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb as usize);
        Cursor { base: base & self.mask(), offset: 0, perturb, free: cursor.free }
    }

    /// Whether the key is there, if that is told without running code.
    #[inline]
    #[must_use]
    pub fn quick_contains(&self, key: &Value, hash: i64) -> Option<bool> {
        match self.probe(key, hash) {
            Probe::Found(_) => Some(true),
            Probe::Absent(_) => Some(false),
            Probe::Candidate(_) => None,
        }
    }

    /// Looks for a key. Most are at their first place, or nothing is there.
    #[inline]
    #[must_use]
    pub fn probe(&self, key: &Value, hash: i64) -> Probe {
        let cursor = self.start(hash);
        match self.places.get(cursor.base) {
            Some(place) if place.hash == hash && place.key.is(key) => Probe::Found(cursor.base),
            Some(place) if !place.is_empty() => self.probe_from(key, hash, cursor),
            _ => Probe::Absent(cursor.base),
        }
    }

    /// Looks on from behind a candidate that was not equal.
    #[must_use]
    pub fn probe_behind(&self, key: &Value, hash: i64, cursor: Cursor) -> Probe {
        self.probe_from(key, hash, self.step(cursor))
    }

    fn probe_from(&self, key: &Value, hash: i64, cursor: Cursor) -> Probe {
        let mut cursor = cursor;
        loop {
            let last = cursor.base + self.neighbours(cursor.base);
            let mut at = cursor.place();
            while at <= last {
                let Some(place) = self.places.get(at) else { return Probe::Absent(at) };
                if place.hash == hash && !place.key.is_null() {
                    match known_equal(key, &place.key) {
                        Some(true) => return Probe::Found(at),
                        Some(false) => {}
                        None => {
                            return Probe::Candidate(Cursor { offset: at - cursor.base, ..cursor });
                        }
                    }
                } else if place.is_empty() {
                    return Probe::Absent(if cursor.free == NO_PLACE { at } else { cursor.free });
                } else if place.key.is_null() {
                    cursor.free = at;
                }
                at += 1;
            }
            cursor = self.jump(cursor);
        }
    }

    /// Looks on from `place` for a key that `other` has, or has not, as `wanted` says. A key of which only `__eq__` tells ends
    /// the search as well.
    #[must_use]
    pub fn next_known(&self, place: usize, other: &Self, wanted: bool) -> NextKnown {
        let mut place = place;
        while let Some((at, hash, key)) = self.next_key(place) {
            let there = match other.probe(key, hash) {
                Probe::Found(_) => true,
                Probe::Absent(_) => false,
                Probe::Candidate(_) => return NextKnown::Unknown(at),
            };
            if there == wanted {
                return NextKnown::At(at);
            }
            place = at + 1;
        }
        NextKnown::End
    }

    /// Adds a key that is known to be new to a table from which none was removed. The key back without memory.
    ///
    /// # Errors
    /// The key.
    pub fn add_new(&mut self, hash: i64, key: Value) -> Result<(), Value> {
        let mut cursor = self.start(hash);
        while self.places.get(cursor.place()).is_some_and(|place| !place.key.is_null()) {
            cursor = self.step(cursor);
        }
        self.insert_at(cursor.place(), hash, key)
    }

    fn changed(&mut self) {
        self.changes = self.changes.wrapping_add(1);
    }

    /// Makes the smallest table if there is none.
    fn materialise(&mut self) -> Option<()> {
        if self.places.is_empty() {
            self.places = empty_places(SMALLEST)?;
        }
        Some(())
    }

    /// Puts a key at the free place that a probe found. The key back without memory.
    ///
    /// # Errors
    /// The key.
    #[inline]
    pub fn insert_at(&mut self, place: usize, hash: i64, key: Value) -> Result<(), Value> {
        let grows = self.grows();
        match self.places.get_mut(place) {
            Some(empty) if !grows && empty.is_empty() => {
                *empty = Place { hash, key };
                self.fill += 1;
                self.used += 1;
                self.changed();
                Ok(())
            }
            _ => self.insert_growing(place, hash, key),
        }
    }

    /// Whether one more key makes the table too full.
    fn grows(&self) -> bool {
        (self.fill as usize + 1) * 5 >= self.mask() * 3
    }

    fn insert_growing(&mut self, place: usize, hash: i64, key: Value) -> Result<(), Value> {
        if let Some(removed) = self.places.get_mut(place).filter(|place| !place.is_empty()) {
            debug_assert!(removed.key.is_null(), "the probe gave a free place");
            *removed = Place { hash, key };
            self.used += 1;
            self.changed();
            return Ok(());
        }
        // Growing comes after, as in CPython; so that it cannot fail half-way, room for it is had first.
        let grows = self.grows();
        if self.materialise().is_none() {
            return Err(key);
        }
        let room = if grows {
            match empty_places(places_for(self.growth(self.len() + 1))) {
                Some(places) => Some(places),
                None => return Err(key),
            }
        } else {
            None
        };
        self.places[place] = Place { hash, key };
        self.fill += 1;
        self.used += 1;
        self.changed();
        if let Some(places) = room {
            self.move_to(places);
        }
        Ok(())
    }

    fn growth(&self, used: usize) -> usize {
        if used > 50_000 { used.saturating_mul(2) } else { used.saturating_mul(4) }
    }

    fn move_to(&mut self, places: Box<[Place]>) {
        let old = std::mem::replace(&mut self.places, places);
        self.fill = self.used;
        self.changed();
        for place in old {
            if !place.key.is_null() {
                self.insert_clean(place.hash, place.key);
            }
        }
    }

    /// Puts a key that is known to be new into a table without removed places.
    #[inline]
    fn insert_clean(&mut self, hash: i64, key: Value) {
        let mut cursor = self.start(hash);
        if let Some(place) = self.places.get_mut(cursor.base)
            && place.key.is_null()
        {
            *place = Place { hash, key };
            return;
        }
        while !self.places[cursor.place()].key.is_null() {
            cursor = self.step(cursor);
        }
        self.places[cursor.place()] = Place { hash, key };
    }

    /// Makes room for merging `more` keys, as CPython does before it adds them one by one. None without memory.
    #[must_use]
    pub fn reserve_for_merge(&mut self, more: usize) -> Option<()> {
        if let Some(count) = self.places_to_merge(more)? {
            self.move_to(empty_places(count)?);
        }
        Some(())
    }

    /// How many places the table has to have for `more` keys, if not as many as now. The outer None is for too many.
    #[expect(clippy::option_option, reason = "the outer one is for too many")]
    fn places_to_merge(&self, more: usize) -> Option<Option<usize>> {
        if (self.fill as usize).checked_add(more)?.checked_mul(5)? < self.mask() * 3 {
            return Some(None);
        }
        Some(Some(places_for((self.len() + more).checked_mul(2)?)))
    }

    /// Makes room for all keys of another table and, when this one has none, not even removed ones, copies them: true then.
    /// None without memory: no key was added.
    #[must_use]
    pub fn merge_fresh(&mut self, other: &Self) -> Option<bool> {
        if other.used == 0 {
            return Some(true);
        }
        let count = self.places_to_merge(other.len())?.unwrap_or(self.mask() + 1);
        if self.fill == 0 && other.fill == other.used && other.places.len() == count {
            self.places = copied(&other.places)?;
            self.fill = other.used;
            self.used = other.used;
            self.changed();
            return Some(true);
        }
        self.reserve_for_merge(other.len())?;
        if self.fill != 0 {
            return Some(false);
        }
        self.materialise()?;
        if self.places.len() == other.places.len() && other.fill == other.used {
            for (to, from) in self.places.iter_mut().zip(&other.places) {
                *to = Place { hash: from.hash, key: from.key.clone() };
            }
        } else {
            for (hash, key) in other.iter() {
                self.insert_clean(hash, key.clone());
            }
        }
        self.fill = other.used;
        self.used = other.used;
        self.changed();
        Some(true)
    }

    /// Takes the key at a place out.
    pub fn remove_at(&mut self, place: usize) -> Value {
        let place = &mut self.places[place];
        place.hash = -1;
        let key = std::mem::replace(&mut place.key, Value::NULL);
        self.used -= 1;
        self.changed();
        key
    }

    /// Rebuilds the table when more than a quarter of it is removed places.
    #[must_use]
    pub fn shrink_if_sparse(&mut self) -> Option<()> {
        if (self.fill - self.used) as usize > self.mask() / 4 {
            let places = empty_places(places_for(self.growth(self.len())))?;
            self.move_to(places);
        }
        Some(())
    }

    /// Takes some key out (`set.pop`).
    pub fn pop(&mut self) -> Option<Value> {
        if self.used == 0 {
            return None;
        }
        let mask = self.mask();
        let mut place = self.finger as usize & mask;
        while self.places[place].key.is_null() {
            place = if place == mask { 0 } else { place + 1 };
        }
        // Only where the search begins the next time.
        self.finger = u32::try_from(place + 1).unwrap_or(0);
        Some(self.remove_at(place))
    }
}

/// Places of the table that holds more than `wanted`.
fn places_for(wanted: usize) -> usize {
    let mut places = SMALLEST;
    while places <= wanted && places < usize::MAX / 4 {
        places *= 2;
    }
    places
}

fn empty_places(count: usize) -> Option<Box<[Place]>> {
    u32::try_from(count).ok()?;
    let mut places = Vec::new();
    places.try_reserve_exact(count).ok()?;
    places.extend(std::iter::repeat_with(|| Place::EMPTY).take(count));
    Some(places.into_boxed_slice())
}

/// The same places once more.
fn copied(places: &[Place]) -> Option<Box<[Place]>> {
    let mut copy = Vec::new();
    copy.try_reserve_exact(places.len()).ok()?;
    copy.extend(places.iter().map(|place| Place { hash: place.hash, key: place.key.clone() }));
    Some(copy.into_boxed_slice())
}

impl Traverse for SetTable {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        for (_, key) in self.iter() {
            visitor.visit(key);
        }
    }
}

impl TakeReferences for SetTable {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        let old = self.take_whole();
        dead.extend(
            old.places.into_iter().filter(|place| !place.key.is_null()).map(|place| place.key),
        );
    }
}
