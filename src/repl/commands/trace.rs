//! `:trace`

use super::{Call, Command, Given, dis, wrong};
use crate::console;
use crate::views::{brief, shown_file};
use modules::builtins::CompileMode;
use objects::core::errors::PyResult;
use objects::core::monitoring::set_native_tracer;
use objects::core::object::Py;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::frame_object::PyFrame;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "trace",
    form: ":trace STATEMENT",
    about: "each line, call, return and exception of a statement as it happens (runs it)",
    example: ":trace fact(2)",
    group: "debug",
    run: trace,
};

fn trace(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let text = call.rest.trim();
    if text.is_empty() {
        return Ok(wrong("trace", "a statement is missing"));
    }
    let text = format!("{text}\n");
    let vm = call.vm;
    let outer = vm.thread().tracing.native.get();
    let every = vm.thread().tracing.every_instruction.get();
    set_native_tracer(vm, vm.thread(), Some(tracer), false);
    let ran = call.session.time(vm, &text, CompileMode::Single);
    set_native_tracer(vm, vm.thread(), outer, every);
    ran?;
    console::flush(vm);
    Ok(Given::Text(String::new()))
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
