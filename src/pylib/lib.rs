//! The embedded standard library's source text.
