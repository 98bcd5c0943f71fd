//! `!cmd` and `!!cmd`: a program of the system.

use std::process::{Command, Stdio};

use crate::console::{self, sanitize};
use crate::session::Session;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::list::PyList;
use objects::types::str::PyStr;

/// Runs a command of the system's shell: it has the terminal until it ends. Captured, its lines become `_`.
pub(super) fn run(vm: Vm<'_>, session: &mut Session, text: &str, capture: bool) -> String {
    let (status, stdout) = match execute(vm, session, text, capture) {
        Ok(ended) => ended,
        Err(message) => return message,
    };
    let mut shown = String::new();
    if capture {
        let text = String::from_utf8_lossy(&stdout);
        let value = list_of(vm, &text);
        drop(vm.interpreter().builtins.set_str(&vm.intern("_"), value));
        shown = sanitize(&text);
    }
    if status != 0 {
        shown.push_str(&format!("[exit status {status}]\n"));
    }
    shown
}

/// The lines that a command of the system's shell writes.
pub(super) fn lines(vm: Vm<'_>, session: &mut Session, text: &str) -> Result<Value, String> {
    let (_, stdout) = execute(vm, session, text, true)?;
    Ok(list_of(vm, &String::from_utf8_lossy(&stdout)))
}

fn list_of(vm: Vm<'_>, text: &str) -> Value {
    PyList::new_value(vm, text.lines().map(|line| PyStr::new_value(vm, line)).collect())
}

/// The status that a command ends with, and what it wrote if that is wanted.
fn execute(
    vm: Vm<'_>,
    session: &mut Session,
    text: &str,
    capture: bool,
) -> Result<(i32, Vec<u8>), String> {
    session.succeeded = false;
    let text = expanded(vm, session, text)?;
    console::flush(vm);
    let mut command = Command::new("sh");
    command.arg("-c").arg(text);
    if capture {
        command.stdout(Stdio::piped());
    }
    // The terminal's interrupt is for the program; the shell only waits.
    let ran = vm.allow_threads(move || {
        command
            .spawn()
            .and_then(std::process::Child::wait_with_output)
            .map_err(|error| error.to_string())
    });
    if let Err(raised) = vm.poll() {
        vm.clear(raised);
    }
    let output = ran.map_err(|error| sanitize(&format!("!: {error}\n")))?;
    let signal = std::os::unix::process::ExitStatusExt::signal(&output.status);
    let status = output.status.code().unwrap_or_else(|| -signal.unwrap_or(1));
    session.succeeded = output.status.success();
    let number = Value::small_int_unchecked(i64::from(status));
    drop(vm.interpreter().builtins.set_str(&vm.intern("_exit_code"), number));
    Ok((status, output.stdout))
}

/// A command with `{expression}` and `$name` replaced by their values, quoted for the system's shell. `{{` and `$$` stand for
/// themselves; a `$name` that Python does not know is left to the system's shell.
fn expanded(vm: Vm<'_>, session: &Session, text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['{', '$']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let behind = from.get(1..).unwrap_or_default();
        if from.starts_with("{{") || from.starts_with("$$") {
            out.push_str(from.get(..1).unwrap_or_default());
            rest = from.get(2..).unwrap_or_default();
            continue;
        }
        if from.starts_with('{') {
            let closed = behind.find('}').map(|end| behind.split_at(end));
            let value = closed.and_then(|(expression, _)| value_text(vm, session, expression));
            match (closed, value) {
                (Some((_, behind)), Some(value)) => {
                    out.push_str(&quoted(&value));
                    rest = behind.get(1..).unwrap_or_default();
                }
                // Braces that hold no expression are the system's shell's: `{a,b}`.
                _ => {
                    out.push('{');
                    rest = behind;
                }
            }
            continue;
        }
        let length = behind.find(|c: char| !(c.is_alphanumeric() || c == '_'));
        let (name, after) = behind.split_at(length.unwrap_or(behind.len()));
        let key = vm.intern(name);
        let known = !name.is_empty() && session.globals.get_str(&key).is_some();
        match if known { value_text(vm, session, name) } else { None } {
            Some(value) => out.push_str(&quoted(&value)),
            None => {
                out.push('$');
                out.push_str(name);
            }
        }
        rest = after;
    }
    out.push_str(rest);
    if out.contains('\0') {
        return Err("!: a command holds no NUL\n".to_owned());
    }
    Ok(out)
}

fn value_text(vm: Vm<'_>, session: &Session, expression: &str) -> Option<String> {
    if expression.trim().is_empty() {
        return None;
    }
    let text = session.value_of(vm, expression).and_then(|value| vm.str(&value));
    match text {
        Ok(text) => Some(text.to_rust_string()),
        Err(raised) => {
            vm.clear(raised);
            None
        }
    }
}

/// A text as one word of the system's shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}
