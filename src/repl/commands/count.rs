//! `:count`

use std::cell::RefCell;
use std::collections::HashMap;

use super::{Call, Command, Given};
use crate::table::Table;
use crate::views;
use objects::core::errors::PyResult;
use objects::core::monitoring::set_native_tracer;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::code::PyCode;
use objects::types::frame_object::PyFrame;

/// The command.
pub(super) const COMMAND: Command = Command {
    name: "count",
    form: ":count STATEMENT",
    about: "the instructions that a statement executes, by opcode and by line (runs it)",
    example: ":count fact(10)",
    group: "measure",
    run: count,
};

/// What was counted.
#[derive(Default)]
struct Counts {
    opcodes: HashMap<&'static str, u64>,
    /// By the code object's address and the line.
    lines: HashMap<(usize, i32), Line>,
}

struct Line {
    code: PyRef<PyCode>,
    count: u64,
}

thread_local! {
    static COUNTS: RefCell<Counts> = RefCell::default();
}

/// How many lines are shown, those with the most first.
const LINES_MAX: usize = 20;

fn count(call: &mut Call<'_, '_>) -> PyResult<Given> {
    let text = format!("{}\n", call.rest.trim());
    let vm = call.vm;
    let outer = vm.thread().tracing.native.get();
    let every = vm.thread().tracing.every_instruction.get();
    COUNTS.take();
    set_native_tracer(vm, vm.thread(), Some(tracer), true);
    let ran = call.session.time(vm, &text, super::mode_of(&text));
    set_native_tracer(vm, vm.thread(), outer, every);
    let counts = COUNTS.take();
    ran?;
    crate::console::flush(vm);
    let (columns, colors) = (call.columns(), call.colors());
    let mut out = opcodes(&counts).text(columns, colors);
    out.push('\n');
    out.push_str(&lines(&counts).text(columns, colors));
    Ok(Given::Answer(super::Answer::Text(out)))
}

fn opcodes(counts: &Counts) -> Table {
    let mut all: Vec<(&str, u64)> = counts.opcodes.iter().map(|(name, n)| (*name, *n)).collect();
    all.sort_by(|(name, count), (other, more)| more.cmp(count).then(name.cmp(other)));
    let total: u64 = all.iter().map(|(_, count)| count).sum();
    let mut table = Table::new(&["opcode", "executed"]);
    for (name, count) in all {
        table.row([name.to_owned(), count.to_string()]);
    }
    table.row(["total".to_owned(), total.to_string()]);
    table
}

fn lines(counts: &Counts) -> Table {
    let place = |code: &PyCode, line: i32| {
        format!("{}:{line}", views::shown_file(&code.filename.to_rust_string()))
    };
    let lines = counts.lines.iter();
    let mut all: Vec<(String, i32, &Line)> =
        lines.map(|((_, line), found)| (place(&found.code, *line), *line, found)).collect();
    all.sort_by(|(place, _, line), (other, _, more)| {
        more.count.cmp(&line.count).then_with(|| place.cmp(other))
    });
    let mut table = Table::new(&["executed", "line", "source"]);
    for (place, number, line) in all.iter().take(LINES_MAX) {
        let source = super::source_of(&line.code);
        let nth = usize::try_from(*number).unwrap_or(0).checked_sub(1);
        let source = source.as_deref().zip(nth).and_then(|(text, nth)| text.lines().nth(nth));
        let source = source.unwrap_or_default().trim().to_owned();
        table.row([line.count.to_string(), place.clone(), source]);
    }
    if all.len() > LINES_MAX {
        table.note(format!("and {} lines with fewer", all.len() - LINES_MAX));
    }
    table
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is a tracer's")]
fn tracer(_: Vm<'_>, frame: &Py<PyFrame>, what: &'static str, _: &Value) -> PyResult<()> {
    if what != "opcode" {
        return Ok(());
    }
    let lasti = frame.lasti();
    let code = frame.code();
    let unit = usize::try_from(lasti).unwrap_or(0) / 2;
    let opcode = code.spec().code.get(unit).and_then(|unit| unit.opcode());
    let Some(opcode) = opcode else { return Ok(()) };
    COUNTS.with_borrow_mut(|counts| {
        *counts.opcodes.entry(opcode.family().name()).or_default() += 1;
        let line = code.line_of(lasti).unwrap_or(0);
        let key = (std::ptr::from_ref(code).addr(), line);
        let new = || Line { code: code.to_ref(), count: 0 };
        counts.lines.entry(key).or_insert_with(new).count += 1;
    });
    Ok(())
}
