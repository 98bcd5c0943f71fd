//! Frames of generators: made, gone on with, left.
//!
//! Invariant: while a generator does not run, the record in it is whole; while it runs, that record keeps what does not change
//! between one stop and the next, and the record on the stack is a copy of it.
#![expect(
    unsafe_code,
    reason = "records and registers are raw: the invariants are in the module docs of this file and frames.rs"
)]

use objects::core::errors::PyResult;
use objects::core::frame::{Frame, Register, frame_flags};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::thread_state::ThreadState;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::generator::{GeneratorCore, GeneratorState};

use crate::frames::{Left, enter_record, exit_with, limit, next_record, set_return, waiting};
use crate::machine::Machine;
use crate::ops::iterate;

/// Makes the innermost frame, which has just begun, into a generator's: its registers move there.
pub(crate) fn make_generator(
    vm: Vm<'_>,
    core: GeneratorCore,
    class: &'static objects::core::type_object::StaticType,
) -> PyResult<Value> {
    let record = vm.thread().stacks.current.get();
    // SAFETY: the current record is whole.
    let frame = unsafe { &mut *record };
    let registers = frame.registers;
    let locals = frame.code().local_count();
    let generator = PyRef::new_with_tail(vm, class.get(), core, |index| {
        if index >= locals {
            return Register::NULL;
        }
        // SAFETY: locals hold values or NULL, which move.
        unsafe { std::mem::replace(&mut *registers.add(index), Register::NULL) }
    })?;
    // SAFETY: the tail is where the generator's registers are; nobody else knows the generator yet.
    unsafe {
        let tail = PyRef::as_ptr(&generator)
            .cast::<u8>()
            .add(Py::<GeneratorCore>::tail_offset())
            .cast_mut()
            .cast::<Register>();
        let saved = generator.saved.as_ptr();
        saved.write(Frame {
            next: frame.next,
            registers: tail,
            result: std::ptr::null_mut(),
            code: frame.code,
            globals: frame.globals,
            builtins: frame.builtins,
            extra: std::mem::replace(&mut frame.extra, std::ptr::null_mut()),
            flags: frame_flags::GENERATOR | frame.flags & frame_flags::HAS_EXTRA,
            aux: 0,
        });
        frame.flags &= !frame_flags::HAS_EXTRA;
        if let Some(object) = (*saved).frame_object() {
            object.set_record(saved);
        }
    }
    Ok(generator.into_value())
}

/// Pushes the record of a generator that does not run; the sent value goes where its `yield` left a place.
pub(crate) fn push_generator(
    vm: Vm<'_>,
    generator: &Py<GeneratorCore>,
    sent: Option<Register>,
    flags: u32,
) -> PyResult<*mut u64> {
    let stacks = &vm.thread().stacks;
    let (record, chunk_flag) = next_record(vm)?;
    let mut flags = flags | frame_flags::GENERATOR | chunk_flag;
    if stacks.base().is_null() {
        if stacks.push_chunk(64).is_none() {
            return Err(vm.memory_error());
        }
        flags |= frame_flags::OWN_CHUNK;
    }
    let aux = stacks.top_offset();
    // SAFETY: the generator does not run, so its saved record is whole and ours to move.
    let next = unsafe {
        let saved = generator.saved.as_ptr();
        let mut frame = saved.read();
        frame.flags = flags | frame.flags & frame_flags::HAS_EXTRA;
        frame.aux = aux;
        if let Some(sent) = sent {
            // The YIELD_VALUE (or RETURN_GENERATOR) word before `next` names the register.
            let word = *frame.next.sub(1);
            let index = (word >> 16) as usize & 0xffff;
            *frame.registers.add(index) = sent;
        }
        let next = frame.next;
        let has_extra = frame.flags & frame_flags::HAS_EXTRA != 0;
        record.write(frame);
        if has_extra && let Some(object) = (*record).frame_object() {
            object.set_record(record);
        }
        next
    };
    generator.state.set(GeneratorState::Running);
    let handled = generator.handled.replace(None);
    vm.thread().handled.with_mut(|stack| stack.push(handled));
    enter_record(vm, record, chunk_flag);
    Ok(next)
}

/// The words of FOR_ITER and SEND are as many.
const _: () = assert!(iterate::WORDS == crate::ops::generators::SEND_WORDS);

