//! What must not cost anyone an input or a terminal: many shells at once, killed shells, huge pastes, tiny terminals, signals.

use std::fs;
use std::time::{Duration, Instant};

use crate::terminal::{Home, PATIENCE, Terminal};

/// The inputs that a history file holds, of all sessions.
fn recorded(home: &Home) -> Vec<String> {
    let text = fs::read_to_string(home.0.join("history.jsonl")).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.split_once("\"src\":\"")?.1.strip_suffix("\"}").map(str::to_owned))
        .collect()
}

fn paste(text: &str) -> String {
    format!("\x1b[200~{}\x1b[201~", text.replace('\n', "\r"))
}

fn ready(home: &Home, rows: u16, columns: u16) -> Terminal {
    let mut terminal = Terminal::start(home, rows, columns);
    assert!(terminal.until(Terminal::at_prompt), "no prompt:\n{}", terminal.text());
    terminal
}

#[test]
fn twenty_shells_lose_no_line() {
    let home = Home::new();
    let mut shells: Vec<Terminal> = (0..20).map(|_| Terminal::start(&home, 10, 60)).collect();
    for shell in &mut shells {
        assert!(shell.until(Terminal::at_prompt), "no prompt:\n{}", shell.text());
    }
    for line in 0..12 {
        // All of them write at the same time.
        for (number, shell) in shells.iter_mut().enumerate() {
            shell.send(&format!("'shell {number} line {line}'\r"));
        }
    }
    for (number, shell) in shells.iter_mut().enumerate() {
        shell.expect(&format!("\n'shell {number} line 11'"));
    }
    // What is shown and what is written are not one moment.
    let end = Instant::now() + PATIENCE;
    while recorded(&home).len() < 20 * 12 && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(50));
    }
    let found = recorded(&home);
    for number in 0..20 {
        let own: Vec<String> =
            (0..12).map(|line| format!("'shell {number} line {line}'")).collect();
        let kept: Vec<&String> = found
            .iter()
            .filter(|source| source.starts_with(&format!("'shell {number} ")))
            .collect();
        assert_eq!(kept, own.iter().collect::<Vec<_>>());
    }
}

#[test]
fn a_killed_shell_has_recorded_what_it_ran() {
    // Each with a history of its own, at a fixed sequence of moments that look random.
    std::thread::scope(|scope| {
        for group in 0..5 {
            scope.spawn(move || killed(0x2545_f491_u32.wrapping_mul(2 * group + 1), 10));
        }
    });
}

/// Kills shells while they run lines, and looks for what they had shown in the history.
fn killed(mut seed: u32, rounds: u32) {
    let home = Home::new();
    for round in 0..rounds {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let mut shell = ready(&home, 24, 80);
        let end = Instant::now() + Duration::from_millis(u64::from(seed >> 24) / 2 + 20);
        let mut line = 0;
        while Instant::now() < end {
            shell.send(&format!("print('<%s>' % '{round}.{line}')\r"));
            shell.receive(Duration::from_millis(u64::from((seed >> 16) & 15)));
            line += 1;
        }
        shell.child.kill().expect("the shell can be killed");
        shell.child.wait().expect("it ends");
        while shell.receive(Duration::from_millis(200)) == Some(true) {}
        let shown = shell.text();
        let kept = recorded(&home);
        for line in 0..line {
            if shown.contains(&format!("<{round}.{line}>")) {
                let source = format!("print('<%s>' % '{round}.{line}')");
                assert!(kept.contains(&source), "{source} was run and is not recorded");
            }
        }
    }
    assert!(!recorded(&home).is_empty());
    // And the next shell starts with what they left.
    let mut shell = ready(&home, 24, 80);
    shell.enter("1 + 1");
    shell.expect("\n2");
}

/// A shell inside a shell of the system, which tells afterwards in which mode the terminal was left.
fn behind(script: &str, home: &Home) -> Terminal {
    let program = env!("CARGO_BIN_EXE_pyglass");
    let script = script.replace("PYGLASS", &format!("'{program}' -q"));
    let command = pty_process::blocking::Command::new("sh").arg("-c").arg(script);
    let mut terminal = Terminal::spawn(command, home, &home.environment(), 24, 100);
    assert!(terminal.until(Terminal::at_prompt), "no prompt:\n{}", terminal.text());
    terminal
}

fn assert_sane(terminal: &mut Terminal) {
    terminal.expect("the end");
    let modes = terminal.text();
    for mode in ["icanon", "echo", "isig", "icrnl", "opost"] {
        let is_on = modes.split_whitespace().any(|word| word == mode);
        assert!(is_on, "{mode} is off:\n{modes}");
    }
    assert!(!terminal.screen.screen().bracketed_paste(), "pastes are still bracketed");
}

