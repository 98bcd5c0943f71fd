//! `:doc`

use super::{Call, Command, Given, wrong};
use crate::look;
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "doc",
    form: ":doc EXPR",
    about: "the documentation of what an expression gives",
    example: ":doc len",
    group: "look",
    run: doc,
};

fn doc(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let value = call.session.value_of(call.vm, call.rest)?;
    Ok(match look::doc(call.vm, &value) {
        Some(text) => Given::Text(format!("{}\n", text.trim_end())),
        None => wrong("doc", "there is none"),
    })
}
