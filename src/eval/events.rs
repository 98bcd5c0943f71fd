//! Events told to tools: what the event words of the instrumented form do, and the events of exceptions.

use objects::core::errors::{PyResult, Raised};
use objects::core::monitoring::{EVENT_NAMES, LOCAL_EVENTS, PROFILE_TOOL, TOOLS, event};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::exceptions::hierarchy as exc;
use objects::types::function::{PyFunction, PyMethod};
use objects::types::generator::{COROUTINE, GENERATOR};
use objects::types::tuple::PyTuple;
use objects::types::{frame_object, int};

use crate::instrument;
use crate::legacy_tracing;
use crate::machine::{Machine, is_exactly, payload};
use crate::ops::{attributes, calls, unpacked_calls};
use crate::translate::{self, call_kind};

/// How many words EVENT has.
const WORDS: usize = 2;

/// The object that a callback returns to be told no more.
fn disable(vm: Vm<'_>) -> Option<&Value> {
    vm.interpreter().monitoring.markers.get().map(|(disable, _)| disable)
}

fn missing(vm: Vm<'_>) -> Value {
    let markers = vm.interpreter().monitoring.markers.get();
    markers.map_or(Value::NONE, |(_, missing)| missing.clone())
}

fn offset(vm: Vm<'_>, unit: usize) -> Value {
    int::new(vm, unit * 2)
}

/// Tells tools of an event, the highest number first. The tools that want no more are added to `disabled`.
fn tell(vm: Vm<'_>, event: usize, tools: u8, args: &[Value], disabled: &mut u8) -> PyResult<()> {
    let tracing = &vm.thread().tracing;
    for tool in (0..TOOLS).rev().filter(|tool| tools >> tool & 1 != 0) {
        let outer = tracing.event.replace(event);
        tracing.depth.set(tracing.depth.get() + 1);
        let told = tell_one(vm, tool, event, args);
        tracing.depth.set(tracing.depth.get().saturating_sub(1));
        tracing.event.set(outer);
        if !told? {
            continue;
        }
        if event >= LOCAL_EVENTS {
            drop(vm.interpreter().monitoring.set_callback(tool, event, None));
            let name = EVENT_NAMES[event];
            return Err(vm.value_error(format!("Cannot disable {name} events. Callback removed.")));
        }
        *disabled |= 1 << tool;
    }
    Ok(())
}

/// Tells one tool: whether it wants no more.
fn tell_one(vm: Vm<'_>, tool: usize, event: usize, args: &[Value]) -> PyResult<bool> {
    if tool >= PROFILE_TOOL {
        return legacy_tracing::tell(vm, tool, event, args);
    }
    let Some(callback) = vm.interpreter().monitoring.callback(tool, event) else {
        return Ok(false);
    };
    let answer = vm.call(&callback, args)?;
    Ok(disable(vm).is_some_and(|disable| disable.is(&answer)))
}

/// What an event word does.
pub(crate) fn fire(m: &mut Machine) -> PyResult<()> {
    let vm = m.vm();
    if instrument::is_stale(m) {
        let code = m.code().to_ref();
        instrument::instrument(vm, &code);
        // The word may be another one now.
        return Ok(());
    }
    if m.thread().tracing.depth.get() > 0 {
        m.advance(WORDS);
        return Ok(());
    }
    let (unit, detail) = (m.arg() as usize, m.cache(1));
    #[expect(clippy::cast_possible_truncation, reason = "a register's or a unit's number")]
    let place = detail as usize;
    let mut args = vec![m.code().to_value(), offset(vm, unit)];
    match m.a() {
        event::CALL => return call(m),
        event::LINE => args[1] = int::new(vm, place),
        event::PY_RETURN | event::PY_YIELD => args.push(m.copy(place)),
        event::JUMP | event::BRANCH_LEFT | event::BRANCH_RIGHT => args.push(offset(vm, place)),
        event::STOP_ITERATION => {
            let receiver = m.peek(place);
            if !receiver.is_exact(GENERATOR.get()) && !receiver.is_exact(COROUTINE.get()) {
                m.advance(WORDS);
                return Ok(());
            }
            let value = m.copy(place + 1);
            args.push(stop_iteration(vm, value));
        }
        _ => {}
    }
    tell_here(m, m.a(), m.flags(), &args)?;
    if !jumped(m) {
        m.advance(WORDS);
    }
    Ok(())
}

