//! How frames and stacks look.

use std::fmt::Write;

use bytecode::CodeSpec;
use bytecode::dis::disassemble;
use eval::session::FrameView;
use objects::core::errors::PyResult;
use objects::core::pyref::PyRef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::code::PyCode;

use crate::listing::argument;
use crate::table::Table;

pub(crate) use crate::listing::{Looks, code};

/// One frame of a list: live, or of a traceback.
pub(crate) struct Shown {
    /// The name of the function.
    pub(crate) name: String,
    /// The code.
    pub(crate) code: PyRef<PyCode>,
    /// The offset of the instruction that waits.
    pub(crate) lasti: i32,
    /// Its line.
    pub(crate) line: Option<i32>,
    /// How many values are on the stack, if the frame is live.
    pub(crate) depth: Option<usize>,
}

/// A file's name as it is shown: the inputs of a session of lines are all `<stdin>`.
pub(crate) fn shown_file(name: &str) -> String {
    if name.starts_with("<stdin-") { "<stdin>".to_owned() } else { name.to_owned() }
}

fn instruction(code: &CodeSpec, lasti: i32) -> String {
    let Ok(lasti) = usize::try_from(lasti) else { return "not started".to_owned() };
    let rows = disassemble(code, None).rows;
    let row = rows.iter().rev().find(|row| row.offset <= lasti);
    row.map_or_else(String::new, |row| {
        format!("{} {} {}", row.offset, row.opcode.name(), argument(row).trim_start())
            .trim_end()
            .to_owned()
    })
}

/// A list of frames, innermost first.
pub(crate) fn frames(all: &[Shown], current: usize) -> Table {
    let mut table = Table::new(&["#", "function", "location", "instruction", "locals", "stack"]);
    for (index, frame) in all.iter().enumerate() {
        let mark = if index == current { format!("> {index}") } else { format!("  {index}") };
        let line = frame.line.map_or_else(|| "?".to_owned(), |line| line.to_string());
        let place = format!("{}:{line}", shown_file(&frame.code.filename.to_rust_string()));
        let spec = frame.code.spec();
        let depth = frame
            .depth
            .map_or_else(|| "-".to_owned(), |depth| format!("{depth}/{}", spec.stacksize));
        table.row([
            mark,
            frame.name.clone(),
            place,
            instruction(spec, frame.lasti),
            spec.nlocals().to_string(),
            depth,
        ]);
    }
    table
}

/// A value as one line that is not too long.
pub(crate) fn brief(vm: Vm<'_>, value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = match vm.repr(value) {
        Ok(text) => text.to_rust_string(),
        Err(raised) => {
            vm.clear(raised);
            format!("<{} object, whose repr() fails>", value.class().name())
        }
    };
    let line = text.replace('\n', " ");
    if line.chars().count() <= LONGEST {
        return line;
    }
    line.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// The value stack of a live frame and its local variables as rows, top first.
pub(crate) fn stack_rows(vm: Vm<'_>, frame: &FrameView) -> Table {
    let mut table = Table::new(&["place", "name", "value", "type"]).or("nothing is on the stack");
    for (depth, entry) in frame.stack.iter().enumerate().rev() {
        let (shown, class) = match entry {
            None => ("NULL".to_owned(), String::new()),
            Some(value) => (brief(vm, value), value.class().name()),
        };
        table.row([depth.to_string(), String::new(), shown, class]);
    }
    for (slot, name) in frame.code.spec().localsplusnames.iter().enumerate() {
        if let Some(value) = frame.frame.variable(slot) {
            let row =
                ["local".to_owned(), name.to_string(), brief(vm, &value), value.class().name()];
            table.row(row);
        }
    }
    table
}

/// The value stack of a live frame, top first, and its local variables.
pub(crate) fn stack(vm: Vm<'_>, index: usize, frame: &FrameView) -> PyResult<String> {
    let spec = frame.code.spec();
    let mut out = format!(
        "frame {index}  {}   at: {}\n  stackpointer ─►\n",
        frame.name,
        instruction(spec, frame.lasti)
    );
    let shown: Vec<Option<(String, String, &str)>> = frame
        .stack
        .iter()
        .map(|entry| {
            let value = entry.as_ref()?;
            let place = if value.as_object().is_some() { "" } else { "immediate" };
            Some((brief(vm, value), value.class().name(), place))
        })
        .collect();
    let values = shown.iter().flatten();
    let width = values.clone().map(|(value, ..)| value.chars().count()).max().unwrap_or(0).max(28);
    let classes = values.map(|(_, class, _)| class.chars().count()).max().unwrap_or(0).max(12);
    for (depth, entry) in shown.iter().enumerate().rev() {
        let _ = match entry {
            None => writeln!(out, "  {depth} │ NULL"),
            Some((value, class, place)) => {
                let line = format!("  {depth} │ {value:<width$} {class:<classes$} {place}");
                writeln!(out, "{}", line.trim_end())
            }
        };
    }
    out.push_str("  ──┴ localsplus ───────────────────────────────────────\n");
    for (slot, name) in spec.localsplusnames.iter().enumerate() {
        if let Some(value) = frame.frame.variable(slot) {
            let _ = writeln!(out, "  {name} = {}", brief(vm, &value));
        }
    }
    Ok(out)
}
