//! The filters: which action a warning meets, and which warnings have been given already.

use std::sync::atomic::{AtomicI64, Ordering};

use objects::core::errors::PyResult;
use objects::core::pyref::PyRef;
use objects::core::type_object::StaticType;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy as exc;
use objects::types::int;
use objects::types::list::PyList;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;

use crate::importing;

/// Goes up with every change of the filters: what a registry knows from before is void.
static VERSION: AtomicI64 = AtomicI64::new(0);

/// A warning as the filters see it.
pub(super) struct Subject<'a> {
    pub(super) category: &'a Value,
    pub(super) text: &'a Value,
    pub(super) line: i64,
    pub(super) module: &'a Value,
}

fn entry(vm: Vm<'_>, action: &str, category: &'static StaticType, module: Option<&str>) -> Value {
    let module = module.map_or(Value::NONE, |module| PyStr::new_value(vm, module));
    PyTuple::new_value(
        vm,
        &[
            vm.intern(action).into_value(),
            Value::NONE,
            category.get().to_value(),
            module,
            Value::small_int_unchecked(0),
        ],
    )
}

/// The filters of the interpreter, with those that it starts with.
pub(super) fn global(vm: Vm<'_>) -> PyResult<Value> {
    if let Some(filters) = vm.interpreter().state_of("warnings_filters") {
        return Ok(filters);
    }
    let filters = PyList::try_new_value(
        vm,
        vec![
            entry(vm, "default", &exc::DEPRECATION_WARNING, Some("__main__")),
            entry(vm, "ignore", &exc::DEPRECATION_WARNING, None),
            entry(vm, "ignore", &exc::PENDING_DEPRECATION_WARNING, None),
            entry(vm, "ignore", &exc::IMPORT_WARNING, None),
            entry(vm, "ignore", &exc::RESOURCE_WARNING, None),
        ],
    )?;
    vm.interpreter().set_state_of("warnings_filters", filters.clone());
    Ok(filters)
}

/// What "once" warnings are entered in.
pub(super) fn once_registry(vm: Vm<'_>) -> Value {
    if let Some(registry) = vm.interpreter().state_of("warnings_once") {
        return registry;
    }
    let registry = PyDict::new_value(vm);
    vm.interpreter().set_state_of("warnings_once", registry.clone());
    registry
}

pub(super) fn once_registry_dict(vm: Vm<'_>) -> PyResult<PyRef<PyDict>> {
    let registry = library_value(vm, "onceregistry", false)?;
    let registry = registry.unwrap_or_else(|| once_registry(vm));
    match registry.downcast::<PyDict>() {
        Some(dict) => Ok(dict.to_ref()),
        None => Err(vm.type_error(format!(
            "_warnings.onceregistry must be a dict, not '{}'",
            registry.class().name()
        ))),
    }
}

/// An attribute of the library's `warnings`, if that is loaded, or can be with `import`.
pub(super) fn library_value(vm: Vm<'_>, name: &str, import: bool) -> PyResult<Option<Value>> {
    let loaded = vm.interpreter().modules.get_str(&vm.names().warnings);
    let library = match loaded.filter(|module| !module.is_none()) {
        Some(library) => library,
        None if import => match importing::import_module(vm, "warnings") {
            Ok(library) => library,
            Err(raised) if vm.raised_is(&raised, &exc::IMPORT_ERROR) => {
                vm.clear(raised);
                return Ok(None);
            }
            Err(raised) => return Err(raised),
        },
        None => return Ok(None),
    };
    vm.get_attr_opt(&library, &vm.intern(name))
}

fn matches(vm: Vm<'_>, pattern: &Value, text: &Value) -> PyResult<bool> {
    if pattern.is_none() {
        return Ok(true);
    }
    if pattern.downcast_exact::<PyStr>().is_some() {
        return vm.equal(pattern, text);
    }
    let found = vm.call_method(pattern, &vm.intern("match"), std::slice::from_ref(text))?;
    vm.is_true(&found)
}

