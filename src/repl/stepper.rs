//! Where a program stops: stepping by lines and instructions, breakpoints, watched expressions, caught exceptions.
//!
//! The tracer asks here at every event. Breakpoints and their like are those of all threads, how far a thread runs on is its
//! own; nothing is locked or borrowed while code runs.

use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};

use bytecode::Opcode;
use bytecode::code_spec::code_flags;
use eval::session::{self, FrameView};
use objects::core::errors::PyResult;
use objects::core::monitoring::{set_native_tracer, set_native_tracer_everywhere};
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::type_object::PyType;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::frame_object::PyFrame;

use crate::breakpoints::{Breakpoint, Place};
use crate::debugger;
use crate::session::Session;
use crate::views::brief;

/// How far the program runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Until something that was asked for.
    #[default]
    Run,
    /// To the first line of an input: what the shell does before is nobody's business.
    EnterLine,
    /// To the first instruction of an input.
    EnterInstruction,
    /// To the next line.
    Line,
    /// To the next line of a frame, or of one that called it.
    LineOver(Over),
    /// Until a frame returns.
    Return(Over),
    /// To a line behind this one of a frame.
    Until(Over, i32),
    /// To the next instruction.
    Instruction,
    /// To the next instruction of a frame, or of one that called it.
    InstructionOver(Over),
}

impl Mode {
    /// The frame that the program is to come back to.
    fn over(self) -> Option<Over> {
        match self {
            Self::LineOver(over)
            | Self::Return(over)
            | Self::Until(over, _)
            | Self::InstructionOver(over) => Some(over),
            Self::Run
            | Self::EnterLine
            | Self::EnterInstruction
            | Self::Line
            | Self::Instruction => None,
        }
    }
}

/// A frame that the program is to come back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Over {
    frame: u64,
    /// Its depth on the thread's stack.
    depth: usize,
    /// It may give up its place and take it again: a generator's or a coroutine's.
    suspends: bool,
}

impl Over {
    /// One of the frames that are live, the innermost of which has this depth.
    pub(crate) fn of(frames: &[FrameView], index: usize, depth: usize) -> Option<Self> {
        let frame = frames.get(index)?;
        Some(Self {
            frame: frame.frame.to_value().id(),
            depth: depth.saturating_sub(index),
            suspends: suspends(&frame.frame),
        })
    }

    fn is(self, frame: &Py<PyFrame>) -> bool {
        frame.to_value().id() == self.frame
    }

    /// Whether the program is in the frame, or has left it for good.
    fn is_reached(self, frame: u64, depth: usize) -> bool {
        frame == self.frame || (!self.suspends && depth <= self.depth)
    }
}

/// Whether a frame outlives what looks like its return.
fn suspends(frame: &Py<PyFrame>) -> bool {
    frame.code().has_flags(code_flags::GENERATOR)
        || frame.code().has_flags(code_flags::COROUTINE)
        || frame.code().has_flags(code_flags::ASYNC_GENERATOR)
}

/// An expression that stops the program when its value changes.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    /// The expression.
    pub(crate) text: String,
    /// How its value looked last.
    last: Option<String>,
}

/// The stack before the instruction at which the program stopped last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Before {
    frame: u64,
    /// The offset of the instruction.
    pub(crate) lasti: i32,
    /// How the values looked, bottom first.
    pub(crate) stack: Vec<String>,
}

/// What all threads share.
#[derive(Debug)]
struct Stops {
    breakpoints: Vec<Breakpoint>,
    watches: Vec<Watch>,
    /// The names of the exceptions that stop; empty for all.
    catching: Option<Vec<String>>,
    displays: Vec<String>,
}

impl Stops {
    /// Whether anything may stop a program that runs on, and whether it takes every instruction to notice.
    fn wanted(&self) -> Option<bool> {
        let mut on = self.breakpoints.iter().filter(|point| point.enabled).peekable();
        let wanted = on.peek().is_some() || !self.watches.is_empty() || self.catching.is_some();
        wanted.then(|| on.any(|point| matches!(point.place, Place::Opcode(_))))
    }
}

