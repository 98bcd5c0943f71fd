//! Looking at objects without running any of their code: dictionaries, classes and slots are read, nothing is called.

use objects::core::extension;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::type_object::PyType;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::builtin_function::PyBuiltinFunction;
use objects::types::code::PyCode;
use objects::types::descriptors::{
    PyGetSetDescriptor, PyMemberDescriptor, PyMethodDescriptor, is_exact_payload,
};
use objects::types::dict::PyDict;
use objects::types::function::{PyFunction, PyMethod};
use objects::types::list::PyList;
use objects::types::module::{self, PyModule};
use objects::types::property::{PyClassMethod, PyProperty, PyStaticMethod};
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;

/// The classes that attributes of an object are looked up in: its own, or those that a class inherits from.
fn classes(object: &Value) -> Vec<PyRef<PyType>> {
    let mro = match object.downcast::<PyType>() {
        Some(class) => class.mro_tuple(),
        None => object.class().mro_tuple(),
    };
    mro.items().iter().filter_map(|class| class.downcast::<PyType>().map(Py::to_ref)).collect()
}

fn own_dict(vm: Vm<'_>, object: &Value) -> Option<PyRef<PyDict>> {
    if object.downcast::<PyModule>().is_some() {
        return Some(module::dict_of(vm, object));
    }
    extension::dict(object.as_object()?)
}

