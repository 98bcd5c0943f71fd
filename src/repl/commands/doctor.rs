//! `:doctor`

use super::{Call, Command, Given};
use crate::table::Table;
use crate::{console, history, settings, theme};
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "doctor",
    form: ":doctor",
    about: "terminal, colours, places and versions, for a report of a bug",
    example: ":doctor",
    group: "session",
    run: doctor,
};

fn doctor(_call: &mut Call<'_, '_>) -> PyResult<Given> {
    let mut table = Table::new(&["what", "is"]);
    let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| "not set".to_owned());
    let (rows, columns) = console::size();
    let place = |path: Option<std::path::PathBuf>| {
        path.map_or_else(|| "none".to_owned(), |path| path.display().to_string())
    };
    let (major, minor, micro) = modules::sys::info::VERSION;
    let facts = [
        ("pyglass", env!("CARGO_PKG_VERSION").to_owned()),
        ("python", format!("{major}.{minor}.{micro}")),
        ("system", format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
        ("terminal", variable("TERM")),
        ("size", format!("{rows} rows, {columns} columns")),
        ("editor", if crate::editor::is_able() { "yes" } else { "no" }.to_owned()),
        ("colours", if theme::enabled() { "yes" } else { "no" }.to_owned()),
        ("LANG", variable("LANG")),
        ("settings", place(settings::path())),
        ("history", place(history::path())),
        ("folder", place(std::env::current_dir().ok())),
    ];
    for (what, is) in facts {
        table.row([what.to_owned(), is]);
    }
    Ok(Given::Table(table))
}
