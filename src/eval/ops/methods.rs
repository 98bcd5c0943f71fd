//! Methods looked up for a call: the function and its receiver, with no bound method between.

use objects::core::attribute::{self, Method};
use objects::core::errors::PyResult;
use objects::core::extension;
use objects::core::object::{Py, PyObject, flags};
use objects::core::place_cache::Place;
use objects::core::type_object::PyType;
use objects::core::type_spec::spec_flags;
use objects::core::value::Value;
use objects::types::module::PyModule;
use objects::types::property::{PyClassMethod, PyStaticMethod};
use objects::types::str::PyStr;

use super::attributes::{
    cached_place, cached_version, found_in_class, is_generic, is_known_class, is_not_hidden,
    known_place, module_value, name_index, own_dict_value, place,
};
use crate::dispatch::{Form, call_out};
use crate::machine::{
    Machine, borrow, heap_class, heap_object, instance_bits, is_exactly, new_reference, owned,
    payload, word_flags,
};
use crate::word_ops::op;

/// How many words LOAD_METHOD has.
const WORDS: usize = 5;
/// The cache word with the method of the class that was met last, of those that the word does not know by its version; the
/// version of that class is the upper half of the second cache word.
const SECOND: usize = 4;

/// Method `name` of b goes to a, its self (or NULL) behind it.
#[inline(always)]
pub(crate) fn load_method<F: Form>(m: Machine) -> F::Out {
    F::elsewhere(m, load_method_anywhere::<F>)
}

fn choose_method(m: &Machine, name: &Py<PyStr>) -> Option<u8> {
    let owner = m.bits_b();
    if is_exactly::<PyModule>(owner) {
        let dict = extension::dict(heap_object(owner)?)?;
        let version = dict.keys_version();
        let index = dict.entry_index(name)?;
        if version == 0 || index > u32::MAX as usize {
            return None;
        }
        m.set_cache(2, u64::from(version) | (index as u64) << 32);
        return Some(op::LOAD_METHOD_MODULE);
    }
    let value = borrow(owner);
    let class = value.class();
    if class.has_flags(spec_flags::TYPE_SUBCLASS) {
        let found = found_in_class(m, payload::<PyType>(owner), name)?;
        m.set_cache(3, found.bits());
        let known = is_wrapper(found.bits())
            || found.class().has_flags(spec_flags::METHOD_DESCRIPTOR)
            || found.class().slots.descr_get.get().is_none();
        return known.then_some(op::LOAD_METHOD_CLASS);
    }
    if !is_generic(class) {
        return None;
    }
    let in_class = class.lookup(name);
    let version = class.assign_version();
    if version != 0
        && in_class.as_ref().is_none_or(|found| found.class().slots.descr_set.get().is_none())
        && let Some(object) = value.as_object().filter(|object| !object.has_flags(flags::HAS_DICT))
        && let Some(index) = extension::inline_index(object, name)
    {
        extension::inline_value(object, index)?;
        let place = extension::inline_offset(object, index)?;
        m.set_cache(2, u64::from(version) | u64::from(place) << 32);
        return Some(op::LOAD_METHOD_VALUE);
    }
    let found = in_class?;
    let plain = found.class().has_flags(spec_flags::METHOD_DESCRIPTOR);
    if version == 0 || !(plain || is_wrapper(found.bits())) {
        return None;
    }
    if let Some(object) = value.as_object()
        && extension::attribute(object, name).is_some()
            | extension::inline_index(object, name).is_some()
    {
        return None;
    }
    m.set_cache(2, u64::from(version) * ((1 << 32) | 1));
    m.set_cache(3, found.bits());
    m.set_cache(SECOND, found.bits());
    Some(if plain { op::LOAD_METHOD_CACHED } else { op::LOAD_METHOD_WRAPPED })
}

/// Whether this is a `staticmethod` or a `classmethod`.
pub(crate) fn is_wrapper(found: u64) -> bool {
    is_exactly::<PyStaticMethod>(found) || is_exactly::<PyClassMethod>(found)
}

