//! Jumps: copied exits instead of a jump to them, jumps to jumps, and the direction of conditional ones.

use bytecode::Opcode;

use super::{BlockId, Cfg, Instr};

/// The most instructions of an exit block that is copied.
const COPY_SIZE_MAX: usize = 4;

/// Where a block ends with a jump to a small block that leaves the code object, or to one without lines: copies that block
/// in place of the jump.
pub(super) fn inline_small_or_no_line_blocks(cfg: &mut Cfg) {
    loop {
        let mut changed = false;
        cfg.each_block(|cfg, id| changed |= inline_target(cfg, id));
        if !changed {
            return;
        }
    }
}

fn inline_target(cfg: &mut Cfg, id: BlockId) -> bool {
    let Some(&last) = cfg[id].last() else { return false };
    if !last.opcode.is_unconditional_jump() {
        return false;
    }
    let target_id = last.leads_to();
    let target = &cfg[target_id];
    let small_exit = target.exits_scope() && target.instructions.len() <= COPY_SIZE_MAX;
    let no_line = target.has_no_line() && !target.has_fallthrough();
    if !small_exit && !no_line {
        return false;
    }
    let copied = target.instructions.clone();
    let block = &mut cfg[id];
    if let Some(jump) = block.instructions.last_mut() {
        jump.set_nop();
    }
    block.append(&copied);
    if no_line
        && last.opcode == Opcode::JUMP
        && let Some(new_last) = block.instructions.last_mut()
        && new_last.opcode.is_unconditional_jump()
    {
        // The eval breaker must still be looked at.
        new_last.opcode = Opcode::JUMP;
    }
    cfg[target_id].predecessors = cfg[target_id].predecessors.wrapping_sub(1);
    true
}

/// Leads the block's last jump, which stands at `index`, past the jump that its target starts with. The jump stays as a NOP
/// for its line. False if the two lead to the same place: then nothing changes, and a loop would never end.
pub(super) fn thread(
    cfg: &mut Cfg,
    id: BlockId,
    index: usize,
    beyond: &Instr,
    opcode: Opcode,
) -> bool {
    let block = &mut cfg[id];
    if block.instructions[index].target == beyond.target {
        return false;
    }
    block.instructions[index].set_nop();
    block.add(Instr::jump(opcode, beyond.leads_to(), beyond.location));
    true
}

/// Makes conditional jumps lead forward, and marks the way on that they do not take. The order of the blocks is final.
pub(super) fn normalize(cfg: &mut Cfg) {
    cfg.clear_visited();
    cfg.each_block(|cfg, id| {
        cfg[id].visited = true;
        normalize_block(cfg, id);
    });
}

fn normalize_block(cfg: &mut Cfg, id: BlockId) {
    let Some(&last) = cfg[id].last() else { return };
    if !last.opcode.is_conditional_jump() {
        return;
    }
    let not_taken = Instr::new(Opcode::NOT_TAKEN, 0, last.location);
    let target = last.leads_to();
    if !cfg[target].visited {
        cfg[id].add(not_taken);
        return;
    }
    let reversed = match last.opcode {
        Opcode::POP_JUMP_IF_NOT_NONE => Opcode::POP_JUMP_IF_NONE,
        Opcode::POP_JUMP_IF_NONE => Opcode::POP_JUMP_IF_NOT_NONE,
        Opcode::POP_JUMP_IF_FALSE => Opcode::POP_JUMP_IF_TRUE,
        _ => Opcode::POP_JUMP_IF_FALSE,
    };
    let next = cfg[id].next;
    let back = cfg.new_block();
    let start_depth = cfg[target].start_depth;
    let cold = cfg[id].cold;
    let block = &mut cfg[back];
    block.instructions = vec![not_taken, Instr::jump(Opcode::JUMP, target, last.location)];
    block.start_depth = start_depth;
    block.cold = cold;
    block.next = next;
    block.visited = true;
    cfg[id].next = Some(back);
    if let Some(jump) = cfg[id].instructions.last_mut() {
        jump.opcode = reversed;
        jump.target = next;
    }
}
