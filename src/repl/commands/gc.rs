//! `:gc`

use super::{Call, Command, Given, wrong};
use crate::table::Table;
use objects::core::collector;
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "gc",
    form: ":gc [collect]",
    about: "the cycle collector's generations; collect makes it run",
    example: ":gc collect",
    group: "state",
    run: gc,
};

fn gc(call: &mut Call<'_, '_>) -> PyResult<Given> {
    if call.rest.trim() == "collect" {
        let found = collector::collect(call.vm, 2);
        return Ok(Given::Text(format!("{found} unreachable objects were found\n")));
    }
    if !call.rest.trim().is_empty() {
        return Ok(wrong("gc", "only collect is known"));
    }
    let state = &call.vm.interpreter().runtime().gc;
    let mut table =
        Table::new(&["generation", "threshold", "collections", "collected", "uncollectable"]);
    let names = ["young", "old", "oldest"];
    for ((name, threshold), stats) in
        names.iter().zip(state.thresholds.get()).zip(state.stats.get())
    {
        table.row([
            (*name).to_owned(),
            threshold.to_string(),
            stats.collections.to_string(),
            stats.collected.to_string(),
            stats.uncollectable.to_string(),
        ]);
    }
    let automatic = if state.enabled.get() { "on" } else { "off" };
    table.note(format!("  automatic collection is {automatic}; :gc collect runs it now"));
    Ok(Given::Table(table))
}
