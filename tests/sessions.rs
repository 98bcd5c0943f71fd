//! Recorded sessions of the shell, typed anew: on a pseudo-terminal whose screen is compared, or through a pipe.
//!
//! A session is a file of `history-fixtures/`. Its head says `terminal ROWS COLUMNS` or `piped`, and may say `history FILE`
//! (the shell's history begins as a copy of that file) or `env NAME=VALUE`. Then come steps: `> TEXT` types a line and Enter,
//! `type TEXT` only types, `key NAME` presses a key, `paste` pastes the `+` lines behind it, and `screen` waits until the
//! screen, without its colours and empty lines at the end, is the `|` lines behind it. A `⋆` there stands for any text.
//!
//! `BLESS=1 cargo test --test sessions` writes the screens that it finds; read them before they are committed.

#[path = "sessions/files.rs"]
mod files;
#[path = "sessions/hazards.rs"]
mod hazards;
#[path = "sessions/looks.rs"]
mod looks;
#[path = "sessions/terminal.rs"]
mod terminal;

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use terminal::{ASKING, Home, PATIENCE, STILL, Terminal, key};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("history-fixtures")
}

/// One step of a session.
#[derive(Clone, Debug)]
enum Step {
    Line(String),
    Type(String),
    Key(String),
    Paste(Vec<String>),
    Screen(Vec<String>),
}

/// A session as its file says it.
#[derive(Debug, Default)]
struct Session {
    head: Vec<String>,
    terminal: Option<(u16, u16)>,
    history: Option<String>,
    variables: Vec<(String, String)>,
    steps: Vec<Step>,
}

fn parse(text: &str) -> Session {
    let mut session = Session::default();
    for line in text.lines() {
        if let Some(shown) = line.strip_prefix('|') {
            match session.steps.last_mut() {
                Some(Step::Screen(lines)) => {
                    lines.push(shown.strip_prefix(' ').unwrap_or(shown).trim_end().to_owned());
                }
                _ => panic!("a line of a screen stands alone: {line}"),
            }
            continue;
        }
        if let Some(pasted) = line.strip_prefix("+ ").or(line.strip_prefix('+')) {
            match session.steps.last_mut() {
                Some(Step::Paste(lines)) => lines.push(pasted.to_owned()),
                _ => panic!("a line of a paste stands alone: {line}"),
            }
            continue;
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            ">" => session.steps.push(Step::Line(rest.to_owned())),
            "type" => session.steps.push(Step::Type(rest.to_owned())),
            "key" => session.steps.push(Step::Key(rest.to_owned())),
            "paste" => session.steps.push(Step::Paste(Vec::new())),
            "screen" => session.steps.push(Step::Screen(Vec::new())),
            _ => {
                session.head.push(line.to_owned());
                match word {
                    "terminal" => {
                        let (rows, columns) = rest.split_once(' ').expect("rows and columns");
                        let number = |text: &str| text.trim().parse().expect("a number");
                        session.terminal = Some((number(rows), number(columns)));
                    }
                    "history" => session.history = Some(rest.to_owned()),
                    "env" => {
                        let (name, value) = rest.split_once('=').expect("NAME=VALUE");
                        session.variables.push((name.to_owned(), value.to_owned()));
                    }
                    "piped" | "#" | "" => {}
                    _ => panic!("no such step: {line}"),
                }
            }
        }
    }
    session
}

/// The session's file with other screens.
fn render(session: &Session, screens: &[Vec<String>]) -> String {
    let mut out = String::new();
    let mut screens = screens.iter();
    for line in &session.head {
        let _ = writeln!(out, "{line}");
    }
    for step in &session.steps {
        let _ = match step {
            Step::Line(text) => writeln!(out, "{}", format!("> {text}").trim_end()),
            Step::Type(text) => writeln!(out, "type {text}"),
            Step::Key(name) => writeln!(out, "key {name}"),
            Step::Paste(lines) => {
                let lines: String = lines.iter().map(|line| format!("+ {line}\n")).collect();
                write!(out, "paste\n{lines}")
            }
            Step::Screen(old) => {
                let lines = screens.next().unwrap_or(old);
                let lines: Vec<String> =
                    lines.iter().map(|line| format!("| {line}").trim_end().to_owned()).collect();
                writeln!(out, "screen\n{}", lines.join("\n"))
            }
        };
    }
    out
}

