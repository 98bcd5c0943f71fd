//! `memoryview`.
