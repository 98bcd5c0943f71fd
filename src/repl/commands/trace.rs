//! `:trace`

use super::{Call, Command, Given, dis, folders, wrong};
use crate::console;
use crate::recorder;
use crate::views::{brief, shown_file};
use objects::core::errors::PyResult;
use objects::core::monitoring::set_native_tracer;
use objects::core::object::Py;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::frame_object::PyFrame;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "trace",
    form: ":trace [--html FILE] STATEMENT",
    about: "each line, call, return and exception of a statement as it happens; or a page to step through it (runs it)",
    example: ":trace fact(2)",
    group: "debug",
    run: trace,
};

fn trace(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let (page, text) = match call.rest.trim().strip_prefix("--html") {
        Some(rest) => {
            let (file, text) = rest.trim_start().split_once(' ').unwrap_or((rest.trim(), ""));
            (Some(file.to_owned()), text.trim())
        }
        None => (None, call.rest.trim()),
    };
    if text.is_empty() {
        return Ok(wrong("trace", "a statement is missing"));
    }
    let text = format!("{text}\n");
    let vm = call.vm;
    if let Some(file) = page {
        return recorded(call, &file, &text);
    }
    let outer = vm.thread().tracing.native.get();
    let every = vm.thread().tracing.every_instruction.get();
    set_native_tracer(vm, vm.thread(), Some(tracer), false);
    let ran = call.session.time(vm, &text, super::mode_of(&text));
    set_native_tracer(vm, vm.thread(), outer, every);
    ran?;
    console::flush(vm);
    Ok(Given::Text(String::new()))
}

/// Runs a statement and writes the page of what it did.
fn recorded(call: &mut Call<'_, '_>, file: &str, text: &str) -> PyResult<Given> {
    let vm = call.vm;
    let outer = vm.thread().tracing.native.get();
    let every = vm.thread().tracing.every_instruction.get();
    recorder::begin(text.trim_end());
    set_native_tracer(vm, vm.thread(), Some(recorder::tracer), false);
    let ran = call.session.time(vm, text, super::mode_of(text));
    set_native_tracer(vm, vm.thread(), outer, every);
    let steps = recorder::end();
    console::flush(vm);
    // What failed is what one wants to see.
    if let Err(raised) = ran {
        let exception = vm.take(raised);
        let shown = modules::sys::hooks::plain_text(vm, &exception);
        console::show(vm, &console::sanitize(&shown));
    }
    let page = recorder::last_page().unwrap_or_default();
    Ok(match folders::written_new("trace", file, &page) {
        Given::Text(text) if text.starts_with(":trace") => Given::Text(text),
        _ => Given::Text(format!("{steps} steps in {file}\n")),
    })
}

fn tracer(vm: Vm<'_>, frame: &Py<PyFrame>, what: &'static str, argument: &Value) -> PyResult<()> {
    let code = frame.code();
    let file = code.filename.to_rust_string();
    if file.starts_with("<frozen ") || file == "<command>" {
        return Ok(());
    }
    let line = frame.line().unwrap_or(0);
    let place = format!("{}:{line}", shown_file(&file));
    let text = match what {
        "line" => {
            let source = dis::source_of(&code.to_ref());
            let shown = source
                .as_deref()
                .and_then(|text| text.lines().nth(usize::try_from(line).ok()?.checked_sub(1)?));
            format!("{place:<28} {}\n", shown.unwrap_or_default())
        }
        "call" => format!("{place:<28} call {}\n", code.qualname.to_rust_string()),
        "return" => format!("{place:<28} return {}\n", brief(vm, argument)),
        "exception" => {
            let items = vm.collect(argument)?;
            let shown = items.get(1).map_or_else(String::new, |error| brief(vm, error));
            format!("{place:<28} raise {shown}\n")
        }
        _ => return Ok(()),
    };
    console::flush(vm);
    console::show(vm, &text);
    Ok(())
}
