//! Attributes: read, written, deleted; methods, `super()`, special methods.

use crate::objects_access::slot_index;
use objects::core::attribute::{self, Method, generic_get};
use objects::core::errors::{PyResult, Raised};
use objects::core::extension;
use objects::core::object::{Py, PyObject, flags};
use objects::core::place_cache::Place;
use objects::core::slots::GetAttrFn;
use objects::core::type_object::PyType;
use objects::core::type_spec::spec_flags;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::function::PyFunction;
use objects::types::module::PyModule;
use objects::types::property::PyProperty;
use objects::types::str::PyStr;
use objects::types::type_::is_type_getattro;
use objects::types::type_::super_::SUPER;

use super::slow_handlers;
use crate::dispatch::{FAILED, Form, answer, begin, call_out};
use crate::enter::is_exact;
use crate::frames::{self, Arrival};
use crate::machine::{
    Machine, borrow, heap_object, instance_bits, is_exactly, new_reference, owned, payload,
    value_bits_at,
};
use crate::word_ops::op;

/// How many words LOAD_ATTR has.
pub(super) const LOAD_WORDS: usize = 4;

// Cache words: 1 is the name's index below and the counter above; 2 is the class's version below and a place above (of
// STORE_ATTR and LOAD_ATTR); 3 is a value's bits, or version and place of the class that was met last, of those that the
// word does not know by its second.

slow_handlers! {
    /// `del a.name`
    delete_attr => |m| {
        let name = m.name(m.arg() as usize).clone();
        m.vm().set_attr(m.peek(m.a()), &name, None)?;
        drop(m.take(m.a()));
        m.advance(1);
        Ok(())
    };
    /// `super(a + 1, a + 2).name`
    load_super_attr => load_super_attr_slow;
    /// A special method of a, looked up on the type, and its self.
    load_special => load_special_slow;
}

/// `b.name` goes to a.
#[inline(always)]
pub(crate) fn load_attr<F: Form>(m: Machine) -> F::Out {
    F::elsewhere(m, load_attr_anywhere::<F>)
}

#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
fn low_half(cache: u64) -> u32 {
    cache as u32
}

#[inline(always)]
pub(super) fn name_index(m: &Machine) -> usize {
    low_half(m.cache(1)) as usize
}

#[inline(always)]
pub(super) fn cached_version(m: Machine) -> u32 {
    low_half(m.cache(2))
}

#[inline(always)]
pub(super) fn cached_place(m: Machine) -> usize {
    (m.cache(2) >> 32) as usize
}

/// The place in instances of one class, as far as the word knows; the other it will learn.
fn set_places(m: &Machine, version: u32, place: u32) {
    let known = u64::from(version) | u64::from(place) << 32;
    m.set_cache(2, known);
    m.set_cache(3, known);
}

pub(super) fn is_generic(class: &Py<PyType>) -> bool {
    class
        .slots
        .getattro
        .get()
        .is_some_and(|get| std::ptr::fn_addr_eq(get, generic_get as GetAttrFn))
}

fn specialise_load(m: &Machine, name: &Py<PyStr>) {
    let chosen = choose_load(m, name).unwrap_or(op::LOAD_ATTR);
    m.set_op(chosen);
    m.set_counter(if chosen == op::LOAD_ATTR { 63 } else { 15 });
}

/// What a class has of `name`, when its metaclass does not come before it; the versions of both go to the second cache word.
pub(super) fn found_in_class(m: &Machine, class: &Py<PyType>, name: &Py<PyStr>) -> Option<Value> {
    let metaclass = class.as_object().class();
    let plain = metaclass.slots.getattro.get().is_some_and(is_type_getattro);
    let before = metaclass.lookup(name);
    if !plain || before.is_some_and(|found| found.class().slots.descr_set.get().is_some()) {
        return None;
    }
    let found = class.lookup(name)?;
    let (version, above) = (class.assign_version(), metaclass.assign_version());
    if version == 0 || above == 0 {
        return None;
    }
    m.set_cache(2, u64::from(version) | u64::from(above) << 32);
    Some(found)
}

