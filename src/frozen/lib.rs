//! The embedded standard library's code objects.
