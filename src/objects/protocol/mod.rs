//! The object protocol: what can be done with any value.

pub mod buffer;
