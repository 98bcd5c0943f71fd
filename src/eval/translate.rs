//! Bytecode to words: what the loop executes, made from a code object when it first runs.
//!
//! The translator keeps an abstract value stack. Loads of locals and constants are only entries of it, until an instruction
//! names them as operands or needs them in their places; `op; STORE_FAST x` writes x itself; a comparison and the jump behind
//! it are one word. The same pass, run again with recording on, gives the side tables (word to code unit, word to stack).
//!
//! Invariants:
//! 1. At jumps, jump targets and the starts of exception ranges every entry is in its place.
//! 2. An entry that stands for local x is put in its place before a word that stores to x.
//! 3. The pass depends on nothing but the code object, so that recording gives the words that run.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "operands are packed into fields of a word; what does not fit was refused before"
)]

mod adaptive;
mod events;
mod flow;
mod handlers;
mod instructions;
mod slices;

use std::cell::{Cell, OnceCell, RefCell};
use std::iter::repeat_n;

use bytecode::Opcode;
use bytecode::code_unit::{CodeUnit, DecodedInstruction, decode};
use objects::core::errors::PyResult;
use objects::core::monitoring::LOCAL_EVENTS;
use objects::core::object::Py;
use objects::core::vm::Vm;
use objects::types::code::{PyCode, StackEntry, Tables};

use crate::exception_table;
use crate::machine::word;
use crate::word_ops::{op, word_count};

/// The translation of one code object.
pub(crate) struct Translated {
    words: Box<[Cell<u64>]>,
    /// Which of the two forms this is: the side tables are made in the same one.
    form: Form,
    side: OnceCell<Side>,
    /// Of the instrumented form: where its event words are.
    lines: Option<events::EventWords>,
    /// The instrumented form, once a tool asked for events.
    instrumented: OnceCell<Box<Translated>>,
    /// Where frames went on after exceptions.
    landings: OnceCell<handlers::Landings>,
    /// The operations of the words that lead to the instrumented form instead: (word, operation).
    patched: RefCell<Vec<(u32, u8)>>,
}

/// The two forms of a translation. Both run the same handlers on the same registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Operands are named where they are, results go where they are stored, a comparison takes in the jump behind it.
    Fused,
    /// Every instruction leaves its results in their places on the value stack before the next one begins.
    Unfused,
    /// As `Unfused`, with words between the instructions that tell tools of events.
    Instrumented,
}

/// The side tables.
#[derive(Default)]
struct Side {
    /// For each word: its code unit, and its stack's index.
    infos: Vec<(u32, u32)>,
    stacks: Vec<Vec<StackEntry>>,
    /// The instructions that can be reached.
    entries: Vec<Entry>,
    /// Where each code unit's instruction begins.
    unit_words: Vec<u32>,
}

/// How an instruction begins.
struct Entry {
    word: u32,
    unit: u32,
    stack: u32,
    /// The words before have done its work.
    done: bool,
}

impl Translated {
    fn new(mut pass: Pass<'_>) -> Self {
        Self {
            words: pass.words.iter().copied().map(Cell::new).collect(),
            form: pass.form,
            side: OnceCell::new(),
            lines: pass.plan.take().map(events::Plan::finish),
            instrumented: OnceCell::new(),
            landings: OnceCell::new(),
            patched: RefCell::default(),
        }
    }

    /// The first word of all.
    pub(crate) fn first_word(&self) -> *mut u64 {
        self.words[0].as_ptr()
    }

    /// The first word of the instruction at code unit `unit` of `code`, whose translation this is.
    pub(crate) fn word_of_unit(&self, code: &Py<PyCode>, unit: usize) -> *mut u64 {
        self.words[self.index_of_unit(code, unit) as usize].as_ptr()
    }

    fn index_of_unit(&self, code: &Py<PyCode>, unit: usize) -> u32 {
        self.side(code).unit_words.get(unit).copied().unwrap_or(0)
    }

    fn index_before(&self, next: *const u64) -> Option<usize> {
        let start = self.words.as_ptr() as usize;
        let index = (next as usize).checked_sub(start)? / 8;
        index.checked_sub(1).filter(|&index| index < self.words.len())
    }

