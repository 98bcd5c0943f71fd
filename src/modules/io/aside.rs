//! While a prompt stands on the terminal, what threads write there goes to the one who draws the prompt.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Takes bytes that were meant for the terminal. It may wait, and is called without the GIL.
pub type Taker = fn(&[u8]);

static TAKER: OnceLock<Taker> = OnceLock::new();
static IS_UP: AtomicBool = AtomicBool::new(false);

/// Names who takes what is written while a prompt is up. The first one stays.
pub fn set_taker(taker: Taker) {
    // A second shell in the process has the same taker.
    let _ = TAKER.set(taker);
}

/// Says whether a prompt is up.
pub fn set_up(is_up: bool) {
    IS_UP.store(is_up, Ordering::SeqCst);
}

/// Whether writes to a descriptor go aside now.
pub(crate) fn is_wanted(descriptor: i32) -> bool {
    (descriptor == 1 || descriptor == 2) && IS_UP.load(Ordering::SeqCst)
}

/// Hands bytes over: all of them are taken.
pub(crate) fn write(bytes: &[u8]) -> usize {
    if let Some(taker) = TAKER.get() {
        taker(bytes);
    }
    bytes.len()
}
