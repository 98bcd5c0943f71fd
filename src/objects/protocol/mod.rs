//! The object protocol: what can be done with any value.

pub mod buffer;
pub mod compare;
pub mod isinstance;
pub mod iterate;
pub mod mapping;
pub mod number;
mod quick_format;
pub mod sequence;
pub mod slice_index;
pub mod text;
