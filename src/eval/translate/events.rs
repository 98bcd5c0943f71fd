//! The words of the instrumented form that tell tools of events, and how the two forms lead to each other.
//!
//! A line's word stands before its first instruction. Whether a line begins there depends on where execution comes from; as
//! every way is known here, each way leads to the word or behind it, and the word need not ask.
//!
//! Invariant: every entry of the value stack is in its place at every event word.

use std::cell::Cell;

use bytecode::Opcode;
use bytecode::code_unit::{DecodedInstruction, decode};
use objects::core::monitoring::{LocalTools, event};
use objects::core::object::Py;
use objects::core::vm::Vm;
use objects::types::code::{PyCode, StackEntry, locations};

use super::{Fixup, Form, Pass, Translated};
use crate::exception_table;
use crate::machine::{word, word_arg};
use crate::word_ops::{op, word_count};

/// No word.
const NONE: u32 = u32::MAX;

/// What a word of the event CALL is about; in the lowest byte of its cache word.
pub(crate) mod call_kind {
    /// CALL
    pub(crate) const PLAIN: u64 = 0;
    /// CALL_KW
    pub(crate) const KEYWORDS: u64 = 1;
    /// CALL_FUNCTION_EX
    pub(crate) const UNPACKED: u64 = 2;
    /// LOAD_SUPER_ATTR
    pub(crate) const SUPER: u64 = 3;
}

/// What the pass keeps for the instrumented form.
pub(super) struct Plan {
    /// The line of each unit; -1 for none.
    lines: Vec<i32>,
    /// The units that begin a line, on some way.
    starts: Vec<bool>,
    /// The first unit with events: RESUME.
    first: usize,
    /// For each unit, its line's word.
    line_words: Vec<u32>,
    /// All event words.
    words: Vec<u32>,
    /// Branches that go right: (word, unit, target, stack).
    rights: Vec<(usize, usize, usize, Vec<StackEntry>)>,
    /// The FOR_ITER that leads to each unit, when its iterator is at its end.
    loops: Vec<(usize, usize)>,
    /// The instruction before.
    previous: Option<(usize, Opcode)>,
}

/// Where the event words of a translation are.
pub(super) struct EventWords {
    lines: Vec<i32>,
    line_words: Vec<u32>,
    words: Vec<u32>,
}

/// The line of each unit; -1 for none.
fn unit_lines(code: &Py<PyCode>) -> Vec<i32> {
    let mut lines = vec![-1; code.spec().code.len() + 1];
    for (start, end, location) in locations(code.spec()) {
        if location.has_line() {
            let end = end.min(lines.len());
            lines[start.min(end)..end].fill(location.line);
        }
    }
    lines
}

/// The units at which a line can begin.
fn line_starts(code: &Py<PyCode>, lines: &[i32], first: usize) -> Vec<bool> {
    let spec = code.spec();
    let mut starts = vec![false; lines.len()];
    let mut current = -1;
    for instruction in decode(&spec.code).filter(|instruction| instruction.index >= first) {
        match instruction.opcode.family() {
            Opcode::END_ASYNC_FOR
            | Opcode::END_FOR
            | Opcode::END_SEND
            | Opcode::RESUME
            | Opcode::POP_ITER => {}
            _ => {
                let line = lines[instruction.start];
                starts[instruction.start] = line != current && line >= 0;
                current = line;
            }
        }
    }
    let opcode_at =
        |unit: usize| spec.code.get(unit).and_then(|unit| unit.opcode()).map(Opcode::family);
    for instruction in decode(&spec.code).filter(|instruction| instruction.index >= first) {
        let target = match instruction.opcode.family() {
            Opcode::POP_JUMP_IF_FALSE
            | Opcode::POP_JUMP_IF_TRUE
            | Opcode::POP_JUMP_IF_NONE
            | Opcode::POP_JUMP_IF_NOT_NONE
            | Opcode::JUMP_FORWARD
            | Opcode::JUMP_BACKWARD
            | Opcode::JUMP_BACKWARD_NO_INTERRUPT => instruction.jump_target(),
            Opcode::FOR_ITER | Opcode::SEND => instruction.jump_target().map(|target| target + 1),
            _ => None,
        };
        if let Some(target) = target
            && lines.get(target).is_some_and(|&line| line >= 0)
            && opcode_at(target) != Some(Opcode::POP_ITER)
        {
            starts[target] = true;
        }
    }
    for range in exception_table::entries(&spec.exceptiontable) {
        if lines.get(range.target).is_some_and(|&line| line >= 0)
            && opcode_at(range.target) != Some(Opcode::END_ASYNC_FOR)
        {
            starts[range.target] = true;
        }
    }
    starts
}

