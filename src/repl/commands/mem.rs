//! `:mem`

use super::{Call, Command, Given};
use objects::core::collector;
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "mem",
    form: ":mem [STATEMENT]",
    about: "the process's memory, and what a statement adds to it (runs it)",
    example: ":mem x = list(range(10**6))",
    group: "measure",
    run: mem,
};

fn mem(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let before = resident();
    let objects = collector::objects(call.vm)?.len();
    let text = call.rest.trim();
    if text.is_empty() {
        return Ok(Given::Text(format!(
            "resident {before} KiB, {objects} objects with references\n"
        )));
    }
    call.session.time(call.vm, &format!("{text}\n"), super::mode_of(text))?;
    crate::console::flush(call.vm);
    let after = resident();
    let more = collector::objects(call.vm)?.len();
    let bytes = i64::try_from(after).unwrap_or(0) - i64::try_from(before).unwrap_or(0);
    let count = i64::try_from(more).unwrap_or(0) - i64::try_from(objects).unwrap_or(0);
    Ok(Given::Text(format!(
        "resident {after} KiB ({bytes:+}), objects with references {more} ({count:+})\n"
    )))
}

/// Kibibytes of the process that are in memory.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
