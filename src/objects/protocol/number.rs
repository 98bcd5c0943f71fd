//! Arithmetic: binary, in-place and unary operations, and values as indexes.

use crate::core::errors::{PyResult, Raised};
use crate::core::slots::{BinaryFn, Slots, TernaryFn, UnaryFn};
use crate::core::type_object::StaticType;
use crate::core::type_spec::spec_flags;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::sequence::repeat_count;
use crate::types::exceptions::hierarchy::{DEPRECATION_WARNING, INDEX_ERROR, OVERFLOW_ERROR};
use crate::types::int::{self, INT};

/// The binary operators, numbered as the argument of `BINARY_OP` (`NB_ADD` ...).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum BinaryOp {
    /// `+`
    Add = 0,
    /// `&`
    And = 1,
    /// `//`
    FloorDivide = 2,
    /// `<<`
    LeftShift = 3,
    /// `@`
    MatrixMultiply = 4,
    /// `*`
    Multiply = 5,
    /// `%`
    Remainder = 6,
    /// `|`
    Or = 7,
    /// `**`
    Power = 8,
    /// `>>`
    RightShift = 9,
    /// `-`
    Subtract = 10,
    /// `/`
    TrueDivide = 11,
    /// `^`
    Xor = 12,
    /// `divmod()`, which has no instruction.
    Divmod = 13,
}

impl BinaryOp {
    /// The operator of a number below 13.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Add,
            1 => Self::And,
            2 => Self::FloorDivide,
            3 => Self::LeftShift,
            4 => Self::MatrixMultiply,
            5 => Self::Multiply,
            6 => Self::Remainder,
            7 => Self::Or,
            8 => Self::Power,
            9 => Self::RightShift,
            10 => Self::Subtract,
            11 => Self::TrueDivide,
            12 => Self::Xor,
            _ => return None,
        })
    }

    /// The operator's text in messages.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::And => "&",
            Self::FloorDivide => "//",
            Self::LeftShift => "<<",
            Self::MatrixMultiply => "@",
            Self::Multiply => "*",
            Self::Remainder => "%",
            Self::Or => "|",
            Self::Power => "** or pow()",
            Self::RightShift => ">>",
            Self::Subtract => "-",
            Self::TrueDivide => "/",
            Self::Xor => "^",
            Self::Divmod => "divmod()",
        }
    }

    const fn inplace_text(self) -> &'static str {
        match self {
            Self::Add => "+=",
            Self::And => "&=",
            Self::FloorDivide => "//=",
            Self::LeftShift => "<<=",
            Self::MatrixMultiply => "@=",
            Self::Multiply => "*=",
            Self::Remainder => "%=",
            Self::Or => "|=",
            Self::Power => "**=",
            Self::RightShift => ">>=",
            Self::Subtract => "-=",
            Self::TrueDivide => "/=",
            Self::Xor => "^=",
            Self::Divmod => "divmod()",
        }
    }

    #[inline]
    fn slot(self, slots: &Slots) -> Option<BinaryFn> {
        match self {
            Self::Add => slots.nb_add.get(),
            Self::And => slots.nb_and.get(),
            Self::FloorDivide => slots.nb_floor_divide.get(),
            Self::LeftShift => slots.nb_lshift.get(),
            Self::MatrixMultiply => slots.nb_matrix_multiply.get(),
            Self::Multiply => slots.nb_multiply.get(),
            Self::Remainder => slots.nb_remainder.get(),
            Self::Or => slots.nb_or.get(),
            Self::Power => None,
            Self::RightShift => slots.nb_rshift.get(),
            Self::Subtract => slots.nb_subtract.get(),
            Self::TrueDivide => slots.nb_true_divide.get(),
            Self::Xor => slots.nb_xor.get(),
            Self::Divmod => slots.nb_divmod.get(),
        }
    }

    fn inplace_slot(self, slots: &Slots) -> Option<BinaryFn> {
        match self {
            Self::Add => slots.nb_inplace_add.get(),
            Self::And => slots.nb_inplace_and.get(),
            Self::FloorDivide => slots.nb_inplace_floor_divide.get(),
            Self::LeftShift => slots.nb_inplace_lshift.get(),
            Self::MatrixMultiply => slots.nb_inplace_matrix_multiply.get(),
            Self::Multiply => slots.nb_inplace_multiply.get(),
            Self::Remainder => slots.nb_inplace_remainder.get(),
            Self::Or => slots.nb_inplace_or.get(),
            Self::RightShift => slots.nb_inplace_rshift.get(),
            Self::Subtract => slots.nb_inplace_subtract.get(),
            Self::TrueDivide => slots.nb_inplace_true_divide.get(),
            Self::Xor => slots.nb_inplace_xor.get(),
            Self::Power | Self::Divmod => None,
        }
    }
}

