//! `:breaks`

use super::{Call, Command, Given};
use crate::stepper;
use crate::table::Table;
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "breaks",
    form: ":breaks",
    about: "the breakpoints, watched expressions and caught exceptions",
    example: ":breaks --json",
    group: "debug",
    run: breaks,
};

fn breaks(_call: &mut Call<'_, '_>) -> PyResult<Given> {
    let mut table = Table::new(&["#", "stops at", "condition", "state", "hits"])
        .or("nothing stops; :break, :watch and :catch make stops");
    for point in stepper::all() {
        table.row([
            point.number.to_string(),
            point.place.to_string(),
            point.condition.unwrap_or_default(),
            match (point.enabled, point.ignored) {
                (false, _) => "off".to_owned(),
                (true, 0) => "on".to_owned(),
                (true, times) => format!("lets {times} pass"),
            },
            point.hits.to_string(),
        ]);
    }
    let kept = |what: String| ["-".to_owned(), what, String::new(), "on".to_owned(), String::new()];
    for watch in stepper::watches() {
        table.row(kept(format!("watch {}", watch.text)));
    }
    if let Some(names) = stepper::catching() {
        let names = if names.is_empty() { "any exception".to_owned() } else { names.join(" ") };
        table.row(kept(format!("catch {names}")));
    }
    Ok(Given::Table(table))
}
