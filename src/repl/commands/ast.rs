//! `:ast`

use super::{Call, Command, Given, program, wrong};
use objects::core::errors::PyResult;
use objects::types::str::PyStr;
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
    if call.json {
        return Ok(Given::Json(nodes(call, &text)?));
    }
    let with_comments =
        syntax::ParseOptions { type_comments: true, ..syntax::ParseOptions::default() };
    let dump = if options.is_empty() { dump::outline } else { dump::dump };
    Ok(Given::Text(match syntax::parse(&text, syntax::Mode::Exec, &with_comments) {
        Ok(parsed) => dump(&parsed) + "\n",
        Err(error) => lifecycle::inspect::error_text(&error, &text, "<stdin>"),
    }))
}

/// The program that writes a tree as JSON: an object for each node, `_type` its class, and its fields.
const NODES: &str = "\
import ast, json

def plain(value):
    match value:
        case ast.AST():
            fields = {name: plain(part) for name, part in ast.iter_fields(value)}
            places = {name: getattr(value, name) for name in value._attributes}
            return {'_type': type(value).__name__} | fields | places
        case list():
            return [plain(part) for part in value]
        case None | bool() | int() | str():
            return value
        case _:
            return repr(value)

try:
    tree = plain(ast.parse(_text))
except SyntaxError as error:
    tree = {'error': error.msg, 'line': error.lineno, 'column': error.offset}
result = json.dumps(tree, indent=2)
";

fn nodes(call: &Call<'_, '_>, text: &str) -> PyResult<String> {
    let vm = call.vm;
    let names = [("_text", PyStr::new_value(vm, text))];
    Ok(program::result(vm, call.session, NODES, &names)? + "\n")
}
