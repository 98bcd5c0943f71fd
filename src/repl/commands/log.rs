//! `:log`

use std::fs::OpenOptions;

use super::{Call, Command, Given, folders, wrong};
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "log",
    form: ":log [FILE | off]",
    about: "keep what is entered from now on in a file, as a program; what it shows and what fails in comments",
    example: ":log today.py",
    group: "input",
    run: log,
};

fn log(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let name = call.rest.trim();
    Ok(match name {
        "" => Given::Text(match &call.session.log {
            Some(log) => format!("inputs go to {}\n", log.path.display()),
            None => "no log is kept\n".to_owned(),
        }),
        "off" => match call.session.log.take() {
            Some(log) => Given::Text(format!("the log {} ends\n", log.path.display())),
            None => wrong("log", "no log is kept"),
        },
        name => {
            let path = folders::expanded(name);
            match OpenOptions::new().append(true).create(true).open(&path) {
                Ok(file) => {
                    let shown = path.display().to_string();
                    call.session.log = Some(crate::session::Log { path, file });
                    Given::Text(format!("inputs go to {shown}\n"))
                }
                Err(error) => wrong("log", &format!("{}: {error}", path.display())),
            }
        }
    })
}
