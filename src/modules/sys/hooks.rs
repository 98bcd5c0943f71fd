//! The hooks of `sys`: showing values and exceptions, leaving, auditing, breakpoints.

use objects::core::args::{Args, Bound, check_count};
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::exceptions::base::payload_of;
use objects::types::exceptions::{self, hierarchy as exc};
use objects::types::list::PyList;
use objects::types::str::PyStr;
use objects::types::struct_sequence;
use objects::types::tuple::PyTuple;

use super::info::ASYNCGEN_HOOKS;
use crate::importing;

fn sys_value(vm: Vm<'_>, name: &str) -> Option<Value> {
    vm.interpreter().sys.get_str(&vm.intern(name))
}

/// Writes text to a stream of `sys` by its `write`.
///
/// # Errors
/// What writing raises.
pub(crate) fn write_text(vm: Vm<'_>, stream: &Value, text: &str) -> PyResult<()> {
    let text = PyStr::try_new(vm, text)?.into_value();
    vm.call_method(stream, &vm.names().write, &[text])?;
    Ok(())
}

pub(super) fn displayhook(vm: Vm<'_>, _module: &Value, value: &Value) -> PyResult<Value> {
    if value.is_none() {
        return Ok(Value::NONE);
    }
    let underscore = vm.intern("_");
    let builtins = vm.interpreter().builtins.clone();
    drop(builtins.set_str(&underscore, Value::NONE));
    let Some(stdout) = sys_value(vm, "stdout").filter(|stream| !stream.is_none()) else {
        return Err(vm.runtime_error("lost sys.stdout"));
    };
    let text = vm.repr(value)?.into_value();
    let write = &vm.names().write;
    match vm.call_method(&stdout, write, std::slice::from_ref(&text)) {
        Ok(_) => {}
        Err(raised) if vm.raised_is(&raised, &exc::UNICODE_ENCODE_ERROR) => {
            vm.clear(raised);
            let encoding = vm.get_attr(&stdout, &vm.names().encoding)?;
            let handler = PyStr::new_value(vm, "backslashreplace");
            let bytes =
                vm.call_method(&text, &vm.intern("encode"), &[encoding.clone(), handler])?;
            let escaped = vm.call_method(&bytes, &vm.names().decode, &[encoding])?;
            vm.call_method(&stdout, write, &[escaped])?;
        }
        Err(raised) => return Err(raised),
    }
    write_text(vm, &stdout, "\n")?;
    drop(builtins.set_str(&underscore, value.clone()));
    Ok(Value::NONE)
}

pub(super) fn excepthook(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "excepthook", args.len(), 3, 3)?;
    if !exceptions::is_exception(&args[1]) {
        let got = args[1].class().name();
        write_stderr_line(
            vm,
            &format!("TypeError: print_exception(): Exception expected for value, {got} found\n"),
        )?;
        return Ok(Value::NONE);
    }
    display_exception(vm, &args[1], Some(&args[2]))?;
    Ok(Value::NONE)
}

fn write_stderr_line(vm: Vm<'_>, text: &str) -> PyResult<()> {
    match sys_value(vm, "stderr").filter(|stream| !stream.is_none()) {
        Some(stream) => write_text(vm, &stream, text),
        None => Ok(()),
    }
}

/// Prints an exception with its traceback to `sys.stderr`.
///
/// # Errors
/// What writing raises.
pub fn display_exception(vm: Vm<'_>, value: &Value, traceback: Option<&Value>) -> PyResult<()> {
    let Some(stderr) = sys_value(vm, "stderr").filter(|stream| !stream.is_none()) else {
        return Ok(());
    };
    display_exception_on(vm, &stderr, value, traceback)
}

