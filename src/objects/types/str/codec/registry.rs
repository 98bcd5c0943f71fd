//! The codec registry: search functions, their cached answers, error handlers.
//!
//! Kept per interpreter in three objects: a list of search functions, a dict of found codecs, a dict of error handlers.

use super::errors;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::dict::PyDict;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;

const SEARCH: &str = "codecs.search_path";
const CACHE: &str = "codecs.cache";
const HANDLERS: &str = "codecs.error_handlers";

fn state(vm: Vm<'_>, name: &'static str) -> Value {
    if let Some(known) = vm.interpreter().state_of(name) {
        return known;
    }
    let new =
        if name == SEARCH { PyTuple::new_value(vm, &[]) } else { PyDict::new_ref(vm).into_value() };
    vm.interpreter().set_state_of(name, new.clone());
    new
}

fn search_functions(vm: Vm<'_>) -> Vec<Value> {
    state(vm, SEARCH).downcast::<PyTuple>().map(|all| all.items().to_vec()).unwrap_or_default()
}

/// `codecs.register(function)`
///
/// # Errors
/// TypeError when it cannot be called.
pub fn register(vm: Vm<'_>, function: &Value) -> PyResult<()> {
    if function.class().slots.call.get().is_none() {
        return Err(vm.type_error("argument must be callable"));
    }
    let mut all = search_functions(vm);
    all.push(function.clone());
    vm.interpreter().set_state_of(SEARCH, PyTuple::try_from_vec(vm, all)?.into_value());
    Ok(())
}

/// `codecs.unregister(function)`
///
/// # Errors
/// MemoryError.
pub fn unregister(vm: Vm<'_>, function: &Value) -> PyResult<()> {
    let mut all = search_functions(vm);
    if let Some(at) = all.iter().position(|known| known.is(function)) {
        let gone = all.remove(at);
        vm.interpreter().set_state_of(SEARCH, PyTuple::try_from_vec(vm, all)?.into_value());
        vm.interpreter().set_state_of(CACHE, PyDict::new_ref(vm).into_value());
        drop(gone);
    }
    Ok(())
}

/// A name as search functions and the cache know it: lower case, an underscore for whatever is no letter, digit or dot.
fn normalised(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut gap = false;
    for c in name.chars() {
        if c.is_ascii_alphanumeric() || c == '.' {
            if gap && !out.is_empty() {
                out.push('_');
            }
            gap = false;
            out.push(c.to_ascii_lowercase());
        } else {
            gap = true;
        }
    }
    out
}

/// `codecs.lookup(name)`: a tuple of encoder, decoder, reader and writer.
///
/// # Errors
/// LookupError, TypeError, or what a search function raises.
pub fn lookup(vm: Vm<'_>, name: &str) -> PyResult<Value> {
    if name.contains('\0') {
        return Err(vm.value_error("embedded null character"));
    }
    let key = PyStr::try_new(vm, &normalised(name))?.into_value();
    let cache = state(vm, CACHE);
    if let Some(known) = vm.get_item_opt(&cache, &key)? {
        return Ok(known);
    }
    if search_functions(vm).is_empty() {
        import_encodings(vm)?;
    }
    for function in search_functions(vm) {
        let found = vm.call(&function, std::slice::from_ref(&key))?;
        if found.is_none() {
            continue;
        }
        if found.downcast::<PyTuple>().is_none_or(|tuple| tuple.items().len() != 4) {
            return Err(vm.type_error("codec search functions must return 4-tuples"));
        }
        vm.set_item(&cache, &key, &found)?;
        return Ok(found);
    }
    Err(vm.lookup_error(format!("unknown encoding: {name}")))
}

/// The package whose import registers the standard search function.
fn import_encodings(vm: Vm<'_>) -> PyResult<()> {
    let builtins = &vm.interpreter().builtins;
    let Some(import) = builtins.get_str(&vm.names().__import__) else { return Ok(()) };
    vm.call(&import, &[PyStr::new_value(vm, "encodings")]).map(drop)
}

/// Whether a codec is one between text and bytes: others have `_is_text_encoding` false.
fn is_text_encoding(vm: Vm<'_>, codec: &Value) -> PyResult<bool> {
    if codec.is_exact(crate::types::tuple::TUPLE.get()) {
        return Ok(true);
    }
    match vm.get_attr_opt(codec, &vm.intern("_is_text_encoding"))? {
        Some(flag) => vm.is_true(&flag),
        None => Ok(true),
    }
}

