//! `:delete`

use super::{Call, Command, Given, wrong};
use crate::stepper;
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "delete",
    form: ":delete N|*",
    about: "forget a breakpoint, or all with what is watched and caught",
    example: ":delete 1",
    group: "debug",
    run: delete,
};

fn delete(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let rest = call.rest.trim();
    let number = rest.parse::<usize>().ok();
    if number.is_none() && rest != "*" {
        return Ok(wrong("delete", "which number? :breaks lists them; * is all"));
    }
    let count = stepper::change(call.vm, number, |_| false);
    if number.is_none() {
        stepper::unwatch(call.vm);
        stepper::catch(call.vm, None);
    }
    Ok(said("delete", number, count))
}

/// What a change of so many breakpoints says.
pub(super) fn said(name: &str, number: Option<usize>, count: usize) -> Given {
    match number {
        Some(number) if count == 0 => wrong(name, &format!("there is no breakpoint {number}")),
        _ => Given::Text(String::new()),
    }
}
