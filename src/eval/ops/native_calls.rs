//! Calls of native code: functions and methods of builtin types, and classes without Python code.

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::frame::Register;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature;
use objects::core::type_object::{PyType, TYPE};
use objects::core::type_spec::{MethodDef, NativeFn};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::bool_::BOOL;
use objects::types::builtin_function::PyBuiltinFunction;
use objects::types::descriptors::PyMethodDescriptor;
use objects::types::float_::{self, FLOAT};
use objects::types::function::{PyFunction, PyMethod};
use objects::types::int::{self, INT};
use objects::types::list::PyList;
use objects::types::str::{PyStr, STR};

use super::calls::{WORDS, arguments, call_any, call_method, call_python, call_slow, has_no_self};
use crate::dispatch::{FAILED, Form, answer, call_out};
use crate::machine::{Machine, borrow, is_exactly, new_reference, owned, payload, word_flags};
use crate::ops::containers::plain_length;
use crate::word_ops::op;

pub(super) fn call_native_slow(m: &mut Machine) -> PyResult<()> {
    let callable = m.register(m.a()).0;
    if is_exactly::<PyFunction>(callable) || is_exactly::<PyMethod>(callable) {
        m.set_op(op::CALL);
        m.set_counter(4);
        if is_exactly::<PyFunction>(callable) {
            return call_python(m, &payload::<PyFunction>(callable).to_ref(), None, WORDS);
        }
        if has_no_self(m) {
            return call_method(m, WORDS);
        }
    }
    call_any(m, WORDS)
}

/// Answers of native calls: the callable is another than when the word was specialised, or wants other arguments.
const DECLINED: u64 = Register::NULL.0;

/// Calls a builtin function; what the call took is given up.
fn builtin_answer(m: Machine) -> u64 {
    let callable = m.register(m.a()).0;
    if !is_exactly::<PyBuiltinFunction>(callable) {
        return DECLINED;
    }
    let builtin = payload::<PyBuiltinFunction>(callable);
    let (first, given) = arguments(&m);
    match call_row(m.vm(), builtin.def.0, &builtin.receiver, m.peek_slice(first, given)) {
        Some(result) => call_answer(m, first, given, result),
        None => DECLINED,
    }
}

/// Calls a builtin type's method on an instance of exactly that type; what the call took is given up.
fn method_answer(m: Machine) -> u64 {
    let callable = m.register(m.a()).0;
    if !is_exactly::<PyMethodDescriptor>(callable) {
        return DECLINED;
    }
    let descriptor = payload::<PyMethodDescriptor>(callable);
    let (first, given) = arguments(&m);
    if let [receiver, rest @ ..] = m.peek_slice(first, given)
        && receiver.class().is(&descriptor.class)
        && let Some(result) = call_row(m.vm(), descriptor.def.0, receiver, rest)
    {
        return call_answer(m, first, given, result);
    }
    DECLINED
}

#[inline(always)]
fn call_answer(m: Machine, first: usize, given: usize, result: PyResult<Value>) -> u64 {
    let bits = answer(result);
    if bits != FAILED {
        m.drop_many(first, given);
        drop(m.take(m.a()));
    }
    bits
}

/// Goes on with the answer of a native call that gave up what it took.
#[inline(always)]
fn finish_native<F: Form>(m: Machine, answer: u64) -> F::Out {
    match answer {
        FAILED => F::raise(m),
        DECLINED => F::slow(m, call_native_slow),
        bits => {
            m.put_register(m.a(), Register(bits));
            F::next(m, WORDS)
        }
    }
}

/// Calls the native function of a row with positional arguments; None when their number does not fit, which is the
/// slot's to say.
#[inline(always)]
fn call_row(
    vm: Vm<'_>,
    def: &'static MethodDef,
    receiver: &Value,
    arguments: &[Value],
) -> Option<PyResult<Value>> {
    match (def.function, arguments) {
        (NativeFn::One(function), [only]) => Some(function(vm, receiver, only)),
        (NativeFn::None(function), []) => Some(function(vm, receiver)),
        (NativeFn::Positional(function), _) => Some(function(vm, receiver, arguments)),
        (NativeFn::Any(function), _) => {
            Some(function(vm, receiver, Args::positional_only(arguments)))
        }
        (NativeFn::Bound(function), _) => {
            let bound = signature::of(vm, def).bind_positional(vm, arguments)?;
            Some(function(vm, receiver, &bound))
        }
        _ => None,
    }
}

