//! `:load`

use super::{Answer, Call, Command, Given, folders, wrong};
use crate::progress::Progress;
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
    let progress = Progress::begin(&format!("reading {}", path.display()));
    let read = crate::console::read_file(call.vm, &path)?;
    drop(progress);
    Ok(match read {
        Ok(bytes) => match syntax::source::decode(&bytes) {
            Ok(text) => Given::Answer(Answer::Fill(text.trim_end().to_owned())),
            Err(error) => wrong("load", &error.message),
        },
        Err(error) => wrong("load", &format!("{}: {error}", path.display())),
    })
}
