//! The ordered hash table behind dict: compact indices over entries in order of insertion.
//!
//! ```text
//! indices: 2^n places of 1, 2 or 4 bytes, each empty, a tombstone, or the number of an entry
//! entries: (hash, key, value) in order of insertion; a removed entry's key is NULL
//! ```
//!
//! The smallest table has no indices: its few entries are looked through one by one.
//!
//! The table compares by hash and identity, and texts of exact str by their characters; it never runs Python code. What
//! else has to be compared it hands to its caller as a [`Candidate`], who asks `__eq__` with no borrow held and comes back.
//!
//! **Invariant:** `version` is another number after every change of the set of keys or of their places; a value may change
//! under the same version. `changes` counts every change that can move an entry.

use crate::core::gc::{TakeReferences, Traverse, Visitor};
use crate::core::object::Py;
use crate::core::value::Value;
use crate::protocol::compare::known_equal;
use crate::types::str::{PyStr, STR};

/// One entry. A removed one has the empty slot as its key.
#[derive(Debug)]
pub struct Entry {
    /// The hash of the key.
    pub hash: i64,
    /// The key.
    pub key: Value,
    /// The value.
    pub value: Value,
}

impl Entry {
    #[inline]
    fn to_copy(&self) -> Self {
        Self { hash: self.hash, key: self.key.clone(), value: self.value.clone() }
    }
}

/// Where a key is, as far as no code has to run to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// The key is at this position.
    At(usize),
    /// The key is not there.
    Nowhere,
    /// That takes a comparison or a hash that runs code.
    Unknown,
}

/// What a probe found.
#[derive(Debug)]
pub enum Probe {
    /// The entry of the key.
    Found(usize),
    /// The key is not there.
    Absent,
    /// An entry with the same hash, whose key has to be asked by `__eq__`; `next` continues behind it.
    Candidate {
        /// The entry.
        entry: usize,
        /// Where the probe goes on.
        next: Cursor,
    },
}

/// Where a probe stands.
#[derive(Clone, Copy, Debug)]
pub struct Cursor {
    place: usize,
    perturb: u64,
}

impl Cursor {
    /// The first place of a hash, in a table of any size: the low bits count.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the hash's low bits choose the place"
    )]
    const fn of_hash(hash: i64) -> Self {
        Self { place: hash as usize, perturb: hash as u64 }
    }

    /// The place after this one.
    #[inline]
    const fn next(self) -> Self {
        let perturb = self.perturb >> 5;
        let place = self.place.wrapping_mul(5).wrapping_add(perturb as usize).wrapping_add(1);
        Self { place, perturb }
    }

    /// The same in a table of as many places as the mask says.
    #[inline]
    const fn within(self, mask: usize) -> Self {
        Self { place: self.place & mask, ..self }
    }
}

#[derive(Debug)]
enum Indices {
    None,
    /// As many places as the smallest table would have, none of them in memory.
    Small,
    Narrow(Box<[u8]>),
    Middle(Box<[u16]>),
    Wide(Box<[u32]>),
}

/// The content of a place: what wide ones read as [`EMPTY`] and [`TOMBSTONE`] are the two greatest numbers of each width.
trait Width: Copy + PartialEq {
    const EMPTY: Self;
    fn number(self) -> usize;
}

macro_rules! widths {
    ($($width:ty)*) => {
        $(impl Width for $width {
            const EMPTY: Self = Self::MAX;
            #[inline]
            fn number(self) -> usize {
                self as usize
            }
        })*
    };
}

widths! { u8 u16 u32 }

const EMPTY: u32 = u32::MAX;
const TOMBSTONE: u32 = u32::MAX - 1;
/// Places of the smallest table.
const SMALLEST: usize = 8;

impl Indices {
    fn try_new(places: usize) -> Option<Self> {
        fn filled<T: Copy>(places: usize, empty: T) -> Option<Box<[T]>> {
            let mut vec = Vec::new();
            vec.try_reserve_exact(places).ok()?;
            vec.resize(places, empty);
            Some(vec.into_boxed_slice())
        }
        Some(if places <= SMALLEST {
            Self::Small
        } else if places <= 0x80 {
            Self::Narrow(filled(places, u8::MAX)?)
        } else if places <= 0x8000 {
            Self::Middle(filled(places, u16::MAX)?)
        } else {
            Self::Wide(filled(places, u32::MAX)?)
        })
    }