static STOPS: Mutex<Stops> = Mutex::new(Stops {
    breakpoints: Vec::new(),
    watches: Vec::new(),
    catching: None,
    displays: Vec::new(),
});

fn shared<R>(f: impl FnOnce(&mut Stops) -> R) -> R {
    f(&mut STOPS.lock().unwrap_or_else(PoisonError::into_inner))
}

/// What a thread keeps.
#[derive(Debug, Default)]
struct State {
    mode: Mode,
    before: Option<Before>,
    steps: usize,
    /// The looks of all stops.
    record: Vec<String>,
    /// What the function returned that was left last.
    returned: Option<String>,
    /// What is still to be run at this stop.
    due: Vec<String>,
    /// The instruction that a line begins with at which the program stopped: it has not run yet.
    line_stop: Option<(u64, i32)>,
    /// The suspended frame that the program is to come back to, which may end without being taken up again.
    awaited: Option<PyRef<PyFrame>>,
}

/// So many stops are kept.
const RECORD_MAX: usize = 10_000;

thread_local! {
    static STATE: RefCell<State> = RefCell::default();
}

fn with<R>(f: impl FnOnce(&mut State) -> R) -> R {
    STATE.with(|state| f(&mut state.borrow_mut()))
}

/// Makes the program run on so far.
pub(crate) fn go(vm: Vm<'_>, mode: Mode) {
    go_from(vm, mode, &[]);
}

/// The same from a stop with these frames.
pub(crate) fn go_from(vm: Vm<'_>, mode: Mode, frames: &[FrameView]) {
    let over = mode.over().filter(|over| over.suspends);
    let is_it = |frame: &&FrameView| over.is_some_and(|over| over.is(&frame.frame));
    let awaited = frames.iter().find(is_it).map(|frame| frame.frame.clone());
    let old = with(|state| {
        state.mode = mode;
        std::mem::replace(&mut state.awaited, awaited)
    });
    // What the frame still holds may run code of its own when it goes.
    drop(old);
    fit(vm);
}

/// The program that was stepped through is over.
pub(crate) fn rest(vm: Vm<'_>) {
    with(|state| {
        state.before = None;
        state.steps = 0;
        state.returned = None;
    });
    go(vm, Mode::Run);
}

/// Runs something while another program is stopped, whose stepping goes on as it was afterwards.
pub(crate) fn aside<R>(vm: Vm<'_>, f: impl FnOnce() -> R) -> R {
    let kept = with(std::mem::take);
    let tracing = &vm.thread().tracing;
    let (depth, event) = (tracing.depth.replace(0), tracing.event.get());
    let result = f();
    tracing.depth.set(depth);
    tracing.event.set(event);
    with(|state| *state = kept);
    fit(vm);
    result
}

/// Traces the thread if there is a reason.
fn fit(vm: Vm<'_>) {
    let mode = with(|state| state.mode);
    let stops = shared(|stops| stops.wanted());
    let wanted = mode != Mode::Run || stops.is_some();
    let each =
        matches!(mode, Mode::Instruction | Mode::InstructionOver(_) | Mode::EnterInstruction);
    let every = wanted && (each || stops == Some(true));
    let tracing = &vm.thread().tracing;
    if tracing.native.get().is_some() == wanted && tracing.every_instruction.get() == every {
        return;
    }
    set_native_tracer(vm, vm.thread(), if wanted { Some(tracer) } else { None }, every);
}

/// What may stop the program has changed: all threads are told.
fn fit_all(vm: Vm<'_>) {
    let stops = shared(|stops| stops.wanted());
    set_native_tracer_everywhere(vm, stops.map(|every| (tracer as _, every)));
    fit(vm);
}

/// Sets a breakpoint: its number.
pub(crate) fn add(vm: Vm<'_>, mut point: Breakpoint) -> usize {
    let number = shared(|stops| {
        let number = stops.breakpoints.iter().map(|point| point.number).max().unwrap_or(0) + 1;
        point.number = number;
        stops.breakpoints.push(point);
        number
    });
    fit_all(vm);
    number
}

