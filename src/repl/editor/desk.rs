//! The thread of the editor: it takes orders, reads inputs, and says what was read.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use rustyline::config::Configurer;
use rustyline::error::ReadlineError;
use rustyline::history::{History, MemHistory};
use rustyline::{
    ColorMode, CompletionType, EditMode, Event, EventHandler, KeyCode, KeyEvent, Modifiers,
};

use super::assistant::Assistant;
use super::keys::{Chord, Keys};
use super::link::{Asker, Desk, Order, Report};
use super::live::Live;
use super::margin::{self, with_margins};
use super::state::{Leave, Shared, State};
use super::suspend;
use super::{Input, aside};
use crate::theme;

/// What an editor is made of.
pub(super) struct Outfit {
    pub(super) vi: bool,
    pub(super) hints: bool,
    pub(super) history_max: usize,
    /// The names of `builtins`.
    pub(super) builtins: HashSet<String>,
}

struct Typist {
    inner: rustyline::Editor<Assistant, MemHistory>,
    shared: Shared,
    asker: Rc<Asker>,
}

/// Carries out orders until nobody gives any.
pub(super) fn run(desk: Desk, outfit: Outfit) {
    let asker = Rc::new(desk.asker);
    let Some(mut typist) = Typist::new(outfit, &asker) else { return };
    while let Ok(order) = desk.orders.recv() {
        if !typist.obey(order) {
            return;
        }
    }
}

fn mode(vi: bool) -> EditMode {
    if vi { EditMode::Vi } else { EditMode::Emacs }
}

impl Typist {
    fn new(outfit: Outfit, asker: &Rc<Asker>) -> Option<Self> {
        let config = rustyline::Config::builder()
            .completion_type(CompletionType::List)
            .edit_mode(mode(outfit.vi))
            .auto_add_history(false)
            // A lone escape closes the list; a terminal sends its sequences faster than this.
            .keyseq_timeout(Some(200))
            .bracketed_paste(true)
            // The margins need the highlighter even where there are no colours.
            .color_mode(ColorMode::Forced)
            .max_history_size(outfit.history_max)
            .ok()?
            .build();
        let history = MemHistory::with_config(&config);
        let mut inner = rustyline::Editor::with_history(config, history).ok()?;
        let shared = Shared::default();
        inner.set_helper(Some(Assistant {
            asker: Rc::clone(asker),
            shared: shared.clone(),
            colors: theme::enabled(),
            hints: Cell::new(outfit.hints),
            continuation: RefCell::new("... ".to_owned()),
            builtins: outfit.builtins,
            marked: Cell::new(false),
            live: RefCell::new(Live::default()),
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
        if let Ok(printer) = inner.create_external_printer() {
            aside::start(printer);
        }
        Some(Self { inner, shared, asker: Rc::clone(asker) })
    }

    /// Carries out an order; false when nobody listens any more.
    fn obey(&mut self, order: Order) -> bool {
        match order {
            Order::Remember(texts) => {
                for text in texts {
                    // What is not kept is only not found again.
                    let _ = self.inner.history_mut().add(&with_margins(text.trim_end()));
                }
            }
            Order::Vi(vi) => self.inner.set_edit_mode(mode(vi)),
            Order::Hints(hints) => {
                if let Some(helper) = self.inner.helper() {
                    helper.hints.set(hints);
                }
            }
            Order::Bind(binding) => {
                let handler = binding.handler(&self.shared);
                self.inner.bind_sequence(binding.event(), EventHandler::Conditional(handler));
            }
            Order::Read { prompt, continuation, initial } => {
                let read =
                    catch_unwind(AssertUnwindSafe(|| self.read(&prompt, &continuation, &initial)));
                // The panic wrote its report; the next prompt comes.
                return self.asker.say(Report::Done(read.unwrap_or(Input::Failed)));
            }
        }
        true
    }

    fn read(&mut self, prompt: &str, continuation: &str, initial: &str) -> Input {
        *self.shared.lock() = State { outside: suspend::modes(), ..State::default() };
        if let Some(helper) = self.inner.helper() {
            // The margin is four cells wide, whatever the program makes of `sys.ps2`.
            let cells: String = continuation.chars().filter(|c| !c.is_control()).take(4).collect();
            *helper.continuation.borrow_mut() = format!("{cells:<4}");
            helper.live.borrow_mut().begin(prompt);
        }
        let read = if initial.is_empty() {
            self.inner.readline(prompt)
        } else {
            self.inner.readline_with_initial(prompt, (&with_margins(initial), ""))
        };
        if let Some(helper) = self.inner.helper() {
            helper.live.borrow_mut().end();
        }
        match read {
            Ok(buffer) => {
                let text = margin::plain(&buffer);
                let mut state = self.shared.lock();
                match state.leave {
                    Leave::Run => Input::Text(text),
                    Leave::Interrupt => Input::Interrupted,
                    Leave::Edit => Input::Edit(text),
                    Leave::Disassemble => Input::Disassemble(text),
                    Leave::Command => Input::Command(std::mem::take(&mut state.command), text),
                }
            }
            Err(ReadlineError::Interrupted) => Input::Interrupted,
            Err(_) => Input::End,
        }
    }
}
