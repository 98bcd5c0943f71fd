//! A shell on a pseudo-terminal, and a folder for it to live in.

use std::fs;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long a screen may take to come, on a machine that does other things too.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// How long a prompt is waited for before something else than a line is typed.
pub(crate) const ASKING: Duration = Duration::from_secs(2);
/// A screen that is blessed has been still for this long.
pub(crate) const STILL: Duration = Duration::from_millis(400);

/// What a key sends.
pub(crate) fn key(name: &str) -> &'static str {
    match name {
        "Tab" => "\t",
        "Enter" => "\r",
        "Up" => "\x1b[A",
        "Down" => "\x1b[B",
        "Right" => "\x1b[C",
        "Left" => "\x1b[D",
        "Home" => "\x1b[H",
        "End" => "\x1b[F",
        "Backspace" => "\x7f",
        "Escape" => "\x1b",
        "C-a" => "\x01",
        "C-c" => "\x03",
        "C-d" => "\x04",
        "C-o" => "\x0f",
        "C-r" => "\x12",
        "C-u" => "\x15",
        "C-y" => "\x19",
        "C-w" => "\x17",
        "C-_" => "\x1f",
        "F1" => "\x1bOP",
        "F2" => "\x1bOQ",
        "F3" => "\x1bOR",
        "C-x d" => "\x18d",
        "M-Enter" => "\x1b\r",
        "C-x p" => "\x18p",
        "C-z" => "\x1a",
        "M-/" => "\x1b/",
        "M-d" => "\x1bd",
        "M-e" => "\x1be",
        _ => panic!("no key is called {name}"),
    }
}

/// A folder of a test's own, gone when it ends.
pub(crate) struct Home(pub(crate) PathBuf);

static NEXT: AtomicU32 = AtomicU32::new(0);

