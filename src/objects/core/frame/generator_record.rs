//! The record of a generator: made with it, copied to the stack whenever it goes on.
//!
//! Invariant: a generator's payload and registers are written in place, field by field: it is large, and made often.
#![expect(
    unsafe_code,
    reason = "a payload is written before there is an object; records are copied by field"
)]

use std::cell::Cell;
use std::ptr::null_mut;

use super::chain::ChainLink;
use super::{Frame, Register, frame_flags};
use crate::core::errors::PyResult;
use crate::core::gil_cell::HotCell;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::type_object::StaticType;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::code::PyCode;
use crate::types::function::PyFunction;
use crate::types::generator::{GeneratorCore, GeneratorState};
use crate::types::str::PyStr;

/// Copies what describes a frame from one place to another. The fields are read one by one: what has just been written so is
/// read soonest so.
///
/// # Safety
/// `from` is a whole record that a generator keeps, without anything that few frames have; `to` is a record's place.
#[inline(always)]
pub unsafe fn copy_record(from: *const Frame, to: *mut Frame, flags: u32, aux: u32) {
    // SAFETY: by contract. Volatile keeps the compiler from joining the reads.
    unsafe {
        (*to).next = (&raw const (*from).next).read_volatile();
        (*to).registers = (&raw const (*from).registers).read_volatile();
        (*to).result = null_mut();
        (*to).code = (&raw const (*from).code).read_volatile();
        (*to).globals = (&raw const (*from).globals).read_volatile();
        (*to).builtins = (&raw const (*from).builtins).read_volatile();
        (*to).extra = null_mut();
        (*to).flags = flags;
        (*to).aux = aux;
    }
}

/// Makes the frame of `record`, which has just begun and whose code is `class`'s, into that of a new generator: its registers,
/// and what few frames have, move there. `function` is what runs.
///
/// # Errors
/// MemoryError; the frame is as it was then.
///
/// # Safety
/// `record` is the current one of a thread.
#[inline(always)]
pub unsafe fn make_generator(
    vm: Vm<'_>,
    record: *mut Frame,
    function: Option<PyRef<PyFunction>>,
    class: &'static StaticType,
) -> PyResult<PyRef<GeneratorCore>> {
    // SAFETY: by contract the record is whole.
    let frame = unsafe { &mut *record };
    let code = frame.code;
    // SAFETY: the frame keeps its code alive.
    let code: &Py<PyCode> = unsafe { &*code };
    let (locals, count) = (code.local_count(), code.register_count.get() as usize + 1);
    let write = |core: *mut GeneratorCore, registers: *mut Register| {
        // SAFETY: the places have room for the payload and `count` registers. Locals hold values or NULL, which move.
        unsafe {
            for index in 0..locals {
                let local = frame.registers.add(index);
                registers.add(index).write(*local);
                *local = Register::NULL;
            }
            for index in locals..count {
                registers.add(index).write(Register::NULL);
            }
            write_core(core, code, function, count);
            let saved = (*core).saved.as_ptr();
            copy_record(frame, saved, frame_flags::GENERATOR, 0);
            (*saved).registers = registers;
            if !frame.extra.is_null() {
                (*saved).extra = std::mem::replace(&mut frame.extra, null_mut());
                (*saved).flags |= frame_flags::HAS_EXTRA;
                frame.flags &= !frame_flags::HAS_EXTRA;
                if let Some(object) = (*saved).frame_object() {
                    object.set_record(saved);
                }
            }
        }
    };
    // SAFETY: `write` writes every field and every register.
    unsafe { PyRef::new_in_place(vm, class.get(), count, write) }
}

/// Writes every field of a payload; of the saved record nothing.
///
/// # Safety
/// `core` has room for a payload.
#[inline(always)]
unsafe fn write_core(
    core: *mut GeneratorCore,
    code: &Py<PyCode>,
    function: Option<PyRef<PyFunction>>,
    register_count: usize,
) {
    let renamed = |name: &PyRef<PyStr>, usual: &PyRef<PyStr>| {
        if name.is(usual) { None } else { Some(name.clone()) }
    };
    let (mut name, mut qualname) = (None, None);
    if let Some(function) = &function {
        name = function.name.with(|name| renamed(name, &code.name));
        qualname = function.qualname.with(|name| renamed(name, &code.qualname));
    }
    // SAFETY: by contract.
    unsafe {
        (&raw mut (*core).state).write(Cell::new(GeneratorState::Created));
        (&raw mut (*core).chain).write(ChainLink::default());
        (&raw mut (*core).code).write(code.to_ref());
        (&raw mut (*core).function).write(HotCell::new(function.map(PyRef::into_value)));
        (&raw mut (*core).name).write(HotCell::new(name));
        (&raw mut (*core).qualname).write(HotCell::new(qualname));
        (&raw mut (*core).handled).write(HotCell::new(None::<Value>));
        (&raw mut (*core).origin_or_finalizer).write(HotCell::new(None::<Value>));
        (&raw mut (*core).hooks_called).write(Cell::new(false));
        (&raw mut (*core).closed).write(Cell::new(false));
        (&raw mut (*core).awaiting).write(Cell::new(false));
        (&raw mut (*core).register_count).write(register_count);
    }
}
