//! Disassembly: the rows of a code object, and the text that the `dis` module prints of them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Deref;
use std::sync::Arc;

use crate::caches::{layout, with_counters};
use crate::code_ref::CodeRef;
use crate::code_spec::CodeSpec;
use crate::code_unit::{CodeUnit, jump_target};
use crate::constant_repr::{repr, repr_code};
use crate::exception_table::{ExceptionEntry, entries};
use crate::intrinsics::{
    BinaryOperator, CONVERSIONS, CommonConstant, Comparison, FUNCTION_ATTRIBUTES, Intrinsic1,
    Intrinsic2, SpecialMethod,
};
use crate::location_table::{Location, LocationReader, lines};
use crate::metadata::{Opcode, flags};

/// What the text shows besides instructions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DisOptions {
    /// `-O`: the instructions' offsets.
    pub offsets: bool,
    /// `-C`: inline cache entries.
    pub caches: bool,
    /// `-P`: lines and columns.
    pub positions: bool,
    /// `-S`: the specialised opcodes, and the caches' counters.
    pub specialized: bool,
}

/// An instruction as `dis` sees it (`dis.Instruction`). Offsets are in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it is.
    pub offset: usize,
    /// Where its first EXTENDED_ARG is; `offset` if it has none.
    pub start_offset: usize,
    /// The opcode: specialised if the rows were made with specialised code.
    pub opcode: Opcode,
    /// The whole argument, if the opcode takes one.
    pub oparg: Option<u32>,
    /// What the argument stands for; empty where `dis` says nothing.
    pub argrepr: String,
    /// Whether a line starts here.
    pub starts_line: bool,
    /// The line.
    pub line: Option<i32>,
    /// Its label's number, if something leads to it or an exception table entry names it.
    pub label: Option<usize>,
    /// Where in the source it comes from.
    pub location: Location,
    /// Where a jump leads.
    pub jump_target: Option<usize>,
}

/// A code object's rows with what belongs to them.
#[derive(Clone, Debug)]
pub struct Disassembly {
    /// The instructions in order, EXTENDED_ARGs included.
    pub rows: Vec<Row>,
    /// The numbers of the labels, by offset in bytes.
    pub labels: BTreeMap<usize, usize>,
    /// The exception table.
    pub handlers: Vec<ExceptionEntry>,
}

/// Offset in bytes of a code unit.
const fn offset_of(unit: usize) -> usize {
    unit * 2
}

/// Disassembles a code object. `adaptive` is its code with specialised opcodes in place, if they are to be shown.
#[must_use]
pub fn disassemble(code: &CodeSpec, adaptive: Option<&[CodeUnit]>) -> Disassembly {
    let raw = unpack(&code.code);
    let handlers: Vec<ExceptionEntry> = entries(&code.exceptiontable).collect();
    let labels = label_map(&raw, &handlers);
    let line_starts: BTreeMap<usize, Option<i32>> = line_starts(code).into_iter().collect();
    let mut positions = LocationReader::new(&code.linetable, code.firstlineno).peekable();
    let mut line = None;
    let rows = raw
        .iter()
        .map(|instruction| {
            let unit = instruction.unit;
            let start = line_starts.get(&unit);
            if let Some(start) = start {
                line = *start;
            }
            while positions.next_if(|entry| entry.end <= unit).is_some() {}
            let shown = adaptive.and_then(|units| units.get(unit)?.opcode());
            Row {
                offset: offset_of(unit),
                start_offset: offset_of(instruction.start),
                opcode: shown.unwrap_or(instruction.opcode),
                oparg: instruction.oparg,
                argrepr: argument_text(code, instruction, &labels),
                starts_line: start.is_some(),
                line,
                label: labels.get(&offset_of(unit)).copied(),
                location: positions.peek().map_or(Location::NONE, |entry| entry.location),
                jump_target: instruction.target().map(offset_of),
            }
        })
        .collect();
    Disassembly { rows, labels, handlers }
}

/// The entries of an instruction's inline cache as rows, with what they hold in `units`.
#[must_use]
pub fn cache_rows(row: &Row, units: &[CodeUnit]) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut offset = row.offset;
    for &(name, size) in layout(row.opcode) {
        let first = offset / 2 + 1;
        let value = units.get(first..first + size).unwrap_or_default().iter().rev();
        let value = value.fold(0u64, |value, unit| {
            value << 16 | u64::from(u16::from_le_bytes([unit.opcode, unit.oparg]))
        });
        for entry in 0..size {
            offset += 2;
            let argrepr = if entry == 0 { format!("{name}: {value}") } else { String::new() };
            rows.push(Row {
                offset,
                start_offset: offset,
                opcode: Opcode::CACHE,
                oparg: Some(0),
                argrepr,
                starts_line: false,
                label: None,
                jump_target: None,
                ..row.clone()
            });
        }
    }
    rows
}

