//! Writing by name and by call: globals, and what `__reduce_ex__` says of an object.

use objects::core::errors::PyResult;
use objects::core::intern::intern_ref;
use objects::core::type_object::{PyType, TYPE};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::iterate::is_iterator_class;
use objects::types::dict::PyDict;
use objects::types::exceptions::base::payload_of;
use objects::types::exceptions::hierarchy as exc;
use objects::types::int;
use objects::types::seq_shared::builtin;
use objects::types::str::{PyStr, value_is};
use objects::types::tuple::PyTuple;

use super::opcodes as op;
use super::save::Saver;
use super::{compatibility, with_note};

/// What a reduced object is made of.
struct Parts<'a> {
    callable: &'a Value,
    args: &'a Value,
    state: Option<&'a Value>,
    list_items: Option<&'a Value>,
    dict_items: Option<&'a Value>,
    state_setter: Option<&'a Value>,
}

/// How the object is made again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Making {
    Call,
    Newobj,
    NewobjEx,
}

fn is_callable(value: &Value) -> bool {
    value.class().slots.call.get().is_some()
}

impl Saver<'_> {
    fn type_name(&self, value: &Value) -> PyResult<String> {
        self.vm.full_class_name(value.class())
    }

    /// What the object's reducer gives; None for a class, which is written by name.
    pub(super) fn reduced(&self, object: &Value) -> PyResult<Option<Value>> {
        let vm = self.vm;
        let class = object.class().to_value();
        let reducer = match self.pickler.dispatch_table.get() {
            Some(table) => vm.get_item_opt(&table, &class)?,
            None => match copyreg(vm, "dispatch_table")?.downcast::<PyDict>() {
                Some(table) => table.get(vm, &class)?,
                None => None,
            },
        };
        if let Some(reducer) = reducer {
            return vm.call(&reducer, std::slice::from_ref(object)).map(Some);
        }
        if object.class().is_subtype(TYPE.get()) {
            return Ok(None);
        }
        if let Some(reduce) = vm.get_attr_opt(object, &vm.names().__reduce_ex__)? {
            return vm.call(&reduce, &[int::from_i64(vm, self.proto())]).map(Some);
        }
        if let Some(reduce) = vm.get_attr_opt(object, &vm.names().__reduce__)? {
            return vm.call(&reduce, &[]).map(Some);
        }
        Err(self.pickling_error(format!("Can't pickle {} object", self.type_name(object)?)))
    }

    /// Writes what a reducer gave.
    pub(super) fn save_reduced(&self, reduced: &Value, object: &Value) -> PyResult<()> {
        if reduced.downcast::<PyStr>().is_some() {
            return self.save_global(object, Some(reduced));
        }
        let result = match reduced.downcast::<PyTuple>() {
            Some(parts) => self.save_reduce(parts.items(), Some(object)),
            None => {
                let name = self.type_name(reduced)?;
                Err(self.pickling_error(format!(
                    "__reduce__ must return a string or tuple, not {name}"
                )))
            }
        };
        result.map_err(|raised| with_note(self.vm, raised, object, "object"))
    }

    fn parts<'v>(&self, parts: &'v [Value]) -> PyResult<Parts<'v>> {
        if !(2..=6).contains(&parts.len()) {
            return Err(self
                .pickling_error("tuple returned by __reduce__ must contain 2 through 6 elements"));
        }
        let optional = |index: usize| parts.get(index).filter(|part| !part.is_none());
        let parts = Parts {
            callable: &parts[0],
            args: &parts[1],
            state: optional(2),
            list_items: optional(3),
            dict_items: optional(4),
            state_setter: optional(5),
        };
        let wrong = |which: &str, what: &str, value: &Value| {
            let name = self.type_name(value)?;
            Err(self.pickling_error(format!(
                "{which} item of the tuple returned by __reduce__ must be {what}, not {name}"
            )))
        };
        if !is_callable(parts.callable) {
            return wrong("first", "callable", parts.callable);
        }
        if parts.args.downcast::<PyTuple>().is_none() {
            return wrong("second", "a tuple", parts.args);
        }
        for (which, items) in [("fourth", parts.list_items), ("fifth", parts.dict_items)] {
            if let Some(items) = items.filter(|items| !is_iterator_class(items.class())) {
                return wrong(which, "an iterator", items);
            }
        }
        if let Some(setter) = parts.state_setter.filter(|setter| !is_callable(setter)) {
            return wrong("sixth", "callable", setter);
        }
        Ok(parts)
    }

    fn making(&self, callable: &Value) -> PyResult<Making> {
        if self.proto() < 2 {
            return Ok(Making::Call);
        }
        let name = self.vm.get_attr_opt(callable, &self.vm.names().__name__)?;
        Ok(match name.as_ref().and_then(|name| name.downcast::<PyStr>()) {
            Some(name) if name.is_text("__newobj_ex__") => Making::NewobjEx,
            Some(name) if name.is_text("__newobj__") => Making::Newobj,
            _ => Making::Call,
        })
    }

    /// Saves a part; an error is told which part it was.
    fn save_part(&self, part: &Value, object: Option<&Value>, what: &str) -> PyResult<()> {
        self.save(part, false).map_err(|raised| match object {
            Some(object) => with_note(self.vm, raised, object, what),
            None => raised,
        })
    }

    /// Writes the parts of a reduced object (`save_reduce`).
    pub(super) fn save_reduce(&self, parts: &[Value], object: Option<&Value>) -> PyResult<()> {
        let parts = self.parts(parts)?;
        match self.making(parts.callable)? {
            Making::NewobjEx => self.save_newobj_ex(&parts, object)?,
            Making::Newobj => self.save_newobj(&parts, object)?,
            Making::Call => {
                self.save_part(parts.callable, object, "reconstructor")?;
                self.save_part(parts.args, object, "reconstructor arguments")?;
                self.put_codes([op::REDUCE])?;
            }
        }
        let Some(object) = object else { return Ok(()) };
        // An object that is known by now is part of itself: what is on the stack goes.
        if let Some(number) = self.known(object) {
            self.put_codes([op::POP])?;
            return self.put_get(number);
        }
        self.memoize(object)?;
        if let Some(items) = parts.list_items {
            self.batch_list(items, object)?;
        }
        if let Some(items) = parts.dict_items {
            self.batch_dict(items, object)?;
        }
        let Some(state) = parts.state else { return Ok(()) };
        match parts.state_setter {
            None => {
                self.save_part(state, Some(object), "state")?;
                self.put_codes([op::BUILD])
            }
            Some(setter) => {
                self.save_part(setter, Some(object), "state setter")?;
                self.save(object, false)?;
                self.save_part(state, Some(object), "state")?;
                self.put_codes([op::TUPLE2, op::REDUCE, op::POP])
            }
        }
    }

    fn save_newobj_ex(&self, parts: &Parts<'_>, object: Option<&Value>) -> PyResult<()> {
        let vm = self.vm;
        let given = parts.args.receiver::<PyTuple>().items();
        let [class, args, keywords] = given else {
            let count = given.len();
            return Err(
                self.pickling_error(format!("__newobj_ex__ expected 3 arguments, got {count}"))
            );
        };
        let wrong = |which: &str, what: &str, value: &Value| {
            let name = self.type_name(value)?;
            Err(self.pickling_error(format!(
                "{which} argument to __newobj_ex__() must be {what}, not {name}"
            )))
        };
        if class.downcast::<PyType>().is_none() {
            return wrong("first", "a class", class);
        }
        let Some(arguments) = args.downcast::<PyTuple>() else {
            return wrong("second", "a tuple", args);
        };
        let Some(keyword_dict) = keywords.downcast::<PyDict>() else {
            return wrong("third", "a dict", keywords);
        };
        if self.proto() >= 4 {
            self.save_part(class, object, "class")?;
            self.save_part(args, object, "__new__ arguments")?;
            self.save_part(keywords, object, "__new__ arguments")?;
            return self.put_codes([op::NEWOBJ_EX]);
        }
        let new = vm.get_attr(class, &vm.names().__new__)?;
        let functools = vm.import_module("functools")?;
        let partial = vm.get_attr_str(&functools, "partial")?;
        let mut values = vec![new, class.clone()];
        values.extend_from_slice(arguments.items());
        let mut names = Vec::new();
        for (name, value) in keyword_dict.items_vec() {
            names.push(name);
            values.push(value);
        }
        let names = PyTuple::try_new(vm, &names)?;
        let args = objects::core::args::Args::new(&values, Some(&names));
        let call = vm.call_with(&partial, args)?;
        self.save_part(&call, object, "reconstructor")?;
        self.save_part(&PyTuple::new_value(vm, &[]), object, "reconstructor arguments")?;
        self.put_codes([op::REDUCE])
    }

    fn save_newobj(&self, parts: &Parts<'_>, object: Option<&Value>) -> PyResult<()> {
        let vm = self.vm;
        let given = parts.args.receiver::<PyTuple>().items();
        let Some((class, args)) = given.split_first() else {
            return Err(
                self.pickling_error("__newobj__ expected at least 1 argument, got 0".to_owned())
            );
        };
        if class.downcast::<PyType>().is_none() {
            let name = self.type_name(class)?;
            return Err(self.pickling_error(format!(
                "first argument to __newobj__() must be a class, not {name}"
            )));
        }
        if let Some(object) = object {
            let of_object = vm.get_attr(object, &vm.names().__class__)?;
            if !of_object.is(class) {
                let wanted = vm.repr(&of_object)?.to_rust_string();
                let got = vm.repr(class)?.to_rust_string();
                return Err(self.pickling_error(format!(
                    "first argument to __newobj__() must be {wanted}, not {got}"
                )));
            }
        }
        self.save_part(class, object, "class")?;
        let args = PyTuple::try_new(vm, args)?.into_value();
        self.save_part(&args, object, "__new__ arguments")?;
        self.put_codes([op::NEWOBJ])
    }

    /// Writes `object` as the name of a module's attribute.
    pub(super) fn save_global(&self, object: &Value, name: Option<&Value>) -> PyResult<()> {
        let vm = self.vm;
        let name = match name {
            Some(name) => name.clone(),
            None => match vm.get_attr_opt(object, &vm.names().__qualname__)? {
                Some(name) => name,
                None => vm.get_attr(object, &vm.names().__name__)?,
            },
        };
        let path = dotted_path(vm, &name)?;
        let module_name = self.which_module(object, &name, &path)?;
        if self.proto() >= 2 && self.put_extension(&module_name, &name)? {
            return Ok(());
        }
        if self.proto() >= 4 {
            self.save(&module_name, false)?;
            self.save(&name, false)?;
            self.put_codes([op::STACK_GLOBAL])?;
            return self.memoize(object);
        }
        if path.len() > 1 {
            let get = builtin(vm, "getattr")?;
            for _ in 1..path.len() {
                self.save(&get, false)?;
                if self.proto() < 2 {
                    self.put_codes([op::MARK])?;
                }
            }
        }
        if let Some(first) = path.first() {
            self.put_toplevel(&module_name, first)?;
        }
        for part in path.iter().skip(1) {
            self.save(part, false)?;
            self.put_codes([if self.proto() < 2 { op::TUPLE } else { op::TUPLE2 }, op::REDUCE])?;
        }
        self.memoize(object)
    }

    /// An extension code, if one is registered for the name.
    fn put_extension(&self, module_name: &Value, name: &Value) -> PyResult<bool> {
        let vm = self.vm;
        let registry = copyreg(vm, "_extension_registry")?;
        let Some(registry) = registry.downcast::<PyDict>().filter(|known| !known.is_empty()) else {
            return Ok(false);
        };
        let key = PyTuple::new_value(vm, &[module_name.clone(), name.clone()]);
        let Some(code) = registry.get(vm, &key)? else { return Ok(false) };
        let code = objects::protocol::number::as_i64(vm, &code)?;
        if code <= 0 || code > i64::from(i32::MAX) {
            return Err(vm.runtime_error(format!("extension code {code} is out of range")));
        }
        if let Ok(byte) = u8::try_from(code) {
            self.put_codes([op::EXT1, byte])?;
        } else if let Ok(short) = u16::try_from(code) {
            let [low, high] = short.to_le_bytes();
            self.put_codes([op::EXT2, low, high])?;
        } else {
            let [a, b, c, d] = u32::try_from(code).unwrap_or_default().to_le_bytes();
            self.put_codes([op::EXT4, a, b, c, d])?;
        }
        Ok(true)
    }

    /// A GLOBAL line, under the names of Python 2 where that is asked for.
    fn put_toplevel(&self, module_name: &Value, name: &Value) -> PyResult<()> {
        let vm = self.vm;
        let (mut module_name, mut name) = (module_name.clone(), name.clone());
        if self.pickler.fix_imports.get() {
            (module_name, name) = compatibility::to_old(vm, module_name, name)?;
        }
        let mut line = vec![op::GLOBAL];
        for (what, text) in [("module", &module_name), ("global", &name)] {
            let encodable = text.downcast::<PyStr>().filter(|text| {
                if self.proto() >= 3 {
                    std::str::from_utf8(&text.to_wtf8()).is_ok()
                } else {
                    text.as_ascii().is_some()
                }
            });
            let Some(encodable) = encodable else {
                let shown = vm.repr(text)?.to_rust_string();
                let error = self.pickling_error(format!(
                    "can't pickle {what} identifier {shown} using pickle protocol {}",
                    self.proto()
                ));
                return Err(self.because_of_encoding(error, text)?);
            };
            line.extend_from_slice(&encodable.to_wtf8());
            line.push(b'\n');
        }
        self.put(&line)
    }

    /// Gives the error the context that encoding the text has.
    fn because_of_encoding(
        &self,
        error: objects::core::errors::Raised,
        text: &Value,
    ) -> PyResult<objects::core::errors::Raised> {
        let vm = self.vm;
        let error = vm.take(error);
        let encoding = if self.proto() >= 3 { "utf-8" } else { "ascii" };
        let encoding = PyStr::new_value(vm, encoding);
        match vm.call_method(text, &vm.names().encode, &[encoding]) {
            Ok(_) => {}
            Err(raised) => {
                let context = vm.take(raised);
                payload_of(&error).context.set(Some(context));
            }
        }
        Ok(vm.restore(error))
    }

    /// The module in which `object` is found under `path` (`whichmodule`).
    fn which_module(&self, object: &Value, name: &Value, path: &[Value]) -> PyResult<Value> {
        let vm = self.vm;
        let shown = || Ok(vm.repr(object)?.to_rust_string());
        let module_name = vm.get_attr_opt(object, &vm.names().__module__)?;
        if path.iter().any(|part| value_is(part, "<locals>")) {
            let text = format!("Can't pickle local object {}", shown()?);
            return Err(self.pickling_error(text));
        }
        let module_name = match module_name.filter(|name| !name.is_none()) {
            Some(module_name) => module_name,
            None => match self.search_modules(object, path)? {
                Some(found) => return Ok(found),
                None => vm.intern("__main__").into_value(),
            },
        };
        let module = match self.module_of(&module_name) {
            Ok(module) => module,
            Err(raised) => {
                let known = [&exc::IMPORT_ERROR, &exc::VALUE_ERROR, &exc::KEY_ERROR];
                if !known.iter().any(|class| vm.raised_is(&raised, class)) {
                    return Err(raised);
                }
                let context = vm.take(raised);
                let why = vm.str(&context)?.to_rust_string();
                let error = self.pickling_error(format!("Can't pickle {}: {why}", shown()?));
                return Err(because_of(vm, error, context));
            }
        };
        let module_text = vm.str(&module_name)?.to_rust_string();
        let name = vm.str(name)?.to_rust_string();
        match get_path(vm, &module, path) {
            Ok(found) if found.is(object) => Ok(module_name),
            Ok(_) => Err(self.pickling_error(format!(
                "Can't pickle {}: it's not the same object as {module_text}.{name}",
                shown()?
            ))),
            Err(raised) if vm.raised_is(&raised, &exc::ATTRIBUTE_ERROR) => {
                let context = vm.take(raised);
                let error = self.pickling_error(format!(
                    "Can't pickle {}: it's not found as {module_text}.{name}",
                    shown()?
                ));
                Err(because_of(vm, error, context))
            }
            Err(raised) => Err(raised),
        }
    }

    fn module_of(&self, name: &Value) -> PyResult<Value> {
        let vm = self.vm;
        let Some(text) = name.downcast::<PyStr>() else {
            return Err(vm.type_error("module name must be a string"));
        };
        if text.is_empty() {
            return Err(vm.value_error("Empty module name"));
        }
        if let Some(known) =
            vm.interpreter().modules.get(vm, name)?.filter(|known| !known.is_none())
        {
            return Ok(known);
        }
        vm.import_module(&text.to_rust_string())
    }

    /// Goes through the modules for an object that does not say where it is from.
    fn search_modules(&self, object: &Value, path: &[Value]) -> PyResult<Option<Value>> {
        let vm = self.vm;
        for (name, module) in vm.interpreter().modules.items_vec() {
            let skipped = name
                .downcast::<PyStr>()
                .is_none_or(|name| name.is_text("__main__") || name.is_text("__mp_main__"));
            if skipped || module.is_none() {
                continue;
            }
            let found = vm.catch(get_path(vm, &module, path), &exc::ATTRIBUTE_ERROR)?;
            if found.is_some_and(|found| found.is(object)) {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }
}

/// The parts of a dotted name.
pub(super) fn dotted_path(vm: Vm<'_>, name: &Value) -> PyResult<Vec<Value>> {
    let parts = vm.call_method(name, &vm.intern("split"), &[PyStr::new_value(vm, ".")])?;
    vm.collect(&parts)
}

/// The attribute at the end of a dotted path.
pub(super) fn get_path(vm: Vm<'_>, object: &Value, path: &[Value]) -> PyResult<Value> {
    let mut object = object.clone();
    for part in path {
        let Some(part) = part.downcast::<PyStr>() else {
            return Err(vm.type_error("attribute name must be string"));
        };
        object = vm.get_attr(&object, &intern_ref(part))?;
    }
    Ok(object)
}

/// Sets what an error came from.
pub(super) fn because_of(
    vm: Vm<'_>,
    error: objects::core::errors::Raised,
    context: Value,
) -> objects::core::errors::Raised {
    let error = vm.take(error);
    payload_of(&error).context.set(Some(context));
    vm.restore(error)
}

/// A table of `copyreg`.
pub(super) fn copyreg(vm: Vm<'_>, name: &str) -> PyResult<Value> {
    let module = vm.import_module("copyreg")?;
    vm.get_attr_str(&module, name)
}