fn applies(vm: Vm<'_>, item: &[Value], subject: &Subject<'_>) -> PyResult<bool> {
    let [_, message, category, module, line] = item else { return Ok(false) };
    if !matches(vm, message, subject.text)?
        || !matches(vm, module, subject.module)?
        || !vm.issubclass(subject.category, category)?
    {
        return Ok(false);
    }
    let line = number::as_i64(vm, line)?;
    Ok(line == 0 || line == subject.line)
}

/// The action of the first filter that applies, and the filter; the default action without one.
pub(super) fn action_for(vm: Vm<'_>, subject: &Subject<'_>) -> PyResult<(String, Value)> {
    let filters = match library_value(vm, "filters", false)? {
        // What the library had last stays, even if it takes it away.
        Some(filters) => {
            vm.interpreter().set_state_of("warnings_filters", filters.clone());
            filters
        }
        None => global(vm)?,
    };
    let Some(list) = filters.downcast::<PyList>() else {
        return Err(vm.value_error("_warnings.filters must be a list"));
    };
    let mut index = 0;
    while let Some(item) = list.get(index) {
        let tuple = item.downcast::<PyTuple>().filter(|tuple| tuple.items().len() == 5);
        let Some(tuple) = tuple else {
            return Err(vm.value_error(format!("_warnings.filters item {index} isn't a 5-tuple")));
        };
        let items = tuple.items();
        let Some(action) = items[0].downcast::<PyStr>() else {
            let got = items[0].class().name();
            return Err(vm.type_error(format!("action must be a string, not '{got}'")));
        };
        if applies(vm, items, subject)? {
            return Ok((action.to_rust_string(), item.clone()));
        }
        index += 1;
    }
    let default = library_value(vm, "defaultaction", false)?;
    let action = match &default {
        None => "default".to_owned(),
        Some(value) => match value.downcast::<PyStr>() {
            Some(text) => text.to_rust_string(),
            None => {
                let got = value.class().name();
                let text = format!("_warnings.defaultaction must be a string, not '{got}'");
                return Err(vm.type_error(text));
            }
        },
    };
    Ok((action, Value::NONE))
}

/// Whether the registry knows the key; with `enter` it does from now on. A registry from before the filters changed is
/// emptied first.
pub(super) fn already_warned(
    vm: Vm<'_>,
    registry: &PyRef<PyDict>,
    key: &Value,
    enter: bool,
) -> PyResult<bool> {
    let name = vm.intern("version");
    let current = VERSION.load(Ordering::Relaxed);
    let version = registry.get_str(&name);
    if version.as_ref().and_then(int::as_i64) == Some(current) {
        if let Some(known) = registry.get(vm, key)?
            && vm.is_true(&known)?
        {
            return Ok(true);
        }
    } else {
        registry.clear();
        drop(registry.set_str(&name, int::from_i64(vm, current)));
    }
    if enter {
        registry.set(vm, key, Value::TRUE)?;
    }
    Ok(false)
}

/// The lock of the filters: one that its holder may take again.
fn lock(vm: Vm<'_>) -> PyResult<Value> {
    if let Some(lock) = vm.interpreter().state_of("warnings_lock") {
        return Ok(lock);
    }
    let threads = crate::create(vm, &crate::thread::MODULE)?;
    let lock = vm.call(&vm.get_attr_str(&threads, "RLock")?, &[])?;
    vm.interpreter().set_state_of("warnings_lock", lock.clone());
    Ok(lock)
}

pub(super) fn acquire_lock(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    vm.call_method(&lock(vm)?, &vm.intern("acquire"), &[])?;
    Ok(Value::NONE)
}

pub(super) fn release_lock(vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    vm.call_method(&lock(vm)?, &vm.intern("release"), &[])?;
    Ok(Value::NONE)
}

pub(super) fn filters_mutated(_vm: Vm<'_>, _module: &Value) -> PyResult<Value> {
    VERSION.fetch_add(1, Ordering::Relaxed);
    Ok(Value::NONE)
}
