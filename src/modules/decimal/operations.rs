//! The methods that compute: each once of `Decimal`, with an optional context, and once of `Context`.

use objects::core::args::{Bound, check_count};
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::str::PyStr;

use super::context::{argument, rounding_argument, this};
use super::convert::{self, operand};
use super::logical;
use super::number::{Kind, Math, Number};
use super::object::{compute, divmod_of, make, number};
use super::text;

macro_rules! unary {
    ($($own:ident $of_context:ident $operation:ident;)*) => {$(
        pub(super) fn $own(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
            let context = argument(vm, args.get(0))?;
            compute(vm, this(&context), |math| math.$operation(number(value)))
        }

        pub(super) fn $of_context(vm: Vm<'_>, context: &Value, x: &Value) -> PyResult<Value> {
            let x = operand(vm, x)?;
            compute(vm, this(context), |math| math.$operation(&x))
        }
    )*};
}

unary! {
    d_exp c_exp exp;
    d_ln c_ln ln;
    d_log10 c_log10 log10;
    d_next_minus c_next_minus next_minus;
    d_next_plus c_next_plus next_plus;
    d_normalize c_normalize normalize;
    d_sqrt c_sqrt sqrt;
    d_logb c_logb logb;
    d_logical_invert c_logical_invert logical_invert;
}

macro_rules! of_context {
    ($($name:ident $operation:ident;)*) => {$(
        pub(super) fn $name(vm: Vm<'_>, context: &Value, x: &Value) -> PyResult<Value> {
            let x = operand(vm, x)?;
            compute(vm, this(context), |math| math.$operation(&x))
        }
    )*};
}

of_context! {
    c_abs abs;
    c_minus minus;
    c_plus plus;
    c_to_integral_exact integral_exact;
    c_to_integral_value integral_value;
}

macro_rules! binary_of_context {
    ($($name:ident $operation:ident;)*) => {$(
        pub(super) fn $name(vm: Vm<'_>, context: &Value, args: &[Value]) -> PyResult<Value> {
            check_count(vm, stringify!($operation), args.len(), 2, 2)?;
            let (x, y) = (operand(vm, &args[0])?, operand(vm, &args[1])?);
            compute(vm, this(context), |math| math.$operation(&x, &y))
        }
    )*};
}

binary_of_context! {
    c_add add;
    c_subtract subtract;
    c_multiply multiply;
    c_divide divide;
    c_divide_int divide_int;
    c_remainder remainder;
    c_quantize quantize;
}

macro_rules! binary {
    ($($own:ident $of_context:ident $operation:ident;)*) => {
        $(
            pub(super) fn $own(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
                let context = argument(vm, args.get(1))?;
                let other = operand(vm, args.required(0))?;
                compute(vm, this(&context), |math| math.$operation(number(value), &other))
            }
        )*
        binary_of_context! { $($of_context $operation;)* }
    };
}

binary! {
    d_compare c_compare compare;
    d_compare_signal c_compare_signal compare_signal;
    d_compare_total c_compare_total compare_total;
    d_compare_total_mag c_compare_total_mag compare_total_mag;
    d_max c_max max;
    d_max_mag c_max_mag max_mag;
    d_min c_min min;
    d_min_mag c_min_mag min_mag;
    d_next_toward c_next_toward next_toward;
    d_remainder_near c_remainder_near remainder_near;
    d_logical_and c_logical_and logical_and;
    d_logical_or c_logical_or logical_or;
    d_logical_xor c_logical_xor logical_xor;
    d_rotate c_rotate rotate;
    d_scaleb c_scaleb scaleb;
    d_shift c_shift shift;
}

macro_rules! predicates {
    ($($own:ident $of_context:ident $test:expr;)*) => {$(
        pub(super) fn $own(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
            let test: fn(&Number) -> bool = $test;
            Ok(Value::from_bool(test(number(value))))
        }

        pub(super) fn $of_context(vm: Vm<'_>, _context: &Value, x: &Value) -> PyResult<Value> {
            let test: fn(&Number) -> bool = $test;
            Ok(Value::from_bool(test(&*operand(vm, x)?)))
        }
    )*};
}

