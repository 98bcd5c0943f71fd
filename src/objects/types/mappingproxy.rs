//! `mappingproxy`: a read-only view of a mapping.

use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::mapping::is_mapping;
use crate::protocol::number::{BinaryOp, binary};
use crate::types::list::LIST;
use crate::types::seq_shared::Text;
use crate::types::tuple::TUPLE;
use crate::{methods, payload};

payload! {
    /// The payload of a mappingproxy.
    pub struct PyMappingProxy: MAPPING_PROXY, gc {
        mapping: Value,
    }
}

/// `mappingproxy`
pub static MAPPING_PROXY: StaticType = StaticType::new::<PyMappingProxy>();

methods! { METHODS:
    /// Return the value for key if key is in the mapping, else default.
    ["get"] "($self, key, default=None, /)" Positional(get);
    /// D.keys() -> a set-like object providing a view on D's keys
    ["keys"] "($self, /)" None(keys);
    /// D.values() -> an object providing a view on D's values
    ["values"] "($self, /)" None(values);
    /// D.items() -> a set-like object providing a view on D's items
    ["items"] "($self, /)" None(items);
    /// D.copy() -> a shallow copy of D
    ["copy"] "($self, /)" None(copy);
    /// See PEP 585
    class ["__class_getitem__"] "($type, object, /)" One(crate::types::generic_alias::class_getitem);
    /// D.__reversed__() -> reverse iterator
    ["__reversed__"] "($self, /)" None(reversed);
}

/// The spec of `mappingproxy`.
pub const MAPPING_PROXY_SPEC: TypeSpec = TypeSpec {
    name: "mappingproxy",
    doc: Some("mappingproxy(mapping)\n--\n\nRead-only proxy of a mapping."),
    flags: spec_flags::MAPPING,
    slots: &[
        Slot::Repr(repr),
        Slot::Str(str),
        Slot::Hash(hash),
        Slot::Richcompare(richcompare),
        Slot::Iter(iter),
        Slot::MpLength(length),
        Slot::MpSubscript(subscript),
        Slot::SqContains(contains),
        Slot::NbOr(or),
        Slot::NbInplaceOr(inplace_or),
        Slot::New(construct),
    ],
    methods: METHODS,
    ..TypeSpec::DEFAULT
};

/// A proxy of a mapping.
#[must_use]
pub fn new(vm: Vm<'_>, mapping: &Value) -> Value {
    PyRef::new(vm, PyMappingProxy { mapping: mapping.clone() }).into_value()
}

/// The mapping behind a proxy; None for any other value.
#[must_use]
pub fn mapping_of(value: &Value) -> Option<&Value> {
    value.downcast::<PyMappingProxy>().map(|proxy| &proxy.mapping)
}

fn this(value: &Value) -> &Value {
    &value.receiver::<PyMappingProxy>().mapping
}

fn construct(vm: Vm<'_>, _class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let mapping = match (args.positional(), args.keyword_count()) {
        ([mapping], 0) => mapping,
        ([], 1) if args.keyword("mapping").is_some() => &args.all()[0],
        ([], _) => {
            return Err(vm.type_error("mappingproxy() missing required argument 'mapping' (pos 1)"));
        }
        (several, keywords) => {
            return Err(vm.type_error(format!(
                "mappingproxy() takes at most 1 argument ({} given)",
                several.len() + keywords
            )));
        }
    };
    let class = mapping.class();
    if !is_mapping(mapping) || class.is_subtype(LIST.get()) || class.is_subtype(TUPLE.get()) {
        return Err(vm.type_error(format!(
            "mappingproxy() argument must be a mapping, not {}",
            class.name()
        )));
    }
    Ok(new(vm, mapping))
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let mut text = Text::new("mappingproxy(");
    text.push_str(&*vm.repr(this(value))?);
    text.push(")");
    text.finish(vm)
}

fn str(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    vm.str(this(value)).map(PyRef::into_value)
}

fn hash(vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    vm.hash(this(value))
}

fn richcompare(vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    vm.check_recursion(" in comparison")?;
    vm.rich_compare(this(a), b, op)
}

fn iter(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    vm.iter(this(value))
}

fn length(vm: Vm<'_>, value: &Value) -> PyResult<usize> {
    vm.length(this(value))
}

fn subscript(vm: Vm<'_>, value: &Value, key: &Value) -> PyResult<Value> {
    vm.get_item(this(value), key)
}

fn contains(vm: Vm<'_>, value: &Value, key: &Value) -> PyResult<bool> {
    vm.contains(this(value), key)
}

fn or(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    let left = mapping_of(a).unwrap_or(a);
    let right = mapping_of(b).unwrap_or(b);
    binary(vm, BinaryOp::Or, left, right)
}

fn inplace_or(vm: Vm<'_>, a: &Value, _b: &Value) -> PyResult<Value> {
    Err(vm.type_error(format!("'|=' is not supported by {}; use '|' instead", a.class().name())))
}

fn forward(vm: Vm<'_>, value: &Value, name: &str, args: &[Value]) -> PyResult<Value> {
    vm.call_method(this(value), &vm.intern(name), args)
}

fn get(vm: Vm<'_>, value: &Value, args: &[Value]) -> PyResult<Value> {
    crate::core::args::check_count(vm, "get", args.len(), 1, 2)?;
    let default = args.get(1).cloned().unwrap_or(Value::NONE);
    forward(vm, value, "get", &[args[0].clone(), default])
}

fn keys(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    forward(vm, value, "keys", &[])
}

fn values(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    forward(vm, value, "values", &[])
}

fn items(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    forward(vm, value, "items", &[])
}

fn copy(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    forward(vm, value, "copy", &[])
}

fn reversed(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    forward(vm, value, "__reversed__", &[])
}
