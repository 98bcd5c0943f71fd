//! Modules end before the process does, so that the last objects of a program get their `__del__` (`finalize_modules` in CPython).

use objects::core::collector;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::dict::PyDict;
use objects::types::module;
use objects::types::str::PyStr;
use objects::types::weakref;

/// What of `sys` refers to the program's objects, or finds modules for it.
const SYS_NAMES: &[&str] = &[
    "path",
    "argv",
    "ps1",
    "ps2",
    "last_exc",
    "last_type",
    "last_value",
    "last_traceback",
    "path_hooks",
    "path_importer_cache",
    "meta_path",
];

/// The standard streams with what they are made of: they were flushed, and their descriptors stay open. One that the program
/// replaced is not among them.
fn standard_streams(vm: Vm<'_>) -> Vec<Value> {
    let mut streams = Vec::new();
    for (name, saved) in
        [("stdin", "__stdin__"), ("stdout", "__stdout__"), ("stderr", "__stderr__")]
    {
        let stream = vm.interpreter().sys.get_str(&vm.intern(name));
        let saved = vm.interpreter().sys.get_str(&vm.intern(saved));
        let (Some(stream), Some(saved)) = (stream, saved) else { continue };
        if !stream.is(&saved) {
            continue;
        }
        let mut part = Some(stream);
        for inner in ["buffer", "raw", ""] {
            let Some(stream) = part.filter(modules::io::is_native_stream) else { break };
            part = vm.get_attr_opt(&stream, &vm.intern(inner)).unwrap_or_else(|raised| {
                vm.clear(raised);
                None
            });
            streams.push(stream);
        }
    }
    streams
}

/// Takes all modules but `sys` and `builtins` out of the import system, and empties those that something still refers to.
pub(crate) fn end_modules(vm: Vm<'_>) {
    if !collector::end_is_noticed(&standard_streams(vm)) {
        return;
    }
    let interpreter = vm.interpreter();
    for name in SYS_NAMES {
        let name = vm.intern(name);
        if interpreter.sys.get_str(&name).is_some() {
            drop(interpreter.sys.set_str(&name, Value::NONE));
        }
    }
    let leaving = take_modules(vm);
    collector::collect(vm, 2);
    // The last imported first: it may use the others to the end.
    for dict in leaving.into_iter().rev() {
        clear_dict(&dict);
    }
    collector::collect(vm, 2);
}

/// The dicts of the modules that live on without the import system.
fn take_modules(vm: Vm<'_>) -> Vec<PyRef<PyDict>> {
    let modules: &Py<PyDict> = &vm.interpreter().modules;
    let mut references = Vec::new();
    let mut own = Vec::new();
    for (name, module) in modules.items_vec() {
        let kept = name.downcast::<PyStr>().and_then(|name| name.as_ascii().map(str::to_owned));
        if matches!(kept.as_deref(), Some("sys" | "builtins")) {
            own.push((name, module));
        } else if module.downcast::<module::PyModule>().is_some() {
            match weakref::new_ref(vm, &module, None) {
                Ok(reference) => references.push(reference),
                Err(raised) => vm.clear(raised),
            }
        }
    }
    let mut taken = Vec::new();
    modules.take_all(&mut taken);
    for (name, module) in own {
        // A name that was just in the dict hashes.
        if let Err(raised) = modules.set(vm, &name, module) {
            vm.clear(raised);
        }
    }
    for value in taken {
        drop(value);
    }
    collector::collect(vm, 2);
    let alive = references.iter().filter_map(|reference| weakref::core_of(reference)?.get());
    alive.map(|module| module::dict_of(vm, &module)).collect()
}

/// First the names with one underscore, which a module's functions use for themselves, then all but the builtins.
fn clear_dict(dict: &Py<PyDict>) {
    for private in [true, false] {
        for name in dict.string_keys() {
            let text = name.to_rust_string();
            let is_private = text.starts_with('_') && !text.starts_with("__");
            if text != "__builtins__" && (is_private || !private) {
                drop(dict.set_str(&name, Value::NONE));
            }
        }
    }
}
