//! `frame`: a frame as Python code sees it. While the frame runs the object looks through to its record; when the frame ends
//! the object takes its values over.
#![expect(unsafe_code, reason = "the address of a live record: null as soon as the frame ends")]

use std::cell::Cell;
use std::ptr::NonNull;

use bytecode::code_spec::{code_flags, local_kinds};

use crate::core::errors::PyResult;
use crate::core::frame::{Frame, frame_flags};
use crate::core::gil_cell::HotCell;
use crate::core::monitoring;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::Slot;
use crate::core::thread_state::ThreadState;
use crate::core::type_object::StaticType;
use crate::core::type_spec::TypeSpec;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::cell::PyCell;
use crate::types::code::PyCode;
use crate::types::dict::{self, Merge, PyDict};
use crate::types::frame_jump;
use crate::types::frame_locals::PyFrameLocals;
use crate::types::generator::{self, GeneratorState};
use crate::types::str::PyStr;
use crate::{getset, methods, payload};

payload! {
    /// The payload of a frame object.
    pub struct PyFrame: FRAME, gc {
        /// The record, null when the frame has ended.
        record: Cell<*mut Frame>,
        code: PyRef<PyCode>,
        globals: PyRef<PyDict>,
        builtins: PyRef<PyDict>,
        /// The namespace of a module or class body.
        namespace: HotCell<Option<Value>>,
        /// The function.
        function: HotCell<Option<Value>>,
        /// Local variables and cells of a frame that has ended; `Value::NULL` for an unbound one.
        values: HotCell<Vec<Value>>,
        /// Values that a debugger overwrote while an instruction may still look at them.
        overwritten: HotCell<Vec<Value>>,
        back: HotCell<Option<Value>>,
        lasti: Cell<i32>,
        /// Where a trace function made the frame go on, until it does: a code unit.
        pub jump: Cell<Option<usize>>,
        /// `f_trace`
        pub trace: HotCell<Option<Value>>,
        /// `f_trace_lines`
        pub trace_lines: Cell<bool>,
        /// `f_trace_opcodes`
        pub trace_opcodes: Cell<bool>,
        /// What `f_locals` keeps beside the variables of the code.
        pub extra_locals: HotCell<Option<Value>>,
    }
}

/// `frame`
pub static FRAME: StaticType = StaticType::new::<PyFrame>();

/// The spec of `frame`.
pub const FRAME_SPEC: TypeSpec = TypeSpec {
    name: "frame",
    slots: &[Slot::Repr(frame_repr)],
    methods: FRAME_METHODS,
    getset: FRAME_GETSET,
    ..TypeSpec::DEFAULT
};

methods! { FRAME_METHODS:
    /// Clear all references held by the frame.
    ["clear"] "($self, /)" None(frame_clear);
}

getset! { FRAME_GETSET:
    ["f_back"] frame_back;
    ["f_code"] frame_code;
    ["f_globals"] frame_globals;
    ["f_builtins"] frame_builtins;
    ["f_locals"] frame_locals;
    ["f_lasti"] frame_lasti;
    ["f_lineno"] frame_lineno, frame_set_lineno;
    ["f_trace"] frame_trace, frame_set_trace;
    member ["f_trace_lines"] frame_trace_lines, frame_set_trace_lines;
    ["f_trace_opcodes"] frame_trace_opcodes, frame_set_trace_opcodes;
    ["f_generator"] frame_generator;
}

/// The frame object of a record, made now if need be.
#[must_use]
pub fn of_record(vm: Vm<'_>, record: NonNull<Frame>) -> PyRef<PyFrame> {
    of_record_by(record, |payload| Some(PyRef::new(vm, payload)))
        .expect("what cannot be refused was made")
}

/// The frame object of a record by a maker of one, if there is none yet.
fn of_record_by(
    record: NonNull<Frame>,
    make: impl FnOnce(PyFrame) -> Option<PyRef<PyFrame>>,
) -> Option<PyRef<PyFrame>> {
    let record = record.as_ptr();
    // SAFETY: the caller's record is on the thread's stack or in a suspended generator.
    let frame = unsafe { &mut *record };
    if let Some(known) = frame.frame_object() {
        return Some(known);
    }
    let object = make(PyFrame {
        record: Cell::new(record),
        code: frame.code().to_ref(),
        globals: frame.globals().to_ref(),
        builtins: frame.builtins().to_ref(),
        namespace: HotCell::new(frame.locals()),
        function: HotCell::new(frame.function().map(PyRef::into_value)),
        values: HotCell::default(),
        overwritten: HotCell::default(),
        back: HotCell::default(),
        lasti: Cell::new(-1),
        jump: Cell::new(None),
        trace: HotCell::default(),
        trace_lines: Cell::new(true),
        trace_opcodes: Cell::new(false),
        extra_locals: HotCell::default(),
    })?;
    frame.extra_mut().frame_object = Some(object.clone());
    Some(object)
}

