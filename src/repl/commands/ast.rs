//! `:ast`

use super::{Call, Command, Given, wrong};
use objects::core::errors::PyResult;
use syntax::ast::dump;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "ast",
    form: ":ast [-a] [SOURCE | @N]",
    about: "the syntax tree of the last input, of @N, or of a text",
    example: ":ast x = 1",
    group: "compile",
    run: tree,
};

fn tree(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let (options, rest) = call.options();
    if let Some(option) = options.iter().find(|option| **option != "-a") {
        return Ok(wrong("ast", &format!("unknown option {option}")));
    }
    let text = match call.text_of(rest) {
        Ok(text) => text,
        Err(message) => return Ok(wrong("ast", &message)),
    };
    let dump = if options.is_empty() { dump::outline } else { dump::dump };
    Ok(Given::Text(
        match syntax::parse(&text, syntax::Mode::Exec, &syntax::ParseOptions::default()) {
            Ok(parsed) => dump(&parsed) + "\n",
            Err(error) => lifecycle::inspect::error_text(&error, &text, "<stdin>"),
        },
    ))
}
