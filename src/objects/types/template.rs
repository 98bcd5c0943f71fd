//! `Template` and `Interpolation`: what a t-string makes (PEP 750).

use std::cell::Cell;

use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::Slot;
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::TypeSpec;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::iterate::self_iter;
use crate::types::str::{self, PyStr};
use crate::types::tuple::PyTuple;
use crate::{getset, methods, payload};

payload! {
    /// The payload of a template: the texts, one more than interpolations, and the interpolations.
    pub struct PyTemplate: TEMPLATE, gc {
        strings: PyRef<PyTuple>,
        interpolations: PyRef<PyTuple>,
    }
}

/// `string.templatelib.Template`
pub static TEMPLATE: StaticType = StaticType::new::<PyTemplate>();

/// The spec of `Template`.
pub const TEMPLATE_SPEC: TypeSpec = TypeSpec {
    name: "string.templatelib.Template",
    doc: Some("Template object"),
    slots: &[
        Slot::New(template_new_object),
        Slot::Repr(template_repr),
        Slot::Iter(template_iter),
        Slot::SqConcat(template_concat),
    ],
    methods: TEMPLATE_METHODS,
    getset: TEMPLATE_GETSET,
    ..TypeSpec::DEFAULT
};

methods! { TEMPLATE_METHODS:
    ["__reduce__"] "($self, /)" None(template_reduce);
    /// See PEP 585
    class ["__class_getitem__"] "($type, object, /)" One(class_getitem);
}

getset! { TEMPLATE_GETSET:
    /// Strings
    member ["strings"] template_strings;
    /// Interpolations
    member ["interpolations"] template_interpolations;
    /// Values of interpolations
    ["values"] template_values;
}

payload! {
    /// The payload of an interpolation.
    pub struct PyInterpolation: INTERPOLATION, gc {
        value: Value,
        expression: Value,
        conversion: Value,
        format_spec: Value,
    }
}

/// `string.templatelib.Interpolation`
pub static INTERPOLATION: StaticType = StaticType::new::<PyInterpolation>();

/// The spec of `Interpolation`.
pub const INTERPOLATION_SPEC: TypeSpec = TypeSpec {
    name: "string.templatelib.Interpolation",
    doc: Some("Interpolation object"),
    slots: &[Slot::New(interpolation_new_object), Slot::Repr(interpolation_repr)],
    methods: INTERPOLATION_METHODS,
    getset: INTERPOLATION_GETSET,
    finish: Some(finish_interpolation),
    ..TypeSpec::DEFAULT
};

methods! { INTERPOLATION_METHODS:
    ["__reduce__"] "($self, /)" None(interpolation_reduce);
    /// See PEP 585
    class ["__class_getitem__"] "($type, object, /)" One(class_getitem);
}

getset! { INTERPOLATION_GETSET:
    /// Value
    member ["value"] interpolation_value;
    /// Expression
    member ["expression"] interpolation_expression;
    /// Conversion
    member ["conversion"] interpolation_conversion;
    /// Format specifier
    member ["format_spec"] interpolation_format_spec;
}

payload! {
    /// The payload of an iterator over a template's parts.
    pub struct PyTemplateIterator: TEMPLATE_ITERATOR, gc {
        strings: PyRef<PyTuple>,
        interpolations: PyRef<PyTuple>,
        position: Cell<usize>,
    }
}

/// `string.templatelib.TemplateIter`
pub static TEMPLATE_ITERATOR: StaticType = StaticType::new::<PyTemplateIterator>();

/// The spec of `TemplateIter`.
pub const TEMPLATE_ITERATOR_SPEC: TypeSpec = TypeSpec {
    name: "string.templatelib.TemplateIter",
    doc: Some("Template iterator object"),
    slots: &[Slot::Iter(self_iter), Slot::Iternext(iterator_next)],
    ..TypeSpec::DEFAULT
};

