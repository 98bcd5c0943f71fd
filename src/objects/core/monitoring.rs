//! What tools watch (`sys.monitoring`, PEP 669): who they are, which events they asked for, what is called.
//!
//! This file holds the state and changes it; the room that executes frames sets [`Monitoring::instrument`], puts code objects
//! into the form that tells of events, and calls the tools. `sys.settrace` and `sys.setprofile` are two more tools.

use std::cell::{Cell, OnceCell};
use std::ptr::NonNull;
use std::sync::atomic::Ordering;

use super::errors::PyResult;
use super::gc::{Traverse, Visitor};
use super::gil_cell::{GilCell, HotCell};
use super::object::Py;
use super::thread_state::{ThreadState, breaker};
use super::value::Value;
use super::vm::Vm;
use crate::types::code::PyCode;
use crate::types::frame_object::PyFrame;

/// The numbers of the events.
pub mod event {
    /// A function begins.
    pub const PY_START: usize = 0;
    /// A generator goes on.
    pub const PY_RESUME: usize = 1;
    /// A function returns.
    pub const PY_RETURN: usize = 2;
    /// A generator yields.
    pub const PY_YIELD: usize = 3;
    /// Something is called.
    pub const CALL: usize = 4;
    /// A line begins.
    pub const LINE: usize = 5;
    /// An instruction begins.
    pub const INSTRUCTION: usize = 6;
    /// An unconditional jump.
    pub const JUMP: usize = 7;
    /// A branch goes left.
    pub const BRANCH_LEFT: usize = 8;
    /// A branch goes right.
    pub const BRANCH_RIGHT: usize = 9;
    /// A generator's end is seen without an exception.
    pub const STOP_ITERATION: usize = 10;
    /// An exception is raised.
    pub const RAISE: usize = 11;
    /// An exception is handled.
    pub const EXCEPTION_HANDLED: usize = 12;
    /// An exception leaves a function.
    pub const PY_UNWIND: usize = 13;
    /// An exception is thrown into a generator.
    pub const PY_THROW: usize = 14;
    /// An exception is raised again.
    pub const RERAISE: usize = 15;
    /// What is no Python function returned.
    pub const C_RETURN: usize = 16;
    /// What is no Python function raised.
    pub const C_RAISE: usize = 17;
    /// Both ways of a branch.
    pub const BRANCH: usize = 18;
}

/// How many tools there can be.
pub const TOOLS: usize = 8;
/// How many events can be asked for in one code object.
pub const LOCAL_EVENTS: usize = 11;
/// How many events are kept by themselves; those behind go with others.
pub const UNGROUPED_EVENTS: usize = 16;
/// How many events there are.
pub const EVENTS: usize = 19;
/// The tool that `sys.setprofile` is.
pub const PROFILE_TOOL: usize = 6;
/// The tool that `sys.settrace` is.
pub const TRACE_TOOL: usize = 7;

/// The names of the events.
pub const EVENT_NAMES: [&str; EVENTS] = [
    "PY_START",
    "PY_RESUME",
    "PY_RETURN",
    "PY_YIELD",
    "CALL",
    "LINE",
    "INSTRUCTION",
    "JUMP",
    "BRANCH_LEFT",
    "BRANCH_RIGHT",
    "STOP_ITERATION",
    "RAISE",
    "EXCEPTION_HANDLED",
    "PY_UNWIND",
    "PY_THROW",
    "RERAISE",
    "C_RETURN",
    "C_RAISE",
    "BRANCH",
];

/// For each event, the tools that asked for it, a bit each.
pub type LocalTools = [u8; LOCAL_EVENTS];

