//! The running frame as a handler sees it: next word, registers, the word itself, the thread.
//!
//! Invariants:
//! 1. Words come from the translator, which names only registers, constants and names that the code object has.
//! 2. Below the word's stack depth each register holds an owned value or NULL; above it, anything.
//! 3. A handler takes a register's value by `take` (leaving NULL) or reads it while it stays.
#![expect(unsafe_code, reason = "raw registers and words: the invariants are in the module doc")]

use objects::core::frame::{Frame, Register};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::thread_state::ThreadState;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::code::PyCode;
use objects::types::dict::PyDict;
use objects::types::str::PyStr;

/// Bits of a word's flags.
pub(crate) mod word_flags {
    /// Operand `b` is a temporary that dies here.
    pub(crate) const DROP_B: u8 = 1;
    /// Operand `c` is a temporary that dies here.
    pub(crate) const DROP_C: u8 = 2;
}

/// Where execution stands. `Copy`, so that it travels in processor registers.
#[derive(Clone, Copy)]
pub(crate) struct Machine {
    pub(crate) pc: *mut u64,
    pub(crate) fp: *mut Register,
    pub(crate) word: u64,
    pub(crate) thread: *const ThreadState,
}

#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "fields of a word")]
impl Machine {
    /// The flags field.
    #[inline(always)]
    pub(crate) fn flags(self) -> u8 {
        (self.word >> 8) as u8
    }

    /// The first operand: mostly the register that gets the result.
    #[inline(always)]
    pub(crate) fn a(self) -> usize {
        (self.word >> 16) as u16 as usize
    }

    /// The second operand.
    #[inline(always)]
    pub(crate) fn b(self) -> usize {
        (self.word >> 32) as u16 as usize
    }

    /// The third operand.
    #[inline(always)]
    pub(crate) fn c(self) -> usize {
        (self.word >> 48) as usize
    }

    /// The second and third operand as one: an index or argument.
    #[inline(always)]
    pub(crate) fn arg(self) -> u32 {
        (self.word >> 32) as u32
    }

    /// The second and third operand as one signed number: a jump's distance in words.
    #[inline(always)]
    pub(crate) fn distance(self) -> isize {
        (self.word as i64 >> 32) as isize
    }

    /// Cache word `n` (1 is the first behind the word).
    #[inline(always)]
    pub(crate) fn cache(self, n: usize) -> u64 {
        // SAFETY: invariant 1: the word has the cache words that its row says.
        unsafe { *self.pc.add(n) }
    }

    /// Writes cache word `n`.
    #[inline(always)]
    pub(crate) fn set_cache(self, n: usize, content: u64) {
        // SAFETY: as in `cache`.
        unsafe { *self.pc.add(n) = content }
    }

    /// Rewrites the word's operation: specialisation, or the way back.
    #[inline(always)]
    pub(crate) fn set_op(self, op: u8) {
        // SAFETY: the word is the one that runs.
        unsafe { *self.pc = (*self.pc & !0xff) | u64::from(op) }
    }

    /// The content of register `index`, still owned by it.
    #[inline(always)]
    pub(crate) fn register(self, index: usize) -> Register {
        // SAFETY: invariant 1.
        unsafe { *self.fp.add(index) }
    }

    /// Overwrites register `index`, whose old content is dead or a plain word.
    #[inline(always)]
    pub(crate) fn put_register(self, index: usize, content: Register) {
        // SAFETY: invariant 1.
        unsafe { *self.fp.add(index) = content }
    }

    /// Puts a value into register `index`, whose old content is dead.
    #[inline(always)]
    pub(crate) fn put(self, index: usize, value: Value) {
        self.put_register(index, Register::from_value(value));
    }

    /// Takes the value of register `index`, leaving NULL. It must not be NULL.
    #[inline(always)]
    pub(crate) fn take(self, index: usize) -> Value {
        let content = self.register(index);
        self.put_register(index, Register::NULL);
        debug_assert!(!content.is_null(), "an operand is missing");
        // SAFETY: invariant 2; the register gives its value up.
        unsafe { content.into_value() }
    }