/// Prints an exception with its traceback to a stream.
///
/// # Errors
/// What writing raises.
pub(crate) fn display_exception_on(
    vm: Vm<'_>,
    stream: &Value,
    value: &Value,
    traceback: Option<&Value>,
) -> PyResult<()> {
    if exceptions::is_exception(value)
        && let Some(traceback) = traceback.filter(|traceback| !traceback.is_none())
        && payload_of(value).traceback.get().is_none()
    {
        payload_of(value).traceback.set(Some(traceback.clone()));
    }
    let shown = if exceptions::is_exception(value) {
        let colors = crate::tracebacks::colors::wanted(vm, stream);
        crate::tracebacks::format_in(vm, value, colors)
    } else {
        plain_text(vm, value)
    };
    write_text(vm, stream, &shown)?;
    flush(vm, stream)
}

fn flush(vm: Vm<'_>, stream: &Value) -> PyResult<()> {
    vm.call_method(stream, &vm.names().flush, &[])?;
    Ok(())
}

/// `Type: text`, for when the library cannot print.
#[must_use]
pub fn plain_text(vm: Vm<'_>, value: &Value) -> String {
    let class = value.class().name();
    let text = match vm.str(value) {
        Ok(text) => text.to_rust_string(),
        Err(raised) => {
            vm.clear(raised);
            "<exception str() failed>".to_owned()
        }
    };
    if text.is_empty() { format!("{class}\n") } else { format!("{class}: {text}\n") }
}

pub(super) fn unraisablehook(vm: Vm<'_>, _module: &Value, info: &Value) -> PyResult<Value> {
    let fits = vm.interpreter().state_of("unraisable_args");
    if fits.is_some_and(|class| !class.is(&info.class().to_value())) {
        let text = "sys.unraisablehook argument type must be UnraisableHookArgs";
        return Err(vm.type_error(text));
    }
    let Some(stderr) = sys_value(vm, "stderr").filter(|stream| !stream.is_none()) else {
        return Ok(Value::NONE);
    };
    let field = |name: &str| vm.get_attr_str(info, name);
    let (value, message, object) = (field("exc_value")?, field("err_msg")?, field("object")?);
    let shown = |object: &Value| match vm.repr(object) {
        Ok(text) => text.to_rust_string(),
        Err(raised) => {
            vm.clear(raised);
            "<object repr() failed>".to_owned()
        }
    };
    let head = match (message.is_none(), object.is_none()) {
        (true, true) => String::new(),
        (true, false) => format!("Exception ignored in: {}\n", shown(&object)),
        (false, true) => format!("{}:\n", vm.str(&message)?.to_rust_string()),
        (false, false) => format!("{}: {}\n", vm.str(&message)?.to_rust_string(), shown(&object)),
    };
    write_text(vm, &stderr, &head)?;
    let traceback = field("exc_traceback")?;
    if exceptions::is_exception(&value) {
        let shown = crate::tracebacks::format_unraisable(vm, &value, &traceback);
        write_text(vm, &stderr, &shown)?;
    }
    flush(vm, &stderr)?;
    Ok(Value::NONE)
}

pub(super) fn exit(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "exit", args.len(), 0, 1)?;
    match args.first() {
        // A tuple is the exception's arguments, as wherever a class is raised with a value.
        Some(status) if status.downcast::<PyTuple>().is_some() => {
            Err(vm.error_with(&exc::SYSTEM_EXIT, status.receiver::<PyTuple>().items()))
        }
        Some(status) => Err(vm.error_with(&exc::SYSTEM_EXIT, std::slice::from_ref(status))),
        None => Err(vm.error_with(&exc::SYSTEM_EXIT, &[])),
    }
}

pub(super) fn addaudithook(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let hooks = match vm.interpreter().state_of("audit_hooks") {
        Some(hooks) => hooks,
        None => {
            let list = PyList::new_value(vm, Vec::new());
            vm.interpreter().set_state_of("audit_hooks", list.clone());
            list
        }
    };
    vm.call_method(&hooks, &vm.names().append, std::slice::from_ref(args.required(0)))?;
    Ok(Value::NONE)
}

