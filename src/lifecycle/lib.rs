//! Assembles an interpreter, runs code, takes it down.
//!
//! # What comes in
//! A [`Config`](config::Config): the command line and the environment, read once.
//!
//! # What goes out
//! The exit status. Between start and end a closure gets the token: the shell, or the run of a program.
//!
//! # Files in reading order
//! `config.rs` (command line), `init.rs` (the steps of initialisation), `embedded_library.rs` (where the library's code and
//! text are), `run.rs` (a file, `-c`, `-m`, stdin), `inspect.rs` (`--dis` and its kin, without any interpreter),
//! `finalize.rs` (the way down).
//!
//! # Invariants
//! **Invariant:** starting runs no Python code.
//!
//! **Invariant:** nothing here draws on a terminal.
//!
//! # How to change it
//! A flag is a letter in `config.rs` and its effect in `init.rs`; the README's list follows.
//!
//! # Its counterpart in CPython
//! `Python/pylifecycle.c`, `Python/initconfig.c`, `Modules/main.c`.
#![forbid(unsafe_code)]

pub mod config;
mod embedded_library;
mod finalize;
pub mod init;
pub mod inspect;
pub mod run;

pub use config::Config;
pub use init::start;
