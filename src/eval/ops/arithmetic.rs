//! Binary and unary operators, subscripts.

use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::protocol::number::{self, BinaryOp, UnaryOp};
use objects::types::dict::PyDict;
use objects::types::float_;
use objects::types::list::PyList;
use objects::types::str::{self, PyStr, storage};
use objects::types::tuple::PyTuple;

use super::slow_handlers;
use crate::dispatch::Form;
use crate::machine::{Machine, borrow, is_exactly, new_reference, payload, word_flags};
use crate::ops::compare::immediate_float;
use crate::word_ops::op;

/// The number of `[]` among the binary operators.
const SUBSCRIPT: u64 = 26;
/// The first in-place operator.
const INPLACE: u64 = 13;

slow_handlers! {
    /// The operation of b and c that the cache names goes to a.
    binary_op => binary_slow;
    /// `-b` goes to a.
    unary_negative => |m| {
        let result = number::unary(m.vm(), UnaryOp::Negative, &borrow(m.bits_b()))?;
        m.finish(result, 1);
        Ok(())
    };
    /// `~b` goes to a.
    unary_invert => |m| {
        let result = number::unary(m.vm(), UnaryOp::Invert, &borrow(m.bits_b()))?;
        m.finish(result, 1);
        Ok(())
    };
}

fn operator(m: &Machine) -> u64 {
    m.cache(1) & 0xff
}

/// The operator's number without being in place.
fn plain_operator(number: u64) -> u64 {
    if (INPLACE..SUBSCRIPT).contains(&number) { number - INPLACE } else { number }
}

fn specialise(m: &Machine) {
    let (b, c) = (m.bits_b(), m.bits_c());
    let number = operator(m);
    let plain = plain_operator(number);
    let chosen = if number == SUBSCRIPT {
        if is_exactly::<PyDict>(b) {
            op::SUBSCRIPT_DICT
        } else if c & 3 != 3 {
            op::BINARY_OP
        } else if is_exactly::<PyList>(b) {
            op::SUBSCRIPT_LIST
        } else if is_exactly::<PyTuple>(b) {
            op::SUBSCRIPT_TUPLE
        } else if is_exactly::<PyStr>(b) {
            op::SUBSCRIPT_STR
        } else {
            op::BINARY_OP
        }
    } else if b & c & 3 == 3 {
        match plain {
            0 => op::ADD_INT,
            10 => op::SUBTRACT_INT,
            5 => op::MULTIPLY_INT,
            1 | 7 | 12 | 3 | 9 => op::BITS_INT,
            2 | 6 => op::DIVIDE_INT,
            _ => op::BINARY_OP,
        }
    } else if float_::as_f64(&borrow(b)).is_some() && float_::as_f64(&borrow(c)).is_some() {
        match plain {
            0 => op::ADD_FLOAT,
            10 => op::SUBTRACT_FLOAT,
            5 => op::MULTIPLY_FLOAT,
            11 => op::DIVIDE_FLOAT,
            _ => op::BINARY_OP,
        }
    } else if is_exactly::<PyStr>(b) && is_exactly::<PyStr>(c) && plain == 0 {
        op::CONCAT_STR
    } else if (b & 3 == 3 && c & 3 == 2) || (b & 3 == 2 && c & 3 == 3) {
        match plain {
            0 | 10 | 5 | 11 => op::MIXED_FLOAT,
            _ => op::BINARY_OP,
        }
    } else {
        op::BINARY_OP
    };
    m.set_op(chosen);
    m.set_counter(if chosen == op::BINARY_OP { 63 } else { 15 });
}

fn binary_slow(m: &mut Machine) -> PyResult<()> {
    if m.count_down() {
        specialise(m);
    }
    let number = operator(m);
    if let Some(result) = small_result(number, m.bits_b(), m.bits_c()) {
        m.finish(result, 2);
        return Ok(());
    }
    let vm = m.vm();
    let (b, c) = (borrow(m.bits_b()), borrow(m.bits_c()));
    let result = if number == SUBSCRIPT {
        vm.get_item(&b, &c)?
    } else {
        #[expect(clippy::cast_possible_truncation, reason = "operators are numbered below 27")]
        let operator = BinaryOp::from_number(plain_operator(number) as u8);
        let Some(operator) = operator else {
            return Err(vm.system_error("unknown binary operator"));
        };
        if number >= INPLACE {
            number::inplace(vm, operator, &b, &c)?
        } else {
            number::binary(vm, operator, &b, &c)?
        }
    };
    m.finish(result, 2);
    Ok(())
}

/// The usual operations of two immediate numbers whose result is immediate.
fn small_result(number: u64, b: u64, c: u64) -> Option<Value> {
    if b & c & 3 != 3 {
        let (left, right) = (immediate_float(b)?, immediate_float(c)?);
        return Value::immediate_float(match plain_operator(number) {
            0 => left + right,
            10 => left - right,
            5 => left * right,
            11 => left / right,
            _ => return None,
        });
    }
    let (left, right) = (b.cast_signed() >> 2, c.cast_signed() >> 2);
    let result = match plain_operator(number) {
        0 => left.checked_add(right)?,
        10 => left.checked_sub(right)?,
        5 => left.checked_mul(right)?,
        1 => left & right,
        7 => left | right,
        12 => left ^ right,
        _ => return None,
    };
    Value::small_int(result)
}

