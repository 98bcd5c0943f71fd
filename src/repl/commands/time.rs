//! `:time`

use super::{Call, Command, Given};
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "time",
    form: ":time STATEMENT",
    about: "how long a statement takes (runs it)",
    example: ":time sum(range(10**6))",
    group: "measure",
    run: time,
};

fn time(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let text = format!("{}\n", call.rest.trim());
    let seconds = call.session.time(call.vm, &text, super::mode_of(&text))?;
    crate::console::flush(call.vm);
    Ok(Given::Text(format!("{}\n", span(seconds))))
}

/// A time in the unit that fits.
pub(super) fn span(seconds: f64) -> String {
    if seconds >= 1.0 {
        format!("{seconds:.3} s")
    } else if seconds >= 1e-3 {
        format!("{:.3} ms", seconds * 1e3)
    } else if seconds >= 1e-6 {
        format!("{:.3} µs", seconds * 1e6)
    } else {
        format!("{:.1} ns", seconds * 1e9)
    }
}
