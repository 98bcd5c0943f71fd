//! How an import runs: modules that are loaded already are found here; anything else is the work of `importlib`, whose own
//! code is set up when the first module is really looked for.

use objects::core::errors::{PyResult, Raised};
use objects::core::intern::intern_ref;
use objects::core::interpreter_state::RunIn;
use objects::core::object::Py;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::code::PyCode;
use objects::types::dict::PyDict;
use objects::types::exceptions::{self, hierarchy as exc};
use objects::types::frame_object;
use objects::types::module::{self, PyModule};
use objects::types::str::PyStr;
use objects::types::traceback::PyTraceback;

use crate::{embedded, import_time, lazy_import, library};

/// The name under which the machinery stands in `sys.modules`.
const BOOTSTRAP: &str = "_frozen_importlib";

/// The module of a dotted name, imported with all its parents (`PyImport_ImportModule`).
///
/// # Errors
/// What importing raises.
pub fn import_module(vm: Vm<'_>, name: &str) -> PyResult<Value> {
    if let Some(known) = vm.interpreter().modules.get_str(&vm.intern(name))
        && !known.is_none()
    {
        return Ok(known);
    }
    find_and_load(vm, &vm.intern(name))
}

/// `__import__`: the module itself, or the top package of a plain dotted import.
///
/// # Errors
/// What importing raises.
pub fn import(
    vm: Vm<'_>,
    name: &Py<PyStr>,
    globals: Option<&Value>,
    fromlist: Option<&Value>,
    level: i64,
) -> PyResult<Value> {
    if level < 0 {
        return Err(vm.value_error("level must be >= 0"));
    }
    let absolute = if level > 0 {
        resolve_name(vm, name, globals, level)?
    } else if name.is_empty() {
        return Err(vm.value_error("Empty module name"));
    } else if name.is_exact_str() {
        intern_ref(name)
    } else {
        vm.intern(&name.to_rust_string())
    };
    let has_fromlist = match fromlist {
        Some(list) if !list.is_none() => vm.is_true(list)?,
        _ => false,
    };
    let target = match vm.interpreter().modules.get_str(&absolute) {
        Some(known) if !known.is_none() => {
            ensure_initialized(vm, &known, &absolute)?;
            import_time::cached(&absolute);
            known
        }
        _ => load(vm, &absolute, globals, has_fromlist)?,
    };
    if has_fromlist {
        if vm.get_attr_opt(&target, &vm.names().__path__)?.is_none() {
            return Ok(target);
        }
        let machinery = machinery(vm)?;
        let handle = vm.get_attr(&machinery, &vm.names()._handle_fromlist)?;
        let import = import_function(vm)?;
        let list = fromlist.cloned().unwrap_or(Value::NONE);
        return vm.call(&handle, &[target, list, import]);
    }
    top_of(vm, name, &absolute, target, level)
}

/// What a plain `import a.b.c` binds: `a`, or for a relative name its part up to the first dot.
fn top_of(
    vm: Vm<'_>,
    name: &Py<PyStr>,
    absolute: &Py<PyStr>,
    target: Value,
    level: i64,
) -> PyResult<Value> {
    if (level != 0 && name.is_empty()) || name.as_ascii().is_some_and(|text| !text.contains('.')) {
        return Ok(target);
    }
    let text = name.to_rust_string();
    let Some((front, _)) = text.split_once('.') else { return Ok(target) };
    if level == 0 {
        return import_module(vm, front);
    }
    let full = absolute.to_rust_string();
    let cut = full.len().saturating_sub(text.len() - front.len());
    let shortened = full.get(..cut).unwrap_or(&full);
    match vm.interpreter().modules.get_str(&vm.intern(shortened)) {
        Some(found) => Ok(found),
        None => {
            Err(vm.error(&exc::KEY_ERROR, format!("'{shortened}' not in sys.modules as expected")))
        }
    }
}

/// A module that another thread, or this one further up, is still loading is waited for by the machinery.
fn ensure_initialized(vm: Vm<'_>, module: &Value, name: &Py<PyStr>) -> PyResult<()> {
    let Some(spec) = vm.get_attr_opt(module, &vm.names().__spec__)? else { return Ok(()) };
    if spec.is_none() {
        return Ok(());
    }
    let initializing = match vm.get_attr_opt(&spec, &vm.names()._initializing)? {
        Some(flag) => vm.is_true(&flag)?,
        None => false,
    };
    if !initializing {
        return Ok(());
    }
    let machinery = machinery(vm)?;
    let lock = vm.get_attr_str(&machinery, "_lock_unlock_module")?;
    vm.call(&lock, &[name.to_value()])?;
    Ok(())
}

