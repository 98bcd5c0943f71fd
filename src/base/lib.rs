//! Pure algorithms: text, numbers, formatting, hashing, sorting.
#![forbid(unsafe_code)]

pub mod escape;
pub mod int;
pub mod span;
pub mod unicode;
pub mod wstr;
