//! `object`: what every value has.

use crate::core::args::Args;
use crate::core::attribute::{generic_get, generic_set};
use crate::core::errors::PyResult;
use crate::core::extension;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::{CompareOp, InitFn, NewFn, Slot};
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{GetSetDef, TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::builtin_function::pointer_hash;
use crate::types::dict::PyDict;
use crate::types::list::PyList;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::types::type_::{self, attributes, qualname_text};
use crate::{getset, methods, payload};

payload! {
    /// The payload of a plain object: nothing.
    pub struct PyBareObject: OBJECT {
    }
}

/// `object`
pub static OBJECT: StaticType = StaticType::new::<PyBareObject>();

// Making.

fn has_own_new(class: &Py<PyType>) -> bool {
    class.slots.new.get().is_none_or(|new| !std::ptr::fn_addr_eq(new, object_new as NewFn))
}

fn has_own_init(class: &Py<PyType>) -> bool {
    class.slots.init.get().is_none_or(|init| !std::ptr::fn_addr_eq(init, object_init as InitFn))
}

/// `object.__new__`
///
/// # Errors
/// TypeError for surplus arguments and for abstract classes.
pub fn object_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    if !args.all().is_empty() {
        if has_own_new(class) {
            return Err(vm.type_error(
                "object.__new__() takes exactly one argument (the type to instantiate)",
            ));
        }
        if !has_own_init(class) {
            return Err(vm.type_error(format!("{}() takes no arguments", class.name())));
        }
    }
    if class.has_flags(spec_flags::ABSTRACT) {
        return Err(abstract_error(vm, class)?);
    }
    Ok(PyRef::try_new_of(vm, class, PyBareObject {})?.into_value())
}

/// An instance of a class that has `object.__new__` and is not abstract.
#[inline]
#[must_use]
pub fn new_instance(vm: Vm<'_>, class: &Py<PyType>) -> Value {
    PyRef::new_of(vm, class, PyBareObject {}).into_value()
}

#[cold]
fn abstract_error(vm: Vm<'_>, class: &Py<PyType>) -> PyResult<crate::core::errors::Raised> {
    let this = class.to_value();
    let methods = vm.get_attr(&this, &vm.intern("__abstractmethods__"))?;
    let mut names = Vec::new();
    for name in vm.collect(&methods)? {
        names.push(vm.str(&name)?.to_rust_string());
    }
    names.sort();
    let plural = if names.len() == 1 { "" } else { "s" };
    Ok(vm.type_error(format!(
        "Can't instantiate abstract class {} without an implementation for abstract method{plural} '{}'",
        type_::short_name(class),
        names.join("', '")
    )))
}

/// `object.__init__`
///
/// # Errors
/// TypeError for surplus arguments.
pub fn object_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    let class = this.class();
    if args.all().is_empty() {
        return Ok(());
    }
    if has_own_init(class) {
        return Err(vm.type_error(
            "object.__init__() takes exactly one argument (the instance to initialize)",
        ));
    }
    if !has_own_new(class) {
        return Err(vm.type_error(format!(
            "{}.__init__() takes exactly one argument (the instance to initialize)",
            class.name()
        )));
    }
    Ok(())
}

// Showing, comparing.

fn object_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let class = this.class();
    let module = attributes::module_of(vm, class);
    let name = match module.as_ref().and_then(|module| module.downcast::<PyStr>()) {
        Some(module) if !module.is_text("builtins") => {
            format!("{}.{}", module.to_rust_string(), qualname_text(class))
        }
        _ => class.name(),
    };
    PyStr::try_new(vm, &format!("<{name} object at {:#x}>", this.id())).map(PyRef::into_value)
}

fn object_str(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    match this.class().slots.repr.get() {
        Some(repr) => repr(vm, this),
        None => object_repr(vm, this),
    }
}

fn object_hash(_vm: Vm<'_>, this: &Value) -> PyResult<i64> {
    Ok(pointer_hash(this.id()))
}

