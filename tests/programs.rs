//! Programs as a user runs them: both streams and the exit status, held against CPython 3.14's.

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn run(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pyglass"))
        .args(args)
        .env_remove("PYTHONUNBUFFERED")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child
        .stdin
        .take()
        .expect("standard input is a pipe")
        .write_all(input.as_bytes())
        .expect("the program reads");
    child.wait_with_output().expect("the program ends")
}

fn check(args: &[&str], input: &str, stdout: &str, stderr: &str, status: i32) {
    let output = run(args, input);
    assert_eq!(String::from_utf8_lossy(&output.stdout), stdout);
    assert_eq!(String::from_utf8_lossy(&output.stderr), stderr);
    assert_eq!(output.status.code(), Some(status));
}

#[test]
fn a_command_prints() {
    check(
        &["-c", "print(1 + 1, 2**100, 1/3)"],
        "",
        "2 1267650600228229401496703205376 0.3333333333333333\n",
        "",
        0,
    );
}

#[test]
fn unbuffered_output_is_out_at_once() {
    // `os._exit` flushes nothing.
    let program = "import os; print('seen'); os._exit(0)";
    check(&["-u", "-c", program], "", "seen\n", "", 0);
    check(&["-c", program], "", "", "", 0);
}

#[test]
fn standard_input_is_a_program() {
    let program = "class A:\n    def __init__(self, x): self.x = x\n    def __repr__(self): return f'A({self.x!r})'\nprint([A(i) for i in range(3)], sorted([3, 1, 2]), {'a': 1})\n";
    check(&[], program, "[A(0), A(1), A(2)] [1, 2, 3] {'a': 1}\n", "", 0);
}

#[test]
fn an_uncaught_exception_shows_its_traceback() {
    let stderr = "Traceback (most recent call last):\n  File \"<string>\", line 1, in <module>\n    1/0\n    ~^~\nZeroDivisionError: division by zero\n";
    check(&["-c", "1/0"], "", "", stderr, 1);
}

#[test]
fn system_exit_is_the_exit_status() {
    check(&["-c", "raise SystemExit(7)"], "", "", "", 7);
}

#[test]
fn the_plain_shell_goes_on_after_an_error() {
    let input = "1 + 1\ndef f(x):\n    return 1/x\n\nf(0)\nf(4)\n";
    let stderr = ">>> >>> ... ... >>> Traceback (most recent call last):\n  File \"<stdin>\", line 1, in <module>\n    f(0)\n    ~^^^\n  File \"<stdin>\", line 2, in f\n    return 1/x\n           ~^~\nZeroDivisionError: division by zero\n>>> >>> \n";
    check(&["-i", "-q"], input, "2\n0.25\n", stderr, 0);
}

#[test]
fn options_that_cannot_be_are_refused() {
    let fatal = |function: &str, message: &str| {
        format!(
            "Fatal Python error: {function}: {message}\nPython runtime state: preinitialized\n\n"
        )
    };
    for (option, function, message) in [
        (
            "thread_inherit_context=2",
            "config_init_thread_inherit_context",
            "-X thread_inherit_context=n: n is missing or invalid",
        ),
        (
            "context_aware_warnings",
            "config_init_context_aware_warnings",
            "-X context_aware_warnings=n: n is missing or invalid",
        ),
        ("gil=2", "config_read_gil", "PYTHON_GIL / -X gil must be \"0\" or \"1\""),
    ] {
        check(&["-X", option, "-c", "1"], "", "", &fatal(function, message), 1);
    }
}

#[test]
fn a_text_is_inspected_too() {
    check(
        &["--tokens", "-c", "x"],
        "",
        "0,0-0,0:            ENCODING       'utf-8'        \n1,0-1,1:            NAME           'x'            \n1,1-1,2:            NEWLINE        '\\n'           \n2,0-2,0:            ENDMARKER      ''             \n",
        "",
        0,
    );
    let row = "[\n  {\"type\": \"NAME\", \"string\": \"x\", \"start\": [1, 0], \"end\": [1, 1]},\n";
    let shown = run(&["--json", "--tokens", "-c", "x"], "");
    assert!(String::from_utf8_lossy(&shown.stdout).starts_with(row), "{shown:?}");
    let shown = run(&["--stages", "-c", "x = 1"], "");
    let text = String::from_utf8_lossy(&shown.stdout).into_owned();
    let heads = text.lines().filter(|line| line.starts_with("── ")).count();
    assert_eq!(heads, 8, "{text}");
    let shown = run(&["--stages", "-c", "x = ("], "");
    assert!(String::from_utf8_lossy(&shown.stdout).contains("unexpected EOF"), "{shown:?}");
    check(
        &["--dis", "nowhere.py"],
        "",
        "",
        "pyglass: can't open file 'nowhere.py': No such file or directory\n",
        1,
    );
}

#[test]
fn a_program_is_traced_onto_a_page() {
    let page = std::env::temp_dir().join(format!("pyglass-page-{}.html", std::process::id()));
    let path = page.to_string_lossy().into_owned();
    check(&["--trace-html", &path, "-c", "def f(n): return n + 1\nprint(f(1))"], "", "2\n", "", 0);
    let written = std::fs::read_to_string(&page).expect("the page is there");
    let _ = std::fs::remove_file(&page);
    assert!(
        written.contains(r#"{w:"return",d:2,f:"f",p:"<string>",l:1,v:"2",n:[["n","1"]]}"#),
        "{written}"
    );
    let message = "pyglass: /nowhere/x: No such file or directory\n";
    check(&["--trace-html", "/nowhere/x", "-c", "1"], "", "", message, 1);
}
