//! The node classes: made out of the grammar when they are first needed, and kept by the interpreter.

use objects::core::errors::PyResult;
use objects::core::object::Py;
use objects::core::pyref::PyRef;
use objects::core::type_object::{PyType, StaticType, TYPE};
use objects::core::type_spec::{TypeSpec, spec_flags};
use objects::core::value::Value;
use objects::core::vm::Vm;
use objects::payload;
use objects::types::dict::PyDict;
use objects::types::generic_alias;
use objects::types::int::INT;
use objects::types::list::LIST;
use objects::types::object_::OBJECT;
use objects::types::str::{PyStr, STR};
use objects::types::tuple::PyTuple;
use objects::types::union_;

use super::base::{AST, AST_SPEC};
use super::grammar::{Count, Field, NAMES, Node, Position, Row, rows};

/// The attributes that say where a node stands.
pub(super) const POSITION: [&str; 4] = ["lineno", "col_offset", "end_lineno", "end_col_offset"];

payload! {
    /// What the interpreter keeps of the node classes.
    pub(crate) struct PyAstState: STATE, gc {
        /// By number.
        classes: Vec<PyRef<PyType>>,
        /// Names of the fields, by the class's number.
        fields: Vec<PyRef<PyTuple>>,
        /// The instances of the classes without fields, by number; None for the other classes.
        singletons: Vec<Option<Value>>,
        /// The names of the position's attributes.
        position: PyRef<PyTuple>,
    }
}

static STATE: StaticType = StaticType::new::<PyAstState>();

const STATE_SPEC: TypeSpec =
    TypeSpec { name: "_ast.state", flags: spec_flags::DISALLOW_INSTANTIATION, ..TypeSpec::DEFAULT };

const KEY: &str = "_ast";

/// The node classes, as the machine uses them.
#[derive(Clone)]
pub(super) struct Classes(PyRef<PyAstState>);

impl Classes {
    /// The class of a number.
    pub(super) fn class(&self, class: Node) -> &Py<PyType> {
        &self.0.classes[class as usize]
    }

    /// The names of a class's fields.
    pub(super) fn fields(&self, class: Node) -> &[Value] {
        self.0.fields[class as usize].items()
    }

    /// The one instance of a class without fields.
    pub(super) fn singleton(&self, class: Node) -> Value {
        self.0.singletons[class as usize].clone().unwrap_or(Value::NONE)
    }

    /// Every class with its name.
    pub(super) fn named(&self) -> impl Iterator<Item = (&'static str, Value)> {
        NAMES.iter().zip(&self.0.classes).map(|(name, class)| (*name, class.to_value()))
    }

    /// The names of the position's attributes.
    pub(super) fn position(&self) -> &[Value] {
        self.0.position.items()
    }
}

/// The classes, made now if need be.
pub(super) fn get(vm: Vm<'_>) -> PyResult<Classes> {
    if let Some(state) = vm.interpreter().state_of(KEY)
        && let Ok(state) = state.into_ref::<PyAstState>()
    {
        return Ok(Classes(state));
    }
    objects::types::init_types(vm, &[(&AST, &AST_SPEC), (&STATE, &STATE_SPEC)])?;
    let state = make(vm)?;
    vm.interpreter().set_state_of(KEY, state.to_value());
    Ok(Classes(state))
}

/// The class of a number, as a value.
pub(super) fn class_value(vm: Vm<'_>, class: Node) -> PyResult<Value> {
    Ok(get(vm)?.class(class).to_value())
}

/// The one instance of a class without fields.
pub(super) fn singleton(vm: Vm<'_>, class: Node) -> PyResult<Value> {
    Ok(get(vm)?.singleton(class))
}

fn strings<'n>(vm: Vm<'_>, names: impl IntoIterator<Item = &'n str>) -> PyRef<PyTuple> {
    let names: Vec<Value> = names.into_iter().map(|name| vm.intern(name).into_value()).collect();
    PyTuple::new_ref(vm, &names)
}

