//! Displays, unpacking, stores to items, formatted strings.

use crate::objects_access::{UNKNOWN, dict_position, join_values};
use objects::core::errors::{PyResult, Raised};
use objects::core::frame::Register;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::slice_index;
use objects::types::bytes::PyBytes;
use objects::types::dict::{self, PyDict};
use objects::types::exceptions::hierarchy as exc;
use objects::types::list::{self, PyList};
use objects::types::set::{self, PySet};
use objects::types::str::PyStr;
use objects::types::template;
use objects::types::tuple::PyTuple;

use super::{native_handlers, slow_handlers};
use crate::dispatch::{FAILED, Form, call_out, dying};
use crate::machine::{
    Machine, borrow, drop_bits, heap_class, is_exactly, new_reference, owned, payload, word_flags,
};
use crate::translate::UNPACKED_MAX;
use crate::word_ops::op;

native_handlers! {
    build_list 1 => |m| {
        let items = m.take_many(m.a(), m.arg() as usize);
        let list = PyList::try_new_value(m.vm(), items)?;
        m.put(m.a(), list);
        Ok(())
    };
    build_tuple 1 => |m| {
        let base = m.a();
        let tuple = PyTuple::try_from_fn(m.vm(), m.arg() as usize, |index| m.take(base + index))?;
        m.put(base, tuple.into_value());
        Ok(())
    };
    build_map 1 => |m| {
        let vm = m.vm();
        let base = m.a();
        let dict = PyDict::with_room(vm, m.arg() as usize)?;
        for pair in 0..m.arg() as usize {
            let (key, value) = (m.peek(base + pair * 2), m.copy(base + pair * 2 + 1));
            dict.set(vm, key, value)?;
        }
        m.drop_many(base, m.arg() as usize * 2);
        m.put(base, dict.into_value());
        Ok(())
    };
    build_set 1 => |m| {
        let vm = m.vm();
        let base = m.a();
        let set = PySet::try_new_ref(vm)?;
        for index in 0..m.arg() as usize {
            set.add(vm, m.peek(base + index))?;
        }
        m.drop_many(base, m.arg() as usize);
        m.put(base, set.into_value());
        Ok(())
    };
    build_string 1 => |m| {
        let base = m.a();
        let count = m.arg() as usize;
        let text = join_values(m.vm(), m.peek_slice(base, count))?;
        m.drop_many(base, count);
        m.put(base, text);
        Ok(())
    };
    /// The value on top is added to set a.
    set_add 1 => |m| {
        let top = m.a() + m.arg() as usize;
        // A program can bind the set of conditional annotations to something else.
        if !is_exactly::<PySet>(m.register(m.a()).0)
            && !m.peek(m.a()).class().is_subtype(set::SET.get())
        {
            let got = m.peek(m.a()).class().name();
            return Err(m.vm().type_error(format!("'{got}' object is not a set")));
        }
        payload::<PySet>(m.register(m.a()).0).add(m.vm(), m.peek(top))?;
        drop(m.take(top));
        Ok(())
    };
    /// The key and value on top are set in dict a.
    map_add 1 => |m| {
        let top = m.a() + m.arg() as usize;
        let (key, value) = (m.peek(top), m.copy(top + 1));
        payload::<PyDict>(m.register(m.a()).0).set(m.vm(), key, value)?;
        m.drop_many(top, 2);
        Ok(())
    };
    format_with_spec 1 => |m| {
        let text = m.vm().format(m.peek(m.a()), m.peek(m.a() + 1))?;
        m.drop_many(m.a(), 2);
        m.put(m.a(), text.into_value());
        Ok(())
    };
    convert_value 1 => |m| {
        let vm = m.vm();
        let value = m.peek(m.a());
        let text = match m.arg() {
            1 => vm.str(value)?,
            2 => vm.repr(value)?,
            _ => vm.ascii(value)?,
        };
        drop(m.take(m.a()));
        m.put(m.a(), text.into_value());
        Ok(())
    };
}

