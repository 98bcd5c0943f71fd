//! Iterators: making, advancing, collecting; and the breaker for long native loops.

use std::sync::atomic::Ordering;

use crate::core::attribute;
use crate::core::collector;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::slots::SendResult;
use crate::core::thread_state::breaker;
use crate::core::type_object::PyType;
use crate::core::type_spec::spec_flags;
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::number;
use crate::types::dict::PyDict;
use crate::types::exceptions::hierarchy::{STOP_ITERATION, TYPE_ERROR};
use crate::types::generator::GeneratorCore;
use crate::types::iterators;
use crate::types::list::{LIST, PyList, PyListIterator};
use crate::types::set::{self, PySetIterator};
use crate::types::tuple::{PyTuple, PyTupleIterator, TUPLE};

/// The iternext slot of a type whose `__next__` is None (`_PyObject_NextNotImplemented`).
///
/// # Errors
/// TypeError always.
pub fn next_not_implemented(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    Err(vm.type_error(format!("'{}' object is not iterable", value.class().name())))
}

/// Whether values of `class` are iterators (`PyIter_Check`).
#[must_use]
pub fn is_iterator_class(class: &Py<PyType>) -> bool {
    class.slots.iternext.get().is_some_and(|next| {
        !std::ptr::fn_addr_eq(next, next_not_implemented as crate::core::slots::IterNextFn)
    })
}

/// Whether `value` is a sequence as far as the machine can tell (`PySequence_Check`).
#[must_use]
pub fn is_sequence(value: &Value) -> bool {
    let class = value.class();
    !class.has_flags(spec_flags::DICT_SUBCLASS) && class.slots.sq_item.get().is_some()
}

/// `iter(value)` returning itself: the iter slot of every iterator.
///
/// # Errors
/// Never.
pub fn self_iter(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(value.clone())
}

/// The keys of an exact dict, or the elements of an exact set or frozenset: their iterators run no code. The inner None is for
/// no memory.
fn elements(iterable: &Value) -> Option<Option<Vec<Value>>> {
    let copy = |count: usize, elements: &mut dyn Iterator<Item = &Value>| {
        let mut items = Vec::new();
        items.try_reserve_exact(count).ok()?;
        items.extend(elements.cloned());
        Some(items)
    };
    if let Some(dict) = iterable.downcast_exact::<PyDict>() {
        return Some(
            dict.with_table(|table| copy(dict.len(), &mut table.iter().map(|entry| &entry.key))),
        );
    }
    let count = set::core_of(iterable)?.len();
    set::with_elements(iterable, |elements| copy(count, elements))
}

