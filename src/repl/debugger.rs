//! `breakpoint()` in the shell: a nested prompt that sees the live frames. After an error the same prompt sees the dead ones.

use eval::session::{self, FrameView};
use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy as exc;
use objects::types::module;
use objects::types::traceback::PyTraceback;

use crate::commands::{self, Answer};
use crate::console;
use crate::editor::{Editor, Input};
use crate::session::{Outcome, Session, Style, traceback_of};
use crate::settings::Settings;
use crate::shell::{self, Reading};

methods! { FUNCTIONS:
    /// The shell's hook: a prompt inside the program that called breakpoint().
    ["breakpointhook"] "($module, /, *args, **kws)" Any(breakpointhook);
}

const PROMPT: &str = "(pyglass) ";

/// Makes the nested prompt what `breakpoint()` opens, unless `PYTHONBREAKPOINT` names something else.
pub(crate) fn install(vm: Vm<'_>) {
    if std::env::var_os("PYTHONBREAKPOINT").is_some_and(|value| !value.is_empty()) {
        return;
    }
    if let Some(sys) = vm.interpreter().modules.get_str(&vm.intern("sys")) {
        module::add_functions(vm, &sys, FUNCTIONS);
    }
}

/// The debugger's own words, with the command that some stand for.
const KEYS: &[(&str, &str)] = &[
    ("c", ""),
    ("continue", ""),
    ("q", ""),
    ("quit", ""),
    ("u", ""),
    ("up", ""),
    ("d", ""),
    ("down", ""),
    ("w", "frames"),
    ("where", "frames"),
    ("fr", "frames"),
    ("st", "stack"),
    ("l", "source --frame"),
    ("a", "locals"),
    ("h", "help"),
];

/// Whether a line is one of the debugger's own words.
pub(crate) fn is_key(line: &str) -> bool {
    KEYS.iter().any(|(key, _)| *key == line)
}

fn breakpointhook(vm: Vm<'_>, _module: &Value, _args: Args<'_>) -> PyResult<Value> {
    vm.check_recursion(" in the nested prompt")?;
    let frames = session::frames(vm);
    match prompt(vm, &frames, false)? {
        End::Continue => Ok(Value::NONE),
        End::Quit => Err(vm.error(&exc::KEYBOARD_INTERRUPT, "")),
    }
}

/// The prompt over the frames of the last exception.
pub(crate) fn post_mortem(vm: Vm<'_>, exception: &Value) -> PyResult<()> {
    let mut frames = Vec::new();
    let mut next = Some(traceback_of(exception));
    while let Some(entry) = next.as_ref().and_then(|value| value.downcast::<PyTraceback>()) {
        frames.push(FrameView {
            name: entry.frame.code().qualname.to_rust_string(),
            code: entry.frame.code().to_ref(),
            frame: entry.frame.clone(),
            lasti: entry.lasti.get(),
            line: entry.line_number(),
            stack: Vec::new(),
        });
        let behind = entry.next.get();
        next = behind;
    }
    frames.reverse();
    prompt(vm, &frames, true).map(|_| ())
}

enum End {
    Continue,
    Quit,
}

fn prompt(vm: Vm<'_>, frames: &[FrameView], post_mortem: bool) -> PyResult<End> {
    let mut current = 0;
    let Some(mut session) = session_of(vm, frames, current) else { return Ok(End::Continue) };
    console::show(vm, &place(frames, current));
    loop {
        session.post_mortem = post_mortem;
        let Some(text) = read(vm, frames, current) else {
            modules::sys::hooks::write_stderr("\n");
            return Ok(End::Continue);
        };
        let line = text.trim();
        let command = match line {
            "" => continue,
            "c" | "continue" => return Ok(End::Continue),
            "q" | "quit" => return Ok(End::Quit),
            "u" | "up" | "d" | "down" => {
                let step =
                    if line.starts_with('u') { current + 1 } else { current.wrapping_sub(1) };
                if let Some(other) = session_of(vm, frames, step) {
                    (current, session) = (step, other);
                }
                console::show(vm, &place(frames, current));
                continue;
            }
            _ => match KEYS.iter().find(|(key, command)| *key == line && !command.is_empty()) {
                Some((_, command)) => (*command).to_owned(),
                None => match commands::command_of(line) {
                    Some(command) => command,
                    None => {
                        let text = if text.ends_with('\n') { text } else { text + "\n" };
                        if let Outcome::Leave(status) = session.evaluate(vm, &text) {
                            let status = Value::small_int_unchecked(i64::from(status));
                            return Err(vm.error_with(&exc::SYSTEM_EXIT, &[status]));
                        }
                        continue;
                    }
                },
            },
        };
        match commands::run(vm, &mut session, frames, current, &command) {
            Answer::Text(text) | Answer::Fill(text) => console::show(vm, &text),
            Answer::Leave(_) => return Ok(End::Quit),
            Answer::Enter(text) | Answer::Run(text) => {
                session.evaluate(vm, &text);
            }
        }
    }
}

/// One input: from an editor where there can be one.
fn read(vm: Vm<'_>, frames: &[FrameView], current: usize) -> Option<String> {
    let frame = &frames.get(current)?.frame;
    let globals = frame.globals().to_ref();
    let locals = frame.locals_snapshot(vm).into_ref::<PyDict>().ok();
    match Editor::new(vm, globals, locals, &Settings::default()) {
        Some(mut editor) => loop {
            console::flush(vm);
            match editor.read(PROMPT, "... ", "") {
                Input::Text(text)
                | Input::Edit(text)
                | Input::Disassemble(text)
                | Input::Command(text, _) => {
                    return Some(text);
                }
                Input::Interrupted | Input::Failed => {
                    modules::sys::hooks::write_stderr("KeyboardInterrupt\n")
                }
                Input::End => return None,
            }
        },
        None => loop {
            console::flush(vm);
            match shell::read_input(vm, Some(PROMPT)) {
                Reading::Text(text) => return Some(text),
                Reading::Refused => {}
                Reading::Interrupted => modules::sys::hooks::write_stderr("\nKeyboardInterrupt\n"),
                Reading::End => return None,
            }
        },
    }
}

fn session_of(vm: Vm<'_>, frames: &[FrameView], index: usize) -> Option<Session> {
    let frame = &frames.get(index)?.frame;
    let mut session = Session::new(frame.globals().to_ref(), Some(frame.locals(vm)));
    session.style = Style::Lines;
    Some(session)
}

fn place(frames: &[FrameView], index: usize) -> String {
    frames.get(index).map_or_else(String::new, |frame| {
        let file = crate::views::shown_file(&frame.code.filename.to_rust_string());
        let line = frame.line.map_or_else(|| "?".to_owned(), |line| line.to_string());
        console::sanitize(&format!("> {}  {file}:{line}\n", frame.name))
    })
}
