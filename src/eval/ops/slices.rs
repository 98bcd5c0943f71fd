//! Slices: parts of sequences taken and replaced. The word names the bounds, so that a builtin sequence needs no object for
//! them.

use objects::core::errors::PyResult;
use objects::core::frame::Register;
use objects::core::value::{Value, special};
use objects::core::vm::Vm;
use objects::types::bytes::PyBytes;
use objects::types::list::{self, PyList};
use objects::types::seq_shared;
use objects::types::slice;
use objects::types::str::{PyStr, storage};
use objects::types::tuple::PyTuple;

use super::slow_handlers;
use crate::dispatch::{self, FAILED, Form, call_out};
use crate::machine::{Borrowed, Machine, borrow, heap_object, is_exactly, payload, word_flags};

const WORDS: usize = 2;

/// How a bound is given: two bits of field c for each, from the lowest on, and 16 bits of the cache word.
pub(crate) mod bound_kind {
    /// It is None.
    pub(crate) const MISSING: u16 = 0;
    /// An int that the word holds.
    pub(crate) const IMMEDIATE: u16 = 1;
    /// In a register.
    pub(crate) const REGISTER: u16 = 2;
    /// In a register, and dies with the word.
    pub(crate) const DYING: u16 = 3;
}

slow_handlers! {
    /// A slice object of the two or three values from a on goes to a.
    build_slice => |m| {
        let base = m.a();
        let (start, stop) = (m.take(base), m.take(base + 1));
        let step = if m.arg() == 3 { m.take(base + 2) } else { Value::NONE };
        m.put(base, slice::new(m.vm(), start, stop, step));
        m.advance(1);
        Ok(())
    };
}

/// The part of b between the bounds goes to a.
#[inline(always)]
pub(crate) fn binary_slice<F: Form>(m: Machine) -> F::Out {
    match call_out(m, |m| dispatch::answer(part(&m))) {
        FAILED => F::raise(m),
        bits => F::store_drop_b(m, bits, WORDS),
    }
}

/// The part of b between the bounds is replaced by a.
#[inline(always)]
pub(crate) fn store_slice<F: Form>(m: Machine) -> F::Out {
    let answer = call_out(m, |m| match replace_part(&m) {
        Ok(()) => 1,
        Err(_raised) => FAILED,
    });
    if answer == FAILED {
        return F::raise(m);
    }
    let dying = |flag, index| if m.has(flag) { m.register(index) } else { Register::NULL };
    let value = dying(word_flags::DROP_A, m.a());
    let container = dying(word_flags::DROP_B, m.b());
    F::drop_all(m, [value, container, Register::NULL], WORDS)
}

/// Kind and field of a bound.
#[expect(clippy::cast_possible_truncation, reason = "fields of a word")]
fn bound_fields(m: &Machine, nth: usize) -> (u16, u16) {
    (m.c() as u16 >> (2 * nth) & 3, (m.cache(1) >> (16 * nth)) as u16)
}

/// Start, stop and step.
#[expect(clippy::cast_possible_wrap, clippy::cast_sign_loss, reason = "the bits are what is kept")]
fn bounds(m: &Machine) -> [Borrowed; 3] {
    std::array::from_fn(|nth| {
        borrow(match bound_fields(m, nth) {
            (bound_kind::MISSING, _) => special::NONE,
            (bound_kind::IMMEDIATE, field) => (i64::from(field as i16) << 2) as u64 | 3,
            (_, register) => m.register(usize::from(register)).0,
        })
    })
}

fn drop_bounds(m: &Machine) {
    for nth in 0..3 {
        if let (bound_kind::DYING, register) = bound_fields(m, nth) {
            drop(m.take_opt(usize::from(register)));
        }
    }
}

