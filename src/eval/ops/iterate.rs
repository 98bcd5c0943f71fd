//! `for`.

use objects::core::errors::PyResult;
use objects::core::frame::{Register, frame_flags};
use objects::core::object::Payload;
use objects::core::value::Value;
use objects::types::bytes::PyBytesIterator;
use objects::types::dict::{PyDictItemIterator, PyDictKeyIterator};
use objects::types::generator::{GeneratorCore, GeneratorState};
use objects::types::iterators::{PyEnumerate, PyZip};
use objects::types::list::PyListIterator;
use objects::types::range::PyRangeIterator;
use objects::types::set::{PySetIterator, Step};
use objects::types::str::PyStrIterator;
use objects::types::tuple::PyTupleIterator;

use super::{native_handlers, slow_handlers};
use crate::dispatch::{FAILED, Form, begin, call_out, jump};
use crate::generator_frames;
use crate::machine::{Machine, borrow, drop_bits, is_exactly, payload, word_flags};
use crate::word_ops::{op, word_count};

/// How many words FOR_ITER has.
pub(crate) const WORDS: usize = 2;

native_handlers! {
    /// `iter(a)` replaces a.
    get_iter 1 => |m| {
        let iterator = m.vm().iter(m.peek(m.a()))?;
        drop(m.take(m.a()));
        m.put(m.a(), iterator);
        Ok(())
    };
}

slow_handlers! {
    /// The next item of iterator b goes to a; at the end, jump.
    for_iter => for_slow;
}

#[expect(clippy::cast_possible_truncation, reason = "the cache's lower half is a distance")]
fn distance(m: &Machine) -> isize {
    m.cache(1) as i32 as isize
}

/// The counter stands above the distance here.
fn specialise(m: &Machine) {
    let iterator = m.bits_b();
    let chosen = if is_exactly::<PyRangeIterator>(iterator) {
        op::FOR_RANGE
    } else if is_exactly::<PyListIterator>(iterator) {
        op::FOR_LIST
    } else if is_exactly::<PyTupleIterator>(iterator) {
        op::FOR_TUPLE
    } else if is_exactly::<GeneratorCore>(iterator) {
        op::FOR_GENERATOR
    } else if is_exactly::<PySetIterator>(iterator) {
        op::FOR_SET
    } else if is_exactly::<PyDictKeyIterator>(iterator) {
        op::FOR_KEYS
    } else if is_exactly::<PyStrIterator>(iterator) {
        op::FOR_STR
    } else if is_exactly::<PyBytesIterator>(iterator) {
        op::FOR_BYTES
    } else if takes_pairs_apart(m) && gives_pairs(iterator) {
        op::FOR_PAIR
    } else {
        op::FOR_NATIVE
    };
    m.set_op(chosen);
    m.set_counter(15);
}

/// The locals to which the word behind stores the two parts of the item; None when it leaves them on the stack.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "fields of a word")]
fn locals_of_pair(m: &Machine) -> Option<(usize, usize)> {
    let behind = m.cache(WORDS);
    let locals = (usize::from((behind >> 32) as u16), usize::from((behind >> 48) as u16));
    (behind as u8 == op::UNPACK_PAIR).then_some(locals)
}

/// Whether the word behind takes the item apart into two.
fn takes_pairs_apart(m: &Machine) -> bool {
    let behind = m.cache(WORDS);
    #[expect(clippy::cast_possible_truncation, reason = "the operation is the low byte")]
    let code = behind as u8;
    code == op::UNPACK_PAIR || code == op::UNPACK_SEQUENCE && behind >> 32 == 2
}

fn gives_pairs(iterator: u64) -> bool {
    is_exactly::<PyEnumerate>(iterator)
        || is_exactly::<PyDictItemIterator>(iterator)
        || (is_exactly::<PyZip>(iterator) && payload::<PyZip>(iterator).makes_pairs())
}

/// The pairs of enumerate, zip or `dict.items()` that the word behind takes apart: no tuple is made.
#[inline(always)]
pub(crate) fn for_pair<F: Form>(m: Machine) -> F::Out {
    match call_out(m, next_pair) {
        FAILED => F::raise(m),
        ARRIVED => F::next(m, WORDS + word_count(op::UNPACK_SEQUENCE)),
        ENDED => jump::<F>(m, distance(&m)),
        _ => F::slow(m, for_slow),
    }
}

