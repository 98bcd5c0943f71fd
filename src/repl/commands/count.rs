//! `:count`

use std::cell::RefCell;
use std::collections::HashMap;

use super::{Call, Command, Given, wrong};
use crate::table::Table;
use modules::builtins::CompileMode;
use objects::core::errors::PyResult;
use objects::core::monitoring::set_native_tracer;
use objects::core::object::Py;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::frame_object::PyFrame;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "count",
    form: ":count STATEMENT",
    about: "the instructions that a statement executes, by opcode (runs it)",
    example: ":count fact(10)",
    group: "measure",
    run: count,
};

thread_local! {
    static COUNTS: RefCell<HashMap<&'static str, u64>> = RefCell::default();
}

fn count(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let text = call.rest.trim();
    if text.is_empty() {
        return Ok(wrong("count", "a statement is missing"));
    }
    let text = format!("{text}\n");
    let vm = call.vm;
    let outer = vm.thread().tracing.native.get();
    let every = vm.thread().tracing.every_instruction.get();
    COUNTS.with(|counts| counts.borrow_mut().clear());
    set_native_tracer(vm, vm.thread(), Some(tracer), true);
    let ran = call.session.time(vm, &text, CompileMode::Single);
    set_native_tracer(vm, vm.thread(), outer, every);
    ran?;
    crate::console::flush(vm);
    let mut counts: Vec<(&str, u64)> = COUNTS.with(|counts| counts.borrow_mut().drain().collect());
    counts.sort_by(|(name, count), (other, more)| more.cmp(count).then(name.cmp(other)));
    let total: u64 = counts.iter().map(|(_, count)| count).sum();
    let mut table = Table::new(&["opcode", "executed"]);
    for (name, count) in counts {
        table.row([name.to_owned(), count.to_string()]);
    }
    table.row(["total".to_owned(), total.to_string()]);
    Ok(Given::Table(table))
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is a tracer's")]
fn tracer(_: Vm<'_>, frame: &Py<PyFrame>, what: &'static str, _: &Value) -> PyResult<()> {
    if what != "opcode" {
        return Ok(());
    }
    let unit = usize::try_from(frame.lasti()).unwrap_or(0) / 2;
    let unit = frame.code().spec().code.get(unit).and_then(|unit| unit.opcode());
    if let Some(opcode) = unit {
        COUNTS.with(|counts| *counts.borrow_mut().entry(opcode.family().name()).or_default() += 1);
    }
    Ok(())
}
