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
use crate::settings::{self, Settings};
use crate::shell::{self, Reading};
use crate::stepper::{self, Mode};
use crate::{looks, views};

methods! { FUNCTIONS:
    /// The shell's hook: a prompt inside the program that called breakpoint().
    ["breakpointhook"] "($module, /, *args, **kws)" Any(breakpointhook);
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

/// The debugger's own words, with the command that some stand for.
const KEYS: &[(&str, &str)] = &[
    ("c", ""),
    ("cont", ""),
    ("continue", ""),
    ("q", ""),
    ("quit", ""),
    ("u", ""),
    ("up", ""),
    ("d", ""),
    ("down", ""),
    ("s", ""),
    ("step", ""),
    ("n", ""),
    ("next", ""),
    ("r", ""),
    ("return", ""),
    ("unt", ""),
    ("until", ""),
    ("si", ""),
    ("ni", ""),
    ("back", ""),
    ("forward", ""),
    ("exceptions", ""),
    ("w", "frames"),
    ("where", "frames"),
    ("bt", "frames"),
    ("fr", "frames"),
    ("st", "stack"),
    ("l", "source --frame"),
    ("list", "source --frame"),
    ("ll", "source --whole"),
    ("longlist", "source --whole"),
    ("a", "locals"),
    ("args", "locals"),
    ("b", "breaks"),
    ("h", "help"),
];

/// Words that take something, with the command that some stand for.
const WORDS: &[(&str, &str)] = &[
    ("p", ""),
    ("pp", ""),
    ("j", ""),
    ("jump", ""),
    ("unt", ""),
    ("until", ""),
    ("back", ""),
    ("forward", ""),
    ("display", ""),
    ("undisplay", ""),
    ("b", "break"),
    ("break", "break"),
    ("tbreak", "break --once"),
    ("cl", "delete"),
    ("clear", "delete"),
    ("enable", "enable"),
    ("disable", "disable"),
    ("watch", "watch"),
    ("catch", "catch"),
];

/// Whether a line is one of the debugger's own words.
pub(crate) fn is_key(line: &str) -> bool {
    KEYS.iter().any(|(key, _)| *key == line)
        || line.split_once(' ').is_some_and(|(word, rest)| is_word(word, rest))
}

/// Whether a word and what is behind it are the debugger's: `p = 3` and `b.x` are the program's.
fn is_word(word: &str, rest: &str) -> bool {
    WORDS.iter().any(|(known, _)| *known == word) && !rest.trim_start().starts_with('=')
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
    let mut look = reason.to_owned();
    look.push_str(&looks::stop(vm, frames, what == "opcode"));
    for text in stepper::displays() {
        look.push_str(&shown(vm, frames, &text));
    }
    stepper::record(&look);
    console::flush(vm);
    console::show(vm, &look);
    let depth = vm.thread().stacks.depth();
    match prompt(vm, frames, Some(depth))? {
        End::Continue => stepper::go(vm, Mode::Run),
        End::Go(mode) => stepper::go(vm, mode),
        End::Quit => {
            stepper::go(vm, Mode::Run);
            return Err(vm.error(&exc::KEYBOARD_INTERRUPT, ""));
        }
    }
    Ok(())
}

/// A displayed expression and its value.
fn shown(vm: Vm<'_>, frames: &[FrameView], text: &str) -> String {
    let Some(session) = session_of(vm, frames, 0) else { return String::new() };
    match session.value_of(vm, text) {
        Ok(value) => format!("display {text}: {}\n", views::brief(vm, &value)),
        Err(raised) => {
            vm.clear(raised);
            format!("display {text}: not here\n")
        }
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
    console::show(vm, &place(&frames, 0));
    prompt(vm, &frames, None).map(|_| ())
}

enum End {
    Continue,
    Quit,
    /// The program goes on so far.
    Go(Mode),
}

/// The prompt among frames. Live ones have a depth: that of the innermost.
fn prompt(vm: Vm<'_>, frames: &[FrameView], depth: Option<usize>) -> PyResult<End> {
    let mut at = At { frames, current: 0, back: 0, depth };
    let Some(mut session) = session_of(vm, frames, 0) else { return Ok(End::Continue) };
    let mut last = String::new();
    loop {
        session.post_mortem = depth.is_none();
        let Some(text) = read(vm, frames, at.current) else {
            modules::sys::hooks::write_stderr("\n");
            return Ok(End::Continue);
        };
        // Enter repeats, as far as that makes sense.
        let line = if text.trim().is_empty() { last.clone() } else { text.trim().to_owned() };
        if line.is_empty() {
            continue;
        }
        last.clone_from(&line);
        let command = match at.own_word(vm, &mut session, &line) {
            Own::End(end) => return Ok(end),
            Own::Done => continue,
            Own::Command(command) => command,
            Own::No => match commands::command_of(&line) {
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
        };
        match commands::run(vm, &mut session, frames, at.current, &command) {
            Answer::Text(text) | Answer::Fill(text) => console::show(vm, &text),
            Answer::Leave(_) => return Ok(End::Quit),
            Answer::Enter(text) | Answer::Run(text) => {
                session.evaluate(vm, &text);
            }
        }
    }
}

/// Where the prompt is.
struct At<'f> {
    frames: &'f [FrameView],
    current: usize,
    /// How many stops ago what is looked at was.
    back: usize,
    depth: Option<usize>,
}

/// What a line means to the debugger.
enum Own {
    /// The prompt ends.
    End(End),
    /// It has been done.
    Done,
    /// It stands for a command.
    Command(String),
    /// It is no word of the debugger's.
    No,
}

impl At<'_> {
    fn own_word(&mut self, vm: Vm<'_>, session: &mut Session, line: &str) -> Own {
        if let Some((_, command)) = KEYS.iter().find(|(key, _)| *key == line) {
            if command.is_empty() {
                return self.bare(vm, session, line);
            }
            return Own::Command((*command).to_owned());
        }
        let Some((word, rest)) = line.split_once(char::is_whitespace) else { return Own::No };
        if !is_word(word, rest) {
            return Own::No;
        }
        let rest = rest.trim();
        match WORDS.iter().find(|(known, _)| *known == word) {
            Some((_, command)) if !command.is_empty() => Own::Command(format!("{command} {rest}")),
            Some(_) => self.with_argument(vm, session, word, rest),
            None => Own::No,
        }
    }

    fn bare(&mut self, vm: Vm<'_>, session: &mut Session, word: &str) -> Own {
        let depth = self.depth.map(|depth| depth.saturating_sub(self.current));
        let mode = match word {
            "c" | "cont" | "continue" => return Own::End(End::Continue),
            "q" | "quit" => return Own::End(End::Quit),
            "u" | "up" => return self.move_to(vm, session, self.current + 1),
            "d" | "down" => return self.move_to(vm, session, self.current.wrapping_sub(1)),
            "back" => return self.look_back(vm, self.back + 1),
            "forward" => return self.look_back(vm, self.back.saturating_sub(1)),
            "exceptions" => return Own::Command("debug --exceptions".to_owned()),
            "s" | "step" => depth.map(|_| Mode::Line),
            "n" | "next" => depth.map(Mode::LineOver),
            "r" | "return" => depth.map(Mode::Return),
            "si" => depth.map(|_| Mode::Instruction),
            "ni" => depth.map(Mode::InstructionOver),
            _ => {
                let line = self.frames.get(self.current).and_then(|frame| frame.line);
                depth.zip(line).map(|(depth, line)| Mode::Until(depth, line))
            }
        };
        // Where the program has ended a letter is a name of the program's.
        mode.map_or(Own::No, |mode| Own::End(End::Go(mode)))
    }

    fn with_argument(&mut self, vm: Vm<'_>, session: &mut Session, word: &str, rest: &str) -> Own {
        let number = rest.parse::<usize>().ok();
        match word {
            "p" => {
                let shown = session.value_of(vm, rest).and_then(|value| vm.repr(&value));
                match shown {
                    Ok(text) => console::show(vm, &format!("{}\n", text.to_rust_string())),
                    Err(raised) => {
                        session.failed(vm, raised);
                    }
                }
            }
            "pp" => {
                session.evaluate(vm, &format!("__import__('pprint').pprint({rest}\n)\n"));
            }
            "back" => return self.look_back(vm, self.back + number.unwrap_or(1)),
            "forward" => {
                return self.look_back(vm, self.back.saturating_sub(number.unwrap_or(1)));
            }
            "display" => {
                console::show(vm, &shown(vm, self.frames, rest));
                stepper::display(rest);
            }
            "undisplay" => stepper::undisplay(rest),
            "j" | "jump" => self.jump(vm, session, rest),
            _ => {
                let depth = self.depth.map(|depth| depth.saturating_sub(self.current));
                let line = rest.parse::<i32>().ok();
                if let Some((depth, line)) = depth.zip(line) {
                    return Own::End(End::Go(Mode::Until(depth, line - 1)));
                }
                console::show(vm, "until which line?\n");
            }
        }
        Own::Done
    }

    fn move_to(&mut self, vm: Vm<'_>, session: &mut Session, index: usize) -> Own {
        if let Some(other) = session_of(vm, self.frames, index) {
            (self.current, *session) = (index, other);
        }
        console::show(vm, &place(self.frames, self.current));
        Own::Done
    }

    fn look_back(&mut self, vm: Vm<'_>, back: usize) -> Own {
        match stepper::recorded(back) {
            Some(look) => {
                self.back = back;
                let ago = if back == 0 { "now".to_owned() } else { format!("{back} stops ago") };
                console::show(vm, &format!("{look}({ago})\n"));
            }
            None => console::show(vm, "nothing was recorded before\n"),
        }
        Own::Done
    }

    fn jump(&self, vm: Vm<'_>, session: &mut Session, rest: &str) {
        let (Some(frame), Ok(line)) = (self.frames.get(self.current), rest.parse::<i64>()) else {
            console::show(vm, "jump to which line?\n");
            return;
        };
        let line = Value::small_int_unchecked(line);
        let frame = frame.frame.to_value();
        match vm.set_attr(&frame, &vm.intern("f_lineno"), Some(&line)) {
            Ok(()) => console::show(vm, &format!("goes on at line {rest}\n")),
            Err(raised) => {
                let error = vm.take(raised);
                console::show(vm, &modules::sys::hooks::plain_text(vm, &error));
                session.succeeded = false;
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
                    modules::sys::hooks::write_stderr("KeyboardInterrupt\n");
                }
                Input::End => return None,
            }
        },
        None => loop {
            console::flush(vm);
            match shell::read_input(vm, Some(PROMPT)) {
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

fn place(frames: &[FrameView], index: usize) -> String {
    frames.get(index).map_or_else(String::new, |frame| {
        let file = views::shown_file(&frame.code.filename.to_rust_string());
        let line = frame.line.map_or_else(|| "?".to_owned(), |line| line.to_string());
        console::sanitize(&format!("> {}  {file}:{line}\n", frame.name))
    })
}
