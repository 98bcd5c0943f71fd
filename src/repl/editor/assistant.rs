//! What the editor asks while a line is typed: colours, hints, completions.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::rc::Rc;

use rustyline::completion::{Completer, Pair};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::SearchDirection;
use rustyline::line_buffer::LineBuffer;
use rustyline::validate::Validator;
use rustyline::{Changeset, Context, Helper};

use super::complete;
use super::link::{Answer, Asker, Question};
use super::live::Live;
use super::margin::{self, Cursor, MARGIN};
use super::paint;
use super::state::{Menu, Shared};
use crate::theme::{RESET, Tint};

/// How many entries of the list are seen at once.
const MENU_ROWS: usize = 8;
/// Above this many bytes a buffer is typed without hints.
const HINT_TEXT_MAX: usize = 2_000;

/// The helper of the editor.
pub(super) struct Assistant {
    /// Asks what only the interpreter knows.
    pub(super) asker: Rc<Asker>,
    pub(super) shared: Shared,
    pub(super) colors: bool,
    /// The rest of an earlier input is shown behind the cursor.
    pub(super) hints: Cell<bool>,
    /// `sys.ps2`, four cells wide.
    pub(super) continuation: RefCell<String>,
    /// The names of `builtins`.
    pub(super) builtins: HashSet<String>,
    /// The cursor was at a bracket when last painted.
    pub(super) marked: Cell<bool>,
    /// What was drawn last.
    pub(super) live: RefCell<Live>,
}

impl Helper for Assistant {}
impl Validator for Assistant {}

impl Completer for Assistant {
    type Candidate = Pair;

    /// One candidate that stands for nothing makes the editor call [`update`](Completer::update), which does the edit.
    fn complete(
        &self,
        line: &str,
        position: usize,
        _context: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let mut state = self.shared.lock();
        if state.asked {
            state.asked = false;
            drop(state);
            let cursor = Cursor::of_buffer(line, position);
            let question = Question::Candidates(cursor.before().to_owned());
            let Some(Answer::Candidates(start, items)) = self.asker.ask(question) else {
                return Ok((0, Vec::new()));
            };
            state = self.shared.lock();
            state.pending = completed(
                &cursor,
                start,
                &items.iter().map(|item| item.text.as_str()).collect::<Vec<_>>(),
            );
            if items.len() > 1 {
                state.menu = Some(Menu { items, selected: 0, start });
            } else if items.is_empty() {
                return Ok((0, Vec::new()));
            }
        }
        if state.pending.is_none() && state.menu.is_none() {
            return Ok((0, Vec::new()));
        }
        Ok((0, vec![Pair { display: String::new(), replacement: String::new() }]))
    }

    fn update(
        &self,
        line: &mut LineBuffer,
        _start: usize,
        _elected: &str,
        changes: &mut Changeset,
    ) {
        let pending = self.shared.lock().pending.take();
        let Some(cursor) = pending else { return };
        let (text, position) = cursor.to_buffer();
        replace_difference(line, &text, changes);
        line.set_pos(position.min(line.len()));
    }
}

/// The word grown to what all entries begin with.
fn completed(cursor: &Cursor, start: usize, items: &[&str]) -> Option<Cursor> {
    let first = *items.first()?;
    let mut common = first.len();
    for item in items {
        let same = first.bytes().zip(item.bytes()).take_while(|(a, b)| a == b).count();
        common = common.min(same);
    }
    while !first.is_char_boundary(common) {
        common -= 1;
    }
    let word = first.get(..common)?;
    // Where the entries differ from what is typed already, only a choice replaces it.
    if items.len() > 1 && word.len() < cursor.position - start {
        return None;
    }
    Some(cursor.replaced(start, cursor.position, word))
}

/// Replaces only what differs, which makes one small step to undo.
fn replace_difference(line: &mut LineBuffer, text: &str, changes: &mut Changeset) {
    let old = line.as_str().to_owned();
    if old == text {
        return;
    }
    let mut head = old.bytes().zip(text.bytes()).take_while(|(a, b)| a == b).count();
    while !old.is_char_boundary(head) || !text.is_char_boundary(head) {
        head -= 1;
    }
    let (old_rest, new_rest) =
        (old.get(head..).unwrap_or_default(), text.get(head..).unwrap_or_default());
    let mut tail =
        old_rest.bytes().rev().zip(new_rest.bytes().rev()).take_while(|(a, b)| a == b).count();
    while !old.is_char_boundary(old.len() - tail) || !text.is_char_boundary(text.len() - tail) {
        tail -= 1;
    }
    let new = text.get(head..text.len() - tail).unwrap_or_default();
    line.replace(head..old.len() - tail, new, changes);
}

