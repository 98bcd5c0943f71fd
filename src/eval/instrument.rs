//! Code objects put into the form that tells tools of events, and frames led from one form to the other.
//!
//! A frame changes its form between two instructions only. While a code object is instrumented, the first word of every
//! instruction of its plain form leads to the same place in the other; the instrumented form itself looks whether it is
//! still wanted where a function begins and where it jumps back.

use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::code::{PyCode, StackEntry};

use crate::machine::{Machine, borrow};
use crate::translate;

/// Code that no tool is told of.
const NO_MONITORING_EVENTS: u32 = 0x200_0000;

/// Makes a code object's form what tools ask for: the hook.
pub(crate) fn instrument(vm: Vm<'_>, code: &Py<PyCode>) {
    let monitors = &code.monitors;
    let before = monitors.active.get();
    let (mut active, restarted) = vm.interpreter().monitoring.refresh(code);
    if code.has_flags(NO_MONITORING_EVENTS) {
        active = Default::default();
    }
    monitors.active.set(active);
    if code.entry.get().is_null() {
        // It has not run yet; it will be looked at when it is translated.
        monitors.active.set(before);
        return;
    }
    let plain = translate::of(code);
    if active.iter().all(|&tools| tools == 0) {
        plain.unpatch();
        if let Some(form) = plain.made_instrumented() {
            form.set_events(&active, &before, restarted);
        }
        code.entry.set(plain.first_word());
        return;
    }
    let form = plain.instrumented(vm, code);
    form.set_events(&active, &before, restarted);
    plain.patch(code);
    code.entry.set(form.first_word());
}

/// Whether the code object of the running frame must be looked at.
pub(crate) fn is_stale(m: &Machine) -> bool {
    m.code().monitors.version.get() != m.vm().interpreter().monitoring.version.get()
}

/// The frame stands before RESUME of its plain form: it goes on in the instrumented one, if that is wanted.
pub(crate) fn enter_at_resume(m: &mut Machine) -> bool {
    if !is_stale(m) {
        return false;
    }
    let code = m.code().to_ref();
    let plain = translate::of(&code);
    if !plain.holds(m.pc) {
        // The instrumented form looks itself.
        return false;
    }
    instrument(m.vm(), &code);
    if !plain.is_patched() {
        return false;
    }
    let (unit, stack) = plain.entry_at(&code, m.pc);
    let Some(form) = plain.made_instrumented() else { return false };
    put_in_place(m, stack);
    m.pc = form.word_of_unit(&code, unit);
    true
}

/// The plain form leads to the instrumented one.
pub(crate) fn switch(m: &mut Machine) -> PyResult<()> {
    let code = m.code().to_ref();
    if is_stale(m) {
        instrument(m.vm(), &code);
    }
    let plain = translate::of(&code);
    if !plain.is_patched() {
        // The word is the old one again.
        return Ok(());
    }
    let (unit, stack) = plain.entry_at(&code, m.pc);
    put_in_place(m, stack);
    m.pc = plain.instrumented(m.vm(), &code).word_of_unit(&code, unit);
    Ok(())
}

/// Puts values into their places that the plain form only knows of.
fn put_in_place(m: &Machine, stack: &[StackEntry]) {
    let first = m.code().local_count();
    for (depth, entry) in stack.iter().enumerate() {
        let value = match *entry {
            StackEntry::Temporary => continue,
            StackEntry::Null => Value::NULL,
            StackEntry::Local(index) => m.copy(index as usize),
            StackEntry::Immediate(bits) => Value::clone(&borrow(bits)),
        };
        m.put(first + depth, value);
    }
}

/// The instrumented form looks whether it is still wanted.
pub(crate) fn check_version(m: &mut Machine) -> PyResult<()> {
    let code = m.code().to_ref();
    if is_stale(m) {
        instrument(m.vm(), &code);
    }
    m.advance(1);
    let plain = translate::of(&code);
    if !plain.is_patched()
        && let Some(word) = plain.word_with_all_in_place(&code, m.arg() as usize)
    {
        m.pc = word;
    }
    Ok(())
}
