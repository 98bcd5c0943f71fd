//! What a colon starts.

use bytecode::dis::{self, DisOptions};
use eval::session::FrameView;
use modules::builtins::{CompileMode, CompileSettings, compile_source};
use objects::core::errors::PyResult;
use objects::core::pyref::PyRef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::code::PyCode;
use objects::types::function::{PyFunction, PyMethod};
use objects::types::str::PyStr;
use objects::types::traceback::PyTraceback;

use crate::console::sanitize;
use crate::session::{Session, traceback_of};
use crate::views::{self, Shown};

/// What a command gives.
pub(crate) enum Answer {
    /// Text to show.
    Text(String),
    /// The session ends.
    Leave,
}

/// The commands: name, form, what it does.
const COMMANDS: &[(&str, &str, &str)] = &[
    ("ast", ":ast [SOURCE]", "the syntax tree of the last input, or of a text"),
    (
        "dis",
        ":dis [--plain] [-C] [-O] [-P] [TARGET]",
        "the bytecode of the last input, or of what an expression gives",
    ),
    ("frames", ":frames", "the live frames in breakpoint(), or those of the last traceback"),
    ("help", ":help [COMMAND]", "this list"),
    ("quit", ":quit", "leave"),
    ("stack", ":stack [N]", "a live frame's value stack and locals, in breakpoint()"),
];

/// Runs a command, given without its colon. `frames` are the live ones where there are any.
pub(crate) fn run(
    vm: Vm<'_>,
    session: &Session,
    frames: &[FrameView],
    current: usize,
    text: &str,
) -> Answer {
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    let found: Vec<_> = COMMANDS.iter().filter(|(name, ..)| name.starts_with(word)).collect();
    let name = match found.as_slice() {
        [] => {
            return Answer::Text(sanitize(&format!(
                ":{word}: unknown command. :help lists them.\n"
            )));
        }
        [(name, ..)] => *name,
        several => {
            let names: Vec<String> = several.iter().map(|(name, ..)| format!(":{name}")).collect();
            return Answer::Text(format!(":{word}: which one? {}\n", names.join(" ")));
        }
    };
    let shown = match name {
        "quit" => return Answer::Leave,
        "help" => Ok(help(rest)),
        "dis" => disassembly(vm, session, rest),
        "ast" => Ok(tree(session, rest)),
        "frames" => Ok(frame_list(session, frames, current)),
        _ => stack(vm, frames, current, rest),
    };
    Answer::Text(match shown {
        Ok(text) => sanitize(&text),
        Err(raised) => {
            let exception = vm.take(raised);
            let message = modules::sys::hooks::plain_text(vm, &exception);
            sanitize(&format!(":{name}: {message}"))
        }
    })
}

fn help(word: &str) -> String {
    let word = word.trim_start_matches(':');
    let mut text = String::new();
    if word.is_empty() {
        text.push_str(
            "pyglass commands                      :help NAME for one, help() for Python\n",
        );
    }
    for (name, form, meaning) in COMMANDS {
        if name.starts_with(word) {
            text.push_str(&format!("  {form:<40} {meaning}\n"));
        }
    }
    if word.is_empty() {
        text.push_str("in breakpoint()  c goes on · q leaves · u d move · fr frames · st stack\n");
    }
    if text.is_empty() { format!(":help: no command {word}\n") } else { text }
}

fn disassembly(vm: Vm<'_>, session: &Session, rest: &str) -> PyResult<String> {
    let mut options = DisOptions::default();
    let (mut plain, mut rest) = (false, rest);
    while rest.starts_with('-') {
        let (word, behind) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        match word {
            "--plain" => plain = true,
            "-C" => options.caches = true,
            "-O" => options.offsets = true,
            "-P" => options.positions = true,
            _ => return Ok(format!(":dis: unknown option {word}\n")),
        }
        rest = behind.trim_start();
    }
    plain |= options != DisOptions::default();
    let code = if rest.is_empty() {
        match &session.last_code {
            Some(code) => code.clone(),
            None => return Ok(":dis: there was no input yet\n".to_owned()),
        }
    } else {
        let value = session.value_of(vm, rest)?;
        match code_of(vm, &value)? {
            Some(code) => code,
            None => return Ok(format!(":dis: {} has no bytecode\n", value.class().name())),
        }
    };
    if plain {
        return Ok(dis::render(code.spec(), &options));
    }
    let source = modules::tracebacks::sources::text_of_code(code.shared_spec())
        .map(|text| text.to_string())
        .or_else(|| modules::tracebacks::sources::text_of(&code.filename.to_rust_string(), None));
    Ok(views::code(code.spec(), source.as_deref()))
}

/// The code that a value runs: of a function, method, code object, frame's traceback, or text that is compiled.
fn code_of(vm: Vm<'_>, value: &Value) -> PyResult<Option<PyRef<PyCode>>> {
    if let Some(code) = value.downcast::<PyCode>() {
        return Ok(Some(code.to_ref()));
    }
    if let Some(function) = value.downcast::<PyFunction>() {
        return Ok(Some(function.code.get()));
    }
    if let Some(method) = value.downcast::<PyMethod>() {
        return code_of(vm, &method.function);
    }
    if let Some(traceback) = value.downcast::<PyTraceback>() {
        return Ok(Some(traceback.frame.code().to_ref()));
    }
    if let Some(text) = value.downcast::<PyStr>() {
        let text = text.to_rust_string();
        let name = PyStr::new_value(vm, "<dis>");
        let settings = CompileSettings::default();
        return compile_source(vm, &text, &name, CompileMode::Exec, settings).map(Some);
    }
    Ok(None)
}

fn tree(session: &Session, rest: &str) -> String {
    let text = if rest.is_empty() { session.last_text.clone() } else { format!("{rest}\n") };
    match syntax::parse(&text, syntax::Mode::Exec, &syntax::ParseOptions::default()) {
        Ok(parsed) => syntax::ast::dump::dump(&parsed) + "\n",
        Err(error) => lifecycle::inspect::error_text(&error, &text, "<stdin>"),
    }
}

fn frame_list(session: &Session, frames: &[FrameView], current: usize) -> String {
    let shown: Vec<Shown> = if frames.is_empty() {
        let Some(exception) = &session.last_exception else {
            return ":frames: nothing runs, and nothing failed yet\n".to_owned();
        };
        let mut shown = Vec::new();
        let mut next = Some(traceback_of(exception));
        while let Some(entry) = next.as_ref().and_then(|value| value.downcast::<PyTraceback>()) {
            shown.push(Shown {
                name: entry.frame.code().qualname.to_rust_string(),
                code: entry.frame.code().to_ref(),
                lasti: entry.lasti.get(),
                line: entry.line_number(),
                depth: None,
            });
            let behind = entry.next.get();
            next = behind;
        }
        shown.reverse();
        shown
    } else {
        frames
            .iter()
            .map(|frame| Shown {
                name: frame.name.clone(),
                code: frame.code.clone(),
                lasti: frame.lasti,
                line: frame.line,
                depth: Some(frame.stack.len()),
            })
            .collect()
    };
    views::frames(&shown, current)
}

fn stack(vm: Vm<'_>, frames: &[FrameView], current: usize, rest: &str) -> PyResult<String> {
    let index = if rest.is_empty() { current } else { rest.parse().unwrap_or(usize::MAX) };
    match frames.get(index) {
        Some(frame) => views::stack(vm, index, frame),
        None if frames.is_empty() => {
            Ok(":stack: no frame is live; breakpoint() stops in one\n".to_owned())
        }
        None => Ok(format!(":stack: no frame {rest}\n")),
    }
}
