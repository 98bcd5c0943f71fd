//! Builtin functions that show and read text: print, input, repr, ascii, format, breakpoint.

use objects::core::args::{Args, check_count};
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::str::{PyStr, STR, storage};

pub(super) fn repr(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    Ok(vm.repr(value)?.into_value())
}

pub(super) fn ascii(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    Ok(vm.ascii(value)?.into_value())
}

pub(super) fn format(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "format", args.len(), 1, 2)?;
    let empty = PyStr::new_value(vm, "");
    let spec = args.get(1).unwrap_or(&empty);
    if spec.downcast::<PyStr>().is_none() {
        return Err(
            vm.type_error(format!("format() argument 2 must be str, not {}", spec.class().name()))
        );
    }
    vm.format(&args[0], spec).map(objects::core::pyref::PyRef::into_value)
}

/// A `sys` attribute; RuntimeError with CPython's text when it is gone.
fn sys_stream(vm: Vm<'_>, name: &str) -> PyResult<Value> {
    match vm.interpreter().sys.get_str(&vm.intern(name)) {
        Some(stream) => Ok(stream),
        None => Err(vm.runtime_error(format!("lost sys.{name}"))),
    }
}

/// `sep` or `end`: a str, or None for the usual one.
fn separator<'a>(vm: Vm<'_>, name: &str, value: Option<&'a Value>) -> PyResult<Option<&'a Value>> {
    match value {
        None => Ok(None),
        Some(value) if value.is_none() => Ok(None),
        Some(value) if value.downcast::<PyStr>().is_some() => Ok(Some(value)),
        Some(value) => Err(
            vm.type_error(format!("{name} must be None or a string, not {}", value.class().name()))
        ),
    }
}

pub(super) fn print(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    let (mut sep, mut end, mut file, mut flush) = (None, None, None, None);
    for (keyword, value) in args.keywords() {
        match keyword.downcast::<PyStr>() {
            Some(name) if name.is_text("sep") => sep = Some(value),
            Some(name) if name.is_text("end") => end = Some(value),
            Some(name) if name.is_text("file") => file = Some(value),
            Some(name) if name.is_text("flush") => flush = Some(value),
            _ => {
                let name = vm.str(keyword)?.to_rust_string();
                let known = ["sep", "end", "file", "flush"];
                return Err(vm.unexpected_keyword("print()", &name, known));
            }
        }
    }
    let file = match file.filter(|file| !file.is_none()) {
        Some(file) => file.clone(),
        None => {
            let stdout = sys_stream(vm, "stdout")?;
            if stdout.is_none() {
                return Ok(Value::NONE);
            }
            stdout
        }
    };
    let sep = separator(vm, "sep", sep)?;
    let end = separator(vm, "end", end)?;
    let write = vm.get_attr(&file, &vm.names().write)?;
    for (index, value) in args.positional().iter().enumerate() {
        if index > 0 {
            let space = storage::latin1_char(vm, b' ').into_value();
            vm.call(&write, std::slice::from_ref(sep.unwrap_or(&space)))?;
        }
        let text =
            if value.is_exact(STR.get()) { value.clone() } else { vm.str(value)?.into_value() };
        vm.call(&write, &[text])?;
    }
    let newline = storage::latin1_char(vm, b'\n').into_value();
    vm.call(&write, std::slice::from_ref(end.unwrap_or(&newline)))?;
    if let Some(flush) = flush
        && vm.is_true(flush)?
    {
        vm.call_method(&file, &vm.names().flush, &[])?;
    }
    Ok(Value::NONE)
}

/// `input()`: the prompt goes to stdout, the line comes from stdin.
pub(super) fn input(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "input", args.len(), 0, 1)?;
    let (stdin, stdout, stderr) =
        (sys_stream(vm, "stdin")?, sys_stream(vm, "stdout")?, sys_stream(vm, "stderr")?);
    for (name, stream) in [("stdin", &stdin), ("stdout", &stdout), ("stderr", &stderr)] {
        if stream.is_none() {
            return Err(vm.runtime_error(format!("lost sys.{name}")));
        }
    }
    let flush = &vm.names().flush;
    if let Err(raised) = vm.call_method(&stderr, flush, &[]) {
        vm.clear(raised);
    }
    if let Some(prompt) = args.first() {
        let text = vm.str(prompt)?.into_value();
        vm.call_method(&stdout, &vm.names().write, &[text])?;
    }
    if let Err(raised) = vm.call_method(&stdout, flush, &[]) {
        vm.clear(raised);
    }
    let line = vm.call_method(&stdin, &vm.intern("readline"), &[])?;
    let Some(text) = line.downcast::<PyStr>() else {
        return Err(vm.type_error("object.readline() returned non-string"));
    };
    let length = text.len();
    if length == 0 {
        return Err(vm.eof_error("EOF when reading a line"));
    }
    if storage::char_at(text, length - 1) == Some(u32::from(b'\n')) {
        return Ok(storage::slice(vm, text, 0, length - 1)?.into_value());
    }
    Ok(line)
}

/// `breakpoint(*args, **kws)`: whatever `sys.breakpointhook` is.
pub(super) fn breakpoint(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    match vm.interpreter().sys.get_str(&vm.intern("breakpointhook")) {
        Some(hook) => vm.call_with(&hook, args),
        None => Err(vm.runtime_error("lost sys.breakpointhook")),
    }
}
