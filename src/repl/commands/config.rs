//! `:config`

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;

use super::{Call, Command, Given, wrong};
use crate::{display, history, settings};
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "config",
    form: ":config [edit]",
    about: "where settings, startup file and history are; edit opens the settings in $EDITOR",
    example: ":config",
    group: "session",
    run: config,
};

fn config(call: &mut Call<'_, '_>) -> PyResult<Given> {
    match call.rest.trim() {
        "edit" => return Ok(edit(call)),
        "" => {}
        other => return Ok(wrong("config", &format!("{other}? only edit is known"))),
    }
    let mut table = crate::table::Table::new(&["what", "where", "is there"]);
    let startup = settings::folder().map(|folder| folder.join("startup.py"));
    let themes = settings::folder().map(|folder| folder.join("themes"));
    let places = [
        ("settings", settings::path()),
        ("startup", startup),
        ("themes", themes),
        ("history", history::path()),
    ];
    for (what, path) in places {
        let there = path.as_ref().is_some_and(|path| path.exists());
        let shown = path.map_or_else(|| "none".to_owned(), |path| path.display().to_string());
        table.row([what.to_owned(), shown, if there { "yes" } else { "no" }.to_owned()]);
    }
    Ok(Given::Table(table))
}

/// Opens the settings' file, which holds all settings as comments when it is new, and reads it again.
fn edit(call: &mut Call<'_, '_>) -> Given {
    let Some(path) = settings::path() else { return wrong("config", "there is no settings file") };
    let created = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file =
            std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(settings::template().as_bytes())
    };
    match created() {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
            return wrong("config", &format!("{}: {error}", path.display()));
        }
        _ => {}
    }
    if let Err(reason) = super::edit::open(call.vm, &path) {
        return wrong("config", &reason);
    }
    let (settings, wrong) = settings::load();
    call.session.settings = settings;
    display::set_looks(&call.session.settings);
    Given::Text(wrong.concat())
}
