//! Python's integer rules over a big-integer crate.

/// An integer of any size.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BigInt(num_placeholder::Never);
mod num_placeholder {
    /// Replaced by the big-integer crate's type.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    pub enum Never {}
}
