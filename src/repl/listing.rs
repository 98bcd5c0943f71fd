//! How a code object looks: source lines, instructions, arrows of jumps, the stack behind each instruction.

use std::fmt::Write;

use bytecode::caches::with_counters;
use bytecode::code_unit::CodeUnit;
use bytecode::dis::{Disassembly, Listed, Row, cache_rows, disassemble, positions_text};
use bytecode::metadata::flags;

use crate::console::sanitize;
use crate::symbols;
use crate::theme::{Tint, tinted};
use crate::views::shown_file;

/// What a listing shows.
#[derive(Clone, Copy)]
pub(crate) struct Looks {
    /// The stack behind each instruction.
    pub(crate) stack: bool,
    /// The entries of the inline caches.
    pub(crate) caches: bool,
    /// Lines and columns of each instruction.
    pub(crate) positions: bool,
    /// Colours.
    pub(crate) colors: bool,
    /// How wide a line may be.
    pub(crate) columns: usize,
}

impl Looks {
    fn tint(self, tint: Tint, text: &str) -> String {
        if self.colors && !text.is_empty() { tinted(tint, text) } else { text.to_owned() }
    }
}

/// Terminals of this width have room for columns of the usual widths.
const ROOMY: usize = 100;
/// The column of the stack is not cut below this, however narrow the terminal.
const STACK_MIN: usize = 12;

/// The most jumps that are drawn beside each other.
const LANES_MAX: usize = 4;

/// Code objects, one behind the other.
pub(crate) fn code(all: &[Listed], source: Option<&str>, looks: Looks) -> String {
    let mut out = String::new();
    for (index, listed) in all.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        one_code(&mut out, listed, source, looks);
    }
    out
}

