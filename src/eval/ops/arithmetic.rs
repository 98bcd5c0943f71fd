//! Binary and unary operators, subscripts.

use objects::core::errors::{PyResult, Raised};
use objects::core::object::Py;
use objects::core::place_cache::Place;
use objects::core::type_object::PyType;
use objects::core::value::{Value, float_word, special, word_float};
use objects::core::vm::Vm;
use objects::protocol::number::{self, BinaryOp, UnaryOp};
use objects::types::dict::PyDict;
use objects::types::float_;
use objects::types::function::PyFunction;
use objects::types::list::PyList;
use objects::types::object_::OBJECT;
use objects::types::str::{self, PyStr, storage};
use objects::types::tuple::PyTuple;

use super::slow_handlers;
use crate::dispatch::{FAILED, Form, answer, begin, call_out};
use crate::enter::is_exact;
use crate::frames::{self, Arrival};
use crate::machine::{
    Machine, borrow, heap_class, is_exactly, new_reference, payload, value_bits_at, word_flags,
};
use crate::objects_access::{UNKNOWN, dict_position};
use crate::word_ops::op;

/// The number of `[]` among the binary operators.
const SUBSCRIPT: u64 = 26;
/// The first in-place operator.
const INPLACE: u64 = 13;

slow_handlers! {
    /// The operation of b and c that the cache names goes to a.
    binary_op => binary_slow;
}

/// `-b` goes to a.
#[inline(always)]
pub(crate) fn unary_negative<F: Form>(m: Machine) -> F::Out {
    let b = m.bits_b();
    if b & 3 == 3
        && let Some(negative) = 6i64.checked_sub(b.cast_signed())
    {
        return F::store(m, negative.cast_unsigned(), 1);
    }
    // The sign alone changes, so the result is an immediate, too.
    if let Some(word) = word_float(b).and_then(|number| float_word(-number)) {
        return F::store(m, word, 1);
    }
    F::slow(m, |m| {
        let result = number::unary(m.vm(), UnaryOp::Negative, &borrow(m.bits_b()))?;
        m.finish(result, 1);
        Ok(())
    })
}

/// `~b` goes to a.
#[inline(always)]
pub(crate) fn unary_invert<F: Form>(m: Machine) -> F::Out {
    let b = m.bits_b();
    if b & 3 == 3 {
        return F::store(m, !b | 3, 1);
    }
    F::slow(m, |m| {
        let result = number::unary(m.vm(), UnaryOp::Invert, &borrow(m.bits_b()))?;
        m.finish(result, 1);
        Ok(())
    })
}

/// The operator of a class made in Python, run without native recursion.
#[inline(always)]
pub(crate) fn binary_python<F: Form>(m: Machine) -> F::Out {
    F::elsewhere(m, |m| {
        let (b, c) = (m.bits_b(), m.bits_c());
        if let Some(function) = python_operator(m.vm(), operator(&m), b, c) {
            let values = [b, c].into_iter().map(|bits| Value::clone(&borrow(bits)));
            let mut next = m;
            if frames::push_plain_operator(&mut next, function, values, arrival(&m), 2) {
                return begin::<F>(next);
            }
        }
        F::slow(m, binary_python_slow)
    })
}

/// What becomes of the result of the function that answers the operator.
#[inline(always)]
fn arrival(m: &Machine) -> Arrival {
    if operator(m) == SUBSCRIPT { Arrival::Value } else { Arrival::BinaryOperator }
}

fn binary_python_slow(m: &mut Machine) -> PyResult<()> {
    let (b, c) = (m.bits_b(), m.bits_c());
    let Some(function) = python_operator(m.vm(), operator(m), b, c) else {
        m.set_op(op::BINARY_OP);
        m.set_counter(15);
        return binary_slow(m);
    };
    let values = [b, c].map(|bits| Value::clone(&borrow(bits)));
    let arrival = arrival(m);
    frames::push_operator(m, function, values, arrival, 2)
}

/// The Python function that alone answers `b op c`: b's class has it, and c is of the same class or a number, which could
/// not answer.
fn python_operator<'a>(vm: Vm<'a>, number: u64, b: u64, c: u64) -> Option<&'a Py<PyFunction>> {
    let class = heap_class(b).filter(|class| class.is_heap_type())?;
    let names = vm.names();
    let name = if number == SUBSCRIPT {
        &names.__getitem__
    } else {
        let same = heap_class(c).is_some_and(|other| other.is(class));
        let simple = class.solid_base().is(OBJECT.get());
        if !simple || !(same || c & 2 != 0) {
            return None;
        }
        let (name, inplace) = match plain_operator(number) {
            0 => (&names.__add__, &names.__iadd__),
            4 => (&names.__matmul__, &names.__imatmul__),
            5 => (&names.__mul__, &names.__imul__),
            6 => (&names.__mod__, &names.__imod__),
            10 => (&names.__sub__, &names.__isub__),
            11 => (&names.__truediv__, &names.__itruediv__),
            _ => return None,
        };
        if number >= INPLACE && class.lookup(inplace).is_some() {
            return None;
        }
        name
    };
    let function = special_function(vm, class, name)?;
    let runs = function.code.with(|code| is_exact(code, 2) && !code.is_generator_like());
    runs.then_some(function)
}

