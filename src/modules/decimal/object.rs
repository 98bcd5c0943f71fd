//! `decimal.Decimal`: the type, its operators and conversions. The methods that compute are in `operations`.

use std::borrow::Cow;
use std::cell::Cell;

use base::int::BigInt;
use objects::core::args::{Args, check_count};
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::signature::LazySignature;
use objects::core::slots::{CompareOp, Slot};
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number as protocol;
use objects::types::complex::{PyComplex, as_complex};
use objects::types::exceptions::hierarchy::DEPRECATION_WARNING;
use objects::types::float_;
use objects::types::int;
use objects::types::str::{PyStr, storage};
use objects::types::tuple::PyTuple;
use objects::{getset, payload};

use super::context::{self, PyContext, argument};
use super::convert::{self, known_operand};
use super::number::{Kind, Math, Number, Rounding, flag, pow10, times_pow10};
use super::tables::DECIMAL_METHODS;
use super::{arith, format, state, text};

objects::no_references!(Number);

payload! {
    /// The payload of a decimal number.
    pub(super) struct PyDecimal: DECIMAL {
        pub(super) number: Number,
        hash: Cell<i64>,
    }
}

/// `decimal.Decimal`
pub(super) static DECIMAL: StaticType = StaticType::new::<PyDecimal>();

/// The spec of `decimal.Decimal`.
pub(super) const DECIMAL_SPEC: TypeSpec = TypeSpec {
    name: "decimal.Decimal",
    doc: Some(
        "Decimal(value=\"0\", context=None)\n--\n\nConstruct a new Decimal object. 'value' can be an integer, string, tuple,\nor another Decimal object. If no value is given, return Decimal('0'). The\ncontext does not affect the conversion and is only passed to determine if\nthe InvalidOperation trap is active.\n\n",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[
        Slot::New(new),
        Slot::Repr(repr),
        Slot::Str(str_),
        Slot::Hash(hash),
        Slot::Richcompare(richcompare),
        Slot::NbAdd(add),
        Slot::NbSubtract(subtract),
        Slot::NbMultiply(multiply),
        Slot::NbRemainder(remainder),
        Slot::NbDivmod(divmod),
        Slot::NbPower(power),
        Slot::NbNegative(negative),
        Slot::NbPositive(positive),
        Slot::NbAbsolute(absolute),
        Slot::NbBool(is_nonzero),
        Slot::NbInt(trunc),
        Slot::NbFloat(to_float),
        Slot::NbFloorDivide(floor_divide),
        Slot::NbTrueDivide(true_divide),
    ],
    methods: DECIMAL_METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

getset! { GETSET:
    ["real"] get_real;
    ["imag"] get_imag;
}

/// The number of a decimal object.
pub(super) fn number(value: &Value) -> &Number {
    &value.receiver::<PyDecimal>().number
}

/// A decimal object of a class.
pub(super) fn make_of(vm: Vm<'_>, class: &Py<PyType>, number: Number) -> Value {
    PyRef::new_of(vm, class, PyDecimal { number, hash: Cell::new(-1) }).into_value()
}

/// A decimal object.
pub(super) fn make(vm: Vm<'_>, number: Number) -> Value {
    PyRef::new(vm, PyDecimal { number, hash: Cell::new(-1) }).into_value()
}

/// Computes under a context.
pub(super) fn compute(
    vm: Vm<'_>,
    context: &Py<PyContext>,
    f: impl FnOnce(&mut Math) -> Number,
) -> PyResult<Value> {
    let mut math = context.math();
    let result = f(&mut math);
    context.note(vm, math.status)?;
    Ok(make(vm, result))
}

static NEW: LazySignature = LazySignature::new("($type, value='0', context=None)");

fn new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let args = NEW.bind(vm, "Decimal", args)?;
    let context = argument(vm, args.get(1))?;
    match args.get(0) {
        None => Ok(make_of(vm, class, Number::small(0))),
        Some(value) if value.is_exact(DECIMAL.get()) && class.is(DECIMAL.get()) => {
            Ok(value.clone())
        }
        Some(value) => {
            let number = convert::exactly(vm, context::this(&context), value)?;
            Ok(make_of(vm, class, number))
        }
    }
}

fn current(vm: Vm<'_>) -> PyResult<Value> {
    context::current(vm, &*state::get(vm)?)
}

fn capitals(vm: Vm<'_>) -> PyResult<bool> {
    Ok(context::this(&current(vm)?).capitals.get())
}

fn str_(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let text = text::show(number(value), capitals(vm)?, false);
    Ok(PyStr::try_new(vm, &text)?.into_value())
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let text = text::show(number(value), capitals(vm)?, false);
    Ok(PyStr::try_new(vm, &format!("Decimal('{text}')"))?.into_value())
}

/// The modulus of numeric hashes.
const MODULUS: u128 = (1 << 61) - 1;

fn power_modulo(base: u128, exponent: u64) -> u128 {
    let (mut result, mut base, mut exponent) = (1, base % MODULUS, exponent);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % MODULUS;
        }
        base = base * base % MODULUS;
        exponent >>= 1;
    }
    result
}

