//! Modules of the embedded library that other modules of it import, and that run when they are first looked into.
//!
//! `import inspect` at the top of `dataclasses` finds the module, makes its object and enters it in `sys.modules`; the body
//! runs when somebody asks for a name of it. Until then the object's class is [`LAZY`], while the body runs it is
//! [`LOADING`], from then on it is `module`. Only what the library's own modules import like this waits, and only modules
//! in [`WAITING`], whose bodies do nothing but define.
//!
//! Invariants:
//! 1. The class changes under the import system's lock of the module, so that one thread runs the body and others wait.
//! 2. A body that waited imports the library's modules, whatever stands in front of the library on `sys.path` by then.

use std::cell::Cell;

use bytecode::exception_table::entries;
use objects::core::attribute;
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::slots::Slot;
use objects::core::type_object::StaticType;
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::dict::PyDict;
use objects::types::module::{self, MODULE, PyModule};
use objects::types::str::PyStr;

use crate::{embedded, import_time, importing};

/// Modules whose bodies only define things: when they run shows nowhere.
const WAITING: &[&str] = &[
    "annotationlib",
    "ast",
    "base64",
    "bdb",
    "bz2",
    "calendar",
    "cmd",
    "code",
    "codeop",
    "copy",
    "csv",
    "datetime",
    "difflib",
    "dis",
    "fnmatch",
    "getopt",
    "getpass",
    "glob",
    "gzip",
    "hashlib",
    "inspect",
    "linecache",
    "locale",
    "lzma",
    "mimetypes",
    "numbers",
    "opcode",
    "pickle",
    "pkgutil",
    "platform",
    "plistlib",
    "pprint",
    "quopri",
    "selectors",
    "shlex",
    "shutil",
    "socket",
    "statistics",
    "string",
    "struct",
    "subprocess",
    "tarfile",
    "tempfile",
    "textwrap",
    "token",
    "tokenize",
    "traceback",
    "typing",
    "uuid",
];

/// Attributes that a module has before its body runs, and that the body leaves alone.
const HEADER: &[&str] = &[
    "__name__",
    "__loader__",
    "__spec__",
    "__package__",
    "__file__",
    "__cached__",
    "__path__",
    "__class__",
];

/// The class of a module whose body has not run.
static LAZY: StaticType = StaticType::inheriting();
/// The class of a module whose body, which has waited, runs.
static LOADING: StaticType = StaticType::inheriting();

const FLAGS: u64 =
    spec_flags::HAS_DICT | spec_flags::HAS_WEAKREF | spec_flags::DISALLOW_INSTANTIATION;

const LAZY_SPEC: TypeSpec = TypeSpec {
    name: "pyglass.LazyModule",
    base: Some(&MODULE),
    flags: FLAGS,
    slots: &[Slot::Getattro(lazy_get), Slot::Setattro(lazy_set)],
    ..TypeSpec::DEFAULT
};

const LOADING_SPEC: TypeSpec = TypeSpec {
    name: "pyglass.LoadingModule",
    base: Some(&MODULE),
    flags: FLAGS,
    slots: &[Slot::Getattro(loading_get)],
    ..TypeSpec::DEFAULT
};

thread_local! {
    /// How many bodies that have waited run in this thread, one in the other.
    static RUNNING: Cell<usize> = const { Cell::new(0) };
}

/// The module that a library module's `import name` binds, if it can wait. None when it is to be imported as usual.
///
/// # Errors
/// What finding it raises.
pub(crate) fn import(
    vm: Vm<'_>,
    name: &Py<PyStr>,
    globals: Option<&Value>,
) -> PyResult<Option<Value>> {
    let Some(text) = name.as_ascii().filter(|text| WAITING.binary_search(text).is_ok()) else {
        return Ok(None);
    };
    if !stands_at_top_of_library(vm, globals) {
        return Ok(None);
    }
    let machinery = importing::machinery(vm)?;
    let spec = if RUNNING.get() > 0 {
        embedded::spec_of(vm, text)?
    } else {
        let find = vm.get_attr_str(&machinery, "_find_spec")?;
        vm.call(&find, &[name.to_value(), Value::NONE])?
    };
    let loader = vm.get_attr_opt(&spec, &vm.intern("loader"))?;
    if !loader.is_some_and(|loader| embedded::is_finder(&loader)) {
        return Ok(None);
    }
    let make = vm.get_attr_str(&machinery, "module_from_spec")?;
    let made = vm.call(&make, &[spec])?;
    objects::types::init_types(vm, &[(&LAZY, &LAZY_SPEC), (&LOADING, &LOADING_SPEC)])?;
    // Finding it has run code: another thread may have been faster.
    if let Some(known) = vm.interpreter().modules.get_str(name) {
        return Ok(Some(known));
    }
    if made.is_exact(MODULE.get()) {
        drop(module::dict_of(vm, &made).remove_str(&vm.names().__doc__));
        become_class(&made, &LAZY);
    }
    drop(vm.interpreter().modules.set_str(name, made.clone()));
    Ok(Some(made))
}

