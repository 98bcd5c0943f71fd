//! Calls and returns, functions made.

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::frame::{Register, frame_flags};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::type_object::{PyType, TYPE};
use objects::core::type_spec::{MethodDef, NativeFn, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::builtin_function::PyBuiltinFunction;
use objects::types::code::PyCode;
use objects::types::descriptors::PyMethodDescriptor;
use objects::types::dict::PyDict;
use objects::types::function::{PyFunction, PyMethod};
use objects::types::list::PyList;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;

use super::{native_forms, native_handlers, slow_handlers};
use crate::bind;
use crate::dispatch::{FAILED, Form, answer, call_out};
use crate::enter::{bind, is_exact};
use crate::frames::{self, NewFrame};
use crate::machine::{
    Machine, borrow, drop_bits, is_exactly, new_reference, owned, payload, word_flags,
};
use crate::ops::containers::{function_text, plain_length};
use crate::translate;
use crate::word_ops::op;

/// How many words CALL has.
const WORDS: usize = 3;
/// SET_FUNCTION_ATTRIBUTE's argument for `__annotate__`.
const ANNOTATE: u32 = 16;
/// Bits of the first cache word below the counter: a version.
const VERSION: u64 = 0xffff_ffff;

native_handlers! {
    /// A function of code object a replaces it.
    make_function 1 => |m| {
        let vm = m.vm();
        let code = m.take(m.a());
        let Some(code) = code.downcast::<PyCode>() else {
            return Err(vm.system_error("MAKE_FUNCTION needs a code object"));
        };
        let frame = m.frame();
        let function =
            PyFunction::new(vm, code, frame.globals().to_ref(), frame.builtins().to_ref())?;
        m.put(m.a(), function.into_value());
        Ok(())
    };
    /// Function a + 1 gets attribute a; it takes its place.
    set_function_attribute 1 => |m| {
        let base = m.a();
        let attribute = m.take(base);
        let function = m.take(base + 1);
        if let Some(target) = function.downcast::<PyFunction>() {
            if m.arg() == ANNOTATE
                && let Some(annotate) = attribute.downcast::<PyFunction>()
            {
                // It is named after what it annotates.
                let owner = target.qualname.get().to_rust_string();
                annotate.qualname.set(PyStr::new_ref(m.vm(), &format!("{owner}.__annotate__")));
            }
            let place = match m.arg() {
                1 => &target.defaults,
                2 => &target.kwdefaults,
                4 => &target.annotations,
                8 => &target.closure,
                _ => &target.annotate,
            };
            place.set(Some(attribute));
        }
        m.put(base, function);
        Ok(())
    };
}

slow_handlers! {
    /// Calls a with the arguments behind it; the result replaces it.
    call => call_slow;
    /// The same with keywords, whose names are in the next word or behind the arguments.
    call_kw => call_kw_slow;
    /// `a(*tuple, **dict)`
    call_function_ex => call_function_ex_slow;
    /// Raises TypeError unless a is None.
    exit_init_check => |m| {
        let value = m.take(m.a());
        if !value.is_none() {
            let class = value.class().name();
            return Err(m.vm().type_error(format!("__init__() should return None, not '{class}'")));
        }
        m.advance(1);
        Ok(())
    };
}

#[inline(always)]
fn has_no_self(m: &Machine) -> bool {
    m.has(word_flags::NO_SELF) || m.register(m.a() + 1).is_null()
}

/// Where the arguments begin, and how many there are with self.
#[inline(always)]
fn arguments(m: &Machine) -> (usize, usize) {
    let count = m.arg() as usize;
    if m.has(word_flags::NO_SELF) || m.register(m.a() + 1).is_null() {
        (m.a() + 2, count)
    } else {
        (m.a() + 1, count + 1)
    }
}

fn specialise(m: &Machine) {
    let vm = m.vm();
    let base = m.a();
    let callable = m.register(base).0;
    let (_, given) = arguments(m);
    let mut chosen = op::CALL;
    if is_exactly::<PyFunction>(callable) {
        let function = payload::<PyFunction>(callable);
        if function.code.with(|code| is_exact(code, given)) {
            chosen = op::CALL_PY;
        } else if takes_defaults(function, given) {
            chosen = op::CALL_PY_DEFAULTS;
        } else {
            // For whoever asks what the word stands for.
            m.set_cache(1, m.cache(1) & !VERSION | 1);
            m.set_cache(2, given as u64);
        }
    } else if is_exactly::<PyMethod>(callable) && has_no_self(m) {
        let method = payload::<PyMethod>(callable);
        if is_exactly::<PyFunction>(method.function.bits()) {
            let function = payload::<PyFunction>(method.function.bits());
            if function.code.with(|code| is_exact(code, given + 1))
                || takes_defaults(function, given + 1)
            {
                chosen = op::CALL_BOUND_PY;
            }
        }
    } else if is_exactly::<PyType>(callable) && has_no_self(m) {
        let class = payload::<PyType>(callable);
        if class.is(TYPE.get()) && given == 1 {
            chosen = op::CALL_TYPE_1;
        } else if let Some(function) = simple_init(vm, class) {
            let version = class.assign_version();
            if version != 0 {
                chosen = op::CALL_CLASS;
                m.set_cache(1, m.cache(1) & !VERSION | u64::from(version));
                m.set_cache(2, PyRef::as_ptr(&function) as u64);
            }
        } else if class.as_object().class().is(TYPE.get()) && !class.is(TYPE.get()) {
            chosen = op::CALL_BUILTIN_CLASS;
        } else {
            chosen = op::CALL_NATIVE;
        }
    } else if given == 2
        && is_list_append(vm, callable)
        && is_exactly::<PyList>(m.register(m.a() + 1).0)
    {
        chosen = op::CALL_LIST_APPEND;
        m.set_cache(2, callable);
    } else if given == 1
        && has_no_self(m)
        && vm
            .interpreter()
            .builtins
            .get_str(&vm.intern("len"))
            .is_some_and(|len| len.bits() == callable)
    {
        chosen = op::CALL_LEN;
        m.set_cache(2, callable);
    } else if is_exactly::<PyBuiltinFunction>(callable) {
        let function = payload::<PyBuiltinFunction>(callable).def.0.function;
        chosen = match function {
            NativeFn::One(_) if given == 1 && has_no_self(m) => op::CALL_BUILTIN_ONE,
            _ => op::CALL_BUILTIN,
        };
    } else if is_exactly::<PyMethodDescriptor>(callable) {
        let function = payload::<PyMethodDescriptor>(callable).def.0.function;
        chosen = match (function, given, has_no_self(m)) {
            (NativeFn::None(_), 1, false) => op::CALL_METHOD_NONE,
            (NativeFn::One(_), 2, false) => op::CALL_METHOD_ONE,
            _ => op::CALL_METHOD_DESCRIPTOR,
        };
    } else {
        chosen = op::CALL_NATIVE;
    }
    if matches!(
        chosen,
        op::CALL_BUILTIN_ONE
            | op::CALL_BUILTIN
            | op::CALL_BUILTIN_CLASS
            | op::CALL_METHOD_DESCRIPTOR
            | op::CALL_NATIVE
    ) {
        let form = native_forms::form(vm, m.peek(base), given, !has_no_self(m));
        m.set_cache(2, u64::from(form.number()));
    }
    m.set_op(chosen);
    m.set_counter(if chosen == op::CALL { 63 } else { 15 });
}

/// Whether a call with `given` positional arguments leaves out nothing but last parameters that have defaults.
#[inline(always)]
fn takes_defaults(function: &Py<PyFunction>, given: usize) -> bool {
    let parameters = function.code.with(|code| code.simple_parameters());
    parameters.is_some_and(|count| {
        given < count
            && function.defaults.with(|defaults| {
                let defaults =
                    defaults.as_ref().filter(|value| is_exactly::<PyTuple>(value.bits()));
                defaults.is_some_and(|defaults| {
                    given + payload::<PyTuple>(defaults.bits()).items().len() >= count
                })
            })
    })
}

fn is_list_append(vm: Vm<'_>, callable: u64) -> bool {
    let append = objects::types::list::LIST.get().lookup(&vm.names().append);
    append.is_some_and(|append| append.bits() == callable)
}

/// The class's Python `__init__`, if calling the class does nothing but make a plain instance and run it.
fn simple_init(vm: Vm<'_>, class: &Py<PyType>) -> Option<PyRef<PyFunction>> {
    let names = vm.names();
    if !class.is_heap_type()
        || class.has_flags(spec_flags::ABSTRACT)
        || !class.as_object().class().is(TYPE.get())
    {
        return None;
    }
    let object = objects::types::object_::OBJECT.get();
    if !class.solid_base().is(object) {
        return None;
    }
    let plain_new = object.lookup(&names.__new__)?;
    if !class.lookup(&names.__new__)?.is(&plain_new) {
        return None;
    }
    let init = class.lookup(&names.__init__)?;
    if !is_exactly::<PyFunction>(init.bits()) {
        return None;
    }
    let function = init.into_ref::<PyFunction>().ok()?;
    if function.code.get().is_generator_like() { None } else { Some(function) }
}

pub(crate) fn call_slow(m: &mut Machine) -> PyResult<()> {
    if m.count_down() {
        specialise(m);
    }
    let callable = m.register(m.a()).0;
    if is_exactly::<PyFunction>(callable) {
        return call_python(m, &payload::<PyFunction>(callable).to_ref(), None, WORDS);
    }
    if is_exactly::<PyMethod>(callable) && has_no_self(m) {
        return call_method(m, WORDS);
    }
    call_native_slow(m)
}

/// A bound method: its function and self take the places of the method and of the empty self.
fn call_method(m: &mut Machine, words: usize) -> PyResult<()> {
    let base = m.a();
    let method = payload::<PyMethod>(m.register(base).0);
    let (function, receiver) = (method.function.clone(), method.receiver.clone());
    let old = m.take(base);
    m.put(base, function);
    m.put(base + 1, receiver);
    m.word &= !(u64::from(word_flags::NO_SELF) << 8);
    drop(old);
    let function = m.register(base).0;
    if is_exactly::<PyFunction>(function) {
        return call_python(m, &payload::<PyFunction>(function).to_ref(), None, words);
    }
    call_any(m, words)
}

/// Calls a Python function in any way that needs binding.
fn call_python(
    m: &mut Machine,
    function: &Py<PyFunction>,
    keyword_names: Option<&Py<PyTuple>>,
    words: usize,
) -> PyResult<()> {
    let (first, given) = arguments(m);
    call_bound(m, function, first, given, keyword_names, words)
}

/// Calls a Python function with `given` arguments, the last of them named, that lie from register `first` on.
fn call_bound(
    m: &mut Machine,
    function: &Py<PyFunction>,
    first: usize,
    given: usize,
    keyword_names: Option<&Py<PyTuple>>,
    words: usize,
) -> PyResult<()> {
    let vm = m.vm();
    let code = function.code.get();
    translate::entry(vm, &code)?;
    if let Some(callee) = frames::callee_registers(m, &code, first, given) {
        return call_placed(m, function, callee, given, keyword_names, words);
    }
    let values = bind(vm, function, &code, m.take_many(first, given), keyword_names)?;
    push_values(m, function, values, words)
}

/// Calls a function whose arguments have been put where the callee's registers begin.
fn call_placed(
    m: &mut Machine,
    function: &Py<PyFunction>,
    callee: Machine,
    given: usize,
    names: Option<&Py<PyTuple>>,
    words: usize,
) -> PyResult<()> {
    let code = function.code.get();
    let values = match bind::in_place(callee, function, &code, given, names) {
        Some(count) => {
            if frames::push_bound(m, function, callee, count, (m.a(), 0), words) {
                return Ok(());
            }
            callee.take_many(0, count)
        }
        None => bind(m.vm(), function, &code, callee.take_many(0, given), names)?,
    };
    push_values(m, function, values, words)
}

/// Pushes the frame of a function whose parameters have these values.
fn push_values(
    m: &mut Machine,
    function: &Py<PyFunction>,
    values: Vec<Value>,
    words: usize,
) -> PyResult<()> {
    frames::set_return(m, words);
    let new = NewFrame {
        code: &function.code.get(),
        globals: &function.globals,
        builtins: &function.builtins,
        result: frames::register_address(m, m.a()),
        flags: 0,
    };
    frames::push(m.vm(), &new, None, values.into_iter())?;
    frames::continue_current(m);
    Ok(())
}

fn call_native_slow(m: &mut Machine) -> PyResult<()> {
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
        _ => None,
    }
}

