//! `types.SimpleNamespace`.

use crate::core::args::{Args, check_count};
use crate::core::errors::PyResult;
use crate::core::extension;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::dict::{self, Merge, PyDict};
use crate::types::object_::get_dict;
use crate::types::seq_shared::Text;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{getset, methods, payload};

payload! {
    /// The payload of a namespace: everything is in its `__dict__`.
    pub struct PyNamespace: NAMESPACE, gc {}
}

/// `types.SimpleNamespace`
pub static NAMESPACE: StaticType = StaticType::new::<PyNamespace>();

methods! { METHODS:
    /// Return state information for pickling
    ["__reduce__"] "($self, /)" None(reduce);
    /// Return a copy of the namespace object with new values for the specified attributes.
    ["__replace__"] "($self, /, **changes)" Any(replace);
}

/// The spec of `types.SimpleNamespace`.
pub const NAMESPACE_SPEC: TypeSpec = TypeSpec {
    name: "types.SimpleNamespace",
    doc: Some(
        "SimpleNamespace(mapping_or_iterable=(), /, **kwargs)\n--\n\nA simple attribute-based namespace.",
    ),
    flags: spec_flags::BASETYPE | spec_flags::HAS_DICT,
    slots: &[Slot::Repr(repr), Slot::Richcompare(richcompare), Slot::New(new), Slot::Init(init)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

getset! { GETSET:
    member ["__dict__"] get_dict;
}

/// A namespace over a dict.
#[must_use]
pub fn new_value(vm: Vm<'_>, attributes: PyRef<PyDict>) -> Value {
    let new = PyRef::new(vm, PyNamespace {});
    drop(extension::replace_dict(new.as_object(), Some(attributes)));
    new.into_value()
}

fn new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    Ok(PyRef::try_new_of(vm, class, PyNamespace {})?.into_value())
}

fn dict_of(vm: Vm<'_>, value: &Value) -> PyRef<PyDict> {
    let object = value.receiver::<PyNamespace>().as_object();
    extension::dict_or_new(vm, object).unwrap_or_else(|| PyDict::new_ref(vm))
}

fn init(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<()> {
    let name = value.class().name();
    let short = name.rsplit('.').next().unwrap_or_default();
    check_count(vm, short, args.positional().len(), 0, 1)?;
    let own = dict_of(vm, value);
    if let [source] = args.positional() {
        let given = PyDict::new_ref(vm);
        dict::update(vm, &given, source)?;
        for key in given.keys_vec() {
            if key.downcast::<PyStr>().is_none() {
                return Err(vm.type_error("keywords must be strings"));
            }
        }
        dict::merge(vm, &own, &given.into_value(), Merge::Override)?;
    }
    for (key, item) in args.keywords() {
        own.set(vm, key, item.clone())?;
    }
    Ok(())
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let name = if value.is_exact(NAMESPACE.get()) {
        "namespace".to_owned()
    } else {
        let class = value.class().name();
        class.rsplit('.').next().unwrap_or_default().to_owned()
    };
    let Some(_guard) = vm.enter_repr(value) else {
        return Ok(PyStr::new_value(vm, &format!("{name}(...)")));
    };
    let mut text = Text::new(&name);
    text.push("(");
    let mut first = true;
    for (key, item) in dict_of(vm, value).items_vec() {
        let Some(key) = key.downcast::<PyStr>() else { continue };
        if key.is_empty() {
            continue;
        }
        if !first {
            text.push(", ");
        }
        first = false;
        text.push_str(key);
        text.push("=");
        text.push_str(&*vm.repr(&item)?);
    }
    text.push(")");
    text.finish(vm)
}

fn richcompare(vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    if a.downcast::<PyNamespace>().is_none() || b.downcast::<PyNamespace>().is_none() {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    vm.rich_compare(&dict_of(vm, a).into_value(), &dict_of(vm, b).into_value(), op)
}

fn reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let empty = PyTuple::new_value(vm, &[]);
    let attributes = dict_of(vm, value).into_value();
    Ok(PyTuple::new_value(vm, &[value.class().to_value(), empty, attributes]))
}

fn replace(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    if !args.positional().is_empty() {
        return Err(vm.type_error("__replace__() takes no positional arguments"));
    }
    let new = vm.call(&value.class().to_value(), &[])?;
    if new.downcast::<PyNamespace>().is_none() {
        return Err(vm.type_error(format!(
            "expect {} type, but {}() returned '{}' object",
            NAMESPACE_SPEC.name,
            vm.full_class_name(value.class())?,
            new.class().name()
        )));
    }
    let own = dict_of(vm, &new);
    dict::merge(vm, &own, &dict_of(vm, value).into_value(), Merge::Override)?;
    for (key, item) in args.keywords() {
        own.set(vm, key, item.clone())?;
    }
    Ok(new)
}
