//! `typing.Union`: `int | str`.

use crate::core::attribute::generic_get;
use crate::core::errors::PyResult;
use crate::core::gil_cell::HotCell;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::number::{BinaryOp, binary};
use crate::types::generic_alias::{is_generic_alias, make_parameters, substitute, type_repr};
use crate::types::seq_shared::Text;
use crate::types::set;
use crate::types::singletons::NONE_TYPE;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{getset, methods, payload};

payload! {
    /// The payload of a union.
    pub struct PyUnion: UNION, gc {
        args: PyRef<PyTuple>,
        parameters: HotCell<Option<PyRef<PyTuple>>>,
    }
}

/// `typing.Union`
pub static UNION: StaticType = StaticType::new::<PyUnion>();

methods! { METHODS:
    ["__mro_entries__"] "($self, object, /)" One(mro_entries);
    /// Create a union containing the given types
    class ["__class_getitem__"] "($type, object, /)" One(class_getitem);
}

getset! { GETSET:
    member ["__args__"] args;
    /// Name of the type
    ["__name__"] name;
    /// Qualified name of the type
    ["__qualname__"] name;
    /// Always returns the type
    ["__origin__"] origin;
    /// Type variables in the types.UnionType.
    ["__parameters__"] parameters;
}

/// The spec of `typing.Union`.
pub const UNION_SPEC: TypeSpec = TypeSpec {
    name: "typing.Union",
    doc: Some("Represent a union type\n\nE.g. for int | str"),
    flags: spec_flags::DISALLOW_INSTANTIATION | spec_flags::HAS_WEAKREF,
    slots: &[
        Slot::Repr(repr),
        Slot::Hash(hash),
        Slot::Getattro(getattro),
        Slot::Richcompare(richcompare),
        Slot::MpSubscript(subscript),
        Slot::NbOr(union_or),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

/// The members of a union; None for any other value.
#[must_use]
pub fn union_args(value: &Value) -> Option<PyRef<PyTuple>> {
    value.downcast::<PyUnion>().map(|union| union.args.clone())
}

pub(crate) fn is_unionable(value: &Value) -> bool {
    value.is_none()
        || value.downcast::<PyType>().is_some()
        || is_generic_alias(value)
        || value.downcast::<PyUnion>().is_some()
        || crate::types::typing_objects::is_type_alias(value)
}

/// `a | b` of types.
///
/// # Errors
/// What comparing the members raises.
pub fn union_or(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    // A union takes anything on, and what is no type is judged when it joins.
    let may_join =
        |value: &Value, other: &Value| is_unionable(value) || other.downcast::<PyUnion>().is_some();
    if !may_join(a, b) || !may_join(b, a) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    make_union(vm, &[a.clone(), b.clone()])
}

/// The union of `members` (`_Py_union_from_tuple`): nested unions are taken apart, equal members kept once.
///
/// # Errors
/// TypeError for no members or for what is no type.
pub fn make_union(vm: Vm<'_>, members: &[Value]) -> PyResult<Value> {
    let mut kept: Vec<Value> = Vec::new();
    let seen = set::PySet::new_ref(vm);
    for member in members {
        match union_args(member) {
            Some(inner) => {
                for member in inner.items() {
                    add_member(vm, &mut kept, &seen, member)?;
                }
            }
            None => add_member(vm, &mut kept, &seen, &checked(vm, member)?)?,
        }
    }
    match kept.as_slice() {
        [] => Err(vm.type_error("Cannot take a Union of no types.")),
        [only] => Ok(only.clone()),
        _ => {
            let args = PyTuple::try_from_vec(vm, kept)?;
            Ok(PyRef::try_new(vm, PyUnion { args, parameters: HotCell::new(None) })?.into_value())
        }
    }
}

/// A member as it is kept: None stands for its type, and what the machine does not know is typing's to check.
fn checked(vm: Vm<'_>, member: &Value) -> PyResult<Value> {
    if member.is_none() {
        return Ok(NONE_TYPE.get().to_value());
    }
    if is_unionable(member) {
        return Ok(member.clone());
    }
    let message = PyStr::new_value(vm, "Union[arg, ...]: each arg must be a type.");
    call_typing(vm, "_type_check", &[member.clone(), message])
}

/// Calls a function of the module `typing`.
///
/// # Errors
/// What the import or the call raises.
pub fn call_typing(vm: Vm<'_>, name: &str, args: &[Value]) -> PyResult<Value> {
    let typing = vm.import_module("typing")?;
    let function = vm.get_attr_str(&typing, name)?;
    vm.call(&function, args)
}

fn add_member(
    vm: Vm<'_>,
    kept: &mut Vec<Value>,
    seen: &Py<set::PySet>,
    member: &Value,
) -> PyResult<()> {
    // A member that cannot be hashed is compared with all others.
    let hashed =
        vm.catch(seen.add(vm, member), &crate::types::exceptions::hierarchy::TYPE_ERROR)?;
    match hashed {
        Some(true) => kept.push(member.clone()),
        Some(false) => {}
        None => {
            for known in kept.iter() {
                if vm.equal(known, member)? {
                    return Ok(());
                }
            }
            kept.push(member.clone());
        }
    }
    Ok(())
}

fn this(value: &Value) -> &Py<PyUnion> {
    value.receiver::<PyUnion>()
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let mut text = Text::new("");
    for (nth, member) in this(value).args.items().iter().enumerate() {
        if nth != 0 {
            text.push(" | ");
        }
        type_repr(vm, &mut text, member)?;
    }
    text.finish(vm)
}

fn hash(vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    let members = set::frozen(vm, &this(value).args.to_value())?;
    vm.hash(&members)
}

fn richcompare(vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(left), Some(right)) = (a.downcast::<PyUnion>(), b.downcast::<PyUnion>()) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let all_in = |items: &[Value], others: &[Value]| -> PyResult<bool> {
        for item in items {
            let mut found = false;
            for other in others {
                if vm.equal(item, other)? {
                    found = true;
                    break;
                }
            }
            if !found {
                return Ok(false);
            }
        }
        Ok(true)
    };
    let (left, right) = (left.args.items(), right.args.items());
    let equal = left.len() == right.len() && all_in(left, right)? && all_in(right, left)?;
    Ok(Value::from_bool(equal == (op == CompareOp::Eq)))
}

fn getattro(vm: Vm<'_>, value: &Value, name: &Py<PyStr>) -> PyResult<Value> {
    if name.is_text("__module__") {
        return Ok(PyStr::new_value(vm, "typing"));
    }
    generic_get(vm, value, name)
}

fn args(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).args.to_value())
}

