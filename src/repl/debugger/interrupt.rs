//! Ctrl-C in a program that the debugger lets run: it stops at the next line, and can go on from there.

use std::cell::{Cell, RefCell};

use objects::core::errors::{PyResult, Raised};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::methods;
use objects::types::builtin_function::PyBuiltinFunction;
use objects::types::exceptions::hierarchy as exc;

use crate::stepper::{self, Mode};

methods! { HANDLER:
    /// Stops the program at its next line; asked again before, it ends it.
    ["interrupted"] "($module, signum, frame, /)" Positional(interrupted);
}

/// SIGINT's number.
const SIGINT: i64 = 2;

thread_local! {
    /// The handler of before.
    static BEFORE: RefCell<Option<Value>> = const { RefCell::new(None) };
    /// It was asked once, and the program has not stopped yet.
    static ASKED: Cell<bool> = const { Cell::new(false) };
}

fn signal(vm: Vm<'_>, handler: &Value) -> PyResult<Value> {
    let module = modules::importing::import_module(vm, "_signal")?;
    let arguments = [Value::small_int_unchecked(SIGINT), handler.clone()];
    vm.call_method(&module, &vm.intern("signal"), &arguments)
}

/// The program runs on: Ctrl-C is to stop it. Only where the program has no handler of its own, and on the main thread.
pub(super) fn watch(vm: Vm<'_>) {
    ASKED.set(false);
    if BEFORE.with_borrow(Option::is_some) {
        return;
    }
    let answer = watching(vm);
    if let Err(raised) = answer {
        // Another thread than the main one has no say in signals.
        vm.clear(raised);
    }
}

fn watching(vm: Vm<'_>) -> Result<(), Raised> {
    let module = modules::importing::import_module(vm, "_signal")?;
    let number = Value::small_int_unchecked(SIGINT);
    let now = vm.call_method(&module, &vm.intern("getsignal"), &[number])?;
    let default = vm.get_attr_str(&module, "default_int_handler")?;
    let Some(row) = HANDLER.first().filter(|_| now.is(&default)) else { return Ok(()) };
    let handler = PyBuiltinFunction::new_value(vm, row, module, None);
    let before = signal(vm, &handler)?;
    BEFORE.set(Some(before));
    Ok(())
}

/// The program has stopped or is over.
pub(crate) fn rest(vm: Vm<'_>) {
    ASKED.set(false);
    let Some(before) = BEFORE.take() else { return };
    if let Err(raised) = signal(vm, &before) {
        vm.clear(raised);
    }
}

fn interrupted(vm: Vm<'_>, _module: &Value, _args: &[Value]) -> PyResult<Value> {
    if ASKED.replace(true) {
        return Err(vm.error(&exc::KEYBOARD_INTERRUPT, ""));
    }
    stepper::go(vm, Mode::Line);
    modules::sys::hooks::write_stderr("\nthe program is interrupted: c goes on\n");
    Ok(Value::NONE)
}