fn hash_of(number: &Number) -> i64 {
    if number.is_infinite() {
        return if number.negative { -314_159 } else { 314_159 };
    }
    // 10**-1 modulo the modulus, by Fermat.
    const TENTH: u64 = (1 << 61) - 3;
    let unit = if number.exp < 0 { power_modulo(10, TENTH) } else { 10 };
    let scale = power_modulo(unit, number.exp.unsigned_abs());
    let digits = u128::from(number.digits.hash().unsigned_abs());
    let hash = i64::try_from(digits * scale % MODULUS).unwrap_or_default();
    match if number.negative { -hash } else { hash } {
        -1 => -2,
        hash => hash,
    }
}

pub(super) fn hash(vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    let decimal = value.receiver::<PyDecimal>();
    match decimal.number.kind {
        Kind::Signaling => return Err(vm.type_error("Cannot hash a signaling NaN value")),
        Kind::Quiet => {
            return Ok(objects::types::builtin_function::pointer_hash(value.id()));
        }
        _ => {}
    }
    if decimal.hash.get() == -1 {
        decimal.hash.set(hash_of(&decimal.number));
    }
    Ok(decimal.hash.get())
}

/// An operand of a comparison: a decimal, or another number of the same value.
fn comparand<'a>(
    vm: Vm<'_>,
    context: &Py<PyContext>,
    value: &'a Value,
    op: CompareOp,
) -> PyResult<Option<Cow<'a, Number>>> {
    let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
    if let Some(known) = known_operand(vm, value)? {
        return Ok(Some(known));
    }
    if let Some(float) = float_::as_f64(value) {
        if equality {
            let flags = &context.flags.0;
            flags.set(flags.get() | flag::FLOAT_OPERATION);
        } else {
            context.note(vm, flag::FLOAT_OPERATION)?;
        }
        return Ok(Some(Cow::Owned(convert::of_float(float))));
    }
    if value.downcast::<PyComplex>().is_some()
        && equality
        && let Some(number) = as_complex(value)
        && number.im == 0.0
    {
        let flags = &context.flags.0;
        flags.set(flags.get() | flag::FLOAT_OPERATION);
        return Ok(Some(Cow::Owned(convert::of_float(number.re))));
    }
    Ok(None)
}

fn richcompare(vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let context = current(vm)?;
    let context = context::this(&context);
    let mut left = Cow::Borrowed(number(a));
    let right = match comparand(vm, context, b, op)? {
        Some(right) => right,
        None => {
            let state = state::get(vm)?;
            if b.downcast::<PyComplex>().is_some() || !vm.isinstance(b, &state.rational)? {
                return Ok(Value::NOT_IMPLEMENTED);
            }
            let top = vm.get_attr_str(b, "numerator")?;
            let bottom = vm.get_attr_str(b, "denominator")?;
            // Exact, beyond the range of exponents too.
            let bottom = convert::of_int(vm, &bottom)?;
            if left.kind == Kind::Finite {
                left.to_mut().digits = &left.digits * &bottom.digits;
            }
            Cow::Owned(convert::of_int(vm, &top)?)
        }
    };
    if left.is_nan() || right.is_nan() {
        let signaling = left.kind == Kind::Signaling || right.kind == Kind::Signaling;
        if signaling || !matches!(op, CompareOp::Eq | CompareOp::Ne) {
            context.note(vm, flag::INVALID_OPERATION)?;
        }
        return Ok(Value::from_bool(op == CompareOp::Ne));
    }
    Ok(Value::from_bool(op.holds(arith::compare(&left, &right))))
}

fn binary(
    vm: Vm<'_>,
    a: &Value,
    b: &Value,
    f: fn(&mut Math, &Number, &Number) -> Number,
) -> PyResult<Value> {
    let (Some(left), Some(right)) = (known_operand(vm, a)?, known_operand(vm, b)?) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let context = current(vm)?;
    compute(vm, context::this(&context), |math| f(math, &left, &right))
}

fn add(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    binary(vm, a, b, Math::add)
}

fn subtract(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    binary(vm, a, b, Math::subtract)
}

fn multiply(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    binary(vm, a, b, Math::multiply)
}

fn remainder(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    binary(vm, a, b, Math::remainder)
}

fn floor_divide(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    binary(vm, a, b, Math::divide_int)
}

fn true_divide(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    binary(vm, a, b, Math::divide)
}

