//! `operator.itemgetter` and `operator.attrgetter`.

use objects::core::args::{Args, check_count};
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{GetSetDef, TypeSpec};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::seq_shared::Text;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::{getset, methods, payload};

payload! {
    /// The payload of an itemgetter.
    pub(super) struct PyItemGetter: ITEM_GETTER, gc {
        items: PyRef<PyTuple>,
    }
}

/// `operator.itemgetter`
pub(super) static ITEM_GETTER: StaticType = StaticType::new::<PyItemGetter>();

/// The spec of `operator.itemgetter`.
pub(super) const ITEM_GETTER_SPEC: TypeSpec = TypeSpec {
    name: "operator.itemgetter",
    doc: Some(
        "itemgetter(item, /, *items)\n--\n\nReturn a callable object that fetches the given item(s) from its operand.\nAfter f = itemgetter(2), the call f(r) returns r[2].\nAfter g = itemgetter(2, 5, 3), the call g(r) returns (r[2], r[5], r[3])",
    ),
    slots: &[
        Slot::New(item_getter_new),
        Slot::Call(item_getter_call),
        Slot::Repr(item_getter_repr),
    ],
    methods: ITEM_GETTER_METHODS,
    getset: CALL_SIGNATURE,
    ..TypeSpec::DEFAULT
};

methods! { ITEM_GETTER_METHODS:
    /// Return state information for pickling
    ["__reduce__"] "($self, /)" None(item_getter_reduce);
}

payload! {
    /// The payload of an attrgetter.
    pub(super) struct PyAttrGetter: ATTR_GETTER, gc {
        /// The names as given.
        names: PyRef<PyTuple>,
        /// The parts of each name.
        paths: Vec<Vec<PyRef<PyStr>>>,
    }
}

/// `operator.attrgetter`
pub(super) static ATTR_GETTER: StaticType = StaticType::new::<PyAttrGetter>();

/// The spec of `operator.attrgetter`.
pub(super) const ATTR_GETTER_SPEC: TypeSpec = TypeSpec {
    name: "operator.attrgetter",
    doc: Some(
        "attrgetter(attr, /, *attrs)\n--\n\nReturn a callable object that fetches the given attribute(s) from its operand.\nAfter f = attrgetter('name'), the call f(r) returns r.name.\nAfter g = attrgetter('name', 'date'), the call g(r) returns (r.name, r.date).\nAfter h = attrgetter('name.first', 'name.last'), the call h(r) returns\n(r.name.first, r.name.last).",
    ),
    slots: &[
        Slot::New(attr_getter_new),
        Slot::Call(attr_getter_call),
        Slot::Repr(attr_getter_repr),
    ],
    methods: ATTR_GETTER_METHODS,
    getset: CALL_SIGNATURE,
    ..TypeSpec::DEFAULT
};

methods! { ATTR_GETTER_METHODS:
    /// Return state information for pickling
    ["__reduce__"] "($self, /)" None(attr_getter_reduce);
}

getset! { CALL_SIGNATURE_ROWS:
    ["__text_signature__"] call_signature;
}

/// What a call of such an object takes.
pub(super) const CALL_SIGNATURE: &[GetSetDef] = CALL_SIGNATURE_ROWS;

fn call_signature(vm: Vm<'_>, _this: &Value) -> PyResult<Value> {
    Ok(PyStr::new_value(vm, "(obj, /)"))
}

fn wanted<'v>(vm: Vm<'_>, name: &str, args: Args<'v>) -> PyResult<&'v [Value]> {
    if args.keyword_count() != 0 {
        return Err(vm.type_error(format!("{name}() takes no keyword arguments")));
    }
    if args.positional().is_empty() {
        check_count(vm, name, 0, 1, 1)?;
    }
    Ok(args.positional())
}

fn operand<'v>(vm: Vm<'_>, name: &str, args: Args<'v>) -> PyResult<&'v Value> {
    Ok(&args.exactly(vm, name, 1, 1)?[0])
}

fn repr(vm: Vm<'_>, this: &Value, args: &Py<PyTuple>) -> PyResult<Value> {
    let mut text = Text::new(&this.class().name());
    let Some(_guard) = vm.enter_repr(this) else {
        text.push("(...)");
        return text.finish(vm);
    };
    text.push("(");
    for (nth, arg) in args.items().iter().enumerate() {
        if nth > 0 {
            text.push(", ");
        }
        text.push_str(&*vm.repr(arg)?);
    }
    text.push(")");
    text.finish(vm)
}

fn item_getter_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let items = PyTuple::try_new(vm, wanted(vm, "itemgetter", args)?)?;
    Ok(PyRef::try_new_of(vm, class, PyItemGetter { items })?.into_value())
}

fn item_getter_call(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    let object = operand(vm, "itemgetter", args)?;
    let items = this.receiver::<PyItemGetter>().items.items();
    if let [only] = items {
        return vm.get_item(object, only);
    }
    let mut found = Vec::with_capacity(items.len());
    for item in items {
        found.push(vm.get_item(object, item)?);
    }
    Ok(PyTuple::try_from_vec(vm, found)?.into_value())
}

fn item_getter_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    repr(vm, this, &this.receiver::<PyItemGetter>().items)
}

fn item_getter_reduce(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let items = this.receiver::<PyItemGetter>().items.to_value();
    Ok(PyTuple::new_value(vm, &[this.class().to_value(), items]))
}

fn attr_getter_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let names = PyTuple::try_new(vm, wanted(vm, "attrgetter", args)?)?;
    let mut paths = Vec::with_capacity(names.items().len());
    for name in names.items() {
        let Some(name) = name.downcast::<PyStr>() else {
            return Err(vm.type_error("attribute name must be a string"));
        };
        paths.push(parts(vm, name)?);
    }
    Ok(PyRef::try_new_of(vm, class, PyAttrGetter { names, paths })?.into_value())
}

/// The parts of a dotted name, interned.
fn parts(vm: Vm<'_>, name: &Py<PyStr>) -> PyResult<Vec<PyRef<PyStr>>> {
    if let Some(text) = name.as_ascii() {
        return Ok(text.split('.').map(|part| vm.intern(part)).collect());
    }
    let dot = PyStr::new_value(vm, ".");
    let split = vm.call_method(&name.to_value(), &vm.intern("split"), &[dot])?;
    let parts = vm.collect(&split)?;
    Ok(parts.into_iter().filter_map(|part| part.into_ref::<PyStr>().ok()).collect())
}

fn follow(vm: Vm<'_>, object: &Value, path: &[PyRef<PyStr>]) -> PyResult<Value> {
    path.iter().try_fold(object.clone(), |object, name| vm.get_attr(&object, name))
}

fn attr_getter_call(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    let object = operand(vm, "attrgetter", args)?;
    let paths = &this.receiver::<PyAttrGetter>().paths;
    if let [only] = paths.as_slice() {
        return follow(vm, object, only);
    }
    let mut found = Vec::with_capacity(paths.len());
    for path in paths {
        found.push(follow(vm, object, path)?);
    }
    Ok(PyTuple::try_from_vec(vm, found)?.into_value())
}

fn attr_getter_repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    repr(vm, this, &this.receiver::<PyAttrGetter>().names)
}

fn attr_getter_reduce(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let names = this.receiver::<PyAttrGetter>().names.to_value();
    Ok(PyTuple::new_value(vm, &[this.class().to_value(), names]))
}
