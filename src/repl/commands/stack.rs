//! `:stack`

use super::{Call, Command, Given};
use crate::views;
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "stack",
    form: ":stack [N]",
    about: "a live frame's value stack and locals, in breakpoint()",
    example: ":stack 1",
    group: "state",
    run: stack,
};

fn stack(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let rest = call.rest.trim();
    let index = if rest.is_empty() { call.current } else { rest.parse().unwrap_or(usize::MAX) };
    match call.frames.get(index) {
        Some(frame) if call.json => Ok(Given::Table(views::stack_rows(call.vm, frame))),
        Some(frame) => Ok(Given::Text(views::stack(call.vm, index, frame)?)),
        None if call.frames.is_empty() => {
            Ok(Given::Text(":stack: no frame is live; breakpoint() stops in one\n".to_owned()))
        }
        None => Ok(Given::Text(format!(":stack: no frame {rest}\n"))),
    }
}
