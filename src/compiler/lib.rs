//! A typed tree to a code object.