struct RawInstruction {
    unit: usize,
    start: usize,
    opcode: Opcode,
    oparg: Option<u32>,
}

impl RawInstruction {
    fn target(&self) -> Option<usize> {
        jump_target(self.opcode, self.oparg?, self.unit + 1 + self.opcode.caches())
    }
}

/// The instructions with EXTENDED_ARGs as instructions of their own (`dis._unpack_opargs`).
fn unpack(code: &[CodeUnit]) -> Vec<RawInstruction> {
    let mut instructions = Vec::with_capacity(code.len());
    let (mut unit, mut start, mut extended) = (0, 0, 0);
    while let Some(word) = code.get(unit) {
        let opcode = word.opcode().unwrap_or(Opcode::NOP);
        let oparg = opcode.family().has_arg().then_some(extended << 8 | u32::from(word.oparg));
        if opcode == Opcode::EXTENDED_ARG {
            extended = oparg.unwrap_or(0);
            instructions.push(RawInstruction { unit, start: unit, opcode, oparg });
            unit += 1;
        } else {
            extended = 0;
            instructions.push(RawInstruction { unit, start, opcode, oparg });
            unit += 1 + opcode.caches();
            start = unit;
        }
    }
    instructions
}

fn label_map(raw: &[RawInstruction], handlers: &[ExceptionEntry]) -> BTreeMap<usize, usize> {
    let jumps = raw.iter().filter_map(RawInstruction::target);
    let ranges = handlers.iter().flat_map(|entry| [entry.start, entry.end, entry.target]);
    let mut labels: BTreeMap<usize, usize> =
        jumps.chain(ranges).map(|unit| (offset_of(unit), 0)).collect();
    for (number, label) in labels.values_mut().enumerate() {
        *label = number + 1;
    }
    labels
}

/// The code units where a line starts (`dis.findlinestarts`).
fn line_starts(code: &CodeSpec) -> Vec<(usize, Option<i32>)> {
    lines(&code.linetable, code.firstlineno).map(|(start, _, line)| (start, line)).collect()
}

fn argument_text(
    code: &CodeSpec,
    instruction: &RawInstruction,
    labels: &BTreeMap<usize, usize>,
) -> String {
    let Some(oparg) = instruction.oparg else { return String::new() };
    let opcode = instruction.opcode.family();
    let name = |index: u32| code.names.get(index as usize).map_or("", Deref::deref);
    let local = |slot: u32| code.localsplusnames.get(slot as usize).map_or("", Deref::deref);
    let text = if opcode.has(flags::CONST) {
        code.consts.get(oparg as usize).map(repr)
    } else if opcode.has(flags::NAME) {
        Some(name_text(opcode, oparg, name))
    } else if let Some(target) = instruction.target() {
        let preposition = if opcode == Opcode::END_ASYNC_FOR { "from" } else { "to" };
        labels.get(&offset_of(target)).map(|label| format!("{preposition} L{label}"))
    } else if opcode.has(flags::LOCAL | flags::FREE) {
        Some(locals_text(opcode, oparg, local))
    } else {
        number_text(opcode, oparg)
    };
    text.unwrap_or_default()
}

/// What an argument stands for that is no constant, cell or jump: a name, a local variable, an operator.
#[must_use]
pub fn oparg_meaning(
    opcode: Opcode,
    oparg: u32,
    names: &[Arc<str>],
    locals: &[Arc<str>],
) -> String {
    fn at(list: &[Arc<str>], index: u32) -> &str {
        list.get(index as usize).map_or("", Deref::deref)
    }
    if opcode.has(flags::NAME) {
        name_text(opcode, oparg, |index| at(names, index))
    } else if opcode.has(flags::LOCAL) {
        locals_text(opcode, oparg, |slot| at(locals, slot))
    } else {
        number_text(opcode, oparg).unwrap_or_default()
    }
}

fn name_text<'n>(opcode: Opcode, oparg: u32, name: impl Fn(u32) -> &'n str) -> String {
    let (shift, marker) = match opcode {
        Opcode::LOAD_GLOBAL => (1, " + NULL"),
        Opcode::LOAD_ATTR => (1, " + NULL|self"),
        Opcode::LOAD_SUPER_ATTR => (2, " + NULL|self"),
        _ => (0, ""),
    };
    let name = name(oparg >> shift);
    let marked = shift > 0 && oparg & 1 != 0 && !name.is_empty();
    if marked { format!("{name}{marker}") } else { name.to_owned() }
}

