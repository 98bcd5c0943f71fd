//! How code, frames and stacks look.

use std::collections::HashMap;
use std::fmt::Write;

use bytecode::CodeSpec;
use bytecode::dis::{Row, disassemble};
use eval::session::FrameView;
use objects::core::errors::PyResult;
use objects::core::pyref::PyRef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::code::PyCode;

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

fn argument(row: &Row) -> String {
    match row.oparg {
        None => String::new(),
        Some(oparg) if row.argrepr.is_empty() => format!("{oparg:>5}"),
        Some(oparg) => format!("{oparg:>5} ({})", row.argrepr),
    }
}

/// A code object: source lines, instructions, arrows for jumps, and how deep the stack is after each.
pub(crate) fn code(code: &CodeSpec, source: Option<&str>) -> String {
    let mut out = String::new();
    let mut waiting = vec![code];
    while let Some(code) = waiting.pop() {
        one_code(&mut out, code, source);
        let inner: Vec<&CodeSpec> = code.nested().map(|code| &**code).collect();
        waiting.extend(inner.into_iter().rev());
        if !waiting.is_empty() {
            out.push('\n');
        }
    }
    out
}

fn one_code(out: &mut String, code: &CodeSpec, source: Option<&str>) {
    let disassembly = disassemble(code, None);
    let lines: Vec<&str> = source.map(|text| text.lines().collect()).unwrap_or_default();
    let _ = writeln!(
        out,
        "{}   {}:{}   co_stacksize {}   co_nlocals {}",
        code.qualname,
        code.filename.to_string_lossy(),
        code.firstlineno,
        code.stacksize,
        code.nlocals()
    );
    let depths = depths(&disassembly.rows, &disassembly.handlers);
    for row in &disassembly.rows {
        if let Some(line) = row.line.filter(|_| row.starts_line) {
            let index = usize::try_from(line).unwrap_or(0).wrapping_sub(1);
            let text = lines.get(index).copied().unwrap_or_default();
            let _ = writeln!(out, "{line:>3} │ {text}");
        }
        let label = row.label.map_or_else(String::new, |label| format!("►L{label}"));
        let depth = depths.get(&row.offset).map_or_else(String::new, ToString::to_string);
        let text = format!(
            "  {label:>5} {:>4}   {:<24} {:<32} {depth:>3}",
            row.offset,
            row.opcode.name(),
            argument(row)
        );
        let _ = writeln!(out, "{}", text.trim_end());
    }
    for entry in &disassembly.handlers {
        let label = |unit: usize| disassembly.labels.get(&(unit * 2)).copied().unwrap_or(0);
        let (start, end, target) = (label(entry.start), label(entry.end), label(entry.target));
        let _ = writeln!(out, "  handler  L{start} to L{end} ─► L{target}, depth {}", entry.depth);
    }
}

/// How many values are on the stack after each instruction that can be reached in order.
fn depths(
    rows: &[Row],
    handlers: &[bytecode::exception_table::ExceptionEntry],
) -> HashMap<usize, i64> {
    let mut before: HashMap<usize, i64> = HashMap::new();
    for entry in handlers {
        let pushed = if entry.lasti { 2 } else { 1 };
        before.insert(entry.target * 2, i64::from(entry.depth) + pushed);
    }
    let mut after = HashMap::new();
    let mut depth = Some(0);
    for row in rows {
        if let Some(known) = before.get(&row.offset) {
            depth = Some(*known);
        }
        let Some(start) = depth else { continue };
        let oparg = row.oparg.and_then(|oparg| i32::try_from(oparg).ok()).unwrap_or(0);
        let family = row.opcode.family();
        let end = start + i64::from(family.pushed(oparg)) - i64::from(family.popped(oparg));
        after.insert(row.offset, end);
        if let Some(target) = row.jump_target {
            before.entry(target).or_insert(end);
        }
        let ends = family.is_scope_exit() || family.is_unconditional_jump();
        depth = if ends { None } else { Some(end) };
    }
    after
}

fn instruction(code: &CodeSpec, lasti: i32) -> String {
    let Ok(lasti) = usize::try_from(lasti) else { return "not started".to_owned() };
    let rows = disassemble(code, None).rows;
    let row = rows.iter().rev().find(|row| row.offset <= lasti);
    row.map_or_else(String::new, |row| {
        format!("{} {} {}", row.offset, row.opcode.name(), argument(row).trim_start())
    })
}

/// A list of frames, innermost first.
pub(crate) fn frames(all: &[Shown], current: usize) -> String {
    let mut out = "  #   function        location                  instruction                       locals  stack\n".to_owned();
    for (index, frame) in all.iter().enumerate() {
        let mark = if index == current { '>' } else { ' ' };
        let line = frame.line.map_or_else(|| "?".to_owned(), |line| line.to_string());
        let place = format!("{}:{line}", frame.code.filename.to_rust_string());
        let spec = frame.code.spec();
        let depth = frame
            .depth
            .map_or_else(|| "-".to_owned(), |depth| format!("{depth}/{}", spec.stacksize));
        let _ = writeln!(
            out,
            "{mark} {index:<3} {:<15} {place:<25} {:<33} {:>6}  {depth:>5}",
            frame.name,
            instruction(spec, frame.lasti),
            spec.nlocals()
        );
    }
    out
}

/// A value as one line that is not too long.
fn brief(vm: Vm<'_>, value: &Value) -> String {
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

/// The value stack of a live frame, top first, and its local variables.
pub(crate) fn stack(vm: Vm<'_>, index: usize, frame: &FrameView) -> PyResult<String> {
    let spec = frame.code.spec();
    let mut out = format!(
        "frame {index}  {}   at: {}\n  stackpointer ─►\n",
        frame.name,
        instruction(spec, frame.lasti)
    );
    for (depth, entry) in frame.stack.iter().enumerate().rev() {
        let _ = match entry {
            None => writeln!(out, "  {depth} │ NULL"),
            Some(value) => {
                writeln!(out, "  {depth} │ {:<40} {}", brief(vm, value), value.class().name())
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
