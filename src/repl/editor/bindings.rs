//! Keys that the settings name, and what they may do.

use rustyline::{
    Cmd, ConditionalEventHandler, Event, EventContext, KeyCode, KeyEvent, Modifiers, Movement,
    RepeatCount, Word,
};

use super::keys::Keys;
use super::state::{Leave, Shared};

/// A key sequence and what it does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Binding {
    keys: Vec<KeyEvent>,
    action: Action,
}

#[derive(Clone, Debug, PartialEq)]
enum Action {
    Editor(Cmd),
    Leave(Leave),
    /// A command of the shell; the buffer stays.
    Command(String),
    Insert(String),
}

/// The actions by name, with what they do.
pub(crate) const ACTIONS: &[(&str, &str)] = &[
    ("accept", "run the buffer as it is"),
    ("interrupt", "drop the buffer"),
    ("edit", "open the buffer in $EDITOR"),
    ("disassemble", "show the buffer's bytecode"),
    ("clear-screen", "clear the screen"),
    ("line-start", "go to the start of the line"),
    ("line-end", "go to the end of the line"),
    ("buffer-start", "go to the start of the buffer"),
    ("buffer-end", "go to the end of the buffer"),
    ("kill-word", "delete the word behind the cursor"),
    ("kill-word-back", "delete the word before the cursor"),
    ("kill-line", "delete to the end of the line"),
    ("kill-buffer", "delete everything"),
    ("yank", "insert what was deleted last"),
    ("undo", "take the last change back"),
    ("history-search", "search the history as you type"),
    ("history-previous", "the entry before"),
    ("history-next", "the entry behind"),
    ("accept-hint", "take the hint"),
    ("upcase-word", "the word in capitals"),
    ("downcase-word", "the word in small letters"),
    ("suspend", "stop the shell, as C-z"),
];

fn action(name: &str) -> Option<Action> {
    if name.starts_with([':', '!']) {
        return Some(Action::Command(name.to_owned()));
    }
    if let Some(text) = name.strip_prefix("insert ") {
        return Some(Action::Insert(text.to_owned()));
    }
    Some(Action::Editor(match name {
        "accept" => return Some(Action::Leave(Leave::Run)),
        "interrupt" => return Some(Action::Leave(Leave::Interrupt)),
        "edit" => return Some(Action::Leave(Leave::Edit)),
        "disassemble" => return Some(Action::Leave(Leave::Disassemble)),
        "clear-screen" => Cmd::ClearScreen,
        "line-start" => Cmd::Move(Movement::BeginningOfLine),
        "line-end" => Cmd::Move(Movement::EndOfLine),
        "buffer-start" => Cmd::Move(Movement::BeginningOfBuffer),
        "buffer-end" => Cmd::Move(Movement::EndOfBuffer),
        "kill-word" => Cmd::Kill(Movement::ForwardWord(1, rustyline::At::AfterEnd, Word::Emacs)),
        "kill-word-back" => Cmd::Kill(Movement::BackwardWord(1, Word::Emacs)),
        "kill-line" => Cmd::Kill(Movement::EndOfLine),
        "kill-buffer" => Cmd::Kill(Movement::WholeBuffer),
        "yank" => Cmd::Yank(1, rustyline::Anchor::Before),
        "undo" => Cmd::Undo(1),
        "history-search" => Cmd::ReverseSearchHistory,
        "history-previous" => Cmd::PreviousHistory,
        "history-next" => Cmd::NextHistory,
        "accept-hint" => Cmd::CompleteHint,
        "upcase-word" => Cmd::UpcaseWord,
        "downcase-word" => Cmd::DowncaseWord,
        "suspend" => Cmd::Suspend,
        _ => return None,
    }))
}

