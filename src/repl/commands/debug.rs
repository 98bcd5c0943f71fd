//! `:debug`

use super::{Call, Command, Given, wrong};
use crate::debugger;
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "debug",
    form: ":debug",
    about: "a prompt among the frames of the last error",
    example: ":debug",
    group: "debug",
    run: debug,
};

fn debug(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let Some(exception) = call.session.last_exception.clone() else {
        return Ok(wrong("debug", "nothing failed yet"));
    };
    debugger::post_mortem(call.vm, &exception)?;
    Ok(Given::Text(String::new()))
}
