//! `:set` and `:unset`

use super::{Call, Command, Given, wrong};
use crate::display;
use crate::settings::{NAMES, Settings};
use crate::table::Table;
use objects::core::errors::PyResult;

/// `:set`
pub(super) const SET: Command = Command {
    name: "set",
    form: ":set [NAME [VALUE]]",
    about: "show or change a setting of this session",
    example: ":set display.types on",
    group: "session",
    run: set,
};

/// `:unset`
pub(super) const UNSET: Command = Command {
    name: "unset",
    form: ":unset NAME",
    about: "give a setting its first value back",
    example: ":unset display.types",
    group: "session",
    run: unset,
};

fn set(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let mut words = call.rest.split_whitespace();
    let settings = &mut call.session.settings;
    match (words.next(), words.next()) {
        (None, _) => {
            let mut table = Table::new(&["setting", "value", "meaning"]);
            for (name, about) in NAMES {
                let value = settings.get(name).unwrap_or_default();
                table.row([(*name).to_owned(), value, (*about).to_owned()]);
            }
            Ok(Given::Table(table))
        }
        (Some(name), None) => Ok(match settings.get(name) {
            Some(value) => Given::Text(format!("{name} = {value}\n")),
            None => wrong("set", &Settings::default().set(name, "").err().unwrap_or_default()),
        }),
        (Some(name), Some(value)) => Ok(match settings.set(name, value) {
            Ok(()) => {
                display::set_looks(settings);
                Given::Text(String::new())
            }
            Err(message) => wrong("set", &message),
        }),
    }
}

fn unset(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let name = call.rest.trim();
    let first = Settings::default().get(name).unwrap_or_default();
    let settings = &mut call.session.settings;
    Ok(match settings.set(name, &first) {
        Ok(()) => {
            display::set_looks(settings);
            Given::Text(format!("{name} = {first}\n"))
        }
        Err(message) => wrong("unset", &message),
    })
}
