//! A typed tree to a code object.
#![forbid(unsafe_code)]

pub mod assemble;
mod flowgraph;
pub mod instructions;
pub mod options;