/// `type(x)`
#[inline(always)]
pub(crate) fn call_type_1<F: Form>(m: Machine) -> F::Out {
    let base = m.a();
    let (callable, argument) = (m.register(base), m.register(base + 2));
    let is_type = std::ptr::from_ref(TYPE.get()).addr() as u64 == callable.0;
    if !is_type || !has_no_self(&m) || m.arg() != 1 {
        return F::slow(m, call_slow);
    }
    let class = std::ptr::from_ref(borrow(argument.0).class()).addr() as u64;
    m.put_register(base, Register(new_reference(class)));
    F::drop_all(m, [argument, callable, Register::NULL], WORDS)
}

/// `len(x)`
#[inline(always)]
pub(crate) fn call_len<F: Form>(m: Machine) -> F::Out {
    let base = m.a();
    let (callable, argument) = (m.register(base), m.register(base + 2));
    if callable.0 == m.cache(2)
        && m.has(word_flags::NO_SELF)
        && m.arg() == 1
        && let Some(length) = plain_length(argument.0)
    {
        m.put_register(base, Register((length as u64) << 2 | 3));
        return F::drop_all(m, [argument, callable, Register::NULL], WORDS);
    }
    F::slow(m, |m| {
        let base = m.a();
        if m.register(base).0 != m.cache(2) || !has_no_self(m) || m.arg() != 1 {
            return call_slow(m);
        }
        let length = m.vm().length(m.peek(base + 2))?;
        drop(m.take(base + 2));
        drop(m.take(base));
        m.put(base, int::new(m.vm(), length));
        m.advance(WORDS);
        Ok(())
    })
}

/// `list.append(self, x)`
#[inline(always)]
pub(crate) fn call_list_append<F: Form>(m: Machine) -> F::Out {
    let base = m.a();
    let (callable, list) = (m.register(base), m.register(base + 1));
    if callable.0 == m.cache(2) && !m.has(word_flags::NO_SELF) && is_exactly::<PyList>(list.0) {
        match payload::<PyList>(list.0).push_within(owned(m.register(base + 2).0)) {
            None => {
                m.put(base, Value::NONE);
                return F::drop_all(m, [list, callable, Register::NULL], WORDS);
            }
            // It stays where it is.
            Some(item) => std::mem::forget(item),
        }
    }
    F::slow(m, |m| {
        let base = m.a();
        if m.register(base).0 != m.cache(2)
            || m.has(word_flags::NO_SELF)
            || !is_exactly::<PyList>(m.register(base + 1).0)
        {
            return call_slow(m);
        }
        let item = m.take(base + 2);
        payload::<PyList>(m.register(base + 1).0).push(m.vm(), item)?;
        drop(m.take(base + 1));
        drop(m.take(base));
        m.put(base, Value::NONE);
        m.advance(WORDS);
        Ok(())
    })
}

/// A builtin function.
#[inline(always)]
pub(crate) fn call_builtin<F: Form>(m: Machine) -> F::Out {
    finish_native::<F>(m, call_out(m, builtin_answer))
}

/// A method of a builtin type.
#[inline(always)]
pub(crate) fn call_method_descriptor<F: Form>(m: Machine) -> F::Out {
    finish_native::<F>(m, call_out(m, method_answer))
}

/// A class whose metaclass is `type` and that takes native code to make an instance.
#[inline(always)]
pub(crate) fn call_builtin_class<F: Form>(m: Machine) -> F::Out {
    let callable = m.register(m.a()).0;
    if !is_exactly::<PyType>(callable) || callable == std::ptr::from_ref(TYPE.get()).addr() as u64 {
        return F::slow(m, call_native_slow);
    }
    let result = call_out(m, |m| {
        let class = payload::<PyType>(m.register(m.a()).0);
        let (first, given) = arguments(&m);
        if given == 1
            && let Some(made) = converted(m.vm(), class, m.peek(first))
        {
            return call_answer(m, first, given, made);
        }
        let arguments = Args::positional_only(m.peek_slice(first, given));
        if let Err(_raised) = m.vm().check_recursion(" while calling a Python object") {
            return FAILED;
        }
        let made = objects::types::type_::instantiate(m.vm(), class, arguments);
        call_answer(m, first, given, made)
    });
    finish_native::<F>(m, result)
}

