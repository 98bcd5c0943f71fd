//! What threads print while a prompt is up: whole lines above it, and the prompt is drawn anew below them.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use rustyline::ExternalPrinter;

/// How much may wait to be drawn; who writes more waits himself.
const WAITING_MAX: usize = 1 << 20;

#[derive(Debug, Default)]
struct Waiting {
    bytes: Vec<u8>,
    is_up: bool,
}

static WAITING: Mutex<Waiting> = Mutex::new(Waiting { bytes: Vec::new(), is_up: false });
static CHANGED: Condvar = Condvar::new();

fn waiting() -> MutexGuard<'static, Waiting> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts the thread that hands lines to an editor's printer.
pub(super) fn start(mut printer: impl ExternalPrinter + Send + 'static) {
    let pump = std::thread::Builder::new().name("prompt-output".to_owned());
    // Without the thread, what is written appears when the prompt is done.
    let _ = pump.spawn(move || {
        while let Some(text) = next_lines() {
            if printer.print(text).is_err() {
                return;
            }
        }
    });
}

/// Has what is written while a prompt is up come here.
pub(super) fn prepare() {
    modules::io::aside::set_taker(take);
}

/// The taker: keeps bytes for the drawing thread.
fn take(bytes: &[u8]) {
    let mut waiting = waiting();
    while waiting.is_up && waiting.bytes.len() > WAITING_MAX {
        waiting = CHANGED.wait(waiting).unwrap_or_else(PoisonError::into_inner);
    }
    if waiting.is_up {
        waiting.bytes.extend_from_slice(bytes);
        CHANGED.notify_all();
    } else {
        drop(waiting);
        crate::progress::make_room(bytes);
        direct(bytes);
    }
}

/// Waits for whole lines.
fn next_lines() -> Option<String> {
    let mut waiting = waiting();
    loop {
        let end = waiting.bytes.iter().rposition(|byte| *byte == b'\n').filter(|_| waiting.is_up);
        if let Some(end) = end {
            let lines: Vec<u8> = waiting.bytes.drain(..=end).collect();
            CHANGED.notify_all();
            // A colour that the editor left open is not the program's.
            return Some(format!("\x1b[0m{}", String::from_utf8_lossy(&lines)));
        }
        waiting = CHANGED.wait(waiting).unwrap_or_else(PoisonError::into_inner);
    }
}

/// A prompt comes up or goes: then what still waits is written as it is.
pub(super) fn set_up(is_up: bool) {
    let mut waiting = waiting();
    waiting.is_up = is_up;
    modules::io::aside::set_up(is_up);
    if !is_up {
        let rest = std::mem::take(&mut waiting.bytes);
        direct(&rest);
    }
    CHANGED.notify_all();
}

fn direct(mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match rustix::io::write(rustix::stdio::stdout(), bytes) {
            Ok(count @ 1..) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(rustix::io::Errno::INTR) => {}
            // A terminal that is gone shows nothing.
            _ => return,
        }
    }
}
