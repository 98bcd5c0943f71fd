//! `list`: the payload, access by position, the type's description.

mod iter;
mod methods;
mod slots;
pub mod sort;

use crate::core::errors::PyResult;
use crate::core::gil_cell::HotCell;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::type_object::{PyType, StaticType};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::payload;
use crate::types::seq_shared::Items;

pub use iter::{
    LIST_ITERATOR, LIST_ITERATOR_SPEC, LIST_REVERSE_ITERATOR, LIST_REVERSE_ITERATOR_SPEC,
    PyListIterator,
};
pub use methods::{LIST_SPEC, extend};
pub use slots::{assign_slice, exchange_slice, slice};
pub use sort::sort;

payload! {
    /// The payload of a list.
    pub struct PyList: LIST, gc {
        items: HotCell<Vec<Value>>,
    }
}

/// `list`
pub static LIST: StaticType = StaticType::new::<PyList>();

impl PyList {
    /// A list of `items`.
    #[must_use]
    pub fn new_ref(vm: Vm<'_>, items: Vec<Value>) -> PyRef<Self> {
        PyRef::new(vm, Self { items: HotCell::new(items) })
    }

    /// A list of `items`, as a value.
    #[must_use]
    pub fn new_value(vm: Vm<'_>, items: Vec<Value>) -> Value {
        Self::new_ref(vm, items).into_value()
    }

    /// A list of `items`, as a value.
    ///
    /// # Errors
    /// MemoryError.
    pub fn try_new_value(vm: Vm<'_>, items: Vec<Value>) -> PyResult<Value> {
        Ok(PyRef::try_new(vm, Self { items: HotCell::new(items) })?.into_value())
    }

    /// An instance of `class`, list or a subclass of it.
    #[must_use]
    pub fn new_of(vm: Vm<'_>, class: &Py<PyType>, items: Vec<Value>) -> PyRef<Self> {
        PyRef::new_of(vm, class, Self { items: HotCell::new(items) })
    }
}

impl Py<PyList> {
    /// How many items there are.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.with(Vec::len)
    }

    /// For how many items there is room without moving them.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.items.with_mut(|items| items.capacity())
    }

    /// Whether there is none.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at a position.
    #[inline]
    #[must_use]
    pub fn get(&self, index: usize) -> Option<Value> {
        self.items.with(|items| items.get(index).cloned())
    }

    /// Replaces the item at a position; the old one is the caller's to drop. The value back when there is no such position.
    ///
    /// # Errors
    /// The new value, out of range.
    #[inline]
    pub fn set(&self, index: usize, value: Value) -> Result<Value, Value> {
        self.items.with_mut(|items| match items.get_mut(index) {
            Some(place) => Ok(std::mem::replace(place, value)),
            None => Err(value),
        })
    }

    /// Appends.
    ///
    /// # Errors
    /// MemoryError.
    #[inline]
    pub fn push(&self, vm: Vm<'_>, value: Value) -> PyResult<()> {
        let refused = self.items.with_mut(|items| {
            if items.len() == items.capacity() && !grow(items, 1) {
                return Some(value);
            }
            items.push(value);
            None
        });
        match refused {
            None => Ok(()),
            Some(value) => {
                drop(value);
                Err(vm.memory_error())
            }
        }
    }

    /// Appends where there is room; the value back where there is none.
    #[inline]
    #[must_use]
    pub fn push_within(&self, value: Value) -> Option<Value> {
        self.items.with_mut(|items| {
            if items.len() == items.capacity() {
                return Some(value);
            }
            items.push(value);
            None
        })
    }

    /// Removes the last item.
    #[inline]
    #[must_use]
    pub fn pop(&self) -> Option<Value> {
        self.items.with_mut(Vec::pop)
    }

    /// Reads the items; the closure neither runs Python code nor drops a value.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(&[Value]) -> R) -> R {
        self.items.with(|items| f(items))
    }

    /// Changes the items; the closure neither runs Python code nor drops a value.
    #[inline]
    pub fn with_mut<R>(&self, f: impl FnOnce(&mut Vec<Value>) -> R) -> R {
        self.items.with_mut(f)
    }

    /// Copies of the items.
    ///
    /// # Errors
    /// MemoryError.
    pub fn try_copy(&self, vm: Vm<'_>) -> PyResult<Vec<Value>> {
        self.try_copy_range(vm, 0, usize::MAX)
    }

    /// Copies of the items from `start` to before `stop`.
    ///
    /// # Errors
    /// MemoryError.
    pub fn try_copy_range(&self, vm: Vm<'_>, start: usize, stop: usize) -> PyResult<Vec<Value>> {
        let copied = self.items.with(|items| {
            let stop = stop.min(items.len());
            let part = items.get(start.min(stop)..stop).unwrap_or(&[]);
            let mut copy = Vec::new();
            copy.try_reserve_exact(part.len()).ok()?;
            copy.extend_from_slice(part);
            Some(copy)
        });
        copied.ok_or_else(|| vm.memory_error())
    }

    /// Copies of the items as they stand, for lists whose size no program controls.
    #[must_use]
    pub fn items_vec(&self) -> Vec<Value> {
        self.items.with(Clone::clone)
    }

    /// Takes all items out, leaving the list empty.
    #[must_use]
    pub fn take_items(&self) -> Vec<Value> {
        self.items.take()
    }

    /// Puts other items in; the old ones are the caller's to drop.
    pub fn replace_items(&self, items: Vec<Value>) -> Vec<Value> {
        self.items.replace(items)
    }
}

/// Makes room for `more` items, in the steps that CPython grows by (`list_resize`). False without memory.
pub(crate) fn grow(items: &mut Vec<Value>, more: usize) -> bool {
    let Some(wanted) = items.len().checked_add(more) else { return false };
    if wanted <= items.capacity() {
        return true;
    }
    let roomy = wanted.checked_add((wanted >> 3) + 6).map(|room| room & !3);
    let target = match roomy {
        // A large step is not rounded up further.
        Some(room) if more <= room - wanted => room,
        _ => wanted.saturating_add(3) & !3,
    };
    items.try_reserve_exact(target - items.len()).is_ok()
}

impl Items for Py<PyList> {
    #[inline]
    fn count(&self) -> usize {
        self.len()
    }
    #[inline]
    fn item(&self, index: usize) -> Option<Value> {
        self.get(index)
    }
    #[inline]
    fn in_place<R>(&self, see: impl FnOnce(&[Value]) -> R) -> Option<R> {
        Some(self.with(|items| see(items)))
    }
}
