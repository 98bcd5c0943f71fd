//! `function` and `method`.

use bytecode::code_spec::code_flags;

use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::gil_cell::HotCell;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::types::code::PyCode;
use crate::types::dict::PyDict;
use crate::types::exceptions::hierarchy::DEPRECATION_WARNING;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::{getset, methods, payload};

payload! {
    /// The payload of a Python function.
    pub struct PyFunction: FUNCTION, gc {
        /// `__code__`
        pub code: HotCell<PyRef<PyCode>>,
        /// `__globals__`
        pub globals: PyRef<PyDict>,
        /// `__builtins__`
        pub builtins: PyRef<PyDict>,
        /// `__defaults__`: a tuple
        pub defaults: HotCell<Option<Value>>,
        /// `__kwdefaults__`: a dict
        pub kwdefaults: HotCell<Option<Value>>,
        /// `__closure__`: a tuple of cells
        pub closure: HotCell<Option<Value>>,
        /// `__name__`
        pub name: HotCell<PyRef<PyStr>>,
        /// `__qualname__`
        pub qualname: HotCell<PyRef<PyStr>>,
        /// `__doc__`; none as long as it is that of the code
        doc: HotCell<Option<Value>>,
        /// `__module__`
        pub module: HotCell<Option<Value>>,
        /// `__annotations__`, once computed or set
        pub annotations: HotCell<Option<Value>>,
        /// `__annotate__`
        pub annotate: HotCell<Option<Value>>,
        /// `__type_params__`
        pub type_params: HotCell<Option<Value>>,
    }
}

/// `function`
pub static FUNCTION: StaticType = StaticType::new::<PyFunction>();

/// The spec of `function`.
pub const FUNCTION_SPEC: TypeSpec = TypeSpec {
    name: "function",
    doc: Some(
        "function(code, globals, name=None, argdefs=None, closure=None,\n         kwdefaults=None)\n--\n\nCreate a function object.\n\n  code\n    a code object\n  globals\n    the globals dictionary\n  name\n    a string that overrides the name from the code object\n  argdefs\n    a tuple that specifies the default argument values\n  closure\n    a tuple that supplies the bindings for free variables\n  kwdefaults\n    a dictionary that specifies the default keyword argument values",
    ),
    flags: spec_flags::METHOD_DESCRIPTOR | spec_flags::HAS_DICT | spec_flags::HAS_WEAKREF,
    slots: &[
        Slot::New(function_new),
        Slot::Repr(function_repr),
        Slot::Call(function_call),
        Slot::DescrGet(function_get),
    ],
    getset: FUNCTION_GETSET,
    ..TypeSpec::DEFAULT
};

getset! { FUNCTION_GETSET:
    ["__dict__"] crate::types::object_::get_dict, set_dict;
    ["__code__"] function_code, function_set_code;
    ["__defaults__"] function_defaults, function_set_defaults;
    ["__kwdefaults__"] function_kwdefaults, function_set_kwdefaults;
    ["__annotations__"] function_annotations, function_set_annotations;
    ["__annotate__"] function_annotate, function_set_annotate;
    member ["__closure__"] function_closure;
    member ["__globals__"] function_globals;
    member ["__builtins__"] function_builtins;
    ["__name__"] function_name, function_set_name;
    ["__qualname__"] function_qualname, function_set_qualname;
    ["__doc__"] function_doc, function_set_doc;
    ["__module__"] function_module, function_set_module;
    ["__type_params__"] function_type_params, function_set_type_params;
}

impl PyFunction {
    /// A function of `code` in `globals`, as MAKE_FUNCTION makes it.
    ///
    /// # Errors
    /// MemoryError.
    pub fn new(
        vm: Vm<'_>,
        code: &Py<PyCode>,
        globals: PyRef<PyDict>,
        builtins: PyRef<PyDict>,
    ) -> PyResult<PyRef<Self>> {
        let module = globals.get_str(&vm.names().__name__);
        PyRef::try_new(
            vm,
            Self {
                code: HotCell::new(code.to_ref()),
                globals,
                builtins,
                defaults: HotCell::default(),
                kwdefaults: HotCell::default(),
                closure: HotCell::default(),
                name: HotCell::new(code.name.clone()),
                qualname: HotCell::new(code.qualname.clone()),
                doc: HotCell::default(),
                module: HotCell::new(module),
                annotations: HotCell::default(),
                annotate: HotCell::default(),
                type_params: HotCell::default(),
            },
        )
    }
}