slow_handlers! {
    /// `b[c] = a`
    store_subscr => store_subscr_slow;
    /// `del a[a + 1]`
    delete_subscr => |m| {
        let base = m.a();
        m.vm().del_item(m.peek(base), m.peek(base + 1))?;
        m.drop_many(base, 2);
        m.advance(1);
        Ok(())
    };
    build_template => |m| {
        let base = m.a();
        let result = template::new_template(m.vm(), m.peek(base), m.peek(base + 1))?;
        m.drop_many(base, 2);
        m.put(base, result);
        m.advance(1);
        Ok(())
    };
    build_interpolation => |m| {
        let vm = m.vm();
        let base = m.a();
        let oparg = m.arg();
        let spec = if oparg & 1 != 0 { m.copy(base + 2) } else { PyStr::new_value(vm, "") };
        let conversion = match oparg >> 2 {
            1 => PyStr::new_value(vm, "s"),
            2 => PyStr::new_value(vm, "r"),
            3 => PyStr::new_value(vm, "a"),
            _ => Value::NONE,
        };
        let result =
            template::new_interpolation(vm, m.peek(base), m.peek(base + 1), &conversion, &spec);
        m.drop_many(base, 2 + (oparg & 1) as usize);
        m.put(base, result);
        m.advance(1);
        Ok(())
    };
    /// List a is extended by the iterable on top.
    list_extend => |m| {
        let vm = m.vm();
        let top = m.a() + m.arg() as usize;
        let iterable = m.peek(top);
        let extend = |vm: Vm<'_>| list::extend(vm, payload::<PyList>(m.register(m.a()).0), iterable);
        match extend(vm) {
            Ok(()) => {}
            Err(raised) => {
                let cannot = iterable.class().slots.iter.get().is_none()
                    && !objects::protocol::iterate::is_sequence(iterable);
                if vm.raised_is(&raised, &exc::TYPE_ERROR) && cannot {
                    vm.clear(raised);
                    return Err(vm.type_error(format!(
                        "Value after * must be an iterable, not {}",
                        iterable.class().name()
                    )));
                }
                return Err(raised);
            }
        }
        drop(m.take(top));
        m.advance(1);
        Ok(())
    };
    /// Set a is updated by the iterable on top.
    set_update => |m| {
        let top = m.a() + m.arg() as usize;
        set::update(m.vm(), payload::<PySet>(m.register(m.a()).0), m.peek(top))?;
        drop(m.take(top));
        m.advance(1);
        Ok(())
    };
    /// Dict a is updated by the mapping on top.
    dict_update => |m| {
        let vm = m.vm();
        let top = m.a() + m.arg() as usize;
        let update = m.peek(top);
        if update.downcast::<PyDict>().is_none()
            && vm.get_attr_opt(update, &vm.names().keys)?.is_none()
        {
            return Err(vm.type_error(format!("'{}' object is not a mapping", update.class().name())));
        }
        dict::update(vm, payload::<PyDict>(m.register(m.a()).0), update)?;
        drop(m.take(top));
        m.advance(1);
        Ok(())
    };
    /// The keyword arguments on top are merged into the dict; the callable is at a.
    dict_merge => |m| {
        let vm = m.vm();
        let (dict, top) = (m.a() + 3, m.a() + 3 + m.arg() as usize);
        merge_keywords(vm, m.peek(m.a()), m.peek(dict), m.peek(top))?;
        drop(m.take(top));
        m.advance(1);
        Ok(())
    };
    unpack_ex => |m| {
        let vm = m.vm();
        let base = m.a();
        let (before, after) = ((m.arg() & 0xff) as usize, (m.arg() >> 8) as usize);
        let items = collect_for_unpacking(vm, m.peek(base))?;
        if items.len() < before + after {
            return Err(vm.value_error(format!(
                "not enough values to unpack (expected at least {}, got {})",
                before + after,
                items.len()
            )));
        }
        drop(m.take(base));
        let mut items = items;
        let last = items.split_off(items.len() - after);
        let rest = items.split_off(before);
        let mut place = base;
        for item in last.into_iter().rev() {
            m.put(place, item);
            place += 1;
        }
        m.put(place, PyList::new_value(vm, rest));
        place += 1;
        for item in items.into_iter().rev() {
            m.put(place, item);
            place += 1;
        }
        m.advance(1);
        Ok(())
    };
}