/// What is to be called for the attribute that the third cache word names, of class `class`: it goes to a, its self behind it.
/// False, with nothing done, when a wrapper is empty.
fn place_method(m: &Machine, class: u64) -> bool {
    let found = m.cache(3);
    let (callable, receiver) = if is_exactly::<PyStaticMethod>(found) {
        (payload::<PyStaticMethod>(found).callable(), Value::NULL.bits())
    } else if is_exactly::<PyClassMethod>(found) {
        (payload::<PyClassMethod>(found).callable(), class)
    } else {
        (Some(owned(new_reference(found))), Value::NULL.bits())
    };
    let Some(callable) = callable else { return false };
    let receiver = if receiver == Value::NULL.bits() { receiver } else { new_reference(receiver) };
    m.put(m.a(), callable);
    m.put_register(m.a() + 1, objects::core::frame::Register(receiver));
    true
}

/// An attribute of a class, called.
#[inline(always)]
pub(crate) fn load_method_class<F: Form>(m: Machine) -> F::Out {
    let owner = m.bits_b();
    if is_known_class(m, owner) && call_out(m, |m| u64::from(place_method(&m, m.bits_b()))) != 0 {
        return end_method::<F>(m, owner);
    }
    F::slow(m, load_method_slow)
}

/// A static or class method of an instance's class, called.
#[inline(always)]
pub(crate) fn load_method_wrapped<F: Form>(m: Machine) -> F::Out {
    let owner = m.bits_b();
    if let Some(object) = heap_object(owner)
        && object.class().version.get() == cached_version(m)
        && is_not_hidden(m, object)
        && call_out(m, |m| {
            let class = heap_class(m.bits_b())
                .map_or(Value::NULL.bits(), |class| std::ptr::from_ref(class).addr() as u64);
            u64::from(place_method(&m, class))
        }) != 0
    {
        return end_method::<F>(m, owner);
    }
    F::slow(m, load_method_slow)
}

/// Ends a word whose owner is not the callee's self: it dies, if it is a temporary.
#[inline(always)]
fn end_method<F: Form>(m: Machine, owner: u64) -> F::Out {
    if m.has(word_flags::DROP_B) {
        return F::drop_next(m, objects::core::frame::Register(owner), WORDS);
    }
    F::next(m, WORDS)
}

fn load_method_slow(m: &mut Machine) -> PyResult<()> {
    if m.cache(1) >> 48 != 0
        && let Some(object) = heap_object(m.bits_b())
        && !object.has_flags(flags::HAS_DICT)
        && let Some(Place::Method(function)) = place(m, object, m.name(name_index(m)))
    {
        m.count_down();
        finish_method(m, Method::Unbound(owned(new_reference(function))));
        return Ok(());
    }
    let name = m.name(name_index(m)).clone();
    if m.count_down() {
        let chosen = choose_method(m, &name).unwrap_or(op::LOAD_METHOD);
        m.set_op(chosen);
        m.set_counter(if chosen == op::LOAD_METHOD { 63 } else { 15 });
    }
    let found = attribute::method(m.vm(), &borrow(m.bits_b()), &name)?;
    finish_method(m, found);
    Ok(())
}

fn finish_method(m: &mut Machine, found: Method) {
    let owner =
        if m.has(word_flags::DROP_B) { m.take(m.b()) } else { Value::clone(&borrow(m.bits_b())) };
    match found {
        Method::Unbound(function) => {
            m.put(m.a(), function);
            m.put(m.a() + 1, owner);
        }
        Method::Bound(callable) => {
            m.put(m.a(), callable);
            m.put_register(m.a() + 1, objects::core::frame::Register::NULL);
            drop(owner);
        }
    }
    m.advance(WORDS);
}

/// A method that no instance hides.
#[inline(always)]
pub(crate) fn load_method_cached<F: Form>(m: Machine) -> F::Out {
    let owner = m.bits_b();
    let Some(object) = heap_object(owner) else {
        return F::elsewhere(m, |m| {
            if borrow(m.bits_b()).class().version.get() == cached_version(m) {
                return place_cached::<F>(m, m.bits_b(), m.cache(3));
            }
            F::slow(m, load_method_slow)
        });
    };
    if object.class().version.get() != cached_version(m) {
        return F::elsewhere(m, load_method_second::<F>);
    }
    if object.has_flags(flags::HAS_DICT) {
        return F::elsewhere(m, |m| {
            if own_dict_value(&m) == Value::NULL.bits() {
                return place_cached::<F>(m, m.bits_b(), m.cache(3));
            }
            F::slow(m, load_method_slow)
        });
    }
    place_cached::<F>(m, owner, m.cache(3))
}

