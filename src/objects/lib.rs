//! The object machine and the builtin types.
