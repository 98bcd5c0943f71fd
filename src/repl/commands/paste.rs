//! `:paste`

use super::{Answer, Call, Command, Given};
use crate::console::{self, Line};
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "paste",
    form: ":paste",
    about: "read lines as they are until -- or C-d, without their prompts, and run them",
    example: ":paste",
    group: "input",
    run: paste,
};

/// For terminals that do not say what is pasted.
fn paste(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let mut text = String::new();
    console::show(call.vm, "-- or C-d ends it\n");
    loop {
        match console::read_line(call.vm, ": ") {
            Line::Text(line) if line.trim_end() == "--" => break,
            Line::Text(line) => text.push_str(&line),
            Line::Undecodable(message) => {
                return Ok(super::wrong("paste", &message));
            }
            Line::Interrupted => {
                modules::sys::hooks::write_stderr("\nKeyboardInterrupt\n");
                return Ok(Given::Text(String::new()));
            }
            Line::End => {
                modules::sys::hooks::write_stderr("\n");
                break;
            }
        }
    }
    let text = crate::editor::cleaned(&text);
    if text.trim().is_empty() {
        return Ok(Given::Text(String::new()));
    }
    Ok(Given::Answer(Answer::Run(text)))
}
