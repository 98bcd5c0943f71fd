//! Weak proxies: they stand for their object in every operation while it lives.

use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::StaticType;
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::methods;
use crate::protocol::compare::hash_not_implemented;
use crate::protocol::number::{self, BinaryOp, UnaryOp};
use crate::types::str::PyStr;
use crate::types::weakref::{PyWeakCallableProxy, PyWeakProxy, core_of};

/// `weakref.ProxyType`
pub static WEAK_PROXY: StaticType = StaticType::new::<PyWeakProxy>();
/// `weakref.CallableProxyType`
pub static WEAK_CALLABLE_PROXY: StaticType = StaticType::new::<PyWeakCallableProxy>();

/// The object behind a proxy; any other value is itself.
///
/// # Errors
/// ReferenceError when the object is dead.
pub fn unwrap(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    if value.downcast::<PyWeakProxy>().is_none()
        && value.downcast::<PyWeakCallableProxy>().is_none()
    {
        return Ok(value.clone());
    }
    core_of(value)
        .and_then(super::weakref::WeakCore::get)
        .ok_or_else(|| vm.reference_error("weakly-referenced object no longer exists"))
}

macro_rules! binary_slots {
    ($($name:ident $op:ident;)*) => {$(
        fn $name(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
            number::binary(vm, BinaryOp::$op, &unwrap(vm, a)?, &unwrap(vm, b)?)
        }
    )*};
}

macro_rules! inplace_slots {
    ($($name:ident $op:ident;)*) => {$(
        fn $name(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
            number::inplace(vm, BinaryOp::$op, &unwrap(vm, a)?, &unwrap(vm, b)?)
        }
    )*};
}

macro_rules! unary_slots {
    ($($name:ident $op:ident;)*) => {$(
        fn $name(vm: Vm<'_>, a: &Value) -> PyResult<Value> {
            number::unary(vm, UnaryOp::$op, &unwrap(vm, a)?)
        }
    )*};
}

binary_slots! {
    add Add; subtract Subtract; multiply Multiply; remainder Remainder; floor_divide FloorDivide;
    true_divide TrueDivide; matrix_multiply MatrixMultiply; lshift LeftShift; rshift RightShift; and And; xor Xor; or Or;
}

inplace_slots! {
    inplace_add Add; inplace_subtract Subtract; inplace_multiply Multiply; inplace_remainder Remainder;
    inplace_floor_divide FloorDivide; inplace_true_divide TrueDivide; inplace_matrix_multiply MatrixMultiply;
    inplace_lshift LeftShift; inplace_rshift RightShift; inplace_and And; inplace_xor Xor; inplace_or Or;
}

unary_slots! {
    negative Negative; positive Positive; invert Invert;
}

const SLOTS: &[Slot] = &[
    Slot::Repr(repr),
    Slot::Str(str),
    Slot::Hash(hash_not_implemented),
    Slot::Getattro(getattro),
    Slot::Setattro(setattro),
    Slot::Richcompare(richcompare),
    Slot::Iter(iter),
    Slot::Iternext(iternext),
    Slot::MpLength(length),
    Slot::MpSubscript(subscript),
    Slot::MpAssSubscript(assign),
    Slot::SqContains(contains),
    Slot::NbBool(truth),
    Slot::NbAdd(add),
    Slot::NbSubtract(subtract),
    Slot::NbMultiply(multiply),
    Slot::NbRemainder(remainder),
    Slot::NbFloorDivide(floor_divide),
    Slot::NbTrueDivide(true_divide),
    Slot::NbMatrixMultiply(matrix_multiply),
    Slot::NbPower(power),
    Slot::NbLshift(lshift),
    Slot::NbRshift(rshift),
    Slot::NbAnd(and),
    Slot::NbXor(xor),
    Slot::NbOr(or),
    Slot::NbInplaceAdd(inplace_add),
    Slot::NbInplaceSubtract(inplace_subtract),
    Slot::NbInplaceMultiply(inplace_multiply),
    Slot::NbInplaceRemainder(inplace_remainder),
    Slot::NbInplaceFloorDivide(inplace_floor_divide),
    Slot::NbInplaceTrueDivide(inplace_true_divide),
    Slot::NbInplaceMatrixMultiply(inplace_matrix_multiply),
    Slot::NbInplaceLshift(inplace_lshift),
    Slot::NbInplaceRshift(inplace_rshift),
    Slot::NbInplaceAnd(inplace_and),
    Slot::NbInplaceXor(inplace_xor),
    Slot::NbInplaceOr(inplace_or),
    Slot::NbNegative(negative),
    Slot::NbPositive(positive),
    Slot::NbInvert(invert),
    Slot::NbAbsolute(absolute),
    Slot::NbInt(int),
    Slot::NbFloat(float),
    Slot::NbIndex(index),
];

