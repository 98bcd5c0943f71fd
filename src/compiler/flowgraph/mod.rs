//! The control flow graph: what it is, and the order of the passes over it. CPython's flowgraph.c.

mod borrow;
mod build;
mod checks;
mod consts;
mod evaluate;
mod exceptions;
mod fold;
mod jumps;
mod lists;
mod lowering;
mod order;
mod peephole;
mod redundant;
mod source_lines;
mod stack_depth;
mod swaps;

pub(crate) use lowering::cell_slots;

use std::num::NonZeroU32;
use std::ops::{Index, IndexMut};

use bytecode::{ConstantTable, Location, Opcode};

use crate::instructions::{InstructionSequence, UnitMetadata};

/// The name of a block: its index in [`Cfg`]'s list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockId(NonZeroU32);

impl BlockId {
    /// The name of the block at `index`. One more is kept, so that an `Option` of it is no larger.
    const fn new(index: u32) -> Self {
        Self(NonZeroU32::MIN.saturating_add(index))
    }

    /// The place in lists that have an entry for each block.
    pub(crate) const fn index(self) -> usize {
        (self.0.get() - 1) as usize
    }
}

/// The block where execution starts.
const ENTRY: BlockId = BlockId::new(0);

/// An instruction in a block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instr {
    pub(crate) opcode: Opcode,
    /// The argument; of no meaning where there is a target.
    pub(crate) oparg: u32,
    pub(crate) location: Location,
    /// Where a jump leads, or a block push's handler.
    pub(crate) target: Option<BlockId>,
    /// Where an exception goes that is raised here.
    pub(crate) handler: Option<BlockId>,
}

impl Instr {
    const fn new(opcode: Opcode, oparg: u32, location: Location) -> Self {
        Self { opcode, oparg, location, target: None, handler: None }
    }

    const fn jump(opcode: Opcode, target: BlockId, location: Location) -> Self {
        Self { opcode, oparg: 0, location, target: Some(target), handler: None }
    }

    /// Makes it another instruction at the same place.
    const fn set(&mut self, opcode: Opcode, oparg: u32) {
        self.opcode = opcode;
        self.oparg = oparg;
    }

    const fn set_nop(&mut self) {
        self.set(Opcode::NOP, 0);
    }

    /// Where it leads. Only for opcodes that have a target.
    fn leads_to(&self) -> BlockId {
        self.target.expect("a jump or block push has a target")
    }

    /// Whether it pushes a constant.
    fn loads_const(&self) -> bool {
        matches!(self.opcode, Opcode::LOAD_CONST | Opcode::LOAD_SMALL_INT)
    }
}

/// The depth of a block that stack depth calculation has not met.
const DEPTH_UNKNOWN: i32 = i32::MIN;

/// A run of instructions that is entered only at its start; only its last instruction may jump.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    pub(crate) instructions: Vec<Instr>,
    /// The handlers of the instructions that once stood behind the last one, the nearest at the end: see [`Block::add`].
    residue: Vec<Option<BlockId>>,
    /// The block behind it in the order of the bytecode.
    pub(crate) next: Option<BlockId>,
    /// Whether something jumped to it when the graph was built, or was made to since.
    labelled: bool,
    predecessors: u32,
    /// How deep the value stack is at its start.
    pub(crate) start_depth: i32,
    exception_handler: bool,
    /// As a handler: whether the raising instruction's index is pushed.
    pub(crate) preserve_lasti: bool,
    cold: bool,
    warm: bool,
    visited: bool,
    /// One bit for each of the first 64 locals: whether it may be unbound at the start.
    unsafe_locals: u64,
}

impl Block {
    /// Appends an instruction. It gets the handler of the instruction that stood in its place before instructions were
    /// removed, if there was one: CPython does not clear the place, and the exception table shows it.
    fn add(&mut self, mut instr: Instr) {
        instr.handler = self.residue.pop().flatten();
        self.instructions.push(instr);
    }

    /// Appends copies of instructions, with their handlers.
    fn append(&mut self, copies: &[Instr]) {
        self.residue.truncate(self.residue.len().saturating_sub(copies.len()));
        self.instructions.extend_from_slice(copies);
    }

    /// Inserts instructions, with their handlers.
    fn insert(&mut self, index: usize, inserted: &[Instr]) {
        self.residue.truncate(self.residue.len().saturating_sub(inserted.len()));
        self.instructions.splice(index..index, inserted.iter().copied());
    }

    /// Drops the instructions from `length` on.
    fn truncate(&mut self, length: usize) {
        let dropped = self.instructions.drain(length..).rev();
        self.residue.extend(dropped.map(|instr| instr.handler));
    }

    fn last(&self) -> Option<&Instr> {
        self.instructions.last()
    }

    /// Whether execution can go on with the next block.
    fn has_fallthrough(&self) -> bool {
        self.last()
            .is_none_or(|last| !last.opcode.is_scope_exit() && !last.opcode.is_unconditional_jump())
    }

