//! Recorded sessions: each fixture's lines are typed into the shell, and what it answers is compared.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// Between what is typed and what comes back; the exit status follows it.
const DIVIDER: &str = "---- exit ";

fn fixtures(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            fixtures(&path, found);
        } else if path.extension().is_some_and(|end| end == "session") {
            found.push(path);
        }
    }
}

/// Types the lines into a shell whose two output streams are one: the text and the exit status.
fn play(typed: &str) -> std::io::Result<(String, i32)> {
    let mut child = Command::new("sh")
        .args(["-c", "exec \"$0\" -i -q 2>&1", env!("CARGO_BIN_EXE_pyglass")])
        .env("PYGLASS_HISTORY", "none")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(typed.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok((text, output.status.code().unwrap_or(-1)))
}

fn main() -> ExitCode {
    let record = std::env::var_os("PYGLASS_RECORD").is_some();
    let mut found = Vec::new();
    fixtures(&Path::new(env!("CARGO_MANIFEST_DIR")).join("history-fixtures"), &mut found);
    found.sort();
    let (mut passed, mut failed) = (0, 0);
    let mut report = String::new();
    for path in found {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let Some((typed, expected)) = text.split_once(DIVIDER) else { continue };
        let Ok((shown, status)) = play(typed) else { continue };
        let got = format!("{status}\n{shown}");
        if record {
            let recorded = format!("{typed}{DIVIDER}{}\n", got.trim_end());
            failed += usize::from(std::fs::write(&path, recorded).is_err());
        } else if got.trim_end() == expected.trim_end() {
            passed += 1;
        } else {
            failed += 1;
            report.push_str(&format!("{}:\n{got}\n", path.display()));
        }
    }
    report.push_str(&format!("{passed} passed, {failed} failed\n"));
    let written = std::io::stdout().write_all(report.as_bytes());
    if failed == 0 && written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