/// As [`current`]; None too when there is no memory for it.
#[must_use]
pub fn current_if_room(vm: Vm<'_>) -> Option<PyRef<PyFrame>> {
    of_record_if_room(NonNull::new(vm.thread().stacks.current.get())?)
}

fn of_record_if_room(record: NonNull<Frame>) -> Option<PyRef<PyFrame>> {
    of_record_by(record, |payload| PyRef::new_if_room(FRAME.get(), payload))
}

/// The frame object of the innermost frame, if a frame runs.
#[must_use]
pub fn current(vm: Vm<'_>) -> Option<PyRef<PyFrame>> {
    NonNull::new(vm.thread().stacks.current.get()).map(|record| of_record(vm, record))
}

/// The frame object of a thread's innermost frame, if a frame runs there.
#[must_use]
pub fn innermost_of(vm: Vm<'_>, thread: &ThreadState) -> Option<PyRef<PyFrame>> {
    NonNull::new(thread.stacks.current.get()).map(|record| of_record(vm, record))
}

impl Py<PyFrame> {
    /// The code object.
    #[must_use]
    pub fn code(&self) -> &Py<PyCode> {
        &self.code
    }

    /// The globals.
    #[must_use]
    pub fn globals(&self) -> &Py<PyDict> {
        &self.globals
    }

    /// The builtins.
    #[must_use]
    pub fn builtins(&self) -> &Py<PyDict> {
        &self.builtins
    }

    fn live(&self) -> Option<&Frame> {
        // SAFETY: the record is cleared from here before it is reused.
        unsafe { self.record.get().as_ref() }
    }

