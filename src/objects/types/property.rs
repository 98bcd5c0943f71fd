//! `property`, `classmethod`, `staticmethod`.

use std::cell::Cell;

use crate::core::args::Args;
use crate::core::errors::{PyResult, Raised};
use crate::core::extension;
use crate::core::gil_cell::GilCell;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::signature::LazySignature;
use crate::core::slots::Slot;
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::str::PyStr;
use crate::{getset, methods, payload};

payload! {
    /// The payload of a property.
    pub struct PyProperty: PROPERTY, gc {
        getter: GilCell<Option<Value>>,
        setter: GilCell<Option<Value>>,
        deleter: GilCell<Option<Value>>,
        doc: GilCell<Option<Value>>,
        name: GilCell<Option<Value>>,
        doc_of_getter: Cell<bool>,
    }
}

/// `property`
pub static PROPERTY: StaticType = StaticType::new::<PyProperty>();

payload! {
    /// The payload of a class method.
    pub struct PyClassMethod: CLASS_METHOD, gc {
        callable: GilCell<Option<Value>>,
    }
}

/// `classmethod`
pub static CLASS_METHOD: StaticType = StaticType::new::<PyClassMethod>();

payload! {
    /// The payload of a static method.
    pub struct PyStaticMethod: STATIC_METHOD, gc {
        callable: GilCell<Option<Value>>,
    }
}

/// `staticmethod`
pub static STATIC_METHOD: StaticType = StaticType::new::<PyStaticMethod>();

impl PyProperty {
    /// The function that reads, for the evaluation loop's specialised attribute loads.
    #[must_use]
    pub fn getter(&self) -> Option<Value> {
        self.getter.get()
    }
}

impl PyStaticMethod {
    /// A static method around `callable`.
    #[must_use]
    pub fn new_value(vm: Vm<'_>, callable: Value) -> Value {
        PyRef::new(vm, Self { callable: GilCell::new(Some(callable)) }).into_value()
    }

    /// The function.
    #[must_use]
    pub fn callable(&self) -> Option<Value> {
        self.callable.get()
    }
}

impl PyClassMethod {
    /// A class method around `callable`.
    #[must_use]
    pub fn new_value(vm: Vm<'_>, callable: Value) -> Value {
        PyRef::new(vm, Self { callable: GilCell::new(Some(callable)) }).into_value()
    }

    /// The function.
    #[must_use]
    pub fn callable(&self) -> Option<Value> {
        self.callable.get()
    }
}

// property

static PROPERTY_SIGNATURE: LazySignature =
    LazySignature::new("(fget=None, fset=None, fdel=None, doc=None)");

fn property_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    let payload = PyProperty {
        getter: GilCell::default(),
        setter: GilCell::default(),
        deleter: GilCell::default(),
        doc: GilCell::default(),
        name: GilCell::default(),
        doc_of_getter: Cell::new(false),
    };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn property_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    let bound = PROPERTY_SIGNATURE.bind(vm, "property", args)?;
    let property = this.receiver::<PyProperty>();
    let [getter, setter, deleter, doc] =
        [0, 1, 2, 3].map(|index| bound.get_non_none(index).cloned());
    property.getter.set(getter.clone());
    property.setter.set(setter);
    property.deleter.set(deleter);
    property.doc.set(None);
    property.name.set(None);
    property.doc_of_getter.set(false);
    let mut text = doc;
    if text.is_none()
        && let Some(getter) = getter
    {
        let found = vm.get_attr_opt(&getter, &vm.names().__doc__)?;
        text = found.filter(|doc| !doc.is_none());
        property.doc_of_getter.set(text.is_some());
    }
    if this.is_exact(PROPERTY.get()) {
        property.doc.set(text);
        return Ok(());
    }
    // A subclass keeps the text in its instance's dict, where its class's own `__doc__` does not hide it.
    let stored = text.clone().unwrap_or(Value::NONE);
    let result = vm.set_attr(this, &vm.names().__doc__, Some(&stored));
    match vm.catch(result, &crate::types::exceptions::hierarchy::ATTRIBUTE_ERROR)? {
        Some(()) => Ok(()),
        // A text that was passed is dropped, that of the getter is not.
        None if !property.doc_of_getter.get() => Ok(()),
        None => Err(vm.no_attribute(this, &vm.names().__doc__)),
    }
}

