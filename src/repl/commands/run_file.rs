//! `:run` and `:m`

use super::{Answer, Call, Command, Given, wrong};
use crate::session::{Outcome, traceback_of, without_frames};
use objects::core::errors::{PyResult, Raised};
use objects::core::vm::Vm;
use objects::types::exceptions::hierarchy as exc;

/// `:run`
pub(super) const RUN: Command = Command {
    name: "run",
    form: ":run [-i|-n] FILE [ARGS]",
    about: "run a file as a program; its names are kept; -i it sees those of the session, -n it is no __main__ (runs it)",
    example: ":run script.py --fast",
    group: "input",
    run: |call| program(call, "run", "run_path"),
};

/// `:m`
pub(super) const MODULE: Command = Command {
    name: "m",
    form: ":m MODULE [ARGS]",
    about: "run a module as a program, as -m does (runs it)",
    example: ":m this",
    group: "input",
    run: |call| program(call, "m", "run_module"),
};

/// An input that has `runpy` run it with arguments of its own, and keeps the names of a file.
fn program(call: &mut Call<'_, '_>, name: &str, function: &str) -> PyResult<Given> {
    let (options, rest) =
        if function == "run_path" { call.options() } else { (Vec::new(), call.rest.trim()) };
    let (mut sees, mut main) = ("", "__main__");
    for option in options {
        match option {
            "-i" => sees = ", init_globals=globals()",
            "-n" => main = "<run>",
            other => return Ok(wrong(name, &format!("unknown option {other}"))),
        }
    }
    let words: Vec<&str> = rest.split_whitespace().collect();
    let Some(target) = words.first() else { return Ok(wrong(name, "what to run is missing")) };
    let is_file = function == "run_path";
    if is_file && !super::folders::expanded(target).exists() {
        return Ok(wrong(name, &format!("{target}: there is no such file")));
    }
    let literal = |text: &str| crate::history::quoted(text);
    let arguments: Vec<String> = words.iter().map(|word| literal(word)).collect();
    let keep = if function == "run_path" {
        "; globals().update({k: v for k, v in _pyglass_run.items() if not k.startswith('__')})"
    } else {
        ""
    };
    let text = format!(
        "import runpy, sys; _pyglass_argv = sys.argv; sys.argv = [{}]\n\
         try:\n    _pyglass_run = runpy.{function}({}, run_name='{main}'{sees}){keep}\n\
         finally:\n    sys.argv = _pyglass_argv; del _pyglass_argv\n",
        arguments.join(", "),
        literal(target)
    );
    let filename = objects::types::str::PyStr::new_value(call.vm, "<command>");
    let ran = modules::builtins::compile_source(
        call.vm,
        &text,
        &filename,
        modules::builtins::CompileMode::Exec,
        modules::builtins::CompileSettings::default(),
    )
    .and_then(|code| call.session.run_code(call.vm, &code));
    match ran {
        Ok(()) => Ok(Given::Text(String::new())),
        Err(raised) if !is_file && call.vm.raised_is(&raised, &exc::IMPORT_ERROR) => {
            let raised = without_runner(call.vm, raised);
            let exception = call.vm.take(raised);
            // Where no frame of the program is left, it never began.
            if traceback_of(&exception).is_none() {
                let message = call.vm.str(&exception)?.to_rust_string();
                return Ok(wrong(name, &message));
            }
            let raised = call.vm.raise(exception);
            call.session.failed(call.vm, raised);
            Ok(Given::Text(String::new()))
        }
        Err(raised) => {
            let raised = without_runner(call.vm, raised);
            Ok(match call.session.failed(call.vm, raised) {
                // A program that leaves leaves itself, not the shell.
                Outcome::Next | Outcome::Leave(0) => Given::Text(String::new()),
                Outcome::Leave(status) => {
                    Given::Answer(Answer::Text(format!("exit status {status}\n")))
                }
            })
        }
    }
}

/// An exception of a program without the frames of what ran it.
fn without_runner(vm: Vm<'_>, raised: Raised) -> Raised {
    without_frames(vm, raised, |file| {
        file == "<command>" || file == "<frozen runpy>" || file.ends_with("/runpy.py")
    })
}
