//! `marshal`: values and code objects as bytes, in CPython's format (version 5).
//!
//! `write` and `code` make the bytes, `read` reads them out of a buffer or a file.

mod code;
mod read;
mod write;

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::{buffer, number};
use objects::types::bytes::PyBytes;
use objects::types::module;

use crate::NativeModule;
use read::{Reader, Source};
use write::Writer;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "marshal",
    doc: Some(
        "This module contains functions that can read and write Python values in a binary format.",
    ),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Return the bytes object that would be written to a file by dump(value, file).
    ["dumps"] "($module, value, version=version, /, *, allow_code=True)" Any(dumps);
    /// Convert the bytes-like object to a value.
    ["loads"] "($module, bytes, /, *, allow_code=True)" Any(loads);
    /// Write the value on the open file.
    ["dump"] "($module, value, file, version=version, /, *, allow_code=True)" Any(dump);
    /// Read one value from the open file and return it.
    ["load"] "($module, file, /, *, allow_code=True)" Any(load);
}

/// The version that is written.
const VERSION: i32 = 5;

/// How deep values may be nested (`MAX_MARSHAL_STACK_DEPTH`).
const DEPTH_MAX: usize = 2000;

/// The bit of a type code that gives its value a number, by which a later `r` means it again.
const REF: u8 = 0x80;

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    module::add(vm, target, "version", Value::small_int_unchecked(i64::from(VERSION)));
    Ok(())
}

/// The positional arguments of `function`, `least` to `most` of them, and `allow_code`.
fn arguments<'a>(
    vm: Vm<'_>,
    function: &str,
    (least, most): (usize, usize),
    args: Args<'a>,
) -> PyResult<(&'a [Value], bool)> {
    let given = args.positional();
    if given.len() < least || given.len() > most {
        let bound = if given.len() < least { least } else { most };
        let how = match (least == most, given.len() < least) {
            (true, _) => "exactly",
            (false, true) => "at least",
            (false, false) => "at most",
        };
        let plural = if bound == 1 { "" } else { "s" };
        return Err(vm.type_error(format!(
            "{function}() takes {how} {bound} positional argument{plural} ({} given)",
            given.len()
        )));
    }
    let mut allow_code = true;
    for (name, value) in args.keywords() {
        let name = vm.str(name)?.to_rust_string();
        if name != "allow_code" {
            return Err(vm.unexpected_keyword(&format!("{function}()"), &name, ["allow_code"]));
        }
        allow_code = vm.is_true(value)?;
    }
    Ok((given, allow_code))
}

fn written(vm: Vm<'_>, value: &Value, version: Option<&Value>, code: bool) -> PyResult<Value> {
    let version = version.map_or(Ok(VERSION), |version| number::as_i32(vm, version))?;
    let mut writer = Writer::new(vm, version, code);
    writer.value(value)?;
    PyBytes::try_new_value(vm, writer.bytes())
}

fn dumps(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    let (given, allow_code) = arguments(vm, "dumps", (1, 2), args)?;
    written(vm, &given[0], given.get(1), allow_code)
}

fn dump(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    let (given, allow_code) = arguments(vm, "dump", (2, 3), args)?;
    let bytes = written(vm, &given[0], given.get(2), allow_code)?;
    vm.call_method(&given[1], &vm.names().write, &[bytes])
}

fn loads(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    let (given, allow_code) = arguments(vm, "loads", (1, 1), args)?;
    let bytes = buffer::bytes_like(vm, &given[0])?.to_vec();
    Reader::new(vm, Source::Bytes { bytes: &bytes, at: 0 }, allow_code).root()
}

/// What is read from a file is asked for piece by piece: nothing behind the value is touched.
fn load(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    let (given, allow_code) = arguments(vm, "load", (1, 1), args)?;
    let file = &given[0];
    let nothing = vm.call_method(file, &vm.names().read, &[Value::small_int_unchecked(0)])?;
    if nothing.downcast::<PyBytes>().is_none() {
        let class = nothing.class().name();
        return Err(vm.type_error(format!("file.read() returned not bytes but {class}")));
    }
    Reader::new(vm, Source::File { file, piece: Vec::new() }, allow_code).root()
}
