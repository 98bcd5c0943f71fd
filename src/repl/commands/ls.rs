//! `:ls`

use super::{Call, Command, Given};
use crate::console::sanitize;
use crate::look;
use crate::table::{Table, packed};
use crate::theme::{Tint, tinted};
use objects::core::attribute::own_names;
use objects::core::errors::PyResult;
use objects::core::type_object::PyType;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "ls",
    form: ":ls [-a] EXPR",
    about: "attributes, grouped by the class that defines them; no getter runs",
    example: ":ls 1",
    group: "look",
    run: ls,
};

fn ls(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let (options, rest) = call.options();
    let all = options.contains(&"-a");
    let value = call.session.value_of(call.vm, rest)?;
    if call.json {
        let mut table = Table::new(&["name", "kind"]);
        for name in look::attribute_names(call.vm, &value) {
            if all || !name.starts_with('_') {
                let kind = look::attribute(call.vm, &value, &name);
                table.row([name, kind.as_ref().map_or_else(String::new, look::kind)]);
            }
        }
        return Ok(Given::Table(table));
    }
    let (columns, colors) = (call.columns(), call.colors());
    let shown = |head: &str, names: Vec<String>| -> String {
        let mut names: Vec<String> =
            names.into_iter().filter(|name| all || !name.starts_with('_')).collect();
        names.sort_unstable();
        if names.is_empty() {
            return String::new();
        }
        let listed = sanitize(&packed("  ", &names, "  ", columns));
        if head.is_empty() {
            return listed;
        }
        let head = sanitize(head);
        let head = if colors { tinted(Tint::Heading, &head) } else { head };
        format!("{head}\n{listed}")
    };
    let mut out = String::new();
    let own = own_names(&value).iter().map(|name| name.to_rust_string()).collect();
    out.push_str(&shown("own", own));
    let mro = match value.downcast::<PyType>() {
        Some(class) => class.mro_tuple(),
        None => value.class().mro_tuple(),
    };
    for class in mro.items().iter().filter_map(|class| class.downcast::<PyType>()) {
        let names = class.namespace().string_keys();
        let names = names.iter().map(|name| name.to_rust_string()).collect();
        out.push_str(&shown(&class.name(), names));
    }
    if out.is_empty() {
        let names = look::attribute_names(call.vm, &value);
        out = shown("", names);
    }
    if out.is_empty() {
        out = "nothing but what begins with an underscore; -a shows it\n".to_owned();
    }
    // The names are clean already, and the heads have colours.
    Ok(Given::Answer(super::Answer::Text(out)))
}