/// Whether b is a class as it was when [`found_in_class`] looked at it.
#[inline(always)]
pub(super) fn is_known_class(m: Machine, owner: u64) -> bool {
    heap_object(owner).is_some_and(|object| {
        let metaclass = object.class();
        metaclass.version.get() as usize == cached_place(m)
            && metaclass.has_flags(spec_flags::TYPE_SUBCLASS)
            && payload::<PyType>(owner).version.get() == cached_version(m)
    })
}

fn choose_load(m: &Machine, name: &Py<PyStr>) -> Option<u8> {
    let owner = m.bits_b();
    let object = heap_object(owner)?;
    let class = object.class();
    if is_exactly::<PyModule>(owner) {
        let dict = extension::dict(object)?;
        let version = dict.keys_version();
        let index = dict.entry_index(name)?;
        if version == 0 || index > u32::MAX as usize {
            return None;
        }
        m.set_cache(2, u64::from(version) | (index as u64) << 32);
        return Some(op::LOAD_ATTR_MODULE);
    }
    if class.has_flags(spec_flags::TYPE_SUBCLASS) {
        if let Some(chosen) = choose_metaclass_data(m, class, name) {
            return Some(chosen);
        }
        let found = found_in_class(m, payload::<PyType>(owner), name)?;
        // Through the class a method is itself.
        let plain = found.class().has_flags(spec_flags::METHOD_DESCRIPTOR)
            || found.class().slots.descr_get.get().is_none();
        m.set_cache(3, found.bits());
        return plain.then_some(op::LOAD_ATTR_CLASS);
    }
    if !is_generic(class) {
        return None;
    }
    let in_class = class.lookup(name);
    let version = class.assign_version();
    if version == 0 {
        return None;
    }
    match in_class {
        None => {
            m.set_cache(2, u64::from(version));
            if object.has_flags(flags::HAS_DICT) {
                return Some(op::LOAD_ATTR_DICT);
            }
            let index = extension::inline_index(object, name)?;
            extension::inline_value(object, index)?;
            let place = extension::inline_offset(object, index)?;
            set_places(m, version, place);
            Some(op::LOAD_ATTR_VALUE)
        }
        Some(found) => {
            if let Some(index) = slot_index(&found) {
                let place = extension::slot_offset(object, index)?;
                set_places(m, version, place);
                return Some(op::LOAD_ATTR_SLOT);
            }
            if property_getter(found.bits()).is_some() {
                m.set_cache(2, u64::from(version));
                m.set_cache(3, found.bits());
                return Some(op::LOAD_ATTR_PROPERTY);
            }
            let data = found.class().slots.descr_set.get().is_some();
            let getter = found.class().slots.descr_get.get().is_some();
            m.set_cache(2, u64::from(version) | u64::from(data) << 32);
            m.set_cache(3, found.bits());
            if data {
                return getter.then_some(op::LOAD_ATTR_DESCRIPTOR);
            }
            if let Some(index) = extension::inline_index(object, name) {
                // The class has a default, which most instances hide.
                extension::inline_value(object, index)?;
                let place = extension::inline_offset(object, index)?;
                set_places(m, version, place);
                let hidden = !object.has_flags(flags::HAS_DICT);
                return hidden.then_some(op::LOAD_ATTR_VALUE);
            }
            if extension::dict(object).is_some_and(|dict| dict.entry_index(name).is_some()) {
                return Some(op::LOAD_ATTR_DICT);
            }
            Some(if getter { op::LOAD_ATTR_DESCRIPTOR } else { op::LOAD_ATTR_CONSTANT })
        }
    }
}

/// The word for what a class gets from a data descriptor of its metaclass, which comes before all that the class has:
/// `__dict__`, `__mro__`, `__name__`.
fn choose_metaclass_data(m: &Machine, metaclass: &Py<PyType>, name: &Py<PyStr>) -> Option<u8> {
    let plain = metaclass.slots.getattro.get().is_some_and(is_type_getattro);
    let found = metaclass.lookup(name).filter(|_| plain)?;
    let slots = &found.class().slots;
    let data = slots.descr_get.get().is_some() && slots.descr_set.get().is_some();
    let version = metaclass.assign_version();
    if !data || version == 0 {
        return None;
    }
    m.set_cache(2, u64::from(version) | 1 << 32);
    m.set_cache(3, found.bits());
    Some(op::LOAD_ATTR_DESCRIPTOR)
}

