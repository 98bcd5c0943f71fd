//! The finder and loader of the embedded library: a path hook, so that `sys.path` says where the library stands among the
//! user's own folders.

use objects::core::args::Bound;
use objects::core::errors::PyResult;
use objects::core::pyref::PyRef;
use objects::core::type_object::StaticType;
use objects::core::type_spec::TypeSpec;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::builtin_function::PyBuiltinFunction;
use objects::types::bytes::PyBytes;
use objects::types::code::PyCode;
use objects::types::exceptions::{self, hierarchy as exc};
use objects::types::list::PyList;
use objects::types::module;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::{methods, no_references, payload};

use crate::importing;
use crate::library::{self, Entry};

/// Text that refers to nothing.
pub(crate) struct Text(String);
no_references!(Text);

payload! {
    /// The payload of a finder: one folder of the library.
    pub struct PyEmbeddedFinder: EMBEDDED_FINDER {
        /// The library's folder.
        root: Text,
        /// The folder's dotted prefix: `""` or `"json."`.
        prefix: Text,
    }
}

/// The type of finders.
pub(crate) static EMBEDDED_FINDER: StaticType = StaticType::new::<PyEmbeddedFinder>();

/// Its spec.
pub(crate) const EMBEDDED_FINDER_SPEC: TypeSpec = TypeSpec {
    name: "pyglass.EmbeddedFinder",
    doc: Some("Finds and loads modules of the embedded standard library."),
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Find the spec of a module.
    ["find_spec"] "($self, fullname, target=None)" Bound(find_spec);
    /// Use the default module.
    ["create_module"] "($self, spec)" Bound(create_module);
    /// Run the module's code in it.
    ["exec_module"] "($self, module)" Bound(exec_module);
    /// The module's code object.
    ["get_code"] "($self, fullname)" Bound(get_code);
    /// The module's source text.
    ["get_source"] "($self, fullname)" Bound(get_source);
    /// The path that the module bears.
    ["get_filename"] "($self, fullname)" Bound(get_filename);
    /// Whether the module is a package.
    ["is_package"] "($self, fullname)" Bound(is_package);
    /// The bytes of a file of the library.
    ["get_data"] "($self, path)" Bound(get_data);
    /// Names of the folder's modules, with whether each is a package.
    ["iter_modules"] "($self, prefix='')" Bound(iter_modules);
    /// The library does not change.
    ["invalidate_caches"] "($self, /)" None(invalidate_caches);
}

methods! { HOOK:
    /// The finder for an archive, or a folder inside one.
    ["archive_hook"] "($module, path, /)" One(archive_hook);
    /// The finder for a folder of the embedded library.
    ["embedded_hook"] "($module, path, /)" One(hook);
}

/// Puts the hooks in front of `sys.path_hooks`, that of the table's last row first.
///
/// # Errors
/// What changing the list raises.
pub(crate) fn install_hook(vm: Vm<'_>, sys: &Value) -> PyResult<()> {
    objects::types::ready(vm, &EMBEDDED_FINDER, &EMBEDDED_FINDER_SPEC)?;
    let hooks = vm.get_attr_str(sys, "path_hooks")?;
    for row in HOOK {
        let function = PyBuiltinFunction::new_value(vm, row, Value::NULL, None);
        vm.call_method(&hooks, &vm.intern("insert"), &[Value::small_int_unchecked(0), function])?;
    }
    Ok(())
}

/// Asks `zipimport` only about paths that lead to a regular file, so that it isn't imported for nothing.
fn archive_hook(vm: Vm<'_>, _module: &Value, path: &Value) -> PyResult<Value> {
    let text = path.downcast::<PyStr>().map(objects::core::object::Py::to_rust_string);
    let leads_to_file = text.filter(|text| !text.is_empty()).is_some_and(|text| {
        let mut folders = std::path::Path::new(&text).ancestors();
        folders.find_map(|path| std::fs::metadata(path).ok()).is_some_and(|found| found.is_file())
    });
    if leads_to_file {
        let zipimport = vm.import_module("zipimport")?;
        let importer = vm.get_attr_str(&zipimport, "zipimporter")?;
        return vm.call(&importer, std::slice::from_ref(path));
    }
    let message = "only archives are found here";
    Err(vm.raise(exceptions::import_error(vm, &exc::IMPORT_ERROR, message, None, Some(path))))
}

