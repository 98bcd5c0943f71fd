//! What runs before the first prompt: `startup.py` of the user's folder, else `PYTHONSTARTUP`. Nothing of the current
//! folder ever does.

use std::path::{Path, PathBuf};

use lifecycle::Config;
use modules::builtins::CompileMode;
use objects::core::vm::Vm;
use objects::types::str::PyStr;

use crate::progress::Progress;
use crate::session::{Outcome, Session};
use crate::settings;

/// Runs the startup file: the status if it leaves.
pub(crate) fn run(
    vm: Vm<'_>,
    config: &Config,
    session: &mut Session,
    is_terminal: bool,
) -> Option<i32> {
    let own = settings::folder().map(|folder| folder.join("startup.py"));
    // `-I` leaves out whatever the user has added.
    let own = own.filter(|path| is_terminal && config.flags.isolated == 0 && path.is_file());
    let path = own.or_else(|| {
        let named = config.environment("PYTHONSTARTUP").filter(|name| !name.is_empty());
        named.map(PathBuf::from)
    })?;
    run_file(vm, session, &path, is_terminal)
}

fn run_file(vm: Vm<'_>, session: &mut Session, path: &Path, is_terminal: bool) -> Option<i32> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let line = format!("Could not open PYTHONSTARTUP\n{}: {error}\n", path.display());
            modules::sys::hooks::write_stderr(&crate::console::sanitize(&line));
            return None;
        }
    };
    let filename = PyStr::new_value(vm, &path.to_string_lossy());
    let text = match syntax::source::decode(&bytes) {
        Ok(text) => text,
        Err(error) => {
            let lossy = String::from_utf8_lossy(&bytes);
            let raised = modules::builtins::raise_syntax_error(vm, &error, &lossy, &filename);
            return leaving(&session.failed(vm, raised));
        }
    };
    let name =
        path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let progress = is_terminal.then(|| Progress::begin(&format!("{name} runs")));
    let ran = lifecycle::run::run_text(vm, &text, &filename, CompileMode::Exec);
    drop(progress);
    match ran {
        Ok(_) => None,
        Err(raised) => leaving(&session.failed(vm, raised)),
    }
}

fn leaving(outcome: &Outcome) -> Option<i32> {
    match outcome {
        Outcome::Next => None,
        Outcome::Leave(status) => Some(*status),
    }
}