/// Answers of [`next_pair`].
const ARRIVED: u64 = 1;
const ENDED: u64 = 2;
const OTHER: u64 = 3;

fn next_pair(m: Machine) -> u64 {
    let (vm, iterator) = (m.vm(), m.bits_b());
    let pair = if is_exactly::<PyEnumerate>(iterator) {
        payload::<PyEnumerate>(iterator).next_pair(vm)
    } else if is_exactly::<PyDictItemIterator>(iterator) {
        payload::<PyDictItemIterator>(iterator).next_pair(vm)
    } else if is_exactly::<PyZip>(iterator) && payload::<PyZip>(iterator).makes_pairs() {
        payload::<PyZip>(iterator).next_pair(vm)
    } else {
        return OTHER;
    };
    match pair {
        Ok(Some((first, second))) => {
            if let Some((a, b)) = locals_of_pair(&m) {
                let old = [m.register(a), m.register(b)];
                m.put(a, first);
                m.put(b, second);
                old.into_iter().for_each(|old| drop_bits(old.0));
            } else {
                m.put(m.a(), second);
                m.put(m.a() + 1, first);
            }
            ARRIVED
        }
        Ok(None) => ENDED,
        Err(_raised) => FAILED,
    }
}

/// An iterator of any class: what its slot gives.
#[inline(always)]
pub(crate) fn for_native<F: Form>(m: Machine) -> F::Out {
    let iterator = m.bits_b();
    if is_exactly::<GeneratorCore>(iterator) || is_exactly::<PyListIterator>(iterator) {
        return F::slow(m, for_slow);
    }
    let item = call_out(m, |m| match m.vm().next_by_slot(&borrow(m.bits_b())) {
        Ok(Some(item)) => item.into_bits(),
        Ok(None) => Register::NULL.0,
        Err(_raised) => FAILED,
    });
    if item == FAILED {
        return F::raise(m);
    }
    if item == Register::NULL.0 {
        return jump::<F>(m, distance(&m));
    }
    F::store(m, item, WORDS)
}

fn for_slow(m: &mut Machine) -> PyResult<()> {
    if m.count_down() {
        specialise(m);
    }
    let (vm, iterator) = (m.vm(), borrow(m.bits_b()));
    let next = if crate::events::watches_raise(vm) {
        crate::events::next(vm, &iterator)?
    } else {
        vm.next(&iterator)?
    };
    deliver(m, next);
    Ok(())
}

/// Stores an item, or leaves the loop.
fn deliver(m: &mut Machine, item: Option<Value>) {
    match item {
        Some(item) => {
            let old = m.register(m.a());
            m.put(m.a(), item);
            if m.has(word_flags::DST_LOCAL) {
                drop_bits(old.0);
            }
            m.advance(WORDS);
        }
        None => m.jump_by(distance(m)),
    }
}

/// A range iterator.
#[inline(always)]
pub(crate) fn for_range<F: Form>(m: Machine) -> F::Out {
    let iterator = m.bits_b();
    if !is_exactly::<PyRangeIterator>(iterator) {
        return F::slow(m, for_slow);
    }
    let range = payload::<PyRangeIterator>(iterator);
    match range.next_immediate() {
        Some(bits) => F::store(m, bits, WORDS),
        None if range.is_at_end() => jump::<F>(m, distance(&m)),
        None => F::slow(m, for_slow),
    }
}

/// A list iterator.
#[inline(always)]
pub(crate) fn for_list<F: Form>(m: Machine) -> F::Out {
    let iterator = m.bits_b();
    if !is_exactly::<PyListIterator>(iterator) {
        return F::slow(m, for_slow);
    }
    match payload::<PyListIterator>(iterator).advance_within() {
        Some(item) => F::store(m, item.into_bits(), WORDS),
        None => F::elsewhere(m, |m| {
            m.note();
            payload::<PyListIterator>(m.bits_b()).finish();
            jump::<F>(m, distance(&m))
        }),
    }
}

