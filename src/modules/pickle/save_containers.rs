//! Writing lists, dicts and sets, item by item.

use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::value::Value;
use objects::types::dict::PyDict;
use objects::types::list::PyList;
use objects::types::set::{SetCore, core_of};
use objects::types::tuple::PyTuple;

use super::opcodes as op;
use super::save::Saver;
use super::with_note;

/// How many items one APPENDS or SETITEMS takes.
const BATCH_SIZE: usize = 1000;

impl Saver<'_> {
    pub(super) fn save_list(&self, object: &Value) -> PyResult<()> {
        self.guarded(object, || {
            self.put(if self.is_binary() { &[op::EMPTY_LIST] } else { &[op::MARK, op::LIST] })?;
            self.memoize(object)?;
            let list = object.receiver::<PyList>();
            match list.len() {
                0 => Ok(()),
                _ if self.proto() == 0 => {
                    let items = self.vm.iter(object)?;
                    self.batch_list(&items, object)
                }
                1 => {
                    if let Some(item) = list.get(0) {
                        self.save_item(object, &item, 0)?;
                    }
                    self.put_codes([op::APPEND])
                }
                _ => self.batch_list_exact(list, object),
            }
        })
    }

    fn batch_list_exact(&self, list: &Py<PyList>, object: &Value) -> PyResult<()> {
        let mut index = 0;
        while index < list.len() {
            self.put_codes([op::MARK])?;
            let end = index + BATCH_SIZE;
            while index < end
                && let Some(item) = list.get(index)
            {
                self.save_item(object, &item, index)?;
                index += 1;
            }
            self.put_codes([op::APPENDS])?;
        }
        Ok(())
    }

    /// The items of an iterator, in batches.
    pub(super) fn batch_list(&self, items: &Value, owner: &Value) -> PyResult<()> {
        let mut index = 0;
        let save = |item: Value| {
            index += 1;
            self.save_item(owner, &item, index - 1)
        };
        self.batch([op::APPEND, op::APPENDS], || self.vm.next(items), save)
    }

    /// Writes what `next` gives: items that stand alone behind the first of the instructions, else each batch behind the second.
    fn batch<T>(
        &self,
        [one, many]: [u8; 2],
        mut next: impl FnMut() -> PyResult<Option<T>>,
        mut save: impl FnMut(T) -> PyResult<()>,
    ) -> PyResult<()> {
        if self.proto() == 0 {
            while let Some(item) = next()? {
                save(item)?;
                self.put_codes([one])?;
            }
            return Ok(());
        }
        loop {
            let Some(first) = next()? else { return Ok(()) };
            let mut item = next()?;
            if item.is_none() {
                save(first)?;
                return self.put_codes([one]);
            }
            self.put_codes([op::MARK])?;
            save(first)?;
            let mut count = 1;
            while let Some(present) = item {
                save(present)?;
                count += 1;
                if count == BATCH_SIZE {
                    break;
                }
                item = next()?;
            }
            self.put_codes([many])?;
            if count < BATCH_SIZE {
                return Ok(());
            }
        }
    }

    /// Calls `save_next`, which is false at the end, for one item after another; behind each batch stands `code`, and the
    /// container, whose size `len` tells, must not have changed.
    fn batch_exact(
        &self,
        code: u8,
        mut save_next: impl FnMut() -> PyResult<bool>,
        len: impl Fn() -> usize,
        kind: &str,
    ) -> PyResult<()> {
        let size = len();
        loop {
            let mut count = 0;
            self.put_codes([op::MARK])?;
            while count < BATCH_SIZE && save_next()? {
                count += 1;
            }
            self.put_codes([code])?;
            if len() != size {
                let text = format!("{kind} changed size during iteration");
                return Err(self.vm.runtime_error(text));
            }
            if count < BATCH_SIZE {
                return Ok(());
            }
        }
    }

    pub(super) fn save_dict(&self, object: &Value) -> PyResult<()> {
        self.guarded(object, || {
            self.put(if self.is_binary() { &[op::EMPTY_DICT] } else { &[op::MARK, op::DICT] })?;
            self.memoize(object)?;
            let dict = object.receiver::<PyDict>();
            if dict.is_empty() {
                return Ok(());
            }
            if self.proto() == 0 {
                let items = self.vm.call_method(object, &self.vm.names().items, &[])?;
                let items = self.vm.iter(&items)?;
                return self.batch_dict(&items, object);
            }
            self.batch_dict_exact(dict, object)
        })
    }

    fn save_entry(&self, owner: &Value, key: &Value, value: &Value) -> PyResult<()> {
        self.save(key, false)?;
        self.save(value, false).map_err(|raised| {
            // The key's repr must not run with the error set.
            let vm = self.vm;
            let error = vm.take(raised);
            let shown = match vm.repr(key) {
                Ok(shown) => shown.to_rust_string(),
                Err(raised) => {
                    vm.clear(raised);
                    return vm.restore(error);
                }
            };
            with_note(vm, vm.restore(error), owner, &format!("item {shown}"))
        })
    }

    fn batch_dict_exact(&self, dict: &Py<PyDict>, object: &Value) -> PyResult<()> {
        if dict.len() == 1 {
            if let Some((_, key, value)) = dict.next_entry(0) {
                self.save_entry(object, &key, &value)?;
            }
            return self.put_codes([op::SETITEM]);
        }
        let mut position = 0;
        let save_next = || {
            let Some((next, key, value)) = dict.next_entry(position) else { return Ok(false) };
            position = next + 1;
            self.save_entry(object, &key, &value).map(|()| true)
        };
        self.batch_exact(op::SETITEMS, save_next, || dict.len(), "dictionary")
    }

    fn next_pair(&self, items: &Value) -> PyResult<Option<(Value, Value)>> {
        let Some(item) = self.vm.next(items)? else { return Ok(None) };
        match item.downcast::<PyTuple>().map(Py::items) {
            Some([key, value]) => Ok(Some((key.clone(), value.clone()))),
            _ => Err(self.vm.type_error("dict items iterator must return 2-tuples")),
        }
    }

    /// The pairs of an iterator, in batches.
    pub(super) fn batch_dict(&self, items: &Value, owner: &Value) -> PyResult<()> {
        let save = |(key, value): (Value, Value)| self.save_entry(owner, &key, &value);
        self.batch([op::SETITEM, op::SETITEMS], || self.next_pair(items), save)
    }

    fn save_element(&self, owner: &Value, item: &Value) -> PyResult<()> {
        self.save(item, false).map_err(|raised| with_note(self.vm, raised, owner, "element"))
    }

    pub(super) fn save_set(&self, object: &Value) -> PyResult<()> {
        if self.proto() < 4 {
            return self.save_set_by_call(object);
        }
        self.put_codes([op::EMPTY_SET])?;
        self.memoize(object)?;
        let Some(set) = core_of(object) else { return Ok(()) };
        if set.is_empty() {
            return Ok(());
        }
        let mut place = 0;
        let save_next = || {
            let Some((next, _, item)) = SetCore::next_key(set, place) else { return Ok(false) };
            place = next + 1;
            self.save_element(object, &item).map(|()| true)
        };
        self.batch_exact(op::ADDITEMS, save_next, || set.len(), "set")
    }

    fn save_set_by_call(&self, object: &Value) -> PyResult<()> {
        let vm = self.vm;
        let items = PyList::try_new_value(vm, vm.collect(object)?)?;
        let args = PyTuple::new_value(vm, &[items]);
        self.save_reduce(&[object.class().to_value(), args], Some(object))
    }

    pub(super) fn save_frozenset(&self, object: &Value) -> PyResult<()> {
        if self.proto() < 4 {
            return self.save_set_by_call(object);
        }
        self.guarded(object, || {
            self.put_codes([op::MARK])?;
            let items = self.vm.iter(object)?;
            while let Some(item) = self.vm.next(&items)? {
                self.save_element(object, &item)?;
            }
            if let Some(number) = self.known(object) {
                self.put_codes([op::POP_MARK])?;
                return self.put_get(number);
            }
            self.put_codes([op::FROZENSET])?;
            self.memoize(object)
        })
    }
}
