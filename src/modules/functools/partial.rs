//! `functools.partial` and the placeholder of its arguments.

use std::cell::Cell;

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::extension;
use objects::core::gil_cell::HotCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::dict::{self, Merge, PyDict};
use objects::types::function::PyMethod;
use objects::types::seq_shared::Text;
use objects::types::str::PyStr;
use objects::types::tuple::{PyTuple, TUPLE};
use objects::{getset, methods, payload};

payload! {
    /// The payload of the placeholder's type.
    pub(crate) struct PyPlaceholder: PLACEHOLDER_TYPE {}
}

/// `functools._PlaceholderType`
pub(crate) static PLACEHOLDER_TYPE: StaticType = StaticType::new::<PyPlaceholder>();

methods! { PLACEHOLDER_METHODS:
    ["__reduce__"] "($self, /)" None(placeholder_name);
}

/// The spec of `functools._PlaceholderType`.
pub(crate) const PLACEHOLDER_TYPE_SPEC: TypeSpec = TypeSpec {
    name: "functools._PlaceholderType",
    doc: Some(
        "The type of the Placeholder singleton.\n\nUsed as a placeholder for partial arguments.",
    ),
    slots: &[Slot::Repr(placeholder_name), Slot::New(placeholder_new)],
    methods: PLACEHOLDER_METHODS,
    ..TypeSpec::DEFAULT
};

const STATE: &str = "_functools.Placeholder";

/// The one placeholder.
pub(super) fn placeholder(vm: Vm<'_>) -> Value {
    let state = &vm.interpreter().module_state;
    let known =
        state.with(|all| all.iter().find(|(name, _)| *name == STATE).map(|(_, one)| one.clone()));
    known.unwrap_or_else(|| {
        let new = PyRef::new(vm, PyPlaceholder {}).into_value();
        state.with_mut(|all| all.push((STATE, new.clone())));
        new
    })
}

fn is_placeholder(value: &Value) -> bool {
    value.is_exact(PLACEHOLDER_TYPE.get())
}

fn placeholder_new(vm: Vm<'_>, _class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    if !args.all().is_empty() {
        return Err(vm.type_error("_PlaceholderType takes no arguments"));
    }
    Ok(placeholder(vm))
}

fn placeholder_name(vm: Vm<'_>, _value: &Value) -> PyResult<Value> {
    Ok(PyStr::new_value(vm, "Placeholder"))
}

payload! {
    /// The payload of a partial.
    pub(crate) struct PyPartial: PARTIAL, gc {
        function: HotCell<Value>,
        args: HotCell<PyRef<PyTuple>>,
        keywords: HotCell<PyRef<PyDict>>,
        /// How many of the arguments are placeholders.
        open: Cell<usize>,
    }
}

/// `functools.partial`
pub(crate) static PARTIAL: StaticType = StaticType::new::<PyPartial>();

methods! { METHODS:
    ["__reduce__"] "($self, /)" None(reduce);
    ["__setstate__"] "($self, object, /)" One(setstate);
    /// partial is generic over the wrapped function's return type
    class ["__class_getitem__"] "($type, object, /)" One(objects::types::generic_alias::class_getitem);
}

getset! { GETSET:
    /// function object to use in future partial calls
    member ["func"] get_function;
    /// tuple of arguments to future partial calls
    member ["args"] get_args;
    /// dictionary of keyword arguments to future partial calls
    member ["keywords"] get_keywords;
}

/// The spec of `functools.partial`.
pub(crate) const PARTIAL_SPEC: TypeSpec = TypeSpec {
    name: "functools.partial",
    doc: Some(
        "partial(func, /, *args, **keywords)\n--\n\nCreate a new function with partial application of the given arguments\nand keywords.",
    ),
    flags: spec_flags::BASETYPE
        | spec_flags::HAS_DICT
        | spec_flags::HAS_WEAKREF
        | spec_flags::METHOD_DESCRIPTOR,
    slots: &[Slot::Repr(repr), Slot::Call(call), Slot::DescrGet(descr_get), Slot::New(new)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

fn this(value: &Value) -> &Py<PyPartial> {
    value.receiver::<PyPartial>()
}

fn count_open(args: &[Value]) -> usize {
    args.iter().filter(|arg| is_placeholder(arg)).count()
}

/// `held` with its placeholders replaced by the first of `given`, the others behind.
fn fill(held: &[Value], given: &[Value]) -> Vec<Value> {
    let mut given = given.iter();
    let mut all = Vec::with_capacity(held.len() + given.len());
    for arg in held {
        let filled = if is_placeholder(arg) { given.next() } else { None };
        all.push(filled.unwrap_or(arg).clone());
    }
    all.extend(given.cloned());
    all
}

fn new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let [function, given @ ..] = args.positional() else {
        return Err(vm.type_error("type 'partial' takes at least one argument"));
    };
    if function.class().slots.call.get().is_none() {
        return Err(vm.type_error("the first argument must be callable"));
    }
    if given.last().is_some_and(is_placeholder) {
        return Err(vm.type_error("trailing Placeholders are not allowed"));
    }
    if args.keywords().any(|(_, value)| is_placeholder(value)) {
        return Err(vm.type_error("Placeholder cannot be passed as a keyword argument"));
    }
    let keywords = PyDict::new_ref(vm);
    // A subclass that is called in the same way is seen through as well, if it says nothing more of itself.
    let same_call = function
        .class()
        .slots
        .call
        .get()
        .is_some_and(|own| std::ptr::fn_addr_eq(own, call as objects::core::slots::CallFn));
    let inner = function
        .downcast::<PyPartial>()
        .filter(|_| same_call && attributes_of(vm, function).is_none());
    let (function, all) = match inner {
        Some(inner) => {
            dict::merge(vm, &keywords, &inner.keywords.get().into_value(), Merge::Override)?;
            (inner.function.get(), fill(inner.args.get().items(), given))
        }
        None => (function.clone(), given.to_vec()),
    };
    for (name, value) in args.keywords() {
        keywords.set(vm, name, value.clone())?;
    }
    let payload = PyPartial {
        function: HotCell::new(function),
        open: Cell::new(count_open(&all)),
        args: HotCell::new(PyTuple::try_from_vec(vm, all)?),
        keywords: HotCell::new(keywords),
    };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn call(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    let this = this(value);
    let given = args.positional();
    if given.len() < this.open.get() {
        return Err(vm.type_error(format!(
            "missing positional arguments in 'partial' call; expected at least {}, got {}",
            this.open.get(),
            given.len()
        )));
    }
    let held = this.args.get();
    let mut all = fill(held.items(), given);
    let keywords = this.keywords.get();
    let function = this.function.get();
    if keywords.is_empty() {
        all.extend(args.keywords().map(|(_, value)| value.clone()));
        return vm.call_with(&function, Args::new(&all, args.keyword_names()));
    }
    let merged = if args.keyword_count() == 0 {
        keywords
    } else {
        let merged = keywords.copy(vm)?;
        for (name, value) in args.keywords() {
            merged.set(vm, name, value.clone())?;
        }
        merged
    };
    let names = PyTuple::try_from_vec(vm, merged.keys_vec())?;
    all.extend(merged.values_vec());
    vm.call_with(&function, Args::new(&all, Some(&names)))
}

fn descr_get(
    vm: Vm<'_>,
    value: &Value,
    instance: Option<&Value>,
    _owner: Option<&Value>,
) -> PyResult<Value> {
    match instance {
        Some(instance) if !instance.is_none() => {
            Ok(PyMethod::new(vm, value.clone(), instance.clone())?.into_value())
        }
        _ => Ok(value.clone()),
    }
}

fn get_function(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).function.get())
}