fn name(vm: Vm<'_>, _value: &Value) -> PyResult<Value> {
    Ok(PyStr::new_value(vm, "Union"))
}

fn origin(_vm: Vm<'_>, _value: &Value) -> PyResult<Value> {
    Ok(UNION.get().to_value())
}

fn parameters_of(vm: Vm<'_>, union: &Py<PyUnion>) -> PyResult<PyRef<PyTuple>> {
    if let Some(known) = union.parameters.get() {
        return Ok(known);
    }
    let made = make_parameters(vm, union.args.items())?;
    union.parameters.set(Some(made.clone()));
    Ok(made)
}

fn parameters(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    parameters_of(vm, this(value)).map(PyRef::into_value)
}

fn subscript(vm: Vm<'_>, value: &Value, item: &Value) -> PyResult<Value> {
    let union = this(value);
    let parameters = parameters_of(vm, union)?;
    let members = substitute(vm, value, union.args.items(), &parameters, item)?;
    let mut members = members.into_iter();
    let mut result = members.next().unwrap_or(Value::NONE);
    for member in members {
        result = binary(vm, BinaryOp::Or, &result, &member)?;
    }
    Ok(result)
}

fn mro_entries(vm: Vm<'_>, value: &Value, _bases: &Value) -> PyResult<Value> {
    let shown = vm.repr(value)?.to_rust_string();
    Err(vm.type_error(format!("Cannot subclass {shown}")))
}

fn class_getitem(vm: Vm<'_>, _class: &Value, item: &Value) -> PyResult<Value> {
    match item.downcast::<PyTuple>() {
        Some(members) => make_union(vm, members.items()),
        None => make_union(vm, std::slice::from_ref(item)),
    }
}
