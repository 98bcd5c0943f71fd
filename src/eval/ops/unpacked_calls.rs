//! Calls with keywords, and with `*` and `**`.

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::type_object::PyType;
use objects::core::value::Value;
use objects::types::dict::PyDict;
use objects::types::function::{PyFunction, PyMethod};
use objects::types::list::PyList;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;

use super::calls::{
    WORDS, arguments, call_placed, call_python, construct, end_call, push_values, simple_init,
};
use super::slow_handlers;
use crate::enter::bind;
use crate::frames::{self};
use crate::machine::{Machine, is_exactly, new_reference, owned, payload};
use crate::ops::containers::function_text;
use crate::translate;

slow_handlers! {
    /// Calls a with the arguments behind it, of which the last are named: the names are in the next word or behind the arguments.
    call_kw => call_kw_slow;
    /// `a(*tuple, **dict)`
    call_function_ex => call_function_ex_slow;
}

pub(crate) fn call_kw_slow(m: &mut Machine) -> PyResult<()> {
    let vm = m.vm();
    let base = m.a();
    let count = m.arg() as usize;
    let names = match m.cache(1) {
        0 => m.take(base + 2 + count),
        bits => owned(new_reference(bits)),
    };
    let Some(names) = names.downcast::<PyTuple>() else {
        return Err(vm.system_error("CALL_KW needs a tuple of names"));
    };
    let callable = m.register(base).0;
    if is_exactly::<PyFunction>(callable) {
        return call_python(m, &payload::<PyFunction>(callable).to_ref(), Some(names), WORDS);
    }
    if is_exactly::<PyMethod>(callable) && m.register(base + 1).is_null() {
        let method = payload::<PyMethod>(callable);
        if is_exactly::<PyFunction>(method.function.bits()) {
            let (function, receiver) = (method.function.clone(), method.receiver.clone());
            let old = m.take(base);
            m.put(base, function);
            m.put(base + 1, receiver);
            drop(old);
            let function = payload::<PyFunction>(m.register(base).0).to_ref();
            return call_python(m, &function, Some(names), WORDS);
        }
    }
    if is_exactly::<PyType>(callable) && m.register(base + 1).is_null() {
        let class = payload::<PyType>(callable).to_ref();
        if let Some(function) = simple_init(vm, &class) {
            translate::entry(vm, &function.code.get())?;
            let names = names.to_ref();
            return construct(m, &class, &function, Some(&names));
        }
    }
    let (first, given) = arguments(m);
    let args = Args::new(m.peek_slice(first, given), Some(names));
    let result = vm.call_with(m.peek(base), args)?;
    end_call(m, first, given, result, WORDS);
    Ok(())
}