/// Calls anything through its slot.
fn call_any(m: &mut Machine, words: usize) -> PyResult<()> {
    let vm = m.vm();
    let base = m.a();
    let (first, given) = arguments(m);
    let result = vm.call_with(m.peek(base), Args::positional_only(m.peek_slice(first, given)))?;
    end_call(m, first, given, result, words);
    Ok(())
}

fn end_call(m: &mut Machine, first: usize, given: usize, result: Value, words: usize) {
    m.drop_many(first, given);
    let base = m.a();
    let callable = m.take(base);
    drop(callable);
    m.put(base, result);
    m.advance(words);
}

/// A Python function with exactly its arguments. Which function it is does not matter: what is looked at is its code.
#[inline(always)]
pub(crate) fn call_py<F: Form>(m: Machine) -> F::Out {
    let callable = m.register(m.a()).0;
    let (first, given) = arguments(&m);
    if !is_exactly::<PyFunction>(callable) {
        return F::slow(m, call_slow);
    }
    let function = payload::<PyFunction>(callable);
    if !function.code.with(|code| code.is_known_to_take(given)) || frames::is_in_generator(&m) {
        return F::elsewhere(m, call_py_placed::<F>);
    }
    let mut next = m;
    if frames::push_adjacent(&mut next, function, first, given, m.a(), 0, WORDS) {
        return F::goto(next, next.pc, next.fp);
    }
    F::slow(m, call_slow)
}