/// Goes on in a generator on behalf of the word that runs (`FROM_FOR` or `FROM_SEND`), where nothing is special: `next`
/// stands in the generator then. False, having done nothing, when the slow way is needed.
#[inline(always)]
pub(crate) fn resume_plain(
    m: &mut Machine,
    generator: &Py<GeneratorCore>,
    sent: Register,
    from: u32,
) -> bool {
    let stacks = &m.thread().stacks;
    let current = stacks.current.get();
    let Some(record) = move_in(m.thread(), generator, sent, from) else { return false };
    // SAFETY: the record below was the current one; the new one is whole.
    unsafe {
        (*current).next = m.pc.add(iterate::WORDS);
        m.pc = (*record).next;
        m.fp = (*record).registers;
    }
    true
}

/// Makes the record of a generator where nothing is special the innermost one; what is sent goes where its `yield` left a
/// place. None, with nothing done, when the slow way is needed.
#[inline(always)]
fn move_in(
    thread: &ThreadState,
    generator: &Py<GeneratorCore>,
    sent: Register,
    from: u32,
) -> Option<*mut Frame> {
    let stacks = &thread.stacks;
    let ready =
        matches!(generator.state.get(), GeneratorState::Created | GeneratorState::Suspended)
            && generator.handled.with(Option::is_none);
    let room = thread.handled.with(|stack| stack.len() < stack.capacity());
    let record = stacks.next_record()?;
    // SAFETY: the generator does not run, so its saved record is whole and ours to move.
    unsafe {
        let saved = generator.saved.as_ptr();
        if !ready || !room || (*saved).flags & frame_flags::HAS_EXTRA != 0 {
            return None;
        }
        let aux = stacks.top_offset();
        record.write(saved.read());
        (*record).flags = frame_flags::GENERATOR | from;
        (*record).aux = aux;
        // The YIELD_VALUE (or RETURN_GENERATOR) word before names the register that gets what is sent.
        let index = (*(*record).next.sub(1) >> 16) as usize & 0xffff;
        *(*record).registers.add(index) = sent;
    }
    generator.state.set(GeneratorState::Running);
    // SAFETY: there is room, as was looked at.
    thread.handled.with_mut(|stack| unsafe {
        let length = stack.len();
        stack.as_mut_ptr().add(length).write(None);
        stack.set_len(length + 1);
    });
    stacks.current.set(record);
    Some(record)
}

/// Goes on in a generator on behalf of native code, where nothing is special: the word to run. None, with nothing done, when
/// the slow way is needed.
pub(crate) fn resume_entered(
    vm: Vm<'_>,
    generator: &Py<GeneratorCore>,
    sent: &Value,
) -> Option<*mut u64> {
    if vm.thread().stacks.base().is_null() {
        return None;
    }
    let sent = std::mem::ManuallyDrop::new(sent.clone());
    match move_in(vm.thread(), generator, Register(sent.bits()), frame_flags::EXIT) {
        // SAFETY: the record is whole.
        Some(record) => Some(unsafe { (*record).next }),
        None => {
            drop(std::mem::ManuallyDrop::into_inner(sent));
            None
        }
    }
}

/// Whether these are the flags of a generator that a FOR_ITER or a SEND has resumed, and where nothing is special.
#[inline(always)]
pub(crate) fn is_plain_generator(flags: u32) -> bool {
    flags == frame_flags::GENERATOR | frame_flags::FROM_FOR
        || flags == frame_flags::GENERATOR | frame_flags::FROM_SEND
}

/// Ends a generator's frame, whose variables are gone, where nothing is special: the machine of the word that resumed it,
/// standing on it. None, with nothing done, when the slow way is needed.
#[inline(always)]
pub(crate) fn finish_plain(m: &Machine) -> Option<Machine> {
    if !finish_entered(m) {
        return None;
    }
    // SAFETY: as in `suspend_plain`.
    Some(unsafe { resumer(m) })
}

/// Ends a generator's frame, whose variables are gone, where nothing is special. False, with nothing done, when the slow way
/// is needed.
#[inline(always)]
pub(crate) fn finish_entered(m: &Machine) -> bool {
    let thread = m.thread();
    let record = thread.stacks.current.get();
    if thread.handled.with(|stack| !matches!(stack.last(), Some(None))) {
        return false;
    }
    forget_handled(thread);
    // SAFETY: the current record is whole, and has one below it.
    unsafe {
        (*record).generator().state.set(GeneratorState::Finished);
        thread.stacks.current.set(record.sub(1));
    }
    true
}

/// Suspends a generator that a FOR_ITER or SEND resumed and where nothing is special: the machine of that word, which gets the
/// value. None, with nothing done, when the slow way is needed.
#[inline(always)]
pub(crate) fn suspend_plain(m: &Machine) -> Option<Machine> {
    if !is_plain_generator(m.frame().flags) || !move_out(m) {
        return None;
    }
    // SAFETY: a record without `CHUNK_START` has one below it, which waits behind its word.
    Some(unsafe { resumer(m) })
}