    fn try_clone(&self) -> Option<Self> {
        fn copied<T: Copy>(places: &[T]) -> Option<Box<[T]>> {
            let mut vec = Vec::new();
            vec.try_reserve_exact(places.len()).ok()?;
            vec.extend_from_slice(places);
            Some(vec.into_boxed_slice())
        }
        Some(match self {
            Self::None => Self::None,
            Self::Small => Self::Small,
            Self::Narrow(places) => Self::Narrow(copied(places)?),
            Self::Middle(places) => Self::Middle(copied(places)?),
            Self::Wide(places) => Self::Wide(copied(places)?),
        })
    }

    #[inline]
    fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::Small => SMALLEST,
            Self::Narrow(places) => places.len(),
            Self::Middle(places) => places.len(),
            Self::Wide(places) => places.len(),
        }
    }

    /// The content of a place; narrow empties and tombstones read as wide ones.
    #[inline]
    fn get(&self, place: usize) -> u32 {
        match self {
            Self::None | Self::Small => EMPTY,
            Self::Narrow(places) => match places[place] {
                u8::MAX => EMPTY,
                0xfe => TOMBSTONE,
                entry => u32::from(entry),
            },
            Self::Middle(places) => match places[place] {
                u16::MAX => EMPTY,
                0xfffe => TOMBSTONE,
                entry => u32::from(entry),
            },
            Self::Wide(places) => places[place],
        }
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "entries of a table fit its width")]
    fn set(&mut self, place: usize, content: u32) {
        match self {
            Self::None | Self::Small => {}
            Self::Narrow(places) => places[place] = content as u8,
            Self::Middle(places) => places[place] = content as u16,
            Self::Wide(places) => places[place] = content,
        }
    }
}

/// The table.
#[derive(Debug)]
pub struct Table {
    indices: Indices,
    entries: Vec<Entry>,
    live: usize,
    /// No live entry lies before this position.
    head: usize,
    /// Places that are not empty, tombstones included: a probe ends because some always are.
    filled: usize,
    version: u32,
    changes: u32,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            indices: Indices::None,
            entries: Vec::new(),
            live: 0,
            head: 0,
            filled: 0,
            version: 0,
            changes: 0,
        }
    }
}

#[inline]
fn exact_str(value: &Value) -> Option<&Py<PyStr>> {
    let object = value.as_object()?;
    if std::ptr::eq(object.class_ptr(), STR.get()) { object.downcast::<PyStr>() } else { None }
}

/// Entries that a table of so many places holds before it grows: two thirds.
const fn usable(places: usize) -> usize {
    places * 2 / 3
}

impl Table {
    /// The entries, as a table of their own; this one is empty and changed.
    pub(crate) fn take_whole(&mut self) -> Self {
        let old = std::mem::take(self);
        self.changes = old.changes.wrapping_add(1);
        old
    }

    /// How many keys there are.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Entries, removed ones included: positions run up to here.
    #[inline]
    #[must_use]
    pub fn entry_count(&self) -> usize {
        self.entries.len()
    }

    /// The entry at a position; None for a removed one or beyond the end.
    #[inline]
    #[must_use]
    pub fn entry(&self, position: usize) -> Option<&Entry> {
        self.entries.get(position).filter(|entry| !entry.key.is_null())
    }

    /// The bits of the value at a position that is live, still owned by the table; those of the empty slot beyond the end.
    #[inline]
    #[must_use]
    pub fn value_bits(&self, position: usize) -> u64 {
        self.entries.get(position).map_or(Value::NULL.bits(), |entry| entry.value.bits())
    }