fn object_compare(vm: Vm<'_>, this: &Value, other: &Value, op: CompareOp) -> PyResult<Value> {
    match op {
        CompareOp::Eq if this.is(other) => Ok(Value::TRUE),
        CompareOp::Ne => {
            // The inverse of the class's own `==`, unless that does not know.
            let Some(compare) = this.class().slots.richcompare.get() else {
                return Ok(Value::NOT_IMPLEMENTED);
            };
            let equal = compare(vm, this, other, CompareOp::Eq)?;
            if equal.is_not_implemented() {
                return Ok(equal);
            }
            vm.is_true(&equal).map(|equal| Value::from_bool(!equal))
        }
        _ => Ok(Value::NOT_IMPLEMENTED),
    }
}

// Attributes.

fn get_class(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.class().to_value())
}

fn set_class(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    let Some(value) = value else {
        return Err(vm.type_error("can't delete __class__ attribute"));
    };
    let Some(new) = value.downcast::<PyType>() else {
        return Err(vm.type_error(format!(
            "__class__ must be set to a class, not '{}' object",
            value.class().name()
        )));
    };
    let old = this.class().to_ref();
    let is_module = |class: &Py<PyType>| {
        class.mro_tuple().items().iter().any(|entry| {
            entry.receiver::<PyType>().spec().is_some_and(|spec| spec.name == "module")
        })
    };
    let mutable = |class: &Py<PyType>| !class.has_flags(spec_flags::IMMUTABLE);
    let allowed = is_module(new) && is_module(&old) || mutable(new) && mutable(&old);
    if !allowed {
        return Err(vm.type_error(
            "__class__ assignment only supported for mutable types or ModuleType subclasses",
        ));
    }
    if !attributes::compatible_layouts(new, &old) {
        let difference = attributes::difference(new, &old);
        return Err(vm.type_error(format!("__class__ assignment: {difference}")));
    }
    let Some(heap) = this.as_object() else { return Ok(()) };
    if !extension::change_class(vm, heap, new) {
        return Err(vm.type_error(format!(
            "__class__ assignment: '{}' object layout differs from '{}'",
            new.name(),
            old.name()
        )));
    }
    Ok(())
}

/// `__dict__` of an instance.
///
/// # Errors
/// AttributeError when it has none.
pub fn get_dict(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    match this.as_object().and_then(|heap| extension::dict_or_new(vm, heap)) {
        Some(dict) => Ok(dict.into_value()),
        None => {
            let message = "This object has no __dict__";
            Err(vm.attribute_error(this, &vm.names().__dict__, message))
        }
    }
}

/// Replaces the `__dict__` of an instance.
///
/// # Errors
/// TypeError for what is no dict.
pub fn set_dict(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    let new = match value {
        None => None,
        Some(value) => match value.downcast::<PyDict>() {
            Some(dict) => Some(dict.to_ref()),
            None => {
                return Err(vm.type_error(format!(
                    "__dict__ must be set to a dictionary, not a '{}'",
                    value.class().name()
                )));
            }
        },
    };
    if let Some(heap) = this.as_object() {
        drop(extension::replace_dict(heap, new));
    }
    Ok(())
}

fn get_weakref(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let first = crate::types::weakref::references_in_order(this).into_iter().next();
    Ok(first.unwrap_or(Value::NONE))
}

/// The `__dict__` attribute of classes made in Python.
pub static DICT_DEF: GetSetDef = GetSetDef {
    name: "__dict__",
    doc: "dictionary for instance variables",
    get: get_instance_dict,
    set: Some(set_instance_dict),
    is_member: false,
};

/// The `__dict__` attribute of the builtin type that the class of `this` is derived from, if that has one: it decides.
fn native_dict_attribute(vm: Vm<'_>, this: &Value) -> Option<Value> {
    let mut current = Some(this.class().to_ref());
    while let Some(class) = current {
        if !class.is_heap_type()
            && let Some(found) = class.namespace().get_str(&vm.names().__dict__)
        {
            return Some(found);
        }
        current = class.base.get();
    }
    None
}

fn get_instance_dict(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    match native_dict_attribute(vm, this) {
        Some(native) => match native.class().slots.descr_get.get() {
            Some(get) => get(vm, &native, Some(this), None),
            None => get_dict(vm, this),
        },
        None => get_dict(vm, this),
    }
}