/// Where the instance's class has `name`, by the thread's cache.
pub(super) fn place(m: &Machine, object: &PyObject, name: &Py<PyStr>) -> Option<Place> {
    let class = object.class();
    let version = class.version.get();
    let cache = &m.thread().places;
    if let Some(known) = cache.get(version, name, None) {
        return Some(known);
    }
    if version == 0 || !is_generic(class) {
        return None;
    }
    let found = match class.lookup(name) {
        None => {
            Place::Inline(extension::inline_offset(object, extension::inline_index(object, name)?)?)
        }
        Some(found) => match slot_index(&found) {
            Some(index) => Place::Inline(extension::slot_offset(object, index)?),
            None => match extension::inline_index(object, name) {
                Some(index) if found.class().slots.descr_set.get().is_none() => {
                    Place::Inline(extension::inline_offset(object, index)?)
                }
                None if found.class().has_flags(spec_flags::METHOD_DESCRIPTOR) => {
                    Place::Method(found.bits())
                }
                _ => return None,
            },
        },
    };
    cache.put(version, name, None, found);
    Some(found)
}

/// The bits of an object's own value of `name`, where the cache knows its place.
pub(crate) fn own_value(m: &Machine, object: u64, name: &Py<PyStr>) -> Option<u64> {
    let object = heap_object(object).filter(|object| !object.has_flags(flags::HAS_DICT))?;
    match place(m, object, name)? {
        Place::Inline(place) => {
            Some(instance_bits(object, place as usize)).filter(|&bits| bits != Value::NULL.bits())
        }
        Place::Method(_) | Place::Special(_) => None,
    }
}

fn load_attr_slow(m: &mut Machine) -> PyResult<()> {
    if let Some(bits) = own_value(m, m.bits_b(), m.name(name_index(m))) {
        if m.count_down() {
            specialise_load(m, m.name(name_index(m)));
        }
        let found = owned(new_reference(bits));
        m.finish(found, LOAD_WORDS);
        return Ok(());
    }
    let name = m.name(name_index(m)).clone();
    if m.count_down() {
        specialise_load(m, &name);
    }
    let found = m.vm().get_attr(&borrow(m.bits_b()), &name)?;
    m.finish(found, LOAD_WORDS);
    Ok(())
}

/// A value inline in the instance.
#[inline(always)]
pub(crate) fn load_attr_value<F: Form>(m: Machine) -> F::Out {
    let owner = m.bits_b();
    if let Some(object) = heap_object(owner)
        && object.class().version.get() == cached_version(m)
        && !object.has_flags(flags::HAS_DICT)
    {
        let bits = instance_bits(object, cached_place(m));
        if bits != Value::NULL.bits() {
            return F::store_drop_b(m, new_reference(bits), LOAD_WORDS);
        }
    }
    F::elsewhere(m, load_attr_second::<F>)
}

/// An attribute of an instance of the other class that the word knows.
#[inline(always)]
fn load_attr_second<F: Form>(m: Machine) -> F::Out {
    let known = m.cache(3);
    if let Some(object) = heap_object(m.bits_b())
        && object.class().version.get() == low_half(known)
        && !object.has_flags(flags::HAS_DICT)
    {
        let bits = instance_bits(object, (known >> 32) as usize);
        if bits != Value::NULL.bits() {
            return F::store_drop_b(m, new_reference(bits), LOAD_WORDS);
        }
    }
    F::elsewhere(m, load_attr_anywhere::<F>)
}

/// An attribute of an instance of a class that the word does not know, whose place the thread's cache knows.
#[inline(always)]
fn load_attr_anywhere<F: Form>(m: Machine) -> F::Out {
    if m.cache(1) >> 48 != 0
        && let Some(object) = heap_object(m.bits_b())
        && !object.has_flags(flags::HAS_DICT)
        && let Some(Place::Inline(place)) = known_place(m, object)
    {
        let bits = instance_bits(object, place as usize);
        if bits != Value::NULL.bits() {
            m.count_down();
            m.set_cache(3, u64::from(object.class().version.get()) | u64::from(place) << 32);
            return F::store_drop_b(m, new_reference(bits), LOAD_WORDS);
        }
    }
    F::slow(m, load_attr_slow)
}

