//! repr, str, ascii, format.