/// A Python function whose arguments lie in their registers, from a generator's frame too; last ones may be left out.
#[inline(always)]
fn call_py_placed<F: Form>(m: Machine) -> F::Out {
    let (first, given) = arguments(&m);
    let function = payload::<PyFunction>(m.register(m.a()).0);
    let mut next = m;
    if push_simple(&mut next, function, first, given) {
        return F::goto(next, next.pc, next.fp);
    }
    F::slow(m, call_slow)
}

/// Pushes the frame of a call that gives each parameter its argument or leaves it its default; `m` goes on in the callee.
/// False, with nothing done, for any other call.
#[inline(always)]
fn push_simple(m: &mut Machine, function: &Py<PyFunction>, first: usize, given: usize) -> bool {
    let result = m.a();
    if function.code.with(|code| code.is_known_to_take(given)) {
        return frames::push_overlapping(m, function, first, given, result, 0, WORDS);
    }
    if takes_defaults(function, given)
        && frames::push_overlapping(m, function, first, given, result, 0, WORDS)
    {
        fill_defaults(*m, function, given);
        return true;
    }
    false
}

/// A bound method of a Python function: function and self take the places of the method and of the empty self.
#[inline(always)]
pub(crate) fn call_bound_py<F: Form>(m: Machine) -> F::Out {
    let callable = m.register(m.a()).0;
    if !is_exactly::<PyMethod>(callable)
        || !has_no_self(&m)
        || !is_exactly::<PyFunction>(payload::<PyMethod>(callable).function.bits())
    {
        return F::slow(m, call_slow);
    }
    F::elsewhere(m, |m| {
        let base = m.a();
        let bound = m.register(base);
        let method = payload::<PyMethod>(bound.0);
        let (function, receiver) = (method.function.bits(), method.receiver.bits());
        m.put_register(base, Register(new_reference(function)));
        m.put_register(base + 1, Register(new_reference(receiver)));
        let mut next = m;
        let function = payload::<PyFunction>(function);
        if push_simple(&mut next, function, base + 1, m.arg() as usize + 1) {
            drop_bits(bound.0);
            return F::goto(next, next.pc, next.fp);
        }
        let taken = (m.take(base), m.take(base + 1));
        m.put_register(base, bound);
        drop(taken);
        F::slow(m, call_slow)
    })
}

