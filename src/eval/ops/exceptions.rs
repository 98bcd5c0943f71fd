//! Raising, handling, `with`.

use objects::core::errors::{PyResult, Raised};
use objects::core::frame::Register;
use objects::core::value::{Value, special};
use objects::core::vm::Vm;
use objects::types::exceptions::base::payload_of;
use objects::types::exceptions::{self, group};
use objects::types::tuple::PyTuple;

use super::slow_handlers;
use crate::dispatch::{FAILED, Form, call_out};
use crate::machine::{Machine, heap_class, new_reference, owned};
use crate::unwind;

slow_handlers! {
    /// `raise`, `raise a`, `raise a from b`.
    raise_varargs => |m| {
        if m.arg() == 0
            && let Some(exception) = m.vm().handled_exception()
        {
            m.pc = unwind::reraise(m.vm(), exception, None);
            return Ok(());
        }
        Err(raise(m))
    };
    /// Raises the top again.
    reraise => |m| {
        let count = m.arg() as usize;
        let exception = m.take(m.a() + count);
        let lasti = if count > 0 {
            let recorded = m.peek(m.a()).as_small_int();
            recorded.and_then(|recorded| usize::try_from(recorded).ok())
        } else {
            None
        };
        m.pc = unwind::reraise(m.vm(), exception, lasti);
        Ok(())
    };
    /// Splits group a by the type behind it: the rest, then the part that matches.
    check_eg_match => |m| {
        let vm = m.vm();
        let (exception, class) = (m.peek(m.a()), m.peek(m.a() + 1));
        check_class(vm, class, true)?;
        let (matched, rest) = group::except_star(vm, exception, class)?;
        if let Some(matched) = &matched {
            let matched = matched.clone();
            let old = m.thread().handled.with_mut(|stack| {
                stack.last_mut().and_then(|top| top.replace(matched))
            });
            drop(old);
        }
        drop(m.take(m.a() + 1));
        drop(m.take(m.a()));
        m.put(m.a(), rest.unwrap_or(Value::NONE));
        m.put(m.a() + 1, matched.unwrap_or(Value::NONE));
        m.advance(1);
        Ok(())
    };
    /// Calls `__exit__` with the exception: the result goes behind it.
    with_except_start => |m| {
        let base = m.a();
        let exception = m.copy(base + 4);
        let class = exception.class().to_value();
        let traceback = payload_of(&exception).traceback.get().unwrap_or(Value::NONE);
        let mut arguments = Vec::with_capacity(4);
        if !m.register(base + 1).is_null() {
            arguments.push(m.copy(base + 1));
        }
        arguments.extend([class, exception, traceback]);
        let result = m.vm().call(m.peek(base), &arguments)?;
        m.put(base + 5, result);
        m.advance(1);
        Ok(())
    };
}

/// The exception in a becomes the handled one; the one before it stays below.
#[inline(always)]
pub(crate) fn push_exc_info<F: Form>(m: Machine) -> F::Out {
    let exception = m.register(m.a());
    let previous = exchange_handled(&m, Some(owned(new_reference(exception.0))));
    m.put(m.a(), previous.unwrap_or(Value::NONE));
    m.put_register(m.a() + 1, exception);
    F::next(m, 1)
}

/// The exception in a is the handled one again.
#[inline(always)]
pub(crate) fn pop_except<F: Form>(m: Machine) -> F::Out {
    let previous = m.register(m.a());
    m.put_register(m.a(), Register::NULL);
    let previous = if previous.0 == special::NONE { None } else { Some(owned(previous.0)) };
    let old = exchange_handled(&m, previous);
    F::drop_next(m, old.map_or(Register::NULL, Register::from_value), 1)
}

/// Replaces what the innermost frames handle, and gives what they handled until now.
#[inline(always)]
fn exchange_handled(m: &Machine, exception: Option<Value>) -> Option<Value> {
    m.thread().handled.with_mut(|stack| match stack.last_mut() {
        Some(top) => std::mem::replace(top, exception),
        // There is always one for the thread itself.
        None => exception,
    })
}

/// Whether exception a matches the type behind it.
#[inline(always)]
pub(crate) fn check_exc_match<F: Form>(m: Machine) -> F::Out {
    let class = m.register(m.a() + 1).0;
    // The classes that the words name are mostly the exceptions' own.
    if heap_class(m.register(m.a()).0).is_some_and(|own| std::ptr::from_ref(own) as u64 == class) {
        m.put(m.a() + 1, Value::TRUE);
        return F::drop_next(m, Register(class), 1);
    }
    let answer = call_out(m, |m| {
        let (exception, class) = (m.peek(m.a()), m.peek(m.a() + 1));
        match check_class(m.vm(), class, false) {
            Ok(()) => Value::from_bool(exceptions::matches(exception, class)).into_bits(),
            Err(_raised) => FAILED,
        }
    });
    if answer == FAILED {
        return F::raise(m);
    }
    m.put_register(m.a() + 1, Register(answer));
    F::drop_next(m, Register(class), 1)
}

fn check_class(vm: Vm<'_>, class: &Value, star: bool) -> PyResult<()> {
    let each = |class: &Value| -> PyResult<()> {
        if !exceptions::is_exception_class(class) {
            return Err(vm.type_error(
                "catching classes that do not inherit from BaseException is not allowed",
            ));
        }
        let group = group::BASE_EXCEPTION_GROUP.get();
        if star
            && class
                .downcast::<objects::core::type_object::PyType>()
                .is_some_and(|class| class.is_subtype(group))
        {
            return Err(vm.type_error(
                "catching ExceptionGroup with except* is not allowed. Use except instead.",
            ));
        }
        Ok(())
    };
    match class.downcast::<PyTuple>() {
        Some(classes) => classes.items().iter().try_for_each(each),
        None => each(class),
    }
}

fn raise(m: &mut Machine) -> Raised {
    let vm = m.vm();
    let count = m.arg();
    if count == 0 {
        return vm.runtime_error("No active exception to reraise");
    }
    let exception = m.take(m.a());
    let cause = if count == 2 { Some(m.take(m.a() + 1)) } else { None };
    let exception = match exceptions::instantiate(vm, &exception) {
        Ok(exception) => exception,
        Err(raised) => return raised,
    };
    if let Some(cause) = cause {
        let cause = if cause.is_none() {
            None
        } else if exceptions::is_exception_class(&cause) || exceptions::is_exception(&cause) {
            match exceptions::instantiate(vm, &cause) {
                Ok(cause) => Some(cause),
                Err(raised) => return raised,
            }
        } else {
            return vm.type_error("exception causes must derive from BaseException");
        };
        let payload = payload_of(&exception);
        payload.cause.set(cause);
        payload.suppress_context.set(true);
    }
    vm.raise(exception)
}
