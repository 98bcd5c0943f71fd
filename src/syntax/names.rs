//! Identifiers: each distinct name of a source is stored once and travels as a number.

use std::hash::Hasher;

use base::hash::QuickHasher;

/// An interned identifier. Equal numbers of one [`Names`] mean equal text (after NFKC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identifier(pub u32);

/// The table behind [`Identifier`]: it is made by the parser, and the compiler adds its own names to it.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// The texts one behind the other.
    text: String,
    /// Where each ends.
    ends: Vec<u32>,
    /// An open hash table: the numbers of the names, each one more, and their hashes. Its size is a power of two.
    slots: Vec<(u32, u32)>,
}

/// How many slots a table has at first.
const SLOTS_MIN: usize = 64;

/// The upper bits of the hash, which are mixed best.
fn hash_of(text: &str) -> u32 {
    let mut hasher = QuickHasher::default();
    hasher.write(text.as_bytes());
    u32::try_from(hasher.finish() >> 32).unwrap_or_default()
}

impl Names {
    /// The number of `text`, giving it one if it has none yet.
    pub fn intern(&mut self, text: &str) -> Identifier {
        // A third of the slots stays free.
        if self.ends.len() * 3 >= self.slots.len() * 2 {
            self.grow();
        }
        let hash = hash_of(text);
        let slot = match self.search(text, hash) {
            Ok(known) => return known,
            Err(slot) => slot,
        };
        let number = self.count();
        self.text.push_str(text);
        self.ends.push(u32::try_from(self.text.len()).expect("sources are limited to 4 GiB"));
        self.slots[slot] = (number + 1, hash);
        Identifier(number)
    }

    /// The name of that text, or the slot where it belongs. Only where there are slots.
    fn search(&self, text: &str, hash: u32) -> Result<Identifier, usize> {
        let mask = self.slots.len() - 1;
        let mut slot = hash as usize & mask;
        loop {
            let (number, other) = self.slots[slot];
            let Some(number) = number.checked_sub(1) else { return Err(slot) };
            if other == hash && self.text(Identifier(number)) == text {
                return Ok(Identifier(number));
            }
            slot = (slot + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(SLOTS_MIN);
        let old = std::mem::replace(&mut self.slots, vec![(0, 0); size]);
        for (number, hash) in old.into_iter().filter(|slot| slot.0 != 0) {
            let mut slot = hash as usize & (size - 1);
            while self.slots[slot].0 != 0 {
                slot = (slot + 1) & (size - 1);
            }
            self.slots[slot] = (number, hash);
        }
    }

    /// The text of `identifier`.
    #[must_use]
    pub fn text(&self, identifier: Identifier) -> &str {
        let index = identifier.0 as usize;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.text.get(start as usize..self.ends[index] as usize).unwrap_or_default()
    }

    /// The number of `text`, if it has one.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<Identifier> {
        if self.slots.is_empty() {
            return None;
        }
        self.search(text, hash_of(text)).ok()
    }

    /// How many names there are.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::try_from(self.ends.len()).expect("a source has fewer than 2^32 names")
    }
}
