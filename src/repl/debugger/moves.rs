//! What the debugger's own words do: moving among frames and through the program, showing, and what is asked at stops.

use eval::session::FrameView;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::exceptions::base::payload_of;

use super::words::{self, Word};
use super::{End, nested, place, session_of};
use crate::commands::source_of;
use crate::console;
use crate::session::Session;
use crate::stepper::{self, Mode, Over};

/// How many lines `l` shows.
const LINES: usize = 11;

/// Where the prompt is.
pub(super) struct At<'f> {
    pub(super) frames: &'f [FrameView],
    pub(super) current: usize,
    /// How many stops ago what is looked at was.
    back: usize,
    /// How deep the innermost frame is, if they are live.
    depth: Option<usize>,
    /// The line that `l` goes on with.
    next_line: Option<usize>,
}

/// What a line means to the debugger.
pub(super) enum Own {
    /// The prompt ends.
    End(End),
    /// It has been done.
    Done,
    /// It stands for a command.
    Command(String),
    /// It is a statement.
    Statement(String),
    /// It is no word of the debugger's.
    No,
}

impl<'f> At<'f> {
    pub(super) fn new(frames: &'f [FrameView], depth: Option<usize>) -> Self {
        Self { frames, current: 0, back: 0, depth, next_line: None }
    }

    /// What a line means here.
    pub(super) fn own_word(&mut self, vm: Vm<'_>, session: &mut Session, line: &str) -> Own {
        let Some((word, rest)) = words::find(line) else { return Own::No };
        match word.command {
            Some(command) => Own::Command(format!("{command} {rest}").trim_end().to_owned()),
            None => self.moved(word, rest).unwrap_or_else(|| self.done(vm, session, word, rest)),
        }
    }

    /// A word by which the program goes on; None for any other.
    fn moved(&self, word: &Word, rest: &str) -> Option<Own> {
        let over = || self.depth.and_then(|depth| Over::of(self.frames, self.current, depth));
        let mode = match word.name() {
            "c" => return Some(Own::End(End::Continue)),
            "q" => return Some(Own::End(End::Quit)),
            "s" => self.depth.map(|_| Mode::Line),
            "si" => self.depth.map(|_| Mode::Instruction),
            "n" => over().map(Mode::LineOver),
            "ni" => over().map(Mode::InstructionOver),
            "r" => over().map(Mode::Return),
            "unt" => {
                let here = self.frames.get(self.current).and_then(|frame| frame.line);
                let line = rest.parse::<i32>().ok().map(|line| line - 1).or(here);
                over().zip(line).map(|(over, line)| Mode::Until(over, line))
            }
            _ => return None,
        };
        // Where the program has ended a letter is a name of the program's.
        Some(mode.map_or(Own::No, |mode| Own::End(End::Go(mode))))
    }

    fn done(&mut self, vm: Vm<'_>, session: &mut Session, word: &Word, rest: &str) -> Own {
        let number = rest.parse::<usize>().ok();
        match word.name() {
            "u" => {
                let index = self.current.saturating_add(number.unwrap_or(1));
                return self.move_to(vm, session, index, true);
            }
            "d" => {
                let index = self.current.saturating_sub(number.unwrap_or(1));
                return self.move_to(vm, session, index, false);
            }
            "back" => return self.look_back(vm, self.back + number.unwrap_or(1)),
            "forward" => return self.look_back(vm, self.back.saturating_sub(number.unwrap_or(1))),
            "j" => self.jump(vm, session, rest),
            "l" => console::show(vm, &console::sanitize(&self.listed(rest))),
            "ll" => return Own::Command("source --whole".to_owned()),
            "p" => match session.value_of(vm, rest).and_then(|value| vm.repr(&value)) {
                Ok(text) => console::show(vm, &format!("{}\n", text.to_rust_string())),
                Err(raised) => {
                    session.failed(vm, raised);
                }
            },
            "pp" => {
                session.evaluate(vm, &format!("__import__('pprint').pprint({rest}\n)\n"));
            }
            "retval" => match stepper::returned() {
                Some(text) => console::show(vm, &format!("{text}\n")),
                None => console::show(vm, "nothing has returned yet\n"),
            },
            "display" if rest.is_empty() => {
                for text in stepper::displays() {
                    console::show(vm, &super::shown(vm, self.frames, &text));
                }
            }
            "display" => {
                console::show(vm, &super::shown(vm, self.frames, rest));
                stepper::display(rest);
            }
            "undisplay" => stepper::undisplay(rest),
            "exceptions" => match number {
                None => return Own::Command("debug --exceptions".to_owned()),
                Some(number) => return chosen(vm, number),
            },
            "ignore" | "condition" => adjust(vm, word.name(), rest),
            "commands" => self.commands(vm, number),
            "interact" => nested::interact(vm, self.frames, self.current),
            "debug" => nested::debug(vm, session, rest),
            "!" => return Own::Statement(rest.to_owned()),
            _ => match words::help(rest) {
                Some(text) => console::show(vm, &text),
                None => return Own::Command(format!("help {rest}")),
            },
        }
        Own::Done
    }

