//! `dict`: the payload, access by any key and by str keys, the type's description.

mod iter;
mod methods;
pub mod ordered;
pub mod table;
mod view_sets;
mod views;

use std::sync::atomic::{AtomicU32, Ordering};

use crate::core::args::Args;
use crate::core::errors::{PyResult, Raised};
use crate::core::gc::{Traverse, Visitor};
use crate::core::gil_cell::HotCell;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::reserve;
use crate::core::type_object::{PyType, StaticType};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::payload;
use crate::protocol::compare;
use crate::types::exceptions::hierarchy::TYPE_ERROR;
use crate::types::str::PyStr;

pub use iter::{
    DICT_ITEM_ITERATOR, DICT_ITEM_ITERATOR_SPEC, DICT_KEY_ITERATOR, DICT_KEY_ITERATOR_SPEC,
    DICT_REVERSE_ITEM_ITERATOR, DICT_REVERSE_ITEM_ITERATOR_SPEC, DICT_REVERSE_KEY_ITERATOR,
    DICT_REVERSE_KEY_ITERATOR_SPEC, DICT_REVERSE_VALUE_ITERATOR, DICT_REVERSE_VALUE_ITERATOR_SPEC,
    DICT_VALUE_ITERATOR, DICT_VALUE_ITERATOR_SPEC, PyDictItemIterator, PyDictKeyIterator,
};
pub use methods::{DICT_SPEC, Merge, merge, update};
pub use table::Found;
use table::Probe;
pub use table::Table;
pub use views::{
    DICT_ITEMS, DICT_ITEMS_SPEC, DICT_KEYS, DICT_KEYS_SPEC, DICT_VALUES, DICT_VALUES_SPEC,
};

payload! {
    /// The payload of a dict.
    pub struct PyDict: DICT, gc {
        table: HotCell<Table>,
    }
}

impl Traverse for PyDict {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.table.traverse(visitor);
    }
    fn clear(&self, dead: &mut Vec<Value>) {
        Traverse::clear(&self.table, dead);
    }
}

/// `dict`
pub static DICT: StaticType = StaticType::new::<PyDict>();

/// The next version of a set of keys: one sequence for the process, since threads share dicts.
static NEXT_VERSION: AtomicU32 = AtomicU32::new(1);

impl PyDict {
    /// An empty dict.
    #[must_use]
    pub fn new_ref(vm: Vm<'_>) -> PyRef<Self> {
        Self::from_table(vm, Table::default())
    }

    /// A dict of `count` items at most, whose keys are all different.
    pub(crate) fn of_distinct<'k>(
        vm: Vm<'_>,
        count: usize,
        items: impl Iterator<Item = (&'k Py<PyStr>, Value)>,
    ) -> PyRef<Self> {
        let mut table = Table::default();
        if count != 0 {
            table.try_reserve(count).expect("memory for a name");
        }
        for (key, value) in items {
            table.push(known_hash(key), key.to_value(), value);
        }
        Self::from_table(vm, table)
    }

    /// An empty dict with room for `count` keys.
    ///
    /// # Errors
    /// MemoryError.
    pub fn with_room(vm: Vm<'_>, count: usize) -> PyResult<PyRef<Self>> {
        let mut table = Table::default();
        if count != 0 && table.try_reserve(count).is_none() {
            return Err(vm.memory_error());
        }
        PyRef::try_new(vm, Self { table: HotCell::new(table) })
    }

    /// An empty dict, as a value.
    #[must_use]
    pub fn new_value(vm: Vm<'_>) -> Value {
        Self::new_ref(vm).into_value()
    }

    /// The payload of an empty dict: the first part of the payloads of dict's builtin subclasses.
    #[must_use]
    pub fn empty() -> Self {
        Self { table: HotCell::default() }
    }

    /// A dict of a table.
    #[must_use]
    pub fn from_table(vm: Vm<'_>, table: Table) -> PyRef<Self> {
        PyRef::new(vm, Self { table: HotCell::new(table) })
    }

    /// An empty instance of `class`, dict or a subclass of it.
    #[must_use]
    pub fn new_of(vm: Vm<'_>, class: &Py<PyType>) -> PyRef<Self> {
        PyRef::new_of(vm, class, Self { table: HotCell::default() })
    }
}

/// The hash of a str as the table stores it.
#[inline]
fn str_hash(vm: Vm<'_>, key: &Py<PyStr>) -> i64 {
    key.text_hash(vm).cast_signed()
}

