//! Jumps, truth, the breaker.

use std::sync::atomic::Ordering;

use objects::core::errors::PyResult;
use objects::core::frame::Register;
use objects::core::object::Py;
use objects::core::slots::CompareOp;
use objects::core::type_object::PyType;
use objects::core::value::{Value, special, word_float};

use super::slow_handlers;
use crate::dispatch::{Form, begin, dying, jump as go};
use crate::frames::Arrival;
use crate::machine::{Machine, borrow, heap_class, word_flags};
use crate::ops::compare;
use crate::ops::containers::plain_length;
use crate::word_ops::op;

/// Jumps.
#[inline(always)]
pub(crate) fn jump<F: Form>(m: Machine) -> F::Out {
    go::<F>(m, m.distance())
}

/// Jumps back, by way of the breaker when it is set.
#[inline(always)]
pub(crate) fn jump_backward<F: Form>(m: Machine) -> F::Out {
    if m.thread().breaker().load(Ordering::Relaxed) != 0 {
        return F::slow(m, |m| {
            crate::breaker::answer(m.vm())?;
            m.jump_by(m.distance());
            Ok(())
        });
    }
    go::<F>(m, m.distance())
}

/// The entry of a frame: by way of the breaker when it is set.
#[inline(always)]
pub(crate) fn resume<F: Form>(m: Machine) -> F::Out {
    if m.thread().breaker().load(Ordering::Relaxed) != 0 {
        return F::slow(m, |m| {
            // Not while delegating: CPython looks at the breaker only where no exception could be lost.
            if m.arg() & 3 < 2 {
                crate::breaker::answer(m.vm())?;
            }
            if !crate::instrument::enter_at_resume(m) {
                m.advance(1);
            }
            Ok(())
        });
    }
    F::next(m, 1)
}

/// Jumps if the bool in a is True.
#[inline(always)]
pub(crate) fn jump_if_true<F: Form>(m: Machine) -> F::Out {
    if m.register(m.a()).0 == special::TRUE { go::<F>(m, m.distance()) } else { F::next(m, 1) }
}

/// Jumps if the bool in a is False.
#[inline(always)]
pub(crate) fn jump_if_false<F: Form>(m: Machine) -> F::Out {
    if m.register(m.a()).0 == special::FALSE { go::<F>(m, m.distance()) } else { F::next(m, 1) }
}

/// Jumps if a is None.
#[inline(always)]
pub(crate) fn jump_if_none<F: Form>(m: Machine) -> F::Out {
    let content = m.register(m.a());
    if content.0 == special::NONE {
        return go::<F>(m, m.distance());
    }
    if m.has(word_flags::DROP_B) {
        m.put_register(m.a(), Register::NULL);
        return F::drop_next(m, content, 1);
    }
    F::next(m, 1)
}

/// Jumps if a is not None.
#[inline(always)]
pub(crate) fn jump_if_not_none<F: Form>(m: Machine) -> F::Out {
    let content = m.register(m.a());
    if content.0 == special::NONE {
        return F::next(m, 1);
    }
    if m.has(word_flags::DROP_B) {
        return F::slow(m, |m| {
            drop(m.take(m.a()));
            m.jump_by(m.distance());
            Ok(())
        });
    }
    go::<F>(m, m.distance())
}

/// Whether instances of the class have no say in their truth.
#[inline(always)]
fn is_always_true(class: &Py<PyType>) -> bool {
    let slots = &class.slots;
    slots.nb_bool.get().is_none()
        && slots.mp_length.get().is_none()
        && slots.sq_length.get().is_none()
}

/// The truth of a word that needs no code to tell: 1, 0, or 2 when it does.
#[inline(always)]
fn plain_truth(bits: u64) -> u8 {
    match bits {
        special::TRUE => 1,
        special::FALSE | special::NONE | special::ZERO | special::MINUS_ZERO | 3 => 0,
        _ if bits & 2 != 0 => 1,
        _ => match plain_length(bits) {
            Some(0) => 0,
            Some(_) => 1,
            None if heap_class(bits).is_some_and(is_always_true) => 1,
            None => 2,
        },
    }
}