fn part(m: &Machine) -> PyResult<Value> {
    let vm = m.vm();
    let whole = borrow(m.bits_b());
    let bounds = bounds(m);
    let plain = match plain_bounds(&bounds) {
        Some(plain) => plain_part(vm, &whole, plain)?,
        None => None,
    };
    let part = match plain {
        Some(part) => part,
        None => vm.get_item(&whole, &slice_object(vm, &bounds))?,
    };
    drop_bounds(m);
    Ok(part)
}

fn replace_part(m: &Machine) -> PyResult<()> {
    let vm = m.vm();
    let (whole, new) = (borrow(m.bits_b()), m.peek(m.a()));
    let bounds = bounds(m);
    if let Some(list) = whole.downcast_exact::<PyList>()
        && let Some(plain) = plain_bounds(&bounds)
    {
        // Of a list that ends with the word the items themselves can be had.
        let ends = m.has(word_flags::DROP_A)
            && heap_object(new.bits()).is_some_and(|object| object.refcount() == 1);
        let items = new.downcast_exact::<PyList>().filter(|_| ends);
        if !items.is_some_and(|items| list::exchange_slice(list, plain, items)) {
            list::assign_slice(vm, list, plain, new)?;
        }
    } else {
        vm.set_item(&whole, &slice_object(vm, &bounds), new)?;
    }
    drop_bounds(m);
    Ok(())
}

fn slice_object(vm: Vm<'_>, bounds: &[Borrowed; 3]) -> Value {
    let [start, stop, step] = bounds.each_ref().map(|bound| Value::clone(bound));
    slice::new(vm, start, stop, step)
}

/// Bounds that are ints or None, missing ones filled in, with a step that is not 0.
fn plain_bounds(bounds: &[Borrowed; 3]) -> Option<(isize, isize, isize)> {
    let plain = |bound: &Value, missing: isize| {
        if bound.is_none() { Some(missing) } else { isize::try_from(bound.as_small_int()?).ok() }
    };
    let [start, stop, step] = bounds;
    let step = plain(step, 1).filter(|&step| step != 0)?;
    let (first, last) = if step < 0 { (isize::MAX, isize::MIN) } else { (0, isize::MAX) };
    Some((plain(start, first)?, plain(stop, last)?, step))
}

/// The part of an exact list, or of an exact str, tuple or bytes without a step; None for anything else.
fn plain_part(vm: Vm<'_>, whole: &Value, bounds: (isize, isize, isize)) -> PyResult<Option<Value>> {
    let bits = whole.bits();
    if is_exactly::<PyList>(bits) {
        let (start, stop, step) = bounds;
        return list::slice(vm, payload::<PyList>(bits), start, stop, step).map(Some);
    }
    if bounds.2 != 1 {
        return Ok(None);
    }
    if is_exactly::<PyStr>(bits) {
        let text = payload::<PyStr>(bits);
        let (start, stop) = range(text.len(), bounds);
        return Ok(Some(storage::slice(vm, text, start, stop)?.into_value()));
    }
    if is_exactly::<PyTuple>(bits) {
        let items = payload::<PyTuple>(bits).items();
        let (start, stop) = range(items.len(), bounds);
        if stop - start == items.len() {
            return Ok(Some(whole.clone()));
        }
        let part = items.get(start..stop).unwrap_or(&[]);
        return Ok(Some(PyTuple::try_new(vm, part)?.into_value()));
    }
    if is_exactly::<PyBytes>(bits) {
        let bytes = payload::<PyBytes>(bits).as_slice();
        let (start, stop) = range(bytes.len(), bounds);
        if stop - start == bytes.len() {
            return Ok(Some(whole.clone()));
        }
        return PyBytes::try_new_value(vm, bytes.get(start..stop).unwrap_or(&[])).map(Some);
    }
    Ok(None)
}

/// Where a slice without a step begins and ends in a sequence of this length.
fn range(length: usize, bounds: (isize, isize, isize)) -> (usize, usize) {
    let range = seq_shared::fit(length, bounds);
    (range.first(), range.first() + range.count)
}