/// A str's hash where no token is at hand: that of an interned name is known, any other is computed by the one way there is.
#[inline]
fn known_hash(key: &Py<PyStr>) -> i64 {
    match key.known_text_hash() {
        Some(hash) => hash.cast_signed(),
        None => Vm::with_current(|vm| str_hash(vm, key)),
    }
}

/// The hash of a key; a key that has none is named in dict's own words.
///
/// # Errors
/// TypeError, or what `__hash__` raises.
#[inline]
pub fn key_hash(vm: Vm<'_>, key: &Value) -> PyResult<i64> {
    if let Some(text) = key.downcast_exact::<PyStr>() {
        return Ok(str_hash(vm, text));
    }
    if let Some(small) = key.as_small_int() {
        return Ok(base::hash::int(small));
    }
    vm.hash(key).map_err(|raised| unhashable(vm, key, raised, "a dict key"))
}

/// Rewords a plain TypeError of hashing: `cannot use 'list' as a dict key (unhashable type: 'list')`.
#[cold]
pub(crate) fn unhashable(vm: Vm<'_>, key: &Value, raised: Raised, role: &str) -> Raised {
    let error = vm.take(raised);
    if !error.is_exact(TYPE_ERROR.get()) {
        return vm.restore(error);
    }
    let described = vm.full_class_name(key.class()).and_then(|name| Ok((name, vm.str(&error)?)));
    match described {
        Ok((name, text)) => {
            vm.type_error(format!("cannot use '{name}' as {role} ({})", text.to_rust_string()))
        }
        Err(raised) => raised,
    }
}

impl Py<PyDict> {
    /// How many keys there are.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.with(Table::len)
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads the table; the closure neither runs Python code nor drops a value.
    #[inline]
    pub fn with_table<R>(&self, f: impl FnOnce(&Table) -> R) -> R {
        self.table.with(f)
    }

    /// Changes the table; the closure neither runs Python code nor drops a value.
    #[inline]
    pub fn with_table_mut<R>(&self, f: impl FnOnce(&mut Table) -> R) -> R {
        self.table.with_mut(f)
    }

    /// The position of a key. `__eq__` runs with no borrow held; when it changed the table, the search starts again.
    ///
    /// # Errors
    /// What `__eq__` raises.
    #[inline]
    pub fn find(&self, vm: Vm<'_>, key: &Value, hash: i64) -> PyResult<Option<usize>> {
        match self.table.with(|table| table.find_known(key, hash)) {
            Found::At(position) => Ok(Some(position)),
            Found::Nowhere => Ok(None),
            Found::Unknown => self.find_slow(vm, key, hash),
        }
    }

    #[cold]
    fn find_slow(&self, vm: Vm<'_>, key: &Value, hash: i64) -> PyResult<Option<usize>> {
        let mut probe = self.table.with(|table| table.probe(key, hash));
        loop {
            let (entry, next) = match probe {
                Probe::Found(position) => return Ok(Some(position)),
                Probe::Absent => return Ok(None),
                Probe::Candidate { entry, next } => (entry, next),
            };
            let (other, changes) = self
                .table
                .with(|table| (table.entry(entry).map(|entry| entry.key.clone()), table.changes()));
            let Some(other) = other else {
                probe = self.table.with(|table| table.probe(key, hash));
                continue;
            };
            let equal = vm.equal(&other, key)?;
            let unchanged = self.table.with(Table::changes) == changes;
            if !unchanged {
                vm.poll()?;
                probe = self.table.with(|table| table.probe(key, hash));
            } else if equal {
                return Ok(Some(entry));
            } else {
                probe = self.table.with(|table| table.probe_from(key, hash, next));
            }
        }
    }

    /// The value of a key.
    ///
    /// # Errors
    /// What hashing or comparing raises.
    #[inline]
    pub fn get(&self, vm: Vm<'_>, key: &Value) -> PyResult<Option<Value>> {
        let hash = key_hash(vm, key)?;
        self.get_hashed(vm, key, hash)
    }

    /// The value of a key whose hash is known.
    ///
    /// # Errors
    /// What comparing raises.
    #[inline]
    pub fn get_hashed(&self, vm: Vm<'_>, key: &Value, hash: i64) -> PyResult<Option<Value>> {
        let Some(position) = self.find(vm, key, hash)? else { return Ok(None) };
        Ok(self.value_at(position))
    }

    /// Whether the key is there.
    ///
    /// # Errors
    /// What hashing or comparing raises.
    pub fn contains(&self, vm: Vm<'_>, key: &Value) -> PyResult<bool> {
        let hash = key_hash(vm, key)?;
        Ok(self.find(vm, key, hash)?.is_some())
    }