/// The value on top is appended to list a.
#[inline(always)]
pub(crate) fn list_append<F: Form>(m: Machine) -> F::Out {
    let item = owned(m.register(m.a() + m.arg() as usize).0);
    match payload::<PyList>(m.register(m.a()).0).push_within(item) {
        None => return F::next(m, 1),
        // It stays where it is.
        Some(item) => std::mem::forget(item),
    }
    F::slow(m, |m| {
        let item = m.take(m.a() + m.arg() as usize);
        payload::<PyList>(m.register(m.a()).0).push(m.vm(), item)?;
        m.advance(1);
        Ok(())
    })
}

/// `format(a, '')`; a str stays itself.
#[inline(always)]
pub(crate) fn format_simple<F: Form>(m: Machine) -> F::Out {
    if is_exactly::<PyStr>(m.register(m.a()).0) {
        return F::next(m, 1);
    }
    F::slow(m, |m| {
        let text = m.vm().format_plain(m.peek(m.a()))?;
        drop(m.take(m.a()));
        m.put(m.a(), text.into_value());
        m.advance(1);
        Ok(())
    })
}

/// `len(a)` goes behind a.
#[inline(always)]
pub(crate) fn get_len<F: Form>(m: Machine) -> F::Out {
    if let Some(length) = plain_length(m.register(m.a()).0) {
        m.put_register(m.a() + 1, Register((length as u64) << 2 | 3));
        return F::next(m, 1);
    }
    F::slow(m, |m| {
        let length = m.vm().length(m.peek(m.a()))?;
        m.put(m.a() + 1, objects::types::int::new(m.vm(), length));
        m.advance(1);
        Ok(())
    })
}

/// The length of an exact list, tuple, str, dict or bytes.
#[inline(always)]
pub(crate) fn plain_length(bits: u64) -> Option<usize> {
    if is_exactly::<PyList>(bits) {
        return Some(payload::<PyList>(bits).len());
    }
    if is_exactly::<PyStr>(bits) {
        return Some(payload::<PyStr>(bits).len());
    }
    if is_exactly::<PyTuple>(bits) {
        return Some(payload::<PyTuple>(bits).items().len());
    }
    if is_exactly::<PyDict>(bits) {
        return Some(payload::<PyDict>(bits).len());
    }
    if is_exactly::<PyBytes>(bits) {
        return Some(payload::<PyBytes>(bits).as_slice().len());
    }
    None
}

const STORE_WORDS: usize = 2;

fn end_store(m: &mut Machine) {
    let value = if m.has(word_flags::DROP_A) { m.take_opt(m.a()) } else { None };
    m.drop_operands();
    drop(value);
    m.advance(STORE_WORDS);
}

fn store_subscr_slow(m: &mut Machine) -> PyResult<()> {
    if m.count_down() {
        let chosen = if is_exactly::<PyList>(m.bits_b()) && m.bits_c() & 3 == 3 {
            op::STORE_SUBSCR_LIST
        } else if is_exactly::<PyDict>(m.bits_b()) {
            op::STORE_SUBSCR_DICT
        } else if heap_class(m.bits_b()).is_some_and(|class| !class.is_heap_type()) {
            op::STORE_SUBSCR_NATIVE
        } else {
            op::STORE_SUBSCR
        };
        m.set_op(chosen);
        m.set_counter(if chosen == op::STORE_SUBSCR { 63 } else { 15 });
    }
    m.vm().set_item(&borrow(m.bits_b()), &borrow(m.bits_c()), m.peek(m.a()))?;
    end_store(m);
    Ok(())
}

