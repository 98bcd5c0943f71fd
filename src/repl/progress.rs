//! A line that says what takes so long: seen only while it does, and gone when it is done.

use std::io::IsTerminal;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::theme::{self, Tint, tinted};

/// What is done within this is not worth a word.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the line is drawn again.
const EVERY: Duration = Duration::from_millis(250);

#[derive(Debug)]
struct Line {
    /// Something takes its time.
    is_wanted: bool,
    /// The line stands on the terminal.
    is_shown: bool,
    /// What the program wrote last did not end its line.
    is_inside: bool,
}

static LINE: Mutex<Line> = Mutex::new(Line { is_wanted: false, is_shown: false, is_inside: false });
static CHANGED: Condvar = Condvar::new();

fn line() -> MutexGuard<'static, Line> {
    LINE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Line {
    fn erase(&mut self) {
        if std::mem::take(&mut self.is_shown) {
            write(b"\r\x1b[2K");
        }
    }
}

/// Something that may take long, until it is dropped.
#[derive(Debug)]
pub(crate) struct Progress(Option<JoinHandle<()>>);

impl Progress {
    /// Says from now on that `what` takes its time, if it does and there is a terminal for it.
    pub(crate) fn begin(what: &str) -> Self {
        if !std::io::stdout().is_terminal() || std::mem::replace(&mut line().is_wanted, true) {
            return Self(None);
        }
        line().is_inside = false;
        let what = crate::console::sanitize(what);
        modules::io::aside::set_up(true);
        let thread = std::thread::Builder::new().name("progress".to_owned());
        // Without the thread nothing is said.
        Self(thread.spawn(move || tell(&what)).ok())
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        let Some(thread) = self.0.take() else { return };
        modules::io::aside::set_up(false);
        let mut line = line();
        line.is_wanted = false;
        line.erase();
        drop(line);
        CHANGED.notify_all();
        // It only sleeps or has ended.
        let _ = thread.join();
    }
}

/// Draws the line again and again.
fn tell(what: &str) {
    let begun = Instant::now();
    let mut line = line();
    while line.is_wanted {
        let waits = if begun.elapsed() < PATIENCE { PATIENCE } else { EVERY };
        line = CHANGED
            .wait_timeout(line, waits)
            .map_or_else(|poisoned| poisoned.into_inner().0, |(line, _)| line);
        if line.is_wanted && !line.is_inside && begun.elapsed() >= PATIENCE {
            let columns = crate::console::columns().saturating_sub(1);
            let text = format!("{what} … {} s", begun.elapsed().as_secs());
            let text: String = text.chars().take(columns).collect();
            let text = if theme::enabled() { tinted(Tint::Dim, &text) } else { text };
            write(format!("\r\x1b[2K{text}").as_bytes());
            line.is_shown = true;
        }
    }
}

/// The program writes something: the line makes room.
pub(crate) fn make_room(bytes: &[u8]) {
    let mut line = line();
    line.erase();
    if let Some(last) = bytes.last() {
        line.is_inside = *last != b'\n';
    }
}

fn write(mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match rustix::io::write(rustix::stdio::stdout(), bytes) {
            Ok(count @ 1..) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(rustix::io::Errno::INTR) => {}
            // A terminal that is gone shows nothing.
            _ => return,
        }
    }
}
