//! The plain shell: prompts on stderr and lines from standard input, for a pipe (`-i`) or a terminal that can do no more.

use std::io::BufRead;

use lifecycle::run;
use modules::sys::hooks;
use objects::core::value::Value;
use objects::core::vm::Vm;
use syntax::Completeness;

use crate::session::{Outcome, Session};

/// Reads statements and runs them until the input ends: the exit status.
pub(crate) fn run_plain(vm: Vm<'_>) -> i32 {
    let mut session = Session::new(vm);
    set_prompts(vm);
    let mut input = std::io::stdin().lock();
    loop {
        let Some(text) = read_statement(vm, &mut input) else {
            hooks::write_stderr("\n");
            return 0;
        };
        if text.trim().is_empty() {
            continue;
        }
        match session.run(&text, "<stdin>") {
            Outcome::Done => {}
            Outcome::Raised(exception) => run::show(vm, &exception),
            Outcome::Exit(status) => return status,
        }
        run::flush_streams(vm);
    }
}

/// `sys.ps1` and `sys.ps2`, where the program has not set them.
fn set_prompts(vm: Vm<'_>) {
    for (name, text) in [("ps1", ">>> "), ("ps2", "... ")] {
        let sys = &vm.interpreter().sys;
        let key = vm.intern(name);
        if sys.get_str(&key).is_none() {
            let prompt = objects::types::str::PyStr::new_value(vm, text);
            drop(sys.set_str(&key, prompt));
        }
    }
}

fn prompt(vm: Vm<'_>, name: &str) -> String {
    let value: Option<Value> = vm.interpreter().sys.get_str(&vm.intern(name));
    let Some(value) = value else { return String::new() };
    match vm.str(&value) {
        Ok(text) => text.to_rust_string(),
        Err(raised) => {
            vm.clear(raised);
            String::new()
        }
    }
}

fn read_line(input: &mut impl BufRead) -> Option<String> {
    let mut bytes = Vec::new();
    match input.read_until(b'\n', &mut bytes) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(String::from_utf8_lossy(&bytes).replace("\r\n", "\n")),
    }
}

/// The lines of one statement; None at the end of the input.
fn read_statement(vm: Vm<'_>, input: &mut impl BufRead) -> Option<String> {
    let mut text = String::new();
    loop {
        run::flush_streams(vm);
        hooks::write_stderr(&prompt(vm, if text.is_empty() { "ps1" } else { "ps2" }));
        let Some(line) = read_line(input) else {
            // What was begun is run as far as it goes, and its error shown.
            return if text.is_empty() { None } else { Some(text) };
        };
        if text.is_empty() && line.trim().is_empty() {
            return Some(line);
        }
        text.push_str(&line);
        // The last line's end says nothing yet: an empty line ends a block.
        let so_far = text.strip_suffix('\n').unwrap_or(&text);
        if !matches!(syntax::completeness(so_far), Completeness::Incomplete) {
            return Some(text);
        }
    }
}
