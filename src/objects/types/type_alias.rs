//! `typing.TypeAliasType`: what a `type` statement makes.

use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::gil_cell::HotCell;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::Slot;
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::generic_alias;
use crate::types::str::{PyStr, value_is};
use crate::types::tuple::PyTuple;
use crate::types::type_params::{caller_module, unpack_tuples, unpacked};
use crate::types::typing_objects::Lazy;
use crate::types::union_::union_or;
use crate::{getset, methods, payload};

payload! {
    /// The payload of a type alias.
    pub struct PyTypeAlias: TYPE_ALIAS, gc {
        name: PyRef<PyStr>,
        type_params: Option<PyRef<PyTuple>>,
        value: Lazy,
        module: HotCell<Option<Value>>,
    }
}

/// `typing.TypeAliasType`
pub static TYPE_ALIAS: StaticType = StaticType::new::<PyTypeAlias>();

methods! { METHODS:
    ["__reduce__"] "($self, /)" None(name);
}

getset! { GETSET:
    member ["__name__"] name;
    ["__parameters__"] parameters;
    ["__type_params__"] type_params;
    ["__value__"] value;
    ["evaluate_value"] evaluate_value;
    ["__module__"] module;
}

/// The spec of `typing.TypeAliasType`.
pub const TYPE_ALIAS_SPEC: TypeSpec = TypeSpec {
    name: "typing.TypeAliasType",
    doc: Some(
        "Type alias.\n\nType aliases are created through the type statement::\n\n    type Alias = int\n\nIn this example, Alias and int will be treated equivalently by static\ntype checkers.\n\nAt runtime, Alias is an instance of TypeAliasType. The __name__\nattribute holds the name of the type alias. The value of the type alias\nis stored in the __value__ attribute. It is evaluated lazily, so the\nvalue is computed only if the attribute is accessed.\n\nType aliases can also be generic::\n\n    type ListOrSet[T] = list[T] | set[T]\n\nIn this case, the type parameters of the alias are stored in the\n__type_params__ attribute.\n\nSee PEP 695 for more information.\n",
    ),
    flags: spec_flags::HAS_WEAKREF,
    slots: &[
        Slot::Repr(name),
        Slot::Iter(iter),
        Slot::MpSubscript(subscript),
        Slot::NbOr(union_or),
        Slot::New(new),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

/// Whether `value` is a type alias.
#[must_use]
pub fn is_type_alias(value: &Value) -> bool {
    value.downcast::<PyTypeAlias>().is_some()
}

fn this(value: &Value) -> &Py<PyTypeAlias> {
    value.receiver::<PyTypeAlias>()
}

/// The alias of a `type` statement, out of the tuple (name, type parameters or None, function that computes the value).
///
/// # Errors
/// SystemError for another tuple.
pub fn new_type_alias(vm: Vm<'_>, parts: &Value) -> PyResult<Value> {
    let parts = vm.collect(parts)?;
    let [name, type_params, compute] = parts.as_slice() else {
        return Err(vm.system_error("a type alias is made of three parts"));
    };
    let payload = PyTypeAlias {
        name: vm.str(name)?,
        type_params: type_params.downcast::<PyTuple>().map(Py::to_ref),
        value: Lazy::computed(Some(compute.clone())),
        module: HotCell::new(vm.get_attr_opt(compute, &vm.names().__module__)?),
    };
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

fn new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let mut name = args.positional().first();
    let mut value = args.positional().get(1);
    let mut type_params = None;
    if args.positional().len() > 2 {
        return Err(vm.type_error(format!(
            "typealias() takes exactly 2 positional arguments ({} given)",
            args.positional().len()
        )));
    }
    for (key, item) in args.keywords() {
        if value_is(key, "name") && name.is_none() {
            name = Some(item);
        } else if value_is(key, "value") && value.is_none() {
            value = Some(item);
        } else if value_is(key, "type_params") {
            type_params = Some(item);
        } else {
            let key = vm.str(key)?.to_rust_string();
            let known = ["name", "value", "type_params"];
            return Err(vm.unexpected_keyword("typealias()", &key, known));
        }
    }
    let missing = |which: &str, place: usize| {
        vm.type_error(format!("typealias() missing required argument '{which}' (pos {place})"))
    };
    let name = name.ok_or_else(|| missing("name", 1))?;
    let value = value.ok_or_else(|| missing("value", 2))?;
    let Some(text) = name.downcast::<PyStr>() else {
        return Err(vm.type_error(format!(
            "typealias() argument 'name' must be str, not {}",
            vm.type_text(name)
        )));
    };
    let type_params = match type_params {
        None => None,
        Some(given) => match given.downcast::<PyTuple>() {
            Some(tuple) => Some(checked_params(vm, tuple)?),
            None => return Err(vm.type_error("type_params must be a tuple")),
        },
    };
    let payload = PyTypeAlias {
        name: text.to_ref(),
        type_params: type_params.filter(|params| !params.items().is_empty()),
        value: Lazy::known(Some(value.clone())),
        module: HotCell::new(caller_module(vm)),
    };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

/// Type parameters with defaults come last.
fn checked_params(vm: Vm<'_>, params: &Py<PyTuple>) -> PyResult<PyRef<PyTuple>> {
    let mut seen_default = false;
    for param in params.items() {
        let known = vm.get_attr_opt(param, &vm.intern("__default__"))?;
        let Some(default) = known else {
            let shown = vm.repr(param)?.to_rust_string();
            return Err(vm.type_error(format!("Expected a type param, got {shown}")));
        };
        if !super::typing_objects::is_no_default(&default) {
            seen_default = true;
        } else if seen_default {
            let shown = vm.repr(param)?.to_rust_string();
            return Err(vm.type_error(format!(
                "non-default type parameter '{shown}' follows default type parameter"
            )));
        }
    }
    Ok(params.to_ref())
}

fn name(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).name.to_value())
}

fn type_params(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let known = this(value).type_params.clone();
    Ok(known.map_or_else(|| PyTuple::new_value(vm, &[]), PyRef::into_value))
}

fn parameters(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    match &this(value).type_params {
        None => Ok(PyTuple::new_value(vm, &[])),
        Some(params) => {
            PyTuple::try_from_vec(vm, unpack_tuples(vm, params.items())?).map(PyRef::into_value)
        }
    }
}

fn value(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).value.get(vm)?.unwrap_or(Value::NONE))
}

fn evaluate_value(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).value.evaluator(vm).unwrap_or(Value::NONE))
}

fn module(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).module.get().unwrap_or(Value::NONE))
}

fn subscript(vm: Vm<'_>, value: &Value, item: &Value) -> PyResult<Value> {
    if this(value).type_params.is_none() {
        return Err(vm.type_error("Only generic type aliases are subscriptable"));
    }
    generic_alias::new(vm, value, item)
}

fn iter(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let one = PyTuple::new_value(vm, &[unpacked(vm, value)?]);
    vm.iter(&one)
}
