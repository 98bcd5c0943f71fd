//! Frames pushed and popped: calls and returns.
//!
//! Invariants:
//! 1. The registers of a pushed frame that are locals hold an owned value or NULL before the record becomes current.
//! 2. What a caller's registers gave to the callee is NULL there, unless it lies in the callee's registers.
#![expect(
    unsafe_code,
    reason = "records and registers are raw: the invariants are in the module doc"
)]

use objects::core::errors::PyResult;
use objects::core::frame::stacks::Overflow;
use objects::core::frame::{Frame, Register, frame_flags};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::thread_state::ThreadState;
use objects::core::value::{Value, special};
use objects::core::vm::Vm;
use objects::types::code::PyCode;
use objects::types::dict::PyDict;
use objects::types::function::PyFunction;

use crate::dispatch;
use crate::generator_frames;
use crate::machine::Machine;
use crate::ops::iterate;
use crate::translate;

/// The recursion limit.
pub(crate) fn limit(vm: Vm<'_>) -> u32 {
    vm.interpreter().recursion_limit.get()
}

/// A place for one more record, and the flag that it needs.
#[inline]
pub(crate) fn next_record(vm: Vm<'_>) -> PyResult<(*mut Frame, u32)> {
    match vm.thread().stacks.next_record() {
        Some(next) => Ok((next, 0)),
        None => next_record_slow(vm),
    }
}

#[cold]
fn next_record_slow(vm: Vm<'_>) -> PyResult<(*mut Frame, u32)> {
    let stacks = &vm.thread().stacks;
    match stacks.next_record_slow(limit(vm)) {
        Ok(next) => Ok((next, stacks.chunk_flag(next))),
        Err(Overflow::Recursion) => Err(vm.recursion_error("maximum recursion depth exceeded")),
        Err(Overflow::Memory) => Err(vm.memory_error()),
    }
}

/// Makes a record the innermost one.
#[inline]
pub(crate) fn enter_record(vm: Vm<'_>, record: *mut Frame, chunk_flag: u32) {
    let stacks = &vm.thread().stacks;
    stacks.current.set(record);
    if chunk_flag != 0 {
        stacks.set_record_end(limit(vm));
    }
}

/// Frames whose function lies in a register below their own.
const HOLDS_FUNCTION: u32 = frame_flags::EXIT | frame_flags::OPERATOR;

/// What becomes of the result of an operator's frame.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Arrival {
    /// It is the word's result.
    Value = 0,
    /// The same, unless it is NotImplemented.
    BinaryOperator = 1,
    /// It answers a comparison, as far as it is not NotImplemented.
    Comparison = 2,
    /// The same, and its truth decides where it goes on.
    Jump = 3,
}

/// Runs `function` with `values` on behalf of the word that runs and has `words` words.
pub(crate) fn push_operator<const N: usize>(
    m: &mut Machine,
    function: &Py<PyFunction>,
    values: [Value; N],
    arrival: Arrival,
    words: usize,
) -> PyResult<()> {
    set_return(m, words);
    let new = NewFrame {
        code: &function.code.get(),
        globals: &function.globals,
        builtins: &function.builtins,
        result: std::ptr::null_mut(),
        flags: frame_flags::OPERATOR,
    };
    push(m.vm(), &new, Some(function.to_value()), values.into_iter())?;
    #[expect(clippy::cast_possible_truncation, reason = "a word's size")]
    {
        m.frame().aux = arrival as u32 | (words as u32) << 8;
    }
    continue_current(m);
    Ok(())
}

/// Whether `value` ends an operator's frame as it is: an operator has not declined, a comparison gave a bool.
#[inline(always)]
pub(crate) fn arrives_plainly(frame: &Frame, value: Register) -> bool {
    if frame.aux & 0xff >= Arrival::Comparison as u32 {
        return matches!(value.0, special::TRUE | special::FALSE);
    }
    value.0 != special::NOT_IMPLEMENTED
}

/// Whether the truth of an operator's result decides where the frame below goes on.
#[inline(always)]
pub(crate) fn decides_jump(frame: &Frame) -> bool {
    frame.aux & 0xff == Arrival::Jump as u32
}

/// The result of an operator's frame goes to the word that waits for it.
fn operator_arrived(m: &mut Machine, left: &Left, value: Value) -> PyResult<()> {
    let words = (left.aux >> 8) as usize;
    let mut below = waiting(m, words);
    const BINARY: u32 = Arrival::BinaryOperator as u32;
    const COMPARISON: u32 = Arrival::Comparison as u32;
    const JUMP: u32 = Arrival::Jump as u32;
    match left.aux & 0xff {
        BINARY if value.is_not_implemented() => {
            return Err(crate::ops::arithmetic::unsupported(&below));
        }
        COMPARISON => {
            let result = crate::ops::compare::arrived(&below, value)?;
            below.finish(result, words);
        }
        JUMP => crate::ops::jumps::comparison_arrived(&mut below, value, words)?,
        _ => below.finish(value, words),
    }
    *m = below;
    Ok(())
}

