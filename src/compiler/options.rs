//! What a compilation is told besides the tree.

use std::sync::Arc;

use base::wstr::WString;

/// The options of `compile()`.
#[derive(Clone, Debug)]
pub struct Options {
    /// `co_filename`
    pub filename: Arc<WString>,
    /// 0, 1 (`-O`) or 2 (`-OO`).
    pub optimize: u8,
    /// Future features in force from outside: the `FUTURE_*` bits of `bytecode::code_spec::code_flags`.
    pub future_flags: u32,
    /// `ast.PyCF_ALLOW_TOP_LEVEL_AWAIT`
    pub top_level_await: bool,
}
