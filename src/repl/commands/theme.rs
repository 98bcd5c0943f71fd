//! `:theme`

use super::{Call, Command, Given, wrong};
use crate::table::Table;
use crate::theme;
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "theme",
    form: ":theme [NAME]",
    about: "the colours: the themes there are, or another one for this session",
    example: ":theme light",
    group: "session",
    run: choose,
};

fn choose(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let name = call.rest.trim();
    let settings = &mut call.session.settings;
    if name.is_empty() {
        let mut table = Table::new(&["theme", "", "what it is"]);
        for (name, about) in theme::names() {
            let chosen = if name == settings.theme { "chosen" } else { "" };
            table.row([name, chosen.to_owned(), about]);
        }
        return Ok(Given::Table(table));
    }
    Ok(match settings.set("display.theme", name) {
        Ok(()) => Given::Text(String::new()),
        Err(message) => wrong("theme", &message),
    })
}
