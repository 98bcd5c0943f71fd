//! `:symtable`

use std::sync::Arc;

use super::{Call, Command, Given, wrong};
use base::wstr::WString;
use compiler::options::Options;
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "symtable",
    form: ":symtable [SOURCE | @N]",
    about: "the scopes and names of the last input, of @N, or of a text",
    example: ":symtable x = 1",
    group: "compile",
    run: symtable,
};

fn symtable(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let text = match call.text() {
        Ok(text) => text,
        Err(message) => return Ok(wrong("symtable", &message)),
    };
    Ok(Given::Text(of_text(&text)))
}

/// The scopes of a text, or why it has none.
pub(super) fn of_text(text: &str) -> String {
    let options = Options {
        filename: Arc::new(WString::from("<stdin>")),
        optimize: 0,
        future_flags: 0,
        top_level_await: false,
    };
    let parsed = syntax::parse(text, syntax::Mode::Exec, &syntax::ParseOptions::default());
    let shown = parsed.and_then(|parsed| {
        let table = compiler::symtable::build(&parsed, &options)?;
        Ok(compiler::symtable::render(&table, "<stdin>"))
    });
    shown.unwrap_or_else(|error| lifecycle::inspect::error_text(&error, text, "<stdin>"))
}
