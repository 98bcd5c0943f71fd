//! `co_stacksize`: how deep the value stack gets on any way through the graph.

use bytecode::Opcode;
use bytecode::metadata::{Flow, stack_effect};

use super::{BlockId, Cfg, DEPTH_UNKNOWN, ENTRY, Instr};

fn effect(instr: &Instr, flow: Flow) -> i32 {
    let oparg = i32::try_from(instr.oparg).expect("arguments have at most 30 bits");
    stack_effect(instr.opcode, oparg, flow).expect("the compiler emits no specialised instruction")
}

/// Follows every way; writes the depth at the start of each block.
pub(super) fn calculate(cfg: &mut Cfg) -> u32 {
    cfg.each_block(|cfg, id| cfg[id].start_depth = DEPTH_UNKNOWN);
    // A frame's stack has room for one value at least.
    let mut deepest = 1;
    let mut work = Vec::new();
    reach(cfg, ENTRY, 0, &mut work);
    while let Some(id) = work.pop() {
        let mut depth = cfg[id].start_depth;
        for index in 0..cfg[id].instructions.len() {
            let instr = cfg[id].instructions[index];
            deepest = deepest.max(depth);
            if instr.opcode.has_target() && instr.opcode != Opcode::END_ASYNC_FOR {
                reach(cfg, instr.leads_to(), depth + effect(&instr, Flow::Jump), &mut work);
            }
            depth += effect(&instr, Flow::Next);
            debug_assert!(depth >= 0, "{} takes more than there is", instr.opcode.name());
        }
        if let Some(next) = cfg[id].next
            && cfg[id].has_fallthrough()
        {
            reach(cfg, next, depth, &mut work);
        }
    }
    u32::try_from(deepest).expect("a depth is not negative")
}

fn reach(cfg: &mut Cfg, id: BlockId, depth: i32, work: &mut Vec<BlockId>) {
    let block = &mut cfg[id];
    debug_assert!(
        block.start_depth < 0 || block.start_depth == depth,
        "two ways to a block must agree about its depth"
    );
    if block.start_depth < 0 {
        block.start_depth = depth;
        work.push(id);
    }
}
