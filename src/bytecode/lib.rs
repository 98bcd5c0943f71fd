//! What an instruction is and how a code object is encoded.
#![forbid(unsafe_code)]

pub mod archive;
pub mod caches;
pub mod code_spec;
pub mod code_unit;
pub mod constant;
pub mod constant_repr;
pub mod dis;
pub mod exception_table;
pub mod intrinsics;
pub mod location_table;
pub mod metadata;
pub mod opcodes;

pub use code_spec::CodeSpec;
pub use constant::{Constant, ConstantTable};
pub use location_table::Location;
pub use metadata::Opcode;