/// The Python function that the class has as special method `name`. It lives as long as the class stays as it is.
pub(crate) fn special_function<'a>(
    vm: Vm<'a>,
    class: &Py<PyType>,
    name: &Py<PyStr>,
) -> Option<&'a Py<PyFunction>> {
    let cache = &vm.thread().places;
    if let Some(Place::Special(known)) = cache.get(class.version.get(), name, None) {
        return Some(payload::<PyFunction>(known));
    }
    let found = class.lookup(name)?;
    if !is_exactly::<PyFunction>(found.bits()) {
        return None;
    }
    cache.put(class.assign_version(), name, None, Place::Special(found.bits()));
    Some(payload::<PyFunction>(found.bits()))
}

/// The error for an operator that the operands' class has declined.
#[cold]
pub(crate) fn unsupported(m: &Machine) -> Raised {
    let number = operator(m);
    #[expect(clippy::cast_possible_truncation, reason = "operators are numbered below 27")]
    let text = BinaryOp::from_number(plain_operator(number) as u8).map_or("", BinaryOp::text);
    let sign = if number >= INPLACE { "=" } else { "" };
    m.vm().type_error(format!(
        "unsupported operand type(s) for {text}{sign}: '{}' and '{}'",
        borrow(m.bits_b()).class().name(),
        borrow(m.bits_c()).class().name()
    ))
}

#[inline(always)]
fn operator(m: &Machine) -> u64 {
    m.cache(1) & 0xff
}

/// Whether the first cache word of a BINARY_OP says that it is a subscript.
pub(crate) fn is_subscript(cache: u64) -> bool {
    cache & 0xff == SUBSCRIPT
}

/// The operator's number without being in place.
fn plain_operator(number: u64) -> u64 {
    if (INPLACE..SUBSCRIPT).contains(&number) { number - INPLACE } else { number }
}

fn specialise(m: &Machine) {
    let (b, c) = (m.bits_b(), m.bits_c());
    let number = operator(m);
    let plain = plain_operator(number);
    let chosen = if heap_class(b).is_some_and(|class| class.is_heap_type()) {
        match python_operator(m.vm(), number, b, c) {
            Some(_) => op::BINARY_PYTHON,
            None => op::BINARY_OP,
        }
    } else if number == SUBSCRIPT {
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
            1 => op::AND_INT,
            2 => op::FLOOR_DIVIDE_INT,
            3 => op::LEFT_SHIFT_INT,
            6 => op::REMAINDER_INT,
            7 => op::OR_INT,
            9 => op::RIGHT_SHIFT_INT,
            12 => op::XOR_INT,
            _ => op::BINARY_OP,
        }
    } else if is_int_and_bool(b, c) && matches!(plain, 0 | 10) {
        if plain == 0 { op::ADD_INT } else { op::SUBTRACT_INT }
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
    } else if (b & 3 == 3 && word_float(c).is_some()) || (word_float(b).is_some() && c & 3 == 3) {
        match plain {
            0 | 10 | 5 | 11 => op::MIXED_FLOAT,
            _ => op::BINARY_OP,
        }
    } else {
        op::BINARY_OP
    };
    let native =
        chosen == op::BINARY_OP && heap_class(b).is_some_and(|class| !class.is_heap_type());
    let chosen = if native { op::BINARY_NATIVE } else { chosen };
    m.set_op(chosen);
    m.set_counter(if matches!(chosen, op::BINARY_OP | op::BINARY_NATIVE) { 63 } else { 15 });
}

fn binary_slow(m: &mut Machine) -> PyResult<()> {
    if m.count_down() {
        specialise(m);
    }
    if let Some(result) = small_result(operator(m), m.bits_b(), m.bits_c()) {
        m.finish(result, 2);
        return Ok(());
    }
    let result = binary_value(m)?;
    m.finish(result, 2);
    Ok(())
}

/// The operation as the operands' classes have it.
fn binary_value(m: &Machine) -> PyResult<Value> {
    let vm = m.vm();
    let number = operator(m);
    let (b, c) = (borrow(m.bits_b()), borrow(m.bits_c()));
    if number == SUBSCRIPT {
        return vm.get_item(&b, &c);
    }
    #[expect(clippy::cast_possible_truncation, reason = "operators are numbered below 27")]
    let operator = BinaryOp::from_number(plain_operator(number) as u8);
    let Some(operator) = operator else {
        return Err(vm.system_error("unknown binary operator"));
    };
    if number >= INPLACE {
        number::inplace(vm, operator, &b, &c)
    } else {
        number::binary(vm, operator, &b, &c)
    }
}

