//! `cmath`: the elementary functions of complex numbers.

mod functions;
mod special;

use base::complex::Complex;
use objects::core::args::{Bound, check_count};
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::complex::{self, to_complex};
use objects::types::float_::{self, to_f64};
use objects::types::module;
use objects::types::tuple::PyTuple;

use crate::NativeModule;
use functions::{Fault, Outcome};

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "cmath",
    doc: Some("This module provides access to mathematical functions for complex\nnumbers."),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Return the arc cosine of z.
    ["acos"] "($module, z, /)" One(acos);
    /// Return the inverse hyperbolic cosine of z.
    ["acosh"] "($module, z, /)" One(acosh);
    /// Return the arc sine of z.
    ["asin"] "($module, z, /)" One(asin);
    /// Return the inverse hyperbolic sine of z.
    ["asinh"] "($module, z, /)" One(asinh);
    /// Return the arc tangent of z.
    ["atan"] "($module, z, /)" One(atan);
    /// Return the inverse hyperbolic tangent of z.
    ["atanh"] "($module, z, /)" One(atanh);
    /// Return the cosine of z.
    ["cos"] "($module, z, /)" One(cos);
    /// Return the hyperbolic cosine of z.
    ["cosh"] "($module, z, /)" One(cosh);
    /// Return the exponential value e**z.
    ["exp"] "($module, z, /)" One(exp);
    /// Determine whether two complex numbers are close in value.
    ///
    ///   rel_tol
    ///     maximum difference for being considered "close", relative to the
    ///     magnitude of the input values
    ///   abs_tol
    ///     maximum difference for being considered "close", regardless of the
    ///     magnitude of the input values
    ///
    /// Return True if a is close in value to b, and False otherwise.
    ///
    /// For the values to be considered close, the difference between them must
    /// be smaller than at least one of the tolerances.
    ///
    /// -inf, inf and NaN behave similarly to the IEEE 754 Standard.  That is,
    /// NaN is not close to anything, even itself. inf and -inf are only close
    /// to themselves.
    ["isclose"] "($module, /, a, b, *, rel_tol=1e-09, abs_tol=0.0)" Bound(isclose);
    /// Return True if both the real and imaginary parts of z are finite, else False.
    ["isfinite"] "($module, z, /)" One(isfinite);
    /// Checks if the real or imaginary part of z is infinite.
    ["isinf"] "($module, z, /)" One(isinf);
    /// Checks if the real or imaginary part of z not a number (NaN).
    ["isnan"] "($module, z, /)" One(isnan);
    /// log(z[, base]) -> the logarithm of z to the given base.
    ///
    /// If the base is not specified, returns the natural logarithm (base e)
    /// of z.
    ["log"] "($module, z, base=<unrepresentable>, /)" Positional(log);
    /// Return the base-10 logarithm of z.
    ["log10"] "($module, z, /)" One(log10);
    /// Return argument, also known as the phase angle, of a complex.
    ["phase"] "($module, z, /)" One(phase);
    /// Convert a complex from rectangular coordinates to polar coordinates.
    ///
    /// r is the distance from 0 and phi the phase angle.
    ["polar"] "($module, z, /)" One(polar);
    /// Convert from polar coordinates to rectangular coordinates.
    ["rect"] "($module, r, phi, /)" Positional(rect);
    /// Return the sine of z.
    ["sin"] "($module, z, /)" One(sin);
    /// Return the hyperbolic sine of z.
    ["sinh"] "($module, z, /)" One(sinh);
    /// Return the square root of z.
    ["sqrt"] "($module, z, /)" One(sqrt);
    /// Return the tangent of z.
    ["tan"] "($module, z, /)" One(tan);
    /// Return the hyperbolic tangent of z.
    ["tanh"] "($module, z, /)" One(tanh);
}

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    let real = [
        ("pi", std::f64::consts::PI),
        ("e", std::f64::consts::E),
        ("tau", std::f64::consts::TAU),
        ("inf", f64::INFINITY),
    ];
    for (name, number) in real {
        module::add(vm, this, name, float_::new(vm, number));
    }
    module::add(vm, this, "infj", complex::new(vm, Complex::new(0.0, f64::INFINITY)));
    module::add(vm, this, "nan", float_::new(vm, f64::NAN));
    module::add(vm, this, "nanj", complex::new(vm, Complex::new(0.0, f64::NAN)));
    Ok(())
}

