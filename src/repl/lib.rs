//! The shell: session, commands, display.
//!
//! # What comes in
//! A [`Config`], and lines from a terminal or, with `-i`, from a pipe.
//!
//! # What goes out
//! The exit status; everything else goes to the streams.
//!
//! # Files in reading order
//! `shell` (the loop of prompts), `console` (reading and writing lines), `editor/*` and `history` (a real terminal's; `history/*` reads those of other shells),
//! `session` (text in, outcome out), `display` (values), `commands/*` (what a colon starts), `look` (objects without their
//! code), `views`, `listing` and `symbols` (how code, frames and stacks look), `table` (lists), `json` (what a program reads), `debugger` (the prompt in a program that stopped), `stepper` and `breakpoints` (where it stops), `looks` (how a stop looks), `recorder` (what a statement did), `transcript` (what a session was) and `page` (both as one file of HTML), `settings`, `startup`, `theme`, `panics`, `progress` (what takes long), `manual` (what `--man` and `--completions` print), `inspect` (what `--stages` and `--json` print).
//!
//! # Invariants
//! **Invariant:** no input ends the session but leaving: a panic becomes one line.
//! **Invariant:** commands run no user code, but for the expression that names a target.
//!
//! # How to change it
//! A command is a file of `commands/`, its row in `commands/mod.rs` and its fixture in `history-fixtures`.
//!
//! # Its counterpart in CPython
//! `PyRun_InteractiveLoop` in `Python/pythonrun.c`, `Lib/code.py`.
#![forbid(unsafe_code)]

mod breakpoints;
mod commands;
mod console;
mod debugger;
mod display;
mod editor;
mod history;
mod inspect;
mod json;
mod listing;
mod look;
mod looks;
mod manual;
mod page;
mod panics;
mod progress;
mod recorder;
mod session;
mod settings;
mod shell;
mod startup;
mod stepper;
mod symbols;
mod table;
mod theme;
mod transcript;
mod views;

use lifecycle::Config;
use lifecycle::config::Target;

/// Runs what the command line says; the shell where it says nothing else.
#[must_use]
pub fn run(config: &Config) -> i32 {
    settings::set_options(config);
    let interactive = config.inspect || modules_isatty();
    lifecycle::start(config, |vm| match &config.target {
        Target::Inspect(inspection, source) => inspect::run(vm, *inspection, source, config),
        Target::Stdin if interactive => shell::run(vm, config),
        _ => {
            let run = || lifecycle::run::run_target(vm, config);
            let status = match &config.shell.trace_page {
                Some(page) => recorder::traced_program(vm, config, page, run),
                None => run(),
            };
            if config.inspect { shell::run(vm, config) } else { status }
        }
    })
}

/// The text of `--completions SHELL`; None for a shell that nobody knows.
#[must_use]
pub fn completions(shell: &str) -> Option<String> {
    manual::completions(shell)
}

/// The text of `--man`: a page for `man`.
#[must_use]
pub fn manual() -> String {
    manual::page()
}

fn modules_isatty() -> bool {
    std::io::IsTerminal::is_terminal(&std::io::stdin())
}