/// The folder of the library, as `sys` has it.
fn root(vm: Vm<'_>) -> Option<String> {
    let value = vm.interpreter().sys.get_str(&vm.intern("_stdlib_dir"))?;
    value.downcast::<PyStr>().map(objects::core::object::Py::to_rust_string)
}

fn hook(vm: Vm<'_>, _module: &Value, path: &Value) -> PyResult<Value> {
    let root = root(vm);
    let path_text = path.downcast::<PyStr>().map(objects::core::object::Py::to_rust_string);
    if let (Some(root), Some(path_text)) = (root, path_text)
        && library::get().is_some()
        && let Some(rest) = path_text.strip_prefix(&root)
        && (rest.is_empty() || rest.starts_with('/'))
    {
        let inner = rest.trim_matches('/').replace('/', ".");
        let prefix = if inner.is_empty() { inner } else { inner + "." };
        let payload = PyEmbeddedFinder { root: Text(root), prefix: Text(prefix) };
        return Ok(PyRef::try_new(vm, payload)?.into_value());
    }
    let message = "only the embedded library is found here";
    Err(vm.raise(exceptions::import_error(vm, &exc::IMPORT_ERROR, message, None, Some(path))))
}

fn text_of(vm: Vm<'_>, value: &Value) -> PyResult<String> {
    match value.downcast::<PyStr>() {
        Some(text) => Ok(text.to_rust_string()),
        None => Err(vm.type_error(format!("expected str, got {}", value.class().name()))),
    }
}

/// Whether a loader is one of the embedded library's.
pub(crate) fn is_finder(loader: &Value) -> bool {
    loader.downcast::<PyEmbeddedFinder>().is_some()
}

/// The spec of a module that lies in the library's own folder; None if there is no such module.
///
/// # Errors
/// What making it raises.
pub(crate) fn spec_of(vm: Vm<'_>, name: &str) -> PyResult<Value> {
    let Some(root) = root(vm).filter(|_| library::get().is_some()) else { return Ok(Value::NONE) };
    let payload = PyEmbeddedFinder { root: Text(root), prefix: Text(String::new()) };
    let finder = PyRef::new(vm, payload).into_value();
    spec_from(vm, &finder, &PyStr::new_value(vm, name), name)
}

/// The library's module of a name, if it lies in the finder's folder.
fn entry(this: &Value, name: &str) -> Option<Entry> {
    let finder = this.receiver::<PyEmbeddedFinder>();
    let last = name.rsplit('.').next().unwrap_or(name);
    let own = format!("{}{last}", finder.prefix.0);
    (library::get()?.find)(&own)
}

fn name_in_library(this: &Value, name: &str) -> String {
    let finder = this.receiver::<PyEmbeddedFinder>();
    format!("{}{}", finder.prefix.0, name.rsplit('.').next().unwrap_or(name))
}

fn missing(vm: Vm<'_>, name: &str) -> objects::core::errors::Raised {
    let message = format!("No module named '{name}'");
    let name = PyStr::new_value(vm, name);
    vm.raise(exceptions::import_error(vm, &exc::IMPORT_ERROR, &message, Some(&name), None))
}

fn find_spec(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let name = text_of(vm, args.required(0))?;
    spec_from(vm, this, args.required(0), &name)
}

fn spec_from(vm: Vm<'_>, this: &Value, name: &Value, text: &str) -> PyResult<Value> {
    let Some(found) = entry(this, text) else { return Ok(Value::NONE) };
    let finder = this.receiver::<PyEmbeddedFinder>();
    let origin = format!("{}/{}", finder.root.0, found.path);
    let machinery = importing::machinery(vm)?;
    let class = vm.get_attr_str(&machinery, "ModuleSpec")?;
    let spec = vm.call(&class, &[name.clone(), this.clone()])?;
    let file = PyStr::new_value(vm, &origin);
    vm.set_attr(&spec, &vm.intern("origin"), Some(&file))?;
    vm.set_attr(&spec, &vm.intern("_set_fileattr"), Some(&Value::TRUE))?;
    if found.is_package {
        let folder = origin.strip_suffix("/__init__.py").unwrap_or(&origin);
        let list = PyList::new_value(vm, vec![PyStr::new_value(vm, folder)]);
        vm.set_attr(&spec, &vm.intern("submodule_search_locations"), Some(&list))?;
    }
    Ok(spec)
}

