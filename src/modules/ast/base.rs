//! `ast.AST`, the base of every node class: construction from fields, text, pickling, replacement.

use objects::core::args::Args;
use objects::core::errors::{PyResult, Raised};
use objects::core::extension;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::slots::Slot;
use objects::core::type_object::{PyType, StaticType};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::types::dict::PyDict;
use objects::types::exceptions::hierarchy::DEPRECATION_WARNING;
use objects::types::generic_alias;
use objects::types::list::PyList;
use objects::types::object_;
use objects::types::seq_shared::Text;
use objects::types::str::PyStr;
use objects::types::tuple::PyTuple;
use objects::types::union_;
use objects::{getset, methods, payload};

use super::classes;
use super::grammar::Node;

payload! {
    /// The payload of a node: its fields are attributes.
    pub(crate) struct PyAst: AST, gc {}
}

/// `ast.AST`
pub(crate) static AST: StaticType = StaticType::new::<PyAst>();

methods! { METHODS:
    ["__reduce__"] "($self, /)" None(reduce);
    /// Return a copy of the AST node with new values for the specified fields.
    ["__replace__"] "($self, /, **fields)" Any(replace);
}

getset! { GETSET:
    ["__dict__"] object_::get_dict, object_::set_dict;
}

/// The spec of `ast.AST`.
pub(crate) const AST_SPEC: TypeSpec = TypeSpec {
    name: "ast.AST",
    flags: spec_flags::BASETYPE | spec_flags::HAS_DICT,
    slots: &[Slot::Repr(repr), Slot::New(new), Slot::Init(init)],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

/// How many levels of nodes a node's text shows.
const REPR_DEPTH: u32 = 3;

fn new(vm: Vm<'_>, class: &Py<PyType>, _args: Args<'_>) -> PyResult<Value> {
    Ok(PyRef::try_new_of(vm, class, PyAst {})?.into_value())
}

/// The class's tuple of names `attribute`, as a vector.
fn names_of(vm: Vm<'_>, this: &Value, attribute: &str) -> PyResult<Option<Vec<Value>>> {
    let class = this.class().to_value();
    let names = vm.get_attr_opt(&class, &vm.intern(attribute))?;
    names.map(|names| vm.collect(&names)).transpose()
}

fn field_names(vm: Vm<'_>, this: &Value) -> PyResult<Vec<Value>> {
    let class = this.class().to_value();
    let names = vm.get_attr(&class, &vm.intern("_fields"))?;
    vm.collect(&names)
}

fn is_in(vm: Vm<'_>, names: &[Value], wanted: &Value) -> PyResult<Option<usize>> {
    for (index, name) in names.iter().enumerate() {
        if vm.equal(name, wanted)? {
            return Ok(Some(index));
        }
    }
    Ok(None)
}

fn name_text<'v>(vm: Vm<'_>, name: &'v Value) -> PyResult<&'v Py<PyStr>> {
    name.downcast::<PyStr>().ok_or_else(|| {
        let class = name.class().name();
        vm.type_error(format!("attribute name must be string, not '{class}'"))
    })
}

fn short_name(class: &Py<PyType>) -> String {
    let name = class.name();
    if class.is_heap_type() {
        return name;
    }
    name.rsplit('.').next().unwrap_or_default().to_owned()
}

fn deprecated(vm: Vm<'_>, message: &str) -> PyResult<()> {
    crate::warnings::warn(vm, &DEPRECATION_WARNING, message)
}

fn init(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<()> {
    let fields = field_names(vm, this)?;
    let positional = args.positional();
    if positional.len() > fields.len() {
        let plural = if fields.len() == 1 { "" } else { "s" };
        return Err(vm.type_error(format!(
            "{} constructor takes at most {} positional argument{plural}",
            short_name(this.class()),
            fields.len()
        )));
    }
    let mut remaining = vec![true; fields.len()];
    for ((name, value), open) in fields.iter().zip(positional).zip(&mut remaining) {
        vm.set_attr(this, name_text(vm, name)?, Some(value))?;
        *open = false;
    }
    let mut attributes = None;
    for (name, value) in args.keywords() {
        match is_in(vm, &fields, name)? {
            Some(index) if !std::mem::take(&mut remaining[index]) => {
                return Err(vm.type_error(format!(
                    "{} got multiple values for argument {}",
                    this.class().name(),
                    vm.repr(name)?.to_rust_string()
                )));
            }
            Some(_) => {}
            None => check_attribute(vm, this, name, &mut attributes)?,
        }
        vm.set_attr(this, name_text(vm, name)?, Some(value))?;
    }
    let missing: Vec<&Value> =
        fields.iter().zip(&remaining).filter(|(_, open)| **open).map(|(name, _)| name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    set_missing(vm, this, &missing)
}

/// A keyword that names no field has to name an attribute.
fn check_attribute(
    vm: Vm<'_>,
    this: &Value,
    name: &Value,
    attributes: &mut Option<Vec<Value>>,
) -> PyResult<()> {
    if attributes.is_none() {
        *attributes = Some(names_of(vm, this, "_attributes")?.unwrap_or_default());
    }
    let known = attributes.as_deref().unwrap_or_default();
    if is_in(vm, known, name)?.is_some() {
        return Ok(());
    }
    deprecated(
        vm,
        &format!(
            "{}.__init__ got an unexpected keyword argument {}. Support for arbitrary keyword \
             arguments is deprecated and will be removed in Python 3.15.",
            this.class().name(),
            vm.repr(name)?.to_rust_string()
        ),
    )
}

/// Fields that were not given get what their type says: an empty list, a context, or nothing.
fn set_missing(vm: Vm<'_>, this: &Value, missing: &[&Value]) -> PyResult<()> {
    let class = this.class().to_value();
    let Some(types) = vm.get_attr_opt(&class, &vm.intern("_field_types"))? else { return Ok(()) };
    for &name in missing {
        let class_name = this.class().name();
        let found = match types.downcast::<PyDict>() {
            Some(types) => types.get(vm, name)?,
            None => vm.get_item_opt(&types, name)?,
        };
        let Some(kind) = found else {
            let shown = vm.repr(name)?.to_rust_string();
            deprecated(
                vm,
                &format!(
                    "Field {shown} is missing from {class_name}._field_types. This will become \
                     an error in Python 3.15."
                ),
            )?;
            continue;
        };
        if union_::union_args(&kind).is_some() {
            // The class has None as its value.
        } else if generic_alias::is_generic_alias(&kind) {
            let empty = PyList::new_value(vm, Vec::new());
            vm.set_attr(this, name_text(vm, name)?, Some(&empty))?;
        } else if kind.is(&classes::class_value(vm, Node::AnyExprContext)?) {
            let load = classes::singleton(vm, Node::Load)?;
            vm.set_attr(this, name_text(vm, name)?, Some(&load))?;
        } else {
            let shown = vm.repr(name)?.to_rust_string();
            deprecated(
                vm,
                &format!(
                    "{class_name}.__init__ missing 1 required positional argument: {shown}. \
                     This will become an error in Python 3.15."
                ),
            )?;
        }
    }
    Ok(())
}

fn repr(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let mut text = Text::new("");
    write_node(vm, &mut text, this, REPR_DEPTH)?;
    text.finish(vm)
}

fn write_node(vm: Vm<'_>, text: &mut Text, this: &Value, depth: u32) -> PyResult<()> {
    text.push(&this.class().name());
    let Some(_guard) = vm.enter_repr(this).filter(|_| depth > 0) else {
        text.push("(...)");
        return Ok(());
    };
    let fields = field_names(vm, this)?;
    text.push("(");
    for (index, name) in fields.iter().enumerate() {
        if index > 0 {
            text.push(", ");
        }
        let name = name_text(vm, name)?;
        let value = vm.get_attr(this, name)?;
        text.push_str(name);
        text.push("=");
        let items = match (value.downcast::<PyList>(), value.downcast::<PyTuple>()) {
            (Some(list), _) => Some(("[", list.items_vec(), "]")),
            (_, Some(tuple)) => Some(("(", tuple.items().to_vec(), ")")),
            _ => None,
        };
        match items {
            Some((open, items, close)) => {
                text.push(open);
                write_items(vm, text, &items, depth)?;
                text.push(close);
            }
            None => write_value(vm, text, &value, depth)?,
        }
    }
    text.push(")");
    Ok(())
}

/// The first and the last of a list's items.
fn write_items(vm: Vm<'_>, text: &mut Text, items: &[Value], depth: u32) -> PyResult<()> {
    let Some((first, rest)) = items.split_first() else { return Ok(()) };
    write_value(vm, text, first, depth)?;
    if let Some((last, between)) = rest.split_last() {
        text.push(if between.is_empty() { ", " } else { ", ..., " });
        write_value(vm, text, last, depth)?;
    }
    Ok(())
}

fn write_value(vm: Vm<'_>, text: &mut Text, value: &Value, depth: u32) -> PyResult<()> {
    if value.downcast::<PyAst>().is_some() {
        return write_node(vm, text, value, depth - 1);
    }
    text.push_str(&*vm.repr(value)?);
    Ok(())
}

fn own_dict(vm: Vm<'_>, this: &Value) -> PyResult<PyRef<PyDict>> {
    match vm.get_attr_opt(this, &vm.names().__dict__)? {
        Some(dict) => dict.into_ref::<PyDict>().map_err(|_| vm.type_error("bad AST __dict__")),
        None => Ok(PyDict::new_ref(vm)),
    }
}

/// Unpickling makes the node with None in its first fields, so that it does not complain, then sets the state.
fn reduce(vm: Vm<'_>, this: &Value) -> PyResult<Value> {
    let dict = own_dict(vm, this)?;
    let mut given = 0;
    for name in field_names(vm, this)? {
        if !dict.contains(vm, &name)? {
            break;
        }
        given += 1;
    }
    let args = PyTuple::try_from_vec(vm, vec![Value::NONE; given])?;
    let parts = [this.class().to_value(), args.into_value(), dict.into_value()];
    Ok(PyTuple::new_value(vm, &parts))
}

fn replace(vm: Vm<'_>, this: &Value, args: Args<'_>) -> PyResult<Value> {
    if !args.positional().is_empty() {
        return Err(vm.type_error("__replace__() takes no positional arguments"));
    }
    let dict = own_dict(vm, this)?;
    let fields = field_names(vm, this)?;
    let attributes = names_of(vm, this, "_attributes")?.unwrap_or_default();
    check_replacement(vm, this, &dict, &fields, &attributes, args)?;
    let payload = PyDict::new_ref(vm);
    for name in fields.iter().chain(&attributes) {
        if let Some(value) = dict.get(vm, name)? {
            payload.set(vm, name, value)?;
        }
    }
    for (name, value) in args.keywords() {
        payload.set(vm, name, value.clone())?;
    }
    let names = PyTuple::try_from_vec(vm, payload.keys_vec())?;
    vm.call_with(&this.class().to_value(), Args::new(&payload.values_vec(), Some(&names)))
}

/// Every keyword has to be a field or attribute, and every field has to come from somewhere.
fn check_replacement(
    vm: Vm<'_>,
    this: &Value,
    dict: &Py<PyDict>,
    fields: &[Value],
    attributes: &[Value],
    args: Args<'_>,
) -> PyResult<()> {
    let expected = PyDict::new_ref(vm);
    for name in fields.iter().chain(attributes) {
        expected.set(vm, name, Value::NONE)?;
    }
    for (name, _) in args.keywords() {
        if expected.remove(vm, name)?.is_none() {
            let shown = vm.repr(name)?.to_rust_string();
            let class = this.class().name();
            let message =
                format!("{class}.__replace__ got an unexpected keyword argument {shown}.");
            return Err(vm.type_error(message));
        }
    }
    for name in dict.keys_vec().iter().chain(attributes) {
        drop(expected.remove(vm, name)?);
    }
    let class = this.class().to_value();
    if let Some(types) = vm.get_attr_opt(&class, &vm.intern("_field_types"))?
        && let Some(types) = types.downcast::<PyDict>()
    {
        for (name, kind) in types.items_vec() {
            if union_::union_args(&kind).is_some() {
                drop(expected.remove(vm, &name)?);
            }
        }
    }
    if expected.is_empty() {
        return Ok(());
    }
    Err(missing_arguments(vm, this, &expected.keys_vec())?)
}

fn missing_arguments(vm: Vm<'_>, this: &Value, names: &[Value]) -> PyResult<Raised> {
    let mut shown = Vec::with_capacity(names.len());
    for name in names {
        shown.push(vm.repr(name)?.to_rust_string());
    }
    shown.sort();
    Ok(vm.type_error(format!(
        "{}.__replace__ missing {} keyword argument{}: {}.",
        this.class().name(),
        shown.len(),
        if shown.len() == 1 { "" } else { "s" },
        shown.join(", ")
    )))
}

/// A node of a class, with values for its fields in their order and then for its position.
pub(super) fn make_node<'n>(
    vm: Vm<'_>,
    class: &Py<PyType>,
    attributes: impl IntoIterator<Item = (&'n Py<PyStr>, Value)>,
) -> Value {
    let node = PyRef::new_of(vm, class, PyAst {});
    for (name, value) in attributes {
        drop(extension::set_attribute(vm, node.as_object(), name, value));
    }
    node.into_value()
}
