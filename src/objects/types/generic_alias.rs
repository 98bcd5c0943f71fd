//! `types.GenericAlias`: `list[int]`, its parameters and their substitution.

use std::cell::Cell;

use crate::core::args::{Args, check_count};
use crate::core::attribute::generic_get;
use crate::core::errors::PyResult;
use crate::core::gil_cell::HotCell;
use crate::core::object::Py;
use crate::core::pyref::PyRef;
use crate::core::slots::{CompareOp, Slot};
use crate::core::type_object::{PyType, StaticType};
use crate::core::type_spec::{TypeSpec, spec_flags};
use crate::core::value::{Value, special};
use crate::core::vm::Vm;
use crate::protocol::iterate::self_iter;
use crate::types::exceptions::hierarchy::{ATTRIBUTE_ERROR, TYPE_ERROR};
use crate::types::list::PyList;
use crate::types::seq_shared::{Text, builtin};
use crate::types::str::PyStr;
use crate::types::tuple::{PyTuple, TUPLE};
use crate::{getset, methods, payload};

pub use crate::types::union_::{union_args, union_or};

payload! {
    /// The payload of a generic alias.
    pub struct PyGenericAlias: GENERIC_ALIAS, gc {
        origin: Value,
        args: PyRef<PyTuple>,
        parameters: HotCell<Option<PyRef<PyTuple>>>,
        /// Whether it stands for `*origin[args]`.
        starred: Cell<bool>,
    }
}

/// `types.GenericAlias`
pub static GENERIC_ALIAS: StaticType = StaticType::new::<PyGenericAlias>();

methods! { METHODS:
    ["__mro_entries__"] "($self, object, /)" One(mro_entries);
    ["__instancecheck__"] "($self, object, /)" One(instancecheck);
    ["__subclasscheck__"] "($self, object, /)" One(subclasscheck);
    ["__reduce__"] "($self, /)" None(reduce);
    ["__dir__"] "($self, /)" None(dir);
}

getset! { GETSET:
    member ["__origin__"] origin;
    member ["__args__"] args;
    member ["__unpacked__"] unpacked;
    /// Type variables in the GenericAlias.
    ["__parameters__"] parameters;
    ["__typing_unpacked_tuple_args__"] unpacked_tuple_args;
}

/// The spec of `types.GenericAlias`.
pub const GENERIC_ALIAS_SPEC: TypeSpec = TypeSpec {
    name: "types.GenericAlias",
    doc: Some(
        "GenericAlias(origin, args, /)\n--\n\nRepresent a PEP 585 generic type\n\nFor example, for t = list[int], t.__origin__ is list and t.__args__\nis (int,).",
    ),
    flags: spec_flags::BASETYPE | spec_flags::HAS_WEAKREF,
    slots: &[
        Slot::Repr(repr),
        Slot::Hash(hash),
        Slot::Call(call),
        Slot::Getattro(getattro),
        Slot::Richcompare(richcompare),
        Slot::Iter(iter),
        Slot::MpSubscript(subscript),
        Slot::NbOr(union_or),
        Slot::New(construct),
    ],
    methods: METHODS,
    getset: GETSET,
    ..TypeSpec::DEFAULT
};

/// `origin[arguments]`
///
/// # Errors
/// MemoryError.
pub fn new(vm: Vm<'_>, origin: &Value, arguments: &Value) -> PyResult<Value> {
    make(vm, GENERIC_ALIAS.get(), origin, arguments, false)
}

/// `__class_getitem__` of the generic builtin types.
///
/// # Errors
/// As for [`new`].
pub fn class_getitem(vm: Vm<'_>, class: &Value, arguments: &Value) -> PyResult<Value> {
    new(vm, class, arguments)
}

/// Whether `value` is a generic alias.
#[must_use]
pub fn is_generic_alias(value: &Value) -> bool {
    value.downcast::<PyGenericAlias>().is_some()
}

fn make(
    vm: Vm<'_>,
    class: &Py<PyType>,
    origin: &Value,
    arguments: &Value,
    starred: bool,
) -> PyResult<Value> {
    let args = match arguments.downcast::<PyTuple>() {
        Some(tuple) => tuple.to_ref(),
        None => PyTuple::new_ref(vm, std::slice::from_ref(arguments)),
    };
    let payload = PyGenericAlias {
        origin: origin.clone(),
        args,
        parameters: HotCell::new(None),
        starred: Cell::new(starred),
    };
    Ok(PyRef::try_new_of(vm, class, payload)?.into_value())
}