fn import_function(vm: Vm<'_>) -> PyResult<Value> {
    let builtins = match frame_object::current(vm) {
        Some(frame) => frame.builtins().to_ref(),
        None => vm.interpreter().builtins.clone(),
    };
    match builtins.get_str(&vm.names().__import__) {
        Some(function) => Ok(function),
        None => Err(vm.error(&exc::IMPORT_ERROR, "__import__ not found")),
    }
}

/// The module of an absolute name that is not loaded: what the library's own modules import may wait.
fn load(
    vm: Vm<'_>,
    name: &Py<PyStr>,
    globals: Option<&Value>,
    has_fromlist: bool,
) -> PyResult<Value> {
    // None stands for a module whose import is to fail.
    if vm.interpreter().modules.get_str(name).is_some() {
        return find_and_load(vm, name);
    }
    if !has_fromlist && let Some(waiting) = lazy_import::import(vm, name, globals)? {
        return Ok(waiting);
    }
    if let Some(text) = name.as_ascii()
        && let Some(spec) = lazy_import::spec_in_running_body(vm, text, globals)?
    {
        let machinery = machinery(vm)?;
        let load = vm.get_attr_str(&machinery, "_load")?;
        let timing = import_time::begin(vm);
        let loaded = vm.call(&load, &[spec]);
        import_time::end(timing, text);
        return loaded.map_err(|raised| remove_machinery_frames(vm, raised));
    }
    find_and_load(vm, name)
}

fn find_and_load(vm: Vm<'_>, name: &Py<PyStr>) -> PyResult<Value> {
    let machinery = machinery(vm)?;
    let find = vm.get_attr(&machinery, &vm.names()._find_and_load)?;
    let import = import_function(vm)?;
    let timing = import_time::begin(vm);
    let loaded = vm.call(&find, &[name.to_value(), import]);
    import_time::end(timing, &name.to_rust_string());
    loaded.map_err(|raised| remove_machinery_frames(vm, raised))
}

/// Takes `importlib`'s own frames out of a traceback (`remove_importlib_frames`): all of them from an ImportError, of any
/// other exception those that only lead to the frame of the module's own code.
fn remove_machinery_frames(vm: Vm<'_>, raised: Raised) -> Raised {
    if import_time::is_verbose(vm) {
        return raised;
    }
    let always = vm.raised_is(&raised, &exc::IMPORT_ERROR);
    let exception = vm.take(raised);
    let payload = exceptions::base::payload_of(&exception);
    let mut link = payload.traceback.get();
    // The entry behind which a run of the machinery's frames begins; None for the head of the traceback.
    let mut before_run: Option<Value> = None;
    let mut in_run = false;
    let mut previous: Option<Value> = None;
    while let Some(entry) = link {
        let traceback = entry.receiver::<PyTraceback>();
        let next = traceback.next.get();
        let code = traceback.frame.code();
        let file = &code.filename;
        let is_machinery = file.is_text("<frozen importlib._bootstrap>")
            || file.is_text("<frozen importlib._bootstrap_external>");
        if is_machinery && !in_run {
            before_run.clone_from(&previous);
        }
        in_run = is_machinery;
        // The embedded library's finder runs a module from native code, straight below `_load_unlocked`.
        let ends_chunk = always
            || code.name.is_text("_call_with_frames_removed")
            || code.name.is_text("_load_unlocked") && leads_to_library(vm, next.as_ref());
        if is_machinery && ends_chunk {
            match &before_run {
                Some(before) => before.receiver::<PyTraceback>().next.set(next.clone()),
                None => payload.traceback.set(next.clone()),
            }
            previous.clone_from(&before_run);
        } else {
            previous = Some(entry.clone());
        }
        link = next;
    }
    vm.restore(exception)
}

/// Whether a traceback goes on in the body of a module of the embedded library.
fn leads_to_library(vm: Vm<'_>, next: Option<&Value>) -> bool {
    let Some(next) = next else { return false };
    let code = next.receiver::<PyTraceback>().frame.code().to_ref();
    let root = vm.interpreter().sys.get_str(&vm.intern("_stdlib_dir"));
    let root = root.as_ref().and_then(Value::downcast::<PyStr>).map(Py::<PyStr>::to_rust_string);
    code.name.is_text("<module>")
        && root.is_some_and(|root| code.filename.to_rust_string().starts_with(&root))
}

/// The absolute name of a relative import, out of the importing module's `__package__` or `__spec__`.
fn resolve_name(
    vm: Vm<'_>,
    name: &Py<PyStr>,
    globals: Option<&Value>,
    level: i64,
) -> PyResult<objects::core::pyref::PyRef<PyStr>> {
    let Some(globals) = globals else {
        return Err(vm.error(&exc::KEY_ERROR, "'__name__' not in globals"));
    };
    let Some(globals) = globals.downcast::<PyDict>() else {
        return Err(vm.type_error("globals must be a dict"));
    };
    let package = package_of(vm, globals)?;
    if package.is_empty() {
        return Err(
            vm.error(&exc::IMPORT_ERROR, "attempted relative import with no known parent package")
        );
    }
    let mut base = package.as_str();
    for _ in 1..level {
        match base.rsplit_once('.') {
            Some((parent, _)) => base = parent,
            None => {
                return Err(vm.error(
                    &exc::IMPORT_ERROR,
                    "attempted relative import beyond top-level package",
                ));
            }
        }
    }
    let text = name.to_rust_string();
    if text.is_empty() {
        return Ok(vm.intern(base));
    }
    Ok(vm.intern(&format!("{base}.{text}")))
}

