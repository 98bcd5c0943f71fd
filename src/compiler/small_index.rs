//! Where identifiers stand in a list: looked for one by one while there are few, by hash when there are many.

use syntax::names::Identifier;

use crate::names::IdentifierMap;

/// From how many entries on they are found by their hash.
const SCANNED_MAX: usize = 12;

/// The places of the entries of a list, each of which has an identifier that no other has.
#[derive(Clone, Debug, Default)]
pub(crate) struct SmallIndex {
    places: IdentifierMap<u32>,
}

impl SmallIndex {
    /// The place of `name` among the entries.
    #[inline]
    pub(crate) fn find<T>(
        &self,
        entries: &[T],
        name: Identifier,
        name_of: impl Fn(&T) -> Identifier,
    ) -> Option<usize> {
        if entries.len() <= SCANNED_MAX {
            return entries.iter().position(|entry| name_of(entry) == name);
        }
        self.places.get(&name).map(|&place| place as usize)
    }

    /// Notes the last of the entries, which is new.
    #[inline]
    pub(crate) fn note_last<T>(&mut self, entries: &[T], name_of: impl Fn(&T) -> Identifier) {
        if entries.len() > SCANNED_MAX + 1 {
            if let Some(last) = entries.last() {
                self.places.insert(name_of(last), place(entries.len() - 1));
            }
        } else if entries.len() == SCANNED_MAX + 1 {
            self.rebuild(entries, name_of);
        }
    }

    /// Notes every entry anew, after some were removed.
    pub(crate) fn rebuild<T>(&mut self, entries: &[T], name_of: impl Fn(&T) -> Identifier) {
        self.places.clear();
        if entries.len() > SCANNED_MAX {
            self.places.extend(entries.iter().map(name_of).zip(0..));
        }
    }
}

fn place(index: usize) -> u32 {
    u32::try_from(index).expect("fewer than 2^32 names")
}
