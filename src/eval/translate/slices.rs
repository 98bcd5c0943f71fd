//! Slices: the word that takes or replaces a part names the bounds, which are small ints, None, or in registers; also where
//! the bytecode makes an object of them first.
#![expect(clippy::cast_sign_loss, reason = "operands are packed into fields of a word")]

use bytecode::Opcode;
use bytecode::code_unit::{DecodedInstruction, decode};
use objects::core::value::Value;
use objects::types::code::StackEntry;
use objects::types::slice::PySlice;

use super::instructions::{drop_b, is_subscript};
use super::{Form, Pass, TEMPORARY};
use crate::machine::{is_exactly, payload, word, word_flags};
use crate::ops::slices::bound_kind;
use crate::word_ops::op;

/// The bounds as the word has them: the cache word, and the kinds.
#[derive(Clone, Copy, Default)]
pub(super) struct Bounds {
    fields: u64,
    kinds: u16,
}

impl Bounds {
    fn set(&mut self, nth: usize, field: u16, kind: u16) {
        self.fields |= u64::from(field) << (16 * nth);
        self.kinds |= kind << (2 * nth);
    }
}

impl Pass<'_> {
    /// A part is taken; its bounds are the top `count` entries, above the container.
    pub(super) fn binary_slice(&mut self, count: usize) {
        let bounds = self.bounds(count);
        self.take_part(bounds, count);
    }

    /// A part is replaced; its bounds are the top `count` entries, above the container and the value.
    pub(super) fn store_slice(&mut self, count: usize) {
        let bounds = self.bounds(count);
        self.replace_part(bounds, count);
    }

    /// A slice object is made: if the next instruction takes or replaces a part by it, that is done without one.
    pub(super) fn build_slice(&mut self, instruction: &DecodedInstruction) {
        let count = instruction.oparg as usize;
        let Some((opcode, user)) = self.user_of_slice(instruction.end) else {
            self.generic(Opcode::BUILD_SLICE, instruction.oparg);
            return;
        };
        // An exception comes from the instruction that uses the slice.
        let unit = std::mem::replace(&mut self.unit, user);
        if opcode == Opcode::STORE_SUBSCR {
            self.store_slice(count);
        } else {
            self.binary_slice(count);
        }
        self.unit = unit;
        self.skip = Some(user);
    }

    /// The bounds of a constant slice on top of the stack, if the word can hold them.
    pub(super) fn constant_bounds(&self) -> Option<Bounds> {
        let bits = self.heap_constant(0).filter(|&bits| is_exactly::<PySlice>(bits))?;
        let slice = payload::<PySlice>(bits);
        let mut bounds = Bounds::default();
        for (nth, bound) in [&slice.start, &slice.stop, &slice.step].into_iter().enumerate() {
            let (field, kind) = immediate(bound)?;
            bounds.set(nth, field, kind);
        }
        Some(bounds)
    }

    /// As [`binary_slice`](Self::binary_slice), with `above` entries above the container that the bounds stand for.
    pub(super) fn take_part(&mut self, bounds: Bounds, above: usize) {
        let (b, dies) = self.operand(above);
        let a = self.place(self.stack.len().saturating_sub(above + 1));
        let at = self.emit(word(op::BINARY_SLICE, drop_b(dies), a, b, bounds.kinds));
        self.words[at + 1] = bounds.fields;
        self.pop_many(above + 1);
        self.push(TEMPORARY);
        self.foldable = Some(at);
    }

    /// As [`store_slice`](Self::store_slice), with `above` entries above the container that the bounds stand for.
    pub(super) fn replace_part(&mut self, bounds: Bounds, above: usize) {
        let (b, container_dies) = self.operand(above);
        let (a, value_dies) = self.operand(above + 1);
        let flags = drop_b(container_dies) | (u8::from(value_dies) * word_flags::DROP_A);
        let at = self.emit(word(op::STORE_SLICE, flags, a, b, bounds.kinds));
        self.words[at + 1] = bounds.fields;
        self.pop_many(above + 2);
    }

    fn bounds(&mut self, count: usize) -> Bounds {
        let mut bounds = Bounds::default();
        for nth in 0..count {
            let from_top = count - 1 - nth;
            let constant = match self.stack.iter().rev().nth(from_top) {
                Some(&StackEntry::Immediate(bits)) if bits & 3 != 0 => immediate_bits(bits),
                _ => None,
            };
            let (field, kind) = constant.unwrap_or_else(|| {
                let (register, dies) = self.operand(from_top);
                (register, if dies { bound_kind::DYING } else { bound_kind::REGISTER })
            });
            bounds.set(nth, field, kind);
        }
        bounds
    }

    /// The instruction at `unit`, if it takes or replaces a part and nothing jumps to it.
    fn user_of_slice(&self, unit: usize) -> Option<(Opcode, usize)> {
        if self.form != Form::Fused || self.marks.get(unit).is_none_or(|mark| mark.barrier) {
            return None;
        }
        let next = decode(self.code.spec().code.get(unit..)?).next()?;
        let uses = match next.opcode.family() {
            Opcode::BINARY_OP => is_subscript(next.oparg),
            Opcode::STORE_SUBSCR => true,
            _ => false,
        };
        uses.then_some((next.opcode.family(), unit + next.index))
    }
}

/// Field and kind of a bound that a word can hold.
fn immediate(bound: &Value) -> Option<(u16, u16)> {
    if bound.is_none() {
        return Some((0, bound_kind::MISSING));
    }
    let small = i16::try_from(bound.as_small_int()?).ok()?;
    Some((small as u16, bound_kind::IMMEDIATE))
}

fn immediate_bits(bits: u64) -> Option<(u16, u16)> {
    immediate(&crate::machine::borrow(bits))
}
