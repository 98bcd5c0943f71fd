//! The address that a weak reference holds of its object, without a count of it.
//!
//! Invariant: an address that is not null leads to an object that is alive, or dying and not yet freed: the object's extension
//! lists the reference and clears it before the payload ends, or the object is a static type and lives for ever.
#![expect(unsafe_code, reason = "an uncounted address: the invariant is in the module doc")]

use std::cell::Cell;
use std::ptr::null;

use super::extension;
use super::object::PyObject;
use super::value::Value;

/// The place of the address.
pub struct WeakTarget {
    target: Cell<*const PyObject>,
    /// Whether the object lists the reference, at this address.
    reference: Cell<*const PyObject>,
}

impl Default for WeakTarget {
    fn default() -> Self {
        Self { target: Cell::new(null()), reference: Cell::new(null()) }
    }
}

impl WeakTarget {
    /// Leads `reference`, which holds this place and may be the one that all share, to `target`. False when the object cannot
    /// be weakly referenced.
    #[must_use]
    pub fn attach(&self, target: &PyObject, reference: &PyObject, is_shared: bool) -> bool {
        if !extension::add_weakref(target, reference, is_shared) {
            return false;
        }
        self.target.set(target);
        self.reference.set(reference);
        true
    }

    /// Leads to an object that never dies: a static type, which lists no references.
    pub(crate) fn attach_immortal(&self, target: &PyObject) {
        debug_assert!(
            target.has_flags(super::object::flags::IMMORTAL),
            "only immortal objects need no list"
        );
        self.target.set(target);
    }

    /// The object, if it is alive.
    #[must_use]
    pub fn get(&self) -> Option<Value> {
        // SAFETY: the invariant.
        let object = unsafe { self.target.get().as_ref() }?;
        if object.refcount() == 0 { None } else { Some(object.to_value()) }
    }

    /// Forgets the object: it is dying and has taken its list.
    pub fn clear(&self) {
        self.target.set(null());
        self.reference.set(null());
    }
}

impl Drop for WeakTarget {
    fn drop(&mut self) {
        // SAFETY: the invariant for the target; the reference is the object that is being dropped, of which only the address
        // is compared.
        unsafe {
            if let (Some(target), Some(reference)) =
                (self.target.get().as_ref(), self.reference.get().as_ref())
            {
                extension::remove_weakref(target, reference);
            }
        }
    }
}