/// The binding of a key sequence as the settings write it (`C-x s`, `M-e`, `F5`) to an action; the message where it is none.
pub(crate) fn binding(keys: &str, does: &str) -> Result<Binding, String> {
    let events: Option<Vec<KeyEvent>> = keys.split_whitespace().map(key).collect();
    let keys = match events {
        Some(events) if !events.is_empty() => events,
        _ => return Err(format!("{keys} is no key: C-x, M-x, F5, C-x s")),
    };
    let is_plain = |key: &KeyEvent| matches!(key, KeyEvent(KeyCode::Char(_), m) if !m.intersects(Modifiers::CTRL_ALT));
    if keys.first().is_some_and(is_plain) {
        return Err("a plain character cannot be bound".to_owned());
    }
    match action(does) {
        Some(action) => Ok(Binding { keys, action }),
        None => {
            let names = ACTIONS.iter().map(|(name, _)| *name);
            let hint = match crate::settings::closest(does, names) {
                Some(name) => format!("Did you mean {name}?"),
                None => ":bind lists them.".to_owned(),
            };
            Err(format!("unknown action {does}. {hint}"))
        }
    }
}

/// One key: `C-` and `M-` in front of a character or a name.
fn key(text: &str) -> Option<KeyEvent> {
    let mut modifiers = Modifiers::NONE;
    let mut rest = text;
    loop {
        let (mark, behind) = rest.split_at_checked(2).unwrap_or(("", rest));
        if behind.is_empty() {
            break;
        }
        modifiers |= match mark {
            "C-" | "c-" => Modifiers::CTRL,
            "M-" | "m-" | "A-" => Modifiers::ALT,
            "S-" => Modifiers::SHIFT,
            _ => break,
        };
        rest = behind;
    }
    let code = match rest {
        "Enter" | "RET" => KeyCode::Enter,
        "Tab" => KeyCode::Tab,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "PageUp" => KeyCode::PageUp,
        "PageDown" => KeyCode::PageDown,
        "Insert" => KeyCode::Insert,
        "Delete" => KeyCode::Delete,
        "Backspace" => KeyCode::Backspace,
        "Space" => KeyCode::Char(' '),
        _ => match rest.strip_prefix('F').and_then(|number| number.parse().ok()) {
            Some(number @ 1..=24) => KeyCode::F(number),
            Some(_) => return None,
            None => {
                let mut chars = rest.chars();
                let c = chars.next().filter(|_| chars.next().is_none())?;
                let control = modifiers.contains(Modifiers::CTRL);
                KeyCode::Char(if control { c.to_ascii_uppercase() } else { c })
            }
        },
    };
    Some(KeyEvent(code, modifiers))
}

impl Binding {
    /// The event that the editor is to know.
    pub(super) fn event(&self) -> Event {
        Event::KeySeq(self.keys.clone())
    }

    /// Who answers it.
    pub(super) fn handler(&self, shared: &Shared) -> Box<dyn ConditionalEventHandler> {
        Box::new(Bound { shared: shared.clone(), action: self.action.clone() })
    }
}

struct Bound {
    shared: Shared,
    action: Action,
}

impl ConditionalEventHandler for Bound {
    fn handle(
        &self,
        event: &Event,
        count: RepeatCount,
        positive: bool,
        context: &EventContext<'_>,
    ) -> Option<Cmd> {
        // A key inside a paste is text.
        if self.shared.lock().paste.is_some() {
            return Keys(self.shared.clone()).handle(event, count, positive, context);
        }
        Some(match &self.action {
            Action::Editor(Cmd::Suspend) => {
                super::suspend::stop(self.shared.lock().outside.as_ref())
            }
            Action::Editor(command) => command.clone(),
            Action::Insert(text) => Cmd::Insert(1, super::margin::with_margins(text)),
            Action::Leave(leave) => {
                self.shared.lock().leave = *leave;
                Cmd::AcceptLine
            }
            Action::Command(text) => {
                let mut state = self.shared.lock();
                state.leave = Leave::Command;
                text.clone_into(&mut state.command);
                Cmd::AcceptLine
            }
        })
    }
}