fn construct(vm: Vm<'_>, class: &Py<PyType>, args: Args<'_>) -> PyResult<Value> {
    if args.keyword_count() != 0 {
        return Err(vm.type_error("GenericAlias() takes no keyword arguments"));
    }
    check_count(vm, "GenericAlias", args.positional().len(), 2, 2)?;
    make(vm, class, &args.positional()[0], &args.positional()[1], false)
}

fn this(value: &Value) -> &Py<PyGenericAlias> {
    value.receiver::<PyGenericAlias>()
}

/// The attributes that are the alias's own; all others are its origin's.
const OWN: &[&str] = &[
    "__bases__",
    "__copy__",
    "__deepcopy__",
    "__class__",
    "__origin__",
    "__args__",
    "__unpacked__",
    "__parameters__",
    "__typing_unpacked_tuple_args__",
    "__mro_entries__",
    "__reduce_ex__",
    "__reduce__",
];

fn getattro(vm: Vm<'_>, value: &Value, name: &Py<PyStr>) -> PyResult<Value> {
    if OWN.iter().any(|own| name.is_text(own)) {
        return generic_get(vm, value, name);
    }
    vm.get_attr(&this(value).origin, name)
}

fn call(vm: Vm<'_>, value: &Value, args: Args<'_>) -> PyResult<Value> {
    let made = vm.call_with(&this(value).origin, args)?;
    match vm.set_attr(&made, &vm.names().__orig_class__, Some(value)) {
        Ok(()) => {}
        Err(raised)
            if vm.raised_is(&raised, &ATTRIBUTE_ERROR) || vm.raised_is(&raised, &TYPE_ERROR) =>
        {
            vm.clear(raised);
        }
        Err(raised) => return Err(raised),
    }
    Ok(made)
}

fn hash(vm: Vm<'_>, value: &Value) -> PyResult<i64> {
    let origin = vm.hash(&this(value).origin)?;
    let args = vm.hash(&this(value).args.to_value())?;
    Ok(base::hash::avoid_minus_one(origin ^ args))
}

fn richcompare(vm: Vm<'_>, a: &Value, b: &Value, op: CompareOp) -> PyResult<Value> {
    let (Some(left), Some(right)) =
        (a.downcast::<PyGenericAlias>(), b.downcast::<PyGenericAlias>())
    else {
        return Ok(Value::NOT_IMPLEMENTED);
    };
    if !matches!(op, CompareOp::Eq | CompareOp::Ne) {
        return Ok(Value::NOT_IMPLEMENTED);
    }
    let equal = left.starred.get() == right.starred.get()
        && vm.equal(&left.origin, &right.origin)?
        && vm.equal(&left.args.to_value(), &right.args.to_value())?;
    Ok(Value::from_bool(equal == (op == CompareOp::Eq)))
}

fn repr(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    vm.check_recursion(" while getting the repr of an object")?;
    let this = this(value);
    let mut text = Text::new(if this.starred.get() { "*" } else { "" });
    type_repr(vm, &mut text, &this.origin)?;
    text.push("[");
    for (nth, arg) in this.args.items().iter().enumerate() {
        if nth != 0 {
            text.push(", ");
        }
        match arg.downcast_exact::<PyList>() {
            Some(list) => list_repr(vm, &mut text, &list.items_vec())?,
            None => type_repr(vm, &mut text, arg)?,
        }
    }
    if this.args.items().is_empty() {
        text.push("()");
    }
    text.push("]");
    text.finish(vm)
}

fn list_repr(vm: Vm<'_>, text: &mut Text, items: &[Value]) -> PyResult<()> {
    text.push("[");
    for (nth, item) in items.iter().enumerate() {
        if nth != 0 {
            text.push(", ");
        }
        type_repr(vm, text, item)?;
    }
    text.push("]");
    Ok(())
}