/// Whether a line is as it should be; `⋆` fits any text.
fn fits(line: &str, wanted: &str) -> bool {
    let mut parts = wanted.split('⋆');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

fn all_fit(shown: &[String], wanted: &[String]) -> bool {
    shown.len() == wanted.len() && shown.iter().zip(wanted).all(|(line, wanted)| fits(line, wanted))
}

/// The lines that were shown, with the marks of those lines of the old screen that they fit, in order.
fn masked(shown: Vec<String>, old: &[String]) -> Vec<String> {
    let mut from = 0;
    let keep = |line: String| {
        let rest = old.get(from..).unwrap_or_default();
        let Some(at) = rest.iter().position(|wanted| fits(&line, wanted)) else { return line };
        from += at + 1;
        rest.get(at).cloned().unwrap_or(line)
    };
    shown.into_iter().map(keep).collect()
}

fn environment(session: &Session, home: &Home) -> Vec<(String, String)> {
    let mut all = home.environment();
    all.extend(session.variables.iter().cloned());
    all
}

/// Types a session: what is wrong with it, and the screens that were there.
fn play(session: &Session, home: &Home, bless: bool) -> (Result<(), String>, Vec<Vec<String>>) {
    let (rows, columns) = session.terminal.expect("a terminal's session");
    let mut terminal = Terminal::with(home, &environment(session, home), rows, columns);
    let mut screens = Vec::new();
    if !terminal.until(Terminal::at_prompt) {
        return (Err("no prompt came".to_owned()), screens);
    }
    let mut behind_line = false;
    let mut before: Option<&Step> = None;
    for step in &session.steps {
        // What a line runs may ask for input itself: then no prompt comes.
        if behind_line {
            let patience = if matches!(step, Step::Line(_)) { PATIENCE } else { ASKING };
            terminal.within(patience, Terminal::at_prompt);
        }
        behind_line = matches!(step, Step::Line(_));
        match step {
            Step::Line(text) => {
                terminal.send(text);
                terminal.echoed(text, columns);
                terminal.press("\r");
            }
            Step::Type(text) => {
                terminal.send(text);
                terminal.echoed(text, columns);
            }
            Step::Key(name) => {
                if matches!(name.as_str(), "Enter" | "C-c" | "C-o" | "C-x d" | "F1" | "F2" | "F3") {
                    if !matches!(before, Some(Step::Type(_))) {
                        terminal.receive(STILL);
                    }
                    terminal.press(key(name));
                    behind_line = true;
                } else if name == "Escape" {
                    // A lone escape is one only if nothing follows it at once.
                    terminal.settle();
                    terminal.send(key(name));
                    terminal.settle();
                } else {
                    terminal.send(key(name));
                }
            }
            Step::Paste(lines) => {
                terminal.send(&format!("\x1b[200~{}\x1b[201~", lines.join("\r")));
            }
            Step::Screen(wanted) => {
                let patience = if bless { ASKING } else { PATIENCE };
                let fine = terminal.within(patience, |terminal| all_fit(&terminal.lines(), wanted));
                if !fine && bless {
                    terminal.settle();
                }
                let shown = terminal.lines();
                if !fine && !bless {
                    let text =
                        format!("wanted:\n{}\n\nshown:\n{}", wanted.join("\n"), shown.join("\n"));
                    return (Err(text), screens);
                }
                screens.push(masked(shown, wanted));
            }
        }
        before = Some(step);
    }
    (Ok(()), screens)
}

/// Runs a session through a pipe.
fn pipe(session: &Session, home: &Home) -> Vec<String> {
    let (mut reader, writer) = std::io::pipe().expect("the system has pipes");
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_pyglass"))
        .args(["-i", "-q"])
        .env_clear()
        .envs(environment(session, home))
        .current_dir(&home.0)
        .stdin(Stdio::piped())
        .stdout(writer.try_clone().expect("a descriptor"))
        .stderr(writer)
        .spawn()
        .expect("pyglass starts");
    let mut input = child.stdin.take().expect("stdin is a pipe");
    let typed: String = session
        .steps
        .iter()
        .filter_map(
            |step| if let Step::Line(text) = step { Some(format!("{text}\n")) } else { None },
        )
        .collect();
    input.write_all(typed.as_bytes()).expect("the shell reads");
    drop(input);
    let mut shown = String::new();
    reader.read_to_string(&mut shown).expect("the output is text");
    let status = child.wait().expect("the shell ends");
    let mut lines: Vec<String> = shown.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.push(format!("[exit status {}]", status.code().unwrap_or(-1)));
    lines
}

fn run(path: &Path) -> Result<(), String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    let session = parse(&text);
    let bless = std::env::var_os("BLESS").is_some();
    let home = Home::new();
    let kept = home.0.join("history.jsonl");
    let mut original = Vec::new();
    if let Some(name) = &session.history {
        original = fs::read(fixtures().join(name)).map_err(|error| error.to_string())?;
        fs::write(&kept, &original).map_err(|error| error.to_string())?;
    }
    let (result, screens) = if session.terminal.is_some() {
        play(&session, &home, bless)
    } else {
        let shown = pipe(&session, &home);
        let wanted = session.steps.iter().find_map(|step| match step {
            Step::Screen(lines) => Some(lines.clone()),
            _ => None,
        });
        let wanted = wanted.ok_or("a session without a screen shows nothing")?;
        let fine = all_fit(&shown, &wanted);
        let text = format!("wanted:\n{}\n\nshown:\n{}", wanted.join("\n"), shown.join("\n"));
        (if fine || bless { Ok(()) } else { Err(text) }, vec![masked(shown, &wanted)])
    };
    result?;
    if session.history.is_some() {
        let now = fs::read(&kept).map_err(|error| error.to_string())?;
        if !now.starts_with(&original) {
            return Err("what was in the history file was changed".to_owned());
        }
    }
    if bless {
        fs::write(path, render(&session, &screens)).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// How many sessions of a folder are typed at once.
const AT_ONCE: usize = 4;

/// Runs the sessions of a folder; `SESSION=NAME` picks those whose name holds a text.
fn folder(name: &str) {
    let wanted = std::env::var("SESSION").unwrap_or_default();
    let mut paths: Vec<PathBuf> = fs::read_dir(fixtures().join(name))
        .expect("the folder is there")
        .map(|entry| entry.expect("the entry is readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "session"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "no session in {name}");
    let shown = |path: &Path| {
        path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
    };
    paths.retain(|path| shown(path).contains(&wanted));
    // A shell mostly waits for keys: several take no longer than one.
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(String::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(path) = paths.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(reason) = run(path) {
                        let mut failures = failures.lock().expect("no session panics");
                        let _ = writeln!(failures, "--- {name}/{}\n{reason}\n", shown(path));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no session panics");
    assert!(failures.is_empty(), "\n{failures}");
}

#[test]
fn basics() {
    folder("basics");
}

#[test]
fn commands() {
    folder("commands");
}

#[test]
fn editing() {
    folder("editing");
}

#[test]
fn tracebacks() {
    folder("tracebacks");
}

#[test]
fn debugger() {
    folder("debugger");
}

#[test]
fn history() {
    folder("history");
}

/// Each command that `:help` lists has a session of its own.
#[test]
fn every_command_has_a_session() {
    let home = Home::new();
    let session = parse("piped\n> :help all\nscreen\n");
    let names: Vec<String> = pipe(&session, &home)
        .iter()
        .filter_map(|line| {
            let rest = line.trim_start_matches(">>> ").trim_start().strip_prefix(':')?;
            rest.split([' ', '[']).next().map(str::to_owned)
        })
        .filter(|name| !name.is_empty())
        .collect();
    assert!(names.len() > 30, "the list of commands was not found: {names:?}");
    let missing: Vec<&String> = names
        .iter()
        .filter(|name| !fixtures().join("commands").join(format!("{name}.session")).is_file())
        .collect();
    assert!(missing.is_empty(), "without a session: {missing:?}");
}
