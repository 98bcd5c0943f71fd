//! The loop of prompts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use lifecycle::Config;
use lifecycle::config::Target;
use modules::importing;
use objects::core::errors::Raised;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::exceptions::hierarchy as exc;
use objects::types::module;
use objects::types::str::PyStr;
use syntax::Completeness;

use crate::commands::{self, Answer};
use crate::console::{self, Line};
use crate::debugger;
use crate::display;
use crate::editor::{self, Editor, Input, enter};
use crate::history::{self, History};
use crate::panics;
use crate::session::{Outcome, Session, Style};
use crate::settings;
use crate::startup;

/// Runs the shell: the exit status.
pub(crate) fn run(vm: Vm<'_>, config: &Config) -> i32 {
    let main = match importing::import_module(vm, "__main__") {
        Ok(main) => main,
        Err(raised) => return lifecycle::run::report(vm, raised),
    };
    panics::install();
    modules::signal::guard_terminal();
    set_default(vm, "ps1", ">>> ");
    set_default(vm, "ps2", "... ");
    if config.target == Target::Stdin {
        insert_current_folder(vm, config);
    }
    debugger::install(vm);
    let mut session = Session::new(module::dict_of(vm, &main), None);
    let able = editor::is_able();
    if able {
        let (settings, wrong) = settings::load();
        session.settings = settings;
        let theme = settings::options().theme.clone();
        let chosen = theme.map(|theme| session.settings.set("display.theme", &theme));
        let refused = chosen.and_then(Result::err).map(|message| format!("pyglass: {message}\n"));
        for line in wrong.into_iter().chain(refused) {
            modules::sys::hooks::write_stderr(&console::sanitize(&line));
        }
    }
    let editor = Editor::new(vm, session.globals.clone(), None, &session.settings);
    if !config.quiet && session.settings.banner {
        modules::sys::hooks::write_stderr(&banner());
    }
    if let Some(status) = startup::run(vm, config, &mut session, able) {
        return status;
    }
    session.first_names =
        session.globals.string_keys().iter().map(|key| key.to_rust_string()).collect();
    let status = match editor {
        Some(editor) => cells(vm, &mut session, editor),
        None => lines(vm, &mut session),
    };
    debugger::end(vm);
    status
}

/// The loop with an editor.
fn cells(vm: Vm<'_>, session: &mut Session, mut editor: Editor<'_>) -> i32 {
    session.style = Style::Cells;
    display::install(vm, &session.settings);
    let settings = &session.settings;
    let history = History::new(history::path(), settings.ignore_space, &settings.ignored);
    let is_new = history.path().is_some_and(|path| !path.exists());
    if let Some(path) = history.path() {
        let entries = history::load(path);
        editor.remember(entries.into_iter().map(|entry| entry.source).collect());
    }
    if let Some(path) = history.path().filter(|_| !is_new) {
        history::compact_aside(path, session.settings.history_max);
    }
    session.history = Some(history);
    if is_new && session.settings.import {
        take_over(session);
    }
    let mut initial = String::new();
    let mut known = Known::of(session);
    loop {
        known.follow(session, &mut editor);
        console::flush(vm);
        let (ps1, ps2) = (prompt(vm, "ps1"), prompt(vm, "ps2"));
        // A thread that stopped at a breakpoint meanwhile has its prompt first.
        let turn = debugger::turns::take(vm, || ());
        let heard = editor.listen(&ps1, &ps2, &std::mem::take(&mut initial));
        drop(turn);
        let input = match heard {
            editor::Reading::Input(input) => input,
            editor::Reading::Raised(raised) => {
                if let Some(status) = handler_raised(vm, session, raised) {
                    return status;
                }
                continue;
            }
        };
        let text = match input {
            Input::Text(text) => text,
            Input::Edit(text) => {
                initial = commands::edit_text(vm, &text);
                continue;
            }
            Input::Disassemble(text) => {
                console::show(vm, &commands::disassemble_text(vm, session, &text));
                initial = text;
                continue;
            }
            Input::Command(command, text) => {
                if let Entered::Leave(status) = enter_text(vm, session, &command) {
                    return status;
                }
                initial = text;
                continue;
            }
            Input::Failed => {
                let report = panics::take_report();
                modules::sys::hooks::write_stderr(&format!(
                    "SystemError: internal error{report}\n"
                ));
                continue;
            }
            Input::Interrupted => {
                modules::sys::hooks::write_stderr("KeyboardInterrupt\n");
                continue;
            }
            Input::End => {
                return 0;
            }
        };
        if text.trim().is_empty() {
            continue;
        }
        let mut history = session.history.take();
        let number = record(&mut history, |history| history.begin(&text)).flatten();
        session.history = history;
        editor.remember(vec![text.clone()]);
        let begun = Instant::now();
        session.succeeded = true;
        if session.reloads {
            reload(vm, session);
        }
        let before = session.inputs.len();
        let entered = enter_text(vm, session, &text);
        if let Err(line) = session.keep(&text, before) {
            modules::sys::hooks::write_stderr(&line);
        }
        match entered {
            Entered::Next => {}
            Entered::Leave(status) => {
                finish(session, number, begun);
                return status;
            }
            Entered::Fill(text) => initial = text,
        }
        finish(session, number, begun);
    }
}