fn one_code(out: &mut String, listed: &Listed, source: Option<&str>, looks: Looks) {
    let Listed { code, adaptive } = listed;
    let disassembly = disassemble(code, adaptive.as_deref());
    let units = match adaptive {
        Some(units) => units.clone(),
        None => with_counters(&code.code),
    };
    let lines: Vec<&str> = source.map(|text| text.lines().collect()).unwrap_or_default();
    let painted = match source {
        Some(text) if looks.colors => crate::editor::painted_lines(&sanitize(text)),
        _ => Vec::new(),
    };
    let parameters: Vec<&str> = code
        .localsplusnames
        .iter()
        .take((code.argcount + code.kwonlyargcount) as usize)
        .map(|name| &**name)
        .collect();
    let optimized = code.flags & bytecode::code_spec::code_flags::OPTIMIZED != 0;
    let signature = if optimized { format!("({})", parameters.join(", ")) } else { String::new() };
    let last = disassembly.rows.iter().filter_map(|row| row.line).max().unwrap_or(code.firstlineno);
    let range = if last > code.firstlineno {
        format!("{}-{last}", code.firstlineno)
    } else {
        code.firstlineno.to_string()
    };
    let name = sanitize(&format!(
        "{}{signature}   {}:{range}",
        code.qualname,
        shown_file(&code.filename.to_string_lossy()),
    ));
    let facts = format!(
        "co_stacksize {}   co_nlocals {}   {}",
        code.stacksize,
        code.nlocals(),
        crate::commands::flag_names(code.flags),
    );
    let fits = name.chars().count() + 3 + facts.chars().count() <= looks.columns;
    let head = format!("{name}{}{facts}", if fits { "   " } else { "\n  " });
    for line in head.lines() {
        let _ = writeln!(out, "{}", looks.tint(Tint::Heading, line));
    }
    let stacks = if looks.stack { symbols::stacks(&disassembly) } else { Default::default() };
    let arrows = arrows(&disassembly);
    let mut titled = !looks.stack;
    let widest = |f: &dyn Fn(&Row) -> usize| disassembly.rows.iter().map(f).max().unwrap_or(0);
    // A narrow terminal gets columns that are no wider than what stands in them.
    let is_narrow = looks.columns < ROOMY;
    let least = |width: usize| if is_narrow { 0 } else { width };
    let names = widest(&|row| row.opcode.name().len()).max(least(20));
    let arguments = widest(&|row| argument(row).chars().count()).max(least(12)).min(40);
    let gutters: Vec<String> = disassembly
        .rows
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let arrow = arrows.get(index).map_or("", String::as_str);
            match row.label {
                Some(label) => format!("{arrow} L{label}"),
                None => arrow.to_owned(),
            }
        })
        .collect();
    let gutter_width = gutters.iter().map(|gutter| gutter.chars().count()).max().unwrap_or(0);
    let gutter_width = gutter_width.max(least(9));
    let positions =
        if looks.positions { widest(&|row| positions_text(row.location).len()) + 2 } else { 0 };
    let title_column = 2 + gutter_width + 4 + 3 + names + 1 + arguments + 1 + positions;
    let targets: Vec<usize> = disassembly.rows.iter().filter_map(|row| row.jump_target).collect();
    for (index, row) in disassembly.rows.iter().enumerate() {
        if let Some(line) = row.line.filter(|line| row.starts_line && *line > 0) {
            let at = usize::try_from(line).unwrap_or(0).wrapping_sub(1);
            let plain = sanitize(lines.get(at).copied().unwrap_or_default());
            let shown = painted.get(at).unwrap_or(&plain);
            let width = 7 + plain.chars().count();
            let bar = looks.tint(Tint::Dim, &format!("{line:>4} │"));
            let title = looks.tint(Tint::Dim, "depth  stack after");
            if std::mem::replace(&mut titled, true) {
                let _ = writeln!(out, "{bar} {shown}");
            } else if width <= title_column {
                let _ = writeln!(out, "{bar} {shown}{:1$}{title}", "", title_column - width);
            } else {
                // A long line leaves no room: the title stands above it.
                let _ = writeln!(out, "{:<title_column$}{title}\n{bar} {shown}", "");
            }
        }
        let is_target = targets.contains(&row.offset);
        let gutter = gutters.get(index).map_or("", String::as_str);
        let gutter = looks.tint(
            if is_target || row.jump_target.is_some() { Tint::Jump } else { Tint::Dim },
            &format!("{gutter:<gutter_width$}"),
        );
        let argument = format!("{:<arguments$}", sanitize(&argument(row)));
        let name = format!("{:<names$}", row.opcode.name());
        let mut used = 2 + gutter_width + 4 + 3 + names + 1 + argument.chars().count();
        let name_tint = if is_target { Some(Tint::Jump) } else { None };
        let name_tint =
            if row.opcode.is_specialised() { Some(Tint::Definition) } else { name_tint };
        let mut line = format!(
            "  {gutter}{}   {} {}",
            looks.tint(Tint::Dim, &format!("{:>4}", row.offset)),
            name_tint.map_or_else(|| name.clone(), |tint| looks.tint(tint, &name)),
            argument_tinted(row, &argument, looks),
        );
        if looks.positions {
            let place = format!("  {:<1$}", positions_text(row.location), positions - 2);
            line.push_str(&looks.tint(Tint::Dim, &place));
            used += positions;
        }
        if let Some(stack) = stacks.get(&row.offset) {
            let shown = sanitize(&stack.join(" "));
            let depth = if row.opcode.family().is_scope_exit() {
                "ret".to_owned()
            } else {
                stack.len().to_string()
            };
            let room = looks.columns.saturating_sub(used + 7).max(STACK_MIN);
            let shown = ending(&shown, room);
            line.push_str(&looks.tint(Tint::Dim, &format!(" {depth:>3}   {shown}")));
        }
        let _ = writeln!(out, "{}", line.trim_end());
        if looks.caches {
            push_caches(out, row, &units, gutter_width, looks);
        }
    }
    for entry in &disassembly.handlers {
        let label = |unit: usize| disassembly.labels.get(&(unit * 2)).copied().unwrap_or(0);
        let (start, end, target) = (label(entry.start), label(entry.end), label(entry.target));
        let lasti = if entry.lasti { ", lasti" } else { "" };
        let _ = writeln!(
            out,
            "  handler  L{start} to L{end} ─► L{target}, depth {}{lasti}",
            entry.depth
        );
    }
}