/// The template of a t-string's texts and interpolations, two tuples.
///
/// # Errors
/// SystemError when they are no tuples, which the compiler excludes.
pub fn new_template(vm: Vm<'_>, strings: &Value, interpolations: &Value) -> PyResult<Value> {
    let (Some(strings), Some(interpolations)) =
        (strings.downcast::<PyTuple>(), interpolations.downcast::<PyTuple>())
    else {
        return Err(vm.system_error("a template is made of two tuples"));
    };
    let payload = PyTemplate { strings: strings.to_ref(), interpolations: interpolations.to_ref() };
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

/// One interpolation.
#[must_use]
pub fn new_interpolation(
    vm: Vm<'_>,
    value: &Value,
    expression: &Value,
    conversion: &Value,
    format_spec: &Value,
) -> Value {
    let payload = PyInterpolation {
        value: value.clone(),
        expression: expression.clone(),
        conversion: conversion.clone(),
        format_spec: format_spec.clone(),
    };
    PyRef::new(vm, payload).into_value()
}

fn template(value: &Value) -> &Py<PyTemplate> {
    value.receiver::<PyTemplate>()
}

fn interpolation(value: &Value) -> &Py<PyInterpolation> {
    value.receiver::<PyInterpolation>()
}

fn template_new_object(vm: Vm<'_>, _class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    if args.keyword_count() != 0 {
        return Err(vm.type_error("Template.__new__ only accepts *args arguments"));
    }
    let mut strings: Vec<Value> = Vec::new();
    let mut interpolations = Vec::new();
    let empty = PyStr::new_value(vm, "");
    for part in args.positional() {
        if part.downcast::<PyStr>().is_some() {
            if strings.len() > interpolations.len() {
                let last = strings.pop().unwrap_or(Value::NONE);
                strings.push(str::concat(vm, last, part)?);
            } else {
                strings.push(part.clone());
            }
        } else if part.downcast::<PyInterpolation>().is_some() {
            if strings.len() == interpolations.len() {
                strings.push(empty.clone());
            }
            interpolations.push(part.clone());
        } else {
            return Err(vm.type_error(format!(
                "Template.__new__ *args need to be of type 'str' or 'Interpolation', got {}",
                part.class().name()
            )));
        }
    }
    if strings.len() == interpolations.len() {
        strings.push(empty);
    }
    let payload = PyTemplate {
        strings: PyTuple::try_from_vec(vm, strings)?,
        interpolations: PyTuple::try_from_vec(vm, interpolations)?,
    };
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

fn template_repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = template(value);
    let strings = vm.repr(&this.strings.to_value())?;
    let interpolations = vm.repr(&this.interpolations.to_value())?;
    let text = format!(
        "Template(strings={}, interpolations={})",
        strings.to_rust_string(),
        interpolations.to_rust_string()
    );
    Ok(PyStr::try_new(vm, &text)?.into_value())
}