fn property_copy(
    vm: Vm<'_>,
    this: &Value,
    getter: Option<&Value>,
    setter: Option<&Value>,
    deleter: Option<&Value>,
) -> PyResult<Value> {
    let property = this.receiver::<PyProperty>();
    let pick = |new: Option<&Value>, old: &GilCell<Option<Value>>| match new {
        Some(new) if !new.is_none() => new.clone(),
        _ => old.get().unwrap_or(Value::NONE),
    };
    let new_getter = pick(getter, &property.getter);
    let doc = if property.doc_of_getter.get() && !new_getter.is_none() {
        Value::NONE
    } else {
        property.doc.get().unwrap_or(Value::NONE)
    };
    let class = this.class().to_value();
    let args = [new_getter, pick(setter, &property.setter), pick(deleter, &property.deleter), doc];
    let new = vm.call(&class, &args)?;
    if let Some(copy) = new.downcast::<PyProperty>() {
        copy.name.set(property.name.get());
    }
    Ok(new)
}

fn property_get(
    vm: Vm<'_>,
    this: &Value,
    object: Option<&Value>,
    _owner: Option<&Value>,
) -> PyResult<Value> {
    let Some(object) = object else { return Ok(this.clone()) };
    match this.receiver::<PyProperty>().getter.get() {
        Some(getter) => vm.call(&getter, std::slice::from_ref(object)),
        None => Err(no_accessor(vm, this, object, "getter")),
    }
}

fn property_set(vm: Vm<'_>, this: &Value, object: &Value, value: Option<&Value>) -> PyResult<()> {
    let property = this.receiver::<PyProperty>();
    match value {
        Some(value) => match property.setter.get() {
            Some(setter) => vm.call(&setter, &[object.clone(), value.clone()]).map(drop),
            None => Err(no_accessor(vm, this, object, "setter")),
        },
        None => match property.deleter.get() {
            Some(deleter) => vm.call(&deleter, std::slice::from_ref(object)).map(drop),
            None => Err(no_accessor(vm, this, object, "deleter")),
        },
    }
}

#[cold]
fn no_accessor(vm: Vm<'_>, this: &Value, object: &Value, what: &str) -> Raised {
    let class = super::type_::qualname_text(object.class());
    let message = match property_name(vm, this) {
        Ok(Some(name)) => match vm.repr(&name) {
            Ok(name) => {
                format!("property {} of '{class}' object has no {what}", name.to_rust_string())
            }
            Err(raised) => return raised,
        },
        Ok(None) => format!("property of '{class}' object has no {what}"),
        Err(raised) => return raised,
    };
    vm.error(&crate::types::exceptions::hierarchy::ATTRIBUTE_ERROR, message)
}

fn property_name(vm: Vm<'_>, this: &Value) -> PyResult<Option<Value>> {
    let property = this.receiver::<PyProperty>();
    if let Some(name) = property.name.get() {
        return Ok(Some(name));
    }
    match property.getter.get() {
        Some(getter) => vm.get_attr_opt(&getter, &vm.names().__name__),
        None => Ok(None),
    }
}

fn property_getter(vm: Vm<'_>, this: &Value, function: &Value) -> PyResult<Value> {
    property_copy(vm, this, Some(function), None, None)
}

fn property_setter(vm: Vm<'_>, this: &Value, function: &Value) -> PyResult<Value> {
    property_copy(vm, this, None, Some(function), None)
}

fn property_deleter(vm: Vm<'_>, this: &Value, function: &Value) -> PyResult<Value> {
    property_copy(vm, this, None, None, Some(function))
}

fn property_set_name(vm: Vm<'_>, this: &Value, args: &[Value]) -> PyResult<Value> {
    let [_, name] = args else {
        return Err(vm.type_error(format!(
            "__set_name__() takes 2 positional arguments but {} were given",
            args.len()
        )));
    };
    this.receiver::<PyProperty>().name.set(Some(name.clone()));
    Ok(Value::NONE)
}

