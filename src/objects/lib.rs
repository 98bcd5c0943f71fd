//! The object machine and the builtin types.

#![expect(
    unreachable_pub,
    reason = "payloads of private modules are declared by the same macro as public ones"
)]
pub mod core;
pub mod protocol;
pub mod types;
