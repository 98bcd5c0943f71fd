//! The instructions of a translation: what each one of the bytecode emits, and what it does to the abstract stack.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "operands are packed into fields of a word; what does not fit was refused before"
)]

use bytecode::Opcode;
use bytecode::code_unit::{DecodedInstruction, decode};
use objects::types::code::StackEntry;

use super::{Fixup, Form, MASKS, Pass, TEMPORARY, WARM_UP};
use crate::machine::{word, word_arg, word_flags};
use crate::ops::arithmetic;
use crate::word_ops::{op, word_count};

/// The most items that are unpacked into local variables by one word.
pub(crate) const UNPACKED_MAX: usize = 16;

impl Pass<'_> {
    /// Translates one instruction. Out of line, so that the pass over all of them keeps its registers.
    #[inline(never)]
    pub(super) fn instruction(&mut self, instruction: &DecodedInstruction) {
        let oparg = instruction.oparg;
        let opcode = instruction.opcode.family();
        match opcode {
            Opcode::NOP
            | Opcode::NOT_TAKEN
            | Opcode::CACHE
            | Opcode::RESERVED
            | Opcode::EXTENDED_ARG => {}
            Opcode::RESUME => {
                self.emit(word_arg(op::RESUME, 0, oparg));
            }
            Opcode::LOAD_FAST | Opcode::LOAD_FAST_BORROW => self.push(StackEntry::Local(oparg)),
            Opcode::LOAD_FAST_LOAD_FAST | Opcode::LOAD_FAST_BORROW_LOAD_FAST_BORROW => {
                self.push(StackEntry::Local(oparg >> 4));
                self.push(StackEntry::Local(oparg & 15));
            }
            Opcode::LOAD_FAST_CHECK => {
                self.emit(word(op::LOAD_FAST_CHECK, 0, self.top_place(), oparg as u16, 0));
                self.push(TEMPORARY);
            }
            Opcode::LOAD_FAST_AND_CLEAR => {
                self.flush_local(oparg);
                self.emit(word(op::LOAD_FAST_AND_CLEAR, 0, self.top_place(), oparg as u16, 0));
                self.push(TEMPORARY);
            }
            Opcode::STORE_FAST | Opcode::STORE_FAST_STORE_FAST | Opcode::STORE_FAST_LOAD_FAST
                if self.is_taken(instruction) =>
            {
                let pair = opcode == Opcode::STORE_FAST_STORE_FAST;
                self.pop_many(1 + usize::from(pair));
                if opcode == Opcode::STORE_FAST_LOAD_FAST {
                    self.push(StackEntry::Local(oparg & 15));
                }
            }
            Opcode::STORE_FAST => self.store_fast(oparg),
            Opcode::STORE_FAST_LOAD_FAST => {
                self.store_fast(oparg >> 4);
                self.push(StackEntry::Local(oparg & 15));
            }
            Opcode::STORE_FAST_STORE_FAST => {
                self.store_fast(oparg >> 4);
                self.store_fast(oparg & 15);
            }
            Opcode::DELETE_FAST => {
                self.flush_local(oparg);
                self.emit(word(op::DELETE_FAST, 0, 0, oparg as u16, 0));
            }
            Opcode::LOAD_SMALL_INT => {
                self.push(StackEntry::Immediate((u64::from(oparg) << 2) | 3));
            }
            Opcode::LOAD_CONST => self.load_const(oparg),
            Opcode::PUSH_NULL => self.push(StackEntry::Null),
            Opcode::POP_TOP | Opcode::POP_ITER => {
                if self.pop() == TEMPORARY {
                    self.push(TEMPORARY);
                    let place = self.place(self.stack.len() - 1);
                    self.emit(word(op::POP_TOP, 0, place, 0, 0));
                    self.pop();
                }
            }
            Opcode::END_FOR => self.pop_many(1),
            Opcode::COPY => {
                let Some(depth) = self.stack.len().checked_sub(oparg as usize) else {
                    self.invalid = true;
                    return;
                };
                let entry = self.stack[depth];
                if entry == TEMPORARY {
                    let from = self.place(depth);
                    self.emit(word(op::LOAD_FAST, 0, self.top_place(), from, 0));
                }
                self.push(entry);
            }
            Opcode::SWAP => {
                let top = self.stack.len().wrapping_sub(1);
                let other = self.stack.len().wrapping_sub(oparg as usize);
                if top >= self.stack.len() || other >= self.stack.len() {
                    self.invalid = true;
                    return;
                }
                if self.stack[top] == TEMPORARY || self.stack[other] == TEMPORARY {
                    self.flush(other);
                    self.flush(top);
                    let (a, b) = (self.place(top), self.place(other));
                    self.emit(word(op::SWAP, 0, a, b, 0));
                }
                self.stack.swap(top, other);
            }
            Opcode::BINARY_OP | Opcode::STORE_SUBSCR if self.is_skipped(instruction) => {}
            Opcode::BINARY_OP => self.binary_op(oparg),
            Opcode::BINARY_SLICE => self.binary_slice(2),
            Opcode::STORE_SLICE => self.store_slice(2),
            Opcode::BUILD_SLICE => self.build_slice(instruction),
            Opcode::COMPARE_OP => self.compare_op(oparg, instruction.end),
            Opcode::IS_OP => {
                self.two_operands(op::IS_OP, u8::from(oparg != 0) * word_flags::INVERT);
            }
            Opcode::CONTAINS_OP => self.contains_op(oparg != 0, instruction.end),
            Opcode::UNARY_NEGATIVE => self.one_operand(op::UNARY_NEGATIVE),
            Opcode::UNARY_INVERT => self.one_operand(op::UNARY_INVERT),
            Opcode::UNARY_NOT => self.one_operand(op::UNARY_NOT),
            Opcode::TO_BOOL => self.truth(instruction.end),
            Opcode::POP_JUMP_IF_TRUE => self.jump_if(op::JUMP_IF_TRUE, instruction),
            Opcode::POP_JUMP_IF_FALSE => self.jump_if(op::JUMP_IF_FALSE, instruction),
            Opcode::POP_JUMP_IF_NONE => self.jump_if(op::JUMP_IF_NONE, instruction),
            Opcode::POP_JUMP_IF_NOT_NONE => self.jump_if(op::JUMP_IF_NOT_NONE, instruction),
            Opcode::JUMP_FORWARD | Opcode::JUMP_BACKWARD_NO_INTERRUPT => {
                self.unconditional(op::JUMP, instruction);
            }
            Opcode::JUMP_BACKWARD => self.unconditional(op::JUMP_BACKWARD, instruction),
            Opcode::FOR_ITER => self.for_iter(instruction),
            Opcode::SEND => {
                self.flush_all();
                let base = self.place(self.stack.len().saturating_sub(2));
                let at = self.emit(word(op::SEND, 0, base, 0, 0));
                if let Some(target) = instruction.jump_target() {
                    self.jump_to(at, target, Fixup::Cache);
                }
                self.sent = Some(self.words.len());
            }
            // What the receiver of a SEND yielded. In the instrumented form other words stand between the two.
            Opcode::YIELD_VALUE if oparg & 1 != 0 && self.follows_send() => {
                let base = self.place(self.stack.len().saturating_sub(1));
                self.emit(word(op::YIELD_FROM, 0, base, 0, 0));
            }
            // The wrapper of an asynchronous generator, which is left out where nobody can see it.
            Opcode::CALL_INTRINSIC_1
                if oparg == ASYNC_GEN_WRAP && self.form != Form::Instrumented =>
            {
                self.flush_top(1);
                let place = self.place(self.stack.len().saturating_sub(1));
                self.emit(word(op::WRAP_YIELDED, 0, place, 0, 0));
                self.wrapped = Some(self.words.len());
            }
            Opcode::YIELD_VALUE if oparg == 0 && self.wrapped == Some(self.words.len()) => {
                let place = self.place(self.stack.len().saturating_sub(1));
                self.emit(word(op::YIELD_WRAPPED, 0, place, 0, 0));
            }
            Opcode::LOAD_ATTR => {
                let method = oparg & 1 != 0;
                let (b, dies) = self.operand(0);
                let a = self.place(self.stack.len() - 1);
                let code = if method { op::LOAD_METHOD } else { op::LOAD_ATTR };
                let at = self.emit(word(code, drop_b(dies), a, b, 0));
                self.words[at + 1] = u64::from(oparg >> 1) | WARM_UP;
                self.pop();
                self.push(TEMPORARY);
                if method {
                    self.push(TEMPORARY);
                } else {
                    self.foldable = Some(at);
                }
            }
            Opcode::STORE_ATTR => {
                let (owner, owner_dies) = self.operand(0);
                let (value, value_dies) = self.operand(1);
                let flags = drop_b(owner_dies) | drop_c(value_dies);
                let at = self.emit(word(op::STORE_ATTR, flags, 0, owner, value));
                self.words[at + 1] = u64::from(oparg) | WARM_UP;
                self.pop_many(2);
            }
            Opcode::STORE_SUBSCR => self.store_subscr(),
            Opcode::UNPACK_SEQUENCE => self.unpack_sequence(instruction),
            Opcode::LOAD_GLOBAL => {
                let at = self.emit(word_arg(op::LOAD_GLOBAL, self.top_place(), oparg >> 1));
                self.words[at + 1] = WARM_UP;
                self.push(TEMPORARY);
                if oparg & 1 != 0 {
                    self.push(StackEntry::Null);
                } else {
                    self.foldable = Some(at);
                }
            }
            Opcode::CALL => self.call(oparg),
            Opcode::CALL_KW => self.call_kw(oparg),
            Opcode::RETURN_VALUE => self.return_value(),
            Opcode::RAISE_VARARGS | Opcode::RERAISE => {
                self.generic(opcode, oparg);
                self.reachable = false;
            }
            Opcode::INTERPRETER_EXIT => self.invalid = true,
            _ => self.generic(opcode, oparg),
        }
    }

    /// Whether the last word is the SEND of the instruction before.
    fn follows_send(&self) -> bool {
        self.sent == Some(self.words.len())
    }

    fn load_const(&mut self, oparg: u32) {
        let Some(is_code) = self.code.is_code_constant(oparg as usize) else {
            self.invalid = true;
            return;
        };
        if is_code {
            self.emit(word_arg(op::LOAD_CODE, self.top_place(), oparg));
            self.push(TEMPORARY);
            return;
        }
        // Recording runs after translating, which has made the constant.
        let bits = match (self.vm, self.code.made_constant(oparg as usize)) {
            (_, Some(made)) => made.bits(),
            (Some(vm), None) => self.code.constant(vm, oparg as usize).bits(),
            (None, None) => objects::core::value::special::NONE,
        };
        self.push(StackEntry::Immediate(bits));
    }

    fn store_fast(&mut self, index: u32) {
        let foldable = self.foldable.take();
        let entry = self.pop();
        let pending = self.stack.contains(&StackEntry::Local(index));
        let local = index as u16;
        if entry == TEMPORARY
            && !pending
            && let Some(at) = foldable
        {
            self.done.push(self.unit as u32);
            self.words[at] = self.words[at] & !(0xffff << 16)
                | u64::from(local) << 16
                | u64::from(word_flags::DST_LOCAL) << 8;
            return;
        }
        self.push(entry);
        if pending {
            let top = self.stack.len() - 1;
            for depth in 0..top {
                if self.stack[depth] == StackEntry::Local(index) {
                    self.flush(depth);
                }
            }
        }
        match entry {
            StackEntry::Local(from) if from == index => {}
            StackEntry::Local(from) => {
                self.emit(word(op::LOAD_FAST, word_flags::DST_LOCAL, local, from as u16, 0));
            }
            StackEntry::Immediate(bits) => {
                let code = if bits & 3 == 0 { op::LOAD_HEAP } else { op::LOAD_IMMEDIATE };
                let at = self.emit(word(code, word_flags::DST_LOCAL, local, 0, 0));
                self.words[at + 1] = bits;
            }
            StackEntry::Null | StackEntry::Temporary => {
                self.flush_top(1);
                let from = self.place(self.stack.len() - 1);
                self.emit(word(op::STORE_FAST, 0, local, from, 0));
            }
        }
        self.pop();
    }

    /// Whether the instruction before has done the work of this one.
    fn is_skipped(&mut self, instruction: &DecodedInstruction) -> bool {
        let skipped = self.skip == Some(instruction.index);
        if skipped {
            self.skip = None;
            self.done.push(instruction.index as u32);
        }
        skipped
    }

    /// Whether the unpacking before has stored what this instruction stores.
    fn is_taken(&mut self, instruction: &DecodedInstruction) -> bool {
        let taken = self.taken.is_some_and(|last| instruction.index <= last);
        if taken {
            self.done.push(instruction.index as u32);
        }
        taken
    }

    /// The local variables to which the instructions behind `unit` store the `count` items of a sequence that was unpacked,
    /// and the unit of the last of them; None when anything else is done there, or when a jump leads into their midst.
    fn stores_behind(&self, unit: usize, count: usize) -> Option<(Vec<u16>, usize)> {
        if self.form != Form::Fused || !(2..=UNPACKED_MAX).contains(&count) {
            return None;
        }
        let mut locals = Vec::with_capacity(count);
        for next in decode(self.code.spec().code.get(unit..)?) {
            let units = unit + next.start..=unit + next.index;
            if self.marks.get(units)?.iter().any(|mark| mark.barrier) {
                return None;
            }
            match next.opcode.family() {
                Opcode::STORE_FAST => locals.push(next.oparg as u16),
                Opcode::STORE_FAST_STORE_FAST => {
                    locals.extend([(next.oparg >> 4) as u16, (next.oparg & 15) as u16]);
                }
                Opcode::STORE_FAST_LOAD_FAST if locals.len() + 1 == count => {
                    locals.push((next.oparg >> 4) as u16);
                }
                _ => return None,
            }
            if locals.len() >= count {
                return (locals.len() == count).then_some((locals, unit + next.index));
            }
        }
        None
    }

    /// A sequence is taken apart, into local variables at once where they follow one another or are two.
    fn unpack_sequence(&mut self, instruction: &DecodedInstruction) {
        let count = instruction.oparg as usize;
        let stores = self.stores_behind(instruction.end, count).filter(|(locals, _)| {
            let run = locals.windows(2).all(|pair| u32::from(pair[0]) + 1 == u32::from(pair[1]));
            run || matches!(locals[..], [first, second] if first != second)
        });
        let Some((locals, last)) = stores else {
            self.generic(Opcode::UNPACK_SEQUENCE, instruction.oparg);
            return;
        };
        for &local in &locals {
            self.flush_local(u32::from(local));
        }
        let (a, dies) = self.operand(0);
        let flags = u8::from(dies) * word_flags::DROP_A;
        match locals[..] {
            [first, second] => self.emit(word(op::UNPACK_PAIR, flags, a, first, second)),
            _ => self.emit(word(op::UNPACK_RUN, flags, a, locals[0], count as u16)),
        };
        self.pop();
        self.push_temporaries(count);
        self.taken = Some(last);
    }

    fn one_operand(&mut self, code: u8) {
        let (b, dies) = self.operand(0);
        let a = self.place(self.stack.len() - 1);
        let at = self.emit(word(code, drop_b(dies), a, b, 0));
        self.pop();
        self.push(TEMPORARY);
        self.foldable = Some(at);
    }

    fn two_operands(&mut self, code: u8, flags: u8) -> usize {
        let (c, c_dies) = self.operand(0);
        let (b, b_dies) = self.operand(1);
        let a = self.place(self.stack.len() - 2);
        let at = self.emit(word(code, flags | drop_b(b_dies) | drop_c(c_dies), a, b, c));
        if word_count(code) > 1 {
            self.words[at + 1] = WARM_UP;
        }
        self.pop_many(2);
        self.push(TEMPORARY);
        self.foldable = Some(at);
        at
    }

    fn binary_op(&mut self, oparg: u32) {
        if is_subscript(oparg)
            && let Some(bounds) = self.constant_bounds()
        {
            self.take_part(bounds, 1);
            return;
        }
        if let Some(small) = self.small_operand(0) {
            let (b, b_dies) = self.operand(1);
            let a = self.place(self.stack.len() - 2);
            let flags = word_flags::C_IMMEDIATE | drop_b(b_dies);
            let at = self.emit(word(op::BINARY_OP, flags, a, b, small as u16));
            self.words[at + 1] = WARM_UP | u64::from(oparg);
            self.pop_many(2);
            self.push(TEMPORARY);
            self.foldable = Some(at);
            return;
        }
        let at = self.two_operands(op::BINARY_OP, 0);
        self.words[at + 1] = WARM_UP | u64::from(oparg);
    }

    /// The conditional jump at `unit`, if one stands there and nothing jumps to it: (when to jump, target).
    fn jump_behind(&self, unit: usize) -> Option<(bool, usize, usize)> {
        if self.form != Form::Fused
            || self.large
            || self.marks.get(unit).is_none_or(|mark| mark.barrier)
        {
            return None;
        }
        let rest = self.code.spec().code.get(unit..)?;
        let next = decode(rest).next()?;
        let sense = match next.opcode.family() {
            Opcode::POP_JUMP_IF_TRUE => true,
            Opcode::POP_JUMP_IF_FALSE => false,
            _ => return None,
        };
        let target = unit + next.end + next.oparg as usize;
        Some((sense, target, unit + next.index))
    }

    fn compare_op(&mut self, oparg: u32, end: usize) {
        let operator = u64::from(oparg >> 5) & 7;
        let wants_bool = u64::from(oparg & 16 != 0);
        let fused = self.jump_behind(end);
        if let Some((sense, target, unit)) = fused {
            self.flush_below(2);
            if let Some(constant) = self.heap_constant(0) {
                let (b, b_dies) = self.operand(1);
                let mask = MASKS[operator as usize % 6];
                let mask = if sense { mask } else { !mask & 15 };
                let flags = drop_b(b_dies) | mask << 4;
                let at = self.emit(word(op::COMPARE_JUMP_CONST, flags, 0, b, 0));
                self.words[at + 1] = WARM_UP | operator | u64::from(sense) << 3;
                self.words[at + 2] = constant;
                self.pop_many(2);
                self.jump_to(at, target, Fixup::FieldA);
                self.skip = Some(unit);
                return;
            }
            let (c, flags) = match self.small_operand(0) {
                Some(small) => (small as u16, word_flags::C_IMMEDIATE),
                None => {
                    let (c, dies) = self.operand(0);
                    (c, drop_c(dies))
                }
            };
            let (b, b_dies) = self.operand(1);
            let mut mask = MASKS[operator as usize % 6];
            if !sense {
                mask = !mask & 15;
            }
            let flags = flags | drop_b(b_dies) | mask << 4;
            let at = self.emit(word(op::COMPARE_JUMP, flags, 0, b, c));
            self.words[at + 1] = WARM_UP | operator | u64::from(sense) << 3;
            self.pop_many(2);
            self.jump_to(at, target, Fixup::FieldA);
            self.skip = Some(unit);
            return;
        }
        let at = if let Some(small) = self.small_operand(0) {
            let (b, b_dies) = self.operand(1);
            let a = self.place(self.stack.len() - 2);
            let flags = word_flags::C_IMMEDIATE | drop_b(b_dies);
            let at = self.emit(word(op::COMPARE_OP, flags, a, b, small as u16));
            self.pop_many(2);
            self.push(TEMPORARY);
            self.foldable = Some(at);
            at
        } else {
            self.two_operands(op::COMPARE_OP, 0)
        };
        self.words[at] |= u64::from(MASKS[operator as usize % 6]) << 12;
        self.words[at + 1] = WARM_UP | operator | wants_bool << 3;
    }

    fn contains_op(&mut self, inverted: bool, end: usize) {
        let Some((sense, target, unit)) = self.jump_behind(end) else {
            self.two_operands(op::CONTAINS_OP, u8::from(inverted) * word_flags::INVERT);
            return;
        };
        self.flush_below(2);
        let at =
            self.two_operands(op::CONTAINS_JUMP, u8::from(sense == inverted) * word_flags::INVERT);
        self.words[at] &= !(0xffff << 16);
        self.pop();
        self.foldable = None;
        self.jump_to(at, target, Fixup::FieldA);
        self.skip = Some(unit);
    }

    fn truth(&mut self, end: usize) {
        if let Some((sense, target, unit)) = self.jump_behind(end) {
            self.flush_below(1);
            let (a, dies) = self.operand(0);
            let flags = drop_b(dies) | (u8::from(sense) * word_flags::INVERT);
            let at = self.emit(word(op::TO_BOOL_JUMP, flags, a, 0, 0));
            self.pop();
            self.jump_to(at, target, Fixup::Arg);
            self.skip = Some(unit);
            return;
        }
        self.one_operand(op::TO_BOOL);
    }

    fn jump_if(&mut self, code: u8, instruction: &DecodedInstruction) {
        if self.is_skipped(instruction) {
            return;
        }
        self.flush_below(1);
        let (a, dies) = self.operand(0);
        let at = self.emit(word(code, drop_b(dies), a, 0, 0));
        self.pop();
        if let Some(target) = instruction.jump_target() {
            if self.plan.is_some() {
                self.branch_right(at, target);
            } else {
                self.jump_to(at, target, Fixup::Arg);
            }
        }
    }

    fn unconditional(&mut self, code: u8, instruction: &DecodedInstruction) {
        self.flush_all();
        let at = self.emit(word(code, 0, 0, 0, 0));
        if let Some(target) = instruction.jump_target() {
            self.jump_to(at, target, Fixup::Arg);
        }
        self.reachable = false;
    }

    fn for_iter(&mut self, instruction: &DecodedInstruction) {
        self.flush_all();
        let iterator = self.place(self.stack.len().saturating_sub(1));
        let at = self.emit(word(op::FOR_ITER, 0, self.top_place(), iterator, 0));
        self.words[at + 1] = WARM_UP;
        // When the iterator is exhausted execution goes on behind END_FOR, which stands at the target.
        if let Some(target) = instruction.jump_target() {
            self.jump_to(at, target + 1, Fixup::Cache);
        }
        self.push(TEMPORARY);
        self.foldable = Some(at);
    }

    fn store_subscr(&mut self) {
        if let Some(bounds) = self.constant_bounds() {
            self.replace_part(bounds, 1);
            return;
        }
        let (key, mut flags) = match self.small_operand(0) {
            Some(small) => (small as u16, word_flags::C_IMMEDIATE),
            None => {
                let (key, dies) = self.operand(0);
                (key, drop_c(dies))
            }
        };
        let (container, container_dies) = self.operand(1);
        let (value, value_dies) = self.operand(2);
        flags |= drop_b(container_dies);
        if value_dies {
            flags |= word_flags::DROP_A;
        }
        let at = self.emit(word(op::STORE_SUBSCR, flags, value, container, key));
        self.words[at + 1] = WARM_UP;
        self.pop_many(3);
    }

    fn call(&mut self, oparg: u32) {
        let arguments = oparg as usize;
        self.flush_top(arguments);
        let Some(base) = self.stack.len().checked_sub(arguments + 2) else {
            self.invalid = true;
            return;
        };
        let no_self = self.stack[base + 1] == StackEntry::Null;
        if !no_self {
            self.flush(base + 1);
        }
        self.flush(base);
        let flags = u8::from(no_self) * word_flags::NO_SELF;
        let at = self.emit(word_arg(op::CALL, self.place(base), oparg) | u64::from(flags) << 8);
        self.words[at + 1] = WARM_UP;
        self.pop_many(arguments + 2);
        self.push(TEMPORARY);
    }

    fn call_kw(&mut self, oparg: u32) {
        let arguments = oparg as usize;
        let names = match self.stack.last() {
            Some(StackEntry::Immediate(bits)) if bits & 3 == 0 => *bits,
            _ => {
                self.flush_top(1);
                0
            }
        };
        let Some(base) = self.stack.len().checked_sub(arguments + 3) else {
            self.invalid = true;
            return;
        };
        for depth in base..self.stack.len() - 1 {
            self.flush(depth);
        }
        let at = self.emit(word_arg(op::CALL_KW, self.place(base), oparg));
        self.words[at + 1] = names;
        self.pop_many(arguments + 3);
        self.push(TEMPORARY);
    }

    fn return_value(&mut self) {
        if let Some(StackEntry::Immediate(bits)) = self.stack.last() {
            let bits = *bits;
            self.flush_below(1);
            let at = self.emit(word(op::RETURN_IMMEDIATE, 0, self.locals as u16, 0, 0));
            self.words[at + 1] = bits;
        } else {
            let (b, dies) = self.operand(0);
            self.emit(word(op::RETURN_VALUE, drop_b(dies), self.locals as u16, b, 0));
        }
        self.pop();
        self.reachable = false;
    }

    /// An instruction whose inputs are all in their places: a is the first one's register, the upper half the argument.
    pub(super) fn generic(&mut self, opcode: Opcode, oparg: u32) {
        let Some((code, inputs, outputs)) = generic_word(opcode, oparg) else {
            self.invalid = true;
            return;
        };
        self.flush_top(inputs);
        if matches!(opcode, Opcode::MAKE_CELL | Opcode::COPY_FREE_VARS) {
            self.flush_all();
        }
        let base = self.place(self.stack.len() - inputs);
        self.emit(word_arg(code, base, oparg));
        self.pop_many(inputs);
        self.push_temporaries(outputs);
    }
}

