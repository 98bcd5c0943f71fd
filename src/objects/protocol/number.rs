//! Arithmetic: binary, in-place and unary operations, `__index__`, `__int__`.