/// Tells of the event of the word that runs.
fn tell_here(m: &mut Machine, event: usize, tools: u8, args: &[Value]) -> PyResult<()> {
    let mut disabled = 0;
    let told = tell(m.vm(), event, tools, args, &mut disabled);
    m.remove_tools(disabled);
    if told.is_err() && jumped(m) {
        m.frame().next = m.pc.wrapping_add(1);
    }
    told
}

/// Whether a tool made the frame go on elsewhere, by setting `f_lineno`; the machine stands there then.
fn jumped(m: &mut Machine) -> bool {
    let Some(frame) = m.frame().frame_object() else { return false };
    let Some(unit) = frame.jump.take() else { return false };
    let code = m.code().to_ref();
    let plain = translate::of(&code);
    m.pc = plain.instrumented(m.vm(), &code).landing_word(&code, unit, unit);
    true
}

fn stop_iteration(vm: Vm<'_>, value: Value) -> Value {
    let raised = if value.is_none() {
        vm.error_with(&exc::STOP_ITERATION, &[])
    } else {
        vm.error_with(&exc::STOP_ITERATION, &[value])
    };
    vm.take(raised)
}

/// Tells of a call, and does it unless it is one of a Python function.
fn call(m: &mut Machine) -> PyResult<()> {
    let vm = m.vm();
    let detail = m.cache(1);
    let kind = detail & 0xff;
    #[expect(clippy::cast_possible_truncation, reason = "a register's number, a count")]
    let (base, count) = ((detail >> 8) as u16 as usize, (detail >> 32) as usize);
    if matches!(kind, call_kind::PLAIN | call_kind::KEYWORDS) {
        expand_method(m, base);
    }
    let first = match kind {
        call_kind::UNPACKED => {
            m.peek(base + 2).downcast::<PyTuple>().and_then(|tuple| tuple.items().first().cloned())
        }
        call_kind::SUPER => (count & 2 != 0).then(|| m.copy(base + 1)),
        _ if !m.register(base + 1).is_null() => Some(m.copy(base + 1)),
        _ => (count > 0).then(|| m.copy(base + 2)),
    };
    let callable = m.copy(base);
    let unit = m.arg() as usize;
    let args = [
        m.code().to_value(),
        offset(vm, unit),
        callable.clone(),
        first.unwrap_or_else(|| missing(vm)),
    ];
    tell_here(m, event::CALL, m.flags(), &args)?;
    let mut here = *m;
    m.advance(WORDS);
    let python = is_exactly::<PyFunction>(callable.bits())
        || (kind == call_kind::UNPACKED && is_exactly::<PyMethod>(callable.bits()));
    if python {
        return Ok(());
    }
    m.load_word();
    let result = match kind {
        call_kind::PLAIN => calls::call_slow(m),
        call_kind::KEYWORDS => unpacked_calls::call_kw_slow(m),
        call_kind::UNPACKED => unpacked_calls::call_function_ex_slow(m),
        _ => attributes::load_super_attr_slow(m),
    };
    // Tools may have changed their minds meanwhile.
    here.load_word();
    let tools = here.flags();
    let mut disabled = 0;
    match result {
        Ok(()) => tell(vm, event::C_RETURN, tools, &args, &mut disabled),
        Err(raised) => {
            let exception = vm.take(raised);
            tell(vm, event::C_RAISE, tools, &args, &mut disabled)?;
            Err(vm.restore(exception))
        }
    }
}

