//! Local variables, constants, the stack, cells.

use objects::core::errors::PyResult;
use objects::core::frame::Register;
use objects::core::value::Value;
use objects::types::cell::PyCell;
use objects::types::tuple::PyTuple;

use super::{native_handlers, slow_handlers};
use crate::dispatch::Form;
use crate::machine::{Machine, is_exactly, new_reference, payload};

/// A new reference to register b goes to a.
#[inline(always)]
pub(crate) fn load_fast<F: Form>(m: Machine) -> F::Out {
    F::store(m, new_reference(m.bits_b()), 1)
}

/// New references to registers b and c go to a and the place behind it.
#[inline(always)]
pub(crate) fn load_fast_pair<F: Form>(m: Machine) -> F::Out {
    m.put_register(m.a(), Register(new_reference(m.bits_b())));
    m.put_register(m.a() + 1, Register(new_reference(m.register(m.c()).0)));
    F::next(m, 1)
}

/// As LOAD_FAST; raises when b is unbound.
#[inline(always)]
pub(crate) fn load_fast_check<F: Form>(m: Machine) -> F::Out {
    if m.register(m.b()).is_null() {
        return F::slow(m, unbound);
    }
    F::store(m, new_reference(m.bits_b()), 1)
}

/// The immediate in the next word goes to a.
#[inline(always)]
pub(crate) fn load_immediate<F: Form>(m: Machine) -> F::Out {
    F::store(m, m.cache(1), 2)
}

/// A new reference to the constant in the next word goes to a.
#[inline(always)]
pub(crate) fn load_heap<F: Form>(m: Machine) -> F::Out {
    F::store(m, new_reference(m.cache(1)), 2)
}

/// NULL goes to a.
#[inline(always)]
pub(crate) fn load_null<F: Form>(m: Machine) -> F::Out {
    m.put_register(m.a(), Register::NULL);
    F::next(m, 1)
}

/// The temporary b moves to local a.
#[inline(always)]
pub(crate) fn store_fast<F: Form>(m: Machine) -> F::Out {
    let old = m.register(m.a());
    m.put_register(m.a(), m.register(m.b()));
    F::drop_next(m, old, 1)
}

/// The temporary a is dropped.
#[inline(always)]
pub(crate) fn pop_top<F: Form>(m: Machine) -> F::Out {
    let old = m.register(m.a());
    m.put_register(m.a(), Register::NULL);
    F::drop_next(m, old, 1)
}

/// Registers a and b change places.
#[inline(always)]
pub(crate) fn swap<F: Form>(m: Machine) -> F::Out {
    let (left, right) = (m.register(m.a()), m.register(m.b()));
    m.put_register(m.a(), right);
    m.put_register(m.b(), left);
    F::next(m, 1)
}

/// Local b moves to a and is unbound.
#[inline(always)]
pub(crate) fn load_fast_and_clear<F: Form>(m: Machine) -> F::Out {
    m.put_register(m.a(), m.register(m.b()));
    m.put_register(m.b(), Register::NULL);
    F::next(m, 1)
}

/// Local b is unbound; raises when it was.
#[inline(always)]
pub(crate) fn delete_fast<F: Form>(m: Machine) -> F::Out {
    let old = m.register(m.b());
    if old.is_null() {
        return F::slow(m, unbound);
    }
    m.put_register(m.b(), Register::NULL);
    F::drop_next(m, old, 1)
}

#[cold]
fn unbound(m: &mut Machine) -> PyResult<()> {
    let name = m.code().locals()[m.b()].to_rust_string();
    Err(m.vm().unbound_local_error(format!(
        "cannot access local variable '{name}' where it is not associated with a value"
    )))
}

native_handlers! {
    /// The constant with the argument's index, a code object, goes to a.
    load_code 1 => |m| {
        let code = m.code().constant(m.vm(), m.arg() as usize).clone();
        m.put(m.a(), code);
        Ok(())
    };
    /// The local variable with the argument's index goes into a new cell there.
    make_cell 1 => |m| {
        let index = m.arg() as usize;
        let content = m.take_opt(index);
        m.put(index, PyCell::new(m.vm(), content)?.into_value());
        Ok(())
    };
    /// The function's closure is copied into the frame.
    copy_free_vars 1 => |m| {
        let count = m.arg() as usize;
        let first = m.code().local_count() - count;
        let closure = m.frame().function().and_then(|function| function.closure.get());
        let cells = closure.as_ref().and_then(|closure| closure.downcast::<PyTuple>());
        for nth in 0..count {
            // Without a function (exec with a closure) the cells are in their places already.
            if let Some(cells) = cells {
                m.put(first + nth, cells.items()[nth].clone());
            }
        }
        Ok(())
    };
}

slow_handlers! {
    /// The cell of the argument's variable is emptied.
    delete_deref => |m| {
        match cell(m).content.replace(None) {
            Some(old) => {
                drop(old);
                m.advance(1);
                Ok(())
            }
            None => Err(empty_cell(m, m.arg() as usize)),
        }
    };
}

fn cell<'a>(m: &Machine) -> &'a objects::core::object::Py<PyCell> {
    payload::<PyCell>(m.register(m.arg() as usize).0)
}

/// The content of the cell in the argument's variable goes to a.
#[inline(always)]
pub(crate) fn load_deref<F: Form>(m: Machine) -> F::Out {
    let bits = m.register(m.arg() as usize).0;
    debug_assert!(is_exactly::<PyCell>(bits), "the variable is a cell");
    let content = payload::<PyCell>(bits)
        .content
        .with(|content| content.as_ref().map_or(0, |content| new_reference(content.bits())));
    if content == 0 {
        return F::slow(m, |m| Err(empty_cell(m, m.arg() as usize)));
    }
    m.put_register(m.a(), Register(content));
    F::next(m, 1)
}

/// The temporary a moves into the cell of the argument's variable.
#[inline(always)]
pub(crate) fn store_deref<F: Form>(m: Machine) -> F::Out {
    let bits = m.register(m.arg() as usize).0;
    let value = m.register(m.a()).0;
    m.put_register(m.a(), Register::NULL);
    let old = payload::<PyCell>(bits).content.with_mut(|content| {
        // The register gave its value up.
        let old = content.take().map_or(Register::NULL.0, Value::into_bits);
        *content = Some(crate::machine::owned(value));
        old
    });
    F::drop_next(m, Register(old), 1)
}

/// The error for an empty cell.
#[cold]
pub(crate) fn empty_cell(m: &Machine, index: usize) -> objects::core::errors::Raised {
    use bytecode::code_spec::local_kinds;
    let code = m.code();
    let kind = code.spec().localspluskinds.get(index).copied().unwrap_or(0);
    let name = &code.locals()[index];
    let text = name.to_rust_string();
    if kind & local_kinds::FREE == 0 {
        return m.vm().unbound_local_error(format!(
            "cannot access local variable '{text}' where it is not associated with a value"
        ));
    }
    m.vm().name_error(
        name,
        format!("cannot access free variable '{text}' where it is not associated with a value in enclosing scope"),
    )
}