/// What the thread's cache knows of the word's name in the instance's class.
#[inline(always)]
pub(super) fn known_place(m: Machine, object: &PyObject) -> Option<Place> {
    let name = m.code().made_name(name_index(&m))?;
    m.thread().places.get(object.class().version.get(), name, None)
}

/// A slot of the instance.
#[inline(always)]
pub(crate) fn load_attr_slot<F: Form>(m: Machine) -> F::Out {
    let owner = m.bits_b();
    if let Some(object) = heap_object(owner)
        && object.class().version.get() == cached_version(m)
    {
        let bits = instance_bits(object, cached_place(m));
        if bits != Value::NULL.bits() {
            return F::store_drop_b(m, new_reference(bits), LOAD_WORDS);
        }
    }
    F::elsewhere(m, load_attr_second::<F>)
}

/// An attribute of a class.
#[inline(always)]
pub(crate) fn load_attr_class<F: Form>(m: Machine) -> F::Out {
    let owner = m.bits_b();
    if is_known_class(m, owner) {
        return F::store_drop_b(m, new_reference(m.cache(3)), LOAD_WORDS);
    }
    F::slow(m, load_attr_slow)
}

/// A name of a module.
#[inline(always)]
pub(crate) fn load_attr_module<F: Form>(m: Machine) -> F::Out {
    let owner = m.bits_b();
    if is_exactly::<PyModule>(owner) {
        let bits = module_value(m, owner);
        if bits != Value::NULL.bits() {
            return F::store_drop_b(m, new_reference(bits), LOAD_WORDS);
        }
    }
    F::slow(m, load_attr_slow)
}

/// The bits of the module's value at the cached position; NULL when its names have changed.
#[inline(always)]
pub(super) fn module_value(m: Machine, owner: u64) -> u64 {
    let found = heap_object(owner).and_then(|object| {
        extension::with_near_dict(object, |dict| {
            if dict.current_version() == cached_version(m) {
                value_bits_at(dict, cached_place(m))
            } else {
                Value::NULL.bits()
            }
        })
    });
    found.unwrap_or(Value::NULL.bits())
}

/// Whether the instance b has no attribute of the word's name in a dict of its own.
#[inline(always)]
pub(super) fn is_not_hidden(m: Machine, object: &PyObject) -> bool {
    !object.has_flags(flags::HAS_DICT)
        || call_out(m, |m| u64::from(own_dict_value(&m) == Value::NULL.bits())) != 0
}

/// The value that the dict of instance b has for the word's name; NULL if it has none.
#[inline(always)]
pub(super) fn own_dict_value(m: &Machine) -> u64 {
    let found = heap_object(m.bits_b()).and_then(|object| {
        extension::with_dict(object, |dict| {
            let position = dict.entry_index(m.name(name_index(m)))?;
            Some(value_bits_at(dict, position))
        })
    });
    found.flatten().unwrap_or(Value::NULL.bits())
}

/// A value in the instance's dict.
#[inline(always)]
pub(crate) fn load_attr_dict<F: Form>(m: Machine) -> F::Out {
    if let Some(object) = heap_object(m.bits_b())
        && object.class().version.get() == cached_version(m)
        && object.has_flags(flags::HAS_DICT)
    {
        let found = call_out(m, |m| {
            let found = own_dict_value(&m);
            if found == Value::NULL.bits() { found } else { new_reference(found) }
        });
        if found != Value::NULL.bits() {
            return F::store_drop_b(m, found, LOAD_WORDS);
        }
    }
    F::slow(m, load_attr_slow)
}