fn property_fget(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.receiver::<PyProperty>().getter.get().unwrap_or(Value::NONE))
}

fn property_fset(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.receiver::<PyProperty>().setter.get().unwrap_or(Value::NONE))
}

fn property_fdel(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.receiver::<PyProperty>().deleter.get().unwrap_or(Value::NONE))
}

fn property_doc(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(this.receiver::<PyProperty>().doc.get().unwrap_or(Value::NONE))
}

fn property_set_doc(_vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    this.receiver::<PyProperty>().doc.set(value.cloned());
    Ok(())
}

fn property_get_name(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    match property_name(vm, this)? {
        Some(name) => Ok(name),
        None => {
            let name = &vm.names().__name__;
            Err(vm.attribute_error(this, name, "'property' object has no attribute '__name__'"))
        }
    }
}

fn property_set_name_attribute(_vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    this.receiver::<PyProperty>().name.set(value.cloned());
    Ok(())
}

fn property_is_abstract(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let property = this.receiver::<PyProperty>();
    for function in [property.getter.get(), property.setter.get(), property.deleter.get()] {
        if let Some(function) = function
            && is_abstract(vm, &function)?
        {
            return Ok(Value::TRUE);
        }
    }
    Ok(Value::FALSE)
}

/// Whether a callable says that it is abstract (`_PyObject_IsAbstract`).
///
/// # Errors
/// What reading `__isabstractmethod__` raises.
pub fn is_abstract(vm: Vm<'_>, callable: &Value) -> PyResult<bool> {
    match vm.get_attr_opt(callable, &vm.names().__isabstractmethod__)? {
        Some(answer) => vm.is_true(&answer),
        None => Ok(false),
    }
}

methods! { PROPERTY_METHODS:
    /// Descriptor to obtain a copy of the property with a different getter.
    ["getter"] "($self, object, /)" One(property_getter);
    /// Descriptor to obtain a copy of the property with a different setter.
    ["setter"] "($self, object, /)" One(property_setter);
    /// Descriptor to obtain a copy of the property with a different deleter.
    ["deleter"] "($self, object, /)" One(property_deleter);
    /// Method to set name of a property.
    ["__set_name__"] "($self, owner, name, /)" Positional(property_set_name);
}

getset! { PROPERTY_GETSET:
    member ["fget"] property_fget;
    member ["fset"] property_fset;
    member ["fdel"] property_fdel;
    ["__doc__"] property_doc, property_set_doc;
    ["__name__"] property_get_name, property_set_name_attribute;
    ["__isabstractmethod__"] property_is_abstract;
}

/// The spec of `property`.
pub const PROPERTY_SPEC: TypeSpec = TypeSpec {
    name: "property",
    doc: Some(
        "property(fget=None, fset=None, fdel=None, doc=None)\n--\n\nProperty attribute.\n\n  fget\n    function to be used for getting an attribute value\n  fset\n    function to be used for setting an attribute value\n  fdel\n    function to be used for del'ing an attribute\n  doc\n    docstring\n\nTypical use is to define a managed attribute x:\n\nclass C(object):\n    def getx(self): return self._x\n    def setx(self, value): self._x = value\n    def delx(self): del self._x\n    x = property(getx, setx, delx, \"I'm the 'x' property.\")\n\nDecorators make defining new properties or modifying existing ones easy:\n\nclass C(object):\n    @property\n    def x(self):\n        \"I am the 'x' property.\"\n        return self._x\n    @x.setter\n    def x(self, value):\n        self._x = value\n    @x.deleter\n    def x(self):\n        del self._x",
    ),
    flags: spec_flags::BASETYPE,
    slots: &[
        Slot::New(property_new),
        Slot::Init(property_init),
        Slot::DescrGet(property_get),
        Slot::DescrSet(property_set),
    ],
    methods: PROPERTY_METHODS,
    getset: PROPERTY_GETSET,
    ..TypeSpec::DEFAULT
};

