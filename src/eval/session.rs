//! What the shell needs: running a module's code, and looking at the frames that wait or run.
#![expect(
    unsafe_code,
    reason = "records on the thread's stack are whole while the thread waits here"
)]

use std::ptr::NonNull;

use bytecode::CodeRef;
use objects::core::errors::PyResult;
use objects::core::frame::Frame;
use objects::core::interpreter_state::RunIn;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::code::PyCode;
use objects::types::dict::PyDict;
use objects::types::frame_object::{self, PyFrame};

/// Runs a module's code with `globals` as its namespace.
///
/// # Errors
/// What the code raises.
pub fn run(vm: Vm<'_>, spec: &CodeRef, globals: &Py<PyDict>) -> PyResult<Value> {
    let code = PyCode::new(vm, spec);
    let place = RunIn { globals, locals: None, closure: None };
    (vm.interpreter().hooks().run_code)(vm, &code, place)
}

/// One live frame, as the shell shows it.
pub struct FrameView {
    /// The name of the function, or of the code.
    pub name: String,
    /// The code object.
    pub code: PyRef<PyCode>,
    /// The frame object.
    pub frame: PyRef<PyFrame>,
    /// The byte offset of the instruction that runs or waits; -1 before the first.
    pub lasti: i32,
    /// Its line.
    pub line: Option<i32>,
    /// The value stack, bottom first; None is an empty place.
    pub stack: Vec<Option<Value>>,
}

/// The live frames of this thread, innermost first.
#[must_use]
pub fn frames(vm: Vm<'_>) -> Vec<FrameView> {
    let stacks = &vm.thread().stacks;
    let mut views = Vec::new();
    let mut next = NonNull::new(stacks.current.get());
    while let Some(record) = next {
        views.push(view(vm, record));
        next = NonNull::new(stacks.previous_record(record));
    }
    views
}

fn view(vm: Vm<'_>, record: NonNull<Frame>) -> FrameView {
    let object = frame_object::of_record(vm, record);
    // SAFETY: the record is on the stack.
    let frame = unsafe { record.as_ref() };
    let code = frame.code();
    let lasti = frame.lasti();
    FrameView {
        name: code.qualname.to_rust_string(),
        code: code.to_ref(),
        frame: object,
        lasti,
        line: code.line_of(lasti),
        stack: frame.stack_values(),
    }
}
