//! Generators, coroutines, `await`.

use std::sync::atomic::Ordering;

use bytecode::code_spec::code_flags;
use objects::core::errors::PyResult;
use objects::core::frame::{Register, frame_flags};
use objects::core::pyref::PyRef;
use objects::core::slots::SendResult;
use objects::core::thread_state::breaker;
use objects::core::value::{Value, special};
use objects::core::vm::Vm;
use objects::types::async_generator::{self, ASYNC_GENERATOR, PyAsyncStep};
use objects::types::exceptions::hierarchy as exc;
use objects::types::function::PyFunction;
use objects::types::generator::{
    COROUTINE, GENERATOR, GeneratorCore, GeneratorState, awaitable_iterator,
};

use super::{iterate, slow_handlers};
use crate::dispatch::{FAILED, Form, answer, begin, call_out, jump};
use crate::machine::{Machine, borrow, heap_class, is_exactly, payload};
use crate::{frames, generator_frames};

/// How many words SEND has.
pub(crate) const SEND_WORDS: usize = 2;

slow_handlers! {
    /// The iterator that `yield from` delegates to replaces a.
    get_yield_from_iter => |m| {
        let vm = m.vm();
        let iterable = m.peek(m.a());
        if iterable.is_exact(COROUTINE.get()) {
            let allowed = code_flags::COROUTINE | code_flags::ITERABLE_COROUTINE;
            if m.code().spec().flags & allowed == 0 {
                return Err(vm.type_error(
                    "cannot 'yield from' a coroutine object in a non-coroutine generator",
                ));
            }
        } else if !iterable.is_exact(GENERATOR.get()) {
            let iterator = vm.iter(iterable)?;
            drop(m.take(m.a()));
            m.put(m.a(), iterator);
        }
        m.advance(1);
        Ok(())
    };
    /// `a.__aiter__()` replaces a.
    get_aiter => |m| {
        let vm = m.vm();
        let object = m.peek(m.a());
        let Some(get) = object.class().slots.am_aiter.get() else {
            return Err(vm.type_error(format!(
                "'async for' requires an object with __aiter__ method, got {}",
                object.class().name()
            )));
        };
        let iterator = get(vm, object)?;
        if iterator.class().slots.am_anext.get().is_none() {
            return Err(vm.type_error(format!(
                "'async for' received an object from __aiter__ that does not implement __anext__: {}",
                iterator.class().name()
            )));
        }
        drop(m.take(m.a()));
        m.put(m.a(), iterator);
        m.advance(1);
        Ok(())
    };
    /// The awaitable of `a.__anext__()` goes behind a.
    get_anext => |m| {
        let awaitable = next_awaitable(m.vm(), m.peek(m.a()))?;
        m.put(m.a() + 1, awaitable);
        m.advance(1);
        Ok(())
    };
    /// End of `async for`: StopAsyncIteration is swallowed, anything else raised.
    end_async_for => |m| {
        let exception = m.take(m.a() + 1);
        if exception.class().is_subtype(exc::STOP_ASYNC_ITERATION.get()) {
            drop(exception);
            drop(m.take_opt(m.a()));
            m.advance(1);
            return Ok(());
        }
        m.pc = crate::unwind::reraise(m.vm(), exception, None);
        Ok(())
    };
    /// Behind `throw()` into a delegating generator: StopIteration gives its value.
    cleanup_throw => |m| {
        let base = m.a();
        let exception = m.take(base + 2);
        if !exception.class().is_subtype(exc::STOP_ITERATION.get()) {
            m.pc = crate::unwind::reraise(m.vm(), exception, None);
            return Ok(());
        }
        let value = stop_iteration_value(m.vm(), &exception)?;
        drop(m.take_opt(base + 1));
        drop(m.take_opt(base));
        m.put(base, Value::NONE);
        m.put(base + 1, value);
        m.advance(1);
        Ok(())
    };
}

/// Drops the receiver a; the value behind it takes its place.
#[inline(always)]
pub(crate) fn end_send<F: Form>(m: Machine) -> F::Out {
    let receiver = m.register(m.a());
    m.put_register(m.a(), m.register(m.a() + 1));
    m.put_register(m.a() + 1, Register::NULL);
    F::drop_next(m, receiver, 1)
}

