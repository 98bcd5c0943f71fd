//! The instruction sequence becomes blocks.

use std::slice;

use bytecode::Opcode;

use super::{BlockId, Cfg, ENTRY, Instr};
use crate::instructions::{Instruction, InstructionSequence};

/// Builds the graph of a sequence, with every target resolved.
pub(super) fn from_sequence(sequence: &InstructionSequence) -> Cfg {
    let instructions = sequence.instructions();
    let mut builder = Builder {
        cfg: Cfg::new(),
        current: ENTRY,
        pending: None,
        block_at: vec![None; instructions.len()],
    };
    let mut is_target = vec![false; instructions.len()];
    for instruction in instructions.iter().filter(|instruction| instruction.opcode.has_target()) {
        is_target[sequence.label_place(instruction.oparg)] = true;
    }
    let mut index = 0;
    while let Some(instruction) = instructions.get(index) {
        if is_target[index] {
            builder.use_label(index);
        }
        if instruction.opcode == Opcode::ANNOTATIONS_PLACEHOLDER {
            let annotations =
                sequence.annotations().map_or(&[][..], InstructionSequence::instructions);
            annotations.iter().for_each(|instruction| builder.add(slice::from_ref(instruction)));
            index += 1;
            continue;
        }
        // As many as go into one block.
        let mut more = index + 1..instructions.len();
        let end = more.find(|&place| {
            is_target[place]
                || instructions[place - 1].opcode.is_terminator()
                || instructions[place].opcode == Opcode::ANNOTATIONS_PLACEHOLDER
        });
        let end = end.unwrap_or(instructions.len());
        builder.add(&instructions[index..end]);
        index = end;
    }
    builder.resolve_targets(sequence)
}

struct Builder {
    cfg: Cfg,
    current: BlockId,
    /// The place of the label that the next block gets.
    pending: Option<usize>,
    /// The block that starts at an instruction of the sequence.
    block_at: Vec<Option<BlockId>>,
}

impl Builder {
    fn use_label(&mut self, index: usize) {
        self.pending = Some(index);
        self.start_block_if_needed();
    }

    /// Appends instructions of which only the last may end a block.
    fn add(&mut self, run: &[Instruction]) {
        self.start_block_if_needed();
        let instructions = &mut self.cfg[self.current].instructions;
        // Later passes add a few.
        instructions.reserve_exact(run.len() + 2);
        instructions.extend(
            run.iter().map(|&Instruction { opcode, oparg, location }| {
                Instr::new(opcode, oparg, location)
            }),
        );
    }

    fn start_block_if_needed(&mut self) {
        let block = &self.cfg[self.current];
        let terminated = block.last().is_some_and(|last| last.opcode.is_terminator());
        let taken = block.labelled || !block.instructions.is_empty();
        if terminated || self.pending.is_some() && taken {
            let next = self.cfg.new_block();
            self.cfg[self.current].next = Some(next);
            self.current = next;
        }
        if let Some(index) = self.pending.take() {
            self.cfg[self.current].labelled = true;
            self.block_at[index] = Some(self.current);
        }
    }

    fn resolve_targets(mut self, sequence: &InstructionSequence) -> Cfg {
        for block in &mut self.cfg.blocks {
            for instr in block.instructions.iter_mut().filter(|instr| instr.opcode.has_target()) {
                let place = sequence.label_place(instr.oparg);
                instr.target = self.block_at[place];
                instr.oparg = 0;
            }
        }
        self.cfg
    }
}
