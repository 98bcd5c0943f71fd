//! `:info`, also `x?`

use super::{Call, Command, Given, dis};
use crate::table::Table;
use crate::{look, views};
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "info",
    form: ":info EXPR",
    about: "what something is: type, value, signature, place, documentation (also EXPR?)",
    example: "len?",
    group: "look",
    run: info,
};

fn info(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let name = call.rest.trim();
    let value = call.session.value_of(call.vm, name)?;
    if call.json {
        let mut table = Table::new(&["what", "is"]);
        let mut add = |what: &str, is: Option<String>| {
            if let Some(is) = is {
                table.row([what.to_owned(), is]);
            }
        };
        add("type", Some(value.class().name()));
        add("value", Some(views::brief(call.vm, &value)));
        add("signature", look::signature(call.vm, &value));
        add("file", look::code(&value).map(|code| code.filename.to_rust_string()));
        add("line", look::code(&value).map(|code| code.spec().firstlineno.to_string()));
        add("doc", look::doc(call.vm, &value));
        return Ok(Given::Table(table));
    }
    let mut out = format!("type       {}\n", value.class().name());
    out.push_str(&format!("value      {}\n", views::brief(call.vm, &value)));
    if let Some(signature) = look::signature(call.vm, &value) {
        let word = name.rsplit('.').next().unwrap_or(name);
        out.push_str(&format!("signature  {word}{signature}\n"));
    }
    if let Some(code) = look::code(&value) {
        let file = views::shown_file(&code.filename.to_rust_string());
        out.push_str(&format!("defined    {file}:{}\n", code.spec().firstlineno));
        if dis::source_of(&code).is_some() {
            out.push_str("source     EXPR?? shows it\n");
        }
    }
    if let Some(doc) = look::doc(call.vm, &value) {
        out.push_str("doc\n");
        for line in doc.trim().lines() {
            out.push_str(&format!("  {}\n", line.trim_end()));
        }
    }
    Ok(Given::Text(out))
}
