//! `object`.
