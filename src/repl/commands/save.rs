//! `:save`

use super::{Call, Command, Given, folders, rerun, wrong};
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "save",
    form: ":save FILE [@N[-M]]",
    about: "write inputs to a new file: all, or those of a range",
    example: ":save session.py @0-9",
    group: "input",
    run: save,
};

fn save(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let (name, range) = call.rest.trim().split_once(" @").unwrap_or((call.rest.trim(), ""));
    if name.is_empty() {
        return Ok(wrong("save", "a file's name is missing"));
    }
    let text = if range.is_empty() {
        Ok(call.session.inputs.iter().map(|text| format!("{text}\n")).collect())
    } else {
        rerun::chosen(call, range)
    };
    let text = match text {
        Ok(text) => text,
        Err(message) => return Ok(wrong("save", &message)),
    };
    Ok(folders::written_new("save", name.trim(), &text))
}
