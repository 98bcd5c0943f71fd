//! A typed tree to a code object.
//!
//! The row of passes: what the tree itself says (`preprocess`, `future`), the symbol table, code generation, and for each
//! unit the flow graph and the assembler.
#![forbid(unsafe_code)]

pub mod assemble;
mod codegen;
mod constants;
mod docstring;
mod flowgraph;
mod future;
pub mod instructions;
mod limits;
pub mod names;
pub mod options;
mod percent;
mod preprocess;
pub mod symtable;
mod unparse;

use bytecode::CodeSpec;
use syntax::Parsed;
use syntax::error::{SyntaxError, Warning};

use options::Options;

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
    let features = future::features(parsed, options)?;
    let mut warnings = preprocess::warnings(&parsed.tree);
    let table = symtable::build_with(parsed, options, &features)?;
    let code = codegen::generate(parsed, table, options, &mut warnings)?;
    Ok(Compiled { code, warnings })
}
