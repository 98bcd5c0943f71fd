//! `float`: an immediate word for most numbers, a heap object for the rest and for subclasses.

use base::float::{arith, hex, parse, repr};

use crate::core::args::{Args, Bound};
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::number::as_isize_clipped;
use crate::types::int::{self, Operand};
use crate::types::numeric_format::format_float;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{getset, methods, payload};

payload! {
    /// The payload of a float that is no immediate.
    pub struct PyFloat: FLOAT {
        /// The number.
        pub number: f64,
    }
}

/// `float`
pub static FLOAT: StaticType = StaticType::new::<PyFloat>();

/// The spec of `float`.
pub const FLOAT_SPEC: TypeSpec = TypeSpec {
    name: "float",
    doc: Some(
        "float(x=0, /)\n--\n\nConvert a string or number to a floating-point number, if possible.",
    ),
    flags: spec_flags::BASETYPE | spec_flags::MATCH_SELF,
    slots: &[
        Slot::New(float_new),
        Slot::Repr(float_repr),
        Slot::Hash(float_hash),
        Slot::Richcompare(float_richcompare),
        Slot::NbAdd(float_add),
        Slot::NbSubtract(float_subtract),
        Slot::NbMultiply(float_multiply),
        Slot::NbTrueDivide(float_true_divide),
        Slot::NbFloorDivide(float_floor_divide),
        Slot::NbRemainder(float_remainder),
        Slot::NbDivmod(float_divmod),
        Slot::NbPower(float_power),
        Slot::NbNegative(float_negative),
        Slot::NbPositive(float_positive),
        Slot::NbAbsolute(float_absolute),
        Slot::NbBool(float_bool),
        Slot::NbInt(float_trunc),
        Slot::NbFloat(float_positive),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Convert real number to a floating-point number.
    class ["from_number"] "($type, number, /)" One(float_from_number);
    /// Return self, the complex conjugate of any float.
    ["conjugate"] "($self, /)" None(float_positive);
    /// Return the Integral closest to x between 0 and x.
    ["__trunc__"] "($self, /)" None(float_trunc);
    /// Return the floor as an Integral.
    ["__floor__"] "($self, /)" None(float_floor);
    /// Return the ceiling as an Integral.
    ["__ceil__"] "($self, /)" None(float_ceil);
    /// Return the Integral closest to x, rounding half toward even.
    ["__round__"] "($self, ndigits=None, /)" Bound(float_round);
    /// Return a pair of integers, whose ratio is exactly equal to the original float.
    ///
    /// >>> (0.75).as_integer_ratio()
    /// (3, 4)
    ["as_integer_ratio"] "($self, /)" None(float_as_integer_ratio);
    /// Create a floating-point number from a hexadecimal string.
    ///
    /// >>> float.fromhex('0x1.8p1')
    /// 3.0
    class ["fromhex"] "($type, string, /)" One(float_fromhex);
    /// Return a hexadecimal representation of a floating-point number.
    ///
    /// >>> (-0.5).hex()
    /// '-0x1.0000000000000p-1'
    ["hex"] "($self, /)" None(float_hex);
    /// Return True if the float is an integer.
    ["is_integer"] "($self, /)" None(float_is_integer);
    ["__getnewargs__"] "($self, /)" None(float_getnewargs);
    /// You probably don't want to use this function.
    class ["__getformat__"] "($type, typestr, /)" One(float_getformat);
    /// Formats the float according to format_spec.
    ["__format__"] "($self, format_spec, /)" One(float_format);
}

getset! { GETSET:
    /// the real part of a complex number
    ["real"] float_positive;
    /// the imaginary part of a complex number
    ["imag"] float_imag;
}

/// A float.
#[inline]
#[must_use]
pub fn new(vm: Vm<'_>, number: f64) -> Value {
    match Value::immediate_float(number) {
        Some(value) => value,
        None => PyRef::new(vm, PyFloat { number }).into_value(),
    }
}

/// The number of a float or of an instance of a subclass.
#[inline]
#[must_use]
pub fn as_f64(value: &Value) -> Option<f64> {
    match value.as_immediate_float() {
        Some(number) => Some(number),
        None => value.downcast::<PyFloat>().map(|float| float.number),
    }
}

fn this(value: &Value) -> f64 {
    as_f64(value).unwrap_or(0.0)
}

/// `float(value)`: by `__float__`, by `__index__`, or the text of a str or bytes-like object.
///
/// # Errors
/// TypeError, ValueError, OverflowError, what the hooks raise.
pub fn to_f64(vm: Vm<'_>, value: &Value) -> PyResult<f64> {
    if let Some(number) = as_f64(value) {
        return Ok(number);
    }
    match by_hooks(vm, value)? {
        Some(number) => Ok(number),
        None => Err(vm.type_error(format!("must be real number, not {}", value.class().name()))),
    }
}

/// What `__float__` or else `__index__` gives; None when there is neither. An instance of a subclass of float is asked too.
fn by_hooks(vm: Vm<'_>, value: &Value) -> PyResult<Option<f64>> {
    let Some(convert) = value.class().slots.nb_float.get() else {
        if value.class().slots.nb_index.get().is_none() {
            return Ok(None);
        }
        let index = crate::protocol::number::index(vm, value)?;
        return int::number::to_f64(vm, &index).map(Some);
    };
    let made = convert(vm, value)?;
    let (class, result) = (value.class().name(), made.class().name());
    let Some(number) = as_f64(&made) else {
        return Err(vm.type_error(format!("{class}.__float__ returned non-float (type {result})")));
    };
    if !made.is_exact(FLOAT.get()) {
        vm.warn(
            &crate::types::exceptions::hierarchy::DEPRECATION_WARNING,
            &format!(
                "{class}.__float__ returned non-float (type {result}).  The ability to return an instance of a strict subclass of float is deprecated, and may not be supported in a future version of Python."
            ),
            1,
        )?;
    }
    Ok(Some(number))
}

fn from_text(vm: Vm<'_>, value: &Value) -> PyResult<f64> {
    let parsed = match value.downcast::<PyStr>() {
        Some(text) => parse::parse_loose(&int::convert::ascii_digits(text)),
        None => {
            let bytes = crate::protocol::buffer::bytes_like(vm, value)?.to_vec();
            std::str::from_utf8(&bytes).ok().and_then(parse::parse_loose)
        }
    };
    match parsed {
        Some(number) => Ok(number),
        None => {
            let shown = vm.repr(value)?.to_rust_string();
            Err(vm.value_error(format!("could not convert string to float: {shown}")))
        }
    }
}

fn of_class(vm: Vm<'_>, class: &Py<PyType>, number: f64) -> Value {
    if class.is(FLOAT.get()) {
        new(vm, number)
    } else {
        PyRef::new_of(vm, class, PyFloat { number }).into_value()
    }
}

fn float_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    if let [value] = args.all()
        && class.is(FLOAT.get())
        && args.keyword_count() == 0
        && let Some(number) = value.as_small_int()
    {
        #[expect(clippy::cast_precision_loss, reason = "rounded as float() does")]
        return Ok(new(vm, number as f64));
    }
    args.no_keywords_in_new(vm, class, FLOAT.get())?;
    crate::core::args::check_count(vm, "float", args.positional().len(), 0, 1)?;
    let number = match args.positional().first() {
        None => 0.0,
        Some(value) if class.is(FLOAT.get()) && value.is_exact(FLOAT.get()) => {
            return Ok(value.clone());
        }
        Some(value) => match by_hooks(vm, value)? {
            Some(number) => number,
            None if value.downcast::<PyStr>().is_some()
                || crate::protocol::buffer::has_buffer(value) =>
            {
                from_text(vm, value)?
            }
            None => {
                return Err(vm.type_error(format!(
                    "float() argument must be a string or a real number, not '{}'",
                    value.class().name()
                )));
            }
        },
    };
    Ok(of_class(vm, class, number))
}

