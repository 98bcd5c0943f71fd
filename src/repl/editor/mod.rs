//! The line editor of a real terminal: one buffer for a whole statement, history, completion that runs no user code. It works
//! on a thread of its own, so that the program's other threads run while a prompt is up.

mod aside;
mod assistant;
pub(crate) mod bindings;
mod complete;
mod desk;
pub(crate) mod enter;
mod keys;
mod link;
mod live;
mod margin;
mod paint;
mod paste;
mod resolve;
mod state;
mod suspend;
mod unloaded;

use std::io::IsTerminal;

use objects::core::errors::Raised;
use objects::core::pyref::PyRef;
use objects::core::vm::Vm;
use objects::types::dict::PyDict;

use crate::look;
use crate::settings::Settings;
use bindings::Binding;
use complete::Scope;
use desk::Outfit;
use link::{Answer, Front, Heard, Order, Question, Report};
pub(crate) use paint::painted_lines;

/// The stack of the editor's thread: a text may nest deep.
const STACK: usize = 64 << 20;

/// What reading an input gives.
#[derive(Debug)]
pub(crate) enum Input {
    /// A statement or a command.
    Text(String),
    /// A text for `$EDITOR`.
    Edit(String),
    /// A text whose bytecode is wanted.
    Disassemble(String),
    /// A command that a key stands for, and the text that stays in the buffer.
    Command(String, String),
    /// Ctrl-C
    Interrupted,
    /// Ctrl-D, or a terminal that went away.
    End,
    /// The editor failed: the input is lost, not the session.
    Failed,
}

/// What the loop of prompts hears from the editor.
#[derive(Debug)]
pub(crate) enum Reading {
    /// An input.
    Input(Input),
    /// The handler of a signal raised; the prompt is still up.
    Raised(Raised),
}

/// A pasted text without the prompts of a copied session and a common indentation.
pub(crate) fn cleaned(text: &str) -> String {
    paste::cleaned(text, true)
}

/// An editor with its history.
pub(crate) struct Editor<'gil> {
    vm: Vm<'gil>,
    globals: PyRef<PyDict>,
    locals: Option<PyRef<PyDict>>,
    front: Front,
    /// A prompt is up.
    is_reading: bool,
    /// The process that the editor's thread belongs to: a forked child has none.
    process: u32,
}

/// Whether the streams are a terminal that an editor can use.
pub(crate) fn is_able() -> bool {
    let both = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let able = std::env::var("TERM").is_ok_and(|name| !name.is_empty() && name != "dumb");
    both && able && crate::settings::variable("PYTHON_BASIC_REPL").is_none()
}

impl<'gil> Editor<'gil> {
    /// An editor, if the terminal can have one.
    pub(crate) fn new(
        vm: Vm<'gil>,
        globals: PyRef<PyDict>,
        locals: Option<PyRef<PyDict>>,
        settings: &Settings,
    ) -> Option<Self> {
        if !is_able() {
            return None;
        }
        let builtins = vm.interpreter().builtins.string_keys();
        let outfit = Outfit {
            vi: settings.vi,
            hints: settings.hints,
            history_max: settings.history_max,
            builtins: builtins.iter().map(|name| name.to_rust_string()).collect(),
        };
        aside::prepare();
        let (front, desk) = link::connection()?;
        let thread = std::thread::Builder::new().name("editor".to_owned()).stack_size(STACK);
        thread.spawn(move || desk::run(desk, outfit)).ok()?;
        let editor =
            Self { vm, globals, locals, front, is_reading: false, process: std::process::id() };
        for binding in &settings.bindings {
            editor.bind(binding.clone());
        }
        Some(editor)
    }

    fn tell(&self, order: Order) {
        // An editor that is gone is noticed at the next reading.
        let _ = self.front.orders.send(order);
    }

    /// Adds entries that Up finds.
    pub(crate) fn remember(&mut self, texts: Vec<String>) {
        self.tell(Order::Remember(texts));
    }

    /// Gives a key a meaning.
    pub(crate) fn bind(&self, binding: Binding) {
        self.tell(Order::Bind(binding));
    }

    /// Settings that changed.
    pub(crate) fn set(&self, settings: &Settings) {
        self.tell(Order::Vi(settings.vi));
        self.tell(Order::Hints(settings.hints));
    }

    /// Reads an input where signals are somebody else's affair.
    pub(crate) fn read(&mut self, prompt: &str, continuation: &str, initial: &str) -> Input {
        loop {
            match self.listen(prompt, continuation, initial) {
                Reading::Input(input) => return input,
                Reading::Raised(raised) => self.vm.clear(raised),
            }
        }
    }

    /// Reads an input. `initial` stands in the buffer already. After an exception the same prompt is still up.
    pub(crate) fn listen(&mut self, prompt: &str, continuation: &str, initial: &str) -> Reading {
        if std::process::id() != self.process {
            return Reading::Input(Input::End);
        }
        if !self.is_reading {
            self.tell(Order::Read {
                prompt: prompt.to_owned(),
                continuation: continuation.to_owned(),
                initial: initial.to_owned(),
            });
            self.is_reading = true;
            aside::set_up(true);
        }
        loop {
            let front = &mut self.front;
            match self.vm.allow_threads(|| front.wait()) {
                Heard::Report(Report::Done(input)) => {
                    self.put_down();
                    return Reading::Input(input);
                }
                Heard::Report(Report::Ask(question)) => {
                    let answer = self.answer(question);
                    // An editor that is gone is noticed in the next round.
                    let _ = self.front.answers.send(answer);
                }
                Heard::Signal => {
                    if let Err(raised) = self.vm.poll() {
                        return Reading::Raised(raised);
                    }
                }
                Heard::Gone => {
                    self.put_down();
                    return Reading::Input(Input::End);
                }
            }
        }
    }

    fn put_down(&mut self) {
        self.is_reading = false;
        let vm = self.vm;
        vm.allow_threads(|| aside::set_up(false));
    }

    fn answer(&self, question: Question) -> Answer {
        let scope = Scope { vm: self.vm, globals: &self.globals, locals: self.locals.as_ref() };
        match question {
            Question::Candidates(before) => {
                let (start, items) = complete::candidates(&scope, &before);
                Answer::Candidates(start, items)
            }
            Question::Signature(head) => {
                let callee = resolve::resolve(&scope, &head).and_then(resolve::Known::object);
                Answer::Signature(callee.and_then(|callee| look::signature(self.vm, &callee)))
            }
        }
    }
}

impl Drop for Editor<'_> {
    fn drop(&mut self) {
        if self.is_reading {
            // The shell leaves under a prompt: the editor will not put the terminal back.
            self.put_down();
            modules::signal::restore_terminal();
            modules::sys::hooks::write_stderr("\x1b[0m\x1b[?2004l\n");
        }
    }
}