/// The same for a container of a builtin class that has no word of its own.
#[inline(always)]
pub(crate) fn store_subscr_native<F: Form>(m: Machine) -> F::Out {
    if heap_class(m.bits_b()).is_none_or(|class| class.is_heap_type()) {
        return F::slow(m, store_subscr_slow);
    }
    let answer = call_out(m, |m| {
        match m.vm().set_item(&borrow(m.bits_b()), &borrow(m.bits_c()), m.peek(m.a())) {
            Ok(()) => 1,
            Err(_raised) => FAILED,
        }
    });
    if answer == FAILED {
        return F::raise(m);
    }
    let [container, key] = dying(m);
    let value = if m.has(word_flags::DROP_A) { m.register(m.a()) } else { Register::NULL };
    F::drop_all(m, [container, key, value], STORE_WORDS)
}

/// list[int] = value
#[inline(always)]
pub(crate) fn store_subscr_list<F: Form>(m: Machine) -> F::Out {
    let (b, c) = (m.bits_b(), m.bits_c());
    if !is_exactly::<PyList>(b) || c & 3 != 3 {
        return F::slow(m, store_subscr_slow);
    }
    let value = m.register(m.a()).0;
    let old = payload::<PyList>(b).with_mut(|items| {
        let index = slice_index::position((c.cast_signed() >> 2) as isize, items.len())?;
        let value = if m.has(word_flags::DROP_A) { value } else { new_reference(value) };
        Some(std::mem::replace(&mut items[index], owned(value)).into_bits())
    });
    match old {
        Some(old) => {
            if m.has(word_flags::DROP_B) {
                // The value, if a temporary, lies below the container and has been moved; both are above the stack now.
                return F::drop_all(
                    m,
                    [Register(old), m.register(m.b()), Register::NULL],
                    STORE_WORDS,
                );
            }
            F::drop_next(m, Register(old), STORE_WORDS)
        }
        None => F::slow(m, store_subscr_slow),
    }
}

/// dict[key] = value, of a str or int that is there.
#[inline(always)]
pub(crate) fn store_subscr_dict<F: Form>(m: Machine) -> F::Out {
    let (b, c) = (m.bits_b(), m.bits_c());
    if is_exactly::<PyDict>(b) {
        let dict = payload::<PyDict>(b);
        let position = dict_position(dict, c);
        if position < UNKNOWN {
            let value = m.register(m.a()).0;
            let value = if m.has(word_flags::DROP_A) { value } else { new_reference(value) };
            let old = dict.set_value_at(position, owned(value)).into_bits();
            let [container, key] = dying(m);
            return F::drop_all(m, [Register(old), container, key], STORE_WORDS);
        }
    }
    F::slow(m, store_subscr_dict_slow)
}

fn store_subscr_dict_slow(m: &mut Machine) -> PyResult<()> {
    if !is_exactly::<PyDict>(m.bits_b()) {
        return store_subscr_slow(m);
    }
    let value = borrow(m.register(m.a()).0);
    payload::<PyDict>(m.bits_b()).set(m.vm(), &borrow(m.bits_c()), Value::clone(&value))?;
    end_store(m);
    Ok(())
}

/// Exactly as many values as the argument says come from a, the first on top.
#[inline(always)]
pub(crate) fn unpack_sequence<F: Form>(m: Machine) -> F::Out {
    let base = m.a();
    let count = m.arg() as usize;
    let sequence = m.register(base).0;
    if is_exactly::<PyTuple>(sequence) && count > 0 {
        let items = payload::<PyTuple>(sequence).items();
        if items.len() == count {
            for (place, item) in items.iter().rev().enumerate() {
                m.put_register(base + place, Register(new_reference(item.bits())));
            }
            return F::drop_next(m, Register(sequence), 1);
        }
    } else if is_exactly::<PyList>(sequence) && count > 0 {
        let fits = payload::<PyList>(sequence).with(|items| {
            if items.len() != count {
                return false;
            }
            for (place, item) in items.iter().rev().enumerate() {
                m.put_register(base + place, Register(new_reference(item.bits())));
            }
            true
        });
        if fits {
            return F::drop_next(m, Register(sequence), 1);
        }
    }
    F::slow(m, unpack_sequence_slow)
}

