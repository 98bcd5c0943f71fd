//! The steps of initialisation: runtime, types, `builtins` and `sys`, the evaluation loop, streams, `__main__`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use base::hash::HashKey;
use modules::importing;
use modules::sys::info::{self, Flags};
use objects::core::bootstrap;
use objects::core::errors::PyResult;
use objects::core::pyref::PyRef;
use objects::core::runtime_state::Phase;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::dict::PyDict;
use objects::types::list::PyList;
use objects::types::module::{self, PyModule};
use objects::types::str::PyStr;

use crate::config::{Config, Target};
use crate::{embedded_library, finalize, site};

/// The stack that the main thread surely has where no limit is set.
const STACK_DEFAULT: usize = 8 << 20;

/// Starts an interpreter, runs `f` in it and takes it down: the exit status.
pub fn start(config: &Config, f: impl FnOnce(Vm<'_>) -> i32) -> i32 {
    let key = hash_key(config);
    let thread = bootstrap::start(stack_low(), modules::thread::system_ident(), (key.k0, key.k1));
    Vm::enter(thread, |vm| {
        if let Err(raised) = initialize(vm, config) {
            let message = modules::sys::hooks::plain_text(vm, &vm.take(raised));
            modules::sys::hooks::write_stderr(&format!("pyglass: cannot start: {message}"));
            return 1;
        }
        let status = f(vm);
        finalize::finalize(vm, status)
    })
}

/// The lowest address of the main thread's stack: where it is now, less what it may grow to.
fn stack_low() -> usize {
    let here = 0u8;
    let limit = rustix::process::getrlimit(rustix::process::Resource::Stack).current;
    let size = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(STACK_DEFAULT);
    std::ptr::from_ref(&here).addr().saturating_sub(size.min(1 << 30))
}

fn hash_key(config: &Config) -> HashKey {
    use std::hash::{BuildHasher, Hasher, RandomState};
    match config.hash_seed {
        Some(seed) => HashKey::from_seed(seed),
        None => {
            let random = || RandomState::new().build_hasher().finish();
            HashKey { k0: random(), k1: random() }
        }
    }
}

fn initialize(vm: Vm<'_>, config: &Config) -> PyResult<()> {
    let interpreter = vm.interpreter();
    let optimize = u8::try_from(config.flags.optimize.min(2)).unwrap_or(2);
    interpreter.optimize.set(optimize);
    if let Ok(digits) = usize::try_from(config.flags.int_max_str_digits) {
        interpreter.int_max_str_digits.set(digits);
    }
    interpreter.bytes_warning.set(config.flags.bytes_warning != 0);
    interpreter.debug_ranges.set(config.debug_ranges);
    interpreter.fuse.set(config.x_option("unfused").is_none());
    interpreter.words.set(config.x_option("words").map(|_| 0));
    interpreter.warn.set(Some(modules::warnings::warn_at));
    eval::install(interpreter);
    let builtins = own_module(vm, "builtins", &interpreter.builtins)?;
    let sys = own_module(vm, "sys", &interpreter.sys)?;
    let constant = |name: &str| vm.get_attr_str(&builtins, name);
    let _ = interpreter.all_any.set([constant("all")?, constant("any")?]);
    fill_sys(vm, config, &sys)?;
    streams(vm, config, &sys)?;
    make_main(vm)?;
    modules::signal::install(vm);
    interpreter.runtime().phase.set(Phase::Main);
    apply_options(vm, config)
}

/// What options of the command line set going before the program: diagnostics, warnings, `site`.
fn apply_options(vm: Vm<'_>, config: &Config) -> PyResult<()> {
    modules::import_time::set_mode(config.import_time);
    if config.faulthandler && modules::find("faulthandler").is_some() {
        let faulthandler = importing::import_module(vm, "faulthandler")?;
        vm.call_method(&faulthandler, &vm.intern("enable"), &[])?;
    }
    if config.tracemalloc > 0 && modules::find("_tracemalloc").is_some() {
        let tracemalloc = importing::import_module(vm, "_tracemalloc")?;
        let frames = Value::small_int_unchecked(config.tracemalloc);
        vm.call_method(&tracemalloc, &vm.intern("start"), &[frames])?;
    }
    if !config.warnings.is_empty() {
        importing::import_module(vm, "warnings")?;
    }
    let (_, library) = folders(config);
    site::run(vm, config, &library)
}

/// A module whose dictionary the interpreter knows.
fn own_module(vm: Vm<'_>, name: &str, dict: &PyRef<PyDict>) -> PyResult<Value> {
    let Some(row) = modules::find(name) else {
        return Err(vm.system_error(format!("no native module named {name}")));
    };
    let new = PyModule::new_with_dict(vm, row.name, row.doc, dict.clone());
    drop(vm.interpreter().modules.set_str(&vm.intern(name), new.clone()));
    modules::fill(vm, row, &new)?;
    Ok(new)
}

/// `__main__`: an empty module.
fn make_main(vm: Vm<'_>) -> PyResult<()> {
    let main = PyModule::new_value(vm, "__main__", None);
    let builtins = vm.interpreter().modules.get_str(&vm.intern("builtins"));
    if let Some(builtins) = builtins {
        module::add(vm, &main, "__builtins__", builtins);
    }
    drop(vm.interpreter().modules.set_str(&vm.names().__main__, main));
    Ok(())
}

/// Text of an operating system string.
pub(crate) fn os_text(vm: Vm<'_>, text: &OsStr) -> PyResult<Value> {
    Ok(PyStr::from_fs_bytes(vm, text.as_bytes())?.into_value())
}

fn text_list(vm: Vm<'_>, items: impl IntoIterator<Item = OsString>) -> PyResult<Value> {
    let mut list = Vec::new();
    for item in items {
        list.push(os_text(vm, &item)?);
    }
    Ok(PyList::new_value(vm, list))
}

/// `sys.argv`: the script's name as Python sees it, then its arguments.
fn arguments(config: &Config) -> Vec<OsString> {
    let first = match &config.target {
        Target::Command(_) => OsString::from("-c"),
        Target::Module(_) => OsString::from("-m"),
        Target::Dash => OsString::from("-"),
        Target::File(file) => file.clone(),
        _ => OsString::new(),
    };
    std::iter::once(first).chain(config.args.iter().cloned()).collect()
}

/// The folder that the program is installed in, and that of its library.
fn folders(config: &Config) -> (PathBuf, PathBuf) {
    // The library is inside the program: only what it says of its place is another one.
    if let Some(home) = config.environment("PYTHONHOME") {
        let home = home.as_bytes().split(|byte| *byte == b':').next().unwrap_or_default();
        let prefix = PathBuf::from(OsStr::from_bytes(home));
        let library = prefix.join("lib").join("python3.14");
        return (prefix, library);
    }
    let real = std::env::current_exe().unwrap_or_default();
    let folder = real.parent().unwrap_or(Path::new("/"));
    let prefix = folder.parent().unwrap_or(folder).to_path_buf();
    let library = prefix.join("lib").join("python3.14");
    (prefix, library)
}

fn fill_sys(vm: Vm<'_>, config: &Config, sys: &Value) -> PyResult<()> {
    let executable = config.executable();
    let (base_prefix, library) = folders(config);
    let prefix = site::virtual_environment(&executable).unwrap_or_else(|| base_prefix.clone());
    let real = std::env::current_exe().unwrap_or_else(|_| executable.clone());
    embedded_library::install(&library.to_string_lossy());
    let flags: &Flags = &config.flags;
    info::set_flags(vm, sys, flags)?;
    let prefix_text = os_text(vm, prefix.as_os_str())?;
    let base_prefix_text = os_text(vm, base_prefix.as_os_str())?;
    let base_executable = if prefix == base_prefix { &executable } else { &real };
    let pycache_prefix = match &config.pycache_prefix {
        Some(folder) => os_text(vm, folder)?,
        None => Value::NONE,
    };
    for (name, value) in [
        ("executable", os_text(vm, executable.as_os_str())?),
        ("_base_executable", os_text(vm, base_executable.as_os_str())?),
        ("prefix", prefix_text.clone()),
        ("exec_prefix", prefix_text),
        ("base_prefix", base_prefix_text.clone()),
        ("base_exec_prefix", base_prefix_text),
        ("pycache_prefix", pycache_prefix),
        ("_stdlib_dir", os_text(vm, library.as_os_str())?),
        ("dont_write_bytecode", Value::from_bool(flags.dont_write_bytecode != 0)),
        ("argv", text_list(vm, arguments(config))?),
        ("orig_argv", text_list(vm, config.original.iter().cloned())?),
        ("path", text_list(vm, search_path(config, &library))?),
        ("warnoptions", text_list(vm, config.warnings.iter().map(OsString::from))?),
    ] {
        module::add(vm, sys, name, value);
    }
    let options = PyDict::new_ref(vm);
    for (name, value) in &config.x_options {
        let value = match value {
            Some(text) => os_text(vm, OsStr::new(text))?,
            None => Value::TRUE,
        };
        drop(options.set_str(&vm.intern(name), value));
    }
    module::add(vm, sys, "_xoptions", options.into_value());
    let check = PyStr::new_value(vm, &config.check_hash_pycs);
    vm.interpreter().set_state_of("check_hash_based_pycs", check);
    let cpus = Value::small_int_unchecked(config.cpu_count);
    vm.interpreter().set_state_of("cpu_count", cpus);
    Ok(())
}

/// `sys.path` without the script's own folder, which `run` puts in front, and without what `site` adds behind.
fn search_path(config: &Config, library: &Path) -> Vec<OsString> {
    let mut path = Vec::new();
    if let Some(given) = config.environment("PYTHONPATH") {
        path.extend(std::env::split_paths(&given).map(PathBuf::into_os_string));
    }
    path.push(library.as_os_str().to_owned());
    path
}

fn streams(vm: Vm<'_>, config: &Config, sys: &Value) -> PyResult<()> {
    let Some(row) = modules::find("_io") else {
        return Err(vm.system_error("no native module named _io"));
    };
    let io = modules::create(vm, row)?;
    drop(vm.interpreter().modules.set_str(&vm.intern("_io"), io));
    let streams = [
        (0, "stdin", "__stdin__", "<stdin>"),
        (1, "stdout", "__stdout__", "<stdout>"),
        (2, "stderr", "__stderr__", "<stderr>"),
    ];
    for (descriptor, name, saved, shown) in streams {
        let stream = modules::io::standard_stream(
            vm,
            descriptor,
            shown,
            config.unbuffered,
            config.stream_encoding().as_deref(),
            &config.stream_errors(),
        )?;
        module::add(vm, sys, name, stream.clone());
        module::add(vm, sys, saved, stream);
    }
    Ok(())
}