/// A method of the other class that the word knows.
#[inline(always)]
fn load_method_second<F: Form>(m: Machine) -> F::Out {
    let owner = m.bits_b();
    if let Some(object) = heap_object(owner)
        && object.class().version.get() as usize == cached_place(m)
        && !object.has_flags(flags::HAS_DICT)
    {
        return place_cached::<F>(m, owner, m.cache(SECOND));
    }
    F::elsewhere(m, load_method_anywhere::<F>)
}

/// A value inline in the instance, called.
#[inline(always)]
pub(crate) fn load_method_value<F: Form>(m: Machine) -> F::Out {
    if let Some(object) = heap_object(m.bits_b())
        && object.class().version.get() == cached_version(m)
        && !object.has_flags(flags::HAS_DICT)
    {
        let bits = instance_bits(object, cached_place(m));
        if bits != Value::NULL.bits() {
            return place_value::<F>(m, bits);
        }
    }
    F::elsewhere(m, load_method_anywhere::<F>)
}

/// A method of an instance of another class than the word knows, which the thread's cache knows.
#[inline(always)]
fn load_method_anywhere<F: Form>(m: Machine) -> F::Out {
    let owner = m.bits_b();
    if m.cache(1) >> 48 != 0
        && let Some(object) = heap_object(owner)
        && !object.has_flags(flags::HAS_DICT)
    {
        match known_place(m, object) {
            Some(Place::Method(function)) => {
                m.count_down();
                learn_second(m, object, function);
                return place_cached::<F>(m, owner, function);
            }
            Some(Place::Inline(place)) => {
                let bits = instance_bits(object, place as usize);
                if bits != Value::NULL.bits() {
                    m.count_down();
                    return place_value::<F>(m, bits);
                }
            }
            _ => {}
        }
    }
    F::slow(m, load_method_slow)
}

/// Notes the method of the class that was met last, in a word that knows the method of one.
#[inline(always)]
fn learn_second(m: Machine, object: &PyObject, function: u64) {
    if m.op() == op::LOAD_METHOD_CACHED {
        m.set_cache(
            2,
            u64::from(cached_version(m)) | u64::from(object.class().version.get()) << 32,
        );
        m.set_cache(SECOND, function);
    }
}

/// The value goes to a, and is called without a self.
#[inline(always)]
fn place_value<F: Form>(m: Machine, bits: u64) -> F::Out {
    let owner = m.bits_b();
    m.put_register(m.a(), objects::core::frame::Register(new_reference(bits)));
    m.put_register(m.a() + 1, objects::core::frame::Register::NULL);
    end_method::<F>(m, owner)
}

/// The function goes to a, its self behind it.
#[inline(always)]
fn place_cached<F: Form>(m: Machine, owner: u64, function: u64) -> F::Out {
    let receiver = if m.has(word_flags::DROP_B) { owner } else { new_reference(owner) };
    m.put_register(m.a(), objects::core::frame::Register(new_reference(function)));
    m.put_register(m.a() + 1, objects::core::frame::Register(receiver));
    F::next(m, WORDS)
}

/// A function of a module, called.
#[inline(always)]
pub(crate) fn load_method_module<F: Form>(m: Machine) -> F::Out {
    let owner = m.bits_b();
    if is_exactly::<PyModule>(owner) {
        let bits = module_value(m, owner);
        if bits != Value::NULL.bits() && (!m.has(word_flags::DROP_B) || m.b() == m.a()) {
            m.put_register(m.a(), objects::core::frame::Register(new_reference(bits)));
            m.put_register(m.a() + 1, objects::core::frame::Register::NULL);
            return end_method::<F>(m, owner);
        }
    }
    F::slow(m, load_method_slow)
}