    fn side(&self, code: &Py<PyCode>) -> &Side {
        self.side.get_or_init(|| {
            let mut pass = Pass::new(None, code, self.form);
            pass.record = Some(Side::default());
            pass.run();
            let mut side = pass.record.take().unwrap_or_default();
            side.unit_words.clone_from(&pass.unit_words);
            for entry in &mut side.entries {
                entry.done = pass.done.contains(&entry.unit);
            }
            side
        })
    }
}

impl Side {
    /// The index of a stack.
    fn intern(&mut self, stack: &[StackEntry]) -> u32 {
        if self.stacks.last().is_none_or(|last| last != stack) {
            self.stacks.push(stack.to_vec());
        }
        self.stacks.len() as u32 - 1
    }
}

impl Tables for Translated {
    fn unit_of(&self, code: &Py<PyCode>, next: *const u64) -> Option<usize> {
        let form = self.form_at(next);
        let index = form.index_before(next)?;
        form.side(code).infos.get(index).map(|&(unit, _)| unit as usize)
    }

    fn stack_at(&self, code: &Py<PyCode>, next: *const u64) -> &[StackEntry] {
        let form = self.form_at(next);
        let Some(index) = form.index_before(next) else { return &[] };
        let side = form.side(code);
        let stack = side.infos.get(index).and_then(|&(_, stack)| side.stacks.get(stack as usize));
        stack.map_or(&[][..], Vec::as_slice)
    }

    fn adaptive_code(&self, code: &Py<PyCode>) -> Vec<CodeUnit> {
        self.adaptive(code)
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

pub(crate) use events::call_kind;
pub(crate) use handlers::Landing;
pub(crate) use instructions::UNPACKED_MAX;

/// The translation of `code`, which has one.
pub(crate) fn of(code: &Py<PyCode>) -> &Translated {
    code.translation
        .0
        .get()
        .and_then(|tables| tables.as_any().downcast_ref::<Translated>())
        .expect("a code object that runs has been translated")
}

/// Translates `code` if that has not been done: the first word to run.
///
/// # Errors
/// When the code object is too large, or no valid code at all.
#[inline]
pub(crate) fn entry(vm: Vm<'_>, code: &Py<PyCode>) -> PyResult<*mut u64> {
    let known = code.entry.get();
    if !known.is_null() {
        return Ok(known);
    }
    translate(vm, code)
}

#[cold]
fn translate(vm: Vm<'_>, code: &Py<PyCode>) -> PyResult<*mut u64> {
    let spec = code.spec();
    if code.register_count.get() > u32::from(u16::MAX) {
        return Err(vm.system_error("code object has too many variables"));
    }
    if spec.code.is_empty() {
        return Err(vm.system_error("code object has no instructions"));
    }
    let form = if vm.interpreter().fuse.get() { Form::Fused } else { Form::Unfused };
    let mut pass = Pass::new(Some(vm), code, form);
    pass.run();
    if pass.invalid {
        return Err(vm.system_error("code object is invalid"));
    }
    let translated = Translated::new(pass);
    let tables = code.translation.0.get_or_init(|| Box::new(translated));
    let first = tables
        .as_any()
        .downcast_ref::<Translated>()
        .map_or(std::ptr::null_mut(), Translated::first_word);
    code.entry.set(first);
    if code.monitors.version.get() != vm.interpreter().monitoring.version.get()
        || code.monitors.local.get() != [0; LOCAL_EVENTS]
    {
        crate::instrument::instrument(vm, code);
    }
    Ok(code.entry.get())
}

enum Fixup {
    /// The distance is the word's upper half.
    Arg,
    /// The distance is the field a.
    FieldA,
    /// The distance is the lower half of the word behind.
    Cache,
}

/// A jump whose distance is not known yet.
struct Jump {
    /// Its word.
    at: usize,
    /// The unit that jumps.
    from: usize,
    target: usize,
    /// The place of the distance.
    fixup: Fixup,
}

/// What is known of a code unit before the pass gets there.
#[derive(Clone, Copy)]
struct Mark {
    /// The depth with which a jump enters it.
    depth: Option<u16>,
    /// Before it every entry must be in its place.
    barrier: bool,
}

const UNMARKED: Mark = Mark { depth: None, barrier: false };

/// The memory that a pass works in: it goes from one pass to the next.
#[derive(Default)]
struct Bench {
    words: Vec<u64>,
    stack: Vec<StackEntry>,
    unit_words: Vec<u32>,
    jumps: Vec<Jump>,
    marks: Vec<Mark>,
    done: Vec<u32>,
}

/// The most code units whose memory is kept for the next pass.
const BENCH_UNITS: usize = 4096;

thread_local! {
    static BENCH: Cell<Bench> = Cell::default();
}

impl Bench {
    /// The thread's, cleared for so many code units.
    fn take(units: usize) -> Self {
        let mut bench = BENCH.take();
        bench.words.clear();
        bench.words.reserve(units);
        bench.stack.clear();
        bench.unit_words.clear();
        bench.unit_words.resize(units + 1, 0);
        bench.jumps.clear();
        bench.marks.clear();
        bench.marks.resize(units + 1, UNMARKED);
        bench.done.clear();
        bench
    }
}

struct Pass<'c> {
    vm: Option<Vm<'c>>,
    code: &'c Py<PyCode>,
    form: Form,
    locals: usize,
    words: Vec<u64>,
    stack: Vec<StackEntry>,
    /// Where each code unit's instruction begins; not said of the entries of inline caches.
    unit_words: Vec<u32>,
    jumps: Vec<Jump>,
    marks: Vec<Mark>,
    unit: usize,
    /// The word whose result, on top of the stack, may go to a local instead.
    foldable: Option<usize>,
    /// How many words there were behind the last SEND.
    sent: Option<usize>,
    /// How many words there were behind the last WRAP_YIELDED.
    wrapped: Option<usize>,
    /// The instruction whose work the one before it has done: a jump behind a comparison, what uses a slice.
    skip: Option<usize>,
    /// The last store that the unpacking before it has taken in.
    taken: Option<usize>,
    record: Option<Side>,
    /// Units whose work the words before have done.
    done: Vec<u32>,
    /// Of the instrumented form.
    plan: Option<events::Plan>,
    /// Jumps may be too far for 16 bits.
    large: bool,
    invalid: bool,
    reachable: bool,
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.marks.len() <= BENCH_UNITS {
            BENCH.set(Bench {
                words: std::mem::take(&mut self.words),
                stack: std::mem::take(&mut self.stack),
                unit_words: std::mem::take(&mut self.unit_words),
                jumps: std::mem::take(&mut self.jumps),
                marks: std::mem::take(&mut self.marks),
                done: std::mem::take(&mut self.done),
            });
        }
    }
}

