//! What a colon starts: one file a command, one row a command.

mod ast;
mod clear;
mod code;
mod config;
mod debug;
mod dis;
mod doc;
mod doctor;
mod edit;
mod folders;
mod frames;
mod gc;
mod help;
mod history;
mod info;
mod load;
mod locals;
mod ls;
mod mem;
mod modules_list;
mod obj;
mod op;
mod quit;
mod refs;
mod rerun;
mod reset;
mod run_file;
mod runtime;
mod save;
mod set;
mod shell_escape;
mod source;
mod stack;
mod stages;
mod symtable;
mod time;
mod timeit;
mod tokens;
mod types;
mod version;
mod who;

use eval::session::FrameView;
use objects::core::errors::PyResult;
use objects::core::vm::Vm;

use crate::console::sanitize;
use crate::history::quoted;
use crate::session::Session;
use crate::settings::closest;
use crate::table::Table;

/// What a command does to the loop.
pub(crate) enum Answer {
    /// Text to show.
    Text(String),
    /// The session ends with a status.
    Leave(i32),
    /// Text for the next prompt's buffer.
    Fill(String),
    /// An input to run.
    Enter(String),
}

/// What a command gives.
enum Given {
    /// Its text.
    Text(String),
    /// A list, which is JSON if that was asked for.
    Table(Table),
    /// Something else than text.
    Answer(Answer),
}

/// A command.
struct Command {
    name: &'static str,
    form: &'static str,
    about: &'static str,
    example: &'static str,
    group: &'static str,
    run: fn(&mut Call<'_, '_>) -> PyResult<Given>,
}

/// A command as it was entered.
struct Call<'c, 'gil> {
    vm: Vm<'gil>,
    session: &'c mut Session,
    frames: &'c [FrameView],
    current: usize,
    /// What stands behind its name.
    rest: &'c str,
}

impl Call<'_, '_> {
    /// The options in front, and what is behind them.
    fn options(&self) -> (Vec<&str>, &str) {
        let mut rest = self.rest.trim();
        let mut options = Vec::new();
        while rest.starts_with('-') && rest.len() > 1 {
            let (word, behind) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
            rest = behind.trim_start();
            if word == "--" {
                break;
            }
            options.push(word);
        }
        (options, rest)
    }

    /// The text of the last input, of `@N`, or the rest itself.
    fn text(&self) -> Result<String, String> {
        let rest = self.rest.trim();
        if rest.is_empty() {
            return Ok(self.session.last_text.clone());
        }
        match rest.strip_prefix('@') {
            Some(number) => self.input(number),
            None => Ok(format!("{rest}\n")),
        }
    }

    /// The text of input `number`.
    fn input(&self, number: &str) -> Result<String, String> {
        let found = number.parse::<usize>().ok().and_then(|number| self.session.inputs.get(number));
        found.map(|text| format!("{text}\n")).ok_or_else(|| format!("there is no input {number}"))
    }
}

/// All commands, by name.
const COMMANDS: &[Command] = &[
    ast::COMMAND,
    folders::CD,
    clear::COMMAND,
    code::COMMAND,
    config::COMMAND,
    debug::COMMAND,
    dis::COMMAND,
    doc::COMMAND,
    doctor::COMMAND,
    edit::COMMAND,
    folders::ENV,
    frames::COMMAND,
    gc::COMMAND,
    runtime::GIL,
    locals::GLOBALS,
    help::COMMAND,
    history::COMMAND,
    info::COMMAND,
    runtime::INTERP,
    load::COMMAND,
    locals::LOCALS,
    ls::COMMAND,
    run_file::MODULE,
    mem::COMMAND,
    modules_list::COMMAND,
    obj::COMMAND,
    op::COMMAND,
    folders::PWD,
    quit::COMMAND,
    refs::COMMAND,
    rerun::COMMAND,
    reset::COMMAND,
    run_file::RUN,
    runtime::RUNTIME,
    save::COMMAND,
    set::SET,
    source::COMMAND,
    stack::COMMAND,
    stages::COMMAND,
    symtable::COMMAND,
    runtime::THREADS,
    time::COMMAND,
    timeit::COMMAND,
    tokens::COMMAND,
    types::COMMAND,
    set::UNSET,
    version::COMMAND,
    who::WHO,
    who::WHOS,
];

/// Names that are short for a command which longer ones begin like.
const SHORT: &[(&str, &str)] = &[
    ("h", "help"),
    ("q", "quit"),
    ("exit", "quit"),
    ("fr", "frames"),
    ("st", "stack"),
    ("hist", "history"),
    ("t", "time"),
    ("r", "run"),
    ("s", "source"),
];

/// The command in an input: its text behind the colon, with `!cmd`, `x?` and `%name` brought to that form.
pub(crate) fn command_of(text: &str) -> Option<String> {
    let text = text.trim();
    if text.contains('\n') {
        return None;
    }
    if let Some(command) = text.strip_prefix("!!") {
        return Some(format!("!! {command}"));
    }
    if let Some(command) = text.strip_prefix('!') {
        return Some(format!("! {command}"));
    }
    if let Some(command) = text.strip_prefix("::").or_else(|| text.strip_prefix(':')) {
        return Some(command.trim().to_owned());
    }
    if let Some(command) = text.strip_prefix('%') {
        return Some(command.trim().to_owned());
    }
    let about = |name: &str, word: &str| Some(format!("{word} {}", name.trim()));
    if let Some(name) = text.strip_suffix("??").or_else(|| text.strip_prefix("??")) {
        return about(name, "source");
    }
    if let Some(name) = text.strip_suffix('?').or_else(|| text.strip_prefix('?')) {
        return if name.is_empty() { Some("help".to_owned()) } else { about(name, "info") };
    }
    None
}

