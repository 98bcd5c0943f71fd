//! Operations on constants are done when the code is compiled.

use bytecode::intrinsics::BinaryOperator;
use bytecode::{ConstantTable, Opcode};

use super::Instr;
use super::consts::{make_load, value_of};
use super::evaluate::{UnaryOperator, binary, unary};
use super::lists::{const_loads_before, nop_out};

/// Folds the unary operation at `index` if its operand is a constant and the operation does not fail.
pub(super) fn fold_unary(block: &mut [Instr], index: usize, consts: &mut ConstantTable) {
    let Some(places) = const_loads_before(block, index, 1) else { return };
    let operand = value_of(&block[places[0]], consts);
    let operator = match block[index].opcode {
        Opcode::UNARY_NEGATIVE => UnaryOperator::Negative,
        Opcode::UNARY_INVERT => UnaryOperator::Invert,
        Opcode::UNARY_NOT => UnaryOperator::Not,
        _ => UnaryOperator::Positive,
    };
    let Some(value) = unary(operator, &operand) else { return };
    nop_out(block, &places);
    make_load(&mut block[index], value, consts);
}

/// Folds the binary operation at `index` if its operands are constants and the operation neither fails nor gets large.
pub(super) fn fold_binary(block: &mut [Instr], index: usize, consts: &mut ConstantTable) {
    let Some(operator) = BinaryOperator::from_number(block[index].oparg) else { return };
    let Some(places) = const_loads_before(block, index, 2) else { return };
    let left = value_of(&block[places[0]], consts);
    let right = value_of(&block[places[1]], consts);
    let Some(value) = binary(operator, &left, &right) else { return };
    nop_out(block, &places);
    make_load(&mut block[index], value, consts);
}