/// A tuple iterator.
#[inline(always)]
pub(crate) fn for_tuple<F: Form>(m: Machine) -> F::Out {
    let iterator = m.bits_b();
    if !is_exactly::<PyTupleIterator>(iterator) {
        return F::slow(m, for_slow);
    }
    match payload::<PyTupleIterator>(iterator).advance_within() {
        Some(item) => F::store(m, item.into_bits(), WORDS),
        None => F::elsewhere(m, |m| {
            m.note();
            payload::<PyTupleIterator>(m.bits_b()).finish();
            jump::<F>(m, distance(&m))
        }),
    }
}

/// A set iterator.
#[inline(always)]
pub(crate) fn for_set<F: Form>(m: Machine) -> F::Out {
    let iterator = m.bits_b();
    if !is_exactly::<PySetIterator>(iterator) {
        return F::slow(m, for_slow);
    }
    match payload::<PySetIterator>(iterator).step() {
        Step::Item(item) => F::store(m, item.into_bits(), WORDS),
        Step::Other => F::slow(m, for_slow),
        Step::End => F::elsewhere(m, |m| {
            m.note();
            payload::<PySetIterator>(m.bits_b()).finish();
            jump::<F>(m, distance(&m))
        }),
    }
}

/// An iterator of class `I` that is not at its end, and of which nothing else is special.
#[inline(always)]
fn for_within<F: Form, I: Payload>(m: Machine, advance: impl Fn(&I) -> Option<Value>) -> F::Out {
    let iterator = m.bits_b();
    if is_exactly::<I>(iterator)
        && let Some(item) = advance(payload::<I>(iterator))
    {
        return F::store(m, item.into_bits(), WORDS);
    }
    F::slow(m, for_slow)
}

/// The keys of a dict.
#[inline(always)]
pub(crate) fn for_keys<F: Form>(m: Machine) -> F::Out {
    for_within::<F, _>(m, PyDictKeyIterator::advance_within)
}

/// The characters of a str.
#[inline(always)]
pub(crate) fn for_str<F: Form>(m: Machine) -> F::Out {
    for_within::<F, _>(m, PyStrIterator::advance_cached)
}

/// The bytes of bytes.
#[inline(always)]
pub(crate) fn for_bytes<F: Form>(m: Machine) -> F::Out {
    for_within::<F, _>(m, PyBytesIterator::advance_within)
}

/// A generator goes on without native recursion.
#[inline(always)]
pub(crate) fn for_generator<F: Form>(m: Machine) -> F::Out {
    let iterator = m.bits_b();
    if is_exactly::<GeneratorCore>(iterator) {
        let mut next = m;
        let generator = payload::<GeneratorCore>(iterator);
        let none = Register::from_value(Value::NONE);
        if generator_frames::resume_plain(&mut next, generator, none, frame_flags::FROM_FOR) {
            return begin::<F>(next);
        }
    }
    F::elsewhere(m, for_chain::<F>)
}

/// A generator that delegates: the innermost one goes on.
#[inline(always)]
fn for_chain<F: Form>(m: Machine) -> F::Out {
    let iterator = m.bits_b();
    if is_exactly::<GeneratorCore>(iterator) {
        let mut next = m;
        let generator = payload::<GeneratorCore>(iterator);
        let none = Register::from_value(Value::NONE);
        if generator_frames::resume_chain(&mut next, generator, none, frame_flags::FROM_FOR) {
            return begin::<F>(next);
        }
    }
    F::slow(m, for_generator_slow)
}

fn for_generator_slow(m: &mut Machine) -> PyResult<()> {
    let iterator = m.bits_b();
    if !is_exactly::<GeneratorCore>(iterator) {
        return for_slow(m);
    }
    let generator = payload::<GeneratorCore>(iterator);
    if !matches!(generator.settled_state(), GeneratorState::Created | GeneratorState::Suspended) {
        return for_slow(m);
    }
    generator_frames::resume_inline(
        m,
        generator,
        Register::from_value(Value::NONE),
        frame_flags::FROM_FOR,
    )
}

/// The generator that a `for` resumed yielded `value`: the frame of the `for` goes on.
pub(crate) fn item_arrived(m: &mut Machine, value: Value) {
    deliver(m, Some(value));
}

/// The generator that a `for` resumed returned: the loop ends.
pub(crate) fn exhausted(m: &mut Machine) {
    deliver(m, None);
}
