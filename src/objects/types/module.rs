//! `module`.

use std::cell::Cell;

use crate::core::args::Args;
use crate::core::attribute;
use crate::core::errors::PyResult;
use crate::core::extension;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::{GetAttrFn, Slot};
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{MethodDef, TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::builtin_function::PyBuiltinFunction;
use crate::types::dict::PyDict;
use crate::types::list::PyList;
use crate::types::module_origin::{self, Origin};
use crate::types::object_::get_dict;
use crate::types::str::PyStr;
use crate::{getset, methods, payload};

payload! {
    /// The payload of a module; its names are in the `__dict__` of the extension.
    pub struct PyModule: MODULE, gc {
        /// Whether it was made by native code.
        pub is_native: Cell<bool>,
    }
}

/// `module`
pub static MODULE: StaticType = StaticType::new::<PyModule>();

/// The spec of `module`.
pub const MODULE_SPEC: TypeSpec = TypeSpec {
    name: "module",
    doc: Some(
        "module(name, doc=None)\n--\n\nCreate a module object.\n\nThe name must be a string; the optional docstring can have any type.",
    ),
    flags: spec_flags::BASETYPE | spec_flags::HAS_DICT | spec_flags::HAS_WEAKREF,
    slots: &[
        Slot::New(module_new),
        Slot::Init(module_init),
        Slot::Repr(module_repr),
        Slot::Getattro(get_attribute),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// __dir__() -> list
    /// specialized dir() implementation
    ["__dir__"] "($self, /)" None(module_dir);
}

getset! { GETSET:
    member ["__dict__"] get_dict;
    ["__annotations__"] get_annotations, set_annotations;
    ["__annotate__"] get_annotate, set_annotate;
}

impl PyModule {
    /// A module with this name, docstring and dictionary.
    #[must_use]
    pub fn new_with_dict(vm: Vm<'_>, name: &str, doc: Option<&str>, dict: PyRef<PyDict>) -> Value {
        let this = PyRef::new(vm, Self { is_native: Cell::new(false) });
        let names = vm.names();
        let doc = doc.map_or(Value::NONE, |text| PyStr::new_value(vm, text));
        for (key, value) in [
            (&names.__name__, vm.intern(name).into_value()),
            (&names.__doc__, doc),
            (&names.__package__, Value::NONE),
            (&names.__loader__, Value::NONE),
            (&names.__spec__, Value::NONE),
        ] {
            drop(dict.set_str(key, value));
        }
        drop(extension::replace_dict(this.as_object(), Some(dict)));
        this.into_value()
    }

    /// A new module.
    #[must_use]
    pub fn new_value(vm: Vm<'_>, name: &str, doc: Option<&str>) -> Value {
        Self::new_with_dict(vm, name, doc, PyDict::new_ref(vm))
    }
}

/// The dictionary of a module.
///
/// # Panics
/// When the value is no module: the callers have checked.
#[must_use]
pub fn dict_of(vm: Vm<'_>, module: &Value) -> PyRef<PyDict> {
    let object = module.receiver::<PyModule>().as_object();
    extension::dict_or_new(vm, object).expect("a module has a dict")
}

/// Binds `name` in the module.
pub fn add(vm: Vm<'_>, module: &Value, name: &str, value: Value) {
    drop(dict_of(vm, module).set_str(&vm.intern(name), value));
}

/// Binds the functions of a table in the module, each with the module as its receiver.
pub fn add_functions(vm: Vm<'_>, module: &Value, functions: &'static [MethodDef]) {
    let dict = dict_of(vm, module);
    let module_name = dict.get_str(&vm.names().__name__);
    for row in functions {
        let function = PyBuiltinFunction::new_value(vm, row, module.clone(), module_name.clone());
        drop(dict.set_str(&vm.intern(row.name), function));
    }
}

fn module_new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    let this = PyRef::new_of(vm, class, PyModule { is_native: Cell::new(false) });
    drop(extension::replace_dict(this.as_object(), Some(PyDict::new_ref(vm))));
    Ok(this.into_value())
}

fn module_init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    let name = args.positional().first().or_else(|| args.keyword("name"));
    let doc = args.positional().get(1).or_else(|| args.keyword("doc"));
    let Some(name) = name else {
        return Err(vm.type_error("module() missing required argument 'name' (pos 1)"));
    };
    if name.downcast::<PyStr>().is_none() {
        let got = name.class().name();
        return Err(vm.type_error(format!("module() argument 'name' must be str, not {got}")));
    }
    if args.positional().len() > 2 {
        let got = args.positional().len();
        return Err(vm.type_error(format!("module() takes at most 2 arguments ({got} given)")));
    }
    let dict = dict_of(vm, this);
    let names = vm.names();
    for (key, value) in [
        (&names.__name__, name.clone()),
        (&names.__doc__, doc.cloned().unwrap_or(Value::NONE)),
        (&names.__package__, Value::NONE),
        (&names.__loader__, Value::NONE),
        (&names.__spec__, Value::NONE),
    ] {
        drop(dict.set_str(key, value));
    }
    Ok(())
}