const TEMPORARY: StackEntry = StackEntry::Temporary;

impl<'c> Pass<'c> {
    fn new(vm: Option<Vm<'c>>, code: &'c Py<PyCode>, form: Form) -> Self {
        let units = code.spec().code.len();
        let Bench { words, stack, unit_words, jumps, marks, done } = Bench::take(units);
        Self {
            vm,
            code,
            form,
            locals: code.local_count(),
            words,
            stack,
            unit_words,
            jumps,
            marks,
            unit: 0,
            foldable: None,
            sent: None,
            wrapped: None,
            skip: None,
            taken: None,
            record: None,
            done,
            plan: (form == Form::Instrumented).then(|| events::Plan::new(code)),
            large: units > 4000,
            invalid: false,
            reachable: true,
        }
    }

    fn run(&mut self) {
        self.mark();
        let code = &self.code.spec().code;
        for instruction in decode(code) {
            self.begin(&instruction);
            if !self.reachable {
                continue;
            }
            if self.form == Form::Fused {
                self.instruction(&instruction);
            } else {
                self.unfused(&instruction);
            }
        }
        self.event_stubs();
        // A jump to the very end would leave the words; valid code never does.
        self.unit_words[code.len()] = self.words.len() as u32;
        self.words.push(0);
        self.fix_jumps();
    }

