//! Prompts inside the debugger's: Python's with the names of a frame, and the debugger's again for another statement.

use eval::session::FrameView;
use objects::core::vm::Vm;
use objects::types::dict::PyDict;

use super::read;
use crate::console;
use crate::session::{Outcome, Session};
use crate::stepper::{self, Mode};

/// A prompt of Python's with the names of a frame. What it binds is its own.
pub(super) fn interact(vm: Vm<'_>, frames: &[FrameView], current: usize) {
    let Some(frame) = frames.get(current) else { return };
    let names = PyDict::new_ref(vm);
    let locals = frame.frame.locals_snapshot(vm).into_ref::<PyDict>().ok();
    for (key, value) in [Some(frame.frame.globals().to_ref()), locals]
        .iter()
        .flatten()
        .flat_map(|dict| dict.items_vec())
    {
        if let Err(raised) = names.set(vm, &key, value) {
            vm.clear(raised);
        }
    }
    console::show(vm, "the names are a copy of the frame's; C-d goes back to the debugger\n");
    let mut session = Session::new(names, None);
    while let Some(text) = read(vm, frames, current, ">>> ") {
        if text.trim().is_empty() {
            continue;
        }
        let text = if text.ends_with('\n') { text } else { text + "\n" };
        if let Outcome::Leave(_) = session.evaluate(vm, &text) {
            break;
        }
    }
    console::show(vm, "\nback in the debugger\n");
}

/// Steps through another statement in the frame's names.
pub(super) fn debug(vm: Vm<'_>, session: &mut Session, statement: &str) {
    if let Err(raised) = vm.check_recursion(" in a debugger") {
        session.failed(vm, raised);
        return;
    }
    console::show(vm, "another debugger begins\n");
    stepper::aside(vm, || {
        stepper::go(vm, Mode::EnterLine);
        // A program that leaves leaves this debugger.
        session.evaluate(vm, &format!("{statement}\n"));
        stepper::rest(vm);
    });
    console::show(vm, "back in the debugger before\n");
}