/// What stands behind the cursor, dim: the rest of an earlier input, a call's parameters, or the list.
pub(super) struct Hint {
    shown: String,
    insert: Option<String>,
}

impl rustyline::hint::Hint for Hint {
    fn display(&self) -> &str {
        &self.shown
    }

    fn completion(&self) -> Option<&str> {
        self.insert.as_deref()
    }
}

impl Hinter for Assistant {
    type Hint = Hint;

    fn hint(&self, line: &str, position: usize, context: &Context<'_>) -> Option<Hint> {
        let hint = self.hint_of(line, position, context);
        let mut live = self.live.borrow_mut();
        // What stands there goes with the next drawing only.
        live.has_hint = live.shows_hint || hint.is_some();
        live.shows_hint = hint.is_some();
        hint
    }
}

impl Assistant {
    fn hint_of(&self, line: &str, position: usize, context: &Context<'_>) -> Option<Hint> {
        {
            let mut state = self.shared.lock();
            if state.paste.is_some() {
                return None;
            }
            if let Some(start) = state.menu.as_ref().map(|menu| menu.start) {
                let cursor = Cursor::of_buffer(line, position);
                let word = cursor.before().get(start..).map(str::to_owned);
                if let (Some(menu), Some(word)) = (&mut state.menu, word) {
                    menu.items.retain(|item| item.text.starts_with(&word));
                }
                if state.menu.as_ref().is_some_and(|menu| menu.items.is_empty()) {
                    state.menu = None;
                }
            }
            if let Some(menu) = &state.menu {
                return Some(Hint { shown: menu_text(menu), insert: None });
            }
        }
        if line.is_empty() || line.len() > HINT_TEXT_MAX {
            return None;
        }
        if self.hints.get()
            && position == line.len()
            && let Some(hint) = from_history(line, context)
        {
            return Some(hint);
        }
        let cursor = Cursor::of_buffer(line, position);
        self.call_hint(&cursor)
    }
}

impl Assistant {
    /// The parameters of the call that the cursor is in, the current one marked.
    fn call_hint(&self, cursor: &Cursor) -> Option<Hint> {
        if cursor.after().contains('\n') || super::enter::is_command(&cursor.text) {
            return None;
        }
        let before = cursor.before();
        if !before.contains('(') {
            return None;
        }
        let (at, commas) = complete::open_call(before)?;
        let head = before.get(..at)?;
        let question = Question::Signature(head.to_owned());
        let Some(Answer::Signature(Some(signature))) = self.asker.ask(question) else {
            return None;
        };
        let name = head.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next()?;
        let inner = signature.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'))?;
        let parts: Vec<&str> = inner.split(", ").collect();
        let counted: Vec<usize> =
            (0..parts.len()).filter(|at| !matches!(parts.get(*at), Some(&"/" | &"*"))).collect();
        let current = counted.get(commas).copied();
        let shown: Vec<String> = parts
            .iter()
            .enumerate()
            .map(|(index, part)| {
                let star = part.starts_with('*') && part.len() > 1;
                let is_current = Some(index) == current
                    || (star && !part.starts_with("**") && current.is_none_or(|at| at > index));
                if is_current { format!("‹{part}›") } else { (*part).to_owned() }
            })
            .collect();
        let text = crate::console::sanitize(&format!("{name}({})", shown.join(", ")));
        let width = crate::console::columns().saturating_sub(6).max(10);
        let text: String = text.chars().take(width).collect();
        Some(Hint { shown: format!("\n    {text}"), insert: None })
    }
}

