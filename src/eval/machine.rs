//! The running frame as a handler sees it: next word, registers, the word itself, the thread.
//!
//! Invariants:
//! 1. Words come from the translator, which names only registers, constants and names that the code object has.
//! 2. Below the word's stack depth each register holds an owned value or NULL; above it, anything.
//! 3. A handler takes a register's value by `take` (leaving NULL) or reads it while it stays.
#![expect(unsafe_code, reason = "raw registers and words: the invariants are in the module doc")]

use objects::core::frame::{Frame, Register};
use objects::core::object::{Payload, Py, PyObject};
use objects::core::pyref::PyRef;
use objects::core::thread_state::ThreadState;
use objects::core::type_object::PyType;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::code::PyCode;
use objects::types::dict::PyDict;
use objects::types::str::PyStr;

use crate::word_ops::op;

/// Bits of a word's flags. A bit has two names where no word uses both.
pub(crate) mod word_flags {
    /// Operand `b` (of a jump: `a`) is a temporary that dies here.
    pub(crate) const DROP_B: u8 = 1;
    /// Operand `c` is a temporary that dies here.
    pub(crate) const DROP_C: u8 = 2;
    /// The result goes to a local variable, whose old value dies.
    pub(crate) const DST_LOCAL: u8 = 4;
    /// Operand `a` of a store is a temporary that dies here.
    pub(crate) const DROP_A: u8 = 4;
    /// The field `c` is a small int itself.
    pub(crate) const C_IMMEDIATE: u8 = 8;
    /// The opposite is meant; of a jump: jump when true.
    pub(crate) const INVERT: u8 = 16;
    /// The place for self is empty, as the translator knows.
    pub(crate) const NO_SELF: u8 = 16;
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
    /// The operation.
    #[inline(always)]
    pub(crate) fn op(self) -> u8 {
        self.word as u8
    }

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

    /// Removes tools from an event word; without any it is off.
    pub(crate) fn remove_tools(self, tools: u8) {
        if tools == 0 {
            return;
        }
        // SAFETY: the word is the one that runs.
        let content = unsafe { *self.pc };
        let left = (content >> 8) as u8 & !tools;
        let op = if left == 0 { op::EVENT_OFF } else { content as u8 };
        // SAFETY: as above.
        unsafe { *self.pc = content & !0xffff | u64::from(left) << 8 | u64::from(op) }
    }