/// The names of an object's attributes.
pub(crate) fn attribute_names(vm: Vm<'_>, object: &Value) -> Vec<String> {
    let mut keys = match own_dict(vm, object) {
        Some(dict) => dict.string_keys(),
        None => objects::core::attribute::own_names(object),
    };
    for class in classes(object) {
        keys.extend(class.namespace().string_keys());
    }
    let mut names: Vec<String> = keys.iter().map(|key| key.to_rust_string()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// An attribute as it lies in a dictionary, unbound; what only a call could give is None.
pub(crate) fn attribute(vm: Vm<'_>, object: &Value, name: &str) -> Option<Value> {
    let key = vm.intern(name);
    let own = match own_dict(vm, object) {
        Some(dict) => dict.get_str(&key),
        None => object.as_object().and_then(|object| extension::attribute(object, &key)),
    };
    if own.is_some() {
        return own;
    }
    let found = classes(object).iter().find_map(|class| class.namespace().get_str(&key))?;
    if object.downcast::<PyType>().is_none()
        && let Some(slot) = found.downcast::<PyMemberDescriptor>()
        && !slot.is_computed()
    {
        return slot.read(object);
    }
    Some(found)
}

/// Whether an attribute's value is only what a call gives.
pub(crate) fn is_computed(value: &Value) -> bool {
    value.downcast::<PyProperty>().is_some()
        || value.downcast::<PyGetSetDescriptor>().is_some()
        || value.downcast::<PyMemberDescriptor>().is_some_and(|member| member.is_computed())
}

/// An entry of a real dict, list or tuple.
pub(crate) fn item(vm: Vm<'_>, object: &Value, key: &Key) -> Option<Value> {
    match key {
        Key::Text(text) => {
            let dict =
                object.downcast::<PyDict>().filter(|_| is_exact_payload::<PyDict>(object))?;
            dict.get_str(&vm.intern(text))
        }
        Key::Number(index) => {
            if is_exact_payload::<PyList>(object) {
                return object.downcast::<PyList>()?.get(*index);
            }
            if is_exact_payload::<PyTuple>(object) {
                return object.downcast::<PyTuple>()?.items().get(*index).cloned();
            }
            None
        }
    }
}

/// A constant subscript.
pub(crate) enum Key {
    /// A string.
    Text(String),
    /// An index.
    Number(usize),
}

/// What an object is, in a word.
pub(crate) fn kind(value: &Value) -> String {
    if value.downcast::<PyType>().is_some() {
        return "class".to_owned();
    }
    if value.downcast::<PyModule>().is_some() {
        return "module".to_owned();
    }
    if value.downcast::<PyFunction>().is_some() {
        return "function".to_owned();
    }
    if value.downcast::<PyMethod>().is_some() || value.downcast::<PyMethodDescriptor>().is_some() {
        return "method".to_owned();
    }
    if value.downcast::<PyBuiltinFunction>().is_some() {
        return "builtin".to_owned();
    }
    value.class().name()
}

/// `(a, b=1, *rest)` of a callable whose signature can be read.
pub(crate) fn signature(vm: Vm<'_>, value: &Value) -> Option<String> {
    if let Some(function) = value.downcast::<PyFunction>() {
        return Some(python_signature(vm, function, false));
    }
    if let Some(method) = value.downcast::<PyMethod>() {
        let function = method.function.downcast::<PyFunction>()?;
        return Some(python_signature(vm, function, true));
    }
    if let Some(wrapped) = value.downcast::<PyClassMethod>().and_then(|method| method.callable()) {
        return Some(python_signature(vm, wrapped.downcast::<PyFunction>()?, true));
    }
    if let Some(wrapped) = value.downcast::<PyStaticMethod>().and_then(|method| method.callable()) {
        return Some(python_signature(vm, wrapped.downcast::<PyFunction>()?, false));
    }
    let native = value.downcast::<PyBuiltinFunction>().is_some()
        || value.downcast::<PyMethodDescriptor>().is_some();
    if native {
        return native_signature(vm, value);
    }
    let class = value.downcast::<PyType>()?;
    if !class.is_heap_type() {
        return native_signature(vm, value);
    }
    for name in ["__init__", "__new__"] {
        let found = attribute(vm, value, name);
        if let Some(function) = found.as_ref().and_then(|found| found.downcast::<PyFunction>()) {
            return Some(python_signature(vm, function, true));
        }
    }
    None
}

fn native_signature(vm: Vm<'_>, value: &Value) -> Option<String> {
    match vm.get_attr_opt(value, &vm.intern("__text_signature__")) {
        Ok(found) => {
            let text = found?.downcast::<PyStr>()?.to_rust_string();
            Some(
                text.replace("$self, /, ", "")
                    .replace("$self, /", "")
                    .replace("$module, /, ", "")
                    .replace("$module, /", "")
                    .replace("$self, ", "")
                    .replace("$module, ", "")
                    .replace("$type, /, ", "")
                    .replace("$type, ", ""),
            )
        }
        Err(raised) => {
            vm.clear(raised);
            None
        }
    }
}

/// A value that is cheap and safe to show: numbers, strings, None.
fn constant_text(vm: Vm<'_>, value: &Value) -> String {
    let plain = value.is_none()
        || value.as_bool().is_some()
        || value.as_small_int().is_some()
        || is_exact_payload::<PyStr>(value);
    if !plain {
        return "...".to_owned();
    }
    match vm.repr(value) {
        Ok(text) => text.to_rust_string(),
        Err(raised) => {
            vm.clear(raised);
            "...".to_owned()
        }
    }
}

/// The names of a function's parameters, and where they end: positional, keyword-only, `*`, `**`.
fn python_signature(vm: Vm<'_>, function: &Py<PyFunction>, bound: bool) -> String {
    let code = function.code.get();
    let spec = code.spec();
    let names: Vec<&str> = spec.localsplusnames.iter().map(|name| &**name).collect();
    let count = spec.argcount as usize;
    let keyword_only = spec.kwonlyargcount as usize;
    let defaults = function.defaults.get();
    let defaults = defaults.as_ref().and_then(|value| value.downcast::<PyTuple>());
    let given = defaults.map_or(0, |defaults| defaults.items().len());
    let keyword_defaults = function.kwdefaults.get();
    let keyword_defaults = keyword_defaults.as_ref().and_then(|value| value.downcast::<PyDict>());
    let mut parts = Vec::new();
    for index in usize::from(bound)..count {
        let mut part = names.get(index).copied().unwrap_or_default().to_owned();
        let behind = (index + given).checked_sub(count);
        if let Some(value) = behind.and_then(|at| defaults.and_then(|all| all.items().get(at))) {
            part.push_str(&format!("={}", constant_text(vm, value)));
        }
        parts.push(part);
        if spec.posonlyargcount as usize == index + 1 {
            parts.push("/".to_owned());
        }
    }
    let mut next = count + keyword_only;
    let mut starred = None;
    if code.has_flags(bytecode::code_spec::code_flags::VARARGS) {
        starred = Some(format!("*{}", names.get(next).copied().unwrap_or_default()));
        next += 1;
    } else if keyword_only > 0 {
        starred = Some("*".to_owned());
    }
    parts.extend(starred);
    for name in names.iter().skip(count).take(keyword_only) {
        let value = keyword_defaults.and_then(|dict| dict.get_str(&vm.intern(name)));
        parts.push(match value {
            Some(value) => format!("{name}={}", constant_text(vm, &value)),
            None => (*name).to_owned(),
        });
    }
    if code.has_flags(bytecode::code_spec::code_flags::VARKEYWORDS) {
        parts.push(format!("**{}", names.get(next).copied().unwrap_or_default()));
    }
    format!("({})", parts.join(", "))
}

/// The code that a value runs: of a function, method, class's `__init__` left out.
pub(crate) fn code(value: &Value) -> Option<PyRef<PyCode>> {
    if let Some(code) = value.downcast::<PyCode>() {
        return Some(code.to_ref());
    }
    if let Some(function) = value.downcast::<PyFunction>() {
        return Some(function.code.get());
    }
    if let Some(method) = value.downcast::<PyMethod>() {
        return code(&method.function);
    }
    if let Some(method) = value.downcast::<PyClassMethod>() {
        return code(&method.callable()?);
    }
    if let Some(method) = value.downcast::<PyStaticMethod>() {
        return code(&method.callable()?);
    }
    if let Some(property) = value.downcast::<PyProperty>() {
        return code(&property.getter()?);
    }
    None
}

/// The documentation as it lies there.
pub(crate) fn doc(vm: Vm<'_>, value: &Value) -> Option<String> {
    if let Some(function) = value.downcast::<PyFunction>() {
        return text(Some(objects::types::function::doc_of(vm, function)));
    }
    if value.downcast::<PyMethod>().is_some()
        || value.downcast::<PyBuiltinFunction>().is_some()
        || value.downcast::<PyMethodDescriptor>().is_some()
    {
        return match vm.get_attr_opt(value, &vm.intern("__doc__")) {
            Ok(found) => text(found),
            Err(raised) => {
                vm.clear(raised);
                None
            }
        };
    }
    text(attribute(vm, value, "__doc__"))
}

fn text(value: Option<Value>) -> Option<String> {
    value?.downcast::<PyStr>().map(Py::to_rust_string)
}