/// All breakpoints.
pub(crate) fn all() -> Vec<Breakpoint> {
    shared(|stops| stops.breakpoints.clone())
}

/// The watched expressions.
pub(crate) fn watches() -> Vec<Watch> {
    shared(|stops| stops.watches.clone())
}

/// The exceptions that stop, if any do.
pub(crate) fn catching() -> Option<Vec<String>> {
    shared(|stops| stops.catching.clone())
}

/// Changes the breakpoints that `number` names (all without): how many there were. False from `change` removes one.
pub(crate) fn change(
    vm: Vm<'_>,
    number: Option<usize>,
    change: impl Fn(&mut Breakpoint) -> bool,
) -> usize {
    let count = shared(|stops| {
        let mut count = 0;
        stops.breakpoints.retain_mut(|point| {
            if number.is_some_and(|number| number != point.number) {
                return true;
            }
            count += 1;
            change(point)
        });
        count
    });
    fit_all(vm);
    count
}

/// Watches an expression.
pub(crate) fn watch(vm: Vm<'_>, text: &str) {
    shared(|stops| stops.watches.push(Watch { text: text.to_owned(), last: None }));
    fit_all(vm);
}

/// Forgets the watched expressions.
pub(crate) fn unwatch(vm: Vm<'_>) {
    shared(|stops| stops.watches.clear());
    fit_all(vm);
}

/// Sets the exceptions that stop.
pub(crate) fn catch(vm: Vm<'_>, names: Option<Vec<String>>) {
    shared(|stops| stops.catching = names);
    fit_all(vm);
}

/// Shows an expression at every stop from now on.
pub(crate) fn display(text: &str) {
    shared(|stops| stops.displays.push(text.to_owned()));
}

/// Shows an expression no more; all without one.
pub(crate) fn undisplay(text: &str) {
    shared(|stops| stops.displays.retain(|shown| !text.is_empty() && shown != text));
}

/// The expressions that are shown at every stop.
pub(crate) fn displays() -> Vec<String> {
    shared(|stops| stops.displays.clone())
}

/// What the function returned that the program left last.
pub(crate) fn returned() -> Option<String> {
    with(|state| state.returned.clone())
}

/// What is to be run at this stop, before anybody is asked.
pub(crate) fn due() -> Vec<String> {
    with(|state| std::mem::take(&mut state.due))
}

/// The shell ends: nothing stops any more.
pub(crate) fn end(vm: Vm<'_>) {
    shared(|stops| {
        stops.breakpoints.clear();
        stops.watches.clear();
        stops.catching = None;
    });
    fit_all(vm);
}

/// The stack before the instruction at which this frame stopped last.
pub(crate) fn before(frame: &Py<PyFrame>) -> Option<Before> {
    let id = frame.to_value().id();
    with(|state| state.before.clone().filter(|before| before.frame == id))
}

/// Notes the stack at which a frame stops.
pub(crate) fn note(frame: &Py<PyFrame>, lasti: i32, stack: Vec<String>) {
    let before = Before { frame: frame.to_value().id(), lasti, stack };
    with(|state| state.before = Some(before));
}

/// The number of this stop.
pub(crate) fn count() -> usize {
    with(|state| {
        state.steps += 1;
        state.steps
    })
}

/// Keeps how a stop looks.
pub(crate) fn record(look: &str) {
    with(|state| {
        if state.record.len() >= RECORD_MAX {
            state.record.remove(0);
        }
        state.record.push(look.to_owned());
    });
}

/// How the stop `back` stops ago looked.
pub(crate) fn recorded(back: usize) -> Option<String> {
    with(|state| {
        let index = state.record.len().checked_sub(back + 1)?;
        state.record.get(index).cloned()
    })
}

/// The thread's tracer.
fn tracer(vm: Vm<'_>, frame: &Py<PyFrame>, what: &'static str, argument: &Value) -> PyResult<()> {
    let Some(reason) = reason_to_stop(vm, frame, what, argument) else { return Ok(()) };
    go(vm, Mode::Run);
    let here = (what == "line").then(|| (frame.to_value().id(), frame.lasti()));
    with(|state| state.line_stop = here);
    let frames = session::frames(vm);
    debugger::stopped(vm, &frames, what, &reason)
}

