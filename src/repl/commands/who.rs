//! `:who` and `:whos`

use super::{Call, Command, Given};
use crate::table::{Table, packed};
use crate::views;
use objects::core::errors::PyResult;

/// `:who`
pub(super) const WHO: Command = Command {
    name: "who",
    form: ":who [TYPE]",
    about: "the names that were bound since the start",
    example: ":who int",
    group: "look",
    run: |call| {
        let names: Vec<String> = bound(call).into_iter().map(|(name, ..)| name).collect();
        Ok(Given::Text(if names.is_empty() {
            nothing(call) + "\n"
        } else {
            packed("", &names, "  ", call.columns())
        }))
    },
};

/// `:whos`
pub(super) const WHOS: Command = Command {
    name: "whos",
    form: ":whos [TYPE]",
    about: "the same with types and values",
    example: ":whos",
    group: "look",
    run: whos,
};

fn whos(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let mut table = Table::new(&["name", "type", "value"]);
    if bound(call).is_empty() && !call.json {
        return Ok(Given::Text(nothing(call) + "\n"));
    }
    for (name, class, value) in bound(call) {
        table.row([name, class, value]);
    }
    Ok(Given::Table(table))
}

/// What is said where no name is bound.
fn nothing(call: &Call<'_, '_>) -> String {
    match call.rest.trim() {
        "" => "nothing was bound yet".to_owned(),
        class => format!("no name is bound to a {class}"),
    }
}

fn bound(call: &Call<'_, '_>) -> Vec<(String, String, String)> {
    let wanted = call.rest.trim();
    let mut found = Vec::new();
    for key in call.session.globals.string_keys() {
        let name = key.to_rust_string();
        let Some(value) = call.session.globals.get_str(&key) else { continue };
        let class = value.class().name();
        let is_wanted = wanted.is_empty() || wanted == class;
        if is_wanted && !name.starts_with("__") && !call.session.first_names.contains(&name) {
            found.push((name, class, views::brief(call.vm, &value)));
        }
    }
    found
}