/// Imports anew the modules that have changed, and says so.
fn reload(vm: Vm<'_>, session: &mut Session) {
    match commands::reload_changed(vm, session) {
        Ok(text) => console::show(vm, &console::sanitize(&text)),
        Err(raised) => {
            session.failed(vm, raised);
        }
    }
}

/// A new history begins with those of other shells.
fn take_over(session: &mut Session) {
    for path in history::foreign::known() {
        // A file that is not what it seems costs nothing: its entries are only not found.
        let Ok(sources) = history::foreign::read(&path) else { continue };
        record(&mut session.history, |history| history.import(&sources));
    }
    session.imported = true;
}

/// What the editor knows of the settings.
struct Known {
    vi: bool,
    hints: bool,
    bindings: usize,
}

impl Known {
    fn of(session: &Session) -> Self {
        let settings = &session.settings;
        Self { vi: settings.vi, hints: settings.hints, bindings: settings.bindings.len() }
    }

    /// Tells the editor what has changed.
    fn follow(&mut self, session: &mut Session, editor: &mut Editor<'_>) {
        let settings = &session.settings;
        if (settings.vi, settings.hints) != (self.vi, self.hints) {
            editor.set(settings);
        }
        for binding in settings.bindings.iter().skip(self.bindings) {
            editor.bind(binding.clone());
        }
        *self = Self::of(session);
        if std::mem::take(&mut session.imported)
            && let Some(path) = session.history.as_ref().and_then(History::path)
        {
            let entries = history::load(path);
            editor.remember(entries.into_iter().map(|entry| entry.source).collect());
        }
    }
}

/// The handler of a signal raised while a prompt was up: the status if the session ends.
fn handler_raised(vm: Vm<'_>, session: &mut Session, raised: Raised) -> Option<i32> {
    if vm.raised_is(&raised, &exc::KEYBOARD_INTERRUPT) {
        // The prompt is its answer.
        vm.clear(raised);
        return None;
    }
    match session.failed(vm, raised) {
        Outcome::Next => None,
        Outcome::Leave(status) => Some(status),
    }
}

/// What an input asks of the loop.
enum Entered {
    Next,
    Leave(i32),
    /// The next prompt's buffer.
    Fill(String),
}

fn enter_text(vm: Vm<'_>, session: &mut Session, text: &str) -> Entered {
    let mut text = text.to_owned();
    // A command may give an input in its turn, once.
    for _ in 0..2 {
        let Some(command) = commands::command_of(&text) else { break };
        match run_command(vm, session, &command) {
            Answer::Text(shown) => {
                console::show(vm, &shown);
                return Entered::Next;
            }
            Answer::Leave(status) => return Entered::Leave(status),
            Answer::Fill(text) => return Entered::Fill(text),
            Answer::Run(given) => text = given,
            Answer::Enter(given) => {
                console::show(vm, &format!("{}\n", console::sanitize(given.trim_end())));
                text = given;
            }
        }
    }
    let word = text.trim();
    let is_bound = || session.globals.get_str(&vm.intern(word)).is_some();
    // As CPython's own editor has it: the word alone is meant as a call, while the program has not taken it.
    let text = match word {
        "exit" | "quit" | "copyright" | "help" if !is_bound() => format!("{word}()\n"),
        "clear" if !is_bound() => {
            console::show(vm, "\x1b[H\x1b[2J\x1b[3J");
            return Entered::Next;
        }
        _ if text.ends_with('\n') => text,
        _ => text + "\n",
    };
    match session.evaluate(vm, &text) {
        Outcome::Next => Entered::Next,
        Outcome::Leave(status) => Entered::Leave(status),
    }
}

/// A panic in a command is a line, as it is in a statement.
fn run_command(vm: Vm<'_>, session: &mut Session, command: &str) -> Answer {
    panics::note_input(command);
    display::leave_input();
    let ran = catch_unwind(AssertUnwindSafe(|| commands::run(vm, session, &[], 0, command)));
    ran.unwrap_or_else(|_| {
        session.succeeded = false;
        Answer::Text(format!("SystemError: internal error{}\n", panics::take_report()))
    })
}

fn finish(session: &mut Session, number: Option<u64>, begun: Instant) {
    let (took, ok) = (begun.elapsed(), session.succeeded);
    if let Some(number) = number {
        record(&mut session.history, |history| history.end(number, ok, took));
    }
}

/// Writes to the history; the one line of a failure is shown.
fn record<T>(
    history: &mut Option<History>,
    write: impl FnOnce(&mut History) -> Result<T, String>,
) -> Option<T> {
    match write(history.as_mut()?) {
        Ok(written) => Some(written),
        Err(line) => {
            modules::sys::hooks::write_stderr(&line);
            None
        }
    }
}

