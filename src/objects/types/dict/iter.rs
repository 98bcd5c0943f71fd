//! Iterators over a dict: keys, values and items, forwards and backwards.

use std::cell::Cell;

use super::PyDict;
use super::table::Entry;
use crate::core::errors::PyResult;
use crate::core::gc::{Traverse, Visitor};
use crate::core::gil_cell::HotCell;
use crate::core::pyref::PyRef;
use crate::core::slots::Slot;
use crate::core::type_object::StaticType;
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::iterate::self_iter;
use crate::types::list::PyList;
use crate::types::seq_shared;
use crate::types::tuple::PyTuple;
use crate::{methods, payload};

/// Where an iterator over a dict stands.
pub(crate) struct IterState {
    dict: HotCell<Option<PyRef<PyDict>>>,
    /// How many keys the dict had; `usize::MAX` once it was found changed.
    used: Cell<usize>,
    /// The next position; of a backward iterator, one beyond it.
    position: Cell<usize>,
    /// How many keys are still to come.
    left: Cell<usize>,
}

impl Traverse for IterState {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.dict.traverse(visitor);
    }
    fn clear(&self, dead: &mut Vec<Value>) {
        Traverse::clear(&self.dict, dead);
    }
}

impl IterState {
    fn new(dict: &PyRef<PyDict>, backward: bool) -> Self {
        let position = if backward { dict.with_table(super::Table::entry_count) } else { 0 };
        let length = dict.len();
        Self {
            dict: HotCell::new(Some(dict.clone())),
            used: Cell::new(length),
            position: Cell::new(position),
            left: Cell::new(length),
        }
    }

    /// The next live position.
    #[inline]
    fn advance(&self, vm: Vm<'_>, backward: bool) -> PyResult<Option<(PyRef<PyDict>, usize)>> {
        let Some(dict) = self.dict.get() else { return Ok(None) };
        if self.used.get() != dict.len() {
            self.used.set(usize::MAX);
            return Err(vm.runtime_error("dictionary changed size during iteration"));
        }
        let start = self.position.get();
        let found = dict.with_table(|table| {
            if backward && start > table.entry_count() {
                None
            } else if backward {
                (0..start).rev().find(|&at| table.entry(at).is_some())
            } else {
                (start..table.entry_count()).find(|&at| table.entry(at).is_some())
            }
        });
        let Some(position) = found else {
            drop(self.dict.take());
            return Ok(None);
        };
        if self.left.get() == 0 {
            drop(self.dict.take());
            return Err(vm.runtime_error("dictionary keys changed during iteration"));
        }
        self.left.set(self.left.get() - 1);
        self.position.set(if backward { position } else { position + 1 });
        Ok(Some((dict, position)))
    }

    /// The next key or value, forwards, as long as nothing is special: neither the end nor a changed dict.
    #[inline]
    fn advance_within<R>(&self, take: impl FnOnce(&Entry) -> R) -> Option<R> {
        let at = self.position.get();
        let found = self.dict.with(|dict| {
            let dict = dict.as_ref()?;
            if self.used.get() != dict.len() || self.left.get() == 0 {
                return None;
            }
            dict.with_table(|table| table.entry(at).map(take))
        })?;
        self.position.set(at + 1);
        self.left.set(self.left.get() - 1);
        Some(found)
    }

    fn length_hint(&self) -> usize {
        match self.dict.get() {
            Some(dict) if dict.len() == self.used.get() => self.left.get(),
            _ => 0,
        }
    }

    /// The positions that are still to come.
    fn rest(&self, backward: bool) -> Vec<usize> {
        let Some(dict) = self.dict.get() else { return Vec::new() };
        let at = self.position.get();
        dict.with_table(|table| {
            let live = |&position: &usize| table.entry(position).is_some();
            if backward {
                (0..at.min(table.entry_count())).rev().filter(live).collect()
            } else {
                (at..table.entry_count()).filter(live).collect()
            }
        })
    }
}

impl PyDictKeyIterator {
    /// The next key, as long as nothing is special; None, with nothing changed, otherwise.
    #[inline]
    pub fn advance_within(&self) -> Option<Value> {
        self.state.advance_within(|entry| entry.key.clone())
    }
}

impl PyDictItemIterator {
    /// The next key and value.
    ///
    /// # Errors
    /// RuntimeError when the dict was changed.
    #[inline]
    pub fn next_pair(&self, vm: Vm<'_>) -> PyResult<Option<(Value, Value)>> {
        let taken = self.state.advance_within(|entry| (entry.key.clone(), entry.value.clone()));
        if taken.is_some() {
            return Ok(taken);
        }
        let Some((dict, position)) = self.state.advance(vm, false)? else { return Ok(None) };
        Ok(dict.with_table(|table| {
            table.entry(position).map(|entry| (entry.key.clone(), entry.value.clone()))
        }))
    }
}

#[derive(Clone, Copy)]
enum Part {
    Key,
    Value,
    Item,
}

