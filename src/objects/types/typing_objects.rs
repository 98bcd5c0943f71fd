//! What the objects behind `typing` share: lazily evaluated parts, `NoDefault`, `Generic`; and the constructors for the
//! syntax of type parameters.

use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::gc::{Traverse, Visitor};
use crate::core::gil_cell::HotCell;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::Slot;
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::number;
use crate::types::TypeRow;
use crate::types::generic_alias::type_repr;
use crate::types::object_::{OBJECT, object_new};
use crate::types::seq_shared::Text;
use crate::types::str::PyStr;
use crate::types::tuple::PyTuple;
use crate::types::type_alias::{TYPE_ALIAS, TYPE_ALIAS_SPEC};
use crate::types::type_params;
use crate::types::union_::call_typing;
use crate::{methods, payload};

pub use crate::types::type_alias::{is_type_alias, new_type_alias};
pub use crate::types::type_params::{
    new_param_spec, new_type_var, new_type_var_tuple, set_default,
};

/// The types of `_typing`, each after its base.
pub static TYPES: &[TypeRow] = &[
    (&NO_DEFAULT_TYPE, &NO_DEFAULT_TYPE_SPEC),
    (&CONST_EVALUATOR, &CONST_EVALUATOR_SPEC),
    (&GENERIC, &GENERIC_SPEC),
    (&type_params::TYPE_VAR, &type_params::TYPE_VAR_SPEC),
    (&type_params::PARAM_SPEC, &type_params::PARAM_SPEC_SPEC),
    (&type_params::TYPE_VAR_TUPLE, &type_params::TYPE_VAR_TUPLE_SPEC),
    (&type_params::PARAM_SPEC_ARGS, &type_params::PARAM_SPEC_ARGS_SPEC),
    (&type_params::PARAM_SPEC_KWARGS, &type_params::PARAM_SPEC_KWARGS_SPEC),
    (&TYPE_ALIAS, &TYPE_ALIAS_SPEC),
];

/// A part that is known, or is computed when it is first asked for.
#[derive(Default)]
pub struct Lazy {
    value: HotCell<Option<Value>>,
    evaluate: HotCell<Option<Value>>,
}

impl Traverse for Lazy {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.value.traverse(visitor);
        self.evaluate.traverse(visitor);
    }
    fn clear(&self, dead: &mut Vec<Value>) {
        Traverse::clear(&self.value, dead);
        Traverse::clear(&self.evaluate, dead);
    }
}

impl Lazy {
    /// A known part, or none.
    #[must_use]
    pub fn known(value: Option<Value>) -> Self {
        Self { value: HotCell::new(value), evaluate: HotCell::new(None) }
    }

    /// A part that `evaluate` computes.
    #[must_use]
    pub fn computed(evaluate: Option<Value>) -> Self {
        Self { value: HotCell::new(None), evaluate: HotCell::new(evaluate) }
    }

    /// Sets the function that computes it.
    pub fn set_evaluate(&self, evaluate: Value) {
        self.evaluate.set(Some(evaluate));
    }

    /// The part; None when there is none.
    ///
    /// # Errors
    /// What computing it raises.
    pub fn get(&self, vm: Vm<'_>) -> PyResult<Option<Value>> {
        if let Some(known) = self.value.get() {
            return Ok(Some(known));
        }
        let Some(evaluate) = self.evaluate.get() else { return Ok(None) };
        // 1 is annotationlib.Format.VALUE.
        let value = vm.call(&evaluate, &[Value::from_usize(1)])?;
        self.value.set(Some(value.clone()));
        Ok(Some(value))
    }

    /// Whether there is such a part.
    #[must_use]
    pub fn is_some(&self) -> bool {
        self.value.with(Option::is_some) || self.evaluate.with(Option::is_some)
    }

    /// The function that computes it in a wanted format; of a known part one that gives it.
    #[must_use]
    pub fn evaluator(&self, vm: Vm<'_>) -> Option<Value> {
        if let Some(evaluate) = self.evaluate.get() {
            return Some(evaluate);
        }
        self.value.get().map(|value| const_evaluator(vm, value))
    }
}

payload! {
    /// The payload of NoDefault's type.
    pub struct PyNoDefault: NO_DEFAULT_TYPE {}
}

/// `NoDefaultType`
pub static NO_DEFAULT_TYPE: StaticType = StaticType::new::<PyNoDefault>();

methods! { NO_DEFAULT_METHODS:
    ["__reduce__"] "($self, /)" None(no_default_reduce);
}

/// The spec of `NoDefaultType`.
pub const NO_DEFAULT_TYPE_SPEC: TypeSpec = TypeSpec {
    name: "NoDefaultType",
    doc: Some("NoDefaultType()\n--\n\nThe type of the NoDefault singleton."),
    slots: &[Slot::Repr(no_default_repr), Slot::New(no_default_new)],
    methods: NO_DEFAULT_METHODS,
    ..TypeSpec::DEFAULT
};

const STATE: &str = "typing.NoDefault";

/// `typing.NoDefault`
#[must_use]
pub fn no_default(vm: Vm<'_>) -> Value {
    let state = &vm.interpreter().module_state;
    let known =
        state.with(|all| all.iter().find(|(name, _)| *name == STATE).map(|(_, one)| one.clone()));
    known.unwrap_or_else(|| {
        let new = PyRef::new(vm, PyNoDefault {}).into_value();
        state.with_mut(|all| all.push((STATE, new.clone())));
        new
    })
}

/// Whether `value` is `typing.NoDefault`.
#[must_use]
pub fn is_no_default(value: &Value) -> bool {
    value.downcast::<PyNoDefault>().is_some()
}

