//! Code units: two bytes, an opcode and eight bits of argument; how longer arguments are written and read.

use crate::metadata::Opcode;

/// One unit of a code object's bytecode: an instruction, an EXTENDED_ARG in front of it, or a cache entry behind it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct CodeUnit {
    /// The opcode's number; 0 (CACHE) for cache entries.
    pub opcode: u8,
    /// The lowest eight bits of the argument.
    pub oparg: u8,
}

impl CodeUnit {
    /// An entry of an inline cache, empty.
    pub const CACHE: Self = Self { opcode: 0, oparg: 0 };

    /// A unit of a real opcode.
    #[must_use]
    pub const fn new(opcode: Opcode, oparg: u8) -> Self {
        Self { opcode: opcode.byte(), oparg }
    }

    /// The opcode; `None` for a number that CPython does not use.
    #[must_use]
    pub const fn opcode(self) -> Option<Opcode> {
        Opcode::from_number(self.opcode as u16)
    }
}

/// How many EXTENDED_ARG units an argument needs.
#[must_use]
pub const fn extended_arg_count(oparg: u32) -> usize {
    match oparg {
        0..=0xFF => 0,
        0x100..=0xFFFF => 1,
        0x1_0000..=0xFF_FFFF => 2,
        _ => 3,
    }
}

/// The size of an instruction in code units: EXTENDED_ARGs, itself and its cache.
#[must_use]
pub const fn instruction_size(opcode: Opcode, oparg: u32) -> usize {
    extended_arg_count(oparg) + 1 + opcode.caches()
}

/// Appends an instruction: EXTENDED_ARGs, itself and its empty cache.
pub fn push_instruction(code: &mut Vec<CodeUnit>, opcode: Opcode, oparg: u32) {
    let [byte3, byte2, byte1, byte0] = oparg.to_be_bytes();
    let extended = extended_arg_count(oparg);
    if extended > 0 {
        for (place, byte) in [(3, byte3), (2, byte2), (1, byte1)] {
            if extended >= place {
                code.push(CodeUnit::new(Opcode::EXTENDED_ARG, byte));
            }
        }
    }
    code.push(CodeUnit::new(opcode, byte0));
    for _ in 0..opcode.caches() {
        code.push(CodeUnit::CACHE);
    }
}

/// The bytes of `co_code`.
#[must_use]
pub fn to_bytes(code: &[CodeUnit]) -> Vec<u8> {
    code.iter().flat_map(|unit| [unit.opcode, unit.oparg]).collect()
}

/// Code units out of the bytes of `co_code`; `None` if there is an odd number of them.
#[must_use]
pub fn from_bytes(bytes: &[u8]) -> Option<Vec<CodeUnit>> {
    let pairs = bytes.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    Some(pairs.map(|pair| CodeUnit { opcode: pair[0], oparg: pair[1] }).collect())
}

/// An instruction as it stands in a code object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodedInstruction {
    /// Index of the first unit: the first EXTENDED_ARG if there is one.
    pub start: usize,
    /// Index of the instruction's own unit.
    pub index: usize,
    /// The opcode.
    pub opcode: Opcode,
    /// The whole argument.
    pub oparg: u32,
    /// Index behind the inline cache: where the next instruction starts.
    pub end: usize,
}

impl DecodedInstruction {
    /// Where a jump leads, as an index of a code unit.
    #[must_use]
    pub fn jump_target(&self) -> Option<usize> {
        jump_target(self.opcode, self.oparg, self.end)
    }
}

/// Where a jump with this argument leads whose successor stands at `end`; indices of code units.
#[must_use]
pub fn jump_target(opcode: Opcode, oparg: u32, end: usize) -> Option<usize> {
    let family = opcode.family();
    if !family.is_jump() {
        None
    } else if family.is_backward_jump() {
        end.checked_sub(oparg as usize)
    } else {
        Some(end + oparg as usize)
    }
}

/// The instructions of a code object, in order. Numbers that are no opcode read as NOP.
pub fn decode(code: &[CodeUnit]) -> impl Iterator<Item = DecodedInstruction> + '_ {
    let mut next = 0;
    std::iter::from_fn(move || {
        let start = next;
        let mut index = start;
        let mut oparg: u32 = 0;
        loop {
            let unit = code.get(index)?;
            let opcode = unit.opcode().unwrap_or(Opcode::NOP);
            oparg = oparg << 8 | u32::from(unit.oparg);
            if opcode != Opcode::EXTENDED_ARG {
                let end = (index + 1 + opcode.caches()).min(code.len());
                next = end;
                return Some(DecodedInstruction { start, index, opcode, oparg, end });
            }
            index += 1;
        }
    })
}
