//! `:modules`

use super::{Call, Command, Given};
use crate::look;
use crate::table::Table;
use objects::core::errors::PyResult;
use objects::types::str::PyStr;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "modules",
    form: ":modules [TEXT]",
    about: "the loaded modules and where they come from",
    example: ":modules json",
    group: "state",
    run: modules,
};

fn modules(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let vm = call.vm;
    let mut table = Table::new(&["module", "from"]).or("no loaded module is called so");
    let mut keys: Vec<_> = vm.interpreter().modules.string_keys();
    keys.sort_by_key(|key| key.to_rust_string());
    for key in keys {
        let name = key.to_rust_string();
        if !name.contains(call.rest.trim()) {
            continue;
        }
        let Some(module) = vm.interpreter().modules.get_str(&key) else { continue };
        let file = look::attribute(vm, &module, "__file__");
        let file = file.as_ref().and_then(|file| file.downcast::<PyStr>());
        table.row([
            name,
            file.map_or_else(|| "native".to_owned(), objects::core::object::Py::to_rust_string),
        ]);
    }
    Ok(Given::Table(table))
}