/// An object of a builtin class on the left, of no class that has a word of its own.
#[inline(always)]
pub(crate) fn binary_native<F: Form>(m: Machine) -> F::Out {
    // When the counter has run out the slow way looks whether another word fits better by now.
    if m.cache(1) >> 48 == 0 || heap_class(m.bits_b()).is_none_or(|class| class.is_heap_type()) {
        return F::slow(m, binary_slow);
    }
    let result = call_out(m, |m| {
        m.count_down();
        answer(binary_value(&m))
    });
    match result {
        FAILED => F::raise(m),
        bits => F::store_drop_operands(m, bits, 2),
    }
}

/// The usual operations of two immediate numbers whose result is immediate.
fn small_result(number: u64, b: u64, c: u64) -> Option<Value> {
    // Operations of two bools have results of their own.
    let (b, c) = if b & 3 == 1 && c & 3 == 1 { (b, c) } else { (bool_as_int(b), bool_as_int(c)) };
    if b & c & 3 != 3 {
        let (left, right) = (word_float(b)?, word_float(c)?);
        return Value::immediate_float(match plain_operator(number) {
            0 => left + right,
            10 => left - right,
            5 => left * right,
            11 if right != 0.0 => left / right,
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

/// The word of the int that a bool is; any other word as it is.
#[inline(always)]
fn bool_as_int(bits: u64) -> u64 {
    match bits {
        special::TRUE => 7,
        special::FALSE => 3,
        other => other,
    }
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
    F::elsewhere(m, with_bool::<F>)
}

/// An int and a bool, in the word of ints; anything else takes the slow way.
#[inline(always)]
fn with_bool<F: Form>(m: Machine) -> F::Out {
    let (b, c) = (m.bits_b(), m.bits_c());
    if is_int_and_bool(b, c)
        && let Some(result) = small_result(operator(&m), b, c)
    {
        return F::store(m, result.into_bits(), 2);
    }
    F::slow(m, binary_slow)
}

/// Whether one of the words is an int and the other a bool.
fn is_int_and_bool(b: u64, c: u64) -> bool {
    let is_bool = |bits| matches!(bits, special::TRUE | special::FALSE);
    (b & 3 == 3 && is_bool(c)) || (is_bool(b) && c & 3 == 3)
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
    F::elsewhere(m, with_bool::<F>)
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

/// int & int
#[inline(always)]
pub(crate) fn and_int<F: Form>(m: Machine) -> F::Out {
    let both = m.bits_b() & m.bits_c();
    if both & 3 != 3 {
        return F::slow(m, binary_slow);
    }
    F::store(m, both, 2)
}

/// int | int
#[inline(always)]
pub(crate) fn or_int<F: Form>(m: Machine) -> F::Out {
    let (b, c) = (m.bits_b(), m.bits_c());
    if b & c & 3 != 3 {
        return F::slow(m, binary_slow);
    }
    F::store(m, b | c, 2)
}

/// int ^ int
#[inline(always)]
pub(crate) fn xor_int<F: Form>(m: Machine) -> F::Out {
    let (b, c) = (m.bits_b(), m.bits_c());
    if b & c & 3 != 3 {
        return F::slow(m, binary_slow);
    }
    F::store(m, (b ^ c) | 3, 2)
}

/// int << int
#[inline(always)]
pub(crate) fn left_shift_int<F: Form>(m: Machine) -> F::Out {
    let (b, c) = (m.bits_b(), m.bits_c());
    let (left, right) = (b.cast_signed().wrapping_sub(3), c.cast_signed() >> 2);
    if b & c & 3 != 3 || !(0..61).contains(&right) || (left << right) >> right != left {
        return F::slow(m, binary_slow);
    }
    F::store(m, (left << right).cast_unsigned() | 3, 2)
}

/// int >> int
#[inline(always)]
pub(crate) fn right_shift_int<F: Form>(m: Machine) -> F::Out {
    let (b, c) = (m.bits_b(), m.bits_c());
    let right = c.cast_signed() >> 2;
    if b & c & 3 != 3 || right < 0 {
        return F::slow(m, binary_slow);
    }
    F::store(m, (b.cast_signed() >> right.min(63)).cast_unsigned() | 3, 2)
}

#[inline(always)]
fn fits(number: i64) -> bool {
    (number << 2) >> 2 == number
}

/// The quotient towards zero and the remainder of ints whose words are given; None for other words or a divisor of 0.
/// The remainder has the sign of the dividend. Numbers that fit 32 bits are divided faster.
#[inline(always)]
fn quotient(b: u64, c: u64) -> Option<(i64, i64, i64)> {
    let (left, right) = (b.cast_signed() >> 2, c.cast_signed() >> 2);
    if b & c & 3 != 3 || right == 0 {
        return None;
    }
    if (left | right).cast_unsigned() >> 32 == 0 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the test was for this"
        )]
        let (left, divisor) = (left as u32, right as u32);
        let quotient = left.checked_div(divisor)?;
        return Some((i64::from(quotient), i64::from(left.checked_rem(divisor)?), right));
    }
    Some((left.wrapping_div(right), left.wrapping_rem(right), right))
}

/// int // int
#[inline(always)]
pub(crate) fn floor_divide_int<F: Form>(m: Machine) -> F::Out {
    let Some((quotient, remainder, divisor)) = quotient(m.bits_b(), m.bits_c()) else {
        return F::slow(m, binary_slow);
    };
    let result = quotient - i64::from(remainder != 0 && (remainder ^ divisor) < 0);
    if !fits(result) {
        return F::slow(m, binary_slow);
    }
    F::store(m, (result.cast_unsigned() << 2) | 3, 2)
}

/// int % int
#[inline(always)]
pub(crate) fn remainder_int<F: Form>(m: Machine) -> F::Out {
    let Some((_, remainder, divisor)) = quotient(m.bits_b(), m.bits_c()) else {
        return F::slow(m, binary_slow);
    };
    let other_sign = remainder != 0 && (remainder ^ divisor) < 0;
    let result = if other_sign { remainder + divisor } else { remainder };
    F::store(m, (result.cast_unsigned() << 2) | 3, 2)
}

#[inline(always)]
fn store_float<F: Form>(m: Machine, number: f64) -> F::Out {
    match float_word(number) {
        Some(word) => F::store(m, word, 2),
        None => F::slow(m, float_slow),
    }
}

/// Two floats of which one, or the result, is no immediate.
fn float_slow(m: &mut Machine) -> PyResult<()> {
    let (b, c) = (borrow(m.bits_b()), borrow(m.bits_c()));
    let Some((left, right)) = exact_float(&b).zip(exact_float(&c)) else { return binary_slow(m) };
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
            let (Some(left), Some(right)) = (word_float(m.bits_b()), word_float(m.bits_c())) else {
                return F::slow(m, float_slow);
            };
            store_float::<F>(m, left $operator right)
        })*
    };
}