impl Plan {
    pub(super) fn new(code: &Py<PyCode>) -> Self {
        let lines = unit_lines(code);
        let first = decode(&code.spec().code)
            .find(|instruction| instruction.opcode.family() == Opcode::RESUME)
            .map_or(usize::MAX, |resume| resume.index);
        Self {
            starts: line_starts(code, &lines, first),
            line_words: vec![NONE; lines.len()],
            lines,
            first,
            words: Vec::new(),
            rights: Vec::new(),
            loops: Vec::new(),
            previous: None,
        }
    }

    pub(super) fn finish(self) -> EventWords {
        EventWords { lines: self.lines, line_words: self.line_words, words: self.words }
    }

    /// The word to which a jump from unit `from` leads.
    pub(super) fn landing(&self, from: usize, target: usize, plain: u32) -> u32 {
        landing(&self.lines, &self.line_words, from, target, plain)
    }
}

fn landing(lines: &[i32], line_words: &[u32], from: usize, target: usize, plain: u32) -> u32 {
    match line_words.get(target) {
        None | Some(&NONE) => plain,
        Some(&line_word) if lines.get(from) == lines.get(target) => {
            line_word + word_count(op::EVENT) as u32
        }
        Some(&line_word) => line_word,
    }
}

impl Pass<'_> {
    /// Emits the word of an event of the instruction at `unit`.
    fn event(&mut self, event: usize, unit: usize, detail: u64) {
        let at = self.emit(word_arg(op::EVENT_OFF, event as u16, unit as u32));
        self.words[at + 1] = detail;
        if let Some(plan) = &mut self.plan {
            plan.words.push(at as u32);
        }
    }

    /// The words before an instruction.
    pub(super) fn events_before(&mut self, instruction: &DecodedInstruction) {
        let Some(plan) = &mut self.plan else { return };
        let opcode = instruction.opcode.family();
        let unit = instruction.start;
        let previous = plan.previous.replace((instruction.start, opcode));
        if unit < plan.first {
            return;
        }
        if plan.starts[unit] {
            let same = previous.is_some_and(|(before, opcode)| {
                opcode != Opcode::RESUME && plan.lines[before] == plan.lines[unit]
            });
            let line = plan.lines[unit];
            if same {
                // What comes from above is on this line already.
                let over = 1 + word_count(op::EVENT) as u32;
                self.emit(word_arg(op::JUMP, 0, over));
            }
            let at = self.words.len() as u32;
            if let Some(plan) = &mut self.plan {
                plan.line_words[unit..=instruction.index].fill(at);
            }
            self.event(event::LINE, unit, u64::from(line.unsigned_abs()));
        }
        if !matches!(opcode, Opcode::RESUME | Opcode::END_FOR) {
            self.event(event::INSTRUCTION, unit, 0);
        }
        self.unit = instruction.index;
        self.own_events(opcode, instruction, previous.map_or(0, |(before, _)| before));
    }

    fn own_events(&mut self, opcode: Opcode, instruction: &DecodedInstruction, before: usize) {
        let unit = instruction.index;
        let next = instruction.end as u64;
        let top = u64::from(self.place(self.stack.len().saturating_sub(1)));
        match opcode {
            Opcode::RETURN_VALUE => self.event(event::PY_RETURN, unit, top),
            Opcode::YIELD_VALUE => self.event(event::PY_YIELD, unit, top),
            Opcode::END_SEND => self.event(event::STOP_ITERATION, unit, top.saturating_sub(1)),
            Opcode::JUMP_FORWARD | Opcode::JUMP_BACKWARD => {
                if opcode == Opcode::JUMP_BACKWARD {
                    self.emit(word_arg(op::CHECK_VERSION, 0, unit as u32));
                }
                let target = instruction.jump_target().unwrap_or(0) as u64;
                self.event(event::JUMP, unit, target);
            }
            Opcode::NOT_TAKEN => self.event(event::BRANCH_LEFT, before, next),
            Opcode::POP_ITER => {
                let loops = self.plan.as_ref().map_or(&[][..], |plan| &plan.loops);
                let from = loops.iter().find(|(exit, _)| *exit == unit);
                let from = from.map_or(before, |&(_, from)| from);
                self.event(event::BRANCH_RIGHT, from, next);
            }
            Opcode::END_ASYNC_FOR => {
                let from = instruction.end.saturating_sub(instruction.oparg as usize);
                self.event(event::BRANCH_RIGHT, from, next);
            }
            Opcode::CALL => self.call_event(call_kind::PLAIN, 2, instruction),
            Opcode::CALL_KW => self.call_event(call_kind::KEYWORDS, 3, instruction),
            Opcode::CALL_FUNCTION_EX => {
                let base = self.stack.len().saturating_sub(4);
                let detail = call_kind::UNPACKED | u64::from(self.place(base)) << 8;
                self.event(event::CALL, unit, detail);
            }
            Opcode::LOAD_SUPER_ATTR => {
                let base = self.stack.len().saturating_sub(3);
                let detail = call_kind::SUPER
                    | u64::from(self.place(base)) << 8
                    | u64::from(instruction.oparg) << 32;
                self.event(event::CALL, unit, detail);
            }
            _ => {}
        }
    }

    fn call_event(&mut self, kind: u64, beside: usize, instruction: &DecodedInstruction) {
        let count = instruction.oparg as usize;
        let base = self.stack.len().saturating_sub(count + beside);
        let detail = kind | u64::from(self.place(base)) << 8 | (count as u64) << 32;
        self.event(event::CALL, instruction.index, detail);
    }

    /// The words behind an instruction.
    pub(super) fn events_behind(&mut self, instruction: &DecodedInstruction) {
        if self.plan.is_none() {
            return;
        }
        let unit = instruction.index;
        match instruction.opcode.family() {
            Opcode::RESUME => {
                self.emit(word_arg(op::CHECK_VERSION, 0, instruction.end as u32));
                let resumed = instruction.oparg & 3 != 0;
                let which = if resumed { event::PY_RESUME } else { event::PY_START };
                self.event(which, unit, 0);
            }
            Opcode::FOR_ITER => {
                if let (Some(plan), Some(target)) = (&mut self.plan, instruction.jump_target()) {
                    plan.loops.push((target + 1, unit));
                }
                self.event(event::BRANCH_LEFT, unit, instruction.end as u64);
            }
            _ => {}
        }
    }

    /// The branch in word `at` goes right by way of an event word.
    pub(super) fn branch_right(&mut self, at: usize, target: usize) {
        if target >= self.unit_words.len() {
            self.invalid = true;
            return;
        }
        self.marks[target].depth = Some(self.stack.len() as u16);
        let (unit, stack) = (self.unit, self.stack.clone());
        if let Some(plan) = &mut self.plan {
            plan.rights.push((at, unit, target, stack));
        }
    }

    /// Emits the words by whose way branches go right.
    pub(super) fn event_stubs(&mut self) {
        let Some(plan) = &mut self.plan else { return };
        for (at, unit, target, stack) in std::mem::take(&mut plan.rights) {
            self.unit = unit;
            self.stack = stack;
            let stub = self.words.len();
            self.words[at] |= u64::from((stub - at) as u32) << 32;
            self.event(event::BRANCH_RIGHT, unit, target as u64);
            let jump = self.emit(word(op::JUMP, 0, 0, 0, 0));
            self.jump_to(jump, target, Fixup::Arg);
        }
    }
}

