//! Ctrl-Z: the shell stops with its terminal as it was outside, and goes on with its prompt as it was.

use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Signal, kill_current_process_group};
use rustix::stdio::stdin;
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use rustyline::Cmd;

use super::live;
use crate::theme::RESET;

/// How long the editor's thread waits for the stop: the kernel may begin it on any thread of the process, and until all
/// have stopped this one would go on, and take the terminal back from the shell outside.
const UNTIL_STOPPED: Duration = Duration::from_millis(50);

/// The terminal's modes outside of the editor.
pub(super) fn modes() -> Option<Termios> {
    tcgetattr(stdin()).ok()
}

/// Stops the process group until it is continued; the command has the editor draw its buffer again.
pub(super) fn stop(outside: Option<&Termios>) -> Cmd {
    let inside = modes();
    // The colour of what was typed last and the marks of pastes are not for the shell outside.
    live::write(RESET);
    live::write("\x1b[?2004l");
    set(outside);
    // A group that nobody would continue is not stopped: the kernel drops the signal.
    let _ = kill_current_process_group(Signal::TSTP);
    sleep(UNTIL_STOPPED);
    set(inside.as_ref());
    live::write("\x1b[?2004h");
    Cmd::Repaint
}

fn set(modes: Option<&Termios>) {
    if let Some(modes) = modes {
        // A terminal that is gone needs no modes.
        let _ = tcsetattr(stdin(), OptionalActions::Drain, modes);
    }
}
