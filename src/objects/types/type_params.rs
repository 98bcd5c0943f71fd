//! `TypeVar`, `ParamSpec`, `TypeVarTuple`, and the arguments of a ParamSpec.

use std::cell::Cell;

use crate::core::args::Args;
use crate::core::errors::PyResult;
use crate::core::extension;
use crate::core::gc::{Traverse, Visitor};
use crate::core::object::{Payload, Py};
use crate::core::pyref::PyRef;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::Value;
use crate::core::vm::Vm;
use crate::protocol::compare::hash_not_implemented;
use crate::types::frame_object;
use crate::types::seq_shared::Text;
use crate::types::str::{PyStr, value_is};
use crate::types::tuple::PyTuple;
use crate::types::typing_objects::{Lazy, is_no_default, no_default};
use crate::types::union_::{self, call_typing};
use crate::{getset, methods, payload};

/// What the three kinds of type parameter hold.
pub struct Parameter {
    name: PyRef<PyStr>,
    bound: Lazy,
    constraints: Lazy,
    default: Lazy,
    covariant: Cell<bool>,
    contravariant: Cell<bool>,
    infer_variance: Cell<bool>,
}

impl Traverse for Parameter {
    fn traverse(&self, visitor: &mut Visitor<'_>) {
        self.bound.traverse(visitor);
        self.constraints.traverse(visitor);
        self.default.traverse(visitor);
    }
    fn clear(&self, dead: &mut Vec<Value>) {
        Traverse::clear(&self.bound, dead);
        Traverse::clear(&self.constraints, dead);
        Traverse::clear(&self.default, dead);
    }
}

impl Parameter {
    fn of_syntax(name: PyRef<PyStr>) -> Self {
        Self {
            name,
            bound: Lazy::default(),
            constraints: Lazy::default(),
            default: Lazy::default(),
            covariant: Cell::new(false),
            contravariant: Cell::new(false),
            infer_variance: Cell::new(true),
        }
    }
}

payload! {
    /// The payload of a TypeVar.
    pub struct PyTypeVar: TYPE_VAR, gc {
        core: Parameter,
    }
}

payload! {
    /// The payload of a ParamSpec.
    pub struct PyParamSpec: PARAM_SPEC, gc {
        core: Parameter,
    }
}

payload! {
    /// The payload of a TypeVarTuple.
    pub struct PyTypeVarTuple: TYPE_VAR_TUPLE, gc {
        core: Parameter,
    }
}

/// `typing.TypeVar`
pub static TYPE_VAR: StaticType = StaticType::new::<PyTypeVar>();
/// `typing.ParamSpec`
pub static PARAM_SPEC: StaticType = StaticType::new::<PyParamSpec>();
/// `typing.TypeVarTuple`
pub static TYPE_VAR_TUPLE: StaticType = StaticType::new::<PyTypeVarTuple>();

methods! { TYPE_VAR_METHODS:
    ["__typing_subst__"] "($self, arg, /)" One(type_var_subst);
    ["__typing_prepare_subst__"] "($self, alias, args, /)" Positional(type_var_prepare);
    ["__reduce__"] "($self, /)" None(name);
    ["has_default"] "($self, /)" None(has_default);
    ["__mro_entries__"] "($self, object, /)" One(mro_entries);
}

getset! { TYPE_VAR_GETSET:
    member ["__name__"] name;
    member ["__covariant__"] covariant;
    member ["__contravariant__"] contravariant;
    member ["__infer_variance__"] infer_variance;
    ["__bound__"] bound;
    ["__constraints__"] constraints;
    ["__default__"] default;
    ["evaluate_bound"] evaluate_bound;
    ["evaluate_constraints"] evaluate_constraints;
    ["evaluate_default"] evaluate_default;
}

methods! { PARAM_SPEC_METHODS:
    ["__typing_subst__"] "($self, arg, /)" One(param_spec_subst);
    ["__typing_prepare_subst__"] "($self, alias, args, /)" Positional(param_spec_prepare);
    ["has_default"] "($self, /)" None(has_default);
    ["__reduce__"] "($self, /)" None(name);
    ["__mro_entries__"] "($self, object, /)" One(mro_entries);
}