/// The two items of a tuple or list; None for anything else.
#[inline(always)]
fn two_items(sequence: u64) -> Option<[u64; 2]> {
    if is_exactly::<PyTuple>(sequence) {
        let [first, second] = payload::<PyTuple>(sequence).items() else { return None };
        return Some([new_reference(first.bits()), new_reference(second.bits())]);
    }
    if is_exactly::<PyList>(sequence) {
        return payload::<PyList>(sequence).with(|items| {
            let [first, second] = items else { return None };
            Some([new_reference(first.bits()), new_reference(second.bits())])
        });
    }
    None
}

/// The two items of sequence a go to the local variables b and c.
#[inline(always)]
pub(crate) fn unpack_pair<F: Form>(m: Machine) -> F::Out {
    let sequence = m.register(m.a());
    let Some([first, second]) = two_items(sequence.0) else {
        return F::slow(m, |m| unpack_into(m, [m.b(), m.c()].into_iter(), 2));
    };
    let old = [m.register(m.b()), m.register(m.c())];
    m.put_register(m.b(), Register(first));
    m.put_register(m.c(), Register(second));
    let dying = if m.has(word_flags::DROP_A) { sequence } else { Register::NULL };
    F::drop_all(m, [dying, old[0], old[1]], 1)
}

/// The items of sequence a, as many as c says, go to the local variables from b on.
#[inline(always)]
pub(crate) fn unpack_run<F: Form>(m: Machine) -> F::Out {
    F::elsewhere(m, |m| {
        let sequence = m.register(m.a()).0;
        let (first, count) = (m.b(), m.c());
        let mut items = [Register::NULL.0; UNPACKED_MAX];
        let mut copy = |from: &[Value]| {
            let fits = from.len() == count && count <= UNPACKED_MAX;
            if fits {
                for (to, item) in items.iter_mut().zip(from) {
                    *to = new_reference(item.bits());
                }
            }
            fits
        };
        let fits = if is_exactly::<PyTuple>(sequence) {
            copy(payload::<PyTuple>(sequence).items())
        } else if is_exactly::<PyList>(sequence) {
            payload::<PyList>(sequence).with(|items| copy(items))
        } else {
            false
        };
        if !fits {
            return F::slow(m, |m| {
                let (first, count) = (m.b(), m.c());
                unpack_into(m, first..first + count, count)
            });
        }
        m.note();
        if m.has(word_flags::DROP_A) {
            drop_bits(sequence);
        }
        for (nth, &item) in items.iter().take(count).enumerate() {
            let old = m.register(first + nth);
            m.put_register(first + nth, Register(item));
            drop_bits(old.0);
        }
        F::next(m, 1)
    })
}

/// The `count` items of any iterable a go to these local variables.
fn unpack_into(m: &mut Machine, locals: impl Iterator<Item = usize>, count: usize) -> PyResult<()> {
    let items = items_to_unpack(m, count)?;
    if m.has(word_flags::DROP_A) {
        drop(m.take(m.a()));
    }
    for (local, item) in locals.zip(items) {
        let old = m.register(local);
        m.put(local, item);
        drop_bits(old.0);
    }
    m.advance(1);
    Ok(())
}

/// The items of iterable a, of which there must be `count`.
fn items_to_unpack(m: &Machine, count: usize) -> PyResult<Vec<Value>> {
    let vm = m.vm();
    let sequence = m.register(m.a()).0;
    let items = if is_exactly::<PyTuple>(sequence) {
        payload::<PyTuple>(sequence).items().to_vec()
    } else if is_exactly::<PyList>(sequence) {
        payload::<PyList>(sequence).items_vec()
    } else {
        return unpack_iterable(vm, m.peek(m.a()), count);
    };
    if items.len() != count {
        return Err(wrong_count(vm, m.peek(m.a()), items.len(), count));
    }
    Ok(items)
}

