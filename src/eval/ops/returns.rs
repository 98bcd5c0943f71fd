//! Returns: the frame's variables die, its value goes to the frame below.

use objects::core::errors::PyResult;
use objects::core::frame::{Register, frame_flags};
use objects::core::value::{Value, special};

use crate::dispatch::{Form, jump};
use crate::machine::{Machine, new_reference, owned, word_flags};
use crate::{frames, generator_frames};

/// Returns b. a is the number of variables.
#[inline(always)]
pub(crate) fn return_value<F: Form>(m: Machine) -> F::Out {
    if m.frame().flags != 0 {
        return F::elsewhere(m, return_flagged::<F>);
    }
    let value = m.register(m.b());
    if !m.has(word_flags::DROP_B) {
        m.put_register(m.b(), Register::NULL);
    }
    if !drop_locals(m) {
        m.put_register(m.b(), value);
        return F::elsewhere(m, return_ending::<F>);
    }
    finish_return::<F>(m, value)
}

/// As [`return_value`], from a frame with flags: a generator's, an operator's or one that takes the slow way.
#[inline(always)]
fn return_flagged<F: Form>(m: Machine) -> F::Out {
    let flags = m.frame().flags;
    let value = m.register(m.b());
    let entered = flags == frame_flags::GENERATOR | frame_flags::EXIT;
    if flags & frame_flags::CHAINED != 0 {
        return F::elsewhere(m, return_chained::<F>);
    }
    let generator = entered || generator_frames::is_plain_generator(flags);
    let declined = flags == frame_flags::OPERATOR && !frames::arrives_plainly(m.frame(), value);
    let holds_function = flags == frame_flags::OPERATOR || flags == frame_flags::EXIT;
    let released = holds_function && !declined && crate::machine::release_operator(m);
    if !generator && !released {
        return F::slow(m, return_slow);
    }
    if !m.has(word_flags::DROP_B) {
        m.put_register(m.b(), Register::NULL);
    }
    if drop_locals(m) {
        if flags == frame_flags::EXIT {
            crate::machine::pop_entered(m);
            return F::exit(m, value.0);
        }
        if released {
            return end_operator::<F>(m, value);
        }
        if entered {
            if generator_frames::finish_entered(&m) {
                return F::exit(m, value.0);
            }
        } else if let Some(below) = generator_frames::finish_plain(&m) {
            return end_generator::<F>(below, value, flags);
        }
    }
    m.put_register(m.b(), value);
    F::slow(m, return_slow)
}

/// As [`return_value`], from a generator at the end of a chain.
#[inline(always)]
fn return_chained<F: Form>(m: Machine) -> F::Out {
    let value = m.register(m.b());
    if !m.has(word_flags::DROP_B) {
        m.put_register(m.b(), Register::NULL);
    }
    if drop_locals(m)
        && let Some(below) = generator_frames::finish_chained(&m)
    {
        return end_generator::<F>(below, value, frame_flags::FROM_SEND);
    }
    m.put_register(m.b(), value);
    F::slow(m, return_slow)
}

/// As [`return_value`], from a frame of which at least one variable is the last reference to its object.
#[inline(always)]
fn return_ending<F: Form>(m: Machine) -> F::Out {
    let value = m.register(m.b());
    if !m.has(word_flags::DROP_B) {
        m.put_register(m.b(), Register::NULL);
    }
    m.note();
    m.drop_many(0, m.a());
    if m.frame().flags == 0 {
        return finish_return::<F>(m, value);
    }
    // A destructor has looked at the frame.
    m.put_register(m.b(), value);
    F::slow(m, |m| {
        let value = m.take(m.b());
        end_frame(m, value)
    })
}

/// Takes off an operator's frame, of which nothing is left but its value.
#[inline(always)]
fn end_operator<F: Form>(m: Machine, value: Register) -> F::Out {
    let jumps = frames::decides_jump(m.frame());
    let (below, words) = crate::machine::pop_operator(m);
    if jumps {
        return super::jumps::truth_arrived::<F>(below, value.0 == special::TRUE, words);
    }
    F::store_drop_operands(below, value.0, words)
}

