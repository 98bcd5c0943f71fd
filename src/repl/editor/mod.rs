//! The line editor of a real terminal: one buffer for a whole statement, history, completion that runs no user code.

mod assistant;
mod complete;
pub(crate) mod enter;
mod keys;
mod margin;
mod paint;
mod paste;
mod state;

use std::cell::{Cell, RefCell};
use std::io::IsTerminal;

use objects::core::pyref::PyRef;
use objects::core::vm::Vm;
use objects::types::dict::PyDict;
use rustyline::error::ReadlineError;
use rustyline::history::{History, MemHistory};
use rustyline::{
    ColorMode, CompletionType, EditMode, Event, EventHandler, KeyCode, KeyEvent, Modifiers,
};

use crate::settings::Settings;
use crate::theme;
use assistant::Assistant;
use keys::{Chord, Keys};
use margin::with_margins;
use state::{Leave, Shared, State};

/// What reading an input gives.
#[derive(Debug)]
pub(crate) enum Input {
    /// A statement or a command.
    Text(String),
    /// A text for `$EDITOR`.
    Edit(String),
    /// A text whose bytecode is wanted.
    Disassemble(String),
    /// Ctrl-C
    Interrupted,
    /// Ctrl-D, or a terminal that went away.
    End,
}

/// An editor with its history.
pub(crate) struct Editor<'gil> {
    inner: rustyline::Editor<Assistant<'gil>, MemHistory>,
    shared: Shared,
}

/// Whether the streams are a terminal that an editor can use.
pub(crate) fn is_able() -> bool {
    let both = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    let able = std::env::var("TERM").is_ok_and(|name| !name.is_empty() && name != "dumb");
    both && able && std::env::var_os("PYTHON_BASIC_REPL").is_none_or(|value| value.is_empty())
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
        let mode = if settings.vi { EditMode::Vi } else { EditMode::Emacs };
        let config = rustyline::Config::builder()
            .completion_type(CompletionType::List)
            .edit_mode(mode)
            .auto_add_history(false)
            // A lone escape closes the list; a terminal sends its sequences faster than this.
            .keyseq_timeout(Some(200))
            .bracketed_paste(true)
            // The margins need the highlighter even where there are no colours.
            .color_mode(ColorMode::Forced)
            .max_history_size(settings.history_max)
            .ok()?
            .build();
        let history = MemHistory::with_config(&config);
        let mut inner = rustyline::Editor::with_history(config, history).ok()?;
        let shared = Shared::default();
        let builtins = vm.interpreter().builtins.string_keys();
        inner.set_helper(Some(Assistant {
            vm,
            globals,
            locals,
            shared: shared.clone(),
            colors: theme::enabled(),
            continuation: RefCell::new("... ".to_owned()),
            builtins: builtins.iter().map(|name| name.to_rust_string()).collect(),
            marked: Cell::new(false),
        }));
        inner.bind_sequence(Event::Any, EventHandler::Conditional(Box::new(Keys(shared.clone()))));
        let control_x = KeyEvent(KeyCode::Char('X'), Modifiers::CTRL);
        for (second, leave) in [
            (KeyEvent(KeyCode::Char('d'), Modifiers::NONE), Leave::Disassemble),
            (KeyEvent(KeyCode::Char('E'), Modifiers::CTRL), Leave::Edit),
        ] {
            let chord = Chord(shared.clone(), leave);
            inner.bind_sequence(
                Event::KeySeq(vec![control_x, second]),
                EventHandler::Conditional(Box::new(chord)),
            );
        }
        Some(Self { inner, shared })
    }

    /// Adds an entry that Up finds.
    pub(crate) fn remember(&mut self, text: &str) {
        // What is not kept is only not found again.
        let _ = self.inner.history_mut().add(&with_margins(text.trim_end()));
    }

    /// Reads an input. `initial` stands in the buffer already.
    pub(crate) fn read(&mut self, prompt: &str, continuation: &str, initial: &str) -> Input {
        *self.shared.lock() = State::default();
        if let Some(helper) = self.inner.helper() {
            // The margin is four cells wide, whatever the program makes of `sys.ps2`.
            let cells: String = continuation.chars().filter(|c| !c.is_control()).take(4).collect();
            *helper.continuation.borrow_mut() = format!("{cells:<4}");
        }
        let read = if initial.is_empty() {
            self.inner.readline(prompt)
        } else {
            self.inner.readline_with_initial(prompt, (&with_margins(initial), ""))
        };
        match read {
            Ok(buffer) => {
                let text = margin::plain(&buffer);
                match self.shared.lock().leave {
                    Leave::Run => Input::Text(text),
                    Leave::Interrupt => Input::Interrupted,
                    Leave::Edit => Input::Edit(text),
                    Leave::Disassemble => Input::Disassemble(text),
                }
            }
            Err(ReadlineError::Interrupted) => Input::Interrupted,
            Err(_) => Input::End,
        }
    }
}
