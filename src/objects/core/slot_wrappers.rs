//! What wrapper descriptors call: Python arguments in, one slot of a type called (`wrap_binaryfunc` and its kin).

use super::args::Args;
use super::errors::{PyResult, Raised};
use super::object::Py;
use super::slots::CompareOp;
use super::type_object::PyType;
use super::value::Value;
use super::vm::Vm;
use crate::protocol::number;
use crate::types::int;
use crate::types::str::PyStr;

/// Calls one slot of the type that the wrapper belongs to.
pub(crate) type WrapFn = fn(Vm<'_>, &Py<PyType>, &Value, Args<'_>) -> PyResult<Value>;

#[cold]
fn wrong_count(vm: Vm<'_>, wanted: usize, got: usize) -> Raised {
    let plural = if wanted == 1 { "" } else { "s" };
    vm.type_error(format!("expected {wanted} argument{plural}, got {got}"))
}

fn none_of(vm: Vm<'_>, args: Args<'_>) -> PyResult<()> {
    match args.all() {
        [] => Ok(()),
        some => Err(wrong_count(vm, 0, some.len())),
    }
}

fn one_of<'a>(vm: Vm<'_>, args: Args<'a>) -> PyResult<&'a Value> {
    match args.all() {
        [only] => Ok(only),
        some => Err(wrong_count(vm, 1, some.len())),
    }
}

fn two_of<'a>(vm: Vm<'_>, args: Args<'a>) -> PyResult<(&'a Value, &'a Value)> {
    match args.all() {
        [first, second] => Ok((first, second)),
        some => Err(wrong_count(vm, 2, some.len())),
    }
}

#[cold]
fn empty_slot(vm: Vm<'_>) -> Raised {
    vm.system_error("a slot wrapper's slot is empty")
}

macro_rules! slot {
    ($vm:ident, $class:ident, $field:ident) => {
        match $class.slots.$field.get() {
            Some(function) => function,
            None => return Err(empty_slot($vm)),
        }
    };
}

macro_rules! unary {
    ($($name:ident $field:ident;)*) => {$(
        pub(super) fn $name(vm: Vm<'_>, class: &Py<PyType>, this: &Value, args: Args<'_>) -> PyResult<Value> {
            none_of(vm, args)?;
            slot!(vm, class, $field)(vm, this)
        }
    )*};
}

unary! {
    repr repr;
    str str;
    iter iter;
    am_await am_await;
    am_aiter am_aiter;
    am_anext am_anext;
    nb_negative nb_negative;
    nb_positive nb_positive;
    nb_absolute nb_absolute;
    nb_invert nb_invert;
    nb_int nb_int;
    nb_float nb_float;
    nb_index nb_index;
}

macro_rules! binary {
    ($($name:ident $field:ident;)*) => {$(
        pub(super) fn $name(vm: Vm<'_>, class: &Py<PyType>, this: &Value, args: Args<'_>) -> PyResult<Value> {
            let other = one_of(vm, args)?;
            slot!(vm, class, $field)(vm, this, other)
        }
    )*};
}

binary! {
    nb_add nb_add;
    nb_subtract nb_subtract;
    nb_multiply nb_multiply;
    nb_remainder nb_remainder;
    nb_divmod nb_divmod;
    nb_lshift nb_lshift;
    nb_rshift nb_rshift;
    nb_and nb_and;
    nb_xor nb_xor;
    nb_or nb_or;
    nb_floor_divide nb_floor_divide;
    nb_true_divide nb_true_divide;
    nb_matrix_multiply nb_matrix_multiply;
    nb_inplace_add nb_inplace_add;
    nb_inplace_subtract nb_inplace_subtract;
    nb_inplace_multiply nb_inplace_multiply;
    nb_inplace_remainder nb_inplace_remainder;
    nb_inplace_lshift nb_inplace_lshift;
    nb_inplace_rshift nb_inplace_rshift;
    nb_inplace_and nb_inplace_and;
    nb_inplace_xor nb_inplace_xor;
    nb_inplace_or nb_inplace_or;
    nb_inplace_floor_divide nb_inplace_floor_divide;
    nb_inplace_true_divide nb_inplace_true_divide;
    nb_inplace_matrix_multiply nb_inplace_matrix_multiply;
    mp_subscript mp_subscript;
    sq_concat sq_concat;
    sq_inplace_concat sq_inplace_concat;
}

