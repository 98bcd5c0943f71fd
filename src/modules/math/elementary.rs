//! The functions of floats.

use base::float::arith;
use base::float::repr::repr;
use objects::core::args::{Bound, check_count};
use objects::core::errors::{PyResult, Raised};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::float_::{self, to_f64};
use objects::types::int::{self, Operand};
use objects::types::tuple::PyTuple;

fn domain(vm: Vm<'_>) -> Raised {
    vm.value_error("math domain error")
}

fn range(vm: Vm<'_>) -> Raised {
    vm.overflow_error("math range error")
}

fn expected(vm: Vm<'_>, what: &str, x: f64) -> Raised {
    vm.value_error(format!("expected {what}, got {}", repr(x)))
}

/// What a function of one argument says of an argument outside its domain; None when it has no words of its own.
type Domain = Option<&'static str>;

/// `f(x)`: nan out of what is none is an error of the domain, infinity out of a finite number one of the range, or of the
/// domain where the function has poles.
fn call_one(
    vm: Vm<'_>,
    argument: &Value,
    function: fn(f64) -> f64,
    overflows: bool,
    words: Domain,
) -> PyResult<Value> {
    let x = to_f64(vm, argument)?;
    let result = function(x);
    if result.is_nan() && !x.is_nan() {
        return Err(words.map_or_else(|| domain(vm), |words| expected(vm, words, x)));
    }
    if result.is_infinite() && x.is_finite() {
        if overflows {
            return Err(range(vm));
        }
        return Err(words.map_or_else(|| domain(vm), |words| expected(vm, words, x)));
    }
    Ok(float_::new(vm, result))
}

macro_rules! functions_of_one {
    ($($name:ident $function:expr, $overflows:literal, $words:expr;)*) => {
        $(pub(super) fn $name(vm: Vm<'_>, _module: &Value, x: &Value) -> PyResult<Value> {
            call_one(vm, x, $function, $overflows, $words)
        })*
    };
}

const UNIT: Domain = Some("a number in range from -1 up to 1");
const FINITE: Domain = Some("a finite input");
const GAMMA: Domain = Some("a noninteger or positive integer");

functions_of_one! {
    acos f64::acos, false, UNIT;
    acosh base::float::hyperbolic::acosh, false, Some("argument value not less than 1");
    asin f64::asin, false, UNIT;
    asinh base::float::hyperbolic::asinh, false, None;
    atan f64::atan, false, None;
    atanh base::float::hyperbolic::atanh, false, Some("a number between -1 and 1");
    cbrt f64::cbrt, false, None;
    cos f64::cos, false, FINITE;
    cosh f64::cosh, true, None;
    erf libm::erf, false, None;
    erfc libm::erfc, false, None;
    exp f64::exp, true, None;
    exp2 f64::exp2, true, None;
    expm1 f64::exp_m1, true, None;
    fabs f64::abs, false, None;
    log1p f64::ln_1p, false, Some("argument value > -1");
    sin f64::sin, false, FINITE;
    sinh f64::sinh, true, None;
    sqrt f64::sqrt, false, Some("a nonnegative input");
    tan f64::tan, false, FINITE;
    tanh f64::tanh, false, None;
    degrees |x| x * (180.0 / std::f64::consts::PI), true, None;
    radians |x| x * (std::f64::consts::PI / 180.0), true, None;
}

fn is_pole(x: f64) -> bool {
    x == f64::NEG_INFINITY || (x <= 0.0 && x == x.floor())
}

pub(super) fn gamma(vm: Vm<'_>, _module: &Value, argument: &Value) -> PyResult<Value> {
    let x = to_f64(vm, argument)?;
    if is_pole(x) {
        return Err(vm.value_error(format!(
            "expected {}, got {}",
            GAMMA.unwrap_or_default(),
            repr(x)
        )));
    }
    let result = base::float::gamma::gamma(x);
    if result.is_infinite() && x.is_finite() {
        return Err(range(vm));
    }
    Ok(float_::new(vm, result))
}

pub(super) fn lgamma(vm: Vm<'_>, _module: &Value, argument: &Value) -> PyResult<Value> {
    let x = to_f64(vm, argument)?;
    if x.is_infinite() {
        return Ok(float_::new(vm, f64::INFINITY));
    }
    if is_pole(x) {
        return Err(expected(vm, GAMMA.unwrap_or_default(), x));
    }
    let result = base::float::gamma::log_gamma(x);
    if result.is_infinite() {
        return Err(range(vm));
    }
    Ok(float_::new(vm, result))
}

