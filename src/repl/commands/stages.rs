//! `:stages`

use super::{Call, Command, Given, dis, symtable, wrong};
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "stages",
    form: ":stages [SOURCE | @N]",
    about: "a text on its way through the compiler: source, tokens, tree, scopes, bytecode",
    example: ":stages x = 1 + 2",
    group: "compile",
    run: stages,
};

fn stages(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let text = match call.text() {
        Ok(text) => text,
        Err(message) => return Ok(wrong("stages", &message)),
    };
    let head = |name: &str| format!("── {name} {}\n", "─".repeat(60 - name.len()));
    let (tokens, error) = syntax::tokens::render(text.as_bytes(), "<stdin>");
    let mut out = head("source") + &text + &head("tokens") + &tokens;
    if let Some(error) = error {
        return Ok(Given::Text(out + &error));
    }
    out.push_str(&head("tree"));
    match syntax::parse(&text, syntax::Mode::Exec, &syntax::ParseOptions::default()) {
        Ok(parsed) => out.push_str(&(syntax::ast::dump::outline(&parsed) + "\n")),
        Err(error) => {
            let shown = lifecycle::inspect::error_text(&error, &text, "<stdin>");
            return Ok(Given::Text(out + &shown));
        }
    }
    out.push_str(&head("scopes"));
    out.push_str(&symtable::of_text(&text));
    out.push_str(&head("bytecode"));
    out.push_str(&dis::plain_text(call.vm, &text));
    Ok(Given::Text(out))
}
