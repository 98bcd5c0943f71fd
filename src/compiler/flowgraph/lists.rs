//! Displays of constants: tuples, lists and sets that are made when the code is compiled.

use bytecode::{Constant, ConstantTable, Location, Opcode};

use super::Instr;
use super::consts::{make_load, value_of};

/// The longest display that is folded.
const DISPLAY_SIZE_MAX: usize = 30;

/// The shortest list or set that is made from a constant tuple where it is not iterated over.
const SEQUENCE_SIZE_MIN: usize = 3;

/// The places of the `count` loads of constants right before `index`, NOPs passed over; None if they are not there.
pub(super) fn const_loads_before(
    block: &[Instr],
    index: usize,
    count: usize,
) -> Option<Vec<usize>> {
    let mut places = Vec::with_capacity(count);
    for place in (0..index).rev() {
        if places.len() == count {
            break;
        }
        let instr = &block[place];
        if instr.opcode == Opcode::NOP {
            continue;
        }
        if !instr.loads_const() {
            return None;
        }
        places.push(place);
    }
    places.reverse();
    (places.len() == count).then_some(places)
}

/// Makes NOPs without location of the instructions.
pub(super) fn nop_out(block: &mut [Instr], places: &[usize]) {
    for &place in places {
        block[place].set_nop();
        block[place].location = Location::NONE;
    }
}

fn values_at(block: &[Instr], places: &[usize], consts: &ConstantTable) -> Vec<Constant> {
    places.iter().map(|&place| value_of(&block[place], consts)).collect()
}

/// A tuple of constants becomes a constant.
pub(super) fn fold_tuple(block: &mut [Instr], index: usize, consts: &mut ConstantTable) {
    let size = block[index].oparg as usize;
    if size > DISPLAY_SIZE_MAX {
        return;
    }
    let Some(places) = const_loads_before(block, index, size) else { return };
    let tuple = Constant::Tuple(values_at(block, &places, consts).into());
    nop_out(block, &places);
    make_load(&mut block[index], tuple, consts);
}

/// A display that constants are added to one by one.
struct Filled {
    /// The loads of its elements, in order.
    loads: Vec<usize>,
    /// What adds them.
    adds: Vec<usize>,
    /// The empty display.
    start: usize,
}

impl Filled {
    /// The display that `add` fills right before `index`, NOPs passed over.
    fn before(block: &[Instr], index: usize, build: Opcode, add: Opcode) -> Option<Self> {
        let (mut loads, mut adds) = (Vec::new(), Vec::new());
        for place in (0..index).rev() {
            let Instr { opcode, oparg, .. } = block[place];
            let wants_add = adds.len() == loads.len();
            if opcode == Opcode::NOP {
                continue;
            }
            if wants_add && opcode == build && oparg == 0 {
                loads.reverse();
                return Some(Self { loads, adds, start: place });
            }
            if wants_add && opcode == add && oparg == 1 {
                adds.push(place);
            } else if !wants_add && block[place].loads_const() {
                loads.push(place);
            } else {
                return None;
            }
        }
        None
    }

    fn nop_out(&self, block: &mut [Instr]) {
        nop_out(block, &self.loads);
        nop_out(block, &self.adds);
        nop_out(block, &[self.start]);
    }
}

/// A list that is filled with constants one by one and made a tuple (a long tuple display) becomes a constant.
pub(super) fn fold_list_to_tuple(block: &mut [Instr], index: usize, consts: &mut ConstantTable) {
    let filled = Filled::before(block, index, Opcode::BUILD_LIST, Opcode::LIST_APPEND);
    let Some(filled) = filled else { return };
    let tuple = Constant::Tuple(values_at(block, &filled.loads, consts).into());
    filled.nop_out(block);
    make_load(&mut block[index], tuple, consts);
}

/// A long list or set of constants, the last of which is added at `index`, that is only iterated over or searched becomes a
/// constant. CPython gives it no location of its own.
pub(super) fn fold_long_display(block: &mut [Instr], index: usize, consts: &mut ConstantTable) {
    let add = block[index].opcode;
    let is_list = add == Opcode::LIST_APPEND;
    let build = if is_list { Opcode::BUILD_LIST } else { Opcode::BUILD_SET };
    let Some(filled) = Filled::before(block, index + 1, build, add) else { return };
    let values = values_at(block, &filled.loads, consts);
    let folded = if is_list { Constant::Tuple(values.into()) } else { frozen_set(values) };
    filled.nop_out(block);
    make_load(&mut block[index], folded, consts);
}

/// A list or set that is only iterated over or searched becomes a tuple or frozenset; a longer one of constants is made from
/// a constant tuple or frozenset.
pub(super) fn optimize_list_or_set(
    block: &mut [Instr],
    index: usize,
    next: Opcode,
    consts: &mut ConstantTable,
) {
    let display = block[index];
    let is_list = display.opcode == Opcode::BUILD_LIST;
    let iterated = matches!(next, Opcode::GET_ITER | Opcode::CONTAINS_OP);
    let size = display.oparg as usize;
    if size > DISPLAY_SIZE_MAX || size < SEQUENCE_SIZE_MIN && !iterated {
        return;
    }
    let Some(places) = const_loads_before(block, index, size) else {
        if iterated && is_list {
            block[index].opcode = Opcode::BUILD_TUPLE;
        }
        return;
    };
    let values = values_at(block, &places, consts);
    let folded = if is_list { Constant::Tuple(values.into()) } else { frozen_set(values) };
    let constant = consts.add(folded);
    nop_out(block, &places);
    if iterated {
        block[index].set(Opcode::LOAD_CONST, constant);
    } else {
        block[index - 2].location = display.location;
        block[index - 2].set(display.opcode, 0);
        block[index - 1].set(Opcode::LOAD_CONST, constant);
        block[index].set(if is_list { Opcode::LIST_EXTEND } else { Opcode::SET_UPDATE }, 1);
    }
}

/// A frozenset: of values that Python calls equal only the first is in it.
fn frozen_set(values: Vec<Constant>) -> Constant {
    let mut distinct: Vec<Constant> = Vec::with_capacity(values.len());
    for value in values {
        if !distinct.iter().any(|other| super::evaluate::equal(other, &value)) {
            distinct.push(value);
        }
    }
    Constant::FrozenSet(distinct.into())
}