    /// Marks where jumps and exceptions lead, before the pass gets there.
    fn mark(&mut self) {
        let spec = self.code.spec();
        for instruction in decode(&spec.code) {
            if let Some(target) = target_of(&instruction)
                && let Some(mark) = self.marks.get_mut(target)
            {
                mark.barrier = true;
            }
        }
        for range in exception_table::entries(&spec.exceptiontable) {
            let depth = range.depth + usize::from(range.lasti) + 1;
            if range.start.max(range.target) < self.marks.len() {
                self.marks[range.start].barrier = true;
                self.marks[range.target] = Mark { depth: Some(depth as u16), barrier: true };
            } else {
                self.invalid = true;
            }
        }
    }

    /// Enters the distances of the jumps.
    #[inline(never)]
    fn fix_jumps(&mut self) {
        for jump in &self.jumps {
            let plain = self.unit_words[jump.target];
            let landing = self
                .plan
                .as_ref()
                .map_or(plain, |plan| plan.landing(jump.from, jump.target, plain));
            let distance = i64::from(landing) - jump.at as i64;
            match jump.fixup {
                Fixup::Arg => self.words[jump.at] |= u64::from(distance as i32 as u32) << 32,
                Fixup::FieldA => self.words[jump.at] |= u64::from(distance as i16 as u16) << 16,
                Fixup::Cache => self.words[jump.at + 1] |= u64::from(distance as i32 as u32),
            }
        }
    }

    /// An instruction of a form that leaves all results in their places.
    #[inline(never)]
    fn unfused(&mut self, instruction: &DecodedInstruction) {
        let instrumented = self.plan.is_some();
        if instrumented {
            self.events_before(instruction);
        }
        self.instruction(instruction);
        if self.reachable {
            self.flush_all();
            self.foldable = None;
        }
        if instrumented {
            self.events_behind(instruction);
        }
    }

    #[inline]
    fn begin(&mut self, instruction: &DecodedInstruction) {
        self.unit = instruction.index;
        // An instruction without EXTENDED_ARG, as most are, is one unit.
        let mut unit = instruction.start;
        loop {
            let mark = self.marks[unit];
            if mark.barrier || mark.depth.is_some() {
                self.arrive(mark);
            }
            self.unit_words[unit] = self.words.len() as u32;
            if unit == instruction.index {
                break;
            }
            unit += 1;
        }
        if self.record.is_some() && self.reachable {
            self.record_entry(instruction);
        }
    }

    #[inline(never)]
    fn record_entry(&mut self, instruction: &DecodedInstruction) {
        if let Some(side) = &mut self.record {
            let (word, unit) = (self.words.len() as u32, instruction.start as u32);
            let stack = side.intern(&self.stack);
            side.entries.push(Entry { word, unit, stack, done: false });
        }
    }

    /// What is known of the code unit that the pass gets to takes effect.
    #[inline(never)]
    fn arrive(&mut self, mark: Mark) {
        if mark.barrier {
            if self.reachable {
                self.flush_all();
            }
            self.foldable = None;
        }
        if let Some(depth) = mark.depth
            && !self.reachable
        {
            self.stack.clear();
            self.stack.resize(depth as usize, TEMPORARY);
            self.reachable = true;
        }
    }

    // ---- words

    /// Emits a word and its cache words, empty.
    fn emit(&mut self, content: u64) -> usize {
        let at = self.words.len();
        let count = word_count(content as u8);
        if let Some(side) = &mut self.record {
            let info = (self.unit as u32, side.intern(&self.stack));
            side.infos.extend(repeat_n(info, count));
        }
        self.words.push(content);
        for _ in 1..count {
            self.words.push(0);
        }
        self.foldable = None;
        at
    }

    fn place(&self, depth: usize) -> u16 {
        (self.locals + depth) as u16
    }

    fn top_place(&self) -> u16 {
        self.place(self.stack.len())
    }

    fn push(&mut self, entry: StackEntry) {
        self.stack.push(entry);
    }

    fn pop(&mut self) -> StackEntry {
        self.stack.pop().unwrap_or_else(|| {
            self.invalid = true;
            TEMPORARY
        })
    }

    fn pop_many(&mut self, count: usize) {
        for _ in 0..count {
            self.pop();
        }
    }

    fn push_temporaries(&mut self, count: usize) {
        for _ in 0..count {
            self.push(TEMPORARY);
        }
    }