/// Both operands' slots, the more derived one first (`binary_op1`). `NotImplemented` when neither knows.
fn binary1(vm: Vm<'_>, op: BinaryOp, a: &Value, b: &Value) -> PyResult<Value> {
    let (left, right) = (a.class(), b.class());
    let mut first = op.slot(&left.slots);
    let mut second = if std::ptr::eq(left, right) { None } else { op.slot(&right.slots) };
    if let (Some(x), Some(y)) = (first, second)
        && std::ptr::fn_addr_eq(x, y)
    {
        second = None;
    }
    if let Some(reflected) = second
        && first.is_some()
        && right.is_subtype(left)
    {
        let result = reflected(vm, a, b)?;
        if !result.is_not_implemented() {
            return Ok(result);
        }
        second = None;
    }
    for function in [first.take(), second].into_iter().flatten() {
        let result = function(vm, a, b)?;
        if !result.is_not_implemented() {
            return Ok(result);
        }
    }
    Ok(Value::NOT_IMPLEMENTED)
}

#[cold]
fn unsupported(vm: Vm<'_>, text: &str, a: &Value, b: &Value) -> Raised {
    vm.type_error(format!(
        "unsupported operand type(s) for {text}: '{}' and '{}'",
        a.class().name(),
        b.class().name()
    ))
}

/// `a op b`
///
/// # Errors
/// TypeError when neither operand knows the operation, or what it raises.
pub fn binary(vm: Vm<'_>, op: BinaryOp, a: &Value, b: &Value) -> PyResult<Value> {
    if op == BinaryOp::Power {
        return power(vm, a, b, &Value::NONE);
    }
    let result = binary1(vm, op, a, b)?;
    if !result.is_not_implemented() {
        return Ok(result);
    }
    match op {
        BinaryOp::Add => {
            if let Some(concat) = a.class().slots.sq_concat.get() {
                return concat(vm, a, b);
            }
        }
        BinaryOp::Multiply => {
            if let Some(result) = repeat(vm, a, b)? {
                return Ok(result);
            }
        }
        _ => {}
    }
    Err(unsupported(vm, op.text(), a, b))
}

