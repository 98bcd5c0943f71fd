//! Reading: the instructions that make objects by name or call, and those that fill them.

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::extension::{self, Stored};
use objects::core::intern::intern_ref;
use objects::core::object::Py;
use objects::core::type_object::PyType;
use objects::core::value::Value;
use objects::protocol::buffer;
use objects::types::dict::{DICT, PyDict};
use objects::types::list::{LIST, PyList};
use objects::types::memoryview;
use objects::types::set::{self, PySet};
use objects::types::str::{PyStr, STR};
use objects::types::tuple::PyTuple;

use super::input::truncated;
use super::load::Loader;
use super::reduce::copyreg;
use super::unpickler::{UNPICKLER, find_class};

impl Loader<'_> {
    fn find(&self, module: &Value, name: &Value) -> PyResult<Value> {
        if self.object.is_exact(UNPICKLER.get()) {
            return find_class(self.vm, self.unpickler, module, name);
        }
        let args = [module.clone(), name.clone()];
        self.vm.call_method(self.object, &self.vm.intern("find_class"), &args)
    }

    pub(super) fn stack_global(&mut self) -> PyResult<()> {
        let name = self.pop()?;
        let module = self.pop()?;
        if !name.is_exact(STR.get()) || !module.is_exact(STR.get()) {
            return Err(self.error("STACK_GLOBAL requires str"));
        }
        let found = self.find(&module, &name)?;
        self.push(found)
    }

    /// A line of text, without its end.
    fn text_line(&mut self) -> PyResult<Value> {
        let mut line = self.input.line(self.vm)?;
        if line.len() < 2 {
            return Err(truncated(self.vm));
        }
        line.pop();
        self.utf8(&line)
    }

    fn utf8(&self, bytes: &[u8]) -> PyResult<Value> {
        let bytes = objects::types::bytes::PyBytes::try_new_value(self.vm, bytes)?;
        objects::types::str::codec::decode_object(self.vm, &bytes, None, None)
    }

    pub(super) fn global(&mut self) -> PyResult<()> {
        let module = self.text_line()?;
        let name = self.text_line()?;
        let found = self.find(&module, &name)?;
        self.push(found)
    }

    pub(super) fn extension(&mut self, code: i64) -> PyResult<()> {
        let vm = self.vm;
        if code <= 0 {
            return Err(self.error("EXT specifies code <= 0"));
        }
        let key = objects::types::int::from_i64(vm, code);
        let cache = copyreg(vm, "_extension_cache")?;
        if let Some(known) = vm.get_item_opt(&cache, &key)? {
            return self.push(known);
        }
        let registry = copyreg(vm, "_inverted_registry")?;
        let Some(pair) = vm.get_item_opt(&registry, &key)? else {
            return Err(vm.value_error(format!("unregistered extension code {code}")));
        };
        let names = pair.downcast::<PyTuple>().map(Py::items);
        let Some([module, name]) =
            names.filter(|names| names.iter().all(|name| name.is_exact(STR.get())))
        else {
            return Err(
                vm.value_error(format!("_inverted_registry[{code}] isn't a 2-tuple of strings"))
            );
        };
        let found = self.find(module, name)?;
        vm.set_item(&cache, &key, &found)?;
        self.push(found)
    }

    /// An object that the program knows under an identifier.
    pub(super) fn persistent(&mut self, is_text: bool) -> PyResult<()> {
        let vm = self.vm;
        let id = if is_text {
            let mut line = self.input.line(vm)?;
            line.pop();
            if !line.is_ascii() {
                return Err(self.error("persistent IDs in protocol 0 must be ASCII strings"));
            }
            self.utf8(&line)?
        } else {
            self.pop()?
        };
        let load = vm.get_attr(self.object, &vm.intern("persistent_load"))?;
        let found = vm.call(&load, &[id])?;
        self.push(found)
    }

    pub(super) fn next_buffer(&mut self) -> PyResult<()> {
        let Some(buffers) = self.unpickler.buffers.get() else {
            return Err(self.error(
                "pickle stream refers to out-of-band data but no *buffers* argument was given",
            ));
        };
        match self.vm.next(&buffers)? {
            Some(found) => self.push(found),
            None => Err(self.error("not enough out-of-band buffers")),
        }
    }

    pub(super) fn readonly_buffer(&mut self) -> PyResult<()> {
        let value = self.pop()?;
        let mut view = buffer::get(self.vm, &value)?;
        if view.readonly {
            drop(view);
            return self.push(value);
        }
        view.readonly = true;
        let view = memoryview::from_buffer(self.vm, view);
        self.push(view)
    }

    pub(super) fn reduce(&mut self) -> PyResult<()> {
        let args = self.pop()?;
        let callable = self.pop()?;
        let Some(args) = args.downcast::<PyTuple>() else {
            return Err(self.vm.type_error("argument list must be a tuple"));
        };
        let made = self.vm.call(&callable, args.items())?;
        self.push(made)
    }

    fn instantiate(&mut self, class: &Value, args: &[Value]) -> PyResult<()> {
        let vm = self.vm;
        let made = if args.is_empty()
            && class.downcast::<PyType>().is_some()
            && vm.get_attr_opt(class, &vm.names().__getinitargs__)?.is_none()
        {
            vm.call_method(class, &vm.names().__new__, std::slice::from_ref(class))?
        } else {
            vm.call(class, args)?
        };
        self.push(made)
    }

    pub(super) fn inst(&mut self) -> PyResult<()> {
        let mark = self.mark()?;
        let module = self.text_line()?;
        let name = self.text_line()?;
        let class = self.find(&module, &name)?;
        let args = self.pop_above(mark)?;
        self.instantiate(&class, &args)
    }

    pub(super) fn obj(&mut self) -> PyResult<()> {
        let mark = self.mark()?;
        if self.stack.len() <= mark {
            return Err(self.underflow());
        }
        let all = self.pop_above(mark)?;
        match all.split_first() {
            Some((class, args)) => self.instantiate(class, args),
            None => Err(self.underflow()),
        }
    }

    pub(super) fn newobj(&mut self) -> PyResult<()> {
        let args = self.pop()?;
        let class = self.pop()?;
        self.make("NEWOBJ", &class, &args, None)
    }

    pub(super) fn newobj_ex(&mut self) -> PyResult<()> {
        let keywords = self.pop()?;
        let args = self.pop()?;
        let class = self.pop()?;
        self.make("NEWOBJ_EX", &class, &args, Some(&keywords))
    }

    /// An object by its class's `tp_new`.
    fn make(
        &mut self,
        name: &str,
        class: &Value,
        args: &Value,
        keywords: Option<&Value>,
    ) -> PyResult<()> {
        let vm = self.vm;
        let Some(class_type) = class.downcast::<PyType>() else {
            return Err(self.error(format!(
                "{name} class argument must be a type, not {}",
                class.class().name()
            )));
        };
        let Some(new) = class_type.slots.new.get() else {
            return Err(self
                .error(format!("{name} class argument '{}' has NULL tp_new", class_type.name())));
        };
        let Some(arguments) = args.downcast::<PyTuple>() else {
            return Err(self.error(format!(
                "{name} args argument must be a tuple, not {}",
                args.class().name()
            )));
        };
        let made = match keywords {
            None => new(vm, class_type, Args::positional_only(arguments.items()))?,
            Some(keywords) => {
                let Some(keywords) = keywords.downcast::<PyDict>() else {
                    return Err(self.error(format!(
                        "{name} kwargs argument must be a dict, not {}",
                        keywords.class().name()
                    )));
                };
                let mut values = arguments.items().to_vec();
                let mut names = Vec::new();
                for (name, value) in keywords.items_vec() {
                    names.push(name);
                    values.push(value);
                }
                let names = PyTuple::try_from_vec(vm, names)?;
                new(vm, class_type, Args::new(&values, Some(&names)))?
            }
        };
        self.push(made)
    }

    /// The container below height `start`.
    fn container(&self, start: usize) -> PyResult<Value> {
        match start.checked_sub(1).and_then(|at| self.stack.get(at)) {
            Some(container) if start <= self.stack.len() && start > self.fence => {
                Ok(container.clone())
            }
            _ => Err(self.underflow()),
        }
    }

    /// Appends what lies above height `start` to the list below.
    pub(super) fn append_items(&mut self, start: usize) -> PyResult<()> {
        let vm = self.vm;
        let container = self.container(start)?;
        if self.stack.len() == start {
            return Ok(());
        }
        if container.is_exact(LIST.get()) {
            let list = container.receiver::<PyList>();
            let stack = &mut self.stack;
            let has_room = list.with_mut(|items| {
                let has_room = items.try_reserve(stack.len() - start).is_ok();
                if has_room {
                    items.extend(stack.drain(start..));
                }
                has_room
            });
            return if has_room { Ok(()) } else { Err(vm.memory_error()) };
        }
        let items = self.pop_above(start)?;
        if let Some(extend) = vm.get_attr_opt(&container, &vm.names().extend)? {
            return vm.call(&extend, &[PyList::try_new_value(vm, items)?]).map(drop);
        }
        let append = vm.get_attr(&container, &vm.names().append)?;
        for item in items {
            vm.call(&append, &[item])?;
        }
        Ok(())
    }

    /// Puts the pairs above height `start` into the mapping below.
    pub(super) fn set_items(&mut self, start: usize) -> PyResult<()> {
        let vm = self.vm;
        let container = self.container(start)?;
        if !(self.stack.len() - start).is_multiple_of(2) {
            return Err(self.error("odd number of items for SETITEMS"));
        }
        if container.is_exact(DICT.get()) {
            let dict = container.receiver::<PyDict>();
            dict.reserve((self.stack.len() - start) / 2);
            let mut items = self.stack.drain(start..);
            while let (Some(key), Some(value)) = (items.next(), items.next()) {
                dict.set(vm, &key, value)?;
            }
            return Ok(());
        }
        let items = self.pop_above(start)?;
        for pair in items.chunks_exact(2) {
            vm.set_item(&container, &pair[0], &pair[1])?;
        }
        Ok(())
    }

    pub(super) fn add_items(&mut self) -> PyResult<()> {
        let vm = self.vm;
        let mark = self.mark()?;
        let container = self.container(mark)?;
        if self.stack.len() == mark {
            return Ok(());
        }
        let items = self.pop_above(mark)?;
        if let Some(set) = container.downcast::<PySet>() {
            for item in &items {
                set.add(vm, item)?;
            }
            return Ok(());
        }
        let add = vm.get_attr(&container, &vm.names().add)?;
        for item in items {
            vm.call(&add, &[item])?;
        }
        Ok(())
    }

    pub(super) fn frozenset(&mut self) -> PyResult<()> {
        let mark = self.mark()?;
        let items = self.pop_above(mark)?;
        let items = PyTuple::try_from_vec(self.vm, items)?.into_value();
        let frozen = set::frozen(self.vm, &items)?;
        self.push(frozen)
    }

    pub(super) fn build(&mut self) -> PyResult<()> {
        let vm = self.vm;
        if self.stack.len() < self.fence + 2 {
            return Err(self.underflow());
        }
        let state = self.pop()?;
        let Some(instance) = self.stack.last().cloned() else { return Err(self.underflow()) };
        if let Some(setstate) = vm.get_attr_opt(&instance, &vm.names().__setstate__)? {
            return vm.call(&setstate, &[state]).map(drop);
        }
        let (state, slot_state) = match state.downcast::<PyTuple>().map(Py::items) {
            Some([state, slot_state]) => (state.clone(), Some(slot_state.clone())),
            _ => (state, None),
        };
        if !state.is_none() {
            let Some(state) = state.downcast::<PyDict>() else {
                return Err(self.error("state is not a dictionary"));
            };
            self.set_attributes(&instance, state)?;
        }
        if let Some(slot_state) = slot_state.filter(|state| !state.is_none()) {
            let Some(slot_state) = slot_state.downcast::<PyDict>() else {
                return Err(self.error("slot state is not a dictionary"));
            };
            for (name, value) in slot_state.items_vec() {
                let Some(name) = name.downcast::<PyStr>() else {
                    return Err(vm.type_error(format!(
                        "attribute name must be string, not '{}'",
                        name.class().name()
                    )));
                };
                vm.set_attr(&instance, &intern_ref(name), Some(&value))?;
            }
        }
        Ok(())
    }

    /// Puts a state into an instance's dict: into its attributes themselves where it has no dict of its own yet.
    fn set_attributes(&self, instance: &Value, state: &Py<PyDict>) -> PyResult<()> {
        let vm = self.vm;
        let plain = instance.as_object().filter(|object| {
            extension::has_dict_support(object)
                && instance
                    .class()
                    .lookup(&vm.names().__dict__)
                    .is_none_or(|found| is_own_dict(&found))
        });
        let mut dict = None;
        for (name, value) in state.items_vec() {
            let text = name.downcast_exact::<PyStr>().filter(|text| text.is_exact_str());
            if let (Some(object), Some(text), None) = (plain, text, &dict) {
                match extension::set_attribute(vm, object, &intern_ref(text), value.clone()) {
                    Stored::Done(old) => {
                        drop(old);
                        continue;
                    }
                    Stored::NoMemory => return Err(vm.memory_error()),
                    Stored::Missing | Stored::NoDict => {}
                }
            }
            let target = match &dict {
                Some(dict) => dict,
                None => dict.insert(vm.get_attr(instance, &vm.names().__dict__)?),
            };
            let name = match text {
                Some(text) => intern_ref(text).into_value(),
                None => name,
            };
            vm.set_item(target, &name, &value)?;
        }
        Ok(())
    }
}

/// Whether a class's `__dict__` is the usual descriptor, not something that the program made.
fn is_own_dict(found: &Value) -> bool {
    found.class().spec().is_some_and(|spec| spec.name == "getset_descriptor")
}