getset! { PARAM_SPEC_GETSET:
    member ["__name__"] name;
    member ["__bound__"] bound;
    member ["__covariant__"] covariant;
    member ["__contravariant__"] contravariant;
    member ["__infer_variance__"] infer_variance;
    /// Represents positional arguments.
    ["args"] param_spec_args;
    /// Represents keyword arguments.
    ["kwargs"] param_spec_kwargs;
    /// The default value for this ParamSpec.
    ["__default__"] default;
    ["evaluate_default"] evaluate_default;
}

methods! { TYPE_VAR_TUPLE_METHODS:
    ["__typing_subst__"] "($self, arg, /)" One(type_var_tuple_subst);
    ["__typing_prepare_subst__"] "($self, alias, args, /)" Positional(type_var_tuple_prepare);
    ["__reduce__"] "($self, /)" None(name);
    ["has_default"] "($self, /)" None(has_default);
    ["__mro_entries__"] "($self, object, /)" One(mro_entries);
}

getset! { TYPE_VAR_TUPLE_GETSET:
    member ["__name__"] name;
    /// The default value for this TypeVarTuple.
    ["__default__"] default;
    ["evaluate_default"] evaluate_default;
}

const FLAGS: u64 = spec_flags::HAS_DICT | spec_flags::HAS_WEAKREF;

/// The spec of `typing.TypeVar`.
pub const TYPE_VAR_SPEC: TypeSpec = TypeSpec {
    name: "typing.TypeVar",
    doc: Some(TYPE_VAR_DOC),
    flags: FLAGS,
    slots: &[Slot::Repr(repr), Slot::NbOr(or), Slot::New(type_var_new)],
    methods: TYPE_VAR_METHODS,
    getset: TYPE_VAR_GETSET,
    ..TypeSpec::DEFAULT
};

/// The spec of `typing.ParamSpec`.
pub const PARAM_SPEC_SPEC: TypeSpec = TypeSpec {
    name: "typing.ParamSpec",
    doc: Some(PARAM_SPEC_DOC),
    flags: FLAGS,
    slots: &[Slot::Repr(repr), Slot::NbOr(or), Slot::New(param_spec_new)],
    methods: PARAM_SPEC_METHODS,
    getset: PARAM_SPEC_GETSET,
    ..TypeSpec::DEFAULT
};

/// The spec of `typing.TypeVarTuple`.
pub const TYPE_VAR_TUPLE_SPEC: TypeSpec = TypeSpec {
    name: "typing.TypeVarTuple",
    doc: Some(TYPE_VAR_TUPLE_DOC),
    flags: FLAGS,
    slots: &[Slot::Repr(name), Slot::Iter(type_var_tuple_iter), Slot::New(type_var_tuple_new)],
    methods: TYPE_VAR_TUPLE_METHODS,
    getset: TYPE_VAR_TUPLE_GETSET,
    ..TypeSpec::DEFAULT
};

/// The core of a type parameter; None for any other value.
fn core_of(value: &Value) -> Option<&Parameter> {
    if let Some(this) = value.downcast::<PyTypeVar>() {
        return Some(&this.core);
    }
    if let Some(this) = value.downcast::<PyParamSpec>() {
        return Some(&this.core);
    }
    value.downcast::<PyTypeVarTuple>().map(|this| &this.core)
}

fn this(value: &Value) -> &Parameter {
    core_of(value).expect("the receiver is a type parameter")
}

fn make<T: Payload>(vm: Vm<'_>, payload: T) -> Value {
    PyRef::new(vm, payload).into_value()
}

fn text_of(vm: Vm<'_>, value: &Value) -> PyResult<PyRef<PyStr>> {
    vm.str(value)
}

/// A TypeVar of the syntax `[T]`, `[T: bound]`, `[T: (constraints)]`.
///
/// # Errors
/// Never for a str name.
pub fn new_type_var(
    vm: Vm<'_>,
    name: &Value,
    bound: Option<&Value>,
    constraints: Option<&Value>,
) -> PyResult<Value> {
    let mut core = Parameter::of_syntax(text_of(vm, name)?);
    core.bound = Lazy::computed(bound.cloned());
    core.constraints = Lazy::computed(constraints.cloned());
    Ok(make(vm, PyTypeVar { core }))
}

