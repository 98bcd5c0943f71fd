//! The unwinder: from a raised exception to the handler that goes on, or out of the loop.
#![expect(unsafe_code, reason = "the current record is looked at; it is whole while the loop runs")]

use std::sync::atomic::Ordering;

use bytecode::Opcode;
use objects::core::errors::Raised;
use objects::core::frame::{Frame, Register};
use objects::core::monitoring::event;
use objects::core::thread_state::breaker;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::exceptions::base::payload_of;
use objects::types::frame_object;
use objects::types::traceback::PyTraceback;

use crate::word_ops::op;
use crate::{events, exception_table, frames, translate};

fn current<'a>(vm: Vm<'_>) -> &'a mut Frame {
    // SAFETY: the unwinder runs only while there is a current record, and nobody else holds a borrow of it.
    unsafe { &mut *vm.thread().stacks.current.get() }
}

/// Unwinds: the word that goes on, or null when the loop is left with the exception.
#[cold]
#[inline(never)]
pub(crate) fn unwind(vm: Vm<'_>, raised: Raised) -> *mut u64 {
    let exception = vm.take(raised);
    add_traceback(vm, &exception);
    let unit = current(vm).unit().unwrap_or(0);
    let exception = events::exception(vm, event::RAISE, unit, exception);
    unwind_from(vm, exception, unit, unit)
}

/// Raises an exception again without noting this frame another time. `lasti` is the instruction that raised it first.
pub(crate) fn reraise(vm: Vm<'_>, exception: Value, lasti: Option<usize>) -> *mut u64 {
    let frame = current(vm);
    let unit = frame.unit().unwrap_or(0);
    let exception = events::exception(vm, event::RERAISE, unit, exception);
    unwind_from(vm, exception, unit, lasti.unwrap_or(unit))
}

fn unwind_from(vm: Vm<'_>, exception: Value, unit: usize, lasti: usize) -> *mut u64 {
    let (mut exception, mut unit, mut lasti) = (exception, unit, lasti);
    loop {
        let frame = current(vm);
        let code = frame.code();
        if let Some(handler) = exception_table::find(&code.spec().exceptiontable, unit) {
            let dead = frame.take_stack(handler.depth, usize::MAX);
            drop(dead);
            let mut index = code.local_count() + handler.depth;
            let word = {
                // What is thrown into a generator comes from nowhere, as far as lines go.
                let thrown = code.spec().code.get(unit).and_then(|unit| unit.opcode())
                    == Some(Opcode::YIELD_VALUE);
                let from = if thrown { usize::MAX } else { unit };
                translate::of(code).handler_word(code, frame.next, from, handler.target)
            };
            // SAFETY: the handler's depth is within the code's stack.
            unsafe {
                if handler.lasti {
                    *frame.registers.add(index) = Register::from_value(Value::from_usize(lasti));
                    index += 1;
                }
                *frame.registers.add(index) = Register::from_value(exception.clone());
            }
            if vm.interpreter().monitoring.tools_for(event::EXCEPTION_HANDLED) == 0 {
                return word;
            }
            frame.next = word.wrapping_add(1);
            let told = exception.clone();
            let now = events::exception(vm, event::EXCEPTION_HANDLED, handler.target, told);
            if now.is(&exception) {
                return word;
            }
            (exception, unit, lasti) = (now, handler.target, handler.target);
            continue;
        }
        let dead = frame.take_stack(0, usize::MAX);
        drop(dead);
        if lasti != unit {
            // SAFETY: one past a word of the same translation.
            frame.next = unsafe { translate::of(code).word_of_unit(code, lasti).add(1) };
        }
        exception = events::exception(vm, event::PY_UNWIND, unit, exception);
        if frames::leave_raising(vm, &exception) {
            drop(vm.thread().raised.replace(Some(exception)));
            return std::ptr::null_mut();
        }
        add_traceback(vm, &exception);
        unit = current(vm).unit().unwrap_or(0);
        exception = events::exception(vm, event::RAISE, unit, exception);
        lasti = unit;
    }
}

/// Where the frame goes on when an asynchronous iterator has ended in the word that runs: behind END_ASYNC_FOR, if that is the
/// handler there and no tool watches. The part of the stack that the loop used is gone then.
pub(crate) fn behind_async_for(vm: Vm<'_>) -> Option<*mut u64> {
    if vm.thread().breaker().load(Ordering::Relaxed) & breaker::TRACE != 0 {
        return None;
    }
    let frame = current(vm);
    let code = frame.code();
    let unit = frame.unit()?;
    let handler = exception_table::find(&code.spec().exceptiontable, unit)?;
    let word = translate::of(code).handler_word(code, frame.next, unit, handler.target);
    // SAFETY: the address of a word of this code.
    #[expect(clippy::cast_possible_truncation, reason = "the operation is the low byte")]
    let operation = unsafe { *word } as u8;
    if operation != op::END_ASYNC_FOR {
        return None;
    }
    let dead = frame.take_stack(handler.depth.checked_sub(1)?, usize::MAX);
    drop(dead);
    // SAFETY: END_ASYNC_FOR has one word, and is not the last.
    Some(unsafe { word.add(1) })
}

/// Notes the innermost frame in the exception's traceback.
fn add_traceback(vm: Vm<'_>, exception: &Value) {
    let Some(object) = frame_object::current(vm) else { return };
    let payload = payload_of(exception);
    let next = payload.traceback.get();
    let lasti = current(vm).lasti();
    let traceback = PyTraceback::new_value(vm, next, object, lasti, -1);
    payload.traceback.set(Some(traceback));
}