predicates! {
    d_is_finite c_is_finite |x| x.kind == Kind::Finite;
    d_is_infinite c_is_infinite |x| x.is_infinite();
    d_is_nan c_is_nan |x| x.is_nan();
    d_is_qnan c_is_qnan |x| x.kind == Kind::Quiet;
    d_is_snan c_is_snan |x| x.kind == Kind::Signaling;
    d_is_signed c_is_signed |x| x.negative;
    d_is_zero c_is_zero |x| x.is_zero();
}

macro_rules! by_emin {
    ($($own:ident $of_context:ident $test:ident;)*) => {$(
        pub(super) fn $own(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
            let context = argument(vm, args.get(0))?;
            let emin = this(&context).rules.get().emin;
            Ok(Value::from_bool(logical::$test(number(value), emin)))
        }

        pub(super) fn $of_context(vm: Vm<'_>, context: &Value, x: &Value) -> PyResult<Value> {
            let emin = this(context).rules.get().emin;
            Ok(Value::from_bool(logical::$test(&*operand(vm, x)?, emin)))
        }
    )*};
}

by_emin! {
    d_is_normal c_is_normal is_normal;
    d_is_subnormal c_is_subnormal is_subnormal;
}

pub(super) fn d_number_class(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let context = argument(vm, args.get(0))?;
    let emin = this(&context).rules.get().emin;
    Ok(PyStr::new_value(vm, logical::class(number(value), emin)))
}

pub(super) fn c_number_class(vm: Vm<'_>, context: &Value, x: &Value) -> PyResult<Value> {
    let emin = this(context).rules.get().emin;
    Ok(PyStr::new_value(vm, logical::class(&*operand(vm, x)?, emin)))
}

pub(super) fn d_to_eng_string(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let context = argument(vm, args.get(0))?;
    let text = text::show(number(value), this(&context).capitals.get(), true);
    Ok(PyStr::try_new(vm, &text)?.into_value())
}

pub(super) fn c_to_eng_string(vm: Vm<'_>, context: &Value, x: &Value) -> PyResult<Value> {
    let text = text::show(&*operand(vm, x)?, this(context).capitals.get(), true);
    Ok(PyStr::try_new(vm, &text)?.into_value())
}

pub(super) fn c_to_sci_string(vm: Vm<'_>, context: &Value, x: &Value) -> PyResult<Value> {
    let text = text::show(&*operand(vm, x)?, this(context).capitals.get(), false);
    Ok(PyStr::try_new(vm, &text)?.into_value())
}

/// Computes with another rounding than the context's.
fn with_rounding(
    vm: Vm<'_>,
    context: &Value,
    rounding: Option<&Value>,
    f: impl FnOnce(&mut Math) -> Number,
) -> PyResult<Value> {
    let rounding = match rounding {
        Some(rounding) => Some(rounding_argument(vm, rounding)?),
        None => None,
    };
    compute(vm, this(context), |math| {
        if let Some(rounding) = rounding {
            math.rules.rounding = rounding;
        }
        f(math)
    })
}

pub(super) fn d_to_integral_value(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let context = argument(vm, args.get(1))?;
    with_rounding(vm, &context, args.get_non_none(0), |math| math.integral_value(number(value)))
}

pub(super) fn d_to_integral_exact(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let context = argument(vm, args.get(1))?;
    with_rounding(vm, &context, args.get_non_none(0), |math| math.integral_exact(number(value)))
}

pub(super) fn d_quantize(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let context = argument(vm, args.get(2))?;
    let target = operand(vm, args.required(0))?;
    with_rounding(vm, &context, args.get_non_none(1), |math| math.quantize(number(value), &target))
}

pub(super) fn d_fma(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let context = argument(vm, args.get(2))?;
    let (other, third) = (operand(vm, args.required(0))?, operand(vm, args.required(1))?);
    compute(vm, this(&context), |math| math.fma(number(value), &other, &third))
}

pub(super) fn c_fma(vm: Vm<'_>, context: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "fma", args.len(), 3, 3)?;
    let (x, y) = (operand(vm, &args[0])?, operand(vm, &args[1])?);
    let z = operand(vm, &args[2])?;
    compute(vm, this(context), |math| math.fma(&x, &y, &z))
}

pub(super) fn c_divmod(vm: Vm<'_>, context: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "divmod", args.len(), 2, 2)?;
    let (x, y) = (operand(vm, &args[0])?, operand(vm, &args[1])?);
    divmod_of(vm, this(context), &x, &y)
}