fn create_module(_vm: Vm<'_>, _this: &Value, _args: &Bound<'_>) -> PyResult<Value> {
    Ok(Value::NONE)
}

/// The code of a module of the library, with the path of the folder that it was found in.
fn code_of(vm: Vm<'_>, this: &Value, name: &str) -> PyResult<PyRef<PyCode>> {
    let own = name_in_library(this, name);
    let code = library::get().and_then(|library| (library.code)(&own));
    match code {
        Some(code) => Ok(PyCode::new(vm, &code)),
        None => Err(missing(vm, name)),
    }
}

fn exec_module(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let target = args.required(0);
    let name = vm.get_attr(target, &vm.names().__name__)?;
    let code = code_of(vm, this, &text_of(vm, &name)?)?;
    if target.downcast::<module::PyModule>().is_some() {
        importing::run_in_module(vm, &code, target)?;
        return Ok(Value::NONE);
    }
    let exec = vm.interpreter().builtins.get_str(&vm.intern("exec"));
    let dict = vm.get_attr(target, &vm.names().__dict__)?;
    match exec {
        Some(exec) => vm.call(&exec, &[code.into_value(), dict]),
        None => Ok(Value::NONE),
    }
}

fn get_code(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let name = text_of(vm, args.required(0))?;
    code_of(vm, this, &name).map(PyRef::into_value)
}

fn get_source(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let name = text_of(vm, args.required(0))?;
    let own = name_in_library(this, &name);
    match library::get().and_then(|library| (library.source)(&own)) {
        Some(source) => {
            let text = syntax::source::decode(&source).unwrap_or_default();
            Ok(PyStr::try_new(vm, &text)?.into_value())
        }
        None => Err(missing(vm, &name)),
    }
}

fn get_filename(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let name = text_of(vm, args.required(0))?;
    match entry(this, &name) {
        Some(found) => {
            let root = &this.receiver::<PyEmbeddedFinder>().root.0;
            Ok(PyStr::new_value(vm, &format!("{root}/{}", found.path)))
        }
        None => Err(missing(vm, &name)),
    }
}

fn is_package(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let name = text_of(vm, args.required(0))?;
    match entry(this, &name) {
        Some(found) => Ok(Value::from_bool(found.is_package)),
        None => Err(missing(vm, &name)),
    }
}

fn get_data(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let path = text_of(vm, args.required(0))?;
    let root = &this.receiver::<PyEmbeddedFinder>().root.0;
    let source = path
        .strip_prefix(root.as_str())
        .and_then(|rest| library::name_of_path(rest.trim_start_matches('/')))
        .and_then(|name| library::get().and_then(|library| (library.source)(&name)));
    match source {
        Some(bytes) => Ok(PyBytes::try_new(vm, &bytes)?.into_value()),
        None => Err(vm.os_error(2, Some(args.required(0)))),
    }
}

fn iter_modules(vm: Vm<'_>, this: &Value, args: &Bound<'_>) -> PyResult<Value> {
    let given = match args.get(0) {
        Some(prefix) => text_of(vm, prefix)?,
        None => String::new(),
    };
    let folder = this.receiver::<PyEmbeddedFinder>().prefix.0.replace('.', "/");
    let mut found = Vec::new();
    for path in library::get().map(|library| (library.paths)()).unwrap_or_default() {
        let Some(rest) = path.strip_prefix(&folder) else { continue };
        let (name, is_package) = match rest.split_once('/') {
            Some((name, "__init__.py")) => (name, true),
            Some(_) => continue,
            None => match rest.strip_suffix(".py") {
                Some("__init__") | None => continue,
                Some(name) => (name, false),
            },
        };
        let full = PyStr::new_value(vm, &format!("{given}{name}"));
        found.push(PyTuple::new_value(vm, &[full, Value::from_bool(is_package)]));
    }
    let list = PyList::new_value(vm, found);
    vm.iter(&list)
}

fn invalidate_caches(_vm: Vm<'_>, _this: &Value) -> PyResult<Value> {
    Ok(Value::NONE)
}
