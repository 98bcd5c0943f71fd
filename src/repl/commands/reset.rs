//! `:reset`

use super::{Call, Command, Given, wrong};
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "reset",
    form: ":reset [-f]",
    about: "forget the names that were bound since the start; -f as in IPython, nobody is asked",
    example: ":reset",
    group: "session",
    run: reset,
};

fn reset(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let (options, rest) = call.options();
    if let Some(other) = options.iter().find(|option| **option != "-f") {
        return Ok(wrong("reset", &format!("unknown option {other}")));
    }
    if !rest.is_empty() {
        return Ok(wrong("reset", "it takes no names; `del` forgets some"));
    }
    let globals = call.session.globals.clone();
    let mut count = 0;
    for key in globals.string_keys() {
        let name = key.to_rust_string();
        if !call.session.first_names.contains(&name) {
            // Dropping the value may run its finalizer: it does so when nothing is borrowed.
            drop(globals.remove_str(&key));
            count += 1;
        }
    }
    let plural = if count == 1 { "" } else { "s" };
    Ok(Given::Text(format!("{count} name{plural} forgotten\n")))
}
