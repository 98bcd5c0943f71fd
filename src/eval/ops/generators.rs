//! Generators, coroutines, `await`.

use std::cell::Cell;

use bytecode::code_spec::code_flags;
use objects::core::errors::PyResult;
use objects::core::frame::{Register, SavedFrame, frame_flags};
use objects::core::gil_cell::HotCell;
use objects::core::slots::SendResult;
use objects::core::value::{Value, special};
use objects::core::vm::Vm;
use objects::types::async_generator::ASYNC_GENERATOR;
use objects::types::exceptions::hierarchy as exc;
use objects::types::generator::{
    COROUTINE, GENERATOR, GeneratorCore, GeneratorState, awaitable_iterator,
};

use super::{iterate, slow_handlers};
use crate::dispatch::Form;
use crate::{frames, generator_frames};
use crate::machine::{Machine, borrow, heap_class, payload};

/// How many words SEND has.
pub(crate) const SEND_WORDS: usize = 2;

slow_handlers! {
    /// Makes the frame a generator's and returns the generator.
    return_generator => |m| {
        let vm = m.vm();
        let frame = m.frame();
        let code = frame.code();
        let function = frame.function();
        let (name, qualname) = match &function {
            Some(function) => (function.name.get(), function.qualname.get()),
            None => (code.name.clone(), code.qualname.clone()),
        };
        let class = if code.has_flags(code_flags::COROUTINE) {
            &COROUTINE
        } else if code.has_flags(code_flags::ASYNC_GENERATOR) {
            &ASYNC_GENERATOR
        } else {
            &GENERATOR
        };
        let core = GeneratorCore {
            saved: SavedFrame::new(),
            state: Cell::new(GeneratorState::Created),
            code: code.to_ref(),
            function: HotCell::new(function.map(objects::core::pyref::PyRef::into_value)),
            name: HotCell::new(name),
            qualname: HotCell::new(qualname),
            handled: HotCell::default(),
            origin_or_finalizer: HotCell::default(),
            hooks_called: Cell::new(false),
            closed: Cell::new(false),
            awaiting: Cell::new(false),
            register_count: code.register_count.get() as usize + 1,
        };
        let generator = generator_frames::make_generator(vm, core, class)?;
        let left = frames::leave(vm);
        objects::types::generator::remember_origin(vm, &generator);
        frames::deliver(m, &left, generator)
    };
    /// Drops the receiver a; the value behind it takes its place.
    end_send => |m| {
        let value = m.take(m.a() + 1);
        drop(m.take_opt(m.a()));
        m.put(m.a(), value);
        m.advance(1);
        Ok(())
    };
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
    /// The iterator of awaitable a replaces it.
    get_awaitable => |m| {
        let vm = m.vm();
        let iterable = m.peek(m.a());
        let known = iterable.class().slots.am_await.get().is_some()
            || iterable.is_exact(GENERATOR.get());
        if !known && m.arg() != 0 {
            let (wanted, from) = if m.arg() == 1 {
                ("__aenter__", "async with")
            } else {
                ("__aexit__", "async with")
            };
            return Err(vm.type_error(format!(
                "'{from}' received an object from {wanted} that does not implement __await__: {}",
                iterable.class().name()
            )));
        }
        let iterator = awaitable_iterator(vm, iterable)?;
        if iterator.is_exact(COROUTINE.get()) && payload::<GeneratorCore>(iterator.bits()).delegate().is_some() {
            return Err(vm.runtime_error("coroutine is being awaited already"));
        }
        drop(m.take(m.a()));
        m.put(m.a(), iterator);
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
            return F::goto(next, next.pc, next.fp);
        }
    }
    F::slow(m, send_slow)
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

/// As [`yield_value`], from a generator that native code resumed, or the slow way.
#[inline(always)]
fn yield_otherwise<F: Form>(m: Machine) -> F::Out {
    if generator_frames::suspend_entered(&m) {
        let value = m.register(m.a());
        m.put_register(m.a(), Register::NULL);
        return F::exit(m, value.0);
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
        if matches!(generator.state.get(), GeneratorState::Suspended)
            || (generator.state.get() == GeneratorState::Created && m.peek(base + 1).is_none())
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
