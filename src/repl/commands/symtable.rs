//! `:symtable`

use super::{Call, Command, Given, compiler_options, wrong};
use crate::json::Json;
use compiler::symtable::{ScopeRow, rows};
use objects::core::errors::PyResult;
use syntax::error::SyntaxError;
use syntax::{Mode, ParseOptions};

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
    if !call.json {
        return Ok(Given::Text(of_text(&text)));
    }
    let scopes = scopes(&text).map(|scopes| Json::List(scopes.iter().map(scope).collect()));
    let shown =
        scopes.unwrap_or_else(|error| Json::Object(vec![("error", Json::text(error.message))]));
    Ok(Given::Json(shown.written()))
}

fn scopes(text: &str) -> Result<Vec<ScopeRow>, SyntaxError> {
    let parsed = syntax::parse(text, Mode::Exec, &ParseOptions::default())?;
    let table = compiler::symtable::build(&parsed, &compiler_options())?;
    Ok(rows(&table))
}

fn scope(row: &ScopeRow) -> Json {
    let symbol = |symbol: &compiler::symtable::SymbolRow| {
        let flags = symbol.flags.iter().map(|flag| Json::text(*flag)).collect();
        Json::Object(vec![
            ("name", Json::text(&*symbol.name)),
            ("scope", Json::text(symbol.scope)),
            ("flags", Json::List(flags)),
        ])
    };
    Json::Object(vec![
        ("name", Json::text(&*row.name)),
        ("kind", Json::text(row.kind)),
        ("nesting", Json::count(row.level)),
        ("symbols", Json::List(row.symbols.iter().map(symbol).collect())),
    ])
}

/// The scopes of a text, or why it has none.
pub(super) fn of_text(text: &str) -> String {
    let parsed = syntax::parse(text, Mode::Exec, &ParseOptions::default());
    let shown = parsed.and_then(|parsed| {
        let table = compiler::symtable::build(&parsed, &compiler_options())?;
        Ok(compiler::symtable::render(&table, "<stdin>"))
    });
    shown.unwrap_or_else(|error| lifecycle::inspect::error_text(&error, text, "<stdin>"))
}
