//! Text in, outcome out: each input is a module's code, run in the namespace of `__main__`.

use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use bytecode::code_spec::code_flags;
use modules::builtins::{
    CompileMode, CompileSettings, compile_parsed, compile_source, raise_syntax_error,
};
use modules::tracebacks::sources;
use objects::core::errors::{PyResult, Raised};
use objects::core::interpreter_state::RunIn;
use objects::core::pyref::PyRef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::code::PyCode;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy as exc;
use objects::types::exceptions::syntax_error::number as field;
use objects::types::str::PyStr;
use objects::types::traceback::PyTraceback;
use syntax::ast::nodes::Mod;

use crate::debugger;
use crate::display;
use crate::history::History;
use crate::panics;
use crate::settings::Settings;
use crate::stepper;
use crate::transcript::{self, Cell};

/// The future features that one input turns on for those behind it.
const FUTURES: u32 = 0x1fe_0000;

/// What became of an input.
pub(crate) enum Outcome {
    /// It ran, or it failed and the failure was shown: the next prompt comes.
    Next,
    /// The program leaves with this status.
    Leave(i32),
}

/// Whose manners the session has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// One statement an input, named `<stdin>`: a pipe, a plain terminal, `breakpoint()`.
    Lines,
    /// An input of the editor is a cell of any number of statements, named `<python-input-N>`.
    Cells,
}

/// A file that inputs are kept in.
#[derive(Debug)]
pub(crate) struct Log {
    /// Its path.
    pub(crate) path: PathBuf,
    /// The file.
    pub(crate) file: File,
}

/// What a shell keeps between inputs.
pub(crate) struct Session {
    /// The namespace of `__main__`.
    pub(crate) globals: PyRef<PyDict>,
    /// The mapping that names are bound in, where that is not the namespace: the locals of a frame.
    pub(crate) locals: Option<Value>,
    /// Whose manners it has.
    pub(crate) style: Style,
    /// The texts of the inputs so far: their number is that of the next input.
    pub(crate) inputs: Vec<String>,
    /// How many inputs of a session of lines were parsed.
    parsed: u64,
    /// The code of the last input that compiled.
    pub(crate) last_code: Option<PyRef<PyCode>>,
    /// The text of the last input.
    pub(crate) last_text: String,
    /// The exception that the last failure showed.
    pub(crate) last_exception: Option<Value>,
    /// Whether the last input succeeded.
    pub(crate) succeeded: bool,
    /// The settings.
    pub(crate) settings: Settings,
    /// The history, where one is kept.
    pub(crate) history: Option<History>,
    /// The names that the namespace had at the start.
    pub(crate) first_names: Vec<String>,
    /// Whether its frames have ended.
    pub(crate) post_mortem: bool,
    /// The command that a bare colon repeats.
    pub(crate) last_command: Option<String>,
    /// Another shell's history was taken over: Up is to find it.
    pub(crate) imported: bool,
    /// A command's answer is kept as a text, not shown.
    pub(crate) captures: bool,
    /// How many commands of the user's stand for each other now.
    pub(crate) own_depth: usize,
    /// Before each input the modules whose files have changed are imported anew.
    pub(crate) reloads: bool,
    /// When the files of modules were written, as far as that was asked.
    pub(crate) module_times: Option<Value>,
    /// The folder that `:cd` left.
    pub(crate) last_folder: Option<PathBuf>,
    /// Where inputs are kept as a program.
    pub(crate) log: Option<Log>,
    /// The errors that ended inputs, by their numbers.
    errors: HashMap<usize, String>,
    future_flags: u32,
    /// The event loop that top-level awaits run in.
    runner: Option<Value>,
}

impl Session {
    /// A session in a namespace.
    pub(crate) fn new(globals: PyRef<PyDict>, locals: Option<Value>) -> Self {
        let first_names = globals.string_keys().iter().map(|key| key.to_rust_string()).collect();
        Self {
            globals,
            locals,
            style: Style::Lines,
            inputs: Vec::new(),
            parsed: 0,
            last_code: None,
            last_text: String::new(),
            last_exception: None,
            succeeded: true,
            settings: Settings::default(),
            history: None,
            first_names,
            post_mortem: false,
            last_command: None,
            imported: false,
            captures: false,
            own_depth: 0,
            reloads: false,
            module_times: None,
            last_folder: None,
            log: None,
            errors: HashMap::new(),
            future_flags: 0,
            runner: None,
        }
    }