fn divmod(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let (Some(left), Some(right)) = (known_operand(vm, a)?, known_operand(vm, b)?) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let context = current(vm)?;
    divmod_of(vm, context::this(&context), &left, &right)
}

/// Quotient and remainder as a tuple.
pub(super) fn divmod_of(
    vm: Vm<'_>,
    context: &Py<PyContext>,
    a: &Number,
    b: &Number,
) -> PyResult<Value> {
    let mut math = context.math();
    let (quotient, rest) = math.divmod(a, b);
    context.note(vm, math.status)?;
    Ok(PyTuple::new_value(vm, &[make(vm, quotient), make(vm, rest)]))
}

fn power(vm: Vm<'_>, a: &Value, b: &Value, modulus: &Value) -> PyResult<Value> {
    let (Some(left), Some(right)) = (known_operand(vm, a)?, known_operand(vm, b)?) else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    let context = current(vm)?;
    let context = context::this(&context);
    if modulus.is_none() {
        return compute(vm, context, |math| math.power(&left, &right));
    }
    let Some(modulus) = known_operand(vm, modulus)? else { return Ok(Value::NOT_IMPLEMENTED) };
    compute(vm, context, |math| math.power_mod(&left, &right, &modulus))
}

fn unary(vm: Vm<'_>, value: &Value, f: fn(&mut Math, &Number) -> Number) -> PyResult<Value> {
    let context = current(vm)?;
    compute(vm, context::this(&context), |math| f(math, number(value)))
}

fn negative(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    unary(vm, value, Math::minus)
}

fn positive(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    unary(vm, value, Math::plus)
}

fn absolute(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    unary(vm, value, Math::abs)
}

fn is_nonzero(_vm: Vm<'_>, value: &Value) -> PyResult<bool> {
    Ok(!number(value).is_zero())
}

/// The int that a number is rounded to.
fn to_int(vm: Vm<'_>, value: &Value, rounding: Rounding) -> PyResult<Value> {
    let own = number(value);
    if own.is_nan() {
        return Err(vm.value_error("cannot convert NaN to integer"));
    }
    if own.is_infinite() {
        return Err(vm.overflow_error("cannot convert Infinity to integer"));
    }
    let mut math = Math::new(super::number::Rules::MAX);
    if own.exp > 0 && !own.is_zero() && !math.has_room(own.exp) {
        return Err(vm.memory_error());
    }
    let whole = if own.is_zero() {
        BigInt::ZERO
    } else if own.exp >= 0 {
        times_pow10(&own.digits, own.exp)
    } else {
        math.rescale(own, 0, rounding).digits
    };
    Ok(int::new(vm, if own.negative { -&whole } else { whole }))
}

pub(super) fn trunc(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    to_int(vm, value, Rounding::Down)
}

pub(super) fn floor(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    to_int(vm, value, Rounding::Floor)
}

pub(super) fn ceil(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    to_int(vm, value, Rounding::Ceiling)
}

pub(super) fn round(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "__round__", args.len(), 0, 1)?;
    let Some(places) = args.first() else { return to_int(vm, value, Rounding::HalfEven) };
    if !protocol::is_int(places) {
        return Err(vm.type_error("optional arg must be an integer"));
    }
    let places = protocol::as_i64(vm, places)?;
    let target = Number::finite(false, BigInt::ONE, places.saturating_neg());
    let context = current(vm)?;
    compute(vm, context::this(&context), |math| math.quantize(number(value), &target))
}

fn float_of(vm: Vm<'_>, own: &Number) -> PyResult<f64> {
    match own.kind {
        Kind::Signaling => Err(vm.value_error("cannot convert signaling NaN to float")),
        Kind::Quiet => Ok(f64::NAN.copysign(if own.negative { -1.0 } else { 1.0 })),
        Kind::Infinite => Ok(if own.negative { f64::NEG_INFINITY } else { f64::INFINITY }),
        Kind::Finite => Ok(text::show(own, true, false).parse().unwrap_or(f64::NAN)),
    }
}

fn to_float(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(float_::new(vm, float_of(vm, number(value))?))
}

pub(super) fn to_complex(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let real = to_float(vm, value)?;
    vm.call(&objects::types::complex::COMPLEX.get().to_value(), &[real])
}

fn get_real(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(value.clone())
}

fn get_imag(vm: Vm<'_>, _value: &Value) -> PyResult<Value> {
    Ok(make(vm, Number::small(0)))
}

pub(super) fn itself(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(value.clone())
}

pub(super) fn deepcopy(_vm: Vm<'_>, value: &Value, _memo: &Value) -> PyResult<Value> {
    Ok(value.clone())
}

pub(super) fn reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let text = str_(vm, value)?;
    let args = PyTuple::new_value(vm, &[text]);
    Ok(PyTuple::new_value(vm, &[value.class().to_value(), args]))
}

