//! Rich comparison, hashing and truth, with the shortcuts by identity.

use std::cmp::Ordering;

use base::hash;

use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::slots::CompareOp;
use crate::core::type_object::PyType;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::bytes::PyBytes;
use crate::types::object_::OBJECT;
use crate::types::str::{self, PyStr};
use crate::types::tuple::{PyTuple, TUPLE};

/// The hash slot of a type whose instances cannot be hashed (`PyObject_HashNotImplemented`): `__hash__` is None.
///
/// # Errors
/// TypeError always.
pub fn hash_not_implemented(vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    Err(vm.type_error(format!("unhashable type: '{}'", value.class().name())))
}

impl Vm<'_> {
    /// `a op b` (`PyObject_RichCompare`).
    ///
    /// # Errors
    /// What the comparison raises; TypeError for an ordering that neither side knows.
    #[inline]
    pub fn rich_compare(self, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
        if let Some(answer) = compare_immediate(a, b, op) {
            return Ok(Value::from_bool(answer));
        }
        self.rich_compare_slow(a, b, op)
    }

    #[inline(never)]
    fn rich_compare_slow(self, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
        let (left, right) = (a.class(), b.class());
        if std::ptr::eq(left, right)
            && let Some(texts) = a.downcast_exact::<PyStr>().zip(b.downcast_exact::<PyStr>())
        {
            return Ok(Value::from_bool(compare_texts(texts.0, texts.1, op)));
        }
        if matches!(op, CompareOp::Eq | CompareOp::Ne)
            && compares_as(left, OBJECT.get())
            && compares_as(right, OBJECT.get())
        {
            return self.compare_identity(a, b, op);
        }
        self.check_recursion(" in comparison")?;
        let mut reflected_tried = false;
        if !std::ptr::eq(left, right)
            && right.is_subtype(left)
            && let Some(compare) = right.slots.richcompare.get()
        {
            reflected_tried = true;
            let result = compare(self, b, a, op.swapped())?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        if let Some(compare) = left.slots.richcompare.get() {
            let result = compare(self, a, b, op)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        if reflected_tried {
            self.compare_identity(a, b, op)
        } else {
            self.compare_declined(a, b, op)
        }
    }

    /// `a op b`, which a's class has declined: as b's class has it, else by identity.
    ///
    /// # Errors
    /// As for [`rich_compare`](Self::rich_compare).
    pub fn compare_declined(self, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
        if let Some(compare) = b.class().slots.richcompare.get() {
            let result = compare(self, b, a, op.swapped())?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        self.compare_identity(a, b, op)
    }

    fn compare_identity(self, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
        match op {
            CompareOp::Eq => Ok(Value::from_bool(a.is(b))),
            CompareOp::Ne => Ok(Value::from_bool(!a.is(b))),
            _ => Err(self.type_error(format!(
                "'{}' not supported between instances of '{}' and '{}'",
                op.text(),
                a.class().name(),
                b.class().name()
            ))),
        }
    }

    /// `a op b` as a truth value; the same object is equal to itself (`PyObject_RichCompareBool`).
    ///
    /// # Errors
    /// What the comparison raises.
    #[inline]
    pub fn compare_bool(self, a: &Value, b: &Value, op: CompareOp) -> PyResult<bool> {
        if a.is(b) {
            match op {
                CompareOp::Eq => return Ok(true),
                CompareOp::Ne => return Ok(false),
                _ => {}
            }
        }
        if let Some(answer) = compare_immediate(a, b, op) {
            return Ok(answer);
        }
        let result = self.rich_compare_slow(a, b, op)?;
        match result.as_bool() {
            Some(truth) => Ok(truth),
            None => self.is_true(&result),
        }
    }

    /// Whether `a` and `b` are the same object or equal.
    ///
    /// # Errors
    /// What the comparison raises.
    #[inline]
    pub fn equal(self, a: &Value, b: &Value) -> PyResult<bool> {
        match known_equal(a, b) {
            Some(known) => Ok(known),
            None => self.compare_bool(a, b, CompareOp::Eq),
        }
    }

    /// `hash(value)`
    ///
    /// # Errors
    /// TypeError for what cannot be hashed, or what `__hash__` raises.
    #[inline]
    pub fn hash(self, value: &Value) -> PyResult<i64> {
        match value.class().slots.hash.get() {
            Some(hash) => hash(self, value),
            None => hash_not_implemented(self, value),
        }
    }

    /// `bool(value)`
    ///
    /// # Errors
    /// What `__bool__` or `__len__` raises.
    #[inline]
    pub fn is_true(self, value: &Value) -> PyResult<bool> {
        if let Some(known) = value.as_bool() {
            return Ok(known);
        }
        if let Some(small) = value.as_small_int() {
            return Ok(small != 0);
        }
        if value.is_none() {
            return Ok(false);
        }
        let slots = &value.class().slots;
        if let Some(truth) = slots.nb_bool.get() {
            return truth(self, value);
        }
        match slots.mp_length.get().or(slots.sq_length.get()) {
            Some(length) => length(self, value).map(|length| length != 0),
            None => Ok(true),
        }
    }
}

/// The hash of an immediate int, or of an exact str or tuple whose hash is known or follows from known ones.
#[inline]
#[must_use]
pub fn known_hash(value: &Value) -> Option<i64> {
    if let Some(small) = value.as_small_int() {
        return Some(hash::int(small));
    }
    if let Some(text) = value.downcast_exact::<PyStr>() {
        return text.known_text_hash().map(u64::cast_signed);
    }
    value.downcast_exact::<PyTuple>()?.known_hash()
}

/// Whether two values are equal, where that is told without running code: the same object, numbers that are immediate,
/// exact str, bytes, and tuples of such, and objects that are equal to themselves only.
#[inline]
#[must_use]
pub fn known_equal(a: &Value, b: &Value) -> Option<bool> {
    if a.is(b) {
        return Some(true);
    }
    match (a.as_object(), b.as_object()) {
        (Some(x), Some(y)) if std::ptr::eq(x.class_ptr(), y.class_ptr()) => {
            known_equal_objects(a, b, TUPLES_NESTED_MAX)
        }
        (None, None) => compare_immediate(a, b, CompareOp::Eq),
        _ => None,
    }
}

/// How deep tuples in tuples are looked into without a guard of the native stack.
const TUPLES_NESTED_MAX: u32 = 8;

/// The same for two objects of one class, which may be tuples in tuples `depth` deep.
fn known_equal_objects(a: &Value, b: &Value, depth: u32) -> Option<bool> {
    if let Some((a, b)) = a.downcast_exact::<PyStr>().zip(b.downcast_exact::<PyStr>()) {
        return Some(a.same_text(b));
    }
    if let Some((a, b)) = compared_as_tuple(a).zip(compared_as_tuple(b)) {
        let (a, b) = (a.items(), b.items());
        if a.len() != b.len() {
            return Some(false);
        }
        // Hashes are mostly compared before: so all items will be, and what lies elsewhere is asked for at once.
        for (x, y) in a.iter().zip(b) {
            if !x.is(y) {
                x.prefetch();
                y.prefetch();
            }
        }
        for (x, y) in a.iter().zip(b) {
            if x.is(y) {
                continue;
            }
            let known = match (x.as_object(), y.as_object()) {
                (Some(p), Some(q)) if depth > 0 && std::ptr::eq(p.class_ptr(), q.class_ptr()) => {
                    known_equal_objects(x, y, depth - 1)
                }
                (None, None) => compare_immediate(x, y, CompareOp::Eq),
                _ => None,
            };
            // What comes first is compared first: behind an item that has to be asked nothing is known.
            if !known? {
                return Some(false);
            }
        }
        return Some(true);
    }
    if let Some((a, b)) = a.downcast_exact::<PyBytes>().zip(b.downcast_exact::<PyBytes>()) {
        return Some(a.as_slice() == b.as_slice());
    }
    // Two objects of a class that compares as object does: they are not the same one.
    compares_as(a.class(), OBJECT.get()).then_some(false)
}

/// A tuple that is compared item by item: an exact one, or a named tuple's kind, whose class has no comparison of its own.
#[inline]
fn compared_as_tuple(value: &Value) -> Option<&Py<PyTuple>> {
    if let Some(exact) = value.downcast_exact::<PyTuple>() {
        return Some(exact);
    }
    if compares_as(value.class(), TUPLE.get()) { value.downcast::<PyTuple>() } else { None }
}

/// Whether instances of `class` are compared as those of `base`, which it derives from.
#[inline]
fn compares_as(class: &Py<PyType>, base: &Py<PyType>) -> bool {
    match (class.slots.richcompare.get(), base.slots.richcompare.get()) {
        (Some(own), Some(inherited)) => std::ptr::fn_addr_eq(own, inherited),
        _ => false,
    }
}

/// The answer for two texts.
#[inline]
fn compare_texts(a: &Py<PyStr>, b: &Py<PyStr>, op: CompareOp) -> bool {
    match op {
        CompareOp::Eq => a.same_text(b),
        CompareOp::Ne => !a.same_text(b),
        _ => op.holds(str::compare(a, b)),
    }
}

/// The answer for two immediate numbers of one kind, where a bool is an int.
#[inline]
#[must_use]
pub fn compare_immediate(a: &Value, b: &Value, op: CompareOp) -> Option<bool> {
    immediate_order(a, b).map(|order| op.holds(order))
}

/// The order of two immediate ints or bools, or of two immediate floats.
#[inline]
#[must_use]
pub fn immediate_order(a: &Value, b: &Value) -> Option<Ordering> {
    if let (Some(x), Some(y)) = (a.as_small_int(), b.as_small_int()) {
        return Some(x.cmp(&y));
    }
    if let (Some(x), Some(y)) = (a.as_immediate_float(), b.as_immediate_float()) {
        // An immediate float is never a nan.
        return Some(x.partial_cmp(&y).unwrap_or(Ordering::Equal));
    }
    let int = |value: &Value| value.as_small_int().or_else(|| value.as_bool().map(i64::from));
    Some(int(a)?.cmp(&int(b)?))
}
