//! Pseudo instructions become real ones, variables become slots, and the prefix is put in front.

use std::collections::HashMap;

use bytecode::code_spec::code_flags;
use bytecode::{Location, Opcode};

use super::{Cfg, ENTRY, Instr, redundant};
use crate::instructions::UnitMetadata;

/// A jump that keeps the value it tests becomes copy, test and jump.
pub(super) fn convert_conditional_jumps(cfg: &mut Cfg) {
    cfg.each_block(|cfg, id| {
        let block = &mut cfg[id];
        let Some(last) = block.instructions.last_mut() else { return };
        last.opcode = match last.opcode {
            Opcode::JUMP_IF_FALSE => Opcode::POP_JUMP_IF_FALSE,
            Opcode::JUMP_IF_TRUE => Opcode::POP_JUMP_IF_TRUE,
            _ => return,
        };
        let jump = *last;
        let test = [
            Instr { opcode: Opcode::COPY, oparg: 1, target: None, ..jump },
            Instr { opcode: Opcode::TO_BOOL, oparg: 0, target: None, ..jump },
        ];
        block.insert(block.instructions.len() - 1, &test);
    });
}

/// Which slot of the frame each cell and free variable has, by its index among cells followed by free variables. A cell that
/// is a local (a parameter, or a local of an inlined comprehension) has the local's slot.
pub(crate) fn cell_slots(unit: &UnitMetadata) -> Vec<u32> {
    let names: &[_] = if unit.cellvars.is_empty() { &[] } else { &unit.varnames };
    let locals: HashMap<&str, usize> =
        names.iter().enumerate().map(|(slot, name)| (&**name, slot)).collect();
    let mut next = unit.varnames.len();
    let mut free_slot = || {
        next += 1;
        next - 1
    };
    let cells = unit.cellvars.iter().map(|name| locals.get(&**name).copied());
    cells
        .chain(unit.freevars.iter().map(|_| None))
        .map(|local| local.unwrap_or_else(&mut free_slot))
        .map(|slot| u32::try_from(slot).expect("fewer than 2^32 slots"))
        .collect()
}

/// Adds the prefix instructions and turns indices of cells into slots.
pub(super) fn prepare_localsplus(cfg: &mut Cfg, unit: &UnitMetadata) {
    let slots = cell_slots(unit);
    let prefix = prefix_instructions(unit, &slots);
    cfg[ENTRY].insert(0, &prefix);
    cfg.each_block(|cfg, id| {
        for instr in &mut cfg[id].instructions {
            if matches!(
                instr.opcode,
                Opcode::MAKE_CELL
                    | Opcode::LOAD_CLOSURE
                    | Opcode::LOAD_DEREF
                    | Opcode::STORE_DEREF
                    | Opcode::DELETE_DEREF
                    | Opcode::LOAD_FROM_DICT_OR_DEREF
            ) {
                instr.oparg = slots[instr.oparg as usize];
            }
        }
    });
}

/// `COPY_FREE_VARS`, then the cells in the order of their slots, then the start of a generator.
fn prefix_instructions(unit: &UnitMetadata, slots: &[u32]) -> Vec<Instr> {
    const GENERATORS: u32 =
        code_flags::GENERATOR | code_flags::COROUTINE | code_flags::ASYNC_GENERATOR;
    let mut prefix = Vec::new();
    if !unit.freevars.is_empty() {
        let count = u32::try_from(unit.freevars.len()).expect("fewer than 2^32 slots");
        prefix.push(Instr::new(Opcode::COPY_FREE_VARS, count, Location::NONE));
    }
    let mut cells: Vec<u32> = (0..).take(unit.cellvars.len()).collect();
    cells.sort_by_key(|&cell| slots[cell as usize]);
    prefix
        .extend(cells.into_iter().map(|cell| Instr::new(Opcode::MAKE_CELL, cell, Location::NONE)));
    if unit.flags & GENERATORS != 0 {
        let location = Location::line(unit.firstlineno);
        prefix.push(Instr::new(Opcode::RETURN_GENERATOR, 0, location));
        prefix.push(Instr::new(Opcode::POP_TOP, 0, location));
    }
    prefix
}

/// Block pushes vanish; the other pseudo instructions become what they stand for, but for jumps.
pub(super) fn convert_pseudo_ops(cfg: &mut Cfg) {
    cfg.each_block(|cfg, id| {
        for instr in &mut cfg[id].instructions {
            match instr.opcode {
                opcode if opcode.is_block_push() => instr.set_nop(),
                Opcode::LOAD_CLOSURE => instr.opcode = Opcode::LOAD_FAST,
                Opcode::STORE_FAST_MAYBE_NULL => instr.opcode = Opcode::STORE_FAST,
                _ => {}
            }
        }
    });
    redundant::remove_nops_and_jumps(cfg);
}