/// `bool(b)` goes to a.
#[inline(always)]
pub(crate) fn to_bool<F: Form>(m: Machine) -> F::Out {
    match plain_truth(m.bits_b()) {
        2 => F::slow(m, |m| {
            let truth = m.vm().is_true(&borrow(m.bits_b()))?;
            m.finish(Value::from_bool(truth), 1);
            Ok(())
        }),
        truth => F::store_drop_b(m, if truth == 1 { special::TRUE } else { special::FALSE }, 1),
    }
}

/// Jumps if the truth of a is what the flag says.
#[inline(always)]
pub(crate) fn to_bool_jump<F: Form>(m: Machine) -> F::Out {
    let truth = plain_truth(m.register(m.a()).0);
    if truth == 2 {
        return F::slow(m, to_bool_jump_slow);
    }
    let taken = (truth == 1) == m.has(word_flags::INVERT);
    let dying = if m.has(word_flags::DROP_B) { m.register(m.a()) } else { Register::NULL };
    F::drop_branch(m, [dying, Register::NULL], taken, m.distance(), 1)
}

fn to_bool_jump_slow(m: &mut Machine) -> PyResult<()> {
    let truth = m.vm().is_true(m.peek(m.a()))?;
    if m.has(word_flags::DROP_B) {
        drop(m.take(m.a()));
    }
    if truth == m.has(word_flags::INVERT) {
        m.jump_by(m.distance());
    } else {
        m.advance(1);
    }
    Ok(())
}

/// `not b`, a bool, goes to a.
#[inline(always)]
pub(crate) fn unary_not<F: Form>(m: Machine) -> F::Out {
    let result = if m.bits_b() == special::TRUE { special::FALSE } else { special::TRUE };
    F::store(m, result, 1)
}

/// The jump of a fused comparison.
#[inline(always)]
fn near<F: Form>(m: Machine) -> F::Out {
    go::<F>(m, near_distance(m))
}

/// How far a fused comparison or test for an item jumps.
#[inline(always)]
pub(crate) fn near_distance(m: Machine) -> isize {
    #[expect(clippy::cast_possible_truncation, reason = "the field holds 16 bits")]
    let distance = (m.word >> 16) as u16;
    distance.cast_signed() as isize
}

/// Whether the mask in the flags accepts an ordering: 0 less, 1 equal, 2 greater, 3 unordered.
#[inline(always)]
fn accepts(m: Machine, ordering: u8) -> bool {
    (m.flags() >> (4 + ordering)) & 1 != 0
}

slow_handlers! {
    /// Jumps if the comparison of b and c is what the flags say.
    compare_jump => compare_jump_slow;
    /// The same with the constant in the second cache word as c.
    compare_jump_const => compare_jump_const_slow;
}

fn compare_jump_const_slow(m: &mut Machine) -> PyResult<()> {
    let (b, c) = (m.bits_b(), m.cache(2));
    if m.count_down() {
        let texts = compare::kind(b, c) == compare::Kind::Str && matches!(m.cache(1) & 7, 2 | 3);
        m.set_op(if texts { op::COMPARE_JUMP_STR_CONST } else { op::COMPARE_JUMP_CONST });
        m.set_counter(if texts { 15 } else { 63 });
    }
    compare_and_jump(m, b, c, 3)
}

/// Compares and jumps or goes on by `words` words.
fn compare_and_jump(m: &mut Machine, b: u64, c: u64, words: usize) -> PyResult<()> {
    let vm = m.vm();
    let result = vm.rich_compare(&borrow(b), &borrow(c), compare::operator(m.cache(1)))?;
    let truth = match result.as_bool() {
        Some(truth) => truth,
        None => vm.is_true(&result)?,
    };
    drop(result);
    m.drop_operands();
    if truth == (m.cache(1) & 8 != 0) {
        m.jump_by(near_distance(*m));
    } else {
        m.advance(words);
    }
    Ok(())
}

fn compare_jump_slow(m: &mut Machine) -> PyResult<()> {
    if m.count_down() {
        let kind = compare::kind(m.bits_b(), m.bits_c());
        let specialised = match kind {
            compare::Kind::Int => op::COMPARE_JUMP_INT,
            compare::Kind::Float => op::COMPARE_JUMP_FLOAT,
            compare::Kind::Str if matches!(m.cache(1) & 7, 2 | 3) => op::COMPARE_JUMP_STR,
            _ if compare::is_python(m) => op::COMPARE_JUMP_PYTHON,
            _ => op::COMPARE_JUMP,
        };
        m.set_op(specialised);
        m.set_counter(if specialised == op::COMPARE_JUMP { 63 } else { 15 });
    }
    compare_and_jump(m, m.bits_b(), m.bits_c(), 2)
}