pub(super) fn audit(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    let Some((event, rest)) = args.positional().split_first() else {
        return Err(vm.type_error("audit expected at least 1 argument, got 0"));
    };
    if event.downcast::<PyStr>().is_none() {
        let got = event.class().name();
        return Err(vm.type_error(format!("expected str for argument 'event', not {got}")));
    }
    let Some(hooks) = vm.interpreter().state_of("audit_hooks") else { return Ok(Value::NONE) };
    let rest = PyTuple::new_value(vm, rest);
    for hook in vm.collect(&hooks)? {
        vm.call(&hook, &[event.clone(), rest.clone()])?;
    }
    Ok(Value::NONE)
}

/// Raises an audit event (`PySys_Audit`).
///
/// # Errors
/// What a hook raises.
pub(crate) fn raise_event(vm: Vm<'_>, event: &str, args: &[Value]) -> PyResult<()> {
    let Some(hooks) = vm.interpreter().state_of("audit_hooks") else { return Ok(()) };
    let (event, args) = (PyStr::new_value(vm, event), PyTuple::new_value(vm, args));
    for hook in vm.collect(&hooks)? {
        vm.call(&hook, &[event.clone(), args.clone()])?;
    }
    Ok(())
}

/// The default hook: what `PYTHONBREAKPOINT` names, `pdb.set_trace` without it, nothing for `0`.
pub(super) fn breakpointhook(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    let named = std::env::var("PYTHONBREAKPOINT").unwrap_or_default();
    if named == "0" {
        return Ok(Value::NONE);
    }
    let target = if named.is_empty() { "pdb.set_trace".to_owned() } else { named };
    let (module, attribute) = target.rsplit_once('.').unwrap_or(("builtins", &target));
    let found =
        importing::import_module(vm, module).and_then(|module| vm.get_attr_str(&module, attribute));
    match found {
        Ok(hook) => vm.call_with(&hook, args),
        Err(raised)
            if vm.raised_is(&raised, &exc::IMPORT_ERROR)
                || vm.raised_is(&raised, &exc::ATTRIBUTE_ERROR) =>
        {
            vm.clear(raised);
            let message = format!("Ignoring unimportable $PYTHONBREAKPOINT: \"{target}\"");
            crate::warnings::warn(vm, &exc::RUNTIME_WARNING, &message)?;
            Ok(Value::NONE)
        }
        Err(raised) => Err(raised),
    }
}

pub(super) fn get_asyncgen_hooks(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    let (first, finalizer) = vm.thread().asyncgen_hooks.get();
    let items = vec![first.unwrap_or(Value::NONE), finalizer.unwrap_or(Value::NONE)];
    struct_sequence::new(vm, &ASYNCGEN_HOOKS, items, &[])
}

pub(super) fn set_asyncgen_hooks(vm: Vm<'_>, _module: &Value, args: Args<'_>) -> PyResult<Value> {
    let (mut first, mut finalizer) = vm.thread().asyncgen_hooks.get();
    let given = [("firstiter", 0), ("finalizer", 1)];
    for (name, index) in given {
        let Some(value) = args.positional().get(index).or_else(|| args.keyword(name)) else {
            continue;
        };
        if !value.is_none() && value.class().slots.call.get().is_none() {
            return Err(
                vm.type_error(format!("callable {name} expected, got {}", value.class().name()))
            );
        }
        let hook = Some(value.clone()).filter(|value| !value.is_none());
        if index == 0 {
            first = hook;
        } else {
            finalizer = hook;
        }
    }
    vm.thread().asyncgen_hooks.set((first, finalizer));
    Ok(Value::NONE)
}

/// Writes text to descriptor 2, past `sys.stderr`: for what must be said when that cannot be used.
pub fn write_stderr(text: &str) {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match crate::posix::fd::write(2, rest) {
            Ok(count) if count > 0 => rest = rest.get(count..).unwrap_or_default(),
            _ => return,
        }
    }
}
