//! `match`: patterns of mappings, sequences, classes.

use objects::core::errors::PyResult;
use objects::core::type_object::{PyType, TYPE};
use objects::core::type_spec::spec_flags;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::dict::PyDict;
use objects::types::str::PyStr;
use objects::types::tuple::{PyTuple, TUPLE};

use super::slow_handlers;
use crate::dispatch::Form;
use crate::machine::{Machine, new_reference, owned};
use crate::ops::attributes::own_value;

slow_handlers! {
    /// The values of mapping a for the keys behind it, or None, go behind both.
    match_keys => |m| {
        let values = keys(m.vm(), m.peek(m.a()), m.peek(m.a() + 1))?;
        m.put(m.a() + 2, values.unwrap_or(Value::NONE));
        m.advance(1);
        Ok(())
    };
    /// The attributes of subject a that a class pattern names, or None, replace it.
    match_class => |m| {
        let base = m.a();
        let found = class(m, m.peek(base), m.peek(base + 1), m.arg() as usize, m.peek(base + 2))?;
        m.drop_many(base, 3);
        m.put(base, found.unwrap_or(Value::NONE));
        m.advance(1);
        Ok(())
    };
}

/// Whether a is a mapping goes behind it.
#[inline(always)]
pub(crate) fn match_mapping<F: Form>(m: Machine) -> F::Out {
    matches_flag::<F>(m, spec_flags::MAPPING)
}

/// Whether a is a sequence goes behind it.
#[inline(always)]
pub(crate) fn match_sequence<F: Form>(m: Machine) -> F::Out {
    matches_flag::<F>(m, spec_flags::SEQUENCE)
}

#[inline(always)]
fn matches_flag<F: Form>(m: Machine, flag: u64) -> F::Out {
    let matches = m.peek(m.a()).class().has_flags(flag);
    m.put(m.a() + 1, Value::from_bool(matches));
    F::next(m, 1)
}

fn keys(vm: Vm<'_>, subject: &Value, keys: &Value) -> PyResult<Option<Value>> {
    let keys = keys.receiver::<PyTuple>().items();
    let mut values = Vec::with_capacity(keys.len());
    let (get, dummy) = if subject.downcast_exact::<PyDict>().is_some() {
        (None, Value::NONE)
    } else {
        let object = objects::types::object_::OBJECT.get();
        let dummy = objects::types::object_::new_instance(vm, object);
        (Some(vm.get_attr(subject, &vm.names().get)?), dummy)
    };
    for (index, key) in keys.iter().enumerate() {
        for earlier in &keys[..index] {
            if !are_other_names(earlier, key) && vm.equal(earlier, key)? {
                return Err(vm.value_error(format!(
                    "mapping pattern checks duplicate key ({})",
                    vm.repr(key)?.to_rust_string()
                )));
            }
        }
        let found = match (&get, subject.downcast_exact::<PyDict>()) {
            (None, Some(dict)) => dict.get(vm, key)?,
            (Some(get), _) => {
                let value = vm.call(get, &[key.clone(), dummy.clone()])?;
                if value.is(&dummy) { None } else { Some(value) }
            }
            (None, None) => None,
        };
        match found {
            Some(value) => values.push(value),
            None => return Ok(None),
        }
    }
    Ok(Some(PyTuple::try_from_vec(vm, values)?.into_value()))
}

/// Whether both are interned strs, and not the same: then they differ.
fn are_other_names(a: &Value, b: &Value) -> bool {
    let names = (a.downcast_exact::<PyStr>(), b.downcast_exact::<PyStr>());
    matches!(names, (Some(a), Some(b)) if a.is_interned() && b.is_interned() && !a.is(b))
}