fn float_from_number(vm: Vm<'_>, class: &Value, value: &Value) -> PyResult<Value> {
    if value.is_exact(FLOAT.get()) && FLOAT.get().is_value(class) {
        return Ok(value.clone());
    }
    let number = match by_hooks(vm, value)? {
        Some(number) => new(vm, number),
        None => new(vm, to_f64(vm, value)?),
    };
    if FLOAT.get().is_value(class) { Ok(number) } else { vm.call(class, &[number]) }
}

fn float_repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(PyStr::try_new(vm, &repr::repr(this(value)))?.into_value())
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a slot")]
fn float_hash(_vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    #[expect(clippy::cast_possible_wrap, reason = "a hash is any 64 bits")]
    Ok(base::hash::float(this(value)).unwrap_or((value.id() >> 4) as i64))
}

/// An operand of arithmetic: a float, or an int that becomes one.
#[inline]
fn operand(vm: Vm<'_>, value: &Value) -> PyResult<Option<f64>> {
    if let Some(number) = as_f64(value) {
        return Ok(Some(number));
    }
    if let Some(small) = int::as_i64(value) {
        #[expect(clippy::cast_precision_loss, reason = "an int operand is rounded to a float")]
        return Ok(Some(small as f64));
    }
    match int::operand(value) {
        Some(_) => int::number::to_f64(vm, value).map(Some),
        None => Ok(None),
    }
}

