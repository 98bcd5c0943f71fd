//! The unwinder: from a raised exception to the handler that goes on, or out of the loop.
#![expect(unsafe_code, reason = "the current record is looked at; it is whole while the loop runs")]

use std::sync::atomic::Ordering;

use objects::core::errors::Raised;
use objects::core::frame::{Frame, Register};
use objects::core::monitoring::event;
use objects::core::thread_state::breaker;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::exceptions::base::payload_of;
use objects::types::frame_object;
use objects::types::traceback::PyTraceback;

use crate::translate::{self, Landing};
use crate::word_ops::op;
use crate::{events, frames};

fn current<'a>(vm: Vm<'_>) -> &'a mut Frame {
    // SAFETY: the unwinder runs only while there is a current record, and nobody else holds a borrow of it.
    unsafe { &mut *vm.thread().stacks.current.get() }
}

/// Unwinds: the word that goes on, or null when the loop is left with the exception.
#[cold]
#[inline(never)]
pub(crate) fn unwind(vm: Vm<'_>, raised: Raised) -> *mut u64 {
    let exception = vm.take(raised);
    let landing = landing(vm);
    add_traceback(vm, &exception, &landing);
    let exception = events::exception(vm, event::RAISE, landing.unit(), exception);
    unwind_from(vm, exception, landing, landing.unit())
}

/// Raises an exception again without noting this frame another time. `lasti` is the instruction that raised it first.
pub(crate) fn reraise(vm: Vm<'_>, exception: Value, lasti: Option<usize>) -> *mut u64 {
    let landing = landing(vm);
    let exception = events::exception(vm, event::RERAISE, landing.unit(), exception);
    unwind_from(vm, exception, landing, lasti.unwrap_or(landing.unit()))
}

/// What an exception does in the innermost frame.
fn landing(vm: Vm<'_>) -> Landing {
    let frame = current(vm);
    translate::of(frame.code()).landing(frame)
}

/// Drops what the frame's stack holds beyond what the handler, if there is one, wants.
fn drop_stack(frame: &Frame, landing: &Landing) {
    let Some(dying) = landing.dying() else {
        drop(frame.take_stack(landing.depth as usize, usize::MAX));
        return;
    };
    for &index in dying {
        // SAFETY: a place of the stack that holds a value or NULL at this word.
        let old = unsafe {
            std::mem::replace(&mut *frame.registers.add(usize::from(index)), Register::NULL)
        };
        // SAFETY: the register gave it up; NULL is no reference.
        drop(unsafe { old.into_value() });
    }
}

fn unwind_from(vm: Vm<'_>, exception: Value, landing: Landing, lasti: usize) -> *mut u64 {
    let (mut exception, mut landing, mut lasti) = (exception, landing, lasti);
    loop {
        let frame = current(vm);
        let code = frame.code();
        drop_stack(frame, &landing);
        if !landing.word.is_null() {
            let mut index = code.local_count() + landing.depth as usize;
            let word = landing.word;
            // SAFETY: the handler's depth is within the code's stack.
            unsafe {
                if landing.lasti {
                    *frame.registers.add(index) = Register::from_value(Value::from_usize(lasti));
                    index += 1;
                }
                *frame.registers.add(index) = Register::from_value(exception.clone());
            }
            if vm.interpreter().monitoring.tools_for(event::EXCEPTION_HANDLED) == 0 {
                return word;
            }
            frame.next = word.wrapping_add(1);
            let target = landing.target as usize;
            let told = exception.clone();
            let now = events::exception(vm, event::EXCEPTION_HANDLED, target, told);
            if now.is(&exception) {
                return word;
            }
            landing = self::landing(vm);
            (exception, lasti) = (now, target);
            continue;
        }
        let unit = landing.unit();
        if lasti != unit {
            // SAFETY: one past a word of the same translation.
            frame.next = unsafe { translate::of(code).word_of_unit(code, lasti).add(1) };
        }
        exception = events::exception(vm, event::PY_UNWIND, unit, exception);
        if frames::leave_raising(vm, &exception) {
            drop(vm.thread().raised.replace(Some(exception)));
            return std::ptr::null_mut();
        }
        landing = self::landing(vm);
        add_traceback(vm, &exception, &landing);
        exception = events::exception(vm, event::RAISE, landing.unit(), exception);
        lasti = landing.unit();
    }
}

/// Where the frame goes on when an asynchronous iterator has ended in the word that runs: behind END_ASYNC_FOR, if that is the
/// handler there and no tool watches. The part of the stack that the loop used is gone then.
pub(crate) fn behind_async_for(vm: Vm<'_>) -> Option<*mut u64> {
    if vm.thread().breaker().load(Ordering::Relaxed) & breaker::TRACE != 0 {
        return None;
    }
    let landing = landing(vm);
    let word = landing.word;
    if word.is_null() {
        return None;
    }
    // SAFETY: the address of a word of this code.
    #[expect(clippy::cast_possible_truncation, reason = "the operation is the low byte")]
    let operation = unsafe { *word } as u8;
    if operation != op::END_ASYNC_FOR {
        return None;
    }
    drop(current(vm).take_stack((landing.depth as usize).checked_sub(1)?, usize::MAX));
    // SAFETY: END_ASYNC_FOR has one word, and is not the last.
    Some(unsafe { word.add(1) })
}

/// Notes the innermost frame in the exception's traceback, which is cut short when memory is: a deep recursion has as many.
fn add_traceback(vm: Vm<'_>, exception: &Value, landing: &Landing) {
    let Some(object) = frame_object::current_if_room(vm) else { return };
    let payload = payload_of(exception);
    let next = payload.traceback.get();
    let lasti = i32::try_from(landing.unit * 2).unwrap_or(i32::MAX);
    if let Some(traceback) = PyTraceback::new_value(next, object, lasti, -1) {
        payload.traceback.set(Some(traceback));
    }
}
