//! Constants: small integers, jumps and tests whose condition is known, constants that nothing uses.

use bytecode::metadata::flags;
use bytecode::{Constant, ConstantTable, Opcode};

use super::evaluate::truth;
use super::{BlockId, Cfg, Instr};

/// The largest argument of `LOAD_SMALL_INT`.
const SMALL_INT_MAX: i64 = 255;

/// The value that an instruction loads. Only for loads of constants.
pub(super) fn value_of(instr: &Instr, consts: &ConstantTable) -> Constant {
    if instr.opcode == Opcode::LOAD_SMALL_INT {
        Constant::Int(i64::from(instr.oparg))
    } else {
        consts.get(instr.oparg).clone()
    }
}

fn small_int(constant: &Constant) -> Option<u32> {
    match constant {
        Constant::Int(value @ 0..=SMALL_INT_MAX) => u32::try_from(*value).ok(),
        _ => None,
    }
}

/// Makes the instruction load the constant, which is added if need be.
pub(super) fn make_load(instr: &mut Instr, constant: Constant, consts: &mut ConstantTable) {
    match small_int(&constant) {
        Some(value) => instr.set(Opcode::LOAD_SMALL_INT, value),
        None => instr.set(Opcode::LOAD_CONST, consts.add(constant)),
    }
}

/// Small integers become `LOAD_SMALL_INT`; what tests a constant becomes its outcome.
pub(super) fn optimize_loads(cfg: &mut Cfg, consts: &mut ConstantTable) {
    cfg.each_block(|cfg, id| optimize_loads_of(cfg, id, consts));
}

fn optimize_loads_of(cfg: &mut Cfg, id: BlockId, consts: &mut ConstantTable) {
    let block = &mut cfg[id].instructions;
    // The load whose value is on top of the stack: this instruction, or the one that it copies.
    let mut load = Instr::new(Opcode::NOP, 0, bytecode::Location::NONE);
    for index in 0..block.len() {
        let instr = &mut block[index];
        if instr.opcode == Opcode::LOAD_CONST
            && let Some(value) = small_int(consts.get(instr.oparg))
        {
            instr.set(Opcode::LOAD_SMALL_INT, value);
        }
        let copies_const =
            load.opcode == Opcode::LOAD_CONST && instr.opcode == Opcode::COPY && instr.oparg == 1;
        if !copies_const {
            load = *instr;
        }
        if !load.loads_const() {
            continue;
        }
        match block.get(index + 1).map(|next| next.opcode) {
            Some(
                Opcode::POP_JUMP_IF_FALSE
                | Opcode::POP_JUMP_IF_TRUE
                | Opcode::JUMP_IF_FALSE
                | Opcode::JUMP_IF_TRUE,
            ) => decide_jump(block, index, truth(&value_of(&load, consts))),
            Some(Opcode::IS_OP) if matches!(value_of(&load, consts), Constant::None) => {
                jump_on_none(block, index);
            }
            Some(Opcode::TO_BOOL) => {
                let truth = truth(&value_of(&load, consts));
                block[index].set_nop();
                block[index + 1].set(Opcode::LOAD_CONST, consts.add(Constant::bool(truth)));
            }
            _ => {}
        }
    }
}

/// The conditional jump behind the load at `index` always jumps, or never.
fn decide_jump(block: &mut [Instr], index: usize, truth: bool) {
    let jump = block[index + 1].opcode;
    if matches!(jump, Opcode::POP_JUMP_IF_FALSE | Opcode::POP_JUMP_IF_TRUE) {
        block[index].set_nop();
    }
    let jumps_if = matches!(jump, Opcode::POP_JUMP_IF_TRUE | Opcode::JUMP_IF_TRUE);
    if truth == jumps_if {
        block[index + 1].opcode = Opcode::JUMP;
    } else {
        block[index + 1].set_nop();
    }
}

/// `None` at `index`, compared by `is` and jumped upon: one instruction does.
fn jump_on_none(block: &mut [Instr], index: usize) {
    let mut place = index + 2;
    let Some(after) = block.get_mut(place) else { return };
    if after.opcode == Opcode::TO_BOOL {
        after.set_nop();
        place += 1;
    }
    let mut inverted = block[index + 1].oparg != 0;
    let Some(jump) = block.get_mut(place) else { return };
    match jump.opcode {
        Opcode::POP_JUMP_IF_FALSE => inverted = !inverted,
        Opcode::POP_JUMP_IF_TRUE => {}
        _ => return,
    }
    jump.opcode = if inverted { Opcode::POP_JUMP_IF_NOT_NONE } else { Opcode::POP_JUMP_IF_NONE };
    block[index].set_nop();
    block[index + 1].set_nop();
}

/// Drops the constants that no instruction loads; the first stays, it may be the docstring.
pub(super) fn remove_unused(cfg: &mut Cfg, consts: &mut ConstantTable) {
    let count = consts.as_slice().len();
    if count == 0 {
        return;
    }
    let mut used = vec![false; count];
    used[0] = true;
    cfg.each_block(|cfg, id| {
        for instr in cfg[id].instructions.iter().filter(|instr| instr.opcode.has(flags::CONST)) {
            used[instr.oparg as usize] = true;
        }
    });
    if used.iter().all(|used| *used) {
        return;
    }
    let mut kept = ConstantTable::new();
    let mut new_index = vec![0; count];
    for (index, constant) in std::mem::take(consts).into_vec().into_iter().enumerate() {
        if used[index] {
            new_index[index] = kept.add(constant);
        }
    }
    *consts = kept;
    cfg.each_block(|cfg, id| {
        for instr in cfg[id].instructions.iter_mut().filter(|instr| instr.opcode.has(flags::CONST))
        {
            instr.oparg = new_index[instr.oparg as usize];
        }
    });
}
