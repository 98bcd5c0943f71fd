//! Local rewrites within a block, and superinstructions.

use bytecode::intrinsics::Intrinsic1;
use bytecode::{ConstantTable, Opcode};

use super::{BlockId, Cfg, Instr, fold, jumps, lists, redundant, swaps};

/// What to look at after a rewrite.
enum Step {
    /// The next instruction.
    Next,
    /// This instruction again: its target changed.
    Again,
}

/// The bit of `COMPARE_OP`'s argument that asks for a bool.
const COMPARE_BOOL: u32 = 16;

/// CPython's `optimize_basic_block`.
pub(super) fn optimize_block(cfg: &mut Cfg, id: BlockId, consts: &mut ConstantTable) {
    let mut index = 0;
    while index < cfg[id].instructions.len() {
        let step = if cfg[id].instructions[index].opcode.has_target() {
            optimize_jump(cfg, id, index)
        } else {
            optimize_instruction(&mut cfg[id].instructions, index, consts);
            Step::Next
        };
        if matches!(step, Step::Next) {
            index += 1;
        }
    }
    swaps::optimize(&mut cfg[id].instructions);
}

/// Leads a jump to where the jump goes that it leads to.
fn optimize_jump(cfg: &mut Cfg, id: BlockId, index: usize) -> Step {
    use Opcode::{
        JUMP, JUMP_IF_FALSE, JUMP_IF_TRUE, JUMP_NO_INTERRUPT, POP_JUMP_IF_FALSE, POP_JUMP_IF_NONE,
        POP_JUMP_IF_NOT_NONE, POP_JUMP_IF_TRUE,
    };
    let instr = cfg[id].instructions[index];
    let Some(&beyond) = cfg[instr.leads_to()].instructions.first() else { return Step::Next };
    let opcode = match (instr.opcode, beyond.opcode) {
        (POP_JUMP_IF_NOT_NONE | POP_JUMP_IF_NONE | POP_JUMP_IF_FALSE | POP_JUMP_IF_TRUE, JUMP)
        | (JUMP_IF_FALSE, JUMP | JUMP_IF_FALSE)
        | (JUMP_IF_TRUE, JUMP | JUMP_IF_TRUE)
        | (JUMP | JUMP_NO_INTERRUPT, JUMP_NO_INTERRUPT) => instr.opcode,
        (JUMP | JUMP_NO_INTERRUPT, JUMP) => JUMP,
        (JUMP_IF_FALSE, JUMP_IF_TRUE) | (JUMP_IF_TRUE, JUMP_IF_FALSE) => {
            // The value is known at the target: its jump is not taken.
            let past = cfg[instr.leads_to()].next;
            cfg[id].instructions[index].target = past;
            return Step::Again;
        }
        _ => return Step::Next,
    };
    jumps::thread(cfg, id, index, &beyond, opcode);
    Step::Next
}

