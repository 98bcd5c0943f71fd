//! `operator.methodcaller`.

use objects::core::args::Args;
use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::TypeSpec;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::dict;
use objects::types::dict::PyDict;
use objects::types::seq_shared::Text;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::{methods, payload};

use super::getters::CALL_SIGNATURE;

payload! {
    /// The payload of a methodcaller.
    pub(super) struct PyMethodCaller: METHOD_CALLER, gc {
        name: PyRef<PyStr>,
        args: PyRef<PyTuple>,
        keywords: PyRef<PyDict>,
    }
}

/// `operator.methodcaller`
pub(super) static METHOD_CALLER: StaticType = StaticType::new::<PyMethodCaller>();

/// The spec of `operator.methodcaller`.
pub(super) const METHOD_CALLER_SPEC: TypeSpec = TypeSpec {
    name: "operator.methodcaller",
    doc: Some(
        "methodcaller(name, /, *args, **kwargs)\n--\n\nReturn a callable object that calls the given method on its operand.\nAfter f = methodcaller('name'), the call f(r) returns r.name().\nAfter g = methodcaller('name', 'date', foo=1), the call g(r) returns\nr.name('date', foo=1).",
    ),
    slots: &[Slot::New(new), Slot::Call(call), Slot::Repr(repr)],
    methods: METHODS,
    getset: CALL_SIGNATURE,
    ..TypeSpec::DEFAULT
};

methods! { METHODS:
    /// Return state information for pickling
    ["__reduce__"] "($self, /)" None(reduce);
}

fn new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let [name, rest @ ..] = args.positional() else {
        return Err(vm.type_error("methodcaller needs at least one argument, the method name"));
    };
    let Some(name) = name.downcast::<PyStr>() else {
        return Err(vm.type_error("method name must be a string"));
    };
    let payload = PyMethodCaller {
        name: objects::core::intern::intern_ref(name),
        args: PyTuple::try_new(vm, rest)?,
        keywords: dict::from_keywords(vm, args)?,
    };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn call(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    let object = &args.exactly(vm, "methodcaller", 1, 1)?[0];
    let this = this.receiver::<PyMethodCaller>();
    if this.keywords.is_empty() {
        return vm.call_method(object, &this.name, this.args.items());
    }
    let method = vm.get_attr(object, &this.name)?;
    crate::calling::apply(vm, &method, &this.args.to_value(), &this.keywords.to_value())
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let mut text = Text::new(&value.class().name());
    let Some(_guard) = vm.enter_repr(value) else {
        text.push("(...)");
        return text.finish(vm);
    };
    let this = value.receiver::<PyMethodCaller>();
    text.push("(");
    text.push_str(&*vm.repr(&this.name.to_value())?);
    for arg in this.args.items() {
        text.push(", ");
        text.push_str(&*vm.repr(arg)?);
    }
    for (name, item) in this.keywords.items_vec() {
        text.push(", ");
        text.push_str(&*vm.str(&name)?);
        text.push("=");
        text.push_str(&*vm.repr(&item)?);
    }
    text.push(")");
    text.finish(vm)
}

fn reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = value.receiver::<PyMethodCaller>();
    let class = value.class().to_value();
    let name = this.name.to_value();
    if this.keywords.is_empty() {
        let mut all = vec![name];
        all.extend_from_slice(this.args.items());
        return Ok(PyTuple::new_value(vm, &[class, PyTuple::new_value(vm, &all)]));
    }
    // The keywords travel in a partial, which is called with the rest.
    let functools = vm.import_module("functools")?;
    let partial = vm.get_attr_str(&functools, "partial")?;
    let held = PyTuple::new_value(vm, &[class, name]);
    let maker = crate::calling::apply(vm, &partial, &held, &this.keywords.to_value())?;
    Ok(PyTuple::new_value(vm, &[maker, this.args.to_value()]))
}
