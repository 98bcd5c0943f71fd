//! What keys do where the editor's own commands know nothing of Python: Enter, Tab, Backspace, pastes, history.

use rustyline::{
    Cmd, ConditionalEventHandler, Event, EventContext, KeyCode, KeyEvent, Modifiers, RepeatCount,
};

use super::enter::{self, INDENT};
use super::margin::{Cursor, with_margins};
use super::paste::{self, Paste};
use super::state::{Browse, Leave, Shared, State};
use super::suspend;

/// The handler of every key.
pub(super) struct Keys(pub(super) Shared);

const NONE: Modifiers = Modifiers::NONE;
const CTRL: Modifiers = Modifiers::CTRL;
const ALT: Modifiers = Modifiers::ALT;

impl ConditionalEventHandler for Keys {
    fn handle(
        &self,
        event: &Event,
        _count: RepeatCount,
        _positive: bool,
        context: &EventContext<'_>,
    ) -> Option<Cmd> {
        let key = *event.get(0)?;
        let state = &mut *self.0.lock();
        if state.paste.is_some() {
            return Some(pasting(state, key, context.line().is_empty()));
        }
        if matches!(key, KeyEvent(KeyCode::BracketedPasteStart, _)) {
            state.menu = None;
            state.paste = Some(Paste::begin());
            return Some(Cmd::Noop);
        }
        // An ordinary letter in a buffer without a menu is the editor's own business, and must stay cheap.
        if let KeyEvent(KeyCode::Char(_), NONE | Modifiers::SHIFT) = key
            && state.menu.is_none()
        {
            state.browse = Browse::No;
            return None;
        }
        if matches!(key, KeyEvent(KeyCode::Char('Z'), CTRL)) {
            return Some(suspend::stop(state.outside.as_ref()));
        }
        if matches!(key, KeyEvent(KeyCode::Char('C'), CTRL)) {
            state.menu = None;
            state.leave = Leave::Interrupt;
            return Some(Cmd::AcceptLine);
        }
        let cursor = Cursor::of_buffer(context.line(), context.pos());
        let searched = std::mem::take(&mut state.searches);
        match key {
            KeyEvent(KeyCode::Char('R' | 'S'), CTRL) => state.searches = true,
            KeyEvent(KeyCode::Backspace, NONE) => state.searches = searched,
            // What was found runs, as it does in other shells, wherever in it the cursor was left.
            KeyEvent(KeyCode::Enter, NONE) | KeyEvent(KeyCode::Char('J' | 'M'), CTRL)
                if searched && enter::is_whole(&format!("{}\n", cursor.text)) =>
            {
                state.leave = Leave::Run;
                return Some(Cmd::AcceptLine);
            }
            _ => {}
        }
        if state.menu.is_some()
            && let Some(command) = in_menu(state, key, &cursor)
        {
            return Some(command);
        }
        if let Some(command) = history(state, key, &cursor) {
            return Some(command);
        }
        state.browse = Browse::No;
        edit(state, key, &cursor)
    }
}

/// Leaves an edit to the completer's `update`, which alone may change the buffer as it likes.
fn pend(state: &mut State, cursor: Cursor) -> Option<Cmd> {
    state.pending = Some(cursor);
    Some(Cmd::Complete)
}

fn pasting(state: &mut State, key: KeyEvent, empty: bool) -> Cmd {
    let Some(paste) = &mut state.paste else { return Cmd::Noop };
    match key {
        KeyEvent(KeyCode::BracketedPasteEnd, _) => {
            let text = state.paste.take().map(Paste::end).unwrap_or_default();
            return Cmd::Insert(1, with_margins(&paste::cleaned(&text, empty)));
        }
        KeyEvent(KeyCode::Enter, _) | KeyEvent(KeyCode::Char('J' | 'M'), CTRL) => paste.push('\n'),
        KeyEvent(KeyCode::Tab, _) | KeyEvent(KeyCode::Char('I'), CTRL) => paste.push('\t'),
        KeyEvent(KeyCode::Char(c), NONE | Modifiers::SHIFT) => paste.push(c),
        _ => {}
    }
    Cmd::Noop
}