fn find(word: &str) -> Result<&'static Command, String> {
    if let Some((_, name)) = SHORT.iter().find(|(short, _)| *short == word) {
        return find(name);
    }
    if let Some(exact) = COMMANDS.iter().find(|command| command.name == word) {
        return Ok(exact);
    }
    let found: Vec<&Command> = COMMANDS
        .iter()
        .filter(|command| !word.is_empty() && command.name.starts_with(word))
        .collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] => {
            let names = COMMANDS.iter().map(|command| command.name);
            let hint = match closest(word, names) {
                Some(name) => format!("Did you mean :{name}?"),
                None => ":help lists them.".to_owned(),
            };
            Err(format!(":{word}: unknown command. {hint}\n"))
        }
        several => {
            let names: Vec<String> =
                several.iter().map(|command| format!(":{}", command.name)).collect();
            Err(format!(":{word}: which one? {}\n", names.join(" ")))
        }
    }
}

/// Runs a command, given without its colon. `frames` are the live ones where there are any.
pub(crate) fn run(
    vm: Vm<'_>,
    session: &mut Session,
    frames: &[FrameView],
    current: usize,
    text: &str,
) -> Answer {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    if word == "!" || word == "!!" {
        return Answer::Text(shell_escape::run(vm, session, rest.trim(), word == "!!"));
    }
    let command = match find(word) {
        Ok(command) => command,
        Err(line) => {
            session.succeeded = false;
            return Answer::Text(sanitize(&line));
        }
    };
    let words: Vec<&str> = rest.split_whitespace().collect();
    let json = words.contains(&"--json");
    let rest = if json { rest.replacen("--json", "", 1) } else { rest.to_owned() };
    let mut call = Call { vm, session, frames, current, rest: rest.trim() };
    let text = match (command.run)(&mut call) {
        Ok(Given::Answer(answer)) => return answer,
        Ok(Given::Text(text)) if json => {
            format!("{{\"text\": {}}}\n", quoted(text.trim_end_matches('\n')))
        }
        Ok(Given::Text(text)) => text,
        Ok(Given::Table(table)) if json => table.json(),
        Ok(Given::Table(table)) => table.text(),
        Err(raised) => {
            session.succeeded = false;
            let exception = vm.take(raised);
            let message = modules::sys::hooks::plain_text(vm, &exception);
            format!(":{}: {message}", command.name)
        }
    };
    Answer::Text(sanitize(&text))
}

/// A line that says what is wrong with a command.
fn wrong(name: &str, message: &str) -> Given {
    Given::Text(format!(":{name}: {message}\n"))
}

/// What Tab offers in a command line: where the word begins, and names with what they are.
pub(crate) fn complete(vm: Vm<'_>, before: &str) -> Option<(usize, Vec<(String, String)>)> {
    let _ = vm;
    let text = before.trim_start();
    let blanks = before.len() - text.len();
    let body = text.strip_prefix([':', '%'])?;
    let Some((word, rest)) = body.split_once(char::is_whitespace) else {
        let named = |command: &&Command| command.name.starts_with(body);
        let names = COMMANDS.iter().filter(named);
        let entries = names.map(|command| (command.name.to_owned(), command.about.to_owned()));
        return Some((blanks + 1, entries.collect()));
    };
    let last = rest.rsplit(' ').next().unwrap_or(rest);
    let start = before.len() - last.len();
    let command = find(word).ok()?;
    if last.starts_with('-') {
        let form = command.form.split(['[', ']', ' ', '|']);
        let options = form.chain(["--json"]).filter(|option| option.starts_with('-'));
        let entries = options.filter(|option| option.starts_with(last));
        return Some((start, entries.map(|option| (option.to_owned(), String::new())).collect()));
    }
    let names: Vec<(&str, &str)> = match command.name {
        "help" => COMMANDS.iter().map(|command| (command.name, command.about)).collect(),
        "set" | "unset" => crate::settings::NAMES.to_vec(),
        "op" => bytecode::metadata::OPCODES.iter().map(|info| (info.name, info.meaning)).collect(),
        _ => return None,
    };
    let found = names.into_iter().filter(|(name, _)| name.starts_with(last));
    Some((start, found.map(|(name, about)| (name.to_owned(), about.to_owned())).collect()))
}

/// A text after a visit to `$EDITOR`; itself where that fails.
pub(crate) fn edit_text(vm: Vm<'_>, text: &str) -> String {
    edit::visit(vm, text).unwrap_or_else(|reason| {
        crate::console::show(vm, &sanitize(&format!(":edit: {reason}\n")));
        text.to_owned()
    })
}

/// The bytecode of a text that is not run.
pub(crate) fn disassemble_text(vm: Vm<'_>, session: &mut Session, text: &str) -> String {
    dis::of_text(vm, session, text)
}

/// The names of the bits of `co_flags`.
pub(crate) fn flag_names(bits: u32) -> String {
    code::flags(bits)
}