    /// Runs an input. A panic of the machine below ends the input, not the session.
    pub(crate) fn evaluate(&mut self, vm: Vm<'_>, text: &str) -> Outcome {
        text.clone_into(&mut self.last_text);
        self.succeeded = false;
        panics::note_input(text);
        let ran = catch_unwind(AssertUnwindSafe(|| self.run(vm, text)));
        if vm.thread().tracing.depth.get() == 0 {
            // Stepping ends with what was stepped through.
            stepper::rest(vm);
            debugger::rest_of_interrupts(vm);
        }
        match ran {
            Ok(Ok(())) => {
                self.succeeded = true;
                Outcome::Next
            }
            Ok(Err(raised)) => self.failed(vm, raised),
            Err(_) => {
                let report = panics::take_report();
                modules::sys::hooks::write_stderr(&format!(
                    "SystemError: internal error{report}\n"
                ));
                Outcome::Next
            }
        }
    }

    fn run(&mut self, vm: Vm<'_>, text: &str) -> PyResult<()> {
        match self.style {
            Style::Lines => self.run_line(vm, text),
            Style::Cells => self.run_cell(vm, text),
        }
    }

    /// CPython counts lines without a statement among the inputs that it names.
    pub(crate) fn counted(&mut self) {
        self.parsed += 1;
    }

    fn settings_of_compiler(&self, top_level_await: bool) -> CompileSettings {
        CompileSettings {
            future_flags: self.future_flags,
            top_level_await,
            ..CompileSettings::default()
        }
    }

    /// As CPython reads standard input: what does not parse is an error of `<stdin>`, what does has a name of its own.
    fn run_line(&mut self, vm: Vm<'_>, text: &str) -> PyResult<()> {
        let stdin = PyStr::new_value(vm, "<stdin>");
        let options = parse_options(vm, true);
        let filename = PyStr::new_value(vm, &format!("<stdin-{}>", self.parsed));
        let parsed = syntax::parse(text, syntax::Mode::Single, &options).map_err(|error| {
            // CPython looks at future features only when the whole input has been parsed.
            let late = error.message.starts_with("future feature ");
            raise_syntax_error(vm, &error, text, if late { &filename } else { &stdin })
        })?;
        self.parsed += 1;
        let code = compile_parsed(vm, &parsed, text, &filename, self.settings_of_compiler(false))
            .map_err(|raised| with_source_line(vm, raised, text))?;
        drop(parsed);
        self.execute(vm, &code, text)
    }

    /// As CPython 3.14's own editor runs a cell: all statements but the last as a module's, the last as a prompt's,
    /// which shows its value.
    fn run_cell(&mut self, vm: Vm<'_>, text: &str) -> PyResult<()> {
        // A blank in front keeps a line out of the history; it is no indentation.
        let text = if text.trim_end().contains('\n') { text } else { text.trim_start_matches(' ') };
        let number = self.inputs.len();
        self.inputs.push(text.trim_end().to_owned());
        display::begin(vm, number, text);
        let filename = PyStr::new_value(vm, &format!("<python-input-{number}>"));
        let options = parse_options(vm, false);
        let mut parsed = syntax::parse(text, syntax::Mode::Exec, &options)
            .map_err(|error| raise_syntax_error(vm, &error, text, &filename))?;
        let Mod::Module(body) = &mut parsed.tree else { return Ok(()) };
        let Some(last) = body.pop() else { return Ok(()) };
        if !body.is_empty() {
            let code =
                compile_parsed(vm, &parsed, text, &filename, self.settings_of_compiler(true))?;
            self.execute(vm, &code, text)?;
            parsed.warnings.clear();
        }
        parsed.tree = Mod::Interactive(vec![last]);
        let code = compile_parsed(vm, &parsed, text, &filename, self.settings_of_compiler(true))?;
        drop(parsed);
        self.execute(vm, &code, text)
    }