#[test]
fn a_signal_that_ends_the_shell_leaves_the_terminal_sane() {
    for signal in ["TERM", "HUP", "QUIT", "ABRT"] {
        let home = Home::new();
        let mut terminal = behind("PYGLASS; stty -a; echo the end", &home);
        // The prompt is up again, and half a line typed, when the signal comes.
        terminal.enter(&format!(
            "import os, signal, threading; threading.Timer(1, os.kill, (os.getpid(), signal.SIG{signal})).start()"
        ));
        terminal.send("half a li");
        assert_sane(&mut terminal);
    }
}

#[test]
fn a_program_that_leaves_under_a_prompt_leaves_the_terminal_sane() {
    let home = Home::new();
    let mut terminal = behind("PYGLASS; echo status $?; stty -a; echo the end", &home);
    terminal.enter("import os, signal, sys");
    terminal.enter("signal.signal(signal.SIGUSR1, lambda *_: sys.exit(7))");
    terminal.enter(
        "import threading; threading.Timer(1, os.kill, (os.getpid(), signal.SIGUSR1)).start()",
    );
    terminal.send("half");
    assert_sane(&mut terminal);
    terminal.expect("status 7");
}

#[test]
fn a_panic_is_one_line_and_the_terminal_is_sane() {
    let home = Home::new();
    let mut terminal = behind("PYGLASS; stty -a; echo the end", &home);
    terminal.enter("x = 1");
    terminal.enter(":doctor --panic");
    terminal.expect("SystemError: internal error (report ");
    let reports = fs::read_dir(home.0.join(".cache").join("pyglass")).expect("a report is there");
    let report = reports.flatten().next().expect("a report is there").path();
    let text = fs::read_to_string(report).expect("it can be read");
    assert!(text.contains("doctor --panic"), "{text}");
    terminal.enter("x + 1");
    terminal.expect("\n2");
    terminal.send("\x04");
    assert_sane(&mut terminal);
}

#[test]
fn a_line_of_a_megabyte() {
    let home = Home::new();
    let mut shell = ready(&home, 24, 80);
    shell.send(&paste(&format!("x = '{}'", "a".repeat(1_000_000))));
    shell.expect("aaa'");
    shell.send("\r");
    assert!(shell.until(Terminal::at_prompt), "no prompt");
    shell.enter("len(x)");
    shell.expect("\n1000000");
}

#[test]
fn ten_thousand_pasted_lines_cost_no_square_of_a_thousand() {
    let cost = |count: usize| {
        let home = Home::new();
        let mut shell = ready(&home, 24, 80);
        let before = shell.processor();
        let lines: Vec<String> = (0..count).map(|line| format!("v{line} = {line} * 2")).collect();
        shell.send(&paste(&format!("{}\nprint('fin', 'ished')", lines.join("\n"))));
        assert!(shell.until(|shell| shell.typed().ends_with("'ished')")), "not drawn");
        shell.send("\r");
        shell.expect("\nfin ished");
        shell.enter(&format!("v{}", count - 1));
        shell.expect(&format!("\n{}", (count - 1) * 2));
        shell.processor() - before
    };
    let (few, many) = (cost(1_000), cost(10_000));
    // Ten times as much, and what larger tables cost; a square would be a hundred times.
    assert!(many <= few * 20, "1,000 lines {few} ns, 10,000 lines {many} ns");
}

#[test]
fn tiny_terminals() {
    let home = Home::new();
    let mut shell = ready(&home, 24, 80);
    shell.send("values = [1, 2, 3]");
    shell.resize(24, 5);
    shell.send("; values");
    shell.receive(Duration::from_millis(300));
    shell.resize(1, 5);
    shell.send(" \x1b[D\x1b[D\t");
    shell.receive(Duration::from_millis(300));
    // A lone escape is one only if nothing follows it at once.
    shell.settle();
    shell.press("\x1b");
    shell.press("\x03");
    shell.settle();
    shell.send("value = 6 * 7\r");
    shell.settle();
    shell.resize(24, 80);
    shell.send("\x0c");
    shell.enter("value");
    shell.expect("\n42");
}