impl Translated {
    /// The form in which `next` lies.
    pub(super) fn form_at(&self, next: *const u64) -> &Self {
        match self.instrumented.get() {
            Some(other) if other.index_before(next).is_some() => other,
            _ => self,
        }
    }

    /// The instrumented form, made now if need be.
    pub(crate) fn instrumented(&self, vm: Vm<'_>, code: &Py<PyCode>) -> &Self {
        self.instrumented.get_or_init(|| {
            let mut pass = Pass::new(Some(vm), code, Form::Instrumented);
            pass.run();
            Box::new(Self::new(pass))
        })
    }

    /// The instrumented form, if it has been made.
    pub(crate) fn made_instrumented(&self) -> Option<&Self> {
        self.instrumented.get().map(|form| &**form)
    }

    /// The word at which a frame that stands at `next` goes on at unit `target`, coming from unit `from`.
    pub(crate) fn handler_word(
        &self,
        code: &Py<PyCode>,
        next: *const u64,
        from: usize,
        target: usize,
    ) -> *mut u64 {
        self.form_at(next).landing_word(code, from, target)
    }

    /// The word of this form at which unit `target` begins for what comes from unit `from`.
    pub(crate) fn landing_word(&self, code: &Py<PyCode>, from: usize, target: usize) -> *mut u64 {
        let plain = self.index_of_unit(code, target);
        let landing = self.lines.as_ref().map_or(plain, |events| {
            landing(&events.lines, &events.line_words, from, target, plain)
        });
        self.words[landing as usize].as_ptr()
    }

