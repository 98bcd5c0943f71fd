//! Frames of generators: made, gone on with, left.
//!
//! Invariant: while a generator does not run, the record in it is whole; while it runs, that record keeps what does not change
//! between one stop and the next, and the record on the stack is a copy of it.
#![expect(
    unsafe_code,
    reason = "records and registers are raw: the invariants are in the module docs of this file and frames.rs"
)]

use std::ptr::NonNull;
use std::sync::atomic::Ordering;

use objects::core::errors::PyResult;
use objects::core::frame::generator_record::{copy_record, make_generator as make_generator_of};
use objects::core::frame::{Frame, Register, chain, frame_flags};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::thread_state::ThreadState;
use objects::core::thread_state::breaker;
use objects::core::type_object::StaticType;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::async_generator::{PyAsyncStep, PyWrappedValue};
use objects::types::function::PyFunction;
use objects::types::generator::{COROUTINE, GENERATOR, GeneratorCore, GeneratorState};

use crate::frames::{Left, enter_record, exit_with, limit, next_record, set_return, waiting};
use crate::machine::{Machine, heap_class, payload};
use crate::ops::iterate;

/// Takes the function out of the register that keeps it for the frame that runs, which has no flags.
pub(crate) fn take_function(m: &Machine) -> PyRef<PyFunction> {
    // SAFETY: the register that gets the result owns the function until then, and `pop_plain` takes NULL for none.
    let function =
        unsafe { std::mem::replace(&mut *m.frame().result, Register::NULL).into_value() };
    function.into_ref::<PyFunction>().unwrap_or_else(|_| unreachable!("a function's frame"))
}

