//! Loads of locals that may be unbound check it: `LOAD_FAST` becomes `LOAD_FAST_CHECK`.

use bytecode::Opcode;

use super::{BlockId, Cfg, ENTRY};

/// The locals that are followed from block to block: one bit each.
const TRACKED: usize = 64;

/// Finds the loads that need a check; `parameters` come first among the locals and are bound at the start.
pub(super) fn add_checks(cfg: &mut Cfg, locals: usize, parameters: usize) {
    if locals == 0 {
        return;
    }
    if locals > TRACKED {
        check_untracked(cfg, locals);
    }
    cfg.clear_visited();
    let unbound = (parameters..locals.min(TRACKED)).fold(0, |mask, local| mask | 1 << local);
    let mut work = Vec::new();
    reach(cfg, ENTRY, unbound, &mut work);
    // A del may stand anywhere, so each block is looked at once.
    cfg.each_block(|cfg, id| check_block(cfg, id, &mut work));
    while let Some(id) = work.pop() {
        cfg[id].visited = false;
        check_block(cfg, id, &mut work);
    }
}

/// Adds to what may be unbound at a block's start. Visited means: on the work list.
fn reach(cfg: &mut Cfg, id: BlockId, unbound: u64, work: &mut Vec<BlockId>) {
    let both = cfg[id].unsafe_locals | unbound;
    if cfg[id].unsafe_locals != both {
        cfg[id].unsafe_locals = both;
        cfg.visit(id, work);
    }
}

fn check_block(cfg: &mut Cfg, id: BlockId, work: &mut Vec<BlockId>) {
    let mut unbound = cfg[id].unsafe_locals;
    for index in 0..cfg[id].instructions.len() {
        let instr = cfg[id].instructions[index];
        if let Some(handler) = instr.handler {
            reach(cfg, handler, unbound, work);
        }
        if instr.oparg as usize >= TRACKED {
            continue;
        }
        let bit = 1_u64 << instr.oparg;
        match instr.opcode {
            Opcode::DELETE_FAST | Opcode::LOAD_FAST_AND_CLEAR | Opcode::STORE_FAST_MAYBE_NULL => {
                unbound |= bit;
            }
            Opcode::STORE_FAST | Opcode::LOAD_FAST_CHECK => unbound &= !bit,
            Opcode::LOAD_FAST => {
                if unbound & bit != 0 {
                    cfg[id].instructions[index].opcode = Opcode::LOAD_FAST_CHECK;
                }
                unbound &= !bit;
            }
            _ => {}
        }
    }
    if let Some(next) = cfg[id].next
        && cfg[id].has_fallthrough()
    {
        reach(cfg, next, unbound, work);
    }
    if let Some(&last) = cfg[id].last()
        && last.opcode.is_jump()
    {
        reach(cfg, last.leads_to(), unbound, work);
    }
}

/// The locals beyond the tracked ones are followed within a block only, so that many locals cost no square.
fn check_untracked(cfg: &mut Cfg, locals: usize) {
    // The number of the block in which the local was last seen bound.
    let mut bound_in = vec![0_usize; locals - TRACKED];
    let mut number = 0;
    cfg.each_block(|cfg, id| {
        number += 1;
        for instr in &mut cfg[id].instructions {
            let Some(index) = (instr.oparg as usize).checked_sub(TRACKED) else { continue };
            match instr.opcode {
                Opcode::DELETE_FAST
                | Opcode::LOAD_FAST_AND_CLEAR
                | Opcode::STORE_FAST_MAYBE_NULL => bound_in[index] = number - 1,
                Opcode::STORE_FAST => bound_in[index] = number,
                Opcode::LOAD_FAST => {
                    if bound_in[index] != number {
                        instr.opcode = Opcode::LOAD_FAST_CHECK;
                    }
                    bound_in[index] = number;
                }
                _ => {}
            }
        }
    });
}