    /// Sets the value of a key.
    ///
    /// # Errors
    /// What hashing or comparing raises; MemoryError.
    #[inline]
    pub fn set(&self, vm: Vm<'_>, key: &Value, value: Value) -> PyResult<()> {
        let hash = key_hash(vm, key)?;
        self.set_hashed(vm, key, hash, value)
    }

    /// Sets the value of a key whose hash is known.
    ///
    /// # Errors
    /// What comparing raises; MemoryError.
    #[inline]
    pub fn set_hashed(&self, vm: Vm<'_>, key: &Value, hash: i64, value: Value) -> PyResult<()> {
        match self.find(vm, key, hash)? {
            Some(position) => {
                let old = self.table.with_mut(|table| table.replace_value(position, value));
                drop(old);
                Ok(())
            }
            None => self.append(vm, key.clone(), hash, value),
        }
    }

    /// The value of a key, set to `default` if it is not there. True when it was there.
    ///
    /// # Errors
    /// What hashing or comparing raises; MemoryError.
    pub fn set_default(&self, vm: Vm<'_>, key: &Value, default: &Value) -> PyResult<(Value, bool)> {
        let hash = key_hash(vm, key)?;
        if let Some(known) = self.get_hashed(vm, key, hash)? {
            return Ok((known, true));
        }
        self.append(vm, key.clone(), hash, default.clone())?;
        Ok((default.clone(), false))
    }

    /// Makes room for so many more keys. What does not fit now is tried again when the keys come.
    pub fn reserve(&self, more: usize) {
        if more > 1 {
            self.table.with_mut(|table| table.try_reserve(more));
        }
    }

    /// Appends a key that is known to be absent.
    fn append(&self, vm: Vm<'_>, key: Value, hash: i64, value: Value) -> PyResult<()> {
        let pushed = self.table.with_mut(|table| {
            if table.try_reserve(1).is_none() {
                return Err((key, value));
            }
            table.push(hash, key, value);
            Ok(())
        });
        match pushed {
            Ok(()) => Ok(()),
            Err(dead) => {
                drop(dead);
                Err(vm.memory_error())
            }
        }
    }

    /// Removes a key: its value, if it was there.
    ///
    /// # Errors
    /// What hashing or comparing raises.
    pub fn remove(&self, vm: Vm<'_>, key: &Value) -> PyResult<Option<Value>> {
        let hash = key_hash(vm, key)?;
        let Some(position) = self.find(vm, key, hash)? else { return Ok(None) };
        let (key, value) = self.table.with_mut(|table| table.remove_at(position));
        drop(key);
        Ok(Some(value))
    }

    /// The value of a str key.
    #[inline]
    #[must_use]
    pub fn get_str(&self, key: &Py<PyStr>) -> Option<Value> {
        let position = self.entry_index(key)?;
        self.value_at(position)
    }

    /// Looks for a key, as far as that runs no code and computes no hash of a text.
    #[inline]
    #[must_use]
    pub fn quick_find(&self, key: &Value) -> Found {
        let Some(hash) = compare::known_hash(key) else { return Found::Unknown };
        self.table.with(|table| table.find_known(key, hash))
    }

    /// Sets the value of a str key; the old value is the caller's to drop. For dictionaries of names, whose size no
    /// program controls.
    pub fn set_str(&self, key: &Py<PyStr>, value: Value) -> Option<Value> {
        let hash = known_hash(key);
        self.table.with_mut(|table| match table.find_str(key, hash) {
            Some(position) => Some(table.replace_value(position, value)),
            None => {
                reserve::insist(|| table.try_reserve(1));
                table.push(hash, key.to_value(), value);
                None
            }
        })
    }

    /// As [`set_str`](Self::set_str), for a dictionary that a program can make large. None without memory.
    #[must_use]
    pub fn try_set_str(&self, key: &Py<PyStr>, value: Value) -> Option<Option<Value>> {
        let hash = known_hash(key);
        self.table.with_mut(|table| match table.find_str(key, hash) {
            Some(position) => Some(Some(table.replace_value(position, value))),
            None => {
                table.try_reserve(1)?;
                table.push(hash, key.to_value(), value);
                Some(None)
            }
        })
    }

    /// Removes a str key; its value is the caller's to drop.
    pub fn remove_str(&self, key: &Py<PyStr>) -> Option<Value> {
        let hash = known_hash(key);
        let removed = self.table.with_mut(|table| {
            let position = table.find_str(key, hash)?;
            Some(table.remove_at(position))
        });
        removed.map(|(key, value)| {
            drop(key);
            value
        })
    }

