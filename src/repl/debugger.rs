//! `breakpoint()` in the shell: a nested prompt that sees the live frames. After an error the same prompt sees the dead ones.

mod interrupt;
mod moves;
mod nested;
pub(crate) mod turns;
mod words;

pub(crate) use interrupt::rest as rest_of_interrupts;

use std::collections::VecDeque;

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
use crate::looks::{self, place};
use crate::session::{Outcome, Session, Style, traceback_of};
use crate::settings::{self, Settings};
use crate::shell::{self, Reading};
use crate::stepper::{self, Mode};
use moves::{At, Own};

methods! { FUNCTIONS:
    /// The shell's hook: a prompt inside the program that called breakpoint().
    ["breakpointhook"] "($module, /, *args, **kws)" Any(breakpointhook);
}

/// Whether a line is one of the debugger's own words.
pub(crate) fn is_key(line: &str) -> bool {
    words::find(line).is_some()
}

const PROMPT: &str = "(pyglass) ";

/// Makes the nested prompt what `breakpoint()` opens, unless `PYTHONBREAKPOINT` names something else.
pub(crate) fn install(vm: Vm<'_>) {
    if settings::variable("PYTHONBREAKPOINT").is_some() {
        return;
    }
    if let Some(sys) = vm.interpreter().modules.get_str(&vm.intern("sys")) {
        module::add_functions(vm, &sys, FUNCTIONS);
    }
}

fn breakpointhook(vm: Vm<'_>, _module: &Value, _args: Args<'_>) -> PyResult<Value> {
    vm.check_recursion(" in the nested prompt")?;
    let frames = session::frames(vm);
    stopped(vm, &frames, "line", "")?;
    Ok(Value::NONE)
}

/// The prompt where a program stopped, at an event of this kind and for this reason.
pub(crate) fn stopped(vm: Vm<'_>, frames: &[FrameView], what: &str, reason: &str) -> PyResult<()> {
    vm.check_recursion(" in the nested prompt")?;
    interrupt::rest(vm);
    let thread = thread_name(vm);
    let notice = || {
        let place = place(frames, 0);
        let who = thread.as_deref().unwrap_or("the main thread");
        console::show(vm, &console::sanitize(&format!("{who} stops, Enter goes there\n{place}")));
    };
    // Where the shell has ended nobody is there to ask.
    let Some(turn) = turns::take(vm, notice) else { return Ok(()) };
    let is_other = thread.is_some();
    let mut look = thread.map_or_else(String::new, |name| format!("in {name}: "));
    look.push_str(reason);
    look.push_str(&looks::stop(vm, frames, what == "opcode"));
    for text in stepper::displays() {
        look.push_str(&shown(vm, frames, &text));
    }
    stepper::record(&look);
    console::flush(vm);
    console::show(vm, &console::sanitize(&look));
    let depth = vm.thread().stacks.depth();
    let end = prompt(vm, frames, Some(depth))?;
    match end {
        End::Go(_) if is_other => turns::keep(turn),
        _ => drop(turn),
    }
    match end {
        End::Continue | End::Other(_) => {
            stepper::go(vm, Mode::Run);
            interrupt::watch(vm);
        }
        End::Go(mode) => {
            stepper::go_from(vm, mode, frames);
            interrupt::watch(vm);
        }
        End::Quit => {
            stepper::go(vm, Mode::Run);
            return Err(vm.error(&exc::KEYBOARD_INTERRUPT, ""));
        }
    }
    Ok(())
}

/// The thread's name, if it is not the main one.
fn thread_name(vm: Vm<'_>) -> Option<String> {
    let threading = vm.interpreter().modules.get_str(&vm.intern("threading"))?;
    let name = || -> PyResult<Option<String>> {
        let thread = vm.call_method(&threading, &vm.intern("current_thread"), &[])?;
        let main = vm.call_method(&threading, &vm.intern("main_thread"), &[])?;
        if thread.is(&main) {
            return Ok(None);
        }
        let name = vm.get_attr_str(&thread, "name")?;
        Ok(Some(format!("thread {}", vm.str(&name)?.to_rust_string())))
    };
    name().unwrap_or_else(|raised| {
        vm.clear(raised);
        Some("another thread".to_owned())
    })
}

/// The debugger's words, for `:help`.
pub(crate) fn help() -> String {
    words::help("").unwrap_or_default()
}

/// The shell ends: nothing stops any more, and threads that stand at a prompt's door run on.
pub(crate) fn end(vm: Vm<'_>) {
    stepper::end(vm);
    turns::end();
}

