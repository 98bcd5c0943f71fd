//! `None`, `...`, `NotImplemented`.

use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::TypeSpec;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::{methods, payload};

payload! {
    /// The payload of a type whose only values are immediates: never made.
    pub struct NoPayload: NONE_TYPE {
    }
}

/// `NoneType`
pub static NONE_TYPE: StaticType = StaticType::new::<NoPayload>();
/// `ellipsis`
pub static ELLIPSIS_TYPE: StaticType = StaticType::new::<NoPayload>();
/// `NotImplementedType`
pub static NOT_IMPLEMENTED_TYPE: StaticType = StaticType::new::<NoPayload>();

fn no_arguments(vm: Vm<'_>, name: &str, args: Args<'_>) -> PyResult<()> {
    if args.all().is_empty() {
        return Ok(());
    }
    Err(vm.type_error(format!("{name} takes no arguments")))
}

fn text(vm: Vm<'_>, text: &str) -> PyResult<Value> {
    Ok(vm.intern(text).into_value())
}

fn none_new(vm: Vm<'_>, _class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    no_arguments(vm, "NoneType", args)?;
    Ok(Value::NONE)
}

fn none_repr(vm: Vm<'_>, _this: &Value) -> PyResult<Value> {
    text(vm, "None")
}

fn none_bool(_vm: Vm<'_>, _this: &Value) -> PyResult<bool> {
    Ok(false)
}

/// The constant that CPython gives `hash(None)`.
fn none_hash(_vm: Vm<'_>, _this: &Value) -> PyResult<i64> {
    Ok(0xFCA8_6420)
}

fn none_compare(_vm: Vm<'_>, this: &Value, other: &Value, op: CompareOp) -> PyResult<Value> {
    Ok(match op {
        CompareOp::Eq if this.is(other) => Value::TRUE,
        CompareOp::Ne if this.is(other) => Value::FALSE,
        _ => Value::NOT_IMPLEMENTED,
    })
}

/// The spec of `NoneType`.
pub const NONE_TYPE_SPEC: TypeSpec = TypeSpec {
    name: "NoneType",
    doc: Some("NoneType()\n--\n\nThe type of the None singleton."),
    slots: &[
        Slot::New(none_new),
        Slot::Repr(none_repr),
        Slot::NbBool(none_bool),
        Slot::Hash(none_hash),
        Slot::Richcompare(none_compare),
    ],
    ..TypeSpec::DEFAULT
};

fn ellipsis_new(vm: Vm<'_>, _class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    no_arguments(vm, "EllipsisType", args)?;
    Ok(Value::ELLIPSIS)
}

fn ellipsis_repr(vm: Vm<'_>, _this: &Value) -> PyResult<Value> {
    text(vm, "Ellipsis")
}

methods! { ELLIPSIS_METHODS:
    ["__reduce__"] "($self, /)" None(ellipsis_repr);
}

/// The spec of `ellipsis`.
pub const ELLIPSIS_TYPE_SPEC: TypeSpec = TypeSpec {
    name: "ellipsis",
    doc: Some("ellipsis()\n--\n\nThe type of the Ellipsis singleton."),
    slots: &[Slot::New(ellipsis_new), Slot::Repr(ellipsis_repr)],
    methods: ELLIPSIS_METHODS,
    ..TypeSpec::DEFAULT
};

fn not_implemented_new(vm: Vm<'_>, _class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    no_arguments(vm, "NotImplementedType", args)?;
    Ok(Value::NOT_IMPLEMENTED)
}

fn not_implemented_repr(vm: Vm<'_>, _this: &Value) -> PyResult<Value> {
    text(vm, "NotImplemented")
}

fn not_implemented_bool(vm: Vm<'_>, _this: &Value) -> PyResult<bool> {
    Err(vm.type_error("NotImplemented should not be used in a boolean context"))
}

methods! { NOT_IMPLEMENTED_METHODS:
    ["__reduce__"] "($self, /)" None(not_implemented_repr);
}

/// The spec of `NotImplementedType`.
pub const NOT_IMPLEMENTED_TYPE_SPEC: TypeSpec = TypeSpec {
    name: "NotImplementedType",
    doc: Some("NotImplementedType()\n--\n\nThe type of the NotImplemented singleton."),
    slots: &[
        Slot::New(not_implemented_new),
        Slot::Repr(not_implemented_repr),
        Slot::NbBool(not_implemented_bool),
    ],
    methods: NOT_IMPLEMENTED_METHODS,
    ..TypeSpec::DEFAULT
};
