//! `:ls`

use super::{Call, Command, Given};
use crate::look;
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
    let shown = |names: Vec<String>| -> String {
        let mut names: Vec<String> =
            names.into_iter().filter(|name| all || !name.starts_with('_')).collect();
        names.sort_unstable();
        names.join("  ")
    };
    let mut out = String::new();
    let own = own_names(&value).iter().map(|name| name.to_rust_string()).collect();
    let own = shown(own);
    if !own.is_empty() {
        out.push_str(&format!("own: {own}\n"));
    }
    let mro = match value.downcast::<PyType>() {
        Some(class) => class.mro_tuple(),
        None => value.class().mro_tuple(),
    };
    for class in mro.items().iter().filter_map(|class| class.downcast::<PyType>()) {
        let names = class.namespace().string_keys();
        let line = shown(names.iter().map(|name| name.to_rust_string()).collect());
        if !line.is_empty() {
            out.push_str(&format!("{}: {line}\n", class.name()));
        }
    }
    if out.is_empty() {
        let names = look::attribute_names(call.vm, &value);
        out = format!("{}\n", shown(names));
    }
    Ok(Given::Text(out))
}
