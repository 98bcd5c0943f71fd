//! `:restart`

use std::os::unix::process::CommandExt;

use super::{Call, Command, Given, wrong};
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "restart",
    form: ":restart",
    about: "begin anew: another process, with the same options and the same history",
    example: ":restart",
    group: "session",
    run: restart,
};

fn restart(call: &mut Call<'_, '_>) -> PyResult<Given> {
    crate::console::flush(call.vm);
    if let Some(history) = &mut call.session.history {
        history.sync();
    }
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return Ok(wrong("restart", &error.to_string())),
    };
    modules::signal::restore_terminal();
    // What comes back is why it could not be done.
    let error = std::process::Command::new(program).args(std::env::args_os().skip(1)).exec();
    Ok(wrong("restart", &error.to_string()))
}