/// A ParamSpec of the syntax `[**P]`.
///
/// # Errors
/// Never for a str name.
pub fn new_param_spec(vm: Vm<'_>, name: &Value) -> PyResult<Value> {
    Ok(make(vm, PyParamSpec { core: Parameter::of_syntax(text_of(vm, name)?) }))
}

/// A TypeVarTuple of the syntax `[*Ts]`.
///
/// # Errors
/// Never for a str name.
pub fn new_type_var_tuple(vm: Vm<'_>, name: &Value) -> PyResult<Value> {
    Ok(make(vm, PyTypeVarTuple { core: Parameter::of_syntax(text_of(vm, name)?) }))
}

/// Sets the function that computes a type parameter's default.
///
/// # Errors
/// TypeError for what is no type parameter.
pub fn set_default(vm: Vm<'_>, parameter: &Value, evaluate: &Value) -> PyResult<Value> {
    let Some(core) = core_of(parameter) else {
        return Err(vm.type_error(format!(
            "Expected a type param, got {}",
            vm.repr(parameter)?.to_rust_string()
        )));
    };
    core.default.set_evaluate(evaluate.clone());
    Ok(parameter.clone())
}

/// The name of the module that the running Python code belongs to.
pub(crate) fn caller_module(vm: Vm<'_>) -> Option<Value> {
    let frame = frame_object::current(vm)?;
    frame.globals().get_str(&vm.names().__name__)
}

/// Notes the module of the caller in a new object.
fn set_module(vm: Vm<'_>, value: &Value) {
    if let Some(object) = value.as_object() {
        let module = caller_module(vm).unwrap_or(Value::NONE);
        drop(extension::set_attribute(vm, object, &vm.names().__module__, module));
    }
}

/// A type given by a program, as typing checks it.
fn type_check(vm: Vm<'_>, value: &Value, message: &str) -> PyResult<Value> {
    if union_::is_unionable(value) && !value.is_none() {
        return Ok(value.clone());
    }
    call_typing(vm, "_type_check", &[value.clone(), PyStr::new_value(vm, message)])
}

/// The keywords of the three constructors.
#[derive(Default)]
struct Given<'a> {
    bound: Option<&'a Value>,
    default: Option<&'a Value>,
    covariant: bool,
    contravariant: bool,
    infer_variance: bool,
}

fn parse<'a>(
    vm: Vm<'_>,
    function: &str,
    allowed: &[&str],
    args: Args<'a>,
) -> PyResult<(&'a Value, &'a [Value], Given<'a>)> {
    let mut given = Given::default();
    let (mut name, rest) = match args.positional() {
        [name, rest @ ..] => (Some(name), rest),
        [] => (None, &[][..]),
    };
    for (key, value) in args.keywords() {
        let is = |wanted: &str| allowed.contains(&wanted) && value_is(key, wanted);
        if name.is_none() && value_is(key, "name") {
            name = Some(value);
        } else if is("bound") {
            given.bound = Some(value).filter(|value| !value.is_none());
        } else if is("default") {
            given.default = Some(value).filter(|value| !is_no_default(value));
        } else if is("covariant") {
            given.covariant = vm.is_true(value)?;
        } else if is("contravariant") {
            given.contravariant = vm.is_true(value)?;
        } else if is("infer_variance") {
            given.infer_variance = vm.is_true(value)?;
        } else {
            let key = vm.str(key)?.to_rust_string();
            return Err(vm.unexpected_keyword(&format!("{function}()"), &key, allowed));
        }
    }
    let Some(name) = name else {
        return Err(vm.type_error(format!("{function}() missing required argument 'name' (pos 1)")));
    };
    if name.downcast::<PyStr>().is_none() {
        return Err(vm.type_error(format!(
            "{function}() argument 'name' must be str, not {}",
            vm.type_text(name)
        )));
    }
    if given.covariant && given.contravariant {
        return Err(vm.value_error("Bivariant types are not supported."));
    }
    if given.infer_variance && (given.covariant || given.contravariant) {
        return Err(vm.value_error("Variance cannot be specified with infer_variance."));
    }
    Ok((name, rest, given))
}

