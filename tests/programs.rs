//! Programs as a user runs them: both streams and the exit status, held against CPython 3.14's.

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn run(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pyglass"))
        .args(args)
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
