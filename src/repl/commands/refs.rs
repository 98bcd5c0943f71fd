//! `:refs`

use super::{Call, Command, Given};
use crate::table::Table;
use crate::views;
use objects::core::collector;
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "refs",
    form: ":refs [-in|-out] EXPR",
    about: "the objects that an object refers to; with -in those that refer to it",
    example: ":refs -in sys.path",
    group: "look",
    run: refs,
};

fn refs(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let (options, rest) = call.options();
    let value = call.session.value_of(call.vm, rest)?;
    let found = if options.contains(&"-in") {
        collector::referrers(call.vm, std::slice::from_ref(&value))?
    } else {
        collector::referents(&value)
    };
    let mut table = Table::new(&["type", "id", "value"]);
    for object in found.iter().take(200) {
        let id = format!("{:#x}", object.id());
        table.row([object.class().name(), id, views::brief(call.vm, object)]);
    }
    Ok(Given::Table(table))
}