fn set_instance_dict(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    match native_dict_attribute(vm, this) {
        Some(native) => match native.class().slots.descr_set.get() {
            Some(set) => set(vm, &native, this, value),
            None => set_dict(vm, this, value),
        },
        None => set_dict(vm, this, value),
    }
}

/// The `__dict__` attribute of builtin types whose instances have attributes: it stays.
pub static NATIVE_DICT_DEF: GetSetDef = GetSetDef {
    name: "__dict__",
    doc: "",
    get: get_dict,
    set: Some(set_native_dict),
    is_member: false,
};

fn set_native_dict(vm: Vm<'_>, this: &Value, new: Option<&Value>) -> PyResult<()> {
    match new {
        None => Err(vm.type_error("cannot delete __dict__")),
        Some(_) => set_dict(vm, this, new),
    }
}

/// The `__weakref__` attribute of classes made in Python.
pub static WEAKREF_DEF: GetSetDef = GetSetDef {
    name: "__weakref__",
    doc: "list of weak references to the object",
    get: get_weakref,
    set: None,
    is_member: false,
};

// Methods.

fn object_format(vm: Vm<'_>, this: &Value, spec: &Value) -> PyResult<Value> {
    let Some(text) = spec.downcast::<PyStr>() else {
        return Err(
            vm.type_error(format!("__format__() argument must be str, not {}", vm.type_text(spec)))
        );
    };
    if !text.is_empty() {
        return Err(vm.type_error(format!(
            "unsupported format string passed to {}.__format__",
            this.class().name()
        )));
    }
    vm.str(this).map(PyRef::into_value)
}

fn object_sizeof(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let class = this.class();
    let bytes = match this.as_object() {
        Some(heap) => heap.used_bytes() + class.extension_bytes(),
        None => 8,
    };
    Ok(Value::from_usize(bytes))
}

fn object_dir(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let names = PyDict::new_ref(vm);
    if let Some(dict) = vm.get_attr_opt(this, &vm.names().__dict__)?
        && let Some(dict) = dict.downcast::<PyDict>()
    {
        for key in dict.string_keys() {
            drop(names.set_str(&key, Value::NONE));
        }
    }
    if let Some(class) = vm.get_attr_opt(this, &vm.names().__class__)? {
        type_::merge_class_dict(vm, &names, &class)?;
    }
    let keys = names.string_keys().into_iter().map(PyRef::into_value).collect();
    Ok(PyList::new_value(vm, keys))
}

fn object_init_subclass(_vm: Vm<'_>, _class: &Value) -> PyResult<Value> {
    Ok(Value::NONE)
}

fn object_subclasshook(_vm: Vm<'_>, _class: &Value, _args: Args<'_>) -> PyResult<Value> {
    Ok(Value::NOT_IMPLEMENTED)
}

// Pickling.

/// Whether instances hold something that `__getstate__` does not see.
fn has_hidden_state(class: &Py<PyType>) -> bool {
    let native = class.solid_base();
    !native.is(OBJECT.get())
}

/// The names in `__slots__` of a class and its bases, as `copyreg._slotnames` gives them.
fn slot_names(vm: Vm<'_>, class: &Py<PyType>) -> PyResult<Vec<PyRef<PyStr>>> {
    let names = &vm.names().__slotnames__;
    let value = match class.namespace().get_str(names) {
        Some(known) => known,
        None => {
            let copyreg = vm.import_module("copyreg")?;
            vm.call_method(&copyreg, &vm.intern("_slotnames"), &[class.to_value()])?
        }
    };
    if value.is_none() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for name in vm.collect(&value)? {
        if let Ok(name) = name.into_ref::<PyStr>() {
            found.push(name);
        }
    }
    Ok(found)
}

