//! Where a program stops: stepping by lines and instructions, breakpoints, watched expressions, caught exceptions.
//!
//! The thread's tracer asks here at every event. What is kept is the thread's own; no borrow of it is held while code runs.

use std::cell::RefCell;

use eval::session;
use objects::core::errors::PyResult;
use objects::core::monitoring::set_native_tracer;
use objects::core::object::Py;
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
    /// To the next line.
    Line,
    /// To the next line of the frame at this depth, or of one that called it.
    LineOver(usize),
    /// Until the frame at this depth returns.
    Return(usize),
    /// To a line behind this one of the frame at this depth.
    Until(usize, i32),
    /// To the next instruction.
    Instruction,
    /// To the next instruction of the frame at this depth, or of one that called it.
    InstructionOver(usize),
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

/// What the thread keeps.
#[derive(Default)]
struct State {
    mode: Mode,
    breakpoints: Vec<Breakpoint>,
    watches: Vec<Watch>,
    /// The names of the exceptions that stop; empty for all.
    catching: Option<Vec<String>>,
    displays: Vec<String>,
    before: Option<Before>,
    steps: usize,
    /// The looks of all stops.
    record: Vec<String>,
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
    with(|state| state.mode = mode);
    fit(vm);
}

/// The program that was stepped through is over.
pub(crate) fn rest(vm: Vm<'_>) {
    with(|state| {
        state.before = None;
        state.steps = 0;
    });
    go(vm, Mode::Run);
}

/// Traces the thread if there is a reason.
fn fit(vm: Vm<'_>) {
    let (wanted, every) = with(|state| {
        let on = |point: &&Breakpoint| point.enabled;
        let instructions = matches!(state.mode, Mode::Instruction | Mode::InstructionOver(_))
            || state.breakpoints.iter().filter(on).any(|p| matches!(p.place, Place::Opcode(_)));
        let wanted = state.mode != Mode::Run
            || state.breakpoints.iter().any(|point| point.enabled)
            || !state.watches.is_empty()
            || state.catching.is_some();
        (wanted, instructions)
    });
    let tracing = &vm.thread().tracing;
    if tracing.native.get().is_some() == wanted
        && tracing.every_instruction.get() == (every && wanted)
    {
        return;
    }
    set_native_tracer(vm, vm.thread(), if wanted { Some(tracer) } else { None }, every);
}

/// Sets a breakpoint: its number.
pub(crate) fn add(vm: Vm<'_>, mut point: Breakpoint) -> usize {
    let number = with(|state| {
        let number = state.breakpoints.iter().map(|point| point.number).max().unwrap_or(0) + 1;
        point.number = number;
        state.breakpoints.push(point);
        number
    });
    fit(vm);
    number
}

/// All breakpoints.
pub(crate) fn all() -> Vec<Breakpoint> {
    with(|state| state.breakpoints.clone())
}

/// The watched expressions.
pub(crate) fn watches() -> Vec<Watch> {
    with(|state| state.watches.clone())
}

/// The exceptions that stop, if any do.
pub(crate) fn catching() -> Option<Vec<String>> {
    with(|state| state.catching.clone())
}

/// Changes the breakpoints that `number` names (all without): how many there were. False from `change` removes one.
pub(crate) fn change(
    vm: Vm<'_>,
    number: Option<usize>,
    change: impl Fn(&mut Breakpoint) -> bool,
) -> usize {
    let count = with(|state| {
        let mut count = 0;
        state.breakpoints.retain_mut(|point| {
            if number.is_some_and(|number| number != point.number) {
                return true;
            }
            count += 1;
            change(point)
        });
        count
    });
    fit(vm);
    count
}

/// Watches an expression.
pub(crate) fn watch(vm: Vm<'_>, text: &str) {
    with(|state| state.watches.push(Watch { text: text.to_owned(), last: None }));
    fit(vm);
}

/// Forgets the watched expressions.
pub(crate) fn unwatch(vm: Vm<'_>) {
    with(|state| state.watches.clear());
    fit(vm);
}

/// Sets the exceptions that stop.
pub(crate) fn catch(vm: Vm<'_>, names: Option<Vec<String>>) {
    with(|state| state.catching = names);
    fit(vm);
}

/// Shows an expression at every stop from now on.
pub(crate) fn display(text: &str) {
    with(|state| state.displays.push(text.to_owned()));
}

/// Shows an expression no more; all without one.
pub(crate) fn undisplay(text: &str) {
    with(|state| state.displays.retain(|shown| !text.is_empty() && shown != text));
}

/// The expressions that are shown at every stop.
pub(crate) fn displays() -> Vec<String> {
    with(|state| state.displays.clone())
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
    let depth = vm.thread().stacks.depth();
    let mode = with(|state| state.mode);
    let arrived = match mode {
        Mode::Run => false,
        Mode::Line => what == "line",
        Mode::LineOver(from) => what == "line" && depth <= from,
        Mode::Return(from) => what == "return" && depth == from,
        Mode::Until(from, line) => {
            what == "line"
                && (depth < from || (depth == from && frame.line().is_some_and(|at| at > line)))
        }
        Mode::Instruction => what == "opcode",
        Mode::InstructionOver(from) => what == "opcode" && depth <= from,
    };
    if arrived && !is_inside(frame) {
        return Some(match what {
            "return" => format!("returns {}\n", brief(vm, argument)),
            _ => String::new(),
        });
    }
    match what {
        "line" | "call" | "opcode" => {
            breakpoint(vm, frame, what).or_else(|| watched(vm, frame, what))
        }
        "exception" => caught(vm, argument),
        _ => None,
    }
}

/// Whether a frame is part of the machine: nobody wants to step through imports.
fn is_inside(frame: &Py<PyFrame>) -> bool {
    frame.code().filename.to_rust_string().starts_with("<frozen ")
}

fn breakpoint(vm: Vm<'_>, frame: &Py<PyFrame>, what: &str) -> Option<String> {
    let candidates: Vec<Breakpoint> = with(|state| {
        let on = state.breakpoints.iter().filter(|point| point.enabled);
        on.filter(|point| point.place.is_told_by(what)).cloned().collect()
    });
    let point = candidates.into_iter().find(|point| {
        point.place.is_here(frame)
            && point.condition.as_ref().is_none_or(|text| holds(vm, frame, text))
    })?;
    with(|state| {
        for mine in state.breakpoints.iter_mut().filter(|mine| mine.number == point.number) {
            mine.hits += 1;
        }
        state.breakpoints.retain(|mine| !(mine.temporary && mine.number == point.number));
    });
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
        let old = with(|state| state.watches.get_mut(index)?.last.replace(now.clone()));
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