/// How a type is shown in an alias or a union (`_Py_typing_type_repr`).
///
/// # Errors
/// What reading its attributes raises.
pub fn type_repr(vm: Vm<'_>, text: &mut Text, value: &Value) -> PyResult<()> {
    if value.bits() == special::ELLIPSIS {
        text.push("...");
        return Ok(());
    }
    if crate::types::singletons::NONE_TYPE.get().is_value(value) {
        text.push("None");
        return Ok(());
    }
    let names = vm.names();
    let origin = vm.get_attr_opt(value, &names.__origin__)?;
    if origin.is_some() && vm.get_attr_opt(value, &vm.intern("__args__"))?.is_some() {
        text.push_str(&*vm.repr(value)?);
        return Ok(());
    }
    let qualname = vm.get_attr_opt(value, &names.__qualname__)?;
    let module = vm.get_attr_opt(value, &names.__module__)?;
    if let (Some(qualname), Some(module)) = (qualname, module)
        && !module.is_none()
    {
        if !crate::types::str::value_is(&module, "builtins") {
            text.push_str(&*vm.str(&module)?);
            text.push(".");
        }
        text.push_str(&*vm.str(&qualname)?);
        return Ok(());
    }
    text.push_str(&*vm.repr(value)?);
    Ok(())
}

fn origin(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).origin.clone())
}

fn args(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(this(value).args.to_value())
}

fn unpacked(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    Ok(Value::from_bool(this(value).starred.get()))
}

fn parameters_of(vm: Vm<'_>, alias: &Py<PyGenericAlias>) -> PyResult<PyRef<PyTuple>> {
    if let Some(known) = alias.parameters.get() {
        return Ok(known);
    }
    let made = make_parameters(vm, alias.args.items())?;
    alias.parameters.set(Some(made.clone()));
    Ok(made)
}

fn parameters(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    parameters_of(vm, this(value)).map(PyRef::into_value)
}

fn unpacked_tuple_args(_vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = this(value);
    if this.starred.get() && TUPLE.get().is_value(&this.origin) {
        return Ok(this.args.to_value());
    }
    Ok(Value::NONE)
}

fn mro_entries(vm: Vm<'_>, value: &Value, _bases: &Value) -> PyResult<Value> {
    Ok(PyTuple::new_value(vm, &[this(value).origin.clone()]))
}

fn instancecheck(vm: Vm<'_>, _value: &Value, _object: &Value) -> PyResult<Value> {
    Err(vm.type_error("isinstance() argument 2 cannot be a parameterized generic"))
}

fn subclasscheck(vm: Vm<'_>, _value: &Value, _class: &Value) -> PyResult<Value> {
    Err(vm.type_error("issubclass() argument 2 cannot be a parameterized generic"))
}

fn reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let this = this(value);
    if this.starred.get() {
        let plain = make(vm, GENERIC_ALIAS.get(), &this.origin, &this.args.to_value(), false)?;
        let iterator = iter(vm, &plain)?;
        let args = PyTuple::new_value(vm, &[iterator]);
        return Ok(PyTuple::new_value(vm, &[builtin(vm, "next")?, args]));
    }
    let args = PyTuple::new_value(vm, &[this.origin.clone(), this.args.to_value()]);
    Ok(PyTuple::new_value(vm, &[GENERIC_ALIAS.get().to_value(), args]))
}

fn dir(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let names = vm.call(&builtin(vm, "dir")?, std::slice::from_ref(&this(value).origin))?;
    if let Some(list) = names.downcast::<PyList>() {
        for own in &OWN[3..] {
            let name = vm.intern(own).into_value();
            if !vm.contains(&names, &name)? {
                list.push(vm, name)?;
            }
        }
    }
    Ok(names)
}

payload! {
    /// The payload of the iterator that `*alias` goes through.
    pub struct PyGenericAliasIterator: GENERIC_ALIAS_ITERATOR, gc {
        alias: HotCell<Option<Value>>,
    }
}

/// `generic_alias_iterator`
pub static GENERIC_ALIAS_ITERATOR: StaticType = StaticType::new::<PyGenericAliasIterator>();

methods! { ITERATOR_METHODS:
    /// Return state information for pickling.
    ["__reduce__"] "($self, /)" None(iterator_reduce);
}

/// The spec of `generic_alias_iterator`.
pub const GENERIC_ALIAS_ITERATOR_SPEC: TypeSpec = TypeSpec {
    name: "generic_alias_iterator",
    flags: spec_flags::DISALLOW_INSTANTIATION,
    slots: &[Slot::Iter(self_iter), Slot::Iternext(iterator_next)],
    methods: ITERATOR_METHODS,
    ..TypeSpec::DEFAULT
};

