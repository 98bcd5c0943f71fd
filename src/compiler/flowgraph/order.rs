//! Blocks that only an exception leads to go to the end.

use bytecode::{Location, Opcode};

use super::{BlockId, Cfg, ENTRY, Instr, redundant};

/// Moves the cold blocks behind the warm ones; both keep their order.
pub(super) fn push_cold_blocks_to_end(cfg: &mut Cfg) {
    if cfg[ENTRY].next.is_none() {
        return;
    }
    mark_warm(cfg);
    mark_cold(cfg);
    jump_from_cold_to_warm(cfg);
    let order: Vec<BlockId> = cfg.order().collect();
    let (cold, warm): (Vec<BlockId>, Vec<BlockId>) =
        order.into_iter().partition(|&id| cfg[id].cold);
    if cold.is_empty() {
        return;
    }
    let ordered: Vec<BlockId> = warm.into_iter().chain(cold).collect();
    for (index, &id) in ordered.iter().enumerate() {
        cfg[id].next = ordered.get(index + 1).copied();
    }
    redundant::remove_nops_and_jumps(cfg);
}

/// The block that follows by falling through, and those that the block jumps to.
fn successors(cfg: &Cfg, id: BlockId) -> impl Iterator<Item = BlockId> + use<> {
    let block = &cfg[id];
    let next = block.next.filter(|_| block.has_fallthrough());
    let jump = block.last().filter(|last| last.opcode.is_jump()).and_then(|last| last.target);
    next.into_iter().chain(jump)
}

fn mark_warm(cfg: &mut Cfg) {
    cfg.clear_visited();
    let mut work = Vec::new();
    cfg.visit(ENTRY, &mut work);
    while let Some(id) = work.pop() {
        cfg[id].warm = true;
        for successor in successors(cfg, id) {
            cfg.visit(successor, &mut work);
        }
    }
}

fn mark_cold(cfg: &mut Cfg) {
    cfg.clear_visited();
    let mut work = Vec::new();
    cfg.each_block(|cfg, id| {
        if cfg[id].exception_handler {
            cfg.visit(id, &mut work);
        }
    });
    while let Some(id) = work.pop() {
        cfg[id].cold = true;
        for successor in successors(cfg, id) {
            if !cfg[successor].warm {
                cfg.visit(successor, &mut work);
            }
        }
    }
}

/// Where a cold block falls through to a warm one, puts a jump between them.
fn jump_from_cold_to_warm(cfg: &mut Cfg) {
    cfg.each_block(|cfg, id| {
        if let Some(next) = cfg[id].next
            && cfg[id].cold
            && cfg[next].warm
            && cfg[id].has_fallthrough()
        {
            cfg[next].labelled = true;
            let between = cfg.new_block();
            let block = &mut cfg[between];
            block.instructions.push(Instr::jump(Opcode::JUMP_NO_INTERRUPT, next, Location::NONE));
            block.cold = true;
            block.predecessors = 1;
            block.next = Some(next);
            cfg[id].next = Some(between);
        }
    });
}
