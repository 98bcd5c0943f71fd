//! `:config`

use super::{Command, Given};
use crate::{history, settings};

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "config",
    form: ":config",
    about: "where settings, startup file and history are",
    example: ":config",
    group: "session",
    run: |_| {
        let mut table = crate::table::Table::new(&["what", "where", "is there"]);
        let startup = settings::folder().map(|folder| folder.join("startup.py"));
        let places =
            [("settings", settings::path()), ("startup", startup), ("history", history::path())];
        for (what, path) in places {
            let there = path.as_ref().is_some_and(|path| path.exists());
            let shown = path.map_or_else(|| "none".to_owned(), |path| path.display().to_string());
            table.row([what.to_owned(), shown, if there { "yes" } else { "no" }.to_owned()]);
        }
        Ok(Given::Table(table))
    },
};
