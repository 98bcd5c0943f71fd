//! Python's rules for floats: text in and out, arithmetic's corners.

pub mod arith;
pub mod exact;
pub mod format;
pub mod gamma;
pub mod half;
pub mod hex;
pub mod hyperbolic;
pub mod parse;
pub mod repr;