/// A class with a Python `__init__`.
#[inline(always)]
pub(crate) fn call_class<F: Form>(m: Machine) -> F::Out {
    let callable = m.register(m.a()).0;
    if !is_exactly::<PyType>(callable)
        || !has_no_self(&m)
        || u64::from(payload::<PyType>(callable).version.get()) != m.cache(1) & VERSION
        || frames::is_in_generator(&m)
    {
        return F::slow(m, call_class_slow);
    }
    F::elsewhere(m, |m| {
        // The version says that the class's `__init__` is still the one that the cache names, so it is alive.
        let function = payload::<PyFunction>(m.cache(2));
        let (base, given) = (m.a(), m.arg() as usize + 1);
        let mut next = m;
        if !function.code.with(|code| is_exact(code, given))
            || !frames::push_adjacent(
                &mut next,
                function,
                base + 2,
                given,
                base,
                frame_flags::CONSTRUCTOR,
                WORDS,
            )
        {
            return F::slow(m, call_class_slow);
        }
        // Nothing looks at the frame while the instance is made, so its arguments may still be out of place.
        let class = payload::<PyType>(m.register(base).0);
        place_instance(m, objects::types::object_::new_instance(m.vm(), class), function);
        F::goto(next, next.pc, next.fp)
    })
}

