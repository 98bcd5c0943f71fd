//! What need not be there: unreachable blocks, NOPs that keep no line, jumps to where execution goes anyway.

use bytecode::{Location, Opcode};

use super::{BlockId, Cfg, ENTRY};

/// Counts predecessors and empties the blocks that have none.
pub(super) fn remove_unreachable(cfg: &mut Cfg) {
    cfg.each_block(|cfg, id| {
        cfg[id].predecessors = 0;
        cfg[id].visited = false;
    });
    let mut work = vec![ENTRY];
    cfg[ENTRY].predecessors = 1;
    cfg[ENTRY].visited = true;
    while let Some(id) = work.pop() {
        if let Some(next) = cfg[id].next
            && cfg[id].has_fallthrough()
        {
            cfg.visit(next, &mut work);
            cfg[next].predecessors += 1;
        }
        for index in 0..cfg[id].instructions.len() {
            let instr = cfg[id].instructions[index];
            if instr.opcode.has_target() {
                cfg.visit(instr.leads_to(), &mut work);
                cfg[instr.leads_to()].predecessors += 1;
            }
        }
    }
    cfg.each_block(|cfg, id| {
        let block = &mut cfg[id];
        if block.predecessors == 0 {
            block.truncate(0);
            block.exception_handler = false;
        }
    });
}

/// The line of the first instruction of a block that will stay: NOPs without a line are passed over.
fn first_line(cfg: &Cfg, id: BlockId) -> i32 {
    cfg[id]
        .instructions
        .iter()
        .find(|instr| instr.opcode != Opcode::NOP || instr.location.has_line())
        .map_or(Location::NONE.line, |instr| instr.location.line)
}

/// Drops the NOPs of a block that are not the only instruction of their line; says how many.
fn remove_nops_of(cfg: &mut Cfg, id: BlockId) -> usize {
    if !cfg[id].instructions.iter().any(|instr| instr.opcode == Opcode::NOP) {
        return 0;
    }
    let mut instructions = std::mem::take(&mut cfg[id].instructions);
    let count = instructions.len();
    let mut kept = 0;
    let mut previous_line = Location::NONE.line;
    for index in 0..count {
        let instr = instructions[index];
        let line = instr.location.line;
        if instr.opcode == Opcode::NOP {
            if line < 0 || line == previous_line {
                continue;
            }
            if let Some(next) = instructions.get_mut(index + 1) {
                if next.location.line == line {
                    continue;
                }
                if next.location.line < 0 {
                    next.location = instr.location;
                    continue;
                }
            } else if let Some(next) = cfg.skip_empty(cfg[id].next)
                && first_line(cfg, next) == line
            {
                continue;
            }
        }
        instructions[kept] = instr;
        kept += 1;
        previous_line = line;
    }
    cfg[id].instructions = instructions;
    cfg[id].truncate(kept);
    count - kept
}

/// Drops NOPs that are not the only instruction of their line; says how many.
pub(super) fn remove_nops(cfg: &mut Cfg) -> usize {
    let mut removed = 0;
    cfg.each_block(|cfg, id| removed += remove_nops_of(cfg, id));
    removed
}

/// Drops NOPs, and pairs of a push without effect and the `POP_TOP` of what it pushed.
pub(super) fn remove_nops_and_pairs(cfg: &mut Cfg) {
    while remove_nops_and_pairs_once(cfg) {}
}

fn remove_nops_and_pairs_once(cfg: &mut Cfg) -> bool {
    let mut changed = false;
    // The instruction executed before, if it is certain.
    let mut previous: Option<(BlockId, usize)> = None;
    cfg.each_block(|cfg, id| {
        remove_nops_of(cfg, id);
        if cfg[id].labelled {
            previous = None;
        }
        for index in 0..cfg[id].instructions.len() {
            if cfg[id].instructions[index].opcode == Opcode::POP_TOP
                && let Some((block, place)) = previous
            {
                let pushed = &mut cfg[block].instructions[place];
                if pushed.loads_const() || pushed.opcode == Opcode::COPY && pushed.oparg == 1 {
                    pushed.set_nop();
                    cfg[id].instructions[index].set_nop();
                    changed = true;
                }
            }
            previous = Some((id, index));
        }
        let jumps =
            previous.is_some_and(|(block, place)| cfg[block].instructions[place].opcode.is_jump());
        if jumps || !cfg[id].has_fallthrough() {
            previous = None;
        }
    });
    changed
}

/// Makes NOPs of jumps to the block that follows anyway; says how many.
fn remove_jumps(cfg: &mut Cfg) -> usize {
    let mut removed = 0;
    cfg.each_block(|cfg, id| {
        if let Some(last) = cfg[id].last()
            && last.opcode.is_unconditional_jump()
            && cfg.skip_empty(last.target) == cfg.skip_empty(cfg[id].next)
            && let Some(last) = cfg[id].instructions.last_mut()
        {
            last.set_nop();
            removed += 1;
        }
    });
    removed
}

/// Drops NOPs and jumps that are not needed, until there are none.
pub(super) fn remove_nops_and_jumps(cfg: &mut Cfg) {
    while remove_nops(cfg) + remove_jumps(cfg) > 0 {}
}