fn core(vm: Vm<'_>, name: &Value, given: &Given<'_>) -> PyResult<Parameter> {
    Ok(Parameter {
        name: text_of(vm, name)?,
        bound: Lazy::default(),
        constraints: Lazy::default(),
        default: Lazy::known(given.default.cloned()),
        covariant: Cell::new(given.covariant),
        contravariant: Cell::new(given.contravariant),
        infer_variance: Cell::new(given.infer_variance),
    })
}

const VARIANCES: &[&str] = &["bound", "default", "covariant", "contravariant", "infer_variance"];

fn type_var_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let (name, constraints, given) = parse(vm, "typevar", VARIANCES, args)?;
    let mut core = core(vm, name, &given)?;
    if let Some(bound) = given.bound {
        core.bound = Lazy::known(Some(type_check(vm, bound, "Bound must be a type.")?));
    }
    match constraints {
        [] => {}
        [_] => return Err(vm.type_error("A single constraint is not allowed")),
        _ if given.bound.is_some() => {
            return Err(vm.type_error("Constraints cannot be combined with bound=..."));
        }
        several => {
            let several = PyTuple::try_new(vm, several)?.into_value();
            core.constraints = Lazy::known(Some(several));
        }
    }
    let new = PyRef::new_of(vm, class, PyTypeVar { core }).into_value();
    set_module(vm, &new);
    Ok(new)
}

fn no_more(vm: Vm<'_>, function: &str, rest: &[Value]) -> PyResult<()> {
    if rest.is_empty() {
        return Ok(());
    }
    Err(vm.type_error(format!(
        "{function}() takes at most 1 positional argument ({} given)",
        rest.len() + 1
    )))
}

fn param_spec_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let (name, rest, given) = parse(vm, "paramspec", VARIANCES, args)?;
    no_more(vm, "paramspec", rest)?;
    let mut core = core(vm, name, &given)?;
    core.bound = Lazy::known(given.bound.cloned());
    let new = PyRef::new_of(vm, class, PyParamSpec { core }).into_value();
    set_module(vm, &new);
    Ok(new)
}

fn type_var_tuple_new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    let (name, rest, given) = parse(vm, "typevartuple", &["default"], args)?;
    no_more(vm, "typevartuple", rest)?;
    let core = core(vm, name, &given)?;
    let new = PyRef::new_of(vm, class, PyTypeVarTuple { core }).into_value();
    set_module(vm, &new);
    Ok(new)
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = this(value);
    let mark = if this.infer_variance.get() {
        ""
    } else if this.covariant.get() {
        "+"
    } else if this.contravariant.get() {
        "-"
    } else {
        "~"
    };
    let mut text = Text::new(mark);
    text.push_str(&this.name);
    text.finish(vm)
}

fn name(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).name.to_value())
}

fn covariant(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this(value).covariant.get()))
}

fn contravariant(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this(value).contravariant.get()))
}

fn infer_variance(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this(value).infer_variance.get()))
}

fn bound(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).bound.get(vm)?.unwrap_or(Value::NONE))
}

fn constraints(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).constraints.get(vm)?.unwrap_or_else(|| PyTuple::new_value(vm, &[])))
}

fn default(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).default.get(vm)?.unwrap_or_else(|| no_default(vm)))
}

fn has_default(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this(value).default.is_some()))
}

fn evaluate_bound(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).bound.evaluator(vm).unwrap_or(Value::NONE))
}

fn evaluate_constraints(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).constraints.evaluator(vm).unwrap_or(Value::NONE))
}

fn evaluate_default(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let known = this(value).default.evaluator(vm);
    Ok(known.unwrap_or_else(|| {
        let nothing = no_default(vm);
        super::typing_objects::const_evaluator(vm, nothing)
    }))
}

