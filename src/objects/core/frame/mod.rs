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

pub mod chain;
pub mod generator_record;
pub mod stacks;

use std::cell::{Cell, UnsafeCell};
use std::mem::ManuallyDrop;
use std::ptr::{NonNull, null_mut};

use super::gc::{Traverse, Visitor};
use super::object::{Py, PyObject};
use super::pyref::PyRef;
use super::value::{Value, special};
use super::vm::Vm;
use crate::types::code::{PyCode, StackEntry};
use crate::types::dict::PyDict;
use crate::types::frame_object::PyFrame;
use crate::types::function::PyFunction;
use crate::types::generator::{GeneratorCore, GeneratorState};

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
    /// The first record of its chunk.
    pub const CHUNK_START: u32 = 64;
    /// A generator's frame that a `for` of the frame below resumed.
    pub const FROM_FOR: u32 = 128;
    /// A generator's frame that a SEND of the frame below resumed.
    pub const FROM_SEND: u32 = 256;
    /// The frame runs a method on behalf of a word that is no call: an operator, a property. `aux` says what to do with
    /// its result.
    pub const OPERATOR: u32 = 512;
    /// Beside `FROM_SEND`: an asynchronous generator's frame; the SEND awaits an `asend()` of it.
    pub const FROM_ASEND: u32 = 2048;
    /// A generator's frame whose record has a gap below it; see [`chain`](super::chain).
    pub const CHAINED: u32 = 1024;
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
    /// Of a generator's frame: the first free register of the thread, as a distance from the chunk's start. Of an
    /// operator's: what becomes of the result.
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
        if self.flags & frame_flags::GENERATOR != 0 {
            return self.generator().function.get().and_then(|f| f.into_ref::<PyFunction>().ok());
        }
        // SAFETY: invariant 2: NULL for the frame of a module.
        if self.result.is_null() || unsafe { (*self.result).is_null() } {
            return None;
        }
        // SAFETY: invariant 2.
        let value = unsafe { (*self.result).to_value() };
        value.into_ref::<PyFunction>().ok()
    }

    /// The generator whose frame this is. The flag `GENERATOR` must be set.
    #[inline]
    #[must_use]
    pub fn generator(&self) -> &Py<GeneratorCore> {
        debug_assert!(self.flags & frame_flags::GENERATOR != 0, "not a generator's frame");
        // SAFETY: a generator's registers are its tail.
        unsafe {
            &*self
                .registers
                .cast::<u8>()
                .sub(Py::<GeneratorCore>::tail_offset())
                .cast::<Py<GeneratorCore>>()
        }
    }

    /// The index of the code unit that runs or waits; None before the first.
    #[must_use]
    pub fn unit(&self) -> Option<usize> {
        self.code().unit_of(self.next)
    }

    /// `f_lasti`: the offset in bytes of the instruction that runs or waits, -1 before the first.
    #[must_use]
    pub fn lasti(&self) -> i32 {
        self.unit().map_or(-1, |unit| i32::try_from(unit * 2).unwrap_or(i32::MAX))
    }

    /// The value stack below the instruction that runs or waits, bottom first: None for an empty slot.
    #[must_use]
    pub fn stack_values(&self) -> Vec<Option<Value>> {
        let code = self.code();
        let first = code.local_count();
        let entries = code.stack_at(self.next);
        entries
            .iter()
            .enumerate()
            .map(|(depth, entry)| match *entry {
                StackEntry::Null => None,
                StackEntry::Temporary => self.register(first + depth),
                StackEntry::Local(index) => self.register(index as usize),
                StackEntry::Immediate(bits) => {
                    // SAFETY: the word of an immediate, or of a constant that the code keeps alive.
                    Some(unsafe { Register(bits).to_value() })
                }
            })
            .collect()
    }

    /// Takes the values out of the stack slots from depth `from` up to register `until`, which die with the frame or with
    /// the part of the stack that an exception unwinds.
    pub fn take_stack(&self, from: usize, until: usize) -> Vec<Value> {
        let mut dead = Vec::new();
        self.move_stack(from, until, &mut dead);
        dead
    }

    fn move_stack(&self, from: usize, until: usize, dead: &mut Vec<Value>) {
        let code = self.code();
        let first = code.local_count();
        for (depth, entry) in code.stack_at(self.next).iter().enumerate().skip(from) {
            let index = first + depth;
            if matches!(entry, StackEntry::Temporary) && index < until {
                // SAFETY: invariant 3: the slot holds an owned value or NULL.
                unsafe {
                    let old = std::mem::replace(&mut *self.registers.add(index), Register::NULL);
                    if !old.is_null() {
                        dead.push(old.into_value());
                    }
                }
            }
        }
    }

    /// Takes the values out of the local variables and cells.
    pub fn take_locals(&self) -> Vec<Value> {
        self.each_local_taken().collect()
    }

    fn each_local_taken(&self) -> impl Iterator<Item = Value> {
        (0..self.code().local_count()).map(|index| {
            // SAFETY: locals always hold a value or NULL.
            unsafe {
                let old = std::mem::replace(&mut *self.registers.add(index), Register::NULL);
                old.into_value()
            }
        })
    }

    /// Drops the local variables and cells, one by one.
    pub fn drop_locals(&self) {
        for index in 0..self.code().local_count() {
            // SAFETY: locals always hold a value or NULL.
            unsafe {
                let old = std::mem::replace(&mut *self.registers.add(index), Register::NULL);
                drop(old.into_value());
            }
        }
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
        assert!(index < self.code().local_count(), "a local's index fits its code");
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

/// The record of a generator that is not running, kept in the generator.
pub struct SavedFrame(UnsafeCell<Frame>);

impl SavedFrame {
    /// A place for a record.
    #[must_use]
    pub const fn new() -> Self {
        Self(UnsafeCell::new(Frame::EMPTY))
    }

    /// The record's place.
    #[inline]
    #[must_use]
    pub fn as_ptr(&self) -> *mut Frame {
        self.0.get()
    }
}

impl Default for SavedFrame {
    fn default() -> Self {
        Self::new()
    }
}

impl Traverse for SavedFrame {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

impl Py<GeneratorCore> {
    /// The record of the generator while it is suspended or has not started; None while it runs and after its end. A chain
    /// that it delegates in is dissolved.
    #[must_use]
    pub fn suspended_frame(&self) -> Option<&Frame> {
        if matches!(self.settled_state(), GeneratorState::Created | GeneratorState::Suspended) {
            // SAFETY: in these states the saved record is whole, and nobody changes it while a borrow is out.
            Some(unsafe { &*self.saved.as_ptr() })
        } else {
            None
        }
    }
}

/// Shows the collector what a suspended generator's registers hold.
pub(crate) fn traverse_generator(payload: &GeneratorCore, visitor: &mut Visitor<'_>) {
    // One that delegates holds what it holds whether the one that it delegates to runs or not.
    if matches!(payload.state.get(), GeneratorState::Running | GeneratorState::Finished) {
        return;
    }
    // SAFETY: as in `suspended_frame`.
    let frame = unsafe { &*payload.saved.as_ptr() };
    let code = frame.code();
    let count = code.local_count();
    // SAFETY: locals hold a value or NULL, and so do the temporaries that the side table names.
    unsafe {
        let mut visit = |index: usize| {
            let bits = (*frame.registers.add(index)).0;
            if bits & 3 == 0 {
                visitor.visit_object(&*(bits as *const PyObject));
            }
        };
        (0..count).for_each(&mut visit);
        for (depth, entry) in code.stack_at(frame.next).iter().enumerate() {
            if matches!(entry, StackEntry::Temporary) {
                visit(count + depth);
            }
        }
        if let Some(extra) = frame.extra.as_ref() {
            extra.frame_object.traverse(visitor);
            extra.locals.traverse(visitor);
        }
    }
}

/// Shows the collector what the variables of a frame hold. `record` is on a thread's stack.
pub(crate) fn traverse_variables(record: NonNull<Frame>, visitor: &mut Visitor<'_>) {
    // SAFETY: a record on a stack is whole; locals hold a value or NULL.
    unsafe {
        let frame = record.as_ref();
        visitor.visit_object(frame.globals().as_object());
        for index in 0..frame.code().local_count() {
            let bits = (*frame.registers.add(index)).0;
            if bits & 3 == 0 {
                visitor.visit_object(&*(bits as *const PyObject));
            }
        }
    }
}

/// Takes everything out of a generator that does not run: it is finished then.
pub fn clear_generator(payload: &GeneratorCore, dead: &mut Vec<Value>) {
    if !matches!(payload.settled_state(), GeneratorState::Created | GeneratorState::Suspended) {
        return;
    }
    // SAFETY: as in `suspended_frame`; nothing runs in here.
    let frame = unsafe { &mut *payload.saved.as_ptr() };
    if frame.code.is_null() {
        // There was no memory for the generator: its frame has not moved here.
        return;
    }
    dead.reserve(frame.code().register_count.get() as usize);
    frame.move_stack(0, usize::MAX, dead);
    payload.state.set(GeneratorState::Finished);
    if let Some(extra) = frame.take_extra() {
        if let Some(object) = extra.frame_object {
            object.detach(frame);
            dead.push(object.into_value());
        }
        dead.extend(extra.locals);
    }
    dead.extend(frame.each_local_taken().filter(|value| !value.is_null()));
}

/// The code object of a record on a thread's stack.
#[must_use]
pub fn code_of_record(record: NonNull<Frame>) -> PyRef<PyCode> {
    // SAFETY: the caller's record is on a stack, so it is whole.
    unsafe { record.as_ref() }.code().to_ref()
}

/// The record of a generator that runs: it is on this thread's stack.
#[must_use]
pub fn running_record(vm: Vm<'_>, generator: &Py<GeneratorCore>) -> Option<*mut Frame> {
    let stacks = &vm.thread().stacks;
    let mut next = NonNull::new(stacks.current.get());
    while let Some(record) = next {
        // SAFETY: a record on the stack is whole.
        let frame = unsafe { record.as_ref() };
        if frame.flags & frame_flags::GENERATOR != 0 && frame.generator().is(generator) {
            return Some(record.as_ptr());
        }
        next = NonNull::new(stacks.previous_record(record));
    }
    None
}