/// What a new frame runs, and where its result goes.
pub(crate) struct NewFrame<'a> {
    pub(crate) code: &'a Py<PyCode>,
    pub(crate) globals: &'a Py<PyDict>,
    pub(crate) builtins: &'a Py<PyDict>,
    /// The register of the caller that holds the function, and gets the result.
    pub(crate) result: *mut Register,
    pub(crate) flags: u32,
}

/// Pushes a frame whose first locals are `values`; they are moved into fresh registers above the innermost frame.
/// For a frame entered from native code (`EXIT`), or for an operator, `function` is kept in a register of its own.
pub(crate) fn push(
    vm: Vm<'_>,
    new: &NewFrame<'_>,
    function: Option<Value>,
    values: impl ExactSizeIterator<Item = Value>,
) -> PyResult<*mut u64> {
    let entry = translate::entry(vm, new.code)?;
    let stacks = &vm.thread().stacks;
    let (record, chunk_flag) = next_record(vm)?;
    let registers_needed = new.code.register_count.get() as usize + 3;
    let mut flags = new.flags | chunk_flag;
    let mut start = stacks.top();
    if start.is_null() || !stacks.has_room(start, registers_needed) {
        start = match stacks.push_chunk(registers_needed) {
            Some(start) => start,
            None => return Err(vm.memory_error()),
        };
        flags |= frame_flags::OWN_CHUNK;
    }
    let locals = new.code.local_count();
    debug_assert!(values.len() <= locals, "more arguments than variables");
    // SAFETY: there is room for the function's register and the frame's registers.
    unsafe {
        let registers = start.add(1);
        let mut result = new.result;
        if flags & HOLDS_FUNCTION != 0 {
            *start = function.map_or(Register::NULL, Register::from_value);
            result = start;
        }
        let given = values.len();
        for (index, value) in values.enumerate() {
            *registers.add(index) = Register::from_value(value);
        }
        for index in given..locals {
            *registers.add(index) = Register::NULL;
        }
        record.write(Frame {
            next: entry,
            registers,
            result,
            code: new.code,
            globals: new.globals,
            builtins: new.builtins,
            extra: std::ptr::null_mut(),
            flags,
            aux: 0,
        });
    }
    enter_record(vm, record, chunk_flag);
    Ok(entry)
}

/// As [`push_operator`], with exactly the positional arguments that the function takes: false, with nothing done, when that
/// way is needed.
#[inline(always)]
pub(crate) fn push_plain_operator(
    m: &mut Machine,
    function: &Py<PyFunction>,
    values: impl ExactSizeIterator<Item = Value>,
    arrival: Arrival,
    words: usize,
) -> bool {
    let waiting = m.frame();
    #[expect(clippy::cast_possible_truncation, reason = "a word's size")]
    let aux = arrival as u32 | (words as u32) << 8;
    if push_alone(m.thread(), function, values, frame_flags::OPERATOR, aux).is_none() {
        return false;
    }
    // SAFETY: words of the same translation.
    waiting.next = unsafe { m.pc.add(words) };
    continue_current(m);
    true
}

/// Pushes the frame of a function that native code calls with exactly the positional arguments that it takes: the word to
/// run. None, with nothing done, when the slow way is needed.
pub(crate) fn push_entered(
    vm: Vm<'_>,
    function: &Py<PyFunction>,
    arguments: &[Value],
) -> Option<*mut u64> {
    push_alone(vm.thread(), function, arguments.iter().cloned(), frame_flags::EXIT, 0)
}