/// `object.__getstate__` (`object_getstate_default`).
fn default_state(vm: Vm<'_>, this: &Value, required: bool) -> PyResult<Value> {
    let class = this.class();
    if required && has_hidden_state(class) {
        return Err(vm.type_error(format!("cannot pickle '{}' object", class.name())));
    }
    // No attributes are no state.
    let dict = vm
        .get_attr_opt(this, &vm.names().__dict__)?
        .filter(|dict| dict.downcast_exact::<PyDict>().is_none_or(|dict| !dict.is_empty()))
        .unwrap_or(Value::NONE);
    let names = if class.is_heap_type() { slot_names(vm, class)? } else { Vec::new() };
    if required && usize::from(class.extension().slot_count) > names.len() {
        return Err(vm.type_error(format!("cannot pickle '{}' object", class.name())));
    }
    if names.is_empty() {
        return Ok(dict);
    }
    let slots = PyDict::new_ref(vm);
    for name in names {
        if let Some(value) = vm.get_attr_opt(this, &name)? {
            drop(slots.set_str(&name, value));
        }
    }
    if slots.string_keys().is_empty() {
        return Ok(dict);
    }
    Ok(PyTuple::new_value(vm, &[dict, slots.into_value()]))
}

fn object_getstate(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    default_state(vm, this, false)
}

fn state_of(vm: Vm<'_>, this: &Value, required: bool) -> PyResult<Value> {
    let name = &vm.names().__getstate__;
    let own = this.class().lookup(name);
    let native = OBJECT.get().lookup(name);
    let is_default = match (&own, &native) {
        (Some(own), Some(native)) => own.is(native),
        _ => false,
    };
    let shadowed = this.as_object().and_then(|heap| extension::attribute(heap, name)).is_some();
    if is_default && !shadowed {
        return default_state(vm, this, required);
    }
    vm.call_method(this, name, &[])
}

/// The arguments for `__new__`: (args, keywords).
type NewArgs = Option<(Value, Value)>;

fn new_arguments(vm: Vm<'_>, this: &Value) -> PyResult<NewArgs> {
    let names = vm.names();
    if let Some(result) = vm.call_special(this, &names.__getnewargs_ex__, &[])? {
        let Some(pair) = result.downcast::<PyTuple>() else {
            return Err(vm.type_error(format!(
                "__getnewargs_ex__ should return a tuple, not '{}'",
                result.class().name()
            )));
        };
        let [args, keywords] = pair.items() else {
            return Err(vm.value_error(format!(
                "__getnewargs_ex__ should return a tuple of length 2, not {}",
                pair.items().len()
            )));
        };
        if args.downcast::<PyTuple>().is_none() {
            return Err(vm.type_error(format!(
                "first item of the tuple returned by __getnewargs_ex__ must be a tuple, not '{}'",
                args.class().name()
            )));
        }
        if keywords.downcast::<PyDict>().is_none() {
            return Err(vm.type_error(format!(
                "second item of the tuple returned by __getnewargs_ex__ must be a dict, not '{}'",
                keywords.class().name()
            )));
        }
        return Ok(Some((args.clone(), keywords.clone())));
    }
    if let Some(args) = vm.call_special(this, &names.__getnewargs__, &[])? {
        if args.downcast::<PyTuple>().is_none() {
            return Err(vm.type_error(format!(
                "__getnewargs__ should return a tuple, not '{}'",
                args.class().name()
            )));
        }
        return Ok(Some((args, Value::NONE)));
    }
    Ok(None)
}

/// Protocol 2 and above (`reduce_newobj`).
fn reduce_new(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let class = this.class();
    if class.slots.new.get().is_none() {
        return Err(vm.type_error(format!("cannot pickle '{}' object", class.name())));
    }
    let arguments = new_arguments(vm, this)?;
    let has_args = arguments.is_some();
    let (args, keywords) = arguments.unwrap_or((Value::NONE, Value::NONE));
    let copyreg = vm.import_module("copyreg")?;
    let keyword_count = keywords.downcast::<PyDict>().map_or(0, |dict| dict.string_keys().len());
    let class_value = class.to_value();
    let (function, new_args) = if keyword_count != 0 {
        let function = vm.get_attr_str(&copyreg, "__newobj_ex__")?;
        (function, PyTuple::new_value(vm, &[class_value, args, keywords]))
    } else {
        let function = vm.get_attr_str(&copyreg, "__newobj__")?;
        let mut all = vec![class_value];
        if let Some(args) = args.downcast::<PyTuple>() {
            all.extend_from_slice(args.items());
        }
        (function, PyTuple::try_from_vec(vm, all)?.into_value())
    };
    let is_list = class.has_flags(spec_flags::LIST_SUBCLASS);
    let is_dict = class.has_flags(spec_flags::DICT_SUBCLASS);
    let state = state_of(vm, this, !(has_args || is_list || is_dict))?;
    let list_items = if is_list { vm.iter(this)? } else { Value::NONE };
    let dict_items = if is_dict {
        let items = vm.call_method(this, &vm.names().items, &[])?;
        vm.iter(&items)?
    } else {
        Value::NONE
    };
    Ok(PyTuple::new_value(vm, &[function, new_args, state, list_items, dict_items]))
}

