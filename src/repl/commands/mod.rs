//! What a colon starts: one file a command, one row a command.

mod ast;
mod bind;
mod break_;
mod breaks;
mod catch;
mod cfg;
mod clear;
mod code;
mod config;
mod count;
mod debug;
mod define;
mod delete;
mod diff;
mod dis;
mod doc;
mod doctor;
mod edit;
mod enable;
mod export;
mod folders;
mod frames;
mod gc;
mod help;
mod history;
mod info;
mod load;
mod locals;
mod log;
mod ls;
mod mem;
mod modules_list;
mod obj;
mod op;
mod page;
mod paste;
mod prof;
mod program;
mod quit;
mod refs;
mod reload;
mod rerun;
mod reset;
mod restart;
mod run_file;
mod runtime;
mod save;
mod set;
mod shell_escape;
mod source;
mod stack;
mod stages;
mod step;
mod symtable;
mod theme;
mod time;
mod timeit;
mod tokens;
mod trace;
mod types;
mod version;
mod watch;
mod who;

use std::sync::Arc;

use base::wstr::WString;
use compiler::options::Options;
use eval::session::FrameView;
use modules::builtins::CompileMode;
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
    /// An input to run, which is shown.
    Enter(String),
    /// An input to run.
    Run(String),
}

/// What a command gives.
enum Given {
    /// Its text.
    Text(String),
    /// A list, which is JSON if that was asked for.
    Table(Table),
    /// What a program asked for.
    Json(String),
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

impl Command {
    /// Whether it only shows something, which a program may want as JSON.
    fn is_inspection(&self) -> bool {
        !matches!(self.group, "measure")
            && !matches!(self.name, "def" | "bind" | "edit" | "m" | "run")
    }
}

/// A command as it was entered.
struct Call<'c, 'gil> {
    vm: Vm<'gil>,
    session: &'c mut Session,
    frames: &'c [FrameView],
    current: usize,
    /// What stands behind its name.
    rest: &'c str,
    /// A program reads the answer.
    json: bool,
}

impl Call<'_, '_> {
    /// Whether the answer has colours.
    fn colors(&self) -> bool {
        !self.json && !self.session.captures && crate::theme::enabled()
    }

    /// How wide the answer may be.
    fn columns(&self) -> usize {
        if self.session.captures { usize::MAX >> 1 } else { crate::console::list_columns() }
    }

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
        self.text_of(self.rest)
    }

