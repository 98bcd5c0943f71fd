//! `bytes` and `bytearray`.
