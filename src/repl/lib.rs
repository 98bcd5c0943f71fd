//! The shell: session, commands, editor, display.
//!
//! # What comes in
//! A [`Config`]: the command line.
//!
//! # What goes out
//! The exit status; on the way, what the user sees.
//!
//! # Files in reading order
//! `session.rs` (text in, outcome out; no terminal), `plain.rs` (prompts and lines without any editing).
//!
//! # Invariants
//! **Invariant:** no Python semantics here: a session compiles and runs by the rooms below.
//!
//! # How to change it
//! What a statement means belongs below; how it is typed and shown belongs here.
//!
//! # Its counterpart in CPython
//! `Python/pythonrun.c` (the interactive loop), `Lib/_pyrepl`.
#![forbid(unsafe_code)]

mod plain;
mod session;

use std::io::IsTerminal;

use lifecycle::Config;
use lifecycle::config::Target;
use lifecycle::run;

pub use session::{Outcome, Session};

/// Runs what the command line says; the shell where it says nothing else, and after a program with `-i`.
#[must_use]
pub fn run(config: &Config) -> i32 {
    let on_terminal = std::io::stdin().is_terminal();
    lifecycle::start(config, |vm| {
        let wants_shell = matches!(config.target, Target::Stdin) && (on_terminal || config.inspect);
        if wants_shell {
            return plain::run_plain(vm);
        }
        let status = run::run_target(vm, config);
        if config.inspect && on_terminal { plain::run_plain(vm) } else { status }
    })
}