macro_rules! swapped {
    ($($name:ident $field:ident;)*) => {$(
        pub(super) fn $name(vm: Vm<'_>, class: &Py<PyType>, this: &Value, args: Args<'_>) -> PyResult<Value> {
            let other = one_of(vm, args)?;
            slot!(vm, class, $field)(vm, other, this)
        }
    )*};
}

swapped! {
    nb_add_swapped nb_add;
    nb_subtract_swapped nb_subtract;
    nb_multiply_swapped nb_multiply;
    nb_remainder_swapped nb_remainder;
    nb_divmod_swapped nb_divmod;
    nb_lshift_swapped nb_lshift;
    nb_rshift_swapped nb_rshift;
    nb_and_swapped nb_and;
    nb_xor_swapped nb_xor;
    nb_or_swapped nb_or;
    nb_floor_divide_swapped nb_floor_divide;
    nb_true_divide_swapped nb_true_divide;
    nb_matrix_multiply_swapped nb_matrix_multiply;
}

macro_rules! comparisons {
    ($($name:ident $op:ident;)*) => {$(
        pub(super) fn $name(vm: Vm<'_>, class: &Py<PyType>, this: &Value, args: Args<'_>) -> PyResult<Value> {
            let other = one_of(vm, args)?;
            slot!(vm, class, richcompare)(vm, this, other, CompareOp::$op)
        }
    )*};
}

comparisons! {
    lt Lt;
    le Le;
    eq Eq;
    ne Ne;
    gt Gt;
    ge Ge;
}

macro_rules! lengths {
    ($($name:ident $field:ident;)*) => {$(
        pub(super) fn $name(vm: Vm<'_>, class: &Py<PyType>, this: &Value, args: Args<'_>) -> PyResult<Value> {
            none_of(vm, args)?;
            slot!(vm, class, $field)(vm, this).map(|length| int::new(vm, length))
        }
    )*};
}

lengths! {
    mp_length mp_length;
    sq_length sq_length;
}

macro_rules! repetitions {
    ($($name:ident $field:ident;)*) => {$(
        pub(super) fn $name(vm: Vm<'_>, class: &Py<PyType>, this: &Value, args: Args<'_>) -> PyResult<Value> {
            let count = number::as_isize(vm, one_of(vm, args)?)?;
            slot!(vm, class, $field)(vm, this, count)
        }
    )*};
}

repetitions! {
    sq_repeat sq_repeat;
    sq_inplace_repeat sq_inplace_repeat;
}

pub(super) fn nb_bool(
    vm: Vm<'_>,
    class: &Py<PyType>,
    this: &Value,
    args: Args<'_>,
) -> PyResult<Value> {
    none_of(vm, args)?;
    slot!(vm, class, nb_bool)(vm, this).map(Value::from_bool)
}

pub(super) fn hash(
    vm: Vm<'_>,
    class: &Py<PyType>,
    this: &Value,
    args: Args<'_>,
) -> PyResult<Value> {
    none_of(vm, args)?;
    slot!(vm, class, hash)(vm, this).map(|hash| int::new(vm, hash))
}

pub(super) fn next(
    vm: Vm<'_>,
    class: &Py<PyType>,
    this: &Value,
    args: Args<'_>,
) -> PyResult<Value> {
    none_of(vm, args)?;
    match slot!(vm, class, iternext)(vm, this)? {
        Some(item) => Ok(item),
        None => Err(vm.stop_iteration(None)),
    }
}

pub(super) fn call(
    vm: Vm<'_>,
    class: &Py<PyType>,
    this: &Value,
    args: Args<'_>,
) -> PyResult<Value> {
    slot!(vm, class, call)(vm, this, args)
}