/// What a descriptor of the class gives.
#[inline(always)]
pub(crate) fn load_attr_descriptor<F: Form>(m: Machine) -> F::Out {
    if let Some(object) = heap_object(m.bits_b())
        && object.class().version.get() == cached_version(m)
        && (cached_place(m) != 0 || is_not_hidden(m, object))
    {
        let found = call_out(m, |m| {
            let (owner, descriptor) = (borrow(m.bits_b()), borrow(m.cache(3)));
            match descriptor.class().slots.descr_get.get() {
                Some(get) => {
                    // It may be taken out of the class while it runs.
                    let descriptor = Value::clone(&descriptor);
                    let class = owner.class().to_value();
                    answer(get(m.vm(), &descriptor, Some(&owner), Some(&class)))
                }
                None => Value::NULL.bits(),
            }
        });
        if found == FAILED {
            return F::raise(m);
        }
        if found != Value::NULL.bits() {
            return F::store_drop_b(m, found, LOAD_WORDS);
        }
    }
    F::slow(m, load_attr_slow)
}

/// A class attribute that is no descriptor and that no instance hides.
#[inline(always)]
pub(crate) fn load_attr_constant<F: Form>(m: Machine) -> F::Out {
    if let Some(object) = heap_object(m.bits_b())
        && object.class().version.get() == cached_version(m)
    {
        if object.has_flags(flags::HAS_DICT) {
            return F::elsewhere(m, |m| {
                if own_dict_value(&m) == Value::NULL.bits() {
                    return F::store_drop_b(m, new_reference(m.cache(3)), LOAD_WORDS);
                }
                F::slow(m, load_attr_slow)
            });
        }
        return F::store_drop_b(m, new_reference(m.cache(3)), LOAD_WORDS);
    }
    F::slow(m, load_attr_slow)
}

/// The Python function that an exact property's value comes from, if it can be run as it is: borrowed from the property.
fn property_getter<'a>(found: u64) -> Option<&'a Py<PyFunction>> {
    if !is_exactly::<PyProperty>(found) {
        return None;
    }
    let getter = payload::<PyProperty>(found).getter()?;
    if !is_exactly::<PyFunction>(getter.bits()) {
        return None;
    }
    let function = payload::<PyFunction>(getter.bits());
    let runs = function.code.with(|code| is_exact(code, 1) && !code.is_generator_like());
    runs.then_some(function)
}

/// A property with a Python function, run without native recursion.
#[inline(always)]
pub(crate) fn load_attr_property<F: Form>(m: Machine) -> F::Out {
    F::elsewhere(m, |m| {
        if let Some(object) = heap_object(m.bits_b())
            && object.class().version.get() == cached_version(m)
            && let Some(function) = property_getter(m.cache(3))
        {
            let values = std::iter::once_with(|| object.to_value());
            let mut next = m;
            if frames::push_plain_operator(&mut next, function, values, Arrival::Value, LOAD_WORDS)
            {
                return begin::<F>(next);
            }
        }
        F::slow(m, |m| {
            if let Some(object) = heap_object(m.bits_b())
                && object.class().version.get() == cached_version(*m)
                && let Some(function) = property_getter(m.cache(3))
            {
                let values = [object.to_value()];
                return frames::push_operator(m, function, values, Arrival::Value, LOAD_WORDS);
            }
            load_attr_slow(m)
        })
    })
}

pub(crate) fn load_super_attr_slow(m: &mut Machine) -> PyResult<()> {
    let vm = m.vm();
    let base = m.a();
    let oparg = m.arg();
    let name = m.name((oparg >> 2) as usize).clone();
    let method = oparg & 1 != 0;
    let known = super_method(m, &name);
    if let (Some(function), true) = (&known, method) {
        // The receiver moves down to be the method's self.
        let (global, class) = (m.take(base), m.take(base + 1));
        m.put(base, function.clone());
        m.put_register(base + 1, m.register(base + 2));
        m.put_register(base + 2, objects::core::frame::Register::NULL);
        drop((global, class));
        m.advance(1);
        return Ok(());
    }
    let (global, class, receiver) = (m.copy(base), m.copy(base + 1), m.copy(base + 2));
    let found = match known {
        Some(function) => Method::Unbound(function),
        None => {
            let object = if oparg & 2 != 0 {
                vm.call(&global, &[class, receiver.clone()])?
            } else {
                vm.call(&global, &[])?
            };
            Method::Bound(vm.get_attr(&object, &name)?)
        }
    };
    drop(m.take(base + 2));
    drop(m.take(base + 1));
    drop(m.take(base));
    match found {
        Method::Unbound(function) if method => {
            m.put(base, function);
            m.put(base + 1, receiver);
        }
        Method::Unbound(function) => {
            let bound = objects::types::function::PyMethod::new(vm, function, receiver)?;
            m.put(base, bound.into_value());
        }
        Method::Bound(callable) => {
            m.put(base, callable);
            if method {
                m.put_register(base + 1, objects::core::frame::Register::NULL);
            }
        }
    }
    m.advance(1);
    Ok(())
}