impl Vm<'_> {
    /// `iter(value)`
    ///
    /// # Errors
    /// TypeError for what is not iterable, or what `__iter__` raises.
    pub fn iter(self, value: &Value) -> PyResult<Value> {
        match value.class().slots.iter.get() {
            Some(iter) => {
                let iterator = iter(self, value)?;
                if is_iterator_class(iterator.class()) {
                    return Ok(iterator);
                }
                Err(self.type_error(format!(
                    "iter() returned non-iterator of type '{}'",
                    iterator.class().name()
                )))
            }
            None if is_sequence(value) => iterators::sequence_iterator(self, value),
            None => {
                Err(self.type_error(format!("'{}' object is not iterable", value.class().name())))
            }
        }
    }

    /// The next item of an iterator; None at its end. The slot may say so by None or by StopIteration. Native loops over
    /// iterators without end hear of signals here, and iterators over iterators over iterators find the end of the stack.
    ///
    /// # Errors
    /// What the iterator raises besides StopIteration.
    #[inline]
    pub fn next(self, iterator: &Value) -> PyResult<Option<Value>> {
        let quick = if let Some(list) = iterator.downcast_exact::<PyListIterator>() {
            list.advance_within()
        } else if let Some(tuple) = iterator.downcast_exact::<PyTupleIterator>() {
            tuple.advance_within()
        } else {
            iterator.downcast_exact::<PySetIterator>().and_then(|set| set.advance_within())
        };
        if quick.is_some() {
            return Ok(quick);
        }
        if let Some(generator) = iterator.downcast_exact::<GeneratorCore>() {
            // Its own words answer the breaker, and it looks at the stack itself.
            return match generator.send(self, &Value::NONE)? {
                SendResult::Next(item) => Ok(Some(item)),
                SendResult::Return(_) => Ok(None),
            };
        }
        self.poll()?;
        self.check_recursion(" while getting the next item")?;
        self.next_by_slot(iterator)
    }

    /// As [`next`](Self::next), for a caller that looks for signals and is not called from an iterator itself.
    ///
    /// # Errors
    /// What the iterator raises besides StopIteration.
    #[inline]
    pub fn next_by_slot(self, iterator: &Value) -> PyResult<Option<Value>> {
        match self.next_raw(iterator) {
            Ok(item) => Ok(item),
            Err(raised) if self.raised_is(&raised, &STOP_ITERATION) => {
                self.clear(raised);
                Ok(None)
            }
            Err(raised) => Err(raised),
        }
    }

    /// As [`next`](Self::next), leaving a StopIteration that carries a value as it is (`builtins.next`, `yield from`).
    ///
    /// # Errors
    /// What the iterator raises; TypeError for what is no iterator.
    #[inline]
    pub fn next_raw(self, iterator: &Value) -> PyResult<Option<Value>> {
        match iterator.class().slots.iternext.get() {
            Some(next) => next(self, iterator),
            None => {
                Err(self
                    .type_error(format!("'{}' object is not an iterator", iterator.class().name())))
            }
        }
    }

    /// All items of an iterable.
    ///
    /// # Errors
    /// What iterating raises; MemoryError.
    pub fn collect(self, iterable: &Value) -> PyResult<Vec<Value>> {
        if let Some(tuple) = iterable.downcast::<PyTuple>()
            && iterable.is_exact(TUPLE.get())
        {
            let mut items = Vec::new();
            if items.try_reserve_exact(tuple.items().len()).is_err() {
                return Err(self.memory_error());
            }
            items.extend_from_slice(tuple.items());
            return Ok(items);
        }
        if let Some(list) = iterable.downcast_exact::<PyList>() {
            return list.try_copy(self);
        }
        if let Some(items) = elements(iterable) {
            return items.ok_or_else(|| self.memory_error());
        }
        let mut items = Vec::new();
        self.for_each(iterable, |item| {
            if items.try_reserve(1).is_err() {
                return Err(self.memory_error());
            }
            items.push(item);
            Ok(())
        })?;
        Ok(items)
    }

    /// Calls `f` with each item of an iterable, polling the breaker now and then.
    ///
    /// # Errors
    /// What iterating or `f` raises.
    pub fn for_each(
        self,
        iterable: &Value,
        mut f: impl FnMut(Value) -> PyResult<()>,
    ) -> PyResult<()> {
        let mut count = 0u32;
        let mut each = |item| {
            f(item)?;
            count = count.wrapping_add(1);
            if count.is_multiple_of(256) { self.poll() } else { Ok(()) }
        };
        // A list's iterator would go by positions as well, whatever happens to the list meanwhile.
        if let Some(list) = iterable.downcast_exact::<PyList>() {
            let mut index = 0;
            while let Some(item) = list.get(index) {
                each(item)?;
                index += 1;
            }
            return Ok(());
        }
        if let Some(tuple) = iterable.downcast_exact::<PyTuple>() {
            return tuple.items().iter().try_for_each(|item| each(item.clone()));
        }
        let iterator = self.iter(iterable)?;
        while let Some(item) = self.next(&iterator)? {
            each(item)?;
        }
        Ok(())
    }

    /// As [`collect`](Self::collect), with another message for what is not iterable (`PySequence_Fast`).
    ///
    /// # Errors
    /// TypeError with `message`; what iterating raises.
    pub fn collect_or(self, iterable: &Value, message: &str) -> PyResult<Vec<Value>> {
        if iterable.is_exact(TUPLE.get()) || iterable.is_exact(LIST.get()) {
            return self.collect(iterable);
        }
        let Some(iterator) = self.catch(self.iter(iterable), &TYPE_ERROR)? else {
            return Err(self.type_error(message));
        };
        self.collect(&iterator)
    }

    /// A hint how many items an iterable has (`PyObject_LengthHint`).
    ///
    /// # Errors
    /// What `__len__` or `__length_hint__` raises besides TypeError.
    pub fn length_hint(self, value: &Value, default: usize) -> PyResult<usize> {
        let slots = &value.class().slots;
        if slots.sq_length.get().or(slots.mp_length.get()).is_some()
            && let Some(length) = self.catch(self.length(value), &TYPE_ERROR)?
        {
            return Ok(length);
        }
        let Some(hint) = attribute::special(self, value, &self.names().__length_hint__)? else {
            return Ok(default);
        };
        let called = match hint {
            attribute::Method::Unbound(function) => {
                self.call(&function, std::slice::from_ref(value))
            }
            attribute::Method::Bound(function) => self.call(&function, &[]),
        };
        let Some(result) = self.catch(called, &TYPE_ERROR)? else { return Ok(default) };
        if result.is_not_implemented() {
            return Ok(default);
        }
        if !number::is_int(&result) {
            return Err(self.type_error(format!(
                "__length_hint__ must be an integer, not {}",
                result.class().name()
            )));
        }
        let length = number::as_isize(self, &result)?;
        usize::try_from(length)
            .map_err(|_| self.value_error("__length_hint__() should return >= 0"))
    }

    /// Answers the breaker in a long native loop: signals, a GIL request, a collection that is due.
    ///
    /// # Errors
    /// What a signal handler raises.
    #[inline]
    pub fn poll(self) -> PyResult<()> {
        if self.thread().breaker().load(Ordering::Relaxed) == 0 { Ok(()) } else { self.poll_slow() }
    }

    #[cold]
    fn poll_slow(self) -> PyResult<()> {
        let bits = self.thread().breaker().load(Ordering::Relaxed);
        if bits & breaker::GIL_DROP_REQUEST != 0 {
            self.yield_gil();
        }
        if bits & breaker::GC != 0 {
            collector::collect_if_due(self);
        }
        if bits & breaker::MEMORY != 0 {
            collector::answer_shortage(self)?;
        }
        match self.interpreter().on_breaker.get() {
            Some(answer) => answer(self),
            None => Ok(()),
        }
    }
}

/// Whether `iter(value)` can work: it has `__iter__`, or items by position.
#[must_use]
pub fn is_iterable(value: &Value) -> bool {
    value.class().slots.iter.get().is_some() || is_sequence(value)
}