fn locals_text<'n>(opcode: Opcode, oparg: u32, name: impl Fn(u32) -> &'n str) -> String {
    match opcode {
        Opcode::LOAD_FAST_LOAD_FAST
        | Opcode::LOAD_FAST_BORROW_LOAD_FAST_BORROW
        | Opcode::STORE_FAST_LOAD_FAST
        | Opcode::STORE_FAST_STORE_FAST => format!("{}, {}", name(oparg >> 4), name(oparg & 15)),
        _ => name(oparg).to_owned(),
    }
}

fn number_text(opcode: Opcode, oparg: u32) -> Option<String> {
    let text = match opcode {
        Opcode::COMPARE_OP => {
            let comparison = Comparison::from_number(oparg >> 5)?.text();
            return Some(if oparg & 16 != 0 {
                format!("bool({comparison})")
            } else {
                comparison.to_owned()
            });
        }
        Opcode::SET_FUNCTION_ATTRIBUTE => {
            let named = FUNCTION_ATTRIBUTES.iter().enumerate();
            let set: Vec<&str> =
                named.filter(|(bit, _)| oparg >> bit & 1 != 0).map(|(_, name)| *name).collect();
            return Some(set.join(", "));
        }
        Opcode::CONVERT_VALUE => CONVERSIONS.get(oparg as usize).copied()?,
        Opcode::BINARY_OP => BinaryOperator::from_number(oparg)?.text(),
        Opcode::CALL_INTRINSIC_1 => Intrinsic1::from_number(oparg)?.text(),
        Opcode::CALL_INTRINSIC_2 => Intrinsic2::from_number(oparg)?.text(),
        Opcode::LOAD_COMMON_CONSTANT => CommonConstant::from_number(oparg)?.text(),
        Opcode::LOAD_SPECIAL => SpecialMethod::from_number(oparg)?.text(),
        Opcode::IS_OP => ["is", "is not"][usize::from(oparg != 0)],
        Opcode::CONTAINS_OP => ["in", "not in"][usize::from(oparg != 0)],
        _ => return None,
    };
    Some(text.to_owned())
}

/// A code object to be shown, and its code with specialised opcodes in place if they are to be shown.
pub struct Listed {
    /// The code object.
    pub code: CodeRef,
    /// The specialised code.
    pub adaptive: Option<Vec<CodeUnit>>,
}

/// A code object and those nested in it as they are before their first run, in the order in which they are shown.
#[must_use]
pub fn with_nested(code: &CodeRef) -> Vec<Listed> {
    let mut all = Vec::new();
    let mut waiting = vec![code.clone()];
    // A work list: nesting has no limit that the native stack would keep.
    while let Some(code) = waiting.pop() {
        let inner = waiting.len();
        waiting.extend(code.nested().cloned());
        waiting[inner..].reverse();
        all.push(Listed { code, adaptive: None });
    }
    all
}

/// The text of code objects, the first with those nested in it: what `python3.14 -m dis` prints.
#[must_use]
pub fn render(all: &[Listed], options: &DisOptions) -> String {
    let mut out = String::new();
    for (index, Listed { code, adaptive }) in all.iter().enumerate() {
        if index > 0 {
            let _ = writeln!(out, "\nDisassembly of {}:", repr_code(code));
        }
        out.push_str(&render_one(code, options, adaptive.as_deref(), None));
    }
    out
}

/// The text of a code object alone. `adaptive` is its code with specialised opcodes in place; the instruction at `lasti` (an
/// offset in bytes) is marked with an arrow.
#[must_use]
pub fn render_one(
    code: &CodeSpec,
    options: &DisOptions,
    adaptive: Option<&[CodeUnit]>,
    lasti: Option<usize>,
) -> String {
    let disassembly = disassemble(code, adaptive);
    let format = Format::new(code, &disassembly, options, adaptive);
    let mut out = String::new();
    for row in &disassembly.rows {
        format.push_row(&mut out, row, lasti);
    }
    if !disassembly.handlers.is_empty() {
        out.push_str("ExceptionTable:\n");
    }
    for entry in &disassembly.handlers {
        let [start, end, target] = [entry.start, entry.end, entry.target]
            .map(|unit| disassembly.labels.get(&offset_of(unit)).copied().unwrap_or(0));
        let lasti = if entry.lasti { " lasti" } else { "" };
        let _ = writeln!(out, "  L{start} to L{end} -> L{target} [{}]{lasti}", entry.depth);
    }
    out
}

/// What stands for a missing line.
const NO_LINE: &str = "  --";

