//! Whole programs: what each script of `cases/run` prints on both streams and its exit status, held against the file `NAME.out`
//! beside it, under both forms of the translation. A first line `# argv: ...` or `# flags: ...` gives arguments or options, `NAME.in` is the standard input.
//! `BLESS=PYTHON` has that CPython 3.14 write the expected side; an argument filters by name.

#[path = "golden/files.rs"]
mod files;

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// Longest run of one script in the slowest build.
const TIME_LIMIT: Duration = Duration::from_secs(120);

fn main() -> ExitCode {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/run");
    let folder = std::env::temp_dir().join(format!("pyglass-run-{}", std::process::id()));
    let verdict = run_all(&cases, &folder);
    // The folder may be gone: a script can remove what it likes.
    let _ = fs::remove_dir_all(&folder);
    for stream in ["stdout", "stderr"] {
        let _ = fs::remove_file(folder.with_extension(stream));
    }
    verdict
}

fn run_all(cases: &Path, folder: &Path) -> ExitCode {
    let filter: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let bless = std::env::var("BLESS").ok();
    let (mut passed, mut failed) = (0_usize, 0_usize);
    let mut out = std::io::stdout().lock();
    for script in files::cases(cases) {
        let name = script.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !filter.is_empty() && !filter.iter().any(|part| name.contains(part.as_str())) {
            continue;
        }
        let verdict = compare(cases, folder, &name, bless.as_deref());
        passed += usize::from(verdict.is_ok());
        if let Err(difference) = verdict {
            failed += 1;
            // A closed stdout is no failure of the case.
            let _ = writeln!(out, "run/{name}: {difference}");
        }
    }
    let _ = writeln!(out, "{passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn compare(cases: &Path, folder: &Path, name: &str, bless: Option<&str>) -> Result<(), String> {
    let expected = cases.join(name).with_extension("out");
    if let Some(python) = bless {
        let answer = run(python, &[], cases, folder, name)?;
        fs::write(&expected, answer).map_err(|error| error.to_string())?;
    }
    let theirs = fs::read_to_string(&expected).map_err(|error| error.to_string())?;
    for form in [&[] as &[&str], &["-X", "unfused"]] {
        let ours = run(env!("CARGO_BIN_EXE_pyglass"), form, cases, folder, name)?;
        if let Some(difference) = files::first_difference(&theirs, &ours) {
            return Err(format!("{form:?} {difference}"));
        }
    }
    Ok(())
}

/// Both streams and the exit status of a script that runs in a folder of its own.
fn run(
    binary: &str,
    form: &[&str],
    cases: &Path,
    folder: &Path,
    name: &str,
) -> Result<String, String> {
    let _ = fs::remove_dir_all(folder);
    prepare(cases, folder, name).map_err(|error| error.to_string())?;
    let script = format!("{name}.py");
    let source = fs::read(folder.join(&script)).map_err(|error| error.to_string())?;
    let source = String::from_utf8_lossy(&source);
    let first = source.lines().next().unwrap_or_default();
    let words = |key: &str| -> Vec<String> {
        first.strip_prefix(key).unwrap_or_default().split_whitespace().map(str::to_owned).collect()
    };
    let input = fs::read(folder.join(name).with_extension("in")).unwrap_or_default();
    let streams = ["stdout", "stderr"].map(|stream| folder.with_extension(stream));
    let create = |path: &PathBuf| fs::File::create(path).map_err(|error| error.to_string());
    let mut child = Command::new(binary)
        .args(form)
        .args(words("# flags:"))
        .arg(&script)
        .args(words("# argv:"))
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(create(&streams[0])?)
        .stderr(create(&streams[1])?)
        .spawn()
        .map_err(|error| format!("{binary}: {error}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A script need not read its input.
        let _ = stdin.write_all(&input);
    }
    let end = Instant::now() + TIME_LIMIT;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            break status;
        }
        if Instant::now() > end {
            let _ = child.kill();
            return Err("no end in time".to_owned());
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let mut shown = String::new();
    for (stream, path) in ["stdout", "stderr"].iter().zip(&streams) {
        let text = fs::read(path).map_err(|error| error.to_string())?;
        let text = normal(&String::from_utf8_lossy(&text), folder);
        let _ = write!(shown, "[{stream}]\n{text}");
    }
    let _ = writeln!(shown, "[{status}]");
    Ok(shown)
}

/// Makes the folder that a script runs in: nothing is in it but the script and its input.
fn prepare(cases: &Path, folder: &Path, name: &str) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    for extension in ["py", "in"] {
        let file = Path::new(name).with_extension(extension);
        if cases.join(&file).exists() {
            fs::copy(cases.join(&file), folder.join(&file))?;
        }
    }
    Ok(())
}

/// Without what differs from run to run: the folder, addresses; and without the lines of the library's own frames, whose numbers
/// belong to one release of it.
fn normal(text: &str, folder: &Path) -> String {
    let text = text.replace(&*folder.to_string_lossy(), "<folder>");
    let mut shown = String::with_capacity(text.len());
    let mut in_library = false;
    for line in text.split_inclusive('\n') {
        if let Some((margin, rest)) = line.split_once("File \"") {
            let (file, place) = rest.split_once('"').unwrap_or((rest, "\n"));
            in_library = file.contains("/lib/python3.14/") || file.starts_with("<frozen ");
            if in_library {
                let file = file.trim_end_matches('>').rsplit(['/', ' ']).next().unwrap_or(file);
                let function = place.split_once(", in ").map_or("\n", |(_, function)| function);
                let _ = write!(shown, "{margin}File \"<library {file}>\" {function}");
                continue;
            }
        } else if in_library && line.starts_with("    ") {
            continue;
        }
        in_library = false;
        shown.push_str(line);
    }
    without_addresses(&shown)
}

fn without_addresses(text: &str) -> String {
    let mut parts = text.split("0x");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.chars().take_while(char::is_ascii_hexdigit).count();
        // Short ones are numbers that a script prints.
        let (start, rest) = part.split_at(if digits >= 8 { digits } else { 0 });
        shown.push_str(if start.is_empty() { "0x" } else { "0xADDRESS" });
        shown.push_str(rest);
    }
    shown
}
