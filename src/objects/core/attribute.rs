//! Attribute access as `object` does it: type, instance, descriptors.

use super::errors::PyResult;
use super::extension::{self, Stored};
use super::object::Py;
use super::pyref::PyRef;
use super::type_spec::spec_flags;
use super::value::Value;
use super::vm::Vm;
use crate::types::str::PyStr;

/// A method that was found: with its instance bound, or to be called with it in front.
pub enum Method {
    /// Pass the instance first.
    Unbound(Value),
    /// Call as it is.
    Bound(Value),
}

impl Vm<'_> {
    /// `object.name`
    ///
    /// # Errors
    /// AttributeError, or what the lookup raises.
    pub fn get_attr(self, object: &Value, name: &Py<PyStr>) -> PyResult<Value> {
        match object.class().slots.getattro.get() {
            Some(get) => get(self, object, name).map_err(|raised| {
                crate::types::exceptions::with_attribute(self, raised, object, name)
            }),
            None => Err(self.no_attribute(object, name)),
        }
    }

    /// `object.name` with a Rust name, for rare uses.
    ///
    /// # Errors
    /// AttributeError, or what the lookup raises.
    pub fn get_attr_str(self, object: &Value, name: &str) -> PyResult<Value> {
        self.get_attr(object, &self.intern(name))
    }

    /// `object.name`, or None when there is no such attribute (`PyObject_GetOptionalAttr`).
    ///
    /// # Errors
    /// What the lookup raises besides AttributeError.
    pub fn get_attr_opt(self, object: &Value, name: &Py<PyStr>) -> PyResult<Option<Value>> {
        let get = object.class().slots.getattro.get();
        let found = if get
            .is_some_and(|get| std::ptr::fn_addr_eq(get, generic_get as super::slots::GetAttrFn))
        {
            Some(lookup(self, object, name))
        } else if get.is_some_and(crate::types::type_::is_type_getattro) {
            Some(crate::types::type_::lookup(self, object, name))
        } else if get.is_some_and(crate::types::module::is_module_getattro) {
            Some(crate::types::module::lookup(self, object, name))
        } else {
            None
        };
        // A descriptor's own AttributeError counts as absence too (`PyObject_GetOptionalAttr`).
        if let Some(found) = found {
            return self
                .catch(found, &crate::types::exceptions::hierarchy::ATTRIBUTE_ERROR)
                .map(Option::flatten);
        }
        self.catch(
            self.get_attr(object, name),
            &crate::types::exceptions::hierarchy::ATTRIBUTE_ERROR,
        )
    }

    /// `object.name = value`, or `del object.name` for None.
    ///
    /// # Errors
    /// AttributeError, TypeError, or what a descriptor raises.
    pub fn set_attr(self, object: &Value, name: &Py<PyStr>, value: Option<&Value>) -> PyResult<()> {
        match object.class().slots.setattro.get() {
            Some(set) => set(self, object, name, value),
            None => Err(self.type_error(format!(
                "'{}' object has no attributes ({} .{})",
                object.class().name(),
                if value.is_some() { "assign to" } else { "del" },
                name.to_rust_string()
            ))),
        }
    }
}

/// `object.__getattribute__`: a data descriptor of the type, then the instance, then the type (`PyObject_GenericGetAttr`).
///
/// # Errors
/// AttributeError, or what a descriptor raises.
pub fn generic_get(vm: Vm<'_>, object: &Value, name: &Py<PyStr>) -> PyResult<Value> {
    match lookup(vm, object, name)? {
        Some(found) => Ok(found),
        None => Err(vm.no_attribute(object, name)),
    }
}

/// As [`generic_get`], with None where there is no such attribute.
///
/// # Errors
/// What a descriptor raises.
pub fn lookup(vm: Vm<'_>, object: &Value, name: &Py<PyStr>) -> PyResult<Option<Value>> {
    let class = object.class();
    let in_class = class.lookup(name);
    if let Some(descriptor) = &in_class
        && descriptor.class().slots.descr_set.get().is_some()
        && let Some(get) = descriptor.class().slots.descr_get.get()
    {
        let owner = class.to_value();
        return get(vm, descriptor, Some(object), Some(&owner)).map(Some);
    }
    if let Some(heap) = object.as_object()
        && let Some(own) = extension::attribute(heap, name)
    {
        return Ok(Some(own));
    }
    let Some(found) = in_class else { return Ok(None) };
    match found.class().slots.descr_get.get() {
        Some(get) => {
            let owner = class.to_value();
            get(vm, &found, Some(object), Some(&owner)).map(Some)
        }
        None => Ok(Some(found)),
    }
}

