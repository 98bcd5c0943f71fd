//! `datetime.timedelta`.

use std::cell::Cell;

use base::int::BigInt;
use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::{CompareOp, Slot};
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::float_;
use objects::types::int;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::{getset, methods, payload};

/// Microseconds of a day.
pub(super) const DAY_MICROS: i128 = 86_400_000_000;
/// The most days, forward or back.
const MAX_DAYS: i64 = 999_999_999;

payload! {
    /// The payload of a duration: all of it in microseconds.
    pub(super) struct PyDelta: DELTA {
        micros: Cell<i128>,
        hash: Cell<i64>,
    }
}

/// `datetime.timedelta`
pub(super) static DELTA: StaticType = StaticType::new::<PyDelta>();

/// The spec of `datetime.timedelta`.
pub(super) const DELTA_SPEC: TypeSpec = TypeSpec {
    name: "datetime.timedelta",
    doc: Some(
        "Difference between two datetime values.\n\ntimedelta(days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, weeks=0)\n\nAll arguments are optional and default to 0.\nArguments may be integers or floats, and may be positive or negative.",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[
        Slot::New(delta_new),
        Slot::Repr(repr),
        Slot::Str(str_),
        Slot::Hash(hash),
        Slot::Richcompare(richcompare),
        Slot::NbAdd(add),
        Slot::NbSubtract(subtract),
        Slot::NbMultiply(multiply),
        Slot::NbRemainder(remainder),
        Slot::NbDivmod(divmod),
        Slot::NbNegative(negative),
        Slot::NbPositive(positive),
        Slot::NbAbsolute(absolute),
        Slot::NbBool(is_nonzero),
        Slot::NbFloorDivide(floor_divide),
        Slot::NbTrueDivide(true_divide),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Total seconds in the duration.
    ["total_seconds"] "($self, /)" None(total_seconds);
    /// __reduce__() -> (cls, state)
    ["__reduce__"] "($self, /)" None(reduce);
}

getset! { GETSET:
    /// Number of days.
    member ["days"] get_days;
    /// Number of seconds (>= 0 and less than 1 day).
    member ["seconds"] get_seconds;
    /// Number of microseconds (>= 0 and less than 1 second).
    member ["microseconds"] get_microseconds;
}

/// Days, seconds and microseconds, the last two not negative.
#[expect(clippy::cast_possible_truncation, reason = "a duration's parts fit by its range")]
pub(super) fn split(micros: i128) -> (i64, i64, i64) {
    let of_day = micros.rem_euclid(DAY_MICROS);
    (micros.div_euclid(DAY_MICROS) as i64, (of_day / 1_000_000) as i64, (of_day % 1_000_000) as i64)
}

/// The microseconds of a duration.
pub(super) fn micros_of(value: &Value) -> Option<i128> {
    value.downcast::<PyDelta>().map(|delta| delta.micros.get())
}

fn micros(value: &Value) -> i128 {
    value.receiver::<PyDelta>().micros.get()
}

/// A duration of `class`.
pub(super) fn new_of(vm: Vm<'_>, class: &Py<PyType>, micros: i128) -> PyResult<Value> {
    let days = micros.div_euclid(DAY_MICROS);
    if days.unsigned_abs() > u128::from(MAX_DAYS.unsigned_abs()) {
        return Err(match i32::try_from(days) {
            Ok(_) => vm.overflow_error(format!("days={days}; must have magnitude <= {MAX_DAYS}")),
            Err(_) => vm.overflow_error("Python int too large to convert to C int"),
        });
    }
    let payload = PyDelta { micros: Cell::new(micros), hash: Cell::new(-1) };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

/// A duration.
pub(super) fn new(vm: Vm<'_>, micros: i128) -> PyResult<Value> {
    new_of(vm, DELTA.get(), micros)
}

/// A duration whose microseconds may be of any size.
fn of_big(vm: Vm<'_>, class: &Py<PyType>, micros: &BigInt) -> PyResult<Value> {
    match micros.to_i128() {
        Some(micros) => new_of(vm, class, micros),
        None => Err(vm.overflow_error("Python int too large to convert to C int")),
    }
}

pub(super) fn big(number: i128) -> BigInt {
    match i64::try_from(number) {
        Ok(small) => BigInt::from(small),
        Err(_) => {
            let magnitude = BigInt::from_le_bytes(&number.unsigned_abs().to_le_bytes(), false);
            if number < 0 { -&magnitude } else { magnitude }
        }
    }
}

static NEW: LazySignature = LazySignature::new(
    "($type, days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, weeks=0)",
);

/// The parts in the order in which they are added: place among the arguments, name, microseconds.
const PARTS: [(usize, &str, i64); 7] = [
    (2, "microseconds", 1),
    (3, "milliseconds", 1000),
    (1, "seconds", 1_000_000),
    (4, "minutes", 60_000_000),
    (5, "hours", 3_600_000_000),
    (0, "days", 86_400_000_000),
    (6, "weeks", 604_800_000_000),
];

#[expect(
    clippy::cast_precision_loss,
    clippy::float_cmp,
    clippy::cast_possible_truncation,
    reason = "the arithmetic of CPython's accumulation, whose halves are exact"
)]
fn delta_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let args = NEW.bind(vm, "__new__", args)?;
    let mut total = BigInt::ZERO;
    let mut fast = 0_i128;
    let mut is_fast = true;
    let mut leftover = 0.0_f64;
    for (place, name, factor) in PARTS {
        let Some(value) = args.get(place) else { continue };
        let part = if let Some(number) = int::as_i64(value) {
            if is_fast
                && let Some(sum) = (i128::from(number) * i128::from(factor)).checked_add(fast)
            {
                fast = sum;
                continue;
            }
            &BigInt::from(number) * &BigInt::from(factor)
        } else if number::is_int(value) {
            &int::to_bigint(vm, value)? * &BigInt::from(factor)
        } else if let Some(number) = float_::as_f64(value) {
            let whole = number.trunc();
            let fraction = number - whole;
            let part = &float_int(vm, whole)? * &BigInt::from(factor);
            if fraction == 0.0 || !number.is_finite() {
                part
            } else {
                let exact = fraction * factor as f64;
                leftover += exact - exact.trunc();
                &part + &float_int(vm, exact.trunc())?
            }
        } else {
            return Err(vm.type_error(format!(
                "unsupported type for timedelta {name} component: {}",
                value.class().name()
            )));
        };
        if is_fast {
            is_fast = false;
            total = big(fast);
        }
        total = &total + &part;
    }
    if is_fast {
        return new_of(vm, class, fast);
    }
    if leftover != 0.0 {
        let mut whole = leftover.round();
        if (whole - leftover).abs() == 0.5 {
            // Exactly between two integers: the even sum.
            let odd = f64::from(u8::from(total.is_odd()));
            whole = 2.0 * ((leftover + odd) * 0.5).round() - odd;
        }
        total = &total + &BigInt::from(whole as i64);
    }
    of_big(vm, class, &total)
}