/// The fields of an instruction's inline cache.
fn push_caches(out: &mut String, row: &Row, units: &[CodeUnit], gutter: usize, looks: Looks) {
    for cache in cache_rows(row, units).iter().filter(|cache| !cache.argrepr.is_empty()) {
        let line = format!("  {:gutter$}{:>4}     CACHE  {}", "", cache.offset, cache.argrepr);
        let _ = writeln!(out, "{}", looks.tint(Tint::Dim, &line));
    }
}

/// An argument with its number dim, and what it stands for in the colour of its kind.
fn argument_tinted(row: &Row, argument: &str, looks: Looks) -> String {
    let Some((number, meaning)) = argument.split_once('(') else {
        return looks.tint(Tint::Dim, argument);
    };
    let family = row.opcode.family();
    let tint = if family.has(flags::CONST) { Tint::Number } else { Tint::Text };
    let tint = if row.jump_target.is_some() { Tint::Jump } else { tint };
    format!("{}{}", looks.tint(Tint::Dim, number), looks.tint(tint, &format!("({meaning}")))
}

/// The end of a text that is too long for its place: the top of a stack says most.
fn ending(text: &str, width: usize) -> String {
    let count = text.chars().count();
    if count <= width {
        return text.to_owned();
    }
    ['…'].into_iter().chain(text.chars().skip(count + 1 - width)).collect()
}

/// An instruction's argument: the number, and what it stands for.
pub(crate) fn argument(row: &Row) -> String {
    match row.oparg {
        None => String::new(),
        Some(oparg) if row.argrepr.is_empty() => format!("{oparg:>3}"),
        Some(oparg) => format!("{oparg:>3} ({})", row.argrepr),
    }
}

/// The arrows in front of each row.
fn arrows(disassembly: &Disassembly) -> Vec<String> {
    let rows = &disassembly.rows;
    let index_of = |offset: usize| {
        rows.iter().position(|row| row.offset == offset || row.start_offset == offset)
    };
    let mut jumps: Vec<(usize, usize)> = rows
        .iter()
        .enumerate()
        .filter_map(|(from, row)| Some((from, index_of(row.jump_target?)?)))
        .collect();
    jumps.sort_by_key(|(from, to)| from.abs_diff(*to));
    let mut lanes: Vec<Vec<(usize, usize)>> = Vec::new();
    for (from, to) in jumps {
        let (low, high) = (from.min(to), from.max(to));
        let free = |lane: &Vec<(usize, usize)>| {
            lane.iter().all(|(a, b)| high < *a.min(b) || low > *a.max(b))
        };
        if let Some(lane) = lanes.iter_mut().find(|lane| free(lane)) {
            lane.push((from, to));
        } else if lanes.len() < LANES_MAX {
            lanes.push(vec![(from, to)]);
        }
    }
    let count = lanes.len();
    (0..rows.len())
        .map(|row| {
            let mut cells = vec![' '; count];
            let mut end = None;
            // The outermost lane stands leftmost.
            for (lane, jumps) in lanes.iter().enumerate() {
                let column = count - 1 - lane;
                for (from, to) in jumps {
                    let (low, high) = (*from.min(to), *from.max(to));
                    let mark = if row == low {
                        '┌'
                    } else if row == high {
                        '└'
                    } else if row > low && row < high {
                        '│'
                    } else {
                        continue;
                    };
                    if let Some(cell) = cells.get_mut(column) {
                        *cell = mark;
                    }
                    if row == *from || row == *to {
                        end = Some((column, row == *to));
                    }
                }
            }
            let Some((column, is_target)) = end else {
                return cells.into_iter().chain("  ".chars()).collect();
            };
            for cell in cells.iter_mut().skip(column + 1) {
                *cell = match *cell {
                    ' ' | '─' => '─',
                    '│' => '┼',
                    other => other,
                };
            }
            cells.into_iter().chain(if is_target { "─►" } else { "──" }.chars()).collect()
        })
        .collect()
}
