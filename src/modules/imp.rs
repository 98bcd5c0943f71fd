//! `_imp`: what `importlib` needs of the machine.

use objects::core::args::check_count;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::protocol::number;
use objects::types::bytes::PyBytes;
use objects::types::code::PyCode;
use objects::types::exceptions::{self, hierarchy as exc};
use objects::types::list::PyList;
use objects::types::module;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;

use crate::{NativeModule, find, library};

/// The row.
pub(crate) static MODULE: NativeModule = NativeModule {
    name: "_imp",
    doc: Some("(Extremely) low-level import machinery bits as used by importlib."),
    functions: FUNCTIONS,
    exec: Some(exec),
};

/// The number in front of a `.pyc`: that of CPython 3.14, with which the code is exchanged byte for byte.
pub(crate) const PYC_MAGIC_TOKEN: u32 = 3627 | (0x0a0d << 16);

/// The first bytes of a `.pyc`.
#[must_use]
pub const fn pyc_magic() -> [u8; 4] {
    PYC_MAGIC_TOKEN.to_le_bytes()
}

methods! { FUNCTIONS:
    /// Return the list of file suffixes used to identify extension modules.
    ["extension_suffixes"] "($module, /)" None(extension_suffixes);
    /// Return True if the import lock is currently held, else False.
    ["lock_held"] "($module, /)" None(lock_held);
    /// Acquires the interpreter's import lock for the current thread.
    ["acquire_lock"] "($module, /)" None(nothing);
    /// Release the interpreter's import lock.
    ["release_lock"] "($module, /)" None(nothing);
    /// Return info about the corresponding frozen module (if there is one) or None.
    ["find_frozen"] "($module, name, /, *, withdata=False)" Bound(find_frozen);
    /// Create a code object for a frozen module.
    ["get_frozen_object"] "($module, name, data=None, /)" Positional(get_frozen_object);
    /// Returns True if the module name is of a frozen package.
    ["is_frozen_package"] "($module, name, /)" One(is_frozen_package);
    /// Create an extension module.
    ["create_builtin"] "($module, spec, /)" One(create_builtin);
    /// Initialize a built-in module.
    ["exec_builtin"] "($module, mod, /)" One(exec_builtin);
    /// Returns True if the module name corresponds to a built-in module.
    ["is_builtin"] "($module, name, /)" One(is_builtin);
    /// Returns True if the module name corresponds to a frozen module.
    ["is_frozen"] "($module, name, /)" One(is_frozen);
    /// Returns the list of available frozen modules.
    ["_frozen_module_names"] "($module, /)" None(frozen_names);
    /// Override the frozen modules for tests.
    ["_override_frozen_modules_for_tests"] "($module, override, /)" One(ignore);
    /// Changes code.co_filename to specify the passed-in path.
    ["_fix_co_filename"] "($module, code, path, /)" Positional(fix_co_filename);
    ["source_hash"] "($module, /, key, source)" Positional(source_hash);
}

/// Modules that importlib itself finds frozen, and their names in the library.
const FROZEN: &[(&str, &str)] = &[
    ("_frozen_importlib", "importlib._bootstrap"),
    ("_frozen_importlib_external", "importlib._bootstrap_external"),
    ("zipimport", "zipimport"),
];

fn exec(vm: Vm<'_>, target: &Value) -> PyResult<()> {
    let check = vm.interpreter().state_of("check_hash_based_pycs");
    let check = check.unwrap_or_else(|| PyStr::new_value(vm, "default"));
    module::add(vm, target, "check_hash_based_pycs", check);
    let token = Value::small_int_unchecked(i64::from(PYC_MAGIC_TOKEN));
    module::add(vm, target, "pyc_magic_number_token", token);
    Ok(())
}

fn extension_suffixes(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(PyList::new_value(vm, Vec::new()))
}

fn lock_held(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::FALSE)
}

/// The GIL is held while native code runs, so there is no further import lock: modules have locks of their own.
fn nothing(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(Value::NONE)
}

fn ignore(_vm: Vm<'_>, _module: &Value, _argument: &Value) -> PyResult<Value> {
    Ok(Value::NONE)
}

