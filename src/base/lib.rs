//! Pure algorithms: text, numbers, formatting, hashing, sorting.
#![forbid(unsafe_code)]

pub mod complex;
pub mod escape;
pub mod float;
pub mod format_spec;
pub mod hash;
pub mod int;
pub mod mersenne;
pub mod percent;
pub mod search;
pub mod sort;
pub mod span;
pub mod unicode;
pub mod wstr;