pub(super) fn init(
    vm: Vm<'_>,
    class: &Py<PyType>,
    this: &Value,
    args: Args<'_>,
) -> PyResult<Value> {
    slot!(vm, class, init)(vm, this, args)?;
    Ok(Value::NONE)
}

pub(super) fn del(vm: Vm<'_>, class: &Py<PyType>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    none_of(vm, args)?;
    slot!(vm, class, finalize)(vm, this);
    Ok(Value::NONE)
}

pub(super) fn buffer(
    vm: Vm<'_>,
    class: &Py<PyType>,
    this: &Value,
    args: Args<'_>,
) -> PyResult<Value> {
    let flags = number::as_isize(vm, one_of(vm, args)?)?;
    let Ok(flags) = i32::try_from(flags) else {
        return Err(vm.overflow_error("buffer flags out of range"));
    };
    let mut buffer = slot!(vm, class, buffer)(vm, this)?;
    crate::protocol::buffer::check_flags(vm, this, &mut buffer, flags)?;
    Ok(crate::types::memoryview::from_buffer(vm, buffer))
}

/// The wrapper of a slot that is reached in another way.
pub(super) fn none(
    vm: Vm<'_>,
    _class: &Py<PyType>,
    _this: &Value,
    _args: Args<'_>,
) -> PyResult<Value> {
    Err(empty_slot(vm))
}

fn attribute_name<'a>(vm: Vm<'_>, name: &'a Value) -> PyResult<&'a Py<PyStr>> {
    name.downcast::<PyStr>().ok_or_else(|| {
        vm.type_error(format!("attribute name must be string, not '{}'", name.class().name()))
    })
}

pub(super) fn getattribute(
    vm: Vm<'_>,
    class: &Py<PyType>,
    this: &Value,
    args: Args<'_>,
) -> PyResult<Value> {
    let name = attribute_name(vm, one_of(vm, args)?)?;
    slot!(vm, class, getattro)(vm, this, name)
}

pub(super) fn setattr(
    vm: Vm<'_>,
    class: &Py<PyType>,
    this: &Value,
    args: Args<'_>,
) -> PyResult<Value> {
    let (name, value) = two_of(vm, args)?;
    let name = attribute_name(vm, name)?;
    check_setter(vm, class, this, "__setattr__")?;
    slot!(vm, class, setattro)(vm, this, name, Some(value))?;
    Ok(Value::NONE)
}

pub(super) fn delattr(
    vm: Vm<'_>,
    class: &Py<PyType>,
    this: &Value,
    args: Args<'_>,
) -> PyResult<Value> {
    let name = attribute_name(vm, one_of(vm, args)?)?;
    check_setter(vm, class, this, "__delattr__")?;
    slot!(vm, class, setattro)(vm, this, name, None)?;
    Ok(Value::NONE)
}

/// `object.__setattr__` may not get past a native type's own (`hackcheck`, the Carlo Verre hack).
fn check_setter(vm: Vm<'_>, class: &Py<PyType>, this: &Value, what: &str) -> PyResult<()> {
    let mut native = this.class().to_ref();
    while native.is_heap_type() {
        match native.base.get() {
            Some(base) => native = base,
            None => break,
        }
    }
    let same = match (native.slots.setattro.get(), class.slots.setattro.get()) {
        (Some(own), Some(wrapped)) => std::ptr::fn_addr_eq(own, wrapped),
        _ => true,
    };
    if same || native.is_subtype(class) && class.is_heap_type() {
        return Ok(());
    }
    Err(vm.type_error(format!("can't apply this {what} to {} object", this.class().name())))
}