fn text(vm: Vm<'_>, function: &str, value: &Value) -> PyResult<String> {
    match value.downcast::<PyStr>() {
        Some(text) => Ok(text.to_rust_string()),
        None => Err(vm.type_error(format!(
            "{function}() argument must be str, not {}",
            value.class().name()
        ))),
    }
}

fn frozen_source(name: &str) -> Option<&'static str> {
    FROZEN.iter().find(|(known, _)| *known == name).map(|(_, source)| *source)
}

fn is_frozen(vm: Vm<'_>, _module: &Value, name: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(frozen_source(&text(vm, "is_frozen", name)?).is_some()))
}

fn is_frozen_package(vm: Vm<'_>, _module: &Value, name: &Value) -> PyResult<Value> {
    let name = text(vm, "is_frozen_package", name)?;
    if frozen_source(&name).is_none() {
        return Err(no_frozen(vm, &name));
    }
    Ok(Value::FALSE)
}

fn no_frozen(vm: Vm<'_>, name: &str) -> objects::core::errors::Raised {
    let message = format!("No such frozen object named {name}");
    let name = PyStr::new_value(vm, name);
    vm.raise(exceptions::import_error(vm, &exc::IMPORT_ERROR, &message, Some(&name), None))
}

fn frozen_names(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    Ok(PyList::new_value(vm, FROZEN.iter().map(|(name, _)| PyStr::new_value(vm, name)).collect()))
}

fn find_frozen(
    vm: Vm<'_>,
    _module: &Value,
    args: &objects::core::args::Bound<'_>,
) -> PyResult<Value> {
    let name = text(vm, "find_frozen", args.required(0))?;
    let Some(source) = frozen_source(&name) else { return Ok(Value::NONE) };
    let parts = [Value::NONE, Value::FALSE, PyStr::new_value(vm, source)];
    Ok(PyTuple::new_value(vm, &parts))
}

fn get_frozen_object(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "get_frozen_object", args.len(), 1, 2)?;
    let name = text(vm, "get_frozen_object", &args[0])?;
    let code = frozen_source(&name)
        .and_then(|source| library::get().and_then(|library| (library.code)(source)));
    match code {
        Some(code) => Ok(PyCode::new(vm, &code).into_value()),
        None => Err(no_frozen(vm, &name)),
    }
}

fn is_builtin(vm: Vm<'_>, _module: &Value, name: &Value) -> PyResult<Value> {
    let name = text(vm, "is_builtin", name)?;
    let answer = match find(&name) {
        None => 0,
        // `sys` and `builtins` are made once, by the interpreter itself.
        Some(row) if row.name == "sys" || row.name == "builtins" => -1,
        Some(_) => 1,
    };
    Ok(Value::small_int_unchecked(answer))
}

fn create_builtin(vm: Vm<'_>, _module: &Value, spec: &Value) -> PyResult<Value> {
    let name = vm.get_attr(spec, &vm.names().name)?;
    let name = text(vm, "create_builtin", &name)?;
    if let Some(known) = vm.interpreter().modules.get_str(&vm.intern(&name))
        && (name == "sys" || name == "builtins")
    {
        return Ok(known);
    }
    match find(&name) {
        Some(row) => crate::create(vm, row),
        None => Ok(Value::NONE),
    }
}

/// Native modules are whole when they are created.
fn exec_builtin(_vm: Vm<'_>, _module: &Value, _target: &Value) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(0))
}

fn fix_co_filename(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "_fix_co_filename", args.len(), 2, 2)?;
    Ok(Value::NONE)
}

fn source_hash(vm: Vm<'_>, _module: &Value, args: &[Value]) -> PyResult<Value> {
    check_count(vm, "source_hash", args.len(), 2, 2)?;
    let key = number::as_i64(vm, &args[0])?;
    let source = objects::protocol::buffer::bytes_like(vm, &args[1])?.to_vec();
    let hash =
        base::hash::siphash13(base::hash::HashKey { k0: key.cast_unsigned(), k1: 0 }, &source);
    Ok(PyBytes::try_new(vm, &hash.to_le_bytes())?.into_value())
}