macro_rules! operands {
    ($vm:ident, $a:ident, $b:ident) => {
        match (operand($vm, $a)?, operand($vm, $b)?) {
            (Some(a), Some(b)) => (a, b),
            _ => return Ok(Value::NOT_IMPLEMENTED),
        }
    };
}

fn float_add(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let (a, b) = operands!(vm, a, b);
    Ok(new(vm, a + b))
}

fn float_subtract(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let (a, b) = operands!(vm, a, b);
    Ok(new(vm, a - b))
}

fn float_multiply(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let (a, b) = operands!(vm, a, b);
    Ok(new(vm, a * b))
}

fn float_true_divide(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let (a, b) = operands!(vm, a, b);
    if b == 0.0 {
        return Err(vm.zero_division_error("division by zero"));
    }
    Ok(new(vm, a / b))
}

fn float_floor_divide(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let (a, b) = operands!(vm, a, b);
    if b == 0.0 {
        return Err(vm.zero_division_error("division by zero"));
    }
    Ok(new(vm, arith::divmod(a, b).0))
}

fn float_remainder(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let (a, b) = operands!(vm, a, b);
    if b == 0.0 {
        return Err(vm.zero_division_error("division by zero"));
    }
    Ok(new(vm, arith::modulo(a, b)))
}

fn float_divmod(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let (a, b) = operands!(vm, a, b);
    if b == 0.0 {
        return Err(vm.zero_division_error("division by zero"));
    }
    let (quotient, remainder) = arith::divmod(a, b);
    Ok(PyTuple::new_value(vm, &[new(vm, quotient), new(vm, remainder)]))
}

/// `a ** b` of two floats: a complex number where the real one does not exist.
///
/// # Errors
/// ZeroDivisionError, OverflowError.
pub fn power_f64(vm: Vm<'_>, a: f64, b: f64) -> PyResult<Value> {
    match arith::pow(a, b) {
        arith::Power::Float(number) => Ok(new(vm, number)),
        arith::Power::Complex => crate::types::complex::power_of(vm, a, b),
        arith::Power::ZeroDivision => Err(vm.zero_division_error("zero to a negative power")),
        arith::Power::Overflow => Err(vm.error_with(
            &crate::types::exceptions::hierarchy::OVERFLOW_ERROR,
            &[
                Value::small_int_unchecked(34),
                PyStr::new_value(vm, "Numerical result out of range"),
            ],
        )),
    }
}