fn float_int(vm: Vm<'_>, number: f64) -> PyResult<BigInt> {
    let value = float_::to_int(vm, number)?;
    int::to_bigint(vm, &value)
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let (days, seconds, micros) = split(micros(value));
    let mut parts = Vec::new();
    for (name, part) in [("days", days), ("seconds", seconds), ("microseconds", micros)] {
        if part != 0 {
            parts.push(format!("{name}={part}"));
        }
    }
    let inner = if parts.is_empty() { "0".to_owned() } else { parts.join(", ") };
    let text = format!("{}({inner})", value.class().name());
    Ok(PyStr::try_new(vm, &text)?.into_value())
}

fn str_(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let (days, seconds, micros) = split(micros(value));
    let mut text = String::new();
    if days != 0 {
        let plural = if days == 1 || days == -1 { "" } else { "s" };
        text.push_str(&format!("{days} day{plural}, "));
    }
    text.push_str(&format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
    if micros != 0 {
        text.push_str(&format!(".{micros:06}"));
    }
    Ok(PyStr::new_value(vm, &text))
}

fn state(vm: Vm<'_>, value: &Value) -> Value {
    let (days, seconds, micros) = split(micros(value));
    let parts = [days, seconds, micros].map(|part| int::from_i64(vm, part));
    PyTuple::new_value(vm, &parts)
}

pub(super) fn hash(vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    let known = &value.receiver::<PyDelta>().hash;
    if known.get() == -1 {
        known.set(vm.hash(&state(vm, value))?);
    }
    Ok(known.get())
}

fn reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(PyTuple::new_value(vm, &[value.class().to_value(), state(vm, value)]))
}

