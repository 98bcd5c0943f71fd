//! Calls and returns, functions made.

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::frame::{Register, frame_flags};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::type_object::{PyType, TYPE};
use objects::core::type_spec::{NativeFn, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::builtin_function::PyBuiltinFunction;
use objects::types::code::PyCode;
use objects::types::descriptors::PyMethodDescriptor;
use objects::types::function::{PyFunction, PyMethod};
use objects::types::list::PyList;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;

use super::native_calls::call_native_slow;
use super::{native_forms, native_handlers, slow_handlers};
use crate::bind;
use crate::dispatch::{Form, begin};
use crate::enter::{bind, is_exact};
use crate::frames::{self, NewFrame};
use crate::machine::{Machine, drop_bits, is_exactly, new_reference, payload, word_flags};
use crate::translate;
use crate::word_ops::op;

/// How many words CALL has.
pub(super) const WORDS: usize = 3;
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
pub(super) fn has_no_self(m: &Machine) -> bool {
    m.has(word_flags::NO_SELF) || m.register(m.a() + 1).is_null()
}

/// Where the arguments begin, and how many there are with self.
#[inline(always)]
pub(super) fn arguments(m: &Machine) -> (usize, usize) {
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
pub(super) fn simple_init(vm: Vm<'_>, class: &Py<PyType>) -> Option<PyRef<PyFunction>> {
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
pub(super) fn call_method(m: &mut Machine, words: usize) -> PyResult<()> {
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
pub(super) fn call_python(
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
pub(super) fn call_placed(
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
pub(super) fn push_values(
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

/// Calls anything through its slot.
pub(super) fn call_any(m: &mut Machine, words: usize) -> PyResult<()> {
    let vm = m.vm();
    let base = m.a();
    let (first, given) = arguments(m);
    let result = vm.call_with(m.peek(base), Args::positional_only(m.peek_slice(first, given)))?;
    end_call(m, first, given, result, words);
    Ok(())
}

pub(super) fn end_call(m: &mut Machine, first: usize, given: usize, result: Value, words: usize) {
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
        return begin::<F>(next);
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
        return begin::<F>(next);
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
            return begin::<F>(next);
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
        begin::<F>(next)
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
pub(super) fn construct(
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