/// The spec by which a body that has waited imports `name`: that of the embedded library, if it has such a module.
///
/// # Errors
/// What making the spec raises.
pub(crate) fn spec_in_running_body(
    vm: Vm<'_>,
    name: &str,
    globals: Option<&Value>,
) -> PyResult<Option<Value>> {
    if RUNNING.get() == 0 || name.contains('.') || !is_of_library(vm, globals) {
        return Ok(None);
    }
    Ok(Some(embedded::spec_of(vm, name)?).filter(|spec| !spec.is_none()))
}

fn is_of_library(vm: Vm<'_>, globals: Option<&Value>) -> bool {
    globals
        .and_then(|globals| globals.downcast::<PyDict>())
        .and_then(|globals| globals.get_str(&vm.names().__loader__))
        .is_some_and(|loader| embedded::is_finder(&loader))
}

/// Whether the running frame is the body of a module of the library, outside of `try` and `with`: a body that catches
/// what an import raises wants to know now.
fn stands_at_top_of_library(vm: Vm<'_>, globals: Option<&Value>) -> bool {
    if !is_of_library(vm, globals) {
        return false;
    }
    let Some(frame) = vm.current_frame() else { return false };
    let code = frame.code();
    if !code.name.is_text("<module>") {
        return false;
    }
    let handlers = &code.spec().exceptiontable;
    handlers.is_empty()
        || frame.unit().is_some_and(|unit| {
            entries(handlers).all(|entry| !(entry.start..entry.end).contains(&unit))
        })
}

fn become_class(module: &Value, class: &'static StaticType) {
    // Both classes are static: no reference changes hands.
    drop(module.receiver::<PyModule>().as_object().set_class(class.get()));
}

fn is_header(name: &Py<PyStr>) -> bool {
    name.as_ascii().is_some_and(|name| HEADER.contains(&name))
}

fn lazy_get(vm: Vm<'_>, this: &Value, name: &Py<PyStr>) -> PyResult<Value> {
    if is_header(name) {
        return attribute::generic_get(vm, this, name);
    }
    load(vm, this)?;
    vm.get_attr(this, name)
}

fn lazy_set(vm: Vm<'_>, this: &Value, name: &Py<PyStr>, value: Option<&Value>) -> PyResult<()> {
    load(vm, this)?;
    vm.set_attr(this, name, value)
}

/// A name that is not there yet: the thread that runs the body gets the usual error, any other one waits.
fn loading_get(vm: Vm<'_>, this: &Value, name: &Py<PyStr>) -> PyResult<Value> {
    if !is_header(name) && attribute::lookup(vm, this, name)?.is_none() {
        let machinery = importing::machinery(vm)?;
        let wait = vm.get_attr_str(&machinery, "_lock_unlock_module")?;
        vm.call(&wait, &[name_of(vm, this)])?;
    }
    module::get_attribute(vm, this, name)
}

fn name_of(vm: Vm<'_>, module: &Value) -> Value {
    module::dict_of(vm, module).get_str(&vm.names().__name__).unwrap_or(Value::NONE)
}

/// Runs the body of a module that waits, or waits for the thread that runs it.
fn load(vm: Vm<'_>, module: &Value) -> PyResult<()> {
    let machinery = importing::machinery(vm)?;
    let name = name_of(vm, module);
    let manager = vm.get_attr_str(&machinery, "_ModuleLockManager")?;
    let lock = vm.call(&manager, std::slice::from_ref(&name))?;
    vm.call_method(&lock, &vm.names().__enter__, &[])?;
    let done = if module.is_exact(LAZY.get()) { run(vm, module, &name) } else { Ok(()) };
    let failed = done.map_err(|raised| vm.take(raised)).err();
    let nothing = [Value::NONE, Value::NONE, Value::NONE];
    let left = vm.call_method(&lock, &vm.names().__exit__, &nothing);
    match failed {
        Some(exception) => {
            if let Err(raised) = left {
                vm.clear(raised);
            }
            Err(vm.restore(exception))
        }
        None => left.map(drop),
    }
}

fn run(vm: Vm<'_>, module: &Value, name: &Value) -> PyResult<()> {
    let dict = module::dict_of(vm, module);
    let doc = &vm.names().__doc__;
    drop(dict.set_str(doc, Value::NONE));
    let loader = dict.get_str(&vm.names().__loader__).unwrap_or(Value::NONE);
    become_class(module, &LOADING);
    RUNNING.set(RUNNING.get() + 1);
    let timing = import_time::begin(vm);
    let done = vm.call_method(&loader, &vm.intern("exec_module"), std::slice::from_ref(module));
    if let Some(name) = name.downcast::<PyStr>() {
        import_time::end(timing, &name.to_rust_string());
    }
    RUNNING.set(RUNNING.get() - 1);
    if done.is_err() {
        // Whoever asks next tries again.
        become_class(module, &LAZY);
    } else if module.is_exact(LOADING.get()) {
        become_class(module, &MODULE);
    }
    done.map(drop)
}