/// Makes the innermost frame, which has just begun, into a generator's: its registers move there.
#[inline(always)]
pub(crate) fn make_generator(
    vm: Vm<'_>,
    function: Option<PyRef<PyFunction>>,
    class: &'static StaticType,
) -> PyResult<Value> {
    // SAFETY: the current record.
    let made = unsafe { make_generator_of(vm, vm.thread().stacks.current.get(), function, class) };
    made.map(PyRef::into_value)
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

/// As [`resume_plain`], in the innermost generator of the chain that `generator` heads.
#[inline(always)]
pub(crate) fn resume_chain(
    m: &mut Machine,
    generator: &Py<GeneratorCore>,
    sent: Register,
    from: u32,
) -> bool {
    let current = m.thread().stacks.current.get();
    let Some(record) = enter_chain(m.thread(), generator, sent, from) else { return false };
    // SAFETY: as in `resume_plain`.
    unsafe {
        (*current).next = m.pc.add(iterate::WORDS);
        m.pc = (*record).next;
        m.fp = (*record).registers;
    }
    true
}

/// Makes the record of the innermost generator of a chain the innermost one, over a gap for those that delegate; what is sent
/// goes where its `yield` left a place. None, with nothing done, when `head` heads no chain or the slow way is needed.
#[inline(always)]
fn enter_chain(
    thread: &ThreadState,
    head: &Py<GeneratorCore>,
    sent: Register,
    from: u32,
) -> Option<*mut Frame> {
    let (innermost, gap) = head.chain()?;
    let stacks = &thread.stacks;
    let record = stacks.record_beyond(gap)?;
    let room = thread.handled.with(|stack| stack.capacity() - stack.len() > gap);
    // A tool may want to be told of each generator.
    let watched = thread.breaker().load(Ordering::Relaxed) & breaker::TRACE != 0;
    if innermost.state.get() != GeneratorState::Suspended
        || innermost.is_unusual()
        || !room
        || watched
    {
        return None;
    }
    // SAFETY: there is room, as was looked at; the chain does not run.
    unsafe {
        chain::enter(record, (&**head, innermost), gap, from, stacks.top_offset());
        let index = (*(*record).next.sub(1) >> 16) as usize & 0xffff;
        *(*record).registers.add(index) = sent;
    }
    // SAFETY: there is room, as was looked at.
    thread.handled.with_mut(|stack| unsafe {
        let length = stack.len();
        for index in length..=length + gap {
            stack.as_mut_ptr().add(index).write(None);
        }
        stack.set_len(length + gap + 1);
    });
    stacks.current.set(record);
    Some(record)
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
        copy_record(saved, record, frame_flags::GENERATOR | from, aux);
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
    let register = Register(sent.bits());
    let record = move_in(vm.thread(), generator, register, frame_flags::EXIT)
        .or_else(|| enter_chain(vm.thread(), generator, register, frame_flags::EXIT));
    match record {
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
    forget_handled(thread, 1);
    // SAFETY: the current record is whole, and has one below it.
    unsafe {
        (*record).generator().set_finished();
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

/// Takes off the innermost entries of the exceptions being handled, which are empty.
#[inline(always)]
fn forget_handled(thread: &ThreadState, count: usize) {
    // SAFETY: these entries hold nothing to drop.
    thread.handled.with_mut(|stack| unsafe { stack.set_len(stack.len() - count) });
}

/// Whether the generator that runs has nothing special but perhaps a gap below its record.
#[inline(always)]
fn is_simple(m: &Machine) -> bool {
    m.frame().flags & !(chain::ENTERED | frame_flags::CHAINED) == frame_flags::GENERATOR
        && m.thread().handled.with(|stack| matches!(stack.last(), Some(None)))
}

/// Suspends a generator whose record has a gap below it, and where else nothing is special. False, with nothing done, when the
/// slow way is needed.
#[inline(always)]
pub(crate) fn suspend_chained(m: &Machine) -> bool {
    if m.frame().flags & frame_flags::CHAINED == 0 || !is_simple(m) {
        return false;
    }
    // SAFETY: as was looked at.
    unsafe { leave_suspended(m, GeneratorState::Suspended) };
    true
}

/// Suspends a generator that yields what the receiver of its SEND yielded, so that the two are links of a chain from now on.
/// False, with nothing done, where there can be no chain.
#[inline(always)]
pub(crate) fn suspend_delegating(m: &Machine) -> bool {
    let receiver = m.register(m.a() - 1).0;
    let delegates = heap_class(receiver)
        .is_some_and(|class| class.is(GENERATOR.get()) || class.is(COROUTINE.get()));
    if !delegates || !is_simple(m) {
        return false;
    }
    let frame = m.frame();
    let chained = (frame.flags & frame_flags::CHAINED != 0).then_some(&*frame);
    if !frame.generator().delegate_to(payload::<GeneratorCore>(receiver), chained) {
        return false;
    }
    // SAFETY: as was looked at.
    unsafe { leave_suspended(m, GeneratorState::Delegating) };
    true
}

/// The flags of an asynchronous generator's frame that a SEND to an `asend()` has resumed, and where nothing is special.
pub(crate) const AWAITED_STEP: u32 =
    frame_flags::GENERATOR | frame_flags::FROM_SEND | frame_flags::FROM_ASEND;

/// Whether an asynchronous generator runs whose next value needs no wrapping, because the SEND that awaits it is the next to
/// see it.
#[inline(always)]
pub(crate) fn gives_to_asend(m: &Machine) -> bool {
    m.frame().flags == AWAITED_STEP && is_simple(m)
}

/// Suspends an asynchronous generator for which [`gives_to_asend`] holds, and ends the step: the machine of the SEND that
/// awaits it.
#[inline(always)]
pub(crate) fn suspend_step(m: &Machine) -> Machine {
    // SAFETY: nothing is special, by what the caller has seen.
    unsafe { leave_suspended(m, GeneratorState::Suspended) };
    let below = resumed_by(m);
    step_of(&below).end();
    below
}

/// Ends an asynchronous generator for which [`gives_to_asend`] holds and whose variables are gone: the machine of the SEND
/// that awaits its end.
#[inline(always)]
pub(crate) fn finish_step(m: &Machine) -> Option<Machine> {
    if !finish_entered(m) {
        return None;
    }
    let below = resumed_by(m);
    step_of(&below).end_all();
    Some(below)
}

/// The `asend()` that the SEND at which a machine stands awaits.
#[inline(always)]
pub(crate) fn step_of(m: &Machine) -> &Py<PyAsyncStep> {
    payload::<PyAsyncStep>(m.register(m.a()).0)
}

/// An exception has come out of an asynchronous generator, whose record is gone, into the SEND that awaited a step of it.
pub(crate) fn fail_step(vm: Vm<'_>, exception: &Value) {
    // SAFETY: the record below waits behind that SEND.
    let below = unsafe {
        let frame = vm.thread().stacks.current.get();
        let pc = (*frame).next.sub(crate::ops::generators::SEND_WORDS);
        Machine { pc, fp: (*frame).registers, word: *pc, thread: vm.as_ptr() }
    };
    step_of(&below).fail(exception);
}

/// Takes off the record of the generator that runs, and the gap below it. The generator, now in `state`, goes on behind the
/// word that runs.
///
/// # Safety
/// Nothing is special about the generator (see [`is_simple`]).
#[inline(always)]
unsafe fn leave_suspended(m: &Machine, state: GeneratorState) {
    let thread = m.thread();
    let record = thread.stacks.current.get();
    // SAFETY: the current record is whole and, being a generator's without further flags, not the first of its chunk.
    unsafe {
        let generator = (*record).generator();
        (*generator.saved.as_ptr()).next = m.pc.add(1);
        generator.state.set(state);
        let mut gap = 0;
        if (*record).flags & frame_flags::CHAINED != 0 {
            gap = chain::gap_below(&*record);
            chain::rest(record);
        }
        forget_handled(thread, gap + 1);
        thread.stacks.current.set(record.sub(gap + 1));
    }
}

/// The machine of the word that resumed the generator, or the chain, that has just been left, standing on it.
#[inline(always)]
pub(crate) fn resumed_by(m: &Machine) -> Machine {
    // SAFETY: what is not the first record of its chunk has one below it, which waits behind a FOR_ITER or a SEND.
    unsafe { resumer(m) }
}

/// Ends a generator whose record has a gap below it, whose variables are gone, and where else nothing is special: the machine
/// of the SEND that waits for it. None, with nothing done, when the slow way is needed.
#[inline(always)]
pub(crate) fn finish_chained(m: &Machine) -> Option<Machine> {
    if m.frame().flags & frame_flags::CHAINED == 0 || !is_simple(m) {
        return None;
    }
    let thread = m.thread();
    let record = thread.stacks.current.get();
    forget_handled(thread, 1);
    // SAFETY: the current record is whole and chained.
    unsafe {
        let generator = (*record).generator();
        generator.set_finished();
        thread.stacks.current.set(chain::step_out(record));
        Some(resumer(m))
    }
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
        forget_handled(thread, 1);
        generator.state.set(GeneratorState::Suspended);
        thread.stacks.current.set(record.sub(1));
    }
    true
}

/// Fills the gap below a record, if it has one.
pub(crate) fn expose(record: *mut Frame) {
    if let Some(record) = NonNull::new(record) {
        chain::expose(record);
    }
}

/// Suspends the innermost frame, a generator's, which goes on behind the word that runs. Its record's flags are answered.
pub(crate) fn suspend(vm: Vm<'_>) -> Left {
    let stacks = &vm.thread().stacks;
    let record = stacks.current.get();
    expose(record);
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
    } else if left.flags & frame_flags::FROM_ASEND != 0
        && let Some(wrapped) = value.downcast_exact::<PyWrappedValue>()
    {
        let mut below = waiting(m, crate::ops::generators::SEND_WORDS);
        step_of(&below).end();
        crate::ops::generators::send_finished(&mut below, wrapped.wrapped());
        *m = below;
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
