//! `:tokens`

use super::{Call, Command, Given, wrong};
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "tokens",
    form: ":tokens [SOURCE | @N]",
    about: "the tokens of the last input, of @N, or of a text",
    example: ":tokens x = 1",
    group: "compile",
    run: tokens,
};

fn tokens(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let text = match call.text() {
        Ok(text) => text,
        Err(message) => return Ok(wrong("tokens", &message)),
    };
    let (shown, error) = syntax::tokens::render(text.as_bytes(), "<stdin>");
    Ok(Given::Text(shown + &error.unwrap_or_default()))
}