fn or(vm: Vm<'_>, a: &Value, b: &Value) -> PyResult<Value> {
    union_::make_union(vm, &[a.clone(), b.clone()])
}

fn mro_entries(vm: Vm<'_>, value: &Value, _bases: &Value) -> PyResult<Value> {
    let class = value.class().name();
    let short = class.rsplit('.').next().unwrap_or_default();
    Err(vm.type_error(format!("Cannot subclass an instance of {short}")))
}

fn type_var_subst(vm: Vm<'_>, value: &Value, arg: &Value) -> PyResult<Value> {
    call_typing(vm, "_typevar_subst", &[value.clone(), arg.clone()])
}

fn type_var_prepare(vm: Vm<'_>, value: &Value, given: &[Value]) -> PyResult<Value> {
    crate::core::args::check_count(vm, "__typing_prepare_subst__", given.len(), 2, 2)?;
    let (alias, args) = (&given[0], &given[1]);
    let parameters = vm.collect(&vm.get_attr(alias, &vm.names().__parameters__)?)?;
    let count = vm.length(args)?;
    let index = parameters.iter().position(|parameter| parameter.is(value)).unwrap_or(0);
    if index < count {
        return Ok(args.clone());
    }
    let filler = default(vm, value)?;
    if index > count || is_no_default(&filler) {
        let shown = vm.str(alias)?.to_rust_string();
        return Err(vm.type_error(format!(
            "Too few arguments for {shown}; actual {count}, expected at least {}",
            index + 1
        )));
    }
    let mut all = vm.collect(args)?;
    all.push(filler);
    PyTuple::try_from_vec(vm, all).map(PyRef::into_value)
}

fn param_spec_subst(vm: Vm<'_>, value: &Value, arg: &Value) -> PyResult<Value> {
    call_typing(vm, "_paramspec_subst", &[value.clone(), arg.clone()])
}

fn with_self(value: &Value, given: &[Value]) -> Vec<Value> {
    let mut all = vec![value.clone()];
    all.extend_from_slice(given);
    all
}

fn param_spec_prepare(vm: Vm<'_>, value: &Value, given: &[Value]) -> PyResult<Value> {
    call_typing(vm, "_paramspec_prepare_subst", &with_self(value, given))
}

fn type_var_tuple_subst(vm: Vm<'_>, _value: &Value, _arg: &Value) -> PyResult<Value> {
    Err(vm.type_error("Substitution of bare TypeVarTuple is not supported"))
}

fn type_var_tuple_prepare(vm: Vm<'_>, value: &Value, given: &[Value]) -> PyResult<Value> {
    call_typing(vm, "_typevartuple_prepare_subst", &with_self(value, given))
}

/// `typing.Unpack[value]`
pub(crate) fn unpacked(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let typing = vm.import_module("typing")?;
    let unpack = vm.get_attr_str(&typing, "Unpack")?;
    vm.get_item(&unpack, value)
}

/// The type parameters, each TypeVarTuple as `Unpack[Ts]`.
pub(crate) fn unpack_tuples(vm: Vm<'_>, parameters: &[Value]) -> PyResult<Vec<Value>> {
    let mut all = Vec::with_capacity(parameters.len());
    for parameter in parameters {
        all.push(if parameter.downcast::<PyTypeVarTuple>().is_some() {
            unpacked(vm, parameter)?
        } else {
            parameter.clone()
        });
    }
    Ok(all)
}

fn type_var_tuple_iter(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let one = PyTuple::new_value(vm, &[unpacked(vm, value)?]);
    vm.iter(&one)
}

// --- the arguments of a ParamSpec ---