fn from_history(line: &str, context: &Context<'_>) -> Option<Hint> {
    let history = context.history();
    let last = history.len().checked_sub(1)?;
    let found = history.starts_with(line, last, SearchDirection::Reverse).ok()??;
    let rest = found.entry.get(line.len()..)?.to_owned();
    if rest.is_empty() {
        return None;
    }
    let first = rest.split('\n').next().unwrap_or_default();
    let more = if rest.contains('\n') { " …" } else { "" };
    Some(Hint { shown: format!("{first}{more}"), insert: Some(rest) })
}

/// An entry of the list that is not the chosen one: its name in the colour of its kind.
fn listed(line: &str) -> Option<String> {
    let entry = line.strip_prefix("  ").filter(|entry| !entry.starts_with('…'))?;
    let name = entry.split(' ').next()?;
    let rest = entry.get(name.len()..)?;
    let tint = match rest.split_whitespace().next()? {
        "keyword" => Tint::Keyword,
        "builtin" | "function" | "method" | "command" => Tint::Builtin,
        "class" => Tint::Definition,
        "module" | "folder" => Tint::Text,
        "property" | "argument" => Tint::Number,
        _ => return Some(format!("  {name}{}{rest}{RESET}", Tint::Dim.start())),
    };
    Some(format!("  {}{name}{RESET}{}{rest}{RESET}", tint.start(), Tint::Dim.start()))
}

fn menu_text(menu: &Menu) -> String {
    let (rows, columns) = crate::console::size();
    let shown = MENU_ROWS.min(rows.saturating_sub(2).max(1));
    let top = (menu.selected + 1).saturating_sub(shown);
    let widest = menu.items.iter().map(|item| item.text.chars().count()).max().unwrap_or(0).min(40);
    let mut out = String::new();
    for (index, item) in menu.items.iter().enumerate().skip(top).take(shown) {
        let mark = if index == menu.selected { '▸' } else { ' ' };
        let line = format!("{mark} {:<widest$}  {:<9} {}", item.text, item.kind, item.about);
        let line: String = line.trim_end().chars().take(columns.saturating_sub(1)).collect();
        out.push('\n');
        out.push_str(&line);
    }
    let hidden = menu.items.len().saturating_sub(top + shown);
    if hidden > 0 {
        out.push_str(&format!("\n  … {hidden} more"));
    }
    out
}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, position: usize) -> Cow<'l, str> {
        let continuation = self.continuation.borrow();
        self.live.borrow_mut().drawn(line);
        if self.colors {
            Cow::Owned(paint::painted(line, position, &continuation, &self.builtins))
        } else {
            Cow::Owned(paint::uncoloured(line, &continuation))
        }
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(
        &'s self,
        prompt: &'p str,
        _default: bool,
    ) -> Cow<'b, str> {
        if self.colors {
            // A typed character may have left its colour open.
            self.live.borrow_mut().closed();
            Cow::Owned(format!("{RESET}{}{prompt}{RESET}", Tint::Prompt.start()))
        } else {
            Cow::Borrowed(prompt)
        }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        let hint = hint.replace(MARGIN, "... ");
        if !self.colors {
            return Cow::Owned(hint);
        }
        let in_menu = self.shared.lock().menu.is_some();
        let painted: Vec<String> = hint
            .split('\n')
            .map(|line| {
                if in_menu && let Some(painted) = listed(line) {
                    return painted;
                }
                let tint = if line.starts_with('▸') { Tint::Chosen } else { Tint::Dim };
                if line.is_empty() {
                    String::new()
                } else {
                    format!("{}{line}{RESET}", tint.start())
                }
            })
            .collect();
        Cow::Owned(painted.join("\n"))
    }

    fn highlight_char(&self, line: &str, position: usize, kind: CmdKind) -> bool {
        let marks = kind != CmdKind::ForcedRefresh && paint::at_bracket(line, position);
        let marked = self.marked.replace(marks);
        match kind {
            CmdKind::MoveCursor => self.colors && (marks || marked),
            CmdKind::ForcedRefresh => marked,
            CmdKind::Other if !self.colors => line.contains(margin::is_margin),
            CmdKind::Other => {
                let mut live = self.live.borrow_mut();
                // Whatever else changed the buffer draws it anyway.
                if position < line.len() || live.has_hint || !live.has_grown_to(line) {
                    return false;
                }
                marks || marked || !live.typed(line, &self.builtins)
            }
        }
    }
}