/// Why the program stops here, as it is shown; None if it does not.
fn reason_to_stop(
    vm: Vm<'_>,
    frame: &Py<PyFrame>,
    what: &'static str,
    argument: &Value,
) -> Option<String> {
    let mode = with(|state| state.mode);
    if mode == Mode::Run && shared(|stops| stops.wanted()).is_none() {
        // Another thread took the last reason away.
        fit(vm);
        return None;
    }
    if mode != Mode::Run && what == "return" {
        let value = brief(vm, argument);
        with(|state| state.returned = Some(value));
    }
    if (arrives(vm, frame, what, mode) || is_past(frame, what)) && !is_inside(frame) {
        return Some(match what {
            "return" => format!("returns {}\n", brief(vm, argument)),
            _ => String::new(),
        });
    }
    if what == "return" {
        left(vm, frame, mode);
    }
    match what {
        "line" | "call" | "opcode" => {
            breakpoint(vm, frame, what).or_else(|| watched(vm, frame, what))
        }
        "exception" => caught(vm, argument),
        _ => None,
    }
}

/// Whether an event is the one that the program runs on to.
fn arrives(vm: Vm<'_>, frame: &Py<PyFrame>, what: &str, mode: Mode) -> bool {
    let (id, depth) = (frame.to_value().id(), vm.thread().stacks.depth());
    // A line's event comes before that of its first instruction: who stopped there has seen it.
    if what == "opcode" && with(|state| state.line_stop.take()) == Some((id, frame.lasti())) {
        return false;
    }
    match mode {
        Mode::Run => false,
        Mode::EnterLine => what == "line" && is_input(frame),
        Mode::EnterInstruction => what == "opcode" && is_input(frame),
        Mode::Line => what == "line",
        Mode::LineOver(over) => what == "line" && over.is_reached(id, depth),
        Mode::Return(over) => what == "return" && id == over.frame && !is_suspended(frame),
        Mode::Until(over, line) if id == over.frame => {
            what == "line" && frame.line().is_some_and(|at| at > line)
        }
        Mode::Until(over, _) => what == "line" && !over.suspends && depth < over.depth,
        Mode::Instruction => what == "opcode",
        Mode::InstructionOver(over) => what == "opcode" && over.is_reached(id, depth),
    }
}

/// Whether the frame that the program was to come back to was closed while it was suspended: then the next line is where it
/// goes on. Of a coroutine that is the next line of another one, for the event loop is nobody's business.
fn is_past(frame: &Py<PyFrame>, what: &str) -> bool {
    what == "line"
        && with(|state| {
            state.awaited.as_ref().is_some_and(|awaited| {
                let is_task = awaited.code().has_flags(code_flags::COROUTINE);
                awaited.is_over() && (!is_task || suspends(frame))
            })
        })
}

/// A frame that may be suspended, and that the program was to come back to, has ended: its caller takes its place. A
/// coroutine that only the event loop calls has none.
fn left(vm: Vm<'_>, frame: &Py<PyFrame>, mode: Mode) {
    let (Mode::LineOver(over) | Mode::Until(over, _) | Mode::InstructionOver(over)) = mode else {
        return;
    };
    if !over.suspends || frame.to_value().id() != over.frame || is_suspended(frame) {
        return;
    }
    let frames = session::frames(vm);
    let is_task = frame.code().has_flags(code_flags::COROUTINE)
        && frames.get(1).is_none_or(|caller| !suspends(&caller.frame));
    let caller = Over::of(&frames, 1, vm.thread().stacks.depth()).filter(|_| !is_task);
    let next = match (mode, caller) {
        (_, None) => {
            debugger::turns::let_go();
            Mode::Run
        }
        (Mode::InstructionOver(_), Some(caller)) => Mode::InstructionOver(caller),
        (_, Some(caller)) => Mode::LineOver(caller),
    };
    go(vm, next);
}