methods! { METHODS:
    ["__bytes__"] "($self, /)" None(bytes);
    ["__reversed__"] "($self, /)" None(reversed);
}

/// The spec of `weakref.ProxyType`.
pub const WEAK_PROXY_SPEC: TypeSpec = TypeSpec {
    name: "weakref.ProxyType",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: SLOTS,
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

/// The slots of a callable proxy: those of a proxy and the call.
const CALLABLE_SLOTS: &[Slot] = &{
    let mut all = [Slot::Call(call); SLOTS.len() + 1];
    let mut index = 0;
    while index < SLOTS.len() {
        all[index] = SLOTS[index];
        index += 1;
    }
    all
};

/// The spec of `weakref.CallableProxyType`.
pub const WEAK_CALLABLE_PROXY_SPEC: TypeSpec = TypeSpec {
    name: "weakref.CallableProxyType",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: CALLABLE_SLOTS,
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

fn power(vm: Vm<'_>, a: &Value, b: &Value, c: &Value) -> PyResult<Value> {
    number::power(vm, &unwrap(vm, a)?, &unwrap(vm, b)?, &unwrap(vm, c)?)
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let Some(object) = core_of(value).and_then(super::weakref::WeakCore::get) else {
        return Ok(PyStr::new_value(vm, &format!("<weakproxy at {:#x}; dead>", value.id())));
    };
    let class = vm.full_class_name(object.class())?;
    let text = format!("<weakproxy at {:#x}; to '{class}' at {:#x}>", value.id(), object.id());
    Ok(PyStr::new_value(vm, &text))
}

fn str(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    vm.str(&unwrap(vm, value)?).map(PyRef::into_value)
}

fn getattro(vm: Vm<'_>, value: &Value, name: &Py<PyStr>) -> PyResult<Value> {
    vm.get_attr(&unwrap(vm, value)?, name)
}

fn setattro(vm: Vm<'_>, value: &Value, name: &Py<PyStr>, new: Option<&Value>) -> PyResult<()> {
    vm.set_attr(&unwrap(vm, value)?, name, new)
}

fn richcompare(vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    vm.rich_compare(&unwrap(vm, a)?, &unwrap(vm, b)?, op)
}

fn call(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    vm.call_with(&unwrap(vm, value)?, args)
}

fn iter(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    vm.iter(&unwrap(vm, value)?)
}

fn iternext(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let object = unwrap(vm, value)?;
    if !crate::protocol::iterate::is_iterator_class(object.class()) {
        return Err(vm.type_error(format!(
            "Weakref proxy referenced a non-iterator '{}' object",
            object.class().name()
        )));
    }
    vm.next_raw(&object)
}

fn length(vm: Vm<'_>, value: &Value) -> PyResult<usize> {
    vm.length(&unwrap(vm, value)?)
}

fn subscript(vm: Vm<'_>, value: &Value, key: &Value) -> PyResult<Value> {
    vm.get_item(&unwrap(vm, value)?, key)
}

fn assign(vm: Vm<'_>, value: &Value, key: &Value, new: Option<&Value>) -> PyResult<()> {
    let object = unwrap(vm, value)?;
    match new {
        Some(new) => vm.set_item(&object, key, new),
        None => vm.del_item(&object, key),
    }
}

fn contains(vm: Vm<'_>, value: &Value, key: &Value) -> PyResult<bool> {
    vm.contains(&unwrap(vm, value)?, key)
}

fn truth(vm: Vm<'_>, value: &Value) -> PyResult<bool> {
    vm.is_true(&unwrap(vm, value)?)
}

fn special(vm: Vm<'_>, value: &Value, name: &str) -> PyResult<Value> {
    vm.call_method(&unwrap(vm, value)?, &vm.intern(name), &[])
}

fn absolute(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    special(vm, value, "__abs__")
}

fn int(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    special(vm, value, "__int__")
}

fn float(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    special(vm, value, "__float__")
}

fn index(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    number::index(vm, &unwrap(vm, value)?)
}

fn bytes(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    special(vm, value, "__bytes__")
}

fn reversed(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    special(vm, value, "__reversed__")
}
