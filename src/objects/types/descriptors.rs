//! Descriptors of native methods, slots, computed attributes and members.
