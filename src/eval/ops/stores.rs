//! Attributes stored: in places, slots and dicts.

use crate::objects_access::slot_index;
use objects::core::attribute::generic_set;
use objects::core::errors::PyResult;
use objects::core::extension;
use objects::core::object::{Py, flags};
use objects::core::place_cache::Place;
use objects::core::slots::SetAttrFn;
use objects::core::type_object::PyType;
use objects::core::value::Value;
use objects::types::str::PyStr;

use super::attributes::{cached_place, cached_version, known_place, name_index, place};
use crate::dispatch::{Form, call_out, dying};
use crate::machine::{
    Machine, append_instance_bits, borrow, heap_class, heap_object, instance_bits, new_reference,
    owned, replace_instance_bits, word_flags,
};
use crate::word_ops::op;

/// How many words STORE_ATTR has.
const STORE_WORDS: usize = 3;

/// `b.name = c`
#[inline(always)]
pub(crate) fn store_attr<F: Form>(m: Machine) -> F::Out {
    F::elsewhere(m, store_attr_anywhere::<F>)
}

fn sets_generically(class: &Py<PyType>) -> bool {
    class
        .slots
        .setattro
        .get()
        .is_some_and(|set| std::ptr::fn_addr_eq(set, generic_set as SetAttrFn))
}

fn choose_store(m: &Machine, name: &Py<PyStr>) -> Option<u8> {
    let object = heap_object(m.bits_b())?;
    let class = heap_class(m.bits_b())?;
    if !sets_generically(class) {
        return None;
    }
    let in_class = class.lookup(name);
    let version = class.assign_version();
    if version == 0 {
        return None;
    }
    if object.has_flags(flags::HAS_DICT)
        && in_class.as_ref().is_none_or(|found| found.class().slots.descr_set.get().is_none())
    {
        m.set_cache(2, u64::from(version));
        return Some(op::STORE_ATTR_DICT);
    }
    if let Some(found) = &in_class {
        if let Some(index) = slot_index(found) {
            let place = extension::slot_offset(object, index)?;
            m.set_cache(2, u64::from(version) | u64::from(place) << 32);
            return Some(op::STORE_ATTR_SLOT);
        }
        // A default is hidden by what is stored.
        if found.class().slots.descr_set.get().is_some() {
            return None;
        }
    }
    if object.has_flags(flags::HAS_DICT) {
        return None;
    }
    let index = extension::inline_index(object, name)?;
    let place = extension::inline_offset(object, index)?;
    m.set_cache(2, u64::from(version) | u64::from(place) << 32);
    m.set_cache(1, m.cache(1) & !(0xff << 32) | (index as u64) << 32);
    Some(op::STORE_ATTR_VALUE)
}

fn store_attr_slow(m: &mut Machine) -> PyResult<()> {
    if m.cache(1) >> 48 != 0
        && let Some(object) = heap_object(m.bits_b())
        && !object.has_flags(flags::HAS_DICT)
        && sets_generically(object.class())
        && let Some(Place::Inline(place)) = place(m, object, m.name(name_index(m)))
        && instance_bits(object, place as usize) != Value::NULL.bits()
    {
        m.count_down();
        let old = replace_instance_bits(object, place as usize, new_reference(m.bits_c()));
        drop(owned(old));
        m.drop_operands();
        m.advance(STORE_WORDS);
        return Ok(());
    }
    let name = m.name(name_index(m)).clone();
    if m.count_down() {
        let chosen = choose_store(m, &name).unwrap_or(op::STORE_ATTR);
        m.set_op(chosen);
        m.set_counter(if chosen == op::STORE_ATTR { 63 } else { 15 });
    }
    m.vm().set_attr(&borrow(m.bits_b()), &name, Some(&borrow(m.bits_c())))?;
    m.drop_operands();
    m.advance(STORE_WORDS);
    Ok(())
}

#[inline(always)]
fn stored_bits(m: Machine) -> u64 {
    if m.has(word_flags::DROP_C) {
        let bits = m.bits_c();
        m.put_register(m.c(), objects::core::frame::Register::NULL);
        bits
    } else {
        new_reference(m.bits_c())
    }
}

#[inline(always)]
fn end_store<F: Form>(m: Machine, old: u64) -> F::Out {
    let old = objects::core::frame::Register(old);
    if m.has(word_flags::DROP_B) {
        let owner = m.register(m.b());
        return F::drop_all(m, [old, owner, objects::core::frame::Register::NULL], STORE_WORDS);
    }
    F::drop_next(m, old, STORE_WORDS)
}

/// A value inline in the instance.
#[inline(always)]
pub(crate) fn store_attr_value<F: Form>(m: Machine) -> F::Out {
    if let Some(object) = heap_object(m.bits_b())
        && object.class().version.get() == cached_version(m)
        && !object.has_flags(flags::HAS_DICT)
    {
        let place = cached_place(m);
        let bits = stored_bits(m);
        if instance_bits(object, place) == Value::NULL.bits() {
            let index = (m.cache(1) >> 32) as usize & 0xff;
            append_instance_bits(object, place, index, bits);
            return end_store::<F>(m, Value::NULL.bits());
        }
        return end_store::<F>(m, replace_instance_bits(object, place, bits));
    }
    F::elsewhere(m, store_attr_anywhere::<F>)
}

/// An attribute of an instance of another class than the word knows, whose place the thread's cache knows.
#[inline(always)]
fn store_attr_anywhere<F: Form>(m: Machine) -> F::Out {
    if m.cache(1) >> 48 != 0
        && let Some(object) = heap_object(m.bits_b())
        && !object.has_flags(flags::HAS_DICT)
        && sets_generically(object.class())
        && let Some(Place::Inline(place)) = known_place(m, object)
        && instance_bits(object, place as usize) != Value::NULL.bits()
    {
        m.count_down();
        let old = replace_instance_bits(object, place as usize, stored_bits(m));
        return end_store::<F>(m, old);
    }
    F::slow(m, store_attr_slow)
}

/// A value in the instance's dict.
#[inline(always)]
pub(crate) fn store_attr_dict<F: Form>(m: Machine) -> F::Out {
    if let Some(object) = heap_object(m.bits_b())
        && object.class().version.get() == cached_version(m)
        && object.has_flags(flags::HAS_DICT)
    {
        let old = call_out(m, |m| {
            let value = owned(new_reference(m.bits_c()));
            let dict = heap_object(m.bits_b()).and_then(extension::dict);
            let old = dict.and_then(|dict| dict.set_str(m.name(name_index(&m)), value));
            old.map_or(Value::NULL.bits(), Value::into_bits)
        });
        let [owner, value] = dying(m);
        let old = objects::core::frame::Register(old);
        return F::drop_all(m, [old, owner, value], STORE_WORDS);
    }
    F::slow(m, store_attr_slow)
}

/// A slot of the instance.
#[inline(always)]
pub(crate) fn store_attr_slot<F: Form>(m: Machine) -> F::Out {
    if let Some(object) = heap_object(m.bits_b())
        && object.class().version.get() == cached_version(m)
    {
        let old = replace_instance_bits(object, cached_place(m), stored_bits(m));
        return end_store::<F>(m, old);
    }
    F::slow(m, store_attr_slow)
}
