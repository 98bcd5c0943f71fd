//! Identifiers: each distinct name of a source is stored once and travels as a number.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use base::hash::QuickHasher;

/// An interned identifier. Equal numbers of one [`Names`] mean equal text (after NFKC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identifier(pub u32);

/// The table behind [`Identifier`]: it is made by the parser, and the compiler adds its own names to it.
#[derive(Clone, Debug, Default)]
pub struct Names {
    texts: Vec<Box<str>>,
    index: HashMap<Box<str>, Identifier, BuildHasherDefault<QuickHasher>>,
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
