//! Small doors to objects that several topics use.

use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::dict::{Found, PyDict};
use objects::types::set::SetCore;
use objects::types::str::PyStr;
use objects::types::str::storage::{self, Characters};

use crate::machine::{borrow, is_exactly, payload};

/// The place of a `__slots__` descriptor.
pub(crate) fn slot_index(descriptor: &Value) -> Option<usize> {
    descriptor
        .downcast_exact::<objects::types::descriptors::PyMemberDescriptor>()
        .and_then(|member| member.place().map(|(index, _)| index))
}

pub(crate) fn join_values(vm: Vm<'_>, parts: &[Value]) -> PyResult<Value> {
    storage::concat_parts(vm, parts).map(PyRef::into_value)
}

/// Not there.
pub(crate) const NOWHERE: usize = usize::MAX;
/// It takes code to tell.
pub(crate) const UNKNOWN: usize = usize::MAX - 1;

/// The position of the key that `key` stands for; `NOWHERE` or `UNKNOWN`. A function of its own, because a handler must not
/// give out the address of a local.
#[inline(never)]
pub(crate) fn dict_position(dict: &Py<PyDict>, key: u64) -> usize {
    match dict.quick_find(&borrow(key)) {
        Found::At(position) => position,
        Found::Nowhere => NOWHERE,
        Found::Unknown => UNKNOWN,
    }
}

/// As [`dict_position`], for a set: any other answer than the two says that the key is there.
#[inline(never)]
pub(crate) fn set_position(set: &SetCore, key: u64) -> usize {
    match set.quick_contains(&borrow(key)) {
        Some(true) => 0,
        Some(false) => NOWHERE,
        None => UNKNOWN,
    }
}

/// As [`set_position`], for a character in an exact str, both of one byte.
#[inline(never)]
pub(crate) fn char_position(text: u64, character: u64) -> usize {
    if !is_exactly::<PyStr>(character) {
        return UNKNOWN;
    }
    let (text, character) = (payload::<PyStr>(text), payload::<PyStr>(character));
    match (storage::characters(text), storage::characters(character)) {
        (Characters::One(text), Characters::One([wanted])) => {
            text.iter().position(|c| c == wanted).unwrap_or(NOWHERE)
        }
        _ => UNKNOWN,
    }
}