/// What a key does while the list is open; None closes it and is handled as ever.
fn in_menu(state: &mut State, key: KeyEvent, cursor: &Cursor) -> Option<Cmd> {
    let menu = state.menu.as_mut()?;
    let count = menu.items.len().max(1);
    match key {
        KeyEvent(KeyCode::Tab | KeyCode::Down, _) | KeyEvent(KeyCode::Char('N'), CTRL) => {
            menu.selected = (menu.selected + 1) % count;
            Some(Cmd::Repaint)
        }
        KeyEvent(KeyCode::BackTab | KeyCode::Up, _) | KeyEvent(KeyCode::Char('P'), CTRL) => {
            menu.selected = (menu.selected + count - 1) % count;
            Some(Cmd::Repaint)
        }
        KeyEvent(KeyCode::Enter, _) | KeyEvent(KeyCode::Char('M' | 'J'), CTRL) => {
            let menu = state.menu.take()?;
            let text = &menu.items.get(menu.selected)?.text;
            pend(state, cursor.replaced(menu.start, cursor.position, text))
        }
        KeyEvent(KeyCode::Esc, _) | KeyEvent(KeyCode::Char('G'), CTRL) => {
            state.menu = None;
            Some(Cmd::Repaint)
        }
        // Letters narrow the list: it is made anew behind the insertion, when the hint is asked for.
        KeyEvent(KeyCode::Char(c), NONE | Modifiers::SHIFT) if c.is_alphanumeric() || c == '_' => {
            menu.selected = 0;
            None
        }
        KeyEvent(KeyCode::Backspace, _) if cursor.position > menu.start => {
            menu.selected = 0;
            None
        }
        _ => {
            state.menu = None;
            None
        }
    }
}

fn history(state: &mut State, key: KeyEvent, cursor: &Cursor) -> Option<Cmd> {
    let (up, down) = match key {
        KeyEvent(KeyCode::Up, NONE) | KeyEvent(KeyCode::Char('P'), CTRL) => (true, false),
        KeyEvent(KeyCode::Down, NONE) | KeyEvent(KeyCode::Char('N'), CTRL) => (false, true),
        _ => return None,
    };
    let first = !cursor.before().contains('\n');
    let last = !cursor.after().contains('\n');
    // Inside a block the cursor moves by lines.
    if state.browse != Browse::Prefix && ((up && !first) || (down && !last)) {
        return Some(if up {
            Cmd::LineUpOrPreviousHistory(1)
        } else {
            Cmd::LineDownOrNextHistory(1)
        });
    }
    if state.browse == Browse::No {
        state.browse = if cursor.before().is_empty() { Browse::Plain } else { Browse::Prefix };
    }
    Some(match (state.browse, up) {
        (Browse::Prefix, true) => Cmd::HistorySearchBackward,
        (Browse::Prefix, false) => Cmd::HistorySearchForward,
        (_, true) => Cmd::PreviousHistory,
        (_, false) => Cmd::NextHistory,
    })
}

fn edit(state: &mut State, key: KeyEvent, cursor: &Cursor) -> Option<Cmd> {
    let row = cursor.row_before();
    let blank = row.chars().all(|c| c == ' ' || c == '\t');
    match key {
        KeyEvent(KeyCode::Enter, ALT) | KeyEvent(KeyCode::Char('J' | 'M'), Modifiers::CTRL_ALT) => {
            Some(newline(cursor))
        }
        KeyEvent(KeyCode::Enter, _) | KeyEvent(KeyCode::Char('J' | 'M'), CTRL) => {
            Some(enter_key(state, cursor))
        }
        KeyEvent(KeyCode::Char('O'), CTRL) => Some(Cmd::AcceptLine),
        KeyEvent(KeyCode::Tab, _) | KeyEvent(KeyCode::Char('I'), CTRL) => {
            if blank {
                return Some(Cmd::Insert(1, " ".repeat(INDENT - row.len() % INDENT)));
            }
            state.asked = true;
            Some(Cmd::Complete)
        }
        KeyEvent(KeyCode::BackTab, _) => {
            let start = cursor.row_start();
            let line = cursor.text.get(start..).unwrap_or_default();
            let count = line.chars().take(INDENT).take_while(|c| *c == ' ').count();
            let position = cursor.position.saturating_sub(count).max(start);
            pend(state, Cursor { position, ..cursor.replaced(start, start + count, "") })
        }
        KeyEvent(KeyCode::Backspace, NONE) | KeyEvent(KeyCode::Char('H'), CTRL) => {
            if row.is_empty() && cursor.position > 0 {
                return pend(state, cursor.without_before(1));
            }
            if !row.is_empty() && blank {
                return pend(state, cursor.without_before((row.len() - 1) % INDENT + 1));
            }
            None
        }
        KeyEvent(KeyCode::Delete, NONE) | KeyEvent(KeyCode::Char('D' | 'K'), CTRL)
            if cursor.row_after().is_empty() && !cursor.after().is_empty() =>
        {
            let at = cursor.position;
            pend(state, cursor.replaced(at, at + 1, ""))
        }
        // Words before the cursor are the editor's own business while they are on the cursor's line.
        KeyEvent(KeyCode::Char('W'), CTRL) | KeyEvent(KeyCode::Backspace, ALT)
            if blank && cursor.position > 0 =>
        {
            pend(state, cursor.without_before(row.len().max(1)))
        }
        KeyEvent(KeyCode::Char('d'), ALT)
            if cursor.row_after().trim().is_empty() && !cursor.after().is_empty() =>
        {
            let at = cursor.position;
            pend(state, cursor.replaced(at, at + cursor.row_after().len() + 1, ""))
        }
        KeyEvent(KeyCode::Char('U'), CTRL) if cursor.before().contains('\n') => {
            pend(state, cursor.without_before(row.len().max(1)))
        }
        _ => motion(state, key, cursor),
    }
}