/// int + int
#[inline(always)]
pub(crate) fn add_int<F: Form>(m: Machine) -> F::Out {
    let (b, c) = (m.bits_b(), m.bits_c());
    if b & c & 3 == 3
        && let Some(sum) = b.cast_signed().checked_add(c.cast_signed() - 3)
    {
        return F::store(m, sum.cast_unsigned(), 2);
    }
    F::slow(m, binary_slow)
}

/// int - int
#[inline(always)]
pub(crate) fn subtract_int<F: Form>(m: Machine) -> F::Out {
    let (b, c) = (m.bits_b(), m.bits_c());
    if b & c & 3 == 3
        && let Some(difference) = b.cast_signed().checked_sub(c.cast_signed() - 3)
    {
        return F::store(m, difference.cast_unsigned(), 2);
    }
    F::slow(m, binary_slow)
}

/// int * int
#[inline(always)]
pub(crate) fn multiply_int<F: Form>(m: Machine) -> F::Out {
    let (b, c) = (m.bits_b(), m.bits_c());
    if b & c & 3 == 3
        && let Some(product) = (b.cast_signed() - 3).checked_mul(c.cast_signed() >> 2)
    {
        return F::store(m, product.cast_unsigned() | 3, 2);
    }
    F::slow(m, binary_slow)
}

/// `&`, `|`, `^`, `<<`, `>>` of ints
#[inline(always)]
pub(crate) fn bits_int<F: Form>(m: Machine) -> F::Out {
    let (b, c) = (m.bits_b(), m.bits_c());
    if b & c & 3 != 3 {
        return F::slow(m, binary_slow);
    }
    let (left, right) = (b.cast_signed() >> 2, c.cast_signed() >> 2);
    let result = match plain_operator(operator(&m)) {
        1 => left & right,
        7 => left | right,
        12 => left ^ right,
        9 if right >= 0 => left >> right.min(63),
        3 if (0..61).contains(&right)
            && (left << right) >> right == left
            && fits(left << right) =>
        {
            left << right
        }
        _ => return F::slow(m, binary_slow),
    };
    F::store(m, (result.cast_unsigned() << 2) | 3, 2)
}

#[inline(always)]
fn fits(number: i64) -> bool {
    (number << 2) >> 2 == number
}

/// `//` and `%` of ints
#[inline(always)]
pub(crate) fn divide_int<F: Form>(m: Machine) -> F::Out {
    let (b, c) = (m.bits_b(), m.bits_c());
    if b & c & 3 != 3 || c == 3 {
        return F::slow(m, binary_slow);
    }
    let (left, right) = (b.cast_signed() >> 2, c.cast_signed() >> 2);
    let quotient = left / right;
    let remainder = left % right;
    let adjust = remainder != 0 && (remainder < 0) != (right < 0);
    let result = if plain_operator(operator(&m)) == 6 {
        if adjust { remainder + right } else { remainder }
    } else {
        quotient - i64::from(adjust)
    };
    if !fits(result) {
        return F::slow(m, binary_slow);
    }
    F::store(m, (result.cast_unsigned() << 2) | 3, 2)
}

#[inline(always)]
fn store_float<F: Form>(m: Machine, number: f64) -> F::Out {
    let word = number.to_bits().wrapping_add(1 << 60).rotate_left(3);
    if word & 3 == 2 { F::store(m, word, 2) } else { F::slow(m, float_slow) }
}

/// Two floats of which one, or the result, is no immediate: 0.0 above all.
fn float_slow(m: &mut Machine) -> PyResult<()> {
    let (b, c) = (borrow(m.bits_b()), borrow(m.bits_c()));
    let both = if m.bits_b() & 1 == 0 && m.bits_c() & 1 == 0 {
        exact_float(&b).zip(exact_float(&c))
    } else {
        None
    };
    let Some((left, right)) = both else { return binary_slow(m) };
    let number = match plain_operator(operator(m)) {
        0 => left + right,
        10 => left - right,
        5 => left * right,
        11 if right != 0.0 => left / right,
        _ => return binary_slow(m),
    };
    let result = float_::new(m.vm(), number);
    m.finish(result, 2);
    Ok(())
}

fn exact_float(value: &Value) -> Option<f64> {
    match value.as_immediate_float() {
        Some(number) => Some(number),
        None => value.downcast_exact::<float_::PyFloat>().map(|float| float.number),
    }
}