fn iter(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let payload = PyGenericAliasIterator { alias: HotCell::new(Some(value.clone())) };
    Ok(PyRef::try_new(vm, payload)?.into_value())
}

fn iterator_next(vm: Vm<'_>, value: &Value) -> PyResult<Option<Value>> {
    let Some(alias) = value.receiver::<PyGenericAliasIterator>().alias.take() else {
        return Ok(None);
    };
    let plain = this(&alias);
    make(vm, GENERIC_ALIAS.get(), &plain.origin, &plain.args.to_value(), true).map(Some)
}

fn iterator_reduce(vm: Vm<'_>, value: &Value) -> PyResult<Value> {
    let function = builtin(vm, "iter")?;
    let args = match value.receiver::<PyGenericAliasIterator>().alias.get() {
        Some(alias) => PyTuple::new_value(vm, &[alias]),
        None => {
            let empty = PyTuple::new_value(vm, &[]);
            PyTuple::new_value(vm, &[empty])
        }
    };
    Ok(PyTuple::new_value(vm, &[function, args]))
}

fn subscript(vm: Vm<'_>, value: &Value, item: &Value) -> PyResult<Value> {
    let alias = this(value);
    let parameters = parameters_of(vm, alias)?;
    let new = substitute(vm, value, alias.args.items(), &parameters, item)?;
    let args = PyTuple::try_from_vec(vm, new)?.into_value();
    make(vm, GENERIC_ALIAS.get(), &alias.origin, &args, alias.starred.get())
}

fn nested(value: &Value) -> Option<Vec<Value>> {
    if let Some(tuple) = value.downcast::<PyTuple>() {
        return Some(tuple.items().to_vec());
    }
    value.downcast::<PyList>().map(Py::<PyList>::items_vec)
}

/// The type parameters in `args`, each once (`_Py_make_parameters`).
///
/// # Errors
/// What reading attributes raises.
pub fn make_parameters(vm: Vm<'_>, args: &[Value]) -> PyResult<PyRef<PyTuple>> {
    let mut found = Vec::new();
    collect_parameters(vm, args, &mut found)?;
    PyTuple::try_from_vec(vm, found)
}

fn collect_parameters(vm: Vm<'_>, args: &[Value], found: &mut Vec<Value>) -> PyResult<()> {
    vm.check_recursion(" in __parameter__ calculation")?;
    let names = vm.names();
    let add = |value: &Value, found: &mut Vec<Value>| {
        if !found.iter().any(|known| known.is(value)) {
            found.push(value.clone());
        }
    };
    for arg in args {
        if arg.downcast::<PyType>().is_some() {
            continue;
        }
        if let Some(items) = nested(arg) {
            collect_parameters(vm, &items, found)?;
        } else if vm.get_attr_opt(arg, &names.__typing_subst__)?.is_some() {
            add(arg, found);
        } else if let Some(inner) = vm.get_attr_opt(arg, &names.__parameters__)?
            && let Some(inner) = inner.downcast::<PyTuple>()
        {
            for parameter in inner.items() {
                add(parameter, found);
            }
        }
    }
    Ok(())
}

/// The arguments with starred tuples taken apart (`_unpack_args`).
fn unpack_arguments(vm: Vm<'_>, item: &Value) -> PyResult<Vec<Value>> {
    let items = match item.downcast::<PyTuple>() {
        Some(tuple) => tuple.items().to_vec(),
        None => vec![item.clone()],
    };
    let name = &vm.names().__typing_unpacked_tuple_args__;
    let mut new = Vec::new();
    for item in items {
        if item.downcast::<PyType>().is_none()
            && let Some(inner) = vm.get_attr_opt(&item, name)?
            && let Some(inner) = inner.downcast::<PyTuple>()
            && inner.items().last().is_none_or(|last| last.bits() != special::ELLIPSIS)
        {
            new.extend_from_slice(inner.items());
        } else {
            new.push(item);
        }
    }
    Ok(new)
}

