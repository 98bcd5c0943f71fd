//! Frames of the interpreter: a control record and registers, on two stacks of the thread.
//!
//! ```text
//! registers of one frame:  | locals and cells | value stack | scratch |
//! ```
//!
//! A record describes its frame whole: where it is, its registers, its code. A call writes the caller's next word into the
//! caller's record and pushes a new one; the callee's registers begin at the caller's argument slots.
//!
//! Invariants:
//! 1. Records of one thread lie in chunks, oldest first; a record's pointers are live while it is on the stack.
//! 2. The function object of a running frame is owned by the register that `result` names, until the result takes its place.
//! 3. Registers hold words as [`Value`] does; which of them own a value at a given word is in the code's side table.
#![expect(unsafe_code, reason = "raw registers: the invariants are in the module doc")]

pub mod stacks;

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::ptr::null_mut;

use super::object::Py;
use super::pyref::PyRef;
use super::value::{Value, special};
use crate::types::code::PyCode;
use crate::types::dict::PyDict;
use crate::types::frame_object::PyFrame;
use crate::types::function::PyFunction;

/// A raw word in a frame: `Copy`, and nobody counts it but the handlers. It never leaves this folder and the evaluation loop.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Register(pub u64);

impl Register {
    /// The empty slot.
    pub const NULL: Self = Self(special::NULL);

    /// Whether it is the empty slot.
    #[inline]
    #[must_use]
    pub fn is_null(self) -> bool {
        self.0 == special::NULL
    }

    /// The word of a value; the reference moves into the register.
    #[inline]
    #[must_use]
    pub fn from_value(value: Value) -> Self {
        Self(value.into_bits())
    }

    /// The value that the register owns.
    ///
    /// # Safety
    /// The register owns its value, and gives it up.
    #[inline]
    #[must_use]
    pub unsafe fn into_value(self) -> Value {
        // SAFETY: by contract.
        unsafe { Value::from_bits(self.0) }
    }

    /// A new reference to what the register holds.
    ///
    /// # Safety
    /// The register holds a live value.
    #[inline]
    #[must_use]
    pub unsafe fn to_value(self) -> Value {
        // SAFETY: by contract.
        Value::clone(&ManuallyDrop::new(unsafe { Value::from_bits(self.0) }))
    }
}

/// Bits of a record's flags.
pub mod frame_flags {
    /// Returning leaves the evaluation loop: the frame was entered from native code.
    pub const EXIT: u32 = 1;
    /// The registers belong to a generator object.
    pub const GENERATOR: u32 = 2;
    /// The frame runs `__init__` for a call of a class: its result is checked and dropped.
    pub const CONSTRUCTOR: u32 = 4;
    /// The record stays: the session's frame.
    pub const SESSION: u32 = 8;
    /// The frame has an [`Extra`](super::Extra): a frame object, or locals of their own.
    pub const HAS_EXTRA: u32 = 16;
    /// The registers lie in a chunk of their own, released on return.
    pub const OWN_CHUNK: u32 = 32;
    /// The result of the frame is dropped or kept elsewhere by a native continuation: what kind is in `aux`.
    pub const CONTINUATION: u32 = 64;
}

/// What few frames have.
#[derive(Default)]
pub struct Extra {
    /// The frame object, once somebody asked for it.
    pub frame_object: Option<PyRef<PyFrame>>,
    /// The namespace of a module or class body, when it is not a function's.
    pub locals: Option<Value>,
}

/// A control record: one frame of the interpreter.
#[repr(C)]
pub struct Frame {
    /// The next word: exact while the frame is not the innermost, or stands in a slow path.
    pub next: *mut u64,
    /// The first register.
    pub registers: *mut Register,
    /// Where the result goes: a register of the caller, which holds the function until then.
    pub result: *mut Register,
    /// The code object.
    pub code: *const Py<PyCode>,
    /// The globals.
    pub globals: *const Py<PyDict>,
    /// The builtins.
    pub builtins: *const Py<PyDict>,
    /// What few frames have; null for most.
    pub extra: *mut Extra,
    /// [`frame_flags`]
    pub flags: u32,
    /// What the flags say.
    pub aux: u32,
}