/// Pushes the frame of a function whose arguments are copied, and that itself is kept in a register of its own.
#[inline(always)]
fn push_alone(
    thread: &ThreadState,
    function: &Py<PyFunction>,
    arguments: impl ExactSizeIterator<Item = Value>,
    flags: u32,
    aux: u32,
) -> Option<*mut u64> {
    let stacks = &thread.stacks;
    // SAFETY: a function's code lives as long as the function, which the frame will own.
    let code: &Py<PyCode> = unsafe { &*function.code.with(PyRef::as_ptr) };
    let entry = code.entry.get();
    let start = stacks.top();
    let record = stacks.next_record()?;
    if entry.is_null()
        || !code.takes_exactly(arguments.len())
        || start.is_null()
        || !stacks.has_room(start, code.register_count.get() as usize + 3)
    {
        return None;
    }
    // SAFETY: there is room for the function's register and the frame's registers; the next record is free.
    unsafe {
        *start = Register::from_value(function.to_value());
        let registers = start.add(1);
        let given = arguments.len();
        for (index, argument) in arguments.enumerate() {
            *registers.add(index) = Register::from_value(argument);
        }
        for index in given..code.local_count() {
            *registers.add(index) = Register::NULL;
        }
        record.write(Frame {
            next: entry,
            registers,
            result: start,
            code,
            globals: &raw const *function.globals,
            builtins: &raw const *function.builtins,
            extra: std::ptr::null_mut(),
            flags,
            aux,
        });
    }
    stacks.current.set(record);
    Some(entry)
}

/// A call with exactly the positional arguments that the code takes, which lie in the caller's registers from `first` on.
/// `m` goes on in the callee. Answers false, having done nothing, when the slow way is needed.
#[inline(always)]
pub(crate) fn push_overlapping(
    m: &mut Machine,
    function: &Py<PyFunction>,
    first: usize,
    given: usize,
    result: usize,
    flags: u32,
    words: usize,
) -> bool {
    // SAFETY: the current record is whole; the index is within the frame's registers.
    unsafe {
        if is_in_generator(m) {
            return push_moved(m, function, first, given, result, flags, words);
        }
        push_at(m, function, m.fp.add(first), given, result, flags, words)
    }
}

/// Whether the running frame's registers lie in a generator.
#[inline(always)]
pub(crate) fn is_in_generator(m: &Machine) -> bool {
    m.frame().flags & frame_flags::GENERATOR != 0
}

/// As [`push_overlapping`], from a frame whose registers do not lie in a generator, which the caller has looked at.
#[inline(always)]
pub(crate) fn push_adjacent(
    m: &mut Machine,
    function: &Py<PyFunction>,
    first: usize,
    given: usize,
    result: usize,
    flags: u32,
    words: usize,
) -> bool {
    // SAFETY: the index is within the frame's registers.
    unsafe { push_at(m, function, m.fp.add(first), given, result, flags, words) }
}

/// As [`push_overlapping`], from a generator: the arguments move out of it to free registers. Part of its caller, because a
/// handler must not give out the address of a local.
#[inline(always)]
fn push_moved(
    m: &mut Machine,
    function: &Py<PyFunction>,
    first: usize,
    given: usize,
    result: usize,
    flags: u32,
    words: usize,
) -> bool {
    // SAFETY: the index is within the frame's registers; nothing is lost when there is no room, because the copies are
    // forgotten then.
    unsafe {
        let registers = m.thread().stacks.top();
        if registers.is_null() || !m.thread().stacks.has_room(registers, given) {
            return false;
        }
        let own = m.fp.add(first);
        for index in 0..given {
            *registers.add(index) = *own.add(index);
        }
        if !push_at(m, function, registers, given, result, flags, words) {
            return false;
        }
        for index in 0..given {
            *own.add(index) = Register::NULL;
        }
        true
    }
}

/// As [`push_overlapping`], for arguments that lie in the callee's own registers, from [`callee_registers`].
///
/// # Safety
/// The first `given` of `registers` hold owned values; what is above them is free.
#[inline(always)]
pub(crate) unsafe fn push_at(
    m: &mut Machine,
    function: &Py<PyFunction>,
    registers: *mut Register,
    given: usize,
    result: usize,
    flags: u32,
    words: usize,
) -> bool {
    // What is above the innermost record is free, so its fields are written as they become known: few values stay in
    // processor registers over the checks.
    let stacks = &m.thread().stacks;
    let Some(record) = stacks.next_record() else { return false };
    // SAFETY: the next record is free; a function's code lives as long as the function, which the caller's register owns;
    // the registers' bounds are checked before they are written.
    unsafe {
        (*record).result = m.fp.add(result);
        (*record).registers = registers;
        let code: &Py<PyCode> = &*function.code.with(PyRef::as_ptr);
        (*record).code = code;
        (*record).globals = &raw const *function.globals;
        (*record).builtins = &raw const *function.builtins;
        (*record).extra = std::ptr::null_mut();
        (*record).flags = flags;
        (*record).aux = 0;
        let entry = code.entry.get();
        (*record).next = entry;
        if entry.is_null() || !stacks.has_room(registers, code.register_count.get() as usize + 1) {
            return false;
        }
        let mut local = registers.add(given);
        let end = registers.add(code.local_count());
        while local < end {
            // Volatile keeps the compiler from making the loop, which mostly runs once or not at all, a wide one.
            local.write_volatile(Register::NULL);
            local = local.add(1);
        }
        (*record.sub(1)).next = m.pc.add(words);
        stacks.current.set(record);
        m.pc = entry;
        m.fp = registers;
    }
    true
}

