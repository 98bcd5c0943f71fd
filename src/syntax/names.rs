//! Identifiers: each distinct name of a source is stored once and travels as a number.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// An interned identifier. Equal numbers of one [`Names`] mean equal text (after NFKC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identifier(pub u32);

/// The table behind [`Identifier`]: it is made by the parser, and the compiler adds its own names to it.
#[derive(Clone, Debug, Default)]
pub struct Names {
    texts: Vec<Box<str>>,
    index: HashMap<Box<str>, Identifier, BuildHasherDefault<NameHasher>>,
}

impl Names {
    /// The number of `text`, giving it one if it has none yet.
    pub fn intern(&mut self, text: &str) -> Identifier {
        if let Some(&known) = self.index.get(text) {
            return known;
        }
        let number = u32::try_from(self.texts.len()).expect("a source has fewer than 2^32 names");
        let identifier = Identifier(number);
        self.texts.push(text.into());
        self.index.insert(text.into(), identifier);
        identifier
    }

    /// The text of `identifier`.
    #[must_use]
    pub fn text(&self, identifier: Identifier) -> &str {
        &self.texts[identifier.0 as usize]
    }

    /// The number of `text`, if it has one.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<Identifier> {
        self.index.get(text).copied()
    }

    /// How many names there are.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::try_from(self.texts.len()).expect("a source has fewer than 2^32 names")
    }
}

/// A quick hash for short texts: names are many, and a source can harm only its own parse with collisions.
#[derive(Clone, Copy, Debug, Default)]
struct NameHasher(u64);

impl NameHasher {
    fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }
}

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.mix(u64::from_le_bytes(*word)));
        let mut last = [0; 8];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        self.mix(u64::from_le_bytes(last));
    }

    fn write_u8(&mut self, byte: u8) {
        self.mix(u64::from(byte));
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 29)
    }
}