/// The sequence side of `*`.
fn repeat(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Option<Value>> {
    for (sequence, count) in [(a, b), (b, a)] {
        if let Some(repeat) = sequence.class().slots.sq_repeat.get() {
            let count = repeat_count(vm, count)?;
            return repeat(vm, sequence, count).map(Some);
        }
    }
    Ok(None)
}

/// `a op= b`
///
/// # Errors
/// As for [`binary`].
pub fn inplace(vm: Vm<'_>, op: BinaryOp, a: &Value, b: &Value) -> PyResult<Value> {
    let slots = &a.class().slots;
    if op == BinaryOp::Power {
        if let Some(function) = slots.nb_inplace_power.get() {
            let result = function(vm, a, b, &Value::NONE)?;
            if !result.is_not_implemented() {
                return Ok(result);
            }
        }
        return power_with(vm, a, b, &Value::NONE, "**=");
    }
    if let Some(function) = op.inplace_slot(slots) {
        let result = function(vm, a, b)?;
        if !result.is_not_implemented() {
            return Ok(result);
        }
    }
    let result = binary1(vm, op, a, b)?;
    if !result.is_not_implemented() {
        return Ok(result);
    }
    match op {
        BinaryOp::Add => {
            if let Some(concat) = slots.sq_inplace_concat.get().or(slots.sq_concat.get()) {
                return concat(vm, a, b);
            }
        }
        BinaryOp::Multiply => {
            if let Some(repeat) = slots.sq_inplace_repeat.get() {
                let count = repeat_count(vm, b)?;
                return repeat(vm, a, count);
            }
            if let Some(result) = repeat(vm, a, b)? {
                return Ok(result);
            }
        }
        _ => {}
    }
    Err(unsupported(vm, op.inplace_text(), a, b))
}

/// `pow(a, b, c)`, with None as `c` for `a ** b`.
///
/// # Errors
/// As for [`binary`].
pub fn power(vm: Vm<'_>, a: &Value, b: &Value, c: &Value) -> PyResult<Value> {
    power_with(vm, a, b, c, "** or pow()")
}

fn power_with(vm: Vm<'_>, a: &Value, b: &Value, c: &Value, text: &str) -> PyResult<Value> {
    for function in power_slots(a, b, c).into_iter().flatten() {
        let result = function(vm, a, b, c)?;
        if !result.is_not_implemented() {
            return Ok(result);
        }
    }
    if c.is_none() {
        return Err(unsupported(vm, text, a, b));
    }
    Err(vm.type_error(format!(
        "unsupported operand type(s) for {text}: '{}', '{}', '{}'",
        a.class().name(),
        b.class().name(),
        c.class().name()
    )))
}

/// The slots to try, in order (`ternary_op`).
fn power_slots(a: &Value, b: &Value, c: &Value) -> [Option<TernaryFn>; 3] {
    let same = |x: Option<TernaryFn>, y: Option<TernaryFn>| match (x, y) {
        (Some(x), Some(y)) => std::ptr::fn_addr_eq(x, y),
        _ => false,
    };
    let (left, right) = (a.class(), b.class());
    let first = left.slots.nb_power.get();
    let mut second = if std::ptr::eq(left, right) { None } else { right.slots.nb_power.get() };
    if same(first, second) {
        second = None;
    }
    let mut third = if c.is_none() { None } else { c.class().slots.nb_power.get() };
    if same(first, third) || same(second, third) {
        third = None;
    }
    if second.is_some() && first.is_some() && right.is_subtype(left) {
        [second, first, third]
    } else {
        [first, second, third]
    }
}

macro_rules! operations {
    ($($(#[$meta:meta])* $name:ident $op:ident;)*) => {$(
        $(#[$meta])*
        ///
        /// # Errors
        /// As for [`binary`].
        pub fn $name(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
            binary(vm, BinaryOp::$op, a, b)
        }
    )*};
}

operations! {
    /// `a + b`
    add Add;
    /// `a - b`
    subtract Subtract;
    /// `a * b`
    multiply Multiply;
    /// `a // b`
    floor_divide FloorDivide;
    /// `a / b`
    true_divide TrueDivide;
    /// `a % b`
    remainder Remainder;
    /// `divmod(a, b)`
    divmod Divmod;
    /// `a & b`
    and And;
    /// `a | b`
    or Or;
    /// `a ^ b`
    xor Xor;
    /// `a << b`
    left_shift LeftShift;
    /// `a >> b`
    right_shift RightShift;
    /// `a @ b`
    matrix_multiply MatrixMultiply;
}

/// The unary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`
    Negative,
    /// `+`
    Positive,
    /// `~`
    Invert,
    /// `abs()`
    Absolute,
}

/// `op a`
///
/// # Errors
/// TypeError when the operand does not know the operation, or what it raises.
pub fn unary(vm: Vm<'_>, op: UnaryOp, a: &Value) -> PyResult<Value> {
    let slots = &a.class().slots;
    let (slot, text): (Option<UnaryFn>, &str) = match op {
        UnaryOp::Negative => (slots.nb_negative.get(), "unary -"),
        UnaryOp::Positive => (slots.nb_positive.get(), "unary +"),
        UnaryOp::Invert => (slots.nb_invert.get(), "unary ~"),
        UnaryOp::Absolute => (slots.nb_absolute.get(), "abs()"),
    };
    match slot {
        Some(function) => function(vm, a),
        None => Err(vm.type_error(format!("bad operand type for {text}: '{}'", a.class().name()))),
    }
}

/// Whether `value` is an int or a bool, or an instance of a subclass.
#[inline]
#[must_use]
pub fn is_int(value: &Value) -> bool {
    value.as_small_int().is_some() || value.class().has_flags(spec_flags::LONG_SUBCLASS)
}

/// Whether `value` can be used as an index (`PyIndex_Check`).
#[inline]
#[must_use]
pub fn has_index(value: &Value) -> bool {
    value.as_small_int().is_some() || value.class().slots.nb_index.get().is_some()
}

/// The value as an int, by `__index__` (`_PyNumber_Index`): an int of any class stays as it is.
///
/// # Errors
/// TypeError, or what `__index__` raises.
pub fn index_value(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    if is_int(value) {
        return Ok(value.clone());
    }
    let Some(index) = value.class().slots.nb_index.get() else {
        return Err(vm.type_error(format!(
            "'{}' object cannot be interpreted as an integer",
            value.class().name()
        )));
    };
    let result = index(vm, value)?;
    if result.is_exact(INT.get()) {
        return Ok(result);
    }
    if !is_int(&result) {
        return Err(
            vm.type_error(format!("__index__ returned non-int (type {})", result.class().name()))
        );
    }
    vm.warn(
        &DEPRECATION_WARNING,
        &format!(
            "__index__ returned non-int (type {}).  The ability to return an instance of a strict subclass of int is deprecated, and may not be supported in a future version of Python.",
            result.class().name()
        ),
        1,
    )?;
    Ok(result)
}

/// The value as an exact int, by `__index__` (`PyNumber_Index`).
///
/// # Errors
/// As for [`index_value`].
pub fn index(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    if value.as_small_int().is_some() {
        return Ok(value.clone());
    }
    let found = index_value(vm, value)?;
    if found.is_exact(INT.get()) {
        return Ok(found);
    }
    Ok(int::exact(vm, &found))
}

/// The int that `value` is or indexes to, if it fits; None with its sign when it does not.
fn machine_int(vm: Vm<'_>, value: &Value) -> PyResult<Result<isize, bool>> {
    let found;
    let number = if is_int(value) {
        value
    } else {
        found = index_value(vm, value)?;
        &found
    };
    if let Some(truth) = number.as_bool() {
        return Ok(Ok(isize::from(truth)));
    }
    if let Some(small) = number.as_small_int() {
        return Ok(isize::try_from(small).map_err(|_| small < 0));
    }
    let fits = int::as_i64(number).and_then(|number| isize::try_from(number).ok());
    Ok(fits.ok_or_else(|| int::is_negative(number)))
}

/// The value as a machine integer; OverflowError beyond (`PyNumber_AsSsize_t` with OverflowError).
///
/// # Errors
/// TypeError, OverflowError.
pub fn as_isize(vm: Vm<'_>, value: &Value) -> PyResult<isize> {
    as_isize_or(vm, value, &OVERFLOW_ERROR)
}

/// The value as an index into a sequence; IndexError beyond the machine's integers.
///
/// # Errors
/// TypeError, IndexError.
pub fn as_index(vm: Vm<'_>, value: &Value) -> PyResult<isize> {
    as_isize_or(vm, value, &INDEX_ERROR)
}

fn as_isize_or(vm: Vm<'_>, value: &Value, error: &'static StaticType) -> PyResult<isize> {
    machine_int(vm, value)?.map_err(|_| {
        vm.error(
            error,
            format!("cannot fit '{}' into an index-sized integer", value.class().name()),
        )
    })
}

/// The value as a machine integer, the nearest one when it is beyond.
///
/// # Errors
/// TypeError.
pub fn as_isize_clipped(vm: Vm<'_>, value: &Value) -> PyResult<isize> {
    Ok(match machine_int(vm, value)? {
        Ok(number) => number,
        Err(true) => isize::MIN,
        Err(false) => isize::MAX,
    })
}

/// The value as a 32-bit int: the argument of a native function declared `int`.
///
/// # Errors
/// TypeError, OverflowError.
pub fn as_i32(vm: Vm<'_>, value: &Value) -> PyResult<i32> {
    let fitted = machine_int(vm, value)?.ok().and_then(|number| i32::try_from(number).ok());
    fitted.ok_or_else(|| vm.overflow_error("Python int too large to convert to C int"))
}

/// The value as a size: the argument of a native function declared `Py_ssize_t`.
///
/// # Errors
/// TypeError, OverflowError.
pub fn as_ssize(vm: Vm<'_>, value: &Value) -> PyResult<isize> {
    machine_int(vm, value)?
        .map_err(|_| vm.overflow_error("Python int too large to convert to C ssize_t"))
}

/// The value as a 64-bit int.
///
/// # Errors
/// TypeError, OverflowError.
pub fn as_i64(vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    match machine_int(vm, value)? {
        Ok(number) => Ok(i64::try_from(number).unwrap_or(i64::MAX)),
        Err(_) => Err(vm.overflow_error("Python int too large to convert to C long")),
    }
}

/// As [`as_i64`].
///
/// # Errors
/// TypeError, OverflowError.
pub fn index_i64(vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    as_i64(vm, value)
}