/// The registers of a call of a class become those of its `__init__`: the function replaces the class, the instance is kept
/// behind it while `__init__` runs, and the arguments move up to make room for their self.
#[inline(always)]
fn place_instance(m: Machine, instance: Value, function: &Py<PyFunction>) {
    let base = m.a();
    for index in (base + 2..base + 2 + m.arg() as usize).rev() {
        m.put_register(index + 1, m.register(index));
    }
    m.put(base + 2, instance.clone());
    m.put(base + 1, instance);
    let class = m.take(base);
    m.put(base, function.to_value());
    drop(class);
}

fn call_class_slow(m: &mut Machine) -> PyResult<()> {
    let callable = m.register(m.a()).0;
    if !is_exactly::<PyType>(callable) || !has_no_self(m) {
        return call_slow(m);
    }
    let class = payload::<PyType>(callable);
    if u64::from(class.version.get()) != m.cache(1) & VERSION {
        return call_slow(m);
    }
    // The version says that the class's `__init__` is still the one that the cache names, so it is alive.
    let function = payload::<PyFunction>(m.cache(2));
    let entered = function.code.with(|code| !code.entry.get().is_null());
    if !entered {
        translate::entry(m.vm(), &function.code.get())?;
    }
    construct(m, class, function, None)
}

/// Makes an instance and runs its class's `__init__`, for which its arguments, the last of them named, lie behind a + 2.
fn construct(
    m: &mut Machine,
    class: &Py<PyType>,
    function: &Py<PyFunction>,
    names: Option<&Py<PyTuple>>,
) -> PyResult<()> {
    let vm = m.vm();
    let base = m.a();
    let count = m.arg() as usize;
    place_instance(*m, objects::types::object_::new_instance(vm, class), function);
    let flags = frame_flags::CONSTRUCTOR;
    let exact = names.is_none() && function.code.with(|code| is_exact(code, count + 1));
    if exact && frames::push_overlapping(m, function, base + 2, count + 1, base, flags, WORDS) {
        return Ok(());
    }
    let code = function.code.get();
    let values = match frames::callee_registers(m, &code, base + 2, count + 1) {
        Some(callee) => match bind::in_place(callee, function, &code, count + 1, names) {
            Some(bound) => {
                if frames::push_bound(m, function, callee, bound, (base, flags), WORDS) {
                    return Ok(());
                }
                Ok(callee.take_many(0, bound))
            }
            None => bind(vm, function, &code, callee.take_many(0, count + 1), names),
        },
        None => bind(vm, function, &code, m.take_many(base + 2, count + 1), names),
    };
    frames::set_return(m, WORDS);
    let new = NewFrame {
        code: &code,
        globals: &function.globals,
        builtins: &function.builtins,
        result: frames::register_address(m, base),
        flags,
    };
    let pushed = values.and_then(|values| frames::push(vm, &new, None, values.into_iter()));
    if let Err(raised) = pushed {
        frames::set_return(m, 1);
        drop(m.take(base + 1));
        return Err(raised);
    }
    frames::continue_current(m);
    Ok(())
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
        m.put(base, objects::types::int::new(m.vm(), length));
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
        let arguments = Args::positional_only(m.peek_slice(first, given));
        if let Err(_raised) = m.vm().check_recursion(" while calling a Python object") {
            return FAILED;
        }
        let made = objects::types::type_::instantiate(m.vm(), class, arguments);
        call_answer(m, first, given, made)
    });
    finish_native::<F>(m, result)
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

