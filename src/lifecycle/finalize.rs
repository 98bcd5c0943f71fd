//! The way down: threads are waited for, `atexit` callbacks run, streams are flushed, modules end.

use std::io::Write as _;

use objects::core::runtime_state::Phase;
use objects::core::value::Value;
use objects::core::vm::Vm;

use crate::run::INTERRUPTED;
use crate::teardown;

/// The exit status of a process whose standard output could not be written.
const FLUSH_FAILED: i32 = 120;

/// Takes the interpreter down: the status that the process ends with.
pub(crate) fn finalize(vm: Vm<'_>, status: i32) -> i32 {
    let interpreter = vm.interpreter();
    if let Some(threading) = interpreter.modules.get_str(&vm.intern("threading"))
        && let Err(raised) = vm.call_method(&threading, &vm.intern("_shutdown"), &[])
    {
        vm.unraisable(raised, Some(&threading), None);
    }
    modules::atexit::run_callbacks(vm);
    interpreter.runtime().phase.set(Phase::Finalizing);
    // Daemon threads do not run on while objects are taken down.
    interpreter.runtime().gil.close(vm.thread());
    let flushed = flush_streams(vm);
    teardown::end_modules(vm);
    let flushed = flush_streams(vm) && flushed;
    if let Some(words) = interpreter.words.get() {
        // Whoever closed the stream does not want to know.
        let _ = writeln!(std::io::stderr(), "[{words} words]");
    }
    if status == INTERRUPTED && interpreter.runtime().unhandled_interrupt.get() {
        // Whoever waits for the process sees that Ctrl-C ended it.
        modules::signal::end_by_interrupt();
    }
    if flushed { status } else { FLUSH_FAILED }
}

/// Flushes `sys.stdout` and `sys.stderr`. False when the output is lost.
pub(crate) fn flush_streams(vm: Vm<'_>) -> bool {
    let mut fine = true;
    for name in ["stdout", "stderr"] {
        let stream = vm.interpreter().sys.get_str(&vm.intern(name));
        let Some(stream) = stream.filter(|stream| !stream.is_none()) else { continue };
        if is_closed(vm, &stream) {
            continue;
        }
        if let Err(raised) = vm.call_method(&stream, &vm.names().flush, &[]) {
            fine = false;
            if name == "stdout" {
                vm.unraisable(raised, Some(&stream), None);
            } else {
                vm.clear(raised);
            }
        }
    }
    fine
}

fn is_closed(vm: Vm<'_>, stream: &Value) -> bool {
    let closed = vm.get_attr_opt(stream, &vm.names().closed);
    match closed {
        Ok(Some(closed)) => vm.is_true(&closed).unwrap_or_else(|raised| {
            vm.clear(raised);
            false
        }),
        Ok(None) => false,
        Err(raised) => {
            vm.clear(raised);
            false
        }
    }
}
