//! `:break`

use super::{Call, Command, Given, wrong};
use crate::breakpoints::Breakpoint;
use crate::stepper;
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "break",
    form: ":break [--once] [FILE:]LINE|FUNCTION|op:NAME [if EXPR]",
    about: "stop there, whenever a program comes by",
    example: ":break fact if n == 1",
    group: "debug",
    run: break_,
};

fn break_(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let (options, rest) = call.options();
    let file = call.frames.get(call.current).map(|frame| frame.code.filename.to_rust_string());
    match Breakpoint::parse(rest, file.as_deref()) {
        Ok(mut point) => {
            point.temporary = options.contains(&"--once");
            let place = point.place.to_string();
            let number = stepper::add(call.vm, point);
            Ok(Given::Text(format!("breakpoint {number}: {place}\n")))
        }
        Err(message) => Ok(wrong("break", &message)),
    }
}
