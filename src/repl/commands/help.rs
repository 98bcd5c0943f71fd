//! `:help`

use super::{COMMANDS, Call, Command, Given, find};
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "help",
    form: ":help [COMMAND]",
    about: "this list, or one command",
    example: ":help dis",
    group: "session",
    run: help,
};

/// The groups in the order of the list.
pub(super) const GROUPS: &[&str] =
    &["look", "compile", "state", "debug", "measure", "input", "session"];

fn help(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let word = call.rest.trim_start_matches(':');
    if word.is_empty() {
        return Ok(Given::Text(list()));
    }
    if word == "--table" {
        return Ok(Given::Text(super::readme_table()));
    }
    let own = call.session.settings.commands.iter().find(|(name, _)| name == word);
    if let Some((name, text)) = own {
        return Ok(Given::Text(format!(":{name}\n  stands for {text}\n")));
    }
    Ok(Given::Text(match find(word) {
        Ok(command) => {
            format!("{}\n  {}\n\n  example: {}\n", command.form, command.about, command.example)
        }
        Err(line) => line,
    }))
}

fn list() -> String {
    let mut text = String::from(
        "pyglass commands                      :help NAME for one, help() for Python\n",
    );
    for group in GROUPS {
        text.push_str(&format!("{group}\n"));
        for command in COMMANDS.iter().filter(|command| command.group == *group) {
            text.push_str(&format!("  {:<44} {}\n", command.form, command.about));
        }
    }
    text.push_str(
        "shell\n  !COMMAND                                     run a program of the system\n",
    );
    text.push_str("  !!COMMAND                                    the same; its lines are _\n");
    text.push_str(
        "  NAME = !COMMAND                              the same; its lines get a name\n",
    );
    text.push_str("  x?   x??                                     :info x, :source x\n");
    text.push_str("keys  Tab complete · C-r search · M-e editor · C-x d bytecode of the buffer · M-/ comment · :bind for more\n");
    text.push_str(
        "in breakpoint()  c goes on · q leaves · u d move · fr frames · st stack · a locals\n",
    );
    text
}