fn optimize_instruction(block: &mut [Instr], index: usize, consts: &mut ConstantTable) {
    let Instr { opcode, oparg, location, .. } = block[index];
    let next = block.get(index + 1).copied();
    let next_opcode = next.map_or(Opcode::CACHE, |next| next.opcode);
    match opcode {
        Opcode::BUILD_TUPLE => {
            if next
                .is_some_and(|next| next.opcode == Opcode::UNPACK_SEQUENCE && next.oparg == oparg)
                && (1..=3).contains(&oparg)
            {
                block[index].set_nop();
                if oparg == 1 {
                    block[index + 1].set_nop();
                } else {
                    block[index + 1].opcode = Opcode::SWAP;
                }
            } else {
                lists::fold_tuple(block, index, consts);
            }
        }
        Opcode::LIST_APPEND | Opcode::SET_ADD
            if oparg == 1 && matches!(next_opcode, Opcode::GET_ITER | Opcode::CONTAINS_OP) =>
        {
            lists::fold_long_display(block, index, consts);
        }
        Opcode::BUILD_LIST | Opcode::BUILD_SET => {
            lists::optimize_list_or_set(block, index, next_opcode, consts);
        }
        Opcode::STORE_FAST
            if next.is_some_and(|next| {
                (next.opcode, next.oparg) == (opcode, oparg) && next.location.line == location.line
            }) =>
        {
            block[index].set(Opcode::POP_TOP, 0);
        }
        Opcode::SWAP if oparg == 1 => block[index].set_nop(),
        Opcode::LOAD_GLOBAL if next_opcode == Opcode::PUSH_NULL && oparg & 1 == 0 => {
            block[index].oparg |= 1;
            block[index + 1].set_nop();
        }
        Opcode::COMPARE_OP if next_opcode == Opcode::TO_BOOL => {
            block[index].set_nop();
            block[index + 1].set(opcode, oparg | COMPARE_BOOL);
        }
        Opcode::CONTAINS_OP | Opcode::IS_OP => {
            let inverted = match next_opcode {
                Opcode::TO_BOOL => oparg,
                Opcode::UNARY_NOT => oparg ^ 1,
                _ => return,
            };
            block[index].set_nop();
            block[index + 1].set(opcode, inverted);
        }
        Opcode::TO_BOOL if next_opcode == Opcode::TO_BOOL => block[index].set_nop(),
        Opcode::UNARY_NOT if next_opcode == Opcode::TO_BOOL => {
            block[index].set_nop();
            block[index + 1].set(Opcode::UNARY_NOT, 0);
        }
        Opcode::UNARY_NOT if next_opcode == Opcode::UNARY_NOT => {
            block[index].set_nop();
            block[index + 1].set_nop();
        }
        Opcode::UNARY_NOT | Opcode::UNARY_INVERT | Opcode::UNARY_NEGATIVE => {
            fold::fold_unary(block, index, consts);
        }
        Opcode::CALL_INTRINSIC_1 => match Intrinsic1::from_number(oparg) {
            Some(Intrinsic1::ListToTuple) => {
                lists::fold_list_to_tuple(block, index, consts);
                if block[index].opcode == Opcode::CALL_INTRINSIC_1
                    && next_opcode == Opcode::GET_ITER
                {
                    block[index].set_nop();
                }
            }
            Some(Intrinsic1::UnaryPositive) => fold::fold_unary(block, index, consts),
            _ => {}
        },
        Opcode::BINARY_OP => fold::fold_binary(block, index, consts),
        _ => {}
    }
}

/// Pairs of loads and stores of locals become one instruction.
pub(super) fn insert_superinstructions(cfg: &mut Cfg) {
    cfg.each_block(|cfg, id| {
        let block = &mut cfg[id].instructions;
        for index in 1..block.len() {
            let joined = match (block[index - 1].opcode, block[index].opcode) {
                (Opcode::LOAD_FAST, Opcode::LOAD_FAST) => Opcode::LOAD_FAST_LOAD_FAST,
                (Opcode::STORE_FAST, Opcode::LOAD_FAST) => Opcode::STORE_FAST_LOAD_FAST,
                (Opcode::STORE_FAST, Opcode::STORE_FAST) => Opcode::STORE_FAST_STORE_FAST,
                _ => continue,
            };
            join(block, index - 1, joined);
        }
    });
    redundant::remove_nops(cfg);
}

/// Joins two instructions unless they stand on different lines or their arguments do not fit four bits each.
fn join(block: &mut [Instr], index: usize, joined: Opcode) {
    let (first, second) = (block[index], block[index + 1]);
    let (line, next_line) = (first.location.line, second.location.line);
    if line >= 0 && next_line >= 0 && line != next_line {
        return;
    }
    if first.oparg < 16 && second.oparg < 16 {
        block[index].set(joined, first.oparg << 4 | second.oparg);
        block[index + 1].set_nop();
    }
}
