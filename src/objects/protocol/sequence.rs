//! Length, items by position, containment, concatenation, repetition.