fn class(
    m: &Machine,
    subject: &Value,
    class: &Value,
    positional: usize,
    names: &Value,
) -> PyResult<Option<Value>> {
    let vm = m.vm();
    let Some(class_object) = class.downcast::<PyType>() else {
        return Err(vm.type_error("called match pattern must be a class"));
    };
    if !vm.isinstance(subject, class)? {
        return Ok(None);
    }
    let mut seen: Vec<Value> = Vec::new();
    let mut values = Vec::new();
    if positional > 0 {
        let class_name = class_object.name();
        let mut match_self = false;
        let match_args = match match_args_of(vm, class)? {
            Some(found) => {
                if found.downcast_exact::<PyTuple>().is_none() {
                    return Err(vm.type_error(format!(
                        "{class_name}.__match_args__ must be a tuple (got {})",
                        found.class().name()
                    )));
                }
                found
            }
            None => {
                match_self = class_object.has_flags(spec_flags::MATCH_SELF);
                PyTuple::new_value(vm, &[])
            }
        };
        let arguments = match_args.receiver::<PyTuple>().items();
        let allowed = if match_self { 1 } else { arguments.len() };
        if allowed < positional {
            let plural = if allowed == 1 { "" } else { "s" };
            return Err(vm.type_error(format!(
                "{class_name}() accepts {allowed} positional sub-pattern{plural} ({positional} given)"
            )));
        }
        if match_self {
            values.push(subject.clone());
        } else {
            if names.receiver::<PyTuple>().items().is_empty()
                && are_all_different_names(&arguments[..positional])
            {
                return attributes_in_order(m, subject, &arguments[..positional]);
            }
            for name in &arguments[..positional] {
                if name.downcast_exact::<PyStr>().is_none() {
                    return Err(vm.type_error(format!(
                        "__match_args__ elements must be strings (got {})",
                        name.class().name()
                    )));
                }
                match attribute(vm, subject, class_object, name, &mut seen)? {
                    Some(value) => values.push(value),
                    None => return Ok(None),
                }
            }
        }
    }
    for name in names.receiver::<PyTuple>().items() {
        match attribute(vm, subject, class_object, name, &mut seen)? {
            Some(value) => values.push(value),
            None => return Ok(None),
        }
    }
    Ok(Some(PyTuple::try_from_vec(vm, values)?.into_value()))
}

/// `class.__match_args__`
fn match_args_of(vm: Vm<'_>, class: &Value) -> PyResult<Option<Value>> {
    let name = &vm.names().__match_args__;
    // A tuple in the class itself is what reading the attribute gives, unless a metaclass has its say.
    if class.is_exact(TYPE.get())
        && let Some(found) = class.receiver::<PyType>().lookup(name)
        && found.is_exact(TUPLE.get())
    {
        return Ok(Some(found));
    }
    vm.get_attr_opt(class, name)
}

/// Positional sub-patterns whose names are taken the short way.
const SHORT: usize = 8;

fn are_all_different_names(names: &[Value]) -> bool {
    names.len() <= SHORT
        && names.iter().enumerate().all(|(index, name)| {
            name.downcast_exact::<PyStr>().is_some_and(objects::core::object::Py::is_interned)
                && names[..index].iter().all(|earlier| are_other_names(earlier, name))
        })
}

/// The values of these attributes, or None when one is missing.
fn attributes_in_order(m: &Machine, subject: &Value, names: &[Value]) -> PyResult<Option<Value>> {
    let vm = m.vm();
    let mut values = [const { Value::NULL }; SHORT];
    for (name, place) in names.iter().zip(&mut values) {
        let Some(name) = name.downcast_exact::<PyStr>() else { return Ok(None) };
        let own = own_value(m, subject.bits(), name).map(|bits| owned(new_reference(bits)));
        let value = if own.is_some() { own } else { vm.get_attr_opt(subject, name)? };
        match value {
            Some(value) => *place = value,
            None => return Ok(None),
        }
    }
    let tuple = PyTuple::try_from_fn(vm, names.len(), |index| {
        std::mem::replace(&mut values[index], Value::NULL)
    })?;
    Ok(Some(tuple.into_value()))
}

fn attribute(
    vm: Vm<'_>,
    subject: &Value,
    class: &PyType,
    name: &Value,
    seen: &mut Vec<Value>,
) -> PyResult<Option<Value>> {
    let Some(text) = name.downcast::<PyStr>() else { return Ok(None) };
    let again =
        seen.iter().any(|earlier| earlier.downcast::<PyStr>().is_some_and(|s| s.same_text(text)));
    if again {
        return Err(vm.type_error(format!(
            "{}() got multiple sub-patterns for attribute {}",
            class.name(),
            vm.repr(name)?.to_rust_string()
        )));
    }
    seen.push(name.clone());
    vm.get_attr_opt(subject, text)
}