fn richcompare(_vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    match (micros_of(a), micros_of(b)) {
        (Some(a), Some(b)) => Ok(Value::from_bool(op.holds(a.cmp(&b)))),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn add(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    match (micros_of(a), micros_of(b)) {
        (Some(a), Some(b)) => new(vm, a + b),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

fn subtract(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    match (micros_of(a), micros_of(b)) {
        (Some(a), Some(b)) => new(vm, a - b),
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

/// A number as a fraction of two integers.
fn ratio(vm: Vm<'_>, number: &Value) -> PyResult<(BigInt, BigInt)> {
    let ratio = vm.call_method(number, &vm.intern("as_integer_ratio"), &[])?;
    let Some(parts) = ratio.downcast::<PyTuple>() else {
        return Err(vm.type_error(format!(
            "unexpected return type from as_integer_ratio(): expected tuple, not '{}'",
            ratio.class().name()
        )));
    };
    match parts.items() {
        [numerator, denominator] => {
            Ok((int::to_bigint(vm, numerator)?, int::to_bigint(vm, denominator)?))
        }
        _ => Err(vm.value_error("as_integer_ratio() must return a 2-tuple")),
    }
}

fn divide_nearest(vm: Vm<'_>, a: &BigInt, b: &BigInt) -> PyResult<Value> {
    match a.divmod_near(b) {
        Ok((quotient, _)) => of_big(vm, DELTA.get(), &quotient),
        Err(_) => Err(vm.zero_division_error("division by zero")),
    }
}

fn multiply(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let (delta, factor) = match (micros_of(a), micros_of(b)) {
        (Some(delta), None) => (delta, b),
        (None, Some(delta)) => (delta, a),
        _ => return Ok(Value::NOT_IMPLEMENTED),
    };
    if number::is_int(factor) {
        if let Some(product) =
            int::as_i64(factor).and_then(|factor| delta.checked_mul(i128::from(factor)))
        {
            return new(vm, product);
        }
        return of_big(vm, DELTA.get(), &(&big(delta) * &int::to_bigint(vm, factor)?));
    }
    if float_::as_f64(factor).is_some() {
        let (numerator, denominator) = ratio(vm, factor)?;
        return divide_nearest(vm, &(&big(delta) * &numerator), &denominator);
    }
    Ok(Value::NOT_IMPLEMENTED)
}

fn zero_division(vm: Vm<'_>, what: &str) -> objects::core::errors::Raised {
    vm.zero_division_error(what)
}

fn floor_divide(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let Some(left) = micros_of(a) else { return Ok(Value::NOT_IMPLEMENTED) };
    if let Some(right) = micros_of(b) {
        if right == 0 {
            return Err(zero_division(vm, "integer division or modulo by zero"));
        }
        return Ok(int::new(vm, big(div_floor(left, right))));
    }
    if number::is_int(b) {
        let right = int::to_bigint(vm, b)?;
        return match big(left).div_floor(&right) {
            Ok(quotient) => of_big(vm, DELTA.get(), &quotient),
            Err(_) => Err(zero_division(vm, "integer division or modulo by zero")),
        };
    }
    Ok(Value::NOT_IMPLEMENTED)
}

fn div_floor(a: i128, b: i128) -> i128 {
    let quotient = a / b;
    if a % b != 0 && (a < 0) != (b < 0) { quotient - 1 } else { quotient }
}

fn true_divide(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let Some(left) = micros_of(a) else { return Ok(Value::NOT_IMPLEMENTED) };
    if let Some(right) = micros_of(b) {
        return match big(left).true_divide(&big(right)) {
            Ok(Some(quotient)) => Ok(float_::new(vm, quotient)),
            Ok(None) => Err(vm.overflow_error("integer division result too large for a float")),
            Err(_) => Err(vm.zero_division_error("division by zero")),
        };
    }
    if float_::as_f64(b).is_some() {
        let (numerator, denominator) = ratio(vm, b)?;
        if numerator.is_zero() {
            return Err(vm.zero_division_error("division by zero"));
        }
        let (top, bottom) = (&big(left) * &denominator, numerator);
        return if bottom.is_negative() {
            divide_nearest(vm, &-&top, &-&bottom)
        } else {
            divide_nearest(vm, &top, &bottom)
        };
    }
    if number::is_int(b) {
        return divide_nearest(vm, &big(left), &int::to_bigint(vm, b)?);
    }
    Ok(Value::NOT_IMPLEMENTED)
}

fn remainder(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let (Some(left), Some(right)) = (micros_of(a), micros_of(b)) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if right == 0 {
        return Err(zero_division(vm, "integer modulo by zero"));
    }
    new(vm, left - right * div_floor(left, right))
}

fn divmod(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let (Some(left), Some(right)) = (micros_of(a), micros_of(b)) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if right == 0 {
        return Err(zero_division(vm, "division by zero"));
    }
    let quotient = div_floor(left, right);
    let rest = new(vm, left - right * quotient)?;
    Ok(PyTuple::new_value(vm, &[int::new(vm, big(quotient)), rest]))
}

fn negative(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    new(vm, -micros(value))
}

fn positive(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    new(vm, micros(value))
}

fn absolute(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    new(vm, micros(value).abs())
}

fn is_nonzero(_vm: Vm<'_>, value: &Value) -> PyResult<bool> {
    Ok(micros(value) != 0)
}

fn total_seconds(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    match big(micros(value)).true_divide(&BigInt::from(1_000_000)) {
        Ok(Some(seconds)) => Ok(float_::new(vm, seconds)),
        _ => Err(vm.overflow_error("integer division result too large for a float")),
    }
}

fn get_days(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, split(micros(value)).0))
}

fn get_seconds(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, split(micros(value)).1))
}

fn get_microseconds(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(int::from_i64(vm, split(micros(value)).2))
}

/// `min`, `max` and `resolution`.
pub(super) fn add_constants(vm: Vm<'_>) -> PyResult<()> {
    let names = DELTA.get().namespace();
    let longest = i128::from(MAX_DAYS) * DAY_MICROS;
    for (name, micros) in [("resolution", 1), ("min", -longest), ("max", longest + DAY_MICROS - 1)]
    {
        drop(names.set_str(&vm.intern(name), new(vm, micros)?));
    }
    Ok(())
}
