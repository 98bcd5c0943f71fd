//! `type`: calling, attributes, representation. Making classes is in `new.rs`, builtin types in `ready.rs`.

pub mod attributes;
pub mod mro;
pub mod new;
pub mod ready;
pub mod super_;

use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slot_defs;
use crate::core::slots::{GetAttrFn, Slot};
use crate::core::type_object::{PyType, TYPE};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::methods;
use crate::types::dict::PyDict;
use crate::types::generic_alias;
use crate::types::list::PyList;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;

/// The name without its module.
#[must_use]
pub fn short_name(class: &Py<PyType>) -> String {
    let name = class.name();
    if class.is_heap_type() {
        return name;
    }
    name.rsplit('.').next().unwrap_or(&name).to_owned()
}

/// `__qualname__`, as text.
#[must_use]
pub fn qualname_text(class: &Py<PyType>) -> String {
    match class.qualname.get() {
        Some(qualname) => qualname.to_rust_string(),
        None => short_name(class),
    }
}

/// `type(...)`: a value's type, or an instance of a class (`type_call`).
fn type_call(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    let class = this.receiver::<PyType>();
    if class.is(TYPE.get()) {
        match args.all() {
            [only] if args.keyword_count() == 0 => return Ok(only.class().to_value()),
            _ if args.positional().len() != 3 => {
                return Err(vm.type_error("type() takes 1 or 3 arguments"));
            }
            _ => {}
        }
    }
    instantiate(vm, class, args)
}

/// Makes an instance: `__new__`, then `__init__` of what it gave.
///
/// # Errors
/// What the two raise; TypeError for a type without instances of its own making.
pub fn instantiate(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let Some(new) = class.slots.new.get() else {
        return Err(vm.type_error(format!("cannot create '{}' instances", class.name())));
    };
    let instance = new(vm, class, args)?;
    let made = instance.class();
    if !made.is(class) && !made.is_subtype(class) {
        return Ok(instance);
    }
    if let Some(init) = instance.class().slots.init.get() {
        init(vm, &instance, args)?;
    }
    Ok(instance)
}

fn type_init(vm: Vm<'_>, _this: &Value, args: Args<'_>) -> PyResult<()> {
    let count = args.positional().len();
    if count == 1 && args.keyword_count() != 0 {
        return Err(vm.type_error("type.__init__() takes no keyword arguments"));
    }
    if count != 1 && count != 3 {
        return Err(vm.type_error("type.__init__() takes 1 or 3 arguments"));
    }
    Ok(())
}

fn type_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let class = this.receiver::<PyType>();
    let module = attributes::module_of(vm, class);
    let text = match module.as_ref().and_then(|module| module.downcast::<PyStr>()) {
        Some(module) if !module.is_text("builtins") => {
            format!("<class '{}.{}'>", module.to_rust_string(), qualname_text(class))
        }
        _ => format!("<class '{}'>", class.name()),
    };
    PyStr::try_new(vm, &text).map(PyRef::into_value)
}

/// `type.__getattribute__`: a data descriptor of the metaclass, then the class and its bases, then the metaclass.
///
/// # Errors
/// AttributeError, or what a descriptor raises.
pub fn type_getattro(vm: Vm<'_>, this: &Value, name: &Py<PyStr>) -> PyResult<Value> {
    match lookup(vm, this, name)? {
        Some(found) => Ok(found),
        None => Err(vm.no_attribute(this, name)),
    }
}

/// As [`type_getattro`], with None where there is no such attribute.
///
/// # Errors
/// What a descriptor raises.
pub fn lookup(vm: Vm<'_>, this: &Value, name: &Py<PyStr>) -> PyResult<Option<Value>> {
    let class = this.receiver::<PyType>();
    let metaclass = this.class();
    let in_metaclass = metaclass.lookup(name);
    let meta_get = in_metaclass.as_ref().and_then(|found| found.class().slots.descr_get.get());
    if let (Some(found), Some(get)) = (&in_metaclass, meta_get)
        && found.class().slots.descr_set.get().is_some()
    {
        let owner = metaclass.to_value();
        return get(vm, found, Some(this), Some(&owner)).map(Some);
    }
    if let Some(found) = class.lookup(name) {
        return match found.class().slots.descr_get.get() {
            Some(get) => get(vm, &found, None, Some(this)).map(Some),
            None => Ok(Some(found)),
        };
    }
    match (in_metaclass, meta_get) {
        (Some(found), Some(get)) => {
            let owner = metaclass.to_value();
            get(vm, &found, Some(this), Some(&owner)).map(Some)
        }
        (found, _) => Ok(found),
    }
}

/// Whether `get` is [`type_getattro`].
#[must_use]
pub fn is_type_getattro(get: GetAttrFn) -> bool {
    std::ptr::fn_addr_eq(get, type_getattro as GetAttrFn)
}