/// The dict of builtins that code with these globals sees.
#[must_use]
pub fn builtins_of(vm: Vm<'_>, globals: &Py<PyDict>) -> PyRef<PyDict> {
    match globals.get_str(&vm.names().__builtins__) {
        None => vm.interpreter().builtins.clone(),
        Some(found) => match found.into_ref::<PyDict>() {
            Ok(dict) => dict,
            Err(module) => module
                .as_object()
                .and_then(|module| crate::core::extension::dict_or_new(vm, module))
                .unwrap_or_else(|| vm.interpreter().builtins.clone()),
        },
    }
}

fn this(value: &Value) -> &Py<PyFunction> {
    value.receiver::<PyFunction>()
}

fn optional(value: Option<Value>) -> PyResult<Value> {
    Ok(value.unwrap_or(Value::NONE))
}

fn function_new(vm: Vm<'_>, _class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    const NAMES: [&str; 6] = ["code", "globals", "name", "argdefs", "closure", "kwdefaults"];
    let positional = args.positional();
    let mut places: [Option<&Value>; 6] = [None; 6];
    for (place, value) in places.iter_mut().zip(positional) {
        *place = Some(value);
    }
    for (place, name) in places.iter_mut().zip(NAMES) {
        if let Some(value) = args.keyword(name) {
            *place = Some(value);
        }
    }
    let [code, globals, name, defaults, closure, kwdefaults] = places;
    let Some(code_value) = code else {
        return Err(vm.type_error("function() missing required argument 'code' (pos 1)"));
    };
    let Some(globals) = globals else {
        return Err(vm.type_error("function() missing required argument 'globals' (pos 2)"));
    };
    let Some(code) = code_value.downcast::<PyCode>() else {
        return Err(vm.type_error(format!(
            "function() argument 'code' must be code, not {}",
            code_value.class().name()
        )));
    };
    let Some(globals) = globals.downcast::<PyDict>() else {
        return Err(vm.type_error(format!(
            "function() argument 'globals' must be dict, not {}",
            globals.class().name()
        )));
    };
    let present = |value: Option<&Value>| value.filter(|value| !value.is_none()).cloned();
    let name = present(name);
    if name.as_ref().is_some_and(|name| name.downcast::<PyStr>().is_none()) {
        return Err(vm.type_error("arg 3 (name) must be None or string"));
    }
    let defaults = present(defaults);
    if defaults.as_ref().is_some_and(|value| value.downcast::<PyTuple>().is_none()) {
        return Err(vm.type_error("arg 4 (defaults) must be None or tuple"));
    }
    let closure = present(closure);
    let free = code.spec().freevars().count();
    match closure.as_ref().map(|value| value.downcast::<PyTuple>()) {
        Some(None) => return Err(vm.type_error("arg 5 (closure) must be None or tuple")),
        None if free != 0 => return Err(vm.type_error("arg 5 (closure) must be tuple")),
        Some(Some(cells)) if cells.items().len() != free => {
            return Err(vm.value_error(format!(
                "{} requires closure of length {free}, not {}",
                code.name.to_rust_string(),
                cells.items().len()
            )));
        }
        _ => {}
    }
    let kwdefaults = present(kwdefaults);
    if kwdefaults.as_ref().is_some_and(|value| value.downcast::<PyDict>().is_none()) {
        return Err(vm.type_error("arg 6 (kwdefaults) must be None or dict"));
    }
    let builtins = builtins_of(vm, globals);
    let function = PyFunction::new(vm, code, globals.to_ref(), builtins)?;
    if let Some(Ok(name)) = name.map(Value::into_ref::<PyStr>) {
        function.name.set(name);
    }
    function.defaults.set(defaults);
    function.closure.set(closure);
    function.kwdefaults.set(kwdefaults);
    Ok(function.into_value())
}

