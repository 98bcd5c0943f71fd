//! Building a str piece by piece: the buffer is as wide as what it has seen, and every growth can fail.

use super::PyStr;
use super::storage::{self, Characters, Kind};
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::vm::Vm;

enum Store {
    One(Vec<u8>),
    Two(Vec<u16>),
    Four(Vec<u32>),
}

/// A str in the making.
pub struct Builder<'gil> {
    vm: Vm<'gil>,
    store: Store,
}

impl<'gil> Builder<'gil> {
    /// An empty one.
    #[must_use]
    pub fn new(vm: Vm<'gil>) -> Self {
        Self { vm, store: Store::One(Vec::new()) }
    }

    /// An empty one with room for `length` characters as wide as `kind`.
    ///
    /// # Errors
    /// MemoryError.
    pub fn with_capacity(vm: Vm<'gil>, length: usize, kind: Kind) -> PyResult<Self> {
        let mut store = match kind {
            Kind::Ascii | Kind::Latin1 => Store::One(Vec::new()),
            Kind::Ucs2 => Store::Two(Vec::new()),
            Kind::Ucs4 => Store::Four(Vec::new()),
        };
        let room = match &mut store {
            Store::One(text) => text.try_reserve(length),
            Store::Two(text) => text.try_reserve(length),
            Store::Four(text) => text.try_reserve(length),
        };
        if room.is_err() { Err(vm.memory_error()) } else { Ok(Self { vm, store }) }
    }

    /// How many characters there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.store {
            Store::One(text) => text.len(),
            Store::Two(text) => text.len(),
            Store::Four(text) => text.len(),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Makes the buffer wide enough for `kind` and long enough for `more`.
    fn prepare(&mut self, kind: Kind, more: usize) -> PyResult<()> {
        let (have, width) = match &self.store {
            Store::One(text) => (text.len(), 1),
            Store::Two(text) => (text.len(), 2),
            Store::Four(text) => (text.len(), 4),
        };
        if kind.width() > width {
            let total = have.saturating_add(more);
            let wider = match (&self.store, kind) {
                (Store::One(text), Kind::Ucs2) => {
                    let mut wide = Vec::new();
                    wide.try_reserve(total).ok().map(|()| {
                        wide.extend(text.iter().map(|&c| u16::from(c)));
                        Store::Two(wide)
                    })
                }
                (Store::One(text), _) => widened(text.iter().map(|&c| u32::from(c)), total),
                (Store::Two(text), _) => widened(text.iter().map(|&c| u32::from(c)), total),
                (Store::Four(_), _) => None,
            };
            self.store = wider.ok_or_else(|| self.vm.memory_error())?;
        }
        let room = match &mut self.store {
            Store::One(text) => text.try_reserve(more),
            Store::Two(text) => text.try_reserve(more),
            Store::Four(text) => text.try_reserve(more),
        };
        if room.is_err() { Err(self.vm.memory_error()) } else { Ok(()) }
    }

    /// Appends a code point.
    ///
    /// # Errors
    /// MemoryError.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the buffer is wide enough")]
    pub fn push(&mut self, point: u32) -> PyResult<()> {
        self.prepare(Kind::for_char(point), 1)?;
        match &mut self.store {
            Store::One(text) => text.push(point as u8),
            Store::Two(text) => text.push(point as u16),
            Store::Four(text) => text.push(point),
        }
        Ok(())
    }

    /// Appends a code point `count` times.
    ///
    /// # Errors
    /// MemoryError.
    #[expect(clippy::cast_possible_truncation, reason = "the buffer is wide enough")]
    pub fn push_repeated(&mut self, point: u32, count: usize) -> PyResult<()> {
        self.prepare(Kind::for_char(point), count)?;
        match &mut self.store {
            Store::One(text) => text.resize(text.len() + count, point as u8),
            Store::Two(text) => text.resize(text.len() + count, point as u16),
            Store::Four(text) => text.resize(text.len() + count, point),
        }
        Ok(())
    }

    /// Appends text.
    ///
    /// # Errors
    /// MemoryError.
    pub fn push_text(&mut self, text: &str) -> PyResult<()> {
        if text.is_ascii() {
            return self.push_characters(Characters::One(text.as_bytes()));
        }
        text.chars().try_for_each(|c| self.push(u32::from(c)))
    }

    /// Appends a str.
    ///
    /// # Errors
    /// MemoryError.
    pub fn push_str(&mut self, string: &Py<PyStr>) -> PyResult<()> {
        self.push_characters(storage::characters(string))
    }

    /// Appends characters of any width.
    ///
    /// # Errors
    /// MemoryError.
    #[expect(clippy::cast_possible_truncation, reason = "the buffer is wide enough")]
    pub fn push_characters(&mut self, text: Characters<'_>) -> PyResult<()> {
        match text {
            Characters::One(text) => {
                self.prepare(Kind::Ascii, text.len())?;
                match &mut self.store {
                    Store::One(to) => to.extend_from_slice(text),
                    Store::Two(to) => to.extend(text.iter().map(|&c| u16::from(c))),
                    Store::Four(to) => to.extend(text.iter().map(|&c| u32::from(c))),
                }
            }
            Characters::Two(text) => {
                let widest = text.iter().fold(0, |all, &c| all | c);
                self.prepare(Kind::for_char(u32::from(widest)), text.len())?;
                match &mut self.store {
                    Store::One(to) => to.extend(text.iter().map(|&c| c as u8)),
                    Store::Two(to) => to.extend_from_slice(text),
                    Store::Four(to) => to.extend(text.iter().map(|&c| u32::from(c))),
                }
            }
            Characters::Four(text) => {
                let widest = text.iter().fold(0, |all, &c| all | c);
                self.prepare(Kind::for_char(widest), text.len())?;
                match &mut self.store {
                    Store::One(to) => to.extend(text.iter().map(|&c| c as u8)),
                    Store::Two(to) => to.extend(text.iter().map(|&c| c as u16)),
                    Store::Four(to) => to.extend_from_slice(text),
                }
            }
        }
        Ok(())
    }

    /// The characters so far.
    #[must_use]
    pub fn characters(&self) -> Characters<'_> {
        match &self.store {
            Store::One(text) => Characters::One(text),
            Store::Two(text) => Characters::Two(text),
            Store::Four(text) => Characters::Four(text),
        }
    }

    /// Removes the characters beyond the first `length`.
    pub fn truncate(&mut self, length: usize) {
        match &mut self.store {
            Store::One(text) => text.truncate(length),
            Store::Two(text) => text.truncate(length),
            Store::Four(text) => text.truncate(length),
        }
    }

    /// The finished str.
    ///
    /// # Errors
    /// MemoryError.
    pub fn finish(self) -> PyResult<PyRef<PyStr>> {
        storage::make(self.vm, self.characters())
    }
}

fn widened(text: impl Iterator<Item = u32>, total: usize) -> Option<Store> {
    let mut wide = Vec::new();
    wide.try_reserve(total).ok()?;
    wide.extend(text);
    Some(Store::Four(wide))
}
