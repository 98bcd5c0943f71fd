//! The object machine and the builtin types.
//!
//! # What comes in
//! Plain data from below ([`bytecode::CodeSpec`], numbers and text of `base`), and a token: `Vm`, the proof that this thread holds
//! the GIL.
//!
//! # What goes out
//! `Value`, one owned tagged word, and everything that can be done with one; `PyResult`, whose error is in the thread state.
//!
//! # Files in reading order
//! `core/`: `value`, `object`, `pyref` (words and headers), `type_spec`, `slots`, `type_object` (how a type is described and
//! found), `vm` and the states, `errors`, `args`, `call`, `attribute`, `frame/`, then memory: `alloc`, `small_blocks`, `gc`, `collector`.
//! `protocol/`: the operations on any value. `types/`: a file or a folder for each builtin type.
//!
//! # Invariants
//! **Invariant:** `types` may use `protocol` and `core`, `protocol` may use `core`; `core` names only the bootstrap types.
//! **Invariant:** no borrow of a payload is held where Python code can run; dropping a value can run it.
//! **Invariant:** `Raised` means that the thread state holds an exception, and only that.
//! **Invariant:** no size that a program chooses is allocated without being asked for first.
//!
//! # How to change it
//! A builtin type is a file in `types/` and a row in its `mod.rs`; a method is a row and a function; an operation of the protocol
//! is a slot in `core/slots.rs`, its dunder name in `core/slot_defs.rs`, and a function in `protocol/`.
//!
//! # Its counterpart in CPython
//! `Objects/`, `Python/gc.c`, `Python/pystate.c`, `Python/errors.c`.

#![expect(
    unreachable_pub,
    reason = "payloads of private modules are declared by the same macro as public ones"
)]
pub mod core;
pub mod protocol;
pub mod types;