fn function_repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let qualname = this(value).qualname.get().to_rust_string();
    Ok(PyStr::new_value(vm, &format!("<function {qualname} at {:#x}>", value.id())))
}

fn function_call(vm: Vm<'_>, function: &Value, args: Args<'_>) -> PyResult<Value> {
    (vm.interpreter().hooks().call_function)(vm, this(function), args)
}

fn function_get(
    vm: Vm<'_>,
    function: &Value,
    instance: Option<&Value>,
    _owner: Option<&Value>,
) -> PyResult<Value> {
    match instance {
        Some(instance) if !instance.is_none() => {
            Ok(PyMethod::new(vm, function.clone(), instance.clone())?.into_value())
        }
        _ => Ok(function.clone()),
    }
}

fn function_code(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).code.get().into_value())
}

fn function_set_code(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    let Some(code) = new.and_then(|new| new.downcast::<PyCode>()) else {
        return Err(vm.type_error("__code__ must be set to a code object"));
    };
    let function = this(value);
    let free = code.spec().freevars().count();
    let cells = function
        .closure
        .get()
        .and_then(|closure| closure.downcast::<PyTuple>().map(|cells| cells.items().len()))
        .unwrap_or(0);
    if free != cells {
        return Err(vm.value_error(format!(
            "{}() requires a code object with {cells} free vars, not {free}",
            function.name.get().to_rust_string()
        )));
    }
    let kinds = code_flags::GENERATOR | code_flags::COROUTINE | code_flags::ASYNC_GENERATOR;
    let (old, new) = (function.code.get().spec().flags & kinds, code.spec().flags & kinds);
    if old != new {
        let message = "Assigning a code object of non-matching type is deprecated (e.g., from a generator to a plain function)";
        vm.warn(&DEPRECATION_WARNING, message, 1)?;
    }
    // The docstring stays that of the code it was made with.
    function.doc.set(Some(doc_of(vm, function)));
    function.code.set(code.to_ref());
    Ok(())
}

fn function_defaults(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    optional(this(value).defaults.get())
}

fn function_set_defaults(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    let new = new.filter(|new| !new.is_none());
    if new.is_some_and(|new| new.downcast::<PyTuple>().is_none()) {
        return Err(vm.type_error("__defaults__ must be set to a tuple object"));
    }
    this(value).defaults.set(new.cloned());
    Ok(())
}

fn function_kwdefaults(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    optional(this(value).kwdefaults.get())
}

fn function_set_kwdefaults(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    let new = new.filter(|new| !new.is_none());
    if new.is_some_and(|new| new.downcast::<PyDict>().is_none()) {
        return Err(vm.type_error("__kwdefaults__ must be set to a dict object"));
    }
    this(value).kwdefaults.set(new.cloned());
    Ok(())
}

fn function_annotations(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let function = this(value);
    if let Some(known) = function.annotations.get() {
        return Ok(known);
    }
    let annotations = match function.annotate.get().filter(|annotate| !annotate.is_none()) {
        None => PyDict::new_ref(vm).into_value(),
        Some(annotate) => {
            let format = Value::small_int_unchecked(1);
            let result = vm.call(&annotate, std::slice::from_ref(&format))?;
            if result.downcast::<PyDict>().is_none() {
                return Err(vm.type_error(format!(
                    "__annotate__ returned non-dict of type '{}'",
                    result.class().name()
                )));
            }
            result
        }
    };
    function.annotations.set(Some(annotations.clone()));
    Ok(annotations)
}

fn function_set_annotations(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    let new = new.filter(|new| !new.is_none());
    if new.is_some_and(|new| new.downcast::<PyDict>().is_none()) {
        return Err(vm.type_error("__annotations__ must be set to a dict object"));
    }
    this(value).annotations.set(new.cloned());
    this(value).annotate.set(None);
    Ok(())
}