    fn execute(&mut self, vm: Vm<'_>, code: &PyRef<PyCode>, text: &str) -> PyResult<()> {
        self.future_flags |= code.spec().flags & FUTURES;
        sources::register_code(code.shared_spec(), &Arc::from(text));
        self.last_code = Some(code.clone());
        if code.has_flags(code_flags::COROUTINE) {
            return self.run_coroutine(vm, code);
        }
        let place = RunIn { globals: &self.globals, locals: self.locals.as_ref(), closure: None };
        (vm.interpreter().hooks().run_code)(vm, code, place)?;
        Ok(())
    }

    /// An input that awaits runs in the session's event loop.
    fn run_coroutine(&mut self, vm: Vm<'_>, code: &PyRef<PyCode>) -> PyResult<()> {
        let runner = match &self.runner {
            Some(runner) => runner.clone(),
            None => {
                let asyncio = modules::importing::import_module(vm, "asyncio")?;
                let class = vm.get_attr_str(&asyncio, "Runner")?;
                let runner = vm.call(&class, &[])?;
                self.runner = Some(runner.clone());
                runner
            }
        };
        // Called as a function it would have no place for the names that it binds.
        let place = RunIn { globals: &self.globals, locals: self.locals.as_ref(), closure: None };
        let coroutine = (vm.interpreter().hooks().run_code)(vm, code, place)?;
        vm.call_method(&runner, &vm.intern("run"), &[coroutine])
            .map_err(|raised| without_loop(vm, raised))?;
        Ok(())
    }

    /// The inputs so far, with what each showed.
    pub(crate) fn cells(&self) -> Vec<Cell> {
        (0..self.inputs.len()).filter_map(|number| self.cell(number)).collect()
    }

    fn cell(&self, number: usize) -> Option<Cell> {
        Some(Cell {
            number,
            source: self.inputs.get(number)?.clone(),
            shown: display::shown_by(number),
            error: self.errors.get(&number).cloned(),
            bytecode: String::new(),
        })
    }

    /// Keeps what was entered in the log, if there is one; `before` is how many inputs there were.
    pub(crate) fn keep(&mut self, text: &str, before: usize) -> Result<(), String> {
        let Some(log) = &mut self.log else { return Ok(()) };
        let path = log.path.display().to_string();
        let cell = match self.cell(before) {
            Some(cell) => cell,
            // A command is no input.
            None => Cell { source: text.trim_end().to_owned(), ..Cell::default() },
        };
        let mut kept = String::new();
        transcript::push_program(&mut kept, &cell);
        let Some(log) = &mut self.log else { return Ok(()) };
        log.file.write_all(kept.as_bytes()).map_err(|error| {
            self.log = None;
            format!("the log {path} ends: {error}\n")
        })
    }

    /// Binds a name where the session's statements bind theirs.
    pub(crate) fn bind(&self, vm: Vm<'_>, name: &str, value: Value) {
        let key = vm.intern(name);
        let locals = self.locals.as_ref().and_then(|locals| locals.downcast::<PyDict>());
        // The old value is dropped when nothing is borrowed.
        drop(match locals {
            Some(locals) => locals.set_str(&key, value),
            None => self.globals.set_str(&key, value),
        });
    }

    /// Runs code in the session's namespace.
    pub(crate) fn run_code(&self, vm: Vm<'_>, code: &PyRef<PyCode>) -> PyResult<()> {
        let place = RunIn { globals: &self.globals, locals: self.locals.as_ref(), closure: None };
        (vm.interpreter().hooks().run_code)(vm, code, place)?;
        Ok(())
    }

    /// The value of an expression, which names a command's target.
    pub(crate) fn value_of(&self, vm: Vm<'_>, text: &str) -> PyResult<Value> {
        let filename = PyStr::new_value(vm, "<command>");
        let settings = self.settings_of_compiler(false);
        let text = text.trim();
        let code = compile_source(vm, text, &filename, CompileMode::Eval, settings)?;
        // What a lambda among it looks like may be asked for.
        if code.spec().nested().next().is_some() {
            sources::register_code(code.shared_spec(), &Arc::from(text));
        }
        let place = RunIn { globals: &self.globals, locals: self.locals.as_ref(), closure: None };
        (vm.interpreter().hooks().run_code)(vm, &code, place)
    }

