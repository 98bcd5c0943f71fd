//! Slice arithmetic and index clamping: the only copy.
