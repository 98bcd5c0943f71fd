//! `list[int]` and `X | Y`.