/// float / float
#[inline(always)]
pub(crate) fn divide_float<F: Form>(m: Machine) -> F::Out {
    match (word_float(m.bits_b()), word_float(m.bits_c())) {
        (Some(left), Some(right)) if right != 0.0 => store_float::<F>(m, left / right),
        _ => F::slow(m, float_slow),
    }
}

float_handlers! {
    /// float + float
    add_float +;
    /// float - float
    subtract_float -;
    /// float * float
    multiply_float *;
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
    match float_word(number) {
        Some(word) => F::store(m, word, 2),
        None => F::slow(m, binary_slow),
    }
}

#[inline(always)]
fn as_number(bits: u64) -> Option<f64> {
    if bits & 3 == 3 {
        let number = bits.cast_signed() >> 2;
        #[expect(clippy::cast_precision_loss, reason = "the range is checked")]
        return (number.unsigned_abs() < 1 << 53).then_some(number as f64);
    }
    word_float(bits)
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

/// str[int]
#[inline(always)]
pub(crate) fn subscript_str<F: Form>(m: Machine) -> F::Out {
    let (b, c) = (m.bits_b(), m.bits_c());
    if is_exactly::<PyStr>(b) {
        let text = payload::<PyStr>(b);
        if let Some(index) = position(c, text.len())
            && let Some(character) = storage::cached_char_at(text, index)
        {
            return F::store_drop_b(m, character.to_value().into_bits(), 2);
        }
    }
    F::slow(m, subscript_str_slow)
}

fn subscript_str_slow(m: &mut Machine) -> PyResult<()> {
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
}

/// dict[key]
#[inline(always)]
pub(crate) fn subscript_dict<F: Form>(m: Machine) -> F::Out {
    let (b, c) = (m.bits_b(), m.bits_c());
    if is_exactly::<PyDict>(b) {
        let dict = payload::<PyDict>(b);
        let position = dict_position(dict, c);
        if position < UNKNOWN {
            let found = value_bits_at(dict, position);
            return F::store_drop_operands(m, new_reference(found), 2);
        }
    }
    F::slow(m, subscript_dict_slow)
}

fn subscript_dict_slow(m: &mut Machine) -> PyResult<()> {
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
}
