//! `from module import name`, and why a module lacks a name: it is still loading, or it stands in front of a module of the
//! standard library.

use crate::core::errors::{PyResult, Raised};
use crate::core::object::Py;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::exceptions::base::payload_of;
use crate::types::exceptions::fields::number::NAME_FROM;
use crate::types::exceptions::{self, hierarchy as exc};
use crate::types::list::PyList;
use crate::types::set;
use crate::types::str::PyStr;

/// What a module's `__spec__` says about where it comes from.
pub struct Origin {
    /// The file that the spec names, when it names one.
    pub file: Option<String>,
    /// The module lies in `sys.path[0]` and bears the name of a module of the standard library.
    pub shadows_library: bool,
    /// The module lies in `sys.path[0]`.
    pub may_shadow: bool,
    /// The module is still loading.
    pub initializing: bool,
}

/// The file of a spec with a location (`_PyModuleSpec_GetFileOrigin`).
fn file_of(vm: Vm<'_>, spec: &Value) -> PyResult<Option<String>> {
    let Some(has_location) = vm.get_attr_opt(spec, &vm.intern("has_location"))? else {
        return Ok(None);
    };
    if !vm.is_true(&has_location)? {
        return Ok(None);
    }
    let origin = vm.get_attr_opt(spec, &vm.intern("origin"))?;
    Ok(origin.as_ref().and_then(Value::downcast::<PyStr>).map(Py::<PyStr>::to_rust_string))
}

/// Whether a file lies in the folder that leads `sys.path` (`_PyModule_IsPossiblyShadowing`).
fn is_possibly_shadowing(vm: Vm<'_>, file: &str) -> bool {
    let Some(first) = vm.interpreter().state_of("sys_path_0") else { return false };
    let Some(first) = first.downcast::<PyStr>().map(Py::<PyStr>::to_rust_string) else {
        return false;
    };
    let root = file.strip_suffix("/__init__.py").unwrap_or(file);
    let Some((root, _)) = root.rsplit_once('/') else { return false };
    if first.is_empty() {
        return std::env::current_dir().is_ok_and(|here| here.to_str() == Some(root));
    }
    first == root
}

fn is_library_name(vm: Vm<'_>, module: &Value) -> PyResult<bool> {
    let names = vm.interpreter().sys.get_str(&vm.intern("stdlib_module_names"));
    match names {
        Some(names)
            if names.class().is_subtype(set::SET.get())
                || names.class().is_subtype(set::FROZENSET.get()) =>
        {
            vm.contains(&names, module)
        }
        _ => Ok(false),
    }
}

impl Origin {
    /// Looks at the spec of the module called `name`.
    ///
    /// # Errors
    /// What reading the spec raises.
    pub fn of(vm: Vm<'_>, spec: &Value, name: &Value) -> PyResult<Self> {
        let file = file_of(vm, spec)?;
        let may_shadow = file.as_deref().is_some_and(|file| is_possibly_shadowing(vm, file));
        let shadows_library = may_shadow && is_library_name(vm, name)?;
        let initializing = match vm.get_attr_opt(spec, &vm.names()._initializing)? {
            Some(flag) => vm.is_true(&flag)?,
            None => false,
        };
        Ok(Self { file, shadows_library, may_shadow, initializing })
    }

    /// What to append to an error about the module, when its own file is likely to be the reason.
    #[must_use]
    pub fn renaming_advice(&self, module: &str) -> Option<String> {
        let file = self.file.as_deref()?;
        if self.shadows_library {
            return Some(format!(
                " (consider renaming '{file}' since it has the same name as the standard library module named '{module}' and prevents importing that standard library module)"
            ));
        }
        (self.initializing && self.may_shadow).then(|| {
            format!(
                " (consider renaming '{file}' if it has the same name as a library you intended to import)"
            )
        })
    }
}

/// Whether `name` is a submodule that the spec's package is loading at the moment.
///
/// # Errors
/// What reading the spec raises.
pub fn is_uninitialized_submodule(vm: Vm<'_>, spec: &Value, name: &Value) -> PyResult<bool> {
    match vm.get_attr_opt(spec, &vm.names()._uninitialized_submodules)? {
        Some(list) if list.downcast::<PyList>().is_some() => vm.contains(&list, name),
        _ => Ok(false),
    }
}

/// `from module import name`: the attribute, or a submodule that is loaded (`_PyEval_ImportFrom`).
///
/// # Errors
/// ImportError in CPython's words.
pub fn import_from(vm: Vm<'_>, source: &Value, name: &Py<PyStr>) -> PyResult<Value> {
    if let Some(found) = vm.get_attr_opt(source, name)? {
        return Ok(found);
    }
    let names = vm.names();
    let module_name = vm.get_attr_opt(source, &names.__name__)?;
    let module_name = module_name.filter(|name| name.downcast::<PyStr>().is_some());
    if let Some(module_name) = &module_name {
        let full = format!("{}.{}", vm.str(module_name)?.to_rust_string(), name.to_rust_string());
        if let Some(found) = vm.interpreter().modules.get_str(&vm.intern(&full)) {
            return Ok(found);
        }
    }
    Err(cannot_import(vm, source, name, module_name.as_ref())?)
}

#[cold]
fn cannot_import(
    vm: Vm<'_>,
    source: &Value,
    name: &Py<PyStr>,
    module_name: Option<&Value>,
) -> PyResult<Raised> {
    let shown = match module_name {
        Some(text) => vm.repr(text)?.to_rust_string(),
        None => "'<unknown module name>'".to_owned(),
    };
    let plain = match module_name {
        Some(text) => vm.str(text)?.to_rust_string(),
        None => "<unknown module name>".to_owned(),
    };
    let attribute = name.to_rust_string();
    let spec = vm.get_attr_opt(source, &vm.names().__spec__)?;
    let (message, file) = match &spec {
        None => (format!("cannot import name '{attribute}' from {shown} (unknown location)"), None),
        Some(spec) => {
            let name = module_name.cloned().unwrap_or(Value::NONE);
            let mut origin = Origin::of(vm, spec, &name)?;
            if origin.file.is_none() {
                // A module without a location may still say where its text is.
                let file = vm.get_attr_opt(source, &vm.names().__file__)?;
                let file = file.as_ref().and_then(Value::downcast::<PyStr>);
                origin.file = file.map(Py::<PyStr>::to_rust_string);
            }
            let place = origin.file.clone().unwrap_or_else(|| "unknown location".to_owned());
            let message = match origin.renaming_advice(&plain) {
                Some(advice) => format!("cannot import name '{attribute}' from {shown}{advice}"),
                None if origin.initializing => format!(
                    "cannot import name '{attribute}' from partially initialized module {shown} (most likely due to a circular import) ({place})"
                ),
                None => format!("cannot import name '{attribute}' from {shown} ({place})"),
            };
            (message, origin.file.map(|file| PyStr::new_value(vm, &file)))
        }
    };
    let error =
        exceptions::import_error(vm, &exc::IMPORT_ERROR, &message, module_name, file.as_ref());
    payload_of(&error).set_field(NAME_FROM, Some(name.to_value()));
    Ok(vm.raise(error))
}