/// The machine that a callee with these arguments would begin with: its registers are the arguments' own, or, when the
/// caller's lie in a generator, free ones to which the arguments are moved. None, with nothing moved, when there is no room.
pub(crate) fn callee_registers(
    m: &Machine,
    code: &Py<PyCode>,
    first: usize,
    given: usize,
) -> Option<Machine> {
    let stacks = &m.thread().stacks;
    // SAFETY: the current record is whole; the index is within the frame's registers.
    let (in_generator, own) = unsafe {
        let generator = (*stacks.current.get()).flags & frame_flags::GENERATOR != 0;
        (generator, m.fp.add(first))
    };
    let registers = if in_generator { stacks.top() } else { own };
    // A keyword call has values where the parameters behind them go.
    let needed = code.register_count.get() as usize + 1 + given;
    if registers.is_null() || !stacks.has_room(registers, needed) {
        return None;
    }
    let callee = Machine { fp: registers, ..*m };
    if in_generator {
        for index in 0..given {
            callee.put_register(index, m.register(first + index));
            m.put_register(first + index, Register::NULL);
        }
    }
    Some(callee)
}

/// Whether there is room for `count` registers from the callee's first one on.
pub(crate) fn has_room(callee: &Machine, count: usize) -> bool {
    callee.thread().stacks.has_room(callee.fp, count)
}

/// Pushes the frame of a function whose arguments have been bound in `callee`'s registers: false, having done nothing,
/// when the slow way is needed.
pub(crate) fn push_bound(
    m: &mut Machine,
    function: &Py<PyFunction>,
    callee: Machine,
    count: usize,
    (result, flags): (usize, u32),
    words: usize,
) -> bool {
    // SAFETY: binding has filled the first `count` registers.
    unsafe { push_at(m, function, callee.fp, count, result, flags, words) }
}

/// Notes where the running frame goes on after the word that runs.
pub(crate) fn set_return(m: &Machine, words: usize) {
    // SAFETY: words of the same translation.
    m.frame().next = unsafe { m.pc.add(words) };
}

/// Goes on with the innermost frame.
pub(crate) fn continue_current(m: &mut Machine) {
    let frame = m.frame();
    m.pc = frame.next;
    m.fp = frame.registers;
}

/// The register of the running frame with this index, as an address.
pub(crate) fn register_address(m: &Machine, index: usize) -> *mut Register {
    // SAFETY: the index is within the frame's registers.
    unsafe { m.fp.add(index) }
}

/// The word that the frame below waits behind, as a machine that stands on it: `words` is its size.
pub(crate) fn waiting(m: &Machine, words: usize) -> Machine {
    let frame = m.frame();
    // SAFETY: the frame's `next` is one past the word that waits.
    let pc = unsafe { frame.next.sub(words) };
    // SAFETY: as above.
    Machine { pc, fp: frame.registers, word: unsafe { *pc }, thread: m.thread }
}

/// What the end of the innermost frame left to do.
pub(crate) struct Left {
    pub(crate) flags: u32,
    pub(crate) aux: u32,
    pub(crate) result: *mut Register,
    pub(crate) constructed: Register,
}

/// Ends the innermost frame: its variables die, its record is taken off.
pub(crate) fn leave(vm: Vm<'_>) -> Left {
    let stacks = &vm.thread().stacks;
    let record = stacks.current.get();
    generator_frames::expose(record);
    // SAFETY: the current record is whole until it is taken off below.
    let frame = unsafe { &mut *record };
    let flags = frame.flags;
    let mut constructed = Register::NULL;
    if flags & frame_flags::CONSTRUCTOR != 0 {
        // SAFETY: the register behind the one that gets the result holds the new instance.
        unsafe { constructed = std::mem::replace(&mut *frame.result.add(1), Register::NULL) };
    }
    if let Some(extra) = frame.take_extra() {
        if let Some(object) = &extra.frame_object {
            // What nobody else refers to need not be kept.
            if object.as_object().refcount() > 1 {
                object.take_over(vm, frame);
            } else {
                object.set_record(std::ptr::null_mut());
            }
        }
        drop(extra);
    }
    frame.drop_locals();
    let left = Left { flags, aux: frame.aux, result: frame.result, constructed };
    if flags & frame_flags::GENERATOR != 0 {
        finish_generator(vm, frame);
    }
    if flags & frame_flags::OWN_CHUNK != 0 && flags & (HOLDS_FUNCTION | frame_flags::GENERATOR) == 0
    {
        stacks.pop_chunk();
    }
    stacks.pop_record(limit(vm));
    left
}

