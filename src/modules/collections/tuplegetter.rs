//! The descriptor of a named tuple's field.

use objects::core::args::{Args, check_count};
use objects::core::errors::PyResult;
use objects::core::gil_cell::HotCell;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::TypeSpec;
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::protocol::number;
use objects::types::exceptions::hierarchy::ATTRIBUTE_ERROR;
use objects::types::seq_shared::Text;
use objects::types::tuple::PyTuple;
use objects::{getset, methods, payload};

payload! {
    /// The payload of a field's descriptor.
    pub(crate) struct PyTupleGetter: TUPLE_GETTER, gc {
        index: usize,
        doc: HotCell<Value>,
    }
}

/// `collections._tuplegetter`
pub(crate) static TUPLE_GETTER: StaticType = StaticType::new::<PyTupleGetter>();

methods! { METHODS:
    ["__reduce__"] "($self, /)" None(reduce);
}

getset! { GETSET:
    ["__doc__"] get_doc, set_doc;
}

/// The spec of `collections._tuplegetter`.
pub(crate) const TUPLE_GETTER_SPEC: TypeSpec = TypeSpec {
    name: "collections._tuplegetter",
    slots: &[Slot::Repr(repr), Slot::DescrGet(get), Slot::DescrSet(set), Slot::New(new)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

fn this(value: &Value) -> &Py<PyTupleGetter> {
    value.receiver::<PyTupleGetter>()
}

fn new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    if args.keyword_count() != 0 {
        return Err(vm.type_error("_tuplegetter() takes no keyword arguments"));
    }
    check_count(vm, "_tuplegetter", args.positional().len(), 2, 2)?;
    let index = usize::try_from(number::as_isize(vm, &args.positional()[0])?).unwrap_or(usize::MAX);
    let doc = HotCell::new(args.positional()[1].clone());
    Ok(PyRef::try_new_of(vm, class, PyTupleGetter { index, doc })?.into_value())
}

fn get(
    vm: Vm<'_>,
    value: &Value,
    instance: Option<&Value>,
    _owner: Option<&Value>,
) -> PyResult<Value> {
    let Some(instance) = instance.filter(|instance| !instance.is_none()) else {
        return Ok(value.clone());
    };
    let index = this(value).index;
    let Some(tuple) = instance.downcast::<PyTuple>() else {
        return Err(vm.type_error(format!(
            "descriptor for index '{index}' for tuple subclasses doesn't apply to '{}' object",
            instance.class().name()
        )));
    };
    tuple.items().get(index).cloned().ok_or_else(|| vm.index_error("tuple index out of range"))
}

fn set(vm: Vm<'_>, _value: &Value, _instance: &Value, new: Option<&Value>) -> PyResult<()> {
    let what = if new.is_some() { "set" } else { "delete" };
    Err(vm.error(&ATTRIBUTE_ERROR, format!("can't {what} attribute")))
}

fn get_doc(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).doc.get())
}

fn set_doc(_vm: Vm<'_>, value: &Value, new: Option<&Value>) -> PyResult<()> {
    this(value).doc.set(new.cloned().unwrap_or(Value::NONE));
    Ok(())
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = this(value);
    let mut text = Text::new(&format!("_tuplegetter({}, ", this.index));
    text.push_str(&*vm.repr(&this.doc.get())?);
    text.push(")");
    text.finish(vm)
}

fn reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = this(value);
    let args = PyTuple::new_value(vm, &[Value::from_usize(this.index), this.doc.get()]);
    Ok(PyTuple::new_value(vm, &[value.class().to_value(), args]))
}
