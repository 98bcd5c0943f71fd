//! A unit between the passes: what codegen wrote, and what the flow graph's passes made of it, as rows for a person.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytecode::constant_repr::repr;
use bytecode::dis::oparg_meaning;
use bytecode::metadata::flags;
use bytecode::{CodeSpec, Opcode};

use crate::flowgraph::{BlockId, Cfg};
use crate::instructions::{Instruction, InstructionSequence, UnitMetadata};

/// One code object on its way through the compiler.
#[derive(Clone, Debug)]
pub struct UnitStages {
    /// `co_qualname`
    pub qualname: Arc<str>,
    /// What codegen wrote, pseudo instructions included (`_testinternalcapi.compiler_codegen`).
    pub generated: Vec<StageRow>,
    /// The optimised graph in the order of its blocks, before pseudo instructions are replaced
    /// (`_testinternalcapi.optimize_cfg`).
    pub optimized: Vec<StageRow>,
}

/// An instruction before it has an offset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageRow {
    /// The number of the label in front of it; 0 where nothing leads to it.
    pub label: usize,
    /// The opcode.
    pub opcode: Opcode,
    /// The argument; None of a jump, whose meaning says where it leads.
    pub oparg: Option<u32>,
    /// What the argument stands for.
    pub meaning: String,
    /// The line; 0 or below for none.
    pub line: i32,
}

/// The compiled module, and each of its code objects between the passes: those inside come first, as they are finished first.
#[derive(Debug)]
pub struct Stages {
    /// The module's code object.
    pub code: CodeSpec,
    /// All code objects.
    pub units: Vec<UnitStages>,
}

/// The rows of codegen's instructions.
pub(crate) fn generated(sequence: &InstructionSequence, unit: &UnitMetadata) -> Vec<StageRow> {
    let all = sequence.instructions();
    let jumps = all.iter().filter(|instruction| instruction.opcode.has_target());
    let places: Vec<usize> = jumps.map(|jump| sequence.label_place(jump.oparg)).collect();
    let labels = numbered(places);
    let label_at = |place: usize| labels.get(&place).copied().unwrap_or(0);
    let rows = all.iter().enumerate().map(|(place, &instruction)| {
        let leads_to = instruction.opcode.has_target();
        let target = leads_to.then(|| label_at(sequence.label_place(instruction.oparg)));
        row(label_at(place), instruction, target, unit)
    });
    rows.collect()
}

/// The rows of a graph.
pub(crate) fn optimized(cfg: &Cfg, unit: &UnitMetadata) -> Vec<StageRow> {
    // An empty block is no row: what leads to it leads to the next one that has any.
    let mut places: BTreeMap<usize, usize> = BTreeMap::new();
    let mut count = 0;
    for id in cfg.order() {
        places.insert(id.index(), count);
        count += cfg[id].instructions.len();
    }
    let place_of = |id: BlockId| places.get(&id.index()).copied().unwrap_or(count);
    let all = || cfg.order().flat_map(|id| cfg[id].instructions.iter());
    let jumps = all().filter(|instr| instr.opcode.has_target());
    let labels = numbered(jumps.filter_map(|jump| jump.target).map(place_of).collect());
    let label_at = |place: usize| labels.get(&place).copied().unwrap_or(0);
    let rows = all().enumerate().map(|(place, instr)| {
        let target = instr.target.filter(|_| instr.opcode.has_target());
        let target = target.map(|id| label_at(place_of(id)));
        let (opcode, oparg, location) = (instr.opcode, instr.oparg, instr.location);
        row(label_at(place), Instruction { opcode, oparg, location }, target, unit)
    });
    rows.collect()
}

/// Numbers for places, from 1 in their order.
fn numbered(mut places: Vec<usize>) -> BTreeMap<usize, usize> {
    places.sort_unstable();
    places.dedup();
    places.into_iter().zip(1..).collect()
}

fn row(
    label: usize,
    instruction: Instruction,
    target: Option<usize>,
    unit: &UnitMetadata,
) -> StageRow {
    let Instruction { opcode, oparg, location } = instruction;
    let takes = target.is_none() && opcode.has_arg();
    let meaning = match target {
        Some(label) => format!("to L{label}"),
        None if takes => meaning(opcode, oparg, unit),
        None => String::new(),
    };
    StageRow { label, opcode, oparg: takes.then_some(oparg), meaning, line: location.line }
}

fn meaning(opcode: Opcode, oparg: u32, unit: &UnitMetadata) -> String {
    if opcode.has(flags::CONST) {
        return repr(unit.consts.get(oparg));
    }
    if opcode.has(flags::FREE) || matches!(opcode, Opcode::MAKE_CELL | Opcode::LOAD_CLOSURE) {
        let mut variables = unit.cellvars.iter().chain(&unit.freevars);
        return variables.nth(oparg as usize).map_or_else(String::new, ToString::to_string);
    }
    oparg_meaning(opcode, oparg, &unit.names, &unit.varnames)
}
