//! `:help`

use super::{COMMANDS, Call, Command, Given, SHORT, find};
use crate::debugger;
use crate::table::{packed, wrapped};
use crate::theme::{Tint, tinted};
use objects::core::errors::PyResult;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "help",
    form: ":help [COMMAND | GROUP | all | keys | debugger]",
    about: "the commands by group; one command, a group with what each does, the keys, the debugger's words",
    example: ":help dis",
    group: "session",
    run: help,
};

/// The groups in the order of the list.
pub(super) const GROUPS: &[&str] =
    &["look", "compile", "state", "debug", "measure", "input", "session"];

/// What is no command, but can be asked for.
pub(super) const TOPICS: &[(&str, &str)] = &[
    ("all", "all commands with what they do"),
    ("keys", "the keys of the editor"),
    ("debugger", "the words at the prompt of the debugger"),
];

/// What the options of commands mean.
const OPTIONS: &[(&str, &[(&str, &str)])] = &[
    (
        "dis",
        &[
            ("--plain", "the text of the dis module"),
            ("--no-stack", "without the stack behind each instruction"),
            ("--no-source", "without the source lines"),
            ("-C", "the inline caches"),
            ("-O", "offsets in the plain text, too"),
            ("-P", "where in the source each instruction comes from"),
            ("-S", "the specialised forms, as they are now"),
        ],
    ),
    ("trace", &[("--html FILE", "a page to step through it, forward and back")]),
    ("ast", &[("-a", "where each node stands")]),
    ("ls", &[("-a", "names that begin with an underscore, too")]),
    ("refs", &[("-in", "those that refer to it"), ("-out", "those that it refers to")]),
    ("code", &[("-i", "the instructions as a list")]),
    (
        "history",
        &[
            ("-a", "all sessions"),
            ("-t", "with time, success and duration"),
            ("-n N", "the last N"),
            ("-g TEXT", "those with a text"),
            ("--import FILE", "take over the history of CPython or IPython"),
            ("@N-M", "a range"),
        ],
    ),
    ("run", &[("-i", "it sees the session's names"), ("-n", "its __name__ is not __main__")]),
    ("timeit", &[("-n LOOPS", "so many loops"), ("-r ROUNDS", "the best of so many rounds")]),
    ("break", &[("--once", "it goes once it has stopped")]),
    ("doctor", &[("--panic", "shows what a bug of the machine does")]),
];

/// The keys, with what they do.
const KEYS: &[(&str, &str)] = &[
    ("Enter", "run what is complete, else a new line with its indentation"),
    ("M-Enter", "a new line in any case"),
    ("C-o", "run in any case"),
    ("Tab", "complete; at the start of a line indent"),
    ("S-Tab", "back in the list; a level less of indentation"),
    ("Up Down", "by lines in a block, then in the history, by what stands before the cursor"),
    ("C-r", "search the history as you type"),
    ("Right C-e", "take the hint"),
    ("M-f", "take a word of the hint"),
    ("M-e C-x C-e", "the buffer in $EDITOR"),
    ("C-x d", "the buffer's bytecode, without running it"),
    ("F1 M-h", "what the name at the cursor is; without one :help"),
    ("F2", "the history of all sessions"),
    ("F3", "paste lines as they are, as :paste"),
    ("M-/", "comment on and off"),
    ("C-_", "take the last change back"),
    ("C-w M-d C-k C-u", "delete a word, to the end, to the start"),
    ("C-y M-y", "insert what was deleted, what was deleted before"),
    ("M-< M->", "to the start, to the end of the buffer"),
    ("C-l", "clear the screen"),
    ("C-c", "drop the buffer; stop what runs"),
    ("C-z", "stop the shell; fg continues it"),
    ("C-d", "leave, on an empty line"),
];