fn function_annotate(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    optional(this(value).annotate.get())
}

fn function_set_annotate(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    let Some(new) = new else {
        return Err(vm.type_error("__annotate__ cannot be deleted"));
    };
    if new.is_none() {
        this(value).annotate.set(Some(Value::NONE));
        return Ok(());
    }
    if new.class().slots.call.get().is_none() {
        return Err(vm.type_error("__annotate__ must be callable or None"));
    }
    this(value).annotate.set(Some(new.clone()));
    this(value).annotations.set(None);
    Ok(())
}

fn function_closure(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    optional(this(value).closure.get())
}

fn function_globals(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).globals.to_value())
}

/// A function keeps a dict for good: it can be exchanged, not deleted.
fn set_dict(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    if new.is_none() {
        return Err(vm.type_error("cannot delete __dict__"));
    }
    crate::types::object_::set_dict(vm, value, new)
}

fn function_builtins(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).builtins.to_value())
}

fn name_of(vm: Vm<'_>, new: Option<&Value>, attribute: &str) -> PyResult<PyRef<PyStr>> {
    match new.and_then(|new| new.downcast::<PyStr>()) {
        Some(name) => Ok(name.to_ref()),
        None => Err(vm.type_error(format!("{attribute} must be set to a string object"))),
    }
}

fn function_name(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).name.get().into_value())
}

fn function_set_name(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    this(value).name.set(name_of(vm, new, "__name__")?);
    Ok(())
}

fn function_qualname(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).qualname.get().into_value())
}

fn function_set_qualname(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    this(value).qualname.set(name_of(vm, new, "__qualname__")?);
    Ok(())
}

/// `__doc__` of a function: what was set, or the docstring of its code.
#[must_use]
pub fn doc_of(vm: Vm<'_>, function: &Py<PyFunction>) -> Value {
    function.doc.get().unwrap_or_else(|| {
        let code = function.code.get();
        if code.has_flags(code_flags::HAS_DOCSTRING) && code.constant_count() != 0 {
            code.constant(vm, 0).clone()
        } else {
            Value::NONE
        }
    })
}

fn function_doc(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(doc_of(vm, this(value)))
}

fn function_set_doc(_vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    this(value).doc.set(Some(new.cloned().unwrap_or(Value::NONE)));
    Ok(())
}

fn function_module(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    optional(this(value).module.get())
}

fn function_set_module(_vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    this(value).module.set(new.cloned());
    Ok(())
}

fn function_type_params(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).type_params.get().unwrap_or_else(|| PyTuple::new_value(vm, &[])))
}

fn function_set_type_params(vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    let Some(new) = new.filter(|new| new.downcast::<PyTuple>().is_some()) else {
        return Err(vm.type_error("__type_params__ must be set to a tuple"));
    };
    this(value).type_params.set(Some(new.clone()));
    Ok(())
}

payload! {
    /// The payload of a bound method.
    pub struct PyMethod: METHOD, gc {
        /// `__func__`
        pub function: Value,
        /// `__self__`
        pub receiver: Value,
    }
}

/// `method`
pub static METHOD: StaticType = StaticType::new::<PyMethod>();

/// The spec of `method`.
pub const METHOD_SPEC: TypeSpec = TypeSpec {
    name: "method",
    doc: Some("method(function, instance, /)\n--\n\nCreate a bound instance method object."),
    flags: spec_flags::HAS_WEAKREF,
    slots: &[
        Slot::New(method_new),
        Slot::Repr(method_repr),
        Slot::Call(method_call),
        Slot::Hash(method_hash),
        Slot::Richcompare(method_compare),
        Slot::Getattro(method_getattro),
        Slot::DescrGet(method_get),
    ],
    methods: METHOD_METHODS,
    getset: METHOD_GETSET,
    ..TypeSpec::DEFAULT
};

