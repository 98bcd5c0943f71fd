//! The inline caches' layouts, as `dis` names their fields. The machine keeps its caches elsewhere: in a code object the
//! entries are space.

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