fn float_power(vm: Vm<'_>, a: &Value, b: &Value, c: &Value) -> PyResult<Value> {
    let (a, b) = operands!(vm, a, b);
    if !c.is_none() {
        return Err(
            vm.type_error("pow() 3rd argument not allowed unless all arguments are integers")
        );
    }
    power_f64(vm, a, b)
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a slot")]
fn float_negative(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(new(vm, -this(value)))
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a slot")]
fn float_positive(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    if value.is_exact(FLOAT.get()) { Ok(value.clone()) } else { Ok(new(vm, this(value))) }
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a slot")]
fn float_absolute(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(new(vm, this(value).abs()))
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a slot")]
fn float_bool(_vm: Vm<'_>, value: &Value) -> PyResult<bool> {
    Ok(this(value) != 0.0)
}

/// The int of a float without a fraction.
///
/// # Errors
/// OverflowError for an infinity, ValueError for nan.
pub fn to_int(vm: Vm<'_>, number: f64) -> PyResult<Value> {
    if number.is_nan() {
        return Err(vm.value_error("cannot convert float NaN to integer"));
    }
    if number.is_infinite() {
        return Err(vm.overflow_error("cannot convert float infinity to integer"));
    }
    if number.abs() < 1e18 {
        #[expect(clippy::cast_possible_truncation, reason = "below 2^62")]
        return Ok(int::from_i64(vm, number as i64));
    }
    match base::int::BigInt::from_f64(number) {
        Some(big) => Ok(int::new(vm, big)),
        None => Ok(Value::small_int_unchecked(0)),
    }
}

fn float_trunc(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    to_int(vm, this(value).trunc())
}

fn float_floor(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    to_int(vm, this(value).floor())
}

fn float_ceil(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    to_int(vm, this(value).ceil())
}

fn float_round(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let number = this(value);
    let Some(digits) = args.get_non_none(0) else {
        return to_int(vm, arith::round_half_even(number));
    };
    let digits = as_isize_clipped(vm, digits)?;
    match arith::round_digits(number, i64::try_from(digits).unwrap_or(i64::MAX)) {
        Some(rounded) => Ok(new(vm, rounded)),
        None => Err(vm.overflow_error("rounded value too large to represent")),
    }
}

fn float_as_integer_ratio(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let number = this(value);
    if number.is_nan() {
        return Err(vm.value_error("cannot convert NaN to integer ratio"));
    }
    if number.is_infinite() {
        return Err(vm.overflow_error("cannot convert Infinity to integer ratio"));
    }
    let (mut fraction, mut exponent) = arith::frexp(number);
    for _ in 0..300 {
        if fraction == fraction.floor() {
            break;
        }
        fraction *= 2.0;
        exponent -= 1;
    }
    let mut numerator = to_int(vm, fraction)?;
    let mut denominator = int::from_i64(vm, 1);
    let shift = int::from_i64(vm, exponent.abs());
    if exponent > 0 {
        numerator = int::number::left_shift(vm, &numerator, &shift)?;
    } else {
        denominator = int::number::left_shift(vm, &denominator, &shift)?;
    }
    Ok(PyTuple::new_value(vm, &[numerator, denominator]))
}

fn float_fromhex(vm: Vm<'_>, class: &Value, text: &Value) -> PyResult<Value> {
    let Some(text) = text.downcast::<PyStr>() else {
        return Err(vm.type_error(format!(
            "bad argument type for built-in operation: {}",
            text.class().name()
        )));
    };
    let number = hex::from_hex(&text.to_rust_string()).map_err(|error| match error {
        hex::HexError::Invalid => vm.value_error("invalid hexadecimal floating-point string"),
        hex::HexError::TooLarge => {
            vm.overflow_error("hexadecimal value too large to represent as a float")
        }
    })?;
    let number = new(vm, number);
    if FLOAT.get().is_value(class) { Ok(number) } else { vm.call(class, &[number]) }
}

fn float_hex(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(PyStr::new_value(vm, &hex::to_hex(this(value))))
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a method")]
fn float_is_integer(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let number = this(value);
    Ok(Value::from_bool(number.is_finite() && number.floor() == number))
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a method")]
fn float_getnewargs(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(PyTuple::new_value(vm, &[new(vm, this(value))]))
}

fn float_getformat(vm: Vm<'_>, _class: &Value, kind: &Value) -> PyResult<Value> {
    match kind.downcast::<PyStr>() {
        Some(kind) if kind.is_text("double") || kind.is_text("float") => {
            let order = if cfg!(target_endian = "little") { "little" } else { "big" };
            Ok(PyStr::new_value(vm, &format!("IEEE, {order}-endian")))
        }
        Some(_) => Err(vm.value_error("__getformat__() argument 1 must be 'double' or 'float'")),
        None => Err(vm.type_error(format!(
            "__getformat__() argument must be str, not {}",
            kind.class().name()
        ))),
    }
}

fn float_format(vm: Vm<'_>, value: &Value, spec: &Value) -> PyResult<Value> {
    let spec = vm.expect_str(spec, "__format__", "argument")?;
    format_float(vm, value, this(value), spec)
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a getter")]
fn float_imag(vm: Vm<'_>, _value: &Value) -> PyResult<Value> {
    Ok(new(vm, 0.0))
}

/// Compares exactly: an int is not rounded to a float first.
#[expect(clippy::unnecessary_wraps, reason = "the type of a slot")]
fn float_richcompare(_vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let left = this(a);
    let ordering = if let Some(right) = as_f64(b) {
        left.partial_cmp(&right)
    } else {
        match int::operand(b) {
            Some(right) => compare_int(left, right),
            None => return Ok(Value::NOT_IMPLEMENTED),
        }
    };
    Ok(Value::from_bool(match ordering {
        Some(ordering) => op.holds(ordering),
        None => op == CompareOp::Ne,
    }))
}

fn compare_int(left: f64, right: Operand<'_>) -> Option<std::cmp::Ordering> {
    use std::cmp::Ordering;
    if left.is_nan() {
        return None;
    }
    if left.is_infinite() {
        return Some(if left > 0.0 { Ordering::Greater } else { Ordering::Less });
    }
    let floor = left.floor();
    let whole = base::int::BigInt::from_f64(floor)?;
    let ordering = whole.cmp(right.to_big().as_ref());
    // The fraction decides where the whole parts are equal.
    Some(if ordering == Ordering::Equal && left > floor { Ordering::Greater } else { ordering })
}