pub(super) fn sizeof(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    // As CPython counts: words of 19 digits, four of them inside.
    let words = usize::try_from(number(value).len().div_euclid(19) + 1).unwrap_or_default();
    Ok(Value::from_usize(104 + if words > 4 { words * 8 } else { 0 }))
}

pub(super) fn as_tuple(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let own = number(value);
    let exponent = match own.kind {
        Kind::Finite => int::from_i64(vm, own.exp),
        Kind::Infinite => PyStr::new_value(vm, "F"),
        Kind::Quiet => PyStr::new_value(vm, "n"),
        Kind::Signaling => PyStr::new_value(vm, "N"),
    };
    let digits: Vec<Value> = if own.is_nan() && own.digits.is_zero() {
        Vec::new()
    } else {
        own.text()
            .bytes()
            .map(|digit| Value::small_int_unchecked(i64::from(digit - b'0')))
            .collect()
    };
    let digits = PyTuple::try_from_vec(vm, digits)?.into_value();
    let sign = Value::small_int_unchecked(i64::from(own.negative));
    vm.call(&state::get(vm)?.decimal_tuple, &[sign, digits, exponent])
}

pub(super) fn as_integer_ratio(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let own = number(value);
    if own.is_nan() {
        return Err(vm.value_error("cannot convert NaN to integer ratio"));
    }
    if own.is_infinite() {
        return Err(vm.overflow_error("cannot convert Infinity to integer ratio"));
    }
    let mut math = Math::new(super::number::Rules::MAX);
    let exp = if own.is_zero() { 0 } else { own.exp };
    if !math.has_room(exp.abs()) {
        return Err(vm.memory_error());
    }
    let (mut top, mut bottom) = (own.digits.clone(), BigInt::ONE);
    if exp >= 0 {
        top = times_pow10(&top, exp);
    } else {
        bottom = pow10(-exp).into_owned();
        let common = top.gcd(&bottom);
        top = top.div_floor(&common).unwrap_or_default();
        bottom = bottom.div_floor(&common).unwrap_or_default();
    }
    let top = if own.negative { -&top } else { top };
    Ok(PyTuple::new_value(vm, &[int::new(vm, top), int::new(vm, bottom)]))
}

pub(super) fn format_method(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "__format__", args.len(), 1, 2)?;
    let Some(spec) = args[0].downcast::<PyStr>() else {
        return Err(vm.type_error("format arg must be str"));
    };
    let context = current(vm)?;
    let context = context::this(&context);
    let mut points = storage::point_vec(vm, spec)?;
    let symbols = match args.get(1) {
        Some(override_dict) => format::Symbols::of_dict(vm, override_dict)?,
        None => format::Symbols::default(),
    };
    let mut upper = false;
    if let Some(last) = points.last_mut()
        && *last == u32::from('N')
    {
        upper = true;
        vm.warn(&DEPRECATION_WARNING, "Format specifier 'N' is deprecated", 1)?;
        *last = u32::from('n');
    }
    let mut math = Math::new(super::number::Rules {
        rounding: context.rules.get().rounding,
        ..super::number::Rules::MAX
    });
    let own = number(value);
    match format::format(&mut math, own, &points, context.capitals.get(), &symbols, upper) {
        Ok(text) => Ok(PyStr::try_new(vm, &text)?.into_value()),
        Err(format::Refusal::Invalid) => Err(vm.value_error("invalid format string")),
        Err(format::Refusal::Memory) => Err(vm.memory_error()),
    }
}

/// What a class method makes: of a subclass by calling it.
fn of_class(vm: Vm<'_>, class: &Value, number: Number) -> PyResult<Value> {
    let decimal = make(vm, number);
    if class.is(&DECIMAL.get().to_value()) { Ok(decimal) } else { vm.call(class, &[decimal]) }
}

pub(super) fn from_float(vm: Vm<'_>, class: &Value, value: &Value) -> PyResult<Value> {
    let number = convert::int_or_float(vm, value)?;
    match number {
        Some(number) => of_class(vm, class, number),
        None => Err(vm.type_error("argument must be int or float")),
    }
}

pub(super) fn from_number(vm: Vm<'_>, class: &Value, value: &Value) -> PyResult<Value> {
    if let Some(decimal) = value.downcast::<PyDecimal>() {
        return of_class(vm, class, decimal.number.clone());
    }
    match convert::int_or_float(vm, value)? {
        Some(number) => of_class(vm, class, number),
        None => Err(convert::unsupported(vm, value)),
    }
}

/// The exponent of the first digit; 0 for special numbers.
pub(super) fn adjusted(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let own = number(value);
    Ok(int::from_i64(vm, if own.is_special() { 0 } else { own.adjusted() }))
}