/// The arguments of `alias` with its parameters replaced by `item` (`_Py_subs_parameters`).
///
/// # Errors
/// TypeError when the number of arguments is wrong; what the parameters' own hooks raise.
pub fn substitute(
    vm: Vm<'_>,
    alias: &Value,
    args: &[Value],
    parameters: &Py<PyTuple>,
    item: &Value,
) -> PyResult<Vec<Value>> {
    vm.check_recursion("")?;
    let wanted = parameters.items().len();
    if wanted == 0 {
        let shown = vm.repr(alias)?.to_rust_string();
        return Err(vm.type_error(format!("{shown} is not a generic class")));
    }
    let mut item = PyTuple::try_from_vec(vm, unpack_arguments(vm, item)?)?.into_value();
    let prepare_name = vm.intern("__typing_prepare_subst__");
    for parameter in parameters.items() {
        if let Some(prepare) = vm.get_attr_opt(parameter, &prepare_name)?
            && !prepare.is_none()
        {
            let given = match item.downcast::<PyTuple>() {
                Some(_) => item.clone(),
                None => PyTuple::new_value(vm, std::slice::from_ref(&item)),
            };
            item = vm.call(&prepare, &[alias.clone(), given])?;
        }
    }
    let given = match item.downcast::<PyTuple>() {
        Some(tuple) => tuple.items().to_vec(),
        None => vec![item.clone()],
    };
    if given.len() != wanted {
        let shown = vm.repr(alias)?.to_rust_string();
        let much = if given.len() > wanted { "many" } else { "few" };
        return Err(vm.type_error(format!(
            "Too {much} arguments for {shown}; actual {}, expected {wanted}",
            given.len()
        )));
    }
    let mut new = Vec::new();
    for arg in args {
        if arg.downcast::<PyType>().is_some() {
            new.push(arg.clone());
            continue;
        }
        if let Some(items) = nested(arg) {
            let inner = substitute(vm, alias, &items, parameters, &item)?;
            new.push(if arg.downcast::<PyList>().is_some() {
                PyList::try_new_value(vm, inner)?
            } else {
                PyTuple::try_from_vec(vm, inner)?.into_value()
            });
            continue;
        }
        substitute_one(vm, arg, parameters, &given, &mut new)?;
    }
    Ok(new)
}

fn substitute_one(
    vm: Vm<'_>,
    arg: &Value,
    parameters: &Py<PyTuple>,
    given: &[Value],
    new: &mut Vec<Value>,
) -> PyResult<()> {
    let star = vm.get_attr_opt(arg, &vm.intern("__typing_is_unpacked_typevartuple__"))?;
    let unpack = match star {
        Some(flag) => vm.is_true(&flag)?,
        None => false,
    };
    let place = parameters.items().iter().position(|parameter| parameter.is(arg));
    let replaced = match (vm.get_attr_opt(arg, &vm.names().__typing_subst__)?, place) {
        (Some(replace), Some(place)) => vm.call(&replace, std::slice::from_ref(&given[place]))?,
        _ => substitute_inner(vm, arg, parameters, given)?,
    };
    if !unpack {
        new.push(replaced);
        return Ok(());
    }
    match replaced.downcast::<PyTuple>() {
        Some(tuple) => {
            new.extend_from_slice(tuple.items());
            Ok(())
        }
        None => Err(vm.type_error(format!(
            "expected __typing_subst__ of {} objects to return a tuple, not {}",
            arg.class().name(),
            replaced.class().name()
        ))),
    }
}

/// Replaces the parameters inside an argument that is generic itself.
fn substitute_inner(
    vm: Vm<'_>,
    arg: &Value,
    parameters: &Py<PyTuple>,
    given: &[Value],
) -> PyResult<Value> {
    let Some(own) = vm.get_attr_opt(arg, &vm.names().__parameters__)? else {
        return Ok(arg.clone());
    };
    let Some(own) = own.downcast::<PyTuple>() else { return Ok(arg.clone()) };
    if own.items().is_empty() {
        return Ok(arg.clone());
    }
    let mut inner = Vec::new();
    for parameter in own.items() {
        let place = parameters.items().iter().position(|known| known.is(parameter));
        match place.and_then(|place| given.get(place)) {
            Some(value) => {
                if parameter.class().slots.iter.get().is_some()
                    && let Some(several) = value.downcast::<PyTuple>()
                {
                    inner.extend_from_slice(several.items());
                } else {
                    inner.push(value.clone());
                }
            }
            None => inner.push(parameter.clone()),
        }
    }
    let inner = PyTuple::try_from_vec(vm, inner)?.into_value();
    vm.get_item(arg, &inner)
}