/// `object.__setattr__` and `__delattr__` (`PyObject_GenericSetAttr`).
///
/// # Errors
/// AttributeError, or what a descriptor raises.
pub fn generic_set(
    vm: Vm<'_>,
    object: &Value,
    name: &Py<PyStr>,
    value: Option<&Value>,
) -> PyResult<()> {
    let class = object.class();
    let in_class = class.lookup(name);
    if let Some(descriptor) = &in_class
        && let Some(set) = descriptor.class().slots.descr_set.get()
    {
        return set(vm, descriptor, object, value);
    }
    let stored = match (object.as_object(), value) {
        (None, _) => Stored::NoDict,
        (Some(heap), Some(value)) => {
            let name = super::intern::intern_ref(name);
            extension::set_attribute(vm, heap, &name, value.clone())
        }
        (Some(heap), None) => extension::delete_attribute(heap, name),
    };
    match stored {
        Stored::Done(old) => {
            drop(old);
            Ok(())
        }
        Stored::Missing => Err(vm.no_attribute(object, name)),
        Stored::NoMemory => Err(vm.memory_error()),
        Stored::NoDict => Err(no_place(vm, object, name, in_class.is_some())),
    }
}

#[cold]
fn no_place(vm: Vm<'_>, object: &Value, name: &Py<PyStr>, in_class: bool) -> super::errors::Raised {
    let class = object.class().name();
    let name_text = name.to_rust_string();
    let message = if in_class {
        format!("'{class}' object attribute '{name_text}' is read-only")
    } else {
        format!(
            "'{class}' object has no attribute '{name_text}' and no __dict__ for setting new attributes"
        )
    };
    vm.attribute_error(object, name, message)
}

/// The method `name` of `object`, without making a bound method where the class's function can be called directly
/// (`_PyObject_GetMethod`).
///
/// # Errors
/// AttributeError, or what the lookup raises.
pub fn method(vm: Vm<'_>, object: &Value, name: &Py<PyStr>) -> PyResult<Method> {
    let class = object.class();
    let generic = class
        .slots
        .getattro
        .get()
        .is_some_and(|get| std::ptr::fn_addr_eq(get, generic_get as super::slots::GetAttrFn));
    if generic
        && let Some(found) = class.lookup(name)
        && found.class().has_flags(spec_flags::METHOD_DESCRIPTOR)
        && object.as_object().and_then(|heap| extension::attribute(heap, name)).is_none()
    {
        return Ok(Method::Unbound(found));
    }
    vm.get_attr(object, name).map(Method::Bound)
}

/// The special method `name` of `object`, looked up on the type only (`_PyObject_LookupSpecial`).
///
/// # Errors
/// What a descriptor raises.
pub fn special(vm: Vm<'_>, object: &Value, name: &Py<PyStr>) -> PyResult<Option<Method>> {
    let class = object.class();
    let Some(found) = class.lookup(name) else { return Ok(None) };
    if found.class().has_flags(spec_flags::METHOD_DESCRIPTOR) {
        return Ok(Some(Method::Unbound(found)));
    }
    match found.class().slots.descr_get.get() {
        Some(get) => {
            let owner = class.to_value();
            get(vm, &found, Some(object), Some(&owner)).map(|bound| Some(Method::Bound(bound)))
        }
        None => Ok(Some(Method::Bound(found))),
    }
}

/// The names that an instance's own attributes have, in order.
#[must_use]
pub fn own_names(object: &Value) -> Vec<PyRef<PyStr>> {
    let Some(heap) = object.as_object() else { return Vec::new() };
    match extension::dict(heap) {
        Some(dict) => dict.string_keys(),
        None => extension::inline_items(heap).into_iter().map(|(name, _)| name).collect(),
    }
}
