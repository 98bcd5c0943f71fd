//! The inline caches' layouts, as `dis` names their fields. The machine keeps its caches elsewhere: in a code object the
//! entries are space.

use crate::code_unit::{CodeUnit, DecodedInstruction, decode};
use crate::metadata::Opcode;

/// A field of an inline cache: its name and how many code units it takes.
pub type CacheField = (&'static str, usize);

/// The fields of an opcode's inline cache, in order; a specialised opcode has its family's.
#[must_use]
pub fn layout(opcode: Opcode) -> &'static [CacheField] {
    const COUNTER: CacheField = ("counter", 1);
    match opcode.family() {
        Opcode::LOAD_GLOBAL => {
            &[COUNTER, ("index", 1), ("module_keys_version", 1), ("builtin_keys_version", 1)]
        }
        Opcode::BINARY_OP => &[COUNTER, ("descr", 4)],
        Opcode::LOAD_ATTR => &[COUNTER, ("version", 2), ("keys_version", 2), ("descr", 4)],
        Opcode::STORE_ATTR => &[COUNTER, ("version", 2), ("index", 1)],
        Opcode::CALL | Opcode::CALL_KW => &[COUNTER, ("func_version", 2)],
        Opcode::TO_BOOL => &[COUNTER, ("version", 2)],
        family if family.caches() == 1 => &[COUNTER],
        _ => &[],
    }
}

/// A counter as it stands in its code unit before the first run: value 1, backoff 1.
pub const BEFORE: u16 = 17;
/// The same when the instruction ran once.
pub const AFTER_ONE: u16 = 1;
/// The counter of a specialised form: 52 misses, then the family's adaptive form is asked again.
pub const SPECIALISED: u16 = 52 << 4;
/// A conditional jump's record of where it went, before the first time.
const BRANCHES: u16 = 0x5555;
/// The counter of JUMP_BACKWARD: after so many rounds a loop would be compiled.
const ROUNDS: u16 = 0xfffc;

/// The bytecode as a code object holds it before its first run: with counters in the caches.
#[must_use]
pub fn with_counters(code: &[CodeUnit]) -> Vec<CodeUnit> {
    let mut units = code.to_vec();
    for instruction in decode(code) {
        put_counter(&mut units, &instruction, BEFORE);
    }
    units
}

/// Writes an instruction's counter: `adaptive`, but for jumps, which count what they do.
pub fn put_counter(units: &mut [CodeUnit], instruction: &DecodedInstruction, adaptive: u16) {
    let opcode = instruction.opcode.family();
    if layout(opcode).first().is_none_or(|(name, _)| *name != "counter") {
        return;
    }
    let counter = match opcode {
        Opcode::JUMP_BACKWARD => ROUNDS,
        _ if opcode.is_conditional_jump() => BRANCHES,
        _ => adaptive,
    };
    if let Some(unit) = units.get_mut(instruction.index + 1) {
        let [low, high] = counter.to_le_bytes();
        *unit = CodeUnit { opcode: low, oparg: high };
    }
}