fn help(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let word = call.rest.trim_start_matches(':').to_owned();
    let (columns, colors) = (call.columns(), call.colors());
    let text = match word.as_str() {
        "" => list(columns, colors),
        "--table" => super::readme_table(),
        "all" => GROUPS.iter().map(|group| of_group(group, columns, colors)).collect(),
        "keys" => {
            let rows = KEYS.iter().map(|(key, about)| row(key, about, 18, columns));
            let rest = "\n:bind lists what else a key can do, :set edit.mode vi has vi's keys\n";
            rows.collect::<String>() + rest
        }
        "debugger" => debugger::help(),
        group if GROUPS.contains(&group) => of_group(group, columns, colors),
        _ => one(call, &word, columns, colors),
    };
    Ok(if call.json { Given::Text(text) } else { Given::Answer(super::Answer::Text(text)) })
}

/// A command.
fn one(call: &Call<'_, '_>, word: &str, columns: usize, colors: bool) -> String {
    let own = call.session.settings.commands.iter().find(|(name, _)| name == word);
    if let Some((name, text)) = own {
        return crate::console::sanitize(&format!(":{name}\n  stands for {text}\n"));
    }
    let command = match find(word) {
        Ok(command) => command,
        Err(line) => {
            let close = crate::settings::closest(word, TOPICS.iter().map(|(name, _)| *name));
            return match close {
                Some(topic) => format!("Did you mean :help {topic}?\n"),
                None => crate::console::sanitize(&line),
            };
        }
    };
    let mut text = format!("{}\n", heading(command.form, colors));
    for line in wrapped(command.about, columns.saturating_sub(2)) {
        text.push_str(&format!("  {line}\n"));
    }
    for (option, about) in options_of(command.name) {
        text.push_str(&row(option, about, 14, columns));
    }
    if command.is_inspection() {
        text.push_str(&row("--json", "for a program", 14, columns));
    }
    text.push_str(&format!("\n  example  {}\n", command.example));
    let short: Vec<String> = SHORT
        .iter()
        .filter(|(_, name)| *name == command.name)
        .map(|(short, _)| format!(":{short}"))
        .collect();
    if !short.is_empty() {
        text.push_str(&packed("  also     ", &short, "  ", columns));
    }
    text
}

/// The options of a command, with what they mean.
pub(super) fn options_of(name: &str) -> &'static [(&'static str, &'static str)] {
    let found = OPTIONS.iter().find(|(command, _)| *command == name);
    found.map(|(_, options)| *options).unwrap_or_default()
}

fn heading(text: &str, colors: bool) -> String {
    if colors { tinted(Tint::Heading, text) } else { text.to_owned() }
}

fn row(name: &str, about: &str, width: usize, columns: usize) -> String {
    let indent = width + 3;
    let lines = wrapped(about, columns.saturating_sub(indent).max(20));
    let about = lines.join(&format!("\n{}", " ".repeat(indent)));
    format!("  {name:<width$} {about}\n")
}

fn of_group(group: &str, columns: usize, colors: bool) -> String {
    let mut text = format!("{}\n", heading(group, colors));
    for command in COMMANDS.iter().filter(|command| command.group == group) {
        let form = command.form;
        if form.chars().count() > 30 {
            text.push_str(&format!("  {form}\n"));
            text.push_str(&row("", command.about, 30, columns));
        } else {
            text.push_str(&row(form, command.about, 30, columns));
        }
    }
    text
}

/// The names of all commands.
fn list(columns: usize, colors: bool) -> String {
    let mut text = heading("pyglass commands", colors)
        + "      :help NAME for one, :help all, help() for Python\n";
    for group in GROUPS {
        let mut names: Vec<String> = COMMANDS
            .iter()
            .filter(|command| command.group == *group)
            .map(|command| format!(":{}", command.name))
            .collect();
        if *group == "look" {
            names.splice(0..0, ["x?".to_owned(), "x??".to_owned()]);
        }
        text.push_str(&packed(&format!("  {group:<9}"), &names, " ", columns));
    }
    let shell = ["!CMD", "!!CMD", "NAME = !CMD", "NAME = :COMMAND"].map(str::to_owned);
    text.push_str(&packed("  shell    ", &shell, "   ", columns));
    let keys = [
        "Tab complete",
        "C-r search",
        "M-e editor",
        "C-x d bytecode of the buffer",
        ":help keys",
        ":help debugger",
    ];
    text + &packed("  keys     ", &keys.map(str::to_owned), " · ", columns)
}