    /// Reads the word at which the machine stands, after it moved.
    pub(crate) fn load_word(&mut self) {
        // SAFETY: invariant 1.
        self.word = unsafe { *self.pc };
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

    /// The bits of operand `b`.
    #[inline(always)]
    pub(crate) fn bits_b(self) -> u64 {
        self.register(self.b()).0
    }

    /// The bits of operand `c`: a register's, or the small int that the word holds.
    #[inline(always)]
    #[expect(clippy::cast_sign_loss, reason = "the bits are what is kept")]
    pub(crate) fn bits_c(self) -> u64 {
        if self.flags() & word_flags::C_IMMEDIATE != 0 {
            ((self.c() as i16 as i64) << 2) as u64 | 3
        } else {
            self.register(self.c()).0
        }
    }

    /// Whether the flag is set.
    #[inline(always)]
    pub(crate) fn has(self, flag: u8) -> bool {
        self.flags() & flag != 0
    }

    /// Takes the operands that die here, once their word's work is done; their places are NULL then.
    pub(crate) fn drop_operands(self) {
        let b = if self.has(word_flags::DROP_B) { self.take_opt(self.b()) } else { None };
        let dies = word_flags::DROP_C | word_flags::C_IMMEDIATE;
        let c =
            if self.flags() & dies == word_flags::DROP_C { self.take_opt(self.c()) } else { None };
        drop(b);
        drop(c);
    }

    /// Ends a word with operands b and c and a result: operands die, then the result is stored, then a local's old value
    /// dies; on by `count` words.
    pub(crate) fn finish(&mut self, result: Value, count: usize) {
        self.drop_operands();
        if self.has(word_flags::DST_LOCAL) {
            let old = self.register(self.a());
            self.put(self.a(), result);
            // SAFETY: locals hold a value or NULL, which is no reference.
            drop(unsafe { old.into_value() });
        } else {
            self.put(self.a(), result);
        }
        self.advance(count);
    }

    /// Ends a word with a result and no operands.
    pub(crate) fn finish_plain(&mut self, result: Value, count: usize) {
        let old = self.register(self.a());
        self.put(self.a(), result);
        if self.has(word_flags::DST_LOCAL) {
            drop_bits(old.0);
        }
        self.advance(count);
    }

    /// Counts down the word's counter, in the upper half of the first cache word: whether it has run out.
    #[inline]
    pub(crate) fn count_down(self) -> bool {
        let cache = self.cache(1);
        let counter = cache >> 48;
        if counter == 0 {
            return true;
        }
        self.set_cache(1, cache - (1 << 48));
        false
    }

    /// Sets the word's counter.
    #[inline]
    pub(crate) fn set_counter(self, counter: u64) {
        let cache = self.cache(1);
        self.set_cache(1, cache & !(0xffff << 48) | counter << 48);
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

    /// Notes where the word stands, for whoever looks at the frame from a native function.
    #[inline(always)]
    pub(crate) fn note(self) {
        // SAFETY: one past the word.
        self.frame().next = unsafe { self.pc.add(1) };
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
        &self.code().names()[index]
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
    u64::from(op)
        | u64::from(flags) << 8
        | u64::from(a) << 16
        | u64::from(b) << 32
        | u64::from(c) << 48
}

/// The word with a 32-bit argument.
#[must_use]
pub(crate) fn word_arg(op: u8, a: u16, arg: u32) -> u64 {
    u64::from(op) | u64::from(a) << 16 | u64::from(arg) << 32
}

/// A value borrowed from whoever owns its word.
pub(crate) type Borrowed = std::mem::ManuallyDrop<Value>;

/// Borrows the value of a word.
#[inline(always)]
pub(crate) fn borrow(bits: u64) -> Borrowed {
    debug_assert!(bits != Register::NULL.0, "an operand is missing");
    // SAFETY: by invariant 2 the word is a live value's, whose owner outlives the use.
    std::mem::ManuallyDrop::new(unsafe { Value::from_bits(bits) })
}

/// The word of a new reference to what `bits` stands for.
#[inline(always)]
pub(crate) fn new_reference(bits: u64) -> u64 {
    Value::clone(&borrow(bits)).into_bits()
}

/// Whether `bits` is a reference to an object whose type is exactly T's.
#[inline(always)]
pub(crate) fn is_exactly<T: Payload>(bits: u64) -> bool {
    // SAFETY: low bits 00: a live object.
    bits & 3 == 0
        && unsafe { (*(bits as *const PyObject)).class_ptr() } == std::ptr::from_ref(T::class())
}

/// The class of the object that `bits` refers to; None for an immediate.
#[inline(always)]
pub(crate) fn heap_class<'a>(bits: u64) -> Option<&'a Py<PyType>> {
    // SAFETY: low bits 00: a live object, whose class lives as long.
    if bits & 3 == 0 { Some(unsafe { &*(*(bits as *const PyObject)).class_ptr() }) } else { None }
}

/// The header of the object that `bits` refers to; None for an immediate.
#[inline(always)]
pub(crate) fn heap_object<'a>(bits: u64) -> Option<&'a PyObject> {
    // SAFETY: low bits 00: a live object.
    if bits & 3 == 0 { Some(unsafe { &*(bits as *const PyObject) }) } else { None }
}

/// The object that `bits` refers to, whose payload is a T.
#[inline(always)]
pub(crate) fn payload<'a, T: Payload>(bits: u64) -> &'a Py<T> {
    debug_assert!(borrow(bits).downcast::<T>().is_some(), "the class was checked");
    // SAFETY: the callers have checked the class.
    unsafe { &*(bits as *const Py<T>) }
}

/// Drops the value that a word stood for.
#[inline(always)]
pub(crate) fn drop_bits(bits: u64) {
    // SAFETY: the caller's register gave its value up; NULL and immediates are no references.
    drop(unsafe { Value::from_bits(bits) });
}

/// The value of a word whose reference is handed over.
#[inline(always)]
pub(crate) fn owned(bits: u64) -> Value {
    // SAFETY: the caller's register gave its value up.
    unsafe { Value::from_bits(bits) }
}

/// Gives up a reference unless it is the last: then nothing happens, and the answer is true.
#[inline(always)]
pub(crate) fn release(bits: u64) -> bool {
    // SAFETY: the caller's register owns the reference.
    unsafe { objects::core::object::release(bits) }
}

/// Takes off the innermost record, a plain constructor's, with the same answer: the instance that was kept behind the
/// function takes the function's place.
#[inline(always)]
pub(crate) fn pop_constructor(m: Machine) -> (Machine, Register) {
    // SAFETY: the register behind the one that gets the result holds the new instance.
    unsafe {
        let kept = (*m.thread().stacks.current.get()).result.add(1);
        let instance = *kept;
        *kept = Register::NULL;
        pop_plain(m, instance)
    }
}

/// Gives up the function of the innermost frame, a plain operator's. False, with nothing done, when that was the last
/// reference.
#[inline(always)]
pub(crate) fn release_operator(m: Machine) -> bool {
    // SAFETY: the register below the frame's own holds the function, or NULL once it was given up.
    unsafe {
        let place = (*m.thread().stacks.current.get()).result;
        if (*place).0 & 3 == 0 && release((*place).0) {
            return false;
        }
        *place = Register::NULL;
        true
    }
}

/// Takes off the innermost record, which was entered from native code and is not the first of its chunk.
#[inline(always)]
pub(crate) fn pop_entered(m: Machine) {
    let current = &m.thread().stacks.current;
    // SAFETY: a record that is not the first of its chunk has one below it.
    current.set(unsafe { current.get().sub(1) });
}

/// Takes off the innermost record, a plain operator's: the word that waits for its result, and how many words that has.
#[inline(always)]
pub(crate) fn pop_operator(m: Machine) -> (Machine, usize) {
    let thread = m.thread();
    let record = thread.stacks.current.get();
    // SAFETY: a record without further flags is not the first of its chunk, and the one below waits behind its word.
    unsafe {
        let words = ((*record).aux >> 8) as usize;
        let below = record.sub(1);
        thread.stacks.current.set(below);
        let pc = (*below).next.sub(words);
        (Machine { pc, fp: (*below).registers, word: *pc, thread: m.thread }, words)
    }
}

/// Takes off the innermost record, which has no flags: `value` goes to the frame below. Where that one goes on (one word
/// before its next one), and the function that its register held.
#[inline(always)]
pub(crate) fn pop_plain(m: Machine, value: Register) -> (Machine, Register) {
    let thread = m.thread();
    let record = thread.stacks.current.get();
    // SAFETY: a record without flags is not the first of its chunk, and the one below waits for it.
    unsafe {
        let result = (*record).result;
        let function = *result;
        *result = value;
        let below = record.sub(1);
        thread.stacks.current.set(below);
        let pc = (*below).next.sub(1);
        (Machine { pc, fp: (*below).registers, word: m.word, thread: m.thread }, function)
    }
}

/// The bits of the value at a position of a dict whose key set's version stands.
#[inline(always)]
pub(crate) fn value_bits_at(dict: &Py<PyDict>, position: usize) -> u64 {
    dict.with_table(|table| table.value_bits(position))
}

/// The bits of an instance's value at a cached place; the class's version has been compared.
#[inline(always)]
pub(crate) fn instance_bits(object: &PyObject, place: usize) -> u64 {
    // SAFETY: the place was cached for a class of this version.
    unsafe { objects::core::extension::bits_at(object, place) }
}

/// Replaces an instance's value at a cached place; the class's version has been compared.
#[inline(always)]
pub(crate) fn replace_instance_bits(object: &PyObject, place: usize, bits: u64) -> u64 {
    // SAFETY: the place was cached for a class of this version, and holds a value or is a slot's.
    unsafe { objects::core::extension::replace_bits_at(object, place, bits) }
}

/// Sets an instance's value at a cached place that is empty, the one of inline value `index`; the class's version has been
/// compared.
#[inline(always)]
pub(crate) fn append_instance_bits(object: &PyObject, place: usize, index: usize, bits: u64) {
    // SAFETY: place and index were cached for a class of this version, and the place is empty.
    unsafe { objects::core::extension::append_bits_at(object, place, index, bits) }
}