// classmethod and staticmethod

fn classmethod_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    Ok(PyRef::try_new_of(vm, class, PyClassMethod { callable: GilCell::default() })?.into_value())
}

fn staticmethod_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    Ok(PyRef::try_new_of(vm, class, PyStaticMethod { callable: GilCell::default() })?.into_value())
}

/// Copies the attributes that make the wrapper look like its function (`functools_wraps`).
fn wrap_attributes(vm: Vm<'_>, this: &Value, callable: &Value) -> PyResult<()> {
    let names = vm.names();
    for name in [&names.__module__, &names.__name__, &names.__qualname__, &names.__doc__] {
        if let Some(found) = vm.get_attr_opt(callable, name)? {
            vm.set_attr(this, name, Some(&found))?;
        }
    }
    Ok(())
}

fn classmethod_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    let values = args.exactly(vm, "classmethod", 1, 1)?;
    let callable = &values[0];
    this.receiver::<PyClassMethod>().callable.set(Some(callable.clone()));
    wrap_attributes(vm, this, callable)
}

fn staticmethod_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    let values = args.exactly(vm, "staticmethod", 1, 1)?;
    let callable = &values[0];
    this.receiver::<PyStaticMethod>().callable.set(Some(callable.clone()));
    wrap_attributes(vm, this, callable)
}

fn classmethod_get(
    vm: Vm<'_>,
    this: &Value,
    object: Option<&Value>,
    owner: Option<&Value>,
) -> PyResult<Value> {
    let Some(callable) = this.receiver::<PyClassMethod>().callable.get() else {
        return Err(vm.runtime_error("uninitialized classmethod object"));
    };
    let owner = match (owner, object) {
        (Some(owner), _) => owner.clone(),
        (None, Some(object)) => object.class().to_value(),
        (None, None) => Value::NONE,
    };
    let method = super::function::PyMethod { function: callable, receiver: owner };
    Ok(PyRef::try_new(vm, method)?.into_value())
}

fn staticmethod_get(
    vm: Vm<'_>,
    this: &Value,
    _object: Option<&Value>,
    _owner: Option<&Value>,
) -> PyResult<Value> {
    this.receiver::<PyStaticMethod>()
        .callable
        .get()
        .ok_or_else(|| vm.runtime_error("uninitialized staticmethod object"))
}

fn staticmethod_call(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    let callable = staticmethod_get(vm, this, None, None)?;
    vm.call_with(&callable, args)
}

fn wrapped(this: &Value) -> Option<Value> {
    match this.downcast::<PyClassMethod>() {
        Some(method) => method.callable.get(),
        None => this.receiver::<PyStaticMethod>().callable.get(),
    }
}

fn wrapped_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let kind =
        if this.downcast::<PyClassMethod>().is_some() { "classmethod" } else { "staticmethod" };
    let inner = match wrapped(this) {
        Some(callable) => vm.repr(&callable)?.to_rust_string(),
        None => "None".to_owned(),
    };
    PyStr::try_new(vm, &format!("<{kind}({inner})>")).map(PyRef::into_value)
}

fn wrapped_function(_vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    Ok(wrapped(this).unwrap_or(Value::NONE))
}

fn wrapped_is_abstract(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    match wrapped(this) {
        Some(callable) => is_abstract(vm, &callable).map(Value::from_bool),
        None => Ok(Value::FALSE),
    }
}

/// An annotation attribute of the wrapped function, kept in the wrapper's dict once it was asked for.
fn forwarded(vm: Vm<'_>, this: &Value, name: &Py<PyStr>) -> PyResult<Value> {
    let heap = this.as_object().and_then(|heap| extension::dict_or_new(vm, heap));
    if let Some(known) = heap.as_ref().and_then(|dict| dict.get_str(name)) {
        return Ok(known);
    }
    let callable = wrapped(this).unwrap_or(Value::NONE);
    let found = vm.get_attr(&callable, name)?;
    if let Some(dict) = heap {
        drop(dict.set_str(name, found.clone()));
    }
    Ok(found)
}