/// Puts a code object into the form that the events asked for need.
pub type InstrumentHook = fn(Vm<'_>, &Py<PyCode>);

/// A tracer of our own: a function that is told what a `sys.settrace` function is told.
pub type NativeTracer = fn(Vm<'_>, &Py<PyFrame>, &'static str, &Value) -> PyResult<()>;

/// What one interpreter's tools watch.
#[derive(Default)]
pub struct Monitoring {
    /// The names under which tools are in use.
    pub names: GilCell<[Option<Value>; TOOLS]>,
    callbacks: GilCell<Vec<Option<Value>>>,
    /// The events asked for everywhere.
    pub global: Cell<[u8; UNGROUPED_EVENTS]>,
    /// Changes with every change of what is asked for; a code object that has seen an older one is looked at again.
    pub version: Cell<u32>,
    restart_version: Cell<u32>,
    tool_versions: Cell<[u32; TOOLS]>,
    /// Set by the room that executes frames.
    pub instrument: Cell<Option<InstrumentHook>>,
    /// `DISABLE` and `MISSING`.
    pub markers: OnceCell<(Value, Value)>,
    /// How many threads have a profile function, and how many a trace function.
    pub users: Cell<(usize, usize)>,
    /// The tracer of our own that threads begin with, and whether it is told of every instruction.
    native_of_new: Cell<Option<(NativeTracer, bool)>>,
}

/// What a code object knows of tools.
#[derive(Default)]
pub struct CodeMonitors {
    /// The events asked for in this code object.
    pub local: Cell<LocalTools>,
    /// The events that its instrumented form tells of.
    pub active: Cell<LocalTools>,
    /// The version of [`Monitoring`] that it is up to date with.
    pub version: Cell<u32>,
    tool_versions: Cell<[u32; TOOLS]>,
}

impl Traverse for CodeMonitors {
    fn traverse(&self, _visitor: &mut Visitor<'_>) {}
}

/// What one thread knows of tracing.
pub struct ThreadTracing {
    /// How many tools' functions are running: nothing is told meanwhile.
    pub depth: Cell<u32>,
    /// The event that is being told; [`NO_EVENT`] for none.
    pub event: Cell<usize>,
    /// `sys.settrace`
    pub trace: HotCell<Option<Value>>,
    /// `sys.setprofile`
    pub profile: HotCell<Option<Value>>,
    /// A tracer of our own, told before the trace function.
    pub native: Cell<Option<NativeTracer>>,
    /// Whether it is told of every instruction.
    pub every_instruction: Cell<bool>,
}

/// No event is being told.
pub const NO_EVENT: usize = usize::MAX;

impl Default for ThreadTracing {
    fn default() -> Self {
        Self {
            depth: Cell::new(0),
            event: Cell::new(NO_EVENT),
            trace: HotCell::default(),
            profile: HotCell::default(),
            native: Cell::new(None),
            every_instruction: Cell::new(false),
        }
    }
}

impl ThreadTracing {
    /// Whether the thread has somebody to tell of trace events.
    #[must_use]
    pub fn is_traced(&self) -> bool {
        self.native.get().is_some() || self.trace.with(Option::is_some)
    }
}

impl Monitoring {
    /// The callback of a tool for an event.
    #[must_use]
    pub fn callback(&self, tool: usize, event: usize) -> Option<Value> {
        self.callbacks.with(|all| {
            let of = |event: usize| all.get(tool * EVENTS + event).cloned().flatten();
            let both = matches!(event, event::BRANCH_LEFT | event::BRANCH_RIGHT);
            of(event).or_else(|| if both { of(event::BRANCH) } else { None })
        })
    }

    /// Sets the callback of a tool for an event: the one before.
    pub fn set_callback(
        &self,
        tool: usize,
        event: usize,
        callback: Option<Value>,
    ) -> Option<Value> {
        self.callbacks.with_mut(|all| {
            all.resize(TOOLS * EVENTS, None);
            std::mem::replace(&mut all[tool * EVENTS + event], callback)
        })
    }

    /// The events that a tool asked for everywhere, a bit each.
    #[must_use]
    pub fn events_of(&self, tool: usize) -> u32 {
        events_in(&self.global.get(), tool)
    }

    /// Whether any tool asked for the event everywhere.
    #[inline]
    #[must_use]
    pub fn tools_for(&self, event: usize) -> u8 {
        self.global.get()[event]
    }

    /// Whether code that runs anywhere must be looked at.
    #[must_use]
    pub fn watches_code(&self) -> bool {
        self.global.get()[..LOCAL_EVENTS].iter().any(|&tools| tools != 0)
    }

    /// Asks for events everywhere on behalf of a tool.
    pub fn set_events(&self, vm: Vm<'_>, tool: usize, events: u32) {
        if self.events_of(tool) == events {
            return;
        }
        let mut global = self.global.get();
        set_bits(&mut global, tool, events);
        self.global.set(global);
        self.changed(vm);
    }

    /// Asks for events in one code object on behalf of a tool.
    pub fn set_local_events(&self, vm: Vm<'_>, code: &Py<PyCode>, tool: usize, events: u32) {
        let monitors = &code.monitors;
        let mut versions = monitors.tool_versions.get();
        versions[tool] = self.tool_versions.get()[tool];
        monitors.tool_versions.set(versions);
        let mut local = monitors.local.get();
        if events_in(&local, tool) == events {
            return;
        }
        set_bits(&mut local, tool, events);
        monitors.local.set(local);
        if let Some(instrument) = self.instrument.get() {
            instrument(vm, code);
        }
    }

    /// Forgets a tool's callbacks and events.
    pub fn clear_tool(&self, vm: Vm<'_>, tool: usize) {
        for event in 0..EVENTS {
            drop(self.set_callback(tool, event, None));
        }
        self.set_events(vm, tool, 0);
        let mut versions = self.tool_versions.get();
        versions[tool] = self.version.get() + 1;
        self.tool_versions.set(versions);
        self.changed(vm);
    }

    /// Events that were disabled are told again.
    pub fn restart_events(&self, vm: Vm<'_>) {
        self.restart_version.set(self.version.get() + 1);
        self.version.set(self.version.get() + 1);
        self.changed(vm);
    }

    /// What a code object has to tell now: (events, whether what was disabled in it is on again). It is up to date then.
    pub fn refresh(&self, code: &Py<PyCode>) -> (LocalTools, bool) {
        let monitors = &code.monitors;
        let mut local = monitors.local.get();
        let (mine, current) = (monitors.tool_versions.get(), self.tool_versions.get());
        for tool in 0..TOOLS {
            if mine[tool] != current[tool] {
                local.iter_mut().for_each(|tools| *tools &= !(1 << tool));
            }
        }
        monitors.local.set(local);
        let global = self.global.get();
        let mut active = local;
        for (tools, everywhere) in active.iter_mut().zip(global) {
            *tools |= everywhere;
        }
        let restarted = self.restart_version.get() > monitors.version.get();
        monitors.version.set(self.version.get());
        (active, restarted)
    }

    fn changed(&self, vm: Vm<'_>) {
        self.version.set(self.version.get() + 1);
        let threads = vm.interpreter().threads.get();
        for thread in threads {
            self.fit_breaker(thread);
            self.instrument_running(vm, thread);
        }
    }

    /// While code anywhere must be looked at, entering a function leads through the breaker.
    pub fn fit_breaker(&self, thread: &ThreadState) {
        if self.watches_code() {
            thread.breaker().fetch_or(breaker::TRACE, Ordering::Relaxed);
        } else {
            thread.breaker().fetch_and(!breaker::TRACE, Ordering::Relaxed);
        }
    }

    fn instrument_running(&self, vm: Vm<'_>, thread: &ThreadState) {
        let Some(instrument) = self.instrument.get() else { return };
        let mut next = NonNull::new(thread.stacks.current.get());
        while let Some(record) = next {
            let code = super::frame::code_of_record(record);
            if code.monitors.version.get() != self.version.get() {
                instrument(vm, &code);
            }
            next = NonNull::new(thread.stacks.previous_record(record));
        }
    }
}

/// The events whose tools have the bit of `tool`.
#[must_use]
pub fn events_in(tools: &[u8], tool: usize) -> u32 {
    let bits = tools.iter().enumerate();
    bits.fold(0, |events, (event, tools)| events | u32::from(tools >> tool & 1) << event)
}

fn set_bits(tools: &mut [u8], tool: usize, events: u32) {
    for (event, tools) in tools.iter_mut().enumerate() {
        *tools = *tools & !(1 << tool) | u8::from(events >> event & 1 != 0) << tool;
    }
}

/// Sets or removes the thread's trace function.
pub fn set_trace(vm: Vm<'_>, thread: &ThreadState, function: Option<Value>) {
    let was = thread.tracing.is_traced();
    drop(thread.tracing.trace.replace(function));
    count_trace(vm, thread, was);
}

/// Sets or removes the thread's tracer of our own, which may be told of every instruction.
pub fn set_native_tracer(
    vm: Vm<'_>,
    thread: &ThreadState,
    tracer: Option<NativeTracer>,
    every_instruction: bool,
) {
    let was = thread.tracing.is_traced();
    thread.tracing.native.set(tracer);
    thread.tracing.every_instruction.set(every_instruction && tracer.is_some());
    count_trace(vm, thread, was);
}

/// Gives every thread a tracer of our own, those that are still to begin included. Without one, threads begin without, and
/// those that run keep theirs until they remove it.
pub fn set_native_tracer_everywhere(vm: Vm<'_>, tracer: Option<(NativeTracer, bool)>) {
    let interpreter = vm.interpreter();
    interpreter.monitoring.native_of_new.set(tracer);
    let Some((tracer, every)) = tracer else { return };
    for thread in interpreter.threads.get() {
        let every = every || thread.tracing.every_instruction.get();
        set_native_tracer(vm, thread, Some(tracer), every);
    }
}

/// A thread begins: it has the tracer that every thread has.
pub(super) fn begin_thread(vm: Vm<'_>, thread: &ThreadState) {
    let tracer = vm.interpreter().monitoring.native_of_new.get();
    if let Some((tracer, every)) = tracer {
        set_native_tracer(vm, thread, Some(tracer), every);
    }
}

/// A thread ends: nobody is told of it any more.
pub(super) fn end_thread(vm: Vm<'_>, thread: &ThreadState) {
    let tracing = &thread.tracing;
    if tracing.is_traced() {
        set_native_tracer(vm, thread, None, false);
        set_trace(vm, thread, None);
    }
    if tracing.profile.with(Option::is_some) {
        set_profile(vm, thread, None);
    }
}

fn count_trace(vm: Vm<'_>, thread: &ThreadState, was: bool) {
    let monitoring = &vm.interpreter().monitoring;
    let (profiles, mut traces) = monitoring.users.get();
    traces = (traces + usize::from(thread.tracing.is_traced())).saturating_sub(usize::from(was));
    monitoring.users.set((profiles, traces));
    let wanted = [
        event::PY_START,
        event::PY_RESUME,
        event::PY_RETURN,
        event::PY_YIELD,
        event::RAISE,
        event::LINE,
        event::JUMP,
        event::PY_UNWIND,
        event::PY_THROW,
        event::STOP_ITERATION,
    ];
    let mut events = if traces > 0 { bits_of(&wanted) } else { 0 };
    let threads = vm.interpreter().threads.get();
    if threads.iter().any(|thread| thread.tracing.every_instruction.get()) {
        events |= 1 << event::INSTRUCTION;
    }
    monitoring.set_events(vm, TRACE_TOOL, events);
}

/// Sets or removes the thread's profile function.
pub fn set_profile(vm: Vm<'_>, thread: &ThreadState, function: Option<Value>) {
    let now = function.is_some();
    let old = thread.tracing.profile.replace(function);
    let monitoring = &vm.interpreter().monitoring;
    let (mut profiles, traces) = monitoring.users.get();
    profiles = (profiles + usize::from(now)).saturating_sub(usize::from(old.is_some()));
    drop(old);
    monitoring.users.set((profiles, traces));
    let wanted = [
        event::PY_START,
        event::PY_RESUME,
        event::PY_RETURN,
        event::PY_YIELD,
        event::CALL,
        event::PY_UNWIND,
        event::PY_THROW,
    ];
    monitoring.set_events(vm, PROFILE_TOOL, if profiles > 0 { bits_of(&wanted) } else { 0 });
}

fn bits_of(events: &[usize]) -> u32 {
    events.iter().fold(0, |bits, event| bits | 1 << event)
}

/// Makes instructions of the frame's code be told, or not, to its trace function.
pub fn set_opcode_trace(vm: Vm<'_>, frame: &Py<PyFrame>, on: bool) {
    let code = frame.code();
    let bit = 1 << event::INSTRUCTION;
    let events = events_in(&code.monitors.local.get(), TRACE_TOOL);
    let wanted = if on { events | bit } else { events & !bit };
    vm.interpreter().monitoring.set_local_events(vm, code, TRACE_TOOL, wanted);
}
