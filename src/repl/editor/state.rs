//! What the key handler and the helper share while a line is edited.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::margin::Cursor;
use super::paste::Paste;

/// One entry of the pop-up list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    /// What replaces the word.
    pub(super) text: String,
    /// What it is: a class's name, `keyword`, `module`.
    pub(super) kind: String,
    /// A signature or the beginning of a documentation.
    pub(super) about: String,
}

/// The pop-up list.
#[derive(Clone, Debug)]
pub(super) struct Menu {
    /// The entries.
    pub(super) items: Vec<Candidate>,
    /// The chosen one.
    pub(super) selected: usize,
    /// Where the word begins in the plain text.
    pub(super) start: usize,
}

/// How the history is walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum Browse {
    /// It is not.
    #[default]
    No,
    /// Entry by entry.
    Plain,
    /// By the entries that begin with what stands before the cursor.
    Prefix,
}

/// What the loop does with a line that the editor gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(super) enum Leave {
    /// Runs it.
    #[default]
    Run,
    /// Ctrl-C: drops it. The editor's own interrupt would drop what was typed ahead, too.
    Interrupt,
    /// Opens it in `$EDITOR`.
    Edit,
    /// Shows its bytecode, and edits on.
    Disassemble,
    /// Runs a command, and edits on.
    Command,
}

/// The shared state.
#[derive(Debug, Default)]
pub(super) struct State {
    /// A paste so far.
    pub(super) paste: Option<Paste>,
    /// An edit that the completer's `update` carries out.
    pub(super) pending: Option<Cursor>,
    /// Tab was pressed: the completer fills the menu.
    pub(super) asked: bool,
    /// The pop-up list, while it is open.
    pub(super) menu: Option<Menu>,
    /// How the history is walked.
    pub(super) browse: Browse,
    /// The history is searched as one types.
    pub(super) searches: bool,
    /// Why the line was given up.
    pub(super) leave: Leave,
    /// The command that a key stands for.
    pub(super) command: String,
    /// The terminal's modes outside of the editor.
    pub(super) outside: Option<rustix::termios::Termios>,
}

/// A handle on it.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared(Arc<Mutex<State>>);

impl Shared {
    /// The state, for as long as the guard lives.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