    /// Whether the frame has ended, or its generator was closed or is gone.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.record.get().is_null()
    }

    /// The record moved: a generator was resumed or suspended.
    pub fn set_record(&self, record: *mut Frame) {
        self.record.set(record);
    }

    /// The frame ends: the object takes the local variables over. `frame` is its record.
    pub fn take_over(&self, vm: Vm<'_>, frame: &Frame) {
        // The chain of a deep recursion ends where memory does.
        let back = self.previous_by(vm, of_record_if_room);
        self.back.set(back.map(PyRef::into_value));
        self.detach(frame);
    }

    /// As [`take_over`](Self::take_over), for a frame that nothing calls: a generator's.
    pub fn detach(&self, frame: &Frame) {
        self.lasti.set(frame.lasti());
        let values = frame.take_locals();
        self.record.set(std::ptr::null_mut());
        drop(self.values.replace(values));
    }

    /// The frame object of the caller.
    #[must_use]
    pub fn previous(&self, vm: Vm<'_>) -> Option<PyRef<PyFrame>> {
        self.previous_by(vm, |below| Some(of_record(vm, below)))
    }

    /// The frame object of the caller by a way to get that of a record.
    fn previous_by(
        &self,
        vm: Vm<'_>,
        object_of: impl FnOnce(NonNull<Frame>) -> Option<PyRef<PyFrame>>,
    ) -> Option<PyRef<PyFrame>> {
        let record = self.record.get();
        let Some(frame) = self.live() else {
            return self.back.get().and_then(|back| back.into_ref::<PyFrame>().ok());
        };
        if frame.flags & frame_flags::GENERATOR != 0
            && frame.generator().settled_state() != GeneratorState::Running
        {
            return None;
        }
        let below = vm.thread().stacks.previous_record(NonNull::new(record)?);
        object_of(NonNull::new(below)?)
    }

    /// `f_lasti`
    #[must_use]
    pub fn lasti(&self) -> i32 {
        if let Some(unit) = self.jump.get() {
            return i32::try_from(unit * 2).unwrap_or(i32::MAX);
        }
        self.live().map_or_else(|| self.lasti.get(), Frame::lasti)
    }

    /// `f_lineno`
    #[must_use]
    pub fn line(&self) -> Option<i32> {
        self.code.line_of(self.lasti())
    }

    /// Variable `index` of the code's locals, cells and free variables, cells looked through.
    #[must_use]
    pub fn variable(&self, index: usize) -> Option<Value> {
        let raw = match self.live() {
            Some(frame) => frame.register(index),
            None => self
                .values
                .with(|values| values.get(index).cloned())
                .filter(|value| !value.is_null()),
        }?;
        let kind = self.code.spec().localspluskinds.get(index).copied().unwrap_or(0);
        if kind & (local_kinds::CELL | local_kinds::FREE) != 0
            && let Some(cell) = raw.downcast_exact::<PyCell>()
        {
            return cell.content.get();
        }
        Some(raw)
    }

    /// Sets variable `index`.
    pub fn set_variable(&self, index: usize, value: Option<Value>) {
        let kind = self.code.spec().localspluskinds.get(index).copied().unwrap_or(0);
        let raw = match self.live() {
            Some(frame) => frame.register(index),
            None => self.values.with(|values| values.get(index).cloned()),
        };
        if kind & (local_kinds::CELL | local_kinds::FREE) != 0
            && let Some(cell) = raw.as_ref().and_then(Value::downcast_exact::<PyCell>)
        {
            cell.content.set(value);
            return;
        }
        match self.live() {
            Some(frame) => {
                if let Some(old) = frame.set_local(index, value) {
                    self.overwritten.with_mut(|kept| kept.push(old));
                }
            }
            None => {
                let old = self.values.with_mut(|values| {
                    values
                        .get_mut(index)
                        .map(|place| std::mem::replace(place, value.unwrap_or(Value::NULL)))
                });
                drop(old);
            }
        }
    }

    /// Whether the slot of variable `index` holds anything, be it an empty cell.
    pub(crate) fn is_set(&self, index: usize) -> bool {
        match self.live() {
            Some(frame) => frame.register(index).is_some(),
            None => self.values.with(|v| v.get(index).is_some_and(|value| !value.is_null())),
        }
    }

    /// Takes values off the value stack until `depth` are left; what `handled` says is an exception that was being handled
    /// when a handler began is that again.
    pub(crate) fn pop_stack(&self, vm: Vm<'_>, depth: usize, handled: impl Fn(usize) -> bool) {
        let Some(frame) = self.live() else { return };
        let height = frame.stack_values().len();
        for place in (depth..height).rev() {
            for value in frame.take_stack(place, usize::MAX) {
                if !handled(place) {
                    continue;
                }
                let previous = Some(value).filter(|value| !value.is_none());
                let old = vm.thread().handled.with_mut(|stack| {
                    stack.last_mut().and_then(|top| std::mem::replace(top, previous))
                });
                drop(old);
            }
        }
    }

    /// Whether variable `index` is hidden: an inlined comprehension's, outside of it.
    #[must_use]
    pub fn is_hidden(&self, index: usize) -> bool {
        let kind = self.code.spec().localspluskinds.get(index).copied().unwrap_or(0);
        kind & local_kinds::HIDDEN != 0
    }

    /// Whether the variables live in slots: a function's frame.
    #[must_use]
    pub fn is_optimized(&self) -> bool {
        self.code.has_flags(code_flags::OPTIMIZED)
    }

    /// Whether a comprehension that is inlined into a module or class runs: its variables are then all that
    /// `locals()` sees (`frame_hasHiddenLocals`).
    fn shows_hidden(&self) -> bool {
        let kinds = &self.code.spec().localspluskinds;
        kinds
            .iter()
            .enumerate()
            .any(|(index, kind)| kind & local_kinds::HIDDEN != 0 && self.variable(index).is_some())
    }

    /// `f_locals`
    #[must_use]
    pub fn locals(&self, vm: Vm<'_>) -> Value {
        if self.is_optimized() || self.shows_hidden() {
            return PyFrameLocals::new(vm, self.to_ref()).into_value();
        }
        self.namespace.get().unwrap_or_else(|| self.globals.to_value())
    }

    /// What `locals()` gives in this frame: a fresh dict for a function, the namespace otherwise.
    #[must_use]
    pub fn locals_snapshot(&self, vm: Vm<'_>) -> Value {
        if !self.is_optimized() && !self.shows_hidden() {
            return self.locals(vm);
        }
        let dict = PyDict::new_ref(vm);
        for (index, name) in self.code.locals().iter().enumerate() {
            if let Some(value) = self.variable(index) {
                drop(dict.set_str(name, value));
            }
        }
        // What was put there through `f_locals` without being a variable.
        let extra = self.extra_locals.get();
        if let Some(extra) = extra.as_ref().and_then(Value::downcast::<PyDict>)
            && let Err(raised) = dict::merge(vm, &dict, &extra.to_value(), Merge::Override)
        {
            vm.clear(raised);
        }
        dict.into_value()
    }
}

