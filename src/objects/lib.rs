//! The object machine and the builtin types.

pub mod core;
pub mod protocol;
pub mod types;