const _: () = assert!(size_of::<Frame>() == 64);

impl Frame {
    /// An empty record.
    pub const EMPTY: Self = Self {
        next: null_mut(),
        registers: null_mut(),
        result: null_mut(),
        code: std::ptr::null(),
        globals: std::ptr::null(),
        builtins: std::ptr::null(),
        extra: null_mut(),
        flags: 0,
        aux: 0,
    };

    /// The code object.
    #[inline]
    #[must_use]
    pub fn code(&self) -> &Py<PyCode> {
        // SAFETY: invariant 1.
        unsafe { &*self.code }
    }

    /// The globals.
    #[inline]
    #[must_use]
    pub fn globals(&self) -> &Py<PyDict> {
        // SAFETY: invariant 1.
        unsafe { &*self.globals }
    }

    /// The builtins.
    #[inline]
    #[must_use]
    pub fn builtins(&self) -> &Py<PyDict> {
        // SAFETY: invariant 1.
        unsafe { &*self.builtins }
    }

    /// The function that runs, if the frame is a function's.
    #[must_use]
    pub fn function(&self) -> Option<PyRef<PyFunction>> {
        if self.result.is_null() {
            return None;
        }
        // SAFETY: invariant 2.
        let value = unsafe { (*self.result).to_value() };
        value.into_ref::<PyFunction>().ok()
    }

    /// The frame object, if there is one.
    #[must_use]
    pub fn frame_object(&self) -> Option<PyRef<PyFrame>> {
        // SAFETY: `extra` is null or a box of this frame.
        unsafe { self.extra.as_ref() }.and_then(|extra| extra.frame_object.clone())
    }

    /// The namespace of a module or class body.
    #[must_use]
    pub fn locals(&self) -> Option<Value> {
        // SAFETY: `extra` is null or a box of this frame.
        unsafe { self.extra.as_ref() }.and_then(|extra| extra.locals.clone())
    }

    /// The part that few frames have, made now if need be.
    pub fn extra_mut(&mut self) -> &mut Extra {
        if self.extra.is_null() {
            self.extra = Box::into_raw(Box::default());
            self.flags |= frame_flags::HAS_EXTRA;
        }
        // SAFETY: just made sure of.
        unsafe { &mut *self.extra }
    }

    /// Takes the part that few frames have: the frame ends.
    pub fn take_extra(&mut self) -> Option<Box<Extra>> {
        if self.extra.is_null() {
            return None;
        }
        self.flags &= !frame_flags::HAS_EXTRA;
        // SAFETY: made by `extra_mut`, and forgotten here.
        Some(unsafe { Box::from_raw(std::mem::replace(&mut self.extra, null_mut())) })
    }

    /// The content of register `index`; None when it is empty.
    #[must_use]
    pub fn register(&self, index: usize) -> Option<Value> {
        // SAFETY: the caller's index is within the code's registers (checked in debug builds by the code's count).
        let register = unsafe { *self.registers.add(index) };
        // SAFETY: invariant 3: a register below the live depth holds a live value or NULL.
        if register.is_null() { None } else { Some(unsafe { register.to_value() }) }
    }

    /// Puts a value into local variable `index`; the old one is the caller's to drop.
    pub fn set_local(&self, index: usize, value: Option<Value>) -> Option<Value> {
        assert!(index < self.code().locals.len(), "a local's index fits its code");
        let word = value.map_or(Register::NULL, Register::from_value);
        // SAFETY: the index is a local's; locals always hold a value or NULL.
        unsafe {
            let old = std::mem::replace(&mut *self.registers.add(index), word);
            if old.is_null() { None } else { Some(old.into_value()) }
        }
    }
}

/// The current record of a thread, and those below it.
pub struct CurrentFrame(Cell<*mut Frame>);

impl Default for CurrentFrame {
    fn default() -> Self {
        Self(Cell::new(null_mut()))
    }
}

impl CurrentFrame {
    /// The innermost record, or null.
    #[inline]
    #[must_use]
    pub fn get(&self) -> *mut Frame {
        self.0.get()
    }

    /// Sets the innermost record.
    #[inline]
    pub fn set(&self, frame: *mut Frame) {
        self.0.set(frame);
    }
}
