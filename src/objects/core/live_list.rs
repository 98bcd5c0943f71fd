//! Lists of objects that do not keep them alive: an object knows its place in the list, and leaves it when it dies.
//!
//! Invariant: a mark that is listed lies, by itself, in the payload of the object that it is listed with. A payload does not move,
//! so both addresses are good until the mark is dropped, which takes it off the list.
#![expect(unsafe_code, reason = "uncounted addresses: the invariant is in the module doc")]

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::gc::{Traverse, Visitor};
use super::object::{Payload, Py, PyObject};
use super::value::Value;

/// An object and its mark.
type Member = (*const PyObject, *const ListMark);

/// The list.
#[derive(Default)]
pub struct LiveList(Rc<RefCell<Vec<Member>>>);

/// The place of an object in a list: a field of the object's payload, not in any cell.
#[derive(Default)]
pub struct ListMark {
    list: Cell<Option<Rc<RefCell<Vec<Member>>>>>,
    place: Cell<usize>,
}

impl LiveList {
    /// Adds an object, which leaves the list that it is on; `mark` gives the mark in its payload.
    ///
    /// # Panics
    /// When the mark does not lie in the payload.
    pub fn insert<T: Payload>(&self, object: &Py<T>, mark: impl FnOnce(&T) -> &ListMark) {
        let mark = mark(object.payload());
        let offset = std::ptr::from_ref(mark).addr().wrapping_sub(object.as_object().address());
        assert!(offset < size_of::<Py<T>>(), "a mark lies in its object's payload");
        mark.leave();
        let mut members = self.0.borrow_mut();
        mark.place.set(members.len());
        mark.list.set(Some(self.0.clone()));
        members.push((object.as_object(), mark));
    }

    /// The objects, as far as they are alive.
    #[must_use]
    pub fn members(&self) -> Vec<Value> {
        let members = self.0.borrow();
        members
            .iter()
            // SAFETY: the invariant.
            .map(|&(object, _)| unsafe { &*object })
            .filter(|object| object.refcount() != 0)
            .map(PyObject::to_value)
            .collect()
    }
}

impl ListMark {
    /// Takes the object off its list, if it is on one.
    pub fn leave(&self) {
        let Some(list) = self.list.take() else { return };
        let mut members = list.borrow_mut();
        members.swap_remove(self.place.get());
        if let Some(&(_, moved)) = members.get(self.place.get()) {
            // SAFETY: the invariant.
            unsafe { (*moved).place.set(self.place.get()) };
        }
    }
}

impl Drop for ListMark {
    fn drop(&mut self) {
        self.leave();
    }
}

impl Traverse for LiveList {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

impl Traverse for ListMark {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}
