//! `collections.defaultdict`.

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::gil_cell::HotCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::dict::{DICT, DICT_SPEC, Merge, PyDict, merge, update};
use objects::types::seq_shared::Text;
use objects::types::tuple::PyTuple;
use objects::{getset, methods, payload};

payload! {
    /// The payload of a defaultdict: that of a dict, and the factory.
    #[repr(C)]
    pub(crate) struct PyDefaultDict: DEFAULTDICT, gc {
        dict: PyDict,
        factory: HotCell<Value>,
    }
}

/// `collections.defaultdict`
pub(crate) static DEFAULTDICT: StaticType = StaticType::new::<PyDefaultDict>();

methods! { METHODS:
    /// __missing__(key) # Called by __getitem__ for missing key; pseudo-code:
    ///   if self.default_factory is None: raise KeyError((key,))
    ///   self[key] = value = self.default_factory()
    ///   return value
    ///
    ["__missing__"] "($self, object, /)" One(missing);
    /// D.copy() -> a shallow copy of D.
    ["copy"] "($self, /)" None(copy);
    /// D.copy() -> a shallow copy of D.
    ["__copy__"] "($self, /)" None(copy);
    /// Return state information for pickling.
    ["__reduce__"] "($self, /)" None(reduce);
    /// defaultdicts are generic over two types, signifying (respectively) the types of the dictionary's keys and values
    class ["__class_getitem__"] "($type, object, /)" One(objects::types::generic_alias::class_getitem);
}

getset! { GETSET:
    /// Factory for default value called by __missing__().
    member ["default_factory"] get_factory, set_factory;
}

/// The spec of `collections.defaultdict`.
pub(crate) const DEFAULTDICT_SPEC: TypeSpec = TypeSpec {
    name: "collections.defaultdict",
    doc: Some(
        "defaultdict(default_factory=None, /, [...]) --> dict with default factory\n\nThe default factory is called without arguments to produce\na new value when a key is not present, in __getitem__ only.\nA defaultdict compares equal to a dict with the same items.\nAll remaining arguments are treated the same as if they were\npassed to the dict constructor, including keyword arguments.\n",
    ),
    base: Some(&DICT),
    flags: DICT_SPEC.flags | spec_flags::HAS_WEAKREF,
    slots: &[Slot::Repr(repr), Slot::NbOr(or), Slot::New(new), Slot::Init(init)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

fn this(value: &Value) -> &Py<PyDefaultDict> {
    value.receiver::<PyDefaultDict>()
}

fn dict_of(value: &Value) -> &Py<PyDict> {
    value.receiver::<PyDict>()
}

fn new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    let payload = PyDefaultDict { dict: PyDict::empty(), factory: HotCell::new(Value::NONE) };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn init(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<()> {
    let mut rest = args.positional();
    if let [factory, others @ ..] = rest {
        if !factory.is_none() && factory.class().slots.call.get().is_none() {
            return Err(vm.type_error("first argument must be callable or None"));
        }
        this(value).factory.set(factory.clone());
        rest = others;
    } else {
        this(value).factory.set(Value::NONE);
    }
    objects::core::args::check_count(vm, "dict", rest.len(), 0, 1)?;
    if let [source] = rest {
        update(vm, dict_of(value), source)?;
    }
    for (name, item) in args.keywords() {
        dict_of(value).set(vm, name, item.clone())?;
    }
    Ok(())
}

fn missing(vm: Vm<'_>, value: &Value, key: &Value) -> PyResult<Value> {
    let factory = this(value).factory.get();
    if factory.is_none() {
        return Err(vm.key_error(key));
    }
    let made = vm.call(&factory, &[])?;
    // What the factory itself has put there stays.
    dict_of(value).set_default(vm, key, &made).map(|(kept, _)| kept)
}

fn copy(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let factory = this(value).factory.get();
    vm.call(&value.class().to_value(), &[factory, value.clone()])
}

fn reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let factory = this(value).factory.get();
    let args = if factory.is_none() {
        PyTuple::new_value(vm, &[])
    } else {
        PyTuple::new_value(vm, &[factory])
    };
    let items = vm.call_method(value, &vm.names().items, &[])?;
    let iterator = vm.iter(&items)?;
    let class = value.class().to_value();
    Ok(PyTuple::new_value(vm, &[class, args, Value::NONE, Value::NONE, iterator]))
}

fn get_factory(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).factory.get())
}

fn set_factory(_vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    this(value).factory.set(new.cloned().unwrap_or(Value::NONE));
    Ok(())
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let inner = match DICT.get().slots.repr.get() {
        Some(repr) => repr(vm, value)?,
        None => Value::NONE,
    };
    let name = value.class().name();
    let mut text = Text::new(name.rsplit('.').next().unwrap_or(&name));
    text.push("(");
    let factory = this(value).factory.get();
    match vm.enter_repr(&factory) {
        Some(_guard) if !factory.is_none() => text.push_str(&*vm.repr(&factory)?),
        Some(_) => text.push("None"),
        None => text.push("..."),
    }
    text.push(", ");
    text.push_str(&*vm.str(&inner)?);
    text.push(")");
    text.finish(vm)
}

fn or(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let (own, first) = if a.downcast::<PyDefaultDict>().is_some() { (a, a) } else { (b, a) };
    if a.downcast::<PyDict>().is_none() || b.downcast::<PyDict>().is_none() {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let factory = this(own).factory.get();
    let new = vm.call(&own.class().to_value(), &[factory, first.clone()])?;
    merge(vm, dict_of(&new), b, Merge::Override)?;
    Ok(new)
}
