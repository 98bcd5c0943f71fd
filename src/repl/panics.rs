//! A panic of the machine: the terminal stays quiet, a report file says what happened.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

#[derive(Default)]
struct Noted {
    input: String,
    report: Option<PathBuf>,
}

static NOTED: Mutex<Noted> = Mutex::new(Noted { input: String::new(), report: None });

/// Keeps the input that a report names.
pub(crate) fn note_input(text: &str) {
    text.clone_into(&mut NOTED.lock().unwrap_or_else(PoisonError::into_inner).input);
}

/// Makes panics of this process write a report instead of a trace on the terminal.
pub(crate) fn install() {
    std::panic::set_hook(Box::new(|info| {
        let mut noted = NOTED.lock().unwrap_or_else(PoisonError::into_inner);
        let text = format!(
            "pyglass {}\n{info}\n\ninput:\n{}\n\n{}\n",
            env!("CARGO_PKG_VERSION"),
            noted.input,
            std::backtrace::Backtrace::force_capture()
        );
        noted.report = write(&text);
    }));
}

fn write(text: &str) -> Option<PathBuf> {
    let folder = dirs::cache_dir()?.join("pyglass");
    std::fs::create_dir_all(&folder).ok()?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?;
    let path = folder.join(format!("panic-{}-{}.txt", now.as_secs(), std::process::id()));
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path).ok()?;
    file.write_all(text.as_bytes()).ok()?;
    Some(path)
}

/// The last report's place, as the line on the terminal says it.
pub(crate) fn take_report() -> String {
    let path = NOTED.lock().unwrap_or_else(PoisonError::into_inner).report.take();
    path.map_or_else(String::new, |path| format!(" (report {})", path.display()))
}
