//! `:version`

use super::{Command, Given};

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "version",
    form: ":version",
    about: "which pyglass this is, and whose Python it speaks",
    example: ":version",
    group: "session",
    run: |_| {
        let (major, minor, micro) = modules::sys::info::VERSION;
        let own = env!("CARGO_PKG_VERSION");
        Ok(Given::Text(format!("pyglass {own}, Python {major}.{minor}.{micro}\n")))
    },
};
