//! Which handler each instruction's exceptions go to: SETUP and `POP_BLOCK` instructions become marks on the others.

use bytecode::Opcode;
use bytecode::intrinsics::resume;

use super::{BlockId, Cfg, ENTRY};

/// Marks the blocks that are exception handlers.
pub(super) fn mark_handlers(cfg: &mut Cfg) {
    cfg.each_block(|cfg, id| {
        for index in 0..cfg[id].instructions.len() {
            let instr = cfg[id].instructions[index];
            if instr.opcode.is_block_push() {
                cfg[instr.leads_to()].exception_handler = true;
            }
        }
    });
}

/// The handlers in force, the innermost last.
type Handlers = Vec<BlockId>;

/// Writes to each instruction the handler in force at it; `POP_BLOCK` becomes NOP.
pub(super) fn label_targets(cfg: &mut Cfg) {
    cfg.clear_visited();
    let mut work: Vec<(BlockId, Handlers)> = vec![(ENTRY, Handlers::new())];
    cfg[ENTRY].visited = true;
    while let Some((id, handlers)) = work.pop() {
        label_block(cfg, id, handlers, &mut work);
    }
}

fn label_block(
    cfg: &mut Cfg,
    id: BlockId,
    mut handlers: Handlers,
    work: &mut Vec<(BlockId, Handlers)>,
) {
    let mut last_yield_depth = 0;
    for index in 0..cfg[id].instructions.len() {
        let instr = cfg[id].instructions[index];
        let handler = handlers.last().copied();
        match instr.opcode {
            opcode if opcode.is_block_push() => {
                let target = instr.leads_to();
                reach(cfg, target, &handlers, work);
                if matches!(opcode, Opcode::SETUP_WITH | Opcode::SETUP_CLEANUP) {
                    cfg[target].preserve_lasti = true;
                }
                handlers.push(target);
            }
            Opcode::POP_BLOCK => {
                handlers.pop();
                cfg[id].instructions[index].set_nop();
            }
            opcode if opcode.is_jump() => {
                cfg[id].instructions[index].handler = handler;
                reach(cfg, instr.leads_to(), &handlers, work);
            }
            opcode => {
                cfg[id].instructions[index].handler = handler;
                if opcode == Opcode::YIELD_VALUE {
                    last_yield_depth = handlers.len();
                } else if opcode == Opcode::RESUME && instr.oparg != resume::AT_FUNC_START {
                    if last_yield_depth == 1 {
                        cfg[id].instructions[index].oparg |= resume::DEPTH1;
                    }
                    last_yield_depth = 0;
                }
            }
        }
    }
    if let Some(next) = cfg[id].next
        && cfg[id].has_fallthrough()
    {
        reach(cfg, next, &handlers, work);
    }
}

fn reach(cfg: &mut Cfg, target: BlockId, handlers: &Handlers, work: &mut Vec<(BlockId, Handlers)>) {
    if !cfg[target].visited {
        cfg[target].visited = true;
        work.push((target, handlers.clone()));
    }
}
