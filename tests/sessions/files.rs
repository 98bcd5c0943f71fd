//! The files that belong to the shell: settings, histories of other shells, the manual, the README's table of commands.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::fixtures;
use crate::terminal::{Home, Terminal};

fn printed(arguments: &[&str]) -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_pyglass")).args(arguments).output().expect("it starts");
    assert!(output.status.success(), "{arguments:?}: {}", output.status);
    String::from_utf8(output.stdout).expect("text")
}

/// The README's table is what `:help --table` prints; `BLESS=1` writes it.
#[test]
fn the_readme_lists_the_commands() {
    let home = Home::new();
    let session = crate::parse("piped\n> :help --table\nscreen\n");
    let shown = crate::pipe(&session, &home);
    let rows: Vec<String> = shown
        .iter()
        .map(|line| line.trim_start_matches(">>> ").to_owned())
        .filter(|line| line.starts_with('|'))
        .collect();
    assert!(rows.len() > 50, "no table: {shown:?}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = fs::read_to_string(&path).expect("the README is there");
    let head = "| command | what it does |\n";
    let start = text.find(head).expect("the README has the table");
    let rest = text.get(start..).expect("a boundary");
    let end = start + rest.find("\n\n").expect("the table ends") + 1;
    let table = rows.join("\n") + "\n";
    if std::env::var_os("BLESS").is_some() {
        let (before, behind) = (text.get(..start).expect("it"), text.get(end..).expect("it"));
        fs::write(&path, format!("{before}{table}{behind}")).expect("the README can be written");
        return;
    }
    assert_eq!(text.get(start..end), Some(table.as_str()), "BLESS=1 writes the table");
}

#[test]
fn the_manual_and_the_completions_name_every_option() {
    let help = printed(&["--help-all"]);
    let manual = printed(&["--man"]).replace("\\-", "-");
    assert!(manual.starts_with(".TH PYGLASS 1"));
    let mut options: Vec<&str> = help
        .lines()
        .filter_map(|line| line.strip_prefix('-').map(|_| line))
        .filter_map(|line| line.split([' ', ':', ',']).next())
        .collect();
    options.retain(|option| !option.ends_with(']') && option.len() > 1);
    assert!(options.len() > 15, "{options:?}");
    for option in &options {
        assert!(manual.contains(option), "{option} is not in the manual");
    }
    for (shell, check) in [("bash", Some("bash")), ("zsh", None), ("fish", None)] {
        let script = printed(&["--completions", shell]);
        for option in ["-c", "-m", "--dis", "--history", "--completions"] {
            let spelled = if shell == "fish" {
                option.strip_prefix("--").map_or_else(
                    || format!("-s {}", option.trim_start_matches('-')),
                    |long| format!("-l {long}"),
                )
            } else {
                option.to_owned()
            };
            assert!(script.contains(&spelled), "{shell}: no {option}");
        }
        let Some(checker) = check else { continue };
        let asked = "source /dev/stdin; COMP_WORDS=(pyglass --hist); COMP_CWORD=1; _pyglass; echo ${COMPREPLY[@]}";
        let Ok(mut child) = Command::new(checker)
            .args(["--norc", "-c", asked])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
        else {
            continue;
        };
        let mut input = child.stdin.take().expect("a pipe");
        std::io::Write::write_all(&mut input, script.as_bytes()).expect("it reads");
        drop(input);
        let answer = child.wait_with_output().expect("it ends");
        assert_eq!(String::from_utf8_lossy(&answer.stdout).trim(), "--history");
    }
    let wrong =
        Command::new(env!("CARGO_BIN_EXE_pyglass")).args(["--completions", "tcsh"]).output();
    assert_eq!(wrong.expect("it starts").status.code(), Some(2));
}

/// A shell with a settings file.
fn with_settings(home: &Home, text: &str) -> Terminal {
    let path = home.0.join("config.toml");
    fs::write(&path, text).expect("it can be written");
    let mut environment = home.environment();
    environment.retain(|(name, _)| name != "PYGLASS_CONFIG");
    environment.push(("PYGLASS_CONFIG".to_owned(), path.display().to_string()));
    let mut terminal = Terminal::with(home, &environment, 24, 100);
    assert!(terminal.until(Terminal::at_prompt), "no prompt:\n{}", terminal.text());
    terminal
}

#[test]
fn settings_count() {
    let home = Home::new();
    let mut shell = with_settings(
        &home,
        "[display]\ntypes = true\n[keys]\n\"M-d\" = \":whos\"\n[commands]\ntwice = \"{} * 2\"\n",
    );
    shell.enter("x = 1");
    shell.enter("x");
    shell.expect("\n: int = 1");
    shell.enter(":twice 21");
    shell.expect("\n: int = 42");
    shell.send("x + \x1bd");
    shell.expect("x     int");
    shell.send("4\r");
    shell.expect("\n: int = 5");
}

#[test]
fn wrong_settings_cost_a_line_each() {
    let home = Home::new();
    let mut shell = with_settings(
        &home,
        "[display]\ntype = true\ntheme = \"drak\"\n[keys]\n\"M-d\" = \"unod\"\n[edit]\nmode = \"vim\"\n",
    );
    let text = shell.text();
    for line in [
        "unknown setting display.type. Did you mean display.types?",
        "unknown theme drak. Did you mean dark?",
        "unknown action unod. Did you mean undo?",
        "edit.mode is emacs or vi, not vim",
    ] {
        assert!(text.contains(line), "no {line:?}:\n{text}");
    }
    shell.enter("1 + 1");
    shell.expect("\n2");
    drop(shell);
    let mut shell = with_settings(&home, "[display\ntypes = true\n");
    assert!(shell.text().contains("config.toml:1:"), "{}", shell.text());
    shell.enter("2 + 2");
    shell.expect("\n4");
}

#[test]
fn vi_keys() {
    let home = Home::new();
    let mut shell = with_settings(&home, "[edit]\nmode = \"vi\"\n");
    shell.send("1 + 9");
    shell.echoed("1 + 9", 80);
    // The cursor steps back: only then what follows is a key of its own.
    shell.press("\x1b");
    shell.send("x");
    shell.send("a41\r");
    shell.expect("\n42");
}

#[test]
fn startup_files() {
    let home = Home::new();
    let folder = home.0.join(".config").join("pyglass");
    fs::create_dir_all(&folder).expect("it can be made");
    let named = home.0.join("named.py");
    fs::write(&named, "origin = 'PYTHONSTARTUP'\n").expect("it can be written");
    let mut environment = home.environment();
    environment.push(("PYTHONSTARTUP".to_owned(), named.display().to_string()));
    let run = |wanted: &str| {
        let mut shell = Terminal::with(&home, &environment, 24, 80);
        assert!(shell.until(Terminal::at_prompt), "no prompt:\n{}", shell.text());
        shell.enter("origin");
        shell.expect(wanted);
    };
    // What lies in the current folder is nobody's startup file.
    fs::write(home.0.join("startup.py"), "origin = 'current folder'\n").expect("it can be written");
    run("'PYTHONSTARTUP'");
    fs::write(folder.join("startup.py"), "origin = 'own'\n").expect("it can be written");
    run("'own'");
    // One that fails is shown, and the prompt comes.
    fs::write(folder.join("startup.py"), "origin = 'half'\n1 / 0\n").expect("it can be written");
    let mut shell = Terminal::with(&home, &environment, 24, 80);
    shell.expect("ZeroDivisionError");
    assert!(shell.until(Terminal::at_prompt), "no prompt:\n{}", shell.text());
    shell.enter("origin");
    shell.expect("'half'");
}

#[test]
fn what_takes_long_at_the_start_is_told() {
    let home = Home::new();
    let folder = home.0.join(".config").join("pyglass");
    fs::create_dir_all(&folder).expect("it can be made");
    let text = "import time\ntime.sleep(1.5)\nprint('half', 'way')\ntime.sleep(1.5)\nready = 1\n";
    fs::write(folder.join("startup.py"), text).expect("it can be written");
    let mut shell = Terminal::start(&home, 24, 80);
    shell.expect("startup.py runs … ");
    shell.expect("half way\nstartup.py runs … ");
    assert!(shell.until(Terminal::at_prompt), "no prompt:\n{}", shell.text());
    assert!(!shell.text().contains("startup.py"), "{}", shell.text());
    shell.enter("ready");
    shell.expect("\n1");
}

#[test]
fn a_load_from_a_slow_place_is_told_and_can_be_stopped() {
    let home = Home::new();
    let pipe = home.0.join("slow.py");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo is there").success());
    let mut shell = Terminal::start(&home, 24, 80);
    assert!(shell.until(Terminal::at_prompt), "no prompt:\n{}", shell.text());
    shell.send(":load slow.py\r");
    shell.expect("reading slow.py … ");
    shell.send("\x03");
    shell.expect("KeyboardInterrupt");
    assert!(shell.until(Terminal::at_prompt), "no prompt:\n{}", shell.text());
    shell.send(":load slow.py\r");
    shell.expect("reading slow.py … ");
    fs::write(&pipe, "loaded = 40 + 2\n").expect("the shell reads");
    assert!(shell.until(|shell| shell.typed().ends_with("loaded = 40 + 2")), "{}", shell.text());
    shell.send("\r");
    assert!(shell.until(Terminal::at_prompt), "no prompt:\n{}", shell.text());
    shell.enter("loaded");
    shell.expect("\n42");
}

#[test]
fn histories_of_other_shells() {
    let home = Home::new();
    let files = fixtures().join("files");
    fs::copy(files.join("python_history"), home.0.join(".python_history")).expect("it is there");
    let folder = home.0.join(".ipython").join("profile_default");
    fs::create_dir_all(&folder).expect("it can be made");
    fs::copy(files.join("ipython.sqlite"), folder.join("history.sqlite")).expect("it is there");
    // Nobody asked: nothing is taken over.
    let mut shell = with_settings(&home, "");
    shell.send("\x1b[A");
    shell.receive(std::time::Duration::from_millis(300));
    assert_eq!(shell.typed(), ">>>");
    drop(shell);
    let _ = fs::remove_file(home.0.join("history.jsonl"));
    let mut shell = with_settings(&home, "[history]\nimport = true\n");
    shell.enter(":history -a -n 5");
    shell.expect("from_ipython_last");
    shell.send("\x1b[A\x1b[A");
    assert!(
        shell.until(|shell| shell.typed().ends_with("from_ipython_last = 300")),
        "{}",
        shell.text()
    );
    shell.send("\x03");
    shell.enter(":history -a -g cpython");
    shell.expect("def from_cpython():\\n    return 1");
    drop(shell);
    // The second start takes nothing over again.
    let before = fs::read_to_string(home.0.join("history.jsonl")).expect("it is there");
    let shell = with_settings(&home, "[history]\nimport = true\n");
    drop(shell);
    let now = fs::read_to_string(home.0.join("history.jsonl")).expect("it is there");
    assert_eq!(before, now);
}

#[test]
fn a_history_of_a_hundred_megabytes_is_no_delay() {
    let home = Home::new();
    let line = format!("{{\"t\":1,\"s\":\"a\",\"n\":1,\"src\":\"x = '{}'\"}}\n", "y".repeat(950));
    let mut text = line.repeat(104_000);
    text.push_str("{\"t\":1,\"s\":\"a\",\"n\":2,\"src\":\"the_last_one = 1\"}\n");
    fs::write(home.0.join("history.jsonl"), text).expect("it can be written");
    let begun = std::time::Instant::now();
    let mut shell = Terminal::start(&home, 24, 80);
    assert!(shell.until(Terminal::at_prompt), "no prompt:\n{}", shell.text());
    let took = begun.elapsed();
    assert!(took < std::time::Duration::from_secs(5), "the prompt came after {took:?}");
    shell.send("\x1b[A");
    assert!(shell.until(|shell| shell.typed().ends_with("the_last_one = 1")), "{}", shell.text());
}

/// A line of the history file.
fn record(session: &str, number: usize, source: &str) -> String {
    format!("{{\"t\":1,\"s\":\"{session}\",\"n\":{number},\"src\":\"{source}\"}}\n")
}

/// Waits until a file is as it should be.
fn until(path: &Path, done: impl Fn(&str) -> bool) -> String {
    let end = std::time::Instant::now() + crate::terminal::PATIENCE;
    loop {
        let text = fs::read_to_string(path).unwrap_or_default();
        if done(&text) || std::time::Instant::now() > end {
            return text;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn a_long_history_is_made_shorter_and_loses_nothing_new() {
    let home = Home::new();
    let (real, link) = (home.0.join("real.jsonl"), home.0.join("history.jsonl"));
    let long = "y".repeat(200);
    let mut text: String =
        (0..40_000).map(|number| record("old", number, &format!("x{number} = '{long}'"))).collect();
    text.push_str("torn {\n\u{1}\n");
    fs::write(&real, &text).expect("it can be written");
    std::os::unix::fs::symlink(&real, &link).expect("it can be linked");
    // Many shells find it at once, and write while one of them makes it shorter.
    let mut shells: Vec<Terminal> = (0..6).map(|_| Terminal::start(&home, 10, 60)).collect();
    for (number, shell) in shells.iter_mut().enumerate() {
        assert!(shell.until(Terminal::at_prompt), "no prompt:\n{}", shell.text());
        shell.enter(&format!("'new {number}'"));
    }
    let kept = until(&real, |text| !text.contains("\"x0 = ") && text.contains("'new 5'"));
    assert!(kept.len() < text.len() * 2 / 3, "{} bytes are left", kept.len());
    assert!(kept.contains("\"x39999 = ") && kept.contains("\"x20001 = "));
    assert!(kept.contains("torn {\n"));
    for number in 0..6 {
        assert!(kept.contains(&format!("'new {number}'")), "'new {number}' is lost");
    }
    assert!(fs::symlink_metadata(&link).expect("it is there").is_symlink());
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &fs::metadata(&real).expect("it is there").permissions(),
    );
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn options_silence_the_environment() {
    let home = Home::new();
    fs::write(home.0.join("named.py"), "print('from', 'PYTHONSTARTUP')\n").expect("it is written");
    fs::write(home.0.join("config.toml"), "[display]\ntypes = true\n").expect("it is written");
    let mut environment = home.environment();
    environment.retain(|(name, _)| name != "PYGLASS_CONFIG");
    let folder = home.0.display();
    environment.push(("PYGLASS_CONFIG".to_owned(), format!("{folder}/config.toml")));
    environment.push(("PYTHONSTARTUP".to_owned(), format!("{folder}/named.py")));
    for (option, heeds) in [("-q", true), ("-qE", false), ("-qI", false)] {
        let _ = fs::remove_file(home.0.join("history.jsonl"));
        let command = pty_process::blocking::Command::new(env!("CARGO_BIN_EXE_pyglass"));
        let mut shell = Terminal::spawn(command.arg(option), &home, &environment, 24, 80);
        assert!(shell.until(Terminal::at_prompt), "no prompt:\n{}", shell.text());
        shell.enter("40 + 2");
        shell.expect(if heeds { "\n: int = 42" } else { "\n42" });
        assert_eq!(shell.text().contains("from PYTHONSTARTUP"), heeds, "{}", shell.text());
        assert_eq!(home.0.join("history.jsonl").exists(), heeds, "{option}");
    }
}

#[test]
fn the_readme_begins_with_a_session_as_it_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let session = fs::read_to_string(root.join("history-fixtures/basics/front_page.session"));
    let session = session.expect("the session is there");
    let shown: String = session
        .lines()
        .filter_map(|line| line.strip_prefix('|'))
        .map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line)))
        .collect();
    // The last prompt waits.
    let shown = shown.trim_end().trim_end_matches(">>>");
    let path = root.join("README.md");
    let readme = fs::read_to_string(&path).expect("the README is there");
    let (head, rest) = readme.split_once("```text\n").expect("the README has a block");
    let (block, tail) = rest.split_once("```\n").expect("the block ends");
    if std::env::var_os("BLESS").is_some() {
        let new = format!("{head}```text\n{shown}```\n{tail}");
        fs::write(&path, new).expect("the README can be written");
        return;
    }
    assert_eq!(block, shown, "BLESS=1 writes the block");
}
