//! The builtin types, a file or a folder each.

pub mod bool_;
pub mod code;
pub mod dict;
pub mod exceptions;
pub mod float_;
pub mod frame_object;
pub mod function;
pub mod generator;
pub mod int;
pub mod singletons;
pub mod str;
pub mod tuple;
pub mod weakref;
