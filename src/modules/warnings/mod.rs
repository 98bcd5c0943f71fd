//! `_warnings`: what becomes of a warning. Warnings of native code come through here as well, so that no frame of the
//! library's Python half stands between a warning and the line that it is about.

mod filters;
mod place;

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::type_object::{PyType, StaticType};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy as exc;
use objects::types::int;
use objects::types::module;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;

use crate::NativeModule;
use crate::sys::hooks;
use crate::tracebacks::sources;

/// The row.
pub static MODULE: NativeModule = NativeModule {
    name: "_warnings",
    doc: Some(
        "_warnings provides basic warning filtering support.\nIt is a helper module to speed up interpreter start-up.",
    ),
    functions: FUNCTIONS,
    exec: Some(exec),
};

methods! { FUNCTIONS:
    /// Issue a warning, or maybe ignore it or raise an exception.
    ///
    ///   message
    ///     Text of the warning message.
    ///   category
    ///     The Warning category subclass. Defaults to UserWarning.
    ///   stacklevel
    ///     How far up the call stack to make this warning appear. A value of 2 for
    ///     example attributes the warning to the caller of the code calling warn().
    ///   source
    ///     If supplied, the destroyed object which emitted a ResourceWarning
    ///   skip_file_prefixes
    ///     An optional tuple of module filename prefixes indicating frames to skip
    ///     during stacklevel computations for stack frame attribution.
    ["warn"] "($module, /, message, category=None, stacklevel=1, source=None, *, skip_file_prefixes=())" Bound(warn_function);
    /// Issue a warning, or maybe ignore it or raise an exception.
    ["warn_explicit"] "($module, /, message, category, filename, lineno, module=<unrepresentable>, registry=None, module_globals=None, source=None)" Bound(warn_explicit_function);
    ["_acquire_lock"] "($module, /)" None(filters::acquire_lock);
    ["_release_lock"] "($module, /)" None(filters::release_lock);
    ["_filters_mutated_lock_held"] "($module, /)" None(filters::filters_mutated);
}

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    module::add(vm, target, "filters", filters::global(vm)?);
    module::add(vm, target, "_onceregistry", filters::once_registry(vm));
    module::add(vm, target, "_defaultaction", vm.intern("default").into_value());
    let contexts = crate::create(vm, &crate::contextvars::MODULE)?;
    let class = vm.get_attr_str(&contexts, "ContextVar")?;
    let variable = vm.call(&class, &[PyStr::new_value(vm, "_warnings_context")])?;
    module::add(vm, target, "_warnings_context", variable);
    Ok(())
}

/// A warning, and the line that it is about.
struct Warning<'a> {
    category: Value,
    message: Value,
    filename: Value,
    line: i64,
    module: Option<Value>,
    registry: Option<Value>,
    source_line: Option<Value>,
    source: Option<&'a Value>,
}

/// The class of a warning: its message's own when that is a warning already.
fn category_of(vm: Vm<'_>, message: &Value, category: Option<&Value>) -> PyResult<Value> {
    let base = exc::WARNING.get();
    let category = if message.class().is_subtype(base) {
        message.class().to_value()
    } else {
        match category.filter(|category| !category.is_none()) {
            Some(category) => category.clone(),
            None => exc::USER_WARNING.get().to_value(),
        }
    };
    let fits = category.downcast::<PyType>().is_some_and(|class| class.is_subtype(base));
    if fits {
        return Ok(category);
    }
    let got = category.class().name();
    Err(vm.type_error(format!("category must be a Warning subclass, not '{got}'")))
}

fn warn_function(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let message = args.required(0);
    let category = category_of(vm, message, args.get(1))?;
    let mut level = args.get(2).map_or(Ok(1), |level| number::as_i64(vm, level))?;
    let mut prefixes = Vec::new();
    if let Some(given) = args.get(4) {
        let Some(tuple) = given.downcast::<PyTuple>() else {
            let got = given.class().name();
            let text = format!("warn() argument 'skip_file_prefixes' must be tuple, not {got}");
            return Err(vm.type_error(text));
        };
        for prefix in tuple.items() {
            let Some(text) = prefix.downcast::<PyStr>() else {
                let got = prefix.class().name();
                return Err(vm.type_error(format!("Found non-str '{got}' in skip_file_prefixes.")));
            };
            prefixes.push(text.to_rust_string());
        }
        if !prefixes.is_empty() {
            level = level.max(2);
        }
    }
    let source = args.get(3).filter(|source| !source.is_none());
    warn_from(vm, category, message.clone(), level, &prefixes, source)?;
    Ok(Value::NONE)
}