/// The iterator of awaitable a replaces it. A coroutine that has not begun is awaited by nobody, and its own iterator.
#[inline(always)]
pub(crate) fn get_awaitable<F: Form>(m: Machine) -> F::Out {
    let awaitable = m.register(m.a()).0;
    if heap_class(awaitable).is_some_and(|class| class.is(COROUTINE.get()))
        && payload::<GeneratorCore>(awaitable).state.get() == GeneratorState::Created
    {
        return F::next(m, 1);
    }
    F::slow(m, get_awaitable_slow)
}

fn get_awaitable_slow(m: &mut Machine) -> PyResult<()> {
    let vm = m.vm();
    let iterable = m.peek(m.a());
    let known =
        iterable.class().slots.am_await.get().is_some() || iterable.is_exact(GENERATOR.get());
    if !known && m.arg() != 0 {
        let (wanted, from) =
            if m.arg() == 1 { ("__aenter__", "async with") } else { ("__aexit__", "async with") };
        return Err(vm.type_error(format!(
            "'{from}' received an object from {wanted} that does not implement __await__: {}",
            iterable.class().name()
        )));
    }
    let iterator = awaitable_iterator(vm, iterable)?;
    if iterator.is_exact(COROUTINE.get())
        && payload::<GeneratorCore>(iterator.bits()).delegate().is_some()
    {
        return Err(vm.runtime_error("coroutine is being awaited already"));
    }
    drop(m.take(m.a()));
    m.put(m.a(), iterator);
    m.advance(1);
    Ok(())
}

/// Makes the frame a generator's and returns the generator.
#[inline(always)]
pub(crate) fn return_generator<F: Form>(m: Machine) -> F::Out {
    if m.frame().flags != 0 || m.thread().coroutine_origin_depth.get() != 0 {
        return F::slow(m, return_generator_slow);
    }
    let generator = call_out(m, |m| answer(make(&m, Some(generator_frames::take_function(&m)))));
    if generator == FAILED {
        return F::raise(m);
    }
    let (below, _) = crate::machine::pop_plain(m, Register(generator));
    F::next(below, 1)
}

fn make(m: &Machine, function: Option<PyRef<PyFunction>>) -> PyResult<Value> {
    let code = m.code();
    let class = if code.has_flags(code_flags::COROUTINE) {
        &COROUTINE
    } else if code.has_flags(code_flags::ASYNC_GENERATOR) {
        &ASYNC_GENERATOR
    } else {
        &GENERATOR
    };
    generator_frames::make_generator(m.vm(), function, class)
}

fn return_generator_slow(m: &mut Machine) -> PyResult<()> {
    let vm = m.vm();
    let generator = make(m, m.frame().function())?;
    let left = frames::leave(vm);
    objects::types::generator::remember_origin(vm, &generator);
    frames::deliver(m, &left, generator)
}

fn stop_iteration_value(vm: Vm<'_>, exception: &Value) -> PyResult<Value> {
    vm.get_attr(exception, &vm.names().value)
}

