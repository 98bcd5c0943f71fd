//! Iterators: making, advancing, collecting.
