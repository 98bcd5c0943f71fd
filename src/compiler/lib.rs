//! A typed tree to a code object.
//!
//! # What comes in
//! A [`Parsed`] source and [`Options`]: file name, optimisation level, future features of the code around.
//!
//! # What goes out
//! A [`Compiled`] module: plain data without objects, with the warnings; or a [`SyntaxError`] in CPython's words.
//!
//! # Files in reading order
//! `options.rs` and `limits.rs`; `preprocess.rs` and `future.rs` (what the tree itself says), `names.rs`,
//! `small_index.rs`, `docstring.rs`;
//! `symtable/` (which name is what), `codegen/` with `constants.rs`, `percent.rs` and `unparse.rs` (tree to
//! `instructions.rs`), `flowgraph/` (blocks and the passes over them), `assemble.rs` (offsets and tables), `stages.rs` (a unit between the passes, for a person),
//! `typed.rs` (whether an input at a prompt is whole).
//!
//! # Invariants
//! **Invariant:** every pass takes and returns a value; no pass keeps state for the next one.
//! **Invariant:** the code object is CPython's to the byte, or the difference is a bug.
//! **Invariant:** depth is counted: nesting ends in an error, not at the end of the stack.
//!
//! # How to change it
//! What an expression or statement compiles to: `codegen/<topic>.rs`. An optimiser step: one file in `flowgraph/` and one line in
//! its `mod.rs`. A scope rule: `symtable/`. Each with goldens.
//!
//! # Its counterpart in CPython
//! `Python/compile.c`, `codegen.c`, `symtable.c`, `flowgraph.c`, `assemble.c`, `future.c`, `ast_preprocess.c`.
#![forbid(unsafe_code)]

pub mod assemble;
mod codegen;
pub mod constants;
pub mod docstring;
mod flowgraph;
mod future;
pub mod instructions;
mod limits;
pub mod names;
pub mod options;
pub mod percent;
mod preprocess;
mod small_index;
pub mod stages;
pub mod symtable;
pub mod typed;
mod unparse;

use bytecode::CodeSpec;
use syntax::Parsed;
use syntax::error::{Stage, SyntaxError, Warning};

use options::Options;
use stages::{Stages, UnitStages};

/// A compiled source.
#[derive(Debug)]
pub struct Compiled {
    /// The module's code object.
    pub code: CodeSpec,
    /// The compiler's warnings; the parser's are in [`Parsed`].
    pub warnings: Vec<Warning>,
}

/// Compiles a parsed source.
///
/// # Errors
/// What CPython's symbol table and compiler refuse.
pub fn compile(parsed: &Parsed, options: &Options) -> Result<Compiled, SyntaxError> {
    compile_shown(parsed, options, None)
}

/// The same, with what each code object looks like between the passes.
///
/// # Errors
/// As [`compile`].
pub fn compile_in_stages(parsed: &Parsed, options: &Options) -> Result<Stages, SyntaxError> {
    let mut units = Vec::new();
    let compiled = compile_shown(parsed, options, Some(&mut units))?;
    Ok(Stages { code: compiled.code, units })
}

fn compile_shown(
    parsed: &Parsed,
    options: &Options,
    stages: Option<&mut Vec<UnitStages>>,
) -> Result<Compiled, SyntaxError> {
    let symbols = |error: SyntaxError| error.at_stage(Stage::Symbols);
    let features = future::features(parsed, options).map_err(symbols)?;
    let mut warnings = preprocess::warnings(&parsed.tree);
    let table = symtable::build_with(parsed, options, &features).map_err(symbols)?;
    match codegen::generate(parsed, table, options, &mut warnings, stages) {
        Ok(code) => Ok(Compiled { code, warnings }),
        // What was warned of before it failed.
        Err(error) => Err(SyntaxError { warnings, ..error.at_stage(Stage::Code) }),
    }
}