    /// Compiles and runs a text whose values are not shown: the seconds it took.
    pub(crate) fn time(&self, vm: Vm<'_>, text: &str, mode: CompileMode) -> PyResult<f64> {
        let filename = PyStr::new_value(vm, "<command>");
        let code = compile_source(vm, text, &filename, mode, self.settings_of_compiler(false))?;
        sources::register_code(code.shared_spec(), &Arc::from(text));
        let place = RunIn { globals: &self.globals, locals: self.locals.as_ref(), closure: None };
        let begun = Instant::now();
        (vm.interpreter().hooks().run_code)(vm, &code, place)?;
        Ok(begun.elapsed().as_secs_f64())
    }

    /// Shows a failure and keeps it.
    pub(crate) fn failed(&mut self, vm: Vm<'_>, raised: Raised) -> Outcome {
        if vm.raised_is(&raised, &exc::SYSTEM_EXIT) {
            return Outcome::Leave(lifecycle::run::report(vm, raised));
        }
        let exception = vm.take(raised);
        if let Some(number) = self.inputs.len().checked_sub(1) {
            let text = modules::sys::hooks::plain_text(vm, &exception);
            self.errors.insert(number, text.trim_end().to_owned());
        }
        self.last_exception = Some(exception.clone());
        for (name, value) in [
            ("last_exc", exception.clone()),
            ("last_type", exception.class().to_value()),
            ("last_value", exception.clone()),
            ("last_traceback", traceback_of(&exception)),
        ] {
            drop(vm.interpreter().sys.set_str(&vm.intern(name), value));
        }
        lifecycle::run::show_unflushed(vm, &exception);
        Outcome::Next
    }
}

fn parse_options(vm: Vm<'_>, interactive: bool) -> syntax::ParseOptions {
    let int_max_str_digits = vm.interpreter().int_max_str_digits.get();
    syntax::ParseOptions { int_max_str_digits, interactive, ..syntax::ParseOptions::default() }
}

/// The compiler knows no line of a prompt's text: the shell does.
fn with_source_line(vm: Vm<'_>, raised: Raised, text: &str) -> Raised {
    if !vm.raised_is(&raised, &exc::SYNTAX_ERROR) {
        return raised;
    }
    let exception = vm.take(raised);
    let payload = objects::types::exceptions::base::payload_of(&exception);
    let line = payload.field(field::LINENO).and_then(|line| line.as_small_int());
    let line = line.and_then(|line| usize::try_from(line).ok()?.checked_sub(1));
    let has_text = payload.field(field::TEXT).is_some_and(|text| !text.is_none());
    if let Some(line) = line.and_then(|line| text.split_inclusive('\n').nth(line))
        && !has_text
    {
        payload.set_field(field::TEXT, Some(PyStr::new_value(vm, line)));
    }
    vm.raise(exception)
}

/// An exception of an input that awaits, without the frames of the loop that ran it.
fn without_loop(vm: Vm<'_>, raised: Raised) -> Raised {
    without_frames(vm, raised, |file| !file.starts_with("<python-input-"))
}

/// An exception without the outermost frames that are the shell's own affair, by the names of their files.
pub(crate) fn without_frames(vm: Vm<'_>, raised: Raised, is_own: impl Fn(&str) -> bool) -> Raised {
    let exception = vm.take(raised);
    let mut next = Some(traceback_of(&exception));
    while let Some(entry) = next.as_ref().and_then(|value| value.downcast::<PyTraceback>()) {
        if !is_own(&entry.frame.code().filename.to_rust_string()) {
            break;
        }
        let behind = entry.next.get();
        next = behind;
    }
    let payload = objects::types::exceptions::base::payload_of(&exception);
    payload.traceback.set(next.filter(|next| !next.is_none()));
    vm.raise(exception)
}

/// An exception's traceback; None as a value where it has none.
pub(crate) fn traceback_of(exception: &Value) -> Value {
    let payload = objects::types::exceptions::base::payload_of(exception);
    payload.traceback.get().unwrap_or(Value::NONE)
}