/// The function that `super(class, receiver).name` finds, where that needs no code: a plain method of a plain instance.
fn super_method(m: &Machine, name: &Py<PyStr>) -> Option<Value> {
    let base = m.a();
    let (global, class, receiver) = (m.peek(base), m.peek(base + 1), m.peek(base + 2));
    if !SUPER.get().is_value(global) {
        return None;
    }
    let class = class.downcast::<PyType>()?;
    let start = receiver.class();
    let cache = &m.thread().places;
    if let Some(Place::Method(known)) = cache.get(start.version.get(), name, Some(class)) {
        return Some(owned(new_reference(known)));
    }
    if receiver.downcast::<PyType>().is_some() || name.is_text("__class__") {
        return None;
    }
    let found = find_behind(start, class, name)?;
    cache.put(start.assign_version(), name, Some(class), Place::Method(found.bits()));
    Some(found)
}

/// The method `name` of the first class behind `class` in the MRO of `start` that has the name, if it is a plain method.
fn find_behind(start: &Py<PyType>, class: &Py<PyType>, name: &Py<PyStr>) -> Option<Value> {
    start.mro.with(|mro| {
        let mut entries = mro.as_ref()?.items().iter();
        entries.find(|entry| class.is_value(entry))?;
        for entry in entries {
            let Some(entry) = entry.downcast::<PyType>() else { continue };
            let found = entry.dict.with(|dict| dict.as_ref()?.get_str(name));
            if let Some(found) = found {
                return found.class().has_flags(spec_flags::METHOD_DESCRIPTOR).then_some(found);
            }
        }
        None
    })
}

fn load_special_slow(m: &mut Machine) -> PyResult<()> {
    let vm = m.vm();
    let names = vm.names();
    let base = m.a();
    let which = m.arg() as usize & 3;
    let name = [&names.__enter__, &names.__exit__, &names.__aenter__, &names.__aexit__][which];
    let owner = m.take(base);
    match attribute::special(vm, &owner, name) {
        Ok(Some(Method::Unbound(function))) => {
            m.put(base, function);
            m.put(base + 1, owner);
        }
        Ok(Some(Method::Bound(callable))) => {
            m.put(base, callable);
            m.put_register(base + 1, objects::core::frame::Register::NULL);
        }
        Ok(None) => return Err(no_special(vm, &owner, which)),
        Err(raised) => return Err(raised),
    }
    m.advance(1);
    Ok(())
}

#[cold]
fn no_special(vm: Vm<'_>, owner: &Value, which: usize) -> Raised {
    let class = owner.class().name();
    let has = |name: &str| owner.class().lookup(&vm.intern(name)).is_some();
    let message = match which {
        0 => {
            let hint = if has("__aenter__") && has("__aexit__") {
                " but it supports the asynchronous context manager protocol. Did you mean to use 'async with'?"
            } else {
                ""
            };
            format!(
                "'{class}' object does not support the context manager protocol (missed __enter__ method){hint}"
            )
        }
        1 => {
            let hint = if has("__aenter__") && has("__aexit__") {
                " but it supports the asynchronous context manager protocol. Did you mean to use 'async with'?"
            } else {
                ""
            };
            format!(
                "'{class}' object does not support the context manager protocol (missed __exit__ method){hint}"
            )
        }
        other => {
            let missed = if other == 2 { "__aenter__" } else { "__aexit__" };
            let hint = if has("__enter__") && has("__exit__") {
                " but it supports the context manager protocol. Did you mean to use 'with'?"
            } else {
                ""
            };
            format!(
                "'{class}' object does not support the asynchronous context manager protocol (missed {missed} method){hint}"
            )
        }
    };
    vm.type_error(message)
}
