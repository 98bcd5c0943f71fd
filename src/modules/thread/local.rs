//! `_thread._local`: an object with other attributes in each thread.
//!
//! The dictionaries hang on the object, by the thread's serial number; a thread that ends takes its own out of every object
//! that it has used.

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::gil_cell::GilCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::dict::PyDict;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::types::weakref;
use objects::{getset, payload};

payload! {
    /// The payload of a thread-local object.
    pub(super) struct PyLocal: LOCAL, gc {
        positional: GilCell<Value>,
        keywords: GilCell<Value>,
        /// The dictionary of each thread that has used the object.
        dicts: GilCell<Vec<(u64, Value)>>,
    }
}

/// `_thread._local`
pub(super) static LOCAL: StaticType = StaticType::new::<PyLocal>();

/// The spec of `_thread._local`.
pub(super) const LOCAL_SPEC: TypeSpec = TypeSpec {
    name: "_thread._local",
    doc: Some("_local()\n--\n\nThread-local data"),
    flags: spec_flags::BASETYPE | spec_flags::HAS_WEAKREF,
    slots: &[Slot::New(local_new), Slot::Getattro(local_getattro), Slot::Setattro(local_setattro)],
    getset: LOCAL_GETSET,
    ..TypeSpec::DEFAULT
};

getset! { LOCAL_GETSET:
    ["__dict__"] local_dict;
}

fn local_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let init = class.slots.init.get();
    let plain = objects::types::object_::OBJECT.get().slots.init.get();
    let own_init = match (init, plain) {
        (Some(own), Some(plain)) => !std::ptr::fn_addr_eq(own, plain),
        (own, _) => own.is_some(),
    };
    if !args.all().is_empty() && !own_init {
        return Err(vm.type_error("Initialization arguments are not supported"));
    }
    let positional = PyTuple::try_new(vm, args.positional())?.into_value();
    let keywords = objects::types::dict::from_keywords(vm, args)?.into_value();
    let this = PyRef::new_of(
        vm,
        class,
        PyLocal {
            positional: GilCell::new(positional),
            keywords: GilCell::new(keywords),
            dicts: GilCell::default(),
        },
    )
    .into_value();
    // `__init__` runs for this thread right after, as for any object.
    add_dict(vm, &this)?;
    Ok(this)
}

/// This thread's dictionary, new and empty.
fn add_dict(vm: Vm<'_>, this: &Value) -> PyResult<PyRef<PyDict>> {
    let dict = PyDict::new_ref(vm);
    let entry = (vm.thread().serial(), dict.clone().into_value());
    this.receiver::<PyLocal>().dicts.with_mut(|dicts| dicts.push(entry));
    let reference = weakref::new_ref(vm, this, None)?;
    vm.thread().locals.with_mut(|locals| {
        if !locals.iter().any(|known| known.is(&reference)) {
            locals.push(reference.clone());
        }
    });
    Ok(dict)
}

/// This thread's dictionary; the first use in a thread runs `__init__` with the arguments of the creation.
fn dict_of(vm: Vm<'_>, this: &Value) -> PyResult<PyRef<PyDict>> {
    let serial = vm.thread().serial();
    let local = this.receiver::<PyLocal>();
    let known = local.dicts.with(|dicts| {
        dicts.iter().find(|(thread, _)| *thread == serial).map(|(_, dict)| dict.clone())
    });
    if let Some(Ok(dict)) = known.map(Value::into_ref::<PyDict>) {
        return Ok(dict);
    }
    let dict = add_dict(vm, this)?;
    if let Some(init) = this.class().lookup(&vm.names().__init__) {
        let (positional, keywords) = (local.positional.get(), local.keywords.get());
        let mut all = vec![this.clone()];
        if let Some(items) = positional.downcast::<PyTuple>() {
            all.extend(items.items().iter().cloned());
        }
        let all = PyTuple::try_new(vm, &all)?.into_value();
        if let Err(raised) = crate::calling::apply(vm, &init, &all, &keywords) {
            // The next use tries again.
            forget(this, serial);
            return Err(raised);
        }
    }
    Ok(dict)
}

fn forget(this: &Value, serial: u64) {
    let dead = this.receiver::<PyLocal>().dicts.with_mut(|dicts| {
        dicts.iter().position(|(thread, _)| *thread == serial).map(|at| dicts.remove(at))
    });
    drop(dead);
}

/// The thread ends: its dictionaries go.
pub(super) fn thread_ends(vm: Vm<'_>) {
    let serial = vm.thread().serial();
    // A dictionary's end can use a thread-local object anew.
    loop {
        let references = vm.thread().locals.take();
        if references.is_empty() {
            return;
        }
        for reference in references {
            let target = weakref::core_of(&reference).and_then(weakref::WeakCore::get);
            if let Some(local) = target {
                forget(&local, serial);
            }
        }
    }
}

fn local_dict(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(dict_of(vm, this)?.into_value())
}

/// The generic lookup with this thread's dictionary as the instance's own.
fn local_getattro(vm: Vm<'_>, this: &Value, name: &Py<PyStr>) -> PyResult<Value> {
    let dict = dict_of(vm, this)?;
    if name.is_text("__dict__") {
        return Ok(dict.into_value());
    }
    let class = this.class();
    let owner = class.to_value();
    let in_class = class.lookup(name);
    let get = in_class.as_ref().and_then(|found| found.class().slots.descr_get.get());
    if let (Some(found), Some(get)) = (&in_class, get)
        && found.class().slots.descr_set.get().is_some()
    {
        return get(vm, found, Some(this), Some(&owner));
    }
    if let Some(own) = dict.get(vm, &name.to_value())? {
        return Ok(own);
    }
    match (in_class, get) {
        (Some(found), Some(get)) => get(vm, &found, Some(this), Some(&owner)),
        (Some(found), None) => Ok(found),
        (None, _) => Err(vm.no_attribute(this, name)),
    }
}

fn local_setattro(
    vm: Vm<'_>,
    this: &Value,
    name: &Py<PyStr>,
    value: Option<&Value>,
) -> PyResult<()> {
    let dict = dict_of(vm, this)?;
    if name.is_text("__dict__") {
        let class = this.class().name();
        let message = format!("'{class}' object attribute '__dict__' is read-only");
        return Err(vm.attribute_error(this, name, message));
    }
    let in_class = this.class().lookup(name);
    if let Some(descriptor) = &in_class
        && let Some(set) = descriptor.class().slots.descr_set.get()
    {
        return set(vm, descriptor, this, value);
    }
    match value {
        Some(value) => dict.set(vm, &name.to_value(), value.clone()),
        None => match dict.remove(vm, &name.to_value())? {
            Some(old) => {
                drop(old);
                Ok(())
            }
            None => Err(vm.no_attribute(this, name)),
        },
    }
}
