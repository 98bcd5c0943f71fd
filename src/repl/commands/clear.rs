//! `:clear`

use super::{Answer, Command, Given};

/// The command. Its text is the terminal's own escape, so it goes past the cleaning of shown text.
pub(super) const COMMAND: Command = Command {
    name: "clear",
    form: ":clear",
    about: "clear the screen",
    example: ":clear",
    group: "session",
    run: |_| {
        let able = std::io::IsTerminal::is_terminal(&std::io::stdout());
        let text = if able { "\x1b[H\x1b[2J" } else { "" };
        Ok(Given::Answer(Answer::Text(text.to_owned())))
    },
};