    /// The keys that are strings, in order.
    #[must_use]
    pub fn string_keys(&self) -> Vec<PyRef<PyStr>> {
        self.table.with(|table| {
            table.iter().filter_map(|entry| entry.key.clone().into_ref().ok()).collect()
        })
    }

    /// Moves everything into `dead`.
    pub fn take_all(&self, dead: &mut Vec<Value>) {
        Traverse::clear(&self.table, dead);
    }

    /// The version of the set of keys, given now if there is none: while it stands, each key keeps its position
    /// (`dk_version` in CPython).
    #[must_use]
    pub fn keys_version(&self) -> u32 {
        let known = self.table.with(Table::version);
        if known != 0 {
            return known;
        }
        let next = NEXT_VERSION.load(Ordering::Relaxed);
        if next == u32::MAX {
            return 0;
        }
        NEXT_VERSION.store(next + 1, Ordering::Relaxed);
        self.table.with_mut(|table| table.set_version(next));
        next
    }

    /// The version of the set of keys as it stands; 0 when it has none.
    #[inline]
    #[must_use]
    pub fn current_version(&self) -> u32 {
        self.table.with(Table::version)
    }

    /// The position of a str key, good as long as [`keys_version`](Self::keys_version) stands.
    #[inline]
    #[must_use]
    pub fn entry_index(&self, key: &Py<PyStr>) -> Option<usize> {
        let hash = known_hash(key);
        self.table.with(|table| table.find_str(key, hash))
    }

    /// The value at a position.
    #[inline]
    #[must_use]
    pub fn value_at(&self, position: usize) -> Option<Value> {
        self.table.with(|table| table.entry(position).map(|entry| entry.value.clone()))
    }

    /// Replaces the value at a live position; the old one is the caller's to drop.
    #[inline]
    pub fn set_value_at(&self, position: usize, value: Value) -> Value {
        self.table.with_mut(|table| table.replace_value(position, value))
    }

    /// The first live entry from `position` on: its position, key and value.
    #[inline]
    #[must_use]
    pub fn next_entry(&self, position: usize) -> Option<(usize, Value, Value)> {
        self.table.with(|table| {
            (position.max(table.head())..table.entry_count()).find_map(|position| {
                let entry = table.entry(position)?;
                Some((position, entry.key.clone(), entry.value.clone()))
            })
        })
    }

    /// The first live key from `position` on.
    #[inline]
    #[must_use]
    pub fn next_key(&self, position: usize) -> Option<(usize, Value)> {
        self.table.with(|table| {
            (position..table.entry_count())
                .find_map(|position| Some((position, table.entry(position)?.key.clone())))
        })
    }

    /// The last live entry before `end`.
    #[must_use]
    pub fn previous_entry(&self, end: usize) -> Option<(usize, Value, Value)> {
        self.table.with(|table| {
            (0..end.min(table.entry_count())).rev().find_map(|position| {
                let entry = table.entry(position)?;
                Some((position, entry.key.clone(), entry.value.clone()))
            })
        })
    }

    /// Keys and values as they stand.
    #[must_use]
    pub fn items_vec(&self) -> Vec<(Value, Value)> {
        self.table.with(|table| {
            table.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect()
        })
    }

    /// The keys as they stand.
    #[must_use]
    pub fn keys_vec(&self) -> Vec<Value> {
        self.table.with(|table| table.iter().map(|entry| entry.key.clone()).collect())
    }

    /// The values as they stand.
    #[must_use]
    pub fn values_vec(&self) -> Vec<Value> {
        self.table.with(|table| table.iter().map(|entry| entry.value.clone()).collect())
    }

    /// A new dict with the same keys and values.
    ///
    /// # Errors
    /// MemoryError.
    pub fn copy(&self, vm: Vm<'_>) -> PyResult<PyRef<PyDict>> {
        match self.table.with(Table::try_copy) {
            Some(table) => Ok(PyDict::from_table(vm, table)),
            None => Err(vm.memory_error()),
        }
    }

    /// Removes everything.
    pub fn clear(&self) {
        let old = self.table.with_mut(Table::take_whole);
        drop(old);
    }
}

/// The keywords of a call as a dict.
///
/// # Errors
/// MemoryError.
pub fn from_keywords(vm: Vm<'_>, args: Args<'_>) -> PyResult<PyRef<PyDict>> {
    let dict = PyDict::new_ref(vm);
    for (key, value) in args.keywords() {
        dict.set(vm, key, value.clone())?;
    }
    Ok(dict)
}
