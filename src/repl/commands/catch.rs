//! `:catch`

use super::{Call, Command, Given};
use crate::stepper;
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "catch",
    form: ":catch [NAME... | off]",
    about: "stop where an exception is raised, handled or not",
    example: ":catch ValueError KeyError",
    group: "debug",
    run: catch,
};

fn catch(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let names: Vec<String> = call.rest.split_whitespace().map(str::to_owned).collect();
    if names == ["off"] {
        stepper::catch(call.vm, None);
        return Ok(Given::Text(String::new()));
    }
    let said = if names.is_empty() { "any exception".to_owned() } else { names.join(" ") };
    stepper::catch(call.vm, Some(names));
    Ok(Given::Text(format!("catch {said}\n")))
}
