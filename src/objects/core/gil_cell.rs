//! Interior mutability under the GIL.
//!
//! [`GilCell`] keeps a borrow flag in every build: a borrow held across code that re-enters becomes a panic that names the
//! type. [`HotCell`] is for the hottest payloads (list, dict, instance values, cells) and keeps the flag in debug builds only.
//!
//! **Rule:** a closure given to `with` or `with_mut` runs no Python code, and dropping a [`Value`](super::value::Value) can:
//! move what dies out of the closure and drop it after.
//!
//! Invariant: contents are reached only by the thread that holds the GIL.
#![expect(unsafe_code, reason = "the cells' contents are guarded by the GIL and the borrow flag")]

use std::cell::{Cell, UnsafeCell};

/// A cell with a borrow flag: negative while written, positive while read.
pub struct GilCell<T> {
    borrows: Cell<i32>,
    value: UnsafeCell<T>,
}

impl<T> GilCell<T> {
    /// A cell holding `value`.
    pub const fn new(value: T) -> Self {
        Self { borrows: Cell::new(0), value: UnsafeCell::new(value) }
    }

    /// Reads through `f`.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        let borrows = self.borrows.get();
        assert!(borrows >= 0, "{} is read while it is being changed", std::any::type_name::<T>());
        self.borrows.set(borrows + 1);
        let _reset = Reset(&self.borrows, borrows);
        // SAFETY: no writer is inside (the flag), and only this thread can enter (the invariant).
        f(unsafe { &*self.value.get() })
    }

    /// Changes through `f`.
    #[inline]
    pub fn with_mut<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        assert!(
            self.borrows.get() == 0,
            "{} is changed while it is in use",
            std::any::type_name::<T>()
        );
        self.borrows.set(-1);
        let _reset = Reset(&self.borrows, 0);
        // SAFETY: nobody else is inside (the flag), and only this thread can enter (the invariant).
        f(unsafe { &mut *self.value.get() })
    }

    /// Puts `value` in and gives the old one to the caller, who drops it with no borrow held.
    #[inline]
    pub fn replace(&self, value: T) -> T {
        self.with_mut(|slot| std::mem::replace(slot, value))
    }

    /// Takes the value, leaving the default.
    #[inline]
    pub fn take(&self) -> T
    where
        T: Default,
    {
        self.replace(T::default())
    }

    /// A copy of the value.
    #[inline]
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    /// Puts `value` in and drops the old one, with no borrow held.
    #[inline]
    pub fn set(&self, value: T) {
        drop(self.replace(value));
    }
}

struct Reset<'c>(&'c Cell<i32>, i32);

impl Drop for Reset<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.set(self.1);
    }
}

/// A cell without a flag in release builds.
pub struct HotCell<T> {
    #[cfg(debug_assertions)]
    borrows: Cell<i32>,
    value: UnsafeCell<T>,
}

impl<T> HotCell<T> {
    /// A cell holding `value`.
    pub const fn new(value: T) -> Self {
        Self {
            #[cfg(debug_assertions)]
            borrows: Cell::new(0),
            value: UnsafeCell::new(value),
        }
    }

    /// Reads through `f`, which neither runs Python code nor drops a value.
    #[inline]
    pub fn with<R>(&self, f: impl FnOnce(&T) -> R) -> R {
        #[cfg(debug_assertions)]
        let _reset = {
            let borrows = self.borrows.get();
            assert!(
                borrows >= 0,
                "{} is read while it is being changed",
                std::any::type_name::<T>()
            );
            self.borrows.set(borrows + 1);
            Reset(&self.borrows, borrows)
        };
        // SAFETY: by the rule of the module no writer is inside; only this thread can enter.
        f(unsafe { &*self.value.get() })
    }

    /// Changes through `f`, which neither runs Python code nor drops a value.
    #[inline]
    pub fn with_mut<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        #[cfg(debug_assertions)]
        let _reset = {
            assert!(
                self.borrows.get() == 0,
                "{} is changed while it is in use",
                std::any::type_name::<T>()
            );
            self.borrows.set(-1);
            Reset(&self.borrows, 0)
        };
        // SAFETY: by the rule of the module nobody else is inside; only this thread can enter.
        f(unsafe { &mut *self.value.get() })
    }

    /// Puts `value` in and gives the old one to the caller.
    #[inline]
    pub fn replace(&self, value: T) -> T {
        self.with_mut(|slot| std::mem::replace(slot, value))
    }

    /// Takes the value, leaving the default.
    #[inline]
    pub fn take(&self) -> T
    where
        T: Default,
    {
        self.replace(T::default())
    }

    /// A copy of the value.
    #[inline]
    pub fn get(&self) -> T
    where
        T: Clone,
    {
        self.with(T::clone)
    }

    /// Puts `value` in and drops the old one after.
    #[inline]
    pub fn set(&self, value: T) {
        drop(self.replace(value));
    }

    /// The address of the contents, for the evaluation loop's own accesses.
    #[inline]
    pub fn as_ptr(&self) -> *mut T {
        self.value.get()
    }
}

impl<T: Default> Default for GilCell<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: Default> Default for HotCell<T> {
    fn default() -> Self {
        Self::new(T::default())
    }
}