pub(super) fn c_power(vm: Vm<'_>, context: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let (a, b) = (operand(vm, args.required(0))?, operand(vm, args.required(1))?);
    match args.get_non_none(2) {
        None => compute(vm, this(context), |math| math.power(&a, &b)),
        Some(modulus) => {
            let modulus = operand(vm, modulus)?;
            compute(vm, this(context), |math| math.power_mod(&a, &b, &modulus))
        }
    }
}

pub(super) fn d_copy_abs(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(make(vm, number(value).with_sign(false)))
}

pub(super) fn d_copy_negate(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let own = number(value);
    Ok(make(vm, own.with_sign(!own.negative)))
}

pub(super) fn d_copy_sign(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    argument(vm, args.get(1))?;
    let other = operand(vm, args.required(0))?;
    Ok(make(vm, number(value).with_sign(other.negative)))
}

pub(super) fn d_same_quantum(vm: Vm<'_>, value: &Value, args: &Bound<'_>) -> PyResult<Value> {
    argument(vm, args.get(1))?;
    let other = operand(vm, args.required(0))?;
    Ok(Value::from_bool(logical::same_quantum(number(value), &other)))
}

pub(super) fn c_copy_abs(vm: Vm<'_>, _context: &Value, x: &Value) -> PyResult<Value> {
    Ok(make(vm, operand(vm, x)?.with_sign(false)))
}

pub(super) fn c_copy_negate(vm: Vm<'_>, _context: &Value, x: &Value) -> PyResult<Value> {
    let x = operand(vm, x)?;
    Ok(make(vm, x.with_sign(!x.negative)))
}

pub(super) fn c_copy_sign(vm: Vm<'_>, _context: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "copy_sign", args.len(), 2, 2)?;
    let (x, y) = (operand(vm, &args[0])?, operand(vm, &args[1])?);
    Ok(make(vm, x.with_sign(y.negative)))
}

pub(super) fn c_same_quantum(vm: Vm<'_>, _context: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "same_quantum", args.len(), 2, 2)?;
    let (x, y) = (operand(vm, &args[0])?, operand(vm, &args[1])?);
    Ok(Value::from_bool(logical::same_quantum(&x, &y)))
}

/// `canonical` and `copy_decimal`.
pub(super) fn c_copy_decimal(vm: Vm<'_>, _context: &Value, x: &Value) -> PyResult<Value> {
    if x.downcast::<super::object::PyDecimal>().is_some() {
        return Ok(x.clone());
    }
    Ok(make(vm, operand(vm, x)?.into_owned()))
}

/// Every decimal is canonical.
pub(super) fn d_is_canonical(_vm: Vm<'_>, _value: &Value) -> PyResult<Value> {
    Ok(Value::TRUE)
}

pub(super) fn c_is_canonical(vm: Vm<'_>, context: &Value, x: &Value) -> PyResult<Value> {
    c_canonical(vm, context, x).map(|_| Value::TRUE)
}

pub(super) fn c_canonical(vm: Vm<'_>, _context: &Value, x: &Value) -> PyResult<Value> {
    if x.downcast::<super::object::PyDecimal>().is_some() {
        return Ok(x.clone());
    }
    Err(vm.type_error("argument must be a Decimal"))
}

pub(super) fn radix(vm: Vm<'_>, _value: &Value) -> PyResult<Value> {
    Ok(make(vm, Number::small(10)))
}

pub(super) fn c_apply(vm: Vm<'_>, context: &Value, x: &Value) -> PyResult<Value> {
    let x = operand(vm, x)?;
    compute(vm, this(context), |math| math.finalize(x.into_owned()))
}

pub(super) fn create_decimal(vm: Vm<'_>, context: &Value, args: &Bound<'_>) -> PyResult<Value> {
    match args.get(0) {
        None => Ok(make(vm, Number::small(0))),
        Some(value) => convert::rounded(vm, this(context), value).map(|number| make(vm, number)),
    }
}

pub(super) fn create_decimal_from_float(
    vm: Vm<'_>,
    context: &Value,
    value: &Value,
) -> PyResult<Value> {
    match convert::int_or_float(vm, value)? {
        Some(exact) => compute(vm, this(context), |math| math.finalize(exact)),
        None => Err(vm.type_error("argument must be int or float")),
    }
}