impl Home {
    pub(crate) fn new() -> Self {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("pyglass-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).expect("the temporary folder can be written");
        Self(path)
    }

    /// The variables that a shell is started with: nothing of the user's own.
    pub(crate) fn environment(&self) -> Vec<(String, String)> {
        let folder = self.0.display();
        [
            ("HOME", folder.to_string()),
            ("PATH", std::env::var("PATH").unwrap_or_default()),
            ("TERM", "xterm-256color".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            ("PYGLASS_HISTORY", format!("{folder}/history.jsonl")),
            ("PYGLASS_CONFIG", "none".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // What is left in the temporary folder is the system's to clean.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A shell on a pseudo-terminal, and the terminal's screen.
pub(crate) struct Terminal {
    pty: pty_process::blocking::Pty,
    pub(crate) child: std::process::Child,
    output: Receiver<Vec<u8>>,
    pub(crate) screen: vt100::Parser,
}

impl Terminal {
    /// A shell without a banner.
    pub(crate) fn start(home: &Home, rows: u16, columns: u16) -> Self {
        Self::with(home, &home.environment(), rows, columns)
    }

    /// A shell with an environment of its own.
    pub(crate) fn with(
        home: &Home,
        environment: &[(String, String)],
        rows: u16,
        columns: u16,
    ) -> Self {
        let mut command = pty_process::blocking::Command::new(env!("CARGO_BIN_EXE_pyglass"));
        command = command.arg("-q");
        Self::spawn(command, home, environment, rows, columns)
    }

    /// A program.
    pub(crate) fn spawn(
        command: pty_process::blocking::Command,
        home: &Home,
        environment: &[(String, String)],
        rows: u16,
        columns: u16,
    ) -> Self {
        let (pty, pts) = pty_process::blocking::open().expect("the system has pseudo-terminals");
        pty.resize(pty_process::Size::new(rows, columns)).expect("the size can be set");
        let child = command
            .env_clear()
            .envs(environment.iter().cloned())
            .current_dir(&home.0)
            .spawn(pts)
            .expect("pyglass starts");
        let (sender, output) = channel();
        let fd = std::os::fd::AsFd::as_fd(&pty).try_clone_to_owned().expect("a descriptor");
        let mut reader = fs::File::from(fd);
        std::thread::spawn(move || {
            let mut block = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut block) {
                if sender.send(block[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { pty, child, output, screen: vt100::Parser::new(rows, columns, 0) }
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.pty.write_all(text.as_bytes()).expect("the shell reads");
    }

    /// Takes what comes within a time; false at the end of the output.
    pub(crate) fn receive(&mut self, within: Duration) -> Option<bool> {
        match self.output.recv_timeout(within) {
            Ok(block) => {
                self.screen.process(&block);
                Some(true)
            }
            Err(RecvTimeoutError::Timeout) => Some(false),
            Err(RecvTimeoutError::Disconnected) => None,
        }
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        let contents = self.screen.screen().contents();
        let mut lines: Vec<String> =
            contents.lines().map(|line| line.trim_end().to_owned()).collect();
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines
    }

    /// Whether the cursor stands behind a prompt on an otherwise empty line.
    pub(crate) fn at_prompt(&self) -> bool {
        matches!(self.typed().as_str(), ">>>" | "..." | "(pyglass)" | "(com)" | ":")
    }

    /// The cursor's line up to the cursor.
    pub(crate) fn typed(&self) -> String {
        let (row, column) = self.screen.screen().cursor_position();
        self.screen.screen().contents_between(row, 0, row, column).trim_end().to_owned()
    }

    /// Waits until what was typed stands before the cursor, if it stays on one line.
    pub(crate) fn echoed(&mut self, text: &str, columns: u16) {
        if !text.trim().is_empty() && text.chars().count() + 10 < usize::from(columns) {
            self.within(ASKING, |terminal| terminal.typed().ends_with(text.trim_end()));
        }
    }

    /// Presses a key that ends a line, and waits until the screen answers: the old prompt is not taken for the next.
    pub(crate) fn press(&mut self, text: &str) {
        let state = |terminal: &Self| {
            (terminal.screen.screen().cursor_position(), terminal.screen.screen().contents())
        };
        let before = state(self);
        self.send(text);
        self.within(ASKING, |terminal| state(terminal) != before);
    }

    /// Waits for a screen, or for one that is still where it is to be blessed.
    pub(crate) fn until(&mut self, done: impl Fn(&Self) -> bool) -> bool {
        self.within(PATIENCE, done)
    }

    pub(crate) fn within(&mut self, patience: Duration, done: impl Fn(&Self) -> bool) -> bool {
        let end = Instant::now() + patience;
        loop {
            if done(self) {
                return true;
            }
            if Instant::now() > end || self.receive(Duration::from_millis(50)).is_none() {
                return done(self);
            }
        }
    }

    /// Types a line and waits for the next prompt.
    pub(crate) fn enter(&mut self, line: &str) {
        self.send(line);
        self.press("\r");
        assert!(self.until(Self::at_prompt), "no prompt behind {line:?}:\n{}", self.text());
    }

    /// Waits for a text on the screen.
    pub(crate) fn expect(&mut self, text: &str) {
        assert!(
            self.until(|terminal| terminal.text().contains(text)),
            "no {text:?}:\n{}",
            self.text()
        );
    }

    /// The screen.
    pub(crate) fn text(&self) -> String {
        self.lines().join("\n")
    }

    /// Changes the size that the shell sees; the screen that the test looks at stays as it is.
    pub(crate) fn resize(&mut self, rows: u16, columns: u16) {
        self.pty.resize(pty_process::Size::new(rows, columns)).expect("the size can be set");
    }

    /// The processor time of the shell and its threads, in nanoseconds.
    pub(crate) fn processor(&self) -> u64 {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).into_iter().flatten();
        tasks
            .flatten()
            .filter_map(|task| fs::read_to_string(task.path().join("schedstat")).ok())
            .filter_map(|text| text.split(' ').next()?.parse::<u64>().ok())
            .sum()
    }

    pub(crate) fn settle(&mut self) {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end && self.receive(STILL) == Some(true) {}
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have left already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