fn part(codec: &Value, nth: usize) -> Value {
    codec
        .downcast::<PyTuple>()
        .and_then(|parts| parts.items().get(nth).cloned())
        .unwrap_or(Value::NONE)
}

fn run(
    vm: Vm<'_>,
    object: &Value,
    name: &str,
    errors: Option<&Py<PyStr>>,
    nth: usize,
    text_only: bool,
) -> PyResult<Value> {
    let codec = lookup(vm, name)?;
    if text_only && !is_text_encoding(vm, &codec)? {
        let function = if nth == 0 { "codecs.encode()" } else { "codecs.decode()" };
        return Err(vm.lookup_error(format!(
            "'{name}' is not a text encoding; use {function} to handle arbitrary codecs"
        )));
    }
    let mut args = vec![object.clone()];
    if let Some(errors) = errors {
        args.push(errors.to_ref().into_value());
    }
    let function = part(&codec, nth);
    let what = if nth == 0 { ("encoder", "encoding") } else { ("decoder", "decoding") };
    let result = match vm.call(&function, &args) {
        Ok(result) => result,
        Err(raised) => {
            let note = format!("{} with '{name}' codec failed", what.1);
            return Err(with_note(vm, raised, &note));
        }
    };
    match result.downcast::<PyTuple>().map(Py::<PyTuple>::items) {
        Some([converted, _]) => Ok(converted.clone()),
        _ => Err(vm.type_error(format!("{} must return a tuple (object, integer)", what.0))),
    }
}

/// Adds a note to the exception that a codec raised.
fn with_note(
    vm: Vm<'_>,
    raised: crate::core::errors::Raised,
    note: &str,
) -> crate::core::errors::Raised {
    let exception = vm.take(raised);
    let text = PyStr::new_value(vm, note);
    match vm.call_method(&exception, &vm.intern("add_note"), &[text]) {
        Ok(_) => {}
        Err(raised) => vm.clear(raised),
    }
    vm.restore(exception)
}

/// Encodes through the registry.
///
/// # Errors
/// LookupError, or what the codec raises.
pub fn encode(
    vm: Vm<'_>,
    object: &Value,
    name: &str,
    errors: Option<&Py<PyStr>>,
    text_only: bool,
) -> PyResult<Value> {
    run(vm, object, name, errors, 0, text_only)
}

/// Decodes through the registry.
///
/// # Errors
/// LookupError, or what the codec raises.
pub fn decode(
    vm: Vm<'_>,
    object: &Value,
    name: &str,
    errors: Option<&Py<PyStr>>,
    text_only: bool,
) -> PyResult<Value> {
    run(vm, object, name, errors, 1, text_only)
}

/// `codecs.register_error(name, handler)`
///
/// # Errors
/// TypeError when the handler cannot be called.
pub fn register_error(vm: Vm<'_>, name: &Value, handler: &Value) -> PyResult<()> {
    if handler.class().slots.call.get().is_none() {
        return Err(vm.type_error("handler must be callable"));
    }
    vm.set_item(&state(vm, HANDLERS), name, handler)
}

/// What was registered under a name.
///
/// # Errors
/// LookupError.
pub fn error_handler(vm: Vm<'_>, name: &Py<PyStr>) -> PyResult<Value> {
    let key = name.to_ref().into_value();
    match vm.get_item_opt(&state(vm, HANDLERS), &key)? {
        Some(handler) => Ok(handler),
        None => errors::builtin_handler(vm, name).ok_or_else(|| {
            vm.lookup_error(format!("unknown error handler name '{}'", name.to_rust_string()))
        }),
    }
}

/// Removes what was registered under a name; false when there was nothing.
///
/// # Errors
/// What the dict raises.
pub fn unregister_error(vm: Vm<'_>, name: &PyRef<PyStr>) -> PyResult<bool> {
    let handlers = state(vm, HANDLERS);
    let key = name.clone().into_value();
    if vm.get_item_opt(&handlers, &key)?.is_none() {
        return Ok(false);
    }
    vm.del_item(&handlers, &key)?;
    Ok(true)
}
