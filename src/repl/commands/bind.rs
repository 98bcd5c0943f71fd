//! `:bind`

use super::{Call, Command, Given, wrong};
use crate::editor::bindings::{self, ACTIONS};
use crate::table::Table;
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "bind",
    form: ":bind [KEY ACTION]",
    about: "give a key a meaning: an action, a command, or `insert TEXT`",
    example: ":bind M-d :dis",
    group: "session",
    run: bind,
};

fn bind(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let rest = call.rest.trim();
    if rest.is_empty() {
        let mut table = Table::new(&["action", "what it does"]);
        for (name, about) in ACTIONS {
            table.row([(*name).to_owned(), (*about).to_owned()]);
        }
        table.row([":COMMAND".to_owned(), "run a command; the buffer stays".to_owned()]);
        table.row(["insert TEXT".to_owned(), "type a text".to_owned()]);
        return Ok(Given::Table(table));
    }
    // The keys end where an action begins.
    let is_action = |text: &str| {
        text.starts_with([':', '!'])
            || text.starts_with("insert ")
            || ACTIONS.iter().any(|(name, _)| *name == text)
    };
    let places = rest.match_indices(' ').map(|(at, _)| at);
    let parts = places.map(|at| rest.split_at(at)).map(|(keys, does)| (keys.trim(), does.trim()));
    let found =
        parts.clone().find(|(_, does)| is_action(does)).or_else(|| parts.clone().next_back());
    let Some((keys, does)) = found else {
        return Ok(wrong("bind", "a key and an action are wanted"));
    };
    Ok(match bindings::binding(keys, does) {
        Ok(binding) => {
            call.session.settings.bindings.push(binding);
            Given::Text(String::new())
        }
        Err(message) => wrong("bind", &message),
    })
}
