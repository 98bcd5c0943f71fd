//! Assembles an interpreter, runs code, takes it down.
//!
//! # What comes in
//! A [`Config`](config::Config): the command line and the environment, read once.
//!
//! # What goes out
//! The exit status. Between start and end a closure gets the token: the shell, or the run of a program.
//!
//! # Files in reading order
//! `config.rs` with `command_line.rs` (what comes in), `usage.rs` (help, refusals), `init.rs` (the steps of initialisation), `embedded_library.rs` (where the library's code and
//! text are), `site.rs` (when `site` has work to do), `run.rs` (a file, `-c`, `-m`, stdin), `inspect.rs` (`--dis` and its kin, without any interpreter),
//! `finalize.rs` and `teardown.rs` (the way down).
//!
//! # Invariants
//! **Invariant:** starting runs no Python code, unless the environment asks for it: warning options, `site` with work to do.
//!
//! **Invariant:** nothing here draws on a terminal.
//!
//! # How to change it
//! A flag is a letter in `command_line.rs` and its effect in `init.rs`; the README's list follows.
//!
//! # Its counterpart in CPython
//! `Python/pylifecycle.c`, `Python/initconfig.c`, `Modules/main.c`.
#![forbid(unsafe_code)]

mod command_line;
pub mod config;
mod embedded_library;
mod finalize;
pub mod init;
pub mod inspect;
pub mod run;
mod site;
mod teardown;
pub mod usage;

pub use config::Config;
pub use init::start;
use objects::core::small_blocks::SmallBlocks;

/// The memory of the process beside its objects.
#[global_allocator]
static ALLOCATOR: SmallBlocks = SmallBlocks;
