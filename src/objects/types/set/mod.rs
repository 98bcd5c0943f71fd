//! `set` and `frozenset`: one core, two payloads.

mod iter;
mod methods;
mod operations;
pub mod table;

use std::cell::Cell;

use crate::core::errors::PyResult;
use crate::core::gc::{Traverse, Visitor};
use crate::core::gil_cell::HotCell;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::type_object::{PyType, StaticType};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::payload;
use crate::protocol::compare::known_hash;
use crate::types::dict::unhashable;
use crate::types::str::PyStr;

pub use iter::{PySetIterator, SET_ITERATOR, SET_ITERATOR_SPEC, Step};
pub use methods::{FROZENSET_SPEC, SET_SPEC};
pub(crate) use operations::each_hashed;
pub use operations::{symmetric_update, update};
use table::{Probe, SetTable};

/// What set and frozenset have in common: the table, and the hash of a frozenset.
pub struct SetCore {
    table: HotCell<SetTable>,
    /// The hash, -1 while it is not known.
    hash: Cell<i64>,
}

impl Default for SetCore {
    fn default() -> Self {
        Self { table: HotCell::default(), hash: Cell::new(-1) }
    }
}

impl Traverse for SetCore {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.table.traverse(visitor);
    }
    fn clear(&self, dead: &mut Vec<Value>) {
        Traverse::clear(&self.table, dead);
    }
}

payload! {
    /// The payload of a set.
    pub struct PySet: SET, gc {
        core: SetCore,
    }
}

payload! {
    /// The payload of a frozenset.
    pub struct PyFrozenSet: FROZENSET, gc {
        core: SetCore,
    }
}

/// `set`
pub static SET: StaticType = StaticType::new::<PySet>();
/// `frozenset`
pub static FROZENSET: StaticType = StaticType::new::<PyFrozenSet>();

impl PySet {
    /// An empty set.
    #[must_use]
    pub fn new_ref(vm: Vm<'_>) -> PyRef<Self> {
        PyRef::new(vm, Self { core: SetCore::default() })
    }

    /// As [`new_ref`](Self::new_ref).
    ///
    /// # Errors
    /// MemoryError.
    pub fn try_new_ref(vm: Vm<'_>) -> PyResult<PyRef<Self>> {
        PyRef::try_new(vm, Self { core: SetCore::default() })
    }

    /// `set(iterable)`
    ///
    /// # Errors
    /// What iterating or hashing raises.
    pub fn from_iterable(vm: Vm<'_>, iterable: &Value) -> PyResult<PyRef<Self>> {
        let new = Self::new_ref(vm);
        operations::update_core(vm, &new.core, iterable)?;
        Ok(new)
    }
}

impl Py<PyFrozenSet> {
    /// The part that set and frozenset share.
    #[inline]
    #[must_use]
    pub fn core(&self) -> &SetCore {
        &self.core
    }
}

impl Py<PySet> {
    /// The part that set and frozenset share.
    #[inline]
    #[must_use]
    pub fn core(&self) -> &SetCore {
        &self.core
    }

    /// Adds an element; true when it is new.
    ///
    /// # Errors
    /// What hashing or comparing raises; MemoryError.
    pub fn add(&self, vm: Vm<'_>, key: &Value) -> PyResult<bool> {
        self.core.add(vm, key)
    }

    /// Removes an element; true when it was there.
    ///
    /// # Errors
    /// What hashing or comparing raises.
    pub fn discard(&self, vm: Vm<'_>, key: &Value) -> PyResult<bool> {
        self.core.discard(vm, key)
    }

    /// Whether the element is there.
    ///
    /// # Errors
    /// What hashing or comparing raises.
    pub fn contains(&self, vm: Vm<'_>, key: &Value) -> PyResult<bool> {
        self.core.contains(vm, key)
    }

    /// How many elements there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.core.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.core.len() == 0
    }
}

/// The hash of an element; one that has none is named in set's own words.
///
/// # Errors
/// TypeError, or what `__hash__` raises.
#[inline]
pub(crate) fn element_hash(vm: Vm<'_>, key: &Value) -> PyResult<i64> {
    if let Some(text) = key.downcast_exact::<PyStr>() {
        return Ok(text.text_hash(vm).cast_signed());
    }
    if let Some(small) = key.as_small_int() {
        return Ok(base::hash::int(small));
    }
    vm.hash(key).map_err(|raised| unhashable(vm, key, raised, "a set element"))
}

impl SetCore {
    /// Whether a key is there, as far as that runs no code and computes no hash of a text.
    #[inline]
    #[must_use]
    pub fn quick_contains(&self, key: &Value) -> Option<bool> {
        let hash = known_hash(key)?;
        self.table.with(|table| table.quick_contains(key, hash))
    }

    /// How many elements there are.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.with(SetTable::len)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Looks for a key: its place, or the one where it goes.
    #[inline]
    fn find(&self, vm: Vm<'_>, key: &Value, hash: i64) -> PyResult<Result<usize, usize>> {
        match self.table.with(|table| table.probe(key, hash)) {
            Probe::Found(place) => Ok(Ok(place)),
            Probe::Absent(place) => Ok(Err(place)),
            first @ Probe::Candidate(_) => self.find_slow(vm, key, hash, first),
        }
    }

