//! `breakpoint()` in the shell: a nested prompt that sees the live frames.

use eval::session::{self, FrameView};
use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::exceptions::hierarchy as exc;
use objects::types::module;

use crate::commands::{self, Answer};
use crate::console;
use crate::session::{Outcome, Session};
use crate::shell;

methods! { FUNCTIONS:
    /// The shell's hook: a prompt inside the program that called breakpoint().
    ["breakpointhook"] "($module, /, *args, **kws)" Any(breakpointhook);
}

/// Makes the nested prompt what `breakpoint()` opens, unless `PYTHONBREAKPOINT` names something else.
pub(crate) fn install(vm: Vm<'_>) {
    if std::env::var_os("PYTHONBREAKPOINT").is_some_and(|value| !value.is_empty()) {
        return;
    }
    if let Some(sys) = vm.interpreter().modules.get_str(&vm.intern("sys")) {
        module::add_functions(vm, &sys, FUNCTIONS);
    }
}

/// Whether a line is one of the debugger's own words.
pub(crate) fn is_key(line: &str) -> bool {
    matches!(
        line,
        "c" | "continue" | "q" | "quit" | "u" | "up" | "d" | "down" | "w" | "where" | "fr" | "st"
    )
}

fn breakpointhook(vm: Vm<'_>, _module: &Value, _args: Args<'_>) -> PyResult<Value> {
    vm.check_recursion(" in the nested prompt")?;
    let frames = session::frames(vm);
    let mut current = 0;
    let Some(mut session) = session_of(vm, &frames, current) else { return Ok(Value::NONE) };
    console::show(vm, &place(&frames, current));
    loop {
        let Some(text) = shell::read_input(vm, Some("(pyglass) ")) else {
            modules::sys::hooks::write_stderr("\n");
            return Ok(Value::NONE);
        };
        let line = text.trim();
        let command = match line {
            "c" | "continue" => return Ok(Value::NONE),
            "q" | "quit" => return Err(vm.error(&exc::KEYBOARD_INTERRUPT, "")),
            "u" | "up" | "d" | "down" => {
                let step =
                    if line.starts_with('u') { current + 1 } else { current.wrapping_sub(1) };
                if let Some(other) = session_of(vm, &frames, step) {
                    (current, session) = (step, other);
                }
                console::show(vm, &place(&frames, current));
                continue;
            }
            "w" | "where" | "fr" => "frames",
            "st" => "stack",
            _ => match line.strip_prefix(':') {
                Some(command) => command.trim(),
                None => {
                    if let Outcome::Leave(status) = session.evaluate(vm, &text) {
                        let status = Value::small_int_unchecked(i64::from(status));
                        return Err(vm.error_with(&exc::SYSTEM_EXIT, &[status]));
                    }
                    continue;
                }
            },
        };
        match commands::run(vm, &session, &frames, current, command) {
            Answer::Text(text) => console::show(vm, &text),
            Answer::Leave => return Err(vm.error(&exc::KEYBOARD_INTERRUPT, "")),
        }
    }
}

fn session_of(vm: Vm<'_>, frames: &[FrameView], index: usize) -> Option<Session> {
    let frame = &frames.get(index)?.frame;
    Some(Session::new(frame.globals().to_ref(), Some(frame.locals(vm))))
}

fn place(frames: &[FrameView], index: usize) -> String {
    frames.get(index).map_or_else(String::new, |frame| {
        let file = frame.code.filename.to_rust_string();
        let line = frame.line.map_or_else(|| "?".to_owned(), |line| line.to_string());
        console::sanitize(&format!("> {}  {file}:{line}\n", frame.name))
    })
}
