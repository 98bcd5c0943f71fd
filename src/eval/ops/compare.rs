//! Comparisons, identity, containment.

use objects::core::errors::PyResult;
use objects::core::object::{Py, flags};
use objects::core::slot_functions;
use objects::core::slots::CompareOp;
use objects::core::value::{Value, special, word_float};
use objects::core::vm::Vm;
use objects::types::dict::PyDict;
use objects::types::function::PyFunction;
use objects::types::set::{PyFrozenSet, PySet};
use objects::types::str::PyStr;

use super::slow_handlers;
use crate::dispatch::{self, FAILED, Form, begin, call_out, dying};
use crate::enter::is_exact;
use crate::frames::{self, Arrival};
use crate::machine::{Machine, borrow, heap_class, is_exactly, payload, word_flags};
use crate::objects_access::{NOWHERE, UNKNOWN, char_position, dict_position, set_position};
use crate::ops::arithmetic;
use crate::ops::jumps::{OPERATORS, near_distance};
use crate::word_ops::op;

/// What a comparison's operands are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Int,
    Float,
    Str,
    Other,
}

/// What the operands are.
pub(crate) fn kind(b: u64, c: u64) -> Kind {
    if b & c & 3 == 3 {
        Kind::Int
    } else if word_float(b).is_some() && word_float(c).is_some() {
        Kind::Float
    } else if is_exactly::<PyStr>(b) && is_exactly::<PyStr>(c) {
        Kind::Str
    } else {
        Kind::Other
    }
}

/// The operator in a comparison's cache word.
pub(crate) fn operator(cache: u64) -> CompareOp {
    OPERATORS[(cache & 7) as usize % 6]
}

/// Whether two exact strs have the same text, as far as their addresses tell: 1, 0, or 2 when the characters have to be
/// looked at, or one is no exact str.
#[inline(always)]
pub(crate) fn same_interned(b: u64, c: u64) -> u8 {
    let interned = |bits: u64| {
        is_exactly::<PyStr>(bits) && payload::<PyStr>(bits).as_object().has_flags(flags::INTERNED)
    };
    if b == c {
        return if is_exactly::<PyStr>(b) { 1 } else { 2 };
    }
    if interned(b) && interned(c) { 0 } else { 2 }
}

/// As [`same_interned`], by the characters: 2 when one is no exact str. A function of its own, so that a handler that calls
/// it keeps no more registers than it needs.
#[inline(never)]
pub(crate) fn same_text(b: u64, c: u64) -> u8 {
    if !is_exactly::<PyStr>(b) || !is_exactly::<PyStr>(c) {
        return 2;
    }
    u8::from(payload::<PyStr>(b).same_text(payload::<PyStr>(c)))
}

slow_handlers! {
    /// The comparison of b and c goes to a.
    compare_op => compare_slow;
}

/// Where b is in container c, as far as no code has to run to tell.
#[inline(always)]
fn known_position(m: Machine) -> usize {
    let container = m.bits_c();
    if is_exactly::<PyDict>(container) {
        dict_position(payload::<PyDict>(container), m.bits_b())
    } else if is_exactly::<PySet>(container) {
        set_position(payload::<PySet>(container).core(), m.bits_b())
    } else if is_exactly::<PyFrozenSet>(container) {
        set_position(payload::<PyFrozenSet>(container).core(), m.bits_b())
    } else if is_exactly::<PyStr>(container) {
        char_position(container, m.bits_b())
    } else {
        UNKNOWN
    }
}

/// Ends the word with whether b is in c, by `end`: a function, or a closure that captures nothing.
#[inline(always)]
fn find<F: Form, E: Fn(Machine, bool) -> F::Out + Copy>(m: Machine, end: E) -> F::Out {
    let position = known_position(m);
    if position == UNKNOWN {
        return F::elsewhere(m, move |m| match call_out(m, contains_anything) {
            FAILED => F::raise(m),
            answer => end(m, answer == THERE),
        });
    }
    end(m, position != NOWHERE)
}