macro_rules! param_spec_parts {
    ($($payload:ident $class:ident $spec:ident $methods:ident $getset:ident $name:literal $doc:literal $suffix:literal
        $make:ident $new:ident $repr:ident $compare:ident $origin:ident;)*) => {$(
        payload! {
            /// The payload of this part of a ParamSpec.
            pub struct $payload: $class, gc {
                origin: Value,
            }
        }

        /// The type of this part.
        pub static $class: StaticType = StaticType::new::<$payload>();

        methods! { $methods:
            ["__mro_entries__"] "($self, object, /)" One(mro_entries);
        }

        getset! { $getset:
            ["__origin__"] $origin;
        }

        /// The part's description.
        pub const $spec: TypeSpec = TypeSpec {
            name: $name,
            doc: Some($doc),
            flags: spec_flags::HAS_WEAKREF,
            slots: &[
                Slot::Repr($repr),
                Slot::Hash(hash_not_implemented),
                Slot::Richcompare($compare),
                Slot::New($new),
            ],
            methods: $methods,
            getset: $getset,
            ..TypeSpec::DEFAULT
        };

        fn $make(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
            Ok(make(vm, $payload { origin: value.clone() }))
        }

        fn $new(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
            let origin = match (args.positional(), args.keyword("origin")) {
                ([origin], None) => origin,
                ([], Some(origin)) => origin,
                _ => {
                    return Err(vm.type_error(format!(
                        "{}() missing required argument 'origin' (pos 1)",
                        class.name().rsplit('.').next().unwrap_or_default().to_lowercase()
                    )));
                }
            };
            Ok(PyRef::try_new_of(vm, class, $payload { origin: origin.clone() })?.into_value())
        }

        fn $origin(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
            Ok(value.receiver::<$payload>().origin.clone())
        }

        fn $repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
            let origin = &value.receiver::<$payload>().origin;
            let mut text = Text::new("");
            match origin.downcast::<PyParamSpec>() {
                Some(spec) => text.push_str(&spec.core.name),
                None => text.push_str(&*vm.repr(origin)?),
            }
            text.push($suffix);
            text.finish(vm)
        }

        fn $compare(vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
            match (a.downcast::<$payload>(), b.downcast::<$payload>()) {
                (Some(left), Some(right)) => vm.rich_compare(&left.origin, &right.origin, op),
                _ => Ok(Value::NOT_IMPLEMENTED),
            }
        }
    )*};
}

param_spec_parts! {
    PyParamSpecArgs PARAM_SPEC_ARGS PARAM_SPEC_ARGS_SPEC ARGS_METHODS ARGS_GETSET "typing.ParamSpecArgs"
        "The args for a ParamSpec object.\n\nGiven a ParamSpec object P, P.args is an instance of ParamSpecArgs.\n\nParamSpecArgs objects have a reference back to their ParamSpec::\n\n    >>> P = ParamSpec(\"P\")\n    >>> P.args.__origin__ is P\n    True\n\nThis type is meant for runtime introspection and has no special meaning\nto static type checkers.\n"
        ".args" param_spec_args args_new args_repr args_compare args_origin;
    PyParamSpecKwargs PARAM_SPEC_KWARGS PARAM_SPEC_KWARGS_SPEC KWARGS_METHODS KWARGS_GETSET "typing.ParamSpecKwargs"
        "The kwargs for a ParamSpec object.\n\nGiven a ParamSpec object P, P.kwargs is an instance of ParamSpecKwargs.\n\nParamSpecKwargs objects have a reference back to their ParamSpec::\n\n    >>> P = ParamSpec(\"P\")\n    >>> P.kwargs.__origin__ is P\n    True\n\nThis type is meant for runtime introspection and has no special meaning\nto static type checkers.\n"
        ".kwargs" param_spec_kwargs kwargs_new kwargs_repr kwargs_compare kwargs_origin;
}

