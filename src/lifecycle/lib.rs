//! Assembles an interpreter, runs code, takes it down.
