//! `:doctor`

use super::{Call, Command, Given};
use crate::table::Table;
use crate::{console, history, settings, theme};
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "doctor",
    form: ":doctor [--panic]",
    about: "terminal, colours, places and versions, for a report of a bug; --panic shows what a bug of the machine does",
    example: ":doctor",
    group: "session",
    run: doctor,
};

fn doctor(call: &mut Call<'_, '_>) -> PyResult<Given> {
    if call.rest.trim() == "--panic" {
        std::panic::panic_any("asked for by :doctor --panic");
    }
    let mut table = Table::new(&["what", "is", "check"]);
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
        table.row([what.to_owned(), is, String::new()]);
    }
    for (what, is, verdict) in checks(call) {
        table.row([what.to_owned(), is, verdict]);
    }
    Ok(Given::Table(table))
}

/// What can be wrong, and whether it is.
fn checks(call: &Call<'_, '_>) -> Vec<(&'static str, String, String)> {
    let verdict = |problem: Option<String>| problem.unwrap_or_else(|| "ok".to_owned());
    let mut checks = Vec::new();
    let (_, wrong) = settings::load();
    checks.push((
        "settings file",
        format!("{} problems", wrong.len()),
        verdict(wrong.first().map(|line| line.trim_end().to_owned())),
    ));
    let kept = call.session.history.as_ref().and_then(history::History::path);
    let problem = match kept {
        None => Some("nothing is recorded".to_owned()),
        Some(path) => history::refusal(path),
    };
    checks.push((
        "history file",
        if kept.is_some() { "kept" } else { "off" }.to_owned(),
        verdict(problem),
    ));
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"];
    let encoding =
        locale.iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    let encoding = encoding.unwrap_or_else(|| "C".to_owned());
    let utf8 = encoding.to_lowercase().replace('-', "").ends_with("utf8");
    checks.push((
        "encoding",
        encoding,
        verdict((!utf8).then(|| "not UTF-8: wide characters may be drawn wrong".to_owned())),
    ));
    let editor = std::env::var("VISUAL").or_else(|_| std::env::var("EDITOR"));
    let editor = editor.unwrap_or_else(|_| "vi".to_owned());
    let program = editor.split_whitespace().next().unwrap_or_default().to_owned();
    checks.push((
        "$EDITOR",
        editor,
        verdict((!is_there(&program)).then(|| "not found".to_owned())),
    ));
    let small = console::columns() < 40;
    checks.push((
        "width",
        console::columns().to_string(),
        verdict(small.then(|| "narrow: lists are cut".to_owned())),
    ));
    checks
}

/// Whether a program is on the path.
fn is_there(program: &str) -> bool {
    if program.contains('/') {
        return std::path::Path::new(program).is_file();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
