//! `:watch`

use super::{Call, Command, Given, wrong};
use crate::stepper;
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "watch",
    form: ":watch EXPR",
    about: "stop when the value of an expression changes (:delete * forgets it)",
    example: ":watch total",
    group: "debug",
    run: watch,
};

fn watch(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let text = call.rest.trim();
    if text.is_empty() {
        return Ok(wrong("watch", "an expression is missing"));
    }
    stepper::watch(call.vm, text);
    Ok(Given::Text(format!("watch {text}\n")))
}
