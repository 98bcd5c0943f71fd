//! `:step`

use super::{Call, Command, Given, debug, wrong};
use crate::stepper::Mode;
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "step",
    form: ":step STATEMENT",
    about: "step through a statement by instructions, the value stack before and after each drawn",
    example: ":step fact(2)",
    group: "debug",
    run: step,
};

fn step(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let statement = call.rest.trim().to_owned();
    if statement.is_empty() {
        return Ok(wrong("step", "a statement is missing"));
    }
    debug::through(call, &statement, Mode::EnterInstruction)
}
