//! The optimised graph becomes a code object: offsets, jumps, location table, exception table. CPython's assemble.c.

use std::sync::Arc;

use bytecode::code_spec::{code_flags, local_kinds};
use bytecode::code_unit::{CodeUnit, instruction_size, push_instruction};
use bytecode::exception_table::{ExceptionEntry, push_entry};
use bytecode::location_table::LocationWriter;
use bytecode::{CodeSpec, Location, Opcode};
use syntax::error::SyntaxError;

use crate::flowgraph::{self, BlockId, Cfg, cell_slots};
use crate::instructions::{InstructionSequence, UnitMetadata};
use crate::stages::{self, UnitStages};

/// How many code units before the end of `async for` its monitoring looks for the SEND's end (CPython's `END_SEND_OFFSET`).
const END_SEND_OFFSET: u32 = 5;

/// An instruction in its final order.
struct Placed {
    opcode: Opcode,
    oparg: u32,
    location: Location,
    /// The block that a jump leads to.
    target: Option<BlockId>,
    /// The block of its exception handler.
    handler: Option<BlockId>,
    /// Its first code unit.
    offset: u32,
    /// Its code units.
    size: u32,
}

/// Optimises codegen's instructions and makes the code object of a unit. What it looks like on the way is added to `shown`,
/// for whoever wants to see it.
///
/// # Errors
/// None so far: what a program can do wrong was found before.
#[expect(clippy::needless_pass_by_value, reason = "the sequence ends here")]
pub fn finish(
    sequence: InstructionSequence,
    mut unit: UnitMetadata,
    mut shown: Option<&mut Vec<UnitStages>>,
) -> Result<CodeSpec, SyntaxError> {
    if let Some(all) = &mut shown {
        let generated = stages::generated(&sequence, &unit);
        let qualname = Arc::clone(&unit.qualname);
        all.push(UnitStages { qualname, generated, optimized: Vec::new() });
    }
    let lowered = flowgraph::optimize(&sequence, &mut unit, |cfg, unit| {
        if let Some(last) = shown.and_then(|all| all.last_mut()) {
            last.optimized = stages::optimized(cfg, unit);
        }
    });
    let (starts, count) = block_starts(&lowered.cfg);
    let mut instructions = place_instructions(&lowered.cfg, &starts, count);
    resolve_jumps(&mut instructions, &starts);
    resolve_next_locations(&mut instructions);
    let (localsplusnames, localspluskinds) = localsplus(&unit);
    Ok(CodeSpec {
        code: code(&instructions),
        consts: unit.consts.into_vec().into(),
        names: unit.names.into(),
        localsplusnames: localsplusnames.into(),
        localspluskinds: localspluskinds.into_vec().into(),
        argcount: unit.argcount,
        posonlyargcount: unit.posonlyargcount,
        kwonlyargcount: unit.kwonlyargcount,
        flags: unit.flags,
        stacksize: lowered.stacksize,
        firstlineno: unit.firstlineno,
        name: unit.name,
        qualname: unit.qualname,
        filename: unit.filename,
        linetable: linetable(&instructions, unit.firstlineno).into_vec().into(),
        exceptiontable: exceptiontable(&instructions, &lowered.cfg, &starts).into_vec().into(),
    })
}

/// The index of each block's first instruction in the row, and how many instructions there are.
fn block_starts(cfg: &Cfg) -> (Vec<usize>, usize) {
    let mut starts = cfg.new_block_map();
    let mut count = 0;
    for id in cfg.order() {
        starts[id.index()] = count;
        count += cfg[id].instructions.len();
    }
    (starts, count)
}

/// The blocks' instructions in one row. As in CPython the first guess of a jump's distance is its target's index, for that
/// decides which EXTENDED_ARGs stay when more than one outcome is stable.
fn place_instructions(cfg: &Cfg, starts: &[usize], count: usize) -> Vec<Placed> {
    let mut placed = Vec::with_capacity(count);
    for id in cfg.order() {
        for instr in &cfg[id].instructions {
            let target = instr.target.filter(|_| instr.opcode.has_target());
            let (mut opcode, mut oparg) = (instr.opcode, instr.oparg);
            if let Some(target) = target {
                let start = starts[target.index()];
                opcode = directed(opcode, start > placed.len());
                oparg = argument(start);
            }
            placed.push(Placed {
                opcode,
                oparg,
                location: instr.location,
                target,
                handler: instr.handler,
                offset: 0,
                size: units(opcode, oparg),
            });
        }
    }
    placed
}

/// The opcode of a jump once its direction is known.
const fn directed(opcode: Opcode, forward: bool) -> Opcode {
    match opcode {
        Opcode::JUMP | Opcode::JUMP_NO_INTERRUPT if forward => Opcode::JUMP_FORWARD,
        Opcode::JUMP => Opcode::JUMP_BACKWARD,
        Opcode::JUMP_NO_INTERRUPT => Opcode::JUMP_BACKWARD_NO_INTERRUPT,
        other => other,
    }
}

fn units(opcode: Opcode, oparg: u32) -> u32 {
    argument(instruction_size(opcode, oparg))
}