/// `b in c` goes to a.
#[inline(always)]
pub(crate) fn contains_op<F: Form>(m: Machine) -> F::Out {
    find::<F, _>(m, store_found::<F>)
}

#[inline(always)]
fn store_found<F: Form>(m: Machine, found: bool) -> F::Out {
    let holds = found != m.has(word_flags::INVERT);
    F::store_drop_operands(m, if holds { special::TRUE } else { special::FALSE }, 2)
}

/// Jumps if b is in c; with the flag, if it is not.
#[inline(always)]
pub(crate) fn contains_jump<F: Form>(m: Machine) -> F::Out {
    find::<F, _>(m, jump_if_found::<F>)
}

#[inline(always)]
fn jump_if_found<F: Form>(m: Machine, found: bool) -> F::Out {
    let jumps = found != m.has(word_flags::INVERT);
    F::drop_branch(m, dying(m), jumps, near_distance(m), 2)
}

/// An answer of [`contains_anything`]: the item is there.
const THERE: u64 = 1;
const NOT_THERE: u64 = 2;

/// Whether b is in any container, as its class has it.
fn contains_anything(m: Machine) -> u64 {
    match m.vm().contains(&borrow(m.bits_c()), &borrow(m.bits_b())) {
        Ok(true) => THERE,
        Ok(false) => NOT_THERE,
        Err(_raised) => FAILED,
    }
}

fn compare_slow(m: &mut Machine) -> PyResult<()> {
    if m.count_down() {
        let specialised = match kind(m.bits_b(), m.bits_c()) {
            Kind::Int => op::COMPARE_INT,
            Kind::Float => op::COMPARE_FLOAT,
            Kind::Str if matches!(m.cache(1) & 7, 2 | 3) => op::COMPARE_STR,
            _ if is_python(m) => op::COMPARE_PYTHON,
            _ => op::COMPARE_NATIVE,
        };
        m.set_op(specialised);
        m.set_counter(if specialised == op::COMPARE_NATIVE { 63 } else { 15 });
    }
    let result = compared(m)?;
    m.finish(result, 2);
    Ok(())
}

/// The Python function that answers the comparison first: operands of one class, whose right one has nothing to say before.
pub(crate) fn python_comparison(
    vm: Vm<'_>,
    b: u64,
    c: u64,
    operator: CompareOp,
) -> Option<&Py<PyFunction>> {
    let class = heap_class(b).filter(|class| class.is_heap_type())?;
    if !heap_class(c).is_some_and(|other| other.is(class)) {
        return None;
    }
    let name = slot_functions::comparison_name(vm, operator);
    let function = arithmetic::special_function(vm, class, name)?;
    let runs = function.code.with(|code| is_exact(code, 2) && !code.is_generator_like());
    runs.then_some(function)
}

/// Whether a Python function answers the comparison first.
pub(crate) fn is_python(m: &Machine) -> bool {
    python_comparison(m.vm(), m.bits_b(), m.bits_c(), operator(m.cache(1))).is_some()
}

/// Enters the frame of the Python function that answers the comparison. False, with nothing done, when there is none, or when
/// the slow way is needed.
#[inline(always)]
pub(crate) fn enter_comparison(next: &mut Machine, arrival: Arrival) -> bool {
    let (b, c) = (next.bits_b(), next.bits_c());
    python_comparison(next.vm(), b, c, operator(next.cache(1))).is_some_and(|function| {
        let values = [b, c].into_iter().map(|bits| Value::clone(&borrow(bits)));
        frames::push_plain_operator(next, function, values, arrival, 2)
    })
}

/// The comparison of instances of a class made in Python, run without native recursion.
#[inline(always)]
pub(crate) fn compare_python<F: Form>(m: Machine) -> F::Out {
    F::elsewhere(m, |m| {
        let mut next = m;
        if enter_comparison(&mut next, Arrival::Comparison) {
            return begin::<F>(next);
        }
        F::slow(m, compare_slow)
    })
}