#[inline]
fn part_at(vm: Vm<'_>, dict: &PyRef<PyDict>, position: usize, part: Part) -> PyResult<Value> {
    let (key, value) = dict.with_table(|table| {
        let entry = table.entry(position).expect("the position was found live");
        match part {
            Part::Key => (entry.key.clone(), Value::NULL),
            Part::Value => (Value::NULL, entry.value.clone()),
            Part::Item => (entry.key.clone(), entry.value.clone()),
        }
    });
    match part {
        Part::Key => Ok(key),
        Part::Value => Ok(value),
        Part::Item => Ok(PyTuple::pair(vm, key, value)?.into_value()),
    }
}

fn reduce(vm: Vm<'_>, state: &IterState, part: Part, backward: bool) -> PyResult<Value> {
    let mut items = Vec::new();
    if let Some(dict) = state.dict.get() {
        for position in state.rest(backward) {
            items.push(part_at(vm, &dict, position, part)?);
        }
    }
    let list = PyList::try_new_value(vm, items)?;
    let function = seq_shared::builtin(vm, "iter")?;
    Ok(PyTuple::new_value(vm, &[function, PyTuple::new_value(vm, &[list])]))
}

macro_rules! dict_iterators {
    ($($payload:ident $class:ident $spec:ident $table:ident $next:ident $hint:ident $reduce:ident $make:ident
        $name:literal $part:ident $backward:literal;)*) => {$(
        payload! {
            /// The payload of this iterator.
            pub struct $payload: $class, gc {
                state: IterState,
            }
        }

        /// The iterator's type.
        pub static $class: StaticType = StaticType::new::<$payload>();

        methods! { $table:
            /// Private method returning an estimate of len(list(it)).
            ["__length_hint__"] "($self, /)" None($hint);
            /// Return state information for pickling.
            ["__reduce__"] "($self, /)" None($reduce);
        }

        /// The type's description.
        pub const $spec: TypeSpec = TypeSpec {
            name: $name,
            flags: spec_flags::DISALLOW_INSTANTIATION,
            slots: &[Slot::Iter(self_iter), Slot::Iternext($next)],
            methods: $table,
            ..TypeSpec::DEFAULT
        };

        fn $next(vm: Vm<'_>, this: &Value) -> PyResult<Option<Value>> {
            let state = &this.receiver::<$payload>().state;
            if !$backward {
                let taken = state.advance_within(|entry| match Part::$part {
                    Part::Key => (entry.key.clone(), Value::NULL),
                    Part::Value => (Value::NULL, entry.value.clone()),
                    Part::Item => (entry.key.clone(), entry.value.clone()),
                });
                if let Some((key, value)) = taken {
                    return match Part::$part {
                        Part::Key => Ok(Some(key)),
                        Part::Value => Ok(Some(value)),
                        Part::Item => Ok(Some(PyTuple::pair(vm, key, value)?.into_value())),
                    };
                }
            }
            match state.advance(vm, $backward)? {
                Some((dict, position)) => part_at(vm, &dict, position, Part::$part).map(Some),
                None => Ok(None),
            }
        }

        fn $hint(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
            Ok(Value::from_usize(this.receiver::<$payload>().state.length_hint()))
        }

        fn $reduce(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
            reduce(vm, &this.receiver::<$payload>().state, Part::$part, $backward)
        }

        /// A new iterator over `dict`.
        pub(crate) fn $make(vm: Vm<'_>, dict: &PyRef<PyDict>) -> Value {
            PyRef::new(vm, $payload { state: IterState::new(dict, $backward) }).into_value()
        }
    )*};
}

dict_iterators! {
    PyDictKeyIterator DICT_KEY_ITERATOR DICT_KEY_ITERATOR_SPEC KEY_METHODS key_next key_hint key_reduce keys
        "dict_keyiterator" Key false;
    PyDictValueIterator DICT_VALUE_ITERATOR DICT_VALUE_ITERATOR_SPEC VALUE_METHODS value_next value_hint value_reduce values
        "dict_valueiterator" Value false;
    PyDictItemIterator DICT_ITEM_ITERATOR DICT_ITEM_ITERATOR_SPEC ITEM_METHODS item_next item_hint item_reduce items
        "dict_itemiterator" Item false;
    PyDictReverseKeyIterator DICT_REVERSE_KEY_ITERATOR DICT_REVERSE_KEY_ITERATOR_SPEC REVERSE_KEY_METHODS
        reverse_key_next reverse_key_hint reverse_key_reduce reverse_keys "dict_reversekeyiterator" Key true;
    PyDictReverseValueIterator DICT_REVERSE_VALUE_ITERATOR DICT_REVERSE_VALUE_ITERATOR_SPEC REVERSE_VALUE_METHODS
        reverse_value_next reverse_value_hint reverse_value_reduce reverse_values "dict_reversevalueiterator" Value true;
    PyDictReverseItemIterator DICT_REVERSE_ITEM_ITERATOR DICT_REVERSE_ITEM_ITERATOR_SPEC REVERSE_ITEM_METHODS
        reverse_item_next reverse_item_hint reverse_item_reduce reverse_items "dict_reverseitemiterator" Item true;
}
