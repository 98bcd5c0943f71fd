//! `math`.

mod elementary;
mod integers;
mod sums;

use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::{float_, module};

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "math",
    doc: Some(
        "This module provides access to the mathematical functions\ndefined by the C standard.",
    ),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Return the arc cosine (measured in radians) of x.
    ///
    /// The result is between 0 and pi.
    ["acos"] "($module, x, /)" One(elementary::acos);
    /// Return the inverse hyperbolic cosine of x.
    ["acosh"] "($module, x, /)" One(elementary::acosh);
    /// Return the arc sine (measured in radians) of x.
    ///
    /// The result is between -pi/2 and pi/2.
    ["asin"] "($module, x, /)" One(elementary::asin);
    /// Return the inverse hyperbolic sine of x.
    ["asinh"] "($module, x, /)" One(elementary::asinh);
    /// Return the arc tangent (measured in radians) of x.
    ///
    /// The result is between -pi/2 and pi/2.
    ["atan"] "($module, x, /)" One(elementary::atan);
    /// Return the arc tangent (measured in radians) of y/x.
    ///
    /// Unlike atan(y/x), the signs of both x and y are considered.
    ["atan2"] "($module, y, x, /)" Positional(elementary::atan2);
    /// Return the inverse hyperbolic tangent of x.
    ["atanh"] "($module, x, /)" One(elementary::atanh);
    /// Return the cube root of x.
    ["cbrt"] "($module, x, /)" One(elementary::cbrt);
    /// Return the ceiling of x as an Integral.
    ///
    /// This is the smallest integer >= x.
    ["ceil"] "($module, x, /)" One(elementary::ceil);
    /// Number of ways to choose k items from n items without repetition and without order.
    ///
    /// Evaluates to n! / (k! * (n - k)!) when k <= n and evaluates
    /// to zero when k > n.
    ///
    /// Also called the binomial coefficient because it is equivalent
    /// to the coefficient of k-th term in polynomial expansion of the
    /// expression (1 + x)**n.
    ///
    /// Raises TypeError if either of the arguments are not integers.
    /// Raises ValueError if either of the arguments are negative.
    ["comb"] "($module, n, k, /)" Positional(integers::comb);
    /// Return a float with the magnitude (absolute value) of x but the sign of y.
    ///
    /// On platforms that support signed zeros, copysign(1.0, -0.0)
    /// returns -1.0.
    ["copysign"] "($module, x, y, /)" Positional(elementary::copysign);
    /// Return the cosine of x (measured in radians).
    ["cos"] "($module, x, /)" One(elementary::cos);
    /// Return the hyperbolic cosine of x.
    ["cosh"] "($module, x, /)" One(elementary::cosh);
    /// Convert angle x from radians to degrees.
    ["degrees"] "($module, x, /)" One(elementary::degrees);
    /// Return the Euclidean distance between two points p and q.
    ///
    /// The points should be specified as sequences (or iterables) of
    /// coordinates.  Both inputs must have the same dimension.
    ///
    /// Roughly equivalent to:
    ///     sqrt(sum((px - qx) ** 2.0 for px, qx in zip(p, q)))
    ["dist"] "($module, p, q, /)" Positional(sums::dist);
    /// Error function at x.
    ["erf"] "($module, x, /)" One(elementary::erf);
    /// Complementary error function at x.
    ["erfc"] "($module, x, /)" One(elementary::erfc);
    /// Return e raised to the power of x.
    ["exp"] "($module, x, /)" One(elementary::exp);
    /// Return 2 raised to the power of x.
    ["exp2"] "($module, x, /)" One(elementary::exp2);
    /// Return exp(x)-1.
    ///
    /// This function avoids the loss of precision involved in the direct evaluation of exp(x)-1 for small x.
    ["expm1"] "($module, x, /)" One(elementary::expm1);
    /// Return the absolute value of the float x.
    ["fabs"] "($module, x, /)" One(elementary::fabs);
    /// Find n!.
    ["factorial"] "($module, n, /)" One(integers::factorial);
    /// Return the floor of x as an Integral.
    ///
    /// This is the largest integer <= x.
    ["floor"] "($module, x, /)" One(elementary::floor);
    /// Fused multiply-add operation.
    ///
    /// Compute (x * y) + z with a single round.
    ["fma"] "($module, x, y, z, /)" Positional(elementary::fma);
    /// Return fmod(x, y), according to platform C.
    ///
    /// x % y may differ.
    ["fmod"] "($module, x, y, /)" Positional(elementary::fmod);
    /// Return the mantissa and exponent of x, as pair (m, e).
    ///
    /// If x is a finite nonzero number, then m is a float with
    /// 0.5 <= abs(m) < 1.0 and an integer e is such that
    /// x == m * 2**e exactly.  Else, return (x, 0).
    ["frexp"] "($module, x, /)" One(elementary::frexp);
    /// Return an accurate floating-point sum of values in the iterable seq.
    ///
    /// Assumes IEEE-754 floating-point arithmetic.
    ["fsum"] "($module, seq, /)" One(sums::fsum);
    /// Gamma function at x.
    ["gamma"] "($module, x, /)" One(elementary::gamma);
    /// Greatest Common Divisor.
    ["gcd"] "($module, /, *integers)" Positional(integers::gcd);
    /// Multidimensional Euclidean distance from the origin to a point.
    ///
    /// Roughly equivalent to:
    ///     sqrt(sum(x**2 for x in coordinates))
    ///
    /// For a two dimensional point (x, y), gives the hypotenuse
    /// using the Pythagorean theorem:  sqrt(x*x + y*y).
    ///
    /// For example, the hypotenuse of a 3/4/5 right triangle is:
    ///
    ///     >>> hypot(3.0, 4.0)
    ///     5.0
    ["hypot"] "($module, /, *coordinates)" Positional(sums::hypot);
    /// Determine whether two floating-point numbers are close in value.
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
    /// For the values to be considered close, the difference between them
    /// must be smaller than at least one of the tolerances.
    ///
    /// -inf, inf and NaN behave similarly to the IEEE 754 Standard.  That
    /// is, NaN is not close to anything, even itself.  inf and -inf are
    /// only close to themselves.
    ["isclose"] "($module, /, a, b, *, rel_tol=1e-09, abs_tol=0.0)" Bound(elementary::isclose);
    /// Return True if x is neither an infinity nor a NaN, and False otherwise.
    ["isfinite"] "($module, x, /)" One(elementary::isfinite);
    /// Return True if x is a positive or negative infinity, and False otherwise.
    ["isinf"] "($module, x, /)" One(elementary::isinf);
    /// Return True if x is a NaN (not a number), and False otherwise.
    ["isnan"] "($module, x, /)" One(elementary::isnan);
    /// Return the integer part of the square root of the input.
    ["isqrt"] "($module, n, /)" One(integers::isqrt);
    /// Least Common Multiple.
    ["lcm"] "($module, /, *integers)" Positional(integers::lcm);
    /// Return x * (2**i).
    ///
    /// This is essentially the inverse of frexp().
    ["ldexp"] "($module, x, i, /)" Positional(elementary::ldexp);
    /// Natural logarithm of absolute value of Gamma function at x.
    ["lgamma"] "($module, x, /)" One(elementary::lgamma);
    /// log(x, [base=math.e])
    /// Return the logarithm of x to the given base.
    ///
    /// If the base is not specified, returns the natural logarithm (base e) of x.
    ["log"] "" Positional(elementary::log);
    /// Return the base 10 logarithm of x.
    ["log10"] "($module, x, /)" One(elementary::log10);
    /// Return the natural logarithm of 1+x (base e).
    ///
    /// The result is computed in a way which is accurate for x near zero.
    ["log1p"] "($module, x, /)" One(elementary::log1p);
    /// Return the base 2 logarithm of x.
    ["log2"] "($module, x, /)" One(elementary::log2);
    /// Return the fractional and integer parts of x.
    ///
    /// Both results carry the sign of x and are floats.
    ["modf"] "($module, x, /)" One(elementary::modf);
    /// Return the floating-point value the given number of steps after x towards y.
    ///
    /// If steps is not specified or is None, it defaults to 1.
    ///
    /// Raises a TypeError, if x or y is not a double, or if steps is not
    /// an integer.  Raises ValueError if steps is negative.
    ["nextafter"] "($module, x, y, /, *, steps=None)" Bound(elementary::nextafter);
    /// Number of ways to choose k items from n items without repetition and with order.
    ///
    /// Evaluates to n! / (n - k)! when k <= n and evaluates
    /// to zero when k > n.
    ///
    /// If k is not specified or is None, then k defaults to n
    /// and the function returns n!.
    ///
    /// Raises TypeError if either of the arguments are not integers.
    /// Raises ValueError if either of the arguments are negative.
    ["perm"] "($module, n, k=None, /)" Positional(integers::perm);
    /// Return x**y (x to the power of y).
    ["pow"] "($module, x, y, /)" Positional(elementary::pow_);
    /// Calculate the product of all the elements in the input iterable.
    ///
    /// The default start value for the product is 1.
    ///
    /// When the iterable is empty, return the start value.  This function is
    /// intended specifically for use with numeric values and may reject
    /// non-numeric types.
    ["prod"] "($module, iterable, /, *, start=1)" Bound(sums::prod);
    /// Convert angle x from degrees to radians.
    ["radians"] "($module, x, /)" One(elementary::radians);
    /// Difference between x and the closest integer multiple of y.
    ///
    /// Return x - n*y where n*y is the closest integer multiple of y.
    /// In the case where x is exactly halfway between two multiples of
    /// y, the nearest even value of n is used. The result is always exact.
    ["remainder"] "($module, x, y, /)" Positional(elementary::remainder);
    /// Return the sine of x (measured in radians).
    ["sin"] "($module, x, /)" One(elementary::sin);
    /// Return the hyperbolic sine of x.
    ["sinh"] "($module, x, /)" One(elementary::sinh);
    /// Return the square root of x.
    ["sqrt"] "($module, x, /)" One(elementary::sqrt);
    /// Return the sum of products of values from two iterables p and q.
    ///
    /// Roughly equivalent to:
    ///
    ///     sum(map(operator.mul, p, q, strict=True))
    ///
    /// For float and mixed int/float inputs, the intermediate products
    /// and sums are computed with extended precision.
    ["sumprod"] "($module, p, q, /)" Positional(sums::sumprod);
    /// Return the tangent of x (measured in radians).
    ["tan"] "($module, x, /)" One(elementary::tan);
    /// Return the hyperbolic tangent of x.
    ["tanh"] "($module, x, /)" One(elementary::tanh);
    /// Truncates the Real x to the nearest Integral toward 0.
    ///
    /// Uses the __trunc__ magic method.
    ["trunc"] "($module, x, /)" One(elementary::trunc);
    /// Return the value of the least significant bit of the float x.
    ["ulp"] "($module, x, /)" One(elementary::ulp);
}

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    for (name, number) in [
        ("pi", std::f64::consts::PI),
        ("e", std::f64::consts::E),
        ("tau", std::f64::consts::TAU),
        ("inf", f64::INFINITY),
        ("nan", f64::NAN),
    ] {
        module::add(vm, this, name, float_::new(vm, number));
    }
    Ok(())
}