/// A Python function that is called without its last arguments, which have defaults.
#[inline(always)]
pub(crate) fn call_py_defaults<F: Form>(m: Machine) -> F::Out {
    if !is_exactly::<PyFunction>(m.register(m.a()).0) {
        return F::slow(m, call_slow);
    }
    F::elsewhere(m, call_py_placed::<F>)
}

/// The defaults of the parameters behind the `given` ones, of which there are enough.
#[inline(always)]
fn fill_defaults(callee: Machine, function: &Py<PyFunction>, given: usize) {
    function.defaults.with(|defaults| {
        let Some(defaults) = defaults else { return };
        let defaults = payload::<PyTuple>(defaults.bits()).items();
        let count = callee.code().simple_parameters().unwrap_or(given);
        let skipped = (defaults.len() + given).wrapping_sub(count);
        let missing = defaults.get(skipped..).unwrap_or(&[]);
        for (index, default) in (given..).zip(missing) {
            callee.put_register(index, Register(new_reference(default.bits())));
        }
    });
}

/// Anything that is no Python function.
#[inline(always)]
pub(crate) fn call_native<F: Form>(m: Machine) -> F::Out {
    F::slow(m, call_native_slow)
}

pub(crate) fn call_kw_slow(m: &mut Machine) -> PyResult<()> {
    let vm = m.vm();
    let base = m.a();
    let count = m.arg() as usize;
    let names = match m.cache(1) {
        0 => m.take(base + 2 + count),
        bits => owned(new_reference(bits)),
    };
    let Some(names) = names.downcast::<PyTuple>() else {
        return Err(vm.system_error("CALL_KW needs a tuple of names"));
    };
    let callable = m.register(base).0;
    if is_exactly::<PyFunction>(callable) {
        return call_python(m, &payload::<PyFunction>(callable).to_ref(), Some(names), WORDS);
    }
    if is_exactly::<PyMethod>(callable) && m.register(base + 1).is_null() {
        let method = payload::<PyMethod>(callable);
        if is_exactly::<PyFunction>(method.function.bits()) {
            let (function, receiver) = (method.function.clone(), method.receiver.clone());
            let old = m.take(base);
            m.put(base, function);
            m.put(base + 1, receiver);
            drop(old);
            let function = payload::<PyFunction>(m.register(base).0).to_ref();
            return call_python(m, &function, Some(names), WORDS);
        }
    }
    if is_exactly::<PyType>(callable) && m.register(base + 1).is_null() {
        let class = payload::<PyType>(callable).to_ref();
        if let Some(function) = simple_init(vm, &class) {
            translate::entry(vm, &function.code.get())?;
            let names = names.to_ref();
            return construct(m, &class, &function, Some(&names));
        }
    }
    let (first, given) = arguments(m);
    let args = Args::new(m.peek_slice(first, given), Some(names));
    let result = vm.call_with(m.peek(base), args)?;
    end_call(m, first, given, result, WORDS);
    Ok(())
}

