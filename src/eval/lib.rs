//! Executes frames.
//!
//! # What comes in
//! Code objects, functions with arguments, generators to go on with; through the hooks that [`install`] sets.
//!
//! # What goes out
//! A value, or an exception in the thread state. [`session`] shows live frames to the shell.
//!
//! # Files in reading order
//! `build.rs` (which form of dispatch is built), `word_ops.rs` (the table of word operations), `machine.rs` (a word's
//! fields, the registers), `dispatch.rs` (both forms of the loop), `translate.rs` (bytecode to words, side tables) and its `instructions.rs`,
//! `adaptive.rs` and `flow.rs` (what was specialised, in CPython's opcodes),
//! `enter.rs` (arguments, doors from native code), `bind.rs` (arguments where they lie), `frames.rs`
//! (frames pushed and popped), `generator_frames.rs` (those of generators), `unwind.rs` and `exception_table.rs`, `breaker.rs`, `ops/` by topic,
//! `instrument.rs` (which form a code object runs in), `events.rs` and `legacy_tracing.rs` (what tools are told),
//! `objects_access.rs` (what words ask of objects), `session.rs`.
//!
//! # Invariants
//! **Invariant:** when a word raises, its operands are still in their registers, or the registers hold NULL.
//! **Invariant:** Python code calling Python code does not nest the loop.
//!
//! # How to change it
//! A new word operation: a row in `word_ops.rs`, a handler in `ops/`, and `translate.rs` to emit it.
//!
//! # Its counterpart in CPython
//! `ceval.c`, `bytecodes.c`, `specialize.c`, `frame.c`.

mod bind;
mod breaker;
mod dispatch;
mod enter;
mod events;
mod exception_table;
mod frames;
mod generator_frames;
mod instrument;
mod legacy_tracing;
mod machine;
mod objects_access;
mod ops;
pub mod session;
mod translate;
mod unwind;
mod word_ops;

use objects::core::interpreter_state::{Hooks, InterpreterState};

/// Makes `interpreter` able to run Python code.
pub fn install(interpreter: &InterpreterState) {
    let hooks = Hooks {
        call_function: enter::call_function,
        run_code: enter::run_code,
        resume: enter::resume,
    };
    // A second call finds the same hooks in place.
    let _ = interpreter.hooks.set(hooks);
    interpreter.on_breaker.set(Some(breaker::on_breaker));
    interpreter.monitoring.instrument.set(Some(instrument::instrument));
}