fn finish_generator(vm: Vm<'_>, frame: &Frame) {
    let generator = frame.generator();
    generator.set_finished();
    let handled = vm.thread().handled.with_mut(Vec::pop);
    drop(handled);
}

/// The value of a frame that ended goes to whoever waits for it.
pub(crate) fn deliver(m: &mut Machine, left: &Left, value: Value) -> PyResult<()> {
    let vm = m.vm();
    let flags = left.flags;
    if flags & frame_flags::EXIT != 0 {
        exit_with(m, left, value);
        return Ok(());
    }
    if flags & frame_flags::OPERATOR != 0 {
        release_exit(vm, left);
        return operator_arrived(m, left, value);
    }
    if flags & frame_flags::FROM_FOR != 0 {
        let mut below = waiting(m, iterate::WORDS);
        if !value.is_none() {
            crate::events::generator_ended(m.vm(), value)?;
        }
        iterate::exhausted(&mut below);
        *m = below;
        return Ok(());
    }
    if flags & frame_flags::FROM_ASEND != 0 {
        let below = waiting(m, crate::ops::generators::SEND_WORDS);
        generator_frames::step_of(&below).end_all();
        *m = below;
        return crate::ops::generators::iteration_ended(m);
    }
    if flags & frame_flags::FROM_SEND != 0 {
        let mut below = waiting(m, crate::ops::generators::SEND_WORDS);
        crate::ops::generators::send_finished(&mut below, value);
        *m = below;
        return Ok(());
    }
    // SAFETY: the register of the waiting frame owns the function.
    let function = unsafe { std::mem::replace(&mut *left.result, Register::NULL).into_value() };
    if flags & frame_flags::CONSTRUCTOR != 0 {
        // SAFETY: the hidden register owned the instance.
        let instance = unsafe { left.constructed.into_value() };
        drop(function);
        if !value.is_none() {
            let class = value.class().name();
            drop(instance);
            return Err(vm.type_error(format!("__init__() should return None, not '{class}'")));
        }
        // SAFETY: as above.
        unsafe { *left.result = Register::from_value(instance) };
    } else {
        // SAFETY: as above.
        unsafe { *left.result = Register::from_value(value) };
        drop(function);
    }
    continue_current(m);
    Ok(())
}

pub(crate) fn exit_with(m: &mut Machine, left: &Left, value: Value) {
    release_exit(m.vm(), left);
    m.thread().stacks.set_exit_value(value.into_bits());
    dispatch::leave(m);
}

/// Gives up what a frame entered from native code, or for an operator, held beside its own registers.
fn release_exit(vm: Vm<'_>, left: &Left) {
    if left.flags & frame_flags::GENERATOR == 0 && !left.result.is_null() {
        // SAFETY: the register below the frame's own: the function, or NULL.
        let function = unsafe { std::mem::replace(&mut *left.result, Register::NULL).into_value() };
        drop(function);
    }
    if left.flags & frame_flags::OWN_CHUNK != 0 {
        vm.thread().stacks.pop_chunk();
    }
}

/// An exception leaves the innermost frame: it is ended, and whether the loop is left with it is answered.
pub(crate) fn leave_raising(vm: Vm<'_>, exception: &Value) -> bool {
    let left = leave(vm);
    if left.flags & frame_flags::FROM_ASEND != 0 {
        generator_frames::fail_step(vm, exception);
    }
    if left.flags & frame_flags::EXIT != 0 {
        release_exit(vm, &left);
        return true;
    }
    if left.flags & frame_flags::OPERATOR != 0 {
        release_exit(vm, &left);
        return false;
    }
    if left.flags & frame_flags::CONSTRUCTOR != 0 {
        // SAFETY: the hidden register owned the instance.
        drop(unsafe { left.constructed.into_value() });
    }
    if left.flags & frame_flags::GENERATOR == 0 {
        // SAFETY: the register of the waiting frame owns the function.
        drop(unsafe { std::mem::replace(&mut *left.result, Register::NULL).into_value() });
    }
    false
}

/// Gives the innermost frame, a module's or class body's, its namespace.
pub(crate) fn set_namespace(vm: Vm<'_>, namespace: Value) {
    // SAFETY: the current record is whole.
    unsafe { (*vm.thread().stacks.current.get()).extra_mut().locals = Some(namespace) };
}