    /// Whether `pc` is a word of this form.
    pub(crate) fn holds(&self, pc: *const u64) -> bool {
        self.index_before(pc.wrapping_add(1)).is_some()
    }

    /// Whether the words lead to the instrumented form.
    pub(crate) fn is_patched(&self) -> bool {
        !self.patched.borrow().is_empty()
    }

    /// Makes the first word of every instruction lead to the instrumented form.
    pub(crate) fn patch(&self, code: &Py<PyCode>) {
        if self.is_patched() {
            return;
        }
        let mut patched = self.patched.borrow_mut();
        for entry in &self.side(code).entries {
            let word = &self.words[entry.word as usize];
            #[expect(clippy::cast_possible_truncation, reason = "the operation is the low byte")]
            let operation = word.get() as u8;
            if entry.done || operation == op::SWITCH || entry.word as usize + 1 >= self.words.len()
            {
                continue;
            }
            patched.push((entry.word, operation));
            set_operation(word, op::SWITCH);
        }
    }

    /// Undoes [`patch`](Self::patch).
    pub(crate) fn unpatch(&self) {
        for (index, operation) in self.patched.borrow_mut().drain(..) {
            set_operation(&self.words[index as usize], operation);
        }
    }

    /// The instruction that begins with the word at `pc`, and the value stack before it.
    pub(crate) fn entry_at(&self, code: &Py<PyCode>, pc: *const u64) -> (usize, &[StackEntry]) {
        let index = (pc as usize).wrapping_sub(self.words.as_ptr() as usize) / 8;
        let side = self.side(code);
        let mut found = None;
        let first = side.entries.partition_point(|entry| (entry.word as usize) < index);
        let here = side.entries.iter().skip(first);
        for entry in here.take_while(|entry| entry.word as usize == index) {
            found = if entry.done { None } else { found.or(Some(entry)) };
        }
        match found {
            Some(entry) => (entry.unit as usize, &side.stacks[entry.stack as usize]),
            None => (0, &[]),
        }
    }

    /// The word of this form at which unit `unit` begins, if nothing on the value stack is out of its place there.
    pub(crate) fn word_with_all_in_place(
        &self,
        code: &Py<PyCode>,
        unit: usize,
    ) -> Option<*mut u64> {
        let side = self.side(code);
        let entry = side.entries.iter().find(|entry| entry.unit as usize == unit)?;
        let stack = &side.stacks[entry.stack as usize];
        let in_place = stack.iter().all(|entry| *entry == StackEntry::Temporary);
        (in_place && !entry.done).then(|| self.words[entry.word as usize].as_ptr())
    }

    /// Turns event words on and off: `active` are the tools now, `before` those until now, whose words some had disabled.
    pub(crate) fn set_events(&self, active: &LocalTools, before: &LocalTools, restarted: bool) {
        let Some(events) = &self.lines else { return };
        for &index in &events.words {
            let word = &self.words[index as usize];
            let content = word.get();
            let event = (content >> 16) as u16 as usize;
            let enabled = (content >> 8) as u8;
            let (now, old) = (active[event], before[event]);
            let tools = if restarted { now } else { enabled & now | now & !old };
            let operation = if tools == 0 { op::EVENT_OFF } else { op::EVENT };
            word.set(content & !0xffff | u64::from(tools) << 8 | u64::from(operation));
        }
    }
}

fn set_operation(word: &Cell<u64>, operation: u8) {
    word.set(word.get() & !0xff | u64::from(operation));
}
