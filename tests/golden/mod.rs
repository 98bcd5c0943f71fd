//! The golden runner: finds cases, compares with the file beside each, shows the first difference; `BLESS=PYTHON` has that
//! CPython 3.14 write the expected side. An argument filters by name.

mod files;

use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode};

use files::{cases, first_difference};

/// One kind of expected file.
pub(crate) struct Golden {
    /// Its extension.
    pub(crate) extension: &'static str,
    /// Our answer for a file's bytes and name.
    pub(crate) ours: fn(&[u8], &str) -> String,
    /// The arguments with which CPython, followed by the file's name, gives its answer.
    pub(crate) oracle: &'static [&'static str],
    /// Takes out what differs from run to run.
    pub(crate) normal: fn(String) -> String,
}

/// Runs the cases of some folders of `tests/cases`.
pub(crate) fn run(folders: &[&str], goldens: &[Golden]) -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases");
    let filter: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let (mut passed, mut failed) = (0_usize, 0_usize);
    let mut out = std::io::stdout().lock();
    for folder in folders {
        for case in cases(&root.join(folder)) {
            let name = case.file_name().map(|name| name.to_string_lossy().into_owned());
            let name = name.unwrap_or_default();
            if !filter.is_empty() && !filter.iter().any(|part| name.contains(part.as_str())) {
                continue;
            }
            for golden in goldens {
                let verdict = compare(&case, &name, golden);
                passed += usize::from(verdict.is_ok());
                if let Err(difference) = verdict {
                    failed += 1;
                    // A closed stdout is no failure of the case.
                    let _ = writeln!(out, "{folder}/{name} ({}): {difference}", golden.extension);
                }
            }
        }
    }
    let _ = writeln!(out, "{passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn compare(case: &Path, name: &str, golden: &Golden) -> Result<(), String> {
    let expected = case.with_extension(golden.extension);
    if let Ok(python) = std::env::var("BLESS") {
        let text = ask(&python, case, name, golden)?;
        std::fs::write(&expected, text).map_err(|error| error.to_string())?;
    }
    let bytes = std::fs::read(case).map_err(|error| error.to_string())?;
    let ours = (golden.normal)((golden.ours)(&bytes, name));
    let theirs = std::fs::read_to_string(&expected).map_err(|error| error.to_string())?;
    match first_difference(&theirs, &ours) {
        Some(difference) => Err(difference),
        None => Ok(()),
    }
}

/// CPython's answer: its stdout, or where that is empty its stderr.
fn ask(python: &str, case: &Path, name: &str, golden: &Golden) -> Result<String, String> {
    let answer = Command::new(python)
        .args(["-I", "-W", "ignore"])
        .args(golden.oracle)
        .arg(name)
        .current_dir(case.parent().unwrap_or(case))
        .output()
        .map_err(|error| format!("{python}: {error}"))?;
    let bytes = if answer.stdout.is_empty() { answer.stderr } else { answer.stdout };
    Ok((golden.normal)(String::from_utf8_lossy(&bytes).into_owned()))
}