fn this(value: &Value) -> &Py<PyFrame> {
    value.receiver::<PyFrame>()
}

fn frame_repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let frame = this(value);
    let file = vm.repr(&frame.code.filename.to_value())?;
    let line = frame.line().unwrap_or(-1);
    let text = format!(
        "<frame at {:#x}, file {}, line {line}, code {}>",
        value.id(),
        file.to_rust_string(),
        frame.code.name.to_rust_string()
    );
    Ok(PyStr::new_value(vm, &text))
}

fn frame_clear(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let frame = this(value);
    if let Some(live) = frame.live() {
        if live.flags & frame_flags::GENERATOR != 0 {
            let generator = live.generator().to_ref();
            if generator.settled_state() != GeneratorState::Running {
                let suspended = generator.settled_state() == GeneratorState::Suspended;
                if suspended {
                    return Err(vm.runtime_error("cannot clear a suspended frame"));
                }
                generator::finalize(vm, &generator.to_value());
                let mut dead = Vec::new();
                crate::core::frame::clear_generator(&generator, &mut dead);
                drop(dead);
                drop(frame.values.take());
                return Ok(Value::NONE);
            }
        }
        return Err(vm.runtime_error("cannot clear an executing frame"));
    }
    let dead = frame.values.take();
    drop(dead);
    drop(frame.overwritten.take());
    frame.extra_locals.set(None);
    frame.trace.set(None);
    Ok(Value::NONE)
}

fn frame_back(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).previous(vm).map_or(Value::NONE, PyRef::into_value))
}

fn frame_code(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).code.to_value())
}

fn frame_globals(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).globals.to_value())
}

fn frame_builtins(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).builtins.to_value())
}

fn frame_locals(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).locals(vm))
}

fn frame_lasti(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::small_int_unchecked(i64::from(this(value).lasti())))
}

fn frame_lineno(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let line = this(value).line();
    Ok(line.map_or(Value::NONE, |line| Value::small_int_unchecked(i64::from(line))))
}

fn frame_set_lineno(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    match new {
        Some(new) => frame_jump::set_line(vm, this(value), new),
        None => Err(vm.error(
            &crate::types::exceptions::hierarchy::ATTRIBUTE_ERROR,
            "cannot delete attribute",
        )),
    }
}

fn frame_trace(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).trace.get().unwrap_or(Value::NONE))
}

fn frame_set_trace(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    let frame = this(value);
    let new = new.filter(|new| !new.is_none()).cloned();
    let wants_opcodes = new.is_some() && frame.trace_opcodes.get();
    drop(frame.trace.replace(new));
    if wants_opcodes {
        monitoring::set_opcode_trace(vm, frame, true);
    }
    Ok(())
}

fn truth(vm: Vm<'_>, new: Option<&Value>) -> PyResult<bool> {
    match new.and_then(Value::as_bool) {
        Some(truth) => Ok(truth),
        None => Err(vm.type_error("attribute value type must be bool")),
    }
}

fn frame_trace_lines(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this(value).trace_lines.get()))
}

fn frame_set_trace_lines(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    if new.is_none() {
        return Err(vm.type_error("can't delete numeric/char attribute"));
    }
    this(value).trace_lines.set(truth(vm, new)?);
    Ok(())
}

fn frame_trace_opcodes(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this(value).trace_opcodes.get()))
}

fn frame_set_trace_opcodes(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    if new.is_none() {
        let name = vm.intern("f_trace_opcodes");
        return Err(vm.attribute_error(
            value,
            &name,
            "attribute 'f_trace_opcodes' of 'frame' objects cannot be deleted",
        ));
    }
    let (frame, on) = (this(value), truth(vm, new)?);
    frame.trace_opcodes.set(on);
    if !on || frame.trace.with(Option::is_some) {
        monitoring::set_opcode_trace(vm, frame, on);
    }
    Ok(())
}

fn frame_generator(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let frame = this(value);
    let generator = frame
        .live()
        .filter(|live| live.flags & frame_flags::GENERATOR != 0)
        .map(|live| live.generator().to_value());
    Ok(generator.unwrap_or(Value::NONE))
}