fn warn_from(
    vm: Vm<'_>,
    category: Value,
    message: Value,
    level: i64,
    prefixes: &[String],
    source: Option<&Value>,
) -> PyResult<()> {
    let place = place::at_level(vm, level, prefixes)?;
    let warning = Warning {
        category,
        message,
        filename: place.filename,
        line: place.line,
        module: Some(place.module),
        registry: Some(place.registry),
        source_line: None,
        source,
    };
    issue(vm, warning)
}

fn warn_explicit_function(vm: Vm<'_>, _module: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let filename = args.required(2);
    if filename.downcast::<PyStr>().is_none() {
        let got = filename.class().name();
        let text = format!("warn_explicit() argument 'filename' must be str, not {got}");
        return Err(vm.type_error(text));
    }
    let line = i64::from(number::as_i32(vm, args.required(3))?);
    let globals = args.get_non_none(6);
    let source_line = match globals {
        None => None,
        Some(globals) => match globals.downcast::<PyDict>() {
            Some(_) if can_be_read(vm, filename)? => None,
            Some(dict) => place::line_of_loader(vm, dict, line)?,
            None => {
                let got = globals.class().name();
                return Err(vm.type_error(format!("module_globals must be a dict, not '{got}'")));
            }
        },
    };
    let warning = Warning {
        category: args.required(1).clone(),
        message: args.required(0).clone(),
        filename: filename.clone(),
        line,
        module: args.get(4).cloned(),
        registry: args.get_non_none(5).cloned(),
        source_line,
        source: args.get_non_none(7),
    };
    issue(vm, warning)?;
    Ok(Value::NONE)
}

/// Whether there is a file of this name.
fn can_be_read(vm: Vm<'_>, filename: &Value) -> PyResult<bool> {
    Ok(std::path::Path::new(&vm.str(filename)?.to_rust_string()).exists())
}

/// The module that a file name suggests.
fn module_of_file(vm: Vm<'_>, filename: &Value) -> PyResult<Value> {
    let text = vm.str(filename)?.to_rust_string();
    Ok(match text.strip_suffix(".py") {
        _ if text.is_empty() => PyStr::new_value(vm, "<unknown>"),
        Some(stem) => PyStr::new_value(vm, stem),
        None => filename.clone(),
    })
}

/// Filters a warning, then raises it, shows it, or lets it be (`warn_explicit` in CPython).
fn issue(vm: Vm<'_>, mut warning: Warning<'_>) -> PyResult<()> {
    let registry = match &warning.registry {
        None => None,
        Some(registry) => match registry.downcast::<PyDict>() {
            Some(dict) => Some(dict.to_ref()),
            None => return Err(vm.type_error("'registry' must be a dict or None")),
        },
    };
    let module = match warning.module.take().filter(|module| !module.is_none()) {
        Some(module) => module,
        None => module_of_file(vm, &warning.filename)?,
    };
    let text = if warning.message.class().is_subtype(exc::WARNING.get()) {
        warning.category = warning.message.class().to_value();
        vm.str(&warning.message)?.into_value()
    } else {
        let text = warning.message.clone();
        warning.message = vm.call(&warning.category, std::slice::from_ref(&text))?;
        text
    };
    let line = int::from_i64(vm, warning.line);
    let key = PyTuple::new_value(vm, &[text.clone(), warning.category.clone(), line.clone()]);
    if let Some(registry) = &registry
        && filters::already_warned(vm, registry, &key, false)?
    {
        return Ok(());
    }
    let subject = filters::Subject {
        category: &warning.category,
        text: &text,
        line: warning.line,
        module: &module,
    };
    let (action, item) = filters::action_for(vm, &subject)?;
    match action.as_str() {
        "error" => return Err(vm.raise(warning.message.clone())),
        "ignore" => return Ok(()),
        "always" | "all" => {}
        other => {
            if let Some(registry) = &registry {
                registry.set(vm, &key, Value::TRUE)?;
            }
            let short = PyTuple::new_value(vm, &[text.clone(), warning.category.clone()]);
            let known = match other {
                "once" => {
                    let once = match &registry {
                        Some(registry) => registry.clone(),
                        None => filters::once_registry_dict(vm)?,
                    };
                    filters::already_warned(vm, &once, &short, true)?
                }
                "module" => match &registry {
                    Some(registry) => filters::already_warned(vm, registry, &short, true)?,
                    None => false,
                },
                "default" => false,
                _ => {
                    let action = PyStr::new_value(vm, other);
                    let (action, item) = (vm.repr(&action)?, vm.repr(&item)?);
                    return Err(vm.runtime_error(format!(
                        "Unrecognized action ({}) in warnings.filters:\n {}",
                        action.to_rust_string(),
                        item.to_rust_string()
                    )));
                }
            };
            if known {
                return Ok(());
            }
        }
    }
    show(vm, &warning, &text, line)
}