/// A generator that `below`, a FOR_ITER or SEND, had resumed has ended with `value`.
#[inline(always)]
fn end_generator<F: Form>(below: Machine, value: Register, flags: u32) -> F::Out {
    #[expect(clippy::cast_possible_truncation, reason = "the cache's lower half is a distance")]
    let distance = below.cache(1) as i32 as isize;
    if flags & frame_flags::FROM_SEND != 0 {
        below.put_register(below.a() + 1, value);
        return jump::<F>(below, distance);
    }
    F::drop_jump(below, [value, Register::NULL], distance)
}

/// Returns the value in the next word.
#[inline(always)]
pub(crate) fn return_immediate<F: Form>(m: Machine) -> F::Out {
    let flags = m.frame().flags;
    let constructor = flags == frame_flags::CONSTRUCTOR && m.cache(1) == special::NONE;
    if (flags != 0 && !constructor) || !drop_locals(m) {
        return F::elsewhere(m, return_immediate_flagged::<F>);
    }
    if constructor {
        let (below, function) = crate::machine::pop_constructor(m);
        return F::drop_next(below, function, 1);
    }
    finish_return::<F>(m, Register(new_reference(m.cache(1))))
}

/// As [`return_immediate`], from a frame with flags, or of which a variable is the last reference to its object.
#[inline(always)]
fn return_immediate_flagged<F: Form>(m: Machine) -> F::Out {
    let flags = m.frame().flags;
    if flags & frame_flags::CHAINED != 0 {
        if drop_locals(m)
            && let Some(below) = generator_frames::finish_chained(&m)
        {
            let value = Register(new_reference(m.cache(1)));
            return end_generator::<F>(below, value, frame_flags::FROM_SEND);
        }
    } else if flags == generator_frames::AWAITED_STEP {
        if drop_locals(m)
            && let Some(below) = generator_frames::finish_step(&m)
        {
            return F::slow(below, super::generators::iteration_ended);
        }
    } else if generator_frames::is_plain_generator(flags) {
        if drop_locals(m)
            && let Some(below) = generator_frames::finish_plain(&m)
        {
            return end_generator::<F>(below, Register(new_reference(m.cache(1))), flags);
        }
    } else if flags == frame_flags::GENERATOR | frame_flags::EXIT {
        if drop_locals(m) && generator_frames::finish_entered(&m) {
            return F::exit(m, new_reference(m.cache(1)));
        }
    } else if flags == frame_flags::EXIT {
        if drop_locals(m) && crate::machine::release_operator(m) {
            crate::machine::pop_entered(m);
            return F::exit(m, new_reference(m.cache(1)));
        }
    } else if flags == frame_flags::OPERATOR
        && frames::arrives_plainly(m.frame(), Register(m.cache(1)))
    {
        if drop_locals(m) && crate::machine::release_operator(m) {
            return end_operator::<F>(m, Register(new_reference(m.cache(1))));
        }
    } else if flags == 0 {
        m.note();
        m.drop_many(0, m.a());
        if m.frame().flags == 0 {
            return finish_return::<F>(m, Register(new_reference(m.cache(1))));
        }
    }
    F::slow(m, |m| {
        let value = owned(new_reference(m.cache(1)));
        end_frame(m, value)
    })
}

/// Gives the variables up as long as none dies; false when one would.
#[inline(always)]
fn drop_locals(m: Machine) -> bool {
    for index in 0..m.a() {
        let content = m.register(index);
        if content.0 & 3 == 0 {
            if crate::machine::release(content.0) {
                return false;
            }
            m.put_register(index, Register::NULL);
        }
    }
    true
}

/// Hands the value to the frame below, whose record needs nothing else.
#[inline(always)]
fn finish_return<F: Form>(m: Machine, value: Register) -> F::Out {
    let (below, function) = crate::machine::pop_plain(m, value);
    F::drop_next(below, function, 1)
}

fn return_slow(m: &mut Machine) -> PyResult<()> {
    let value = if m.has(word_flags::DROP_B) {
        m.take(m.b())
    } else {
        owned(new_reference(m.register(m.b()).0))
    };
    end_frame(m, value)
}

fn end_frame(m: &mut Machine, value: Value) -> PyResult<()> {
    let left = frames::leave(m.vm());
    frames::deliver(m, &left, value)
}
