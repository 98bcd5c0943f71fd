//! `:quit`

use super::{Answer, Command, Given};

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "quit",
    form: ":quit",
    about: "leave",
    example: ":quit",
    group: "session",
    run: |_| Ok(Given::Answer(Answer::Leave(0))),
};