/// Shows a warning: by `warnings._showwarnmsg` when the library's half is loaded, plainly otherwise.
fn show(vm: Vm<'_>, warning: &Warning<'_>, text: &Value, line: Value) -> PyResult<()> {
    let function = filters::library_value(vm, "_showwarnmsg", warning.source.is_some())?;
    let Some(function) = function else { return show_plainly(vm, warning, text) };
    if function.class().slots.call.get().is_none() {
        return Err(vm.type_error("warnings._showwarnmsg() must be set to a callable"));
    }
    let Some(class) = filters::library_value(vm, "WarningMessage", false)? else {
        return Err(vm.runtime_error("unable to get warnings.WarningMessage"));
    };
    let source = warning.source.cloned().unwrap_or(Value::NONE);
    let message = vm.call(
        &class,
        &[
            warning.message.clone(),
            warning.category.clone(),
            warning.filename.clone(),
            line,
            Value::NONE,
            warning.source_line.clone().unwrap_or(Value::NONE),
            source,
        ],
    )?;
    vm.call(&function, &[message])?;
    Ok(())
}

fn show_plainly(vm: Vm<'_>, warning: &Warning<'_>, text: &Value) -> PyResult<()> {
    let stderr = vm.interpreter().sys.get_str(&vm.intern("stderr"));
    let Some(stderr) = stderr.filter(|stream| !stream.is_none()) else { return Ok(()) };
    let name = vm.get_attr(&warning.category, &vm.names().__name__)?;
    let name = vm.str(&name)?.to_rust_string();
    let filename = vm.str(&warning.filename)?.to_rust_string();
    let text = vm.str(text)?.to_rust_string();
    let mut shown = format!("{filename}:{}: {name}: {text}\n", warning.line);
    let source = match &warning.source_line {
        Some(line) => Some(vm.str(line)?.to_rust_string()),
        None => line_of_file(vm, &filename, warning.line),
    };
    if let Some(source) = source {
        let stripped = source.trim_start_matches([' ', '\t', '\x0c']).trim_end_matches('\n');
        if !stripped.is_empty() {
            shown.push_str(&format!("  {stripped}\n"));
        }
    }
    hooks::write_text(vm, &stderr, &shown)
}

fn line_of_file(vm: Vm<'_>, filename: &str, line: i64) -> Option<String> {
    if filename.starts_with('<') {
        return None;
    }
    let root = vm.interpreter().sys.get_str(&vm.intern("_stdlib_dir"));
    let root = root
        .as_ref()
        .and_then(Value::downcast::<PyStr>)
        .map(objects::core::object::Py::to_rust_string);
    let text = sources::text_of(filename, root.as_deref())?;
    let index = usize::try_from(line).ok()?.checked_sub(1)?;
    text.lines().nth(index).map(str::to_owned)
}

/// A warning of `category` for the code that called (`PyErr_WarnEx`).
///
/// # Errors
/// The warning, where a filter makes it an exception.
pub fn warn(vm: Vm<'_>, category: &'static StaticType, message: &str) -> PyResult<()> {
    warn_at(vm, category, message, 1)
}

/// A warning of `category`, `stack_level` frames up: what the object machine calls.
///
/// # Errors
/// The warning, where a filter makes it an exception.
pub fn warn_at(
    vm: Vm<'_>,
    category: &'static StaticType,
    message: &str,
    stack_level: i64,
) -> PyResult<()> {
    let message = PyStr::new_value(vm, message);
    warn_from(vm, category.get().to_value(), message, stack_level, &[], None)
}

/// ResourceWarning about an object that was not closed (`PyErr_ResourceWarning`).
///
/// # Errors
/// The warning, where a filter makes it an exception.
pub fn warn_resource(vm: Vm<'_>, source: &Value, message: &str) -> PyResult<()> {
    let category = exc::RESOURCE_WARNING.get().to_value();
    warn_from(vm, category, PyStr::new_value(vm, message), 1, &[], Some(source))
}

/// A warning of `category` at a line of a file (`PyErr_WarnExplicitObject`).
///
/// # Errors
/// The warning, where a filter makes it an exception.
pub fn warn_explicit(
    vm: Vm<'_>,
    category: &'static StaticType,
    message: &str,
    filename: &Value,
    line: u32,
) -> PyResult<()> {
    let warning = Warning {
        category: category.get().to_value(),
        message: PyStr::new_value(vm, message),
        filename: filename.clone(),
        line: i64::from(line),
        module: None,
        registry: None,
        source_line: None,
        source: None,
    };
    issue(vm, warning)
}
