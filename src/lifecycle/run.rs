//! Runs a program: a file, `-c`, `-m`, stdin. What it raises ends here, in a traceback and an exit status.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use modules::builtins::{CompileMode, CompileSettings, compile_source, raise_syntax_error};
use modules::sys::hooks;
use modules::tracebacks::sources;
use modules::{importing, source_text};
use objects::core::errors::{PyResult, Raised};
use objects::core::interpreter_state::RunIn;
use objects::core::object::Py;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::bytes::PyBytes;
use objects::types::code::PyCode;
use objects::types::exceptions::base::payload_of;
use objects::types::exceptions::fields::number::VALUE;
use objects::types::exceptions::hierarchy as exc;
use objects::types::module;
use objects::types::str::PyStr;

use crate::config::{Config, Target};
use crate::init::os_text;

/// The status of a process that Ctrl-C ended.
pub(crate) const INTERRUPTED: i32 = 130;

/// Runs what the command line says: the exit status. [`Target::Stdin`] is read as a program.
pub fn run_target(vm: Vm<'_>, config: &Config) -> i32 {
    let result = match &config.target {
        Target::Command(code) => run_command(vm, config, code),
        Target::Module(name) => run_module(vm, config, name),
        Target::File(file) => return run_file(vm, config, file),
        _ => run_stdin(vm, config),
    };
    status_of(vm, result)
}

/// Flushes `sys.stdout` and `sys.stderr`.
pub fn flush_streams(vm: Vm<'_>) {
    crate::finalize::flush_streams(vm);
}

/// The exit status of a run that ended; an exception is shown.
pub fn status_of(vm: Vm<'_>, result: PyResult<()>) -> i32 {
    match result {
        Ok(()) => 0,
        Err(raised) => report(vm, raised),
    }
}

/// Shows an uncaught exception by `sys.excepthook`; SystemExit is the exit status that it says.
pub fn report(vm: Vm<'_>, raised: Raised) -> i32 {
    if vm.raised_is(&raised, &exc::SYSTEM_EXIT) {
        let exception = vm.take(raised);
        return exit_status(vm, &exception);
    }
    let interrupted = vm.raised_is(&raised, &exc::KEYBOARD_INTERRUPT);
    let exception = vm.take(raised);
    show(vm, &exception);
    vm.interpreter().runtime().unhandled_interrupt.set(interrupted);
    if interrupted { INTERRUPTED } else { 1 }
}

/// Shows an exception by `sys.excepthook`.
pub fn show(vm: Vm<'_>, exception: &Value) {
    crate::finalize::flush_streams(vm);
    show_unflushed(vm, exception);
}

/// As [`show`], but what the program wrote may still wait: the shell flushes it in front of its prompt.
pub fn show_unflushed(vm: Vm<'_>, exception: &Value) {
    let traceback = payload_of(exception).traceback.get().unwrap_or(Value::NONE);
    let hook = vm.interpreter().sys.get_str(&vm.names().excepthook);
    let shown = match hook {
        Some(hook) => vm
            .call(&hook, &[exception.class().to_value(), exception.clone(), traceback.clone()])
            .map(|_| ()),
        None => hooks::display_exception(vm, exception, Some(&traceback)),
    };
    if let Err(raised) = shown {
        if vm.raised_is(&raised, &exc::SYSTEM_EXIT) {
            vm.clear(raised);
            return;
        }
        let second = vm.take(raised);
        hooks::write_stderr("Error in sys.excepthook:\n");
        if let Err(raised) = hooks::display_exception(vm, &second, None) {
            vm.clear(raised);
        }
        hooks::write_stderr("\nOriginal exception was:\n");
        if let Err(raised) = hooks::display_exception(vm, exception, Some(&traceback)) {
            vm.clear(raised);
        }
    }
}

/// What `SystemExit` says: None is 0, an int its low byte, anything else is shown and is 1.
fn exit_status(vm: Vm<'_>, exception: &Value) -> i32 {
    let mut code = payload_of(exception).field(VALUE).unwrap_or(Value::NONE);
    if !exception.class().is(exc::SYSTEM_EXIT.get()) {
        match vm.get_attr_str(exception, "code") {
            Ok(own) => code = own,
            Err(raised) => vm.clear(raised),
        }
    }
    if code.is_none() {
        return 0;
    }
    if objects::protocol::number::is_int(&code) {
        let number = objects::types::int::as_i64(&code).or_else(|| code.as_bool().map(i64::from));
        let low = number.unwrap_or(-1) & 0xff;
        return i32::try_from(low).unwrap_or(255);
    }
    crate::finalize::flush_streams(vm);
    let text = match vm.str(&code) {
        Ok(text) => text.into_value(),
        Err(raised) => {
            vm.clear(raised);
            PyStr::new_value(vm, "")
        }
    };
    let stderr = vm.interpreter().sys.get_str(&vm.intern("stderr"));
    // The text goes as it is: the stream knows what to do with lone surrogates.
    let written = stderr.filter(|stream| !stream.is_none()).map(|stream| {
        vm.call_method(&stream, &vm.names().write, std::slice::from_ref(&text))?;
        vm.call_method(&stream, &vm.names().write, &[PyStr::new_value(vm, "\n")])
    });
    match written {
        Some(Ok(_)) => {}
        Some(Err(raised)) => vm.clear(raised),
        None => {
            let text = text.downcast::<PyStr>().map(Py::to_rust_string);
            hooks::write_stderr(&format!("{}\n", text.unwrap_or_default()));
        }
    }
    1
}