/// Whether a frame that is being left only waits to be taken up again.
fn is_suspended(frame: &Py<PyFrame>) -> bool {
    suspends(frame)
        && opcode_at(frame).is_some_and(|opcode| {
            matches!(opcode.family(), Opcode::YIELD_VALUE | Opcode::RETURN_GENERATOR)
        })
}

fn opcode_at(frame: &Py<PyFrame>) -> Option<Opcode> {
    let unit = usize::try_from(frame.lasti()).ok()? / 2;
    frame.code().spec().code.get(unit).and_then(|unit| unit.opcode())
}

/// Whether a frame is an input's own.
fn is_input(frame: &Py<PyFrame>) -> bool {
    let name = frame.code().filename.to_rust_string();
    name.starts_with("<python-input-") || name.starts_with("<stdin")
}

/// Whether a frame is part of the machine: nobody wants to step through imports.
fn is_inside(frame: &Py<PyFrame>) -> bool {
    frame.code().filename.to_rust_string().starts_with("<frozen ")
}

fn breakpoint(vm: Vm<'_>, frame: &Py<PyFrame>, what: &str) -> Option<String> {
    let candidates: Vec<Breakpoint> = shared(|stops| {
        let on = stops.breakpoints.iter().filter(|point| point.enabled);
        on.filter(|point| point.place.is_told_by(what)).cloned().collect()
    });
    let mut met = candidates.into_iter().filter(|point| {
        point.place.is_here(frame)
            && point.condition.as_ref().is_none_or(|text| holds(vm, frame, text))
    });
    let point = met.find(|point| {
        // One that is to be ignored for a while lets the program pass.
        shared(|stops| {
            let mine = stops.breakpoints.iter_mut().find(|mine| mine.number == point.number);
            mine.is_none_or(|mine| {
                let passes = mine.ignored > 0;
                mine.ignored = mine.ignored.saturating_sub(1);
                !passes
            })
        })
    })?;
    shared(|stops| {
        for mine in stops.breakpoints.iter_mut().filter(|mine| mine.number == point.number) {
            mine.hits += 1;
        }
        stops.breakpoints.retain(|mine| !(mine.temporary && mine.number == point.number));
    });
    with(|state| state.due.clone_from(&point.commands));
    Some(format!("breakpoint {}: {}\n", point.number, point.place))
}

fn holds(vm: Vm<'_>, frame: &Py<PyFrame>, text: &str) -> bool {
    let session = Session::new(frame.globals().to_ref(), Some(frame.locals(vm)));
    match session.value_of(vm, text).and_then(|value| vm.is_true(&value)) {
        Ok(truth) => truth,
        Err(raised) => {
            // A condition that fails is no reason to run past.
            vm.clear(raised);
            true
        }
    }
}

fn watched(vm: Vm<'_>, frame: &Py<PyFrame>, what: &str) -> Option<String> {
    if what != "line" {
        return None;
    }
    for (index, watch) in watches().into_iter().enumerate() {
        let session = Session::new(frame.globals().to_ref(), Some(frame.locals(vm)));
        let now = match session.value_of(vm, &watch.text) {
            Ok(value) => brief(vm, &value),
            Err(raised) => {
                vm.clear(raised);
                continue;
            }
        };
        let old = shared(|stops| stops.watches.get_mut(index)?.last.replace(now.clone()));
        if let Some(old) = old
            && old != now
        {
            return Some(format!("watch {}: {old} → {now}\n", watch.text));
        }
    }
    None
}

fn caught(vm: Vm<'_>, triple: &Value) -> Option<String> {
    let names = catching()?;
    let items = vm.collect(triple).unwrap_or_else(|raised| {
        vm.clear(raised);
        Vec::new()
    });
    let exception = items.get(1)?;
    let class = exception.class();
    let wanted = names.is_empty()
        || class.mro_tuple().items().iter().any(|class| {
            let name = class.downcast::<PyType>().map(|class| class.name());
            name.is_some_and(|name| names.contains(&name))
        });
    wanted.then(|| format!("raises {}: {}\n", class.name(), brief(vm, exception)))
}
