//! `complex`.

use base::complex::{Complex, Power};

use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::exceptions::hierarchy::DEPRECATION_WARNING;
use crate::types::float_::{self, new as float};
use crate::types::int;
use crate::types::numeric_format::format_complex;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{getset, methods, payload};

payload! {
    /// The payload of a complex number.
    pub struct PyComplex: COMPLEX {
        re: f64,
        im: f64,
    }
}

/// `complex`
pub static COMPLEX: StaticType = StaticType::new::<PyComplex>();

/// The spec of `complex`.
pub const COMPLEX_SPEC: TypeSpec = TypeSpec {
    name: "complex",
    doc: Some(
        "complex(real=0, imag=0)\n--\n\nCreate a complex number from a string or numbers.\n\nIf a string is given, parse it as a complex number.\nIf a single number is given, convert it to a complex number.\nIf the 'real' or 'imag' arguments are given, create a complex number\nwith the specified real and imaginary components.",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[
        Slot::New(complex_new),
        Slot::Repr(complex_repr),
        Slot::Hash(complex_hash),
        Slot::Richcompare(complex_richcompare),
        Slot::NbAdd(complex_add),
        Slot::NbSubtract(complex_subtract),
        Slot::NbMultiply(complex_multiply),
        Slot::NbTrueDivide(complex_divide),
        Slot::NbPower(complex_power),
        Slot::NbNegative(complex_negative),
        Slot::NbPositive(complex_positive),
        Slot::NbAbsolute(complex_absolute),
        Slot::NbBool(complex_bool),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Convert number to a complex floating-point number.
    class ["from_number"] "($type, number, /)" One(complex_from_number);
    /// Return the complex conjugate of its argument. (3-4j).conjugate() == 3+4j.
    ["conjugate"] "($self, /)" None(complex_conjugate);
    /// Convert this value to exact type complex.
    ["__complex__"] "($self, /)" None(complex_positive);
    ["__getnewargs__"] "($self, /)" None(complex_getnewargs);
    /// Convert to a string according to format_spec.
    ["__format__"] "($self, format_spec, /)" One(complex_format);
}

getset! { GETSET:
    /// the real part of a complex number
    member ["real"] get_real;
    /// the imaginary part of a complex number
    member ["imag"] get_imag;
}

/// A complex number.
#[must_use]
pub fn new(vm: Vm<'_>, number: Complex) -> Value {
    PyRef::new(vm, PyComplex { re: number.re, im: number.im }).into_value()
}

/// The number of a complex or of an instance of a subclass.
#[must_use]
pub fn as_complex(value: &Value) -> Option<Complex> {
    value.downcast::<PyComplex>().map(|this| Complex { re: this.re, im: this.im })
}

fn this(value: &Value) -> Complex {
    as_complex(value).unwrap_or(Complex { re: 0.0, im: 0.0 })
}

/// An operand of the arithmetic: a real one keeps the other's imaginary part as it is (C99, annex G).
enum Operand {
    Real(f64),
    Complex(Complex),
}

impl Operand {
    fn as_complex(&self) -> Complex {
        match *self {
            Self::Real(re) => Complex { re, im: 0.0 },
            Self::Complex(number) => number,
        }
    }
}

fn operand(vm: Vm<'_>, value: &Value) -> PyResult<Option<Operand>> {
    if let Some(number) = as_complex(value) {
        return Ok(Some(Operand::Complex(number)));
    }
    if let Some(re) = float_::as_f64(value) {
        return Ok(Some(Operand::Real(re)));
    }
    match int::operand(value) {
        Some(_) => Ok(Some(Operand::Real(int::number::to_f64(vm, value)?))),
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

/// `a ** b` of two floats whose result is complex.
pub(crate) fn power_of(vm: Vm<'_>, a: f64, b: f64) -> PyResult<Value> {
    power(vm, Complex { re: a, im: 0.0 }, Complex { re: b, im: 0.0 })
}

fn power(vm: Vm<'_>, a: Complex, b: Complex) -> PyResult<Value> {
    match a.pow(b) {
        Power::Number(number) => Ok(new(vm, number)),
        Power::ZeroDivision => Err(vm.zero_division_error("zero to a negative or complex power")),
        Power::Overflow => Err(vm.overflow_error("complex exponentiation")),
    }
}

/// The complex number that an argument means: by `__complex__`, or as a real number.
///
/// # Errors
/// TypeError, what the hooks raise.
pub fn to_complex(vm: Vm<'_>, value: &Value) -> PyResult<Complex> {
    if let Some(number) = as_complex(value)
        && value.is_exact(COMPLEX.get())
    {
        return Ok(number);
    }
    if let Some(made) = vm.call_special(value, &vm.names().__complex__, &[])? {
        let class = made.class().name();
        let Some(number) = as_complex(&made) else {
            return Err(vm.type_error(format!("__complex__ returned non-complex (type {class})")));
        };
        if !made.is_exact(COMPLEX.get()) {
            vm.warn(
                &DEPRECATION_WARNING,
                &format!(
                    "__complex__ returned non-complex (type {class}).  The ability to return an instance of a strict subclass of complex is deprecated, and may not be supported in a future version of Python."
                ),
                1,
            )?;
        }
        return Ok(number);
    }
    Ok(Complex { re: float_::to_f64(vm, value)?, im: 0.0 })
}

fn is_real(value: &Value) -> bool {
    let slots = &value.class().slots;
    slots.nb_float.get().is_some() || slots.nb_index.get().is_some()
}

fn complex_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let given = args.all().len();
    if given > 2 {
        return Err(vm.type_error(format!("complex() takes at most 2 arguments ({given} given)")));
    }
    let mut places = [args.positional().first(), args.positional().get(1)];
    for (key, value) in args.keywords() {
        let name = vm.str(key)?.to_rust_string();
        let known = ["real", "imag"];
        let Some(place) = known.iter().position(|&known| known == name) else {
            return Err(vm.unexpected_keyword("complex()", &name, known));
        };
        if places[place].replace(value).is_some() {
            return Err(vm.type_error(format!(
                "argument for complex() given by name ('{name}') and position ({})",
                place + 1
            )));
        }
    }
    let [real, imag] = places;
    let number = match (real, imag) {
        (Some(real), None) if args.keyword_count() == 0 => from_single(vm, real)?,
        _ => from_parts(vm, real, imag)?,
    };
    if class.is(COMPLEX.get()) {
        if let (Some(real), None) = (real, imag)
            && real.is_exact(COMPLEX.get())
        {
            return Ok(real.clone());
        }
        return Ok(new(vm, number));
    }
    Ok(PyRef::try_new_of(vm, class, PyComplex { re: number.re, im: number.im })?.into_value())
}

/// `complex(value)`: a text or a number.
fn from_single(vm: Vm<'_>, value: &Value) -> PyResult<Complex> {
    if let Some(text) = value.downcast::<PyStr>() {
        let text = int::convert::ascii_digits(text);
        let plain = base::float::parse::without_underscores(base::float::parse::trim(&text));
        return match plain.and_then(|plain| Complex::parse(&plain)) {
            Some(number) => Ok(number),
            None => Err(vm.value_error("complex() arg is a malformed string")),
        };
    }
    let has_hook = value.class().lookup(&vm.names().__complex__).is_some();
    if !has_hook && !is_real(value) {
        return Err(vm.type_error(format!(
            "complex() argument must be a string or a number, not {}",
            value.class().name()
        )));
    }
    to_complex(vm, value)
}

fn from_parts(vm: Vm<'_>, real: Option<&Value>, imag: Option<&Value>) -> PyResult<Complex> {
    let (re, re_is_complex) = match real {
        Some(value) => part(vm, "real", value)?,
        None => (Complex { re: 0.0, im: 0.0 }, false),
    };
    let Some(imag) = imag else { return Ok(re) };
    let (im, im_is_complex) = part(vm, "imag", imag)?;
    // Only what a complex argument has is added: a sum with 0.0 would lose the sign of -0.0.
    Ok(Complex {
        re: if im_is_complex { re.re - im.im } else { re.re },
        im: if re_is_complex { im.re + re.im } else { im.re },
    })
}

/// One of two arguments, and whether it is complex, which is deprecated.
fn part(vm: Vm<'_>, name: &str, value: &Value) -> PyResult<(Complex, bool)> {
    let class = value.class().name();
    let message = format!("complex() argument '{name}' must be a real number, not {class}");
    let hooked = name == "real" && value.class().lookup(&vm.names().__complex__).is_some();
    if hooked || as_complex(value).is_some() {
        let number = to_complex(vm, value)?;
        vm.warn(&DEPRECATION_WARNING, &message, 1)?;
        return Ok((number, true));
    }
    if value.downcast::<PyStr>().is_some() || !is_real(value) {
        return Err(vm.type_error(message));
    }
    Ok((Complex { re: float_::to_f64(vm, value)?, im: 0.0 }, false))
}

fn complex_from_number(vm: Vm<'_>, class: &Value, value: &Value) -> PyResult<Value> {
    if value.is_exact(COMPLEX.get()) && COMPLEX.get().is_value(class) {
        return Ok(value.clone());
    }
    let number = new(vm, to_complex(vm, value)?);
    if COMPLEX.get().is_value(class) { Ok(number) } else { vm.call(class, &[number]) }
}

fn complex_repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(PyStr::try_new(vm, &this(value).repr())?.into_value())
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a slot")]
#[expect(clippy::cast_possible_wrap, reason = "a hash is any 64 bits")]
fn complex_hash(_vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    let number = this(value);
    let own = (value.id() >> 4) as i64;
    let part = |x: f64| base::hash::float(x).unwrap_or(own);
    Ok(base::hash::complex(part(number.re), part(number.im)))
}

fn complex_richcompare(vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let left = this(a);
    let equal = if let Some(right) = as_complex(b) {
        left.re == right.re && left.im == right.im
    } else if float_::as_f64(b).is_some() || int::operand(b).is_some() {
        // By the float's own comparison, which does not round an int.
        left.im == 0.0 && vm.compare_bool(&float(vm, left.re), b, CompareOp::Eq)?
    } else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    Ok(Value::from_bool(equal == (op == CompareOp::Eq)))
}

fn complex_add(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let sum = match operands!(vm, a, b) {
        (Operand::Complex(a), Operand::Complex(b)) => a.plus(b),
        (Operand::Complex(a), Operand::Real(b)) | (Operand::Real(b), Operand::Complex(a)) => {
            Complex { re: a.re + b, im: a.im }
        }
        (a, b) => a.as_complex().plus(b.as_complex()),
    };
    Ok(new(vm, sum))
}

fn complex_subtract(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let difference = match operands!(vm, a, b) {
        (Operand::Complex(a), Operand::Real(b)) => Complex { re: a.re - b, im: a.im },
        (Operand::Real(a), Operand::Complex(b)) => Complex { re: a - b.re, im: -b.im },
        (a, b) => a.as_complex().minus(b.as_complex()),
    };
    Ok(new(vm, difference))
}

fn complex_multiply(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let product = match operands!(vm, a, b) {
        (Operand::Complex(a), Operand::Real(b)) | (Operand::Real(b), Operand::Complex(a)) => {
            Complex { re: a.re * b, im: a.im * b }
        }
        (a, b) => a.as_complex().times(b.as_complex()),
    };
    Ok(new(vm, product))
}

fn complex_divide(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let quotient = match operands!(vm, a, b) {
        (Operand::Complex(_), Operand::Real(0.0)) => None,
        (Operand::Complex(a), Operand::Real(b)) => Some(Complex { re: a.re / b, im: a.im / b }),
        (Operand::Real(a), Operand::Complex(b)) => b.divides_real(a),
        (a, b) => a.as_complex().over(b.as_complex()),
    };
    match quotient {
        Some(quotient) => Ok(new(vm, quotient)),
        None => Err(vm.zero_division_error("division by zero")),
    }
}

fn complex_power(vm: Vm<'_>, a: &Value, b: &Value, c: &Value) -> PyResult<Value> {
    let (a, b) = operands!(vm, a, b);
    if !c.is_none() {
        return Err(vm.value_error("complex modulo"));
    }
    power(vm, a.as_complex(), b.as_complex())
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a slot")]
fn complex_negative(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(new(vm, this(value).negated()))
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a slot")]
fn complex_positive(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    if value.is_exact(COMPLEX.get()) { Ok(value.clone()) } else { Ok(new(vm, this(value))) }
}

fn complex_absolute(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    match this(value).magnitude() {
        Some(number) => Ok(float(vm, number)),
        None => Err(vm.overflow_error("absolute value too large")),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a slot")]
fn complex_bool(_vm: Vm<'_>, value: &Value) -> PyResult<bool> {
    let number = this(value);
    Ok(number.re != 0.0 || number.im != 0.0)
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a method")]
fn complex_conjugate(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let number = this(value);
    Ok(new(vm, Complex { re: number.re, im: -number.im }))
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a method")]
fn complex_getnewargs(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let number = this(value);
    Ok(PyTuple::new_value(vm, &[float(vm, number.re), float(vm, number.im)]))
}

fn complex_format(vm: Vm<'_>, value: &Value, spec: &Value) -> PyResult<Value> {
    let spec = vm.expect_str(spec, "__format__", "argument")?;
    format_complex(vm, value, this(value), spec)
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a getter")]
fn get_real(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(float(vm, this(value).re))
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a getter")]
fn get_imag(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(float(vm, this(value).im))
}