fn motion(state: &mut State, key: KeyEvent, cursor: &Cursor) -> Option<Cmd> {
    let row = cursor.row_before();
    match key {
        KeyEvent(KeyCode::Left, NONE) | KeyEvent(KeyCode::Char('B'), CTRL)
            if row.is_empty() && cursor.position > 0 =>
        {
            pend(state, cursor.moved(cursor.position - 1))
        }
        KeyEvent(KeyCode::Right, NONE) | KeyEvent(KeyCode::Char('F'), CTRL)
            if cursor.row_after().is_empty() && !cursor.after().is_empty() =>
        {
            pend(state, cursor.moved(cursor.position + 1))
        }
        KeyEvent(KeyCode::Home, _) | KeyEvent(KeyCode::Char('A'), CTRL)
            if cursor.text.contains('\n') =>
        {
            let start = cursor.row_start();
            let line = cursor.text.get(start..).unwrap_or_default();
            let code = start + line.len() - line.trim_start_matches(' ').len();
            pend(state, cursor.moved(if cursor.position == code { start } else { code }))
        }
        KeyEvent(KeyCode::Char('<'), ALT) => pend(state, cursor.moved(0)),
        KeyEvent(KeyCode::Char('>'), ALT) => pend(state, cursor.moved(cursor.text.len())),
        KeyEvent(KeyCode::Char('/'), ALT) => pend(state, comments_toggled(cursor)),
        KeyEvent(KeyCode::Char('e'), ALT) => {
            state.leave = Leave::Edit;
            Some(Cmd::AcceptLine)
        }
        KeyEvent(KeyCode::F(1), _) | KeyEvent(KeyCode::Char('h'), ALT) => {
            let name = cursor.name();
            Some(command(
                state,
                if name.is_empty() { ":help".to_owned() } else { format!(":info {name}") },
            ))
        }
        KeyEvent(KeyCode::F(2), _) => Some(command(state, ":history -a -n 20".to_owned())),
        KeyEvent(KeyCode::F(3), _) => Some(command(state, ":paste".to_owned())),
        _ => None,
    }
}

/// Runs a command of the shell; the buffer stays.
fn command(state: &mut State, text: String) -> Cmd {
    state.leave = Leave::Command;
    state.command = text;
    Cmd::AcceptLine
}

fn enter_key(state: &mut State, cursor: &Cursor) -> Cmd {
    if cursor.after().contains('\n') || !enter::is_whole(&cursor.text) {
        return newline(cursor);
    }
    state.leave = Leave::Run;
    Cmd::AcceptLine
}

fn newline(cursor: &Cursor) -> Cmd {
    Cmd::Insert(1, with_margins(&format!("\n{}", enter::indentation(cursor.before()))))
}

fn comments_toggled(cursor: &Cursor) -> Cursor {
    let lines = || cursor.text.split('\n');
    let all = lines().all(|line| line.starts_with('#') || line.is_empty());
    let changed: Vec<String> = lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if all => rest.strip_prefix(' ').unwrap_or(rest).to_owned(),
            None if line.is_empty() => String::new(),
            _ => format!("# {line}"),
        })
        .collect();
    let text = changed.join("\n");
    Cursor { position: text.len(), text }
}

/// The keys of two strokes: Ctrl-X and a letter.
pub(super) struct Chord(pub(super) Shared, pub(super) Leave);

impl ConditionalEventHandler for Chord {
    fn handle(
        &self,
        _event: &Event,
        _count: RepeatCount,
        _positive: bool,
        _context: &EventContext<'_>,
    ) -> Option<Cmd> {
        self.0.lock().leave = self.1;
        Some(Cmd::AcceptLine)
    }
}