fn argument(number: usize) -> u32 {
    u32::try_from(number).expect("a code object has fewer than 2^30 code units")
}

/// Distances depend on sizes and sizes on distances: repeated until both agree.
fn resolve_jumps(instructions: &mut [Placed], starts: &[usize]) {
    loop {
        let mut offset = 0;
        for instruction in instructions.iter_mut() {
            instruction.offset = offset;
            offset += instruction.size;
        }
        let mut stable = true;
        let mut end = 0;
        for index in 0..instructions.len() {
            let old_size = instructions[index].size;
            end += old_size;
            let Some(target) = instructions[index].target else { continue };
            let to = instructions[starts[target.index()]].offset;
            let instruction = &mut instructions[index];
            instruction.oparg = match instruction.opcode {
                Opcode::END_ASYNC_FOR => end - to - END_SEND_OFFSET,
                _ if to < end => end - to,
                _ => to - end,
            };
            instruction.size = units(instruction.opcode, instruction.oparg);
            stable &= instruction.size == old_size;
        }
        if stable {
            return;
        }
    }
}

/// `NEXT` locations take that of the instruction behind, but for what ends a block.
fn resolve_next_locations(instructions: &mut [Placed]) {
    let mut next = Location::NONE;
    for instruction in instructions.iter_mut().rev() {
        if instruction.location == Location::NEXT {
            let ends = instruction.opcode.is_terminator();
            instruction.location = if ends { Location::NONE } else { next };
        }
        next = instruction.location;
    }
}

/// How many code units all instructions have.
fn unit_count(instructions: &[Placed]) -> usize {
    instructions.last().map_or(0, |last| (last.offset + last.size) as usize)
}

fn code(instructions: &[Placed]) -> Box<[CodeUnit]> {
    let mut code = Vec::with_capacity(unit_count(instructions));
    for instruction in instructions {
        push_instruction(&mut code, instruction.opcode, instruction.oparg);
    }
    code.into_boxed_slice()
}

fn linetable(instructions: &[Placed], firstlineno: i32) -> Box<[u8]> {
    let mut writer = LocationWriter::new(firstlineno, unit_count(instructions));
    let runs = instructions.chunk_by(|first, second| first.location == second.location);
    for run in runs {
        writer.add(run[0].location, run.iter().map(|placed| placed.size as usize).sum());
    }
    writer.finish()
}

fn exceptiontable(instructions: &[Placed], cfg: &Cfg, starts: &[usize]) -> Box<[u8]> {
    let mut table = Vec::new();
    let start_of = |placed: &Placed| placed.handler.map(|handler| starts[handler.index()]);
    let runs = instructions.chunk_by(|a, b| a.handler == b.handler || start_of(a) == start_of(b));
    for run in runs {
        let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
        let Some(handler) = first.handler else { continue };
        let block = &cfg[handler];
        let depth = block.start_depth - 1 - i32::from(block.preserve_lasti);
        let entry = ExceptionEntry {
            start: first.offset as usize,
            end: (last.offset + last.size) as usize,
            target: instructions[starts[handler.index()]].offset as usize,
            depth: u32::try_from(depth).expect("a handler is entered with an exception"),
            lasti: block.preserve_lasti,
        };
        push_entry(&mut table, &entry);
    }
    table.into_boxed_slice()
}

/// Names and kinds of the frame's slots.
fn localsplus(unit: &UnitMetadata) -> (Box<[Arc<str>]>, Box<[u8]>) {
    let mut names = unit.varnames.clone();
    let mut kinds = vec![local_kinds::LOCAL; names.len()];
    for (kind, parameter) in kinds.iter_mut().zip(parameter_kinds(unit)) {
        *kind |= parameter;
    }
    for (kind, name) in kinds.iter_mut().zip(&unit.varnames) {
        if unit.hidden.contains(name) {
            *kind |= local_kinds::HIDDEN;
        }
    }
    let slots = cell_slots(unit);
    let cells = unit.cellvars.iter().map(|name| (name, local_kinds::CELL));
    let frees = unit.freevars.iter().map(|name| (name, local_kinds::FREE));
    for ((name, kind), slot) in cells.chain(frees).zip(slots) {
        if let Some(known) = kinds.get_mut(slot as usize) {
            *known |= kind;
        } else {
            names.push(name.clone());
            kinds.push(kind);
        }
    }
    (names.into(), kinds.into())
}

fn parameter_kinds(unit: &UnitMetadata) -> Vec<u8> {
    use local_kinds::{ARG_KW, ARG_POS, ARG_VAR};
    let positional_only = unit.posonlyargcount as usize;
    let mut kinds = vec![ARG_POS; positional_only];
    kinds.resize(unit.argcount as usize, ARG_POS | ARG_KW);
    kinds.resize(kinds.len() + unit.kwonlyargcount as usize, ARG_KW);
    if unit.flags & code_flags::VARARGS != 0 {
        kinds.push(ARG_VAR | ARG_POS);
    }
    if unit.flags & code_flags::VARKEYWORDS != 0 {
        kinds.push(ARG_VAR | ARG_KW);
    }
    kinds
}