fn set_forwarded(
    vm: Vm<'_>,
    this: &Value,
    name: &Py<PyStr>,
    value: Option<&Value>,
) -> PyResult<()> {
    let Some(dict) = this.as_object().and_then(|heap| extension::dict_or_new(vm, heap)) else {
        return Ok(());
    };
    let old = match value {
        Some(value) => dict.set_str(name, value.clone()),
        None => {
            let old = dict.remove_str(name);
            if old.is_none() {
                return Err(vm.attribute_error(this, name, name.to_rust_string()));
            }
            old
        }
    };
    drop(old);
    Ok(())
}

fn wrapped_annotations(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    forwarded(vm, this, &vm.names().__annotations__)
}

fn wrapped_set_annotations(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    set_forwarded(vm, this, &vm.names().__annotations__, value)
}

fn wrapped_annotate(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    forwarded(vm, this, &vm.names().__annotate__)
}

fn wrapped_set_annotate(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    set_forwarded(vm, this, &vm.names().__annotate__, value)
}

methods! { WRAPPED_METHODS:
    /// See PEP 585
    class ["__class_getitem__"] "($type, object, /)" One(crate::types::generic_alias::class_getitem);
}

getset! { WRAPPED_GETSET:
    member ["__func__"] wrapped_function;
    member ["__wrapped__"] wrapped_function;
    ["__isabstractmethod__"] wrapped_is_abstract;
    ["__annotations__"] wrapped_annotations, wrapped_set_annotations;
    ["__annotate__"] wrapped_annotate, wrapped_set_annotate;
    ["__dict__"] super::object_::get_dict, super::object_::set_dict;
}

/// The spec of `classmethod`.
pub const CLASS_METHOD_SPEC: TypeSpec = TypeSpec {
    name: "classmethod",
    doc: Some(
        "classmethod(function, /)\n--\n\nConvert a function to be a class method.\n\nA class method receives the class as implicit first argument,\njust like an instance method receives the instance.\nTo declare a class method, use this idiom:\n\n  class C:\n      @classmethod\n      def f(cls, arg1, arg2, argN):\n          ...\n\nIt can be called either on the class (e.g. C.f()) or on an instance\n(e.g. C().f()).  The instance is ignored except for its class.\nIf a class method is called for a derived class, the derived class\nobject is passed as the implied first argument.\n\nClass methods are different than C++ or Java static methods.\nIf you want those, see the staticmethod builtin.",
    ),
    flags: spec_flags::BASETYPE | spec_flags::HAS_DICT,
    slots: &[
        Slot::New(classmethod_new),
        Slot::Init(classmethod_init),
        Slot::Repr(wrapped_repr),
        Slot::DescrGet(classmethod_get),
    ],
    methods: WRAPPED_METHODS,
    getset: WRAPPED_GETSET,
    ..TypeSpec::DEFAULT
};

/// The spec of `staticmethod`.
pub const STATIC_METHOD_SPEC: TypeSpec = TypeSpec {
    name: "staticmethod",
    doc: Some(
        "staticmethod(function, /)\n--\n\nConvert a function to be a static method.\n\nA static method does not receive an implicit first argument.\nTo declare a static method, use this idiom:\n\n     class C:\n         @staticmethod\n         def f(arg1, arg2, argN):\n             ...\n\nIt can be called either on the class (e.g. C.f()) or on an instance\n(e.g. C().f()). Both the class and the instance are ignored, and\nneither is passed implicitly as the first argument to the method.\n\nStatic methods in Python are similar to those found in Java or C++.\nFor a more advanced concept, see the classmethod builtin.",
    ),
    flags: spec_flags::BASETYPE | spec_flags::HAS_DICT,
    slots: &[
        Slot::New(staticmethod_new),
        Slot::Init(staticmethod_init),
        Slot::Repr(wrapped_repr),
        Slot::Call(staticmethod_call),
        Slot::DescrGet(staticmethod_get),
    ],
    methods: WRAPPED_METHODS,
    getset: WRAPPED_GETSET,
    ..TypeSpec::DEFAULT
};
