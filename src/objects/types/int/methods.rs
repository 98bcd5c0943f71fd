//! The methods and computed attributes of `int`.

use base::int::BigInt;

use super::{Operand, as_bigint, exact, from_i64, new, number, operand};
use crate::core::args::Bound;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::type_object::PyType;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::number::{as_ssize, index};
use crate::types::bytes::{self, PyBytes};
use crate::types::numeric_format::format_int;
use crate::types::tuple::PyTuple;
use crate::{getset, methods};

methods! { METHODS:
    /// Returns self, the complex conjugate of any int.
    ["conjugate"] "($self, /)" None(int_conjugate);
    /// Number of bits necessary to represent self in binary.
    ///
    /// >>> bin(37)
    /// '0b100101'
    /// >>> (37).bit_length()
    /// 6
    ["bit_length"] "($self, /)" None(int_bit_length);
    /// Number of ones in the binary representation of the absolute value of self.
    ///
    /// Also known as the population count.
    ///
    /// >>> bin(13)
    /// '0b1101'
    /// >>> (13).bit_count()
    /// 3
    ["bit_count"] "($self, /)" None(int_bit_count);
    /// Return an array of bytes representing an integer.
    ///
    ///   length
    ///     Length of bytes object to use.  An OverflowError is raised if the
    ///     integer is not representable with the given number of bytes.  Default
    ///     is length 1.
    ///   byteorder
    ///     The byte order used to represent the integer.  If byteorder is 'big',
    ///     the most significant byte is at the beginning of the byte array.  If
    ///     byteorder is 'little', the most significant byte is at the end of the
    ///     byte array.  To request the native byte order of the host system, use
    ///     sys.byteorder as the byte order value.  Default is to use 'big'.
    ///   signed
    ///     Determines whether two's complement is used to represent the integer.
    ///     If signed is False and a negative integer is given, an OverflowError
    ///     is raised.
    ["to_bytes"] "($self, /, length=1, byteorder='big', *, signed=False)" Bound(int_to_bytes);
    /// Return the integer represented by the given array of bytes.
    ///
    ///   bytes
    ///     Holds the array of bytes to convert.  The argument must either
    ///     support the buffer protocol or be an iterable object producing bytes.
    ///     Bytes and bytearray are examples of built-in objects that support the
    ///     buffer protocol.
    ///   byteorder
    ///     The byte order used to represent the integer.  If byteorder is 'big',
    ///     the most significant byte is at the beginning of the byte array.  If
    ///     byteorder is 'little', the most significant byte is at the end of the
    ///     byte array.  To request the native byte order of the host system, use
    ///     sys.byteorder as the byte order value.  Default is to use 'big'.
    ///   signed
    ///     Indicates whether two's complement is used to represent the integer.
    class ["from_bytes"] "($type, /, bytes, byteorder='big', *, signed=False)" Bound(int_from_bytes);
    /// Return a pair of integers, whose ratio is equal to the original int.
    ///
    /// The ratio is in lowest terms and has a positive denominator.
    ///
    /// >>> (10).as_integer_ratio()
    /// (10, 1)
    /// >>> (-10).as_integer_ratio()
    /// (-10, 1)
    /// >>> (0).as_integer_ratio()
    /// (0, 1)
    ["as_integer_ratio"] "($self, /)" None(int_as_integer_ratio);
    /// Returns True. Exists for duck type compatibility with float.is_integer.
    ["is_integer"] "($self, /)" None(int_is_integer);
    /// Truncating an Integral returns itself.
    ["__trunc__"] "($self, /)" None(int_conjugate);
    /// Flooring an Integral returns itself.
    ["__floor__"] "($self, /)" None(int_conjugate);
    /// Ceiling of an Integral returns itself.
    ["__ceil__"] "($self, /)" None(int_conjugate);
    /// Rounding an Integral returns itself.
    ///
    /// Rounding with an ndigits argument also returns an integer.
    ["__round__"] "($self, ndigits=None, /)" Bound(int_round);
    ["__getnewargs__"] "($self, /)" None(int_getnewargs);
    /// Convert to a string according to format_spec.
    ["__format__"] "($self, format_spec, /)" One(int_format);
    /// Returns size in memory, in bytes.
    ["__sizeof__"] "($self, /)" None(int_sizeof);
}

getset! { GETSET:
    /// the real part of a complex number
    ["real"] int_real;
    /// the imaginary part of a complex number
    ["imag"] int_imag;
    /// the numerator of a rational number in lowest terms
    ["numerator"] int_real;
    /// the denominator of a rational number in lowest terms
    ["denominator"] int_denominator;
}

fn int_conjugate(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(exact(vm, this))
}