/// What a comparison comes to whose function gave `value`.
pub(crate) fn arrived(m: &Machine, value: Value) -> PyResult<Value> {
    let vm = m.vm();
    let result = if value.is_not_implemented() {
        let (b, c) = (borrow(m.bits_b()), borrow(m.bits_c()));
        vm.compare_declined(&b, &c, operator(m.cache(1)))?
    } else {
        value
    };
    truth_if_wanted(m, result)
}

fn truth_if_wanted(m: &Machine, result: Value) -> PyResult<Value> {
    if m.cache(1) & 8 != 0 && result.as_bool().is_none() {
        return Ok(Value::from_bool(m.vm().is_true(&result)?));
    }
    Ok(result)
}

/// The comparison as the operands' classes have it.
fn compared(m: &Machine) -> PyResult<Value> {
    let vm = m.vm();
    let result = vm.rich_compare(&borrow(m.bits_b()), &borrow(m.bits_c()), operator(m.cache(1)))?;
    truth_if_wanted(m, result)
}

/// The same for what has no word of its own.
#[inline(always)]
pub(crate) fn compare_native<F: Form>(m: Machine) -> F::Out {
    let (b, c) = (m.bits_b(), m.bits_c());
    // Two numbers ask for another word, and a counter that has run out for a look at the operands.
    if b & c & 2 != 0 || m.cache(1) >> 48 == 0 {
        return F::slow(m, compare_slow);
    }
    let result = call_out(m, |m| {
        m.count_down();
        dispatch::answer(compared(&m))
    });
    match result {
        FAILED => F::raise(m),
        bits => F::store_drop_operands(m, bits, 2),
    }
}

#[inline(always)]
fn answer<F: Form>(m: Machine, ordering: u8) -> F::Out {
    let truth = (m.flags() >> (4 + ordering)) & 1 != 0;
    F::store(m, if truth { special::TRUE } else { special::FALSE }, 2)
}

/// The same for ints.
#[inline(always)]
pub(crate) fn compare_int<F: Form>(m: Machine) -> F::Out {
    let (b, c) = (m.bits_b(), m.bits_c());
    if b & c & 3 != 3 {
        return F::slow(m, compare_slow);
    }
    let (b, c) = (b.cast_signed(), c.cast_signed());
    answer::<F>(m, u8::from(b >= c) + u8::from(b > c))
}

/// The same for floats.
#[inline(always)]
pub(crate) fn compare_float<F: Form>(m: Machine) -> F::Out {
    let (Some(b), Some(c)) = (word_float(m.bits_b()), word_float(m.bits_c())) else {
        return F::slow(m, compare_slow);
    };
    answer::<F>(m, u8::from(b >= c) + u8::from(b > c))
}

/// The same for the equality of strs.
#[inline(always)]
pub(crate) fn compare_str<F: Form>(m: Machine) -> F::Out {
    match same_interned(m.bits_b(), m.bits_c()) {
        2 => F::elsewhere(m, |m| match same_text(m.bits_b(), m.bits_c()) {
            2 => F::slow(m, compare_slow),
            same => store_sameness::<F>(m, same),
        }),
        same => store_sameness::<F>(m, same),
    }
}

#[inline(always)]
fn store_sameness<F: Form>(m: Machine, same: u8) -> F::Out {
    let truth = (m.flags() >> (4 + same)) & 1 != 0;
    F::store_drop_operands(m, if truth { special::TRUE } else { special::FALSE }, 2)
}

/// `b is c` goes to a.
#[inline(always)]
pub(crate) fn is_op<F: Form>(m: Machine) -> F::Out {
    if m.flags() & (word_flags::DROP_B | word_flags::DROP_C) != 0 {
        return F::slow(m, |m| {
            let same = m.bits_b() == m.bits_c();
            m.finish(Value::from_bool(same != m.has(word_flags::INVERT)), 1);
            Ok(())
        });
    }
    let same = m.bits_b() == m.bits_c();
    let truth = same != m.has(word_flags::INVERT);
    F::store(m, if truth { special::TRUE } else { special::FALSE }, 1)
}
