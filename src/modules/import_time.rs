//! `-X importtime`: how long each import took, itself and with what it imported in turn.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Instant;

use objects::core::object::Py;
use objects::core::vm::Vm;
use objects::types::int;
use objects::types::str::PyStr;

use crate::sys::hooks::write_stderr;

/// 0: off; 1: on; 2: imports that `sys.modules` answers are shown as well.
static MODE: AtomicI64 = AtomicI64::new(0);
/// How deep imports are nested.
static LEVEL: AtomicU64 = AtomicU64::new(0);
/// Microseconds that the imports inside the current one have taken.
static ACCUMULATED: AtomicU64 = AtomicU64::new(0);

/// Sets what `-X importtime` says.
pub fn set_mode(mode: i64) {
    MODE.store(mode, Ordering::Relaxed);
    if mode != 0 {
        write_stderr("import time: self [us] | cumulative | imported package\n");
    }
}

/// An import that is being timed.
pub(crate) struct Timing {
    start: Instant,
    outer: u64,
}

/// Starts the clock of an import, if imports are timed.
pub(crate) fn begin(_vm: Vm<'_>) -> Option<Timing> {
    if MODE.load(Ordering::Relaxed) == 0 {
        return None;
    }
    LEVEL.fetch_add(1, Ordering::Relaxed);
    Some(Timing { start: Instant::now(), outer: ACCUMULATED.swap(0, Ordering::Relaxed) })
}

/// Stops the clock and writes the import's line.
pub(crate) fn end(timing: Option<Timing>, name: &str) {
    let Some(timing) = timing else { return };
    let level = LEVEL.fetch_sub(1, Ordering::Relaxed).saturating_sub(1);
    let cumulative = u64::try_from(timing.start.elapsed().as_micros()).unwrap_or(u64::MAX);
    let inside = ACCUMULATED.swap(timing.outer.saturating_add(cumulative), Ordering::Relaxed);
    let own = cumulative.saturating_sub(inside);
    let indent = usize::try_from(level * 2).unwrap_or(0);
    write_stderr(&format!("import time: {own:9} | {cumulative:10} | {:indent$}{name}\n", ""));
}

/// The line of an import that `sys.modules` answered, where those are shown.
#[inline]
pub(crate) fn cached(name: &Py<PyStr>) {
    if MODE.load(Ordering::Relaxed) >= 2 {
        write_cached(&name.to_rust_string());
    }
}

#[cold]
fn write_cached(name: &str) {
    let indent = usize::try_from(LEVEL.load(Ordering::Relaxed) * 2).unwrap_or(0);
    write_stderr(&format!("import time: cached    | cached     | {:indent$}{name}\n", ""));
}

/// Whether `-v` asks for everything that importing does.
pub(crate) fn is_verbose(vm: Vm<'_>) -> bool {
    let Some(flags) = vm.interpreter().sys.get_str(&vm.intern("flags")) else { return false };
    let verbose = flags.downcast::<objects::types::tuple::PyTuple>();
    let verbose = verbose.and_then(|flags| flags.items().get(8).and_then(int::as_i64));
    verbose.is_some_and(|verbose| verbose > 0)
}
