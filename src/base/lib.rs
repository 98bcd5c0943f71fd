//! Pure algorithms: text, numbers, formatting, hashing, sorting.
#![forbid(unsafe_code)]

pub mod int;
pub mod span;
pub mod wstr;