pub(crate) fn call_function_ex_slow(m: &mut Machine) -> PyResult<()> {
    let vm = m.vm();
    let base = m.a();
    if m.peek(base + 2).downcast_exact::<PyTuple>().is_none() {
        let arguments = m.peek(base + 2);
        if arguments.class().slots.iter.get().is_none()
            && !objects::protocol::iterate::is_sequence(arguments)
        {
            return Err(vm.type_error(format!(
                "{} argument after * must be an iterable, not {}",
                function_text(vm, m.peek(base))?,
                arguments.class().name()
            )));
        }
        let items = vm.collect(arguments)?;
        let tuple = PyTuple::try_from_vec(vm, items)?;
        drop(m.take(base + 2));
        m.put(base + 2, tuple.into_value());
    }
    let arguments = m.copy(base + 2);
    let Some(tuple) = arguments.downcast::<PyTuple>() else {
        return Err(vm.system_error("CALL_FUNCTION_EX needs a tuple"));
    };
    let keywords = if m.register(base + 3).is_null() { None } else { Some(m.copy(base + 3)) };
    let named = match &keywords {
        Some(keywords) => take_apart(m, keywords)?,
        None => None,
    };
    let names = named.as_ref().map(|(_, names)| &**names);
    let receiver = take_method_apart(m, base);
    let first = usize::from(receiver.is_some());
    let given = first + tuple.items().len() + names.map_or(0, |names| names.items().len());
    let callable = m.register(base).0;
    if is_exactly::<PyFunction>(callable) {
        let function = payload::<PyFunction>(callable).to_ref();
        let code = function.code.get();
        translate::entry(vm, &code)?;
        // The registers from the tuple's on are free once it is kept elsewhere; there must be room for all.
        if let Some(callee) = frames::callee_registers(m, &code, base + 2, 0)
            && frames::has_room(&callee, given + code.register_count.get() as usize + 1)
        {
            m.drop_many(base + 2, 2);
            for (index, value) in receiver.iter().chain(tuple.items()).enumerate() {
                callee.put(index, value.clone());
            }
            if let Some((dict, _)) = &named {
                let places = first + tuple.items().len()..given;
                dict.with_table(|table| {
                    for (index, entry) in places.zip(table.iter()) {
                        callee.put(index, entry.value.clone());
                    }
                });
            }
            return call_placed(m, &function, callee, given, names, 1);
        }
        let mut values = all_values(tuple, named.as_ref());
        values.splice(0..0, receiver);
        let values = bind(vm, &function, &code, values, names)?;
        m.drop_many(base + 2, 2);
        return push_values(m, &function, values, 1);
    }
    let values = all_values(tuple, named.as_ref());
    let result = vm.call_with(m.peek(base), Args::new(&values, names))?;
    m.drop_many(base + 2, 2);
    drop(m.take(base));
    m.put(base, result);
    m.advance(1);
    Ok(())
}

/// Puts the function of a bound method, if a is one of a Python function, in its place: the receiver.
fn take_method_apart(m: &Machine, a: usize) -> Option<Value> {
    let method = m.peek(a).downcast_exact::<PyMethod>()?;
    let function = method.function.downcast_exact::<PyFunction>()?.to_value();
    let receiver = method.receiver.clone();
    drop(m.take(a));
    m.put(a, function);
    Some(receiver)
}

/// The keywords of a call with `**dict`: the dict, and its keys.
type Named<'a> = (&'a Py<PyDict>, PyRef<PyTuple>);

/// The values of the positional arguments, then of the keywords.
fn all_values(tuple: &Py<PyTuple>, named: Option<&Named<'_>>) -> Vec<Value> {
    let mut values = tuple.items().to_vec();
    if let Some((dict, _)) = named {
        dict.with_table(|table| values.extend(table.iter().map(|entry| entry.value.clone())));
    }
    values
}

/// The keywords in a dict; None when it is empty.
fn take_apart<'a>(m: &Machine, keywords: &'a Value) -> PyResult<Option<Named<'a>>> {
    let vm = m.vm();
    let Some(dict) = keywords.downcast::<PyDict>() else {
        return Err(vm.type_error(format!(
            "{} argument after ** must be a mapping, not {}",
            function_text(vm, m.peek(m.a()))?,
            keywords.class().name()
        )));
    };
    if dict.is_empty() {
        return Ok(None);
    }
    let texts =
        dict.with_table(|table| table.iter().all(|entry| entry.key.downcast::<PyStr>().is_some()));
    if !texts {
        return Err(vm.type_error("keywords must be strings"));
    }
    let names = dict.with_table(|table| {
        let mut keys = table.iter().map(|entry| entry.key.clone());
        PyTuple::try_from_fn(vm, table.len(), |_| keys.next().unwrap_or(Value::NONE))
    })?;
    Ok(Some((dict, names)))
}