fn int_bit_length(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(new(vm, operand(this).map_or(0, Operand::bit_length)))
}

fn int_bit_count(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(match operand(this) {
        Some(Operand::Small(number)) => new(vm, number.unsigned_abs().count_ones()),
        Some(Operand::Big(number)) => new(vm, number.bit_count()),
        None => from_i64(vm, 0),
    })
}

/// The methods of `int`.
pub(super) const INT_METHODS: &[crate::core::type_spec::MethodDef] = METHODS;
/// The computed attributes of `int`.
pub(super) const INT_GETSET: &[crate::core::type_spec::GetSetDef] = GETSET;

/// Whether bytes stand least significant first.
fn is_little(vm: Vm<'_>, order: Option<&Value>, function: &str) -> PyResult<bool> {
    let Some(order) = order else { return Ok(false) };
    let order = vm.expect_str(order, function, "argument 'byteorder'")?;
    if order.is_text("little") {
        Ok(true)
    } else if order.is_text("big") {
        Ok(false)
    } else {
        Err(vm.value_error("byteorder must be either 'little' or 'big'"))
    }
}

fn int_to_bytes(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let length = args.get(0).map_or(Ok(1), |length| as_ssize(vm, length))?;
    let little = is_little(vm, args.get(1), "to_bytes")?;
    let signed = args.get(2).map_or(Ok(false), |signed| vm.is_true(signed))?;
    let Ok(length) = usize::try_from(length) else {
        return Err(vm.value_error("length argument must be non-negative"));
    };
    let number = as_bigint(this).unwrap_or_default();
    if number.is_negative() && !signed {
        return Err(vm.overflow_error("can't convert negative int to unsigned"));
    }
    if !number.fits_bytes(length, signed) {
        return Err(vm.overflow_error("int too big to convert"));
    }
    number::check_bits(vm, length.checked_mul(8))?;
    let mut data = number.to_le_bytes(length);
    if !little {
        data.reverse();
    }
    PyBytes::try_new_value(vm, &data)
}

fn int_from_bytes(vm: Vm<'_>, class: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let little = is_little(vm, args.get(1), "from_bytes")?;
    let signed = args.get(2).map_or(Ok(false), |signed| vm.is_true(signed))?;
    let source = args.required(0);
    let mut data = match vm.call_special(source, &vm.names().__bytes__, &[])? {
        Some(made) => crate::protocol::buffer::bytes_like(vm, &made)?.to_vec(),
        None if operand(source).is_some()
            || source.downcast::<crate::types::str::PyStr>().is_some() =>
        {
            return Err(vm.type_error(format!(
                "cannot convert '{}' object to bytes",
                source.class().name()
            )));
        }
        None => {
            let made = vm.call(&bytes::BYTES.get().to_value(), std::slice::from_ref(source))?;
            crate::protocol::buffer::bytes_like(vm, &made)?.to_vec()
        }
    };
    if !little {
        data.reverse();
    }
    let number = new(vm, BigInt::from_le_bytes(&data, signed));
    if class.receiver::<PyType>().is(super::INT.get()) {
        return Ok(number);
    }
    vm.call(class, &[number])
}

fn int_as_integer_ratio(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(PyTuple::new_value(vm, &[exact(vm, this), from_i64(vm, 1)]))
}

#[expect(clippy::unnecessary_wraps, reason = "the type of a method")]
fn int_is_integer(_vm: Vm<'_>, _this: &Value) -> PyResult<Value> {
    Ok(Value::TRUE)
}

fn int_round(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let Some(digits) = args.get_non_none(0) else { return Ok(exact(vm, this)) };
    let digits = index(vm, digits)?;
    if super::is_negative(&digits) {
        return number::round_to_power(vm, this, &digits);
    }
    Ok(exact(vm, this))
}

fn int_getnewargs(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(PyTuple::new_value(vm, &[exact(vm, this)]))
}

fn int_format(vm: Vm<'_>, this: &Value, spec: &Value) -> PyResult<Value> {
    let spec = vm.expect_str(spec, "__format__", "argument")?;
    format_int(vm, this, spec)
}

fn int_sizeof(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let size = match operand(this) {
        Some(Operand::Small(_)) | None => size_of::<Value>(),
        Some(Operand::Big(number)) => {
            size_of::<Py<super::PyInt>>() + number.magnitude_words().len() * 8
        }
    };
    Ok(new(vm, size))
}

fn int_real(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(exact(vm, this))
}

fn int_imag(vm: Vm<'_>, _this: &Value) -> PyResult<Value> {
    Ok(from_i64(vm, 0))
}

fn int_denominator(vm: Vm<'_>, _this: &Value) -> PyResult<Value> {
    Ok(from_i64(vm, 1))
}