/// The widths of the opcode's name and of the argument.
const NAME_WIDTH: usize = 20;
const ARGUMENT_WIDTH: usize = 5;

/// The widths of the columns; 0 leaves a column out.
struct Format {
    line_width: usize,
    offset_width: usize,
    label_width: usize,
    options: DisOptions,
    /// The code that the caches are shown of.
    units: Vec<CodeUnit>,
}

fn width(number: &impl ToString) -> usize {
    number.to_string().len()
}

impl Format {
    fn new(
        code: &CodeSpec,
        disassembly: &Disassembly,
        options: &DisOptions,
        adaptive: Option<&[CodeUnit]>,
    ) -> Self {
        let last_offset = offset_of(code.code.len()).saturating_sub(2);
        Self {
            line_width: if options.positions { positions_width(code) } else { line_width(code) },
            offset_width: if options.offsets { width(&last_offset.max(9999)) } else { 0 },
            label_width: 4 + width(&disassembly.labels.len()),
            options: *options,
            units: match adaptive {
                Some(units) => units.to_vec(),
                None if options.specialized => with_counters(&code.code),
                None => code.code.to_vec(),
            },
        }
    }

    fn push_row(&self, out: &mut String, row: &Row, lasti: Option<usize>) {
        let caches = row.opcode.caches();
        let current = lasti
            .is_some_and(|lasti| (row.offset..=row.offset + offset_of(caches)).contains(&lasti));
        self.push_line(out, row, row.opcode.name(), current);
        if !self.options.caches {
            return;
        }
        for cache in cache_rows(row, &self.units) {
            self.push_line(out, &cache, Opcode::CACHE.name(), false);
        }
    }

    fn push_line(&self, out: &mut String, row: &Row, name: &str, current: bool) {
        if self.line_width > 0 && row.starts_line && row.offset > 0 {
            out.push('\n');
        }
        let start = out.len();
        if self.line_width > 0 {
            self.push_source(out, row);
            out.push(' ');
        }
        let label = row.label.map_or_else(String::new, |label| format!("L{label}:"));
        let _ = write!(out, "{label:>0$} ", self.label_width);
        if self.offset_width > 0 {
            let _ = write!(out, "{:>1$}   ", row.offset, self.offset_width);
        }
        let _ = write!(out, "{} {name:<NAME_WIDTH$}", if current { "-->" } else { "   " });
        if let Some(oparg) = row.oparg {
            let excess = name.len().saturating_sub(NAME_WIDTH);
            let _ = write!(out, " {:>1$}", oparg, ARGUMENT_WIDTH.saturating_sub(excess));
            if !row.argrepr.is_empty() {
                let _ = write!(out, " ({})", row.argrepr);
            }
        }
        let kept = out.get(start..).map_or(0, |line| line.trim_end().len());
        out.truncate(start + kept);
        out.push('\n');
    }

    fn push_source(&self, out: &mut String, row: &Row) {
        let width = self.line_width;
        let _ = if self.options.positions {
            write!(out, "{:<width$}", positions_text(row.location))
        } else if !row.starts_line {
            write!(out, "{:width$}", "")
        } else if let Some(line) = row.line {
            write!(out, "{line:>width$}")
        } else {
            write!(out, "{NO_LINE:>width$}")
        };
    }
}

/// Where something stands, as `dis` writes it: `line:column-line:column`.
#[must_use]
pub fn positions_text(location: Location) -> String {
    if location == Location::NONE {
        return NO_LINE.to_owned();
    }
    let part = |number: i32| if number < 0 { "?".to_owned() } else { number.to_string() };
    let Location { line, end_line, column, end_column } = location;
    format!("{}:{}-{}:{}", part(line), part(column), part(end_line), part(end_column))
}

fn line_width(code: &CodeSpec) -> usize {
    let starts = line_starts(code);
    let lines = starts.iter().filter_map(|(_, line)| *line);
    let Some(last) = lines.filter(|line| *line != 0).max() else { return 0 };
    let width = width(&last).max(3);
    let missing = starts.iter().any(|(_, line)| line.is_none());
    if missing { width.max(NO_LINE.len()) } else { width }
}

fn positions_width(code: &CodeSpec) -> usize {
    const SEPARATORS: usize = 3;
    let reader = LocationReader::new(&code.linetable, code.firstlineno);
    let values = reader
        .filter(|entry| entry.location != Location::NONE)
        .map(|entry| positions_text(entry.location).len() - SEPARATORS)
        .max();
    values.map_or(0, |widest| 1 + NO_LINE.len().max(SEPARATORS + widest.max(4)))
}