/// `__main__`
fn main_module(vm: Vm<'_>) -> PyResult<Value> {
    importing::import_module(vm, "__main__")
}

/// Runs text as the program, in `__main__`.
///
/// # Errors
/// What compiling and running raise.
pub fn run_text(vm: Vm<'_>, text: &str, filename: &Value, mode: CompileMode) -> PyResult<Value> {
    let code = compile_source(vm, text, filename, mode, CompileSettings::default())?;
    run_code(vm, &code)
}

fn run_code(vm: Vm<'_>, code: &Py<PyCode>) -> PyResult<Value> {
    let main = main_module(vm)?;
    let globals = module::dict_of(vm, &main);
    let run = vm.interpreter().hooks().run_code;
    run(vm, code, RunIn { globals: &globals, locals: None, closure: None })
}

/// Puts a folder in front of `sys.path`, unless the command line says not to.
fn prepend_path(vm: Vm<'_>, config: &Config, folder: &Value) -> PyResult<()> {
    if config.safe_path {
        return Ok(());
    }
    vm.interpreter().set_state_of("sys_path_0", folder.clone());
    insert_path(vm, folder)
}

fn insert_path(vm: Vm<'_>, folder: &Value) -> PyResult<()> {
    let path = vm.interpreter().sys.get_str(&vm.names().path);
    let Some(path) = path else { return Ok(()) };
    vm.call_method(&path, &vm.intern("insert"), &[Value::small_int_unchecked(0), folder.clone()])?;
    Ok(())
}

fn run_command(vm: Vm<'_>, config: &Config, code: &OsStr) -> PyResult<()> {
    let filename = PyStr::new_value(vm, "<string>");
    prepend_path(vm, config, &PyStr::new_value(vm, ""))?;
    let text = syntax::source::decode(code.as_bytes())
        .map_err(|error| raise_syntax_error(vm, &error, "", &filename))?;
    let text = if text.ends_with('\n') { text } else { text + "\n" };
    sources::register("<string>", &text);
    run_text(vm, &text, &filename, CompileMode::Exec)?;
    Ok(())
}

fn run_module(vm: Vm<'_>, config: &Config, name: &OsStr) -> PyResult<()> {
    let folder = std::env::current_dir().unwrap_or_default();
    let folder = os_text(vm, folder.as_os_str())?;
    prepend_path(vm, config, &folder)?;
    let runpy = importing::import_module(vm, "runpy")?;
    let name = os_text(vm, name)?;
    vm.call_method(&runpy, &vm.intern("_run_module_as_main"), &[name, Value::TRUE])?;
    Ok(())
}

fn run_stdin(vm: Vm<'_>, config: &Config) -> PyResult<()> {
    prepend_path(vm, config, &PyStr::new_value(vm, ""))?;
    let filename = PyStr::new_value(vm, "<stdin>");
    let main = main_module(vm)?;
    module::add(vm, &main, "__file__", filename.clone());
    module::add(vm, &main, "__cached__", Value::NONE);
    let mut bytes = Vec::new();
    if let Err(error) = std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes) {
        return Err(vm.os_error(error.raw_os_error().unwrap_or(5), None));
    }
    run_bytes(vm, &bytes, &filename)
}

/// The program without its first line where `-x` says so; the line's end stays, so that lines keep their numbers.
fn skip_line<'a>(config: &Config, bytes: &'a [u8]) -> &'a [u8] {
    if !config.skip_first_line {
        return bytes;
    }
    let end = bytes.iter().position(|&byte| byte == b'\n').unwrap_or(bytes.len());
    bytes.get(end..).unwrap_or_default()
}