fn template_iter(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = template(value);
    let payload = PyTemplateIterator {
        strings: this.strings.clone(),
        interpolations: this.interpolations.clone(),
        position: Cell::new(0),
    };
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

/// Texts and interpolations in turn; empty texts are left out.
fn iterator_next(_vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let this = value.receiver::<PyTemplateIterator>();
    loop {
        let position = this.position.get();
        let items = if position.is_multiple_of(2) { &this.strings } else { &this.interpolations };
        let Some(item) = items.items().get(position / 2) else { return Ok(None) };
        this.position.set(position + 1);
        if item.downcast::<PyStr>().is_none_or(|text| !text.is_empty()) {
            return Ok(Some(item.clone()));
        }
    }
}

fn template_concat(vm: Vm<'_>, left: &Value, right: &Value) -> PyResult<Value> {
    let (Some(first), Some(second)) =
        (left.downcast::<PyTemplate>(), right.downcast::<PyTemplate>())
    else {
        return Err(vm.type_error(format!(
            "can only concatenate string.templatelib.Template (not \"{}\") to string.templatelib.Template",
            right.class().name()
        )));
    };
    let mut strings = first.strings.items().to_vec();
    let mut rest = second.strings.items().iter();
    if let (Some(last), Some(next)) = (strings.pop(), rest.next()) {
        strings.push(str::concat(vm, last, next)?);
    }
    strings.extend(rest.cloned());
    let mut interpolations = first.interpolations.items().to_vec();
    interpolations.extend_from_slice(second.interpolations.items());
    let payload = PyTemplate {
        strings: PyTuple::try_from_vec(vm, strings)?,
        interpolations: PyTuple::try_from_vec(vm, interpolations)?,
    };
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

fn template_strings(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(template(value).strings.to_value())
}

fn template_interpolations(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(template(value).interpolations.to_value())
}

fn template_values(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let items = template(value).interpolations.items();
    let values = items.iter().map(|item| interpolation(item).value.clone()).collect();
    Ok(PyTuple::try_from_vec(vm, values)?.into_value())
}

fn template_reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = template(value);
    let Some(library) = vm.interpreter().modules.get_str(&vm.intern("string.templatelib")) else {
        return Err(vm.type_error("cannot pickle 'string.templatelib.Template' object"));
    };
    let restore = vm.get_attr_str(&library, "_template_unpickle")?;
    let parts = [this.strings.to_value(), this.interpolations.to_value()];
    Ok(PyTuple::new_value(vm, &[restore, PyTuple::new_value(vm, &parts)]))
}

fn class_getitem(vm: Vm<'_>, class: &Value, item: &Value) -> PyResult<Value> {
    crate::types::generic_alias::new(vm, class, item)
}

fn interpolation_new_object(vm: Vm<'_>, _class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    const NAMES: [&str; 4] = ["value", "expression", "conversion", "format_spec"];
    let mut places: [Option<&Value>; 4] = [None; 4];
    if args.positional().len() > 4 {
        return Err(vm.type_error(format!(
            "Interpolation() takes at most 4 arguments ({} given)",
            args.all().len()
        )));
    }
    for (place, value) in places.iter_mut().zip(args.positional()) {
        *place = Some(value);
    }
    for (key, value) in args.keywords() {
        let Some(index) = NAMES.iter().position(|name| str::value_is(key, name)) else {
            let key = vm.str(key)?.to_rust_string();
            return Err(vm.unexpected_keyword("Interpolation()", &key, NAMES));
        };
        places[index] = Some(value);
    }
    let [value, expression, conversion, format_spec] = places;
    let Some(value) = value else {
        return Err(vm.type_error("Interpolation() missing required argument 'value' (pos 1)"));
    };
    let empty = PyStr::new_value(vm, "");
    for (name, text) in [("expression", expression), ("format_spec", format_spec)] {
        if let Some(text) = text
            && text.downcast::<PyStr>().is_none()
        {
            return Err(vm.type_error(format!(
                "Interpolation() argument '{name}' must be str, not {}",
                text.class().name()
            )));
        }
    }
    let no_conversion = Value::NONE;
    let conversion = conversion.unwrap_or(&no_conversion);
    if !conversion.is_none() {
        if conversion.downcast::<PyStr>().is_none() {
            return Err(vm.type_error(format!(
                "Interpolation() argument 'conversion' must be str, not {}",
                conversion.class().name()
            )));
        }
        if !["s", "a", "r"].iter().any(|known| str::value_is(conversion, known)) {
            return Err(vm.value_error(
                "Interpolation() argument 'conversion' must be one of 's', 'a' or 'r'",
            ));
        }
    }
    Ok(new_interpolation(
        vm,
        value,
        expression.unwrap_or(&empty),
        conversion,
        format_spec.unwrap_or(&empty),
    ))
}

fn interpolation_repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = interpolation(value);
    let mut parts = Vec::new();
    for part in [&this.value, &this.expression, &this.conversion, &this.format_spec] {
        parts.push(vm.repr(part)?.to_rust_string());
    }
    Ok(PyStr::try_new(vm, &format!("Interpolation({})", parts.join(", ")))?.into_value())
}

fn interpolation_value(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(interpolation(value).value.clone())
}

fn interpolation_expression(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(interpolation(value).expression.clone())
}

fn interpolation_conversion(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(interpolation(value).conversion.clone())
}

fn interpolation_format_spec(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(interpolation(value).format_spec.clone())
}

fn interpolation_reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = interpolation(value);
    let parts = [&this.value, &this.expression, &this.conversion, &this.format_spec];
    let parts = PyTuple::new_value(vm, &parts.map(Value::clone));
    Ok(PyTuple::new_value(vm, &[value.class().to_value(), parts]))
}

fn finish_interpolation(vm: Vm<'_>, class: &'static StaticType) -> PyResult<()> {
    let names = ["value", "expression", "conversion", "format_spec"]
        .map(|name| vm.intern(name).into_value());
    let dict = class.get().namespace();
    drop(dict.set_str(&vm.names().__match_args__, PyTuple::new_value(vm, &names)));
    Ok(())
}
