//! `cell`.
