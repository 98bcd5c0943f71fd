//! `cmp_to_key`: objects that compare by a function of two.

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::gil_cell::HotCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::{CompareOp, Slot};
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::compare::hash_not_implemented;
use objects::types::str::PyStr;
use objects::{getset, payload};

payload! {
    /// The payload of a key: the function and, for what is compared, the object.
    pub(crate) struct PyKeyWrapper: KEY_WRAPPER, gc {
        compare: Value,
        object: HotCell<Option<Value>>,
    }
}

/// `functools.KeyWrapper`
pub(crate) static KEY_WRAPPER: StaticType = StaticType::new::<PyKeyWrapper>();

getset! { GETSET:
    /// Value wrapped by a key function.
    member ["obj"] object, set_object;
    ["__text_signature__"] call_signature;
}

/// The spec of `functools.KeyWrapper`.
pub(crate) const KEY_WRAPPER_SPEC: TypeSpec = TypeSpec {
    name: "functools.KeyWrapper",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: &[Slot::Call(call), Slot::Hash(hash_not_implemented), Slot::Richcompare(richcompare)],
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

/// The one argument of a function, by position or by `name`.
fn single<'a>(vm: Vm<'_>, args: Args<'a>, function: &str, name: &str) -> PyResult<&'a Value> {
    let given = args.positional().len() + args.keyword_count();
    match (args.positional(), args.keyword(name)) {
        ([value], None) if given == 1 => Ok(value),
        ([], Some(value)) if given == 1 => Ok(value),
        ([], None) => {
            Err(vm.type_error(format!("{function}() missing required argument '{name}' (pos 1)")))
        }
        _ => Err(vm.type_error(format!("{function}() takes at most 1 argument ({given} given)"))),
    }
}

pub(super) fn cmp_to_key(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    let compare = single(vm, args, "cmp_to_key", "mycmp")?.clone();
    Ok(PyRef::try_new(vm, PyKeyWrapper { compare, object: HotCell::new(None) })?.into_value())
}

fn this(value: &Value) -> &Py<PyKeyWrapper> {
    value.receiver::<PyKeyWrapper>()
}

fn call(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    let object = single(vm, args, "K", "obj")?.clone();
    let compare = this(value).compare.clone();
    Ok(PyRef::try_new(vm, PyKeyWrapper { compare, object: HotCell::new(Some(object)) })?
        .into_value())
}

fn object(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).object.get().unwrap_or(Value::NONE))
}

fn call_signature(vm: Vm<'_>, _value: &Value) -> PyResult<Value> {
    Ok(PyStr::new_value(vm, "(obj)"))
}

fn set_object(_vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    this(value).object.set(new.cloned());
    Ok(())
}

fn richcompare(vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let Some(other) = b.downcast::<PyKeyWrapper>() else {
        return Err(vm.type_error("other argument must be K instance"));
    };
    let (Some(x), Some(y)) = (this(a).object.get(), other.object.get()) else {
        return Err(vm.error(&objects::types::exceptions::hierarchy::ATTRIBUTE_ERROR, "object"));
    };
    let result = vm.call(&this(a).compare, &[x, y])?;
    vm.rich_compare(&result, &Value::from_usize(0), op)
}