    /// The same from `first` on; `__eq__` runs with no borrow held, and a change of the set starts the search again.
    #[cold]
    fn find_slow(
        &self,
        vm: Vm<'_>,
        key: &Value,
        hash: i64,
        first: Probe,
    ) -> PyResult<Result<usize, usize>> {
        let mut probe = first;
        loop {
            let cursor = match probe {
                Probe::Found(place) => return Ok(Ok(place)),
                Probe::Absent(place) => return Ok(Err(place)),
                Probe::Candidate(cursor) => cursor,
            };
            let (other, changes) = self.table.with(|table| {
                (table.key_at(cursor.place()).map(|(_, key)| key.clone()), table.changes())
            });
            let Some(other) = other else {
                probe = self.table.with(|table| table.probe(key, hash));
                continue;
            };
            let equal = vm.equal(&other, key)?;
            probe = if self.table.with(SetTable::changes) != changes {
                vm.poll()?;
                self.table.with(|table| table.probe(key, hash))
            } else if equal {
                return Ok(Ok(cursor.place()));
            } else {
                self.table.with(|table| table.probe_behind(key, hash, cursor))
            };
        }
    }

    pub(crate) fn add_hashed(&self, vm: Vm<'_>, key: &Value, hash: i64) -> PyResult<bool> {
        let Err(place) = self.find(vm, key, hash)? else { return Ok(false) };
        let refused = self.table.with_mut(|table| table.insert_at(place, hash, key.clone()));
        match refused {
            Ok(()) => Ok(true),
            Err(key) => {
                drop(key);
                Err(vm.memory_error())
            }
        }
    }

    pub(crate) fn discard_hashed(&self, vm: Vm<'_>, key: &Value, hash: i64) -> PyResult<bool> {
        let Ok(place) = self.find(vm, key, hash)? else { return Ok(false) };
        let dead = self.table.with_mut(|table| table.remove_at(place));
        drop(dead);
        Ok(true)
    }

    pub(crate) fn contains_hashed(&self, vm: Vm<'_>, key: &Value, hash: i64) -> PyResult<bool> {
        Ok(self.find(vm, key, hash)?.is_ok())
    }

    /// Adds an element; true when it is new.
    ///
    /// # Errors
    /// What hashing or comparing raises; MemoryError.
    pub fn add(&self, vm: Vm<'_>, key: &Value) -> PyResult<bool> {
        let hash = element_hash(vm, key)?;
        self.add_hashed(vm, key, hash)
    }

    /// Removes an element; true when it was there.
    ///
    /// # Errors
    /// What hashing or comparing raises.
    pub fn discard(&self, vm: Vm<'_>, key: &Value) -> PyResult<bool> {
        let hash = element_hash(vm, key)?;
        self.discard_hashed(vm, key, hash)
    }

    /// Whether the element is there.
    ///
    /// # Errors
    /// What hashing or comparing raises.
    pub fn contains(&self, vm: Vm<'_>, key: &Value) -> PyResult<bool> {
        let hash = element_hash(vm, key)?;
        self.contains_hashed(vm, key, hash)
    }

    /// The first element at `place` or behind it: its place, hash and key.
    #[inline]
    #[must_use]
    pub fn next_key(&self, place: usize) -> Option<(usize, i64, Value)> {
        self.table
            .with(|table| table.next_key(place).map(|(at, hash, key)| (at, hash, key.clone())))
    }

    /// The elements as they stand.
    #[must_use]
    pub fn keys_vec(&self) -> Vec<Value> {
        self.table.with(|table| table.iter().map(|(_, key)| key.clone()).collect())
    }

    /// Removes everything.
    pub fn clear_all(&self) {
        let old = self.table.with_mut(SetTable::take_whole);
        drop(old);
    }
}

/// The core of an exact set or frozenset.
#[inline]
fn exact_core_of(value: &Value) -> Option<&SetCore> {
    match value.downcast_exact::<PyFrozenSet>() {
        Some(frozen) => Some(&frozen.core),
        None => value.downcast_exact::<PySet>().map(|set| &set.core),
    }
}

/// The core of a set or frozenset, or of an instance of a subclass.
#[inline]
#[must_use]
pub fn core_of(value: &Value) -> Option<&SetCore> {
    // To tell that an object's layout is another one's takes longer.
    exact_core_of(value)
        .or_else(|| value.downcast::<PySet>().map(|set| &set.core))
        .or_else(|| value.downcast::<PyFrozenSet>().map(|set| &set.core))
}

/// Gives the elements of an exact set or frozenset to `f`, which runs no Python code; None for any other object.
pub fn with_elements<R>(
    value: &Value,
    f: impl FnOnce(&mut dyn Iterator<Item = &Value>) -> R,
) -> Option<R> {
    let core = exact_core_of(value)?;
    Some(core.table.with(|table| f(&mut table.iter().map(|(_, key)| key))))
}

/// Whether `value` is a set or a frozenset (`PyAnySet_Check`).
#[must_use]
pub fn is_any_set(value: &Value) -> bool {
    core_of(value).is_some()
}

/// A new empty object of `class`, set or frozenset or a subclass of either.
pub(crate) fn new_of(vm: Vm<'_>, class: &Py<PyType>) -> Value {
    if class.has_layout_of(SET.get()) {
        PyRef::new_of(vm, class, PySet { core: SetCore::default() }).into_value()
    } else {
        PyRef::new_of(vm, class, PyFrozenSet { core: SetCore::default() }).into_value()
    }
}

/// The frozenset of a code object's constant.
///
/// # Panics
/// For elements that cannot be hashed: a constant has none.
#[must_use]
pub fn frozen_constant(vm: Vm<'_>, items: &[Value]) -> Value {
    let new = new_of(vm, FROZENSET.get());
    if let Some(core) = core_of(&new) {
        for item in items {
            core.add(vm, item).expect("constants are hashable");
        }
    }
    new
}

/// A frozenset of the elements of `iterable`.
///
/// # Errors
/// What iterating or hashing raises.
pub fn frozen(vm: Vm<'_>, iterable: &Value) -> PyResult<Value> {
    let new = new_of(vm, FROZENSET.get());
    if let Some(core) = core_of(&new) {
        operations::update_core(vm, core, iterable)?;
    }
    Ok(new)
}