fn next_awaitable(vm: Vm<'_>, iterator: &Value) -> PyResult<Value> {
    let Some(next) = iterator.class().slots.am_anext.get() else {
        return Err(vm.type_error(format!(
            "'async for' requires an iterator with __anext__ method, got {}",
            iterator.class().name()
        )));
    };
    let awaitable = next(vm, iterator)?;
    if iterator.is_exact(ASYNC_GENERATOR.get()) {
        return Ok(awaitable);
    }
    match awaitable_iterator(vm, &awaitable) {
        Ok(iterator) => Ok(iterator),
        Err(raised) => {
            let cause = vm.take(raised);
            let raised = vm.type_error(format!(
                "'async for' received an invalid object from __anext__: {}",
                awaitable.class().name()
            ));
            let error = vm.take(raised);
            let payload = objects::types::exceptions::base::payload_of(&error);
            payload.cause.set(Some(cause.clone()));
            payload.context.set(Some(cause));
            payload.suppress_context.set(true);
            Err(vm.restore(error))
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the cache's lower half is a distance")]
fn distance(m: &Machine) -> isize {
    m.cache(1) as i32 as isize
}

/// Sends the value behind receiver a into it.
#[inline(always)]
pub(crate) fn send<F: Form>(m: Machine) -> F::Out {
    let receiver = m.register(m.a()).0;
    if heap_class(receiver)
        .is_some_and(|class| class.is(GENERATOR.get()) || class.is(COROUTINE.get()))
    {
        let generator = payload::<GeneratorCore>(receiver);
        let value = m.register(m.a() + 1);
        let mut next = m;
        if (value.0 == special::NONE || generator.state.get() == GeneratorState::Suspended)
            && generator_frames::resume_plain(&mut next, generator, value, frame_flags::FROM_SEND)
        {
            m.put_register(m.a() + 1, Register::NULL);
            return begin::<F>(next);
        }
    }
    F::elsewhere(m, send_chain::<F>)
}

/// As [`send`], into a generator that delegates: the innermost one goes on.
#[inline(always)]
fn send_chain<F: Form>(m: Machine) -> F::Out {
    let receiver = m.register(m.a()).0;
    if heap_class(receiver)
        .is_some_and(|class| class.is(GENERATOR.get()) || class.is(COROUTINE.get()))
    {
        let generator = payload::<GeneratorCore>(receiver);
        let value = m.register(m.a() + 1);
        let mut next = m;
        if generator_frames::resume_chain(&mut next, generator, value, frame_flags::FROM_SEND) {
            m.put_register(m.a() + 1, Register::NULL);
            return begin::<F>(next);
        }
    } else if is_exactly::<PyAsyncStep>(receiver) {
        return F::elsewhere(m, send_step::<F>);
    }
    F::slow(m, send_slow)
}

/// As [`send`], to an `asend()`: its asynchronous generator goes on.
#[inline(always)]
fn send_step<F: Form>(m: Machine) -> F::Out {
    const FROM: u32 = frame_flags::FROM_SEND | frame_flags::FROM_ASEND;
    let step = payload::<PyAsyncStep>(m.register(m.a()).0);
    let none = m.register(m.a() + 1);
    // Tools are told of the exceptions that are left out here.
    let watched = m.thread().breaker().load(Ordering::Relaxed) & breaker::TRACE != 0;
    if none.0 == special::NONE
        && !watched
        && let Some(generator) = step.ready()
    {
        let mut next = m;
        if generator_frames::resume_plain(&mut next, generator, none, FROM)
            || generator_frames::resume_chain(&mut next, generator, none, FROM)
        {
            step.begin();
            return begin::<F>(next);
        }
    }
    F::slow(m, send_slow)
}

/// Wraps what an asynchronous generator is about to yield, unless the SEND that awaits it is the next to see it: then the word
/// behind gives it there as it is.
#[inline(always)]
pub(crate) fn wrap_yielded<F: Form>(m: Machine) -> F::Out {
    if generator_frames::gives_to_asend(&m) {
        return F::next(m, 1);
    }
    F::slow(m, |m| {
        let value = m.take(m.a());
        m.put(m.a(), async_generator::wrap(m.vm(), value));
        m.advance(1);
        Ok(())
    })
}

/// Suspends an asynchronous generator and gives out a, which [`wrap_yielded`] has seen.
#[inline(always)]
pub(crate) fn yield_wrapped<F: Form>(m: Machine) -> F::Out {
    if generator_frames::gives_to_asend(&m) {
        let value = m.register(m.a());
        m.put_register(m.a(), Register::NULL);
        let below = generator_frames::suspend_step(&m);
        below.put_register(below.a() + 1, value);
        let distance = distance(&below);
        return jump::<F>(below, distance);
    }
    F::elsewhere(m, yield_value::<F>)
}

/// The asynchronous generator that the SEND at which the machine stands awaited has ended.
pub(crate) fn iteration_ended(m: &mut Machine) -> PyResult<()> {
    match crate::unwind::behind_async_for(m.vm()) {
        Some(word) => {
            m.pc = word;
            Ok(())
        }
        None => Err(m.vm().error_with(&exc::STOP_ASYNC_ITERATION, &[])),
    }
}

/// Suspends the generator, which stands at a `yield from` or `await`, and gives out a, which the receiver of the SEND before
/// this word yielded.
#[inline(always)]
pub(crate) fn yield_from<F: Form>(m: Machine) -> F::Out {
    let flags = m.frame().flags;
    if flags & frame_flags::EXIT == 0 && generator_frames::suspend_delegating(&m) {
        return yielded_below::<F>(m, flags);
    }
    F::elsewhere(m, yield_from_otherwise::<F>)
}

/// As [`yield_from`], to native code, or where there can be no chain.
#[inline(always)]
fn yield_from_otherwise<F: Form>(m: Machine) -> F::Out {
    let flags = m.frame().flags;
    if generator_frames::suspend_delegating(&m) {
        return yielded::<F>(m, flags);
    }
    yield_value::<F>(m)
}

/// The generator has been suspended; a goes to whoever resumed it, or the head of its chain.
#[inline(always)]
fn yielded<F: Form>(m: Machine, flags: u32) -> F::Out {
    if flags & frame_flags::EXIT != 0 {
        let value = m.register(m.a());
        m.put_register(m.a(), Register::NULL);
        return F::exit(m, value.0);
    }
    yielded_below::<F>(m, flags)
}

/// As [`yielded`], to the frame below.
#[inline(always)]
fn yielded_below<F: Form>(m: Machine, flags: u32) -> F::Out {
    let value = m.register(m.a());
    m.put_register(m.a(), Register::NULL);
    let below = generator_frames::resumed_by(&m);
    if flags & frame_flags::FROM_SEND != 0 {
        below.put_register(below.a() + 1, value);
        return F::next(below, SEND_WORDS);
    }
    F::store(below, value.0, iterate::WORDS)
}

/// Suspends the generator and gives a out.
#[inline(always)]
pub(crate) fn yield_value<F: Form>(m: Machine) -> F::Out {
    let flags = m.frame().flags;
    if let Some(below) = generator_frames::suspend_plain(&m) {
        let value = m.register(m.a());
        m.put_register(m.a(), Register::NULL);
        if flags & frame_flags::FROM_SEND != 0 {
            below.put_register(below.a() + 1, value);
            return F::next(below, SEND_WORDS);
        }
        return F::store(below, value.0, iterate::WORDS);
    }
    F::elsewhere(m, yield_otherwise::<F>)
}

/// As [`yield_value`], from a generator that native code resumed, from one at the end of a chain, or the slow way.
#[inline(always)]
fn yield_otherwise<F: Form>(m: Machine) -> F::Out {
    if generator_frames::suspend_entered(&m) {
        let value = m.register(m.a());
        m.put_register(m.a(), Register::NULL);
        return F::exit(m, value.0);
    }
    let flags = m.frame().flags;
    if generator_frames::suspend_chained(&m) {
        return yielded::<F>(m, flags);
    }
    F::slow(m, |m| {
        let value = m.take(m.a());
        let left = generator_frames::suspend(m.vm());
        generator_frames::deliver_yielded(m, &left, value);
        Ok(())
    })
}

fn send_slow(m: &mut Machine) -> PyResult<()> {
    let vm = m.vm();
    let base = m.a();
    let receiver = m.register(base).0;
    let object = borrow(receiver);
    if object.is_exact(GENERATOR.get()) || object.is_exact(COROUTINE.get()) {
        let generator = payload::<GeneratorCore>(receiver);
        let state = generator.settled_state();
        if state == GeneratorState::Suspended
            || (state == GeneratorState::Created && m.peek(base + 1).is_none())
        {
            let value = Register::from_value(m.take(base + 1));
            return generator_frames::resume_inline(m, generator, value, frame_flags::FROM_SEND);
        }
    }
    let value = m.peek(base + 1);
    let result = if let Some(send) = object.class().slots.am_send.get() {
        let result = send(vm, &object, value)?;
        if let SendResult::Return(value) = &result {
            crate::events::generator_stopped(vm, value)?;
        }
        result
    } else if value.is_none() && object.class().slots.iternext.get().is_some() {
        match vm.next_raw(&object) {
            Ok(Some(item)) => SendResult::Next(item),
            Ok(None) => SendResult::Return(Value::NONE),
            Err(raised) => SendResult::Return(stopped(vm, raised)?),
        }
    } else {
        let name = vm.names().send.clone();
        match vm.call_method(&object, &name, std::slice::from_ref(value)) {
            Ok(item) => SendResult::Next(item),
            Err(raised) => SendResult::Return(stopped(vm, raised)?),
        }
    };
    drop(m.take(base + 1));
    match result {
        SendResult::Next(item) => send_yielded(m, item),
        SendResult::Return(value) => send_finished(m, value),
    }
    Ok(())
}

/// The value of a StopIteration; any other exception goes on.
fn stopped(vm: Vm<'_>, raised: objects::core::errors::Raised) -> PyResult<Value> {
    if !vm.raised_is(&raised, &exc::STOP_ITERATION) {
        return Err(raised);
    }
    let exception = crate::events::stop_caught(vm, raised)?;
    stop_iteration_value(vm, &exception)
}

/// The receiver yielded: on behind SEND.
pub(crate) fn send_yielded(m: &mut Machine, value: Value) {
    m.put(m.a() + 1, value);
    m.advance(SEND_WORDS);
}

/// The receiver returned: on at SEND's target.
pub(crate) fn send_finished(m: &mut Machine, value: Value) {
    m.put(m.a() + 1, value);
    m.jump_by(distance(m));
}
