//! `:type`

use super::{Call, Command, Given};
use objects::core::errors::PyResult;
use objects::core::type_object::PyType;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "type",
    form: ":type EXPR",
    about: "the class of what an expression gives, and what it inherits from (runs it)",
    example: ":type True",
    group: "look",
    run: type_of,
};

fn type_of(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let value = call.session.value_of(call.vm, call.rest)?;
    let mro = value.class().mro_tuple();
    let names: Vec<String> = mro
        .items()
        .iter()
        .filter_map(|class| class.downcast::<PyType>().map(|class| class.name()))
        .collect();
    Ok(Given::Text(format!("{}\n", names.join(" → "))))
}