    fn move_to(&mut self, vm: Vm<'_>, session: &mut Session, index: usize, upwards: bool) -> Own {
        let index = index.min(self.frames.len().saturating_sub(1));
        if index == self.current {
            let end = if upwards { "oldest" } else { "newest" };
            console::show(vm, &format!("this is the {end} frame\n"));
            return Own::Done;
        }
        if let Some(other) = session_of(vm, self.frames, index) {
            (self.current, *session) = (index, other);
            self.next_line = None;
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

    /// The lines of the frame's source that `l` asks for: those around its own, then those behind, or a range.
    fn listed(&mut self, rest: &str) -> String {
        let Some(frame) = self.frames.get(self.current) else { return String::new() };
        let Some(text) = source_of(&frame.code) else {
            return "the source is not to be found\n".to_owned();
        };
        let own = frame.line.and_then(|line| usize::try_from(line).ok()).unwrap_or(1);
        let around = own.saturating_sub(LINES / 2).max(1);
        let numbers: Vec<usize> =
            rest.split([',', ' ']).filter_map(|number| number.trim().parse().ok()).collect();
        let (first, last) = match numbers.as_slice() {
            [] if rest.contains('.') => (around, around + LINES - 1),
            [] => {
                let first = self.next_line.unwrap_or(around);
                (first, first + LINES - 1)
            }
            [line] => (line.saturating_sub(LINES / 2).max(1), line + LINES / 2),
            // As pdb has it, a second number that is smaller is a count.
            [first, last, ..] if last < first => (*first, first + last),
            [first, last, ..] => (*first, *last),
        };
        self.next_line = Some(last + 1);
        let mut out = String::new();
        for (index, shown) in text.lines().enumerate().take(last).skip(first.saturating_sub(1)) {
            let mark = if index + 1 == own { '►' } else { ' ' };
            out.push_str(&format!("{mark} {:>4} │ {shown}\n", index + 1));
        }
        if out.is_empty() { "the source ends before\n".to_owned() } else { out }
    }

    /// The lines that are run where a breakpoint stops, up to `end` or a word by which the program goes on.
    fn commands(&self, vm: Vm<'_>, number: Option<usize>) {
        let last = stepper::all().iter().map(|point| point.number).max();
        let Some(number) = number.or(last) else {
            console::show(vm, "there is no breakpoint\n");
            return;
        };
        let mut lines = Vec::new();
        while let Some(line) = super::read(vm, self.frames, self.current, "(com) ") {
            let line = line.trim();
            if line == "end" {
                break;
            }
            lines.push(line.to_owned());
            let goes_on =
                words::find(line).is_some_and(|(word, rest)| self.moved(word, rest).is_some());
            if goes_on {
                break;
            }
        }
        let count = stepper::change(vm, Some(number), |point| {
            point.commands.clone_from(&lines);
            true
        });
        if count == 0 {
            console::show(vm, &format!("there is no breakpoint {number}\n"));
        }
    }
}

/// `ignore N [COUNT]` and `condition N [EXPR]`
fn adjust(vm: Vm<'_>, word: &str, rest: &str) {
    let (number, behind) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let behind = behind.trim();
    let Ok(number) = number.parse::<usize>() else {
        console::show(vm, &format!("{word} which breakpoint? b lists them\n"));
        return;
    };
    let times = behind.parse::<usize>().unwrap_or(0);
    let count = stepper::change(vm, Some(number), |point| {
        if word == "ignore" {
            point.ignored = times;
        } else {
            point.condition = (!behind.is_empty()).then(|| behind.to_owned());
        }
        true
    });
    let answer = match (count, word) {
        (0, _) => format!("there is no breakpoint {number}\n"),
        (_, "ignore") => format!("breakpoint {number} lets {times} pass\n"),
        (_, _) if behind.is_empty() => format!("breakpoint {number} has no condition\n"),
        (_, _) => format!("breakpoint {number} stops if {behind}\n"),
    };
    console::show(vm, &console::sanitize(&answer));
}

/// Goes to the frames of one exception of the chain that `sys.last_exc` ends.
fn chosen(vm: Vm<'_>, number: usize) -> Own {
    let mut exception = vm.interpreter().sys.get_str(&vm.intern("last_exc"));
    for _ in 0..number {
        exception = exception.and_then(|exception| {
            let payload = payload_of(&exception);
            payload.cause.get().or_else(|| payload.context.get())
        });
    }
    match exception {
        Some(exception) => Own::End(End::Other(exception)),
        None => {
            console::show(vm, "the chain has no such exception\n");
            Own::Done
        }
    }
}