macro_rules! float_handlers {
    ($($(#[$meta:meta])* $name:ident $operator:tt;)*) => {
        $($(#[$meta])*
        #[inline(always)]
        pub(crate) fn $name<F: Form>(m: Machine) -> F::Out {
            let (Some(left), Some(right)) = (immediate_float(m.bits_b()), immediate_float(m.bits_c())) else {
                return F::slow(m, float_slow);
            };
            store_float::<F>(m, left $operator right)
        })*
    };
}

float_handlers! {
    /// float + float
    add_float +;
    /// float - float
    subtract_float -;
    /// float * float
    multiply_float *;
    /// float / float; an immediate divisor is not zero
    divide_float /;
}

/// One float and one int that a float represents exactly.
#[inline(always)]
pub(crate) fn mixed_float<F: Form>(m: Machine) -> F::Out {
    let (Some(left), Some(right)) = (as_number(m.bits_b()), as_number(m.bits_c())) else {
        return F::slow(m, binary_slow);
    };
    if m.bits_b() & m.bits_c() & 3 == 3 {
        return F::slow(m, binary_slow);
    }
    let number = match plain_operator(operator(&m)) {
        0 => left + right,
        10 => left - right,
        5 => left * right,
        11 if right != 0.0 => left / right,
        _ => return F::slow(m, binary_slow),
    };
    let word = number.to_bits().wrapping_add(1 << 60).rotate_left(3);
    if word & 3 == 2 { F::store(m, word, 2) } else { F::slow(m, binary_slow) }
}

#[inline(always)]
fn as_number(bits: u64) -> Option<f64> {
    if bits & 3 == 3 {
        let number = bits.cast_signed() >> 2;
        #[expect(clippy::cast_precision_loss, reason = "the range is checked")]
        return (number.unsigned_abs() < 1 << 53).then_some(number as f64);
    }
    immediate_float(bits)
}

slow_handlers! {
    /// str + str: in place when the left one is this frame's only.
    concat_str => concat_slow;
}

fn concat_slow(m: &mut Machine) -> PyResult<()> {
    let (b, c) = (m.bits_b(), m.bits_c());
    if !is_exactly::<PyStr>(b) || !is_exactly::<PyStr>(c) {
        return binary_slow(m);
    }
    let vm = m.vm();
    // `s += t`: the local that the result goes to gives its reference up, so that the text may grow where it is.
    let gives = m.has(word_flags::DROP_B) || (m.has(word_flags::DST_LOCAL) && m.b() == m.a());
    let result = if gives {
        let left = m.take(m.b());
        str::concat(vm, left, &borrow(c))?
    } else {
        str::concat(vm, Value::clone(&borrow(b)), &borrow(c))?
    };
    m.finish(result, 2);
    Ok(())
}

#[inline(always)]
fn position(c: u64, length: usize) -> Option<usize> {
    if c & 3 != 3 {
        return None;
    }
    let index = c.cast_signed() >> 2;
    let index = if index < 0 { index.wrapping_add(length as i64) } else { index };
    #[expect(
        clippy::cast_sign_loss,
        clippy::cast_possible_truncation,
        reason = "a negative one is beyond any length"
    )]
    let index = index as usize;
    (index < length).then_some(index)
}

/// list[int]
#[inline(always)]
pub(crate) fn subscript_list<F: Form>(m: Machine) -> F::Out {
    let (b, c) = (m.bits_b(), m.bits_c());
    if !is_exactly::<PyList>(b) {
        return F::slow(m, binary_slow);
    }
    let item = payload::<PyList>(b).with(|items| {
        position(c, items.len()).map_or(0, |index| new_reference(items[index].bits()))
    });
    if item == 0 { F::slow(m, binary_slow) } else { F::store_drop_b(m, item, 2) }
}

/// tuple[int]
#[inline(always)]
pub(crate) fn subscript_tuple<F: Form>(m: Machine) -> F::Out {
    let (b, c) = (m.bits_b(), m.bits_c());
    if !is_exactly::<PyTuple>(b) {
        return F::slow(m, binary_slow);
    }
    let items = payload::<PyTuple>(b).items();
    match position(c, items.len()) {
        Some(index) => F::store_drop_b(m, new_reference(items[index].bits()), 2),
        None => F::slow(m, binary_slow),
    }
}

slow_handlers! {
    /// str[int]
    subscript_str => |m| {
        let (b, c) = (m.bits_b(), m.bits_c());
        if !is_exactly::<PyStr>(b) {
            return binary_slow(m);
        }
        let text = payload::<PyStr>(b);
        let point = position(c, text.len()).and_then(|index| storage::char_at(text, index));
        let Some(point) = point else { return binary_slow(m) };
        let character = storage::from_point(m.vm(), point)?;
        m.finish(character.into_value(), 2);
        Ok(())
    };
    /// dict[key]
    subscript_dict => |m| {
        let (b, c) = (m.bits_b(), m.bits_c());
        if !is_exactly::<PyDict>(b) {
            return binary_slow(m);
        }
        let vm = m.vm();
        match payload::<PyDict>(b).get(vm, &borrow(c))? {
            Some(found) => {
                m.finish(found, 2);
                Ok(())
            }
            None => Err(vm.key_error(&borrow(c))),
        }
    };
}
