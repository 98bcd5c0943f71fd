//! `_sre`: compiled regular expressions. `re._compiler` emits their words; the matcher for them is here.

mod engine;
mod match_;
mod opening;
mod pattern;
mod program;
mod scanner;
mod subject;
mod template;
mod words;

use base::unicode;
use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::dict::PyDict;
use objects::types::str::{PyStr, storage};
use objects::types::tuple::PyTuple;
use objects::types::{self, module};

use crate::NativeModule;

pub use match_::{MATCH, MATCH_SPEC};
pub use pattern::{PATTERN, PATTERN_SPEC};
pub use scanner::{SCANNER, SCANNER_SPEC};
pub use template::{TEMPLATE, TEMPLATE_SPEC};

/// The module.
pub static MODULE: NativeModule =
    NativeModule { name: "_sre", functions: FUNCTIONS, exec: Some(exec), ..NativeModule::DEFAULT };

methods! { FUNCTIONS:
    ["compile"] "($module, /, pattern, flags, code, groups, groupindex,\n        indexgroup)" Bound(compile);
    ["getcodesize"] "($module, /)" None(getcodesize);
    ["ascii_iscased"] "($module, character, /)" One(ascii_iscased);
    ["unicode_iscased"] "($module, character, /)" One(unicode_iscased);
    ["ascii_tolower"] "($module, character, /)" One(ascii_tolower);
    ["unicode_tolower"] "($module, character, /)" One(unicode_tolower);
    /// The template of a replacement: literal strings and group numbers in turn.
    ["template"] "($module, pattern, template, /)" Positional(template::make);
}

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    types::init_types(
        vm,
        &[
            (&PATTERN, &PATTERN_SPEC),
            (&MATCH, &MATCH_SPEC),
            (&SCANNER, &SCANNER_SPEC),
            (&TEMPLATE, &TEMPLATE_SPEC),
        ],
    )?;
    let int = |number: u32| Value::small_int_unchecked(i64::from(number));
    module::add(vm, target, "MAGIC", int(words::MAGIC));
    module::add(vm, target, "CODESIZE", int(4));
    module::add(vm, target, "MAXREPEAT", int(words::MAXREPEAT));
    module::add(vm, target, "MAXGROUPS", int(words::MAXGROUPS));
    Ok(())
}

fn compile(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let flags = number::as_i32(vm, args.required(1))?;
    let words = args.required(2);
    let mut code = Vec::new();
    for word in vm.collect(words)? {
        let word = number::as_i64(vm, &word)?;
        let Ok(word) = u32::try_from(word) else {
            return Err(vm.overflow_error("regular expression code size limit exceeded"));
        };
        if code.try_reserve(1).is_err() {
            return Err(vm.memory_error());
        }
        code.push(word);
    }
    let groups = usize::try_from(number::as_isize(vm, args.required(3))?).unwrap_or(0);
    if groups > words::MAXGROUPS as usize / 4 {
        return Err(vm.overflow_error("too many groups"));
    }
    let (by_name, names) = (args.required(4), args.required(5));
    if by_name.downcast::<PyDict>().is_none() {
        return Err(vm.type_error(format!(
            "compile() argument 'groupindex' must be dict, not {}",
            vm.type_text(by_name)
        )));
    }
    if names.downcast::<PyTuple>().is_none() {
        return Err(vm.type_error(format!(
            "compile() argument 'indexgroup' must be tuple, not {}",
            vm.type_text(names)
        )));
    }
    pattern::make(vm, args.required(0), flags, code, groups, by_name, names)
}

#[expect(clippy::unnecessary_wraps, reason = "a native function's signature")]
fn getcodesize(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(4))
}

fn character(vm: Vm<'_>, value: &Value) -> PyResult<u32> {
    let number = number::as_i32(vm, value)?;
    Ok(u32::try_from(number).unwrap_or(u32::MAX))
}

fn ascii_iscased(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    let point = character(vm, value)?;
    Ok(Value::from_bool(matches!(point, 0x41..=0x5a | 0x61..=0x7a)))
}

fn unicode_iscased(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    let point = character(vm, value)?;
    let cased = unicode::simple_lower(point) != point || unicode::simple_upper(point) != point;
    Ok(Value::from_bool(cased))
}

fn ascii_tolower(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    let point = program::lower_ascii(character(vm, value)?);
    Ok(Value::small_int_unchecked(i64::from(point)))
}

fn unicode_tolower(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    let point = unicode::simple_lower(character(vm, value)?);
    Ok(Value::small_int_unchecked(i64::from(point)))
}

/// Joins parts of a result: strings for a str pattern, bytes otherwise.
fn join(vm: Vm<'_>, parts: &[Value], is_str: bool) -> PyResult<Value> {
    if is_str {
        let empty = storage::empty(vm);
        return types::str::join(vm, &empty, parts).map(objects::core::pyref::PyRef::into_value);
    }
    let mut all = Vec::new();
    for part in parts {
        let bytes = objects::protocol::buffer::bytes_like(vm, part)?;
        if all.try_reserve(bytes.len()).is_err() {
            return Err(vm.memory_error());
        }
        bytes.with(|bytes| all.extend_from_slice(bytes));
    }
    types::bytes::PyBytes::try_new_value(vm, &all)
}

/// A str's text for a message.
fn text_of(value: &Value) -> String {
    value.downcast::<PyStr>().map(objects::core::object::Py::to_rust_string).unwrap_or_default()
}