/// A bound method is taken apart: its function and self take the places of the method and of the empty self.
fn expand_method(m: &Machine, base: usize) {
    let callable = m.register(base).0;
    if !is_exactly::<PyMethod>(callable) || !m.register(base + 1).is_null() {
        return;
    }
    let method = payload::<PyMethod>(callable);
    let (function, receiver) = (method.function.clone(), method.receiver.clone());
    let old = m.take(base);
    m.put(base, function);
    m.put(base + 1, receiver);
    drop(old);
}

/// Tells of an exception at code unit `unit`: the exception that goes on, which is a callback's if that failed.
pub(crate) fn exception(vm: Vm<'_>, event: usize, unit: usize, exception: Value) -> Value {
    let tools = vm.interpreter().monitoring.tools_for(event);
    if tools == 0 || vm.thread().tracing.depth.get() > 0 {
        return exception;
    }
    let Some(frame) = frame_object::current(vm) else { return exception };
    let args = [frame.code().to_value(), offset(vm, unit), exception.clone()];
    match tell(vm, event, tools, &args, &mut 0) {
        Ok(()) => exception,
        Err(raised) => vm.take(raised),
    }
}

/// A generator that a `for` of the innermost frame went through returned `value`.
pub(crate) fn generator_ended(vm: Vm<'_>, value: Value) -> PyResult<()> {
    let monitoring = &vm.interpreter().monitoring;
    if vm.thread().tracing.depth.get() > 0 {
        return Ok(());
    }
    let Some(frame) = frame_object::current(vm) else { return Ok(()) };
    let active = frame.code().monitors.active.get();
    let quickened = active[event::LINE] | active[event::BRANCH_LEFT] == 0;
    let (event, tools) = if quickened {
        (event::STOP_ITERATION, active[event::STOP_ITERATION])
    } else {
        (event::RAISE, monitoring.tools_for(event::RAISE))
    };
    if tools == 0 || (event == event::RAISE && value.is_none()) {
        return Ok(());
    }
    stopped(vm, event, tools, stop_iteration(vm, value))
}

/// What a SEND of the innermost frame sends to returned `value`: a StopIteration, as far as tools go.
pub(crate) fn generator_stopped(vm: Vm<'_>, value: &Value) -> PyResult<()> {
    let tools = vm.interpreter().monitoring.tools_for(event::RAISE);
    if tools == 0 || vm.thread().tracing.depth.get() > 0 {
        return Ok(());
    }
    stopped(vm, event::RAISE, tools, stop_iteration(vm, value.clone()))
}

/// StopIteration was caught by an instruction of the innermost frame.
pub(crate) fn stop_caught(vm: Vm<'_>, raised: Raised) -> PyResult<Value> {
    let exception = vm.take(raised);
    let tools = vm.interpreter().monitoring.tools_for(event::RAISE);
    if tools != 0 && vm.thread().tracing.depth.get() == 0 {
        stopped(vm, event::RAISE, tools, exception.clone())?;
    }
    Ok(exception)
}

fn stopped(vm: Vm<'_>, event: usize, tools: u8, exception: Value) -> PyResult<()> {
    let Some(frame) = frame_object::current(vm) else { return Ok(()) };
    let at = int::new(vm, i64::from(frame.lasti().max(0)));
    tell(vm, event, tools, &[frame.code().to_value(), at, exception], &mut 0)
}

/// The next item of an iterator for a FOR_ITER of a frame, where tools want to know of every StopIteration.
pub(crate) fn next(vm: Vm<'_>, iterator: &Value) -> PyResult<Option<Value>> {
    match vm.next_raw(iterator) {
        Err(raised) if vm.raised_is(&raised, &exc::STOP_ITERATION) => {
            stop_caught(vm, raised).map(|_| None)
        }
        other => other,
    }
}

/// Whether tools want to know of every exception.
pub(crate) fn watches_raise(vm: Vm<'_>) -> bool {
    vm.interpreter().monitoring.tools_for(event::RAISE) != 0
}