pub(super) fn descr_get(
    vm: Vm<'_>,
    class: &Py<PyType>,
    this: &Value,
    args: Args<'_>,
) -> PyResult<Value> {
    let values = args.all();
    super::args::check_count(vm, "__get__", values.len(), 1, 2).map_err(|raised| {
        vm.clear(raised);
        let (bound, count) = if values.is_empty() { ("at least", 1) } else { ("at most", 2) };
        let plural = if count == 1 { "" } else { "s" };
        vm.type_error(format!("expected {bound} {count} argument{plural}, got {}", values.len()))
    })?;
    let given = |index: usize| values.get(index).filter(|value| !value.is_none());
    let (object, owner) = (given(0), given(1));
    if object.is_none() && owner.is_none() {
        return Err(vm.type_error("__get__(None, None) is invalid"));
    }
    slot!(vm, class, descr_get)(vm, this, object, owner)
}

pub(super) fn descr_set(
    vm: Vm<'_>,
    class: &Py<PyType>,
    this: &Value,
    args: Args<'_>,
) -> PyResult<Value> {
    let (object, value) = two_of(vm, args)?;
    slot!(vm, class, descr_set)(vm, this, object, Some(value))?;
    Ok(Value::NONE)
}

pub(super) fn descr_delete(
    vm: Vm<'_>,
    class: &Py<PyType>,
    this: &Value,
    args: Args<'_>,
) -> PyResult<Value> {
    let object = one_of(vm, args)?;
    slot!(vm, class, descr_set)(vm, this, object, None)?;
    Ok(Value::NONE)
}

fn power_args<'a>(vm: Vm<'_>, args: Args<'a>) -> PyResult<(&'a Value, &'a Value)> {
    match args.all() {
        [other] => Ok((other, const { &Value::NONE })),
        [other, modulus] => Ok((other, modulus)),
        other => Err(vm.type_error(format!("expected 1 or 2 arguments, got {}", other.len()))),
    }
}

pub(super) fn nb_power(
    vm: Vm<'_>,
    class: &Py<PyType>,
    this: &Value,
    args: Args<'_>,
) -> PyResult<Value> {
    let (other, modulus) = power_args(vm, args)?;
    slot!(vm, class, nb_power)(vm, this, other, modulus)
}

pub(super) fn nb_power_swapped(
    vm: Vm<'_>,
    class: &Py<PyType>,
    this: &Value,
    args: Args<'_>,
) -> PyResult<Value> {
    let (other, modulus) = power_args(vm, args)?;
    slot!(vm, class, nb_power)(vm, other, this, modulus)
}

pub(super) fn nb_inplace_power(
    vm: Vm<'_>,
    class: &Py<PyType>,
    this: &Value,
    args: Args<'_>,
) -> PyResult<Value> {
    let other = one_of(vm, args)?;
    slot!(vm, class, nb_inplace_power)(vm, this, other, &Value::NONE)
}

pub(super) fn setitem(
    vm: Vm<'_>,
    class: &Py<PyType>,
    this: &Value,
    args: Args<'_>,
) -> PyResult<Value> {
    let (key, value) = two_of(vm, args)?;
    slot!(vm, class, mp_ass_subscript)(vm, this, key, Some(value))?;
    Ok(Value::NONE)
}

pub(super) fn delitem(
    vm: Vm<'_>,
    class: &Py<PyType>,
    this: &Value,
    args: Args<'_>,
) -> PyResult<Value> {
    let key = one_of(vm, args)?;
    slot!(vm, class, mp_ass_subscript)(vm, this, key, None)?;
    Ok(Value::NONE)
}

pub(super) fn sq_item(
    vm: Vm<'_>,
    class: &Py<PyType>,
    this: &Value,
    args: Args<'_>,
) -> PyResult<Value> {
    let mut index = number::as_isize(vm, one_of(vm, args)?)?;
    if index < 0
        && let Some(length) = class.slots.sq_length.get()
    {
        let length = length(vm, this)?;
        index = index.saturating_add(isize::try_from(length).unwrap_or(isize::MAX));
    }
    slot!(vm, class, sq_item)(vm, this, index)
}

pub(super) fn sq_contains(
    vm: Vm<'_>,
    class: &Py<PyType>,
    this: &Value,
    args: Args<'_>,
) -> PyResult<Value> {
    let key = one_of(vm, args)?;
    slot!(vm, class, sq_contains)(vm, this, key).map(Value::from_bool)
}