fn unpack_sequence_slow(m: &mut Machine) -> PyResult<()> {
    let base = m.a();
    let items = items_to_unpack(m, m.arg() as usize)?;
    drop(m.take(base));
    for (place, item) in items.into_iter().rev().enumerate() {
        m.put(base + place, item);
    }
    m.advance(1);
    Ok(())
}

#[cold]
fn wrong_count(vm: Vm<'_>, _sequence: &Value, got: usize, count: usize) -> Raised {
    if got < count {
        return vm
            .value_error(format!("not enough values to unpack (expected {count}, got {got})"));
    }
    vm.value_error(format!("too many values to unpack (expected {count}, got {got})"))
}

fn iterator_for_unpacking(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    if value.class().slots.iter.get().is_none() && !objects::protocol::iterate::is_sequence(value) {
        return Err(
            vm.type_error(format!("cannot unpack non-iterable {} object", value.class().name()))
        );
    }
    vm.iter(value)
}

fn collect_for_unpacking(vm: Vm<'_>, value: &Value) -> PyResult<Vec<Value>> {
    let iterator = iterator_for_unpacking(vm, value)?;
    vm.collect(&iterator)
}

fn unpack_iterable(vm: Vm<'_>, value: &Value, count: usize) -> PyResult<Vec<Value>> {
    let iterator = iterator_for_unpacking(vm, value)?;
    let mut items = Vec::with_capacity(count);
    while items.len() < count {
        match vm.next(&iterator)? {
            Some(item) => items.push(item),
            None => return Err(wrong_count(vm, value, items.len(), count)),
        }
    }
    if vm.next(&iterator)?.is_none() {
        return Ok(items);
    }
    if value.downcast::<PyDict>().is_some() {
        let length = vm.length(value)?;
        return Err(wrong_count(vm, value, length, count));
    }
    Err(vm.value_error(format!("too many values to unpack (expected {count})")))
}

fn merge_keywords(vm: Vm<'_>, callable: &Value, dict: &Value, update: &Value) -> PyResult<()> {
    let target = dict.receiver::<PyDict>();
    if update
        .downcast_exact::<PyDict>()
        .is_some_and(|update| update.is_empty() || target.is_empty())
    {
        // No key can be there twice.
        return dict::update(vm, target, update);
    }
    let is_mapping = update.downcast::<PyDict>().is_some()
        || vm.get_attr_opt(update, &vm.names().keys)?.is_some();
    if !is_mapping {
        return Err(vm.type_error(format!(
            "{} argument after ** must be a mapping, not {}",
            function_text(vm, callable)?,
            update.class().name()
        )));
    }
    for key in vm.mapping_keys(update)? {
        if target.contains(vm, &key)? {
            return Err(vm.type_error(format!(
                "{} got multiple values for keyword argument '{}'",
                function_text(vm, callable)?,
                vm.str(&key)?.to_rust_string()
            )));
        }
        let value = vm.get_item(update, &key)?;
        target.set(vm, &key, value)?;
    }
    Ok(())
}

/// How messages name a callable (`_PyObject_FunctionStr`).
pub(crate) fn function_text(vm: Vm<'_>, callable: &Value) -> PyResult<String> {
    let names = vm.names();
    let Some(qualname) = vm.get_attr_opt(callable, &names.__qualname__)? else {
        return Ok(vm.str(callable)?.to_rust_string());
    };
    let qualname = vm.str(&qualname)?.to_rust_string();
    if let Some(module) = vm.get_attr_opt(callable, &names.__module__)?
        && !module.is_none()
    {
        let module = vm.str(&module)?.to_rust_string();
        if module != "builtins" {
            return Ok(format!("{module}.{qualname}()"));
        }
    }
    Ok(format!("{qualname}()"))
}
