//! The typed tree: CPython's node names and fields, a byte span on each node.

mod comments;
pub mod dump;
pub mod nodes;