/// The same for instances of a class made in Python, run without native recursion.
#[inline(always)]
pub(crate) fn compare_jump_python<F: Form>(m: Machine) -> F::Out {
    F::elsewhere(m, |m| {
        let mut next = m;
        if compare::enter_comparison(&mut next, Arrival::Jump) {
            return begin::<F>(next);
        }
        F::slow(m, compare_jump_slow)
    })
}

/// The function that answers the comparison gave `value`: jumps or goes on by `words` words.
pub(crate) fn comparison_arrived(m: &mut Machine, value: Value, words: usize) -> PyResult<()> {
    let result = compare::arrived(m, value)?;
    let truth = match result.as_bool() {
        Some(truth) => truth,
        None => m.vm().is_true(&result)?,
    };
    drop(result);
    m.drop_operands();
    if truth == (m.cache(1) & 8 != 0) {
        m.jump_by(near_distance(*m));
    } else {
        m.advance(words);
    }
    Ok(())
}

/// The same for a bool, without a way through the frame below.
#[inline(always)]
pub(crate) fn truth_arrived<F: Form>(m: Machine, truth: bool, words: usize) -> F::Out {
    F::drop_branch(m, dying(m), truth == (m.cache(1) & 8 != 0), near_distance(m), words)
}

/// The same for ints.
#[inline(always)]
pub(crate) fn compare_jump_int<F: Form>(m: Machine) -> F::Out {
    let (b, c) = (m.bits_b(), m.bits_c());
    if b & c & 3 != 3 {
        return F::slow(m, compare_jump_slow);
    }
    let (b, c) = (b.cast_signed(), c.cast_signed());
    let ordering = u8::from(b >= c) + u8::from(b > c);
    if accepts(m, ordering) { near::<F>(m) } else { F::next(m, 2) }
}

/// The same for floats.
#[inline(always)]
pub(crate) fn compare_jump_float<F: Form>(m: Machine) -> F::Out {
    let (Some(b), Some(c)) = (word_float(m.bits_b()), word_float(m.bits_c())) else {
        return F::slow(m, compare_jump_slow);
    };
    let ordering = u8::from(b >= c) + u8::from(b > c);
    if accepts(m, ordering) { near::<F>(m) } else { F::next(m, 2) }
}

/// The same for the equality of strs.
#[inline(always)]
pub(crate) fn compare_jump_str<F: Form>(m: Machine) -> F::Out {
    match compare::same_interned(m.bits_b(), m.bits_c()) {
        2 => F::elsewhere(m, |m| match compare::same_text(m.bits_b(), m.bits_c()) {
            2 => F::slow(m, compare_jump_slow),
            same => jump_if_accepted::<F>(m, same, 2),
        }),
        same => jump_if_accepted::<F>(m, same, 2),
    }
}

/// The same for the equality of a str and a constant.
#[inline(always)]
pub(crate) fn compare_jump_str_const<F: Form>(m: Machine) -> F::Out {
    match compare::same_interned(m.bits_b(), m.cache(2)) {
        2 => F::elsewhere(m, |m| match compare::same_text(m.bits_b(), m.cache(2)) {
            2 => F::slow(m, compare_jump_const_slow),
            same => jump_if_accepted::<F>(m, same, 3),
        }),
        same => jump_if_accepted::<F>(m, same, 3),
    }
}

/// Jumps if the mask accepts the ordering, else goes on by `words` words; the operands die.
#[inline(always)]
fn jump_if_accepted<F: Form>(m: Machine, ordering: u8, words: usize) -> F::Out {
    F::drop_branch(m, dying(m), accepts(m, ordering), near_distance(m), words)
}

/// What a comparison's number means.
pub(crate) const OPERATORS: [CompareOp; 6] =
    [CompareOp::Lt, CompareOp::Le, CompareOp::Eq, CompareOp::Ne, CompareOp::Gt, CompareOp::Ge];
