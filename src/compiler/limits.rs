//! How deeply a source may nest.

use syntax::error::{ErrorKind, Place, SyntaxError};

/// The deepest nesting of nodes that is compiled: what a stack of two megabytes bears with room to spare.
pub(crate) const MAX_DEPTH: u32 = 1_500;

/// CPython's `CO_MAXBLOCKS`: statically nested blocks of one function.
pub(crate) const MAX_BLOCKS: usize = 21;

/// CPython's `_PY_STACK_USE_GUIDELINE`: longer displays and calls are built piece by piece.
pub(crate) const STACK_USE_GUIDELINE: usize = 30;

/// The error of a source that nests too deeply.
#[cold]
pub(crate) fn too_deep() -> SyntaxError {
    SyntaxError::of(
        ErrorKind::Recursion,
        "maximum recursion depth exceeded during compilation",
        Place::None,
    )
}