methods! { METHOD_METHODS:
    ["__reduce__"] "($self, /)" None(method_reduce);
}

getset! { METHOD_GETSET:
    /// the function (or other callable) implementing a method
    member ["__func__"] method_func;
    /// the instance to which a method is bound
    member ["__self__"] method_self;
    ["__doc__"] method_doc;
}

impl PyMethod {
    /// A bound method.
    ///
    /// # Errors
    /// MemoryError.
    pub fn new(vm: Vm<'_>, function: Value, receiver: Value) -> PyResult<PyRef<Self>> {
        PyRef::try_new(vm, Self { function, receiver })
    }
}

fn method_new(vm: Vm<'_>, _class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let values = args.exactly(vm, "method", 2, 2)?;
    let [function, receiver] = values else {
        return Err(vm.type_error("method expected 2 arguments"));
    };
    if function.class().slots.call.get().is_none() {
        return Err(vm.type_error("first argument must be callable"));
    }
    if receiver.is_none() {
        return Err(vm.type_error("instance must not be None"));
    }
    Ok(PyMethod::new(vm, function.clone(), receiver.clone())?.into_value())
}

fn method_repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let method = value.receiver::<PyMethod>();
    let names = vm.names();
    let mut name = vm.get_attr_opt(&method.function, &names.__qualname__)?;
    if name.is_none() {
        name = vm.get_attr_opt(&method.function, &names.__name__)?;
    }
    let name = name
        .as_ref()
        .and_then(|name| name.downcast::<PyStr>())
        .map_or_else(|| "?".to_owned(), Py::to_rust_string);
    let receiver = vm.repr(&method.receiver)?;
    let text = format!("<bound method {name} of {}>", receiver.to_rust_string());
    Ok(PyStr::new_value(vm, &text))
}

fn method_call(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    let method = value.receiver::<PyMethod>();
    let mut all = Vec::with_capacity(args.all().len() + 1);
    all.push(method.receiver.clone());
    all.extend_from_slice(args.all());
    vm.call_with(&method.function, Args::new(&all, args.keyword_names()))
}

fn method_hash(vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    let method = value.receiver::<PyMethod>();
    let receiver = (method.receiver.id() >> 4).cast_signed();
    let function = vm.hash(&method.function)?;
    let hash = receiver ^ function;
    Ok(if hash == -1 { -2 } else { hash })
}

fn method_compare(vm: Vm<'_>, this: &Value, other: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(left), Some(right)) = (this.downcast::<PyMethod>(), other.downcast::<PyMethod>())
    else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let equal = left.receiver.is(&right.receiver) && vm.equal(&left.function, &right.function)?;
    Ok(Value::from_bool(equal == (op == CompareOp::Eq)))
}

fn method_getattro(vm: Vm<'_>, value: &Value, name: &Py<PyStr>) -> PyResult<Value> {
    if METHOD.get().lookup(name).is_some() {
        return crate::core::attribute::generic_get(vm, value, name);
    }
    vm.get_attr(&value.receiver::<PyMethod>().function, name)
}

fn method_get(
    _vm: Vm<'_>,
    value: &Value,
    _instance: Option<&Value>,
    _owner: Option<&Value>,
) -> PyResult<Value> {
    Ok(value.clone())
}

fn method_func(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(value.receiver::<PyMethod>().function.clone())
}

fn method_self(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(value.receiver::<PyMethod>().receiver.clone())
}

fn method_doc(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let function = value.receiver::<PyMethod>().function.clone();
    Ok(vm.get_attr_opt(&function, &vm.names().__doc__)?.unwrap_or(Value::NONE))
}

fn method_reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let method = value.receiver::<PyMethod>();
    let getattr = vm.interpreter().builtins.get_str(&vm.intern("getattr")).unwrap_or(Value::NONE);
    let name = vm.get_attr(&method.function, &vm.names().__name__)?;
    let arguments = PyTuple::new_value(vm, &[method.receiver.clone(), name]);
    Ok(PyTuple::new_value(vm, &[getattr, arguments]))
}