    /// The live entries in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter().filter(|entry| !entry.key.is_null())
    }

    /// The version of the set of keys; never 0 for a table that was asked before.
    #[inline]
    #[must_use]
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Counts the changes that can move an entry.
    #[inline]
    #[must_use]
    pub fn changes(&self) -> u32 {
        self.changes
    }

    fn changed(&mut self) {
        self.version = 0;
        self.changes = self.changes.wrapping_add(1);
    }

    /// Gives the set of keys a version if it has none.
    pub fn set_version(&mut self, version: u32) {
        self.version = version;
    }

    /// Bytes that the table occupies beside its object.
    #[must_use]
    pub fn byte_size(&self) -> usize {
        let width = match &self.indices {
            Indices::None => 0,
            Indices::Small | Indices::Narrow(_) => 1,
            Indices::Middle(_) => 2,
            Indices::Wide(_) => 4,
        };
        if matches!(self.indices, Indices::None) {
            return 0;
        }
        // As CPython counts: the header of the keys, the indices, and entries that leave the hash out when all keys are str.
        let entry = if self.has_only_str_keys() { 16 } else { 24 };
        32 + self.indices.len() * width + usable(self.indices.len()) * entry
    }

    #[inline]
    fn start(&self, hash: i64) -> Cursor {
        if matches!(self.indices, Indices::Small) {
            return Cursor { place: 0, perturb: 0 };
        }
        Cursor::of_hash(hash).within(self.mask())
    }

    #[inline]
    fn step(&self, cursor: Cursor) -> Cursor {
        cursor.next().within(self.mask())
    }

    #[inline]
    fn mask(&self) -> usize {
        self.indices.len().wrapping_sub(1)
    }

    /// Looks for a key, as far as that runs no code: what most searches need.
    #[must_use]
    pub fn find_known(&self, key: &Value, hash: i64) -> Found {
        match &self.indices {
            Indices::None => Found::Nowhere,
            Indices::Small => self.find_in_order(key, hash),
            Indices::Narrow(places) => self.find_by(places, key, hash),
            Indices::Middle(places) => self.find_by(places, key, hash),
            Indices::Wide(places) => self.find_by(places, key, hash),
        }
    }

    #[inline]
    fn find_by<W: Width>(&self, places: &[W], key: &Value, hash: i64) -> Found {
        let mask = places.len().wrapping_sub(1);
        let mut cursor = Cursor::of_hash(hash);
        loop {
            let Some(content) = places.get(cursor.place & mask) else { return Found::Nowhere };
            // Neither an empty place nor a tombstone is the number of an entry.
            let position = content.number();
            match self.entries.get(position) {
                Some(entry) if entry.hash == hash => match known_equal(key, &entry.key) {
                    Some(true) => return Found::At(position),
                    Some(false) => {}
                    None => return Found::Unknown,
                },
                None if *content == W::EMPTY => return Found::Nowhere,
                _ => {}
            }
            cursor = cursor.next();
        }
    }

    fn find_in_order(&self, key: &Value, hash: i64) -> Found {
        for (position, entry) in self.entries.iter().enumerate() {
            if entry.hash == hash && !entry.key.is_null() {
                match known_equal(key, &entry.key) {
                    Some(true) => return Found::At(position),
                    Some(false) => {}
                    None => return Found::Unknown,
                }
            }
        }
        Found::Nowhere
    }

    /// Looks for a key.
    #[inline]
    #[must_use]
    pub fn probe(&self, key: &Value, hash: i64) -> Probe {
        if self.live == 0 {
            return Probe::Absent;
        }
        self.probe_from(key, hash, self.start(hash))
    }

    /// Looks on from behind a candidate that was not equal.
    #[must_use]
    pub fn probe_from(&self, key: &Value, hash: i64, cursor: Cursor) -> Probe {
        if matches!(self.indices, Indices::Small) {
            return self.probe_small(key, hash, cursor.place);
        }
        let mut cursor = cursor;
        loop {
            let content = self.indices.get(cursor.place);
            if content == EMPTY {
                return Probe::Absent;
            }
            if content != TOMBSTONE {
                let entry = &self.entries[content as usize];
                if entry.hash == hash {
                    match known_equal(key, &entry.key) {
                        Some(true) => return Probe::Found(content as usize),
                        Some(false) => {}
                        None => {
                            let next = self.step(cursor);
                            return Probe::Candidate { entry: content as usize, next };
                        }
                    }
                }
            }
            cursor = self.step(cursor);
        }
    }

    /// Looks through the entries of a table without indices, from a position on.
    #[inline]
    fn probe_small(&self, key: &Value, hash: i64, from: usize) -> Probe {
        for (position, entry) in self.entries.iter().enumerate().skip(from) {
            if entry.hash != hash || entry.key.is_null() {
                continue;
            }
            match known_equal(key, &entry.key) {
                Some(true) => return Probe::Found(position),
                Some(false) => {}
                None => {
                    let next = Cursor { place: position + 1, perturb: 0 };
                    return Probe::Candidate { entry: position, next };
                }
            }
        }
        Probe::Absent
    }

    /// The entry of a str key, by its characters. A key of another type that equals a str only by its `__eq__` is not
    /// found this way; [`has_only_str_keys`](Self::has_only_str_keys) says whether there can be one.
    #[inline]
    #[must_use]
    pub fn find_str(&self, key: &Py<PyStr>, hash: i64) -> Option<usize> {
        if self.live == 0 {
            return None;
        }
        if matches!(self.indices, Indices::Small) {
            return self.entries.iter().position(|entry| {
                key.is_value(&entry.key)
                    || (entry.hash == hash
                        && exact_str(&entry.key).is_some_and(|other| other.same_text(key)))
            });
        }
        let mut cursor = self.start(hash);
        loop {
            let content = self.indices.get(cursor.place);
            if content == EMPTY {
                return None;
            }
            if content != TOMBSTONE {
                let entry = &self.entries[content as usize];
                if key.is_value(&entry.key)
                    || (entry.hash == hash
                        && exact_str(&entry.key).is_some_and(|other| other.same_text(key)))
                {
                    return Some(content as usize);
                }
            }
            cursor = self.step(cursor);
        }
    }

    /// Whether every key is an exact str.
    #[must_use]
    pub fn has_only_str_keys(&self) -> bool {
        self.iter().all(|entry| exact_str(&entry.key).is_some())
    }

    /// Makes room for `more` entries. None without memory: nothing changed.
    #[must_use]
    pub fn try_reserve(&mut self, more: usize) -> Option<()> {
        let wanted = self.live.checked_add(more)?;
        let taken = self.entries.len().max(self.filled);
        let fits_places = taken.checked_add(more)? <= usable(self.indices.len());
        if fits_places && self.entries.capacity() - self.entries.len() >= more {
            return Some(());
        }
        if fits_places {
            let room = usable(self.indices.len()) - self.entries.len();
            self.entries.try_reserve_exact(room).ok()?;
            return Some(());
        }
        // A table that is made for a known few entries gets no more room than they need.
        let exact = self.entries.is_empty() && more > 1 && wanted <= usable(SMALLEST);
        if exact && matches!(self.indices, Indices::None) {
            self.entries.try_reserve_exact(more).ok()?;
            self.indices = Indices::Small;
            self.filled = 0;
            return Some(());
        }
        let mut places = SMALLEST;
        // Growing by what is used threefold, as CPython does: tombstones vanish on the way.
        let target = wanted.max(self.live.checked_mul(3)?.min(wanted.checked_mul(2)?));
        while usable(places) < target {
            places = places.checked_mul(2)?;
        }
        if u32::try_from(places).is_err() || places as u64 > u64::from(TOMBSTONE) {
            return None;
        }
        self.rebuild(places)
    }

    #[expect(clippy::cast_possible_truncation, reason = "entries are fewer than the places")]
    fn rebuild(&mut self, places: usize) -> Option<()> {
        let indices = Indices::try_new(places)?;
        let room = usable(places).saturating_sub(self.entries.len());
        self.entries.try_reserve_exact(room).ok()?;
        if self.live != self.entries.len() {
            self.entries.retain(|entry| !entry.key.is_null());
            self.head = 0;
            self.changed();
        }
        self.indices = indices;
        self.filled = self.live;
        if matches!(self.indices, Indices::Small) {
            return Some(());
        }
        for number in 0..self.entries.len() {
            let mut cursor = self.start(self.entries[number].hash);
            while self.indices.get(cursor.place) != EMPTY {
                cursor = self.step(cursor);
            }
            self.indices.set(cursor.place, number as u32);
        }
        Some(())
    }

    /// Appends a key that is not there; `try_reserve` has made room.
    #[expect(clippy::cast_possible_truncation, reason = "entries are fewer than the places")]
    pub fn push(&mut self, hash: i64, key: Value, value: Value) {
        debug_assert!(self.entries.len() < usable(self.indices.len()), "room was made before");
        if !matches!(self.indices, Indices::Small) {
            let mut cursor = self.start(hash);
            while self.indices.get(cursor.place) < TOMBSTONE {
                cursor = self.step(cursor);
            }
            if self.indices.get(cursor.place) == EMPTY {
                self.filled += 1;
            }
            self.indices.set(cursor.place, self.entries.len() as u32);
        }
        self.entries.push(Entry { hash, key, value });
        self.live += 1;
        self.changed();
    }

    /// The value at a position, replaced; the old one is the caller's to drop.
    pub fn replace_value(&mut self, position: usize, value: Value) -> Value {
        std::mem::replace(&mut self.entries[position].value, value)
    }

    /// Takes the entry at a position out: key and value are the caller's to drop.
    pub fn remove_at(&mut self, position: usize) -> (Value, Value) {
        if !matches!(self.indices, Indices::Small) {
            let mut cursor = self.start(self.entries[position].hash);
            while self.indices.get(cursor.place) as usize != position {
                cursor = self.step(cursor);
            }
            self.indices.set(cursor.place, TOMBSTONE);
        }
        let entry = &mut self.entries[position];
        let key = std::mem::replace(&mut entry.key, Value::NULL);
        let value = std::mem::replace(&mut entry.value, Value::NULL);
        self.live -= 1;
        self.changed();
        if position == self.head {
            let rest = self.entries.get(position..).unwrap_or_default();
            let dead = rest.iter().take_while(|entry| entry.key.is_null()).count();
            self.head = position + dead;
        }
        // The place stays taken, also of the last entry: an iterator must see that a new one comes behind it.
        (key, value)
    }

    /// A position before which no live entry lies.
    #[inline]
    #[must_use]
    pub fn head(&self) -> usize {
        self.head
    }

    /// How many places the table has.
    #[must_use]
    pub fn place_count(&self) -> usize {
        self.indices.len()
    }

    /// Moves the entry at a position behind all others; `try_reserve` has made room.
    pub fn move_to_back(&mut self, position: usize) {
        let Some(hash) = self.entry(position).map(|entry| entry.hash) else { return };
        if self.live == 1 {
            return;
        }
        let (key, value) = self.remove_at(position);
        self.push(hash, key, value);
    }

    /// Moves the entry at a position to the front: all entries get new places. None without memory.
    #[must_use]
    pub fn move_to_front(&mut self, position: usize) -> Option<()> {
        let mut order = Self::default();
        order.try_reserve(self.live)?;
        let first = self.entries.get(position).filter(|entry| !entry.key.is_null())?;
        order.push(first.hash, first.key.clone(), first.value.clone());
        let changes = self.changes;
        let old = std::mem::take(&mut self.entries);
        for (at, entry) in old.into_iter().enumerate() {
            // The moved entry's own references end here, but never as the last ones.
            if at != position && !entry.key.is_null() {
                order.push(entry.hash, entry.key, entry.value);
            }
        }
        *self = order;
        self.changes = changes.wrapping_add(1);
        Some(())
    }

    /// Position of the last live entry.
    #[must_use]
    pub fn last_position(&self) -> Option<usize> {
        self.entries.iter().rposition(|entry| !entry.key.is_null())
    }

    /// Drops removed entries from the end, so that taking the last one again and again stays cheap.
    pub fn trim_end(&mut self) {
        while self.entries.last().is_some_and(|entry| entry.key.is_null()) {
            self.entries.pop();
        }
    }

    /// Puts another table in place of this one; the old one is the caller's to drop.
    pub fn replace_with(&mut self, mut new: Self) -> Self {
        new.changes = self.changes.wrapping_add(1);
        std::mem::replace(self, new)
    }

    /// A copy with the same order, without removed entries. None without memory.
    #[must_use]
    pub fn try_copy(&self) -> Option<Self> {
        let mut copy = Self::default();
        if self.live == 0 {
            return Some(copy);
        }
        let is_small = matches!(self.indices, Indices::Small);
        if self.live == self.entries.len() && (is_small || self.live == self.filled) {
            // Nothing was removed: each key has its place already.
            copy.indices = self.indices.try_clone()?;
            let room = if is_small { self.live } else { usable(self.indices.len()) };
            copy.entries.try_reserve_exact(room).ok()?;
            copy.entries.extend(self.entries.iter().map(Entry::to_copy));
            (copy.live, copy.filled) = (self.live, self.filled);
            copy.changed();
            return Some(copy);
        }
        copy.try_reserve(self.live)?;
        for entry in self.iter() {
            copy.push(entry.hash, entry.key.clone(), entry.value.clone());
        }
        Some(copy)
    }
}

impl Traverse for Table {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        for entry in self.iter() {
            visitor.visit(&entry.key);
            visitor.visit(&entry.value);
        }
    }
}

impl TakeReferences for Table {
    fn take_references(&mut self, dead: &mut Vec<Value>) {
        for entry in self.take_whole().entries {
            if !entry.key.is_null() {
                dead.push(entry.key);
                dead.push(entry.value);
            }
        }
    }
}