fn reduce_with(vm: Vm<'_>, this: &Value, protocol: i64) -> PyResult<Value> {
    if protocol >= 2 {
        return reduce_new(vm, this);
    }
    let copyreg = vm.import_module("copyreg")?;
    let protocol = Value::small_int_unchecked(protocol);
    vm.call_method(&copyreg, &vm.intern("_reduce_ex"), &[this.clone(), protocol])
}

fn object_reduce(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    reduce_with(vm, this, 0)
}

fn object_reduce_ex(vm: Vm<'_>, this: &Value, protocol: &Value) -> PyResult<Value> {
    let protocol = i64::from(crate::protocol::number::as_i32(vm, protocol)?);
    let name = &vm.names().__reduce__;
    if let Some(reduce) = vm.get_attr_opt(this, name)? {
        let own = this.class().lookup(name);
        let native = OBJECT.get().lookup(name);
        let overridden = match (&own, &native) {
            (Some(own), Some(native)) => !own.is(native),
            _ => true,
        };
        if overridden {
            return vm.call(&reduce, &[]);
        }
    }
    reduce_with(vm, this, protocol)
}

methods! { METHODS:
    /// Helper for pickle.
    ["__reduce_ex__"] "($self, protocol, /)" One(object_reduce_ex);
    /// Helper for pickle.
    ["__reduce__"] "($self, /)" None(object_reduce);
    /// Helper for pickle.
    ["__getstate__"] "($self, /)" None(object_getstate);
    /// Abstract classes can override this to customize issubclass().
    ///
    /// This is invoked early on by abc.ABCMeta.__subclasscheck__().
    /// It should return True, False or NotImplemented.  If it returns
    /// NotImplemented, the normal algorithm is used.  Otherwise, it
    /// overrides the normal algorithm (and the outcome is cached).
    ///
    class ["__subclasshook__"] "($type, object, /)" Any(object_subclasshook);
    /// This method is called when a class is subclassed.
    ///
    /// The default implementation does nothing. It may be
    /// overridden to extend subclasses.
    ///
    class ["__init_subclass__"] "($type, /)" None(object_init_subclass);
    /// Default object formatter.
    ///
    /// Return str(self) if format_spec is empty. Raise TypeError otherwise.
    ["__format__"] "($self, format_spec, /)" One(object_format);
    /// Size of object in memory, in bytes.
    ["__sizeof__"] "($self, /)" None(object_sizeof);
    /// Default dir() implementation.
    ["__dir__"] "($self, /)" None(object_dir);
}

getset! { GETSET:
    /// the object's class
    ["__class__"] get_class, set_class;
}

/// The spec of `object`.
pub const OBJECT_SPEC: TypeSpec = TypeSpec {
    name: "object",
    doc: Some(
        "object()\n--\n\nThe base class of the class hierarchy.\n\nWhen called, it accepts no arguments and returns a new featureless\ninstance that has no instance attributes and cannot be given any.\n",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[
        Slot::New(object_new),
        Slot::Init(object_init),
        Slot::Repr(object_repr),
        Slot::Str(object_str),
        Slot::Hash(object_hash),
        Slot::Richcompare(object_compare),
        Slot::Getattro(generic_get),
        Slot::Setattro(generic_set),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};
