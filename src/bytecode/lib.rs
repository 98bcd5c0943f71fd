//! What an instruction is and how a code object is encoded.
//!
//! # What comes in
//! The compiler's finished tables; bytes of a code object that somebody wants to look at.
//!
//! # What goes out
//! [`CodeSpec`], a code object as plain data, and the readings of it: instructions, positions, handlers, `dis` text, archive bytes.
//!
//! # Files in reading order
//! `opcodes.rs` (the one table of opcodes), `metadata.rs` (what is expanded from it), `intrinsics.rs` (small numbers in
//! arguments), `caches.rs` (inline caches as `dis` names them), `code_unit.rs`, `constant.rs`, `constant_repr.rs`,
//! `location_table.rs`, `exception_table.rs`, `code_spec.rs`, `code_list.rs` (its names and
//! constants), `code_ref.rs` (a shared one), `dis.rs`, `archive.rs`.
//!
//! # Invariants
//! **Invariant:** a row of the table says everything about an opcode but what it does and when it is emitted; no stack effect is
//! written a second time.
//! **Invariant:** every decoder answers on any bytes: a torn table ends early, it does not panic.
//!
//! # How to change it
//! An opcode is a row in `opcodes.rs`, an emitter in `compiler/codegen`, a handler in `eval/ops`, and goldens.
//!
//! # Its counterpart in CPython
//! `Include/opcode_ids.h`, `Include/internal/pycore_opcode_metadata.h`, `Objects/codeobject.c` (the tables), `Lib/dis.py`.
#![forbid(unsafe_code)]

pub mod archive;
pub mod caches;
pub mod code_list;
pub mod code_ref;
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

pub use code_ref::CodeRef;
pub use code_spec::CodeSpec;
pub use constant::{Constant, ConstantTable};
pub use location_table::Location;
pub use metadata::Opcode;