    fn exits_scope(&self) -> bool {
        self.last().is_some_and(|last| last.opcode.is_scope_exit())
    }

    fn has_no_line(&self) -> bool {
        !self.instructions.iter().any(|instr| instr.location.has_line())
    }
}

/// The graph: blocks, chained in the order of the bytecode from the entry block on.
#[derive(Clone, Debug)]
pub(crate) struct Cfg {
    blocks: Vec<Block>,
}

impl Index<BlockId> for Cfg {
    type Output = Block;

    fn index(&self, id: BlockId) -> &Block {
        &self.blocks[id.index()]
    }
}

impl IndexMut<BlockId> for Cfg {
    fn index_mut(&mut self, id: BlockId) -> &mut Block {
        &mut self.blocks[id.index()]
    }
}

impl Cfg {
    fn new() -> Self {
        let mut cfg = Self { blocks: Vec::new() };
        cfg.new_block();
        cfg
    }

    fn new_block(&mut self) -> BlockId {
        let id = BlockId::new(u32::try_from(self.blocks.len()).expect("fewer than 2^32 blocks"));
        self.blocks.push(Block { start_depth: DEPTH_UNKNOWN, ..Block::default() });
        id
    }

    /// A list with a zero for each block.
    pub(crate) fn new_block_map(&self) -> Vec<usize> {
        vec![0; self.blocks.len()]
    }

    /// The blocks in the order of the bytecode.
    pub(crate) fn order(&self) -> impl Iterator<Item = BlockId> + '_ {
        std::iter::successors(Some(ENTRY), |&id| self[id].next)
    }

    /// Calls `step` for each block in order, following the chain as it is when a block is left.
    fn each_block(&mut self, mut step: impl FnMut(&mut Self, BlockId)) {
        let mut at = Some(ENTRY);
        while let Some(id) = at {
            step(self, id);
            at = self[id].next;
        }
    }

    /// The block itself, or the first one behind it that has instructions.
    fn skip_empty(&self, from: Option<BlockId>) -> Option<BlockId> {
        let mut at = from;
        while let Some(id) = at
            && self[id].instructions.is_empty()
        {
            at = self[id].next;
        }
        at
    }

    fn clear_visited(&mut self) {
        self.each_block(|cfg, id| cfg[id].visited = false);
    }

    /// Marks the block and pushes it on the work list, unless it is marked.
    fn visit(&mut self, id: BlockId, work: &mut Vec<BlockId>) {
        if !self[id].visited {
            self[id].visited = true;
            work.push(id);
        }
    }
}

/// The optimised graph of a unit, ready for the assembler.
pub(crate) struct Lowered {
    pub(crate) cfg: Cfg,
    pub(crate) stacksize: u32,
}

/// From codegen's instructions to the graph that is assembled: every pass, in order. Constants are added to and dropped
/// from the unit's. `between` is shown the graph before its pseudo instructions are replaced.
pub(crate) fn optimize(
    sequence: &InstructionSequence,
    unit: &mut UnitMetadata,
    between: impl FnOnce(&Cfg, &UnitMetadata),
) -> Lowered {
    let mut cfg = build::from_sequence(sequence);
    optimize_code_unit(&mut cfg, unit);
    between(&cfg, unit);
    lower(cfg, unit)
}

/// CPython's `_PyCfg_OptimizeCodeUnit`.
fn optimize_code_unit(cfg: &mut Cfg, unit: &mut UnitMetadata) {
    exceptions::mark_handlers(cfg);
    exceptions::label_targets(cfg);
    optimize_cfg(cfg, &mut unit.consts);
    consts::remove_unused(cfg, &mut unit.consts);
    checks::add_checks(cfg, unit.varnames.len(), unit.parameter_count());
    peephole::insert_superinstructions(cfg);
    order::push_cold_blocks_to_end(cfg);
    source_lines::resolve(cfg);
}

/// CPython's `optimize_cfg`.
fn optimize_cfg(cfg: &mut Cfg, consts: &mut ConstantTable) {
    jumps::inline_small_or_no_line_blocks(cfg);
    redundant::remove_unreachable(cfg);
    source_lines::resolve(cfg);
    consts::optimize_loads(cfg, consts);
    cfg.each_block(|cfg, id| peephole::optimize_block(cfg, id, consts));
    redundant::remove_nops_and_pairs(cfg);
    redundant::remove_unreachable(cfg);
    redundant::remove_nops_and_jumps(cfg);
}

/// CPython's `_PyCfg_OptimizedCfgToInstructionSequence`: no pseudo instruction but JUMP and `JUMP_NO_INTERRUPT` is left.
fn lower(mut cfg: Cfg, unit: &UnitMetadata) -> Lowered {
    lowering::convert_conditional_jumps(&mut cfg);
    let stacksize = stack_depth::calculate(&mut cfg);
    lowering::prepare_localsplus(&mut cfg, unit);
    lowering::convert_pseudo_ops(&mut cfg);
    jumps::normalize(&mut cfg);
    borrow::optimize_load_fast(&mut cfg);
    Lowered { cfg, stacksize }
}