/// What stands after the name in a module's repr.
fn origin(vm: Vm<'_>, dict: &Py<PyDict>) -> PyResult<String> {
    let names = vm.names();
    if let Some(spec) = dict.get_str(&names.__spec__)
        && !spec.is_none()
        && let Some(origin) = vm.get_attr_opt(&spec, &vm.intern("origin"))?
        && !origin.is_none()
    {
        let has_location = match vm.get_attr_opt(&spec, &vm.intern("has_location"))? {
            Some(flag) => vm.is_true(&flag)?,
            None => false,
        };
        return if has_location {
            Ok(format!(" from {}", vm.repr(&origin)?.to_rust_string()))
        } else {
            Ok(format!(" ({})", vm.str(&origin)?.to_rust_string()))
        };
    }
    if let Some(file) = dict.get_str(&names.__file__) {
        return Ok(format!(" from {}", vm.repr(&file)?.to_rust_string()));
    }
    match dict.get_str(&names.__loader__) {
        Some(loader) if loader.class().name() == "NamespaceLoader" => {
            let path = vm.get_attr_str(&loader, "_path")?;
            let folders = PyList::new_value(vm, vm.collect(&path)?);
            Ok(format!(" (namespace) from {}", vm.repr(&folders)?.to_rust_string()))
        }
        Some(loader) if !loader.is_none() => {
            Ok(format!(" ({})", vm.repr(&loader)?.to_rust_string()))
        }
        _ => Ok(String::new()),
    }
}

fn module_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let dict = dict_of(vm, this);
    let name = match dict.get_str(&vm.names().__name__) {
        Some(name) => vm.repr(&name)?.to_rust_string(),
        None => "'?'".to_owned(),
    };
    let is_native = this.receiver::<PyModule>().is_native.get();
    let mut origin = origin(vm, &dict)?;
    if origin.is_empty() && is_native {
        " (built-in)".clone_into(&mut origin);
    }
    Ok(PyStr::try_new(vm, &format!("<module {name}{origin}>"))?.into_value())
}

/// The generic lookup, then the module's own `__getattr__` (PEP 562).
///
/// # Errors
/// AttributeError, and what the lookup raises.
pub fn get_attribute(vm: Vm<'_>, this: &Value, name: &Py<PyStr>) -> PyResult<Value> {
    match lookup(vm, this, name)? {
        Some(found) => Ok(found),
        None => Err(missing(vm, this, &dict_of(vm, this), name)?),
    }
}

/// As [`get_attribute`], with None where neither the module nor its `__getattr__` has the attribute to give.
///
/// # Errors
/// What `__getattr__` raises.
pub fn lookup(vm: Vm<'_>, this: &Value, name: &Py<PyStr>) -> PyResult<Option<Value>> {
    if let Some(found) = attribute::lookup(vm, this, name)? {
        return Ok(Some(found));
    }
    let hook = dict_of(vm, this).get_str(&vm.names().__getattr__);
    hook.map(|hook| vm.call(&hook, &[name.to_value()])).transpose()
}

/// Whether `get` is [`get_attribute`]: its classes' absent attributes can be told without an error.
#[inline]
#[must_use]
pub fn is_module_getattro(get: GetAttrFn) -> bool {
    std::ptr::fn_addr_eq(get, get_attribute as GetAttrFn)
}

