//! Rich comparison and identity shortcuts.