/// A logarithm, of ints beyond the floats too.
fn logarithm(vm: Vm<'_>, argument: &Value, function: fn(f64) -> f64) -> PyResult<f64> {
    if let Some(operand) = int::operand(argument) {
        if operand.is_negative() || operand.is_zero() {
            return Err(vm.value_error("expected a positive input"));
        }
        if let Some(x) = operand.to_f64() {
            return Ok(function(x));
        }
        let Operand::Big(big) = operand else { return Err(domain(vm)) };
        let (fraction, exponent) = big.to_fraction_exponent();
        #[expect(clippy::cast_precision_loss, reason = "bits that fit the memory")]
        return Ok(function(fraction) + function(2.0) * exponent as f64);
    }
    let x = to_f64(vm, argument)?;
    if x <= 0.0 {
        return Err(expected(vm, "a positive input", x));
    }
    Ok(function(x))
}

pub(super) fn log(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "log", args.len(), 1, 2)?;
    let Some(x) = args.first() else { return Err(domain(vm)) };
    let top = logarithm(vm, x, f64::ln)?;
    let Some(base) = args.get(1) else { return Ok(float_::new(vm, top)) };
    let bottom = logarithm(vm, base, f64::ln)?;
    if bottom == 0.0 {
        return Err(vm.zero_division_error("division by zero"));
    }
    Ok(float_::new(vm, top / bottom))
}

pub(super) fn log2(vm: Vm<'_>, _module: &Value, x: &Value) -> PyResult<Value> {
    Ok(float_::new(vm, logarithm(vm, x, f64::log2)?))
}

pub(super) fn log10(vm: Vm<'_>, _module: &Value, x: &Value) -> PyResult<Value> {
    Ok(float_::new(vm, logarithm(vm, x, f64::log10)?))
}

fn two(vm: Vm<'_>, name: &str, args: &[Value]) -> PyResult<(f64, f64)> {
    check_count(vm, name, args.len(), 2, 2)?;
    match args {
        [x, y] => Ok((to_f64(vm, x)?, to_f64(vm, y)?)),
        _ => Err(domain(vm)),
    }
}

pub(super) fn atan2(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let (y, x) = two(vm, "atan2", args)?;
    Ok(float_::new(vm, y.atan2(x)))
}

pub(super) fn copysign(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let (x, y) = two(vm, "copysign", args)?;
    Ok(float_::new(vm, x.copysign(y)))
}

pub(super) fn fmod(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let (x, y) = two(vm, "fmod", args)?;
    let result = x % y;
    if result.is_nan() && !x.is_nan() && !y.is_nan() {
        return Err(domain(vm));
    }
    Ok(float_::new(vm, result))
}

pub(super) fn remainder(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let (x, y) = two(vm, "remainder", args)?;
    let result = arith::ieee_remainder(x, y);
    if result.is_nan() && !x.is_nan() && !y.is_nan() {
        return Err(domain(vm));
    }
    Ok(float_::new(vm, result))
}

pub(super) fn pow_(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    let (x, y) = two(vm, "pow", args)?;
    let result = x.powf(y);
    if x.is_finite() && y.is_finite() {
        if result.is_nan() || (result.is_infinite() && x == 0.0) {
            return Err(domain(vm));
        }
        if result.is_infinite() {
            return Err(range(vm));
        }
    }
    Ok(float_::new(vm, result))
}

pub(super) fn ldexp(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "ldexp", args.len(), 2, 2)?;
    let [x, exponent] = args else { return Err(domain(vm)) };
    let x = to_f64(vm, x)?;
    let Some(operand) = int::operand(exponent) else {
        return Err(vm.type_error("Expected an int as second argument to ldexp."));
    };
    let limit = if operand.is_negative() { i64::MIN / 2 } else { i64::MAX / 2 };
    let result = arith::ldexp(x, operand.to_i64().unwrap_or(limit));
    if result.is_infinite() && x.is_finite() {
        return Err(range(vm));
    }
    Ok(float_::new(vm, result))
}

pub(super) fn fma(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "fma", args.len(), 3, 3)?;
    let [x, y, z] = args else { return Err(domain(vm)) };
    let (x, y, z) = (to_f64(vm, x)?, to_f64(vm, y)?, to_f64(vm, z)?);
    let result = x.mul_add(y, z);
    if result.is_nan() && !x.is_nan() && !y.is_nan() && !z.is_nan() {
        return Err(vm.value_error("invalid operation in fma"));
    }
    if result.is_infinite() && x.is_finite() && y.is_finite() && z.is_finite() {
        return Err(vm.overflow_error("overflow in fma"));
    }
    Ok(float_::new(vm, result))
}

pub(super) fn frexp(vm: Vm<'_>, _module: &Value, x: &Value) -> PyResult<Value> {
    let (fraction, exponent) = arith::frexp(to_f64(vm, x)?);
    Ok(PyTuple::new_value(vm, &[float_::new(vm, fraction), int::new(vm, exponent)]))
}

pub(super) fn modf(vm: Vm<'_>, _module: &Value, x: &Value) -> PyResult<Value> {
    let x = to_f64(vm, x)?;
    let whole = x.trunc();
    let fraction = if x.is_infinite() { 0f64.copysign(x) } else { (x - whole).copysign(x) };
    Ok(PyTuple::new_value(vm, &[float_::new(vm, fraction), float_::new(vm, whole)]))
}

