//! The shell: session, commands, editor, display.
#![forbid(unsafe_code)]

use lifecycle::Config;

/// Runs what the command line says; the shell where it says nothing else.
#[must_use]
pub fn run(config: &Config) -> i32 {
    lifecycle::start(config, |vm| lifecycle::run::run_target(vm, config))
}