fn get_args(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).args.get().into_value())
}

fn get_keywords(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).keywords.get().into_value())
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let Some(_guard) = vm.enter_repr(value) else { return Ok(PyStr::new_value(vm, "...")) };
    // The parts as they are now: the code of a part's repr can give the partial others.
    let own = this(value);
    let (function, args, keywords) = (own.function.get(), own.args.get(), own.keywords.get());
    let class = value.class().to_value();
    let module = vm.get_attr(&class, &vm.names().__module__)?;
    let name = vm.get_attr(&class, &vm.names().__qualname__)?;
    let mut text = Text::new("");
    text.push_str(&*vm.str(&module)?);
    text.push(".");
    text.push_str(&*vm.str(&name)?);
    text.push("(");
    text.push_str(&*vm.repr(&function)?);
    for arg in args.items() {
        text.push(", ");
        text.push_str(&*vm.repr(arg)?);
    }
    for (name, item) in keywords.items_vec() {
        text.push(", ");
        text.push_str(&*vm.str(&name)?);
        text.push("=");
        text.push_str(&*vm.repr(&item)?);
    }
    text.push(")");
    text.finish(vm)
}

/// The `__dict__` of a partial that has attributes.
fn attributes_of(vm: Vm<'_>, value: &Value) -> Option<PyRef<PyDict>> {
    let object = value.as_object()?;
    if extension::dict(object).is_none() && extension::inline_items(object).is_empty() {
        return None;
    }
    extension::dict_or_new(vm, object).filter(|attributes| !attributes.is_empty())
}

fn reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = this(value);
    let function = this.function.get();
    let attributes = attributes_of(vm, value).map_or(Value::NONE, PyRef::into_value);
    let state = PyTuple::new_value(
        vm,
        &[
            function.clone(),
            this.args.get().into_value(),
            this.keywords.get().into_value(),
            attributes,
        ],
    );
    let args = PyTuple::new_value(vm, &[function]);
    Ok(PyTuple::new_value(vm, &[value.class().to_value(), args, state]))
}

fn setstate(vm: Vm<'_>, value: &Value, state: &Value) -> PyResult<Value> {
    let invalid = || vm.type_error("invalid partial state");
    let Some(state) = state.downcast::<PyTuple>() else { return Err(invalid()) };
    let [function, args, keywords, attributes] = state.items() else { return Err(invalid()) };
    let (Some(args), true) =
        (args.downcast::<PyTuple>(), function.class().slots.call.get().is_some())
    else {
        return Err(invalid());
    };
    if args.items().last().is_some_and(is_placeholder) {
        return Err(vm.type_error("trailing Placeholders are not allowed"));
    }
    let keywords = match keywords.downcast::<PyDict>() {
        Some(dict) if keywords.is_exact(dict::DICT.get()) => dict.to_ref(),
        Some(dict) => dict.copy(vm)?,
        None if keywords.is_none() => PyDict::new_ref(vm),
        None => return Err(invalid()),
    };
    let this = this(value);
    this.function.set(function.clone());
    this.open.set(count_open(args.items()));
    let exact = args.to_value().is_exact(TUPLE.get());
    this.args.set(if exact { args.to_ref() } else { PyTuple::try_new(vm, args.items())? });
    this.keywords.set(keywords);
    let attributes = match attributes.downcast::<PyDict>() {
        Some(attributes) => Some(attributes.to_ref()),
        None if attributes.is_none() => None,
        None => return Err(invalid()),
    };
    drop(extension::replace_dict(this.as_object(), attributes));
    Ok(Value::NONE)
}
