//! Executes frames.