fn package_of(vm: Vm<'_>, globals: &Py<PyDict>) -> PyResult<String> {
    let names = vm.names();
    if let Some(package) = globals.get_str(&names.__package__)
        && !package.is_none()
    {
        return match package.downcast::<PyStr>() {
            Some(text) => Ok(text.to_rust_string()),
            None => Err(vm.type_error("package must be a string")),
        };
    }
    if let Some(spec) = globals.get_str(&names.__spec__)
        && !spec.is_none()
    {
        let parent = vm.get_attr_str(&spec, "parent")?;
        return match parent.downcast::<PyStr>() {
            Some(text) => Ok(text.to_rust_string()),
            None => Err(vm.type_error("__spec__.parent must be a string")),
        };
    }
    vm.warn(
        &exc::IMPORT_WARNING,
        "can't resolve package from __spec__ or __package__, falling back on __name__ and __path__",
        1,
    )?;
    let name = globals.get_str(&names.__name__);
    let Some(name) = name.as_ref().and_then(Value::downcast::<PyStr>) else {
        return Err(vm.error(&exc::KEY_ERROR, "'__name__' not in globals"));
    };
    let name = name.to_rust_string();
    if globals.get_str(&names.__path__).is_some() {
        return Ok(name);
    }
    Ok(name.rsplit_once('.').map_or(String::new(), |(parent, _)| parent.to_owned()))
}

/// `importlib._bootstrap`, set up at the first need: its own code runs as `_frozen_importlib`, then the path-based half,
/// then the finder of the embedded library goes in front of the file system's.
///
/// # Errors
/// What setting it up raises.
pub fn machinery(vm: Vm<'_>) -> PyResult<Value> {
    if let Some(known) = vm.interpreter().state_of("importlib") {
        return Ok(known);
    }
    let bootstrap = run_library_module(vm, BOOTSTRAP, "importlib._bootstrap")?;
    // From here on the module answers: what follows imports through it.
    vm.interpreter().set_state_of("importlib", bootstrap.clone());
    let set_up = || -> PyResult<()> {
        let sys = import_module(vm, "sys")?;
        let imp = crate::create(vm, &crate::imp::MODULE)?;
        drop(vm.interpreter().modules.set_str(&vm.intern("_imp"), imp.clone()));
        let install = vm.get_attr_str(&bootstrap, "_install")?;
        vm.call(&install, &[sys.clone(), imp])?;
        let external = vm.get_attr_str(&bootstrap, "_install_external_importers")?;
        vm.call(&external, &[])?;
        embedded::install_hook(vm, &sys)
    };
    match set_up() {
        Ok(()) => Ok(bootstrap),
        Err(raised) => {
            vm.interpreter().set_state_of("importlib", Value::NONE);
            Err(raised)
        }
    }
}

/// Runs a module of the embedded library under another name and enters it in `sys.modules`.
fn run_library_module(vm: Vm<'_>, name: &str, library_name: &str) -> PyResult<Value> {
    let Some(code) = library::get().and_then(|library| (library.code)(library_name)) else {
        let text = format!("No module named '{library_name}'");
        let missing = vm.intern(library_name).into_value();
        return Err(vm.raise(exceptions::import_error(
            vm,
            &exc::MODULE_NOT_FOUND_ERROR,
            &text,
            Some(&missing),
            None,
        )));
    };
    let new = PyModule::new_value(vm, name, None);
    drop(vm.interpreter().modules.set_str(&vm.intern(name), new.clone()));
    // What `importlib` asks of a frozen module that was there before it.
    module::add(vm, &new, "__origname__", vm.intern(library_name).into_value());
    let code = PyCode::new(vm, &code);
    run_in_module(vm, &code, &new)?;
    Ok(new)
}

/// Runs a module's code in its dictionary.
///
/// # Errors
/// What the code raises.
pub fn run_in_module(vm: Vm<'_>, code: &Py<PyCode>, target: &Value) -> PyResult<()> {
    let dict = module::dict_of(vm, target);
    let builtins = &vm.names().__builtins__;
    if dict.get_str(builtins).is_none() {
        drop(dict.set_str(builtins, vm.interpreter().builtins.to_value()));
    }
    let run = vm.interpreter().hooks().run_code;
    run(vm, code, RunIn { globals: &dict, locals: None, closure: None })?;
    Ok(())
}
