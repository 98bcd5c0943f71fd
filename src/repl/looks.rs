//! How the place looks at which a program stopped: its line, or its instruction with the value stack before and after.

use std::fmt::Write;

use bytecode::dis::disassemble;
use eval::session::FrameView;
use objects::core::vm::Vm;

use crate::commands::source_of;
use crate::listing::argument;
use crate::stepper;
use crate::views::{brief, shown_file};

/// The width of the rule above an instruction.
const WIDTH: usize = 72;

/// The innermost of `frames`, as it stopped.
pub(crate) fn stop(vm: Vm<'_>, frames: &[FrameView], instruction: bool) -> String {
    let Some(frame) = frames.first() else { return String::new() };
    let stack: Vec<String> = frame
        .stack
        .iter()
        .map(|entry| entry.as_ref().map_or_else(|| "NULL".to_owned(), |value| brief(vm, value)))
        .collect();
    let before = stepper::before(&frame.frame);
    let look = if instruction {
        instruction_look(vm, frame, &stack, before.as_ref())
    } else {
        line_look(frame)
    };
    stepper::note(&frame.frame, frame.lasti, stack);
    look
}

fn location(frame: &FrameView) -> String {
    let line = frame.line.map_or_else(|| "?".to_owned(), |line| line.to_string());
    format!("{}  {}:{line}", frame.name, shown_file(&frame.code.filename.to_rust_string()))
}

fn source_line(frame: &FrameView) -> Option<(usize, String)> {
    let line = usize::try_from(frame.line?).ok()?;
    let text = source_of(&frame.code)?;
    let shown = text.lines().nth(line.checked_sub(1)?)?.to_owned();
    Some((line, shown))
}

/// One of `frames`, as it is gone to: its place and its line.
pub(crate) fn place(frames: &[FrameView], index: usize) -> String {
    frames.get(index).map_or_else(String::new, line_look)
}

fn line_look(frame: &FrameView) -> String {
    let mut out = format!("> {}\n", location(frame));
    if let Some((line, text)) = source_line(frame) {
        let _ = writeln!(out, "{line:>4} │ {text}");
    }
    out
}

fn instruction_look(
    vm: Vm<'_>,
    frame: &FrameView,
    stack: &[String],
    before: Option<&stepper::Before>,
) -> String {
    let title = format!("── {} ", location(frame));
    let step = format!(" step {} ──", stepper::count());
    let rule = WIDTH.saturating_sub(title.chars().count() + step.chars().count());
    let mut out = format!("{title}{}{step}\n", "─".repeat(rule));
    if let Some((line, text)) = source_line(frame) {
        let _ = writeln!(out, "{line:>4} │ {text}");
        let _ = writeln!(out, "     │ {}", marks(frame, line));
    }
    if let Some(before) = before {
        let _ = writeln!(out, "    {}", row(frame, before.lasti));
        let _ = writeln!(out, "  stack  {}  ─►  {}", cells(&before.stack), cells(stack));
    }
    let _ = writeln!(out, "  ► {}", row(frame, frame.lasti));
    if before.is_none() {
        let _ = writeln!(out, "  stack  {}", cells(stack));
    }
    let names = frame.code.spec().localsplusnames.iter().enumerate();
    let variables: Vec<String> = names
        .filter_map(|(index, name)| {
            let value = frame.frame.variable(index)?;
            Some(format!("{name} = {}", brief(vm, &value)))
        })
        .collect();
    if !variables.is_empty() {
        let _ = writeln!(out, "  {}", variables.join("   "));
    }
    out
}

/// Carets under the part of the line that the instruction comes from.
fn marks(frame: &FrameView, line: usize) -> String {
    let unit = usize::try_from(frame.lasti).unwrap_or(0) / 2;
    let location = frame.code.location(unit);
    let one_line = usize::try_from(location.end_line).is_ok_and(|end| end == line);
    match (usize::try_from(location.column), usize::try_from(location.end_column)) {
        (Ok(from), Ok(to)) if one_line && to > from => {
            format!("{}{}", " ".repeat(from), "^".repeat(to - from))
        }
        _ => String::new(),
    }
}

/// An instruction, as `dis` writes it.
fn row(frame: &FrameView, lasti: i32) -> String {
    let Ok(offset) = usize::try_from(lasti) else { return "not started".to_owned() };
    let rows = disassemble(frame.code.spec(), None).rows;
    let row = rows.iter().find(|row| row.offset == offset || row.start_offset == offset);
    row.map_or_else(String::new, |row| {
        let text = format!("{:>3}  {:<22} {}", row.offset, row.opcode.name(), argument(row));
        text.trim_end().to_owned()
    })
}

fn cells(stack: &[String]) -> String {
    if stack.is_empty() { "(empty)".to_owned() } else { stack.join(" │ ") }
}
