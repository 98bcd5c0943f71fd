//! `int`: an immediate word up to 62 bits, a heap object beyond and for subclasses.
//!
//! **Invariant:** an exact int whose number fits an immediate is one; a heap int of exact type `int` is beyond 62 bits.

pub mod convert;
mod methods;
pub mod number;

use std::borrow::Cow;

use base::int::BigInt;

use crate::core::errors::PyResult;
use crate::core::gc::{Traverse, Visitor};
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::payload;

pub use convert::{of_plain, to_radix_text};
pub use number::{
    add, bit_and, bit_or, bit_xor, compare, divmod, floor_divide, left_shift, multiply, negate,
    power, remainder, right_shift, subtract, true_divide,
};

/// The number of a heap int.
pub struct Number(pub BigInt);

impl Traverse for Number {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

payload! {
    /// The payload of an int that is no immediate.
    pub struct PyInt: INT {
        /// The number.
        pub number: Number,
    }
}

/// `int`
pub static INT: StaticType = StaticType::new::<PyInt>();

const DOC: &str = "int([x]) -> integer
int(x, base=10) -> integer

Convert a number or string to an integer, or return 0 if no arguments
are given.  If x is a number, return x.__int__().  For floating-point
numbers, this truncates towards zero.

If x is not a number or if base is given, then x must be a string,
bytes, or bytearray instance representing an integer literal in the
given base.  The literal can be preceded by '+' or '-' and be surrounded
by whitespace.  The base defaults to 10.  Valid bases are 0 and 2-36.
Base 0 means to interpret the base from the string as an integer literal.
>>> int('0b100', base=0)
4";

/// The spec of `int`.
pub const INT_SPEC: TypeSpec = TypeSpec {
    name: "int",
    doc: Some(DOC),
    flags: spec_flags::BASETYPE | spec_flags::LONG_SUBCLASS | spec_flags::MATCH_SELF,
    slots: number::SLOTS,
    methods: methods::INT_METHODS,
    getset: methods::INT_GETSET,
    ..TypeSpec::DEFAULT
};

/// What can become an int.
pub trait ToInt {
    /// The int.
    fn to_int(self, vm: Vm<'_>) -> Value;
}

macro_rules! to_int {
    ($($type:ty)*) => {
        $(impl ToInt for $type {
            #[inline]
            fn to_int(self, vm: Vm<'_>) -> Value {
                match i64::try_from(self).ok().and_then(Value::small_int) {
                    Some(value) => value,
                    None => from_big(vm, BigInt::from(self)),
                }
            }
        })*
    };
}

to_int!(i32 u32 i64 u64 i128 u128 usize isize);

impl ToInt for BigInt {
    fn to_int(self, vm: Vm<'_>) -> Value {
        match self.to_i64().and_then(Value::small_int) {
            Some(value) => value,
            None => PyRef::new(vm, PyInt { number: Number(self) }).into_value(),
        }
    }
}

/// An int: of a machine integer or a [`BigInt`].
#[inline]
#[must_use]
pub fn new(vm: Vm<'_>, number: impl ToInt) -> Value {
    number.to_int(vm)
}

/// An int of 64 bits.
#[inline]
#[must_use]
pub fn from_i64(vm: Vm<'_>, number: i64) -> Value {
    number.to_int(vm)
}

/// An int of 64 bits without sign.
#[inline]
#[must_use]
pub fn from_u64(vm: Vm<'_>, number: u64) -> Value {
    number.to_int(vm)
}

#[cold]
#[inline(never)]
fn from_big(vm: Vm<'_>, number: BigInt) -> Value {
    PyRef::new(vm, PyInt { number: Number(number) }).into_value()
}

/// The number of an int, seen without copying.
#[derive(Clone, Copy)]
pub enum Operand<'a> {
    /// A number of 62 bits or a bool.
    Small(i64),
    /// A heap int's.
    Big(&'a BigInt),
}

/// The number of an int, a bool or an instance of a subclass; None for anything else.
#[inline]
#[must_use]
pub fn operand(value: &Value) -> Option<Operand<'_>> {
    if let Some(number) = value.as_small_int() {
        return Some(Operand::Small(number));
    }
    heap_operand(value)
}

fn heap_operand(value: &Value) -> Option<Operand<'_>> {
    if let Some(truth) = value.as_bool() {
        return Some(Operand::Small(i64::from(truth)));
    }
    value.downcast::<PyInt>().map(|int| Operand::Big(&int.number.0))
}

