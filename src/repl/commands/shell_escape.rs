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
    console::flush(vm);
    let mut command = Command::new("sh");
    command.arg("-c").arg(text);
    if capture {
        command.stdout(Stdio::piped());
    }
    let ran = vm.allow_threads(move || {
        command
            .spawn()
            .and_then(std::process::Child::wait_with_output)
            .map_err(|error| error.to_string())
    });
    let output = match ran {
        Ok(output) => output,
        Err(error) => {
            session.succeeded = false;
            return sanitize(&format!("!: {error}\n"));
        }
    };
    let status = output.status.code().unwrap_or(-1);
    session.succeeded = output.status.success();
    let builtins = &vm.interpreter().builtins;
    let number = Value::small_int_unchecked(i64::from(status));
    drop(builtins.set_str(&vm.intern("_exit_code"), number));
    let mut shown = String::new();
    if capture {
        shown = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines = shown.lines().map(|line| PyStr::new_value(vm, line)).collect();
        drop(builtins.set_str(&vm.intern("_"), PyList::new_value(vm, lines)));
        shown = sanitize(&shown);
    }
    if status != 0 {
        shown.push_str(&format!("[exit status {status}]\n"));
    }
    shown
}