#[cold]
fn missing(
    vm: Vm<'_>,
    this: &Value,
    dict: &Py<PyDict>,
    name: &Py<PyStr>,
) -> PyResult<crate::core::errors::Raised> {
    let attribute = name.to_rust_string();
    let module_name = dict.get_str(&vm.names().__name__).unwrap_or(Value::NONE);
    let module = module_name.downcast::<PyStr>().map(Py::<PyStr>::to_rust_string);
    let Some(module) = module else {
        return Ok(vm.attribute_error(
            this,
            name,
            format!("module has no attribute '{attribute}'"),
        ));
    };
    let message = match dict.get_str(&vm.names().__spec__) {
        Some(spec) if !spec.is_none() => {
            let origin = Origin::of(vm, &spec, &module_name)?;
            missing_with_spec(vm, &spec, &origin, &module, name)?
        }
        _ => format!("module '{module}' has no attribute '{attribute}'"),
    };
    Ok(vm.attribute_error(this, name, message))
}

/// The text for a module with a spec: the file that hides another module, or the import that is under way.
fn missing_with_spec(
    vm: Vm<'_>,
    spec: &Value,
    origin: &Origin,
    module: &str,
    name: &Py<PyStr>,
) -> PyResult<String> {
    let attribute = name.to_rust_string();
    if let Some(advice) = origin.renaming_advice(module) {
        return Ok(format!("module '{module}' has no attribute '{attribute}'{advice}"));
    }
    if origin.initializing {
        let place = origin.file.as_ref().map_or(String::new(), |file| format!(" from '{file}'"));
        return Ok(format!(
            "partially initialized module '{module}'{place} has no attribute '{attribute}' (most likely due to a circular import)"
        ));
    }
    if module_origin::is_uninitialized_submodule(vm, spec, &name.to_value())? {
        return Ok(format!(
            "cannot access submodule '{attribute}' of module '{module}' (most likely due to a circular import)"
        ));
    }
    Ok(format!("module '{module}' has no attribute '{attribute}'"))
}

fn module_dir(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let dict = vm.get_attr(this, &vm.names().__dict__)?;
    let Some(dict) = dict.downcast::<PyDict>() else {
        return Err(vm.type_error("<module>.__dict__ is not a dictionary"));
    };
    if let Some(hook) = dict.get_str(&vm.names().__dir__) {
        return vm.call(&hook, &[]);
    }
    Ok(PyList::new_value(vm, dict.string_keys().into_iter().map(PyRef::into_value).collect()))
}

fn get_annotations(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let dict = dict_of(vm, this);
    let names = vm.names();
    if let Some(known) = dict.get_str(&names.__annotations__) {
        return Ok(known);
    }
    let annotate = dict.get_str(&names.__annotate__).filter(|value| !value.is_none());
    let annotations = match annotate {
        Some(function) => {
            let made = vm.call(&function, &[Value::small_int_unchecked(1)])?;
            if made.downcast::<PyDict>().is_none() {
                return Err(vm.type_error(format!(
                    "__annotate__ returned non-dict of type '{}'",
                    made.class().name()
                )));
            }
            made
        }
        None => PyDict::new_ref(vm).into_value(),
    };
    drop(dict.set_str(&names.__annotations__, annotations.clone()));
    Ok(annotations)
}

fn set_annotations(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    let dict = dict_of(vm, this);
    let names = vm.names();
    match value {
        Some(value) => drop(dict.set_str(&names.__annotations__, value.clone())),
        None => {
            if dict.remove_str(&names.__annotations__).is_none() {
                return Err(vm.attribute_error(this, &names.__annotations__, "__annotations__"));
            }
        }
    }
    drop(dict.remove_str(&names.__annotate__));
    Ok(())
}

fn get_annotate(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let dict = dict_of(vm, this);
    let names = vm.names();
    if let Some(known) = dict.get_str(&names.__annotate__) {
        return Ok(known);
    }
    drop(dict.set_str(&names.__annotate__, Value::NONE));
    Ok(Value::NONE)
}

fn set_annotate(vm: Vm<'_>, this: &Value, value: Option<&Value>) -> PyResult<()> {
    let Some(value) = value else {
        return Err(vm.type_error("cannot delete __annotate__ attribute"));
    };
    if !value.is_none() && value.class().slots.call.get().is_none() {
        return Err(vm.type_error("__annotate__ must be callable or None"));
    }
    let dict = dict_of(vm, this);
    let names = vm.names();
    drop(dict.set_str(&names.__annotate__, value.clone()));
    if !value.is_none() {
        drop(dict.remove_str(&names.__annotations__));
    }
    Ok(())
}