impl<'a> Operand<'a> {
    /// As a big integer.
    #[must_use]
    pub fn to_big(self) -> Cow<'a, BigInt> {
        match self {
            Self::Small(number) => Cow::Owned(BigInt::from(number)),
            Self::Big(number) => Cow::Borrowed(number),
        }
    }

    /// If it fits 64 bits.
    #[must_use]
    pub fn to_i64(self) -> Option<i64> {
        match self {
            Self::Small(number) => Some(number),
            Self::Big(number) => number.to_i64(),
        }
    }

    /// The sign.
    #[must_use]
    pub fn is_negative(self) -> bool {
        match self {
            Self::Small(number) => number < 0,
            Self::Big(number) => number.is_negative(),
        }
    }

    /// Whether it is 0.
    #[must_use]
    pub fn is_zero(self) -> bool {
        match self {
            Self::Small(number) => number == 0,
            Self::Big(number) => number.is_zero(),
        }
    }

    /// The bits of the magnitude.
    #[must_use]
    pub fn bit_length(self) -> usize {
        match self {
            Self::Small(number) => 64 - number.unsigned_abs().leading_zeros() as usize,
            Self::Big(number) => number.bit_length(),
        }
    }

    /// The nearest float; None when it is too large.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "the nearest float is wanted")]
    pub fn to_f64(self) -> Option<f64> {
        match self {
            Self::Small(number) => Some(number as f64),
            Self::Big(number) => number.to_f64(),
        }
    }
}

/// The number, if it is an int that fits 64 bits. A bool counts as 0 or 1.
#[inline]
#[must_use]
pub fn as_i64(value: &Value) -> Option<i64> {
    operand(value)?.to_i64()
}

/// The number, if it is an int that is not negative and fits.
#[must_use]
pub fn as_usize(value: &Value) -> Option<usize> {
    match operand(value)? {
        Operand::Small(number) => usize::try_from(number).ok(),
        Operand::Big(number) => number.to_usize(),
    }
}

/// The number, if it is an int that is not negative and fits 64 bits.
#[must_use]
pub fn as_u64(value: &Value) -> Option<u64> {
    match operand(value)? {
        Operand::Small(number) => u64::try_from(number).ok(),
        Operand::Big(number) => number.to_u64(),
    }
}

/// The number of an int of any class.
#[must_use]
pub fn as_bigint(value: &Value) -> Option<Cow<'_, BigInt>> {
    operand(value).map(Operand::to_big)
}

/// Whether an int is below 0.
#[must_use]
pub fn is_negative(value: &Value) -> bool {
    operand(value).is_some_and(Operand::is_negative)
}

/// The exact int with the number of an instance of a subclass.
#[must_use]
pub fn exact(vm: Vm<'_>, value: &Value) -> Value {
    if value.is_exact(INT.get()) {
        return value.clone();
    }
    match operand(value) {
        Some(Operand::Small(number)) => from_i64(vm, number),
        Some(Operand::Big(number)) => new(vm, number.clone()),
        None => value.clone(),
    }
}

/// `int(value)` as a new object of `class`, a subclass of `int`, with the number of the int `value`.
pub fn of_class(vm: Vm<'_>, class: &Py<PyType>, value: &Value) -> Value {
    if class.is(INT.get()) {
        return exact(vm, value);
    }
    let number = as_bigint(value).map(Cow::into_owned).unwrap_or_default();
    PyRef::new_of(vm, class, PyInt { number: Number(number) }).into_value()
}

/// The int that `value` is, or that its `__index__` gives (`PyNumber_Index`).
///
/// # Errors
/// TypeError, or what `__index__` raises.
pub fn to_index(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    crate::protocol::number::index(vm, value)
}

/// The big integer that `value` is, or that its `__index__` gives.
///
/// # Errors
/// As for [`to_index`].
pub fn to_bigint(vm: Vm<'_>, value: &Value) -> PyResult<BigInt> {
    let index = crate::protocol::number::index_value(vm, value)?;
    Ok(as_bigint(&index).map(Cow::into_owned).unwrap_or_default())
}
