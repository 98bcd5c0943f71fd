//! `__format__` of the numbers: a specification out of a str, a str out of the laid-out number.

use base::complex::Complex;
use base::format_spec::{Defaults, Spec, SpecError, parse};
use base::wstr::WString;

use crate::core::errors::{PyResult, Raised};
use crate::core::object::Py;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::int;
use crate::types::str::{PyStr, storage};

fn refused(vm: Vm<'_>, error: SpecError) -> Raised {
    vm.value_error(error.0)
}

fn spec_of(vm: Vm<'_>, text: &Py<PyStr>, kind: char, type_name: &str) -> PyResult<Spec> {
    let points = storage::point_vec(vm, text)?;
    let spec = parse(&points, Defaults { kind, align: '>', type_name });
    let spec = spec.map_err(|error| refused(vm, error))?;
    let precise = spec.precision.is_some_and(|precision| precision > i32::MAX as usize);
    if !precise && !spec.has_room() {
        return Err(vm.memory_error());
    }
    Ok(spec)
}

/// Refuses more digits than C's `int` counts, as the float presentations do.
fn check_precision(vm: Vm<'_>, spec: &Spec) -> PyResult<()> {
    match spec.precision {
        Some(precision) if precision > i32::MAX as usize => {
            Err(vm.value_error("precision too big"))
        }
        _ => Ok(()),
    }
}

fn is_float_kind(kind: char) -> bool {
    matches!(kind, '\0' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | 'n' | '%')
}

fn finished(vm: Vm<'_>, text: Result<WString, SpecError>) -> PyResult<Value> {
    let text = text.map_err(|error| refused(vm, error))?;
    Ok(PyStr::try_from_wtf8(vm, &text)?.into_value())
}

/// `int.__format__`
///
/// # Errors
/// ValueError for a specification that does not fit.
pub fn format_int(vm: Vm<'_>, value: &Value, text: &Py<PyStr>) -> PyResult<Value> {
    if text.is_empty() {
        return Ok(vm.str(value)?.into_value());
    }
    let spec = spec_of(vm, text, 'd', &value.class().name())?;
    let radix = match spec.kind_char() {
        'd' | 'n' => 10,
        'b' => 2,
        'o' => 8,
        'x' | 'X' => 16,
        'c' => {
            spec.check_int().map_err(|error| refused(vm, error))?;
            let point = int::as_i64(value).and_then(|point| u32::try_from(point).ok());
            return match point.filter(|&point| point <= 0x0010_ffff) {
                Some(point) => finished(vm, Ok(spec.render_char(point))),
                None if int::as_i64(value).is_none() => {
                    Err(vm.overflow_error("Python int too large to convert to C long"))
                }
                None => Err(vm.overflow_error("%c arg not in range(0x110000)")),
            };
        }
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%' => {
            let number = int::number::to_f64(vm, value)?;
            check_precision(vm, &spec)?;
            return finished(vm, spec.render_float(number, &value.class().name()));
        }
        _ => {
            let error = base::format_spec::unknown_kind(spec.kind, &value.class().name());
            return Err(refused(vm, error));
        }
    };
    spec.check_int().map_err(|error| refused(vm, error))?;
    let digits = if radix == 10 {
        int::convert::to_decimal(vm, value)?
    } else {
        int::convert::to_radix_digits(value, radix)
    };
    let digits = digits.trim_start_matches('-');
    finished(vm, Ok(spec.render_int(int::is_negative(value), digits)))
}

/// `float.__format__`
///
/// # Errors
/// ValueError for a specification that does not fit.
pub fn format_float(vm: Vm<'_>, value: &Value, number: f64, text: &Py<PyStr>) -> PyResult<Value> {
    if text.is_empty() {
        return Ok(vm.str(value)?.into_value());
    }
    let name = value.class().name();
    let spec = spec_of(vm, text, '\0', &name)?;
    if is_float_kind(spec.kind_char()) {
        check_precision(vm, &spec)?;
    }
    finished(vm, spec.render_float(number, &name))
}

/// `complex.__format__`
///
/// # Errors
/// ValueError for a specification that does not fit.
pub fn format_complex(
    vm: Vm<'_>,
    value: &Value,
    number: Complex,
    text: &Py<PyStr>,
) -> PyResult<Value> {
    if text.is_empty() {
        return Ok(vm.str(value)?.into_value());
    }
    let spec = spec_of(vm, text, '\0', &value.class().name())?;
    if is_float_kind(spec.kind_char()) {
        check_precision(vm, &spec)?;
    }
    finished(vm, spec.render_complex(number))
}
