//! `:tokens`

use super::{Call, Command, Given, wrong};
use crate::json::Json;
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
    if call.json {
        return Ok(Given::Json(rows(&text).written()));
    }
    let (shown, error) = syntax::tokens::render(text.as_bytes(), "<stdin>");
    Ok(Given::Text(shown + &error.unwrap_or_default()))
}

/// The tokens as a list; behind them what is none, if the text has such a thing.
fn rows(text: &str) -> Json {
    let tokenized = syntax::tokens::tokenize(text, true);
    let place = |(line, column): (usize, Option<usize>)| {
        Json::List(vec![Json::count(line), Json::maybe(column.map(Json::count))])
    };
    let tokens = tokenized.tokens.iter().map(|token| {
        Json::Object(vec![
            ("type", Json::text(token.kind)),
            ("string", Json::text(&*token.text)),
            ("start", place(token.start)),
            ("end", place(token.end)),
        ])
    });
    let failure = tokenized.failure.as_ref().map(|failure| {
        Json::Object(vec![
            ("error", Json::text(&*failure.message)),
            ("line", Json::Number(failure.line.into())),
            ("column", Json::Number(failure.column.into())),
        ])
    });
    Json::List(tokens.chain(failure).collect())
}
