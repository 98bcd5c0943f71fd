//! `_json`: reading and writing JSON.

mod encode;
mod scan;
mod strings;

use objects::core::args::check_count;
use objects::core::errors::{PyResult, Raised};
use objects::core::object::Py;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::str::PyStr;
use objects::types::str::builder::Builder;
use objects::types::tuple::PyTuple;
use objects::types::{self, int, module};

use crate::NativeModule;

/// The module.
pub static MODULE: NativeModule = NativeModule {
    name: "_json",
    doc: Some("json speedups\n"),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// encode_basestring_ascii(string) -> string
    ///
    /// Return an ASCII-only JSON representation of a Python string
    ["encode_basestring_ascii"] "($self, object, /)" One(encode_basestring_ascii);
    /// encode_basestring(string) -> string
    ///
    /// Return a JSON representation of a Python string
    ["encode_basestring"] "($self, object, /)" One(encode_basestring);
    /// scanstring(string, end, strict=True) -> (string, end)
    ///
    /// Scan the string s for a JSON string. End is the index of the
    /// character in s after the quote that started the JSON string.
    /// Unescapes all valid JSON string escape sequences and raises ValueError
    /// on attempt to decode an invalid string. If strict is False then literal
    /// control characters are allowed in the string.
    ///
    /// Returns a tuple of the decoded string and the index of the character in s
    /// after the end quote.
    ["scanstring"] "" Positional(scanstring);
}

fn exec(vm: Vm<'_>, this: &Value) -> PyResult<()> {
    types::init_types(
        vm,
        &[(&scan::SCANNER, &scan::SCANNER_SPEC), (&encode::ENCODER, &encode::ENCODER_SPEC)],
    )?;
    module::add(vm, this, "make_scanner", scan::SCANNER.get().to_value());
    module::add(vm, this, "make_encoder", encode::ENCODER.get().to_value());
    Ok(())
}

/// Raises `json.decoder.JSONDecodeError`.
#[cold]
fn decode_error(vm: Vm<'_>, message: &str, text: &Py<PyStr>, position: usize) -> Raised {
    let raise = || -> PyResult<Value> {
        let decoder = vm.import_module("json.decoder")?;
        let class = vm.get_attr_str(&decoder, "JSONDecodeError")?;
        let message = PyStr::new_value(vm, message);
        vm.call(&class, &[message, text.to_value(), Value::from_usize(position)])
    };
    match raise() {
        Ok(exception) if types::exceptions::is_exception(&exception) => vm.raise(exception),
        Ok(_) => vm.value_error(message),
        Err(raised) => raised,
    }
}

fn string_argument<'v>(vm: Vm<'_>, value: &'v Value) -> PyResult<&'v Py<PyStr>> {
    value.downcast::<PyStr>().ok_or_else(|| {
        vm.type_error(format!("first argument must be a string, not {}", value.class().name()))
    })
}

fn encode_basestring_ascii(vm: Vm<'_>, _module: &Value, text: &Value) -> PyResult<Value> {
    let mut out = Builder::new(vm);
    strings::write_ascii(string_argument(vm, text)?, &mut out)?;
    Ok(out.finish()?.into_value())
}

fn encode_basestring(vm: Vm<'_>, _module: &Value, text: &Value) -> PyResult<Value> {
    let mut out = Builder::new(vm);
    strings::write(string_argument(vm, text)?, &mut out)?;
    Ok(out.finish()?.into_value())
}

fn scanstring(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    if !(2..=3).contains(&args.len()) {
        check_count(vm, "scanstring", args.len(), 2, 3).map_err(|raised| {
            vm.clear(raised);
            let (bound, count) = if args.len() < 2 { ("least", 2) } else { ("most", 3) };
            vm.type_error(format!(
                "scanstring() takes at {bound} {count} arguments ({} given)",
                args.len()
            ))
        })?;
    }
    let end = number::as_isize(vm, &args[1])?;
    let strict = args.get(2).map_or(Ok(true), |strict| vm.is_true(strict))?;
    let text = string_argument(vm, &args[0])?;
    let start = usize::try_from(end).ok().filter(|&start| start <= text.len());
    let Some(start) = start else { return Err(vm.value_error("end is out of bounds")) };
    let (string, next) = strings::scan(vm, text, start, strict)?;
    let next = int::from_u64(vm, next as u64);
    Ok(PyTuple::pair(vm, string.into_value(), next)?.into_value())
}