fn checked<T>(vm: Vm<'_>, outcome: Result<T, Fault>) -> PyResult<T> {
    outcome.map_err(|fault| match fault {
        Fault::Domain => vm.value_error("math domain error"),
        Fault::Range => vm.overflow_error("math range error"),
    })
}

fn apply(vm: Vm<'_>, z: &Value, function: fn(Complex) -> Outcome) -> PyResult<Value> {
    let z = to_complex(vm, z)?;
    Ok(complex::new(vm, checked(vm, function(z))?))
}

macro_rules! elementary {
    ($($name:ident)*) => {$(
        fn $name(vm: Vm<'_>, _module: &Value, z: &Value) -> PyResult<Value> {
            apply(vm, z, functions::$name)
        }
    )*};
}

elementary! {
    acos acosh asin asinh atan atanh cos cosh exp log10 sin sinh sqrt tan tanh
}

fn log(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "log", args.len(), 1, 2)?;
    let mut result = functions::log(to_complex(vm, &args[0])?);
    if let Some(base) = args.get(1) {
        let base = to_complex(vm, base)?;
        result = result.and_then(|number| number.over(functions::log(base)?).ok_or(Fault::Domain));
    }
    Ok(complex::new(vm, checked(vm, result)?))
}

fn phase(vm: Vm<'_>, _module: &Value, z: &Value) -> PyResult<Value> {
    let z = to_complex(vm, z)?;
    Ok(float_::new(vm, z.im.atan2(z.re)))
}

fn polar(vm: Vm<'_>, _module: &Value, z: &Value) -> PyResult<Value> {
    let z = to_complex(vm, z)?;
    let magnitude = checked(vm, z.magnitude().ok_or(Fault::Range))?;
    let phase = float_::new(vm, z.im.atan2(z.re));
    Ok(PyTuple::pair(vm, float_::new(vm, magnitude), phase)?.into_value())
}

fn rect(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "rect", args.len(), 2, 2)?;
    let (r, phi) = (to_f64(vm, &args[0])?, to_f64(vm, &args[1])?);
    Ok(complex::new(vm, checked(vm, functions::rect(r, phi))?))
}

fn isfinite(vm: Vm<'_>, _module: &Value, z: &Value) -> PyResult<Value> {
    let z = to_complex(vm, z)?;
    Ok(Value::from_bool(z.re.is_finite() && z.im.is_finite()))
}

fn isinf(vm: Vm<'_>, _module: &Value, z: &Value) -> PyResult<Value> {
    let z = to_complex(vm, z)?;
    Ok(Value::from_bool(z.re.is_infinite() || z.im.is_infinite()))
}

fn isnan(vm: Vm<'_>, _module: &Value, z: &Value) -> PyResult<Value> {
    let z = to_complex(vm, z)?;
    Ok(Value::from_bool(z.re.is_nan() || z.im.is_nan()))
}

fn isclose(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let (a, b) = (to_complex(vm, args.required(0))?, to_complex(vm, args.required(1))?);
    let relative = args.get(2).map_or(Ok(1e-9), |value| to_f64(vm, value))?;
    let absolute = args.get(3).map_or(Ok(0.0), |value| to_f64(vm, value))?;
    if relative < 0.0 || absolute < 0.0 {
        return Err(vm.value_error("tolerances must be non-negative"));
    }
    let is_infinite = |z: Complex| z.re.is_infinite() || z.im.is_infinite();
    let size = |z: Complex| z.re.hypot(z.im);
    let close = a == b
        || (!is_infinite(a) && !is_infinite(b) && {
            let difference = size(a.minus(b));
            difference <= relative * size(b)
                || difference <= relative * size(a)
                || difference <= absolute
        });
    Ok(Value::from_bool(close))
}
