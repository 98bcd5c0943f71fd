//! `:def` and `:undef`: commands of the user's own.

use super::{COMMANDS, Call, Command, Given, wrong};
use crate::settings::closest;
use crate::table::Table;
use objects::core::errors::PyResult;

/// `:def`
pub(super) const DEF: Command = Command {
    name: "def",
    form: ":def [NAME TEXT]",
    about: "a command of your own: {} in its text is what stands behind its name",
    example: ":def fields [k for k in vars({})]",
    group: "session",
    run: define,
};

/// `:undef`
pub(super) const UNDEF: Command = Command {
    name: "undef",
    form: ":undef NAME",
    about: "forget a command of your own",
    example: ":undef fields",
    group: "session",
    run: undefine,
};

fn define(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let rest = call.rest.trim();
    let settings = &mut call.session.settings;
    if rest.is_empty() {
        let mut table = Table::new(&["command", "stands for"])
            .or("no command of yours yet; :def NAME TEXT makes one");
        for (name, text) in &settings.commands {
            table.row([format!(":{name}"), text.clone()]);
        }
        return Ok(Given::Table(table));
    }
    let (name, text) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let name = name.trim_start_matches(':');
    if COMMANDS.iter().any(|command| command.name == name) {
        let hidden = format!("it hides :{name}, which is ::{name} now");
        return Ok(match settings.define(name, text) {
            Ok(()) => wrong("def", &hidden),
            Err(message) => wrong("def", &message),
        });
    }
    Ok(match settings.define(name, text) {
        Ok(()) => Given::Text(String::new()),
        Err(message) => wrong("def", &message),
    })
}

fn undefine(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let name = call.rest.trim().trim_start_matches(':');
    let commands = &mut call.session.settings.commands;
    let before = commands.len();
    commands.retain(|(known, _)| known != name);
    if commands.len() < before {
        return Ok(Given::Text(String::new()));
    }
    let hint = match closest(name, commands.iter().map(|(known, _)| known.as_str())) {
        Some(known) => format!(". Did you mean {known}?"),
        None => String::new(),
    };
    Ok(wrong("undef", &format!("no command of yours is called {name}{hint}")))
}

/// What a command of the user's stands for, with what is behind its name.
pub(super) fn expanded(text: &str, rest: &str) -> String {
    if text.contains("{}") {
        text.replace("{}", rest.trim())
    } else if rest.trim().is_empty() {
        text.to_owned()
    } else {
        format!("{text} {}", rest.trim())
    }
}