    /// Puts the entry at `depth` in its place.
    fn flush(&mut self, depth: usize) {
        let place = self.place(depth);
        match self.stack[depth] {
            StackEntry::Temporary => return,
            StackEntry::Null => {
                self.emit(word(op::LOAD_NULL, 0, place, 0, 0));
            }
            StackEntry::Local(index) => {
                self.emit(word(op::LOAD_FAST, 0, place, index as u16, 0));
            }
            StackEntry::Immediate(bits) => {
                let code = if bits & 3 == 0 { op::LOAD_HEAP } else { op::LOAD_IMMEDIATE };
                let at = self.emit(word(code, 0, place, 0, 0));
                self.words[at + 1] = bits;
            }
        }
        self.stack[depth] = TEMPORARY;
    }

    fn flush_top(&mut self, count: usize) {
        if self.stack.len() < count {
            self.invalid = true;
            self.stack.resize(count, TEMPORARY);
        }
        self.flush_range(self.stack.len() - count, self.stack.len());
    }

    fn flush_all(&mut self) {
        self.flush_range(0, self.stack.len());
    }

    /// Puts every entry in its place but the top `count`.
    fn flush_below(&mut self, count: usize) {
        self.flush_range(0, self.stack.len().saturating_sub(count));
    }

    /// Puts the entries of these depths in their places; two locals side by side by one word.
    fn flush_range(&mut self, first: usize, end: usize) {
        let mut depth = first;
        while depth < end {
            if let [StackEntry::Local(left), StackEntry::Local(right), ..] = self.stack[depth..end]
            {
                let place = self.place(depth);
                self.emit(word(op::LOAD_FAST_PAIR, 0, place, left as u16, right as u16));
                self.stack[depth..depth + 2].fill(TEMPORARY);
                depth += 2;
            } else {
                self.flush(depth);
                depth += 1;
            }
        }
    }

    fn flush_local(&mut self, index: u32) {
        for depth in 0..self.stack.len() {
            if self.stack[depth] == StackEntry::Local(index) {
                self.flush(depth);
            }
        }
    }

    /// The register of the entry `from_top` below the top, as an operand: (register, dies here).
    fn operand(&mut self, from_top: usize) -> (u16, bool) {
        let Some(depth) = self.stack.len().checked_sub(from_top + 1) else {
            self.invalid = true;
            return (0, false);
        };
        match self.stack[depth] {
            StackEntry::Local(index) => (index as u16, false),
            StackEntry::Temporary => (self.place(depth), true),
            StackEntry::Null | StackEntry::Immediate(_) => {
                self.flush(depth);
                (self.place(depth), true)
            }
        }
    }

    /// The small int that the entry `from_top` below the top is, if it fits 16 bits.
    fn small_operand(&self, from_top: usize) -> Option<i16> {
        let depth = self.stack.len().checked_sub(from_top + 1)?;
        match self.stack[depth] {
            StackEntry::Immediate(bits) if bits & 3 == 3 => i16::try_from(bits as i64 >> 2).ok(),
            _ => None,
        }
    }

    /// The constant, an object that the code keeps alive, that the entry `from_top` below the top is.
    fn heap_constant(&self, from_top: usize) -> Option<u64> {
        let depth = self.stack.len().checked_sub(from_top + 1)?;
        match self.stack[depth] {
            StackEntry::Immediate(bits) if bits & 3 == 0 => Some(bits),
            _ => None,
        }
    }

    fn jump_to(&mut self, at: usize, target: usize, kind: Fixup) {
        if target >= self.unit_words.len() {
            self.invalid = true;
            return;
        }
        self.jumps.push(Jump { at, from: self.unit, target, fixup: kind });
        self.marks[target].depth = Some(self.stack.len() as u16);
    }
}

/// For each comparison, which orderings it accepts: less 1, equal 2, greater 4, unordered 8.
pub(crate) const MASKS: [u8; 6] = [1, 3, 2, 13, 4, 6];

/// The counter with which a word starts: how often it runs before it is specialised.
pub(crate) const WARM_UP: u64 = 1 << 48;

fn target_of(instruction: &DecodedInstruction) -> Option<usize> {
    let target = instruction.jump_target()?;
    Some(if instruction.opcode.family() == Opcode::FOR_ITER { target + 1 } else { target })
}