const TYPE_VAR_DOC: &str = "Type variable.\n\nThe preferred way to construct a type variable is via the dedicated\nsyntax for generic functions, classes, and type aliases::\n\n    class Sequence[T]:  # T is a TypeVar\n        ...\n\nThis syntax can also be used to create bound and constrained type\nvariables::\n\n    # S is a TypeVar bound to str\n    class StrSequence[S: str]:\n        ...\n\n    # A is a TypeVar constrained to str or bytes\n    class StrOrBytesSequence[A: (str, bytes)]:\n        ...\n\nType variables can also have defaults:\n\n    class IntDefault[T = int]:\n        ...\n\nHowever, if desired, reusable type variables can also be constructed\nmanually, like so::\n\n   T = TypeVar('T')  # Can be anything\n   S = TypeVar('S', bound=str)  # Can be any subtype of str\n   A = TypeVar('A', str, bytes)  # Must be exactly str or bytes\n   D = TypeVar('D', default=int)  # Defaults to int\n\nType variables exist primarily for the benefit of static type\ncheckers.  They serve as the parameters for generic types as well\nas for generic function and type alias definitions.\n\nThe variance of type variables is inferred by type checkers when they\nare created through the type parameter syntax and when\n``infer_variance=True`` is passed. Manually created type variables may\nbe explicitly marked covariant or contravariant by passing\n``covariant=True`` or ``contravariant=True``. By default, manually\ncreated type variables are invariant. See PEP 484 and PEP 695 for more\ndetails.\n";

const PARAM_SPEC_DOC: &str = "Parameter specification variable.\n\nThe preferred way to construct a parameter specification is via the\ndedicated syntax for generic functions, classes, and type aliases,\nwhere the use of '**' creates a parameter specification::\n\n    type IntFunc[**P] = Callable[P, int]\n\nThe following syntax creates a parameter specification that defaults\nto a callable accepting two positional-only arguments of types int\nand str:\n\n    type IntFuncDefault[**P = [int, str]] = Callable[P, int]\n\nFor compatibility with Python 3.11 and earlier, ParamSpec objects\ncan also be created as follows::\n\n    P = ParamSpec('P')\n    DefaultP = ParamSpec('DefaultP', default=[int, str])\n\nParameter specification variables exist primarily for the benefit of\nstatic type checkers.  They are used to forward the parameter types of\none callable to another callable, a pattern commonly found in\nhigher-order functions and decorators.  They are only valid when used\nin ``Concatenate``, or as the first argument to ``Callable``, or as\nparameters for user-defined Generics. See class Generic for more\ninformation on generic types.\n\nAn example for annotating a decorator::\n\n    def add_logging[**P, T](f: Callable[P, T]) -> Callable[P, T]:\n        '''A type-safe decorator to add logging to a function.'''\n        def inner(*args: P.args, **kwargs: P.kwargs) -> T:\n            logging.info(f'{f.__name__} was called')\n            return f(*args, **kwargs)\n        return inner\n\n    @add_logging\n    def add_two(x: float, y: float) -> float:\n        '''Add two numbers together.'''\n        return x + y\n\nParameter specification variables can be introspected. e.g.::\n\n    >>> P = ParamSpec(\"P\")\n    >>> P.__name__\n    'P'\n\nNote that only parameter specification variables defined in the global\nscope can be pickled.\n";

const TYPE_VAR_TUPLE_DOC: &str = "Type variable tuple. A specialized form of type variable that enables\nvariadic generics.\n\nThe preferred way to construct a type variable tuple is via the\ndedicated syntax for generic functions, classes, and type aliases,\nwhere a single '*' indicates a type variable tuple::\n\n    def move_first_element_to_last[T, *Ts](tup: tuple[T, *Ts]) -> tuple[*Ts, T]:\n        return (*tup[1:], tup[0])\n\nType variables tuples can have default values:\n\n    type AliasWithDefault[*Ts = (str, int)] = tuple[*Ts]\n\nFor compatibility with Python 3.11 and earlier, TypeVarTuple objects\ncan also be created as follows::\n\n    Ts = TypeVarTuple('Ts')  # Can be given any name\n    DefaultTs = TypeVarTuple('Ts', default=(str, int))\n\nJust as a TypeVar (type variable) is a placeholder for a single type,\na TypeVarTuple is a placeholder for an *arbitrary* number of types. For\nexample, if we define a generic class using a TypeVarTuple::\n\n    class C[*Ts]: ...\n\nThen we can parameterize that class with an arbitrary number of type\narguments::\n\n    C[int]       # Fine\n    C[int, str]  # Also fine\n    C[()]        # Even this is fine\n\nFor more details, see PEP 646.\n\nNote that only TypeVarTuples defined in the global scope can be\npickled.\n";