fn type_setattro(
    vm: Vm<'_>,
    this: &Value,
    name: &Py<PyStr>,
    value: Option<&Value>,
) -> PyResult<()> {
    let class = this.receiver::<PyType>();
    if class.has_flags(spec_flags::IMMUTABLE) {
        let shown = vm.repr(&name.to_value())?.to_rust_string();
        return Err(vm.type_error(format!(
            "cannot set {shown} attribute of immutable type '{}'",
            class.name()
        )));
    }
    if let Some(found) = this.class().lookup(name)
        && let Some(set) = found.class().slots.descr_set.get()
    {
        return set(vm, &found, this, value);
    }
    let name = crate::core::intern::intern_ref(name);
    // Caches refer to the old value without owning it: they are invalidated first.
    class.modified();
    let dict = class.namespace();
    let old = match value {
        Some(value) => dict.set_str(&name, value.clone()),
        None => match dict.remove_str(&name) {
            Some(old) => Some(old),
            None => return Err(vm.no_attribute(this, &name)),
        },
    };
    slot_defs::attribute_changed(vm, class, &name);
    drop(old);
    Ok(())
}

fn type_or(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    generic_alias::union_or(vm, a, b)
}

// Methods.

fn type_mro(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let items = mro::linearise(vm, this.receiver::<PyType>())?;
    Ok(PyList::new_value(vm, items))
}

fn type_subclasses(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let class = this.receiver::<PyType>();
    let live = class.live_subclasses().into_iter().map(PyRef::into_value).collect();
    Ok(PyList::new_value(vm, live))
}

fn type_prepare(vm: Vm<'_>, _this: &Value, _args: Args<'_>) -> PyResult<Value> {
    Ok(PyDict::new_ref(vm).into_value())
}

fn type_instancecheck(vm: Vm<'_>, this: &Value, object: &Value) -> PyResult<Value> {
    vm.real_isinstance(object, this).map(Value::from_bool)
}

fn type_subclasscheck(vm: Vm<'_>, this: &Value, derived: &Value) -> PyResult<Value> {
    vm.real_issubclass(derived, this).map(Value::from_bool)
}

fn type_dir(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let names = PyDict::new_ref(vm);
    merge_class_dict(vm, &names, this)?;
    let keys = names.string_keys().into_iter().map(PyRef::into_value).collect();
    Ok(PyList::new_value(vm, keys))
}

/// Adds the names of a class and of its bases (`merge_class_dict`).
///
/// # Errors
/// What reading `__dict__` and `__bases__` raises.
pub fn merge_class_dict(vm: Vm<'_>, names: &Py<PyDict>, class: &Value) -> PyResult<()> {
    vm.check_recursion(" in __dir__")?;
    match class.downcast::<PyType>() {
        Some(class) => {
            for key in class.namespace().string_keys() {
                drop(names.set_str(&key, Value::NONE));
            }
        }
        None => {
            if let Some(dict) = vm.get_attr_opt(class, &vm.names().__dict__)? {
                for key in vm.mapping_keys(&dict)? {
                    if let Some(key) = key.downcast::<PyStr>() {
                        drop(names.set_str(key, Value::NONE));
                    }
                }
            }
        }
    }
    if let Some(bases) = vm.get_attr_opt(class, &vm.names().__bases__)?
        && let Some(bases) = bases.downcast::<PyTuple>()
    {
        for base in bases.items() {
            merge_class_dict(vm, names, base)?;
        }
    }
    Ok(())
}

fn type_sizeof(_vm: Vm<'_>, _this: &Value) -> PyResult<Value> {
    Ok(Value::from_usize(size_of::<PyType>() + 16))
}

methods! { TYPE_METHODS:
    /// Return a type's method resolution order.
    ["mro"] "($self, /)" None(type_mro);
    /// Return a list of immediate subclasses.
    ["__subclasses__"] "($self, /)" None(type_subclasses);
    /// Create the namespace for the class statement
    class ["__prepare__"] "($cls, name, bases, /, **kwds)" Any(type_prepare);
    /// Check if an object is an instance.
    ["__instancecheck__"] "($self, instance, /)" One(type_instancecheck);
    /// Check if a class is a subclass.
    ["__subclasscheck__"] "($self, subclass, /)" One(type_subclasscheck);
    /// Specialized __dir__ implementation for types.
    ["__dir__"] "($self, /)" None(type_dir);
    /// Return memory consumption of the type object.
    ["__sizeof__"] "($self, /)" None(type_sizeof);
}

/// The spec of `type`.
pub const TYPE_SPEC: TypeSpec = TypeSpec {
    name: "type",
    doc: Some("type(object) -> the object's type\ntype(name, bases, dict, **kwds) -> a new type"),
    flags: spec_flags::BASETYPE | spec_flags::TYPE_SUBCLASS | spec_flags::HAS_WEAKREF,
    slots: &[
        Slot::New(new::type_new),
        Slot::Repr(type_repr),
        Slot::Call(type_call),
        Slot::Getattro(type_getattro),
        Slot::Setattro(type_setattro),
        Slot::Init(type_init),
        Slot::NbOr(type_or),
    ],
    methods: TYPE_METHODS,
    getset: attributes::TYPE_GETSET,
    ..TypeSpec::DEFAULT
};