/// `int(x)`, `str(x)`, `float(x)` and `bool(x)` of the plainest values, whose conversion runs no code; None for any other.
#[inline(always)]
fn converted(vm: Vm<'_>, class: &Py<PyType>, value: &Value) -> Option<PyResult<Value>> {
    #[expect(clippy::cast_precision_loss, reason = "the nearest float is what is asked for")]
    let made = if class.is(INT.get()) {
        int::of_plain(vm, value)?
    } else if class.is(STR.get()) {
        if value.as_small_int().is_some() {
            return Some(vm.str(value).map(PyRef::into_value));
        }
        value.downcast_exact::<PyStr>()?.to_value()
    } else if class.is(FLOAT.get()) {
        match value.as_small_int() {
            Some(number) => float_::new(vm, number as f64),
            None => value.as_immediate_float().map(|_| value.clone())?,
        }
    } else if class.is(BOOL.get()) {
        match value.as_small_int() {
            Some(number) => Value::from_bool(number != 0),
            None => Value::from_bool(value.as_bool()?),
        }
    } else {
        return None;
    };
    Some(Ok(made))
}

/// A builtin function of one argument.
#[inline(always)]
pub(crate) fn call_builtin_one<F: Form>(m: Machine) -> F::Out {
    let (callable, argument) = (m.register(m.a()), m.register(m.a() + 2));
    if !has_no_self(&m) || !is_exactly::<PyBuiltinFunction>(callable.0) || m.arg() != 1 {
        return F::slow(m, call_native_slow);
    }
    let result = call_out(m, |m| {
        let builtin = payload::<PyBuiltinFunction>(m.register(m.a()).0);
        match builtin.def.0.function {
            NativeFn::One(function) => {
                answer(function(m.vm(), &builtin.receiver, m.peek(m.a() + 2)))
            }
            _ => DECLINED,
        }
    });
    answered::<F>(m, result, [argument, callable, Register::NULL])
}

/// Ends a call of native code that was run out of line: its result takes the callable's place.
#[inline(always)]
fn answered<F: Form>(m: Machine, result: u64, used: [Register; 3]) -> F::Out {
    if result == FAILED {
        return F::raise(m);
    }
    if result == DECLINED {
        return F::slow(m, call_native_slow);
    }
    m.put_register(m.a(), Register(result));
    F::drop_all(m, used, WORDS)
}

/// A builtin type's method without arguments.
#[inline(always)]
pub(crate) fn call_method_none<F: Form>(m: Machine) -> F::Out {
    let (callable, receiver) = (m.register(m.a()), m.register(m.a() + 1));
    if !is_exactly::<PyMethodDescriptor>(callable.0) || receiver.is_null() || m.arg() != 0 {
        return F::slow(m, call_native_slow);
    }
    let result = call_out(m, |m| {
        let descriptor = payload::<PyMethodDescriptor>(m.register(m.a()).0);
        let receiver = m.peek(m.a() + 1);
        match descriptor.def.0.function {
            NativeFn::None(function) if receiver.class().is(&descriptor.class) => {
                answer(function(m.vm(), receiver))
            }
            _ => DECLINED,
        }
    });
    answered::<F>(m, result, [receiver, callable, Register::NULL])
}

/// A builtin type's method of one argument.
#[inline(always)]
pub(crate) fn call_method_one<F: Form>(m: Machine) -> F::Out {
    let (callable, receiver) = (m.register(m.a()), m.register(m.a() + 1));
    let argument = m.register(m.a() + 2);
    if !is_exactly::<PyMethodDescriptor>(callable.0) || receiver.is_null() || m.arg() != 1 {
        return F::slow(m, call_native_slow);
    }
    let result = call_out(m, |m| {
        let descriptor = payload::<PyMethodDescriptor>(m.register(m.a()).0);
        let receiver = m.peek(m.a() + 1);
        match descriptor.def.0.function {
            NativeFn::One(function) if receiver.class().is(&descriptor.class) => {
                answer(function(m.vm(), receiver, m.peek(m.a() + 2)))
            }
            _ => DECLINED,
        }
    });
    answered::<F>(m, result, [argument, receiver, callable])
}

/// Calls what is no Python function through its slot; what the call took is given up.
fn slot_answer(m: Machine) -> u64 {
    let callable = m.register(m.a()).0;
    if is_exactly::<PyFunction>(callable) || is_exactly::<PyMethod>(callable) {
        return DECLINED;
    }
    let (first, given) = arguments(&m);
    let arguments = Args::positional_only(m.peek_slice(first, given));
    call_answer(m, first, given, m.vm().call_with(m.peek(m.a()), arguments))
}

/// Anything that is no Python function.
#[inline(always)]
pub(crate) fn call_native<F: Form>(m: Machine) -> F::Out {
    finish_native::<F>(m, call_out(m, slot_answer))
}
