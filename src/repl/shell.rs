//! The loop of prompts.

use lifecycle::Config;
use modules::importing;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::module;
use objects::types::str::PyStr;
use syntax::Completeness;

use crate::commands::{self, Answer};
use crate::console::{self, Line};
use crate::debugger;
use crate::editor::{Editor, Input};
use crate::session::{Outcome, Session};

/// Runs the shell: the exit status.
pub(crate) fn run(vm: Vm<'_>, config: &Config) -> i32 {
    let main = match importing::import_module(vm, "__main__") {
        Ok(main) => main,
        Err(raised) => return lifecycle::run::report(vm, raised),
    };
    set_default(vm, "ps1", ">>> ");
    set_default(vm, "ps2", "... ");
    insert_current_folder(vm, config);
    debugger::install(vm);
    if !config.quiet {
        modules::sys::hooks::write_stderr(&banner());
    }
    let mut session = Session::new(module::dict_of(vm, &main), None);
    let mut editor = Editor::new(vm, session.globals.clone());
    session.inputs = editor.as_ref().map(|_| 0);
    loop {
        let input = match &mut editor {
            None => read_input(vm, None),
            Some(editor) => {
                console::flush(vm);
                match editor.read(&prompt(vm, "ps1")) {
                    Input::Text(text) if text.trim().is_empty() => continue,
                    Input::Text(text) => Some(text),
                    Input::Interrupted => {
                        modules::sys::hooks::write_stderr("KeyboardInterrupt\n");
                        continue;
                    }
                    Input::End => None,
                }
            }
        };
        let Some(text) = input else {
            console::flush(vm);
            modules::sys::hooks::write_stderr("\n");
            return 0;
        };
        if let Some(command) = text.trim_start().strip_prefix(':') {
            match commands::run(vm, &session, &[], 0, command.trim()) {
                Answer::Text(text) => console::show(vm, &text),
                Answer::Leave => return 0,
            }
            continue;
        }
        if let Outcome::Leave(status) = session.evaluate(vm, &text) {
            return status;
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
    if config.safe_path || config.target != lifecycle::config::Target::Stdin {
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

/// Reads one statement or command, over as many lines as it takes. None is the end of the input.
pub(crate) fn read_input(vm: Vm<'_>, own_prompt: Option<&str>) -> Option<String> {
    let mut text = String::new();
    loop {
        let prompt = match (text.is_empty(), own_prompt) {
            (true, Some(own)) => own.to_owned(),
            (true, None) => prompt(vm, "ps1"),
            (false, _) => prompt(vm, "ps2"),
        };
        let line = match console::read_line(vm, &prompt) {
            Line::Text(line) => line,
            Line::End if text.is_empty() => return None,
            Line::End => return Some(text),
        };
        if text.is_empty() {
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            if trimmed.starts_with(':') || own_prompt.is_some_and(|_| debugger::is_key(trimmed)) {
                return Some(line);
            }
        }
        text.push_str(&line);
        if !text.ends_with('\n') {
            text.push('\n');
        }
        // Without its last newline, a block is whole only behind an empty line.
        match syntax::completeness(text.strip_suffix('\n').unwrap_or(&text)) {
            Completeness::Incomplete => {}
            Completeness::Complete | Completeness::Invalid(_) => return Some(text),
        }
    }
}