macro_rules! tests_of_one {
    ($($name:ident $function:expr;)*) => {
        $(pub(super) fn $name(vm: Vm<'_>, _module: &Value, x: &Value) -> PyResult<Value> {
            let test: fn(f64) -> bool = $function;
            Ok(Value::from_bool(test(to_f64(vm, x)?)))
        })*
    };
}

tests_of_one! {
    isfinite f64::is_finite;
    isinf f64::is_infinite;
    isnan f64::is_nan;
}

pub(super) fn ulp(vm: Vm<'_>, _module: &Value, x: &Value) -> PyResult<Value> {
    let x = to_f64(vm, x)?.abs();
    let result = if !x.is_finite() {
        x
    } else if x == f64::MAX {
        x - x.next_down()
    } else {
        x.next_up() - x
    };
    Ok(float_::new(vm, result))
}

/// `floor` and its kin: floats at once, other objects by their method, the rest as floats.
fn to_integral(
    vm: Vm<'_>,
    value: &Value,
    method: &str,
    function: fn(f64) -> f64,
) -> PyResult<Value> {
    if !value.is_exact(float_::FLOAT.get())
        && let Some(found) = objects::core::attribute::special(vm, value, &vm.intern(method))?
    {
        return match found {
            objects::core::attribute::Method::Unbound(function) => {
                vm.call(&function, std::slice::from_ref(value))
            }
            objects::core::attribute::Method::Bound(function) => vm.call(&function, &[]),
        };
    }
    float_::to_int(vm, function(to_f64(vm, value)?))
}

pub(super) fn floor(vm: Vm<'_>, _module: &Value, x: &Value) -> PyResult<Value> {
    to_integral(vm, x, "__floor__", f64::floor)
}

pub(super) fn ceil(vm: Vm<'_>, _module: &Value, x: &Value) -> PyResult<Value> {
    to_integral(vm, x, "__ceil__", f64::ceil)
}

pub(super) fn trunc(vm: Vm<'_>, _module: &Value, x: &Value) -> PyResult<Value> {
    if x.is_exact(float_::FLOAT.get()) {
        return float_::to_int(vm, to_f64(vm, x)?.trunc());
    }
    match vm.call_special(x, &vm.intern("__trunc__"), &[])? {
        Some(whole) => Ok(whole),
        None => {
            Err(vm.type_error(format!("type {} doesn't define __trunc__ method", x.class().name())))
        }
    }
}

pub(super) fn isclose(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let (a, b) = (to_f64(vm, args.required(0))?, to_f64(vm, args.required(1))?);
    let relative = args.get(2).map_or(Ok(1e-9), |tolerance| to_f64(vm, tolerance))?;
    let absolute = args.get(3).map_or(Ok(0.0), |tolerance| to_f64(vm, tolerance))?;
    if relative < 0.0 || absolute < 0.0 {
        return Err(vm.value_error("tolerances must be non-negative"));
    }
    let close = a == b
        || (a.is_finite() && b.is_finite() && {
            let difference = (b - a).abs();
            difference <= (relative * b).abs()
                || difference <= (relative * a).abs()
                || difference <= absolute
        });
    Ok(Value::from_bool(close))
}

pub(super) fn nextafter(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let (x, y) = (to_f64(vm, args.required(0))?, to_f64(vm, args.required(1))?);
    let steps = match args.get_non_none(2) {
        None => {
            // A single step to zero keeps the sign, as C's function does.
            let next = step_towards(x, y, 1);
            let kept = if next == 0.0 && x != 0.0 { next.copysign(x) } else { next };
            return Ok(float_::new(vm, kept));
        }
        Some(steps) => {
            let steps = number::index(vm, steps)?;
            if int::is_negative(&steps) {
                return Err(vm.value_error("steps must be a non-negative integer"));
            }
            int::as_u64(&steps).unwrap_or(u64::MAX)
        }
    };
    Ok(float_::new(vm, step_towards(x, y, steps)))
}

/// The float `steps` after `x` in the direction of `y`, which it does not pass.
fn step_towards(x: f64, y: f64, steps: u64) -> f64 {
    if steps == 0 || x.is_nan() {
        return x;
    }
    if y.is_nan() || x == y {
        return y;
    }
    // Floats in order are integers in order, the negative ones mirrored.
    const SIGN: u64 = 1 << 63;
    let place = |x: f64| -> i128 {
        let bits = x.to_bits();
        let magnitude = i128::from(bits & !SIGN);
        if bits & SIGN == 0 { magnitude } else { -magnitude }
    };
    let (from, to) = (place(x), place(y));
    if from.abs_diff(to) <= u128::from(steps) {
        return y;
    }
    let target = if to > from { from + i128::from(steps) } else { from - i128::from(steps) };
    let magnitude = u64::try_from(target.unsigned_abs()).unwrap_or(0);
    let negative = target < 0 || (target == 0 && from < 0);
    f64::from_bits(magnitude | if negative { SIGN } else { 0 })
}
