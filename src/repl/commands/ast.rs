//! `:ast`

use super::{Call, Command, Given, wrong};
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "ast",
    form: ":ast [SOURCE | @N]",
    about: "the syntax tree of the last input, of @N, or of a text",
    example: ":ast x = 1",
    group: "compile",
    run: tree,
};

fn tree(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let text = match call.text() {
        Ok(text) => text,
        Err(message) => return Ok(wrong("ast", &message)),
    };
    Ok(Given::Text(
        match syntax::parse(&text, syntax::Mode::Exec, &syntax::ParseOptions::default()) {
            Ok(parsed) => syntax::ast::dump::dump(&parsed) + "\n",
            Err(error) => lifecycle::inspect::error_text(&error, &text, "<stdin>"),
        },
    ))
}