    /// As [`take`](Self::take), with None for NULL.
    #[inline(always)]
    pub(crate) fn take_opt(self, index: usize) -> Option<Value> {
        if self.register(index).is_null() { None } else { Some(self.take(index)) }
    }

    /// The value of register `index`, borrowed from it. It must not be NULL.
    #[inline(always)]
    pub(crate) fn peek(&self, index: usize) -> &Value {
        debug_assert!(!self.register(index).is_null(), "an operand is missing");
        // SAFETY: invariant 2; a `Register` holding a value has a `Value`'s bits. The borrow ends before the register changes.
        unsafe { &*self.fp.add(index).cast::<Value>() }
    }

    /// `count` values from register `index` on, borrowed.
    #[inline(always)]
    pub(crate) fn peek_slice(&self, index: usize, count: usize) -> &[Value] {
        // SAFETY: as in `peek`, for each.
        unsafe { std::slice::from_raw_parts(self.fp.add(index).cast::<Value>(), count) }
    }

    /// A new reference to the value of register `index`.
    #[inline(always)]
    pub(crate) fn copy(self, index: usize) -> Value {
        self.peek(index).clone()
    }

    /// Takes `count` values from register `index` on.
    pub(crate) fn take_many(self, index: usize, count: usize) -> Vec<Value> {
        (index..index + count).map(|place| self.take(place)).collect()
    }

    /// Drops the values of `count` registers from `index` on; NULLs are passed over.
    pub(crate) fn drop_many(self, index: usize, count: usize) {
        for place in index..index + count {
            drop(self.take_opt(place));
        }
    }

    /// The token.
    #[inline(always)]
    pub(crate) fn vm<'a>(self) -> Vm<'a> {
        // SAFETY: the thread's word came from the `Vm` that entered the loop, further up the stack.
        unsafe { Vm::from_ptr(self.thread) }
    }

    /// The thread's state.
    #[inline(always)]
    pub(crate) fn thread<'a>(self) -> &'a ThreadState {
        // SAFETY: as in `vm`.
        unsafe { &*self.thread }
    }

    /// The record of the running frame.
    #[inline(always)]
    pub(crate) fn frame<'a>(self) -> &'a mut Frame {
        // SAFETY: while the loop runs there is a current record, and handlers are the only ones that change it.
        unsafe { &mut *self.thread().stacks.current.get() }
    }

    /// The code object.
    #[inline(always)]
    pub(crate) fn code<'a>(self) -> &'a Py<PyCode> {
        // SAFETY: the frame keeps its code alive.
        unsafe { &*self.frame().code }
    }

    /// The globals.
    #[inline(always)]
    pub(crate) fn globals<'a>(self) -> &'a Py<PyDict> {
        // SAFETY: the frame keeps its globals alive.
        unsafe { &*self.frame().globals }
    }

    /// The builtins.
    #[inline(always)]
    pub(crate) fn builtins<'a>(self) -> &'a Py<PyDict> {
        // SAFETY: the frame keeps its builtins alive.
        unsafe { &*self.frame().builtins }
    }

    /// Name `index` of the code object.
    #[inline(always)]
    pub(crate) fn name<'a>(self, index: usize) -> &'a PyRef<PyStr> {
        &self.code().names[index]
    }

    /// Moves to the word `distance` words from here.
    #[inline(always)]
    pub(crate) fn jump_by(&mut self, distance: isize) {
        // SAFETY: invariant 1: distances lead to words of the same translation.
        self.pc = unsafe { self.pc.offset(distance) };
    }

    /// Moves on by `count` words.
    #[inline(always)]
    pub(crate) fn advance(&mut self, count: usize) {
        // SAFETY: invariant 1.
        self.pc = unsafe { self.pc.add(count) };
    }
}

/// The word with these fields.
#[must_use]
pub(crate) fn word(op: u8, flags: u8, a: u16, b: u16, c: u16) -> u64 {
    u64::from(op) | u64::from(flags) << 8 | u64::from(a) << 16 | u64::from(b) << 32 | u64::from(c) << 48
}

/// The word with a 32-bit argument.
#[must_use]
pub(crate) fn word_arg(op: u8, a: u16, arg: u32) -> u64 {
    u64::from(op) | u64::from(a) << 16 | u64::from(arg) << 32
}
