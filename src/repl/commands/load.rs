//! `:load`

use super::{Answer, Call, Command, Given, folders, wrong};
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "load",
    form: ":load FILE",
    about: "put a file's text at the prompt",
    example: ":load script.py",
    group: "input",
    run: load,
};

fn load(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let path = folders::expanded(call.rest.trim());
    Ok(match std::fs::read(&path) {
        Ok(bytes) => match syntax::source::decode(&bytes) {
            Ok(text) => Given::Answer(Answer::Fill(text.trim_end().to_owned())),
            Err(error) => wrong("load", &error.message),
        },
        Err(error) => wrong("load", &format!("{}: {error}", path.display())),
    })
}