fn make(vm: Vm<'_>) -> PyResult<PyRef<PyAstState>> {
    let empty = PyTuple::new_value(vm, &[]);
    let namespace = AST.get().namespace();
    for name in ["_fields", "__match_args__", "_attributes"] {
        drop(namespace.set_str(&vm.intern(name), empty.clone()));
    }
    drop(namespace.set_str(&vm.intern("__module__"), PyStr::new_value(vm, "ast")));
    // A heap type in CPython: programs may change it.
    AST.get().set_flags(AST.get().flags() & !spec_flags::IMMUTABLE);
    AST.get().modified();
    let rows = rows();
    let mut state = PyAstState {
        classes: Vec::with_capacity(rows.len()),
        fields: Vec::with_capacity(rows.len()),
        singletons: Vec::with_capacity(rows.len()),
        position: strings(vm, POSITION),
    };
    for row in &rows {
        let fields = strings(vm, row.fields.iter().flatten().map(|field| field.name));
        let class = make_class(vm, row, &fields, &state)?;
        let instance = row.singleton.then(|| super::base::make_node(vm, &class, []));
        state.classes.push(class);
        state.fields.push(fields);
        state.singletons.push(instance);
    }
    for (row, class) in rows.iter().zip(&state.classes) {
        if let Some(fields) = &row.fields {
            add_field_types(vm, class, fields, &state)?;
        }
    }
    Ok(PyRef::new(vm, state))
}

/// The class with `name` of those made so far.
fn find(state: &PyAstState, name: &str) -> Option<Value> {
    let index = NAMES.iter().position(|known| *known == name)?;
    state.classes.get(index).map(|class| class.to_value())
}

fn make_class(
    vm: Vm<'_>,
    row: &Row,
    fields: &PyRef<PyTuple>,
    state: &PyAstState,
) -> PyResult<PyRef<PyType>> {
    let namespace = PyDict::new_ref(vm);
    let add = |name: &str, value: Value| drop(namespace.set_str(&vm.intern(name), value));
    add("_fields", fields.to_value());
    add("__match_args__", fields.to_value());
    add("__module__", PyStr::new_value(vm, "ast"));
    add("__doc__", PyStr::new_value(vm, row.doc));
    match row.position {
        Some(Position::None) => add("_attributes", PyTuple::new_value(vm, &[])),
        Some(_) => add("_attributes", state.position.to_value()),
        None => {}
    }
    for field in row.fields.iter().flatten().filter(|field| field.count == Count::Optional) {
        add(field.name, Value::NONE);
    }
    if row.position == Some(Position::Open) {
        add("end_lineno", Value::NONE);
        add("end_col_offset", Value::NONE);
    }
    let base = row.base.and_then(|name| find(state, name)).unwrap_or_else(|| AST.get().to_value());
    let bases = PyTuple::new_value(vm, &[base]);
    let name = PyStr::new_value(vm, row.name);
    let class = vm.call(&TYPE.get().to_value(), &[name, bases, namespace.into_value()])?;
    class.into_ref::<PyType>().map_err(|_| vm.system_error("type() made no type"))
}

/// `_field_types` and `__annotations__`: what the grammar says about the fields.
fn add_field_types(
    vm: Vm<'_>,
    class: &Py<PyType>,
    fields: &[Field],
    state: &PyAstState,
) -> PyResult<()> {
    let types = PyDict::new_ref(vm);
    for field in fields {
        let kind = match field.class {
            "identifier" | "string" => STR.get().to_value(),
            "int" => INT.get().to_value(),
            "constant" => OBJECT.get().to_value(),
            other => find(state, other).unwrap_or(Value::NONE),
        };
        let kind = match field.count {
            Count::One => kind,
            Count::Optional => union_::union_or(vm, &kind, &Value::NONE)?,
            Count::Many => {
                let arguments = PyTuple::new_value(vm, &[kind]);
                generic_alias::new(vm, &LIST.get().to_value(), &arguments)?
            }
        };
        drop(types.set_str(&vm.intern(field.name), kind));
    }
    let class = class.to_value();
    let types = types.into_value();
    vm.set_attr(&class, &vm.intern("_field_types"), Some(&types))?;
    vm.set_attr(&class, &vm.intern("__annotations__"), Some(&types))
}
