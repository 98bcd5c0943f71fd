//! Pure algorithms: text, numbers, formatting, hashing, sorting.
//!
//! # What comes in
//! Plain Rust values: slices of bytes and characters, machine numbers, big integers, comparisons as closures that may fail.
//!
//! # What goes out
//! Plain values again, or a small error enum of the algorithm's own that the caller turns into an exception.
//!
//! # Files in reading order
//! `span.rs` (places in source text), `wstr.rs` (text with lone surrogates), `escape.rs` (how `repr` writes text), `search.rs`
//! (substrings), `unicode/` (character data and names), `int/`, `float/` and `complex.rs` (Python's rules for numbers),
//! `format_spec.rs` and `percent.rs` (the two template languages), `hash.rs`, `blake2.rs` and `keccak.rs` (digests), `sort.rs`, `mersenne.rs` (random numbers).
//!
//! # Invariants
//! **Invariant:** nothing here knows a Python object, a token or a file; the room would be of use in a program without Python.
//! **Invariant:** no function panics on any input; what can get large is asked for before it is allocated.
//!
//! # How to change it
//! A faster or more exact algorithm replaces the old one behind the same function; no other room changes.
//!
//! # Its counterpart in CPython
//! `Python/dtoa.c`, `Python/pyhash.c`, `Python/pystrtod.c`, `Python/formatter_unicode.c`, `Objects/stringlib/`,
//! `Objects/listsort.txt`, `Modules/unicodedata_db.h`.
#![forbid(unsafe_code)]

pub mod blake2;
pub mod complex;
pub mod escape;
pub mod float;
pub mod format_spec;
pub mod hash;
pub mod int;
pub mod keccak;
pub mod mersenne;
pub mod percent;
pub mod search;
pub mod sort;
pub mod span;
pub mod unicode;
pub mod wstr;
