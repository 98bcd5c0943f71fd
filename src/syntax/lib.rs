//! Source text to tokens to a typed tree.
#![forbid(unsafe_code)]

pub mod ast;
pub mod error;
pub mod names;