/// A displayed expression and its value.
fn shown(vm: Vm<'_>, frames: &[FrameView], text: &str) -> String {
    let Some(session) = session_of(vm, frames, 0) else { return String::new() };
    match session.value_of(vm, text) {
        Ok(value) => format!("display {text}: {}\n", crate::views::brief(vm, &value)),
        Err(raised) => {
            vm.clear(raised);
            format!("display {text}: not here\n")
        }
    }
}

/// The prompt over the frames of an exception.
pub(crate) fn post_mortem(vm: Vm<'_>, exception: &Value) -> PyResult<()> {
    let mut exception = exception.clone();
    loop {
        let frames = frames_of(&exception);
        console::show(vm, &console::sanitize(&place(&frames, 0)));
        match prompt(vm, &frames, None)? {
            End::Other(other) => exception = other,
            End::Continue | End::Quit | End::Go(_) => return Ok(()),
        }
    }
}

/// The frames of an exception's traceback, innermost first.
fn frames_of(exception: &Value) -> Vec<FrameView> {
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
    frames
}

/// How a prompt ends.
enum End {
    Continue,
    Quit,
    /// The program goes on so far.
    Go(Mode),
    /// Another exception is looked at.
    Other(Value),
}

/// The prompt among frames. Live ones have a depth: that of the innermost.
fn prompt(vm: Vm<'_>, frames: &[FrameView], depth: Option<usize>) -> PyResult<End> {
    let mut at = At::new(frames, depth);
    let Some(mut session) = session_of(vm, frames, 0) else { return Ok(End::Continue) };
    let mut last = String::new();
    let mut due = VecDeque::from(stepper::due());
    loop {
        session.post_mortem = depth.is_none();
        let text = match due.pop_front() {
            Some(line) => line,
            None => match read(vm, frames, at.current, PROMPT) {
                Some(text) => text,
                None => {
                    modules::sys::hooks::write_stderr("\n");
                    return Ok(End::Continue);
                }
            },
        };
        // Enter repeats, as far as that makes sense.
        let line = if text.trim().is_empty() { last.clone() } else { text.trim().to_owned() };
        if line.is_empty() {
            continue;
        }
        last.clone_from(&line);
        let statement = match at.own_word(vm, &mut session, &line) {
            Own::End(end) => return Ok(end),
            Own::Done => continue,
            Own::Command(command) => {
                run_command(vm, &mut session, &at, &command);
                continue;
            }
            Own::Statement(statement) => statement,
            Own::No => match commands::command_of(&line) {
                Some(command) => {
                    if run_command(vm, &mut session, &at, &command) {
                        return Ok(End::Quit);
                    }
                    continue;
                }
                None => text,
            },
        };
        let statement = if statement.ends_with('\n') { statement } else { statement + "\n" };
        if let Outcome::Leave(status) = session.evaluate(vm, &statement) {
            let status = Value::small_int_unchecked(i64::from(status));
            return Err(vm.error_with(&exc::SYSTEM_EXIT, &[status]));
        }
    }
}

/// Runs a command of the shell; true if it leaves.
fn run_command(vm: Vm<'_>, session: &mut Session, at: &At<'_>, command: &str) -> bool {
    match commands::run(vm, session, at.frames, at.current, command) {
        Answer::Text(text) | Answer::Fill(text) => console::show(vm, &text),
        Answer::Leave(_) => return true,
        Answer::Enter(text) | Answer::Run(text) => {
            session.evaluate(vm, &text);
        }
    }
    false
}

/// One input: from an editor where there can be one.
fn read(vm: Vm<'_>, frames: &[FrameView], current: usize, prompt: &str) -> Option<String> {
    let frame = &frames.get(current)?.frame;
    let globals = frame.globals().to_ref();
    let locals = frame.locals_snapshot(vm).into_ref::<PyDict>().ok();
    match Editor::new(vm, globals, locals, &Settings::default()) {
        Some(mut editor) => loop {
            console::flush(vm);
            match editor.read(prompt, "... ", "") {
                Input::Text(text)
                | Input::Edit(text)
                | Input::Disassemble(text)
                | Input::Command(text, _) => {
                    return Some(text);
                }
                Input::Interrupted | Input::Failed => {
                    modules::sys::hooks::write_stderr("KeyboardInterrupt\n");
                }
                Input::End => return None,
            }
        },
        None => loop {
            console::flush(vm);
            match shell::read_input(vm, Some(prompt)) {
                Reading::Text(text) => return Some(text),
                Reading::Refused | Reading::Nothing => {}
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