/// The machine of the word that resumed the generator that has just been left, standing on it.
///
/// # Safety
/// The current record waits behind a FOR_ITER or a SEND.
#[inline(always)]
unsafe fn resumer(m: &Machine) -> Machine {
    // SAFETY: the record is whole, and the word that it waits behind is in its code, by contract.
    unsafe {
        let below = m.thread().stacks.current.get();
        let pc = (*below).next.sub(iterate::WORDS);
        Machine { pc, fp: (*below).registers, word: *pc, thread: m.thread }
    }
}

/// Suspends a generator that native code resumed and where nothing is special. False, with nothing done, when the slow way is
/// needed.
#[inline(always)]
pub(crate) fn suspend_entered(m: &Machine) -> bool {
    m.frame().flags == frame_flags::GENERATOR | frame_flags::EXIT && move_out(m)
}

/// Takes off the innermost entry of the exceptions being handled, which is empty.
#[inline(always)]
fn forget_handled(thread: &ThreadState) {
    // SAFETY: the last entry holds nothing to drop.
    thread.handled.with_mut(|stack| unsafe { stack.set_len(stack.len() - 1) });
}

/// Takes off the innermost record, a generator's, which is not the first of its chunk; the generator goes on behind the word
/// that runs. False, with nothing done, when an exception is being handled there.
#[inline(always)]
fn move_out(m: &Machine) -> bool {
    let thread = m.thread();
    let record = thread.stacks.current.get();
    if thread.handled.with(|stack| !matches!(stack.last(), Some(None))) {
        return false;
    }
    // SAFETY: the current record is whole and has one below it.
    unsafe {
        let generator = (*record).generator();
        let saved = generator.saved.as_ptr();
        (*saved).next = m.pc.add(1);
        forget_handled(thread);
        generator.state.set(GeneratorState::Suspended);
        thread.stacks.current.set(record.sub(1));
    }
    true
}

/// Suspends the innermost frame, a generator's, which goes on behind the word that runs. Its record's flags are answered.
pub(crate) fn suspend(vm: Vm<'_>) -> Left {
    let stacks = &vm.thread().stacks;
    let record = stacks.current.get();
    // SAFETY: the current record is whole and a generator's. What the saved record holds beside these fields has not
    // changed since the generator was resumed.
    unsafe {
        let generator = (*record).generator();
        let saved = generator.saved.as_ptr();
        let flags = (*record).flags;
        (*saved).next = (*record).next;
        (*saved).extra = (*record).extra;
        (*saved).flags = frame_flags::GENERATOR | flags & frame_flags::HAS_EXTRA;
        if flags & frame_flags::HAS_EXTRA != 0
            && let Some(object) = (*saved).frame_object()
        {
            object.set_record(saved);
        }
        if let Some(handled) = vm.thread().handled.with_mut(|stack| stack.pop().flatten()) {
            drop(generator.handled.replace(Some(handled)));
        }
        generator.state.set(GeneratorState::Suspended);
        stacks.pop_record(limit(vm));
        Left { flags, aux: 0, result: std::ptr::null_mut(), constructed: Register::NULL }
    }
}

/// A value that a generator yields goes to whoever resumed it.
pub(crate) fn deliver_yielded(m: &mut Machine, left: &Left, value: Value) {
    if left.flags & frame_flags::EXIT != 0 {
        exit_with(m, left, value);
    } else if left.flags & frame_flags::FROM_FOR != 0 {
        let mut below = waiting(m, iterate::WORDS);
        iterate::item_arrived(&mut below, value);
        *m = below;
    } else {
        let mut below = waiting(m, crate::ops::generators::SEND_WORDS);
        crate::ops::generators::send_yielded(&mut below, value);
        *m = below;
    }
}

/// Goes on in a generator, on behalf of the word that runs (`FROM_FOR` or `FROM_SEND`).
pub(crate) fn resume_inline(
    m: &mut Machine,
    generator: &Py<GeneratorCore>,
    sent: Register,
    from: u32,
) -> PyResult<()> {
    let words = if from == frame_flags::FROM_FOR {
        iterate::WORDS
    } else {
        crate::ops::generators::SEND_WORDS
    };
    set_return(m, words);
    match push_generator(m.vm(), generator, Some(sent), from) {
        Ok(next) => {
            m.pc = next;
            m.fp = m.frame().registers;
            Ok(())
        }
        Err(raised) => Err(raised),
    }
}