/// The loop without an editor: CPython's, plus commands.
fn lines(vm: Vm<'_>, session: &mut Session) -> i32 {
    loop {
        match read_input(vm, None) {
            Reading::End => {
                console::flush(vm);
                modules::sys::hooks::write_stderr("\n");
                return 0;
            }
            Reading::Refused => {}
            Reading::Nothing => session.counted(),
            Reading::Interrupted => modules::sys::hooks::write_stderr("\nKeyboardInterrupt\n"),
            Reading::Text(text) => {
                if let Some(command) = text.trim_start().strip_prefix(':') {
                    match run_command(vm, session, command.trim()) {
                        Answer::Text(text) => console::show(vm, &text),
                        Answer::Leave(status) => return status,
                        Answer::Enter(text) | Answer::Run(text) | Answer::Fill(text) => {
                            if let Outcome::Leave(status) = session.evaluate(vm, &text) {
                                return status;
                            }
                        }
                    }
                } else if let Outcome::Leave(status) = session.evaluate(vm, &text) {
                    return status;
                } else if session.succeeded {
                    // Behind an error CPython leaves what was written for the next time.
                    console::flush(vm);
                }
            }
        }
    }
}

fn banner() -> String {
    let (major, minor, _) = modules::sys::info::VERSION;
    format!(
        "pyglass {} (Python {major}.{minor}) on linux {}\n:help for commands, help() for Python, C-d to leave\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::ARCH
    )
}

fn set_default(vm: Vm<'_>, name: &str, text: &str) {
    let name = vm.intern(name);
    if vm.interpreter().sys.get_str(&name).is_none() {
        drop(vm.interpreter().sys.set_str(&name, PyStr::new_value(vm, text)));
    }
}

fn insert_current_folder(vm: Vm<'_>, config: &Config) {
    if config.safe_path {
        return;
    }
    let Some(path) = vm.interpreter().sys.get_str(&vm.names().path) else { return };
    let arguments = [Value::small_int_unchecked(0), PyStr::new_value(vm, "")];
    if let Err(raised) = vm.call_method(&path, &vm.intern("insert"), &arguments) {
        vm.clear(raised);
    }
}

/// The text of `sys.ps1` or `sys.ps2`, asked for anew at each prompt.
fn prompt(vm: Vm<'_>, name: &str) -> String {
    let Some(value) = vm.interpreter().sys.get_str(&vm.intern(name)) else { return String::new() };
    match vm.str(&value) {
        Ok(text) => text.to_rust_string(),
        Err(raised) => {
            vm.clear(raised);
            String::new()
        }
    }
}

/// What reading without an editor gives.
pub(crate) enum Reading {
    /// A statement or a command.
    Text(String),
    /// A line that cannot be decoded; its error has been shown.
    Refused,
    /// A line without a statement.
    Nothing,
    /// Ctrl-C
    Interrupted,
    /// The end of the input.
    End,
}

/// Shows the error of a line that cannot be decoded, behind the lines before it.
fn refuse(before: &str, message: &str) {
    let line = before.lines().next_back().unwrap_or_default();
    let caret = match line.chars().count() {
        0 => String::new(),
        column => format!("    {:column$}^\n", ""),
    };
    modules::sys::hooks::write_stderr(&format!(
        "  File \"<stdin>\", line {}\n    {line}\n{caret}SyntaxError: (unicode error) {message}\n",
        before.lines().count()
    ));
}

/// Reads one statement or command, over as many lines as it takes.
pub(crate) fn read_input(vm: Vm<'_>, own_prompt: Option<&str>) -> Reading {
    let mut text = String::new();
    loop {
        let prompt = match (text.is_empty(), own_prompt) {
            (true, Some(own)) => own.to_owned(),
            (true, None) => prompt(vm, "ps1"),
            (false, _) => prompt(vm, "ps2"),
        };
        let line = match console::read_line(vm, &prompt) {
            Line::Text(line) => line,
            Line::Undecodable(message) => {
                refuse(&text, &message);
                return Reading::Refused;
            }
            Line::Interrupted => return Reading::Interrupted,
            Line::End if text.is_empty() => return Reading::End,
            Line::End => {
                modules::sys::hooks::write_stderr("\n");
                return Reading::Text(text);
            }
        };
        if text.is_empty() {
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                return Reading::Nothing;
            }
            if trimmed.starts_with(':') || own_prompt.is_some_and(|_| debugger::is_key(trimmed)) {
                return Reading::Text(line);
            }
        }
        let blank = line == "\n";
        text.push_str(&line);
        if !text.ends_with('\n') {
            text.push('\n');
        }
        // Without its last newline, a block is whole only behind an empty line.
        match enter::completeness(text.strip_suffix('\n').unwrap_or(&text)) {
            Completeness::Incomplete if blank && enter::wants_block(&text) => {
                return Reading::Text(text);
            }
            Completeness::Incomplete => {}
            Completeness::Complete | Completeness::Invalid(_) => return Reading::Text(text),
        }
    }
}