fn run_bytes(vm: Vm<'_>, bytes: &[u8], filename: &Value) -> PyResult<()> {
    let text = source_text::decode(vm, bytes, filename, true)?;
    if let Some(name) = filename.downcast::<PyStr>().filter(|name| name.is_text("<stdin>")) {
        sources::register(&name.to_rust_string(), &text);
    }
    let code = compile_source(vm, &text, filename, CompileMode::Exec, CompileSettings::default())
        .map_err(|raised| source_text::as_of_file(vm, raised, &text))?;
    run_code(vm, &code)?;
    Ok(())
}

fn run_file(vm: Vm<'_>, config: &Config, file: &OsStr) -> i32 {
    let path = Path::new(file);
    if path.is_dir() || is_archive(path) {
        return run_folder(vm, file);
    }
    match std::fs::read(path) {
        Ok(bytes) => {
            let result = run_script(vm, config, file, skip_line(config, &bytes));
            status_of(vm, result)
        }
        Err(error) => {
            let errno = error.raw_os_error().unwrap_or(5);
            complain(vm, config, &absolute(path), errno);
            2
        }
    }
}

/// Says that a program's file cannot be read.
fn complain(vm: Vm<'_>, config: &Config, path: &Path, errno: i32) {
    let text = objects::types::exceptions::os_error::strerror(errno);
    let shown = os_text(vm, path.as_os_str()).and_then(|path| vm.repr(&path));
    let shown = match shown {
        Ok(shown) => shown.to_rust_string(),
        Err(raised) => {
            vm.clear(raised);
            format!("'{}'", path.display())
        }
    };
    let program = config.executable();
    hooks::write_stderr(&format!(
        "{}: can't open file {shown}: [Errno {errno}] {text}\n",
        program.display()
    ));
}

/// The file of a program as `__file__` and tracebacks show it: from the root, nothing resolved.
fn absolute(path: &Path) -> PathBuf {
    match std::env::current_dir() {
        Ok(here) => here.join(path),
        Err(_) => path.to_path_buf(),
    }
}

fn is_archive(path: &Path) -> bool {
    use std::io::Read;
    let mut head = [0; 4];
    path.is_file()
        && std::fs::File::open(path).is_ok_and(|mut file| file.read_exact(&mut head).is_ok())
        && head == *b"PK\x03\x04"
}

/// A folder or archive: its `__main__` is run, found through `sys.path[0]`.
fn run_folder(vm: Vm<'_>, file: &OsStr) -> i32 {
    let folder = absolute(Path::new(file));
    let result = os_text(vm, folder.as_os_str()).and_then(|folder| {
        vm.interpreter().set_state_of("sys_path_0", folder.clone());
        insert_path(vm, &folder)?;
        let runpy = importing::import_module(vm, "runpy")?;
        let name = vm.intern("__main__").into_value();
        vm.call_method(&runpy, &vm.intern("_run_module_as_main"), &[name, Value::FALSE])?;
        Ok(())
    });
    status_of(vm, result)
}

fn run_script(vm: Vm<'_>, config: &Config, file: &OsStr, bytes: &[u8]) -> PyResult<()> {
    let path = Path::new(file);
    let folder = script_folder(path);
    let folder = os_text(vm, folder.as_os_str())?;
    prepend_path(vm, config, &folder)?;
    let full = absolute(path);
    let filename = os_text(vm, full.as_os_str())?;
    let main = main_module(vm)?;
    module::add(vm, &main, "__file__", filename.clone());
    module::add(vm, &main, "__cached__", Value::NONE);
    if bytes.starts_with(&modules::imp::pyc_magic()) {
        return run_compiled(vm, &main, bytes);
    }
    run_bytes(vm, bytes, &filename)
}

/// The folder of a script: a link is followed once, then the folder is resolved.
fn script_folder(path: &Path) -> PathBuf {
    let target = match std::fs::read_link(path) {
        Ok(target) => path.parent().unwrap_or(Path::new("")).join(target),
        Err(_) => path.to_path_buf(),
    };
    let full = std::path::absolute(&target).unwrap_or(target);
    let folder = full.parent().map(Path::to_path_buf).unwrap_or_default();
    std::fs::canonicalize(&folder).unwrap_or(folder)
}

/// Runs a `.pyc` file: a header of 16 bytes, then the code object.
fn run_compiled(vm: Vm<'_>, main: &Value, bytes: &[u8]) -> PyResult<()> {
    let marshal = importing::import_module(vm, "marshal")?;
    let body = PyBytes::new_value(vm, bytes.get(16..).unwrap_or_default());
    let code = vm.call_method(&marshal, &vm.intern("loads"), &[body])?;
    let Some(code) = code.downcast::<PyCode>() else {
        return Err(vm.runtime_error("Bad code object in .pyc file"));
    };
    importing::run_in_module(vm, code, main)
}