#[test]
fn interrupts_come_at_once() {
    let home = Home::new();
    let mut shell = ready(&home, 24, 80);
    shell.enter("import math, re, subprocess, threading, time; s = 'a' * 10**8");
    for (begin, program) in [
        ("", "while True: pass"),
        ("", "time.sleep(100)"),
        ("", "sum(iter(int, 1))"),
        ("", "[None for _ in iter(int, 1)]"),
        ("n = 1 << 5_000_000; m = n - 1", "math.gcd(n, m)"),
        ("", "int('7' * 3_000_000) if not __import__('sys').set_int_max_str_digits(0) else 0"),
        ("", "re.match('(a+)+$', 'a' * 60 + 'b')"),
        ("", "while True: t = s.replace('a', 'bc')"),
        ("l = [hash(str(i)) for i in range(100_000)]", "while True: t = sorted(l)"),
        ("n = 7 ** 400_000", "while True: t = n * n"),
        ("", "repr(7 ** 3_000_000)"),
        ("", "input()"),
        ("k = threading.Lock(); k.acquire() and None", "k.acquire()"),
        ("", "subprocess.run(['sleep', '100'])"),
        ("t = threading.Thread(target=time.sleep, args=(60,), daemon=True); t.start()", "t.join()"),
    ] {
        if !begin.is_empty() {
            shell.enter(begin);
        }
        shell.send(program);
        shell.send("\r");
        if program.ends_with("pass") || program.contains("while") {
            shell.send("\r");
        }
        shell.receive(Duration::from_millis(400));
        let entered = Instant::now();
        while entered.elapsed() < PATIENCE
            && shell.receive(Duration::from_millis(300)) == Some(true)
        {}
        let begun = Instant::now();
        shell.send("\x03");
        assert!(
            shell.within(PATIENCE, |shell| shell.text().contains("KeyboardInterrupt")
                && shell.at_prompt()),
            "{program} is deaf:\n{}",
            shell.text()
        );
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(3), "{program} stopped after {took:?}");
        shell.send("\x0c");
        assert!(shell.until(|shell| !shell.text().contains("KeyboardInterrupt")));
    }
}

#[test]
fn a_paste_that_takes_its_time_says_so() {
    let home = Home::new();
    let mut shell = ready(&home, 24, 80);
    let lines: Vec<String> = (0..512).map(|line| format!("v{line} = {line}")).collect();
    let half = format!("\x1b[200~{}\r", lines.join("\r"));
    shell.send(&half);
    let end = Instant::now() + PATIENCE;
    // It comes on slowly: what there is so far is told.
    while !shell.text().contains(" lines") && Instant::now() < end {
        let more: String = (0..64).map(|line| format!("w{line} = {line}\r")).collect();
        shell.send(&more);
        shell.receive(Duration::from_millis(100));
    }
    assert!(shell.text().contains(" lines"), "{}", shell.text());
    shell.send("last = 42\x1b[201~");
    assert!(shell.until(|shell| shell.typed().ends_with("last = 42")), "{}", shell.text());
    assert!(!shell.text().contains(" lines"), "{}", shell.text());
    shell.send("\r");
    assert!(shell.until(Terminal::at_prompt), "no prompt:\n{}", shell.text());
    shell.enter("v511 + last");
    shell.expect("\n553");
}

#[test]
fn a_list_survives_other_sizes() {
    let home = Home::new();
    let mut shell = ready(&home, 24, 80);
    shell.enter("import os");
    shell.send("os.s\t");
    shell.expect("▸ ");
    for (rows, columns) in [(3, 80), (1, 80), (24, 12), (2, 5), (24, 80)] {
        shell.resize(rows, columns);
        shell.receive(Duration::from_millis(200));
        shell.send("\t");
        shell.receive(Duration::from_millis(200));
    }
    shell.send("\r");
    shell.receive(Duration::from_millis(300));
    shell.send("\x03");
    shell.enter("6 * 7");
    shell.expect("\n42");
}

#[test]
fn a_stopped_shell_goes_on() {
    let home = Home::new();
    let program = env!("CARGO_BIN_EXE_pyglass");
    let mut environment = home.environment();
    environment.push(("PS1".to_owned(), "outer$ ".to_owned()));
    let command = pty_process::blocking::Command::new("sh").arg("-i");
    let mut terminal = Terminal::spawn(command, &home, &environment, 24, 100);
    terminal.expect("outer$");
    terminal.send(&format!("'{program}' -q\n"));
    assert!(terminal.until(Terminal::at_prompt), "no prompt:\n{}", terminal.text());
    terminal.enter("x = 20");
    terminal.send("x + ");
    terminal.receive(Duration::from_millis(300));
    terminal.send("\x1a");
    assert!(terminal.until(|terminal| terminal.typed().ends_with("outer$")), "{}", terminal.text());
    terminal.send("echo between; fg\n");
    assert!(
        terminal.until(|terminal| terminal.text().matches("between").count() > 1),
        "{}",
        terminal.text()
    );
    assert!(
        terminal.until(|terminal| terminal.typed().ends_with(">>> x +")),
        "{}",
        terminal.text()
    );
    terminal.send("22\r");
    terminal.expect("\n42");
}

#[test]
fn a_signal_from_outside_leaves_the_prompt() {
    let home = Home::new();
    let mut shell = ready(&home, 24, 80);
    shell.enter("import os, signal, threading");
    shell.enter("signal.signal(signal.SIGUSR1, lambda *_: print('a handler ran')) and None");
    shell.send("threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGUSR1)).start()\r");
    shell.send("40 + ");
    shell.expect("\na handler ran");
    shell.enter("2");
    shell.expect("\n42");
}