fn no_default_new(vm: Vm<'_>, _class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    if !args.all().is_empty() {
        return Err(vm.type_error("NoDefaultType takes no arguments"));
    }
    Ok(no_default(vm))
}

fn no_default_repr(vm: Vm<'_>, _value: &Value) -> PyResult<Value> {
    Ok(PyStr::new_value(vm, "typing.NoDefault"))
}

fn no_default_reduce(vm: Vm<'_>, _value: &Value) -> PyResult<Value> {
    Ok(PyStr::new_value(vm, "NoDefault"))
}

payload! {
    /// The payload of a function that gives a known value.
    pub struct PyConstEvaluator: CONST_EVALUATOR, gc {
        value: Value,
    }
}

/// `_typing._ConstEvaluator`
pub static CONST_EVALUATOR: StaticType = StaticType::new::<PyConstEvaluator>();

/// The spec of `_typing._ConstEvaluator`.
pub const CONST_EVALUATOR_SPEC: TypeSpec = TypeSpec {
    name: "_typing._ConstEvaluator",
    doc: Some("_ConstEvaluator()\n--\n\nInternal type for implementing evaluation functions."),
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: &[Slot::Repr(evaluator_repr), Slot::Call(evaluator_call)],
    ..TypeSpec::DEFAULT
};

/// A function that gives `value`.
pub(crate) fn const_evaluator(vm: Vm<'_>, value: Value) -> Value {
    PyRef::new(vm, PyConstEvaluator { value }).into_value()
}

fn evaluator_repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let mut text = Text::new("<constevaluator ");
    text.push_str(&*vm.repr(&value.receiver::<PyConstEvaluator>().value)?);
    text.push(">");
    text.finish(vm)
}

fn evaluator_call(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    let format = args.exactly(vm, "constevaluator.__call__", 1, 1)?;
    let format = number::as_i32(vm, &format[0])?;
    let known = &value.receiver::<PyConstEvaluator>().value;
    // 4 is annotationlib.Format.STRING.
    if format != 4 {
        return Ok(known.clone());
    }
    let mut text = Text::new("");
    match known.downcast::<PyTuple>() {
        Some(tuple) => {
            text.push("(");
            for (nth, item) in tuple.items().iter().enumerate() {
                if nth != 0 {
                    text.push(", ");
                }
                type_repr(vm, &mut text, item)?;
            }
            text.push(if tuple.items().len() == 1 { ",)" } else { ")" });
        }
        None => type_repr(vm, &mut text, known)?,
    }
    text.finish(vm)
}

/// `typing.Generic`
pub static GENERIC: StaticType = StaticType::inheriting();

methods! { GENERIC_METHODS:
    /// Parameterizes a generic class.
    ///
    /// At least, parameterizing a generic class is the *main* thing this
    /// method does.  For example, for some generic class `Foo`, this is
    /// called when we do `Foo[int]` - there, with `cls=Foo` and
    /// `params=int`.
    ///
    /// However, note that this method is also called when defining generic
    /// classes in the first place with `class Foo[T]: ...`.
    ///
    class ["__class_getitem__"] "" Any(generic_class_getitem);
    /// Function to initialize subclasses.
    class ["__init_subclass__"] "" Any(generic_init_subclass);
}

/// The spec of `typing.Generic`.
pub const GENERIC_SPEC: TypeSpec = TypeSpec {
    name: "typing.Generic",
    doc: Some(
        "Abstract base class for generic types.\n\nOn Python 3.12 and newer, generic classes implicitly inherit from\nGeneric when they declare a parameter list after the class's name::\n\n    class Mapping[KT, VT]:\n        def __getitem__(self, key: KT) -> VT:\n            ...\n        # Etc.\n\nOn older versions of Python, however, generic classes have to\nexplicitly inherit from Generic.\n\nAfter a class has been declared to be generic, it can then be used as\nfollows::\n\n    def lookup_name[KT, VT](mapping: Mapping[KT, VT], key: KT, default: VT) -> VT:\n        try:\n            return mapping[key]\n        except KeyError:\n            return default\n",
    ),
    base: Some(&OBJECT),
    flags: spec_flags::BASETYPE | spec_flags::SHOWN_AS_HEAP,
    slots: &[Slot::New(object_new)],
    methods: GENERIC_METHODS,
    ..TypeSpec::DEFAULT
};

/// Calls a function of `typing` with the class in front.
fn call_for_class(vm: Vm<'_>, name: &str, class: &Value, args: Args<'_>) -> PyResult<Value> {
    let typing = vm.import_module("typing")?;
    let function = vm.get_attr_str(&typing, name)?;
    let mut all = vec![class.clone()];
    all.extend_from_slice(args.all());
    vm.call_with(&function, Args::new(&all, args.keyword_names()))
}

fn generic_class_getitem(vm: Vm<'_>, class: &Value, args: Args<'_>) -> PyResult<Value> {
    call_for_class(vm, "_generic_class_getitem", class, args)
}

fn generic_init_subclass(vm: Vm<'_>, class: &Value, args: Args<'_>) -> PyResult<Value> {
    call_for_class(vm, "_generic_init_subclass", class, args)
}

/// `Generic[params]`, the base of a class with type parameters.
///
/// # Errors
/// What `typing` raises.
pub fn subscript_generic(vm: Vm<'_>, params: &Value) -> PyResult<Value> {
    let params = type_params::unpack_tuples(vm, &vm.collect(params)?)?;
    let params = PyTuple::try_from_vec(vm, params)?.into_value();
    call_typing(vm, "_GenericAlias", &[GENERIC.get().to_value(), params])
}
