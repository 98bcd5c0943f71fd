//! The process-wide state: the GIL, the hash secret, what all interpreters share.

use std::cell::Cell;

use super::gc::GcState;
use super::gil::Gil;
use super::gil_cell::HotCell;
use super::pyref::PyRef;
use crate::types::bytes::PyBytes;
use crate::types::tuple::PyTuple;

/// `_PyRuntimeState` in CPython.
#[derive(Default)]
pub struct RuntimeState {
    /// The lock.
    pub gil: Gil,
    /// The key of str and bytes hashing, fixed before the first string is hashed.
    pub hash_key: Cell<(u64, u64)>,
    /// The collector's switches and figures.
    pub gc: GcState,
    /// The empty tuple, once it was asked for.
    pub empty_tuple: HotCell<Option<PyRef<PyTuple>>>,
    /// The bytes objects of at most one byte that were asked for: there is one of each.
    pub short_bytes: ShortBytes,
    /// How far initialisation came.
    pub phase: Cell<Phase>,
    /// Whether the program ended by a KeyboardInterrupt that nothing caught.
    pub unhandled_interrupt: Cell<bool>,
}

/// The empty bytes object, and those of one byte.
pub struct ShortBytes([HotCell<Option<PyRef<PyBytes>>>; 257]);

impl Default for ShortBytes {
    fn default() -> Self {
        Self(std::array::from_fn(|_| HotCell::default()))
    }
}

impl ShortBytes {
    /// Where the object with this content is kept, if it is short enough.
    #[inline]
    pub(crate) fn place(&self, bytes: &[u8]) -> Option<&HotCell<Option<PyRef<PyBytes>>>> {
        match bytes {
            [] => self.0.last(),
            [byte] => self.0.get(usize::from(*byte)),
            _ => None,
        }
    }
}

/// The steps of initialisation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Nothing yet.
    #[default]
    None,
    /// Configuration read, allocator and hashing ready.
    Preinit,
    /// Builtin types and singletons ready.
    Core,
    /// Import system and `sys` ready.
    Main,
    /// Being taken down.
    Finalizing,
}