pub(crate) fn call_function_ex_slow(m: &mut Machine) -> PyResult<()> {
    let vm = m.vm();
    let base = m.a();
    if m.peek(base + 2).downcast_exact::<PyTuple>().is_none() {
        let arguments = m.peek(base + 2);
        if arguments.class().slots.iter.get().is_none()
            && !objects::protocol::iterate::is_sequence(arguments)
        {
            return Err(vm.type_error(format!(
                "{} argument after * must be an iterable, not {}",
                function_text(vm, m.peek(base))?,
                arguments.class().name()
            )));
        }
        let tuple = match arguments.downcast_exact::<PyList>() {
            Some(list) => list.with(|items| PyTuple::try_new(vm, items))?,
            None => PyTuple::try_from_vec(vm, vm.collect(arguments)?)?,
        };
        drop(m.take(base + 2));
        m.put(base + 2, tuple.into_value());
    }
    let arguments = m.copy(base + 2);
    let Some(tuple) = arguments.downcast::<PyTuple>() else {
        return Err(vm.system_error("CALL_FUNCTION_EX needs a tuple"));
    };
    let keywords = if m.register(base + 3).is_null() { None } else { Some(m.copy(base + 3)) };
    let named = match &keywords {
        Some(keywords) => take_apart(m, keywords)?,
        None => None,
    };
    let names = named.as_ref().map(|(_, names)| &**names);
    let receiver = take_method_apart(m, base);
    let first = usize::from(receiver.is_some());
    let given = first + tuple.items().len() + names.map_or(0, |names| names.items().len());
    let callable = m.register(base).0;
    if is_exactly::<PyFunction>(callable) {
        let function = payload::<PyFunction>(callable).to_ref();
        let code = function.code.get();
        translate::entry(vm, &code)?;
        // The registers from the tuple's on are free once it is kept elsewhere; there must be room for all.
        if let Some(callee) = frames::callee_registers(m, &code, base + 2, 0)
            && frames::has_room(&callee, given + code.register_count.get() as usize + 1)
        {
            m.drop_many(base + 2, 2);
            for (index, value) in receiver.iter().chain(tuple.items()).enumerate() {
                callee.put(index, value.clone());
            }
            if let Some((dict, _)) = &named {
                let places = first + tuple.items().len()..given;
                dict.with_table(|table| {
                    for (index, entry) in places.zip(table.iter()) {
                        callee.put(index, entry.value.clone());
                    }
                });
            }
            return call_placed(m, &function, callee, given, names, 1);
        }
        let mut values = all_values(tuple, named.as_ref());
        values.splice(0..0, receiver);
        let values = bind(vm, &function, &code, values, names)?;
        m.drop_many(base + 2, 2);
        return push_values(m, &function, values, 1);
    }
    let result = match &named {
        None => vm.call_with(m.peek(base), Args::positional_only(tuple.items()))?,
        Some(_) => {
            let values = all_values(tuple, named.as_ref());
            vm.call_with(m.peek(base), Args::new(&values, names))?
        }
    };
    m.drop_many(base + 2, 2);
    drop(m.take(base));
    m.put(base, result);
    m.advance(1);
    Ok(())
}

/// Puts the function of a bound method, if a is one of a Python function, in its place: the receiver.
fn take_method_apart(m: &Machine, a: usize) -> Option<Value> {
    let method = m.peek(a).downcast_exact::<PyMethod>()?;
    let function = method.function.downcast_exact::<PyFunction>()?.to_value();
    let receiver = method.receiver.clone();
    drop(m.take(a));
    m.put(a, function);
    Some(receiver)
}

/// The keywords of a call with `**dict`: the dict, and its keys.
type Named<'a> = (&'a Py<PyDict>, PyRef<PyTuple>);

/// The values of the positional arguments, then of the keywords.
fn all_values(tuple: &Py<PyTuple>, named: Option<&Named<'_>>) -> Vec<Value> {
    let mut values = tuple.items().to_vec();
    if let Some((dict, _)) = named {
        dict.with_table(|table| values.extend(table.iter().map(|entry| entry.value.clone())));
    }
    values
}

/// The keywords in a dict; None when it is empty.
fn take_apart<'a>(m: &Machine, keywords: &'a Value) -> PyResult<Option<Named<'a>>> {
    let vm = m.vm();
    let Some(dict) = keywords.downcast::<PyDict>() else {
        return Err(vm.type_error(format!(
            "{} argument after ** must be a mapping, not {}",
            function_text(vm, m.peek(m.a()))?,
            keywords.class().name()
        )));
    };
    if dict.is_empty() {
        return Ok(None);
    }
    let texts =
        dict.with_table(|table| table.iter().all(|entry| entry.key.downcast::<PyStr>().is_some()));
    if !texts {
        return Err(vm.type_error("keywords must be strings"));
    }
    let names = dict.with_table(|table| {
        let mut keys = table.iter().map(|entry| entry.key.clone());
        PyTuple::try_from_fn(vm, table.len(), |_| keys.next().unwrap_or(Value::NONE))
    })?;
    Ok(Some((dict, names)))
}