/// Whether the operand of a BINARY_OP stands for a subscript.
pub(super) fn is_subscript(oparg: u32) -> bool {
    arithmetic::is_subscript(u64::from(oparg))
}

/// The intrinsic that wraps what an asynchronous generator yields.
const ASYNC_GEN_WRAP: u32 = 4;

pub(super) fn drop_b(dies: bool) -> u8 {
    u8::from(dies) * word_flags::DROP_B
}

fn drop_c(dies: bool) -> u8 {
    u8::from(dies) * word_flags::DROP_C
}

macro_rules! generic_words {
    ($($name:ident)*) => {
        /// The word of an instruction that is translated as it stands, and how many values it takes and leaves.
        fn generic_word(opcode: Opcode, oparg: u32) -> Option<(u8, usize, usize)> {
            match opcode {
                $(Opcode::$name => {
                    let effect = (Opcode::$name.popped(oparg as i32), Opcode::$name.pushed(oparg as i32));
                    Some((op::$name, effect.0 as usize, effect.1 as usize))
                })*
                _ => None,
            }
        }
    };
}

generic_words! {
    BUILD_TEMPLATE CALL_FUNCTION_EX CHECK_EG_MATCH CHECK_EXC_MATCH CLEANUP_THROW DELETE_SUBSCR
    END_SEND EXIT_INIT_CHECK FORMAT_SIMPLE FORMAT_WITH_SPEC GET_AITER GET_ANEXT GET_ITER GET_LEN
    GET_YIELD_FROM_ITER LOAD_BUILD_CLASS LOAD_LOCALS MAKE_FUNCTION MATCH_KEYS MATCH_MAPPING MATCH_SEQUENCE
    POP_EXCEPT PUSH_EXC_INFO RETURN_GENERATOR SETUP_ANNOTATIONS WITH_EXCEPT_START
    BUILD_INTERPOLATION BUILD_LIST BUILD_MAP BUILD_SET BUILD_SLICE BUILD_STRING BUILD_TUPLE CALL_INTRINSIC_1
    CALL_INTRINSIC_2 CONVERT_VALUE COPY_FREE_VARS DELETE_ATTR DELETE_DEREF DELETE_GLOBAL DELETE_NAME
    DICT_MERGE DICT_UPDATE END_ASYNC_FOR GET_AWAITABLE IMPORT_FROM IMPORT_NAME LIST_APPEND LIST_EXTEND
    LOAD_COMMON_CONSTANT LOAD_DEREF LOAD_FROM_DICT_OR_DEREF LOAD_FROM_DICT_OR_GLOBALS LOAD_NAME LOAD_SPECIAL
    LOAD_SUPER_ATTR MAKE_CELL MAP_ADD MATCH_CLASS RAISE_VARARGS RERAISE SET_ADD SET_FUNCTION_ATTRIBUTE
    SET_UPDATE STORE_DEREF STORE_GLOBAL STORE_NAME UNPACK_EX UNPACK_SEQUENCE YIELD_VALUE
}
