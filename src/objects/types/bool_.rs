//! `bool`.

use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::slots::Slot;
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::TypeSpec;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::int::{self, INT};

/// `bool`
pub static BOOL: StaticType = StaticType::inheriting();

/// The spec of `bool`.
pub const BOOL_SPEC: TypeSpec = TypeSpec {
    name: "bool",
    doc: Some(
        "bool(object=False, /)\n--\n\nReturns True when the argument is true, False otherwise.\n\nThe builtins True and False are the only two instances of the class bool.\nThe class bool is a subclass of the class int, and cannot be subclassed.",
    ),
    base: Some(&INT),
    slots: &[
        Slot::New(bool_new),
        Slot::Repr(bool_repr),
        Slot::NbAnd(bool_and),
        Slot::NbOr(bool_or),
        Slot::NbXor(bool_xor),
        Slot::NbInvert(bool_invert),
    ],
    ..TypeSpec::DEFAULT
};

fn bool_new(vm: Vm<'_>, _class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    if args.keyword_count() != 0 {
        return Err(vm.type_error("bool() takes no keyword arguments"));
    }
    crate::core::args::check_count(vm, "bool", args.positional().len(), 0, 1)?;
    match args.positional().first() {
        Some(value) => vm.is_true(value).map(Value::from_bool),
        None => Ok(Value::FALSE),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a slot")]
fn bool_repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(vm.intern(if value.is_true() { "True" } else { "False" }).into_value())
}

fn bool_and(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    match (a.as_bool(), b.as_bool()) {
        (Some(a), Some(b)) => Ok(Value::from_bool(a & b)),
        _ => int::number::bit_and(vm, a, b),
    }
}

fn bool_or(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    match (a.as_bool(), b.as_bool()) {
        (Some(a), Some(b)) => Ok(Value::from_bool(a | b)),
        _ => int::number::bit_or(vm, a, b),
    }
}

fn bool_xor(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    match (a.as_bool(), b.as_bool()) {
        (Some(a), Some(b)) => Ok(Value::from_bool(a ^ b)),
        _ => int::number::bit_xor(vm, a, b),
    }
}

fn bool_invert(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    vm.warn(
        &crate::types::exceptions::hierarchy::DEPRECATION_WARNING,
        "Bitwise inversion '~' on bool is deprecated and will be removed in Python 3.16. This returns the bitwise inversion of the underlying int object and is usually not what you expect from the negation of a bool object. Use the 'not' operator for boolean negation or ~int(x) for the bitwise inversion of the underlying int.",
        1,
    )?;
    int::number::invert(vm, value)
}