    /// The same for what is left of the rest.
    fn text_of(&self, rest: &str) -> Result<String, String> {
        let rest = rest.trim();
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

pub(crate) use dis::source_of;
pub(crate) use reload::changed as reload_changed;

/// How a command's statement is compiled: one line shows its value as an input does, several do not.
fn mode_of(text: &str) -> CompileMode {
    if text.trim_end().contains('\n') { CompileMode::Exec } else { CompileMode::Single }
}

/// What a text is compiled with that is only looked at.
fn compiler_options() -> Options {
    Options {
        filename: Arc::new(WString::from("<stdin>")),
        optimize: 0,
        future_flags: 0,
        top_level_await: false,
    }
}

/// All commands, by name.
const COMMANDS: &[Command] = &[
    ast::COMMAND,
    bind::COMMAND,
    break_::COMMAND,
    breaks::COMMAND,
    catch::COMMAND,
    folders::CD,
    cfg::COMMAND,
    clear::COMMAND,
    code::COMMAND,
    config::COMMAND,
    count::COMMAND,
    debug::COMMAND,
    define::DEF,
    delete::COMMAND,
    diff::COMMAND,
    dis::COMMAND,
    enable::DISABLE,
    doc::COMMAND,
    doctor::COMMAND,
    edit::COMMAND,
    enable::ENABLE,
    folders::ENV,
    export::COMMAND,
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
    log::COMMAND,
    ls::COMMAND,
    run_file::MODULE,
    mem::COMMAND,
    modules_list::COMMAND,
    obj::COMMAND,
    op::COMMAND,
    page::COMMAND,
    paste::COMMAND,
    prof::COMMAND,
    folders::PWD,
    quit::COMMAND,
    refs::COMMAND,
    reload::COMMAND,
    rerun::COMMAND,
    reset::COMMAND,
    restart::COMMAND,
    run_file::RUN,
    runtime::RUNTIME,
    save::COMMAND,
    set::SET,
    source::COMMAND,
    stack::COMMAND,
    stages::COMMAND,
    step::COMMAND,
    symtable::COMMAND,
    theme::COMMAND,
    runtime::THREADS,
    time::COMMAND,
    timeit::COMMAND,
    tokens::COMMAND,
    trace::COMMAND,
    types::COMMAND,
    define::UNDEF,
    set::UNSET,
    version::COMMAND,
    watch::COMMAND,
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
    // IPython's names for the same.
    ("alias", "def"),
    ("unalias", "undef"),
    ("cpaste", "paste"),
    ("lsmagic", "help"),
    ("magic", "help"),
    ("quickref", "help"),
    ("memit", "mem"),
    ("pdoc", "doc"),
    ("pinfo", "info"),
    ("psource", "source"),
    ("prun", "prof"),
    ("pycat", "source"),
    ("recall", "rerun"),
    ("rep", "rerun"),
    ("colors", "theme"),
    ("autoreload", "reload"),
    ("logstart", "log"),
    ("notebook", "export"),
];

/// The command in an input: its text behind the colon, with `!cmd`, `x?` and `%name` brought to that form.
pub(crate) fn command_of(text: &str) -> Option<String> {
    let text = text.trim();
    // IPython's cell magics: what stands behind the first line is the statement.
    if let Some(cell) = text.strip_prefix("%%") {
        return Some(cell.to_owned());
    }
    if text.contains('\n') {
        return None;
    }
    if let Some(command) = text.strip_prefix("!!") {
        return Some(format!("!! {command}"));
    }
    if let Some(command) = text.strip_prefix('!') {
        return Some(format!("! {command}"));
    }
    // `::name` is the shell's own command, whatever the user calls so.
    if let Some(command) = text.strip_prefix(':') {
        return Some(command.trim().to_owned());
    }
    if let Some((name, source)) = capture(text) {
        return Some(format!("= {name} {source}"));
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

/// `NAME = !cmd` and `NAME = :cmd`: the name, and the command with its mark.
fn capture(text: &str) -> Option<(&str, &str)> {
    let (name, source) = text.split_once('=')?;
    let (name, source) = (name.trim(), source.trim());
    let is_name = !name.is_empty()
        && name.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_numeric());
    (is_name && source.starts_with(['!', ':'])).then_some((name, source))
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
    if word == "=" {
        return captured(vm, session, frames, current, rest);
    }
    if word.is_empty() {
        let Some(last) = session.last_command.clone() else {
            return Answer::Text(":: which command? :help lists them.\n".to_owned());
        };
        return run(vm, session, frames, current, &last);
    }
    text.clone_into(session.last_command.get_or_insert_default());
    let builtin = word.strip_prefix(':');
    let own = session.settings.commands.iter().find(|(name, _)| name == word && builtin.is_none());
    if let Some((_, text)) = own {
        return own_command(vm, session, frames, current, define::expanded(text, rest));
    }
    let command = match find(builtin.unwrap_or(word)) {
        Ok(command) => command,
        Err(line) => {
            session.succeeded = false;
            return Answer::Text(sanitize(&line));
        }
    };
    // Only what stands in front is the command's: a text may hold the word itself.
    let json = command.is_inspection() && rest.split_whitespace().any(|word| word == "--json");
    let rest = if json { rest.replacen("--json", "", 1) } else { rest.to_owned() };
    let mut call = Call { vm, session, frames, current, rest: rest.trim(), json };
    let (columns, colors) = (call.columns(), call.colors());
    let given = match misuse(&call, command) {
        Some(given) => {
            call.session.succeeded = false;
            Ok(given)
        }
        None => (command.run)(&mut call),
    };
    let text = match given {
        Ok(Given::Answer(Answer::Text(text)) | Given::Text(text)) if json => {
            format!("{{\"text\": {}}}\n", quoted(text.trim_end_matches('\n')))
        }
        Ok(Given::Answer(answer)) => return answer,
        Ok(Given::Text(text)) => text,
        Ok(Given::Json(text)) => text,
        Ok(Given::Table(table)) if json => table.json(),
        Ok(Given::Table(table)) => {
            return Answer::Text(table.text(columns, colors));
        }
        Err(raised) => {
            session.succeeded = false;
            let exception = vm.take(raised);
            let message = modules::sys::hooks::plain_text(vm, &exception);
            format!(":{}: {message}", command.name)
        }
    };
    Answer::Text(sanitize(&text))
}

/// How deep commands of the user's may stand for each other.
const OWN_DEPTH_MAX: usize = 20;

/// What a command of the user's stands for: a command, a program, or Python.
fn own_command(
    vm: Vm<'_>,
    session: &mut Session,
    frames: &[FrameView],
    current: usize,
    text: String,
) -> Answer {
    if session.own_depth >= OWN_DEPTH_MAX {
        session.succeeded = false;
        return Answer::Text(":def: the command stands for itself\n".to_owned());
    }
    let Some(command) = command_of(&text) else { return Answer::Run(text) };
    session.own_depth += 1;
    let answer = run(vm, session, frames, current, &command);
    session.own_depth -= 1;
    answer
}

/// `NAME = !cmd`: the lines of a program's output; `NAME = :cmd`: a command's text.
fn captured(
    vm: Vm<'_>,
    session: &mut Session,
    frames: &[FrameView],
    current: usize,
    text: &str,
) -> Answer {
    let (name, source) = text.split_once(' ').unwrap_or((text, ""));
    let value = if let Some(command) = source.strip_prefix('!') {
        match shell_escape::lines(vm, session, command.trim_start_matches('!').trim()) {
            Ok(value) => value,
            Err(message) => return Answer::Text(message),
        }
    } else {
        session.captures = true;
        let answer = run(vm, session, frames, current, source.trim_start_matches(':').trim());
        session.captures = false;
        match answer {
            Answer::Text(text) => objects::types::str::PyStr::new_value(vm, &text),
            other => return other,
        }
    };
    session.bind(vm, name, value);
    Answer::Text(String::new())
}

/// A line that says what is wrong with a command.
fn wrong(name: &str, message: &str) -> Given {
    // The number of an error of the system says nothing that its words do not.
    let message = message.split(" (os error ").next().unwrap_or(message);
    let hint = if message.starts_with("unknown option") {
        format!("; :help {name} lists them")
    } else {
        String::new()
    };
    Given::Text(format!(":{name}: {message}{hint}\n"))
}

/// What is wrong with the arguments of a command at first sight: what its form wants is missing, or there is too much.
fn misuse(call: &Call<'_, '_>, command: &Command) -> Option<Given> {
    if command.form.get(1..) == Some(command.name) && !call.rest.is_empty() {
        return Some(wrong(command.name, "it takes nothing"));
    }
    // What stands in brackets can be left out.
    let words = command.form.split(' ').skip(1);
    let mut depth = 0_usize;
    let mut required = words.filter(|word| {
        let outside = depth == 0 && !word.starts_with('[');
        depth = (depth + word.matches('[').count()).saturating_sub(word.matches(']').count());
        outside
    });
    let wanted = match required.next()? {
        "EXPR" => "an expression",
        "STATEMENT" => "a statement",
        "FILE" => "a file",
        "MODULE" => "a module",
        "NAME" => "a name",
        "N|*" => "a number, or * for all,",
        "A" => "what to compare",
        _ => return None,
    };
    let (_, rest) = call.options();
    let example = command.example;
    rest.is_empty().then(|| wrong(command.name, &format!("{wanted} is missing, as in {example}")))
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
        let json = command.is_inspection().then_some(("--json", "for a program"));
        let options = help::options_of(command.name).iter().copied().chain(json);
        let entries = options.filter_map(|(option, about)| {
            let option = option.split(' ').next().filter(|option| option.starts_with(last))?;
            Some((option.to_owned(), about.to_owned()))
        });
        return Some((start, entries.collect()));
    }
    if command.name == "theme" {
        let names = crate::theme::names().into_iter().filter(|(name, _)| name.starts_with(last));
        return Some((start, names.collect()));
    }
    let names: Vec<(&str, &str)> = match command.name {
        "bind" => crate::editor::bindings::ACTIONS.to_vec(),
        "help" => COMMANDS
            .iter()
            .map(|command| (command.name, command.about))
            .chain(help::GROUPS.iter().map(|group| (*group, "a group")))
            .chain(help::TOPICS.iter().copied())
            .collect(),
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

/// The commands as a table for the README.
pub(crate) fn readme_table() -> String {
    let mut out = String::from("| command | what it does |\n| --- | --- |\n");
    for group in help::GROUPS {
        for command in COMMANDS.iter().filter(|command| command.group == *group) {
            let form = command.form.replace('|', "\\|");
            out.push_str(&format!("| `{form}` | {} |\n", command.about));
        }
    }
    out.push_str("| `!CMD`, `!!CMD`, `NAME = !CMD` | run a program; with its lines as `_`; with its lines as a name |\n");
    out.push_str("| `x?`, `x??` | `:info x`, `:source x` |\n");
    out
}

/// The commands by group, for the manual: form and meaning.
pub(crate) fn listed() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    help::GROUPS.iter().flat_map(|group| {
        COMMANDS
            .iter()
            .filter(move |command| command.group == *group)
            .map(|command| (command.group, command.form, command.about))
    })
}
